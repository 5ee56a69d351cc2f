//! Calls: those that are up, those that were, and one with all that happened.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use model::call::{CallRecord, Fault, LegQuality, LiveCall, QueueEnd};
use model::command::Command;
use model::fax::Direction;
use model::settings::Right;
use model::switches::Switch;
use model::{CallId, PhoneNumber, Wall};
use serde::Deserialize;
use store::rows::CallFilter;

use super::callbacks::{self, CallbackView};
use super::faxes::form_urlencoded;
use super::filing::LOOKED_BACK;
use super::ladder::LadderView;
use super::missed::{self, MissedView};
use super::recording;
use super::sound;
use super::steps::{Happened, Step};
use super::words::{LiveView, Tag, TimeView, call_tag, call_title, minutes, party};
use super::{Answer, Ctx, Fact, Place, Shell, page as render, phone};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::export::no_day;
use crate::failure::Failure;
use crate::local::Day;

/// Calls on one page of the list.
pub(crate) const PER_PAGE: usize = 50;
/// A call that ended within this time may have messages that are not stored yet: a lost phone is given up after 32 s.
const SOON: Duration = Duration::from_secs(40);

/// What the address of the list may say.
#[derive(Deserialize)]
pub(crate) struct Asked {
    before: Option<String>,
    /// Only calls that were recorded.
    recorded: Option<String>,
    /// Only calls that wait to be called back.
    needs: Option<String>,
    /// Only calls that nobody here answered.
    missed: Option<String>,
    /// A name or a number of who called or was called.
    #[serde(default)]
    q: String,
    /// Only those of this day ("2026-11-20").
    #[serde(default)]
    day: String,
}

/// `GET /calls`.
pub(crate) async fn page(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    let before: Option<CallId> = asked.before.map(|b| b.parse()).transpose().map_err(|_| Failure::NotFound)?;
    let (recorded, missed, q) = (asked.recorded.is_some(), asked.missed.is_some(), asked.q.trim());
    let needs = asked.needs.is_some();
    // Those that wait, and those that were recorded, are all shown: the day is none of their choices.
    let day = asked.day.trim().to_owned();
    let of_day = Some(day.as_str()).filter(|day| !day.is_empty() && !needs && !recorded);
    let of_day = of_day.map(|day| ctx.local.a_day(day).ok_or_else(no_day)).transpose()?;
    let filter = CallFilter { missed, search: Some(q.to_owned()), since: of_day.as_ref().map(|day| day.since) };
    let before = before.or_else(|| of_day.as_ref().map(|day| CallId::earliest(day.until)));
    let records = match (needs, recorded) {
        (true, _) => ctx.app.store.missed_calls().list(PER_PAGE, before).await?,
        (false, true) => ctx.app.store.recordings().calls(PER_PAGE, before).await?,
        (false, false) => ctx.app.store.calls().list(&filter, PER_PAGE, before).await?,
    };
    let live: Vec<LiveView> = ctx.snapshot.calls.iter().map(|c| LiveView::new(&ctx, c)).collect();
    let kept = |day: &str| form_urlencoded(&[("q", q), ("day", day)]);
    let older = records.last().filter(|_| records.len() == PER_PAGE).map(|c| {
        let which = match (needs, recorded, missed) {
            (true, ..) => "needs&",
            (_, true, _) => "recorded&",
            (_, _, true) => "missed&",
            _ => "",
        };
        format!("/calls?{which}{}before={}", kept(&day), c.id)
    });
    let tab = |key, href: &str, current| Tab { title: ctx.t(key), href: href.to_owned(), current };
    // What is looked for is looked for there, too. In recorded ones nothing can be.
    let looked_for = kept(&day);
    let tabs = vec![
        tab("calls-all", format!("/calls?{looked_for}").trim_end_matches(['&', '?']), !recorded && !missed && !needs),
        tab("calls-needs", "/calls?needs", needs),
        tab("calls-missed", format!("/calls?missed&{looked_for}").trim_end_matches('&'), missed),
        tab("calls-recorded", "/calls?recorded", recorded),
    ];
    render(&Calls {
        shell: ctx.shell(ctx.t("nav-calls"), Place::Calls, &["live-calls"]).await,
        sub: ctx.with("calls-now", &[("count", live.len().into())]),
        callbacks: callbacks::all(&ctx),
        can_hang_up: ctx.may(Right::Manage),
        needs,
        recorded,
        missed,
        q: q.to_owned(),
        days: of_day.map(|of| {
            Days::new(of, |day| {
                let which = if missed { "missed&" } else { "" };
                format!("/calls?{which}{}", kept(day)).trim_end_matches(['&', '?']).to_owned()
            })
        }),
        day,
        tabs,
        live: if before.is_none() && !needs && !recorded && !missed && q.is_empty() { live } else { Vec::new() },
        past: missed::marked(&ctx, &records).await?,
        older,
    })
}

