//! One meeting: who is there, what they want, and the record that stays of it.

use std::collections::BTreeMap;

use media::PlayId;
use model::call::{CallEnd, CallRecord, Fault, LegQuality, Party, Taken};
use model::fax::Direction;
use model::recording::Gap;
use model::trace::{Mark, Trace};
use model::{CallId, PhoneNumber, Pii, Wall};
use plan::Recording;
use prompts::Prompt;

use super::Floor;
use super::member::Member;
use super::taking::Taking;
use crate::api::{Event, Output};
use crate::call::Present;
use crate::recording::{Answer, Ask, Begun};
use crate::taping::{Kept, ROOM_PLAYS, notice};
use crate::words;

/// See the module.
pub(super) struct Meeting {
    id: CallId,
    from: Party,
    to: Party,
    started: Wall,
    /// When two were there to talk.
    met: Option<Wall>,
    terms: Recording,
    /// Bounded by the calls there may be.
    members: BTreeMap<CallId, Member>,
    /// One of our people asked for it, where it is not always done.
    demanded: bool,
    paused: bool,
    plays: u64,
    taking: Taking,
    trace: Trace,
}

impl Meeting {
    /// Of whoever has come into the room first.
    pub(super) fn new(id: CallId, first: &Present<'_>, terms: Recording, now: Wall) -> Self {
        let room = first.room;
        Self {
            id,
            from: first.peer.who.party.clone(),
            to: Party { number: Some(PhoneNumber::Internal(room.to_owned())), name: Pii::new(format!("Room {room}")) },
            started: now,
            met: None,
            terms,
            members: BTreeMap::new(),
            demanded: false,
            paused: false,
            plays: 0,
            taking: Taking::new(id, first.media_room()),
            trace: Trace::default(),
        }
    }

    pub(super) const fn id(&self) -> CallId {
        self.id
    }

