//! Meetings in rooms that are recorded: what reaches them of calls, media and whoever keeps recordings. See `meetings`.

use std::time::Duration;

use model::{CallId, Now};

use crate::call::CallEvent;
use crate::meetings::Floor;
use crate::pbx::Pbx;
use crate::recording::Answer;
use crate::timers::{CallTimer, Timer};

/// How long a meeting that is over waits for the last of its sound, as a call does; then its record goes out without.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

impl Pbx {
    /// After a step of a call: whether it is in a room, and which key was pressed there.
    pub(crate) fn follow_rooms(&mut self, now: Now, id: CallId, key: Option<char>) {
        let Self { meetings, site, calls, random, out, .. } = self;
        let entry = calls.get(&id);
        let present = entry.and_then(|entry| entry.stage.as_ref()?.present(entry.card.sought_help));
        meetings.follow(id, present.as_ref(), key, random, &mut Floor { now, site, out });
        self.watch_endings(now);
    }

    /// True if an event of the media engine was about a meeting and nothing else.
    pub(crate) fn is_of_meeting(&mut self, now: Now, event: &media::Event) -> bool {
        let is_of_meeting = self.meetings.hear(event, &mut Floor { now, site: &self.site, out: &mut self.out });
        self.watch_endings(now);
        is_of_meeting
    }

    /// Whoever keeps recordings answers a call, or a meeting.
    pub(crate) fn recording_answered(&mut self, now: Now, call: CallId, answer: Answer) {
        let mut floor = Floor { now, site: &self.site, out: &mut self.out };
        if !self.meetings.answered(call, answer, &mut floor) {
            self.step(now, call, CallEvent::Recording(answer));
        }
    }

    /// The media engine has not said the last of a meeting.
    pub(crate) fn meeting_lost(&mut self, now: Now, id: CallId) {
        self.meetings.give_up(id, &mut Floor { now, site: &self.site, out: &mut self.out });
    }

    fn watch_endings(&mut self, now: Now) {
        for id in self.meetings.ending() {
            let timer = Timer::Call(id, CallTimer::Close);
            if self.timers.at(timer).is_none() {
                self.timers.set(timer, now.instant + CLOSE_WAIT);
            }
        }
    }
}
