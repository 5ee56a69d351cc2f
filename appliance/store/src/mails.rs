//! Accepted mails, and the outbound queue.

use std::time::Duration;

use model::fax::{Delivery, Retention};
use model::mail::{MailPurpose, SmtpReply};
use model::{BlobId, FaxId, MailId, Pii, Wall};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::codec::{Columns, int};
use crate::effect::{Done, MailNext, NewMail, NewOutgoing, StoreError, WaitingMail};
use crate::keys::KeyChain;
use crate::rows::{AcceptedMail, Fact, MailState, OutgoingMail, QueuedMail};
use crate::verbs::Tx;
use crate::{Store, audit, blobs, faxes, outbox};

/// Mails, to read.
#[derive(Clone, Debug)]
pub struct Mails(pub(crate) Store);

impl Mails {
    /// The outbound queue, newest first, with those whose fate is known; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn queue(&self, limit: usize) -> Result<Vec<QueuedMail>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT * FROM outgoing_mails ORDER BY id DESC LIMIT ?")
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(queued_mail).collect()
    }

    /// Accepted mails, newest first; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn accepted(&self, limit: usize) -> Result<Vec<AcceptedMail>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT id, by, sender, created, size FROM accepted_mails ORDER BY id DESC LIMIT ?")
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        let mut mails = Vec::with_capacity(rows.len());
        for row in &rows {
            let row = Columns(row);
            let faxes = sqlx::query("SELECT id FROM faxes WHERE mail = ? ORDER BY mail_position")
                .bind(row.text("id")?)
                .fetch_all(&mut *reader)
                .await?;
            mails.push(AcceptedMail {
                id: row.id("id")?,
                by: row.text("by")?,
                from: Pii::new(row.text("sender")?),
                at: row.wall("created")?,
                size: row.int("size")?,
                faxes: faxes.iter().map(|fax| Columns(fax).id("id")).collect::<Result<_, _>>()?,
            });
        }
        Ok(mails)
    }

    /// The last receipt of this fax was given up: nobody has it.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn is_receipt_lost(&self, fax: FaxId) -> Result<bool, StoreError> {
        let mut reader = self.0.reader().await?;
        let last = sqlx::query(LAST_RECEIPT).bind(fax.to_string()).fetch_optional(&mut *reader).await?;
        let Some(row) = last else { return Ok(false) };
        Ok(Columns(&row).word("state", state_of)? == MailState::Failed)
    }

    /// The mail with this received fax was given up, to one of its readers at least.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn is_reader_lost(&self, fax: FaxId) -> Result<bool, StoreError> {
        let mut reader = self.0.reader().await?;
        let lost = sqlx::query(
            "SELECT 1 FROM outgoing_mails WHERE fax = ? AND purpose = 'received_fax' AND state = 'failed' LIMIT 1",
        )
        .bind(fax.to_string())
        .fetch_optional(&mut *reader)
        .await?;
        Ok(lost.is_some())
    }

    /// The whole message of an accepted mail, as it came.
    ///
    /// # Errors
    /// [`StoreError::Broken`] also if the sealed body was changed; [`StoreError::NotFound`] if it was purged.
    pub async fn body(&self, mail: MailId) -> Result<Option<Pii<Vec<u8>>>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT body FROM accepted_mails WHERE id = ?")
            .bind(mail.to_string())
            .fetch_optional(&mut *reader)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Pii::new(blobs::get(&mut reader, self.0.keys(), Columns(&row).id("body")?).await?)))
    }
}

const LAST_RECEIPT: &str =
    "SELECT state FROM outgoing_mails WHERE fax = ? AND purpose = 'receipt' ORDER BY id DESC LIMIT 1";

