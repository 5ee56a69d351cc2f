//! Who is on call: now, in the coming weeks as a picture, and who stands in for whom.

use askama::Template;
use axum::http::StatusCode;
use jiff::civil::{Date, DateTime, Time};
use plan::Destination;
use plan::edit::{Change, Editor, Rota, Said, Saying, StandIn, Turn};

use super::super::{Answer, Ctx, Place, Shell, page_with};
use super::differences::{place_of, who_said};
use super::edit::mark;
use super::forms::{self, Fields, Places, Posted, Select, Sent, Slip, SlipView, full_number, place_said};
use super::groups::phones;
use super::heard::{self, WordsView, said_anew};
use super::hours::{Broken, field_time, following, minute};
use super::removal::{self, RemovalForm};

const PAGE: &str = "/plan/oncall";
/// So many days are drawn: four weeks.
const DAYS_DRAWN: i64 = 28;
/// How wide a picture is, in its own units.
const WIDTH: i64 = 1440;
/// Empty places of a form, for those who are to be added.
const MORE: usize = 2;
/// As the plan has it.
const MOST_TURNS: usize = 60;
/// Those are called after whoever is on call that the form names.
const THESE: &str = "these";
/// What a new rota begins with: a week each, from eight to eight, ringing as long as four rings take.
const NEW: (i32, u16, u64) = (7, 8 * 60, 25);

