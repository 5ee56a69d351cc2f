//! The queue of outgoing faxes.
//!
//! It decides which fax is rendered next, which is dialled next and on which line, and what follows an attempt. It performs
//! nothing: its answers become effects of the store, and only an effect that is durable may touch a line. So the queue can be
//! lost at any moment and made again from the rows ([`Queue::restore`]).
//!
//! What it keeps to: the oldest due fax first; one call at a time to one number; no more calls on a line than it has channels;
//! an attempt has exactly one outcome; a fax that may have arrived is never dialled again by itself.
//!
//! What it does not know: whether the plan still allows the number, and whether other calls fill a trunk. The caller sets
//! [`Line::channels`] with both in mind, and may answer a [`Dial`] with [`Queue::attempt_finished`] and `Cause::TrunkDown`.

mod policy;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use model::fax::{Cause, Direction, FaxState, Outcome};
use model::{AttemptId, FaxId, Instant, Now, PhoneNumber, Random};
use store::effect::{FaxNext, OpenAttempt, Work};
use store::rows::FaxRow;

pub use self::policy::{MAX_ATTEMPTS, Policy, Tried, next};

/// Faxes that may wait at once. A clinic sends some hundred a day; ten thousand is a runaway program behind the API, and a row
/// takes some 300 bytes here.
pub const MAX_FAXES: usize = 10_000;

/// A line that faxes may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name in the plan.
    pub name: String,
    /// How many faxes it may carry at once.
    pub channels: usize,
}

/// An order to dial. Make the attempt durable (`Effect::StartAttempt`) before the line is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Which fax.
    pub fax: FaxId,
    /// The new attempt.
    pub attempt: AttemptId,
    /// On which line.
    pub line: String,
    /// Whom to call.
    pub number: PhoneNumber,
    /// The first page to send, from 0.
    pub first_page: u32,
    /// Pages in all.
    pub pages: u32,
}

/// An attempt that the end of the process left open: finish it so (`Effect::FinishAttempt`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Which fax.
    pub fax: FaxId,
    /// Which attempt.
    pub attempt: AttemptId,
    /// Its one outcome.
    pub outcome: Outcome,
    /// What follows.
    pub next: FaxNext,
}

/// What recalling a fax takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// It was not on the line and has left the queue: `Effect::DecideFax` with `Decision::Cancel`.
    Withdrawn,
    /// It is on the line: end this attempt. Its outcome decides whether it was sent.
    EndAttempt(AttemptId),
    /// It is not here any more.
    NotHere,
}

/// See the module.
pub struct Queue {
    policy: Policy,
    lines: Vec<Line>,
    /// By identity, which sorts by age.
    faxes: BTreeMap<FaxId, Entry>,
    random: Random,
}

struct Entry {
    number: PhoneNumber,
    pages: u32,
    confirmed: u32,
    attempts: u32,
    /// How often each cause ended an attempt. Not kept over a restart: then all count for the last one.
    causes: Vec<(Cause, u32)>,
    /// The line of the last attempt, if it is to be avoided.
    avoid: Option<String>,
    stage: Stage,
}

enum Stage {
    /// Its documents wait for a renderer, from this time on.
    Unrendered {
        due: Instant,
    },
    Rendering,
    Waiting {
        due: Instant,
    },
    Sending {
        attempt: AttemptId,
        line: String,
        recalled: bool,
    },
}

impl Queue {
    /// An empty queue over `lines`.
    pub const fn new(policy: Policy, lines: Vec<Line>, random: Random) -> Self {
        Self { policy, lines, faxes: BTreeMap::new(), random }
    }

    /// Other lines, or other channels. Calls that are up go on.
    pub fn set_lines(&mut self, lines: Vec<Line>) {
        self.lines = lines;
    }

    /// False if no further fax should be accepted: ask before the store does.
    pub fn has_room(&self) -> bool {
        self.faxes.len() < MAX_FAXES
    }

