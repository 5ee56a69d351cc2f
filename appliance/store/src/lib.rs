//! The store: everything that must survive, sealed. No SQL leaves this crate, and no business rule enters it.
//!
//! Promises:
//! - **Durable before answered.** [`Store::perform`] returns when the effect is on the disk (fsync), or when nothing of it happened.
//!   There is no third case that a caller could see; after a crash an effect without an answer happened whole or not at all.
//! - **One writer.** Effects that wait go into one transaction together (group commit). Readers never wait for it.
//! - **Sealed.** The database file is encrypted as a whole (SQLCipher), and every body in it once more with a key of its own.
//!   Nothing personal lies on the disk in plain, also not in the log or in temporary files.
//! - **Audited.** What a person or the box did with a fax, a mail, a secret or the settings is a line of a hash chain, written in the
//!   same transaction.
//!
//! Failures are decisions for the caller: see [`StoreError`]. Every operation can fail with [`StoreError::Broken`] (the log should
//! say why, a person should look) and every one that writes with [`StoreError::Full`] (not accepted; it works again with room). What
//! is new (a fax, a mail, a reception) is refused a little earlier than the rest, so that what was begun can be finished.
//!
//! The lifeline capsule ([`lifeline`]) lies beside the database and needs no key: emergency calls work while the store is locked.

mod alerts;
mod audit;
mod blobs;
mod callbacks;
mod calls;
mod codec;
mod db;
mod defence;
pub mod effect;
mod faxes;
mod files;
mod keys;
pub mod lifeline;
mod mails;
mod messages;
mod missed;
mod outbox;
mod people;
mod plans;
mod prompts;
mod purge;
mod recordings;
mod room;
pub mod rows;
mod sessions;
mod settings;
mod staff;
mod switches;
#[cfg(test)]
mod testing;
mod threads;
mod tokens;
mod trunks;
mod verbs;
mod voicemails;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use model::Random;
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit, mpsc, oneshot};

pub use crate::alerts::Alerts;
pub use crate::audit::{Audit, AuditCheck, BOX};
pub use crate::calls::{Calls, MAX_HOURS};
pub use crate::effect::{Done, Effect, StoreError};
pub use crate::faxes::Faxes;
pub use crate::keys::RootKey;
pub use crate::lifeline::Capsule;
pub use crate::mails::Mails;
pub use crate::missed::{MissedCalls, MissedRow};
pub use crate::people::{HASHES, People, SipSecret, Ways};
pub use crate::plans::{MAX_PLANS, PlanRow, Plans};
pub use crate::prompts::{PromptRow, Prompts};
pub use crate::recordings::{Recordings, Voices};
pub use crate::sessions::{NewSession, SessionRow, Sessions};
pub use crate::settings::{MAX_GENERATIONS, SettingsPart};
pub use crate::tokens::{TokenKind, Tokens};
pub use crate::trunks::{TrunkSecret, Trunks};
pub use crate::voicemails::{MAX_MESSAGES, UNDO_DAYS, Voicemails};

use crate::db::{Reader, Readers};
use crate::keys::KeyChain;
use crate::room::Room;
use crate::threads::Threads;
use crate::verbs::{Answer, Read, Verb};
use crate::writer::{Counters, Request, Writer};

/// The store. A handle: clones are cheap and mean the same store, and each part that it hands out is one too. When the last is
/// dropped, what waits is still written, and the drop waits for that.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    readers: Arc<Readers>,
    keys: Arc<KeyChain>,
    counters: Arc<Counters>,
    /// KiB that large verbs may still hold together.
    large: Arc<Semaphore>,
    hashing: Semaphore,
    runtime: Handle,
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
    /// After the connections.
    _threads: Threads,
    /// Two programs on one store would break the order of the audit; the lock ends with the process, however it ends.
    _lock: File,
}

/// What the writer did since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Effects and orders, also those that failed by themselves.
    pub verbs: u64,
    /// Transactions, each with one fsync of the log.
    pub commits: u64,
}

impl Store {
    /// Opens the store in `dir` with its root key; makes both folder and store at the first use. Works from any runtime: the store
    /// has a thread of its own.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`]. [`StoreError::Broken`] with words for the log: another process has it open, a file is damaged or missing, a newer
    /// version wrote it. [`StoreError::Full`].
    pub async fn open(dir: &Path, root: RootKey) -> Result<Self, StoreError> {
        let (thread, opened) = start(dir.to_owned(), root)?;
        finish_open(thread, opened.await)
    }

