//! Faxes, to read.

use model::command::Document;
use model::fax::{Cause, Delivery, FaxState, Retention};
use model::sending::Priority;
use model::trace::Trace;
use model::{BlobId, FaxId, Inside, Offer, PhoneNumber, Pii, Said, Wall};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::codec::{
    Columns, NEWEST, digits_of, direction_of, direction_word, door_of, escape_like, int, number_of, number_text,
    to_json,
};
use crate::effect::StoreError;
use crate::keys::KeyChain;
use crate::rows::{AttemptRow, FaxCounts, FaxFilter, FaxRow, Junk};
use crate::{Store, blobs};

/// Faxes, to read.
#[derive(Clone, Debug)]
pub struct Faxes(pub(crate) Store);

impl Faxes {
    /// The newest faxes before `before` (from the newest, if none), newest first; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn list(
        &self,
        filter: FaxFilter,
        limit: usize,
        before: Option<FaxId>,
    ) -> Result<Vec<FaxRow>, StoreError> {
        let search = filter.search.unwrap_or_default();
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(&list_sql(filter.needs_person, filter.mine.is_some()))
            .bind(before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string()))
            .bind(filter.direction.map(direction_word))
            .bind(search.trim())
            .bind(format!("%{}%", escape_like(search.trim())))
            .bind(digits_of(&search).unwrap_or_default())
            .bind(int(limit.min(crate::MAX_ROWS)))
            .bind(filter.folder)
            .bind(match filter.junk {
                Junk::Without => Some(false),
                Junk::With => None,
                Junk::Only => Some(true),
            })
            .bind(filter.mine)
            .bind(to_json(&filter.named)?)
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(fax_row).collect()
    }

    /// How many wait for a person. A received fax does when it has pages and no owner; an outgoing one when it is uncertain, or
    /// failed and nobody has looked since; any whose mail failed, or that a folder did not get, and nobody has looked since. Junk never does.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn counts(&self) -> Result<FaxCounts, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query(&counts_sql()).fetch_one(&mut *reader).await?;
        let row = Columns(&row);
        Ok(FaxCounts { needs_person_in: row.int("inward")?, needs_person_out: row.int("outward")? })
    }

    /// How many received faxes are this person's, and not done with.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn mine(&self, user: &str) -> Result<u64, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query(&mine_sql()).bind(user).fetch_one(&mut *reader).await?;
        Columns(&row).int("mine")
    }

    /// The newest outgoing faxes to exactly this number, newest first; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn sent_to(&self, number: &PhoneNumber, limit: usize) -> Result<Vec<FaxRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(&sent_to_sql())
            .bind(number_text(number))
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(fax_row).collect()
    }

    /// How many faxes came from exactly this number since `since`, junk too.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn received_from(&self, number: &PhoneNumber, since: Wall) -> Result<u64, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT count(*) AS n FROM faxes WHERE id >= ? AND direction = 'in' AND number = ?")
            .bind(FaxId::earliest(since).to_string())
            .bind(number_text(number))
            .fetch_one(&mut *reader)
            .await?;
        Columns(&row).int("n")
    }

    /// One fax.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn get(&self, fax: FaxId) -> Result<Option<FaxRow>, StoreError> {
        load(&mut *self.0.reader().await?, fax).await
    }

    /// Its attempts, or its one reception, oldest first. Those without an outcome are on the line now.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn attempts(&self, fax: FaxId) -> Result<Vec<AttemptRow>, StoreError> {
        load_attempts(&mut *self.0.reader().await?, fax).await
    }

    /// One page as a TIFF, counted from 0.
    ///
    /// # Errors
    /// [`StoreError::Broken`] also if the sealed page was changed; [`StoreError::NotFound`] if it was purged.
    pub async fn page(&self, fax: FaxId, number: u32) -> Result<Option<Pii<Vec<u8>>>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query(&format!("SELECT body FROM fax_pages WHERE fax = {PAGES_OF} AND number = ?2"))
            .bind(fax.to_string())
            .bind(number)
            .fetch_optional(&mut *reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let body = blobs::get(&mut reader, self.0.keys(), Columns(&row).id("body")?).await?;
        Ok(Some(Pii::new(body)))
    }

    /// All pages in order, one TIFF each. Empty if it has none, or is not known.
    ///
    /// # Errors
    /// See [`Faxes::page`].
    pub async fn pages(&self, fax: FaxId) -> Result<Vec<Pii<Vec<u8>>>, StoreError> {
        load_pages(&mut *self.0.reader().await?, self.0.keys(), fax).await
    }

    /// The faxes that came by this order to fetch, oldest first. One order may bring several: each document that their machine gave.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn fetched(&self, order: FaxId) -> Result<Vec<FaxId>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT id FROM faxes WHERE fetched_by = ? ORDER BY id LIMIT ?")
            .bind(order.to_string())
            .bind(int(crate::MAX_ROWS))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(|row| Columns(row).id("id")).collect()
    }

    /// Its documents, as they were handed in.
    ///
    /// # Errors
    /// See [`Faxes::page`].
    pub async fn documents(&self, fax: FaxId) -> Result<Vec<Document>, StoreError> {
        load_documents(&mut *self.0.reader().await?, self.0.keys(), fax).await
    }
}

