//! The engine, seen from its boundary: a script of orders and packets in, a transcript of what it says out.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the message")]

mod calls;
mod homes;
mod keys;
mod script;
mod strangers;
