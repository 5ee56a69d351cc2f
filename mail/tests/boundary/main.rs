//! The crate at its boundary: bytes, answers and time in, transcripts out. No clock but the simulated one; sockets in `shell` only.

mod bounds;
mod chain;
mod cuts;
mod faxmail;
mod letters;
mod queue;
mod receipts;
mod sessions;
mod shell;
mod sign_in;
mod smuggling;
mod support;
