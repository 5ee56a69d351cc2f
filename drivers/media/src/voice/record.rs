//! A recording of one party, or of a room: parts of a second, until it is stopped or a limit is reached.

use std::time::Duration;

use super::TICK;
use super::activity::Activity;
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
    part: Vec<i16>,
    rate: u32,
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
            part: Vec::new(),
            rate: 8_000,
            steps: 0,
            recorded: Duration::ZERO,
            quiet: Duration::ZERO,
            activity: Activity::default(),
        }
    }

    /// A step of what is said. What is to be reported, and whether that was the last.
    pub(crate) fn hear(&mut self, rate: u32, frame: &[i16]) -> (Option<Event>, bool) {
        // Another codec in the middle of a part: the part ends there.
        let before = if rate != self.rate && !self.part.is_empty() { Some(self.report(None)) } else { None };
        self.rate = rate;
        self.part.extend_from_slice(frame);
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
        if before.is_none() && (end.is_some() || self.steps >= PART) {
            return (Some(self.report(end)), end.is_some());
        }
        (before, false)
    }

    /// What was recorded since the last report.
    pub(crate) fn report(&mut self, end: Option<RecordEnd>) -> Event {
        self.steps = 0;
        let part = Clip::new(self.rate, std::mem::take(&mut self.part));
        match self.whom {
            Whom::Party(session) => Event::Recorded { session, record: self.record, part, end },
            Whom::Room(room) => Event::RoomRecorded { room, record: self.record, part, end },
        }
    }
}
