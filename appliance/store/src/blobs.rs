//! Sealed bodies: mails, documents, fax pages. Each has a random 256-bit key of its own, wrapped by the key of its class; the body
//! is sealed in chunks, so that memory stays small and a missing, exchanged or cut chunk does not open.
//!
//! They lie in the database, all of them: a body, its row and its audit line then become durable by one commit and one fsync, and
//! there is no second truth to reconcile after a crash. The price is that each is written twice (log, then file) and that SQLite
//! holds no body above 2³¹ bytes; ours end at 100 MiB (the largest mail that settings allow).
//!
//! Chunks follow the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015, "nOE2"): the nonce is a random prefix, the
//! chunk's number, and a flag that only the last chunk has.

use model::fax::Retention;
use model::{BlobId, Wall};
use sqlx::sqlite::SqliteConnection;
use zeroize::Zeroizing;

use crate::codec::{Columns, int};
use crate::effect::StoreError;
use crate::keys::{KeyChain, Secret, open, open_in_place, random, seal, seal_in_place};
use crate::verbs::Tx;

/// Seals `body` under the class and stores it. Part of the transaction of whoever calls.
pub(crate) async fn put(tx: &mut Tx<'_>, class: Retention, at: Wall, body: &[u8]) -> Result<BlobId, StoreError> {
    let id = BlobId::new(at, tx.random);
    let own_key = Secret::fresh()?;
    let (key_id, class_key) = tx.keys.class(class)?;
    let wrapped = seal(class_key, &key_aad(id, class, key_id), own_key.bytes())?;
    let prefix: [u8; PREFIX] = random()?;
    sqlx::query("INSERT INTO blobs (id, class, key_id, dek, prefix, size, created) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(id.to_string())
        .bind(class.word())
        .bind(key_id)
        .bind(wrapped)
        .bind(&prefix[..])
        .bind(int(body.len()))
        .bind(at.millis())
        .execute(&mut *tx.conn)
        .await?;
    let aad = body_aad(id, class);
    let mut rest = body;
    let mut number = 0;
    loop {
        let (piece, after) = rest.split_at(rest.len().min(CHUNK));
        rest = after;
        let mut sealed = Vec::with_capacity(piece.len() + TAG);
        sealed.extend_from_slice(piece);
        seal_in_place(&own_key, nonce(&prefix, number, rest.is_empty()), &aad, &mut sealed);
        sqlx::query("INSERT INTO blob_chunks (blob, number, sealed) VALUES (?, ?, ?)")
            .bind(id.to_string())
            .bind(int(number))
            .bind(sealed)
            .execute(&mut *tx.conn)
            .await?;
        if rest.is_empty() {
            return Ok(id);
        }
        number += 1;
    }
}

/// Opens a body. [`StoreError::NotFound`] if it, or the key of its class, was purged; [`StoreError::Broken`] if a bit of it changed.
pub(crate) async fn get(conn: &mut SqliteConnection, keys: &KeyChain, id: BlobId) -> Result<Vec<u8>, StoreError> {
    let row = sqlx::query("SELECT class, key_id, dek, prefix, size FROM blobs WHERE id = ?")
        .bind(id.to_string())
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(StoreError::NotFound)?;
    let row = Columns(&row);
    let class = row.word("class", Retention::from_word)?;
    let key_id = row.text("key_id")?;
    let class_key = keys.by_id(&key_id).ok_or(StoreError::NotFound)?;
    let unwrapped = open(class_key, &key_aad(id, class, &key_id), &row.bytes("dek")?).ok_or_else(|| damaged(id))?;
    let own_key = Secret::from_bytes(Zeroizing::new(unwrapped[..].try_into().map_err(|_| damaged(id))?));
    let prefix: [u8; PREFIX] = row.bytes("prefix")?[..].try_into().map_err(|_| damaged(id))?;
    let size: usize = row.int("size")?;

    let chunks = sqlx::query("SELECT sealed FROM blob_chunks WHERE blob = ? ORDER BY number")
        .bind(id.to_string())
        .fetch_all(&mut *conn)
        .await?;
    let aad = body_aad(id, class);
    let mut body = Vec::with_capacity(size.min(chunks.len().saturating_mul(CHUNK)));
    for (number, chunk) in chunks.iter().enumerate() {
        let mut chunk = Columns(chunk).bytes("sealed")?;
        // The chunk's place decides its nonce, so one that is missing, doubled or moved does not open; nor does a new last one.
        let number = u32::try_from(number).map_err(|_| damaged(id))?;
        let last = number as usize + 1 == chunks.len();
        let length =
            open_in_place(&own_key, nonce(&prefix, number, last), &aad, &mut chunk).ok_or_else(|| damaged(id))?;
        body.extend_from_slice(&chunk[..length]);
    }
    if chunks.is_empty() || body.len() != size {
        return Err(damaged(id));
    }
    Ok(body)
}

/// Removes a body and its key. Nothing may refer to it any more.
pub(crate) async fn remove(conn: &mut SqliteConnection, id: BlobId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM blobs WHERE id = ?").bind(id.to_string()).execute(conn).await?;
    Ok(())
}

fn key_aad(id: BlobId, class: Retention, key_id: &str) -> Vec<u8> {
    format!("frontdesk body key v1 {} {id} {key_id}", class.word()).into_bytes()
}

fn body_aad(id: BlobId, class: Retention) -> Vec<u8> {
    format!("frontdesk body v1 {} {id}", class.word()).into_bytes()
}

fn nonce(prefix: &[u8; PREFIX], number: u32, last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..PREFIX].copy_from_slice(prefix);
    nonce[PREFIX..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce
}

fn damaged(id: BlobId) -> StoreError {
    StoreError::Broken(format!("the sealed body {id} was changed or is damaged"))
}

/// Plain bytes per chunk: most fax pages are one, and a mail of 25 MiB is 400.
pub(crate) const CHUNK: usize = 64 * 1024;
const PREFIX: usize = 7;
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Opened;

    fn body(length: usize) -> Vec<u8> {
        (0..length).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect()
    }

    /// Seals two bodies of three chunks, lets `sql` do its worst, and reads the first again.
    fn read_after(sql: &str) -> Result<Vec<u8>, StoreError> {
        let mut opened = Opened::new();
        opened.wait(async |opened| {
            let mut ids = Vec::new();
            for class in [Retention::Clinical, Retention::Transit] {
                let mut tx = opened.tx();
                ids.push(put(&mut tx, class, Wall(0), &body(2 * CHUNK + 100)).await?);
            }
            let sql = sql.replace("$ONE", &format!("'{}'", ids[0])).replace("$TWO", &format!("'{}'", ids[1]));
            sqlx::raw_sql(&sql).execute(&mut opened.conn).await?;
            get(&mut opened.conn, &opened.keys, ids[0]).await
        })
    }

    #[test]
    fn every_length_comes_back() {
        let mut opened = Opened::new();
        opened.wait(async |opened| {
            for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
                let id = put(&mut opened.tx(), Retention::Transit, Wall(0), &body(length)).await.expect("sealed");
                assert!(get(&mut opened.conn, &opened.keys, id).await == Ok(body(length)), "{length}");
                remove(&mut opened.conn, id).await.expect("removed");
                assert_eq!(get(&mut opened.conn, &opened.keys, id).await, Err(StoreError::NotFound));
            }
            let left = sqlx::query("SELECT 1 FROM blob_chunks").fetch_all(&mut opened.conn).await.expect("read");
            assert!(left.is_empty());
        });
    }

    #[test]
    fn no_change_to_a_sealed_body_goes_unnoticed() {
        assert!(read_after("SELECT 1") == Ok(body(2 * CHUNK + 100)));
        for sql in [
            // Cut at the end, at the front, in the middle, and all of it.
            "DELETE FROM blob_chunks WHERE blob = $ONE AND number = 2",
            "DELETE FROM blob_chunks WHERE blob = $ONE AND number = 0",
            "DELETE FROM blob_chunks WHERE blob = $ONE AND number = 1",
            "DELETE FROM blob_chunks WHERE blob = $ONE",
            // Cut and the size made to fit.
            "DELETE FROM blob_chunks WHERE blob = $ONE AND number = 2; UPDATE blobs SET size = 131072",
            "DELETE FROM blob_chunks WHERE blob = $ONE; UPDATE blobs SET size = 0",
            // Two chunks exchanged.
            "UPDATE blob_chunks SET number = 9 WHERE blob = $ONE AND number = 0;
             UPDATE blob_chunks SET number = 0 WHERE blob = $ONE AND number = 1;
             UPDATE blob_chunks SET number = 1 WHERE blob = $ONE AND number = 9",
            // One more.
            "INSERT INTO blob_chunks SELECT blob, 3, sealed FROM blob_chunks WHERE blob = $ONE AND number = 2",
            // Another body's chunks, key, or both.
            "DELETE FROM blob_chunks WHERE blob = $ONE; UPDATE blob_chunks SET blob = $ONE",
            "UPDATE blobs SET (key_id, dek) = (SELECT key_id, dek FROM blobs WHERE id = $TWO) WHERE id = $ONE",
            "UPDATE blobs SET (class, key_id, dek, prefix) = (SELECT class, key_id, dek, prefix FROM blobs WHERE id = $TWO)
             WHERE id = $ONE; DELETE FROM blob_chunks WHERE blob = $ONE; UPDATE blob_chunks SET blob = $ONE",
            "UPDATE blobs SET class = 'transit' WHERE id = $ONE",
            "UPDATE blobs SET prefix = zeroblob(7) WHERE id = $ONE",
            "UPDATE blobs SET prefix = zeroblob(6) WHERE id = $ONE",
            "UPDATE blobs SET dek = zeroblob(60) WHERE id = $ONE",
            "UPDATE blobs SET dek = zeroblob(3) WHERE id = $ONE",
            "UPDATE blob_chunks SET sealed = zeroblob(length(sealed)) WHERE blob = $ONE AND number = 2",
            "UPDATE blob_chunks SET sealed = zeroblob(0) WHERE blob = $ONE AND number = 2",
        ] {
            assert!(matches!(read_after(sql), Err(StoreError::Broken(_))), "{sql}");
        }
    }

    #[test]
    fn without_the_key_of_its_class_a_body_is_purged() {
        assert_eq!(read_after("UPDATE blobs SET key_id = 'gone'"), Err(StoreError::NotFound));
    }
}
