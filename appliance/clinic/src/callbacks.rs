//! Callers who left a queue: the switchboard asks, the store keeps. A caller is told that they are called back after that is durable, and a number
//! is dialled after it is durable that it is.

use calls::callback::{Answer, Ask};
use model::callback::CallbackState;
use model::{CallId, Callback, CallbackId, CommandError, CommandOutcome, Now};
use store::effect::{Done, Effect, StoreError};

use crate::Clinic;
use crate::vault::Then;

impl Clinic {
    /// The switchboard asks something.
    pub(crate) fn callback_asked(&mut self, now: Now, call: Option<CallId>, ask: Ask) {
        let at = now.wall;
        match (ask, call) {
            // Nothing can be kept, and nobody is told otherwise.
            (Ask::Keep(callback), Some(call)) if !self.vault.is_unlocked() => {
                self.answer_callback(now, call, callback.id, Answer::Kept(false));
            }
            (Ask::Start(callback), Some(call)) if !self.vault.is_unlocked() => {
                self.answer_callback(now, call, callback, Answer::Started(false));
            }
            (Ask::Keep(callback), Some(call)) => {
                let then = Then::CallbackKept { call, callback: callback.id };
                self.store(Effect::KeepCallback(callback), then);
            }
            (Ask::Start(callback), Some(call)) => {
                self.store(Effect::StartCallback { callback, at }, Then::CallbackStarted { call, callback });
            }
            (Ask::Become { callback, state }, _) => {
                self.store(Effect::SetCallback { callback, state, at }, Then::Must);
            }
            (Ask::Keep(_) | Ask::Start(_), None) => {}
        }
    }

    pub(crate) fn callback_kept(
        &mut self,
        now: Now,
        call: CallId,
        callback: CallbackId,
        result: &Result<Done, StoreError>,
    ) {
        self.answer_callback(now, call, callback, Answer::Kept(result.is_ok()));
    }

    pub(crate) fn callback_started(
        &mut self,
        now: Now,
        call: CallId,
        callback: CallbackId,
        result: &Result<Done, StoreError>,
    ) {
        self.answer_callback(now, call, callback, Answer::Started(result.is_ok()));
    }

    fn answer_callback(&mut self, now: Now, call: CallId, callback: CallbackId, answer: Answer) {
        let command = calls::Command::Callback { call, callback, answer };
        self.pbx.handle_input(now, calls::Input::Command(command));
    }

    pub(crate) fn cancel_callback(&mut self, now: Now, id: u64, by: String, callback: CallbackId) {
        self.callback_orders.insert(id, (by, callback));
        let command = calls::Command::CancelCallback { order: id, callback };
        self.pbx.handle_input(now, calls::Input::Command(command));
    }

    pub(crate) fn callback_cancelled(&mut self, now: Now, id: u64, result: Result<(), CommandError>) {
        let Some((by, callback)) = self.callback_orders.remove(&id) else { return };
        if result.is_ok() {
            self.audit(now, by, "callback_cancelled", callback.to_string());
        }
        self.reply(id, result.map(|()| CommandOutcome::Done));
    }

    /// Goes on after a start. Whoever was being dialled may have been reached: nobody is called twice, and a person decides.
    pub(crate) fn resume_callbacks(&mut self, now: Now, mut all: Vec<Callback>) {
        for callback in all.iter_mut().filter(|c| c.state == CallbackState::Dialling) {
            callback.state = CallbackState::Unknown;
            let (state, at) = (callback.state, now.wall);
            self.store(Effect::SetCallback { callback: callback.id, state, at }, Then::Must);
            let sentence = "Frontdesk was restarted while it called somebody back who had left a queue: they may not have been reached.";
            self.notice(now, sentence.into());
        }
        self.pbx.restore_callbacks(now, all);
    }
}
