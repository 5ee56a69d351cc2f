//! Rooms: each party says a tone of its own; every other hears it, and itself it does not hear.

use super::*;
use crate::sound::{PlayId, RecordEnd, RecordId, RecordLimits, RoomId, Sound, Tone};

fn enter(session: u64, room: u64) -> Command {
    Command::Room { session: SessionId(session), room: RoomId(room) }
}

/// Frequencies that have their periods in half a second, and no harmonics with each other.
const TONES: [f64; 6] = [410.0, 634.0, 858.0, 1082.0, 1306.0, 1530.0];

#[test]
fn each_hears_all_others_and_not_itself_whatever_they_speak() {
    let codecs = [Codec::Pcmu, Codec::G722, Codec::Pcma, Codec::G722, Codec::Pcmu, Codec::Pcma];
    let mut clinic = Clinic::new();
    for (number, (codec, hertz)) in (1..).zip(codecs.iter().zip(TONES)) {
        clinic.phone(number, *codec, Some(hertz)).order(enter(number, 1));
    }
    // Quieter, so that six of them together are not cut.
    clinic.run(2000);
    for (number, own) in (1..).zip(TONES) {
        let phone = &clinic.phones[&number];
        for hertz in TONES {
            let peak = phone.peak(hertz);
            if hertz == own {
                assert!(peak < PEAK / 60.0, "{number} hears itself: {peak}");
            } else {
                assert!(peak > PEAK / 2.0, "{number} does not hear {hertz}: {peak}");
            }
        }
        is_one_stream(&phone.packets);
    }
}

#[test]
fn a_wide_band_stays_wide() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::G722, Some(6000.0)).phone(2, Codec::G722, None).phone(3, Codec::Pcmu, None);
    clinic.order(enter(1, 1)).order(enter(2, 1)).order(enter(3, 1)).run(1500);
    assert!(clinic.phones[&2].peak(6000.0) > PEAK / 2.0);
    assert!(clinic.phones[&3].peak(2000.0) < 100.0, "and does not fold into a narrow one");
}

#[test]
fn who_is_muted_is_not_heard_and_hears_the_others_until_they_come_into_another_room() {
    let mut clinic = Clinic::new();
    for (number, hertz) in (1..=3).zip(TONES) {
        clinic.phone(number, Codec::Pcmu, Some(hertz)).order(enter(number, 1));
    }
    let mute = |muted| Command::Mute { session: SessionId(3), muted };
    clinic.order(mute(true)).run(1000);
    assert!(clinic.phones[&1].hears_tone(TONES[1]) && clinic.phones[&1].hears_no_tone(TONES[2]));
    let muted = &clinic.phones[&3];
    assert!(muted.hears_tone(TONES[0]) && muted.hears_tone(TONES[1]) && muted.hears_no_tone(TONES[2]));
    clinic.order(mute(false)).fresh().run(1000);
    assert!(clinic.phones[&1].hears_tone(TONES[2]));
    clinic.order(mute(true)).order(enter(3, 2)).order(enter(1, 2)).fresh().run(1000);
    assert!(clinic.phones[&1].hears_tone(TONES[2]));
}

#[test]
fn who_leaves_is_not_heard_and_rooms_are_apart() {
    let mut clinic = Clinic::new();
    for (number, hertz) in (1..).zip(TONES) {
        clinic.phone(number, Codec::Pcmu, Some(hertz)).order(enter(number, 1 + number % 2));
    }
    clinic.run(1000);
    // 1, 3, 5 are in room 2.
    let phone = &clinic.phones[&1];
    assert!(phone.hears_tone(TONES[2]) && phone.hears_tone(TONES[4]) && phone.hears_no_tone(TONES[1]));
    clinic.order(Command::Close { session: SessionId(5) });
    clinic.phones.remove(&5);
    clinic.order(Command::Idle { session: SessionId(3) }).fresh().run(1000);
    assert!(clinic.phones[&1].hears_no_tone(TONES[2]) && clinic.phones[&1].hears_no_tone(TONES[4]));
    assert!(clinic.phones[&3].packets.is_empty(), "who is idle hears nothing");
    assert!(clinic.phones[&2].hears_tone(TONES[3]));
    clinic.order(enter(1, 1)).fresh().run(1000);
    assert!(clinic.phones[&1].hears_tone(TONES[1]) && clinic.phones[&2].hears_tone(TONES[0]));
    clinic.bridge(1, 3).fresh().run(1000);
    assert!(clinic.phones[&1].hears_tone(TONES[2]) && clinic.phones[&1].hears_no_tone(TONES[1]));
    is_one_stream(&clinic.phones[&1].packets);
}

