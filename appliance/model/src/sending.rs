//! How a fax is to be sent: what the person who orders it wishes, and what is known of the machine that it goes to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fax::{Cause, Outcome};
use crate::{Inside, Pii, Wall};

/// Numbers of one order.
pub const MAX_NUMBERS: usize = 50;
/// What the documents of one order may come to for all its numbers together, in bytes: each fax keeps documents of its own, and those of an
/// order are in memory and in one transaction at once.
pub const MAX_FOR_ALL: usize = 64 << 20;

/// Which fax goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// Before all others.
    Urgent,
    /// In its turn.
    #[default]
    Normal,
    /// When nothing else waits, and only within the clinic's hours for such faxes, if it has any.
    Bulk,
}

impl Priority {
    /// All of them, first the one that goes first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Bulk];

    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Normal => "normal",
            Self::Bulk => "bulk",
        }
    }

    /// The priority that [`Priority::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }
}

/// What makes two orders of a program one: its key, and what it ordered under it. A program whose answer was lost asks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderKey {
    /// As the program gave it; unique for each user.
    pub key: Pii<String>,
    /// Of all that was ordered, so that a key that is used for another fax is noticed.
    pub fingerprint: [u8; 32],
}

impl OrderKey {
    /// The longest key. A UUID has 36 characters.
    pub const MAX: usize = 128;
}

/// What the person who orders a fax wishes of its sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Which goes first.
    pub priority: Priority,
    /// Not before this time.
    pub not_before: Option<Wall>,
    /// Makes a repeated order harmless.
    pub key: Option<OrderKey>,
    /// Its first page is a cover of ours: with the time of day on it, it is no part of what makes two faxes the same. This is a hash of what it
    /// says without that, which is, where it is the only page.
    pub cover: Option<[u8; 32]>,
    /// Whom it is for inside their house.
    pub inside: Inside,
}

/// Over what the pages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Carrier {
    /// Fax over IP.
    T38,
    /// Tones over a voice channel.
    Audio,
}

/// How an attempt is made. Each failure that has to do with the line steps down to a slower and hardier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Manner {
    /// Over what.
    pub carrier: Carrier,
    /// Offer error correction.
    pub ecm: bool,
    /// The fastest speed, in bit/s.
    pub max_bit_rate: u16,
    /// Pages at fine resolution, as they are kept; without it every second row is left out, for machines that can take no more.
    pub fine: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self { carrier: Carrier::T38, ecm: true, max_bit_rate: 14_400, fine: true }
    }
}

impl Manner {
    /// The next hardier manner, or `None` if there is none. `audio`: a line can carry faxes as tones.
    #[must_use]
    pub const fn hardier(self, audio: bool) -> Option<Self> {
        let Self { carrier, ecm, max_bit_rate, .. } = self;
        Some(match (carrier, ecm, max_bit_rate) {
            (_, true, 9_601..) => Self { max_bit_rate: 9_600, ..self },
            (Carrier::T38, true, _) if audio => Self { carrier: Carrier::Audio, ..self },
            // Without error correction a damaged row costs a row, not the page (measured: 10 of 15 faxes where none came through).
            (_, true, _) => Self { ecm: false, ..self },
            (_, false, 4_801..) => Self { max_bit_rate: 4_800, ..self },
            (_, false, _) => return None,
        })
    }

    /// The same over a voice channel.
    #[must_use]
    pub const fn over_audio(self) -> Self {
        Self { carrier: Carrier::Audio, ..self }
    }

    /// Pages for machines that take no fine ones.
    #[must_use]
    pub const fn coarse(self) -> Self {
        Self { fine: false, ..self }
    }

    /// "T.38, 14,400 bit/s, error correction".
    pub fn words(self) -> String {
        let carrier = match self.carrier {
            Carrier::T38 => "T.38",
            Carrier::Audio => "audio",
        };
        let ecm = if self.ecm { "error correction" } else { "no error correction" };
        let fine = if self.fine { "" } else { ", standard resolution" };
        format!("{carrier}, up to {} bit/s, {ecm}{fine}", self.max_bit_rate)
    }
}

/// What experience has taught about the machine behind one number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// How it is best called. The usual manner if nothing was learned.
    pub manner: Manner,
    /// When that was learned; `None` while it is the usual manner.
    pub learned: Option<Wall>,
    /// Attempts, and those of them that ended with all pages confirmed.
    pub attempts: u32,
    /// See above.
    pub sent: u32,
    /// Attempts that succeeded one after the other, up to now.
    pub in_a_row: u32,
    /// How often it said that a page arrived damaged.
    pub returned: u32,
    /// The last attempt.
    pub last: Option<Wall>,
    /// How that ended.
    pub last_cause: Option<Cause>,
    /// The last name it gave itself.
    pub ident: Pii<String>,
    /// When it left after one of several faxes of a call, and would not hear of the next.
    #[serde(default)]
    pub one_a_call: Option<Wall>,
}

/// What was learned is tried anew after this time: machines are replaced, and lines repaired.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30 * 86_400);

/// What was learned of machines or carriers then still counts. A time to come does not: a clock that stood wrong wrote it, and it would count for
/// ever.
pub fn still_counts(learned: Wall, now: Wall) -> bool {
    let long = i64::try_from(FORGOTTEN_AFTER.as_millis()).unwrap_or(i64::MAX);
    (0..long).contains(&now.millis_since(learned))
}

