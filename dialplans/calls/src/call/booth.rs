//! A guest who is listened to as well, for the stages that keep what is said: messages and greetings.

use std::time::Duration;

use media::{Clip, RecordEnd, RecordId, RecordLimits, Sound, Tone};
use model::Language;
use prompts::Prompt;

use crate::call::CallEvent;
use crate::call::guest::{Guest, Said};
use crate::call::peer::Peer;
use crate::refusal::Ending;
use crate::step::Step;
use crate::words;

/// The guest, and what we record of them.
pub(crate) struct Booth {
    guest: Guest,
    pub(crate) language: Language,
    records: u64,
    recording: Option<RecordId>,
}

/// What an event is to a stage that listens.
pub(crate) enum Heard {
    /// A key was pressed.
    Key(char),
    /// What was said to them came to its end.
    Said,
    /// A part of what they say.
    Part(Clip, Option<RecordEnd>),
    /// They are gone, or the call cannot go on. Their media is there until the stage finishes.
    Over(Ending),
    /// Nothing that the stage need know.
    Nothing,
    /// It is about something else.
    Other(CallEvent),
}

impl Booth {
    pub(crate) fn new(peer: Peer, step: &Step<'_>) -> Self {
        Self::of_guest(Guest::new(peer), step.site.settings.language)
    }

    /// With a caller who was answered already, in the language that they chose.
    pub(crate) const fn of_guest(guest: Guest, language: Language) -> Self {
        Self { guest, language, records: 0, recording: None }
    }

    /// Who is listened to.
    pub(crate) const fn guest(&self) -> &Guest {
        &self.guest
    }

    /// They are listened to no more.
    pub(crate) fn into_guest(self) -> Guest {
        self.guest
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
        self.guest.hears_all(sounds, step);
    }

    pub(crate) fn beep(&mut self, step: &mut Step<'_>) {
        self.play(vec![Sound::Tone(Tone::Beep)], step);
    }

    /// Says no more.
    pub(crate) fn hush(&mut self, step: &mut Step<'_>) {
        self.guest.hears_nothing(step);
    }

    pub(crate) fn record(&mut self, most: Duration, silence: Duration, step: &mut Step<'_>) {
        self.records += 1;
        let record = RecordId(self.records);
        self.recording = Some(record);
        let limits = RecordLimits { most, silence: Some(silence) };
        step.media(media::Command::Record { session: self.guest.peer.line.session, record, limits });
    }

    /// What is still on its way comes as the last part.
    pub(crate) fn stop_recording(&self, step: &mut Step<'_>) {
        if self.recording.is_some() {
            step.media(media::Command::StopRecord { session: self.guest.peer.line.session });
        }
    }

    pub(crate) const fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// Sorts an event, and answers what concerns the line alone.
    pub(crate) fn hear(&mut self, event: CallEvent, step: &mut Step<'_>) -> Heard {
        match event {
            CallEvent::Media(media::Event::Recorded { record, part, end, .. }) if self.recording == Some(record) => {
                if end.is_some() {
                    self.recording = None;
                }
                Heard::Part(part, end)
            }
            event => match self.guest.on(event, step) {
                Err(ending) => Heard::Over(ending),
                Ok(Said::Key(key)) => Heard::Key(key),
                Ok(Said::Over) => Heard::Said,
                Ok(Said::Nothing) => Heard::Nothing,
                Ok(Said::Other(event)) => Heard::Other(event),
            },
        }
    }
}
