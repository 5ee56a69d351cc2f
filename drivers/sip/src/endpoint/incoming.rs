//! Calls that come in, until they stand (RFC 3261 section 13.3).

use model::Pii;

use super::Endpoint;
use super::answer::SDP;
use super::over_trunk::OverTrunk;
use super::vouched::is_private;
use crate::admission::calls_for_help;
use crate::api::{Body, EndReason, Event, Flow, HOPS, Invite, LegId, NameAddr};
use crate::dialog::exchange::{Carrier, Exchange, Meaning, Place};
use crate::dialog::leg::{Ask, Phase, Unacknowledged};
use crate::dialog::reliable::Reliable;
use crate::dialog::session_timer::Terms;
use crate::dialog::{Dialog, listening};
use crate::transaction::is_reliable;
use crate::transaction::server::{ServerId, User};
use crate::transaction::timer::{GIVE_UP, Owner, T1, T2, Timer};
use crate::wire::lex::{self, text};
use crate::wire::{Address, MediaType, Message, Name, Request, Scheme, Uri, find_part};

/// A caller that reads no description of sound.
const NOT_ACCEPTABLE: u16 = 406;

impl Endpoint {
    pub(super) fn incoming(&mut self, flow: Flow, request: Request) {
        // Who calls for help wants help, whatever else the request says.
        let helps = calls_for_help(&self.config, &request);
        if let Some(code) = unacceptable(&request).filter(|_| !helps) {
            return self.stateless(flow, &request.message, code, |writer| writer);
        }
        let policy = self.policy(0);
        if Terms::read(&request.message).is_too_small(policy) && !helps {
            return self.stateless(flow, &request.message, 422, |writer| writer.number("Min-SE", policy.min_se));
        }
        let tag = self.random.hex(8);
        let trunk = self.trunk_of(&flow, &request);
        // A trunk is known by the port that it sends from, and reached at its own anyway.
        let at = if trunk.is_some() { flow } else { listening(flow, &request) };
        let (Some(dialog), Some(mut invite)) = (Dialog::incoming(&request, &tag, at), self.read_invite(at, &request))
        else {
            return self.stateless(flow, &request.message, 400, |writer| writer);
        };
        match self.replaced(&request) {
            Ok(replaces) => invite.replaces = replaces,
            Err(_) if helps => {}
            Err(code) => return self.stateless(flow, &request.message, code, |writer| writer),
        }
        self.judge_sender(flow, &invite.auth, &request);
        invite.dialog = dialog.id();
        if let Some(id) = trunk {
            invite.vouched = self.vouched(id, &request.message);
            if let Some(called) = self.called_at_contact(id, &request) {
                invite.dialled = called.into();
            }
        }
        let owner = self.owner_of(&invite.auth, trunk.is_some(), &request);
        let leg = self.legs.number();
        let mut exchange = Exchange::default();
        if let Some(offer) = &invite.offer {
            exchange.ask(Carrier::Invite, offer);
        }
        let (cseq, message) = (request.cseq, request.message.clone());
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Leg(leg));
        self.cx.recorder.leg(leg, &dialog.call_id);
        let found = self.legs.insert(leg, dialog, Phase::Incoming { server }, exchange);
        found.learn(&message);
        found.helps = helps && trunk.is_none();
        found.over = trunk.map(OverTrunk::new);
        found.owner = owner;
        found.reliable = requires(&message, b"100rel").then(|| Reliable::new(cseq));
        self.carries(leg, flow);
        self.cx.tell(Event::Invite { leg, invite: invite.into() });
    }

    fn read_invite(&mut self, flow: Flow, request: &Request) -> Option<Invite> {
        let from = request.address(Name::From)?;
        Some(Invite {
            from: NameAddr { display: from.name().into(), uri: text(from.uri.raw).into() },
            from_user: from.uri.user().into(),
            auth: self.evaluate(flow, request),
            private: is_private(&request.message) || is_anonymous(&from.uri),
            offer: offer(request),
            agent: request.message.value(Name::UserAgent).map(text).unwrap_or_default(),
            hops: hops(request).saturating_sub(1),
            gr: device(&request.uri()?),
            contact_gruu: contact_gruu(request),
            ..Invite::new(flow, request.uri()?.user())
        })
    }

    pub(super) fn ring(&mut self, leg: LegId, code: u16, body: Option<Body>) {
        let Some(server) = self.unanswered_invite(leg) else { return };
        let (code, body) = (code.clamp(101, 199), body.unwrap_or_default());
        if self.legs.get(leg).is_some_and(|l| l.reliable.is_some()) {
            return self.ring_reliably(leg, server, code, body);
        }
        self.answer_with(server, code, |writer| writer.body(SDP, &body));
    }

    pub(super) fn accept(&mut self, leg: LegId, body: Body) {
        let Some(server) = self.unanswered_invite(leg) else { return };
        let Some(found) = self.legs.find(leg) else { return };
        if let Some(reliable) = found.reliable.as_mut() {
            if reliable.sent.as_ref().is_some_and(|sent| sent.described) {
                reliable.accept = Some(body);
                return;
            }
            // The 2xx says all that it would have said.
            reliable.sent = None;
            self.cx.timers.clear(Owner::Leg(leg), &[Timer::SendReliable, Timer::AwaitPrack]);
        }
        // An offer of theirs that our user has not answered may come again in a moment, when the call stands.
        self.drop_asked(leg, 491);
        let Some(found) = self.legs.find(leg) else { return };
        found.phase = Phase::Accepted { bye: false };
        let body = match (found.exchange.asked(), found.exchange.agreed()) {
            (Some(_), _) => {
                found.exchange.answer(&body);
                body
            }
            (None, None) => {
                found.exchange.offer(Carrier::Accept, &body);
                body
            }
            // Answered in a reliable provisional response: a second answer would mean nothing (RFC 6337 section 3.1.1), unless the first may not
            // have been heard.
            (None, Some(agreed)) => {
                let said = if found.reliable.is_some() { Body::default() } else { agreed.ours.clone() };
                if agreed.ours != body {
                    found.wanted = Some(Ask::quiet(body));
                }
                said
            }
        };
        self.accept_invite(leg, server, &body);
    }

    /// 200 to an INVITE or re-INVITE, repeated until its ACK comes: over any transport, since a proxy behind us may lose it
    /// (section 13.3.1.4).
    pub(super) fn accept_invite(&mut self, leg: LegId, server: ServerId, body: &[u8]) {
        let Some((flow, cseq)) = self.servers.find(server).and_then(|s| Some((s.flow, s.request.as_ref()?.cseq)))
        else {
            return;
        };
        let Some(data) = self.accept_session(leg, server, body) else { return };
        let Some(found) = self.legs.find(leg) else { return };
        found.unacknowledged = Some(Unacknowledged { data, flow, cseq, interval: T1 });
        self.cx.timers.set(Owner::Leg(leg), Timer::SendAccept, self.cx.now + T1);
        self.cx.timers.set(Owner::Leg(leg), Timer::AwaitAck, self.cx.now + GIVE_UP);
    }

    pub(super) fn send_accept_again(&mut self, leg: LegId) {
        let Some(waiting) = self.legs.find(leg).and_then(|l| l.unacknowledged.as_mut()) else { return };
        waiting.interval = (waiting.interval * 2).min(T2);
        let (flow, data, interval) = (waiting.flow, waiting.data.clone(), waiting.interval);
        self.cx.transmit(flow, data);
        self.cx.timers.set(Owner::Leg(leg), Timer::SendAccept, self.cx.now + interval);
    }

    pub(super) fn never_acknowledged(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        if found.unacknowledged.take().is_none() {
            return;
        }
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::SendAccept]);
        if !found.helps || matches!(found.phase, Phase::Accepted { bye: true }) {
            return self.lose(leg);
        }
        // Its ACK is lost on the way, and its sound goes another. That such a session should be ended (section 13.3.1.4) is no must.
        if found.exchange.meaning(Place::Ack) == Meaning::Answer {
            found.exchange.withdraw();
        }
        if matches!(found.phase, Phase::Accepted { .. }) {
            found.phase = Phase::Confirmed;
            self.cx.tell(Event::Established { leg });
        }
        self.next_change(leg);
    }

    /// An ACK that no transaction wanted: of a 2xx, or of nothing.
    pub(super) fn acknowledged(&mut self, flow: Flow, ack: &Request) {
        let Some((leg, found)) = ack.to_tag.as_deref().and_then(|tag| self.legs.by_tag(tag)) else { return };
        let expected = found.unacknowledged.as_ref().is_some_and(|u| u.cseq == ack.cseq);
        if !found.dialog.is_of(ack) || !expected {
            return;
        }
        found.unacknowledged = None;
        // No ACK can be asked for a proof (section 22.1), so it moves a call that belongs to somebody no further than to another connection of
        // the same host.
        let same_host = found.dialog.flow.remote.ip() == flow.remote.ip();
        if is_reliable(flow) && (same_host || found.owner.is_none()) {
            found.dialog.heard_by(flow);
        }
        let awaited = found.exchange.meaning(Place::Ack) == Meaning::Answer;
        let body = offer(ack).filter(|_| awaited);
        match &body {
            Some(body) => found.exchange.answered(body),
            None if awaited => found.exchange.withdraw(),
            None => {}
        }
        let first = matches!(found.phase, Phase::Accepted { .. });
        let given_up = matches!(found.phase, Phase::Accepted { bye: true });
        if first {
            found.phase = Phase::Confirmed;
        }
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::SendAccept, Timer::AwaitAck]);
        if given_up {
            return self.send_bye(leg);
        }
        if awaited && body.is_none() {
            // Nothing was agreed, and the peer thinks that all was said.
            return self.lose(leg);
        }
        if first {
            self.cx.tell(Event::Established { leg });
        }
        if let Some(body) = body {
            self.cx.tell(Event::AckAnswer { leg, body });
        }
        self.next_change(leg);
    }

    pub(super) fn refuse(&mut self, leg: LegId, code: u16, retry_after: Option<u32>) {
        let Some(server) = self.unanswered_invite(leg) else { return };
        self.answer_with(server, code.clamp(300, 699), |writer| match retry_after {
            Some(seconds) => writer.number("Retry-After", seconds).end(),
            None => writer.end(),
        });
        self.forget(leg);
    }

    pub(super) fn challenge_invite(&mut self, leg: LegId, stale: bool) {
        let Some(server) = self.unanswered_invite(leg) else { return };
        self.challenge(server, stale);
        self.cx.recorder.challenged(leg);
        self.forget(leg);
    }

    /// The peer cancelled an INVITE of this leg, which was answered with 487.
    pub(super) fn invite_cancelled(&mut self, leg: LegId, cancelled: ServerId) {
        let Some(found) = self.legs.find(leg) else { return };
        if matches!(found.phase, Phase::Incoming { .. }) {
            self.cx.tell(Event::Ended { leg, reason: EndReason::Cancelled });
            self.forget(leg);
        } else if found.asked().is_some_and(|asked| asked.server == cancelled) {
            // A re-INVITE: the session is as it was. An answer that the user still gives finds nothing to answer.
            found.take_asked();
            found.exchange.withdraw();
            self.next_change(leg);
        }
    }

    fn unanswered_invite(&mut self, leg: LegId) -> Option<ServerId> {
        match self.legs.find(leg)?.phase {
            Phase::Incoming { server } => Some(server),
            _ => None,
        }
    }
}