    /// Whether [`Store::open`] would make a new store in `dir`: nothing is sealed there yet, and any key will do.
    pub fn is_new(dir: &Path) -> bool {
        !db::has_tables(&dir.join(db::FILE)) && !KeyChain::exists(dir)
    }

    /// [`Store::open`] for a thread that may block and is in no runtime.
    ///
    /// # Errors
    /// See [`Store::open`].
    pub fn open_blocking(dir: &Path, root: RootKey) -> Result<Self, StoreError> {
        let (thread, opened) = start(dir.to_owned(), root)?;
        finish_open(thread, opened.blocking_recv())
    }

    /// Performs an effect. It takes its place when the future is first polled: effects happen in the order of their first polls. One
    /// that reads has no place; it sees what was answered before. If the future is dropped after its first poll, the effect may
    /// still happen.
    ///
    /// # Errors
    /// Nothing of the effect happened, see [`StoreError`].
    pub async fn perform(&self, effect: Effect) -> Result<Done, StoreError> {
        match &effect {
            Effect::CheckPin { mailbox, pin, at } => {
                return voicemails::check_pin(self, mailbox, pin, *at).await.map(Done::Pin);
            }
            Effect::SetPin { mailbox, pin, by, at } => {
                return voicemails::set_pin(self, mailbox, pin, by, *at).await.map(|()| Done::Ok);
            }
            _ => {}
        }
        if let Some(read) = Read::of(&effect) {
            return read.perform(&mut *self.reader().await?, self.keys()).await;
        }
        match self.write(Verb::Effect(effect)).await? {
            Answer::Done(done) => Ok(done),
            other => Err(StoreError::Broken(format!("an answer of the wrong kind: {other:?}"))),
        }
    }

    /// [`Store::perform`] for a thread that may block and is in no runtime: the same code, for simulations and tools.
    ///
    /// # Errors
    /// See [`Store::perform`].
    pub fn perform_blocking(&self, effect: Effect) -> Result<Done, StoreError> {
        self.wait(self.perform(effect))
    }

