//! What the engine hears and says itself, in steps for all sessions together.
//!
//! A step is cut into units of one session each, and [`Engine::step`] does few of them at a time: between two calls the shell looks at its
//! packets, so that none waits for a room to be mixed or for another codec.

use std::collections::VecDeque;
use std::time::Duration;

use model::{Instant, Now};

use super::reports::mix;
use super::session::{Mode, Session};
use super::{Engine, MAX_PENDING};
use crate::api::{Event, Output, SessionId, Voice};
use crate::rtp;
use crate::sdp::Codec;
use crate::sound::{PlayId, RecordEnd, RecordId, RecordLimits, RoomId, Sound};
use crate::stats::sent::Last;
use crate::voice::ear::Ear;
use crate::voice::fax_ear::FaxEar;
use crate::voice::key_ear::KeyEar;
use crate::voice::keys::Keys;
use crate::voice::mouth::Mouth;
use crate::voice::player::Player;
use crate::voice::record::{Recorder, Whom};
use crate::voice::resample::Resampler;
use crate::voice::room::{self, MAX_PARTIES};
use crate::voice::{TICK, begin_of, frame, tick_of};

/// How long an end is listened to for the call of a fax machine, from when it was known how it speaks. A machine that was answered has
/// called a dozen times by then (T.30: every 3.5 s).
const FAX_LISTENING: Duration = Duration::from_secs(45);
/// Steps that are made up for after a stall. What is older is left out, as if nobody had spoken.
const MAX_BEHIND: u64 = 5;
/// Microseconds of work before packets are looked at again, as far as they are known beforehand.
const BUDGET: u32 = 30;
/// Microseconds of a unit in which there is nothing to do, and of sending a packet.
const LOOK: u32 = 1;
const SEND: u32 = 6;

/// A session's part in what is heard and said here. Nothing of it is there for a session that only forwards.
#[derive(Debug, Default)]
pub(super) struct Speech {
    /// In its room the others do not hear it.
    muted: bool,
    pub(super) voice: Option<Voice>,
    pub(super) ear: Option<Box<Ear>>,
    /// Instead of an ear, where a fax machine is all that is listened for.
    pub(super) fax_ear: Option<Box<FaxEar>>,
    /// Instead of an ear, where what it says is forwarded to an end that is told its keys.
    pub(super) key_ear: Option<Box<KeyEar>>,
    pub(super) record: Option<Box<Recorder>>,
    mouth: Option<Box<Mouth>>,
    pub(super) player: Option<Box<Player>>,
    /// What we press for it, before anything else is said.
    pub(super) keys: Option<Box<Keys>>,
    /// From the partner's rate, or the room's, to this end's.
    resampler: Option<Box<(u32, u32, Resampler)>>,
    /// We speak: what is forwarded to it is not sent.
    own: bool,
    /// Between two that speak different codecs a telephone event passes even so.
    translates: bool,
    /// It has said something that its partner has not agreed to. Until either agrees to something else, all is translated.
    pub(super) is_foreign: bool,
    /// Its keys are tones, and its partner knows telephone events: it is told them.
    pub(super) tells_keys: bool,
    /// It or its partner was heard to be a fax machine: what they say is theirs.
    pub(super) is_fax: bool,
    fax_until: Option<Instant>,
    fax_told: bool,
    /// It was put together with another end before.
    has_met: bool,
}

impl Speech {
    /// Somebody has ordered what it hears; a key is none of that.
    pub(super) fn is_played_to(&self) -> bool {
        self.player.as_ref().is_some_and(|player| player.play.is_some())
    }

    /// A forwarded packet in this codec is nothing to this end: it has not agreed to it.
    pub(super) fn cannot_take(&self, codec: Codec) -> bool {
        !self.translates && self.voice.is_some_and(|voice| !voice.takes.has(codec))
    }

    /// What goes to this end from now on is a stream of ours, whoever says it.
    pub(super) fn begin(&mut self, now: Now, session: SessionId) {
        if let (Some(voice), None) = (self.voice, &self.mouth) {
            self.mouth = Some(Box::new(Mouth::new(voice, source(now, session), now.instant)));
        }
    }

