//! One fax: what it came to in a sentence, what to do now, its pages, and what happened.

use askama::Template;
use axum::extract::Path;
use model::event::LiveFax;
use model::fax::{Cause, Delivery, Direction, Door, FaxState, Outcome};
use model::settings::Right;
use model::trace::Mark;
use store::rows::{AttemptRow, FaxRow};

use super::filing::{FilingView, MachineView};
use super::handing::{self, HandingView};
use super::steps::{Happened, Step};
use super::words::{FaxLine, fax_href, fax_title, is_unowned, recallable};
use super::{Answer, Ctx, Fact, Place, Shell, page as render, undelivered};
use crate::data;

/// Pages shown as small pictures; the viewer turns through all of them.
const MAX_PICTURES: u32 = 60;

/// `GET /faxes/{id}`.
pub(crate) async fn page(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let row = data::fax(&ctx.app, &id).await?;
    data::viewed(&ctx.app, &ctx.principal, &row, data::Look::at_page(ctx.by_itself)).await?;
    let attempts = ctx.app.store.faxes().attempts(row.id).await?;
    let live = ctx.snapshot.faxes.iter().find(|f| f.fax == row.id);
    let changes = format!("live-fax-{}", row.id);
    let inward = row.direction == Direction::In;
    let owners = if inward { ctx.app.store.faxes().owners(row.id).await? } else { Vec::new() };
    let Happened { steps, frames } = happened(&ctx, &row, &attempts, handing::steps(&ctx, &owners));
    let receipt_lost = row.receipt_to.is_some() && ctx.app.store.mails().is_receipt_lost(row.id).await?;
    let undelivered = undelivered::of(&ctx, &row).await?;
    // The pages that an order fetched stand in the fax that came.
    let drawn = if row.fetch { 0 } else { row.pages };
    render(&Fax {
        shell: ctx.shell(heading(&ctx, &row), Place::Faxes, &[&changes]).await,
        href: fax_href(row.id),
        folder: if inward { ("/faxes?show=in", ctx.t("faxes-in")) } else { ("/faxes?show=out", ctx.t("faxes-out")) },
        sub: sub(&ctx, &row),
        banner: match () {
            () if row.fetch => super::fetch::banner(&ctx, &row),
            () if row.is_never_dialled() => super::offer::banner(&ctx, &row),
            () => undelivered::below(banner(&ctx, &row), undelivered),
        },
        given: super::offer::given(&ctx, &row).await?,
        links: super::fetch::links(&ctx, &row).await?,
        pages_title: ctx.t(if inward || row.fetch || row.offer.is_some() { "fax-pages" } else { "fax-pages-theirs" }),
        no_pages: ctx.t(match row.state {
            _ if row.fetch => "fetch-no-pages",
            state if inward || state.is_final() => "fax-no-pages",
            _ => "fax-no-pages-yet",
        }),
        pages: (1..=drawn.min(MAX_PICTURES)).map(|n| PageView::new(&ctx, &row, n)).collect(),
        more_pages: u64::from(drawn.saturating_sub(MAX_PICTURES)),
        live: live.map(|l| live_facts(&ctx, l)),
        attempts: attempt_views(&ctx, &row, &attempts),
        facts: facts(&ctx, &row, receipt_lost)
            .into_iter()
            .chain(super::offer::facts(&ctx, &row))
            .chain(super::filing::ways(&ctx, &row).await?)
            .collect(),
        filing: FilingView::new(&ctx, &row),
        handing: HandingView::new(&ctx, &row),
        machine: MachineView::of(&ctx, &row).await?,
        has_receipt: row.direction == Direction::Out && !row.fetch && !attempts.is_empty(),
        steps,
        frames,
    })
}

