//! The keys of those who talk: no, stop, and go on.

use expect_test::expect;

use super::{PATIENT, PLAN, recorded, run};

#[test]
fn the_other_party_says_no_before_anything_is_kept() {
    run(
        PLAN,
        &[PATIENT, "tape kept"],
        "trace\nkey s1 9\nplayed s1\nbye p",
        &expect![[r#"
        > trace
        > key s1 9
            tape discard
            play s1 recording_declined
            play s2 recording_declined
        > played s1
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good It rings
                0s Good Answered by Front desk
                0s Detail The plan records calls that come in.
                0s Detail Both hear that the call is recorded
                0s Good The other party does not want to be recorded: nothing of the call is kept
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
}

#[test]
fn who_says_no_a_moment_later_destroys_what_there_is() {
    recorded(
        "recorded s1 3\nrecorded s2 3\nwait 9\nkey s1 9\nrecorded s1 0.2 stopped\nrecorded s2 0.2 stopped\nbye p",
        &expect![[r#"
            > recorded s1 3
            > recorded s2 3
                tape part 0 1s 1s
                tape part 1 1s 1s
                tape part 2 1s 1s
            > wait 9
            > key s1 9
                stop record s1
                stop record s2
                tape discard
                play s1 recording_declined
                play s2 recording_declined
            > recorded s1 0.2 stopped
            > recorded s2 0.2 stopped
            > bye p
                bye B1
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 9s packets 1/2
        "#]],
    );
}

#[test]
fn later_the_same_key_means_nothing() {
    recorded(
        "wait 11\nkey s1 9\nbye p",
        &expect![[r#"
        > wait 11
        > key s1 9
        > bye p
            bye B1
            close s1 s2
            tape part 0 500ms 500ms
            tape stopped elsewhere
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 11s packets 1/2
    "#]],
    );
}

#[test]
fn our_side_pauses_and_goes_on_and_what_was_said_meanwhile_is_nowhere() {
    recorded(
        "trace
        recorded s1 1
        recorded s2 1
        key s2 *
        key s2 1
        recorded s1 0.3 stopped
        recorded s2 0.3 stopped
        wait 20
        dtmf B1 *1
        recorded s1 1
        recorded s2 1
        bye B1",
        &expect![[r#"
            > trace
            > recorded s1 1
            > recorded s2 1
                tape part 0 1s 1s
            > key s2 *
            > key s2 1
                play s2 recording_paused
                stop record s1
                stop record s2
            > recorded s1 0.3 stopped
            > recorded s2 0.3 stopped
                tape part 1 300ms 300ms
                tape stopped paused
            > wait 20
            > dtmf B1 *1
                play s2 recording_resumed
                record s1 most 14400s silence None
                record s2 most 14400s silence None
                tape goes on 101
            > recorded s1 1
            > recorded s2 1
                tape part 2 1s 1s
            > bye B1
                bye p
                close s1 s2
                tape part 3 500ms 500ms
                tape stopped elsewhere
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 20s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Detail The plan records calls that come in.
                    0s Detail Both hear that the call is recorded
                    0s Good The recording begins
                    0s Good Front desk paused the recording
                   20s Good Front desk lets the recording go on
                   20s Detail The recording goes on
                   20s Good The called side hung up
                   20s Good Ended
        "#]],
    );
}

#[test]
fn other_keys_and_slow_fingers_pause_nothing() {
    recorded(
        "type s2 1*2*\nwait 4\nkey s2 1\ntype s1 *1\nbye p",
        &expect![[r#"
        > type s2 1*2*
        > wait 4
        > key s2 1
        > type s1 *1
        > bye p
            bye B1
            close s1 s2
            tape part 0 500ms 500ms
            tape stopped elsewhere
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 4s packets 1/2
    "#]],
    );
}

#[test]
fn on_demand_it_begins_when_somebody_of_ours_asks() {
    let plan = PLAN.replace("always", "on demand");
    run(
        &plan,
        &[PATIENT],
        "trace\ntype s1 *1\ntype s2 *1\ntape kept\nplayed s1\nrecorded s1 1\nrecorded s2 1\nbye p",
        &expect![[r#"
            > trace
            > type s1 *1
            > type s2 *1
                tape begin 101 days 30
                play s1 recording_notice recording_decline number-9
                play s2 recording_notice recording_decline number-9
            > tape kept
            > played s1
                record s1 most 14400s silence None
                record s2 most 14400s silence None
            > recorded s1 1
            > recorded s2 1
                tape part 0 1s 1s
            > bye p
                bye B1
                close s1 s2
                tape part 1 500ms 500ms
                tape stopped elsewhere
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Good Front desk wants the call recorded
                    0s Detail The plan records calls that come in.
                    0s Detail Both hear that the call is recorded
                    0s Good The recording begins
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}
