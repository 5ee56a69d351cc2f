//! Several faxes for one number in one call: which go along, when each begins, and what becomes of those that did not.
//!
//! A fax that goes along is on no line and has no attempt until it begins; until then it can be recalled like any that waits. The call
//! belongs to the fax that was dialled: when that ends before the others have begun, they wait as they did before.
//!
//! Not every machine goes on after the end of a document. One that leaves then has cost the next fax nothing: it is dialled at once, by
//! itself and in the manner that it had, and nothing is sent along to that number any more, for as long as what is learned of machines counts.

use model::fax::Cause;
use model::sending::{Manner, Priority};
use model::{AttemptId, FaxId, Now, PhoneNumber, Wall};

use super::Queue;
use super::api::{Dial, Follower};
use super::entry::{Entry, Stage};

/// Pages of one call: an hour at the usual speed. What takes longer keeps a line, and a machine that others want to reach, for too long,
/// and whatever breaks it breaks more.
pub const MAX_PAGES: u32 = 60;
/// Faxes of one call. All are loaded when it begins.
const MAX_FAXES: usize = 20;

impl Queue {
    /// The faxes that may go in the same call after this one, in order: for the same number, for the same desk inside their house, due, whole, and to be called in the same
    /// manner. They are kept for it until they begin ([`Queue::begin`]) or are let go ([`Queue::let_go`]).
    pub fn followers(
        &mut self,
        now: Now,
        dial: &Dial,
        hours: &impl Fn(&PhoneNumber, Priority, Wall) -> Wall,
    ) -> Vec<Follower> {
        let known = self.machines.get(dial.number.as_str());
        let usual = known.map_or_else(Manner::default, |machine| machine.first(now.wall));
        let alike = |entry: &Entry| {
            let manner = entry.manner.unwrap_or(usual) == dial.manner;
            let line = dial.line.as_ref().is_some_and(|line| !entry.avoids(line, now.instant));
            // A call says once for whom it is inside their house.
            let inside = entry.inside == dial.inside;
            let sent = !entry.fetch;
            entry.number == dial.number
                && inside
                && sent
                && entry.is_due(now.instant)
                && hours(&entry.number, entry.priority, now.wall) <= now.wall
                && entry.confirmed == 0
                && manner
                && line
        };
        if dial.fetch || known.is_some_and(|machine| machine.takes_one_a_call(now.wall)) {
            return Vec::new();
        }
        let mut found: Vec<_> = self.faxes.iter().filter(|(_, entry)| alike(entry)).collect();
        found.sort_by_key(|(fax, entry)| (entry.priority, **fax));
        let mut room = MAX_PAGES.saturating_sub(dial.pages - dial.first_page);
        let mut followers = Vec::new();
        for (fax, entry) in found {
            // In order: a short fax does not overtake one that did not fit.
            let Some(left) = room.checked_sub(entry.pages).filter(|_| followers.len() + 1 < MAX_FAXES) else { break };
            room = left;
            followers.push(Follower { fax: *fax, pages: entry.pages });
        }
        for follower in &followers {
            if let Some(entry) = self.faxes.get_mut(&follower.fax) {
                entry.stage = Stage::Following { due: now.instant };
            }
        }
        followers
    }

    /// The fax before it is confirmed, and it is to go next, on the line of the call and in its manner. `None` if it was recalled.
    /// Make the attempt durable (`Effect::StartAttempt`) before anything of it is sent.
    pub fn begin(&mut self, now: Now, fax: FaxId, line: &str, manner: Manner) -> Option<AttemptId> {
        let entry = self.faxes.get_mut(&fax).filter(|entry| matches!(entry.stage, Stage::Following { .. }))?;
        let attempt = AttemptId::new(now.wall, &mut self.random);
        entry.stage = Stage::Sending { attempt, line: line.to_owned(), manner, recalled: false };
        Some(attempt)
    }

    /// The call is over, and it has not begun.
    pub fn let_go(&mut self, fax: FaxId) {
        if let Some(entry) = self.faxes.get_mut(&fax)
            && let Stage::Following { due } = entry.stage
        {
            entry.stage = Stage::Waiting { due };
        }
    }

    /// The machine left after the fax before this one, and would not hear of it: say so before the end of its attempt.
    pub fn not_along(&mut self, now: Now, fax: FaxId) {
        let Some(entry) = self.faxes.get_mut(&fax).filter(|entry| matches!(entry.stage, Stage::Sending { .. })) else {
            return;
        };
        entry.spared = true;
        let number = entry.number.clone();
        self.machine(&number).one_a_call = Some(now.wall);
    }
}

impl Entry {
    /// True if this end says nothing about the fax, or how it is sent, but that it cannot go along.
    pub(super) fn is_spared(&mut self, cause: Cause) -> bool {
        std::mem::take(&mut self.spared) && !matches!(cause, Cause::Delivered | Cause::Unconfirmed | Cause::Cancelled)
    }
}
