//! Being registered with a carrier (RFC 3261 section 10.2, with RFC 3608 and the back-off of RFC 5626 section 4.5): what to do next after each
//! answer. The endpoint sends and hears; here it is decided.
//!
//! A registration is renewed well before it ends. What fails is tried at the carrier's next address at once, and when none is left
//! again after a while that doubles, with a jitter, so that a carrier that comes back is not run over by all its customers. A carrier that refuses
//! us is asked more and more rarely, since that is for people to put right. One that is away comes back by itself: it is asked every minute or two,
//! and at once when it answers something else, since a clinic without its registration cannot be called. When the connection breaks over which a carrier reaches us, we register anew in a few seconds: until then no call comes in, though the registrar has us listed.

use std::time::Duration;

use model::{Instant, Random};

use crate::api::TrunkTrouble;

/// The first wait after a failure.
const FIRST: Duration = Duration::from_secs(30);
/// The longest wait after a refusal, and the longest that a carrier may ask for.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// The longest wait for one that does not answer, or has trouble of its own.
const LONGEST_AWAY: Duration = Duration::from_secs(120);
/// How soon after a failure another answer of the carrier may begin anew: a registrar may be away while what stands beside it answers every call.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// The first wait after a wrong password: carriers lock out who guesses.
const FIRST_WRONG: Duration = Duration::from_secs(120);
/// The wait after a path broke, and the longest where each breaks at once: there are carriers that close what they do not use.
const BROKEN: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(300));
/// A path that has held for so long breaks for a reason of its own.
const STEADY: Duration = Duration::from_secs(120);
/// Shorter registrations than this are not asked for.
const LEAST: u32 = 30;
/// Nor are shorter ones than this believed that a carrier grants: they would be all we do.
const LEAST_GRANTED: u32 = 5;
/// The longest that a carrier may ask for in a 423.
const MOST: u32 = 24 * 3600;
/// Tries of one REGISTER that only differ in what the carrier asked for: a proxy's digest, the registrar's, a stale nonce, a 423.
const MAX_TRIES: u8 = 5;

/// What a REGISTER came to, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 2xx: registered for so long.
    Accepted { expires: u32 },
    /// 423 with its Min-Expires.
    TooBrief { least: u32 },
    /// It cannot be had here and now.
    Failed { trouble: TrunkTrouble, retry_after: Option<u32> },
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// We are registered; renew it then.
    Renew { at: Instant, until: Instant },
    /// Send it again at once, as it now is.
    Again,
    /// Begin anew then.
    Retry { at: Instant, trouble: TrunkTrouble },
    /// We have left.
    Gone,
}

/// One registration.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) call_id: String,
    pub(crate) tag: String,
    pub(crate) cseq: u32,
    /// What we ask for.
    pub(crate) expires: u32,
    /// Registered until then.
    pub(crate) until: Option<Instant>,
    pub(crate) leaving: bool,
    /// Refusals since it was accepted last.
    refusals: u32,
    /// And how often nobody answered, or could.
    absences: u32,
    /// From when on another answer of the carrier begins anew; only while it is waited for one that is away.
    sign_of_life: Option<Instant>,
    tries: u8,
    /// When it is to be renewed, as long as nothing comes between.
    renewal: Instant,
    /// Since when we are registered over the same path; nothing when that broke.
    steady_since: Option<Instant>,
    /// Paths in a row that broke soon.
    breaks: u32,
}

impl Registration {
    pub(crate) fn new(expires: u32, random: &mut Random) -> Self {
        Self {
            call_id: random.hex(16),
            tag: random.hex(8),
            cseq: 0,
            expires: expires.clamp(LEAST, MOST),
            until: None,
            leaving: false,
            refusals: 0,
            absences: 0,
            sign_of_life: None,
            tries: 0,
            renewal: Instant::ZERO,
            steady_since: None,
            breaks: 0,
        }
    }

    /// The seconds that the next REGISTER names.
    pub(crate) const fn asks_for(&self) -> u32 {
        if self.leaving { 0 } else { self.expires }
    }

    /// A new cycle begins.
    pub(crate) const fn begin(&mut self) {
        (self.tries, self.sign_of_life) = (0, None);
    }

    /// The carrier answered something else: true if that is a reason to begin anew.
    pub(crate) fn is_worth_a_try(&self, now: Instant) -> bool {
        self.sign_of_life.is_some_and(|from| from <= now)
    }

    /// One more try of the same REGISTER is allowed.
    pub(crate) const fn may_try(&mut self) -> bool {
        self.tries += 1;
        self.tries <= MAX_TRIES
    }

    pub(crate) fn outcome(&mut self, now: Instant, outcome: Outcome, random: &mut Random) -> Next {
        if self.leaving {
            return Next::Gone;
        }
        match outcome {
            Outcome::Accepted { expires } => {
                let expires = if expires < LEAST_GRANTED { LEAST } else { expires.min(MOST.max(self.expires)) };
                (self.refusals, self.absences) = (0, 0);
                let life = Duration::from_secs(expires.into());
                let until = now + life;
                self.until = Some(until);
                // Between 75 and 90 %: not all trunks at the same moment, and time for a second try.
                let permille = u32::try_from(750 + random.below(151)).unwrap_or(800);
                self.renewal = now + life * permille / 1000;
                self.steady_since.get_or_insert(now);
                Next::Renew { at: self.renewal, until }
            }
            Outcome::TooBrief { least } if least > self.expires && least <= MOST && self.may_try() => {
                self.expires = least;
                Next::Again
            }
            Outcome::TooBrief { .. } => self.failed(now, TrunkTrouble::Refused(423), None, random),
            Outcome::Failed { trouble, retry_after } => self.failed(now, trouble, retry_after, random),
        }
    }

