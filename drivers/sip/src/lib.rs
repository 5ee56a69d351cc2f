//! The SIP core.
pub mod api;
