//! When a fax is tried again. One pure function, [`next`], over one table, [`Policy::rule`].
//!
//! Two rules stand above the table. A fax whose pages are all confirmed is sent, whatever else went wrong. A fax that may have
//! arrived ([`Cause::Unconfirmed`]) is never tried again by itself: a person decides (README, invariant 4).

use std::time::Duration;

use model::fax::{Cause, FaxState};
use model::sending::{Carrier, Manner};
use model::{Random, Wall};
use store::effect::FaxNext;

/// More calls than this to one number for one fax would be harassment, whatever mixture of causes asked for them.
pub const MAX_ATTEMPTS: u32 = 24;
/// A line that failed may be there again after this, and is tried in its turn even if those behind it were all taken meanwhile.
pub(super) const AVOIDED_FOR: Duration = Duration::from_secs(5 * MINUTE);
/// No delay of the table is longer, spread as it is.
pub(super) const LONGEST_DELAY: Duration = Duration::from_secs(30 * MINUTE * (100 + JITTER_PERCENT) / 100);
/// Retries are spread by this share in both directions, so that faxes that failed together do not dial together.
const JITTER_PERCENT: u64 = 20;

/// Seconds until documents whose renderer failed, not by their fault, are tried again: after the first time, the second and so on. A moment
/// without memory is over soon, and a full disk is not to be hammered. Behind the last a person is told, some three hours after the order:
/// what kills the converter each time does so for ever.
const RENDER_PAUSES: [u64; 10] =
    [30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, 30 * MINUTE, 40 * MINUTE, 40 * MINUTE];

/// How patient the queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Every delay is divided by this. 1 in a clinic.
    pub speed_up: u32,
    /// How many faxes are rendered at once. Each takes a child process with its memory.
    pub renderers: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self { speed_up: 1, renderers: 2 }
    }
}

impl Policy {
    /// For the demo: a minute takes a second, so that a busy number is tried again while somebody watches.
    pub const fn demo() -> Self {
        Self { speed_up: 60, renderers: 2 }
    }

    /// A delay at this policy's pace.
    pub fn pace(&self, delay: Duration) -> Duration {
        delay / self.speed_up.max(1)
    }

    /// How long documents wait whose renderer has failed so often by no fault of theirs; `None`: it is given up.
    pub fn render_pause(&self, failed: u32) -> Option<Duration> {
        let seconds = RENDER_PAUSES.get(usize::try_from(failed.saturating_sub(1)).ok()?)?;
        Some(self.pace(Duration::from_secs(*seconds)))
    }

    /// What the table says about `cause`.
    const fn rule(cause: Cause) -> Rule {
        match cause {
            // A busy machine is a working machine: often at first, patiently later.
            Cause::Busy => Rule::retry(&[3 * MINUTE, 3 * MINUTE, 3 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE], 12),
            Cause::NoAnswer => Rule::retry(&[5 * MINUTE, 10 * MINUTE, 20 * MINUTE], 6),
            // Our own line may be down for an hour. Nobody is rung, so patience costs nothing.
            Cause::TrunkDown | Cause::ModemGone => {
                Rule::retry(&[MINUTE, 2 * MINUTE, 5 * MINUTE], MAX_ATTEMPTS).other_line_at_once()
            }
            // The line cannot carry a fax at all. Only another line can help.
            Cause::NoT38 => Rule::STOP.other_line_at_once(),
            // No time teaches the line to ask, nor its carrier to take the call, or a fax. Where another line may be able to, this counts as one that
            // is away (see `Entry::counts_as`).
            Cause::CannotFetch | Cause::LineRefused | Cause::NoCommonMedia => Rule::STOP.other_line_at_once(),
            // Perhaps a person picked up. A voice line is never harassed.
            Cause::NotAFax => Rule::retry(&[5 * MINUTE], 2),
            // Nobody was there, or a person picked up, and nobody can tell: once more soon, and once when they may be back.
            Cause::NoMachine => Rule::retry(&[5 * MINUTE, 30 * MINUTE], 3),
            Cause::CannotTrain => Rule::retry(&[MINUTE], 5),
            Cause::BadPage | Cause::Dropped => Rule::retry(&[MINUTE], 6),
            // Our own fault is repaired in seconds (a worker died) or by a person.
            Cause::OurFault => Rule::retry(&[10, 30, 60], 4),
            // Once more with pages at standard resolution (see `next`); then it will say the same again.
            Cause::Incompatible => Rule::retry(&[MINUTE], 2),
            // They may be about to lay it out; nobody is to be rung for it all day.
            Cause::NothingToFetch => Rule::retry(&[10 * MINUTE, 30 * MINUTE], 3),
            // The other side will say the same again, and so will the plan until a person changes it.
            Cause::NoSuchNumber | Cause::Refused | Cause::NotAllowed | Cause::CannotAsk | Cause::FetchRefused => {
                Rule::STOP
            }
            // Decided before the table is asked.
            Cause::Delivered | Cause::Unconfirmed | Cause::Cancelled => Rule::STOP,
        }
    }
}

