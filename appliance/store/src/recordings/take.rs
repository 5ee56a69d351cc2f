//! Taking a recording: begun, its parts and breaks, its end.

use model::fax::Retention;
use model::recording::{Pause, RATE, RecordingState};
use model::{Pii, RecordingId, Sound, Wall};
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, int, to_json};
use crate::effect::{Done, NewRecording, StoreError, Taking};
use crate::verbs::Tx;
use crate::voicemails::pack::pack;
use crate::{audit, blobs};

/// Breaks of one recording that are told: more are a key that was leaned on.
const MAX_PAUSES: usize = 200;

/// [`crate::effect::Effect::TakeRecording`].
pub(crate) async fn take(tx: &mut Tx<'_>, id: RecordingId, taking: &Taking, at: Wall) -> Result<Done, StoreError> {
    match taking {
        Taking::Begin(new) => begin(tx, id, new, at).await,
        Taking::Part { number, caller, callee } => {
            part(tx, id, *number, (caller.expose(), callee.as_ref().map(Pii::expose)), at).await
        }
        Taking::Stopped { since, why } => {
            let (mut pauses, frames) = need_recording(tx.conn, id).await?;
            if pauses.len() < MAX_PAUSES {
                pauses.push(Pause { millis: millis(frames), from: *since, until: None, why: *why });
            }
            set_pauses(tx.conn, id, &pauses).await
        }
        Taking::GoesOn { since, extensions } => goes_on(tx, id, *since, extensions).await,
        Taking::Finish => finish(tx, id, at).await,
        // What was declined goes from a recording that is whole, too: a store in trouble may have been told of that first.
        Taking::Discard => {
            need_any(tx.conn, id).await?;
            remove(tx.conn, id).await?;
            audit::append(tx.conn, at, audit::BOX, "recording_declined", &id.to_string()).await?;
            Ok(Done::Ok)
        }
        Taking::Forget { from } => {
            let state = need_any(tx.conn, id).await?;
            let left = forget(tx.conn, id, *from).await?;
            if left == 0 && state != RecordingState::Recording {
                remove(tx.conn, id).await?;
            }
            audit::append(tx.conn, at, audit::BOX, "recording_declined", &id.to_string()).await?;
            Ok(Done::Ok)
        }
    }
}

async fn begin(tx: &mut Tx<'_>, id: RecordingId, new: &NewRecording, at: Wall) -> Result<Done, StoreError> {
    tx.room.need_for_new(tx.conn).await?;
    let keep_until = at.millis() + i64::from(new.keep_days) * 86_400_000;
    sqlx::query(
        "INSERT INTO recordings (id, call, state, extensions, record, created, ended, changed, keep_until, together)
         VALUES (?1, ?2, 'recording', ?3, ?4, ?5, ?5, ?5, ?6, ?7)",
    )
    .bind(id.to_string())
    .bind(new.record.id.to_string())
    .bind(new.extensions.join(" "))
    .bind(to_json(&new.record)?)
    .bind(at.millis())
    .bind(keep_until)
    .bind(new.together)
    .execute(&mut *tx.conn)
    .await?;
    Ok(Done::Ok)
}

