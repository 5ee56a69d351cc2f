//! A clinic of several networks, or behind a router: each is told the address of ours that it can reach, and a page is heard in all of them.

use calls::Limits;
use expect_test::{Expect, expect};
use model::call::Binding;
use model::{Pii, Settings};

use crate::bench::{Bench, SETTINGS};

/// In a clinic with a network for its phones beside the one of its offices.
fn check_two_networks(script: &str, expected: &Expect) {
    let mut bench = Bench::two_networks();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn phones_of_two_networks_are_told_the_address_that_each_of_them_reached() {
    check_two_networks(
        "
        register 101
        register 102 at=10.0.2.102:5060 contact=10.0.2.102 to=10.0.2.1:5060
        invite a 101 102
        pickup B1 c=10.0.2.102
        ask a hold
        ask a
        bye a
        invite b 102 101 at=10.0.2.102:5060 to=10.0.2.1:5060
        pickup B2 c=10.0.0.101
        bye b
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102 at=10.0.2.102:5060 contact=10.0.2.102 to=10.0.2.1:5060
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.2.102:5060]
                accept register [sip:102@10.0.2.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                listen s2 V4 at 1
                invite B1 sip:102@10.0.2.102 from "Front desk" sip:101@clinic.demo (v1 10.0.2.1:4002)
            > pickup B1 c=10.0.2.102
                listen s2 V4 at 1
                sound s2 10.0.2.102:7000
                answer a (v1 :4000)
                listen s1 V4
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                listen s1 V4
                sound s1 on hold
                listen s2 V4 at 1
                reinvite B1 (v2 10.0.2.1:4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ask a
                answer reinvite a (v3 :4000)
                listen s1 V4
                sound s1 10.0.1.2:7000
                stop s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 102 101 at=10.0.2.102:5060 to=10.0.2.1:5060
                open s3 :4004 at 1
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4006)
            > pickup B2 c=10.0.0.101
                listen s4 V4
                sound s4 10.0.0.101:7000
                answer b (v1 10.0.2.1:4004)
                listen s3 V4 at 1
                sound s3 10.0.2.102:7000
                bridge s3 s4
            > bye b
                bye B2
                close s3 s4
                RECORD call2 Out 102 > 101 HungUp fault None talked 0s packets 3/4
        "#]],
    );
}

#[test]
fn phones_of_one_person_in_two_networks_ring_and_the_one_that_answers_is_heard() {
    check_two_networks(
        "
        register 102
        register 102 host=52 at=10.0.2.52:5060 contact=10.0.2.52 to=10.0.2.1:5060
        register 101
        invite a 101 102
        pickup B1 c=10.0.0.102
        bye a
        invite b 101 102
        pickup B4 c=10.0.2.52
        bye b
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > register 102 host=52 at=10.0.2.52:5060 contact=10.0.2.52 to=10.0.2.1:5060
                bindings [102 udp 10.0.0.102:5060, 102 udp 10.0.2.52:5060]
                accept register [sip:102@10.0.0.102 3600s, sip:102@10.0.2.52 3600s]
            > register 101
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060, 102 udp 10.0.2.52:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                listen s2 V4 at 1
                invite B2 sip:102@10.0.2.52 from "Front desk" sip:101@clinic.demo (v1 10.0.2.1:4002)
            > pickup B1 c=10.0.0.102
                cancel B2 taken
                listen s2 V4
                sound s2 10.0.0.102:7000
                answer a (v1 :4000)
                listen s1 V4
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 101 102
                open s3 :4004
                open s4 :4006
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
                listen s4 V4 at 1
                invite B4 sip:102@10.0.2.52 from "Front desk" sip:101@clinic.demo (v1 10.0.2.1:4006)
            > pickup B4 c=10.0.2.52
                cancel B3 taken
                listen s4 V4 at 1
                sound s4 10.0.2.52:7000
                answer b (v1 :4004)
                listen s3 V4
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > bye b
                bye B4
                close s3 s4
                RECORD call2 Out 101 > 102 HungUp fault None talked 0s packets 3/4
        "#]],
    );
}

#[test]
fn who_gets_a_parked_party_back_is_told_the_address_in_its_network() {
    check_two_networks(
        "
        register 102 at=10.0.2.102:5060 contact=10.0.2.102 to=10.0.2.1:5060
        invite p main:+12025550101 +12025550123
        pickup B1 c=10.0.2.102
        ack p
        refer B1 700
        bye B1
        wait 91
        pickup B2 c=10.0.2.102
        ask B2 c=10.0.2.102
        bye p
        ",
        &expect![[r#"
            > register 102 at=10.0.2.102:5060 contact=10.0.2.102 to=10.0.2.1:5060
                bindings [102 udp 10.0.2.102:5060]
                accept register [sip:102@10.0.2.102 3600s]
            > invite p main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                listen s2 V4 at 1
                invite B1 sip:102@10.0.2.102 from "" sip:+12025550101@clinic.demo (v1 10.0.2.1:4002)
            > pickup B1 c=10.0.2.102
                listen s2 V4 at 1
                sound s2 10.0.2.102:7000
                answer p (v1 :4000)
                listen s1 V4
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > ack p
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > bye B1
            > wait 91
                open s3 :4004
                listen s3 V4 at 1
                invite B2 sip:102@10.0.2.102 from "" sip:+12025550101@clinic.demo (v1 10.0.2.1:4004)
            > pickup B2 c=10.0.2.102
                listen s3 V4 at 1
                sound s3 10.0.2.102:7000
                bridge s1 s3
                stop s1
            > ask B2 c=10.0.2.102
                answer reinvite B2 (v2 10.0.2.1:4004)
                listen s3 V4 at 1
                sound s3 10.0.2.102:7000
            > bye p
                bye B2
                close s1 s3
                RECORD call1 In +12025550101 > 102 HungUp fault None talked 91s packets 1/3
        "#]],
    );
}

/// Its way to us goes by a router, and so does its sound: it knows the first address alone.
#[test]
fn who_reached_another_address_than_that_of_their_network_is_told_what_they_reached() {
    check_two_networks(
        "
        invite a 101 *43 at=10.0.2.101:5060 to=10.0.0.1:5060
        bye a
        ",
        &expect![[r#"
            > invite a 101 *43 at=10.0.2.101:5060 to=10.0.0.1:5060
                open s1 :4000
                listen s1 V4
                sound s1 10.0.2.101:7000
                answer a (v1 :4000)
                echo s1
            > bye a
                close s1
                RECORD call1 Out 101 > *43 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

/// Nobody kept to which address it had come.
#[test]
fn after_a_restart_a_phone_is_told_the_address_in_its_network() {
    let mut bench = Bench::two_networks();
    let kept = Binding {
        user: "102".to_owned(),
        contact: Pii::new("sip:102@10.0.2.102".to_owned()),
        flow: "udp 10.0.2.102:5060".to_owned(),
        agent: "kept".to_owned(),
        expires: model::Wall(bench.now.wall.millis() + 100_000),
        ..Binding::default()
    };
    let now = bench.now;
    bench.pbx.restore_bindings(now, vec![kept]);
    bench.run(
        "
        invite a 101 102
        pickup B1 c=10.0.2.102
        bye a
        ",
    );
    bench.check_rest();
    expect![[r#"
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            listen s2 V4 at 1
            invite B1 sip:102@10.0.2.102 from "Front desk" sip:101@clinic.demo (v1 10.0.2.1:4002)
        > pickup B1 c=10.0.2.102
            listen s2 V4 at 1
            sound s2 10.0.2.102:7000
            answer a (v1 :4000)
            listen s1 V4
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
    "#]]
    .assert_eq(&bench.log);
}

#[test]
fn help_is_called_from_either_network() {
    check_two_networks(
        "
        invite a 101 911 at=10.0.2.101:5060 to=10.0.2.1:5060
        pickup B1
        bye a
        ",
        &expect![[r#"
            > invite a 101 911 at=10.0.2.101:5060 to=10.0.2.1:5060
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000 at 1
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                listen s2 V4
                sound s2 10.0.1.10:7000
                answer a (v1 10.0.2.1:4000)
                listen s1 V4 at 1
                sound s1 10.0.2.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

const TO_A_GROUP: &str = r#"
page = { multicast = "224.0.1.75:5004" }
[outside]
national = "main"
"#;

/// What is said to a clinic is not for those outside it, where its first address is.
#[test]
fn a_page_to_a_group_goes_out_into_each_of_the_clinics_own_networks() {
    let script = "trace\ninvite a 103 *81\nbye a";
    let mut bench = Bench::two_networks_and(Some("198.51.100.9"), TO_A_GROUP);
    bench.run(script);
    bench.check_rest();
    expect![[r#"
        > trace
        > invite a 103 *81
            open s1 :4000 at 1
            listen s1 V4 at 1
            sound s1 10.0.0.103:7000
            answer a (v1 :4000)
            open s2 :4002 at 1
            listen s2 V4 at 2
            group s2 224.0.1.75:5004
            room 1 s1
            room 1 s2
        > bye a
            close s1 s2
            RECORD call1 Out 103 > *81 HungUp fault None talked 0s packets 1/2
                0s Detail *81 is paging.
                0s Good Speaking to all phones that listen to 224.0.1.75:5004 (multicast from 10.0.0.1, 10.0.2.1)
                0s Good The caller hung up
                0s Good Ended
    "#]]
    .assert_eq(&bench.log);
    let mut bench = Bench::two_networks_and(None, TO_A_GROUP);
    bench.run(script);
    bench.check_rest();
    expect![[r#"
        > trace
        > invite a 103 *81
            open s1 :4000
            listen s1 V4
            sound s1 10.0.0.103:7000
            answer a (v1 :4000)
            open s2 :4002
            listen s2 V4 at 1
            group s2 224.0.1.75:5004
            room 1 s1
            room 1 s2
        > bye a
            close s1 s2
            RECORD call1 Out 103 > *81 HungUp fault None talked 0s packets 1/2
                0s Detail *81 is paging.
                0s Good Speaking to all phones that listen to 224.0.1.75:5004 (multicast from 10.0.0.1, 10.0.2.1)
                0s Good The caller hung up
                0s Good Ended
    "#]]
    .assert_eq(&bench.log);
}

/// The clinic is behind a router whose outer address is 203.0.113.5, and reaches a branch under an address of its own.
#[test]
fn who_is_outside_is_told_the_address_that_is_advertised_there() {
    let advertise = [("10.0.0.32/27", "10.0.0.33"), ("0.0.0.0/0", "203.0.113.5")];
    let advertise = advertise
        .map(|(network, address)| format!("[[advertise]]\nnetwork = \"{network}\"\naddress = \"{address}\"\n"));
    let text = format!("{SETTINGS}{}", advertise.concat());
    let mut bench = Bench::with(Limits::default(), Settings::parse(&text).expect("good settings"));
    bench.run(
        "
        register 102 host=52
        invite a 101 202-555-0101
        pickup B1
        ask B1 hold
        bye a
        invite b main:+12025550101 +12025550123
        pickup B2
        bye b
        invite c 103 102
        ring B3
        invite d 101 **102 at=10.0.0.40:5060
        bye c
        ",
    );
    bench.check_rest();
    expect![[r#"
        > register 102 host=52
            bindings [102 udp 10.0.0.52:5060]
            accept register [sip:102@10.0.0.52 3600s]
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 203.0.113.5:4002)
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v1 :4000)
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > ask B1 hold
            answer reinvite B1 (v2 203.0.113.5:4002 recvonly)
            sound s2 on hold
            reinvite a (v2 :4000 sendonly)
            play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
        > invite b main:+12025550101 +12025550123
            open s3 :4004
            open s4 :4006
            invite B2 sip:102@10.0.0.52 from "" sip:+12025550101@clinic.demo (v1 10.0.0.33:4006)
        > pickup B2
            sound s4 10.0.1.11:7000
            answer b (v1 203.0.113.5:4004)
            sound s3 192.0.2.1:7000
            bridge s3 s4
        > bye b
            bye B2
            close s3 s4
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 3/4
        > invite c 103 102
            open s5 :4008
            open s6 :4010
            invite B3 sip:102@10.0.0.52 from "Doctor" sip:103@clinic.demo (v1 10.0.0.33:4010)
        > ring B3
            ring c 180
        > invite d 101 **102 at=10.0.0.40:5060
            answer d (v2 10.0.0.33:4010)
            sound s6 10.0.0.40:7000
            cancel B3 taken
            answer c (v1 :4008)
            sound s5 10.0.0.103:7000
            bridge s5 s6
        > bye c
            bye d
            close s5 s6
            RECORD call3 Out 103 > 101 HungUp fault None talked 0s packets 5/6
    "#]].assert_eq(&bench.log);
}
