//! How a call is led on from one step of the plan to the next, and why. What a call really takes and what a person is shown of it
//! ([`Plan::explain`]) is this same code.

use model::{Settings, Wall};

use crate::Plan;
use crate::destination::Destination;
use crate::hours::{Hours, Night, Sense, Standing, said};
use crate::outside::Class;
use crate::route::{Decision, Entry, Facts, Target, decide, refuse};
use crate::steps::{Member, RingOrder, Rota, RotaText, Schedule};

/// Steps that lead on without anybody doing anything. A checked plan has no loop of them; this is for one that was changed under a call.
const MAX_STEPS: usize = 32;

/// What a step does with a call now.
pub(crate) enum Turn {
    /// It leads on. `exits`: all the ways it could, each with when.
    /// `closed`: whether the clinic is, if it was asked here.
    On { to: Destination, because: String, exits: Vec<(String, Destination)>, closed: Option<bool> },
    /// The call stays here.
    Here(Decision),
}

/// How some hours of the plan stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The name of the hours.
    pub name: String,
    /// Callers find the clinic open: by the hours, or by the night switch.
    pub open: bool,
    /// Why, for a person.
    pub why: String,
    /// When the hours open next, if they are closed.
    pub next: Option<Wall>,
}

impl Plan {
    /// Where a call goes that is led to `to`. Never fails: what is no longer in the plan is [`Target::Refuse`] with its reason.
    pub fn follow(&self, to: &Destination, facts: &Facts<'_>) -> Decision {
        let mut why = Vec::new();
        let mut at = to.clone();
        let mut facts = *facts;
        for _ in 0..MAX_STEPS {
            match self.turn(&at, &facts) {
                Turn::On { to, because, closed, .. } => {
                    why.push(because);
                    // What is asked last counts: one house is closed, and another one open.
                    facts.closed = closed.unwrap_or(facts.closed);
                    at = to;
                }
                Turn::Here(mut decision) => {
                    decision.why.splice(0..0, why);
                    decision.closed = facts.closed;
                    return decision;
                }
            }
        }
        refuse(482, "The plan leads the call round in a circle.")
    }

    /// True if this plan knows a step or an extension of that name. A call may have been led to one by the plan before.
    pub fn has(&self, to: &Destination, settings: &Settings) -> bool {
        let steps = &self.steps;
        match to {
            Destination::Schedule(name) => steps.schedules.contains_key(name),
            Destination::Menu(name) => steps.menus.contains_key(name),
            Destination::Announcement(name) => steps.announcements.contains_key(name),
            Destination::Queue(name) => steps.queues.contains_key(name),
            Destination::Rota(name) => steps.rotas.contains_key(name),
            Destination::Extension(number) => {
                self.leads.contains_key(number) || self.inside(number, settings).is_some()
            }
            Destination::Voicemail(_)
            | Destination::Outside(_)
            | Destination::Dialled
            | Destination::FaxMachine
            | Destination::Busy
            | Destination::HangUp => true,
        }
    }

