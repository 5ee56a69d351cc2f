//! What a person decides about a fax: take it, it arrived, send it again, recall it. What cannot be taken back is asked twice, with what
//! will happen in numbers; it works without scripts.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use model::FaxId;
use model::command::Command;
use model::fax::{Direction, FaxState};
use store::rows::FaxRow;

use super::fax::heading;
use super::words::fax_href;
use super::{Answer, Ctx, Place, Shell, page};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;

/// A page that asks once more.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(super) struct Confirm {
    pub(super) shell: Shell,
    /// The number or name that it is about, large; or nothing.
    pub(super) big: String,
    pub(super) lines: Vec<String>,
    pub(super) action: String,
    pub(super) button: String,
    pub(super) class: &'static str,
    pub(super) back: String,
    pub(super) back_title: String,
    /// The button that changes nothing.
    pub(super) keep: String,
}

/// `POST /faxes/{id}/take`.
pub(crate) async fn take(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> Answer {
    decided(&app, &id, |fax| Command::TakeFax { by: principal.user, fax }).await
}

/// `POST /faxes/{id}/arrived`.
pub(crate) async fn arrived(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> Answer {
    decided(&app, &id, |fax| Command::MarkArrived { by: principal.user, fax }).await
}

/// `POST /faxes/{id}/again`.
pub(crate) async fn again(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> Answer {
    decided(&app, &id, |fax| Command::SendAgain { by: principal.user, fax }).await
}

/// `POST /faxes/{id}/recall`.
pub(crate) async fn recall(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> Answer {
    decided(&app, &id, |fax| Command::CancelFax { by: principal.user, fax }).await
}

async fn decided(app: &App, id: &str, command: impl FnOnce(FaxId) -> Command) -> Answer {
    let fax = id.parse().map_err(|_| Failure::NotFound)?;
    data::order(app, command(fax)).await?;
    Ok(Redirect::to(&fax_href(fax)).into_response())
}

/// `GET /faxes/{id}/arrived`.
pub(crate) async fn confirm_arrived(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let lines = |ctx: &Ctx, row: &FaxRow| {
        let open = row.pages.saturating_sub(row.pages_confirmed);
        vec![ctx.with("arrived-what", &[("open", open.into()), ("count", row.pages.into())])]
    };
    confirm(ctx, &id, "arrived", "p", &[FaxState::Uncertain], lines).await
}

/// `GET /faxes/{id}/again`.
pub(crate) async fn confirm_again(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let lines = |ctx: &Ctx, row: &FaxRow| {
        if row.fetch {
            return super::fetch::again_lines(ctx, row);
        }
        let first = (row.pages_confirmed + 1).min(row.pages);
        let count = row.pages.saturating_sub(row.pages_confirmed);
        let mut lines = vec![if row.pages_confirmed == 0 {
            ctx.with("again-all", &[("count", row.pages.into())])
        } else {
            ctx.with(
                "again-rest",
                &[
                    ("first", first.into()),
                    ("last", row.pages.into()),
                    ("count", count.into()),
                    ("done", row.pages_confirmed.into()),
                ],
            )
        }];
        match row.state {
            FaxState::Uncertain => lines.push(ctx.t("again-twice")),
            FaxState::Held => lines.push(ctx.t("again-held")),
            _ => {}
        }
        lines
    };
    confirm(ctx, &id, "again", "d", &[FaxState::Uncertain, FaxState::Failed, FaxState::Held], lines).await
}

/// `GET /faxes/{id}/recall`.
pub(crate) async fn confirm_recall(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let lines = |ctx: &Ctx, row: &FaxRow| {
        let on_the_line = ctx.snapshot.faxes.iter().find(|f| f.fax == row.id);
        let gone = on_the_line.map_or(row.pages_confirmed, |f| row.pages_confirmed.max(f.pages_confirmed));
        if row.fetch {
            return vec![ctx.with("fetch-recall-what", &[("done", gone.into())])];
        }
        if row.state == FaxState::Sending {
            vec![ctx.with("recall-line", &[("done", gone.into()), ("count", row.pages.into())])]
        } else if gone > 0 {
            vec![ctx.with("recall-part", &[("done", gone.into()), ("count", row.pages.into())])]
        } else if row.attempts > 0 {
            vec![ctx.t("recall-tried")]
        } else {
            vec![ctx.t("recall-none")]
        }
    };
    confirm(ctx, &id, "recall", "d", &[FaxState::Rendering, FaxState::Waiting, FaxState::Sending], lines).await
}

/// The page that asks, if the fax is in a state in which there is something to ask.
async fn confirm(
    ctx: Ctx,
    id: &str,
    verb: &str,
    class: &'static str,
    states: &[FaxState],
    lines: impl FnOnce(&Ctx, &FaxRow) -> Vec<String>,
) -> Answer {
    let row = data::fax(&ctx.app, id).await?;
    if row.direction != Direction::Out || !states.contains(&row.state) {
        // Somebody was faster; its page shows how it stands now.
        return Ok(Redirect::to(&fax_href(row.id)).into_response());
    }
    let verb_of = if row.fetch { format!("fetch-{verb}") } else { verb.to_owned() };
    page(&Confirm {
        big: row.number.as_ref().map(|n| ctx.number(n)).unwrap_or_default(),
        lines: lines(&ctx, &row),
        action: format!("{}/{verb}", fax_href(row.id)),
        button: ctx.t(&format!("confirm-button-{verb_of}")),
        class,
        back: fax_href(row.id),
        back_title: heading(&ctx, &row),
        keep: ctx.t(&format!("confirm-keep-{verb_of}")),
        shell: ctx.shell(ctx.t(&format!("confirm-title-{verb_of}")), Place::Faxes, &[]).await,
    })
}
