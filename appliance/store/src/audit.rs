//! The audit: who did what, as a chain of hashes. A line is written in the transaction of what it records, so neither exists alone.
//!
//! A changed, removed or inserted line breaks the chain from there on. Whoever holds all keys can still forge a whole new chain, or
//! cut its end: against that, keep [`AuditCheck::Intact`]'s head outside the box now and then.

use model::Wall;
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteConnection;

use crate::Store;
use crate::codec::{Columns, int};
use crate::effect::StoreError;
use crate::rows::AuditRow;

/// The audit, to read.
#[derive(Clone, Debug)]
pub struct Audit(pub(crate) Store);

/// What a walk along the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditCheck {
    /// Every line follows from the line before it.
    Intact {
        /// How many lines there are.
        lines: u64,
        /// The hash of the last one, in hexadecimal.
        head: String,
    },
    /// This line is the first that does not.
    Broken {
        /// Its number, or the number that is missing.
        number: u64,
    },
}

impl Audit {
    /// The newest lines, newest first; at most [`crate::MAX_ROWS`].
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn list(&self, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        let mut reader = self.0.reader().await?;
        let rows = sqlx::query("SELECT number, at, by, what, subject FROM audit ORDER BY number DESC LIMIT ?")
            .bind(int(limit.min(crate::MAX_ROWS)))
            .fetch_all(&mut *reader)
            .await?;
        rows.iter().map(|row| line(&Columns(row))).collect()
    }

    /// True if this was ever done.
    ///
    /// # Errors
    /// [`StoreError::Broken`].
    pub async fn has(&self, what: &str) -> Result<bool, StoreError> {
        let mut reader = self.0.reader().await?;
        let row =
            sqlx::query("SELECT 1 FROM audit WHERE what = ? LIMIT 1").bind(what).fetch_optional(&mut *reader).await?;
        Ok(row.is_some())
    }

    /// Walks the whole chain.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if the table cannot be read at all.
    pub async fn verify(&self) -> Result<AuditCheck, StoreError> {
        walk(&mut *self.0.reader().await?).await
    }
}

async fn walk(conn: &mut SqliteConnection) -> Result<AuditCheck, StoreError> {
    let mut prev = START;
    let mut expected = 1;
    loop {
        // In pieces: the chain of seven years is long. It only grows, so each piece stays true while we read the next.
        let rows = sqlx::query("SELECT * FROM audit WHERE number >= ? ORDER BY number LIMIT ?")
            .bind(int(expected))
            .bind(PIECE)
            .fetch_all(&mut *conn)
            .await?;
        if rows.is_empty() {
            return Ok(AuditCheck::Intact { lines: expected - 1, head: hex(&prev) });
        }
        for row in &rows {
            let row = Columns(row);
            let line = line(&row)?;
            let hash = hash(&prev, &line);
            if line.number != expected || row.bytes("prev")? != prev || row.bytes("hash")? != hash {
                return Ok(AuditCheck::Broken { number: expected });
            }
            prev = hash;
            expected += 1;
        }
    }
}

/// Adds a line. Part of the transaction of whoever calls; the one writer makes the numbers gapless.
pub(crate) async fn append(
    conn: &mut SqliteConnection,
    at: Wall,
    by: &str,
    what: &str,
    subject: &str,
) -> Result<(), StoreError> {
    let last =
        sqlx::query("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetch_optional(&mut *conn).await?;
    let (number, prev) = match &last {
        Some(row) => (Columns(row).int::<u64>("number")? + 1, Columns(row).bytes("hash")?),
        None => (1, START.to_vec()),
    };
    let line = AuditRow { number, at, by: by.to_owned(), what: what.to_owned(), subject: subject.to_owned() };
    sqlx::query("INSERT INTO audit (number, at, by, what, subject, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(int(number))
        .bind(at.millis())
        .bind(by)
        .bind(what)
        .bind(subject)
        .bind(&prev)
        .bind(&hash(&prev, &line)[..])
        .execute(conn)
        .await?;
    Ok(())
}

/// The hash of a line: of the hash before it and of every field, each with its length, so that no two lines share a text.
fn hash(prev: &[u8], line: &AuditRow) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"frontdesk audit v1");
    digest.update(prev);
    digest.update(line.number.to_be_bytes());
    digest.update(line.at.millis().to_be_bytes());
    for field in [&line.by, &line.what, &line.subject] {
        digest.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(field);
    }
    digest.finalize().into()
}

fn line(row: &Columns<'_>) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        number: row.int("number")?,
        at: row.wall("at")?,
        by: row.text("by")?,
        what: row.text("what")?,
        subject: row.text("subject")?,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What the first line follows.
const START: [u8; 32] = [0; 32];
/// Lines read at once.
const PIECE: i64 = 1000;
/// Who did it, when no person did.
pub const BOX: &str = "frontdesk";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Opened;

    /// A chain of six lines, changed by `sql` behind the back of the triggers.
    fn check(sql: &str) -> AuditCheck {
        let mut opened = Opened::new();
        opened.wait(async |opened| {
            for n in 1..=6 {
                append(&mut opened.conn, Wall(n * 1000), "101", "fax_viewed", &n.to_string()).await.expect("a line");
            }
            sqlx::raw_sql("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened")
                .execute(&mut opened.conn)
                .await
                .expect("dropped");
            sqlx::raw_sql(sql).execute(&mut opened.conn).await.expect("tampered");
            walk(&mut opened.conn).await.expect("walked")
        })
    }

    #[test]
    fn the_first_line_that_was_touched_is_named() {
        assert!(matches!(check(""), AuditCheck::Intact { lines: 6, .. }));
        for (sql, number) in [
            ("UPDATE audit SET by = '102' WHERE number = 3", 3),
            ("UPDATE audit SET at = at + 1 WHERE number = 1", 1),
            ("UPDATE audit SET subject = '' WHERE number = 6", 6),
            // The border between two fields is part of the hash.
            ("UPDATE audit SET by = '101f', what = 'ax_viewed' WHERE number = 4", 4),
            ("UPDATE audit SET hash = zeroblob(32) WHERE number = 2", 2),
            ("DELETE FROM audit WHERE number = 4", 4),
            ("DELETE FROM audit WHERE number = 1", 1),
            ("UPDATE audit SET number = number + 1 WHERE number = 6", 6),
        ] {
            assert_eq!(check(sql), AuditCheck::Broken { number }, "{sql}");
        }
    }

    #[test]
    fn the_head_tells_when_the_end_was_cut() {
        let AuditCheck::Intact { lines: 5, head } = check("DELETE FROM audit WHERE number = 6") else {
            panic!("broken")
        };
        let AuditCheck::Intact { lines: 6, head: whole } = check("") else { panic!("broken") };
        assert_ne!(head, whole);
    }

    #[test]
    fn no_statement_changes_or_shortens_it() {
        let mut opened = Opened::new();
        opened.wait(async |opened| {
            append(&mut opened.conn, Wall(1), "101", "login", "").await.expect("a line");
            for sql in ["UPDATE audit SET by = '102'", "DELETE FROM audit"] {
                assert!(sqlx::query(sql).execute(&mut opened.conn).await.is_err(), "{sql}");
            }
        });
    }
}
