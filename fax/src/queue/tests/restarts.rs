//! What is not durable dials nothing, and what was open at a crash gets its one outcome.

use super::*;

#[test]
fn a_start_that_is_not_durable_dials_nothing() {
    let mut world = World::new(&[("main", 1)]);
    let (first, second) = (world.fax("+12025550101", 1), world.fax("+12025550102", 1));
    assert_eq!(world.queue.poll(world.now, &ALWAYS).map(|dial| dial.fax), Some(first));
    world.queue.not_started(world.now, first, true);
    assert_eq!(world.queue.poll(world.now, &ALWAYS).map(|dial| dial.fax), Some(second));
    world.queue.not_started(world.now, second, false);
    assert_eq!(world.queue.poll(world.now, &ALWAYS), None);
    world.now = world.now.after(Duration::from_secs(10));
    assert_eq!(world.queue.poll(world.now, &ALWAYS).map(|dial| dial.fax), Some(first));
    assert_eq!(world.queue.len(), 1);
}

/// What every kind of row becomes after a crash. As the store keeps them: the row counts the open attempt and its pages.
#[test]
fn after_a_crash_each_open_attempt_gets_its_one_outcome() {
    for (first_page, in_attempt, last_begun, recalled, cause, follows) in [
        (0, 0, false, true, Cause::OurFault, "cancelled"),
        (0, 0, true, true, Cause::Unconfirmed, "uncertain"),
        (0, 0, false, false, Cause::OurFault, "again from 0"),
        (1, 1, false, false, Cause::OurFault, "again from 2"),
        (0, 2, false, false, Cause::OurFault, "again from 2"),
        (1, 1, true, false, Cause::Unconfirmed, "uncertain"),
        (0, 0, true, false, Cause::Unconfirmed, "uncertain"),
        (1, 2, true, false, Cause::Delivered, "sent"),
    ] {
        let mut world = World::new(&[("main", 1)]);
        let mut row = world.row("+12025550101", FaxState::Sending, 3);
        row.pages_confirmed = first_page + in_attempt;
        row.attempts = 2;
        row.cause = Some(Cause::Busy);
        let attempt = AttemptId::new(world.now.wall, &mut world.ids);
        let open =
            OpenAttempt { attempt, fax: row.id, pages_confirmed: in_attempt, recalled, last_page_begun: last_begun };
        let work = Work { faxes: vec![row], open_attempts: vec![open], ..Work::default() };
        let recovered = world.queue.restore(world.now, &work, &ALWAYS);
        let [only] = &recovered[..] else { panic!("one outcome") };
        assert_eq!((only.attempt, only.outcome.cause, only.outcome.pages_confirmed), (attempt, cause, in_attempt));
        let happened = match only.verdict.next {
            FaxNext::Final(state) => state.word().to_owned(),
            FaxNext::Retry { .. } => {
                world.now = world.now.after(Duration::from_secs(120));
                format!("again from {}", world.queue.poll(world.now, &ALWAYS).unwrap().first_page)
            }
        };
        assert_eq!(happened, follows, "from page {first_page}, {in_attempt} confirmed");
    }
}

/// So many restarts, each in the midst of a call, and what the row says then. `None`: it is not tried again.
fn restarts(row: &mut FaxRow, many: u32) -> Vec<Option<Duration>> {
    let mut waits = Vec::new();
    for _ in 0..many {
        let mut world = World::new(&[("main", 1)]);
        (row.state, row.attempts) = (FaxState::Sending, row.attempts + 1);
        let attempt = AttemptId::new(world.now.wall, &mut world.ids);
        let open = OpenAttempt { attempt, fax: row.id, pages_confirmed: 0, recalled: false, last_page_begun: false };
        let work = Work { faxes: vec![row.clone()], open_attempts: vec![open], ..Work::default() };
        let recovered = world.queue.restore(world.now, &work, &ALWAYS);
        let [only] = &recovered[..] else { panic!("one outcome") };
        assert_eq!(only.verdict.lesson.manner, row.manner, "it goes on as it was");
        assert!(only.verdict.lesson.machine.is_none(), "their machine had no part in it");
        row.cause = Some(only.outcome.cause);
        waits.push(match only.verdict.next {
            FaxNext::Retry { at } => Some(Duration::from_millis(at.millis_since(world.now.wall).unsigned_abs())),
            FaxNext::Final(state) => {
                assert_eq!(state, FaxState::Failed);
                None
            }
        });
    }
    waits
}

