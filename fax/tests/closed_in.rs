//! What a worker can do that a stranger's packets or document have taken over: compute, and nothing else. Real processes, each closed in as the
//! program's own; and the same once more without the sandbox, so that it is known what forbids.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

const WORKERS: [&str; 3] = ["engine", "gateway", "converter"];
/// What an engine is kept from by landlock alone, since it opens its own document by a path.
const BY_LANDLOCK: [&str; 3] = ["read a file", "write a file", "remove a file"];

/// The example `closed_in`, which cargo builds beside this test.
fn program() -> PathBuf {
    let mut program = std::env::current_exe().unwrap();
    program.pop();
    program.pop();
    program.push("examples/closed_in");
    program
}

fn command(worker: &str, act: &str, place: &Path) -> Command {
    let mut command = Command::new(program());
    // As the program starts its own; what a program says that is ended for what it did is nobody's to read.
    command.env_clear().env("MIMALLOC_ARENA_RESERVE", "65536").current_dir("/");
    command.arg(worker).arg(act).arg(place).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn try_it(worker: &str, act: &str) -> ExitStatus {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("there"), "x").unwrap();
    let _listens = UnixListener::bind(place.path().join("socket")).unwrap();
    command(worker, act, place.path()).status().unwrap()
}

/// Refused with an error, or ended by the kernel for a call that is not on its list (SIGSYS).
fn denied(status: ExitStatus) -> bool {
    status.code() == Some(3) || status.signal() == Some(31)
}

#[test]
fn a_worker_that_was_taken_over_can_compute_and_nothing_else() {
    let landlock = fax::sandbox::can_confine();
    if !landlock {
        skip::skipped("a kernel without landlock: an engine can open files there");
    }
    for act in [
        "read a file",
        "write a file",
        "remove a file",
        "list a folder",
        "open a socket",
        "talk to a program",
        "become a program",
        "start a program",
        "start a thread",
        "signal its parent",
        "signal a thread of its parent",
        "have its parent signalled",
        "map code",
        "take two gigabytes",
        "change its limits",
    ] {
        let free = try_it("nobody", act);
        assert!(free.success(), "{act}: {free} without a sandbox");
        for worker in WORKERS {
            if !landlock && worker == "engine" && BY_LANDLOCK.contains(&act) {
                continue;
            }
            let status = try_it(worker, act);
            println!("{worker}: {act}: {status}");
            assert!(denied(status), "{worker}: {act}: {status}");
        }
    }
}

#[test]
fn a_worker_that_computes_for_ever_is_ended() {
    let status = try_it("a second", "compute for ever");
    assert_eq!(status.signal(), Some(24), "SIGXCPU: {status}");
}

/// Its limits, as the kernel has them: memory, processor time, the largest file, descriptors.
#[test]
fn each_worker_has_the_limits_that_are_promised() {
    let mebibytes = |count: u64| (count << 20).to_string();
    for (worker, memory, cpu, file, open) in [
        ("engine", mebibytes(1024), "300", mebibytes(256), "32"),
        ("gateway", mebibytes(1024), "3600", "0".to_owned(), "16"),
        ("converter", mebibytes(1536), "200", "0".to_owned(), "16"),
    ] {
        let mut command = command(worker, "wait", Path::new("/"));
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let limit = |name: &str| {
            let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
            let line = limits.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
            line[name.len()..].split_whitespace().next().unwrap().to_owned()
        };
        // It says nothing when it is closed in; the list of calls is the last that it does for that.
        let status = format!("/proc/{}/status", child.id());
        while !std::fs::read_to_string(&status).unwrap().contains("Seccomp:\t2") {
            std::thread::yield_now();
        }
        assert_eq!(limit("Max core file size"), "0", "{worker}");
        assert_eq!(limit("Max address space"), memory, "{worker}");
        assert_eq!(limit("Max cpu time"), cpu, "{worker}");
        assert_eq!(limit("Max file size"), file, "{worker}");
        assert_eq!(limit("Max open files"), open, "{worker}");
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success(), "{worker}");
    }
}
