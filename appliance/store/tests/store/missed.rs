//! Calls that nobody took wait for a person, until somebody calls back, they get through, or it is said to be done.

use model::call::{CallEnd, CallRecord, Party, QueueEnd, Queued, Taken};
use model::fax::Direction;
use model::missed::{MissedMark, MissedState};
use model::{CallId, PhoneNumber, Pii, Wall};
use store::effect::MissedMarking;
use store::{Effect, StoreError};

use crate::clinic::{Clinic, number};
use crate::people::call;

const PATIENT: &str = "+12025550144";
const OTHER: &str = "+12025550177";

fn party(number: Option<PhoneNumber>) -> Party {
    Party { number, name: Pii::default() }
}

fn later(clinic: &Clinic, minutes: i64) -> Wall {
    Wall(clinic.now.millis() + minutes * 60_000)
}

/// Somebody calls the clinic then, and nobody takes it.
fn missed(clinic: &mut Clinic, minutes: i64, from: Option<&str>) -> CallRecord {
    let started = later(clinic, minutes);
    CallRecord { from: party(from.map(number)), ..call(clinic, started, false) }
}

/// They call then, and somebody talks with them.
fn taken(clinic: &mut Clinic, minutes: i64, from: &str) -> CallRecord {
    CallRecord { taken: Taken::At(later(clinic, minutes)), end: CallEnd::HungUp, ..missed(clinic, minutes, Some(from)) }
}

/// This extension calls them then.
fn back(clinic: &mut Clinic, minutes: i64, extension: &str, to: &str, answered: bool) -> CallRecord {
    let started = later(clinic, minutes);
    let from = party(Some(PhoneNumber::Internal(extension.to_owned())));
    CallRecord { direction: Direction::Out, from, to: party(Some(number(to))), ..call(clinic, started, answered) }
}

fn record(clinic: &Clinic, records: &[&CallRecord]) {
    clinic.does(Effect::RecordCalls(records.iter().map(|&record| record.clone()).collect()));
}

fn mark(clinic: &Clinic, call: CallId, mark: MissedMark, by: &str, minutes: i64) -> Result<(), StoreError> {
    let marking = MissedMarking { call, mark, by: by.to_owned(), at: later(clinic, minutes) };
    clinic.perform(Effect::MarkMissed(marking)).map(drop)
}

/// How it stands about these calls: the state and who, or nothing of one that is no work.
fn states(clinic: &Clinic, calls: &[&CallRecord]) -> Vec<Option<(MissedState, String)>> {
    let ids: Vec<CallId> = calls.iter().map(|call| call.id).collect();
    let found = clinic.store.wait(clinic.store.missed_calls().of(&ids)).expect("read");
    ids.iter().map(|id| found.get(id).map(|row| (row.state, row.by.clone()))).collect()
}

fn state(state: MissedState, by: &str) -> Option<(MissedState, String)> {
    Some((state, by.to_owned()))
}

/// How many callers wait, and which calls of theirs stand in the list.
fn waiting(clinic: &Clinic) -> (u64, Vec<CallId>) {
    clinic.store.wait(async {
        let missed = clinic.store.missed_calls();
        let list = missed.list(20, None).await.expect("read");
        (missed.waiting().await.expect("read"), list.into_iter().map(|record| record.id).collect())
    })
}

#[test]
fn whoever_was_not_talked_with_waits_and_counts_once_however_often_they_called() {
    let mut clinic = Clinic::new();
    let (first, again, hidden) =
        (missed(&mut clinic, 0, Some(PATIENT)), missed(&mut clinic, 1, Some(PATIENT)), missed(&mut clinic, 2, None));
    let wait = |end| Queued { queue: "desk".to_owned(), since: Wall(0), millis: 9_000, end };
    let left = CallRecord { queued: vec![wait(QueueEnd::Left)], ..missed(&mut clinic, 3, Some(OTHER)) };
    // The queue calls them back; it has a list of its own.
    let kept = CallRecord { queued: vec![wait(QueueEnd::CalledBack)], ..missed(&mut clinic, 4, Some("+12025550199")) };
    let answered = taken(&mut clinic, 5, "+12025550155");
    let (ours, failed) = (back(&mut clinic, 6, "101", OTHER, false), missed(&mut clinic, 7, None));
    let all = [&first, &again, &hidden, &left, &kept, &answered, &ours, &failed];
    record(&clinic, &all);
    // What was perhaps written before a crash is written again.
    record(&clinic, &all);
    let clinic = clinic.restart();
    assert_eq!(waiting(&clinic), (4, vec![failed.id, left.id, hidden.id, again.id, first.id]));
    assert_eq!(states(&clinic, &[&kept, &answered, &ours]), [None, None, None]);
}

