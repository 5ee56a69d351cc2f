//! What the [`Pbx`] does about those who do not belong here. The endpoint turns them away; here it is counted, people are told, and it is
//! put on record.

use std::time::Duration;

use model::defence::{Block, Kept};
use model::{CommandError, Now, Source};
use sip::api as sip_api;

use crate::api::{Event, Output};
use crate::pbx::Pbx;
use crate::timers::Timer;

impl Pbx {
    /// What of the defence outlives a restart, and what carriers take, for the store.
    pub fn kept(&self, now: Now) -> Kept {
        let (blocks, used) = (self.guard.defence().blocks, self.ledger.kept(now));
        Kept { blocks, used, image_alone: self.servers.image_alone() }
    }

    /// Takes up what the store kept over a restart.
    pub fn restore_kept(&mut self, now: Now, kept: Kept) {
        self.ledger.restore(now, kept.used);
        self.servers.restore_image_alone(kept.image_alone);
        let blocks: Vec<Block> = kept.blocks.into_iter().filter(|block| block.until > now.wall).collect();
        // The newest is shown first.
        blocks.iter().rev().for_each(|block| self.guard.blocked(block.clone()));
        self.live_changed |= !blocks.is_empty();
        self.out.push_back(Output::Sip(sip_api::Command::Block(blocks)));
        self.watch_blocks(now);
    }

    pub(crate) fn on_blocked(&mut self, now: Now, block: Block) {
        self.guard.blocked(block.clone());
        self.out.push_back(Output::Event(Event::KeptChanged));
        self.out.push_back(Output::Event(Event::Blocked(block)));
        self.live_changed = true;
        self.watch_blocks(now);
    }

    pub(crate) fn on_forgiven(&mut self, source: Source) {
        if self.guard.unblocked(source) {
            self.out.push_back(Output::Event(Event::Forgiven { source }));
            self.out.push_back(Output::Event(Event::KeptChanged));
            self.live_changed = true;
        }
    }

    /// The endpoint is told in any case: it may know of more blocks than are shown.
    pub(crate) fn unblock(&mut self, source: Source) {
        self.out.push_back(Output::Sip(sip_api::Command::Unblock { source }));
        let result = if self.guard.unblocked(source) {
            self.live_changed = true;
            self.out.push_back(Output::Event(Event::KeptChanged));
            Ok(())
        } else {
            Err(CommandError::NotNow("That address is not blocked any more.".to_owned()))
        };
        self.out.push_back(Output::Event(Event::UnblockAnswered { source, result }));
    }

    /// A minute of wrong passwords will be put on record when it is over.
    pub(crate) fn watch_failures(&mut self) {
        match self.guard.next_failures() {
            Some(at) => self.timers.set(Timer::Failures, at),
            None => self.timers.clear(Timer::Failures),
        }
    }

    pub(crate) fn failures_due(&mut self, now: Now) {
        for counted in self.guard.failures(now.instant) {
            self.out.push_back(Output::Event(Event::SignInsRefused(counted)));
        }
        self.watch_failures();
    }

    pub(crate) fn blocks_due(&mut self, now: Now) {
        self.live_changed |= self.guard.expire(now.wall);
        self.watch_blocks(now);
    }

    fn watch_blocks(&mut self, now: Now) {
        match self.guard.next_end() {
            // Never at once, whatever the wall clock does: a timer that is due when it is set would not end.
            Some(until) => {
                let left = u64::try_from(until.millis_since(now.wall)).unwrap_or(0).max(1000);
                self.timers.set(Timer::Blocks, now.instant + Duration::from_millis(left));
            }
            None => self.timers.clear(Timer::Blocks),
        }
    }
}
