//! Plan: what happens to a call and why, drawn; how the hours stand; and the text of the plan, which goes live from here.

mod additions;
mod callers;
mod codes;
mod costs;
mod dial;
mod differences;
mod draw;
mod edit;
mod forms;
mod groups;
mod heard;
mod hours;
mod kept;
mod menus;
mod numbers;
mod offhours;
mod oncall;
mod outside;
pub(crate) mod prompts;
mod queues;
mod removal;
mod rights;
mod rooms;
mod rules;
mod shows;
mod week;
mod whom;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use model::command::Command;
use model::settings::Right;
use model::switches::{HoursSwitch, Switch};
use model::{PhoneNumber, Wall};
use plan::{Caller, Calling, Certainty, Facts, InForce, Night, Plan, Way};
use serde::Deserialize;

use super::words::{Tag, TimeView};
use super::{Answer, Ctx, Place, Shell, page as render};

use self::draw::Drawing;
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;

pub(crate) use callers::{change_names, names_page};
pub(crate) use codes::{change_codes, codes_page};
pub(crate) use costs::{change_costs, costs_page};
pub(crate) use dial::dial_page;
pub(super) use edit::text_of;
pub(crate) use edit::{back, form, save};
pub(crate) use groups::{change_groups, groups_page};
pub(crate) use hours::{change_hours, hours_page};
pub(crate) use kept::{change_kept, kept_page};
pub(crate) use numbers::{change_numbers, numbers_page};
pub(crate) use oncall::{change_oncall, oncall_page};
pub(crate) use outside::{change_outside, outside_page};
pub(crate) use rooms::{change_rooms, rooms_page};
pub(crate) use rules::{change_rules, rules_page};

/// Which call to look at.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    /// A number, an extension, "main" or nothing.
    #[serde(default)]
    to: String,
    /// An extension, a number outside, or "hidden"; nothing: somebody from outside.
    #[serde(default)]
    from: String,
    /// "2026-12-24"; nothing: today.
    #[serde(default)]
    day: String,
    /// "17:30"; nothing: now.
    #[serde(default)]
    time: String,
}

/// `GET /plan`.
pub(crate) async fn page(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    let InForce { plan, problems, is_lifeline } = Plan::in_force(&ctx.settings);
    let at = moment(&ctx, &asked);
    let (problem, way) = match (at, dialled(&ctx, &asked.to), Asks::read(&ctx, &asked.from)) {
        (None, _, _) => (Some(ctx.t("plan-no-time")), None),
        (_, Err(sentence), _) | (_, _, Err(sentence)) => (Some(sentence), None),
        (Some(at), Ok(to), Ok(from)) => (None, Some(explain(&ctx, &plan, &from, &to, at))),
    };
    let at = at.unwrap_or(ctx.local.now);
    let (day, time) = ctx.local.day_and_time(at);
    render(&Page {
        shell: ctx.shell(ctx.t("nav-plan"), Place::Plan, &["live-plan", "live-phones"]).await,
        sub: ctx.with("plan-sub", &[("name", plan.name().into())]),
        broken: is_lifeline,
        lacking: !is_lifeline && !problems.is_empty(),
        openings: openings(&ctx, &plan),
        on_call: forms::editor(&ctx).map(|editor| oncall::on_call(&ctx, &editor)).unwrap_or_default(),
        problem,
        way: way.map(|way| WayView::new(&ctx, &way)),
        to: if asked.to.is_empty() { ctx.number(&ctx.settings.main_number) } else { asked.to },
        from: asked.from,
        day,
        time,
        people: ctx.settings.people.iter().map(|p| (p.extension.clone(), p.name.expose().clone())).collect(),
        may_change: ctx.may(Right::Manage),
        may_switch: ctx.may(Right::SeePeople),
        switched: night(&ctx, ctx.local.now).is_some(),
    })
}

/// What staff have switched against the hours, as it stands then.
fn night(ctx: &Ctx, at: Wall) -> Option<Night> {
    Night::of(&ctx.snapshot.switches.clinic, at)
}

/// What the clinic shall be, and until when.
#[derive(Deserialize)]
pub(crate) struct Hours {
    /// "open", "closed" or "hours".
    state: String,
    /// "14:00": the next time that it is so late. Nothing: until somebody says otherwise.
    #[serde(default)]
    until: String,
}

/// `POST /plan/hours`.
pub(crate) async fn hours(ctx: Ctx, State(app): State<App>, principal: Principal, Form(form): Form<Hours>) -> Answer {
    let until = match form.until.as_str() {
        "" => None,
        time => Some(ctx.local.next(time).ok_or_else(|| Failure::Unusable(ctx.t("plan-no-time")))?),
    };
    let to = match form.state.as_str() {
        "open" | "closed" => Some(HoursSwitch { open: form.state == "open", until }),
        _ => None,
    };
    // Whoever says that the hours decide again means the switch of the night, too.
    if to.is_none() && ctx.snapshot.switches.clinic.night {
        let switch = Switch::Night { on: Some(false) };
        data::order(&app, Command::Switch { by: principal.user.clone(), switch }).await?;
    }
    data::order(&app, Command::Switch { by: principal.user, switch: Switch::Hours { to } }).await?;
    Ok(Redirect::to("/plan").into_response())
}

