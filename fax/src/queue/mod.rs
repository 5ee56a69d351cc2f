//! The queue of outgoing faxes.
//!
//! It decides which fax is rendered next, which is dialled next and on which line, and what follows an attempt. It performs
//! nothing: its answers become effects of the store, and only an effect that is durable may touch a line. So the queue can be
//! lost at any moment and made again from the rows ([`Queue::restore`]).
//!
//! What it keeps to: urgent faxes before others, and then the oldest due one; one call at a time to one number; no more calls on a line
//! than it has channels; nothing is dialled while it can be recalled, or outside the hours that the settings allow it; an attempt has
//! exactly one outcome; a fax that may have arrived is never dialled again by itself.
//!
//! When a number may be dialled is the caller's to say (`hours`): asked with a number, a priority and a time, it answers with the first
//! moment at or after it.
//!
//! What is fetched from another machine is dialled like a fax: only nothing of it is rendered, and what comes is a fax of its own. It is
//! never asked for again by itself once a page of it came: their machine may have given it away, and a person has part of it.
//!
//! Faxes for one number may share a call ([`Queue::followers`]); each has an attempt of its own, which begins when its turn comes.
//!
//! What it learns: how each machine is best called ([`Profile`]). An attempt that the line has spoilt is followed by one in a hardier
//! manner, and what worked is what the next fax to that number begins with.
//!
//! What it does not know: whether the plan still allows the number, and whether other calls fill a trunk. The caller sets
//! [`Line::channels`] with both in mind, and may answer a [`Dial`] with [`Queue::attempt_finished`] and `Cause::TrunkDown`.

mod api;
mod batch;
mod entry;
mod lineless;
mod policy;
mod rests;
#[cfg(test)]
mod tests;
mod times;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::fax::{Cause, Direction, FaxState, Outcome};
use model::sending::{Manner, Priority, Profile};
use model::{AttemptId, FaxId, Inside, Instant, Now, PhoneNumber, Random, Wall};
use store::effect::{FaxNext, Lesson, OpenAttempt, Work};
use store::rows::FaxRow;

pub use self::api::{Dial, Follower, Line, Recall, Recovered, Verdict};
pub use self::batch::MAX_PAGES;
use self::entry::{Entry, Stage, causes};
pub use self::policy::{MAX_ATTEMPTS, Policy, Tried, is_of_the_line, next, next_manner};
use self::rests::Rests;

/// Faxes that may wait at once. A clinic sends some hundred a day; ten thousand is a runaway program behind the API, and a row
/// takes some 300 bytes here.
pub const MAX_FAXES: usize = 10_000;
/// Machines that are remembered; the store has as many for a start. A number that is forgotten is called in the usual manner.
const MAX_MACHINES: usize = 10_000;

/// See the module.
pub struct Queue {
    policy: Policy,
    lines: Vec<Line>,
    /// By identity, which sorts by age.
    faxes: BTreeMap<FaxId, Entry>,
    /// What is known of the machines behind numbers.
    machines: BTreeMap<String, Profile>,
    rests: Rests,
    /// The clocks when it was last reckoned by them what is due.
    clock: Option<Now>,
    random: Random,
}

impl Queue {
    /// An empty queue over `lines`.
    pub const fn new(policy: Policy, lines: Vec<Line>, random: Random) -> Self {
        Self {
            policy,
            lines,
            faxes: BTreeMap::new(),
            machines: BTreeMap::new(),
            rests: Rests::new(),
            clock: None,
            random,
        }
    }

    /// False if so many further faxes should not be accepted: ask before the store does.
    pub fn has_room_for(&self, more: usize) -> bool {
        self.faxes.len() + more <= MAX_FAXES
    }

    /// Faxes in the queue, those on the line included.
    pub fn len(&self) -> usize {
        self.faxes.len()
    }

    /// The same is being fetched, or will be: from this number, under the same name.
    pub fn fetches(&self, number: &PhoneNumber, inside: &Inside) -> bool {
        self.faxes.values().any(|entry| entry.fetch && entry.number == *number && entry.inside == *inside)
    }

