//! The one writer: group commit.
//!
//! Promise: a verb is answered only when it is durable (COMMIT, which ends with one fsync of the log), or when nothing of it
//! happened. All verbs that wait while one commit runs go into the next one together, so a burst costs few fsyncs and a lone verb
//! waits for nobody. Inside the transaction each verb of several has a savepoint: one that fails takes nothing of the others with it.
//!
//! When the disk is full SQLite may throw away the whole transaction; then each verb of the group is tried again alone, so that a
//! large one cannot take the small ones down. A verb that panics is a fault of ours in one call, fax or mail: nothing of it happened, and the others of
//! its group are tried again alone, too. After any failure the writer goes on: with room again, verbs work again.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use model::Random;
use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::db::Readers;
use crate::effect::StoreError;
use crate::keys::KeyChain;
use crate::messages::Packer;
use crate::room::Room;
use crate::verbs::{self, Answer, Tx, Verb};

/// A verb that waits, and who waits for it.
pub(crate) struct Request {
    pub(crate) verb: Verb,
    pub(crate) answer: oneshot::Sender<Result<Answer, StoreError>>,
    /// Its share of the memory that large verbs may hold, if it is one; held until it is answered.
    pub(crate) large: Option<OwnedSemaphorePermit>,
}

/// See the module.
pub(crate) struct Writer {
    pub(crate) conn: SqliteConnection,
    /// Only to close them at the end.
    pub(crate) readers: Arc<Readers>,
    pub(crate) keys: Arc<KeyChain>,
    pub(crate) random: Random,
    pub(crate) room: Room,
    pub(crate) packer: Packer,
    pub(crate) counters: Arc<Counters>,
}

/// What the writer did since the start.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) verbs: AtomicU64,
    pub(crate) commits: AtomicU64,
}

/// Why a transaction as a whole is gone.
enum Lost {
    Failed(StoreError),
    /// A verb panicked.
    Fault,
}

impl Lost {
    /// One verb may be to blame, and the others none the worse for it.
    const fn is_of_one(&self) -> bool {
        matches!(self, Self::Failed(StoreError::Full) | Self::Fault)
    }

    fn into_error(self) -> StoreError {
        match self {
            Self::Failed(why) => why,
            Self::Fault => StoreError::Broken("a fault of the store itself".to_owned()),
        }
    }
}

impl Writer {
    /// Works until every sender is gone and the queue is empty.
    pub(crate) async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut group = Vec::with_capacity(GROUP);
        while requests.recv_many(&mut group, GROUP).await > 0 {
            self.perform_group(&mut group).await;
        }
        // The last connection folds the log into the file, if it may write: so this one comes after the readers. If it cannot, the next
        // start does.
        let readers = self.readers.close().await;
        if let Err(error) = readers.and(self.conn.close().await.map_err(StoreError::from)) {
            tracing::warn!(%error, "the database was not closed in order");
        }
    }

    async fn perform_group(&mut self, group: &mut Vec<Request>) {
        match self.transaction(group).await {
            Ok(answers) => answer_all(group, answers),
            Err(lost) if lost.is_of_one() && group.len() > 1 => {
                for request in std::mem::take(group) {
                    let mut alone = vec![request];
                    match self.transaction(&alone).await {
                        Ok(answers) => answer_all(&mut alone, answers),
                        Err(lost) => answer_lost(&mut alone, &lost.into_error()),
                    }
                }
            }
            Err(lost) => answer_lost(group, &lost.into_error()),
        }
    }

    /// Performs a group in one transaction. On [`Lost`] nothing of any of them happened.
    async fn transaction(&mut self, group: &[Request]) -> Result<Vec<Result<Answer, StoreError>>, Lost> {
        let result = caught(self.attempt(group)).await.unwrap_or(Err(Lost::Fault));
        match &result {
            Ok(answers) => {
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                self.counters.verbs.fetch_add(answers.len() as u64, Ordering::Relaxed);
            }
            Err(lost) => {
                match lost {
                    Lost::Failed(why) => tracing::error!(%why, verbs = group.len(), "a transaction failed"),
                    Lost::Fault => tracing::error!(verbs = group.len(), "a transaction panicked"),
                }
                // Fails if SQLite has rolled back by itself; either way none is open afterwards.
                let _ = self.execute("ROLLBACK").await;
            }
        }
        result
    }

    async fn attempt(&mut self, group: &[Request]) -> Result<Vec<Result<Answer, StoreError>>, Lost> {
        if let [alone] = group {
            self.execute("BEGIN IMMEDIATE").await.map_err(Lost::Failed)?;
            // It needs no savepoint: the transaction is its own.
            let answer = self.perform(&alone.verb).await;
            let end = if answer.is_ok() { "COMMIT" } else { "ROLLBACK" };
            return match (self.execute(end).await, answer) {
                (Err(why), Ok(_)) => Err(Lost::Failed(why)),
                // SQLite may have rolled back by itself, for the reason that the verb met.
                (_, answer) => Ok(vec![answer]),
            };
        }
        // What begins and ends a verb is one order: each order wakes the database's thread, and then this one.
        self.execute("BEGIN IMMEDIATE; SAVEPOINT verb").await.map_err(Lost::Failed)?;
        let mut answers = Vec::with_capacity(group.len());
        for request in group {
            if !answers.is_empty() {
                self.execute("RELEASE verb; SAVEPOINT verb").await.map_err(Lost::Failed)?;
            }
            let answer = self.perform(&request.verb).await;
            if let Err(why) = &answer {
                // Without the savepoint SQLite has rolled back everything, for the reason that the verb met.
                self.execute("ROLLBACK TO verb").await.map_err(|_| Lost::Failed(why.clone()))?;
            }
            answers.push(answer);
        }
        self.execute("RELEASE verb; COMMIT").await.map_err(Lost::Failed)?;
        Ok(answers)
    }

    async fn perform(&mut self, verb: &Verb) -> Result<Answer, StoreError> {
        let Self { conn, keys, random, room, packer, .. } = self;
        let mut tx = Tx { conn, keys, random, room, packer };
        verbs::perform(&mut tx, verb).await
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), StoreError> {
        sqlx::query(sql).execute(&mut self.conn).await?;
        Ok(())
    }
}

/// `None` if it panics.
async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Some),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Whoever no longer waits (a closed session) gets no answer; the verb stays done.
fn answer_all(group: &mut Vec<Request>, answers: Vec<Result<Answer, StoreError>>) {
    for (request, answer) in group.drain(..).zip(answers) {
        drop(request.large);
        let _ = request.answer.send(answer);
    }
}

fn answer_lost(group: &mut Vec<Request>, why: &StoreError) {
    for request in group.drain(..) {
        drop(request.large);
        let _ = request.answer.send(Err(why.clone()));
    }
}

/// Verbs in one transaction: enough to make fsyncs rare in any burst, few enough that the first of a group is not kept waiting
/// by the work of the others.
const GROUP: usize = 128;
