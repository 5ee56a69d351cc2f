//! What of the defence outlives a restart.

use model::defence::Kept;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, to_json};
use crate::effect::{Done, StoreError};

/// [`crate::effect::Effect::SaveDefence`].
pub(crate) async fn save(conn: &mut SqliteConnection, kept: &Kept) -> Result<Done, StoreError> {
    sqlx::query("INSERT OR REPLACE INTO defence (one, kept) VALUES (1, ?)").bind(to_json(kept)?).execute(conn).await?;
    Ok(Done::Ok)
}

/// As it was saved last. What cannot be read is as good as nothing: it must not keep the work from going on.
pub(crate) async fn load(conn: &mut SqliteConnection) -> Result<Kept, StoreError> {
    let row = sqlx::query("SELECT kept FROM defence").fetch_optional(conn).await?;
    Ok(row.and_then(|row| Columns(&row).json("kept").ok()).unwrap_or_default())
}
