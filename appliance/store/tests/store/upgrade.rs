//! A folder of an earlier release. `fixtures/schema-0004` was made by the program of that schema, with the root key and the small clinic of
//! `clinic.rs`: a mail whose fax was accepted and not yet rendered, a fax that waits, one that failed, and one that broke off while it came in.
//! `fixtures/schema-0077` has some of each kind: [`furnish`] made it.

use std::fs;
use std::path::Path;

use expect_test::expect;
use model::FaxId;
use model::call::CallRecord;
use model::fax::{Cause, Direction, FaxState};
use store::effect::{Decision, Effect, FaxNext};
use store::rows::{CallFilter, FaxFilter, FaxRow};
use store::{AuditCheck, Done};

use crate::clinic::{Clinic, open, outcome, page, start, trace};
use crate::{messages, offered, people, recordings, voicemails};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/schema-0004");
const FURNISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/schema-0077");

fn copy_of(fixture: &str) -> Clinic {
    let fresh = Clinic::new();
    let Clinic { dir, store, random, now } = fresh;
    drop(store);
    for file in fs::read_dir(dir.path()).expect("the folder") {
        fs::remove_file(file.expect("a file").path()).expect("removed");
    }
    for name in ["keys.json", "store.db"] {
        fs::copy(Path::new(fixture).join(name), dir.path().join(name)).expect("copied");
    }
    let store = open(dir.path()).expect("an earlier store opens");
    // A day later: nothing new is older than what is there.
    let now = model::Wall(now.millis() + 86_400_000);
    Clinic { dir, store, random, now }
}

fn faxes(clinic: &Clinic) -> Vec<FaxRow> {
    clinic.store.wait(clinic.store.faxes().list(FaxFilter::default(), 100, None)).expect("list")
}

fn row<'a>(rows: &'a [FaxRow], id: &str) -> &'a FaxRow {
    let id: FaxId = id.parse().expect("an identity");
    rows.iter().find(|row| row.id == id).expect("the fax is there")
}

#[test]
fn what_an_earlier_release_accepted_is_there_and_goes_on() {
    let mut clinic = copy_of(FIXTURE);
    for _ in 0..2 {
        let rows = faxes(&clinic);
        assert_eq!(rows.len(), 4, "{rows:?}");
        let waiting = row(&rows, "01M7WM91H0EHAFCV92R629A59V");
        assert_eq!((waiting.state, waiting.pages), (FaxState::Waiting, 1));
        assert_eq!(waiting.subject.expose(), "Referral for Adalbert Quux");
        let stored = clinic.store.wait(clinic.store.faxes().pages(waiting.id)).expect("pages");
        assert_eq!(stored.iter().map(|p| p.expose().clone()).collect::<Vec<_>>(), [page(0).into_inner()]);
        let failed = row(&rows, "01M7WMCPQ0SZPBAR6DCVZNDJY7");
        assert_eq!((failed.state, failed.attempts), (FaxState::Failed, 1));
        let received = row(&rows, "01M7WMM130G330ZVW9CNMNDH6W");
        assert_eq!((received.direction, received.pages), (Direction::In, 1));
        assert!(matches!(clinic.store.wait(clinic.store.audit().verify()), Ok(AuditCheck::Intact { .. })));
        clinic = clinic.restart();
    }
    let attempt = clinic.attempt_id();
    let waiting = row(&faxes(&clinic), "01M7WM91H0EHAFCV92R629A59V").id;
    clinic.does(start(waiting, attempt, 0, clinic.now));
    assert_eq!(row(&faxes(&clinic), "01M7WM91H0EHAFCV92R629A59V").state, FaxState::Sending);
    // New kinds of keys and tables are there as well.
    let order = clinic.order();
    clinic.does(Effect::AcceptFax(Box::new(order)));
    assert_eq!(faxes(&clinic).len(), 5);
}

