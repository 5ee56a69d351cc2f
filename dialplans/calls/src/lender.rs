//! What calls borrow: media ports, and numbers for legs and sessions that are never used twice.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use media::{Ports, SessionId};
use model::{CallId, Now};
use sip::api::LegId;

/// Numbers of the range (every second is a port) that only emergency calls get: four calls of two legs. It is a pool of its own,
/// since ports rest for some seconds after a call and a busy pool may have none that is free and rested.
const RESERVE: u16 = 16;

/// Numbers next to the range that calls for help alone get, and only when every port of the range is in use: sixteen calls of two legs. A router may
/// forward the range alone; but sound that we send first opens the way back, and a call for help without a port would be none.
const BEYOND: u16 = 64;
/// Ports below are the system's (RFC 6335 section 6).
const FIRST_OF_USERS: u16 = 1024;

/// The lender.
#[derive(Debug)]
pub(crate) struct Lender {
    ports: Ports,
    reserve: Ports,
    beyond: Ports,
    lent: BTreeMap<SessionId, (CallId, u16)>,
    /// The same by the call. What a call has is found without a look at what all others have.
    by_call: BTreeSet<(CallId, SessionId)>,
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
            beyond: Ports::new(beyond(first, last)),
            lent: BTreeMap::new(),
            by_call: BTreeSet::new(),
            sessions: 0,
            legs: 0,
        }
    }

    /// A session and its port, or `None`: refuse the call in order. When those that an emergency call has for its own rest too, it gets one that has not
    /// rested for long enough: a late packet of the call before is the smaller evil. When all are in use, it gets one beyond the range.
    pub(crate) fn lend(&mut self, now: Now, call: CallId, emergency: bool) -> Option<(SessionId, u16)> {
        let mut port = self.ports.take(now);
        if emergency {
            port = port.or_else(|| self.reserve.take(now));
            port = port.or_else(|| self.ports.take_unrested()).or_else(|| self.reserve.take_unrested());
            port = port.or_else(|| self.beyond.take(now)).or_else(|| self.beyond.take_unrested());
        }
        let port = port?;
        self.sessions += 1;
        let session = SessionId(self.sessions);
        self.lent.insert(session, (call, port));
        self.by_call.insert((call, session));
        Some((session, port))
    }

    /// The session is gone. The call that had it.
    pub(crate) fn give_back(&mut self, now: Now, session: SessionId) -> Option<CallId> {
        let (call, port) = self.lent.remove(&session)?;
        self.by_call.remove(&(call, session));
        // Each pool ignores what is not its own.
        self.ports.give_back(now, port);
        self.reserve.give_back(now, port);
        self.beyond.give_back(now, port);
        Some(call)
    }

    /// The session goes from its call to another.
    pub(crate) fn hand_over(&mut self, session: SessionId, to: CallId) {
        let Some((call, _)) = self.lent.get_mut(&session) else { return };
        self.by_call.remove(&(*call, session));
        self.by_call.insert((to, session));
        *call = to;
    }

    pub(crate) fn owner(&self, session: SessionId) -> Option<CallId> {
        self.lent.get(&session).map(|(call, _)| *call)
    }

    /// Takes back what a call had borrowed, except `kept`.
    pub(crate) fn reclaim(&mut self, now: Now, call: CallId, kept: impl Fn(SessionId) -> bool) {
        let all = self.by_call.range((call, SessionId(0))..=(call, SessionId(u64::MAX)));
        let gone: Vec<SessionId> = all.map(|(_, session)| *session).filter(|session| !kept(*session)).collect();
        for session in gone {
            self.give_back(now, session);
        }
    }

    pub(crate) fn leg(&mut self) -> LegId {
        self.legs += 1;
        LegId::outgoing(self.legs)
    }

    pub(crate) fn in_use(&self) -> usize {
        self.ports.in_use() + self.reserve.in_use() + self.beyond.in_use()
    }
}

/// The numbers after the range, or where there are none, those before it.
fn beyond(first: u16, last: u16) -> RangeInclusive<u16> {
    match last.checked_add(BEYOND) {
        Some(end) => last + 1..=end,
        None => first.saturating_sub(BEYOND).max(FIRST_OF_USERS)..=first.saturating_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::Wall;

    use super::*;

    #[test]
    fn help_gets_ports_beside_a_range_wherever_it_lies() {
        let (call, other) = (CallId::earliest(Wall(1)), CallId::earliest(Wall(2)));
        for range in [4000..=4063, 65_472..=65_535, 1024..=1087] {
            let mut lender = Lender::new(range.clone());
            let now = Now::simulation_start();
            let mut lent = BTreeSet::new();
            while let Some((_, port)) = lender.lend(now, call, true) {
                assert!(lent.insert(port), "no port is lent twice");
            }
            assert_eq!(lent.len(), 64, "as many beside it as in it: {range:?}");
            assert!(lent.iter().all(|port| *port >= 1024));
            assert_eq!(lender.lend(now, other, false), None);
            lender.reclaim(now, call, |_| false);
            assert_eq!(lender.in_use(), 0);
        }
        let mut whole = Lender::new(1024..=65_535);
        let now = Now::simulation_start();
        let all = std::iter::from_fn(|| whole.lend(now, call, true)).count();
        assert_eq!(all, (65_536 - 1024) / 2, "nothing is beside it");
    }
}
