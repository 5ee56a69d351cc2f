//! Rooms that are recorded: everybody hears so, all are in one recording, and one of several may say no.

mod declining;

use expect_test::expect;

use super::{PATIENT, run};

/// Calls are not recorded here, the room 600 is.
const ALWAYS: &str = r#"
[rooms.600]
[rooms.601]
[[inbound]]
number = "main"
ring = ["101"]
[recording]
start = "always"
calls = []
rooms = ["600"]
"#;
const ON_DEMAND: &str = r#"
[rooms.600]
[[inbound]]
number = "main"
ring = ["101"]
[recording]
start = "on demand"
calls = []
rooms = ["all"]
"#;
/// 102 (a, s1) and 103 (b, s2) are in the room.
const TWO: &str = "invite a 102 600\nack a\ninvite b 103 600\nack b";
/// … and have heard at its door that it is recorded.
const MEETING: &str = "invite a 102 600\nack a\nplayed s1\ninvite b 103 600\nack b\nplayed s2\ntape kept";

#[test]
fn everybody_hears_it_at_the_door_and_the_meeting_has_a_record_of_its_own() {
    run(
        ALWAYS,
        &[],
        "trace
        invite a 102 600
        ack a
        invite x 101 601
        bye x
        played s1
        invite b 103 600
        played s3
        tape kept
        said 600 2
        bye a
        invite d 102 600
        played s4
        said 600 1
        bye b
        bye d",
        &expect![[r#"
            > trace
            > invite a 102 600
                open s1 :4000
                sound s1 10.0.0.102:7000
                answer a (v1 :4000)
                play s1 recording_notice recording_decline number-9
            > ack a
            > invite x 101 601
                open s2 :4002
                sound s2 10.0.0.101:7000
                answer x (v1 :4002)
                room 4611686018427388505 s2
            > bye x
                close s2
                RECORD call1 Out 101 > 601 HungUp fault None talked 0s packets 2/0
                    0s Detail 601 is a conference room of this plan.
                    0s Good Front desk is in the room 601
                    0s Good The caller hung up
                    0s Good Ended
            > played s1
                room 4611686018427388504 s1
            > invite b 103 600
                open s3 :4004
                sound s3 10.0.0.103:7000
                answer b (v1 :4004)
                play s3 recording_notice recording_decline number-9
            > played s3
                room 4611686018427388504 s3
                tape begin 102+103 days 30
            > tape kept
                record room 600 most 14400s
            > said 600 2
                tape part 0 of all 1s
                tape part 1 of all 1s
            > bye a
                close s1
                stop record room 600
                tape part 2 of all 500ms
                tape stopped alone
                RECORD call2 Out 102 > 600 HungUp fault None talked 0s packets 1/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Nurse hears that the room is recorded
                    0s Good Nurse is in the room 600
                    0s Good The caller hung up
                    0s Good Ended
            > invite d 102 600
                open s4 :4006
                sound s4 10.0.0.102:7000
                answer d (v1 :4006)
                play s4 recording_notice recording_decline number-9
            > played s4
                room 4611686018427388504 s4
                record room 600 most 14400s
                tape goes on 102+103
            > said 600 1
                tape part 3 of all 1s
            > bye b
                close s3
                stop record room 600
                tape part 4 of all 500ms
                tape stopped alone
                RECORD call3 Out 103 > 600 HungUp fault None talked 0s packets 3/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Doctor hears that the room is recorded
                    0s Good Doctor is in the room 600
                    0s Good The caller hung up
                    0s Good Ended
            > bye d
                close s4
                RECORD call4 Out 102 > 600 HungUp fault None talked 0s packets 0/0
                    0s Good Nurse is in the room
                    0s Good Doctor is in the room
                    0s Detail The plan records what is said in the room 600.
                    0s Good The recording begins
                    0s Good Nurse has left the room
                    0s Detail Nothing is recorded for now
                    0s Good Nurse is in the room
                    0s Good The recording goes on
                    0s Good Doctor has left the room
                    0s Detail Nothing is recorded for now
                    0s Good Nurse has left the room
                RECORD call5 Out 102 > 600 HungUp fault None talked 0s packets 4/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Nurse hears that the room is recorded
                    0s Good Nurse is in the room 600
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn one_of_ours_begins_pauses_and_goes_on_and_all_hear_of_it() {
    run(
        ON_DEMAND,
        &[TWO, PATIENT, "refer B1 600\nbye B1"],
        "trace
        type s1 *1
        tape kept
        played s1
        played s2
        played s3
        said 600 1
        type s3 *1
        type s2 *1
        wait 30
        invite c 101 600
        type s1 *1
        played s5
        said 600 1
        bye p
        bye a
        bye b
        bye c",
        &expect![[r#"
            > trace
            > type s1 *1
                tape begin 102+103 days 30
                play s2 recording_notice recording_decline number-9
                play s3 recording_notice recording_decline number-9
                play s1 recording_notice recording_decline number-9
            > tape kept
            > played s1
            > played s2
            > played s3
                record room 600 most 14400s
            > said 600 1
                tape part 0 of all 1s
            > type s3 *1
            > type s2 *1
                play s2 recording_paused
                play s3 recording_paused
                play s1 recording_paused
                stop record room 600
                tape part 1 of all 500ms
                tape stopped paused
            > wait 30
            > invite c 101 600
                open s5 :4008
                sound s5 10.0.0.101:7000
                answer c (v1 :4008)
                room 4611686018427388504 s5
            > type s1 *1
                play s2 recording_resumed
                play s3 recording_resumed
                play s1 recording_resumed
                play s5 recording_notice recording_decline number-9
            > played s5
                record room 600 most 14400s
                tape goes on 101+102+103
            > said 600 1
                tape part 2 of all 1s
            > bye p
                close s3
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 30s packets 3/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Good Front desk transfers +12025550101 to the room 600 (REFER)
                    0s Good +12025550101 is in the room 600
                   30s Good The caller hung up
                   30s Good Ended
            > bye a
                close s1
                RECORD call2 Out 102 > 600 HungUp fault None talked 30s packets 1/0
                    0s Detail 600 is a conference room of this plan.
                    0s Good Nurse is in the room 600
                   30s Good The caller hung up
                   30s Good Ended
            > bye b
                close s2
                stop record room 600
                tape part 3 of all 500ms
                tape stopped alone
                RECORD call3 Out 103 > 600 HungUp fault None talked 30s packets 2/0
                    0s Detail 600 is a conference room of this plan.
                    0s Good Doctor is in the room 600
                   30s Good The caller hung up
                   30s Good Ended
            > bye c
                close s5
                RECORD call4 Out 102 > 600 HungUp fault None talked 30s packets 0/0
                    0s Good Nurse is in the room
                    0s Good Doctor is in the room
                    0s Good +12025550101 is in the room
                    0s Good Nurse wants the room recorded
                    0s Detail The plan records what is said in the room 600.
                    0s Detail Everybody hears that the room is recorded
                    0s Good The recording begins
                    0s Good Doctor paused the recording
                    0s Detail Nothing is recorded for now
                   30s Good Front desk is in the room
                   30s Good Nurse lets the recording go on
                   30s Detail Everybody hears that the room is recorded
                   30s Good The recording goes on
                   30s Good +12025550101 has left the room
                   30s Good Nurse has left the room
                   30s Good Doctor has left the room
                   30s Detail Nothing is recorded for now
                   30s Good Front desk has left the room
                RECORD call5 Out 101 > 600 HungUp fault None talked 0s packets 5/0
                    0s Detail 600 is a conference room of this plan.
                    0s Good Front desk is in the room 600
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn what_cannot_be_kept_is_not_recorded_and_those_who_come_later_are_told_nothing() {
    run(
        ALWAYS,
        &["invite a 102 600\nack a\nplayed s1\ninvite b 103 600\nack b\nplayed s2"],
        "tape refused
        invite c 101 600
        type s1 *1
        bye a
        bye b
        bye c",
        &expect![[r#"
            > tape refused
            > invite c 101 600
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer c (v1 :4004)
                room 4611686018427388504 s3
            > type s1 *1
                play s1 recording_declined
            > bye a
                close s1
                RECORD call1 Out 102 > 600 HungUp fault None talked 0s packets 1/0
            > bye b
                close s2
                RECORD call2 Out 103 > 600 HungUp fault None talked 0s packets 2/0
            > bye c
                close s3
                RECORD call3 Out 101 > 600 HungUp fault None talked 0s packets 3/0
        "#]],
    );
    run(
        ALWAYS,
        &[MEETING],
        "said 600 1\ntape lost\nbye a\nbye b",
        &expect![[r#"
        > said 600 1
            tape part 0 of all 1s
        > tape lost
            stop record room 600
        > bye a
            close s1
            RECORD call1 Out 102 > 600 HungUp fault None talked 0s packets 1/0
        > bye b
            close s2
            RECORD call2 Out 102 > 600 HungUp fault None talked 0s packets 0/0
            RECORD call3 Out 103 > 600 HungUp fault None talked 0s packets 2/0
    "#]],
    );
    run(
        ALWAYS,
        &[MEETING],
        "said 600 2 limit\nbye a\nbye b",
        &expect![[r#"
            > said 600 2 limit
                tape part 0 of all 1s
                tape part 1 of all 1s
            > bye a
                close s1
                RECORD call1 Out 102 > 600 HungUp fault None talked 0s packets 1/0
            > bye b
                close s2
                RECORD call2 Out 102 > 600 HungUp fault None talked 0s packets 0/0
                RECORD call3 Out 103 > 600 HungUp fault None talked 0s packets 2/0
        "#]],
    );
}

#[test]
fn one_who_talked_with_a_caller_lets_them_take_the_seat_and_they_are_told_too() {
    run(
        ALWAYS,
        &[MEETING, PATIENT],
        "trace
        ask B1 hold
        agree p held
        invite c 101 600
        ack c
        played s5
        refer B1 replaces c
        said 600 1
        played s3
        said 600 1
        bye p
        bye a
        bye b",
        &expect![[r#"
            > trace
            > ask B1 hold
                answer reinvite B1 (v2 :4006 recvonly)
                sound s4 on hold
                reinvite p (v2 :4004 sendonly)
                play s3 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree p held
                sound s3 10.0.1.4:7000
            > invite c 101 600
                open s5 :4008
                sound s5 10.0.0.101:7000
                answer c (v1 :4008)
                play s5 recording_notice recording_decline number-9
            > ack c
            > played s5
                room 4611686018427388504 s5
                tape goes on 101+102+103
            > refer B1 replaces c
                accept refer B1
                refer progress B1 200
                close s4
                bye B1
                close s5
                bye c
                stop s3
                reinvite p (v3 :4004)
                play s3 recording_notice recording_decline number-9
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > said 600 1
                tape part 0 of all 1s
            > played s3
                room 4611686018427388504 s3
            > said 600 1
                tape part 1 of all 1s
            > bye p
                close s3
                RECORD call2 In +12025550101 > 600 HungUp fault None talked 0s packets 3/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Front desk hears that the room is recorded
                    0s Good Front desk is in the room 600
                    0s Good Front desk hands this call over to +12025550101 (attended transfer)
                    0s Detail +12025550101 hears that the room is recorded
                    0s Good +12025550101 is in the room 600
                    0s Good The caller hung up
                    0s Good Ended
            > bye a
                close s1
                stop record room 600
                tape part 2 of all 500ms
                tape stopped alone
                RECORD call3 Out 102 > 600 HungUp fault None talked 0s packets 1/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Nurse hears that the room is recorded
                    0s Good Nurse is in the room 600
                    0s Good The caller hung up
                    0s Good Ended
            > bye b
                close s2
                RECORD call4 Out 102 > 600 HungUp fault None talked 0s packets 0/0
                    0s Good Nurse is in the room
                    0s Good Doctor is in the room
                    0s Detail The plan records what is said in the room 600.
                    0s Good The recording begins
                    0s Good Front desk is in the room
                    0s Detail +12025550101 takes the place of somebody
                    0s Good +12025550101 is in the room
                    0s Good +12025550101 has left the room
                    0s Good Nurse has left the room
                    0s Detail Nothing is recorded for now
                    0s Good Doctor has left the room
                RECORD call5 Out 103 > 600 HungUp fault None talked 0s packets 2/0
                    0s Detail 600 is a conference room of this plan.
                    0s Detail Doctor hears that the room is recorded
                    0s Good Doctor is in the room 600
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}
