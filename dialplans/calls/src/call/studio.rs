//! Somebody who manages records by phone what callers hear: they speak after a tone, hear what came of it, and keep it by a key.
//!
//! Whoever dialled the code for it types their PIN first, since a receiver in an empty room is anybody's. Whoever ordered it in the console has
//! proved who they are, and their own phones ring. Nothing is kept before 1 is pressed, and nobody is told that it is before it is durable.

use std::collections::VecDeque;
use std::time::Duration;

use media::sdp::{Direction, Formats};
use media::{Clip, RecordEnd, Sound, Tone};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use model::voicemail::PinCheck;
use model::{Pii, Recordable};
use prompts::Prompt;

use crate::call::booth::{Booth, Heard};
use crate::call::entry::Side;
use crate::call::peer::Who;
use crate::call::ringing::Waiting;
use crate::call::route::Route;
use crate::call::search::Search;
use crate::call::seeking::{self, Found};
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::mailbox::{Answer, Ask};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// How long the phones of whoever ordered it ring: they have just pressed the button.
const RING: Duration = Duration::from_secs(30);
/// Nobody listens to a longer announcement.
const LONGEST: Duration = Duration::from_secs(prompts::SECONDS as u64);
/// Who has said nothing for so long has said all.
const SILENCE: Duration = Duration::from_secs(4);
/// How long a person may think before the next key.
const KEY_WAIT: Duration = Duration::from_secs(10);
/// How long the store may take.
const ANSWER_WAIT: Duration = Duration::from_secs(15);
/// How often something is asked anew in vain.
const TRIES: u8 = 3;
/// Digits that are taken of a PIN.
const MAX_DIGITS: usize = 10;
/// Keys that are kept while an answer is awaited.
const MAX_AHEAD: usize = 20;
/// Nobody is to blame.
const ENDED: Ending = Ending::new(CallEnd::HungUp, Fault::None);

/// What is to be recorded, and by whom.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// The user.
    pub(crate) by: String,
    /// Theirs.
    pub(crate) extension: String,
    pub(crate) what: Recordable,
}

/// The stage.
pub(crate) struct Studio {
    script: Script,
    place: Place,
}

enum Place {
    /// Their phones ring.
    Ringing(Box<Search>),
    /// They have answered, or called.
    Here(Box<Speaker>),
}

/// Who records.
struct Speaker {
    booth: Booth,
    doing: Doing,
    typed: String,
    /// Keys that were pressed while an answer was awaited.
    ahead: VecDeque<char>,
    tries: u8,
}

#[derive(Clone, Debug)]
enum Doing {
    /// It is asked whether there is a PIN at all.
    HasPin,
    Pin,
    Checking,
    /// What to do, and the tone.
    Told,
    Recording(Vec<Clip>),
    /// What was recorded is heard, and what may be done with it.
    Choosing(Clip),
    Keeping(Clip),
    /// The last words.
    Ending,
}

impl Studio {
    /// Rings the phones of whoever ordered it.
    pub(crate) fn ring(script: Script, step: &mut Step<'_>) -> Stage {
        step.note(
            Mark::Good,
            format!("{} wants to record {} by phone", script.extension, script.what.key()),
            "console",
        );
        // Of what is switched for calls nothing holds for this one: whoever pressed the button is there.
        let route = Route::phones(vec![script.extension.clone()], None, RING).of_group(true);
        let caller = Who { party: (*step.card.to).clone(), ..Who::default() };
        let Some(line) = step.open(Side::Caller) else { return step.finish(Ending::overload()) };
        let mut search = Search::new(line, Formats::ours(), Direction::SendRecv, caller, route);
        search.begin(step);
        if !search.goes_on(step) {
            let ending = search.exhausted();
            return step.finish(ending);
        }
        Stage::Studio(Box::new(Self { script, place: Place::Ringing(Box::new(search)) }))
    }

    /// Answers whoever dialled the code, and asks for their PIN.
    pub(crate) fn begin(waiting: &Waiting, script: Script, step: &mut Step<'_>) -> Stage {
        let peer = match answer_alone(waiting, step) {
            Ok(peer) => peer,
            Err(ending) => return step.finish(ending),
        };
        step.taken();
        step.note(Mark::Good, format!("{} is to be recorded by phone", script.what.key()), "");
        let speaker = Speaker::new(Booth::new(peer, step), Doing::HasPin);
        let ask = Ask::CheckPin { mailbox: script.extension.clone(), pin: Pii::default() };
        Self::wait_for(script, speaker, Doing::HasPin, ask, step)
    }

