//! A document that is laid out for other machines to fetch, and what each of them had of it. A fetch begins as a reception, since nobody
//! knows yet what their machine wants; when it asks, its row becomes that of an outgoing fax, in the transaction that decides that it gets the
//! document.

use model::fax::{FaxState, Outcome};
use model::trace::Trace;
use model::{AttemptId, FaxId, Offer, Pii, Wall};
use sqlx::sqlite::SqliteConnection;

use super::accept::{add_documents, add_page, ordered_before, retention};
use super::attempts::{close, confirm, set_ended};
use super::read::{COLUMNS, fax_row};
use super::receive::finish_received;
use super::{Faxes, need, state};
use crate::audit;
use crate::codec::{Columns, door_word, int, number_text};
use crate::effect::{Done, NewOffer, Place, StoreError};
use crate::rows::FaxRow;
use crate::verbs::Tx;

impl Faxes {
    /// What was laid out, newest first: what lies ready now, and what did.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn offers(&self, limit: usize) -> Result<Vec<FaxRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM faxes WHERE offer_until IS NOT NULL ORDER BY id DESC LIMIT ?");
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(&sql).bind(int(limit.min(crate::MAX_ROWS))).fetch_all(&mut *reader).await?;
        rows.iter().map(fax_row).collect()
    }

    /// Who fetched this document, or began to, newest first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn given(&self, offer: FaxId, limit: usize) -> Result<Vec<FaxRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM faxes WHERE given_of = ? ORDER BY id DESC LIMIT ?");
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query(&sql)
            .bind(offer.to_string())
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(fax_row).collect()
    }
}

/// What lies ready, oldest first; at most [`crate::MAX_ROWS`]: whoever accepts orders bounds them.
pub(crate) async fn laid_out(conn: &mut SqliteConnection) -> Result<Vec<FaxRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM faxes WHERE offer_until IS NOT NULL AND state = 'offered' ORDER BY id DESC LIMIT ?"
    );
    let rows = sqlx::query(&sql).bind(int(crate::MAX_ROWS)).fetch_all(conn).await?;
    rows.iter().rev().map(fax_row).collect()
}

/// [`crate::effect::Effect::LayOut`]. One that is there already is laid out already; so is one that was ordered under the same key.
pub(crate) async fn lay_out(tx: &mut Tx<'_>, new: &NewOffer) -> Result<Done, StoreError> {
    let known = sqlx::query("SELECT 1 FROM faxes WHERE id = ?").bind(new.id.to_string());
    if known.fetch_optional(&mut *tx.conn).await?.is_some() {
        return Ok(Done::Ok);
    }
    if let Some(ordered) = ordered_before(tx.conn, &new.by, new.key.as_ref()).await? {
        return Ok(ordered);
    }
    if has_twin(tx.conn, new.id, &new.offer, new.at).await? {
        return Err(StoreError::WrongState);
    }
    tx.room.need_for_new(tx.conn).await?;
    sqlx::query(
        "INSERT INTO faxes (id, direction, door, state, our_number, subject, ordered_by, owner, created, changed, retention, keep_until,
                            subaddress, password, order_key, order_print, offer_until, offer_once)
         VALUES (?1, 'out', ?2, 'rendering', ?3, ?4, ?5, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )
    .bind(new.id.to_string())
    .bind(door_word(new.door))
    .bind(new.offer.called.as_ref().map(number_text))
    .bind(new.subject.expose())
    .bind(&new.by)
    .bind(new.at.millis())
    .bind(new.retention.word())
    .bind(new.retention.until(new.at).millis())
    .bind(new.offer.inside.subaddress.expose())
    .bind(new.offer.inside.password.expose())
    .bind(new.key.as_ref().map(|key| key.key.expose()))
    .bind(new.key.as_ref().map(|key| key.fingerprint.to_vec()))
    .bind(new.offer.until.millis())
    .bind(new.offer.once)
    .execute(&mut *tx.conn)
    .await?;
    add_documents(tx, new.id, new.retention, &new.documents, new.at).await?;
    audit::append(tx.conn, new.at, &new.by, "offer_laid_out", &new.id.to_string()).await?;
    Ok(Done::Ok)
}

