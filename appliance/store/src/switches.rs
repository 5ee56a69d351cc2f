//! What staff switched at their phones: written as a whole after each change, since it is small and changes seldom.

use model::Switches;
use model::switches::{ClinicSwitches, PersonSwitches};
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, to_json};
use crate::effect::{Done, StoreError};

/// The extension of the clinic's own row.
const CLINIC: &str = "";

/// [`crate::effect::Effect::SaveSwitches`].
pub(crate) async fn save(conn: &mut SqliteConnection, switches: &Switches) -> Result<Done, StoreError> {
    sqlx::query("DELETE FROM switches").execute(&mut *conn).await?;
    let mut rows = vec![(CLINIC, to_json(&switches.clinic)?)];
    for (extension, own) in switches.people() {
        rows.push((extension, to_json(own)?));
    }
    for (extension, state) in rows {
        let insert = "INSERT INTO switches (extension, state) VALUES (?, ?)";
        sqlx::query(insert).bind(extension).bind(state).execute(&mut *conn).await?;
    }
    Ok(Done::Ok)
}

/// The switches as they were saved last.
pub(crate) async fn load(conn: &mut SqliteConnection) -> Result<Switches, StoreError> {
    let mut clinic = ClinicSwitches::default();
    let mut people: Vec<(String, PersonSwitches)> = Vec::new();
    for row in &sqlx::query("SELECT extension, state FROM switches ORDER BY extension").fetch_all(conn).await? {
        let row = Columns(row);
        match row.text("extension")? {
            extension if extension == CLINIC => clinic = row.json("state")?,
            extension => people.push((extension, row.json("state")?)),
        }
    }
    Ok(Switches::new(clinic, people))
}