    pub(crate) fn on(self, event: CallEvent, step: &mut Step<'_>) -> Stage {
        let Self { script, place } = self;
        match place {
            Place::Ringing(search) => Self::rings(script, search, event, step),
            Place::Here(speaker) => Self::hears(script, speaker, event, step),
        }
    }

    /// Whose phones ring for it, or who records.
    pub(crate) fn user(&self) -> &str {
        &self.script.by
    }

    fn here(script: Script, speaker: Box<Speaker>) -> Stage {
        Stage::Studio(Box::new(Self { script, place: Place::Here(speaker) }))
    }

    fn rings(script: Script, mut search: Box<Search>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        if let CallEvent::HangUp(why) = event {
            step.note(Mark::Warn, why.sentence(), "");
            return step.finish(ENDED);
        }
        match seeking::on(&mut search, event, step) {
            Found::Nothing => Stage::Studio(Box::new(Self { script, place: Place::Ringing(search) })),
            Found::Nobody(ending) => step.finish(ending),
            Found::Somebody(peer) => {
                search.taken(step);
                step.answered();
                step.taken();
                let speaker = Speaker::new(Booth::new(*peer, step), Doing::Told);
                Self::tell(script, speaker, &[], step)
            }
        }
    }

    fn hears(script: Script, mut speaker: Box<Speaker>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match speaker.booth.hear(event, step) {
            Heard::Key(key) => Self::key(script, speaker, key, step),
            Heard::Said => Self::said(script, speaker, step),
            Heard::Part(part, end) => Self::part(script, speaker, part, end, step),
            Heard::Over(ending) => Self::over(&speaker, ending, step),
            Heard::Other(CallEvent::Mailbox(answer)) => Self::go_on(Self::answer(script, speaker, answer, step), step),
            Heard::Other(CallEvent::Timer(CallTimer::Voice)) => Self::go_on(Self::time(script, speaker, step), step),
            Heard::Nothing | Heard::Other(_) => Self::here(script, speaker),
        }
    }

    /// Presses the keys that came too early.
    fn go_on(mut stage: Stage, step: &mut Step<'_>) -> Stage {
        while let Stage::Studio(this) = stage {
            let Self { script, place } = *this;
            let Place::Here(mut speaker) = place else {
                return Stage::Studio(Box::new(Self { script, place }));
            };
            let key = if speaker.waits() { None } else { speaker.ahead.pop_front() };
            let Some(key) = key else { return Self::here(script, speaker) };
            stage = Self::key(script, speaker, key, step);
        }
        stage
    }

    fn wait_for(script: Script, mut speaker: Box<Speaker>, doing: Doing, ask: Ask, step: &mut Step<'_>) -> Stage {
        speaker.doing = doing;
        speaker.typed.clear();
        speaker.booth.hush(step);
        step.ask_mailbox(ask);
        step.set(CallTimer::Voice, ANSWER_WAIT);
        Self::here(script, speaker)
    }

    fn ask_pin(script: Script, mut speaker: Box<Speaker>, words: &[Prompt], step: &mut Step<'_>) -> Stage {
        speaker.doing = Doing::Pin;
        speaker.typed.clear();
        step.clear(CallTimer::Voice);
        speaker.booth.say(words, step);
        Self::here(script, speaker)
    }

    /// What to do, after some words about what was before, and the tone.
    fn tell(script: Script, mut speaker: Box<Speaker>, before: &[Prompt], step: &mut Step<'_>) -> Stage {
        let words: Vec<Prompt> = before.iter().copied().chain([Prompt::RecordAnnouncement]).collect();
        let mut sounds = speaker.booth.spoken(&words);
        sounds.push(Sound::Tone(Tone::Beep));
        speaker.doing = Doing::Told;
        step.clear(CallTimer::Voice);
        speaker.booth.play(sounds, step);
        Self::here(script, speaker)
    }

    fn choose(
        script: Script,
        mut speaker: Box<Speaker>,
        clip: Clip,
        mut sounds: Vec<Sound>,
        step: &mut Step<'_>,
    ) -> Stage {
        sounds.extend(speaker.booth.spoken(&[Prompt::AnnouncementChoices]));
        speaker.doing = Doing::Choosing(clip);
        step.clear(CallTimer::Voice);
        speaker.booth.play(sounds, step);
        Self::here(script, speaker)
    }

