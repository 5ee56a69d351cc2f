//! Over a trunk.

use expect_test::expect;

use crate::situations::*;

#[test]
fn over_a_trunk() {
    OUTSIDE_EARLY.tell("cancel a", &expect![[r#"
        > trace
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > early B1
            sound s2 10.0.1.10:7000
            sound s1 10.0.0.101:7000
            bridge s1 s2
            ring a 183 (v1 :4000)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > +12025550101 Abandoned fault Caller packets 1/2
                0s Detail It is a national number: the plan sends these over the trunk main.
                0s Good Calling over the trunk main
                0s Good It rings
                0s Warn The caller hung up before anyone answered
    "#]]);
    OUTSIDE.tell("bye a", &expect![[r#"
        > trace
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v1 :4000)
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > ack a
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
                0s Detail It is a national number: the plan sends these over the trunk main.
                0s Good Calling over the trunk main
                0s Good Answered by the trunk main
                0s Good The caller hung up
                0s Good Ended
    "#]]);
    HELP.tell(
        "bye a",
        &expect![[r#"
            > trace
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn forwarded() {
    FORWARDED_OUTSIDE.tell("cancel a", &expect![[r#"
        > trace
        > switch forward 102 no-answer 12025550188
            switches changed
            switched
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > ring B1
            ring a 180
        > wait 26
            cancel B1
            close s1 s2
            open s3 :4004
            open s4 :4006
            invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
        > cancel a
            cancel B2
            close s3 s4
            RECORD call1 Out 101 > 102 Abandoned fault Caller packets 3/4
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good It rings
               25s Detail It is a national number: the plan sends these over the trunk main.
               25s Good 102 forwards such calls
               25s Good Calling over the trunk main
               26s Warn The caller hung up before anyone answered
    "#]]);
}
