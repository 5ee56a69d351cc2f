//! How faxing goes: by day, by line, by number; and who is not answered. Each picture has its table.

use askama::Template;
use store::rows::{DayStat, LineStat, MachineRow};

use super::chart::{Chart, Counts};
use super::{Answer, Ctx, Place, Shell, page as render};
use model::Wall;
use model::fax::Cause;

/// Days that are shown.
const DAYS: u32 = 30;
/// Numbers that are shown.
const MACHINES: usize = 50;

/// `GET /faxes/statistics`.
pub(crate) async fn page(ctx: Ctx) -> Answer {
    let begins = ctx.local.last_days(DAYS);
    let since = begins.first().copied().unwrap_or(ctx.local.now);
    let faxes = ctx.app.store.faxes();
    let days = every_day(&begins, &faxes.per_day(&begins).await?);
    let lines = faxes.per_line(since).await?;
    let causes = faxes.per_cause(since).await?;
    let machines = faxes.machines(MACHINES).await?;
    let blocks = faxes.blocks().await?;
    render(&Statistics {
        shell: ctx.shell(ctx.t("stats-title"), Place::Faxes, &[]).await,
        sub: ctx.with("stats-sub", &[("days", u64::from(DAYS).into())]),
        chart: chart(&ctx, &days),
        lines: lines.iter().map(|line| Row::of_line(&ctx, line)).collect(),
        causes: causes.iter().map(|(cause, count)| (Cause::sentence(*cause).to_owned(), *count)).collect(),
        machines: machines.iter().map(|machine| Row::of_machine(&ctx, machine)).collect(),
        blocks: blocks
            .iter()
            .map(|block| Block {
                said: ctx.number(&block.number),
                number: block.number.as_str().to_owned(),
                by: format!("{}, {}", ctx.person(&block.by), ctx.local.when(block.at)),
            })
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "statistics.html")]
struct Statistics {
    shell: Shell,
    sub: String,
    chart: Option<Chart>,
    lines: Vec<Row>,
    causes: Vec<(String, u64)>,
    machines: Vec<Row>,
    blocks: Vec<Block>,
}

struct Row {
    name: String,
    attempts: String,
    share: String,
    third: String,
    fourth: String,
}

struct Block {
    said: String,
    number: String,
    by: String,
}

/// Those on which nothing was sent, too: a picture without them would tell of a busier month. None if there is nothing to tell.
fn every_day(begins: &[Wall], busy: &[DayStat]) -> Vec<DayStat> {
    let on = |day: Wall| busy.iter().find(|stat| stat.day == day).copied();
    if busy.is_empty() {
        return Vec::new();
    }
    begins.iter().map(|&day| on(day).unwrap_or(DayStat { day, sent: 0, failed: 0 })).collect()
}

fn chart(ctx: &Ctx, days: &[DayStat]) -> Option<Chart> {
    let counts = |day: &DayStat| Counts { when: ctx.local.day(day.day), good: day.sent, bad: day.failed };
    Chart::new(days.iter().map(counts).collect(), |sent, failed| {
        ctx.with("stats-days-sum", &[("sent", sent.into()), ("failed", failed.into())])
    })
}

impl Row {
    fn of_line(ctx: &Ctx, line: &LineStat) -> Self {
        Self {
            name: line.line.clone(),
            attempts: ctx.local.grouped(line.attempts),
            share: share(line.sent, line.attempts),
            third: ctx.with("bit-rate", &[("rate", (&ctx.local.grouped(line.bit_rate)).into())]),
            fourth: ctx.local.grouped(line.packets_lost),
        }
    }

    fn of_machine(ctx: &Ctx, machine: &MachineRow) -> Self {
        let profile = &machine.profile;
        Self {
            name: ctx.number(&machine.number),
            attempts: ctx.local.grouped(u64::from(profile.attempts)),
            share: share(u64::from(profile.sent), u64::from(profile.attempts)),
            third: ctx.local.grouped(u64::from(profile.in_a_row)),
            fourth: profile.first(ctx.local.now).words(),
        }
    }
}

pub(super) fn share(part: u64, whole: u64) -> String {
    format!("{} %", (part * 100).checked_div(whole).unwrap_or(0))
}