/// `GET /calls/{id}`.
pub(crate) async fn one(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let id: CallId = id.parse().map_err(|_| Failure::NotFound)?;
    let Some(record) = ctx.app.store.calls().get(id).await? else {
        return super::live_call::page(ctx, id).await;
    };
    let mut happened = Happened::default();
    happened.add(&ctx, &record.trace);
    let Happened { steps, frames } = happened.sorted();
    let kept = ctx.app.store.calls().ladder(id).await?;
    // Its last messages come a moment after its record; then the page shows them by itself.
    let soon = kept.is_none()
        && ctx.app.clock.now().wall.millis_since(record.ended) < SOON.as_millis().try_into().unwrap_or(0);
    let until_now = if soon { data::ladder(&ctx.app, id).await.ok().flatten() } else { None };
    let ladder = kept.or_else(|| Some(until_now?.0));
    let missed = missed::of(&ctx, id).await?;
    let live: &[&str] = if soon || missed.is_some() { &["live-calls"] } else { &[] };
    let legs = [("call-caller", &record.caller_quality), ("call-callee", &record.callee_quality)];
    render(&Call {
        shell: ctx.shell(call_title(&ctx, &record.from, &record.to), Place::Calls, live).await,
        id: id.to_string(),
        may_block: block_of(&ctx, &record).is_some(),
        call: call_again(&record),
        recording: recording::view(&ctx, id).await?,
        missed,
        no_ladder: ctx.t(if soon { "ladder-soon" } else { "ladder-none" }),
        ladder: ladder.map(|ladder| LadderView::new(&ctx, &ladder)),
        sub: format!("{} · {}", ctx.local.date_time(record.started), call_tag(&ctx, &record).text),
        facts: facts(&ctx, &record),
        legs: legs.iter().filter(|(_, q)| q.came()).map(|(key, q)| Leg::new(&ctx, key, q)).collect(),
        steps,
        frames,
    })
}

/// `GET /calls.csv`: records as a table.
pub(crate) async fn export(
    State(app): State<App>,
    principal: Principal,
    headers: HeaderMap,
    Query(asked): Query<crate::export::Asked>,
) -> Answer {
    crate::export::calls(&app, (&principal, &headers), &asked, true).await
}

