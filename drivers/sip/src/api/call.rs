//! Calls: the legs, how one comes, how one goes out, how it ends.

use std::fmt;

use model::Pii;

use super::{Auth, Body, Flow, NameAddr, Replaces, Vouched};

/// A leg. The endpoint numbers incoming ones, the user outgoing ones, in ranges that never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u64);

/// Max-Forwards of a call that begins here (RFC 3261 section 8.1.1.6).
pub const HOPS: u8 = 70;

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

/// The name of a leg's dialog, by which a phone can ask for its place (Replaces). Seen from us.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DialogId {
    /// Call-ID.
    pub call_id: String,
    /// The tag of our end.
    pub local_tag: String,
    /// The tag of the peer's end.
    pub remote_tag: String,
}

/// Phones put their addresses into a Call-ID, and who knows the name can end the call: it is not shown.
impl fmt::Debug for DialogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DialogId")
    }
}

/// A new incoming call.
#[derive(Clone)]
pub struct Invite {
    /// By which path it came.
    pub flow: Flow,
    /// The name of its dialog.
    pub dialog: DialogId,
    /// Who calls.
    pub from: NameAddr,
    /// The user part of From, unescaped.
    pub from_user: Pii<String>,
    /// The user part of the Request-URI, unescaped: what was dialled.
    pub dialled: Pii<String>,
    /// The parameter `gr` of the Request-URI: one device is meant (RFC 5627). Empty, if its name is a temporary one.
    pub gr: Option<String>,
    /// Its Contact is a GRUU: the user part, and the parameter `gr`. If that is one of ours, only we know where the phone is, and `Reach` must
    /// say so (RFC 5627 section 5.4): what is in between knows no better than to send it back to us.
    pub contact_gruu: Option<(Pii<String>, Pii<String>)>,
    /// What its credentials came to.
    pub auth: Auth,
    /// Its caller wants those who are called not to know who calls (RFC 3323: Privacy, or an anonymous From).
    pub private: bool,
    /// It comes from a trunk, which says this of it.
    pub vouched: Option<Vouched>,
    /// The SDP offer, if it has one.
    pub offer: Option<Body>,
    /// User-Agent, or empty.
    pub agent: String,
    /// The call whose place it takes.
    pub replaces: Option<Replaces>,
    /// How many hops it may still take: what its Max-Forwards leaves after us. Whoever calls on for it passes that on, so that a call
    /// that was sent round in a circle ends (RFC 5393).
    pub hops: u8,
}

impl Invite {
    /// A call that says nothing but what is dialled.
    pub fn new(flow: Flow, dialled: impl Into<Pii<String>>) -> Self {
        Self {
            flow,
            dialog: DialogId::default(),
            from: NameAddr::default(),
            from_user: Pii::default(),
            dialled: dialled.into(),
            gr: None,
            contact_gruu: None,
            auth: Auth::None,
            private: false,
            vouched: None,
            offer: None,
            agent: String::new(),
            replaces: None,
            hops: HOPS - 1,
        }
    }
}

/// A GRUU and many a User-Agent name one device of one person.
impl fmt::Debug for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invite")
            .field("flow", &self.flow)
            .field("auth", &self.auth)
            .field("offer", &self.offer)
            .field("replaces", &self.replaces)
            .field("hops", &self.hops)
            .finish_non_exhaustive()
    }
}

/// A call that we make.
#[derive(Clone, Debug)]
pub struct OutgoingCall {
    /// The Request-URI: a registered contact, or `sip:number@carrier`.
    pub uri: Pii<String>,
    /// Where to send it.
    pub flow: Flow,
    /// The proxies that it goes through, in this order: the Path of the phone's registration (RFC 3327).
    pub route: Vec<Pii<String>>,
    /// From.
    pub from: NameAddr,
    /// To.
    pub to: NameAddr,
    /// Our offer. Empty: the peer is to make one, which its 2xx brings (RFC 3261 section 13.2.1); see `Event::Offered`.
    pub body: Body,
    /// How many hops it may take. At zero it is refused with 483 before it is sent.
    pub hops: u8,
    /// The trunk that it goes over: it gets what that carrier asks for.
    pub trunk: Option<String>,
    /// Whose phone is called: what comes inside the call by another path than the call itself must be signed by this user.
    pub owner: Option<Pii<String>>,
    /// It is a call for help: once it is answered, no silence and no timer of ours ends it.
    pub for_help: bool,
    /// Further headers of the INVITE.
    pub headers: Vec<(&'static str, Pii<String>)>,
}

impl OutgoingCall {
    /// A call without anything special; set the other fields as needed.
    pub fn new(uri: impl Into<Pii<String>>, flow: Flow, from: NameAddr, to: NameAddr, body: impl Into<Body>) -> Self {
        Self {
            uri: uri.into(),
            flow,
            route: Vec::new(),
            from,
            to,
            body: body.into(),
            hops: HOPS,
            trunk: None,
            owner: None,
            for_help: false,
            headers: Vec::new(),
        }
    }
}

/// Why a leg ended that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The peer sent BYE.
    Bye,
    /// The caller cancelled before we answered.
    Cancelled,
    /// Our 2xx or our reliable provisional answer was never acknowledged (64 × T1), a request inside the dialog was not answered, or
    /// answered 408 or 481, or the session was not refreshed in time (RFC 4028).
    Lost,
}

/// True for a refusal of a change or a refresh that may be taken at another moment: it met a change of the peer's own (491, or 500 with a
/// time, RFC 3261 section 14.2), or something on the way is down.
pub const fn is_passing(code: u16) -> bool {
    matches!(code, 491 | 500 | 502..=504)
}
