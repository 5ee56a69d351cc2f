//! The streams that are open, each with the bytes that are not yet a message, and numbered for the timer table.

use std::collections::HashMap;

use crate::api::Flow;
use crate::wire::stream::Framer;

/// All streams that have sent something. The shell bounds their number.
#[derive(Default)]
pub(super) struct Streams {
    map: HashMap<Flow, (u64, Framer)>,
    flows: HashMap<u64, Flow>,
    next: u64,
}

impl Streams {
    /// The stream's number and bytes; a new one if it was not known.
    pub(super) fn open(&mut self, flow: Flow) -> (u64, &mut Framer) {
        let (next, flows) = (&mut self.next, &mut self.flows);
        let (number, framer) = self.map.entry(flow).or_insert_with(|| {
            *next += 1;
            flows.insert(*next, flow);
            (*next, Framer::default())
        });
        (*number, framer)
    }

    /// The next whole thing on a stream; `None` also if it was closed meanwhile.
    pub(super) fn next(&mut self, flow: Flow) -> Option<crate::wire::stream::Frame> {
        self.map.get_mut(&flow)?.1.next()
    }

    /// Which stream has this number.
    pub(super) fn flow(&self, number: u64) -> Option<Flow> {
        self.flows.get(&number).copied()
    }

    /// Forgets a stream; its number, if it was known.
    pub(super) fn close(&mut self, flow: Flow) -> Option<u64> {
        let (number, _) = self.map.remove(&flow)?;
        self.flows.remove(&number);
        Some(number)
    }

    pub(super) fn len(&self) -> usize {
        self.map.len()
    }
}
