//! Group commit: many who wait share a transaction, and one that fails fails alone.

use std::task::{Context, Poll, Waker};

use model::fax::{Cause, FaxState};
use model::{FaxId, Pii};
use store::effect::{FaxNext, Place};
use store::{Done, Effect, Store, StoreError};
use tokio::task::JoinSet;

use crate::clinic::{Clinic, number, outcome, page, start, trace};

/// Performs all at once and gives their results in order.
fn at_once(store: &Store, effects: Vec<Effect>) -> Vec<Result<(), StoreError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for (n, effect) in effects.into_iter().enumerate() {
            let store = store.clone();
            tasks.spawn(async move { (n, store.perform(effect).await.map(|_| ())) });
        }
        let mut results = tasks.join_all().await;
        results.sort_by_key(|(n, _)| *n);
        results.into_iter().map(|(_, result)| result).collect()
    })
}

fn audit(clinic: &Clinic, n: usize) -> Effect {
    Effect::Audit { by: "101".to_owned(), what: "login".to_owned(), subject: n.to_string(), at: clinic.now }
}

#[test]
fn a_burst_costs_few_commits() {
    let clinic = Clinic::new();
    let results = at_once(&clinic.store, (0..500).map(|n| audit(&clinic, n)).collect());
    assert!(results.iter().all(Result::is_ok));
    let stats = clinic.store.stats();
    assert_eq!(stats.verbs, 500);
    assert!(stats.commits <= 100, "{} commits", stats.commits);
    let lines = clinic.store.wait(clinic.store.audit().list(500)).expect("audit");
    // In the order in which they were handed in.
    assert!(lines.iter().rev().enumerate().all(|(n, line)| line.subject == n.to_string()));
}

#[test]
fn one_that_fails_takes_nobody_with_it() {
    let mut clinic = Clinic::new();
    let fax = clinic.waiting(1);
    let mut effects = vec![audit(&clinic, 0)];
    for _ in 0..20 {
        let attempt = clinic.attempt_id();
        effects.push(start(fax, attempt, 0, clinic.now));
        effects.push(audit(&clinic, 0));
    }
    let before = clinic.store.stats();
    let results = at_once(&clinic.store, effects);
    let after = clinic.store.stats();
    assert!(after.commits - before.commits < 20, "they did not share a transaction");
    // Exactly the first of the twenty has the line; the audit lines are all there.
    let started: Vec<_> = results.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(started[0], Ok(()));
    assert!(started[1..].iter().all(|r| *r == Err(StoreError::WrongState)));
    assert!(results.iter().step_by(2).all(Result::is_ok));
    assert_eq!(clinic.store.wait(clinic.store.faxes().attempts(fax)).expect("attempts").len(), 1);
    let audits = clinic.store.wait(clinic.store.audit().list(500)).expect("audit");
    assert_eq!(audits.iter().filter(|l| l.what == "login").count(), 21);
}

/// Leaves the database this much room. A restart folds the log into the file, so that its length is what is used.
pub(crate) fn limit(clinic: Clinic, room: u64) -> Clinic {
    let clinic = clinic.restart();
    let used = std::fs::metadata(clinic.dir.path().join("store.db")).expect("the database").len();
    clinic.store.wait(clinic.store.limit_size(Some(used + room))).expect("limited");
    clinic
}

fn large_page(fax: FaxId, number: u32, clinic: &Clinic) -> Effect {
    Effect::ReceivedPage {
        fax,
        number,
        page: Pii::new(vec![7; 1 << 20]),
        bad_rows: 0,
        in_part: false,
        known: None,
        at: clinic.now,
    }
}

#[test]
fn a_full_disk_refuses_what_does_not_fit_and_nothing_else() {
    let mut clinic = Clinic::new();
    let fax = clinic.waiting(1);
    let (received, _) = clinic.receiving();
    let clinic = limit(clinic, 64 * 1024);
    let mixed = vec![
        audit(&clinic, 1),
        large_page(received, 0, &clinic),
        audit(&clinic, 2),
        Effect::FaxViewed { fax, by: "101".to_owned(), shown: None, at: clinic.now },
    ];
    let results = at_once(&clinic.store, mixed);
    assert_eq!(results, [Ok(()), Err(StoreError::Full), Ok(()), Ok(())]);
    clinic.refuses(large_page(received, 0, &clinic), &StoreError::Full);
    let faxes = clinic.store.faxes();
    assert!(clinic.store.wait(faxes.page(received, 0)).expect("read").is_none());
    assert_eq!(clinic.store.wait(faxes.get(received)).expect("read").map(|row| row.pages), Some(0));
    assert!(clinic.store.wait(faxes.page(fax, 0)).expect("page") == Some(page(0)));

    clinic.store.wait(clinic.store.limit_size(None)).expect("room again");
    clinic.does(large_page(received, 0, &clinic));
    assert!(clinic.store.wait(faxes.page(received, 0)).expect("read").is_some());
    drop(faxes);
    let clinic = clinic.restart();
    let check = clinic.store.wait(clinic.store.audit().verify()).expect("verified");
    assert!(matches!(check, store::AuditCheck::Intact { .. }));
}

