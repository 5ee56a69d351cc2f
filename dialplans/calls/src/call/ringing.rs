//! A caller waits while phones or trunks are called. The first answer wins; all others are cancelled.

pub(crate) mod find_me;

use std::net::IpAddr;

use media::Family;
use media::sdp::{self, Direction, Formats};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use plan::Next;
use sip::api::{self as sip_api, Event as SipEvent, LegId};

use crate::call::entry::Side;
use crate::call::join::{Given, Parcel, StillRings};
use crate::call::peer::{Peer, Who};
use crate::call::replace::Newcomer;
use crate::call::route::{Fork, Route};
use crate::call::search::Search;
use crate::call::transferring::Following;
use crate::call::way::{self, Journey, Seat, missed};
use crate::call::{CallEvent, EndedFor, FaxBetween, Onward, Stage, Talking};
use crate::line::Line;
use crate::refusal::{self, Ending};
use crate::site::At;
use crate::step::Step;
use crate::timers::CallTimer;

/// Ports that could not be bound before we stop believing in the next one.
const MAX_REBINDS: u8 = 3;

/// A caller who waits for our answer.
pub(crate) struct Waiting {
    pub(crate) leg: LegId,
    pub(crate) who: Who,
    /// What it offered; none if it wants our offer.
    pub(crate) offer: Option<sdp::Session>,
    /// Where it has moved its media since (an UPDATE before the answer).
    pub(crate) moved: Option<sdp::Audio>,
}

impl Waiting {
    /// Where its sound will come from: the address of its signalling, or where its offer says if that is of the other family.
    pub(crate) fn at(&self) -> Option<At> {
        let signalling = self.who.address();
        let named = self.offer.as_ref().and_then(sdp::Session::named);
        let same = |named: &IpAddr| signalling.is_some_and(|at| Family::of(at.peer) == Family::of(*named));
        named.filter(|named| !same(named)).map(At::alone).or(signalling)
    }

    /// It can be spoken to: it does not offer T.38 alone.
    pub(crate) fn offers_sound(&self) -> bool {
        self.offer.as_ref().is_none_or(|offer| offer.open_audio().is_some())
    }

    /// What it offers of T.38, if that is all: it calls a fax machine.
    pub(crate) fn image_alone(&self) -> Option<&sdp::Image> {
        self.offer.as_ref().filter(|_| !self.offers_sound())?.open_image()
    }

    /// What may be said to it while the other side says `formats`: the same if it can, and else what it can, which is then translated. One that has
    /// not said what it can is offered all there is.
    fn understands(&self, formats: &Formats) -> Formats {
        match self.offer.as_ref().and_then(sdp::Session::open_audio) {
            None if self.offer.is_none() => formats.clone().before(&Formats::ours()),
            Some(audio) if audio.formats.common(formats).codecs.is_empty() => audio.formats.common(&Formats::ours()),
            _ => formats.clone(),
        }
    }
}

/// The stage.
pub(crate) struct Ringing {
    caller: Waiting,
    /// Our session towards the caller.
    near: Line,
    search: Search,
    told: Told,
    /// Whose tones the caller hears.
    early: Option<LegId>,
    /// As what the caller was told then that they are spoken with: that holds for the whole call.
    promised: Option<Formats>,
    /// Who has answered outside, and is asked whether they take the call.
    asked: Option<Box<Peer>>,
    rebinds: u8,
    /// The way of the call through the plan; a call for help has none.
    journey: Option<Journey>,
    /// What comes if nobody takes it.
    then: Next,
}

/// What the caller has heard so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Ringing,
    /// The called side's own tones; our description is fixed by now.
    EarlyMedia,
}

