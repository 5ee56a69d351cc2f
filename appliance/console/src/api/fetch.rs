//! Orders to fetch what another machine holds ready (T.30 polling). As with a fax to be sent, what was answered by 202 is durable.

use axum::Json;
use axum::extract::{Form, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use model::command::{Command, CommandError, CommandOutcome};
use model::fax::{Door, FaxState};
use model::sending::{OrderKey, Priority, Wish};
use model::{FaxId, Inside, Pii, Wall};
use serde::Deserialize;
use serde_json::json;

use super::faxes::{fingerprint_of, order_key};
use super::{ApiAnswer, accepted_before, not_before};
use crate::auth::Principal;
use crate::failure::Failure;
use crate::texts::Texts;
use crate::{App, data};

/// What may be asked.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(crate) struct Asked {
    from: String,
    subject: String,
    priority: String,
    not_before: String,
    subaddress: String,
    password: String,
}

/// `POST /api/v1/faxes/fetch`: a form (application/x-www-form-urlencoded) with `from`, the number whose machine holds a document ready.
///
/// `subaddress` and `password` say which one and let us in, where that machine wants them (T.30 SEP and PWD); `subject`, `priority` and
/// `not_before` are as in `POST /api/v1/faxes`, and so is the `Idempotency-Key` header. The answer names the order, which is listed like a fax,
/// and recalled like one (`POST /api/v1/faxes/{id}/recall`); what comes of it is a received fax (`fetched` of the order, `fetched_by` of the
/// fax). Not to be mistaken for `to-fetch`, where received faxes wait for a program.
pub(crate) async fn order(
    State(app): State<App>,
    principal: Principal,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> ApiAnswer {
    let key = order_key(&headers)?;
    let wish = wish(&asked, key, app.clock.now().wall)?;
    let (by, key) = (principal.user.clone(), wish.key.clone());
    let id = match place(&app, principal, asked, wish).await {
        Ok(id) => id,
        Err(failure) => accepted_before(&app, &by, key.as_ref()).await.first().map(|row| row.id).ok_or(failure)?,
    };
    let location = format!("/api/v1/faxes/{id}");
    let body = json!({ "id": id, "state": FaxState::Waiting.word(), "href": location });
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(body)).into_response())
}

/// Orders it.
async fn place(app: &App, principal: Principal, asked: Asked, wish: Wish) -> Result<FaxId, Failure> {
    let settings = app.settings.borrow().clone();
    let from = settings.numbering.parse(&asked.from).map_err(|e| Failure::Unusable(e.to_string()))?;
    data::admit(&settings, &principal, Door::Api, &from, app.clock.now().wall)
        .map_err(|sentence| Failure::Command(CommandError::NotAllowed(sentence)))?;
    let subject = Pii::new(asked.subject);
    let command = Command::FetchFax { by: principal.user, door: Door::Api, from, subject, wish };
    match data::order(app, command).await? {
        CommandOutcome::FaxAccepted(id) => Ok(id),
        // The contract of `FetchFax` is broken; what became of it, nobody can say here.
        CommandOutcome::Done | CommandOutcome::FaxesAccepted(_) | CommandOutcome::Ladder(_) => Err(Failure::Unknown),
    }
}

fn wish(asked: &Asked, key: Option<String>, now: Wall) -> Result<Wish, Failure> {
    let unusable = |key: &str| Failure::Unusable(Texts::choose(None).get(key));
    let priority = match asked.priority.as_str() {
        "" => Priority::default(),
        word => Priority::from_word(word).ok_or_else(|| unusable("api-priority"))?,
    };
    let not_before = not_before(&asked.not_before, now)?;
    let inside = Inside::parse(&asked.subaddress, &asked.password).map_err(|why| Failure::Unusable(why.to_owned()))?;
    let key = key.map(|key| OrderKey { key: Pii::new(key), fingerprint: fingerprint(asked) });
    Ok(Wish { priority, not_before, key, inside, ..Wish::default() })
}

/// Of all that was ordered. The word before it keeps it apart from every fax to be sent.
fn fingerprint(asked: &Asked) -> [u8; 32] {
    let Asked { from, subject, priority, not_before, subaddress, password } = asked;
    fingerprint_of(["fetch", from, subject, priority, not_before, subaddress, password].map(str::as_bytes))
}
