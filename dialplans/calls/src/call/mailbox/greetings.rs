//! What callers hear who reach nobody, and the name that those hear who find a person by it: the owner of a mailbox listens to it, records
//! another, or goes back to the standard text.

use std::time::Duration;

use media::{Clip, RecordEnd, Sound};
use model::voicemail::GreetingKind;
use prompts::Prompt;

use super::{Mailbox, Place};
use crate::call::Stage;
use crate::mailbox::Ask;
use crate::step::Step;
use crate::timers::CallTimer;

/// The longest greeting; nobody listens to more.
const GREETING: Duration = Duration::from_secs(60);
const GREETING_SILENCE: Duration = Duration::from_secs(4);
/// Whoever has said their name has said all.
const NAME_SILENCE: Duration = Duration::from_secs(2);

impl Mailbox {
    pub(super) fn greetings_key(self: Box<Self>, key: char, step: &mut Step<'_>) -> Stage {
        match key {
            '1' => self.greeting(GreetingKind::Unavailable, step),
            '2' => self.greeting(GreetingKind::Busy, step),
            '3' => self.greeting(GreetingKind::Closed, step),
            '4' => self.greeting(GreetingKind::Name, step),
            '*' => self.go(Place::Menu, &[Prompt::MailboxMenu], step),
            _ => self.again(Place::Greetings, &[Prompt::InvalidChoice], step),
        }
    }

    fn greeting(self: Box<Self>, kind: GreetingKind, step: &mut Step<'_>) -> Stage {
        self.go(Place::Greeting(kind), &[choices(kind)], step)
    }

    pub(super) fn greeting_key(self: Box<Self>, kind: GreetingKind, key: char, step: &mut Step<'_>) -> Stage {
        let mailbox = self.mailbox.clone();
        match key {
            '1' => self.wait_for(Place::LoadingGreeting(kind), Ask::Greeting { mailbox, kind }, step),
            '2' => {
                let mut this = self;
                this.place = Place::BeforeRecording(kind);
                step.clear(CallTimer::Voice);
                let mut sounds = this.booth.spoken(&[match kind {
                    GreetingKind::Name => Prompt::SayYourName,
                    _ => Prompt::RecordGreeting,
                }]);
                sounds.push(Sound::Tone(media::Tone::Beep));
                this.booth.play(sounds, step);
                Stage::Mailbox(this)
            }
            '3' => self.wait_for(Place::SavingGreeting(kind), Ask::SetGreeting { mailbox, kind, parts: None }, step),
            '*' => self.go(Place::Greetings, &[Prompt::GreetingsMenu], step),
            _ => self.again(Place::Greeting(kind), &[Prompt::InvalidChoice], step),
        }
    }

    pub(super) fn record(mut self: Box<Self>, kind: GreetingKind, step: &mut Step<'_>) -> Stage {
        self.place = Place::Recording(kind, Vec::new());
        step.clear(CallTimer::Voice);
        let (most, silence) = match kind {
            GreetingKind::Name => (Duration::from_secs(kind.longest().into()), NAME_SILENCE),
            _ => (GREETING, GREETING_SILENCE),
        };
        self.booth.record(most, silence, step);
        Stage::Mailbox(self)
    }

    pub(super) fn part(mut self: Box<Self>, part: Clip, end: Option<RecordEnd>, step: &mut Step<'_>) -> Stage {
        let Place::Recording(kind, mut parts) = std::mem::replace(&mut self.place, Place::Menu) else {
            return Stage::Mailbox(self);
        };
        if !part.samples().is_empty() {
            parts.push(part);
        }
        match end {
            None => {
                self.place = Place::Recording(kind, parts);
                Stage::Mailbox(self)
            }
            Some(_) if parts.iter().all(Clip::is_silent) => {
                self.again(Place::Greeting(kind), &[Prompt::NothingRecorded], step)
            }
            Some(_) => {
                let mailbox = self.mailbox.clone();
                let ask = Ask::SetGreeting { mailbox, kind, parts: Some(parts) };
                self.wait_for(Place::SavingGreeting(kind), ask, step)
            }
        }
    }
}

/// What may be done with it.
pub(super) const fn choices(kind: GreetingKind) -> Prompt {
    match kind {
        GreetingKind::Name => Prompt::NameMenu,
        GreetingKind::Unavailable | GreetingKind::Busy | GreetingKind::Closed => Prompt::GreetingMenu,
    }
}

/// Nothing was recorded for it.
pub(super) const fn none_of_its_own(kind: GreetingKind) -> Prompt {
    match kind {
        GreetingKind::Name => Prompt::NothingRecorded,
        GreetingKind::Unavailable | GreetingKind::Busy | GreetingKind::Closed => Prompt::GreetingStandard,
    }
}

pub(super) const fn saved(kind: GreetingKind) -> Prompt {
    match kind {
        GreetingKind::Name => Prompt::MessageKept,
        GreetingKind::Unavailable | GreetingKind::Busy | GreetingKind::Closed => Prompt::GreetingSaved,
    }
}
