//! For tests that must reach behind the promises: an open database without a writer.

use std::ops::AsyncFnOnce;

use model::Random;
use sqlx::sqlite::SqliteConnection;

use crate::db;
use crate::keys::{KeyChain, RootKey};
use crate::room::Room;
use crate::verbs::Tx;

pub(crate) struct Opened {
    pub(crate) conn: SqliteConnection,
    pub(crate) keys: KeyChain,
    random: Random,
    room: Room,
    _dir: tempfile::TempDir,
}

impl Opened {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let keys = KeyChain::open(dir.path(), &RootKey::from_bytes([7; 32]), true).expect("new keys");
        let file = dir.path().join("store.db");
        std::fs::write(&file, "").expect("an empty file");
        let conn = block_on(db::open_writer(&file, keys.database().expect("a key"))).expect("a new database");
        Self { conn, keys, random: Random::from_u64(1), room: Room::new(dir.path().to_owned()), _dir: dir }
    }

    pub(crate) fn tx(&mut self) -> Tx<'_> {
        Tx { conn: &mut self.conn, keys: &self.keys, random: &mut self.random, room: &mut self.room }
    }

    pub(crate) fn wait<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> T) -> T {
        block_on(work(self))
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