    /// Waits for any of the store's futures on a thread that may block and is in no runtime.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.0.runtime.block_on(future)
    }

    /// Bounds the database file, in bytes (`None`: by the disk only). An effect that does not fit fails with [`StoreError::Full`];
    /// what is there already stays. Not kept over a restart.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn limit_size(&self, bytes: Option<u64>) -> Result<(), StoreError> {
        self.write(Verb::Limit(bytes)).await.map(|_| ())
    }

    /// Wraps all keys by a new root key. When this returns the old one opens the store no more; no body is written again.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Broken`]: the old root key still holds.
    pub async fn rotate_root(&self, new: RootKey) -> Result<(), StoreError> {
        let keys = Arc::clone(&self.0.keys);
        let done = self.0.runtime.spawn_blocking(move || keys.write(&new)).await;
        done.map_err(|_| StoreError::Broken("the key file could not be written".to_owned()))?
    }

    /// What the writer did since the start.
    pub fn stats(&self) -> Stats {
        let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Stats { verbs: load(&self.0.counters.verbs), commits: load(&self.0.counters.commits) }
    }

    /// Faxes, to read.
    pub fn faxes(&self) -> Faxes {
        Faxes(self.clone())
    }

    /// Call records, to read.
    pub fn calls(&self) -> Calls {
        Calls(self.clone())
    }

    /// Calls that nobody took, to read.
    pub fn missed_calls(&self) -> MissedCalls {
        MissedCalls(self.clone())
    }

    /// Mails, to read.
    pub fn mails(&self) -> Mails {
        Mails(self.clone())
    }

    /// Messages that callers left, to read.
    pub fn voicemails(&self) -> Voicemails {
        Voicemails(self.clone())
    }

    /// Recordings of calls, to read.
    pub fn recordings(&self) -> Recordings {
        Recordings(self.clone())
    }

    /// Staff alerts, to read.
    pub fn alerts(&self) -> Alerts {
        Alerts(self.clone())
    }

    /// Secrets of trunks.
    pub fn trunks(&self) -> Trunks {
        Trunks(self.clone())
    }

    /// Secrets of people.
    pub fn people(&self) -> People {
        People(self.clone())
    }

    /// The dial plans that went live.
    pub fn plans(&self) -> Plans {
        Plans(self.clone())
    }

    /// What the clinic has recorded for its callers, to read.
    pub fn prompts(&self) -> Prompts {
        Prompts(self.clone())
    }

    /// The settings.
    pub fn settings(&self) -> SettingsPart {
        SettingsPart(self.clone())
    }

    /// Login links, API tokens.
    pub fn tokens(&self) -> Tokens {
        Tokens(self.clone())
    }

    /// Who is signed in at the console.
    pub fn sessions(&self) -> Sessions {
        Sessions(self.clone())
    }

    /// The audit, to read and to check.
    pub fn audit(&self) -> Audit {
        Audit(self.clone())
    }

    /// Hands a verb to the writer and waits until it is durable.
    pub(crate) async fn write(&self, verb: Verb) -> Result<Answer, StoreError> {
        let gone = || StoreError::Broken("the writer has ended".to_owned());
        let large = self.room_for_large(&verb)?;
        let (answer, answered) = oneshot::channel();
        // Nothing is awaited before the verb is in the queue: that is what keeps the order. Waiting for a place instead would only
        // move verbs out of this queue into one without order.
        let requests = self.0.requests.as_ref().ok_or_else(gone)?;
        requests.try_send(Request { verb, answer, large }).map_err(|e| match e {
            TrySendError::Full(_) => StoreError::Full,
            TrySendError::Closed(_) => gone(),
        })?;
        answered.await.map_err(|_| gone())?
    }

    /// What a large verb takes of the memory that large ones may hold together; small ones are never refused for it.
    fn room_for_large(&self, verb: &Verb) -> Result<Option<OwnedSemaphorePermit>, StoreError> {
        let size = verb.size();
        if size < LARGE {
            return Ok(None);
        }
        // One that is larger than all the room takes all of it.
        let share = u32::try_from(size / 1024).unwrap_or(u32::MAX).min(ROOM_KIB);
        Arc::clone(&self.0.large).try_acquire_many_owned(share).map(Some).map_err(|_| StoreError::Full)
    }

    pub(crate) async fn reader(&self) -> Result<Reader<'_>, StoreError> {
        self.0.readers.one().await
    }

    pub(crate) fn keys(&self) -> &KeyChain {
        &self.0.keys
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.0.runtime
    }

    pub(crate) async fn hashing_turn(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.0.hashing.acquire().await
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // No sender is left, so the writer ends after what waits. Waiting for it means that the lock is free when this returns.
        self.requests = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the writer ended by a panic");
        }
    }
}

type Opened = oneshot::Receiver<Result<Inner, StoreError>>;

/// Starts the store's thread: it opens the database and then is the writer.
fn start(dir: PathBuf, root: RootKey) -> Result<(JoinHandle<()>, Opened), StoreError> {
    let (answer, opened) = oneshot::channel();
    let run = move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().build() {
            Ok(runtime) => runtime,
            Err(e) => return drop(answer.send(Err(StoreError::Broken(format!("no runtime: {e}"))))),
        };
        runtime.block_on(async {
            match open_parts(&dir, &root).await {
                Ok((inner, writer, requests)) => {
                    // Without the root key from here on: the keys that it wraps are enough.
                    drop(root);
                    match answer.send(Ok(inner)) {
                        Ok(()) => writer.run(requests).await,
                        Err(nobody_waits) => {
                            drop(writer);
                            drop(nobody_waits);
                        }
                    }
                }
                Err(e) => drop(answer.send(Err(e))),
            }
        });
    };
    let thread = std::thread::Builder::new()
        .name("store".to_owned())
        .spawn(run)
        .map_err(|e| StoreError::Broken(format!("no thread for the store: {e}")))?;
    Ok((thread, opened))
}

fn finish_open(
    thread: JoinHandle<()>,
    opened: Result<Result<Inner, StoreError>, oneshot::error::RecvError>,
) -> Result<Store, StoreError> {
    let mut inner = opened.map_err(|_| StoreError::Broken("the store's thread ended".to_owned()))??;
    inner.thread = Some(thread);
    Ok(Store(Arc::new(inner)))
}

