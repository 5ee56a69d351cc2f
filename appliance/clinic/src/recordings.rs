//! Recordings of calls and meetings: they ask, the store keeps, second by second. Effects of one call go to the store in the order in which the call asked.
//! A recording that was begun is finished whatever happens: with its call, or at the next start, which then also writes the record of the call.
//!
//! What somebody declined wins over all else, in whatever order a store in trouble carries it out: it is offered until it is done, and a recording
//! of which a part is to be forgotten becomes none that anybody can hear before that. One gap is left: if the program ends while a store that is
//! full or broken still refuses it, nothing knows of it any more, and the next start keeps what the store has.

use std::collections::{BTreeMap, BTreeSet};

use calls::recording::{Answer, Ask, Begun};
use media::Clip;
use model::call::{CallEnd, CallRecord, Fault, LegQuality, Taken};
use model::trace::{Mark, Trace};
use model::{CallId, CommandOutcome, Event, Now, Pii, RecordingId, Sound};
use store::effect::{Done, Effect, NewRecording, OpenRecording, StoreError, Taking, Work};

use crate::restart::not_stored;
use crate::vault::Then;
use crate::{Clinic, Output, trouble};

/// The recordings that are being taken.
#[derive(Default)]
pub(crate) struct Recording {
    /// Of each call that is up.
    of: BTreeMap<CallId, RecordingId>,
    /// How often a part of each is being forgotten.
    forgetting: BTreeMap<RecordingId, u32>,
    /// Those that are over and wait for that.
    over: BTreeSet<RecordingId>,
}

impl Clinic {
    /// A call asks something. While the store is locked nothing can be kept, and nobody is told otherwise.
    pub(crate) fn recording_asked(&mut self, now: Now, call: CallId, ask: Ask) {
        if let Ask::Begin(begun) = ask {
            if !self.vault.is_unlocked() {
                return self.answer_recording(now, call, Answer::Begun(false));
            }
            let recording = RecordingId::new(now.wall, &mut self.random);
            self.recording.of.insert(call, recording);
            let Begun { extensions, keep_days, together, .. } = &*begun;
            let (extensions, keep_days, together) = (extensions.clone(), *keep_days, *together);
            let new = NewRecording { extensions, together, keep_days, record: so_far(call, *begun) };
            let taking = Taking::Begin(Box::new(new));
            return self.take(now, recording, taking, Then::RecordingBegun { call });
        }
        let Some(recording) = self.recording.of.get(&call).copied() else { return };
        let (taking, then) = match ask {
            Ask::Begin(_) => return,
            Ask::Part { number, caller, callee } => {
                let (caller, callee) = (Pii::new(sound(&caller)), callee.map(|callee| Pii::new(sound(&callee))));
                (Taking::Part { number, caller, callee }, Then::RecordingPart { call })
            }
            Ask::Stopped { at, why } => (Taking::Stopped { since: at, why }, Then::Nothing),
            Ask::GoesOn { at, extensions } => (Taking::GoesOn { since: at, extensions }, Then::Nothing),
            Ask::Discard => {
                self.recording.of.remove(&call);
                (Taking::Discard, Then::RecordingOver)
            }
            Ask::Forget { from } => {
                *self.recording.forgetting.entry(recording).or_default() += 1;
                (Taking::Forget { from }, Then::Forgotten { recording })
            }
        };
        self.take(now, recording, taking, then);
    }

    fn take(&mut self, now: Now, recording: RecordingId, taking: Taking, then: Then) {
        self.store(Effect::TakeRecording { recording, taking, at: now.wall }, then);
    }

