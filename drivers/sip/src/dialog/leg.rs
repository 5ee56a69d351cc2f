//! A leg: one call's dialog as its user sees it, from the first INVITE to its one end.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use model::Pii;

use super::exchange::Exchange;
use super::referral::Referral;
use super::reliable::Reliable;
use super::session_timer::SessionTimer;
use super::{Dialog, Fork};
use crate::api::{Body, Flow, LegId};
use crate::endpoint::over_trunk::OverTrunk;
use crate::room::give_back;
use crate::transaction::client::ClientId;
use crate::transaction::server::ServerId;
use crate::transaction::timer::Timer;
use crate::wire::{Message, Method, Name, Request};
use model::table::ByNumber;

/// How often a request of ours that would change or refresh a session is sent again, after glare or a 422, before it counts as refused.
pub(crate) const MAX_ATTEMPTS: u8 = 5;
/// All timers that a leg can have.
pub(crate) const LEG_TIMERS: [Timer; 11] = [
    Timer::SendAccept,
    Timer::AwaitAck,
    Timer::C,
    Timer::Glare,
    Timer::Refer,
    Timer::Refresh,
    Timer::SessionExpires,
    Timer::SendReliable,
    Timer::AwaitPrack,
    Timer::Patience,
    Timer::Late,
];

/// One leg.
pub(crate) struct Leg {
    pub(crate) dialog: Dialog,
    pub(crate) phase: Phase,
    pub(crate) exchange: Exchange,
    pub(crate) change: Change,
    /// Our 2xx whose ACK has not come.
    pub(crate) unacknowledged: Option<Unacknowledged>,
    /// Their 2xx that brought an offer, until our user answers it: its ACK is not sent yet.
    pub(crate) late: Option<Late>,
    /// Who has to sign what comes by another path; none where nobody is known to be there.
    pub(crate) owner: Option<String>,
    /// A session that we want to offer as soon as nothing else is under way.
    pub(crate) wanted: Option<Ask>,
    /// Outgoing: the early dialogs, one for each phone that rings (RFC 3261 section 12.1.2).
    pub(crate) forks: Vec<Fork>,
    /// Incoming: our provisional responses are acknowledged.
    pub(crate) reliable: Option<Reliable>,
    pub(crate) session: Session,
    /// The peer takes UPDATE.
    pub(crate) updates: bool,
    /// The REFER that is under way.
    pub(crate) referral: Option<Referral>,
    /// There was a REFER before.
    pub(crate) was_referred: bool,
    /// A REFER of ours is under way.
    pub(crate) refers: bool,
    /// Headers of its INVITE beyond those that every one has.
    pub(crate) extra: Vec<(&'static str, Pii<String>)>,
    /// The carrier that it goes over.
    pub(crate) over: Option<OverTrunk>,
    /// It carries a call for help: that it is over is for those who talk to say, and no silence and no timer says it for them.
    pub(crate) helps: bool,
}

/// The session timer of a leg.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Agreed, if both know of such timers. Otherwise we refresh alone what a phone of ours has part in, but for a call for help, and only silence,
    /// or that the phone does not know the call, ends it.
    pub(crate) timer: Option<SessionTimer>,
    /// The least that the peer accepts, as its 422 said.
    pub(crate) raised: u32,
    /// The refresh by UPDATE that is under way.
    pub(crate) updating: Option<ClientId>,
    /// How often it was sent.
    pub(crate) attempt: u8,
    /// A refresh by re-INVITE waits for its turn.
    pub(crate) due: bool,
    /// It agreed to no timer and wants no refresh of ours: it is left alone.
    pub(crate) unwanted: bool,
}

/// How far a leg has come.
pub(crate) enum Phase {
    /// Incoming, not yet finally answered.
    Incoming { server: ServerId },
    /// Incoming, our 2xx is not acknowledged. `bye`: our user gave it up meanwhile, but a callee may send BYE only after
    /// the ACK or its timeout (RFC 3261 section 15).
    Accepted { bye: bool },
    /// Outgoing, not yet finally answered.
    Outgoing { client: ClientId },
    /// Outgoing and given up by its user: CANCEL was sent, or is sent after the first provisional response. `taken`: somebody else has the call.
    Cancelling { sent: bool, taken: bool },
    /// The call stands.
    Confirmed,
    /// Gone for its user; our BYE is under way.
    Ending,
}

/// The 2xx that a leg repeats until it is acknowledged.
pub(crate) struct Unacknowledged {
    pub(crate) data: Bytes,
    pub(crate) flow: Flow,
    pub(crate) cseq: u32,
    pub(crate) interval: Duration,
}

/// The 2xx to an INVITE of ours without an offer.
pub(crate) struct Late {
    pub(crate) client: ClientId,
    pub(crate) cseq: u32,
    pub(crate) offer: Body,
}

/// The request that is about to change the session of a leg: at most one at a time, in either direction.
#[derive(Default)]
pub(crate) enum Change {
    #[default]
    None,
    /// Our re-INVITE, or our UPDATE before the call is answered, waits for its answer. With the tag of whom it was sent to.
    Sent { client: ClientId, ask: Ask, tag: Bytes },
    /// Ours met theirs; it goes out again when the timer ends (RFC 3261 section 14.1).
    Backoff { ask: Ask },
    /// Their re-INVITE, UPDATE or PRACK waits for our user.
    Asked(Asked),
}

/// What a re-INVITE of ours offers, and for whom.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) body: Body,
    /// Our user ordered it and hears of its end. Otherwise it is a refresh, or says again what could not be said before.
    pub(crate) told: bool,
    /// The call goes on without it: that nobody answers is a refusal.
    pub(crate) spare: bool,
    pub(crate) attempt: u8,
}

