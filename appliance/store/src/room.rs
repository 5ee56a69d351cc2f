//! Room on the disk. What is new is refused while there is still room to finish what was begun: a fax on the line must be able to
//! record its outcome, a page that is arriving must be kept, and the refusal itself is audited.

use std::path::PathBuf;

use sqlx::sqlite::SqliteConnection;

use crate::effect::StoreError;

/// How much there is.
pub(crate) struct Room {
    dir: PathBuf,
    /// What the database file may take, if it is bounded by more than the disk.
    limit: Option<u64>,
}

impl Room {
    pub(crate) const fn new(dir: PathBuf) -> Self {
        Self { dir, limit: None }
    }

    /// Bounds the database file. SQLite itself holds the bound; here it is known, so that the reserve counts from it.
    pub(crate) async fn set_limit(
        &mut self,
        conn: &mut SqliteConnection,
        bytes: Option<u64>,
    ) -> Result<(), StoreError> {
        // SQLite's own largest number of pages (sqlite.org/limits.html).
        const ALL: u32 = 4_294_967_294;
        let pages = bytes.map_or(ALL, |bytes| u32::try_from(bytes / PAGE).unwrap_or(ALL).clamp(1, ALL));
        sqlx::query(&format!("PRAGMA max_page_count = {pages}")).execute(conn).await?;
        self.limit = bytes;
        Ok(())
    }

    /// [`StoreError::Full`] if something new must not be begun.
    pub(crate) async fn need_for_new(&self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        let reusable = pragma(conn, "PRAGMA freelist_count").await? * PAGE;
        // A disk that cannot be asked is not full for that; the write itself will tell.
        if let Ok(disk) = rustix::fs::statvfs(&self.dir) {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize).saturating_add(reusable);
            enough(free, disk.f_blocks.saturating_mul(disk.f_frsize))?;
        }
        if let Some(limit) = self.limit {
            let used = pragma(conn, "PRAGMA page_count").await? * PAGE;
            enough(limit.saturating_sub(used).saturating_add(reusable), limit)?;
        }
        Ok(())
    }
}

fn enough(free: u64, whole: u64) -> Result<(), StoreError> {
    if free < RESERVE.min(whole / RESERVE_PART) { Err(StoreError::Full) } else { Ok(()) }
}

async fn pragma(conn: &mut SqliteConnection, sql: &'static str) -> Result<u64, StoreError> {
    Ok(u64::try_from(sqlx::query_scalar::<_, i64>(sql).fetch_one(conn).await?).unwrap_or(0))
}

/// Page size of SQLCipher 4.
const PAGE: u64 = 4096;
/// Kept for what was begun: some hundred pages arriving on every line at once, and all the outcomes of a day.
const RESERVE: u64 = 32 << 20;
/// On a small disk the reserve is this part of it at most.
const RESERVE_PART: u64 = 20;
