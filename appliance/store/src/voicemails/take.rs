//! Taking a message: begun, its parts, its end.

use std::collections::BTreeSet;

use model::call::Party;
use model::fax::Retention;
use model::voicemail::VoicemailState;
use model::{CallId, Sound, VoicemailId, Wall};
use sqlx::sqlite::SqliteConnection;

use super::pack::{pack, unpack};
use super::{MAX_MESSAGES, PEAKS, UNDO_DAYS, counts_of};
use crate::codec::{Columns, int, number_text};
use crate::effect::{Done, StoreError};
use crate::verbs::Tx;
use crate::{audit, blobs, purge};

/// [`crate::effect::Effect::BeginVoicemail`]. [`StoreError::WrongState`]: the mailbox is full.
pub(crate) async fn begin(
    tx: &mut Tx<'_>,
    id: VoicemailId,
    mailbox: &str,
    call: CallId,
    from: &Party,
    at: Wall,
) -> Result<Done, StoreError> {
    tx.room.need_for_new(tx.conn).await?;
    need_space(tx.conn, mailbox).await?;
    let class = Retention::Voicemail;
    sqlx::query(
        "INSERT INTO voicemails (id, mailbox, call, number, name, state, created, changed, retention, keep_until)
         VALUES (?1, ?2, ?3, ?4, ?5, 'recording', ?6, ?6, ?7, ?8)",
    )
    .bind(id.to_string())
    .bind(mailbox)
    .bind(call.to_string())
    .bind(from.number.as_ref().map(number_text))
    .bind(from.name.expose())
    .bind(at.millis())
    .bind(class.word())
    .bind(class.until(at).millis())
    .execute(&mut *tx.conn)
    .await?;
    Ok(Done::Ok)
}

/// [`StoreError::WrongState`]: the mailbox is full.
pub(super) async fn need_space(conn: &mut SqliteConnection, mailbox: &str) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT count(*) AS count FROM voicemails WHERE mailbox = ? AND state <> 'deleted'")
        .bind(mailbox)
        .fetch_one(conn)
        .await?;
    if Columns(&row).int::<usize>("count")? >= MAX_MESSAGES { Err(StoreError::WrongState) } else { Ok(()) }
}

/// [`crate::effect::Effect::VoicemailPart`]. A repeated number replaces nothing and is not an error. Many may speak at once, for minutes, so each part
/// needs room as a new message does: what is kept free is for faxes to end with, and a message ends as well without its rest.
pub(crate) async fn part(
    tx: &mut Tx<'_>,
    id: VoicemailId,
    number: u32,
    sound: &Sound,
    at: Wall,
) -> Result<Done, StoreError> {
    need_recording(tx.conn, id).await?;
    let known = sqlx::query("SELECT 1 FROM voicemail_parts WHERE voicemail = ? AND number = ?")
        .bind(id.to_string())
        .bind(number)
        .fetch_optional(&mut *tx.conn)
        .await?;
    if known.is_some() {
        return Ok(Done::Ok);
    }
    tx.room.need_for_new(tx.conn).await?;
    let body = blobs::put(tx, Retention::Voicemail, at, &pack(sound)).await?;
    sqlx::query("INSERT INTO voicemail_parts (voicemail, number, rate, body) VALUES (?, ?, ?, ?)")
        .bind(id.to_string())
        .bind(number)
        .bind(sound.rate)
        .bind(body.to_string())
        .execute(&mut *tx.conn)
        .await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::VoicemailUrgent`].
pub(crate) async fn urgent(conn: &mut SqliteConnection, id: VoicemailId, urgent: bool) -> Result<Done, StoreError> {
    need_recording(conn, id).await?;
    sqlx::query("UPDATE voicemails SET urgent = ? WHERE id = ?")
        .bind(urgent)
        .bind(id.to_string())
        .execute(&mut *conn)
        .await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::FinishVoicemail`]: its parts become one body. Without a part there is no message.
pub(crate) async fn finish(tx: &mut Tx<'_>, id: VoicemailId, said: Option<bool>, at: Wall) -> Result<Done, StoreError> {
    let mailbox = need_recording(tx.conn, id).await?;
    if let Some(said) = said {
        urgent(tx.conn, id, said).await?;
    }
    let sound = take_parts(tx, id).await?;
    if sound.samples.is_empty() {
        sqlx::query("DELETE FROM voicemails WHERE id = ?").bind(id.to_string()).execute(&mut *tx.conn).await?;
        return counts_of(tx.conn, &mailbox).await.map(|counts| Done::Mailbox { mailbox, counts });
    }
    let body = blobs::put(tx, Retention::Voicemail, at, &pack(&sound)).await?;
    sqlx::query(
        "UPDATE voicemails SET state = 'new', rate = ?, millis = ?, peaks = ?, body = ?, changed = ?, to_tell = 1
         WHERE id = ?",
    )
    .bind(sound.rate)
    .bind(int(sound.millis()))
    .bind(sound.peaks(PEAKS))
    .bind(body.to_string())
    .bind(at.millis())
    .bind(id.to_string())
    .execute(&mut *tx.conn)
    .await?;
    audit::append(tx.conn, at, audit::BOX, "voicemail_taken", &id.to_string()).await?;
    counts_of(tx.conn, &mailbox).await.map(|counts| Done::Mailbox { mailbox, counts })
}

