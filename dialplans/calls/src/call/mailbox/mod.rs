//! A person listens to messages by phone: their PIN first, then menus. A key always works while something is said, so that whoever knows the
//! menus is not kept.
//!
//! The PIN is asked from every phone, the owner's too: a receiver in an empty room is anybody's. A mailbox that has none yet can be opened only
//! from its own phone, which must choose one before it hears anything.

mod call_back;
mod give;
mod greetings;
mod words;

use std::collections::VecDeque;
use std::time::Duration;

use media::{Clip, Sound};
use model::Pii;
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use model::voicemail::{GreetingKind, PinCheck, PinFault, Voicemail, VoicemailMark, VoicemailState};
use prompts::Prompt;

use crate::call::booth::{Booth, Heard};
use crate::call::ringing::Waiting;
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::mailbox::{Answer, Ask};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// How long a person may think before the next key.
const KEY_WAIT: Duration = Duration::from_secs(8);
/// How long whoever keeps messages may take.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// How often something is asked anew in vain, and how many wrong PINs one call may bring; the mailbox itself counts across calls.
const TRIES: u8 = 3;
/// Digits that are taken of a number or a PIN.
const MAX_DIGITS: usize = 10;
/// Keys that are kept while an answer is awaited: a PIN and some choices.
const MAX_AHEAD: usize = 20;

/// The stage.
pub(crate) struct Mailbox {
    booth: Booth,
    /// The extension whose it is; empty until it was typed.
    mailbox: String,
    place: Place,
    typed: String,
    /// Keys that were pressed while an answer was awaited: whoever knows the menus does not wait for them.
    ahead: VecDeque<char>,
    tries: u8,
    messages: Vec<Voicemail>,
    /// Which of them are listened to, and which of those now.
    queue: Vec<usize>,
    at: usize,
}

/// Where in the menus.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Number,
    /// It is asked whether there is a PIN at all.
    HasPin,
    Pin,
    Checking,
    /// A new PIN, and the same once more. `first`: none has been set yet.
    NewPin {
        first: bool,
    },
    Again {
        first: bool,
        pin: Pii<String>,
    },
    SettingPin {
        first: bool,
    },
    Listing,
    Menu,
    /// A message is awaited; this is said before it.
    Loading(Option<Prompt>),
    Message,
    /// The extension is awaited of whoever is to have it.
    GivingTo,
    /// It was said back: is it the one?
    GivingSure {
        to: String,
    },
    Giving,
    Greetings,
    Greeting(GreetingKind),
    LoadingGreeting(GreetingKind),
    BeforeRecording(GreetingKind),
    Recording(GreetingKind, Vec<Clip>),
    SavingGreeting(GreetingKind),
    Ending,
}

impl Mailbox {
    pub(crate) fn begin(waiting: &Waiting, extension: Option<String>, step: &mut Step<'_>) -> Stage {
        let own = extension.is_some();
        let peer = match answer_alone(waiting, step) {
            Ok(peer) => peer,
            Err(ending) => return step.finish(ending),
        };
        step.taken();
        let booth = Booth::new(peer, step);
        let mailbox = extension.unwrap_or_default();
        step.note(Mark::Good, "The messages are listened to by phone", "");
        let this = Self {
            booth,
            mailbox,
            place: Place::Number,
            typed: String::new(),
            ahead: VecDeque::new(),
            tries: 0,
            messages: Vec::new(),
            queue: Vec::new(),
            at: 0,
        };
        if own {
            Box::new(this).ask_whether_pin(step)
        } else {
            Box::new(this).go(Place::Number, &[Prompt::MailboxNumber], step)
        }
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match self.booth.hear(event, step) {
            Heard::Key(key) => self.key(key, step),
            Heard::Said => self.said(step),
            Heard::Part(part, end) => self.part(part, end, step),
            Heard::Over(ending) => step.finish(ending),
            Heard::Other(CallEvent::Mailbox(answer)) => Self::go_on(self.answer(answer, step), step),
            Heard::Other(CallEvent::Timer(CallTimer::Voice)) => Self::go_on(self.time(step), step),
            Heard::Other(CallEvent::Onward(onward)) => self.calls_back(*onward, step),
            Heard::Nothing | Heard::Other(_) => Stage::Mailbox(self),
        }
    }

    /// Presses the keys that came too early.
    fn go_on(mut stage: Stage, step: &mut Step<'_>) -> Stage {
        while let Stage::Mailbox(mut this) = stage {
            let key = if this.is_waiting() { None } else { this.ahead.pop_front() };
            let Some(key) = key else { return Stage::Mailbox(this) };
            stage = this.key(key, step);
        }
        stage
    }

