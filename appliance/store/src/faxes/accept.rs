//! An outgoing fax from its acceptance to its pages, and an order to fetch one.

use model::command::Document;
use model::fax::{FaxState, Retention};
use model::sending::OrderKey;
use model::{FaxId, MailId, Pii, Wall};
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnection;

use super::offers::is_offer;
use super::{Faxes, load, need};
use crate::codec::{Columns, door_word, int, number_text};
use crate::effect::{Done, NewFax, StoreError};
use crate::rows::{Fact, FaxRow};
use crate::verbs::Tx;
use crate::{audit, blobs, outbox};

/// [`crate::effect::Effect::AcceptFax`] and [`crate::effect::Effect::AcceptFaxes`]: what one order came to. If its first fax is there already,
/// all are accepted already.
pub(crate) async fn accept(tx: &mut Tx<'_>, order: &[NewFax]) -> Result<Done, StoreError> {
    let Some(first) = order.first() else { return Err(StoreError::WrongState) };
    let known = sqlx::query("SELECT 1 FROM faxes WHERE id = ?").bind(first.id.to_string());
    if known.fetch_optional(&mut *tx.conn).await?.is_some() {
        return Ok(Done::Ok);
    }
    if let Some(ordered) = ordered_before(tx.conn, &first.by, first.wish.key.as_ref()).await? {
        return Ok(ordered);
    }
    tx.room.need_for_new(tx.conn).await?;
    for (place, new) in order.iter().enumerate() {
        insert(tx, new, None, place).await?;
    }
    Ok(Done::Ok)
}

impl Faxes {
    /// The faxes of this order, if it was accepted under its key before.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn ordered(&self, by: &str, key: &OrderKey) -> Result<Vec<FaxRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let Some(Done::Ordered(ids)) = ordered_before(&mut reader, by, Some(key)).await? else { return Ok(Vec::new()) };
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            rows.extend(load(&mut reader, id).await?);
        }
        Ok(rows)
    }
}

/// What was ordered under the same key before.
pub(super) async fn ordered_before(
    conn: &mut SqliteConnection,
    by: &str,
    key: Option<&OrderKey>,
) -> Result<Option<Done>, StoreError> {
    let Some(key) = key else { return Ok(None) };
    let sql = "SELECT id, order_print FROM faxes WHERE ordered_by = ? AND order_key = ? ORDER BY order_place";
    let rows = sqlx::query(sql).bind(by).bind(key.key.expose()).fetch_all(conn).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    if Columns(first).bytes("order_print")? != key.fingerprint {
        return Ok(Some(Done::OtherOrder));
    }
    let ids = rows.iter().map(|row| Columns(row).id("id")).collect::<Result<_, _>>()?;
    Ok(Some(Done::Ordered(ids)))
}

/// The fax that a mail orders at `position` of its list.
pub(crate) async fn accept_from_mail(
    tx: &mut Tx<'_>,
    new: &NewFax,
    mail: MailId,
    position: usize,
) -> Result<(), StoreError> {
    insert(tx, new, Some((mail, position)), 0).await
}