/// [`crate::effect::Effect::DiscardVoicemail`]: its caller does not want it, or it is too short to be one.
pub(crate) async fn discard(tx: &mut Tx<'_>, id: VoicemailId) -> Result<Done, StoreError> {
    need_recording(tx.conn, id).await?;
    take_parts(tx, id).await?;
    sqlx::query("DELETE FROM voicemails WHERE id = ?").bind(id.to_string()).execute(&mut *tx.conn).await?;
    Ok(Done::Ok)
}

/// Reads the parts as one sound, and removes them.
async fn take_parts(tx: &mut Tx<'_>, id: VoicemailId) -> Result<Sound, StoreError> {
    let sound = parts(tx.conn, tx.keys, id).await?;
    let rows = sqlx::query("SELECT body FROM voicemail_parts WHERE voicemail = ?")
        .bind(id.to_string())
        .fetch_all(&mut *tx.conn)
        .await?;
    sqlx::query("DELETE FROM voicemail_parts WHERE voicemail = ?").bind(id.to_string()).execute(&mut *tx.conn).await?;
    for row in &rows {
        blobs::remove(tx.conn, Columns(row).id("body")?).await?;
    }
    Ok(sound)
}

/// What was recorded so far, as one sound. The first part says at which rate; a call that changed its codec is brought to that.
pub(super) async fn parts(
    conn: &mut SqliteConnection,
    keys: &crate::keys::KeyChain,
    id: VoicemailId,
) -> Result<Sound, StoreError> {
    let rows = sqlx::query("SELECT rate, body FROM voicemail_parts WHERE voicemail = ? ORDER BY number")
        .bind(id.to_string())
        .fetch_all(&mut *conn)
        .await?;
    let mut whole = Sound::default();
    for row in &rows {
        let row = Columns(row);
        let part = unpack(&blobs::get(conn, keys, row.id("body")?).await?, row.int("rate")?);
        if whole.rate == 0 {
            whole.rate = part.rate;
        }
        whole.samples.extend(part.at_rate(whole.rate).samples);
    }
    Ok(whole)
}

/// [`crate::effect::Effect::PurgeVoicemails`]: what was deleted long enough ago goes, and what nobody may keep any longer,
/// unless nobody has heard it and its mail is still on its way.
pub(crate) async fn purge(tx: &mut Tx<'_>, at: Wall) -> Result<Done, StoreError> {
    let Some(believed) = purge::believed(tx.conn, at).await? else { return Ok(Done::Mailboxes(Vec::new())) };
    let rows = sqlx::query(
        "SELECT id, mailbox, body FROM voicemails
         WHERE state <> 'recording' AND to_tell = 0 AND (keep_until < ?1 OR state = 'deleted' AND changed < ?2)
           AND NOT (state = 'new' AND EXISTS
                    (SELECT 1 FROM outgoing_mails mail WHERE mail.voicemail = voicemails.id AND mail.state = 'queued'))
         LIMIT ?3",
    )
    .bind(believed.millis())
    .bind(believed.millis() - UNDO_DAYS * 86_400_000)
    .bind(int(PURGED_AT_ONCE))
    .fetch_all(&mut *tx.conn)
    .await?;
    let mut mailboxes = BTreeSet::new();
    for row in &rows {
        let row = Columns(row);
        let id = row.text("id")?;
        mailboxes.insert(row.text("mailbox")?);
        sqlx::query("DELETE FROM voicemails WHERE id = ?").bind(&id).execute(&mut *tx.conn).await?;
        if let Some(body) = row.maybe_id("body")? {
            blobs::remove(tx.conn, body).await?;
        }
        audit::append(tx.conn, at, audit::BOX, "voicemail_purged", &id).await?;
    }
    let mut left = Vec::with_capacity(mailboxes.len());
    for mailbox in mailboxes {
        let counts = counts_of(tx.conn, &mailbox).await?;
        left.push((mailbox, counts));
    }
    Ok(Done::Mailboxes(left))
}

/// Messages that one purge removes: bounds the transaction; the rest goes with the next.
const PURGED_AT_ONCE: usize = 500;

/// The mailbox of a message that is being recorded.
async fn need_recording(conn: &mut SqliteConnection, id: VoicemailId) -> Result<String, StoreError> {
    let row = sqlx::query("SELECT mailbox, state FROM voicemails WHERE id = ?")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = Columns(&row);
    if row.word("state", VoicemailState::from_word)? != VoicemailState::Recording {
        return Err(StoreError::WrongState);
    }
    row.text("mailbox")
}
