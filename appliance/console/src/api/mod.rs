//! The API, version 1: what other systems of the clinic ask. JSON out, RFC 9457 problems, the same sentences as on the pages. Fields are
//! added, never renamed. Times are RFC 3339 in UTC, numbers E.164.

pub(crate) mod calls;
pub(crate) mod faxes;
pub(crate) mod fetch;
pub(crate) mod handing;
pub(crate) mod offers;
pub(crate) mod recordings;
pub(crate) mod voicemails;

use std::str::FromStr;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use model::Wall;
use model::defence::Mirrored;
use model::event::{LineState, LineTrouble, ModemState};
use model::sending::OrderKey;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::rows::FaxRow;

use crate::App;
use crate::data;
use crate::failure::{ApiFailure, Failure};
use crate::texts::Texts;
use crate::ui::send::MAX_AHEAD;

/// What an API handler gives.
pub(crate) type ApiAnswer = Result<Response, ApiFailure>;

impl From<store::effect::StoreError> for ApiFailure {
    fn from(error: store::effect::StoreError) -> Self {
        Failure::from(error).into()
    }
}

/// A form that may be left out: then a request needs no body, nor a type of one.
pub(crate) struct PerhapsForm<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for PerhapsForm<T> {
    type Rejection = FormRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, FormRejection> {
        if !request.headers().contains_key(CONTENT_TYPE) {
            return Ok(Self(T::default()));
        }
        Form::from_request(request, state).await.map(|Form(form)| Self(form))
    }
}

/// Rows that one answer holds.
const MAX_ROWS: usize = 200;
/// Rows if nothing else is asked for.
const USUAL_ROWS: usize = 50;

fn rows(asked: Option<&str>) -> Result<usize, Failure> {
    let Some(text) = asked else { return Ok(USUAL_ROWS) };
    let rows = text.parse().ok().filter(|n| (1..=MAX_ROWS).contains(n));
    rows.ok_or_else(|| Failure::Unusable(Texts::choose(None).with("api-limit", &[("most", MAX_ROWS.into())])))
}

/// A page's place in a list.
fn before<T: FromStr>(asked: Option<&str>) -> Result<Option<T>, Failure> {
    let read = asked.map(str::parse).transpose();
    read.map_err(|_| Failure::Unusable(Texts::choose(None).get("api-before")))
}

/// Yes or no. A word that is neither would be taken for the other by somebody.
fn flag(name: &str, asked: Option<&str>) -> Result<Option<bool>, Failure> {
    match asked {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(_) => Err(Failure::Unusable(Texts::choose(None).with("api-flag", &[("name", name.into())]))),
    }
}

/// When an order may leave, as a program wrote it; empty for now. No further ahead than people may ask for.
fn not_before(text: &str, now: Wall) -> Result<Option<Wall>, Failure> {
    let unusable = |key: &str| Failure::Unusable(Texts::choose(None).get(key));
    if text.is_empty() {
        return Ok(None);
    }
    let at = Wall(text.parse::<jiff::Timestamp>().map_err(|_| unusable("api-time"))?.as_millisecond());
    if at.millis_since(now) > MAX_AHEAD {
        return Err(unusable("send-too-late"));
    }
    Ok(Some(at))
}

/// The faxes of an order that was accepted under its key already, asked where it cannot be placed again: whatever stands against it by now (the
/// hour, the queue, no answer), it must not be said that it was not accepted. Empty if it was not.
async fn accepted_before(app: &App, by: &str, key: Option<&OrderKey>) -> Vec<FaxRow> {
    let Some(key) = key else { return Vec::new() };
    app.store.faxes().ordered(by, key).await.unwrap_or_else(|error| {
        // The refusal stands, as it would without a key.
        tracing::error!(%error, "what was ordered before could not be read");
        Vec::new()
    })
}

/// `GET /health`: for whatever keeps the process alive. Says nothing that a stranger may not know.
pub(crate) async fn health(State(app): State<App>) -> Response {
    if app.commands.is_closed() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "stopped" }))).into_response();
    }
    let status = if app.snapshot.borrow().unlocked { "ok" } else { "locked" };
    Json(json!({ "status": status })).into_response()
}

