//! Ends that speak Opus: what is forwarded stays as it is, and all that we say and hear is for them, too.

use super::*;
use crate::sound::{PlayId, RoomId, Sound, Tone};
use crate::voice::activity::power;

/// How much of a tone's loudness a codec that models a voice must leave of it.
const KEPT: f64 = 0.6 * PEAK;

#[test]
fn what_two_say_to_each_other_is_forwarded_and_nothing_of_it_decoded() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Opus, Some(500.0)).phone(2, Codec::Opus, Some(800.0));
    let voice = Voice { payload_type: 96, ..clinic.phones[&2].voice };
    clinic.phones.get_mut(&2).unwrap().voice = voice;
    clinic.order(Command::Voice { session: SessionId(2), voice: Some(voice) }).bridge(1, 2).run(1000);
    for (number, theirs, other, hertz) in [(1, 111, 2, 800.0), (2, 96, 1, 500.0)] {
        let phone = &clinic.phones[&number];
        assert!(phone.packets.iter().all(|p| (p.payload_type, p.ssrc) == (theirs, other)), "{number}");
        assert!(phone.peak(hertz) > KEPT, "{number}: {}", phone.peak(hertz));
        assert!(clinic.engine.sessions[&SessionId(number)].speech.ear.is_none(), "nobody asked for a decoder");
    }
}

#[test]
fn an_end_without_it_is_heard_and_understood() {
    for other in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
        for ptime in [10, 20, 30, 60] {
            let mut clinic = Clinic::new();
            clinic.phone_with(1, Codec::Opus, Some(500.0), if ptime == 30 { 20 } else { ptime });
            let voice = Voice { ptime, ..clinic.phones[&1].voice };
            clinic.order(Command::Voice { session: SessionId(1), voice: Some(voice) });
            clinic.phone(2, other, Some(800.0)).bridge(1, 2).run(1500);
            for (number, heard, own) in [(1, 800.0, 500.0), (2, 500.0, 800.0)] {
                let phone = &clinic.phones[&number];
                let peak = phone.peak(heard);
                assert!(peak > KEPT && phone.peak(own) < PEAK / 50.0, "{other:?} {ptime} {number}: {peak}");
                assert!(phone.packets.iter().all(|p| p.payload_type == phone.voice.payload_type));
                is_one_stream(&phone.packets);
            }
            let ticks = clinic.phones[&1].packets.windows(2).map(|p| p[1].timestamp.wrapping_sub(p[0].timestamp));
            let expected = 48 * u32::from(if ptime == 30 { 20 } else { ptime });
            assert!(ticks.skip(1).all(|ticks| ticks == expected), "its clock is 48 kHz for every band");
        }
    }
}

#[test]
fn in_a_room_all_hear_each_other() {
    let mut clinic = Clinic::new();
    let parties = [(Codec::Opus, 410.0), (Codec::G722, 858.0), (Codec::Pcmu, 1306.0), (Codec::Opus, 634.0)];
    for (number, (codec, hertz)) in (1..).zip(parties) {
        clinic.phone(number, codec, Some(hertz));
        clinic.order(Command::Room { session: SessionId(number), room: RoomId(1) });
    }
    clinic.run(2000);
    for (number, (_, own)) in (1..).zip(parties) {
        let phone = &clinic.phones[&number];
        for (_, hertz) in parties {
            let peak = phone.peak(hertz);
            let ok = if hertz == own { peak < PEAK / 20.0 } else { peak > PEAK / 3.0 };
            assert!(ok, "{number} {hertz}: {peak}");
        }
    }
}

#[test]
fn what_is_played_and_what_is_forwarded_after_it_are_one_stream() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Opus, Some(500.0)).phone(2, Codec::Opus, None).bridge(1, 2).run(300);
    let sound = Sound::Tone(Tone::Beep);
    clinic.order(Command::Play { session: SessionId(2), play: PlayId(1), sound }).fresh().run(300);
    assert!(clinic.phones[&2].peak(1000.0) > 2500.0, "{}", clinic.phones[&2].peak(1000.0));
    clinic.run(900);
    assert!(clinic.phones[&2].peak(500.0) > KEPT && clinic.phones[&2].peak(1000.0) < 300.0);
    is_one_stream(&clinic.phones[&2].packets);
}

/// A voice is guessed at for as long as one packet is missing; the first loss teaches the buffer to wait for the packet after it.
#[test]
fn a_lost_packet_here_and_there_is_no_hole() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Opus, Some(150.0)).phone(2, Codec::Pcmu, None).bridge(1, 2).run(500);
    clinic.loses = |n| n % 10 == 0;
    clinic.run(500).fresh().run(2000);
    let heard = &clinic.phones[&2].heard;
    let quietest = heard.chunks_exact(160).map(power).fold(f64::MAX, f64::min);
    assert!(heard.len() > 15_000 && quietest > PEAK * PEAK / 2.0 / 16.0, "{quietest}");
}

/// Bytes that are no Opus come between those that are: the call goes on, and the next true packet is heard.
#[test]
fn what_is_no_opus_is_a_lost_packet() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Opus, Some(500.0)).phone(2, Codec::Pcmu, None).bridge(1, 2).run(500);
    clinic.phones.get_mut(&1).unwrap().hertz = None;
    for n in 0..50u16 {
        let sequence = clinic.phones[&1].sequence + n;
        let mut packet = Vec::new();
        crate::rtp::write(&mut packet, 111, false, sequence, 24_000 + 960 * u32::from(n), 1);
        packet.extend((0..n).map(|byte| (byte * 37 % 251) as u8 ^ 0xff));
        let from = clinic.phones[&1].addr;
        clinic.engine.handle_input(clinic.now, Input::Packet { session: SessionId(1), from, data: &packet });
        clinic.run(20);
    }
    let phone = clinic.phones.get_mut(&1).unwrap();
    (phone.sequence, phone.said, phone.hertz) = (phone.sequence + 50, phone.said + 50 * 320, Some(500.0));
    clinic.fresh().run(1000);
    assert!(clinic.phones[&2].peak(500.0) > KEPT);
    is_one_stream(&clinic.phones[&2].packets);
}
