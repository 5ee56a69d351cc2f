//! Keys of phones that switch on the phone itself, in step with codes, lamps and the console.

use expect_test::expect;

use super::check;

#[test]
fn a_key_is_a_switch_like_any_other_and_every_door_is_told_to_the_phone() {
    check(
        "
        watch 101 as-feature-event 101
        taken 1
        watch 102 presence 101
        taken 2
        press 1 101 quiet on
        taken 1
        taken 2
        invite a 103 101
        switch dnd 101 off
        taken 1
        taken 2
        press 1 101 always to 12025550188
        taken 1
        invite b 103 101
        cancel b
        invite c 101 *73
        wait 20
        taken 1
        press 1 101 no-answer to 103
        taken 1
        press 1 101 no-answer off
        taken 1
        ",
        &expect![[r#"
            > watch 101 as-feature-event 101
                accept subscription 1
                notify 1 keys quiet false, forwardImmediate false, forwardBusy false, forwardNoAns false
            > taken 1
            > watch 102 presence 101
                accept subscription 2
                notify 2 presence open Free
            > taken 2
            > press 1 101 quiet on
                accept subscription 1
                switches changed
                KEY of 101: quiet Some(true)
                notify 1 keys quiet true
                notify 2 presence open Do not disturb
            > taken 1
            > taken 2
            > invite a 103 101
                refuse a 486
                RECORD call1 Out 103 > 101 Busy fault Callee packets 0/0
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Detail 101 does not want to be disturbed.
                    0s Warn Busy
            > switch dnd 101 off
                switches changed
                switched
                notify 1 keys quiet false
                notify 2 presence open Free
            > taken 1
            > taken 2
            > press 1 101 always to 12025550188
                accept subscription 1
                switches changed
                KEY of 101: forward always +12025550188
                notify 1 keys forwardImmediate true +12025550188
            > taken 1
            > invite b 103 101
                invite B1 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > cancel b
                cancel B1
                RECORD call2 Out 103 > 101 Abandoned fault Caller packets 1/2
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > invite c 101 *73
                switches changed
                answer c (v1 :4004)
                play s3 <Confirm> forward_off
                notify 1 keys forwardImmediate false
                notify 2 presence open On the phone
            > wait 20
                bye c
                RECORD call3 Out 101 > *73 HungUp fault None talked 15s packets 3/0
                    0s Detail *73 is the end of forwarding.
                    0s Good Front desk does not forward calls any more (always)
                   15s Good Ended
            > taken 1
            > press 1 101 no-answer to 103
                accept subscription 1
                switches changed
                KEY of 101: forward no-answer 103
                notify 1 keys forwardNoAns true 103
            > taken 1
            > press 1 101 no-answer off
                accept subscription 1
                switches changed
                KEY of 101: forward no-answer off
                notify 1 keys forwardNoAns false
            > taken 1"#]],
    );
}

#[test]
fn what_a_code_may_not_no_key_may() {
    check(
        "
        watch 101 as-feature-event 101
        taken 1
        switch forward 102 always 101
        press 1 101 always to 102
        taken 1
        press 1 101 always to 911
        sent 1 200
        taken 1
        press 1 101 busy to +442079460018
        sent 2 405
        taken 1
        press 1 101 busy to *43
        sent 3 408
        taken 1
        press 1 101 busy to 101
        sent 4 200
        taken 1
        press 1 101 busy to nobody
        sent 5 200
        taken 1
        press 1 101 raw <SetAgentState/>
        ",
        &expect![[r#"
            > watch 101 as-feature-event 101
                accept subscription 1
                notify 1 keys quiet false, forwardImmediate false, forwardBusy false, forwardNoAns false
            > taken 1
            > switch forward 102 always 101
                switches changed
                switched
            > press 1 101 always to 102
                accept subscription 1
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Calls would go round in a circle: 101 to 102 to 101. End one of these forwardings first." from "Harbor Street Clinic" sip:clinic.demo
                notify 1 keys forwardImmediate false
            > taken 1
            > press 1 101 always to 911
                accept subscription 1
                notify 1 keys forwardImmediate false
            > sent 1 200
            > taken 1
            > press 1 101 busy to +442079460018
                accept subscription 1
                send 2 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "It is a number abroad, and the plan does not allow numbers abroad." from "Harbor Street Clinic" sip:clinic.demo
                notify 1 keys forwardBusy false
            > sent 2 405
            > taken 1
            > press 1 101 busy to *43
                accept subscription 1
                send 3 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Calls cannot be forwarded to a code." from "Harbor Street Clinic" sip:clinic.demo
                notify 1 keys forwardBusy false
            > sent 3 408
            > taken 1
            > press 1 101 busy to 101
                accept subscription 1
                send 4 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Calls cannot be forwarded to the same extension." from "Harbor Street Clinic" sip:clinic.demo
                notify 1 keys forwardBusy false
            > sent 4 200
            > taken 1
            > press 1 101 busy to nobody
                accept subscription 1
                send 5 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Calls cannot be forwarded there: that is no number." from "Harbor Street Clinic" sip:clinic.demo
                notify 1 keys forwardBusy false
            > sent 5 200
            > taken 1
            > press 1 101 raw <SetAgentState/>
                accept subscription 1
                notify 1 keys quiet false, forwardImmediate false, forwardBusy false, forwardNoAns false"#]],
    );
}

#[test]
fn whose_keys_they_are_is_proved_each_time() {
    check(
        "
        watch 101 as-feature-event 102
        watch 101 as-feature-event blf-101 lists
        watch 101 as-feature-event 101 auth=none
        watch 101 as-feature-event 101
        taken 4
        press 4 101 quiet on auth=none
        press 4 101 quiet on auth=stale
        press 4 101 quiet on auth=wrong
        press 4 102 quiet on
        press 4 101 raw <SetDoNotDisturb>
        press 4 101 quiet on
        ",
        &expect![[r#"
            > watch 101 as-feature-event 102
                refuse subscription 1 403
            > watch 101 as-feature-event blf-101 lists
                refuse subscription 2 404
            > watch 101 as-feature-event 101 auth=none
                challenge subscription 3
            > watch 101 as-feature-event 101
                accept subscription 4
                notify 4 keys quiet false, forwardImmediate false, forwardBusy false, forwardNoAns false
            > taken 4
            > press 4 101 quiet on auth=none
                challenge subscription 4
            > press 4 101 quiet on auth=stale
                challenge subscription 4 stale
            > press 4 101 quiet on auth=wrong
                challenge subscription 4
            > press 4 102 quiet on
                refuse subscription 4 403
            > press 4 101 raw <SetDoNotDisturb>
                refuse subscription 4 400
            > press 4 101 quiet on
                accept subscription 4
                switches changed
                KEY of 101: quiet Some(true)
                notify 4 keys quiet true"#]],
    );
}

#[test]
fn a_phone_that_reads_one_at_a_time_is_told_one_at_a_time() {
    check(
        "
        switch forward 101 busy 103
        watch 101 as-feature-event 101 single
        taken 1
        taken 1
        switch dnd 101 on
        taken 1
        taken 1
        taken 1
        watch 101 as-feature-event 101 single wish quiet off
        ",
        &expect![[r#"
            > switch forward 101 busy 103
                switches changed
                switched
            > watch 101 as-feature-event 101 single
                accept subscription 1
                notify 1 keys quiet false
            > taken 1
                notify 1 keys forwardImmediate false
            > taken 1
                notify 1 keys forwardBusy true 103
            > switch dnd 101 on
                switches changed
                switched
            > taken 1
                notify 1 keys quiet true
            > taken 1
                notify 1 keys forwardNoAns false
            > taken 1
            > watch 101 as-feature-event 101 single wish quiet off
                accept subscription 2
                switches changed
                KEY of 101: quiet Some(false)
                notify 2 keys quiet false
                notify 1 keys quiet false"#]],
    );
}

/// A slow phone is not overtaken: what it pressed meanwhile, and what changed, it is told after the answer to what it was told.
#[test]
fn what_is_pressed_while_the_phone_is_being_told_is_told_after_it() {
    check(
        "
        watch 101 as-feature-event 101
        press 1 101 quiet on
        switch forward 101 busy 102
        press 1 101 quiet on
        taken 1
        taken 1
        unwatched 1
        press 1 101 quiet off
        ",
        &expect![[r#"
            > watch 101 as-feature-event 101
                accept subscription 1
                notify 1 keys quiet false, forwardImmediate false, forwardBusy false, forwardNoAns false
            > press 1 101 quiet on
                accept subscription 1
                switches changed
                KEY of 101: quiet Some(true)
            > switch forward 101 busy 102
                switches changed
                switched
            > press 1 101 quiet on
                accept subscription 1
            > taken 1
                notify 1 keys quiet true, forwardBusy true 102
            > taken 1
            > unwatched 1
            > press 1 101 quiet off
                refuse subscription 1 404"#]],
    );
}
