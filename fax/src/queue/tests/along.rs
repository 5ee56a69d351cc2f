//! Several faxes in one call.

use super::*;

/// Dials what is due, with what goes along.
fn dial_with_followers(world: &mut World) -> Vec<usize> {
    let dial = world.queue.poll(world.now, &ALWAYS).expect("something is due");
    let followers = world.queue.followers(world.now, &dial, &ALWAYS);
    std::iter::once(dial.fax)
        .chain(followers.into_iter().map(|follower| follower.fax))
        .map(|fax| world.name(fax))
        .collect()
}

#[test]
fn what_waits_for_the_same_machine_goes_along_in_order_and_within_the_bound() {
    let mut world = World::new(&[("main", 2)]);
    let row = |world: &mut World, number: &str, pages, change: &dyn Fn(&mut FaxRow)| {
        let mut row = world.row(number, FaxState::Waiting, pages);
        change(&mut row);
        world.queue.accepted(world.now, &row, &ALWAYS);
    };
    let (a, b) = ("+12025550101", "+12025550102");
    row(&mut world, a, 2, &|_| {});
    row(&mut world, b, 1, &|_| {});
    row(&mut world, a, 50, &|_| {});
    row(&mut world, a, 1, &|row| row.priority = Priority::Urgent);
    // For a desk inside their house, in another manner, half sent, and not due: each needs a call of its own.
    row(&mut world, a, 1, &|row| row.inside.subaddress = "44".to_owned().into());
    row(&mut world, a, 1, &|row| row.manner = Some(Manner { ecm: false, ..Manner::default() }));
    row(&mut world, a, 3, &|row| row.pages_confirmed = 1);
    row(&mut world, a, 1, &|row| row.not_before = Some(row.created + Duration::from_secs(60)));
    row(&mut world, a, 8, &|_| {});
    row(&mut world, a, 1, &|_| {});
    assert_eq!(dial_with_followers(&mut world), [4, 1, 3]);
    assert_eq!(dial_with_followers(&mut world), [2]);
    assert_eq!(world.queue.poll(world.now, &ALWAYS), None, "the number is called");
}

#[test]
fn what_goes_along_begins_in_its_turn_or_waits_on() {
    let mut world = World::new(&[("main", 2)]);
    let number = "+12025550101";
    let faxes = [world.fax(number, 1), world.fax(number, 1), world.fax(number, 1)];
    assert_eq!(dial_with_followers(&mut world), [1, 2, 3]);
    // Recalled before its turn: it is in no call's hands.
    assert_eq!(world.queue.recall(faxes[2]), Recall::Withdrawn);
    world.ends(faxes[0], Cause::Delivered, 1);
    let manner = Manner::default();
    assert!(world.queue.begin(world.now, faxes[1], "main", manner).is_some());
    assert_eq!(world.queue.begin(world.now, faxes[2], "main", manner), None);
    assert!(matches!(world.queue.recall(faxes[1]), Recall::EndAttempt(_)));
    world.ends(faxes[1], Cause::Delivered, 1);
    // The call of this one never comes to the other, which waits as it did.
    let faxes = [world.fax(number, 1), world.fax(number, 1)];
    assert_eq!(dial_with_followers(&mut world), [4, 5]);
    world.ends(faxes[0], Cause::Dropped, 0);
    world.queue.let_go(faxes[1]);
    assert_eq!(dial_with_followers(&mut world), [5]);
}

#[test]
fn a_machine_that_leaves_after_one_fax_gets_one_in_each_call() {
    let mut world = World::new(&[("main", 2)]);
    let number = "+12025550101";
    let faxes = [world.fax(number, 1), world.fax(number, 1), world.fax(number, 1)];
    assert_eq!(dial_with_followers(&mut world), [1, 2, 3]);
    world.ends(faxes[0], Cause::Delivered, 1);
    assert!(world.queue.begin(world.now, faxes[1], "main", Manner::default()).is_some());
    world.queue.not_along(world.now, faxes[1]);
    let outcome = Outcome::without_session(Cause::Dropped);
    let verdict = world.queue.attempt_finished(world.now, faxes[1], &outcome, &ALWAYS).expect("it was on the line");
    world.queue.let_go(faxes[2]);
    // At once, in the usual manner, and alone.
    let dial = world.queue.poll(world.now, &ALWAYS).expect("it is due");
    assert_eq!((dial.fax, dial.manner), (faxes[1], Manner::default()));
    assert_eq!(world.queue.followers(world.now, &dial, &ALWAYS), []);
    // What was learned is stored with the end of that attempt, which is no attempt at its manner; after a start it counts, for a month.
    let (learned_of, profile) = verdict.lesson.machine.expect("something was learned");
    assert_eq!((learned_of.as_str(), profile.attempts, profile.sent), (number, 1, 1));
    for (days, along) in [(29, 0), (31, 1)] {
        let mut world = World::new(&[("main", 2)]);
        world.now = world.now.after(Duration::from_secs(days * 86_400));
        let work = Work { machines: vec![(learned_of.clone(), profile.clone())], ..Work::default() };
        world.queue.restore(world.now, &work, &ALWAYS);
        world.fax(number, 1);
        world.fax(number, 1);
        assert_eq!(dial_with_followers(&mut world).len(), 1 + along, "after {days} days");
    }
}
