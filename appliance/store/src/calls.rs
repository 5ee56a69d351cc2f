//! Records of finished calls, and the registrar's bindings. Both are written in groups, off the call path.

use std::sync::LazyLock;

use model::call::{Binding, CallRecord, Party};
use model::ladder::{Ladder, RefusedMessage};
use model::{CallId, PhoneNumber, Pii, Wall};
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, NEWEST, ROWS, digits_of, escape_like, insert_several, int, to_json};
use crate::effect::{Done, StoreError};
use crate::rows::{CallFilter, QueueStat};
use crate::{Store, messages, missed};

/// Call records, to read.
#[derive(Clone, Debug)]
pub struct Calls(pub(crate) Store);

impl Calls {
    /// The newest records before `before` (from the newest, if none), newest first; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn recent(&self, limit: usize, before: Option<CallId>) -> Result<Vec<CallRecord>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT record FROM calls WHERE id < ? ORDER BY id DESC LIMIT ?")
            .bind(before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string()))
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(|row| Columns(row).json("record")).collect()
    }

    /// The records that were written after that of this call, in the order in which they were; at most [`crate::MAX_ROWS`]. A long call comes after
    /// others that began later.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if it has none, [`StoreError::Broken`].
    pub async fn recorded_after(&self, limit: usize, call: CallId) -> Result<Vec<CallRecord>, StoreError> {
        let mut reader = self.0.reader().await?;
        // Records are only ever added, so SQLite numbers them as they come.
        let place = sqlx::query("SELECT rowid FROM calls WHERE id = ?")
            .bind(call.to_string())
            .fetch_optional(&mut *reader)
            .await?
            .ok_or(StoreError::NotFound)?;
        let rows = sqlx::query("SELECT record FROM calls WHERE rowid > ? ORDER BY rowid LIMIT ?")
            .bind(Columns(&place).int::<i64>("rowid")?)
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(|row| Columns(row).json("record")).collect()
    }

    /// The call whose record was written last.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn last(&self) -> Result<Option<CallId>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT id FROM calls ORDER BY rowid DESC LIMIT 1").fetch_optional(&mut *reader).await?;
        row.map(|row| Columns(&row).id("id")).transpose()
    }

    /// The newest of those that fit, as [`Self::recent`] has them. Where nothing fits, the parties of every call are looked at once.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn list(
        &self,
        filter: &CallFilter,
        limit: usize,
        before: Option<CallId>,
    ) -> Result<Vec<CallRecord>, StoreError> {
        let words = filter.search.as_deref().unwrap_or_default().trim().to_lowercase();
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(LIST)
            .bind(before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string()))
            .bind(filter.missed)
            .bind(&words)
            .bind(format!("%{}%", escape_like(&words)))
            .bind(digits_of(&words).unwrap_or_default())
            .bind(int(limit.min(crate::MAX_ROWS)))
            .bind(filter.since.map(|since| CallId::earliest(since).to_string()).unwrap_or_default())
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(|row| Columns(row).json("record")).collect()
    }

    /// How many calls there were with exactly this number since `since`.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn with_number(&self, number: &PhoneNumber, since: Wall) -> Result<u64, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query(WITH_NUMBER)
            .bind(CallId::earliest(since).to_string())
            .bind(number.as_str().to_lowercase())
            .fetch_one(&mut *reader)
            .await?;
        Columns(&row).int("n")
    }

    /// One record.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn get(&self, id: CallId) -> Result<Option<CallRecord>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT record FROM calls WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *reader)
            .await?;
        row.map(|row| Columns(&row).json("record")).transpose()
    }

    /// The messages of a call, if they are kept.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn ladder(&self, id: CallId) -> Result<Option<Ladder>, StoreError> {
        let mut reader = self.0.reader().await?;
        messages::ladder(&mut reader, id).await
    }

    /// What was refused before it could become a call or a registration, newest first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn turned_away(&self, limit: usize) -> Result<Vec<RefusedMessage>, StoreError> {
        let mut reader = self.0.reader().await?;
        messages::turned_away(&mut reader, limit).await
    }

    /// How many calls somebody took, and how many calls to the clinic were missed, in each hour from `from` up to `to`, counted from `from` (give it as the start of
    /// an hour in the clinic's zone). Every hour is there, also the empty ones; at most [`MAX_HOURS`] of them.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn per_hour(&self, from: Wall, to: Wall) -> Result<Vec<(Wall, u32, u32)>, StoreError> {
        let hours = (to.millis_since(from).clamp(0, MAX_HOURS * HOUR) + HOUR - 1) / HOUR;
        let start = |hour: i64| Wall(from.millis().saturating_add(hour * HOUR));
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(
            "SELECT (started - ?1) / ?3 AS hour, count(taken) AS taken, sum(missed) AS missed
             FROM calls WHERE started >= ?1 AND started < ?2 GROUP BY hour",
        )
        .bind(from.millis())
        .bind(to.millis().min(start(hours).millis()))
        .bind(HOUR)
        .fetch_all(&mut *reader)
        .await?;
        let mut table: Vec<(Wall, u32, u32)> = (0..hours).map(|hour| (start(hour), 0, 0)).collect();
        for row in &rows {
            let row = Columns(row);
            if let Some(line) = table.get_mut(row.int::<usize>("hour")?) {
                line.1 = row.int("taken")?;
                line.2 = row.int("missed")?;
            }
        }
        Ok(table)
    }
}

