//! Sessions whose packets are the user's: raw ones, and tapped ones.
//!
//! What is to be sent may wait here until it is due, and what comes until the user wants it: a wake-up of the user's for each packet costs more
//! than all that is done with it.

use std::collections::VecDeque;

use bytes::Bytes;
use model::{Instant, Now};

use super::Engine;
use super::session::Mode;
use crate::api::{Event, SessionId};
use crate::rtp;
use crate::srtp::OVERHEAD;

/// Packets that wait to be sent: twice what a fax engine says at once, a second's. One more makes room by the first, which leaves too early.
const MOST_SAID: usize = 128;
/// Packets that wait to be reported: what comes in half a second in packets of 20 ms, and some. With one more all are.
const MOST_HEARD: usize = 32;
/// Sessions that are looked after before other packets are looked at again: to send a packet takes some 6 µs.
const AT_ONCE: usize = 4;

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Tap {
    /// To be said, and when.
    said: VecDeque<(Instant, Bytes)>,
    /// Heard.
    heard: Vec<Event>,
    /// Until when that is kept.
    until: Option<Instant>,
    /// Where it stands in the engine's list.
    due: Option<Instant>,
}

impl Tap {
    fn next(&self) -> Option<Instant> {
        self.said.front().map(|(due, _)| *due).into_iter().chain(self.until).min()
    }
}

impl Engine {
    /// Gives the user what a packet carries.
    pub(super) fn tapped(&mut self, now: Now, session: SessionId, data: &[u8]) {
        let Some(rtp) = rtp::Rtp::parse(data) else { return };
        let Some(payload) = data.get(rtp.start..rtp.end) else { return };
        let (at, timestamp, payload_type) = (now.instant, rtp.timestamp, rtp.payload_type);
        let payload = Bytes::copy_from_slice(payload);
        self.heard(now, session, Event::Tapped { session, at, timestamp, payload_type, payload, more: false });
    }

    /// Reports what came, or keeps it.
    pub(super) fn heard(&mut self, now: Now, session: SessionId, event: Event) {
        self.tell_overdue(now, session);
        let keeps = |tap: &&mut Box<Tap>| tap.until.is_some_and(|until| now.instant < until);
        let Some(tap) = self.sessions.get_mut(&session).and_then(|leg| leg.tap.as_mut()).filter(keeps) else {
            return self.event(event);
        };
        tap.heard.push(event);
        if tap.heard.len() >= MOST_HEARD {
            self.tell_heard(session);
        }
    }

    /// Datagrams number themselves, and the copies of one are due between those that follow it.
    pub(super) fn send_raw(&mut self, now: Now, session: SessionId, data: Bytes, due: Instant) {
        let Some(tap) = self.tap_in(session, |mode| mode == Mode::Raw) else { return };
        let place = tap.said.partition_point(|(other, _)| *other <= due);
        tap.said.insert(place, (due, data));
        self.say_or_wait(now, session);
    }

    /// Each packet follows the one before it, whatever is said of when it is due.
    pub(super) fn send_tapped(&mut self, now: Now, session: SessionId, payload: Bytes, due: Instant) {
        let Some(tap) = self.tap_in(session, |mode| mode == Mode::Tapped) else { return };
        tap.said.push_back((due, payload));
        self.say_or_wait(now, session);
    }

    fn say_or_wait(&mut self, now: Now, session: SessionId) {
        let too_many = self.tap_of(session).is_some_and(|tap| tap.said.len() > MOST_SAID);
        self.say_due(now, session, usize::from(too_many));
        self.wait(session);
    }

    /// What comes until then is kept.
    pub(super) fn gather(&mut self, now: Now, session: SessionId, until: Instant) {
        self.tell_overdue(now, session);
        let Some(tap) = self.tap_in(session, |mode| matches!(mode, Mode::Raw | Mode::Tapped)) else { return };
        tap.until = (now.instant < until).then_some(until);
        if tap.until.is_none() {
            self.tell_heard(session);
        }
        self.wait(session);
    }

