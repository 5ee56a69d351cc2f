//! Tokens: login links and API tokens. Only a hash of each is kept, so the table opens no door.

use model::{Random, Wall};
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnection;

use crate::codec::Columns;
use crate::effect::StoreError;
use crate::verbs::{Answer, Verb};
use crate::{Store, audit};

/// What a token is good for. One of a kind is never accepted as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// One login; used up by it.
    Login,
    /// Calls of the API.
    Api,
}

/// Tokens.
#[derive(Clone, Debug)]
pub struct Tokens(pub(crate) Store);

impl Tokens {
    /// Makes a token of 256 random bits for `user`. It is told once and cannot be read again. Tokens that had expired are
    /// forgotten by the way. Audited.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn mint(
        &self,
        random: &mut Random,
        user: &str,
        kind: TokenKind,
        expires: Option<Wall>,
        now: Wall,
    ) -> Result<String, StoreError> {
        self.mint_by(user, random, user, kind, expires, now).await
    }

    /// The same, asked for by somebody else than its user: they are who the audit names.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn mint_by(
        &self,
        by: &str,
        random: &mut Random,
        user: &str,
        kind: TokenKind,
        expires: Option<Wall>,
        now: Wall,
    ) -> Result<String, StoreError> {
        let token = random.hex(TOKEN_BYTES);
        let (user, by) = (user.to_owned(), by.to_owned());
        let order = TokenOrder::Mint { hash: hash(&token), user, by, kind, expires, now };
        self.0.write(Verb::Token(order)).await?;
        Ok(token)
    }

    /// Uses a token up and names its user; `None` if there is none such, it has expired, or somebody was faster.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn redeem(&self, token: &str, kind: TokenKind, now: Wall) -> Result<Option<String>, StoreError> {
        // A reader says no first: guesses from outside must not cost an fsync each.
        if self.check(token, kind, now).await?.is_none() {
            return Ok(None);
        }
        match self.0.write(Verb::Token(TokenOrder::Redeem { hash: hash(token), kind, now })).await? {
            Answer::User(user) => Ok(user),
            other => Err(StoreError::Broken(format!("an answer of the wrong kind: {other:?}"))),
        }
    }

    /// Names the user of a token that stays good; `None` if there is none such or it has expired.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn check(&self, token: &str, kind: TokenKind, now: Wall) -> Result<Option<String>, StoreError> {
        let mut reader = self.0.reader().await?;
        // The index is asked for a hash that the guesser cannot steer, so the time it takes tells nothing of the tokens.
        let row =
            sqlx::query("SELECT user FROM tokens WHERE hash = ? AND kind = ? AND (expires IS NULL OR expires > ?)")
                .bind(&hash(token)[..])
                .bind(kind.word())
                .bind(now.millis())
                .fetch_optional(&mut *reader)
                .await?;
        row.map(|row| Columns(&row).text("user")).transpose()
    }

    /// Ends a token, of whatever kind. One that is not known is no error.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn revoke(&self, token: &str) -> Result<(), StoreError> {
        self.0.write(Verb::Token(TokenOrder::Revoke { hash: hash(token) })).await.map(|_| ())
    }
}

impl TokenKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Api => "api",
        }
    }
}

pub(crate) enum TokenOrder {
    Mint { hash: [u8; 32], user: String, by: String, kind: TokenKind, expires: Option<Wall>, now: Wall },
    Redeem { hash: [u8; 32], kind: TokenKind, now: Wall },
    Revoke { hash: [u8; 32] },
}

pub(crate) async fn perform(conn: &mut SqliteConnection, order: &TokenOrder) -> Result<Option<String>, StoreError> {
    match order {
        TokenOrder::Mint { hash, user, by, kind, expires, now } => {
            sqlx::query("DELETE FROM tokens WHERE expires <= ?").bind(now.millis()).execute(&mut *conn).await?;
            sqlx::query("INSERT INTO tokens (hash, user, kind, created, expires) VALUES (?, ?, ?, ?, ?)")
                .bind(&hash[..])
                .bind(user)
                .bind(kind.word())
                .bind(now.millis())
                .bind(expires.map(Wall::millis))
                .execute(&mut *conn)
                .await?;
            let subject = if by == user { kind.word().to_owned() } else { format!("{} {user}", kind.word()) };
            audit::append(conn, *now, by, "token_made", &subject).await?;
            Ok(None)
        }
        TokenOrder::Redeem { hash, kind, now } => {
            let row = sqlx::query(
                "DELETE FROM tokens WHERE hash = ? AND kind = ? AND (expires IS NULL OR expires > ?) RETURNING user",
            )
            .bind(&hash[..])
            .bind(kind.word())
            .bind(now.millis())
            .fetch_optional(conn)
            .await?;
            row.map(|row| Columns(&row).text("user")).transpose()
        }
        TokenOrder::Revoke { hash } => {
            sqlx::query("DELETE FROM tokens WHERE hash = ?").bind(&hash[..]).execute(conn).await?;
            Ok(None)
        }
    }
}

/// A token has all its entropy by itself, so a plain hash is enough; passwords are another matter (see `people`).
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"frontdesk token v1").chain_update(token).finalize().into()
}

const TOKEN_BYTES: usize = 32;
