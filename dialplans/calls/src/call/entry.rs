//! One call as the [`Pbx`](crate::Pbx) keeps it: what is known of it from outside, and the stage it is in.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use media::SessionId;
use model::call::{CallPhase, CallRecord, InQueue, LegQuality, LiveCall, Party, QueueEnd, Queued, Taken};
use model::fax::Direction;
use model::trace::Trace;
use model::{CallId, CallbackId, PhoneNumber, Pii, Wall};
use sip::api::LegId;

use crate::call::Stage;
use crate::call::pressed::Pressed;
use crate::call::tape::Tape;
use crate::refusal::Ending;
use crate::tolls::Toll;

/// Waits of one call that its record names. A plan may lead it round from queue to queue.
const MAX_QUEUED: usize = 8;

/// What a call is, apart from its stage.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) id: CallId,
    pub(crate) direction: Direction,
    pub(crate) from: Arc<Party>,
    pub(crate) to: Arc<Party>,
    pub(crate) started: Wall,
    pub(crate) answered: Option<Wall>,
    /// Somebody took it, and no machine of ours in their stead.
    pub(crate) taken: Option<Wall>,
    pub(crate) left_message: bool,
    /// It is an emergency call.
    pub(crate) help: Option<Help>,
    /// It came when help might call back: nobody asks who it is.
    pub(crate) may_be_help: bool,
    /// Help was called for on the way, and not reached: the record says that it was an emergency.
    pub(crate) sought_help: bool,
    /// The trunks that carry its legs: each of them takes a channel while its leg is there.
    pub(crate) trunks: BTreeMap<LegId, String>,
    pub(crate) fax: Option<FaxMark>,
    /// It waits in a queue.
    pub(crate) place: Option<Place>,
    /// The queues that it has waited in.
    pub(crate) queued: Vec<Queued>,
    /// It calls somebody back.
    pub(crate) callback: Option<CallingFor>,
    /// How many hops its legs may take, so that a call that comes round in a circle ends.
    pub(crate) hops: u8,
    /// What of it are outside calls of persons: one, or none, or two that were connected.
    pub(crate) tolls: Vec<Toll>,
    /// Those who talk have heard that the minutes with numbers abroad are nearly used up.
    pub(crate) warned: bool,
    /// It looks for its person outside: whoever answers there presses a key to take it.
    pub(crate) find_me: bool,
    /// The extensions whose forwarding it has followed.
    pub(crate) passed: Vec<String>,
    /// Its recording.
    pub(crate) tape: Tape,
    /// Keys that came by one way and may come by another.
    pub(crate) pressed: Pressed,
}

impl Card {
    /// A call that begins: nobody has answered, and nothing is known of it beyond who wants whom.
    pub(crate) fn new(id: CallId, direction: Direction, from: Party, to: Party, started: Wall) -> Self {
        Self {
            id,
            direction,
            from: from.into(),
            to: to.into(),
            started,
            answered: None,
            taken: None,
            left_message: false,
            help: None,
            may_be_help: false,
            sought_help: false,
            trunks: BTreeMap::new(),
            fax: None,
            place: None,
            queued: Vec::new(),
            callback: None,
            hops: sip::api::HOPS,
            tolls: Vec::new(),
            warned: false,
            find_me: false,
            passed: Vec::new(),
            tape: Tape::default(),
            pressed: Pressed::default(),
        }
    }

    /// It does not wait in its queue any more, if it did.
    pub(crate) fn leaves_queue(&mut self, now: Wall, end: QueueEnd) {
        let Some(Place { queue, since, .. }) = self.place.take().filter(|_| self.queued.len() < MAX_QUEUED) else {
            return;
        };
        let millis = u64::try_from(now.millis_since(since)).unwrap_or(0);
        self.queued.push(Queued { queue, since, millis, end });
    }

    /// True if people are to be shown something else than by `before`.
    pub(crate) fn shows_otherwise(&self, before: &Self) -> bool {
        let who = (&self.from, &self.to) != (&before.from, &before.to);
        let phase = (self.answered, self.taken, self.help.is_some());
        let queue = |card: &Self| card.place.as_ref().map(|place| place.queue.clone());
        who || phase != (before.answered, before.taken, before.help.is_some()) || queue(self) != queue(before)
    }

    /// True if it costs by the minute from now on, or no longer.
    pub(crate) fn costs_otherwise(&self, before: &Self) -> bool {
        let run = |card: &Self| card.tolls.iter().filter(|toll| toll.runs()).count();
        run(self) != run(before)
    }
}

/// A place in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The queue's name in the plan.
    pub(crate) queue: String,
    /// Later than all who were there: two may come in one moment.
    pub(crate) number: u64,
    /// Somebody rings for it: others need not wait for it to go first.
    pub(crate) rings: bool,
    /// When its caller began to wait.
    pub(crate) since: Wall,
    /// They are called back, and hear a goodbye.
    pub(crate) kept: bool,
}

/// Somebody who left a queue, and for whom a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallingFor {
    pub(crate) id: CallbackId,
    /// Their number is being dialled: whatever the call comes to is what became of them.
    pub(crate) dialled: bool,
}

