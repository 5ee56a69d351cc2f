//! The whole way of a call as boxes and arrows: what happens now, what may follow, and what would happen at another time. It is drawn by
//! asking the same questions that a real call asks.

use std::collections::{BTreeMap, VecDeque};

use crate::Plan;
use crate::destination::{Destination, Next};
use crate::follow::Turn;
use crate::hours::said;
use crate::recording::{Between, Talk};
use crate::route::{Caller, Decision, Entry, Facts, Target, translated};
use crate::steps::{CallBack, Choice};

/// A drawing with more boxes shows nobody anything.
const MAX_BOXES: usize = 120;

/// The way of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// What happens with the call now, sentence by sentence, until somebody's turn comes: as [`Plan::route`] says it.
    pub why: Vec<String>,
    /// The first is where the call begins.
    pub boxes: Vec<WayBox>,
    /// From box to box.
    pub arrows: Vec<Arrow>,
}

/// A step of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayBox {
    /// A word for its kind: "start", "schedule", "ring", "menu", "announcement", "queue", "rota", "outside", "fax", "voicemail", "help", "end".
    pub kind: &'static str,
    /// Its name.
    pub title: String,
    /// What it does.
    pub lines: Vec<String>,
    /// Whether the call gets here.
    pub certainty: Certainty,
}

/// From one step to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// A box.
    pub from: usize,
    /// Another.
    pub to: usize,
    /// When.
    pub when: String,
    /// Whether the call takes it.
    pub certainty: Certainty,
}

/// Whether a call takes a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// This call does.
    Now,
    /// That depends on people.
    Perhaps,
    /// Not at this time.
    NotNow,
}

impl Plan {
    /// What happens with a call, as a whole.
    pub fn explain(&self, facts: &Facts<'_>) -> Way {
        let mut draft = Draft::default();
        let start = WayBox { lines: vec![start_time(facts)], ..blank("start", start_title(facts), Certainty::Now) };
        draft.boxes.push(start);
        let mut why = match self.entry(facts) {
            Entry::Here(decision) => {
                let to = draft.decided(&decision, self.screened_said(&decision.target, facts), Certainty::Now);
                draft.arrows.push(Arrow { from: 0, to, when: String::new(), certainty: Certainty::Now });
                draft.exits(to, &decision.target, Certainty::Now);
                decision.why
            }
            Entry::Step(to, mut why) => {
                draft.lead(0, String::new(), to.clone(), Certainty::Now);
                why.extend(self.follow(&to, facts).why);
                why
            }
        };
        while let Some((to, from, when, certainty)) = draft.next() {
            self.draw(&mut draft, &to, (from, when), certainty, facts);
        }
        let target = self.route(facts).target;
        why.extend(translated(&target, facts));
        why.extend(self.screened_said(&target, facts));
        why.extend(self.shown_said(facts, &target));
        why.extend(self.recording_of(facts));
        Way { why, boxes: draft.boxes, arrows: draft.arrows }
    }

    /// Whether such a call is recorded. Faxes are not, whatever else the text says.
    fn recording_of(&self, facts: &Facts<'_>) -> Option<String> {
        let decision = self.route(facts);
        let between = match (facts.caller, &decision.target) {
            (Caller::Device | Caller::Appliance, target) if !matches!(target, Target::Emergency { .. }) => return None,
            (_, Target::Room { room, .. }) => return self.room_recording_said(room),
            (_, Target::FaxMachine | Target::Refuse { .. } | Target::Echo | Target::Service { .. }) => return None,
            (Caller::Trunk { .. }, _) => Between::In,
            (_, Target::Trunk { .. }) => Between::Out,
            _ => Between::Inside,
        };
        let help = matches!(decision.target, Target::Emergency { .. });
        let talk = Talk { between, called: Some(facts.dialled), extensions: &[], help };
        self.recording_said(&talk, facts.settings)
    }

