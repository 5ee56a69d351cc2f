//! From the text to a checked [`Plan`]: nothing is passed on that was not understood, and all problems come at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use model::Numbering;
use model::settings::Problem;
use toml::de::DeTable;

use crate::caps::Closed;
use crate::destination::{Destination, Next, full_number};
use crate::hours::{DAYS, WORKING_DAYS, minute};
use crate::read::{Placed, Reader, Section};
use crate::screening::Screening;
use crate::steps::RingOrder;
use crate::voicemail::{MailAs, Mailboxes, People};
use crate::{DEFAULT_RING, Emergency, Inbound, InboundTo, Mention, Mentioned, OwnNumber, Plan, Ringing};

mod against;
mod blocks;
mod days;
mod graph;
mod limits;
mod phones;
mod recording;
mod screening;
mod showing;
mod trunks;

pub(crate) use against::{against, hints, prompts};
pub(crate) use blocks::swap_times;
pub use blocks::{CALLBACK_MINUTES, EVERY_SECONDS, MENU_SECONDS, MENU_TIMES, MENU_WAITS, QUEUE_MOST, QUEUE_SECONDS};
pub use recording::KEEP_DAYS;

/// Larger than any plan that a person wrote: the longest of the library has under 4 KiB.
const MAX_TEXT: usize = 64 * 1024;

/// Phones that ring together for one call. Each is an INVITE of its own; beyond this a queue is what is wanted.
const MAX_RINGING: usize = 20;

/// A phone that rings shorter cannot be reached in time; carriers give up after about three minutes.
pub const RING_SECONDS: Range<u64> = 5..181;

/// Shorter ones hold no sentence; longer ones are not listened to.
pub const MESSAGE_SECONDS: Range<u64> = 10..601;

/// A party that is forgotten in an orbit must come back before it hangs up.
pub const PARK_SECONDS: Range<u64> = 10..601;

/// Reads a plan.
pub(crate) fn plan(text: &str) -> Result<Plan, Vec<Problem>> {
    if text.len() > MAX_TEXT {
        return Err(vec![Problem {
            at: "line 1".to_owned(),
            what: "the text is too long for a plan".to_owned(),
            help: format!("keep it under {} KiB", MAX_TEXT / 1024),
        }]);
    }
    let mut reader = Reader::new(text);
    let document = reader.document();
    let mut check = Check {
        reader,
        mentions: Vec::new(),
        groups: BTreeMap::new(),
        emergency: Emergency::default(),
        resolved: BTreeMap::new(),
        leads: BTreeMap::new(),
        places: BTreeMap::new(),
        edges: Vec::new(),
        used_hours: Vec::new(),
    };
    let plan = check.plan(&document);
    let problems = check.reader.finish();
    if problems.is_empty() { Ok(plan) } else { Err(problems) }
}

struct Check<'t> {
    reader: Reader<'t>,
    mentions: Vec<Mention>,
    groups: BTreeMap<String, Group>,
    emergency: Emergency,
    /// The groups, with groups inside groups resolved.
    resolved: BTreeMap<String, Ringing>,
    /// Extensions that lead to a step.
    leads: BTreeMap<String, Destination>,
    /// Where each step and extension stands in the text.
    places: BTreeMap<Destination, Range<usize>>,
    edges: Vec<graph::Edge>,
    used_hours: Vec<Placed<String>>,
}

/// An entry of `[extensions]` before groups inside groups are resolved.
struct Group {
    span: Range<usize>,
    members: Vec<Placed<String>>,
    seconds: Duration,
    order: RingOrder,
    screening: Screening,
    then: Next,
}

