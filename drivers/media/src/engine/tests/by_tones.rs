//! Keys that one end presses by their tones, and the other, which knows telephone events, is told as such.

use super::*;
use crate::dtmf::Dtmf;
use crate::voice::detect::KeyTones;

/// Of the tones of a key so many milliseconds go on at most, and one for what a codec smears.
const LEAKS: usize = 26 + 1;

/// Phone 1 knows no telephone events, and says nothing by itself.
fn mixed(a: Codec, b: Codec, hertz: Option<f64>) -> Clinic {
    let mut clinic = Clinic::new();
    clinic.phone(1, a, None).phone(2, b, hertz);
    clinic.order(Command::TelephoneEvent { session: SessionId(1), payload_type: None });
    clinic.bridge(1, 2);
    clinic
}

impl Clinic {
    /// Samples that phone 1 may say: sines for so long.
    fn sines(&self, parts: &[f64], ms: usize) -> Vec<i16> {
        let rate = self.phones[&1].voice.codec.rate();
        let wave = |n: usize, hertz: &f64| (std::f64::consts::TAU * hertz * n as f64 / f64::from(rate)).sin();
        let sample = |n: usize| parts.iter().map(|hertz| 5000.0 * wave(n, hertz)).sum::<f64>() as i16;
        (0..ms * rate as usize / 1000).map(sample).collect()
    }

    /// The tones of keys, each down for so long, and up for as long.
    fn keys(&self, keys: &str, ms: usize) -> Vec<i16> {
        let tones = |key| match key {
            '1' => [697.0, 1209.0],
            '5' => [770.0, 1336.0],
            '#' => [941.0, 1477.0],
            other => panic!("{other}"),
        };
        keys.chars().flat_map(|key| [self.sines(&tones(key), ms), self.sines(&[], ms)].concat()).collect()
    }

    /// What phone 2 was told.
    fn told(&self) -> String {
        let mut dtmf = Dtmf::default();
        let packets = self.phones[&2].pressed.iter();
        packets.filter_map(|data| dtmf.packet(&Rtp::parse(data)?, &data[12..])).collect()
    }

    /// What phone 2 hears of keys by their tones, at 8 kHz.
    fn heard_by_tones(&self) -> String {
        let mut keys = String::new();
        KeyTones::default().hear(&self.phones[&2].heard, |key| keys.push(key));
        keys
    }

    /// The longest that phone 2 heard anything, in milliseconds.
    fn longest(&self) -> usize {
        let phone = &self.phones[&2];
        let millis = phone.heard.chunks(phone.voice.codec.rate() as usize / 1000);
        let loud = millis.map(|one| one.iter().any(|sample| sample.unsigned_abs() > 500));
        let (mut longest, mut now) = (0, 0);
        for loud in loud {
            now = if loud { now + 1 } else { 0 };
            longest = longest.max(now);
        }
        longest
    }

    /// What the user was told.
    fn pressed(&self) -> String {
        let digit = |event: &Event| match event {
            Event::Dtmf { session: SessionId(1), digit } => Some(*digit),
            _ => None,
        };
        self.events.iter().filter_map(digit).collect()
    }
}

#[test]
fn each_is_told_once_and_its_tones_are_not_heard() {
    use Codec::{G722, Opus, Pcma, Pcmu};
    for (a, b) in [(Pcmu, Pcmu), (Pcma, Pcma), (Pcmu, Pcma), (G722, G722), (Opus, Opus), (G722, Pcmu)] {
        // A tone begins anywhere in a packet.
        for lead in [0, 3, 7, 12, 16, 19] {
            let mut clinic = mixed(a, b, Some(800.0));
            let says = [clinic.sines(&[], 100 + lead), clinic.keys("55#", 120)].concat();
            clinic.speaks(1, &says).run(1000);
            assert_eq!((clinic.told(), clinic.pressed()), ("55#".to_owned(), "55#".to_owned()), "{a:?} {b:?} {lead}");
            assert!(clinic.longest() <= LEAKS, "{} ms of {a:?} {b:?} {lead}", clinic.longest());
            // And they hear each other as ever.
            let voice = clinic.sines(&[700.0], 1000);
            clinic.fresh().speaks(1, &voice);
            assert!(clinic.phones[&2].hears_tone(700.0) && clinic.phones[&1].hears_tone(800.0), "{a:?} {b:?}");
            let is_untouched = clinic.phones[&1].packets.iter().all(|p| p.ssrc == 2);
            assert_eq!(is_untouched, a == b, "what is said to whoever presses by tones: {a:?} {b:?}");
        }
    }
}

