//! For tests that must reach behind the promises: an open database without a writer.

use std::ops::AsyncFnOnce;

use model::Random;
use sqlx::sqlite::SqliteConnection;

use crate::db;
use crate::keys::{KeyChain, RootKey};
use crate::messages::Packer;
use crate::room::Room;
use crate::threads::Threads;
use crate::verbs::Tx;

pub(crate) struct Opened {
    pub(crate) conn: SqliteConnection,
    pub(crate) keys: KeyChain,
    random: Random,
    room: Room,
    packer: Packer,
    _threads: Threads,
    _dir: tempfile::TempDir,
}

impl Opened {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let keys = KeyChain::open(dir.path(), &RootKey::from_bytes([7; 32]), true).expect("new keys");
        let file = dir.path().join("store.db");
        std::fs::write(&file, "").expect("an empty file");
        let threads = Threads::of(&file);
        let conn = block_on(db::open_writer(&file, keys.database().expect("a key"))).expect("a new database");
        let (random, room) = (Random::from_u64(1), Room::new(dir.path().to_owned()));
        Self { conn, keys, random, room, packer: Packer::default(), _threads: threads, _dir: dir }
    }

    pub(crate) fn tx(&mut self) -> Tx<'_> {
        let Self { conn, keys, random, room, packer, .. } = self;
        Tx { conn, keys, random, room, packer }
    }

    pub(crate) fn wait<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> T) -> T {
        block_on(work(self))
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}
