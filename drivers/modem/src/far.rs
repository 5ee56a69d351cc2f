//! A port at the other end of a network: the shell around [`Client`].
//!
//! The connection is made and the option agreed on before the port counts as open, so that a server that is no port is told apart from a
//! modem that does not answer. A connection that breaks is a port that was unplugged.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::net::sockopt;

use crate::rfc2217::Client;

/// How such a port is written in the settings.
const SCHEME: &str = "rfc2217://";
/// Within a clinic's network a server answers in milliseconds.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a read waits before it looks whether the port is still wanted.
const LOOK: Duration = Duration::from_millis(50);
/// What has been silent for so long is asked whether it is there, and again, so many times: it is gone half a minute after its power is.
const ASKED_AFTER: Duration = Duration::from_secs(15);
const ASKED_AGAIN: Duration = Duration::from_secs(5);
const ASKED_TIMES: u32 = 3;
/// So many looks for the server to agree: three seconds.
const AGREE: u32 = 60;
/// A connection that takes nothing for so long takes nothing more.
const STALLED: Duration = Duration::from_secs(10);
const CHUNK: usize = 512;

/// The host and port of such a name; `None` for the path of a port of this computer.
pub(crate) fn address(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix(SCHEME)
}

/// See the module.
pub(crate) struct Far {
    stream: TcpStream,
    shared: Arc<Shared>,
}

struct Shared {
    client: Mutex<Client>,
    /// The port takes data again, or there is none any more.
    resumed: Condvar,
}

impl Shared {
    /// A panic of the other thread leaves nothing half done that matters: the port is closed then.
    fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what there is to send. Held locked meanwhile, so that nothing of the other thread comes between.
    fn send(&self, mut client: MutexGuard<'_, Client>, mut stream: &TcpStream) -> io::Result<()> {
        let bytes = client.to_send();
        if bytes.is_empty() { Ok(()) } else { stream.write_all(&bytes) }
    }
}

impl Far {
    /// Connects. What the port says is handed to `hear` as long as `wanted`, and `None` once, when the connection has ended by itself.
    #[allow(clippy::disallowed_methods, reason = "the thread that reads this port")]
    pub(crate) fn open(
        address: &str,
        wanted: Arc<AtomicBool>,
        mut hear: impl FnMut(Option<&[u8]>) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let stream = connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK))?;
        stream.set_write_timeout(Some(STALLED))?;
        let mut client = Client::new();
        agree(&mut client, &stream)?;
        let shared = Arc::new(Shared { client: Mutex::new(client), resumed: Condvar::new() });
        let (reader, theirs) = (stream.try_clone()?, shared.clone());
        std::thread::spawn(move || {
            read(&reader, &theirs, &wanted, &mut hear);
            // Whoever waits to write finds the connection closed.
            let _ = reader.shutdown(std::net::Shutdown::Both);
            theirs.resumed.notify_all();
        });
        Ok(Self { stream, shared })
    }

    /// Writes, as soon as the port takes it. It may take nothing for as long as `patience`; what is `recalled` meanwhile is let be.
    pub(crate) fn write(&self, bytes: &[u8], patience: Duration, recalled: &dyn Fn() -> bool) -> io::Result<()> {
        let (mut client, mut waited) = (self.shared.client(), Duration::ZERO);
        while client.is_suspended() {
            if recalled() {
                return Ok(());
            }
            if waited >= patience {
                return Err(io::ErrorKind::TimedOut.into());
            }
            waited += LOOK;
            (client, _) = self.shared.resumed.wait_timeout(client, LOOK).unwrap_or_else(PoisonError::into_inner);
        }
        client.write(bytes);
        self.shared.send(client, &self.stream)
    }

    /// Throws away what is still on its way.
    pub(crate) fn flush(&self) {
        self.order(Client::purge);
    }

    /// Says that we are here, or not.
    pub(crate) fn dtr(&self, on: bool) {
        self.order(|client| client.dtr(on));
    }

    /// An order that does not get there is noticed by the next write.
    fn order(&self, order: impl FnOnce(&mut Client)) {
        let mut client = self.shared.client();
        order(&mut client);
        let _ = self.shared.send(client, &self.stream);
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return asked_whether_it_is_there(&stream).map(|()| stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Whoever lost its power says nothing of it, and nobody says anything to a modem that only waits to be called: the system asks.
///
/// # Errors
/// The system does not.
pub fn asked_whether_it_is_there(stream: impl AsFd) -> io::Result<()> {
    let stream = stream.as_fd();
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, ASKED_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, ASKED_AGAIN)?;
    sockopt::set_tcp_keepcnt(stream, ASKED_TIMES)?;
    Ok(())
}

/// Until the server has said whether it is a port. What the modem says meanwhile it says to nobody.
fn agree(client: &mut Client, mut stream: &TcpStream) -> io::Result<()> {
    let mut chunk = [0; CHUNK];
    for _ in 0..AGREE {
        stream.write_all(&client.to_send())?;
        match client.is_port() {
            Some(true) => return Ok(()),
            Some(false) => return Err(io::Error::other("what answers there has no serial port to give (RFC 2217)")),
            None => {}
        }
        match stream.read(&mut chunk) {
            Ok(0) => return Err(io::ErrorKind::ConnectionReset.into()),
            Ok(length) => drop(client.receive(&chunk[..length])),
            Err(error) if is_early(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("what answers there does not speak RFC 2217"))
}

fn read(mut stream: &TcpStream, shared: &Shared, wanted: &AtomicBool, hear: &mut dyn FnMut(Option<&[u8]>) -> bool) {
    let mut chunk = [0; CHUNK];
    while wanted.load(Ordering::Relaxed) {
        match stream.read(&mut chunk) {
            Ok(length) if length > 0 => {
                let mut client = shared.client();
                let data = client.receive(&chunk[..length]);
                let resumed = !client.is_suspended();
                let sent = shared.send(client, stream);
                if resumed {
                    shared.resumed.notify_all();
                }
                if sent.is_err() {
                    break;
                }
                if !data.is_empty() && !hear(Some(&data)) {
                    return;
                }
            }
            Err(error) if is_early(&error) => {}
            _ => break,
        }
    }
    if wanted.load(Ordering::Relaxed) {
        hear(None);
    }
}

fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
