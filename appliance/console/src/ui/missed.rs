//! Calls that nobody took, as work: who calls back, who did, and what is still to do.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use model::CallId;
use model::call::CallRecord;
use model::missed::{MissedMark, MissedState};
use model::settings::Right;
use store::MissedRow;

use super::calls::Past;
use super::words::Tag;
use super::{Answer, Ctx};
use crate::App;
use crate::auth::{Principal, came_from};
use crate::data;
use crate::failure::Failure;

/// How it stands about one, and what can be done.
pub(super) struct MissedView {
    pub(super) tag: Tag,
    /// The call in which somebody talked with them.
    pub(super) via: Option<String>,
    /// The word of each, what its button says, and its class.
    pub(super) acts: Vec<(&'static str, String, &'static str)>,
    needs_person: bool,
}

impl MissedView {
    fn new(ctx: &Ctx, row: &MissedRow) -> Self {
        let (who, at) = (ctx.person(&row.by), ctx.local.when(row.at));
        let said = |key: &str| ctx.with(key, &[("who", who.as_str().into()), ("time", at.as_str().into())]);
        let (class, text) = match row.state {
            MissedState::Open => ("warn", ctx.t("missed-open")),
            MissedState::Taken => ("", said("missed-taken")),
            MissedState::Marked => ("", said("missed-marked")),
            MissedState::CalledBack => ("ok", said("missed-called-back")),
            MissedState::CameThrough => ("ok", said("missed-came-through")),
        };
        let (take, done, reopen) = (MissedMark::Take, MissedMark::Done, MissedMark::Reopen);
        let marks: &[(MissedMark, &str, &'static str)] = match row.state {
            MissedState::Open => &[(take, "missed-take", " p"), (done, "missed-done", "")],
            MissedState::Taken => &[(done, "missed-done", " p"), (reopen, "missed-reopen", "")],
            MissedState::Marked | MissedState::CalledBack | MissedState::CameThrough => {
                &[(reopen, "missed-reopen", "")]
            }
        };
        Self {
            tag: Tag { class, text },
            via: row.via.map(|call| format!("/calls/{call}")),
            acts: marks.iter().map(|(mark, key, class)| (mark.word(), ctx.t(key), *class)).collect(),
            needs_person: row.state.needs_person(),
        }
    }

    /// What can be done in a list: what is over is taken back on the call's own page.
    pub(super) fn in_list(&self) -> &[(&'static str, String, &'static str)] {
        if self.needs_person { &self.acts } else { &[] }
    }
}

/// How it stands about this call, if nobody took it.
pub(super) async fn of(ctx: &Ctx, call: CallId) -> Result<Option<MissedView>, Failure> {
    let found = ctx.app.store.missed_calls().of(&[call]).await?;
    Ok(found.get(&call).map(|row| MissedView::new(ctx, row)))
}

/// Calls for a list, with how it stands about those that nobody took.
pub(super) async fn marked(ctx: &Ctx, records: &[CallRecord]) -> Result<Vec<Past>, Failure> {
    let ids: Vec<CallId> = records.iter().map(|record| record.id).collect();
    let found = ctx.app.store.missed_calls().of(&ids).await?;
    let view = |record: &CallRecord| found.get(&record.id).map(|row| MissedView::new(ctx, row));
    Ok(records.iter().map(|record| Past { missed: view(record), ..Past::new(ctx, record) }).collect())
}

/// How many callers wait to be called back, for those who see calls.
pub(super) async fn waiting(ctx: &Ctx) -> u64 {
    if !ctx.may(Right::SeeCalls) {
        return 0;
    }
    // Without the store the page says so in its own place.
    ctx.app.store.missed_calls().waiting().await.unwrap_or(0)
}

/// `POST /calls/{id}/missed/{verb}`.
pub(crate) async fn mark(
    State(app): State<App>,
    principal: Principal,
    headers: HeaderMap,
    Path((id, verb)): Path<(String, String)>,
) -> Answer {
    let call = data::mark_missed(&app, &principal, &id, &verb).await?;
    let back = came_from(&headers).unwrap_or_else(|| format!("/calls/{call}"));
    Ok(Redirect::to(&back).into_response())
}