    /// How long documents wait whose renderer has failed so often by no fault of theirs; `None`: it is given up.
    pub fn render_pause(&self, failed: u32) -> Option<Duration> {
        self.policy.render_pause(failed)
    }

    /// True if there is no fax in the queue.
    pub fn is_empty(&self) -> bool {
        self.faxes.is_empty()
    }

    /// Takes over after a start. Every fax of ours that is not final goes on, and every attempt that was open gets its outcome.
    pub fn restore(
        &mut self,
        now: Now,
        work: &Work,
        hours: &impl Fn(&PhoneNumber, Priority, Wall) -> Wall,
    ) -> Vec<Recovered> {
        for (number, profile) in work.machines.iter().take(MAX_MACHINES) {
            self.machines.insert(number.as_str().to_owned(), profile.clone());
        }
        for row in &work.faxes {
            self.accepted(now, row, hours);
        }
        let mut recovered = Vec::new();
        for open in &work.open_attempts {
            let ours = |row: &&FaxRow| row.direction == Direction::Out && !row.is_never_dialled();
            let Some(row) = work.faxes.iter().filter(ours).find(|row| row.id == open.fax) else { continue };
            let stage = Stage::Sending {
                attempt: open.attempt,
                line: String::new(),
                manner: row.manner.unwrap_or_default(),
                recalled: open.recalled,
            };
            let Some(mut entry) = Entry::of(row, stage) else { continue };
            // The row already counts this attempt and its pages; `attempt_finished` will count them.
            entry.confirmed = row.pages_confirmed.saturating_sub(open.pages_confirmed);
            entry.attempts = row.attempts.saturating_sub(1);
            entry.cut_off = true;
            self.recount(&mut entry, row.cause);
            self.faxes.insert(open.fax, entry);
            let outcome = if row.fetch {
                outcome_of_open_fetch(open)
            } else {
                outcome_of_open_attempt(open, row.pages_confirmed, row.pages)
            };
            if let Some(verdict) = self.attempt_finished(now, open.fax, &outcome, hours) {
                recovered.push(Recovered { fax: open.fax, attempt: open.attempt, outcome, verdict });
            }
        }
        recovered
    }

    /// A fax was accepted, or ordered again, and this is its durable row. Rows that are final or incoming are not ours. A fax
    /// that we have on the line or in a renderer is left alone, and a row that says it is on the line when it is not is never
    /// dialled: only the outcome of its attempt can bring it back.
    pub fn accepted(&mut self, now: Now, row: &FaxRow, hours: &impl Fn(&PhoneNumber, Priority, Wall) -> Wall) {
        if row.direction != Direction::Out || row.is_never_dialled() || self.attempt_of(row.id).is_some() {
            return;
        }
        let follows = matches!(self.faxes.get(&row.id).map(|entry| &entry.stage), Some(Stage::Following { .. }));
        if follows && row.state == FaxState::Waiting {
            return;
        }
        let stage = match row.state {
            FaxState::Rendering if self.is_rendering(row.id) => return,
            FaxState::Rendering => Stage::Unrendered { due: now.instant },
            FaxState::Waiting => Stage::Waiting { due: now.instant },
            _ => {
                self.faxes.remove(&row.id);
                return;
            }
        };
        let Some(mut entry) = Entry::of(row, stage) else { return };
        self.recount(&mut entry, row.cause);
        entry.rest = times::rest(now, row);
        if row.state == FaxState::Waiting {
            entry.stage = Stage::Waiting { due: entry.due(now, hours) };
        }
        self.faxes.insert(row.id, entry);
    }

    fn is_rendering(&self, fax: FaxId) -> bool {
        matches!(self.faxes.get(&fax).map(|entry| &entry.stage), Some(Stage::Rendering))
    }

