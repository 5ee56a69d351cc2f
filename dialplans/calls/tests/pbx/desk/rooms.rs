//! Conference rooms, and their PINs.

use expect_test::expect;

use crate::bench::Bench;
use crate::situations::{PATIENT, PHONES};

const WITH_PIN: &str = r#"
[extensions.100]
ring = ["101", "102"]
seconds = 30
[[inbound]]
number = "main"
ring = ["100"]
[rooms.800]
pin = "2468"
"#;

#[test]
fn a_room_with_a_pin() {
    PATIENT.check_planned(
        WITH_PIN,
        "
        trace
        invite a 102 800
        dtmf a 2468
        invite b 103 800
        dtmf b 1111
        wait 3
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
        &expect![[r#"
            > trace
            > invite a 102 800
                open s3 :4004
                sound s3 10.0.0.102:7000
                answer a (v1 :4004)
                play s3 enter_pin
            > dtmf a 2468
                stop s3
                room 4611686018427388704 s3
            > invite b 103 800
                open s4 :4006
                sound s4 10.0.0.103:7000
                answer b (v1 :4006)
                play s4 enter_pin
            > dtmf b 1111
                stop s4
            > wait 3
                play s4 wrong_pin enter_pin
            > dtmf b 22#
                stop s4
                play s4 wrong_pin enter_pin
            > dtmf b 2468
                stop s4
                room 4611686018427388704 s4
            > invite c 103 800
                open s5 :4008
                sound s5 10.0.0.103:7000
                answer c (v1 :4008)
                play s5 enter_pin
            > wait 21
                bye c
                close s5
                RECORD call1 Out 103 > 800 Refused fault Caller talked 20s packets 5/0
                    0s Detail 800 is a conference room of this plan.
                   20s Warn Nobody typed the PIN of the room
                   20s Warn Refused
            > refer B1 800
                accept refer B1
                refer progress B1 200
                close s2
                room 4611686018427388704 s1
            > bye B1
            > lost p
                close s1
                RECORD call2 In +12025550101 > +12025550123 Lost fault Caller talked 24s packets 1/0
                   24s Good Front desk transfers +12025550101 to the room 800 (REFER)
                   24s Good +12025550101 is in the room 800
                   24s Bad The caller vanished (no answer to what was sent to it)
                   24s Bad The connection was lost
            > ask a hold
                answer reinvite a (v2 :4004 recvonly)
                sound s3 on hold
                mute s3
            > bye a
                close s3
                RECORD call3 Out 102 > 800 HungUp fault None talked 24s packets 3/0
                    0s Detail 800 is a conference room of this plan.
                    0s Good Nurse is in the room 800
                   24s Detail The caller put the call on hold (sendonly)
                   24s Good The caller hung up
                   24s Good Ended
            > bye b
                close s4
                RECORD call4 Out 103 > 800 HungUp fault None talked 24s packets 4/0
                    0s Detail 800 is a conference room of this plan.
                    2s Warn A wrong PIN was typed
                    3s Warn A wrong PIN was typed
                    3s Good Doctor is in the room 800
                   24s Good The caller hung up
                   24s Good Ended
        "#]],
    );
}

#[test]
fn a_wrong_pin_three_times() {
    PHONES.check_planned(
        WITH_PIN,
        "trace\ninvite a 101 800\ndtmf a 1234\nwait 3\ndtmf a 1234#\ndtmf a 12345678901234\nwait 3\ndtmf a 2468#\nplayed s1 1",
        &expect![[r#"
            > trace
            > invite a 101 800
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 enter_pin
            > dtmf a 1234
                stop s1
            > wait 3
                play s1 wrong_pin enter_pin
            > dtmf a 1234#
                stop s1
                play s1 wrong_pin enter_pin
            > dtmf a 12345678901234
                stop s1
            > wait 3
                play s1 too_many_tries
            > dtmf a 2468#
            > played s1 1
                bye a
                close s1
                RECORD call1 Out 101 > 800 Refused fault Caller talked 6s packets 1/0
                    0s Detail 800 is a conference room of this plan.
                    2s Warn A wrong PIN was typed
                    3s Warn A wrong PIN was typed
                    5s Warn A wrong PIN was typed
                    6s Warn Refused
        "#]],
    );
}

/// Who ends the PIN by the key that the words name has not tried twice by that; who types a wrong one is told, and need not hear that to its end.
#[test]
fn the_key_behind_a_pin_is_no_try_and_a_wrong_one_is_told() {
    PHONES.check_planned(
        WITH_PIN,
        "trace\ninvite a 101 800\ndtmf a #\ndtmf a 11111\ndtmf a #\ndtmf a 22#\nwait 15\ndtmf a 2468\ndtmf a #\nbye a",
        &expect![[r#"
            > trace
            > invite a 101 800
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 enter_pin
            > dtmf a #
            > dtmf a 11111
                stop s1
            > dtmf a #
                play s1 wrong_pin enter_pin
            > dtmf a 22#
                stop s1
                play s1 wrong_pin enter_pin
            > wait 15
            > dtmf a 2468
                stop s1
                room 4611686018427388704 s1
            > dtmf a #
            > bye a
                close s1
                RECORD call1 Out 101 > 800 HungUp fault None talked 15s packets 1/0
                    0s Detail 800 is a conference room of this plan.
                    0s Warn A wrong PIN was typed
                    0s Warn A wrong PIN was typed
                   15s Good Front desk is in the room 800
                   15s Good The caller hung up
                   15s Good Ended
        "#]],
    );
}

/// As many as the media engine takes into one; the next would be in it and hear nothing.
#[test]
fn who_comes_to_a_full_room_is_told_and_nobody_is_transferred_there() {
    let mut bench = Bench::large(&WITH_PIN.replace("pin = \"2468\"\n", ""));
    bench.run("register 101\nregister 102\nregister 103");
    (0..64).for_each(|party| bench.run(&format!("invite p{party} {} 800", 101 + party % 3)));
    assert_eq!(bench.log.matches("room 4611686018427388704 s").count(), 64);
    bench.log.clear();
    bench.run("trace\ninvite z 102 800\nplayed s65\ninvite y 102 101\npickup B1\nack y\nrefer y 800\nbye y");
    expect![[r#"
        > trace
        > invite z 102 800
            open s65 :4128
            sound s65 10.0.0.102:7000
            answer z (v1 :4128)
            play s65 <Error> not_possible
        > played s65
            bye z
            close s65
            RECORD call1 Out 102 > 800 Busy fault Callee talked 0s packets 65/0
                0s Detail 800 is a conference room of this plan.
                0s Warn The room 800 is full
                0s Detail The caller hears why, in words
                0s Warn Busy
        > invite y 102 101
            open s66 :4130
            open s67 :4132
            invite B1 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4132)
        > pickup B1
            sound s67 10.0.1.10:7000
            answer y (v1 :4130)
            sound s66 10.0.0.102:7000
            bridge s66 s67
        > ack y
        > refer y 800
            refuse refer y 486
        > bye y
            bye B1
            close s66 s67
            RECORD call2 Out 102 > 101 HungUp fault None talked 0s packets 66/67
                0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good Answered by Front desk
                0s Warn A transfer was refused (The room is full)
                0s Good The caller hung up
                0s Good Ended
    "#]]
    .assert_eq(&bench.log);
}
