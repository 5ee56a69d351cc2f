//! Faxes. An accepted one is durable before 202 is said; a request that was answered by anything else accepted nothing, except where the
//! answer itself says that the outcome is unknown.

use axum::Json;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use model::command::{Command, CommandOutcome};
use model::fax::{Direction, Door, FaxState};
use model::sending::{OrderKey, Priority, Wish};
use model::{FaxId, Inside, PhoneNumber, Pii, Wall};
use serde::Deserialize;
use serde_json::{Value, json};
use store::rows::{AttemptRow, FaxFilter, FaxRow, Junk};

use super::{ApiAnswer, accepted_before, before, flag, not_before, rows, time};
use crate::auth::Principal;
use crate::data::Form;
use crate::failure::Failure;
use crate::numbers::Numbers;
use crate::texts::Texts;
use crate::upload::{Upload, problem_of};
use crate::{App, data};

/// The header that makes a repeated order harmless (draft-ietf-httpapi-idempotency-key-header).
const ORDER_KEY: &str = "idempotency-key";

/// Stands before a document that is called HTML; no text begins with such an octet.
const HTML: &[u8] = b"\0text/html";
/// Fetches of one document in one answer, the newest.
const GIVEN: usize = 200;

/// What may be asked.
#[derive(Deserialize)]
pub(crate) struct Asked {
    direction: Option<String>,
    needs_person: Option<String>,
    mine: Option<String>,
    junk: Option<String>,
    search: Option<String>,
    limit: Option<String>,
    before: Option<String>,
}

/// `GET /api/v1/faxes`: newest first; with `mine=true` the received ones that are the user's whose token it is, and not done with. With
/// `junk=true` only junk, with `junk=false` none; if nothing is said of it, a `search` finds it too, and nothing else shows it.
pub(crate) async fn list(State(app): State<App>, principal: Principal, Query(asked): Query<Asked>) -> ApiAnswer {
    let before: Option<FaxId> = before(asked.before.as_deref())?;
    let search = asked.search.filter(|s| !s.trim().is_empty());
    let needs_person = flag("needs_person", asked.needs_person.as_deref())?.unwrap_or_default();
    let mine = flag("mine", asked.mine.as_deref())?.unwrap_or_default();
    let named = data::named(&app.settings.borrow(), search.as_deref().unwrap_or_default());
    let filter = FaxFilter {
        direction: match asked.direction.as_deref() {
            None => None,
            Some("in") => Some(Direction::In),
            Some("out") => Some(Direction::Out),
            Some(_) => return Err(Failure::Unusable(Texts::choose(None).get("api-direction")).into()),
        },
        junk: match flag("junk", asked.junk.as_deref())? {
            Some(true) => Junk::Only,
            None if search.is_some() && !needs_person && !mine => Junk::With,
            Some(false) | None => Junk::Without,
        },
        needs_person,
        mine: mine.then_some(principal.user),
        search,
        named,
        ..FaxFilter::default()
    };
    let found = app.store.faxes().list(filter, rows(asked.limit.as_deref())?, before).await?;
    let faxes: Vec<Value> = found.iter().map(fax).collect();
    Ok(Json(json!({ "faxes": faxes })).into_response())
}

/// `GET /api/v1/faxes/{id}`: one, with its attempts; of an order to fetch (`"fetch": true`), with the faxes that came of it (`fetched`);
/// of a received one, with whose it has been (`owners`), and `"unwritten": true` where a folder of the computer did not get it; of a document that is laid out (`offer`), with the calls that fetched it (`given`).
pub(crate) async fn one(State(app): State<App>, Path(id): Path<String>) -> ApiAnswer {
    let row = data::fax(&app, &id).await?;
    let attempts = app.store.faxes().attempts(row.id).await?;
    let mut body = fax(&row);
    body["attempts"] = attempts.iter().map(|a| attempt(&row, a)).collect();
    if row.direction == Direction::In {
        let owners = app.store.faxes().owners(row.id).await?;
        body["owners"] = owners.iter().map(super::handing::change).collect();
    }
    if row.fetch {
        body["fetched"] = json!(app.store.faxes().fetched(row.id).await?);
    }
    if row.offer.is_some() {
        let given = app.store.faxes().given(row.id, GIVEN).await?;
        body["given"] = given.iter().map(fax).collect();
    }
    Ok(Json(body).into_response())
}

/// `GET /api/v1/faxes/to-fetch`: received faxes that wait for a program, oldest first.
pub(crate) async fn to_fetch(State(app): State<App>, Query(asked): Query<Asked>) -> ApiAnswer {
    let found = app.store.faxes().to_fetch(rows(asked.limit.as_deref())?).await?;
    let faxes: Vec<Value> = found.iter().map(fax).collect();
    Ok(Json(json!({ "faxes": faxes })).into_response())
}

