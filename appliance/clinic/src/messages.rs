//! The messages of calls on their way to the store: in groups, and the first to be given up when the store is slow or locked, since
//! nothing depends on them.

use std::collections::VecDeque;

use model::ladder::{Ladder, RefusedMessage};
use model::{CallId, Wall};
use store::effect::Effect;

/// Calls whose messages wait for the store; some 15 KB each. A busy clinic ends one in some seconds, so this is a store that has been away for
/// minutes; then the oldest go.
const MAX_WAITING: usize = 200;
/// The same for what was turned away.
const MAX_TURNED_AWAY: usize = 100;
/// Calls in one effect: bounds how long the store's transaction keeps others waiting.
const MAX_GROUP: usize = 64;

/// See the module.
#[derive(Default)]
pub(crate) struct Messages {
    ladders: VecDeque<(CallId, Ladder)>,
    turned_away: VecDeque<RefusedMessage>,
    at: Wall,
    writing: bool,
}

impl Messages {
    pub(crate) fn ladder(&mut self, at: Wall, call: CallId, ladder: Ladder) {
        self.at = at;
        if self.ladders.len() == MAX_WAITING {
            self.ladders.pop_front();
        }
        self.ladders.push_back((call, ladder));
    }

    pub(crate) fn turned_away(&mut self, at: Wall, all: Vec<RefusedMessage>) {
        self.at = at;
        self.turned_away.extend(all);
        let surplus = self.turned_away.len().saturating_sub(MAX_TURNED_AWAY);
        self.turned_away.drain(..surplus);
    }

    /// The next group, unless one is on its way.
    pub(crate) fn take(&mut self) -> Option<Effect> {
        if !self.are_waiting() {
            return None;
        }
        self.writing = true;
        let group = self.ladders.len().min(MAX_GROUP);
        let ladders = self.ladders.drain(..group).collect();
        Some(Effect::RecordMessages { ladders, turned_away: self.turned_away.drain(..).collect(), at: self.at })
    }

    /// True if there is a group to take.
    pub(crate) fn are_waiting(&self) -> bool {
        !self.writing && !self.is_empty()
    }

    /// True if nothing is held.
    pub(crate) fn is_empty(&self) -> bool {
        self.ladders.is_empty() && self.turned_away.is_empty()
    }

    pub(crate) const fn written(&mut self) {
        self.writing = false;
    }
}

#[cfg(test)]
mod tests {
    use model::Random;

    use super::*;

    #[test]
    fn while_the_store_is_away_the_newest_are_held() {
        let (mut messages, mut random) = (Messages::default(), Random::from_u64(1));
        let calls: Vec<CallId> = (0..500).map(|n| CallId::new(Wall(n), &mut random)).collect();
        for call in &calls {
            messages.ladder(call.born(), *call, Ladder::default());
        }
        let mut written = Vec::new();
        while let Some(Effect::RecordMessages { ladders, .. }) = messages.take() {
            assert!(ladders.len() <= MAX_GROUP && messages.take().is_none(), "one group at a time");
            written.extend(ladders.into_iter().map(|(call, _)| call));
            messages.written();
        }
        assert_eq!(written, calls[500 - MAX_WAITING..]);
    }
}
