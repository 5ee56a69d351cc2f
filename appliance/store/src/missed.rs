//! Calls that nobody took, as work. Those of one number are one piece of it: whoever calls a patient back calls once, however often they tried.

use std::collections::HashMap;

use model::call::{CallRecord, Party, QueueEnd};
use model::fax::Direction;
use model::missed::{MissedMark, MissedState};
use model::{CallId, PhoneNumber, Wall};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::codec::{Columns, NEWEST, int, number_text, to_json};
use crate::effect::{Done, MissedMarking, StoreError};
use crate::{Store, audit};

/// Calls that nobody took, to read.
#[derive(Clone, Debug)]
pub struct MissedCalls(pub(crate) Store);

/// How it stands about one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissedRow {
    /// Which call.
    pub call: CallId,
    /// How far it has come.
    pub state: MissedState,
    /// Who has taken it, marked it as done or called back. Empty while it is open, and of who got through.
    pub by: String,
    /// When.
    pub at: Wall,
    /// The call in which somebody talked with them.
    pub via: Option<CallId>,
}

impl MissedCalls {
    /// How many callers wait to be called back, however often each of them called. Who showed no number is one for each call.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn waiting(&self) -> Result<u64, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query(WAITING).fetch_one(&mut *reader).await?;
        Columns(&row).int("callers")
    }

    /// The newest calls before `before` that wait for a person, newest first; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn list(&self, limit: usize, before: Option<CallId>) -> Result<Vec<CallRecord>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(LIST)
            .bind(before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string()))
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(|row| Columns(row).json("record")).collect()
    }

    /// How it stands about those of these calls that nobody took.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn of(&self, calls: &[CallId]) -> Result<HashMap<CallId, MissedRow>, StoreError> {
        let ids: Vec<String> = calls.iter().map(CallId::to_string).collect();
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT * FROM missed_calls WHERE call IN (SELECT value FROM json_each(?))")
            .bind(to_json(&ids)?)
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(|row| missed(row).map(|missed| (missed.call, missed))).collect()
    }
}

fn missed(row: &SqliteRow) -> Result<MissedRow, StoreError> {
    let row = Columns(row);
    Ok(MissedRow {
        call: row.id("call")?,
        state: row.word("state", MissedState::from_word)?,
        by: row.text("by")?,
        at: row.wall("at")?,
        via: row.maybe_id("via")?,
    })
}

