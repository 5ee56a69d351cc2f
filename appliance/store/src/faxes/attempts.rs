//! Attempts to send: one row each, open from before the line is touched until its one outcome.

use model::fax::{FaxState, Outcome};
use model::trace::Trace;
use model::{AttemptId, FaxId, Wall};
use sqlx::sqlite::SqliteConnection;

use super::{machines, need, state};
use crate::codec::{Columns, to_json};
use crate::effect::{Done, FaxNext, Lesson, OpenAttempt, StoreError};
use crate::rows::Fact;
use crate::{audit, outbox};

/// [`crate::effect::Effect::StartAttempt`].
pub(crate) async fn start(
    conn: &mut SqliteConnection,
    fax: FaxId,
    attempt: AttemptId,
    line: &str,
    first_page: u32,
    at: Wall,
) -> Result<Done, StoreError> {
    need(conn, fax, FaxState::Waiting).await?;
    insert(conn, fax, attempt, line, first_page, at).await?;
    sqlx::query("UPDATE faxes SET state = ?, next_at = NULL, attempts = attempts + 1, changed = ? WHERE id = ?")
        .bind(FaxState::Sending.word())
        .bind(at.millis())
        .bind(fax.to_string())
        .execute(conn)
        .await?;
    Ok(Done::Ok)
}

/// Opens an attempt. [`StoreError::WrongState`] if this one was opened before, or another of the fax is open.
pub(super) async fn insert(
    conn: &mut SqliteConnection,
    fax: FaxId,
    attempt: AttemptId,
    line: &str,
    first_page: u32,
    at: Wall,
) -> Result<(), StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO attempts (id, fax, number, line, first_page, started)
         VALUES (?1, ?2, (SELECT count(*) + 1 FROM attempts WHERE fax = ?2), ?3, ?4, ?5)",
    )
    .bind(attempt.to_string())
    .bind(fax.to_string())
    .bind(line)
    .bind(first_page)
    .bind(at.millis())
    .execute(conn)
    .await;
    match inserted {
        Err(sqlx::Error::Database(e)) if e.is_unique_violation() => Err(StoreError::WrongState),
        Err(e) => Err(e.into()),
        Ok(_) => Ok(()),
    }
}

