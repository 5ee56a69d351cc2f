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
        memory: 1 << 30,
        cpu_seconds: 10,
        renewable: false,
        file_bytes: 1 << 20,
        open_files: 64,
    };
    if fax::sandbox::confine(&limits, &["/usr", "/lib", "/lib64"], folder).is_err() {
        return std::process::ExitCode::from(2);
    }
    let word = |can: bool| if can { "yes" } else { "no" };
    let can = [
        ("read a file of the system's", std::fs::read("/etc/passwd").is_ok()),
        ("see another folder", std::fs::read_dir("/tmp").is_ok()),
        ("write beside its folder", std::fs::write(folder.with_extension("beside"), "x").is_ok()),
        ("read programs", std::fs::read("/usr/bin/env").is_ok()),
        ("use the network", std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
        (
            "signal whoever started it",
            rustix::process::getppid().is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok()),
        ),
        ("signal its group", rustix::process::test_kill_current_process_group().is_ok()),
    ];
    let said: String = can.iter().map(|(what, can)| format!("{what}: {}\n", word(*can))).collect();
    match std::fs::write(folder.join("said"), said) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(_) => std::process::ExitCode::FAILURE,
    }
}