#[test]
fn they_are_told_as_fast_as_they_are_pressed_and_one_that_is_held_is_one() {
    let mut clinic = mixed(Codec::Pcmu, Codec::Pcmu, None);
    let says = [clinic.keys("15#15#15#1", 50), clinic.sines(&[], 3000), clinic.keys("5", 3000)].concat();
    clinic.speaks(1, &says);
    assert_eq!((clinic.told(), clinic.pressed()), ("15#15#15#15".to_owned(), "15#15#15#15".to_owned()));
    assert!(clinic.longest() <= LEAKS, "{} ms", clinic.longest());
}

#[test]
fn packets_that_are_lost_press_no_key_twice_and_a_phone_that_rests_presses_two() {
    let mut clinic = mixed(Codec::Pcmu, Codec::Pcmu, None);
    clinic.loses = |n| n.is_multiple_of(4) || n.is_multiple_of(9);
    let says = clinic.keys("5#", 300);
    clinic.speaks(1, &says).run(500);
    assert_eq!((clinic.told(), clinic.pressed()), ("5#".to_owned(), "5#".to_owned()));

    let mut clinic = mixed(Codec::Pcmu, Codec::Pcmu, None);
    for _ in 0..2 {
        let says = clinic.sines(&[770.0, 1336.0], 100);
        clinic.speaks(1, &says).run(300);
        // Of its silence it says nothing, and numbers on.
        clinic.phones.get_mut(&1).expect("a phone").said += 300 * 8;
    }
    assert_eq!(clinic.told(), "55");
}

/// Who has agreed to events may press by tones beside them; who knows none hears the tones; and one that learns of them later is told.
#[test]
fn only_an_end_without_events_is_listened_to_and_only_for_one_that_knows_them() {
    let events = |session, payload_type| Command::TelephoneEvent { session: SessionId(session), payload_type };
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, None).phone(2, Codec::Pcmu, None).bridge(1, 2);
    let says = clinic.keys("5", 100);
    clinic.speaks(1, &says);
    assert_eq!((clinic.told().as_str(), clinic.heard_by_tones().as_str()), ("", "5"));
    // After a minute no fax machine is listened for, and nothing happens of itself.
    clinic.run(60_000).order(events(1, None)).order(events(2, None)).fresh();
    let says = clinic.keys("1", 100);
    clinic.speaks(1, &says);
    assert_eq!((clinic.told().as_str(), clinic.heard_by_tones().as_str()), ("", "1"));
    assert!(clinic.phones[&2].packets.iter().all(|p| p.ssrc == 1), "forwarded as they are");
    clinic.order(events(2, Some(101))).fresh();
    let says = clinic.keys("#", 100);
    clinic.speaks(1, &says).run(500);
    assert_eq!((clinic.told().as_str(), clinic.heard_by_tones().as_str()), ("#", ""));
    assert_eq!(clinic.pressed(), "1#");
}

/// A machine that calls (CNG), or begins its first frame, on either side.
#[test]
fn what_fax_machines_say_is_left_as_it_is() {
    let bits = [false, true, true, true, true, true, true, false];
    let flags: Vec<f64> = (0..300).map(|n| if bits[n % 8] { 1650.0 } else { 1850.0 }).collect();
    let mut phase = 0.0;
    let preamble: Vec<i16> = (0..8000)
        .map(|n| {
            phase += std::f64::consts::TAU * flags[n * 300 / 8000] / 8000.0;
            (3000.0 * f64::sin(phase)) as i16
        })
        .collect();
    for late in [0, 60_000] {
        for who in [1, 2] {
            for machine in
                [preamble.clone(), [mixed(Codec::Pcmu, Codec::Pcmu, None).sines(&[1100.0], 500), vec![0; 800]].concat()]
            {
                // After a minute nobody listens any more to one that hears, and one that calls is heard by its flags and its tone even so.
                if who == 2 && late > 0 {
                    continue;
                }
                let mut clinic = mixed(Codec::Pcmu, Codec::Pcmu, None);
                clinic.speaks(1, &vec![0; 160]).run(late);
                clinic.speaks(2, &vec![0; 160]).speaks(who, &machine).run(100).fresh();
                let says = clinic.keys("5#", 100);
                clinic.speaks(1, &says).run(300);
                assert_eq!((clinic.told().as_str(), clinic.heard_by_tones().as_str()), ("", "5#"), "{who} {late}");
                assert!(clinic.phones[&2].packets.iter().all(|p| p.ssrc == 1), "forwarded as they are");
            }
        }
    }
}
