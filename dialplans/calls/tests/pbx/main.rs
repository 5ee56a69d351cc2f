//! The `Pbx` at its boundary: scripts of SIP and media events in, transcripts of commands and events out, in simulated time.

mod bench;
mod carriers;
mod desk;
mod door;
mod emergency;
mod errands;
mod fax_between;
mod fax_in;
mod fax_out;
mod hold;
mod inside;
mod media_lines;
mod outside;
mod privacy;
mod random;
mod recording;
mod registrations;
mod replaces;
mod secrecy;
mod situations;
mod steps;
mod switches;
mod tolls;
mod transfers;
mod voicemail;
mod watching;
