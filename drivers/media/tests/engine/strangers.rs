//! Who is believed: packets from others than the one that was agreed on, and too many of them.

use expect_test::expect;
use media::{Command, SessionId};

use crate::script::{A, B, PHONE_A, PHONE_B, STRANGER, Script, voice};

#[test]
fn a_flood_from_a_third_address_changes_nothing() {
    let mut s = Script::bridged();
    s.packet(A, PHONE_A, &voice(1)).packet(B, PHONE_B, &voice(1));
    for i in 0..20_000u16 {
        s.packet(A, STRANGER, &voice(i)).packet(B, STRANGER, &voice(i));
    }
    s.note("flooded").packet(A, PHONE_A, &voice(2)).packet(B, PHONE_B, &voice(2));
    s.order(Command::Close { session: A });
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 1
        first packet 2
        1 -> 192.0.2.1:4000: rtp 0 1
        # flooded
        2 -> 192.0.2.2:4000: rtp 0 2
        1 -> 192.0.2.1:4000: rtp 0 2
        unbind 1
        closed 1: 2 in, 2 out, 0 lost
    "#]]);
}

#[test]
fn a_phone_behind_a_nat_is_found() {
    let mut s = Script::bridged();
    for sequence in 10..15 {
        s.packet(A, "198.51.100.7:61000", &voice(sequence));
    }
    s.note("and spoken to").packet(B, PHONE_B, &voice(1));
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 12
        2 -> 192.0.2.2:4000: rtp 0 13
        2 -> 192.0.2.2:4000: rtp 0 14
        # and spoken to
        first packet 2
        1 -> 198.51.100.7:61000: rtp 0 1
    "#]]);
}

#[test]
fn a_phone_that_its_nat_moves_in_the_midst_of_a_call_is_followed() {
    let mut s = Script::bridged();
    for sequence in 10..14 {
        s.packet(A, "198.51.100.7:61000", &voice(sequence));
    }
    s.packet(B, PHONE_B, &voice(1)).note("moved").wait(2);
    for sequence in 114..118 {
        s.packet(A, "198.51.100.8:50123", &voice(sequence));
    }
    s.packet(B, PHONE_B, &voice(2));
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 12
        2 -> 192.0.2.2:4000: rtp 0 13
        first packet 2
        1 -> 198.51.100.7:61000: rtp 0 1
        # moved
        2 -> 192.0.2.2:4000: rtp 0 116
        2 -> 192.0.2.2:4000: rtp 0 117
        1 -> 198.51.100.8:50123: rtp 0 2
    "#]]);
}

/// A carrier moves a call to another port of its, and sends from one that it has not named. Two packets of before arrive last.
#[test]
fn a_late_packet_from_before_a_move_keeps_nobody_silent() {
    let mut s = Script::bridged();
    s.packet(A, PHONE_A, &voice(1)).packet(B, PHONE_B, &voice(1));
    s.note("moved").order(Command::Remote { session: A, addr: Some("192.0.2.1:7000".parse().unwrap()) });
    s.packet(A, PHONE_A, &voice(2)).packet(A, PHONE_A, &voice(3)).packet(B, PHONE_B, &voice(2));
    s.note("and heard from there").packet(A, "192.0.2.1:7002", &voice(4)).packet(B, PHONE_B, &voice(3));
    s.packet(A, PHONE_A, &voice(5)).packet(B, PHONE_B, &voice(4));
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 1
        first packet 2
        1 -> 192.0.2.1:4000: rtp 0 1
        # moved
        2 -> 192.0.2.2:4000: rtp 0 2
        2 -> 192.0.2.2:4000: rtp 0 3
        1 -> 192.0.2.1:7000: rtp 0 2
        # and heard from there
        2 -> 192.0.2.2:4000: rtp 0 4
        1 -> 192.0.2.1:7002: rtp 0 3
        1 -> 192.0.2.1:7002: rtp 0 4
    "#]]);
}

#[test]
fn a_flood_from_the_latched_address_is_cut() {
    let mut s = Script::bridged();
    for i in 0..5_000u16 {
        s.packet(A, PHONE_A, &voice(i));
    }
    let sent = s.transcript.lines().filter(|l| l.starts_with("2 ->")).count();
    assert_eq!(sent, 500, "one second's worth");
    s.wait(1).packet(A, PHONE_A, &voice(5_000));
    assert!(s.transcript.ends_with("rtp 0 5000\n"), "and then it goes on");
}

#[test]
fn hostile_remotes_get_nothing() {
    for addr in ["0.0.0.0:4000", "192.0.2.1:0", "224.0.0.1:4000", "255.255.255.255:4000", "[::]:4000", "[ff02::1]:4000"]
    {
        let mut s = Script::bridged();
        s.open(SessionId(3), 4604, addr).order(Command::Bridge { a: A, b: SessionId(3) });
        s.packet(A, PHONE_A, &voice(1));
        assert!(!s.transcript.contains("->"), "{addr}: {}", s.transcript);
    }
}
