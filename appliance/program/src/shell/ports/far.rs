//! A port in the network, for a program on another machine: under Windows by a COM port redirector that speaks RFC 2217.
//!
//! One program has it at a time, from an address that may; another is told that it is taken, and whoever may not is answered nothing. The
//! connection is the cable: when it ends, or has been dead for half a minute, the modem sees DTR go, which ends its call. What a program writes faster
//! than the modem takes it waits at the program's, and so does what it asks while it does not read.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use fax::line::port::{MOST_BYTES, Told};
use model::Instant;
use model::settings::Network;
use model::time::Clock;
use modem::rfc2217::{Heard, Lines, Server};
use rustix::net::sockopt;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::Came;

/// Bytes for the modem that wait here: as much as a serial port holds.
const MOST_WAITING: usize = 4096;
/// A program that has not read so much is not listened to until it does.
const MOST_OWED: usize = 16 * 1024;
const CHUNK: usize = 512;
/// What the program is sent, and does not acknowledge for so long, goes to nobody any more.
const GONE: Duration = Duration::from_secs(30);
/// What another program is told.
const TAKEN: &[u8] = b"This fax port is in use by another program.\r\n";
/// How long it may take to hear that, and how many hear it at once.
const FAREWELL: Duration = Duration::from_secs(2);
const MOST_FAREWELLS: usize = 4;
/// It is said in the log that somebody was refused, and not again for so long.
const SAID_AGAIN: Duration = Duration::from_secs(60);
/// How long to wait after a failure to accept: descriptors are short, and trying at once would only burn the processor.
const BREATH: Duration = Duration::from_millis(100);

/// See the module.
pub(super) struct Far {
    name: String,
    listener: TcpListener,
    from: Vec<Network>,
    program: Option<Program>,
    lines: Lines,
    farewells: Arc<Semaphore>,
    clock: Clock,
    /// When the next refusal is to be said in the log.
    says_at: Instant,
}

/// The one that has it.
struct Program {
    stream: TcpStream,
    server: Server,
    /// For the modem.
    waiting: Vec<u8>,
    /// It has let go of the modem (DTR), which comes before all that waits.
    let_go: bool,
    unsent: Vec<u8>,
}

impl Far {
    pub(super) async fn open(name: &str, listen: SocketAddr, from: Vec<Network>, clock: Clock) -> io::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            listener: TcpListener::bind(listen).await?,
            from,
            program: None,
            lines: Lines::FREE,
            farewells: Arc::new(Semaphore::new(MOST_FAREWELLS)),
            clock,
            says_at: Instant::ZERO,
        })
    }

    /// May be left and called again: what has come is kept.
    pub(super) async fn next(&mut self, takes_bytes: bool) -> io::Result<Came> {
        loop {
            let gone = match &mut self.program {
                None => {
                    let accepted = self.listener.accept().await;
                    self.came(accepted).await;
                    if self.is_open() {
                        return Ok(Came::Opened);
                    }
                    continue;
                }
                Some(program) => match program.told(takes_bytes) {
                    Some(told) => return Ok(Came::Told(told)),
                    None => tokio::select! {
                        accepted = self.listener.accept() => {
                            self.came(accepted).await;
                            continue;
                        }
                        step = program.step() => step.is_err(),
                    },
                },
            };
            if gone {
                self.program = None;
                return Ok(Came::Told(Told::Closed));
            }
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.program.is_some()
    }

    /// Somebody has connected.
    async fn came(&mut self, accepted: io::Result<(TcpStream, SocketAddr)>) {
        let Ok((stream, from)) = accepted else { return tokio::time::sleep(BREATH).await };
        if !self.may(from.ip()) {
            self.refuses("somebody wanted a port for fax programs from an address that may not use it");
            return reset(&stream);
        }
        let Some(program) = &mut self.program else {
            self.program = Program::new(stream, self.lines).ok();
            return;
        };
        // One that was switched off and on wants it again, and what its old connection belongs to says so when it is asked.
        program.server.ask();
        let _ = program.flush();
        self.refuses("a second program wanted a port for fax programs that is in use, and was told so");
        match self.farewells.clone().try_acquire_owned() {
            Ok(permit) => say_goodbye(stream, permit),
            Err(_) => reset(&stream),
        }
    }

    fn may(&self, ip: IpAddr) -> bool {
        self.from.iter().any(|network| network.contains(ip))
    }

    fn refuses(&mut self, what: &str) {
        let now = self.clock.now().instant;
        if now >= self.says_at {
            self.says_at = now + SAID_AGAIN;
            tracing::warn!(port = %self.name, "{what}");
        }
    }

    #[cfg(test)]
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    #[cfg(test)]
    pub(super) fn stream(&self) -> Option<&TcpStream> {
        self.program.as_ref().map(|program| &program.stream)
    }

    /// What waits at this end, in both directions and in bytes.
    #[cfg(test)]
    pub(super) fn holds(&self) -> usize {
        self.program.as_ref().map_or(0, |program| program.owes() + program.waiting.len())
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if let Some(program) = &mut self.program {
            program.server.write(bytes);
            // A connection that broke is noticed by whoever waits for it.
            let _ = program.flush();
        }
    }

    pub(super) fn lines(&mut self, lines: Lines) {
        self.lines = lines;
        if let Some(program) = &mut self.program {
            let clear = lines.clear && program.waiting.is_empty();
            program.server.lines(Lines { clear, ..lines });
            let _ = program.flush();
        }
    }
}