    /// What one step does.
    pub(crate) fn turn(&self, at: &Destination, facts: &Facts<'_>) -> Turn {
        let steps = &self.steps;
        let here = match at {
            Destination::Schedule(name) => match steps.schedules.get(name) {
                Some(schedule) => return self.by_time(name, schedule, facts),
                None => None,
            },
            Destination::Extension(number) => match self.leads.get(number) {
                Some(to) => {
                    let because = format!("{number} is an extension of this plan that leads to: {}.", to.described());
                    let exits = vec![("always".to_owned(), to.clone())];
                    return Turn::On { to: to.clone(), because, exits, closed: None };
                }
                None => Some(self.extension(number, facts.settings)),
            },
            Destination::Menu(name) => steps.menus.get(name).map(|menu| {
                decide(Target::Menu(menu.clone().into()), format!("The menu {name} asks the caller for a key."))
            }),
            Destination::Announcement(name) => steps.announcements.get(name).map(|said| {
                decide(Target::Announcement(said.clone().into()), format!("The caller hears the announcement {name}."))
            }),
            Destination::Queue(name) => steps.queues.get(name).map(|queue| {
                let who = queue.extensions.join(", ");
                let why = format!("The caller waits in the queue {name} until one of {who} is free.");
                decide(Target::Queue(queue.clone().into()), why)
            }),
            Destination::Rota(name) => steps.rotas.get(name).map(|rota| self.on_call(name, rota, facts)),
            Destination::Voicemail(extension) => Some(self.message_for(extension, facts)),
            Destination::Outside(number) => Some(self.led_outside(number, facts)),
            Destination::Dialled => match self.inbound_route(facts) {
                Entry::Here(decision) => Some(decision),
                Entry::Step(to, why) => {
                    let exits = vec![("always".to_owned(), to.clone())];
                    return Turn::On { to, because: why.join(" "), exits, closed: None };
                }
            },
            Destination::FaxMachine => Some(decide(Target::FaxMachine, "The fax machine answers.")),
            Destination::Busy => Some(refuse(486, "The plan says that the line is busy.")),
            Destination::HangUp => Some(refuse(480, "The plan ends the call here.")),
        };
        Turn::Here(
            here.unwrap_or_else(|| {
                refuse(404, format!("There is no step \"{}\" in the plan any more.", at.described()))
            }),
        )
    }

    fn by_time(&self, name: &str, schedule: &Schedule, facts: &Facts<'_>) -> Turn {
        let mut exits =
            vec![("open".to_owned(), schedule.open.clone()), ("closed".to_owned(), schedule.closed.clone())];
        exits.extend(schedule.holiday.clone().map(|to| ("holiday".to_owned(), to)));
        let night = facts.night.filter(|_| schedule.switch);
        let (standing, why) = self.standing(&schedule.hours, facts.settings, facts.at, night);
        let to = match standing {
            Standing::Open => &schedule.open,
            Standing::Closed => &schedule.closed,
            Standing::Holiday(_) => schedule.holiday.as_ref().unwrap_or(&schedule.closed),
        };
        let closed = Some(standing != Standing::Open);
        Turn::On { to: to.clone(), because: format!("Schedule {name}: {why}"), exits, closed }
    }

    fn standing(&self, hours: &str, settings: &Settings, at: Wall, night: Option<Night>) -> (Standing, String) {
        let zone = settings.zone();
        let now = at.in_zone(&zone);
        if let Some((night, sense)) = night.and_then(|night| Some((night, night.at(at)?))) {
            let until = night.until.map_or_else(String::new, |until| format!(" until {}", said(&until.in_zone(&zone))));
            return match sense {
                Sense::Open => (Standing::Open, format!("the night switch says open{until}.")),
                Sense::Closed => (Standing::Closed, format!("the night switch says closed{until}.")),
            };
        }
        let time = said(&now);
        match self.hours.get(hours).map(|h| h.standing(&self.holidays, &now)) {
            Some(Standing::Open) => (Standing::Open, format!("it is {time}, and the hours {hours} are open.")),
            Some(Standing::Holiday(name)) => {
                let why = format!("it is {time}, {name}: the hours {hours} are closed.");
                (Standing::Holiday(name), why)
            }
            Some(Standing::Closed) | None => {
                (Standing::Closed, format!("it is {time}, and the hours {hours} are closed."))
            }
        }
    }

