//! Keys of SRTP, for each end its own.

use expect_test::expect;
use media::sdp::{Codec, OpusWishes};
use media::srtp::{Key, Keys, Suite};
use media::{Command, Voice};

use crate::script::{A, B, PHONE_A, PHONE_B, STRANGER, Script, speech};

#[test]
fn each_end_has_keys_of_its_own_and_one_may_have_none() {
    let mut random = model::Random::from_u64(3);
    let mut keys = |suite| {
        let (theirs, ours) = (Key::generate(suite, &mut random), Key::generate(suite, &mut random));
        Keys { theirs, ours }
    };
    let (a, b) = (keys(Suite::AesCm128HmacSha1_80), keys(Suite::AeadAes256Gcm));
    // A phone is an engine too: what it hears is echoed under the keys turned round, which shows that it could read it.
    let turned = |of: &Keys| Some(Box::new(Keys { theirs: of.ours.clone(), ours: of.theirs.clone() }));
    let phone = |of: &Keys, at: &str| {
        let mut phone = Script::new();
        phone
            .open(A, 4000, at)
            .order(Command::Echo { session: A })
            .order(Command::Secure { session: A, keys: turned(of) });
        phone
    };
    let sealed = |of: &Keys, sequence| {
        // Sealed as the phone seals it: an engine with the phone's own key on its far side.
        let mut sealer = Script::bridged();
        sealer.order(Command::Secure { session: B, keys: turned(of) });
        sealer.sent(A, PHONE_A, &speech(sequence)).pop().expect("it was forwarded")
    };
    let mut script = Script::bridged();
    script.order(Command::Secure { session: A, keys: Some(Box::new(a.clone())) });
    script.order(Command::Secure { session: B, keys: Some(Box::new(b.clone())) });
    script.drain();

    let wire = sealed(&a, 1);
    let out = script.sent(A, PHONE_A, &wire).pop().expect("A to B");
    assert_ne!(out, wire);
    let mut phone_b = phone(&b, "192.0.2.200:4602");
    assert_eq!(phone_b.sent(A, "192.0.2.200:4602", &out).len(), 1, "B can read it");
    assert!(script.sent(A, PHONE_A, &wire).is_empty(), "a replay");
    assert!(script.sent(A, PHONE_A, &speech(2)).is_empty(), "in the clear");
    assert!(script.sent(A, PHONE_A, &sealed(&b, 3)).is_empty(), "another's key");

    script.order(Command::Secure { session: B, keys: None });
    assert_eq!(script.sent(A, PHONE_A, &sealed(&a, 4)), [speech(4)], "B is plain now");
    assert!(script.sent(A, STRANGER, &sealed(&a, 5)).is_empty(), "who recorded a packet does not take the call over");
    assert_eq!(script.sent(A, PHONE_A, &sealed(&a, 6)), [speech(6)]);
}

