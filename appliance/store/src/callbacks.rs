//! Callers who left a queue and are to be called back. Each state is written before what it says happens: see the migration.

use model::callback::CallbackState;
use model::{Callback, CallbackId, Language, Pii, Wall};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::codec::{Columns, number_of, number_text};
use crate::effect::{Done, StoreError};

/// What is over is forgotten after so long: the calls themselves are on record.
const KEPT_MILLIS: i64 = 30 * 24 * 3_600_000;

/// [`crate::effect::Effect::KeepCallback`].
pub(crate) async fn keep(conn: &mut SqliteConnection, callback: &Callback) -> Result<Done, StoreError> {
    let old = "DELETE FROM callbacks WHERE changed < ? AND state IN ('reached', 'cancelled')";
    sqlx::query(old).bind(callback.ordered.millis() - KEPT_MILLIS).execute(&mut *conn).await?;
    let insert = "INSERT INTO callbacks (id, queue, number, name, language, state, ordered, expires, changed) \
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(insert)
        .bind(callback.id.to_string())
        .bind(&callback.queue)
        .bind(number_text(&callback.number))
        .bind(callback.name.expose())
        .bind(callback.language.word())
        .bind(callback.state.word())
        .bind(callback.ordered.millis())
        .bind(callback.expires.millis())
        .bind(callback.ordered.millis())
        .execute(conn)
        .await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::StartCallback`]: once for each, whoever asks.
pub(crate) async fn start(conn: &mut SqliteConnection, id: CallbackId, at: Wall) -> Result<Done, StoreError> {
    change(conn, id, CallbackState::Dialling, "state = 'waiting'", at).await
}

/// [`crate::effect::Effect::SetCallback`]. What is over stays so.
pub(crate) async fn set(
    conn: &mut SqliteConnection,
    id: CallbackId,
    state: CallbackState,
    at: Wall,
) -> Result<Done, StoreError> {
    change(conn, id, state, "state NOT IN ('reached', 'cancelled')", at).await
}

async fn change(
    conn: &mut SqliteConnection,
    id: CallbackId,
    to: CallbackState,
    from: &str,
    at: Wall,
) -> Result<Done, StoreError> {
    let update = format!("UPDATE callbacks SET state = ?, changed = ? WHERE id = ? AND {from}");
    let update = sqlx::query(&update).bind(to.word()).bind(at.millis()).bind(id.to_string());
    match update.execute(conn).await?.rows_affected() {
        0 => Err(StoreError::WrongState),
        _ => Ok(Done::Ok),
    }
}

/// Those that are open, in the order in which they were ordered.
pub(crate) async fn open(conn: &mut SqliteConnection) -> Result<Vec<Callback>, StoreError> {
    let select = "SELECT * FROM callbacks WHERE state NOT IN ('reached', 'cancelled') ORDER BY id";
    sqlx::query(select).fetch_all(conn).await?.iter().map(callback).collect()
}

fn callback(row: &SqliteRow) -> Result<Callback, StoreError> {
    let row = Columns(row);
    let number =
        number_of(&row.text("number")?).ok_or_else(|| StoreError::Broken("no number to call back".to_owned()))?;
    Ok(Callback {
        id: row.id("id")?,
        queue: row.text("queue")?,
        number,
        name: Pii::new(row.text("name")?),
        language: row.word("language", Language::from_word)?,
        ordered: row.wall("ordered")?,
        expires: row.wall("expires")?,
        state: row.word("state", CallbackState::from_word)?,
    })
}

#[cfg(test)]
mod tests {
    use model::{PhoneNumber, Random};

    use super::*;
    use crate::testing::Opened;

    fn new(n: i64) -> Callback {
        Callback {
            id: CallbackId::new(Wall(n), &mut Random::from_u64(3)),
            queue: "desk".to_owned(),
            number: PhoneNumber::E164("+12025550171".to_owned()),
            name: Pii::from("A patient"),
            language: Language::Spanish,
            ordered: Wall(n),
            expires: Wall(n + 1),
            state: CallbackState::Waiting,
        }
    }

    #[test]
    fn each_is_there_until_it_is_over_and_is_started_once() {
        let mut store = Opened::new();
        store.wait(async |store| {
            let conn = &mut store.conn;
            let (one, two) = (new(1), new(2));
            for callback in [&two, &one] {
                keep(conn, callback).await.expect("kept");
            }
            assert_eq!(open(conn).await.expect("read"), [one.clone(), two.clone()]);
            start(conn, one.id, Wall(3)).await.expect("started");
            assert!(
                matches!(start(conn, one.id, Wall(3)).await, Err(StoreError::WrongState)),
                "nobody is called twice"
            );
            assert_eq!(open(conn).await.expect("read")[0].state, CallbackState::Dialling);
            set(conn, one.id, CallbackState::Waiting, Wall(3)).await.expect("nothing was dialled");
            start(conn, one.id, Wall(4)).await.expect("started again");
            set(conn, one.id, CallbackState::Reached, Wall(5)).await.expect("over");
            let late = set(conn, one.id, CallbackState::Waiting, Wall(6)).await;
            assert!(matches!(late, Err(StoreError::WrongState)), "what is over stays so");
            set(conn, two.id, CallbackState::Missed, Wall(6)).await.expect("missed");
            let open = open(conn).await.expect("read");
            assert_eq!(open.iter().map(|c| (c.id, c.state)).collect::<Vec<_>>(), [(two.id, CallbackState::Missed)]);
        });
    }
}
