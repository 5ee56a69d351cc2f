//! Faxes: their rows, attempts and pages. Every change names the state that it needs and fails with
//! [`StoreError::WrongState`](crate::StoreError::WrongState) if the row is in another: two people, or a person and the queue, who
//! want the same fax are told apart here, and a repeated effect does nothing twice.

mod accept;
mod attempts;
mod decide;
mod filing;
mod machines;
mod offers;
mod owners;
mod read;
mod receive;
mod statistics;

pub(crate) use accept::{accept, accept_from_mail, rendered, unrenderable};
pub(crate) use attempts::{finish, open_attempts, progress, recall, start};
pub(crate) use decide::{decide, set_delivery, viewed};
pub(crate) use filing::{block, blocked, file, open_ways, purge, way_tried};
pub(crate) use machines::{forget, load_machines};
pub(crate) use offers::{askers, finish_given, give, laid_out, lapsed, lay_out, offer_rendered};
pub(crate) use owners::{hand, lay_back_of_others, load_owners};
pub use read::Faxes;
pub(crate) use read::{load, load_attempts, load_documents, load_open, load_pages};
pub(crate) use receive::{begin, delivery_of_mail, fetched_page, finish_received, note, page};

use model::FaxId;
use model::fax::FaxState;
use sqlx::sqlite::SqliteConnection;

use crate::codec::Columns;
use crate::effect::StoreError;

/// The state of a fax, or [`StoreError::NotFound`].
async fn state(conn: &mut SqliteConnection, fax: FaxId) -> Result<FaxState, StoreError> {
    let row = sqlx::query("SELECT state FROM faxes WHERE id = ?").bind(fax.to_string()).fetch_optional(conn).await?;
    Columns(&row.ok_or(StoreError::NotFound)?).word("state", FaxState::from_word)
}

/// [`StoreError::WrongState`] unless the fax is in `needed`.
async fn need(conn: &mut SqliteConnection, fax: FaxId, needed: FaxState) -> Result<(), StoreError> {
    if state(conn, fax).await? == needed { Ok(()) } else { Err(StoreError::WrongState) }
}