    /// Faxes in the queue, those on the line included.
    pub fn len(&self) -> usize {
        self.faxes.len()
    }

    /// True if there is no fax in the queue.
    pub fn is_empty(&self) -> bool {
        self.faxes.is_empty()
    }

    /// Takes over after a start. Every fax of ours that is not final goes on, and every attempt that was open gets its outcome.
    pub fn restore(&mut self, now: Now, work: &Work) -> Vec<Recovered> {
        for row in &work.faxes {
            self.accepted(now, row);
        }
        let mut recovered = Vec::new();
        for open in &work.open_attempts {
            let Some(row) = work.faxes.iter().find(|row| row.id == open.fax && row.direction == Direction::Out) else {
                continue;
            };
            let Some(mut entry) =
                Entry::of(row, Stage::Sending { attempt: open.attempt, line: String::new(), recalled: false })
            else {
                continue;
            };
            // The row already counts this attempt and its pages; `attempt_finished` will count them.
            entry.confirmed = row.pages_confirmed.saturating_sub(open.pages_confirmed);
            entry.attempts = row.attempts.saturating_sub(1);
            entry.causes = causes(row.cause, entry.attempts);
            self.faxes.insert(open.fax, entry);
            let outcome = outcome_of_open_attempt(open, row.pages_confirmed, row.pages);
            if let Some(next) = self.attempt_finished(now, open.fax, &outcome) {
                recovered.push(Recovered { fax: open.fax, attempt: open.attempt, outcome, next });
            }
        }
        recovered
    }

    /// A fax was accepted, or ordered again, and this is its durable row. Rows that are final or incoming are not ours. A fax
    /// that we have on the line or in a renderer is left alone, and a row that says it is on the line when it is not is never
    /// dialled: only the outcome of its attempt can bring it back.
    pub fn accepted(&mut self, now: Now, row: &FaxRow) {
        if row.direction != Direction::Out || self.attempt_of(row.id).is_some() {
            return;
        }
        let stage = match row.state {
            FaxState::Rendering if self.is_rendering(row.id) => return,
            FaxState::Rendering => Stage::Unrendered { due: now.instant },
            FaxState::Waiting => {
                // Rows speak of the wall clock, which may jump; from here on the monotonic clock counts.
                let wait = row.next_at.map_or(0, |at| at.millis_since(now.wall));
                Stage::Waiting { due: now.instant + Duration::from_millis(u64::try_from(wait).unwrap_or(0)) }
            }
            _ => {
                self.faxes.remove(&row.id);
                return;
            }
        };
        if let Some(entry) = Entry::of(row, stage) {
            self.faxes.insert(row.id, entry);
        }
    }

    fn is_rendering(&self, fax: FaxId) -> bool {
        matches!(self.faxes.get(&fax).map(|entry| &entry.stage), Some(Stage::Rendering))
    }

    /// The next fax whose documents should be rendered, if a renderer is free. Answer with [`Queue::rendered`],
    /// [`Queue::unrenderable`] or [`Queue::render_later`].
    pub fn poll_render(&mut self, now: Now) -> Option<FaxId> {
        let busy = self.faxes.values().filter(|entry| matches!(entry.stage, Stage::Rendering)).count();
        if busy >= self.policy.renderers {
            return None;
        }
        let (fax, entry) = self
            .faxes
            .iter_mut()
            .find(|(_, entry)| matches!(entry.stage, Stage::Unrendered { due } if due <= now.instant))?;
        entry.stage = Stage::Rendering;
        Some(*fax)
    }

    /// Its pages are durable: it may be dialled.
    pub fn rendered(&mut self, now: Now, fax: FaxId, pages: u32) {
        if let Some(entry) = self.faxes.get_mut(&fax)
            && matches!(entry.stage, Stage::Rendering | Stage::Unrendered { .. })
        {
            entry.pages = pages;
            entry.stage = Stage::Waiting { due: now.instant };
        }
    }

