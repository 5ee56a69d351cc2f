//! Sessions of the console, for the next start: who is signed in where is known to the console, and kept here beside it. Of each secret only a
//! hash comes here, so the table opens no door.

use model::Wall;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::codec::{Columns, int};
use crate::effect::StoreError;
use crate::tokens::{self, TokenOrder};
use crate::verbs::{Answer, Verb};
use crate::{Store, TokenKind, audit};

/// Sessions.
#[derive(Clone, Debug)]
pub struct Sessions(pub(crate) Store);

/// A session, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The hash of its secret.
    pub key: [u8; 32],
    /// Whose it is.
    pub user: String,
    /// When it began.
    pub begun: Wall,
    /// When its person last did something, to the minute.
    pub used: Wall,
    /// When it ends, whatever is done.
    pub ends: Wall,
    /// It was begun on a computer of the person's own, where they stay signed in.
    pub stays: bool,
}

/// A session that is to begin.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    /// The hash of its secret.
    pub key: [u8; 32],
    /// See [`SessionRow::stays`].
    pub stays: bool,
    /// Now.
    pub at: Wall,
    /// See [`SessionRow::ends`].
    pub ends: Wall,
}

impl Sessions {
    /// Uses a login link up and keeps the session that it opens, with a line in the audit: all of it, or nothing, and then the link still works.
    /// Names the user; `None` if the link does not work. Sessions that have ended are forgotten by the way.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn begin(&self, link: &str, new: NewSession) -> Result<Option<String>, StoreError> {
        // A reader says no first: guesses from outside must not cost an fsync each.
        if self.0.tokens().check(link, TokenKind::Login, new.at).await?.is_none() {
            return Ok(None);
        }
        match self.0.write(Verb::Session(SessionOrder::Begin { link: tokens::hash(link), new })).await? {
            Answer::User(user) => Ok(user),
            other => Err(StoreError::Broken(format!("an answer of the wrong kind: {other:?}"))),
        }
    }

    /// Its person did something then.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn used(&self, key: [u8; 32], at: Wall) -> Result<(), StoreError> {
        self.0.write(Verb::Session(SessionOrder::Used { key, at })).await.map(drop)
    }

    /// Ends one; one that is not known is no error. `signed_out`: who did it, and when, for the audit; nobody if it only made room for another.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn end(&self, key: [u8; 32], signed_out: Option<(String, Wall)>) -> Result<(), StoreError> {
        self.0.write(Verb::Session(SessionOrder::End { key, signed_out })).await.map(drop)
    }

    /// True while it is there: all that lets its user in may have been taken back since it began.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn is_kept(&self, key: [u8; 32]) -> Result<bool, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT 1 FROM sessions WHERE hash = ?").bind(&key[..]).fetch_optional(&mut *reader);
        Ok(row.await?.is_some())
    }

    /// Those that have not ended, the last used first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn all(&self, limit: usize, now: Wall) -> Result<Vec<SessionRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT * FROM sessions WHERE ends > ? ORDER BY used DESC LIMIT ?")
            .bind(now.millis())
            .bind(int(limit))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(session).collect()
    }
}

fn session(row: &SqliteRow) -> Result<SessionRow, StoreError> {
    let row = Columns(row);
    let key =
        row.bytes("hash")?.try_into().map_err(|_| StoreError::Broken("a session's hash is damaged".to_owned()))?;
    Ok(SessionRow {
        key,
        user: row.text("user")?,
        begun: row.wall("begun")?,
        used: row.wall("used")?,
        ends: row.wall("ends")?,
        stays: row.flag("stays")?,
    })
}

pub(crate) enum SessionOrder {
    Begin { link: [u8; 32], new: NewSession },
    Used { key: [u8; 32], at: Wall },
    End { key: [u8; 32], signed_out: Option<(String, Wall)> },
}

pub(crate) async fn perform(conn: &mut SqliteConnection, order: &SessionOrder) -> Result<Option<String>, StoreError> {
    match order {
        SessionOrder::Begin { link, new } => begin(conn, *link, new).await,
        SessionOrder::Used { key, at } => {
            let update = "UPDATE sessions SET used = max(used, ?) WHERE hash = ?";
            sqlx::query(update).bind(at.millis()).bind(&key[..]).execute(conn).await?;
            Ok(None)
        }
        SessionOrder::End { key, signed_out } => {
            sqlx::query("DELETE FROM sessions WHERE hash = ?").bind(&key[..]).execute(&mut *conn).await?;
            if let Some((by, at)) = signed_out {
                audit::append(conn, *at, by, "logout", "").await?;
            }
            Ok(None)
        }
    }
}

async fn begin(conn: &mut SqliteConnection, link: [u8; 32], new: &NewSession) -> Result<Option<String>, StoreError> {
    let redeem = TokenOrder::Redeem { hash: link, kind: TokenKind::Login, now: new.at };
    let Some(user) = tokens::perform(&mut *conn, &redeem).await? else { return Ok(None) };
    sqlx::query("DELETE FROM sessions WHERE ends <= ?").bind(new.at.millis()).execute(&mut *conn).await?;
    sqlx::query("INSERT INTO sessions (hash, user, begun, used, ends, stays) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(&new.key[..])
        .bind(&user)
        .bind(new.at.millis())
        .bind(new.at.millis())
        .bind(new.ends.millis())
        .bind(new.stays)
        .execute(&mut *conn)
        .await?;
    audit::append(conn, new.at, &user, "login", if new.stays { "stays" } else { "" }).await?;
    Ok(Some(user))
}
