//! The streams that are open, each with the bytes that are not yet a message, and numbered for the timer table.

use std::collections::HashMap;

use model::Instant;

use crate::api::Flow;
use crate::wire::stream::Framer;

struct Open {
    number: u64,
    framer: Framer,
    heard: Instant,
}

/// All streams that have sent something. The shell bounds their number.
#[derive(Default)]
pub(super) struct Streams {
    map: HashMap<Flow, Open>,
    flows: HashMap<u64, Flow>,
    next: u64,
}

impl Streams {
    /// Something came by this stream: its number and bytes; a new one if it was not known.
    pub(super) fn hear(&mut self, flow: Flow, now: Instant) -> (u64, &mut Framer) {
        let (next, flows) = (&mut self.next, &mut self.flows);
        let open = self.map.entry(flow).or_insert_with(|| {
            *next += 1;
            flows.insert(*next, flow);
            Open { number: *next, framer: Framer::default(), heard: now }
        });
        open.heard = now;
        (open.number, &mut open.framer)
    }

    /// When something came last by a stream that this flow may go by.
    pub(super) fn last_heard(&self, flow: Flow) -> Option<Instant> {
        let place = |f: &Flow| (f.transport, f.remote);
        self.map.iter().filter(|(known, _)| place(known) == place(&flow)).map(|(_, open)| open.heard).max()
    }

    /// The next whole thing on a stream; `None` also if it was closed meanwhile.
    pub(super) fn next(&mut self, flow: Flow) -> Option<crate::wire::stream::Frame> {
        self.map.get_mut(&flow)?.framer.next()
    }

    /// Which stream has this number.
    pub(super) fn flow(&self, number: u64) -> Option<Flow> {
        self.flows.get(&number).copied()
    }

    /// Forgets a stream; its number, if it was known.
    pub(super) fn close(&mut self, flow: Flow) -> Option<u64> {
        let open = self.map.remove(&flow)?;
        self.flows.remove(&open.number);
        Some(open.number)
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }
}
