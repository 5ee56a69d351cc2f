//! The narrow face of the crate: what goes into an [`Endpoint`](crate::Endpoint) and what comes out.
//!
//! A *leg* is one call's dialog with one peer, from its first INVITE. Every leg ends exactly once, as its user sees it:
//! by [`Event::Refused`] or [`Event::Ended`], or by the user's own [`Command::Refuse`], [`Command::Challenge`] (of an INVITE),
//! [`Command::Cancel`] or [`Command::Bye`]; nothing is reported of it after that, and the endpoint finishes its transactions alone.
//!
//! Whatever goes in or comes out can be printed: each type shows its kind, its codes and its sizes, and nothing personal (no body, number,
//! name, address or key). What would show more is a [`Body`] or a [`Pii`](model::Pii), or prints itself by hand beside its definition.

mod body;
mod call;
mod command;
mod event;
mod flow;
mod identity;
mod reach;
mod register;
mod request;
mod subscribe;
mod transfer;
mod trunk;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use model::{Instant, Pii};

pub use body::Body;
pub use call::{DialogId, EndReason, HOPS, Invite, LegId, OutgoingCall, is_passing};
pub use command::Command;
pub use event::Event;
pub use flow::{Flow, Peers, Transport, UnknownTransport};
pub use identity::{Auth, NameAddr, Named, User, Vouched};
pub use reach::{Advertised, SecurePeer, Trust};
pub use register::{Contact, Register, RequestId};
pub use request::{Content, MAX_TEXT, Message, SendId, Sending};
pub use subscribe::{Document, EndOfSubscription, Package, Subscribe, SubscriptionId};
pub use transfer::{Refer, Replaces};
pub use trunk::{Trunk, TrunkSecret, TrunkTrouble};

pub use crate::recorder::{Recorded, Recording, RefusedMessage};

/// What an endpoint needs to know for its whole life.
#[derive(Clone, Debug)]
pub struct Config {
    /// The digest realm, and the host part of our own URIs: the clinic's SIP domain.
    pub domain: String,
    /// Every phone knows SHA-512-256 and `auth-int`: they are offered, the best first. Phones that know less cannot register then.
    pub strong_digest: bool,
    /// A REGISTER that proves nothing, or only what grew old, is challenged at once, and the user is asked about those that prove something or
    /// are wrong. Without users, or where this is false, the user is asked about each.
    pub challenge_registers: bool,
    /// `Server` and `User-Agent`.
    pub software: String,
    /// Incoming INVITEs at once that wait for a final answer; above it 503 with Retry-After. Calls to emergency numbers get in all the same.
    pub max_invites: usize,
    /// All transactions at once; above it new requests get 503 (INVITE to an emergency number excepted). Above half of it, what is answered is
    /// forgotten early.
    pub max_transactions: usize,
    /// Subscriptions at once; above it 503 with Retry-After.
    pub max_subscriptions: usize,
    /// The user parts that are never refused by a limit ("911", "9911", "933").
    pub emergency: Vec<String>,
    /// Seconds after which a call that nobody refreshed is over (RFC 4028): what we ask for, and the most that we agree to.
    pub session_expires: u32,
    /// The least that we agree to; a refresh costs both sides a message each half of it.
    pub min_se: u32,
    /// How long one message may take to arrive on a stream: longer is a peer that holds our memory on purpose.
    pub partial: Duration,
    /// Keep the last messages of each leg, and give them away by [`Event::Recorded`].
    pub record: bool,
}

impl Config {
    /// A clinic of this SIP domain. 200 calls may ring at once. A complete call is some seven transactions, kept for 32 s at well under 1 KB each once
    /// they are answered: from 220 calls a second on, those of the 100,000 that are answered are forgotten earlier, after four seconds at the
    /// earliest, so that the processor is the limit before they are.
    pub fn new(domain: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            strong_digest: false,
            challenge_registers: false,
            software: "Frontdesk".to_owned(),
            max_invites: 200,
            max_transactions: 100_000,
            // A thousand phones with a key module of 20 lamps each, at about 1 KB.
            max_subscriptions: 20_000,
            emergency: Vec::new(),
            session_expires: 1800,
            min_se: 90,
            partial: Duration::from_secs(32),
            record: false,
        }
    }
}

/// What goes in.
pub enum Input<'a> {
    /// A datagram, or what a stream gave (any cut).
    Bytes {
        /// By which path.
        flow: Flow,
        /// The bytes.
        data: &'a [u8],
    },
    /// This stream was handed in by somebody who knows whose it is, and all that comes by it is that user's: no digest is asked for. It must
    /// have a number of its own, which ends with it.
    Known {
        /// Which.
        flow: Flow,
        /// The user.
        user: Pii<String>,
    },
    /// A stream ended, or could not be opened.
    Closed {
        /// Which.
        flow: Flow,
    },
    /// A stream could not be opened, since the peer did not show the certificate that it must have.
    Untrusted {
        /// Which.
        flow: Flow,
    },
    /// An order.
    Command(Command),
    /// How long what comes in next has waited, as far as the shell knows: the oldest event that nobody has taken yet, or the time since the
    /// sockets were last empty. It stands until it is said again.
    Waited(Duration),
    /// The instant that `Output::Timeout` named has come (or may have: an early call does nothing).
    Timeout,
}

/// What comes out of `poll_output`. The shell loops until `Timeout`, and the answer changes only after a `handle_input`.
pub enum Output {
    /// Send these bytes. For TCP with connection 0, or one that is gone, open a connection first.
    Transmit {
        /// By which path.
        flow: Flow,
        /// One whole message.
        data: Bytes,
    },
    /// Close this stream: its framing is lost, it exceeded a limit, or its peer is not there any more.
    Close {
        /// Which. One without a number, or of a connection that is gone already, means the one by which it goes now.
        flow: Flow,
    },
    /// Send nothing more by the stream by which this flow goes, unless it is named by its number: what goes to its peer otherwise opens another. What
    /// comes by it is heard as before.
    Leave {
        /// Which: one without a number means the one by which it goes now.
        flow: Flow,
    },
    /// For the user.
    Event(Event),
    /// Nothing more; call with `Input::Timeout` at this instant (`Instant::FAR_FUTURE`: no timer).
    Timeout(Instant),
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { flow, data } => write!(f, "Bytes({flow:?}, {} bytes)", data.len()),
            Self::Known { flow, .. } => write!(f, "Known({flow:?})"),
            Self::Closed { flow } => write!(f, "Closed({flow:?})"),
            Self::Untrusted { flow } => write!(f, "Untrusted({flow:?})"),
            Self::Command(command) => f.debug_tuple("Command").field(command).finish(),
            Self::Waited(time) => f.debug_tuple("Waited").field(time).finish(),
            Self::Timeout => f.write_str("Timeout"),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit { flow, data } => write!(f, "Transmit({flow:?}, {} bytes)", data.len()),
            Self::Close { flow } => write!(f, "Close({flow:?})"),
            Self::Leave { flow } => write!(f, "Leave({flow:?})"),
            Self::Event(event) => f.debug_tuple("Event").field(event).finish(),
            Self::Timeout(at) => f.debug_tuple("Timeout").field(at).finish(),
        }
    }
}
