//! Where a number goes, and why.

use std::time::Duration;

use model::number::MAX_CODE;
use model::voicemail::GreetingKind;
use model::{PhoneNumber, Settings, Wall};

use crate::caps::{Reached, Staff, Usage};
use crate::destination::{Destination, Missed, Next};
use crate::hours::Night;
use crate::names::{Named, by_letters, directory};
use crate::outside::Class;
use crate::screening::Screening;
use crate::showing::Calling;
use crate::steps::{Announcement, Menu, Queue, RingOrder, Rota, Words};
use crate::{InboundTo, OwnNumber, Plan, Ringing, Service};

/// How long those who called for help are called before others are: they stand beside whoever is in need, and few dispatchers wait for longer.
const CALLED_BACK: Duration = Duration::from_secs(20);

/// Who dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A phone that proved to be this user.
    Extension {
        /// The user.
        user: String,
    },
    /// A device on the clinic's own networks that proved nothing.
    Device,
    /// A carrier.
    Trunk {
        /// Its name in the settings.
        name: String,
    },
    /// The box itself: its fax machine.
    Appliance,
}

/// All that a decision depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Who dialled.
    pub caller: &'a Caller,
    /// What was dialled.
    pub dialled: &'a PhoneNumber,
    /// The clinic: its own numbers, people and trunks.
    pub settings: &'a Settings,
    /// When.
    pub at: Wall,
    /// What was used until now, for a call of an extension.
    pub used: Usage,
    /// For which number a carrier says that the call was meant before it was sent on to the clinic. It proves nothing.
    pub sent_on: Option<&'a PhoneNumber>,
    /// What the carrier says of who calls.
    pub calling: Calling<'a>,
    /// What staff say against the hours of the plan; nothing, and the hours alone decide.
    pub night: Option<Night>,
    /// What became of those who were called before, for a call that is led on because nobody took it.
    pub missed: Option<Missed>,
    /// A schedule of the plan has found the clinic closed, earlier on the call's way.
    pub closed: bool,
}

impl<'a> Facts<'a> {
    /// The facts of a call before which nothing was used.
    pub fn new(caller: &'a Caller, dialled: &'a PhoneNumber, settings: &'a Settings, at: Wall) -> Self {
        Self {
            caller,
            dialled,
            settings,
            at,
            used: Usage::default(),
            sent_on: None,
            calling: Calling::Unsaid,
            night: None,
            missed: None,
            closed: false,
        }
    }
}

/// Where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// These extensions ring; the first that answers has the call.
    Ring {
        /// The extensions.
        extensions: Vec<String>,
        /// They are a group, of however many: what one of them has switched for their own calls leads nobody away from it.
        group: bool,
        /// For how long; each of them, if they do not ring together.
        ring: Duration,
        /// In which order.
        order: RingOrder,
        /// Which callers from outside say their name first.
        screening: Screening,
        /// What comes if none of them takes the call.
        then: Next,
    },
    /// Out over a trunk.
    Trunk {
        /// Its name.
        trunk: String,
        /// Those to try if it fails, in order.
        or: Vec<String>,
        /// The number as the carrier gets it.
        number: PhoneNumber,
    },
    /// The caller chooses by a key.
    Menu(Box<Menu>),
    /// The caller is told something.
    Announcement(Box<Announcement>),
    /// The caller waits until somebody is free.
    Queue(Box<Queue>),
    /// Whoever is on call is called, and then the next.
    Rota(Box<Rota>),
    /// The caller hears themselves.
    Echo,
    /// A conference room: each hears all others.
    Room {
        /// Its number.
        room: String,
        /// What has to be typed first.
        pin: Option<String>,
    },
    /// A party waits there, or is taken from there.
    Orbit {
        /// Its number.
        orbit: String,
        /// After this long a party comes back to whoever parked it.
        seconds: Duration,
    },
    /// The box does something for a person.
    Service {
        /// What.
        service: Service,
        /// What was dialled after the code.
        digits: String,
    },
    /// Our fax machine answers.
    FaxMachine,
    /// A message is taken.
    Voicemail {
        /// For this extension.
        mailbox: String,
        /// After this greeting.
        greeting: GreetingKind,
    },
    /// The caller listens to messages, after their PIN.
    Mailbox {
        /// The extension whose they are; none if the caller is to say it.
        extension: Option<String>,
    },
    /// Help. No permission, limit or load check stands before it.
    Emergency {
        /// The number in its short form.
        number: String,
        /// Every trunk there is, in the order to try them.
        trunks: Vec<String>,
        /// The extensions of those who are told at the same moment.
        alert: Vec<String>,
    },
    /// It does not go anywhere.
    Refuse {
        /// The SIP status.
        code: u16,
        /// Why, for the person.
        sentence: String,
    },
}

