//! What is heard: frames, pages, and frames where a page was expected.
//!
//! While we listen for a page the modem says `+FCERROR` where it hears V.21 (T.31 section 8.3.6): their machine did not hear our answer and
//! says its command again, or says what follows a page that we missed. Such frames are heard in place of the page, and the engine, which
//! listens for a page meanwhile, gets them alone: what it is told of carriers it takes for the page's.
//!
//! A modem that missed the beginning of a page hears none of it, and says nothing. The engine waits seven seconds for a page (T2, T.30 section 5.4.3.1)
//! and then speaks, into the page if there is one. So it is told of a carrier before that, and of its end when no page is as long; what follows the page
//! says that it was missed.

use std::time::Duration;

use model::Instant;
use modem::Word;
use modem::hdlc::Deframer;
use spandsp::{FrontNews, Signal};

use super::sending::number;
use super::{Class1, FINAL, LISTENING, Phase};
use crate::worker::frames::fcf;
use crate::worker::proto::FrontInput;

/// Octets of a frame at 300 bit/s that are kept; the longest of T.30 is 256 with all around it.
const LONGEST_FRAME: usize = 260;
/// How long frames are awaited in place of a page. Their flags were there when the modem said so, and last for a second.
const INSTEAD: Duration = Duration::from_secs(1);
/// So soon after a frame V.21 is what is left of it: the training follows, and a modem that listens for frames would miss its beginning.
const TAIL: Duration = Duration::from_secs(1);
/// Who did not hear our answer says its command again when T4 has run out, three seconds after the command and half of that after the
/// answer. What comes later follows a page that the modem did not hear. Only one that is all but blank is as short as that.
const REPEATED: Duration = Duration::from_millis(2500);

/// So long after our answer a page that is not heard is supposed to be on the line: before T2 has run out.
const OVERDUE: Duration = Duration::from_secs(6);
/// So long after it none is on the line any more: a page is sent in less, and a command to listen ([`LISTENING`]) lasts as long.
const MISSED: Duration = Duration::from_secs(55);
/// An octet that is no frame.
const NO_FRAME: u8 = 0xff;

impl Class1 {
    /// Begins to listen for what the engine wants to hear.
    pub(super) fn listen(&mut self) {
        match self.listen {
            Signal::V21 => {
                self.supposed = false;
                self.listen_for_frames(false);
            }
            Signal::Fast { carrier, bit_rate, short_training, .. } => {
                self.deframer = Deframer::default();
                self.phase = Phase::Page { up: false };
                let line = format!("AT+FRM={}", number(carrier, bit_rate, short_training));
                self.command(&line, LISTENING);
            }
            _ => {}
        }
    }

    fn listen_for_frames(&mut self, instead: bool) {
        self.frame.clear();
        self.phase = Phase::Frames { up: false, instead };
        self.command("AT+FRH=3", LISTENING);
    }

    /// What is listened for is not wanted any more, or does not come.
    pub(super) fn is_stale(&self, now: Instant) -> bool {
        let for_page = matches!(self.listen, Signal::Fast { .. });
        match self.phase {
            Phase::Frames { instead: false, .. } => self.listen != Signal::V21,
            Phase::Frames { instead: true, up } => !for_page || !up && now >= self.patience,
            Phase::Page { .. } => !for_page,
            _ => false,
        }
    }

    /// When [`Class1::supposes`] has something to tell.
    pub(super) fn supposes_at(&self) -> Option<Instant> {
        let awaits = matches!(self.phase, Phase::Page { up: false }) && !self.training && !self.to_speak;
        let awaits = awaits && matches!(self.listen, Signal::Fast { .. });
        match self.supposed {
            true => awaits.then_some(self.said_at + MISSED),
            false => (awaits && !self.heard).then_some(self.said_at + OVERDUE),
        }
    }

    /// Tells the engine of a page that the modem does not hear, or that there is none any more. True if it was told something.
    pub(super) fn supposes(&mut self, now: Instant) -> bool {
        let is_due = self.supposes_at().is_some_and(|at| now >= at);
        if is_due {
            self.supposed = !self.supposed;
            if self.supposed {
                self.tell(FrontNews::CarrierUp);
                self.tell(FrontNews::Trained);
                if let Signal::Fast { frames: true, .. } = self.listen {
                    // Of frames it believes the first one that comes, also one that is none.
                    self.engine(FrontInput::Frame { frame: vec![NO_FRAME], good: true });
                }
            } else {
                // Once is enough: what comes now is nothing that was awaited then.
                self.heard = true;
                self.tell(FrontNews::CarrierDown);
            }
        }
        is_due
    }