/// `GET /calls/{id}/capture`: its messages as a file.
pub(crate) async fn capture(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> Answer {
    let id: CallId = id.parse().map_err(|_| Failure::NotFound)?;
    data::capture(&app, &principal, id).await
}

/// `GET /calls/{id}/block`: asks once more whether its caller is to be kept out.
pub(crate) async fn confirm_block(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let number = data::call(&ctx.app, &id).await?.and_then(|call| block_of(&ctx, &call)).ok_or(Failure::NotFound)?;
    let since = Wall(ctx.local.now.millis() - LOOKED_BACK);
    let count = ctx.app.store.calls().with_number(&number, since).await?;
    render(&super::decide::Confirm {
        shell: ctx.shell(ctx.t("block-call-title"), Place::Calls, &[]).await,
        big: ctx.number(&number),
        lines: vec![ctx.with("block-call-count", &[("count", count.into())]), ctx.t("block-call-what")],
        action: format!("/calls/{id}/block"),
        button: ctx.t("switch-block"),
        class: "d",
        back: format!("/calls/{id}"),
        back_title: ctx.t("block-call-back"),
        keep: ctx.t("block-call-keep"),
    })
}

/// `POST /calls/{id}/block`.
pub(crate) async fn block(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let number = data::call(&ctx.app, &id).await?.and_then(|call| block_of(&ctx, &call));
    // Somebody was faster, if there is nobody to keep out; its page shows how it stands.
    if let Some(number) = number {
        let switch = Switch::Block { number, on: true };
        data::order(&ctx.app, Command::Switch { by: ctx.principal.user, switch }).await?;
    }
    Ok(Redirect::to(&format!("/calls/{id}")).into_response())
}

/// `GET /calls/{id}/hang-up`: asks once more.
pub(crate) async fn confirm_hang_up(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let call = live_call(&ctx, &id).ok_or(Failure::NotFound)?;
    let view = LiveView::new(&ctx, call);
    let line = ctx.with("hang-up-what", &[("phase", (&view.tag.text).into()), ("length", (&view.said).into())]);
    render(&super::decide::Confirm {
        shell: ctx.shell(ctx.t("hang-up-title"), Place::Calls, &[]).await,
        big: view.title,
        lines: vec![line],
        action: format!("/calls/{id}/hang-up"),
        button: ctx.t("calls-hang-up"),
        class: "d",
        back: "/calls".to_owned(),
        back_title: ctx.t("nav-calls"),
        keep: ctx.t("hang-up-keep"),
    })
}

/// `POST /calls/{id}/hang-up`.
pub(crate) async fn hang_up(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> Answer {
    let call = id.parse().map_err(|_| Failure::NotFound)?;
    data::order(&app, Command::HangUp { by: principal.user, call }).await?;
    Ok(Redirect::to("/calls").into_response())
}

fn live_call<'a>(ctx: &'a Ctx, id: &str) -> Option<&'a LiveCall> {
    let id: CallId = id.parse().ok()?;
    ctx.snapshot.calls.iter().find(|c| c.id == id)
}

#[derive(Template)]
#[template(path = "calls.html")]
struct Calls {
    shell: Shell,
    sub: String,
    can_hang_up: bool,
    live: Vec<LiveView>,
    callbacks: Vec<CallbackView>,
    past: Vec<Past>,
    older: Option<String>,
    needs: bool,
    recorded: bool,
    missed: bool,
    q: String,
    /// The field of the day, and if one is chosen those around it.
    day: String,
    days: Option<Days>,
    tabs: Vec<Tab>,
}

/// The day that the list shows, and where others are.
struct Days {
    title: String,
    before: String,
    after: Option<String>,
    all: String,
}

impl Days {
    /// `of` gives the address of the list of a day; of none, if it is empty.
    fn new(day: Day, of: impl Fn(&str) -> String) -> Self {
        Self { before: of(&day.before), after: day.after.as_deref().map(&of), all: of(""), title: day.title }
    }
}

/// A choice of the list.
struct Tab {
    title: String,
    href: String,
    current: bool,
}

pub(super) struct Past {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) tag: Tag,
    pub(super) length: String,
    pub(super) at: TimeView,
    /// The telephone with the other side's number on it.
    pub(super) call: Option<String>,
    /// What was done about it, of one that nobody took.
    pub(super) missed: Option<MissedView>,
}

impl Past {
    pub(super) fn new(ctx: &Ctx, call: &CallRecord) -> Self {
        Self {
            id: call.id.to_string(),
            title: call_title(ctx, &call.from, &call.to),
            tag: call_tag(ctx, call),
            length: length(call).map(minutes).unwrap_or_default(),
            at: ctx.time(call.started),
            call: call_again(call),
            missed: None,
        }
    }
}