fn dialled(ctx: &Ctx, text: &str) -> Result<PhoneNumber, String> {
    match text.trim() {
        "" | "main" => Ok(ctx.settings.main_number.clone()),
        text => ctx
            .settings
            .numbering
            .parse(text)
            .map_err(|e| ctx.with("plan-no-number", &[("why", (&e.to_string()).into())])),
    }
}

fn moment(ctx: &Ctx, asked: &Asked) -> Option<Wall> {
    if asked.day.is_empty() && asked.time.is_empty() {
        return Some(ctx.local.now);
    }
    ctx.local.moment(&asked.day, &asked.time)
}

/// Who calls.
enum Asks {
    Extension(String),
    /// Nothing is known of them.
    Outside,
    Hidden,
    Number(PhoneNumber),
}

impl Asks {
    fn read(ctx: &Ctx, text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Ok(Self::Outside),
            "hidden" => Ok(Self::Hidden),
            text => match (ctx.settings.extension(text), ctx.settings.numbering.parse(text)) {
                (Some(person), _) => Ok(Self::Extension(person.user.clone())),
                (None, Ok(number @ PhoneNumber::E164(_))) => Ok(Self::Number(number)),
                (None, _) => Err(ctx.with("plan-no-caller", &[("who", text.into())])),
            },
        }
    }
}

/// Whoever is no extension calls from outside, over the first trunk.
fn explain(ctx: &Ctx, plan: &Plan, from: &Asks, to: &PhoneNumber, at: Wall) -> Way {
    let trunk = ctx.settings.trunks.first().map_or_else(String::new, |t| t.name.clone());
    let caller = match from {
        Asks::Extension(user) => Caller::Extension { user: user.clone() },
        Asks::Outside | Asks::Hidden | Asks::Number(_) => Caller::Trunk { name: trunk },
    };
    let calling = match from {
        Asks::Extension(_) | Asks::Outside => Calling::Unsaid,
        Asks::Hidden => Calling::Hidden,
        Asks::Number(number) => Calling::Number(number),
    };
    plan.explain(&Facts { night: night(ctx, at), calling, ..Facts::new(&caller, to, &ctx.settings, at) })
}

fn openings(ctx: &Ctx, plan: &Plan) -> Vec<OpeningView> {
    let view = |opening: plan::Opening| OpeningView {
        tag: Tag {
            class: if opening.open { "ok" } else { "" },
            text: ctx.t(if opening.open { "plan-open" } else { "plan-closed" }),
        },
        name: opening.name,
        why: opening.why,
        next: opening.next.map(|at| TimeView::new(&ctx.local, at, ctx.local.weekday_time(at))),
    };
    plan.openings(&ctx.settings, ctx.local.now, night(ctx, ctx.local.now)).into_iter().map(view).collect()
}

#[derive(Template)]
#[template(path = "plan.html")]
struct Page {
    shell: Shell,
    sub: String,
    /// It cannot be read.
    broken: bool,
    /// It speaks of what is not there.
    lacking: bool,
    openings: Vec<OpeningView>,
    on_call: Vec<oncall::OnCall>,
    problem: Option<String>,
    way: Option<WayView>,
    to: String,
    from: String,
    day: String,
    time: String,
    people: Vec<(String, String)>,
    may_change: bool,
    may_switch: bool,
    /// Staff have said something against the hours.
    switched: bool,
}

struct OpeningView {
    name: String,
    tag: Tag,
    why: String,
    next: Option<TimeView>,
}

struct WayView {
    why: Vec<String>,
    drawing: Drawing,
    steps: Vec<StepView>,
}

struct StepView {
    number: usize,
    title: String,
    remark: String,
    lines: Vec<String>,
    exits: Vec<ExitView>,
}

struct ExitView {
    when: String,
    to: usize,
    title: String,
    remark: String,
}

impl WayView {
    fn new(ctx: &Ctx, way: &Way) -> Self {
        let remark = |certainty| match certainty {
            Certainty::Now => String::new(),
            Certainty::Perhaps => ctx.t("plan-perhaps"),
            Certainty::NotNow => ctx.t("plan-not-now"),
        };
        let exits = |number: usize| {
            let own = way.arrows.iter().filter(move |a| a.from == number);
            own.map(|a| ExitView {
                when: if a.when.is_empty() { ctx.t("plan-goes-on") } else { a.when.clone() },
                to: a.to + 1,
                title: way.boxes.get(a.to).map(|b| b.title.clone()).unwrap_or_default(),
                remark: remark(a.certainty),
            })
            .collect()
        };
        let steps = way.boxes.iter().enumerate().map(|(number, of)| StepView {
            number: number + 1,
            title: of.title.clone(),
            remark: remark(of.certainty),
            lines: of.lines.clone(),
            exits: exits(number),
        });
        Self { why: way.why.clone(), drawing: draw::draw(way), steps: steps.collect() }
    }
}