/// What records change, in the transaction in which they are stored: a call that nobody took becomes work, and a talk with its caller ends that.
pub(crate) async fn follow(conn: &mut SqliteConnection, records: &[CallRecord]) -> Result<(), StoreError> {
    for record in records.iter().filter(|record| needs_person(record)) {
        open(conn, record).await?;
    }
    let talks: Vec<Talk<'_>> = records.iter().filter_map(Talk::of).collect();
    if talks.is_empty() {
        return Ok(());
    }
    // One question for all: hardly ever has anybody of a busy minute been missed before.
    let numbers: Vec<&str> = talks.iter().map(|talk| talk.number.as_str()).collect();
    let known = sqlx::query(KNOWN).bind(to_json(&numbers)?).fetch_all(&mut *conn).await?;
    let known = known.iter().map(|row| Columns(row).text("number")).collect::<Result<Vec<_>, _>>()?;
    for talk in talks.iter().filter(|talk| known.contains(&talk.number)) {
        sqlx::query(SETTLE)
            .bind(&talk.number)
            .bind(talk.at.millis())
            .bind(talk.state.word())
            .bind(talk.by)
            .bind(talk.call.to_string())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Somebody of the clinic talked with somebody outside.
struct Talk<'a> {
    call: CallId,
    number: String,
    at: Wall,
    state: MissedState,
    /// Who called them.
    by: &'a str,
}

impl<'a> Talk<'a> {
    fn of(record: &'a CallRecord) -> Option<Self> {
        let at = record.taken().filter(|_| !record.emergency)?;
        let (state, number, by) = match (record.direction, &record.from.number) {
            (Direction::In, number) => (MissedState::CameThrough, number.as_ref()?, ""),
            (Direction::Out, Some(PhoneNumber::Internal(extension))) => {
                (MissedState::CalledBack, record.to.number.as_ref()?, extension.as_str())
            }
            // The fax machine calls under a number of the clinic, and calls nobody back.
            (Direction::Out, _) => return None,
        };
        let is_outside = !matches!(number, PhoneNumber::Internal(_) | PhoneNumber::Service(_));
        is_outside.then(|| Self { call: record.id, number: number_text(number), at, state, by })
    }
}

/// Who keeps their place in a queue is called back by it, and stands in its list.
fn needs_person(record: &CallRecord) -> bool {
    let is_kept = record.queued.last().is_some_and(|wait| wait.end == QueueEnd::CalledBack);
    record.is_missed() && !is_kept && !record.emergency
}

/// Whoever has said that they call this number back sees this call, too, and nobody else takes it.
async fn open(conn: &mut SqliteConnection, record: &CallRecord) -> Result<(), StoreError> {
    let number = number_of(&record.from);
    let taken = sqlx::query("SELECT by, at FROM missed_calls WHERE number = ? AND number <> '' AND state = 'taken'")
        .bind(&number)
        .fetch_optional(&mut *conn)
        .await?;
    let (state, by, at) = match &taken {
        Some(row) => (MissedState::Taken, Columns(row).text("by")?, Columns(row).wall("at")?),
        None => (MissedState::Open, String::new(), record.started),
    };
    let insert = "INSERT INTO missed_calls (call, number, started, state, by, at) VALUES (?, ?, ?, ?, ?, ?)
                  ON CONFLICT (call) DO NOTHING";
    sqlx::query(insert)
        .bind(record.id.to_string())
        .bind(number)
        .bind(record.started.millis())
        .bind(state.word())
        .bind(by)
        .bind(at.millis())
        .execute(conn)
        .await?;
    Ok(())
}

fn number_of(party: &Party) -> String {
    party.number.as_ref().map(number_text).unwrap_or_default()
}

/// [`crate::effect::Effect::MarkMissed`].
pub(crate) async fn mark(conn: &mut SqliteConnection, order: &MissedMarking) -> Result<Done, StoreError> {
    let MissedMarking { call, mark, by, at } = order;
    let row =
        sqlx::query("SELECT * FROM missed_calls WHERE call = ?").bind(call.to_string()).fetch_optional(&mut *conn);
    let row = row.await?.ok_or(StoreError::NotFound)?;
    let now = missed(&row)?;
    let (update, word) = match (mark, now.state) {
        (MissedMark::Take, MissedState::Open) => (TAKE, "call_taken"),
        // A press that is repeated.
        (MissedMark::Take, MissedState::Taken) if now.by == *by => return Ok(Done::Ok),
        (MissedMark::Done, MissedState::Open | MissedState::Taken) => (DONE, "call_done"),
        (MissedMark::Reopen, state) if state != MissedState::Open => (REOPEN, "call_reopened"),
        _ => return Err(StoreError::WrongState),
    };
    let number = Columns(&row).text("number")?;
    sqlx::query(update)
        .bind(call.to_string())
        .bind(number)
        .bind(by)
        .bind(at.millis())
        .bind(Columns(&row).wall("started")?.millis())
        .bind(now.state.word())
        .bind(now.by)
        .bind(now.at.millis())
        .execute(&mut *conn)
        .await?;
    audit::append(conn, *at, by, word, &call.to_string()).await?;
    Ok(Done::Ok)
}

const WAITING: &str = "SELECT count(DISTINCT CASE number WHEN '' THEN call ELSE number END) AS callers
     FROM missed_calls WHERE state IN ('open', 'taken')";
const KNOWN: &str = "SELECT DISTINCT number FROM missed_calls
     WHERE number IN (SELECT value FROM json_each(?)) AND state IN ('open', 'taken')";
const LIST: &str = "SELECT record FROM missed_calls JOIN calls ON calls.id = missed_calls.call
     WHERE missed_calls.call < ? AND state IN ('open', 'taken') ORDER BY missed_calls.call DESC LIMIT ?";
/// Who called again after that has not been talked with since.
const SETTLE: &str = "UPDATE missed_calls SET state = ?3, by = ?4, at = ?2, via = ?5
     WHERE number = ?1 AND state IN ('open', 'taken') AND started < ?2";
const TAKE: &str = "UPDATE missed_calls SET state = 'taken', by = ?3, at = ?4, via = NULL
     WHERE (call = ?1 OR number = ?2 AND number <> '') AND state = 'open'";
/// A call of the same number that came later may be one that the person did not see; if they had said that they call back, they did.
const DONE: &str = "UPDATE missed_calls SET state = 'marked', by = ?3, at = ?4, via = NULL
     WHERE (call = ?1 OR number = ?2 AND number <> '')
         AND (state = 'open' AND started <= ?5 OR state = 'taken' AND (started <= ?5 OR by = ?3))";
/// Takes back what was done together.
const REOPEN: &str = "UPDATE missed_calls SET state = 'open', by = '', at = ?4, via = NULL
     WHERE (call = ?1 OR number = ?2 AND number <> '') AND state = ?6 AND by = ?7 AND at = ?8";
