//! The clinic's settings, for who manages.

pub(crate) mod edit;
