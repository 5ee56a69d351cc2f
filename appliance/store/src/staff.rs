//! Who is in the clinic, as far as it matters here. Only who may see faxes owns a received one, and only who is there has a PIN and greetings: this is
//! the one place that holds both, whatever way somebody leaves or loses the right by. Settings that are saved say it, and so does each start.

use model::{FaxId, Wall};
use sqlx::sqlite::SqliteConnection;

use crate::codec::to_json;
use crate::effect::{Staff, StoreError};
use crate::{faxes, voicemails};

/// [`crate::effect::Effect::StaffIs`]: the faxes that were laid back.
pub(crate) async fn is(
    conn: &mut SqliteConnection,
    staff: &Staff,
    by: &str,
    at: Wall,
) -> Result<Vec<FaxId>, StoreError> {
    sqlx::query("INSERT OR REPLACE INTO fax_readers (one, users) VALUES (1, ?)")
        .bind(to_json(&staff.readers)?)
        .execute(&mut *conn)
        .await?;
    voicemails::forget_others(conn, &staff.mailboxes, by, at).await?;
    faxes::lay_back_of_others(conn, by, at).await
}