    fn farewell(script: Script, mut speaker: Box<Speaker>, words: &[Prompt], step: &mut Step<'_>) -> Stage {
        let words: Vec<Prompt> = words.iter().copied().chain([Prompt::Goodbye]).collect();
        speaker.doing = Doing::Ending;
        step.clear(CallTimer::Voice);
        speaker.booth.say(&words, step);
        Self::here(script, speaker)
    }

    fn said(script: Script, mut speaker: Box<Speaker>, step: &mut Step<'_>) -> Stage {
        match speaker.doing {
            Doing::Ending => return step.finish(ENDED),
            Doing::Told => {
                speaker.doing = Doing::Recording(Vec::new());
                speaker.booth.record(LONGEST, SILENCE, step);
            }
            Doing::Pin | Doing::Choosing(_) => step.set(CallTimer::Voice, KEY_WAIT),
            Doing::HasPin | Doing::Checking | Doing::Recording(_) | Doing::Keeping(_) => {}
        }
        Self::here(script, speaker)
    }

    fn part(
        script: Script,
        mut speaker: Box<Speaker>,
        part: Clip,
        end: Option<RecordEnd>,
        step: &mut Step<'_>,
    ) -> Stage {
        let Doing::Recording(parts) = &mut speaker.doing else { return Self::here(script, speaker) };
        parts.push(part);
        let Some(end) = end else { return Self::here(script, speaker) };
        match Clip::announcement(parts) {
            Some(clip) => {
                speaker.tries = 0;
                let cut = (end == RecordEnd::Limit).then_some(Prompt::MessageLimit);
                let mut sounds = speaker.booth.spoken(cut.as_slice());
                sounds.push(Sound::Clip(clip.clone()));
                Self::choose(script, speaker, clip, sounds, step)
            }
            None if speaker.tries_again() => Self::tell(script, speaker, &[Prompt::NothingRecorded], step),
            None => Self::farewell(script, speaker, &[Prompt::NothingRecorded], step),
        }
    }

    fn key(script: Script, mut speaker: Box<Speaker>, key: char, step: &mut Step<'_>) -> Stage {
        match (speaker.doing.clone(), key) {
            (Doing::HasPin | Doing::Checking, key) => {
                if speaker.ahead.len() < MAX_AHEAD {
                    speaker.ahead.push_back(key);
                }
            }
            (Doing::Pin, '#') if !speaker.typed.is_empty() => {
                let pin = std::mem::take(&mut speaker.typed).into();
                let ask = Ask::CheckPin { mailbox: script.extension.clone(), pin };
                return Self::wait_for(script, speaker, Doing::Checking, ask, step);
            }
            (Doing::Pin, key) => {
                speaker.booth.hush(step);
                speaker.digit(key);
                step.set(CallTimer::Voice, KEY_WAIT);
            }
            // Whoever does this often does not want to hear it all.
            (Doing::Told, '#') => speaker.booth.beep(step),
            (Doing::Recording(_), '#') => speaker.booth.stop_recording(step),
            (Doing::Choosing(clip), '1') => {
                let Script { by, what, .. } = script.clone();
                let ask = Ask::Record { by, what, sound: clip.clone() };
                return Self::wait_for(script, speaker, Doing::Keeping(clip), ask, step);
            }
            (Doing::Choosing(_), '2') => return Self::tell(script, speaker, &[], step),
            (Doing::Choosing(clip), '3') => {
                let again = vec![Sound::Clip(clip.clone())];
                return Self::choose(script, speaker, clip, again, step);
            }
            (Doing::Choosing(_), '*') => return Self::not_kept(script, speaker, &[], step),
            (Doing::Choosing(clip), _) => return Self::again(script, speaker, clip, Prompt::InvalidChoice, step),
            (Doing::Told | Doing::Recording(_) | Doing::Keeping(_) | Doing::Ending, _) => {}
        }
        Self::here(script, speaker)
    }

    /// The choices once more, a few times.
    fn again(script: Script, mut speaker: Box<Speaker>, clip: Clip, why: Prompt, step: &mut Step<'_>) -> Stage {
        if !speaker.tries_again() {
            return Self::not_kept(script, speaker, &[why], step);
        }
        let words = speaker.booth.spoken(&[why]);
        Self::choose(script, speaker, clip, words, step)
    }

