//! What is recorded is what the party said.

use super::*;
use crate::sound::{Clip, RecordEnd, RecordId, RecordLimits};

fn record(session: u64, record: u64, most: u64, silence: Option<u64>) -> Command {
    let limits = RecordLimits { most: Duration::from_millis(most), silence: silence.map(Duration::from_millis) };
    Command::Record { session: SessionId(session), record: RecordId(record), limits }
}

/// The parts, which are of one recording, and how it ended.
fn recorded(events: &[Event]) -> (Vec<i16>, u32, Vec<RecordEnd>) {
    let (mut all, mut rate, mut ends) = (Vec::new(), 0, Vec::new());
    for event in events {
        if let Event::Recorded { part, end, .. } = event {
            assert!(part.duration() <= Duration::from_secs(1));
            rate = part.rate();
            all.extend_from_slice(part.samples());
            ends.extend(*end);
        }
    }
    (all, rate, ends)
}

#[test]
fn a_party_is_recorded_in_every_codec_while_it_talks() {
    for codec in [Codec::Pcmu, Codec::Pcma, Codec::G722] {
        let mut clinic = Clinic::new();
        clinic.phone(1, codec, Some(600.0)).phone(2, codec, Some(900.0)).bridge(1, 2).run(200);
        clinic.order(record(1, 5, 3000, None)).run(4000);
        let (samples, rate, ends) = recorded(&clinic.events);
        assert_eq!((samples.len() as u32, rate), (3 * codec.rate(), codec.rate()), "{codec:?}");
        assert_eq!(ends, [RecordEnd::Limit]);
        let peak = |hertz| (2.0 * level(&samples[rate as usize / 4..], rate, hertz)).sqrt();
        assert!(peak(600.0) > 0.9 * PEAK && peak(900.0) < 60.0, "{codec:?} {} {}", peak(600.0), peak(900.0));
        assert!(clinic.phones[&2].hears_tone(600.0), "and goes on to be heard");
    }
}

/// The two sides of a recording, as their parts come.
fn side(events: &[Event], session: u64) -> Vec<i16> {
    let of = |event: &Event| match event {
        Event::Recorded { session: of, part, .. } if of.0 == session => Some(part.samples().to_vec()),
        _ => None,
    };
    events.iter().filter_map(of).flatten().collect()
}

#[test]
fn both_sides_of_a_call_are_recorded_in_step_and_each_is_itself_alone() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(600.0)).phone(2, Codec::G722, Some(900.0)).bridge(1, 2).run(200);
    clinic.order(record(1, 7, 60_000, None)).order(record(2, 7, 60_000, None)).run(5_010);
    clinic.order(Command::StopRecord { session: SessionId(1) }).order(Command::StopRecord { session: SessionId(2) });
    let (one, other) = (side(&clinic.events, 1), side(&clinic.events, 2));
    assert_eq!((one.len(), other.len()), (40_000, 80_000), "step by step the same time");
    let peak = |samples: &[i16], rate: u32, hertz| (2.0 * level(&samples[rate as usize / 4..], rate, hertz)).sqrt();
    assert!(peak(&one, 8_000, 600.0) > 0.9 * PEAK && peak(&one, 8_000, 900.0) < 60.0);
    assert!(peak(&other, 16_000, 900.0) > 0.9 * PEAK && peak(&other, 16_000, 600.0) < 60.0);
}

