//! The recording of a call: who talks is listened to by the media engine on both sides, and what it gives is sent on second by second, the two
//! sides together. Forwarded packets are not touched by it.
//!
//! What is recorded follows from who talks with whom after each step of the call ([`follow`]), so no stage has to know of it: whoever holds,
//! waits, is handed on or is in a room is not recorded. Before the first second is kept both have heard that it is, unless the plan says
//! otherwise. Nothing here delays a call or ends one: where a recording cannot be kept the call goes on without.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use media::{Clip, PlayId, RecordEnd, RecordId, SessionId, Sound};
use model::fax::Direction;
use model::recording::{Gap, RATE};
use model::trace::Mark;
use model::{Instant, Language, PhoneNumber, Wall};
use plan::{Between, Recording, Talk};
use prompts::Prompt;

use crate::api::Event;
use crate::call::peer::Peer;
use crate::call::{Side, Stage, Talking};
use crate::recording::{Answer, Ask, Begun};
use crate::step::Step;
use crate::taping::{Kept, LIMITS, PLAYS, SECOND_THOUGHTS, TAKES, Typed, notice};
use crate::words;

pub(crate) use keys::key;

mod keys;

/// Parts of one side that wait for the other's: both are of the same steps of one engine, and none is late unless it is lost.
const MAX_AHEAD: usize = 5;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    /// The number that somebody outside called.
    called: Option<PhoneNumber>,
    /// The language that was chosen on the way here, which those outside are told in.
    language: Option<Language>,
    /// Who talked after the last step.
    pair: Option<Pair>,
    /// How those who talk are recorded, if they are.
    terms: Option<Arc<Recording>>,
    /// One of our people asked for it, where it is not always done.
    demanded: bool,
    paused: bool,
    /// Somebody said no, it could not be kept, or it is as long as it may be: it is not asked again.
    over: bool,
    /// Who has heard that it is recorded.
    told: BTreeSet<SessionId>,
    /// The words that are being said, and to whom their end counts.
    telling: Option<(SessionId, PlayId)>,
    plays: u64,
    /// Until when somebody outside may say no.
    until: Option<Instant>,
    kept: Kept,
    take: Option<Take>,
    takes: u64,
    parts: u32,
    /// Nothing was recorded since a take ended.
    gap: bool,
    /// What each of our people has typed lately.
    typed: BTreeMap<SessionId, Typed>,
}

/// Two who talk: whoever called, and whoever was called.
type Pair = (SessionId, SessionId);

/// What is recorded without a break.
#[derive(Clone, Debug)]
struct Take {
    id: RecordId,
    sides: [Track; 2],
    /// The number of the parts that are kept next.
    next: u32,
    /// It was ended: since when, and why.
    ended: Option<(Wall, Gap)>,
}

/// One side of it. What waits here is a second or two.
#[derive(Clone, Debug)]
struct Track {
    session: SessionId,
    /// Its parts by their numbers, in their order.
    waiting: VecDeque<(u32, Clip)>,
    is_over: bool,
}

/// After each step: what is recorded from now on.
pub(crate) fn follow(stage: &Stage, step: &mut Step<'_>) {
    let mut tape = std::mem::take(&mut step.card.tape);
    if tape.called.is_none() && step.card.direction == Direction::In {
        tape.called = step.card.to.number.clone();
    }
    let talking = if let Stage::Talking(talking) = stage { Some(&**talking) } else { None };
    let pair = talking.map(|t| (t.peer(Side::Caller).line.session, t.peer(Side::Callee).line.session));
    if pair != tape.pair {
        tape.telling = None;
        tape.terms = talking.and_then(|talking| terms(&tape, talking, step)).map(Arc::new);
        let before = std::mem::replace(&mut tape.pair, pair);
        tape.say_pause(before, talking, step);
    }
    if matches!(stage, Stage::Closing(_)) {
        // Its sessions are closed, which ends what is recorded of them.
        tape.telling = None;
        tape.end_take(Gap::Elsewhere, step);
    } else {
        tape.settle(talking, step);
    }
    step.card.tape = tape;
}

