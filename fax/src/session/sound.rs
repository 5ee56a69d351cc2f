//! Sound on the wire, 20 ms at a time whatever passes between us and the engine.
//!
//! An order to the engine costs more than what it does in 20 ms, so what is heard is given to it 100 ms at a time, and what it says to that is
//! said in the 100 ms that follow. It hears and answers later by that, always by the same, which the far end takes for the way: no pause becomes
//! shorter, and nothing is said that the engine did not say. An engine that speaks goes on beyond its order and hears nothing
//! meanwhile: nobody interrupts it. One in the midst of a page that comes only listens, and is given 400 ms at a time. What came last waits in the
//! playout for longer than 100 ms and so was handed over with the order before. Where more time passes between two orders that is not so, and the
//! second waits for what was to be handed over by then, for a while.
//!
//! Between two orders nothing is to be decided, so we need not wake: a shell that keeps time itself gets what is said with the instant at which it
//! is due, and is told until when what comes may be kept together ([`Params::paced`](super::Params)).

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use model::Instant;

use super::state::{Session, Worker};
use super::wire::Wire;
use super::{MAX_CATCH_UP, Output, Span, TICK_SAMPLES, handed_over_for, on_a_pulse};
use crate::audio::{Law, Playout};
use crate::worker::proto::{LONG_SOUND_BLOCK, MOST_SOUND, SOUND_BLOCK, ToWorker};

const TICK: usize = TICK_SAMPLES as usize;
/// Spans of time in an order.
const BLOCK: usize = SOUND_BLOCK as usize / TICK;
/// The same for an engine that only listens.
const LONG_BLOCK: usize = LONG_SOUND_BLOCK as usize / TICK;
/// Spans that it says at most.
const MOST_SPANS: usize = MOST_SOUND as usize / TICK;
/// Spans for which a long order waits at most for what came to be handed over. Meanwhile silence is said.
const PATIENCE: usize = 2;
/// What came within this before an order shows that it was handed over: of what comes every 20 ms two may be lost.
const RECENT: Duration = Duration::from_millis(100);

