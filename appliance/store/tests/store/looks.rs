//! What of a fax somebody has seen.

use model::fax::{Cause, Delivery, FaxState};
use store::Effect;
use store::effect::FaxNext;

use crate::clinic::{Clinic, outcome, trace};

/// A page that was opened while it was being sent, and was answered a moment after it had failed, told nobody that it failed.
#[test]
fn what_nobody_was_shown_is_not_seen() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.sending(2);
    let row = |clinic: &Clinic| clinic.store.wait(clinic.store.faxes().get(fax)).expect("read").expect("a fax");
    let waits = |clinic: &Clinic| clinic.store.wait(clinic.store.faxes().counts()).expect("counts").needs_person_out;
    let looks = |clinic: &Clinic, shown| {
        clinic.does(Effect::FaxViewed { fax, by: "103".to_owned(), shown, at: clinic.now });
        waits(clinic)
    };
    let while_sending = row(&clinic).shown();
    clinic.does(Effect::FinishAttempt {
        fax,
        attempt,
        outcome: outcome(Cause::Busy, 0),
        next: FaxNext::Final(FaxState::Failed),
        lesson: Box::default(),
        trace: trace(clinic.now),
        at: clinic.now,
    });
    assert_eq!(looks(&clinic, Some(while_sending)), 1);
    assert_eq!(looks(&clinic, None), 1, "a program, or a page by itself");
    let failed = row(&clinic).shown();
    assert_eq!(looks(&clinic, Some(failed)), 0);
    clinic.does(Effect::SetDelivery { fax, delivery: Delivery::Failed });
    assert_eq!(looks(&clinic, Some(failed)), 1, "that came afterwards");
}
