//! What is said in the rooms that the plan records: who is in them, and one recording of each meeting, of all voices together.
//!
//! A meeting begins when somebody comes into such a room and ends when nobody is in it any more. It belongs to none of its calls, whose phones
//! come and go, so it has a number and a record of its own. Everybody hears that the room is recorded: those who come while it is, before they
//! are let in ([`Meetings::at_the_door`]), so that nobody is in a recording who has not heard of it, and nothing stops for it; those who are
//! there already when one of our people begins it, before the first second.
//!
//! Somebody outside may say no as in a call, and of one among several that means: nothing is recorded while they are in the room, what was kept
//! since they came is destroyed, and it goes on when they have left. What was said before they came is not theirs to destroy, and nobody has to
//! leave for the sake of a recording.
//!
//! Like the recording of a call it delays nobody: where nothing can be kept the meeting goes on without.

mod meeting;
mod member;
mod taking;

use std::collections::{BTreeMap, VecDeque};

use media::Sound;
use model::{CallId, Now, Random};

use crate::api::Output;
use crate::call::Present;
use crate::recording::Answer;
use crate::site::Site;
use crate::taping::notice;

use meeting::Meeting;

/// What surrounds a meeting, and where what it wants goes.
pub(crate) struct Floor<'a> {
    pub(crate) now: Now,
    pub(crate) site: &'a Site,
    pub(crate) out: &'a mut VecDeque<Output>,
}

/// What somebody hears before they are let in.
pub(crate) struct AtTheDoor {
    pub(crate) words: Sound,
    /// With this key somebody outside says no.
    pub(crate) decline: char,
}

/// The meetings of all rooms that are recorded.
#[derive(Default)]
pub(crate) struct Meetings {
    /// Bounded by the rooms of the plan.
    by_room: BTreeMap<String, Meeting>,
    /// How many takes there were, for their numbers.
    takes: u64,
}

impl Meetings {
    /// What somebody is told who comes into this room now, if anything.
    pub(crate) fn at_the_door(&self, room: &str, site: &Site) -> Option<AtTheDoor> {
        let terms = match self.by_room.get(room) {
            Some(meeting) => meeting.wants().then(|| meeting.terms().clone()),
            None => site.plan.room_recording(room).filter(|terms| terms.always),
        };
        let terms = terms.filter(|terms| terms.announced)?;
        Some(AtTheDoor { words: notice(&terms, site.settings.language), decline: terms.decline })
    }

    /// After each step of a call: whether it is in a room, and which key was pressed there.
    pub(crate) fn follow(
        &mut self,
        call: CallId,
        present: Option<&Present<'_>>,
        key: Option<char>,
        random: &mut Random,
        floor: &mut Floor<'_>,
    ) {
        let here = present.map(|present| present.room);
        for (room, meeting) in &mut self.by_room {
            if here != Some(room) {
                meeting.leaves(call, &mut self.takes, floor);
            }
        }
        if let Some(present) = present {
            if !self.by_room.contains_key(present.room)
                && let Some(terms) = floor.site.plan.room_recording(present.room)
            {
                let id = CallId::new(floor.now.wall, random);
                let meeting = Meeting::new(id, present, terms, floor.now.wall);
                self.by_room.insert(present.room.to_owned(), meeting);
            }
            if let Some(meeting) = self.by_room.get_mut(present.room) {
                meeting.sees(call, present, key, &mut self.takes, floor);
            }
        }
        self.sweep(floor);
    }

    /// What the media engine says. True if it was about a meeting.
    pub(crate) fn hear(&mut self, event: &media::Event, floor: &mut Floor<'_>) -> bool {
        let is_ours = self.by_room.values_mut().any(|meeting| meeting.hears(event, &mut self.takes, floor));
        self.sweep(floor);
        is_ours
    }

    /// Whoever keeps recordings answers. True if it was about a meeting.
    pub(crate) fn answered(&mut self, id: CallId, answer: Answer, floor: &mut Floor<'_>) -> bool {
        let meeting = self.by_room.values_mut().find(|meeting| meeting.id() == id);
        let is_ours = meeting.is_some();
        meeting.into_iter().for_each(|meeting| meeting.answered(answer, &mut self.takes, floor));
        is_ours
    }

    /// The media engine should have said the last of it by now.
    pub(crate) fn give_up(&mut self, id: CallId, floor: &mut Floor<'_>) {
        let ending = self.by_room.values_mut().filter(|meeting| meeting.is_empty() && meeting.id() == id);
        ending.for_each(Meeting::lose_take);
        self.sweep(floor);
    }

    /// Meetings that wait for the last of their sound.
    pub(crate) fn ending(&self) -> impl Iterator<Item = CallId> {
        self.by_room.values().filter(|meeting| meeting.is_empty()).map(Meeting::id)
    }

    /// Ends those that are over.
    fn sweep(&mut self, floor: &mut Floor<'_>) {
        self.by_room.retain(|_, meeting| !meeting.ends(floor));
    }
}