    fn failed(&mut self, now: Instant, trouble: TrunkTrouble, after: Option<u32>, random: &mut Random) -> Next {
        (self.until, self.steady_since) = (None, None);
        let away = is_away(trouble);
        let (bounds, failures) = match trouble {
            _ if away => ((FIRST, LONGEST_AWAY), &mut self.absences),
            TrunkTrouble::WrongPassword => ((FIRST_WRONG, LONGEST), &mut self.refusals),
            _ => ((FIRST, LONGEST), &mut self.refusals),
        };
        let wait = doubled(bounds, *failures, random);
        *failures = failures.saturating_add(1);
        let asked = after.map_or(Duration::ZERO, |s| Duration::from_secs(s.into())).min(LONGEST);
        let wait = wait.max(asked);
        self.sign_of_life = away.then_some(now + asked.max(SIGN_OF_LIFE));
        Next::Retry { at: now + wait, trouble }
    }

    /// The path broke over which we are registered. When to register again, at the latest when it would be renewed; nothing if that was known.
    pub(crate) fn broke(&mut self, now: Instant, random: &mut Random) -> Option<Instant> {
        let since = self.steady_since.take().filter(|_| !self.leaving)?;
        self.breaks = if now.saturating_since(since) < STEADY { self.breaks.saturating_add(1) } else { 0 };
        Some((now + doubled(BROKEN, self.breaks, random)).min(self.renewal))
    }
}

/// It will be there again without anybody's doing: it does not answer, or says that it cannot now.
const fn is_away(trouble: TrunkTrouble) -> bool {
    matches!(trouble, TrunkTrouble::NoAnswer | TrunkTrouble::Refused(408 | 500..=599))
}

/// The first wait doubled so often, but never above the longest: half of it and a random part of the other half (RFC 5626 section 4.5).
fn doubled((first, longest): (Duration, Duration), times: u32, random: &mut Random) -> Duration {
    let percent = u32::try_from(50 + random.below(51)).unwrap_or(75);
    first.saturating_mul(1 << times.min(10)).min(longest) * percent / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_nanos(1_000_000_000);

    #[test]
    fn it_is_renewed_in_time_and_failures_wait_longer_and_longer() {
        let mut random = Random::from_u64(1);
        let mut it = Registration::new(600, &mut random);
        let Next::Renew { at, until } = it.outcome(NOW, Outcome::Accepted { expires: 600 }, &mut random) else {
            panic!("renew")
        };
        let life = |i: Instant| i.saturating_since(NOW).as_secs();
        assert!((450..=540).contains(&life(at)) && life(until) == 600);
        // A carrier that keeps a router's way open so is reachable all the time.
        for (granted, lasts) in [(20, 20), (5, 5), (0, 30)] {
            let renewed = it.outcome(NOW, Outcome::Accepted { expires: granted }, &mut random);
            let Next::Renew { at, until } = renewed else { panic!("renew") };
            assert!(at < until && life(until) == lasts, "{granted}");
        }
        let mut failing = |trouble| {
            let failed = Outcome::Failed { trouble, retry_after: None };
            let mut wait = || match it.outcome(NOW, failed, &mut random) {
                Next::Retry { at, .. } => life(at),
                next => panic!("{next:?}"),
            };
            (0..12).map(|_| wait()).collect::<Vec<u64>>()
        };
        // A registrar that is away is back by itself.
        let waits = failing(TrunkTrouble::NoAnswer);
        assert!((15..=30).contains(&waits[0]) && (30..=60).contains(&waits[1]), "{waits:?}");
        assert!(waits[2..].iter().all(|wait| (60..=120).contains(wait)), "{waits:?}");
        assert!(failing(TrunkTrouble::Refused(503)).iter().all(|wait| (60..=120).contains(wait)));
        // What a person has to put right waits for the person, also after an outage.
        let waits = failing(TrunkTrouble::Refused(403));
        assert!((15..=30).contains(&waits[0]) && (30..=60).contains(&waits[1]) && waits[11] <= 1800, "{waits:?}");
        assert!(waits[11] >= 900, "{waits:?}");
        assert!(failing(TrunkTrouble::WrongPassword)[0] >= 900 && it.until.is_none());
        let asked = Outcome::Failed { trouble: TrunkTrouble::Refused(503), retry_after: Some(1700) };
        let Next::Retry { at, .. } = it.outcome(NOW, asked, &mut random) else { panic!("retry") };
        assert!(life(at) >= 1700);
    }

    #[test]
    fn a_423_is_believed_once_and_within_reason() {
        let mut random = Random::from_u64(1);
        let mut it = Registration::new(60, &mut random);
        assert_eq!(it.outcome(NOW, Outcome::TooBrief { least: 300 }, &mut random), Next::Again);
        assert_eq!(it.asks_for(), 300);
        assert!(matches!(it.outcome(NOW, Outcome::TooBrief { least: 300 }, &mut random), Next::Retry { .. }));
        assert!(matches!(it.outcome(NOW, Outcome::TooBrief { least: u32::MAX }, &mut random), Next::Retry { .. }));
        it.leaving = true;
        assert_eq!((it.asks_for(), it.outcome(NOW, Outcome::Accepted { expires: 0 }, &mut random)), (0, Next::Gone));
    }
}
