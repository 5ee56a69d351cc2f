//! Callers who want to stay unknown (RFC 3323), and calls that were sent on before they came to us (RFC 5806, RFC 7044).

use expect_test::expect;

use crate::bench::check;

#[test]
fn a_phone_that_wants_to_stay_unknown_is_shown_to_nobody_but_the_record() {
    check(
        "
        register 102
        watch 103 dialog 102
        invite a 101 102 private
        taken 1
        cancel a
        taken 1
        invite b 101 202-555-0101 private
        refuse B2 486
        invite c 101 911 private
        cancel c
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > watch 103 dialog 102
                accept subscription 1
                notify 1 lamp v1 []
            > invite a 101 102 private
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Anonymous" sip:anonymous@anonymous.invalid (v1 :4002) private
            > taken 1
                notify 1 lamp v2 [recipient trying -]
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 Out 101 > 102 Abandoned fault Caller packets 1/2
            > taken 1
                notify 1 lamp v3 [recipient terminated -]
            > invite b 101 202-555-0101 private
                open s3 :4004
                open s4 :4006
                invite B2 sip:+12025550101@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid (v1 :4006) private
            > refuse B2 486
                refuse b 486
                close s3 s4
                RECORD call2 Out 101 > +12025550101 Busy fault Callee packets 3/4
            > invite c 101 911 private
                ALERT call3 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s5 :4008
                open s6 :4010
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
                send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > cancel c
                cancel B3
                close s5 s6
                RECORD call3 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 5/6
        "#]],
    );
}

#[test]
fn whoever_is_transferred_stays_as_unknown_as_they_were() {
    check(
        "
        register 102
        register 103
        invite a 101 102 private
        pickup B1
        ack a
        refer B1 103
        pickup B2
        bye B1
        bye a
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > register 103
                bindings [102 udp 10.0.0.102:5060, 103 udp 10.0.0.103:5060]
                accept register [sip:103@10.0.0.103 3600s]
            > invite a 101 102 private
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Anonymous" sip:anonymous@anonymous.invalid (v1 :4002) private
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > refer B1 103
                open s3 :4004
                accept refer B1
                invite B2 sip:103@10.0.0.103 from "Anonymous" sip:anonymous@anonymous.invalid (v1 :4004) private
            > pickup B2
                sound s3 10.0.1.11:7000
                bridge s1 s3
                refer progress B1 200
                close s2
            > bye B1
            > bye a
                bye B2
                close s1 s3
                RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 1/3
        "#]],
    );
}

#[test]
fn a_call_that_was_sent_on_to_us_says_so() {
    check(
        "
        register 101
        trace
        invite a main:+12025550177 +12025550123 diverted=+12025550188
        cancel a
        invite b main:+12025550177 +12025550123 diverted=+12025550199
        cancel b
        invite c main:+12025550177 +12025550123 diverted=101
        cancel c
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > trace
            > invite a main:+12025550177 +12025550123 diverted=+12025550188
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550177@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 In +12025550177 > +12025550123 Abandoned fault Caller packets 1/2
                    0s Detail The carrier says that the call was for +12025550188 first (Diversion, History-Info)
                    0s Detail It was for a number outside the clinic first, and was sent on.
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > invite b main:+12025550177 +12025550123 diverted=+12025550199
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "" sip:+12025550177@clinic.demo (v1 :4006)
            > cancel b
                cancel B2
                close s3 s4
                RECORD call2 In +12025550177 > +12025550123 Abandoned fault Caller packets 3/4
                    0s Detail The carrier says that the call was for +12025550199 first (Diversion, History-Info)
                    0s Detail It was for another number of the clinic first, and was sent on.
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > invite c main:+12025550177 +12025550123 diverted=101
                open s5 :4008
                open s6 :4010
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550177@clinic.demo (v1 :4010)
            > cancel c
                cancel B3
                close s5 s6
                RECORD call3 In +12025550177 > +12025550123 Abandoned fault Caller packets 5/6
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
        "#]],
    );
}