/// `GET /metrics`: Prometheus text format 0.0.4.
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (app.metrics)()).into_response()
}

/// `GET /api/v1/status`.
pub(crate) async fn status(State(app): State<App>) -> ApiAnswer {
    let needs = data::needs_person(&app).await?;
    let snapshot = app.snapshot.borrow().clone();
    let trunks: Vec<Value> = snapshot
        .trunks
        .iter()
        .map(|t| json!({ "name": t.name, "in_use": t.in_use, "channels": t.channels, "healthy": t.healthy, "line": line(&t.line) }))
        .collect();
    let phones: Vec<Value> = snapshot
        .phones
        .iter()
        .map(|p| json!({ "extension": p.extension, "registered": p.phones, "silent": p.silent }))
        .collect();
    Ok(Json(json!({
        "clinic": app.settings.borrow().clinic_name,
        "unlocked": snapshot.unlocked,
        "calls": snapshot.calls.len(),
        "faxes_on_the_line": snapshot.faxes.len(),
        "faxes_that_need_a_person": needs,
        "open_alerts": snapshot.alerts.iter().filter(|a| a.open).count(),
        "trunks": trunks,
        "modems": modems(&snapshot.modems),
        "virtual_modems": modems(&snapshot.virtual_modems),
        "phones": phones,
    }))
    .into_response())
}

fn modems(states: &[ModemState]) -> Vec<Value> {
    states.iter().map(|m| json!({ "name": m.name, "state": m.is.word(), "sentence": m.sentence })).collect()
}

fn mirrored(said: &Mirrored) -> Value {
    let found = match &said.changed {
        None => "no_answer",
        Some(changed) if changed.is_empty() => "unchanged",
        Some(_) => "changed",
    };
    let changed: Vec<&str> = said.changed.iter().flatten().map(|change| change.word()).collect();
    json!({ "mirror": said.mirror.to_string(), "at": time(said.at), "found": found, "changed": changed })
}

/// `GET /api/v1/defence`: who is not answered and why, and what was turned away.
pub(crate) async fn defence(State(app): State<App>) -> ApiAnswer {
    let defence = app.snapshot.borrow().defence.clone();
    let now = app.clock.now().wall;
    let blocks: Vec<Value> = defence
        .blocks
        .iter()
        .filter(|b| b.until > now)
        .map(|b| {
            json!({
                "address": b.source.label(),
                "reason": b.suspicion.word(),
                "since": time(b.since),
                "until": time(b.until),
                "times": b.times,
            })
        })
        .collect();
    let counts = defence.turned_away;
    let mirrors: Vec<Value> = defence.mirrored.iter().map(mirrored).collect();
    Ok(Json(json!({
        "mirrors": mirrors,
        "blocked_addresses": blocks,
        "turned_away": {
            "from_outside": {
                "calls": counts.foreign.calls,
                "registrations": counts.foreign.registrations,
                "probes": counts.foreign.probes,
                "other": counts.foreign.other,
            },
            "from_blocked_addresses": counts.blocked,
            "above_the_share_of_an_address": counts.above_share + counts.silenced,
            "too_much_to_do": counts.busy,
            "not_valid": counts.garbage + counts.invalid,
        },
    }))
    .into_response())
}

/// A stable word: "open" (it need not register), "registering", "registered", or why it is not.
const fn line(state: &LineState) -> &'static str {
    match state {
        LineState::Open => "open",
        LineState::Registering => "registering",
        LineState::Registered { .. } => "registered",
        LineState::Lost(LineTrouble::WrongPassword) => "wrong_password",
        LineState::Lost(LineTrouble::NoPassword) => "no_password",
        LineState::Lost(LineTrouble::UnknownProof) => "unknown_proof",
        LineState::Lost(LineTrouble::Refused(_)) => "refused",
        LineState::Lost(LineTrouble::NoAnswer) => "no_answer",
        LineState::Lost(LineTrouble::Untrusted) => "untrusted",
        LineState::Lost(LineTrouble::Left) => "left",
    }
}

fn time(at: model::Wall) -> String {
    at.timestamp().to_string()
}
