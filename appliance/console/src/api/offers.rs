//! Documents that lie ready for other machines to fetch (T.30 polling). As with a fax to be sent, what was answered by 202 is durable.

use axum::Json;
use axum::extract::{Multipart, Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use model::command::{Command, CommandError, CommandOutcome};
use model::fax::{Door, FaxState};
use model::sending::OrderKey;
use model::{FaxId, Inside, Offer, Pii, Wall};
use serde_json::{Value, json};
use store::rows::FaxRow;

use super::faxes::{documents, fax, fingerprint_of, order_key};
use super::{ApiAnswer, accepted_before, time};
use crate::auth::Principal;
use crate::failure::Failure;
use crate::texts::Texts;
use crate::upload::{Upload, problem_of};
use crate::{App, data};

/// Documents in one answer.
const SHOWN: usize = 200;

/// `POST /api/v1/faxes/offers`: a multipart form with one or more `document`s.
///
/// `password` (PWD) has four digits at least; without one, `open` must be `true`: then anybody who knows our fax number can fetch it.
/// `subaddress` (SEP), `called` (one of our fax numbers), `until` (RFC 3339; 30 days if left out), `once` (`true`: it is gone when one machine
/// has confirmed every page) and `subject` may be given, and the `Idempotency-Key` header as in `POST /api/v1/faxes`. The answer names a fax
/// in the state `rendering`, later `offered`.
pub(crate) async fn lay_out(
    State(app): State<App>,
    principal: Principal,
    headers: HeaderMap,
    form: Multipart,
) -> ApiAnswer {
    let key = order_key(&headers)?;
    let upload = Upload::read(&app, form).await?;
    let key = key.map(|key| OrderKey { key: Pii::new(key), fingerprint: fingerprint(&upload) });
    let (by, known) = (principal.user.clone(), key.clone());
    let id = match place(&app, principal, upload, key).await {
        Ok(id) => id,
        Err(failure) => accepted_before(&app, &by, known.as_ref()).await.first().map(|row| row.id).ok_or(failure)?,
    };
    let location = format!("/api/v1/faxes/{id}");
    let body = json!({ "id": id, "state": FaxState::Rendering.word(), "href": location });
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(body)).into_response())
}

/// Orders it.
async fn place(app: &App, principal: Principal, upload: Upload, key: Option<OrderKey>) -> Result<FaxId, Failure> {
    let offer = offer(app, &upload)?;
    let settings = app.settings.borrow().clone();
    data::admit_offer(&settings, &principal, Door::Api, (&offer, upload.open), app.clock.now().wall)
        .map_err(|sentence| Failure::Command(CommandError::NotAllowed(sentence)))?;
    let problem = match upload.documents.first() {
        None => Some("offer-no-document"),
        Some(_) => upload.documents.iter().find_map(problem_of),
    };
    if let Some(key) = problem {
        return Err(Failure::Unusable(Texts::choose(None).get(key)));
    }
    let (subject, open) = (Pii::new(upload.subject), upload.open);
    let (by, door, documents) = (principal.user, Door::Api, upload.documents);
    match data::order(app, Command::OfferFax { by, door, subject, documents, offer, open, key }).await? {
        CommandOutcome::FaxAccepted(id) => Ok(id),
        // The contract of `OfferFax` is broken; what became of it, nobody can say here.
        CommandOutcome::Done | CommandOutcome::FaxesAccepted(_) | CommandOutcome::Ladder(_) => Err(Failure::Unknown),
    }
}

/// `GET /api/v1/faxes/offers`: what was laid out, newest first; `offered` is the state of what lies ready, while its time is not over. Who
/// fetched one is in `given` of `GET /api/v1/faxes/{id}`.
pub(crate) async fn list(State(app): State<App>) -> ApiAnswer {
    let rows = app.store.faxes().offers(SHOWN).await?;
    let offers: Vec<Value> = rows.iter().map(fax).collect();
    Ok(Json(json!({ "offers": offers })).into_response())
}

/// `POST /api/v1/faxes/{id}/withdraw`: nobody gets it any more. A call that is fetching it is ended.
pub(crate) async fn withdraw(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> ApiAnswer {
    let row = data::fax(&app, &id).await?;
    if row.offer.is_none() {
        return Err(Failure::NotFound.into());
    }
    data::order(&app, Command::CancelFax { by: principal.user, fax: row.id }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn offer(app: &App, upload: &Upload) -> Result<Offer, Failure> {
    let unusable = |why: &str| Failure::Unusable(why.to_owned());
    let until = match upload.until.as_str() {
        "" => app.clock.now().wall + Offer::USUAL,
        text => {
            let at = text.parse::<jiff::Timestamp>();
            Wall(at.map_err(|_| unusable(&Texts::choose(None).get("api-time")))?.as_millisecond())
        }
    };
    let called = match upload.called.as_str() {
        "" => None,
        typed => {
            let numbering = &app.settings.borrow().numbering;
            Some(numbering.parse(typed).map_err(|e| unusable(&e.to_string()))?)
        }
    };
    let inside = Inside::parse(&upload.subaddress, &upload.password).map_err(unusable)?;
    Ok(Offer { called, inside, until, once: upload.once })
}

/// Who may have it, how long and how often.
pub(super) fn terms(row: &FaxRow) -> Option<Value> {
    let offer = row.offer.as_ref()?;
    Some(json!({
        "called": offer.called.as_ref().map(|number| number.as_str()),
        "subaddress": offer.inside.subaddress.expose(),
        "has_password": !offer.is_open(),
        "until": time(offer.until),
        "once": offer.once,
    }))
}

/// Of all that was ordered. The word before it keeps it apart from every fax to be sent.
pub(crate) fn fingerprint(upload: &Upload) -> [u8; 32] {
    let flags = format!("{} {}", upload.once, upload.open);
    let texts = [&upload.subject, &upload.called, &upload.until, &upload.subaddress, &upload.password, &flags];
    let texts = texts.map(|text| text.as_bytes());
    fingerprint_of(std::iter::once(b"offer".as_slice()).chain(texts).chain(documents(upload)))
}
