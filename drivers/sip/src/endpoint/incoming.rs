//! Calls that come in, until they stand (RFC 3261 section 13.3).

use bytes::Bytes;

use super::Endpoint;
use super::answer::SDP;
use super::register::text;
use crate::api::{EndReason, Event, Flow, Invite, LegId, NameAddr};
use crate::dialog::Dialog;
use crate::dialog::leg::{Exchange, Phase, Unacknowledged};
use crate::transaction::is_reliable;
use crate::transaction::server::{ServerId, User};
use crate::transaction::timer::{GIVE_UP, Owner, T1, T2, Timer};
use crate::wire::{Address, MediaType, Name, Request, Scheme, find_part, lex};

impl Endpoint {
    pub(super) fn incoming(&mut self, flow: Flow, request: Request) {
        if let Some(code) = unacceptable(&request) {
            return self.stateless(flow, &request.message, code, |writer| writer);
        }
        let tag = self.random.hex(8);
        let (Some(dialog), Some(mut invite)) =
            (Dialog::incoming(&request, &tag, flow), self.read_invite(flow, &request))
        else {
            return self.stateless(flow, &request.message, 400, |writer| writer);
        };
        match self.replaced(&request) {
            Ok(replaces) => invite.replaces = replaces,
            Err(code) => return self.stateless(flow, &request.message, code, |writer| writer),
        }
        let leg = self.legs.number();
        let has_offer = invite.offer.is_some();
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Leg(leg));
        self.legs.insert(leg, dialog, Phase::Incoming { server, has_offer });
        self.cx.tell(Event::Invite { leg, invite: invite.into() });
    }

    fn read_invite(&mut self, flow: Flow, request: &Request) -> Option<Invite> {
        let from = request.address(Name::From)?;
        Some(Invite {
            from: NameAddr { display: from.name().into(), uri: text(from.uri.raw).into() },
            from_user: from.uri.user().into(),
            auth: self.authenticator.evaluate(self.cx.now, request),
            offer: offer(request),
            agent: request.message.value(Name::UserAgent).map(text).unwrap_or_default(),
            ..Invite::new(flow, request.uri()?.user())
        })
    }

    pub(super) fn ring(&mut self, leg: LegId, code: u16, body: Option<Bytes>) {
        let Some(server) = self.unanswered_invite(leg) else { return };
        self.answer_with(server, code.clamp(101, 199), |writer| writer.body(SDP, &body.unwrap_or_default()));
    }

    pub(super) fn accept(&mut self, leg: LegId, body: &[u8]) {
        let Some(found) = self.legs.find(leg) else { return };
        let Phase::Incoming { server, has_offer } = found.phase else { return };
        found.phase = Phase::Accepted { bye: false };
        if !has_offer {
            found.exchange = Exchange::AwaitAnswer;
        }
        self.accept_invite(leg, server, body);
    }

    /// 200 to an INVITE or re-INVITE, repeated until its ACK comes: over any transport, since a proxy behind us may lose it
    /// (section 13.3.1.4).
    pub(super) fn accept_invite(&mut self, leg: LegId, server: ServerId, body: &[u8]) {
        let Some((flow, cseq)) = self.servers.find(server).and_then(|s| Some((s.flow, s.request.as_ref()?.cseq)))
        else {
            return;
        };
        let Some(data) = self.answer_with(server, 200, |writer| writer.body(SDP, body)) else { return };
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
        if self.legs.find(leg).is_some_and(|l| l.unacknowledged.take().is_some()) {
            self.cx.timers.clear(Owner::Leg(leg), &[Timer::SendAccept]);
            self.lose(leg);
        }
    }

    /// An ACK that no transaction wanted: of a 2xx, or of nothing.
    pub(super) fn acknowledged(&mut self, flow: Flow, ack: &Request) {
        let Some((leg, found)) = ack.to_tag.as_deref().and_then(|tag| self.legs.by_tag(tag)) else { return };
        let expected = found.unacknowledged.as_ref().is_some_and(|u| u.cseq == ack.cseq);
        if !found.dialog.is_of(ack) || !expected {
            return;
        }
        found.unacknowledged = None;
        if is_reliable(flow) {
            found.dialog.flow = flow;
        }
        let answer = std::mem::take(&mut found.exchange) == Exchange::AwaitAnswer;
        let first = matches!(found.phase, Phase::Accepted { .. });
        let given_up = matches!(found.phase, Phase::Accepted { bye: true });
        if first {
            found.phase = Phase::Confirmed;
        }
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::SendAccept, Timer::AwaitAck]);
        if given_up {
            return self.send_bye(leg);
        }
        let body = offer(ack);
        if answer && body.is_none() {
            // Nothing was agreed, and the peer thinks that all was said.
            return self.lose(leg);
        }
        if first {
            self.cx.tell(Event::Established { leg });
        }
        if let Some(body) = body.filter(|_| answer) {
            self.cx.tell(Event::AckAnswer { leg, body });
        }
        self.offer_what_is_wanted(leg);
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
        self.forget(leg);
    }

    /// The peer cancelled an INVITE of this leg, which was answered with 487.
    pub(super) fn invite_cancelled(&mut self, leg: LegId, cancelled: ServerId) {
        let Some(found) = self.legs.find(leg) else { return };
        match (&found.phase, &found.exchange) {
            (Phase::Incoming { .. }, _) => {
                self.cx.tell(Event::Ended { leg, reason: EndReason::Cancelled });
                self.forget(leg);
            }
            // A re-INVITE: the session is as it was. An answer that the user still gives finds nothing to answer.
            (_, Exchange::Asked { server, .. }) if *server == cancelled => {
                found.exchange = Exchange::Stable;
                self.offer_what_is_wanted(leg);
            }
            _ => {}
        }
    }

    fn unanswered_invite(&mut self, leg: LegId) -> Option<ServerId> {
        match self.legs.find(leg)?.phase {
            Phase::Incoming { server, .. } => Some(server),
            _ => None,
        }
    }
}

