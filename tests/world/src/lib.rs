//! world
pub mod net;
