//! An order to fetch, and the fax that comes of it: both say the same after every page, also after a restart.

use model::fax::{Cause, Direction, FaxState};
use model::{AttemptId, FaxId};
use store::effect::{Decision, FaxNext, Fetched, Known, OpenAttempt};
use store::rows::FaxRow;
use store::{Done, Effect, StoreError};

use crate::clinic::{Clinic, number, outcome, page, start, trace};

fn row(clinic: &Clinic, fax: FaxId) -> FaxRow {
    clinic.store.wait(clinic.store.faxes().get(fax)).expect("read").expect("a row")
}

/// An order, not dialled yet.
fn ordered(clinic: &mut Clinic) -> FaxId {
    let mut order = clinic.order();
    (order.fetch, order.documents) = (true, Vec::new());
    let id = order.id;
    clinic.does(Effect::AcceptFax(Box::new(order)));
    id
}

/// What its call brings.
fn comes(clinic: &mut Clinic, order: FaxId) -> Fetched {
    let (from, to) = (number("+12025550108"), number("+12025550199"));
    Fetched { fax: clinic.fax_id(), attempt: clinic.attempt_id(), order, from, to, line: "T.38".to_owned() }
}

fn arrives(clinic: &Clinic, fetched: &Fetched, n: u32, last: bool) -> Effect {
    let known = last.then(|| Box::new(Known { whole: true, ..Known::default() }));
    let fetched = Box::new(fetched.clone());
    Effect::FetchedPage {
        fetched,
        number: n,
        page: page(n as usize),
        bad_rows: 0,
        in_part: false,
        known,
        at: clinic.now,
    }
}

fn open_attempts(clinic: &Clinic) -> Vec<OpenAttempt> {
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    work.open_attempts
}

fn finish(clinic: &Clinic, fax: FaxId, attempt: AttemptId, state: FaxState, pages: u32) -> Effect {
    let cause = if state == FaxState::Sent { Cause::Delivered } else { Cause::Dropped };
    Effect::FinishAttempt {
        fax,
        attempt,
        outcome: outcome(cause, pages),
        next: FaxNext::Final(state),
        lesson: Box::default(),
        trace: trace(clinic.now),
        at: clinic.now,
    }
}

#[test]
fn each_page_is_in_the_fax_and_in_the_order_at_once() {
    let mut clinic = Clinic::new();
    let order = ordered(&mut clinic);
    let waiting = row(&clinic, order);
    assert_eq!((waiting.state, waiting.fetch, waiting.next_at), (FaxState::Waiting, true, Some(clinic.now)));
    let came = comes(&mut clinic, order);
    clinic.refuses(arrives(&clinic, &came, 0, false), &StoreError::WrongState);
    let attempt = clinic.attempt_id();
    clinic.does(start(order, attempt, 0, clinic.now));
    clinic.does(arrives(&clinic, &came, 0, false));
    clinic.does(arrives(&clinic, &came, 0, false));
    clinic.does(arrives(&clinic, &came, 1, true));

    let clinic = clinic.restart();
    let open = |fax, attempt| OpenAttempt { attempt, fax, pages_confirmed: 2, recalled: false, last_page_begun: true };
    let mut both = open_attempts(&clinic);
    both.sort_by_key(|open| open.fax);
    assert_eq!(both, [open(order, attempt), open(came.fax, came.attempt)]);
    let (job, fax) = (row(&clinic, order), row(&clinic, came.fax));
    assert_eq!((job.pages, job.pages_confirmed, job.state), (2, 2, FaxState::Sending));
    assert_eq!((fax.direction, fax.pages, fax.fetched_by), (Direction::In, 2, Some(order)));
    assert_eq!(clinic.store.wait(clinic.store.faxes().fetched(order)).expect("read"), [came.fax]);
    clinic.does(finish(&clinic, order, attempt, FaxState::Sent, 2));
    assert_eq!((row(&clinic, order).state, row(&clinic, order).pages_confirmed), (FaxState::Sent, 2));
}

#[test]
fn asked_for_again_it_begins_with_no_page_and_what_came_stays() {
    let mut clinic = Clinic::new();
    let order = ordered(&mut clinic);
    let (came, attempt) = (comes(&mut clinic, order), clinic.attempt_id());
    clinic.does(start(order, attempt, 0, clinic.now));
    clinic.does(arrives(&clinic, &came, 0, false));
    clinic.does(finish(&clinic, order, attempt, FaxState::Failed, 1));
    let by = "102".to_owned();
    clinic.does(Effect::DecideFax { fax: order, by, decision: Decision::Again, at: clinic.now });
    let again = row(&clinic, order);
    assert_eq!((again.state, again.pages, again.pages_confirmed), (FaxState::Waiting, 0, 0));
    let (second, attempt) = (comes(&mut clinic, order), clinic.attempt_id());
    clinic.does(start(order, attempt, 0, clinic.now));
    clinic.does(arrives(&clinic, &second, 0, true));
    assert_eq!(row(&clinic, order).pages, 1);
    let all = clinic.store.wait(clinic.store.faxes().fetched(order)).expect("read");
    assert_eq!(all.len(), 2);
    assert!(all.contains(&came.fax) && all.contains(&second.fax));
}
