//! The media core.
pub mod api;