impl Target {
    /// What a step of the plan says first to whoever comes there.
    pub fn words(&self) -> Option<&Words> {
        match self {
            Self::Menu(menu) => Some(&menu.words),
            Self::Announcement(said) => Some(&said.words),
            Self::Queue(queue) => Some(&queue.words),
            Self::Rota(rota) => Some(&rota.words),
            _ => None,
        }
    }
}

/// A target, and the steps that led to it. The sentences name no outside number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Where it goes.
    pub target: Target,
    /// Why, step by step.
    pub why: Vec<String>,
    /// A limit against misuse was reached: what staff must know. Their numbers are not in it.
    pub staff: Option<String>,
    /// A schedule of the plan found the clinic closed on the way there.
    pub closed: bool,
}

/// Where a call begins: it stays there, or is led to a step of the plan.
pub(crate) enum Entry {
    Here(Decision),
    Step(Destination, Vec<String>),
}

impl Entry {
    const fn why_mut(&mut self) -> &mut Vec<String> {
        match self {
            Self::Here(decision) => &mut decision.why,
            Self::Step(_, why) => why,
        }
    }
}

impl Plan {
    /// Where a number goes. Never fails: what is not allowed is [`Target::Refuse`] with its reason.
    pub fn route(&self, facts: &Facts<'_>) -> Decision {
        let mut decision = match self.entry(facts) {
            Entry::Here(decision) => decision,
            Entry::Step(to, why) => {
                let mut decision = self.follow(&to, facts);
                decision.why.splice(0..0, why);
                decision
            }
        };
        decision.why.extend(translated(&decision.target, facts));
        decision.why.extend(self.shown_said(facts, &decision.target));
        decision
    }

    /// Where a call to the clinic's main number goes while help may call back, which was shown that one: first to those who called for help,
    /// whatever they have switched, and then as the plan says.
    pub fn back_from_help(&self, extensions: Vec<String>) -> Decision {
        let (who, seconds) = (extensions.join(", "), CALLED_BACK.as_secs());
        let why = format!(
            "Help was called from {who} within the hour and may call back: it rings there first, for {seconds} seconds."
        );
        let then = Next { nobody: Some(Destination::Dialled), ..Next::default() };
        // A group, so that nobody's forwarding leads the call away from it.
        let (group, ring, order, screening) = (true, CALLED_BACK, RingOrder::Together, Screening::Nobody);
        decide(Target::Ring { extensions, group, ring, order, screening, then }, why)
    }

    /// Where a call begins.
    pub(crate) fn entry(&self, facts: &Facts<'_>) -> Entry {
        if self.is_emergency(facts.dialled) {
            return Entry::Here(self.emergency_route(facts));
        }
        let here = match facts.caller {
            Caller::Trunk { .. } => return self.inbound_route(facts),
            Caller::Device => refuse(403, "This phone has not registered; it can only reach emergency numbers."),
            Caller::Extension { .. } => return self.inside_route(facts),
            Caller::Appliance => self.outside_route(facts),
        };
        Entry::Here(here)
    }

    /// First, before anything of the text is looked at: invariant 7. The text may prefer a trunk but cannot leave one out.
    fn emergency_route(&self, facts: &Facts<'_>) -> Decision {
        match facts.caller {
            Caller::Extension { .. } | Caller::Device => {}
            // A carrier that sends us 911 would get it back, for ever; and whoever forges its address must not raise alarms.
            Caller::Trunk { .. } => {
                return refuse(404, "Emergency numbers cannot be called through the clinic from outside.");
            }
            Caller::Appliance => return refuse(403, "A fax machine never calls an emergency number."),
        }
        let trunks = self.trunks_for_help(facts.settings);
        let alert =
            if self.emergency.alert.is_empty() { everyone(facts.settings) } else { self.emergency.alert.clone() };
        let number = facts.dialled.as_str().to_owned();
        let why = vec![
            format!("{number} is an emergency number: it goes out before any other rule."),
            format!("Trunks in order: {}.", if trunks.is_empty() { "none".to_owned() } else { trunks.join(", ") }),
        ];
        Decision { target: Target::Emergency { number, trunks, alert }, why, staff: None, closed: false }
    }