impl Ringing {
    /// Calls the called side.
    pub(crate) fn begin(
        caller: Waiting,
        mut route: Route,
        journey: Option<Journey>,
        then: Next,
        step: &mut Step<'_>,
    ) -> Stage {
        let (formats, ways) = match &caller.offer {
            None => (Formats::ours(), Direction::SendRecv),
            Some(offer) => match offer.open_audio() {
                Some(audio) => {
                    let known = audio.formats.common(&Formats::ours());
                    let known = if step.card.help.is_some() { known.for_help() } else { known };
                    let known = if matches!(route, Route::Phones { .. }) { known.with_events() } else { known };
                    (known.with_g711(), audio.wanted())
                }
                // A machine hears it translated; no person could.
                None if rings_machines(&caller, &mut route, step) => (Formats::g711(), Direction::SendRecv),
                None => {
                    step.note(
                        Mark::Bad,
                        "The phone offered no audio that Frontdesk knows",
                        "G.711, G.722 or Opus is needed",
                    );
                    return step.finish(Ending::new(CallEnd::Refused, Fault::Caller).code(488));
                }
            },
        };
        // Help hears and is heard, whatever a phone says of itself.
        let ways = if step.card.help.is_some() { Direction::SendRecv } else { ways };
        if route.is_empty(&step.card.from, step) {
            step.note(Mark::Warn, "No phone is registered there", "");
            return way::nobody(Seat::Waiting(caller), journey, &then, &refusal::by_phones(&[]), step);
        }
        let (Some(near), Some(far)) = (step.open_to(Side::Caller, caller.at()), step.open(Side::Callee)) else {
            step.note(Mark::Bad, "Every media port is in use", "");
            return step.finish(Ending::overload());
        };
        let mut search = Search::new(far, formats, ways, caller.who.clone(), route);
        search.begin(step);
        if let Some(ask) = search.asks_also(step).filter(|_| caller.offers_sound()) {
            step.ask(ask);
        }
        let (told, early, promised, asked) = (Told::Nothing, None, None, None);
        Self { caller, near, search, told, early, promised, asked, rebinds: 0, journey, then }.unless_over(step)
    }

    fn unless_over(mut self, step: &mut Step<'_>) -> Stage {
        if self.asked.is_some() || self.search.goes_on(step) {
            return Stage::Ringing(Box::new(self));
        }
        let ending = self.search.exhausted();
        self.over(ending, step)
    }

    /// Nobody took the call, unless whom it was for forwards such calls, or the plan knows what comes next.
    fn over(self, ending: Ending, step: &mut Step<'_>) -> Stage {
        match self.search.onward(&ending, step) {
            Some(ask) => {
                step.ask(ask);
                Stage::Ringing(Box::new(self))
            }
            None => self.nobody(&ending, step),
        }
    }

    fn nobody(self, ending: &Ending, step: &mut Step<'_>) -> Stage {
        let Self { caller, near, search, told, journey, then, .. } = self;
        let goes_on = journey.is_some() && then.after(missed(ending)).is_some();
        // The caller hears the tones of a carrier already, under a description that holds for the whole call.
        if told == Told::EarlyMedia || !goes_on {
            return step.finish(*ending);
        }
        step.note(Mark::Warn, "Nobody took the call", ending.end.sentence());
        search.give_up(step);
        step.retire(near.session);
        way::nobody(Seat::Waiting(caller), journey, &then, ending, step)
    }

