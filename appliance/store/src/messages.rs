//! The messages of calls, for those who must find out why one failed.
//!
//! They are personal like the calls' records and lie in the same sealed database, but nobody needs them for long: they go after thirty days, or when there are
//! too many. Packed, a call takes some 3 KB, and less where many calls end at a time.

mod pack;

use std::sync::LazyLock;

use model::fax::Retention;
use model::ladder::{Ladder, RefusedMessage};
use model::{CallId, Wall};
use pack::unpack;
use sqlx::sqlite::SqliteConnection;

use crate::codec::{Columns, ROWS, insert_several, int};
use crate::effect::{Done, StoreError};

pub(crate) use pack::Packer;

/// Calls whose messages are kept: some 60 MB, and three months of a clinic with two hundred calls a day.
const MAX_LADDERS: i64 = 20_000;
/// Ladders of one piece, however small they are.
const MAX_IN_PIECE: usize = 100;
/// Messages that were turned away: what fits on a page that somebody reads.
const MAX_TURNED_AWAY: i64 = 200;

/// [`crate::effect::Effect::RecordMessages`].
pub(crate) async fn record(
    conn: &mut SqliteConnection,
    packer: &mut Packer,
    ladders: &[(CallId, Ladder)],
    turned_away: &[RefusedMessage],
    at: Wall,
) -> Result<Done, StoreError> {
    packer.begin();
    if !ladders.is_empty() {
        record_all(conn, packer, ladders).await?;
        drop_old(conn, at).await?;
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

/// One alone has its row to itself; of several as many as fit go into one piece. A call that has a ladder keeps the one that it has.
async fn record_all(
    conn: &mut SqliteConnection,
    packer: &mut Packer,
    ladders: &[(CallId, Ladder)],
) -> Result<(), StoreError> {
    if let [(call, ladder)] = ladders {
        let alone = sqlx::query("INSERT INTO ladders (call, packed) VALUES (?, ?) ON CONFLICT (call) DO NOTHING");
        alone.bind(call.to_string()).bind(packer.pack(ladder)?).execute(conn).await?;
        return Ok(());
    }
    let newest = sqlx::query_scalar(NEWEST_NUMBER).fetch_one(&mut *conn).await?;
    let (pieces, rows) = pack_all(packer, ladders, newest)?;
    let mut pieces = pieces.into_iter().peekable();
    while pieces.peek().is_some() {
        let insert = pieces
            .by_ref()
            .take(ROWS)
            .fold(sqlx::query(&INSERT_PIECES), |insert, piece| insert.bind(piece.number).bind(piece.packed));
        insert.execute(&mut *conn).await?;
    }
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let insert = rows.by_ref().take(ROWS).fold(sqlx::query(&INSERT_LADDERS), |insert, row| {
            insert.bind(row.number).bind(row.call).bind(row.piece).bind(row.place).bind(row.packed)
        });
        insert.execute(&mut *conn).await?;
    }
    Ok(())
}

/// Ladders that are packed together.
struct Piece {
    /// That of the newest of them.
    number: i64,
    packed: Vec<u8>,
}

/// A row of the ladders.
struct Row {
    number: i64,
    call: String,
    /// The piece that it lies in.
    piece: Option<i64>,
    place: i64,
    /// If it lies in none.
    packed: Vec<u8>,
}

/// Packs them, numbered from behind `number` on: the pieces, and what says where each ladder lies.
fn pack_all(
    packer: &mut Packer,
    ladders: &[(CallId, Ladder)],
    mut number: i64,
) -> Result<(Vec<Piece>, Vec<Row>), StoreError> {
    let (mut pieces, mut rows, mut rest) = (Vec::new(), Vec::with_capacity(ladders.len()), ladders);
    while !rest.is_empty() {
        let mut places = Vec::new();
        for (_, ladder) in rest.iter().take(MAX_IN_PIECE) {
            if packer.is_full_for(ladder) {
                break;
            }
            places.push(packer.add(ladder)?);
        }
        let (these, others) = rest.split_at(places.len());
        let mut packed = packer.take()?;
        // A piece has the number of the newest of its ladders.
        let piece = (these.len() > 1).then(|| number + int(these.len()));
        pieces.extend(piece.map(|number| Piece { number, packed: std::mem::take(&mut packed) }));
        for ((call, _), place) in these.iter().zip(places) {
            number += 1;
            let (call, place, packed) = (call.to_string(), int(place), std::mem::take(&mut packed));
            rows.push(Row { number, call, piece, place, packed });
        }
        rest = others;
    }
    Ok((pieces, rows))
}

async fn drop_old(conn: &mut SqliteConnection, at: Wall) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM ladders WHERE call < ? OR number <= (SELECT max(number) FROM ladders) - ?")
        .bind(CallId::earliest(Retention::Transit.since(at)).to_string())
        .bind(MAX_LADDERS)
        .execute(&mut *conn)
        .await?;
    sqlx::query("DELETE FROM pieces WHERE number < (SELECT min(number) FROM ladders)").execute(conn).await?;
    Ok(())
}

pub(crate) async fn ladder(conn: &mut SqliteConnection, call: CallId) -> Result<Option<Ladder>, StoreError> {
    let row = sqlx::query(
        "SELECT coalesce(pieces.packed, ladders.packed) AS packed, place
         FROM ladders LEFT JOIN pieces ON pieces.number = ladders.piece WHERE call = ?",
    )
    .bind(call.to_string())
    .fetch_optional(conn)
    .await?;
    let read = |row| unpack(&Columns(&row).bytes("packed")?, Columns(&row).int("place")?);
    row.map(read).transpose()
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
        let messages = unpack(&row.bytes("packed")?, 0)?.messages;
        all.extend(messages.into_iter().map(|message| RefusedMessage { code, message }));
    }
    Ok(all)
}

/// The newest number of all: neither a ladder nor a piece behind it was ever there.
const NEWEST_NUMBER: &str =
    "SELECT max(coalesce((SELECT max(number) FROM ladders), 0), coalesce((SELECT max(number) FROM pieces), 0))";
static INSERT_PIECES: LazyLock<String> = LazyLock::new(|| insert_several("pieces (number, packed)", 2, ""));
static INSERT_LADDERS: LazyLock<String> = LazyLock::new(|| {
    insert_several("ladders (number, call, piece, place, packed)", 5, "ON CONFLICT (call) DO NOTHING")
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Opened;

    const DAY: i64 = 86_400_000;

    #[test]
    fn a_piece_is_dropped_with_the_last_of_its_ladders() {
        let mut opened = Opened::new();
        let mut random = model::Random::from_u64(1);
        opened.wait(async |opened| {
            let mut pieces: Vec<i64> = Vec::new();
            for day in [0, 10, 20, 31, 45] {
                let at = Wall(1_700_000_000_000 + day * DAY);
                let two = [(); 2].map(|()| (CallId::new(at, &mut random), Ladder::default()));
                record(&mut opened.conn, &mut Packer::default(), &two, &[], at).await.expect("recorded");
                let left = sqlx::query_scalar("SELECT count(*) FROM pieces").fetch_one(&mut opened.conn).await;
                pieces.push(left.expect("counted"));
            }
            assert_eq!(pieces, [1, 2, 3, 3, 3]);
        });
    }
}
