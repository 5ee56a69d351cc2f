//! The outbox: facts that somebody outside must be told, at least once. An entry is made in the transaction of the fact and settled
//! in the transaction of the mail that tells it, so a crash between them repeats the telling and never loses it.

use model::FaxId;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, int};
use crate::effect::StoreError;
use crate::rows::{Fact, OutboxEntry};

/// Adds an entry.
pub(crate) async fn add(conn: &mut SqliteConnection, fact: Fact) -> Result<OutboxEntry, StoreError> {
    let (word, fax, given) = match fact {
        Fact::FaxEnded(fax) => ("fax_ended", fax, None),
        Fact::FaxReceived(fax) => ("fax_received", fax, None),
        Fact::OfferLapsed(fax) => ("offer_lapsed", fax, None),
        Fact::FaxGiven(fax, change) => ("fax_given", fax, Some(int(change))),
        Fact::MailRepeated(fax) => ("mail_repeated", fax, None),
    };
    let done = sqlx::query("INSERT INTO outbox (fact, fax, given) VALUES (?, ?, ?)")
        .bind(word)
        .bind(fax.to_string())
        .bind(given)
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
    let rows =
        sqlx::query("SELECT id, fact, fax, given FROM outbox WHERE settled = 0 ORDER BY id").fetch_all(conn).await?;
    rows.iter().map(|row| Ok(OutboxEntry { id: Columns(row).int("id")?, fact: fact_of(&Columns(row))? })).collect()
}

fn fact_of(row: &Columns<'_>) -> Result<Fact, StoreError> {
    let fax: FaxId = row.id("fax")?;
    Ok(match row.text("fact")?.as_str() {
        "fax_ended" => Fact::FaxEnded(fax),
        "fax_received" => Fact::FaxReceived(fax),
        "offer_lapsed" => Fact::OfferLapsed(fax),
        "fax_given" => Fact::FaxGiven(fax, row.int("given")?),
        "mail_repeated" => Fact::MailRepeated(fax),
        _ => return Err(StoreError::Broken("a row cannot be read: column fact".to_owned())),
    })
}
