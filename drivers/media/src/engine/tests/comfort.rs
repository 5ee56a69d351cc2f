//! Where nobody speaks: whoever takes comfort noise is told how the silence sounds, and everybody else hears the silence.

use super::*;
use crate::sound::RoomId;

/// Two in a room, of whom the second takes comfort noise, or not; the first says nothing that is heard.
fn alone(codec: Codec, comfort_noise: bool) -> Clinic {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).phone(2, codec, None);
    let voice = Voice { comfort_noise, ..clinic.phones[&2].voice };
    clinic.order(Command::Voice { session: SessionId(2), voice: Some(voice) });
    for number in [1, 2] {
        clinic.order(Command::Room { session: SessionId(number), room: RoomId(1) });
    }
    clinic.run(2000);
    clinic
}

fn of_noise(clinic: &Clinic) -> usize {
    clinic.phones[&2].packets.iter().filter(|p| p.payload_type == COMFORT_NOISE).count()
}

#[test]
fn an_empty_room_is_told_of_now_and_then() {
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
        let clinic = alone(codec, true);
        let (noise, all) = (of_noise(&clinic), clinic.phones[&2].packets.len());
        assert!((4..=6).contains(&noise) && all - noise <= 10, "{codec:?}: {noise} of {all} in two seconds");
        is_one_stream(&clinic.phones[&2].packets);
    }
}

#[test]
fn who_did_not_agree_hears_every_step_of_the_silence_and_opus_too() {
    for (codec, takes) in [(Codec::Pcmu, false), (Codec::G722, false), (Codec::Opus, true)] {
        let clinic = alone(codec, takes);
        assert_eq!(of_noise(&clinic), 0, "{codec:?}");
        assert!(clinic.phones[&2].packets.len() > 95);
    }
}

#[test]
fn who_speaks_after_it_is_heard_at_once_and_in_the_same_stream() {
    let mut clinic = alone(Codec::Pcmu, true);
    clinic.phones.get_mut(&1).unwrap().hertz = Some(500.0);
    let before = clinic.phones[&2].packets.len();
    clinic.run(600);
    let phone = &clinic.phones[&2];
    assert!(phone.hears_tone(500.0) && phone.packets.len() > before + 25);
    is_one_stream(&phone.packets);
    let of_clock = phone.packets[before..].windows(2).all(|p| p[1].timestamp.wrapping_sub(p[0].timestamp) == 160);
    let first = phone.packets.iter().position(|p| p.payload_type == 0 && p.sequence == phone.packets[before].sequence);
    assert!(of_clock && phone.markers.contains(&first.unwrap_or(before)), "its first packet is marked");
}

/// A pause between two words is heard as it is.
#[test]
fn a_short_pause_is_none() {
    let mut clinic = alone(Codec::Pcmu, true);
    clinic.phones.get_mut(&1).unwrap().hertz = Some(500.0);
    clinic.run(500);
    let before = of_noise(&clinic);
    clinic.phones.get_mut(&1).unwrap().hertz = None;
    clinic.run(160);
    clinic.phones.get_mut(&1).unwrap().hertz = Some(500.0);
    clinic.run(400);
    assert_eq!(of_noise(&clinic), before);
}