#[test]
fn a_wrong_key_is_told_once_and_nothing_is_believed() {
    let mut random = model::Random::from_u64(4);
    let key = |random: &mut _| Key::generate(Suite::AesCm128HmacSha1_80, random);
    let keys = Keys { theirs: key(&mut random), ours: key(&mut random) };
    let mut script = Script::bridged();
    script.order(Command::Secure { session: A, keys: Some(Box::new(keys)) });
    for sequence in 0..200 {
        script.packet(A, PHONE_A, &speech(sequence));
    }
    script.order(Command::Close { session: A });
    script.check(&expect![[r#"
        wrong key 1
        unbind 1
        closed 1: 0 in, 0 out, 0 lost, 200 not opened
    "#]]);
}

/// An engine between A, in the clear, and B, whose packets are sealed; and the phone at B, which echoes what it can read.
fn to_a_sealed_phone(keys: Keys) -> (Script, Script) {
    let turned = Keys { theirs: keys.ours.clone(), ours: keys.theirs.clone() };
    let mut phone = Script::new();
    phone
        .open(A, 4000, PHONE_B)
        .order(Command::Echo { session: A })
        .order(Command::Secure { session: A, keys: Some(Box::new(turned)) });
    let mut script = Script::bridged();
    let voice = Voice {
        codec: Codec::Pcmu,
        payload_type: 0,
        takes: Codec::Pcmu.into(),
        ptime: 20,
        comfort_noise: false,
        opus: OpusWishes::default(),
    };
    for session in [A, B] {
        script.order(Command::Voice { session, voice: Some(voice) });
        script.order(Command::TelephoneEvent { session, payload_type: Some(101) });
    }
    script.order(Command::Secure { session: B, keys: Some(Box::new(keys)) });
    (script, phone)
}

/// What opens under its key is from the phone, wherever its NAT lets it come from.
#[test]
fn a_sealed_phone_that_its_nat_moves_is_followed_by_its_first_packet() {
    let mut random = model::Random::from_u64(7);
    let mut key = || Key::generate(Suite::AeadAes128Gcm, &mut random);
    let keys = Keys { theirs: key(), ours: key() };
    let turned = Keys { theirs: keys.ours.clone(), ours: keys.theirs.clone() };
    let mut phone = Script::bridged();
    phone.order(Command::Secure { session: B, keys: Some(Box::new(turned)) });
    let mut script = Script::bridged();
    script.order(Command::Secure { session: A, keys: Some(Box::new(keys)) });
    let wires: Vec<_> = (1..4).map(|n| phone.sent(A, PHONE_A, &speech(n)).pop().expect("it was sealed")).collect();
    assert_eq!(script.sent(A, PHONE_A, &wires[0]), [speech(1)]);
    script.wait(2);
    assert!(script.sent(A, STRANGER, &wires[0]).is_empty(), "one that was heard before");
    assert!(script.sent(A, STRANGER, &speech(2)).is_empty(), "in the clear");
    assert_eq!(script.sent(A, "198.51.100.8:50123", &wires[1]), [speech(2)]);
    script.note("it is spoken to").packet(B, PHONE_B, &speech(1));
    assert!(script.transcript.contains("1 -> 198.51.100.8:50123"), "{}", script.transcript);
    assert!(script.sent(A, STRANGER, &wires[2]).is_empty(), "and nobody else takes the call over");
}

/// Nothing goes to a phone on hold. Half of all sequence numbers go by unseen in eleven minutes, and after those it would guess wrong of which
/// round the next one is.
#[test]
fn who_was_on_hold_for_long_hears_what_is_said_after_it() {
    let mut random = model::Random::from_u64(5);
    let mut key = || Key::generate(Suite::AeadAes128Gcm, &mut random);
    let (mut script, mut phone) = to_a_sealed_phone(Keys { theirs: key(), ours: key() });
    let mut reads = |wire: &[u8]| phone.sent(A, PHONE_B, wire).len() == 1;
    for held in [2_u16, 700, 1000] {
        for _ in 0..50 {
            let wire = script.says(A, PHONE_A).pop().expect("it is sent on");
            assert!(reads(&wire), "{held} s before");
        }
        script.order(Command::Remote { session: B, addr: None });
        for _ in 0..50 * held {
            assert!(script.says(A, PHONE_A).is_empty(), "on hold");
        }
        script.order(Command::Remote { session: B, addr: Some(PHONE_B.parse().unwrap()) });
        for _ in 0..50 {
            let wire = script.says(A, PHONE_A).pop();
            assert!(wire.is_some_and(|wire| reads(&wire)), "after {held} s of a hold");
        }
    }
}

/// A phone that begins its numbers anew under its old name, lower: under numbers that were used nothing is sealed, and nothing would be heard
/// for minutes.
#[test]
fn who_counts_anew_from_below_is_heard_on() {
    let mut random = model::Random::from_u64(6);
    let mut key = || Key::generate(Suite::AesCm128HmacSha1_80, &mut random);
    let (mut script, mut phone) = to_a_sealed_phone(Keys { theirs: key(), ours: key() });
    for sequence in (1000..1050).chain(10..60) {
        let wire = script.sent(A, PHONE_A, &speech(sequence)).pop();
        assert!(wire.is_some_and(|wire| phone.sent(A, PHONE_B, &wire).len() == 1), "{sequence}");
    }
}

/// Some begin a stream with each resume from a hold, and announcements and transfers do.
#[test]
fn who_begins_many_streams_is_heard_in_each() {
    let mut random = model::Random::from_u64(8);
    let mut key = || Key::generate(Suite::AeadAes128Gcm, &mut random);
    let (mut script, mut phone) = to_a_sealed_phone(Keys { theirs: key(), ours: key() });
    for stream in 0..100_u8 {
        for sequence in 0..5 {
            let mut packet = speech(sequence);
            packet[11] = stream;
            let wire = script.sent(A, PHONE_A, &packet).pop();
            assert!(wire.is_some_and(|wire| phone.sent(A, PHONE_B, &wire).len() == 1), "{stream} {sequence}");
        }
    }
}
