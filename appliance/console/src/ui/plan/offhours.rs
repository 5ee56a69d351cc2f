//! Which kinds of calls are off while nobody is at the clinic: a stolen password calls at night.

use plan::edit::{Change, Editor, OffHours, Span};

use super::super::Ctx;
use super::costs::{kind_boxes, kind_said, kinds};
use super::differences::{open_said, weekday};
use super::forms::{Fields, Select, Slip, boxes};
use super::hours::{field_time, minute};

/// Some are off, as the form says it.
const SOME: &str = "some";
/// When most clinics are open, for a plan that has not said so.
pub(super) const USUAL: OffHours = OffHours {
    open: Span { from: 8 * 60, until: 18 * 60 },
    days: [true, true, true, true, true, false, false],
    kinds: Vec::new(),
};

/// What the form wants.
pub(super) fn wanted(ctx: &Ctx, fields: &Fields) -> Result<Change, String> {
    if fields.said("off") != SOME {
        return Ok(Change::OffHours(None));
    }
    let time = |field: &str| minute(fields.said(field)).ok_or_else(|| ctx.t("off-no-time"));
    // A browser's field writes the end of a day as its beginning.
    let (from, until) = (
        time("from")?,
        match time("until")? {
            0 => 24 * 60,
            until => until,
        },
    );
    if from >= until {
        return Err(ctx.t("off-no-time"));
    }
    let kinds = kinds(fields);
    if kinds.is_empty() {
        return Err(ctx.t("off-no-kind"));
    }
    let mut days = [false; 7];
    for day in fields.all("days").filter_map(|day| day.parse::<usize>().ok()) {
        if let Some(is_open) = days.get_mut(day) {
            *is_open = true;
        }
    }
    Ok(Change::OffHours(Some(OffHours { open: Span { from, until }, days, kinds })))
}

/// The same in words.
pub(super) fn facts(ctx: &Ctx, off: Option<&OffHours>) -> Vec<(String, String)> {
    let list = |all: Vec<String>| if all.is_empty() { ctx.t("off-nothing") } else { all.join(", ") };
    let kinds = off.map_or_else(Vec::new, |off| off.kinds.iter().map(|kind| kind_said(ctx, kind)).collect());
    let mut said = vec![(ctx.t("off-kinds"), list(kinds))];
    if let Some(off) = off {
        let days = (0..7).filter(|n| off.days[*n]).map(|n| weekday(ctx, n)).collect();
        said.extend([(ctx.t("off-open"), open_said(ctx, &[off.open])), (ctx.t("off-days"), list(days))]);
    }
    said
}

/// The same to fill in.
pub(super) struct OffForm {
    pub(super) said: Vec<(String, String)>,
    pub(super) off: Select,
    pub(super) kinds: Vec<(String, String, bool)>,
    pub(super) days: Vec<(String, String, bool)>,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) is_open: bool,
}

impl OffForm {
    pub(super) fn new(ctx: &Ctx, editor: &Editor, slip: &Slip) -> Self {
        let (own, typed) = (editor.off_hours(), slip.of("off"));
        let said = facts(ctx, own.as_ref());
        let now = if own.is_some() { SOME } else { "" };
        let own = own.unwrap_or(USUAL);
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        let days = (0..7).map(|n| (n.to_string(), weekday(ctx, n)));
        let open: Vec<_> = (0..7).filter(|n| own.days[*n]).map(|n| n.to_string()).collect();
        let ways = [("", "off-never"), (SOME, "off-some")].map(|(value, key)| (value.to_owned(), ctx.t(key)));
        Self {
            said,
            off: Select::new("off", ctx.t("off-kinds"), &value("off", now), ways),
            kinds: kind_boxes(ctx, &own.kinds, typed),
            days: boxes("days", days, &open, typed),
            from: value("from", &field_time(own.open.from)),
            until: value("until", &field_time(own.open.until)),
            is_open: typed.is_some(),
        }
    }
}
