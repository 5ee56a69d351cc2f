//! The registrar's policy.

use expect_test::expect;
use model::Pii;
use model::call::Binding;

use crate::bench::{Bench, check};

#[test]
fn only_the_owner_registers() {
    check(
        "
        register 101 auth=none
        register 101 auth=stale
        register 101 auth=wrong
        register 101 auth=102
        register 199
        register 101
        phones
        ",
        &expect![[r#"
            > register 101 auth=none
                challenge register
            > register 101 auth=stale
                challenge register stale
            > register 101 auth=wrong
                challenge register
            > register 101 auth=102
                reject 403
            > register 199
                reject 404
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > phones
                101 1 phones bench
                102 0 phones
                103 0 phones
        "#]],
    );
}

#[test]
fn lifetimes_are_kept_in_bounds_and_end() {
    check(
        "
        register 101 expires=5
        register 101 expires=60
        register 102 expires=99999
        wait 59
        wait 2
        phones
        register 102 query
        wait 3600
        ",
        &expect![[r#"
            > register 101 expires=5
                reject register 423, at least 60s
            > register 101 expires=60
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 60s]
            > register 102 expires=99999
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > wait 59
            > wait 2
                bindings [102 udp 10.0.0.102:5060]
            > phones
                101 0 phones
                102 1 phones bench
                103 0 phones
            > register 102 query
                accept register [sip:102@10.0.0.102 3539s]
            > wait 3600
                bindings []
        "#]],
    );
}

#[test]
fn phones_leave() {
    check(
        "
        register 101
        register 101 host=51
        register 101 host=51 expires=0
        register 101 host=52
        register 101 all
        register 101 expires=0
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 101 host=51
                bindings [101 udp 10.0.0.101:5060, 101 udp 10.0.0.51:5060]
                accept register [sip:101@10.0.0.101 3600s, sip:101@10.0.0.51 3600s]
            > register 101 host=51 expires=0
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 101 host=52
                bindings [101 udp 10.0.0.101:5060, 101 udp 10.0.0.52:5060]
                accept register [sip:101@10.0.0.101 3600s, sip:101@10.0.0.52 3600s]
            > register 101 all
                bindings []
                accept register []
            > register 101 expires=0
                bindings []
                accept register []
        "#]],
    );
}

#[test]
fn an_old_request_that_comes_late_is_refused() {
    check(
        "register 101 cseq=7\nregister 101 cseq=7 expires=0\nregister 101 cseq=8 expires=0",
        &expect![[r#"
        > register 101 cseq=7
            bindings [101 udp 10.0.0.101:5060]
            accept register [sip:101@10.0.0.101 3600s]
        > register 101 cseq=7 expires=0
            reject 400
        > register 101 cseq=8 expires=0
            bindings []
            accept register []
    "#]],
    );
}

#[test]
fn the_sixth_phone_drives_out_the_oldest() {
    check(
        "
        register 101 host=51
        wait 1
        register 101 host=52
        register 101 host=53
        register 101 host=54
        register 101 host=55
        register 101 host=56
        ",
        &expect![[r#"
            > register 101 host=51
                bindings [101 udp 10.0.0.51:5060]
                accept register [sip:101@10.0.0.51 3600s]
            > wait 1
            > register 101 host=52
                bindings [101 udp 10.0.0.51:5060, 101 udp 10.0.0.52:5060]
                accept register [sip:101@10.0.0.51 3599s, sip:101@10.0.0.52 3600s]
            > register 101 host=53
                bindings [101 udp 10.0.0.51:5060, 101 udp 10.0.0.52:5060, 101 udp 10.0.0.53:5060]
                accept register [sip:101@10.0.0.51 3599s, sip:101@10.0.0.52 3600s, sip:101@10.0.0.53 3600s]
            > register 101 host=54
                bindings [101 udp 10.0.0.51:5060, 101 udp 10.0.0.52:5060, 101 udp 10.0.0.53:5060, 101 udp 10.0.0.54:5060]
                accept register [sip:101@10.0.0.51 3599s, sip:101@10.0.0.52 3600s, sip:101@10.0.0.53 3600s, sip:101@10.0.0.54 3600s]
            > register 101 host=55
                bindings [101 udp 10.0.0.51:5060, 101 udp 10.0.0.52:5060, 101 udp 10.0.0.53:5060, 101 udp 10.0.0.54:5060, 101 udp 10.0.0.55:5060]
                accept register [sip:101@10.0.0.51 3599s, sip:101@10.0.0.52 3600s, sip:101@10.0.0.53 3600s, sip:101@10.0.0.54 3600s, sip:101@10.0.0.55 3600s]
            > register 101 host=56
                bindings [101 udp 10.0.0.52:5060, 101 udp 10.0.0.53:5060, 101 udp 10.0.0.54:5060, 101 udp 10.0.0.55:5060, 101 udp 10.0.0.56:5060]
                accept register [sip:101@10.0.0.52 3600s, sip:101@10.0.0.53 3600s, sip:101@10.0.0.54 3600s, sip:101@10.0.0.55 3600s, sip:101@10.0.0.56 3600s]
        "#]],
    );
}

#[test]
fn who_leaves_the_clinic_takes_their_phones_along() {
    check(
        "
        register 101
        register 102
        invite a 101 102
        pickup B1
        reload 101
        phones
        trunks
        bye a
        invite b 101 102
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
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
            > reload 101
                set peers: 1 trunks
                bindings [101 udp 10.0.0.101:5060]
            > phones
                101 1 phones bench
            > trunks
                main 0/2 healthy true
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 101 102
                refuse b 404
                RECORD call2 Out 101 > 102 Unreachable fault Caller packets 0/0
        "#]],
    );
}

#[test]
fn phones_are_still_known_after_a_restart() {
    let mut bench = Bench::new(calls::Limits::default());
    let binding = |user: &str, flow: &str, seconds: i64| Binding {
        user: user.to_owned(),
        contact: Pii::new(format!("sip:{user}@192.168.7.7")),
        flow: flow.to_owned(),
        agent: "kept".to_owned(),
        expires: model::Wall(bench.now.wall.millis() + seconds * 1000),
        ..Binding::default()
    };
    let kept = vec![
        binding("101", "udp 10.0.0.101:5060", 100),
        binding("102", "tcp [::1]:5062", 100),
        binding("103", "udp 10.0.0.103:5060", -1),
        binding("103", "carrier pigeon", 100),
        binding("103", "wss 10.0.0.103:40000", 100),
        binding("199", "udp 10.0.0.199:5060", 100),
    ];
    let now = bench.now;
    bench.pbx.restore_bindings(now, kept);
    for line in ["phones", "invite a 101 102", "cancel a", "wait 101", "phones"] {
        bench.run_line(line);
    }
    bench.check_rest();
    expect![[r#"
        > phones
            101 1 phones kept
            102 1 phones kept
            103 0 phones
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@192.168.7.7 at [::1]:5062 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > 102 Abandoned fault Caller packets 1/2
        > wait 101
            send 1 sip:101@192.168.7.7 at 10.0.0.101:5060 options
            send 2 sip:101@192.168.7.7 at 10.0.0.101:5060 options
            bindings []
        > phones
            101 0 phones
            102 0 phones
            103 0 phones
    "#]]
    .assert_eq(&bench.log);
}

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
