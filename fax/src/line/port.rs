//! A virtual modem in a child process of its own: what a program writes and what a telephone line says are both read by spandsp, and neither
//! may harm more than this one port (README, invariant 6).
//!
//! The child has no clock and asks nothing: it is told one thing at a time, with the time, and answers with what came of it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use model::{Instant, Now, Pii, Wall};
use serde::{Deserialize, Serialize};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::virtual_modem::{Input, NoCall, Output, VirtualModem};
use crate::audio::Law;
use crate::rank;
use crate::sandbox::{self, Limits};
use crate::worker::{Channel, Gone};

/// A modem is small; the program's own text comes on top.
const LIMITS: Limits = Limits {
    memory: 1 << 30,
    // A call costs some seconds; whoever keeps the port starts a new child when this one ends.
    cpu_seconds: 3600,
    file_bytes: 0,
    open_files: 16,
};
const CALLS: &[i64] = &[libc::SYS_sendto, libc::SYS_recvfrom];

/// In which law the child hears and says its sound.
pub const LAW: Law = Law::Mu;
/// Bytes of the program that are handed over at once.
pub const MOST_BYTES: usize = 512;

/// What the child is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// The program writes.
    Bytes(Vec<u8>),
    /// The program has closed the port, as if the modem saw DTR go.
    Closed,
    /// Sound of the call.
    Sound {
        /// Its place.
        timestamp: u32,
        /// Its octets, in [`LAW`].
        payload: Vec<u8>,
    },
    /// Somebody calls, from this number as a telephone shows it, or from none that is known.
    Ringing(Pii<String>),
    /// The call is answered.
    Answered,
    /// The call that was placed came to nothing.
    Failed(NoCall),
    /// The call is over.
    Ended,
    /// Time has passed.
    Time,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// The program reads this.
    Bytes(Vec<u8>),
    /// Say this in the call, in [`LAW`].
    Sound(Vec<u8>),
    /// Call this number, as the program wrote it.
    Dial(Pii<String>),
    /// Answer the call that rings.
    Answer,
    /// End the call.
    HangUp,
}

/// The answer to one thing that was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// In this order.
    pub said: Vec<Said>,
    /// The port may be read.
    pub takes_bytes: bool,
    /// It has no call, and nothing that it was given is waiting.
    pub is_free: bool,
    /// When it is to be told the time, in nanoseconds.
    pub wake: u64,
}

/// One message to the child.
#[derive(Serialize, Deserialize)]
struct Message {
    at: u64,
    told: Told,
}

/// The child's whole life. Status 2 if the sandbox could not be closed: then it has read nothing.
pub fn child_main() -> ExitCode {
    match begin() {
        Ok(channel) => {
            // A parent that is gone is an ordinary end.
            let _ = run(&channel);
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::from(2),
    }
}

fn begin() -> io::Result<Channel> {
    rank::ahead();
    let channel = Channel(io::stdin().as_fd().try_clone_to_owned()?);
    let nowhere = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nowhere)?;
    spandsp::prepare();
    sandbox::enter(&LIMITS, CALLS).map_err(io::Error::other)?;
    Ok(channel)
}

fn run(channel: &Channel) -> Result<(), Gone> {
    let mut modem: Option<VirtualModem> = None;
    loop {
        let Message { at, told } = channel.recv()?;
        let now = Now { instant: Instant::from_nanos(at), wall: Wall(0) };
        let modem = match &mut modem {
            Some(modem) => modem,
            None => modem.insert(VirtualModem::new(now, LAW).map_err(|_| Gone)?),
        };
        modem.handle_input(now, input(&told));
        channel.send(&answer(modem))?;
    }
}

fn input(told: &Told) -> Input<'_> {
    match told {
        Told::Bytes(bytes) => Input::Bytes(bytes),
        Told::Closed => Input::Closed,
        Told::Sound { timestamp, payload } => Input::Sound { timestamp: *timestamp, payload },
        Told::Ringing(from) => Input::Ringing(from.expose()),
        Told::Answered => Input::Answered,
        Told::Failed(why) => Input::Failed(*why),
        Told::Ended => Input::Ended,
        Told::Time => Input::Timeout,
    }
}

fn answer(modem: &mut VirtualModem) -> Answer {
    let mut answer = Answer::default();
    loop {
        answer.said.push(match modem.poll_output() {
            Output::Timeout(at) => {
                answer.wake = at.nanos();
                break;
            }
            Output::Bytes(bytes) => Said::Bytes(bytes),
            Output::Sound(sound) => Said::Sound(sound.to_vec()),
            Output::Dial(number) => Said::Dial(number.into()),
            Output::Answer => Said::Answer,
            Output::HangUp => Said::HangUp,
        });
    }
    (answer.takes_bytes, answer.is_free) = (modem.takes_bytes(), modem.is_free());
    answer
}

/// A child, as its parent sees it. Dropping it kills the process.
#[derive(Debug)]
pub struct PortModem {
    channel: Channel<UnixStream>,
    _child: Child,
}

impl PortModem {
    /// Starts `program` with `args` (it must call [`child_main`]). Must be called within a Tokio runtime, on a thread that stays.
    pub fn spawn(program: &Path, args: &[&str]) -> io::Result<Self> {
        let (parent, theirs) = Channel::pair(true)?;
        let child = Command::new(program)
            .args(args)
            .env_clear()
            .env("TZ", "UTC0")
            .current_dir("/")
            .stdin(Stdio::from(theirs.0))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let channel = Channel(UnixStream::from_std(parent.0.into())?);
        Ok(Self { channel, _child: child })
    }

    /// Tells it something, and waits for what comes of it: microseconds, unless it hangs.
    pub async fn tell(&self, at: Instant, told: Told) -> Result<Answer, Gone> {
        self.channel.send(&Message { at: at.nanos(), told })?;
        let next = || match self.channel.try_recv() {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(io::ErrorKind::WouldBlock.into()),
            Err(Gone) => Err(io::ErrorKind::BrokenPipe.into()),
        };
        self.channel.0.async_io(Interest::READABLE, next).await.map_err(|_| Gone)
    }
}