const MINUTE: u64 = 60;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// Seconds after the first, second … attempt that ended so; the last one repeats.
    delays: &'static [u64],
    /// Attempts that may end so.
    attempts: u32,
    /// While the clinic has a line that has not failed yet, a retry takes it at once, and is none of these.
    other_line_at_once: bool,
}

impl Rule {
    const STOP: Self = Self { delays: &[], attempts: 1, other_line_at_once: false };

    /// For an attempt that a restart ended. Several in an evening of maintenance fail no fax, and the first delays are short; but a fax
    /// that brings Frontdesk down each time it is dialled is dialled ever more seldom, and not more than any other.
    const CUT_OFF: Self =
        Self::retry(&[10, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE], MAX_ATTEMPTS);

    const fn retry(delays: &'static [u64], attempts: u32) -> Self {
        Self { delays, attempts, other_line_at_once: false }
    }

    const fn other_line_at_once(mut self) -> Self {
        self.other_line_at_once = true;
        self
    }
}

/// What is known when an attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Why it ended.
    pub cause: Cause,
    /// Attempts that ended for this cause, this one included, but for those after which another line was tried at once.
    pub of_this_cause: u32,
    /// The same of all attempts since a person last ordered the fax.
    pub attempts: u32,
    /// The end of the process cut this attempt off.
    pub cut_off: bool,
    /// Pages of the fax.
    pub pages: u32,
    /// Pages confirmed over all attempts.
    pub confirmed: u32,
    /// It is fetched: these are the pages that came.
    pub fetch: bool,
    /// There is a line that has not failed of late.
    pub other_line: bool,
    /// How the attempt was made.
    pub manner: Manner,
    /// A line can carry faxes as tones.
    pub audio: bool,
}

/// True for an end that another manner of calling may spare the next attempt.
pub const fn is_of_the_line(cause: Cause) -> bool {
    matches!(cause, Cause::CannotTrain | Cause::BadPage | Cause::Dropped)
}

/// True if the machine, or whoever answered, had a part in this end: it says something about the number.
pub(super) const fn reached_them(cause: Cause) -> bool {
    !matches!(
        cause,
        Cause::NotAllowed
            | Cause::LineRefused
            | Cause::NoCommonMedia
            | Cause::TrunkDown
            | Cause::ModemGone
            | Cause::CannotFetch
            | Cause::OurFault
            | Cause::Cancelled
    )
}

/// True if a telephone rang, or may have: a person may stand at the other end.
pub(super) const fn rang_somebody(cause: Cause) -> bool {
    matches!(cause, Cause::Busy | Cause::NoAnswer | Cause::NotAFax | Cause::NoMachine)
}

/// How the next attempt is made after this end; `None`: as before.
pub fn next_manner(cause: Cause, manner: Manner, audio: bool) -> Option<Manner> {
    match cause {
        Cause::NoT38 if audio => Some(manner.over_audio()),
        Cause::Incompatible => Some(manner.coarse()),
        cause if is_of_the_line(cause) => manner.hardier(audio),
        _ => None,
    }
}

/// True if the line that failed so is the last to be tried again: it is down, cannot carry a fax, or has been tried in every manner.
pub(super) fn avoids_line(cause: Cause, manner: Manner, audio: bool) -> bool {
    match cause {
        Cause::TrunkDown | Cause::ModemGone | Cause::CannotFetch | Cause::LineRefused | Cause::NoCommonMedia => true,
        Cause::NoT38 => !(audio && manner.carrier == Carrier::T38),
        cause => is_of_the_line(cause) && manner.hardier(audio).is_none(),
    }
}

