//! A caller chooses by pressing keys, or dials an extension.

mod found;

use std::time::Duration;

use model::Language;
use model::trace::Mark;
use plan::{Choice, Destination, Menu, Named};
use prompts::Prompt;

use crate::call::guest::{Guest, Said};
use crate::call::menu::found::Found;
use crate::call::peer::Peer;
use crate::call::way::{self, Journey, Seat};
use crate::call::{CallEvent, Stage};
use crate::step::Step;
use crate::timers::CallTimer;
use crate::words::{said, spoken};

/// After a key that may be the first digit of an extension, the next one is waited for so long.
const NEXT_DIGIT: Duration = Duration::from_millis(2500);
/// Who has typed enough of a name may say so.
const END: char = '#';
/// Words end within that, whoever says so.
const LONGEST: Duration = Duration::from_secs(300);

/// The stage.
pub(crate) struct Choosing {
    guest: Guest,
    journey: Journey,
    menu: Menu,
    /// How often the words may still be said.
    left: u8,
    digits: String,
    /// Whom their letters mean, until they are called.
    found: Option<Found>,
}

impl Choosing {
    pub(crate) fn begin(guest: Guest, journey: Journey, menu: Menu, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Good, format!("The menu {} answered", menu.name), "");
        let (left, digits) = (menu.times, menu.typed.clone());
        let this = Self { guest, journey, menu, left, digits, found: None };
        if this.digits.is_empty() { this.offer(&[], step) } else { Box::new(this).chosen(step) }
    }

    /// Says the words, after some of what the caller did not do.
    fn offer(mut self, before: &[Prompt], step: &mut Step<'_>) -> Stage {
        self.digits.clear();
        self.found = None;
        if self.left == 0 {
            return self.nobody(step);
        }
        self.left -= 1;
        let language = self.journey.language;
        let mut sounds = said(before, language);
        sounds.extend(spoken(&self.menu.words, &[], language));
        self.guest.hears_all(sounds, step);
        step.set(CallTimer::Key, LONGEST);
        Stage::Choosing(Box::new(self))
    }

    fn nobody(self, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Warn, "The caller has chosen nothing", "");
        let to = self.menu.nobody.clone();
        self.go(&to, step)
    }

    /// Who is here.
    pub(crate) const fn guest(&self) -> &Guest {
        &self.guest
    }

    /// The caller is a fax machine, and ours takes the call.
    pub(crate) fn left_to_machine(self, step: &mut Step<'_>) -> Guest {
        step.clear(CallTimer::Key);
        self.guest
    }

    /// Somebody takes the seat of whoever called here.
    pub(crate) fn taken_by(self: Box<Self>, party: Peer, step: &mut Step<'_>) -> Stage {
        let Self { guest, journey, menu, .. } = *self;
        let guest = guest.succeeded_by(party, step);
        let journey = journey.with(&guest.peer.who, step);
        Self::begin(guest, journey, menu, step)
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match self.guest.on(event, step) {
            Err(ending) => step.finish(ending),
            Ok(said) if self.found.is_some() => self.on_found(said, step),
            Ok(Said::Over) if self.digits.is_empty() => {
                step.set(CallTimer::Key, self.menu.wait);
                Stage::Choosing(self)
            }
            Ok(Said::Key(key)) => self.pressed(key, step),
            Ok(Said::Other(CallEvent::Timer(CallTimer::Key))) if self.digits.is_empty() => {
                self.offer(&[Prompt::ChooseAgain], step)
            }
            Ok(Said::Other(CallEvent::Timer(CallTimer::Key))) => self.chosen(step),
            Ok(Said::Over | Said::Nothing | Said::Other(_)) => Stage::Choosing(self),
        }
    }

    fn pressed(mut self: Box<Self>, key: char, step: &mut Step<'_>) -> Stage {
        if self.digits.is_empty() {
            self.guest.hears_nothing(step);
        }
        self.digits.push(key);
        if key == END && self.digits.len() > 1 && self.menu.finds_names() {
            self.digits.pop();
            return self.chosen(step);
        }
        let may_go_on = self.menu.extensions && step.site.plan.extension_begins(&self.digits, &step.site.settings);
        if may_go_on || self.named(step) != Named::Nobody {
            step.set(CallTimer::Key, NEXT_DIGIT);
            return Stage::Choosing(self);
        }
        self.chosen(step)
    }

    /// Whom the letters on the keys mean that were pressed. Who is the only one may still be typed to the end.
    fn named<'s>(&self, step: &'s Step<'_>) -> Named<'s> {
        step.site.plan.found_by_letters(&self.menu, &self.digits, &step.site.settings)
    }

    /// No more digits follow: what do they mean?
    fn chosen(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        step.clear(CallTimer::Key);
        let mut this = *self;
        match this.meant(step) {
            Some(Choice::Go(to)) => {
                step.note(Mark::Good, format!("The caller pressed {}", this.digits), "");
                this.go(&to, step)
            }
            Some(Choice::Language(language)) => {
                step.note(Mark::Good, format!("The caller chose the language {language}"), "");
                this.journey.language = Language::from_word(&language).unwrap_or(this.journey.language);
                step.card.tape.speaks(this.journey.language);
                this.left = this.menu.times;
                this.offer(&[], step)
            }
            Some(Choice::Again) => this.offer(&[], step),
            None => this.searched(step),
        }
    }

    /// It is none of the keys: whose name begins so?
    fn searched(self, step: &mut Step<'_>) -> Stage {
        let found: Vec<String> = match self.named(step) {
            Named::These(people) => people.iter().map(|person| person.extension.clone()).collect(),
            Named::Many => {
                step.note(Mark::Detail, "Several names begin as the caller typed", "");
                return self.offer(&[Prompt::SeveralNames], step);
            }
            Named::Nobody => {
                step.note(Mark::Detail, "The caller pressed what the menu does not offer", "");
                return self.offer(&[Prompt::InvalidChoice], step);
            }
        };
        step.note(Mark::Good, format!("The caller pressed {}", self.digits), "");
        self.has_found(found, step)
    }

    fn meant(&self, step: &Step<'_>) -> Option<Choice> {
        let mut keys = self.digits.chars();
        if let (Some(key), None) = (keys.next(), keys.next())
            && let Some(choice) = self.menu.keys.get(&key)
        {
            return Some(choice.clone());
        }
        let dialled = || step.site.plan.dialled_extension(&self.digits, &step.site.settings);
        self.menu.extensions.then(dialled).flatten().map(Choice::Go)
    }

    fn go(self, to: &Destination, step: &mut Step<'_>) -> Stage {
        step.clear(CallTimer::Key);
        way::go_on(Seat::Answered(self.guest), self.journey, to, step)
    }
}
