//! What is counted of attempts to send.

use model::Wall;
use model::fax::Cause;
use store::Effect;
use store::effect::FaxNext;
use store::rows::DayStat;

use crate::clinic::{Clinic, outcome, page, start, trace};

const HOUR: i64 = 3_600_000;

/// A day on which clocks change is an hour longer or shorter than others, and each attempt is one of its own day all the same.
#[test]
fn days_are_as_long_as_they_are() {
    let mut clinic = Clinic::new();
    let order = clinic.order();
    let (fax, first) = (order.id, clinic.now);
    clinic.does(Effect::AcceptFax(Box::new(order)));
    clinic.does(Effect::FaxRendered { fax, pages: vec![page(0)], twins_since: None, at: first });
    let after = |hours| Wall(first.millis() + hours * HOUR);
    let days = [first, after(24), after(47)];
    for at in [Wall(first.millis() - 1), first, after(23), after(24), after(46), after(47), after(90)] {
        let attempt = clinic.attempt_id();
        clinic.does(start(fax, attempt, 0, at));
        let (outcome, next, lesson) = (outcome(Cause::Busy, 0), FaxNext::Retry { at }, Box::default());
        clinic.does(Effect::FinishAttempt { fax, attempt, outcome, next, lesson, trace: trace(at), at });
    }
    let of = |days: &[Wall]| clinic.store.wait(clinic.store.faxes().per_day(days)).expect("counted");
    let failed = |day| DayStat { day, sent: 0, failed: 2 };
    assert_eq!(of(&days), days.map(failed));
    assert_eq!(of(&[]), []);
}
