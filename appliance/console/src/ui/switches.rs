//! What staff switch: each person's do-not-disturb, forwarding and turns in queues, the clinic's night switch, and callers who are not let
//! in. The same switches as the codes of the phones; what a phone changed stands here at once.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use model::PhoneNumber;
use model::command::Command;
use model::settings::Right;
use model::switches::{Forward, PersonSwitches, Switch};
use plan::{Plan, Sense};
use serde::Deserialize;

use super::{Answer, Ctx, Place, Shell, page as render, queues};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;

/// `GET /people/{extension}`.
pub(crate) async fn page(ctx: Ctx, Path(extension): Path<String>) -> Answer {
    let person = ctx.settings.extension(&extension).ok_or(Failure::NotFound)?;
    let own = ctx.snapshot.switches.of(&extension).cloned().unwrap_or_default();
    let title = format!("{}, {}", person.name.expose(), person.extension);
    let may_change = may_change(&ctx.principal, &person.user);
    render(&PersonPage {
        shell: ctx.shell(title, Place::People, &[]).await,
        do_not_disturb: own.do_not_disturb,
        queues: queues::of(&ctx.settings, &extension)
            .into_iter()
            .map(|queue| (!own.out_of.contains(&queue), queue))
            .collect(),
        forwards: Forward::ALL.map(|when| ForwardView::new(&ctx, &own, when)).into(),
        may_change,
        extension,
    })
}

/// A form, with what each of its fields said when the page was opened ("was-always"): a page that was open for an hour does not undo what
/// was switched at a phone meanwhile.
struct Said(HashMap<String, String>);

impl Said {
    fn was(&self, field: &str) -> Option<&str> {
        self.0.get(&format!("was-{field}")).map(|text| text.trim())
    }

    /// Whether a box is checked; `None` if nobody has touched it.
    fn checked(&self, field: &str) -> Option<bool> {
        let now = self.0.contains_key(field);
        self.was(field).is_none_or(|was| (was == "true") != now).then_some(now)
    }

    /// What stands in a field; `None` if nobody has typed there.
    fn typed(&self, field: &str) -> Option<&str> {
        let now = self.0.get(field).map_or("", |text| text.trim());
        self.was(field).is_none_or(|was| was != now).then_some(now)
    }
}

