//! A caller whom nobody answered leaves a message.
//!
//! What they say is handed on as it comes, a second at a time, and whoever keeps it makes each part durable. When the caller hangs up in the
//! middle of a word, when the box loses its power: what was handed on is a message. They are told that it was saved only after it is.

use std::time::Duration;

use media::{Clip, RecordEnd, Sound};
use model::Language;
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use model::voicemail::GreetingKind;
use prompts::Prompt;

use crate::call::booth::{Booth, Heard};
use crate::call::guest::Guest;
use crate::call::peer::Peer;
use crate::call::ringing::Waiting;
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::mailbox::{Answer, Ask};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// Somebody who says nothing for so long has said all.
const SILENCE: Duration = Duration::from_secs(5);
/// Less than this is a click and no message.
const TOO_SHORT: Duration = Duration::from_secs(1);
/// A message that a fax machine ends before this is its tones.
const TONES: Duration = Duration::from_secs(6);
/// How long whoever keeps messages may take to answer. The greeting is not worth a silence; the rest is.
const GREETING_WAIT: Duration = Duration::from_millis(800);
const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// How long a caller may think about what to press.
const CHOICE_WAIT: Duration = Duration::from_secs(10);
/// How long the last part may be on its way after the caller has hung up.
const TAIL_WAIT: Duration = Duration::from_secs(1);

/// The stage.
pub(crate) struct LeavingMessage {
    booth: Booth,
    mailbox: String,
    greeting: GreetingKind,
    doing: Doing,
    /// Whoever keeps messages is ready for one.
    begun: Option<bool>,
    /// What was said so far, for a caller who wants to hear it: as long as the plan lets a message be.
    parts: Vec<Clip>,
    urgent: bool,
    /// It is as long as it may be, and its caller had more to say.
    is_cut: bool,
    /// How the call ends once the last part is there.
    ending: Ending,
}

/// Nobody is to blame.
const ENDED: Ending = Ending::new(CallEnd::HungUp, Fault::None);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    /// The greeting was asked for.
    Asking,
    Greeting,
    Beeping,
    /// The tone was heard, and whoever keeps messages is not ready yet.
    Waiting,
    Recording,
    /// The caller has hung up; the last part is on its way.
    LastPart,
    /// The caller may choose what becomes of the message.
    Choosing,
    /// It is being saved.
    Saving,
    /// The last words.
    Ending,
}

impl LeavingMessage {
    /// Answers the caller.
    pub(crate) fn begin(waiting: &Waiting, mailbox: String, greeting: GreetingKind, step: &mut Step<'_>) -> Stage {
        match answer_alone(waiting, step) {
            Ok(peer) => Self::answered(Booth::new(peer, step), mailbox, greeting, step),
            Err(ending) => step.finish(ending),
        }
    }

    /// The same with a caller who was answered already, in the language that they chose.
    pub(crate) fn of_guest(
        mut guest: Guest,
        language: Language,
        mailbox: String,
        greeting: GreetingKind,
        step: &mut Step<'_>,
    ) -> Stage {
        guest.hears_nothing(step);
        Self::answered(Booth::of_guest(guest, language), mailbox, greeting, step)
    }

