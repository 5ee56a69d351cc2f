//! A call that was answered: pages come, and the modem answers to each what it is told, when it is told.
//!
//! After a page (`+FPTS`, `+FET`) it holds its answer until the next `+FDR`, and what it would say may be changed until then (`+FPTS=`,
//! `+FPS=`). So that is when a page becomes durable: `+FDR` goes out when it is, and nothing goes out when it cannot be.

use std::time::Duration;

use model::settings::FaxClass;
use model::{Instant, Pii};
use modem::{Order, Word};
use spandsp::status;

use super::words::{Session, hung_up};
use super::{BEGINNING, Class2, Ending, Phase, SETTING};
use crate::line::Action;
use crate::worker::frames::fcf;
use crate::worker::proto::{Frame, FromWorker, FrontInput};

/// It may give the page: DC2 in the standard, XON for some models (SP-2388 had that first).
const DC2: u8 = 0x12;
const XON: u8 = 0x11;
/// How long it may give nothing of a page before it is asked in the other way: its buffer holds a second or two, and XON harms nowhere.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long the goodbye of the other machine may take: our confirmation, and its DCN, which it may have to say again.
const GOODBYE: Duration = Duration::from_secs(15);
/// What the worker is given at once: it takes no longer messages.
const PART: usize = 4096;
/// MCF alone takes longer: a second of flags (T.30 section 5.3.1), less its tolerance, and the frame.
const SHORTEST_ANSWER: Duration = Duration::from_secs(1);
/// RTN: the page is bad, and is to come again after another training.
const REFUSED: u8 = 2;
/// So often in a row it may say `OK` in place of `CONNECT`: some do between documents, when a new command came.
const MOST_OKS: u32 = 3;
/// So much of the end of what came is looked at for a hang-up that was reported in the midst of a page.
const TAIL: usize = 48;

/// The page that comes.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    octets: u64,
    tail: Vec<u8>,
    /// The modem found it too damaged, and would say so.
    refused: bool,
    /// Some of it came behind its end.
    babbled: bool,
    /// It came and went, and we were not told that it comes.
    missed: bool,
    /// What follows it, as the modem reported it.
    follows: Option<u8>,
    oks: u32,
    /// What it says that it would answer.
    would_say: Option<u8>,
}

impl Class2 {
    /// A page may come.
    pub(super) fn await_page(&mut self) {
        self.phase = Phase::ToReceive;
        self.incoming = Incoming { oks: self.incoming.oks, ..Incoming::default() };
        self.command("AT+FDR".to_owned(), BEGINNING);
    }

    /// What they have agreed on, or agree on anew.
    pub(super) fn commanded(&mut self, agreed: Session) {
        self.report(FromWorker::Frame(Frame {
            incoming: true,
            fcf: fcf::DCS,
            post_page: None,
            form: Some(agreed.form),
            words: Pii::new(format!("DCS: {}", agreed.words())),
        }));
    }

    /// What follows the page: 0 to 2 are MPS, EOM and EOP, and 4 to 6 the same with a person asked for.
    pub(super) fn followed(&mut self, by: u8) {
        let (code, word) = match by {
            1 | 5 => (fcf::EOM, "EOM"),
            2 | 6 => (fcf::EOP, "EOP"),
            // What is no end is none.
            _ => (fcf::MPS, "MPS"),
        };
        self.incoming.follows = Some(code);
        self.incoming.missed |= self.phase == Phase::ToReceive;
        self.heard(code, word.to_owned());
    }

    /// How the modem finds the page.
    pub(super) fn found(&mut self, answer: u8) {
        match self.phase {
            Phase::Receiving { .. } | Phase::PageEnd => self.incoming.refused = matches!(answer, 0 | 2 | 4),
            Phase::ToReceive => self.incoming.missed = true,
            _ => {}
        }
    }