impl<'t> Check<'t> {
    fn plan(&mut self, document: &DeTable<'t>) -> Plan {
        let known = [
            "name",
            "ringing",
            "extensions",
            "inbound",
            "callers",
            "shows",
            "names",
            "hours",
            "holidays",
            "schedules",
            "menus",
            "announcements",
            "queues",
            "rotas",
            "outside",
            "rights",
            "services",
            "park",
            "page",
            "rooms",
            "forwarding",
            "emergency",
            "limits",
            "rates",
            "closed",
            "voicemail",
            "recording",
        ];
        let top = self.reader.section(document, &known);
        let name = self.reader.string(top, "name").map_or_else(|| "Plan without a name".to_owned(), |n| n.value);
        let ring = self.default_ring(top);
        let emergency = self.emergency(top);
        self.emergency = emergency.clone();
        self.read_groups(top, ring, &emergency);
        let extensions = self.resolve_groups();
        self.resolved = extensions.clone();
        let steps = self.steps(top);
        let hours = self.hours_tables(top);
        self.unknown_hours(&hours);
        let inbound = self.inbound(top, ring, &extensions);
        let callers = self.callers(top);
        self.graph();
        let rooms = self.rooms(top, &emergency);
        Plan {
            name,
            ring,
            recordings: self.recordings(top, &inbound, &rooms),
            inbound,
            steps,
            hours,
            holidays: self.holidays(top),
            leads: std::mem::take(&mut self.leads),
            outside: self.outside(top),
            rules: self.rules(top),
            services: self.services(top),
            park: self.park(top),
            page: self.page(top),
            press_1: self.press_1(top),
            rooms,
            limits: self.limits(top),
            rates: self.rates(top),
            closed: self.closed(top),
            mailboxes: self.mailboxes(top),
            shows: self.shows(top),
            callers,
            names: self.names(top),
            extensions,
            emergency,
            mentions: std::mem::take(&mut self.mentions),
        }
    }

    fn default_ring(&mut self, top: Section<'_, 't>) -> Duration {
        let Some(table) = self.reader.table(top, "ringing") else { return DEFAULT_RING };
        let section = self.reader.section(table.value, &["seconds"]);
        self.reader.seconds(section, "seconds", RING_SECONDS).unwrap_or(DEFAULT_RING)
    }

    fn emergency(&mut self, top: Section<'_, 't>) -> Emergency {
        let Some(table) = self.reader.table(top, "emergency") else { return Emergency::default() };
        let section = self.reader.section(table.value, &["numbers", "trunks", "alert"]);
        let mut numbers = BTreeSet::new();
        for number in self.list(section, "numbers") {
            if !(2..=6).contains(&number.value.len()) || !number.value.bytes().all(|b| b.is_ascii_digit()) {
                self.reader.say(
                    number.span,
                    "this cannot be an emergency number",
                    "write its digits, as in \"112\"; those of the country need not be written",
                );
                continue;
            }
            self.mention(Mentioned::EmergencyNumber, &number);
            numbers.insert(number.value);
        }
        let trunks = self.list(section, "trunks");
        trunks.iter().for_each(|t| self.mention(Mentioned::Trunk, t));
        let alert = self.list(section, "alert");
        alert.iter().for_each(|a| self.mention(Mentioned::Person, a));
        Emergency { numbers, trunks: values(trunks), alert: values(alert) }
    }

