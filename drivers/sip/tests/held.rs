//! What a leg that is up holds of memory, its recorded messages included, once its transactions are forgotten: counted is what the process has
//! from its allocator, so this file has one test.

mod script;

use std::alloc::System;

use script::{OFFER, Script, config, request, seconds, signed};
use sip::{Command, Config, Event, LegId};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const LEGS: usize = 100;
/// Half of it are the messages of the leg.
const MOST: usize = 6 * 1024;

/// A phone calls, is challenged, calls again and is answered: eight messages.
fn call(script: &mut Script, n: usize) {
    let text = |method: &str, branch: &str, cseq: u32, extra: &str, body: &str| {
        let text = request(method, "sip:101@clinic.demo", &format!("{n}{branch}"), cseq, extra, body);
        text.replace("Call-ID: c1", &format!("Call-ID: c{n}"))
    };
    let leg = invite(script, &text("INVITE", "i", 1, "", OFFER));
    script.order(Command::ChallengeInvite { leg, stale: false });
    let challenge = script.sent.last().expect("a challenge").1.clone();
    let to = |script: &Script| format!("To: <sip:101@clinic.demo>;tag={}\n", script.our_tag());
    script.phone(&text("ACK", "i", 1, &to(script), ""));
    let leg = invite(script, &signed(&text("INVITE", "j", 2, "", OFFER), &challenge, "102", "INVITE"));
    script.wait(seconds(1));
    script.order(Command::Ring { leg, code: 180, body: None });
    script.order(Command::Answer { leg, body: OFFER.into() });
    script.phone(&text("ACK", "a", 2, &to(script), ""));
    script.events.clear();
    script.dialogs.clear();
    script.sent.clear();
}

fn invite(script: &mut Script, text: &str) -> LegId {
    script.phone(text);
    let leg = script.events.drain(..).find_map(|e| if let Event::Invite { leg, .. } = e { Some(leg) } else { None });
    leg.expect("an INVITE")
}

#[test]
fn a_leg_that_is_up_holds_little() {
    let mut script = Script::with(Config { record: true, max_transactions: 20_000, max_invites: 20_000, ..config() });
    // What is there once, whoever calls.
    (0..LEGS).for_each(|n| call(&mut script, n));
    script.wait(seconds(60));
    let region = Region::new(ALLOCATOR);
    (LEGS..2 * LEGS).for_each(|n| call(&mut script, n));
    script.wait(seconds(60));
    script.events = Vec::new();
    let change = region.change();
    let held = change.bytes_allocated.saturating_sub(change.bytes_deallocated) / LEGS;
    assert!(held < MOST, "{held} bytes for each leg");
}
