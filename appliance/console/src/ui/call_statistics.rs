//! How calls go: by day, by the hour of the day, and in each queue. Each picture has its table.

use askama::Template;
use jiff::civil::Weekday;
use model::Wall;
use store::rows::QueueStat;

use super::chart::{Chart, Counts};
use super::statistics::share;
use super::{Answer, Ctx, Place, Shell, page as render};

/// Days that are shown.
const DAYS: u32 = 30;
/// The hours of an office day, shown even when they are empty.
const OFFICE: std::ops::RangeInclusive<usize> = 8..=17;

/// `GET /calls/statistics`.
pub(crate) async fn page(ctx: Ctx) -> Answer {
    let begins = ctx.local.last_days(DAYS);
    let since = begins.first().copied().unwrap_or(ctx.local.now);
    let (_, tomorrow) = ctx.local.day_bounds();
    let calls = ctx.app.store.calls();
    let hours = calls.per_hour(since, tomorrow).await?;
    let queues = calls.per_queue(since).await?;
    let any = hours.iter().any(|(_, taken, missed)| taken + missed > 0);
    let sum =
        |taken: u64, missed: u64| ctx.with("today-calls-sum", &[("answered", taken.into()), ("missed", missed.into())]);
    render(&CallStatistics {
        shell: ctx.shell(ctx.t("calls-stats-title"), Place::Calls, &[]).await,
        sub: ctx.with("calls-stats-sub", &[("days", u64::from(DAYS).into())]),
        days: if any { Chart::new(by_day(&ctx, &begins, &hours), sum) } else { None },
        hours: if any { Chart::new(by_hour(&ctx, &hours), sum) } else { None },
        queues: queues.iter().map(|queue| QueueRow::new(&ctx, queue)).collect(),
    })
}

#[derive(Template)]
#[template(path = "call_statistics.html")]
struct CallStatistics {
    shell: Shell,
    sub: String,
    days: Option<Chart>,
    hours: Option<Chart>,
    queues: Vec<QueueRow>,
}

struct QueueRow {
    name: String,
    callers: String,
    taken: String,
    soon: String,
    average: String,
    longest: String,
    left: String,
    called_back: String,
    led_on: String,
}

/// An hour: when it began, and how many of its calls somebody took and nobody did.
type Hour = (Wall, u32, u32);

/// A day's calls are those of the hours from its midnight to the next one.
fn by_day(ctx: &Ctx, begins: &[Wall], hours: &[Hour]) -> Vec<Counts> {
    let ends = begins.iter().skip(1).copied().map(Some).chain([None]);
    let day = |(begin, end): (&Wall, Option<Wall>)| {
        let within = |(at, ..): &&Hour| at >= begin && end.is_none_or(|end| *at < end);
        summed(ctx.local.day(*begin), hours.iter().filter(within))
    };
    begins.iter().zip(ends).map(day).collect()
}

/// All that came at nine o'clock, on whichever working day: when more people have to be at the desk.
fn by_hour(ctx: &Ctx, hours: &[Hour]) -> Vec<Counts> {
    let works = |at: Wall| !matches!(ctx.local.weekday(at), Weekday::Saturday | Weekday::Sunday);
    let of = |hour: usize| hours.iter().filter(move |(at, ..)| works(*at) && ctx.local.hour(*at) == hour);
    let shown = |hour: &usize| OFFICE.contains(hour) || of(*hour).any(|(_, taken, missed)| taken + missed > 0);
    let (Some(first), Some(last)) = ((0..24).find(shown), (0..24).rfind(shown)) else { return Vec::new() };
    (first..=last).map(|hour| summed(format!("{hour:02}:00"), of(hour))).collect()
}

fn summed<'h>(when: String, hours: impl Iterator<Item = &'h Hour>) -> Counts {
    let add = |(good, bad): (u64, u64), (_, taken, missed): &Hour| (good + u64::from(*taken), bad + u64::from(*missed));
    let (good, bad) = hours.fold((0, 0), add);
    Counts { when, good, bad }
}

impl QueueRow {
    fn new(ctx: &Ctx, queue: &QueueStat) -> Self {
        let count = |n| ctx.local.grouped(n);
        Self {
            name: queue.queue.clone(),
            callers: count(queue.callers),
            taken: count(queue.taken),
            soon: share(queue.soon, queue.callers),
            average: queue.average.map_or_else(|| "–".to_owned(), |average| ctx.local.duration(average)),
            longest: ctx.local.duration(queue.longest),
            left: count(queue.left),
            called_back: count(queue.called_back),
            led_on: count(queue.led_on),
        }
    }
}
