//! What we sign in with at carriers. Unlike a phone's secret it is the password itself, since only the carrier knows the realm that it would be
//! hashed with; it lies in the encrypted database and nowhere else but in the lifeline capsule.

use std::fmt;

use model::{Pii, Wall};
use sqlx::sqlite::SqliteConnection;

use crate::codec::Columns;
use crate::effect::StoreError;
use crate::verbs::Verb;
use crate::{Store, audit};

/// Secrets of trunks.
#[derive(Clone, Debug)]
pub struct Trunks(pub(crate) Store);

/// What one trunk demands.
#[derive(Clone, PartialEq, Eq)]
pub struct TrunkSecret {
    /// The trunk's name in the settings.
    pub trunk: String,
    /// The user name of the digest.
    pub user: String,
    /// The password.
    pub password: Pii<String>,
}

impl fmt::Debug for TrunkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrunkSecret({})", self.trunk)
    }
}

impl Trunks {
    /// Sets what a trunk demands, in place of what it demanded before. Audited, without the secret.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn set_secret(&self, secret: TrunkSecret, by: &str, at: Wall) -> Result<(), StoreError> {
        self.0.write(Verb::Trunk(TrunkOrder { secret, by: by.to_owned(), at })).await.map(|_| ())
    }

    /// All of them.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn secrets(&self) -> Result<Vec<TrunkSecret>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT trunk, user, password FROM trunk_secrets ORDER BY trunk")
            .fetch_all(&mut *reader)
            .await?;
        rows.iter()
            .map(|row| {
                let columns = Columns(row);
                let (trunk, user) = (columns.text("trunk")?, columns.text("user")?);
                Ok(TrunkSecret { trunk, user, password: columns.text("password")?.into() })
            })
            .collect()
    }
}

pub(crate) struct TrunkOrder {
    secret: TrunkSecret,
    by: String,
    at: Wall,
}

pub(crate) async fn perform(conn: &mut SqliteConnection, order: &TrunkOrder) -> Result<(), StoreError> {
    set(conn, &order.secret, &order.by, order.at).await
}

pub(crate) async fn set(
    conn: &mut SqliteConnection,
    secret: &TrunkSecret,
    by: &str,
    at: Wall,
) -> Result<(), StoreError> {
    let TrunkSecret { trunk, user, password } = secret;
    sqlx::query("INSERT OR REPLACE INTO trunk_secrets (trunk, user, password) VALUES (?, ?, ?)")
        .bind(trunk)
        .bind(user)
        .bind(password.expose())
        .execute(&mut *conn)
        .await?;
    audit::append(conn, at, by, "trunk_secret_set", trunk).await
}

/// Whose passwords those are that are kept: the user names of the digest by trunk.
pub(crate) async fn name_users(conn: &mut SqliteConnection, users: &[(String, String)]) -> Result<(), StoreError> {
    for (trunk, user) in users {
        sqlx::query("UPDATE trunk_secrets SET user = ? WHERE trunk = ?")
            .bind(user)
            .bind(trunk)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}
