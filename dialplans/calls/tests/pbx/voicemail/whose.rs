//! Whose mailbox takes a call, and which greeting is heard.

use expect_test::expect;

use super::check;

#[test]
fn a_greeting_of_ones_own_and_no_phone_at_all() {
    check(
        "register 103 expires=0\ninvite a 101 103\nanswer greeting own\nanswer begun\nbye a",
        &expect![[r#"
            > register 103 expires=0
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register []
            > invite a 101 103
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask greeting 103 unavailable
                ask begin 103
            > answer greeting own
                play s1 (3s) leave_a_message
            > answer begun
            > bye a
                ask discard
                close s1
                RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

/// Whoever has recorded their name alone is spoken of by it, where the caller has called them and not the clinic.
#[test]
fn without_a_greeting_of_its_own_a_mailbox_says_the_name() {
    check(
        "register 103 expires=0\ninvite a 101 103\nanswer greeting name\nbye a",
        &expect![[r#"
        > register 103 expires=0
            bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
            accept register []
        > invite a 101 103
            open s1 :4000
            sound s1 10.0.0.101:7000
            answer a (v1 :4000)
            ask greeting 103 unavailable
            ask begin 103
        > answer greeting name
            play s1 (1s) name_unavailable leave_a_message
        > bye a
            ask discard
            close s1
            RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 1/0
    "#]],
    );
    check(
        "invite a 101 102\nrefuse B1 486\nanswer greeting name\nbye a",
        &expect![[r#"
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > refuse B1 486
            close s2 s1
            open s3 :4004
            sound s3 10.0.0.101:7000
            answer a (v1 :4004)
            ask greeting 102 busy
            ask begin 102
        > answer greeting name
            play s3 (1s) name_busy leave_a_message
        > bye a
            ask discard
            close s3
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 3/0
    "#]],
    );
    check(
        "invite p main:+12025550101 +12025550123\nring B1\nwait 30.5\nanswer greeting name\nbye p",
        &expect![[r#"
            > invite p main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > ring B1
                ring p 180
            > wait 30.5
                cancel B1
                cancel B2
                close s2 s1
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                ask greeting 101 unavailable
                ask begin 101
            > answer greeting name
                play s3 nobody_available leave_a_message
            > bye p
                ask discard
                close s3
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None alone 0s packets 3/0
        "#]],
    );
}

#[test]
fn a_group_has_the_mailbox_that_the_plan_names_and_help_has_none() {
    check(
        "invite p main:+12025550101 +12025550123\nring B1\nwait 31\nanswer greeting\nanswer begun\nbye p
        invite a 101 911\nrefuse B3 503\nrefuse B4 503\nrefuse B5 503\nrefuse B6 503\nwait 2
        refuse B7 503\nrefuse B8 503\nrefuse B9 503\nrefuse B10 503",
        &expect![[r#"
            > invite p main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > ring B1
                ring p 180
            > wait 31
                cancel B1
                cancel B2
                close s2 s1
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                ask greeting 101 unavailable
                ask begin 101
                play s3 nobody_available leave_a_message
            > answer greeting
            > answer begun
            > bye p
                ask discard
                close s3
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None alone 1s packets 3/0
            > invite a 101 911
                ALERT call2 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s4 :4006
                open s5 :4008
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
                send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > refuse B3 503
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B4 503
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B5 503
                invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B6 503
                ALERT call2 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                send 3 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 4 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 5 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
            > wait 2
                invite B7 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B7 503
                invite B8 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B8 503
                invite B9 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B9 503
                invite B10 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B10 503
                refuse a 502
                close s4 s5
                RECORD call2 EMERGENCY Out 101 > 911 TrunkFailed fault Trunk packets 4/5
        "#]],
    );
}
