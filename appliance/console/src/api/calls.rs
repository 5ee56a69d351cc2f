//! Calls.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use model::CallId;
use model::call::{CallRecord, Fault, Party};
use model::fax::Direction;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiAnswer, rows, time};
use crate::App;
use crate::failure::Failure;

/// What may be asked.
#[derive(Deserialize)]
pub(crate) struct Asked {
    limit: Option<String>,
    before: Option<String>,
}

/// `GET /api/v1/calls`: finished calls, newest first.
pub(crate) async fn list(State(app): State<App>, Query(asked): Query<Asked>) -> ApiAnswer {
    let before: Option<CallId> = asked.before.map(|b| b.parse()).transpose().map_err(|_| Failure::NotFound)?;
    let records = app.store.calls().recent(rows(asked.limit.as_deref())?, before).await?;
    let calls: Vec<Value> = records.iter().map(call).collect();
    Ok(Json(json!({ "calls": calls })).into_response())
}

fn call(record: &CallRecord) -> Value {
    json!({
        "id": record.id,
        "direction": if record.direction == Direction::In { "in" } else { "out" },
        "from": party(&record.from),
        "to": party(&record.to),
        "started": time(record.started),
        "answered": record.answered.map(time),
        "ended": time(record.ended),
        "end": record.end.word(),
        "sentence": record.end.sentence(),
        "fault": fault(record.fault),
        "emergency": record.emergency,
    })
}

fn party(party: &Party) -> Value {
    json!({ "number": party.number.as_ref().map(|n| n.as_str()), "name": party.name.expose() })
}

const fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::None => "none",
        Fault::Caller => "caller",
        Fault::Callee => "callee",
        Fault::Trunk => "trunk",
        Fault::Us => "us",
    }
}