#[derive(Template)]
#[template(path = "fax.html")]
struct Fax {
    shell: Shell,
    href: String,
    folder: (&'static str, String),
    sub: String,
    banner: Option<Banner>,
    links: Vec<(String, String)>,
    /// Of a document that is laid out: who fetched it.
    given: Option<Vec<FaxLine>>,
    pages_title: String,
    no_pages: String,
    pages: Vec<PageView>,
    more_pages: u64,
    live: Option<Vec<Fact>>,
    attempts: Vec<AttemptView>,
    facts: Vec<Fact>,
    filing: Option<FilingView>,
    handing: Option<HandingView>,
    machine: Option<MachineView>,
    has_receipt: bool,
    steps: Vec<Step>,
    frames: Vec<Step>,
}

/// Trouble, or a thing to do, with its buttons.
pub(super) struct Banner {
    pub(super) class: &'static str,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) acts: Vec<Act>,
}

/// A button.
pub(super) struct Act {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) class: &'static str,
    /// Done at once; else it leads to a page that asks again.
    pub(super) post: bool,
}

struct PageView {
    number: u32,
    said: String,
    alt: String,
    bad: bool,
}

struct AttemptView {
    title: String,
    facts: Vec<Fact>,
    open: bool,
}

/// Its subject, or else from or to whom it is.
pub(super) fn heading(ctx: &Ctx, row: &FaxRow) -> String {
    let subject = row.subject.expose();
    if subject.is_empty() { fax_title(ctx, row) } else { subject.clone() }
}

/// "To (202) 555-0163 · from Nurse (by mail) · 20 November, 09:41 · 3 pages".
fn sub(ctx: &Ctx, row: &FaxRow) -> String {
    let mut parts = Vec::new();
    if !row.subject.expose().is_empty() {
        parts.push(fax_title(ctx, row));
    }
    if let Some(by) = &row.by {
        let key = match row.door {
            _ if row.fetch => "fetch-ordered",
            _ if row.is_never_dialled() => "offer-by",
            Some(Door::Mail) => "fax-by-mail",
            Some(Door::Api) => "fax-by-api",
            Some(Door::Console) | None => "fax-by-console",
        };
        parts.push(ctx.with(key, &[("who", (&ctx.person(by)).into())]));
    }
    parts.push(ctx.local.date_time(row.created));
    if row.pages > 0 {
        parts.push(ctx.with("pages", &[("count", row.pages.into())]));
    }
    parts.join(" · ")
}

fn banner(ctx: &Ctx, row: &FaxRow) -> Option<Banner> {
    let href = fax_href(row.id);
    let may_send = ctx.may(Right::SendFaxes);
    let act =
        |key: &str, path: &str, class, post| Act { title: ctx.t(key), href: format!("{href}/{path}"), class, post };
    let again = || {
        let missing = row.pages.saturating_sub(row.pages_confirmed);
        let title = match (missing, row.pages_confirmed) {
            (1, 1..) => ctx.with("fax-again-page", &[("page", row.pages.into())]),
            (2.., 1..) => ctx.with("fax-again-rest", &[("page", (row.pages_confirmed + 1).into())]),
            _ => ctx.t("fax-again-all"),
        };
        Act { title, href: format!("{href}/again"), class: "p", post: false }
    };
    let cause = row.cause.map(|c| c.sentence().to_owned());
    let mut banner = match row.state {
        FaxState::Uncertain => Banner {
            class: "",
            title: ctx.t("fax-uncertain"),
            lines: vec![cause.unwrap_or_default(), ctx.t("fax-uncertain-what")],
            acts: if may_send { vec![act("fax-arrived", "arrived", "", false), again()] } else { Vec::new() },
        },
        FaxState::Failed if row.direction == Direction::Out => {
            let why = row.reason.as_ref().map(|r| r.expose().clone()).or(cause).unwrap_or_default();
            let retry = may_send && row.pages > 0;
            let acts = if retry { vec![again()] } else { Vec::new() };
            let counted = [("done", row.pages_confirmed.into()), ("count", row.pages.into())];
            let (title, part) = match row.pages_confirmed {
                0 => ("fax-failed", String::new()),
                _ => ("fax-failed-rest", ctx.with("fax-failed-part", &counted)),
            };
            Banner { class: "", title: ctx.t(title), lines: vec![why, part, tried(ctx, row)], acts }
        }
        FaxState::Failed => {
            Banner { class: "", title: ctx.t("fax-failed-in"), lines: cause.into_iter().collect(), acts: Vec::new() }
        }
        FaxState::Partial => {
            let text = ctx.with("fax-partial-what", &[("count", row.pages.into())]);
            Banner { class: "", title: ctx.t("fax-partial"), lines: vec![text], acts: Vec::new() }
        }
        FaxState::Rendering | FaxState::Waiting => match recallable(ctx, row) {
            // One press: nothing of it has left, so there is nothing to ask.
            Some(until) => Banner {
                class: "calm",
                title: ctx.with("fax-undo-until", &[("time", (&ctx.local.when_exact(until)).into())]),
                lines: vec![ctx.t("fax-undo-what")],
                acts: if may_send { vec![act("fax-undo", "recall", "p", true)] } else { Vec::new() },
            },
            None => Banner {
                class: "calm",
                title: ctx.t(if row.state == FaxState::Waiting { "fax-waiting" } else { "fax-rendering" }),
                lines: waiting(ctx, row),
                acts: if may_send { vec![act("fax-recall", "recall", "", false)] } else { Vec::new() },
            },
        },
        FaxState::Held => Banner {
            class: "",
            title: ctx.t("fax-held"),
            lines: vec![ctx.t("fax-held-what")],
            acts: held_acts(ctx, row, may_send),
        },
        FaxState::Sending => Banner {
            class: "calm",
            title: ctx.t("fax-sending"),
            lines: Vec::new(),
            acts: if may_send { vec![act("fax-recall", "recall", "", false)] } else { Vec::new() },
        },
        FaxState::Received if is_unowned(row) => Banner {
            class: "warn",
            title: ctx.t("fax-unowned"),
            lines: vec![ctx.t("fax-unowned-what")],
            acts: Vec::new(),
        },
        FaxState::Sent | FaxState::Cancelled | FaxState::Offered | FaxState::Receiving | FaxState::Received => {
            return None;
        }
    };
    if is_unowned(row) {
        banner.acts.push(act("fax-take", "take", "p", true));
    }
    banner.lines.retain(|l| !l.is_empty());
    Some(banner)
}