/// What the plan says of the two who talk now.
fn terms(tape: &Tape, talking: &Talking, step: &Step<'_>) -> Option<Recording> {
    let extensions = extensions(talking, step);
    let ours = [Side::Caller, Side::Callee].map(|side| talking.peer(side).who.user.is_some());
    let between = match (ours, step.card.direction) {
        ([true, true], _) => Between::Inside,
        (_, Direction::In) => Between::In,
        (_, Direction::Out) => Between::Out,
    };
    let help = step.card.help.is_some() || step.card.sought_help;
    let talk = Talk { between, called: tape.called.as_ref(), extensions: &extensions, help };
    step.site.plan.recording(&talk, &step.site.settings)
}

/// Our people who talk.
fn extensions(talking: &Talking, step: &Step<'_>) -> Vec<String> {
    let user = |side| talking.peer(side).who.user.as_deref();
    let person = |user| step.site.settings.person(user).map(|p| p.extension.clone());
    [Side::Caller, Side::Callee].into_iter().filter_map(user).filter_map(person).collect()
}

/// Neither hears the other while one of them holds.
fn is_held(talking: &Talking) -> bool {
    let hears = |peer: &Peer| peer.wish().receives();
    !hears(talking.peer(Side::Caller)) || !hears(talking.peer(Side::Callee))
}

impl Tape {
    /// Whoever takes a call over whose recording somebody has paused learns that it is: it stays paused, as what was not to be recorded may still
    /// be said.
    fn say_pause(&mut self, before: Option<Pair>, talking: Option<&Talking>, step: &mut Step<'_>) {
        let Some(talking) = talking.filter(|_| self.paused && !self.over) else { return };
        let is_new = |session: SessionId| before.is_none_or(|(caller, callee)| ![caller, callee].contains(&session));
        let ours = [Side::Caller, Side::Callee].map(|side| talking.peer(side));
        let ours = ours.iter().filter(|peer| peer.who.user.is_some()).map(|peer| peer.line.session);
        for session in ours.filter(|session| is_new(*session)) {
            self.answer(session, Prompt::RecordingPaused, step);
        }
    }

    /// From now on those outside are told in this language: somebody chose it.
    pub(crate) const fn speaks(&mut self, language: Language) {
        self.language = Some(language);
    }

    /// In which language whoever is at this session is told: our people in the clinic's.
    fn language_of(&self, session: SessionId, talking: &Talking, step: &Step<'_>) -> Language {
        let mut sides = [Side::Caller, Side::Callee].into_iter().map(|side| talking.peer(side));
        let is_outside = sides.any(|peer| peer.line.session == session && peer.who.user.is_none());
        self.language.filter(|_| is_outside).unwrap_or(step.site.settings.language)
    }

    /// Something is recorded now.
    pub(crate) const fn records(&self) -> bool {
        self.take.is_some()
    }

    /// True if what is said now is wanted.
    fn wants(&self, talking: &Talking) -> bool {
        let wanted = self.terms.as_ref().is_some_and(|terms| terms.always || self.demanded);
        wanted && !self.paused && !self.over && !is_held(talking)
    }

    /// Brings what is done in line with what is wanted.
    fn settle(&mut self, talking: Option<&Talking>, step: &mut Step<'_>) {
        let Some(talking) = talking.filter(|talking| self.wants(talking)) else {
            self.telling = None;
            let why = match talking {
                Some(_) if self.paused => Gap::Paused,
                Some(talking) if is_held(talking) => Gap::Held,
                _ => Gap::Elsewhere,
            };
            return self.stop(why, step);
        };
        if self.take.as_ref().is_some_and(|take| Some(take.pair()) != self.pair) {
            return self.stop(Gap::Elsewhere, step);
        }
        if self.kept == Kept::NotAsked {
            self.ask_to_keep(talking, step);
        }
        match (self.telling, self.untold(talking)) {
            (None, Some(to)) => self.tell(to, talking, step),
            (None, None) if self.kept == Kept::Yes && self.take.is_none() => self.start(talking, step),
            _ => {}
        }
    }

    /// Who has to hear that it is recorded, and has not: those outside, or between extensions both.
    fn untold(&self, talking: &Talking) -> Option<SessionId> {
        if !self.terms.as_ref()?.announced {
            return None;
        }
        let sides = [Side::Caller, Side::Callee].map(|side| talking.peer(side));
        let inside = sides.iter().all(|peer| peer.who.user.is_some());
        let mut to_tell = sides.iter().filter(|peer| inside || peer.who.user.is_none());
        to_tell.find(|peer| !self.told.contains(&peer.line.session)).map(|peer| peer.line.session)
    }

