//! A worker that was taken over, for the tests of this crate: it closes itself in as one of the program's does, and tries what it must not. It
//! ends with 0 if it could, with 3 if it was refused, and by a signal if the kernel ended it for trying.

#![allow(unsafe_code, reason = "what no library offers is tried by the system call itself")]

use std::fs;
use std::io::Read;
use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use fax::sandbox::{Limits, SandboxError, enter};
use rustix::process::{Resource, Rlimit, getppid, setrlimit, test_kill_process};

/// The program's own: the sandbox must let it do what it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `fcntl`'s way to say who gets a signal when something comes.
const F_SETOWN: libc::c_int = 8;
/// Of whatever kind, with a second of processor time.
const A_SECOND: Limits = Limits { memory: 1 << 30, cpu_seconds: 1, renewable: false, file_bytes: 0, open_files: 16 };

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [worker, act, place] = &arguments[..] else { return ExitCode::from(4) };
    let starter = getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    if close_in(worker).is_err() {
        return ExitCode::from(2);
    }
    match attempt(act, place, starter) {
        Some(true) => ExitCode::SUCCESS,
        Some(false) => ExitCode::from(3),
        None => ExitCode::from(4),
    }
}

fn close_in(worker: &str) -> Result<(), SandboxError> {
    match worker {
        "engine" => fax::worker::child::close_in(),
        "gateway" => fax::line::close_in(),
        "converter" => fax::convert::close_in(),
        "a second" => enter(&A_SECOND, &[]),
        // Nothing is forbidden, so that it is the sandbox that forbids.
        _ => Ok(()),
    }
}

/// True if it could; nothing if nobody knows of it.
fn attempt(act: &str, place: &str, starter: i32) -> Option<bool> {
    Some(match act {
        "read a file" => fs::read("/etc/passwd").is_ok(),
        "write a file" => fs::write(format!("{place}/written"), "x").is_ok(),
        "remove a file" => fs::remove_file(format!("{place}/there")).is_ok(),
        "list a folder" => fs::read_dir(place).is_ok(),
        "open a socket" => UdpSocket::bind("127.0.0.1:0").is_ok(),
        "talk to a program" => UnixStream::connect(format!("{place}/socket")).is_ok(),
        "become a program" => {
            let _refused = Command::new("/bin/true").exec();
            false
        }
        "start a program" => Command::new("/bin/true").status().is_ok(),
        "start a thread" => std::thread::Builder::new().spawn(|| ()).is_ok(),
        "signal its parent" => getppid().is_some_and(|pid| test_kill_process(pid).is_ok()),
        // SAFETY: signal 0 is none; it is only asked whether it might be sent.
        "signal a thread of its parent" => unsafe { libc::syscall(libc::SYS_tgkill, starter, starter, 0) == 0 },
        // SAFETY: the descriptor is standard input, and nothing is asked that would make it send a signal.
        "have its parent signalled" => unsafe { libc::fcntl(0, F_SETOWN, starter) == 0 },
        "map code" => {
            let (read, code) = (libc::PROT_READ, libc::PROT_EXEC);
            // SAFETY: a page of its own, anywhere, which nobody uses.
            let page = unsafe {
                libc::mmap(std::ptr::null_mut(), 4096, read | code, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
            };
            page != libc::MAP_FAILED
        }
        "take two gigabytes" => Vec::<u8>::new().try_reserve_exact(2 << 30).is_ok(),
        "change its limits" => setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: Some(64) }).is_ok(),
        "compute for ever" => {
            let mut sum = 0_u64;
            loop {
                sum = std::hint::black_box(sum.wrapping_mul(3).wrapping_add(1));
            }
        }
        // Until standard input ends: whoever started it looks at it meanwhile.
        "wait" => std::io::stdin().read_to_end(&mut Vec::new()).is_ok(),
        _ => return None,
    })
}