#[test]
fn an_answered_call_to_them_or_from_them_is_the_end_of_it() {
    let mut clinic = Clinic::new();
    let calls = [missed(&mut clinic, 0, Some(PATIENT)), missed(&mut clinic, 1, Some(PATIENT))];
    let (theirs, after) = (missed(&mut clinic, 2, Some(OTHER)), missed(&mut clinic, 30, Some(PATIENT)));
    record(&clinic, &[&calls[0], &calls[1], &theirs]);
    let unanswered = back(&mut clinic, 5, "102", PATIENT, false);
    // The clinic's fax machine calls under its own number.
    let fax = CallRecord { from: party(Some(number("+12025550198"))), ..back(&mut clinic, 6, "102", PATIENT, true) };
    record(&clinic, &[&unanswered, &fax]);
    assert_eq!(states(&clinic, &[&calls[0], &theirs]), [state(MissedState::Open, ""), state(MissedState::Open, "")]);
    let (reached, through) = (back(&mut clinic, 9, "102", PATIENT, true), taken(&mut clinic, 10, OTHER));
    record(&clinic, &[&after, &reached, &through]);
    let called_back = state(MissedState::CalledBack, "102");
    assert_eq!(
        states(&clinic, &[&calls[0], &calls[1], &theirs, &after]),
        [called_back.clone(), called_back, state(MissedState::CameThrough, ""), state(MissedState::Open, "")],
        "who called again after the talk waits again"
    );
    let found = clinic.store.wait(clinic.store.missed_calls().of(&[calls[0].id])).expect("read");
    let row = &found[&calls[0].id];
    assert_eq!((row.via, row.at), (Some(reached.id), later(&clinic, 9)));
    assert_eq!(waiting(&clinic), (1, vec![after.id]));
}

#[test]
fn two_do_not_call_the_same_patient_back_and_what_was_said_is_taken_back() {
    let mut clinic = Clinic::new();
    let (first, again) = (missed(&mut clinic, 0, Some(PATIENT)), missed(&mut clinic, 1, Some(PATIENT)));
    let other = missed(&mut clinic, 2, Some(OTHER));
    record(&clinic, &[&first, &again, &other]);
    assert_eq!(mark(&clinic, first.id, MissedMark::Take, "102", 3), Ok(()));
    assert_eq!(mark(&clinic, first.id, MissedMark::Take, "102", 3), Ok(()), "a press that is repeated");
    for one in [&first, &again] {
        assert_eq!(mark(&clinic, one.id, MissedMark::Take, "101", 4), Err(StoreError::WrongState));
    }
    // They call once more before anybody has called them.
    let impatient = missed(&mut clinic, 5, Some(PATIENT));
    record(&clinic, &[&impatient]);
    let theirs = [&first, &again, &impatient];
    assert_eq!(states(&clinic, &theirs), [0; 3].map(|_| state(MissedState::Taken, "102")));
    assert_eq!(waiting(&clinic).0, 2, "it is not done before it is done");
    assert_eq!(mark(&clinic, again.id, MissedMark::Done, "102", 6), Ok(()));
    assert_eq!(states(&clinic, &theirs), [0; 3].map(|_| state(MissedState::Marked, "102")));
    assert_eq!(mark(&clinic, again.id, MissedMark::Done, "101", 7), Err(StoreError::WrongState));
    assert_eq!(waiting(&clinic), (1, vec![other.id]));
    assert_eq!(mark(&clinic, first.id, MissedMark::Reopen, "101", 8), Ok(()));
    assert_eq!(states(&clinic, &theirs), [0; 3].map(|_| state(MissedState::Open, "")));
    let clinic = clinic.restart();
    assert_eq!(waiting(&clinic).0, 2);
    let lines = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    let words: Vec<_> = lines.iter().rev().map(|l| (l.by.as_str(), l.what.as_str(), l.subject.clone())).collect();
    assert_eq!(
        words,
        [
            ("102", "call_taken", first.id.to_string()),
            ("102", "call_done", again.id.to_string()),
            ("101", "call_reopened", first.id.to_string()),
        ]
    );
    assert_eq!(mark(&clinic, first.id, MissedMark::Reopen, "101", 9), Err(StoreError::WrongState));
    let unknown = CallId::new(Wall(5), &mut model::Random::from_u64(9));
    assert_eq!(mark(&clinic, unknown, MissedMark::Done, "101", 9), Err(StoreError::NotFound));
}

#[test]
fn who_says_done_on_a_page_that_is_old_settles_no_call_that_came_since() {
    let mut clinic = Clinic::new();
    let (seen, since) = (missed(&mut clinic, 0, Some(PATIENT)), missed(&mut clinic, 1, Some(PATIENT)));
    let hidden = [missed(&mut clinic, 2, None), missed(&mut clinic, 3, None)];
    record(&clinic, &[&seen, &since, &hidden[0], &hidden[1]]);
    assert_eq!(mark(&clinic, seen.id, MissedMark::Done, "101", 4), Ok(()));
    assert_eq!(mark(&clinic, hidden[1].id, MissedMark::Done, "101", 4), Ok(()), "nobody knows whether they are one");
    let (open, marked) = (state(MissedState::Open, ""), state(MissedState::Marked, "101"));
    assert_eq!(states(&clinic, &[&seen, &since, &hidden[0], &hidden[1]]), [marked.clone(), open.clone(), open, marked]);
}
