//! What the switchboard turned away, on record. The audit names the address: whoever looks into an attack needs it, and the audit is
//! read by those who manage the clinic and lies encrypted.

use model::defence::Block;
use model::limit::Counted;
use model::{CommandError, CommandOutcome, Now, Source};

use crate::Clinic;

/// Who does it, when no person does.
pub(crate) const BOX: &str = "frontdesk";

impl Clinic {
    pub(crate) fn record_block(&mut self, now: Now, block: &Block) {
        tracing::warn!(suspicion = block.suspicion.word(), times = block.times, "an address is blocked");
        let minutes = block.until.millis_since(block.since) / 60_000;
        let subject = format!("{} {} for {minutes} minutes", block.source.label(), block.suspicion.word());
        self.audit(now, BOX.to_owned(), "address_blocked", subject);
    }

    pub(crate) fn record_forgiven(&mut self, now: Now, source: Source) {
        self.audit(now, BOX.to_owned(), "address_forgiven", source.label());
    }

    /// One line for a minute and a source.
    pub(crate) fn record_failures(&mut self, now: Now, counted: Counted<Source>) {
        self.audit(now, BOX.to_owned(), "phone_sign_in_refused", subject(counted));
    }

    /// Who hands in mail had a wrong password, or was not let try: of each address a line a minute.
    pub(crate) fn mail_failures_due(&mut self, now: Now) {
        for counted in self.mail_failures.due(now.instant) {
            self.audit(now, BOX.to_owned(), "mail_sign_in_refused", subject(counted));
        }
    }

    pub(crate) fn unblocked_source(&mut self, now: Now, source: Source, result: Result<(), CommandError>) {
        let Some((id, by)) = self.unblocks.remove(&source) else { return };
        if result.is_ok() {
            self.audit(now, by, "address_unblocked", source.label());
        }
        self.reply(id, result.map(|()| CommandOutcome::Done));
    }
}

fn subject(counted: Counted<Source>) -> String {
    let from = counted.key.map_or_else(|| "other addresses".to_owned(), |source| source.label());
    format!("{} from {from}", counted.count)
}
