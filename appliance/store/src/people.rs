//! Secrets of people: what their phones and mail programs sign in with, and where their phones are.

use argon2::password_hash::{Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use model::Wall;
use model::call::Binding;
use sqlx::sqlite::SqliteConnection;
use zeroize::Zeroizing;

use crate::codec::Columns;
use crate::effect::StoreError;
use crate::keys::random;
use crate::verbs::Verb;
use crate::{Store, audit, calls};

/// What the phones of a user sign in with: HA1 of RFC 7616 in hexadecimal, once for each algorithm.
#[derive(Clone, PartialEq, Eq)]
pub struct SipSecret {
    /// The user.
    pub user: String,
    /// For MD5.
    pub ha1_md5: String,
    /// For SHA-256.
    pub ha1_sha256: String,
    /// For SHA-512-256; empty if the password was set before this was kept.
    pub ha1_sha512_256: String,
}

impl std::fmt::Debug for SipSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SipSecret({})", self.user)
    }
}

/// What lets a user in, beside the sessions that they have begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// A password for their phones.
    pub phones: bool,
    /// One for their mail program.
    pub mail: bool,
    /// The PIN of their mailbox.
    pub pin: bool,
    /// Login links that nobody has used.
    pub links: u64,
    /// Tokens of programs that call the API in their name.
    pub tokens: u64,
}

/// Secrets of people.
#[derive(Clone, Debug)]
pub struct People(pub(crate) Store);

impl People {
    /// Sets what the phones of a user sign in with. Audited.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn set_sip_secret(&self, secret: SipSecret, by: &str, at: Wall) -> Result<(), StoreError> {
        let user = secret.user.clone();
        self.order(&user, Change::SipSecret(secret), by, at).await
    }

    /// All of them.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn sip_secrets(&self) -> Result<Vec<SipSecret>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT user, ha1_md5, ha1_sha256, ha1_sha512_256 FROM sip_secrets ORDER BY user")
            .fetch_all(&mut *reader)
            .await?;
        let secret = |row| {
            let row = Columns(row);
            Ok(SipSecret {
                user: row.text("user")?,
                ha1_md5: row.text("ha1_md5")?,
                ha1_sha256: row.text("ha1_sha256")?,
                ha1_sha512_256: row.text("ha1_sha512_256")?,
            })
        };
        rows.iter().map(secret).collect()
    }

    /// Sets the password with which the mail program of `user` submits mail. Only a hash of it (argon2id) is kept. Audited.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn set_mail_password(&self, user: &str, password: &str, by: &str, at: Wall) -> Result<(), StoreError> {
        let password = Zeroizing::new(password.to_owned());
        let hash = self.hashing(move || hash(&password)).await??;
        self.order(user, Change::MailPassword { hash }, by, at).await
    }

    /// True if this is the mail password of `user`. Takes as long for a user that does not exist, so that the time tells nothing
    /// of who is here. At most [`HASHES`] run at once; the others wait.
    ///
    /// # Errors
    /// [`StoreError::Broken`]: nobody can tell now; a temporary failure, not a wrong password.
    pub async fn check_mail_password(&self, user: &str, password: &str) -> Result<bool, StoreError> {
        let stored = {
            let mut reader = self.0.reader().await?;
            let row = sqlx::query("SELECT hash FROM mail_passwords WHERE user = ?")
                .bind(user)
                .fetch_optional(&mut *reader)
                .await?;
            row.map(|row| Columns(&row).text("hash")).transpose()?
        };
        let password = Zeroizing::new(password.to_owned());
        self.hashing(move || match &stored {
            Some(stored) => verify(stored, &password),
            None => hash(&password).map(|_| false),
        })
        .await?
    }

    /// Takes every secret, token and session of `user` away, and the PIN of their mailbox. Audited.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn forget(&self, user: &str, by: &str, at: Wall) -> Result<(), StoreError> {
        self.order(user, Change::Forget, by, at).await
    }

    /// What lets `user` in now.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn ways(&self, user: &str, now: Wall) -> Result<Ways, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query(WAYS).bind(user).bind(now.millis()).fetch_one(&mut *reader).await?;
        let row = Columns(&row);
        Ok(Ways {
            phones: row.flag("phones")?,
            mail: row.flag("mail")?,
            pin: row.flag("pin")?,
            links: row.int("links")?,
            tokens: row.int("tokens")?,
        })
    }

    /// The registrar's bindings as they were saved last.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn bindings(&self) -> Result<Vec<Binding>, StoreError> {
        calls::bindings(&mut *self.0.reader().await?).await
    }

    async fn order(&self, user: &str, change: Change, by: &str, at: Wall) -> Result<(), StoreError> {
        let order = PeopleOrder { user: user.to_owned(), change, by: by.to_owned(), at };
        self.0.write(Verb::People(order)).await.map(|_| ())
    }

    async fn hashing<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
        hashing(&self.0, work).await
    }
}

