//! How faxes and calls are called, everywhere the same: in lists, on their own page, in what was found.

use model::call::{CallEnd, CallPhase, CallRecord, LiveCall, Party};
use model::fax::{Delivery, Direction, FaxState};
use model::{FaxId, Offer, Wall};
use store::rows::FaxRow;

use super::Ctx;
use crate::local::Local;

/// A point in time: as people say it, exactly, and for machines.
pub(crate) struct TimeView {
    pub(crate) said: String,
    pub(crate) exact: String,
    pub(crate) machine: String,
}

impl TimeView {
    pub(crate) fn new(local: &Local, at: Wall, said: String) -> Self {
        Self { said, exact: local.exact(at), machine: local.machine(at) }
    }
}

/// A state: its word, and its colour beside it.
pub(crate) struct Tag {
    pub(crate) class: &'static str,
    pub(crate) text: String,
}

/// A fax in a list.
pub(crate) struct FaxLine {
    pub(crate) id: String,
    pub(crate) href: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) tag: Tag,
    pub(crate) thumb: Option<String>,
    pub(crate) owner: String,
    pub(crate) at: TimeView,
    pub(crate) can_take: bool,
    /// One press takes it back: nothing of it has left.
    pub(crate) can_undo: bool,
    /// How far it has come, while it is on the line.
    pub(crate) progress: Option<Progress>,
}

/// A fax on the line.
pub(crate) struct Progress {
    pub(crate) said: String,
    pub(crate) done: u32,
    pub(crate) of: u32,
}

/// Until when one press takes a fax back: before its first attempt, while that is not due yet.
pub(crate) fn recallable(ctx: &Ctx, row: &FaxRow) -> Option<Wall> {
    let untouched = matches!(row.state, FaxState::Rendering | FaxState::Waiting) && row.attempts == 0;
    row.not_before.filter(|at| untouched && row.pages_confirmed == 0 && *at > ctx.local.now)
}

/// What it is doing, if it is on the line. One that arrives has no end yet: it is shown as half done.
fn progress(ctx: &Ctx, row: &FaxRow) -> Option<Progress> {
    let live = ctx.snapshot.faxes.iter().find(|live| live.fax == row.id)?;
    let of = live.pages.unwrap_or(live.pages_confirmed * 2).max(1);
    let said = match live.pages {
        Some(pages) => ctx.with(
            "fax-going",
            &[("doing", (&live.doing).into()), ("done", live.pages_confirmed.into()), ("count", pages.into())],
        ),
        None => live.doing.clone(),
    };
    Some(Progress { said, done: live.pages_confirmed.min(of), of })
}

/// The address of a fax.
pub(crate) fn fax_href(id: FaxId) -> String {
    format!("/faxes/{id}")
}

impl FaxLine {
    pub(crate) fn new(ctx: &Ctx, row: &FaxRow) -> Self {
        let href = fax_href(row.id);
        Self {
            id: row.id.to_string(),
            title: fax_title(ctx, row),
            text: fax_text(ctx, row),
            tag: fax_tag(ctx, row),
            thumb: (row.pages > 0).then(|| format!("{href}/pages/1/thumb.png")),
            owner: row.owner.as_deref().map(|u| ctx.person(u)).unwrap_or_default(),
            at: ctx.time(row.created),
            can_take: is_unowned(row),
            can_undo: ctx.may(model::settings::Right::SendFaxes) && recallable(ctx, row).is_some(),
            progress: progress(ctx, row),
            href,
        }
    }
}

/// A received fax that nobody has taken.
pub(crate) fn is_unowned(row: &FaxRow) -> bool {
    row.direction == Direction::In
        && row.owner.is_none()
        && !row.junk
        && matches!(row.state, FaxState::Received | FaxState::Partial)
}

/// "Fax from (202) 555-0123"; of what is laid out, what it is about.
pub(crate) fn fax_title(ctx: &Ctx, row: &FaxRow) -> String {
    if row.offer.is_some() {
        // Among others of its kind what it is about tells it apart.
        let subject = row.subject.expose();
        return if subject.is_empty() { ctx.t("offer-one") } else { subject.clone() };
    }
    let ident = row.remote_ident.expose();
    let who = match &row.number {
        Some(number) => ctx.number(number),
        None if !ident.is_empty() => format!("“{ident}”"),
        None => ctx.t("fax-unknown-number"),
    };
    let key = match row.direction {
        Direction::In => "fax-from",
        Direction::Out if row.fetch => "fetch-from",
        Direction::Out if row.given_of.is_some() => "offer-given",
        Direction::Out => "fax-to",
    };
    ctx.with(key, &[("who", (&who).into())])
}

/// The line below the title: what it is about, how many pages, and what was last heard of it.
fn fax_text(ctx: &Ctx, row: &FaxRow) -> String {
    let mut parts = Vec::new();
    if row.junk {
        parts.push(ctx.t("faxes-junk"));
    }
    if !row.subject.expose().is_empty() && row.offer.is_none() {
        parts.push(row.subject.expose().clone());
    }
    if row.pages > 0 {
        parts.push(ctx.with("pages", &[("count", row.pages.into())]));
    }
    if row.delivery == Delivery::Failed {
        parts.push(ctx.t("fax-mail-failed"));
    }
    if row.unwritten {
        parts.push(ctx.t("fax-unwritten-any"));
    }
    if let Some(reason) = &row.reason {
        parts.push(reason.expose().clone());
    } else if row.direction == Direction::Out
        && !matches!(row.state, FaxState::Sent | FaxState::Sending)
        && let Some(cause) = row.cause
    {
        parts.push(row.sentence_of(cause).to_owned());
    }
    parts.join(" · ")
}

