//! How faxing goes, counted over attempts to send.

use model::Wall;
use model::fax::Cause;

use super::Faxes;
use crate::codec::Columns;
use crate::effect::StoreError;
use crate::rows::{DayStat, LineStat};

/// Attempts to send that have an outcome, of some time.
const ATTEMPTS: &str = "FROM attempts a JOIN faxes f ON f.id = a.fax
    WHERE f.direction = 'out' AND NOT f.fetch AND f.given_of IS NULL AND a.started >= ?1 AND a.outcome IS NOT NULL";
const DELIVERED: &str = "(json_extract(a.outcome, '$.cause') = 'Delivered')";

impl Faxes {
    /// Attempts by day, oldest first; days without any are left out. Each day begins at one of these moments, since not all are equally long:
    /// there is nothing before the first, and the last has no end.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn per_day(&self, begins: &[Wall]) -> Result<Vec<DayStat>, StoreError> {
        let Some(since) = begins.iter().min() else { return Ok(Vec::new()) };
        let begins = serde_json::json!(begins.iter().map(|day| day.millis()).collect::<Vec<_>>()).to_string();
        let sql = format!(
            "SELECT (SELECT max(value) FROM json_each(?2) WHERE value <= a.started) AS day,
                    sum({DELIVERED}) AS sent, sum(NOT {DELIVERED}) AS failed
             {ATTEMPTS} GROUP BY day ORDER BY day LIMIT 400"
        );
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(&sql).bind(since.millis()).bind(begins).fetch_all(&mut *reader).await?;
        rows.iter()
            .map(|row| {
                let row = Columns(row);
                Ok(DayStat { day: row.wall("day")?, sent: row.int("sent")?, failed: row.int("failed")? })
            })
            .collect()
    }

    /// Attempts since then by line, the busiest first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn per_line(&self, since: Wall) -> Result<Vec<LineStat>, StoreError> {
        let sql = format!(
            "SELECT a.line AS line, count(*) AS attempts, sum({DELIVERED}) AS sent,
                    coalesce(CAST(avg(nullif(json_extract(a.outcome, '$.bit_rate'), 0)) AS INTEGER), 0) AS bit_rate,
                    coalesce(sum(json_extract(a.outcome, '$.packets_lost')), 0) AS packets_lost
             {ATTEMPTS} GROUP BY a.line ORDER BY attempts DESC LIMIT 50"
        );
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(&sql).bind(since.millis()).fetch_all(&mut *reader).await?;
        rows.iter()
            .map(|row| {
                let row = Columns(row);
                Ok(LineStat {
                    line: row.text("line")?,
                    attempts: row.int("attempts")?,
                    sent: row.int("sent")?,
                    bit_rate: row.int("bit_rate")?,
                    packets_lost: row.int("packets_lost")?,
                })
            })
            .collect()
    }

    /// Why attempts ended since then, the most frequent first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn per_cause(&self, since: Wall) -> Result<Vec<(Cause, u64)>, StoreError> {
        let sql = format!(
            "SELECT json_extract(a.outcome, '$.cause') AS cause, count(*) AS attempts
             {ATTEMPTS} GROUP BY cause ORDER BY attempts DESC"
        );
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(&sql).bind(since.millis()).fetch_all(&mut *reader).await?;
        let cause = |name: &str| serde_json::from_value(serde_json::Value::String(name.to_owned())).ok();
        rows.iter()
            .map(|row| {
                let name = Columns(row).text("cause")?;
                let unreadable = || StoreError::Broken("a row cannot be read: column outcome".to_owned());
                Ok((cause(&name).ok_or_else(unreadable)?, Columns(row).int("attempts")?))
            })
            .collect()
    }
}
