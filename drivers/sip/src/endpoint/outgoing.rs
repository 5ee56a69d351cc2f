//! Calls that go out, until they stand (RFC 3261 section 13.2).

use std::borrow::Cow;

use bytes::Bytes;
use model::Pii;

use super::Endpoint;
use super::answer::{ALLOW, SDP, supported, supported_without};
use super::over_trunk::OverTrunk;
use crate::api::{Body, Event, Flow, LegId, NameAddr, OutgoingCall};
use crate::dialog::exchange::{Exchange, Meaning, Place};
use crate::dialog::leg::{Change, MAX_ATTEMPTS, Phase};
use crate::dialog::{Dialog, contact};
use crate::transaction::client::{ClientId, Purpose};
use crate::transaction::timer::{Owner, RINGS_AT_MOST, Timer};
use crate::wire::{Address, Method, Name, Response, Uri, Writer, lex};

impl Endpoint {
    pub(super) fn invite(&mut self, leg: LegId, call: &OutgoingCall) {
        if self.legs.contains(leg) {
            // Its user reuses a number; the first call must not suffer.
            tracing::error!("an outgoing leg was ordered twice");
            return;
        }
        let OutgoingCall { uri, flow, route, from, to, body, hops, .. } = call;
        let uri = uri.expose().as_bytes();
        let refusal = match Uri::parse(uri) {
            Err(_) => Some(484),
            Ok(_) if *hops == 0 => Some(483),
            Ok(_) => None,
        };
        if let Some(code) = refusal {
            self.cx.recorder.never_began(leg);
            return self.cx.tell(Event::Refused { leg, code, retry_after: None, redirect: None });
        }
        let over = call.trunk.as_ref().and_then(|name| self.trunks.named(name)).map(OverTrunk::new);
        let (tag, call_id) = (self.random.hex(8), self.random.hex(16));
        let mut dialog = Dialog::outgoing(call_id, tag, &name_addr(from), &name_addr(to), uri, *flow, *hops);
        dialog.go_through(route);
        if let Some(owner) = &call.owner {
            dialog.lives_at(uri, route);
            self.find_way(&mut dialog, Some(owner.expose()));
        }
        if let Some(line) = over.as_ref().and_then(|over| self.trunks.lines.get(&over.id)) {
            dialog.preload(line.routes());
        }
        let mut exchange = Exchange::default();
        exchange.begin(body);
        // Its transaction begins at once.
        let found = self.legs.insert(leg, dialog, Phase::Outgoing { client: ClientId::MAX }, exchange);
        found.extra = call.headers.clone();
        found.owner = call.owner.as_ref().map(|user| user.expose().clone());
        found.over = over;
        found.helps = call.for_help;
        self.carries(leg, *flow);
        self.send_invite(leg);
    }

    /// Sends the INVITE of a leg, with the dialog's current CSeq. What rang before belongs to an INVITE that was refused.
    pub(super) fn send_invite(&mut self, leg: LegId) {
        let branch = self.branch();
        let Some(mut data) = self.write_invite(leg, &branch) else { return };
        let Some(mut flow) = self.legs.get(leg).map(|l| l.dialog.flow) else { return };
        if let Some(stream) = self.enlarged(leg, flow, data.len()) {
            flow = stream;
            if let Some(found) = self.legs.find(leg) {
                found.dialog.flow = flow;
            }
            data = self.write_invite(leg, &branch).unwrap_or(data);
        }
        let client = self.clients.start(&mut self.cx, Method::Invite, &branch, flow, data, Purpose::Invite(leg));
        if let Some(found) = self.legs.find(leg) {
            found.phase = Phase::Outgoing { client };
            self.cx.recorder.leg(leg, &found.dialog.call_id);
        }
        self.cx.timers.set(Owner::Leg(leg), Timer::C, self.cx.now + RINGS_AT_MOST);
    }

    fn write_invite(&mut self, leg: LegId, branch: &str) -> Option<Bytes> {
        let found = self.legs.find(leg)?;
        found.forks.clear();
        let body = found.exchange.offered().map(|(_, body)| body.clone()).unwrap_or_default();
        let (flow, cseq) = (found.dialog.flow, found.dialog.local_cseq);
        let mut writer = begin_invite(&found.dialog, branch, &self.config.software, &body);
        for (name, value) in &found.extra {
            writer = writer.header(name, &[value.expose().as_bytes()]);
        }
        let data = self.propose_session(leg, writer).body(SDP, &body);
        Some(self.signed(leg, data, flow, branch, cseq))
    }