    pub(super) const fn terms(&self) -> &Recording {
        &self.terms
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// True if what is said is wanted, whoever is there now.
    pub(super) const fn wants(&self) -> bool {
        (self.terms.always || self.demanded) && !self.paused && !self.taking.is_over()
    }

    /// A call is in the room after a step of it, or still there.
    pub(super) fn sees(
        &mut self,
        call: CallId,
        present: &Present<'_>,
        key: Option<char>,
        takes: &mut u64,
        floor: &mut Floor<'_>,
    ) {
        let parts = self.taking.parts();
        match self.members.get_mut(&call) {
            Some(member) if member.session == present.peer.line.session => {
                if member.at_door && !present.at_door {
                    member.comes_in(present.declined, parts, floor.now.instant);
                    let (who, declined) = (member.who.clone(), present.declined);
                    self.came(&who, declined, floor);
                }
            }
            _ => {
                let extension = present.peer.who.user.as_ref();
                let extension = extension.and_then(|user| floor.site.settings.person(user));
                let member = Member::new(present, extension.map(|person| person.extension.clone()), parts);
                let who = member.who.clone();
                if self.members.insert(call, member).is_some() {
                    self.note(floor, Mark::Detail, format!("{who} takes the place of somebody"));
                }
                if !present.at_door {
                    self.came(&who, false, floor);
                }
            }
        }
        if let Some(key) = key {
            self.pressed(call, key, floor);
        }
        self.settle(takes, floor);
    }

    fn came(&mut self, who: &str, declined: bool, floor: &mut Floor<'_>) {
        self.note(floor, Mark::Good, format!("{who} is in the room"));
        if declined {
            // No part has their voice, but one may have begun in the moment in which they were let in.
            self.taking.forget(self.taking.parts(), floor);
            self.said_no(who, floor);
        }
    }

    /// A call is not in the room, or not any more.
    pub(super) fn leaves(&mut self, call: CallId, takes: &mut u64, floor: &mut Floor<'_>) {
        let Some(member) = self.members.remove(&call) else { return };
        self.note(floor, Mark::Good, format!("{} has left the room", member.who));
        self.settle(takes, floor);
    }

    fn pressed(&mut self, call: CallId, key: char, floor: &mut Floor<'_>) {
        let Some(member) = self.members.get_mut(&call).filter(|member| !member.at_door) else { return };
        if member.extension.is_some() {
            if member.typed.completes(&self.terms.code, key, floor.now.instant) {
                let who = member.who.clone();
                self.turn(call, &who, floor);
            }
        } else if key == self.terms.decline && member.may_decline(floor.now.instant) && !member.declined {
            member.declined = true;
            let (who, since) = (member.who.clone(), member.since);
            self.taking.forget(since, floor);
            self.said_no(&who, floor);
        }
    }

    fn said_no(&mut self, who: &str, floor: &mut Floor<'_>) {
        let title = format!("{who} does not want to be recorded: nothing is while they are in the room");
        self.note(floor, Mark::Good, title);
        self.say_to_all(Prompt::RecordingDeclined, floor);
    }

    /// One of our people dialled the code: it begins, stops, or goes on.
    fn turn(&mut self, call: CallId, who: &str, floor: &mut Floor<'_>) {
        if self.taking.is_over() {
            let session = self.members.get(&call).map(|member| member.session);
            return session.into_iter().for_each(|session| self.say(session, Prompt::RecordingDeclined, floor));
        }
        if !self.terms.always && !self.demanded {
            self.demanded = true;
            return self.note(floor, Mark::Good, format!("{who} wants the room recorded"));
        }
        self.paused = !self.paused;
        let (title, said) = match self.paused {
            true => ("paused the recording", Prompt::RecordingPaused),
            false => ("lets the recording go on", Prompt::RecordingResumed),
        };
        self.note(floor, Mark::Good, format!("{who} {title}"));
        // Of several, not only whoever pressed the keys has to know.
        self.say_to_all(said, floor);
    }

    /// Brings what is done in line with what is wanted.
    fn settle(&mut self, takes: &mut u64, floor: &mut Floor<'_>) {
        if let Some(why) = self.rests() {
            if self.taking.stop(why, floor) {
                self.note(floor, Mark::Detail, "Nothing is recorded for now");
            }
            return;
        }
        self.met.get_or_insert(floor.now.wall);
        let extensions = self.extensions();
        if self.taking.kept() == Kept::NotAsked {
            self.note(floor, Mark::Detail, self.terms.why.clone());
            self.taking.begin(self.begun(&extensions), &extensions, floor);
        }
        if self.terms.announced && self.tell(floor) {
            // Somebody came before it was wanted, and is told only now.
            self.taking.stop(Gap::Elsewhere, floor);
        } else if let Some(after) = self.taking.run(&extensions, takes, floor) {
            self.note(
                floor,
                Mark::Good,
                if after.is_some() { "The recording goes on" } else { "The recording begins" },
            );
            if after == Some(Gap::Declined) {
                self.say_to_all(Prompt::RecordingResumed, floor);
            }
        }
    }

    /// Why nothing is recorded now, if nothing is.
    fn rests(&self) -> Option<Gap> {
        let inside = || self.members.values().filter(|member| !member.at_door);
        if self.paused {
            Some(Gap::Paused)
        } else if inside().count() < 2 {
            // Nobody has to be careful what they say to themselves while they wait for the others.
            Some(Gap::Alone)
        } else if inside().any(|member| member.declined) {
            Some(Gap::Declined)
        } else {
            (!self.wants()).then_some(Gap::Elsewhere)
        }
    }

    /// Tells whoever has not heard it. True while somebody has not.
    fn tell(&mut self, floor: &mut Floor<'_>) -> bool {
        let words = notice(&self.terms, floor.site.settings.language);
        let (mut any, mut began) = (false, false);
        for member in self.members.values_mut().filter(|member| !member.at_door && !member.told) {
            any = true;
            if member.telling.is_none() {
                began = true;
                self.plays += 1;
                let play = PlayId(ROOM_PLAYS + self.plays);
                member.telling = Some(play);
                let (session, sound) = (member.session, words.clone());
                floor.out.push_back(Output::Media(media::Command::Play { session, play, sound }));
            }
        }
        if began {
            self.note(floor, Mark::Detail, "Everybody hears that the room is recorded");
        }
        any
    }

    /// What the media engine says, if that is about this meeting.
    pub(super) fn hears(&mut self, event: &media::Event, takes: &mut u64, floor: &mut Floor<'_>) -> bool {
        let is_ours = match event {
            media::Event::Played { session, play } => {
                let member = self.members.values_mut().find(|member| member.session == *session);
                let told = member.filter(|member| member.telling == Some(*play));
                told.map(|member| member.heard(floor.now.instant)).is_some()
            }
            media::Event::RoomRecorded { .. } => {
                let heard = self.taking.hears(event, floor);
                if heard == Some(true) {
                    self.note(floor, Mark::Warn, "The recording is as long as one may be");
                }
                heard.is_some()
            }
            _ => false,
        };
        if is_ours {
            self.settle(takes, floor);
        }
        is_ours
    }

    /// Whoever keeps recordings answers.
    pub(super) fn answered(&mut self, answer: Answer, takes: &mut u64, floor: &mut Floor<'_>) {
        match answer {
            Answer::Begun(true) => self.taking.is_kept(),
            Answer::Begun(false) | Answer::Lost if self.taking.is_over() => {}
            Answer::Begun(false) => {
                self.note(floor, Mark::Bad, "The meeting cannot be recorded now");
                self.taking.refused();
            }
            Answer::Lost => {
                self.note(floor, Mark::Bad, "The rest of the meeting is not recorded: it could not be kept");
                self.taking.give_up(floor);
            }
        }
        self.settle(takes, floor);
    }

    pub(super) fn lose_take(&mut self) {
        self.taking.lose();
    }

    /// True once nobody is there and the last of its sound has come; then its record goes out, if there was anything to record.
    pub(super) fn ends(&mut self, floor: &mut Floor<'_>) -> bool {
        let over = self.members.is_empty() && self.taking.is_done();
        if over && self.taking.kept() != Kept::NotAsked {
            let record = CallRecord {
                id: self.id,
                direction: Direction::Out,
                from: self.from.clone(),
                to: self.to.clone(),
                started: self.started,
                answered: self.met,
                taken: self.met.map_or(Taken::Never, Taken::At),
                left_message: false,
                queued: Vec::new(),
                ended: floor.now.wall,
                end: CallEnd::HungUp,
                fault: Fault::None,
                emergency: false,
                caller_quality: LegQuality::default(),
                callee_quality: LegQuality::default(),
                trace: std::mem::take(&mut self.trace),
            };
            floor.out.push_back(Output::Event(Event::Record(Box::new(record))));
        }
        over
    }

    /// Our people who are there.
    fn extensions(&self) -> Vec<String> {
        let inside = self.members.values().filter(|member| !member.at_door);
        let mut all: Vec<String> = inside.filter_map(|member| member.extension.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn begun(&self, extensions: &[String]) -> Ask {
        Ask::Begin(Box::new(Begun {
            direction: Direction::Out,
            from: self.from.clone(),
            to: self.to.clone(),
            started: self.started,
            answered: self.met,
            help: false,
            extensions: extensions.to_vec(),
            together: true,
            keep_days: self.terms.keep_days,
        }))
    }

    fn say_to_all(&mut self, said: Prompt, floor: &mut Floor<'_>) {
        // Who has not been told that it is recorded is told so instead of hearing that it goes on.
        let told = |member: &&Member| member.told || !self.terms.announced || said != Prompt::RecordingResumed;
        let inside = self.members.values().filter(|member| !member.at_door && member.telling.is_none());
        for session in inside.filter(told).map(|member| member.session).collect::<Vec<_>>() {
            self.say(session, said, floor);
        }
    }

    fn say(&mut self, session: media::SessionId, said: Prompt, floor: &mut Floor<'_>) {
        self.plays += 1;
        let play = PlayId(ROOM_PLAYS + self.plays);
        let sound = media::Sound::Several(words::said(&[said], floor.site.settings.language).into());
        floor.out.push_back(Output::Media(media::Command::Play { session, play, sound }));
    }

    fn note(&mut self, floor: &Floor<'_>, mark: Mark, title: impl Into<String>) {
        self.trace.note(floor.now.wall, mark, title, "");
    }
}
