//! Which line a fax takes, and which after that has failed.

use super::*;

/// A modem for one region before the trunk, until it is unplugged.
#[test]
fn a_modem_takes_what_it_is_for_as_long_as_it_is_there() {
    let mut world = World::new(&[("closet", 1), ("main", 2)]);
    let trunk = world.queue.lines[1].clone();
    world.queue.lines[0].only = vec![Pattern::of(&PhoneNumber::E164("+12025550101".to_owned()))];
    let (near, far) = (world.fax("+12025550101", 2), world.fax("+12025550102", 1));
    world.dial();
    world.queue.set_lines(vec![trunk]);
    world.ends(near, Cause::ModemGone, 1);
    world.dial();
    world.ends(far, Cause::Delivered, 1);
    world.ends(near, Cause::Delivered, 1);
    expect![[r#"
        0s dial fax 1 on closet from page 0 of 2
        0s dial fax 2 on main from page 0 of 1
        0s fax 1 ends modem_gone, 1 confirmed: again
        0s dial fax 1 on main from page 1 of 2
        0s fax 2 ends delivered, 1 confirmed: sent
        0s fax 1 ends delivered, 1 confirmed: sent
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn another_trunk_is_taken_at_once_and_the_first_again_later() {
    let mut world = World::new(&[("main", 1), ("spare", 1)]);
    let fax = world.fax("+12025550101", 1);
    world.dial();
    world.ends(fax, Cause::TrunkDown, 0);
    world.dial();
    world.ends(fax, Cause::TrunkDown, 0);
    world.wait();
    expect![[r#"
        0s dial fax 1 on main from page 0 of 1
        0s fax 1 ends trunk_down, 0 confirmed: again
        0s dial fax 1 on spare from page 0 of 1
        0s fax 1 ends trunk_down, 0 confirmed: again
        54s dial fax 1 on main from page 0 of 1
    "#]]
    .assert_eq(&world.said);
}

/// The internet is away: both trunks go with it, and the modem in the closet does not.
#[test]
fn every_line_has_its_turn_before_one_is_tried_again() {
    let mut world = World::new(&[("main", 1), ("spare", 1), ("closet", 1)]);
    let fax = world.fax("+12025550101", 1);
    for _ in 0..2 {
        for cause in [Cause::TrunkDown, Cause::TrunkDown, Cause::ModemGone] {
            world.dial();
            world.ends(fax, cause, 0);
        }
        world.wait();
    }
    expect![[r#"
        0s dial fax 1 on main from page 0 of 1
        0s fax 1 ends trunk_down, 0 confirmed: again
        0s dial fax 1 on spare from page 0 of 1
        0s fax 1 ends trunk_down, 0 confirmed: again
        0s dial fax 1 on closet from page 0 of 1
        0s fax 1 ends modem_gone, 0 confirmed: again
        49s dial fax 1 on main from page 0 of 1
        49s fax 1 ends trunk_down, 0 confirmed: again
        49s dial fax 1 on spare from page 0 of 1
        49s fax 1 ends trunk_down, 0 confirmed: again
        49s dial fax 1 on closet from page 0 of 1
        49s fax 1 ends modem_gone, 0 confirmed: again
        167s dial fax 1 on main from page 0 of 1
    "#]]
    .assert_eq(&world.said);
}

/// As many rounds as a single line has attempts, however many lines there are: nobody is rung by any of them.
#[test]
fn a_long_outage_is_waited_for_as_long_with_many_lines_as_with_one() {
    let lasts = |lines: &[(&str, usize)], restart_at: Option<usize>| {
        let mut world = World::new(lines);
        let row = world.row("+12025550101", FaxState::Waiting, 1);
        world.queue.accepted(world.now, &row, &ALWAYS);
        for attempt in 1.. {
            world.dial();
            world.ends(row.id, Cause::TrunkDown, 0);
            if world.queue.is_empty() {
                break;
            }
            if restart_at == Some(attempt) {
                let attempts = u32::try_from(attempt).unwrap();
                let row = FaxRow { attempts, cause: Some(Cause::TrunkDown), ..row.clone() };
                world.queue.faxes.clear();
                world.queue.accepted(world.now, &row, &ALWAYS);
            }
            if world.queue.poll(world.now, &ALWAYS).is_none() {
                world.wait();
            }
        }
        (world.now.instant - Now::simulation_start().instant).as_secs() / 60
    };
    let three = [("main", 1), ("spare", 1), ("closet", 1)];
    let alone = lasts(&three[..1], None);
    assert!(alone > 90, "{alone} minutes");
    for restart_at in [None, Some(12), Some(60)] {
        let together = lasts(&three, restart_at);
        assert!(together.abs_diff(alone) < 20, "{alone} minutes with one, {together} with three");
    }
}

/// The modem has long faxes, so the trunk is asked once more in its turn.
#[test]
fn a_line_that_failed_is_asked_again_while_all_others_are_taken() {
    let mut world = World::new(&[("main", 1), ("closet", 1)]);
    let (fax, other) = (world.fax("+12025550101", 1), world.fax("+12025550102", 9));
    world.dial();
    world.ends(fax, Cause::TrunkDown, 0);
    world.dial();
    world.wait();
    world.ends(fax, Cause::Delivered, 1);
    world.ends(other, Cause::Delivered, 9);
    expect![[r#"
        0s dial fax 1 on main from page 0 of 1
        0s dial fax 2 on closet from page 0 of 9
        0s fax 1 ends trunk_down, 0 confirmed: again
        300s dial fax 1 on main from page 0 of 1
        300s fax 1 ends delivered, 1 confirmed: sent
        300s fax 2 ends delivered, 9 confirmed: sent
    "#]]
    .assert_eq(&world.said);
}

/// The only modem is unplugged, and comes back for a moment.
#[test]
fn what_no_line_takes_for_hours_fails_as_on_a_line_that_is_down() {
    let mut world = World::new(&[("closet", 1)]);
    let lines = std::mem::take(&mut world.queue.lines);
    let fax = world.fax("+12025550101", 1);
    world.dial();
    world.now = world.now.after(Duration::from_secs(3600));
    world.queue.set_lines(lines);
    assert_eq!(world.queue.next_timeout(world.now), None);
    world.queue.set_lines(Vec::new());
    world.dial();
    while world.queue.has(fax) {
        world.wait();
        assert!(world.queue.attempt_of(fax).is_some());
        world.ends(fax, Cause::TrunkDown, 0);
    }
    let said: Vec<_> = world.said.lines().collect();
    assert_eq!(said[0], "10800s dial fax 1 on no line from page 0 of 1", "two hours after it was lost again");
    assert_eq!(said.len(), 48);
    assert!(said[47].ends_with("trunk_down, 0 confirmed: failed"), "{}", said[47]);
    let hours = (world.now.instant - Now::simulation_start().instant).as_secs() / 3600;
    assert_eq!(hours, 4);
}

/// Three faxes to what is somebody's telephone, and one to a machine: whoever answered is left in peace before the next rings.
#[test]
fn a_person_who_answered_is_not_rung_by_the_next_fax_at_once() {
    let mut world = World::new(&[("main", 2)]);
    let person = [(); 3].map(|()| world.fax("+12025550101", 1));
    let machine = world.fax("+12025550102", 1);
    world.dial();
    world.ends(person[0], Cause::NotAFax, 0);
    world.dial();
    world.ends(machine, Cause::Delivered, 1);
    world.dial();
    while !world.queue.is_empty() {
        world.wait();
        for fax in person {
            if world.queue.attempt_of(fax).is_some() {
                world.ends(fax, Cause::NotAFax, 0);
            }
        }
    }
    expect![[r#"
        0s dial fax 1 on main from page 0 of 1
        0s dial fax 4 on main from page 0 of 1
        0s fax 1 ends not_a_fax, 0 confirmed: again
        0s fax 4 ends delivered, 1 confirmed: sent
        245s dial fax 1 on main from page 0 of 1
        245s fax 1 ends not_a_fax, 0 confirmed: failed
        545s dial fax 2 on main from page 0 of 1
        545s fax 2 ends not_a_fax, 0 confirmed: again
        842s dial fax 2 on main from page 0 of 1
        842s fax 2 ends not_a_fax, 0 confirmed: failed
        1142s dial fax 3 on main from page 0 of 1
        1142s fax 3 ends not_a_fax, 0 confirmed: again
        1502s dial fax 3 on main from page 0 of 1
        1502s fax 3 ends not_a_fax, 0 confirmed: failed
    "#]]
    .assert_eq(&world.said);
}

/// What no line can ask for is said at once, and not after two hours of asking the same modems.
#[test]
fn a_fetch_that_no_line_can_make_ends_when_each_has_said_so() {
    let mut world = World::new(&[("closet", 1), ("desk", 1)]);
    let order = FaxRow { fetch: true, ..world.row("+12025550101", FaxState::Waiting, 0) };
    world.queue.accepted(world.now, &order, &ALWAYS);
    for _ in 0..2 {
        world.dial();
        world.ends(order.id, Cause::CannotFetch, 0);
    }
    expect![[r#"
        0s dial fax 1 on closet from page 0 of 0
        0s fax 1 ends cannot_fetch, 0 confirmed: again
        0s dial fax 1 on desk from page 0 of 0
        0s fax 1 ends cannot_fetch, 0 confirmed: failed
    "#]]
    .assert_eq(&world.said);
}

/// The trunk that could ask is away for a moment. The modem, which cannot, is asked once.
#[test]
fn a_fetch_waits_for_the_line_that_can_make_it() {
    let mut world = World::new(&[("main", 1), ("closet", 1)]);
    let order = FaxRow { fetch: true, ..world.row("+12025550101", FaxState::Waiting, 0) };
    world.queue.accepted(world.now, &order, &ALWAYS);
    world.dial();
    world.ends(order.id, Cause::TrunkDown, 0);
    world.dial();
    world.ends(order.id, Cause::CannotFetch, 0);
    world.wait();
    world.ends(order.id, Cause::TrunkDown, 0);
    world.wait();
    world.ends(order.id, Cause::Delivered, 2);
    expect![[r#"
        0s dial fax 1 on main from page 0 of 0
        0s fax 1 ends trunk_down, 0 confirmed: again
        0s dial fax 1 on closet from page 0 of 0
        0s fax 1 ends cannot_fetch, 0 confirmed: again
        54s dial fax 1 on main from page 0 of 0
        54s fax 1 ends trunk_down, 0 confirmed: again
        186s dial fax 1 on main from page 0 of 0
        186s fax 1 ends delivered, 2 confirmed: sent
    "#]]
    .assert_eq(&world.said);
}

/// A carrier that lets the clinic call no such number, or takes no fax, is asked once, and one that is away is waited for.
#[test]
fn a_fax_that_one_carrier_refuses_waits_for_another() {
    let mut world = World::new(&[("main", 1), ("spare", 1)]);
    let first = world.fax("+12025550101", 1);
    world.dial();
    world.ends(first, Cause::LineRefused, 0);
    world.dial();
    world.ends(first, Cause::TrunkDown, 0);
    world.wait();
    world.ends(first, Cause::Delivered, 1);
    let second = world.fax("+12025550102", 1);
    for cause in [Cause::LineRefused, Cause::NoCommonMedia] {
        world.dial();
        world.ends(second, cause, 0);
    }
    expect![[r#"
        0s dial fax 1 on main from page 0 of 1
        0s fax 1 ends line_refused, 0 confirmed: again
        0s dial fax 1 on spare from page 0 of 1
        0s fax 1 ends trunk_down, 0 confirmed: again
        54s dial fax 1 on spare from page 0 of 1
        54s fax 1 ends delivered, 1 confirmed: sent
        54s dial fax 2 on main from page 0 of 1
        54s fax 2 ends line_refused, 0 confirmed: again
        54s dial fax 2 on spare from page 0 of 1
        54s fax 2 ends no_common_media, 0 confirmed: failed
    "#]]
    .assert_eq(&world.said);
}
