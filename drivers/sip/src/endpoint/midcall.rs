//! What happens inside a call that stands: BYE, re-INVITE both ways, and the requests that are answered at once.

use std::time::Duration;

use bytes::Bytes;

use super::Endpoint;
use super::answer::{ALLOW, capabilities};
use super::incoming::{offer, unacceptable};
use super::outgoing;
use crate::api::{EndReason, Event, Flow, LegId};
use crate::dialog::leg::{Exchange, MAX_GLARE, Phase};
use crate::transaction::client::{ClientId, Purpose};
use crate::transaction::server::User;
use crate::transaction::timer::{Owner, Timer};
use crate::wire::{Method, Name, Request, Response};

impl Endpoint {
    /// A new request whose To names a dialog.
    pub(super) fn inside_dialog(&mut self, flow: Flow, request: Request) {
        let known = request
            .to_tag
            .as_deref()
            .and_then(|tag| self.legs.by_tag(tag))
            .filter(|(_, leg)| leg.dialog.is_of(&request));
        let Some((leg, found)) = known else {
            return self.stateless(flow, &request.message, 481, |writer| writer);
        };
        let dialog = &mut found.dialog;
        if dialog.remote_cseq.is_some_and(|last| request.cseq <= last) {
            // Older than what we have seen: out of order (section 12.2.2).
            return self.stateless(flow, &request.message, 500, |writer| writer);
        }
        // Twice the bound of new requests: a peer inside a call is known, but it must not grow without end either.
        if self.servers.len() >= self.config.max_transactions.saturating_mul(2) && request.method != Method::Bye {
            return self.busy(flow, &request.message);
        }
        dialog.remote_cseq = Some(request.cseq);
        // The peer may have moved: a NAT forgot it, or its connection is a new one.
        dialog.flow = flow;
        let tag = dialog.local_tag.clone();
        match request.method {
            Method::Invite => self.reinvited(leg, flow, request, tag),
            Method::Refer => self.referred(leg, flow, request, tag),
            Method::Subscribe => self.refer_subscribed(leg, flow, request, tag),
            Method::Bye => {
                let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
                self.answer(server, 200);
                self.ended_by_peer(leg);
            }
            method => {
                let code = if matches!(method, Method::Options | Method::Info) { 200 } else { 405 };
                let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
                self.answer_with(server, code, |writer| match method {
                    Method::Options => capabilities(writer).end(),
                    // DTMF by INFO, or anything else: RFC 6086 asks no more of who knows no package.
                    Method::Info => writer.end(),
                    _ => writer.header("Allow", &[ALLOW]).end(),
                });
            }
        }
    }

    /// BYE came. What the leg still has open is answered, and its user told, unless that said goodbye before.
    fn ended_by_peer(&mut self, leg: LegId) {
        self.end_refer(leg);
        let Some(found) = self.legs.find(leg) else { return };
        if let Exchange::Asked { server, .. } = found.exchange {
            self.answer(server, 487);
        }
        let Some(found) = self.legs.find(leg) else { return };
        match found.phase {
            // Our own BYE crossed it; that ends the leg.
            Phase::Ending => return,
            // A caller may end an early dialog so (section 15).
            Phase::Incoming { server, .. } => {
                self.answer(server, 487);
                self.cx.tell(Event::Ended { leg, reason: EndReason::Cancelled });
            }
            Phase::Accepted { bye: true } => {}
            _ => self.cx.tell(Event::Ended { leg, reason: EndReason::Bye }),
        }
        self.forget(leg);
    }

    pub(super) fn bye(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        match &mut found.phase {
            Phase::Accepted { bye } => *bye = true,
            Phase::Confirmed => self.send_bye(leg),
            // Whoever orders BYE wants the call gone, however far it has come.
            Phase::Outgoing { .. } => self.cancel(leg),
            Phase::Incoming { .. } => self.refuse(leg, 480, None),
            Phase::Cancelling { .. } | Phase::Ending => {}
        }
    }

