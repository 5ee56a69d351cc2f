//! When a fax may be dialled.

use super::*;

#[test]
fn nothing_is_dialled_while_it_can_be_recalled_or_outside_its_hours() {
    let mut world = World::new(&[("main", 1)]);
    let start = world.now.wall;
    let row = world.row("+12025550101", FaxState::Rendering, 0);
    let row = FaxRow { not_before: Some(start + Duration::from_secs(30)), ..row };
    world.queue.accepted(world.now, &row, &ALWAYS);
    assert_eq!(world.queue.poll_render(world.now), Some(row.id), "it is prepared meanwhile");
    world.queue.rendered(world.now, row.id, 1, &ALWAYS);
    world.dial();
    assert_eq!(world.said, "");
    world.wait();
    // An hour of the clinic's own, from the second hour on: the retry after 3 minutes waits for it.
    let opens = start + Duration::from_secs(7200);
    let outcome = Outcome::without_session(Cause::Busy);
    let verdict = world.queue.attempt_finished(world.now, row.id, &outcome, &|_, _, at| at.max(opens)).unwrap();
    assert_eq!(verdict.next, FaxNext::Retry { at: opens });
    world.wait();
    // Recalled in its half minute it is never dialled.
    let other = world.row("+12025550102", FaxState::Waiting, 1);
    let other = FaxRow { not_before: Some(world.now.wall + Duration::from_secs(30)), ..other };
    world.queue.accepted(world.now, &other, &ALWAYS);
    assert_eq!(world.queue.recall(other.id), Recall::Withdrawn);
    assert_eq!(world.queue.next_timeout(world.now), None);
    expect![[r#"
        30s dial fax 1 on main from page 0 of 1
        7200s dial fax 1 on main from page 0 of 1
    "#]]
    .assert_eq(&world.said);
}

/// The line was taken until the office opened.
#[test]
fn what_found_no_line_within_its_hours_waits_for_the_next() {
    let mut world = World::new(&[("main", 1)]);
    let start = world.now.wall;
    let night = |_: &PhoneNumber, priority: Priority, at: Wall| {
        let open = at < start + Duration::from_secs(60) || at >= start + Duration::from_secs(3600);
        if priority != Priority::Bulk || open { at } else { start + Duration::from_secs(3600) }
    };
    let first = world.fax("+12025550101", 1);
    world.dial();
    let rows = [Priority::Bulk, Priority::Bulk]
        .map(|priority| FaxRow { priority, ..world.row("+12025550102", FaxState::Waiting, 1) });
    for row in &rows {
        world.queue.accepted(world.now, row, &night);
    }
    assert_eq!(world.queue.poll(world.now, &night), None);
    world.now = world.now.after(Duration::from_secs(90));
    world.ends(first, Cause::Delivered, 1);
    assert_eq!(world.queue.poll(world.now, &night), None);
    let opens = world.queue.next_timeout(world.now).unwrap();
    assert_eq!((opens - Now::simulation_start().instant).as_secs(), 3600);
    world.now = world.now.after(opens - world.now.instant);
    let dial = world.queue.poll(world.now, &night).expect("its hours have come");
    assert_eq!(world.queue.followers(world.now, &dial, &night).len(), 1);
}

/// One that is due waits for the next hours too, if it could go along only outside of its own.
#[test]
fn nobody_goes_along_outside_its_hours() {
    let mut world = World::new(&[("main", 1)]);
    let urgent = world.fax("+12025550101", 1);
    let bulk = FaxRow { priority: Priority::Bulk, ..world.row("+12025550101", FaxState::Waiting, 1) };
    world.queue.accepted(world.now, &bulk, &ALWAYS);
    let opens = world.now.wall + Duration::from_secs(3600);
    let office = |_: &PhoneNumber, priority, at: Wall| if priority == Priority::Bulk { at.max(opens) } else { at };
    let dial = world.queue.poll(world.now, &office).unwrap();
    assert_eq!(dial.fax, urgent);
    assert_eq!(world.queue.followers(world.now, &dial, &office), []);
}

/// The box came up with a clock ten years ahead and took a fax, and then learned the time.
#[test]
fn a_clock_that_was_ahead_holds_nothing_for_years() {
    let mut world = World::new(&[("main", 3)]);
    let ahead = Duration::from_secs(10 * 365 * 86_400);
    let minute = Duration::from_secs(60);
    let born = world.row("+12025550101", FaxState::Waiting, 1);
    let start = world.now.wall;
    let at = |wait| Some(start + wait);
    let (asked, again) = (at(ahead + minute), at(ahead + minute / 2));
    let ordered = FaxRow { created: start + ahead, not_before: asked, next_at: asked, ..born };
    // Accepted while the clock was right, and tried while it was not.
    let tried = FaxRow { attempts: 1, next_at: again, ..world.row("+12025550102", FaxState::Waiting, 1) };
    // What a person asked for stays.
    let tomorrow = FaxRow { not_before: at(1440 * minute), ..world.row("+12025550103", FaxState::Waiting, 1) };
    let work = Work { faxes: vec![ordered, tried, tomorrow], ..Work::default() };
    world.queue.restore(world.now, &work, &ALWAYS);
    for _ in 0..3 {
        world.wait();
    }
    expect![[r#"
        60s dial fax 1 on main from page 0 of 1
        2160s dial fax 2 on main from page 0 of 1
        86400s dial fax 3 on main from page 0 of 1
    "#]]
    .assert_eq(&world.said);
}

/// A fax for this time of day, which is no whole number of seconds from its order.
fn asked_for(world: &mut World, at: Wall) -> FaxId {
    let row = FaxRow { not_before: Some(at), next_at: Some(at), ..world.row("+12025550101", FaxState::Waiting, 1) };
    world.queue.accepted(world.now, &row, &ALWAYS);
    row.id
}

/// The box had no time when it was switched on, and learns it while a fax waits.
#[test]
fn what_waits_for_a_time_of_day_goes_by_the_clock_as_it_stands() {
    let hour = Duration::from_secs(3600);
    let start = Now::simulation_start();
    // Put forward: its time has come.
    let mut world = World::new(&[("main", 1)]);
    asked_for(&mut world, start.wall + 10 * hour);
    world.dial();
    world.now.wall = world.now.wall + 9 * hour;
    world.dial();
    assert_eq!(world.said, "");
    assert_eq!(world.queue.next_timeout(world.now).map(|at| (at - start.instant).as_secs()), Some(3600));
    world.now.wall = world.now.wall + hour;
    world.dial();
    assert_eq!(world.said, "0s dial fax 1 on main from page 0 of 1\n");
    // Put back: it has not.
    let mut world = World::new(&[("main", 1)]);
    asked_for(&mut world, start.wall + hour);
    world.dial();
    world.now.wall = world.now.wall.before(hour);
    world.now = world.now.after(hour);
    world.dial();
    assert_eq!(world.said, "");
    world.wait();
    assert_eq!(world.said, "7200s dial fax 1 on main from page 0 of 1\n");
}

#[test]
fn no_clock_that_is_put_right_shortens_or_stretches_a_pause() {
    for (forward, back) in [(Duration::from_secs(7200), Duration::ZERO), (Duration::ZERO, Duration::from_secs(7200))] {
        let mut world = World::new(&[("main", 1)]);
        // As an order without a time is written down: half a minute to recall it.
        let row = world.row("+12025550101", FaxState::Waiting, 1);
        let until = Some(row.created + Duration::from_secs(30));
        let row = FaxRow { not_before: until, next_at: until, ..row };
        world.queue.accepted(world.now, &row, &ALWAYS);
        world.dial();
        world.now.wall = (world.now.wall + forward).before(back);
        world.dial();
        world.wait();
        world.ends(row.id, Cause::Busy, 0);
        world.now.wall = (world.now.wall + forward).before(back);
        world.dial();
        world.wait();
        expect![[r#"
            30s dial fax 1 on main from page 0 of 1
            30s fax 1 ends busy, 0 confirmed: again
            184s dial fax 1 on main from page 0 of 1
        "#]]
        .assert_eq(&world.said);
    }
}

#[test]
fn what_waits_goes_by_other_hours_once_the_settings_are_others() {
    let mut world = World::new(&[("main", 1)]);
    let [evening, noon] = [10, 3].map(|hours| world.now.wall + Duration::from_secs(hours * 3600));
    let row = world.row("+12025550101", FaxState::Waiting, 1);
    world.queue.accepted(world.now, &row, &|_, _, at: Wall| at.max(evening));
    let due = |world: &World| world.queue.next_timeout(world.now).map(|at| (at - Instant::ZERO).as_secs());
    assert_eq!(due(&world), Some(36_000));
    world.queue.reschedule(world.now, &|_, _, at: Wall| at.max(noon));
    assert_eq!(due(&world), Some(10_800));
    world.queue.reschedule(world.now, &ALWAYS);
    world.dial();
    assert_eq!(world.said, "0s dial fax 1 on main from page 0 of 1\n");
}
