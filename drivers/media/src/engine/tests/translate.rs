//! Two that speak different codecs hear each other; two that speak the same are forwarded untouched.

use super::*;

#[test]
fn different_codecs_are_translated_both_ways_in_one_stream() {
    for (a, b) in [(Codec::Pcmu, Codec::Pcma), (Codec::G722, Codec::Pcmu), (Codec::Pcma, Codec::G722)] {
        let mut clinic = Clinic::new();
        clinic.phone(1, a, Some(500.0)).phone(2, b, Some(800.0)).bridge(1, 2).run(1500);
        for (number, heard, own) in [(1, 800.0, 500.0), (2, 500.0, 800.0)] {
            let phone = &clinic.phones[&number];
            assert!(phone.peak(heard) > 0.9 * PEAK && phone.hears_no_tone(own), "{a:?} {b:?} {}", phone.peak(heard));
            assert!(phone.packets.iter().all(|p| p.payload_type == phone.voice.payload_type));
            is_one_stream(&phone.packets);
        }
    }
}

#[test]
fn the_same_codec_is_forwarded_and_only_its_number_is_changed() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::G722, Some(500.0)).phone(2, Codec::G722, Some(800.0));
    let voice = Voice { payload_type: 97, ..clinic.phones[&2].voice };
    clinic.phones.get_mut(&2).unwrap().voice = voice;
    clinic.order(Command::Voice { session: SessionId(2), voice: Some(voice) }).bridge(1, 2).run(1000);
    for (number, theirs, other) in [(1, 9, 2), (2, 97, 1)] {
        let phone = &clinic.phones[&number];
        assert!(phone.packets.iter().all(|p| (p.payload_type, p.ssrc) == (theirs, other)), "{number}");
    }
    assert!(clinic.phones[&2].hears_tone(500.0));
}

#[test]
fn a_key_passes_between_our_own_packets() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(500.0)).phone(2, Codec::Pcma, None).bridge(1, 2).run(500);
    clinic.phones.get_mut(&1).unwrap().hertz = None;
    clinic.fresh();
    for n in 0..6u16 {
        let mut packet = Vec::new();
        crate::rtp::write(&mut packet, 101, n == 0, 100 + n, 77, 1);
        packet.extend_from_slice(&[5, if n > 2 { 0x8a } else { 10 }, 0, 160]);
        let from = clinic.phones[&1].addr;
        clinic.engine.handle_input(clinic.now, Input::Packet { session: SessionId(1), from, data: &packet });
        clinic.run(20);
    }
    let phone = &clinic.phones[&2];
    let events: Vec<_> = phone.packets.iter().filter(|p| p.payload_type == 101).collect();
    assert_eq!(events.len(), 6);
    assert!(events.iter().all(|p| p.timestamp == events[0].timestamp), "one press has one timestamp");
    assert!(phone.packets.windows(2).all(|p| p[1].sequence == p[0].sequence.wrapping_add(1) && p[0].ssrc == p[1].ssrc));
}

#[test]
fn a_change_of_codec_in_the_middle_begins_and_ends_the_translation() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(500.0)).phone(2, Codec::Pcmu, Some(800.0)).bridge(1, 2).run(500);
    let other = Voice { codec: Codec::Pcma, payload_type: 8, takes: Codec::Pcma.into(), ..clinic.phones[&2].voice };
    let same = clinic.phones[&2].voice;
    clinic.order(Command::Voice { session: SessionId(2), voice: Some(other) }).fresh().run(700);
    assert!(clinic.phones[&2].packets[1..].iter().all(|p| p.payload_type == 8) && clinic.phones[&2].hears_tone(500.0));
    clinic.order(Command::Voice { session: SessionId(2), voice: Some(same) }).fresh().run(700);
    assert!(clinic.phones[&2].packets.iter().all(|p| p.payload_type == 0) && clinic.phones[&2].hears_tone(500.0));
    is_one_stream(&clinic.phones[&2].packets);
}

/// Of what an end agreed to it may send any. A trunk that will not hear of another description after a transfer goes on in what it spoke before,
/// which whoever is there now has not agreed to.
#[test]
fn what_the_other_has_not_agreed_to_is_translated_until_it_does() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(500.0)).phone(2, Codec::Pcmu, Some(800.0));
    let trunk = clinic.phones.get_mut(&1).expect("a phone");
    (trunk.voice.codec, trunk.voice.payload_type) = (Codec::Pcma, 8);
    trunk.encoder = Encoder::new(Codec::Pcma, trunk.voice.opus);
    clinic.bridge(1, 2).run(1500);
    for (number, heard) in [(1, 800.0), (2, 500.0)] {
        let phone = &clinic.phones[&number];
        assert!(phone.hears_tone(heard) && phone.packets.iter().all(|p| p.payload_type == 0), "{number}");
        is_one_stream(&phone.packets);
    }
    let both = [Codec::Pcmu, Codec::Pcma].into_iter().collect();
    let voice = Voice { takes: both, ..clinic.phones[&2].voice };
    clinic.order(Command::Voice { session: SessionId(2), voice: Some(voice) }).fresh().run(700);
    assert!(clinic.phones[&2].packets.iter().all(|p| p.payload_type == 8) && clinic.phones[&2].hears_tone(500.0));
    is_one_stream(&clinic.phones[&2].packets);
}
