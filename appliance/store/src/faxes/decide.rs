//! What people do with a fax. Every act leaves an audit line, and an end is told whoever ordered the fax, as the end of an attempt is.

use model::fax::{Delivery, Direction, FaxState};
use model::{FaxId, Wall};
use sqlx::sqlite::SqliteConnection;

use super::{load, offers, owners};
use crate::codec::{Columns, direction_of};
use crate::effect::{Decision, Done, StoreError};
use crate::rows::{Fact, Shown};
use crate::{audit, outbox};

/// [`crate::effect::Effect::DecideFax`].
pub(crate) async fn decide(
    conn: &mut SqliteConnection,
    fax: FaxId,
    by: &str,
    decision: Decision,
    at: Wall,
) -> Result<Done, StoreError> {
    let now = Standing::of(conn, fax).await?;
    if decision == Decision::Take && now.is_unowned() && !owners::may_own(conn, by).await? {
        return Err(StoreError::WrongState);
    }
    let (change, what) = match decision {
        Decision::Take if now.can_be_taken_by(by) => ("owner = ?2, seen = 1", "fax_taken"),
        Decision::Arrived if now.state == FaxState::Uncertain => {
            ("state = 'sent', seen = 1, done_by = ?2, done_at = ?3", "fax_arrived")
        }
        Decision::Again if now.can_lie_ready_again(at) && !twin_of(conn, fax, at).await? => {
            ("state = 'offered', seen = 1, offer_since = ?3, offer_told = 0", "offer_renewed")
        }
        Decision::Again if now.can_go_again() => {
            // Whoever decides does so now: the time to recall it is over, and what was learned of its attempts too.
            // What was held before its time has come is not sent before that. What was fetched is a fax of its own: another fetch begins
            // with no page.
            (
                "next_at = iif(state = 'held', max(?3, coalesce(not_before, 0)), ?3),
                 not_before = iif(state = 'held' AND not_before > ?3, not_before, NULL),
                 state = 'waiting', attempts = 0, manner = NULL, seen = 1,
                 pages = iif(fetch, 0, pages), pages_confirmed = iif(fetch, 0, pages_confirmed)",
                "fax_again",
            )
        }
        Decision::Cancel
            if now.offer_until.is_some() && matches!(now.state, FaxState::Rendering | FaxState::Offered) =>
        {
            ("state = 'cancelled'", "offer_withdrawn")
        }
        Decision::Cancel if matches!(now.state, FaxState::Rendering | FaxState::Waiting | FaxState::Held) => {
            ("state = 'cancelled', next_at = NULL", "fax_cancelled")
        }
        _ => return Err(StoreError::WrongState),
    };
    sqlx::query(&format!("UPDATE faxes SET {change}, changed = ?3 WHERE id = ?1"))
        .bind(fax.to_string())
        .bind(by)
        .bind(at.millis())
        .execute(&mut *conn)
        .await?;
    if decision == Decision::Take && now.is_unowned() {
        owners::changed(conn, fax, by, (None, Some(by)), at).await?;
    }
    if decision == Decision::Arrived {
        offers::had(conn, fax, at).await?;
    }
    audit::append(conn, at, by, what, &fax.to_string()).await?;
    if matches!(decision, Decision::Cancel | Decision::Arrived) && now.is_awaited_by_another(by) {
        return Ok(Done::Outboxed(outbox::add(conn, Fact::FaxEnded(fax)).await?));
    }
    Ok(Done::Ok)
}

/// Another document has taken its place.
async fn twin_of(conn: &mut SqliteConnection, fax: FaxId, at: Wall) -> Result<bool, StoreError> {
    match load(conn, fax).await?.and_then(|row| row.offer) {
        Some(offer) => offers::has_twin(conn, fax, &offer, at).await,
        None => Ok(false),
    }
}

/// [`crate::effect::Effect::FaxViewed`]. What came between the page and this was not on it: it waits for another look.
pub(crate) async fn viewed(
    conn: &mut SqliteConnection,
    fax: FaxId,
    by: &str,
    shown: Option<Shown>,
    at: Wall,
) -> Result<Done, StoreError> {
    let row = load(conn, fax).await?.ok_or(StoreError::NotFound)?;
    if shown == Some(row.shown()) {
        sqlx::query("UPDATE faxes SET seen = 1 WHERE id = ?").bind(fax.to_string()).execute(&mut *conn).await?;
    }
    audit::append(conn, at, by, "fax_viewed", &fax.to_string()).await?;
    Ok(Done::Ok)
}

