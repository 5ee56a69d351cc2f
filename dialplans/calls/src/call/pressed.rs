//! Keys of a call that come by two ways. A phone may send each key in its media (RFC 4733, or by its tones), by INFO (RFC 2976), or both: then it is
//! one press, and the second does not count.
//!
//! What is pressed in the media goes to the partner with it. A key by INFO is pressed anew there, after a moment in which its twin may come.

use std::collections::VecDeque;
use std::time::Duration;

use media::SessionId;
use model::Instant;

use super::CallEvent;
use crate::step::Step;
use crate::timers::CallTimer;

/// How long a key by INFO waits for its twin before the partner hears it.
const WAIT: Duration = Duration::from_millis(200);
/// How much later than the one the other may come: some phones send an INFO when the key is released.
const LATER: Duration = Duration::from_secs(1);
/// Keys that are remembered at most: nobody presses so many in a second, and each step of a call copies them.
const MOST: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Media,
    Info,
}

impl Way {
    const fn other(self) -> Self {
        match self {
            Self::Media => Self::Info,
            Self::Info => Self::Media,
        }
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pressed {
    /// Keys that counted and have met no twin, the oldest first.
    single: VecDeque<(Way, char, Instant)>,
    /// Keys by INFO that their partners shall hear, with when they have waited long enough.
    waiting: VecDeque<(SessionId, char, Instant)>,
}

/// False for a key that was pressed once and came twice, and is to be passed over now.
pub(crate) fn counts(event: &CallEvent, step: &mut Step<'_>) -> bool {
    let (way, digit) = match event {
        CallEvent::Media(media::Event::Dtmf { digit, .. }) => (Way::Media, *digit),
        CallEvent::Sip(sip::api::Event::Dtmf { digit, .. }) => (Way::Info, *digit.expose()),
        _ => return true,
    };
    step.card.pressed.counts(way, digit, step.now.instant)
}

/// A key by INFO: whoever is in this session shall hear it.
pub(crate) fn pass_on(session: SessionId, digit: char, step: &mut Step<'_>) {
    let waiting = &mut step.card.pressed.waiting;
    if waiting.len() < MOST {
        waiting.push_back((session, digit, step.now.instant + WAIT));
        follow(step);
    }
}

/// What has waited long enough is heard.
pub(crate) fn heard(step: &mut Step<'_>) {
    while let Some((session, digit, _)) = step.card.pressed.waiting.pop_front_if(|(.., at)| *at <= step.now.instant) {
        step.media(media::Command::Press { session, digit });
    }
    follow(step);
}

fn follow(step: &mut Step<'_>) {
    if let Some((.., at)) = step.card.pressed.waiting.front() {
        step.set(CallTimer::PassOn, at.saturating_since(step.now.instant));
    }
}

impl Pressed {
    fn counts(&mut self, way: Way, digit: char, now: Instant) -> bool {
        self.single.retain(|(.., at)| *at + LATER >= now);
        let twin = self.single.iter().position(|(by, single, _)| *by == way.other() && *single == digit);
        match twin {
            Some(at) => drop(self.single.remove(at)),
            None if self.single.len() < MOST => self.single.push_back((way, digit, now)),
            None => {}
        }
        if way == Way::Media {
            // It has gone its way to the partner.
            if let Some(at) = self.waiting.iter().position(|(_, waits, _)| *waits == digit) {
                self.waiting.remove(at);
            }
        }
        twin.is_none()
    }
}
