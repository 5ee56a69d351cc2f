//! The flight recorder: the last messages of each call, for those who must find out why it failed.
//!
//! Recording shares the bytes that are there anyway, and finds the call by its Call-ID; they are looked through for secrets while they are at hand, and
//! most have none. Only when a leg is over are its messages given away, by [`Event::Recorded`](crate::Event::Recorded), and only when somebody reads them
//! are the secrets taken out ([`Recording::messages`]): there is no way to a message with its secrets. A challenged INVITE is part
//! of the call that comes back with credentials.
//!
//! Registrations that succeed, and all that belongs to no call, are not kept. What was turned away before it could become
//! a call or a registration is kept in one small ring: [`Recorder::turned_away`].

mod recording;
mod redact;
mod ring;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use model::{Instant, Now};

use crate::api::{Flow, LegId};
use crate::wire::{Message, Name, Start};
use model::table::ByNumber;
use ring::{Entry, Ring};

pub use recording::{Recorded, Recording, RefusedMessage};

/// Rings at once: five times the calls that a clinic may have.
const MAX_RINGS: usize = 1024;
/// Bytes of all rings together. Above it what is new is not recorded: a flood cannot push out the calls that are up.
const MAX_TOTAL: usize = 16 << 20;
/// How long after its end a leg's last messages are waited for (the ACK of a refusal, a BYE that is sent again).
const LINGER: Duration = Duration::from_secs(1);
/// Legs that end within this time are given away together: one wake-up for all.
const TICK: u64 = 100_000_000;
/// Messages that were turned away. A port scanner fills it in a second; what it held of others is then gone, and what the scanner did is seen.
const MAX_TURNED_AWAY: usize = 32;
/// Of one sender among them, so that a phone with a wrong password does not hide all others.
const MAX_OF_ONE: usize = 6;

/// See the module.
#[derive(Default)]
pub(crate) struct Recorder {
    on: bool,
    now: Now,
    next: u64,
    /// By Call-ID.
    rings: HashMap<Bytes, Ring>,
    legs: ByNumber<LegId, Option<Bytes>>,
    /// In the order of time, since all wait equally long.
    lingering: VecDeque<(Instant, Lingering)>,
    bytes: usize,
    turned_away: VecDeque<(u16, Entry)>,
    /// The newest of them that was given away.
    told: u64,
}

/// What is looked at again after its end.
enum Lingering {
    Leg(LegId),
    /// A ring that may belong to nobody.
    Ring(Bytes),
    /// Something was turned away.
    TurnedAway,
}

impl Recorder {
    pub(crate) fn new(on: bool) -> Self {
        Self { on, ..Self::default() }
    }

    /// The time of this step.
    pub(crate) const fn at(&mut self, now: Now) {
        self.now = now;
    }

    /// A message came.
    pub(crate) fn received(&mut self, flow: Flow, message: &Message) {
        if !self.on {
            return;
        }
        let Some(call_id) = message.value(Name::CallId) else { return };
        let begins = matches!(message.start(), Start::Request { method, .. } if message.at(method) == b"INVITE");
        let data = message.share(message.bytes());
        self.note(flow, true, begins, call_id, data);
    }

    /// A message goes.
    pub(crate) fn sent(&mut self, flow: Flow, data: &Bytes) {
        if !self.on || self.rings.is_empty() && !data.starts_with(b"INVITE ") {
            return;
        }
        let Some(call_id) = own_call_id(data) else { return };
        self.note(flow, false, data.starts_with(b"INVITE "), call_id, data.clone());
    }

    fn note(&mut self, flow: Flow, inbound: bool, begins: bool, call_id: &[u8], data: Bytes) {
        if begins && !self.rings.contains_key(call_id) && self.rings.len() < MAX_RINGS && self.bytes < MAX_TOTAL {
            let key = Bytes::copy_from_slice(call_id);
            self.rings.insert(key.clone(), Ring::default());
            self.linger(Lingering::Ring(key));
        }
        let Some(ring) = self.rings.get_mut(call_id) else { return };
        self.next += 1;
        let flow = ring.path(flow);
        let plain = redact::holds_nothing(&data);
        let entry = Entry { number: self.next, at: self.now.wall, flow, inbound, again: false, plain, data };
        // A ring bounds itself; the sum is above its bound by at most one ring each, and then no ring begins.
        self.bytes = self.bytes.saturating_add_signed(ring.push(entry));
    }

    /// The messages of this Call-ID are this leg's. May be said again, for an INVITE that is sent anew.
    pub(crate) fn leg(&mut self, leg: LegId, call_id: &[u8]) {
        if !self.on || self.legs.contains_key(&leg) {
            return;
        }
        let key = self.rings.get_key_value(call_id).map(|(key, _)| key.clone());
        if let Some(ring) = self.rings.get_mut(call_id) {
            ring.users += 1;
        }
        self.legs.insert(leg, key);
    }

    /// A leg is over, and its last messages are about to come.
    pub(crate) fn ended(&mut self, leg: LegId) {
        if self.legs.contains_key(&leg) {
            self.linger(Lingering::Leg(leg));
        }
    }

    /// A leg that never sent anything is over.
    pub(crate) fn never_began(&mut self, leg: LegId) {
        if self.on {
            self.legs.insert(leg, None);
            self.linger(Lingering::Leg(leg));
        }
    }

    /// A leg was challenged: whoever comes back with credentials goes on with its messages.
    pub(crate) fn challenged(&mut self, leg: LegId) {
        if let Some(Some(key)) = self.legs.remove(&leg) {
            self.let_go(&key);
            self.linger(Lingering::Ring(key));
        }
    }

