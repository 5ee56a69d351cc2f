//! Who answers, or calls, as sound and is no fax machine, or is one that has lost its wits: a person who talks, a telephone that rings, music, a
//! machine that says one thing for ever. None of them hangs up. The call ends by itself, soon, and with the cause that fits.

use std::f64::consts::TAU;
use std::time::Duration;

use fax::audio::Law;
use fax::session::{Input, Params, Role};
use fax::worker::proto::Way;
use model::fax::Cause;
use model::{Now, Random};

use crate::machine::sound;
use crate::party::Party;
use crate::support::pages;

/// What is heard, 8000 samples a second, over and over.
fn play(role: Role, heard: &[i16]) -> (Party, Duration) {
    let sent = match role {
        Role::Send { pages: count } => pages(count),
        _ => Vec::new(),
    };
    let mut samples = heard.iter().copied().cycle();
    sound(role, Law::Mu, &sent, || std::array::from_fn(|_| samples.next().unwrap_or(0)))
}

/// Sines of these frequencies and heights, so many milliseconds long.
fn tone(parts: &[(f64, f64)], ms: usize) -> Vec<i16> {
    let at = |n: usize, hertz: f64| (TAU * hertz * n as f64 / 8000.0).sin();
    (0..ms * 8).map(|n| parts.iter().map(|(hertz, height)| at(n, *hertz) * height).sum::<f64>() as i16).collect()
}

fn rest(ms: usize) -> Vec<i16> {
    vec![0; ms * 8]
}

/// A voice of a kind: sentences of syllables, each a pulse train whose pitch glides through two formants, and breath between them.
fn voice(seed: u64, sentences: usize) -> Vec<i16> {
    let mut random = Random::from_u64(seed);
    let mut said = Vec::new();
    for _ in 0..sentences {
        for _ in 0..4 + random.below(12) {
            let mut any = |from: u64, range: u64| (from + random.below(range)) as f64;
            let (low, glide, first, second) = (any(90, 120), any(0, 60) - 30.0, any(300, 600), any(900, 1500));
            let length = any(600, 1800);
            let mut phase = 0.0;
            said.extend((0..length as usize).map(|n| {
                let share = n as f64 / length;
                let pitch = low + glide * share;
                phase += TAU * pitch / 8000.0;
                let sum: f64 = (1..16)
                    .map(|k| {
                        let hertz = pitch * f64::from(k);
                        let near = |formant: f64| 1.0 / (1.0 + ((hertz - formant) / 110.0).powi(2));
                        (near(first) + 0.6 * near(second) + 0.05) * (phase * f64::from(k)).sin()
                    })
                    .sum();
                // A syllable swells and dies away.
                (5000.0 * sum * (share * TAU / 2.0).sin()) as i16
            }));
        }
        said.extend((0..4000 + random.below(8000)).map(|_| random.below(60) as i16 - 30));
    }
    said
}

/// A tune with two voices below it, as callers hear it who wait.
fn music() -> Vec<i16> {
    let mut random = Random::from_u64(11);
    let mut hertz = || 220.0 * 2_f64.powf(random.below(24) as f64 / 12.0);
    (0..60)
        .flat_map(|_| {
            let (tune, second, bass) = (hertz(), hertz(), hertz() / 2.0);
            tone(&[(tune, 3000.0), (2.0 * tune, 1500.0), (3.0 * tune, 700.0), (second, 2000.0), (bass, 3000.0)], 330)
        })
        .collect()
}

/// These bits by V.21 on its upper channel, in which machines say their commands.
fn v21(bits: impl Iterator<Item = bool>) -> Vec<i16> {
    let (mut out, mut phase, mut until) = (Vec::new(), 0.0, 0.0);
    for bit in bits {
        // 300 bits a second are no whole number of samples each.
        until += 8000.0 / 300.0;
        let hertz = if bit { 1650.0 } else { 1850.0 };
        while (out.len() as f64) < until {
            phase += TAU * hertz / 8000.0;
            out.push((7000.0_f64 * f64::sin(phase)) as i16);
        }
    }
    out
}

