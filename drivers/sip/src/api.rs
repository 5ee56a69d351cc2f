//! The narrow face of the crate: what goes into an [`Endpoint`](crate::Endpoint) and what comes out.
//!
//! A *leg* is one call's dialog with one peer, from its first INVITE. Every leg ends exactly once, as its user sees it:
//! by [`Event::Refused`] or [`Event::Ended`], or by the user's own [`Command::Refuse`], [`Command::Challenge`] (of an INVITE),
//! [`Command::Cancel`] or [`Command::Bye`]; nothing is reported of it after that, and the endpoint finishes its transactions alone.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use model::settings::Network;
use model::{Instant, Pii};

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
}

/// One path between us and a peer. For UDP the pair of addresses; for TCP one connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// How.
    pub transport: Transport,
    /// Our end. A wildcard address only until the shell knows better.
    pub local: SocketAddr,
    /// Their end.
    pub remote: SocketAddr,
    /// The connection, as numbered by the shell; 0 for UDP, and for "whatever connection there is, or a new one".
    pub connection: u64,
}

/// An address is personal (HIPAA's list has IP addresses), so only the transport is shown.
impl std::fmt::Debug for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}#{}", self.transport, self.connection)
    }
}

/// What an endpoint needs to know for its whole life.
#[derive(Clone, Debug)]
pub struct Config {
    /// The digest realm, and the host part of our own URIs: the clinic's SIP domain.
    pub domain: String,
    /// `Server` and `User-Agent`.
    pub software: String,
    /// Incoming INVITEs at once that wait for a final answer; above it 503 with Retry-After. Calls to emergency numbers get in all the same.
    pub max_invites: usize,
    /// All transactions at once; above it new requests get 503 (INVITE to an emergency number excepted).
    pub max_transactions: usize,
    /// The user parts that are never refused by a limit ("911", "9911", "933").
    pub emergency: Vec<String>,
}

/// Digest secrets of one user: H(user:realm:password), so that no password is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// User name.
    pub user: String,
    /// MD5 of "user:realm:password", lower-case hexadecimal.
    pub ha1_md5: String,
    /// SHA-256 of the same.
    pub ha1_sha256: String,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "User({})", self.user)
    }
}

/// Who may speak with us at all; a datagram or connection from anybody else is dropped in silence.
#[derive(Clone, Debug, Default)]
pub struct Peers {
    /// The clinic's own networks.
    pub networks: Vec<Network>,
    /// The trunks' addresses.
    pub trunks: Vec<IpAddr>,
}

/// A request that waits for our answer and belongs to no leg (REGISTER).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

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

/// What the credentials of a request came to. The user of the endpoint decides what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// It had none for our realm.
    None,
    /// They are right; it is this user.
    Valid {
        /// The user.
        user: String,
    },
    /// They are right, but for a nonce that is too old or was used: challenge again with `stale`.
    Stale,
    /// They are wrong.
    Wrong,
}

/// A name-addr (RFC 3261 section 25.1).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NameAddr {
    /// The display name, unquoted, lossy UTF-8 of what came; empty if there was none.
    pub display: Pii<String>,
    /// The URI, verbatim.
    pub uri: Pii<String>,
}

/// A Contact of a REGISTER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The URI, verbatim.
    pub uri: Pii<String>,
    /// Its lifetime in seconds, from its `expires` parameter or the Expires header; 3600 if neither was there, 0 removes it.
    pub expires: u32,
}

