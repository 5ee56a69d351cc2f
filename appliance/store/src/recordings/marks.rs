//! What people do with recordings, and their end.

use model::recording::{RecordingMark, RecordingState};
use model::{RecordingId, Wall};
use sqlx::sqlite::SqliteConnection;

use super::take::remove;
use crate::codec::{Columns, int};
use crate::effect::{Done, StoreError};
use crate::voicemails::UNDO_DAYS;
use crate::{audit, purge};

/// Recordings that one purge removes. An hour is some thousand parts, and others wait for the writer.
const PURGED_AT_ONCE: usize = 5;

/// [`crate::effect::Effect::MarkRecording`]. Audited; to listen changes nothing and is a line none the less.
pub(crate) async fn mark(
    conn: &mut SqliteConnection,
    id: RecordingId,
    mark: &RecordingMark,
    by: &str,
    at: Wall,
) -> Result<Done, StoreError> {
    let row = sqlx::query("SELECT state, hold FROM recordings WHERE id = ?")
        .bind(id.to_string())
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = Columns(&row);
    let held = row.maybe_text("hold")?;
    use RecordingState::{Deleted, Kept, Recording};
    let (state, hold) = match (mark, row.word("state", RecordingState::from_word)?) {
        (RecordingMark::Delete, Recording) => return Err(StoreError::WrongState),
        (RecordingMark::Delete, _) if held.is_some() => return Err(StoreError::WrongState),
        (RecordingMark::Delete, _) => (Deleted, None),
        (RecordingMark::Restore, Deleted) => (Kept, held.clone()),
        (RecordingMark::Hold(_), Deleted) => return Err(StoreError::WrongState),
        (RecordingMark::Hold(why), state) => (state, Some(why.clone())),
        (RecordingMark::Release, state) => (state, None),
        (RecordingMark::Heard | RecordingMark::Saved | RecordingMark::Restore, state) => (state, held.clone()),
    };
    let word = state.word();
    sqlx::query(
        "UPDATE recordings SET changed = CASE WHEN state = ?1 AND hold IS ?2 THEN changed ELSE ?3 END, state = ?1, hold = ?2
         WHERE id = ?4",
    )
    .bind(word)
    .bind(hold)
    .bind(at.millis())
    .bind(id.to_string())
    .execute(&mut *conn)
    .await?;
    audit::append(conn, at, by, mark.word(), &id.to_string()).await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::PurgeRecordings`]: what was deleted long enough ago goes, and what may be kept no longer. What is held stays.
pub(crate) async fn purge(conn: &mut SqliteConnection, at: Wall) -> Result<Done, StoreError> {
    let Some(believed) = purge::believed(conn, at).await? else { return Ok(Done::Purged(0)) };
    let rows = sqlx::query(
        "SELECT id FROM recordings WHERE state <> 'recording' AND hold IS NULL
         AND (keep_until < ?1 OR state = 'deleted' AND changed < ?2) LIMIT ?3",
    )
    .bind(believed.millis())
    .bind(believed.millis() - UNDO_DAYS * 86_400_000)
    .bind(int(PURGED_AT_ONCE))
    .fetch_all(&mut *conn)
    .await?;
    for row in &rows {
        let id: RecordingId = Columns(row).id("id")?;
        remove(conn, id).await?;
        audit::append(conn, at, audit::BOX, "recording_purged", &id.to_string()).await?;
    }
    Ok(Done::Purged(rows.len()))
}