    /// Another end is forwarded to this one than was until now: the stream that it has heard goes on.
    pub(super) fn goes_on(&mut self, last: Last) {
        if let (Some(voice), None) = (self.voice, &self.mouth)
            && voice.codec.clock() == last.clock
        {
            self.mouth = Some(Box::new(Mouth::after(voice, last)));
        }
    }

    /// We speak to this end: in the stream that it has heard until now, if there was one.
    fn speaks_up(&mut self, now: Now, session: SessionId, heard: Option<Last>) {
        heard.into_iter().for_each(|last| self.goes_on(last));
        self.begin(now, session);
    }

    /// Whether a forwarded packet may go to this end. It becomes part of our stream, if there is one.
    pub(super) fn passes(&mut self, now: Instant, data: &mut [u8], telephone_event: bool) -> bool {
        if self.own && !(telephone_event && self.translates && self.player.is_none() && self.keys.is_none()) {
            return false;
        }
        match &mut self.mouth {
            None => true,
            Some(mouth) if self.own => mouth.event(data),
            Some(mouth) => mouth.splice(now, data),
        }
    }
}

/// The steps of all sessions.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// The step that is being made, or was made last.
    pub(super) tick: u64,
    work: VecDeque<Unit>,
    /// When there is something to do.
    due: Option<Instant>,
}

impl Steps {
    pub(super) fn due(&self) -> Instant {
        self.due.unwrap_or(Instant::FAR_FUTURE)
    }
}

/// A piece of a step.
#[derive(Clone, Copy, Debug)]
enum Unit {
    Hear(SessionId),
    Mix(RoomId),
    Say(SessionId),
}

