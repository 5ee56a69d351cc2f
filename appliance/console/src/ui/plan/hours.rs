//! Hours and holidays: the week as a picture, the days that differ, and what happens to calls while the clinic is closed.

mod added;

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use plan::Destination;
use plan::edit::{self, Change, Day, Editor, NewDay, Opened, Place, Schedule, Span, Week};
use serde::Deserialize;

use super::super::{Answer, Ctx, Place as Nav, Shell, page_with};
use super::additions::named;
use super::differences::{country_said, date_said, open_said, place_of, weekday, whose, year_from_today};
use super::edit::mark;
use super::forms::{self, Fields, Places, Posted, Select, Sent, Slip, SlipView};
use super::removal::{self, HoursRemoval, RemovalForm};
use super::week::{Row, rows};

use self::added::{AddCalls, AddWeek, new_week};

const PAGE: &str = "/plan/hours";
/// The switch of the night changes nothing in this schedule, as its form says it.
const UNHEEDED: &str = "no";
/// A day opens so often in a form, and as often as the plan has it.
const SLOTS: usize = 2;
/// No day of a form opens more often.
const MOST_SLOTS: usize = 6;

/// A day that is to be filled in already.
#[derive(Deserialize, Default)]
pub(crate) struct Asked {
    #[serde(default)]
    day: String,
    #[serde(default)]
    name: String,
}

