//! PINs of mailboxes: four to ten digits, so that guessing must be slow. After [`TRIES`] wrong ones in a row none is looked at for a while, and that
//! is kept over a restart: a power cut gives nobody new tries. A clock that was set wrong meanwhile makes no block longer than a day.

use model::voicemail::PinCheck;
use model::{Pii, Wall};
use sqlx::sqlite::SqliteConnection;
use zeroize::Zeroizing;

use crate::codec::Columns;
use crate::effect::StoreError;
use crate::verbs::{Answer, Verb};
use crate::{Store, audit, people};

/// Wrong PINs in a row before the mailbox is blocked. With four digits a guesser who comes back whenever he may has one chance in ten in a
/// month.
const TRIES: u32 = 5;
/// How long it is blocked the first time; twice as long each time that it happens again without a right one in between.
const BLOCK_MILLIS: i64 = 15 * 60_000;
/// At most a day: the owner must not be locked out for ever by somebody who plays.
const LONGEST_BLOCK_MILLIS: i64 = 24 * 3_600_000;

/// What is to be written about a PIN.
pub(crate) struct PinOrder {
    mailbox: String,
    change: Change,
    by: String,
    at: Wall,
}

enum Change {
    Set {
        hash: String,
    },
    Tried {
        right: bool,
    },
    /// It waits no longer than a block may last.
    Shortened,
}

/// [`crate::effect::Effect::CheckPin`]. The hash is computed beside the writer.
pub(crate) async fn check(store: &Store, mailbox: &str, pin: &Pii<String>, at: Wall) -> Result<PinCheck, StoreError> {
    let row = {
        let mut reader = store.reader().await?;
        sqlx::query("SELECT hash, blocked_until FROM mailbox_pins WHERE mailbox = ?")
            .bind(mailbox)
            .fetch_optional(&mut *reader)
            .await?
    };
    let Some(row) = row else { return Ok(PinCheck::NotSet) };
    let (hash, blocked_until) = (Columns(&row).text("hash")?, Columns(&row).wall("blocked_until")?);
    if at < blocked_until {
        // The clock was wrong when it was blocked, or is now. Which of both nobody knows, so that it is not open at once either.
        if blocked_until.millis() > at.millis().saturating_add(LONGEST_BLOCK_MILLIS) {
            let change = Change::Shortened;
            store
                .write(Verb::Pin(PinOrder { mailbox: mailbox.to_owned(), change, by: mailbox.to_owned(), at }))
                .await?;
        }
        return Ok(PinCheck::Blocked);
    }
    // Asked only whether there is one.
    if pin.expose().is_empty() {
        return Ok(PinCheck::Wrong);
    }
    let pin = Zeroizing::new(pin.expose().clone());
    let right = people::hashing(store, move || people::verify(&hash, &pin)).await??;
    let change = Change::Tried { right };
    store.write(Verb::Pin(PinOrder { mailbox: mailbox.to_owned(), change, by: mailbox.to_owned(), at })).await?;
    Ok(if right { PinCheck::Right } else { PinCheck::Wrong })
}

/// [`crate::effect::Effect::SetPin`]. Ends a block: who may set a PIN has proved more than to know one.
pub(crate) async fn set(store: &Store, mailbox: &str, pin: &Pii<String>, by: &str, at: Wall) -> Result<(), StoreError> {
    let pin = Zeroizing::new(pin.expose().clone());
    let hash = people::hashing(store, move || people::hash(&pin)).await??;
    let order = PinOrder { mailbox: mailbox.to_owned(), change: Change::Set { hash }, by: by.to_owned(), at };
    store.write(Verb::Pin(order)).await.map(|_: Answer| ())
}

pub(crate) async fn perform(conn: &mut SqliteConnection, order: &PinOrder) -> Result<(), StoreError> {
    let PinOrder { mailbox, change, by, at } = order;
    match change {
        Change::Set { hash } => {
            sqlx::query("INSERT OR REPLACE INTO mailbox_pins (mailbox, hash) VALUES (?, ?)")
                .bind(mailbox)
                .bind(hash)
                .execute(&mut *conn)
                .await?;
            audit::append(conn, *at, by, "mailbox_pin_set", mailbox).await
        }
        Change::Shortened => {
            sqlx::query("UPDATE mailbox_pins SET blocked_until = min(blocked_until, ?) WHERE mailbox = ?")
                .bind(at.millis().saturating_add(LONGEST_BLOCK_MILLIS))
                .bind(mailbox)
                .execute(&mut *conn)
                .await?;
            Ok(())
        }
        Change::Tried { right: true } => {
            sqlx::query("UPDATE mailbox_pins SET wrong = 0, blocked_until = 0 WHERE mailbox = ?")
                .bind(mailbox)
                .execute(&mut *conn)
                .await?;
            Ok(())
        }
        Change::Tried { right: false } => {
            let row = sqlx::query("UPDATE mailbox_pins SET wrong = wrong + 1 WHERE mailbox = ? RETURNING wrong")
                .bind(mailbox)
                .fetch_optional(&mut *conn)
                .await?;
            let Some(row) = row else { return Ok(()) };
            let wrong: u32 = Columns(&row).int("wrong")?;
            if wrong < TRIES || !wrong.is_multiple_of(TRIES) {
                return Ok(());
            }
            let times = (wrong / TRIES - 1).min(10);
            let block = (BLOCK_MILLIS << times).min(LONGEST_BLOCK_MILLIS);
            sqlx::query("UPDATE mailbox_pins SET blocked_until = ? WHERE mailbox = ?")
                .bind(at.millis() + block)
                .bind(mailbox)
                .execute(&mut *conn)
                .await?;
            audit::append(conn, *at, audit::BOX, "mailbox_blocked", mailbox).await
        }
    }
}
