//! The settings, as text: the newest generation holds, and those before it are kept. What they mean is checked by `model`, not here.

use model::Wall;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, int};
use crate::effect::{Done, NewPlan, NewSettings, StoreError};
use crate::verbs::{Answer, Verb};
use crate::{Store, audit, people, plans, staff, trunks};

/// How many generations are kept: in a clinic where people come and go, those of some years. Each names people who may have left.
pub const MAX_GENERATIONS: usize = 50;

/// The settings.
#[derive(Clone, Debug)]
pub struct SettingsPart(pub(crate) Store);

impl SettingsPart {
    /// The newest generation: its number and its text. `None` before the first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn load(&self) -> Result<Option<(u64, String)>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT generation, text FROM settings ORDER BY generation DESC LIMIT 1")
            .fetch_optional(&mut *reader)
            .await?;
        row.map(|row| Ok((Columns(&row).int("generation")?, Columns(&row).text("text")?))).transpose()
    }

    /// The generations, newest first: number, who saved it, when; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn generations(&self, limit: usize) -> Result<Vec<(u64, String, Wall)>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT generation, by, at FROM settings ORDER BY generation DESC LIMIT ?")
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter()
            .map(|row| Ok((Columns(row).int("generation")?, Columns(row).text("by")?, Columns(row).wall("at")?)))
            .collect()
    }

    /// The text of a generation, if it is kept.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn text_of(&self, generation: u64) -> Result<Option<String>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT text FROM settings WHERE generation = ?")
            .bind(int(generation))
            .fetch_optional(&mut *reader)
            .await?;
        row.map(|row| Columns(&row).text("text")).transpose()
    }

    /// Saves the settings of a first start, whatever there is, and returns their number. Audited. Later ones are
    /// [`Effect::SaveSettings`](crate::effect::Effect::SaveSettings).
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn save(&self, text: &str, by: &str, at: Wall) -> Result<u64, StoreError> {
        let order = SettingsOrder { text: text.to_owned(), by: by.to_owned(), at };
        match self.0.write(Verb::Settings(order)).await? {
            Answer::Generation(generation) => Ok(generation),
            other => Err(StoreError::Broken(format!("an answer of the wrong kind: {other:?}"))),
        }
    }
}

pub(crate) struct SettingsOrder {
    text: String,
    by: String,
    at: Wall,
}

pub(crate) async fn perform(conn: &mut SqliteConnection, order: &SettingsOrder) -> Result<u64, StoreError> {
    insert(conn, &order.text, &order.by, order.at).await
}

/// [`crate::effect::Effect::SaveSettings`]. One transaction: who leaves the clinic has no way in from the moment on that they are nobody of it, and
/// what they looked after waits for somebody else.
pub(crate) async fn take_the_place(conn: &mut SqliteConnection, new: &NewSettings) -> Result<Done, StoreError> {
    let row = sqlx::query("SELECT COALESCE(MAX(generation), 0) AS newest FROM settings").fetch_one(&mut *conn).await?;
    if Columns(&row).int::<u64>("newest")? != new.over {
        return Err(StoreError::WrongState);
    }
    let (by, at) = (&new.by, new.at);
    insert(conn, new.text.expose(), by, at).await?;
    for secret in &new.secrets {
        trunks::set(conn, secret, by, at).await?;
    }
    trunks::name_users(conn, &new.accounts).await?;
    for user in &new.gone {
        people::forget(conn, user, by, at).await?;
    }
    if let Some(text) = &new.plan {
        plans::save_first(conn, &NewPlan { text: text.clone(), by: by.clone(), at }).await?;
    }
    Ok(Done::LaidBack(staff::is(conn, &new.staff, by, at).await?))
}

async fn insert(conn: &mut SqliteConnection, text: &str, by: &str, at: Wall) -> Result<u64, StoreError> {
    let done = sqlx::query("INSERT INTO settings (text, by, at) VALUES (?, ?, ?)")
        .bind(text)
        .bind(by)
        .bind(at.millis())
        .execute(&mut *conn)
        .await?;
    let generation = done.last_insert_rowid();
    sqlx::query("DELETE FROM settings WHERE generation <= ?")
        .bind(generation.saturating_sub(i64::try_from(MAX_GENERATIONS).unwrap_or(i64::MAX)))
        .execute(&mut *conn)
        .await?;
    audit::append(conn, at, by, "settings_saved", &generation.to_string()).await?;
    Ok(u64::try_from(generation).unwrap_or(0))
}