/// [`crate::effect::Effect::SetDelivery`]. A failure waits for a person again, also if one had looked before.
pub(crate) async fn set_delivery(
    conn: &mut SqliteConnection,
    fax: FaxId,
    delivery: Delivery,
) -> Result<Done, StoreError> {
    let done = sqlx::query("UPDATE faxes SET delivery = ?1, seen = (seen AND ?1 <> 'failed') WHERE id = ?2")
        .bind(delivery.word())
        .bind(fax.to_string())
        .execute(conn)
        .await?;
    if done.rows_affected() == 0 { Err(StoreError::NotFound) } else { Ok(Done::Ok) }
}

/// What a decision depends on.
struct Standing {
    direction: Direction,
    state: FaxState,
    owner: Option<String>,
    pages: u32,
    fetch: bool,
    offer_until: Option<Wall>,
    given: bool,
    ordered_by: Option<String>,
    /// It came by mail, or a receipt was asked for.
    awaited: bool,
}

impl Standing {
    async fn of(conn: &mut SqliteConnection, fax: FaxId) -> Result<Self, StoreError> {
        let row = sqlx::query(
            "SELECT direction, state, owner, pages, fetch, offer_until, given_of IS NOT NULL AS given, ordered_by,
                    mail IS NOT NULL OR receipt_to IS NOT NULL AS awaited
             FROM faxes WHERE id = ?",
        )
        .bind(fax.to_string())
        .fetch_optional(conn)
        .await?
        .ok_or(StoreError::NotFound)?;
        let row = Columns(&row);
        Ok(Self {
            direction: row.word("direction", direction_of)?,
            state: row.word("state", FaxState::from_word)?,
            owner: row.maybe_text("owner")?,
            pages: row.int("pages")?,
            fetch: row.flag("fetch")?,
            offer_until: row.maybe_wall("offer_until")?,
            given: row.flag("given")?,
            ordered_by: row.maybe_text("ordered_by")?,
            awaited: row.flag("awaited")?,
        })
    }

    /// Who ends a fax of their own knows it; anybody else waits for word of it. What is laid out, or was given away, has its own.
    fn is_awaited_by_another(&self, by: &str) -> bool {
        self.awaited && self.offer_until.is_none() && !self.given && self.ordered_by.as_deref() != Some(by)
    }

    /// Two people may press "I take it" on a received fax at once: the second learns that the first was faster. An outgoing fax has
    /// an owner from the start and may be handed over.
    fn can_be_taken_by(&self, by: &str) -> bool {
        self.direction == Direction::Out || self.owner.as_deref().is_none_or(|owner| owner == by)
    }

    fn is_unowned(&self) -> bool {
        self.direction == Direction::In && self.owner.is_none()
    }

    /// A fax whose documents gave no pages has nothing to send.
    fn can_go_again(&self) -> bool {
        self.direction == Direction::Out
            && matches!(self.state, FaxState::Uncertain | FaxState::Failed | FaxState::Held)
            && (self.pages > 0 || self.fetch)
            && self.offer_until.is_none()
            // Their machine called for it, and has to call again.
            && !self.given
    }

    /// What was withdrawn, or had been given away, lies ready again.
    fn can_lie_ready_again(&self, at: Wall) -> bool {
        self.offer_until.is_some_and(|until| at < until)
            && matches!(self.state, FaxState::Cancelled | FaxState::Sent)
            && self.pages > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Opened;

    #[test]
    fn whose_word_it_was_before_it_stood_with_the_fax_is_in_the_audit() {
        let mut opened = Opened::new();
        opened.wait(async |opened| {
            for (fax, state) in [("a", "sent"), ("b", "sent"), ("c", "waiting")] {
                let sql = "INSERT INTO faxes (id, direction, state, subject, created, changed, retention, keep_until)
                           VALUES (?, 'out', ?, '', 1, 1, 'clinical', 1)";
                sqlx::query(sql).bind(fax).bind(state).execute(&mut opened.conn).await.expect("a fax");
            }
            for (at, by, what, fax) in
                [(5, "101", "fax_viewed", "a"), (6, "102", "fax_arrived", "a"), (7, "103", "fax_arrived", "c")]
            {
                audit::append(&mut opened.conn, Wall(at), by, what, fax).await.expect("a line");
            }
            let upgrade = include_str!("../../migrations/0075_arrived_by.sql");
            sqlx::raw_sql(upgrade).execute(&mut opened.conn).await.expect("upgraded");
            let rows = sqlx::query("SELECT done_by, done_at FROM faxes ORDER BY id");
            let rows = rows.fetch_all(&mut opened.conn).await.expect("rows");
            let said: Vec<_> = rows
                .iter()
                .map(|row| (Columns(row).maybe_text("done_by").unwrap(), Columns(row).maybe_wall("done_at").unwrap()))
                .collect();
            assert_eq!(said, [(Some("102".to_owned()), Some(Wall(6))), (None, None), (None, None)]);
        });
    }
}
