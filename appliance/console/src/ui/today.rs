//! Today: what needs a person comes first; then what is live.

use askama::Template;
use axum::Form;
use axum::response::{IntoResponse, Redirect};
use model::Wall;
use model::command::Command;
use model::event::{LineState, LineTrouble, LiveFax, ModemIs, ModemState, TrunkState};
use model::fax::Direction;
use model::settings::Right;
use model::switches::Switch;
use serde::Deserialize;
use store::rows::FaxFilter;

use super::callbacks::{self, CallbackView};
use super::queues::{self, QueueView};
use super::words::{FaxLine, LiveView, fax_href};
use super::{Answer, Ctx, Place, Shell};
use crate::data;
use crate::failure::Failure;
use crate::local::Local;

/// Rows of the list; who has more than these opens the list of faxes.
const MAX_NEEDS: usize = 12;

/// `GET /`.
pub(crate) async fn page(ctx: Ctx) -> Answer {
    let shell = ctx
        .shell(
            ctx.t("nav-today"),
            Place::Today,
            &["live-fax", "live-calls", "live-phones", "live-lines", "live-voicemail"],
        )
        .await;
    let mine = if ctx.may(Right::SeeFaxes) { ctx.app.store.faxes().mine(&ctx.principal.user).await? } else { 0 };
    let (needs, count) = if ctx.may(Right::SeeFaxes) {
        let filter = FaxFilter { needs_person: true, ..FaxFilter::default() };
        let rows = ctx.app.store.faxes().list(filter, MAX_NEEDS, None).await?;
        let lines = rows.iter().map(|row| FaxLine::new(&ctx, row)).collect();
        (Some(lines), data::needs_person(&ctx.app).await?)
    } else {
        (None, 0)
    };
    let sees_calls = ctx.may(Right::SeeCalls);
    let calls = sees_calls.then(|| ctx.snapshot.calls.iter().map(|c| LiveView::new(&ctx, c)).collect());
    let chart = if sees_calls { chart(&ctx).await? } else { None };
    let call_back = super::missed::waiting(&ctx).await;
    let sees_faxes = ctx.may(Right::SeeFaxes);
    let demo = ctx.app.demo.as_ref().map(|d| d.numbers.clone()).unwrap_or_default();
    super::page(&Today {
        shell,
        date: ctx.local.today(),
        needs_sentence: if sees_faxes {
            ctx.with("today-needs-count", &[("count", count.into())])
        } else {
            ctx.settings.clinic_name.clone()
        },
        mine: (mine > 0).then(|| ctx.with("today-mine", &[("count", mine.into())])),
        call_back: (call_back > 0).then(|| ctx.with("today-call-back", &[("count", call_back.into())])),
        more_needs: count > MAX_NEEDS as u64,
        needs,
        on_the_line: if sees_faxes {
            ctx.snapshot.faxes.iter().map(|f| on_the_line(&ctx, f)).collect()
        } else {
            Vec::new()
        },
        calls,
        queues: queues::all(&ctx),
        callbacks: callbacks::all(&ctx),
        chart,
        lines: lines(&ctx),
        demo_numbers: demo,
        door: door(&ctx),
        machine: ctx.snapshot.machine.clone(),
        plugged: plugged(&ctx),
        no_modems_count: ctx.with("today-no-modems", &[("count", ctx.snapshot.switches.clinic.no_modems.len().into())]),
        no_modems: ctx.snapshot.switches.clinic.no_modems.iter().cloned().collect(),
        manages: ctx.may(Right::Manage),
    })
}

#[derive(Template)]
#[template(path = "today.html")]
struct Today {
    shell: Shell,
    date: String,
    needs_sentence: String,
    needs: Option<Vec<FaxLine>>,
    /// What is this person's to look after, if anything is.
    mine: Option<String>,
    /// Callers whom nobody has talked with, if there are any.
    call_back: Option<String>,
    more_needs: bool,
    on_the_line: Vec<OnTheLine>,
    calls: Option<Vec<LiveView>>,
    queues: Vec<QueueView>,
    callbacks: Vec<CallbackView>,
    chart: Option<Chart>,
    lines: Vec<LineView>,
    demo_numbers: Vec<(String, String)>,
    /// "1 address is shut out"; empty if none is.
    door: String,
    /// What is to be mended about the computer.
    machine: Vec<String>,
    /// What is plugged in and may be a modem.
    plugged: Vec<PluggedView>,
    /// What somebody said to be none.
    no_modems: Vec<String>,
    no_modems_count: String,
    /// They say which is none, and take it back.
    manages: bool,
}

