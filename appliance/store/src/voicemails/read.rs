//! Messages, to read.

use model::call::Party;
use model::voicemail::{GreetingKind, MailboxCounts, Voicemail, VoicemailState};
use model::{Pii, Sound, VoicemailId};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{counts_of, load_greeting, pack, take};
use crate::codec::{Columns, int, number_of};
use crate::effect::StoreError;
use crate::keys::KeyChain;
use crate::{MAX_ROWS, Store, blobs};

/// Messages that callers left, to read.
#[derive(Clone, Debug)]
pub struct Voicemails(pub(crate) Store);

impl Voicemails {
    /// The messages of a mailbox, newest first, with those that can still be taken back; at most [`MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn list(&self, mailbox: &str) -> Result<Vec<Voicemail>, StoreError> {
        list(&mut *self.0.reader().await?, mailbox).await
    }

    /// One message of a mailbox.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn get(&self, mailbox: &str, id: VoicemailId) -> Result<Option<Voicemail>, StoreError> {
        let row = one(&mut *self.0.reader().await?, id).await?;
        Ok(row.map(|row| voicemail(&row)).transpose()?.filter(|v| v.mailbox == mailbox))
    }

    /// The sound of a message.
    ///
    /// # Errors
    /// [`StoreError::Broken`], [`StoreError::NotFound`] if it was purged.
    pub async fn sound(&self, mailbox: &str, id: VoicemailId) -> Result<Option<Pii<Sound>>, StoreError> {
        let found = load(&mut *self.0.reader().await?, self.0.keys(), id).await?;
        Ok(found.filter(|(v, _)| v.mailbox == mailbox).map(|(_, sound)| Pii::new(sound)))
    }

    /// How many there are.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn counts(&self, mailbox: &str) -> Result<MailboxCounts, StoreError> {
        counts_of(&mut *self.0.reader().await?, mailbox).await
    }

    /// A greeting, if the person has recorded it.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn greeting(&self, mailbox: &str, kind: GreetingKind) -> Result<Option<Pii<Sound>>, StoreError> {
        let sound = load_greeting(&mut *self.0.reader().await?, self.0.keys(), mailbox, kind).await?;
        Ok(sound.map(Pii::new))
    }

    /// Which greetings the person has recorded.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn greetings(&self, mailbox: &str) -> Result<Vec<GreetingKind>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows =
            sqlx::query("SELECT kind FROM greetings WHERE mailbox = ?").bind(mailbox).fetch_all(&mut *reader).await?;
        rows.iter().map(|row| Columns(row).word("kind", GreetingKind::from_word)).collect()
    }

    /// True if the mailbox has a PIN.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn has_pin(&self, mailbox: &str) -> Result<bool, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT 1 FROM mailbox_pins WHERE mailbox = ?")
            .bind(mailbox)
            .fetch_optional(&mut *reader)
            .await?;
        Ok(row.is_some())
    }
}

/// The messages of a mailbox, newest first.
pub(crate) async fn list(conn: &mut SqliteConnection, mailbox: &str) -> Result<Vec<Voicemail>, StoreError> {
    let sql = "SELECT * FROM voicemails WHERE mailbox = ? AND state <> 'recording' ORDER BY id DESC LIMIT ?";
    let rows = sqlx::query(sql).bind(mailbox).bind(int(MAX_ROWS)).fetch_all(conn).await?;
    rows.iter().map(voicemail).collect()
}

/// One message with its sound; of one that is being recorded, as far as it has come.
pub(crate) async fn load(
    conn: &mut SqliteConnection,
    keys: &KeyChain,
    id: VoicemailId,
) -> Result<Option<(Voicemail, Sound)>, StoreError> {
    let Some(row) = one(conn, id).await? else { return Ok(None) };
    let voicemail = voicemail(&row)?;
    let row = Columns(&row);
    let sound = match row.maybe_id("body")? {
        Some(body) => pack::unpack(&blobs::get(conn, keys, body).await?, row.int("rate")?),
        None => take::parts(conn, keys, id).await?,
    };
    Ok(Some((voicemail, sound)))
}

/// What must go on after a start: messages that were being recorded, and those whose owners are still to be told.
pub(crate) async fn open(conn: &mut SqliteConnection) -> Result<(Vec<VoicemailId>, Vec<VoicemailId>), StoreError> {
    let rows = sqlx::query("SELECT id, state FROM voicemails WHERE state = 'recording' OR to_tell ORDER BY id")
        .fetch_all(conn)
        .await?;
    let (mut recording, mut to_tell) = (Vec::new(), Vec::new());
    for row in &rows {
        let row = Columns(row);
        let state = row.word("state", VoicemailState::from_word)?;
        if state == VoicemailState::Recording { recording.push(row.id("id")?) } else { to_tell.push(row.id("id")?) }
    }
    Ok((recording, to_tell))
}

/// The counts of all mailboxes that have messages.
pub(crate) async fn all_counts(conn: &mut SqliteConnection) -> Result<Vec<(String, MailboxCounts)>, StoreError> {
    let rows = sqlx::query("SELECT DISTINCT mailbox FROM voicemails").fetch_all(&mut *conn).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let mailbox = Columns(row).text("mailbox")?;
        let counts = counts_of(conn, &mailbox).await?;
        all.push((mailbox, counts));
    }
    Ok(all)
}

async fn one(conn: &mut SqliteConnection, id: VoicemailId) -> Result<Option<SqliteRow>, StoreError> {
    Ok(sqlx::query("SELECT * FROM voicemails WHERE id = ?").bind(id.to_string()).fetch_optional(conn).await?)
}

fn voicemail(row: &SqliteRow) -> Result<Voicemail, StoreError> {
    let row = Columns(row);
    Ok(Voicemail {
        id: row.id("id")?,
        mailbox: row.text("mailbox")?,
        call: row.id("call")?,
        from: Party { number: row.maybe_word("number", number_of)?, name: Pii::new(row.text("name")?) },
        given_by: row.maybe_text("given_by")?,
        state: row.word("state", VoicemailState::from_word)?,
        urgent: row.flag("urgent")?,
        millis: row.int("millis")?,
        peaks: row.bytes("peaks")?,
        created: row.wall("created")?,
        changed: row.wall("changed")?,
        keep_until: row.wall("keep_until")?,
    })
}
