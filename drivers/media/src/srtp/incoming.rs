//! The streams that come under one key: which there are, and what is remembered of those that are gone.
//!
//! A phone may begin a new stream with each resume from a hold, so of many the one that was not heard for longest gives way. Where it was is
//! remembered: it may go on, and nothing of it opens twice.

use super::stream::Stream;
use super::{Key, MAX_STREAMS};
use crate::rtp;

/// Streams that gave way and are remembered, each a few bytes. Whoever begins more in a call is no phone, and is heard no further.
const MAX_PAST: usize = 240;

/// See the module.
#[derive(Default)]
pub(super) struct Incoming {
    live: Vec<Live>,
    /// Who they were, and their highest index.
    past: Vec<(u32, u64)>,
    /// Packets that were opened.
    opened: u64,
}

struct Live {
    ssrc: u32,
    stream: Stream,
    /// How many packets had been opened when its last was.
    last: u64,
}

impl Incoming {
    /// Opens the packet that fills `packet`, sealed with this key, and gives its length without the tag.
    pub(super) fn open(&mut self, key: &Key, packet: &mut [u8]) -> Option<usize> {
        let ssrc = rtp::ssrc_of_sealed(packet)?;
        let length = match self.live.iter_mut().find(|live| live.ssrc == ssrc) {
            Some(live) => {
                let length = live.stream.open(packet)?;
                live.last = self.opened;
                length
            }
            None => self.begin(key, ssrc, packet)?,
        };
        self.opened += 1;
        Some(length)
    }

    /// The same of a stream that we do not know: it is taken up only when it has shown that it has the key, so forged ones cost no memory.
    fn begin(&mut self, key: &Key, ssrc: u32, packet: &mut [u8]) -> Option<usize> {
        let past = self.past.iter().position(|(past, _)| *past == ssrc);
        let full = self.live.len() >= MAX_STREAMS;
        if full && past.is_none() && self.past.len() >= MAX_PAST {
            return None;
        }
        let (stream, length) = match past.and_then(|at| self.past.get(at)) {
            Some((_, highest)) => {
                let mut stream = Stream::resumed(key, *highest)?;
                let length = stream.open(packet)?;
                (stream, length)
            }
            None => {
                let mut stream = Stream::new(key)?;
                let length = stream.open_first(packet)?;
                (stream, length)
            }
        };
        if let Some(at) = past {
            self.past.swap_remove(at);
        }
        if full && let Some(at) = (0..self.live.len()).min_by_key(|at| self.live.get(*at).map(|live| live.last)) {
            let gone = self.live.swap_remove(at);
            self.past.extend(gone.stream.highest().map(|highest| (gone.ssrc, highest)));
        }
        self.live.push(Live { ssrc, stream, last: self.opened });
        Some(length)
    }

    /// Another key: nothing of this one counts any more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty() && self.past.is_empty()
    }
}