    const fn is_waiting(&self) -> bool {
        matches!(
            self.place,
            Place::HasPin
                | Place::Checking
                | Place::Listing
                | Place::Loading(_)
                | Place::Giving
                | Place::SettingPin { .. }
                | Place::LoadingGreeting(_)
                | Place::SavingGreeting(_)
        )
    }

    /// Says something and is at this place then. Whoever has come further has not asked in vain.
    fn go(mut self: Box<Self>, place: Place, words: &[Prompt], step: &mut Step<'_>) -> Stage {
        self.tries = 0;
        self.ask(place, words, step)
    }

    fn ask(mut self: Box<Self>, place: Place, words: &[Prompt], step: &mut Step<'_>) -> Stage {
        self.place = place;
        self.typed.clear();
        step.clear(CallTimer::Voice);
        self.booth.say(words, step);
        Stage::Mailbox(self)
    }

    fn wait_for(mut self: Box<Self>, place: Place, ask: Ask, step: &mut Step<'_>) -> Stage {
        self.place = place;
        self.typed.clear();
        step.ask_mailbox(ask);
        step.set(CallTimer::Voice, ANSWER_WAIT);
        Stage::Mailbox(self)
    }

    fn ask_whether_pin(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        let ask = Ask::CheckPin { mailbox: self.mailbox.clone(), pin: Pii::default() };
        self.wait_for(Place::HasPin, ask, step)
    }

    fn list(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        let ask = Ask::List { mailbox: self.mailbox.clone() };
        self.wait_for(Place::Listing, ask, step)
    }

    fn goodbye(self: Box<Self>, words: &[Prompt], step: &mut Step<'_>) -> Stage {
        let words: Vec<Prompt> = words.iter().copied().chain([Prompt::Goodbye]).collect();
        self.go(Place::Ending, &words, step)
    }

    fn said(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        match self.place {
            Place::Ending => step.finish(Ending::new(CallEnd::HungUp, Fault::None)),
            Place::BeforeRecording(kind) => self.record(kind, step),
            _ => {
                step.set(CallTimer::Voice, KEY_WAIT);
                Stage::Mailbox(self)
            }
        }
    }

    /// Nothing was pressed, or whoever keeps messages does not answer.
    fn time(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        match self.place.clone() {
            Place::Loading(_) => self.play_message(None, step),
            _ if self.is_waiting() => self.goodbye(&[Prompt::SorryFault], step),
            Place::Number | Place::Pin | Place::NewPin { .. } | Place::Again { .. } | Place::GivingTo
                if !self.typed.is_empty() =>
            {
                self.typed_all(step)
            }
            Place::Ending => step.finish(Ending::new(CallEnd::HungUp, Fault::None)),
            place => {
                self.tries += 1;
                if self.tries >= TRIES {
                    return self.goodbye(&[], step);
                }
                let words = self.question(&place);
                self.ask(place, &words, step)
            }
        }
    }

    /// What is asked at a place, to be said again.
    fn question(&self, place: &Place) -> Vec<Prompt> {
        match place {
            Place::Number => vec![Prompt::MailboxNumber],
            Place::Pin => vec![Prompt::EnterPin],
            Place::NewPin { .. } => vec![Prompt::ChoosePin],
            Place::Again { .. } => vec![Prompt::RepeatPin],
            Place::Message => self.message_menu(),
            Place::GivingTo => vec![Prompt::GiveExtension],
            Place::GivingSure { to } => give::is_it(to),
            Place::Greetings => vec![Prompt::GreetingsMenu],
            Place::Greeting(kind) => vec![greetings::choices(*kind)],
            _ => vec![Prompt::MailboxMenu],
        }
    }

    fn key(mut self: Box<Self>, key: char, step: &mut Step<'_>) -> Stage {
        if self.is_waiting() {
            if self.ahead.len() < MAX_AHEAD {
                self.ahead.push_back(key);
            }
            return Stage::Mailbox(self);
        }
        match (self.place.clone(), key) {
            (Place::GivingTo, '*') if self.typed.is_empty() => self.not_given(step),
            (Place::Number | Place::Pin | Place::NewPin { .. } | Place::Again { .. } | Place::GivingTo, key) => {
                self.digit(key, step)
            }
            (Place::GivingSure { to }, key) => self.giving_key(to, key, step),
            (Place::Recording(..), '#') => {
                self.booth.stop_recording(step);
                Stage::Mailbox(self)
            }
            (Place::Menu, key) => self.menu(key, step),
            (Place::Message, key) => self.message_key(key, step),
            (Place::Greetings, key) => self.greetings_key(key, step),
            (Place::Greeting(kind), key) => self.greeting_key(kind, key, step),
            _ => Stage::Mailbox(self),
        }
    }