async fn insert(tx: &mut Tx<'_>, new: &NewFax, mail: Option<(MailId, usize)>, place: usize) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO faxes (id, direction, door, state, number, subject, ordered_by, owner, created, changed, receipt_to, mail,
                            mail_position, retention, keep_until, priority, not_before, cover, order_key, order_print,
                            subaddress, password, fetch, next_at, left_out, order_place, cover_print)
         VALUES (?1, 'out', ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                 iif(?20, max(?7, coalesce(?14, 0)), NULL), ?21, ?22, ?23)",
    )
    .bind(new.id.to_string())
    .bind(door_word(new.door))
    // What is fetched has nothing to be rendered.
    .bind(if new.fetch { FaxState::Waiting } else { FaxState::Rendering }.word())
    .bind(number_text(&new.to))
    .bind(new.subject.expose())
    .bind(&new.by)
    .bind(new.at.millis())
    .bind(new.receipt_to.as_ref().map(Pii::expose))
    .bind(mail.map(|(id, _)| id.to_string()))
    .bind(mail.map(|(_, position)| int(position)))
    .bind(new.retention.word())
    .bind(new.retention.until(new.at).millis())
    .bind(new.wish.priority.word())
    .bind(new.wish.not_before.map(Wall::millis))
    .bind(new.wish.cover.is_some())
    .bind(new.wish.key.as_ref().map(|key| key.key.expose()))
    .bind(new.wish.key.as_ref().map(|key| key.fingerprint.to_vec()))
    .bind(new.wish.inside.subaddress.expose())
    .bind(new.wish.inside.password.expose())
    .bind(new.fetch)
    .bind(new.left_out.expose())
    .bind(int(place))
    .bind(new.wish.cover.map(|print| print.to_vec()))
    .execute(&mut *tx.conn)
    .await?;
    add_documents(tx, new.id, new.retention, &new.documents, new.at).await?;
    let what = if new.fetch { "fax_fetch_accepted" } else { "fax_accepted" };
    audit::append(tx.conn, new.at, &new.by, what, &new.id.to_string()).await?;
    if let Some(source) = new.forwards {
        // Where a patient's pages went is asked of the fax that they came by.
        audit::append(tx.conn, new.at, &new.by, "fax_forwarded", &format!("{source} as {}", new.id)).await?;
    }
    Ok(())
}

/// Seals documents and adds their rows.
pub(super) async fn add_documents(
    tx: &mut Tx<'_>,
    fax: FaxId,
    class: Retention,
    documents: &[Document],
    at: Wall,
) -> Result<(), StoreError> {
    for (position, document) in documents.iter().enumerate() {
        let body = blobs::put(tx, class, at, document.bytes.expose()).await?;
        sqlx::query("INSERT INTO fax_documents (fax, position, name, media_type, body) VALUES (?, ?, ?, ?, ?)")
            .bind(fax.to_string())
            .bind(int(position))
            .bind(document.name.expose())
            .bind(&document.media_type)
            .bind(body.to_string())
            .execute(&mut *tx.conn)
            .await?;
    }
    Ok(())
}

/// [`crate::effect::Effect::FaxRendered`]. A fax without any page is refused: it would wait for ever.
pub(crate) async fn rendered(
    tx: &mut Tx<'_>,
    fax: FaxId,
    pages: &[Pii<Vec<u8>>],
    twins_since: Option<Wall>,
    at: Wall,
) -> Result<Done, StoreError> {
    need(tx.conn, fax, FaxState::Rendering).await?;
    if pages.is_empty() {
        return Err(StoreError::WrongState);
    }
    let class = retention(tx.conn, fax).await?;
    for (number, page) in pages.iter().enumerate() {
        add_page(tx, fax, class, int(number), page.expose(), 0, at).await?;
    }
    let print = print_of(tx.conn, fax, pages).await?;
    let twin = match twins_since {
        Some(since) => twin_of(tx.conn, fax, &print, since).await?,
        None => None,
    };
    let state = if twin.is_some() { FaxState::Held } else { FaxState::Waiting };
    sqlx::query(
        "UPDATE faxes SET state = ?1, pages = ?2, next_at = iif(?1 = 'held', NULL, max(?4, coalesce(not_before, 0))), changed = ?4,
                          pages_print = ?5, twin = ?6, seen = 0
         WHERE id = ?3",
    )
    .bind(state.word())
    .bind(int(pages.len()))
    .bind(fax.to_string())
    .bind(at.millis())
    .bind(print)
    .bind(twin.map(|twin| twin.to_string()))
    .execute(&mut *tx.conn)
    .await?;
    if twin.is_none() {
        return Ok(Done::Ok);
    }
    audit::append(tx.conn, at, audit::BOX, "fax_held", &fax.to_string()).await?;
    Ok(Done::Outboxed(outbox::add(tx.conn, Fact::FaxEnded(fax)).await?))
}

