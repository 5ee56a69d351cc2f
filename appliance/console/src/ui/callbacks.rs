//! Callers who left a queue: who is to be called back, and who could not be. A person takes them off the list.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use model::Callback;
use model::callback::CallbackState;
use model::command::Command;
use model::settings::Right;

use super::words::Tag;
use super::{Answer, Ctx, phone};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;

/// One of the list.
pub(super) struct CallbackView {
    pub(super) id: String,
    /// The name, if there is one, and the number.
    pub(super) who: String,
    pub(super) tag: Tag,
    /// "Queue desk, since 09:12, until 11:12."
    pub(super) said: String,
    /// They can be taken off the list: nobody calls them now.
    pub(super) may_go: bool,
    /// The telephone with their number on it.
    pub(super) call: Option<String>,
}

/// The list, for those who see calls.
pub(super) fn all(ctx: &Ctx) -> Vec<CallbackView> {
    if !ctx.may(Right::SeeCalls) {
        return Vec::new();
    }
    ctx.snapshot.callbacks.iter().map(|callback| CallbackView::new(ctx, callback)).collect()
}

impl CallbackView {
    fn new(ctx: &Ctx, callback: &Callback) -> Self {
        let number = ctx.number(&callback.number);
        let name = callback.name.expose();
        let (since, until) = (ctx.local.when(callback.ordered), ctx.local.when(callback.expires));
        let args = [
            ("queue", callback.queue.as_str().into()),
            ("since", since.as_str().into()),
            ("until", until.as_str().into()),
        ];
        Self {
            id: callback.id.to_string(),
            who: if name.is_empty() { number } else { format!("{name}, {number}") },
            tag: Tag {
                class: if callback.state == CallbackState::Waiting { "" } else { "warn" },
                text: ctx.t(&format!("callback-{}", callback.state.word())),
            },
            said: ctx.with("callback-said", &args),
            call: phone::with_number(Some(&callback.number)),
            may_go: callback.state != CallbackState::Dialling,
        }
    }
}

/// `POST /callbacks/{id}/cancel`.
pub(crate) async fn cancel(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> Answer {
    let callback = id.parse().map_err(|_| Failure::NotFound)?;
    data::order(&app, Command::CancelCallback { by: principal.user, callback }).await?;
    Ok(Redirect::to("/#callbacks").into_response())
}