/// [`crate::effect::Effect::AcceptMail`]. A mail that is there already was accepted with all its faxes: the repetition changes
/// nothing, whatever identities it has for them, and its sender hears so ([`Fact::MailRepeated`]). It is no repetition where all that the first came to is faxes that failed: then
/// whoever mails it again wants it faxed. Where only its age tells it from another, the older is not known by its bytes any more.
pub(crate) async fn accept(tx: &mut Tx<'_>, new: &NewMail) -> Result<Done, StoreError> {
    if let Some(after) = new.anew_after {
        sqlx::query(
            "UPDATE accepted_mails SET fingerprint = randomblob(32)
             WHERE fingerprint = ? AND created NOT BETWEEN ? AND ? AND id <> ?",
        )
        .bind(new.fingerprint.as_slice())
        .bind(new.at.before(after).millis())
        // A clock that was ahead says nothing of how old it is.
        .bind((new.at + after).millis())
        .bind(new.id.to_string())
        .execute(&mut *tx.conn)
        .await?;
    }
    sqlx::query(
        "UPDATE accepted_mails SET fingerprint = randomblob(32) WHERE fingerprint = ?1 AND id <> ?2
         AND EXISTS (SELECT 1 FROM faxes WHERE mail = accepted_mails.id)
         AND NOT EXISTS (SELECT 1 FROM faxes WHERE mail = accepted_mails.id AND state <> 'failed')",
    )
    .bind(new.fingerprint.as_slice())
    .bind(new.id.to_string())
    .execute(&mut *tx.conn)
    .await?;
    let known = sqlx::query("SELECT id FROM accepted_mails WHERE id = ?1 OR fingerprint = ?2")
        .bind(new.id.to_string())
        .bind(new.fingerprint.as_slice())
        .fetch_optional(&mut *tx.conn)
        .await?;
    if let Some(row) = known {
        let first = Columns(&row).text("id")?;
        if first == new.id.to_string() {
            return Ok(Done::Ok);
        }
        audit::append(tx.conn, new.at, &new.by, "mail_repeated", &first).await?;
        return repeated(tx.conn, &first, new.at).await;
    }
    tx.room.need_for_new(tx.conn).await?;
    let body = blobs::put(tx, Retention::Transit, new.at, new.body.expose()).await?;
    sqlx::query(
        "INSERT INTO accepted_mails (id, fingerprint, by, sender, body, size, created) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(new.id.to_string())
    .bind(new.fingerprint.as_slice())
    .bind(&new.by)
    .bind(new.from.expose())
    .bind(body.to_string())
    .bind(int(new.body.expose().len()))
    .bind(new.at.millis())
    .execute(&mut *tx.conn)
    .await?;
    audit::append(tx.conn, new.at, &new.by, "mail_accepted", &new.id.to_string()).await?;
    for (position, fax) in new.faxes.iter().enumerate() {
        faxes::accept_from_mail(tx, fax, new.id, position).await?;
    }
    Ok(Done::Ok)
}

/// Whoever sent it may wait for a second fax that never goes. They hear once of all that comes within [`TOLD_ONCE`].
async fn repeated(conn: &mut SqliteConnection, first: &str, at: Wall) -> Result<Done, StoreError> {
    let told = sqlx::query(
        "UPDATE accepted_mails SET repeated = ?2 WHERE id = ?1 AND (repeated IS NULL OR repeated NOT BETWEEN ?3 AND ?2)",
    )
    .bind(first)
    .bind(at.millis())
    .bind(at.before(TOLD_ONCE).millis())
    .execute(&mut *conn)
    .await?;
    let fax = sqlx::query("SELECT id FROM faxes WHERE mail = ? ORDER BY mail_position LIMIT 1")
        .bind(first)
        .fetch_optional(&mut *conn)
        .await?;
    match fax.filter(|_| told.rows_affected() > 0) {
        Some(row) => Ok(Done::Outboxed(outbox::add(conn, Fact::MailRepeated(Columns(&row).id("id")?)).await?)),
        None => Ok(Done::Ok),
    }
}

/// A program that never heard that its mail was taken sends it every few minutes.
const TOLD_ONCE: Duration = Duration::from_secs(3600);

/// [`crate::effect::Effect::QueueMails`]. A mail that is queued already is not queued twice.
pub(crate) async fn queue(tx: &mut Tx<'_>, mails: &[NewOutgoing], outbox: Option<u64>) -> Result<Done, StoreError> {
    if let Some(entry) = outbox
        && !outbox::settle(tx.conn, entry).await?
    {
        return Ok(Done::Ok);
    }
    for mail in mails {
        queue_one(tx, mail).await?;
    }
    Ok(Done::Ok)
}

async fn queue_one(tx: &mut Tx<'_>, new: &NewOutgoing) -> Result<(), StoreError> {
    let known = sqlx::query("SELECT 1 FROM outgoing_mails WHERE id = ?")
        .bind(new.id.to_string())
        .fetch_optional(&mut *tx.conn)
        .await?;
    if known.is_some() {
        return Ok(());
    }
    let (word, fax, voicemail) = purpose_words(new.purpose);
    let body = blobs::put(tx, Retention::Transit, new.at, new.body.expose()).await?;
    sqlx::query(
        "INSERT INTO outgoing_mails (id, purpose, fax, sender, recipient, body, created, changed, next_at, voicemail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?7, ?8)",
    )
    .bind(new.id.to_string())
    .bind(word)
    .bind(&fax)
    .bind(new.from.expose())
    .bind(new.to.expose())
    .bind(body.to_string())
    .bind(new.at.millis())
    .bind(&voicemail)
    .execute(&mut *tx.conn)
    .await?;
    if let MailPurpose::ReceivedFax(fax) = new.purpose {
        faxes::delivery_of_mail(tx.conn, fax, Delivery::Queued).await?;
    }
    Ok(())
}

/// [`crate::effect::Effect::MailTried`].
pub(crate) async fn tried(
    conn: &mut SqliteConnection,
    mail: MailId,
    reply: &SmtpReply,
    next: MailNext,
    at: Wall,
) -> Result<Done, StoreError> {
    let row = sqlx::query("SELECT purpose, fax, voicemail, state, body FROM outgoing_mails WHERE id = ?")
        .bind(mail.to_string())
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = Columns(&row);
    if row.word("state", state_of)? != MailState::Queued {
        return Err(StoreError::WrongState);
    }
    let (state, next_at) = match next {
        MailNext::Delivered => (MailState::Delivered, None),
        MailNext::Retry { at } => (MailState::Queued, Some(at)),
        MailNext::GaveUp => (MailState::Failed, None),
    };
    sqlx::query(
        "UPDATE outgoing_mails SET state = ?1, tries = tries + 1, changed = ?2, next_at = coalesce(?3, next_at), reply_code = ?4,
                reply_text = ?5, body = CASE WHEN ?1 = 'queued' THEN body END
         WHERE id = ?6",
    )
    .bind(state_word(state))
    .bind(at.millis())
    .bind(next_at.map(Wall::millis))
    .bind(reply.code)
    .bind(reply.text.expose())
    .bind(mail.to_string())
    .execute(&mut *conn)
    .await?;
    if state == MailState::Queued {
        return Ok(Done::Ok);
    }
    // What it said can be made again from the fax; a copy that nobody needs is only a risk.
    if let Some(body) = row.maybe_id::<BlobId>("body")? {
        blobs::remove(conn, body).await?;
    }
    if let MailPurpose::ReceivedFax(fax) = purpose(&row)? {
        let delivery = if state == MailState::Delivered { Delivery::Delivered } else { Delivery::Failed };
        faxes::delivery_of_mail(conn, fax, delivery).await?;
    }
    Ok(Done::Ok)
}

/// Removes some whose fate was known before `since`, and that belong to no fax; how many it were. Those of a fax stay with it: its page
/// says whether its receipt arrived.
pub(crate) async fn purge(conn: &mut SqliteConnection, since: Wall, most: i64) -> Result<usize, StoreError> {
    let gone = sqlx::query(PURGE).bind(since.millis()).bind(most).execute(conn).await?;
    Ok(usize::try_from(gone.rows_affected()).unwrap_or(usize::MAX))
}

const PURGE: &str = "DELETE FROM outgoing_mails WHERE id IN
    (SELECT id FROM outgoing_mails WHERE state <> 'queued' AND fax IS NULL AND changed < ? LIMIT ?)";

/// One mail that still waits, with its body.
pub(crate) async fn load(
    conn: &mut SqliteConnection,
    keys: &KeyChain,
    mail: MailId,
) -> Result<Option<OutgoingMail>, StoreError> {
    let row = sqlx::query("SELECT * FROM outgoing_mails WHERE id = ? AND state = 'queued'")
        .bind(mail.to_string())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let row = Columns(&row);
    Ok(Some(OutgoingMail {
        id: row.id("id")?,
        purpose: purpose(&row)?,
        from: Pii::new(row.text("sender")?),
        to: Pii::new(row.text("recipient")?),
        body: Pii::new(blobs::get(conn, keys, row.id("body")?).await?),
        tries: row.int("tries")?,
        created: row.wall("created")?,
    }))
}

/// All that wait, with the time of their next attempt, the earliest first.
pub(crate) async fn waiting(conn: &mut SqliteConnection) -> Result<Vec<WaitingMail>, StoreError> {
    let rows =
        sqlx::query("SELECT id, purpose, next_at FROM outgoing_mails WHERE state = 'queued' ORDER BY next_at, id")
            .fetch_all(conn)
            .await?;
    let read = |row| {
        let row = Columns(row);
        let urgent = row.text("purpose")? == purpose_words(MailPurpose::Alert).0;
        Ok(WaitingMail { mail: row.id("id")?, due: row.wall("next_at")?, urgent })
    };
    rows.iter().map(read).collect()
}

fn queued_mail(row: &SqliteRow) -> Result<QueuedMail, StoreError> {
    let row = Columns(row);
    let state = row.word("state", state_of)?;
    let next_at = row.wall("next_at")?;
    let reply = match row.maybe_text("reply_text")? {
        Some(text) => Some(SmtpReply::new(row.int("reply_code")?, text)),
        None => None,
    };
    Ok(QueuedMail {
        id: row.id("id")?,
        purpose: purpose(&row)?,
        to: Pii::new(row.text("recipient")?),
        state,
        tries: row.int("tries")?,
        created: row.wall("created")?,
        changed: row.wall("changed")?,
        next_at: (state == MailState::Queued).then_some(next_at),
        reply,
    })
}

/// The word of a purpose, and the fax or the message that it is about.
fn purpose_words(purpose: MailPurpose) -> (&'static str, Option<String>, Option<String>) {
    match purpose {
        MailPurpose::Receipt(fax) => ("receipt", Some(fax.to_string()), None),
        MailPurpose::ReceivedFax(fax) => ("received_fax", Some(fax.to_string()), None),
        MailPurpose::GivenFax(fax) => ("given_fax", Some(fax.to_string()), None),
        MailPurpose::Repeated(fax) => ("repeated", Some(fax.to_string()), None),
        MailPurpose::GoneFax => ("receipt", None, None),
        MailPurpose::Alert => ("alert", None, None),
        MailPurpose::Voicemail(voicemail) => ("voicemail", None, Some(voicemail.to_string())),
    }
}

fn purpose(row: &Columns<'_>) -> Result<MailPurpose, StoreError> {
    match row.text("purpose")?.as_str() {
        // The purge took the fax, and the mail says as well as before to whom it goes.
        "receipt" | "received_fax" | "given_fax" | "repeated" if row.maybe_text("fax")?.is_none() => {
            Ok(MailPurpose::GoneFax)
        }
        "receipt" => Ok(MailPurpose::Receipt(row.id("fax")?)),
        "received_fax" => Ok(MailPurpose::ReceivedFax(row.id("fax")?)),
        "given_fax" => Ok(MailPurpose::GivenFax(row.id("fax")?)),
        "repeated" => Ok(MailPurpose::Repeated(row.id("fax")?)),
        "alert" => Ok(MailPurpose::Alert),
        "voicemail" => Ok(MailPurpose::Voicemail(row.id("voicemail")?)),
        _ => Err(StoreError::Broken("a row cannot be read: column purpose".to_owned())),
    }
}

const fn state_word(state: MailState) -> &'static str {
    match state {
        MailState::Queued => "queued",
        MailState::Delivered => "delivered",
        MailState::Failed => "failed",
    }
}

fn state_of(word: &str) -> Option<MailState> {
    [MailState::Queued, MailState::Delivered, MailState::Failed].into_iter().find(|s| state_word(*s) == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Opened;

    /// The plan of an order to the store.
    fn plan(sql: &str) -> Vec<String> {
        Opened::new().wait(async |opened| {
            let rows = sqlx::query(&format!("EXPLAIN QUERY PLAN {sql}")).fetch_all(&mut opened.conn).await;
            let rows = rows.expect("a plan");
            rows.iter().map(|row| Columns(row).text("detail").expect("a line")).collect()
        })
    }

    /// Each fax's page asks for it, when seven years of mails lie behind it.
    #[test]
    fn the_receipt_of_a_fax_has_an_index() {
        let plan = plan(LAST_RECEIPT);
        assert_eq!(plan, ["SEARCH outgoing_mails USING INDEX outgoing_mails_receipts (fax=?)"]);
    }

    /// Every hour it is looked for, among the mails of the faxes of seven years.
    #[test]
    fn what_is_over_has_an_index() {
        let plan = plan(PURGE);
        assert!(plan.iter().any(|line| line.contains("INDEX outgoing_mails_over (changed<?)")), "{plan:?}");
    }
}
