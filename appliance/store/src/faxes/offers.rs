//! A document that is laid out for other machines to fetch, and what each of them had of it. A fetch begins as a reception, since nobody
//! knows yet what their machine wants; when it asks, its row becomes that of an outgoing fax, in the transaction that decides that it gets the
//! document.

use std::time::Duration;

use model::fax::{FaxState, Outcome};
use model::trace::Trace;
use model::{AttemptId, FaxId, Offer, Pii, Wall};
use sqlx::sqlite::SqliteConnection;

use super::accept::{add_documents, add_page, ordered_before, retention};
use super::attempts::{close, confirm, set_ended};
use super::read::{COLUMNS, fax_row};
use super::receive::finish_received;
use super::{Faxes, need, state};
use crate::codec::{Columns, door_word, int, number_of, number_text};
use crate::effect::{Askers, Done, NewOffer, Place, StoreError};
use crate::rows::{Fact, FaxRow};
use crate::verbs::Tx;
use crate::{audit, outbox};

/// How long whoever may have all of what is given away once may fetch it again: they call at once, or when somebody has looked at the paper.
const SAME_CALLER: Duration = Duration::from_secs(3600);
/// Of what anybody may have, no fetch is told within this of another: whoever calls again and again fills no mailbox.
const QUIET: Duration = Duration::from_secs(24 * 3600);
/// Calls that asked wrongly, of which a start hears. Twenty shut out all, and many may be of those who were shut out already.
const REFUSED: u32 = 1000;

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

/// What lies ready, or did and nobody was told that its time is over, oldest first; at most [`crate::MAX_ROWS`]: whoever accepts orders bounds them.
pub(crate) async fn laid_out(conn: &mut SqliteConnection) -> Result<Vec<FaxRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM faxes WHERE offer_until IS NOT NULL AND state = 'offered' AND NOT offer_told ORDER BY id DESC LIMIT ?"
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
    sqlx::query("UPDATE faxes SET state = 'offered', pages = ?1, changed = ?2, offer_since = ?2 WHERE id = ?3")
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

/// It lies ready; and what is given away once is not given to two who ask at the same time, nor to another while it may have arrived:
/// whoever missed no more than the last confirmation calls again soon, and for all others a person decides first.
async fn may_be_given(conn: &mut SqliteConnection, fax: FaxId, offer: FaxId, at: Wall) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT NOT offer.offer_once OR NOT EXISTS (
             SELECT 1 FROM faxes given
             WHERE given.given_of = ?1 AND given.id <> ?2
               AND (given.state = 'sending'
                    OR given.state = 'uncertain' AND given.created >= coalesce(offer.offer_since, 0)
                       AND NOT coalesce(given.number = asks.number AND given.changed > ?4, 0))) AS free
         FROM faxes offer LEFT JOIN faxes asks ON asks.id = ?2
         WHERE offer.id = ?1 AND offer.state = 'offered' AND offer.offer_until > ?3",
    )
    .bind(offer.to_string())
    .bind(fax.to_string())
    .bind(at.millis())
    .bind(at.before(SAME_CALLER).millis())
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
    if end == FaxState::Failed {
        // Its time may have ended meanwhile, and this was the last that could have had it.
        let offer = offer_of(conn, fax).await?;
        return lapsed(conn, offer, at).await;
    }
    if !is_news(conn, fax, at).await? {
        return Ok(Done::Ok);
    }
    Ok(Done::Outboxed(outbox::add(conn, Fact::FaxEnded(fax)).await?))
}

/// Whoever laid it out is to hear of this fetch: of each, but of what anybody may have of none within a day of another.
async fn is_news(conn: &mut SqliteConnection, fax: FaxId, at: Wall) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT offer.password <> '' OR NOT EXISTS (
             SELECT 1 FROM faxes given WHERE given.given_of = offer.id AND given.id <> fetch.id
                                         AND given.state IN ('sent', 'uncertain') AND given.changed > ?2) AS news
         FROM faxes fetch JOIN faxes offer ON offer.id = fetch.given_of WHERE fetch.id = ?1",
    )
    .bind(fax.to_string())
    .bind(at.before(QUIET).millis())
    .fetch_optional(conn)
    .await?;
    row.map_or(Ok(true), |row| Columns(&row).flag("news"))
}

async fn offer_of(conn: &mut SqliteConnection, fetch: FaxId) -> Result<FaxId, StoreError> {
    let row = sqlx::query("SELECT given_of FROM faxes WHERE id = ? AND given_of IS NOT NULL").bind(fetch.to_string());
    let row = row.fetch_optional(conn).await?.ok_or(StoreError::NotFound)?;
    Columns(&row).id("given_of")
}

/// [`crate::effect::Effect::OfferLapsed`]. As long as it is being fetched it is not known whether somebody had it: the end of that call asks
/// again.
pub(crate) async fn lapsed(conn: &mut SqliteConnection, fax: FaxId, at: Wall) -> Result<Done, StoreError> {
    let done = sqlx::query(
        "UPDATE faxes SET offer_told = 1 WHERE id = ?1 AND state = 'offered' AND offer_until <= ?2 AND NOT offer_told
                                           AND NOT EXISTS (SELECT 1 FROM faxes given WHERE given.given_of = ?1 AND given.state = 'sending')",
    )
    .bind(fax.to_string())
    .bind(at.millis())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(Done::Ok);
    }
    let fetched =
        sqlx::query("SELECT 1 FROM faxes WHERE given_of = ? AND state IN ('sent', 'uncertain')").bind(fax.to_string());
    if fetched.fetch_optional(&mut *conn).await?.is_some() {
        return Ok(Done::Ok);
    }
    audit::append(conn, at, audit::BOX, "offer_lapsed", &fax.to_string()).await?;
    Ok(Done::Outboxed(outbox::add(conn, Fact::OfferLapsed(fax)).await?))
}

/// Who asked for documents before, for [`crate::effect::Work`].
pub(crate) async fn askers(conn: &mut SqliteConnection) -> Result<Askers, StoreError> {
    let had = sqlx::query(
        "SELECT number FROM faxes WHERE given_of IS NOT NULL AND state = 'sent' AND number IS NOT NULL
         GROUP BY number ORDER BY max(id) DESC LIMIT ?",
    )
    .bind(int(crate::MAX_ROWS))
    .fetch_all(&mut *conn)
    .await?;
    let refused = sqlx::query(
        "SELECT number, changed FROM faxes WHERE cause = 'fetch_refused' AND direction = 'in' ORDER BY id DESC LIMIT ?",
    )
    .bind(int(REFUSED))
    .fetch_all(conn)
    .await?;
    let had = had.iter().rev().map(|row| Columns(row).maybe_word("number", number_of));
    let refused = refused.iter().rev().map(|row| {
        let row = Columns(row);
        Ok((row.maybe_word("number", number_of)?, row.wall("changed")?))
    });
    Ok(Askers {
        had: had.filter_map(Result::transpose).collect::<Result<_, StoreError>>()?,
        refused: refused.collect::<Result<_, StoreError>>()?,
    })
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