/// What to do about a fax that looks like another: look at that one, let this one go, or take it back.
fn held_acts(ctx: &Ctx, row: &FaxRow, may_send: bool) -> Vec<Act> {
    let href = fax_href(row.id);
    let act = |key: &str, href, class, post| Act { title: ctx.t(key), href, class, post };
    let mut acts: Vec<_> = row.twin.map(|twin| act("fax-held-other", fax_href(twin), "", false)).into_iter().collect();
    if may_send {
        acts.push(act("fax-held-recall", format!("{href}/recall"), "p", true));
        acts.push(act("fax-held-send", format!("{href}/again"), "", false));
    }
    acts
}

pub(super) fn tried(ctx: &Ctx, row: &FaxRow) -> String {
    if row.attempts == 0 { String::new() } else { ctx.with("fax-tried", &[("count", row.attempts.into())]) }
}

/// Why it still waits, and until when.
pub(super) fn waiting(ctx: &Ctx, row: &FaxRow) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(cause), true) = (row.cause, row.attempts > 0) {
        lines.push(row.sentence_of(cause).to_owned());
    }
    if let Some(at) = row.next_at.filter(|at| *at > ctx.local.now) {
        lines.push(
            ctx.with("fax-next-at", &[("time", (&ctx.local.when(at)).into()), ("number", (row.attempts + 1).into())]),
        );
    }
    lines
}

impl PageView {
    fn new(ctx: &Ctx, row: &FaxRow, number: u32) -> Self {
        let confirmed = number <= row.pages_confirmed;
        let bad = !confirmed && matches!(row.state, FaxState::Uncertain | FaxState::Failed | FaxState::Partial);
        let key = match row.direction {
            Direction::In if confirmed => None,
            Direction::In => Some("page-in-part"),
            Direction::Out if row.offer.is_some() => None,
            Direction::Out if confirmed => Some("page-confirmed"),
            Direction::Out if bad || row.is_arrived_by_word() => Some("page-not-confirmed"),
            Direction::Out => None,
        };
        let said = key.map(|k| ctx.t(k)).unwrap_or_default();
        let alt = ctx.with("page-alt", &[("page", number.into()), ("count", row.pages.into())]);
        Self { number, said, alt, bad }
    }
}

