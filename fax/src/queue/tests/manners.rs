//! In which manner a machine is called after it failed, and what is learned of it.

use super::*;

#[test]
fn a_bad_line_is_called_in_hardier_manners_and_what_worked_is_begun_with_next_time() {
    let mut world = World::new(&[("main", 1)]);
    let fax = world.fax("+12025550104", 3);
    world.dial();
    world.ends(fax, Cause::CannotTrain, 0);
    world.wait();
    world.ends(fax, Cause::Dropped, 1);
    world.wait();
    world.ends(fax, Cause::Delivered, 2);
    // The next to this number begins so; a busy line teaches nothing; another number is called as usual.
    let second = world.fax("+12025550104", 1);
    world.dial();
    world.ends(second, Cause::Busy, 0);
    world.wait();
    world.ends(second, Cause::Delivered, 1);
    let other = world.fax("+12025550101", 1);
    world.dial();
    world.ends(other, Cause::Delivered, 1);
    // A person has it forgotten.
    world.queue.forget_machine(&PhoneNumber::E164("+12025550104".to_owned()));
    let third = world.fax("+12025550104", 1);
    world.dial();
    world.ends(third, Cause::Delivered, 1);
    expect![[r#"
        0s dial fax 1 on main from page 0 of 3
        0s fax 1 ends cannot_train, 0 confirmed: again
        48s dial fax 1 on main from page 0 of 3, T.38, up to 9600 bit/s, error correction
        48s fax 1 ends dropped, 1 confirmed: again
        117s dial fax 1 on main from page 1 of 3, T.38, up to 9600 bit/s, no error correction
        117s fax 1 ends delivered, 2 confirmed: sent
        117s dial fax 2 on main from page 0 of 1, T.38, up to 9600 bit/s, no error correction
        117s fax 2 ends busy, 0 confirmed: again
        298s dial fax 2 on main from page 0 of 1, T.38, up to 9600 bit/s, no error correction
        298s fax 2 ends delivered, 1 confirmed: sent
        298s dial fax 3 on main from page 0 of 1
        298s fax 3 ends delivered, 1 confirmed: sent
        298s dial fax 4 on main from page 0 of 1
        298s fax 4 ends delivered, 1 confirmed: sent
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn a_machine_that_takes_no_fine_page_gets_a_coarse_one_once() {
    let mut world = World::new(&[("main", 1)]);
    let fax = world.fax("+12025550101", 1);
    world.dial();
    world.ends(fax, Cause::Incompatible, 0);
    world.wait();
    world.ends(fax, Cause::Incompatible, 0);
    expect![[r#"
        0s dial fax 1 on main from page 0 of 1
        0s fax 1 ends incompatible, 0 confirmed: again
        48s dial fax 1 on main from page 0 of 1, T.38, up to 14400 bit/s, error correction, standard resolution
        48s fax 1 ends incompatible, 0 confirmed: failed
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn a_line_that_failed_in_every_manner_is_left_for_another() {
    let mut world = World::new(&[("main", 1), ("spare", 1)]);
    let fax = world.fax("+12025550101", 1);
    world.dial();
    for _ in 0..4 {
        world.ends(fax, Cause::Dropped, 0);
        world.wait();
    }
    expect![[r#"
        0s dial fax 1 on main from page 0 of 1
        0s fax 1 ends dropped, 0 confirmed: again
        48s dial fax 1 on main from page 0 of 1, T.38, up to 9600 bit/s, error correction
        48s fax 1 ends dropped, 0 confirmed: again
        117s dial fax 1 on main from page 0 of 1, T.38, up to 9600 bit/s, no error correction
        117s fax 1 ends dropped, 0 confirmed: again
        188s dial fax 1 on main from page 0 of 1, T.38, up to 4800 bit/s, no error correction
        188s fax 1 ends dropped, 0 confirmed: again
        250s dial fax 1 on spare from page 0 of 1
    "#]]
    .assert_eq(&world.said);
}

/// Their machine was never called: neither its number nor how often it was tried in vain says anything of it.
#[test]
fn what_we_did_not_let_out_or_could_not_begin_teaches_nothing_of_the_machine() {
    for cause in [Cause::NotAllowed, Cause::TrunkDown, Cause::ModemGone, Cause::OurFault] {
        let mut world = World::new(&[("main", 1)]);
        let fax = world.fax("+12025550101", 1);
        world.dial();
        let verdict = world.queue.attempt_finished(world.now, fax, &Outcome::without_session(cause), &ALWAYS);
        assert_eq!(verdict.expect("it was under way").lesson.machine, None, "{cause:?}");
    }
}
