//! How the clinic sends and receives faxes.

pub(super) mod raw;

use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::{Modem, Settings};
use crate::sending::Priority;
use crate::{Numbering, PhoneNumber, Pii, Resolution, Said, Wall};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faxing {
    /// The finest pages that we offer to take, and how fine those are that we send.
    pub resolution: Resolution,
    /// How long a fax waits before it is dialled, so that it can be recalled.
    pub recall: Duration,
    /// A fax with the same pages to the same number within this time waits for a person. Zero: never.
    pub twins_within: Duration,
    /// When bulk faxes may be dialled; `None`: at any time.
    pub bulk_hours: Option<Hours>,
    /// Numbers that may be dialled at certain hours only.
    pub windows: Vec<Window>,
    /// Faxes that wait for one number go in one call, one after the other.
    pub batch: bool,
    /// The lines for faxes, best first; empty: all trunks as they stand, then all modems.
    pub lines: Vec<FaxLine>,
    /// Whose faxes are not taken: the call is refused before it is answered.
    pub blocked: Vec<Pattern>,
    /// Callers without a number are refused too.
    pub block_anonymous: bool,
    /// Where received faxes go; the first that fits. What fits none goes to everybody's inbox and to `deliver_to`.
    pub routes: Vec<FaxRoute>,
    /// The first page stands on the printable receipt.
    pub receipt_page: bool,
}

impl Default for Faxing {
    fn default() -> Self {
        Self {
            resolution: Resolution::default(),
            recall: Duration::from_secs(30),
            twins_within: Duration::from_secs(3600),
            bulk_hours: None,
            windows: Vec::new(),
            batch: true,
            lines: Vec::new(),
            blocked: Vec::new(),
            block_anonymous: false,
            routes: Vec::new(),
            receipt_page: false,
        }
    }
}

/// Some hours of each day, in the clinic's time. "19:00-07:00" goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    from: Time,
    to: Time,
}

impl Hours {
    /// Reads "08:00-17:30".
    pub fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let time = |text: &str| {
            let (hour, minute) = text.trim().split_once(':')?;
            let two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            (two(hour) && two(minute)).then(|| Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok())?
        };
        let (from, to) = (time(from)?, time(to)?);
        (from != to).then_some(Self { from, to })
    }

    fn contains(self, time: Time) -> bool {
        if self.from < self.to { self.from <= time && time < self.to } else { time >= self.from || time < self.to }
    }

    /// The first moment at or after `at` that lies within.
    pub fn opens(self, at: Wall, zone: &TimeZone) -> Wall {
        let local = at.in_zone(zone);
        if self.contains(local.time()) {
            return at;
        }
        // Outside, so the next opening is ahead: today's, or tomorrow's if today's is past. A time that the clocks skip is the one after.
        let date = if local.time() < self.from { Ok(local.date()) } else { local.date().tomorrow() };
        let opening = date.and_then(|date| date.to_datetime(self.from).to_zoned(zone.clone()));
        opening.map_or(at, |opening| Wall(opening.timestamp().as_millisecond()))
    }
}

/// Hours of one number, or of all numbers that begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Which numbers.
    pub to: Pattern,
    /// When.
    pub hours: Hours,
}

/// A trunk or modem for faxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaxLine {
    /// Its name.
    pub name: String,
    /// How many faxes it may carry at once, so that room for calls is left.
    pub at_once: usize,
}

/// A number, or with a star at its end all that begin so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    digits: Pii<String>,
    open: bool,
}

impl Pattern {
    /// Exactly this number.
    pub fn of(number: &PhoneNumber) -> Self {
        Self { digits: Pii::new(number.as_str().to_owned()), open: false }
    }

    fn parse(text: &str, numbering: &Numbering) -> Option<Self> {
        match text.trim().strip_suffix('*') {
            Some(start) => {
                let digits = start.trim_start_matches('+');
                let fits = start.starts_with('+') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                fits.then(|| Self { digits: Pii::new(start.to_owned()), open: true })
            }
            None => numbering.parse(text).ok().map(|number| Self::of(&number)),
        }
    }