/// `POST /people/{extension}`: what the form says becomes one order for each switch that somebody has changed in it.
pub(crate) async fn save(
    State(app): State<App>,
    principal: Principal,
    Path(extension): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Answer {
    let settings = app.settings.borrow().clone();
    let person = settings.extension(&extension).ok_or(Failure::NotFound)?;
    if !may_change(&principal, &person.user) {
        return Err(Failure::NotAllowed);
    }
    let before = app.snapshot.borrow().switches.of(&extension).cloned().unwrap_or_default();
    let plan = Plan::in_force(&settings).plan;
    let form = Said(form);
    let mut switches = Vec::new();
    if let Some(quiet) = form.checked("do-not-disturb").filter(|quiet| *quiet != before.do_not_disturb) {
        switches.push(Switch::DoNotDisturb { extension: extension.clone(), on: Some(quiet) });
    }
    for queue in plan.queues_of(&extension) {
        // A form that never had the box says nothing of it.
        let field = format!("queue-{}", queue.name);
        let takes = form.was(&field).and_then(|_| form.checked(&field));
        if let Some(takes) = takes.filter(|takes| *takes == before.out_of.contains(&queue.name)) {
            switches.push(Switch::Queues { extension: extension.clone(), queues: vec![queue.name.clone()], takes });
        }
    }
    for when in Forward::ALL {
        let to = match form.typed(when.word()) {
            None => continue,
            Some("") => None,
            Some(said) => {
                let number = plan.read(said, &settings.numbering);
                Some(number.map_err(|e| Failure::Unusable(sentence(&e.to_string())))?)
            }
        };
        if to.as_ref() != before.forward(when) {
            switches.push(Switch::Forward { extension: extension.clone(), when, to });
        }
    }
    for switch in switches {
        data::order(&app, Command::Switch { by: principal.user.clone(), switch }).await?;
    }
    Ok(Redirect::to(&format!("/people#person-{extension}")).into_response())
}

/// What a switch of the clinic shall be.
#[derive(Deserialize)]
pub(crate) struct Night {
    on: bool,
}

/// `POST /switch/anonymous`.
pub(crate) async fn anonymous(State(app): State<App>, principal: Principal, Form(form): Form<Night>) -> Answer {
    let switch = Switch::RefuseAnonymous { on: form.on };
    data::order(&app, Command::Switch { by: principal.user, switch }).await?;
    Ok(Redirect::to("/people#switches").into_response())
}

/// `POST /switch/night`. It says what it shall be, so that two who press at once want the same.
pub(crate) async fn night(State(app): State<App>, principal: Principal, Form(form): Form<Night>) -> Answer {
    let switch = Switch::Night { on: Some(form.on) };
    data::order(&app, Command::Switch { by: principal.user, switch }).await?;
    Ok(Redirect::to("/people#switches").into_response())
}

/// Who is let in again.
#[derive(Deserialize)]
pub(crate) struct Caller {
    number: String,
}

/// `POST /switch/let-in`.
pub(crate) async fn let_in(State(app): State<App>, principal: Principal, Form(form): Form<Caller>) -> Answer {
    blocked(&app, principal, &form.number, false).await
}

async fn blocked(app: &App, principal: Principal, number: &str, on: bool) -> Answer {
    let settings = app.settings.borrow().clone();
    let number = settings.numbering.parse(number).map_err(|e| Failure::Unusable(sentence(&e.to_string())))?;
    data::order(app, Command::Switch { by: principal.user, switch: Switch::Block { number, on } }).await?;
    Ok(Redirect::to("/people#switches").into_response())
}

/// Everybody for themselves; who manages the clinic, for all.
fn may_change(principal: &Principal, user: &str) -> bool {
    principal.user == user || principal.may(Right::Manage)
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// What a person has switched, in a few words each, for their row.
pub(super) fn said(ctx: &Ctx, extension: &str) -> Vec<String> {
    let Some(own) = ctx.snapshot.switches.of(extension) else { return Vec::new() };
    let quiet = own.do_not_disturb.then(|| ctx.t("switch-dnd"));
    let forwards = own.forward.iter().map(|(when, to)| {
        let key = format!("switch-forwards-{}", when.word());
        ctx.with(&key, &[("to", shown(ctx, to).as_str().into())])
    });
    let out_of = own.out_of.iter().map(|queue| ctx.with("switch-out-of", &[("queue", queue.as_str().into())]));
    quiet.into_iter().chain(out_of).chain(forwards).collect()
}

fn shown(ctx: &Ctx, to: &PhoneNumber) -> String {
    let person = match to {
        PhoneNumber::Internal(extension) => ctx.settings.extension(extension),
        _ => None,
    };
    person.map_or_else(|| ctx.number(to), |p| format!("{} ({})", p.name.expose(), p.extension))
}

/// The clinic's own switches, for the page of the people.
pub(super) struct ClinicView {
    pub(super) night: bool,
    pub(super) state: String,
    pub(super) refuses: bool,
    pub(super) anonymous: String,
    /// Who is not let in: as people write it, and as a form sends it.
    pub(super) blocked: Vec<(String, String)>,
    pub(super) sees_calls: bool,
}

impl ClinicView {
    pub(super) fn new(ctx: &Ctx) -> Self {
        let clinic = &ctx.snapshot.switches.clinic;
        let sees_calls = ctx.may(Right::SeeCalls);
        let blocked = clinic.blocked.iter().filter(|_| sees_calls);
        Self {
            night: clinic.night,
            refuses: clinic.refuse_anonymous,
            anonymous: ctx.t(if clinic.refuse_anonymous { "switch-anonymous-on" } else { "switch-anonymous-off" }),
            state: state(ctx),
            blocked: blocked.map(|number| (ctx.number(number), number.as_str().to_owned())).collect(),
            sees_calls,
        }
    }
}

/// How callers find the clinic, by what staff have said. What is said for a while goes before the switch of the night.
fn state(ctx: &Ctx) -> String {
    let Some(said) = plan::Night::of(&ctx.snapshot.switches.clinic, ctx.local.now) else {
        return ctx.t("switch-night-off");
    };
    let by_hand = |word, until| ctx.with(word, &[("time", (&ctx.local.when(until)).into())]);
    match (said.sense, said.until) {
        (Sense::Closed, None) => ctx.t("switch-night-on"),
        (Sense::Open, None) => ctx.t("switch-open"),
        (Sense::Closed, Some(until)) => by_hand("switch-closed-until", until),
        (Sense::Open, Some(until)) => by_hand("switch-open-until", until),
    }
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    shell: Shell,
    extension: String,
    do_not_disturb: bool,
    /// The queues that ring at theirs, and whether they take their calls.
    queues: Vec<(bool, String)>,
    forwards: Vec<ForwardView>,
    may_change: bool,
}

struct ForwardView {
    word: &'static str,
    label: String,
    to: String,
}

impl ForwardView {
    fn new(ctx: &Ctx, own: &PersonSwitches, when: Forward) -> Self {
        let to = own.forward(when).map(|to| ctx.number(to)).unwrap_or_default();
        Self { word: when.word(), label: ctx.t(&format!("switch-forward-{}", when.word())), to }
    }
}