    fn answered(booth: Booth, mailbox: String, greeting: GreetingKind, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Good, format!("The mailbox of {mailbox} answered"), greeting.word());
        step.ask_mailbox(Ask::Greeting { mailbox: mailbox.clone(), kind: greeting });
        step.ask_mailbox(Ask::Begin { mailbox: mailbox.clone(), from: (*step.card.from).clone() });
        step.set(CallTimer::Voice, GREETING_WAIT);
        let doing = Doing::Asking;
        Stage::LeavingMessage(Box::new(Self {
            booth,
            mailbox,
            greeting,
            doing,
            begun: None,
            parts: Vec::new(),
            urgent: false,
            is_cut: false,
            ending: ENDED,
        }))
    }

    /// Who is here, while nothing of a message was said: what was said is theirs, and nobody else goes on with it.
    pub(crate) const fn seat(&self) -> Result<&Guest, (u16, &'static str)> {
        match self.doing {
            Doing::Asking | Doing::Greeting | Doing::Beeping | Doing::Waiting => Ok(self.booth.guest()),
            Doing::Recording | Doing::LastPart | Doing::Choosing | Doing::Saving | Doing::Ending => {
                Err((491, "A message is being left there already"))
            }
        }
    }

    /// Somebody takes the seat of whoever called here, and is greeted anew.
    pub(crate) fn taken_by(self: Box<Self>, party: Peer, step: &mut Step<'_>) -> Stage {
        let Self { booth, mailbox, greeting, .. } = *self;
        step.ask_mailbox(Ask::Discard);
        let (guest, language) = (booth.into_guest().succeeded_by(party, step), step.site.settings.language);
        Self::of_guest(guest, language, mailbox, greeting, step)
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match self.booth.hear(event, step) {
            Heard::Key(key) => self.key(key, step),
            Heard::Said => self.said(step),
            Heard::Part(part, end) => self.part(part, end, step),
            Heard::Over(ending) => self.over(ending, step),
            Heard::Other(CallEvent::Mailbox(answer)) => self.answer(answer, step),
            Heard::Other(CallEvent::Timer(CallTimer::Voice)) => self.time(step),
            Heard::Nothing | Heard::Other(_) => Stage::LeavingMessage(self),
        }
    }

    fn answer(mut self: Box<Self>, answer: Answer, step: &mut Step<'_>) -> Stage {
        if let Answer::Taken(taken) = answer {
            step.card.left_message = taken;
        }
        match (answer, self.doing) {
            (Answer::Greeting { own, name }, Doing::Asking) => return self.greet(own, name, step),
            (Answer::Begun(begun), doing) => {
                self.begun = Some(begun);
                if !begun {
                    return self.unable(Prompt::VoicemailOff, step);
                }
                if doing == Doing::Waiting {
                    return self.record(step);
                }
            }
            // What was kept before it is a message.
            (Answer::Lost, Doing::Recording | Doing::Choosing) => {
                step.note(Mark::Bad, "A part of the message could not be stored", "");
                self.booth.stop_recording(step);
                step.ask_mailbox(Ask::Finish);
                return self.unable(Prompt::MessageNotSaved, step);
            }
            // It is a message without its end, which its caller must know of: whatever is saved of it.
            (Answer::Lost, Doing::Saving) => {
                step.note(Mark::Bad, "A part of the message could not be stored", "");
                return self.unable(Prompt::MessageNotSaved, step);
            }
            (Answer::Taken(taken), Doing::Saving) => {
                let word = if taken { Prompt::MessageSaved } else { Prompt::MessageNotSaved };
                if taken {
                    step.note(Mark::Good, "The message was saved", "");
                }
                return self.farewell_of(word, step);
            }
            _ => {}
        }
        Stage::LeavingMessage(self)
    }

    fn greet(mut self: Box<Self>, own: Option<Clip>, name: Option<Clip>, step: &mut Step<'_>) -> Stage {
        let is_theirs = is_their_own(&self.mailbox, step);
        let mut sounds = match (own, name, of_name(self.greeting)) {
            (Some(own), ..) => vec![Sound::Clip(own)],
            (None, Some(name), Some(words)) if is_theirs => {
                [Sound::Clip(name)].into_iter().chain(self.booth.spoken(&[words])).collect()
            }
            (None, ..) => self.booth.spoken(&standard(self.greeting, &self.mailbox, is_theirs)),
        };
        sounds.extend(self.booth.spoken(&[Prompt::LeaveAMessage]));
        self.doing = Doing::Greeting;
        step.clear(CallTimer::Voice);
        self.booth.play(sounds, step);
        Stage::LeavingMessage(self)
    }

    fn said(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        match self.doing {
            Doing::Greeting => self.beep(step),
            Doing::Beeping if self.begun == Some(true) => self.record(step),
            Doing::Beeping => {
                self.doing = Doing::Waiting;
                step.set(CallTimer::Voice, ANSWER_WAIT);
                Stage::LeavingMessage(self)
            }
            Doing::Choosing => {
                step.set(CallTimer::Voice, CHOICE_WAIT);
                Stage::LeavingMessage(self)
            }
            Doing::Ending => step.finish(ENDED),
            _ => Stage::LeavingMessage(self),
        }
    }

    fn beep(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        self.doing = Doing::Beeping;
        step.clear(CallTimer::Voice);
        self.booth.beep(step);
        Stage::LeavingMessage(self)
    }

    fn record(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        self.doing = Doing::Recording;
        step.clear(CallTimer::Voice);
        let most = step.site.plan.longest_message();
        self.booth.record(most, SILENCE, step);
        Stage::LeavingMessage(self)
    }

    fn part(mut self: Box<Self>, part: Clip, end: Option<RecordEnd>, step: &mut Step<'_>) -> Stage {
        if !part.samples().is_empty() && matches!(self.doing, Doing::Recording | Doing::LastPart) {
            let number = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
            self.parts.push(part.clone());
            step.ask_mailbox(Ask::Part { number, sound: part });
        }
        match (self.doing, end) {
            (Doing::LastPart, Some(_)) => self.finish_without_words(step),
            (Doing::Recording, Some(RecordEnd::Stopped)) => self.choose(&[], step),
            (Doing::Recording, Some(RecordEnd::Silence)) => self.save(step),
            (Doing::Recording, Some(RecordEnd::Limit)) => {
                self.is_cut = true;
                self.save(step)
            }
            (Doing::Recording, Some(RecordEnd::Closed)) => self.finish_without_words(step),
            _ => Stage::LeavingMessage(self),
        }
    }

    fn key(mut self: Box<Self>, key: char, step: &mut Step<'_>) -> Stage {
        match (self.doing, key) {
            // Whoever calls often does not want to hear it all.
            (Doing::Greeting, '#' | '1') => self.beep(step),
            (Doing::Recording, '#') => {
                self.booth.stop_recording(step);
                Stage::LeavingMessage(self)
            }
            (Doing::Choosing, '1' | '#') => self.save(step),
            (Doing::Choosing, '2') => {
                let heard = self.parts.iter().cloned().map(Sound::Clip).collect();
                self.choose_after(heard, step)
            }
            (Doing::Choosing, '3') => {
                step.ask_mailbox(Ask::Discard);
                step.ask_mailbox(Ask::Begin { mailbox: self.mailbox.clone(), from: (*step.card.from).clone() });
                if self.urgent {
                    step.ask_mailbox(Ask::Urgent(true));
                }
                self.parts.clear();
                self.begun = None;
                self.beep(step)
            }
            (Doing::Choosing, '4') => {
                self.urgent = !self.urgent;
                step.ask_mailbox(Ask::Urgent(self.urgent));
                let word = if self.urgent { Prompt::MessageUrgent } else { Prompt::MessageNotUrgent };
                self.choose(&[word], step)
            }
            (Doing::Choosing, _) => self.choose(&[Prompt::InvalidChoice], step),
            _ => Stage::LeavingMessage(self),
        }
    }

    fn choose(self: Box<Self>, before: &[Prompt], step: &mut Step<'_>) -> Stage {
        let before = self.booth.spoken(before);
        self.choose_after(before, step)
    }

    fn choose_after(mut self: Box<Self>, mut sounds: Vec<Sound>, step: &mut Step<'_>) -> Stage {
        self.doing = Doing::Choosing;
        step.clear(CallTimer::Voice);
        sounds.extend(self.booth.spoken(&[Prompt::MessageOptions]));
        self.booth.play(sounds, step);
        Stage::LeavingMessage(self)
    }

    /// The time for something is over.
    fn time(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        match self.doing {
            Doing::Asking => self.greet(None, None, step),
            Doing::Waiting => self.unable(Prompt::VoicemailOff, step),
            // A message that is there is sent, whatever its caller does.
            Doing::Choosing => self.save(step),
            // It is offered to the store again until that takes it, but nobody may be told that it was saved.
            Doing::Saving => self.farewell_of(Prompt::Goodbye, step),
            Doing::LastPart => self.finish_without_words(step),
            _ => Stage::LeavingMessage(self),
        }
    }

    /// Nothing was said, or no more than a click: nobody's lamp is lit for that.
    fn is_too_short(&self) -> bool {
        self.spoken() < TOO_SHORT || self.parts.iter().all(Clip::is_silent)
    }

    fn spoken(&self) -> Duration {
        self.parts.iter().map(Clip::duration).sum()
    }

    /// The caller, if a fax machine may have called that nobody has spoken before: a person may say what is to come, and press the key of theirs.
    pub(crate) fn left_to_machine(self, step: &mut Step<'_>) -> Guest {
        let (spoken, is_too_short) = (self.spoken(), self.is_too_short());
        self.booth.stop_recording(step);
        step.clear(CallTimer::Voice);
        step.ask_mailbox(if is_too_short || spoken < TONES { Ask::Discard } else { Ask::Finish });
        self.booth.into_guest()
    }

    /// Who is here, while the end is still open.
    pub(crate) const fn caller(&self) -> Option<&Guest> {
        match self.doing {
            Doing::LastPart | Doing::Saving | Doing::Ending => None,
            _ => Some(self.booth.guest()),
        }
    }

    /// What became of the message. Whoever was cut off hears that first: they think that all of it is there.
    fn farewell_of(self: Box<Self>, word: Prompt, step: &mut Step<'_>) -> Stage {
        let mut words = Vec::new();
        words.extend(self.is_cut.then_some(Prompt::MessageLimit));
        words.push(word);
        words.extend((word != Prompt::Goodbye).then_some(Prompt::Goodbye));
        self.farewell(&words, step)
    }

    fn save(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        if self.is_too_short() {
            step.ask_mailbox(Ask::Discard);
            return self.farewell(&[Prompt::MessageTooShort, Prompt::Goodbye], step);
        }
        self.doing = Doing::Saving;
        self.booth.hush(step);
        step.ask_mailbox(Ask::Finish);
        step.set(CallTimer::Voice, ANSWER_WAIT);
        Stage::LeavingMessage(self)
    }

    /// The caller has gone, or the call cannot go on. What they said is a message, to its last part.
    fn over(mut self: Box<Self>, ending: Ending, step: &mut Step<'_>) -> Stage {
        match self.doing {
            Doing::Recording if self.booth.is_recording() => {
                self.doing = Doing::LastPart;
                self.ending = ending;
                self.booth.stop_recording(step);
                step.set(CallTimer::Voice, TAIL_WAIT);
                Stage::LeavingMessage(self)
            }
            Doing::Recording | Doing::Choosing => {
                self.ending = ending;
                self.finish_without_words(step)
            }
            Doing::LastPart => self.finish_without_words(step),
            Doing::Asking | Doing::Greeting | Doing::Beeping | Doing::Waiting => {
                step.ask_mailbox(Ask::Discard);
                step.note(Mark::Warn, "The caller left no message", "");
                step.finish(ending)
            }
            Doing::Saving | Doing::Ending => step.finish(ending),
        }
    }

    fn finish_without_words(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        if self.is_too_short() {
            step.ask_mailbox(Ask::Discard);
            step.note(Mark::Warn, "The caller left no message", "");
        } else {
            step.ask_mailbox(Ask::Finish);
            step.note(Mark::Good, "The caller left a message", "");
        }
        step.finish(self.ending)
    }

    fn unable(self: Box<Self>, why: Prompt, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Bad, "No message can be taken now", "");
        self.farewell(&[why, Prompt::Goodbye], step)
    }

    fn farewell(mut self: Box<Self>, words: &[Prompt], step: &mut Step<'_>) -> Stage {
        self.doing = Doing::Ending;
        step.clear(CallTimer::Voice);
        self.booth.say(words, step);
        Stage::LeavingMessage(self)
    }
}

