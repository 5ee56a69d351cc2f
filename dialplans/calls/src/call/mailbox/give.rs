//! A message is given to a colleague: their extension is typed and said back, and the message is theirs once that is durable. Whoever hangs up
//! before they have said that it is the one has given nothing; whoever hangs up after it need not wait for the answer.

use model::trace::Mark;
use prompts::Prompt;

use super::{Mailbox, Place};
use crate::call::Stage;
use crate::mailbox::{Ask, Given};
use crate::step::Step;

impl Mailbox {
    /// An extension was typed.
    pub(super) fn give_to(self: Box<Self>, to: String, step: &mut Step<'_>) -> Stage {
        if to.is_empty() {
            return self.again(Place::GivingTo, &[], step);
        }
        // Whoever keeps messages looks once more: the people may be others by then.
        if to == self.mailbox || !step.site.plan.has_mailbox(&to, &step.site.settings) {
            return self.again(Place::GivingTo, &[Prompt::GiveNobody], step);
        }
        let words = is_it(&to);
        self.go(Place::GivingSure { to }, &words, step)
    }

    /// Was it the one?
    pub(super) fn giving_key(self: Box<Self>, to: String, key: char, step: &mut Step<'_>) -> Stage {
        match key {
            '1' => {
                let Some(voicemail) = self.current().map(|m| m.id) else { return self.not_given(step) };
                let mailbox = self.mailbox.clone();
                self.wait_for(Place::Giving, Ask::Give { mailbox, voicemail, to }, step)
            }
            '2' => self.go(Place::GivingTo, &[Prompt::GiveExtension], step),
            '*' => self.not_given(step),
            _ => self.again(Place::GivingSure { to }, &[Prompt::InvalidChoice], step),
        }
    }

    /// They thought better of it.
    pub(super) fn not_given(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        let words = self.message_menu();
        self.go(Place::Message, &words, step)
    }

    /// What became of it. One that could not be given is still here, and may be given to somebody else.
    pub(super) fn given(mut self: Box<Self>, given: Given, step: &mut Step<'_>) -> Stage {
        let why = match given {
            Given::Theirs => {
                step.note(Mark::Good, "The message was given to a colleague", "");
                self.forget();
                return self.load(Some(Prompt::GiveDone), step);
            }
            Given::Nobody => Prompt::GiveNobody,
            Given::NoRoom => Prompt::GiveNoRoom,
            Given::NotStored => Prompt::GiveNotStored,
        };
        step.note(Mark::Warn, "The message could not be given to a colleague", format!("{given:?}"));
        self.message(why, step)
    }

    /// The message whose turn it is belongs to somebody else now, and it is the turn of the one behind it.
    fn forget(&mut self) {
        if self.at < self.queue.len() {
            let gone = self.queue.remove(self.at);
            self.messages.remove(gone);
            self.queue.iter_mut().filter(|n| **n > gone).for_each(|n| *n -= 1);
        }
    }
}

/// The extension as it was typed, and what may be done now.
pub(super) fn is_it(to: &str) -> Vec<Prompt> {
    let digits = prompts::digits(to);
    [Prompt::Extension].into_iter().chain(digits).chain([Prompt::GiveConfirm]).collect()
}
