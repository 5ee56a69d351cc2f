//! What staff switch: each person's do-not-disturb, forwarding and turns in queues, the clinic's night switch, and callers who are not let
//! in. The same switches as the codes of the phones; what a phone changed stands here at once.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use model::PhoneNumber;
use model::command::Command;
use model::settings::{Person, Right};
use model::switches::{Forward, PersonSwitches, Switch};
use plan::{Plan, Sense};
use serde::Deserialize;

use super::faxes::form_urlencoded;
use super::{Answer, Ctx, Place, Shell, page as render, page_with, queues, staff};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;
use crate::numbers::capital;

/// `GET /people/{extension}`: one's own for everybody, others' for those who see people.
pub(crate) async fn page(ctx: Ctx, Path(extension): Path<String>) -> Answer {
    let person = ctx.settings.extension(&extension).ok_or(Failure::NotFound)?;
    if person.user != ctx.principal.user && !ctx.may(Right::SeePeople) {
        return Err(Failure::NotAllowed);
    }
    render(&PersonPage::new(&ctx, person, &Slips::default()).await)
}

/// What of a form could not be taken. Nothing of it was done then, unless it says otherwise.
#[derive(Default)]
struct Slips {
    said: Said,
    /// What is wrong with which field.
    wrong: HashMap<&'static str, String>,
    /// What the appliance said to an order.
    refused: Option<String>,
}

/// A form, with what each of its fields said when the page was opened ("was-always"): a page that was open for an hour does not undo what
/// was switched at a phone meanwhile.
#[derive(Default)]
struct Said(HashMap<String, String>);

impl Said {
    /// How a field is drawn: as somebody has left it and with what it was before; else as it is now.
    fn drawn(&self, typed: Option<String>, field: &str, now: String) -> (String, String) {
        match typed.filter(|_| !self.0.is_empty()) {
            Some(typed) => (typed, self.was(field).map_or(now, str::to_owned)),
            None => (now.clone(), now),
        }
    }

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

/// `POST /people/{extension}`: what the form says becomes one order for each switch that somebody has changed in it; none at all, if one of
/// them cannot be read, and then the form comes back as it was filled in.
pub(crate) async fn save(ctx: Ctx, Path(extension): Path<String>, Form(form): Form<HashMap<String, String>>) -> Answer {
    let person = ctx.settings.extension(&extension).ok_or(Failure::NotFound)?;
    if !may_change(&ctx.principal, &person.user) {
        return Err(Failure::NotAllowed);
    }
    let mut slips = Slips { said: Said(form), ..Slips::default() };
    let switches = match changed(&ctx, &extension, &slips.said) {
        Ok(switches) => switches,
        Err(wrong) => {
            slips.wrong = wrong;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &PersonPage::new(&ctx, person, &slips).await);
        }
    };
    for switch in switches {
        match data::order(&ctx.app, Command::Switch { by: ctx.principal.user.clone(), switch }).await {
            Ok(_) => {}
            Err(Failure::Command(error)) => {
                slips.refused = Some(error.to_string());
                return page_with(StatusCode::CONFLICT, &PersonPage::new(&ctx, person, &slips).await);
            }
            Err(failure) => return Err(failure),
        }
    }
    let there =
        if ctx.may(Right::SeePeople) { format!("/people#person-{extension}") } else { format!("/people/{extension}") };
    Ok(Redirect::to(&there).into_response())
}

/// The switches that are to be others; or what is wrong with which field.
fn changed(ctx: &Ctx, extension: &str, form: &Said) -> Result<Vec<Switch>, HashMap<&'static str, String>> {
    let extension = extension.to_owned();
    let before = ctx.snapshot.switches.of(&extension).cloned().unwrap_or_default();
    let plan = Plan::in_force(&ctx.settings).plan;
    let (mut switches, mut wrong) = (Vec::new(), HashMap::new());
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
            Some(said) => match plan.read(said, &ctx.settings.numbering) {
                Ok(number) => Some(number),
                Err(error) => {
                    wrong.insert(when.word(), capital(&error.to_string()));
                    continue;
                }
            },
        };
        if to.as_ref() != before.forward(when) {
            switches.push(Switch::Forward { extension: extension.clone(), when, to });
        }
    }
    if wrong.is_empty() { Ok(switches) } else { Err(wrong) }
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
    let settings = app.settings.borrow().clone();
    let number = settings.numbering.parse(&form.number).map_err(|e| Failure::Unusable(capital(&e.to_string())))?;
    data::order(&app, Command::Switch { by: principal.user, switch: Switch::Block { number, on: false } }).await?;
    Ok(Redirect::to("/people#switches").into_response())
}