    /// True for a number that it means.
    pub fn fits(&self, number: &PhoneNumber) -> bool {
        let (text, own) = (number.as_str(), self.digits.expose());
        if self.open { text.starts_with(own.as_str()) } else { text == own }
    }
}

/// Where received faxes go of which all conditions hold that are given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaxRoute {
    /// The number of ours that was called.
    pub called: Option<PhoneNumber>,
    /// Who called.
    pub caller: Option<Pattern>,
    /// A part of what the other machine calls itself, in small letters.
    pub ident: Option<String>,
    /// The subaddress that it asked for (SUB).
    pub subaddress: Option<String>,
    /// The keys that the caller pressed when our machine had answered.
    pub keys: Option<String>,
    /// What the code on the first page says; with a star at its end, how it begins.
    pub code: Option<String>,
    /// The user whose it becomes at once.
    pub owner: Option<String>,
    /// In which folder of the inbox it stands.
    pub folder: Option<String>,
    /// Who gets it by mail, instead of `deliver_to`.
    pub mail: Option<Vec<Pii<String>>>,
    /// It is also written as a PDF into the folder of this name under the state folder's `faxes`.
    pub write_to: Option<String>,
    /// It waits until a program has fetched it and said so.
    pub api: bool,
    /// It is junk: kept, but nobody is told.
    pub junk: bool,
}

/// What is known of a received fax when its way is chosen.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The number of ours that was called.
    pub called: Option<&'a PhoneNumber>,
    /// Who called.
    pub caller: Option<&'a PhoneNumber>,
    /// What the other machine calls itself.
    pub ident: &'a str,
    /// What the caller said of whom it is for.
    pub said: &'a Said,
}

impl FaxRoute {
    fn fits(&self, fax: &Received<'_>) -> bool {
        let digits = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        self.called.as_ref().is_none_or(|called| fax.called == Some(called))
            && self.caller.as_ref().is_none_or(|pattern| fax.caller.is_some_and(|caller| pattern.fits(caller)))
            && self.ident.as_ref().is_none_or(|part| fax.ident.to_lowercase().contains(part))
            && self.subaddress.as_ref().is_none_or(|wanted| digits(wanted) == digits(fax.said.subaddress.expose()))
            && self.keys.as_ref().is_none_or(|wanted| wanted == fax.said.keys.expose())
            && self
                .code
                .as_ref()
                .is_none_or(|wanted| fax.said.code.expose().lines().any(|code| code_fits(wanted, code)))
    }

    /// What it went by, for a person: "the subaddress 44 and the number that was called".
    pub fn reasons(&self) -> String {
        let reasons: Vec<_> = [
            self.subaddress.as_ref().map(|text| format!("the subaddress {text}")),
            self.keys.as_ref().map(|text| format!("the keys {text}")),
            self.code.as_ref().map(|text| format!("a code that is {text}")),
            self.ident.as_ref().map(|text| format!("a station that calls itself “{text}”")),
            self.caller.as_ref().map(|_| "the caller's number".to_owned()),
            self.called.as_ref().map(|_| "the number that was called".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect();
        reasons.join(" and ")
    }
}

/// A star at the end stands for anything.
fn code_fits(wanted: &str, code: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => !code.is_empty() && code.starts_with(start),
        None => code == wanted,
    }
}

impl Settings {
    /// True if a line that the clinic has for faxes goes to this number, whether it works at the moment or not.
    pub fn faxes_leave_for(&self, to: &PhoneNumber) -> bool {
        let goes = |modem: &Modem| modem.to.is_empty() || modem.to.iter().any(|pattern| pattern.fits(to));
        if self.faxing.lines.is_empty() {
            return !self.trunks.is_empty() || self.modems.iter().any(goes);
        }
        let mut lines = self.faxing.lines.iter();
        lines.any(|line| self.trunk(&line.name).is_some() || self.modem(&line.name).is_some_and(goes))
    }
}

impl Faxing {
    /// A route asks for what a code on the first page says: without one, no page is looked at for it.
    pub fn reads_codes(&self) -> bool {
        self.routes.iter().any(|route| route.code.is_some())
    }

