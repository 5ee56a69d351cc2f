//! Before a call is answered: reliable provisional responses in both roles (RFC 3262), and one early dialog for each phone that rings.

use super::Endpoint;
use super::answer::SDP;
use super::incoming::offer;
use super::outgoing::begin_update;
use crate::api::{Body, EndReason, Event, Flow, LegId};
use crate::dialog::Fork;
use crate::dialog::exchange::{Carrier, Exchange, Meaning, Place};
use crate::dialog::leg::{Ask, Asked, Change, Phase};
use crate::dialog::reliable::{Sent, rseq};
use crate::transaction::client::{ClientId, MAX_FORKS, Purpose};
use crate::transaction::server::{ServerId, User};
use crate::transaction::timer::{GIVE_UP, Owner, RINGS_AT_MOST, T1, Timer};
use crate::wire::{Method, Name, Request, Response};

/// The longest first number of a reliable response (RFC 3262 section 7.1), so that it can be counted up.
const FIRST_RSEQ: u64 = (1 << 31) - 1;

impl Endpoint {
    /// A provisional response that the caller must acknowledge. One at a time: what our user says meanwhile waits.
    pub(super) fn ring_reliably(&mut self, leg: LegId, server: ServerId, code: u16, mut body: Body) {
        let first = u32::try_from(1 + self.random.below(FIRST_RSEQ)).unwrap_or(1);
        let Some(found) = self.legs.find(leg) else { return };
        let Some(reliable) = &mut found.reliable else { return };
        if reliable.sent.is_some() {
            return reliable.wait(code, body);
        }
        match (found.exchange.asked(), found.exchange.agreed()) {
            // It would have to hold our offer (section 5), and there is none yet: the 2xx will bring it.
            (None, None) if body.is_empty() => return,
            (None, None) => {
                found.exchange.offer(Carrier::Reliable, &body);
            }
            (Some(_), _) if !body.is_empty() => found.exchange.answer(&body),
            (Some(_), _) => {}
            // Answered already.
            (None, Some(_)) => body = Body::default(),
        }
        reliable.rseq = if reliable.rseq == 0 { first } else { reliable.rseq.wrapping_add(1).max(1) };
        let number = reliable.rseq;
        let Some(flow) = self.servers.find(server).map(|s| s.flow) else { return };
        let data = self.answer_with(server, code, |writer| {
            writer.header("Require", &[b"100rel"]).number("RSeq", number).body(SDP, &body)
        });
        let Some((data, found)) = data.zip(self.legs.find(leg)) else { return };
        if let Some(reliable) = &mut found.reliable {
            reliable.sent = Some(Sent { data, flow, interval: T1, described: !body.is_empty() });
        }
        self.cx.timers.set(Owner::Leg(leg), Timer::SendReliable, self.cx.now + T1);
        self.cx.timers.set(Owner::Leg(leg), Timer::AwaitPrack, self.cx.now + GIVE_UP);
    }

    pub(super) fn send_reliable_again(&mut self, leg: LegId) {
        let sent = self.legs.find(leg).and_then(|l| l.reliable.as_mut()).and_then(|r| r.sent.as_mut());
        let Some(sent) = sent else { return };
        sent.interval *= 2;
        let (flow, data, interval) = (sent.flow, sent.data.clone(), sent.interval);
        self.cx.transmit(flow, data);
        self.cx.timers.set(Owner::Leg(leg), Timer::SendReliable, self.cx.now + interval);
    }

    /// The caller takes INVITEs' answers and acknowledges none (section 3: 5xx). Who calls for help is called on for without.
    pub(super) fn never_pracked(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        let Phase::Incoming { server } = found.phase else { return };
        if found.helps {
            self.cx.timers.clear(Owner::Leg(leg), &[Timer::SendReliable]);
            let accept = found.reliable.take().and_then(|reliable| reliable.accept);
            return accept.into_iter().for_each(|body| self.accept(leg, body));
        }
        self.answer(server, 504);
        self.cx.tell(Event::Ended { leg, reason: EndReason::Lost });
        self.forget(leg);
    }

