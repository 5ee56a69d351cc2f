//! A mail server that keeps everything in a Maildir: the far end of the demo. It is the real session machine with an open door, so it
//! listens on loopback only.
//!
//! A message is written to `tmp`, made durable, moved to `new`, and the move is made durable; only then does the client hear `250`. A
//! reader of the Maildir never sees half a message.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Pii;
use model::time::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::inbound::{Access, AuthVerdict, Config, RecipientVerdict, StoreVerdict, Submission};
use crate::io::{Handler, Limits, serve as serve_smtp};

/// Largest message the sink takes: above what the appliance itself takes, with base64 around it.
const MAX_MESSAGE: usize = 160 * 1024 * 1024;

/// Serves `listener` into the Maildir at `dir` until `stop` says true.
///
/// # Errors
/// The listener is not on loopback, or the folders cannot be made.
pub async fn serve(listener: TcpListener, dir: &Path, clock: Clock, stop: watch::Receiver<bool>) -> io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() {
        return Err(io::Error::other("the sink takes anybody's mail and listens on loopback only"));
    }
    let sink = Arc::new(Sink(Arc::new(Maildir::open(dir, clock)?)));
    let config = Config { hostname: "sink.localhost".to_owned(), max_message: MAX_MESSAGE, access: Access::Open };
    serve_smtp(listener, config, sink, clock, Limits::default(), stop).await;
    Ok(())
}

/// Takes everything.
struct Sink(Arc<Maildir>);

impl Handler for Sink {
    async fn check_auth(&self, _: Pii<IpAddr>, _: Pii<String>, _: Pii<String>) -> AuthVerdict {
        AuthVerdict::Refuse
    }

    async fn check_recipient(&self, _: Option<String>, _: Pii<String>) -> RecipientVerdict {
        RecipientVerdict::Accept
    }

    async fn deliver(&self, submission: Submission) -> Result<(), StoreVerdict> {
        let maildir = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || maildir.keep(&submission)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if error.kind() == io::ErrorKind::StorageFull => Err(StoreVerdict::Full),
            Ok(Err(_)) | Err(_) => Err(StoreVerdict::Failed),
        }
    }
}

/// A Maildir that is written to.
struct Maildir {
    dir: PathBuf,
    clock: Clock,
    count: AtomicU64,
}

impl Maildir {
    fn open(dir: &Path, clock: Clock) -> io::Result<Self> {
        for folder in ["tmp", "new", "cur"] {
            fs::create_dir_all(dir.join(folder))?;
        }
        Ok(Self { dir: dir.to_owned(), clock, count: AtomicU64::new(0) })
    }

    fn keep(&self, submission: &Submission) -> io::Result<()> {
        let name = self.unique_name();
        let (tmp, new) = (self.dir.join("tmp").join(&name), self.dir.join("new"));
        let written = write(&tmp, submission).and_then(|()| fs::rename(&tmp, new.join(&name)));
        if written.is_err() {
            let _ = fs::remove_file(&tmp);
        }
        written?;
        File::open(new)?.sync_all()
    }

    /// Time, process and count: no two alike on this machine.
    fn unique_name(&self) -> String {
        let millis = self.clock.now().wall.millis();
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{}.M{:06}P{}Q{count}.sink", millis / 1000, millis % 1000 * 1000, std::process::id())
    }
}

/// The envelope goes on top, as final delivery does it (RFC 5321, 4.4).
fn write(path: &Path, submission: &Submission) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(path)?;
    write!(file, "Return-Path: <{}>\r\n", submission.from.expose())?;
    for recipient in &submission.recipients {
        write!(file, "Delivered-To: {}\r\n", recipient.expose())?;
    }
    file.write_all(submission.body.expose())?;
    file.sync_all()
}
