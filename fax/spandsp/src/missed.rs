//! A page without error correction that did not come, or not all of it.
//!
//! What follows a page (MPS, EOM, EOP) is said again by a machine that did not hear our answer to it. The C code takes any such command for that, if
//! it has seen no carrier of a page since, and over T.38 it never sees one: it confirms the page before once more, and their machine takes that for
//! the page that was lost. But another command is none that is said again, and the same is none where so much was heard or lost
//! since our answer that a page was in it. A page whose carrier was lost in its midst, and which so has no end, it confirms if the rows before that were good. And it
//! takes a page that it asks for again (RTN) for the last one, if it was to be: the command to train that follows (T.30 Figure 5-2a) is a fault to
//! it, and ends the call.
//!
//! So it is told of a carrier where there must have been one, it hears MPS in place of what follows a page that is asked for again, and what it says
//! to a page that was cut off is RTN. Under error correction frames and pages have numbers, and nothing of the kind can be.

/// The commands behind a page without error correction, without the bit that says which end sends them, and the same with an operator called for.
const MPS: u8 = 0x4e;
const EOM: u8 = 0x8e;
const EOP: u8 = 0x2e;
const WITH_OPERATOR: u8 = 0x10;
/// The command to train, and our answers: to it, and to a page.
const DCS: u8 = 0x82;
const CFR: u8 = 0x84;
const MCF: u8 = 0x8c;
const RTP: u8 = 0xcc;
const RTN: u8 = 0x4c;
/// Error correction: bit 27 of a DCS (T.30 Table 2).
const CORRECTED: (usize, u8) = (6, 0x04);
/// The bit of a frame's second octet that says that it is the last (T.30 section 5.3.5).
const FINAL: u8 = 0x10;
/// What was heard and what was lost since our last word, in samples, when a page was among it: a page with its training takes two seconds at least, and
/// the command behind it a second and a half. A command that is said again is as long as that, and nothing is heard before it.
const A_PAGE: u32 = 8 * 3500;
/// The power of the weakest signal of a modem, -43 dBm0, where a sample has 16 bits.
const WEAKEST: i64 = 111 * 111;

/// What the engine's log says when the carrier of a page is gone before the page has ended.
const NO_END: &[u8] = b"Page did not end cleanly";
/// The flags before the command begin 95 ms after the page at the latest and last for 1.15 s, and the command takes 0.2 s: a page without an end was cut off
/// if its carrier was gone for longer than that before it was heard. Some machines' pages have no end.
const CUT_OFF: u64 = 8 * 1700;

/// What is known of the pages that come.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    /// Samples since the call began.
    clock: u64,
    corrected: bool,
    /// Our last frame.
    answer: Option<u8>,
    /// What followed the page before.
    command: u8,
    /// Samples of what may be a signal, since our last word.
    signal: u32,
    /// When the carrier of a page was gone that has no end.
    ended: Option<u64>,
    /// The page that has come is to be sent again.
    again: bool,
}

/// What others know to be missing of the page that came, or should have come, since our last word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// So much of what came that it is to be asked for again.
    pub part: bool,
    /// So many samples, or packets that take as long.
    pub samples: u32,
}

/// What has come of a page.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Came {
    pub(crate) octets: u32,
    pub(crate) rows: u32,
    pub(crate) bad_rows: u32,
}

/// What the engine is to make of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// It is to ask for a page again of which it has seen nothing.
    pub(crate) missed: bool,
    /// The facsimile control field in place of the frame's own.
    pub(crate) replacement: Option<u8>,
}

impl Missed {
    pub(crate) const fn pass(&mut self, samples: u32) {
        self.clock = self.clock.saturating_add(samples as u64);
    }

    /// This is heard, as sound, while nothing is said.
    pub(crate) fn listens(&mut self, samples: &[i16]) {
        let power: i64 = samples.iter().map(|sample| i64::from(*sample) * i64::from(*sample)).sum();
        if power > WEAKEST * samples.len() as i64 {
            self.signal = self.signal.saturating_add(samples.len() as u32);
        }
    }

    /// The engine's log says this.
    pub(crate) fn logged(&mut self, text: &[u8]) {
        if text.windows(NO_END.len()).any(|words| words == NO_END) {
            self.ended = Some(self.clock);
        }
    }

    /// The page that has come is not to be kept.
    pub(crate) const fn asks_again(&self) -> bool {
        self.again
    }

    /// A frame goes out: the facsimile control field that it is to have in place of its own.
    pub(crate) fn says(&mut self, frame: &[u8]) -> Option<u8> {
        let fcf = *frame.get(2)?;
        let replacement = (self.again && matches!(fcf & 0xfe, MCF | RTP)).then_some(RTN | fcf & 1);
        (self.answer, self.signal) = (Some(replacement.unwrap_or(fcf) & 0xfe), 0);
        replacement
    }

