//! A caller from outside says their name, and whoever answers hears it before they take the call.
//!
//! What was said is in the call's memory alone, for as long as somebody may still be told it: it is never stored, and nothing tells of it but
//! that it was said. Who says nothing is put through all the same, as somebody who said no name: a screen keeps nobody out that a person
//! has not. Nobody is asked who may be help that calls back, or whom a person of the clinic called or brings.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use media::{Clip, RecordEnd, Sound, Tone};
use model::Language;
use model::fax::Direction;
use model::trace::Mark;
use plan::{Next, Screening};
use prompts::Prompt;

use crate::call::booth::{Booth, Heard};
use crate::call::guest::Guest;
use crate::call::peer::Who;
use crate::call::route::Route;
use crate::call::seeking::Seeking;
use crate::call::way::Journey;
use crate::call::{CallEvent, Stage};
use crate::step::Step;
use crate::timers::CallTimer;
use crate::words;

/// The longest name, with who it is that calls.
const NAME: Duration = Duration::from_secs(4);
/// Who says nothing for so long has said it.
const SILENCE: Duration = Duration::from_secs(2);
/// Less than this is a click, or the tone of a key.
const TOO_SHORT: Duration = Duration::from_millis(300);
/// How often a caller is asked.
const TRIES: u8 = 2;
/// For words and recordings whose end nobody reports.
const LONGEST: Duration = Duration::from_secs(30);
/// Who has said it need not wait.
const END: char = '#';
/// The key of whoever answers and does not want the call.
pub(crate) const SEND_ON: char = '2';
/// Before it is said once more.
const PAUSE: Duration = Duration::from_secs(2);

/// The stage.
pub(crate) struct Naming {
    booth: Booth,
    journey: Journey,
    /// Who rings then, and what comes if nobody takes the call.
    route: Route,
    then: Next,
    /// How often they may still be asked.
    left: u8,
    /// What they have said so far: [`NAME`] at most.
    parts: Vec<Clip>,
}

/// What a caller has said who was asked for their name; nothing, if they said nothing.
#[derive(Clone)]
pub(crate) struct Name(Vec<Clip>);

/// What people say is nobody's business in a log.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "none said" } else { "said" })
    }
}

impl Name {
    /// What whoever answers hears, until they press a key.
    pub(crate) fn told(&self, language: Language) -> Sound {
        let first = if self.0.is_empty() { Prompt::NoNameSaid } else { Prompt::CallFrom };
        let mut sounds = words::said(&[first], language);
        sounds.extend(self.0.iter().cloned().map(Sound::Clip));
        sounds.extend(words::said(&[Prompt::TakeOrSendOn], language));
        sounds.push(Sound::Silence(PAUSE));
        Sound::Forever(Arc::new(Sound::Several(sounds.into())))
    }
}

/// True if whoever calls is to say their name before phones ring that screen their calls like this.
pub(crate) fn is_for(who: &Who, screening: Screening, step: &mut Step<'_>) -> bool {
    let from_outside = step.card.direction == Direction::In && who.trunk.is_some();
    if !from_outside || !step.site.plan.screens(screening, who.party.number.as_ref(), &step.site.settings) {
        return false;
    }
    let helps = step.card.may_be_help || step.card.help.is_some() || step.card.sought_help;
    if helps {
        step.note(Mark::Detail, "Help may be calling back: nobody asks for a name", "");
    }
    !helps
}

impl Naming {
    /// Asks a caller whom we have answered; one who was asked before is put through.
    pub(crate) fn begin(guest: Guest, journey: Journey, route: Route, then: Next, step: &mut Step<'_>) -> Stage {
        if journey.name.is_some() {
            return Seeking::screened(guest, journey, route, then, step);
        }
        step.note(Mark::Good, "The caller is asked to say their name", "");
        let booth = Booth::of_guest(guest, journey.language);
        Self { booth, journey, route, then, left: TRIES, parts: Vec::new() }.ask(step)
    }

    fn ask(mut self, step: &mut Step<'_>) -> Stage {
        self.left -= 1;
        self.parts.clear();
        let mut sounds = self.booth.spoken(&[Prompt::SayYourName]);
        sounds.push(Sound::Tone(Tone::Beep));
        self.booth.play(sounds, step);
        step.set(CallTimer::Key, LONGEST);
        Stage::Naming(Box::new(self))
    }

    /// Who is here.
    pub(crate) const fn guest(&self) -> &Guest {
        self.booth.guest()
    }

    /// The caller is a fax machine, and ours takes the call.
    pub(crate) fn left_to_machine(self, step: &mut Step<'_>) -> Guest {
        self.booth.stop_recording(step);
        step.clear(CallTimer::Key);
        self.booth.into_guest()
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match self.booth.hear(event, step) {
            Heard::Said if !self.booth.is_recording() => {
                self.booth.record(NAME, SILENCE, step);
                step.set(CallTimer::Key, LONGEST);
                Stage::Naming(self)
            }
            Heard::Key(END) => {
                self.booth.stop_recording(step);
                Stage::Naming(self)
            }
            Heard::Part(part, end) => self.part(part, end, step),
            // Nobody has reported an end: what is there counts.
            Heard::Other(CallEvent::Timer(CallTimer::Key)) => {
                self.booth.stop_recording(step);
                self.said(step)
            }
            Heard::Over(ending) => step.finish(ending),
            Heard::Key(_) | Heard::Said | Heard::Nothing | Heard::Other(_) => Stage::Naming(self),
        }
    }

    fn part(mut self: Box<Self>, part: Clip, end: Option<RecordEnd>, step: &mut Step<'_>) -> Stage {
        if !part.samples().is_empty() {
            self.parts.push(part);
        }
        if end.is_none() {
            return Stage::Naming(self);
        }
        if self.says_nothing() && self.left > 0 { self.ask(step) } else { self.said(step) }
    }

    fn says_nothing(&self) -> bool {
        let spoken: Duration = self.parts.iter().map(Clip::duration).sum();
        spoken < TOO_SHORT || self.parts.iter().all(Clip::is_silent)
    }

    fn said(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        step.clear(CallTimer::Key);
        let says_nothing = self.says_nothing();
        let Self { booth, mut journey, route, then, mut parts, .. } = *self;
        if says_nothing {
            parts.clear();
        }
        let what = if parts.is_empty() { "The caller said no name" } else { "The caller said a name" };
        step.note(Mark::Detail, what, "");
        journey.name = Some(Name(parts));
        Seeking::screened(booth.into_guest(), journey, route, then, step)
    }
}
