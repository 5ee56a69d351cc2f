//! The database file: how connections are opened, what its errors mean, and the few that read.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

use crate::calls;
use crate::effect::StoreError;
use crate::keys::Secret;
use crate::threads::Threads;

/// The database, in the store's folder.
pub(crate) const FILE: &str = "store.db";

/// Whether there is a database in this file. An empty one is what a first start leaves that ended before the first table; no key has sealed
/// anything yet.
pub(crate) fn has_tables(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|meta| meta.len() > 0)
}

/// Opens the one connection that writes, and brings the tables up to date.
pub(crate) async fn open_writer(file: &Path, key: &Secret) -> Result<SqliteConnection, StoreError> {
    let options = options(file, key)
        .journal_mode(SqliteJournalMode::Wal)
        // In WAL mode FULL is one fsync of the log at each commit, before COMMIT returns (sqlite.org/pragma.html#pragma_synchronous).
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Zeroes a deleted wrapped key in its page, which is written anyway: that is what makes its body unreadable for good.
        .pragma("secure_delete", "FAST")
        // After a large mail the log shrinks again.
        .pragma("journal_size_limit", LOG_BYTES);
    let mut connection = options.connect().await.map_err(at_open)?;
    MIGRATIONS.run(&mut connection).await.map_err(|e| match e {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
            StoreError::Broken("the store was written by a newer version".to_owned())
        }
        MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => at_open(e),
        other => StoreError::Broken(format!("the tables cannot be brought up to date: {other}")),
    })?;
    calls::fold_parties(&mut connection).await?;
    Ok(connection)
}

/// The connections that read. A reader sees what was committed when its statement began, and never waits for the writer.
pub(crate) struct Readers {
    free: Mutex<Vec<SqliteConnection>>,
    permits: Semaphore,
}

/// One of them, given back when dropped.
pub(crate) struct Reader<'a> {
    readers: &'a Readers,
    connection: Option<SqliteConnection>,
    _permit: SemaphorePermit<'a>,
}

impl Readers {
    /// Opens them. The writer must be open already: it makes the file and its log.
    pub(crate) async fn open(file: &Path, key: &Secret) -> Result<Self, StoreError> {
        let options = options(file, key).read_only(true).pragma("query_only", "ON");
        let mut free = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            free.push(options.connect().await.map_err(at_open)?);
        }
        Ok(Self { free: Mutex::new(free), permits: Semaphore::new(READERS) })
    }

    /// Closes those that are not lent. A connection that is only dropped closes some time later, in a thread of its own ([`Threads`]).
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        let free = std::mem::take(&mut *self.free.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in free {
            connection.close().await?;
        }
        Ok(())
    }

    /// Waits for a free one.
    pub(crate) async fn one(&self) -> Result<Reader<'_>, StoreError> {
        let closed = || StoreError::Broken("the readers are gone".to_owned());
        let permit = self.permits.acquire().await.map_err(|_| closed())?;
        let connection = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop().ok_or_else(closed)?;
        Ok(Reader { readers: self, connection: Some(connection), _permit: permit })
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

impl Deref for Reader<'_> {
    type Target = SqliteConnection;
    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("it is taken only by drop")
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("it is taken only by drop")
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(e) => {
                let code = e.code().and_then(|c| c.parse::<i32>().ok()).unwrap_or(0);
                match code {
                    _ if is_full(code) => Self::Full,
                    // It may be the way to the disk and not what lies there, so whoever writes goes on trying.
                    _ if is_damaged(code) => Self::Broken(DAMAGED.to_owned()),
                    _ => Self::Broken(format!("SQLite error {code}: {}", e.message())),
                }
            }
            // The text of a decoding error may quote the value, which may be personal; the column is enough.
            sqlx::Error::ColumnDecode { index, .. } => Self::Broken(format!("a row cannot be read: column {index}")),
            sqlx::Error::ColumnNotFound(column) => Self::Broken(format!("a row cannot be read: no column {column}")),
            sqlx::Error::WorkerCrashed => Self::Broken("the database thread ended".to_owned()),
            sqlx::Error::Io(e) => Self::Broken(format!("the database file: {e}")),
            _ => Self::Broken("the database could not be used".to_owned()),
        }
    }
}

/// True for the codes that mean "no room". SQLite itself knows ENOSPC only (as SQLITE_FULL); a quota, a file size limit and the
/// index of the log come as I/O errors of a write. For the caller they mean the same: not accepted, try later.
fn is_full(code: i32) -> bool {
    const FULL: i32 = 13;
    const IOERR_WRITE: i32 = 10 | 3 << 8;
    const IOERR_SHMSIZE: i32 = 10 | 19 << 8;
    matches!(code, FULL | IOERR_WRITE | IOERR_SHMSIZE)
}

/// What whoever reads the page of a store that cannot be opened is told of that.
const DAMAGED: &str = "its database is damaged. Change nothing in that folder, and have the disk looked at by whoever looks after this computer";

/// True for the codes that say that what was read is not what was written (SQLITE_CORRUPT, and what it is said of).
fn is_damaged(code: i32) -> bool {
    const CORRUPT: i32 = 11;
    code & 0xff == CORRUPT
}