    /// Its documents cannot become pages. It leaves the queue.
    pub fn unrenderable(&mut self, fax: FaxId) {
        self.faxes.remove(&fax);
    }

    /// The renderer itself failed (no memory, no disk). The documents are not to blame, so it is tried again in a while.
    pub fn render_later(&mut self, now: Now, fax: FaxId) {
        /// Long enough that a full disk is not hammered, short enough that nobody notices once it is repaired.
        const PAUSE: Duration = Duration::from_secs(30);
        if let Some(entry) = self.faxes.get_mut(&fax)
            && matches!(entry.stage, Stage::Rendering)
        {
            entry.stage = Stage::Unrendered { due: now.instant + self.policy.pace(PAUSE) };
        }
    }

    /// The next fax to dial, if one is due, its number is free and a line has a free channel.
    pub fn poll(&mut self, now: Now) -> Option<Dial> {
        let fax = *self.faxes.iter().find(|(_, entry)| entry.is_due(now.instant) && self.can_dial(entry))?.0;
        let line = self.free_line(self.faxes.get(&fax)?)?.to_owned();
        let attempt = AttemptId::new(now.wall, &mut self.random);
        let entry = self.faxes.get_mut(&fax)?;
        entry.stage = Stage::Sending { attempt, line: line.clone(), recalled: false };
        Some(Dial { fax, attempt, line, number: entry.number.clone(), first_page: entry.confirmed, pages: entry.pages })
    }

    /// The attempt could not be made durable, so the line was not touched and it never was. Without `retry` the fax leaves the
    /// queue: its row says that it is elsewhere by now (`StoreError::WrongState`).
    pub fn not_started(&mut self, now: Now, fax: FaxId, retry: bool) {
        /// A full disk is not repaired sooner.
        const PAUSE: Duration = Duration::from_secs(10);
        if !retry {
            self.faxes.remove(&fax);
        } else if let Some(entry) = self.faxes.get_mut(&fax) {
            entry.stage = Stage::Waiting { due: now.instant + self.policy.pace(PAUSE) };
        }
    }

    /// The attempt on the line ended: what follows. `None` if this fax has no attempt on the line; an outcome counts once.
    pub fn attempt_finished(&mut self, now: Now, fax: FaxId, outcome: &Outcome) -> Option<FaxNext> {
        let entry = self.faxes.get_mut(&fax)?;
        let Stage::Sending { line, recalled, .. } = &entry.stage else { return None };
        let (line, recalled) = (line.clone(), *recalled);
        entry.confirmed = entry.confirmed.saturating_add(outcome.pages_confirmed).min(entry.pages);
        entry.attempts += 1;
        let tried = Tried {
            cause: outcome.cause,
            of_this_cause: entry.count(outcome.cause),
            attempts: entry.attempts,
            pages: entry.pages,
            confirmed: entry.confirmed,
            other_line: self.lines.iter().any(|other| other.name != line),
        };
        let next = match next(&self.policy, tried, now.wall, &mut self.random) {
            // Somebody recalled it while the attempt was failing by itself.
            FaxNext::Retry { .. } if recalled => FaxNext::Final(FaxState::Cancelled),
            next => next,
        };
        match next {
            FaxNext::Final(_) => {
                self.faxes.remove(&fax);
            }
            FaxNext::Retry { at } => {
                let wait = u64::try_from(at.millis_since(now.wall)).unwrap_or(0);
                entry.avoid = matches!(outcome.cause, Cause::TrunkDown | Cause::NoT38).then_some(line);
                entry.stage = Stage::Waiting { due: now.instant + Duration::from_millis(wait) };
            }
        }
        Some(next)
    }