/// `GET /plan/hours`.
pub(crate) async fn hours_page(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    show(&ctx, &asked, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/hours/{what}`.
pub(crate) async fn change_hours(ctx: Ctx, posted: Posted) -> Answer {
    match posted.changes(&ctx, PAGE, |editor, sent| changes(&ctx, editor, sent).map(|change| vec![change])).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &Asked::default(), &slip, slip.status()).await,
    }
}

/// What the form wants, or what is wrong with it.
fn changes(ctx: &Ctx, editor: &Editor, sent: &Sent) -> Result<Change, Vec<String>> {
    let fields = &sent.fields;
    let gone = || vec![ctx.t("form-gone")];
    match sent.what.as_str() {
        "week" => {
            let name = fields.said("hours").to_owned();
            Ok(Change::Week(Week { name, days: days(ctx, fields)?, holidays: fields.get("holidays").is_some() }))
        }
        "add" => {
            let date = fields.said("date").parse::<Date>().map_err(|_| vec![ctx.t("day-no-date")])?;
            let name = fields.said("name").to_owned();
            if name.is_empty() {
                return Err(vec![ctx.t("day-no-name")]);
            }
            let open = spans(ctx, fields, "day", &ctx.t("day-hours")).map_err(|sentence| vec![sentence])?;
            let of = Some(fields.said("of")).filter(|of| !of.is_empty()).map(str::to_owned);
            let yearly = fields.get("yearly").is_some();
            if yearly && (!open.is_empty() || of.is_some()) {
                return Err(vec![ctx.t("day-yearly-closed")]);
            }
            Ok(Change::Add(NewDay { date, name, open, yearly, of }))
        }
        "remove" if fields.get("what").is_some() => removal::wanted(ctx, editor, fields).map_err(|why| vec![why]),
        "remove-week" => removal::hours_wanted(ctx, editor, fields).map_err(|why| vec![why]),
        "remove" => match (fields.said("hours"), fields.said("key")) {
            (_, "") => Err(gone()),
            ("", key) => Ok(Change::Remove(Place::Holiday(key.to_owned()))),
            (hours, key) => Ok(Change::Remove(Place::Except(hours.to_owned(), key.to_owned()))),
        },
        "country" => Ok(Change::Country(Some(fields.said("country")).filter(|c| !c.is_empty()).map(str::to_owned))),
        "add-week" => {
            let name = named(ctx, "schedule", fields).map_err(|why| vec![why])?;
            let days = opened(ctx, fields)?;
            Ok(Change::AddWeek(Week { name, days, holidays: fields.get("holidays").is_some() }))
        }
        "add-calls" => {
            let name = named(ctx, "schedule", fields).map_err(|why| vec![why])?;
            let to = |field: &str| Destination::parse(fields.said(field));
            let no_place = || vec![ctx.t("calls-no-place")];
            Ok(Change::AddSchedule(Schedule {
                name,
                hours: fields.said("hours").to_owned(),
                open: to("open").ok_or_else(no_place)?,
                closed: to("closed").ok_or_else(no_place)?,
                holiday: to("holiday"),
                night_switch: fields.said("night") != UNHEEDED,
            }))
        }
        "calls" => {
            let name = fields.said("schedule");
            let old = editor.schedules().into_iter().find(|s| s.name == name).ok_or_else(gone)?;
            let to = |field: &str| Destination::parse(fields.said(field));
            let hours = Some(fields.said("hours")).filter(|hours| !hours.is_empty());
            Ok(Change::Schedule(Schedule {
                hours: hours.map_or_else(|| old.hours.clone(), str::to_owned),
                open: to("open").ok_or_else(gone)?,
                closed: to("closed").ok_or_else(gone)?,
                holiday: to("holiday"),
                night_switch: fields.get("night").map_or(old.night_switch, |night| night != UNHEEDED),
                ..old
            }))
        }
        "open" => Ok(Change::Open(Opened {
            days: opened(ctx, fields)?,
            country: Some(fields.said("country")).filter(|c| !c.is_empty()).map(str::to_owned),
            tells: fields.get("tells").is_some(),
            closed: Destination::parse(fields.said("closed")).ok_or_else(gone)?,
        })),
        _ => Err(gone()),
    }
}

/// The hours of a week that has some.
fn opened(ctx: &Ctx, fields: &Fields) -> Result<[Vec<Span>; 7], Vec<String>> {
    let days = days(ctx, fields)?;
    if days.iter().all(Vec::is_empty) { Err(vec![ctx.t("week-never")]) } else { Ok(days) }
}

/// The hours of seven days.
fn days(ctx: &Ctx, fields: &Fields) -> Result<[Vec<Span>; 7], Vec<String>> {
    let (mut days, mut wrong): ([Vec<Span>; 7], _) = (Default::default(), Vec::new());
    for (n, day) in days.iter_mut().enumerate() {
        match spans(ctx, fields, &n.to_string(), &weekday(ctx, n)) {
            Ok(spans) => *day = spans,
            Err(sentence) => wrong.push(sentence),
        }
    }
    if wrong.is_empty() { Ok(days) } else { Err(wrong) }
}

/// The hours of one day; the sentence names it.
fn spans(ctx: &Ctx, fields: &Fields, prefix: &str, day: &str) -> Result<Vec<Span>, String> {
    let wrong = |key: &str| ctx.with(key, &[("day", day.into())]);
    let mut spans = Vec::new();
    for slot in 0..MOST_SLOTS {
        let (from, until) = slot_names(prefix, slot);
        match (fields.said(&from), fields.said(&until)) {
            ("", "") => {}
            ("", _) | (_, "") => return Err(wrong("week-half")),
            (from, until) => {
                let (from, until) =
                    (minute(from), minute(until).map(|until| if until == 0 { DAY_ENDS } else { until }));
                let (Some(from), Some(until)) = (from, until) else { return Err(wrong("week-no-time")) };
                if from >= until {
                    return Err(wrong("week-backwards"));
                }
                spans.push(Span { from, until });
            }
        }
    }
    spans.sort_unstable();
    if spans.windows(2).any(|two| two[0].until > two[1].from) {
        return Err(wrong("week-overlaps"));
    }
    Ok(spans)
}

/// Midnight, at the end of a day. A browser's field writes it 00:00, as the one at its beginning.
const DAY_ENDS: u16 = 24 * 60;

fn slot_names(prefix: &str, slot: usize) -> (String, String) {
    (format!("from-{prefix}-{slot}"), format!("until-{prefix}-{slot}"))
}

pub(super) fn minute(text: &str) -> Option<u16> {
    let time: jiff::civil::Time = if text.len() == 5 { format!("{text}:00").parse() } else { text.parse() }.ok()?;
    u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).ok()
}

pub(super) fn field_time(minute: u16) -> String {
    let minute = minute % DAY_ENDS;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

async fn show(ctx: &Ctx, asked: &Asked, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("hours-title"), Nav::Plan, &[]).await;
    let over = mark(&ctx.settings);
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let (today, until) = year_from_today(ctx);
    let places = Places::new(ctx, &editor);
    let days = editor.days(today, until);
    let card = |week: &Week| WeekCard::new(ctx, &editor, week, (&days, today), slip);
    let weeks: Vec<_> = editor.weeks().iter().map(card).collect();
    let schedules = editor.schedules();
    let may_open = editor.may_open().filter(|_| weeks.is_empty());
    let opening = may_open.map(|to| OpeningForm::new(ctx, &places, &to, slip));
    let page = HoursPage {
        slip: &slip.said,
        over,
        add_week: opening.is_none().then(|| AddWeek::new(ctx, slip.of("add-week"))),
        opening,
        calls: schedules.iter().map(|s| CallsForm::new(ctx, &editor, &places, s, slip)).collect(),
        days: days.iter().map(|day| DayRow::new(ctx, day, today, weeks.len() > 1)).collect(),
        add: AddForm::new(ctx, &editor, asked, slip),
        country: country_select(
            ctx,
            &slip.of("country").map_or_else(|| editor.country().unwrap_or_default(), |f| f.said("country").to_owned()),
        ),
        add_calls: (!weeks.is_empty()).then(|| AddCalls::new(ctx, &editor, &places, slip.of("add-calls"))),
        weeks,
        ask_day: ctx.local.day_and_time(ctx.local.now).0,
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_hours.html")]
struct HoursPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    weeks: Vec<WeekCard>,
    opening: Option<OpeningForm>,
    calls: Vec<CallsForm>,
    days: Vec<DayRow>,
    add: AddForm,
    /// A plan without hours gets its first in another way, if it can.
    add_week: Option<AddWeek>,
    /// Without hours nothing is led by them.
    add_calls: Option<AddCalls>,
    country: Select,
    ask_day: String,
}

/// The plan cannot be read: no form can change it.
#[derive(Template)]
#[template(path = "plan_unreadable.html")]
pub(super) struct Broken {
    pub(super) shell: Shell,
}

struct WeekCard {
    name: String,
    rows: Vec<Row>,
    days: Vec<DayFields>,
    holidays: bool,
    removal: HoursRemoval,
    is_open: bool,
}

/// A day of a week, to fill in.
struct DayFields {
    day: String,
    slots: Vec<Slot>,
}

/// From when until when.
struct Slot {
    from_name: String,
    from: String,
    until_name: String,
    until: String,
}

impl WeekCard {
    fn new(ctx: &Ctx, editor: &Editor, week: &Week, (special, today): (&[Day], Date), slip: &Slip) -> Self {
        let typed = slip.of("week").filter(|fields| fields.said("hours") == week.name);
        Self {
            name: week.name.clone(),
            rows: rows(ctx, week, special, today),
            days: (0..7).map(|n| DayFields::new(weekday(ctx, n), &n.to_string(), &week.days[n], typed)).collect(),
            holidays: typed.map_or(week.holidays, |fields| fields.get("holidays").is_some()),
            removal: HoursRemoval::new(ctx, editor, &week.name, slip),
            is_open: typed.is_some(),
        }
    }
}

impl DayFields {
    fn new(day: String, prefix: &str, open: &[Span], typed: Option<&Fields>) -> Self {
        let slot = |slot: usize| {
            let (from_name, until_name) = slot_names(prefix, slot);
            let now = open.get(slot);
            let value = |name: &str, now: Option<u16>| match typed {
                Some(fields) => fields.said(name).to_owned(),
                None => now.map(field_time).unwrap_or_default(),
            };
            Slot {
                from: value(&from_name, now.map(|span| span.from)),
                until: value(&until_name, now.map(|span| span.until)),
                from_name,
                until_name,
            }
        };
        Self { day, slots: (0..open.len().clamp(SLOTS, MOST_SLOTS)).map(slot).collect() }
    }
}

/// A plan without hours is to have some.
struct OpeningForm {
    now: String,
    days: Vec<DayFields>,
    country: Select,
    tells: bool,
    closed: Select,
    is_open: bool,
}

impl OpeningForm {
    fn new(ctx: &Ctx, places: &Places, now: &Destination, slip: &Slip) -> Self {
        let typed = slip.of("open");
        let country = &ctx.settings.numbering.country;
        let known = edit::countries().into_iter().find(|known| known == country).unwrap_or_default();
        Self {
            now: forms::place_said(ctx, now),
            days: new_week(ctx, typed),
            country: country_select(ctx, typed.map_or(known, |fields| fields.said("country"))),
            tells: typed.is_none_or(|fields| fields.get("tells").is_some()),
            closed: places.select(
                ctx,
                ("closed", ctx.t("calls-closed-then")),
                typed.map_or("hang up", |fields| fields.said("closed")),
                None,
            ),
            is_open: typed.is_some(),
        }
    }
}

fn country_select(ctx: &Ctx, chosen: &str) -> Select {
    let none = (String::new(), ctx.t("country-none"));
    let all = edit::countries().into_iter().map(|code| (code.to_owned(), country_said(ctx, code)));
    Select::new("country", ctx.t("country-label"), chosen, std::iter::once(none).chain(all))
}

/// Where calls go by the hours.
struct CallsForm {
    id: String,
    name: String,
    /// There are others.
    named: bool,
    hours: String,
    said: Vec<(String, String)>,
    selects: Vec<Select>,
    removal: RemovalForm,
    is_open: bool,
}

impl CallsForm {
    fn new(ctx: &Ctx, editor: &Editor, places: &Places, schedule: &Schedule, slip: &Slip) -> Self {
        let typed = slip.of("calls").filter(|fields| fields.said("schedule") == schedule.name);
        let as_closed = ctx.t("calls-as-closed");
        let each = [
            ("open", "calls-open", Some(&schedule.open)),
            ("closed", "calls-closed", Some(&schedule.closed)),
            ("holiday", "calls-holiday", schedule.holiday.as_ref()),
        ];
        let mut said: Vec<_> =
            each.iter().map(|(_, key, to)| (ctx.t(key), place_of(ctx, *to, "calls-as-closed"))).collect();
        if !schedule.night_switch {
            said.push((ctx.t("calls-night"), night_said(ctx, false)));
        }
        let select = |(field, key, to): (&'static str, &str, Option<&Destination>)| {
            let now = to.map(ToString::to_string).unwrap_or_default();
            let chosen = typed.map_or(now.as_str(), |fields| fields.said(field));
            places.select(ctx, (field, ctx.t(key)), chosen, (field == "holiday").then(|| as_closed.clone()))
        };
        // There is nothing to choose where all have the same hours.
        let weeks = editor.weeks();
        let hours = (weeks.len() > 1).then(|| {
            let chosen = typed.map_or(&*schedule.hours, |fields| fields.said("hours"));
            hours_select(ctx, "hours", "calls-hours", chosen, &weeks)
        });
        Self {
            id: format!("calls-{}", schedule.name),
            name: schedule.name.clone(),
            named: editor.schedules().len() > 1,
            hours: schedule.hours.clone(),
            said,
            selects: hours
                .into_iter()
                .chain(each.into_iter().map(select))
                .chain([night_select(ctx, schedule.night_switch, typed)])
                .collect(),
            removal: RemovalForm::new(ctx, editor, places, &Destination::Schedule(schedule.name.clone()), slip),
            is_open: typed.is_some(),
        }
    }
}

/// One of these hours.
pub(super) fn hours_select(ctx: &Ctx, field: &str, label: &str, chosen: &str, weeks: &[Week]) -> Select {
    Select::new(field, ctx.t(label), chosen, weeks.iter().map(|week| (week.name.clone(), week.name.clone())))
}

/// Whether the switch of the night closes it, too.
fn night_select(ctx: &Ctx, heeds: bool, typed: Option<&Fields>) -> Select {
    let now = if heeds { "" } else { UNHEEDED };
    let chosen = typed.map_or(now, |fields| fields.said("night"));
    let all = [("", true), (UNHEEDED, false)].map(|(value, heeds)| (value.to_owned(), night_said(ctx, heeds)));
    Select::new("night", ctx.t("calls-night"), chosen, all)
}

/// What the switch of the night does here.
pub(super) fn night_said(ctx: &Ctx, heeds: bool) -> String {
    ctx.t(if heeds { "calls-night-closes" } else { "calls-night-not" })
}

/// A day that is not as its weekday.
struct DayRow {
    date: String,
    machine: String,
    name: String,
    open: String,
    whose: String,
    is_past: bool,
    is_today: bool,
    yearly: bool,
    /// By what it is taken away: its hours, if it is of some alone, and its key. A day of the country has none.
    remove: Option<(String, String)>,
}

impl DayRow {
    fn new(ctx: &Ctx, day: &Day, today: Date, many: bool) -> Self {
        Self {
            date: date_said(ctx, day.date),
            machine: day.date.to_string(),
            name: day.name.clone(),
            open: open_said(ctx, &day.open),
            whose: whose(day).filter(|_| many).unwrap_or_default().to_owned(),
            is_past: day.date < today,
            is_today: day.date == today,
            yearly: day.yearly && day.place != Place::Country,
            remove: match &day.place {
                Place::Country => None,
                Place::Holiday(key) => Some((String::new(), key.clone())),
                Place::Except(hours, key) => Some((hours.clone(), key.clone())),
            },
        }
    }
}

/// A day to add.
struct AddForm {
    date: String,
    name: String,
    fields: DayFields,
    yearly: bool,
    /// Whose hours; there is nothing to choose where all have the same.
    of: Option<Select>,
}

impl AddForm {
    fn new(ctx: &Ctx, editor: &Editor, asked: &Asked, slip: &Slip) -> Self {
        let typed = slip.of("add");
        let value = |field: &str, asked: &str| typed.map_or(asked, |fields| fields.said(field)).to_owned();
        let weeks = editor.weeks();
        let all = std::iter::once((String::new(), ctx.t("day-of-all")));
        let names = weeks.iter().map(|week| (week.name.clone(), week.name.clone()));
        let of = Select::new("of", ctx.t("day-of"), &value("of", ""), all.chain(names));
        Self {
            date: value("date", &asked.day),
            name: value("name", &asked.name),
            fields: DayFields::new(ctx.t("day-hours"), "day", &[], typed),
            yearly: typed.is_some_and(|fields| fields.get("yearly").is_some()),
            of: (weeks.len() > 1).then_some(of),
        }
    }
}

/// The day after, for a picture of days that follow each other.
pub(super) fn following(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}
