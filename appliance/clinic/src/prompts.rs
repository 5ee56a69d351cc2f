//! What the clinic records for its callers: durable first, and only then heard. Who hears the old one hears it to its end.

use calls::mailbox::Answer;
use media::Clip;
use model::settings::Right;
use model::{CallId, CommandError, CommandOutcome, Event, Now, Recordable, Recorded};
use store::effect::{Done, Effect, NewPrompt, StoreError};

use crate::mailboxes::sound_of;
use crate::restart::not_stored;
use crate::vault::Then;
use crate::{Clinic, Output};

/// Who waits to hear whether a recording is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorder {
    /// Whoever gave the order with this number.
    Order(u64),
    /// Whoever spoke it by phone.
    Call(CallId),
}

impl Clinic {
    /// One at a time: so what is heard is what was kept last, and all of them together stay within their room.
    pub(crate) fn record_prompt(
        &mut self,
        now: Now,
        recorder: Recorder,
        by: String,
        what: Recordable,
        sound: Option<Recorded>,
    ) {
        let why_not = |sound: &Recorded| calls::may_not_record(&self.plan, &what, sound.samples().len());
        let why_not_back = || calls::may_not_take_back(&self.plan, &what);
        if let Some(sentence) = sound.as_ref().map_or_else(why_not_back, why_not) {
            return self.tell_recorder(now, recorder, Err(CommandError::NotAllowed(sentence.to_owned())));
        }
        if !self.vault.is_unlocked() {
            let locked = "Frontdesk is still locked. Nothing was accepted.".to_owned();
            return self.tell_recorder(now, recorder, Err(CommandError::NotStored(locked)));
        }
        if self.recording_prompt {
            let busy = "Another recording is being kept just now. Nothing was changed; try again.".to_owned();
            return self.tell_recorder(now, recorder, Err(CommandError::NotNow(busy)));
        }
        self.recording_prompt = true;
        let effect = Effect::Record(NewPrompt { what: what.clone(), sound: sound.clone(), by, at: now.wall });
        self.store(effect, Then::PromptKept { recorder, what, sound });
    }

    pub(crate) fn prompt_kept(
        &mut self,
        now: Now,
        recorder: Recorder,
        what: Recordable,
        sound: Option<Recorded>,
        result: Result<Done, StoreError>,
    ) {
        self.recording_prompt = false;
        if let Err(error) = result {
            return self.tell_recorder(now, recorder, Err(not_stored(&error)));
        }
        self.out.push_back(Output::PromptLive { what, sound });
        self.out.push_back(Output::Event(Event::Plan));
        self.tell_recorder(now, recorder, Ok(CommandOutcome::Done));
    }

    fn tell_recorder(&mut self, now: Now, recorder: Recorder, result: Result<CommandOutcome, CommandError>) {
        match recorder {
            Recorder::Order(id) => self.reply(id, result),
            Recorder::Call(call) => {
                if let Err(error) = &result {
                    tracing::warn!(%call, %error, "what was recorded by phone is not kept");
                }
                self.answer_call(now, call, Answer::Done(result.is_ok()));
            }
        }
    }

    /// A person wants to record it by phone. What could not be kept is not recorded first.
    pub(crate) fn record_by_phone(&mut self, now: Now, id: u64, by: String, what: Recordable) {
        if let Some(sentence) = calls::may_not_record(&self.plan, &what, 0) {
            return self.reply(id, Err(CommandError::NotAllowed(sentence.to_owned())));
        }
        if !self.vault.is_unlocked() {
            let locked = "Frontdesk is still locked. Nothing could be kept.".to_owned();
            return self.reply(id, Err(CommandError::NotStored(locked)));
        }
        let command = calls::Command::RecordByPhone { order: id, user: by, what };
        self.pbx.handle_input(now, calls::Input::Command(command));
    }

    /// They have spoken, heard it, and want it kept. Settings may have changed since they began: the right counts that they have now.
    pub(crate) fn recorded_by_phone(&mut self, now: Now, call: CallId, by: String, what: Recordable, sound: &Clip) {
        let may = self.settings.person(&by).is_some_and(|person| person.rights.contains(&Right::Manage));
        if !may {
            let sentence = "Only who manages records what callers hear.".to_owned();
            return self.tell_recorder(now, Recorder::Call(call), Err(CommandError::NotAllowed(sentence)));
        }
        let sound = Recorded::new(sound_of(sound));
        self.record_prompt(now, Recorder::Call(call), by, what, Some(sound));
    }
}

#[cfg(test)]
mod tests;
