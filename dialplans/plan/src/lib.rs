//! The dial plan: one table that says where a number goes, who may send what where, and why.
//!
//! A plan is a text in TOML ([`library`] has ready ones). [`Plan::parse`] reports every problem of a text at once, each with its line
//! and what to do, and gives a plan only when there is none. A [`Plan`] is pure: [`Plan::route`] and [`Plan::admit`] answer from
//! their arguments alone, never fail, and say why in sentences that name no outside number, so that they may be shown and kept.
//!
//! The emergency rule is not part of the language. A phone on the clinic's own networks that dials an emergency number gets
//! [`Target::Emergency`], whatever the text says; a text that is missing or broken is replaced by [`Plan::lifeline`], which
//! routes emergencies just the same (DESIGN invariant 7).

mod admit;
mod caps;
mod check;
mod codes;
mod dear;
mod destination;
pub mod edit;
mod explain;
mod follow;
mod holidays;
mod hours;
mod names;
mod outside;
mod page;
mod park;
mod read;
mod recording;
mod rooms;
mod route;
mod screening;
mod showing;
mod steps;
mod voicemail;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use model::number::NotANumber;
use model::settings::{Problem, Proposal};
use model::{Numbering, PhoneNumber, Settings};

use crate::caps::{Closed, Limits, Rate};
use crate::codes::Codes;
use crate::holidays::Holiday;
use crate::hours::Hours;
use crate::outside::Rule;
use crate::park::Park;
use crate::recording::Recordings;
use crate::rooms::Room;
use crate::showing::{CallerRule, Show};
use crate::steps::Steps;
use crate::voicemail::Mailboxes;

pub use crate::admit::{Admission, Denied, Laying, Request};
pub use crate::caps::{Money, Usage};
pub use crate::codes::Service;
pub use crate::destination::{Destination, Missed, Next};
pub use crate::explain::{Arrow, Certainty, Way, WayBox};
pub use crate::follow::Opening;
pub use crate::hours::{Night, Sense};
pub use crate::names::{Named, by_letters};
pub use crate::outside::Class;
pub use crate::recording::{Between, Recording, Talk};
pub use crate::route::{Caller, Decision, Facts, Target};
pub use crate::screening::Screening;
pub use crate::showing::{Calling, Shown};
pub use crate::steps::{Announcement, CallBack, Choice, Member, Menu, Queue, RingOrder, Rota, Words};
pub use crate::voicemail::MailAs;

/// The text of a library plan.
pub fn library(name: &str) -> Option<&'static str> {
    LIBRARY.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}

/// The names of the library's plans.
pub fn library_names() -> impl Iterator<Item = &'static str> {
    LIBRARY.iter().map(|(name, _)| *name)
}

const LIBRARY: [(&str, &str); 5] = [
    ("solo-practice", include_str!("../../library/solo-practice.toml")),
    ("group-practice", include_str!("../../library/group-practice.toml")),
    ("dental", include_str!("../../library/dental.toml")),
    ("after-hours", include_str!("../../library/after-hours.toml")),
    ("multi-site", include_str!("../../library/multi-site.toml")),
];

/// A checked plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    name: String,
    ring: Duration,
    extensions: BTreeMap<String, Ringing>,
    /// Extensions that lead to a step.
    leads: BTreeMap<String, Destination>,
    inbound: Vec<Inbound>,
    steps: Steps,
    hours: BTreeMap<String, Hours>,
    holidays: Vec<Holiday>,
    /// In the order to try them.
    outside: BTreeMap<Class, Vec<String>>,
    rules: Vec<Rule>,
    services: Codes,
    park: Park,
    /// Where phones listen to pages.
    page: Option<SocketAddr>,
    /// Who answers a call outside that nobody took inside presses 1 to take it.
    press_1: bool,
    rooms: BTreeMap<String, Room>,
    emergency: Emergency,
    limits: Limits,
    rates: Vec<Rate>,
    closed: Option<Closed>,
    mailboxes: Mailboxes,
    recordings: Option<Recordings>,
    shows: Vec<Show>,
    callers: Vec<CallerRule>,
    /// What the clinic calls numbers outside.
    names: BTreeMap<PhoneNumber, String>,
    mentions: Vec<Mention>,
}