    /// A word, in one of these phases.
    pub(super) fn receiving(&mut self, now: Instant, word: Word) {
        match (self.phase, word) {
            (Phase::ToReceive, Word::Connect) => self.may_come(now),
            // Its CONNECT was lost on the cable, and with it the page.
            (Phase::ToReceive, Word::Ok | Word::Error) if self.incoming.missed && self.hung_up.is_none() => {
                self.phase = Phase::Judging;
                self.report(FromWorker::PageDamaged);
            }
            (Phase::ToReceive, Word::Ok) if self.hung_up.is_none() && self.incoming.oks < MOST_OKS => {
                self.incoming.oks += 1;
                self.phase = Phase::Between;
            }
            // In Class 2.0 `ERROR` says that the page is a bad one.
            (Phase::PageEnd, Word::Ok | Word::Error) if self.incoming.follows.is_some() => self.judge(),
            // Some say `OK` to all that they do not know.
            (Phase::Overriding, Word::Ok) => {
                self.phase = Phase::Checking;
                self.command(format!("AT{}?", self.answer_name()), SETTING);
            }
            (Phase::Checking, Word::Ok) if self.incoming.would_say == Some(REFUSED) => self.release(),
            (Phase::Overriding | Phase::Checking, word) => {
                let what = "The modem cannot be made to ask for a damaged page again, so the call was ended.";
                self.note(what, String::new());
                self.ended(word);
            }
            (Phase::Judging | Phase::Judged { .. } | Phase::Breaking(_), _) => {}
            (_, word) => self.ended(word),
        }
    }

    fn may_come(&mut self, now: Instant) {
        if self.agreed.is_none_or(|agreed| agreed.coding.is_none() || agreed.width == 0) {
            // What comes could not be read.
            return self.finish(Ending::Status(status::INCOMPATIBLE));
        }
        self.told(fcf::CFR, "CFR".to_owned());
        self.incoming = Incoming::default();
        self.phase = Phase::Receiving { until: now + ASK_AGAIN };
        self.modem(Order::Start(DC2));
    }

    /// A line that is none of the modem's: the page went on, and what seemed to be its end (`DLE ETX`) came about on the cable.
    pub(super) fn babbled(&mut self) {
        self.incoming.babbled |= self.phase == Phase::PageEnd;
    }

    /// Nothing came of it.
    pub(super) fn ask_again(&mut self) {
        self.phase = Phase::Receiving { until: Instant::FAR_FUTURE };
        if self.incoming.octets == 0 {
            self.modem(Order::Start(XON));
        }
    }

    /// Part of the page came.
    pub(super) fn data(&mut self, data: Vec<u8>) {
        if !matches!(self.phase, Phase::Receiving { .. }) {
            return;
        }
        self.incoming.octets += data.len() as u64;
        let tail = &mut self.incoming.tail;
        tail.extend(data.iter().skip(data.len().saturating_sub(TAIL)));
        tail.drain(..tail.len().saturating_sub(TAIL));
        let hung_up = reported_within(self.class, tail);
        for part in data.chunks(PART) {
            self.actions.push_back(Action::Engine(FrontInput::Put(part.to_vec())));
        }
        if let Some(code) = hung_up {
            self.hung_up = Some(code);
            self.ended(Word::NoCarrier);
        }
    }

    pub(super) const fn end_of_page(&mut self) {
        if let Phase::Receiving { .. } = self.phase {
            self.phase = Phase::PageEnd;
        }
    }

    /// The page is read, and stored if it is good.
    fn judge(&mut self) {
        let after = self.incoming.follows;
        if self.incoming.refused || self.incoming.babbled {
            // What came of it is not to stand before the next try.
            self.actions.push_back(Action::Engine(FrontInput::Forget));
            self.phase = Phase::Judging;
            self.report(FromWorker::PageDamaged);
        } else {
            self.phase = Phase::Judging;
            self.read_page(after);
        }
    }

    fn read_page(&mut self, after: Option<u8>) {
        if let Some((agreed, coding)) = self.agreed.and_then(|agreed| Some((agreed, agreed.coding?))) {
            let page = FrontInput::Received { coding, width: agreed.width, fine: agreed.fine, after };
            self.actions.push_back(Action::Engine(page));
        }
    }

