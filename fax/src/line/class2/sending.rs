//! One page: what the machines agreed on decides how it is coded; then it goes as fast as the line takes it, then comes the answer.

use std::time::Duration;

use model::Instant;
use model::settings::FaxClass;
use modem::{Order, Word};
use spandsp::status;

use super::{BEGINNING, Class2, Phase};
use crate::line::Action;
use crate::worker::frames::fcf;
use crate::worker::proto::{FromWorker, FrontInput};

/// How long a modem may be silent after `CONNECT` before a page is given to it without its asking: SP-2388 has it say XON, and not all do.
const XON: Duration = Duration::from_secs(3);
/// Until the modem has sent what it holds of a page: under error correction all that was repeated before, and for T5 it may be told that their
/// machine is not ready (T.30 Annex A.5.4.1).
const ENDING: Duration = Duration::from_secs(180);
/// The same, and until the other machine has answered: it is asked three times (T.30), and may say that it is not ready.
const ANSWER: Duration = Duration::from_secs(150);
/// How much of a page may wait in the modem and its port: its buffer is small, but it fills up rows by itself when it runs dry.
const AHEAD: Duration = Duration::from_millis(1500);
/// How much of a page is asked of the worker at once.
const PART: u16 = 512;
/// So often in a row the other machine may refuse a page as damaged; each try costs a person's line a minute.
const MOST_REFUSED: u32 = 2;

/// What follows a page: `+FET` of Class 2, the octet after DLE of Class 2.0.
const MORE_PAGES: (u8, u8) = (0, b',');
const NO_MORE: (u8, u8) = (2, b'.');

impl Class2 {
    /// The modem has trained with the other machine, and may take the page.
    pub(super) fn may_send(&mut self, now: Instant) {
        let Some((agreed, coding)) = self.agreed.and_then(|agreed| Some((agreed, agreed.coding?))) else {
            // What it sends as a page would be read as something else.
            self.report(FromWorker::CallEnd { status: status::INCOMPATIBLE });
            return self.end();
        };
        let page = FrontInput::Page { number: self.confirmed, coding, fine: agreed.fine };
        self.actions.push_back(Action::Engine(page));
        self.answer = None;
        self.phase = Phase::Start { until: if self.class == FaxClass::Two { now + XON } else { now } };
    }

    /// It takes the page now.
    pub(super) fn takes_data(&mut self, now: Instant) {
        if let Phase::Start { .. } = self.phase {
            self.phase = Phase::Sending;
            (self.since, self.sent, self.asked) = (now, 0, false);
        }
    }

    /// Asks for as much of the page as the modem should have by now.
    pub(super) fn send_page(&mut self, now: Instant) {
        let bit_rate = self.agreed.map_or(2400, |agreed| agreed.bit_rate);
        let time = now.saturating_since(self.since) + AHEAD;
        let due = u128::from(bit_rate) * time.as_millis() / 8000;
        if !self.asked && u128::from(self.sent) < due {
            self.asked = true;
            self.actions.push_back(Action::Engine(FrontInput::Take(PART)));
        }
    }

    /// The worker gave part of the page.
    pub(crate) fn taken(&mut self, data: Vec<u8>) {
        self.asked = false;
        if self.phase != Phase::Sending {
            return;
        }
        let last = data.len() < usize::from(PART);
        self.sent += data.len() as u64;
        self.modem(Order::Data(data));
        if last && self.class == FaxClass::Two {
            self.phase = Phase::PageSent;
            self.modem(Order::EndOfData { within: ENDING });
        } else if last {
            self.ask();
        }
    }

    /// The modem is told what follows the page, and with that to ask for the answer. Whether that was the last page is noted first: from
    /// here on the document may have arrived whole.
    pub(super) fn ask(&mut self) {
        let last = self.confirmed + 1 >= self.pages;
        let (fet, says) = if last { NO_MORE } else { MORE_PAGES };
        self.told(if last { fcf::EOP } else { fcf::MPS }, if last { "EOP" } else { "MPS" }.to_owned());
        self.phase = Phase::Asked;
        self.garbled = false;
        if self.class == FaxClass::Two {
            self.command(format!("AT+FET={fet}"), ANSWER);
        } else {
            self.modem(Order::EndOfPage { says, within: ANSWER });
        }
    }

    /// The word after that, with what was reported before it.
    pub(super) fn answered(&mut self, word: Word) {
        let by_word = match (self.class, word, self.hung_up) {
            // In Class 2.0 the word is the answer. After a hang-up that went wrong it only ends the command; and a line that cannot be read
            // may have been that.
            (FaxClass::Two, ..) | (_, _, Some(1..)) => None,
            _ if self.garbled => None,
            (_, Word::Ok, _) => Some(1),
            (_, Word::Error, None) => Some(2),
            _ => None,
        };
        match (self.answer.take().or(by_word), word) {
            // MCF, RTP, PIP (`Fact::Answer` has their numbers): reported is reported, whatever the command came to.
            (Some(1 | 3 | 5), _) => {
                self.page_confirmed();
                if self.hung_up.is_some() && self.confirmed < self.pages {
                    self.ended(word);
                }
            }
            // RTN, PIN.
            (Some(2 | 4), Word::Ok | Word::Error) => {
                self.heard(fcf::RTN, "RTN".to_owned());
                self.refused += 1;
                if self.hung_up.is_some() || self.refused >= MOST_REFUSED {
                    self.report(FromWorker::CallEnd { status: status::TX_BAD_PAGE });
                    return self.end();
                }
                // Between two tries nothing is to be made durable.
                self.phase = Phase::ToPage;
                self.command("AT+FDT".to_owned(), BEGINNING);
            }
            _ => self.ended(word),
        }
    }

    /// The call ends before the word that follows the answer to a page. If that was reported, it counts.
    pub(super) fn heed_answer(&mut self) {
        if self.phase == Phase::Asked && matches!(self.answer.take(), Some(1 | 3 | 5)) {
            self.page_confirmed();
        }
    }

    fn page_confirmed(&mut self) {
        self.heard(fcf::MCF, "MCF".to_owned());
        (self.confirmed, self.refused) = (self.confirmed + 1, 0);
        self.phase = Phase::Between;
        self.report(FromWorker::Confirmed { pages: self.confirmed });
    }
}
