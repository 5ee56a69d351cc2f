//! What a test says that cannot try all that it is for where it runs.

use std::fs::File;
use std::io::Write;

/// Where that is said to whoever counts the tests: a file that `cargo xtask test` names.
const SKIPPED: &str = "FRONTDESK_SKIPPED";

/// This test cannot try all that it is for, and why. Its runner counts it as passed and shows nothing of it; `cargo xtask test` reads
/// this, and counts and shows it as skipped.
///
/// # Panics
/// If it cannot be written down: a test that tries nothing must not pass unseen.
#[allow(clippy::print_stderr, reason = "the output of a test is its standard error")]
pub fn skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    eprintln!("skipped: {why}");
    let Some(file) = std::env::var_os(SKIPPED) else { return };
    let line = format!("{test}: {}\n", why.lines().next().unwrap_or_default());
    // Tests are processes side by side: a line is one write at the end.
    let file = File::options().append(true).create(true).open(file);
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("what is skipped can be written down");
}
