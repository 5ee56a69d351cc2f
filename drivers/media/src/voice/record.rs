//! A recording of one party, or of a room: parts of a second, until it is stopped or a limit is reached.
//!
//! Each part is as many steps as every other, whatever the party speaks meanwhile, and has a number: so the parts of two parties that are
//! recorded together are of the same time where their numbers are the same, even if one is lost.

use std::time::Duration;

use super::TICK;
use super::activity::Activity;
use super::resample::Resampler;
use crate::api::{Event, SessionId};
use crate::sound::{Clip, RecordEnd, RecordId, RecordLimits, RoomId};

/// Steps of a part: a second, so that who writes it down loses no more than that.
const PART: u32 = 50;

/// Who is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whom {
    Party(SessionId),
    /// All who are in it.
    Room(RoomId),
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Recorder {
    whom: Whom,
    record: RecordId,
    limits: RecordLimits,
    /// The number of the part that is being recorded.
    number: u32,
    part: Vec<i16>,
    /// Of the part: that of its first step.
    rate: u32,
    /// Of the party that changed to the other of the two rates within a part, from that to the part's.
    resampler: Option<Resampler>,
    steps: u32,
    recorded: Duration,
    quiet: Duration,
    activity: Activity,
}

impl Recorder {
    pub(crate) fn new(whom: Whom, record: RecordId, limits: RecordLimits) -> Self {
        Self {
            whom,
            record,
            limits,
            number: 0,
            part: Vec::new(),
            rate: 8_000,
            resampler: None,
            steps: 0,
            recorded: Duration::ZERO,
            quiet: Duration::ZERO,
            activity: Activity::default(),
        }
    }

    /// A step of what is said. What is to be reported, and whether that was the last.
    pub(crate) fn hear(&mut self, rate: u32, frame: &[i16]) -> (Option<Event>, bool) {
        self.take(rate, frame);
        self.steps += 1;
        self.recorded += TICK;
        self.quiet = if self.activity.speaks(frame) { Duration::ZERO } else { self.quiet + TICK };
        let end = if self.recorded >= self.limits.most {
            Some(RecordEnd::Limit)
        } else if self.limits.silence.is_some_and(|most| self.quiet >= most) {
            Some(RecordEnd::Silence)
        } else {
            None
        };
        let is_whole = end.is_some() || self.steps >= PART;
        (is_whole.then(|| self.report(end)), end.is_some())
    }

    /// Appends a step, at the rate of its part.
    fn take(&mut self, rate: u32, frame: &[i16]) {
        if self.steps == 0 {
            self.rate = rate;
        }
        if rate == self.rate {
            self.resampler = None;
            self.part.extend_from_slice(frame);
        } else {
            self.resampler.get_or_insert_with(|| Resampler::new(rate, self.rate)).run(frame, &mut self.part);
        }
    }

    /// What was recorded since the last report.
    pub(crate) fn report(&mut self, end: Option<RecordEnd>) -> Event {
        let number = self.number;
        self.number += 1;
        self.steps = 0;
        let part = Clip::new(self.rate, std::mem::take(&mut self.part));
        match self.whom {
            Whom::Party(session) => Event::Recorded { session, record: self.record, number, part, end },
            Whom::Room(room) => Event::RoomRecorded { room, record: self.record, part, end },
        }
    }
}
