//! A phone takes the place of another in the midst of a call.

use super::*;

/// The numbers of the newcomer begin lower, and for a second nobody speaks.
#[test]
fn who_stays_hears_one_stream() {
    for codec in [Codec::Pcmu, Codec::G722, Codec::Opus] {
        let mut clinic = Clinic::new();
        clinic.phone(1, codec, Some(440.0)).phone(2, codec, Some(700.0)).bridge(1, 2).run(1000);
        clinic.phone(3, codec, Some(550.0));
        clinic.order(Command::Close { session: SessionId(2) });
        clinic.phones.remove(&2);
        clinic.run(1000).bridge(1, 3).run(1000);
        let phone = &clinic.phones[&1];
        assert!(phone.packets.len() > 90 && phone.packets.iter().all(|packet| packet.ssrc == 2));
        is_one_stream(&phone.packets);
        // The first word, and the first of whoever follows.
        assert_eq!(phone.markers.len(), 2, "{:?}", phone.markers);
        let (at, clock) = (phone.markers[1], f64::from(codec.clock()));
        let passed = phone.packets[at].timestamp.wrapping_sub(phone.packets[at - 1].timestamp);
        assert!((0.9..1.1).contains(&(f64::from(passed) / clock)), "{codec:?}: the clock goes on: {passed}");
        assert!(phone.hears_tone(550.0) && phone.hears_no_tone(700.0));
        // Who has heard nobody before gets what is said as it is.
        assert!(clinic.phones[&3].packets.iter().all(|packet| packet.ssrc == 1) && clinic.phones[&3].hears_tone(440.0));
    }
}

#[test]
fn one_whose_words_came_back_until_then_is_not_spoken_to_under_its_own_name() {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, Some(440.0)).order(Command::Echo { session: SessionId(1) }).run(500);
    clinic.phone(2, Codec::Pcmu, Some(700.0)).fresh().bridge(1, 2).run(500);
    let phone = &clinic.phones[&1];
    assert!(phone.packets.iter().all(|packet| packet.ssrc == 2) && phone.hears_tone(700.0));
}

/// What is played between two, as the tones that warn of a limit, and the one who goes on behind it.
#[test]
fn who_is_told_something_in_the_midst_of_a_call_hears_one_stream() {
    for codec in [Codec::Pcmu, Codec::G722, Codec::Opus] {
        let mut clinic = Clinic::new();
        clinic.phone(1, codec, Some(440.0)).phone(2, codec, Some(700.0)).bridge(1, 2).run(1000);
        for n in 1..=2 {
            clinic.order(play::play(1, n, play::clip(8_000, 1500.0, 500))).run(400);
            assert!(clinic.phones[&1].hears_tone(1500.0), "{codec:?}");
            clinic.run(1000);
        }
        let phone = &clinic.phones[&1];
        assert!(phone.hears_tone(700.0) && phone.packets.iter().all(|packet| packet.ssrc == 2), "{codec:?}");
        is_one_stream(&phone.packets);
        let (first, last) = (&phone.packets[0], &phone.packets[phone.packets.len() - 1]);
        let passed = f64::from(last.timestamp.wrapping_sub(first.timestamp)) / f64::from(codec.clock());
        assert!((3.7..3.9).contains(&passed), "{codec:?}: {passed} s of 3.8");
        // The other hears who talks with them, as it came.
        assert!(clinic.phones[&2].packets.iter().all(|packet| packet.ssrc == 1));
    }
}
