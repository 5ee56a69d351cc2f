//! What the clinic records for its callers: durable first, and only then heard. Who hears the old one hears it to its end.

use model::{CommandError, CommandOutcome, Event, Now, Recordable, Recorded};
use store::effect::{Done, Effect, NewPrompt, StoreError};

use crate::restart::not_stored;
use crate::vault::Then;
use crate::{Clinic, Output};

impl Clinic {
    /// One at a time: so what is heard is what was kept last, and all of them together stay within their room.
    pub(crate) fn record_prompt(&mut self, now: Now, id: u64, by: String, what: Recordable, sound: Option<Recorded>) {
        let why_not = |sound: &Recorded| calls::may_not_record(&self.plan, &what, sound.samples().len());
        let why_not_back = || calls::may_not_take_back(&self.plan, &what);
        if let Some(sentence) = sound.as_ref().map_or_else(why_not_back, why_not) {
            return self.reply(id, Err(CommandError::NotAllowed(sentence.to_owned())));
        }
        if self.recording_prompt && self.vault.is_unlocked() {
            let busy = "Another recording is being kept just now. Nothing was changed; try again.".to_owned();
            return self.reply(id, Err(CommandError::NotNow(busy)));
        }
        self.recording_prompt = self.vault.is_unlocked();
        let effect = Effect::Record(NewPrompt { what: what.clone(), sound: sound.clone(), by, at: now.wall });
        self.store_if_open(id, effect, Then::PromptKept { id, what, sound });
    }

    pub(crate) fn prompt_kept(
        &mut self,
        id: u64,
        what: Recordable,
        sound: Option<Recorded>,
        result: Result<Done, StoreError>,
    ) {
        self.recording_prompt = false;
        if let Err(error) = result {
            return self.reply(id, Err(not_stored(&error)));
        }
        self.out.push_back(Output::PromptLive { what, sound });
        self.out.push_back(Output::Event(Event::Plan));
        self.reply(id, Ok(CommandOutcome::Done));
    }
}