struct PluggedView {
    name: String,
    said: String,
}

fn plugged(ctx: &Ctx) -> Vec<PluggedView> {
    let none = &ctx.snapshot.switches.clinic.no_modems;
    let may_be = ctx.snapshot.plugged.iter().filter(|port| !none.contains(*port));
    let view =
        |port: &String| PluggedView { name: port.clone(), said: ctx.with("today-plugged", &[("name", port.into())]) };
    may_be.map(view).collect()
}

/// Which device is a modem, or is none.
#[derive(Deserialize)]
pub(crate) struct NoModem {
    port: String,
    on: bool,
}

/// `POST /ports/no-modem`. Only what is plugged in is said to be none.
pub(crate) async fn no_modem(ctx: Ctx, Form(NoModem { port, on }): Form<NoModem>) -> Answer {
    if on && !ctx.snapshot.plugged.contains(&port) {
        return Err(Failure::NotFound);
    }
    let by = ctx.principal.user.clone();
    data::order(&ctx.app, Command::Switch { by, switch: Switch::NoModem { port, on } }).await?;
    Ok(Redirect::to("/").into_response())
}

struct OnTheLine {
    href: String,
    title: String,
    doing: String,
}

fn on_the_line(ctx: &Ctx, fax: &LiveFax) -> OnTheLine {
    let who = fax.number.as_ref().map_or_else(|| ctx.t("fax-unknown-number"), |n| ctx.number(n));
    // Only an order to fetch goes out without pages of its own.
    let key = match (fax.direction, fax.pages) {
        (Direction::In, _) => "fax-from",
        (Direction::Out, None) => "fetch-from",
        (Direction::Out, Some(_)) => "fax-to",
    };
    OnTheLine { href: fax_href(fax.fax), title: ctx.with(key, &[("who", (&who).into())]), doing: fax.doing.clone() }
}

fn door(ctx: &Ctx) -> String {
    let shut_out = ctx.snapshot.defence.blocks.iter().filter(|b| b.until > ctx.local.now).count();
    if shut_out == 0 || !ctx.may(Right::SeePeople) {
        return String::new();
    }
    ctx.with("today-door", &[("count", shut_out.into())])
}

struct LineView {
    name: String,
    said: String,
    dot: &'static str,
    /// Of a modem what it is; or what is wrong and what to do, if there is more to say.
    more: String,
}

/// The trunks, the modems, and the ports for fax programs.
fn lines(ctx: &Ctx) -> Vec<LineView> {
    let snapshot = &ctx.snapshot;
    let trunks = snapshot.trunks.iter().map(|trunk| line(ctx, trunk));
    let modems = snapshot.modems.iter().map(|modem| modem_line(ctx, "line-modem", modem));
    let ports = snapshot.virtual_modems.iter().map(|port| modem_line(ctx, "line-port", port));
    trunks.chain(modems).chain(ports).collect()
}

fn modem_line(ctx: &Ctx, key: &'static str, modem: &ModemState) -> LineView {
    LineView {
        name: ctx.with(key, &[("name", (&modem.name).into())]),
        said: match modem.is {
            ModemIs::Ready => ctx.t("modem-ready"),
            ModemIs::Ringing => ctx.t("modem-ringing"),
            ModemIs::InCall => ctx.t("modem-in-call"),
            ModemIs::Probed => ctx.t("modem-probed"),
            ModemIs::Away => ctx.t("modem-away"),
            ModemIs::Unfit => ctx.t("modem-unfit"),
        },
        // Of a port there is nothing to say but what is wrong.
        more: if key == "line-port" && modem.is.is_usable() { String::new() } else { modem.sentence.clone() },
        dot: match modem.is {
            ModemIs::Ready | ModemIs::InCall => "",
            ModemIs::Probed | ModemIs::Ringing => " w",
            ModemIs::Away | ModemIs::Unfit => " b",
        },
    }
}