impl Engine {
    pub(super) fn voice(&mut self, now: Now, session: SessionId, voice: Option<Voice>) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        leg.speech.voice = voice.filter(|v| v.payload_type < 128);
        leg.speech.is_foreign = false;
        if voice.is_some() {
            leg.speech.fax_until.get_or_insert(now.instant + FAX_LISTENING);
        }
        let partner = leg.mode;
        if let Mode::Bridge(peer) = partner
            && let Some(peer) = self.sessions.get_mut(&peer)
        {
            peer.speech.is_foreign = false;
        }
        self.refresh(now, session);
        if let Mode::Bridge(peer) = partner {
            self.refresh(now, peer);
        }
    }

    /// A session has said something that its partner cannot take.
    pub(super) fn said_what_is_foreign(&mut self, now: Now, session: SessionId, partner: SessionId) {
        if let Some(leg) = self.sessions.get_mut(&session) {
            leg.speech.is_foreign = true;
        }
        self.refresh(now, session);
        self.refresh(now, partner);
    }

    pub(super) fn enter(&mut self, now: Now, session: SessionId, room: RoomId) {
        let full =
            self.rooms.get(&room).is_some_and(|r| r.parties.len() >= MAX_PARTIES && !r.parties.contains(&session));
        if full || !self.sessions.contains_key(&session) {
            return self.set_mode(now, session, Mode::Idle);
        }
        self.set_mode(now, session, Mode::Room(room));
        let parties = &mut self.rooms.entry(room).or_default().parties;
        if !parties.contains(&session) {
            parties.push(session);
        }
    }

    pub(super) fn mute(&mut self, session: SessionId, muted: bool) {
        if let Some(leg) = self.sessions.get_mut(&session).filter(|leg| matches!(leg.mode, Mode::Room(_))) {
            leg.speech.muted = muted;
        }
    }

    pub(super) fn leave_room(&mut self, session: SessionId, room: RoomId) {
        if let Some(leg) = self.sessions.get_mut(&session) {
            leg.speech.muted = false;
        }
        if let Some(left) = self.rooms.get_mut(&room) {
            left.parties.retain(|party| *party != session);
            if left.parties.is_empty()
                && let Some(mut record) = self.rooms.remove(&room).and_then(|left| left.record)
            {
                self.event(record.report(Some(RecordEnd::Closed)));
            }
        }
    }

    pub(super) fn play(&mut self, now: Now, session: SessionId, play: PlayId, sound: &Sound) {
        let Some(leg) = self.sessions.get_mut(&session).filter(|leg| leg.mode != Mode::Raw) else { return };
        (leg.speech.player, leg.speech.keys) = (Some(Box::new(Player::new(Some(play), sound))), None);
        self.refresh(now, session);
    }

    pub(super) fn stop(&mut self, now: Now, session: SessionId) {
        if let Some(leg) = self.sessions.get_mut(&session) {
            leg.speech.player = None;
            self.refresh(now, session);
        }
    }

    pub(super) fn record(&mut self, now: Now, session: SessionId, record: RecordId, limits: RecordLimits) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        let before = leg.speech.record.replace(Box::new(Recorder::new(Whom::Party(session), record, limits)));
        self.refresh(now, session);
        if let Some(mut before) = before {
            self.event(before.report(Some(RecordEnd::Stopped)));
        }
    }

    /// All who are in a room are decoded anyway, so nothing else changes for them.
    pub(super) fn record_room(&mut self, room: RoomId, record: RecordId, limits: RecordLimits) {
        let mut recorder = Box::new(Recorder::new(Whom::Room(room), record, limits));
        let over = match self.rooms.get_mut(&room) {
            Some(recorded) => {
                recorded.record.replace(recorder).map(|mut before| before.report(Some(RecordEnd::Stopped)))
            }
            None => Some(recorder.report(Some(RecordEnd::Closed))),
        };
        over.into_iter().for_each(|event| self.event(event));
    }

    pub(super) fn stop_record_room(&mut self, room: RoomId) {
        if let Some(mut record) = self.rooms.get_mut(&room).and_then(|recorded| recorded.record.take()) {
            self.event(record.report(Some(RecordEnd::Stopped)));
        }
    }

    pub(super) fn stop_record(&mut self, now: Now, session: SessionId) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        if let Some(mut record) = leg.speech.record.take() {
            self.event(record.report(Some(RecordEnd::Stopped)));
            self.refresh(now, session);
        }
    }

    /// Two meet: whoever spoke to a machine of ours until now may be a fax machine itself, which then calls on.
    pub(super) fn meets(&mut self, now: Now, session: SessionId) {
        if let Some(leg) = self.sessions.get_mut(&session)
            && leg.speech.fax_until.is_some()
            && !std::mem::replace(&mut leg.speech.has_met, true)
        {
            leg.speech.fax_told = false;
            leg.speech.fax_until = Some(now.instant + FAX_LISTENING);
        }
    }

    /// The session is gone, and what was recorded of it is told.
    pub(super) fn end_record(&mut self, record: Option<Box<Recorder>>) {
        if let Some(mut record) = record {
            self.event(record.report(Some(RecordEnd::Closed)));
        }
    }

    pub(super) fn forget(&mut self, session: SessionId) {
        self.speaking.remove(&session);
    }

    /// Brings what is there for a session in line with what is wanted of it.
    pub(super) fn refresh(&mut self, now: Now, session: SessionId) {
        let partner = self.partner(session);
        let translates = partner.is_some_and(|partner| self.translates(partner, session));
        let is_translated = partner.is_some_and(|partner| self.translates(session, partner));
        let tells_keys = partner.is_some_and(|partner| self.tells_keys(session, partner));
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        let in_room = matches!(leg.mode, Mode::Room(_));
        let raw = leg.mode == Mode::Raw;
        let telephone_event = leg.telephone_event.is_some();
        let (heard, last) = (leg.heard, leg.said_by_others());
        let speech = &mut leg.speech;
        if raw {
            (speech.player, speech.keys) = (None, None);
        }
        // No fax machine speaks Opus, and to decode it is dear.
        let opus = speech.voice.is_some_and(|voice| voice.codec == Codec::Opus);
        // An end that says nothing is no machine that calls: until its first packet it costs neither steps nor a jitter buffer.
        let may_call = heard && !opus && !speech.fax_told;
        let fax = may_call && speech.fax_until.is_some_and(|until| now.instant < until);
        let passing = tells_keys && !is_translated;
        let all = in_room || is_translated || speech.record.is_some() || !telephone_event && !passing;
        let little = fax && !all && speech.voice.is_some_and(|voice| voice.codec.is_g711());
        let hears = !raw && (all || fax && !little);
        match (speech.voice.filter(|_| hears), &mut speech.ear) {
            (Some(voice), Some(ear)) => ear.speaks(voice),
            (Some(voice), ear) => *ear = Some(Box::new(Ear::new(voice))),
            (None, ear) => *ear = None,
        }
        match little && !raw {
            true => drop(speech.fax_ear.get_or_insert_default()),
            false => speech.fax_ear = None,
        }
        match passing {
            true => drop(speech.key_ear.get_or_insert_default()),
            false => speech.key_ear = None,
        }
        speech.tells_keys = tells_keys;
        speech.translates = translates;
        speech.own = in_room || translates || speech.player.is_some() || speech.keys.is_some();
        match (speech.voice, &mut speech.mouth) {
            (Some(voice), Some(mouth)) => mouth.speaks(voice, source(now, session), now.instant),
            _ if speech.own => speech.speaks_up(now, session, last),
            _ => {}
        }
        if speech.own || speech.ear.is_some() || speech.fax_ear.is_some() || speech.record.is_some() {
            self.speaking.insert(session);
            self.steps.due.get_or_insert(begin_of(tick_of(now.instant) + 1));
        } else {
            self.speaking.remove(&session);
        }
    }

    /// Whom it is bridged to.
    pub(super) fn partner(&self, session: SessionId) -> Option<SessionId> {
        let Mode::Bridge(partner) = self.sessions.get(&session)?.mode else { return None };
        self.sessions.get(&partner).filter(|leg| leg.mode == Mode::Bridge(session)).map(|_| partner)
    }

    /// What one says to the other, whom it is bridged to, is decoded here: they speak different codecs, one of the two says what the other has not
    /// agreed to, or there may be tones of keys in what nobody could take them out of.
    fn translates(&self, from: SessionId, to: SessionId) -> bool {
        let (Some(one), Some(other)) = (self.sessions.get(&from), self.sessions.get(&to)) else { return false };
        let is_foreign = one.speech.is_foreign || other.speech.is_foreign;
        let (Some(a), Some(b)) = (one.speech.voice, other.speech.voice) else { return false };
        is_foreign || a.codec != b.codec || !a.codec.is_g711() && self.tells_keys(from, to)
    }

    /// A fax machine is heard in a call: what is said in it is said to a machine.
    fn is_fax(&mut self, session: SessionId) {
        for session in [Some(session), self.partner(session)].into_iter().flatten() {
            self.sessions.get_mut(&session).into_iter().for_each(|leg| leg.speech.is_fax = true);
        }
    }

    /// A few units of the step that is due.
    pub(super) fn step(&mut self, now: Now) {
        if now.instant < self.steps.due() {
            return;
        }
        if self.steps.work.is_empty() {
            self.begin_step(now);
        }
        let mut spent = 0;
        while spent < BUDGET {
            let Some(unit) = self.steps.work.pop_front() else { break };
            spent += match unit {
                Unit::Hear(session) => self.hear(now, session),
                Unit::Mix(room) => self.mix(room),
                Unit::Say(session) => self.say(now, session),
            };
        }
        if self.steps.work.is_empty() {
            self.steps.due = (!self.speaking.is_empty()).then(|| begin_of(self.steps.tick + 1));
        }
    }

    fn begin_step(&mut self, now: Now) {
        let current = tick_of(now.instant);
        let oldest = current.saturating_sub(MAX_BEHIND);
        self.steps.tick = tick_of(self.steps.due()).clamp(oldest, current.max(oldest));
        let Self { steps, speaking, rooms, .. } = self;
        steps.work.extend(speaking.iter().map(|s| Unit::Hear(*s)));
        steps.work.extend(rooms.keys().map(|r| Unit::Mix(*r)));
        steps.work.extend(speaking.iter().map(|s| Unit::Say(*s)));
    }

    /// What the party says in this step, and what that tells.
    fn hear(&mut self, now: Now, session: SessionId) -> u32 {
        let at = begin_of(self.steps.tick);
        let Some(leg) = self.sessions.get_mut(&session) else { return 0 };
        let Session { mode, speech, telephone_event, .. } = leg;
        let (mut told, mut pressed) = (Vec::new(), Vec::new());
        let mut cost = 1;
        let tells_keys = speech.tells_keys && !speech.is_fax;
        if let Some(ear) = &mut speech.ear {
            cost = cost_of(speech.voice);
            ear.step(at);
            if matches!(mode, Mode::Room(_)) {
                ear.widen();
            }
            let listening = speech.fax_until.is_some_and(|until| now.instant < until);
            let keys = telephone_event.is_none() && speech.key_ear.is_none();
            let heard = ear.listen(listening && !speech.fax_told, keys);
            if heard.fax {
                speech.fax_told = true;
                told.push(Event::FaxTone { session });
            }
            pressed = heard.keys;
            speech.fax_told |= !listening;
        } else if let Some(ear) = &mut speech.fax_ear {
            cost = cost_of(speech.voice);
            if !speech.fax_told && ear.step() {
                speech.fax_told = true;
                told.push(Event::FaxTone { session });
            }
            speech.fax_told |= speech.fax_until.is_none_or(|until| now.instant >= until);
        }
        if let Some(record) = &mut speech.record {
            let silence = [0; frame(8_000)];
            let (rate, frame) = speech.ear.as_ref().map_or((8_000, &silence[..]), |ear| (ear.rate(), ear.frame()));
            let (event, ended) = record.hear(rate, frame);
            told.extend(event);
            if ended {
                speech.record = None;
            }
        }
        if told.contains(&Event::FaxTone { session }) {
            self.is_fax(session);
        }
        for digit in pressed {
            told.push(Event::Dtmf { session, digit });
            if let Some(partner) = self.partner(session).filter(|_| tells_keys) {
                self.press(now, partner, digit);
            }
        }
        told.into_iter().for_each(|event| self.event(event));
        cost
    }

    fn mix(&mut self, id: RoomId) -> u32 {
        let Some(mixed) = self.rooms.get_mut(&id) else { return 0 };
        let voices = mixed.parties.iter().filter_map(|party| Some(&self.sessions.get(party)?.speech));
        let ears = voices.filter(|voice| !voice.muted).filter_map(|voice| voice.ear.as_ref());
        room::add_all(&mut mixed.sum, ears.map(|ear| ear.wide()));
        let cost = LOOK + mixed.parties.len() as u32 / 4;
        if let Some(mut record) = mixed.record.take() {
            let mut all = Vec::with_capacity(frame(room::RATE));
            mixed.without(&[], &mut all);
            let (event, ended) = record.hear(room::RATE, &all);
            mixed.record = (!ended).then_some(record);
            event.into_iter().for_each(|event| self.event(event));
        }
        cost
    }

    /// What the party hears in this step, if it is for us to say.
    fn say(&mut self, now: Now, session: SessionId) -> u32 {
        if let Some(cost) = self.press_on(now, session) {
            return cost;
        }
        let tick = self.steps.tick;
        let heard = self.for_party(session);
        let Some(leg) = self.sessions.get_mut(&session) else { return 0 };
        let rate = leg.speech.mouth.as_ref().map_or(8_000, |mouth| mouth.rate());
        let mut samples = Vec::with_capacity(frame(rate));
        let mut played = None;
        let mut over = false;
        if let Some(player) = &mut leg.speech.player {
            over = !player.take(rate, frame(rate), &mut samples);
            played = player.play.filter(|_| over);
        } else if let Some((from, heard)) = heard {
            leg.speech.adapt(from, rate, &heard, &mut samples);
        }
        if over {
            leg.speech.player = None;
        }
        let silent = samples.is_empty();
        let cost = if silent {
            LOOK
        } else {
            let said = |mouth: &mut Mouth, send: &mut dyn FnMut(Vec<u8>, usize)| mouth.say(tick, &samples, send);
            leg.say(now, session, &mut self.pending, true, said)
        };
        if let Some(play) = played {
            self.event(Event::Played { session, play });
        }
        if over || silent {
            self.refresh(now, session);
        }
        cost
    }

    /// The sound of a room or of the partner, with its rate.
    fn for_party(&self, session: SessionId) -> Option<(u32, Vec<i16>)> {
        let leg = self.sessions.get(&session)?;
        if leg.speech.player.is_some() {
            return None;
        }
        match leg.mode {
            Mode::Room(id) => {
                let own = leg.speech.ear.as_ref().filter(|_| !leg.speech.muted).map_or(&[][..], |ear| ear.wide());
                let mut heard = Vec::with_capacity(frame(room::RATE));
                self.rooms.get(&id)?.without(own, &mut heard);
                Some((room::RATE, heard))
            }
            Mode::Bridge(peer) if leg.speech.translates => {
                let Speech { ear, tells_keys, is_fax, .. } = &self.sessions.get(&peer)?.speech;
                let ear = ear.as_ref()?;
                // They are told the key.
                let is_key = *tells_keys && !is_fax && ear.seems_pressed();
                let heard = if is_key { vec![0; ear.frame().len()] } else { ear.frame().to_vec() };
                Some((ear.rate(), heard))
            }
            Mode::Bridge(_) | Mode::Idle | Mode::Echo | Mode::Raw | Mode::Tapped => None,
        }
    }
}

