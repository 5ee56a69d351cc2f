//! Whom a caller's letters mean. The only one is named, in their own voice if they have recorded it, and called; several are offered, each by
//! a key. Whoever keeps the names is not waited for: a person without a name is the digits of their extension.

use std::collections::BTreeMap;
use std::time::Duration;

use media::{Clip, Sound};
use model::trace::Mark;
use plan::Destination;
use prompts::Prompt;

use super::{Choosing, LONGEST};
use crate::call::guest::Said;
use crate::call::{CallEvent, Stage};
use crate::mailbox::{Answer, Ask};
use crate::step::Step;
use crate::timers::CallTimer;
use crate::words::said;

/// How long whoever keeps the names may take: no name is worth a silence.
const NAMES_WAIT: Duration = Duration::from_millis(800);
/// Between two who are offered.
const PAUSE: Duration = Duration::from_millis(300);
/// Whoever has found somebody else than they meant types anew.
const ANEW: char = '*';

/// Those who were found, by their extensions.
pub(super) enum Found {
    /// It was asked how they say their names.
    Asked(Vec<String>),
    /// The caller hears them, and chooses one by a key.
    Offered(Offer),
    /// The caller hears the name of the only one, who is called then.
    Named(String),
}

/// Who has the key 1, and so on, and how they say their names.
pub(super) struct Offer {
    people: Vec<String>,
    names: BTreeMap<String, Clip>,
}

impl Choosing {
    /// There is at least one.
    pub(super) fn has_found(mut self, people: Vec<String>, step: &mut Step<'_>) -> Stage {
        step.ask_mailbox(Ask::Names { of: people.clone() });
        step.set(CallTimer::Key, NAMES_WAIT);
        self.found = Some(Found::Asked(people));
        Stage::Choosing(Box::new(self))
    }

    pub(super) fn on_found(mut self: Box<Self>, said: Said, step: &mut Step<'_>) -> Stage {
        let Some(found) = self.found.take() else { return Stage::Choosing(self) };
        match (found, said) {
            (_, Said::Key(ANEW)) => self.offer(&[], step),
            (Found::Asked(people), Said::Other(CallEvent::Mailbox(Answer::Names(names)))) => {
                self.are_named(people, names, step)
            }
            (Found::Asked(people), Said::Other(CallEvent::Timer(CallTimer::Key))) => {
                self.are_named(people, BTreeMap::new(), step)
            }
            (Found::Named(extension), Said::Over | Said::Other(CallEvent::Timer(CallTimer::Key))) => {
                self.go(&Destination::Extension(extension), step)
            }
            (Found::Offered(offer), Said::Over) => {
                step.set(CallTimer::Key, self.menu.wait);
                self.stays(Found::Offered(offer))
            }
            (Found::Offered(offer), Said::Key(key)) => self.picked(key, offer, step),
            (Found::Offered(offer), Said::Other(CallEvent::Timer(CallTimer::Key))) => {
                self.offer_again(Prompt::ChooseAgain, offer, step)
            }
            (found, _) => self.stays(found),
        }
    }

    fn stays(mut self: Box<Self>, found: Found) -> Stage {
        self.found = Some(found);
        Stage::Choosing(self)
    }

    /// How they say their names is known, or nobody says it in time.
    fn are_named(mut self, people: Vec<String>, names: BTreeMap<String, Clip>, step: &mut Step<'_>) -> Stage {
        let [only] = people.as_slice() else {
            step.note(Mark::Detail, format!("{} are offered whose names begin so", people.len()), "");
            return self.offer_found(&[], Offer { people, names }, step);
        };
        let Some(name) = names.get(only) else { return self.go(&Destination::Extension(only.clone()), step) };
        self.guest.hears(Sound::Clip(name.clone()), step);
        step.set(CallTimer::Key, LONGEST);
        Box::new(self).stays(Found::Named(only.clone()))
    }

    /// Says who was found, each with their key.
    fn offer_found(mut self, before: &[Prompt], offer: Offer, step: &mut Step<'_>) -> Stage {
        let language = self.journey.language;
        let mut sounds = said(before, language);
        for (key, extension) in (1..).zip(&offer.people) {
            match offer.names.get(extension) {
                Some(name) => sounds.push(Sound::Clip(name.clone())),
                None => {
                    let words = [Prompt::Extension].into_iter().chain(prompts::digits(extension));
                    sounds.extend(said(&words.collect::<Vec<_>>(), language));
                }
            }
            sounds.extend(said(&[Prompt::Press, Prompt::Number(key)], language));
            sounds.push(Sound::Silence(PAUSE));
        }
        sounds.extend(said(&[Prompt::NamesAnew], language));
        self.guest.hears_all(sounds, step);
        step.set(CallTimer::Key, LONGEST);
        Box::new(self).stays(Found::Offered(offer))
    }

    /// As often as the words of the menu are said.
    fn offer_again(mut self, before: Prompt, offer: Offer, step: &mut Step<'_>) -> Stage {
        if self.left == 0 {
            return self.nobody(step);
        }
        self.left -= 1;
        self.offer_found(&[before], offer, step)
    }

    fn picked(self, key: char, offer: Offer, step: &mut Step<'_>) -> Stage {
        let number = key.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
        let Some(extension) = number.and_then(|n| n.checked_sub(1)).and_then(|n| offer.people.get(n)) else {
            step.note(Mark::Detail, "The caller pressed what is not offered", "");
            return self.offer_again(Prompt::InvalidChoice, offer, step);
        };
        step.note(Mark::Good, format!("The caller pressed {key}"), "");
        let mut this = self;
        this.guest.hears_nothing(step);
        this.go(&Destination::Extension(extension.clone()), step)
    }
}