impl Program {
    fn new(stream: TcpStream, lines: Lines) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        modem::asked_whether_it_is_there(&stream)?;
        sockopt::set_tcp_user_timeout(&stream, u32::try_from(GONE.as_millis()).unwrap_or(u32::MAX))?;
        let mut program =
            Self { stream, server: Server::new(lines), waiting: Vec::new(), let_go: false, unsent: Vec::new() };
        program.flush()?;
        Ok(program)
    }

    /// What the modem is told next.
    fn told(&mut self, takes_bytes: bool) -> Option<Told> {
        if std::mem::take(&mut self.let_go) {
            return Some(Told::Closed);
        }
        let now = self.waiting.len().min(MOST_BYTES);
        (takes_bytes && now > 0).then(|| Told::Bytes(self.waiting.drain(..now).collect()))
    }

    /// Until something has happened on the connection. An error is its end.
    async fn step(&mut self) -> io::Result<()> {
        let mut interest = Interest::ERROR;
        if self.waiting.len() < MOST_WAITING && self.owes() < MOST_OWED {
            interest |= Interest::READABLE;
        }
        if !self.unsent.is_empty() {
            interest |= Interest::WRITABLE;
        }
        let ready = self.stream.ready(interest).await?;
        if ready.is_error() {
            return Err(self.stream.take_error()?.unwrap_or_else(|| io::ErrorKind::ConnectionReset.into()));
        }
        if ready.is_readable() {
            self.read()?;
        }
        self.flush()
    }

    /// What is on its way to it, and what answers it.
    fn owes(&self) -> usize {
        self.unsent.len() + self.server.owes()
    }

    fn read(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK];
        match self.stream.try_read(&mut chunk) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(length) => {
                for heard in self.server.receive(&chunk[..length]) {
                    match heard {
                        Heard::Data(data) => self.waiting.extend(data),
                        Heard::Purged => self.waiting.clear(),
                        Heard::Dtr(on) => {
                            self.let_go |= !on;
                            self.waiting.clear();
                        }
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Sends what can be sent now.
    fn flush(&mut self) -> io::Result<()> {
        loop {
            if self.unsent.is_empty() {
                self.unsent = self.server.to_send();
            }
            if self.unsent.is_empty() {
                return Ok(());
            }
            match self.stream.try_write(&self.unsent) {
                Ok(length) => drop(self.unsent.drain(..length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// No word of ours reaches it.
fn reset(stream: &TcpStream) {
    let _ = sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

/// It is told, and waited for until it has heard: what it has sent and nobody reads would have the system throw our words away.
#[allow(clippy::disallowed_methods, reason = "the shell's task for one goodbye")]
fn say_goodbye(mut stream: TcpStream, permit: OwnedSemaphorePermit) {
    tokio::spawn(async move {
        let goodbye = async {
            stream.write_all(TAKEN).await?;
            stream.shutdown().await?;
            let mut chunk = [0; CHUNK];
            while stream.read(&mut chunk).await? > 0 {}
            io::Result::Ok(())
        };
        let _ = timeout(FAREWELL, goodbye).await;
        drop(permit);
    });
}
