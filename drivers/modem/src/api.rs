//! The narrow face of the core.

use std::time::Duration;

use model::Instant;

use crate::words::Word;

/// What the user orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Write this command line, and wait for what it comes to so long.
    Command {
        /// Without its end.
        line: String,
        /// Then the modem is stuck.
        within: Duration,
    },
    /// After `CONNECT` of a command that sends: this belongs to the frame or the page. In the order of the line: the first bit to be sent
    /// is the lowest of its octet.
    Data(Vec<u8>),
    /// That was all of the frame or the page. Answered by a word.
    EndOfData {
        /// How long the modem may take, with all that it has not sent yet.
        within: Duration,
    },
    /// The same of a page in Class 2.0, which says by its last octet what follows it (T.32). Answered by a word.
    EndOfPage {
        /// The octet after DLE.
        says: u8,
        /// How long the modem may take, with all that it has not sent yet and the answer to it.
        within: Duration,
    },
    /// After `CONNECT` of a page in Class 2: it may come now, by this octet (DC2, or XON for some models).
    Start(u8),
    /// Stop receiving. Answered by a word, unless nothing is received.
    Abort,
    /// Put the line down, whatever is under way. Answered by a word.
    HangUp,
    /// Whatever is under way: back to commands. Answered by [`Event::Ready`] or [`Event::Stuck`].
    Reset,
}

/// What goes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// Bytes from the port.
    Bytes(&'a [u8]),
    /// An order.
    Order(Order),
    /// The instant that `Output::Timeout` named has come.
    Timeout,
}

/// What the core reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// What a command came to, or what the modem says by itself (`RING`).
    Word(Word),
    /// A line that is no result: an answer to a question, a caller's number.
    Text(String),
    /// Part of what is received, in the order of the line.
    Data(Vec<u8>),
    /// That was all of the frame or the page. A word follows.
    EndOfData,
    /// It takes data (XON): in Class 2 that may be later than `CONNECT`.
    Go,
    /// It takes commands again.
    Ready,
    /// It answers to nothing. Its power must be switched off and on, or its cable looked at.
    Stuck,
}

/// What comes out of `poll_output`; the shell loops until `Timeout`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write this to the port.
    Write(Vec<u8>),
    /// Throw away what the port still holds in both directions.
    Flush,
    /// Set the line that says that we are here (DTR). Taking it away makes a modem hang up.
    Dtr(bool),
    /// For the user.
    Event(Event),
    /// Nothing more until this instant.
    Timeout(Instant),
}