    /// The modem's word while it listens for frames.
    pub(super) fn word_on_frames(&mut self, now: Instant, up: bool, instead: bool, word: Word) {
        if word == Word::Connect {
            return self.carrier_of_frames();
        }
        if up && !instead {
            self.tell(FrontNews::CarrierDown);
        }
        self.free_again(now);
    }

    /// The modem's word while it listens for a page.
    pub(super) fn word_on_page(&mut self, now: Instant, up: bool, word: Word) {
        match word {
            Word::Connect => {
                self.phase = Phase::Page { up: true };
                if !std::mem::take(&mut self.supposed) {
                    self.tell(FrontNews::CarrierUp);
                    self.tell(FrontNews::Trained);
                }
            }
            Word::OtherCarrier if self.heard && now < self.heard_at + TAIL => self.free_again(now),
            Word::OtherCarrier => {
                // A confirmation of the training is followed by the same training again, or by a page.
                self.missed = self.said == fcf::CFR || now > self.said_at + REPEATED;
                self.patience = now + INSTEAD;
                self.listen_for_frames(true);
            }
            _ => {
                if up {
                    self.tell(FrontNews::CarrierDown);
                }
                self.free_again(now);
            }
        }
    }

    pub(super) fn data(&mut self, data: &[u8]) {
        match self.phase {
            Phase::Frames { .. } => {
                let room = LONGEST_FRAME.saturating_sub(self.frame.len());
                self.frame.extend(data.iter().take(room));
            }
            Phase::Page { .. } => {
                if let Signal::Fast { frames: true, .. } = self.listen {
                    for framed in self.deframer.put(data) {
                        self.engine(FrontInput::Frame { frame: framed.frame, good: framed.good });
                    }
                } else {
                    self.engine(FrontInput::Put(data.to_vec()));
                }
            }
            _ => {}
        }
    }

    pub(super) fn carrier_of_frames(&mut self) {
        match self.phase {
            Phase::Frames { up: false, instead: true } => self.phase = Phase::Frames { up: true, instead: true },
            Phase::Frames { up: false, instead: false } => {
                self.phase = Phase::Frames { up: true, instead: false };
                self.tell(FrontNews::CarrierUp);
                self.tell(FrontNews::FramingOk);
            }
            _ => {}
        }
    }

    /// The modem's word on the frame that has come: it has checked its sum, and leaves that at its end.
    pub(super) fn frame_ended(&mut self, now: Instant, instead: bool, good: bool) {
        let mut frame = std::mem::take(&mut self.frame);
        (self.heard, self.heard_at) = (true, now);
        self.paged = false;
        self.phase = Phase::Free;
        frame.truncate(frame.len().saturating_sub(2));
        let whole = frame.len() >= 3;
        let last = whole && frame[1] & FINAL != 0;
        if instead {
            if whole {
                self.frame_instead(frame, good, last);
            }
            // Their carrier is still there, with the frame that matters.
            if !(good && last) {
                self.patience = now + INSTEAD;
                self.listen_for_frames(true);
            }
        } else if whole {
            self.hear(frame, good, last);
            if last {
                self.tell(FrontNews::CarrierDown);
            }
        }
    }

    /// A frame came where a page was expected.
    fn frame_instead(&mut self, frame: Vec<u8>, good: bool, last: bool) {
        // The engine takes a command for a fault while it listens for the training; that follows the command, as it did before.
        if self.training && frame[2] & !1 != fcf::DCN {
            return;
        }
        if self.missed && last {
            self.tell(FrontNews::Training);
        }
        // It answers when the carrier that it was told of is gone; where a page is no frames, it would listen again if it heard that after the frame.
        let gone = good && last && std::mem::take(&mut self.supposed);
        let framed = matches!(self.listen, Signal::Fast { frames: true, .. });
        if gone && !framed {
            self.tell(FrontNews::CarrierDown);
        }
        self.hear(frame, good, last);
        if gone && framed {
            self.tell(FrontNews::CarrierDown);
        }
    }

    fn hear(&mut self, frame: Vec<u8>, good: bool, last: bool) {
        self.training |= good && last && frame[2] & !1 == fcf::DCS;
        self.engine(FrontInput::Frame { frame, good });
    }
}
