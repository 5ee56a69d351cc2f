//! Recordings of calls.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use model::recording::{Pause, Recording};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiAnswer, PerhapsForm, time};
use crate::App;
use crate::auth::Principal;
use crate::taped;

/// `GET /api/v1/calls/{id}/recording`: what there is of it, without its sound.
pub(crate) async fn one(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> ApiAnswer {
    let recording = taped::of_call(&app, &principal, &id).await?;
    Ok(Json(described(&recording)).into_response())
}

/// What the address of the sound may say.
#[derive(Deserialize)]
pub(crate) struct Asked {
    save: Option<String>,
}

/// `GET /api/v1/calls/{id}/recording.wav`.
pub(crate) async fn sound(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> ApiAnswer {
    Ok(taped::wav(&app, &principal, &id, (asked.save.is_some(), &headers)).await?)
}

/// What goes with a hold.
#[derive(Deserialize, Default)]
pub(crate) struct Reason {
    #[serde(default)]
    reason: String,
}

/// `POST /api/v1/calls/{id}/recording/{hold|release|delete|restore}`; a hold needs a `reason`.
pub(crate) async fn mark(
    State(app): State<App>,
    principal: Principal,
    Path((id, verb)): Path<(String, String)>,
    PerhapsForm(form): PerhapsForm<Reason>,
) -> ApiAnswer {
    taped::mark(&app, &principal, &id, taped::mark_of(&verb, &form.reason)?).await?;
    Ok(Json(json!({ "done": true })).into_response())
}

fn described(recording: &Recording) -> Value {
    json!({
        "id": recording.id,
        "call": recording.call,
        "state": recording.state.word(),
        "extensions": recording.extensions,
        "together": recording.together,
        "began": time(recording.created),
        "ended": time(recording.ended),
        "milliseconds": recording.millis,
        "pauses": recording.pauses.iter().map(pause).collect::<Vec<_>>(),
        "hold": recording.hold,
        "kept_until": time(recording.keep_until),
    })
}

fn pause(pause: &Pause) -> Value {
    json!({
        "at_milliseconds": pause.millis,
        "from": time(pause.from),
        "until": pause.until.map(time),
        "why": pause.why.word(),
    })
}
