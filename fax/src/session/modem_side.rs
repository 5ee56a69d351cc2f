//! A call over a modem: its engine and the modem's driver, one after the other.

use model::Instant;
use model::fax::Cause;
use model::trace::Mark;

use super::state::{Session, Worker};
use super::{MAX_CATCH_UP, Output, TICK_SAMPLES};
use crate::line::Action;
use crate::worker::proto::{FrontInput, ToWorker};

impl Session {
    /// What the engine is to be told next: what the modem said, in order, then the time. When it has heard all, the modem gets its next
    /// command.
    pub(super) fn modem_order(&mut self, now: Instant) -> Option<ToWorker> {
        self.pump_modem(now);
        let modem = self.wire.modem()?;
        if modem.told.is_empty() {
            modem.driver.advance(now);
            self.pump_modem(now);
        }
        // The call may have ended by that, or the store is asked.
        if self.worker != Worker::Idle {
            return None;
        }
        if let Some(input) = self.wire.modem()?.told.pop_front() {
            return Some(ToWorker::Front(input));
        }
        if now < self.next_tick {
            return None;
        }
        // The timers of T.30 are seconds: time that was lost is told at once.
        let late = now.saturating_since(self.next_tick).min(MAX_CATCH_UP);
        let samples = TICK_SAMPLES + (late.as_millis() * 8) as u16;
        self.next_tick = now + self.wire.tick();
        let has_a_clock = self.wire.modem()?.driver.has_a_clock();
        has_a_clock.then_some(ToWorker::Front(FrontInput::Pass(samples)))
    }

    pub(super) fn modem_said(&mut self, now: Instant, event: modem::Event) {
        if let Some(modem) = self.wire.modem() {
            modem.driver.said(now, event);
            self.pump_modem(now);
        }
    }

    /// Does what the modem's side wants.
    pub(super) fn pump_modem(&mut self, now: Instant) {
        while let Some(action) = self.wire.modem().and_then(|modem| modem.driver.action()) {
            match action {
                Action::Modem(order) => self.out.push_back(Output::Modem(order)),
                Action::Engine(input) => {
                    if let Some(modem) = self.wire.modem() {
                        modem.told.push_back(input);
                    }
                }
                Action::Report(report) => self.reported(now, report),
                Action::Note { what, detail } => self.trace(Mark::Warn, what, detail),
                Action::NoCall(word) => self.no_call(now, word),
                Action::CannotFetch => self.end(now, Cause::CannotFetch, true),
            }
        }
    }

    /// The modem's call came to nothing, or has ended under it.
    pub(super) fn no_call(&mut self, now: Instant, word: Option<modem::Word>) {
        use modem::Word;
        if let Some(word) = word {
            self.trace(Mark::Warn, "The modem has no call.", word.text());
        }
        let cause = match word {
            // It was called back to order and did not come, or not to the call that it had.
            None => return self.modem_gone(now),
            _ if self.heard => return self.line_ended(now),
            // The last two: the modem itself does not dial a number again so soon, or so often, as some countries have it.
            Some(Word::Busy | Word::Delayed | Word::Blacklisted) => Cause::Busy,
            Some(Word::NoAnswer) => Cause::NoAnswer,
            Some(Word::NoCarrier) => self.no_fax(),
            Some(Word::NoDialTone | Word::Error) => Cause::TrunkDown,
            Some(_) => Cause::Dropped,
        };
        self.end(now, cause, true);
    }
}
