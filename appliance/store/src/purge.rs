//! Whose clock a purge believes. What is deleted does not come back, and a box without a battery for its clock starts in 1970, or on the
//! day on which its image was made; one with a broken battery may start in 2099.
//!
//! - **A clock of its own.** It is a row of the store. Back it goes with the wall clock; forward by a day at most for each hour that
//!   truly passed ([`crate::effect::Effect::MovePurgeClock`]). An hour of a wrong clock costs a day of seven years, and a box
//!   that was switched off for a year has caught up after as many hours as that has days.
//! - **Certainly wrong.** Before [`FIRST`] nothing is purged, and the clock of the purges stays where it is. What was born then is kept,
//!   by its class, from when a purge first sees it with a clock that can be right; so is what was born more than [`AHEAD`] after that clock,
//!   which would stay for as long. Less than that may be a clock of now that went back, as far as to the image of its box, and makes nothing
//!   older than it is: what was born under a clock that was ahead by less stays longer by that.

use std::time::Duration;

use model::fax::Retention;
use model::{CallId, Wall};
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, int};
use crate::effect::{Done, StoreError};

/// 2026-01-01 UTC: no such program existed before, so a clock that says less is wrong. An index names it too.
const FIRST: i64 = 1_767_225_600_000;

/// Ten years: no box starts with an image that old.
const AHEAD: i64 = 3653 * 86_400_000;

/// [`crate::effect::Effect::MovePurgeClock`].
pub(crate) async fn move_clock(conn: &mut SqliteConnection, most: Duration, at: Wall) -> Result<Done, StoreError> {
    if at.millis() >= FIRST {
        sqlx::query(
            "INSERT INTO purge_clock (one, at) VALUES (1, ?1) ON CONFLICT DO UPDATE SET at = min(?1, purge_clock.at + ?2)",
        )
        .bind(at.millis())
        .bind(int(most.as_millis()))
        .execute(conn)
        .await?;
    }
    Ok(Done::Ok)
}

/// What time a purge may believe that it is; `None`: none at all. Before it answers, what was born under a wrong clock is kept anew.
pub(crate) async fn believed(conn: &mut SqliteConnection, at: Wall) -> Result<Option<Wall>, StoreError> {
    if at.millis() < FIRST {
        return Ok(None);
    }
    keep_anew(conn, at).await?;
    let row = sqlx::query("SELECT at FROM purge_clock").fetch_optional(conn).await?;
    let kept = row.map(|row| Columns(&row).wall("at")).transpose()?;
    Ok(Some(kept.map_or(at, |kept| kept.min(at))))
}

/// Each is found once: then its time ends later than that of anything born before [`FIRST`] could, and sooner than that of anything born so far
/// ahead, or it is marked.
async fn keep_anew(conn: &mut SqliteConnection, at: Wall) -> Result<(), StoreError> {
    let ahead = Wall(at.millis().saturating_add(AHEAD));
    // Identities sort by when they were made, and are the keys of all tables: of the many that are not, none is looked at.
    let first_ahead = CallId::earliest(ahead).to_string();
    for table in ["faxes", "voicemails"] {
        for class in Retention::ALL {
            sqlx::query(&format!(
                "UPDATE {table} SET keep_until = ?1 WHERE keep_until < ?2 AND retention = ?3 AND created < {FIRST}"
            ))
            .bind(class.until(at).millis())
            .bind(class.until(Wall(FIRST)).millis())
            .bind(class.word())
            .execute(&mut *conn)
            .await?;
            sqlx::query(&format!(
                "UPDATE {table} SET keep_until = ?1 WHERE keep_until > ?2 AND retention = ?3 AND created > ?4 AND id > ?5"
            ))
            .bind(class.until(at).millis())
            .bind(class.until(ahead).millis())
            .bind(class.word())
            .bind(ahead.millis())
            .bind(&first_ahead)
            .execute(&mut *conn)
            .await?;
        }
    }
    for (table, keep) in [("accepted_mails", ""), ("recordings", ", keep_until = ?1 + keep_until - created")] {
        sqlx::query(&format!(
            "UPDATE {table} SET counted_from = ?1{keep} WHERE created < {FIRST} AND counted_from IS NULL"
        ))
        .bind(at.millis())
        .execute(&mut *conn)
        .await?;
        sqlx::query(&format!(
            "UPDATE {table} SET counted_from = ?1{keep} WHERE created > ?2 AND id > ?3 AND counted_from IS NULL"
        ))
        .bind(at.millis())
        .bind(ahead.millis())
        .bind(&first_ahead)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}
