//! What staff do at their phones: park and take back, pick up, speak at once to one or to all, and meet in a room.

use calls::Limits;
use expect_test::{Expect, expect};

use crate::bench::Bench;

/// 101, 102 and 103 have a phone each, and a patient (p, B1) talks with 101.
const PATIENT: &str = "register 101\nregister 102\nregister 103\ninvite p main:+12025550101 +12025550123\npickup B1\nack p";

fn check(before: &str, script: &str, expected: &Expect) {
    let mut bench = Bench::new(Limits::default());
    bench.run(before);
    bench.log.clear();
    bench.show_trace = true;
    bench.wait(std::time::Duration::from_millis(1));
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn a_party_is_parked_and_taken_from_any_phone() {
    check(
        PATIENT,
        "
        watch 103 dialog 701
        taken 1
        refer B1 701
        taken 1
        bye B1
        invite a 103 701
        taken 1
        ack a
        bye p
        ",
        &expect![[""]],
    );
}

#[test]
fn nobody_comes_and_the_party_goes_back_to_who_parked_it() {
    check(
        PATIENT,
        "
        refer B1 700
        wait 5
        wait 86
        ring B3
        wait 26
        wait 90
        pickup B4
        bye B4
        ",
        &expect![[""]],
    );
}

#[test]
fn a_party_that_everybody_forgot() {
    check(PATIENT, "refer B1 700\nbye B1\nwait 600", &expect![[""]]);
}

#[test]
fn an_orbit_that_is_taken_or_empty() {
    check(
        PATIENT,
        "
        refer B1 700
        bye B1
        invite a 102 103
        pickup B3
        refer a 700
        bye a
        invite b 102 701
        wait 3
        bye p
        ",
        &expect![[""]],
    );
}

#[test]
fn who_vanishes_while_parked_or_while_parking() {
    check(PATIENT, "refer B1 700\nlost B1\nlost p", &expect![[""]]);
    check(PATIENT, "refer B1 700\nwait 91\nbye p", &expect![[""]]);
}

#[test]
fn a_phone_without_sound_takes_nobody_from_an_orbit() {
    check(PATIENT, "refer B1 700\nbye B1\ninvite a 103 700 image\ninvite b 103 700 hold\nbye b", &expect![[""]]);
}

const RINGING: &str = "register 101\nregister 102\nregister 103\ninvite p main:+12025550101 +12025550123\nring B1\nring B2";

#[test]
fn a_call_that_rings_elsewhere_is_taken() {
    check(RINGING, "invite a 103 **101\nack a\nbye a", &expect![[""]]);
    check(RINGING, "invite a 103 *8\nwait 3\ninvite b 102 *8\nack b\nbye p", &expect![[""]]);
}

#[test]
fn nothing_rings_there() {
    check(
        "register 101\nregister 102\ninvite h 101 911\npickup B1",
        "invite a 102 **101\nwait 3\ninvite b 102 **\nwait 3\ninvite c 102 **999\nwait 3\nbye h",
        &expect![[""]],
    );
}

#[test]
fn a_phone_answers_by_itself() {
    check(
        "register 101\nregister 102",
        "
        invite a 101 *80102
        pickup B1
        bye a
        switch dnd 102 on
        invite b 101 *80102
        wait 3
        invite c 101 *80177
        wait 3
        ",
        &expect![[""]],
    );
}

#[test]
fn one_speaks_and_all_others_listen() {
    check(
        "register 101\nregister 102\nregister 103",
        "
        invite a 103 *81100
        pickup B1 held
        refuse B2 486
        ack a
        lost B1
        invite b 101 *81100
        pickup B3 held
        wait 13
        bye b
        invite c 101 *81900
        wait 3
        invite d 103 *81100
        wait 13
        invite e 103 *81100
        pickup B6 garbage
        pickup B7 held
        hangup
        ",
        &expect![[""]],
    );
}

#[test]
fn a_room_with_a_pin() {
    check(
        PATIENT,
        "
        invite a 102 800
        dtmf a 2468
        invite b 103 800
        dtmf b 1111
        dtmf b 22#
        dtmf b 2468
        invite c 103 800
        wait 21
        refer B1 800
        bye B1
        lost p
        ask a hold
        bye a
        bye b
        ",
        &expect![[""]],
    );
}

#[test]
fn a_wrong_pin_three_times() {
    check("register 101", "invite a 101 800\ndtmf a 1234\ndtmf a 1234\ndtmf a 1234", &expect![[""]]);
}
