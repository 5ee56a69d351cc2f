//! A forwarding that cannot be followed: the plan says what comes.

use expect_test::expect;

use super::{PLAN, check};
use crate::steps::ran;

const FORWARDED: &str = r##"
[[inbound]]
number = "main"
to = "101"
[extensions.101]
ring = ["101"]
nobody = "103"
[outside]
national = "main"
[limits]
at_once_each = 1
"##;

/// The second patient is not turned away because the first one talks with the front desk's mobile phone.
#[test]
fn who_forwards_as_often_as_they_may_costs_no_caller_their_call() {
    check(
        FORWARDED,
        "
        trace
        switch forward 101 always 12025550188
        invite p main:+12025550171 +12025550123
        pickup B1
        invite q backup:+12025550172 +12025550123
        cancel q
        bye p
        ",
        &expect![[r#"
            > trace
            > switch forward 101 always 12025550188
                switches changed
                switched
            > invite p main:+12025550171 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > invite q backup:+12025550172 +12025550123
                NOTICE Extension 101 has as many outside calls at a time as the plan allows; another was refused.
                open s3 :4004
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550172@clinic.demo (v1 :4006)
            > cancel q
                cancel B2
                close s3 s4
                RECORD call1 In +12025550172 > +12025550123 Abandoned fault Caller packets 3/4
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail The plan's limit of 1 for outside calls of one person at a time is reached.
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > bye p
                bye B1
                close s1 s2
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_trunk_that_is_full_is_no_end_either_where_the_plan_knows_more() {
    let plan = FORWARDED.replace("at_once_each = 1", "at_once_each = 9");
    check(
        &plan,
        "
        trace
        switch forward 101 always 12025550188
        invite p main:+12025550171 +12025550123
        pickup B1
        invite q backup:+12025550172 +12025550123
        cancel q
        bye p
        ",
        &expect![[r#"
            > trace
            > switch forward 101 always 12025550188
                switches changed
                switched
            > invite p main:+12025550171 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > invite q backup:+12025550172 +12025550123
                open s3 :4004
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550172@clinic.demo (v1 :4006)
            > cancel q
                cancel B2
                close s3 s4
                RECORD call1 In +12025550172 > +12025550123 Abandoned fault Caller packets 3/4
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail Every channel of the trunk is in use.
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > bye p
                bye B1
                close s1 s2
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    let alone = plan.replace("nobody = \"103\"", "");
    check(
        &alone,
        "
        trace
        switch forward 101 always 12025550188
        invite p main:+12025550171 +12025550123
        pickup B1
        invite q backup:+12025550172 +12025550123
        bye p
        ",
        &expect![[r#"
            > trace
            > switch forward 101 always 12025550188
                switches changed
                switched
            > invite p main:+12025550171 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > invite q backup:+12025550172 +12025550123
                refuse q 503 retry-after 20
                RECORD call1 In +12025550172 > +12025550123 TrunkFailed fault Us packets 0/0
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Bad Every channel of the trunk is in use
                    0s Bad The phone line could not place the call
            > bye p
                bye B1
                close s1 s2
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// Their cover has forwarded their own calls where they may not call any more, and has nobody who comes next.
#[test]
fn a_forwarding_behind_another_goes_on_by_the_first() {
    check(
        &FORWARDED.replace("at_once_each", "per_hour_each"),
        "
        trace
        switch forward 101 always 102
        switch forward 102 always 12025550188
        invite a 102 12025550101
        cancel a
        invite p main:+12025550171 +12025550123
        cancel p
        ",
        &expect![[r#"
            > trace
            > switch forward 101 always 102
                switches changed
                switched
            > switch forward 102 always 12025550188
                switches changed
                switched
            > invite a 102 12025550101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 Out 102 > +12025550101 Abandoned fault Caller packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > invite p main:+12025550171 +12025550123
                NOTICE Extension 102 has made as many outside calls within an hour as the plan allows; more are refused.
                open s3 :4004
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4006)
            > cancel p
                cancel B2
                close s3 s4
                RECORD call2 In +12025550171 > +12025550123 Abandoned fault Caller packets 3/4
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Detail 102 forwards all calls.
                    0s Detail The plan's limit of 1 for outside calls of one person within an hour is reached.
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
        "#]],
    );
}

/// Whoever hands a caller on to somebody who forwards so hands them on to what comes next.
#[test]
fn who_is_handed_on_there_goes_on_too() {
    check(
        FORWARDED,
        "
        trace
        switch forward 101 always 12025550188
        invite p main:+12025550171 +12025550123
        pickup B1
        invite q backup:+12025550172 +12025550123
        pickup B2
        ack q
        refer B2 101
        bye p
        bye q
        ",
        &expect![[r#"
            > trace
            > switch forward 101 always 12025550188
                switches changed
                switched
            > invite p main:+12025550171 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > invite q backup:+12025550172 +12025550123
                NOTICE Extension 101 has as many outside calls at a time as the plan allows; another was refused.
                open s3 :4004
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550172@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer q (v1 :4004)
                sound s3 192.0.2.2:7000
                bridge s3 s4
            > ack q
            > refer B2 101
                accept refer B2
                refer progress B2 200
                close s4
                bye B2
                open s5 :4008
                invite B3 sip:103@10.0.0.103 from "" sip:+12025550172@clinic.demo (v1 :4008)
                play s3 <Ringing>
            > bye p
                bye B1
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
            > bye q
                cancel B3
                close s3 s5
                RECORD call2 In +12025550172 > 101 HungUp fault None talked 0s packets 3/5
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail The plan's limit of 1 for outside calls of one person at a time is reached.
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail 101 forwards all calls.
                    0s Detail The plan's limit of 1 for outside calls of one person at a time is reached.
                    0s Good Doctor transfers +12025550172 to Front desk (REFER)
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// They come later in the call's way, and have no phone at all.
#[test]
fn who_is_next_and_has_no_phone_now_is_called_where_they_say() {
    check(
        PLAN,
        "
        trace
        switch forward 103 unreachable 12025550188
        register 103 expires=0
        invite a 101 200
        ring B1
        wait 11
        ring B2
        cancel a
        ",
        &expect![[r#"
            > trace
            > switch forward 103 unreachable 12025550188
                switches changed
                switched
            > register 103 expires=0
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register []
            > invite a 101 200
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 11
                cancel B1
                close s2 s1
                open s3 :4004
                open s4 :4006
                close s3 s4
                open s5 :4008
                open s6 :4010
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > ring B2
                ring a 180
            > cancel a
                cancel B2
                close s5 s6
                RECORD call1 Out 101 > 200 Abandoned fault Caller packets 5/6
                    0s Detail 200 is an extension of this plan: 102 rings for 10 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   10s Warn Nobody took the call (Nobody answered)
                   10s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                   10s Detail It is a national number: the plan sends these over the trunk main.
                   10s Good 103 forwards such calls
                   10s Good Calling over the trunk main
                   11s Good It rings
                   11s Warn The caller hung up before anyone answered
        "#]],
    );
}

/// The doctor's calls go to the secretary, whose unanswered ones go to the doctor: those ring there, also where a menu has led the caller.
#[test]
fn whose_calls_come_back_from_where_they_forward_them_is_rung() {
    let plan = "[[inbound]]\nnumber = \"main\"\nto = \"menu main\"\n[menus.main]\nkeys = { 1 = \"102\" }\nnobody = \"hang up\"\n\
                [voicemail]\npeople = [\"102\"]\n";
    let menu = "invite p main:+12025550171 +12025550123\nkey s1 1\nring B1\nwait 26";
    let switched = "switch forward 103 always 102\nswitch forward 102 no-answer 103";
    let log = ran(plan, &format!("{switched}\n{menu}\npickup B2\nbye p")).log;
    assert!(log.contains("invite B2 sip:103@10.0.0.103 ") && log.contains("bridge s1 "), "{log}");
    // Who does not want to be disturbed is not, by that way either.
    let quiet = "switch dnd 103 on\nswitch forward 103 busy 102\nswitch forward 102 no-answer 103";
    let log = ran(plan, &format!("{quiet}\n{menu}\nbye p")).log;
    assert!(!log.contains("invite B2"), "{log}");
}
