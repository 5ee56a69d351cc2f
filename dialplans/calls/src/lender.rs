//! What calls borrow: media ports, and numbers for legs and sessions that are never used twice.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use media::{Ports, SessionId};
use model::{CallId, Now};
use sip::api::LegId;

/// Numbers of the range (every second is a port) that only emergency calls get: four calls of two legs. It is a pool of its own,
/// since ports rest for some seconds after a call and a busy pool may have none that is free and rested.
const RESERVE: u16 = 16;

/// The lender.
#[derive(Debug)]
pub(crate) struct Lender {
    ports: Ports,
    reserve: Ports,
    lent: BTreeMap<SessionId, (CallId, u16)>,
    sessions: u64,
    legs: u64,
}

impl Lender {
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        let (first, last) = range.into_inner();
        // A range that is too small for both is shared by halves.
        let border = last.saturating_sub(RESERVE.min(last.saturating_sub(first) / 2));
        // An odd one: a port and the one for its reports stay together.
        let border = (border | 1).min(last);
        Self {
            ports: Ports::new(first..=border),
            reserve: Ports::new(border.saturating_add(1)..=last),
            lent: BTreeMap::new(),
            sessions: 0,
            legs: 0,
        }
    }

    /// A session and its port, or `None`: refuse the call in order. An emergency call is refused for want of a port only if every one is in use: when
    /// those of its own rest too, it gets one that has not rested for long enough. A late packet of the call before is the smaller evil.
    pub(crate) fn lend(&mut self, now: Now, call: CallId, emergency: bool) -> Option<(SessionId, u16)> {
        let mut port = self.ports.take(now);
        if emergency {
            port = port.or_else(|| self.reserve.take(now));
            port = port.or_else(|| self.ports.take_unrested()).or_else(|| self.reserve.take_unrested());
        }
        let port = port?;
        self.sessions += 1;
        let session = SessionId(self.sessions);
        self.lent.insert(session, (call, port));
        Some((session, port))
    }

    /// The session is gone. The call that had it.
    pub(crate) fn give_back(&mut self, now: Now, session: SessionId) -> Option<CallId> {
        let (call, port) = self.lent.remove(&session)?;
        // Each pool ignores what is not its own.
        self.ports.give_back(now, port);
        self.reserve.give_back(now, port);
        Some(call)
    }

    /// The session goes from its call to another.
    pub(crate) fn hand_over(&mut self, session: SessionId, to: CallId) {
        self.lent.entry(session).and_modify(|(call, _)| *call = to);
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
        self.ports.in_use() + self.reserve.in_use()
    }
}
