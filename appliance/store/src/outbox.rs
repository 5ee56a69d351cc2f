//! The outbox: facts that somebody outside must be told, at least once. An entry is made in the transaction of the fact and settled
//! in the transaction of the mail that tells it, so a crash between them repeats the telling and never loses it.

use model::FaxId;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, int};
use crate::effect::StoreError;
use crate::rows::{Fact, OutboxEntry};

/// Adds an entry.
pub(crate) async fn add(conn: &mut SqliteConnection, fact: Fact) -> Result<OutboxEntry, StoreError> {
    let (word, fax) = match fact {
        Fact::FaxEnded(fax) => ("fax_ended", fax),
        Fact::FaxReceived(fax) => ("fax_received", fax),
        Fact::OfferLapsed(fax) => ("offer_lapsed", fax),
    };
    let done = sqlx::query("INSERT INTO outbox (fact, fax) VALUES (?, ?)")
        .bind(word)
        .bind(fax.to_string())
        .execute(conn)
        .await?;
    Ok(OutboxEntry { id: u64::try_from(done.last_insert_rowid()).unwrap_or(0), fact })
}

/// Settles an entry. False if it was settled before.
pub(crate) async fn settle(conn: &mut SqliteConnection, entry: u64) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE outbox SET settled = 1 WHERE id = ? AND settled = 0")
        .bind(int(entry))
        .execute(&mut *conn)
        .await?;
    if done.rows_affected() == 1 {
        return Ok(true);
    }
    let known = sqlx::query("SELECT 1 FROM outbox WHERE id = ?").bind(int(entry)).fetch_optional(conn).await?;
    if known.is_some() { Ok(false) } else { Err(StoreError::NotFound) }
}

/// All that is not settled, oldest first.
pub(crate) async fn open(conn: &mut SqliteConnection) -> Result<Vec<OutboxEntry>, StoreError> {
    let rows = sqlx::query("SELECT id, fact, fax FROM outbox WHERE settled = 0 ORDER BY id").fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            let row = Columns(row);
            let fax: FaxId = row.id("fax")?;
            let make = row.word("fact", |word| match word {
                "fax_ended" => Some(Fact::FaxEnded as fn(FaxId) -> Fact),
                "fax_received" => Some(Fact::FaxReceived as fn(FaxId) -> Fact),
                "offer_lapsed" => Some(Fact::OfferLapsed as fn(FaxId) -> Fact),
                _ => None,
            })?;
            Ok(OutboxEntry { id: row.int("id")?, fact: make(fax) })
        })
        .collect()
}