impl Session {
    /// A packet came at `at`, which may be a while ago.
    pub(super) fn hear(&mut self, at: Instant, timestamp: u32, law: Law, payload: &[u8]) {
        let due = self.next_tick;
        if let Some(sound) = self.wire.sound() {
            sound.heard_at = sound.heard_at.max(at);
            if sound.law == law {
                sound.playout.put(at, due, timestamp, payload);
            } else {
                // Some gateways change the law within a call, as their description allows.
                let recoded: Vec<u8> = payload.iter().map(|octet| sound.law.encode(law.decode(*octet))).collect();
                sound.playout.put(at, due, timestamp, &recoded);
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
        let (due, tick) = (self.next_tick, self.wire.tick());
        let Some(sound) = self.wire.sound() else { return false };
        sound.pass(due, tick);
        self.next_tick = due + tick;
        true
    }

    /// What was heard until now, if the engine is to hear it now. What is further back than can be caught up with has passed.
    pub(super) fn sound_order(&mut self, now: Instant) -> Option<ToWorker> {
        while now > self.order_due()? + MAX_CATCH_UP && self.pass_a_tick() {}
        let (due, mut next, tick) = (self.order_due()?, self.next_tick, self.wire.tick());
        let earlier = self.earlier(now);
        let sound = self.wire.sound()?;
        sound.fill(next, tick);
        if now + earlier < due {
            sound.wants(due);
            return None;
        }
        if sound.waits(due) && now < due + tick * PATIENCE as u32 {
            return None;
        }
        let heard = loop {
            let heard = sound.span();
            next = next + tick;
            if let Some(heard) = heard {
                break heard;
            }
        };
        self.next_tick = next;
        let missing = self.wire.sound()?.playout.take_missing();
        Some(ToWorker::Sound { heard, missing })
    }

    /// The engine only listens for a while: its next order is a long one.
    pub(super) fn listens(&mut self) {
        if let Some(sound) = self.wire.sound() {
            sound.block = LONG_BLOCK;
        }
    }

    /// When the engine is to hear what comes next, if it is idle, and if nothing is handed over before.
    pub(super) fn sound_due(&self) -> Option<Instant> {
        let (Wire::Sound(sound), due) = (&self.wire, self.order_due()?) else { return None };
        Some(if sound.waits(due) { due + self.wire.tick() * PATIENCE as u32 } else { due })
    }

    /// When the time has passed that the next order is for.
    fn order_due(&self) -> Option<Instant> {
        let Wire::Sound(sound) = &self.wire else { return None };
        Some(self.next_tick + self.wire.tick() * sound.until_order())
    }

    /// Says what the engine says. What it said before a change to T.38 is not said any more.
    pub(super) fn say(&mut self, said: Vec<u8>, speaks: bool) {
        let (next, tick) = (self.next_tick, self.wire.tick());
        if let Some(sound) = self.wire.sound() {
            sound.answered(said.into(), speaks, next, tick);
        }
    }

    /// Gives out what is due, or all of it to a shell that keeps time, or at the end: a goodbye is to be heard whole.
    pub(super) fn say_due(&mut self, now: Instant, all: bool) {
        let paced = self.paced;
        let Some(sound) = self.wire.sound() else { return };
        let leave = sound.said.iter().take_while(|span| all || paced || span.due <= now).count();
        let mut spans: Vec<Span> = sound.said.drain(..leave).collect();
        if paced {
            for span in &mut spans {
                span.due = on_a_pulse(span.due);
                sound.handed_until = sound.handed_until.max(span.due);
            }
        }
        if !spans.is_empty() {
            self.out.push_back(Output::Sound(spans));
        }
        if let Some(until) = sound.wanted.take().filter(|_| paced) {
            self.gathered_until = until;
            self.out.push_back(Output::Gather { until });
        }
    }
}

/// Sound: what was heard waits its fixed time, what is said leaves as it is due.
#[derive(Debug)]
pub(super) struct Sound {
    law: Law,
    pub(super) playout: Playout,
    /// What the engine is still to hear.
    heard: Vec<u8>,
    /// When the last came of what was handed over.
    heard_at: Instant,
    /// Spans in the engine's next order.
    block: usize,
    /// Spans in the order under way.
    asked: usize,
    /// Spans of silence that were said ahead for a long order.
    spared: usize,
    /// The engine goes on to speak, and hears nobody meanwhile.
    speaks: bool,
    /// What is to be said, and when.
    said: VecDeque<Span>,
    /// When the last is due of what a shell was given that keeps the time.
    handed_until: Instant,
    /// So many spans it has gone on beyond its order.
    ahead: usize,
    /// So many spans more than have passed are said already; fewer while an order is under way.
    lead: i32,
    /// What comes is wanted by then, and nobody was told yet.
    wanted: Option<Instant>,
    /// The last that was told.
    told: Instant,
}

impl Sound {
    pub(super) fn new(law: Law) -> Self {
        let playout = Playout::new(law);
        let (heard, said) = (Vec::new(), VecDeque::new());
        let (heard_at, handed_until, told) = (Instant::ZERO, Instant::ZERO, Instant::ZERO);
        let (block, asked, spared, ahead, lead, wanted) = (BLOCK, BLOCK, 0, 0, 0, None);
        Self {
            law,
            playout,
            heard,
            heard_at,
            block,
            asked,
            spared,
            speaks: false,
            said,
            handed_until,
            ahead,
            lead,
            wanted,
            told,
        }
    }

    pub(super) const fn handed_until(&self) -> Instant {
        self.handed_until
    }

    pub(super) fn forget_sending(&mut self) {
        self.said.clear();
        self.handed_until = Instant::ZERO;
    }

    /// When something is to be said, if the shell does not keep the time of that.
    pub(super) fn said_due(&self) -> Option<Instant> {
        self.said.front().map(|span| span.due)
    }

    /// Spans that pass before the one with which the next order is complete.
    fn until_order(&self) -> u32 {
        (self.ahead + self.block - 1 - self.heard.len() / TICK) as u32
    }

    /// A span of time passes. What the engine is to hear, if its order is complete with it.
    fn span(&mut self) -> Option<Vec<u8>> {
        self.lead -= 1;
        if self.ahead > 0 {
            self.ahead -= 1;
            self.playout.pass(TICK);
            return None;
        }
        let at = self.heard.len();
        self.heard.resize(at + TICK, 0);
        if self.speaks {
            self.playout.take_unheard(&mut self.heard[at..]);
        } else {
            self.playout.take(&mut self.heard[at..]);
        }
        if self.heard.len() < self.block * TICK {
            return None;
        }
        self.asked = std::mem::replace(&mut self.block, BLOCK);
        Some(std::mem::take(&mut self.heard))
    }

    /// The span of time that is due passes without the engine: what comes meanwhile is not heard.
    fn pass(&mut self, due: Instant, tick: Duration) {
        self.lead -= 1;
        self.ahead = self.ahead.saturating_sub(1);
        self.playout.pass(TICK);
        while self.lead < 0 {
            self.say(vec![self.law.silence(); TICK].into(), due + tick, tick);
        }
    }

    /// Silence, until the engine is asked what to say.
    fn fill(&mut self, next: Instant, tick: Duration) {
        let long = self.needs_what_was_not_handed_over();
        let patience = if long { PATIENCE } else { 0 };
        while self.lead < self.until_order() as i32 + patience as i32 {
            self.spared += usize::from(long);
            self.say(vec![self.law.silence(); TICK].into(), next, tick);
        }
    }

    /// The engine has said this to its order. Silence that was said ahead for a long one is left out of its own: nobody hears the engine later than
    /// before, and no pause becomes longer or shorter.
    fn answered(&mut self, mut said: Bytes, speaks: bool, next: Instant, tick: Duration) {
        said.truncate(MOST_SPANS * TICK);
        let spans = said.chunks(TICK);
        self.ahead = spans.len().saturating_sub(self.asked);
        self.speaks = speaks;
        let (silence, spared) = (self.law.silence(), std::mem::take(&mut self.spared));
        let left_out = spans.take(spared).take_while(|span| span.iter().all(|octet| *octet == silence)).count();
        let _ = said.split_to(said.len().min(left_out * TICK));
        while !said.is_empty() {
            let span = said.split_to(said.len().min(TICK));
            self.say(span, next, tick);
        }
    }

    /// The next span to say; `next` is when the one begins that passes next.
    fn say(&mut self, span: Bytes, next: Instant, tick: Duration) {
        let due = if self.lead < 0 {
            Instant::from_nanos(next.nanos().saturating_sub((tick * self.lead.unsigned_abs()).as_nanos() as u64))
        } else {
            next + tick * self.lead.unsigned_abs()
        };
        self.lead += 1;
        self.said.push_back(Span { payload: span, due });
    }

    /// More time passes before the next order than what came waits, and the engine will hear some of it.
    fn needs_what_was_not_handed_over(&self) -> bool {
        !self.speaks && self.until_order() as usize >= BLOCK
    }

    /// What came before this instant was to be handed over then, is needed, and was not yet.
    fn waits(&self, due: Instant) -> bool {
        self.needs_what_was_not_handed_over() && self.told == due && self.heard_at + RECENT < due
    }

    /// The engine is to hear what comes at this instant.
    fn wants(&mut self, at: Instant) {
        if self.told != at {
            self.told = at;
            self.wanted = Some(handed_over_for(at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Duration = super::super::TICK;
    const SILENT: u8 = 0xff;

    /// So many spans, each of one octet.
    fn spans(of: &[u8]) -> Vec<u8> {
        of.iter().flat_map(|octet| [*octet; TICK]).collect()
    }

    /// What is said in so many spans, an octet each, and the spans with which the engine was asked.
    fn run(sound: &mut Sound, spans: u32, engine: impl FnMut(usize) -> Vec<u8>) -> (Vec<u8>, Vec<u32>) {
        run_listening(sound, spans, &[], engine)
    }

    /// The same of an engine that says after these orders that it only listens.
    fn run_listening(
        sound: &mut Sound,
        spans: u32,
        listens: &[usize],
        mut engine: impl FnMut(usize) -> Vec<u8>,
    ) -> (Vec<u8>, Vec<u32>) {
        let begin = Instant::ZERO + Duration::from_secs(7);
        let mut orders = Vec::new();
        for span in 0..spans {
            let next = begin + SPAN * span;
            if span == 0 {
                sound.fill(next, SPAN);
            }
            if let Some(heard) = sound.span() {
                assert_eq!(heard.len(), sound.asked * TICK);
                orders.push(span);
                let said = engine(orders.len());
                // One that went on beyond its order goes on further.
                let speaks = said.len() > sound.asked * TICK;
                sound.answered(said.into(), speaks, next + SPAN, SPAN);
                if listens.contains(&orders.len()) {
                    sound.block = LONG_BLOCK;
                }
                sound.fill(next + SPAN, SPAN);
            }
        }
        let mut said = Vec::new();
        for (n, Span { payload: span, due }) in (0..).zip(sound.said.drain(..)) {
            assert_eq!(due, begin + SPAN * n, "without a gap");
            assert!(span.len() == TICK && span.iter().all(|octet| *octet == span[0]), "{span:?}");
            said.push(span[0]);
        }
        (said, orders)
    }

    #[test]
    fn what_the_engine_says_is_said_without_a_gap_in_its_time() {
        let mut sound = Sound::new(Law::Mu);
        let (said, orders) = run(&mut sound, 17, |order| spans(&[1, 2, 3, 4, 5].map(|n| n + 10 * order as u8)));
        assert_eq!(said, [SILENT, SILENT, SILENT, SILENT, 11, 12, 13, 14, 15, 21, 22, 23, 24, 25, 31, 32, 33, 34, 35]);
        assert_eq!(orders, [4, 9, 14]);
    }

    #[test]
    fn who_sends_a_page_is_given_nothing_for_the_time_that_it_is_ahead() {
        let mut sound = Sound::new(Law::Mu);
        let page = [(1..11).collect(), (11..21).collect(), (21..26).collect::<Vec<_>>()];
        let (said, orders) = run(&mut sound, 29, |order| spans(&page[order - 1]));
        let expected: Vec<u8> = [SILENT; 4].into_iter().chain(1..26).collect();
        assert_eq!((said, orders), (expected, vec![4, 14, 24]));
    }

    /// Silent for 340 ms of its long order, then it speaks: as far behind what it heard as ever.
    #[test]
    fn who_only_listens_is_asked_less_and_answers_no_later() {
        let mut sound = Sound::new(Law::Mu);
        let long = [[SILENT; 17].as_slice(), &[7; 3]].concat();
        let says = [vec![SILENT; 5], vec![SILENT; 20], long, vec![9; 5]];
        let (said, orders) = run_listening(&mut sound, 50, &[1, 2], |order| spans(&says[order - 1]));
        assert_eq!(orders, [4, 24, 44, 49]);
        // An order of five spans that ends with span 44 would be said from that span on, its last three from 46.
        let expected = [[SILENT; 46].as_slice(), &[7; 3], &[9; 5]].concat();
        assert_eq!(said, expected);
    }

    #[test]
    fn while_the_disk_is_asked_silence_is_said_in_its_time() {
        let mut sound = Sound::new(Law::Mu);
        let begin = Instant::ZERO + Duration::from_secs(7);
        sound.fill(begin, SPAN);
        for _ in 0..4 {
            assert_eq!(sound.span(), None);
        }
        assert!(sound.span().is_some(), "asked with the fifth span, and no answer");
        for n in 5..8 {
            sound.pass(begin + SPAN * n, SPAN);
        }
        sound.answered(spans(&[1; 5]).into(), false, begin + SPAN * 8, SPAN);
        let said: Vec<_> = sound.said.iter().map(|span| (span.due, span.payload[0])).collect();
        let expected: Vec<_> = (0..13).map(|n| (begin + SPAN * n, if n < 8 { SILENT } else { 1 })).collect();
        assert_eq!(said, expected);
    }
}
