//! Who is meant, in a form: nobody, everybody, or those who are chosen.

use plan::edit::EVERYBODY;

use super::super::Ctx;
use super::forms::{Fields, Select, people};

/// Those are meant whom the form names.
const THESE: &str = "these";

/// The two fields of a form that say so, and what the page calls that.
pub(super) struct Asks {
    /// Which of the ways.
    pub(super) way: &'static str,
    pub(super) label: &'static str,
    /// What it means that nobody is meant; nothing: somebody always is.
    pub(super) nobody: Option<&'static str>,
    pub(super) all: &'static str,
    pub(super) these: &'static str,
    /// Those who are chosen.
    pub(super) chosen: &'static str,
    /// The sentence where some are chosen, and it is not said that those are meant.
    pub(super) which: &'static str,
    /// The sentence where those are meant who are chosen, and nobody is.
    pub(super) whom: &'static str,
}

/// The same to fill in.
pub(super) struct Whom {
    pub(super) way: Select,
    /// An extension, whose it is, and whether it is chosen.
    pub(super) people: Vec<(String, String, bool)>,
}

impl Asks {
    /// What the form says: extensions, or [`EVERYBODY`] alone.
    pub(super) fn read(&self, ctx: &Ctx, fields: &Fields) -> Result<Vec<String>, String> {
        let chosen: Vec<_> = fields.all(self.chosen).map(str::to_owned).collect();
        match fields.said(self.way) {
            EVERYBODY => Ok(vec![EVERYBODY.to_owned()]),
            THESE if chosen.is_empty() => Err(ctx.t(self.whom)),
            THESE => Ok(chosen),
            _ if chosen.is_empty() => Ok(Vec::new()),
            _ => Err(ctx.t(self.which)),
        }
    }

    /// The fields, as it is now or as somebody has filled them in.
    pub(super) fn form(&self, ctx: &Ctx, now: &[String], typed: Option<&Fields>) -> Whom {
        let way = match now {
            [] => "",
            [all] if all == EVERYBODY => EVERYBODY,
            _ => THESE,
        };
        let ways = self.nobody.map(|key| ("", key)).into_iter().chain([(EVERYBODY, self.all), (THESE, self.these)]);
        let ways = ways.map(|(value, key)| (value.to_owned(), ctx.t(key)));
        let chosen = if way == THESE { now } else { &[] };
        let way = typed.map_or(way, |fields| fields.said(self.way));
        Whom {
            way: Select::new(self.way, ctx.t(self.label), way, ways),
            people: people(ctx, self.chosen, chosen, typed),
        }
    }
}
