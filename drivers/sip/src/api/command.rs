//! What the user of an endpoint orders.

use std::sync::Arc;

use model::defence::Block;
use model::{Pii, Source};

use super::{
    Advertised, Body, Contact, Document, EndOfSubscription, Flow, LegId, OutgoingCall, Peers, RequestId, SecurePeer,
    SendId, Sending, SubscriptionId, Trunk, TrunkSecret, User,
};

/// What the user of the endpoint orders.
#[derive(Clone, Debug)]
pub enum Command {
    /// Replaces the users.
    SetUsers(Arc<[User]>),
    /// Whether every phone knows every algorithm: replaces [`Config::strong_digest`](crate::Config::strong_digest). Who is asked from now on is
    /// asked so.
    SetStrongDigest(bool),
    /// Replaces the peers.
    SetPeers(Peers),
    /// Replaces [`Config::emergency`](crate::Config::emergency).
    SetEmergency(Vec<String>),
    /// Replaces the addresses under which we are reached; the first network that a peer is in counts. For the shell, which knows our addresses.
    SetAdvertised(Vec<Advertised>),
    /// Replaces the peers that we connect to over TLS. For the shell; an authority that cannot be read makes its peer unreachable.
    SetSecurePeers(Vec<SecurePeer>),
    /// Addresses that were blocked before a restart, and are for as long as is left.
    Block(Vec<Block>),
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
    /// Asks a mirror whether messages of ours reach it unchanged. Answered by `Mirrored`; one that is asked already is not asked again.
    AskMirror {
        /// Over which socket of ours, and where the mirror is: UDP, since nobody changes what is encrypted, and few what is a stream.
        at: Flow,
    },
    /// Looks at what these legs have sent and received until now. Answered by `Messages`; nothing of the calls changes.
    ReadMessages {
        /// A number of the user's, for the answer.
        ask: u64,
        /// Whose.
        legs: Vec<LegId>,
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
    /// Where the phone of a leg is that names itself by a GRUU of ours.
    Reach {
        /// Which.
        leg: LegId,
        /// Its registered contact.
        uri: Pii<String>,
        /// The path of its registration.
        route: Vec<Pii<String>>,
    },
    /// A provisional answer.
    Ring {
        /// Which.
        leg: LegId,
        /// 180 or 183.
        code: u16,
        /// Early media.
        body: Option<Body>,
    },
    /// 200 with our SDP. Sent again until the ACK comes.
    Answer {
        /// Which.
        leg: LegId,
        /// Our answer, or our offer if the INVITE had none.
        body: Body,
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
    /// The same since somebody else has taken the call: the CANCEL says so (RFC 3326), so that the phone lists no call that it missed.
    Taken {
        /// Which; it is gone.
        leg: LegId,
    },
    /// Ends an established leg.
    Bye {
        /// Which; it is gone.
        leg: LegId,
    },
    /// Our answer to the offer that a 2xx brought: it goes with the ACK.
    AnswerOffer {
        /// Which.
        leg: LegId,
        /// Our answer.
        body: Body,
    },
    /// Offers a new session, or asks for an offer of theirs if the body is empty, which then comes as `Offered`. Ends in `ReinviteAnswered`, `ReinviteRefused` or `ReinviteOvertaken`.
    Reinvite {
        /// Which.
        leg: LegId,
        /// Our offer.
        body: Body,
    },
    /// As `Reinvite`, but of something that the call can do without, as T.38: there are gateways that never answer what they don't know. Silence, and a
    /// 408, are told as a refusal and do not end the call as section 12.2.1.2 of RFC 3261 would have it; a 481 does.
    Propose {
        /// Which.
        leg: LegId,
        /// Our offer.
        body: Body,
    },
    /// 200 to the peer's re-INVITE.
    AnswerReinvite {
        /// Which.
        leg: LegId,
        /// Our answer.
        body: Body,
    },
    /// Refuses the peer's re-INVITE (488); the session stays as it was.
    RefuseReinvite {
        /// Which.
        leg: LegId,
        /// The status.
        code: u16,
    },
    /// Asks the peer to connect its partner with somebody else (RFC 3515). `Referred` tells how that goes; one at a time.
    Refer {
        /// Which.
        leg: LegId,
        /// Whom the partner shall talk with, as a URI.
        to: Pii<String>,
        /// An attended transfer: the leg of ours whose place the partner takes.
        replaces: Option<LegId>,
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
