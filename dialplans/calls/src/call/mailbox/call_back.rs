//! Whoever left a message is called back from its menu.

use model::call::{CallEnd, Fault};
use model::trace::Mark;
use model::voicemail::VoicemailState;
use plan::Caller;
use prompts::Prompt;

use super::{Mailbox, Place};
use crate::call::way::{self, Journey, Seat};
use crate::call::{Ask, Onward, Stage};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

impl Mailbox {
    /// The choices at a message, after some words about it.
    pub(super) fn message(self: Box<Self>, before: Prompt, step: &mut Step<'_>) -> Stage {
        let words: Vec<Prompt> = [before].into_iter().chain(self.message_menu()).collect();
        self.go(Place::Message, &words, step)
    }

    /// What may be done with a message: it is given to a colleague unless it is deleted, and its caller is called back only where it is known
    /// who that was.
    pub(super) fn message_menu(&self) -> Vec<Prompt> {
        let known = self.current().is_some_and(|message| message.from.number.is_some());
        let deleted = self.current().is_some_and(|message| message.state == VoicemailState::Deleted);
        let mut words = vec![Prompt::MessageMenu];
        words.extend((!deleted).then_some(Prompt::MessageGive));
        words.extend(known.then_some(Prompt::MessageCallBack));
        words
    }

    /// Whoever left the message is to be called. By the rights of whose mailbox it is, from whatever phone they listen: the switchboard answers
    /// at once where that goes, as it does for calls that somebody forwards.
    pub(super) fn call_back(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        let number = self.current().and_then(|message| message.from.number.clone());
        let Some(to) = number else { return self.again(Place::Message, &[Prompt::CallbackRefused], step) };
        let ending = Ending::new(CallEnd::Refused, Fault::Caller);
        step.ask(Ask { extension: self.mailbox.clone(), to, ending, also: false });
        Stage::Mailbox(self)
    }

    pub(super) fn calls_back(self: Box<Self>, onward: Onward, step: &mut Step<'_>) -> Stage {
        for why in onward.why {
            step.note(Mark::Detail, why, "");
        }
        let (number, owner) = (self.current().map(|message| message.from.clone()), self.owner(step));
        let (target, toll, party, user) = match (onward.way, number, owner) {
            (Ok((target, toll)), Some(party), Some(user)) => (target, toll, party, user),
            (Err(why), ..) => {
                step.note(Mark::Warn, "Whoever left the message cannot be called back", why);
                return self.message(Prompt::CallbackRefused, step);
            }
            (Ok(_), ..) => return self.message(Prompt::CallbackRefused, step),
        };
        let Some(dialled) = party.number.clone() else { return self.message(Prompt::CallbackRefused, step) };
        step.note(Mark::Good, "Whoever left the message is called back", "");
        step.clear(CallTimer::Voice);
        step.card.passed = onward.passed;
        step.card.tolls.extend(toll);
        step.card.to = party.into();
        let journey = Journey::new(Caller::Extension { user }, dialled, self.booth.language);
        way::enter(Seat::Answered(self.booth.into_guest()), journey, target, None, step)
    }

    /// Whose mailbox it is.
    fn owner(&self, step: &Step<'_>) -> Option<String> {
        step.site.settings.extension(&self.mailbox).map(|person| person.user.clone())
    }
}
