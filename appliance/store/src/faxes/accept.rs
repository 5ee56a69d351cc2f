//! An outgoing fax from its acceptance to its pages.

use model::fax::{FaxState, Retention};
use model::{FaxId, MailId, Pii, Wall};
use sqlx::sqlite::SqliteConnection;

use super::need;
use crate::codec::{Columns, door_word, int, number_text};
use crate::effect::{Done, NewFax, StoreError};
use crate::rows::Fact;
use crate::verbs::Tx;
use crate::{audit, blobs, outbox};

/// [`crate::effect::Effect::AcceptFax`]. A fax that is there already is accepted already.
pub(crate) async fn accept(tx: &mut Tx<'_>, new: &NewFax) -> Result<Done, StoreError> {
    let known =
        sqlx::query("SELECT 1 FROM faxes WHERE id = ?").bind(new.id.to_string()).fetch_optional(&mut *tx.conn).await?;
    if known.is_none() {
        tx.room.need_for_new(tx.conn).await?;
        insert(tx, new, None).await?;
    }
    Ok(Done::Ok)
}

/// The fax that a mail orders at `position` of its list.
pub(crate) async fn accept_from_mail(
    tx: &mut Tx<'_>,
    new: &NewFax,
    mail: MailId,
    position: usize,
) -> Result<(), StoreError> {
    insert(tx, new, Some((mail, position))).await
}

async fn insert(tx: &mut Tx<'_>, new: &NewFax, mail: Option<(MailId, usize)>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO faxes (id, direction, door, state, number, subject, ordered_by, owner, created, changed, receipt_to, mail,
                            mail_position, retention, keep_until)
         VALUES (?1, 'out', ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?7, ?8, ?9, ?10, ?11, ?12)",
    )
    .bind(new.id.to_string())
    .bind(door_word(new.door))
    .bind(FaxState::Rendering.word())
    .bind(number_text(&new.to))
    .bind(new.subject.expose())
    .bind(&new.by)
    .bind(new.at.millis())
    .bind(new.receipt_to.as_ref().map(Pii::expose))
    .bind(mail.map(|(id, _)| id.to_string()))
    .bind(mail.map(|(_, position)| int(position)))
    .bind(new.retention.word())
    .bind(new.retention.until(new.at).millis())
    .execute(&mut *tx.conn)
    .await?;
    for (position, document) in new.documents.iter().enumerate() {
        let body = blobs::put(tx, new.retention, new.at, document.bytes.expose()).await?;
        sqlx::query("INSERT INTO fax_documents (fax, position, name, media_type, body) VALUES (?, ?, ?, ?, ?)")
            .bind(new.id.to_string())
            .bind(int(position))
            .bind(document.name.expose())
            .bind(&document.media_type)
            .bind(body.to_string())
            .execute(&mut *tx.conn)
            .await?;
    }
    audit::append(tx.conn, new.at, &new.by, "fax_accepted", &new.id.to_string()).await
}

/// [`crate::effect::Effect::FaxRendered`]. A fax without any page is refused: it would wait for ever.
pub(crate) async fn rendered(
    tx: &mut Tx<'_>,
    fax: FaxId,
    pages: &[Pii<Vec<u8>>],
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
    sqlx::query("UPDATE faxes SET state = ?, pages = ?, next_at = ?4, changed = ?4 WHERE id = ?3")
        .bind(FaxState::Waiting.word())
        .bind(int(pages.len()))
        .bind(fax.to_string())
        .bind(at.millis())
        .execute(&mut *tx.conn)
        .await?;
    Ok(Done::Ok)
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
