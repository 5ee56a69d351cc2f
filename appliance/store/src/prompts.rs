//! What the clinic has recorded for its callers, in the place of the box's own voice and music. A change, its audit line and the sound are
//! durable together, or not at all.

use model::fax::Retention;
use model::recordable::RATE;
use model::{Recordable, Recorded, Wall};

use crate::codec::{Columns, int};
use crate::effect::{Done, NewPrompt, StoreError};
use crate::verbs::Tx;
use crate::voicemails::pack::{pack_samples, unpack};
use crate::{Store, audit, blobs};

/// What is recorded.
#[derive(Clone, Debug)]
pub struct Prompts(pub(crate) Store);

/// A recording of the clinic's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptRow {
    /// What it says.
    pub what: Recordable,
    /// How long it is.
    pub millis: u64,
    /// The user who handed it in.
    pub by: String,
    /// When.
    pub at: Wall,
}

impl Prompts {
    /// All that there are, without their sound.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn all(&self) -> Result<Vec<PromptRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT key, millis, by, changed FROM recorded_prompts ORDER BY key")
            .fetch_all(&mut *reader)
            .await?;
        let prompt = |row| {
            let row = Columns(row);
            let what = row.word("key", Recordable::from_key)?;
            Ok(PromptRow { what, millis: row.int("millis")?, by: row.text("by")?, at: row.wall("changed")? })
        };
        rows.iter().map(prompt).collect()
    }

    /// The sound of one, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn sound(&self, what: &Recordable) -> Result<Option<Recorded>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT rate, body FROM recorded_prompts WHERE key = ?")
            .bind(what.key())
            .fetch_optional(&mut *reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let row = Columns(&row);
        let bytes = blobs::get(&mut reader, self.0.keys(), row.id("body")?).await?;
        Ok(Some(Recorded::new(unpack(&bytes, row.int("rate")?))))
    }
}

/// [`crate::effect::Effect::Record`].
pub(crate) async fn record(tx: &mut Tx<'_>, new: &NewPrompt) -> Result<Done, StoreError> {
    let NewPrompt { what, sound, by, at } = new;
    let before = sqlx::query("DELETE FROM recorded_prompts WHERE key = ? RETURNING body")
        .bind(what.key())
        .fetch_optional(&mut *tx.conn)
        .await?;
    if let Some(row) = before {
        blobs::remove(tx.conn, Columns(&row).id("body")?).await?;
    }
    if let Some(sound) = sound {
        tx.room.need_for_new(tx.conn).await?;
        // It is a voice of staff as greetings are; no date purges it, but whoever replaces it.
        let body = blobs::put(tx, Retention::Voicemail, *at, &pack_samples(sound.samples())).await?;
        sqlx::query("INSERT INTO recorded_prompts (key, rate, millis, body, by, changed) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(what.key())
            .bind(RATE)
            .bind(int(sound.millis()))
            .bind(body.to_string())
            .bind(by)
            .bind(at.millis())
            .execute(&mut *tx.conn)
            .await?;
    }
    let word = if sound.is_some() { "prompt_recorded" } else { "prompt_taken_back" };
    audit::append(tx.conn, *at, by, word, &what.key()).await?;
    Ok(Done::Ok)
}
