//! A call that rings at another phone is taken.

use expect_test::{Expect, expect};

use crate::bench::Bench;
use crate::situations::{PHONES, RINGING};

#[test]
fn a_call_that_rings_elsewhere_is_taken() {
    RINGING.check(
        "trace\ninvite a 103 **101\nack a\nbye a",
        &expect![[r#"
            > trace
            > invite a 103 **101
                answer a (v2 :4002)
                sound s2 10.0.0.103:7000
                cancel B1 taken
                cancel B2 taken
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > ack a
            > bye a
                bye p
                close s1 s2
                RECORD call1 In +12025550101 > 103 HungUp fault None talked 0s packets 1/2
                    0s Good Picked up by Doctor (Replaces)
                    0s Good The called side hung up
                    0s Good Ended
        "#]],
    );
    RINGING.check(
        "trace\ninvite a 103 *8\nwait 20\ninvite b 102 *8\nack b\nbye p\nwait 20",
        &expect![[r#"
            > trace
            > invite a 103 *8
                answer a (v2 :4002)
                sound s2 10.0.0.103:7000
                cancel B1 taken
                cancel B2 taken
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > wait 20
            > invite b 102 *8
                open s3 :4004
                sound s3 10.0.0.102:7000
                answer b (v1 :4004)
                play s3 <Error> nothing_to_pick_up
            > ack b
            > bye p
                bye a
                close s1 s2
                RECORD call1 In +12025550101 > 103 HungUp fault None talked 20s packets 1/2
                    0s Good Picked up by Doctor (Replaces)
                   20s Good The caller hung up
                   20s Good Ended
            > wait 20
                bye b
                close s3
                RECORD call2 Out 102 > *8 HungUp fault None talked 15s packets 3/0
                    0s Detail *8 is the pickup within a group.
                    0s Warn The code was not carried out (No phone of the group rings.)
                   15s Good Ended
        "#]],
    );
}

#[test]
fn nothing_rings_there() {
    PHONES.check(
        "trace\ninvite h 101 911\npickup B1\ninvite a 102 **101\nwait 20\ninvite b 102 **\nwait 20\ninvite c 102 **999\nwait 20\nbye h",
        &expect![[r#"
            > trace
            > invite h 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B1
                sound s2 10.0.1.10:7000
                answer h (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > invite a 102 **101
                open s3 :4004
                sound s3 10.0.0.102:7000
                answer a (v1 :4004)
                play s3 <Error> nothing_to_pick_up
            > wait 20
                bye a
                close s3
                RECORD call2 Out 102 > **101 HungUp fault None talked 15s packets 3/0
                    0s Detail ** is the pickup of a phone that rings.
                    0s Warn The code was not carried out (No phone rings there.)
                   15s Good Ended
            > invite b 102 **
                open s4 :4006
                sound s4 10.0.0.102:7000
                answer b (v1 :4006)
                play s4 <Error> nothing_to_pick_up
            > wait 20
                bye b
                close s4
                RECORD call3 Out 102 > ** HungUp fault None talked 15s packets 4/0
                    0s Detail ** is the pickup of a phone that rings.
                    0s Warn The code was not carried out (No phone rings there.)
                   15s Good Ended
            > invite c 102 **999
                open s5 :4008
                sound s5 10.0.0.102:7000
                answer c (v1 :4008)
                play s5 <Error> nothing_to_pick_up
            > wait 20
                bye c
                close s5
                RECORD call4 Out 102 > **999 HungUp fault None talked 15s packets 5/0
                    0s Detail ** is the pickup of a phone that rings.
                    0s Warn The code was not carried out (No phone rings there.)
                   15s Good Ended
            > bye h
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 60s packets 1/2
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                   60s Good The caller hung up
                   60s Good Ended
        "#]],
    );
}

/// With a network for the clinic's phones beside the one of its offices.
#[test]
fn who_takes_a_call_that_rings_in_another_network_is_told_the_address_in_its_own() {
    let check = |script: &str, expected: &Expect| {
        let mut bench = Bench::two_networks();
        bench.run(script);
        bench.check_rest();
        expected.assert_eq(&bench.log);
    };
    check(
        "
        register 101
        invite a 103 101
        ring B1
        invite b 102 **101 at=10.0.2.102:5060 to=10.0.2.1:5060
        bye a
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a 103 101
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > invite b 102 **101 at=10.0.2.102:5060 to=10.0.2.1:5060
                answer b (v2 10.0.2.1:4002)
                listen s2 V4 at 1
                sound s2 10.0.2.102:7000
                cancel B1 taken
                answer a (v1 :4000)
                listen s1 V4
                sound s1 10.0.0.103:7000
                bridge s1 s2
            > bye a
                bye b
                close s1 s2
                RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
    // Handed on to a phone that rings, and taken from there.
    check(
        "
        register 101
        register 103
        invite a 103 101
        pickup B1
        ack a
        refer B1 103
        ring B2
        invite b 102 **103 at=10.0.2.102:5060 to=10.0.2.1:5060
        bye b
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 103
                bindings [101 udp 10.0.0.101:5060, 103 udp 10.0.0.103:5060]
                accept register [sip:103@10.0.0.103 3600s]
            > invite a 103 101
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4002)
            > pickup B1
                listen s2 V4
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                listen s1 V4
                sound s1 10.0.0.103:7000
                bridge s1 s2
            > ack a
            > refer B1 103
                open s3 :4004
                accept refer B1
                invite B2 sip:103@10.0.0.103 from "Doctor" sip:103@clinic.demo (v1 :4004)
            > ring B2
                refer progress B1 180
            > invite b 102 **103 at=10.0.2.102:5060 to=10.0.2.1:5060
                answer b (v2 10.0.2.1:4004)
                listen s3 V4 at 1
                sound s3 10.0.2.102:7000
                cancel B2 taken
                bridge s1 s3
                refer progress B1 200
                close s2
            > bye b
                bye a
                bye B1
                close s1 s3
                RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 1/3
        "#]],
    );
}
