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
        (0, 0, false, true, Cause::Dropped, "cancelled"),
        (0, 0, true, true, Cause::Unconfirmed, "uncertain"),
        (0, 0, false, false, Cause::Dropped, "again from 0"),
        (1, 1, false, false, Cause::Dropped, "again from 2"),
        (0, 2, false, false, Cause::Dropped, "again from 2"),
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
