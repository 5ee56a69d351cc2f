//! What staff switch at their phones: do-not-disturb, forwarding, the night switch, callers who are blocked; and the lamps of their keys.

mod also;
mod asked_outside;
mod callers;
mod codes;
mod forwarding;
mod keyed;
mod quiet;

use expect_test::Expect;

use crate::bench::Situation;
use crate::situations::PHONES;

fn check(script: &str, expected: &Expect) {
    check_in(&PHONES, script, expected);
}

/// Only what becomes of calls and switches is told.
fn check_in(situation: &Situation, script: &str, expected: &Expect) {
    let log = situation.run(&format!("trace\n{script}"));
    let untold = ["> trace", "open", "close", "sound", "bridge"];
    let said: Vec<_> = log.lines().filter(|l| !untold.iter().any(|u| l.trim_start().starts_with(u))).collect();
    expected.assert_eq(&said.join("\n"));
}