    /// Says BYE; the leg is gone when that is answered or given up.
    pub(super) fn send_bye(&mut self, leg: LegId) {
        self.end_refer(leg);
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return };
        if let Exchange::Asked { server, .. } = found.exchange {
            found.exchange = Exchange::Stable;
            self.answer(server, 487);
        }
        let Some(found) = self.legs.find(leg) else { return };
        found.phase = Phase::Ending;
        found.wanted = None;
        found.unacknowledged = None;
        found.dialog.local_cseq += 1;
        let bye = found.dialog.request(Method::Bye, found.dialog.local_cseq, &branch).end();
        let hop = found.dialog.next_hop(&self.peers);
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::SendAccept, Timer::AwaitAck, Timer::C, Timer::Glare]);
        self.clients.start(&mut self.cx, Method::Bye, &branch, hop, bye, Purpose::Bye(leg));
    }

    /// The peer offers a new session (section 14.2).
    fn reinvited(&mut self, leg: LegId, flow: Flow, request: Request, tag: String) {
        let Some(found) = self.legs.find(leg) else { return };
        let status = match (&found.phase, &found.exchange) {
            (Phase::Incoming { .. }, _) | (_, Exchange::Asked { .. }) => Some(500),
            (Phase::Confirmed, exchange) if !exchange.is_ours() && found.unacknowledged.is_none() => {
                unacceptable(&request)
            }
            (Phase::Ending, _) => Some(481),
            _ => Some(491),
        };
        if status.is_none() {
            found.dialog.refresh(request.message.list(Name::Contact).next());
        }
        let offer = offer(&request);
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Leg(leg));
        if let Some(code) = status {
            let wait = u32::try_from(self.random.below(10)).unwrap_or(0);
            self.answer_with(server, code, |writer| {
                if code == 500 { writer.number("Retry-After", wait).end() } else { writer.end() }
            });
            return;
        }
        let Some(found) = self.legs.find(leg) else { return };
        let asked = Exchange::Asked { server, empty: offer.is_none() };
        if let Exchange::Backoff { body, .. } = std::mem::replace(&mut found.exchange, asked) {
            self.cx.timers.clear(Owner::Leg(leg), &[Timer::Glare]);
            found.wanted = Some(body);
        }
        self.cx.tell(Event::Reinvite { leg, offer: offer.unwrap_or_default() });
    }

    pub(super) fn answer_reinvite(&mut self, leg: LegId, body: &[u8]) {
        let Some(found) = self.legs.find(leg) else { return };
        let Exchange::Asked { server, empty } = found.exchange else { return };
        found.exchange = if empty { Exchange::AwaitAnswer } else { Exchange::Stable };
        self.accept_invite(leg, server, body);
    }

    pub(super) fn refuse_reinvite(&mut self, leg: LegId, code: u16) {
        let Some(found) = self.legs.find(leg) else { return };
        let Exchange::Asked { server, .. } = found.exchange else { return };
        found.exchange = Exchange::Stable;
        self.answer(server, code.clamp(300, 699));
        self.offer_what_is_wanted(leg);
    }

    /// Our user offers a new session. One offer may wait for its turn; a second one is refused as glare.
    pub(super) fn reinvite(&mut self, leg: LegId, body: Bytes) {
        let Some(found) = self.legs.find(leg) else { return };
        if !matches!(found.phase, Phase::Confirmed | Phase::Accepted { bye: false }) {
            return;
        }
        if found.wanted.is_some() {
            return self.cx.tell(Event::ReinviteRefused { leg, code: 491 });
        }
        found.wanted = Some(body);
        self.offer_what_is_wanted(leg);
    }

    /// Sends the waiting offer if nothing else is under way (section 14.1).
    pub(super) fn offer_what_is_wanted(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        let free = matches!(found.phase, Phase::Confirmed)
            && found.exchange == Exchange::Stable
            && found.unacknowledged.is_none();
        if let Some(body) = found.wanted.take_if(|_| free) {
            self.send_reinvite(leg, body, 0);
        }
    }

    fn send_reinvite(&mut self, leg: LegId, body: Bytes, attempt: u8) {
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return };
        found.dialog.local_cseq += 1;
        let hop = found.dialog.next_hop(&self.peers);
        let data = outgoing::offer(&found.dialog, &branch, &self.config.software, &body);
        let client = self.clients.start(&mut self.cx, Method::Invite, &branch, hop, data, Purpose::Reinvite(leg));
        found.exchange = Exchange::Offered { client, body, attempt };
    }

    pub(super) fn reinvite_answered(&mut self, leg: LegId, client: ClientId, flow: Flow, response: &Response) {
        let Some(found) = self.legs.find(leg) else { return };
        found.dialog.refresh(response.message.list(Name::Contact).next());
        if flow.connection != 0 {
            found.dialog.flow = flow;
        }
        let ours = matches!(found.exchange, Exchange::Offered { client: c, .. } if c == client);
        if ours {
            found.exchange = Exchange::Stable;
        }
        let told = matches!(found.phase, Phase::Ending);
        self.acknowledge(leg, client, response.cseq);
        if ours && !told {
            self.cx.tell(Event::ReinviteAnswered { leg, body: Bytes::copy_from_slice(&response.body) });
            self.offer_what_is_wanted(leg);
        }
    }

    pub(super) fn reinvite_refused(&mut self, leg: LegId, client: ClientId, code: u16) {
        let Some(found) = self.legs.find(leg) else { return };
        let Exchange::Offered { client: current, body, attempt } = &found.exchange else { return };
        if *current != client {
            return;
        }
        if matches!(found.phase, Phase::Ending) {
            found.exchange = Exchange::Stable;
            return;
        }
        if code == 491 && *attempt < MAX_GLARE {
            found.exchange = Exchange::Backoff { body: body.clone(), attempt: attempt + 1 };
            // Who owns the Call-ID waits longer, so that the two do not meet again (section 14.1).
            let tens = if leg.is_outgoing() { 210 + self.random.below(191) } else { self.random.below(201) };
            self.cx.timers.set(Owner::Leg(leg), Timer::Glare, self.cx.now + Duration::from_millis(tens * 10));
            return;
        }
        found.exchange = Exchange::Stable;
        if matches!(code, 408 | 481) {
            // The peer does not know the call any more (section 12.2.1.2).
            return self.lose(leg);
        }
        self.cx.tell(Event::ReinviteRefused { leg, code });
        self.offer_what_is_wanted(leg);
    }

    pub(super) fn glare_over(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        if let Exchange::Backoff { body, attempt } = std::mem::take(&mut found.exchange) {
            self.send_reinvite(leg, body, attempt);
        }
    }
}