    /// The next fax whose documents should be rendered, if a renderer is free: the oldest, but what has killed renderers stands behind
    /// what has not. Answer with [`Queue::rendered`], [`Queue::unrenderable`], [`Queue::render_later`] or [`Queue::render_waits`].
    pub fn poll_render(&mut self, now: Now) -> Option<FaxId> {
        let busy = self.faxes.values().filter(|entry| matches!(entry.stage, Stage::Rendering)).count();
        if busy >= self.policy.renderers {
            return None;
        }
        let is_due = |entry: &Entry| matches!(entry.stage, Stage::Unrendered { due } if due <= now.instant);
        let due = self.faxes.iter_mut().filter(|(_, entry)| is_due(entry));
        let (fax, entry) = due.min_by_key(|(fax, entry)| (entry.renders_failed, **fax))?;
        entry.stage = Stage::Rendering;
        Some(*fax)
    }

    /// Its pages are durable: it may be dialled, when its time has come.
    pub fn rendered(
        &mut self,
        now: Now,
        fax: FaxId,
        pages: u32,
        hours: &impl Fn(&PhoneNumber, Priority, Wall) -> Wall,
    ) {
        if let Some(entry) = self.faxes.get_mut(&fax)
            && matches!(entry.stage, Stage::Rendering | Stage::Unrendered { .. })
        {
            entry.pages = pages;
            entry.stage = Stage::Waiting { due: entry.due(now, hours) };
        }
    }

    /// Its documents cannot become pages, or a person must decide about it. It leaves the queue.
    pub fn unrenderable(&mut self, fax: FaxId) {
        self.faxes.remove(&fax);
    }

    /// The renderer itself failed (no memory, no disk). The documents are not to blame, so it is tried again in a while. False if that was
    /// so for hours: then it has left the queue, and a person must be told.
    #[must_use]
    pub fn render_later(&mut self, now: Now, fax: FaxId) -> bool {
        let Some(entry) = self.faxes.get_mut(&fax).filter(|entry| matches!(entry.stage, Stage::Rendering)) else {
            return true;
        };
        entry.renders_failed += 1;
        let pause = self.policy.render_pause(entry.renders_failed);
        match pause {
            Some(pause) => entry.stage = Stage::Unrendered { due: now.instant + pause },
            None => self.unrenderable(fax),
        }
        pause.is_some()
    }

    /// Its documents need what another has, and give their renderer back until [`Queue::render_waiting`].
    pub fn render_waits(&mut self, fax: FaxId) {
        if let Some(entry) = self.faxes.get_mut(&fax).filter(|entry| matches!(entry.stage, Stage::Rendering)) {
            entry.stage = Stage::Unrendered { due: Instant::FAR_FUTURE };
        }
    }

    /// What they wait for is free.
    pub fn render_waiting(&mut self, now: Now) {
        for entry in self.faxes.values_mut() {
            if matches!(entry.stage, Stage::Unrendered { due: Instant::FAR_FUTURE }) {
                entry.stage = Stage::Unrendered { due: now.instant };
            }
        }
    }

    /// The next fax to dial, if one is due, its number is free and a line has a free channel. One that has had no line for hours comes
    /// without one: there is nothing to dial, and its attempt ends with `Cause::TrunkDown`.
    pub fn poll(&mut self, now: Now, hours: &impl Fn(&PhoneNumber, Priority, Wall) -> Wall) -> Option<Dial> {
        self.note_clock(now, hours);
        self.note_lineless(now.instant);
        let (fax, line) = loop {
            let with_line = self.first_due(now.instant).map(|(fax, line)| (fax, Some(line)));
            let (fax, line) = with_line.or_else(|| Some((self.first_lineless(now.instant)?, None)))?;
            let entry = self.faxes.get_mut(&fax)?;
            // It may have become due long ago, and have waited for a line until its hours were over.
            let due = entry.due(now, hours);
            if due <= now.instant {
                break (fax, line);
            }
            entry.stage = Stage::Waiting { due };
        };
        let attempt = AttemptId::new(now.wall, &mut self.random);
        let entry = self.faxes.get_mut(&fax)?;
        let known = self.machines.get(entry.number.as_str());
        let manner = entry.manner.unwrap_or_else(|| known.map_or_else(Manner::default, |m| m.first(now.wall)));
        entry.stage = Stage::Sending { attempt, line: line.clone().unwrap_or_default(), manner, recalled: false };
        let (number, inside) = (entry.number.clone(), entry.inside.clone());
        let (first_page, pages, fetch) = (entry.confirmed, entry.pages, entry.fetch);
        Some(Dial { fax, attempt, line, number, inside, first_page, pages, fetch, manner })
    }

