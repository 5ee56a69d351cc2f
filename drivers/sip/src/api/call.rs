//! Calls: the legs, how one comes, how one goes out, how it ends.

use bytes::Bytes;
use model::Pii;

use super::{Auth, Flow, NameAddr, Replaces};

/// A leg. The endpoint numbers incoming ones, the user outgoing ones, in ranges that never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

impl LegId {
    const OUTGOING: u64 = 1 << 63;

    /// The `n`th leg that the user of the endpoint opens.
    pub const fn outgoing(n: u64) -> Self {
        Self(n | Self::OUTGOING)
    }

    /// True if we sent its first INVITE.
    pub const fn is_outgoing(self) -> bool {
        self.0 & Self::OUTGOING != 0
    }
}

/// A new incoming call.
#[derive(Clone, Debug)]
pub struct Invite {
    /// By which path it came.
    pub flow: Flow,
    /// Who calls.
    pub from: NameAddr,
    /// The user part of From, unescaped.
    pub from_user: Pii<String>,
    /// The user part of the Request-URI, unescaped: what was dialled.
    pub dialled: Pii<String>,
    /// What its credentials came to.
    pub auth: Auth,
    /// The SDP offer, if it has one.
    pub offer: Option<Bytes>,
    /// User-Agent, or empty.
    pub agent: String,
    /// The call whose place it takes.
    pub replaces: Option<Replaces>,
}

impl Invite {
    /// A call that says nothing but what is dialled.
    pub fn new(flow: Flow, dialled: impl Into<Pii<String>>) -> Self {
        Self {
            flow,
            from: NameAddr::default(),
            from_user: Pii::default(),
            dialled: dialled.into(),
            auth: Auth::None,
            offer: None,
            agent: String::new(),
            replaces: None,
        }
    }
}

/// A call that we make.
#[derive(Clone, Debug)]
pub struct OutgoingCall {
    /// The Request-URI: a registered contact, or `sip:number@carrier`.
    pub uri: Pii<String>,
    /// Where to send it.
    pub flow: Flow,
    /// From.
    pub from: NameAddr,
    /// To.
    pub to: NameAddr,
    /// Our offer.
    pub body: Bytes,
}

impl OutgoingCall {
    /// A call without anything special; set the other fields as needed.
    pub fn new(uri: impl Into<Pii<String>>, flow: Flow, from: NameAddr, to: NameAddr, body: impl Into<Bytes>) -> Self {
        Self { uri: uri.into(), flow, from, to, body: body.into() }
    }
}

/// Why a leg ended that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The peer sent BYE.
    Bye,
    /// The caller cancelled before we answered.
    Cancelled,
    /// Our 2xx was never acknowledged (64 × T1), or a request inside the dialog was not answered, or answered 408 or 481.
    Lost,
}
