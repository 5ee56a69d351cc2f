//! Recordings, to read.

use model::call::CallRecord;
use model::recording::{Recording, RecordingState};
use model::{CallId, Pii, RecordingId, Sound};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::take::millis;
use crate::codec::{Columns, NEWEST, int};
use crate::effect::{OpenRecording, StoreError};
use crate::voicemails::pack::unpack;
use crate::{MAX_ROWS, Store, blobs};

/// The parts of a recording's picture.
const PEAKS: usize = 160;

/// Recordings of calls, to read.
#[derive(Clone, Debug)]
pub struct Recordings(pub(crate) Store);

/// What both sides said for a while: as many samples of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voices {
    /// The caller's side.
    pub caller: Vec<i16>,
    /// The other.
    pub callee: Vec<i16>,
}

impl Recordings {
    /// The recording of a call, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn of_call(&self, call: CallId) -> Result<Option<Recording>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT * FROM recordings WHERE call = ?")
            .bind(call.to_string())
            .fetch_optional(&mut *reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let peaks = peaks(&mut reader, &row).await?;
        recording(&row, peaks).map(Some)
    }

    /// The calls before `before` (from the newest, if none) that have a recording which was not deleted, newest first; at most [`MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn calls(&self, limit: usize, before: Option<CallId>) -> Result<Vec<CallRecord>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(
            "SELECT calls.record AS record FROM recordings JOIN calls ON calls.id = recordings.call
             WHERE recordings.call < ? AND state = 'kept' ORDER BY recordings.call DESC LIMIT ?",
        )
        .bind(before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string()))
        .bind(int(limit.min(MAX_ROWS)))
        .fetch_all(&mut *reader)
        .await?;
        rows.iter().map(|row| Columns(row).json("record")).collect()
    }

    /// So many samples of each side from this one on; fewer at the end.
    ///
    /// # Errors
    /// [`StoreError::Broken`], [`StoreError::NotFound`] if it was purged.
    pub async fn voices(&self, id: RecordingId, from: usize, count: usize) -> Result<Pii<Voices>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(
            "SELECT start, frames, body FROM recording_parts
             WHERE recording = ?1 AND start + frames > ?2 AND start < ?3 ORDER BY number",
        )
        .bind(id.to_string())
        .bind(int(from))
        .bind(int(from.saturating_add(count)))
        .fetch_all(&mut *reader)
        .await?;
        let mut voices = Voices::default();
        for row in &rows {
            let row = Columns(row);
            let (start, frames): (usize, usize) = (row.int("start")?, row.int("frames")?);
            let body = blobs::get(&mut reader, self.0.keys(), row.id("body")?).await?;
            let sides = body.split_at_checked(frames);
            // One sound for both where all are together.
            let both = sides.map(|(caller, callee)| (caller, if callee.is_empty() { caller } else { callee }));
            let both = both.filter(|(_, callee)| callee.len() == frames);
            let (caller, callee) = both.ok_or_else(|| StoreError::Broken("a part of a recording is cut".to_owned()))?;
            let begin = from.saturating_sub(start).min(frames);
            let end = (from.saturating_add(count) - start).min(frames);
            let cut = |bytes: &[u8]| -> Sound { unpack(&bytes[begin..end], model::recording::RATE) };
            voices.caller.extend(cut(caller).samples);
            voices.callee.extend(cut(callee).samples);
        }
        Ok(Pii::new(voices))
    }
}

/// What must go on after a start: recordings that were being taken, and the records of their calls as far as they are known.
pub(crate) async fn open(conn: &mut SqliteConnection) -> Result<Vec<OpenRecording>, StoreError> {
    let rows = sqlx::query("SELECT id, record, ended FROM recordings WHERE state = 'recording' ORDER BY id")
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let row = Columns(row);
            let record = CallRecord { ended: row.wall("ended")?, ..row.json("record")? };
            Ok(OpenRecording { recording: row.id("id")?, record })
        })
        .collect()
}

/// How loud it is, in as many parts as its picture has.
async fn peaks(conn: &mut SqliteConnection, row: &SqliteRow) -> Result<Vec<(u8, u8)>, StoreError> {
    let rows = sqlx::query("SELECT caller, callee FROM recording_parts WHERE recording = ? ORDER BY number")
        .bind(Columns(row).text("id")?)
        .fetch_all(conn)
        .await?;
    let all = rows
        .iter()
        .map(|row| Ok((Columns(row).int("caller")?, Columns(row).int("callee")?)))
        .collect::<Result<Vec<(u8, u8)>, StoreError>>()?;
    let louder = |a: (u8, u8), b: &(u8, u8)| (a.0.max(b.0), a.1.max(b.1));
    Ok(all.chunks(all.len().div_ceil(PEAKS).max(1)).map(|part| part.iter().fold((0, 0), louder)).collect())
}

fn recording(row: &SqliteRow, peaks: Vec<(u8, u8)>) -> Result<Recording, StoreError> {
    let row = Columns(row);
    Ok(Recording {
        id: row.id("id")?,
        call: row.id("call")?,
        state: row.word("state", RecordingState::from_word)?,
        extensions: row.text("extensions")?.split_whitespace().map(str::to_owned).collect(),
        together: row.flag("together")?,
        created: row.wall("created")?,
        ended: row.wall("ended")?,
        millis: millis(row.int("frames")?),
        peaks,
        pauses: row.json("pauses")?,
        hold: row.maybe_text("hold")?,
        changed: row.wall("changed")?,
        keep_until: row.wall("keep_until")?,
    })
}
