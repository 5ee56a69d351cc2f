//! An outgoing fax, from its acceptance to its end.

use model::fax::{Cause, Delivery, Direction, Door, FaxState, Retention};
use model::sending::{Manner, OrderKey, Priority, Profile};
use model::{FaxId, Pii, Wall};
use store::effect::{Decision, FaxNext, Lesson, OpenAttempt, Work};
use store::rows::{Fact, FaxFilter, FaxRow};
use store::{Done, Effect, StoreError};

use crate::clinic::{Clinic, document, number, outcome, page, start, trace};

fn row(clinic: &Clinic, fax: FaxId) -> FaxRow {
    let Done::Fax(Some(row)) = clinic.does(Effect::LoadFax { fax }) else { panic!("no row") };
    *row
}

fn state(clinic: &Clinic, fax: FaxId) -> FaxState {
    row(clinic, fax).state
}

fn work(clinic: &Clinic) -> Work {
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    *work
}

fn decide(fax: FaxId, decision: Decision, at: Wall) -> Effect {
    Effect::DecideFax { fax, by: "103".to_owned(), decision, at }
}

#[test]
fn an_accepted_fax_is_all_there_after_a_restart_and_not_doubled_by_a_repetition() {
    let mut clinic = Clinic::new();
    let order = clinic.order();
    let fax = order.id;
    clinic.does(Effect::AcceptFax(Box::new(order.clone())));
    clinic.does(Effect::AcceptFax(Box::new(order)));
    let clinic = clinic.restart();
    let expected = FaxRow {
        id: fax,
        direction: Direction::Out,
        door: Some(Door::Mail),
        state: FaxState::Rendering,
        number: Some(number("+12025550101")),
        our_number: None,
        subject: Pii::from("Referral for Adalbert Quux"),
        by: Some("102".to_owned()),
        owner: Some("102".to_owned()),
        created: clinic.now,
        changed: clinic.now,
        pages: 0,
        pages_confirmed: 0,
        attempts: 0,
        next_at: None,
        cause: None,
        reason: None,
        left_out: Pii::from("logo.png"),
        remote_ident: Pii::default(),
        delivery: Delivery::None,
        unwritten: false,
        receipt_to: Some(Pii::from("nurse@clinic.demo")),
        mail: None,
        retention: Retention::Clinical,
        keep_until: Retention::Clinical.until(clinic.now),
        priority: Priority::Normal,
        not_before: None,
        cover: false,
        inside: model::Inside::default(),
        said: model::Said::default(),
        manner: None,
        twin: None,
        folder: None,
        junk: false,
        done: None,
        legal_hold: false,
        fetch: false,
        fetched_by: None,
        offer: None,
        given_of: None,
    };
    assert!(row(&clinic, fax) == expected);
    let Done::Documents(documents) = clinic.does(Effect::LoadDocuments { fax }) else { panic!("no documents") };
    let given = [document("referral.pdf", b"%PDF-1.7 first"), document("lab.pdf", b"%PDF-1.7 second")];
    assert!(documents == given);
    assert_eq!(clinic.store.wait(clinic.store.audit().list(10)).expect("audit").len(), 1);
}

#[test]
fn pages_come_back_in_order_whole_and_singly() {
    let mut clinic = Clinic::new();
    let fax = clinic.waiting(3);
    let Done::Pages(pages) = clinic.does(Effect::LoadPages { fax }) else { panic!("no pages") };
    assert!(pages == [page(0), page(1), page(2)]);
    let faxes = clinic.store.faxes();
    assert!(clinic.store.wait(faxes.page(fax, 2)).expect("page") == Some(page(2)));
    assert!(clinic.store.wait(faxes.page(fax, 3)).expect("no page").is_none());
    let row = row(&clinic, fax);
    assert_eq!((row.state, row.pages, row.next_at), (FaxState::Waiting, 3, Some(clinic.now)));
}

