//! Fax at its boundary: whole calls between two of our ends in simulated time, over T.38 and as sound, and the datagrams they exchange.

#![allow(clippy::disallowed_methods, reason = "the worker of each end of a call runs in a thread of its own")]
#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod audio;
mod batch;
mod between;
mod cable;
mod causes;
mod class1;
mod class2;
mod end;
mod fetch;
mod hostile;
mod inside;
mod machine;
mod modes;
mod network;
mod outage;
mod parity;
mod party;
mod polled;
mod port;
mod resolution;
mod script;
mod session;
mod strangers;
mod support;
mod table;
mod udptl;
