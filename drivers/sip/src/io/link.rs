//! One connection: a reader and a writer task. Neither can make the endpoint wait, and no buffer is kept while nothing is read.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use super::Patience;

/// What is read at once.
const READ: usize = 16 * 1024;
/// Bytes that wait for a slow reader, before it is dropped: half a second of a trunk at 1500 calls per second.
const MAX_UNWRITTEN: usize = 2 << 20;
/// The same, in messages.
const MAX_UNWRITTEN_MESSAGES: usize = 4096;
/// A keep-alive of ours, and its answer (RFC 5626 section 3.5.1).
const PING: &[u8] = b"\r\n\r\n";
const PONG: &[u8] = b"\r\n";

/// What a connection can be made of.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What a connection says.
pub(super) enum Heard {
    Bytes {
        connection: u64,
        data: Bytes,
    },
    Closed {
        connection: u64,
    },
    /// The peer did not show the certificate that it must have; nothing was said to it.
    Untrusted {
        connection: u64,
    },
}

/// The end of a connection that its tasks hold.
pub(super) struct Line {
    pub(super) id: u64,
    pub(super) heard: mpsc::Sender<Heard>,
    pub(super) patience: Patience,
    pub(super) outbox: Outbox,
}

/// What waits to be written.
pub(super) struct Outbox {
    messages: mpsc::Receiver<Bytes>,
    unwritten: Arc<AtomicUsize>,
    hopeless: Arc<Notify>,
}

/// The other end: where the shell puts what is to be written.
pub(super) struct Inbox {
    messages: mpsc::Sender<Bytes>,
    unwritten: Arc<AtomicUsize>,
    hopeless: Arc<Notify>,
}

/// A queue of messages with a bound in bytes and in number.
pub(super) fn queue() -> (Inbox, Outbox) {
    let (sender, messages) = mpsc::channel(MAX_UNWRITTEN_MESSAGES);
    let (unwritten, hopeless) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let inbox = Inbox { messages: sender, unwritten: unwritten.clone(), hopeless: hopeless.clone() };
    (inbox, Outbox { messages, unwritten, hopeless })
}

impl Inbox {
    /// False if the peer reads too slowly, or not any more: then what waits is not written either.
    pub(super) fn put(&self, data: Bytes) -> bool {
        let length = data.len();
        let waiting = self.unwritten.fetch_add(length, Ordering::Relaxed) + length;
        let taken = waiting <= MAX_UNWRITTEN && self.messages.try_send(data).is_ok();
        if !taken {
            self.hopeless.notify_one();
        }
        taken
    }
}

impl Outbox {
    /// The next message; `None` when there will be no more.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        self.messages.recv().await
    }

    /// A message of this length is written.
    pub(super) fn written(&self, length: usize) {
        self.unwritten.fetch_sub(length, Ordering::Relaxed);
    }

    /// Ends when the peer is given up.
    pub(super) fn given_up(&self) -> impl Future<Output = ()> + use<> {
        let hopeless = self.hopeless.clone();
        async move { hopeless.notified().await }
    }
}

/// Serves a stream until it ends. A connection that we opened is kept alive.
#[allow(clippy::disallowed_methods, reason = "the shell owns the tasks of its connections")]
pub(super) async fn serve<S: Stream + 'static>(stream: S, line: Line, ours: bool) {
    let Line { id, heard, patience, outbox } = line;
    let (read, write) = tokio::io::split(stream);
    let pulse = Arc::new(Pulse::default());
    let writer = Writer { write, outbox, patience, pulse: pulse.clone(), ours };
    tokio::spawn(writer.run(id, heard.clone()));
    read_all(read, id, &heard, patience, &pulse).await;
    // The shell is gone if this fails.
    let _ = heard.send(Heard::Closed { connection: id }).await;
}

/// Whether the peer lives, as far as the reader tells the writer.
#[derive(Default)]
struct Pulse {
    /// Something came since the last ping of ours.
    beats: AtomicBool,
    /// It has answered a ping: from then on its silence means something. Many carriers never do.
    answers: AtomicBool,
}

async fn read_all(
    mut read: impl AsyncRead + Unpin,
    connection: u64,
    heard: &mpsc::Sender<Heard>,
    patience: Patience,
    pulse: &Pulse,
) {
    let mut wait = patience.first_bytes;
    while let Ok(Ok(Some(data))) = timeout(wait, next_bytes(&mut read)).await {
        wait = patience.idle;
        pulse.beats.store(true, Ordering::Relaxed);
        if data == PONG {
            pulse.answers.store(true, Ordering::Relaxed);
        }
        if heard.send(Heard::Bytes { connection, data }).await.is_err() {
            return;
        }
    }
}

thread_local! {
    /// One buffer for all connections of a thread: a thousand phones that say nothing hold none.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ].into());
}

/// What came; `None` at the end of the stream.
async fn next_bytes(read: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Bytes>> {
    poll_fn(|cx| SCRATCH.with_borrow_mut(|scratch| poll_bytes(Pin::new(&mut *read), cx, scratch))).await
}

fn poll_bytes(
    read: Pin<&mut impl AsyncRead>,
    cx: &mut Context<'_>,
    scratch: &mut [u8],
) -> Poll<io::Result<Option<Bytes>>> {
    let mut buffer = ReadBuf::new(scratch);
    read.poll_read(cx, &mut buffer).map_ok(|()| {
        let filled = buffer.filled();
        (!filled.is_empty()).then(|| Bytes::copy_from_slice(filled))
    })
}

struct Writer<W> {
    write: W,
    outbox: Outbox,
    patience: Patience,
    pulse: Arc<Pulse>,
    ours: bool,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    async fn run(mut self, connection: u64, heard: mpsc::Sender<Heard>) {
        let given_up = self.outbox.given_up();
        let lost = tokio::select! {
            lost = self.write_all() => lost,
            () = given_up => false,
        };
        if lost {
            // The reader may never notice: a peer that is switched off does not say so.
            let _ = heard.send(Heard::Closed { connection }).await;
        }
    }

    /// Writes until there is nothing more. True if the peer was lost before.
    async fn write_all(&mut self) -> bool {
        let mut pinged = false;
        loop {
            let quiet = if pinged { self.patience.pong } else { self.patience.keepalive };
            let next = match self.ours {
                true => timeout(quiet, self.outbox.next()).await,
                false => Ok(self.outbox.next().await),
            };
            let length = match next {
                Ok(Some(data)) => match self.write(&data).await {
                    true => data.len(),
                    false => return true,
                },
                Ok(None) => break,
                Err(_) if pinged => {
                    if self.is_dead() {
                        return true;
                    }
                    pinged = false;
                    continue;
                }
                Err(_) => {
                    self.pulse.beats.store(false, Ordering::Relaxed);
                    pinged = true;
                    match self.write(PING).await {
                        true => continue,
                        false => return true,
                    }
                }
            };
            self.outbox.written(length);
        }
        let _ = timeout(self.patience.write, self.write.shutdown()).await;
        false
    }

    /// True if it used to answer and does not any more.
    fn is_dead(&self) -> bool {
        self.pulse.answers.load(Ordering::Relaxed) && !self.pulse.beats.load(Ordering::Relaxed)
    }

    async fn write(&mut self, data: &[u8]) -> bool {
        let write = async {
            self.write.write_all(data).await?;
            // A TLS stream may hold back what it took.
            self.write.flush().await
        };
        matches!(timeout(self.patience.write, write).await, Ok(Ok(())))
    }
}
