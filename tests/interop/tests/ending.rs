//! A box that is told to end: whoever talks with help talks on, and whoever else talks is hung up on. The carrier is SIPp.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use interop::caller::Caller;
use interop::clinic::{Clinic, Running, listening};
use interop::{program, run, wait_for};

/// A box of which somebody reads what it says of itself.
fn started(clinic: &Clinic) -> Running {
    let log = fs::File::create(clinic.folder().join("log")).expect("a file");
    let mut command = Command::new(program());
    command.args(["run", "--config"]).arg(&clinic.config).stdin(Stdio::null());
    command.stdout(log.try_clone().expect("a handle")).stderr(log);
    let running = Running(command.spawn().expect("the program is built"));
    listening(clinic.port(2587));
    running
}

fn told_to_end(running: &Running) {
    run("kill", &["-TERM", &running.0.id().to_string()]);
}

/// It has heard that it shall end, and waits.
fn waits(clinic: &Clinic) {
    wait_for("the box says that it waits", Duration::from_secs(20), || {
        let log = fs::read_to_string(clinic.folder().join("log")).expect("a log");
        log.contains("somebody talks with help").then_some(())
    });
}

fn ends(running: &mut Running) {
    let status = wait_for("the box ends", Duration::from_secs(30), || running.0.try_wait().expect("its state"));
    assert!(status.success(), "{status}");
}

#[test]
fn a_box_that_is_told_to_end_lets_whoever_talks_with_help_finish() {
    let clinic = Clinic::new("");
    let _carrier = clinic.carrier();
    let mut running = started(&clinic);
    let first = Caller::of_help(clinic.port(5060));
    told_to_end(&running);
    waits(&clinic);
    // All goes on meanwhile, for whoever calls next too.
    let second = Caller::of_help(clinic.port(5060));
    first.hangs_up();
    second.hangs_up();
    ends(&mut running);
}

#[test]
fn a_second_signal_ends_it_at_once_and_whoever_talks_is_hung_up_on() {
    let clinic = Clinic::new("");
    let _carrier = clinic.carrier();
    let mut running = started(&clinic);
    let caller = Caller::of_help(clinic.port(5060));
    told_to_end(&running);
    waits(&clinic);
    told_to_end(&running);
    caller.is_left();
    ends(&mut running);
    // The call has its record, which the next start has.
    let _again = started(&clinic);
    let state = clinic.folder().join("state").display().to_string();
    let token = run(&program().display().to_string(), &["access", "token", "103", "--state", &state]);
    let console = format!("127.0.0.1:{}", clinic.port(8080));
    let calls = interop::http::get(&console, "/api/v1/calls", Some(token.trim())).expect("an answer").body;
    let calls = String::from_utf8(calls).expect("text");
    assert!(calls.contains("\"emergency\":true"), "{calls}");
}
