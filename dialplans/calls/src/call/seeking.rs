//! Phones or a trunk are called for a caller whom we have answered already. The caller hears that it rings.

use media::sdp;
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use plan::Next;
use sip::api::{Event as SipEvent, LegId};

use crate::call::entry::Side;
use crate::call::guest::{self, Guest, Said};
use crate::call::naming;
use crate::call::pair;
use crate::call::peer::Peer;
use crate::call::replace::Newcomer;
use crate::call::ringing::find_me;
use crate::call::route::{Fork, Route};
use crate::call::search::Search;
use crate::call::way::{self, Journey, Seat};
use crate::call::{CallEvent, Onward, Stage, Talking};
use crate::refusal::{self, Ending};
use crate::step::{Heard, Step};
use crate::timers::CallTimer;

/// The stage.
pub(crate) struct Seeking {
    guest: Guest,
    journey: Journey,
    search: Search,
    then: Next,
    /// Whoever answers hears the caller's name, and says whether they take the call.
    screens: bool,
    /// Who has answered, and is asked whether they take the call.
    asked: Option<Box<Peer>>,
}

/// What somebody does who has answered and is asked to press a key.
pub(crate) enum Asked {
    /// They press one.
    Key(char),
    /// They are gone.
    Gone,
    /// Nothing yet.
    Waits,
}

/// What became of an event that a search was told of.
pub(crate) enum Found {
    /// It goes on.
    Nothing,
    /// Somebody answered.
    Somebody(Box<Peer>),
    /// Nobody is left.
    Nobody(Ending),
}

/// Begins to call for a guest. `Err`: nobody can be called, or there is no port.
pub(crate) fn search(guest: &Guest, route: Route, step: &mut Step<'_>) -> Result<Search, Ending> {
    let mut search = begin(guest, route, step)?;
    if search.goes_on(step) {
        return Ok(search);
    }
    let ending = search.exhausted();
    search.give_up(step);
    Err(ending)
}

/// The same of which nobody has looked yet whether it goes on.
pub(crate) fn begin(guest: &Guest, route: Route, step: &mut Step<'_>) -> Result<Search, Ending> {
    let caller = guest.peer.who.clone();
    if route.is_empty(&caller.party, step) {
        step.note(Mark::Warn, "No phone is registered there", "");
        return Err(refusal::by_phones(&[]));
    }
    let Some(line) = step.open(Side::Callee) else {
        step.note(Mark::Bad, "Every media port is in use", "");
        return Err(Ending::overload());
    };
    let mut search = Search::new(line, guest.peer.every_format(), guest.peer.wish(), caller, route);
    search.begin(step);
    Ok(search)
}

/// Tells a search what happened. When it has found somebody or nobody, it is over, and its line is whoever's was found.
pub(crate) fn on(search: &mut Search, event: CallEvent, step: &mut Step<'_>) -> Found {
    match event {
        CallEvent::Timer(CallTimer::NoAnswer) => {
            if search.another(step) {
                Found::Nothing
            } else {
                Found::Nobody(search.rang_out())
            }
        }
        CallEvent::Timer(CallTimer::NextTrunk) => {
            search.silent(step);
            unless_over(search, step)
        }
        CallEvent::Sip(SipEvent::Progress { leg, code, body }) => {
            search.progress(leg, code, body.is_some(), step);
            Found::Nothing
        }
        CallEvent::Sip(SipEvent::Trying { leg }) => {
            search.trying(leg, step);
            Found::Nothing
        }
        CallEvent::Sip(SipEvent::Answered { leg, body }) => answered(search, leg, &body, step),
        CallEvent::Sip(SipEvent::Refused { leg, code, redirect, .. }) => {
            search.redirected(leg, redirect.as_ref(), step);
            refused(search, leg, code, step)
        }
        CallEvent::Sip(SipEvent::Ended { leg, .. }) => refused(search, leg, 480, step),
        CallEvent::Sip(SipEvent::Reinvite { leg, .. }) if search.legs().contains(&leg) => {
            step.sip(sip::api::Command::RefuseReinvite { leg, code: 491 });
            Found::Nothing
        }
        CallEvent::Media(media::Event::BindFailed { session, .. }) if session == search.line.session => {
            match step.open(Side::Callee) {
                Some(line) => {
                    search.rebind(line, step);
                    unless_over(search, step)
                }
                None => Found::Nobody(Ending::overload()),
            }
        }
        // Nothing that a search need know.
        _ => Found::Nothing,
    }
}