    fn draw(
        &self,
        draft: &mut Draft,
        to: &Destination,
        (from, when): (usize, String),
        certainty: Certainty,
        facts: &Facts<'_>,
    ) {
        if let Some(&known) = draft.known.get(to) {
            return draft.arrows.push(Arrow { from, to: known, when, certainty });
        }
        if draft.boxes.len() >= MAX_BOXES {
            return;
        }
        let own = match self.turn(to, facts) {
            Turn::On { to: taken, because, exits, .. } => {
                let kind = if matches!(to, Destination::Schedule(_)) { "schedule" } else { "ring" };
                let own = draft.add(WayBox { lines: vec![because], ..blank(kind, to.described(), certainty) });
                for (when, to) in exits {
                    let certainty = if to == taken { certainty } else { Certainty::NotNow };
                    draft.lead(own, when, to, certainty);
                }
                own
            }
            Turn::Here(decision) => {
                let own = draft.decided(&decision, self.screened_said(&decision.target, facts), certainty);
                if let Some(drawn) = draft.boxes.get_mut(own) {
                    drawn.title = to.described();
                }
                draft.exits(own, &decision.target, certainty);
                own
            }
        };
        draft.known.insert(to.clone(), own);
        draft.arrows.push(Arrow { from, to: own, when, certainty });
    }
}

/// A drawing that is being made. What is certain is drawn before what is not, so that each box has the best that is true of it.
#[derive(Default)]
struct Draft {
    boxes: Vec<WayBox>,
    arrows: Vec<Arrow>,
    known: BTreeMap<Destination, usize>,
    waiting: [VecDeque<(Destination, usize, String)>; 3],
}

impl Draft {
    fn lead(&mut self, from: usize, when: String, to: Destination, certainty: Certainty) {
        self.waiting[certainty as usize].push_back((to, from, when));
    }

    fn next(&mut self) -> Option<(Destination, usize, String, Certainty)> {
        [Certainty::Now, Certainty::Perhaps, Certainty::NotNow].into_iter().find_map(|certainty| {
            let (to, from, when) = self.waiting[certainty as usize].pop_front()?;
            Some((to, from, when, certainty))
        })
    }

    fn add(&mut self, drawn: WayBox) -> usize {
        self.boxes.push(drawn);
        self.boxes.len() - 1
    }

    /// `first`: what happens before.
    fn decided(&mut self, decision: &Decision, first: Option<String>, certainty: Certainty) -> usize {
        let (kind, title) = named(&decision.target);
        let mut lines = decision.why.clone();
        lines.extend(first);
        lines.extend(decision.target.words().and_then(|w| w.text("en")).map(|text| format!("“{text}”")));
        self.add(WayBox { lines, ..blank(kind, title, certainty) })
    }

    /// What may follow a step at which people decide.
    fn exits(&mut self, from: usize, target: &Target, certainty: Certainty) {
        let perhaps = certainty.max(Certainty::Perhaps);
        if let Target::Queue(queue) = target
            && let Some(callback) = queue.callback
        {
            let to = self
                .add(WayBox { lines: vec![called_back(callback)], ..blank("end", "called back".to_owned(), perhaps) });
            self.arrows.push(Arrow { from, to, when: format!("key {}", callback.key), certainty: perhaps });
        }
        if let Target::Trunk { or, .. } = target {
            return self.carriers(from, or, perhaps);
        }
        let mut lead = |when: String, to: &Destination, certainty| self.lead(from, when, to.clone(), certainty);
        match target {
            Target::Ring { then, .. } => Self::nexts(then, |when, to| lead(when, to, perhaps)),
            Target::Menu(menu) => {
                for (key, choice) in &menu.keys {
                    if let Choice::Go(to) = choice {
                        lead(format!("key {key}"), to, perhaps);
                    }
                }
                lead("no key".to_owned(), &menu.nobody, perhaps);
            }
            // After its words an announcement leads on by itself.
            Target::Announcement(said) => lead("then".to_owned(), &said.then, certainty),
            Target::Queue(queue) => {
                queue.full.iter().for_each(|to| lead("full".to_owned(), to, perhaps));
                queue.nobody.iter().for_each(|to| lead("waited too long".to_owned(), to, perhaps));
            }
            Target::Rota(rota) => rota.nobody.iter().for_each(|to| lead("none takes it".to_owned(), to, perhaps)),
            // Drawn above.
            Target::Trunk { .. }
            | Target::Echo
            | Target::Room { .. }
            | Target::Orbit { .. }
            | Target::Service { .. }
            | Target::FaxMachine
            | Target::Voicemail { .. }
            | Target::Mailbox { .. }
            | Target::Emergency { .. }
            | Target::Refuse { .. } => {}
        }
    }

