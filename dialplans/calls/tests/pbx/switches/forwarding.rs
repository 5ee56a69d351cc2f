//! Calls go elsewhere: always, or where they find nobody; within the rights of whoever forwards, and never in a circle.

use expect_test::expect;

use super::check;

#[test]
fn all_calls_go_elsewhere_and_the_one_they_go_to_still_gets_through() {
    check(
        "
        invite a 101 *72103
        wait 20
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
                play s1 <Confirm> forward_on number-1 number-0 number-3
            > wait 20
                bye a
                RECORD call1 Out 101 > *72103 HungUp fault None talked 15s packets 1/0
                    0s Detail *72 is forwarding.
                    0s Good Front desk forwards calls (always)
                   15s Good Ended
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
