//! Staff alerts, kept for the record.

use model::{Pii, Wall};
use sqlx::sqlite::SqliteConnection;

use crate::Store;
use crate::codec::{Columns, int};
use crate::effect::{Done, StoreError};
use crate::rows::AlertRow;

/// Alerts, to read.
#[derive(Clone, Debug)]
pub struct Alerts(pub(crate) Store);

impl Alerts {
    /// The newest, newest first; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn recent(&self, limit: usize) -> Result<Vec<AlertRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT id, at, sentence FROM alerts ORDER BY id DESC LIMIT ?")
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter()
            .map(|row| {
                let row = Columns(row);
                Ok(AlertRow { id: row.int("id")?, at: row.wall("at")?, sentence: Pii::new(row.text("sentence")?) })
            })
            .collect()
    }
}

/// [`crate::effect::Effect::RecordAlert`].
pub(crate) async fn record(conn: &mut SqliteConnection, sentence: &Pii<String>, at: Wall) -> Result<Done, StoreError> {
    sqlx::query("INSERT INTO alerts (at, sentence) VALUES (?, ?)")
        .bind(at.millis())
        .bind(sentence.expose())
        .execute(conn)
        .await?;
    Ok(Done::Ok)
}