fn flags() -> Vec<i16> {
    v21((0..8 * 37 * 60).map(|n| !matches!(n % 8, 0 | 7)))
}

/// What a machine of ours says that is called and hears nothing: CED, and its DIS again and again.
fn greetings() -> Vec<i16> {
    let mut now = Now::simulation_start();
    let mut party = Party::new(now, Role::Receive, Params { way: Way::Audio(Law::Mu), ..Params::default() }, None);
    let (mut said, mut timestamp) = (Vec::new(), 0);
    while now.instant < Now::simulation_start().instant + Duration::from_secs(20) {
        now = now.after(Duration::from_millis(20));
        let payload = [Law::Mu.silence(); 160];
        party.input(now, Input::Sound { at: now.instant, timestamp, law: Law::Mu, payload: &payload });
        timestamp += 160;
        if party.timeout <= now.instant {
            party.input(now, Input::Timeout);
        }
        said.extend(party.sounds.drain(..).flatten().map(|octet| Law::Mu.decode(octet)));
    }
    said
}

fn check(role: Role, within: u64, name: &str, heard: &[i16], cause: Cause) {
    let (party, took) = play(role, heard);
    let outcome = party.outcome.as_ref().expect("it ends");
    assert_eq!((outcome.cause, outcome.pages_confirmed), (cause, 0), "{name}: {:#?}", party.trace);
    assert!(took.as_secs() <= within, "{name}: {} s, {:#?}", took.as_secs(), party.trace);
    assert_eq!(party.durable.len(), 0, "{name}");
}

fn people_and_tones() -> Vec<(&'static str, Vec<i16>)> {
    vec![
        ("a person who talks", voice(1, 30)),
        ("another who says hello and listens", [voice(2, 1), rest(20_000)].concat()),
        ("a telephone that rings for ever", [tone(&[(440.0, 3000.0), (480.0, 3000.0)], 2000), rest(4000)].concat()),
        ("a line that is busy", [tone(&[(480.0, 3000.0), (620.0, 3000.0)], 500), rest(500)].concat()),
        ("a dial tone", tone(&[(350.0, 3000.0), (440.0, 3000.0)], 1000)),
        (
            "a number that is not in service",
            [
                tone(&[(913.8, 5000.0)], 380),
                tone(&[(1370.6, 5000.0)], 380),
                tone(&[(1776.7, 5000.0)], 380),
                voice(3, 2),
                rest(2000),
            ]
            .concat(),
        ),
        ("music", music()),
        ("noise", {
            let mut random = Random::from_u64(5);
            (0..80_000).map(|_| random.below(8000) as i16 - 4000).collect()
        }),
        ("a machine that calls, too", [tone(&[(1100.0, 5000.0)], 500), rest(3000)].concat()),
        ("flags for ever", flags()),
    ]
}

/// T0, in which a machine that was called must have made itself known, is 60 s.
#[test]
fn who_answers_and_is_no_fax_machine_is_let_go_after_a_minute() {
    for (name, heard) in people_and_tones() {
        check(Role::Send { pages: 1 }, 75, name, &heard, Cause::NotAFax);
    }
    check(Role::Send { pages: 1 }, 75, "CED for ever", &tone(&[(2100.0, 5000.0)], 1000), Cause::NotAFax);
}

/// T1, in which a machine that called must answer our greeting, is 35 s. The engine takes a tone that stays for a machine that is about to speak,
/// and waits; the session does not.
#[test]
fn who_calls_and_is_no_fax_machine_is_let_go_within_two_minutes() {
    for (name, heard) in people_and_tones() {
        let stays = matches!(name, "a dial tone" | "flags for ever" | "noise" | "music");
        check(Role::Receive, if stays { 125 } else { 60 }, name, &heard, Cause::NotAFax);
    }
}

/// It is a fax machine, and there is no speed for one that hears nothing of what we say.
#[test]
fn a_machine_that_greets_for_ever_is_let_go() {
    check(Role::Send { pages: 1 }, 90, "greets for ever", &greetings(), Cause::CannotTrain);
}