/// Maintenance is no fault of a line, and its restarts are not faults in a row.
#[test]
fn restarts_during_a_fax_teach_nothing_and_fail_nothing() {
    let mut world = World::new(&[("main", 1)]);
    let mut row = world.row("+12025550101", FaxState::Waiting, 3);
    (row.attempts, row.cause) = (3, Some(Cause::OurFault));
    assert!(restarts(&mut row, 5).iter().all(Option::is_some));
    // Nor does a worker that dies afterwards fail it.
    (row.state, row.next_at) = (FaxState::Waiting, Some(world.now.wall));
    let work = Work { faxes: vec![row.clone()], ..Work::default() };
    assert!(world.queue.restore(world.now, &work, &ALWAYS).is_empty());
    world.dial();
    world.ends(row.id, Cause::OurFault, 0);
    world.wait();
    expect![[r#"
        0s dial fax 1 on main from page 0 of 3
        0s fax 1 ends our_fault, 0 confirmed: again
        11s dial fax 1 on main from page 0 of 3
    "#]]
    .assert_eq(&world.said);
}

/// It may be this very fax that brings Frontdesk down.
#[test]
fn a_fax_that_is_cut_off_each_time_is_not_dialled_for_ever() {
    let mut row = World::new(&[("main", 1)]).row("+12025550101", FaxState::Waiting, 3);
    let waits = restarts(&mut row, MAX_ATTEMPTS);
    assert!(waits[0].unwrap() <= Duration::from_secs(12), "{waits:?}");
    assert!(waits[10].unwrap() >= Duration::from_secs(16 * 60), "{waits:?}");
    assert_eq!(waits.iter().position(Option::is_none), Some(MAX_ATTEMPTS as usize - 1), "{waits:?}");
}

#[test]
fn a_fetch_that_was_cut_off_is_asked_for_again() {
    let open = |last_page_begun| {
        let mut world = World::new(&[("main", 1)]);
        let attempt = AttemptId::new(world.now.wall, &mut world.ids);
        let fax = world.row("+12025550101", FaxState::Sending, 0).id;
        outcome_of_open_fetch(&OpenAttempt { attempt, fax, pages_confirmed: 0, recalled: false, last_page_begun })
    };
    assert_eq!(open(false).cause, Cause::OurFault);
    assert_eq!(open(true).cause, Cause::Delivered);
}

#[test]
fn a_restart_keeps_the_time_of_the_next_attempt() {
    let mut world = World::new(&[("main", 1)]);
    let mut row = world.row("+12025550102", FaxState::Waiting, 1);
    row.attempts = 5;
    row.cause = Some(Cause::Busy);
    row.next_at = Some(world.now.wall + Duration::from_secs(90));
    let id = row.id;
    let work = Work { faxes: vec![row], ..Work::default() };
    assert!(world.queue.restore(world.now, &work, &ALWAYS).is_empty());
    assert_eq!(world.queue.poll(world.now, &ALWAYS), None);
    world.wait();
    // The sixth busy is followed by 20 minutes, not by 3 again.
    world.ends(id, Cause::Busy, 0);
    world.wait();
    expect![[r#"
        90s dial fax 1 on main from page 0 of 1
        90s fax 1 ends busy, 0 confirmed: again
        1097s dial fax 1 on main from page 0 of 1
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn a_row_on_the_line_without_an_attempt_is_never_dialled() {
    let mut world = World::new(&[("main", 1)]);
    let row = world.row("+12025550101", FaxState::Sending, 1);
    let work = Work { faxes: vec![row], ..Work::default() };
    assert!(world.queue.restore(world.now, &work, &ALWAYS).is_empty());
    assert_eq!(world.queue.poll(world.now, &ALWAYS), None);
    assert!(world.queue.is_empty());
}
