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
        &expect![[r#"
            > invite a 102 *78
                switches changed
                answer a (v1 :4000)
                play s1 <Confirm>
            > wait 3
                bye a
                RECORD call1 Out 102 > *78 HungUp fault None talked 2s packets 1/0
                    0s Detail *78 is do-not-disturb.
                    0s Good Nurse does not want to be disturbed
                    2s Good Ended
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
                play s4 <Confirm>
            > ack c
            > bye c
                RECORD call4 Out 102 > *79 HungUp fault None talked 0s packets 4/0
                    0s Detail *79 is the end of do-not-disturb.
                    0s Good Nurse can be called again
                    0s Good Ended
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
        &expect![[r#"
            > invite a 101 *72103
                switches changed
                answer a (v1 :4000)
                play s1 <Confirm>
            > wait 3
                bye a
                RECORD call1 Out 101 > *72103 HungUp fault None talked 2s packets 1/0
                    0s Detail *72 is forwarding.
                    0s Good Front desk forwards calls (always)
                    2s Good Ended
            > invite b 102 101
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
            > pickup B1
                answer b (v1 :4002)
            > bye b
                bye B1
                RECORD call2 Out 102 > 101 HungUp fault None talked 0s packets 2/3
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Good The caller hung up
                    0s Good Ended
            > invite c 103 101
                invite B2 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4008)
            > cancel c
                cancel B2
                RECORD call3 Out 103 > 101 Abandoned fault Caller packets 4/5
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered"#]],
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
        &expect![[r#"
            > switch forward 101 always 12025550188
                switches changed
                switched
            > invite a 102 101
                invite B1 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                RECORD call1 Out 102 > 101 Abandoned fault Caller packets 1/2
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > invite p main:+12025550101 +12025550123
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4006)
            > cancel p
                cancel B2
                RECORD call2 In +12025550101 > +12025550123 Abandoned fault Caller packets 3/4
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Detail Left out, since they do not want to be disturbed or forward their calls: 1.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > switch forward 101 always +442079460018
                not switched: It is a number abroad, and the plan does not allow numbers abroad.
            > switch forward 101 busy 911
                not switched: Calls are never forwarded to an emergency number.
            > switch forward 101 busy *43
                not switched: Calls cannot be forwarded to a code.
            > switch forward 177 busy 102
                not switched: There is no such extension."#]],
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
        &expect![[r#"
            > switch forward 102 busy 103
                switches changed
                switched
            > switch forward 102 no-answer 12025550188
                switches changed
                switched
            > switch forward 102 unreachable 101
                switches changed
                switched
            > invite a 101 102
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 486
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > pickup B2
                answer a (v1 :4004)
            > bye a
                bye B2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn Refused by Nurse (status 486)
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good 102 forwards such calls
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Good The caller hung up
                    0s Good Ended
            > invite b 101 102
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4010)
            > ring B3
                ring b 180
            > wait 26
                cancel B3
                invite B4 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4014)
            > early B4
                ring b 183 (v1 :4012)
            > cancel b
                cancel B4
                RECORD call2 Out 101 > 102 Abandoned fault Caller packets 7/8
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Detail It is a national number: the plan sends these over the trunk main.
                   25s Good 102 forwards such calls
                   25s Good Calling over the trunk main
                   26s Good It rings
                   26s Warn The caller hung up before anyone answered
            > invite c 103 102
                invite B5 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4018)
            > refuse B5 408
                invite B6 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4022)
            > cancel c
                cancel B6
                RECORD call3 Out 103 > 102 Abandoned fault Caller packets 11/12
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn Refused by Nurse (status 408)
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good 102 forwards such calls
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > register 102 expires=0
                bindings [101 udp 10.0.0.101:5060, 103 udp 10.0.0.103:5060]
                accept register []
            > invite d 103 102
                invite B7 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4026)
            > cancel d
                cancel B7
                RECORD call4 Out 103 > 102 Abandoned fault Caller packets 13/14
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Detail 102 has no phone now and forwards such calls.
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered"#]],
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
        &expect![[r#"
            > invite a 101 102
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 302 103
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > cancel a
                cancel B2
                RECORD call1 Out 101 > 102 Abandoned fault Caller packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Detail The phone forwards the call itself
                    0s Warn Refused by Nurse (status 302)
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good 102 forwards such calls
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > invite b 101 102
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4010)
            > refuse B3 302 911
                refuse b 480
                RECORD call2 Out 101 > 102 Unreachable fault Callee packets 5/6
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Detail The phone forwards the call itself
                    0s Warn Refused by Nurse (status 302)
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Warn 102 forwards such calls, and this one cannot go there (Calls are not forwarded there.)
                    0s Warn Not reachable
            > invite c 101 102
                invite B4 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4014)
            > refuse B4 302 nonsense
                refuse c 480
                RECORD call3 Out 101 > 102 Unreachable fault Callee packets 7/8
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The phone forwards the call to what is no number
                    0s Warn Refused by Nurse (status 302)
                    0s Warn Not reachable"#]],
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
        &expect![[r#"
            > switch forward 103 busy 12025550188
                switches changed
                switched
            > invite a 101 102
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                answer a (v1 :4000)
            > refer a 103
                accept refer a
                invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
            > refuse B2 486
                invite B3 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > pickup B3
                refer progress a 200
            > bye B1
                bye a
                bye B3
                RECORD call1 Out +12025550188 > 102 HungUp fault None talked 0s packets 3/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Front desk transfers Nurse to Doctor (REFER)
                    0s Good Ringing 1 phone
                    0s Warn Refused by Doctor (status 486)
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good 103 forwards such calls
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good Transferred by Front desk to +12025550188
                    0s Good The called side hung up
                    0s Good Ended
            > bye a
            > switch forward 103 always 101
                switches changed
                switched
            > invite b 101 102
                invite B4 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4008)
            > pickup B4
                answer b (v1 :4006)
            > refer B4 103
                accept refer B4
                invite B5 sip:101@10.0.0.101 from "Front desk" sip:101@clinic.demo (v1 :4010)
            > bye b
                refer progress B4 487
                bye B4
                cancel B5
                RECORD call2 Out 101 > 102 HungUp fault None talked 0s packets 4/6
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Detail 103 forwards all calls.
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Nurse transfers Front desk to Doctor (REFER)
                    0s Good Ringing 1 phone
                    0s Good The caller hung up
                    0s Good Ended
            > bye B4"#]],
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
        &expect![[r#"
            > switch forward 101 always 102
                switches changed
                switched
            > switch forward 102 always 103
                switches changed
                switched
            > switch forward 103 always 101
                not switched: Calls would go round in a circle: 103 to 101 to 102 to 103. End one of these forwardings first.
            > switch forward 101 always 101
                not switched: Calls cannot be forwarded to the same extension.
            > switch forward 103 no-answer 101
                switches changed
                switched
            > switch forward 103 busy 12025550123
                switches changed
                switched
            > invite a 102 101
                invite B1 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > refuse B1 486
                refuse a 486
                RECORD call1 Out 102 > 101 Busy fault Callee packets 1/2
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn Refused by Front desk (status 486)
                    0s Warn Busy
            > cancel a"#]],
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
                play s1 <Confirm>
                notify 1 lamp v2 [recipient confirmed -]
            > wait 3
                bye a
                RECORD call1 Out 101 > *28 HungUp fault None talked 2s packets 1/0
                    0s Detail *28 is the night switch.
                    0s Good Front desk switched the clinic to night
                    2s Good Ended
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
        &expect![[r#"
            > invite p main:+12025550101 +12025550123
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > cancel p
                cancel B1
                cancel B2
                RECORD call1 In +12025550101 > +12025550123 Abandoned fault Caller packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Warn The caller hung up before anyone answered
            > invite a 101 *60
                switches changed
                answer a (v1 :4004)
                play s3 <Confirm>
            > wait 3
                bye a
                RECORD call2 Out 101 > *60 HungUp fault None talked 2s packets 3/0
                    0s Detail *60 is blocking the last caller.
                    0s Good Front desk blocked the last caller
                    2s Good Ended
            > invite q main:+12025550101 +12025550123
                refuse q 603
                RECORD call3 In +12025550101 > +12025550123 Refused fault Caller packets 0/0
                    0s Detail This caller is blocked.
                    0s Warn Refused
            > invite r main:+12025550102 +12025550123
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550102@clinic.demo (v1 :4008)
                invite B4 sip:102@10.0.0.102 from "" sip:+12025550102@clinic.demo (v1 :4008)
            > cancel r
                cancel B3
                cancel B4
                RECORD call4 In +12025550102 > +12025550123 Abandoned fault Caller packets 4/5
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Warn The caller hung up before anyone answered
            > invite b 103 *60
                answer b (v1 :4010)
                play s6 <Error>
            > wait 3
                bye b
                RECORD call5 Out 103 > *60 HungUp fault None talked 2s packets 6/0
                    0s Detail *60 is blocking the last caller.
                    0s Warn The code was not carried out (Nobody has called from outside with a number since the start.)
                    2s Good Ended
            > switch block 101
                not switched: Only a full number from outside can be blocked."#]],
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
        &expect![[r#"
            > invite a 101 *72
                answer a (v1 :4000)
                play s1 <Error>
            > wait 3
                bye a
                RECORD call1 Out 101 > *72 HungUp fault None talked 2s packets 1/0
                    0s Detail *72 is forwarding.
                    0s Warn The code was not carried out (What follows the code is no number.)
                    2s Good Ended
            > invite b 101 *7212025550101234
                answer b (v1 :4002)
                play s2 <Error>
            > wait 3
                bye b
                RECORD call2 Out 101 > *7212025550101234 HungUp fault None talked 2s packets 2/0
                    0s Detail *72 is forwarding.
                    0s Warn The code was not carried out (What follows the code is no number.)
                    2s Good Ended
            > invite c 101 *99
                refuse c 404
                RECORD call3 Out 101 > *99 Unreachable fault Caller packets 0/0
                    0s Detail There is no service code *99.
                    0s Warn Not reachable
            > invite d main:+12025550101 *78
                refuse d 404
                RECORD call4 In +12025550101 > *78 Unreachable fault Caller packets 0/0
                    0s Detail The clinic does not have the number that was called.
                    0s Warn Not reachable
            > invite e 101 *7212025550101234567890
                answer e (v1 :4004)
                play s3 <Error>
                bye e
                RECORD call5 Out 101 > *7212025550101234567890 HungUp fault None talked 2s packets 3/0
                    0s Detail *72 is forwarding.
                    0s Warn The code was not carried out (What follows the code is no number.)
                    2s Good Ended"#]],
    );
}

#[test]
fn callers_without_a_number_and_calls_without_ours() {
    check(
        "
        invite a 101 *77
        wait 3
        invite p main:anonymous +12025550123
        invite f main:anonymous +12025550199
        faxdone
        invite b 101 *87
        wait 3
        invite q main:anonymous +12025550123
        cancel q
        invite c 101 *6712025550101
        cancel c
        invite d 101 *67911
        cancel d
        invite e 101 *67
        ",
        &expect![[r#"
            > invite a 101 *77
                switches changed
                answer a (v1 :4000)
                play s1 <Confirm>
            > wait 3
                bye a
                RECORD call1 Out 101 > *77 HungUp fault None talked 2s packets 1/0
                    0s Detail *77 is refusing callers without a number.
                    0s Good Front desk refuses callers without a number
                    2s Good Ended
            > invite p main:anonymous +12025550123
                refuse p 603
                RECORD call2 In ? > +12025550123 Refused fault Caller packets 0/0
                    0s Detail This caller is blocked.
                    0s Warn Refused
            > invite f main:anonymous +12025550199
                answer f (v1 :4002)
            > faxdone
                bye f
                FAX FAILED call3 In Cancelled
                RECORD call3 In ? > +12025550199 HungUp fault None talked 0s packets 2/0
                    0s Detail It is a fax number: the fax machine answers.
                    0s Good The fax machine answered
                    0s Good Ended
            > invite b 101 *87
                switches changed
                answer b (v1 :4004)
                play s3 <Confirm>
            > wait 3
                bye b
                RECORD call4 Out 101 > *87 HungUp fault None talked 2s packets 3/0
                    0s Detail *87 is the end of refusing callers without a number.
                    0s Good Front desk lets in callers without a number
                    2s Good Ended
            > invite q main:anonymous +12025550123
                invite B1 sip:101@10.0.0.101 from "" sip:anonymous@clinic.demo (v1 :4008)
                invite B2 sip:102@10.0.0.102 from "" sip:anonymous@clinic.demo (v1 :4008)
            > cancel q
                cancel B1
                cancel B2
                RECORD call5 In ? > +12025550123 Abandoned fault Caller packets 4/5
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Warn The caller hung up before anyone answered
            > invite c 101 *6712025550101
                invite B3 sip:+12025550101@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid (v1 :4012) private
            > cancel c
                cancel B3
                RECORD call6 Out 101 > +12025550101 Abandoned fault Caller packets 6/7
                    0s Detail The caller does not want to be known to those who are called (Privacy)
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > invite d 101 *67911
                ALERT call7 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                invite B4 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4016)
            > cancel d
                cancel B4
                RECORD call7 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 8/9
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > invite e 101 *67
                refuse e 404
                RECORD call8 Out 101 > ? Unreachable fault Caller packets 0/0
                    0s Detail The caller does not want to be known to those who are called (Privacy)
                    0s Detail What was dialled is not a number.
                    0s Warn Not reachable"#]],
    );
}

#[test]
fn by_the_first_letters_of_a_name() {
    check(
        "
        invite a 101 *411687
        cancel a
        invite b 101 *4113
        wait 3
        invite c 102 *411999
        wait 3
        invite d 102 *411337
        cancel d
        ",
        &expect![[r#"
            > invite a 101 *411687
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                RECORD call1 Out 101 > 102 Abandoned fault Caller packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > invite b 101 *4113
                answer b (v1 :4004)
                play s3 <Error>
            > wait 3
                bye b
                RECORD call2 Out 101 > *4113 HungUp fault None talked 2s packets 3/0
                    0s Detail *411 is the directory of names.
                    0s Warn The code was not carried out (Nobody has such a name, or more than one have.)
                    2s Good Ended
            > invite c 102 *411999
                answer c (v1 :4006)
                play s4 <Error>
            > wait 3
                bye c
                RECORD call3 Out 102 > *411999 HungUp fault None talked 2s packets 4/0
                    0s Detail *411 is the directory of names.
                    0s Warn The code was not carried out (Nobody has such a name, or more than one have.)
                    2s Good Ended
            > invite d 102 *411337
                invite B2 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4010)
            > cancel d
                cancel B2
                RECORD call4 Out 102 > 101 Abandoned fault Caller packets 5/6
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered"#]],
    );
}

#[test]
fn outside_a_call_is_taken_by_pressing_1() {
    let before = "switch forward 102 no-answer 12025550188\ninvite a 101 102\nring B1\nwait 26\n";
    check(
        &format!("{before}pickup B2\ndtmf B2 5\ndtmf B2 1\nbye a"),
        &expect![[r#"
            > switch forward 102 no-answer 12025550188
                switches changed
                switched
            > invite a 101 102
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 26
                cancel B1
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                idle s4
                play s4 Forever(Several([Tone(Beep), Silence(1s)]))
            > dtmf B2 5
            > dtmf B2 1
                stop s4
                answer a (v1 :4004)
            > bye a
                bye B2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Detail It is a national number: the plan sends these over the trunk main.
                   25s Good 102 forwards such calls
                   25s Good Calling over the trunk main
                   26s Good Answered by the trunk main
                   26s Detail Whoever answered is asked to press 1
                   26s Good +12025550188 took the call
                   26s Good The caller hung up
                   26s Good Ended"#]],
    );
    check(
        &format!("{before}early B2\npickup B2\nwait 16"),
        &expect![[r#"
            > switch forward 102 no-answer 12025550188
                switches changed
                switched
            > invite a 101 102
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 26
                cancel B1
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > early B2
                ring a 183 (v1 :4004)
            > pickup B2
                idle s4
                play s4 Forever(Several([Tone(Beep), Silence(1s)]))
                play s3 <Ringing>
            > wait 16
                bye B2
                refuse a 480
                RECORD call1 Out 101 > 102 NoAnswer fault Callee packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Detail It is a national number: the plan sends these over the trunk main.
                   25s Good 102 forwards such calls
                   25s Good Calling over the trunk main
                   26s Good It rings
                   26s Good Answered by the trunk main
                   26s Detail Whoever answered is asked to press 1
                   41s Warn +12025550188 did not take the call (no 1 was pressed)
                   41s Warn Nobody answered"#]],
    );
    check(
        &format!("{before}pickup B2\nask B2 hold\nbye B2"),
        &expect![[r#"
            > switch forward 102 no-answer 12025550188
                switches changed
                switched
            > invite a 101 102
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 26
                cancel B1
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                idle s4
                play s4 Forever(Several([Tone(Beep), Silence(1s)]))
            > ask B2 hold
                answer reinvite B2 (v2 :4006 recvonly)
            > bye B2
                refuse a 480
                RECORD call1 Out 101 > 102 NoAnswer fault Callee packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Detail It is a national number: the plan sends these over the trunk main.
                   25s Good 102 forwards such calls
                   25s Good Calling over the trunk main
                   26s Good Answered by the trunk main
                   26s Detail Whoever answered is asked to press 1
                   26s Detail The called side put the call on hold (sendonly)
                   26s Warn +12025550188 did not take the call (no 1 was pressed)
                   26s Warn Nobody answered"#]],
    );
    check(
        &format!("{before}pickup B2\ncancel a"),
        &expect![[r#"
            > switch forward 102 no-answer 12025550188
                switches changed
                switched
            > invite a 101 102
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 26
                cancel B1
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                idle s4
                play s4 Forever(Several([Tone(Beep), Silence(1s)]))
            > cancel a
                bye B2
                RECORD call1 Out 101 > 102 Abandoned fault Caller packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Detail It is a national number: the plan sends these over the trunk main.
                   25s Good 102 forwards such calls
                   25s Good Calling over the trunk main
                   26s Good Answered by the trunk main
                   26s Detail Whoever answered is asked to press 1
                   26s Warn The caller hung up before anyone answered"#]],
    );
}
