//! Who behaves like a program that searches for telephone systems or guesses passwords, and whom we do not answer for that.
//!
//! Sources are watched until they prove who they are. A block ends by itself, sooner for a first one; by a person; and, unless the
//! program said its own name, by the right password of one of our phones.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use model::defence::{Block, Suspicion};
use model::limit::WRONG_PASSWORDS;
use model::{Instant, Now, Source};

/// Sources that are watched at once. All devices of the largest clinic; a flood of forged addresses finds no room after that.
const MAX_WATCHED: usize = 4096;
/// What a source did is held against it this long.
const MEMORY: Duration = Duration::from_secs(60);
/// User names that do not exist: this long, and so many make a sweep. A person mistypes one.
const NAMES_MEMORY: Duration = Duration::from_secs(600);
const MAX_NAMES: usize = 5;
/// Requests without a proof within [`MEMORY`]: five a second, all the time. Sixty phones that start together behind one address ask
/// twice each, and the first that proves itself ends the count.
const MAX_ASKED: u32 = 300;
/// Blocks at once, those that ended within a day included.
const MAX_BLOCKS: usize = 1024;
/// The first block, and the longest: each is three times as long as the one before.
const FIRST: Duration = Duration::from_secs(600);
const LONGEST: Duration = Duration::from_secs(86_400);
/// How long after its end a block makes the next one longer.
const FORGIVEN: Duration = Duration::from_secs(86_400);

