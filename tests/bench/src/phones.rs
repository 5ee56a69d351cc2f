//! Many phones in one thread: plain text over UDP with none of the product's own SIP code, so that a fault cannot agree with itself.
//!
//! They send in a fixed rhythm, whatever the answers do, and never repeat a request: what is not answered in time has failed and is counted.

pub(crate) mod call;
pub(crate) mod echo;
pub(crate) mod help;
pub(crate) mod message;
pub(crate) mod register;
pub(crate) mod secure;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use model::Instant;
use model::time::Clock;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::numbers::percentile;

/// How long anything may take, from its first request to its last answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// The generator is the limit when it needs so much longer for its requests than planned.
const LATE: f64 = 1.05;

/// How often something happens, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Rhythm {
    pub(crate) per_second: u32,
    pub(crate) seconds: u32,
}

impl Rhythm {
    pub(crate) fn total(self) -> usize {
        usize::try_from(self.per_second * self.seconds).unwrap_or(usize::MAX)
    }
}

/// A phone's account, and where it registers.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) domain: String,
    pub(crate) server: SocketAddr,
}

/// What a load came to.
#[derive(Default)]
pub(crate) struct Tally {
    /// What was begun.
    pub(crate) begun: u64,
    /// What ended well.
    pub(crate) done: u64,
    /// What did not, by the status that ended it; 0 is no answer.
    pub(crate) failed: BTreeMap<u16, u64>,
    /// What the server sent again, because an answer took long.
    pub(crate) repeated: u64,
    /// Until the answer that the user waits for.
    pub(crate) waits_ms: Vec<f64>,
    /// How much longer than planned it took to begin all, as a ratio.
    pub(crate) lateness: f64,
}

impl Tally {
    fn fail(&mut self, status: u16) {
        *self.failed.entry(status).or_default() += 1;
    }

    /// Takes in another round.
    pub(crate) fn add(&mut self, other: Self) {
        self.begun += other.begun;
        self.done += other.done;
        for (status, count) in other.failed {
            *self.failed.entry(status).or_default() += count;
        }
        self.repeated += other.repeated;
        self.waits_ms.extend(other.waits_ms);
        self.lateness = self.lateness.max(other.lateness);
    }

    /// How many failed.
    pub(crate) fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// The end of a row: how many, how many failed, were repeated, how long they took.
    pub(crate) fn columns(&mut self) -> String {
        let (p50, p99) = (percentile(&mut self.waits_ms, 0.5), percentile(&mut self.waits_ms, 0.99));
        format!("{:7} {:6} {:8} {p50:9.1} ms {p99:7.1} ms", self.done, self.failures(), self.repeated)
    }

    /// What the reader must know to judge the row; nothing if all went well.
    pub(crate) fn remark(&self) -> Option<String> {
        let mut remarks = Vec::new();
        for (status, count) in &self.failed {
            remarks.push(match status {
                0 => format!("{count} had no answer within {} s", PATIENCE.as_secs()),
                status => format!("{count} were answered {status}"),
            });
        }
        if self.lateness > LATE {
            remarks.push(format!("the generator was the limit: {:.2} times slower than planned", self.lateness));
        }
        (!remarks.is_empty()).then(|| remarks.join("; "))
    }
}

/// The headers of [`Tally::columns`].
pub(crate) const COLUMNS: &str = "   done failed repeated  answer p50      p99";

/// A socket of the phones. What it can't send, because the system's buffer is full, counts as unanswered.
struct Line {
    socket: UdpSocket,
    server: SocketAddr,
    buffer: Vec<u8>,
}

impl Line {
    fn new(server: SocketAddr) -> io::Result<Self> {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), server)
    }

    /// A socket with an address of its own: loopback has many.
    fn at(local: SocketAddr, server: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(local)?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, server, buffer: vec![0; 65_536] })
    }

    fn local(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    fn send(&self, text: &str) {
        let _ = self.socket.send_to(text.as_bytes(), self.server);
    }

    /// The next message that waits, if it is text.
    fn receive(&mut self) -> Option<String> {
        loop {
            // An error of an earlier sending is reported here too; what matters is whether something is there.
            match self.socket.recv(&mut self.buffer) {
                Ok(length) => match std::str::from_utf8(&self.buffer[..length]) {
                    Ok(text) => return Some(text.to_owned()),
                    Err(_) => continue,
                },
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(_) => return None,
            }
        }
    }
}

/// Something that goes on many times at once.
trait Crowd {
    /// Begins the next one.
    fn begin(&mut self, number: usize);
    /// Takes all that has arrived.
    fn receive(&mut self);
    /// How many have neither ended nor failed.
    fn open(&self) -> u64;
    /// The sockets, to wait at.
    fn lines(&self) -> Vec<&Line>;
}

/// Lets a crowd act in this rhythm, until all has ended or is given up. Gives how late the last began, as a ratio.
fn act(clock: Clock, rhythm: Rhythm, crowd: &mut dyn Crowd) -> io::Result<f64> {
    follow(clock, &[rhythm], crowd)
}

/// The same with one rhythm after the other, without a pause.
fn follow(clock: Clock, rhythms: &[Rhythm], crowd: &mut dyn Crowd) -> io::Result<f64> {
    let start = clock.now().instant;
    let mut offsets = Vec::new();
    let mut planned = Duration::ZERO;
    for rhythm in rhythms {
        let gap = Duration::from_secs(1) / rhythm.per_second.max(1);
        offsets.extend((0..rhythm.total()).map(|n| planned + gap * u32::try_from(n).unwrap_or(u32::MAX)));
        planned += gap * u32::try_from(rhythm.total()).unwrap_or(u32::MAX);
    }
    let (total, mut begun) = (offsets.len(), 0);
    let mut all_begun = start;
    loop {
        let now = clock.now().instant;
        if begun < total && start + offsets[begun] <= now {
            crowd.begin(begun);
            begun += 1;
            all_begun = clock.now().instant;
        }
        crowd.receive();
        let until = if begun < total {
            start + offsets[begun]
        } else if crowd.open() == 0 || clock.now().instant > all_begun + PATIENCE {
            let last = planned.saturating_sub(offsets.last().copied().unwrap_or_default());
            return Ok((all_begun.saturating_since(start) + last).as_secs_f64() / planned.as_secs_f64().max(1e-9));
        } else {
            all_begun + PATIENCE
        };
        wait(clock, &crowd.lines(), until)?;
    }
}

/// Waits until something arrives, or this instant.
fn wait(clock: Clock, lines: &[&Line], until: Instant) -> io::Result<()> {
    let left = until.saturating_since(clock.now().instant);
    let Ok(left) = Timespec::try_from(left) else { return Ok(()) };
    let mut ready: Vec<_> = lines.iter().map(|line| PollFd::new(&line.socket, PollFlags::IN)).collect();
    match poll(&mut ready, Some(&left)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
