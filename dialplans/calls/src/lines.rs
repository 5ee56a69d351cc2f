//! What calls borrow: media ports, and numbers for legs and sessions that are never used twice.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use media::{Ports, SessionId};
use model::{CallId, Now};
use sip::api::LegId;

/// Ports that only emergency calls get, so that a clinic whose lines are all in use still reaches help: two calls of two legs.
const EMERGENCY_PORTS: usize = 4;

/// The lender.
#[derive(Debug)]
pub(crate) struct Lines {
    ports: Ports,
    lent: BTreeMap<SessionId, (CallId, u16)>,
    sessions: u64,
    legs: u64,
}

impl Lines {
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        Self { ports: Ports::new(range), lent: BTreeMap::new(), sessions: 0, legs: 0 }
    }

    /// A session and its port, or `None`: refuse the call in order.
    pub(crate) fn lend(&mut self, now: Now, call: CallId, emergency: bool) -> Option<(SessionId, u16)> {
        if !emergency && self.ports.in_use() + EMERGENCY_PORTS >= self.ports.capacity() {
            return None;
        }
        let port = self.ports.take(now)?;
        self.sessions += 1;
        let session = SessionId(self.sessions);
        self.lent.insert(session, (call, port));
        Some((session, port))
    }

    /// The session is gone. The call that had it.
    pub(crate) fn give_back(&mut self, now: Now, session: SessionId) -> Option<CallId> {
        let (call, port) = self.lent.remove(&session)?;
        self.ports.give_back(now, port);
        Some(call)
    }

    pub(crate) fn owner(&self, session: SessionId) -> Option<CallId> {
        self.lent.get(&session).map(|(call, _)| *call)
    }

    /// Takes back what a call had borrowed, except `kept`.
    pub(crate) fn reclaim(&mut self, now: Now, call: CallId, kept: impl Fn(SessionId) -> bool) {
        let gone: Vec<SessionId> =
            self.lent.iter().filter(|(s, (c, _))| *c == call && !kept(**s)).map(|(s, _)| *s).collect();
        for session in gone {
            self.give_back(now, session);
        }
    }

    pub(crate) fn leg(&mut self) -> LegId {
        self.legs += 1;
        LegId::outgoing(self.legs)
    }

    pub(crate) fn in_use(&self) -> usize {
        self.ports.in_use()
    }
}
