//! The messages of calls, for those who must find out why one failed.
//!
//! They are personal like the calls' records and lie in the same sealed database, but nobody needs them for long: they go after thirty days, or when there are
//! too many. Packed, a call takes some 3 KB.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use model::fax::Retention;
use model::ladder::{Ladder, LadderMessage, MAX_BYTES, TurnedAway};
use model::{CallId, Wall};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, int};
use crate::effect::{Done, StoreError};

/// Calls whose messages are kept: some 60 MB, and three months of a clinic with two hundred calls a day.
const MAX_LADDERS: i64 = 20_000;
/// Messages that were turned away: what fits on a page that somebody reads.
const MAX_TURNED_AWAY: i64 = 200;
/// The largest packed ladder that is opened: its messages and what is known of each, with room.
const MAX_PACKED: u64 = 2 * MAX_BYTES as u64;

/// [`crate::effect::Effect::RecordMessages`].
pub(crate) async fn record(
    conn: &mut SqliteConnection,
    ladders: &[(CallId, Ladder)],
    turned_away: &[TurnedAway],
    at: Wall,
) -> Result<Done, StoreError> {
    for (call, ladder) in ladders {
        sqlx::query("INSERT INTO ladders (call, packed) VALUES (?, ?) ON CONFLICT (call) DO NOTHING")
            .bind(call.to_string())
            .bind(pack(ladder)?)
            .execute(&mut *conn)
            .await?;
    }
    if !ladders.is_empty() {
        sqlx::query("DELETE FROM ladders WHERE call < ? OR number <= (SELECT max(number) FROM ladders) - ?")
            .bind(CallId::earliest(Retention::Transit.since(at)).to_string())
            .bind(MAX_LADDERS)
            .execute(&mut *conn)
            .await?;
    }
    for TurnedAway { code, message } in turned_away {
        let one = Ladder { messages: vec![message.clone()], ..Ladder::default() };
        sqlx::query("INSERT INTO turned_away (code, packed) VALUES (?, ?)")
            .bind(i64::from(*code))
            .bind(pack(&one)?)
            .execute(&mut *conn)
            .await?;
    }
    if !turned_away.is_empty() {
        sqlx::query("DELETE FROM turned_away WHERE number <= (SELECT max(number) FROM turned_away) - ?")
            .bind(MAX_TURNED_AWAY)
            .execute(&mut *conn)
            .await?;
    }
    Ok(Done::Ok)
}

pub(crate) async fn ladder(conn: &mut SqliteConnection, call: CallId) -> Result<Option<Ladder>, StoreError> {
    let row =
        sqlx::query("SELECT packed FROM ladders WHERE call = ?").bind(call.to_string()).fetch_optional(conn).await?;
    row.map(|row| unpack(&Columns(&row).bytes("packed")?)).transpose()
}

pub(crate) async fn turned_away(conn: &mut SqliteConnection, limit: usize) -> Result<Vec<TurnedAway>, StoreError> {
    let rows = sqlx::query("SELECT code, packed FROM turned_away ORDER BY number DESC LIMIT ?")
        .bind(int(limit.min(crate::MAX_ROWS)))
        .fetch_all(conn)
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let row = Columns(row);
        let code = row.int("code")?;
        let messages = unpack(&row.bytes("packed")?)?.messages;
        all.extend(messages.into_iter().map(|message| TurnedAway { code, message }));
    }
    Ok(all)
}

/// What is known of the messages, as it is written: in JSON, so that it can be read when it has grown.
#[derive(Serialize, Deserialize)]
struct Head<L> {
    ladder: L,
    /// How long each message is.
    lengths: Vec<usize>,
}

/// The head's length, the head, then all messages; compressed, since messages of one call repeat each other.
fn pack(ladder: &Ladder) -> Result<Vec<u8>, StoreError> {
    let broken = || StoreError::Broken("a ladder cannot be packed".to_owned());
    let lengths = ladder.messages.iter().map(|m| m.text.expose().len()).collect();
    let head = serde_json::to_vec(&Head { ladder, lengths }).map_err(|_| broken())?;
    let length = u32::try_from(head.len()).map_err(|_| broken())?;
    let mut out = DeflateEncoder::new(Vec::with_capacity(4096), Compression::fast());
    let length = length.to_le_bytes();
    let texts = ladder.messages.iter().map(|m| m.text.expose().as_slice());
    for part in [&length[..], &head].into_iter().chain(texts) {
        out.write_all(part).map_err(|_| broken())?;
    }
    out.finish().map_err(|_| broken())
}

fn unpack(packed: &[u8]) -> Result<Ladder, StoreError> {
    try_unpack(packed).ok_or_else(|| StoreError::Broken("a row cannot be read: column packed".to_owned()))
}

fn try_unpack(packed: &[u8]) -> Option<Ladder> {
    let mut all = Vec::new();
    DeflateDecoder::new(packed).take(MAX_PACKED).read_to_end(&mut all).ok()?;
    let (length, rest) = all.split_first_chunk::<4>()?;
    let (head, mut texts) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let Head { mut ladder, lengths } = serde_json::from_slice::<Head<Ladder>>(head).ok()?;
    for (message, length) in ladder.messages.iter_mut().zip(lengths) {
        let (text, rest) = texts.split_at_checked(length)?;
        fill(message, text);
        texts = rest;
    }
    Some(ladder)
}

fn fill(message: &mut LadderMessage, text: &[u8]) {
    message.text = text.to_vec().into();
}

#[cfg(test)]
mod tests {
    use model::ladder::Lane;

    use super::*;

    fn some() -> Ladder {
        let lane = Lane { caller: true, trunk: None, name: "Front desk".into() };
        let message = |text: &[u8]| LadderMessage {
            at: Wall(1),
            lane: 0,
            inbound: true,
            again: false,
            transport: "UDP".to_owned(),
            local: "10.0.0.1:5060".parse::<std::net::SocketAddr>().expect("address").into(),
            remote: "[::1]:5060".parse::<std::net::SocketAddr>().expect("address").into(),
            text: text.to_vec().into(),
        };
        let messages = vec![message(b"INVITE sip:a SIP/2.0\r\n\r\n"), message(b""), message(b"\xff\xfe not text")];
        Ladder { lanes: vec![lane], messages, dropped: 3 }
    }

    #[test]
    fn what_is_packed_comes_out_again_byte_for_byte() {
        let packed = pack(&some()).expect("packed");
        assert_eq!(unpack(&packed), Ok(some()));
    }

    #[test]
    fn what_is_damaged_is_an_error_and_names_nothing() {
        let packed = pack(&some()).expect("packed");
        for cut in 0..packed.len() {
            assert!(unpack(&packed[..cut]).is_err(), "{cut}");
        }
        let Err(StoreError::Broken(why)) = unpack(b"junk") else { panic!("an error") };
        assert_eq!(why, "a row cannot be read: column packed");
    }
}