    fn digit(mut self: Box<Self>, key: char, step: &mut Step<'_>) -> Stage {
        self.booth.hush(step);
        match key {
            '#' => return self.typed_all(step),
            '*' => self.typed.clear(),
            digit if digit.is_ascii_digit() && self.typed.len() < MAX_DIGITS => self.typed.push(digit),
            _ => {}
        }
        step.set(CallTimer::Voice, KEY_WAIT);
        Stage::Mailbox(self)
    }

    fn typed_all(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        let typed = std::mem::take(&mut self.typed);
        match self.place.clone() {
            Place::Number if typed.is_empty() => self.again(Place::Number, &[], step),
            Place::Number => {
                self.mailbox = typed;
                self.go(Place::Pin, &[Prompt::EnterPin], step)
            }
            Place::Pin if typed.is_empty() => self.again(Place::Pin, &[], step),
            Place::Pin => {
                let ask = Ask::CheckPin { mailbox: self.mailbox.clone(), pin: typed.into() };
                self.wait_for(Place::Checking, ask, step)
            }
            Place::GivingTo => self.give_to(typed, step),
            Place::NewPin { first } if PinFault::of(&typed, &self.mailbox).is_some() => {
                self.again(Place::NewPin { first }, &[Prompt::PinTooSimple], step)
            }
            Place::NewPin { first } => self.go(Place::Again { first, pin: typed.into() }, &[Prompt::RepeatPin], step),
            Place::Again { first, pin } if *pin.expose() == typed => {
                let ask = Ask::SetPin { mailbox: self.mailbox.clone(), pin };
                self.wait_for(Place::SettingPin { first }, ask, step)
            }
            Place::Again { first, .. } => self.again(Place::NewPin { first }, &[Prompt::PinsDiffer], step),
            place => {
                self.place = place;
                Stage::Mailbox(self)
            }
        }
    }

    /// It was no use: once more, a few times.
    fn again(mut self: Box<Self>, place: Place, why: &[Prompt], step: &mut Step<'_>) -> Stage {
        self.tries += 1;
        if self.tries >= TRIES {
            return self.goodbye(&[Prompt::TooManyTries], step);
        }
        let words: Vec<Prompt> = why.iter().copied().chain(self.question(&place)).collect();
        self.ask(place, &words, step)
    }

    fn answer(mut self: Box<Self>, answer: Answer, step: &mut Step<'_>) -> Stage {
        match (self.place.clone(), answer) {
            (Place::HasPin, Answer::Pin(Some(PinCheck::NotSet))) => {
                self.go(Place::NewPin { first: true }, &[Prompt::ChoosePin], step)
            }
            (Place::HasPin, Answer::Pin(Some(PinCheck::Blocked)))
            | (Place::Checking, Answer::Pin(Some(PinCheck::Blocked))) => self.goodbye(&[Prompt::MailboxBlocked], step),
            (Place::HasPin, Answer::Pin(Some(_))) => self.go(Place::Pin, &[Prompt::EnterPin], step),
            (Place::Checking, Answer::Pin(Some(PinCheck::Right))) => {
                self.tries = 0;
                self.list(step)
            }
            (Place::Checking, Answer::Pin(Some(PinCheck::Wrong))) => self.again(Place::Pin, &[Prompt::WrongPin], step),
            (Place::Checking, Answer::Pin(Some(PinCheck::NotSet))) => self.goodbye(&[Prompt::NoPinYet], step),
            (Place::SettingPin { first: true }, Answer::Done(true)) => {
                self.tries = 0;
                self.list(step)
            }
            (Place::SettingPin { first: false }, Answer::Done(true)) => {
                self.go(Place::Menu, &[Prompt::PinSet, Prompt::MailboxMenu], step)
            }
            (Place::Listing, Answer::Messages(Some(messages))) => {
                self.messages = messages;
                let words = words::summary(&self.messages);
                self.go(Place::Menu, &words, step)
            }
            // Of one that was given up it comes too late, and is none of whose turn it is now.
            (Place::Loading(_), Answer::Sound { voicemail, sound })
                if self.current().is_some_and(|m| m.id == voicemail) =>
            {
                self.play_message(sound, step)
            }
            (Place::Giving, Answer::Given(given)) => self.given(given, step),
            (Place::LoadingGreeting(kind), Answer::Greeting { own, .. }) => {
                let mut sounds = match own {
                    Some(own) => vec![Sound::Clip(own)],
                    None => self.booth.spoken(&[greetings::none_of_its_own(kind)]),
                };
                sounds.extend(self.booth.spoken(&[greetings::choices(kind)]));
                self.place = Place::Greeting(kind);
                step.clear(CallTimer::Voice);
                self.booth.play(sounds, step);
                Stage::Mailbox(self)
            }
            (Place::SavingGreeting(kind), Answer::Done(true)) => {
                self.go(Place::Greeting(kind), &[greetings::saved(kind), greetings::choices(kind)], step)
            }
            (
                Place::HasPin | Place::Checking | Place::SettingPin { .. } | Place::Listing | Place::SavingGreeting(_),
                Answer::Pin(None) | Answer::Done(false) | Answer::Messages(None),
            ) => self.goodbye(&[Prompt::SorryFault], step),
            _ => Stage::Mailbox(self),
        }
    }

