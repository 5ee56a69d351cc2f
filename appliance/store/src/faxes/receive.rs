//! A received fax: each page is durable before it is confirmed (T.30 MCF), so what the sender believes delivered is here.

use model::fax::{Delivery, FaxState, Outcome, Retention};
use model::trace::Trace;
use model::{AttemptId, FaxId, PhoneNumber, Wall};
use sqlx::sqlite::SqliteConnection;

use super::accept::{add_page, retention};
use super::{attempts, filing, need, set_delivery, state};
use crate::codec::{Columns, int, number_text};
use crate::effect::{Done, Fetched, Known, Place, StoreError};
use crate::rows::Fact;
use crate::verbs::Tx;
use crate::{audit, outbox};

/// [`crate::effect::Effect::BeginReceived`].
pub(crate) async fn begin(
    tx: &mut Tx<'_>,
    fax: FaxId,
    attempt: AttemptId,
    from: Option<&PhoneNumber>,
    to: &PhoneNumber,
    line: &str,
    at: Wall,
) -> Result<Done, StoreError> {
    tx.room.need_for_new(tx.conn).await?;
    // A received fax may belong to a patient's record until a person says otherwise.
    let class = Retention::Clinical;
    let inserted = sqlx::query(
        "INSERT INTO faxes (id, direction, state, number, our_number, subject, created, changed, attempts, retention, keep_until)
         VALUES (?1, 'in', ?2, ?3, ?4, '', ?5, ?5, 1, ?6, ?7)",
    )
    .bind(fax.to_string())
    .bind(FaxState::Receiving.word())
    .bind(from.map(number_text))
    .bind(number_text(to))
    .bind(at.millis())
    .bind(class.word())
    .bind(class.until(at).millis())
    .execute(&mut *tx.conn)
    .await;
    match inserted {
        Err(sqlx::Error::Database(e)) if e.is_unique_violation() => return Err(StoreError::WrongState),
        other => other?,
    };
    attempts::insert(tx.conn, fax, attempt, line, 0, at).await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::FetchedPage`]. A page that is there already is counted already.
pub(crate) async fn fetched_page(
    tx: &mut Tx<'_>,
    fetched: &Fetched,
    number: u32,
    stored: (&[u8], u32, bool),
    known: Option<&Known>,
    at: Wall,
) -> Result<Done, StoreError> {
    let Fetched { fax, attempt, order, .. } = *fetched;
    need(tx.conn, order, FaxState::Sending).await?;
    if number == 0 && matches!(state(tx.conn, fax).await, Err(StoreError::NotFound)) {
        begin(tx, fax, attempt, Some(&fetched.from), &fetched.to, &fetched.line, at).await?;
        sqlx::query("UPDATE faxes SET fetched_by = ? WHERE id = ?")
            .bind(order.to_string())
            .bind(fax.to_string())
            .execute(&mut *tx.conn)
            .await?;
    }
    let new = add(tx, fax, number, stored, known, at).await?;
    let confirmed = i64::from(new && !stored.2);
    sqlx::query(
        "UPDATE faxes SET pages = pages + ?1, pages_confirmed = pages_confirmed + ?2, changed = ?3 WHERE id = ?4",
    )
    .bind(i64::from(new))
    .bind(confirmed)
    .bind(at.millis())
    .bind(order.to_string())
    .execute(&mut *tx.conn)
    .await?;
    sqlx::query(
        "UPDATE attempts SET pages_confirmed = pages_confirmed + ?1, last_page_begun = max(last_page_begun, ?2)
         WHERE fax = ?3 AND ended IS NULL",
    )
    .bind(confirmed)
    .bind(known.is_some_and(|known| known.whole))
    .bind(order.to_string())
    .execute(&mut *tx.conn)
    .await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::ReceivedPage`].
pub(crate) async fn page(
    tx: &mut Tx<'_>,
    fax: FaxId,
    number: u32,
    stored: (&[u8], u32, bool),
    known: Option<&Known>,
    at: Wall,
) -> Result<Done, StoreError> {
    add(tx, fax, number, stored, known, at).await.map(|_| Done::Ok)
}