/// What an emergency call is about.
#[derive(Clone, Debug)]
pub(crate) struct Help {
    pub(crate) number: String,
    /// The extensions of those who are told.
    pub(crate) tell: Vec<String>,
    /// The street address that it is made from.
    pub(crate) address: Pii<String>,
    /// Where in it; empty if nobody has said.
    pub(crate) location: Pii<String>,
    /// By which of the clinic's numbers it shows itself: that is the one to call back.
    pub(crate) shown: PhoneNumber,
    /// Staff were told to call otherwise.
    pub(crate) told: bool,
    /// The extension and the address of the phone that makes it.
    pub(crate) by: Option<(String, IpAddr)>,
}

/// How far a fax call has come, so that it reports exactly one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaxMark {
    /// Its end is `FaxFailed`.
    NotYet,
    /// Its end is `FaxLineEnded`.
    Attached,
}

/// A leg, as far as ending it needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LegState {
    /// It came to us and waits for our answer.
    Offered,
    /// We called and wait for its answer.
    Calling,
    /// It was answered.
    Up,
}

/// Whose media a session carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Caller,
    Callee,
    /// Of somebody who has left the call: it is closed, and its report counts for nobody.
    Gone,
}

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
            Self::Gone => Self::Gone,
        }
    }
}

/// One call.
pub(crate) struct Entry {
    pub(crate) card: Card,
    pub(crate) trace: Trace,
    /// Shared with the step that runs, and only copied where it changes them.
    pub(crate) legs: Arc<BTreeMap<LegId, LegState>>,
    pub(crate) sessions: Arc<BTreeMap<SessionId, Side>>,
    pub(crate) caller_quality: LegQuality,
    pub(crate) callee_quality: LegQuality,
    /// When it was over for those who talked; its record waits for the media.
    pub(crate) ended: Option<Wall>,
    /// Missing only while a step runs.
    pub(crate) stage: Option<Stage>,
}

impl Entry {
    pub(crate) fn new(card: Card) -> Self {
        Self {
            card,
            trace: Trace::default(),
            legs: Arc::default(),
            sessions: Arc::default(),
            caller_quality: LegQuality::default(),
            callee_quality: LegQuality::default(),
            ended: None,
            stage: None,
        }
    }

    pub(crate) const fn ending(&self) -> Option<&Ending> {
        match &self.stage {
            Some(Stage::Closing(ending)) => Some(ending),
            _ => None,
        }
    }

    /// How many of its legs are on this trunk.
    pub(crate) fn channels(&self, trunk: &str) -> usize {
        self.card.trunks.iter().filter(|(leg, name)| *name == trunk && self.legs.contains_key(leg)).count()
    }

    pub(crate) fn add_quality(&mut self, side: Side, quality: LegQuality) {
        match side {
            Side::Caller => self.caller_quality = quality,
            Side::Callee => self.callee_quality = quality,
            Side::Gone => {}
        }
    }

    /// What the sound of a session came to until now.
    pub(crate) fn hears(&mut self, session: SessionId, quality: LegQuality) {
        if let Some(side) = self.sessions.get(&session).copied() {
            self.add_quality(side, quality);
        }
    }

    /// For the snapshot; a call that is over is not live.
    pub(crate) fn live(&self) -> Option<LiveCall> {
        if self.ending().is_some() {
            return None;
        }
        let card = &self.card;
        Some(LiveCall {
            id: card.id,
            direction: card.direction,
            from: (*card.from).clone(),
            to: (*card.to).clone(),
            started: card.started,
            answered: card.answered,
            phase: match (card.fax, card.answered) {
                (Some(_), _) => CallPhase::Fax,
                (None, Some(_)) if card.place.is_some() => CallPhase::Waiting,
                (None, Some(_)) if card.taken.is_none() => CallPhase::Answered,
                (None, Some(_)) => CallPhase::Talking,
                (None, None) => CallPhase::Ringing,
            },
            queue: card.place.as_ref().map(|place| InQueue { name: place.queue.clone(), since: place.since }),
            emergency: card.help.is_some(),
            next_trunks: self.stage.as_ref().map(Stage::next_trunks).unwrap_or_default(),
            caller_quality: self.caller_quality,
            callee_quality: self.callee_quality,
        })
    }

    /// The record that stays.
    pub(crate) fn record(mut self, now: Wall, ending: &Ending) -> CallRecord {
        // Whoever still waits has hung up.
        let kept = self.card.place.as_ref().is_some_and(|place| place.kept);
        self.card.leaves_queue(self.ended.unwrap_or(now), if kept { QueueEnd::CalledBack } else { QueueEnd::Left });
        // A fax machine is whom a fax is for.
        let taken = self.card.taken.or_else(|| self.card.fax.and(self.card.answered));
        CallRecord {
            id: self.card.id,
            direction: self.card.direction,
            from: Arc::unwrap_or_clone(self.card.from),
            to: Arc::unwrap_or_clone(self.card.to),
            started: self.card.started,
            answered: self.card.answered,
            taken: taken.map_or(Taken::Never, Taken::At),
            left_message: self.card.left_message,
            queued: self.card.queued,
            ended: self.ended.unwrap_or(now),
            end: ending.end,
            fault: ending.fault,
            emergency: self.card.help.is_some() || self.card.sought_help,
            caller_quality: self.caller_quality,
            callee_quality: self.callee_quality,
            trace: self.trace,
        }
    }
}