/// True if another line is tried at once after this end.
pub(super) const fn at_once(cause: Cause, other_line: bool) -> bool {
    other_line && Policy::rule(cause).other_line_at_once
}

/// What follows an attempt.
pub fn next(policy: &Policy, tried: Tried, now: Wall, random: &mut Random) -> FaxNext {
    match (tried.cause, tried.confirmed) {
        _ if !tried.fetch => {}
        (Cause::Delivered, _) => return FaxNext::Final(FaxState::Sent),
        (Cause::Cancelled, _) | (_, 0) => {}
        // Part of it is here, and a person decides about the rest.
        _ => return FaxNext::Final(FaxState::Failed),
    }
    if !tried.fetch && tried.pages > 0 && tried.confirmed >= tried.pages {
        return FaxNext::Final(FaxState::Sent);
    }
    match tried.cause {
        // "All went well", but a page is not confirmed. It may have arrived, so it is not for us to send it again.
        Cause::Delivered | Cause::Unconfirmed => return FaxNext::Final(FaxState::Uncertain),
        Cause::Cancelled => return FaxNext::Final(FaxState::Cancelled),
        _ => {}
    }
    // How many of the attempts ended so is not known after a restart; all of them together bound it.
    let (rule, round) = match tried.cut_off && tried.cause == Cause::OurFault {
        true => (Rule::CUT_OFF, tried.attempts),
        false => (Policy::rule(tried.cause), tried.of_this_cause),
    };
    if tried.attempts >= MAX_ATTEMPTS || tried.cause == Cause::Incompatible && !tried.manner.fine {
        return FaxNext::Final(FaxState::Failed);
    }
    if tried.cause == Cause::NoT38 && tried.audio && tried.manner.carrier == Carrier::T38 {
        // They answered, so they are there: at once, as tones. A line that can carry none is avoided.
        return FaxNext::Retry { at: now };
    }
    if at_once(tried.cause, tried.other_line) {
        return FaxNext::Retry { at: now };
    }
    let round = round.max(1);
    if round >= rule.attempts {
        return FaxNext::Final(FaxState::Failed);
    }
    let Some(delay) = rule.delays.get(round as usize - 1).or(rule.delays.last()) else {
        return FaxNext::Final(FaxState::Failed);
    };
    FaxNext::Retry { at: now + jittered(policy.pace(Duration::from_secs(*delay)), random) }
}

