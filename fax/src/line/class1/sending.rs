//! What is sent: frames one by one, a page as fast as the line takes it.

use std::time::Duration;

use model::Instant;
use modem::Order;
use modem::hdlc::Framer;
use spandsp::{Carrier, FrontNews, Signal};

use super::{BEGINNING, Class1, FINAL, Phase};
use crate::worker::proto::FrontInput;

/// Until all that it was given is sent, and it says so.
const ENDING: Duration = Duration::from_secs(60);
/// How much of a page may wait in the modem and its port, which hold us back by their wires where they take less. More keeps the end of the page
/// from us, less lets it run dry, and that spoils a row: where the modem stands at the other end of a network, a packet that is lost three times comes
/// 1.4 s late (Linux's TCP waits 0.2 s on a short way, and each time twice as long as before).
const AHEAD: Duration = Duration::from_secs(2);
/// How much of a page is asked of the engine at once.
const PART: u16 = 256;
/// Flags before the first frame of a page, in time.
const PREAMBLE: Duration = Duration::from_millis(200);

impl Class1 {
    /// The engine gave part of its page, in answer to [`FrontInput::Take`].
    pub(crate) fn taken(&mut self, data: Vec<u8>) {
        self.asked = false;
        if self.phase != Phase::Sending {
            return;
        }
        let last = data.len() < usize::from(PART);
        self.sent += data.len() as u64;
        self.modem(Order::Data(data));
        if last {
            self.end_of_page();
        }
    }

    /// After the gap: what is to be sent begins.
    pub(super) fn begin(&mut self) {
        self.to_speak = false;
        match self.speak {
            Signal::V21 => {
                self.phase = Phase::ToFrames;
                self.command("AT+FTH=3", BEGINNING);
            }
            Signal::Fast { carrier, bit_rate, short_training, .. } => {
                self.phase = Phase::ToPage;
                let line = format!("AT+FTM={}", number(carrier, bit_rate, short_training));
                self.command(&line, BEGINNING);
            }
            _ => self.phase = Phase::Free,
        }
    }

    pub(super) fn send_frame(&mut self) {
        // The engine thinks of another signal now, and this one has no frame: what the modem began ends without one.
        if let Some(frame) = self.frames.pop_front() {
            self.to_speak = false;
            let last = frame.get(1).is_some_and(|control| control & FINAL != 0);
            self.said = frame.get(2).map_or(0, |code| code & !1);
            self.modem(Order::Data(frame));
            self.modem(Order::EndOfData { within: ENDING });
            self.phase = Phase::FrameSent { last };
        } else if self.no_more_frames {
            self.no_more_frames = false;
            self.phase = Phase::Free;
            self.tell(FrontNews::Sent);
        }
    }

    pub(super) fn page_begins(&mut self, now: Instant) {
        self.phase = Phase::Sending;
        self.refused = 0;
        (self.since, self.sent, self.asked) = (now + self.delay, 0, false);
        self.framer = Framer::default();
    }

    /// As much of the page as the modem should have by now.
    pub(super) fn send_page(&mut self, now: Instant) {
        let Signal::Fast { bit_rate, frames, .. } = self.speak else { return };
        if now < self.since {
            return;
        }
        if frames && self.sent == 0 {
            let flags = self.framer.flags(octets(bit_rate, PREAMBLE));
            self.sent += flags.len() as u64;
            self.modem(Order::Data(flags));
        }
        let due = octets(bit_rate, now.saturating_since(self.since) + AHEAD) as u64;
        if self.sent >= due || self.asked {
            return;
        }
        if !frames {
            self.asked = true;
            return self.engine(FrontInput::Take(PART));
        }
        if let Some(frame) = self.frames.pop_front() {
            let bits = self.framer.frame(&frame);
            self.sent += bits.len() as u64;
            self.modem(Order::Data(bits));
            self.tell(FrontNews::Sent);
        } else if self.no_more_frames {
            self.no_more_frames = false;
            let flags = self.framer.flags(4);
            self.modem(Order::Data(flags));
            self.end_of_page();
        }
    }

    pub(super) fn end_of_page(&mut self) {
        self.phase = Phase::PageSent;
        self.modem(Order::EndOfData { within: ENDING });
    }
}

/// What a carrier has in this time.
fn octets(bit_rate: u16, time: Duration) -> usize {
    usize::try_from(u128::from(bit_rate) * time.as_millis() / 8000).unwrap_or(usize::MAX)
}

/// The number of a carrier in T.31 (Table 3). V.17 has two: one more asks for the short training.
pub(super) fn number(carrier: Carrier, bit_rate: u16, short_training: bool) -> u8 {
    let number = match (carrier, bit_rate) {
        (Carrier::V27ter, 2400) => 24,
        (Carrier::V27ter, _) => 48,
        (Carrier::V29, 7200) => 72,
        (Carrier::V29, _) => 96,
        (Carrier::V17, 7200) => 73,
        (Carrier::V17, 9600) => 97,
        (Carrier::V17, 12_000) => 121,
        (Carrier::V17, _) => 145,
    };
    if carrier == Carrier::V17 && short_training { number + 1 } else { number }
}