/// The status of an INVITE or re-INVITE that cannot make a session, whatever the user thinks of it.
pub(super) fn unacceptable(request: &Request) -> Option<u16> {
    let message = &request.message;
    let encoded = message.list(Name::ContentEncoding).any(|e| !e.eq_ignore_ascii_case(b"identity"));
    if !request.body.is_empty() && (encoded || offer(request).is_none() && !is_optional(request)) {
        return Some(415);
    }
    if message.count(Name::Accept) > 0 && !message.list(Name::Accept).any(accepts_sdp) {
        return Some(406);
    }
    // A caller of RFC 2543 names none, and is reached by its From.
    let mut contacts = message.list(Name::Contact);
    let from = || message.value(Name::From).filter(|_| request.is_of_2543());
    let target = contacts.next().or_else(from).and_then(|c| Address::parse(c).ok());
    let usable = target.is_some_and(|c| matches!(c.uri.scheme, Scheme::Sip | Scheme::Sips));
    (!usable || contacts.next().is_some()).then_some(400)
}

/// True if this member of an Accept allows an answer in SDP.
fn accepts_sdp(range: &[u8]) -> bool {
    MediaType::parse(range).is_some_and(|m| m.is("application", "sdp") || m.is("*", "*") || m.is("application", "*"))
}

/// The SDP of a message, which may come with other parts. Without a type, a body can only be what nearly every one is.
pub(super) fn offer(request: &Request) -> Option<Bytes> {
    let kind = request.message.value(Name::ContentType).unwrap_or(SDP.as_bytes());
    let body = Some(&request.body[..]).filter(|b| !b.is_empty());
    // A copy, since the user may keep it longer than the message.
    body.and_then(|b| find_part(kind, b, "application", "sdp")).map(Bytes::copy_from_slice)
}

/// A body that its sender lets us ignore (section 20.11).
fn is_optional(request: &Request) -> bool {
    let handling = request.message.value(Name::ContentDisposition).and_then(|d| {
        let params = &d[lex::find_outside(d, b";")? + 1..];
        lex::param(params, "handling").flatten()
    });
    handling.is_some_and(|h| h.eq_ignore_ascii_case(b"optional"))
}