/// Who called a group or the clinic itself has not reached an extension.
fn is_their_own(mailbox: &str, step: &Step<'_>) -> bool {
    step.card.to.number.as_ref().is_some_and(|n| n.as_str() == mailbox)
}

/// What is said behind the name of somebody who has recorded that alone.
const fn of_name(kind: GreetingKind) -> Option<Prompt> {
    match kind {
        GreetingKind::Unavailable => Some(Prompt::NameUnavailable),
        GreetingKind::Busy => Some(Prompt::NameBusy),
        GreetingKind::Closed | GreetingKind::Name => None,
    }
}

/// What is said for somebody who has recorded nothing.
fn standard(kind: GreetingKind, mailbox: &str, is_theirs: bool) -> Vec<Prompt> {
    match kind {
        GreetingKind::Unavailable | GreetingKind::Busy if !is_theirs => vec![Prompt::NobodyAvailable],
        GreetingKind::Unavailable => {
            let mut words = vec![Prompt::GreetingExtension];
            words.extend(prompts::digits(mailbox));
            words.push(Prompt::GreetingUnavailable);
            words
        }
        GreetingKind::Busy => vec![Prompt::GreetingBusy],
        GreetingKind::Closed => vec![Prompt::GreetingClosed],
        // The plan never greets anybody by it alone.
        GreetingKind::Name => vec![Prompt::NobodyAvailable],
    }
}