#[test]
fn a_fax_that_cannot_be_rendered_fails_with_its_reason() {
    let mut clinic = Clinic::new();
    let order = clinic.order();
    let fax = order.id;
    clinic.does(Effect::AcceptFax(Box::new(order)));
    clinic.refuses(
        Effect::FaxRendered { fax, pages: Vec::new(), twins_since: None, at: clinic.now },
        &StoreError::WrongState,
    );
    let unrenderable = Effect::FaxUnrenderable { fax, reason: Pii::from("lab.pdf is locked"), at: clinic.now };
    let Done::Outboxed(entry) = clinic.does(unrenderable.clone()) else { panic!("no entry") };
    assert_eq!(entry.fact, Fact::FaxEnded(fax));
    clinic.refuses(unrenderable, &StoreError::WrongState);
    assert!(row(&clinic, fax).reason == Some(Pii::from("lab.pdf is locked")));
    // It has no pages, so it cannot be sent again.
    clinic.refuses(decide(fax, Decision::Again, clinic.now), &StoreError::WrongState);
}

#[test]
fn only_one_attempt_is_open_and_each_ends_once() {
    let mut clinic = Clinic::new();
    let fax = clinic.waiting(3);
    let (first, second) = (clinic.attempt_id(), clinic.attempt_id());
    clinic.does(start(fax, first, 0, clinic.now));
    clinic.refuses(start(fax, second, 0, clinic.now), &StoreError::WrongState);
    clinic.refuses(decide(fax, Decision::Cancel, clinic.now), &StoreError::WrongState);

    let at = clinic.tick();
    let again = Wall(at.millis() + 300_000);
    let finish = |next| Effect::FinishAttempt {
        fax,
        attempt: first,
        outcome: outcome(Cause::Dropped, 1),
        next,
        lesson: Box::default(),
        trace: trace(at),
        at,
    };
    // Not an end of an outgoing fax; nothing of it may remain.
    clinic.refuses(finish(FaxNext::Final(FaxState::Received)), &StoreError::WrongState);
    assert_eq!(work(&clinic).open_attempts.len(), 1);
    assert!(matches!(clinic.does(finish(FaxNext::Retry { at: again })), Done::Ok));
    clinic.refuses(finish(FaxNext::Retry { at: again }), &StoreError::WrongState);

    let waiting = row(&clinic, fax);
    assert_eq!((waiting.state, waiting.next_at, waiting.pages_confirmed), (FaxState::Waiting, Some(again), 1));
    assert_eq!((waiting.attempts, waiting.cause), (1, Some(Cause::Dropped)));
    // The same identity cannot dial twice.
    clinic.refuses(start(fax, first, 1, at), &StoreError::WrongState);
    clinic.does(start(fax, second, 1, at));
    let sent = Effect::FinishAttempt {
        fax,
        attempt: second,
        outcome: outcome(Cause::Delivered, 2),
        next: FaxNext::Final(FaxState::Sent),
        lesson: Box::default(),
        trace: trace(at),
        at,
    };
    let Done::Outboxed(entry) = clinic.does(sent.clone()) else { panic!("no entry") };
    assert_eq!(entry.fact, Fact::FaxEnded(fax));
    clinic.refuses(sent, &StoreError::WrongState);
    let row = row(&clinic, fax);
    assert_eq!((row.state, row.pages_confirmed, row.attempts), (FaxState::Sent, 3, 2));
    assert!(row.remote_ident == Pii::from("QUUX CLINIC"));

    let Done::Attempts(attempts) = clinic.does(Effect::LoadAttempts { fax }) else { panic!("no attempts") };
    let seen: Vec<_> = attempts.iter().map(|a| (a.id, a.number, a.first_page, a.ended)).collect();
    assert_eq!(seen, [(first, 1, 0, Some(at)), (second, 2, 1, Some(at))]);
    assert!(attempts[1].outcome == Some(outcome(Cause::Delivered, 2)) && attempts[1].trace == trace(at));
}