    /// A person recalls a fax.
    pub fn recall(&mut self, fax: FaxId) -> Recall {
        match self.faxes.get_mut(&fax).map(|entry| &mut entry.stage) {
            None => Recall::NotHere,
            Some(Stage::Sending { attempt, recalled, .. }) => {
                *recalled = true;
                Recall::EndAttempt(*attempt)
            }
            Some(_) => {
                self.faxes.remove(&fax);
                Recall::Withdrawn
            }
        }
    }

    /// The attempt that has `fax` on the line.
    pub fn attempt_of(&self, fax: FaxId) -> Option<AttemptId> {
        match self.faxes.get(&fax)?.stage {
            Stage::Sending { attempt, .. } => Some(attempt),
            _ => None,
        }
    }

    /// When something may become possible that is not now: poll again then. What waits for a line, a number or a renderer is
    /// woken by the end of what holds it, not by time.
    pub fn next_timeout(&self, now: Now) -> Option<Instant> {
        let due = |entry: &Entry| match entry.stage {
            Stage::Waiting { due } | Stage::Unrendered { due } => Some(due),
            _ => None,
        };
        self.faxes.values().filter_map(due).filter(|due| *due > now.instant).min()
    }

    fn can_dial(&self, entry: &Entry) -> bool {
        let number_is_free = !self
            .faxes
            .values()
            .any(|other| matches!(other.stage, Stage::Sending { .. }) && other.number == entry.number);
        number_is_free && self.free_line(entry).is_some()
    }

    /// The first line with a free channel; the one to be avoided only if the clinic has no other.
    fn free_line(&self, entry: &Entry) -> Option<&str> {
        let avoided = |line: &&Line| entry.avoid.as_deref() == Some(line.name.as_str());
        let only_that = self.lines.iter().all(|line| avoided(&line));
        self.lines
            .iter()
            .filter(|line| only_that || !avoided(line))
            .find(|line| self.calls_on(&line.name) < line.channels)
            .map(|line| line.name.as_str())
    }

    fn calls_on(&self, name: &str) -> usize {
        self.faxes.values().filter(|entry| matches!(&entry.stage, Stage::Sending { line, .. } if line == name)).count()
    }
}

impl Entry {
    /// `None` for a row without a number, which cannot be dialled.
    fn of(row: &FaxRow, stage: Stage) -> Option<Self> {
        Some(Self {
            number: row.number.clone()?,
            pages: row.pages,
            confirmed: row.pages_confirmed,
            attempts: row.attempts,
            causes: causes(row.cause, row.attempts),
            avoid: None,
            stage,
        })
    }

    fn is_due(&self, now: Instant) -> bool {
        matches!(self.stage, Stage::Waiting { due } if due <= now)
    }

    /// Counts an end for `cause`, and says how many there were.
    fn count(&mut self, cause: Cause) -> u32 {
        if let Some((_, count)) = self.causes.iter_mut().find(|(counted, _)| *counted == cause) {
            *count += 1;
            return *count;
        }
        self.causes.push((cause, 1));
        1
    }
}

/// After a restart only the last cause is known, so all attempts count for it.
fn causes(last: Option<Cause>, attempts: u32) -> Vec<(Cause, u32)> {
    last.filter(|_| attempts > 0).map(|cause| (cause, attempts)).into_iter().collect()
}

/// The one outcome of an attempt that the end of the process left open. `confirmed` is what the row says: pages confirmed over
/// all attempts, those of the open one included, since `Effect::AttemptProgress` writes both at once. If its last page had begun
/// and is not known to be confirmed, the fax may have arrived.
pub fn outcome_of_open_attempt(open: &OpenAttempt, confirmed: u32, pages: u32) -> Outcome {
    let cause = if pages > 0 && confirmed >= pages {
        Cause::Delivered
    } else if open.last_page_begun {
        Cause::Unconfirmed
    } else {
        Cause::Dropped
    };
    Outcome { pages_confirmed: open.pages_confirmed, ..Outcome::without_session(cause) }
}
