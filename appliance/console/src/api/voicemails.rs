//! Messages that callers left for the person whose token it is.

use axum::Json;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use model::command::Command;
use model::voicemail::Voicemail;
use serde_json::{Value, json};

use super::{ApiAnswer, time};
use crate::auth::Principal;
use crate::failure::Failure;
use crate::recorded::{mailbox, message_wav};
use crate::ui::voicemail::{Given, mark_of};
use crate::{App, data};

/// `GET /api/v1/voicemails`: newest first, with those that can still be taken back.
pub(crate) async fn list(State(app): State<App>, principal: Principal) -> ApiAnswer {
    let mailbox = mailbox(&app, &principal.user)?;
    let messages = app.store.voicemails().list(&mailbox).await?;
    let messages: Vec<Value> = messages.iter().map(voicemail).collect();
    Ok(Json(json!({ "mailbox": mailbox, "voicemails": messages })).into_response())
}

/// `GET /api/v1/voicemails/{id}/message.wav`.
pub(crate) async fn sound(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> ApiAnswer {
    Ok(message_wav(&app, &principal, &id, &headers).await?)
}

/// `POST /api/v1/voicemails/{id}/{heard|new|delete|restore}`.
pub(crate) async fn mark(
    State(app): State<App>,
    principal: Principal,
    Path((id, verb)): Path<(String, String)>,
) -> ApiAnswer {
    let voicemail = id.parse().map_err(|_| Failure::NotFound)?;
    let mark = mark_of(&verb).ok_or(Failure::NotFound)?;
    data::order(&app, Command::MarkVoicemail { by: principal.user, voicemail, mark }).await?;
    Ok(Json(json!({ "done": true })).into_response())
}

/// `POST /api/v1/voicemails/{id}/give`: to the user `to`, or to whoever has that extension; theirs from then on.
pub(crate) async fn give(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Form(form): Form<Given>,
) -> ApiAnswer {
    let voicemail = id.parse().map_err(|_| Failure::NotFound)?;
    let to = form.extension(&app);
    data::order(&app, Command::GiveVoicemail { by: principal.user, voicemail, to }).await?;
    Ok(Json(json!({ "done": true })).into_response())
}

fn voicemail(message: &Voicemail) -> Value {
    let number = message.from.number.as_ref().map(|n| n.as_str());
    json!({
        "id": message.id,
        "call": message.call,
        "from": { "number": number, "name": message.from.name.expose() },
        "given_by": message.given_by,
        "state": message.state.word(),
        "urgent": message.urgent,
        "milliseconds": message.millis,
        "left": time(message.created),
        "kept_until": time(message.keep_until),
    })
}
