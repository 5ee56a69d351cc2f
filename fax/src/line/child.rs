//! A child process that is told one thing at a time, with the time, and answers with what came of it. It has no clock and asks nothing: what it
//! does with what others sent may harm no more than itself (README, invariant 6).

use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use model::{Instant, Now, Wall};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::rank;
use crate::sandbox::{self, Limits, SandboxError};
use crate::worker::{Channel, Gone};

/// What stands on a line is small; the program's own text comes on top.
const LIMITS: Limits = Limits {
    memory: 1 << 30,
    // A call costs some seconds. Whoever keeps a port for months gives it that time anew: a child that used it up would end in a call, since it
    // uses it there.
    cpu_seconds: 3600,
    renewable: true,
    file_bytes: 0,
    open_files: 16,
};
const CALLS: &[i64] = &[libc::SYS_sendto, libc::SYS_recvfrom];

/// One message to the child.
#[derive(Serialize, Deserialize)]
struct Message<T> {
    at: u64,
    told: T,
}

/// The child's whole life: `answer` says what comes of each thing that it is told, or nothing if it cannot go on. Status 2 if the sandbox
/// could not be closed: then it has read nothing.
pub(super) fn serve<T: DeserializeOwned, A: Serialize>(answer: impl FnMut(Now, T) -> Option<A>) -> ExitCode {
    match begin() {
        Ok(channel) => {
            // A parent that is gone is an ordinary end.
            let _ = run(&channel, answer);
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::from(2),
    }
}

/// Gives up all that a child beside a line (a gateway, a virtual modem) does not need.
///
/// # Errors
/// The kernel refuses a step; then the process is to end.
pub fn close_in() -> Result<(), SandboxError> {
    sandbox::enter(&LIMITS, CALLS)
}

fn begin() -> io::Result<Channel> {
    rank::ahead();
    let channel = Channel(io::stdin().as_fd().try_clone_to_owned()?);
    let nowhere = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nowhere)?;
    spandsp::prepare();
    close_in().map_err(io::Error::other)?;
    Ok(channel)
}

fn run<T: DeserializeOwned, A: Serialize>(
    channel: &Channel,
    mut answer: impl FnMut(Now, T) -> Option<A>,
) -> Result<(), Gone> {
    loop {
        let Message { at, told } = channel.recv()?;
        let now = Now { instant: Instant::from_nanos(at), wall: Wall(0) };
        channel.send(&answer(now, told).ok_or(Gone)?)?;
    }
}

/// A child, as its parent sees it. Dropping it kills the process.
#[derive(Debug)]
pub struct Helper<T, A> {
    channel: Channel<UnixStream>,
    child: Child,
    speaks: PhantomData<fn(T) -> A>,
}

impl<T: Serialize, A: DeserializeOwned> Helper<T, A> {
    /// Starts `program` with `args`, by which it becomes the child that is told `T`. Must be called within a Tokio runtime, on a thread that
    /// stays.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn spawn(program: &Path, args: &[&str]) -> io::Result<Self> {
        let (parent, theirs) = Channel::pair(true)?;
        let child = Command::new(program)
            .args(args)
            .env_clear()
            .env(sandbox::ROOM.0, sandbox::ROOM.1)
            .env("TZ", "UTC0")
            .current_dir("/")
            .stdin(Stdio::from(theirs.0))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let channel = Channel(UnixStream::from_std(parent.0.into())?);
        Ok(Self { channel, child, speaks: PhantomData })
    }

    /// Its process, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Gives it the processor time of one that was started now.
    ///
    /// # Errors
    /// It has ended, or the kernel refuses.
    pub fn renew(&self) -> io::Result<()> {
        sandbox::renew(self.id().ok_or(io::ErrorKind::NotFound)?, &LIMITS)
    }

    /// Tells it something, and waits for what comes of it: microseconds, unless it hangs.
    ///
    /// # Errors
    /// It has ended.
    pub async fn tell(&self, at: Instant, told: T) -> Result<A, Gone> {
        self.channel.send(&Message { at: at.nanos(), told })?;
        let next = || match self.channel.try_recv() {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(io::ErrorKind::WouldBlock.into()),
            Err(Gone) => Err(io::ErrorKind::BrokenPipe.into()),
        };
        self.channel.0.async_io(Interest::READABLE, next).await.map_err(|_| Gone)
    }
}