/// Runs a slow hash off the async threads. Its memory is why only a few run at once: a flood of logins waits in line.
pub(crate) async fn hashing<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    let broken = || StoreError::Broken("a password could not be hashed".to_owned());
    let _turn = store.hashing_turn().await.map_err(|_| broken())?;
    store.runtime().spawn_blocking(work).await.map_err(|_| broken())
}

pub(crate) struct PeopleOrder {
    user: String,
    change: Change,
    by: String,
    at: Wall,
}

enum Change {
    SipSecret(SipSecret),
    MailPassword { hash: String },
    Forget,
}

pub(crate) async fn perform(conn: &mut SqliteConnection, order: &PeopleOrder) -> Result<(), StoreError> {
    let user = &order.user;
    let what = match &order.change {
        Change::SipSecret(secret) => {
            let sql =
                "INSERT OR REPLACE INTO sip_secrets (user, ha1_md5, ha1_sha256, ha1_sha512_256) VALUES (?, ?, ?, ?)";
            sqlx::query(sql)
                .bind(user)
                .bind(&secret.ha1_md5)
                .bind(&secret.ha1_sha256)
                .bind(&secret.ha1_sha512_256)
                .execute(&mut *conn)
                .await?;
            "sip_secret_set"
        }
        Change::MailPassword { hash } => {
            sqlx::query("INSERT OR REPLACE INTO mail_passwords (user, hash) VALUES (?, ?)")
                .bind(user)
                .bind(hash)
                .execute(&mut *conn)
                .await?;
            "mail_password_set"
        }
        Change::Forget => return forget(conn, user, &order.by, order.at).await,
    };
    audit::append(conn, order.at, &order.by, what, user).await
}

/// Takes away all that lets this user in.
pub(crate) async fn forget(conn: &mut SqliteConnection, user: &str, by: &str, at: Wall) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM sip_secrets WHERE user = ?",
        "DELETE FROM mail_passwords WHERE user = ?",
        "DELETE FROM tokens WHERE user = ?",
        "DELETE FROM sessions WHERE user = ?",
        // A person's user is their extension, by which their mailbox is known.
        "DELETE FROM mailbox_pins WHERE mailbox = ?",
    ] {
        sqlx::query(sql).bind(user).execute(&mut *conn).await?;
    }
    audit::append(conn, at, by, "secrets_removed", user).await
}

pub(crate) fn hash(password: &str) -> Result<String, StoreError> {
    let broken = |e: argon2::password_hash::Error| StoreError::Broken(format!("a password could not be hashed: {e}"));
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(broken)?;
    let output = digest(&params(), password, salt.as_salt()).map_err(broken)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params()).map_err(broken)?,
        salt: Some(salt.as_salt()),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

pub(crate) fn verify(stored: &str, password: &str) -> Result<bool, StoreError> {
    let damaged = |_| StoreError::Broken("a stored password is damaged".to_owned());
    let parsed = PasswordHash::new(stored).map_err(damaged)?;
    let (Some(salt), Some(expected)) = (parsed.salt, parsed.hash) else {
        return Err(StoreError::Broken("a stored password is damaged".to_owned()));
    };
    // The cost comes from the stored text, so that it can be raised for new passwords only.
    let params = Params::try_from(&parsed).map_err(damaged)?;
    // `Output` compares in constant time.
    Ok(digest(&params, password, salt).map_err(damaged)? == expected)
}

fn digest(params: &Params, password: &str, salt: Salt<'_>) -> Result<Output, argon2::password_hash::Error> {
    let mut memory = vec![Block::default(); params.block_count()];
    let mut raw = [0; Salt::RECOMMENDED_LENGTH * 2];
    let salt = salt.decode_b64(&mut raw)?;
    Output::init_with(Params::DEFAULT_OUTPUT_LEN, |out| {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        Ok(argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory)?)
    })
}

/// The cost that OWASP names first for argon2id: 19 MiB, two passes; some 30 ms on a small box.
fn params() -> Params {
    Params::new(19 * 1024, 2, 1, None).expect("the constants are in range")
}

const WAYS: &str = "SELECT EXISTS (SELECT 1 FROM sip_secrets WHERE user = ?1) AS phones,
         EXISTS (SELECT 1 FROM mail_passwords WHERE user = ?1) AS mail,
         EXISTS (SELECT 1 FROM mailbox_pins WHERE mailbox = ?1) AS pin,
         (SELECT count(*) FROM tokens WHERE user = ?1 AND kind = 'login' AND (expires IS NULL OR expires > ?2)) AS links,
         (SELECT count(*) FROM tokens WHERE user = ?1 AND kind = 'api' AND (expires IS NULL OR expires > ?2)) AS tokens";

/// Passwords hashed at once: 19 MiB of memory and a core each.
pub const HASHES: usize = 2;