    /// It goes on where whom it was for forwards such calls, as a call that comes there.
    fn go_on(self: Box<Self>, onward: Onward, step: &mut Step<'_>) -> Stage {
        match (onward.target(step), self.journey.clone()) {
            (Ok((target, toll)), Some(journey)) => {
                let Self { caller, near, search, .. } = *self;
                let far = search.end(step);
                step.retire(near.session);
                step.retire(far.session);
                step.card.tolls.extend(toll);
                way::enter(Seat::Waiting(caller), journey, target, None, step)
            }
            (Ok(_), None) => step.finish(Ending::our_fault()),
            (Err(ending), _) => self.nobody(&ending, step),
        }
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(event) => self.on_sip(event, step),
            // Whoever is asked outside has the time that they were promised.
            CallEvent::Timer(CallTimer::NoAnswer) if self.asked.is_some() => {
                step.set(CallTimer::NoAnswer, find_me::PATIENCE);
                Stage::Ringing(self)
            }
            CallEvent::Timer(CallTimer::NoAnswer) => {
                if self.search.another(step) {
                    return Stage::Ringing(self);
                }
                let ending = self.search.rang_out();
                self.over(ending, step)
            }
            CallEvent::Onward(onward) if onward.also => {
                self.search.also(*onward, step);
                Stage::Ringing(self)
            }
            CallEvent::Onward(onward) => self.go_on(*onward, step),
            CallEvent::Timer(CallTimer::Tone) => self.not_taken(step),
            CallEvent::Media(media::Event::Dtmf { session, digit })
                if self.asked.as_ref().is_some_and(|asked| asked.line.session == session) =>
            {
                self.pressed(digit, step)
            }
            CallEvent::Timer(CallTimer::NextTrunk) => {
                self.search.silent(step);
                self.unless_over(step)
            }
            CallEvent::Media(media::Event::BindFailed { session, .. }) => self.bind_failed(session, step),
            CallEvent::HangUp(why) => {
                step.note(Mark::Warn, why.sentence(), "");
                // Whoever made room for help, or called just then, did nothing wrong, and is to be called back.
                let (end, fault) = match why {
                    EndedFor::Help | EndedFor::TheEnd => (CallEnd::OurFault, Fault::Us),
                    EndedFor::APerson => (CallEnd::Refused, Fault::None),
                };
                step.finish(Ending::new(end, fault).code(480))
            }
            CallEvent::Replace(newcomer) => self.picked_up(*newcomer, step),
            CallEvent::Timer(_)
            | CallEvent::Media(_)
            | CallEvent::Mailbox(_)
            | CallEvent::Recording(_)
            | CallEvent::Callback(_)
            | CallEvent::FaxDone
            | CallEvent::UsedUp(_)
            | CallEvent::FaxCarried(..)
            | CallEvent::FaxUnderWay
            | CallEvent::Transfer(_)
            | CallEvent::NoTransfer { .. } => Stage::Ringing(self),
        }
    }

    fn on_sip(mut self: Box<Self>, event: SipEvent, step: &mut Step<'_>) -> Stage {
        match event {
            event if crate::call::leg_of(&event).is_some_and(|leg| self.asks(leg)) => self.of_asked(&event, step),
            SipEvent::Progress { leg, code, body } => {
                self.progress(leg, code, body.as_deref(), step);
                Stage::Ringing(self)
            }
            SipEvent::Trying { leg } => {
                self.search.trying(leg, step);
                Stage::Ringing(self)
            }
            SipEvent::Answered { leg, body } => self.answered(leg, &body, step),
            SipEvent::Refused { leg, code, redirect, .. } => {
                self.search.redirected(leg, redirect.as_ref(), step);
                self.refused(leg, code, step)
            }
            SipEvent::Ended { leg, reason } if leg == self.caller.leg => {
                let end = match reason {
                    sip_api::EndReason::Lost => CallEnd::Lost,
                    sip_api::EndReason::Bye | sip_api::EndReason::Cancelled => CallEnd::Abandoned,
                };
                step.finish(Ending::new(end, Fault::Caller))
            }
            SipEvent::Ended { leg, .. } => self.refused(leg, 480, step),
            SipEvent::Reinvite { leg, offer } => {
                self.modified(leg, &offer, step);
                Stage::Ringing(self)
            }
            _ => Stage::Ringing(self),
        }
    }

    fn progress(&mut self, leg: LegId, code: u16, body: Option<&[u8]>, step: &mut Step<'_>) {
        let Some(fork) = self.search.progress(leg, code, body.is_some(), step) else { return };
        let fork_trunk = fork.who.trunk.is_some();
        let is_also = fork_trunk && self.search.is_phones();
        if fork_trunk && !is_also && body.is_some_and(|body| self.early_media(leg, body, step)) {
            return;
        }
        if self.told == Told::Nothing {
            self.told = Told::Ringing;
            step.sip(sip_api::Command::Ring { leg: self.caller.leg, code: 180, body: None });
        }
    }

    /// The carrier plays its own tones: the caller hears them. Needs the caller's offer; a late one can't be answered before the 2xx.
    fn early_media(&mut self, leg: LegId, body: &[u8], step: &mut Step<'_>) -> bool {
        let Some(offer) = &self.caller.offer else { return false };
        let theirs = sdp::Session::parse(body).ok();
        let audio = theirs.as_ref().and_then(sdp::Session::open_audio);
        if self.told == Told::EarlyMedia {
            // One who played tones has refused: the next one's are heard.
            if audio.is_some_and(|audio| self.early.is_none() && self.search.hear(leg, audio, step)) {
                self.early = Some(leg);
            }
            return true;
        }
        let Some(audio) = audio else { return false };
        let formats = audio.formats.common(&self.search.formats);
        let who = &self.caller.who;
        let promised = self.caller.understands(&formats);
        let Ok(answer) = self.near.answer(offer, &promised, Direction::SendRecv, who, step) else { return false };
        if !self.search.hear(leg, audio, step) {
            return false;
        }
        if let Some(audio) = offer.open_audio() {
            self.near.send_to(audio, &promised, who, step);
        }
        step.media(media::Command::Bridge { a: self.near.session, b: self.search.line.session });
        step.sip(sip_api::Command::Ring { leg: self.caller.leg, code: 183, body: Some(answer) });
        // Whoever answers may be another machine. If it cannot speak what the caller was promised, it is translated.
        self.search.formats = formats.before(&self.search.formats);
        self.promised = Some(promised);
        self.told = Told::EarlyMedia;
        self.early = Some(leg);
        true
    }

    /// An UPDATE before the call is answered. While the first offer has no answer it has to wait: the caller's to us, or ours to a phone
    /// that rings (RFC 3311 section 5.2). After early media it is as in a call.
    fn modified(&mut self, leg: LegId, offer: &[u8], step: &mut Step<'_>) {
        let is_caller = leg == self.caller.leg;
        if self.told != Told::EarlyMedia {
            let code = if is_caller { 500 } else { 491 };
            return step.sip(sip_api::Command::RefuseReinvite { leg, code });
        }
        let called = self.search.who(leg).cloned();
        let (line, who) = match &called {
            Some(who) if !is_caller => (&mut self.search.line, who),
            _ => (&mut self.near, &self.caller.who),
        };
        line.next();
        let described = sdp::Session::parse(offer).and_then(|theirs| {
            let limit = match self.promised.as_ref().filter(|_| is_caller) {
                Some(promised) => promised.clone(),
                None => self.search.formats.clone(),
            };
            let body = line.answer(&theirs, &limit, Direction::SendRecv, who, step)?;
            Ok((theirs.audio.ok_or(sdp::SdpError::NotAcceptable("no audio"))?, limit, body))
        });
        match described {
            Ok((audio, limit, body)) => {
                line.send_to(&audio, &limit, who, step);
                step.sip(sip_api::Command::AnswerReinvite { leg, body });
                if is_caller {
                    self.caller.moved = Some(audio);
                }
            }
            Err(e) => step.sip(sip_api::Command::RefuseReinvite { leg, code: e.status() }),
        }
    }

    fn answered(mut self: Box<Self>, leg: LegId, body: &[u8], step: &mut Step<'_>) -> Stage {
        let Some(fork) = self.search.take(leg) else { return Stage::Ringing(self) };
        self.let_asked_go(step);
        let agreed = sdp::Session::parse(body).and_then(|theirs| {
            let audio = theirs.audio.clone().filter(|_| theirs.open_audio().is_some());
            let audio = audio.ok_or(sdp::SdpError::NotAcceptable("the answer has no audio"))?;
            let formats = audio.formats.common(&self.search.formats);
            self.search.agree(&fork, &audio, step)?;
            let ours = self.answer_for_caller(&formats, step)?;
            Ok((audio, formats, ours))
        });
        match agreed {
            Ok((audio, ..)) if step.card.find_me && fork.who.trunk.is_some() || self.search.is_also(&fork.who) => {
                self.ask(fork, &audio, step)
            }
            Ok((audio, formats, ours)) => self.connect(fork, &audio, formats, ours, step),
            Err(e) => {
                self.search.unusable(&fork, e, step);
                self.unless_over(step)
            }
        }
    }

    /// Our description for the caller, for whom somebody has answered who says these.
    fn answer_for_caller(&mut self, formats: &Formats, step: &mut Step<'_>) -> Result<sip_api::Body, sdp::SdpError> {
        let (caller, both) = (&self.caller, Direction::SendRecv);
        let formats = self.promised.as_ref().unwrap_or(formats);
        match &caller.offer {
            Some(_) if !caller.offers_sound() && formats.codecs.is_empty() => {
                Err(sdp::SdpError::NotAcceptable("the answer has no codec that carries a fax"))
            }
            Some(offer) if !caller.offers_sound() => self.near.t38_answer(offer, step),
            Some(offer) => self.near.answer(offer, &caller.understands(formats), both, &caller.who, step),
            None => Ok(self.near.offer(&caller.understands(formats), both, &caller.who, step)),
        }
    }

    fn connect(
        self: Box<Self>,
        fork: Fork,
        audio: &sdp::Audio,
        formats: Formats,
        ours: sip_api::Body,
        step: &mut Step<'_>,
    ) -> Stage {
        let Self { caller, near, search, promised, .. } = *self;
        search.won(&fork, step);
        let ways = search.ways;
        let far = search.taken(step);
        let mut far = Peer::new(fork.leg, far, fork.who, formats.clone()).told(ways);
        far.described(audio, ways, step);
        Self::talk(caller, near, promised.unwrap_or(formats), ours, far, step)
    }

    /// The caller is answered, too.
    fn talk(
        caller: Waiting,
        near: Line,
        formats: Formats,
        ours: sip_api::Body,
        far: Peer,
        step: &mut Step<'_>,
    ) -> Stage {
        step.sip(sip_api::Command::Answer { leg: caller.leg, body: ours });
        if let Some(image) = caller.image_alone().cloned() {
            step.answered();
            return FaxBetween::translated(Peer::new(caller.leg, near, caller.who, formats), &image, far, step);
        }
        let formats = caller.understands(&formats);
        let mut near = Peer::new(caller.leg, near, caller.who, formats);
        let mut far = far;
        if near.is_apart(&far) {
            // The caller's offer and the answer to ours were all there is.
            near.told_all();
            far.told_all();
        }
        match caller.moved.as_ref().or_else(|| caller.offer.as_ref().and_then(sdp::Session::open_audio)) {
            Some(audio) => near.described(audio, Direction::SendRecv, step),
            None => near.await_answer(),
        }
        step.answered();
        if far.who.trunk.is_some() {
            step.begins_to_cost();
        }
        Talking::begin(near, far, step)
    }

    /// Another phone takes the place of one that rings. (The place of the caller is nobody's to take: RFC 3891 section 3.)
    fn picked_up(mut self: Box<Self>, newcomer: Newcomer, step: &mut Step<'_>) -> Stage {
        if !self.search.rings_own_phone(newcomer.replaces) {
            newcomer.refuse(603, "Only the place of a phone of the clinic's own can be taken", step);
            return Stage::Ringing(self);
        }
        if !self.caller.offers_sound() {
            newcomer.refuse(603, "It is a fax without sound, for the machine that rings", step);
            return Stage::Ringing(self);
        }
        self.let_asked_go(step);
        let (line, ways) = (self.search.line.clone(), self.search.ways);
        let Ok(far) = newcomer.answer(line, &self.search.formats, ways, step) else { return Stage::Ringing(self) };
        let formats = far.agreed.common(&self.search.formats);
        let ours = self.answer_for_caller(&formats, step);
        step.note(Mark::Good, format!("Picked up by {}", far.who.said()), "Replaces");
        step.card.to = far.who.party.clone().into();
        let Self { caller, near, search, .. } = *self;
        search.taken(step);
        match ours {
            Ok(ours) => Self::talk(caller, near, formats, ours, far, step),
            Err(e) => {
                step.note(Mark::Bad, "The two have no codec in common", e.reason());
                step.finish(Ending::new(CallEnd::Refused, Fault::Callee).code(488))
            }
        }
    }

    /// The caller's leg goes, and whom it called goes on ringing for somebody else.
    pub(crate) fn give(mut self: Box<Self>, step: &mut Step<'_>) -> (Parcel, Stage) {
        self.let_asked_go(step);
        self.search.forget_also(step);
        let Self { caller, search, early, journey, then, .. } = *self;
        let baggage = step.give(&search.legs(), search.line.session);
        step.clear(CallTimer::NoAnswer);
        let title = format!("{} handed the ringing call on", caller.who.said());
        step.note(Mark::Good, title, "attended transfer");
        let stage = step.finish(Ending::new(CallEnd::Abandoned, Fault::None));
        let next = journey.map(|journey| Following { then, dialled: journey.dialled().clone() });
        let given = Given::Search(Box::new(StillRings { search, early, next }));
        (Parcel { given, baggage }, stage)
    }

    /// Who waits, if it is on this leg.
    pub(crate) fn caller(&self, leg: LegId) -> Option<&Who> {
        (self.caller.leg == leg).then_some(&self.caller.who)
    }

    /// The trunks that are called if the one that is called now fails.
    pub(crate) fn next_trunks(&self) -> Vec<String> {
        self.search.next_trunks()
    }

    fn refused(mut self: Box<Self>, leg: LegId, code: u16, step: &mut Step<'_>) -> Stage {
        self.early.take_if(|early| *early == leg);
        if self.search.refused(leg, code, step) { self.unless_over(step) } else { Stage::Ringing(self) }
    }

    /// Somebody else on this machine has the port. What we have not told anyone yet can still be changed.
    fn bind_failed(mut self: Box<Self>, session: media::SessionId, step: &mut Step<'_>) -> Stage {
        self.rebinds += 1;
        if self.rebinds > MAX_REBINDS || self.told == Told::EarlyMedia || self.asked.is_some() {
            step.note(Mark::Bad, "No media port could be opened", "");
            return step.finish(Ending::our_fault());
        }
        let side = if session == self.near.session { Side::Caller } else { Side::Callee };
        let at = if side == Side::Caller { self.caller.at() } else { None };
        let Some(line) = step.open_to(side, at) else {
            step.note(Mark::Bad, "Every media port is in use", "");
            return step.finish(Ending::overload());
        };
        step.note(Mark::Detail, "A media port was taken by another program; the next one is used", "");
        if side == Side::Caller {
            self.near = line;
            return Stage::Ringing(self);
        }
        self.search.rebind(line, step);
        self.unless_over(step)
    }
}

/// A trunk's caller comes with T.38 alone: of those whom the plan has ring, only fax machines do. False if that is none, or if it is no such caller.
fn rings_machines(caller: &Waiting, route: &mut Route, step: &mut Step<'_>) -> bool {
    let is_fax = caller.image_alone().is_some() && caller.who.trunk.is_some() && step.card.help.is_none();
    if !is_fax || !route.keep_machines(step) {
        return false;
    }
    step.note(Mark::Detail, "A fax calls without sound: only fax machines ring", "T.38 alone");
    true
}