/// `delay`, give or take [`JITTER_PERCENT`].
fn jittered(delay: Duration, random: &mut Random) -> Duration {
    let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX / 200);
    let spread = millis * JITTER_PERCENT / 100;
    Duration::from_millis(millis - spread + random.below(2 * spread + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(cause: Cause) -> Tried {
        let manner = Manner::default();
        Tried {
            cause,
            of_this_cause: 1,
            attempts: 1,
            cut_off: false,
            pages: 3,
            confirmed: 0,
            fetch: false,
            other_line: false,
            manner,
            audio: false,
        }
    }

    /// The whole life of a fax that always fails for one cause: delays in minutes (to the nearest), then how it ends.
    fn life(cause: Cause) -> String {
        let (policy, mut random) = (Policy::default(), Random::from_u64(7));
        let (mut words, mut manner) = (Vec::new(), Manner::default());
        for attempt in 1.. {
            let tried = Tried { of_this_cause: attempt, attempts: attempt, manner, ..tried(cause) };
            manner = next_manner(cause, manner, false).unwrap_or(manner);
            match next(&policy, tried, Wall(0), &mut random) {
                FaxNext::Final(state) => {
                    words.push(format!("{} after {attempt}", state.word()));
                    break;
                }
                FaxNext::Retry { at } => {
                    let seconds = at.millis() as f64 / 1000.0;
                    let exact = [0.0, 10.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 1200.0, 1800.0];
                    let near = exact.iter().find(|d| (seconds - **d).abs() <= **d * 0.2).expect("a delay of the table");
                    words.push(if *near < 60.0 && *near > 0.0 {
                        format!("{near}s")
                    } else {
                        format!("{}", near / 60.0)
                    });
                }
            }
        }
        words.join(" ")
    }

    #[test]
    fn the_table() {
        for (cause, expected) in [
            (Cause::Busy, "3 3 3 5 10 20 20 20 20 20 20 failed after 12"),
            (Cause::NoAnswer, "5 10 20 20 20 failed after 6"),
            (Cause::NotAFax, "5 failed after 2"),
            (Cause::NoMachine, "5 30 failed after 3"),
            (Cause::CannotTrain, "1 1 1 1 failed after 5"),
            (Cause::BadPage, "1 1 1 1 1 failed after 6"),
            (Cause::Dropped, "1 1 1 1 1 failed after 6"),
            (Cause::OurFault, "10s 30s 1 failed after 4"),
            (Cause::NoT38, "failed after 1"),
            (Cause::NoSuchNumber, "failed after 1"),
            (Cause::Refused, "failed after 1"),
            (Cause::LineRefused, "failed after 1"),
            (Cause::NoCommonMedia, "failed after 1"),
            (Cause::NotAllowed, "failed after 1"),
            (Cause::NothingToFetch, "10 30 failed after 3"),
            (Cause::CannotAsk, "failed after 1"),
            (Cause::FetchRefused, "failed after 1"),
            (Cause::CannotFetch, "failed after 1"),
            (Cause::Incompatible, "1 failed after 2"),
            (Cause::Unconfirmed, "uncertain after 1"),
            (Cause::Delivered, "uncertain after 1"),
            (Cause::Cancelled, "cancelled after 1"),
        ] {
            assert_eq!(life(cause), expected, "{cause:?}");
        }
        let trunk = life(Cause::TrunkDown);
        assert!(trunk.starts_with("1 2 5 5 ") && trunk.ends_with(" failed after 24"), "{trunk}");
    }

    #[test]
    fn another_line_is_tried_at_once() {
        let mut random = Random::from_u64(1);
        for cause in [
            Cause::TrunkDown,
            Cause::ModemGone,
            Cause::NoT38,
            Cause::CannotFetch,
            Cause::LineRefused,
            Cause::NoCommonMedia,
        ] {
            let tried = Tried { other_line: true, ..tried(cause) };
            assert_eq!(next(&Policy::default(), tried, Wall(0), &mut random), FaxNext::Retry { at: Wall(0) });
        }
    }

    #[test]
    fn confirmed_pages_decide_over_the_cause() {
        let mut random = Random::from_u64(1);
        let mut after =
            |cause, confirmed| next(&Policy::default(), Tried { confirmed, ..tried(cause) }, Wall(0), &mut random);
        assert_eq!(after(Cause::Delivered, 3), FaxNext::Final(FaxState::Sent));
        // The line dropped while saying goodbye.
        assert_eq!(after(Cause::Dropped, 3), FaxNext::Final(FaxState::Sent));
        assert_eq!(after(Cause::Unconfirmed, 2), FaxNext::Final(FaxState::Uncertain));
        assert!(matches!(after(Cause::Dropped, 2), FaxNext::Retry { .. }));
    }

    #[test]
    fn what_was_fetched_in_part_is_not_asked_for_again() {
        let mut random = Random::from_u64(1);
        let mut after = |cause, confirmed| {
            let tried = Tried { fetch: true, pages: 0, confirmed, ..tried(cause) };
            next(&Policy::default(), tried, Wall(0), &mut random)
        };
        assert_eq!(after(Cause::Delivered, 2), FaxNext::Final(FaxState::Sent));
        assert_eq!(after(Cause::Dropped, 1), FaxNext::Final(FaxState::Failed));
        assert_eq!(after(Cause::Cancelled, 1), FaxNext::Final(FaxState::Cancelled));
        for cause in [Cause::Dropped, Cause::Busy, Cause::NothingToFetch] {
            assert!(matches!(after(cause, 0), FaxNext::Retry { .. }), "{cause:?}");
        }
    }

    #[test]
    fn mixed_causes_end_too() {
        let tried = Tried { attempts: MAX_ATTEMPTS, ..tried(Cause::Busy) };
        let next = next(&Policy::default(), tried, Wall(0), &mut Random::from_u64(1));
        assert_eq!(next, FaxNext::Final(FaxState::Failed));
    }

    #[test]
    fn the_demo_takes_a_second_for_a_minute() {
        let mut random = Random::from_u64(1);
        for _ in 0..100 {
            let FaxNext::Retry { at } = next(&Policy::demo(), tried(Cause::Busy), Wall(0), &mut random) else {
                panic!("busy is tried again");
            };
            assert!((2400..=3600).contains(&at.millis()), "{at:?}");
        }
    }
}
