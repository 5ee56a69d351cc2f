//! Greetings that people recorded, and what goes with whoever leaves.

use model::fax::Retention;
use model::voicemail::GreetingKind;
use model::{Pii, Sound, Wall};
use sqlx::sqlite::SqliteConnection;

use super::pack::{pack, unpack};
use crate::codec::{Columns, to_json};
use crate::effect::{Done, StoreError};
use crate::keys::KeyChain;
use crate::verbs::Tx;
use crate::{audit, blobs};

/// [`crate::effect::Effect::SetGreeting`].
pub(crate) async fn set(
    tx: &mut Tx<'_>,
    mailbox: &str,
    kind: GreetingKind,
    sound: Option<&Sound>,
    by: &str,
    at: Wall,
) -> Result<Done, StoreError> {
    let before = sqlx::query("DELETE FROM greetings WHERE mailbox = ? AND kind = ? RETURNING body")
        .bind(mailbox)
        .bind(kind.word())
        .fetch_optional(&mut *tx.conn)
        .await?;
    if let Some(row) = before {
        blobs::remove(tx.conn, Columns(&row).id("body")?).await?;
    }
    if let Some(sound) = sound {
        tx.room.need_for_new(tx.conn).await?;
        let body = blobs::put(tx, Retention::Voicemail, at, &pack(sound)).await?;
        sqlx::query("INSERT INTO greetings (mailbox, kind, rate, body, changed) VALUES (?, ?, ?, ?, ?)")
            .bind(mailbox)
            .bind(kind.word())
            .bind(sound.rate)
            .bind(body.to_string())
            .bind(at.millis())
            .execute(&mut *tx.conn)
            .await?;
    }
    let what = if sound.is_some() { "greeting_set" } else { "greeting_removed" };
    audit::append(tx.conn, at, by, what, &format!("{mailbox} {}", kind.word())).await?;
    Ok(Done::Ok)
}

/// Takes the PINs and greetings of all but these away: whoever has the extension next is somebody else. The messages stay for them.
pub(crate) async fn forget_others(
    conn: &mut SqliteConnection,
    mailboxes: &[String],
    by: &str,
    at: Wall,
) -> Result<(), StoreError> {
    let others = "SELECT mailbox FROM (SELECT mailbox FROM mailbox_pins UNION SELECT mailbox FROM greetings)
                  WHERE mailbox NOT IN (SELECT value FROM json_each(?))";
    let rows = sqlx::query(others).bind(to_json(&mailboxes)?).fetch_all(&mut *conn).await?;
    for row in &rows {
        let mailbox = Columns(row).text("mailbox")?;
        sqlx::query("DELETE FROM mailbox_pins WHERE mailbox = ?").bind(&mailbox).execute(&mut *conn).await?;
        let gone = sqlx::query("DELETE FROM greetings WHERE mailbox = ? RETURNING body").bind(&mailbox);
        for row in gone.fetch_all(&mut *conn).await? {
            blobs::remove(conn, Columns(&row).id("body")?).await?;
        }
        audit::append(conn, at, by, "mailbox_forgotten", &mailbox).await?;
    }
    Ok(())
}

/// One greeting, if the person has recorded it.
pub(crate) async fn load(
    conn: &mut SqliteConnection,
    keys: &KeyChain,
    mailbox: &str,
    kind: GreetingKind,
) -> Result<Option<Sound>, StoreError> {
    let row = sqlx::query("SELECT rate, body FROM greetings WHERE mailbox = ? AND kind = ?")
        .bind(mailbox)
        .bind(kind.word())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let row = Columns(&row);
    let bytes = blobs::get(conn, keys, row.id("body")?).await?;
    Ok(Some(unpack(&bytes, row.int("rate")?)))
}

/// How these people say their names, of those who have recorded that.
pub(crate) async fn load_names(
    conn: &mut SqliteConnection,
    keys: &KeyChain,
    of: &[String],
) -> Result<Vec<(String, Pii<Sound>)>, StoreError> {
    let mut names = Vec::new();
    for mailbox in of {
        let name = load(conn, keys, mailbox, GreetingKind::Name).await?;
        names.extend(name.map(|name| (mailbox.clone(), Pii::new(name))));
    }
    Ok(names)
}
