//! The threads in which a store's connections work. They are sqlx's own, one for each connection, and nobody joins them: a connection that says
//! that it is closed has a thread that is about to end, in which the cipher's library then gives back what it kept for it. If the process
//! ends at that instant, the exit of the same library frees the same memory, and it ends by SIGABRT although everything was stored.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::time::Duration;

/// Those of one store. Dropping it waits for their end, so it is dropped after the connections.
#[derive(Debug)]
pub(crate) struct Threads {
    /// Which all have, of no more than the 15 letters that the kernel keeps.
    name: String,
}

impl Threads {
    /// Those of the database in this file.
    pub(crate) fn of(file: &Path) -> Self {
        Self { name: Self::name_for(file) }
    }

    /// What each of them is called.
    pub(crate) fn name_for(file: &Path) -> String {
        let mut hasher = DefaultHasher::new();
        file.hash(&mut hasher);
        format!("sql-{:08x}", hasher.finish() & 0xffff_ffff)
    }

    /// How many there are, as the kernel says.
    fn count(&self) -> usize {
        let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let is_ours = |task: &std::fs::DirEntry| {
            std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim_end() == self.name)
        };
        tasks.filter(is_ours).count()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        for _ in 0..LOOKS {
            if self.count() == 0 {
                return;
            }
            std::thread::park_timeout(PAUSE);
        }
        tracing::warn!("a connection to the database is not closed yet");
    }
}

/// One look after another: a thread ends in far less than a pause, but for one that still has work.
const PAUSE: Duration = Duration::from_millis(1);
/// Two seconds: whoever ends the process waits for this.
const LOOKS: u32 = 2000;

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;
    use crate::db;
    use crate::keys::{KeyChain, RootKey};

    #[tokio::test]
    async fn whoever_has_closed_a_store_has_none_of_its_threads_left() {
        let dir = tempfile::tempdir().expect("a folder");
        let keys = KeyChain::open(dir.path(), &RootKey::from_bytes([7; 32]), true).expect("new keys");
        let file = dir.path().join(db::FILE);
        std::fs::write(&file, "").expect("an empty file");
        for _ in 0..20 {
            let threads = Threads::of(&file);
            let connection = db::open_writer(&file, keys.database().expect("a key")).await.expect("open");
            assert_eq!(threads.count(), 1);
            connection.close().await.expect("closed");
            drop(threads);
            assert_eq!(Threads::of(&file).count(), 0);
        }
    }
}