/// A Contact that is a GRUU.
fn contact_gruu(request: &Request) -> Option<(Pii<String>, Pii<String>)> {
    let contact = request.address(Name::Contact)?;
    Some((contact.uri.user().into(), device(&contact.uri)?.into()))
}

/// Which device a GRUU means (RFC 5627); empty, if its user part says it.
pub(super) fn device(uri: &Uri<'_>) -> Option<String> {
    lex::param(uri.params, "gr").map(|device| text(&lex::unescape(device.unwrap_or_default())))
}

/// The status of an INVITE or re-INVITE that cannot make a session, whatever the user thinks of it.
pub(super) fn unacceptable(request: &Request) -> Option<u16> {
    let message = &request.message;
    if let Some(code) = unreadable(request) {
        return Some(code);
    }
    if !accepts(request, SDP) {
        return Some(NOT_ACCEPTABLE);
    }
    // A caller of RFC 2543 names none, and is reached by its From.
    let mut contacts = message.list(Name::Contact);
    let from = || message.value(Name::From).filter(|_| request.is_of_2543());
    let target = contacts.next().or_else(from).and_then(|c| Address::parse(c).ok());
    let usable = target.is_some_and(|c| matches!(c.uri.scheme, Scheme::Sip | Scheme::Sips));
    (!usable || contacts.next().is_some()).then_some(400)
}

