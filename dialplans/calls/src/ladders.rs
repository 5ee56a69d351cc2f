//! The messages of each call, joined from what the endpoint recorded of its legs.
//!
//! A leg's messages come a moment after its end, and for a peer that does not answer our BYE half a minute after it: a call's record does not wait for
//! them. Nothing of a call depends on what is here.

use std::collections::{BTreeMap, HashMap};

use model::CallId;
use model::call::Party;
use model::ladder::{Ladder, LadderMessage, Lane, MAX_BYTES, RefusedMessage};
use sip::api::{LegId, Recorded, Recording};

/// Calls whose messages are waited for: those that are up, and those that ended within the half minute that a lost peer takes.
/// Above it the oldest goes without what has not come.
const MAX_DRAFTS: usize = 1000;
/// Lanes of one call: thirty phones of a group, and those who took the call over from each other.
const MAX_LANES: usize = 40;

/// Looks at calls that are up and that the endpoint has not answered; above it the oldest is forgotten, and its person told nothing.
const MAX_ASKED: usize = 32;
/// Calls that may hand one leg on to each other and all keep its messages.
const MAX_OWNERS: usize = 4;

/// See the module.
#[derive(Default)]
pub(crate) struct Ladders {
    /// Whose each leg is; more than one, if calls handed it on.
    legs: HashMap<LegId, Vec<CallId>>,
    drafts: BTreeMap<CallId, Draft>,
    /// Who looks at which call now.
    asked: BTreeMap<u64, CallId>,
}

#[derive(Clone, Default)]
struct Draft {
    lanes: Vec<(LegId, Lane)>,
    /// Legs whose messages have not come.
    waiting: usize,
    /// The call is over.
    over: bool,
    messages: Vec<(u64, LadderMessage)>,
    size: usize,
    dropped: u32,
}

impl Ladders {
    /// A leg of a call.
    pub(crate) fn add(&mut self, call: CallId, leg: LegId, lane: Lane) {
        if self.drafts.len() == MAX_DRAFTS && !self.drafts.contains_key(&call) {
            // Calls are numbered by the time of their birth.
            if let Some((_, oldest)) = self.drafts.pop_first() {
                for (leg, _) in &oldest.lanes {
                    self.legs.remove(leg);
                }
            }
        }
        let draft = self.drafts.entry(call).or_default();
        if draft.lanes.len() < MAX_LANES {
            draft.lanes.push((leg, lane));
            draft.waiting += 1;
            self.legs.entry(leg).or_default().push(call);
        }
    }

    /// A leg is one of this call's. If another call began it, both have its messages.
    pub(crate) fn follow(&mut self, call: CallId, leg: LegId) {
        let Some(owners) = self.legs.get(&leg).filter(|o| !o.contains(&call) && o.len() < MAX_OWNERS) else { return };
        let draft = owners.first().and_then(|first| self.drafts.get(first));
        if let Some((_, lane)) = draft.and_then(|d| d.lanes.iter().find(|(of, _)| *of == leg)) {
            let lane = lane.clone();
            self.add(call, leg, lane);
        }
    }

    /// A call is over. Its messages, if all have come.
    pub(crate) fn over(&mut self, call: CallId) -> Option<Ladder> {
        self.drafts.get_mut(&call)?.over = true;
        self.finish(call)
    }

    /// The messages of a leg have come. Those of its calls that are over, if they were the last.
    pub(crate) fn recorded(&mut self, recording: &Recording) -> Vec<(CallId, Ladder)> {
        let leg = recording.leg();
        let calls = self.legs.remove(&leg).unwrap_or_default();
        let finish = |call| {
            self.drafts.get_mut(&call)?.take(leg, recording);
            Some((call, self.finish(call)?))
        };
        calls.into_iter().filter_map(finish).collect()
    }

    /// Somebody looks at a call whose messages have not all come. The legs of which they have not.
    pub(crate) fn ask(&mut self, order: u64, call: CallId) -> Option<Vec<LegId>> {
        let draft = self.drafts.get(&call)?;
        let legs = draft.lanes.iter().map(|(leg, _)| *leg).filter(|leg| self.legs.contains_key(leg)).collect();
        if self.asked.len() == MAX_ASKED {
            self.asked.pop_first();
        }
        self.asked.insert(order, call);
        Some(legs)
    }

    /// What the endpoint answered: the messages of that call until now. None, if the last have come since it was asked.
    pub(crate) fn until_now(&mut self, order: u64, legs: &[Recording]) -> Option<Ladder> {
        let call = self.asked.remove(&order)?;
        let mut draft = self.drafts.get(&call)?.clone();
        for recording in legs.iter().filter(|one| self.legs.contains_key(&one.leg())) {
            draft.take(recording.leg(), recording);
        }
        Some(draft.finish())
    }

    fn finish(&mut self, call: CallId) -> Option<Ladder> {
        if self.drafts.get(&call).is_none_or(|d| !d.over || d.waiting > 0) {
            return None;
        }
        self.drafts.remove(&call).map(Draft::finish).filter(|ladder| !ladder.messages.is_empty())
    }
}

impl Draft {
    fn take(&mut self, leg: LegId, recording: &Recording) {
        self.waiting = self.waiting.saturating_sub(1);
        self.dropped = self.dropped.saturating_add(recording.dropped());
        let Some(lane) = self.lanes.iter().position(|(of, _)| *of == leg) else { return };
        let messages = recording.messages();
        self.messages.reserve(messages.size_hint().0);
        for recorded in messages {
            let bytes = recorded.text.expose().len();
            if self.size + bytes > MAX_BYTES {
                self.dropped = self.dropped.saturating_add(1);
                continue;
            }
            self.size += bytes;
            self.messages.push((recorded.number, message(recorded, lane)));
        }
    }

    fn finish(mut self) -> Ladder {
        self.messages.sort_by_key(|(number, _)| *number);
        Ladder {
            lanes: self.lanes.into_iter().map(|(_, lane)| lane).collect(),
            messages: self.messages.into_iter().map(|(_, message)| message).collect(),
            dropped: self.dropped,
        }
    }
}

/// Who calls us.
pub(crate) fn caller(party: &Party, trunk: Option<String>) -> Lane {
    let number = party.number.as_ref().map_or("", |n| n.as_str());
    let name = if party.name.expose().is_empty() { number.into() } else { party.name.clone() };
    Lane { caller: true, trunk, name }
}

/// What was turned away, in the words of the other rooms.
pub(crate) fn turned_away(all: &[sip::RefusedMessage]) -> Vec<RefusedMessage> {
    all.iter().map(|one| RefusedMessage { code: one.code, message: message(one.message(), 0) }).collect()
}

fn message(recorded: Recorded, lane: usize) -> LadderMessage {
    let Recorded { at, flow, inbound, again, text, .. } = recorded;
    LadderMessage {
        at,
        lane,
        inbound,
        again,
        transport: flow.transport.via().into(),
        local: flow.local.into(),
        remote: flow.remote.into(),
        text,
    }
}