    fn on_call(&self, name: &str, rota: &RotaText, facts: &Facts<'_>) -> Decision {
        let now = facts.at.in_zone(&facts.settings.zone());
        let order = rota.order(&now);
        let members: Vec<Member> = order.iter().filter_map(|who| self.member(who, facts)).collect();
        let first = rota.on_call(&now).map_or_else(String::new, |(who, why)| format!("{}, {why}", who.described()));
        let is_called = order.first().is_some_and(|who| self.member(who, facts).is_some());
        let why = match (is_called, members.len()) {
            (true, 0 | 1) => format!("Rota {name}: {first}, is called."),
            (true, 2) => format!("Rota {name}: {first}, is called first, and one more after that."),
            (true, all) => format!("Rota {name}: {first}, is called first, and {} more after that.", all - 1),
            (false, 0) => format!("Rota {name}: {first}, cannot be called by this plan, nor can anybody else."),
            (false, 1) => format!("Rota {name}: {first}, cannot be called by this plan; the one after that is."),
            (false, all) => format!("Rota {name}: {first}, cannot be called by this plan; the {all} after that are."),
        };
        let left_out = order.len() - members.len() - usize::from(!is_called && !order.is_empty());
        let rota = Rota {
            name: name.to_owned(),
            members,
            ring: rota.ring,
            acknowledge: rota.acknowledge,
            words: rota.words.clone(),
            nobody: rota.nobody.clone(),
        };
        let mut decision = decide(Target::Rota(rota.into()), why);
        if left_out > 0 {
            decision.why.push(format!("Left out, since this plan cannot call them: {left_out}."));
        }
        decision
    }

    /// Somebody of a rota, if they can be called.
    fn member(&self, who: &Destination, facts: &Facts<'_>) -> Option<Member> {
        match who {
            Destination::Extension(number) => {
                let extensions = self.members(number, facts.settings);
                let order = self.extensions.get(number).map_or_else(RingOrder::default, |group| group.order);
                (!extensions.is_empty()).then_some(Member::Phones { extensions, order })
            }
            Destination::Outside(number) => {
                let class = Class::of(number, &facts.settings.numbering.country)?;
                let trunks = self.voice_trunks(None, number, class, facts.settings)?;
                Some(Member::Outside { trunks, number: number.clone() })
            }
            _ => None,
        }
    }

    /// A call that the plan itself sends outside: no person's rights or limits are asked, since no person chose the number.
    fn led_outside(&self, number: &model::PhoneNumber, facts: &Facts<'_>) -> Decision {
        let class = Class::of(number, &facts.settings.numbering.country);
        match class.and_then(|class| Some((class, self.voice_trunks(None, number, class, facts.settings)?))) {
            Some((class, trunks)) => self.over(&trunks, number, class),
            None => refuse(403, "The plan leads to a number outside that it may not call."),
        }
    }

    /// How the hours stand that schedules of this plan use, for people.
    pub fn openings(&self, settings: &Settings, at: Wall, night: Option<Night>) -> Vec<Opening> {
        let now = at.in_zone(&settings.zone());
        let opening = |(name, hours): (&String, &Hours)| {
            let switched = self.steps.schedules.values().any(|s| s.hours == *name && s.switch);
            let (standing, why) = self.standing(name, settings, at, night.filter(|_| switched));
            let next = hours.next_opening(&self.holidays, &now);
            let next = next.map(|at| Wall(at.timestamp().as_millisecond()));
            Opening { name: name.clone(), open: standing == Standing::Open, why, next }
        };
        self.hours.iter().map(opening).collect()
    }

    /// What a caller in a menu means who has dialled these digits of an extension.
    pub fn dialled_extension(&self, digits: &str, settings: &Settings) -> Option<Destination> {
        let known = self.extensions.contains_key(digits)
            || self.leads.contains_key(digits)
            || settings.extension(digits).is_some();
        known.then(|| Destination::Extension(digits.to_owned()))
    }

    /// True if an extension begins with these digits and has more.
    pub fn extension_begins(&self, digits: &str, settings: &Settings) -> bool {
        let of_plan = self.extensions.keys().chain(self.leads.keys()).map(String::as_str);
        let of_people = settings.people.iter().map(|p| p.extension.as_str());
        of_plan.chain(of_people).any(|e| e.len() > digits.len() && e.starts_with(digits))
    }
}
