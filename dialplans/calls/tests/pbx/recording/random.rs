//! Whatever becomes of recorded calls: their parts come one after the other, none before it was begun or after somebody said no (the bench holds
//! the `Pbx` to that), and no port or leg is kept for it.

use calls::Limits;
use media::SessionId;
use model::Random;
use proptest::prelude::*;

use crate::bench::Bench;
use crate::random::{all_hang_up, something_good};

const PLAN: &str = r#"
[extensions.100]
ring = ["101", "102"]
[[inbound]]
number = "main"
ring = ["100"]
[outside]
national = "main"
[rooms.802]
[recording]
start = "always"
calls = ["in", "out", "inside"]
"#;

/// `meeting`: more of what happens, happens in a room.
fn taped(seed: u64, steps: usize, meeting: bool) -> Bench {
    let mut random = Random::from_u64(seed);
    let plan = format!("{PLAN}{}", if meeting { "rooms = [\"all\"]" } else { "" });
    let mut bench = Bench::with_plan(Limits { calls: if meeting { 8 } else { 5 } }, &plan);
    bench.show_trace = true;
    bench.tapes_end = true;
    for user in ["101", "102", "103"] {
        bench.register(user, &[]);
    }
    for n in 0..steps {
        let sessions: Vec<SessionId> = bench.sessions.iter().copied().collect();
        let taped: Vec<SessionId> = bench.taped.iter().copied().collect();
        let one = |of: &[SessionId], random: &mut Random| {
            of.get(usize::try_from(random.below(of.len().max(1) as u64)).expect("small")).map(|s| s.0)
        };
        match random.below(if meeting { 11 } else { 7 }) {
            0 if bench.recording_call.is_some() => {
                bench.run_line(if random.chance(0.9) { "tape kept" } else { "tape refused" });
            }
            1 => {
                for session in &sessions {
                    for play in 1..4 {
                        bench.run_line(&format!("played s{} {}", session.0, (1u64 << 40) + play));
                        if meeting {
                            // In the room, and the words at its door.
                            bench.run_line(&format!("played s{} {}", session.0, (1u64 << 41) + play));
                            bench.run_line(&format!("played s{} 1", session.0));
                        }
                    }
                }
            }
            2 => {
                if let Some(session) = one(&sessions, &mut random) {
                    bench.run_line(&format!("type s{session} {}", if random.chance(0.5) { "*1" } else { "9" }));
                }
            }
            3 => {
                if let Some(session) = one(&taped, &mut random) {
                    bench.run_line(&format!("recorded s{session} 1"));
                }
            }
            7 if bench.records_rooms() => bench.run_line("said 802 1"),
            8..=10 => bench.run_line(&format!("invite r{n} 10{} 802", 1 + random.below(3))),
            _ => something_good(&mut bench, &mut random, n),
        }
    }
    all_hang_up(&mut bench);
    bench
}

/// The property below is worth something only if what it is about happens.
#[test]
fn recorded_calls_are_paused_declined_held_and_handed_on() {
    all_come(
        false,
        &[
            "tape part",
            "tape stopped paused",
            "tape stopped held",
            "tape stopped elsewhere",
            "tape goes on",
            "tape discard",
        ],
    );
}

#[test]
fn recorded_rooms_are_paused_and_emptied() {
    all_come(true, &["of all", "tape stopped paused", "tape stopped alone", "tape goes on"]);
}

fn all_come(meeting: bool, titles: &[&str]) {
    let logs: Vec<String> = (0..60).map(|seed| taped(seed, 150, meeting).log).collect();
    for title in titles {
        let seen: usize = logs.iter().map(|log| log.matches(*title).count()).sum();
        assert!(seen >= 3, "{title:?} came only {seen} times");
    }
}

proptest! {
    #[test]
    fn parts_come_one_after_the_other_whatever_happens(
        seed in any::<u64>(),
        steps in 1usize..120,
        meeting in any::<bool>(),
    ) {
        taped(seed, steps, meeting);
    }
}