    /// What is due of the sessions that wait longest.
    pub(super) fn tap(&mut self, now: Now) {
        for _ in 0..AT_ONCE {
            let Some((_, session)) = self.taps_due.first().copied().filter(|(at, _)| *at <= now.instant) else {
                return;
            };
            self.say_due(now, session, 0);
            self.tell_overdue(now, session);
            self.wait(session);
        }
    }

    /// It is the user's no more, or anew: what waits is for nobody.
    pub(super) fn untap(&mut self, session: SessionId) {
        let tap = self.sessions.get_mut(&session).and_then(|leg| leg.tap.take());
        self.forget_tap(session, tap.as_deref());
    }

    pub(super) fn forget_tap(&mut self, session: SessionId, tap: Option<&Tap>) {
        if let Some(due) = tap.and_then(|tap| tap.due) {
            self.taps_due.remove(&(due, session));
        }
    }

    /// Says what is due, and so many at least.
    fn say_due(&mut self, now: Now, session: SessionId, mut least: usize) {
        loop {
            let Some(leg) = self.sessions.get_mut(&session) else { return };
            let Some(tap) = &mut leg.tap else { return };
            let Some((_, data)) = tap.said.pop_front_if(|(due, _)| least > 0 || *due <= now.instant) else {
                return;
            };
            least = least.saturating_sub(1);
            if leg.mode == Mode::Tapped {
                self.say_tapped(now, session, &data);
            } else {
                self.say_raw(session, data);
            }
        }
    }

    fn say_raw(&mut self, session: SessionId, data: Bytes) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        if let Some(to) = leg.latch.target() {
            leg.stats.sent();
            self.transmit(session, to, data);
        }
    }

    fn say_tapped(&mut self, now: Now, session: SessionId, payload: &[u8]) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        let (Some(to), Some(saying)) = (leg.latch.target(), leg.saying.as_mut()) else { return };
        let mut packet = saying.packet(payload);
        let plain = packet.len() - OVERHEAD;
        let Some(length) = leg.seal(&mut packet, plain) else { return };
        packet.truncate(length);
        leg.count_sent(now, &packet, payload.len(), true);
        self.transmit(session, to, packet.into());
    }

    fn tap_of(&mut self, session: SessionId) -> Option<&mut Tap> {
        self.sessions.get_mut(&session)?.tap.as_deref_mut()
    }

    /// That of a session in such a mode, which has one from now on.
    fn tap_in(&mut self, session: SessionId, mode: impl FnOnce(Mode) -> bool) -> Option<&mut Tap> {
        let leg = self.sessions.get_mut(&session).filter(|leg| mode(leg.mode))?;
        Some(leg.tap.get_or_insert_default())
    }

    /// Reports what was kept, if that is over. This thread does not always run at that instant, and nothing must pass it by or lengthen it.
    fn tell_overdue(&mut self, now: Now, session: SessionId) {
        if self.tap_of(session).is_some_and(|tap| tap.until.is_some_and(|until| until <= now.instant)) {
            self.tell_heard(session);
        }
    }

    /// Reports what was kept, and keeps nothing more.
    fn tell_heard(&mut self, session: SessionId) {
        let Some(tap) = self.tap_of(session) else { return };
        tap.until = None;
        let mut left = tap.heard.len();
        for mut event in std::mem::take(&mut tap.heard) {
            left -= 1;
            if let Event::Raw { more, .. } | Event::Tapped { more, .. } = &mut event {
                *more = left > 0;
            }
            self.event(event);
        }
    }

    /// Puts the session where it stands in the list by what waits of it.
    fn wait(&mut self, session: SessionId) {
        let Some(tap) = self.tap_of(session) else { return };
        let next = tap.next();
        let before = std::mem::replace(&mut tap.due, next);
        if before != next {
            before.map(|due| self.taps_due.remove(&(due, session)));
            next.map(|due| self.taps_due.insert((due, session)));
        }
    }
}