#[test]
fn an_attempt_of_another_fax_is_not_ours_to_end() {
    let mut clinic = Clinic::new();
    let (one, _) = clinic.sending(1);
    let (_, attempt_of_two) = clinic.sending(1);
    let finish = Effect::FinishAttempt {
        fax: one,
        attempt: attempt_of_two,
        outcome: outcome(Cause::Delivered, 1),
        next: FaxNext::Final(FaxState::Sent),
        lesson: Box::default(),
        trace: trace(clinic.now),
        at: clinic.now,
    };
    clinic.refuses(finish, &StoreError::WrongState);
    assert_eq!(work(&clinic).open_attempts.len(), 2);
}

#[test]
fn after_a_restart_an_open_attempt_tells_how_far_it_came() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.sending(3);
    clinic.does(Effect::AttemptProgress { attempt, pages_confirmed: 2, last_page_begun: true });
    // A report that comes late takes nothing back.
    clinic.does(Effect::AttemptProgress { attempt, pages_confirmed: 1, last_page_begun: false });
    clinic.does(Effect::RecallOnLine { fax, by: "102".to_owned(), at: clinic.now });
    let clinic = clinic.restart();
    let work = work(&clinic);
    assert_eq!(
        work.open_attempts,
        [OpenAttempt { attempt, fax, pages_confirmed: 2, recalled: true, last_page_begun: true }]
    );
    assert_eq!((work.faxes.len(), work.faxes[0].state, work.faxes[0].pages_confirmed), (1, FaxState::Sending, 2));
    let end = Effect::FinishAttempt {
        fax,
        attempt,
        outcome: outcome(Cause::Unconfirmed, 2),
        next: FaxNext::Final(FaxState::Uncertain),
        lesson: Box::default(),
        trace: trace(clinic.now),
        at: clinic.now,
    };
    clinic.does(end);
    let progress = Effect::AttemptProgress { attempt, pages_confirmed: 3, last_page_begun: true };
    clinic.refuses(progress, &StoreError::WrongState);
    let after = self::work(&clinic);
    assert_eq!((after.faxes.len(), after.open_attempts.len(), after.outbox.len()), (0, 0, 1));
}

#[test]
fn people_decide_only_what_the_state_allows() {
    use Decision::{Again, Arrived, Cancel, Take};
    use FaxState::{Cancelled, Failed, Rendering, Sending, Sent, Uncertain, Waiting};
    let allowed = [
        (Rendering, Take, Some(Rendering)),
        (Rendering, Arrived, None),
        (Rendering, Again, None),
        (Rendering, Cancel, Some(Cancelled)),
        (Waiting, Arrived, None),
        (Waiting, Again, None),
        (Waiting, Cancel, Some(Cancelled)),
        (Sending, Arrived, None),
        (Sending, Again, None),
        (Sending, Cancel, None),
        (Sent, Arrived, None),
        (Sent, Again, None),
        (Sent, Cancel, None),
        (Failed, Arrived, None),
        (Failed, Again, Some(Waiting)),
        (Failed, Cancel, None),
        (Uncertain, Arrived, Some(Sent)),
        (Uncertain, Again, Some(Waiting)),
        (Uncertain, Cancel, None),
        (Uncertain, Take, Some(Uncertain)),
        (Cancelled, Again, None),
        (Cancelled, Arrived, None),
        (Cancelled, Cancel, None),
    ];
    let mut clinic = Clinic::new();
    for (from, decision, to) in allowed {
        let fax = in_state(&mut clinic, from);
        let at = clinic.tick();
        match to {
            Some(to) => {
                clinic.does(decide(fax, decision, at));
                assert_eq!(state(&clinic, fax), to, "{from:?} {decision:?}");
            }
            None => {
                clinic.refuses(decide(fax, decision, at), &StoreError::WrongState);
                assert_eq!(state(&clinic, fax), from, "{from:?} {decision:?}");
            }
        }
    }
    let unknown = clinic.fax_id();
    clinic.refuses(decide(unknown, Take, clinic.now), &StoreError::NotFound);
}