/// [`crate::effect::Effect::AttemptProgress`]. Never goes back: an older report that comes late changes nothing.
pub(crate) async fn progress(
    conn: &mut SqliteConnection,
    attempt: AttemptId,
    pages_confirmed: u32,
    last_page_begun: bool,
) -> Result<Done, StoreError> {
    let row = open_row(conn, attempt).await?;
    sqlx::query(
        "UPDATE attempts SET pages_confirmed = max(pages_confirmed, ?), last_page_begun = max(last_page_begun, ?) WHERE id = ?",
    )
    .bind(pages_confirmed)
    .bind(last_page_begun)
    .bind(attempt.to_string())
    .execute(&mut *conn)
    .await?;
    confirm(conn, row.fax, row.first_page.saturating_add(pages_confirmed)).await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::FinishAttempt`].
pub(crate) async fn finish(
    conn: &mut SqliteConnection,
    fax: FaxId,
    attempt: AttemptId,
    outcome: &Outcome,
    (next, lesson): (FaxNext, &Lesson),
    trace: &Trace,
    at: Wall,
) -> Result<Done, StoreError> {
    need(conn, fax, FaxState::Sending).await?;
    let row = close(conn, fax, attempt, outcome, trace, at).await?;
    confirm(conn, fax, row.first_page.saturating_add(outcome.pages_confirmed)).await?;
    let (state, next_at) = match next {
        FaxNext::Final(state @ (FaxState::Sent | FaxState::Failed | FaxState::Uncertain | FaxState::Cancelled)) => {
            (state, None)
        }
        // No other state is an end of an outgoing fax.
        FaxNext::Final(_) => return Err(StoreError::WrongState),
        FaxNext::Retry { at } => (FaxState::Waiting, Some(at)),
    };
    set_ended(conn, fax, state, next_at, outcome, at).await?;
    machines::learn(conn, fax, lesson, at).await?;
    if next_at.is_some() {
        return Ok(Done::Ok);
    }
    audit::append(conn, at, audit::BOX, &format!("fax_{}", state.word()), &fax.to_string()).await?;
    Ok(Done::Outboxed(outbox::add(conn, Fact::FaxEnded(fax)).await?))
}

/// Gives an open attempt of `fax` its one outcome.
pub(super) async fn close(
    conn: &mut SqliteConnection,
    fax: FaxId,
    attempt: AttemptId,
    outcome: &Outcome,
    trace: &Trace,
    at: Wall,
) -> Result<OpenRow, StoreError> {
    let row = open_row(conn, attempt).await?;
    if row.fax != fax {
        return Err(StoreError::WrongState);
    }
    sqlx::query(
        "UPDATE attempts SET ended = ?, outcome = ?, trace = ?, pages_confirmed = max(pages_confirmed, ?) WHERE id = ?",
    )
    .bind(at.millis())
    .bind(to_json(outcome)?)
    .bind(to_json(trace)?)
    .bind(outcome.pages_confirmed)
    .bind(attempt.to_string())
    .execute(conn)
    .await?;
    Ok(row)
}

/// Writes what an attempt came to into the row of its fax. A machine that did not name itself this time keeps its earlier name.
pub(super) async fn set_ended(
    conn: &mut SqliteConnection,
    fax: FaxId,
    state: FaxState,
    next_at: Option<Wall>,
    outcome: &Outcome,
    at: Wall,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE faxes SET state = ?, next_at = ?, cause = ?, remote_ident = coalesce(nullif(?, ''), remote_ident), changed = ?,
                          seen = 0
         WHERE id = ?",
    )
    .bind(state.word())
    .bind(next_at.map(Wall::millis))
    .bind(outcome.cause.word())
    .bind(outcome.remote_ident.expose())
    .bind(at.millis())
    .bind(fax.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// [`crate::effect::Effect::RecallOnLine`].
pub(crate) async fn recall(conn: &mut SqliteConnection, fax: FaxId, by: &str, at: Wall) -> Result<Done, StoreError> {
    sqlx::query("UPDATE attempts SET recalled_by = ? WHERE fax = ? AND ended IS NULL")
        .bind(by)
        .bind(fax.to_string())
        .execute(&mut *conn)
        .await?;
    audit::append(conn, at, by, "fax_recalled_on_line", &fax.to_string()).await?;
    Ok(Done::Ok)
}

/// Attempts without an outcome, oldest first.
pub(crate) async fn open_attempts(conn: &mut SqliteConnection) -> Result<Vec<OpenAttempt>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, fax, pages_confirmed, recalled_by, last_page_begun FROM attempts WHERE ended IS NULL ORDER BY id",
    )
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let row = Columns(row);
            Ok(OpenAttempt {
                attempt: row.id("id")?,
                fax: row.id("fax")?,
                pages_confirmed: row.int("pages_confirmed")?,
                recalled: row.maybe_text("recalled_by")?.is_some(),
                last_page_begun: row.flag("last_page_begun")?,
            })
        })
        .collect()
}

/// An attempt that is open.
pub(super) struct OpenRow {
    fax: FaxId,
    first_page: u32,
}

async fn open_row(conn: &mut SqliteConnection, attempt: AttemptId) -> Result<OpenRow, StoreError> {
    let row = sqlx::query("SELECT fax, first_page, ended IS NULL AS open FROM attempts WHERE id = ?")
        .bind(attempt.to_string())
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = Columns(&row);
    if !row.flag("open")? {
        return Err(StoreError::WrongState);
    }
    Ok(OpenRow { fax: row.id("fax")?, first_page: row.int("first_page")? })
}

/// The first `pages` pages are confirmed; the next attempt begins after them. Only an outgoing fax counts so: what was received is
/// counted by its pages.
pub(super) async fn confirm(conn: &mut SqliteConnection, fax: FaxId, pages: u32) -> Result<(), StoreError> {
    if state(conn, fax).await? != FaxState::Sending {
        return Ok(());
    }
    sqlx::query("UPDATE faxes SET pages_confirmed = min(pages, max(pages_confirmed, ?)) WHERE id = ?")
        .bind(pages)
        .bind(fax.to_string())
        .execute(conn)
        .await?;
    Ok(())
}
