//! Calls.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use model::CallId;
use model::call::{CallPhase, CallRecord, Fault, LiveCall, Party, Queued};
use model::fax::Direction;
use model::ladder::LadderMessage;
use model::missed::MissedState;
use serde::Deserialize;
use serde_json::{Value, json};
use store::MissedRow;

use super::{ApiAnswer, before, flag, rows, time};
use crate::auth::Principal;
use crate::failure::Failure;
use crate::messages::words;
use crate::texts::Texts;
use crate::{App, data};

/// What may be asked.
#[derive(Deserialize)]
pub(crate) struct Asked {
    limit: Option<String>,
    before: Option<String>,
    /// Those that were recorded after this call, oldest first.
    after: Option<String>,
    /// Only those that wait to be called back.
    needs_person: Option<String>,
}

/// `GET /api/v1/calls`: finished calls, newest first by when they began. A program that wants each once asks for those `after` the `last` of the answer
/// before: a long call is recorded after others that began later.
pub(crate) async fn list(State(app): State<App>, Query(asked): Query<Asked>) -> ApiAnswer {
    let after: Option<CallId> = before(asked.after.as_deref())?;
    let before: Option<CallId> = before(asked.before.as_deref())?;
    let rows = rows(asked.limit.as_deref())?;
    let needs_person = flag("needs_person", asked.needs_person.as_deref())?.unwrap_or_default();
    if after.is_some() && (before.is_some() || needs_person) {
        return Err(Failure::Unusable(Texts::choose(None).get("api-after")).into());
    }
    // Read first: what is recorded in between comes twice rather than never.
    let newest = app.store.calls().last().await?;
    let records = match after {
        Some(after) => app.store.calls().recorded_after(rows, after).await?,
        None if needs_person => app.store.missed_calls().list(rows, before).await?,
        None => app.store.calls().recent(rows, before).await?,
    };
    let last = after.map_or(newest, |after| Some(records.last().map_or(after, |record| record.id)));
    let ids: Vec<CallId> = records.iter().map(|record| record.id).collect();
    let missed = app.store.missed_calls().of(&ids).await?;
    let calls: Vec<Value> = records.iter().map(|record| call(record, missed.get(&record.id))).collect();
    Ok(Json(json!({ "calls": calls, "last": last })).into_response())
}

/// `POST /api/v1/calls/{id}/missed/{verb}`: `take`, `done` or `reopen` a call that nobody took, and with it the others of the same number.
pub(crate) async fn mark_missed(
    State(app): State<App>,
    principal: Principal,
    Path((id, verb)): Path<(String, String)>,
) -> ApiAnswer {
    let id = data::mark_missed(&app, &principal, &id, &verb).await?;
    let missed = app.store.missed_calls().of(&[id]).await?;
    let mut body = json!({ "id": id });
    put_missed(&mut body, missed.get(&id));
    Ok(Json(body).into_response())
}

/// `GET /api/v1/calls/live`: the calls that are up, oldest first.
pub(crate) async fn live(State(app): State<App>) -> ApiAnswer {
    let snapshot = app.snapshot.borrow().clone();
    let calls: Vec<Value> = snapshot.calls.iter().map(up).collect();
    Ok(Json(json!({ "calls": calls })).into_response())
}

/// `GET /api/v1/calls.csv`: records as a table.
pub(crate) async fn export(
    State(app): State<App>,
    principal: Principal,
    headers: HeaderMap,
    Query(asked): Query<crate::export::Asked>,
) -> ApiAnswer {
    Ok(crate::export::calls(&app, (&principal, &headers), &asked, false).await?)
}