#[test]
fn who_says_that_it_arrived_stands_with_the_fax() {
    let mut clinic = Clinic::new();
    let fax = in_state(&mut clinic, FaxState::Uncertain);
    assert!(!row(&clinic, fax).is_arrived_by_word());
    let at = clinic.tick();
    clinic.does(decide(fax, Decision::Arrived, at));
    let clinic = clinic.restart();
    let row = row(&clinic, fax);
    assert_eq!((row.done.clone(), row.pages_confirmed), (Some(("103".to_owned(), at)), 1));
    assert!(row.is_arrived_by_word() && !row.is_confirmed());
}

#[test]
fn a_line_that_drops_after_the_last_confirmation_takes_nothing_back() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.sending(2);
    clinic.does(Effect::FinishAttempt {
        fax,
        attempt,
        outcome: outcome(Cause::Dropped, 2),
        next: FaxNext::Final(FaxState::Sent),
        lesson: Box::default(),
        trace: trace(clinic.now),
        at: clinic.now,
    });
    let row = row(&clinic, fax);
    assert!(row.is_confirmed());
    assert_eq!(row.sentence(), Some("Every page was confirmed by their machine."));
}

#[test]
fn sent_again_it_begins_at_the_first_unconfirmed_page_with_fresh_attempts() {
    let mut clinic = Clinic::new();
    let fax = in_state(&mut clinic, FaxState::Uncertain);
    let at = clinic.tick();
    clinic.does(decide(fax, Decision::Again, at));
    let row = row(&clinic, fax);
    assert_eq!((row.attempts, row.pages_confirmed, row.next_at), (0, 1, Some(at)));
    let attempt = clinic.attempt_id();
    clinic.does(start(fax, attempt, 1, at));
    let attempts = clinic.store.wait(clinic.store.faxes().attempts(fax)).expect("attempts");
    assert_eq!(attempts.iter().map(|a| a.number).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn lists_show_what_waits_for_a_person_and_what_was_looked_for() {
    let mut clinic = Clinic::new();
    let failed = in_state(&mut clinic, FaxState::Failed);
    let uncertain = in_state(&mut clinic, FaxState::Uncertain);
    let sent = in_state(&mut clinic, FaxState::Sent);
    let list = |clinic: &Clinic, filter: FaxFilter, limit, before| -> Vec<FaxId> {
        let rows = clinic.store.wait(clinic.store.faxes().list(filter, limit, before)).expect("list");
        rows.into_iter().map(|row| row.id).collect()
    };
    let needs = FaxFilter { needs_person: true, ..FaxFilter::default() };
    assert_eq!(list(&clinic, needs.clone(), 10, None), [uncertain, failed]);
    assert_eq!(clinic.store.wait(clinic.store.faxes().counts()).expect("counts").needs_person_out, 2);
    clinic.looks(failed, "103");
    clinic.looks(uncertain, "103");
    // Looking is enough for a failure, which has its receipt; what is uncertain needs a decision.
    assert_eq!(list(&clinic, needs, 10, None), [uncertain]);

    assert_eq!(list(&clinic, FaxFilter::default(), 2, None), [sent, uncertain]);
    assert_eq!(list(&clinic, FaxFilter::default(), 2, Some(uncertain)), [failed]);
    let inward = FaxFilter { direction: Some(Direction::In), ..FaxFilter::default() };
    assert_eq!(list(&clinic, inward, 10, None), []);
    for (text, found) in
        [("adalbert", 3), ("(202) 555-0101", 3), ("555 0102", 0), ("QUUX CLIN", 3), ("%", 0), ("_", 0), ("102", 3)]
    {
        let filter = FaxFilter { search: Some(text.to_owned()), ..FaxFilter::default() };
        assert_eq!(list(&clinic, filter, 10, None).len(), found, "{text}");
    }
    let of = |named: &str| {
        let named = vec![named.to_owned()];
        list(&clinic, FaxFilter { search: Some("nobody’s".to_owned()), named, ..FaxFilter::default() }, 10, None).len()
    };
    assert_eq!((of("102"), of("10")), (3, 0), "who is named is one user, whole");
}

#[test]
fn what_is_not_there_is_said_so() {
    let mut clinic = Clinic::new();
    let (fax, attempt, at) = (clinic.fax_id(), clinic.attempt_id(), clinic.now);
    for effect in [
        Effect::FaxRendered { fax, pages: vec![page(0)], twins_since: None, at },
        Effect::FaxUnrenderable { fax, reason: Pii::from("no"), at },
        start(fax, attempt, 0, at),
        Effect::AttemptProgress { attempt, pages_confirmed: 1, last_page_begun: false },
        Effect::FaxViewed { fax, by: "103".to_owned(), shown: None, at },
        Effect::SetDelivery { fax, delivery: Delivery::Queued },
        Effect::ReceivedPage { fax, number: 0, page: page(0), bad_rows: 0, in_part: false, known: None, at },
    ] {
        clinic.refuses(effect, &StoreError::NotFound);
    }
    assert!(matches!(clinic.does(Effect::LoadFax { fax }), Done::Fax(None)));
}

#[test]
fn a_fax_that_goes_on_leaves_its_trace_at_the_one_that_came() {
    let mut clinic = Clinic::new();
    let source = clinic.order().id;
    let order = store::effect::NewFax { forwards: Some(source), ..clinic.order() };
    let (new, by) = (order.id, order.by.clone());
    clinic.does(Effect::AcceptFax(Box::new(order.clone())));
    clinic.does(Effect::AcceptFax(Box::new(order)));
    let lines = clinic.store.wait(clinic.store.audit().list(500)).expect("audit");
    let forwarded: Vec<_> = lines.iter().filter(|line| line.what == "fax_forwarded").collect();
    assert_eq!(forwarded.len(), 1, "once: {forwarded:?}");
    assert_eq!((&forwarded[0].by, &forwarded[0].subject), (&by, &format!("{source} as {new}")));
}

#[test]
fn whoever_ordered_a_fax_is_told_of_an_end_that_another_gave_it() {
    let mut clinic = Clinic::new();
    let mut ends = |from, decision, by: &str, receipt| {
        let fax = if receipt {
            in_state(&mut clinic, from)
        } else {
            let order = store::effect::NewFax { receipt_to: None, ..clinic.order() };
            let fax = order.id;
            clinic.does(Effect::AcceptFax(Box::new(order)));
            fax
        };
        let done = clinic.does(Effect::DecideFax { fax, by: by.to_owned(), decision, at: clinic.now });
        matches!(done, Done::Outboxed(entry) if entry.fact == Fact::FaxEnded(fax))
    };
    for (from, decision) in [
        (FaxState::Rendering, Decision::Cancel),
        (FaxState::Waiting, Decision::Cancel),
        (FaxState::Uncertain, Decision::Arrived),
    ] {
        assert!(ends(from, decision, "103", true), "{from:?}");
        assert!(!ends(from, decision, "102", true), "{from:?}: whoever ends a fax of their own knows it");
    }
    assert!(!ends(FaxState::Uncertain, Decision::Again, "103", true), "it goes on");
    assert!(!ends(FaxState::Rendering, Decision::Cancel, "103", false), "nobody waits for word of it");
}

/// A fax of two pages that came to this state; beyond `Sending`, with its first page confirmed.
fn in_state(clinic: &mut Clinic, state: FaxState) -> FaxId {
    if state == FaxState::Rendering {
        let order = clinic.order();
        let fax = order.id;
        clinic.does(Effect::AcceptFax(Box::new(order)));
        return fax;
    }
    if state == FaxState::Waiting {
        return clinic.waiting(2);
    }
    if state == FaxState::Cancelled {
        let fax = clinic.waiting(2);
        clinic.does(decide(fax, Decision::Cancel, clinic.now));
        return fax;
    }
    let (fax, attempt) = clinic.sending(2);
    if state != FaxState::Sending {
        clinic.does(Effect::FinishAttempt {
            fax,
            attempt,
            outcome: outcome(Cause::Unconfirmed, 1),
            next: FaxNext::Final(state),
            lesson: Box::default(),
            trace: trace(clinic.now),
            at: clinic.now,
        });
    }
    fax
}

/// A rendered fax to the usual number: what its pages are, whether a cover stands before them, how far back a twin counts.
fn rendered(clinic: &mut Clinic, pages: &[usize], cover: bool, since: Option<Wall>) -> (FaxId, Done) {
    ordered_with(clinic, pages, cover.then_some([1; 32]), since)
}

/// The same with a cover that says this.
fn ordered_with(clinic: &mut Clinic, pages: &[usize], cover: Option<[u8; 32]>, since: Option<Wall>) -> (FaxId, Done) {
    let mut order = clinic.order();
    order.wish.cover = cover;
    let fax = order.id;
    clinic.does(Effect::AcceptFax(Box::new(order)));
    let at = clinic.tick();
    let pages = pages.iter().map(|n| page(*n)).collect();
    let done = clinic.does(Effect::FaxRendered { fax, pages, twins_since: since, at });
    (fax, done)
}

#[test]
fn the_same_pages_to_the_same_number_wait_for_a_person() {
    let mut clinic = Clinic::new();
    let long_ago = Some(Wall(0));
    let (first, _) = rendered(&mut clinic, &[9, 1, 2], true, long_ago);
    // Another time of day on the cover is the same fax; without a cover the pages are others.
    let (twin, held) = rendered(&mut clinic, &[8, 1, 2], true, long_ago);
    let Done::Outboxed(entry) = held else { panic!("nobody is told") };
    assert_eq!(entry.fact, Fact::FaxEnded(twin));
    let held = row(&clinic, twin);
    assert_eq!((held.state, held.twin, held.pages, held.next_at), (FaxState::Held, Some(first), 3, None));
    let counts = clinic.store.wait(clinic.store.faxes().counts()).expect("counts");
    assert_eq!(counts.needs_person_out, 1);
    for (pages, cover, since) in
        [(&[8, 1, 2][..], false, long_ago), (&[9, 1, 3], true, long_ago), (&[7, 1, 2], true, None)]
    {
        let (other, _) = rendered(&mut clinic, pages, cover, since);
        assert_eq!(row(&clinic, other).state, FaxState::Waiting, "{pages:?}");
        clinic.does(decide(other, Decision::Cancel, clinic.now));
    }
    // A person lets it go, or takes it back; what was taken back holds nothing up.
    let clinic_now = clinic.now;
    clinic.does(decide(twin, Decision::Again, clinic_now));
    assert_eq!(row(&clinic, twin).state, FaxState::Waiting);
    clinic.does(decide(twin, Decision::Cancel, clinic_now));
    clinic.does(decide(first, Decision::Cancel, clinic_now));
    let (last, _) = rendered(&mut clinic, &[7, 1, 2], true, long_ago);
    assert_eq!(row(&clinic, last).state, FaxState::Waiting);
}

/// Ordered for Monday, and ordered again on Sunday: the first has not gone yet, and both would.
#[test]
fn a_fax_that_still_waits_is_a_twin_however_long_ago_it_was_ordered() {
    let mut clinic = Clinic::new();
    let an_hour = std::time::Duration::from_secs(3600);
    let (first, attempt) = clinic.sending(2);
    let later = |clinic: &mut Clinic| {
        clinic.now = clinic.now + 2 * an_hour;
        let since = Some(clinic.now.before(an_hour));
        let (fax, _) = rendered(clinic, &[0, 1], false, since);
        row(clinic, fax)
    };
    let on_the_line = later(&mut clinic);
    assert_eq!((on_the_line.state, on_the_line.twin), (FaxState::Held, Some(first)));
    let finish = |next, at| Effect::FinishAttempt {
        fax: first,
        attempt,
        outcome: outcome(Cause::Busy, 0),
        next,
        lesson: Box::default(),
        trace: trace(at),
        at,
    };
    clinic.does(finish(FaxNext::Retry { at: clinic.now + 48 * an_hour }, clinic.now));
    let waits = later(&mut clinic);
    assert_eq!((waits.state, waits.twin), (FaxState::Held, Some(first)), "one that is to go, before one that is held");
    clinic.does(decide(first, Decision::Cancel, clinic.now));
    let held = later(&mut clinic);
    assert_eq!((held.state, held.twin), (FaxState::Held, Some(waits.id)), "a person may still let it go");
    for fax in [on_the_line.id, waits.id, held.id] {
        clinic.does(decide(fax, Decision::Cancel, clinic.now));
    }
    assert_eq!(later(&mut clinic).state, FaxState::Waiting);
}

#[test]
fn a_fax_that_has_gone_is_a_twin_for_a_while_after_its_end() {
    let mut clinic = Clinic::new();
    let an_hour = std::time::Duration::from_secs(3600);
    let (first, attempt) = clinic.sending(2);
    clinic.now = clinic.now + 5 * an_hour;
    clinic.does(Effect::FinishAttempt {
        fax: first,
        attempt,
        outcome: outcome(Cause::Delivered, 2),
        next: FaxNext::Final(FaxState::Sent),
        lesson: Box::default(),
        trace: trace(clinic.now),
        at: clinic.now,
    });
    let since = Some(clinic.now.before(an_hour));
    let (soon, _) = rendered(&mut clinic, &[0, 1], false, since);
    assert_eq!((state(&clinic, soon), row(&clinic, soon).twin), (FaxState::Held, Some(first)));
    clinic.does(decide(soon, Decision::Cancel, clinic.now));
    clinic.now = clinic.now + 2 * an_hour;
    let since = Some(clinic.now.before(an_hour));
    let (late, _) = rendered(&mut clinic, &[0, 1], false, since);
    assert_eq!(state(&clinic, late), FaxState::Waiting);
}

/// A letter that stands on its cover has one page, and that has the minute on it.
#[test]
fn faxes_of_a_cover_alone_are_the_same_if_it_says_the_same() {
    let mut clinic = Clinic::new();
    let long_ago = Some(Wall(0));
    let (first, _) = ordered_with(&mut clinic, &[1], Some([1; 32]), long_ago);
    let (again, _) = ordered_with(&mut clinic, &[2], Some([1; 32]), long_ago);
    assert_eq!((state(&clinic, again), row(&clinic, again).twin), (FaxState::Held, Some(first)));
    let (other, _) = ordered_with(&mut clinic, &[3], Some([2; 32]), long_ago);
    assert_eq!(state(&clinic, other), FaxState::Waiting, "another letter");
}

/// Ordered for Monday, and held as a repetition on Friday: a person's yes is to the pages, not to another day.
#[test]
fn what_is_let_go_before_its_time_waits_for_it() {
    let mut clinic = Clinic::new();
    rendered(&mut clinic, &[9, 1, 2], true, Some(Wall(0)));
    let monday = clinic.now + std::time::Duration::from_secs(3 * 86_400);
    let mut order = clinic.order();
    (order.wish.cover, order.wish.not_before) = (Some([1; 32]), Some(monday));
    let twin = order.id;
    clinic.does(Effect::AcceptFax(Box::new(order)));
    let (at, pages) = (clinic.tick(), [8, 1, 2].map(page).to_vec());
    clinic.does(Effect::FaxRendered { fax: twin, pages, twins_since: Some(Wall(0)), at });
    assert_eq!(row(&clinic, twin).state, FaxState::Held);
    clinic.does(decide(twin, Decision::Again, clinic.now));
    let row = row(&clinic, twin);
    assert_eq!((row.state, row.not_before, row.next_at), (FaxState::Waiting, Some(monday), Some(monday)));
}

#[test]
fn a_program_that_asks_twice_under_one_key_has_ordered_one_fax() {
    let mut clinic = Clinic::new();
    let order = |clinic: &mut Clinic, by: &str, key: &str, print: u8| {
        let mut order = clinic.order();
        by.clone_into(&mut order.by);
        order.wish.key = Some(OrderKey { key: Pii::from(key), fingerprint: [print; 32] });
        let id = order.id;
        (id, clinic.does(Effect::AcceptFax(Box::new(order))))
    };
    let (first, done) = order(&mut clinic, "102", "a", 1);
    assert!(matches!(done, Done::Ok));
    let mut clinic = clinic.restart();
    let (again, done) = order(&mut clinic, "102", "a", 1);
    assert!(matches!(&done, Done::Ordered(known) if *known == [first]), "{done:?}");
    assert!(matches!(clinic.does(Effect::LoadFax { fax: again }), Done::Fax(None)));
    assert!(matches!(order(&mut clinic, "102", "a", 2).1, Done::OtherOrder));
    // Another's key, and another key, are other orders.
    assert!(matches!(order(&mut clinic, "101", "a", 1).1, Done::Ok));
    assert!(matches!(order(&mut clinic, "102", "b", 1).1, Done::Ok));
}

#[test]
fn a_fax_is_not_dialled_before_its_time_and_what_it_taught_is_kept() {
    let mut clinic = Clinic::new();
    let mut order = clinic.order();
    let later = clinic.now + std::time::Duration::from_secs(3600);
    order.wish.not_before = Some(later);
    order.wish.priority = Priority::Bulk;
    let (fax, to) = (order.id, order.to.clone());
    clinic.does(Effect::AcceptFax(Box::new(order)));
    let at = clinic.tick();
    clinic.does(Effect::FaxRendered { fax, pages: vec![page(0)], twins_since: None, at });
    let waiting = row(&clinic, fax);
    assert_eq!((waiting.next_at, waiting.not_before, waiting.priority), (Some(later), Some(later), Priority::Bulk));

    let attempt = clinic.attempt_id();
    clinic.does(start(fax, attempt, 0, clinic.now));
    let slow = Manner { max_bit_rate: 9_600, ..Manner::default() };
    let profile = Profile { attempts: 1, ..Profile::default() };
    let lesson = Lesson { manner: Some(slow), machine: Some((to.clone(), profile.clone())) };
    let at = clinic.tick();
    clinic.does(Effect::FinishAttempt {
        fax,
        attempt,
        outcome: outcome(Cause::CannotTrain, 0),
        next: FaxNext::Retry { at },
        lesson: Box::new(lesson),
        trace: trace(at),
        at,
    });
    let clinic = clinic.restart();
    assert_eq!(row(&clinic, fax).manner, Some(slow));
    assert_eq!(work(&clinic).machines, [(to.clone(), profile.clone())]);
    assert_eq!(clinic.store.wait(clinic.store.faxes().machine(&to)).expect("reads"), Some(profile.clone()));
    clinic.does(Effect::ForgetMachine { number: to, profile: profile.reset(), by: "103".to_owned(), at });
    let audit = clinic.store.wait(clinic.store.audit().list(1)).expect("audit");
    assert_eq!((audit[0].what.as_str(), audit[0].subject.as_str()), ("fax_machine_forgotten", ""));
}
