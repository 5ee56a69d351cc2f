//! Faxes. An accepted one is durable before 202 is said; a request that was answered by anything else accepted nothing, except where the
//! answer itself says that the outcome is unknown.

use axum::Json;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use model::command::{Command, CommandOutcome};
use model::fax::{Direction, Door, FaxState};
use model::{FaxId, Pii};
use serde::Deserialize;
use serde_json::{Value, json};
use store::rows::{AttemptRow, FaxFilter, FaxRow};

use super::{ApiAnswer, rows, time};
use crate::auth::Principal;
use crate::failure::Failure;
use crate::texts::Texts;
use crate::upload::{Upload, problem_of};
use crate::{App, data};

/// What may be asked.
#[derive(Deserialize)]
pub(crate) struct Asked {
    direction: Option<String>,
    needs_person: Option<String>,
    search: Option<String>,
    limit: Option<String>,
    before: Option<String>,
}

/// `GET /api/v1/faxes`: newest first.
pub(crate) async fn list(State(app): State<App>, Query(asked): Query<Asked>) -> ApiAnswer {
    let before: Option<FaxId> = asked.before.map(|b| b.parse()).transpose().map_err(|_| Failure::NotFound)?;
    let filter = FaxFilter {
        direction: match asked.direction.as_deref() {
            None => None,
            Some("in") => Some(Direction::In),
            Some("out") => Some(Direction::Out),
            Some(_) => return Err(Failure::Unusable(Texts::choose(None).get("api-direction")).into()),
        },
        needs_person: asked.needs_person.is_some_and(|word| word == "true"),
        search: asked.search.filter(|s| !s.trim().is_empty()),
    };
    let found = app.store.faxes().list(filter, rows(asked.limit.as_deref())?, before).await?;
    let faxes: Vec<Value> = found.iter().map(fax).collect();
    Ok(Json(json!({ "faxes": faxes })).into_response())
}

/// `GET /api/v1/faxes/{id}`: one, with its attempts.
pub(crate) async fn one(State(app): State<App>, Path(id): Path<String>) -> ApiAnswer {
    let row = data::fax(&app, &id).await?;
    let attempts = app.store.faxes().attempts(row.id).await?;
    let mut body = fax(&row);
    body["attempts"] = attempts.iter().map(attempt).collect();
    Ok(Json(body).into_response())
}

/// `POST /api/v1/faxes`: a multipart form with `to`, `subject` (may be left out) and one or more `document`s.
pub(crate) async fn send(State(app): State<App>, principal: Principal, form: Multipart) -> ApiAnswer {
    let upload = Upload::read(&app, form).await?;
    let settings = app.settings.borrow().clone();
    let to = settings.numbering.parse(&upload.to).map_err(|e| Failure::Unusable(e.to_string()))?;
    data::admit(&settings, &principal, Door::Api, &to, app.clock.now().wall)
        .map_err(|sentence| Failure::Command(model::CommandError::NotAllowed(sentence)))?;
    let problem = match upload.documents.first() {
        None => Some("send-no-document"),
        Some(_) => upload.documents.iter().find_map(problem_of),
    };
    if let Some(key) = problem {
        return Err(Failure::Unusable(Texts::choose(None).get(key)).into());
    }
    let command = Command::SendFax {
        by: principal.user,
        door: Door::Api,
        to,
        subject: Pii::new(upload.subject),
        documents: upload.documents,
    };
    match data::order(&app, command).await? {
        CommandOutcome::FaxAccepted(id) => {
            let location = format!("/api/v1/faxes/{id}");
            let body = json!({ "id": id, "state": FaxState::Rendering.word(), "href": location });
            Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(body)).into_response())
        }
        // The contract of `SendFax` is broken; what became of it, nobody can say here.
        CommandOutcome::Done => Err(Failure::Unknown.into()),
    }
}

fn fax(row: &FaxRow) -> Value {
    json!({
        "id": row.id,
        "direction": if row.direction == Direction::In { "in" } else { "out" },
        "state": row.state.word(),
        "final": row.state.is_final(),
        "number": row.number.as_ref().map(|n| n.as_str()),
        "subject": row.subject.expose(),
        "by": row.by,
        "owner": row.owner,
        "created": time(row.created),
        "changed": time(row.changed),
        "pages": row.pages,
        "pages_confirmed": row.pages_confirmed,
        "attempts_made": row.attempts,
        "next_attempt": row.next_at.map(time),
        "cause": row.cause.map(|c| c.word()),
        "sentence": row.reason.as_ref().map(|r| r.expose().as_str()).or(row.cause.map(|c| c.sentence())),
        "remote_ident": row.remote_ident.expose(),
        "delivery": row.delivery.word(),
        "keep_until": time(row.keep_until),
    })
}

fn attempt(row: &AttemptRow) -> Value {
    let outcome = row.outcome.as_ref();
    json!({
        "number": row.number,
        "line": row.line,
        "first_page": row.first_page + 1,
        "started": time(row.started),
        "ended": row.ended.map(time),
        "cause": outcome.map(|o| o.cause.word()),
        "sentence": outcome.map(|o| o.cause.sentence()),
        "pages_confirmed": outcome.map(|o| o.pages_confirmed),
        "bit_rate": outcome.map(|o| o.bit_rate),
        "error_correction": outcome.map(|o| o.ecm),
        "packets_repaired": outcome.map(|o| o.packets_repaired),
        "packets_lost": outcome.map(|o| o.packets_lost),
        "milliseconds": outcome.map(|o| o.millis),
    })
}