    /// A frame comes. `missing` is what others know of the page before it, and `came` is asked what the engine has of that.
    pub(crate) fn hears(&mut self, frame: &[u8], missing: Missing, came: impl FnOnce() -> Came) -> Verdict {
        let &[_, control, fcf, ..] = frame else { return Verdict::default() };
        let (fcf, side) = (fcf & 0xfe, fcf & 1);
        if fcf == DCS {
            self.corrected = frame.get(CORRECTED.0).is_some_and(|octet| octet & CORRECTED.1 != 0);
            (self.again, self.ended) = (false, None);
        }
        let command = fcf & !WITH_OPERATOR;
        let follows_a_page = matches!(command, MPS | EOM | EOP) && control & FINAL != 0;
        let Some(answer) = self.answer.filter(|_| follows_a_page && !self.corrected) else {
            return Verdict::default();
        };
        let before = std::mem::replace(&mut self.command, command);
        let cut_off = self.ended.take().is_some_and(|ended| self.clock - ended > CUT_OFF);
        let came = came();
        let is_new = command != before || self.signal.saturating_add(missing.samples) >= A_PAGE;
        let missed = came.octets == 0 && (answer == CFR || matches!(answer, MCF | RTP) && is_new);
        // As the engine judges it.
        let damaged = came.octets > 0 && came.bad_rows.saturating_mul(20) >= came.rows.saturating_mul(3);
        // Until they train anew, or another page has come.
        self.again = if came.octets > 0 { missing.part || cut_off } else { self.again };
        let replacement = ((missed || damaged || self.again) && command != MPS).then_some(MPS | side);
        Verdict { missed, replacement }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING_MISSING: Missing = Missing { part: false, samples: 8 * 1900 };
    const PART: Missing = Missing { part: true, samples: 0 };
    const PAGE_LOST: Missing = Missing { part: false, samples: A_PAGE };
    const NOTHING: Came = Came { octets: 0, rows: 0, bad_rows: 0 };
    const PAGE: Came = Came { octets: 9000, rows: 1000, bad_rows: 149 };
    const BAD: Came = Came { bad_rows: 150, ..PAGE };

    fn frame(fcf: u8) -> [u8; 3] {
        [0xff, 0x13, fcf | 1]
    }

    /// After this answer to a page with this command behind it: this command.
    fn verdict((before, answer): (u8, u8), missing: Missing, command: u8, came: Came) -> Verdict {
        let mut missed = Missed::default();
        missed.says(&frame(CFR));
        missed.hears(&frame(before), NOTHING_MISSING, || PAGE);
        missed.says(&frame(answer));
        missed.hears(&frame(command), missing, || came)
    }

    #[test]
    fn a_command_that_is_said_again_is_no_page_that_was_missed() {
        let is_missed = |pair, missing, command| verdict(pair, missing, command, NOTHING).missed;
        for missing in [NOTHING_MISSING, PART] {
            assert!(!is_missed((MPS, MCF), missing, MPS), "it did not hear our answer");
            assert!(!is_missed((EOP, MCF), missing, EOP));
        }
        assert!(is_missed((MPS, MCF), PAGE_LOST, MPS), "it may have, and have sent one");
        assert!(is_missed((MPS, RTP), NOTHING_MISSING, EOP), "another command");
        // As sound: what is heard before it is a signal, or noise.
        for (loud, expected) in [(200, true), (60, false)] {
            let mut missed = Missed::default();
            missed.says(&frame(CFR));
            missed.hears(&frame(MPS), NOTHING_MISSING, || PAGE);
            missed.says(&frame(MCF));
            (0..80).for_each(|_| missed.listens(&[loud; 160]));
            assert_eq!(missed.hears(&frame(MPS), NOTHING_MISSING, || NOTHING).missed, expected);
        }
        assert!(is_missed((MPS, CFR), NOTHING_MISSING, MPS), "nothing was confirmed that it could mean");
        assert!(
            !is_missed((MPS, RTN), PAGE_LOST, MPS) && !is_missed((MPS, RTN), NOTHING_MISSING, EOP),
            "it is asked for already"
        );
        assert!(!verdict((MPS, MCF), PAGE_LOST, EOP, PAGE).missed);
        assert!(!is_missed((MPS, MCF), PAGE_LOST, 0xfa), "goodbye");
    }

    #[test]
    fn a_page_that_is_asked_for_again_is_not_the_last() {
        let replaced = |command, came| verdict((MPS, MCF), NOTHING_MISSING, command, came).replacement;
        for command in [EOP, EOM, EOP | WITH_OPERATOR] {
            assert_eq!(replaced(command, NOTHING), Some(MPS | 1));
            assert_eq!(replaced(command, BAD), Some(MPS | 1));
            assert_eq!(replaced(command, PAGE), None);
        }
        assert_eq!(replaced(MPS, NOTHING), None);
    }

    /// So much time passes between the end of a carrier and the command behind the page.
    fn after_a_carrier(ended: bool, millis: u64, missing: Missing) -> (Option<u8>, Option<u8>, Option<u8>) {
        let mut missed = Missed::default();
        missed.says(&frame(CFR));
        if !ended {
            missed.logged(b"T.30 Page did not end cleanly\n");
        }
        (0..millis / 20).for_each(|_| missed.pass(160));
        let heard = missed.hears(&frame(EOP), missing, || PAGE).replacement;
        let answer = missed.says(&frame(MCF));
        missed.hears(&frame(DCS), NOTHING_MISSING, || NOTHING);
        (heard, answer, missed.says(&frame(MCF)))
    }

    #[test]
    fn a_page_that_was_cut_off_is_not_confirmed() {
        let asked_again = (Some(MPS | 1), Some(RTN | 1), None);
        assert_eq!(after_a_carrier(false, 3000, NOTHING_MISSING), asked_again);
        assert_eq!(after_a_carrier(false, 1500, NOTHING_MISSING), (None, None, None), "some have no end");
        assert_eq!(after_a_carrier(true, 9000, NOTHING_MISSING), (None, None, None));
        assert_eq!(after_a_carrier(true, 1500, PART), asked_again, "others know");
    }

    #[test]
    fn under_error_correction_pages_have_numbers() {
        let mut missed = Missed::default();
        missed.hears(&[0xff, 0x13, DCS | 1, 0, 0x20, 0, 0x04], NOTHING_MISSING, || NOTHING);
        missed.says(&frame(CFR));
        assert_eq!(missed.hears(&frame(EOP), PART, || NOTHING), Verdict::default());
    }
}
