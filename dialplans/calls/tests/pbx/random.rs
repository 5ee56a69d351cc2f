//! Whatever comes in, and in whatever order: no panic, one record for each call, nothing kept.

use std::time::Duration;

use calls::{Command, Input, Limits, callback};
use media::SessionId;
use model::settings::PhoneFax;
use model::{Random, Settings};
use proptest::prelude::*;
use sip::api::{EndReason, Event as SipEvent, LegId, Refer};

use crate::bench::{Bench, SETTINGS};

const CALLERS: [&str; 6] = ["101", "102", "103", "main:+12025550101", "device:7", "backup:+12025550102"];
const DIALLED: [&str; 22] = [
    "101",
    "102",
    "100",
    "911",
    "9911",
    "*43",
    "202-555-0101",
    "+12025550123",
    "+12025550199",
    "nonsense",
    "700",
    "701",
    "800",
    "*78",
    "*79",
    "*72102",
    "*73",
    "*92103",
    "**101",
    "*8",
    "*80102",
    "*81100",
];
const BODIES: [&[&str]; 11] = [
    &[],
    &["pcma"],
    &["pcmu"],
    &["held"],
    &["inactive"],
    &["image"],
    &["both"],
    &["hold"],
    &["hold0"],
    &["garbage"],
    &["closed"],
];
const TARGETS: [&str; 11] =
    ["101", "102", "103", "100", "911", "202-555-0109", "+442079460018", "nonsense", "700", "701", "800"];
/// Where calls go that shall live long.
const GOOD: [&str; 12] =
    ["102", "103", "101", "100", "202-555-0109", "+12025550123", "700", "701", "802", "**102", "*8", "*81100"];
const CODES: [&str; 8] = ["486", "480", "408", "404", "488", "503", "603", "302"];

/// The library's, with a room that has no PIN.
const PLAN: &str = r#"
[extensions.100]
ring = ["101", "102"]
[[inbound]]
number = "main"
ring = ["100"]
[outside]
national = "main"
[rooms.802]
"#;

/// A clinic with this plan, in which 103 is a fax machine behind an adapter.
fn clinic(limits: Limits, plan: &str) -> Bench {
    let mut settings = Settings::parse(SETTINGS).expect("the bench's settings are good");
    settings.people[2].fax = Some(PhoneFax::Gateway);
    Bench::with(limits, Settings { plan: plan.to_owned(), ..settings })
}

fn pick<'a, T: ?Sized>(random: &mut Random, of: &[&'a T]) -> &'a T {
    of[usize::try_from(random.below(of.len() as u64)).expect("small")]
}

