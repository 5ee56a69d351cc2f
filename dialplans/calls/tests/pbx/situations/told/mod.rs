//! What each situation adds to the one before it.

mod inside;
mod outside;
mod patients;