/// Something that a plan has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying<'p> {
    /// A prompt by its name: "goodbye", "es/goodbye".
    Prompt(&'p str),
    /// The words of a step, which are written and no prompt says.
    Text(&'p Words),
}

/// See [`Plan::in_force`].
#[derive(Clone, Debug)]
pub struct InForce {
    /// The plan.
    pub plan: Plan,
    /// What is wrong with what the settings name, or contain.
    pub problems: Vec<Problem>,
    /// It cannot be read: the plan is the one of last resort.
    pub is_lifeline: bool,
}

impl Plan {
    /// Reads and checks a plan.
    ///
    /// # Errors
    /// Every problem of the text, each with its line and what to do.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        check::plan(text)
    }

    /// The plan that these settings name, or contain, checked against them: every trunk and extension it speaks of must exist.
    ///
    /// # Errors
    /// Every problem. Whoever must have a plan takes the one [in force](Plan::in_force).
    pub fn of(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let plan = Self::named(settings)?;
        let problems = plan.check(settings);
        if problems.is_empty() { Ok(plan) } else { Err(problems) }
    }

    /// The plan by which the phones of these settings work, whatever is wrong with it, and what that is. One that was checked when it went live
    /// holds although somebody has left since, or a later release asks more of plans: who or what is not there is passed over. Only a text that
    /// cannot be read gives way to [`Plan::lifeline`].
    pub fn in_force(settings: &Settings) -> InForce {
        match Self::named(settings) {
            Ok(plan) => InForce { problems: plan.check(settings), plan, is_lifeline: false },
            Err(problems) => InForce { plan: Self::lifeline(), problems, is_lifeline: true },
        }
    }

    fn named(settings: &Settings) -> Result<Self, Vec<Problem>> {
        if settings.plan.contains('\n') {
            return Self::parse(&settings.plan);
        }
        let text = library(&settings.plan).ok_or_else(|| {
            let names: Vec<_> = library_names().collect();
            vec![Problem {
                at: "plan".to_owned(),
                what: "there is no library plan of this name".to_owned(),
                help: format!("use one of: {}", names.join(", ")),
            }]
        })?;
        Self::parse(text)
    }

    /// The plan of last resort: emergency numbers over every trunk, calls between extensions, the clinic's own numbers; no
    /// calls outside.
    pub fn lifeline() -> Self {
        Self {
            name: "Lifeline".to_owned(),
            ring: DEFAULT_RING,
            extensions: BTreeMap::new(),
            leads: BTreeMap::new(),
            inbound: Vec::new(),
            steps: Steps::default(),
            hours: BTreeMap::new(),
            holidays: Vec::new(),
            outside: BTreeMap::new(),
            rules: Vec::new(),
            services: Codes::default(),
            park: Park::default(),
            page: None,
            press_1: true,
            rooms: BTreeMap::new(),
            emergency: Emergency::default(),
            limits: Limits::default(),
            rates: Vec::new(),
            closed: None,
            mailboxes: Mailboxes::default(),
            recordings: None,
            shows: Vec::new(),
            callers: Vec::new(),
            names: BTreeMap::new(),
            mentions: Vec::new(),
        }
    }

    /// What this plan speaks of that these settings do not have.
    pub fn check(&self, settings: &Settings) -> Vec<Problem> {
        check::against(self, settings)
    }

    /// Reads a text of settings that are to take the place of `live` while this plan goes on. What it speaks of must be there; what it has to do
    /// without already is in nobody's way.
    ///
    /// # Errors
    /// Every problem, with its line in the text, or in the plan.
    pub fn propose(&self, text: &str, live: &Settings) -> Result<Proposal, Vec<Problem>> {
        let proposal = Proposal::read(text, live)?;
        let before = self.check(live);
        let is_old = |p: &Problem| before.iter().any(|old| (&old.at, &old.what) == (&p.at, &p.what));
        let new = self.check(&proposal.settings).into_iter().filter(|p| !is_old(p));
        let problems: Vec<_> = new.map(|p| Problem { at: format!("the plan that is live, {}", p.at), ..p }).collect();
        if problems.is_empty() { Ok(proposal) } else { Err(problems) }
    }

    /// What this plan wants said and nobody can say. `is_known`: the names of prompts, which are not the plan's to know.
    pub fn check_prompts(&self, is_known: impl Fn(&str) -> bool) -> Vec<Problem> {
        check::prompts(self, is_known)
    }

    /// What is right in this plan, and may not do what its writer expects. `is_recorded`: the steps whose texts the clinic has recorded.
    pub fn hints(&self, is_recorded: impl Fn(&str) -> bool) -> Vec<Problem> {
        check::hints(self, is_recorded)
    }

    /// What this plan has said, each once and in the order of its text: prompts by their names, and what it only writes.
    pub fn sayings(&self) -> Vec<Saying<'_>> {
        let mut sayings = Vec::new();
        for mention in &self.mentions {
            let saying = match mention.what {
                Mentioned::Prompt => Some(Saying::Prompt(&mention.name)),
                Mentioned::Text => self.steps.words(&mention.name).map(Saying::Text),
                _ => None,
            };
            sayings.extend(saying.filter(|saying| !sayings.contains(saying)));
        }
        sayings
    }

    /// True if a step of this name ("announcements.hours") has words that no prompt says.
    pub fn writes(&self, step: &str) -> bool {
        self.steps.words(step).is_some_and(Words::are_written)
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// True if a phone that dials this must reach emergency services: the numbers of the place, and those that the plan adds.
    pub fn is_emergency(&self, dialled: &PhoneNumber) -> bool {
        dialled.is_emergency() || self.emergency.numbers.contains(dialled.as_str())
    }

    /// Seconds that everybody together may talk with numbers abroad within a day, if `[limits]` says so.
    pub fn seconds_abroad(&self) -> Option<u32> {
        self.limits.seconds_abroad()
    }

    /// What all calls together may cost within a day, if `[limits]` says so.
    pub fn spent_per_day(&self) -> Option<Money> {
        self.limits.spent_per_day
    }

    /// What a minute with this number costs; nothing, where `[[rates]]` does not say.
    pub fn rate(&self, number: &PhoneNumber, class: Class) -> Money {
        self.rates.iter().find(|rate| rate.fits(number, class)).map(|rate| rate.per_minute).unwrap_or_default()
    }

    /// True if the plan names this trunk among those for help.
    pub fn names_for_help(&self, trunk: &str) -> bool {
        self.emergency.trunks.iter().any(|named| named == trunk)
    }

    /// A queue, by its name.
    pub fn queue(&self, name: &str) -> Option<&Queue> {
        self.steps.queues.get(name)
    }

    /// All queues, by their names.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.steps.queues.values()
    }

    /// The queues whose calls come to this extension, as long as its person has not said otherwise.
    pub fn queues_of<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a Queue> {
        self.queues().filter(move |queue| queue.rings(extension))
    }

    /// The code that staff dial for a service, if the plan has one.
    pub fn code(&self, service: Service) -> Option<&str> {
        self.services.of(service).next()
    }

    /// All codes of a service: one as a rule, or none.
    pub fn codes(&self, service: Service) -> impl Iterator<Item = &str> {
        self.services.of(service)
    }

    /// True if whoever answers outside a call that nobody took inside has to press 1 to take it.
    pub const fn finds_by_key(&self) -> bool {
        self.press_1
    }

    /// What somebody who dials this star and digits wants, and the digits that follow.
    pub fn service<'d>(&self, dialled: &'d str) -> Option<(Service, &'d str)> {
        self.services.read(dialled).map(|(_, service, digits)| (service, digits))
    }

    /// Reads what was dialled. The emergency numbers that the plan adds are seen in the digits, before those could become anything else: an
    /// extension, a short code, a number of somebody in town.
    ///
    /// # Errors
    /// [`NotANumber`], with a sentence for the person.
    pub fn read(&self, text: &str, numbering: &Numbering) -> Result<PhoneNumber, NotANumber> {
        numbering.parse_with(text, |digits| self.emergency.numbers.contains(digits))
    }

    /// All that reaches help when it is dialled: the numbers of the place and those that the plan adds, also behind a digit for an outside line.
    pub fn emergency_numbers(&self, numbering: &Numbering) -> Vec<String> {
        numbering.dialled_for_help(self.emergency.numbers.iter().map(String::as_str))
    }
}

