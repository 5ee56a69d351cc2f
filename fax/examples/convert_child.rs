//! The converter's children by themselves, for the tests of this crate: they run before the program `frontdesk` is built.

/// The program's own: the sandbox must let it do what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(verb), Some(folder)) if verb == "office" => fax::convert::office::child_main(folder.as_ref()),
        (Some(verb), Some(folder)) if verb == "confined" => confined(folder.as_ref()),
        _ => fax::convert::child_main(),
    }
}

/// What a confined program can do, one word each; written into the folder, where it may.
fn confined(folder: &std::path::Path) -> std::process::ExitCode {
    let limits = fax::sandbox::Limits {
        memory: 4 << 30,
        cpu_seconds: 10,
        renewable: false,
        file_bytes: 1 << 20,
        open_files: 64,
    };
    if fax::sandbox::confine(&limits, &["/usr", "/lib", "/lib64"], folder).is_err() {
        return std::process::ExitCode::from(2);
    }
    use rustix::process::{
        Resource, getpgrp, getpid, getppid, getpriority_process, getrlimit, prlimit, setpriority_process,
        test_kill_process, test_kill_process_group,
    };
    let parent = getppid();
    // As it is, so that nobody is harmed where it may.
    let (limit, rank) = (getrlimit(Resource::Core), getpriority_process(parent).unwrap_or(0));
    let word = |can: bool| if can { "yes" } else { "no" };
    let can = [
        ("read a file of the system's", std::fs::read("/etc/passwd").is_ok()),
        ("see another folder", std::fs::read_dir("/tmp").is_ok()),
        ("write beside its folder", std::fs::write(folder.with_extension("beside"), "x").is_ok()),
        ("read programs", std::fs::read("/usr/bin/env").is_ok()),
        ("use the network", std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
        ("start a program", std::process::Command::new("/usr/bin/true").status().is_ok()),
        ("start a thread", std::thread::Builder::new().spawn(|| ()).is_ok_and(|thread| thread.join().is_ok())),
        ("start as many threads as it likes", getrlimit(Resource::Nproc).current.is_none()),
        ("send itself a signal", test_kill_process(getpid()).is_ok()),
        ("send a signal to whoever started it", parent.is_some_and(|parent| test_kill_process(parent).is_ok())),
        ("send a signal to all of its group", test_kill_process_group(getpgrp()).is_ok()),
        ("set the limits of whoever started it", prlimit(parent, Resource::Core, limit).is_ok()),
        ("change its rank", setpriority_process(None, rank).is_ok()),
        ("change the rank of whoever started it", setpriority_process(parent, rank).is_ok()),
    ];
    let said: String = can.iter().map(|(what, can)| format!("{what}: {}\n", word(*can))).collect();
    match std::fs::write(folder.join("said"), said) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(_) => std::process::ExitCode::FAILURE,
    }
}
