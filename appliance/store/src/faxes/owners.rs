//! Whose a received fax is: taken, given to a colleague, laid back. Each change stands with the fax and in the audit.

use model::fax::{Direction, FaxState};
use model::{FaxId, Wall};
use sqlx::sqlite::SqliteConnection;

use super::Faxes;
use crate::codec::{Columns, direction_of, int};
use crate::effect::{Done, Handing, NotHanded, StoreError};
use crate::rows::{Fact, OwnerRow};
use crate::{audit, outbox};

/// Changes that are read of one fax, the newest: more than hands in a clinic.
const MAX_CHANGES: usize = 200;

impl Faxes {
    /// Whose a received fax has been, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn owners(&self, fax: FaxId) -> Result<Vec<OwnerRow>, StoreError> {
        load_owners(&mut *self.0.reader().await?, fax).await
    }
}

/// [`crate::effect::Effect::HandFax`]. What is so already is done: a second press of the button tells nobody twice.
pub(crate) async fn hand(conn: &mut SqliteConnection, handing: &Handing) -> Result<Done, StoreError> {
    let Handing { fax, by, to, before, at } = handing;
    let row = sqlx::query("SELECT direction, state, owner, junk, done_at FROM faxes WHERE id = ?")
        .bind(fax.to_string())
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = Columns(&row);
    let arriving = row.word("state", FaxState::from_word)? == FaxState::Receiving;
    if row.word("direction", direction_of)? != Direction::In || arriving {
        return Err(StoreError::WrongState);
    }
    let owner = row.maybe_text("owner")?;
    if owner == *to {
        return Ok(Done::Ok);
    }
    if owner != *before {
        return Ok(Done::NotHanded(NotHanded::IsOf(owner)));
    }
    if row.maybe_wall("done_at")?.is_some() {
        return Ok(Done::NotHanded(NotHanded::Done));
    }
    if row.flag("junk")? {
        return Ok(Done::NotHanded(NotHanded::Junk));
    }
    // Whoever takes a fax has it before them; whoever is given one has not looked yet.
    sqlx::query("UPDATE faxes SET owner = ?, seen = max(seen, ?), changed = ? WHERE id = ?")
        .bind(to)
        .bind(to.as_ref() == Some(by))
        .bind(at.millis())
        .bind(fax.to_string())
        .execute(&mut *conn)
        .await?;
    let change = changed(conn, *fax, by, (before.as_deref(), to.as_deref()), *at).await?;
    let (what, subject) = match to {
        None => ("fax_laid_back", fax.to_string()),
        Some(to) if to == by => ("fax_taken", fax.to_string()),
        Some(to) => ("fax_given", format!("{fax} to {to}")),
    };
    audit::append(conn, *at, by, what, &subject).await?;
    if what == "fax_given" {
        return Ok(Done::Outboxed(outbox::add(conn, Fact::FaxGiven(*fax, change)).await?));
    }
    Ok(Done::Ok)
}

/// Keeps a change with its fax: its number.
pub(super) async fn changed(
    conn: &mut SqliteConnection,
    fax: FaxId,
    by: &str,
    (before, owner): (Option<&str>, Option<&str>),
    at: Wall,
) -> Result<u64, StoreError> {
    let done = sqlx::query("INSERT INTO fax_owners (fax, at, by, before, owner) VALUES (?, ?, ?, ?, ?)")
        .bind(fax.to_string())
        .bind(at.millis())
        .bind(by)
        .bind(before)
        .bind(owner)
        .execute(conn)
        .await?;
    Ok(u64::try_from(done.last_insert_rowid()).unwrap_or(0))
}

/// The newest changes of one fax, oldest first.
pub(crate) async fn load_owners(conn: &mut SqliteConnection, fax: FaxId) -> Result<Vec<OwnerRow>, StoreError> {
    let rows = sqlx::query("SELECT id, at, by, before, owner FROM fax_owners WHERE fax = ? ORDER BY id DESC LIMIT ?")
        .bind(fax.to_string())
        .bind(int(MAX_CHANGES))
        .fetch_all(conn)
        .await?;
    let change = |row| {
        let row = Columns(row);
        Ok(OwnerRow {
            id: row.int("id")?,
            at: row.wall("at")?,
            by: row.text("by")?,
            before: row.maybe_text("before")?,
            owner: row.maybe_text("owner")?,
        })
    };
    rows.iter().rev().map(change).collect()
}
