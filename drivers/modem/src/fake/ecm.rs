//! A page under error correction (T.4 Annex A, T.30 Annex A): it travels in blocks of frames, and what did not arrive travels once more.

use std::collections::VecDeque;
use std::time::Duration;

use model::{Instant, Now};

use super::frames::{self, EOM, EOP, MPS, NULL, PPR, RR};
use super::talk::GAP;
use super::{COMMAND, Fake, State, Step, T4};
use crate::api::Order;
use crate::hdlc::{Deframer, Framer};

/// Octets in a frame, and frames in a block.
const OCTETS: usize = 256;
const FRAMES: usize = 256;
/// Before a frame: everybody, it is one of several, it is coded data.
const FCD: [u8; 3] = [0xff, 0x03, 0x06];
/// Ends a block; it is said three times.
const RCP: [u8; 3] = [0xff, 0x03, 0x86];
/// Flags before the first frame: 200 ms at the fastest carrier.
const PREAMBLE: usize = 360;
/// How often it is looked whether the line wants more, and how much of it may lie in the Class 1 modem.
const LOOK: Duration = Duration::from_millis(50);
const AHEAD: Duration = Duration::from_millis(300);
/// What follows a block in whose midst no page ends (PPS-NULL), beside the numbers of `+FET`.
pub(super) const MORE_BLOCKS: u8 = 7;
/// So often a block may be asked for in part; then the call ends (T.30 would go on more slowly).
const MOST_ASKED: u32 = 4;

/// The block that goes out.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    framer: Framer,
    frames: Vec<Vec<u8>>,
    /// Those that are still to be sent, and how many this round had.
    due: VecDeque<usize>,
    round: usize,
    page: u8,
    number: u8,
    asked: u32,
    /// What follows, when the block is one that goes once more.
    again: Option<u8>,
    since: Instant,
    sent: u64,
    /// The frames of the round are all with the Class 1 modem.
    over: bool,
}

/// The block that comes.
#[derive(Debug, Default)]
pub(super) struct Coming {
    deframer: Deframer,
    frames: Vec<Option<Vec<u8>>>,
}

impl Fake {
    /// A page begins to go out, or the next block of one.
    pub(super) fn begin_block(&mut self, now: Now, number: u8) {
        self.block = Outgoing { page: self.block.page, number, ..Outgoing::default() };
        self.send_round(now);
    }

    /// Puts the carrier up, and then sends what is due.
    fn send_round(&mut self, now: Now) {
        (self.block.over, self.block.round) = (false, 0);
        let carrier = format!("AT+FTM={}", self.agreed.number(true));
        self.state = State::Taking;
        self.begin(now, [Step::Command(GAP.to_owned()), Step::Connect(carrier), Step::Block]);
    }

    /// The carrier is up.
    pub(super) fn block_begins(&mut self, now: Now) {
        let block = &mut self.block;
        (block.since, block.framer) = (now.instant, Framer::default());
        let flags = block.framer.flags(PREAMBLE);
        block.sent = flags.len() as u64;
        self.order(now, Order::Data(flags));
        self.send_block(now);
    }

    /// Gives the Class 1 modem what it should have by now: frames, and flags while there are none.
    pub(super) fn send_block(&mut self, now: Now) {
        if !matches!(self.at, Some(Step::Block)) || self.block.over {
            return;
        }
        let time = now.instant.saturating_since(self.block.since) + AHEAD;
        let due = time.as_millis() as u64 * self.agreed.octets() as u64 / 1000;
        while self.block.sent < due {
            self.fill_block();
            let bits = if let Some(number) = self.block.due.pop_front() {
                self.block.round += 1;
                let lost = self.loses > 0 && self.block.again.is_none();
                self.loses -= u32::from(lost);
                let frame = &self.block.frames[number];
                if lost { self.block.framer.flags(8) } else { self.block.framer.frame(frame) }
            } else if self.block_is_whole() {
                return self.end_round(now);
            } else {
                self.block.framer.flags(8)
            };
            self.block.sent += bits.len() as u64;
            self.order(now, Order::Data(bits));
        }
        self.look = now.instant + LOOK;
    }

    /// Makes frames of what the computer gave. The last of a block waits until it is known whether it is the page's last.
    fn fill_block(&mut self) {
        while self.block.again.is_none() && self.block.frames.len() < FRAMES {
            let enough = self.page.len() > OCTETS || !self.data && !self.page.is_empty();
            if !enough {
                return;
            }
            let mut data: Vec<u8> = self.page.drain(..self.page.len().min(OCTETS)).collect();
            data.resize(OCTETS, 0);
            let number = self.block.frames.len();
            let head = FCD.into_iter().chain([number as u8]);
            self.block.frames.push(head.chain(data).collect());
            self.block.due.push_back(number);
        }
    }