/// How long a phone rings when the plan does not say: five or six rings, before a caller's patience ends.
const DEFAULT_RING: Duration = Duration::from_secs(25);

/// Phones that ring together.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ringing {
    /// Extensions, with groups inside groups already resolved.
    extensions: Vec<String>,
    /// For how long; each of them, if they do not ring together.
    seconds: Duration,
    order: RingOrder,
    /// Who says their name before they ring.
    screening: Screening,
    /// What comes if none of them takes the call.
    then: Next,
}

/// What a number of the clinic does when it is called from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Inbound {
    number: OwnNumber,
    to: InboundTo,
    /// What phones show before the name of whoever calls it.
    label: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum OwnNumber {
    Main,
    Fax,
    Other(PhoneNumber),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum InboundTo {
    Ring(Ringing),
    FaxMachine,
    Step(Destination),
}

/// Preferences only: which trunks first, whom to tell. There is nothing here that could keep a call from going out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Emergency {
    numbers: BTreeSet<String>,
    trunks: Vec<String>,
    alert: Vec<String>,
}

/// A name in the text that the settings must know.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mention {
    what: Mentioned,
    name: String,
    at: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mentioned {
    /// Must be a trunk.
    Trunk,
    /// Must be a trunk, or a modem, which carries faxes alone.
    Line,
    /// Must be the extension of a person.
    Person,
    /// Must have the form of an extension.
    Group,
    /// Must not be the extension of a person.
    EmergencyNumber,
    /// Must be a number that the plan may call.
    Outside,
    /// Must be a number of the clinic.
    OwnNumber,
    /// Must be the extension of somebody who has a mailbox.
    Mailbox,
    /// Must have the form of an extension, and be nobody's.
    Room,
    /// Must be what phones can dial: an extension, or three digits where those have more.
    Orbit,
    /// An extension of a rota that rings nobody, but leads on.
    LeadsOn,
    /// Must be something that can be said.
    Prompt,
    /// A text that no prompt says.
    Text,
    /// Calls are recorded of which nobody is told.
    Unannounced,
    /// A step to which nothing leads.
    Unreached,
    /// Hours that no schedule uses.
    Unused,
}
