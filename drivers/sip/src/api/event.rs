//! What comes out of an endpoint for its user.

use model::defence::{self, Block, Change};
use model::{Pii, Source};

use super::{
    Body, DialogId, EndReason, Flow, Invite, LegId, Message, Recording, Refer, RefusedMessage, Register, RequestId,
    SendId, Subscribe, SubscriptionId, TrunkTrouble,
};

/// What the endpoint reports.
#[derive(Clone, Debug)]
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
        body: Body,
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
        body: Option<Body>,
    },
    /// Outgoing leg: 2xx. The endpoint has acknowledged it. A second 2xx of another fork is acknowledged and ended by the endpoint.
    Answered {
        /// Which.
        leg: LegId,
        /// The SDP answer; empty if the peer sent none.
        body: Body,
    },
    /// The 2xx to an INVITE or re-INVITE of ours that had no offer brings theirs; it comes in place of `Answered` or `ReinviteAnswered`.
    /// Its ACK waits for `AnswerOffer`, or for `Bye` if nothing of it can be used. Who says neither within seconds loses the leg.
    Offered {
        /// Which.
        leg: LegId,
        /// Their offer.
        offer: Body,
    },
    /// Outgoing leg: a final answer ≥ 300, or 408 when nothing was heard (timer B), or 503 when it could not be sent.
    Refused {
        /// Which; it is gone.
        leg: LegId,
        /// The status.
        code: u16,
        /// Seconds of Retry-After.
        retry_after: Option<u32>,
        /// The user part of the first Contact of a 3xx, unescaped: whom to call instead.
        redirect: Option<Pii<String>>,
    },
    /// The peer offers a new session (re-INVITE or UPDATE, perhaps before the call is answered). A session that is only refreshed does not
    /// come here. Answer with `AnswerReinvite` or `RefuseReinvite`.
    Reinvite {
        /// Which.
        leg: LegId,
        /// Its offer; empty means that it wants ours.
        offer: Body,
    },
    /// Our re-INVITE was accepted.
    ReinviteAnswered {
        /// Which.
        leg: LegId,
        /// The SDP answer.
        body: Body,
    },
    /// Our re-INVITE was refused; the session is as it was. Glare (491) is retried by the endpoint and does not come here, unless it persists.
    ReinviteRefused {
        /// Which.
        leg: LegId,
        /// The status.
        code: u16,
    },
    /// Our re-INVITE waited, for its second try after glare or for a change of theirs to be answered, and that answer is newer than what it
    /// says: to send it now would take the session back (RFC 3264 section 8). It is not sent; order anew what is still wanted.
    ReinviteOvertaken {
        /// Which.
        leg: LegId,
    },
    /// The peer asks that its partner be connected with somebody else. Answer with `AcceptRefer` or `RefuseRefer`; one at a time.
    Refer {
        /// Which.
        leg: LegId,
        /// With whom.
        refer: Refer,
    },
    /// How what our REFER asked for goes: a status below 200 while it is under way, then the one in which it ended. 202 is of a peer that took it
    /// and will not say how it went.
    Referred {
        /// Which.
        leg: LegId,
        /// The status.
        code: u16,
    },
    /// The peer pressed a key, as INFO tells it (`application/dtmf-relay`, `application/dtmf`).
    Dtmf {
        /// Which.
        leg: LegId,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        digit: Pii<char>,
        /// For how long.
        millis: u32,
    },
    /// Somebody wants to be told how things stand. Answer with `AcceptSubscription` and at once `Notify`, or with
    /// `ChallengeSubscription` or `RefuseSubscription`. It comes again for a subscription that was accepted when its phone wants something
    /// to be changed, which is its user's to prove each time; what is refused or challenged then is that alone.
    Subscribe {
        /// For the answer, and for as long as it lives.
        subscription: SubscriptionId,
        /// What it says.
        subscribe: Box<Subscribe>,
    },
    /// A subscription was refreshed or ended by its phone, or the phone could not be told: how does everything stand? Answer with `Notify`, also
    /// if nothing has changed.
    StateWanted {
        /// Which.
        subscription: SubscriptionId,
        /// Where its phone is by now.
        flow: Flow,
    },
    /// The phone has taken the last `Notify`: the next may be said.
    Notified {
        /// Which.
        subscription: SubscriptionId,
    },
    /// A subscription is over: its time has come, its phone wants no more and was told the last, or does not listen any more.
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
        turned_away: Vec<RefusedMessage>,
    },
    /// The answer to `ReadMessages`: the last messages of those legs until now. Of a leg that is gone there are none.
    Messages {
        /// Which was asked.
        ask: u64,
        /// The legs' messages, in the order that was asked.
        legs: Vec<Recording>,
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
        user: Pii<String>,
        /// Where the phone is.
        source: Source,
    },
    /// What came of `AskMirror`.
    Mirrored {
        /// Where the mirror is.
        at: Flow,
        /// What was changed on the way; `None`: nothing came back within half a minute.
        changed: Option<Vec<Change>>,
    },
    /// More was turned away. At most one every two seconds.
    TurnedAway(Box<defence::TurnedAway>),
}
