//! Keys that we press for a party.

use super::*;
use crate::voice::detect::KeyTones;

fn press(session: u64, digit: char) -> Command {
    Command::Press { session: SessionId(session), digit }
}

/// The payload of a telephone event.
fn payload(packet: &[u8]) -> [u8; 4] {
    *packet.last_chunk().expect("an event has four octets")
}

#[test]
fn it_is_one_press_for_whoever_knows_telephone_events_and_the_other_goes_on_behind_it() {
    for codec in [Codec::Pcmu, Codec::Opus] {
        let mut clinic = Clinic::new();
        clinic.phone(1, codec, None).phone(2, codec, Some(700.0)).bridge(1, 2).run(500);
        clinic.order(press(1, '#')).run(1500);
        let phone = &clinic.phones[&1];
        let events = phone.pressed.clone();
        // RFC 4733 section 2.5: one timestamp, a duration that grows, and the end of it three times.
        let stamps: Vec<_> = events.iter().map(|packet| Rtp::parse(packet).map(|rtp| rtp.timestamp)).collect();
        assert!(stamps.iter().all(|stamp| *stamp == stamps[0]), "{stamps:?}");
        let durations: Vec<u16> = events.iter().map(|p| u16::from_be_bytes([payload(p)[2], payload(p)[3]])).collect();
        assert_eq!(durations, [160, 320, 480, 640, 800, 960, 1120, 1280, 1280, 1280], "telephone-event/8000");
        let ends: Vec<bool> = events.iter().map(|p| payload(p)[1] & 0x80 != 0).collect();
        assert_eq!(ends, [false, false, false, false, false, false, false, true, true, true]);
        assert!(events.iter().all(|p| payload(p)[0] == 11));
        let markers: Vec<bool> = events.iter().map(|p| p[1] & 0x80 != 0).collect();
        assert_eq!(markers.iter().filter(|marker| **marker).count(), 1);
        assert!(markers[0] && phone.hears_tone(700.0));
        // One stream, without a gap in its numbers.
        assert!(phone.packets.iter().all(|p| p.ssrc == 2));
        assert!(phone.packets.windows(2).all(|p| p[1].sequence == p[0].sequence.wrapping_add(1)));
        let key = phone.packets.iter().rposition(|p| p.payload_type == 101).expect("the key");
        is_one_stream(&phone.packets[key..]);
    }
}

#[test]
fn several_are_heard_as_several_by_an_engine_like_ours() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).phone(2, Codec::Pcmu, Some(700.0)).phone(3, Codec::Pcmu, None).bridge(1, 2);
    for digit in "4407x#*0".chars() {
        clinic.order(press(1, digit)).run(60);
    }
    clinic.run(3000);
    for data in clinic.phones[&1].pressed.clone() {
        let from = clinic.phones[&3].addr;
        clinic.engine.handle_input(clinic.now, Input::Packet { session: SessionId(3), from, data: &data });
        clinic.drain();
    }
    let heard = clinic.events.iter().map(|event| match event {
        Event::Dtmf { session: SessionId(3), digit } => *digit,
        other => panic!("{other:?}"),
    });
    assert_eq!(heard.collect::<String>(), "4407#*0");
}

#[test]
fn it_is_heard_by_its_tones_elsewhere_and_not_beside_what_is_played() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None);
    clinic.order(Command::TelephoneEvent { session: SessionId(1), payload_type: None });
    clinic.order(press(1, '5')).run(200);
    let heard = &clinic.phones[&1].heard[..800];
    assert!(level(heard, 8_000, 770.0) > 1e7 && level(heard, 8_000, 1336.0) > 1e7);
    // Who knows their number by heart presses faster than tones are.
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).phone(2, Codec::Pcmu, None).bridge(1, 2);
    clinic.order(Command::TelephoneEvent { session: SessionId(2), payload_type: None });
    for digit in "25805".chars() {
        clinic.order(press(2, digit)).run(40);
    }
    clinic.run(2000);
    let mut keys = String::new();
    KeyTones::default().hear(&clinic.phones[&2].heard, |key| keys.push(key));
    assert_eq!(keys, "25805");
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).order(super::play::play(1, 1, super::play::clip(8_000, 1500.0, 1000)));
    clinic.run(200).order(press(1, '5')).run(500);
    assert!(clinic.phones[&1].pressed.is_empty() && clinic.phones[&1].hears_tone(1500.0));
    // A line that a fax has as it is hears none.
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).order(press(1, '5')).order(Command::Raw { session: SessionId(1) });
    clinic.order(press(1, '6')).run(500);
    assert!(clinic.phones[&1].pressed.is_empty());
}
