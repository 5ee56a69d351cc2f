//! Whose a received fax is: taken, given to a colleague, laid back. Each change stands with the fax and in the audit.
//!
//! Nobody owns one who may not see faxes: in their hands it would stand in nobody's list, and among what waits for a person neither.

use model::fax::{Direction, FaxState};
use model::{FaxId, Wall};
use sqlx::sqlite::SqliteConnection;

use super::Faxes;
use super::read::MINE;
use crate::codec::{Columns, direction_of, int};
use crate::effect::{Done, Handing, NotHanded, StoreError};
use crate::rows::{Fact, OwnerRow};
use crate::{audit, outbox};

/// Faxes that are laid back at once: a person looks after some dozens. What is more follows the next time that it is said who is there.
const LAID_BACK_AT_ONCE: usize = 5_000;
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
    if let Some(to) = to
        && !may_own(conn, to).await?
    {
        return Err(StoreError::WrongState);
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

/// True of who may see faxes. As long as nobody has said who may, everybody is believed.
pub(super) async fn may_own(conn: &mut SqliteConnection, user: &str) -> Result<bool, StoreError> {
    let may_not = "SELECT 1 FROM fax_readers WHERE NOT EXISTS (SELECT 1 FROM json_each(users) WHERE value = ?)";
    Ok(sqlx::query(may_not).bind(user).fetch_optional(conn).await?.is_none())
}

/// Lays back what somebody looks after who may not see faxes: which these are.
pub(crate) async fn lay_back_of_others(
    conn: &mut SqliteConnection,
    by: &str,
    at: Wall,
) -> Result<Vec<FaxId>, StoreError> {
    let rows = sqlx::query(&others_sql()).bind(int(LAID_BACK_AT_ONCE)).fetch_all(&mut *conn).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let (fax, owner) = (Columns(row).id("id")?, Columns(row).text("owner")?);
        lay_back(conn, fax, &owner, by, at).await?;
        all.push(fax);
    }
    Ok(all)
}

fn others_sql() -> String {
    format!(
        "SELECT id, owner FROM faxes WHERE {MINE} AND owner > ''
           AND owner NOT IN (SELECT value FROM fax_readers, json_each(users)) LIMIT ?"
    )
}

/// What was put away is taken up again: whoever had it may be gone since.
pub(super) async fn taken_up(conn: &mut SqliteConnection, fax: FaxId, by: &str, at: Wall) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT owner FROM faxes WHERE id = ? AND done_at IS NULL AND owner IS NOT NULL")
        .bind(fax.to_string())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(()) };
    let owner = Columns(&row).text("owner")?;
    if may_own(conn, &owner).await? { Ok(()) } else { lay_back(conn, fax, &owner, by, at).await }
}

/// It was no decision of anybody about this fax, so it stands with it as ours; the audit says who brought it about.
async fn lay_back(conn: &mut SqliteConnection, fax: FaxId, owner: &str, by: &str, at: Wall) -> Result<(), StoreError> {
    sqlx::query("UPDATE faxes SET owner = NULL, changed = ? WHERE id = ?")
        .bind(at.millis())
        .bind(fax.to_string())
        .execute(&mut *conn)
        .await?;
    changed(conn, fax, audit::BOX, (Some(owner), None), at).await?;
    audit::append(conn, at, by, "fax_laid_back", &format!("{fax} of {owner}")).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Opened;

    /// It is asked each hour, with seven years of faxes behind it.
    #[test]
    fn who_has_faxes_that_are_not_theirs_to_see_is_found_by_an_index() {
        let mut opened = Opened::new();
        opened.wait(async |opened| {
            let explain = format!("EXPLAIN QUERY PLAN {}", others_sql());
            let rows = sqlx::query(&explain).fetch_all(&mut opened.conn).await.expect("a plan");
            let plan: Vec<_> = rows.iter().map(|row| Columns(row).text("detail").expect("a line")).collect();
            assert!(plan[0].contains("faxes_mine (owner>?)"), "{plan:?}");
        });
    }
}