/// Some of each kind of what a clinic keeps.
fn furnish(clinic: &mut Clinic) {
    let ends = [
        (Cause::Delivered, FaxState::Sent),
        (Cause::Unconfirmed, FaxState::Uncertain),
        (Cause::Unconfirmed, FaxState::Uncertain),
        (Cause::Busy, FaxState::Failed),
    ];
    for (n, (cause, state)) in ends.into_iter().enumerate() {
        let (fax, attempt) = clinic.sending(2);
        let pages = if state == FaxState::Sent { 2 } else { 1 };
        let at = clinic.now;
        let (outcome, next, trace) = (outcome(cause, pages), FaxNext::Final(state), trace(at));
        clinic.does(Effect::FinishAttempt { fax, attempt, outcome, next, lesson: Box::default(), trace, at });
        if n == 1 {
            let by = "103".to_owned();
            clinic.does(Effect::DecideFax { fax, by, decision: Decision::Arrived, at: clinic.now });
        }
    }
    clinic.waiting(1);
    clinic.receiving();
    offered::laid(clinic, true);
    voicemails::left(clinic, "101");
    let (_, call) = recordings::taken(clinic, 30);
    let record = people::call(clinic, clinic.now, true);
    clinic.does(Effect::RecordCalls([CallRecord { id: call, ..record }].into()));
    let (ladders, turned_away) = (vec![(call, messages::ladder(clinic.now, b"INVITE"))], Vec::new());
    clinic.does(Effect::RecordMessages { ladders, turned_away, at: clinic.now });
    clinic.does(Effect::RecordAlert { id: 7, sentence: "Extension 101 called 911".into(), help: None, at: clinic.now });
}

/// What is there of it, in words.
fn furniture(clinic: &Clinic) -> String {
    let mut lines = Vec::new();
    for fax in faxes(clinic) {
        let pages = clinic.store.wait(clinic.store.faxes().pages(fax.id)).expect("pages");
        let whole = pages.iter().enumerate().all(|(n, stored)| *stored == page(n));
        lines.push(format!(
            "{} {}: {} of {} confirmed, {} pages kept {}",
            if fax.direction == Direction::Out { "out" } else { "in" },
            fax.state.word(),
            fax.pages_confirmed,
            fax.pages,
            pages.len(),
            if whole { "as they were" } else { "and changed" },
        ));
    }
    clinic.store.wait(async {
        for message in clinic.store.voicemails().list("101").await.expect("messages") {
            let sound = clinic.store.voicemails().sound("101", message.id).await.expect("read").expect("a sound");
            lines.push(format!("message: {} of {} ms", message.state.word(), sound.expose().millis()));
        }
        let by_number = CallFilter { search: Some("(202) 555-0144".to_owned()), ..CallFilter::default() };
        for call in clinic.store.calls().list(&by_number, 9, None).await.expect("calls") {
            let recording = clinic.store.recordings().of_call(call.id).await.expect("read").expect("a recording");
            let ladder = clinic.store.calls().ladder(call.id).await.expect("read").expect("a ladder");
            lines.push(format!("call: recorded {} ms, {} messages", recording.millis, ladder.messages.len()));
        }
    });
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("work") };
    lines.push(format!("{} laid out, {} on the way", work.offers.len(), work.open_attempts.len()));
    lines.extend(work.alerts.iter().map(|alert| format!("alert {}: {}", alert.id, alert.sentence.expose())));
    let mails = work.outbox.len();
    lines.push(format!("{mails} facts to tell"));
    assert!(matches!(clinic.store.wait(clinic.store.audit().verify()), Ok(AuditCheck::Intact { .. })));
    lines.join("\n")
}

#[test]
fn each_kind_of_what_a_release_kept_is_there_after_the_next() {
    let expected = expect![[r#"
        out offered: 0 of 2 confirmed, 2 pages kept as they were
        in receiving: 0 of 0 confirmed, 0 pages kept as they were
        out waiting: 0 of 1 confirmed, 1 pages kept as they were
        out failed: 1 of 2 confirmed, 2 pages kept as they were
        out uncertain: 1 of 2 confirmed, 2 pages kept as they were
        out sent: 1 of 2 confirmed, 2 pages kept as they were
        out sent: 2 of 2 confirmed, 2 pages kept as they were
        message: new of 2000 ms
        call: recorded 2000 ms, 1 messages
        1 laid out, 1 on the way
        alert 7: Extension 101 called 911
        5 facts to tell"#]];
    let mut fresh = Clinic::new();
    furnish(&mut fresh);
    // The next fixture is made so: FRONTDESK_FIXTURE names the folder that gets it.
    expected.assert_eq(&furniture(&fresh));
    let mut fresh = fresh.restart();
    expected.assert_eq(&furniture(&fresh));
    if let Some(folder) = std::env::var_os("FRONTDESK_FIXTURE") {
        fresh = fresh.restart();
        for name in ["keys.json", "store.db"] {
            fs::copy(fresh.dir.path().join(name), Path::new(&folder).join(name)).expect("copied");
        }
    }
    let mut earlier = copy_of(FURNISHED);
    for _ in 0..2 {
        expected.assert_eq(&furniture(&earlier));
        earlier = earlier.restart();
    }
}
