//! The narrow face of the crate: what goes into an [`Endpoint`](crate::Endpoint) and what comes out.
//!
//! A *leg* is one call's dialog with one peer, from its first INVITE. Every leg ends exactly once, as its user sees it:
//! by [`Event::Refused`] or [`Event::Ended`], or by the user's own [`Command::Refuse`], [`Command::Challenge`] (of an INVITE),
//! [`Command::Cancel`] or [`Command::Bye`]; nothing is reported of it after that, and the endpoint finishes its transactions alone.

mod call;
mod debug;
mod flow;
mod identity;
mod reach;
mod register;
mod request;
mod subscribe;
mod transfer;
mod trunk;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::defence::{self, Block};
use model::{Instant, Source};

pub use call::{DialogId, EndReason, HOPS, Invite, LegId, OutgoingCall};
pub use flow::{Flow, Peers, Transport, UnknownTransport};
pub use identity::{Auth, NameAddr, Named, User, Vouched};
pub use reach::{Advertised, SecurePeer, Trust};
pub use register::{Contact, Register, RequestId};
pub use request::{Content, MAX_TEXT, Message, SendId, Sending};
pub use subscribe::{Document, EndOfSubscription, Package, Subscribe, SubscriptionId};
pub use transfer::{Refer, Replaces};
pub use trunk::{Trunk, TrunkSecret, TrunkTrouble};

pub use crate::recorder::{Recorded, Recording, TurnedAway};

