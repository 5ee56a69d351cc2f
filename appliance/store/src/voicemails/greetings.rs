//! Greetings that people recorded.

use model::fax::Retention;
use model::voicemail::GreetingKind;
use model::{Pii, Sound, Wall};
use sqlx::sqlite::SqliteConnection;

use super::pack::{pack, unpack};
use crate::codec::Columns;
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