/// One row.
pub(crate) async fn load(conn: &mut SqliteConnection, fax: FaxId) -> Result<Option<FaxRow>, StoreError> {
    let row = sqlx::query(&format!("SELECT {COLUMNS} FROM faxes WHERE id = ?"))
        .bind(fax.to_string())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(fax_row).transpose()
}

/// All that are not final, oldest first. As many as people have ordered: whoever accepts orders bounds them.
pub(crate) async fn load_open(conn: &mut SqliteConnection) -> Result<Vec<FaxRow>, StoreError> {
    let rows = sqlx::query(&open_sql()).fetch_all(conn).await?;
    rows.iter().map(fax_row).collect()
}

/// All attempts, oldest first.
pub(crate) async fn load_attempts(conn: &mut SqliteConnection, fax: FaxId) -> Result<Vec<AttemptRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, number, line, first_page, started, ended, outcome, trace FROM attempts WHERE fax = ? ORDER BY number",
    )
    .bind(fax.to_string())
    .fetch_all(conn)
    .await?;
    rows.iter().map(attempt_row).collect()
}

/// All pages, in order.
pub(crate) async fn load_pages(
    conn: &mut SqliteConnection,
    keys: &KeyChain,
    fax: FaxId,
) -> Result<Vec<Pii<Vec<u8>>>, StoreError> {
    let rows = sqlx::query(&format!("SELECT body FROM fax_pages WHERE fax = {PAGES_OF} ORDER BY number"))
        .bind(fax.to_string())
        .fetch_all(&mut *conn)
        .await?;
    let mut pages = Vec::with_capacity(rows.len());
    for row in &rows {
        pages.push(Pii::new(blobs::get(conn, keys, Columns(row).id::<BlobId>("body")?).await?));
    }
    Ok(pages)
}

/// All documents, in order.
pub(crate) async fn load_documents(
    conn: &mut SqliteConnection,
    keys: &KeyChain,
    fax: FaxId,
) -> Result<Vec<Document>, StoreError> {
    let rows = sqlx::query("SELECT name, media_type, body FROM fax_documents WHERE fax = ? ORDER BY position")
        .bind(fax.to_string())
        .fetch_all(&mut *conn)
        .await?;
    let mut documents = Vec::with_capacity(rows.len());
    for row in &rows {
        let row = Columns(row);
        documents.push(Document {
            name: Pii::new(row.text("name")?),
            media_type: row.text("media_type")?,
            bytes: Pii::new(blobs::get(conn, keys, row.id("body")?).await?),
        });
    }
    Ok(documents)
}