/// Its state in a word.
pub(crate) fn fax_tag(ctx: &Ctx, row: &FaxRow) -> Tag {
    if is_unowned(row) && row.state == FaxState::Received {
        let ago = ctx.local.ago(row.created);
        return Tag { class: "warn", text: ctx.with("fax-no-owner", &[("ago", (&ago).into())]) };
    }
    if let Some(offer) = &row.offer
        && let Some(tag) = offer_tag(ctx, row, offer)
    {
        return tag;
    }
    let class = match row.state {
        // Whoever wanted it calls again.
        FaxState::Failed if row.given_of.is_some() => "warn",
        FaxState::Failed | FaxState::Uncertain | FaxState::Partial => "bad",
        FaxState::Held => "warn",
        FaxState::Sent | FaxState::Received | FaxState::Sending | FaxState::Receiving => "ok",
        FaxState::Rendering | FaxState::Waiting | FaxState::Cancelled | FaxState::Offered => "",
    };
    let text = match (row.state, row.next_at) {
        (FaxState::Waiting, Some(at)) if at > ctx.local.now && row.attempts == 0 => ctx.with(
            if row.fetch { "fetch-calls-at" } else { "fax-leaves-at" },
            &[("time", (&ctx.local.when(at)).into())],
        ),
        (FaxState::Waiting, Some(at)) if at > ctx.local.now => {
            ctx.with("fax-again-at", &[("time", (&ctx.local.when(at)).into())])
        }
        (FaxState::Failed, _) if row.direction == Direction::In => ctx.t("fax-state-failed-in"),
        (FaxState::Waiting | FaxState::Sent | FaxState::Failed, _) if row.fetch => {
            ctx.t(&format!("fetch-state-{}", row.state.word()))
        }
        (FaxState::Sending | FaxState::Sent | FaxState::Failed, _) if row.given_of.is_some() => {
            ctx.t(&format!("offer-given-{}", row.state.word()))
        }
        (state, _) => ctx.t(&format!("fax-state-{}", state.word())),
    };
    Tag { class, text }
}

/// The same of a document that is laid out.
fn offer_tag(ctx: &Ctx, row: &FaxRow, offer: &Offer) -> Option<Tag> {
    let (class, text) = match row.state {
        FaxState::Offered if super::offer::lies_ready(offer, row, ctx.local.now) => {
            ("ok", ctx.with("offer-state-offered", &[("time", (&ctx.local.when(offer.until)).into())]))
        }
        FaxState::Offered => ("", ctx.t("offer-state-over")),
        FaxState::Failed => ("bad", ctx.t("offer-state-failed")),
        FaxState::Cancelled | FaxState::Sent => ("", ctx.t(&format!("offer-state-{}", row.state.word()))),
        _ => return None,
    };
    Some(Tag { class, text })
}

/// One end of a call: its name, or its number, or that it is unknown.
pub(crate) fn party(ctx: &Ctx, party: &Party) -> String {
    let name = party.name.expose();
    match &party.number {
        _ if !name.is_empty() => name.clone(),
        Some(number) => ctx.number(number),
        None => ctx.t("call-unknown"),
    }
}

/// "Front desk → (202) 555-0171".
pub(crate) fn call_title(ctx: &Ctx, from: &Party, to: &Party) -> String {
    format!("{} → {}", party(ctx, from), party(ctx, to))
}

/// How a past call ended.
pub(crate) fn call_tag(ctx: &Ctx, call: &CallRecord) -> Tag {
    if call.emergency {
        return Tag { class: "bad", text: ctx.t("call-emergency") };
    }
    let class = match call.end {
        CallEnd::HungUp if !call.is_missed() => "",
        CallEnd::HungUp | CallEnd::Abandoned | CallEnd::Busy | CallEnd::NoAnswer => "warn",
        _ => "bad",
    };
    Tag { class, text: call.sentence().to_owned() }
}

/// A call that is up.
pub(crate) struct LiveView {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) tag: Tag,
    pub(crate) dot: &'static str,
    /// Seconds since it was answered, or since it waits in a queue.
    pub(crate) elapsed: Option<u64>,
    pub(crate) said: String,
    pub(crate) emergency: bool,
    /// How its sound is, once that was measured.
    pub(crate) sound: Option<String>,
    /// All of it is encrypted.
    pub(crate) locked: bool,
}

impl LiveView {
    pub(crate) fn new(ctx: &Ctx, call: &LiveCall) -> Self {
        let since = call.queue.as_ref().map(|queue| queue.since).or(call.answered);
        let elapsed = since.map(|at| u64::try_from(ctx.local.now.millis_since(at) / 1000).unwrap_or(0));
        let phase = match call.phase {
            CallPhase::Ringing => "call-ringing",
            CallPhase::Talking => "call-talking",
            CallPhase::Waiting => "call-waiting",
            CallPhase::Answered => "call-answered",
            CallPhase::Fax => "call-fax",
        };
        let waits = matches!(call.phase, CallPhase::Ringing | CallPhase::Waiting);
        let class = if waits { "warn" } else { "ok" };
        let tag = if call.emergency {
            Tag { class: "bad", text: ctx.t("call-emergency") }
        } else {
            Tag { class, text: ctx.t(phase) }
        };
        Self {
            id: call.id.to_string(),
            title: call_title(ctx, &call.from, &call.to),
            dot: if call.emergency {
                " b"
            } else if waits {
                " w"
            } else {
                ""
            },
            said: elapsed.map_or_else(|| ctx.t(phase), minutes),
            tag,
            elapsed,
            emergency: call.emergency,
            sound: super::sound::worst(ctx, call),
            locked: super::sound::is_locked(call),
        }
    }
}

/// "3:07", "1:02:44".
pub(crate) fn minutes(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}
