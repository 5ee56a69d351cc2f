//! What is played is heard, in time and in one stream with what comes before and after.

use super::*;
use crate::sound::{Clip, PlayId, Sound, Tone};
use crate::voice::player::Player;

const ALL: [Codec; 3] = [Codec::Pcmu, Codec::Pcma, Codec::G722];

pub(super) fn clip(rate: u32, hertz: f64, ms: u32) -> Sound {
    let samples: Vec<i16> = (0..rate / 1000 * ms)
        .map(|n| (PEAK * (std::f64::consts::TAU * hertz * f64::from(n) / f64::from(rate)).sin()) as i16)
        .collect();
    Sound::Clip(Clip::new(rate, samples))
}

pub(super) fn play(session: u64, play: u64, sound: Sound) -> Command {
    Command::Play { session: SessionId(session), play: PlayId(play), sound }
}

fn played(session: u64, play: u64) -> Event {
    Event::Played { session: SessionId(session), play: PlayId(play) }
}

#[test]
fn a_clip_is_heard_in_every_codec_at_its_own_pitch() {
    for codec in ALL {
        for rate in [8_000, 16_000] {
            let mut clinic = Clinic::new();
            clinic.phone(1, codec, None).order(play(1, 7, clip(rate, 1000.0, 1000))).run(900);
            assert!(clinic.phones[&1].hears_tone(1000.0), "{codec:?} {rate}: {}", clinic.phones[&1].peak(1000.0));
            assert_eq!(clinic.events, []);
            clinic.run(200);
            assert_eq!(clinic.events, [played(1, 7)]);
            let phone = &clinic.phones[&1];
            assert_eq!((phone.packets.len(), phone.markers.as_slice()), (50, &[0][..]), "{codec:?} {rate}");
            is_one_stream(&phone.packets);
        }
    }
}

#[test]
fn packets_are_as_long_as_the_phone_likes_them() {
    for (ptime, packets, ticks) in [(10, 100, 80), (20, 50, 160), (30, 33, 240), (60, 16, 480)] {
        let mut clinic = Clinic::new();
        clinic.phone_with(1, Codec::Pcmu, None, ptime).order(play(1, 1, clip(8_000, 500.0, 1000))).run(1100);
        let phone = &clinic.phones[&1];
        assert_eq!(phone.packets.len(), packets, "{ptime}");
        assert!(phone.packets.windows(2).all(|p| p[1].timestamp.wrapping_sub(p[0].timestamp) == ticks), "{ptime}");
        assert!(phone.hears_tone(500.0));
    }
}

#[test]
fn a_bridge_goes_on_in_the_same_stream_after_a_play_and_the_player_is_heard_meanwhile() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(400.0)).phone(2, Codec::Pcmu, Some(700.0)).bridge(1, 2).run(600);
    assert!(clinic.phones[&1].hears_tone(700.0) && clinic.phones[&2].hears_tone(400.0));
    assert_eq!(clinic.phones[&1].packets[0].ssrc, 2, "what was never spoken to hears the other phone as it is");
    clinic.fresh().order(play(1, 1, clip(16_000, 1500.0, 1000))).run(900);
    assert!(clinic.phones[&1].hears_tone(1500.0) && clinic.phones[&1].hears_no_tone(700.0));
    assert!(clinic.phones[&2].hears_tone(400.0), "who is played to is heard");
    clinic.run(1000);
    assert!(clinic.phones[&1].hears_tone(700.0) && clinic.phones[&1].hears_no_tone(1500.0));
    let phone = &clinic.phones[&1];
    assert!(phone.packets.iter().all(|p| p.ssrc == 2), "in the stream that it has heard");
    is_one_stream(&phone.packets);
    assert_eq!(phone.markers.len(), 2, "where we begin, and where the other goes on: {:?}", phone.markers);
    clinic.fresh().order(play(1, 2, Sound::Tone(Tone::Beep))).run(1000);
    is_one_stream(&clinic.phones[&1].packets);
}

