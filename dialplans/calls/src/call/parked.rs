//! A party waits in an orbit, until somebody dials it. If nobody does, whoever parked them is called again and again. Nobody waits for ever: in the
//! end, or where whoever parked them has no phone any more, a party from outside goes where the main number leads, and one inside is hung up on.

use std::time::Duration;

use media::sdp;
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use plan::Destination;
use sip::api::{self as sip_api, Event as SipEvent, LegId};

use crate::call::entry::Side;
use crate::call::pair;
use crate::call::peer::{self, Peer, Who};
use crate::call::replace::Newcomer;
use crate::call::route::Route;
use crate::call::search::Search;
use crate::call::way::{self, Seat};
use crate::call::{CallEvent, Stage, Talking};
use crate::refusal::Ending;
use crate::step::{Heard, Step};
use crate::timers::CallTimer;

/// How long whoever parked a party is called when it comes back to them.
const RING: Duration = Duration::from_secs(25);
/// How often it comes back. With the time of an orbit this is some ten minutes.
const RETURNS: u8 = 5;
/// How long a phone whose party is parked may take to hang up; then we do.
const RELEASE: Duration = Duration::from_secs(4);

/// The stage.
pub(crate) struct Parked {
    party: Peer,
    side: Side,
    orbit: String,
    /// How long until it comes back.
    time: Duration,
    /// Who parked them.
    by: Who,
    /// Their leg, while they have not hung up.
    leaving: Option<LegId>,
    /// They are being called, since nobody came.
    search: Option<Search>,
    returns: u8,
}

impl Parked {
    /// `by` hands its party over to the orbit.
    pub(crate) fn begin(
        mut party: Peer,
        side: Side,
        by: Peer,
        orbit: String,
        time: Duration,
        step: &mut Step<'_>,
    ) -> Stage {
        step.note(Mark::Good, format!("{} parked {} in {orbit}", by.who.said(), party.who.said()), "REFER");
        step.handed_over(&by);
        step.set(CallTimer::Release, RELEASE);
        step.set(CallTimer::Return, time);
        party.hear(Some(Heard::Music), step);
        let leaving = Some(by.leg);
        Self { party, side, orbit, time, by: by.who, leaving, search: None, returns: 0 }.settled(step)
    }

    /// In which orbit.
    pub(crate) fn orbit(&self) -> &str {
        &self.orbit
    }

    fn settled(mut self, step: &mut Step<'_>) -> Stage {
        peer::settle_alone(&mut self.party, step);
        Stage::Parked(Box::new(self))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(event) => self.on_sip(event, step),
            CallEvent::Media(event) => self.on_media(&event, step),
            CallEvent::Timer(CallTimer::Return) => self.come_back(step),
            CallEvent::Timer(CallTimer::NoAnswer) => self.nobody(step),
            CallEvent::Timer(CallTimer::Release) => {
                if let Some(leg) = self.leaving.take() {
                    step.drop_leg(leg, &Ending::new(CallEnd::HungUp, Fault::None));
                }
                Stage::Parked(self)
            }
            CallEvent::Timer(CallTimer::OnceMore) => {
                peer::once_more(&mut self.party, step);
                Stage::Parked(self)
            }
            CallEvent::HangUp(why) => {
                step.note(Mark::Warn, why.sentence(), "");
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Replace(newcomer) => self.taken(*newcomer, step),
            CallEvent::Timer(_)
            | CallEvent::FaxDone
            | CallEvent::UsedUp(_)
            | CallEvent::FaxCarried(..)
            | CallEvent::FaxUnderWay
            | CallEvent::Transfer(_)
            | CallEvent::NoTransfer { .. }
            | CallEvent::Mailbox(_)
            | CallEvent::Recording(_)
            | CallEvent::Callback(_)
            | CallEvent::Onward(_) => Stage::Parked(self),
        }
    }

    fn on_sip(mut self: Box<Self>, event: SipEvent, step: &mut Step<'_>) -> Stage {
        let Some(leg) = crate::call::leg_of(&event) else { return Stage::Parked(self) };
        match event {
            SipEvent::Ended { reason, .. } if leg == self.party.leg => {
                let ending = pair::left(&self.party, self.side, reason, step);
                step.finish(ending)
            }
            SipEvent::Ended { .. } if self.leaving == Some(leg) => {
                self.leaving = None;
                step.clear(CallTimer::Release);
                Stage::Parked(self)
            }
            event if leg == self.party.leg => match pair::on_sip(&mut self.party, None, self.side, &event, step) {
                Ok(()) => self.settled(step),
                Err(ending) => step.finish(ending),
            },
            SipEvent::Progress { code, body, .. } => {
                if let Some(search) = &mut self.search {
                    search.progress(leg, code, body.is_some(), step);
                }
                Stage::Parked(self)
            }
            SipEvent::Answered { body, .. } => self.answered(leg, &body, step),
            SipEvent::Refused { code, .. } => self.refused(leg, code, step),
            SipEvent::Ended { .. } => self.refused(leg, 480, step),
            SipEvent::Reinvite { .. } => {
                step.sip(sip_api::Command::RefuseReinvite { leg, code: 491 });
                Stage::Parked(self)
            }
            _ => Stage::Parked(self),
        }
    }

