//! What happens inside a dialog: where its requests go, BYE, and those that are answered at once.

use super::Endpoint;
use super::answer::{IN_CALL, capabilities};
use crate::api::{EndReason, Event, Flow, LegId};
use crate::dialog::leg::{LEG_TIMERS, Phase};
use crate::transaction::client::Purpose;
use crate::transaction::server::User;
use crate::transaction::timer::Owner;
use crate::wire::{MediaType, Method, Name, Request, lex};

/// How long a key is pressed that does not say so.
const KEY_MILLIS: u32 = 250;
/// The longest that a key may be pressed: longer is a mistake of its phone.
const LONGEST_KEY: u32 = 5000;

impl Endpoint {
    /// A new request whose To names a dialog.
    pub(super) fn inside_dialog(&mut self, flow: Flow, request: Request) {
        let leg = request.to_tag.as_deref().and_then(|tag| self.legs.by_tag(tag));
        let known = leg.and_then(|(id, leg)| leg.dialog_of(&request).map(|(dialog, _)| (id, dialog)));
        let Some((leg, dialog)) = known else {
            return self.stateless(flow, &request.message, 481, |writer| writer);
        };
        if dialog.remote_cseq.is_some_and(|last| request.cseq <= last) {
            // Older than what we have seen: out of order (section 12.2.2).
            return self.stateless(flow, &request.message, 500, |writer| writer);
        }
        let flow = dialog.path_of(flow, &request);
        let (path, tag) = (dialog.flow, dialog.local_tag.clone());
        let Some(request) = self.signed_elsewhere(leg, path, flow, request, &tag) else { return };
        let Some((dialog, _)) = self.legs.find(leg).and_then(|leg| leg.dialog_of(&request)) else { return };
        // Twice the bound of new requests: a peer inside a call is known, but it must not grow without end either.
        if self.servers.len() >= self.config.max_transactions.saturating_mul(2) && request.method != Method::Bye {
            return self.busy(flow, &request.message);
        }
        dialog.remote_cseq = Some(request.cseq);
        // The peer may have moved: a NAT forgot it, or its connection is a new one.
        dialog.heard_by(flow);
        match request.method {
            Method::Invite => self.reinvited(leg, flow, request, tag),
            Method::Update => self.updated(leg, flow, request, tag),
            Method::PRack => self.pracked(leg, flow, request, tag),
            Method::Refer => self.referred(leg, flow, request, tag),
            Method::Notify if self.refers(leg) => self.told_of_refer(leg, flow, request, tag),
            Method::Subscribe => self.refer_subscribed(leg, flow, request, tag),
            Method::Bye => {
                let caller = request.from_tag.clone();
                let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
                self.answer(server, 200);
                self.ended_by_peer(leg, &caller);
            }
            Method::Info => self.informed(leg, flow, request, tag),
            method => {
                let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
                match method {
                    Method::Options => self.answer_with(server, 200, |writer| capabilities(writer, IN_CALL).end()),
                    _ => self.answer_with(server, 405, |writer| writer.header("Allow", &[IN_CALL]).end()),
                };
            }
        }
    }

    /// INFO: a key that was pressed, or what we do not know. RFC 6086 asks no more of who knows no package than to say so.
    fn informed(&mut self, leg: LegId, flow: Flow, request: Request, tag: String) {
        let key = pressed(&request);
        let package = request.message.count(Name::InfoPackage) > 0;
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        if package && key.is_none() {
            self.answer_with(server, 469, |writer| writer.header("Recv-Info", &[]).end());
            return;
        }
        self.answer(server, 200);
        let hears = |phase: &Phase| matches!(phase, Phase::Confirmed | Phase::Accepted { bye: false });
        if let Some((digit, millis)) = key.filter(|_| self.legs.get(leg).is_some_and(|l| hears(&l.phase))) {
            self.cx.tell(Event::Dtmf { leg, digit: digit.into(), millis });
        }
    }

    /// BYE came. What the leg still has open is answered, and its user told, unless that said goodbye before.
    fn ended_by_peer(&mut self, leg: LegId, by: &[u8]) {
        self.end_refer(leg);
        self.drop_asked(leg, 487);
        let Some(found) = self.legs.find(leg) else { return };
        match found.phase {
            // Our own BYE crossed it; that ends the leg.
            Phase::Ending => return,
            // One of those that ring gives up; the INVITE is still answered by all of them together.
            Phase::Outgoing { .. } | Phase::Cancelling { .. } => {
                return found.forks.retain(|fork| fork.dialog.remote_tag != by);
            }
            // A caller may end an early dialog so (section 15).
            Phase::Incoming { server } => {
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
            Phase::Outgoing { .. } => self.cancel(leg, false),
            Phase::Incoming { .. } => self.refuse(leg, 480, None),
            Phase::Cancelling { .. } | Phase::Ending => {}
        }
    }

    /// Says BYE; the leg is gone when that is answered or given up.
    pub(super) fn send_bye(&mut self, leg: LegId) {
        self.decline_offer(leg);
        self.end_refer(leg);
        self.drop_asked(leg, 487);
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return };
        found.phase = Phase::Ending;
        found.wanted = None;
        found.unacknowledged = None;
        found.dialog.local_cseq += 1;
        let bye = found.dialog.request(Method::Bye, found.dialog.local_cseq, &branch).end();
        let hop = found.dialog.next_hop(&self.peers);
        self.cx.timers.clear(Owner::Leg(leg), &LEG_TIMERS);
        self.clients.start(&mut self.cx, Method::Bye, &branch, hop, bye, Purpose::Bye(leg));
    }
}

/// The key that an INFO tells, and for how long it was pressed. `application/dtmf-relay` is lines of `Signal=` and `Duration=`;
/// `application/dtmf` is the key alone.
fn pressed(request: &Request) -> Option<(char, u32)> {
    let kind = request.message.value(Name::ContentType).and_then(MediaType::parse)?;
    if kind.is("application", "dtmf") {
        return Some((key(&request.body)?, KEY_MILLIS));
    }
    if !kind.is("application", "dtmf-relay") {
        return None;
    }
    let field = |name: &[u8]| {
        request.body.split(|b| matches!(b, b'\r' | b'\n')).find_map(|line| {
            let (given, value) = lex::cut(line, b'=');
            value.filter(|_| lex::trim(given).eq_ignore_ascii_case(name)).map(lex::trim)
        })
    };
    let millis = field(b"Duration").and_then(lex::number).unwrap_or(KEY_MILLIS);
    Some((key(field(b"Signal")?)?, millis.min(LONGEST_KEY)))
}

/// A key as it is written, or by its number in RFC 4733.
fn key(text: &[u8]) -> Option<char> {
    let text = text.trim_ascii();
    match text {
        [b'0'..=b'9' | b'*' | b'#'] => Some(char::from(text[0])),
        [b'A'..=b'D' | b'a'..=b'd'] => Some(char::from(text[0].to_ascii_uppercase())),
        b"10" => Some('*'),
        b"11" => Some('#'),
        b"12" => Some('A'),
        b"13" => Some('B'),
        b"14" => Some('C'),
        b"15" => Some('D'),
        _ => None,
    }
}
