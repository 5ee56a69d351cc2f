//! The settings, as text: every generation that was ever saved. What they mean is checked by `model`, not here.

use model::Wall;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, int};
use crate::effect::StoreError;
use crate::verbs::{Answer, Verb};
use crate::{Store, audit};

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

    /// Saves a new generation and returns its number; the older ones stay. Audited.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Broken`].
    pub async fn save(&self, text: &str, by: &str, at: Wall) -> Result<u64, StoreError> {
        self.order(SettingsOrder::Save { text: text.to_owned(), by: by.to_owned(), at }).await
    }

    /// Makes the text of an old generation the newest one again and returns its new number. Audited.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such generation.
    pub async fn roll_back(&self, to: u64, by: &str, at: Wall) -> Result<u64, StoreError> {
        self.order(SettingsOrder::RollBack { to, by: by.to_owned(), at }).await
    }

    async fn order(&self, order: SettingsOrder) -> Result<u64, StoreError> {
        match self.0.write(Verb::Settings(order)).await? {
            Answer::Generation(generation) => Ok(generation),
            other => Err(StoreError::Broken(format!("an answer of the wrong kind: {other:?}"))),
        }
    }
}

pub(crate) enum SettingsOrder {
    Save { text: String, by: String, at: Wall },
    RollBack { to: u64, by: String, at: Wall },
}

pub(crate) async fn perform(conn: &mut SqliteConnection, order: &SettingsOrder) -> Result<u64, StoreError> {
    let (text, by, at, what) = match order {
        SettingsOrder::Save { text, by, at } => (text.clone(), by, at, "settings_saved"),
        SettingsOrder::RollBack { to, by, at } => {
            let row = sqlx::query("SELECT text FROM settings WHERE generation = ?")
                .bind(int(*to))
                .fetch_optional(&mut *conn)
                .await?
                .ok_or(StoreError::NotFound)?;
            (Columns(&row).text("text")?, by, at, "settings_rolled_back")
        }
    };
    let done = sqlx::query("INSERT INTO settings (text, by, at) VALUES (?, ?, ?)")
        .bind(text)
        .bind(by)
        .bind(at.millis())
        .execute(&mut *conn)
        .await?;
    let generation = done.last_insert_rowid();
    audit::append(conn, *at, by, what, &generation.to_string()).await?;
    Ok(u64::try_from(generation).unwrap_or(0))
}
