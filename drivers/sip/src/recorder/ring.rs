//! The last messages of one dialog.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use model::Wall;

use crate::api::Flow;

/// Messages of one ring: a call with its challenge has some twenty, an hour of session refreshes fifty more.
pub(super) const MAX_MESSAGES: usize = 64;
/// Bytes of one ring: forty messages of a phone that says much.
pub(super) const MAX_BYTES: usize = 32 * 1024;
/// Of one message: longer than any that phones send, so that one cannot push all others out.
const MAX_ONE: usize = 8 * 1024;
/// By so many places a ring grows: a call has five or nine messages until somebody speaks, and then few.
const GROWTH: usize = 4;

/// A message as it was, its secrets included. Nobody outside this module sees it so.
#[derive(Clone)]
pub(super) struct Entry {
    /// Its place among all messages of the endpoint: what is of one millisecond has an order too.
    pub(super) number: u64,
    pub(super) at: Wall,
    /// One for all messages that took the same path: it is longer than everything else here.
    pub(super) flow: Arc<Flow>,
    pub(super) inbound: bool,
    /// The same message was there before.
    pub(super) again: bool,
    /// It was looked through when it was at hand, and has no secrets.
    pub(super) plain: bool,
    pub(super) data: Bytes,
}

/// See the module.
#[derive(Default)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    bytes: usize,
    dropped: u32,
    /// Legs whose messages these are.
    pub(super) users: u32,
}

impl Ring {
    /// This path, as an entry has it.
    pub(super) fn path(&self, flow: Flow) -> Arc<Flow> {
        let known = self.entries.iter().rev().find(|entry| *entry.flow == flow);
        known.map_or_else(|| Arc::new(flow), |entry| Arc::clone(&entry.flow))
    }

    /// Adds a message; the oldest leave. How many bytes more it holds than before (or less, if negative).
    pub(super) fn push(&mut self, mut entry: Entry) -> isize {
        let before = self.bytes;
        // Of what was cut off in the midst of a line nobody knows what it was about to say.
        entry.plain &= entry.data.len() <= MAX_ONE;
        entry.data = cut(entry.data);
        let first = self.entries.iter().find(|e| e.inbound == entry.inbound && !e.again && e.data == entry.data);
        match first {
            Some(first) => {
                entry.data = first.data.clone();
                entry.again = true;
            }
            None => self.bytes += entry.data.len(),
        }
        if self.entries.len() == self.entries.capacity() {
            self.entries.reserve_exact(GROWTH);
        }
        self.entries.push_back(entry);
        while self.entries.len() > MAX_MESSAGES || self.bytes > MAX_BYTES {
            self.drop_oldest();
        }
        self.bytes.cast_signed() - before.cast_signed()
    }

    fn drop_oldest(&mut self) {
        let Some(old) = self.entries.pop_front() else { return };
        self.dropped += 1;
        if old.again {
            return;
        }
        // Its repetitions share its bytes: the next of them answers for them.
        match self.entries.iter_mut().find(|e| e.inbound == old.inbound && e.again && e.data == old.data) {
            Some(next) => next.again = false,
            None => self.bytes -= old.data.len(),
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) const fn dropped(&self) -> u32 {
        self.dropped
    }

    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(super) fn into_entries(self) -> VecDeque<Entry> {
        self.entries
    }
}

/// A message, or its beginning if it is too long: a copy then, that does not keep the whole alive.
pub(super) fn cut(data: Bytes) -> Bytes {
    if data.len() > MAX_ONE { Bytes::copy_from_slice(&data[..MAX_ONE]) } else { data }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Transport;

    fn entry(inbound: bool, data: Vec<u8>) -> Entry {
        let any = "10.0.0.1:5060".parse().expect("address");
        let flow = Flow { transport: Transport::Udp, local: any, remote: any, connection: 0 };
        Entry { number: 0, at: Wall(0), flow: flow.into(), inbound, again: false, plain: false, data: data.into() }
    }

    #[test]
    fn a_ring_stays_in_its_bounds_and_counts_what_left() {
        let (mut ring, mut held) = (Ring::default(), 0isize);
        for n in 0..500u16 {
            held += ring.push(entry(n % 2 == 0, vec![u8::try_from(n % 251).expect("small"); usize::from(n) * 40]));
            let sum: usize = ring.entries().filter(|e| !e.again).map(|e| e.data.len()).sum();
            assert_eq!((ring.bytes(), held), (sum, sum.cast_signed()));
            assert!(ring.entries().count() <= MAX_MESSAGES && ring.bytes() <= MAX_BYTES);
        }
        assert_eq!(usize::try_from(ring.dropped()).expect("small") + ring.entries().count(), 500);
    }

    #[test]
    fn a_repetition_costs_nothing_and_outlives_its_first() {
        let mut ring = Ring::default();
        ring.push(entry(true, vec![1; 100]));
        assert_eq!(ring.push(entry(true, vec![1; 100])), 0);
        assert_eq!(ring.push(entry(false, vec![1; 100])), 100, "the other direction is another message");
        for n in 0..MAX_MESSAGES - 2 {
            ring.push(entry(true, vec![2, u8::try_from(n).expect("small")]));
        }
        let first = ring.entries().next().expect("an entry");
        assert!(!first.again && first.data.len() == 100);
        assert_eq!(ring.bytes(), 200 + 2 * (MAX_MESSAGES - 2));
    }
}
