//! Sessions whose packets are the user's: raw ones, and tapped ones.
//!
//! What is to be sent may wait here until it is due, and what comes until the user wants it: a wake-up of the user's for each packet costs more
//! than all that is done with it.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use model::{Instant, Now};

use super::Engine;
use super::session::Mode;
use crate::api::{Event, Heard, Said, SessionId};
use crate::rtp;
use crate::srtp::OVERHEAD;

/// Packets that wait to be sent: twice what a fax engine says at once, a second's. One more makes room by the first, which leaves too early.
const MOST_SAID: usize = 128;
/// Packets that wait to be reported: what comes in half a second in packets of 20 ms, and some. With one more all are.
const MOST_HEARD: usize = 32;
/// What came is put into a block of so many octets, one packet behind the other: a place of its own for each costs more than to copy it.
const BLOCK: usize = 16 * 1024;
/// Sessions that are looked after before other packets are looked at again: to send a packet takes some 6 µs.
const AT_ONCE: usize = 4;

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Tap {
    /// To be said, and when.
    said: VecDeque<Said>,
    /// Tapped: heard.
    heard: Vec<Heard>,
    /// Raw: the datagrams that came.
    raw: Vec<Event>,
    /// Until when that is kept.
    until: Option<Instant>,
    /// Where it stands in the engine's list.
    due: Option<Instant>,
}

impl Tap {
    fn next(&self) -> Option<Instant> {
        self.said.front().map(|said| said.due).into_iter().chain(self.until).min()
    }
}

impl Engine {
    /// Gives the user what a packet carries.
    pub(super) fn tapped(&mut self, now: Now, session: SessionId, data: &[u8]) {
        let Some(rtp) = rtp::Rtp::parse(data) else { return };
        let Some(payload) = data.get(rtp.start..rtp.end) else { return };
        let (at, timestamp, payload_type) = (now.instant, rtp.timestamp, rtp.payload_type);
        let payload = in_block(&mut self.block, payload);
        let heard = Heard { at, timestamp, payload_type, payload };
        match self.keeping(now, session) {
            None => self.event(Event::Tapped { session, heard: vec![heard] }),
            Some(tap) => {
                tap.heard.push(heard);
                self.tell_too_many(session);
            }
        }
    }

    /// Reports a datagram, or keeps it.
    pub(super) fn came_raw(&mut self, now: Now, session: SessionId, data: &[u8]) {
        let event = Event::Raw { session, at: now.instant, data: Bytes::copy_from_slice(data), more: false };
        match self.keeping(now, session) {
            None => self.event(event),
            Some(tap) => {
                tap.raw.push(event);
                self.tell_too_many(session);
            }
        }
    }

    /// Where what comes now is kept, if it is. What was kept until before now is told.
    fn keeping(&mut self, now: Now, session: SessionId) -> Option<&mut Tap> {
        self.tell_overdue(now, session);
        self.tap_of(session).filter(|tap| tap.until.is_some_and(|until| now.instant < until))
    }

    fn tell_too_many(&mut self, session: SessionId) {
        if self.tap_of(session).is_some_and(|tap| tap.heard.len() + tap.raw.len() >= MOST_HEARD) {
            self.tell_heard(session);
        }
    }

    /// Datagrams number themselves, and the copies of one are due between those that follow it.
    pub(super) fn send_raw(&mut self, now: Now, session: SessionId, data: Bytes, due: Instant) {
        let Some(tap) = self.tap_in(session, |mode| mode == Mode::Raw) else { return };
        let place = tap.said.partition_point(|other| other.due <= due);
        tap.said.insert(place, Said { payload: data, due });
        self.say_or_wait(now, session);
    }

    /// Each packet follows the one before it, whatever is said of when it is due.
    pub(super) fn send_tapped(&mut self, now: Now, session: SessionId, said: Vec<Said>) {
        let Some(tap) = self.tap_in(session, |mode| mode == Mode::Tapped) else { return };
        tap.said.extend(said);
        self.say_or_wait(now, session);
    }

    fn say_or_wait(&mut self, now: Now, session: SessionId) {
        let too_many = self.tap_of(session).map_or(0, |tap| tap.said.len().saturating_sub(MOST_SAID));
        self.say_due(now, session, too_many);
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
            let Some(said) = tap.said.pop_front_if(|said| least > 0 || said.due <= now.instant) else {
                return;
            };
            least = least.saturating_sub(1);
            if leg.mode == Mode::Tapped {
                self.say_tapped(now, session, &said.payload);
            } else {
                self.say_raw(session, said.payload);
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
        let (heard, raw) = (std::mem::take(&mut tap.heard), std::mem::take(&mut tap.raw));
        if !heard.is_empty() {
            self.event(Event::Tapped { session, heard });
        }
        let mut left = raw.len();
        for mut event in raw {
            left -= 1;
            if let Event::Raw { more, .. } = &mut event {
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

/// These octets, behind others that came before them.
fn in_block(block: &mut BytesMut, octets: &[u8]) -> Bytes {
    if block.capacity() < octets.len() {
        // What is in use nowhere any more is taken again.
        block.reserve(BLOCK);
    }
    block.extend_from_slice(octets);
    block.split().freeze()
}