    /// The trunks over which help is called, in their order: those that the settings made for this, then those that the plan names, then all others.
    pub fn trunks_for_help(&self, settings: &Settings) -> Vec<String> {
        let made_for_it = settings.trunks.iter().filter(|t| t.terms.emergency).map(|t| &t.name);
        let named = self.emergency.trunks.iter().filter(|name| settings.trunk(name).is_some());
        let mut trunks: Vec<String> = Vec::new();
        for name in made_for_it.chain(named).chain(settings.trunks.iter().map(|t| &t.name)) {
            if !trunks.contains(name) {
                trunks.push(name.clone());
            }
        }
        trunks
    }

    fn inside_route(&self, facts: &Facts<'_>) -> Entry {
        let here = match facts.dialled {
            PhoneNumber::Service(dialled) => match self.services.read(dialled) {
                Some((code, Service::Echo, _)) => decide(Target::Echo, format!("{code} is {}.", Service::Echo.said())),
                Some((code, Service::MyMailbox, _)) => self.own_mailbox(code, facts),
                Some((code, Service::AnyMailbox, _)) => {
                    decide(Target::Mailbox { extension: None }, format!("{code} is {}.", Service::AnyMailbox.said()))
                }
                Some((code, Service::Directory, letters))
                    if by_letters(facts.settings, letters, |_| true) != Named::Nobody =>
                {
                    decide(Target::Menu(directory(letters).into()), format!("{code} is {}.", Service::Directory.said()))
                }
                Some((code, service, digits)) => decide(
                    Target::Service { service, digits: digits.to_owned() },
                    format!("{code} is {}.", service.said()),
                ),
                // What was dialled may hold a number, which no sentence names.
                None if dialled.len() > MAX_CODE => refuse(404, "There is no service code that it begins with."),
                None => refuse(404, format!("There is no service code {dialled}.")),
            },
            PhoneNumber::Internal(extension) if self.leads.contains_key(extension) => {
                return Entry::Step(Destination::Extension(extension.clone()), Vec::new());
            }
            PhoneNumber::Internal(extension) => match self.nobodys(extension, facts.settings) {
                Some(short) => self.outside_route(&Facts { dialled: &short, ..*facts }),
                None => self.extension(extension, facts.settings),
            },
            // Orbits keep their three digits where extensions have more.
            PhoneNumber::Short(orbit) if self.orbit(orbit, facts.settings).is_some() => {
                self.extension(orbit, facts.settings)
            }
            number => match self.own_number(number, facts.settings) {
                Some(mut entry) => {
                    entry.why_mut().insert(0, "It is a number of the clinic itself: the call stays inside.".to_owned());
                    return entry;
                }
                None => self.outside_route(facts),
            },
        };
        Entry::Here(here)
    }

    /// The country's short number of this form, where nobody inside has it (711).
    fn nobodys(&self, extension: &str, settings: &Settings) -> Option<PhoneNumber> {
        let short = settings.numbering.short(extension)?;
        self.inside(extension, settings).is_none().then_some(short)
    }

    pub(crate) fn extension(&self, extension: &str, settings: &Settings) -> Decision {
        let nobody = || refuse(404, format!("There is no extension {extension}."));
        self.inside(extension, settings).unwrap_or_else(nobody)
    }

    /// Whatever has this extension.
    pub(crate) fn inside(&self, extension: &str, settings: &Settings) -> Option<Decision> {
        if let Some(ringing) = self.extensions.get(extension) {
            return Some(self.ring(ringing, settings, &format!("{extension} is an extension of this plan")));
        }
        if settings.extension(extension).is_some() {
            let own = Ringing::together(vec![extension.to_owned()], self.ring);
            return Some(self.ring(&own, settings, &format!("{extension} is the extension of a person")));
        }
        if let Some(room) = self.rooms.get(extension) {
            let target = Target::Room { room: extension.to_owned(), pin: room.pin.clone() };
            return Some(decide(target, format!("{extension} is a conference room of this plan.")));
        }
        let seconds = self.orbit(extension, settings)?;
        let orbit = extension.to_owned();
        Some(decide(Target::Orbit { orbit, seconds }, format!("{extension} is an orbit: parties wait there.")))
    }

    fn own_mailbox(&self, code: &str, facts: &Facts<'_>) -> Decision {
        let user = match facts.caller {
            Caller::Extension { user } => user.as_str(),
            Caller::Device | Caller::Trunk { .. } | Caller::Appliance => "",
        };
        match facts.settings.person(user).map(|p| p.extension.clone()) {
            Some(own) if self.has_mailbox(&own, facts.settings) => {
                decide(Target::Mailbox { extension: Some(own) }, format!("{code} opens the mailbox of whoever calls."))
            }
            _ => refuse(404, "This extension has no mailbox."),
        }
    }

