//! The recording of one meeting: takes of its room, and what is asked of whoever keeps them.

use std::collections::BTreeSet;

use media::{RecordEnd, RecordId, RoomId};
use model::recording::Gap;
use model::{CallId, Wall};

use super::Floor;
use crate::api::{Event, Output};
use crate::recording::Ask;
use crate::taping::{Kept, LIMITS, ROOM_TAKES};

/// See the module.
pub(super) struct Taking {
    id: CallId,
    room: RoomId,
    kept: Kept,
    /// It could not be kept, or is as long as it may be.
    over: bool,
    parts: u32,
    take: Option<Take>,
    /// Nothing was recorded since a take ended, for this reason.
    gap: Option<Gap>,
    /// Our people of whom it is known that they are in it.
    named: BTreeSet<String>,
}

/// What is recorded without a break.
struct Take {
    id: RecordId,
    /// It was ended: since when, and why.
    ended: Option<(Wall, Gap)>,
    /// What is still on its way is not to be kept.
    unwanted: bool,
}

impl Taking {
    pub(super) const fn new(id: CallId, room: RoomId) -> Self {
        Self { id, room, kept: Kept::NotAsked, over: false, parts: 0, take: None, gap: None, named: BTreeSet::new() }
    }

    pub(super) const fn kept(&self) -> Kept {
        self.kept
    }

    pub(super) const fn is_kept(&mut self) {
        self.kept = Kept::Yes;
    }

    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// Nothing of it is on its way.
    pub(super) const fn is_done(&self) -> bool {
        self.take.is_none()
    }

    pub(super) const fn parts(&self) -> u32 {
        self.parts
    }

    /// Asks for it to be kept.
    pub(super) fn begin(&mut self, begun: Ask, extensions: &[String], floor: &mut Floor<'_>) {
        self.kept = Kept::Asked;
        self.named.extend(extensions.iter().cloned());
        self.ask(begun, floor);
    }

    /// It is to run, with these of ours. If a take begins: after which gap, or at first.
    pub(super) fn run(&mut self, extensions: &[String], takes: &mut u64, floor: &mut Floor<'_>) -> Option<Option<Gap>> {
        let known = extensions.iter().all(|extension| self.named.contains(extension));
        let named = extensions.iter().cloned();
        match &self.take {
            Some(take) if take.ended.is_none() && !known => {
                self.named.extend(named);
                self.ask(Ask::GoesOn { at: floor.now.wall, extensions: extensions.to_vec() }, floor);
                None
            }
            None if self.kept == Kept::Yes => {
                self.named.extend(named);
                *takes += 1;
                let record = RecordId(ROOM_TAKES | *takes);
                self.take = Some(Take { id: record, ended: None, unwanted: false });
                let order = media::Command::RecordRoom { room: self.room, record, limits: LIMITS };
                floor.out.push_back(Output::Media(order));
                let after = self.gap.take();
                if after.is_some() || !known {
                    self.ask(Ask::GoesOn { at: floor.now.wall, extensions: extensions.to_vec() }, floor);
                }
                Some(after)
            }
            _ => None,
        }
    }

    /// Ends what is recorded. Its last part is on its way. True if something was.
    pub(super) fn stop(&mut self, why: Gap, floor: &mut Floor<'_>) -> bool {
        let Some(take) = self.take.as_mut().filter(|take| take.ended.is_none()) else { return false };
        take.ended = Some((floor.now.wall, why));
        floor.out.push_back(Output::Media(media::Command::StopRecordRoom { room: self.room }));
        true
    }

    /// Nothing of it from this part on is to be there.
    pub(super) fn forget(&mut self, from: u32, floor: &mut Floor<'_>) {
        if let Some(take) = &mut self.take {
            take.unwanted = true;
        }
        if self.kept != Kept::NotAsked {
            self.ask(Ask::Forget { from }, floor);
        }
    }

    /// A part, or the last. `None` if it is none of ours; true if it is as long as it may be.
    pub(super) fn hears(&mut self, event: &media::Event, floor: &mut Floor<'_>) -> Option<bool> {
        let media::Event::RoomRecorded { record, part, end, .. } = event else { return None };
        let take = self.take.as_ref().filter(|take| take.id == *record)?;
        let (unwanted, ended) = (take.unwanted, take.ended.unwrap_or((floor.now.wall, Gap::Alone)));
        if !part.samples().is_empty() && !unwanted && !self.over {
            let number = self.parts;
            self.parts += 1;
            self.ask(Ask::Part { number, caller: part.clone(), callee: None }, floor);
        }
        let limit = *end == Some(RecordEnd::Limit);
        self.over |= limit;
        if end.is_some() {
            self.take = None;
            if !self.over {
                self.gap = Some(ended.1);
                self.ask(Ask::Stopped { at: ended.0, why: ended.1 }, floor);
            }
        }
        Some(limit)
    }

    /// There is nothing to keep it in.
    pub(super) const fn refused(&mut self) {
        self.kept = Kept::NotAsked;
        self.over = true;
    }

    /// The rest cannot be kept.
    pub(super) fn give_up(&mut self, floor: &mut Floor<'_>) {
        self.over = true;
        self.stop(Gap::Elsewhere, floor);
    }

    /// What is on its way never comes.
    pub(super) fn lose(&mut self) {
        self.take = None;
    }

    fn ask(&self, ask: Ask, floor: &mut Floor<'_>) {
        floor.out.push_back(Output::Event(Event::Recording { call: self.id, ask }));
    }
}