#[derive(Template)]
#[template(path = "call.html")]
struct Call {
    shell: Shell,
    id: String,
    /// The caller can be kept out from now on.
    may_block: bool,
    call: Option<String>,
    recording: Option<recording::View>,
    missed: Option<MissedView>,
    ladder: Option<LadderView>,
    no_ladder: String,
    sub: String,
    facts: Vec<Fact>,
    legs: Vec<Leg>,
    steps: Vec<Step>,
    frames: Vec<Step>,
}

/// How the sound of one side came.
pub(super) struct Leg {
    pub(super) title: String,
    /// All of it was encrypted.
    pub(super) locked: bool,
    pub(super) lock: Tag,
    /// What its end heard, in a sentence.
    pub(super) heard: String,
    pub(super) facts: Vec<Fact>,
}

impl Leg {
    pub(super) fn new(ctx: &Ctx, title: &str, leg: &LegQuality) -> Self {
        let lock = match leg.cipher {
            Some(cipher) => Tag { class: "ok", text: ctx.with("call-encrypted", &[("cipher", cipher.name().into())]) },
            None => Tag { class: "", text: ctx.t("call-in-the-clear") },
        };
        Self {
            title: ctx.t(title),
            locked: leg.cipher.is_some(),
            lock,
            heard: sound::heard(ctx, leg),
            facts: sound::facts(ctx, leg),
        }
    }
}

/// The telephone with the number of who called us, or of whom we called.
fn call_again(call: &CallRecord) -> Option<String> {
    let other = if call.direction == Direction::In { &call.from } else { &call.to };
    phone::with_number(other.number.as_ref())
}

/// Whom a person may keep out from here: somebody outside who called, and is let in now.
fn block_of(ctx: &Ctx, call: &CallRecord) -> Option<PhoneNumber> {
    let number = call.from.number.as_ref().filter(|n| matches!(n, PhoneNumber::E164(_)))?;
    let inbound = call.direction == Direction::In && !ctx.snapshot.switches.clinic.blocked.contains(number);
    inbound.then(|| number.clone())
}

/// Seconds from the answer to the end.
fn length(call: &CallRecord) -> Option<u64> {
    call.answered.map(|at| u64::try_from(call.ended.millis_since(at) / 1000).unwrap_or(0))
}

fn facts(ctx: &Ctx, call: &CallRecord) -> Vec<Fact> {
    let mut facts =
        vec![(ctx.t("call-from"), party_in_full(ctx, &call.from)), (ctx.t("call-to"), party_in_full(ctx, &call.to))];
    if let Some(at) = call.taken() {
        let waited = u64::try_from(at.millis_since(call.started)).unwrap_or(0);
        facts.push((ctx.t("call-answered-after"), ctx.local.duration(waited)));
    }
    for wait in &call.queued {
        let end = ctx.t(match wait.end {
            QueueEnd::Taken => "call-queue-taken",
            QueueEnd::Left => "call-queue-left",
            QueueEnd::CalledBack => "call-queue-called-back",
            QueueEnd::LedOn => "call-queue-led-on",
        });
        let queue = ctx.with("call-queue", &[("queue", (&wait.queue).into())]);
        facts.push((queue, format!("{}, {end}", ctx.local.duration(wait.millis))));
    }
    if let Some(seconds) = length(call) {
        facts.push((ctx.t("calls-length"), minutes(seconds)));
    }
    facts.push((ctx.t("calls-end"), call.sentence().to_owned()));
    let fault = match call.fault {
        Fault::None => None,
        Fault::Caller => Some("fault-caller"),
        Fault::Callee => Some("fault-callee"),
        Fault::Trunk => Some("fault-trunk"),
        Fault::Us => Some("fault-us"),
    };
    facts.extend(fault.map(|key| (ctx.t("call-cause"), ctx.t(key))));
    facts
}

pub(super) fn party_in_full(ctx: &Ctx, who: &model::call::Party) -> String {
    match (&who.number, who.name.expose()) {
        (Some(number), name) if !name.is_empty() => format!("{name}, {}", ctx.number(number)),
        _ => party(ctx, who),
    }
}