#[test]
fn another_play_and_a_stop_end_what_is_played() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcma, None).order(play(1, 1, Sound::Tone(Tone::Ringing))).run(1000);
    assert!(clinic.phones[&1].peak(440.0) > 2000.0 && clinic.phones[&1].peak(480.0) > 2000.0);
    clinic.order(play(1, 2, Sound::Tone(Tone::Busy))).run(300);
    clinic.order(Command::Stop { session: SessionId(1) }).fresh().run(500);
    assert!(clinic.phones[&1].packets.is_empty() && clinic.events.is_empty());
}

#[test]
fn cadences_are_those_of_north_america() {
    let on = |tone, ms: u64| {
        let mut clinic = Clinic::new();
        clinic.phone(1, Codec::Pcmu, None).order(play(1, 1, Sound::Tone(tone))).run(ms);
        let heard = &clinic.phones[&1].heard;
        heard.chunks(80).map(|c| if c.iter().any(|s| s.abs() > 300) { 1 } else { 0 }).sum::<u64>() * 10
    };
    for (tone, ms, expected) in [
        (Tone::Ringing, 12_000, 4_000),
        (Tone::Busy, 3_000, 1_500),
        (Tone::Congestion, 3_000, 1_500),
        (Tone::Confirm, 2_000, 300),
    ] {
        let on = on(tone, ms);
        assert!(on.abs_diff(expected) <= 60, "{tone:?}: {on}");
    }
}

#[test]
fn sounds_are_made_of_sounds() {
    let twice = Sound::Several([clip(8_000, 900.0, 100), Sound::Silence(Duration::from_millis(300))].into());
    let mut clinic = Clinic::new();
    clinic
        .phone(1, Codec::Pcmu, None)
        .order(play(1, 1, Sound::Several([twice.clone(), twice.clone()].into())))
        .run(1000);
    assert_eq!(clinic.events, [played(1, 1)]);
    assert_eq!(clinic.phones[&1].packets.len(), 40);
    clinic.order(play(1, 2, Sound::Forever(twice.into()))).run(10_000);
    assert_eq!(clinic.events.len(), 1);
    assert!(clinic.phones[&1].packets.len() > 520);
}

#[test]
fn what_repeats_nothing_for_ever_is_silence() {
    let mut clinic = Clinic::new();
    let nothing = Sound::Forever(Sound::Several([clip(8_000, 1.0, 0), Sound::Silence(Duration::ZERO)].into()).into());
    clinic.phone(1, Codec::Pcmu, None).order(play(1, 1, nothing)).run(200);
    assert!(clinic.phones[&1].heard.iter().all(|s| *s == 0) && clinic.events.is_empty());
    let mut deep = clip(8_000, 500.0, 100);
    for _ in 0..100 {
        deep = Sound::Several([deep].into());
    }
    clinic.order(play(1, 2, deep)).run(100);
    assert_eq!(clinic.events, [played(1, 2)], "beyond all depth there is nothing");
}

#[test]
fn on_hold_and_without_a_voice_time_passes_and_nothing_is_sent() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None);
    clinic.order(Command::Remote { session: SessionId(1), addr: None });
    clinic.order(play(1, 1, clip(8_000, 500.0, 500))).run(600);
    clinic.order(Command::Remote { session: SessionId(1), addr: Some(clinic.phones[&1].addr) });
    clinic.order(Command::Voice { session: SessionId(1), voice: None });
    clinic.order(play(1, 2, clip(8_000, 500.0, 500))).run(600);
    assert_eq!(clinic.events, [played(1, 1), played(1, 2)]);
    assert!(clinic.phones[&1].packets.is_empty());
}

