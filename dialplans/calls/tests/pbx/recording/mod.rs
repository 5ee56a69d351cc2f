//! Calls and rooms that are recorded: what is said before, what is kept and what is not, and the keys of those who talk.

mod keys;
mod moving;
mod random;
mod rooms;
mod whose;

use calls::Limits;
use expect_test::Expect;

use crate::bench::Bench;

/// What comes in to the main number and what goes out is recorded, and 102 and 103 talk unrecorded.
const PLAN: &str = r#"
[outside]
national = "main"
[park]
orbits = "700-709"
[rooms.600]
[[inbound]]
number = "main"
ring = ["101"]
[recording]
start = "always"
"#;

/// A patient (p, s1) calls and 101 (B1, s2) answers.
const PATIENT: &str = "invite p main:+12025550101 +12025550123\nring B1\npickup B1\nack p";
/// … and both have heard that they are recorded.
const TOLD: &str = "tape kept\nplayed s1";

fn run(plan: &str, before: &[&str], script: &str, expected: &Expect) {
    let mut bench = Bench::with_plan(Limits::default(), plan);
    bench.run("register 101\nregister 102\nregister 103");
    before.iter().for_each(|script| bench.run(script));
    bench.log.clear();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

/// The patient talks with 101, and is told.
fn recorded(script: &str, expected: &Expect) {
    run(PLAN, &[PATIENT, TOLD], script, expected);
}