impl Calls {
    /// How callers fared in each queue in which anybody began to wait since `from`, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn per_queue(&self, from: Wall) -> Result<Vec<QueueStat>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(PER_QUEUE).bind(from.millis()).fetch_all(&mut *reader).await?;
        rows.iter()
            .map(|row| {
                let row = Columns(row);
                let (taken, waited): (u64, u64) = (row.int("taken")?, row.int("waited")?);
                Ok(QueueStat {
                    queue: row.text("queue")?,
                    callers: row.int("callers")?,
                    taken,
                    soon: row.int("soon")?,
                    left: row.int("gone")?,
                    called_back: row.int("called_back")?,
                    led_on: row.int("led_on")?,
                    average: waited.checked_div(taken),
                    longest: row.int("longest")?,
                })
            })
            .collect()
    }
}

/// [`crate::effect::Effect::RecordCalls`]. A record that is there already stays as it is: records are immutable.
pub(crate) async fn record(conn: &mut SqliteConnection, records: &[CallRecord]) -> Result<Done, StoreError> {
    for group in records.chunks(ROWS) {
        let mut insert = sqlx::query(if group.len() == 1 { INSERT_ONE } else { &INSERT_SEVERAL });
        for record in group {
            insert = insert
                .bind(record.id.to_string())
                .bind(record.started.millis())
                .bind(record.answered.map(Wall::millis))
                .bind(record.taken().map(Wall::millis))
                .bind(record.is_missed())
                .bind(to_json(record)?)
                .bind(parties(record));
        }
        insert.execute(&mut *conn).await?;
    }
    for record in records {
        for (nth, wait) in record.queued.iter().enumerate() {
            sqlx::query("INSERT INTO queue_waits VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (call, nth) DO NOTHING")
                .bind(record.id.to_string())
                .bind(int(nth))
                .bind(&wait.queue)
                .bind(wait.since.millis())
                .bind(i64::try_from(wait.millis).unwrap_or(i64::MAX))
                .bind(wait.end.word())
                .execute(&mut *conn)
                .await?;
        }
    }
    missed::follow(conn, records).await?;
    Ok(Done::Ok)
}

/// Whom it was between: names and numbers, in small letters, each in a line.
fn parties(record: &CallRecord) -> String {
    let of = |party: &Party| {
        let number = party.number.as_ref().map_or("", PhoneNumber::as_str);
        format!("{}\n{number}", party.name.expose())
    };
    format!("{}\n{}", of(&record.from), of(&record.to)).to_lowercase()
}

