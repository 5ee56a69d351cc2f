//! A received fax after its reception: where it stands, the ways it leaves by, whose calls are not answered, and its end.

use model::fax::{Direction, FaxState, Retention};
use model::filing::{Filing, Way};
use model::{FaxId, PhoneNumber, Wall};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::read::NEEDS_PERSON;
use super::{Faxes, owners};
use crate::codec::{Columns, direction_of, int, number_of, number_text};
use crate::effect::{Done, Place, StoreError, WayNext};
use crate::rows::{BlockRow, FaxRow, MailState, WayRow};
use crate::{audit, mails, purge};

/// Faxes that one effect removes: a transaction of some hundred bodies, which nobody waits for.
const PURGED_AT_ONCE: i64 = 50;
/// Callers that may be blocked: an office's years of junk.
const MAX_BLOCKS: i64 = 10_000;

impl Faxes {
    /// The ways of a received fax other than mail, and how far it has come on each.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn ways(&self, fax: FaxId) -> Result<Vec<WayRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT * FROM fax_deliveries WHERE fax = ? ORDER BY way, target")
            .bind(fax.to_string())
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(way_row).collect()
    }

    /// Received faxes that wait for a program to fetch them, oldest first; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn to_fetch(&self, limit: usize) -> Result<Vec<FaxRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let sql = format!(
            "SELECT {} FROM faxes WHERE id IN
             (SELECT fax FROM fax_deliveries WHERE way = 'api' AND state = 'queued' ORDER BY next_at, fax LIMIT ?) ORDER BY id",
            super::read::COLUMNS
        );
        let rows = sqlx::query(&sql).bind(int(limit.min(crate::MAX_ROWS))).fetch_all(&mut *reader).await?;
        rows.iter().map(super::read::fax_row).collect()
    }

    /// Callers whose fax calls are not answered, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn blocks(&self) -> Result<Vec<BlockRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT number, by, at FROM fax_blocks ORDER BY at DESC LIMIT ?")
            .bind(MAX_BLOCKS)
            .fetch_all(&mut *reader)
            .await?;
        rows.iter()
            .map(|row| {
                let row = Columns(row);
                Ok(BlockRow { number: row.word("number", number_of)?, by: row.text("by")?, at: row.wall("at")? })
            })
            .collect()
    }

    /// The folders of the inbox that hold something, by name.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn folders(&self) -> Result<Vec<String>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT DISTINCT folder FROM faxes WHERE folder IS NOT NULL ORDER BY folder LIMIT 100")
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(|row| Columns(row).text("folder")).collect()
    }
}

