//! Encrypted sound (SRTP): who is offered it, who must have it, and that nobody loses it in silence.

mod changes;
mod dtls;
mod help;
mod keys;
mod settings;

use calls::Limits;
use expect_test::Expect;
use model::Settings;

use crate::bench::{Bench, SETTINGS};

/// Runs a script in the bench's clinic, changed: 102's phones, and the trunk main, have these lines more.
fn check_as(nurse: &str, main: &str, script: &str, expected: &Expect) {
    let text = SETTINGS
        .replace("name = \"Nurse\"", &format!("name = \"Nurse\"\n{nurse}"))
        .replace("address = \"192.0.2.1:5060\"", &format!("address = \"192.0.2.1:5060\"\n{main}"));
    let mut bench = Bench::with(Limits::default(), Settings::parse(&text).expect("good settings"));
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

const SRTP: &str = "media = \"srtp\"";
const PREFER: &str = "media = \"prefer\"";
const PLAIN: &str = "media = \"plain\"";
