//! The worker as a child process: how the parent starts it and talks to it, and what it does first.
//!
//! The child inherits three descriptors in the places of its standard streams: the socket, the document, and the strip. So no
//! descriptor has to be named, and starting it needs no code between fork and exec. It moves them out of the way, closes the
//! sandbox, and only then reads its first order.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::sync::Mutex;

use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::channel::{Channel, Files, Gone};
use super::proto::{FromWorker, Start, ToWorker};
use super::run;
use crate::rank;
use crate::sandbox::{self, Limits, SandboxError};

/// A fax of 500 pages is some 50 MiB; the program's own text and a page as dots come on top.
const LIMITS: Limits = Limits {
    memory: 1 << 30,
    // The longest call costs a minute on a slow board, most of it to say that 20 ms have passed. A loop is the watchdog's; this ends
    // a worker whose parent does not watch any more.
    cpu_seconds: 300,
    renewable: false,
    file_bytes: 256 << 20,
    open_files: 32,
};

/// What the engine and libtiff need besides computing: messages, and the document, which the engine opens by its path. It
/// removes the file if no page came, and asks for the host's name to write it into the file.
const CALLS: &[i64] = &[
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_unlinkat,
    libc::SYS_uname,
    // The C library sorts with as much memory as the machine has.
    libc::SYS_sysinfo,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
];

/// The child's whole life. It ends with success when the parent says `Stop` or is gone, and with status 2 if the sandbox could not
/// be closed: then it has read nothing.
pub fn child_main() -> ExitCode {
    match begin() {
        Ok((channel, files)) => {
            // A parent that is gone is an ordinary end.
            let _ = run(channel, files);
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::from(2),
    }
}

/// Gives up all that an engine does not need: what it does before it hears of anything that came from outside.
///
/// # Errors
/// The kernel refuses a step; then the process is to end.
pub fn close_in() -> Result<(), SandboxError> {
    sandbox::enter(&LIMITS, CALLS)
}

fn begin() -> io::Result<(Channel, Files)> {
    // As a rule it stands there by its parent, who has said so if it may not.
    rank::ahead();
    let channel = Channel(io::stdin().as_fd().try_clone_to_owned()?);
    let files = Files {
        document: io::stdout().as_fd().try_clone_to_owned()?,
        strip: io::stderr().as_fd().try_clone_to_owned()?,
    };
    // What libtiff has to say about a page goes nowhere, least of all into the strip.
    let nowhere = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nowhere)?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    rustix::stdio::dup2_stderr(&nowhere)?;
    spandsp::prepare();
    close_in().map_err(io::Error::other)?;
    Ok((channel, files))
}

/// A worker process, as its parent sees it. Dropping it kills the process.
#[derive(Debug)]
pub struct WorkerHandle {
    /// A sequence of packets, not a stream; only [`Channel`] reads and writes it.
    channel: Channel<UnixStream>,
    files: Files,
    /// Reports that came together, and were not asked for yet.
    heard: Mutex<VecDeque<FromWorker>>,
    child: Child,
}

/// Starts `program` with `args` as a worker (the program must call [`child_main`]), and gives it its first order. `document` is
/// the TIFF file to send. Must be called within a Tokio runtime, on a thread that lives as long as the call: the kernel kills the
/// worker when the thread that started it ends, as when the whole program does.
pub fn spawn(program: &Path, args: &[&str], start: &Start, document: Option<&[u8]>) -> io::Result<WorkerHandle> {
    let (parent, worker) = Channel::pair(true)?;
    let files = Files::new(document)?;
    let theirs = files.try_clone()?;
    let stdio = |fd: OwnedFd| Stdio::from(fd);
    let child = Command::new(program)
        .args(args)
        .env_clear()
        .env(sandbox::ROOM.0, sandbox::ROOM.1)
        // The C library would open the zone's file whenever it needs the local time, which the sandbox forbids.
        .env("TZ", "UTC0")
        .current_dir("/")
        .stdin(stdio(worker.0))
        .stdout(stdio(theirs.document))
        .stderr(stdio(theirs.strip))
        .kill_on_drop(true)
        .spawn()?;
    let channel = Channel(UnixStream::from_std(parent.0.into())?);
    let handle = WorkerHandle { channel, files, heard: Mutex::default(), child };
    handle.send(&ToWorker::Start(start.clone())).map_err(io::Error::other)?;
    Ok(handle)
}

impl WorkerHandle {
    /// Gives an order. Never waits: the socket holds far more than the one order that is under way.
    pub fn send(&self, order: &ToWorker) -> Result<(), Gone> {
        self.channel.order(&self.files, order)
    }

    /// The worker's next report. `Gone` says that it has ended, for whatever reason; then there is no further one.
    /// May be dropped at any time without losing a report.
    pub async fn recv(&self) -> Result<FromWorker, Gone> {
        loop {
            if let Some(report) = self.heard.lock().map_err(|_| Gone)?.pop_front() {
                return Ok(report);
            }
            let next = || match self.channel.try_reports(&self.files) {
                Ok(Some(reports)) => Ok(reports),
                Ok(None) => Err(io::ErrorKind::WouldBlock.into()),
                Err(Gone) => Err(io::ErrorKind::BrokenPipe.into()),
            };
            let reports = self.channel.0.async_io(Interest::READABLE, next).await.map_err(|_| Gone)?;
            self.heard.lock().map_err(|_| Gone)?.extend(reports);
        }
    }

    /// The process; `None` once it has been reaped.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How the process ended, once it has: a log wants to know by which signal.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Kills the process at once.
    pub fn kill(&mut self) {
        // It fails only for a process that has ended.
        let _ = self.child.start_kill();
    }
}
