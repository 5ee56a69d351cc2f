//! What an ended call came to.

use model::Instant;
use model::fax::Cause;
use model::trace::Mark;
use spandsp::status;

use super::Role;
use super::state::Session;

impl Session {
    /// The T.30 session is over, with a status of the engine.
    pub(super) fn call_ended(&mut self, now: Instant, engine_status: i32) {
        let cause = match self.role {
            Role::Send { .. } | Role::Give { .. } => self.cause_of_sending(engine_status),
            Role::Receive => self.cause_of_reception(engine_status),
            Role::Fetch => self.cause_of_fetch(engine_status),
        };
        let mark = if cause == Cause::Delivered { Mark::Good } else { Mark::Bad };
        self.trace(mark, "The machines have ended the session.", format!("T.30 status {engine_status}"));
        self.end(now, cause, false);
    }

    pub(super) fn line_ended(&mut self, now: Instant) {
        self.forget_sending();
        let cause = self.cause_of_broken_call();
        let mark = if cause == Cause::Delivered { Mark::Good } else { Mark::Warn };
        self.trace(mark, "The line ended.", "");
        self.end(now, cause, true);
    }

    /// Our own end of the line is gone. Before their machine was heard nothing is said about that.
    pub(super) fn modem_gone(&mut self, now: Instant) {
        // Part of a page may be kept first; then it is gone once more.
        if self.wire.modem().is_some_and(|modem| modem.driver.breaks()) {
            return self.pump_modem(now);
        }
        // What it had reported before counts.
        self.pump_modem(now);
        self.trace(Mark::Bad, "The modem was unplugged, or answers to nothing any more.", "");
        // A machine that was heard is rung again by the next attempt: it has had part in this one.
        let cause = self.cause_or_uncertain(if self.heard { Cause::Dropped } else { Cause::ModemGone });
        self.end(now, cause, true);
    }

    pub(super) fn cancel(&mut self, now: Instant) {
        self.trace(Mark::Warn, "Recalled while on the line.", "");
        let cause = self.cause_or_uncertain(Cause::Cancelled);
        self.end(now, cause, true);
    }

    /// The call broke; nobody knows why.
    pub(super) fn cause_of_broken_call(&self) -> Cause {
        if let Some(cause) = self.not_given.filter(|_| self.pages.confirmed == 0) {
            return cause;
        }
        self.cause_or_uncertain(if !self.heard {
            self.no_fax()
        } else if self.pages.damaged {
            Cause::BadPage
        } else {
            Cause::Dropped
        })
    }

    /// No machine was heard. Where a modem dialled, that is all that is known: it tells no answer before it hears a carrier.
    pub(super) fn no_fax(&self) -> Cause {
        if self.wire.is_unanswered() { Cause::NoMachine } else { Cause::NotAFax }
    }

    /// `cause`, unless what happened to the pages weighs more. A document whose every page is confirmed is delivered, whatever
    /// came after: there is nothing left to send. One that may have arrived whole is never called anything else.
    pub(super) fn cause_or_uncertain(&self, cause: Cause) -> Cause {
        match self.role {
            Role::Send { pages } | Role::Give { pages } if pages > 0 && self.pages.confirmed == pages => {
                Cause::Delivered
            }
            Role::Send { .. } | Role::Give { .. } if self.pages.all_sent => Cause::Unconfirmed,
            Role::Receive | Role::Fetch if self.pages.whole => Cause::Delivered,
            _ => cause,
        }
    }

    fn cause_of_sending(&self, engine_status: i32) -> Cause {
        let begun = self.pages.confirmed > 0;
        let cause = match engine_status {
            // It says that all went well, and pages are missing: it gave one up after an RTN, or lost count.
            status::OK => Cause::BadPage,
            status::T0_EXPIRED | status::T1_EXPIRED | status::TX_NO_DIS if !begun => self.no_fax(),
            // After a page that arrived damaged: that is what failed, and not how the machines fit together.
            status::CANNOT_TRAIN | status::TX_GOT_DCN | status::TX_BAD_COMMAND if self.pages.damaged => Cause::BadPage,
            status::CANNOT_TRAIN => Cause::CannotTrain,
            status::INCOMPATIBLE..=status::NO_SIZE => Cause::Incompatible,
            status::TX_GOT_DCN | status::TX_BAD_COMMAND if !begun => Cause::Incompatible,
            // It went on greeting, and we said goodbye.
            status::RETRY_DCN if !begun && !self.under_way => Cause::CannotTrain,
            // It said goodbye to a page, or nothing, and not that it was damaged.
            status::TX_BAD_PAGE | status::RETRY_DCN if !self.pages.damaged && self.blocks_repeated == 0 => {
                return self.cause_of_broken_call();
            }
            status::TX_BAD_PAGE | status::TX_ECM_GAVE_UP | status::RETRY_DCN => Cause::BadPage,
            status::TX_PHASE_B_DEAD if !begun => Cause::CannotTrain,
            status::FILE_ERROR..=status::NO_MEMORY => Cause::OurFault,
            _ => return self.cause_of_broken_call(),
        };
        self.cause_or_uncertain(cause)
    }

    fn cause_of_fetch(&self, engine_status: i32) -> Cause {
        let begun = self.under_way || self.pages.confirmed > 0;
        match engine_status {
            // It has a document, and said goodbye to how we asked for it.
            status::RX_GOT_DCN if !begun => Cause::FetchRefused,
            status::TX_NO_DIS if !begun => self.no_fax(),
            _ => self.cause_of_reception(engine_status),
        }
    }

    fn cause_of_reception(&self, engine_status: i32) -> Cause {
        let nothing = self.pages.confirmed + self.pages.in_part == 0;
        let cause = match engine_status {
            status::T0_EXPIRED | status::T1_EXPIRED | status::RX_NO_FAX if nothing => self.no_fax(),
            status::CANNOT_TRAIN if nothing => Cause::CannotTrain,
            status::INCOMPATIBLE..=status::NO_SIZE if nothing => Cause::Incompatible,
            status::NOT_AGREED if nothing => self.not_given.unwrap_or(Cause::Incompatible),
            status::FILE_ERROR..=status::NO_MEMORY => Cause::OurFault,
            _ => return self.cause_of_broken_call(),
        };
        self.cause_or_uncertain(cause)
    }
}
