//! The simulated world: a network, a clock and real cores in it. A clinic with its far end, its fax engines, its renderer and a real
//! store runs here in simulated time, and the same seed is the same run.

pub mod clinic;
pub mod engine;
pub mod net;
pub mod wires;