/// Who agreed to a wide and a narrow codec is listened to as if they spoke the wide one, until a packet comes that says otherwise; and they may
/// change to the other at any time.
#[test]
fn a_part_is_a_whole_second_also_of_a_party_that_changes_its_codec() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::G722, Some(600.0)).phone(2, Codec::Pcmu, Some(900.0)).bridge(1, 2);
    clinic.order(record(1, 7, 60_000, None)).order(record(2, 7, 60_000, None));
    for (at, codec, payload_type) in [(330, Codec::Pcmu, 0), (1_470, Codec::G722, 9), (1_200, Codec::Pcmu, 0)] {
        let phone = clinic.run(at).phones.get_mut(&1).expect("a phone");
        (phone.voice.codec, phone.voice.payload_type) = (codec, payload_type);
        phone.encoder = Encoder::new(codec, phone.voice.opus);
    }
    clinic.run(3_010);
    clinic.order(Command::StopRecord { session: SessionId(1) }).order(Command::StopRecord { session: SessionId(2) });
    let parts = |session: u64| {
        let of = |event: &Event| match event {
            Event::Recorded { session: of, number, part, .. } if of.0 == session => Some((*number, part.duration())),
            _ => None,
        };
        clinic.events.iter().filter_map(of).collect::<Vec<_>>()
    };
    let (one, other) = (parts(1), parts(2));
    assert_eq!(one, other, "each part of one is of the same time as that of the other");
    let whole: Vec<_> = (0..6).map(|number| (number, Duration::from_secs(1))).collect();
    assert_eq!(one.split_last().expect("parts").1, whole);
}

/// The fast path of a packet knows nothing of the recording beside it: the same bytes leave at once.
#[test]
fn a_recorded_packet_goes_on_at_once_and_as_it_is() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(600.0)).phone(2, Codec::Pcmu, Some(900.0)).bridge(1, 2).run(200);
    clinic.order(record(1, 7, 60_000, None)).order(record(2, 7, 60_000, None)).run(100);
    for _ in 0..200 {
        let phone = clinic.phones.get_mut(&1).expect("a phone");
        let (from, packet) = (phone.addr, phone.says().expect("it speaks"));
        let mut buffer = packet.clone();
        buffer.resize(packet.len() + crate::srtp::OVERHEAD, 0);
        let forward = clinic.engine.forward(clinic.now, SessionId(1), from, &mut buffer, packet.len());
        let forward = forward.expect("it goes on");
        assert_eq!((forward.session, forward.length), (SessionId(2), packet.len()));
        assert!(buffer[..packet.len()] == packet[..], "not a bit of it has changed");
        clinic.run(20);
    }
    assert!(side(&clinic.events, 1).len() >= 3 * 8_000 && side(&clinic.events, 2).len() >= 3 * 8_000);
}

/// What is typed is no sound: the number of a card is not in a recording where keys travel as events (RFC 4733).
#[test]
fn keys_that_travel_as_events_are_silent() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).phone(2, Codec::Pcmu, Some(900.0)).bridge(1, 2).run(100);
    clinic.order(record(1, 7, 60_000, None));
    let from = clinic.phones[&1].addr;
    for n in 0..20u16 {
        let mut packet = Vec::new();
        crate::rtp::write(&mut packet, 101, n == 0, n, 0, 1);
        packet.extend_from_slice(&[5, 10, (n * 160).to_be_bytes()[0], (n * 160).to_be_bytes()[1]]);
        clinic.engine.handle_input(clinic.now, Input::Packet { session: SessionId(1), from, data: &packet });
        clinic.run(20);
    }
    clinic.run(1_000).order(Command::StopRecord { session: SessionId(1) });
    assert!(clinic.events.contains(&Event::Dtmf { session: SessionId(1), digit: '5' }));
    assert!(side(&clinic.events, 1).iter().all(|s| *s == 0));
}

#[test]
fn it_ends_when_nobody_speaks() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(500.0)).run(100).order(record(1, 1, 60_000, Some(2000))).run(3000);
    clinic.phones.get_mut(&1).unwrap().hertz = Some(0.0);
    clinic.run(2500);
    let (samples, _, ends) = recorded(&clinic.events);
    assert_eq!(ends, [RecordEnd::Silence]);
    assert!((39_000..=41_500).contains(&samples.len()), "{}", samples.len());
}

#[test]
fn a_party_that_sends_nothing_is_silent() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).order(record(1, 1, 60_000, Some(1500))).run(2000);
    let (samples, _, ends) = recorded(&clinic.events);
    assert_eq!((samples.len(), ends), (12_000, vec![RecordEnd::Silence]));
}