#[test]
fn who_is_played_to_in_a_room_is_heard_meanwhile() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(410.0)).phone(2, Codec::Pcmu, Some(634.0)).order(enter(1, 9)).order(enter(2, 9));
    clinic.run(500);
    let sound = Sound::Tone(Tone::Ringing);
    clinic.order(Command::Play { session: SessionId(1), play: PlayId(1), sound }).fresh().run(1000);
    assert!(clinic.phones[&1].peak(480.0) > 2000.0 && clinic.phones[&1].hears_no_tone(634.0));
    assert!(clinic.phones[&2].hears_tone(410.0));
    clinic.order(Command::Stop { session: SessionId(1) }).fresh().run(1000);
    assert!(clinic.phones[&1].hears_tone(634.0));
    is_one_stream(&clinic.phones[&1].packets);
}

#[test]
fn a_room_has_a_last_place() {
    let mut clinic = Clinic::new();
    for number in 1..=65 {
        clinic.phone(number, Codec::Pcmu, None).order(enter(number, 1));
    }
    clinic.phones.get_mut(&1).unwrap().hertz = Some(700.0);
    clinic.run(600);
    assert!(clinic.phones[&64].hears_tone(700.0));
    assert!(clinic.phones[&65].packets.is_empty());
}

/// What was recorded of a room, and how each of its recordings ended.
fn room_recorded(events: &[Event]) -> (Vec<i16>, Vec<(u64, RecordEnd)>) {
    let (mut all, mut ends) = (Vec::new(), Vec::new());
    for event in events {
        if let Event::RoomRecorded { room: RoomId(1), record, part, end } = event {
            assert!(part.duration() <= Duration::from_secs(1) && (part.rate() == 16_000 || part.samples().is_empty()));
            all.extend_from_slice(part.samples());
            ends.extend(end.map(|end| (record.0, end)));
        }
    }
    (all, ends)
}

fn record_room(room: u64, record: u64, most: u64) -> Command {
    let limits = RecordLimits { most: Duration::from_millis(most), silence: None };
    Command::RecordRoom { room: RoomId(room), record: RecordId(record), limits }
}

#[test]
fn a_recording_of_a_room_has_each_voice_once_and_what_is_played_to_one_is_not_in_it() {
    let mut clinic = Clinic::new();
    for (number, codec, hertz) in [(1, Codec::Pcmu, 410.0), (2, Codec::G722, 858.0), (3, Codec::Opus, 1306.0)] {
        clinic.phone(number, codec, Some(hertz)).order(enter(number, 1));
    }
    clinic.run(500).order(record_room(1, 7, 60_000));
    let sound = Sound::Forever(Sound::Tone(Tone::Digit('1')).into());
    clinic.order(Command::Play { session: SessionId(2), play: PlayId(1), sound }).run(3_000);
    // Two leave, one after the other, and the last is recorded until they are gone, too.
    clinic.order(Command::Close { session: SessionId(3) }).order(Command::Idle { session: SessionId(2) }).run(2_000);
    clinic.order(Command::Close { session: SessionId(1) });
    let (samples, ends) = room_recorded(&clinic.events);
    assert_eq!((samples.len(), ends), (5 * 16_000, vec![(7, RecordEnd::Closed)]), "step by step the same time");
    let peak = |from: usize, hertz| (2.0 * level(&samples[from * 16_000..(from + 2) * 16_000], 16_000, hertz)).sqrt();
    for hertz in [410.0, 858.0, 1306.0] {
        let together = peak(1, hertz);
        assert!((0.8 * PEAK..1.2 * PEAK).contains(&together), "{hertz} is there once: {together}");
    }
    assert!(peak(1, 697.0) < PEAK / 60.0, "the key that one hears is nobody's voice");
    assert!(peak(3, 410.0) > 0.8 * PEAK && peak(3, 858.0) < PEAK / 20.0 && peak(3, 1306.0) < PEAK / 20.0);
}

#[test]
fn every_recording_of_a_room_ends_once() {
    let mut clinic = Clinic::new();
    clinic.order(record_room(1, 1, 60_000)).phone(1, Codec::Pcmu, Some(500.0)).order(enter(1, 1));
    clinic.order(record_room(1, 2, 60_000)).run(500).order(record_room(1, 3, 1_000)).run(2_000);
    clinic.order(record_room(1, 4, 60_000)).run(500);
    for _ in 0..2 {
        clinic.order(Command::StopRecordRoom { room: RoomId(1) });
    }
    let (_, ends) = room_recorded(&clinic.events);
    let expected = [(1, RecordEnd::Closed), (2, RecordEnd::Stopped), (3, RecordEnd::Limit), (4, RecordEnd::Stopped)];
    assert_eq!(ends, expected);
}