    /// The first route that fits.
    pub fn route(&self, fax: &Received<'_>) -> Option<&FaxRoute> {
        self.routes.iter().find(|route| route.fits(fax))
    }

    /// True if a fax call from this number is not to be answered.
    pub fn blocks(&self, caller: Option<&PhoneNumber>) -> bool {
        match caller {
            Some(caller) => self.blocked.iter().any(|pattern| pattern.fits(caller)),
            None => self.block_anonymous,
        }
    }

    /// The first moment at or after `at` at which a fax to this number may be dialled. Where the number's own window and the hours for bulk
    /// never meet, the window decides: it says when that machine takes faxes, and a fax that waits for both would wait for ever.
    pub fn may_dial(&self, to: &PhoneNumber, priority: Priority, at: Wall, zone: &TimeZone) -> Wall {
        let window = self.windows.iter().find(|window| window.to.fits(to)).map(|window| window.hours);
        let bulk = self.bulk_hours.filter(|_| priority == Priority::Bulk);
        let mut moment = at;
        // Two windows may open one after the other; what still disagrees after a few days never agrees.
        for _ in 0..4 {
            let opens = [window, bulk].into_iter().flatten().fold(moment, |at, hours| hours.opens(at, zone));
            if opens == moment {
                return moment;
            }
            moment = opens;
        }
        window.map_or(moment, |hours| hours.opens(at, zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::E164(text.to_owned())
    }

    fn at(text: &str) -> Wall {
        let zoned: jiff::Zoned = format!("{text}[America/New_York]").parse().expect("a time");
        Wall(zoned.timestamp().as_millisecond())
    }

    fn zone() -> TimeZone {
        TimeZone::get("America/New_York").expect("a zone")
    }

    #[test]
    fn hours_open_when_they_say() {
        let (day, night) = (Hours::parse("08:00-17:30").expect("hours"), Hours::parse("19:00-07:00").expect("hours"));
        for (hours, asked, opens) in [
            (day, "2026-11-20T07:59", "2026-11-20T08:00"),
            (day, "2026-11-20T08:00", "2026-11-20T08:00"),
            (day, "2026-11-20T12:00", "2026-11-20T12:00"),
            (day, "2026-11-20T17:30", "2026-11-21T08:00"),
            (night, "2026-11-20T12:00", "2026-11-20T19:00"),
            (night, "2026-11-20T23:00", "2026-11-20T23:00"),
            (night, "2026-11-20T06:59", "2026-11-20T06:59"),
            // The clocks go back on 1 November: the night is an hour longer, and the morning is at the same time.
            (day, "2026-10-31T18:00", "2026-11-01T08:00"),
        ] {
            assert_eq!(hours.opens(at(asked), &zone()), at(opens), "{hours:?} at {asked}");
        }
        for bad in ["8:00-17:00", "08:00", "08:00-08:00", "25:00-26:00", "aa:bb-cc:dd"] {
            assert_eq!(Hours::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_bulk_fax_to_an_office_waits_for_both_windows() {
        let office =
            Window { to: Pattern::of(&number("+12025550101")), hours: Hours::parse("06:00-18:00").expect("hours") };
        let faxing = Faxing { bulk_hours: Hours::parse("19:00-07:00"), windows: vec![office], ..Faxing::default() };
        let dial = |to: &str, priority, text| faxing.may_dial(&number(to), priority, at(text), &zone());
        assert_eq!(dial("+12025550101", Priority::Bulk, "2026-11-20T12:00"), at("2026-11-21T06:00"));
        assert_eq!(dial("+12025550101", Priority::Normal, "2026-11-20T20:00"), at("2026-11-21T06:00"));
        assert_eq!(dial("+12025550102", Priority::Bulk, "2026-11-20T12:00"), at("2026-11-20T19:00"));
        assert_eq!(dial("+12025550102", Priority::Normal, "2026-11-20T12:00"), at("2026-11-20T12:00"));
    }

    /// The surgery has its machine on while it is open, and bulk goes at night.
    #[test]
    fn a_bulk_fax_whose_hours_never_meet_goes_in_the_window_of_its_number() {
        let office =
            Window { to: Pattern::of(&number("+12025550101")), hours: Hours::parse("08:00-18:00").expect("hours") };
        let faxing = Faxing { bulk_hours: Hours::parse("19:00-07:00"), windows: vec![office], ..Faxing::default() };
        let dial = |text| faxing.may_dial(&number("+12025550101"), Priority::Bulk, at(text), &zone());
        assert_eq!(dial("2026-11-20T20:00"), at("2026-11-21T08:00"));
        assert_eq!(dial("2026-11-21T08:00"), at("2026-11-21T08:00"), "it may then, and does not wait another day");
        assert_eq!(dial("2026-11-21T17:59"), at("2026-11-21T17:59"));
    }

    #[test]
    fn the_first_route_whose_conditions_all_hold_is_the_way() {
        let numbering = Numbering::default();
        let lab = FaxRoute { ident: Some("lakeside".into()), folder: Some("Lab".into()), ..FaxRoute::default() };
        let caller = Pattern::parse("+1202555*", &numbering);
        let junk = FaxRoute { caller, called: Some(number("+12025550199")), junk: true, ..FaxRoute::default() };
        let faxing = Faxing { routes: vec![lab, junk], ..Faxing::default() };
        let route = |called: &str, caller: &str, ident: &str| {
            let (called, caller) = (number(called), number(caller));
            let fax = Received { called: Some(&called), caller: Some(&caller), ident, said: &Said::default() };
            faxing.route(&fax).map(|r| (r.folder.clone(), r.junk))
        };
        assert_eq!(route("+12025550199", "+12025550101", "LAKESIDE LAB"), Some((Some("Lab".into()), false)));
        assert_eq!(route("+12025550199", "+12025550101", "OTHER"), Some((None, true)));
        assert_eq!(route("+12025550198", "+12025550101", "OTHER"), None);
        assert_eq!(route("+12025550199", "+14155550101", ""), None);
    }

    #[test]
    fn a_route_goes_by_what_the_caller_says() {
        let route = |set: fn(&mut FaxRoute)| {
            let mut route = FaxRoute::default();
            set(&mut route);
            route
        };
        let faxing = Faxing {
            routes: vec![
                route(|r| (r.subaddress, r.folder) = (Some("44".into()), Some("Subaddress".into()))),
                route(|r| (r.keys, r.folder) = (Some("44".into()), Some("Keys".into()))),
                route(|r| (r.code, r.folder) = (Some("PT-*".into()), Some("Patients".into()))),
                route(|r| (r.code, r.folder) = (Some("LAB".into()), Some("Lab".into()))),
            ],
            ..Faxing::default()
        };
        assert!(faxing.reads_codes());
        let folder = |subaddress: &str, keys: &str, code: &str| {
            let said = Said { subaddress: subaddress.into(), keys: keys.into(), code: code.into() };
            let fax = Received { called: None, caller: None, ident: "", said: &said };
            faxing.route(&fax).and_then(|route| route.folder.clone()).unwrap_or_default()
        };
        assert_eq!(folder(" 44 ", "", ""), "Subaddress");
        assert_eq!(folder("", "44", "PT-1"), "Keys", "the first that fits");
        assert_eq!(folder("", "4", "PT-20481"), "Patients");
        assert_eq!(folder("", "", "LAB"), "Lab");
        assert_eq!(folder("", "", "LABEL"), "");
        assert_eq!(folder("", "", "FORM 12\nPT-7"), "Patients", "any code of the page");
        assert_eq!(folder("", "", ""), "", "a star fits no page without a code");
    }
}
