//! Who is told that somebody calls for help, and how.

use calls::Limits;
use expect_test::expect;

use crate::bench::{Bench, check};

#[test]
fn whoever_it_is_staff_are_told_by_name_and_place() {
    check(
        "
        register 101
        invite a 101 9911 auth=none
        cancel a
        invite b 102 911
        cancel b
        invite c device:103 933
        cancel c
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a 101 9911 auth=none
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 1/2
            > invite b 102 911
                ALERT call2 Extension 102 (Nurse) called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > cancel b
                cancel B2
                close s3 s4
                RECORD call2 EMERGENCY Out 102 > 911 Abandoned fault Caller packets 3/4
            > invite c device:103 933
                ALERT call3 A phone that has not registered and calls itself Extension 103 (Doctor) called 933. -> 101,102,103
                open s5 :4008
                open s6 :4010
                invite B3 sip:933@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
                send 2 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "A phone that has not registered and calls itself Extension 103 (Doctor) called 933." from "Harbor Street Clinic" sip:clinic.demo
            > cancel c
                cancel B3
                close s5 s6
                RECORD call3 EMERGENCY Out 103 > 933 Abandoned fault Caller packets 5/6
        "#]],
    );
}

/// The plan says whose phones show it: each device of theirs, after the call for help has left, and once however the call goes on.
#[test]
fn phones_show_who_called_for_help_and_the_call_never_waits_for_them() {
    let plan = "[emergency]\nalert = [\"101\", \"103\"]\n";
    let mut bench = Bench::with_plan(Limits::default(), plan);
    bench.run(
        "
        register 101
        register 101 host=151 device=b
        register 102
        invite a 102 911
        sent 1 200
        refuse B1 503
        sent 2 408
        refuse B2 503
        refuse B3 503
        refuse B4 503
        ",
    );
    bench.check_rest();
    expect![[r#"
        > register 101
            bindings [101 udp 10.0.0.101:5060]
            accept register [sip:101@10.0.0.101 3600s]
        > register 101 host=151 device=b
            bindings [101 udp 10.0.0.101:5060, 101 udp 10.0.0.151:5060]
            accept register [sip:101@10.0.0.101 3600s, sip:101@10.0.0.151 3600s]
        > register 102
            bindings [101 udp 10.0.0.101:5060, 101 udp 10.0.0.151:5060, 102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 102 911
            ALERT call1 Extension 102 (Nurse) called 911. -> 101,103
            open s1 :4000
            open s2 :4002
            invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
            send 2 sip:101@10.0.0.151 at 10.0.0.151:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
        > sent 1 200
        > refuse B1 503
            invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > sent 2 408
        > refuse B2 503
            invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B3 503
            invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B4 503
            refuse a 502
            close s1 s2
            ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,103
            send 3 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
            send 4 sip:101@10.0.0.151 at 10.0.0.151:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
            RECORD call1 EMERGENCY Out 102 > 911 TrunkFailed fault Trunk packets 1/2
    "#]].assert_eq(&bench.log);
}

/// A phone that dials for help for ever makes no flood of messages: those that are under way are enough.
#[test]
fn so_many_phones_are_told_at_once_and_no_more() {
    let mut bench = Bench::new(Limits::default());
    bench.run("register 101\nregister 102\nregister 103");
    let told = |bench: &Bench| bench.log.matches("called 911.\" from \"Harbor").count();
    for call in 0..80 {
        bench.run(&format!("invite a{call} device:ghost 911\ncancel a{call}"));
    }
    assert_eq!(told(&bench), 200);
    // Their phones have answered, or never will.
    for id in 1..=200 {
        bench.run(&format!("sent {id} 408"));
    }
    bench.run("invite z device:ghost 911\ncancel z");
    assert_eq!(told(&bench), 203);
    bench.check_rest();
}