/// What makes its pages the same as another's: all of them but a cover of ours, which has the time of day on it. Where the cover is all there
/// is, what it says without that counts.
async fn print_of(conn: &mut SqliteConnection, fax: FaxId, pages: &[Pii<Vec<u8>>]) -> Result<Vec<u8>, StoreError> {
    let row = sqlx::query("SELECT cover, coalesce(cover_print, x'') AS cover_print FROM faxes WHERE id = ?");
    let row = row.bind(fax.to_string()).fetch_one(conn).await?;
    let (has_cover, says) = (Columns(&row).flag("cover")?, Columns(&row).bytes("cover_print")?);
    let mut hash = Sha256::new();
    if has_cover && pages.len() == 1 && !says.is_empty() {
        hash.update(says);
        return Ok(hash.finalize().to_vec());
    }
    let skipped = usize::from(has_cover && pages.len() > 1);
    for page in &pages[skipped..] {
        hash.update(page.expose().len().to_le_bytes());
        hash.update(page.expose());
    }
    Ok(hash.finalize().to_vec())
}

/// The newest fax with these pages to the same number, and to the same person there: one that still waits, whenever it was ordered, or that
/// ended since and arrived, or may have arrived. One that a person recalled, or that failed before any page, is no reason to hold another.
/// What waits for a person itself is named only if there is no other.
async fn twin_of(
    conn: &mut SqliteConnection,
    fax: FaxId,
    print: &[u8],
    since: Wall,
) -> Result<Option<FaxId>, StoreError> {
    let row = sqlx::query(
        "SELECT id FROM faxes
         WHERE pages_print = ?1 AND (number, subaddress) = (SELECT number, subaddress FROM faxes WHERE id = ?2) AND id <> ?2
           AND (state IN ('waiting', 'sending', 'held')
                OR changed >= ?3 AND (state IN ('sent', 'uncertain') OR pages_confirmed > 0))
         ORDER BY state = 'held', id DESC LIMIT 1",
    )
    .bind(print)
    .bind(fax.to_string())
    .bind(since.millis())
    .fetch_optional(conn)
    .await?;
    row.map(|row| Columns(&row).id("id")).transpose()
}

/// [`crate::effect::Effect::FaxUnrenderable`].
pub(crate) async fn unrenderable(
    tx: &mut Tx<'_>,
    fax: FaxId,
    reason: &Pii<String>,
    at: Wall,
) -> Result<Done, StoreError> {
    need(tx.conn, fax, FaxState::Rendering).await?;
    sqlx::query("UPDATE faxes SET state = ?, reason = ?, changed = ?, seen = 0 WHERE id = ?")
        .bind(FaxState::Failed.word())
        .bind(reason.expose())
        .bind(at.millis())
        .bind(fax.to_string())
        .execute(&mut *tx.conn)
        .await?;
    audit::append(tx.conn, at, audit::BOX, "fax_failed", &fax.to_string()).await?;
    if is_offer(tx.conn, fax).await? {
        // It stands in the console, where whoever laid it out looks for it; there is nobody to send a receipt of.
        return Ok(Done::Ok);
    }
    Ok(Done::Outboxed(outbox::add(tx.conn, Fact::FaxEnded(fax)).await?))
}

/// The class that a fax's bodies are sealed in.
pub(super) async fn retention(conn: &mut SqliteConnection, fax: FaxId) -> Result<Retention, StoreError> {
    let row =
        sqlx::query("SELECT retention FROM faxes WHERE id = ?").bind(fax.to_string()).fetch_optional(conn).await?;
    Columns(&row.ok_or(StoreError::NotFound)?).word("retention", Retention::from_word)
}

/// Seals a page and adds its row.
pub(super) async fn add_page(
    tx: &mut Tx<'_>,
    fax: FaxId,
    class: Retention,
    number: i64,
    page: &[u8],
    bad_rows: u32,
    at: Wall,
) -> Result<(), StoreError> {
    let body = blobs::put(tx, class, at, page).await?;
    sqlx::query("INSERT INTO fax_pages (fax, number, body, bad_rows, at) VALUES (?, ?, ?, ?, ?)")
        .bind(fax.to_string())
        .bind(number)
        .bind(body.to_string())
        .bind(bad_rows)
        .bind(at.millis())
        .execute(&mut *tx.conn)
        .await?;
    Ok(())
}