    /// A carrier reaches the clinic's own numbers and nothing else: no call comes in by one trunk and leaves by another.
    pub(crate) fn inbound_route(&self, facts: &Facts<'_>) -> Entry {
        let mut entry = match self.own_number(facts.dialled, facts.settings) {
            None => Entry::Here(refuse(404, "The clinic does not have the number that was called.")),
            Some(own) => match self.led_elsewhere(facts) {
                None => own,
                Some(to) => {
                    Entry::Step(to.clone(), vec![format!("The plan leads such callers to {}.", to.described())])
                }
            },
        };
        if let Some(before) = facts.sent_on.filter(|before| *before != facts.dialled) {
            let ours = self.own_number(before, facts.settings).is_some();
            let whose = if ours { "another number of the clinic" } else { "a number outside the clinic" };
            entry.why_mut().insert(0, format!("It was for {whose} first, and was sent on."));
        }
        entry
    }

    /// What a number of the clinic does. The main number and the fax number work without a word in the plan.
    fn own_number(&self, number: &PhoneNumber, settings: &Settings) -> Option<Entry> {
        let is = |own: &OwnNumber| own.of(settings) == number;
        if settings.port_of(number).is_some() {
            return Some(Entry::Here(decide(
                Target::FaxMachine,
                "It is the number of a port for fax programs: it rings there.",
            )));
        }
        let here = match self.inbound.iter().find(|i| is(&i.number)).map(|i| &i.to) {
            Some(InboundTo::Step(to)) => {
                let why = format!("It is a number that this plan answers: it leads to {}.", to.described());
                return Some(Entry::Step(to.clone(), vec![why]));
            }
            Some(InboundTo::Ring(ringing)) => {
                Some(self.ring(ringing, settings, "It is a number that this plan answers"))
            }
            Some(InboundTo::FaxMachine) => {
                Some(decide(Target::FaxMachine, "It is a fax number: the fax machine answers."))
            }
            None if is(&OwnNumber::Fax) => {
                Some(decide(Target::FaxMachine, "It is the clinic's fax number: the fax machine answers."))
            }
            // What help was shown is answered.
            None if is(&OwnNumber::Main)
                || settings.places.iter().any(|place| place.number.as_ref() == Some(number)) =>
            {
                let all = Ringing::together(everyone(settings), self.ring);
                let what = if is(&OwnNumber::Main) { "the main number" } else { "the number of a place" };
                Some(self.ring(&all, settings, &format!("It is {what}, and the plan names nobody for it")))
            }
            None => None,
        };
        here.map(Entry::Here)
    }

    fn outside_route(&self, facts: &Facts<'_>) -> Decision {
        let Some(class) = Class::of(facts.dialled, &facts.settings.numbering.country) else {
            return refuse(404, "That is not a number outside the clinic.");
        };
        let person = match facts.caller {
            Caller::Extension { user } => facts.settings.person(user).map(|p| p.extension.as_str()),
            Caller::Device | Caller::Trunk { .. } | Caller::Appliance => None,
        };
        let Some(trunks) = self.trunks(person, facts.dialled, class) else {
            return refuse(
                403,
                format!("It is {}, and the plan does not allow {}.", class.described(), class.plural()),
            );
        };
        if let Some(refused) = self.capped(class, facts) {
            return refused;
        }
        if *facts.caller == Caller::Appliance {
            return self.over(trunks, facts.dialled, class);
        }
        let trunks = self.voice_trunks(person, facts.dialled, class, facts.settings);
        self.over(&trunks.unwrap_or_default(), facts.dialled, class)
    }

    /// Where the text does not say what comes next, a mailbox does, if there is one.
    fn ring(&self, ringing: &Ringing, settings: &Settings, because: &str) -> Decision {
        let seconds = ringing.seconds.as_secs();
        let who = match ringing.extensions.as_slice() {
            [] => return refuse(404, format!("{because}, but nobody has a phone to ring.")),
            [one] => format!("{one} rings for {seconds} seconds"),
            several => format!("{} {}", several.join(", "), ringing.order.said(seconds)),
        };
        let extensions = ringing.extensions.clone();
        let mut then = ringing.then.clone();
        then.nobody = then.nobody.or_else(|| self.if_nobody(&extensions, settings));
        let group = extensions.len() > 1;
        let (ring, order, screening) = (ringing.seconds, ringing.order, ringing.screening);
        let target = Target::Ring { extensions, group, ring, order, screening, then };
        decide(target, format!("{because}: {who}."))
    }

