//! Conference rooms, and their PINs.

use expect_test::expect;

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
