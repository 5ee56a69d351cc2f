//! Phones of IPv4 and of IPv6: each is told an address that it can reach, and two of different families talk with each other.

use expect_test::{Expect, expect};

use crate::bench::{Bench, check};

/// In a clinic that has addresses of both families.
fn check_dual(script: &str, expected: &Expect) {
    let mut bench = Bench::dual();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn a_phone_of_ipv6_and_one_of_ipv4_call_each_other() {
    check_dual(
        "
        register 101 at=[2001:db8:1::65]:5060 contact=[2001:db8:1::65]
        register 102
        invite a 101 102 at=[2001:db8:1::65]:5060
        pickup B1
        bye a
        invite b 102 101
        pickup B2 c=2001:db8:1::65
        bye b
        ",
        &expect![[r#"
            > register 101 at=[2001:db8:1::65]:5060 contact=[2001:db8:1::65]
                bindings [101 udp [2001:db8:1::65]:5060]
                accept register [sip:101@[2001:db8:1::65] 3600s]
            > register 102
                bindings [101 udp [2001:db8:1::65]:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 at=[2001:db8:1::65]:5060
                open s1 :4000 in IPv6
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 [2001:db8:1::1]:4000)
                sound s1 [2001:db8:1::65]:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 102 101
                open s3 :4004
                open s4 :4006
                listen s4 V6
                invite B2 sip:101@[2001:db8:1::65] from "Nurse" sip:102@clinic.demo (v1 [2001:db8:1::1]:4006)
            > pickup B2 c=2001:db8:1::65
                sound s4 [2001:db8:1::65]:7000
                answer b (v1 :4004)
                sound s3 10.0.0.102:7000
                bridge s3 s4
            > bye b
                bye B2
                close s3 s4
                RECORD call2 Out 102 > 101 HungUp fault None talked 0s packets 3/4
        "#]],
    );
}

#[test]
fn two_phones_of_one_person_ring_each_in_its_own_family() {
    check_dual(
        "
        register 102
        register 102 host=52 at=[2001:db8:1::52]:5060 contact=[2001:db8:1::52]
        register 101
        invite a 101 102
        pickup B2 c=2001:db8:1::52
        bye a
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > register 102 host=52 at=[2001:db8:1::52]:5060 contact=[2001:db8:1::52]
                bindings [102 udp 10.0.0.102:5060, 102 udp [2001:db8:1::52]:5060]
                accept register [sip:102@10.0.0.102 3600s, sip:102@[2001:db8:1::52] 3600s]
            > register 101
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060, 102 udp [2001:db8:1::52]:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                listen s2 V6
                invite B2 sip:102@[2001:db8:1::52] from "Front desk" sip:101@clinic.demo (v1 [2001:db8:1::1]:4002)
            > pickup B2 c=2001:db8:1::52
                cancel B1 taken
                sound s2 [2001:db8:1::52]:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B2
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

/// Its signalling is IPv4, and its sound is not.
#[test]
fn what_a_description_says_counts_more_than_where_it_comes_from() {
    check_dual(
        "
        invite a 101 *43 c=2001:db8:1::65
        bye a
        ",
        &expect![[r#"
            > invite a 101 *43 c=2001:db8:1::65
                open s1 :4000 in IPv6
                sound s1 [2001:db8:1::65]:7000
                answer a (v1 [2001:db8:1::1]:4000)
                echo s1
            > bye a
                close s1
                RECORD call1 Out 101 > *43 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn a_phone_that_changes_its_family_in_a_call_is_followed() {
    check_dual(
        "
        register 102
        invite a 101 102
        pickup B1
        ask a c=2001:db8:1::65
        ask a c=10.0.0.101
        bye a
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ask a c=2001:db8:1::65
                answer reinvite a (v2 [2001:db8:1::1]:4000)
                sound s1 [2001:db8:1::65]:7000
            > ask a c=10.0.0.101
                answer reinvite a (v3 :4000)
                sound s1 10.0.0.101:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_browser_may_choose_the_family() {
    check_dual(
        "
        register 102 wss
        invite a 101 102 wss dtls=actpass checks=theirs
        pickup B1 dtls=active checks=other
        bye a
        ",
        &expect![[r#"
            > register 102 wss
                bindings [102 wss 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 wss dtls=actpass checks=theirs
                open s1 :4000
                open s2 :4002
                listen s2 V6
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 dtls actpass with checks)
            > pickup B1 dtls=active checks=other
                listen s1 V6
                handshake s2 as Server with checks
                sound s2 10.0.1.10:7000
                reports s2 on the port of the sound
                answer a (v1 :4000 dtls passive with checks)
                handshake s1 as Server with checks
                sound s1 10.0.0.101:7000
                reports s1 on the port of the sound
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_family_that_the_clinic_has_not_is_refused_in_words_but_never_to_help() {
    check(
        "
        register 102
        invite a 101 102 c=2001:db8:1::65
        invite b 101 102
        pickup B1
        ask b c=2001:db8:1::65
        bye b
        invite c 101 102
        pickup B2 c=2001:db8:1::66
        invite d 101 911 c=2001:db8:1::65
        pickup B3
        bye d
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 c=2001:db8:1::65
                refuse a 488
                RECORD call1 Out 101 > 102 Refused fault Caller packets 0/0
            > invite b 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer b (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ask b c=2001:db8:1::65
                refuse reinvite b 488
            > bye b
                bye B1
                close s1 s2
                RECORD call2 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite c 101 102
                open s3 :4004
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > pickup B2 c=2001:db8:1::66
                bye B2
                refuse c 488
                close s3 s4
                RECORD call3 Out 101 > 102 Refused fault Callee packets 3/4
            > invite d 101 911 c=2001:db8:1::65
                ALERT call4 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s5 :4008
                open s6 :4010
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
                send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B3
                sound s6 10.0.1.12:7000
                answer d (v1 :4008)
                sound s5 [2001:db8:1::65]:7000
                bridge s5 s6
            > bye d
                bye B3
                close s5 s6
                RECORD call4 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 5/6
        "#]],
    );
}

#[test]
fn a_fax_by_t38_is_sent_in_the_family_of_its_offer() {
    check_dual(
        "
        invite a main:+12025550101 +12025550199 image c=2001:db8:2::7
        bye a
        ",
        &expect![[r#"
            > invite a main:+12025550101 +12025550199 image c=2001:db8:2::7
                open s1 :4000 in IPv6
                answer a (v2 image [2001:db8:1::1]:4000 9600)
            > bye a
                close s1
                FAX FAILED call1 In NotAFax
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}