/// What a migration could not make small, since SQLite knows the letters of ASCII alone: each is done once, and a start that ends meanwhile
/// leaves all of them for the next.
pub(crate) async fn fold_parties(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut tx = conn.begin().await?;
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT id, parties FROM calls WHERE id IN (SELECT id FROM calls_to_fold)")
            .fetch_all(&mut *tx)
            .await?;
    for (id, parties) in rows {
        sqlx::query("UPDATE calls SET parties = ? WHERE id = ?")
            .bind(parties.to_lowercase())
            .bind(id)
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query("DELETE FROM calls_to_fold").execute(&mut *tx).await?;
    tx.commit().await
}

/// [`crate::effect::Effect::SaveBindings`].
pub(crate) async fn save_bindings(conn: &mut SqliteConnection, bindings: &[Binding]) -> Result<Done, StoreError> {
    sqlx::query("DELETE FROM bindings").execute(&mut *conn).await?;
    for binding in bindings {
        let path: Vec<&str> = binding.path.iter().map(|uri| uri.expose().as_str()).collect();
        sqlx::query(INSERT_BINDING)
            .bind(&binding.user)
            .bind(binding.contact.expose())
            .bind(&binding.flow)
            .bind(&binding.agent)
            .bind(binding.expires.millis())
            .bind(path.join("\n"))
            .bind(&binding.instance)
            .bind(binding.reg_id)
            .bind(binding.priority)
            .bind(&binding.grip)
            .bind(&binding.call_id)
            .bind(binding.cseq)
            .execute(&mut *conn)
            .await?;
    }
    Ok(Done::Ok)
}

/// The bindings as they were saved last.
pub(crate) async fn bindings(conn: &mut SqliteConnection) -> Result<Vec<Binding>, StoreError> {
    let rows = sqlx::query("SELECT * FROM bindings ORDER BY rowid").fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let row = Columns(row);
            Ok(Binding {
                user: row.text("user")?,
                contact: Pii::new(row.text("contact")?),
                flow: row.text("flow")?,
                agent: row.text("agent")?,
                expires: row.wall("expires")?,
                path: row.text("path")?.lines().map(Pii::from).collect(),
                instance: row.text("instance")?,
                reg_id: row.int("reg_id")?,
                priority: row.int("priority")?,
                grip: row.text("grip")?,
                call_id: row.text("call_id")?,
                cseq: row.int("cseq")?,
            })
        })
        .collect()
}

/// What is looked for stands in the index; the records that fit are read, and no others.
const LIST: &str = "SELECT record FROM calls WHERE id IN (
         SELECT id FROM calls INDEXED BY calls_parties WHERE id < ?1 AND id >= ?7 AND (NOT ?2 OR missed)
             AND (?3 = '' OR parties LIKE ?4 ESCAPE '\\' OR (?5 <> '' AND parties LIKE '%' || ?5 || '%'))
         ORDER BY id DESC LIMIT ?6)
     ORDER BY id DESC";
/// Each name and each number stands in a line of its own.
const WITH_NUMBER: &str = "SELECT count(*) AS n FROM calls INDEXED BY calls_parties
     WHERE id >= ?1 AND instr(char(10) || parties || char(10), char(10) || ?2 || char(10)) > 0";
const INSERT_ONE: &str = "INSERT INTO calls (id, started, answered, taken, missed, record, parties) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";
static INSERT_SEVERAL: LazyLock<String> = LazyLock::new(|| {
    insert_several("calls (id, started, answered, taken, missed, record, parties)", 7, "ON CONFLICT (id) DO NOTHING")
});
/// A minute is what people wait before they wonder.
const PER_QUEUE: &str =
    "SELECT queue, count(*) AS callers, sum(end = 'taken') AS taken, sum(end = 'taken' AND millis <= 60000) AS soon,
         sum(end = 'left') AS gone, sum(end = 'called_back') AS called_back, sum(end = 'led_on') AS led_on,
         sum(CASE WHEN end = 'taken' THEN millis ELSE 0 END) AS waited, max(millis) AS longest
     FROM queue_waits WHERE since >= ? GROUP BY queue ORDER BY queue";
/// A URI holds no line break, so the lines of a path are its URIs.
const INSERT_BINDING: &str = "INSERT INTO bindings \
     (user, contact, flow, agent, expires, path, instance, reg_id, priority, grip, call_id, cseq) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const HOUR: i64 = 3_600_000;
/// A year of hours and a bit: the longest time that the console draws.
pub const MAX_HOURS: i64 = 24 * 400;