    /// PRACK for a provisional response of ours. Its offer, if it has one, is asked of our user.
    pub(super) fn pracked(&mut self, leg: LegId, flow: Flow, request: Request, tag: String) {
        let Some(found) = self.legs.find(leg) else { return };
        let meant = found.reliable.as_ref().is_some_and(|r| r.is_meant(&request.message));
        let (body, remote) = (offer(&request), request.from_tag.clone());
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        if !meant {
            self.answer(server, 481);
            return;
        }
        let Some(found) = self.legs.find(leg) else { return };
        let acknowledged = found.reliable.as_mut().and_then(|r| r.sent.take()).is_some();
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::SendReliable, Timer::AwaitPrack]);
        match (found.exchange.meaning(Place::Prack), body) {
            (Meaning::Answer, Some(body)) => {
                found.exchange.answered(&body);
                self.answer(server, 200);
                self.cx.tell(Event::AckAnswer { leg, body });
            }
            // Our offer is not answered, though it had to be: the 2xx makes it again.
            (Meaning::Answer, None) => {
                found.exchange.withdraw();
                self.answer(server, 200);
            }
            (Meaning::Offer, Some(body)) => {
                let asked = Asked { server, method: Method::PRack, tag: remote, empty: false };
                self.ask(leg, asked, Carrier::Prack, body);
            }
            (Meaning::OursIsOut, Some(_)) => self.answer(server, 491),
            (Meaning::TheirsIsOut, Some(_)) => self.not_now(server),
            _ => self.answer(server, 200),
        }
        if acknowledged {
            self.say_what_waits(leg);
        }
    }

    /// Our provisional response was acknowledged: the next may go.
    fn say_what_waits(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        let Phase::Incoming { server } = found.phase else { return };
        let Some(reliable) = &mut found.reliable else { return };
        if let Some(body) = reliable.accept.take() {
            self.accept(leg, body);
        } else if let Some((code, body)) = reliable.waiting.take() {
            self.ring_reliably(leg, server, code, body);
        }
    }

    /// A provisional response to an INVITE of ours.
    pub(super) fn progress(&mut self, leg: LegId, client: ClientId, flow: Flow, response: &Response) {
        let Some(found) = self.legs.find(leg) else { return };
        if let Phase::Cancelling { sent, taken } = &mut found.phase
            && !*sent
        {
            *sent = self.clients.cancel(&mut self.cx, client, *taken);
        }
        if response.code == 100 && matches!(found.phase, Phase::Outgoing { .. }) {
            self.cx.tell(Event::Trying { leg });
            return;
        }
        if response.code == 100 || !matches!(found.phase, Phase::Outgoing { .. } | Phase::Cancelling { .. }) {
            return;
        }
        let known = self.fork(leg, flow, response);
        let reliable = rseq(&response.message).is_some();
        let Some(found) = self.legs.find(leg) else { return };
        let tag = response.to_tag.as_deref().unwrap_or_default();
        let place = if reliable { Place::Reliable } else { Place::Provisional };
        let meaning = found.talk(tag).map_or(Meaning::Preview, |(_, exchange)| exchange.meaning(place));
        let rings = matches!(found.phase, Phase::Outgoing { .. });
        if rings {
            // Also for what says the same again: a call that rings for long is shown to be alive so.
            self.cx.timers.set(Owner::Leg(leg), Timer::C, self.cx.now + RINGS_AT_MOST);
        }
        if reliable && !(known && self.acknowledge_progress(leg, response)) {
            return;
        }
        if rings {
            let says = !response.body.is_empty() && matches!(meaning, Meaning::Preview | Meaning::Answer);
            let body = says.then(|| Body::copy_of(&response.body));
            self.cx.tell(Event::Progress { leg, code: response.code, body });
        }
    }

    /// Keeps the early dialog of a response; false if it makes none, or there are too many.
    fn fork(&mut self, leg: LegId, flow: Flow, response: &Response) -> bool {
        let (Some(found), Some(tag)) = (self.legs.find(leg), response.to_tag.as_deref()) else { return false };
        found.learn(&response.message);
        if let Some(fork) = found.forks.iter_mut().find(|f| f.dialog.remote_tag == tag) {
            fork.dialog.refresh(response.message.list(Name::Contact).next());
            return true;
        }
        let room = found.forks.len() < MAX_FORKS;
        if room {
            let dialog = found.dialog.fork(response, flow);
            let name = dialog.id();
            found.forks.push(Fork { dialog, exchange: found.exchange.clone(), rseq: None });
            self.cx.tell(Event::Dialog { leg, dialog: name });
        }
        room
    }

    /// PRACK, in the order of each early dialog's numbers (section 4); false for one that was heard before, or comes too early.
    fn acknowledge_progress(&mut self, leg: LegId, response: &Response) -> bool {
        let branch = self.branch();
        let (Some(found), Some(number)) = (self.legs.find(leg), rseq(&response.message)) else { return false };
        let tag = response.to_tag.as_deref().unwrap_or_default();
        let Some(fork) = found.forks.iter_mut().find(|f| f.dialog.remote_tag == tag) else { return false };
        if fork.rseq.is_some_and(|last| last.wrapping_add(1) != number) {
            return false;
        }
        fork.rseq = Some(number);
        if !response.body.is_empty() && fork.exchange.meaning(Place::Reliable) == Meaning::Answer {
            fork.exchange.answered(&Body::copy_of(&response.body));
        }
        fork.dialog.local_cseq += 1;
        let rack = format!("{number} {} INVITE", response.cseq);
        let prack = fork
            .dialog
            .request(Method::PRack, fork.dialog.local_cseq, &branch)
            .header("RAck", &[rack.as_bytes()])
            .header("User-Agent", &[self.config.software.as_bytes()])
            .end();
        let hop = fork.dialog.next_hop(&self.peers);
        self.clients.start(&mut self.cx, Method::PRack, &branch, hop, prack, Purpose::Prack(leg));
        true
    }

    /// Our user offers a new session before the call is answered: by UPDATE, if a first one was agreed on reliably and the peer knows
    /// that (RFC 3311 section 5.1). Otherwise it must wait for the answer.
    pub(super) fn offer_early(&mut self, leg: LegId, body: Body) {
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return };
        let free = found.updates && matches!(found.change, Change::None);
        let outgoing = matches!(found.phase, Phase::Outgoing { .. });
        let ready = |x: &Exchange| free && x.is_idle() && x.agreed().is_some();
        let talk = match found.forks.iter_mut().rfind(|f| ready(&f.exchange)) {
            Some(fork) => Some((&mut fork.dialog, &mut fork.exchange)),
            None if outgoing => None,
            None => Some((&mut found.dialog, &mut found.exchange)).filter(|(_, exchange)| ready(exchange)),
        };
        let Some((dialog, exchange)) = talk.filter(|_| !body.is_empty()) else {
            return self.cx.tell(Event::ReinviteRefused { leg, code: 491 });
        };
        exchange.offer(Carrier::Update, &body);
        dialog.local_cseq += 1;
        let (hop, tag) = (dialog.next_hop(&self.peers), dialog.remote_tag.clone());
        let data = begin_update(dialog, &branch, &self.config.software).body(SDP, &body);
        let client = self.clients.start(&mut self.cx, Method::Update, &branch, hop, data, Purpose::Offer(leg));
        found.change = Change::Sent { client, ask: Ask::by_user(body), tag };
    }

    pub(super) fn early_offer_answered(&mut self, leg: LegId, client: ClientId, response: &Response) {
        if response.code >= 300 {
            return self.early_offer_refused(leg, client, response.code);
        }
        let Some(found) = self.legs.find(leg) else { return };
        let Some((_, tag)) = found.take_sent(client) else { return };
        let body = Body::copy_of(&response.body);
        if let Some((dialog, exchange)) = found.talk(&tag) {
            dialog.refresh(response.message.list(Name::Contact).next());
            match exchange.meaning(Place::UpdateAccept) {
                Meaning::Answer if !body.is_empty() => exchange.answered(&body),
                _ => exchange.withdraw(),
            }
        }
        self.cx.tell(Event::ReinviteAnswered { leg, body });
        self.next_change(leg);
    }

    pub(super) fn early_offer_refused(&mut self, leg: LegId, client: ClientId, code: u16) {
        let Some(found) = self.legs.find(leg) else { return };
        let Some((_, tag)) = found.take_sent(client) else { return };
        if let Some((_, exchange)) = found.talk(&tag) {
            exchange.withdraw();
        }
        self.cx.tell(Event::ReinviteRefused { leg, code });
        self.next_change(leg);
    }
}
