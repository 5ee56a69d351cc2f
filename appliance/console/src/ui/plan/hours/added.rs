//! Hours and schedules that the plan has not had before.

use plan::edit::{Editor, Span};

use super::super::super::Ctx;
use super::super::differences::weekday;
use super::super::forms::{Fields, Places, Select};
use super::{DayFields, hours_select, night_select};

/// Hours to add.
pub(super) struct AddWeek {
    pub(super) name: String,
    pub(super) days: Vec<DayFields>,
    pub(super) holidays: bool,
    pub(super) is_open: bool,
}

/// Something more that leads calls by hours.
pub(super) struct AddCalls {
    pub(super) name: String,
    pub(super) selects: Vec<Select>,
    pub(super) is_open: bool,
}

impl AddWeek {
    pub(super) fn new(ctx: &Ctx, typed: Option<&Fields>) -> Self {
        Self {
            name: typed.map_or("", |fields| fields.said("name")).to_owned(),
            days: new_week(ctx, typed),
            holidays: typed.is_none_or(|fields| fields.get("holidays").is_some()),
            is_open: typed.is_some(),
        }
    }
}

/// Hours that many have, to begin with.
pub(super) fn new_week(ctx: &Ctx, typed: Option<&Fields>) -> Vec<DayFields> {
    let usual = [Span { from: 8 * 60, until: 17 * 60 }];
    let open = |n: usize| if n < 5 { &usual[..] } else { &[] };
    (0..7).map(|n| DayFields::new(weekday(ctx, n), &n.to_string(), open(n), typed)).collect()
}

impl AddCalls {
    pub(super) fn new(ctx: &Ctx, editor: &Editor, places: &Places, typed: Option<&Fields>) -> Self {
        let value = |field: &str| typed.map_or("", |fields| fields.said(field)).to_owned();
        let weeks = editor.weeks();
        let first = weeks.first().map(|week| week.name.clone()).unwrap_or_default();
        let hours = Some(value("hours")).filter(|hours| !hours.is_empty()).unwrap_or(first);
        let place = |field: &'static str, key: &str, none: &str| {
            places.select(ctx, (field, ctx.t(key)), &value(field), Some(ctx.t(none)))
        };
        Self {
            name: value("name"),
            selects: vec![
                hours_select(ctx, "hours", "calls-hours", &hours, &weeks),
                place("open", "calls-open", "oncall-choose"),
                place("closed", "calls-closed", "oncall-choose"),
                place("holiday", "calls-holiday", "calls-as-closed"),
                night_select(ctx, true, typed),
            ],
            is_open: typed.is_some(),
        }
    }
}
