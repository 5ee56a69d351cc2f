//! Callers who ask for documents that lie ready: how often they asked wrongly, and whom that shuts out.
//!
//! A password is short and a caller's number can be made up, so wrong questions are counted by caller and in all. Whoever had a document
//! before is counted apart from strangers, so that a stranger who makes numbers up does not shut them out. What was counted outlives a
//! restart, by the records of the calls that got nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use model::limit::{Buckets, Share};
use model::{Instant, Now, PhoneNumber, Wall};
use store::effect::Askers as Recorded;

/// Questions of one caller that come to nothing: a person mistypes three times. A call takes half a minute, so that a program would get two a
/// minute.
const WRONG_BY_CALLER: Share = Share { burst: 5, refill: Duration::from_secs(900) };
/// Of all strangers together, and of all who are known. A password of four digits holds for some two months on average against strangers,
/// and for one against somebody who makes up both.
const WRONG_BY_ALL: Share = Share { burst: 20, refill: Duration::from_secs(900) };
/// Callers that are counted apart.
const MAX_CALLERS: usize = 1000;
/// Callers that are known, those who had something last.
const MAX_KNOWN: usize = 1000;

/// A caller as they are counted: the digits of their number; all who have none are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Caller([u8; 16]);

/// See the module.
pub(crate) struct Askers {
    by_caller: Buckets<Caller>,
    /// Whether they are known.
    by_all: Buckets<bool>,
    /// Who had every page of something, the last of them last.
    known: Vec<Caller>,
    /// Staff were told that somebody tries.
    told: bool,
}

impl Default for Askers {
    fn default() -> Self {
        Self {
            by_caller: Buckets::new(WRONG_BY_CALLER, MAX_CALLERS),
            by_all: Buckets::new(WRONG_BY_ALL, 2),
            known: Vec::new(),
            told: false,
        }
    }
}

impl Askers {
    /// What they ask is looked at.
    pub(crate) fn may_ask(&self, caller: Caller, now: Instant) -> bool {
        self.by_caller.has(caller, now) && self.by_all.has(self.is_known(caller), now)
    }

    /// A question came to nothing. True if staff should hear that it happens too often.
    pub(crate) fn wrong(&mut self, caller: Caller, now: Instant) -> bool {
        let known = self.is_known(caller);
        self.by_caller.take(caller, now);
        self.by_all.take(known, now);
        let often = !self.by_all.has(known, now);
        let told = std::mem::replace(&mut self.told, often);
        often && !told
    }

    /// They have had every page of a document.
    pub(crate) fn had(&mut self, caller: Caller) {
        if caller == Caller::of(None) {
            return;
        }
        self.known.retain(|known| *known != caller);
        self.known.push(caller);
        let over = self.known.len().saturating_sub(MAX_KNOWN);
        self.known.drain(..over);
    }

    /// What is on record of before the restart.
    pub(crate) fn restore(&mut self, now: Now, recorded: &Recorded) {
        for number in &recorded.had {
            self.had(Caller::of(Some(number)));
        }
        let (mut by_caller, mut by_all) = (BTreeMap::<Caller, Level>::new(), BTreeMap::<bool, Level>::new());
        // A time that is to come (the clock was set back) is now.
        for (number, at) in recorded.refused.iter().map(|(number, at)| (number, (*at).min(now.wall))) {
            let caller = Caller::of(number.as_ref());
            let one = by_caller.entry(caller).or_default().at(at);
            let all = by_all.entry(self.is_known(caller)).or_default().at(at);
            // Whoever was shut out already was not looked at, and not counted.
            if one.has(WRONG_BY_CALLER) && all.has(WRONG_BY_ALL) {
                one.take(WRONG_BY_CALLER);
                all.take(WRONG_BY_ALL);
            }
        }
        for (caller, mut level) in by_caller {
            for _ in 0..level.at(now.wall).taken(WRONG_BY_CALLER) {
                self.by_caller.take(caller, now.instant);
            }
        }
        for (known, mut level) in by_all {
            for _ in 0..level.at(now.wall).taken(WRONG_BY_ALL) {
                self.by_all.take(known, now.instant);
            }
        }
    }

    fn is_known(&self, caller: Caller) -> bool {
        self.known.contains(&caller)
    }
}

impl Caller {
    pub(crate) fn of(number: Option<&PhoneNumber>) -> Self {
        let mut digits = [0; 16];
        for (place, digit) in digits.iter_mut().zip(number.map_or("", PhoneNumber::as_str).bytes()) {
            *place = digit;
        }
        Self(digits)
    }
}