#[test]
fn every_recording_ends_once() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(500.0)).order(record(1, 1, 60_000, None)).run(500);
    clinic.order(record(1, 2, 60_000, None)).run(500);
    clinic.order(Command::StopRecord { session: SessionId(1) }).order(Command::StopRecord { session: SessionId(1) });
    clinic.order(record(1, 3, 60_000, None)).run(500).order(Command::Close { session: SessionId(1) });
    let ends: Vec<_> = clinic
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Recorded { record, end: Some(end), .. } => Some((record.0, *end)),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [(1, RecordEnd::Stopped), (2, RecordEnd::Stopped), (3, RecordEnd::Closed)]);
    assert!(matches!(clinic.events.last(), Some(Event::Closed { .. })));
}

#[test]
fn a_lost_packet_is_made_good() {
    let mut clinic = Clinic::new();
    clinic.loses = |n| n % 20 == 0;
    clinic.phone(1, Codec::Pcmu, Some(300.0)).run(100).order(record(1, 1, 4000, None)).run(5000);
    let (samples, _, _) = recorded(&clinic.events);
    let quiet = samples[1600..].chunks(80).filter(|c| c.iter().all(|s| s.abs() < 500)).count();
    assert_eq!(quiet, 0, "no hole of 10 ms is heard");
}

/// How many milliseconds after it was said the last of a tone is heard, which ended so long after the recording began.
fn heard_late(clinic: &mut Clinic, ended: usize) -> usize {
    clinic.phones.get_mut(&1).unwrap().hertz = Some(0.0);
    clinic.run(1_000).order(Command::StopRecord { session: SessionId(1) });
    let last = side(&clinic.events, 1).iter().rposition(|s| s.abs() > 1000).expect("a tone");
    (last / 8).saturating_sub(ended)
}

/// What is made good for a lost packet lasts as long as that would have.
#[test]
fn whoever_sends_short_or_long_packets_over_a_bad_network_is_heard_no_later_for_it() {
    for ptime in [10, 20, 40] {
        let mut clinic = Clinic::new();
        clinic.loses = |n| n % 10 == 3;
        clinic.phone_with(1, Codec::Pcmu, Some(300.0), ptime).run(100).order(record(1, 1, 60_000, None)).run(10_000);
        let late = heard_late(&mut clinic, 10_000);
        assert!(late <= 120, "{ptime} ms: {late} ms");
    }
}

/// Some phones go on to send sound while a key is down, and both have numbers of one row.
#[test]
fn keys_that_travel_between_the_sound_are_no_lost_packets() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(300.0)).run(100).order(record(1, 1, 60_000, None));
    for n in 0..100u16 {
        let phone = clinic.phones.get_mut(&1).expect("a phone");
        let (session, from, sequence) = (phone.session, phone.addr, phone.sequence);
        phone.sequence += 1;
        let mut packet = Vec::new();
        crate::rtp::write(&mut packet, 101, n == 0, sequence, 0, session.0 as u32);
        packet.extend_from_slice(&[5, 10, (n * 160).to_be_bytes()[0], (n * 160).to_be_bytes()[1]]);
        clinic.engine.handle_input(clinic.now, Input::Packet { session, from, data: &packet });
        clinic.run(20);
    }
    let late = heard_late(&mut clinic, 2_000);
    assert!(late <= 120, "{late} ms");
    let samples = side(&clinic.events, 1);
    let quiet = samples[1600..16_000].chunks(80).filter(|c| c.iter().all(|s| s.abs() < 500)).count();
    assert_eq!(quiet, 0, "nor a hole");
}

#[test]
fn a_clip_does_not_say_what_was_said() {
    assert_eq!(format!("{:?}", Clip::new(8000, vec![1234; 800])), "Clip(8000 Hz, 100ms)");
}