    /// A response, other than a 2xx to INVITE.
    pub(super) fn heard(&mut self, flow: Flow, client: ClientId, purpose: Purpose, response: &Response) {
        if let Some(leg) = purpose.leg() {
            self.carrier_speaks(leg);
        }
        if matches!(response.code, 401 | 407) && self.prove_again(client, purpose, response) {
            return;
        }
        if let Some(leg) = purpose.leg() {
            self.heard_large(leg);
            if response.code >= 200 {
                self.proved(leg, purpose);
            }
            if response.code >= 200 && !purpose.is_early() {
                self.is_there(leg);
            }
        }
        match purpose {
            Purpose::Register(trunk) if response.code >= 200 => self.registered(trunk, client, response),
            Purpose::Invite(leg) if response.code < 200 => self.progress(leg, client, flow, response),
            Purpose::Invite(leg) if response.code == 422 && self.invite_again(leg, response) => {}
            Purpose::Invite(leg) => self.refused(leg, response.code, response.retry_after(), redirect(response)),
            Purpose::Reinvite(leg) if response.code >= 300 => self.reinvite_refused(leg, client, response),
            Purpose::Update(leg) => self.update_answered(leg, client, flow, response),
            Purpose::Offer(leg) => self.early_offer_answered(leg, client, response),
            Purpose::Bye(leg) => self.forget(leg),
            Purpose::Notify(leg) => self.notified(leg, response.code),
            Purpose::Refer(leg) => self.refer_answered(leg, response.code),
            Purpose::Subscription(id) => self.subscriber_said(id, response.code),
            Purpose::Sent(id) => self.cx.tell(Event::Sent { id, code: response.code }),
            Purpose::Mirror(number) => self.mirror_said(number, response),
            Purpose::Reinvite(_) | Purpose::Register(_) | Purpose::Prack(_) | Purpose::Nobody => {}
        }
    }

    /// 422: the peer wants its session refreshed less often (RFC 4028 section 7.3).
    fn invite_again(&mut self, leg: LegId, response: &Response) -> bool {
        let wanted = self.legs.find(leg).is_some_and(|found| {
            found.session.attempt += 1;
            matches!(found.phase, Phase::Outgoing { .. }) && found.session.attempt <= MAX_ATTEMPTS
        });
        let again = wanted && self.raise(leg, response);
        if let Some(found) = self.legs.find(leg).filter(|_| again) {
            found.dialog.local_cseq += 1;
            self.send_invite(leg);
        }
        again
    }

    fn refused(&mut self, leg: LegId, code: u16, retry_after: Option<u32>, redirect: Option<Pii<String>>) {
        let Some(found) = self.legs.find(leg) else { return };
        if matches!(found.phase, Phase::Outgoing { .. }) {
            self.cx.tell(Event::Refused { leg, code, retry_after, redirect });
        }
        self.forget(leg);
    }

    pub(super) fn invite_unanswered(&mut self, leg: LegId, code: u16) {
        if self.shrink(leg) {
            return;
        }
        self.refused(leg, code, None, None);
    }

    /// A 2xx to an INVITE or re-INVITE: it is acknowledged whatever became of its leg.
    pub(super) fn heard_2xx(
        &mut self,
        flow: Flow,
        client: ClientId,
        purpose: Purpose,
        first: bool,
        response: &Response,
    ) {
        if let Some(leg) = purpose.leg() {
            self.carrier_speaks(leg);
            self.proved(leg, purpose);
        }
        match purpose {
            Purpose::Invite(leg) if first => self.answered(leg, client, flow, response),
            Purpose::Invite(_) => self.second_fork(client, flow, response),
            Purpose::Reinvite(leg) if first => self.reinvite_answered(leg, client, flow, response),
            _ => {}
        }
    }