fn list_sql(needs_person: bool, mine: bool) -> String {
    // The conditions stand alone, not behind a parameter: only so their index is used.
    let needs_person = if needs_person { NEEDS_PERSON } else { "1" };
    let mine = if mine { format!("({MINE} AND owner = ?9)") } else { "?9 IS NULL".to_owned() };
    format!(
        "SELECT {COLUMNS} FROM faxes
         WHERE id < ?1 AND (?2 IS NULL OR direction = ?2) AND {needs_person} AND {mine}
           AND (?7 IS NULL OR folder = ?7) AND (?8 IS NULL OR junk = ?8)
           AND (?3 = '' OR subject LIKE ?4 ESCAPE '\\' OR remote_ident LIKE ?4 ESCAPE '\\' OR owner LIKE ?4 ESCAPE '\\'
                OR ordered_by LIKE ?4 ESCAPE '\\' OR (?5 <> '' AND number LIKE '%' || ?5 || '%')
                OR owner IN (SELECT value FROM json_each(?10)) OR ordered_by IN (SELECT value FROM json_each(?10)))
         ORDER BY id DESC LIMIT ?6"
    )
}

fn open_sql() -> String {
    format!("SELECT {COLUMNS} FROM faxes WHERE state IN ('rendering', 'waiting', 'sending', 'receiving') ORDER BY id")
}

fn counts_sql() -> String {
    format!(
        "SELECT count(*) FILTER (WHERE direction = 'in') AS inward, count(*) FILTER (WHERE direction = 'out') AS outward
         FROM faxes WHERE {NEEDS_PERSON} AND NOT junk"
    )
}

fn sent_to_sql() -> String {
    format!("SELECT {COLUMNS} FROM faxes WHERE direction = 'out' AND number = ? ORDER BY id DESC LIMIT ?")
}

fn mine_sql() -> String {
    format!("SELECT count(*) AS mine FROM faxes WHERE {MINE} AND owner = ?")
}

pub(super) fn fax_row(row: &SqliteRow) -> Result<FaxRow, StoreError> {
    let row = Columns(row);
    Ok(FaxRow {
        id: row.id("id")?,
        direction: row.word("direction", direction_of)?,
        door: row.maybe_word("door", door_of)?,
        state: row.word("state", FaxState::from_word)?,
        number: row.maybe_word("number", number_of)?,
        our_number: row.maybe_word("our_number", number_of)?,
        subject: Pii::new(row.text("subject")?),
        by: row.maybe_text("ordered_by")?,
        owner: row.maybe_text("owner")?,
        created: row.wall("created")?,
        changed: row.wall("changed")?,
        pages: row.int("pages")?,
        pages_confirmed: row.int("pages_confirmed")?,
        attempts: row.int("attempts")?,
        next_at: row.maybe_wall("next_at")?,
        cause: row.maybe_word("cause", Cause::from_word)?,
        reason: row.maybe_text("reason")?.map(Pii::new),
        left_out: Pii::new(row.text("left_out")?),
        remote_ident: Pii::new(row.text("remote_ident")?),
        delivery: row.word("delivery", Delivery::from_word)?,
        unwritten: row.flag("unwritten")?,
        receipt_to: row.maybe_text("receipt_to")?.map(Pii::new),
        mail: row.maybe_id("mail")?,
        retention: row.word("retention", Retention::from_word)?,
        keep_until: row.wall("keep_until")?,
        priority: row.word("priority", Priority::from_word)?,
        not_before: row.maybe_wall("not_before")?,
        cover: row.flag("cover")?,
        inside: Inside { subaddress: row.text("subaddress")?.into(), password: row.text("password")?.into() },
        said: Said {
            subaddress: row.text("subaddress")?.into(),
            keys: row.text("keys")?.into(),
            code: row.text("code")?.into(),
        },
        manner: row.maybe_json("manner")?,
        twin: row.maybe_id("twin")?,
        folder: row.maybe_text("folder")?,
        junk: row.flag("junk")?,
        done: row.maybe_text("done_by")?.zip(row.maybe_wall("done_at")?),
        legal_hold: row.flag("legal_hold")?,
        fetch: row.flag("fetch")?,
        fetched_by: row.maybe_id("fetched_by")?,
        offer: offer(&row)?,
        given_of: row.maybe_id("given_of")?,
    })
}

