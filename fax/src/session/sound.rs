//! Sound on the wire, 20 ms at a time whatever passes between us and the engine.
//!
//! An order to the engine costs more than what it does in 20 ms, and in the midst of a page nobody answers. An engine that sends one goes on
//! beyond its order, hears nothing meanwhile, and what it says is kept until it is due. To one that receives, what is heard is given some
//! packets at a time, while we say the silence that it would say. Its answer then comes later than without by what was kept, 80 ms at most,
//! which the far end takes for the way; no pause becomes shorter.

use std::collections::VecDeque;

use bytes::Bytes;
use model::Instant;

use super::state::{Session, Worker};
use super::{MAX_CATCH_UP, Output, TICK_SAMPLES};
use crate::audio::{Law, Playout};
use crate::worker::proto::{MOST_SOUND, ToWorker};

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
    pub(super) fn say(&mut self, said: &[u8], hears_a_page: bool) {
        if let Some(sound) = self.wire.sound() {
            self.out.push_back(Output::Sound(sound.answered(said, hears_a_page)));
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
    /// A page is coming.
    hears_a_page: bool,
}

impl Sound {
    pub(super) fn new(law: Law) -> Self {
        let playout = Playout::new(law);
        Self { law, playout, heard: Vec::new(), said: VecDeque::new(), ahead: 0, ordered: 0, hears_a_page: false }
    }

    /// What the span of time that begins comes to.
    fn span(&mut self) -> Span {
        if self.ahead > 0 {
            return Span::Say(self.pass());
        }
        let at = self.heard.len();
        self.heard.resize(at + TICK, 0);
        self.playout.take(&mut self.heard[at..]);
        if self.hears_a_page && self.heard.len() < usize::from(MOST_SOUND) {
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
    fn answered(&mut self, said: &[u8], hears_a_page: bool) -> Bytes {
        let law = self.law;
        let spans = said.chunks(TICK).take(usize::from(MOST_SOUND) / TICK);
        self.ahead = spans.len().saturating_sub(self.ordered);
        self.hears_a_page = hears_a_page;
        // In all spans of the order but the last, something was said already.
        let (mut passed, mut silent) = (self.ordered.saturating_sub(1), true);
        for span in spans {
            silent &= span.iter().all(|octet| *octet == law.silence());
            if silent && passed > 0 {
                passed -= 1;
            } else {
                self.said.push_back(Bytes::copy_from_slice(span));
            }
        }
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

    /// What is said in so many spans, an octet each, and how many the engine was given.
    fn run(sound: &mut Sound, spans: usize, mut engine: impl FnMut(usize) -> (Vec<u8>, bool)) -> (Vec<u8>, Vec<usize>) {
        let (mut said, mut orders) = (Vec::new(), Vec::new());
        for _ in 0..spans {
            let span = match sound.span() {
                Span::Say(span) => span,
                Span::Hear(heard) => {
                    orders.push(heard.len() / TICK);
                    let (answer, hears_a_page) = engine(orders.len());
                    sound.answered(&answer, hears_a_page)
                }
            };
            assert!(span.len() == TICK && span.iter().all(|octet| *octet == span[0]), "{span:?}");
            said.push(span[0]);
        }
        (said, orders)
    }

    #[test]
    fn what_is_said_ahead_is_said_in_its_time() {
        let mut sound = Sound::new(Law::Mu);
        let page = [vec![1], vec![2, 3, 4, 5, 6], vec![7]];
        let (said, orders) = run(&mut sound, 7, |order| (spans(&page[order - 1]), false));
        assert_eq!((said, orders), (vec![1, 2, 3, 4, 5, 6, 7], vec![1, 1, 1]));
    }

    #[test]
    fn who_hears_a_page_answers_a_little_later_and_with_every_pause() {
        const SILENT: u8 = 0xff;
        let mut sound = Sound::new(Law::Mu);
        // In the midst of the second order for five spans it begins to answer; then it hears the next page.
        let said = |order| match order {
            1 => (spans(&[SILENT]), true),
            2 => (spans(&[SILENT; 5]), true),
            3 => (spans(&[SILENT, SILENT, 1, SILENT, 2]), false),
            4 => (spans(&[3]), false),
            5 => (spans(&[SILENT]), false),
            6 => (spans(&[4]), true),
            _ => (spans(&[SILENT; 5]), true),
        };
        let (said, orders) = run(&mut sound, 24, said);
        assert_eq!(orders, [1, 5, 5, 1, 1, 1, 5, 5]);
        let expected = [[SILENT; 10].as_slice(), &[1, SILENT, 2, 3, SILENT, 4], &[SILENT; 8]].concat();
        assert_eq!(said, expected);
    }
}
