//! Who is shown to whom: our numbers outside, and callers on our phones.

use calls::Limits;
use expect_test::{Expect, expect};

use crate::bench::Bench;

const PLAN: &str = r#"
name = "Shown"
[outside]
national = "main"
[[inbound]]
number = "main"
ring = ["101"]
label = "Front"
[[inbound]]
number = "+12025550110"
label = "Billing"
ring = ["103"]
[[shows]]
people = ["103"]
number = "+12025550110"
name = "Harbor Billing"
[[callers]]
numbers = ["+1613", "hidden"]
to = "busy"
[names]
"+12025550177" = "Lab on Main Street"
[emergency]
trunks = ["main"]
"#;

fn check(script: &str, expected: &Expect) {
    let mut bench = Bench::with_plan(Limits::default(), PLAN);
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn who_calls_out_shows_the_number_of_their_department_but_for_help() {
    check(
        "
        invite a 103 202-555-0101
        cancel a
        invite b 101 202-555-0177
        cancel b
        invite c 103 911
        cancel c
        ",
        &expect![[r#"
            > invite a 103 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Billing" sip:+12025550110@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 Out 103 > +12025550101 Abandoned fault Caller packets 1/2
            > invite b 101 202-555-0177
                open s3 :4004
                open s4 :4006
                invite B2 sip:+12025550177@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > cancel b
                cancel B2
                close s3 s4
                RECORD call2 Out 101 > +12025550177 Abandoned fault Caller packets 3/4
            > invite c 103 911
                ALERT call3 Extension 103 (Doctor) called 911. -> 101,102,103
                open s5 :4008
                open s6 :4010
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > cancel c
                cancel B3
                close s5 s6
                RECORD call3 EMERGENCY Out 103 > 911 Abandoned fault Caller packets 5/6
        "#]],
    );
}

/// Whose calls are forwarded outside pays for the way on, and is shown for it.
#[test]
fn a_call_that_is_forwarded_outside_shows_whoever_forwards_it() {
    check(
        "register 103\nregister 101\nswitch forward 103 always +12025550101\ninvite a 101 103\ncancel a",
        &expect![[r#"
            > register 103
                bindings [103 udp 10.0.0.103:5060]
                accept register [sip:103@10.0.0.103 3600s]
            > register 101
                bindings [101 udp 10.0.0.101:5060, 103 udp 10.0.0.103:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > switch forward 103 always +12025550101
                switches changed
                switched
            > invite a 101 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Billing" sip:+12025550110@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 Out 101 > 103 Abandoned fault Caller packets 1/2
        "#]],
    );
}

#[test]
fn phones_show_who_calls_which_number_and_by_our_own_names() {
    check(
        "
        register 101
        register 103
        invite a main:+12025550177 +12025550123
        cancel a
        invite b main:+12024440100 +12025550110
        cancel b
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 103
                bindings [101 udp 10.0.0.101:5060, 103 udp 10.0.0.103:5060]
                accept register [sip:103@10.0.0.103 3600s]
            > invite a main:+12025550177 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Front: Lab on Main Street" sip:+12025550177@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 In +12025550177 > +12025550123 Abandoned fault Caller packets 1/2
            > invite b main:+12024440100 +12025550110
                open s3 :4004
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "Billing" sip:+12024440100@clinic.demo (v1 :4006)
            > cancel b
                cancel B2
                close s3 s4
                RECORD call2 In +12024440100 > +12025550110 Abandoned fault Caller packets 3/4
        "#]],
    );
}

/// A dispatcher who calls back often shows no number.
#[test]
fn whoever_shows_no_number_is_led_elsewhere_but_not_after_a_call_for_help() {
    check(
        "
        register 101
        invite a main:anonymous +12025550123
        invite b main:+16137827274 +12025550123
        invite c 101 911
        cancel c
        invite d main:anonymous +12025550123
        cancel d
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a main:anonymous +12025550123
                refuse a 486
                RECORD call1 In ? > +12025550123 Busy fault Callee packets 0/0
            > invite b main:+16137827274 +12025550123
                refuse b 486
                RECORD call2 In +16137827274 > +12025550123 Busy fault Callee packets 0/0
            > invite c 101 911
                ALERT call3 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > cancel c
                cancel B1
                close s1 s2
                RECORD call3 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 1/2
            > invite d main:anonymous +12025550123
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Front" sip:anonymous@clinic.demo (v1 :4006)
            > cancel d
                cancel B2
                close s3 s4
                RECORD call4 In ? > +12025550123 Abandoned fault Caller packets 3/4
        "#]],
    );
}