    /// The page is durable, or too damaged to keep.
    pub(crate) fn judged(&mut self, kept: bool) {
        if self.phase == Phase::Judging {
            self.phase = Phase::Judged { kept };
        }
    }

    /// The modem may say to the other machine what became of the page.
    pub(super) fn respond(&mut self, kept: bool) {
        if self.hung_up == Some(0) && self.incoming.follows == Some(fcf::EOP) {
            self.did_not_wait();
        }
        if self.hung_up.is_some() {
            return self.ended(Word::NoCarrier);
        }
        if !kept && self.agreed.is_some_and(|agreed| agreed.ecm) {
            // There is no RTN under error correction (T.30 Annex A).
            return self.finish(Ending::Status(status::CALL_DROPPED));
        }
        match (kept, self.incoming.refused) {
            (true, _) | (false, true) => self.release(),
            (false, false) => {
                self.phase = Phase::Overriding;
                self.incoming.refused = true;
                self.command(format!("AT{}={REFUSED}", self.answer_name()), SETTING);
            }
        }
    }

    fn answer_name(&self) -> &'static str {
        if self.class == FaxClass::Two { "+FPTS" } else { "+FPS" }
    }

    /// What it says of its answer: a number, some with the name before it.
    pub(super) fn answer_read(&mut self, line: &str) {
        let value = line.split_once(':').map_or(line, |(_, value)| value).split(',').next().unwrap_or_default();
        self.incoming.would_say = value.trim().parse().ok().or(self.incoming.would_say);
    }

    fn release(&mut self) {
        let (code, word) = if self.incoming.refused { (fcf::RTN, "RTN") } else { (fcf::MCF, "MCF") };
        self.told(code, word.to_owned());
        let last = self.incoming.follows == Some(fcf::EOP) && !self.incoming.refused;
        self.await_page();
        if last {
            self.phase = Phase::Confirming;
        }
    }

    /// The last page is confirmed: what there is to wait for is the other machine's goodbye.
    pub(super) fn confirm(&mut self, now: Instant) {
        self.phase = Phase::Goodbye { until: now + GOODBYE };
        if self.hung_up.is_some() {
            self.goodbye();
        }
    }

    /// It is told that all went well, or that there is nothing to say any more, sooner than the answer that it was told to give can have
    /// been given.
    pub(super) fn heard_goodbye(&mut self, now: Instant, word: Option<Word>) {
        let early = match (self.phase, word) {
            (Phase::Goodbye { until }, None) => now + GOODBYE < until + SHORTEST_ANSWER && self.hung_up == Some(0),
            (Phase::Confirming | Phase::Goodbye { .. }, Some(Word::Error)) => self.hung_up.is_none(),
            _ => false,
        };
        if self.receives && early {
            self.did_not_wait();
        }
    }

    fn did_not_wait(&mut self) {
        if !std::mem::replace(&mut self.confirms_by_itself, true) {
            let what = "The modem has confirmed the last page before it was told to.";
            self.note(what, "before +FDR".to_owned());
        }
    }

    /// The call is over, and why. What came of a page is kept first. True if that is what is done.
    pub(crate) fn breaks(&mut self, ending: Ending) -> bool {
        self.heed_answer();
        match self.phase {
            Phase::Receiving { .. } | Phase::PageEnd if self.incoming.octets > 0 => {
                self.phase = Phase::Breaking(ending);
                self.modem(Order::HangUp);
                self.read_page(None);
                true
            }
            Phase::Breaking(_) => true,
            _ => false,
        }
    }
}

/// A hang-up that is reported in the midst of a page: some modems leave out its end (`DLE ETX`) when the line drops.
fn reported_within(class: FaxClass, tail: &[u8]) -> Option<u16> {
    let text = String::from_utf8_lossy(tail);
    let name = if class == FaxClass::Two { "\r\n+FHNG:" } else { "\r\n+FHS:" };
    let (_, value) = text.split_once(name)?;
    let (code, _) = value.split_once('\r')?;
    hung_up(code, if class == FaxClass::Two { 10 } else { 16 })
}
