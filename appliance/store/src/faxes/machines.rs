//! What experience has taught about the machines behind numbers.

use model::sending::Profile;
use model::{FaxId, PhoneNumber, Wall};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Faxes;
use crate::audit;
use crate::codec::{Columns, int, number_of, number_text, to_json};
use crate::effect::{Done, Lesson, StoreError};
use crate::rows::MachineRow;

/// Machines that the queue is told of at a start: more than a clinic faxes to in a year. One that is forgotten is learned anew.
const MAX_LOADED: i64 = 5_000;

impl Faxes {
    /// What is known of the machine behind a number.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn machine(&self, number: &PhoneNumber) -> Result<Option<Profile>, StoreError> {
        let mut reader = self.0.reader().await?;
        let row = sqlx::query("SELECT number, profile FROM fax_machines WHERE number = ?")
            .bind(number_text(number))
            .fetch_optional(&mut *reader)
            .await?;
        Ok(row.as_ref().map(machine).transpose()?.map(|row| row.profile))
    }

    /// The machines that were called last; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn machines(&self, limit: usize) -> Result<Vec<MachineRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        newest(&mut reader, int(limit.min(crate::MAX_ROWS))).await
    }
}

/// Those that the queue should know of.
pub(crate) async fn load_machines(conn: &mut SqliteConnection) -> Result<Vec<(PhoneNumber, Profile)>, StoreError> {
    let rows = newest(conn, MAX_LOADED).await?;
    Ok(rows.into_iter().map(|row| (row.number, row.profile)).collect())
}

/// Writes down what an attempt taught.
pub(super) async fn learn(
    conn: &mut SqliteConnection,
    fax: FaxId,
    lesson: &Lesson,
    at: Wall,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE faxes SET manner = ? WHERE id = ?")
        .bind(lesson.manner.as_ref().map(to_json).transpose()?)
        .bind(fax.to_string())
        .execute(&mut *conn)
        .await?;
    match &lesson.machine {
        Some((number, profile)) => put(conn, number, profile, at).await,
        None => Ok(()),
    }
}

/// [`crate::effect::Effect::ForgetMachine`].
pub(crate) async fn forget(
    conn: &mut SqliteConnection,
    number: &PhoneNumber,
    profile: &Profile,
    by: &str,
    at: Wall,
) -> Result<Done, StoreError> {
    put(conn, number, profile, at).await?;
    // The line names no number: the audit is kept longer than what it is about.
    audit::append(conn, at, by, "fax_machine_forgotten", "").await?;
    Ok(Done::Ok)
}

async fn put(conn: &mut SqliteConnection, number: &PhoneNumber, profile: &Profile, at: Wall) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO fax_machines (number, profile, changed) VALUES (?1, ?2, ?3)
         ON CONFLICT (number) DO UPDATE SET profile = ?2, changed = ?3",
    )
    .bind(number_text(number))
    .bind(to_json(profile)?)
    .bind(at.millis())
    .execute(conn)
    .await?;
    Ok(())
}

async fn newest(conn: &mut SqliteConnection, limit: i64) -> Result<Vec<MachineRow>, StoreError> {
    let rows = sqlx::query("SELECT number, profile FROM fax_machines ORDER BY changed DESC LIMIT ?")
        .bind(limit)
        .fetch_all(conn)
        .await?;
    rows.iter().map(machine).collect()
}

fn machine(row: &SqliteRow) -> Result<MachineRow, StoreError> {
    let row = Columns(row);
    Ok(MachineRow { number: row.word("number", number_of)?, profile: row.json("profile")? })
}
