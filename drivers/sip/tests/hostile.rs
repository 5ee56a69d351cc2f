//! What the fuzzers run (`cargo xtask fuzz`), here without coverage: over the torture messages and seeded mutations of them, so that
//! every run of the tests goes through some ten thousand hostile messages. FRONTDESK_CASES raises the number.

#![allow(unreachable_pub, reason = "what the fuzzers run is public there")]

#[path = "../fuzz/src/address.rs"]
mod address;
#[path = "../fuzz/src/endpoint.rs"]
mod endpoint;
#[path = "../fuzz/src/message.rs"]
mod message;
#[path = "torture/mutate.rs"]
mod mutate;
#[path = "torture/notation.rs"]
mod notation;
#[path = "../fuzz/src/stream.rs"]
mod stream;

use mutate::Mutator;

/// Runs a target over the corpus itself, and over so many mutations.
fn hostile(seed: u64, cases: usize, run: fn(&[u8])) {
    let corpus: Vec<_> = notation::all().into_iter().map(|(_, message)| message).collect();
    for message in &corpus {
        run(message);
    }
    let scale =
        std::env::var("FRONTDESK_CASES").ok().and_then(|n| n.parse().ok()).map_or(1, |n: usize| n.div_ceil(2000));
    let mut mutator = Mutator::new(seed, corpus);
    for _ in 0..cases * scale {
        // A panic names the seed by its test, and the message itself.
        let message = mutator.next();
        let result = std::panic::catch_unwind(|| run(&message));
        assert!(result.is_ok(), "{}", String::from_utf8_lossy(&message).escape_debug());
    }
}

#[test]
fn messages() {
    hostile(1, 10_000, message::run);
}

#[test]
fn streams() {
    hostile(2, 10_000, stream::run);
}

#[test]
fn addresses() {
    hostile(3, 2_000, |message| {
        for line in message.split(|&b| b == b'\n') {
            let value = line.iter().position(|&b| b == b':').map_or(line, |colon| &line[colon + 1..]);
            address::run(value);
            address::run(value.trim_ascii());
        }
    });
}

#[test]
fn endpoints() {
    hostile(4, 2_000, endpoint::run);
}