    fn on_media(mut self: Box<Self>, event: &media::Event, step: &mut Step<'_>) -> Stage {
        let Some(session) = crate::call::session_of(event) else { return Stage::Parked(self) };
        if session == self.party.line.session {
            return match pair::on_media(&self.party, self.side, event, step) {
                Ok(()) => Stage::Parked(self),
                Err(ending) => step.finish(ending),
            };
        }
        let of_search = self.search.as_ref().is_some_and(|search| search.line.session == session);
        if of_search && matches!(event, media::Event::BindFailed { .. }) {
            // The session is gone already. The next return gets another one.
            if let Some(search) = self.search.take() {
                search.end(step);
            }
            return self.wait_again(step);
        }
        Stage::Parked(self)
    }

    /// Nobody has come: whoever parked them is called.
    fn come_back(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        if self.returns == RETURNS {
            return self.forgotten(step);
        }
        self.returns += 1;
        let extension = self.by.party.number.as_ref().map(|n| n.as_str().to_owned());
        let caller = self.party.who.clone();
        let route = Route::phones(extension.into_iter().collect(), None, RING);
        let is_gone = route.is_empty(&caller.party, step);
        if is_gone && caller.trunk.is_some() {
            return self.forgotten(step);
        }
        let line = if is_gone { None } else { step.open(self.side.other()) };
        let Some(line) = line else { return self.wait_again(step) };
        step.note(Mark::Detail, format!("Nobody came; {} is called", self.by.said()), "");
        let mut search = Search::new(line, self.party.every_format(), sdp::Direction::SendRecv, caller, route);
        search.begin(step);
        if search.is_over() {
            let line = search.end(step);
            step.retire(line.session);
            return self.wait_again(step);
        }
        self.search = Some(search);
        Stage::Parked(self)
    }

    /// Nobody will come. A patient is not hung up on for that: they are led as if they had called the main number.
    fn forgotten(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Bad, "Nobody came for a party that was parked", "");
        let Self { party, side, leaving, .. } = *self;
        if party.who.trunk.is_none() {
            return step.finish(Ending::new(CallEnd::NoAnswer, Fault::Callee));
        }
        if let Some(leg) = leaving {
            step.clear(CallTimer::Release);
            step.drop_leg(leg, &Ending::new(CallEnd::HungUp, Fault::None));
        }
        let (guest, journey) = way::take_up(party, side, step.site.settings.main_number.clone(), step);
        way::go_on(Seat::Answered(guest), journey, &Destination::Dialled, step)
    }

    fn wait_again(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        step.set(CallTimer::Return, self.time);
        Stage::Parked(self)
    }

    /// Whoever parked them does not answer either: the party waits on.
    fn nobody(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        if let Some(search) = self.search.take() {
            let line = search.end(step);
            step.retire(line.session);
        }
        self.wait_again(step)
    }

    fn refused(mut self: Box<Self>, leg: LegId, code: u16, step: &mut Step<'_>) -> Stage {
        let is_over = self.search.as_mut().is_some_and(|search| search.refused(leg, code, step) && search.is_over());
        if is_over { self.nobody(step) } else { Stage::Parked(self) }
    }

    fn answered(mut self: Box<Self>, leg: LegId, body: &[u8], step: &mut Step<'_>) -> Stage {
        let Some(search) = &mut self.search else { return Stage::Parked(self) };
        let Some(fork) = search.take(leg) else { return Stage::Parked(self) };
        let audio = sdp::Session::parse(body).and_then(|theirs| {
            let audio = theirs.open_audio().cloned();
            audio.ok_or(sdp::SdpError::NotAcceptable("the answer has no audio"))
        });
        let audio = match audio.and_then(|audio| search.agree(&fork, &audio, step).map(|()| audio)) {
            Ok(audio) => audio,
            Err(e) => {
                search.unusable(&fork, e, step);
                return if search.is_over() { self.nobody(step) } else { Stage::Parked(self) };
            }
        };
        search.won(&fork, step);
        let (ways, formats) = (search.ways, audio.formats.common(&search.formats));
        let Self { party, side, search, orbit, leaving, .. } = *self;
        let Some(search) = search else { return step.finish(Ending::our_fault()) };
        let line = search.taken(step);
        let mut to = Peer::new(fork.leg, line, fork.who, formats).told(ways);
        to.described(&audio, ways, step);
        step.note(Mark::Good, format!("{} came back from {orbit} to {}", party.who.said(), to.who.said()), "");
        Self::connect(party, side, leaving, to, step)
    }

    /// Somebody has dialled the orbit.
    fn taken(self: Box<Self>, newcomer: Newcomer, step: &mut Step<'_>) -> Stage {
        let Some(line) = step.open_to(self.side.other(), newcomer.who.address()) else {
            newcomer.refuse(503, "Every media port is in use", step);
            return Stage::Parked(self);
        };
        let session = line.session;
        let known = self.party.agreed.clone();
        let Ok(to) = newcomer.answer(line, &known, self.party.wish(), step) else {
            step.retire(session);
            return Stage::Parked(self);
        };
        let Self { party, side, search, orbit, leaving, .. } = *self;
        if let Some(search) = search {
            let line = search.taken(step);
            step.retire(line.session);
        }
        step.note(Mark::Good, format!("{} took {} from {orbit}", to.who.said(), party.who.said()), "");
        Self::connect(party, side, leaving, to, step)
    }

    fn connect(party: Peer, side: Side, leaving: Option<LegId>, to: Peer, step: &mut Step<'_>) -> Stage {
        step.clear(CallTimer::Return);
        step.clear(CallTimer::Release);
        if let Some(leg) = leaving {
            step.drop_leg(leg, &Ending::new(CallEnd::HungUp, Fault::None));
        }
        step.replaced_by(side.other(), &to.who);
        Talking::transferred(party, side, None, to, step)
    }
}
