//! By which of its ways a phone is reached: flows of a device (RFC 5626), priorities, proxies before it (Path), and GRUU (RFC 5627).

use expect_test::expect;

use crate::bench::{Bench, check};

#[test]
fn a_device_has_one_binding_for_each_of_its_flows() {
    check(
        "
        register 101 host=51 device=a reg=1
        register 101 host=52 device=a reg=2
        register 101 host=53 device=a reg=1
        register 101 host=53 device=b reg=1
        register 101 host=60 q=300
        register 101 query
        register 101 host=77 device=a reg=2 expires=0
        ",
        &expect![[r#"
            > register 101 host=51 device=a reg=1
                bindings [101 udp 10.0.0.51:5060]
                accept register outbound [sip:101@10.0.0.51 3600s flow 1 of urn:uuid:a]
            > register 101 host=52 device=a reg=2
                bindings [101 udp 10.0.0.51:5060, 101 udp 10.0.0.52:5060]
                accept register outbound [sip:101@10.0.0.51 3600s flow 1 of urn:uuid:a, sip:101@10.0.0.52 3600s flow 2 of urn:uuid:a]
            > register 101 host=53 device=a reg=1
                bindings [101 udp 10.0.0.52:5060, 101 udp 10.0.0.53:5060]
                accept register outbound [sip:101@10.0.0.52 3600s flow 2 of urn:uuid:a, sip:101@10.0.0.53 3600s flow 1 of urn:uuid:a]
            > register 101 host=53 device=b reg=1
                bindings [101 udp 10.0.0.52:5060, 101 udp 10.0.0.53:5060]
                accept register outbound [sip:101@10.0.0.52 3600s flow 2 of urn:uuid:a, sip:101@10.0.0.53 3600s flow 1 of urn:uuid:b]
            > register 101 host=60 q=300
                bindings [101 udp 10.0.0.52:5060, 101 udp 10.0.0.53:5060, 101 udp 10.0.0.60:5060]
                accept register [sip:101@10.0.0.52 3600s flow 2 of urn:uuid:a, sip:101@10.0.0.53 3600s flow 1 of urn:uuid:b, sip:101@10.0.0.60 3600s q300]
            > register 101 query
                accept register [sip:101@10.0.0.52 3600s flow 2 of urn:uuid:a, sip:101@10.0.0.53 3600s flow 1 of urn:uuid:b, sip:101@10.0.0.60 3600s q300]
            > register 101 host=77 device=a reg=2 expires=0
                bindings [101 udp 10.0.0.53:5060, 101 udp 10.0.0.60:5060]
                accept register outbound [sip:101@10.0.0.53 3600s flow 1 of urn:uuid:b, sip:101@10.0.0.60 3600s q300]
        "#]],
    );
}

/// Many phones have one Contact for all of their flows, and a NAT hides that two phones have the same.
#[test]
fn flows_with_one_contact_are_kept_apart() {
    check(
        "
        register 102 contact=a.invalid at=10.0.0.51:40001 device=a reg=1
        wait 1
        register 102 contact=a.invalid at=10.0.0.51:40002 device=a reg=2
        invite a 101 102
        refuse B1 430
        refuse B2 486
        register 102 contact=a.invalid at=10.0.0.52:40003 device=b reg=1
        register 102 contact=a.invalid at=10.0.0.51:40001 device=a reg=1 expires=0
        register 102 contact=a.invalid at=10.0.0.54:40004
        ",
        &expect![[r#"
            > register 102 contact=a.invalid at=10.0.0.51:40001 device=a reg=1
                bindings [102 udp 10.0.0.51:40001]
                accept register outbound [sip:102@a.invalid 3600s flow 1 of urn:uuid:a]
            > wait 1
            > register 102 contact=a.invalid at=10.0.0.51:40002 device=a reg=2
                bindings [102 udp 10.0.0.51:40001, 102 udp 10.0.0.51:40002]
                accept register outbound [sip:102@a.invalid 3599s flow 1 of urn:uuid:a, sip:102@a.invalid 3600s flow 2 of urn:uuid:a]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@a.invalid at 10.0.0.51:40002 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 430
                invite B2 sip:102@a.invalid at 10.0.0.51:40001 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B2 486
                refuse a 486
                close s1 s2
                RECORD call1 Out 101 > 102 Busy fault Callee packets 1/2
            > register 102 contact=a.invalid at=10.0.0.52:40003 device=b reg=1
                bindings [102 udp 10.0.0.51:40001, 102 udp 10.0.0.51:40002, 102 udp 10.0.0.52:40003]
                accept register outbound [sip:102@a.invalid 3599s flow 1 of urn:uuid:a, sip:102@a.invalid 3600s flow 2 of urn:uuid:a, sip:102@a.invalid 3600s flow 1 of urn:uuid:b]
            > register 102 contact=a.invalid at=10.0.0.51:40001 device=a reg=1 expires=0
                bindings [102 udp 10.0.0.51:40002, 102 udp 10.0.0.52:40003]
                accept register outbound [sip:102@a.invalid 3600s flow 2 of urn:uuid:a, sip:102@a.invalid 3600s flow 1 of urn:uuid:b]
            > register 102 contact=a.invalid at=10.0.0.54:40004
                bindings [102 udp 10.0.0.54:40004]
                accept register [sip:102@a.invalid 3600s]
        "#]],
    );
}

/// Two of one person, at home and on the desk say: the routers give each the same address, and each says which device it is.
#[test]
fn two_phones_behind_two_routers_with_one_address_are_two() {
    check(
        "
        register 102 contact=192.168.1.20 at=198.51.100.1:40001 device=a
        register 102 contact=192.168.1.20 at=203.0.113.7:40002 device=b
        invite a 101 102
        refuse B1 486
        refuse B2 486
        register 102 contact=192.168.1.20 at=198.51.100.1:40005 device=a
        register 102 contact=192.168.1.20 at=203.0.113.7:40002 device=c
        register 102 contact=192.168.1.20 at=203.0.113.7:40002 device=c expires=0
        ",
        &expect![[r#"
            > register 102 contact=192.168.1.20 at=198.51.100.1:40001 device=a
                bindings [102 udp 198.51.100.1:40001]
                accept register [sip:102@192.168.1.20 3600s]
            > register 102 contact=192.168.1.20 at=203.0.113.7:40002 device=b
                bindings [102 udp 198.51.100.1:40001, 102 udp 203.0.113.7:40002]
                accept register [sip:102@192.168.1.20 3600s, sip:102@192.168.1.20 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@192.168.1.20 at 198.51.100.1:40001 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:102@192.168.1.20 at 203.0.113.7:40002 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 486
            > refuse B2 486
                refuse a 486
                close s1 s2
                RECORD call1 Out 101 > 102 Busy fault Callee packets 1/2
            > register 102 contact=192.168.1.20 at=198.51.100.1:40005 device=a
                bindings [102 udp 203.0.113.7:40002, 102 udp 198.51.100.1:40005]
                accept register [sip:102@192.168.1.20 3600s, sip:102@192.168.1.20 3600s]
            > register 102 contact=192.168.1.20 at=203.0.113.7:40002 device=c
                bindings [102 udp 198.51.100.1:40005, 102 udp 203.0.113.7:40002]
                accept register [sip:102@192.168.1.20 3600s, sip:102@192.168.1.20 3600s]
            > register 102 contact=192.168.1.20 at=203.0.113.7:40002 device=c expires=0
                bindings [102 udp 198.51.100.1:40005]
                accept register [sip:102@192.168.1.20 3600s]
        "#]],
    );
}

#[test]
fn a_device_rings_over_its_newest_flow_and_over_the_next_when_that_has_failed() {
    check(
        "
        register 102 host=51 device=a reg=1
        wait 1
        register 102 host=52 device=a reg=2
        register 102 host=53 device=b
        invite a 101 102
        refuse B1 408
        refuse B2 486
        refuse B3 486
        wait 10
        invite b 101 102
        refuse B4 486
        refuse B5 486
        ",
        &expect![[r#"
            > register 102 host=51 device=a reg=1
                bindings [102 udp 10.0.0.51:5060]
                accept register outbound [sip:102@10.0.0.51 3600s flow 1 of urn:uuid:a]
            > wait 1
            > register 102 host=52 device=a reg=2
                bindings [102 udp 10.0.0.51:5060, 102 udp 10.0.0.52:5060]
                accept register outbound [sip:102@10.0.0.51 3599s flow 1 of urn:uuid:a, sip:102@10.0.0.52 3600s flow 2 of urn:uuid:a]
            > register 102 host=53 device=b
                bindings [102 udp 10.0.0.51:5060, 102 udp 10.0.0.52:5060, 102 udp 10.0.0.53:5060]
                accept register [sip:102@10.0.0.51 3599s flow 1 of urn:uuid:a, sip:102@10.0.0.52 3600s flow 2 of urn:uuid:a, sip:102@10.0.0.53 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.53 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 408
                invite B3 sip:102@10.0.0.51 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B2 486
            > refuse B3 486
                refuse a 486
                close s1 s2
                RECORD call1 Out 101 > 102 Busy fault Callee packets 1/2
            > wait 10
            > invite b 101 102
                open s3 :4004
                open s4 :4006
                invite B4 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4006)
                invite B5 sip:102@10.0.0.53 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > refuse B4 486
            > refuse B5 486
                refuse b 486
                close s3 s4
                RECORD call2 Out 101 > 102 Busy fault Callee packets 3/4
        "#]],
    );
}

#[test]
fn who_has_a_lower_priority_is_called_when_all_others_have_refused() {
    check(
        "
        register 102 host=51 q=500
        register 102 host=52
        register 102 host=53
        invite a 101 102
        refuse B1 486
        refuse B2 486
        pickup B3
        bye B3
        ",
        &expect![[r#"
            > register 102 host=51 q=500
                bindings [102 udp 10.0.0.51:5060]
                accept register [sip:102@10.0.0.51 3600s q500]
            > register 102 host=52
                bindings [102 udp 10.0.0.51:5060, 102 udp 10.0.0.52:5060]
                accept register [sip:102@10.0.0.51 3600s q500, sip:102@10.0.0.52 3600s]
            > register 102 host=53
                bindings [102 udp 10.0.0.51:5060, 102 udp 10.0.0.52:5060, 102 udp 10.0.0.53:5060]
                accept register [sip:102@10.0.0.51 3600s q500, sip:102@10.0.0.52 3600s, sip:102@10.0.0.53 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.53 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 486
            > refuse B2 486
                invite B3 sip:102@10.0.0.51 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B3
                sound s2 10.0.1.12:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye B3
                bye a
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_phone_behind_a_proxy_is_called_through_it() {
    check(
        "
        register 102 host=9 path=sip:edge.clinic;lr
        invite a 101 102
        cancel a
        ",
        &expect![[r#"
            > register 102 host=9 path=sip:edge.clinic;lr
                bindings [102 udp 10.0.0.9:5060]
                accept register [sip:102@10.0.0.9 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.9 via sip:edge.clinic;lr from "Front desk" sip:101@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 Out 101 > 102 Abandoned fault Caller packets 1/2
        "#]],
    );
}

#[test]
fn a_gruu_reaches_its_device_only() {
    check(
        "
        register 102 host=51 device=a gruu
        register 102 host=52 device=b gruu
        invite a 101 102 gr=urn:uuid:b
        cancel a
        invite b 101 102 gr=urn:uuid:c
        invite c device:101 911 gr=urn:uuid:c
        refuse B2 486
        cancel c
        invite d 101 tgr-00000000000000000000000000000000 gr=
        ",
        &expect![[r#"
            > register 102 host=51 device=a gruu
                bindings [102 udp 10.0.0.51:5060]
                accept register [sip:102@10.0.0.51 3600s gruu sip:102@clinic.demo;gr=urn:uuid:a]
            > register 102 host=52 device=b gruu
                bindings [102 udp 10.0.0.51:5060, 102 udp 10.0.0.52:5060]
                accept register [sip:102@10.0.0.51 3600s gruu sip:102@clinic.demo;gr=urn:uuid:a, sip:102@10.0.0.52 3600s gruu sip:102@clinic.demo;gr=urn:uuid:b]
            > invite a 101 102 gr=urn:uuid:b
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 Out 101 > 102 Abandoned fault Caller packets 1/2
            > invite b 101 102 gr=urn:uuid:c
                refuse b 480
                RECORD call2 Out 101 > 102 Unreachable fault Callee packets 0/0
            > invite c device:101 911 gr=urn:uuid:c
                ALERT call3 A phone that has not registered and calls itself Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
                send 1 sip:102@10.0.0.51 at 10.0.0.51:5060 message text/plain "A phone that has not registered and calls itself Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:102@10.0.0.52 at 10.0.0.52:5060 message text/plain "A phone that has not registered and calls itself Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > refuse B2 486
                invite B3 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > cancel c
                cancel B3
                close s3 s4
                RECORD call3 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 3/4
            > invite d 101 tgr-00000000000000000000000000000000 gr=
                refuse d 404
                RECORD call4 Out 101 > ? Unreachable fault Caller packets 0/0
        "#]],
    );
}

/// A temporary GRUU holds over refreshes and over a restart, and ends with the Call-ID.
#[test]
fn a_temporary_gruu_holds_as_long_as_its_registration() {
    use model::Random;
    use sip::gruu;

    let mut bench = Bench::new(calls::Limits::default());
    bench.run_line("register 102 host=51 device=a gruu");
    let grip = |bench: &Bench| bench.pbx.bindings()[0].grip.clone();
    let first = grip(&bench);
    let name = gruu::temporary(&first, "clinic.demo", &mut Random::from_u64(7));
    let name = name.trim_start_matches("sip:").split('@').next().expect("a user part").to_owned();
    bench.run_line("register 102 host=51 device=a gruu");
    assert_eq!(grip(&bench), first);
    bench.run_line(&format!("invite a 101 {name} gr="));
    assert!(bench.log.contains("invite B1 sip:102@10.0.0.51 "), "{}", bench.log);
    bench.run_line("cancel a");

    let kept = bench.pbx.bindings();
    let mut after = Bench::new(calls::Limits::default());
    let now = after.now;
    after.pbx.restore_bindings(now, kept);
    after.run_line(&format!("invite a 101 {name} gr="));
    assert!(after.log.contains("invite B1 sip:102@10.0.0.51 "), "{}", after.log);
    after.run_line("cancel a");
    after.run_line("register 102 host=51 device=a gruu call=another cseq=99");
    assert_ne!(grip(&after), first);
    after.run_line(&format!("invite b 101 {name} gr="));
    assert!(after.log.contains("refuse b 404"), "{}", after.log);
    bench.check_rest();
    after.check_rest();
}

#[test]
fn a_phone_that_calls_by_its_gruu_is_reached_where_it_is_registered() {
    check(
        "
        register 101 host=51 device=a gruu path=sip:edge;lr
        invite a 101 *43 contact=urn:uuid:a
        bye a
        invite b 101 *43 contact=urn:uuid:b
        bye b
        invite c 102 *43 contact=urn:uuid:a
        bye c
        ",
        &expect![[r#"
            > register 101 host=51 device=a gruu path=sip:edge;lr
                bindings [101 udp 10.0.0.51:5060]
                accept register [sip:101@10.0.0.51 3600s gruu sip:101@clinic.demo;gr=urn:uuid:a]
            > invite a 101 *43 contact=urn:uuid:a
                reach a sip:101@10.0.0.51 via sip:edge;lr
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                echo s1
            > bye a
                close s1
                RECORD call1 Out 101 > *43 HungUp fault None talked 0s packets 1/0
            > invite b 101 *43 contact=urn:uuid:b
                open s2 :4002
                sound s2 10.0.0.101:7000
                answer b (v1 :4002)
                echo s2
            > bye b
                close s2
                RECORD call2 Out 101 > *43 HungUp fault None talked 0s packets 2/0
            > invite c 102 *43 contact=urn:uuid:a
                open s3 :4004
                sound s3 10.0.0.102:7000
                answer c (v1 :4004)
                echo s3
            > bye c
                close s3
                RECORD call3 Out 102 > *43 HungUp fault None talked 0s packets 3/0
        "#]],
    );
}
