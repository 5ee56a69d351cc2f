//! The registrar's policy.

mod devices;

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

/// Its connection is gone with the program that it was to. The port that it came from was never one to connect to.
#[test]
fn a_phone_that_takes_connections_is_called_where_it_listens_after_a_restart() {
    for (contact, called) in [
        ("sip:102@10.0.0.102:5062;transport=tcp", "sip:102@10.0.0.102:5062;transport=tcp at 10.0.0.102:5062 from"),
        // Behind a NAT there is no such place, until it comes back.
        ("sip:102@192.168.7.7;transport=tcp", "sip:102@192.168.7.7;transport=tcp at 10.0.0.102:49152 from"),
    ] {
        let mut bench = Bench::new(calls::Limits::default());
        let kept = Binding {
            user: "102".to_owned(),
            contact: Pii::new(contact.to_owned()),
            flow: "tcp 10.0.0.102:49152".to_owned(),
            expires: model::Wall(bench.now.wall.millis() + 100_000),
            ..Binding::default()
        };
        let now = bench.now;
        bench.pbx.restore_bindings(now, vec![kept]);
        bench.run("invite a 101 102\ncancel a");
        bench.check_rest();
        assert!(bench.log.contains(&format!("invite B1 {called} ")), "{}", bench.log);
    }
}
