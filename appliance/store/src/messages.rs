//! The messages of calls, for those who must find out why one failed.
//!
//! They are personal like the calls' records and lie in the same sealed database, but nobody needs them for long: they go after thirty days, or when there are
//! too many. Packed, a call takes some 3 KB.

use std::io::Read;

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};
use model::fax::Retention;
use model::ladder::{Ladder, MAX_BYTES, RefusedMessage};
use model::{CallId, Wall};
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteConnection;

use crate::calls::ROWS;
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
    turned_away: &[RefusedMessage],
    at: Wall,
) -> Result<Done, StoreError> {
    let mut packer = Packer::default();
    for group in ladders.chunks(ROWS) {
        let packed = group.iter().map(|(_, ladder)| packer.pack(ladder)).collect::<Result<Vec<_>, _>>()?;
        let mut insert = QueryBuilder::new("INSERT INTO ladders (call, packed) ");
        insert.push_values(group.iter().zip(packed), |mut row, ((call, _), packed)| {
            row.push_bind(call.to_string());
            row.push_bind(packed);
        });
        insert.push(" ON CONFLICT (call) DO NOTHING");
        insert.build().persistent(group.len() == 1).execute(&mut *conn).await?;
    }
    if !ladders.is_empty() {
        sqlx::query("DELETE FROM ladders WHERE call < ? OR number <= (SELECT max(number) FROM ladders) - ?")
            .bind(CallId::earliest(Retention::Transit.since(at)).to_string())
            .bind(MAX_LADDERS)
            .execute(&mut *conn)
            .await?;
    }
    for RefusedMessage { code, message } in turned_away {
        let one = Ladder { messages: vec![message.clone()], ..Ladder::default() };
        sqlx::query("INSERT INTO turned_away (code, packed) VALUES (?, ?)")
            .bind(i64::from(*code))
            .bind(packer.pack(&one)?)
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

pub(crate) async fn turned_away(conn: &mut SqliteConnection, limit: usize) -> Result<Vec<RefusedMessage>, StoreError> {
    let rows = sqlx::query("SELECT code, packed FROM turned_away ORDER BY number DESC LIMIT ?")
        .bind(int(limit.min(crate::MAX_ROWS)))
        .fetch_all(conn)
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let row = Columns(row);
        let code = row.int("code")?;
        let messages = unpack(&row.bytes("packed")?)?.messages;
        all.extend(messages.into_iter().map(|message| RefusedMessage { code, message }));
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

/// Packs one ladder after the other; what a compressor works with is a quarter of a megabyte, and is made once for a group.
struct Packer {
    compress: Compress,
    plain: Vec<u8>,
}

impl Default for Packer {
    fn default() -> Self {
        Self { compress: Compress::new(Compression::fast(), false), plain: Vec::new() }
    }
}

impl Packer {
    /// The head's length, the head, then all messages; compressed, since messages of one call repeat each other.
    fn pack(&mut self, ladder: &Ladder) -> Result<Vec<u8>, StoreError> {
        self.try_pack(ladder).ok_or_else(|| StoreError::Broken("a ladder cannot be packed".to_owned()))
    }

    fn try_pack(&mut self, ladder: &Ladder) -> Option<Vec<u8>> {
        let lengths = ladder.messages.iter().map(|m| m.text.expose().len()).collect();
        self.plain.clear();
        self.plain.extend_from_slice(&[0; 4]);
        serde_json::to_writer(&mut self.plain, &Head { ladder, lengths }).ok()?;
        let head = u32::try_from(self.plain.len() - 4).ok()?;
        self.plain[..4].copy_from_slice(&head.to_le_bytes());
        for message in &ladder.messages {
            self.plain.extend_from_slice(message.text.expose());
        }
        self.compress.reset();
        // Messages of one call shrink to less than half. Noise grows, and by how much is the compressor's own affair.
        let mut out = Vec::with_capacity(self.plain.len() / 2 + 64);
        loop {
            let taken = usize::try_from(self.compress.total_in()).ok()?;
            let rest = self.plain.get(taken..)?;
            if self.compress.compress_vec(rest, &mut out, FlushCompress::Finish).ok()? == Status::StreamEnd {
                return Some(out);
            }
            out.reserve(1024.max(out.len() / 8));
        }
    }
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
        message.text = text.to_vec().into();
        texts = rest;
    }
    Some(ladder)
}

#[cfg(test)]
mod tests {
    use model::ladder::{LadderMessage, Lane};

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
        let packed = Packer::default().pack(&some()).expect("packed");
        assert_eq!(unpack(&packed), Ok(some()));
    }

    #[test]
    fn noise_can_be_packed_too_and_a_packer_works_twice() {
        let mut ladder = some();
        let mut state = 1_u32;
        let noise = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        ladder.messages[0].text = (0..200_000).map(noise).collect::<Vec<u8>>().into();
        let mut packer = Packer::default();
        for _ in 0..2 {
            assert_eq!(unpack(&packer.pack(&ladder).expect("packed")), Ok(ladder.clone()));
        }
    }

    #[test]
    fn what_is_damaged_is_an_error_and_names_nothing() {
        let packed = Packer::default().pack(&some()).expect("packed");
        for cut in 0..packed.len() {
            assert!(unpack(&packed[..cut]).is_err(), "{cut}");
        }
        let Err(StoreError::Broken(why)) = unpack(b"junk") else { panic!("an error") };
        assert_eq!(why, "a row cannot be read: column packed");
    }
}