/// A request of theirs that waits for our user.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) server: ServerId,
    pub(crate) method: Method,
    /// The dialog that it came in, by their tag: an early one has its own session.
    pub(crate) tag: Bytes,
    /// It wants our offer.
    pub(crate) empty: bool,
}

impl Ask {
    pub(crate) fn by_user(body: Body) -> Self {
        Self { body, told: true, spare: false, attempt: 0 }
    }

    pub(crate) fn spare(body: Body) -> Self {
        Self { spare: true, ..Self::by_user(body) }
    }

    pub(crate) fn quiet(body: Body) -> Self {
        Self { body, told: false, spare: false, attempt: 0 }
    }
}

impl Leg {
    fn new(dialog: Dialog, phase: Phase, exchange: Exchange) -> Self {
        Self {
            dialog,
            phase,
            exchange,
            change: Change::None,
            unacknowledged: None,
            late: None,
            owner: None,
            wanted: None,
            forks: Vec::new(),
            reliable: None,
            session: Session::default(),
            updates: false,
            referral: None,
            was_referred: false,
            refers: false,
            extra: Vec::new(),
            over: None,
            helps: false,
        }
    }

    /// The dialog that a request is in, and what is agreed there.
    pub(crate) fn dialog_of(&mut self, request: &Request) -> Option<(&mut Dialog, &mut Exchange)> {
        if self.dialog.call_id != request.call_id {
            return None;
        }
        self.talk(&request.from_tag)
    }

    /// The dialog with the peer of this tag.
    pub(crate) fn talk(&mut self, remote_tag: &[u8]) -> Option<(&mut Dialog, &mut Exchange)> {
        if self.dialog.remote_tag == remote_tag {
            return Some((&mut self.dialog, &mut self.exchange));
        }
        let fork = self.forks.iter_mut().find(|f| f.dialog.remote_tag == remote_tag)?;
        Some((&mut fork.dialog, &mut fork.exchange))
    }

    /// True if its peer, or one of those that ring, knows it by this Call-ID and its own tag.
    pub(crate) fn has_dialog(&self, call_id: &[u8], remote_tag: &[u8]) -> bool {
        let early = || self.forks.iter().any(|f| f.dialog.remote_tag == remote_tag);
        self.dialog.call_id == call_id && (self.dialog.remote_tag == remote_tag || early())
    }

    /// The request of theirs that waits for our user.
    pub(crate) fn asked(&self) -> Option<&Asked> {
        match &self.change {
            Change::Asked(asked) => Some(asked),
            _ => None,
        }
    }

    /// Takes the change of ours that this transaction is for, with the tag of whom it was sent to.
    pub(crate) fn take_sent(&mut self, transaction: ClientId) -> Option<(Ask, Bytes)> {
        match std::mem::take(&mut self.change) {
            Change::Sent { client, ask, tag } if client == transaction => Some((ask, tag)),
            other => {
                self.change = other;
                None
            }
        }
    }

    /// Takes the request of theirs that waits; its offer came to nothing, unless the caller answers it.
    pub(crate) fn take_asked(&mut self) -> Option<Asked> {
        match std::mem::take(&mut self.change) {
            Change::Asked(asked) => Some(asked),
            other => {
                self.change = other;
                None
            }
        }
    }

    /// Learns from a message of the peer what it takes.
    pub(crate) fn learn(&mut self, message: &Message) {
        if message.count(Name::Allow) > 0 {
            self.updates = message.list(Name::Allow).any(|method| method == b"UPDATE");
        }
    }
}

/// All legs, also by the tag of our end, which is random and so names one leg.
#[derive(Default)]
pub(crate) struct Legs {
    map: ByNumber<LegId, Leg>,
    tags: HashMap<String, LegId>,
    next: u64,
}

impl Legs {
    /// A number for an incoming leg.
    pub(crate) fn number(&mut self) -> LegId {
        self.next += 1;
        LegId(self.next)
    }

    pub(crate) fn insert(&mut self, id: LegId, dialog: Dialog, phase: Phase, exchange: Exchange) -> &mut Leg {
        self.tags.insert(dialog.local_tag.clone(), id);
        self.map.entry(id).insert_entry(Leg::new(dialog, phase, exchange)).into_mut()
    }

    pub(crate) fn find(&mut self, id: LegId) -> Option<&mut Leg> {
        self.map.get_mut(&id)
    }

    pub(crate) fn get(&self, id: LegId) -> Option<&Leg> {
        self.map.get(&id)
    }

    /// The leg whose end here has this tag.
    pub(crate) fn tagged(&self, tag: &[u8]) -> Option<(LegId, &Leg)> {
        let id = *self.tags.get(std::str::from_utf8(tag).ok()?)?;
        Some((id, self.map.get(&id)?))
    }

    pub(crate) fn by_tag(&mut self, tag: &[u8]) -> Option<(LegId, &mut Leg)> {
        let id = *self.tags.get(std::str::from_utf8(tag).ok()?)?;
        Some((id, self.map.get_mut(&id)?))
    }

    /// Those whose requests go by this path, in order.
    pub(crate) fn over(&self, flow: Flow) -> Vec<LegId> {
        let mut over: Vec<LegId> = self.map.iter().filter(|(_, l)| l.dialog.flow == flow).map(|(id, _)| *id).collect();
        over.sort_unstable();
        over
    }

    pub(crate) fn contains(&self, id: LegId) -> bool {
        self.map.contains_key(&id)
    }

    pub(crate) fn remove(&mut self, id: LegId) -> Option<Leg> {
        let leg = self.map.remove(&id)?;
        self.tags.remove(&leg.dialog.local_tag);
        give_back(&mut self.map);
        give_back(&mut self.tags);
        Some(leg)
    }

    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }
}