/// `GET /api/v1/calls/{id}/ladder`: the messages of a call, without their secrets; of one that is up, those until now.
pub(crate) async fn ladder(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> ApiAnswer {
    let id: CallId = id.parse().map_err(|_| Failure::NotFound)?;
    let (ladder, complete) = data::ladder(&app, id).await?.ok_or(Failure::NotFound)?;
    data::ladder_read(&app, &principal, id).await?;
    let texts = Texts::choose(None);
    let lanes: Vec<Value> =
        ladder.lanes.iter().map(|l| json!({ "caller": l.caller, "trunk": l.trunk, "name": l.name.expose() })).collect();
    let lines = words::lines(texts, &ladder);
    let messages: Vec<Value> = ladder.messages.iter().zip(lines).map(|(m, line)| message(m, &line)).collect();
    let body = json!({
        "call": id,
        "complete": complete,
        "lanes": lanes,
        "messages": messages,
        "dropped": ladder.dropped,
    });
    Ok(Json(body).into_response())
}

/// `GET /api/v1/calls/{id}/capture`: the same as a file for Wireshark (pcapng).
pub(crate) async fn capture(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> ApiAnswer {
    let id: CallId = id.parse().map_err(|_| Failure::NotFound)?;
    Ok(data::capture(&app, &principal, id).await?)
}

fn message(message: &LadderMessage, line: &words::Line) -> Value {
    json!({
        "at": time(message.at),
        "lane": message.lane,
        "direction": if message.inbound { "in" } else { "out" },
        "again": message.again,
        "transport": message.transport,
        "local": message.local.expose(),
        "remote": message.remote.expose(),
        "first_line": line.first_line,
        "sentence": line.sentence,
        "text": String::from_utf8_lossy(message.text.expose()),
    })
}

fn up(call: &LiveCall) -> Value {
    json!({
        "id": call.id,
        "direction": if call.direction == Direction::In { "in" } else { "out" },
        "from": party(&call.from),
        "to": party(&call.to),
        "started": time(call.started),
        "answered": call.answered.map(time),
        "phase": phase(call.phase),
        "queue": call.queue.as_ref().map(|queue| json!({ "name": queue.name, "since": time(queue.since) })),
        "emergency": call.emergency,
        "next_trunks": call.next_trunks,
    })
}

const fn phase(phase: CallPhase) -> &'static str {
    match phase {
        CallPhase::Ringing => "ringing",
        CallPhase::Talking => "talking",
        CallPhase::Waiting => "waiting",
        CallPhase::Answered => "answered",
        CallPhase::Fax => "fax",
    }
}

fn call(record: &CallRecord, missed: Option<&MissedRow>) -> Value {
    let mut value = json!({
        "id": record.id,
        "direction": if record.direction == Direction::In { "in" } else { "out" },
        "from": party(&record.from),
        "to": party(&record.to),
        "started": time(record.started),
        "answered": record.answered.map(time),
        "ended": time(record.ended),
        "end": record.end.word(),
        "missed": record.is_missed(),
        "left_message": record.left_message,
        "queues": record.queued.iter().map(wait).collect::<Vec<_>>(),
        "sentence": record.sentence(),
        "fault": fault(record.fault),
        "emergency": record.emergency,
    });
    put_missed(&mut value, missed);
    value
}

/// What was done about a call that nobody took.
fn put_missed(value: &mut Value, missed: Option<&MissedRow>) {
    let state = missed.map(|m| m.state);
    let of = |wanted: bool| missed.filter(|_| wanted);
    let taken = of(state == Some(MissedState::Taken));
    let done = of(state.is_some_and(|s| !s.needs_person()));
    value["needs_person"] = json!(state.is_some_and(MissedState::needs_person));
    value["call_back"] = json!(state.map(MissedState::word));
    value["taken_by"] = json!(taken.map(|m| &m.by));
    value["taken_at"] = json!(taken.map(|m| time(m.at)));
    value["done_by"] = json!(done.map(|m| &m.by).filter(|by| !by.is_empty()));
    value["done_at"] = json!(done.map(|m| time(m.at)));
    value["done_in_call"] = json!(missed.and_then(|m| m.via));
}

fn wait(wait: &Queued) -> Value {
    json!({ "name": wait.queue, "since": time(wait.since), "seconds": wait.millis / 1000, "end": wait.end.word() })
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
