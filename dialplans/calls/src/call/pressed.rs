//! Keys of a call that come by two ways. A phone may send each key in its media (RFC 4733, or by its tones), by INFO (RFC 2976), or both: then it is
//! one press, and the second does not count.
//!
//! What is pressed in the media goes to the partner with it. A key by INFO is pressed anew there, after a moment in which its twin may come.

use std::collections::VecDeque;
use std::time::Duration;

use media::SessionId;
use model::Instant;

use super::entry::Side;
use super::{CallEvent, Stage};
use crate::step::Step;
use crate::timers::CallTimer;

/// How long a key by INFO waits for its twin before the partner hears it.
const WAIT: Duration = Duration::from_millis(200);
/// How much later than the one the other may come, beside how long an INFO says that the key was down: some phones send it when the key is released.
const LATER: Duration = Duration::from_secs(1);
/// Longer than any key is down.
const LONGEST: Duration = Duration::from_secs(5);
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
    single: VecDeque<(Key, Instant)>,
    /// Keys by INFO that their partners shall hear, with in which session and when they have waited long enough.
    waiting: VecDeque<(Key, SessionId, Instant)>,
}

/// A key, by one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    way: Way,
    digit: char,
    /// Who pressed it, where two talk: each has keys of their own, and one hears the other's as an echo.
    by: Option<Side>,
    /// How long it was down, as far as that is told when it comes.
    held: Duration,
}

impl Key {
    /// The same press may be told by both.
    fn is_twin(&self, other: &Self) -> bool {
        let one_person = self.by.zip(other.by).is_none_or(|(a, b)| a == b);
        self.way == other.way.other() && self.digit == other.digit && one_person
    }
}

/// False for a key that was pressed once and came twice, and is to be passed over now.
pub(crate) fn counts(stage: &Stage, event: &CallEvent, step: &mut Step<'_>) -> bool {
    let two = match stage {
        Stage::Talking(two) => Some(two),
        _ => None,
    };
    let key = match event {
        CallEvent::Media(media::Event::Dtmf { session, digit }) => {
            let by = two.and_then(|two| two.side_of(*session));
            Key { way: Way::Media, digit: *digit, by, held: Duration::ZERO }
        }
        CallEvent::Sip(sip::api::Event::Dtmf { leg, digit, millis }) => {
            let by = two.and_then(|two| two.side(*leg));
            Key { way: Way::Info, digit: *digit.expose(), by, held: Duration::from_millis(u64::from(*millis)) }
        }
        _ => return true,
    };
    step.card.pressed.counts(key, step.now.instant)
}

/// A key by INFO: their partner in this session shall hear it.
pub(crate) fn pass_on(by: Side, session: SessionId, digit: char, step: &mut Step<'_>) {
    let waiting = &mut step.card.pressed.waiting;
    if waiting.len() < MOST {
        let key = Key { way: Way::Info, digit, by: Some(by), held: Duration::ZERO };
        waiting.push_back((key, session, step.now.instant + WAIT));
        follow(step);
    }
}

/// What has waited long enough is heard by whoever it was for, if they still talk.
pub(crate) fn heard(stage: &Stage, step: &mut Step<'_>) {
    let Stage::Talking(two) = stage else { return step.card.pressed.waiting.clear() };
    while let Some((key, session, _)) = step.card.pressed.waiting.pop_front_if(|(.., at)| *at <= step.now.instant) {
        if two.side_of(session).is_some() {
            step.media(media::Command::Press { session, digit: key.digit });
        }
    }
    follow(step);
}

fn follow(step: &mut Step<'_>) {
    if let Some((.., at)) = step.card.pressed.waiting.front() {
        step.set(CallTimer::PassOn, at.saturating_since(step.now.instant));
    }
}

impl Pressed {
    fn counts(&mut self, key: Key, now: Instant) -> bool {
        self.single.retain(|(_, at)| *at + LATER + LONGEST >= now);
        let is_twin = |(single, at): &(Key, Instant)| single.is_twin(&key) && *at + LATER + key.held >= now;
        let twin = self.single.iter().position(is_twin);
        match twin {
            Some(at) => drop(self.single.remove(at)),
            None => {
                if self.single.len() == MOST {
                    self.single.pop_front();
                }
                self.single.push_back((key, now));
            }
        }
        // What came in the media has gone its way to the partner.
        if let Some(at) = self.waiting.iter().position(|(waits, ..)| key.way == Way::Media && waits.is_twin(&key)) {
            self.waiting.remove(at);
        }
        twin.is_none()
    }
}