/// A repeated number replaces nothing and is not an error. A recording goes on for hours, so each part needs room as a new one does: what is kept free
/// is for faxes to end with, and a recording ends as well without its rest.
async fn part(
    tx: &mut Tx<'_>,
    id: RecordingId,
    number: u32,
    (caller, callee): (&Sound, Option<&Sound>),
    at: Wall,
) -> Result<Done, StoreError> {
    let (_, start) = need_recording(tx.conn, id).await?;
    let known = sqlx::query("SELECT 1 FROM recording_parts WHERE recording = ? AND number = ?")
        .bind(id.to_string())
        .bind(number)
        .fetch_optional(&mut *tx.conn)
        .await?;
    let (mut caller, mut callee) = (at_rate(caller), callee.map(at_rate));
    let frames = caller.samples.len().max(callee.as_ref().map_or(0, |callee| callee.samples.len()));
    if known.is_some() || frames == 0 {
        return Ok(Done::Ok);
    }
    tx.room.need_for_new(tx.conn).await?;
    caller.samples.resize(frames, 0);
    let mut packed = pack(&caller);
    if let Some(callee) = &mut callee {
        callee.samples.resize(frames, 0);
        packed.extend(pack(callee));
    }
    let body = blobs::put(tx, Retention::Recording, at, &packed).await?;
    sqlx::query(
        "INSERT INTO recording_parts (recording, number, start, frames, caller, callee, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id.to_string())
    .bind(number)
    .bind(int(start))
    .bind(int(frames))
    .bind(loudest(&caller))
    .bind(loudest(callee.as_ref().unwrap_or(&caller)))
    .bind(body.to_string())
    .execute(&mut *tx.conn)
    .await?;
    // It begins with its first second, and not with the words before it.
    let began = (start == 0).then(|| at.millis() - int(millis(frames)));
    sqlx::query("UPDATE recordings SET frames = ?, ended = ?, created = coalesce(?, created) WHERE id = ?")
        .bind(int(start + frames))
        .bind(at.millis())
        .bind(began)
        .bind(id.to_string())
        .execute(&mut *tx.conn)
        .await?;
    Ok(Done::Ok)
}

async fn goes_on(tx: &mut Tx<'_>, id: RecordingId, since: Wall, extensions: &[String]) -> Result<Done, StoreError> {
    let (mut pauses, _) = need_recording(tx.conn, id).await?;
    if let Some(last) = pauses.last_mut().filter(|pause| pause.until.is_none()) {
        last.until = Some(since);
    }
    let row = sqlx::query("SELECT extensions FROM recordings WHERE id = ?")
        .bind(id.to_string())
        .fetch_one(&mut *tx.conn)
        .await?;
    let mut all: Vec<String> = Columns(&row).text("extensions")?.split_whitespace().map(str::to_owned).collect();
    all.extend(extensions.iter().filter(|e| !all.contains(e)).cloned().collect::<Vec<_>>());
    sqlx::query("UPDATE recordings SET extensions = ? WHERE id = ?")
        .bind(all.join(" "))
        .bind(id.to_string())
        .execute(&mut *tx.conn)
        .await?;
    set_pauses(tx.conn, id, &pauses).await
}

/// Without a part there is no recording.
async fn finish(tx: &mut Tx<'_>, id: RecordingId, at: Wall) -> Result<Done, StoreError> {
    let (_, frames) = need_recording(tx.conn, id).await?;
    if frames == 0 {
        remove(tx.conn, id).await?;
        return Ok(Done::Ok);
    }
    sqlx::query("UPDATE recordings SET state = 'kept', changed = ? WHERE id = ?")
        .bind(at.millis())
        .bind(id.to_string())
        .execute(&mut *tx.conn)
        .await?;
    audit::append(tx.conn, at, audit::BOX, "recording_taken", &id.to_string()).await?;
    Ok(Done::Ok)
}

/// Removes the parts of a recording from this one on, with the keys of their sound. How many samples of each side are left.
async fn forget(conn: &mut SqliteConnection, id: RecordingId, from: u32) -> Result<i64, StoreError> {
    let first =
        sqlx::query("SELECT start FROM recording_parts WHERE recording = ? AND number >= ? ORDER BY number LIMIT 1")
            .bind(id.to_string())
            .bind(from)
            .fetch_optional(&mut *conn)
            .await?;
    let Some(first) = first else {
        let row =
            sqlx::query("SELECT frames FROM recordings WHERE id = ?").bind(id.to_string()).fetch_one(conn).await?;
        return Columns(&row).int("frames");
    };
    let start: i64 = Columns(&first).int("start")?;
    sqlx::query("DELETE FROM blobs WHERE id IN (SELECT body FROM recording_parts WHERE recording = ? AND number >= ?)")
        .bind(id.to_string())
        .bind(from)
        .execute(&mut *conn)
        .await?;
    sqlx::query("UPDATE recordings SET frames = ? WHERE id = ?")
        .bind(start)
        .bind(id.to_string())
        .execute(&mut *conn)
        .await?;
    Ok(start)
}

/// Removes a recording, with its sound and the keys of that.
pub(super) async fn remove(conn: &mut SqliteConnection, id: RecordingId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM blobs WHERE id IN (SELECT body FROM recording_parts WHERE recording = ?)")
        .bind(id.to_string())
        .execute(&mut *conn)
        .await?;
    sqlx::query("DELETE FROM recordings WHERE id = ?").bind(id.to_string()).execute(&mut *conn).await?;
    Ok(())
}

/// What it is by now, whole or not.
async fn need_any(conn: &mut SqliteConnection, id: RecordingId) -> Result<RecordingState, StoreError> {
    let row =
        sqlx::query("SELECT state FROM recordings WHERE id = ?").bind(id.to_string()).fetch_optional(conn).await?;
    Columns(&row.ok_or(StoreError::NotFound)?).word("state", RecordingState::from_word)
}

/// The breaks of a recording that is being taken, and how many samples of each side there are.
async fn need_recording(conn: &mut SqliteConnection, id: RecordingId) -> Result<(Vec<Pause>, usize), StoreError> {
    let row = sqlx::query("SELECT state, pauses, frames FROM recordings WHERE id = ?")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = Columns(&row);
    if row.word("state", RecordingState::from_word)? != RecordingState::Recording {
        return Err(StoreError::WrongState);
    }
    Ok((row.json("pauses")?, row.int("frames")?))
}

async fn set_pauses(conn: &mut SqliteConnection, id: RecordingId, pauses: &[Pause]) -> Result<Done, StoreError> {
    sqlx::query("UPDATE recordings SET pauses = ? WHERE id = ?")
        .bind(to_json(&pauses)?)
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(Done::Ok)
}

/// At the rate of every recording, so that its seconds are where its bytes are.
fn at_rate(sound: &Sound) -> Sound {
    if sound.samples.is_empty() { Sound { rate: RATE, samples: Vec::new() } } else { sound.clone().at_rate(RATE) }
}

fn loudest(sound: &Sound) -> u8 {
    sound.peaks(1).first().copied().unwrap_or(0)
}

/// How long so many samples are.
pub(super) const fn millis(frames: usize) -> u64 {
    frames as u64 * 1000 / RATE as u64
}