    /// The trunks for a number, in the order to try them; `None` if it may not be called.
    pub(crate) fn trunks(&self, person: Option<&str>, number: &PhoneNumber, class: Class) -> Option<&[String]> {
        let rule = self.rules.iter().find(|rule| rule.fits(person, number, class));
        let trunks = rule.map_or_else(|| self.outside.get(&class), |rule| Some(&rule.trunks))?;
        (!trunks.is_empty()).then_some(trunks)
    }

    /// Those of them that carry calls: a modem carries faxes and no voice. `None` if there are none.
    pub(crate) fn voice_trunks(
        &self,
        person: Option<&str>,
        number: &PhoneNumber,
        class: Class,
        settings: &Settings,
    ) -> Option<Vec<String>> {
        let carries_calls = |name: &&String| settings.modem(name).is_none();
        let trunks: Vec<String> = self.trunks(person, number, class)?.iter().filter(carries_calls).cloned().collect();
        (!trunks.is_empty()).then_some(trunks)
    }

    pub(crate) fn over(&self, trunks: &[String], number: &PhoneNumber, class: Class) -> Decision {
        let Some((first, others)) = trunks.split_first() else {
            return refuse(403, format!("The plan has no trunk for {}.", class.plural()));
        };
        let else_over =
            if others.is_empty() { String::new() } else { format!(", or {} if that fails", others.join(", ")) };
        let why = format!("It is {}: the plan sends these over the trunk {first}{else_over}.", class.described());
        decide(Target::Trunk { trunk: first.clone(), or: others.to_vec(), number: number.clone() }, why)
    }
}

impl Plan {
    /// The limits against misuse, for the calls of people: the box's own faxes were admitted one by one.
    fn capped(&self, class: Class, facts: &Facts<'_>) -> Option<Decision> {
        let Caller::Extension { user } = facts.caller else { return None };
        if self.closed.as_ref().is_some_and(|closed| closed.is_off(class, facts.settings, facts.at)) {
            let what = class.described();
            return Some(refuse(
                403,
                format!("It is {what}, and the plan allows {} only in opening hours.", class.plural()),
            ));
        }
        let Reached { sentence, staff } = self.limits.reached(class, self.rate(facts.dialled, class), facts.used)?;
        let mut decision = refuse(403, sentence);
        decision.staff = Some(match (staff, facts.settings.person(user)) {
            (Staff::OfOne(what), Some(person)) => format!("Extension {} {what}", person.extension),
            (Staff::OfOne(what), None) => format!("Somebody {what}"),
            (Staff::OfAll(what), _) => what.to_owned(),
        });
        Some(decision)
    }
}

impl Ringing {
    fn together(extensions: Vec<String>, seconds: Duration) -> Self {
        let (order, screening, then) = (RingOrder::Together, Screening::Nobody, Next::default());
        Self { extensions, seconds, order, screening, then }
    }
}

fn everyone(settings: &Settings) -> Vec<String> {
    settings.people.iter().map(|p| p.extension.clone()).collect()
}

/// What is done with a fax in a call of a phone that is a fax machine.
pub(crate) fn translated(target: &Target, facts: &Facts<'_>) -> Option<String> {
    let settings = facts.settings;
    let phone = match (target, facts.caller) {
        (Target::Trunk { .. }, Caller::Extension { user }) => settings.person(user),
        (Target::Ring { extensions, .. }, Caller::Trunk { .. }) => {
            let mut called = extensions.iter().filter_map(|extension| settings.extension(extension));
            called.find(|person| settings.has_fax_gateway(&person.user))
        }
        _ => None,
    };
    let phone = phone.filter(|person| settings.has_fax_gateway(&person.user))?;
    Some(format!("{} is a fax machine: its faxes are translated to T.38 where the trunk takes it.", phone.extension))
}

pub(crate) fn decide(target: Target, why: impl Into<String>) -> Decision {
    Decision { target, why: vec![why.into()], staff: None, closed: false }
}

pub(crate) fn refuse(code: u16, sentence: impl Into<String>) -> Decision {
    let sentence = sentence.into();
    let why = vec![sentence.clone()];
    Decision { why, target: Target::Refuse { code, sentence }, staff: None, closed: false }
}