/// What an endpoint needs to know for its whole life.
#[derive(Clone, Debug)]
pub struct Config {
    /// The digest realm, and the host part of our own URIs: the clinic's SIP domain.
    pub domain: String,
    /// Every phone knows SHA-512-256 and `auth-int`: they are offered, the best first. Phones that know less cannot register then.
    pub strong_digest: bool,
    /// `Server` and `User-Agent`.
    pub software: String,
    /// Incoming INVITEs at once that wait for a final answer; above it 503 with Retry-After. Calls to emergency numbers get in all the same.
    pub max_invites: usize,
    /// All transactions at once; above it new requests get 503 (INVITE to an emergency number excepted).
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
    /// A clinic of this SIP domain. 200 calls may ring at once; 100,000 transactions, kept for 32 s each at well under
    /// 1 KB once they are answered, are a thousand calls a second: the processor is the limit before they are.
    pub fn new(domain: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            strong_digest: false,
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

/// What the endpoint reports.
#[derive(Clone)]
pub enum Event {
    /// Answer with `AcceptRegister`, `Challenge…` or `Reject`.
    Register {
        /// For the answer.
        request: RequestId,
        /// What it says.
        register: Box<Register>,
    },
    /// A new incoming leg. 100 Trying has been or will be sent by the endpoint. Answer with `Ring`, `Answer`, `Refuse` or `ChallengeInvite`.
    Invite {
        /// The new leg.
        leg: LegId,
        /// What it says.
        invite: Box<Invite>,
    },
    /// Incoming leg: our 2xx was acknowledged; the call stands.
    Established {
        /// Which.
        leg: LegId,
    },
    /// The answer to an offer of ours that went in a 2xx came with the ACK (RFC 3261 section 13.2.1: an INVITE or re-INVITE without
    /// SDP). Comes after `Established`, if it is for the first INVITE. If our offer went in a reliable `Ring`, its answer comes before that,
    /// with the PRACK, and the body of `Answer` then changes the session again only if it says something else.
    AckAnswer {
        /// Which.
        leg: LegId,
        /// The SDP answer.
        body: Bytes,
    },
    /// Outgoing leg: 100. The next server is there; whom it reaches is open.
    Trying {
        /// Which.
        leg: LegId,
    },
    /// Outgoing leg: its dialog has a name now, or another one. Comes before the `Progress` or `Answered` that named it.
    Dialog {
        /// Which.
        leg: LegId,
        /// Its name.
        dialog: DialogId,
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
    /// The peer offers a new session (re-INVITE or UPDATE, perhaps before the call is answered). A session that is only refreshed does not
    /// come here. Answer with `AnswerReinvite` or `RefuseReinvite`.
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
    /// The peer asks that its partner be connected with somebody else. Answer with `AcceptRefer` or `RefuseRefer`; one at a time.
    Refer {
        /// Which.
        leg: LegId,
        /// With whom.
        refer: Refer,
    },
    /// The peer pressed a key, as INFO tells it (`application/dtmf-relay`, `application/dtmf`).
    Dtmf {
        /// Which.
        leg: LegId,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: char,
        /// For how long.
        millis: u32,
    },
    /// Somebody wants to be told how things stand. Answer with `AcceptSubscription` and at once `Notify`, or with
    /// `ChallengeSubscription` or `RefuseSubscription`.
    Subscribe {
        /// For the answer, and for as long as it lives.
        subscription: SubscriptionId,
        /// What it says.
        subscribe: Box<Subscribe>,
    },
    /// A subscription was refreshed or ended by its phone: how does everything stand? Answer with `Notify`, also if nothing has changed.
    StateWanted {
        /// Which.
        subscription: SubscriptionId,
    },
    /// The phone has taken the last `Notify`: the next may be said.
    Notified {
        /// Which.
        subscription: SubscriptionId,
    },
    /// A subscription is over: its time has come, or its phone does not listen any more.
    Unsubscribed {
        /// Which; it is gone.
        subscription: SubscriptionId,
    },
    /// A message of text. Answer with `AcceptMessage`, `Challenge` or `Reject`.
    Message {
        /// For the answer.
        request: RequestId,
        /// What it says.
        message: Box<Message>,
    },
    /// What became of a request of `Send`.
    Sent {
        /// Which; it is over.
        id: SendId,
        /// The final status; 408 if nothing was heard, 503 if it could not be sent.
        code: u16,
    },
    /// We are registered with this trunk.
    TrunkRegistered {
        /// Its name.
        trunk: String,
        /// Where.
        flow: Flow,
        /// For how long, unless it is renewed.
        seconds: u32,
    },
    /// This trunk cannot be used as it should be; it is tried again later.
    TrunkLost {
        /// Its name.
        trunk: String,
        /// Why.
        trouble: TrunkTrouble,
    },
    /// The leg ended.
    Ended {
        /// Which; it is gone.
        leg: LegId,
        /// Why.
        reason: EndReason,
    },
    /// If the endpoint records: the last messages of legs that ended a moment ago, whoever ended them, each leg once (one that was challenged is part of the one that
    /// comes back with credentials), and what was turned away before it could become a call or a registration.
    Recorded {
        /// The legs' messages.
        legs: Vec<Recording>,
        /// What was turned away.
        turned_away: Vec<TurnedAway>,
    },
    /// An address is not answered any more, for a while.
    Blocked(Block),
    /// A phone at a blocked address knew the right password: the block is over.
    Forgiven {
        /// Which.
        source: Source,
    },
    /// A phone's registration was changed on its way. Once in a while for each.
    Altered {
        /// The phone's user, who proved to be it.
        user: String,
        /// Where the phone is.
        source: Source,
    },
    /// More was turned away. At most one every two seconds.
    TurnedAway(Box<defence::TurnedAway>),
}

/// What the user of the endpoint orders.
#[derive(Clone)]
pub enum Command {
    /// Replaces the users.
    SetUsers(Arc<[User]>),
    /// Replaces the peers.
    SetPeers(Peers),
    /// Replaces the addresses under which we are reached; the first network that a peer is in counts. For the shell, which knows our addresses.
    SetAdvertised(Vec<Advertised>),
    /// Replaces the peers that we connect to over TLS. For the shell; an authority that cannot be read makes its peer unreachable.
    SetSecurePeers(Vec<SecurePeer>),
    /// A person ends the block of this address.
    Unblock {
        /// Which.
        source: Source,
    },
    /// Replaces the trunks, or their addresses. What is known of one that does not change stays known.
    SetTrunks(Vec<Trunk>),
    /// Replaces the trunks' passwords.
    SetTrunkSecrets(Arc<[TrunkSecret]>),
    /// Ends every registration with a trunk; each reports `TrunkLost` when it is done.
    LeaveTrunks,
    /// 200 to a REGISTER, with all bindings as they now are.
    AcceptRegister {
        /// Which.
        request: RequestId,
        /// Every binding: URI and seconds left.
        contacts: Vec<Contact>,
        /// Its flow is kept, with the others of its device (RFC 5626).
        outbound: bool,
    },
    /// 423 to a REGISTER: it asks for a lifetime too short.
    TooBrief {
        /// Which.
        request: RequestId,
        /// The shortest that is granted, in seconds.
        min_expires: u32,
    },
    /// 401 to a REGISTER or a message.
    Challenge {
        /// Which.
        request: RequestId,
        /// The credentials were right but the nonce was old.
        stale: bool,
    },
    /// Any other answer to a REGISTER or a message.
    Reject {
        /// Which.
        request: RequestId,
        /// The status, 400 to 699.
        code: u16,
    },
    /// 200 to a message: it was delivered.
    AcceptMessage {
        /// Which.
        request: RequestId,
    },
    /// Sends a request that belongs to no call. Answered by `Sent`.
    Send {
        /// A number of the user's, never used before.
        id: SendId,
        /// What, and to whom.
        sending: Box<Sending>,
    },
    /// 200 to a SUBSCRIBE. `Notify` must follow at once.
    AcceptSubscription {
        /// Which.
        subscription: SubscriptionId,
        /// Its documents are about many resources (RFC 4662).
        list: bool,
    },
    /// 401 to a SUBSCRIBE. The subscription is gone; its phone comes back with a new one.
    ChallengeSubscription {
        /// Which.
        subscription: SubscriptionId,
        /// The credentials were right but the nonce was old.
        stale: bool,
    },
    /// Refuses a SUBSCRIBE.
    RefuseSubscription {
        /// Which; it is gone.
        subscription: SubscriptionId,
        /// The status, 300 to 699.
        code: u16,
    },
    /// Says how things stand. The next one may follow when `Notified` or `StateWanted` came: before, it is ignored. So none overtakes
    /// another, and what is said is as new as it can be.
    Notify {
        /// Which.
        subscription: SubscriptionId,
        /// All that there is to know.
        document: Document,
    },
    /// Ends a subscription.
    EndSubscription {
        /// Which; it is gone.
        subscription: SubscriptionId,
        /// Why.
        why: EndOfSubscription,
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
        /// Whom to call, and as whom.
        call: Box<OutgoingCall>,
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
    /// 202 to the peer's REFER, and a first NOTIFY of 100.
    AcceptRefer {
        /// Which.
        leg: LegId,
    },
    /// Tells the peer how the call that it referred to goes (RFC 3515 section 2.4.4). A final status ends its subscription.
    ReferProgress {
        /// Which.
        leg: LegId,
        /// 180, 200, 486 …
        code: u16,
    },
    /// Refuses the peer's REFER.
    RefuseRefer {
        /// Which.
        leg: LegId,
        /// The status.
        code: u16,
    },
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
    /// A stream ended, or could not be opened.
    Closed {
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