    /// The first that is due and has a line: by priority; among equals the oldest.
    fn first_due(&self, now: Instant) -> Option<(FaxId, String)> {
        let is_due = |entry: &Entry| entry.is_due(now);
        if !self.faxes.values().any(is_due) {
            return None;
        }
        let load = self.load();
        let due = self.faxes.iter().filter(|(_, entry)| is_due(entry));
        let possible = due.filter_map(|(fax, entry)| Some((entry.priority, *fax, self.line_for(now, entry, &load)?)));
        let (_, fax, line) = possible.min_by_key(|(priority, fax, _)| (*priority, *fax))?;
        Some((fax, line.to_owned()))
    }

    /// The attempt could not be made durable, so the line was not touched and it never was. Without `retry` the fax leaves the
    /// queue: its row says that it is elsewhere by now (`StoreError::WrongState`).
    pub fn not_started(&mut self, now: Now, fax: FaxId, retry: bool) {
        /// A full disk is not repaired sooner.
        const PAUSE: Duration = Duration::from_secs(10);
        if !retry {
            self.faxes.remove(&fax);
        } else if let Some(entry) = self.faxes.get_mut(&fax) {
            entry.rest = now.instant + self.policy.pace(PAUSE);
            entry.stage = Stage::Waiting { due: entry.rest };
        }
    }

    /// The attempt on the line asked for T.38, and went as sound all the same: that is what there is to learn from.
    pub fn went_as_sound(&mut self, fax: FaxId) {
        if let Some(Stage::Sending { manner, .. }) = self.faxes.get_mut(&fax).map(|entry| &mut entry.stage) {
            *manner = manner.over_audio();
        }
    }