    /// Both hear it, so that ours knows when it is over. `to`: whose end counts.
    fn tell(&mut self, to: SessionId, talking: &Talking, step: &mut Step<'_>) {
        let (Some(terms), Some((caller, callee))) = (self.terms.clone(), self.pair) else { return };
        let play = self.next_play();
        self.telling = Some((to, play));
        self.until = None;
        for session in [caller, callee] {
            let sound = notice(&terms, self.language_of(session, talking, step));
            step.media(media::Command::Play { session, play, sound });
        }
        step.note(Mark::Detail, "Both hear that the call is recorded", "");
    }

    /// Those who talk hear something of it at the moment.
    pub(crate) const fn is_telling(&self) -> bool {
        self.telling.is_some()
    }

    const fn next_play(&mut self) -> PlayId {
        self.plays += 1;
        PlayId(PLAYS + self.plays)
    }

    /// Says something to one of our people alone.
    fn answer(&mut self, session: SessionId, said: Prompt, step: &mut Step<'_>) {
        self.answer_in(step.site.settings.language, session, said, step);
    }

    fn answer_in(&mut self, language: Language, session: SessionId, said: Prompt, step: &mut Step<'_>) {
        let play = self.next_play();
        let sound = Sound::Several(words::said(&[said], language).into());
        step.media(media::Command::Play { session, play, sound });
    }

    fn ask_to_keep(&mut self, talking: &Talking, step: &mut Step<'_>) {
        let Some(terms) = &self.terms else { return };
        self.kept = Kept::Asked;
        step.note(Mark::Detail, terms.why.clone(), "");
        let card = &step.card;
        let begun = Begun {
            direction: card.direction,
            from: (*card.from).clone(),
            to: (*card.to).clone(),
            started: card.started,
            answered: card.answered,
            help: card.help.is_some() || card.sought_help,
            extensions: extensions(talking, step),
            together: false,
            keep_days: terms.keep_days,
        };
        ask(Ask::Begin(Box::new(begun)), step);
    }

    fn start(&mut self, talking: &Talking, step: &mut Step<'_>) {
        let Some((caller, callee)) = self.pair else { return };
        self.takes += 1;
        // Of no other take, also of the call that one of them has come from.
        let id = RecordId(TAKES | callee.0 << 36 | caller.0 << 12 | self.takes & 0xfff);
        for session in [caller, callee] {
            step.media(media::Command::Record { session, record: id, limits: LIMITS });
        }
        let track = |session| Track { session, waiting: VecDeque::new(), is_over: false };
        self.take = Some(Take { id, sides: [caller, callee].map(track), next: 0, ended: None });
        if std::mem::take(&mut self.gap) {
            ask(Ask::GoesOn { at: step.now.wall, extensions: extensions(talking, step) }, step);
            step.note(Mark::Detail, "The recording goes on", "");
        } else {
            step.note(Mark::Good, "The recording begins", "");
        }
    }

    /// Ends what is recorded. Its last parts are on their way.
    fn stop(&mut self, why: Gap, step: &mut Step<'_>) {
        let Some(sessions) = self.end_take(why, step) else { return };
        for session in sessions {
            if step.is_open(session) {
                step.media(media::Command::StopRecord { session });
            }
        }
        match why {
            Gap::Paused => {}
            Gap::Held => step.note(Mark::Detail, "Nothing is recorded during the hold", ""),
            Gap::Elsewhere | Gap::Alone | Gap::Declined => step.note(Mark::Detail, "The recording stops", ""),
        }
    }

    /// Nothing more belongs to it than what is on its way. Of whom it was, if it was not over.
    fn end_take(&mut self, why: Gap, step: &Step<'_>) -> Option<[SessionId; 2]> {
        let take = self.take.as_mut().filter(|take| take.ended.is_none())?;
        take.ended = Some((step.now.wall, why));
        Some(take.sides.each_ref().map(|track| track.session))
    }