    fn not_kept(script: Script, speaker: Box<Speaker>, words: &[Prompt], step: &mut Step<'_>) -> Stage {
        step.note(Mark::Warn, "Nothing was kept", "");
        Self::farewell(script, speaker, words, step)
    }

    fn answer(script: Script, mut speaker: Box<Speaker>, answer: Answer, step: &mut Step<'_>) -> Stage {
        match (speaker.doing.clone(), answer) {
            (Doing::HasPin | Doing::Checking, Answer::Pin(None)) => {
                Self::farewell(script, speaker, &[Prompt::SorryFault], step)
            }
            (Doing::HasPin | Doing::Checking, Answer::Pin(Some(PinCheck::Blocked))) => {
                Self::farewell(script, speaker, &[Prompt::MailboxBlocked], step)
            }
            // Whoever happens to be at a phone whose owner has chosen none is not to choose one, and speak to all callers.
            (Doing::HasPin | Doing::Checking, Answer::Pin(Some(PinCheck::NotSet))) => {
                step.note(Mark::Warn, "Whoever records by phone needs a PIN, and there is none", "");
                Self::farewell(script, speaker, &[Prompt::PinFirst], step)
            }
            (Doing::HasPin, Answer::Pin(Some(_))) => Self::ask_pin(script, speaker, &[Prompt::EnterPin], step),
            (Doing::Checking, Answer::Pin(Some(PinCheck::Right))) => {
                speaker.tries = 0;
                Self::tell(script, speaker, &[], step)
            }
            (Doing::Checking, Answer::Pin(Some(PinCheck::Wrong))) if speaker.tries_again() => {
                Self::ask_pin(script, speaker, &[Prompt::WrongPin, Prompt::EnterPin], step)
            }
            (Doing::Checking, Answer::Pin(Some(PinCheck::Wrong))) => {
                Self::farewell(script, speaker, &[Prompt::TooManyTries], step)
            }
            (Doing::Keeping(_), Answer::Done(true)) => {
                step.note(Mark::Good, "It is kept, and callers hear it", "");
                Self::farewell(script, speaker, &[Prompt::AnnouncementKept], step)
            }
            // It is still here: perhaps another was being kept just then.
            (Doing::Keeping(clip), Answer::Done(false)) => {
                step.note(Mark::Bad, "It could not be kept", "");
                Self::again(script, speaker, clip, Prompt::AnnouncementNotKept, step)
            }
            _ => Self::here(script, speaker),
        }
    }

    /// Nothing was pressed, or the store does not answer.
    fn time(script: Script, mut speaker: Box<Speaker>, step: &mut Step<'_>) -> Stage {
        match speaker.doing.clone() {
            // Whether it is kept, nobody knows.
            Doing::HasPin | Doing::Checking | Doing::Keeping(_) => {
                Self::farewell(script, speaker, &[Prompt::SorryFault], step)
            }
            Doing::Pin if !speaker.typed.is_empty() => Self::key(script, speaker, '#', step),
            Doing::Pin if speaker.tries_again() => Self::ask_pin(script, speaker, &[Prompt::EnterPin], step),
            Doing::Choosing(clip) if speaker.tries_again() => Self::choose(script, speaker, clip, Vec::new(), step),
            Doing::Pin | Doing::Choosing(_) => Self::not_kept(script, speaker, &[], step),
            Doing::Told | Doing::Recording(_) | Doing::Ending => Self::here(script, speaker),
        }
    }

    /// They have hung up, or the call cannot go on.
    fn over(speaker: &Speaker, ending: Ending, step: &mut Step<'_>) -> Stage {
        if matches!(speaker.doing, Doing::Told | Doing::Recording(_) | Doing::Choosing(_)) {
            step.note(Mark::Warn, "Nothing was kept", "");
        }
        step.finish(ending)
    }
}

impl Speaker {
    fn new(booth: Booth, doing: Doing) -> Box<Self> {
        Box::new(Self { booth, doing, typed: String::new(), ahead: VecDeque::new(), tries: 0 })
    }

    const fn waits(&self) -> bool {
        matches!(self.doing, Doing::HasPin | Doing::Checking)
    }

    /// It was no use. True if it may be tried once more.
    const fn tries_again(&mut self) -> bool {
        self.tries += 1;
        self.tries < TRIES
    }

    fn digit(&mut self, key: char) {
        match key {
            '*' => self.typed.clear(),
            digit if digit.is_ascii_digit() && self.typed.len() < MAX_DIGITS => self.typed.push(digit),
            _ => {}
        }
    }
}
