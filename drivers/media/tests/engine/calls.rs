//! Sessions, what becomes of their packets, and their ends.

use std::net::SocketAddr;

use bytes::Bytes;
use expect_test::expect;
use media::{Command, Family, Input, Output, Said, SessionId};
use model::Instant;

use crate::script::{A, B, PHONE_A, PHONE_B, STRANGER, Script, rtp, voice};

#[test]
fn a_call() {
    let mut s = Script::new();
    s.note("opened").open(A, 4600, PHONE_A).open(B, 4602, PHONE_B);
    s.note("idle: counted, not sent").packet(A, PHONE_A, &voice(1));
    s.note("bridged").order(Command::Bridge { a: A, b: B });
    s.packet(A, PHONE_A, &voice(2)).packet(B, PHONE_B, &voice(70)).packet(A, PHONE_A, &voice(4));
    s.note("no RTP").packet(A, PHONE_A, b"").packet(A, PHONE_A, &[0; 40]).packet(A, PHONE_A, &[0x80, 200, 0, 0]);
    s.note("unknown session").packet(SessionId(9), PHONE_A, &voice(5));
    s.note("hold of B, which still sends its music").order(Command::Remote { session: B, addr: None });
    s.packet(A, PHONE_A, &voice(5)).packet(B, PHONE_B, &voice(71));
    s.note("the end").order(Command::Close { session: A }).packet(B, PHONE_B, &voice(72));
    s.order(Command::Close { session: B }).order(Command::Close { session: B });
    s.check(&expect![[r#"
        # opened
        bind 1 4600
        bind 2 4602
        # idle: counted, not sent
        first packet 1
        # bridged
        2 -> 192.0.2.2:4000: rtp 0 2
        first packet 2
        1 -> 192.0.2.1:4000: rtp 0 70
        2 -> 192.0.2.2:4000: rtp 0 4
        # no RTP
        # unknown session
        # hold of B, which still sends its music
        1 -> 192.0.2.1:4000: rtp 0 71
        # the end
        unbind 1
        closed 1: 4 in, 2 out, 1 lost
        unbind 2
        closed 2: 3 in, 2 out, 0 lost
    "#]]);
}

#[test]
fn a_digit_is_reported_once_and_renumbered() {
    let mut s = Script::bridged();
    s.order(Command::TelephoneEvent { session: A, payload_type: Some(101) });
    s.order(Command::TelephoneEvent { session: B, payload_type: Some(97) });
    s.packet(A, PHONE_A, &voice(1));
    for (i, (end, duration)) in [(0, 160u16), (0, 320), (0x80, 480), (0x80, 480), (0x80, 480)].into_iter().enumerate() {
        let [d0, d1] = duration.to_be_bytes();
        s.packet(A, PHONE_A, &rtp(101, 2 + i as u16, 320, &[7, end | 10, d0, d1]));
    }
    s.note("not an event for B's end").packet(B, PHONE_B, &rtp(101, 1, 1, &[7, 0, 0, 160]));
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 1
        digit 1 7
        2 -> 192.0.2.2:4000: rtp 97 2
        2 -> 192.0.2.2:4000: rtp 97 3
        2 -> 192.0.2.2:4000: rtp 97 4
        2 -> 192.0.2.2:4000: rtp 97 5
        2 -> 192.0.2.2:4000: rtp 97 6
        # not an event for B's end
        first packet 2
        1 -> 192.0.2.1:4000: rtp 101 1
    "#]]);
}

#[test]
fn silence_is_said_once_until_packets_come() {
    let mut s = Script::bridged();
    s.wait(10).packet(A, PHONE_A, &voice(1));
    s.note("B never spoke").wait(15);
    s.note("A fell silent").wait(100);
    s.note("A is back, and goes").packet(A, PHONE_A, &voice(2)).wait(100);
    s.note("hold is not silence").order(Command::Remote { session: A, addr: None }).wait(100);
    s.note("nor is a fax at rest");
    s.order(Command::Remote { session: A, addr: Some(PHONE_A.parse().unwrap()) });
    s.order(Command::Raw { session: A }).wait(100);
    s.note("back to audio").order(Command::Idle { session: A }).wait(100);
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 1
        # B never spoke
        silent 2 at 20 s
        # A fell silent
        silent 1 at 30 s
        # A is back, and goes
        2 -> 192.0.2.2:4000: rtp 0 2
        silent 1 at 145 s
        # hold is not silence
        # nor is a fax at rest
        # back to audio
        silent 1 at 445 s
    "#]]);
}

#[test]
fn echo_and_raw() {
    let mut s = Script::new();
    s.open(A, 4600, PHONE_A).order(Command::Echo { session: A }).packet(A, PHONE_A, &voice(1));
    s.note("raw").order(Command::Raw { session: A });
    s.packet(A, PHONE_A, b"\0\x01udptl").packet(A, STRANGER, b"\0\x02udptl").packet(A, PHONE_A, b"x");
    s.order(Command::SendRaw { session: A, data: Bytes::from_static(b"ours"), due: Instant::ZERO });
    s.note("no longer raw").order(Command::Idle { session: A });
    s.order(Command::SendRaw { session: A, data: Bytes::from_static(b"late"), due: Instant::ZERO });
    s.order(Command::Close { session: A });
    s.check(&expect![[r#"
        bind 1 4600
        first packet 1
        1 -> 192.0.2.1:4000: rtp 0 1
        # raw
        raw 1 b"\0\x01udptl"
        1 -> 192.0.2.1:4000: 4 bytes
        # no longer raw
        unbind 1
        closed 1: 2 in, 2 out, 0 lost
    "#]]);
}

fn says(payload: &'static [u8]) -> Command {
    Command::SendTapped { session: A, said: vec![Said { payload: Bytes::from_static(payload), due: Instant::ZERO }] }
}

#[test]
fn a_tapped_session_says_what_its_user_says_one_packet_after_the_other() {
    let mut s = Script::new();
    s.open(A, 4600, PHONE_A).order(Command::Tap { session: A, payload_type: 8, ssrc: 0x0102_0304 });
    s.packet(A, PHONE_A, &voice(1)).packet(A, STRANGER, &voice(2)).packet(A, PHONE_A, b"no rtp");
    s.drain();
    let mut heard = Vec::new();
    for _ in 0..2 {
        s.engine.handle_input(s.now, Input::Command(says(&[0x55; 160])));
        while let Output::Transmit { to, data, .. } = s.engine.poll_output() {
            assert_eq!(to, PHONE_A.parse::<SocketAddr>().unwrap());
            heard.push(data);
        }
    }
    let header = |n: usize| (heard[n][1], u16::from_be_bytes([heard[n][2], heard[n][3]]), heard[n].len());
    assert_eq!((header(0), header(1)), ((8, 0x0102, 172), (8, 0x0103, 172)));
    let timestamp = |n: usize| u32::from_be_bytes(heard[n][4..8].try_into().unwrap());
    assert_eq!(timestamp(1).wrapping_sub(timestamp(0)), 160);
    s.note("on hold nothing is said").order(Command::Remote { session: A, addr: None });
    s.order(says(b"held"));
    s.note("no longer tapped").order(Command::Idle { session: A });
    s.order(says(b"late"));
    s.order(Command::Close { session: A });
    s.check(&expect![[r#"
        bind 1 4600
        first packet 1
        tapped 1 0 at 160: 160 samples
        # on hold nothing is said
        # no longer tapped
        unbind 1
        closed 1: 1 in, 2 out, 0 lost
    "#]]);
}

#[test]
fn a_bridge_lets_go_of_whom_it_leaves() {
    let c = SessionId(3);
    let mut s = Script::bridged();
    s.open(c, 4604, "192.0.2.3:4000");
    s.note("A to C: B is idle").order(Command::Bridge { a: c, b: A });
    s.packet(B, PHONE_B, &voice(1)).packet(A, PHONE_A, &voice(1));
    s.note("C echoes: A is idle").order(Command::Echo { session: c }).packet(A, PHONE_A, &voice(2));
    s.note("with nobody, or oneself: idle").order(Command::Bridge { a: A, b: SessionId(9) }).packet(
        A,
        PHONE_A,
        &voice(3),
    );
    s.order(Command::Bridge { a: A, b: A }).packet(A, PHONE_A, &voice(4));
    s.check(&expect![[r#"
        bind 3 4604
        # A to C: B is idle
        first packet 2
        first packet 1
        3 -> 192.0.2.3:4000: rtp 0 1
        # C echoes: A is idle
        # with nobody, or oneself: idle
    "#]]);
}

#[test]
fn every_session_ends_once() {
    let mut s = Script::new();
    s.order(Command::Open { session: A, port: 4600, home: Family::V4.into() }).input(Input::BindFailed { session: A });
    s.order(Command::Close { session: A });
    s.note("port 0").order(Command::Open { session: A, port: 0, home: Family::V4.into() });
    s.note("full");
    for n in 10..15 {
        s.order(Command::Open { session: SessionId(n), port: 5000, home: Family::V4.into() });
    }
    s.note("twice").order(Command::Open { session: SessionId(10), port: 6000, home: Family::V4.into() });
    s.note("a late failure of one that is gone").order(Command::Close { session: SessionId(10) });
    s.input(Input::BindFailed { session: SessionId(10) });
    assert_eq!(s.engine.sessions(), 3);
    s.check(&expect![[r#"
        bind 1 4600
        bind failed 1 4600
        # port 0
        bind failed 1 0
        # full
        bind 10 5000
        bind 11 5000
        bind 12 5000
        bind 13 5000
        bind failed 14 5000
        # twice
        # a late failure of one that is gone
        unbind 10
        closed 10: 0 in, 0 out, 0 lost
    "#]]);
}