    fn menu(mut self: Box<Self>, key: char, step: &mut Step<'_>) -> Stage {
        match key {
            '1' | '2' => {
                let wanted = if key == '1' { VoicemailState::New } else { VoicemailState::Kept };
                self.queue = words::in_order(&self.messages, wanted);
                self.at = 0;
                self.load(None, step)
            }
            '3' => self.go(Place::Greetings, &[Prompt::GreetingsMenu], step),
            '4' => self.go(Place::NewPin { first: false }, &[Prompt::ChoosePin], step),
            '*' => self.goodbye(&[], step),
            _ => self.again(Place::Menu, &[Prompt::InvalidChoice], step),
        }
    }

    /// The message whose turn it is.
    fn current(&self) -> Option<&Voicemail> {
        self.queue.get(self.at).and_then(|n| self.messages.get(*n))
    }

    /// The message whose turn it is comes next, after some words about the one before it.
    fn load(self: Box<Self>, before: Option<Prompt>, step: &mut Step<'_>) -> Stage {
        let Some(voicemail) = self.current().map(|m| m.id) else {
            let words = before.into_iter().chain([Prompt::NoMoreMessages, Prompt::MailboxMenu]);
            return self.go(Place::Menu, &words.collect::<Vec<_>>(), step);
        };
        self.wait_for(Place::Loading(before), Ask::Listen { voicemail }, step)
    }

    /// Who left it, when, and what was said. If that cannot be read it stays new, and those behind it are a key away.
    fn play_message(mut self: Box<Self>, sound: Option<Clip>, step: &mut Step<'_>) -> Stage {
        let Some(message) = self.current().cloned() else { return self.load(None, step) };
        self.tries = 0;
        let mut words = words::heading(&message, self.booth.language, step);
        if let Place::Loading(Some(before)) = self.place {
            words.insert(0, before);
        }
        let mut sounds = self.booth.spoken(&words);
        let is_read = sound.is_some();
        match sound {
            Some(sound) => sounds.push(Sound::Clip(sound)),
            None => sounds.extend(self.booth.spoken(&[Prompt::MessageUnreadable])),
        }
        sounds.extend(self.booth.spoken(&self.message_menu()));
        self.place = Place::Message;
        step.clear(CallTimer::Voice);
        self.booth.play(sounds, step);
        // Whoever begins to listen has the message: a new one that was heard to its middle is no news any more.
        if is_read {
            self.mark(VoicemailMark::Heard, step);
        }
        Stage::Mailbox(self)
    }

    fn mark(&mut self, mark: VoicemailMark, step: &mut Step<'_>) {
        let Some(at) = self.queue.get(self.at).copied() else { return };
        let Some(message) = self.messages.get_mut(at) else { return };
        message.state = match mark {
            // To hear it once more does not take it back: so it is in the store.
            VoicemailMark::Heard if message.state == VoicemailState::Deleted => VoicemailState::Deleted,
            VoicemailMark::Heard | VoicemailMark::Restore => VoicemailState::Kept,
            VoicemailMark::New => VoicemailState::New,
            VoicemailMark::Delete => VoicemailState::Deleted,
        };
        step.ask_mailbox(Ask::Mark { mailbox: self.mailbox.clone(), voicemail: message.id, mark });
    }

    fn message_key(mut self: Box<Self>, key: char, step: &mut Step<'_>) -> Stage {
        let deleted = self.current().is_some_and(|m| m.state == VoicemailState::Deleted);
        match key {
            '1' => self.load(None, step),
            '2' if !deleted => {
                self.at += 1;
                self.booth.hush(step);
                self.load(None, step)
            }
            '3' if !deleted => {
                self.mark(VoicemailMark::Delete, step);
                self.message(Prompt::MessageDeleted, step)
            }
            '4' if !deleted => self.go(Place::GivingTo, &[Prompt::GiveExtension], step),
            '7' if deleted => {
                self.mark(VoicemailMark::Restore, step);
                self.message(Prompt::MessageRestored, step)
            }
            '6' | '#' => {
                self.at += 1;
                self.load(None, step)
            }
            '8' => self.call_back(step),
            '*' => self.list(step),
            _ => self.again(Place::Message, &[Prompt::InvalidChoice], step),
        }
    }
}
