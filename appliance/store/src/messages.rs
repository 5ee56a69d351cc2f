//! The messages of calls, for those who must find out why one failed.
//!
//! They are personal like the calls' records and lie in the same sealed database, but nobody needs them for long: they go after thirty days, or when there are
//! too many. Packed, a call takes some 3 KB, and less where many calls end at a time.

mod pack;

use model::fax::Retention;
use model::ladder::{Ladder, RefusedMessage};
use model::{CallId, Wall};
use pack::{Packer, unpack};
use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteConnection;

use crate::calls::ROWS;
use crate::codec::{Columns, int};
use crate::effect::{Done, StoreError};

/// Calls whose messages are kept: some 60 MB, and three months of a clinic with two hundred calls a day.
const MAX_LADDERS: i64 = 20_000;
/// Messages that were turned away: what fits on a page that somebody reads.
const MAX_TURNED_AWAY: i64 = 200;

/// [`crate::effect::Effect::RecordMessages`].
pub(crate) async fn record(
    conn: &mut SqliteConnection,
    ladders: &[(CallId, Ladder)],
    turned_away: &[RefusedMessage],
    at: Wall,
) -> Result<Done, StoreError> {
    let mut packer = Packer::default();
    let mut rest = ladders;
    while !rest.is_empty() {
        rest = record_some(conn, &mut packer, rest).await?;
    }
    if !ladders.is_empty() {
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

/// Writes as many as go into one piece, and says what is left. One alone has its row to itself. A call that has a ladder keeps the one that it has.
async fn record_some<'l>(
    conn: &mut SqliteConnection,
    packer: &mut Packer,
    ladders: &'l [(CallId, Ladder)],
) -> Result<&'l [(CallId, Ladder)], StoreError> {
    let mut places = Vec::new();
    for (_, ladder) in ladders.iter().take(ROWS) {
        if packer.is_full_for(ladder) {
            break;
        }
        places.push(packer.add(ladder)?);
    }
    let (these, rest) = ladders.split_at(places.len());
    let packed = packer.take()?;
    if let [(call, _)] = these {
        sqlx::query("INSERT INTO ladders (call, packed) VALUES (?, ?) ON CONFLICT (call) DO NOTHING")
            .bind(call.to_string())
            .bind(packed)
            .execute(conn)
            .await?;
        return Ok(rest);
    }
    let piece: i64 = sqlx::query_scalar(INSERT_PIECE).bind(int(these.len())).bind(packed).fetch_one(&mut *conn).await?;
    let first = piece - int(these.len()) + 1;
    let mut insert = QueryBuilder::new("INSERT INTO ladders (number, call, piece, place, packed) ");
    insert.push_values((first..).zip(these).zip(places), |mut row, ((number, (call, _)), place)| {
        row.push_bind(number);
        row.push_bind(call.to_string());
        row.push_bind(piece);
        row.push_bind(int(place));
        row.push("x''");
    });
    insert.push(" ON CONFLICT (call) DO NOTHING");
    insert.build().persistent(false).execute(conn).await?;
    Ok(rest)
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

/// A piece has the number that the newest of its ladders will have, and neither was ever there.
const INSERT_PIECE: &str = "INSERT INTO pieces (number, packed) VALUES \
     (max(coalesce((SELECT max(number) FROM ladders), 0), coalesce((SELECT max(number) FROM pieces), 0)) + ?, ?) \
     RETURNING number";

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
                record(&mut opened.conn, &two, &[], at).await.expect("recorded");
                let left = sqlx::query_scalar("SELECT count(*) FROM pieces").fetch_one(&mut opened.conn).await;
                pieces.push(left.expect("counted"));
            }
            assert_eq!(pieces, [1, 2, 3, 3, 3]);
        });
    }
}
