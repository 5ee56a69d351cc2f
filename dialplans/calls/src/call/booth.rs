//! One peer whom we speak to and listen to, for the stages in which nobody else is on the line.

use std::sync::Arc;
use std::time::Duration;

use media::{Clip, PlayId, RecordEnd, RecordId, RecordLimits, Sound, Tone};
use model::Language;
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use prompts::Prompt;
use sip::api::{EndReason, Event as SipEvent};

use crate::call::CallEvent;
use crate::call::entry::Side;
use crate::call::guest::Guest;
use crate::call::pair;
use crate::call::peer::Peer;
use crate::refusal::Ending;
use crate::step::Step;
use crate::words;

/// The peer, and what it hears.
pub(crate) struct Booth {
    peer: Peer,
    pub(crate) language: Language,
    plays: u64,
    records: u64,
    playing: Option<PlayId>,
    recording: Option<RecordId>,
    /// It has hung up: nothing is said any more.
    pub(crate) gone: bool,
}

/// What an event is to a stage that speaks with one peer.
pub(crate) enum Heard {
    /// A key was pressed.
    Key(char),
    /// What was said to it came to its end.
    Said,
    /// A part of what it says.
    Part(Clip, Option<RecordEnd>),
    /// It hung up, or vanished. Its media is there until the stage finishes.
    Left(EndReason),
    /// The call cannot go on.
    Over(Ending),
    /// Nothing that the stage need know.
    Nothing,
}

impl Booth {
    pub(crate) fn new(peer: Peer, step: &Step<'_>) -> Self {
        let language = step.site.settings.language;
        Self { peer, language, plays: 0, records: 0, playing: None, recording: None, gone: false }
    }

    /// With a caller who has heard something of ours already.
    pub(crate) fn of_guest(guest: Guest, step: &Step<'_>) -> Self {
        let plays = guest.plays();
        Self { plays, ..Self::new(guest.peer, step) }
    }

    /// Says these, one after the other, in the place of what is said now.
    pub(crate) fn say(&mut self, prompts: &[Prompt], step: &mut Step<'_>) {
        let sounds = self.spoken(prompts);
        self.play(sounds, step);
    }

    /// The prompts as sounds, to be put before or behind others.
    pub(crate) fn spoken(&self, prompts: &[Prompt]) -> Vec<Sound> {
        words::said(prompts, self.language)
    }

    pub(crate) fn play(&mut self, sounds: Vec<Sound>, step: &mut Step<'_>) {
        self.plays += 1;
        let play = PlayId(self.plays);
        self.playing = Some(play);
        let sound = Sound::Several(Arc::from(sounds));
        step.media(media::Command::Play { session: self.peer.line.session, play, sound });
    }

    pub(crate) fn beep(&mut self, step: &mut Step<'_>) {
        self.play(vec![Sound::Tone(Tone::Beep)], step);
    }

    /// Says no more.
    pub(crate) fn hush(&mut self, step: &mut Step<'_>) {
        if self.playing.take().is_some() {
            step.media(media::Command::Stop { session: self.peer.line.session });
        }
    }

    pub(crate) fn record(&mut self, most: Duration, silence: Duration, step: &mut Step<'_>) {
        self.records += 1;
        let record = RecordId(self.records);
        self.recording = Some(record);
        let limits = RecordLimits { most, silence: Some(silence) };
        step.media(media::Command::Record { session: self.peer.line.session, record, limits });
    }

    /// What is still on its way comes as the last part.
    pub(crate) fn stop_recording(&self, step: &mut Step<'_>) {
        if self.recording.is_some() {
            step.media(media::Command::StopRecord { session: self.peer.line.session });
        }
    }

    pub(crate) const fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// Sorts an event, and answers what concerns the line alone.
    pub(crate) fn hear(&mut self, event: &CallEvent, step: &mut Step<'_>) -> Heard {
        match event {
            CallEvent::Sip(event) => self.on_sip(event, step),
            CallEvent::Media(event) => self.on_media(event, step),
            CallEvent::HangUp => {
                step.note(Mark::Warn, "A person ended the call from the console", "");
                Heard::Over(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Timer(_)
            | CallEvent::Mailbox(_)
            | CallEvent::FaxDone
            | CallEvent::FaxUnderWay
            | CallEvent::Onward(_)
            | CallEvent::Transfer(_)
            | CallEvent::NoTransfer { .. }
            | CallEvent::Replace(_) => Heard::Nothing,
        }
    }

    fn on_sip(&mut self, event: &SipEvent, step: &mut Step<'_>) -> Heard {
        match event {
            SipEvent::Ended { reason, .. } => {
                self.gone = true;
                Heard::Left(*reason)
            }
            SipEvent::Dtmf { digit, .. } => Heard::Key(*digit.expose()),
            event => match pair::on_sip(&mut self.peer, None, Side::Caller, event, step) {
                Ok(()) => Heard::Nothing,
                Err(ending) => Heard::Over(ending),
            },
        }
    }

    fn on_media(&mut self, event: &media::Event, step: &mut Step<'_>) -> Heard {
        match event {
            media::Event::Dtmf { digit, .. } => Heard::Key(*digit),
            media::Event::Played { play, .. } if self.playing == Some(*play) => {
                self.playing = None;
                Heard::Said
            }
            media::Event::Recorded { record, part, end, .. } if self.recording == Some(*record) => {
                if end.is_some() {
                    self.recording = None;
                }
                Heard::Part(part.clone(), *end)
            }
            media::Event::BindFailed { .. } => {
                step.note(Mark::Bad, "No media port could be opened", "");
                Heard::Over(Ending::our_fault())
            }
            _ => Heard::Nothing,
        }
    }
}

/// How a call ends whose caller left it so.
pub(crate) const fn left(reason: EndReason) -> Ending {
    match reason {
        EndReason::Lost => Ending::new(CallEnd::Lost, Fault::Caller),
        EndReason::Bye | EndReason::Cancelled => Ending::new(CallEnd::HungUp, Fault::None),
    }
}