fn pick_leg(random: &mut Random, legs: &[(String, Vec<&'static str>)]) -> Option<String> {
    let count = legs.len() as u64;
    (count > 0).then(|| legs[usize::try_from(random.below(count)).expect("small")].0.clone())
}

/// One thing that phones, carriers, people or the network may do now, all within the contract of the endpoint.
fn something(bench: &mut Bench, random: &mut Random, n: usize) {
    let legs = bench.open_legs();
    match random.below(20) {
        0 | 1 => {
            let mut options = pick(random, &BODIES.map(|b| b)).to_vec();
            if random.chance(0.1) {
                options.push("nosdp");
            }
            if random.chance(0.1) {
                options.push("auth=none");
            }
            // Now and then somebody asks for the place of another, rightly or not.
            let replaces = pick_leg(random, &legs).filter(|_| random.chance(0.4)).map(|leg| format!("replaces={leg}"));
            options.extend(replaces.as_deref());
            bench.invite(&format!("a{n}"), pick(random, &CALLERS), pick(random, &DIALLED), &options);
        }
        2 => {
            let option = pick(random, &["host=51", "host=52", "expires=0"]);
            bench.register(pick(random, &["101", "102", "103"]), &[option]);
        }
        3 => {
            bench.place_fax(pick(random, &["+12025550101", "+442079460018"]), false);
        }
        4 => bench.wait(Duration::from_millis(random.below(30_000))),
        5 => {
            let session = bench.sessions.first().copied();
            if let Some(session) = session.filter(|_| random.chance(0.3)) {
                bench.sessions.remove(&session);
                bench.input(Input::Media(media::Event::BindFailed { session, port: 4000 }));
            }
        }
        6 => {
            if let Some(call) = bench.pbx.live_calls().first().map(|c| c.id) {
                let command = if random.chance(0.5) { Command::HangUp { call } } else { Command::FaxDone { call } };
                bench.input(Input::Command(command));
            }
        }
        7 => fax_tone(bench, random),
        _ if legs.is_empty() => {}
        _ => {
            let (name, verbs) = &legs[usize::try_from(random.below(legs.len() as u64)).expect("small")];
            let verb = pick(random, verbs);
            match verb {
                "refer" => match pick_leg(random, &legs).filter(|_| random.chance(0.6)) {
                    Some(other) => bench.peer(verb, name, &["replaces", &other]),
                    None => bench.peer(verb, name, &[pick(random, &TARGETS)]),
                },
                "refuse" | "disagree" => bench.peer(verb, name, &[pick(random, &CODES)]),
                _ => bench.peer(verb, name, pick(random, &BODIES.map(|b| b))),
            }
        }
    }
}

/// The same where most things go well, so that calls live long enough to be held, handed on, joined and taken over.
pub(crate) fn something_good(bench: &mut Bench, random: &mut Random, n: usize) {
    let legs = bench.open_legs();
    let body = if random.chance(0.8) { [].as_slice() } else { pick(random, &BODIES.map(|b| b)) };
    match random.below(12) {
        0 | 1 => {
            let replaces = pick_leg(random, &legs).filter(|_| random.chance(0.3)).map(|leg| format!("replaces={leg}"));
            let caller = pick(random, &["101", "101", "102", "103", "main:+12025550101"]);
            let dialled = pick(random, &GOOD);
            bench.invite(&format!("a{n}"), caller, dialled, &replaces.as_deref().into_iter().collect::<Vec<_>>());
        }
        // Now and then long enough that a phone rings in vain.
        2 => bench.wait(Duration::from_millis(if random.chance(0.15) { 31_000 } else { random.below(3_000) })),
        3 if random.chance(0.1) => bench.run_line(pick(
            random,
            &["switch dnd 103 on", "switch dnd 103 off", "switch forward 102 busy 103", "switch forward 102 busy off"],
        )),
        4 if random.chance(0.2) => fax_tone(bench, random),
        _ if legs.is_empty() => {}
        _ => {
            let (name, verbs) = &legs[usize::try_from(random.below(legs.len() as u64)).expect("small")];
            let ends = ["bye", "lost", "cancel", "refuse", "disagree"];
            let going: Vec<&str> = verbs.iter().copied().filter(|v| !ends.contains(v)).collect();
            let verb = if random.chance(0.9) && !going.is_empty() { pick(random, &going) } else { pick(random, verbs) };
            match verb {
                "refer" => match pick_leg(random, &legs).filter(|_| random.chance(0.7)) {
                    Some(other) => bench.peer(verb, name, &["replaces", &other]),
                    None => bench.peer(
                        verb,
                        name,
                        &[pick(random, &["101", "102", "103", "202-555-0109", "700", "701", "802"])],
                    ),
                },
                // Now and then nobody wants whoever is handed on.
                "ring" if random.chance(0.2) => bench.peer("refuse", name, &[pick(random, &CODES)]),
                "refuse" | "disagree" => bench.peer(verb, name, &[pick(random, &CODES)]),
                _ => bench.peer(verb, name, body),
            }
        }
    }
}

/// Somebody turns out to be a fax machine.
fn fax_tone(bench: &mut Bench, random: &mut Random) {
    let sessions: Vec<SessionId> = bench.sessions.iter().copied().collect();
    if let Some(session) = sessions.get(usize::try_from(random.below(sessions.len().max(1) as u64)).expect("small")) {
        bench.input(Input::Media(media::Event::FaxTone { session: *session }));
    }
}

/// The store says what it is asked first.
fn answer_callback(bench: &mut Bench, good: bool) {
    let (call, (callback, starts)) = bench.callback_asks.remove(0);
    let answer = if starts { callback::Answer::Started(good) } else { callback::Answer::Kept(good) };
    bench.input(Input::Command(Command::Callback { call, callback, answer }));
}

/// Nobody is called back any more: who is asked to hangs up first.
fn take_all_off_the_list(bench: &mut Bench) {
    while !bench.callback_asks.is_empty() {
        answer_callback(bench, false);
    }
    for (name, verbs) in bench.open_legs() {
        match verbs {
            _ if verbs.contains(&"bye") => bench.peer("bye", &name, &[]),
            _ if verbs.contains(&"refuse") => bench.peer("refuse", &name, &["480"]),
            _ if verbs.contains(&"cancel") => bench.peer("cancel", &name, &[]),
            _ => {}
        }
    }
    for callback in bench.pbx.callbacks() {
        bench.input(Input::Command(Command::CancelCallback { order: 1, callback: callback.id }));
    }
}

/// Everybody hangs up, and every timer there may be has come.
pub(crate) fn all_hang_up(bench: &mut Bench) {
    for _ in 0..3 {
        take_all_off_the_list(bench);
    }
    assert!(bench.pbx.callbacks().is_empty(), "still to be called back\n{}", bench.log);
    for (name, verbs) in bench.open_legs() {
        match verbs {
            _ if verbs.contains(&"bye") => bench.peer("bye", &name, &[]),
            _ if verbs.contains(&"cancel") => bench.peer("cancel", &name, &[]),
            _ => {}
        }
    }
    bench.wait(Duration::from_secs(700));
    for (name, _) in bench.open_legs() {
        bench.peer("bye", &name, &[]);
    }
    bench.check_rest();
}

fn long_lived(seed: u64, steps: usize) -> Bench {
    let mut random = Random::from_u64(seed);
    let mut bench = clinic(Limits { calls: 5 }, PLAN);
    bench.show_trace = true;
    for user in ["101", "102", "103"] {
        bench.register(user, &[]);
    }
    for n in 0..steps {
        something_good(&mut bench, &mut random, n);
    }
    all_hang_up(&mut bench);
    bench
}

/// A plan in which every kind of step leads to others.
const LEADING: &str = r#"
[[inbound]]
number = "main"
to = "menu main"
[extensions.100]
ring = ["101", "102", "103"]
order = "one by one"
seconds = 5
nobody = "queue desk"
busy = "rota doctor"
[extensions.101]
ring = ["101", "102"]
screen = "all"
nobody = "100"
[extensions.600]
to = "menu main"
[extensions.601]
to = "rota doctor"
[extensions.602]
to = "queue desk"
[extensions.603]
to = "voicemail 102"
[rooms.803]
[menus.main]
say = "Hello."
keys = { 7 = "queue desk", 2 = "rota doctor", 3 = "101", 4 = "announcement bye", 5 = "language es", 6 = "outside +12025550144" }
extensions = true
nobody = "101"
[queues.desk]
ring = ["102", "103"]
order = "longest idle"
seconds = 5
wait = 30
at_most = 1
every = 10
callback = "9"
nobody = "rota doctor"
[rotas.doctor]
turns = ["103", "outside +12025550144", "102"]
since = "2026-11-16"
seconds = 10
nobody = "announcement bye"
[announcements.bye]
say = "Bye."
[outside]
national = ["main", "backup"]
[voicemail]
people = ["101", "102"]
"#;

/// Whom nobody answers, and what speaks to callers.
const STEPS: [&str; 11] = ["100", "101", "102", "103", "600", "601", "602", "603", "803", "*43", "202-555-0199"];

fn led_on(seed: u64, steps: usize) -> Bench {
    let mut random = Random::from_u64(seed);
    let mut bench = clinic(Limits { calls: 6 }, LEADING);
    bench.show_trace = true;
    for user in ["101", "102", "103"] {
        bench.register(user, &[]);
    }
    for n in 0..steps {
        let sessions: Vec<SessionId> = bench.sessions.iter().copied().collect();
        let session =
            sessions.get(usize::try_from(random.below(sessions.len().max(1) as u64)).expect("small")).copied();
        match (random.below(8), session) {
            // Long enough that phones ring in vain.
            (4, _) => bench.wait(Duration::from_secs(random.below(12))),
            (0, _) => {
                let caller = pick(&mut random, &CALLERS);
                let inside = ["+12025550123", "100", "600", "601", "601", "602", "602", "603", "803", "*43"];
                // From outside there is nothing else.
                let dialled = if caller.contains(":+") { "+12025550123" } else { pick(&mut random, &inside) };
                bench.invite(&format!("l{n}"), caller, dialled, &[]);
            }
            (1 | 2, Some(session)) => {
                let digit =
                    pick(&mut random, &["1", "1", "1", "9", "9", "*", "2", "3", "4", "5", "6", "7", "7", "0", "#"])
                        .chars()
                        .next()
                        .expect("a key");
                bench.input(Input::Media(media::Event::Dtmf { session, digit }));
            }
            (3, Some(session)) => {
                // Whichever was played last, it is over now.
                for play in (1..8).map(media::PlayId) {
                    bench.input(Input::Media(media::Event::Played { session, play }));
                }
                // Whoever was to say something then has.
                if bench.records.contains_key(&session) && random.chance(0.5) {
                    let hush = if random.chance(0.3) { " hush" } else { "" };
                    bench.run_line(&format!("recorded s{} 1 stopped{hush}", session.0));
                }
            }
            // Whoever waits wants to be called back, where they call from; whoever is asked to call does, or to take a call, or not.
            (7, Some(_)) if random.chance(0.5) => {
                let keys = pick(&mut random, &["91", "1", "2"]);
                for (session, digit) in sessions.iter().flat_map(|s| keys.chars().map(move |digit| (*s, digit))) {
                    bench.input(Input::Media(media::Event::Dtmf { session, digit }));
                }
                if !bench.callback_asks.is_empty() && random.chance(0.7) {
                    answer_callback(&mut bench, true);
                }
            }
            (6, _) if !bench.callback_asks.is_empty() => {
                let good = random.chance(0.9);
                answer_callback(&mut bench, good);
            }
            // Somebody is handed on to a step of the plan, at once or after whoever transfers has called there.
            (5, _) => {
                let legs = bench.open_legs();
                let may = legs.iter().filter(|(_, verbs)| verbs.contains(&"refer")).cloned().collect::<Vec<_>>();
                if let Some(leg) = pick_leg(&mut random, &may) {
                    match pick_leg(&mut random, &legs).filter(|_| random.chance(0.5)) {
                        Some(other) => bench.peer("refer", &leg, &["replaces", &other]),
                        None => bench.peer("refer", &leg, &[pick(&mut random, &STEPS)]),
                    }
                }
            }
            _ => something_good(&mut bench, &mut random, n),
        }
    }
    all_hang_up(&mut bench);
    bench
}

/// The property below is worth something only if what it is about happens.
#[test]
fn the_calls_that_the_plan_leads_on_choose_wait_and_are_taken() {
    let logs: Vec<String> = (0..160).map(|seed| led_on(seed, 150).log).collect();
    for title in [
        "The menu main answered",
        "The caller chose the language es",
        "The caller waits in the queue desk",
        "The queue desk is full",
        "takes the call",
        "did not take the call",
        "The caller hears the announcement bye",
        "Nobody took the call",
        "hands this call over to",
        " to 60",
        "The mailbox of 102 answered",
        "The caller keeps their place and is called back",
        "The caller said a name",
        "The caller said no name",
        "sent the caller on",
    ] {
        let seen: usize = logs.iter().map(|log| log.matches(title).count()).sum();
        assert!(seen >= 3, "{title:?} came only {seen} times");
    }
}

/// The property below is worth something only if what it is about happens.
#[test]
fn the_long_lived_calls_are_held_handed_on_joined_and_taken_over() {
    let logs: Vec<String> = (0..250).map(|seed| long_lived(seed, 140).log).collect();
    for title in [
        "put the call on hold",
        "transfers",
        "Transferred by",
        "The transfer failed",
        "connected this call with another one",
        "handed the ringing call on",
        "took the call over from",
        "Picked up by",
        "A transfer was refused",
        " parked ",
        " from 70",
        "is in the room",
        "listens",
        "is called back",
    ] {
        let seen: usize = logs.iter().map(|log| log.matches(title).count()).sum();
        assert!(seen >= 3, "{title:?} came only {seen} times");
    }
}

proptest! {
    #[test]
    fn every_call_ends_once_and_gives_everything_back(seed in any::<u64>(), steps in 1usize..120) {
        let mut random = Random::from_u64(seed);
        let mut bench = clinic(Limits { calls: 6 }, "solo-practice");
        for n in 0..steps {
            something(&mut bench, &mut random, n);
        }
        all_hang_up(&mut bench);
    }

    #[test]
    fn calls_that_are_handed_on_end_once_and_give_everything_back(seed in any::<u64>(), steps in 1usize..120) {
        long_lived(seed, steps);
    }

    #[test]
    fn calls_that_the_plan_leads_on_end_once_and_give_everything_back(seed in any::<u64>(), steps in 1usize..120) {
        led_on(seed, steps);
    }

    /// Events that no endpoint would send, for legs and sessions that never were.
    #[test]
    fn nonsense_is_ignored(seed in any::<u64>()) {
        let mut random = Random::from_u64(seed);
        let mut bench = Bench::new(Limits::default());
        bench.register("102", &[]);
        bench.invite("a", "101", "102", &[]);
        for _ in 0..50 {
            let leg = LegId(random.next_u64());
            let session = SessionId(100 + random.below(1000));
            let body = sip::api::Body::from(random.hex(8));
            let other = LegId(random.next_u64());
            let refer = Refer { to: "".into(), dialled: "102".into(), replaces: random.chance(0.5).then_some(other) };
            let event = match random.below(10) {
                0 => SipEvent::Established { leg },
                1 => SipEvent::Answered { leg, body },
                2 => SipEvent::Refused { leg, code: 486, retry_after: None, redirect: None },
                3 => SipEvent::Reinvite { leg, offer: body },
                4 => SipEvent::Ended { leg, reason: EndReason::Lost },
                5 => SipEvent::ReinviteAnswered { leg, body },
                6 => SipEvent::AckAnswer { leg, body },
                7 => SipEvent::Refer { leg, refer },
                8 => SipEvent::ReinviteRefused { leg, code: 491 },
                _ => SipEvent::Progress { leg, code: 183, body: Some(body) },
            };
            bench.sip(event);
            bench.input(Input::Media(media::Event::Closed { session, quality: model::call::LegQuality::default() }));
            bench.input(Input::Media(media::Event::BindFailed { session, port: 1 }));
            bench.input(Input::Timeout);
        }
        prop_assert_eq!(bench.pbx.live_calls().len(), 1);
        bench.peer("cancel", "a", &[]);
        bench.check_rest();
    }
}
