//! A step is cut into units: between any two of them a packet passes.

use super::*;
use crate::sound::{PlayId, RoomId, Sound, Tone};

/// Forty in a room, twenty that are played to, and a call that only forwards.
fn busy() -> Clinic {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(500.0)).phone(2, Codec::Pcmu, None).bridge(1, 2);
    for number in 3..63 {
        let codec = if number % 2 == 0 { Codec::G722 } else { Codec::Pcma };
        clinic.phone(number, codec, Some(400.0 + 10.0 * number as f64));
        let session = SessionId(number);
        clinic.order(match number {
            3..43 => Command::Room { session, room: RoomId(1) },
            _ => Command::Play { session, play: PlayId(number), sound: Sound::Tone(Tone::Ringing) },
        });
    }
    clinic.run(300);
    clinic
}

#[test]
fn a_forwarded_packet_passes_between_any_two_units_of_a_step() {
    let mut clinic = busy();
    // A moment at which a step is due.
    let mut due = clinic.drain();
    clinic.now = clinic.now.after(due.saturating_since(clinic.now.instant));
    let from = clinic.phones[&1].addr;
    let mut units = 0;
    while due <= clinic.now.instant {
        clinic.engine.handle_input(clinic.now, Input::Timeout);
        due = clinic.drain();
        let said = clinic.phones.get_mut(&1).unwrap().says().unwrap();
        let mut buffer = said.clone();
        buffer.resize(said.len() + crate::srtp::OVERHEAD, 0);
        let forward = clinic.engine.forward(clinic.now, SessionId(1), from, &mut buffer, said.len());
        assert_eq!(forward.map(|f| (f.session, f.length)), Some((SessionId(2), said.len())));
        assert_eq!(buffer[..said.len()], said, "it goes on untouched");
        units += 1;
        assert!(units < 500, "a step ends");
    }
    assert!(units > 20, "the work of sixty is done in pieces: {units}");
}

#[test]
fn after_a_stall_what_is_too_old_is_left_out() {
    let mut clinic = busy();
    clinic.fresh();
    // The machine stood still for two seconds.
    clinic.now = clinic.now.after(Duration::from_secs(2));
    let mut turns = 0;
    while clinic.drain() <= clinic.now.instant {
        clinic.engine.handle_input(clinic.now, Input::Timeout);
        turns += 1;
        assert!(turns < 5_000);
    }
    let packets = clinic.phones[&50].packets.len();
    assert!((4..=8).contains(&packets), "a burst of a hundred packets helps nobody: {packets}");
    clinic.run(500);
    assert!(clinic.phones[&50].peak(440.0) > 2000.0);
}

/// A machine that calls says something: until then there is nothing to listen to, and a call that nobody speaks in yet costs no step.
#[test]
fn a_call_costs_no_step_before_its_first_packet() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).phone(2, Codec::Pcmu, None).bridge(1, 2);
    let next = clinic.drain().saturating_since(clinic.now.instant);
    assert!(next > Duration::from_secs(1), "a step is due after {next:?}");
    clinic.phones.get_mut(&1).expect("a phone").hertz = Some(500.0);
    clinic.run(40);
    let next = clinic.drain().saturating_since(clinic.now.instant);
    assert!(next <= Duration::from_millis(20), "it is listened to now, in steps: {next:?}");
}