fn line(ctx: &Ctx, trunk: &TrunkState) -> LineView {
    let in_use = ctx.with("line-in-use", &[("used", trunk.in_use.into()), ("channels", trunk.channels.into())]);
    LineView {
        name: ctx.with("line-name", &[("name", (&trunk.name).into())]),
        said: match (&trunk.line, trunk.healthy) {
            (LineState::Lost(trouble), _) => ctx.with("line-lost", &[("why", (&trouble_words(ctx, *trouble)).into())]),
            (LineState::Registering, _) => ctx.t("line-registering"),
            (_, false) => ctx.t("line-failed"),
            (_, true) => in_use,
        },
        more: String::new(),
        dot: match (&trunk.line, trunk.healthy, trunk.in_use < trunk.channels) {
            (LineState::Lost(_), ..) | (_, false, _) => " b",
            (LineState::Registering, ..) | (_, true, false) => " w",
            (_, true, true) => "",
        },
    }
}

/// Why a carrier does not know us, and what to do about it.
fn trouble_words(ctx: &Ctx, trouble: LineTrouble) -> String {
    match trouble {
        LineTrouble::WrongPassword => ctx.t("line-wrong-password"),
        LineTrouble::NoPassword => ctx.t("line-no-password"),
        LineTrouble::UnknownProof => ctx.t("line-unknown-proof"),
        LineTrouble::NoAnswer => ctx.t("line-no-answer"),
        LineTrouble::Untrusted => ctx.t("line-untrusted"),
        LineTrouble::Left => ctx.t("line-left"),
        LineTrouble::Refused(code) => ctx.with("line-refused", &[("code", u32::from(code).into())]),
    }
}

/// Calls by hour: the bars, and the table that says the same.
struct Chart {
    width: usize,
    bars: Vec<Bar>,
    first: String,
    sum: String,
    last: String,
    table: Vec<(String, u32, u32)>,
}

struct Bar {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
    now: bool,
}

/// Units of the picture: a bar and the gap behind it, and its height.
const BAR: usize = 27;
const GAP: usize = 3;
const HEIGHT: usize = 48;
/// The hours of an office day, shown even when they are empty.
const OFFICE: (usize, usize) = (8, 17);

async fn chart(ctx: &Ctx) -> Result<Option<Chart>, Failure> {
    let (from, to) = ctx.local.day_bounds();
    let hours = ctx.app.store.calls().per_hour(from, to).await?;
    Ok(draw(&ctx.local, &hours, |answered, missed| {
        ctx.with("today-calls-sum", &[("answered", answered.into()), ("missed", missed.into())])
    }))
}

fn draw(local: &Local, hours: &[(Wall, u32, u32)], sum: impl Fn(u32, u32) -> String) -> Option<Chart> {
    let busy = |(at, answered, missed): &&(Wall, u32, u32)| {
        answered + missed > 0 || {
            let hour = local.hour(*at);
            hour >= OFFICE.0 && hour <= OFFICE.1
        }
    };
    let first = hours.iter().find(busy)?.0;
    let last = hours.iter().rfind(busy)?.0;
    let shown: Vec<_> = hours.iter().filter(|(at, ..)| *at >= first && *at <= last).collect();
    let most = shown.iter().map(|(_, a, m)| a + m).max().unwrap_or(0).max(1) as usize;
    let bars = shown.iter().enumerate().map(|(i, (at, answered, missed))| {
        let calls = (answered + missed) as usize;
        // An empty hour keeps a thin foot, so that the day can be read.
        let height = (calls * HEIGHT / most).max(2);
        let now = local.now >= *at && local.now.millis_since(*at) < 3_600_000;
        Bar { x: i * (BAR + GAP), y: HEIGHT - height, width: BAR, height, now }
    });
    let (answered, missed) = shown.iter().fold((0, 0), |(a, m), (_, x, y)| (a + x, m + y));
    Some(Chart {
        width: shown.len() * (BAR + GAP) - GAP,
        bars: bars.collect(),
        first: local.clock(first),
        sum: sum(answered, missed),
        last: local.clock(last),
        table: shown.iter().map(|(at, a, m)| (local.clock(*at), *a, *m)).collect(),
    })
}
