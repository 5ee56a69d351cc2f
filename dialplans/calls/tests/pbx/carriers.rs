//! Trunks that are names: looked up ahead of need, tried address by address, and never waited for.

use calls::Limits;
use expect_test::{Expect, expect};
use model::Settings;

use crate::bench::{Bench, SETTINGS};

/// The trunk main is a name with a port, so only its addresses are asked for.
fn bench() -> Bench {
    let settings = SETTINGS.replace("192.0.2.1:5060", "carrier.example:5060");
    Bench::with(Limits::default(), Settings::parse(&settings).expect("good"))
}

fn check(script: &str, expected: &Expect) {
    let mut bench = bench();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn a_silent_address_is_given_up_for_the_next_one_and_comes_last_for_a_while() {
    check(
        "
        wait 0
        dns carrier.example 192.0.2.11 192.0.2.12
        invite a 101 202-555-0101
        wait 4.1
        trying B2
        wait 10
        ring B2
        pickup B2
        bye B2
        wait 3
        invite b 101 202-555-0101
        cancel b
        ",
        &expect![[r#"
            > wait 0
                dns? Addresses("carrier.example")
            > dns carrier.example 192.0.2.11 192.0.2.12
                set peers: 3 trunks
                found backup udp 192.0.2.2:5060, main udp 192.0.2.11:5060 udp 192.0.2.12:5060
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > wait 4.1
                cancel B1
                invite B2 sip:+12025550101@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > trying B2
            > wait 10
            > ring B2
                ring a 180
            > pickup B2
                sound s2 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye B2
                bye a
                close s1 s2
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
            > wait 3
            > invite b 101 202-555-0101
                open s3 :4004
                open s4 :4006
                invite B3 sip:+12025550101@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > cancel b
                cancel B3
                close s3 s4
                RECORD call2 Out 101 > +12025550101 Abandoned fault Caller packets 3/4
        "#]],
    );
}

#[test]
fn a_server_that_refuses_for_itself_is_passed_over_and_a_busy_callee_is_not_called_twice() {
    check(
        "
        wait 0
        dns carrier.example 192.0.2.11 192.0.2.12
        invite a 101 202-555-0101
        refuse B1 503
        refuse B2 486
        ",
        &expect![[r#"
            > wait 0
                dns? Addresses("carrier.example")
            > dns carrier.example 192.0.2.11 192.0.2.12
                set peers: 3 trunks
                found backup udp 192.0.2.2:5060, main udp 192.0.2.11:5060 udp 192.0.2.12:5060
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B1 503
                invite B2 sip:+12025550101@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B2 486
                refuse a 486
                close s1 s2
                RECORD call1 Out 101 > +12025550101 Busy fault Callee packets 1/2
        "#]],
    );
}

#[test]
fn without_an_address_a_call_fails_at_once_and_help_goes_over_the_other_trunk() {
    check(
        "
        wait 0
        invite a 101 202-555-0101
        dns carrier.example down
        invite b 101 911
        pickup B1
        ack b
        bye b
        ",
        &expect![[r#"
            > wait 0
                dns? Addresses("carrier.example")
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                refuse a 502
                close s1 s2
                RECORD call1 Out 101 > +12025550101 TrunkFailed fault Us packets 1/2
            > dns carrier.example down
            > invite b 101 911
                ALERT call2 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B1 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B1
                sound s4 10.0.1.10:7000
                answer b (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > ack b
            > bye b
                bye B1
                close s3 s4
                RECORD call2 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 3/4
        "#]],
    );
}

/// A name whose answers take turns: a call stays where it is, the next one goes where the newest answer leads, and who calls from the
/// machine before is still the carrier.
#[test]
fn who_left_the_answer_is_called_no_more_and_still_heard() {
    check(
        "
        wait 0
        dns carrier.example 192.0.2.11
        invite a 101 202-555-0101
        pickup B1
        wait 301
        dns carrier.example 192.0.2.12
        invite b main:+12025550107 +12025550123 at=192.0.2.11:5060
        invite c main:+12025550107 +12025550123 at=203.0.113.9:5060
        bye B1
        invite d 101 202-555-0101
        cancel d
        ",
        &expect![[r#"
            > wait 0
                dns? Addresses("carrier.example")
            > dns carrier.example 192.0.2.11
                set peers: 2 trunks
                found backup udp 192.0.2.2:5060, main udp 192.0.2.11:5060
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > wait 301
                dns? Addresses("carrier.example")
            > dns carrier.example 192.0.2.12
                set peers: 3 trunks
                found backup udp 192.0.2.2:5060, main udp 192.0.2.12:5060
            > invite b main:+12025550107 +12025550123 at=192.0.2.11:5060
                refuse b 480
                RECORD call1 In +12025550107 > +12025550123 Unreachable fault Callee packets 0/0
            > invite c main:+12025550107 +12025550123 at=203.0.113.9:5060
                refuse c 403
            > bye B1
                bye a
                close s1 s2
                RECORD call2 Out 101 > +12025550101 HungUp fault None talked 301s packets 1/2
            > invite d 101 202-555-0101
                open s3 :4004
                open s4 :4006
                invite B2 sip:+12025550101@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > cancel d
                cancel B2
                close s3 s4
                RECORD call3 Out 101 > +12025550101 Abandoned fault Caller packets 3/4
        "#]],
    );
}

/// Whom a ringing call is handed on to waits no longer for a silent address than who called there; and one that has said 100 is not silent.
#[test]
fn a_silent_address_is_given_up_also_after_the_call_was_handed_on() {
    for (said, expected) in [
        (
            "",
            expect![[r#"
        > refer a replaces b
            refuse b 487
            close s3
            accept refer a
            RECORD call1 Out 101 > +12025550101 Abandoned fault None packets 3/0
        > wait 4.1
            cancel B2
            invite B3 sip:+12025550101@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
        > bye B1
            refer progress a 487
            bye a
            cancel B3
            close s1 s2 s4
            RECORD call2 Out 101 > 102 HungUp fault None talked 4s packets 4/2
    "#]],
        ),
        (
            "trying B2",
            expect![[r#"
        > refer a replaces b
            refuse b 487
            close s3
            accept refer a
            RECORD call1 Out 101 > +12025550101 Abandoned fault None packets 3/0
        > wait 4.1
        > bye B1
            refer progress a 487
            bye a
            cancel B2
            close s1 s2 s4
            RECORD call2 Out 101 > 102 HungUp fault None talked 4s packets 4/2
    "#]],
        ),
    ] {
        let script = format!(
            "
            wait 0
            dns carrier.example 192.0.2.11 192.0.2.12
            register 102
            invite a 101 102
            pickup B1
            invite b 101 202-555-0101
            {said}
            refer a replaces b
            wait 4.1
            bye B1
            "
        );
        let mut bench = bench();
        let (before, after) = script.split_at(script.find("refer").expect("it is there"));
        bench.run(before);
        bench.log.clear();
        bench.run(after);
        bench.check_rest();
        expected.assert_eq(&bench.log);
    }
}

/// No name leads to them. Nobody is carried outside from there, whoever they say that they are: a carrier's call is for the clinic.
#[test]
fn a_call_from_another_machine_of_a_carrier_is_let_in_as_its_own() {
    let settings = SETTINGS.replace("channels = 2", "channels = 2\nalso_from = [\"198.51.100.0/28\"]");
    let mut bench = Bench::with(Limits::default(), Settings::parse(&settings).expect("good"));
    bench.run(
        "
        invite a main:+12025550107 +12025550123 at=198.51.100.9:5099
        invite b main:+12025550107 +12025550123 at=198.51.100.16:5060
        invite c 101 202-555-0101 auth=none at=198.51.100.9:5060
        ",
    );
    bench.check_rest();
    expect![[r#"
        > invite a main:+12025550107 +12025550123 at=198.51.100.9:5099
            refuse a 480
            RECORD call1 In +12025550107 > +12025550123 Unreachable fault Callee packets 0/0
        > invite b main:+12025550107 +12025550123 at=198.51.100.16:5060
            refuse b 403
        > invite c 101 202-555-0101 auth=none at=198.51.100.9:5060
            refuse c 404
            RECORD call2 In ? > +12025550101 Unreachable fault Caller packets 0/0
    "#]]
    .assert_eq(&bench.log);
}

/// A name of two machines is the only trunk for help, and the first of them is dead.
#[test]
fn help_is_called_at_every_address_of_a_trunk() {
    let settings = SETTINGS.replace("192.0.2.1:5060", "carrier.example:5060");
    let (before, after) = settings.split_once("[[trunks]]\nname = \"backup\"").expect("two trunks");
    let settings = format!("{before}{}", &after[after.find("[mail]").expect("more")..]);
    for (answers, expected) in [
        (
            "wait 4.1\nring B2",
            expect![[r#"
            > wait 0
                dns? Addresses("carrier.example")
            > dns carrier.example 192.0.2.11 192.0.2.12
                set peers: 2 trunks
                found main udp 192.0.2.11:5060 udp 192.0.2.12:5060
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > wait 4.1
                invite B2 sip:911@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > ring B2
                ring a 180
        "#]],
        ),
        (
            "refuse B1 503\nring B2",
            expect![[r#"
            > wait 0
                dns? Addresses("carrier.example")
            > dns carrier.example 192.0.2.11 192.0.2.12
                set peers: 2 trunks
                found main udp 192.0.2.11:5060 udp 192.0.2.12:5060
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B1 503
                invite B2 sip:911@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > ring B2
                ring a 180
        "#]],
        ),
        // It is slow and not dead: a second call at once would reach the same people.
        (
            "trying B1\nwait 4.1\nwait 7.8\nwait 0.2",
            expect![[r#"
                > wait 0
                    dns? Addresses("carrier.example")
                > dns carrier.example 192.0.2.11 192.0.2.12
                    set peers: 2 trunks
                    found main udp 192.0.2.11:5060 udp 192.0.2.12:5060
                > invite a 101 911
                    ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                    open s1 :4000
                    open s2 :4002
                    invite B1 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > trying B1
                > wait 4.1
                > wait 7.8
                > wait 0.2
                    invite B2 sip:911@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            "#]],
        ),
        (
            "wait 4.1\nwait 8\nrefuse B1 408\nrefuse B2 408\nrefuse B3 503\nrefuse B4 503\nwait 2\nrefuse B5 503\nrefuse B6 503\nrefuse B7 503\nrefuse B8 503",
            expect![[r#"
                > wait 0
                    dns? Addresses("carrier.example")
                > dns carrier.example 192.0.2.11 192.0.2.12
                    set peers: 2 trunks
                    found main udp 192.0.2.11:5060 udp 192.0.2.12:5060
                > invite a 101 911
                    ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                    open s1 :4000
                    open s2 :4002
                    invite B1 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > wait 4.1
                    invite B2 sip:911@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > wait 8
                > refuse B1 408
                    invite B3 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > refuse B2 408
                    invite B4 sip:911@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > refuse B3 503
                > refuse B4 503
                    ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                > wait 2
                    invite B5 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > refuse B5 503
                    invite B6 sip:911@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > refuse B6 503
                    invite B7 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > refuse B7 503
                    invite B8 sip:911@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > refuse B8 503
                    refuse a 502
                    close s1 s2
                    RECORD call1 EMERGENCY Out 101 > 911 TrunkFailed fault Trunk packets 1/2
            "#]],
        ),
    ] {
        let mut bench = Bench::with(Limits::default(), Settings::parse(&settings).expect("good"));
        bench.run(&format!("wait 0\ndns carrier.example 192.0.2.11 192.0.2.12\ninvite a 101 911\n{answers}"));
        expected.assert_eq(&bench.log);
    }
}

/// Another carrier first, then the other machine of the first, each beside those that are silent.
#[test]
fn help_is_called_over_each_trunk_before_another_address_of_one() {
    check(
        "
        wait 0
        dns carrier.example 192.0.2.11 192.0.2.12
        invite a 101 911
        wait 4.1
        wait 4
        wait 10
        refuse B1 408
        pickup B4
        bye a
        ",
        &expect![[r#"
            > wait 0
                dns? Addresses("carrier.example")
            > dns carrier.example 192.0.2.11 192.0.2.12
                set peers: 3 trunks
                found backup udp 192.0.2.2:5060, main udp 192.0.2.11:5060 udp 192.0.2.12:5060
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > wait 4.1
                invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > wait 4
                invite B3 sip:911@carrier.example:5060 at 192.0.2.12:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > wait 10
            > refuse B1 408
                invite B4 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B4
                cancel B3 taken
                cancel B2 taken
                sound s2 10.0.1.13:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B4
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

/// A border that says 183 to every call, and nothing more.
/// While one rings, no third is called since the second says that it is on its way.
#[test]
fn help_that_rings_gets_no_more_company() {
    check(
        "
        wait 0
        dns carrier.example 192.0.2.11 192.0.2.12
        invite a 101 911
        trying B1
        wait 4.1
        ring B1
        way B2
        wait 13
        bye a
        ",
        &expect![[r#"
            > wait 0
                dns? Addresses("carrier.example")
            > dns carrier.example 192.0.2.11 192.0.2.12
                set peers: 3 trunks
                found backup udp 192.0.2.2:5060, main udp 192.0.2.11:5060 udp 192.0.2.12:5060
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > trying B1
            > wait 4.1
                invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > way B2
            > wait 13
            > bye a
                cancel B1
                cancel B2
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 1/2
        "#]],
    );
}

#[test]
fn who_says_only_that_a_call_for_help_is_on_its_way_gets_company_later() {
    check(
        "
        wait 0
        dns carrier.example 192.0.2.11
        invite a 101 911
        way B1
        wait 11
        wait 2
        pickup B2
        bye a
        ",
        &expect![[r#"
            > wait 0
                dns? Addresses("carrier.example")
            > dns carrier.example 192.0.2.11
                set peers: 2 trunks
                found backup udp 192.0.2.2:5060, main udp 192.0.2.11:5060
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@carrier.example:5060 at 192.0.2.11:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > way B1
                ring a 180
            > wait 11
            > wait 2
                invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B2
                cancel B1 taken
                sound s2 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B2
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}