/// `GET /plan/oncall`.
pub(crate) async fn oncall_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/oncall/{what}`.
pub(crate) async fn change_oncall(ctx: Ctx, posted: Posted) -> Answer {
    match posted.changes(&ctx, PAGE, |editor, sent| wanted(&ctx, editor, sent).map_err(|why| vec![why])).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn wanted(ctx: &Ctx, editor: &Editor, sent: &Sent) -> Result<Vec<Change>, String> {
    let (fields, gone) = (&sent.fields, || ctx.t("form-gone"));
    let name = fields.said("name").to_owned();
    match sent.what.as_str() {
        "stand-in" => {
            let filled = |date: &str, time: &str| {
                let date: Date = fields.said(date).parse().ok()?;
                Some(date.to_datetime(time_of(minute(fields.said(time))?)))
            };
            let times = filled("from-day", "from-time").zip(filled("until-day", "until-time"));
            let (from, until) = times.ok_or_else(|| ctx.t("oncall-no-time"))?;
            if from >= until {
                return Err(ctx.t("oncall-backwards"));
            }
            let who = match <[Destination; 1]>::try_from(members(ctx, fields, "who", "outside")?) {
                Ok([who]) => who,
                Err(all) => return Err(ctx.t(if all.is_empty() { "oncall-no-one" } else { "oncall-only-one" })),
            };
            Ok(vec![Change::StandIn(StandIn { rota: name, from, until, who })])
        }
        "back" => Ok(vec![Change::TakeBack(name, fields.said("key").to_owned())]),
        "turns" => {
            let said = heard::said(editor, Saying::Rota(name.clone()), fields).ok_or_else(gone)?;
            Ok(vec![Change::Rota(rota(ctx, fields, name)?), said])
        }
        "add" => {
            if !matches!(Destination::parse(&format!("rota {name}")), Some(Destination::Rota(same)) if same == name) {
                return Err(ctx.t("form-no-name"));
            }
            let said = said_anew(Saying::Rota(name.clone()), fields);
            Ok(vec![Change::AddRota(rota(ctx, fields, name)?, said)])
        }
        "remove" => removal::wanted(ctx, editor, fields).map(|change| vec![change]),
        _ => Err(gone()),
    }
}

/// What the form says of a rota. When its first turn began the form says too: another turn may have begun since somebody opened it.
fn rota(ctx: &Ctx, fields: &Fields, name: String) -> Result<Rota, String> {
    let turns = members(ctx, fields, "who", "outside")?;
    let after = match fields.said("then") {
        THESE => Some(members(ctx, fields, "after", "after-outside")?),
        _ if fields.all("after").chain(fields.all("after-outside")).next().is_some() => {
            return Err(ctx.t("oncall-after-which"));
        }
        _ => None,
    };
    if turns.is_empty() {
        return Err(ctx.t("oncall-no-one"));
    }
    Ok(Rota {
        name,
        turns,
        after,
        since: fields.said("since").parse().map_err(|_| ctx.t("form-gone"))?,
        days: fields.said("days").parse().map_err(|_| ctx.t("oncall-no-days"))?,
        change: minute(fields.said("change")).ok_or_else(|| ctx.t("oncall-no-change"))?,
        seconds: fields.said("seconds").parse().map_err(|_| ctx.t("group-no-seconds"))?,
        press_1: fields.get("press_1").is_some(),
        nobody: Destination::parse(fields.said("nobody")),
    })
}

/// Those who were chosen, and a number outside that was typed: it comes last, or alone where one is asked for.
fn members(ctx: &Ctx, fields: &Fields, who: &str, outside: &str) -> Result<Vec<Destination>, String> {
    let mut all: Vec<_> = fields.all(who).filter_map(Destination::parse).collect();
    if let Some(typed) = fields.get(outside).filter(|typed| !typed.is_empty()) {
        all.push(Destination::Outside(full_number(ctx, typed, "names-inside")?));
    }
    Ok(all)
}

/// What it is now in the clinic.
pub(super) fn now(ctx: &Ctx) -> DateTime {
    let (day, time) = ctx.local.day_and_time(ctx.local.now);
    let date: Date = day.parse().unwrap_or(Date::ZERO);
    date.to_datetime(time_of(minute(&time).unwrap_or_default()))
}

fn time_of(minute: u16) -> Time {
    let of = |n: u16| i8::try_from(n).unwrap_or_default();
    Time::new(of(minute / 60 % 24), of(minute % 60), 0, 0).unwrap_or_default()
}

/// "Monday 23 November, 08:00".
fn time_said(ctx: &Ctx, at: DateTime) -> String {
    let time = at.strftime("%H:%M").to_string();
    let wall = ctx.local.moment(&at.date().to_string(), &time);
    wall.map_or_else(|| at.to_string(), |wall| ctx.local.weekday_time(wall))
}

/// From when until when.
pub(super) fn period_said(ctx: &Ctx, from: DateTime, until: DateTime) -> String {
    let (from, until) = (time_said(ctx, from), time_said(ctx, until));
    ctx.with("oncall-when", &[("from", (&from).into()), ("until", (&until).into())])
}

/// Each rota, who is on call now, and until when.
pub(super) struct OnCall {
    pub(super) name: String,
    pub(super) who: String,
    pub(super) stands_in: bool,
    /// Nothing: always.
    pub(super) until: String,
}

/// Who is on call now.
pub(super) fn on_call(ctx: &Ctx, editor: &Editor) -> Vec<OnCall> {
    let of = |rota: Rota| {
        let turns = turns(editor, &rota.name, now(ctx));
        let first = turns.first()?;
        let is_always = turns.iter().all(|turn| turn.who == first.who);
        Some(OnCall {
            name: rota.name,
            who: place_said(ctx, &first.who),
            stands_in: first.stands_in.is_some(),
            until: if is_always { String::new() } else { time_said(ctx, first.until) },
        })
    };
    editor.rotas().into_iter().filter_map(of).collect()
}

/// Of the days that are drawn.
fn turns(editor: &Editor, rota: &str, now: DateTime) -> Vec<Turn> {
    let mut turns = editor.turns(rota, now, following(now.date(), DAYS_DRAWN).to_datetime(Time::midnight()));
    // Who has two turns, one after the other, has one.
    turns.dedup_by(|next, before| {
        let same = next.who == before.who && next.stands_in.is_none() && before.stands_in.is_none();
        if same {
            before.until = next.until;
        }
        same
    });
    turns
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("oncall-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let (places, who) = (Places::new(ctx, &editor), whoever(ctx, &editor));
    let rotas = editor.rotas();
    let new = Rota {
        name: String::new(),
        turns: Vec::new(),
        after: None,
        since: now(ctx).date(),
        days: NEW.0,
        change: NEW.1,
        seconds: NEW.2,
        press_1: true,
        nobody: None,
    };
    let page = OnCallPage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        add: TurnsForm::new(
            ctx,
            &places,
            &who,
            &new,
            &said_anew(Saying::Rota(String::new()), &Fields::default()),
            slip.of("add"),
        ),
        rotas: rotas.iter().map(|rota| RotaCard::new(ctx, &editor, &places, &who, rota, slip)).collect(),
        shell,
    };
    page_with(status, &page)
}

/// Those who can be on call: people, groups, and numbers outside that take turns already.
fn whoever(ctx: &Ctx, editor: &Editor) -> Vec<(String, String)> {
    let mut all = phones(ctx, editor);
    let rotas = editor.rotas();
    let stand_in = rotas.iter().flat_map(|rota| editor.stand_ins(&rota.name)).map(|(_, other)| other.who);
    let listed = |rota: &Rota| rota.turns.iter().chain(rota.after.iter().flatten()).cloned().collect::<Vec<_>>();
    let others: Vec<_> = rotas.iter().flat_map(listed).chain(stand_in).collect();
    for other in others {
        let value = other.to_string();
        if !all.iter().any(|(known, _)| *known == value) {
            all.push((value, place_said(ctx, &other)));
        }
    }
    all
}

fn who_select(name: &str, label: String, none: String, chosen: &str, who: &[(String, String)]) -> Select {
    Select::new(name, label, chosen, std::iter::once((String::new(), none)).chain(who.iter().cloned()))
}

#[derive(Template)]
#[template(path = "plan_oncall.html")]
struct OnCallPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    rotas: Vec<RotaCard>,
    add: TurnsForm,
}

struct RotaCard {
    id: String,
    name: String,
    now: String,
    until: String,
    stands_in: bool,
    rows: Vec<Row>,
    /// The first day of each week that is drawn.
    weeks: Vec<String>,
    turns: Vec<TurnRow>,
    facts: Vec<(String, String)>,
    stand_in: StandInForm,
    form: TurnsForm,
    removal: RemovalForm,
}

/// Somebody's turns, as bars.
struct Row {
    who: String,
    is_now: bool,
    /// From where, how wide, and whether they stand in.
    bars: Vec<(i64, i64, bool)>,
}

/// One turn in words.
struct TurnRow {
    when: String,
    who: String,
    is_now: bool,
    /// Under which key the plan says that they stand in.
    key: Option<String>,
}

impl RotaCard {
    fn new(ctx: &Ctx, editor: &Editor, places: &Places, who: &[(String, String)], rota: &Rota, slip: &Slip) -> Self {
        let now = now(ctx);
        let turns = turns(editor, &rota.name, now);
        let of_this = |what: &str| slip.of(what).filter(|fields| fields.said("name") == rota.name);
        let begun = editor.rota_now(&rota.name, now).unwrap_or_else(|| rota.clone());
        let at = Saying::Rota(rota.name.clone());
        let none = || said_anew(at.clone(), &Fields::default());
        let words = editor.said().into_iter().find(|said| said.at == at).unwrap_or_else(none);
        let first = turns.first();
        let is_always = turns.iter().all(|turn| Some(&turn.who) == first.map(|turn| &turn.who));
        let row = |turn: &Turn| TurnRow {
            when: period_said(ctx, turn.from, turn.until),
            who: place_said(ctx, &turn.who),
            is_now: turn.from <= now && now < turn.until,
            key: turn.stands_in.clone(),
        };
        Self {
            id: format!("rota-{}", rota.name),
            name: rota.name.clone(),
            now: first.map(|turn| place_said(ctx, &turn.who)).unwrap_or_default(),
            until: first.filter(|_| !is_always).map(|turn| time_said(ctx, turn.until)).unwrap_or_default(),
            stands_in: first.is_some_and(|turn| turn.stands_in.is_some()),
            rows: if is_always { Vec::new() } else { rows(ctx, &turns, now) },
            weeks: (0..5).map(|week| day_said(ctx, following(now.date(), week * 7))).collect(),
            turns: if is_always { Vec::new() } else { turns.iter().map(row).collect() },
            facts: vec![
                (
                    ctx.t("oncall-each"),
                    ctx.with("oncall-days", &[("count", u64::from(rota.days.unsigned_abs()).into())]),
                ),
                (ctx.t("oncall-change"), field_time(rota.change)),
                (ctx.t("group-seconds"), ctx.local.duration(rota.seconds * 1000)),
                (ctx.t("oncall-press-1"), ctx.t(if rota.press_1 { "oncall-yes" } else { "oncall-no" })),
                (ctx.t("oncall-after"), after_said(ctx, rota)),
                (ctx.t("oncall-nobody"), place_of(ctx, rota.nobody.as_ref(), "place-end")),
            ],
            stand_in: StandInForm::new(ctx, who, now, of_this("stand-in")),
            form: TurnsForm::new(ctx, places, who, &begun, &words, of_this("turns")),
            removal: RemovalForm::new(ctx, editor, places, &Destination::Rota(rota.name.clone()), slip),
        }
    }
}

/// Who is called after whoever is on call.
pub(super) fn after_said(ctx: &Ctx, rota: &Rota) -> String {
    match rota.after.as_deref() {
        None => ctx.t("oncall-after-others"),
        Some([]) => ctx.t("group-nobody-here"),
        Some(these) => who_said(ctx, these),
    }
}

/// "23 November".
fn day_said(ctx: &Ctx, day: Date) -> String {
    ctx.local.moment(&day.to_string(), "12:00").map_or_else(|| day.to_string(), |noon| ctx.local.day(noon))
}

/// A row for each who has a turn, in the order in which they come.
fn rows(ctx: &Ctx, turns: &[Turn], now: DateTime) -> Vec<Row> {
    let midnight = now.date().to_datetime(Time::midnight());
    let place = |at: DateTime| (at.duration_since(midnight).as_mins() * WIDTH / (DAYS_DRAWN * 24 * 60)).clamp(0, WIDTH);
    let mut rows: Vec<(&Destination, Row)> = Vec::new();
    for (n, turn) in turns.iter().enumerate() {
        let (from, until) = (place(turn.from), place(turn.until));
        let bar = (from, until - from, turn.stands_in.is_some());
        match rows.iter_mut().find(|(who, _)| **who == turn.who) {
            Some((_, row)) => row.bars.push(bar),
            None => rows.push((&turn.who, Row { who: place_said(ctx, &turn.who), is_now: n == 0, bars: vec![bar] })),
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Somebody is to stand in.
struct StandInForm {
    who: Select,
    outside: String,
    from: (String, String),
    until: (String, String),
    is_open: bool,
}

impl StandInForm {
    fn new(ctx: &Ctx, who: &[(String, String)], now: DateTime, typed: Option<&Fields>) -> Self {
        let value = |field: &str, usual: String| typed.map_or(usual, |fields| fields.said(field).to_owned());
        let day = |days: i64| following(now.date(), days).to_string();
        Self {
            who: who_select("who", ctx.t("oncall-who"), ctx.t("oncall-choose"), &value("who", String::new()), who),
            outside: value("outside", String::new()),
            from: (value("from-day", day(0)), value("from-time", field_time(NEW.1))),
            until: (value("until-day", day(1)), value("until-time", field_time(NEW.1))),
            is_open: typed.is_some(),
        }
    }
}

/// Who takes turns, and how they are called.
struct TurnsForm {
    name: String,
    who: Vec<Select>,
    outside: String,
    /// Who is called after whoever is on call: the others, or these.
    then: Select,
    after: Vec<Select>,
    after_outside: String,
    since: String,
    days: String,
    change: String,
    seconds: String,
    press_1: bool,
    nobody: Select,
    words: WordsView,
    is_open: bool,
}

impl TurnsForm {
    fn new(
        ctx: &Ctx,
        places: &Places,
        who: &[(String, String)],
        rota: &Rota,
        said: &Said,
        typed: Option<&Fields>,
    ) -> Self {
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        let turns: Vec<String> = match typed {
            Some(fields) => fields.all("who").map(str::to_owned).collect(),
            None => rota.turns.iter().map(ToString::to_string).collect(),
        };
        let select = |n: usize| {
            let label = ctx.with("oncall-turn", &[("place", (n + 1).into())]);
            who_select("who", label, ctx.t("group-nobody-here"), turns.get(n).map_or("", String::as_str), who)
        };
        let after: Vec<String> = match typed {
            Some(fields) => fields.all("after").map(str::to_owned).collect(),
            None => rota.after.iter().flatten().map(ToString::to_string).collect(),
        };
        let next = |n: usize| {
            let label = ctx.with("oncall-after-place", &[("place", (n + 1).into())]);
            who_select("after", label, ctx.t("group-nobody-here"), after.get(n).map_or("", String::as_str), who)
        };
        let then = [("", "oncall-after-others"), (THESE, "oncall-after-these")];
        let then = then.map(|(value, key)| (value.to_owned(), ctx.t(key)));
        let chosen = if rota.after.is_some() { THESE } else { "" };
        let nobody = rota.nobody.as_ref().map(ToString::to_string).unwrap_or_default();
        Self {
            name: value("name", &rota.name),
            who: (0..(turns.len() + MORE).min(MOST_TURNS)).map(select).collect(),
            outside: value("outside", ""),
            then: Select::new("then", ctx.t("oncall-after"), &value("then", chosen), then),
            after: (0..(after.len() + MORE).min(MOST_TURNS)).map(next).collect(),
            after_outside: value("after-outside", ""),
            since: value("since", &rota.since.to_string()),
            days: value("days", &rota.days.to_string()),
            change: value("change", &field_time(rota.change)),
            seconds: value("seconds", &rota.seconds.to_string()),
            press_1: typed.map_or(rota.press_1, |fields| fields.get("press_1").is_some()),
            nobody: places.select(
                ctx,
                ("nobody", ctx.t("oncall-nobody")),
                &value("nobody", &nobody),
                Some(ctx.t("place-end")),
            ),
            words: WordsView::new(ctx, said, typed),
            is_open: typed.is_some(),
        }
    }
}