/// False if the page was there already.
async fn add(
    tx: &mut Tx<'_>,
    fax: FaxId,
    number: u32,
    (page, bad_rows, in_part): (&[u8], u32, bool),
    known: Option<&Known>,
    at: Wall,
) -> Result<bool, StoreError> {
    let state = state(tx.conn, fax).await?;
    let there = sqlx::query("SELECT 1 FROM fax_pages WHERE fax = ? AND number = ?")
        .bind(fax.to_string())
        .bind(number)
        .fetch_optional(&mut *tx.conn)
        .await?;
    if there.is_some() {
        return Ok(false);
    }
    if state != FaxState::Receiving {
        return Err(StoreError::WrongState);
    }
    let class = retention(tx.conn, fax).await?;
    add_page(tx, fax, class, int(number), page, bad_rows, at).await?;
    let confirmed = i64::from(!in_part);
    sqlx::query("UPDATE faxes SET pages = pages + 1, pages_confirmed = pages_confirmed + ?, changed = ? WHERE id = ?")
        .bind(confirmed)
        .bind(at.millis())
        .bind(fax.to_string())
        .execute(&mut *tx.conn)
        .await?;
    sqlx::query("UPDATE attempts SET pages_confirmed = pages_confirmed + ? WHERE fax = ? AND ended IS NULL")
        .bind(confirmed)
        .bind(fax.to_string())
        .execute(&mut *tx.conn)
        .await?;
    if let Some(known) = known {
        note(tx.conn, fax, known).await?;
    }
    Ok(true)
}

/// [`crate::effect::Effect::WholeReceived`], and what is known with a page.
pub(crate) async fn note(conn: &mut SqliteConnection, fax: FaxId, known: &Known) -> Result<Done, StoreError> {
    need(conn, fax, FaxState::Receiving).await?;
    sqlx::query("UPDATE attempts SET last_page_begun = max(last_page_begun, ?) WHERE fax = ? AND ended IS NULL")
        .bind(known.whole)
        .bind(fax.to_string())
        .execute(&mut *conn)
        .await?;
    sqlx::query("UPDATE faxes SET remote_ident = ?, subaddress = ?, keys = ? WHERE id = ?")
        .bind(known.remote_ident.expose())
        .bind(known.said.subaddress.expose())
        .bind(known.said.keys.expose())
        .bind(fax.to_string())
        .execute(&mut *conn)
        .await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::FinishReceived`]. Pages decide about the outbox entry, whatever the state says: none is ever left lying.
pub(crate) async fn finish_received(
    conn: &mut SqliteConnection,
    fax: FaxId,
    attempt: AttemptId,
    outcome: &Outcome,
    (end, place): (FaxState, &Place),
    trace: &Trace,
    at: Wall,
) -> Result<Done, StoreError> {
    need(conn, fax, FaxState::Receiving).await?;
    if !matches!(end, FaxState::Received | FaxState::Partial | FaxState::Failed) {
        return Err(StoreError::WrongState);
    }
    let row = sqlx::query("SELECT pages FROM faxes WHERE id = ?").bind(fax.to_string()).fetch_one(&mut *conn).await?;
    let pages: u32 = Columns(&row).int("pages")?;
    // The session ended before it knew that its page was durable.
    let end = if end == FaxState::Failed && pages > 0 { FaxState::Partial } else { end };
    attempts::close(conn, fax, attempt, outcome, trace, at).await?;
    attempts::set_ended(conn, fax, end, None, outcome, at).await?;
    let nowhere = Place::default();
    let place = if end == FaxState::Failed { &nowhere } else { place };
    filing::place(conn, fax, place, at).await?;
    audit::append(conn, at, audit::BOX, &format!("fax_{}", end.word()), &fax.to_string()).await?;
    if place.junk || pages == 0 {
        return Ok(Done::Ok);
    }
    Ok(Done::Outboxed(outbox::add(conn, Fact::FaxReceived(fax)).await?))
}

/// What became of a mail that carries this fax to a reader. It is delivered when the last reader has it. With several readers one failure outweighs the others' success: it
/// needs a person. Only [`crate::effect::Effect::SetDelivery`] takes it back.
pub(crate) async fn delivery_of_mail(
    conn: &mut SqliteConnection,
    fax: FaxId,
    news: Delivery,
) -> Result<(), StoreError> {
    let row =
        sqlx::query("SELECT delivery FROM faxes WHERE id = ?").bind(fax.to_string()).fetch_optional(&mut *conn).await?;
    let now = Columns(&row.ok_or(StoreError::NotFound)?).word("delivery", Delivery::from_word)?;
    let changes = match news {
        Delivery::None => false,
        Delivery::Queued => now == Delivery::None,
        Delivery::Delivered => now != Delivery::Failed && !is_waited_for(conn, fax).await?,
        Delivery::Failed => true,
    };
    if changes { set_delivery(conn, fax, news).await.map(|_| ()) } else { Ok(()) }
}

/// A reader's mail with this fax still waits.
async fn is_waited_for(conn: &mut SqliteConnection, fax: FaxId) -> Result<bool, StoreError> {
    let waiting = sqlx::query(
        "SELECT 1 FROM outgoing_mails WHERE fax = ? AND purpose = 'received_fax' AND state = 'queued' LIMIT 1",
    )
    .bind(fax.to_string())
    .fetch_optional(conn)
    .await?;
    Ok(waiting.is_some())
}
