//! The store.
pub mod effect;
pub mod rows;
