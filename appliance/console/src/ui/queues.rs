//! The queues of the plan: who waits in them, who takes their calls, and whether whoever looks does.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use model::command::Command;
use model::settings::Right;
use model::switches::Switch;
use model::{Settings, Wall};
use plan::{Plan, Queue};
use serde::Deserialize;

use super::words::minutes;
use super::{Answer, Ctx};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;

/// One of the list.
pub(super) struct QueueView {
    pub(super) name: String,
    pub(super) dot: &'static str,
    /// "2 wait, the first for 3:10".
    pub(super) waiting: String,
    /// Who takes its calls.
    pub(super) who: String,
    /// Whether whoever looks takes its calls, if it rings at their phones.
    pub(super) mine: Option<bool>,
}

/// All queues, for those who see calls; for others those that ring at their phones.
pub(super) fn all(ctx: &Ctx) -> Vec<QueueView> {
    let plan = Plan::in_force(&ctx.settings).plan;
    let own = ctx.settings.person(&ctx.principal.user).map_or("", |person| person.extension.as_str());
    let sees_calls = ctx.may(Right::SeeCalls);
    plan.queues().filter(|queue| sees_calls || queue.rings(own)).map(|queue| QueueView::new(ctx, queue, own)).collect()
}

/// The names of those that ring at this extension.
pub(super) fn of(settings: &Settings, extension: &str) -> Vec<String> {
    Plan::in_force(settings).plan.queues_of(extension).map(|queue| queue.name.clone()).collect()
}

impl QueueView {
    fn new(ctx: &Ctx, queue: &Queue, own: &str) -> Self {
        let switches = &ctx.snapshot.switches;
        let takes = |extension: &str| !switches.is_out_of(&queue.name, extension);
        let taking: Vec<&str> = queue
            .extensions
            .iter()
            .filter(|extension| takes(extension))
            .filter_map(|extension| ctx.settings.extension(extension))
            .map(|person| person.name.expose().as_str())
            .collect();
        let waiting = ctx.snapshot.calls.iter().filter_map(|call| call.queue.as_ref());
        let since: Vec<Wall> = waiting.filter(|place| place.name == queue.name).map(|place| place.since).collect();
        let longest = since.iter().min().map(|first| ctx.local.now.millis_since(*first) / 1000);
        let longest = minutes(longest.and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0));
        let args = [("count", since.len().into()), ("longest", longest.as_str().into())];
        Self {
            name: queue.name.clone(),
            dot: match (taking.is_empty(), since.is_empty()) {
                (true, _) => " b",
                (false, false) => " w",
                (false, true) => "",
            },
            waiting: ctx.with("queue-waiting", &args),
            who: if taking.is_empty() {
                ctx.t("queue-deserted")
            } else {
                ctx.with("queue-taken-by", &[("who", (&taking.join(", ")).into())])
            },
            mine: queue.rings(own).then(|| takes(own)),
        }
    }
}

/// Whether the calls of a queue come to whoever says so.
#[derive(Deserialize)]
pub(crate) struct Turn {
    queue: String,
    takes: bool,
}

/// `POST /switch/queue`, by everybody for themselves.
pub(crate) async fn switch(State(app): State<App>, principal: Principal, Form(form): Form<Turn>) -> Answer {
    let settings = app.settings.borrow().clone();
    let extension = settings.person(&principal.user).ok_or(Failure::NotFound)?.extension.clone();
    let switch = Switch::Queues { extension, queues: vec![form.queue], takes: form.takes };
    data::order(&app, Command::Switch { by: principal.user, switch }).await?;
    Ok(Redirect::to("/#queues").into_response())
}