/// Everybody for themselves; who manages the clinic, for all.
fn may_change(principal: &Principal, user: &str) -> bool {
    principal.user == user || principal.may(Right::Manage)
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
    /// There is a list of people to go back to.
    sees_people: bool,
    /// Where their phone stands, and where mail reaches them.
    who: String,
    /// Where their calls are listed, for who sees calls.
    calls: Option<String>,
    /// Whoever looks changes people, removes them and gives them passwords.
    manages: bool,
    /// Nobody else manages, so they cannot be removed.
    is_last: bool,
    /// What they were not given yet and cannot do without.
    without: Option<String>,
    extension: String,
    /// Why an order of the form was refused.
    refused: Option<String>,
    do_not_disturb: Tick,
    /// The queues that ring at theirs, and whether they take their calls.
    queues: Vec<(Tick, String)>,
    forwards: Vec<ForwardView>,
    may_change: bool,
}

/// A box that is checked, or not.
struct Tick {
    is: bool,
    /// What it was when the page was opened.
    was: String,
}

impl PersonPage {
    async fn new(ctx: &Ctx, person: &Person, slips: &Slips) -> Self {
        let extension = &person.extension;
        let own = ctx.snapshot.switches.of(extension).cloned().unwrap_or_default();
        let said = &slips.said;
        let check = |field: &str, now: bool| {
            let left = said.was(field).and_then(|_| said.checked(field)).map(|is| is.to_string());
            let (is, was) = said.drawn(left, field, now.to_string());
            Tick { is: is == "true", was }
        };
        let queue = |queue: String| (check(&format!("queue-{queue}"), !own.out_of.contains(&queue)), queue);
        let title = format!("{}, {extension}", person.name.expose());
        let manages = ctx.may(Right::Manage);
        let who = [person.location.as_str(), person.mail.as_ref().map_or("", |mail| mail.expose())];
        Self {
            who: who.into_iter().filter(|said| !said.is_empty()).collect::<Vec<_>>().join(" · "),
            calls: ctx
                .may(Right::SeeCalls)
                .then(|| format!("/calls?{}", form_urlencoded(&[("q", person.name.expose())]).trim_end_matches('&'))),
            manages,
            is_last: staff::manages_alone(&ctx.settings, &person.user),
            without: if manages { without(ctx, person).await } else { None },
            shell: ctx.shell(title, Place::People, &[]).await,
            sees_people: ctx.may(Right::SeePeople),
            extension: extension.clone(),
            refused: slips.refused.clone(),
            do_not_disturb: check("do-not-disturb", own.do_not_disturb),
            queues: queues::of(&ctx.settings, extension).into_iter().map(queue).collect(),
            forwards: Forward::ALL.map(|when| ForwardView::new(ctx, &own, when, slips)).into(),
            may_change: may_change(&ctx.principal, &person.user),
        }
    }
}

/// Somebody new has neither a password for their phones nor a way in here. If nobody can tell, nothing is said of it.
async fn without(ctx: &Ctx, person: &Person) -> Option<String> {
    let ways = ctx.app.store.people().ways(&person.user, ctx.local.now).await.ok()?;
    let is_out = ctx.app.sessions.count_of(&person.user) == 0 && ways.links == 0;
    match (ways.phones, is_out) {
        (false, true) => Some(ctx.t("staff-without-both")),
        (false, false) => Some(ctx.t("staff-without-phones")),
        (true, _) => None,
    }
}

struct ForwardView {
    word: &'static str,
    label: String,
    to: String,
    /// What it was when the page was opened.
    was: String,
    error: String,
}

impl ForwardView {
    fn new(ctx: &Ctx, own: &PersonSwitches, when: Forward, slips: &Slips) -> Self {
        let (word, now) = (when.word(), own.forward(when).map(|to| ctx.number(to)).unwrap_or_default());
        let (to, was) = slips.said.drawn(slips.said.typed(word).map(str::to_owned), word, now);
        let error = slips.wrong.get(word).cloned().unwrap_or_default();
        Self { word, label: ctx.t(&format!("switch-forward-{word}")), to, was, error }
    }
}
