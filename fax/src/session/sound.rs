//! Sound on the wire, 20 ms at a time whatever passes between us and the engine.
//!
//! An order to the engine costs more than what it does in 20 ms, so what is heard is given to it 100 ms at a time, and what it says to that is
//! said in the 100 ms that follow. It hears and answers later by that, always by the same, which the far end takes for the way: no pause becomes
//! shorter, and nothing is said that the engine did not say. In the midst of a page, where nobody answers, an engine that sends goes on beyond
//! its order and hears nothing meanwhile.

use std::collections::VecDeque;

use bytes::Bytes;
use model::Instant;

use super::state::{Session, Worker};
use super::{MAX_CATCH_UP, Output, TICK_SAMPLES};
use crate::audio::{Law, Playout};
use crate::worker::proto::{MOST_SOUND, SOUND_BLOCK, ToWorker};

const TICK: usize = TICK_SAMPLES as usize;

impl Session {
    pub(super) fn hear(&mut self, now: Instant, timestamp: u32, law: Law, payload: &[u8]) {
        let due = self.next_tick;
        if let Some(sound) = self.wire.sound() {
            if sound.law == law {
                sound.playout.put(now, due, timestamp, payload);
            } else {
                // Some gateways change the law within a call, as their description allows.
                let recoded: Vec<u8> = payload.iter().map(|octet| sound.law.encode(law.decode(*octet))).collect();
                sound.playout.put(now, due, timestamp, &recoded);
            }
        }
    }

    /// While the worker waits for the disk, silence is said (after what was kept), so that the far end's modem sees one stream without a gap, and what comes
    /// meanwhile passes: it is our turn to speak.
    pub(super) fn keep_the_line(&mut self, now: Instant) {
        while self.worker == Worker::Asking && now >= self.next_tick && self.pass_a_tick() {}
    }

    /// Lets a span of sound pass without the engine. False if the way is not sound.
    fn pass_a_tick(&mut self) -> bool {
        let tick = self.wire.tick();
        let Some(sound) = self.wire.sound() else { return false };
        self.out.push_back(Output::Sound(sound.pass()));
        self.next_tick = self.next_tick + tick;
        true
    }

    /// What was heard in the span of time that is due. What is further back than can be caught up with has passed.
    pub(super) fn sound_order(&mut self, now: Instant) -> Option<ToWorker> {
        while now.saturating_since(self.next_tick) > MAX_CATCH_UP && self.pass_a_tick() {}
        while now >= self.next_tick {
            let tick = self.wire.tick();
            let span = self.wire.sound()?.span();
            self.next_tick = self.next_tick + tick;
            match span {
                Span::Say(said) => self.out.push_back(Output::Sound(said)),
                Span::Hear(heard) => return Some(ToWorker::Sound { heard }),
            }
        }
        None
    }

    /// Says what the engine says. What it said before a change to T.38 is not said any more.
    pub(super) fn say(&mut self, said: &[u8]) {
        if let Some(sound) = self.wire.sound() {
            self.out.push_back(Output::Sound(sound.answered(said)));
        }
    }
}

/// What a span of time comes to.
enum Span {
    /// Say this; the engine has said it before, or says nothing.
    Say(Bytes),
    /// The engine is to hear this.
    Hear(Vec<u8>),
}

/// Sound: what was heard waits its fixed time, what is said leaves as it is due.
#[derive(Debug)]
pub(super) struct Sound {
    law: Law,
    pub(super) playout: Playout,
    /// What the engine is still to hear.
    heard: Vec<u8>,
    /// What it has said and is not due yet.
    said: VecDeque<Bytes>,
    /// So many spans it has gone on beyond its order.
    ahead: usize,
    /// So many spans the order under way is for.
    ordered: usize,
}

impl Sound {
    pub(super) fn new(law: Law) -> Self {
        let playout = Playout::new(law);
        Self { law, playout, heard: Vec::new(), said: VecDeque::new(), ahead: 0, ordered: 0 }
    }

    /// What the span of time that begins comes to.
    fn span(&mut self) -> Span {
        if self.ahead > 0 {
            return Span::Say(self.pass());
        }
        let at = self.heard.len();
        self.heard.resize(at + TICK, 0);
        self.playout.take(&mut self.heard[at..]);
        if self.heard.len() < usize::from(SOUND_BLOCK) {
            return Span::Say(self.next());
        }
        self.ordered = self.heard.len() / TICK;
        Span::Hear(std::mem::take(&mut self.heard))
    }

    /// A span of time passes without the engine: what comes meanwhile is not heard. Gives what is said.
    fn pass(&mut self) -> Bytes {
        self.ahead = self.ahead.saturating_sub(1);
        self.playout.take(&mut [0; TICK]);
        self.next()
    }

    /// The engine has said this to its order. Gives what is said now.
    fn answered(&mut self, said: &[u8]) -> Bytes {
        let spans = said.chunks(TICK).take(usize::from(MOST_SOUND) / TICK);
        self.ahead = spans.len().saturating_sub(self.ordered);
        self.said.extend(spans.map(Bytes::copy_from_slice));
        self.next()
    }

    /// What was kept and is due, at the end of a call: a goodbye is to be heard whole.
    pub(super) fn rest(&mut self) -> Option<Bytes> {
        self.said.pop_front()
    }

    fn next(&mut self) -> Bytes {
        self.said.pop_front().unwrap_or_else(|| vec![self.law.silence(); TICK].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many spans, each of one octet.
    fn spans(of: &[u8]) -> Vec<u8> {
        of.iter().flat_map(|octet| [*octet; TICK]).collect()
    }

    const SILENT: u8 = 0xff;

    /// What is said in so many spans, an octet each, and what the engine was given, the same.
    fn run(sound: &mut Sound, spans: usize, mut engine: impl FnMut(usize) -> Vec<u8>) -> (Vec<u8>, Vec<usize>) {
        let (mut said, mut orders) = (Vec::new(), Vec::new());
        for _ in 0..spans {
            let span = match sound.span() {
                Span::Say(span) => span,
                Span::Hear(heard) => {
                    orders.push(heard.len() / TICK);
                    sound.answered(&engine(orders.len()))
                }
            };
            assert!(span.len() == TICK && span.iter().all(|octet| *octet == span[0]), "{span:?}");
            said.push(span[0]);
        }
        (said, orders)
    }

    #[test]
    fn what_the_engine_says_is_said_without_a_gap_in_its_time() {
        let mut sound = Sound::new(Law::Mu);
        let (said, orders) = run(&mut sound, 17, |order| spans(&[1, 2, 3, 4, 5].map(|n| n + 10 * order as u8)));
        assert_eq!(said, [SILENT, SILENT, SILENT, SILENT, 11, 12, 13, 14, 15, 21, 22, 23, 24, 25, 31, 32, 33]);
        assert_eq!(orders, [5, 5, 5]);
    }

    #[test]
    fn who_sends_a_page_is_given_nothing_for_the_time_that_it_is_ahead() {
        let mut sound = Sound::new(Law::Mu);
        let page = [(1..11).collect(), (11..21).collect(), (21..26).collect::<Vec<_>>()];
        let (said, orders) = run(&mut sound, 29, |order| spans(&page[order - 1]));
        let expected: Vec<u8> = [SILENT; 4].into_iter().chain(1..26).collect();
        assert_eq!((said, orders), (expected, vec![5, 5, 5]));
    }
}