fn offer(row: &Columns<'_>) -> Result<Option<Offer>, StoreError> {
    let Some(until) = row.maybe_wall("offer_until")? else { return Ok(None) };
    Ok(Some(Offer {
        called: row.maybe_word("our_number", number_of)?,
        inside: Inside { subaddress: row.text("subaddress")?.into(), password: row.text("password")?.into() },
        until,
        once: row.flag("offer_once")?,
    }))
}

fn attempt_row(row: &SqliteRow) -> Result<AttemptRow, StoreError> {
    let row = Columns(row);
    Ok(AttemptRow {
        id: row.id("id")?,
        number: row.int("number")?,
        line: row.text("line")?,
        first_page: row.int("first_page")?,
        started: row.wall("started")?,
        ended: row.maybe_wall("ended")?,
        outcome: row.maybe_json("outcome")?,
        trace: row.maybe_json::<Trace>("trace")?.unwrap_or_default(),
    })
}

pub(super) const COLUMNS: &str = "id, direction, door, state, number, our_number, subject, ordered_by, owner, created, changed, pages, \
                       pages_confirmed, attempts, next_at, cause, reason, remote_ident, delivery, receipt_to, mail, retention, \
                       keep_until, priority, not_before, cover, manner, twin, folder, junk, done_by, done_at, legal_hold, \
                       subaddress, password, keys, code, fetch, fetched_by, offer_until, offer_once, given_of, left_out, unwritten";
/// Whose pages a fax shows: its own, or those of the document that another machine fetched.
const PAGES_OF: &str = "coalesce((SELECT given_of FROM faxes WHERE id = ?1), ?1)";
/// See [`Faxes::counts`]. Such a fax is not purged either, unless it is junk, which waits for nobody whatever became of its delivery: who asks
/// for what waits asks for that too, since this is the condition of an index, to the word.
pub(super) const NEEDS_PERSON: &str = "((direction = 'in' AND owner IS NULL AND pages > 0 AND NOT junk AND state <> 'receiving') \
                            OR state = 'uncertain' OR state = 'held' \
                            OR (direction = 'out' AND state = 'failed' AND NOT seen) \
                            OR (delivery = 'failed' AND NOT seen) \
                            OR (unwritten AND NOT seen))";
/// What an owner has to look after.
pub(super) const MINE: &str = "direction = 'in' AND done_at IS NULL AND NOT junk";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Opened;

    /// Lists must stay fast when seven years of faxes lie behind them.
    #[test]
    fn what_every_page_asks_for_has_an_index() {
        let mut opened = Opened::new();
        opened.wait(async |opened| {
            for (sql, index) in [
                (counts_sql(), "faxes_need_person"),
                (list_sql(true, false), "faxes_need_person"),
                (list_sql(false, false), "(id<?)"),
                (list_sql(false, true), "faxes_mine"),
                (mine_sql(), "faxes_mine"),
                (sent_to_sql(), "faxes_to"),
                (open_sql(), "faxes_open"),
            ] {
                let explain = format!("EXPLAIN QUERY PLAN {sql}");
                let rows = sqlx::query(&explain).fetch_all(&mut opened.conn).await.expect("a plan");
                let plan: Vec<_> = rows.iter().map(|row| Columns(row).text("detail").expect("a line")).collect();
                assert!(plan.iter().any(|line| line.contains(index)), "{sql}: {plan:?}");
                assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{sql}: {plan:?}");
            }
        });
    }
}