fn unless_over(search: &mut Search, step: &mut Step<'_>) -> Found {
    if search.goes_on(step) { Found::Nothing } else { Found::Nobody(search.exhausted()) }
}

fn refused(search: &mut Search, leg: LegId, code: u16, step: &mut Step<'_>) -> Found {
    if search.refused(leg, code, step) { unless_over(search, step) } else { Found::Nothing }
}

fn answered(search: &mut Search, leg: LegId, body: &[u8], step: &mut Step<'_>) -> Found {
    let Some(fork) = search.take(leg) else { return Found::Nothing };
    let audio = sdp::Session::parse(body).and_then(|theirs| {
        let audio = theirs.open_audio().cloned();
        audio.ok_or(sdp::SdpError::NotAcceptable("the answer has no audio"))
    });
    match audio.and_then(|audio| search.agree(&fork, &audio, step).map(|()| audio)) {
        Ok(audio) => Found::Somebody(Box::new(peer_of(search, fork, &audio, step))),
        Err(e) => {
            search.unusable(&fork, e, step);
            unless_over(search, step)
        }
    }
}

/// Whoever answered, on the line of the search.
fn peer_of(search: &Search, fork: Fork, audio: &sdp::Audio, step: &mut Step<'_>) -> Peer {
    search.won(&fork, step);
    let (ways, formats) = (search.ways, audio.formats.common(&search.formats));
    let mut to = Peer::new(fork.leg, search.line.clone(), fork.who, formats).told(ways);
    to.described(audio, ways, step);
    to
}

impl Seeking {
    pub(crate) fn begin(guest: Guest, journey: Journey, route: Route, then: Next, step: &mut Step<'_>) -> Stage {
        Self::for_one(guest, journey, route, then, false, step)
    }

    /// For a caller who has said their name.
    pub(crate) fn screened(guest: Guest, journey: Journey, route: Route, then: Next, step: &mut Step<'_>) -> Stage {
        Self::for_one(guest, journey, route, then, true, step)
    }

    fn for_one(
        mut guest: Guest,
        journey: Journey,
        route: Route,
        then: Next,
        screens: bool,
        step: &mut Step<'_>,
    ) -> Stage {
        match begin(&guest, route, step) {
            Ok(search) => {
                guest.hears(guest::ringing(), step);
                if let Some(ask) = search.asks_also(step) {
                    step.ask(ask);
                }
                let mut this = Self { guest, journey, search, then, screens, asked: None };
                if this.search.goes_on(step) {
                    return Stage::Seeking(Box::new(this));
                }
                let ending = this.search.exhausted();
                this.over(ending, step)
            }
            Err(ending) => nobody(guest, journey, &then, &ending, step),
        }
    }

    /// Nobody took the call, unless whom it was for forwards such calls, or the plan knows what comes next.
    fn over(self, ending: Ending, step: &mut Step<'_>) -> Stage {
        if let Some(ask) = self.search.onward(&ending, step) {
            step.ask(ask);
            return Stage::Seeking(Box::new(self));
        }
        let Self { guest, journey, search, then, .. } = self;
        search.give_up(step);
        nobody(guest, journey, &then, &ending, step)
    }

    fn forwarded(self, onward: Onward, step: &mut Step<'_>) -> Stage {
        let Self { guest, journey, search, then, .. } = self;
        search.give_up(step);
        match onward.target(step) {
            Ok((target, toll)) => {
                step.card.tolls.extend(toll);
                way::enter(Seat::Answered(guest), journey, target, None, step)
            }
            Err(ending) => nobody(guest, journey, &then, &ending, step),
        }
    }

    /// Who is here.
    pub(crate) const fn guest(&self) -> &Guest {
        &self.guest
    }