#[test]
fn what_is_new_is_refused_while_what_was_begun_can_still_end() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.sending(20);
    let (received, reception) = clinic.receiving();
    // The reserve is a twentieth of so small a database: some 75 KiB. This leaves less, and more than the ends need.
    let mut clinic = limit(clinic, 40 * 1024);
    let (order, mail) = (clinic.order(), clinic.mail(0));
    clinic.refuses(Effect::AcceptFax(Box::new(order.clone())), &StoreError::Full);
    clinic.refuses(Effect::AcceptMail(Box::new(mail)), &StoreError::Full);
    let (other, other_attempt) = (clinic.fax_id(), clinic.attempt_id());
    let to = number("+12025550199");
    let begin = Effect::BeginReceived {
        fax: other,
        attempt: other_attempt,
        from: None,
        to,
        line: String::new(),
        at: clinic.now,
    };
    clinic.refuses(begin, &StoreError::Full);

    let at = clinic.now;
    clinic.does(Effect::AttemptProgress { attempt, pages_confirmed: 20, last_page_begun: true });
    let (outcome, trace) = (outcome(Cause::Delivered, 20), trace(at));
    let next = FaxNext::Final(FaxState::Sent);
    clinic.does(Effect::FinishAttempt {
        fax,
        attempt,
        outcome: outcome.clone(),
        next,
        lesson: Box::default(),
        trace: trace.clone(),
        at,
    });
    let page = Pii::new(vec![7; 4000]);
    clinic.does(Effect::ReceivedPage { fax: received, number: 0, page, bad_rows: 0, in_part: false, known: None, at });
    let state = FaxState::Received;
    clinic.does(Effect::FinishReceived {
        fax: received,
        attempt: reception,
        outcome,
        state,
        place: Place::default(),
        trace,
        at,
    });

    clinic.store.wait(clinic.store.limit_size(None)).expect("room again");
    clinic.does(Effect::AcceptFax(Box::new(order)));
}

#[test]
fn effects_happen_in_the_order_in_which_they_were_first_polled() {
    let clinic = Clinic::new();
    let mut context = Context::from_waker(Waker::noop());
    let mut waiting = Vec::new();
    for n in 0..300 {
        let mut effect = Box::pin(clinic.store.perform(audit(&clinic, n)));
        match effect.as_mut().poll(&mut context) {
            Poll::Pending => waiting.push(effect),
            // The writer was so fast, or we so slow.
            Poll::Ready(done) => drop(done.expect("done")),
        }
    }
    // However their answers are waited for.
    for effect in waiting.into_iter().rev() {
        clinic.store.wait(effect).expect("done");
    }
    let lines = clinic.store.wait(clinic.store.audit().list(500)).expect("audit");
    assert!(lines.iter().rev().enumerate().all(|(n, line)| line.subject == n.to_string()));
}

#[test]
fn a_reader_that_is_given_up_half_way_is_not_lost_and_reads_nothing_old() {
    let mut clinic = Clinic::new();
    let fax = clinic.waiting(3);
    let mut context = Context::from_waker(Waker::noop());
    for polls in 1..40 {
        let mut read = Box::pin(clinic.store.perform(Effect::LoadPages { fax }));
        for _ in 0..polls {
            if read.as_mut().poll(&mut context).is_ready() {
                break;
            }
            std::thread::yield_now();
        }
    }
    clinic.looks(fax, "101");
    let attempt = clinic.attempt_id();
    clinic.does(start(fax, attempt, 0, clinic.now));
    for _ in 0..8 {
        let Done::Fax(Some(row)) = clinic.does(Effect::LoadFax { fax }) else { panic!("no row") };
        assert_eq!(row.state, FaxState::Sending);
    }
}
