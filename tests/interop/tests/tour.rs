//! The tour of the demo, as the README offers it: calls, mail to fax, fax to mail. And that its log, at its most talkative, says
//! nothing about anybody. And how it ends for who has seen enough.

use std::io::{BufRead as _, BufReader};
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::Duration;

use interop::{free_offset, program, run, wait_for};

const SOON: Duration = Duration::from_secs(20);

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

#[test]
fn a_tour_that_is_told_to_end_ends_at_once_and_leaves_nothing() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tour = Command::new(program())
            .args(["demo", "--check", "--port-offset", &free_offset().to_string()])
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program is built");
        let said = BufReader::new(tour.stdout.take().expect("a pipe")).lines();
        let mut said = said.map_while(Result::ok);
        assert!(said.any(|line| line.contains("two phones register")), "the tour has begun");
        run("kill", &["-s", signal, &tour.id().to_string()]);
        let status = wait_for("it ends", SOON, || tour.try_wait().expect("a child"));
        assert_eq!(status.code(), Some(1), "the tour was not passed");
        assert!(!said.any(|line| line.starts_with("check: ")), "the tour was not finished");
        let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|e| e.path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn a_demo_ends_when_its_terminal_is_closed() {
    let (folder, offset) = (tempfile::tempdir().expect("a folder"), free_offset());
    let demo = format!("exec {} demo --port-offset {offset}", program().display());
    // It keeps a terminal for what it starts, which is closed when it is gone.
    let mut terminal = Command::new("script")
        .args(["--quiet", "--command", &demo, "/dev/null"])
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script is of an essential package");
    let lines = BufReader::new(terminal.stdout.take().expect("a pipe")).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("Ctrl-C ends it")), "the demo is ready");
    assert!(UdpSocket::bind(("127.0.0.1", 5060 + offset)).is_err(), "its port is taken");
    terminal.kill().expect("it runs");
    terminal.wait().expect("a child");
    let gone = || std::fs::read_dir(folder.path()).expect("a folder").next().is_none();
    let free = || UdpSocket::bind(("127.0.0.1", 5060 + offset)).is_ok();
    wait_for("its folder is gone and its port free", SOON, || (gone() && free()).then_some(()));
}