    /// Somebody takes the seat of whoever called here.
    pub(crate) fn taken_by(self: Box<Self>, party: Peer, step: &mut Step<'_>) -> Stage {
        let Self { guest, journey, search, then, screens, asked } = *self;
        let mut guest = guest.succeeded_by(party, step);
        guest.hears(guest::ringing(), step);
        let journey = journey.with(&guest.peer.who, step);
        Stage::Seeking(Box::new(Self { guest, journey, search, then, screens, asked }))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        let event = match self.guest.on(event, step) {
            Err(ending) => return step.finish(ending),
            Ok(Said::Other(CallEvent::Replace(newcomer))) => return self.replace(*newcomer, step),
            Ok(Said::Other(CallEvent::Onward(onward))) if onward.also => {
                self.search.also(*onward, step);
                return Stage::Seeking(self);
            }
            Ok(Said::Other(CallEvent::Onward(onward))) => return self.forwarded(*onward, step),
            Ok(Said::Other(event)) => event,
            Ok(Said::Key(_) | Said::Over | Said::Nothing) => return Stage::Seeking(self),
        };
        if let Some(peer) = self.asked.take_if(|peer| is_of(peer, &event)) {
            return self.asking(peer, event, step);
        }
        if self.asked.is_some() && matches!(event, CallEvent::Timer(CallTimer::NoAnswer)) {
            // Whoever is asked has the time that they were promised.
            step.set(CallTimer::NoAnswer, find_me::PATIENCE);
            return Stage::Seeking(self);
        }
        // Before whoever has answered is heard on the same line.
        if matches!(&event, CallEvent::Sip(SipEvent::Answered { leg, .. }) if self.search.who(*leg).is_some()) {
            self.let_asked_go(step);
        }
        match on(&mut self.search, event, step) {
            Found::Nothing => Stage::Seeking(self),
            Found::Nobody(_) if self.asked.is_some() => Stage::Seeking(self),
            Found::Somebody(to) if self.screens => self.ask_in_place(to, step),
            Found::Somebody(to) if step.card.find_me && to.who.trunk.is_some() || self.search.is_also(&to.who) => {
                self.ask(to, step)
            }
            Found::Somebody(to) => self.found(*to, step),
            Found::Nobody(ending) => self.over(ending, step),
        }
    }

    fn replace(mut self: Box<Self>, newcomer: Newcomer, step: &mut Step<'_>) -> Stage {
        if self.search.rings_own_phone(newcomer.replaces) {
            self.let_asked_go(step);
        }
        match picked_up(&self.search, newcomer, step) {
            Some(to) => self.found(to, step),
            None => Stage::Seeking(self),
        }
    }

    /// Somebody else answers: whoever is asked is not asked any more.
    fn let_asked_go(&mut self, step: &mut Step<'_>) {
        if let Some(peer) = self.asked.take() {
            find_me::let_go(*peer, step);
        }
    }

    fn found(self: Box<Self>, to: Peer, step: &mut Step<'_>) -> Stage {
        let Self { guest, search, .. } = *self;
        search.taken(step);
        connect(guest, to, step)
    }

    /// Somebody has answered, and is told who calls. A phone of ours is answered by a person, and nobody else need; outside that may be a mailbox,
    /// and the phones ring on beside it.
    fn ask_in_place(mut self: Box<Self>, to: Box<Peer>, step: &mut Step<'_>) -> Stage {
        if !self.search.is_also(&to.who) {
            self.search.rings_no_more(step);
        }
        self.ask(to, step)
    }

    /// Somebody has answered who screens their calls, or outside since they were not reached at their desk: they press a key to take the call, as
    /// for a caller who waits.
    fn ask(mut self: Box<Self>, mut to: Box<Peer>, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Detail, "Whoever answered is asked to press 1", "");
        if self.search.is_over() {
            step.clear(CallTimer::NoAnswer);
        }
        step.clear(CallTimer::NextTrunk);
        match self.journey.name.as_ref().filter(|_| self.screens) {
            Some(name) => to.hear_who(name.told(step.site.settings.language), step),
            None => to.hear(Some(Heard::Take), step),
        }
        step.set(CallTimer::Tone, find_me::PATIENCE);
        self.asked = Some(to);
        Stage::Seeking(self)
    }

    fn asking(mut self: Box<Self>, mut peer: Box<Peer>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        let gone = match asked(&mut peer, event, step) {
            Asked::Key(find_me::TAKE) => {
                step.clear(CallTimer::Tone);
                peer.hear(None, step);
                step.note(Mark::Good, format!("{} took the call", peer.who.said()), "");
                if self.search.is_also(&peer.who) {
                    self.search.taken_outside(step);
                }
                let Self { guest, search, .. } = *self;
                search.taken(step);
                return connect(guest, *peer, step);
            }
            Asked::Key(naming::SEND_ON) if self.screens => return self.sent_on(&peer, step),
            Asked::Gone => true,
            Asked::Key(_) | Asked::Waits => false,
        };
        if !gone {
            self.asked = Some(peer);
            return Stage::Seeking(self);
        }
        let ending = Ending::new(CallEnd::NoAnswer, Fault::Callee);
        step.note(Mark::Warn, format!("{} did not take the call", peer.who.said()), "no 1 was pressed");
        find_me::dismiss(&peer, &ending, step);
        if self.search.is_over() { self.over(ending, step) } else { Stage::Seeking(self) }
    }

    /// Whoever has heard the name does not want the call: the plan says what comes, and nothing that forwards calls of theirs does.
    fn sent_on(self: Box<Self>, peer: &Peer, step: &mut Step<'_>) -> Stage {
        let ending = Ending::new(CallEnd::Refused, Fault::Callee);
        step.note(Mark::Warn, format!("{} sent the caller on", peer.who.said()), "");
        step.drop_leg(peer.leg, &ending);
        step.clear(CallTimer::Tone);
        let Self { guest, journey, search, then, .. } = *self;
        search.give_up(step);
        nobody(guest, journey, &then, &ending, step)
    }
}

