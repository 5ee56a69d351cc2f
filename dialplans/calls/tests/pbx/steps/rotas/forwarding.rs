//! Whoever is on call forwards their calls.

use expect_test::expect;

use super::{ROTA, check};

/// The doctor is at home, and has said so at their phone.
#[test]
fn whoever_is_on_call_and_forwards_their_calls_is_called_there() {
    check(
        ROTA,
        "
        trace
        switch forward 103 always 12025550188
        invite a 101 600
        played s1 1
        ring B1
        pickup B1
        key s3 1
        bye a
        ",
        &expect![[r#"
            > trace
            > switch forward 103 always 12025550188
                switches changed
                switched
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 please_hold Silence(300ms)
            > played s1 1
                play s1 <Ringing>
                open s2 :4002
                close s2
                open s3 :4004
                invite B1 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > ring B1
            > pickup B1
                sound s3 10.0.1.10:7000
                play s3 Forever(take_call Silence(2s))
            > key s3 1
                stop s3
                stop s1
                bridge s1 s3
                reinvite a (v2 :4000)
            > bye a
                bye B1
                close s1 s3
                RECORD call1 Out 101 > 600 HungUp fault None talked 0s packets 1/3
                    0s Detail 600 is an extension of this plan that leads to: rota doctor.
                    0s Detail Rota doctor: 103, whose turn it is, is called first, and one more after that.
                    0s Good The rota doctor looks for whoever is on call
                    0s Good Calling 103, who is on call
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good 103 forwards such calls
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered by the trunk main
                    0s Good +12025550188 answered and is asked to press 1
                    0s Good +12025550188 takes the call
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn who_does_not_answer_at_their_desk_is_called_where_they_say_and_pays_for_no_call_that_nobody_took() {
    check(
        &format!("{ROTA}[limits]\nat_once_each = 1\n"),
        "
        trace
        switch forward 103 no-answer 12025550188
        invite a 101 600
        played s1 1
        ring B1
        wait 21
        ring B2
        wait 21
        invite b 103 12025550101
        cancel b
        pickup B3
        key s4 1
        bye a
        ",
        &expect![[r#"
            > trace
            > switch forward 103 no-answer 12025550188
                switches changed
                switched
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 please_hold Silence(300ms)
            > played s1 1
                play s1 <Ringing>
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
            > wait 21
                cancel B1
                close s2
                open s3 :4004
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > ring B2
            > wait 21
                cancel B2
                close s3
                open s4 :4006
                invite B3 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > invite b 103 12025550101
                open s5 :4008
                open s6 :4010
                invite B4 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > cancel b
                cancel B4
                close s5 s6
                RECORD call1 Out 103 > +12025550101 Abandoned fault Caller packets 5/6
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > pickup B3
                sound s4 10.0.1.12:7000
                play s4 Forever(take_call Silence(2s))
            > key s4 1
                stop s4
                stop s1
                bridge s1 s4
                reinvite a (v2 :4000)
            > bye a
                bye B3
                close s1 s4
                RECORD call2 Out 101 > 600 HungUp fault None talked 42s packets 1/4
                    0s Detail 600 is an extension of this plan that leads to: rota doctor.
                    0s Detail Rota doctor: 103, whose turn it is, is called first, and one more after that.
                    0s Good The rota doctor looks for whoever is on call
                    0s Good Calling 103, who is on call
                    0s Good Ringing 1 phone
                    0s Good It rings
                   20s Detail It is a national number: the plan sends these over the trunk main.
                   20s Good 103 forwards such calls
                   20s Good Calling over the trunk main
                   21s Good It rings
                   40s Warn Not taken (Nobody answered)
                   40s Good Calling the number outside of whoever is on call
                   40s Good Calling over the trunk main
                   42s Good Answered by the trunk main
                   42s Good +12025550144 answered and is asked to press 1
                   42s Good +12025550144 takes the call
                   42s Good The caller hung up
                   42s Good Ended
        "#]],
    );
}

#[test]
fn a_phone_that_says_whom_to_call_instead_is_heeded_and_one_that_is_not_there_too() {
    check(
        ROTA,
        "
        invite a 101 600
        played s1 1
        refuse B1 302 102
        ring B2
        pickup B2
        key s3 1
        bye a
        switch forward 103 unreachable 102
        register 103 expires=0
        invite b 101 600
        played s4 1
        pickup B3
        key s6 1
        bye b
        ",
        &expect![[r#"
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 please_hold Silence(300ms)
            > played s1 1
                play s1 <Ringing>
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 302 102
                close s2
                open s3 :4004
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4004)
            > ring B2
            > pickup B2
                sound s3 10.0.1.11:7000
                play s3 Forever(take_call Silence(2s))
            > key s3 1
                stop s3
                stop s1
                bridge s1 s3
                reinvite a (v2 :4000)
            > bye a
                bye B2
                close s1 s3
                RECORD call1 Out 101 > 600 HungUp fault None talked 0s packets 1/3
            > switch forward 103 unreachable 102
                switches changed
                switched
            > register 103 expires=0
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register []
            > invite b 101 600
                open s4 :4006
                sound s4 10.0.0.101:7000
                answer b (v1 :4006)
                play s4 please_hold Silence(300ms)
            > played s4 1
                play s4 <Ringing>
                open s5 :4008
                close s5
                open s6 :4010
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4010)
            > pickup B3
                sound s6 10.0.1.12:7000
                play s6 Forever(take_call Silence(2s))
            > key s6 1
                stop s6
                stop s4
                bridge s4 s6
                reinvite b (v2 :4006)
            > bye b
                bye B3
                close s4 s6
                RECORD call2 Out 101 > 600 HungUp fault None talked 0s packets 4/6
        "#]],
    );
}

/// Their forwarding leads to an announcement, or to what their rights or limits do not allow any more: the next one is called.
#[test]
fn where_nobody_can_be_called_the_next_one_is() {
    check(
        &format!("{ROTA}[limits]\nper_hour_each = 1\n[extensions.601]\nto = \"announcement sorry\"\n"),
        "
        trace
        switch forward 103 always 601
        invite a 101 600
        played s1 1
        bye a
        switch forward 103 always 12025550188
        invite b 103 12025550101
        cancel b
        invite c 101 600
        played s6 1
        bye c
        ",
        &expect![[r#"
            > trace
            > switch forward 103 always 601
                switches changed
                switched
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 please_hold Silence(300ms)
            > played s1 1
                play s1 <Ringing>
                open s2 :4002
                close s2
                open s3 :4004
                invite B1 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > bye a
                cancel B1
                close s1 s3
                RECORD call1 Out 101 > 600 HungUp fault None talked 0s packets 1/3
                    0s Detail 600 is an extension of this plan that leads to: rota doctor.
                    0s Detail Rota doctor: 103, whose turn it is, is called first, and one more after that.
                    0s Good The rota doctor looks for whoever is on call
                    0s Good Calling 103, who is on call
                    0s Detail 601 is an extension of this plan that leads to: announcement sorry.
                    0s Detail The caller hears the announcement sorry.
                    0s Good 103 forwards such calls
                    0s Warn Nobody can be called there
                    0s Good Calling the number outside of whoever is on call
                    0s Good Calling over the trunk main
                    0s Good The caller hung up
                    0s Good Ended
            > switch forward 103 always 12025550188
                switches changed
                switched
            > invite b 103 12025550101
                open s4 :4006
                open s5 :4008
                invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > cancel b
                cancel B2
                close s4 s5
                RECORD call2 Out 103 > +12025550101 Abandoned fault Caller packets 4/5
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > invite c 101 600
                open s6 :4010
                sound s6 10.0.0.101:7000
                answer c (v1 :4010)
                play s6 please_hold Silence(300ms)
            > played s6 1
                play s6 <Ringing>
                open s7 :4012
                NOTICE Extension 103 has made as many outside calls within an hour as the plan allows; more are refused.
                close s7
                open s8 :4014
                invite B3 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4014)
            > bye c
                cancel B3
                close s6 s8
                RECORD call3 Out 101 > 600 HungUp fault None talked 0s packets 6/8
                    0s Detail 600 is an extension of this plan that leads to: rota doctor.
                    0s Detail Rota doctor: 103, whose turn it is, is called first, and one more after that.
                    0s Good The rota doctor looks for whoever is on call
                    0s Good Calling 103, who is on call
                    0s Detail The plan's limit of 1 for outside calls of one person within an hour is reached.
                    0s Warn 103 forwards such calls, and this one cannot go there (The plan's limit of 1 for outside calls of one person within an hour is reached.)
                    0s Good Calling the number outside of whoever is on call
                    0s Good Calling over the trunk main
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn to_whom_the_doctor_forwards_still_reaches_the_doctor() {
    check(
        ROTA,
        "
        switch forward 103 always 101
        invite a 101 600
        played s1 1
        pickup B1
        bye a
        ",
        &expect![[r#"
            > switch forward 103 always 101
                switches changed
                switched
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 please_hold Silence(300ms)
            > played s1 1
                play s1 <Ringing>
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                play s2 Forever(take_call Silence(2s))
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 600 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}