/// What is missing in a bucket, by the clock on the wall, in milliseconds of its refilling.
#[derive(Default)]
struct Level {
    missing: i64,
    since: Option<Wall>,
}

impl Level {
    fn at(&mut self, at: Wall) -> &mut Self {
        if let Some(since) = self.since {
            self.missing = (self.missing - at.millis_since(since).max(0)).max(0);
        }
        self.since = Some(at);
        self
    }

    fn has(&self, share: Share) -> bool {
        self.missing + refill(share) <= refill(share) * i64::from(share.burst)
    }

    fn take(&mut self, share: Share) {
        self.missing += refill(share);
    }

    /// In whole ones, rounded up.
    fn taken(&self, share: Share) -> u32 {
        u32::try_from((self.missing + refill(share) - 1) / refill(share)).unwrap_or(0).min(share.burst)
    }
}

fn refill(share: Share) -> i64 {
    i64::try_from(share.refill.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(n: u32) -> (PhoneNumber, Caller) {
        let number = PhoneNumber::E164(format!("+1202555{n:04}"));
        let caller = Caller::of(Some(&number));
        (number, caller)
    }

    fn after(now: Now, seconds: u64) -> Now {
        now.after(Duration::from_secs(seconds))
    }

    #[test]
    fn strangers_who_guess_do_not_shut_out_who_had_something_before() {
        let (mut askers, now) = (Askers::default(), Now::simulation_start());
        let (_, patron) = caller(1);
        askers.had(patron);
        let told = (2..22).filter(|n| askers.wrong(caller(*n).1, now.instant)).count();
        assert_eq!(told, 1, "staff hear of it once");
        assert!(!askers.may_ask(caller(99).1, now.instant) && !askers.may_ask(Caller::of(None), now.instant));
        assert!(askers.may_ask(patron, now.instant));
        // Under that number too a few guesses are all there are.
        for _ in 0..5 {
            askers.wrong(patron, now.instant);
        }
        assert!(!askers.may_ask(patron, now.instant));
        assert!(askers.may_ask(patron, after(now, 900).instant));
    }

    #[test]
    fn who_has_no_number_is_a_stranger_whatever_they_had() {
        let (mut askers, now) = (Askers::default(), Now::simulation_start());
        askers.had(Caller::of(None));
        for n in 2..22 {
            askers.wrong(caller(n).1, now.instant);
        }
        assert!(!askers.may_ask(Caller::of(None), now.instant));
    }

    #[test]
    fn who_calls_on_while_shut_out_shuts_out_nobody_else_after_a_restart() {
        let (mut askers, now) = (Askers::default(), Now::simulation_start());
        let (number, stubborn) = caller(1);
        let refused = (0..40).map(|n| (Some(number.clone()), after(now, n).wall)).collect();
        let now = after(now, 40);
        askers.restore(now, &Recorded { had: Vec::new(), refused });
        assert!(!askers.may_ask(stubborn, now.instant));
        assert!(askers.may_ask(caller(2).1, now.instant));
    }

    #[test]
    fn a_restart_forgets_no_guess_and_no_patron() {
        let begin = Now::simulation_start();
        let (patron, stranger) = (caller(1), caller(2));
        let guesses = [
            (0, &stranger),
            (30, &stranger),
            (60, &patron),
            (1_000, &stranger),
            (1_001, &stranger),
            (1_002, &stranger),
        ];
        for (pause, asks) in
            [0, 60, 899, 901, 2_000, 5_000].into_iter().flat_map(|p| [1, 2, 3].map(|n| (p, caller(n).1)))
        {
            let (mut without, mut restarted) = (Askers::default(), Askers::default());
            without.had(patron.1);
            let mut recorded = Recorded { had: vec![patron.0.clone()], refused: Vec::new() };
            for (seconds, (number, caller)) in guesses {
                let at = after(begin, seconds);
                without.wrong(*caller, at.instant);
                recorded.refused.push((Some(number.clone()), at.wall));
            }
            let now = after(begin, 1_002 + pause);
            // The monotonic clock begins anew.
            let then = Now { instant: Instant::ZERO, ..now };
            restarted.restore(then, &recorded);
            let left = |askers: &mut Askers, at| {
                let mut asked = 0;
                while asked < 30 && askers.may_ask(asks, at) {
                    askers.wrong(asks, at);
                    asked += 1;
                }
                asked
            };
            assert_eq!(left(&mut restarted, then.instant), left(&mut without, now.instant), "{pause} s later");
        }
    }
}