async fn open_parts(dir: &Path, root: &RootKey) -> Result<(Inner, Writer, mpsc::Receiver<Request>), StoreError> {
    let failed = |what: &str, e: std::io::Error| StoreError::Broken(format!("{what}: {e}"));
    files::make_folder(dir).map_err(|e| failed("the store's folder", e))?;
    let lock = File::create(dir.join("lock")).map_err(|e| failed("the store's lock", e))?;
    lock.try_lock().map_err(|_| StoreError::Broken("another process has this store open".to_owned()))?;
    let file = dir.join(db::FILE);
    let keys = Arc::new(KeyChain::open(dir, root, !db::has_tables(&file))?);
    files::make_private(&file).map_err(|e| failed("the database file", e))?;
    // Before the connections, so that it goes after them, also where one of them cannot be opened.
    let threads = Threads::of(&file);
    let conn = db::open_writer(&file, keys.database()?).await?;
    let readers = Arc::new(Readers::open(&file, keys.database()?).await?);
    let counters = Arc::new(Counters::default());
    let (requests, queue) = mpsc::channel(QUEUE);
    let random = Random::from_seed(keys::random()?);
    let writer = Writer {
        conn,
        readers: Arc::clone(&readers),
        keys: Arc::clone(&keys),
        random,
        counters: Arc::clone(&counters),
        room: Room::new(dir.to_owned()),
        packer: messages::Packer::default(),
    };
    let inner = Inner {
        readers,
        keys,
        counters,
        large: Arc::new(Semaphore::new(ROOM_KIB as usize)),
        hashing: Semaphore::new(HASHES),
        runtime: Handle::current(),
        requests: Some(requests),
        thread: None,
        _threads: threads,
        _lock: lock,
    };
    Ok((inner, writer, queue))
}

/// Rows that one list gives at most: more than a page shows, few enough that nobody reads the whole store into memory.
pub const MAX_ROWS: usize = 500;
/// Verbs that wait for the writer: half a minute of its work on a slow disk. What comes then is refused as by a full disk, which in
/// effect it is.
const QUEUE: usize = 8192;
/// A verb with this many bytes of bodies counts as large: a long mail or fax, not a page.
const LARGE: usize = 1 << 20;
/// KiB of large verbs that wait for the writer together: two mails of the largest size. More are refused, as above.
const ROOM_KIB: u32 = 256 * 1024;

#[cfg(test)]
mod tests {
    use model::Wall;

    use super::*;
    use crate::effect::NewOutgoing;

    /// Alone, and among others that wait for the writer together.
    #[test]
    fn a_verb_that_panics_has_done_nothing_and_the_others_are_done() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open_blocking(dir.path(), RootKey::from_bytes([7; 32])).expect("a new store");
        let line = |n: u32| {
            let (by, what) = ("101".to_owned(), format!("line_{n}"));
            Verb::Effect(Effect::Audit { by, what, subject: String::new(), at: Wall(0) })
        };
        let is_fault = |answer| matches!(answer, Err(StoreError::Broken(_)));
        assert!(is_fault(store.wait(store.write(Verb::Faulty))));
        let (before, fault, after) =
            store.wait(async { tokio::join!(store.write(line(1)), store.write(Verb::Faulty), store.write(line(2))) });
        assert!(before.is_ok() && is_fault(fault) && after.is_ok());
        let rows = store.wait(store.audit().list(10)).expect("read");
        let mut lines: Vec<_> = rows.into_iter().map(|row| row.what).collect();
        lines.sort();
        assert_eq!(lines, ["line_1", "line_2"]);
    }

    #[test]
    fn large_verbs_share_bounded_memory_and_small_ones_are_never_refused_for_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open_blocking(dir.path(), RootKey::from_bytes([7; 32])).expect("a new store");
        let mail = |bytes: usize| {
            let mail = NewOutgoing {
                id: model::MailId::new(Wall(0), &mut Random::from_u64(1)),
                purpose: model::mail::MailPurpose::Alert,
                from: String::new().into(),
                to: String::new().into(),
                body: vec![0; bytes].into(),
                at: Wall(0),
            };
            Verb::Effect(Effect::QueueMails { mails: vec![mail], outbox: None })
        };
        let hundred = || store.room_for_large(&mail(100 << 20));
        let held = (hundred().expect("room"), hundred().expect("room"));
        assert_eq!(hundred().map(|_| ()), Err(StoreError::Full));
        assert!(matches!(store.room_for_large(&mail(LARGE - 1)), Ok(None)));
        drop(held);
        // Larger than all of it: alone it goes.
        assert!(matches!(store.room_for_large(&mail(300 << 20)), Ok(Some(_))));
    }
}