    fn answer_recording(&mut self, now: Now, call: CallId, answer: Answer) {
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::Recording { call, answer }));
    }

    pub(crate) fn recording_begun(&mut self, now: Now, call: CallId, result: &Result<Done, StoreError>) {
        if let Err(error) = result {
            tracing::error!(%call, %error, "a recording could not be begun");
            self.recording.of.remove(&call);
            // Each call's ladder says that it is not recorded; that none is must be seen by whoever can make room.
            self.not_kept(now, error, trouble::RECORDINGS);
        }
        self.answer_recording(now, call, Answer::Begun(result.is_ok()));
    }

    pub(crate) fn recording_part(&mut self, now: Now, call: CallId, result: &Result<Done, StoreError>) {
        if let Err(error) = result {
            tracing::error!(%call, %error, "a part of a recording could not be stored");
            self.not_kept(now, error, trouble::RECORDINGS);
            self.answer_recording(now, call, Answer::Lost);
        }
    }

    /// A call is over, and its recording with it.
    pub(crate) fn recording_over(&mut self, now: Now, call: CallId) {
        let Some(recording) = self.recording.of.remove(&call) else { return };
        if self.recording.forgetting.contains_key(&recording) {
            self.recording.over.insert(recording);
        } else {
            self.take(now, recording, Taking::Finish, Then::RecordingOver);
        }
    }

    /// A part of it is gone, and what is left may be kept once it is over.
    pub(crate) fn part_forgotten(&mut self, now: Now, recording: RecordingId) {
        let left = self.recording.forgetting.entry(recording).or_default();
        *left = left.saturating_sub(1);
        if *left > 0 {
            return;
        }
        self.recording.forgetting.remove(&recording);
        if self.recording.over.remove(&recording) {
            self.take(now, recording, Taking::Finish, Then::RecordingOver);
        }
    }

    /// Goes on after a start. A call that was being recorded when the program ended has no record yet; where it has one, that one holds.
    pub(crate) fn resume_recordings(&mut self, now: Now, work: &mut Work) {
        let mut open = std::mem::take(&mut work.open_recordings);
        // One that has begun since is none of those, nor one that is over and waits.
        let taking = |of: &RecordingId| self.recording.of.values().any(|taken| taken == of);
        open.retain(|open| !taking(&open.recording) && !self.recording.over.contains(&open.recording));
        for OpenRecording { recording, mut record } in open {
            record.trace.note(record.ended, Mark::Bad, "Frontdesk was restarted during this call", "");
            self.vault.record(record);
            self.take(now, recording, Taking::Finish, Then::RecordingOver);
        }
    }

    pub(crate) fn call_marked(&mut self, id: u64, result: Result<Done, StoreError>) {
        self.out.push_back(Output::Event(Event::Calls));
        self.reply(id, result.map(|_| CommandOutcome::Done).map_err(|error| not_stored(&error)));
    }
}

/// The record of a call, as it would be if the program ended now.
fn so_far(call: CallId, begun: Begun) -> CallRecord {
    CallRecord {
        id: call,
        direction: begun.direction,
        from: begun.from,
        to: begun.to,
        started: begun.started,
        answered: begun.answered,
        taken: Taken::default(),
        left_message: false,
        queued: Vec::new(),
        ended: begun.started,
        end: CallEnd::OurFault,
        fault: Fault::Us,
        emergency: begun.help,
        caller_quality: LegQuality::default(),
        callee_quality: LegQuality::default(),
        trace: Trace::default(),
    }
}

fn sound(clip: &Clip) -> Sound {
    Sound { rate: clip.rate(), samples: clip.samples().to_vec() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::Random;

    use super::*;
    use crate::mailboxes::tests::clinic;

    #[test]
    fn a_full_disk_is_told_once_and_not_by_each_call() {
        let (mut clinic, mut random, now) = (clinic(), Random::from_u64(2), Now::simulation_start());
        let mut told = |result| {
            let call = CallId::new(now.wall, &mut random);
            clinic.recording_part(now, call, &result);
            clinic.recording_begun(now, call, &result);
            let alerts = clinic.snapshot().alerts;
            alerts.iter().filter(|alert| alert.sentence.expose().contains("not recorded")).count()
        };
        assert_eq!(told(Ok(Done::Ok)), 0);
        assert_eq!(told(Err(StoreError::NotFound)), 0, "the call was over");
        assert_eq!((told(Err(StoreError::Full)), told(Err(StoreError::Full))), (1, 1));
    }
    /// In a room somebody outside does not want to be recorded, while the disk is full; then the room is over.
    #[test]
    fn a_recording_of_which_a_part_is_declined_is_not_kept_before_that_is_gone() {
        let (mut clinic, mut random, start) = (clinic(), Random::from_u64(2), Now::simulation_start());
        clinic.vault.unlock(&mut clinic.out);
        let (call, recording) = (CallId::new(start.wall, &mut random), RecordingId::new(start.wall, &mut random));
        clinic.recording.of.insert(call, recording);
        clinic.recording_asked(start, call, Ask::Forget { from: 3 });
        clinic.recording_over(start, call);
        let (mut taken, mut tries) = (Vec::new(), 0);
        for later in 0..4 {
            let now = start.after(Duration::from_secs(10 * later));
            clinic.handle_input(now, crate::Input::Timeout);
            while let Some(output) = clinic.out.pop_front() {
                let Output::Store { ticket, effect } = output else { continue };
                let Effect::TakeRecording { taking, .. } = effect else { continue };
                let forget = matches!(taking, Taking::Forget { from: 3 });
                tries += u32::from(forget);
                let result = if forget && tries < 3 { Err(StoreError::Full) } else { Ok(Done::Ok) };
                taken.push(if forget { "forget" } else { "finish" });
                assert!(forget || matches!(taking, Taking::Finish));
                clinic.stored(now, ticket, result);
            }
        }
        assert_eq!(taken, ["forget", "forget", "forget", "finish"]);
        assert!(clinic.recording.forgetting.is_empty() && clinic.recording.over.is_empty());
    }
}
