//! The `Pbx` at its boundary: scripts of SIP and media events in, transcripts of commands and events out, in simulated time.

mod bench;
mod emergency;
mod fax;
mod inside;
mod media_lines;
mod outside;
mod random;
mod registrations;