/// Another lies ready, or will, for whoever asks the same question: nobody could say which of the two they get.
pub(super) async fn has_twin(
    conn: &mut SqliteConnection,
    fax: FaxId,
    offer: &Offer,
    at: Wall,
) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT 1 FROM faxes WHERE offer_until > ?1 AND state IN ('rendering', 'offered') AND id <> ?2
           AND subaddress = ?3 AND password = ?4 AND (?5 IS NULL OR our_number IS NULL OR our_number = ?5)",
    )
    .bind(at.millis())
    .bind(fax.to_string())
    .bind(offer.inside.subaddress.expose())
    .bind(offer.inside.password.expose())
    .bind(offer.called.as_ref().map(number_text))
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// [`crate::effect::Effect::OfferRendered`]. Without any page there is nothing to give.
pub(crate) async fn offer_rendered(
    tx: &mut Tx<'_>,
    fax: FaxId,
    pages: &[Pii<Vec<u8>>],
    at: Wall,
) -> Result<Done, StoreError> {
    need(tx.conn, fax, FaxState::Rendering).await?;
    if pages.is_empty() || !is_offer(tx.conn, fax).await? {
        return Err(StoreError::WrongState);
    }
    let class = retention(tx.conn, fax).await?;
    for (number, page) in pages.iter().enumerate() {
        add_page(tx, fax, class, int(number), page.expose(), 0, at).await?;
    }
    sqlx::query("UPDATE faxes SET state = 'offered', pages = ?, changed = ? WHERE id = ?")
        .bind(int(pages.len()))
        .bind(at.millis())
        .bind(fax.to_string())
        .execute(&mut *tx.conn)
        .await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::GiveOffer`]. Asked for once more in the same call, it is given once more.
pub(crate) async fn give(conn: &mut SqliteConnection, fax: FaxId, offer: FaxId, at: Wall) -> Result<Done, StoreError> {
    if !may_be_given(conn, fax, offer, at).await? {
        return Err(StoreError::WrongState);
    }
    // The document is kept as long as the record of who had it.
    let done = sqlx::query(
        "UPDATE faxes SET direction = 'out', state = 'sending', given_of = ?2, changed = ?3,
                (subject, ordered_by, owner, pages) = (SELECT subject, ordered_by, owner, pages FROM faxes WHERE id = ?2)
         WHERE id = ?1 AND (state = 'receiving' AND pages = 0 OR state = 'sending' AND given_of = ?2)",
    )
    .bind(fax.to_string())
    .bind(offer.to_string())
    .bind(at.millis())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::WrongState);
    }
    sqlx::query(
        "UPDATE faxes SET changed = ?3, keep_until = max(keep_until, (SELECT keep_until FROM faxes WHERE id = ?1)) WHERE id = ?2",
    )
    .bind(fax.to_string())
    .bind(offer.to_string())
    .bind(at.millis())
    .execute(conn)
    .await?;
    Ok(Done::Ok)
}

/// It lies ready; and what is given away once is not given to two who ask at the same time.
async fn may_be_given(conn: &mut SqliteConnection, fax: FaxId, offer: FaxId, at: Wall) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT NOT offer_once OR NOT EXISTS (SELECT 1 FROM faxes given WHERE given.given_of = ?1 AND given.state = 'sending'
                                                AND given.id <> ?2) AS free
         FROM faxes WHERE id = ?1 AND state = 'offered' AND offer_until > ?3",
    )
    .bind(offer.to_string())
    .bind(fax.to_string())
    .bind(at.millis())
    .fetch_optional(conn)
    .await?;
    row.map_or(Ok(false), |row| Columns(&row).flag("free"))
}

/// [`crate::effect::Effect::FinishGiven`].
pub(crate) async fn finish_given(
    conn: &mut SqliteConnection,
    fax: FaxId,
    attempt: AttemptId,
    outcome: &Outcome,
    end: FaxState,
    trace: &Trace,
    at: Wall,
) -> Result<Done, StoreError> {
    if !matches!(end, FaxState::Sent | FaxState::Uncertain | FaxState::Failed) {
        return Err(StoreError::WrongState);
    }
    if state(conn, fax).await? == FaxState::Receiving {
        // It could not be given: it is the end of a reception that brought nothing.
        let place = Place::default();
        return finish_received(conn, fax, attempt, outcome, (FaxState::Failed, &place), trace, at).await;
    }
    need(conn, fax, FaxState::Sending).await?;
    close(conn, fax, attempt, outcome, trace, at).await?;
    confirm(conn, fax, outcome.pages_confirmed).await?;
    set_ended(conn, fax, end, None, outcome, at).await?;
    // Nobody here has to do anything about a call that broke: whoever wants the document calls again.
    sqlx::query("UPDATE faxes SET seen = 1 WHERE id = ? AND state = 'failed'")
        .bind(fax.to_string())
        .execute(&mut *conn)
        .await?;
    if end == FaxState::Sent {
        had(conn, fax, at).await?;
    }
    let what = if end == FaxState::Sent { "offer_fetched" } else { "offer_fetch_broke" };
    audit::append(conn, at, audit::BOX, what, &fax.to_string()).await?;
    Ok(Done::Ok)
}

/// Somebody has had every page of the document that this fetch is of: one that is given away once is used up.
pub(super) async fn had(conn: &mut SqliteConnection, fax: FaxId, at: Wall) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE faxes SET state = iif(offer_once AND state = 'offered', 'sent', state), changed = ?2
         WHERE id = (SELECT given_of FROM faxes WHERE id = ?1)",
    )
    .bind(fax.to_string())
    .bind(at.millis())
    .execute(conn)
    .await?;
    Ok(())
}

/// True for a document that is laid out.
pub(super) async fn is_offer(conn: &mut SqliteConnection, fax: FaxId) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT offer_until IS NOT NULL AS offer FROM faxes WHERE id = ?")
        .bind(fax.to_string())
        .fetch_optional(conn)
        .await?;
    Columns(&row.ok_or(StoreError::NotFound)?).flag("offer")
}