    /// The attempt on the line ended: what follows. `None` if this fax has no attempt on the line; an outcome counts once.
    pub fn attempt_finished(
        &mut self,
        now: Now,
        fax: FaxId,
        outcome: &Outcome,
        hours: &impl Fn(&PhoneNumber, Priority, Wall) -> Wall,
    ) -> Option<Verdict> {
        let audio = self.lines.iter().any(|line| line.audio);
        let entry = self.faxes.get_mut(&fax)?;
        let Stage::Sending { line, manner, recalled, .. } = &entry.stage else { return None };
        let (line, manner, recalled) = (line.clone(), *manner, *recalled);
        entry.confirmed = entry.confirmed.saturating_add(outcome.pages_confirmed);
        if !entry.fetch {
            entry.confirmed = entry.confirmed.min(entry.pages);
        }
        entry.attempts += 1;
        let spared = entry.is_spared(outcome.cause);
        let avoided = !spared && policy::avoids_line(outcome.cause, manner, audio);
        if avoided {
            entry.avoid.retain(|(_, until)| now.instant < *until);
            entry.avoid.push((line.clone(), now.instant + self.policy.pace(policy::AVOIDED_FOR)));
        }
        let cause = entry.counts_as(outcome.cause, &line, &self.lines);
        let left = |other: &Line| {
            other.name != line && other.carries(&entry.number) && !entry.avoids(&other.name, now.instant)
        };
        let other_line = self.lines.iter().any(left);
        let at_once = avoided && policy::at_once(outcome.cause, other_line);
        entry.line_changes += u32::from(at_once);
        let tried = Tried {
            cause,
            of_this_cause: if spared || at_once { 1 } else { entry.count(cause) },
            attempts: entry.attempts - entry.line_changes,
            cut_off: std::mem::take(&mut entry.cut_off),
            pages: entry.pages,
            confirmed: entry.confirmed,
            fetch: entry.fetch,
            other_line,
            manner,
            audio,
        };
        let by_table = next(&self.policy, tried, now.wall, &mut self.random);
        self.rests.ended(now, &entry.number, outcome.cause, by_table, &self.policy);
        let mut again = |from: Wall| {
            entry.rest = instant_of(now, from);
            let due = entry.due(now, hours);
            (due, FaxNext::Retry { at: now.wall + due.saturating_since(now.instant) })
        };
        let (due, next) = match by_table {
            _ if spared && !recalled => again(now.wall),
            // Somebody recalled it while the attempt was failing by itself.
            FaxNext::Retry { .. } if recalled => (now.instant, FaxNext::Final(FaxState::Cancelled)),
            FaxNext::Retry { at } => again(at),
            next => (now.instant, next),
        };
        let mut lesson = Lesson::default();
        let number = entry.number.clone();
        match next {
            FaxNext::Final(_) => {
                self.faxes.remove(&fax);
            }
            FaxNext::Retry { .. } if spared => {
                lesson.manner = entry.manner;
                entry.stage = Stage::Waiting { due };
            }
            FaxNext::Retry { .. } => {
                entry.manner = next_manner(outcome.cause, manner, audio).or(entry.manner);
                if !avoided || !other_line {
                    // None of them is better than another.
                    entry.avoid.clear();
                }
                if avoided && other_line && policy::is_of_the_line(outcome.cause) {
                    // What this line could not carry, the other may: it begins as every line does.
                    entry.manner = Some(Manner { fine: manner.fine, ..Manner::default() });
                }
                lesson.manner = entry.manner;
                entry.stage = Stage::Waiting { due };
            }
        }
        // What a machine gives says little about how it takes.
        if spared {
            lesson.machine = self.machines.get(number.as_str()).map(|profile| (number, profile.clone()));
        } else if !tried.fetch {
            lesson.machine = self.learn(now, &number, manner, outcome);
        }
        Some(Verdict { next, lesson })
    }

    /// What an attempt says about the machine. One that never reached it says nothing.
    fn learn(
        &mut self,
        now: Now,
        number: &PhoneNumber,
        manner: Manner,
        outcome: &Outcome,
    ) -> Option<(PhoneNumber, Profile)> {
        if !policy::reached_them(outcome.cause) {
            return None;
        }
        let profile = self.machine(number).clone().after(manner, outcome, now.wall);
        self.machine(number).clone_from(&profile);
        Some((number.clone(), profile))
    }

    /// What is known of a machine, to be changed. Where too many are known, another is forgotten.
    fn machine(&mut self, number: &PhoneNumber) -> &mut Profile {
        if self.machines.len() >= MAX_MACHINES && !self.machines.contains_key(number.as_str()) {
            self.machines.pop_first();
        }
        self.machines.entry(number.as_str().to_owned()).or_default()
    }