/// What a source does that may be held against it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed<'a> {
    /// It asked for something and proved nothing.
    Asked,
    /// The same, as a user who does not exist.
    AskedAs(&'a [u8]),
    /// Its password was wrong.
    Wrong,
    /// The same, of a user who does not exist.
    WrongAs(&'a [u8]),
}

/// See the module.
pub(super) struct Watch {
    records: HashMap<Source, Record>,
    swept: Instant,
    blocks: HashMap<Source, Blocked>,
    hasher: RandomState,
}

struct Record {
    since: Instant,
    asked: u32,
    wrong: u32,
    names_since: Instant,
    /// Their hashes: what strangers type need not be kept.
    names: Vec<u64>,
}

struct Blocked {
    block: Block,
    until: Instant,
}

impl Default for Watch {
    fn default() -> Self {
        Self { records: HashMap::new(), swept: Instant::ZERO, blocks: HashMap::new(), hasher: RandomState::new() }
    }
}

impl Watch {
    /// True while this source is blocked.
    pub(super) fn is_blocked(&self, source: Source, now: Instant) -> bool {
        self.blocks.get(&source).is_some_and(|b| b.until > now)
    }

    /// Holds a deed against a source. The block that follows, if one does.
    pub(super) fn note(&mut self, source: Source, deed: Deed<'_>, now: Now) -> Option<Block> {
        let name = match deed {
            Deed::AskedAs(name) | Deed::WrongAs(name) => Some(self.hash(name)),
            Deed::Asked | Deed::Wrong => None,
        };
        let record = self.record(source, now.instant)?;
        match deed {
            Deed::Asked | Deed::AskedAs(_) => record.asked += 1,
            Deed::Wrong | Deed::WrongAs(_) => record.wrong += 1,
        }
        if let Some(name) = name.filter(|name| !record.names.contains(name)) {
            record.names.push(name);
        }
        let suspicion = if record.wrong > WRONG_PASSWORDS.burst {
            Suspicion::WrongPasswords
        } else if record.names.len() >= MAX_NAMES {
            Suspicion::UnknownNames
        } else if record.asked >= MAX_ASKED {
            Suspicion::Asking
        } else {
            return None;
        };
        self.block(source, suspicion, now)
    }

    /// Blocks a source, longer each time. `None` if it is blocked already or there is no room.
    pub(super) fn block(&mut self, source: Source, suspicion: Suspicion, now: Now) -> Option<Block> {
        self.records.remove(&source);
        if self.is_blocked(source, now.instant) {
            return None;
        }
        if self.blocks.len() >= MAX_BLOCKS && !self.blocks.contains_key(&source) {
            let over = self.blocks.iter().filter(|(_, b)| b.until <= now.instant);
            let oldest = over.min_by_key(|(_, b)| b.until).map(|(source, _)| *source)?;
            self.blocks.remove(&oldest);
        }
        let recent = self.blocks.get(&source).filter(|b| now.instant.saturating_since(b.until) < FORGIVEN);
        let before = recent.map_or(0, |b| b.block.times);
        let time = FIRST.saturating_mul(3u32.saturating_pow(before)).min(LONGEST);
        let block = Block { source, suspicion, since: now.wall, until: now.wall + time, times: before + 1 };
        self.blocks.insert(source, Blocked { block: block.clone(), until: now.instant + time });
        Some(block)
    }

    /// A block of before a restart goes on, for what is left of it: never longer than any lasts, whatever the clock says now.
    pub(super) fn block_again(&mut self, block: Block, now: Now) {
        let left = u64::try_from(block.until.millis_since(now.wall)).unwrap_or(0);
        let left = Duration::from_millis(left).min(LONGEST);
        let known = self.blocks.contains_key(&block.source);
        if !left.is_zero() && !known && self.blocks.len() < MAX_BLOCKS {
            self.blocks.insert(block.source, Blocked { block, until: now.instant + left });
        }
    }

    /// A phone at this source proved who it is: nothing is held against the source any more. True if that ended a block.
    pub(super) fn proved(&mut self, source: Source, now: Instant) -> bool {
        self.records.remove(&source);
        let forgiven = self.blocks.get_mut(&source).filter(|b| b.until > now && b.block.suspicion.is_forgiven());
        forgiven.map(|b| b.until = now).is_some()
    }

    /// A person ends a block, and it does not make the next one longer.
    pub(super) fn lift(&mut self, source: Source) {
        self.blocks.remove(&source);
    }

    /// A number for a name that strangers cannot foresee.
    pub(super) fn hash(&self, name: &[u8]) -> u64 {
        self.hasher.hash_one(name)
    }

    fn record(&mut self, source: Source, now: Instant) -> Option<&mut Record> {
        if self.records.len() >= MAX_WATCHED && !self.records.contains_key(&source) {
            // Looked through once a minute at most.
            if now.saturating_since(self.swept) < MEMORY {
                return None;
            }
            self.swept = now;
            self.records.retain(|_, r| now.saturating_since(r.since) < MEMORY);
            if self.records.len() >= MAX_WATCHED {
                return None;
            }
        }
        let new = || Record { since: now, asked: 0, wrong: 0, names_since: now, names: Vec::new() };
        let record = self.records.entry(source).or_insert_with(new);
        if now.saturating_since(record.since) >= MEMORY {
            (record.since, record.asked, record.wrong) = (now, 0, 0);
        }
        if now.saturating_since(record.names_since) >= NAMES_MEMORY {
            record.names_since = now;
            record.names.clear();
        }
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Now {
        Now::simulation_start().after(Duration::from_secs(seconds))
    }

    fn source(n: u16) -> Source {
        let [a, b] = n.to_be_bytes();
        Source::of([10, 0, a, b].into())
    }

    fn minutes(block: &Block) -> i64 {
        block.until.millis_since(block.since) / 60_000
    }

    #[test]
    fn each_block_is_longer_until_a_day_is_quiet() {
        let mut watch = Watch::default();
        let mut now = at(0);
        let mut blocked = Vec::new();
        for _ in 0..6 {
            let block = watch.block(source(1), Suspicion::Scanner, now).expect("blocked");
            assert!(watch.is_blocked(source(1), now.instant) && !watch.is_blocked(source(2), now.instant));
            assert_eq!(watch.block(source(1), Suspicion::Scanner, now), None, "once");
            blocked.push((block.times, minutes(&block)));
            let over = u64::try_from(block.until.millis_since(block.since)).expect("later");
            now = now.after(Duration::from_millis(over));
            assert!(!watch.is_blocked(source(1), now.instant));
        }
        assert_eq!(blocked, [(1, 10), (2, 30), (3, 90), (4, 270), (5, 810), (6, 1440)]);
        let block = watch.block(source(1), Suspicion::Scanner, now.after(FORGIVEN)).expect("blocked");
        assert_eq!((block.times, minutes(&block)), (1, 10));
    }

    #[test]
    fn what_leads_to_a_block() {
        let mut watch = Watch::default();
        let deeds = |watch: &mut Watch, n: u16, count: u32, pause: u64, deed: &dyn Fn(u32) -> Vec<u8>, wrong: bool| {
            let mut found = None;
            for i in 0..count {
                let name = deed(i);
                let deed = match (name.is_empty(), wrong) {
                    (true, true) => Deed::Wrong,
                    (true, false) => Deed::Asked,
                    (false, true) => Deed::WrongAs(&name),
                    (false, false) => Deed::AskedAs(&name),
                };
                found = found.or(watch.note(source(n), deed, at(u64::from(i) * pause)));
            }
            found.map(|b| b.suspicion)
        };
        let nobody = |_: u32| Vec::new();
        let sweep = |n: u32| n.to_string().into_bytes();
        assert_eq!(deeds(&mut watch, 1, 11, 0, &nobody, true), Some(Suspicion::WrongPasswords));
        assert_eq!(deeds(&mut watch, 2, 10, 0, &nobody, true), None);
        assert_eq!(deeds(&mut watch, 3, 60, 30, &nobody, true), None, "a phone with an old password, for half an hour");
        assert_eq!(deeds(&mut watch, 4, 5, 10, &sweep, false), Some(Suspicion::UnknownNames));
        assert_eq!(deeds(&mut watch, 5, 500, 30, &|_| b"1o1".to_vec(), false), None, "a name that was mistyped once");
        assert_eq!(deeds(&mut watch, 6, 300, 0, &nobody, false), Some(Suspicion::Asking));
        assert_eq!(deeds(&mut watch, 7, 1000, 1, &nobody, false), None);
        assert_eq!(deeds(&mut watch, 8, 5, 1, &sweep, true), Some(Suspicion::UnknownNames));
    }

    #[test]
    fn the_right_password_ends_what_may_have_been_a_mistake() {
        let mut watch = Watch::default();
        watch.block(source(1), Suspicion::WrongPasswords, at(0));
        watch.block(source(2), Suspicion::Scanner, at(0));
        assert!(watch.proved(source(1), at(1).instant) && !watch.proved(source(1), at(1).instant));
        assert!(!watch.proved(source(2), at(1).instant) && watch.is_blocked(source(2), at(1).instant));
        watch.lift(source(2));
        assert!(!watch.is_blocked(source(2), at(1).instant));
        // A person's word counts for more than a guess: it starts anew.
        assert_eq!(watch.block(source(2), Suspicion::Scanner, at(2)).map(|b| b.times), Some(1));
        assert_eq!(watch.block(source(1), Suspicion::Scanner, at(2)).map(|b| b.times), Some(2));
    }

    #[test]
    fn a_block_goes_on_after_a_restart_and_the_next_is_longer() {
        let mut watch = Watch::default();
        let before = watch.block(source(1), Suspicion::Scanner, at(0)).expect("blocked");
        let over = Block { source: source(2), until: at(0).wall, ..before.clone() };
        let wrong_clock = Block { source: source(3), until: at(1_000_000).wall, ..before.clone() };
        // The clock of the process begins anew, that of the wall does not.
        let now = Now { instant: Instant::ZERO, wall: at(400).wall };
        let mut watch = Watch::default();
        [before, over, wrong_clock].into_iter().for_each(|block| watch.block_again(block, now));
        let later = |seconds: u64| now.after(Duration::from_secs(seconds));
        let blocked = |watch: &Watch, n: u16, seconds: u64| watch.is_blocked(source(n), later(seconds).instant);
        assert!(blocked(&watch, 1, 199) && !blocked(&watch, 1, 200) && !blocked(&watch, 2, 0));
        assert!(blocked(&watch, 3, 86_399) && !blocked(&watch, 3, 86_400));
        let next = watch.block(source(1), Suspicion::Scanner, later(300)).expect("blocked");
        assert_eq!((next.times, minutes(&next)), (2, 30));
    }

    #[test]
    fn forged_addresses_find_no_room_after_a_bound() {
        let mut watch = Watch::default();
        for n in 0..20_000 {
            watch.note(source(n), Deed::Asked, at(1));
            watch.block(source(n), Suspicion::Scanner, at(1));
        }
        for n in 0..20_000 {
            watch.note(source(n), Deed::Asked, at(1));
        }
        assert!(watch.records.len() <= MAX_WATCHED && watch.blocks.len() <= MAX_BLOCKS);
        watch.note(source(25_000), Deed::Asked, at(100));
        assert_eq!(watch.records.len(), 1, "what is old makes room");
        assert!(watch.block(source(30_000), Suspicion::Scanner, at(700)).is_some(), "what is over makes room");
    }
}