    /// A part of one side. `None` if it is none of ours.
    fn heard(&mut self, event: &media::Event, step: &mut Step<'_>) -> Option<()> {
        let media::Event::Recorded { session, record, number, part, end } = event else { return None };
        let take = self.take.as_mut().filter(|take| take.id == *record)?;
        let is_kept = !part.samples().is_empty() && *number >= take.next;
        for track in &mut take.sides {
            if track.session == *session {
                track.waiting.extend(is_kept.then(|| (*number, part.clone())));
                track.is_over |= end.is_some();
            }
        }
        // Who was given away to another call tells us nothing more.
        let any_over = take.sides.iter().any(|track| track.is_over);
        for track in &mut take.sides {
            track.is_over |= any_over && !step.has(track.session);
        }
        while let Some([caller, callee]) = take.next() {
            let number = self.parts;
            self.parts += 1;
            if !self.over {
                ask(Ask::Part { number, caller, callee: Some(callee) }, step);
            }
        }
        let limit = *end == Some(RecordEnd::Limit);
        self.over |= limit;
        if take.sides.iter().all(|track| track.is_over) {
            let ended = take.ended.unwrap_or((step.now.wall, Gap::Elsewhere));
            self.take = None;
            if !self.over {
                self.gap = true;
                ask(Ask::Stopped { at: ended.0, why: ended.1 }, step);
            }
        } else if limit {
            step.note(Mark::Warn, "The recording is as long as one may be", "");
            self.stop(Gap::Elsewhere, step);
        }
        Some(())
    }

    /// It is not wanted, or cannot be.
    fn give_up(&mut self, step: &mut Step<'_>) {
        self.over = true;
        self.telling = None;
        for session in self.end_take(Gap::Elsewhere, step).into_iter().flatten() {
            step.media(media::Command::StopRecord { session });
        }
    }
}

impl Take {
    const fn pair(&self) -> (SessionId, SessionId) {
        (self.sides[0].session, self.sides[1].session)
    }

    /// What both said in the same second. A side whose part is lost, or that has ended, is silent for the rest of the other.
    fn next(&mut self) -> Option<[Clip; 2]> {
        let has = |track: &Track| !track.waiting.is_empty();
        let any = self.sides.iter().any(has);
        let late = self.sides.iter().any(|track| track.waiting.len() > MAX_AHEAD);
        let all = late || self.sides.iter().all(|track| has(track) || track.is_over);
        if !any || !all {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let silence = |samples| Clip::new(RATE, vec![0; samples]);
        Some(match self.sides.each_mut().map(|track| track.take(number)) {
            // Later parts are where their time is, also when one of both sides is lost.
            [None, None] => [silence(RATE as usize), silence(0)],
            parts => parts.map(|part| part.unwrap_or_else(|| silence(0))),
        })
    }
}

impl Track {
    /// The part of this number, if that is the next that is there.
    fn take(&mut self, number: u32) -> Option<Clip> {
        self.waiting.pop_front_if(|(next, _)| *next == number).map(|(_, part)| part)
    }
}

/// What the media engine says of it, in whatever stage the call is. True if it was about nothing else.
pub(crate) fn hear(event: &media::Event, step: &mut Step<'_>) -> bool {
    let mut tape = std::mem::take(&mut step.card.tape);
    let mine = match event {
        media::Event::Recorded { .. } => tape.heard(event, step).is_some(),
        media::Event::Played { session, play } if play.0 > PLAYS => {
            if tape.telling == Some((*session, *play)) {
                tape.telling = None;
                tape.told.extend(tape.pair.into_iter().flat_map(|(caller, callee)| [caller, callee]));
                tape.until = Some(step.now.instant + SECOND_THOUGHTS);
            }
            true
        }
        _ => false,
    };
    step.card.tape = tape;
    mine
}

/// Whoever keeps recordings answers.
pub(crate) fn answered(answer: Answer, step: &mut Step<'_>) {
    let mut tape = std::mem::take(&mut step.card.tape);
    match answer {
        Answer::Begun(true) => tape.kept = Kept::Yes,
        Answer::Begun(false) => {
            step.note(Mark::Bad, "The call cannot be recorded now", "");
            tape.give_up(step);
        }
        Answer::Lost if !tape.over => {
            step.note(Mark::Bad, "The rest of the call is not recorded: it could not be kept", "");
            tape.give_up(step);
        }
        Answer::Lost => {}
    }
    step.card.tape = tape;
}

fn ask(ask: Ask, step: &mut Step<'_>) {
    step.event(Event::Recording { call: step.card.id, ask });
}