impl Profile {
    /// How to call it first, at `now`.
    pub fn first(&self, now: Wall) -> Manner {
        if self.fresh(now).is_some() { self.manner } else { Manner::default() }
    }

    /// It takes one fax in each call, as far as is known at `now`.
    pub fn takes_one_a_call(&self, now: Wall) -> bool {
        self.one_a_call.is_some_and(|at| still_counts(at, now))
    }

    /// When its manner was learned, while that counts.
    fn fresh(&self, now: Wall) -> Option<Wall> {
        self.learned.filter(|at| still_counts(*at, now))
    }

    /// An attempt in this manner ended so.
    #[must_use]
    pub fn after(mut self, manner: Manner, outcome: &Outcome, now: Wall) -> Self {
        self.attempts = self.attempts.saturating_add(1);
        (self.last, self.last_cause) = (Some(now), Some(outcome.cause));
        if !outcome.remote_ident.expose().is_empty() {
            self.ident = outcome.remote_ident.clone();
        }
        match outcome.cause {
            Cause::Delivered => {
                self.sent = self.sent.saturating_add(1);
                self.in_a_row = self.in_a_row.saturating_add(1);
                // What worked is what is begun with next time. The usual manner needs no memory. What has grown old was tried anew just now, and
                // is learned anew: by its old date it would never be begun with again.
                self.learned = match (manner == Manner::default(), self.fresh(now)) {
                    (true, _) => None,
                    (false, Some(at)) if self.manner == manner => Some(at),
                    (false, _) => Some(now),
                };
                self.manner = manner;
            }
            Cause::BadPage => {
                self.returned = self.returned.saturating_add(1);
                self.in_a_row = 0;
            }
            _ => self.in_a_row = 0,
        }
        self
    }

    /// Nothing is known but the counts: the next fax begins in the usual manner.
    #[must_use]
    pub fn reset(self) -> Self {
        Self { manner: Manner::default(), learned: None, one_a_call: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder(audio: bool) -> Vec<String> {
        let mut manner = Some(Manner::default());
        std::iter::from_fn(|| {
            let now = manner?;
            manner = now.hardier(audio);
            Some(now.words())
        })
        .collect()
    }

    #[test]
    fn the_ladder_goes_down_and_ends() {
        assert_eq!(
            ladder(true),
            [
                "T.38, up to 14400 bit/s, error correction",
                "T.38, up to 9600 bit/s, error correction",
                "audio, up to 9600 bit/s, error correction",
                "audio, up to 9600 bit/s, no error correction",
                "audio, up to 4800 bit/s, no error correction",
            ]
        );
        assert_eq!(
            ladder(false),
            [
                "T.38, up to 14400 bit/s, error correction",
                "T.38, up to 9600 bit/s, error correction",
                "T.38, up to 9600 bit/s, no error correction",
                "T.38, up to 4800 bit/s, no error correction",
            ]
        );
    }

    #[test]
    fn what_worked_is_begun_with_until_it_is_old_or_reset() {
        let slow = Manner { max_bit_rate: 9_600, ..Manner::default() };
        let (day, done) = (Wall(1_000), Outcome::without_session(Cause::Delivered));
        let failed = Outcome::without_session(Cause::CannotTrain);
        let profile = Profile::default().after(Manner::default(), &failed, day);
        assert_eq!((profile.first(day), profile.in_a_row, profile.attempts), (Manner::default(), 0, 1));
        let profile = profile.after(slow, &done, day).after(slow, &done, Wall(2_000));
        assert_eq!((profile.first(Wall(3_000)), profile.learned), (slow, Some(day)));
        assert_eq!((profile.sent, profile.in_a_row), (2, 2));
        assert_eq!(profile.first(day + FORGOTTEN_AFTER), Manner::default());
        assert_eq!(profile.clone().reset().first(day), Manner::default());
        let alone = Profile { one_a_call: Some(day), ..profile.clone() }.after(slow, &done, day);
        assert!(alone.takes_one_a_call(day) && !alone.takes_one_a_call(day + FORGOTTEN_AFTER));
        assert!(!alone.reset().takes_one_a_call(day) && !profile.takes_one_a_call(day));
        // A fax that went through in the usual manner again has unlearned it.
        assert_eq!(profile.after(Manner::default(), &done, Wall(4_000)).learned, None);
    }

    #[test]
    fn what_has_grown_old_is_learned_anew_when_it_works_again() {
        let slow = Manner { max_bit_rate: 9_600, ..Manner::default() };
        let (day, done, failed) =
            (Wall(1_000), Outcome::without_session(Cause::Delivered), Outcome::without_session(Cause::CannotTrain));
        let later = day + Duration::from_secs(31 * 86_400);
        let profile = Profile::default().after(slow, &done, day);
        assert_eq!(profile.first(later), Manner::default());
        let profile = profile.after(Manner::default(), &failed, later).after(slow, &done, later);
        assert_eq!((profile.first(later), profile.learned), (slow, Some(later)));
    }

    #[test]
    fn what_was_learned_in_the_future_counts_no_more() {
        let slow = Manner { max_bit_rate: 9_600, ..Manner::default() };
        let (now, done) = (Wall(1_000), Outcome::without_session(Cause::Delivered));
        let profile = Profile { manner: slow, learned: Some(now + Duration::from_secs(3_600)), ..Profile::default() };
        assert_eq!(profile.first(now), Manner::default());
        assert_eq!(profile.after(slow, &done, now).learned, Some(now));
    }
}