impl Speech {
    fn adapt(&mut self, from: u32, to: u32, samples: &[i16], out: &mut Vec<i16>) {
        let fresh = self.resampler.as_ref().is_none_or(|between| (between.0, between.1) != (from, to));
        if fresh {
            self.resampler = Some(Box::new((from, to, Resampler::new(from, to))));
        }
        if let Some(between) = &mut self.resampler {
            between.2.run(samples, out);
        }
    }
}

impl Session {
    /// Says a step, if the party can be reached now. Gives what that cost.
    pub(super) fn say(
        &mut self,
        now: Now,
        session: SessionId,
        pending: &mut VecDeque<Output>,
        is_sound: bool,
        said: impl FnOnce(&mut Mouth, &mut dyn FnMut(Vec<u8>, usize)),
    ) -> u32 {
        let cost = SEND + cost_of(self.speech.voice);
        let Some(to) = self.latch.target() else { return cost };
        let Some(mut mouth) = self.speech.voice.and_then(|_| self.speech.mouth.take()) else { return cost };
        said(&mut mouth, &mut |mut packet, plain| {
            if let Some(length) = self.seal(&mut packet, plain)
                && pending.len() < MAX_PENDING
            {
                packet.truncate(length);
                self.count_sent(now, &packet, plain - rtp::FIXED, is_sound);
                pending.push_back(Output::Transmit { session, to, data: packet.into() });
            }
        });
        self.speech.mouth = Some(mouth);
        cost
    }
}

/// Microseconds to decode or to encode a step.
const fn cost_of(voice: Option<Voice>) -> u32 {
    match voice {
        Some(Voice { codec: Codec::Opus, .. }) => 60,
        Some(Voice { codec: Codec::G722, .. }) => 15,
        _ => 2,
    }
}

/// A source for our stream.
const fn source(now: Now, session: SessionId) -> u32 {
    mix(now.instant.nanos() ^ session.0.rotate_left(32)).wrapping_shr(32) as u32
}

const _: () = assert!(TICK.as_millis() as u64 * 50 == 1000, "fifty steps a second");
