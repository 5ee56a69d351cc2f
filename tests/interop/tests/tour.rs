//! The tour of the demo, as the README offers it: calls, mail to fax, fax to mail. And that its log, at its most talkative, says
//! nothing about anybody.

use std::process::{Command, Stdio};

use interop::{free_offset, program};

/// What the tour handles that is personal: numbers, names, addresses, what a document says.
const PERSONAL: [&str; 8] =
    ["5550101", "5550123", "5550199", "555-01", "nurse@clinic", "desk@clinic", "palpitations", "Mary's Cardiology"];

#[test]
fn the_demo_passes_its_own_tour_and_its_log_names_nobody() {
    let output = Command::new(program())
        .args(["demo", "--check", "--port-offset", &free_offset().to_string()])
        .env("FRONTDESK_LOG", "trace")
        .stdin(Stdio::null())
        .output()
        .expect("the program is built");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.lines().last().is_some_and(|line| line.starts_with("check: ")), "{said}");
    assert!(said.contains("dot by dot"), "{said}");
    assert!(log.contains("an emergency call was made"), "this is not the log: {log}");
    for line in log.lines() {
        assert!(!PERSONAL.iter().any(|p| line.contains(p)), "this reached the log: {line}");
    }
}