    fn read_groups(&mut self, top: Section<'_, 't>, ring: Duration, emergency: &Emergency) {
        let Some(table) = self.reader.table(top, "extensions") else { return };
        for (key, value) in table.value {
            let Some(entry) = self.reader.as_table(value) else { continue };
            let number = key.get_ref().clone().into_owned();
            let known = ["ring", "seconds", "order", "screen", "nobody", "busy", "unreachable", "to"];
            let section = self.reader.section(entry.value, &known);
            let own = Destination::Extension(number.clone());
            self.places.insert(own.clone(), key.span());
            let to = self.destination(section, "to", Some(&own), false);
            if to.is_some() && section.get("ring").is_some() {
                self.reader.say(key.span(), "this extension both rings and leads on", "write ring or to, and not both");
            }
            let members = if to.is_some() { Vec::new() } else { self.ring_list(section, key.span()) };
            let seconds = self.reader.seconds(section, "seconds", RING_SECONDS).unwrap_or(ring);
            let (order, then) = (self.order(section), self.next(section, Some(&own)));
            let screening = self.screening(section, section.get("to").is_none());
            if is_emergency(&number, emergency) {
                self.reader.say(
                    key.span(),
                    format!("{number} is an emergency number"),
                    "give the extension another number: this one always reaches help",
                );
            } else if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
                self.reader.say(
                    key.span(),
                    "this cannot be an extension",
                    "an extension is digits, as in [extensions.100]",
                );
            } else {
                self.mention(Mentioned::Group, &Placed { value: number.clone(), span: key.span() });
                match to {
                    Some(to) => drop(self.leads.insert(number, to)),
                    None => {
                        let group = Group { span: key.span(), members, seconds, order, screening, then };
                        self.groups.insert(number, group);
                    }
                }
            }
        }
    }

    /// Groups inside groups become the phones that ring. Who lists its own number means its own phone; a group that comes back
    /// to itself through another would ring for ever, and is a problem.
    fn resolve_groups(&mut self) -> BTreeMap<String, Ringing> {
        let mut resolved = BTreeMap::new();
        let mut loops = Vec::new();
        let mut persons = Vec::new();
        for (number, group) in &self.groups {
            let mut phones = Vec::new();
            if expand(&self.groups, number, &mut vec![number.as_str()], &mut phones).is_err() {
                loops.push((group.span.clone(), number.clone()));
            }
            persons.extend(
                group.members.iter().filter(|m| m.value == *number || !self.groups.contains_key(&m.value)).cloned(),
            );
            let Group { seconds, order, screening, .. } = *group;
            let then = group.then.clone();
            resolved.insert(number.clone(), Ringing { extensions: phones, seconds, order, screening, then });
        }
        for (span, number) in loops {
            self.reader.say(
                span,
                format!("{number} rings a group that rings {number} again"),
                "take one of the two out of the other's list",
            );
        }
        persons.iter().for_each(|p| self.mention(Mentioned::Person, p));
        resolved
    }

    fn inbound(&mut self, top: Section<'_, 't>, ring: Duration, groups: &BTreeMap<String, Ringing>) -> Vec<Inbound> {
        let mut all: Vec<Inbound> = Vec::new();
        for table in self.reader.tables(top, "inbound") {
            let known = [
                "number",
                "ring",
                "seconds",
                "order",
                "screen",
                "nobody",
                "busy",
                "unreachable",
                "fax_machine",
                "to",
                "label",
            ];
            let section = self.reader.section(table.value, &known);
            let Some(number) = self.own_number(section, table.span.clone()) else { continue };
            if all.iter().any(|i| i.number == number.value) {
                self.reader.say(number.span, "this number was said before", "keep one entry for each number");
                continue;
            }
            let label = self.label(section);
            if let Some(to) = self.inbound_to(section, table.span, ring, groups) {
                all.push(Inbound { number: number.value, to, label });
            }
        }
        all
    }

    fn own_number(&mut self, section: Section<'_, 't>, place: Range<usize>) -> Option<Placed<OwnNumber>> {
        let Some(text) = self.reader.string(section, "number") else {
            self.reader.say(
                place,
                "this entry has no number",
                "write number = \"main\", \"fax\", or the number itself",
            );
            return None;
        };
        let span = text.span.clone();
        self.own_number_of(text).map(|value| Placed { value, span })
    }

    fn own_number_of(&mut self, text: Placed<String>) -> Option<OwnNumber> {
        match text.value.as_str() {
            "main" => Some(OwnNumber::Main),
            "fax" => Some(OwnNumber::Fax),
            // With its country code a number means the same everywhere, so the plan can be read without the settings.
            full if full.starts_with('+') => match full_number(full) {
                Some(number) => Some(OwnNumber::Other(number)),
                None => self.not_own(text.span),
            },
            _ => self.not_own(text.span),
        }
    }

    fn not_own(&mut self, span: Range<usize>) -> Option<OwnNumber> {
        self.reader.say(
            span,
            "this is no number of the clinic",
            "write \"main\", \"fax\", or a number as in \"+12025550123\"",
        );
        None
    }

    fn inbound_to(
        &mut self,
        section: Section<'_, 't>,
        place: Range<usize>,
        ring: Duration,
        groups: &BTreeMap<String, Ringing>,
    ) -> Option<InboundTo> {
        let fax = self.reader.flag(section, "fax_machine").is_some_and(|f| f.value);
        let has_ring = self.reader.strings(section, "ring").is_some();
        let to = self.destination(section, "to", None, false);
        let mut screening = self.screening(section, has_ring);
        match (fax, has_ring, section.get("to").is_some()) {
            (true, false, false) => return Some(InboundTo::FaxMachine),
            (false, true, false) => {}
            (false, false, true) => return to.map(InboundTo::Step),
            _ => {
                self.reader.say(
                    place,
                    "this number must ring phones, reach the fax machine, or lead somewhere",
                    "write one of ring = [\"101\"], fax_machine = true, to = \"schedule NAME\"",
                );
                return None;
            }
        }
        let members = self.ring_list(section, place);
        let longest = members.iter().filter_map(|m| groups.get(&m.value)).map(|g| g.seconds).max();
        let own = self.reader.seconds(section, "seconds", RING_SECONDS);
        let seconds = own.or(longest).unwrap_or(ring);
        let (mut order, mut then) = (self.order(section), self.next(section, None));
        // A number that rings one group does as the group does, where it says nothing else itself.
        if let [only] = members.as_slice()
            && let Some(group) = groups.get(&only.value)
        {
            order = if section.get("order").is_some() { order } else { group.order };
            screening = if section.get("screen").is_some() { screening } else { group.screening };
            then = if then == Next::default() { group.then.clone() } else { then };
        }
        let extensions = self.expanded(members);
        Some(InboundTo::Ring(Ringing { extensions, seconds, order, screening, then }))
    }

    /// The phones of a list, with those of its groups.
    fn expanded(&mut self, members: Vec<Placed<String>>) -> Vec<String> {
        let mut extensions = Vec::new();
        for member in members {
            if let Some(group) = self.resolved.get(&member.value) {
                group.extensions.iter().for_each(|e| add(&mut extensions, e));
            } else {
                self.mention(Mentioned::Person, &member);
                add(&mut extensions, &member.value);
            }
        }
        extensions
    }

    fn is_own_extension(&self, number: &str) -> bool {
        self.groups.contains_key(number) || self.leads.contains_key(number)
    }

    fn closed(&mut self, top: Section<'_, 't>) -> Option<Closed> {
        let table = self.reader.table(top, "closed")?;
        let section = self.reader.section(table.value, &["open", "days", "off"]);
        let open = self.hours(section, table.span)?;
        let mut days = WORKING_DAYS;
        if self.reader.strings(section, "days").is_some() {
            days = [false; 7];
            for day in self.list(section, "days") {
                match DAYS.iter().position(|d| *d == day.value) {
                    Some(n) => days[n] = true,
                    None => self.reader.say(day.span, "this is no day", format!("the days are: {}", DAYS.join(", "))),
                }
            }
        }
        let off = self.kinds(section, "off");
        Some(Closed { open, days, off })
    }

    fn mailboxes(&mut self, top: Section<'_, 't>) -> Mailboxes {
        let Some(table) = self.reader.table(top, "voicemail") else { return Mailboxes::default() };
        let section = self.reader.section(table.value, &["people", "main", "seconds", "mail_as"]);
        let people = self.people(section, "people", &table.span);
        let main = self.reader.string(section, "main");
        if let Some(main) = &main {
            self.mention(Mentioned::Mailbox, main);
        }
        let message = self.reader.seconds(section, "seconds", MESSAGE_SECONDS);
        let mail_as = self.mail_as(section);
        Mailboxes { people, main: main.map(|m| m.value), message, mail_as }
    }

    fn mail_as(&mut self, section: Section<'_, 't>) -> MailAs {
        let Some(word) = self.reader.string(section, "mail_as") else { return MailAs::default() };
        if let Some((_, mail_as)) = MailAs::ALL.into_iter().find(|(name, _)| *name == word.value) {
            return mail_as;
        }
        let what = format!("no message is mailed as \"{}\"", word.value);
        self.reader.say(word.span, what, "write \"wav\", which every program plays, or \"opus\", which is small");
        MailAs::default()
    }

    /// `["all"]`, or the extensions of those who are meant.
    fn people(&mut self, section: Section<'_, 't>, key: &str, place: &Range<usize>) -> People {
        let list = self.list(section, key);
        match list.as_slice() {
            [all] if all.value == "all" => People::All,
            [] => {
                let what = if key == "people" { "nobody has a mailbox here" } else { "nobody can be found here" };
                self.reader.say(place.clone(), what, format!("write {key} = [\"all\"], or a list of extensions"));
                People::Nobody
            }
            _ => {
                list.iter().for_each(|p| self.mention(Mentioned::Person, p));
                People::These(values(list))
            }
        }
    }

    /// "07:30-18:00".
    fn hours(&mut self, section: Section<'_, 't>, place: Range<usize>) -> Option<(u16, u16)> {
        let help = "write when the clinic is open, as in open = \"07:30-18:00\"";
        let Some(text) = self.reader.string(section, "open") else {
            self.reader.say(place, "this entry has no opening hours", help);
            return None;
        };
        let hours = text.value.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
        if let Some((from, to)) = hours.filter(|(from, to)| from < to) {
            return Some((from, to));
        }
        self.reader.say(text.span, "these are no opening hours", help);
        None
    }

    fn ring_list(&mut self, section: Section<'_, 't>, place: Range<usize>) -> Vec<Placed<String>> {
        let list = self.list(section, "ring");
        if list.is_empty() {
            self.reader.say(place, "nobody rings here", "write ring = [\"101\"], with at least one extension");
        } else if list.len() > MAX_RINGING {
            self.reader.say(place, "too many phones ring together", format!("at most {MAX_RINGING} may"));
        }
        list
    }

    /// A list of names, each once.
    fn list(&mut self, section: Section<'_, 't>, key: &str) -> Vec<Placed<String>> {
        let mut seen: Vec<Placed<String>> = Vec::new();
        for item in self.reader.strings(section, key).map_or_else(Vec::new, |list| list.value) {
            if seen.iter().any(|s| s.value == item.value) {
                self.reader.say(item.span, format!("\"{}\" stands here twice", item.value), "keep it once");
            } else {
                seen.push(item);
            }
        }
        seen
    }

    fn mention(&mut self, what: Mentioned, name: &Placed<String>) {
        self.mentions.push(Mention { what, name: name.value.clone(), at: self.reader.line(&name.span) });
    }
}

