//! A received fax that is given to a person, or laid back. An order names whose the fax was (`owner`, empty for nobody) when its program
//! looked: if somebody was faster, it changes nothing and is answered by 409 with a sentence.

use axum::Json;
use axum::extract::{Form, Path, State};
use axum::response::IntoResponse;
use model::command::Command;
use serde_json::{Value, json};
use store::rows::OwnerRow;

use super::{ApiAnswer, faxes, time};
use crate::auth::Principal;
use crate::ui::handing::Handed;
use crate::{App, data};

/// `POST /api/v1/faxes/{id}/give`: to the user `to`, who may be whoever asks.
pub(crate) async fn give(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Form(form): Form<Handed>,
) -> ApiAnswer {
    hand(&app, principal, &id, form.giving()?).await
}

/// `POST /api/v1/faxes/{id}/lay-back`: nobody has it, and it waits for a person.
pub(crate) async fn lay_back(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Form(form): Form<Handed>,
) -> ApiAnswer {
    hand(&app, principal, &id, form.laying_back()?).await
}

/// Answered by the fax as it stands then.
async fn hand(app: &App, principal: Principal, id: &str, (to, before): (Option<String>, Option<String>)) -> ApiAnswer {
    let fax = data::fax(app, id).await?.id;
    data::order(app, Command::HandFax { by: principal.user, fax, to, before }).await?;
    Ok(Json(faxes::fax(&data::fax(app, id).await?)).into_response())
}

pub(super) fn change(row: &OwnerRow) -> Value {
    json!({ "at": time(row.at), "by": row.by, "before": row.before, "owner": row.owner })
}