fn options(file: &Path, key: &Secret) -> SqliteConnectOptions {
    let mut raw = Zeroizing::new(String::with_capacity(70));
    raw.push_str("\"x'");
    for byte in key.bytes() {
        for nibble in [byte >> 4, byte & 15] {
            raw.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    raw.push_str("'\"");
    let threads = Threads::name_for(file);
    SqliteConnectOptions::new()
        .filename(file)
        // A raw key: no derivation at each open (sqlx sends it before any other statement).
        .pragma("key", raw.to_string())
        .busy_timeout(BUSY)
        // Sorting must not spill plain rows into a temporary file.
        .pragma("temp_store", "MEMORY")
        .statement_cache_capacity(STATEMENTS)
        .thread_name(move |_| threads.clone())
        // The log of statements would hold the key.
        .disable_statement_logging()
}

fn at_open(error: sqlx::Error) -> StoreError {
    const NOTADB: &str = "26";
    match &error {
        sqlx::Error::Database(e) if e.code().as_deref() == Some(NOTADB) => StoreError::Broken(
            "the database does not open with its key: it is damaged or belongs to other keys".to_owned(),
        ),
        _ => error.into(),
    }
}

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Readers: the console's page, a fax's pages, a mail's body at once; more would only fill memory with caches.
const READERS: usize = 4;
/// How long SQLite waits for a lock. Only a checkpoint or a backup tool can hold one.
const BUSY: Duration = Duration::from_secs(5);
/// Prepared statements kept per connection: more than there are in this crate.
const STATEMENTS: usize = 200;
/// What the log keeps of the disk after a checkpoint, in bytes: some seconds of a busy clinic.
const LOG_BYTES: &str = "16777216";

#[cfg(test)]
mod tests {
    use crate::keys::{KeyChain, RootKey};

    use super::*;

    /// Whatever this program, or one that has the key, asks of the database.
    #[tokio::test]
    async fn what_the_record_of_a_call_says_stays_as_it_was_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let keys = KeyChain::open(dir.path(), &RootKey::from_bytes([7; 32]), true).expect("new keys");
        let (file, key) = (dir.path().join(FILE), keys.database().expect("a key"));
        let empty = options(&file, key).create_if_missing(true).connect().await.expect("a database");
        empty.close().await.expect("closed");
        let mut writer = open_writer(&file, key).await.expect("up to date");
        let columns = "(id, started, answered, taken, missed, record, parties)";
        let mut asked = async |sql: String| sqlx::raw_sql(&sql).execute(&mut writer).await;
        asked(format!("INSERT INTO calls {columns} VALUES ('1', 1, 5, 5, 0, 'said', 'ann')")).await.expect("written");
        asked("INSERT INTO queue_waits VALUES ('1', 0, 'desk', 1, 4, 'taken')".to_owned()).await.expect("written");
        for refused in [
            "UPDATE calls SET record = '{}'",
            "UPDATE calls SET started = 2",
            "UPDATE calls SET answered = NULL, parties = ''",
            "UPDATE calls SET taken = 6",
            "UPDATE calls SET missed = 1",
            "UPDATE calls SET id = '2'",
            "DELETE FROM calls",
            "UPDATE queue_waits SET millis = 0",
            "DELETE FROM queue_waits",
        ] {
            let error = asked(refused.to_owned()).await.expect_err(refused);
            assert!(error.to_string().contains("the record of a call is never changed"), "{refused}: {error}");
        }
        for again in ["INSERT OR REPLACE", "INSERT OR IGNORE"] {
            asked(format!("{again} INTO calls {columns} VALUES ('1', 2, 6, 6, 1, '', '')")).await.expect(again);
            asked(format!("{again} INTO queue_waits VALUES ('1', 0, 'desk', 1, 9, 'left')")).await.expect(again);
        }
        asked("UPDATE calls SET parties = 'o'".to_owned()).await.expect("by what it is found may change");
        let row: (i64, i64, String, String, i64) = sqlx::query_as(
            "SELECT started, taken, record, parties, millis FROM calls JOIN queue_waits ON call = calls.id",
        )
        .fetch_one(&mut writer)
        .await
        .expect("read");
        assert_eq!(row, (1, 5, "said".to_owned(), "o".to_owned(), 4));
    }

    /// A folder of schema 78 is brought up to date as a start does it.
    #[tokio::test]
    async fn a_call_of_an_earlier_release_is_found_by_a_name_in_any_letters() {
        let dir = tempfile::tempdir().expect("a folder");
        let keys = KeyChain::open(dir.path(), &RootKey::from_bytes([7; 32]), true).expect("new keys");
        let (file, key) = (dir.path().join(FILE), keys.database().expect("a key"));
        let mut earlier = options(&file, key).create_if_missing(true).connect().await.expect("a database");
        let migrations = MIGRATIONS.iter().filter(|migration| migration.version <= 78).cloned().collect();
        Migrator { migrations, ..Migrator::DEFAULT }.run(&mut earlier).await.expect("schema 78");
        for (id, name) in [("1", "\u{d6}ZG\u{dc}R \u{141}ukasz"), ("2", "Ann")] {
            let record =
                format!(r#"{{"from":{{"name":"{name}","number":{{"E164":"+12025550144"}}}},"to":{{"name":""}}}}"#);
            let insert = "INSERT INTO calls (id, started, answered, missed, record) VALUES (?, 1, 5, 0, ?)";
            sqlx::query(insert).bind(id).bind(record).execute(&mut earlier).await.expect("a call");
        }
        earlier.close().await.expect("closed");
        for _ in 0..2 {
            let mut now = open_writer(&file, key).await.expect("up to date");
            let calls: Vec<(String, String, i64)> = sqlx::query_as("SELECT id, parties, taken FROM calls ORDER BY id")
                .fetch_all(&mut now)
                .await
                .expect("read");
            let of = |id: &str, name: &str| (id.to_owned(), format!("{name}\n+12025550144\n\n"), 5);
            assert_eq!(calls, [of("1", "\u{f6}zg\u{fc}r \u{142}ukasz"), of("2", "ann")]);
            now.close().await.expect("closed");
        }
    }
}