/// `GET /api/v1/faxes/{id}/fax.pdf`: its pages. They leave the appliance with it, so that is recorded.
pub(crate) async fn pdf(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> ApiAnswer {
    file(&app, &principal, &id, Form::Pdf).await
}

/// `GET /api/v1/faxes/{id}/fax.tif`: the same as a TIFF.
pub(crate) async fn tiff(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> ApiAnswer {
    file(&app, &principal, &id, Form::Tiff).await
}

async fn file(app: &App, principal: &Principal, id: &str, form: Form) -> ApiAnswer {
    let row = data::fax(app, id).await?;
    let file = data::fax_file(app, principal, &row, form, "Fax".to_owned()).await?;
    Ok(([(CONTENT_TYPE, form.media_type())], file).into_response())
}

/// `POST /api/v1/faxes/{id}/fetched`: the program has it, durably; it is not named as waiting again.
pub(crate) async fn fetched(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> ApiAnswer {
    let fax = id.parse().map_err(|_| Failure::NotFound)?;
    data::order(&app, Command::FaxFetched { by: principal.user, fax }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/v1/faxes/{id}/recall`: it is sent no further; of an order to fetch, nothing more is fetched. What is on the line is broken off, and
/// its pages that have arrived stay where they are. What is laid out is withdrawn instead.
pub(crate) async fn recall(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> ApiAnswer {
    let row = data::fax(&app, &id).await?;
    if row.direction != Direction::Out || row.offer.is_some() {
        return Err(Failure::NotFound.into());
    }
    data::order(&app, Command::CancelFax { by: principal.user, fax: row.id }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/v1/faxes`: a multipart form with `to`, `subject` (may be left out) and one or more `document`s.
///
/// `to` may hold several numbers, one a line or with commas between them, or stand there several times: all of them are accepted or none, each
/// as a fax of its own, and one that is named twice (`repeated`) is sent to once.
///
/// `priority` (urgent, normal, bulk), `not_before` (RFC 3339) and, for somebody inside their house, `subaddress` and `password` may be
/// given. With an `Idempotency-Key` header, a request that is repeated
/// under the same key names the fax of the first one; a key that was used for another fax is refused.
pub(crate) async fn send(
    State(app): State<App>,
    principal: Principal,
    headers: HeaderMap,
    form: Multipart,
) -> ApiAnswer {
    let key = order_key(&headers)?;
    let upload = Upload::read(&app, form).await?;
    let wish = wish(&upload, key, app.clock.now().wall)?;
    let (by, key) = (principal.user.clone(), wish.key.clone());
    match place(&app, principal, upload, wish).await {
        Ok((numbers, ids)) => Ok(accepted(&numbers, &ids)),
        Err(failure) => match &accepted_before(&app, &by, key.as_ref()).await[..] {
            [] => Err(failure.into()),
            rows => {
                let all = rows.iter().filter_map(|row| row.number.clone()).collect();
                let ids: Vec<FaxId> = rows.iter().map(|row| row.id).collect();
                Ok(accepted(&Numbers { all, repeated: Vec::new() }, &ids))
            }
        },
    }
}

/// Orders it: the numbers, each once, and their faxes.
async fn place(app: &App, principal: Principal, upload: Upload, wish: Wish) -> Result<(Numbers, Vec<FaxId>), Failure> {
    let settings = app.settings.borrow().clone();
    let texts = Texts::choose(None);
    let numbers = Numbers::read(&upload.to, &settings, &principal, (Door::Api, app.clock.now().wall), texts)?;
    if numbers.all.len() > 1 && wish.inside != Inside::default() {
        return Err(Failure::Unusable(texts.get("send-inside-one")));
    }
    let problem = match upload.documents.first() {
        None => Some("send-no-document"),
        Some(_) => upload.documents.iter().find_map(problem_of),
    };
    if let Some(key) = problem.or((!numbers.have_room_for(&upload.documents)).then_some("send-too-large-for-all")) {
        return Err(Failure::Unusable(texts.get(key)));
    }
    let (by, door, subject, documents) = (principal.user, Door::Api, Pii::new(upload.subject), upload.documents);
    let command = match &numbers.all[..] {
        [to] => Command::SendFax { by, door, to: to.clone(), subject, documents, wish },
        all => Command::SendFaxes { by, door, to: all.to_vec(), subject, documents, wish },
    };
    let ids = match data::order(app, command).await? {
        CommandOutcome::FaxAccepted(id) => vec![id],
        CommandOutcome::FaxesAccepted(ids) => ids,
        // The contract of `SendFax` is broken; what became of it, nobody can say here.
        CommandOutcome::Done | CommandOutcome::Ladder(_) => return Err(Failure::Unknown),
    };
    Ok((numbers, ids))
}

/// One fax is named as ever, with its `Location`; each of several stands under `faxes`, in the order of its number.
fn accepted(numbers: &Numbers, ids: &[FaxId]) -> Response {
    let href = |id: &FaxId| format!("/api/v1/faxes/{id}");
    let state = FaxState::Rendering.word();
    let said =
        |(id, to): (&FaxId, &PhoneNumber)| json!({ "id": id, "state": state, "href": href(id), "number": to.as_str() });
    let faxes: Vec<Value> = ids.iter().zip(&numbers.all).map(said).collect();
    let repeated: Vec<&str> = numbers.repeated.iter().map(|number| number.as_str()).collect();
    let mut body = json!({ "faxes": faxes, "repeated": repeated });
    let [id] = ids else { return (StatusCode::ACCEPTED, Json(body)).into_response() };
    body["id"] = json!(id);
    body["state"] = json!(state);
    body["href"] = json!(href(id));
    (StatusCode::ACCEPTED, [(LOCATION, href(id))], Json(body)).into_response()
}

/// The key of the order, if it has one.
pub(super) fn order_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(value) = headers.get(ORDER_KEY) else { return Ok(None) };
    let key = value.to_str().ok().map(|key| key.trim().trim_matches('"')).filter(|key| !key.is_empty());
    match key {
        Some(key) if key.len() <= OrderKey::MAX => Ok(Some(key.to_owned())),
        _ => Err(Failure::Unusable(Texts::choose(None).get("api-key"))),
    }
}

/// When and how urgently, and what makes the order the same as another under its key.
fn wish(upload: &Upload, key: Option<String>, now: Wall) -> Result<Wish, Failure> {
    let unusable = |key: &str| Failure::Unusable(Texts::choose(None).get(key));
    let priority = match upload.priority.as_str() {
        "" => Priority::default(),
        word => Priority::from_word(word).ok_or_else(|| unusable("api-priority"))?,
    };
    let not_before = not_before(&upload.not_before, now)?;
    let inside =
        Inside::parse(&upload.subaddress, &upload.password).map_err(|why| Failure::Unusable(why.to_owned()))?;
    let key = key.map(|key| OrderKey { key: Pii::new(key), fingerprint: fingerprint(upload) });
    Ok(Wish { priority, not_before, key, inside, ..Wish::default() })
}

fn fingerprint(upload: &Upload) -> [u8; 32] {
    let parts = [&upload.to, &upload.subject, &upload.priority, &upload.not_before].map(|part| part.as_bytes());
    // An order that asks for nobody has the fingerprint that it had before there was anybody to ask for. What stands alone says what it is: the
    // same digits are another order in the other place.
    let subaddress = Some(upload.subaddress.as_bytes()).filter(|part| !part.is_empty());
    let password = Some(format!("password {}", upload.password)).filter(|_| !upload.password.is_empty());
    let inside = subaddress.into_iter().chain(password.as_deref().map(str::as_bytes));
    fingerprint_of(parts.into_iter().chain(inside).chain(documents(upload)))
}

/// What tells the documents of an order apart: their bytes, and of one that is called HTML that it is, since a text of the same bytes is
/// printed as another page.
pub(super) fn documents(upload: &Upload) -> impl Iterator<Item = &[u8]> {
    upload.documents.iter().flat_map(|document| {
        let html = document.media_type.eq_ignore_ascii_case("text/html").then_some(HTML);
        html.into_iter().chain([document.bytes.expose().as_slice()])
    })
}

/// What tells two orders under the same key apart: of all their parts, in order, each with its length.
pub(super) fn fingerprint_of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        hash.update(&part.len().to_le_bytes());
        hash.update(part);
    }
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(hash.finish().as_ref());
    fingerprint
}

pub(super) fn fax(row: &FaxRow) -> Value {
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
        "priority": row.priority.word(),
        "not_before": row.not_before.map(time),
        "same_as": row.twin,
        "cause": row.cause.map(|c| c.word()),
        "sentence": row.reason.as_ref().map(|r| r.expose().as_str()).or(row.sentence()),
        "remote_ident": row.remote_ident.expose(),
        "delivery": row.delivery.word(),
        "unwritten": row.unwritten,
        "keep_until": time(row.keep_until),
        "folder": row.folder,
        "junk": row.junk,
        "done_by": row.done.as_ref().map(|(by, _)| by),
        "legal_hold": row.legal_hold,
        "subaddress": row.said.subaddress.expose(),
        "keys": row.said.keys.expose(),
        "code": row.said.code.expose(),
        "fetch": row.fetch,
        "fetched_by": row.fetched_by,
        "offer": super::offers::terms(row),
        "given_of": row.given_of,
        "our_number": row.our_number.as_ref().map(|n| n.as_str()),
    })
}

fn attempt(of: &FaxRow, row: &AttemptRow) -> Value {
    let outcome = row.outcome.as_ref();
    json!({
        "number": row.number,
        "line": row.line,
        "first_page": row.first_page + 1,
        "started": time(row.started),
        "ended": row.ended.map(time),
        "cause": outcome.map(|o| o.cause.word()),
        "sentence": outcome.map(|o| of.sentence_of(o.cause)),
        "pages_confirmed": outcome.map(|o| o.pages_confirmed),
        "pages_in_part": outcome.map(|o| o.pages_in_part),
        "bit_rate": outcome.map(|o| o.bit_rate),
        "error_correction": outcome.map(|o| o.ecm),
        "packets_repaired": outcome.map(|o| o.packets_repaired),
        "packets_lost": outcome.map(|o| o.packets_lost),
        "milliseconds": outcome.map(|o| o.millis),
        "blocks_repeated": outcome.map(|o| o.blocks_repeated),
        "bad_rows": outcome.map(|o| o.bad_rows),
    })
}
