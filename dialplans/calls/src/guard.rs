//! What is known of those who do not belong here: wrong passwords, blocked addresses, and what was turned away.
//!
//! The endpoint decides whom it does not answer; here it is kept for people, and what must be on record is gathered so that a flood
//! writes one line a minute for each source.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use model::defence::{Block, Defence, Mirrored, TurnedAway};
use model::limit::{Buckets, Counted, PerMinute, WRONG_PASSWORDS};
use model::{Instant, Source, Wall};
use sip::api::{Auth, Flow};

/// Addresses whose wrong passwords are counted apart.
const MAX_SOURCES: usize = 1024;
/// Blocks that people are shown; the endpoint may hold more. Whoever lifts these sees the next.
const MAX_SHOWN: usize = 200;
/// A finding about a phone's router is shown this long after it was last seen.
const ALTERED_MILLIS: i64 = 2 * 3_600_000;

/// What is answered to somebody who has not proved to be one of the clinic's people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unproved {
    /// Prove it.
    Challenge { stale: bool },
    /// Go away.
    Refuse { code: u16 },
}

/// See the module. It slows guessing down; it never stands before right credentials or an emergency call.
#[derive(Debug)]
pub(crate) struct Guard {
    tries: Buckets<Source>,
    failures: PerMinute<Source>,
    turned_away: TurnedAway,
    /// The newest first.
    blocks: Vec<Block>,
    altered: BTreeMap<String, Wall>,
    mirrored: BTreeMap<SocketAddr, Mirrored>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            tries: Buckets::new(WRONG_PASSWORDS, MAX_SOURCES),
            failures: PerMinute::default(),
            turned_away: TurnedAway::default(),
            blocks: Vec::new(),
            altered: BTreeMap::new(),
            mirrored: BTreeMap::new(),
        }
    }
}

impl Guard {
    /// Which user a digest proved. Whoever asks decides what that user may do.
    pub(crate) fn proved<'a>(&mut self, now: Instant, auth: &'a Auth, flow: &Flow) -> Result<&'a str, Unproved> {
        match auth {
            Auth::Valid { user } => Ok(user),
            Auth::None => Err(Unproved::Challenge { stale: false }),
            Auth::Stale => Err(Unproved::Challenge { stale: true }),
            Auth::Wrong if self.wrong(now, flow) => Err(Unproved::Challenge { stale: false }),
            Auth::Wrong => Err(Unproved::Refuse { code: 403 }),
        }
    }

    /// A wrong password came by this path. True if another may be tried.
    fn wrong(&mut self, now: Instant, flow: &Flow) -> bool {
        let source = Source::of(flow.remote.ip());
        self.failures.note(source, now);
        self.tries.take(source, now)
    }

    /// Wrong passwords of the minutes that are over.
    pub(crate) fn failures(&mut self, now: Instant) -> Vec<Counted<Source>> {
        self.failures.due(now)
    }

    /// When the next such minute is over.
    pub(crate) fn next_failures(&self) -> Option<Instant> {
        self.failures.next_due()
    }

    pub(crate) fn turned_away(&mut self, counts: TurnedAway) {
        self.turned_away = counts;
    }

    /// A router changed the registration of this user's phone. Kept for two hours, in which a phone that still suffers has registered again.
    pub(crate) fn altered(&mut self, user: String, now: Wall) {
        self.altered.retain(|_, at| now.millis_since(*at) < ALTERED_MILLIS);
        self.altered.insert(user, now);
    }

    /// What a mirror said; the last of each is kept.
    pub(crate) fn mirrored(&mut self, found: Mirrored) {
        self.mirrored.insert(found.mirror, found);
    }

    /// Only these mirrors are asked from now on.
    pub(crate) fn keep_mirrors(&mut self, mirrors: &[SocketAddr]) {
        self.mirrored.retain(|mirror, _| mirrors.contains(mirror));
    }

    pub(crate) fn blocked(&mut self, block: Block) {
        self.unblocked(block.source);
        self.blocks.insert(0, block);
        self.blocks.truncate(MAX_SHOWN);
    }

    /// A block is over. True if there was one.
    pub(crate) fn unblocked(&mut self, source: Source) -> bool {
        let before = self.blocks.len();
        self.blocks.retain(|b| b.source != source);
        self.blocks.len() < before
    }

    /// Drops the blocks whose time is over. True if there were any.
    pub(crate) fn expire(&mut self, now: Wall) -> bool {
        let before = self.blocks.len();
        self.blocks.retain(|b| b.until > now);
        self.blocks.len() < before
    }

    /// When the next block ends, as far as the wall clock knows.
    pub(crate) fn next_end(&self) -> Option<Wall> {
        self.blocks.iter().map(|b| b.until).min()
    }

    pub(crate) fn defence(&self) -> Defence {
        let altered = self.altered.iter().map(|(user, at)| (user.clone(), *at)).collect();
        let mirrored = self.mirrored.values().cloned().collect();
        Defence { turned_away: self.turned_away, blocks: self.blocks.clone(), altered, mirrored }
    }
}