    /// What may become of a call that goes out: the far end's own answer is the end of it, and where a carrier fails its turn goes to the next.
    fn carriers(&mut self, first: usize, others: &[String], certainty: Certainty) {
        let theirs =
            vec!["The caller hears that. It is the answer of who was called: no other trunk is asked.".to_owned()];
        let theirs = self.add(WayBox { lines: theirs, ..blank("end", "the far end's answer".to_owned(), certainty) });
        let mut from = first;
        for other in others {
            let to = self.add(blank("outside", format!("outside over {other}"), certainty));
            self.failing(from, theirs, to, certainty);
            from = to;
        }
        let lines =
            vec!["The caller hears that the line could not place the call, and it stands so on Calls.".to_owned()];
        let last = self.add(WayBox { lines, ..blank("end", "no trunk is left".to_owned(), certainty) });
        self.failing(from, theirs, last, certainty);
    }

    /// The two ways on from a carrier.
    fn failing(&mut self, from: usize, theirs: usize, next: usize, certainty: Certainty) {
        let arrow = |to, when: &str| Arrow { from, to, when: when.to_owned(), certainty };
        self.arrows.push(arrow(theirs, "busy, refused, not answered"));
        self.arrows.push(arrow(next, "the carrier fails or is silent"));
    }

    fn nexts(then: &Next, mut lead: impl FnMut(String, &Destination)) {
        then.all().for_each(|(when, to)| lead(when.to_owned(), to));
    }
}

fn blank(kind: &'static str, title: String, certainty: Certainty) -> WayBox {
    WayBox { kind, title, lines: Vec::new(), certainty }
}

fn named(target: &Target) -> (&'static str, String) {
    let (kind, title) = match target {
        Target::Ring { extensions, .. } => return ("ring", extensions.join(", ")),
        Target::Trunk { trunk, .. } => return ("outside", format!("outside over {trunk}")),
        Target::Menu(menu) => return ("menu", format!("menu {}", menu.name)),
        Target::Announcement(said) => return ("announcement", format!("announcement {}", said.name)),
        Target::Queue(queue) => return ("queue", format!("queue {}", queue.name)),
        Target::Rota(rota) => return ("rota", format!("rota {}", rota.name)),
        Target::Echo => ("end", "echo test"),
        Target::Room { .. } => ("room", "conference room"),
        Target::Orbit { .. } => ("end", "orbit"),
        Target::Service { .. } => ("end", "code"),
        Target::FaxMachine => ("fax", "the fax machine"),
        Target::Voicemail { mailbox, .. } => return ("voicemail", format!("voicemail {mailbox}")),
        Target::Mailbox { .. } => ("end", "messages"),
        Target::Emergency { .. } => ("help", "help"),
        Target::Refuse { .. } => ("end", "the call ends"),
    };
    (kind, title.to_owned())
}

fn called_back(callback: CallBack) -> String {
    let minutes = callback.within.as_secs() / 60;
    format!("The caller hangs up, keeps their place and is called back; after {minutes} minutes a person decides.")
}

fn start_title(facts: &Facts<'_>) -> String {
    match facts.caller {
        Caller::Extension { user } => match facts.settings.person(user) {
            Some(person) => format!("extension {} calls", person.extension),
            None => "an extension calls".to_owned(),
        },
        Caller::Device => "a phone that has not registered calls".to_owned(),
        Caller::Trunk { name } => format!("a call over the trunk {name}"),
        Caller::Appliance => "the fax machine calls".to_owned(),
    }
}

fn start_time(facts: &Facts<'_>) -> String {
    said(&facts.at.in_zone(&facts.settings.zone()))
}
