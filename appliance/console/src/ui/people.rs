//! People & phones: who has which extension, whether a phone answers for it, and who was turned away at the door.

use std::net::IpAddr;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use model::Source;
use model::command::Command;
use model::settings::{Person, Right};
use serde::Deserialize;

use super::door::Door;
use super::switches::{self, ClinicView};
use super::{Answer, Ctx, Place, Shell, access, page as render};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;

/// `GET /people`.
pub(crate) async fn page(ctx: Ctx) -> Answer {
    let people: Vec<PersonView> = ctx.settings.people.iter().map(|p| PersonView::new(&ctx, p)).collect();
    let ready = people.iter().filter(|p| p.dot.is_empty()).count();
    render(&People {
        shell: ctx.shell(ctx.t("nav-people"), Place::People, &["live-phones", "live-calls"]).await,
        sub: ctx.with("people-ready", &[("ready", ready.into()), ("count", people.len().into())]),
        people,
        clinic: ClinicView::new(&ctx),
        door: Door::new(&ctx),
        manages: ctx.may(Right::Manage),
    })
}

/// Which address is answered again.
#[derive(Deserialize)]
pub(crate) struct Lift {
    address: String,
}

/// `POST /door/lift`.
pub(crate) async fn lift(State(app): State<App>, principal: Principal, Form(form): Form<Lift>) -> Answer {
    let source: Source = form.address.parse().map_err(|_| Failure::NotFound)?;
    data::order(&app, Command::Unblock { by: principal.user, source }).await?;
    Ok(Redirect::to("/people#door").into_response())
}

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    shell: Shell,
    sub: String,
    people: Vec<PersonView>,
    clinic: ClinicView,
    door: Door,
    /// They let people in and take that back, and have addresses answered again.
    manages: bool,
}

struct PersonView {
    user: String,
    /// What lets them in can be taken back here.
    may_forget: bool,
    name: String,
    extension: String,
    mail: String,
    phone: String,
    agent: String,
    dot: &'static str,
    location: String,
    /// Whoever calls for help with one of their phones cannot be found.
    is_nowhere: bool,
    switched: Vec<String>,
}

impl PersonView {
    fn new(ctx: &Ctx, person: &Person) -> Self {
        let state = ctx.snapshot.phones.iter().find(|p| p.extension == person.extension);
        let (phones, silent) = state.map_or((0, 0), |s| (s.phones, s.silent));
        let registered = ctx.with("people-phones", &[("count", phones.into())]);
        let phone = match silent {
            0 => registered,
            _ => format!("{registered} · {}", ctx.with("people-silent", &[("count", silent.into())])),
        };
        let is_nowhere = |ip: &IpAddr| ctx.settings.spot(Some(&person.user), Some(*ip)).location.is_empty();
        Self {
            user: person.user.clone(),
            may_forget: !access::is_the_last(&ctx.settings, &ctx.principal, &person.user),
            name: person.name.expose().clone(),
            extension: person.extension.clone(),
            mail: person.mail.as_ref().map(|m| m.expose().clone()).unwrap_or_default(),
            phone,
            agent: state.filter(|s| s.phones > 0).map(|s| s.agent.clone()).unwrap_or_default(),
            // A phone that was unplugged stays registered until its time is over.
            dot: match phones {
                0 => " off",
                _ if silent >= phones => " w",
                _ => "",
            },
            is_nowhere: state.is_some_and(|s| s.addresses.iter().any(is_nowhere)),
            location: state.map_or_else(|| person.location.clone(), |s| s.places.join(" · ")),
            switched: switches::said(ctx, &person.extension),
        }
    }
}