    fn block_is_whole(&self) -> bool {
        self.block.again.is_some() || self.block.frames.len() == FRAMES || !self.data && self.page.is_empty()
    }

    fn end_round(&mut self, now: Now) {
        let framer = &mut self.block.framer;
        let mut bits: Vec<u8> = (0..3).flat_map(|_| framer.frame(&RCP)).collect();
        bits.extend(framer.flags(4));
        self.block.over = true;
        self.look = Instant::FAR_FUTURE;
        self.order(now, Order::Data(bits));
        self.order(now, Order::EndOfData { within: COMMAND });
    }

    /// All of a round is on the line: the other machine is asked, once the computer has said what follows the page.
    pub(super) fn block_sent(&mut self, now: Now) {
        self.at = None;
        if let Some(follows) = self.block.again {
            return self.ask(now, follows, 0);
        }
        if self.data || !self.page.is_empty() {
            return self.ask(now, MORE_BLOCKS, 0);
        }
        self.state = State::Taken;
        match self.follows.take() {
            Some(follows) => self.ask(now, follows, 0),
            None => self.idle(now),
        }
    }

    /// What asks for the answer to a block.
    pub(super) fn partial_page(&self, follows: u8) -> Vec<u8> {
        let code = match follows {
            0 => MPS | 1,
            1 => EOM | 1,
            MORE_BLOCKS => NULL,
            _ => EOP | 1,
        };
        let last = self.block.round.saturating_sub(1) as u8;
        frames::partial_page(self.by_caller(), [code, self.block.page, self.block.number, last])
    }

    /// The block arrived whole, in whose midst no page ended.
    pub(super) fn next_block(&mut self, now: Now) {
        self.begin_block(now, self.block.number.wrapping_add(1));
    }

    /// The next page is another one.
    pub(super) const fn next_page(&mut self) {
        self.block.page = self.block.page.wrapping_add(1);
    }

    /// Some of its frames did not (PPR: a bit for each).
    pub(super) fn again(&mut self, now: Now, follows: u8, answer: &[u8]) {
        let map = answer.get(3..).unwrap_or_default();
        let is_asked = |n: &usize| map.get(n / 8).is_some_and(|octet| octet >> (n % 8) & 1 == 1);
        self.block.due = (0..self.block.frames.len()).filter(is_asked).collect();
        self.block.asked += 1;
        self.block.again = Some(follows);
        if self.block.due.is_empty() || self.block.asked > MOST_ASKED {
            return self.leave(now, 50);
        }
        self.send_round(now);
    }

    /// It is not ready yet: it is asked again (RR).
    pub(super) fn not_ready(&mut self, now: Now) {
        let frame = Step::Frame(frames::bare(RR, self.by_caller()));
        let steps = [Step::Command(GAP.to_owned()), Step::Connect("AT+FTH=3".to_owned()), frame, Step::Listen(T4)];
        self.begin(now, steps);
    }

    /// Part of a block comes.
    pub(super) fn frames_come(&mut self, bits: &[u8]) {
        for framed in self.coming.deframer.put(bits) {
            let [_, _, code, number, data @ ..] = &framed.frame[..] else { continue };
            if !framed.good || *code != FCD[2] {
                continue;
            }
            if self.loses > 0 {
                self.loses -= 1;
                continue;
            }
            let at = usize::from(*number);
            if self.coming.frames.len() <= at {
                self.coming.frames.resize(at + 1, None);
            }
            self.coming.frames[at] = Some(data.to_vec());
        }
    }

    /// The other machine asks for an answer to a block: what is missing is asked for, and what is whole is the computer's.
    pub(super) fn block_came(&mut self, now: Now, asks: &[u8]) {
        let [_, _, _, code, _, _, last] = asks else { return self.listen(now) };
        self.coming.frames.resize((usize::from(*last) + 1).max(self.coming.frames.len()), None);
        if self.coming.frames.iter().any(Option::is_none) {
            let mut map = [0; FRAMES / 8];
            for (n, frame) in self.coming.frames.iter().enumerate() {
                map[n / 8] |= u8::from(frame.is_none()) << (n % 8);
            }
            self.state = State::Giving;
            self.coming.deframer = Deframer::default();
            let frame = Step::Frame(frames::with(PPR, self.by_caller(), &map));
            self.begin(now, [Step::Command(GAP.to_owned()), Step::Connect("AT+FTH=3".to_owned()), frame]);
            return self.hear_page();
        }
        let data: Vec<u8> = std::mem::take(&mut self.coming).frames.into_iter().flatten().flatten().collect();
        self.give(&data);
        if *code == NULL {
            self.state = State::Giving;
            self.speak(now, frames::MCF);
            return self.hear_page();
        }
        self.say_raw(&[0x10, 0x03]);
        self.page_ended(*code & 0xfe, now);
    }
}
