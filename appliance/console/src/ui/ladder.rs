//! The messages of a call, drawn: a column for each side, an arrow for each message, and the message behind it.

use model::ladder::{Ladder, LadderMessage};

use super::Ctx;
use crate::messages::words::{self, Tone};

/// Columns that are drawn: the caller, Frontdesk, and four that are called. More phones than that share the last one; the table names each.
const MAX_COLUMNS: usize = 6;
/// Our own column.
const US: usize = 2;

/// The picture.
pub(crate) struct LadderView {
    /// Names of the columns; their number is in the class of the picture.
    pub(crate) columns: Vec<String>,
    pub(crate) rungs: Vec<Rung>,
    pub(crate) dropped: Option<String>,
}

/// One message.
pub(crate) struct Rung {
    /// Since the first message.
    pub(crate) said: String,
    pub(crate) exact: String,
    pub(crate) machine: String,
    pub(crate) sentence: String,
    pub(crate) label: String,
    pub(crate) first_line: String,
    /// The classes of its arrow: where it begins and ends, which way it goes, how it is drawn.
    pub(crate) arrow: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// How it travelled.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl LadderView {
    pub(crate) fn new(ctx: &Ctx, ladder: &Ladder) -> Self {
        let texts = ctx.local.texts;
        let mut columns = vec![ctx.t("ladder-us")];
        let mut place = Vec::with_capacity(ladder.lanes.len());
        for lane in &ladder.lanes {
            let name = words::lane_name(texts, lane);
            // The caller stands left of us; with nobody who called (a fax that we send), the first column is ours.
            if lane.caller && place.iter().all(|p| *p != 1) {
                columns.insert(0, name);
                place.push(1);
            } else {
                columns.push(name);
                place.push(columns.len());
            }
        }
        let us = if place.contains(&1) { US } else { US - 1 };
        if columns.len() > MAX_COLUMNS {
            columns.truncate(MAX_COLUMNS);
            columns[MAX_COLUMNS - 1] = ctx.t("ladder-others");
        }
        let lines = words::lines(texts, ladder);
        let first = ladder.messages.first().map(|m| m.at);
        let rung = |(message, line): (&LadderMessage, words::Line)| {
            let them = place.get(message.lane).copied().unwrap_or(us).min(MAX_COLUMNS);
            let name = ladder.lanes.get(message.lane).map(|l| words::lane_name(texts, l)).unwrap_or_default();
            let ours = ctx.t("ladder-us");
            let (from, to) = if message.inbound { (name, ours) } else { (ours, name) };
            Rung {
                said: since(ctx, first.map_or(0, |first| message.at.millis_since(first))),
                exact: ctx.local.exact(message.at),
                machine: ctx.local.machine(message.at),
                arrow: arrow(us, them, message, line.tone),
                path: path(ctx, message),
                text: readable(message.text.expose()),
                sentence: line.sentence,
                label: line.label,
                first_line: line.first_line,
                from,
                to,
            }
        };
        let rungs = ladder.messages.iter().zip(lines).map(rung).collect();
        let dropped = (ladder.dropped > 0).then(|| ctx.with("ladder-dropped", &[("count", ladder.dropped.into())]));
        Self { columns, rungs, dropped }
    }
}

fn since(ctx: &Ctx, millis: i64) -> String {
    let millis = millis.max(0);
    ctx.with("ladder-seconds", &[("seconds", (&format!("{}.{:03}", millis / 1000, millis % 1000)).into())])
}

fn arrow(us: usize, them: usize, message: &LadderMessage, tone: Tone) -> String {
    let (from, to) = if message.inbound { (them, us) } else { (us, them) };
    let way = if from < to { "to-right" } else { "to-left" };
    let tone = match tone {
        Tone::Plain => "",
        Tone::Good => " good",
        Tone::Bad => " bad",
    };
    let again = if message.again { " again" } else { "" };
    format!("s{} e{} {way}{tone}{again}", from.min(to), from.max(to))
}

/// How it travelled.
pub(super) fn path(ctx: &Ctx, message: &LadderMessage) -> String {
    let (local, remote) = (message.local.expose().to_string(), message.remote.expose().to_string());
    let (from, to) = if message.inbound { (&remote, &local) } else { (&local, &remote) };
    let time = format!("{}.{:03}", ctx.local.clock_exact(message.at), message.at.millis().rem_euclid(1000));
    let size = ctx.local.size(message.text.expose().len());
    ctx.with(
        "ladder-path",
        &[
            ("time", (&time).into()),
            ("transport", (&*message.transport).into()),
            ("from", from.into()),
            ("to", to.into()),
            ("size", (&size).into()),
        ],
    )
}

/// Its text, with a mark in the place of what cannot be shown.
pub(super) fn readable(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).replace("\r\n", "\n");
    text.trim_end().chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}
