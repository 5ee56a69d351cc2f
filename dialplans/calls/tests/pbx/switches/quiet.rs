//! One person, or the whole clinic, is not to be called now.

use expect_test::expect;

use super::check;

#[test]
fn who_does_not_want_to_be_disturbed_is_busy() {
    check(
        "
        invite a 102 *78
        wait 20
        switches
        invite b 101 102
        invite p main:+12025550101 +12025550123
        cancel p
        invite c 102 *79
        wait 20
        ack c
        bye c
        invite d 101 102
        cancel d
        ",
        &expect![[r#"
            > invite a 102 *78
                switches changed
                answer a (v1 :4000)
                play s1 <Confirm> do_not_disturb_on
            > wait 20
                bye a
                RECORD call1 Out 102 > *78 HungUp fault None talked 15s packets 1/0
                    0s Detail *78 is do-not-disturb.
                    0s Good Nurse does not want to be disturbed
                   15s Good Ended
            > switches
                102 do-not-disturb
                night false blocked 0
            > invite b 101 102
                refuse b 486
                RECORD call2 Out 101 > 102 Busy fault Callee packets 0/0
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Detail 102 does not want to be disturbed.
                    0s Warn Busy
            > invite p main:+12025550101 +12025550123
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > cancel p
                cancel B1
                RECORD call3 In +12025550101 > +12025550123 Abandoned fault Caller packets 2/3
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Detail Left out, since they do not want to be disturbed or forward their calls: 1.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > invite c 102 *79
                switches changed
                answer c (v1 :4006)
                play s4 <Confirm> do_not_disturb_off
            > wait 20
                bye c
                RECORD call4 Out 102 > *79 HungUp fault None talked 15s packets 4/0
                    0s Detail *79 is the end of do-not-disturb.
                    0s Good Nurse can be called again
                   15s Good Ended
            > ack c
            > bye c
            > invite d 101 102
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4010)
            > cancel d
                cancel B2
                RECORD call5 Out 101 > 102 Abandoned fault Caller packets 5/6
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered"#]],
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
        wait 20
        taken 1
        switch dnd 103 on
        taken 2
        taken 3
        switch night
        switches
        ",
        &expect![[r#"
            > watch 103 dialog *28
                accept subscription 1
                notify 1 lamp v1 []
            > taken 1
            > watch 103 dialog *78
                accept subscription 2
                notify 2 lamp v1 []
            > watch 101 dialog *78103
                accept subscription 3
                notify 3 lamp v1 []
            > watch 101 dialog *7
                refuse subscription 4 404
            > watch 101 presence 103
                accept subscription 5
                notify 5 presence open Free
            > taken 2
            > taken 3
            > taken 5
            > invite a 101 *28
                switches changed
                answer a (v1 :4000)
                play s1 <Confirm> night_on
                notify 1 lamp v2 [recipient confirmed -]
            > wait 20
                bye a
                RECORD call1 Out 101 > *28 HungUp fault None talked 15s packets 1/0
                    0s Detail *28 is the night switch.
                    0s Good Front desk switched the clinic to night
                   15s Good Ended
            > taken 1
            > switch dnd 103 on
                switches changed
                switched
                notify 2 lamp v2 [recipient confirmed -]
                notify 3 lamp v2 [recipient confirmed -]
                notify 5 presence open Do not disturb
            > taken 2
            > taken 3
            > switch night
                switches changed
                switched
                notify 1 lamp v3 [recipient terminated -]
            > switches
                103 do-not-disturb
                night false blocked 0"#]],
    );
}
