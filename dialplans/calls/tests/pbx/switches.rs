//! What staff switch at their phones: do-not-disturb, forwarding, the night switch, callers who are blocked; and the lamps of their keys.

use calls::Limits;
use expect_test::{Expect, expect};

use crate::bench::Bench;

/// 101, 102 and 103 have a phone each. Only what becomes of calls and switches is told.
fn check(script: &str, expected: &Expect) {
    let mut bench = Bench::new(Limits::default());
    bench.run("register 101\nregister 102\nregister 103");
    bench.log.clear();
    bench.show_trace = true;
    bench.run(script);
    bench.check_rest();
    let media = ["open", "close", "sound", "bridge"];
    let of_media = |line: &&str| media.iter().any(|m| line.trim_start().starts_with(m));
    let said: Vec<_> = bench.log.lines().filter(|l| !of_media(l)).collect();
    expected.assert_eq(&said.join("\n"));
}

#[test]
fn who_does_not_want_to_be_disturbed_is_busy() {
    check(
        "
        invite a 102 *78
        wait 3
        switches
        invite b 101 102
        invite p main:+12025550101 +12025550123
        cancel p
        invite c 102 *79
        ack c
        bye c
        invite d 101 102
        cancel d
        ",
        &expect![[""]],
    );
}

#[test]
fn all_calls_go_elsewhere_and_the_one_they_go_to_still_gets_through() {
    check(
        "
        invite a 101 *72103
        wait 3
        invite b 102 101
        pickup B1
        bye b
        invite c 103 101
        cancel c
        ",
        &expect![[""]],
    );
}

#[test]
fn forwarding_outside_is_the_call_of_whoever_forwards() {
    check(
        "
        switch forward 101 always 12025550188
        invite a 102 101
        cancel a
        invite p main:+12025550101 +12025550123
        cancel p
        switch forward 101 always +442079460018
        switch forward 101 busy 911
        switch forward 101 busy *43
        switch forward 177 busy 102
        ",
        &expect![[""]],
    );
}

#[test]
fn busy_unanswered_and_unreachable() {
    check(
        "
        switch forward 102 busy 103
        switch forward 102 no-answer 12025550188
        switch forward 102 unreachable 101
        invite a 101 102
        refuse B1 486
        pickup B2
        bye a
        invite b 101 102
        ring B3
        wait 26
        early B4
        cancel b
        invite c 103 102
        refuse B5 408
        cancel c
        register 102 expires=0
        invite d 103 102
        cancel d
        ",
        &expect![[""]],
    );
}

#[test]
fn a_phone_that_forwards_by_itself() {
    check(
        "
        invite a 101 102
        refuse B1 302 103
        cancel a
        invite b 101 102
        refuse B3 302 911
        invite c 101 102
        refuse B4 302 nonsense
        ",
        &expect![[""]],
    );
}

#[test]
fn a_transfer_goes_where_calls_go() {
    check(
        "
        switch forward 103 busy 12025550188
        invite a 101 102
        pickup B1
        refer a 103
        refuse B2 486
        pickup B3
        bye B1
        bye a
        switch forward 103 always 101
        invite b 101 102
        pickup B4
        refer B4 103
        bye b
        bye B4
        ",
        &expect![[""]],
    );
}

#[test]
fn a_circle_is_refused_when_it_is_switched_and_ends_where_a_plan_makes_one() {
    check(
        "
        switch forward 101 always 102
        switch forward 102 always 103
        switch forward 103 always 101
        switch forward 101 always 101
        switch forward 103 no-answer 101
        switch forward 103 busy 12025550123
        invite a 102 101
        refuse B1 486
        cancel a
        ",
        &expect![[""]],
    );
}

#[test]
fn the_night_switch_and_its_lamp() {
    check(
        "
        watch 103 dialog *28
        taken 1
        watch 103 dialog *78
        watch 101 dialog *78103
        watch 101 dialog *7
        watch 101 presence 103
        taken 2
        taken 3
        taken 5
        invite a 101 *28
        wait 3
        taken 1
        switch dnd 103 on
        taken 2
        taken 3
        switch night
        switches
        ",
        &expect![[""]],
    );
}

#[test]
fn a_caller_who_is_blocked_gets_no_further() {
    check(
        "
        invite p main:+12025550101 +12025550123
        cancel p
        invite a 101 *60
        wait 3
        invite q main:+12025550101 +12025550123
        invite r main:+12025550102 +12025550123
        cancel r
        invite b 103 *60
        wait 3
        switch block 101
        ",
        &expect![[""]],
    );
}

#[test]
fn codes_that_mean_nothing() {
    check(
        "
        invite a 101 *72
        wait 3
        invite b 101 *7212025550101234
        wait 3
        invite c 101 *99
        invite d main:+12025550101 *78
        invite e 101 *7212025550101234567890
        ",
        &expect![[""]],
    );
}