/// A group that comes back to itself.
struct Loop;

fn expand<'g>(
    groups: &'g BTreeMap<String, Group>,
    number: &str,
    path: &mut Vec<&'g str>,
    phones: &mut Vec<String>,
) -> Result<(), Loop> {
    let Some(group) = groups.get(number) else {
        add(phones, number);
        return Ok(());
    };
    for member in &group.members {
        if member.value == number || !groups.contains_key(&member.value) {
            add(phones, &member.value);
        } else if path.contains(&member.value.as_str()) {
            return Err(Loop);
        } else if phones.len() <= MAX_RINGING {
            path.push(&member.value);
            expand(groups, &member.value, path, phones)?;
            path.pop();
        }
    }
    Ok(())
}

fn add(phones: &mut Vec<String>, phone: &str) {
    // What a group of groups adds beyond the bound does not ring; `ring_list` has already reported a list that is too long itself.
    if phones.len() < MAX_RINGING && !phones.iter().any(|p| p == phone) {
        phones.push(phone.to_owned());
    }
}

fn values(list: Vec<Placed<String>>) -> Vec<String> {
    list.into_iter().map(|p| p.value).collect()
}

/// With an outside-line digit too: people dial 9911, or 0112.
fn is_emergency(number: &str, emergency: &Emergency) -> bool {
    let is = |n: &str| Numbering::default().emergency.iter().any(|e| e == n) || emergency.numbers.contains(n);
    is(number) || number.strip_prefix(['9', '0']).is_some_and(is)
}
