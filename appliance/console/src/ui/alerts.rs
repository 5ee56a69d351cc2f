//! What the clinic must see at once, on top of every page: the open alerts, and a button that says that somebody has seen one.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use model::command::Command;
use serde::Deserialize;

use super::{Answer, Ctx};
use crate::App;
use crate::auth::{Principal, came_from};
use crate::data;
use crate::failure::Failure;
use crate::local::Local;

/// The alerts of a page.
#[derive(Template)]
#[template(path = "alerts.html")]
pub(crate) struct Alerts {
    local: Local,
    open: Vec<AlertView>,
    locked: bool,
    /// The page that they stand on.
    back: String,
    /// They look anew by themselves, since their page does not: a person fills it in, or reads it.
    alone: bool,
}

/// An open staff alert.
pub(crate) struct AlertView {
    pub(crate) id: u64,
    pub(crate) sentence: String,
    pub(crate) when: String,
    pub(crate) exact: String,
    pub(crate) machine: String,
    /// Where help comes to. Then the alert is heard, and stands in the page's title.
    pub(crate) help: Option<String>,
}

impl Alerts {
    pub(crate) fn new(ctx: &Ctx, back: String, alone: bool) -> Self {
        Self { local: ctx.local.clone(), open: open(ctx), locked: !ctx.snapshot.unlocked, back, alone }
    }
}

/// What waits for somebody to see it, newest first.
pub(crate) fn open(ctx: &Ctx) -> Vec<AlertView> {
    let open = ctx.snapshot.alerts.iter().filter(|a| a.open);
    open.map(|a| AlertView {
        id: a.id,
        sentence: a.sentence.expose().clone(),
        when: ctx.local.when(a.at),
        exact: ctx.local.exact(a.at),
        machine: ctx.local.machine(a.at),
        help: a.help.as_ref().map(|address| address.expose().clone()),
    })
    .collect()
}

/// `GET /alerts`: the alerts alone, for an open page that must not be drawn again under the hands of whoever fills it in. The page is the one
/// that asks.
pub(crate) async fn alone(ctx: Ctx, headers: HeaderMap) -> Answer {
    let back = came_from(&headers).unwrap_or_else(|| "/".to_owned());
    super::page(&Alerts::new(&ctx, back, true))
}

/// Where to go after an acknowledgement.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
}

/// `POST /alerts/{id}/acknowledge`.
pub(crate) async fn acknowledge(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Form(form): Form<Back>,
) -> Answer {
    let alert = id.parse().map_err(|_| Failure::NotFound)?;
    data::order(&app, Command::AcknowledgeAlert { by: principal.user, alert }).await?;
    // Only a path of our own: "//elsewhere" and "/\elsewhere" are other hosts to a browser.
    let ours = form.back.starts_with('/') && !form.back.starts_with("//") && !form.back.contains(['\\', '\r', '\n']);
    Ok(Redirect::to(if ours { &form.back } else { "/" }).into_response())
}