    /// A person wants a machine to be called in the usual manner again: what is known of it from now on.
    pub fn forget_machine(&mut self, number: &PhoneNumber) -> Profile {
        let profile = self.machines.remove(number.as_str()).unwrap_or_default().reset();
        self.machines.insert(number.as_str().to_owned(), profile.clone());
        for entry in self.faxes.values_mut().filter(|entry| entry.number == *number) {
            entry.manner = None;
        }
        profile
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

    /// It is in the queue: rendered, waiting, or on the line.
    pub fn has(&self, fax: FaxId) -> bool {
        self.faxes.contains_key(&fax)
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
        let due = self.faxes.values().filter_map(due);
        // What waits for a line has others from then on.
        let lines = self.faxes.values().filter(|entry| entry.is_due(now.instant)).flat_map(|entry| &entry.avoid);
        let lineless = self.faxes.values().filter(|entry| entry.is_due(now.instant));
        let lineless = lineless.filter_map(|entry| self.lineless_until(entry));
        let rests = self.faxes.values().filter(|entry| entry.is_due(now.instant));
        let rests = rests.filter_map(|entry| self.rests.until(&entry.number));
        due.chain(lines.map(|(_, until)| *until)).chain(lineless).chain(rests).filter(|at| *at > now.instant).min()
    }

    /// What a row does not say: how many of its attempts only went on to another line.
    fn recount(&self, entry: &mut Entry, last: Option<Cause>) {
        let lines = self.lines.iter().filter(|line| line.carries(&entry.number)).count().max(1);
        let went_on = match last {
            Some(
                Cause::TrunkDown | Cause::ModemGone | Cause::CannotFetch | Cause::LineRefused | Cause::NoCommonMedia,
            ) => entry.attempts - entry.attempts.div_ceil(u32::try_from(lines).unwrap_or(u32::MAX)),
            _ => 0,
        };
        // With as many attempts that count as are made at most it would have failed.
        entry.line_changes = went_on.max((entry.attempts + 1).saturating_sub(MAX_ATTEMPTS));
        entry.causes = causes(last, entry.attempts - entry.line_changes);
    }

    /// The line for a fax that is due, if its number is free: the first with a free channel, and the one to be avoided only if the clinic
    /// has no other.
    fn line_for(&self, now: Instant, entry: &Entry, load: &Load<'_>) -> Option<&str> {
        if load.numbers.contains(entry.number.as_str()) || self.rests.holds(&entry.number, now) {
            return None;
        }
        let avoided = |line: &&Line| entry.avoids(&line.name, now);
        let fit = || self.lines.iter().filter(|line| line.carries(&entry.number));
        let only_that = fit().all(|line| avoided(&line));
        fit()
            .filter(|line| only_that || !avoided(line))
            .find(|line| load.calls.get(line.name.as_str()).copied().unwrap_or(0) < line.channels)
            .map(|line| line.name.as_str())
    }

    fn load(&self) -> Load<'_> {
        let mut load = Load::default();
        for entry in self.faxes.values() {
            if let Stage::Sending { line, .. } = &entry.stage {
                load.numbers.insert(entry.number.as_str());
                *load.calls.entry(line.as_str()).or_default() += 1;
            }
        }
        load
    }
}

/// What is on the lines: counted once for all faxes that are due.
#[derive(Default)]
struct Load<'a> {
    numbers: BTreeSet<&'a str>,
    calls: BTreeMap<&'a str, usize>,
}

/// The one outcome of an attempt that the end of the process left open. `confirmed` is what the row says: pages confirmed over
/// all attempts, those of the open one included, since `Effect::AttemptProgress` writes both at once. If its last page had begun
/// and is not known to be confirmed, the fax may have arrived. Else it was we who ended it: their machine and the line between us did
/// nothing that there is anything to learn from.
pub fn outcome_of_open_attempt(open: &OpenAttempt, confirmed: u32, pages: u32) -> Outcome {
    let cause = if pages > 0 && confirmed >= pages {
        Cause::Delivered
    } else if open.last_page_begun {
        Cause::Unconfirmed
    } else {
        Cause::OurFault
    };
    Outcome { pages_confirmed: open.pages_confirmed, ..Outcome::without_session(cause) }
}

/// The same of an attempt to fetch. Every page that it counts is durable, and once the last one is there is no more to come.
pub fn outcome_of_open_fetch(open: &OpenAttempt) -> Outcome {
    let cause = if open.last_page_begun { Cause::Delivered } else { Cause::OurFault };
    Outcome { pages_confirmed: open.pages_confirmed, ..Outcome::without_session(cause) }
}

/// When the wall clock will say so, if nobody puts it forward or back.
fn instant_of(now: Now, at: Wall) -> Instant {
    now.instant + Duration::from_millis(u64::try_from(at.millis_since(now.wall)).unwrap_or(0))
}
