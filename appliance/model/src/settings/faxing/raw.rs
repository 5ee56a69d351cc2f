//! What is written under `[fax]`, and what is wrong with it.

use std::time::Duration;

use serde::Deserialize;

use super::super::raw::Check;
use super::super::{Modem, Person, Trunk};
use super::{FaxLine, FaxRoute, Faxing, Hours, Pattern, Window};
use crate::{Numbering, Pii, Resolution};

/// All that stands under `[fax]`, in one table: serde's `flatten` would forget on which line each stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct RawFax {
    pub(in super::super) number: String,
    pub(in super::super) station_id: String,
    #[serde(default)]
    pub(in super::super) deliver_to: Vec<String>,
    resolution: Option<String>,
    recall_seconds: Option<u64>,
    twins_minutes: Option<u64>,
    bulk_hours: Option<String>,
    batch: Option<bool>,
    #[serde(default)]
    windows: Vec<RawWindow>,
    #[serde(default)]
    lines: Vec<RawLine>,
    #[serde(default)]
    blocked: Vec<String>,
    #[serde(default)]
    block_anonymous: bool,
    #[serde(default)]
    routes: Vec<RawRoute>,
    #[serde(default)]
    receipt_page: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWindow {
    to: String,
    hours: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    trunk: Option<String>,
    modem: Option<String>,
    at_once: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawRoute {
    called: Option<String>,
    caller: Option<String>,
    ident: Option<String>,
    subaddress: Option<String>,
    keys: Option<String>,
    code: Option<String>,
    owner: Option<String>,
    folder: Option<String>,
    mail: Option<Vec<String>>,
    write_to: Option<String>,
    api: bool,
    junk: bool,
}

/// Longer holds are a schedule, which each fax can have for itself.
const MAX_RECALL: u64 = 3600;
/// An extension; nobody presses more before a fax begins.
const MAX_KEYS: usize = 8;
/// A week: who sends the same pages after that means it.
const MAX_TWINS: u64 = 7 * 24 * 60;

const HOURS: &str = "write it as in 19:00-07:00";
const PATTERN: &str = "write a full number as in +12025550123, or the start of numbers as in +1900*";

impl RawFax {
    pub(in super::super) fn check(
        self,
        check: &mut Check,
        numbering: &Numbering,
        lines: (&[Trunk], &[Modem]),
        people: &[Person],
    ) -> Faxing {
        let default = Faxing::default();
        let resolution = self.resolution.map_or(default.resolution, |word| {
            Resolution::from_word(&word).unwrap_or_else(|| {
                check.say("fax.resolution", "there is no such resolution", "write fine, 300 or 400");
                default.resolution
            })
        });
        let recall = self.recall_seconds.map_or(default.recall, Duration::from_secs);
        if recall.as_secs() > MAX_RECALL {
            check.say("fax.recall_seconds", "longer than an hour", "write at most 3600; 0 sends at once");
        }
        let twins_within =
            self.twins_minutes.map_or(default.twins_within, |m| Duration::from_secs(m.min(MAX_TWINS) * 60));
        let mut hours = |at: String, text: &str| {
            let hours = Hours::parse(text);
            if hours.is_none() {
                check.say(at, "these are no hours", HOURS);
            }
            hours
        };
        let bulk_hours = self.bulk_hours.as_deref().and_then(|text| hours("fax.bulk_hours".to_owned(), text));
        let open: Vec<_> =
            self.windows.iter().enumerate().map(|(i, w)| hours(format!("fax.windows[{i}].hours"), &w.hours)).collect();
        let windows = self
            .windows
            .iter()
            .zip(open)
            .enumerate()
            .filter_map(|(i, (window, hours))| {
                let to = pattern(check, &format!("fax.windows[{i}].to"), &window.to, numbering)?;
                Some(Window { to, hours: hours? })
            })
            .collect();
        let own = self.lines.into_iter().enumerate().filter_map(|(i, line)| line.check(check, i, lines)).collect();
        let blocked = self
            .blocked
            .iter()
            .enumerate()
            .filter_map(|(i, text)| pattern(check, &format!("fax.blocked[{i}]"), text, numbering))
            .collect();
        let routes =
            self.routes.into_iter().enumerate().map(|(i, route)| route.check(check, i, numbering, people)).collect();
        Faxing {
            resolution,
            recall,
            twins_within,
            bulk_hours,
            windows,
            batch: self.batch.unwrap_or(default.batch),
            lines: own,
            blocked,
            block_anonymous: self.block_anonymous,
            routes,
            receipt_page: self.receipt_page,
        }
    }
}

pub(in super::super) fn pattern(check: &mut Check, at: &str, text: &str, numbering: &Numbering) -> Option<Pattern> {
    let pattern = Pattern::parse(text, numbering);
    if pattern.is_none() {
        check.say(at, "this is no number", PATTERN);
    }
    pattern
}

impl RawLine {
    fn check(self, check: &mut Check, i: usize, (trunks, modems): (&[Trunk], &[Modem])) -> Option<FaxLine> {
        let (field, help, name, channels) = match (self.trunk, self.modem) {
            (Some(name), None) => {
                let channels = trunks.iter().find(|t| t.name == name).map(|t| t.channels);
                ("trunk", "write the name of one under [[trunks]]", name, channels)
            }
            (None, Some(name)) => {
                let channels = modems.iter().any(|m| m.name == name).then_some(1);
                ("modem", "write the name of one under [[modems]]", name, channels)
            }
            _ => {
                check.say(format!("fax.lines[{i}]"), "which line is not clear", "write either trunk or modem");
                return None;
            }
        };
        let Some(channels) = channels else {
            check.say(format!("fax.lines[{i}].{field}"), format!("there is no such {field}"), help);
            return None;
        };
        Some(FaxLine { name, at_once: self.at_once.unwrap_or(channels).min(channels) })
    }
}

impl RawRoute {
    fn check(self, check: &mut Check, i: usize, numbering: &Numbering, people: &[Person]) -> FaxRoute {
        let at = |field: &str| format!("fax.routes[{i}].{field}");
        if self.owner.as_ref().is_some_and(|owner| !people.iter().any(|p| p.user == *owner)) {
            check.say(at("owner"), "there is no such person", "write the user of one under [[people]]");
        }
        let folder_name = |text: &String| {
            !text.is_empty() && text.len() <= 60 && text.chars().all(|c| c.is_alphanumeric() || " -_".contains(c))
        };
        for (field, value) in [("folder", &self.folder), ("write_to", &self.write_to)] {
            if value.as_ref().is_some_and(|text| !folder_name(text)) {
                check.say(at(field), "this is no name of a folder", "write a few letters and digits");
            }
        }
        if self.keys.as_ref().is_some_and(|keys| !is_keys(keys)) {
            check.say(at("keys"), "these are no keys of a telephone", "write up to eight digits, * and #, as in 44");
        }
        let conditions = [&self.called, &self.caller, &self.ident, &self.subaddress, &self.keys, &self.code];
        if conditions.into_iter().all(Option::is_none) {
            let help = "write called, caller, ident, subaddress, keys or code";
            check.say(format!("fax.routes[{i}]"), "this would be the way of every fax", help);
        }
        FaxRoute {
            called: self.called.map(|text| check.number(&at("called"), &text, numbering)),
            caller: self.caller.and_then(|text| pattern(check, &at("caller"), &text, numbering)),
            ident: self.ident.map(|text| text.trim().to_lowercase()),
            subaddress: self.subaddress,
            keys: self.keys,
            code: self.code,
            owner: self.owner,
            folder: self.folder,
            mail: self.mail.map(|all| all.into_iter().map(Pii::new).collect()),
            write_to: self.write_to,
            api: self.api,
            junk: self.junk,
        }
    }
}

fn is_keys(text: &str) -> bool {
    (1..=MAX_KEYS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'))
}
