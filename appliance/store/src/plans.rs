//! The dial plans that went live, as texts: the newest holds. What they mean is checked by `plan`, not here.

use model::Wall;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, int};
use crate::effect::{Done, NewPlan, StoreError};
use crate::{Store, audit};

/// How many plans are kept: whoever wants to go back wants one of the last days, and an older one is in a backup.
pub const MAX_PLANS: usize = 10;

/// The plans.
#[derive(Clone, Debug)]
pub struct Plans(pub(crate) Store);

/// A plan that went live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// Its number: plans count upwards for ever.
    pub generation: u64,
    /// Its text.
    pub text: String,
    /// The user who let it go live.
    pub by: String,
    /// When.
    pub at: Wall,
}

impl Plans {
    /// Those that are kept, newest first. Empty as long as the plan of the settings holds.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn all(&self) -> Result<Vec<PlanRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT generation, text, by, at FROM plans ORDER BY generation DESC LIMIT ?")
            .bind(int(MAX_PLANS))
            .fetch_all(&mut *reader)
            .await?;
        let plan = |row| {
            let row = Columns(row);
            let (text, by, at) = (row.text("text")?, row.text("by")?, row.wall("at")?);
            Ok(PlanRow { generation: row.int("generation")?, text, by, at })
        };
        rows.iter().map(plan).collect()
    }

    /// The text that holds, if one went live.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn newest(&self) -> Result<Option<String>, StoreError> {
        Ok(self.all().await?.into_iter().next().map(|row| row.text))
    }
}

/// [`crate::effect::Effect::SavePlan`].
pub(crate) async fn save(conn: &mut SqliteConnection, new: &NewPlan) -> Result<Done, StoreError> {
    let NewPlan { text, by, at } = new;
    let done = sqlx::query("INSERT INTO plans (text, by, at) VALUES (?, ?, ?)")
        .bind(text)
        .bind(by)
        .bind(at.millis())
        .execute(&mut *conn)
        .await?;
    let generation = done.last_insert_rowid();
    sqlx::query("DELETE FROM plans WHERE generation <= ?")
        .bind(generation.saturating_sub(i64::try_from(MAX_PLANS).unwrap_or(i64::MAX)))
        .execute(&mut *conn)
        .await?;
    audit::append(conn, *at, by, "plan_live", &generation.to_string()).await?;
    Ok(Done::Ok)
}

/// The same for a plan that is live and was never kept, as long as there is none.
pub(crate) async fn save_first(conn: &mut SqliteConnection, new: &NewPlan) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT 1 FROM plans LIMIT 1").fetch_optional(&mut *conn).await?;
    if row.is_none() {
        save(conn, new).await?;
    }
    Ok(())
}