#[test]
fn a_key_is_heard_where_no_telephone_event_was_agreed_on() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).phone(2, Codec::Pcmu, None).bridge(1, 2);
    clinic.order(Command::TelephoneEvent { session: SessionId(2), payload_type: None });
    for n in 0..8u16 {
        let mut packet = Vec::new();
        crate::rtp::write(&mut packet, 101, n == 0, n, 0, 9);
        packet.extend_from_slice(&[5, if n > 4 { 0x8a } else { 10 }, 0, 160 + n as u8]);
        let from = clinic.phones[&1].addr;
        clinic.engine.handle_input(clinic.now, Input::Packet { session: SessionId(1), from, data: &packet });
        clinic.run(20);
    }
    let phone = &clinic.phones[&2];
    assert_eq!(clinic.events, [Event::Dtmf { session: SessionId(1), digit: '5' }]);
    assert!(phone.packets.iter().all(|p| p.payload_type == 0));
    let heard = &phone.heard[..800];
    assert!(level(heard, 8_000, 770.0) > 1e7 && level(heard, 8_000, 1336.0) > 1e7);
}

/// Before its machine calls, somebody presses the extension that the fax is for.
#[test]
fn a_key_is_heard_by_its_tones_on_a_line_that_a_fax_has() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None);
    clinic.order(Command::TelephoneEvent { session: SessionId(1), payload_type: None });
    clinic.order(Command::Tap { session: SessionId(1), payload_type: 0, ssrc: 7 });
    let (key, gap) = (|digit| Sound::Tone(Tone::Digit(digit)), Sound::Silence(Duration::from_millis(100)));
    let mut player = Player::new(None, &Sound::Several([key('4'), gap.clone(), key('7'), gap].into()));
    let mut encoder = Encoder::new(Codec::Pcmu, OpusWishes::default());
    let mut samples = Vec::new();
    while player.take(8_000, 160, &mut samples) {}
    for (n, step) in samples.chunks_exact(160).enumerate() {
        let mut packet = Vec::new();
        crate::rtp::write(&mut packet, 0, n == 0, n as u16, n as u32 * 160, 9);
        encoder.encode(step, &mut packet);
        let from = clinic.phones[&1].addr;
        clinic.engine.handle_input(clinic.now, Input::Packet { session: SessionId(1), from, data: &packet });
        clinic.run(20);
    }
    let key = |event: &Event| if let Event::Dtmf { digit, .. } = event { Some(*digit) } else { None };
    assert_eq!(clinic.events.iter().filter_map(key).collect::<String>(), "47");
    let tapped = |event: &Event| if let Event::Tapped { heard, .. } = event { heard.len() } else { 0 };
    let tapped: usize = clinic.events.iter().map(tapped).sum();
    assert_eq!(tapped, samples.len() / 160, "the fax hears all of it");
}

/// Half an hour of a call that began with a menu.
#[test]
fn a_bridge_after_a_play_is_heard_for_as_long_as_it_lasts() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).phone(2, Codec::Pcmu, Some(700.0)).bridge(1, 2);
    clinic.order(play(1, 1, clip(8_000, 1500.0, 100))).run(200);
    clinic.fresh();
    let passes = |clinic: &mut Clinic, count: u32| {
        for _ in 0..count {
            clinic.now = clinic.now.after(Duration::from_millis(20));
            clinic.says_now(SessionId(2));
        }
        clinic.phones[&1].packets.len()
    };
    assert_eq!(passes(&mut clinic, 90_000), 90_000);
    is_one_stream(&clinic.phones[&1].packets);
    // It begins its numbers anew, under the name that it had.
    for back in [101, 5_000, 32_000] {
        let phone = clinic.phones.get_mut(&2).expect("it is there");
        phone.sequence = phone.sequence.wrapping_sub(back);
        clinic.fresh();
        assert_eq!(passes(&mut clinic, 200), 200, "{back} back");
        is_one_stream(&clinic.phones[&1].packets);
    }
    assert!(clinic.phones[&1].hears_tone(700.0));
}