/// A REGISTER that is valid so far.
#[derive(Clone, Debug)]
pub struct Register {
    /// By which path it came; a phone behind NAT is reached by the same.
    pub flow: Flow,
    /// The user part of To.
    pub user: String,
    /// What its credentials came to.
    pub auth: Auth,
    /// Its contacts; empty means that it asks for the list.
    pub contacts: Vec<Contact>,
    /// `Contact: *` with `Expires: 0`: remove all.
    pub remove_all: bool,
    /// Call-ID and CSeq, for the order of updates (RFC 3261 section 10.3).
    pub call_id: String,
    /// See above.
    pub cseq: u32,
    /// User-Agent, or empty.
    pub agent: String,
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

/// What the endpoint reports.
#[derive(Clone, Debug)]
pub enum Event {
    /// Answer with `AcceptRegister`, `Challenge…` or `Reject`.
    Register {
        /// For the answer.
        request: RequestId,
        /// What it says.
        register: Register,
    },
    /// A new incoming leg. 100 Trying has been or will be sent by the endpoint. Answer with `Ring`, `Answer`, `Refuse` or `ChallengeInvite`.
    Invite {
        /// The new leg.
        leg: LegId,
        /// What it says.
        invite: Invite,
    },
    /// Incoming leg: our 2xx was acknowledged; the call stands.
    Established {
        /// Which.
        leg: LegId,
    },
    /// The answer to an offer of ours that went in a 2xx came with the ACK (RFC 3261 section 13.2.1: an INVITE or re-INVITE without
    /// SDP). Comes after `Established`, if it is for the first INVITE.
    AckAnswer {
        /// Which.
        leg: LegId,
        /// The SDP answer.
        body: Bytes,
    },
    /// Outgoing leg: a provisional response other than 100.
    Progress {
        /// Which.
        leg: LegId,
        /// 180, 183 …
        code: u16,
        /// Early media, if any.
        body: Option<Bytes>,
    },
    /// Outgoing leg: 2xx. The endpoint has acknowledged it. A second 2xx of another fork is acknowledged and ended by the endpoint.
    Answered {
        /// Which.
        leg: LegId,
        /// The SDP answer; empty if the peer sent none.
        body: Bytes,
    },
    /// Outgoing leg: a final answer ≥ 300, or 408 when nothing was heard (timer B), or 503 when it could not be sent.
    Refused {
        /// Which; it is gone.
        leg: LegId,
        /// The status.
        code: u16,
        /// Seconds of Retry-After.
        retry_after: Option<u32>,
    },
    /// The peer offers a new session (re-INVITE). Answer with `AnswerReinvite` or `RefuseReinvite`.
    Reinvite {
        /// Which.
        leg: LegId,
        /// Its offer; empty means that it wants ours.
        offer: Bytes,
    },
    /// Our re-INVITE was accepted.
    ReinviteAnswered {
        /// Which.
        leg: LegId,
        /// The SDP answer.
        body: Bytes,
    },
    /// Our re-INVITE was refused; the session is as it was. Glare (491) is retried by the endpoint and does not come here, unless it persists.
    ReinviteRefused {
        /// Which.
        leg: LegId,
        /// The status.
        code: u16,
    },
    /// The leg ended.
    Ended {
        /// Which; it is gone.
        leg: LegId,
        /// Why.
        reason: EndReason,
    },
}

/// What the user of the endpoint orders.
#[derive(Clone, Debug)]
pub enum Command {
    /// Replaces the users.
    SetUsers(Arc<[User]>),
    /// Replaces the peers.
    SetPeers(Peers),
    /// 200 to a REGISTER, with all bindings as they now are.
    AcceptRegister {
        /// Which.
        request: RequestId,
        /// Every binding: URI and seconds left.
        contacts: Vec<Contact>,
    },
    /// 401 to a REGISTER.
    Challenge {
        /// Which.
        request: RequestId,
        /// The credentials were right but the nonce was old.
        stale: bool,
    },
    /// Any other answer to a REGISTER.
    Reject {
        /// Which.
        request: RequestId,
        /// The status, 400 to 699.
        code: u16,
    },
    /// 401 to an INVITE. The leg is gone; the caller comes back with a new one.
    ChallengeInvite {
        /// Which.
        leg: LegId,
        /// The credentials were right but the nonce was old.
        stale: bool,
    },
    /// A provisional answer.
    Ring {
        /// Which.
        leg: LegId,
        /// 180 or 183.
        code: u16,
        /// Early media.
        body: Option<Bytes>,
    },
    /// 200 with our SDP. Sent again until the ACK comes.
    Answer {
        /// Which.
        leg: LegId,
        /// Our answer, or our offer if the INVITE had none.
        body: Bytes,
    },
    /// A final refusal.
    Refuse {
        /// Which; it is gone.
        leg: LegId,
        /// The status, 400 to 699.
        code: u16,
        /// Seconds of Retry-After.
        retry_after: Option<u32>,
    },
    /// A new outgoing leg.
    Invite {
        /// `LegId::outgoing(n)`, never used before.
        leg: LegId,
        /// The Request-URI: a registered contact, or `sip:number@carrier`.
        uri: Pii<String>,
        /// Where to send it.
        flow: Flow,
        /// From.
        from: NameAddr,
        /// To.
        to: NameAddr,
        /// Our offer.
        body: Bytes,
    },
    /// Gives up an outgoing leg before it is answered: CANCEL when allowed, BYE if the 2xx wins the race.
    Cancel {
        /// Which; it is gone.
        leg: LegId,
    },
    /// Ends an established leg.
    Bye {
        /// Which; it is gone.
        leg: LegId,
    },
    /// Offers a new session.
    Reinvite {
        /// Which.
        leg: LegId,
        /// Our offer.
        body: Bytes,
    },
    /// 200 to the peer's re-INVITE.
    AnswerReinvite {
        /// Which.
        leg: LegId,
        /// Our answer.
        body: Bytes,
    },
    /// Refuses the peer's re-INVITE (488); the session stays as it was.
    RefuseReinvite {
        /// Which.
        leg: LegId,
        /// The status.
        code: u16,
    },
}

/// What goes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram, or what a stream gave (any cut).
    Bytes {
        /// By which path.
        flow: Flow,
        /// The bytes.
        data: &'a [u8],
    },
    /// A stream ended, or could not be opened.
    Closed {
        /// Which.
        flow: Flow,
    },
    /// An order.
    Command(Command),
    /// The instant that `Output::Timeout` named has come (or may have: an early call does nothing).
    Timeout,
}

/// What comes out of `poll_output`. The shell loops until `Timeout`, and the answer changes only after a `handle_input`.
#[derive(Debug)]
pub enum Output {
    /// Send these bytes. For TCP with connection 0, or one that is gone, open a connection first.
    Transmit {
        /// By which path.
        flow: Flow,
        /// One whole message.
        data: Bytes,
    },
    /// Close this stream: its framing is lost, or it exceeded a limit.
    Close {
        /// Which.
        flow: Flow,
    },
    /// For the user.
    Event(Event),
    /// Nothing more; call with `Input::Timeout` at this instant (`Instant::FAR_FUTURE`: no timer).
    Timeout(Instant),
}
