//! Changing a session: re-INVITE (RFC 3261 section 14) and UPDATE (RFC 3311), in both directions. One change at a time; what meets
//! another is refused by 491 or 500, ours comes again after a while unless theirs was agreed on meanwhile, and what is refused leaves the
//! session as it was.

use std::time::Duration;

use super::Endpoint;
use super::answer::SDP;
use super::incoming::{offer, unacceptable, unreadable};
use super::outgoing;
use crate::api::{Body, Event, Flow, LegId};
use crate::dialog::exchange::{Carrier, Meaning, Place};
use crate::dialog::leg::{Ask, Asked, Change, Leg, MAX_ATTEMPTS, Phase};
use crate::dialog::session_timer::Terms;
use crate::transaction::client::{ClientId, Purpose};
use crate::transaction::server::{ServerId, User};
use crate::transaction::timer::{Owner, PATIENCE, Timer};
use crate::wire::{Method, Name, Request, Response};

/// How long a change of ours that met glare waits on, if something else is under way when its time has come.
const NOT_YET: Duration = Duration::from_secs(1);

impl Endpoint {
    /// The peer offers a new session (section 14.2), or the same again.
    pub(super) fn reinvited(&mut self, leg: LegId, flow: Flow, request: Request, tag: String) {
        let policy = self.policy(0);
        let Some(found) = self.legs.find(leg) else { return };
        let status = match &found.phase {
            Phase::Incoming { .. } => Some(500),
            Phase::Ending => Some(481),
            Phase::Confirmed if found.unacknowledged.is_none() => {
                busy(&found.change, found.exchange.meaning(Place::Invite))
            }
            _ => Some(491),
        };
        let small = || Terms::read(&request.message).is_too_small(policy).then_some(422);
        let status = status.or_else(|| unacceptable(&request)).or_else(small);
        if status.is_none() {
            found.dialog.refresh(request.message.list(Name::Contact).next());
            found.learn(&request.message);
        }
        let (offer, remote) = (offer(&request), request.from_tag.clone());
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Leg(leg));
        if let Some(code) = status {
            return self.refuse_change(server, code);
        }
        let Some(found) = self.legs.find(leg) else { return };
        if let Some((offer, ours)) = offer.as_ref().and_then(|o| Some((o, found.exchange.repeats(o)?))) {
            found.exchange.ask(Carrier::Invite, offer);
            found.exchange.answer(&ours);
            return self.accept_invite(leg, server, &ours);
        }
        let asked = Asked { server, method: Method::Invite, tag: remote, empty: offer.is_none() };
        self.ask(leg, asked, Carrier::Invite, offer.unwrap_or_default());
    }

    /// UPDATE: a refresh without a body, or an offer, also before the call is answered.
    pub(super) fn updated(&mut self, leg: LegId, flow: Flow, request: Request, tag: String) {
        let policy = self.policy(0);
        let Some(found) = self.legs.find(leg) else { return };
        let offer = offer(&request);
        let early = matches!(found.phase, Phase::Incoming { .. } | Phase::Outgoing { .. });
        let status = match &found.phase {
            Phase::Ending | Phase::Cancelling { .. } | Phase::Accepted { bye: true } => Some(481),
            _ if offer.is_none() => None,
            // The ACK of the call is under way, or lost; our user believes that nothing can come before it.
            Phase::Accepted { .. } => Some(491),
            _ => {
                let meaning = found.talk(&request.from_tag).map(|(_, exchange)| exchange.meaning(Place::Update));
                busy(&found.change, meaning.unwrap_or(Meaning::TheirsIsOut))
            }
        };
        let small = || (!early && Terms::read(&request.message).is_too_small(policy)).then_some(422);
        let status = status.or_else(|| unreadable(&request)).or_else(small);
        let remote = request.from_tag.clone();
        if status.is_none() {
            found.learn(&request.message);
            if let Some((dialog, _)) = found.talk(&remote) {
                dialog.refresh(request.message.list(Name::Contact).next());
            }
        }
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        if let Some(code) = status {
            return self.refuse_change(server, code);
        }
        let Some(offer) = offer else {
            self.accept_session(leg, server, b"");
            return;
        };
        let Some((_, exchange)) = self.legs.find(leg).and_then(|l| l.talk(&remote)) else { return };
        if let Some(ours) = exchange.repeats(&offer) {
            exchange.ask(Carrier::Update, &offer);
            exchange.answer(&ours);
            self.accept_session(leg, server, &ours);
            return;
        }
        let asked = Asked { server, method: Method::Update, tag: remote, empty: false };
        self.ask(leg, asked, Carrier::Update, offer);
    }

    /// Their wish goes to our user. A change of ours that waits for its second try waits for this one first.
    pub(super) fn ask(&mut self, leg: LegId, asked: Asked, carrier: Carrier, offer: Body) {
        let Some(found) = self.legs.find(leg) else { return };
        let quick = asked.method != Method::Invite;
        if !asked.empty
            && let Some((_, exchange)) = found.talk(&asked.tag)
        {
            exchange.ask(carrier, &offer);
        }
        if let Change::Backoff { ask } = std::mem::replace(&mut found.change, Change::Asked(asked)) {
            self.cx.timers.clear(Owner::Leg(leg), &[Timer::Glare]);
            // What was ordered last is what is wanted now.
            let superseded = found.wanted.get_or_insert_with(|| ask.clone()).body != ask.body;
            if superseded && ask.told {
                self.cx.tell(Event::ReinviteRefused { leg, code: 491 });
            }
        }
        if quick {
            self.cx.timers.set(Owner::Leg(leg), Timer::Patience, self.cx.now + PATIENCE);
        }
        self.cx.tell(Event::Reinvite { leg, offer });
    }

    pub(super) fn answer_reinvite(&mut self, leg: LegId, body: &Body) {
        let Some(found) = self.legs.find(leg) else { return };
        let Some(asked) = found.take_asked() else { return };
        if let Some((_, exchange)) = found.talk(&asked.tag) {
            match asked.empty {
                true => {
                    exchange.offer(Carrier::Accept, body);
                }
                false => exchange.answer(body),
            }
        }
        let overtaken = found.wanted.take();
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::Patience]);
        match asked.method {
            Method::Invite => self.accept_invite(leg, asked.server, body),
            Method::Update => {
                self.accept_session(leg, asked.server, body);
            }
            _ => {
                self.answer_with(asked.server, 200, |writer| writer.body(SDP, body));
            }
        }
        // What our user says now is newer than what it ordered before, and was not sent yet.
        if overtaken.is_some_and(|ask| ask.told) {
            self.cx.tell(Event::ReinviteOvertaken { leg });
        }
        self.next_change(leg);
    }

    pub(super) fn refuse_reinvite(&mut self, leg: LegId, code: u16) {
        self.drop_asked(leg, code.clamp(300, 699));
        self.next_change(leg);
    }

    /// Our user said nothing to an UPDATE or PRACK.
    pub(super) fn out_of_patience(&mut self, leg: LegId) {
        self.refuse_reinvite(leg, 504);
    }

    /// Refuses the change of theirs that waits for our user, if one does: the session is as it was.
    pub(super) fn drop_asked(&mut self, leg: LegId, code: u16) {
        let Some(found) = self.legs.find(leg) else { return };
        let Some(asked) = found.take_asked() else { return };
        if let Some((_, exchange)) = found.talk(&asked.tag) {
            exchange.withdraw();
        }
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::Patience]);
        self.refuse_change(asked.server, code);
    }

    fn refuse_change(&mut self, server: ServerId, code: u16) {
        match code {
            500 => self.not_now(server),
            422 => {
                let least = self.policy(0).min_se;
                self.answer_with(server, code, |writer| writer.number("Min-SE", least).end());
            }
            _ => self.answer(server, code),
        }
    }

    /// 500 with the time to come back: a change of theirs is under way already (section 14.2).
    pub(super) fn not_now(&mut self, server: ServerId) {
        let wait = u32::try_from(self.random.below(10)).unwrap_or(0);
        self.answer_with(server, 500, |writer| writer.number("Retry-After", wait).end());
    }

    /// Our user offers a new session. One offer may wait for its turn; a second one is refused as glare.
    pub(super) fn reinvite(&mut self, leg: LegId, ask: Ask) {
        let Some(found) = self.legs.find(leg) else { return };
        match found.phase {
            Phase::Confirmed | Phase::Accepted { bye: false } => {}
            Phase::Incoming { .. } | Phase::Outgoing { .. } => return self.offer_early(leg, ask.body),
            _ => return,
        }
        if found.wanted.as_ref().is_some_and(|ask| ask.told) {
            return self.cx.tell(Event::ReinviteRefused { leg, code: 491 });
        }
        found.wanted = Some(ask);
        self.next_change(leg);
    }

    /// Sends what waits, if nothing else is under way (section 14.1): a new session, or the old one to refresh it.
    pub(super) fn next_change(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg).filter(|l| is_free(l)) else { return };
        if let Some(ask) = found.wanted.take() {
            return self.send_reinvite(leg, ask);
        }
        if std::mem::take(&mut found.session.due)
            && let Some(ours) = found.exchange.agreed().map(|a| a.ours.clone())
        {
            self.send_reinvite(leg, Ask::quiet(ours));
        }
    }

    pub(super) fn send_reinvite(&mut self, leg: LegId, ask: Ask) {
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return };
        found.dialog.local_cseq += 1;
        found.exchange.begin(&ask.body);
        let hop = found.dialog.next_hop(&self.peers);
        let writer = outgoing::begin_invite(&found.dialog, &branch, &self.config.software, &ask.body);
        let data = self.propose_session(leg, writer).body(SDP, &ask.body);
        let client = self.clients.start(&mut self.cx, Method::Invite, &branch, hop, data, Purpose::Reinvite(leg));
        if let Some(found) = self.legs.find(leg) {
            found.change = Change::Sent { client, ask, tag: found.dialog.remote_tag.clone() };
        }
    }

    pub(super) fn reinvite_answered(&mut self, leg: LegId, client: ClientId, flow: Flow, response: &Response) {
        let Some(found) = self.legs.find(leg) else { return };
        found.dialog.refresh(response.message.list(Name::Contact).next());
        found.dialog.answered_by(flow);
        found.learn(&response.message);
        let ask = found.take_sent(client).map(|(ask, _)| ask);
        let body = Body::copy_of(&response.body);
        let ending = matches!(found.phase, Phase::Ending);
        let meaning = found.exchange.meaning(Place::Accept);
        let late = ask.is_some() && meaning == Meaning::Offer && !body.is_empty();
        if late {
            found.offered(client, response.cseq, &body);
        } else if ask.is_some() {
            match body.is_empty() {
                true => found.exchange.withdraw(),
                false => found.exchange.answered(&body),
            }
        }
        if late && ending {
            self.decline_offer(leg);
        } else if !late {
            self.acknowledge(leg, client, response.cseq, b"");
        }
        let Some(ask) = ask.filter(|_| !ending) else { return };
        self.session_agreed(leg, response);
        if late {
            return self.ask_for_answer(leg, body);
        }
        if ask.told {
            self.cx.tell(Event::ReinviteAnswered { leg, body });
        }
        self.next_change(leg);
    }

    pub(super) fn reinvite_refused(&mut self, leg: LegId, client: ClientId, response: &Response) {
        let Some(found) = self.legs.find(leg) else { return };
        let Some((mut ask, _)) = found.take_sent(client) else { return };
        found.exchange.withdraw();
        if matches!(found.phase, Phase::Ending) {
            return;
        }
        let (code, can_wait) = (response.code, ask.spare || found.helps);
        ask.attempt += 1;
        let again = ask.attempt <= MAX_ATTEMPTS;
        if code == 491 && again {
            found.change = Change::Backoff { ask };
            // Who owns the Call-ID waits longer, so that the two do not meet again (section 14.1).
            let tens = if leg.is_outgoing() { 210 + self.random.below(191) } else { self.random.below(201) };
            self.cx.timers.set(Owner::Leg(leg), Timer::Glare, self.cx.now + Duration::from_millis(tens * 10));
            return;
        }
        if code == 422 && again && self.raise(leg, response) {
            return self.send_reinvite(leg, ask);
        }
        if code == 481 || code == 408 && !can_wait {
            // The peer does not know the call any more (section 12.2.1.2).
            return self.lose(leg);
        }
        if ask.told {
            self.cx.tell(Event::ReinviteRefused { leg, code });
        } else {
            self.refresh_refused(leg, code);
        }
        self.next_change(leg);
    }

    /// True if the re-INVITE of this transaction is about something that the call can do without.
    pub(super) fn is_spare(&self, leg: LegId, client: ClientId) -> bool {
        self.legs.get(leg).is_some_and(|found| {
            let of = |ask: &Ask| ask.spare || found.helps;
            matches!(&found.change, Change::Sent { client: sent, ask, .. } if *sent == client && of(ask))
        })
    }

    pub(super) fn glare_over(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        let Change::Backoff { .. } = &found.change else { return };
        if found.unacknowledged.is_some() || !found.exchange.is_idle() {
            return self.cx.timers.set(Owner::Leg(leg), Timer::Glare, self.cx.now + NOT_YET);
        }
        if let Change::Backoff { ask } = std::mem::take(&mut found.change) {
            self.send_reinvite(leg, ask);
        }
    }
}

/// The status of a change of theirs for which there is no room now.
fn busy(change: &Change, meaning: Meaning) -> Option<u16> {
    match (change, meaning) {
        (Change::Asked(_), _) | (_, Meaning::TheirsIsOut) => Some(500),
        (Change::Sent { .. }, _) | (_, Meaning::OursIsOut) => Some(491),
        _ => None,
    }
}

/// True if a re-INVITE of ours may go out.
fn is_free(leg: &Leg) -> bool {
    matches!(leg.phase, Phase::Confirmed)
        && matches!(leg.change, Change::None)
        && leg.exchange.is_idle()
        && leg.unacknowledged.is_none()
}