/// Puts a received fax in its place, in the transaction of its reception's end.
pub(super) async fn place(conn: &mut SqliteConnection, fax: FaxId, place: &Place, at: Wall) -> Result<(), StoreError> {
    let owner = match &place.owner {
        // They may have lost the right since it was routed.
        Some(owner) if owners::may_own(conn, owner).await? => Some(owner),
        _ => None,
    };
    sqlx::query("UPDATE faxes SET owner = ?, folder = ?, junk = ?, subaddress = ?, keys = ?, code = ? WHERE id = ?")
        .bind(owner)
        .bind(&place.folder)
        .bind(place.junk)
        .bind(place.said.subaddress.expose())
        .bind(place.said.keys.expose())
        .bind(place.said.code.expose())
        .bind(fax.to_string())
        .execute(&mut *conn)
        .await?;
    for way in &place.ways {
        let (word, target) = way.words();
        sqlx::query(
            "INSERT INTO fax_deliveries (fax, way, target, next_at, changed) VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT DO NOTHING",
        )
        .bind(fax.to_string())
        .bind(word)
        .bind(target)
        .bind(at.millis())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// [`crate::effect::Effect::FileFax`].
pub(crate) async fn file(
    conn: &mut SqliteConnection,
    fax: FaxId,
    by: &str,
    filing: &Filing,
    at: Wall,
) -> Result<Done, StoreError> {
    let row = sqlx::query("SELECT direction, state, owner FROM faxes WHERE id = ?")
        .bind(fax.to_string())
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = Columns(&row);
    let inward = row.word("direction", direction_of)? == Direction::In;
    let arriving = row.word("state", FaxState::from_word)? == FaxState::Receiving;
    let (change, folder) = match filing {
        Filing::LegalHold(on) => (if *on { "legal_hold = 1" } else { "legal_hold = 0" }, None),
        _ if !inward || arriving => return Err(StoreError::WrongState),
        Filing::Folder(name) => ("folder = ?3", name.as_deref()),
        Filing::Done => ("done_by = ?2, done_at = ?4, owner = coalesce(owner, ?2), seen = 1", None),
        Filing::Open => ("done_by = NULL, done_at = NULL", None),
        Filing::Junk(true) => ("junk = 1, seen = 1", None),
        Filing::Junk(false) => ("junk = 0", None),
    };
    sqlx::query(&format!("UPDATE faxes SET {change}, changed = ?4 WHERE id = ?1 AND (?2 <> '' OR ?3 IS NULL)"))
        .bind(fax.to_string())
        .bind(by)
        .bind(folder)
        .bind(at.millis())
        .execute(&mut *conn)
        .await?;
    if *filing == Filing::Done && row.maybe_text("owner")?.is_none() {
        owners::changed(conn, fax, by, (None, Some(by)), at).await?;
    }
    audit::append(conn, at, by, filing.word(), &fax.to_string()).await?;
    if matches!(filing, Filing::Open | Filing::Junk(false)) {
        owners::taken_up(conn, fax, by, at).await?;
    }
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::WayTried`]. What has come to its end stays there.
pub(crate) async fn way_tried(
    conn: &mut SqliteConnection,
    fax: FaxId,
    way: &Way,
    (next, why): (WayNext, Option<&str>),
    by: Option<&str>,
    at: Wall,
) -> Result<Done, StoreError> {
    let (word, target) = way.words();
    let (state, next_at) = match next {
        WayNext::Delivered => ("delivered", at),
        WayNext::Retry { at } => ("queued", at),
        WayNext::GaveUp => ("failed", at),
    };
    let done = sqlx::query(
        "UPDATE fax_deliveries SET state = ?4, tries = tries + 1, next_at = ?5, changed = ?6, why = ?7
         WHERE fax = ?1 AND way = ?2 AND target = ?3 AND state = 'queued'",
    )
    .bind(fax.to_string())
    .bind(word)
    .bind(target)
    .bind(state)
    .bind(next_at.millis())
    .bind(at.millis())
    .bind(why)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::WrongState);
    }
    match next {
        WayNext::Retry { .. } => {}
        WayNext::Delivered => {
            audit::append(conn, at, by.unwrap_or(audit::BOX), "fax_delivered", &fax.to_string()).await?;
        }
        WayNext::GaveUp => {
            // What its mails came to stands as it is. A person is waited for again, also if one had looked before.
            sqlx::query("UPDATE faxes SET unwritten = 1, seen = 0 WHERE id = ?")
                .bind(fax.to_string())
                .execute(&mut *conn)
                .await?;
            audit::append(conn, at, audit::BOX, "fax_undelivered", &fax.to_string()).await?;
        }
    }
    Ok(Done::Ok)
}

/// Those that the box itself has to deliver.
pub(crate) async fn open_ways(conn: &mut SqliteConnection) -> Result<Vec<(FaxId, Way, u32, Wall)>, StoreError> {
    let rows = sqlx::query("SELECT * FROM fax_deliveries WHERE way = 'folder' AND state = 'queued' ORDER BY next_at")
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let known = way_row(row)?;
            Ok((Columns(row).id("fax")?, known.way, known.tries, Columns(row).wall("next_at")?))
        })
        .collect()
}

/// [`crate::effect::Effect::BlockFaxes`].
pub(crate) async fn block(
    conn: &mut SqliteConnection,
    number: &PhoneNumber,
    blocked: bool,
    by: &str,
    at: Wall,
) -> Result<Done, StoreError> {
    let sql = if blocked {
        "INSERT INTO fax_blocks (number, by, at) SELECT ?1, ?2, ?3 WHERE (SELECT count(*) FROM fax_blocks) < ?4 ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM fax_blocks WHERE number = ?1 AND ?2 <> '' AND ?3 > 0 AND ?4 > 0"
    };
    sqlx::query(sql).bind(number_text(number)).bind(by).bind(at.millis()).bind(MAX_BLOCKS).execute(&mut *conn).await?;
    audit::append(conn, at, by, if blocked { "fax_caller_blocked" } else { "fax_caller_unblocked" }, "").await?;
    Ok(Done::Ok)
}

/// All numbers that are blocked.
pub(crate) async fn blocked(conn: &mut SqliteConnection) -> Result<Vec<PhoneNumber>, StoreError> {
    let rows = sqlx::query("SELECT number FROM fax_blocks").fetch_all(conn).await?;
    rows.iter().map(|row| Columns(row).word("number", number_of)).collect()
}

/// [`crate::effect::Effect::PurgeFaxes`]. What needs a person has not been seen, and what is on its way has not arrived: neither goes,
/// whatever its age.
pub(crate) async fn purge(conn: &mut SqliteConnection, at: Wall) -> Result<Done, StoreError> {
    let Some(believed) = purge::believed(conn, at).await? else { return Ok(Done::Purged(0)) };
    let rows = sqlx::query(&format!(
        "SELECT id FROM faxes WHERE keep_until < ? AND NOT legal_hold
           AND state NOT IN ('rendering', 'waiting', 'sending', 'receiving', 'held', 'uncertain')
           AND (junk OR NOT {NEEDS_PERSON})
           AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.fax = faxes.id AND settled = 0)
           AND NOT EXISTS (SELECT 1 FROM fax_deliveries way WHERE way.fax = faxes.id AND way.state = 'queued')
           AND NOT EXISTS (SELECT 1 FROM outgoing_mails mail WHERE mail.fax = faxes.id AND mail.state = 'queued')
           AND NOT EXISTS (SELECT 1 FROM faxes given WHERE given.given_of = faxes.id)
         ORDER BY keep_until LIMIT ?"
    ))
    .bind(believed.millis())
    .bind(PURGED_AT_ONCE)
    .fetch_all(&mut *conn)
    .await?;
    for row in &rows {
        let fax = Columns(row).text("id")?;
        // The bodies first, with their keys: that is what makes them unreadable, also in copies of the file.
        for sql in [
            "UPDATE outgoing_mails SET fax = NULL WHERE fax = ?",
            "UPDATE faxes SET twin = NULL WHERE twin = ?",
            "UPDATE faxes SET fetched_by = NULL WHERE fetched_by = ?",
            "DELETE FROM fax_deliveries WHERE fax = ?",
            "DELETE FROM outbox WHERE fax = ?",
            "DELETE FROM fax_owners WHERE fax = ?",
            "DELETE FROM attempts WHERE fax = ?",
        ] {
            sqlx::query(sql).bind(&fax).execute(&mut *conn).await?;
        }
        for table in ["fax_pages", "fax_documents"] {
            let bodies = sqlx::query(&format!("SELECT body FROM {table} WHERE fax = ?"))
                .bind(&fax)
                .fetch_all(&mut *conn)
                .await?;
            sqlx::query(&format!("DELETE FROM {table} WHERE fax = ?")).bind(&fax).execute(&mut *conn).await?;
            for body in &bodies {
                sqlx::query("DELETE FROM blobs WHERE id = ?")
                    .bind(Columns(body).text("body")?)
                    .execute(&mut *conn)
                    .await?;
            }
        }
        sqlx::query("DELETE FROM faxes WHERE id = ?").bind(&fax).execute(&mut *conn).await?;
        audit::append(conn, at, audit::BOX, "fax_purged", &fax).await?;
    }
    // A mail holds what it ordered as attachments: it goes when its faxes are all at their end and its own time is over.
    let accepted = sqlx::query(
        "SELECT id, body FROM accepted_mails m WHERE coalesce(counted_from, created) < ?
           AND NOT EXISTS (SELECT 1 FROM faxes WHERE mail = m.id
                           AND (legal_hold OR state IN ('rendering', 'waiting', 'sending', 'held', 'uncertain')))
         LIMIT ?",
    )
    .bind(Retention::Transit.since(believed).millis())
    .bind(PURGED_AT_ONCE)
    .fetch_all(&mut *conn)
    .await?;
    for mail in &accepted {
        let id = Columns(mail).text("id")?;
        sqlx::query("UPDATE faxes SET mail = NULL, mail_position = NULL WHERE mail = ?")
            .bind(&id)
            .execute(&mut *conn)
            .await?;
        sqlx::query("DELETE FROM accepted_mails WHERE id = ?").bind(&id).execute(&mut *conn).await?;
        sqlx::query("DELETE FROM blobs WHERE id = ?").bind(Columns(mail).text("body")?).execute(&mut *conn).await?;
    }
    let over = mails::purge(conn, Retention::Transit.since(believed), PURGED_AT_ONCE).await?;
    Ok(Done::Purged(rows.len() + accepted.len() + over))
}

fn way_row(row: &SqliteRow) -> Result<WayRow, StoreError> {
    let row = Columns(row);
    let way = Way::from_words(&row.text("way")?, &row.text("target")?)
        .ok_or_else(|| StoreError::Broken("a row cannot be read: column way".to_owned()))?;
    Ok(WayRow {
        way,
        state: row.word("state", |word| match word {
            "queued" => Some(MailState::Queued),
            "delivered" => Some(MailState::Delivered),
            "failed" => Some(MailState::Failed),
            _ => None,
        })?,
        tries: row.int("tries")?,
        changed: row.wall("changed")?,
        why: row.maybe_text("why")?,
    })
}
