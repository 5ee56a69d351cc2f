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
        let rows = sqlx::query("SELECT id, at, sentence, help FROM alerts ORDER BY id DESC LIMIT ?")
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> Result<AlertRow, StoreError> {
    let row = Columns(row);
    Ok(AlertRow {
        id: row.int("id")?,
        at: row.wall("at")?,
        sentence: Pii::new(row.text("sentence")?),
        help: row.maybe_text("help")?.map(Pii::new),
    })
}

/// As many as are shown at once.
const MOST_UNSEEN: i64 = 50;

/// Those that nobody has seen, newest first; of too many the calls for help, and the newest.
pub(crate) async fn unseen(conn: &mut SqliteConnection) -> Result<Vec<AlertRow>, StoreError> {
    let rows = sqlx::query(UNSEEN).bind(MOST_UNSEEN).fetch_all(conn).await?;
    rows.iter().map(read).collect()
}

const UNSEEN: &str = "SELECT * FROM (SELECT id, at, sentence, help FROM alerts WHERE seen_by IS NULL ORDER BY help IS NULL, id DESC LIMIT ?)
     ORDER BY id DESC";

/// The highest number of all; those that come after it have a higher one.
pub(crate) async fn last(conn: &mut SqliteConnection) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COALESCE(MAX(id), 0) AS last FROM alerts").fetch_one(conn).await?;
    Columns(&row).int("last")
}

/// [`crate::effect::Effect::RecordAlert`]. One that is there already is not recorded twice; where the number is another's, since the clock
/// went back, it gets the next.
pub(crate) async fn record(conn: &mut SqliteConnection, alert: &AlertRow) -> Result<Done, StoreError> {
    place(conn, alert, false).await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::AlertSeen`]. Who saw it first stays. One that is not there yet is recorded by this: when it comes, it was seen.
pub(crate) async fn seen(
    conn: &mut SqliteConnection,
    alert: &AlertRow,
    by: &str,
    at: Wall,
) -> Result<Done, StoreError> {
    let row = place(conn, alert, true).await?;
    let changed = sqlx::query("UPDATE alerts SET seen_by = ?, seen_at = ? WHERE id = ? AND seen_by IS NULL")
        .bind(by)
        .bind(at.millis())
        .bind(row)
        .execute(&mut *conn)
        .await?;
    if changed.rows_affected() > 0 {
        audit::append(conn, at, by, "alert_seen", &row.to_string()).await?;
    }
    Ok(Done::Ok)
}

/// The number that the alert has here, which it has from now on if it was not here.
async fn place(conn: &mut SqliteConnection, alert: &AlertRow, is_seen: bool) -> Result<i64, StoreError> {
    let own = number(alert.id);
    let holder = sqlx::query("SELECT id, at, sentence, help FROM alerts WHERE id = ?")
        .bind(own)
        .fetch_optional(&mut *conn)
        .await?;
    let holder = holder.as_ref().map(read).transpose()?;
    let is_same = |row: &AlertRow| (row.at, &row.sentence) == (alert.at, &alert.sentence);
    if holder.as_ref().is_some_and(is_same) {
        return Ok(own);
    }
    // Two may have been raised with the same words at once. One that is seen has been raised before, whatever its number was then.
    if holder.is_some() || is_seen {
        let elsewhere = sqlx::query(ELSEWHERE)
            .bind(alert.at.millis())
            .bind(alert.sentence.expose())
            .fetch_optional(&mut *conn)
            .await?;
        if let Some(row) = &elsewhere {
            return Ok(number(read(row)?.id));
        }
    }
    let placed = sqlx::query("INSERT INTO alerts (id, at, sentence, help) VALUES (?, ?, ?, ?)")
        .bind(holder.is_none().then_some(own))
        .bind(alert.at.millis())
        .bind(alert.sentence.expose())
        .bind(alert.help.as_ref().map(|address| address.expose().as_str()))
        .execute(conn)
        .await?;
    Ok(placed.last_insert_rowid())
}

const ELSEWHERE: &str =
    "SELECT id, at, sentence, help FROM alerts WHERE at = ? AND sentence = ? ORDER BY seen_by IS NOT NULL, id LIMIT 1";

fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}