    /// A message was refused with this status before it could become a call or a registration.
    pub(crate) fn turn_away(&mut self, flow: Flow, code: u16, message: &Message) {
        if !self.on {
            return;
        }
        let data = message.share(message.bytes());
        let flow = flow.into();
        self.turned_away(
            code,
            Entry { number: 0, at: self.now.wall, flow, inbound: true, again: false, plain: false, data },
        );
    }

    fn turned_away(&mut self, code: u16, mut entry: Entry) {
        entry.data = ring::cut(entry.data);
        let same = |(_, e): &(u16, Entry)| e.flow.remote.ip() == entry.flow.remote.ip();
        if self.turned_away.iter().filter(|e| same(e)).count() >= MAX_OF_ONE
            && let Some(oldest) = self.turned_away.iter().position(same)
        {
            self.turned_away.remove(oldest);
        } else if self.turned_away.len() == MAX_TURNED_AWAY {
            self.turned_away.pop_front();
        }
        // It may be older than others, if it lingered; its place is that of its refusal.
        self.next += 1;
        entry.number = self.next;
        if self.turned_away.back().is_none_or(|(_, newest)| newest.number <= self.told) {
            self.linger(Lingering::TurnedAway);
        }
        self.turned_away.push_back((code, entry));
    }

    fn linger(&mut self, what: Lingering) {
        let until = (self.now.instant + LINGER).nanos();
        // Up to the next tick, so that all that ends within one is looked at together.
        let at = Instant::from_nanos(until.div_ceil(TICK).saturating_mul(TICK));
        self.lingering.push_back((at, what));
    }

    /// When there is something to give away.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.lingering.front().map(|(at, _)| *at)
    }

    /// What is over by now.
    pub(crate) fn take(&mut self) -> (Vec<Recording>, Vec<RefusedMessage>) {
        let (mut legs, mut turned_away) = (Vec::new(), Vec::new());
        while let Some((_, what)) = self.lingering.pop_front_if(|(at, _)| *at <= self.now.instant) {
            match what {
                Lingering::Leg(leg) => legs.extend(self.give_away(leg)),
                Lingering::Ring(key) => self.abandon(&key),
                Lingering::TurnedAway => {
                    let new = self.turned_away.iter().filter(|(_, e)| e.number > self.told);
                    turned_away.extend(new.map(|(code, e)| RefusedMessage::new(*code, e.clone())));
                    self.told = self.next;
                }
            }
        }
        (legs, turned_away)
    }

    /// The messages of a leg until now; they stay.
    pub(crate) fn so_far(&self, leg: LegId) -> Recording {
        let ring = self.legs.get(&leg).and_then(Option::as_ref).and_then(|key| self.rings.get(key));
        ring.map_or_else(
            || Recording::empty(leg),
            |ring| Recording::new(leg, ring.entries().cloned().collect(), ring.dropped()),
        )
    }

    fn give_away(&mut self, leg: LegId) -> Option<Recording> {
        let key = self.legs.remove(&leg)?;
        let Some(key) = key else { return Some(Recording::empty(leg)) };
        self.let_go(&key);
        let ring = self.rings.get(&key)?;
        if ring.users > 0 {
            // Another leg has the same Call-ID (a merged call, or a caller who does not know better): both see all of it.
            return Some(Recording::new(leg, ring.entries().cloned().collect(), ring.dropped()));
        }
        let ring = self.remove(&key)?;
        let dropped = ring.dropped();
        Some(Recording::new(leg, ring.into_entries(), dropped))
    }

    /// A ring that began and that no leg has: what was refused without one is worth a look, the rest is not.
    fn abandon(&mut self, key: &Bytes) {
        if self.rings.get(key).is_none_or(|ring| ring.users > 0) {
            return;
        }
        let Some(ring) = self.remove(key) else { return };
        let refusal = ring.entries().rev().find_map(|e| status(&e.data).filter(|code| *code >= 400 && !e.inbound));
        let request = ring.into_entries().into_iter().rev().find(|e| e.inbound && e.data.starts_with(b"INVITE "));
        if let (Some(code), Some(request)) = (refusal, request) {
            self.turned_away(code, request);
        }
    }

    fn let_go(&mut self, key: &Bytes) {
        if let Some(ring) = self.rings.get_mut(key) {
            ring.users = ring.users.saturating_sub(1);
        }
    }

    fn remove(&mut self, key: &Bytes) -> Option<Ring> {
        let ring = self.rings.remove(key)?;
        self.bytes = self.bytes.saturating_sub(ring.bytes());
        Some(ring)
    }

    /// Bytes that are held.
    pub(crate) const fn held(&self) -> usize {
        self.bytes
    }
}

/// The Call-ID of a message that we wrote: there is one, by its long name, and nothing is folded.
fn own_call_id(data: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"Call-ID: ";
    let mut rest = data;
    loop {
        let line_feed = memchr::memchr(b'\n', rest)?;
        rest = &rest[line_feed + 1..];
        if rest.starts_with(b"\r\n") {
            return None;
        }
        if let Some(value) = rest.strip_prefix(NAME) {
            return value.iter().position(|&b| b == b'\r').map(|end| &value[..end]);
        }
    }
}

/// The status of a response.
fn status(data: &[u8]) -> Option<u16> {
    crate::wire::lex::number(data.strip_prefix(b"SIP/2.0 ")?.get(..3)?)
}