/// The status of a request whose body nobody here can read.
pub(super) fn unreadable(request: &Request) -> Option<u16> {
    let encoded = request.message.list(Name::ContentEncoding).any(|e| !e.eq_ignore_ascii_case(b"identity"));
    let known = !encoded && (offer(request).is_some() || is_optional(request));
    (!request.body.is_empty() && !known).then_some(415)
}

/// True if its sender can read this type. Without Accept, what is always written in this case is accepted.
pub(super) fn accepts(request: &Request, kind: &str) -> bool {
    let (main, sub) = kind.split_once('/').unwrap_or((kind, ""));
    let mut ranges = request.message.list(Name::Accept).peekable();
    ranges.peek().is_none() || ranges.filter_map(MediaType::parse).any(|range| range.covers(main, sub))
}

/// True if its sender requires this extension.
fn requires(message: &Message, extension: &[u8]) -> bool {
    message.list(Name::Require).any(|tag| tag.eq_ignore_ascii_case(extension))
}

/// From as RFC 3323 section 4.1.1.3 writes it, or with its user part alone, as most phones do.
fn is_anonymous(from: &Uri<'_>) -> bool {
    from.user_text() == "anonymous" || from.host.eq_ignore_ascii_case(b"anonymous.invalid")
}

/// Max-Forwards; a call without one has not come far.
fn hops(request: &Request) -> u8 {
    request.message.value(Name::MaxForwards).and_then(lex::number).unwrap_or(HOPS)
}

/// The SDP of a message, which may come with other parts. Without a type, a body can only be what nearly every one is.
pub(super) fn offer(request: &Request) -> Option<Body> {
    let kind = request.message.value(Name::ContentType).unwrap_or(SDP.as_bytes());
    let body = Some(&request.body[..]).filter(|b| !b.is_empty());
    // A copy, since the user may keep it longer than the message.
    body.and_then(|b| find_part(kind, b, "application", "sdp")).map(Body::copy_of)
}

/// A body that its sender lets us ignore (section 20.11).
fn is_optional(request: &Request) -> bool {
    let handling = request.message.value(Name::ContentDisposition).and_then(|d| {
        let (_, params) = lex::value_and_params(d);
        lex::param(params, "handling").flatten()
    });
    handling.is_some_and(|h| h.eq_ignore_ascii_case(b"optional"))
}
