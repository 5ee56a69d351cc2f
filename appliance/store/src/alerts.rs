//! Staff alerts, kept for the record.

use model::{Pii, Wall};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::codec::{Columns, int};
use crate::effect::{Done, StoreError};
use crate::rows::AlertRow;
use crate::{Store, audit};

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
        rows.iter().map(alert).collect()
    }
}

fn alert(row: &SqliteRow) -> Result<AlertRow, StoreError> {
    let row = Columns(row);
    Ok(AlertRow { id: row.int("id")?, at: row.wall("at")?, sentence: Pii::new(row.text("sentence")?) })
}

/// As many as are shown at once.
const MOST_UNSEEN: i64 = 50;

/// Those that nobody has seen, newest first; of too many the newest.
pub(crate) async fn unseen(conn: &mut SqliteConnection) -> Result<Vec<AlertRow>, StoreError> {
    let rows = sqlx::query("SELECT id, at, sentence FROM alerts WHERE seen_by IS NULL ORDER BY id DESC LIMIT ?")
        .bind(MOST_UNSEEN)
        .fetch_all(conn)
        .await?;
    rows.iter().map(alert).collect()
}

/// [`crate::effect::Effect::RecordAlert`]. One that is there already is not recorded twice; where the number is another's, since the clock
/// went back, it gets the next.
pub(crate) async fn record(
    conn: &mut SqliteConnection,
    id: u64,
    sentence: &Pii<String>,
    at: Wall,
) -> Result<Done, StoreError> {
    let known = sqlx::query("SELECT id, at, sentence FROM alerts WHERE id = ?")
        .bind(number(id))
        .fetch_optional(&mut *conn)
        .await?;
    let known = known.as_ref().map(alert).transpose()?;
    if known.as_ref().is_some_and(|known| known.at == at && known.sentence == *sentence) {
        return Ok(Done::Ok);
    }
    sqlx::query("INSERT INTO alerts (id, at, sentence) VALUES (?, ?, ?)")
        .bind(known.is_none().then_some(number(id)))
        .bind(at.millis())
        .bind(sentence.expose())
        .execute(conn)
        .await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::AlertSeen`]. Who saw it first stays.
pub(crate) async fn seen(conn: &mut SqliteConnection, id: u64, by: &str, at: Wall) -> Result<Done, StoreError> {
    let changed = sqlx::query("UPDATE alerts SET seen_by = ?, seen_at = ? WHERE id = ? AND seen_by IS NULL")
        .bind(by)
        .bind(at.millis())
        .bind(number(id))
        .execute(&mut *conn)
        .await?;
    if changed.rows_affected() > 0 {
        audit::append(conn, at, by, "alert_seen", &id.to_string()).await?;
    }
    Ok(Done::Ok)
}

fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}