fn live_facts(ctx: &Ctx, live: &LiveFax) -> Vec<Fact> {
    let mut facts = vec![(ctx.t("live-doing"), live.doing.clone())];
    let confirmed = match live.pages {
        Some(pages) => ctx.with("live-confirmed-of", &[("done", live.pages_confirmed.into()), ("count", pages.into())]),
        None => live.pages_confirmed.to_string(),
    };
    facts.push((ctx.t("live-confirmed"), confirmed));
    if live.bit_rate > 0 {
        facts.push((ctx.t("attempt-speed"), speed(ctx, live.bit_rate)));
    }
    facts
}

fn speed(ctx: &Ctx, bit_rate: u32) -> String {
    ctx.with("bit-rate", &[("rate", (&ctx.local.grouped(u64::from(bit_rate))).into())])
}

/// The newest attempt stands open beside the pages; those before it are behind a fold.
fn attempt_views(ctx: &Ctx, row: &FaxRow, attempts: &[AttemptRow]) -> Vec<AttemptView> {
    let newest = attempts.len().saturating_sub(1);
    let view = |(i, attempt): (usize, &AttemptRow)| AttemptView {
        title: match row.direction {
            Direction::Out => ctx.with("attempt", &[("number", attempt.number.into())]),
            Direction::In => ctx.t("reception"),
        },
        facts: attempt_facts(ctx, attempt),
        open: i == newest,
    };
    attempts.iter().enumerate().map(view).collect()
}

fn attempt_facts(ctx: &Ctx, attempt: &AttemptRow) -> Vec<Fact> {
    let mut facts =
        vec![(ctx.t("attempt-line"), attempt.line.clone()), (ctx.t("attempt-began"), ctx.local.when(attempt.started))];
    let Some(outcome) = &attempt.outcome else {
        facts.push((ctx.t("attempt-outcome"), ctx.t("attempt-open")));
        return facts;
    };
    if outcome.bit_rate > 0 {
        facts.push((ctx.t("attempt-speed"), speed(ctx, outcome.bit_rate)));
        facts.push((ctx.t("attempt-ecm"), ctx.t(if outcome.ecm { "attempt-ecm-on" } else { "attempt-ecm-off" })));
        facts.push((ctx.t("attempt-repaired"), ctx.local.grouped(u64::from(outcome.packets_repaired))));
        facts.push((ctx.t("attempt-repeated"), ctx.local.grouped(u64::from(outcome.blocks_repeated))));
        if outcome.bad_rows > 0 {
            facts.push((ctx.t("attempt-bad-rows"), ctx.local.grouped(u64::from(outcome.bad_rows))));
        }
        facts.push((ctx.t("attempt-lost"), ctx.local.grouped(u64::from(outcome.packets_lost))));
    }
    facts.push((ctx.t("attempt-time"), ctx.local.duration(outcome.millis)));
    facts
}

fn facts(ctx: &Ctx, row: &FaxRow, receipt_lost: bool) -> Vec<Fact> {
    let mut facts = Vec::new();
    let nobody = || ctx.t("nobody-yet");
    if let Some(by) = &row.by {
        let key = match () {
            () if row.fetch => "fetch-by",
            () if row.is_never_dialled() => "offer-owner",
            () => "record-by",
        };
        facts.push((ctx.t(key), ctx.person(by)));
    }
    if row.direction == Direction::In {
        facts.push((ctx.t("record-owner"), row.owner.as_deref().map_or_else(nobody, |u| ctx.person(u))));
        facts.extend(row.our_number.as_ref().map(|n| (ctx.t("record-called"), ctx.number(n))));
    }
    if !row.remote_ident.expose().is_empty() {
        facts.push((ctx.t("record-ident"), row.remote_ident.expose().clone()));
    }
    if row.delivery != Delivery::None {
        facts.push((ctx.t("record-delivery"), ctx.t(&format!("delivery-{}", row.delivery.word()))));
    }
    if row.receipt_to.is_some() {
        let how = if receipt_lost { "record-receipt-lost" } else { "record-receipt-mail" };
        facts.push((ctx.t("record-receipt"), ctx.t(how)));
    }
    if !row.left_out.expose().is_empty() {
        facts.push((ctx.t("record-left-out"), row.left_out.expose().clone()));
    }
    if let Some(folder) = &row.folder {
        facts.push((ctx.t("record-folder"), folder.clone()));
    }
    if let Some((by, at)) = &row.done {
        let key = if row.direction == Direction::In { "record-done" } else { "record-arrived-by" };
        facts.push((ctx.t(key), format!("{}, {}", ctx.person(by), ctx.local.when(*at))));
    }
    let kept = if row.legal_hold { ctx.t("record-held") } else { ctx.local.day_year(row.keep_until) };
    facts.push((ctx.t("record-kept"), kept));
    facts
}

