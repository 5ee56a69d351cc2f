//! What a call holds of memory in the engine while both ends speak: counted is what the process has from its allocator, so this file has one
//! test.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the message")]

use std::alloc::System;
use std::net::SocketAddr;
use std::time::Duration;

use media::sdp::{Codec, OpusWishes};
use media::{Command, Config, Engine, Family, Input, Output, Reports, SessionId, Voice};
use model::Now;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CALLS: u64 = 100;
/// The sessions, what waits of their packets, what listens for fax machines, and what they report.
const MOST: usize = 4864;

fn phone(session: SessionId) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 4000 + 2 * session.0 as u16))
}

fn drain(engine: &mut Engine, now: Now) {
    loop {
        match engine.poll_output() {
            Output::Timeout(at) if at <= now.instant => engine.handle_input(now, Input::Timeout),
            Output::Timeout(_) => return,
            _ => {}
        }
    }
}

/// Calls whose both ends speak for two seconds.
fn calls(engine: &mut Engine, now: &mut Now, numbers: std::ops::Range<u64>) {
    let voice = Some(Voice {
        codec: Codec::Pcmu,
        payload_type: 0,
        takes: Codec::Pcmu.into(),
        ptime: 20,
        comfort_noise: false,
        opus: OpusWishes::default(),
    });
    let sessions = || numbers.clone().flat_map(|call| [SessionId(2 * call), SessionId(2 * call + 1)]);
    for session in sessions() {
        for command in [
            Command::Open { session, port: 4000 + 2 * session.0 as u16, home: Family::V4.into() },
            Command::Remote { session, addr: Some(phone(session)) },
            Command::Voice { session, voice },
            Command::TelephoneEvent { session, payload_type: Some(101) },
            Command::Reports { session, way: Some(Reports::Beside(None)) },
        ] {
            engine.handle_input(*now, Input::Command(command));
            drain(engine, *now);
        }
    }
    for call in numbers.clone() {
        let (a, b) = (SessionId(2 * call), SessionId(2 * call + 1));
        engine.handle_input(*now, Input::Command(Command::Bridge { a, b }));
        drain(engine, *now);
    }
    for sequence in 0..100u16 {
        *now = now.after(Duration::from_millis(20));
        for session in sessions() {
            let mut data = vec![0x80, 0];
            data.extend(sequence.to_be_bytes());
            data.extend((160 * u32::from(sequence)).to_be_bytes());
            data.extend([0, 0, 0, 9]);
            data.extend([0x55; 160]);
            engine.handle_input(*now, Input::Packet { session, from: phone(session), data: &data });
            drain(engine, *now);
        }
        drain(engine, *now);
    }
}

#[test]
fn a_call_in_which_both_speak_holds_little() {
    let mut engine = Engine::new(Config::default());
    let mut now = Now::simulation_start();
    // What is there once, however many call. Tables grow by doubling, so that as many again are what half of one holds.
    calls(&mut engine, &mut now, 0..CALLS);
    let region = Region::new(ALLOCATOR);
    calls(&mut engine, &mut now, CALLS..2 * CALLS);
    let change = region.change();
    let held = change.bytes_allocated.saturating_sub(change.bytes_deallocated) / CALLS as usize;
    assert!(held < MOST, "{held} bytes for each call");
}
