//! What people do with messages, and telling the owner.

use model::voicemail::{MailboxCounts, VoicemailMark, VoicemailState};
use model::{VoicemailId, Wall};
use sqlx::sqlite::SqliteConnection;

use super::take;
use crate::codec::Columns;
use crate::effect::{Done, Giving, NewOutgoing, StoreError};
use crate::verbs::Tx;
use crate::{audit, mails};

/// [`crate::effect::Effect::MarkVoicemail`]. Audited; what changes nothing is none the less a look.
pub(crate) async fn mark(
    conn: &mut SqliteConnection,
    id: VoicemailId,
    mailbox: &str,
    mark: VoicemailMark,
    by: &str,
    at: Wall,
) -> Result<Done, StoreError> {
    let row = sqlx::query("SELECT state, before FROM voicemails WHERE id = ? AND mailbox = ?")
        .bind(id.to_string())
        .bind(mailbox)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = Columns(&row);
    let state = row.word("state", VoicemailState::from_word)?;
    let before = row.maybe_word("before", VoicemailState::from_word)?.unwrap_or(VoicemailState::Kept);
    use VoicemailState::{Deleted, Kept, New, Recording};
    let next = match (mark, state) {
        (_, Recording) | (VoicemailMark::New | VoicemailMark::Delete, Deleted) => return Err(StoreError::WrongState),
        (VoicemailMark::Heard, Deleted) => Deleted,
        (VoicemailMark::Heard, New | Kept) => Kept,
        (VoicemailMark::New, New | Kept) => New,
        (VoicemailMark::Delete, New | Kept) => Deleted,
        (VoicemailMark::Restore, Deleted) => before,
        (VoicemailMark::Restore, New | Kept) => state,
    };
    sqlx::query("UPDATE voicemails SET state = ?1, before = ?2, changed = CASE WHEN state = ?1 THEN changed ELSE ?3 END WHERE id = ?4")
        .bind(next.word())
        .bind((next == Deleted).then(|| if state == Deleted { before.word() } else { state.word() }))
        .bind(at.millis())
        .bind(id.to_string())
        .execute(&mut *conn)
        .await?;
    audit::append(conn, at, by, mark.word(), &id.to_string()).await?;
    let mailbox = mailbox.to_owned();
    counts_of(conn, &mailbox).await.map(|counts| Done::Mailbox { mailbox, counts })
}

/// [`crate::effect::Effect::GiveVoicemail`].
pub(crate) async fn give(conn: &mut SqliteConnection, giving: &Giving) -> Result<Done, StoreError> {
    let Giving { voicemail: id, mailbox, to, by, at } = giving;
    let row = sqlx::query("SELECT state FROM voicemails WHERE id = ? AND mailbox = ?")
        .bind(id.to_string())
        .bind(mailbox)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let state = Columns(&row).word("state", VoicemailState::from_word)?;
    if !matches!(state, VoicemailState::New | VoicemailState::Kept) {
        return Err(StoreError::WrongState);
    }
    take::need_space(conn, to).await?;
    sqlx::query(
        "UPDATE voicemails SET mailbox = ?, state = 'new', before = NULL, given_by = ?, changed = ?, to_tell = 1 WHERE id = ?",
    )
    .bind(to)
    .bind(by)
    .bind(at.millis())
    .bind(id.to_string())
    .execute(&mut *conn)
    .await?;
    audit::append(conn, *at, by, "voicemail_given", &format!("{id} to {to}")).await?;
    let mut all = Vec::new();
    for mailbox in [mailbox, to] {
        all.push((mailbox.to_owned(), counts_of(conn, mailbox).await?));
    }
    Ok(Done::Mailboxes(all))
}

/// How many messages a mailbox has.
pub(crate) async fn counts_of(conn: &mut SqliteConnection, mailbox: &str) -> Result<MailboxCounts, StoreError> {
    let row = sqlx::query(
        "SELECT count(*) FILTER (WHERE state = 'new') AS new, count(*) FILTER (WHERE state = 'kept') AS kept,
                count(*) FILTER (WHERE state = 'new' AND urgent) AS urgent
         FROM voicemails WHERE mailbox = ?",
    )
    .bind(mailbox)
    .fetch_one(conn)
    .await?;
    let row = Columns(&row);
    Ok(MailboxCounts { new: row.int("new")?, kept: row.int("kept")?, urgent: row.int("urgent")? })
}

/// [`crate::effect::Effect::QueueVoicemailMails`]: its owner is told, once.
pub(crate) async fn queue_mails(tx: &mut Tx<'_>, id: VoicemailId, new: &[NewOutgoing]) -> Result<Done, StoreError> {
    let told = sqlx::query("UPDATE voicemails SET to_tell = 0 WHERE id = ? AND to_tell = 1")
        .bind(id.to_string())
        .execute(&mut *tx.conn)
        .await?;
    if told.rows_affected() == 0 {
        return Ok(Done::Ok);
    }
    mails::queue(tx, new, None).await
}