/// The recorders of all attempts, with what the row itself knows before and between them, and whose it has been.
fn happened(ctx: &Ctx, row: &FaxRow, attempts: &[AttemptRow], owners: Vec<Step>) -> Happened {
    let mut all = Happened { steps: owners, ..Happened::default() };
    if row.direction == Direction::Out {
        let key = match row.door {
            _ if row.given_of.is_some() => "offer-they-called",
            _ if row.offer.is_some() => "offer-laid-out",
            Some(Door::Mail) => "step-mail",
            Some(Door::Api) => "step-api",
            Some(Door::Console) | None if row.fetch => "step-api",
            Some(Door::Console) | None => "step-console",
        };
        let stored = if row.given_of.is_some() { String::new() } else { ctx.t("step-stored") };
        all.steps.push(Step::new(ctx, row.created, Mark::Good, ctx.t(key), stored));
    }
    for attempt in attempts {
        if row.direction == Direction::Out {
            let title =
                ctx.with("step-attempt", &[("number", attempt.number.into()), ("line", (&attempt.line).into())]);
            let detail = match attempt.first_page {
                0 => String::new(),
                page => ctx.with("step-from-page", &[("page", (page + 1).into())]),
            };
            all.steps.push(Step::new(ctx, attempt.started, Mark::Detail, title, detail));
        }
        all.add(ctx, &attempt.trace);
        if let (Some(outcome), Some(ended)) = (&attempt.outcome, attempt.ended) {
            let detail = if row.direction == Direction::Out { row.sentence_of(outcome.cause) } else { "" };
            all.steps.push(Step::new(ctx, ended, mark_of(outcome), ended_title(ctx, row, attempt), detail.to_owned()));
        }
    }
    if let (Direction::Out, Some((by, at))) = (row.direction, &row.done) {
        let title = ctx.with("step-arrived-by", &[("who", (&ctx.person(by)).into())]);
        all.steps.push(Step::new(ctx, *at, Mark::Good, title, ctx.t("step-arrived-by-what")));
    }
    if let Some(reason) = &row.reason {
        all.steps.push(Step::new(ctx, row.changed, Mark::Bad, ctx.t("step-unrenderable"), reason.expose().clone()));
    }
    all.sorted()
}

fn ended_title(ctx: &Ctx, row: &FaxRow, attempt: &AttemptRow) -> String {
    let confirmed = attempt.outcome.as_ref().map_or(0, |o| o.pages_confirmed);
    match row.direction {
        Direction::Out => ctx.with("step-ended", &[("number", attempt.number.into()), ("count", confirmed.into())]),
        Direction::In => {
            let part = attempt.outcome.as_ref().map_or(0, |o| o.pages_in_part);
            let said = if part > 0 { "step-received-part" } else { "step-received" };
            ctx.with(said, &[("count", (confirmed + part).into())])
        }
    }
}

const fn mark_of(outcome: &Outcome) -> Mark {
    match outcome.cause {
        Cause::Delivered => Mark::Good,
        Cause::Busy | Cause::NoAnswer | Cause::NoMachine | Cause::TrunkDown | Cause::ModemGone | Cause::Cancelled => {
            Mark::Warn
        }
        _ => Mark::Bad,
    }
}
