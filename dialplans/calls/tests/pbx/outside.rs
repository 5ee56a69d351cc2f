//! Calls over trunks, out and in.

use calls::Limits;
use expect_test::expect;

use crate::bench::{Bench, check};

#[test]
fn out_with_early_media() {
    check(
        "
        invite a 101 202-555-0101
        trunks
        early B1
        ring B1
        pickup B1
        wait 10
        bye B1
        trunks
        ",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > trunks
                main 1/2 healthy true
                backup 0/10 healthy true
            > early B1
                sound s2 10.0.1.10:7000
                sound s1 10.0.0.101:7000
                bridge s1 s2
                ring a 183 (v1 :4000)
            > ring B1
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > wait 10
            > bye B1
                bye a
                close s1 s2
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 10s packets 1/2
            > trunks
                main 0/2 healthy true
                backup 0/10 healthy true
        "#]],
    );
}

#[test]
fn what_carriers_say_when_they_refuse() {
    for (code, expected) in [
        (
            486,
            expect![[r#"
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B1 486
            refuse a 486
            close s1 s2
            RECORD call1 Out 101 > +12025550101 Busy fault Callee packets 1/2
        > trunks
            main 0/2 healthy true
            backup 0/10 healthy true
    "#]],
        ),
        (
            404,
            expect![[r#"
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B1 404
            refuse a 404
            close s1 s2
            RECORD call1 Out 101 > +12025550101 Unreachable fault Callee packets 1/2
        > trunks
            main 0/2 healthy true
            backup 0/10 healthy true
    "#]],
        ),
        (
            402,
            expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B1 402
                refuse a 502
                close s1 s2
                RECORD call1 Out 101 > +12025550101 TrunkFailed fault Trunk packets 1/2
            > trunks
                main 0/2 healthy false
                backup 0/10 healthy true
        "#]],
        ),
        (
            403,
            expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B1 403
                refuse a 603
                close s1 s2
                RECORD call1 Out 101 > +12025550101 Refused fault Trunk packets 1/2
            > trunks
                main 0/2 healthy false
                backup 0/10 healthy true
        "#]],
        ),
        (
            603,
            expect![[r#"
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B1 603
            refuse a 603
            close s1 s2
            RECORD call1 Out 101 > +12025550101 Refused fault Callee packets 1/2
        > trunks
            main 0/2 healthy true
            backup 0/10 healthy true
    "#]],
        ),
        (
            503,
            expect![[r#"
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B1 503
            refuse a 502
            close s1 s2
            RECORD call1 Out 101 > +12025550101 TrunkFailed fault Trunk packets 1/2
        > trunks
            main 0/2 healthy false
            backup 0/10 healthy true
    "#]],
        ),
    ] {
        check(&format!("invite a 101 202-555-0101\nrefuse B1 {code}\ntrunks"), &expected);
    }
}

#[test]
fn a_trunk_that_rings_for_ever_ends() {
    check(
        "invite a 101 202-555-0101\nring B1\nwait 181",
        &expect![[r#"
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > ring B1
            ring a 180
        > wait 181
            refuse a 480
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > +12025550101 NoAnswer fault Callee packets 1/2
    "#]],
    );
}

#[test]
fn a_trunk_that_vanishes_in_the_middle() {
    check(
        "invite a 101 202-555-0101\npickup B1\nlost B1",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > lost B1
                bye a
                close s1 s2
                RECORD call1 Out 101 > +12025550101 Lost fault Trunk talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn every_channel_is_in_use() {
    check(
        "
        invite a 101 202-555-0101
        invite b 102 202-555-0102
        invite c 103 202-555-0104
        invite d 103 911
        cancel a
        cancel b
        cancel d
        ",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > invite b 102 202-555-0102
                open s3 :4004
                open s4 :4006
                invite B2 sip:+12025550102@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > invite c 103 202-555-0104
                refuse c 503 retry-after 20
                RECORD call1 Out 103 > +12025550104 TrunkFailed fault Us packets 0/0
            > invite d 103 911
                ALERT call2 Extension 103 (Doctor) called 911. -> 101,102,103
                open s5 :4008
                open s6 :4010
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call3 Out 101 > +12025550101 Abandoned fault Caller packets 1/2
            > cancel b
                cancel B2
                close s3 s4
                RECORD call4 Out 102 > +12025550102 Abandoned fault Caller packets 3/4
            > cancel d
                cancel B3
                close s5 s6
                RECORD call2 EMERGENCY Out 103 > 911 Abandoned fault Caller packets 5/6
        "#]],
    );
}

#[test]
fn what_the_plan_does_not_allow() {
    check(
        "trace\ninvite a 101 +442079460018\nplayed s1",
        &expect![[r#"
            > trace
            > invite a 101 +442079460018
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 <Error> not_allowed
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > +442079460018 Refused fault Caller talked 0s packets 1/0
                    0s Detail It is a number abroad, and the plan does not allow numbers abroad.
                    0s Detail The caller hears why, in words
                    0s Warn Refused
        "#]],
    );
}

#[test]
fn the_main_number_rings_the_desk() {
    check(
        "
        register 101
        register 102
        invite a main:+12025550101 +12025550123
        ring B1
        pickup B2
        bye a
        invite b main:2025550101 2025550123
        cancel b
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > pickup B2
                cancel B1 taken
                sound s2 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > bye a
                bye B2
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
            > invite b main:2025550101 2025550123
                open s3 :4004
                open s4 :4006
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4006)
                invite B4 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4006)
            > cancel b
                cancel B3
                cancel B4
                close s3 s4
                RECORD call2 In +12025550101 > +12025550123 Abandoned fault Caller packets 3/4
        "#]],
    );
}

#[test]
fn a_carrier_reaches_our_numbers_and_nothing_else() {
    check(
        "
        register 101
        invite a main:+12025550101 +12025550142
        invite b main:101 101
        invite c main:+12025550101 911
        invite d main:+12025550101 +442079460018
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a main:+12025550101 +12025550142
                refuse a 404
                RECORD call1 In +12025550101 > +12025550142 Unreachable fault Caller packets 0/0
            > invite b main:101 101
                refuse b 404
                RECORD call2 In ? > 101 Unreachable fault Caller packets 0/0
            > invite c main:+12025550101 911
                refuse c 404
                RECORD call3 In +12025550101 > 911 Unreachable fault Caller packets 0/0
            > invite d main:+12025550101 +442079460018
                refuse d 404
                RECORD call4 In +12025550101 > +442079460018 Unreachable fault Caller packets 0/0
        "#]],
    );
}

#[test]
fn our_own_main_number_stays_inside() {
    check(
        "register 102\ninvite a 101 202-555-0123\ncancel a",
        &expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 101 202-555-0123
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > +12025550123 Abandoned fault Caller packets 1/2
    "#]],
    );
}

#[test]
fn a_call_that_comes_round_in_a_circle_ends_and_a_call_for_help_does_not() {
    check(
        "invite a 101 202-555-0101 hops=3\ncancel a\ninvite b 101 911 hops=3\ncancel b",
        &expect![[r#"
        > invite a 101 202-555-0101 hops=3
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002) hops 3
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > +12025550101 Abandoned fault Caller packets 1/2
        > invite b 101 911 hops=3
            ALERT call2 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            open s3 :4004
            open s4 :4006
            invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
        > cancel b
            cancel B2
            close s3 s4
            RECORD call2 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 3/4
    "#]],
    );
}

#[test]
fn a_port_that_is_taken_costs_no_address_of_the_trunk() {
    check(
        "invite a 101 202-555-0101\nbindfail s2\npickup B2\nbye a",
        &expect![[r#"
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > bindfail s2
            open s3 :4004
            cancel B1
            invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > pickup B2
            sound s3 10.0.1.11:7000
            answer a (v1 :4000)
            sound s1 10.0.0.101:7000
            bridge s1 s3
        > bye a
            bye B2
            close s1 s3
            RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/3
    "#]],
    );
}

/// Its second digits are what calls to other towns begin with in the United States.
#[test]
fn a_number_abroad_is_called_as_it_was_dialled() {
    let text = plan::library("solo-practice").expect("it is there");
    let text = text.replace("international = \"off\"", "international = \"main\"");
    let mut bench = Bench::with_plan(Limits::default(), &text);
    bench.run(
        "invite a 101 011-86-138-1234-5678\ncancel a\ninvite b 101 +35316791234\ncancel b\ninvite c 101 711\ncancel c",
    );
    bench.check_rest();
    expect![[r#"
        > invite a 101 011-86-138-1234-5678
            open s1 :4000
            open s2 :4002
            invite B1 sip:+8613812345678@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > +8613812345678 Abandoned fault Caller packets 1/2
        > invite b 101 +35316791234
            open s3 :4004
            open s4 :4006
            invite B2 sip:+35316791234@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
        > cancel b
            cancel B2
            close s3 s4
            RECORD call2 Out 101 > +35316791234 Abandoned fault Caller packets 3/4
        > invite c 101 711
            open s5 :4008
            open s6 :4010
            invite B3 sip:711@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
        > cancel c
            cancel B3
            close s5 s6
            RECORD call3 Out 101 > 711 Abandoned fault Caller packets 5/6
    "#]]
    .assert_eq(&bench.log);
}
