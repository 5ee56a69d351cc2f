//! One of several in a recorded room says no: what was said since they came goes, and nothing is recorded while they are there.

use expect_test::expect;

use super::{ALWAYS, MEETING, PATIENT};
use crate::recording::run;

#[test]
fn whoever_comes_later_and_says_no_at_the_door_is_let_in_and_nothing_is_recorded_while_they_are_there() {
    run(
        ALWAYS,
        &[MEETING, "said 600 2", PATIENT],
        "trace
        refer B1 600
        key s3 9
        key s3 9
        played s1
        wait 60
        bye p
        said 600 1
        bye a
        bye b",
        &expect![[r#"
            > trace
            > refer B1 600
                accept refer B1
                refer progress B1 200
                close s4
                play s3 recording_notice recording_decline number-9
            > key s3 9
                stop s3
                room 4611686018427388504 s3
                tape forget from 2
                play s2 recording_declined
                play s3 recording_declined
                play s1 recording_declined
                stop record room 600
                tape stopped declined
            > key s3 9
            > played s1
            > wait 60
                bye B1
            > bye p
                close s3
                record room 600 most 14400s
                tape goes on 102+103
                play s2 recording_resumed
                play s1 recording_resumed
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 60s packets 3/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Good Front desk transfers +12025550101 to the room 600 (REFER)
                    0s Detail +12025550101 hears that the room is recorded
                    0s Good +12025550101 is in the room 600
                   60s Good The caller hung up
                   60s Good Ended
            > said 600 1
                tape part 2 of all 1s
            > bye a
                close s1
                stop record room 600
                tape part 3 of all 500ms
                tape stopped alone
                RECORD call2 Out 102 > 600 HungUp fault None talked 60s packets 1/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Nurse hears that the room is recorded
                    0s Good Nurse is in the room 600
                   60s Good The caller hung up
                   60s Good Ended
            > bye b
                close s2
                RECORD call3 Out 102 > 600 HungUp fault None talked 60s packets 0/0
                    0s Good Nurse is in the room
                    0s Good Doctor is in the room
                    0s Detail The plan records what is said in the room 600.
                    0s Good The recording begins
                    0s Good +12025550101 is in the room
                    0s Good +12025550101 does not want to be recorded: nothing is while they are in the room
                    0s Detail Nothing is recorded for now
                   60s Good +12025550101 has left the room
                   60s Good The recording goes on
                   60s Good Nurse has left the room
                   60s Detail Nothing is recorded for now
                   60s Good Doctor has left the room
                RECORD call4 Out 103 > 600 HungUp fault None talked 60s packets 2/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Doctor hears that the room is recorded
                    0s Good Doctor is in the room 600
                   60s Good The caller hung up
                   60s Good Ended
        "#]],
    );
}

#[test]
fn whoever_says_no_a_moment_later_takes_what_was_kept_since_they_came() {
    run(
        ALWAYS,
        &[MEETING, "said 600 2", PATIENT, "refer B1 600\nbye B1"],
        "trace
        said 600 1
        played s3
        said 600 3
        key s1 9
        wait 9
        key s3 9
        bye p
        wait 1
        said 600 1
        bye a
        bye b",
        &expect![[r#"
            > trace
            > said 600 1
                tape part 2 of all 1s
            > played s3
                room 4611686018427388504 s3
            > said 600 3
                tape part 3 of all 1s
                tape part 4 of all 1s
                tape part 5 of all 1s
            > key s1 9
            > wait 9
            > key s3 9
                tape forget from 3
                play s2 recording_declined
                play s3 recording_declined
                play s1 recording_declined
                stop record room 600
                tape stopped declined
            > bye p
                close s3
                record room 600 most 14400s
                tape goes on 102+103
                play s2 recording_resumed
                play s1 recording_resumed
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 9s packets 3/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Good Front desk transfers +12025550101 to the room 600 (REFER)
                    0s Detail +12025550101 hears that the room is recorded
                    0s Good +12025550101 is in the room 600
                    9s Good The caller hung up
                    9s Good Ended
            > wait 1
            > said 600 1
                tape part 6 of all 1s
            > bye a
                close s1
                stop record room 600
                tape part 7 of all 500ms
                tape stopped alone
                RECORD call2 Out 102 > 600 HungUp fault None talked 10s packets 1/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Nurse hears that the room is recorded
                    0s Good Nurse is in the room 600
                   10s Good The caller hung up
                   10s Good Ended
            > bye b
                close s2
                RECORD call3 Out 102 > 600 HungUp fault None talked 10s packets 0/0
                    0s Good Nurse is in the room
                    0s Good Doctor is in the room
                    0s Detail The plan records what is said in the room 600.
                    0s Good The recording begins
                    0s Good +12025550101 is in the room
                    9s Good +12025550101 does not want to be recorded: nothing is while they are in the room
                    9s Detail Nothing is recorded for now
                    9s Good +12025550101 has left the room
                    9s Good The recording goes on
                   10s Good Nurse has left the room
                   10s Detail Nothing is recorded for now
                   10s Good Doctor has left the room
                RECORD call4 Out 103 > 600 HungUp fault None talked 10s packets 2/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Doctor hears that the room is recorded
                    0s Good Doctor is in the room 600
                   10s Good The caller hung up
                   10s Good Ended
        "#]],
    );
}

#[test]
fn later_the_same_key_means_nothing_in_a_room_either() {
    run(
        ALWAYS,
        &[MEETING, PATIENT, "refer B1 600\nbye B1\nplayed s3\nwait 11"],
        "key s3 9\nsaid 600 1\nbye p\nbye a\nbye b",
        &expect![[r#"
            > key s3 9
            > said 600 1
                tape part 0 of all 1s
            > bye p
                close s3
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 11s packets 3/0
            > bye a
                close s1
                stop record room 600
                tape part 1 of all 500ms
                tape stopped alone
                RECORD call2 Out 102 > 600 HungUp fault None talked 11s packets 1/0
            > bye b
                close s2
                RECORD call3 Out 102 > 600 HungUp fault None talked 11s packets 0/0
                RECORD call4 Out 103 > 600 HungUp fault None talked 11s packets 2/0
        "#]],
    );
}