/// True if this is for whoever is asked, and not for those who ring beside them.
fn is_of(peer: &Peer, event: &CallEvent) -> bool {
    match event {
        CallEvent::Sip(event) => crate::call::leg_of(event) == Some(peer.leg),
        CallEvent::Media(media::Event::Dtmf { session, .. } | media::Event::BindFailed { session, .. }) => {
            *session == peer.line.session
        }
        CallEvent::Timer(timer) => matches!(timer, CallTimer::Key | CallTimer::Tone),
        _ => false,
    }
}

/// What an event means for one who is asked to press a key.
pub(crate) fn asked(peer: &mut Peer, event: CallEvent, step: &mut Step<'_>) -> Asked {
    let (leg, session) = (peer.leg, peer.line.session);
    match event {
        CallEvent::Sip(SipEvent::Dtmf { leg: from, digit, .. }) if from == leg => Asked::Key(*digit.expose()),
        CallEvent::Media(media::Event::Dtmf { session: from, digit }) if from == session => Asked::Key(digit),
        CallEvent::Sip(SipEvent::Ended { leg: from, .. }) if from == leg => Asked::Gone,
        CallEvent::Timer(CallTimer::Key | CallTimer::Tone) => Asked::Gone,
        CallEvent::Sip(event) if crate::call::leg_of(&event) == Some(leg) => {
            match pair::on_sip(peer, None, Side::Callee, &event, step) {
                Ok(()) => Asked::Waits,
                Err(_) => Asked::Gone,
            }
        }
        CallEvent::Media(media::Event::BindFailed { session: from, .. }) if from == session => Asked::Gone,
        _ => Asked::Waits,
    }
}

/// A phone takes the place of one that rings for a guest: whoever has it, on the line of the search. `None`: it cannot, and was told so.
pub(crate) fn picked_up(search: &Search, newcomer: Newcomer, step: &mut Step<'_>) -> Option<Peer> {
    if !search.rings_own_phone(newcomer.replaces) {
        newcomer.refuse(603, "Only the place of a phone of the clinic's own can be taken", step);
        return None;
    }
    let to = newcomer.answer(search.line.clone(), &search.formats, search.ways, step).ok()?;
    step.note(Mark::Good, format!("Picked up by {}", to.who.said()), "Replaces");
    Some(to)
}

/// The guest talks with somebody from now on.
pub(crate) fn connect(mut guest: Guest, to: Peer, step: &mut Step<'_>) -> Stage {
    guest.hears_nothing(step);
    // Whoever is called back is the first who talks in this call; every other guest called us, and was answered.
    if step.card.answered.is_none() {
        step.answered();
    }
    if to.who.trunk.is_some() {
        step.begins_to_cost();
    }
    Talking::transferred(guest.peer, Side::Caller, None, to, step)
}

fn nobody(guest: Guest, journey: Journey, then: &Next, ending: &Ending, step: &mut Step<'_>) -> Stage {
    step.note(Mark::Warn, "Nobody took the call", ending.end.sentence());
    way::nobody(Seat::Answered(guest), Some(journey), then, ending, step)
}