    /// The first 2xx: the dialog of that phone is the leg's from now on.
    fn answered(&mut self, leg: LegId, client: ClientId, flow: Flow, response: &Response) {
        let Some(found) = self.legs.find(leg) else { return };
        let tag = response.to_tag.as_deref().unwrap_or_default();
        if found.asked().is_some_and(|asked| asked.tag != tag) {
            self.drop_asked(leg, 481);
        }
        let Some(found) = self.legs.find(leg) else { return };
        if matches!(&found.change, Change::Sent { tag: of, .. } if of != tag) {
            found.change = Change::None;
            // It was for a phone that did not answer.
            self.cx.tell(Event::ReinviteRefused { leg, code: 481 });
        }
        let early = std::mem::take(&mut found.forks).into_iter().find(|f| f.dialog.remote_tag == tag);
        if let Some(fork) = early {
            (found.dialog, found.exchange) = (fork.dialog, fork.exchange);
        }
        found.dialog.confirm(response, flow);
        found.learn(&response.message);
        let given_up = matches!(found.phase, Phase::Cancelling { .. });
        found.phase = Phase::Confirmed;
        let mut body = Body::copy_of(&response.body);
        let meaning = found.exchange.meaning(Place::Accept);
        let late = meaning == Meaning::Offer && !body.is_empty();
        match (meaning, found.exchange.agreed()) {
            (Meaning::Offer, _) if late => found.offered(client, response.cseq, &body),
            (Meaning::Offer | Meaning::Answer, _) if body.is_empty() => found.exchange.withdraw(),
            (Meaning::Answer, _) => found.exchange.answered(&body),
            // The answer came in a reliable provisional response; this is a repetition at best.
            (_, Some(agreed)) => body = agreed.theirs.clone(),
            _ => {}
        }
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::C]);
        if !late {
            self.acknowledge(leg, client, response.cseq, b"");
        }
        if given_up {
            // The 2xx and our CANCEL crossed (section 9.1): the call stands, so it must be ended.
            return self.send_bye(leg);
        }
        self.session_agreed(leg, response);
        if let Some(dialog) = self.legs.get(leg).map(|l| l.dialog.id()) {
            self.cx.tell(Event::Dialog { leg, dialog });
        }
        if late {
            return self.ask_for_answer(leg, body);
        }
        self.cx.tell(Event::Answered { leg, body });
    }

    /// Sends the ACK of a 2xx, now and for each repetition.
    pub(super) fn acknowledge(&mut self, leg: LegId, client: ClientId, cseq: u32, answer: &[u8]) {
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return };
        let dialog = &found.dialog;
        let credentials = found.over.iter().flat_map(|over| &over.credentials);
        let writer = dialog.request(Method::Ack, cseq, &branch);
        let ack = credentials.fold(writer, |w, (name, value)| w.header(name, &[value.as_bytes()])).body(SDP, answer);
        let (hop, tag) = (dialog.next_hop(&self.peers), dialog.remote_tag.clone());
        self.clients.acknowledge(&mut self.cx, client, &tag, hop, ack);
    }

    /// Another phone answered too, a moment later: its call is acknowledged and ended (section 13.2.2.4).
    fn second_fork(&mut self, client: ClientId, flow: Flow, response: &Response) {
        let (ack_branch, bye_branch) = (self.branch(), self.branch());
        let fork = Dialog::stray(response, flow);
        let hop = fork.next_hop(&self.peers);
        let ack = fork.request(Method::Ack, response.cseq, &ack_branch).end();
        self.clients.acknowledge(&mut self.cx, client, &fork.remote_tag, hop, ack);
        let bye = fork.request(Method::Bye, response.cseq + 1, &bye_branch).end();
        self.clients.start(&mut self.cx, Method::Bye, &bye_branch, hop, bye, Purpose::Nobody);
    }

    /// `taken`: somebody else has the call.
    pub(super) fn cancel(&mut self, leg: LegId, taken: bool) {
        let Some(found) = self.legs.find(leg) else { return };
        match found.phase {
            Phase::Outgoing { client } => {
                self.cx.timers.clear(Owner::Leg(leg), &[Timer::C]);
                let sent = self.clients.cancel(&mut self.cx, client, taken);
                found.phase = Phase::Cancelling { sent, taken };
            }
            // The 2xx won the race to our user.
            Phase::Confirmed => self.bye(leg),
            _ => {}
        }
    }

    /// Timer C: it rang, nobody said anything for long, and our user did not end it.
    pub(super) fn no_answer(&mut self, leg: LegId) {
        if self.legs.find(leg).is_some_and(|l| matches!(l.phase, Phase::Outgoing { .. })) {
            self.cx.tell(Event::Refused { leg, code: 408, retry_after: None, redirect: None });
            self.cancel(leg, false);
        }
    }
}

/// Whom a 3xx names (RFC 3261 section 21.3): the first, since its user shall decide about one number and not about a list.
fn redirect(response: &Response) -> Option<Pii<String>> {
    if !(300..400).contains(&response.code) {
        return None;
    }
    let contact = response.message.list(Name::Contact).next()?;
    Some(Address::parse(contact).ok()?.uri.user().into())
}

/// Begins an INVITE or re-INVITE with the dialog's current CSeq.
pub(super) fn begin_invite(dialog: &Dialog, branch: &str, software: &str, offer: &Body) -> Writer {
    // What rings reliably would have to bring the offer that is wanted, and our PRACK the answer (RFC 3262 section 5): before anybody has
    // answered, that is nothing to bind ourselves to.
    let extensions = if offer.is_empty() { supported_without("100rel").into() } else { Cow::Borrowed(supported()) };
    begin(dialog, Method::Invite, branch, software, &extensions)
}

/// Begins an UPDATE, the same way.
pub(super) fn begin_update(dialog: &Dialog, branch: &str, software: &str) -> Writer {
    begin(dialog, Method::Update, branch, software, supported())
}

fn begin(dialog: &Dialog, method: Method, branch: &str, software: &str, extensions: &str) -> Writer {
    dialog
        .request(method, dialog.local_cseq, branch)
        .header("Contact", &[contact(dialog.flow).as_bytes()])
        .header("Allow", &[ALLOW])
        .header("Supported", &[extensions.as_bytes()])
        .header("User-Agent", &[software.as_bytes()])
}

/// `"Front desk" <sip:101@clinic.demo>`
pub(super) fn name_addr(address: &NameAddr) -> Vec<u8> {
    let mut out = Vec::new();
    let display = address.display.expose();
    if !display.is_empty() {
        out.extend_from_slice(lex::quote(display).as_bytes());
        out.push(b' ');
    }
    out.push(b'<');
    out.extend(address.uri.expose().bytes().filter(|b| !matches!(b, b'<' | b'>')));
    out.push(b'>');
    out
}
