//! Calls that go out, until they stand (RFC 3261 section 13.2).

use bytes::Bytes;

use super::Endpoint;
use super::answer::{ALLOW, SDP, supported};
use crate::api::{Event, Flow, LegId, NameAddr, OutgoingCall};
use crate::dialog::leg::Phase;
use crate::dialog::{Dialog, contact};
use crate::transaction::client::{ClientId, Purpose};
use crate::transaction::timer::{NO_ANSWER, Owner, Timer};
use crate::wire::{Method, Response, Uri};

impl Endpoint {
    pub(super) fn invite(&mut self, leg: LegId, call: &OutgoingCall) {
        let OutgoingCall { uri, flow, from, to, body } = call;
        let (uri, flow) = (uri.expose().as_bytes(), *flow);
        if self.legs.contains(leg) {
            // Its user reuses a number; the first call must not suffer.
            tracing::error!("an outgoing leg was ordered twice");
            return;
        }
        if Uri::parse(uri).is_err() {
            return self.cx.tell(Event::Refused { leg, code: 484, retry_after: None });
        }
        let (tag, call_id, branch) = (self.random.hex(8), self.random.hex(16), self.branch());
        let dialog = Dialog::outgoing(call_id, tag, &name_addr(from), &name_addr(to), uri, flow);
        let data = offer(&dialog, &branch, &self.config.software, body);
        let client = self.clients.start(&mut self.cx, Method::Invite, &branch, flow, data, Purpose::Invite(leg));
        self.legs.insert(leg, dialog, Phase::Outgoing { client });
        self.cx.timers.set(Owner::Leg(leg), Timer::C, self.cx.now + NO_ANSWER);
    }

    /// A response, other than a 2xx to INVITE.
    pub(super) fn heard(&mut self, client: ClientId, purpose: Purpose, response: &Response) {
        match purpose {
            Purpose::Invite(leg) if response.code < 200 => self.progress(leg, client, response),
            Purpose::Invite(leg) => self.refused(leg, response.code, response.retry_after()),
            Purpose::Reinvite(leg) if response.code >= 300 => self.reinvite_refused(leg, client, response.code),
            Purpose::Bye(leg) => self.forget(leg),
            Purpose::Notify(leg) => self.notified(leg, response.code),
            Purpose::Reinvite(_) | Purpose::Nobody => {}
        }
    }

    fn progress(&mut self, leg: LegId, client: ClientId, response: &Response) {
        let Some(found) = self.legs.find(leg) else { return };
        match &mut found.phase {
            Phase::Cancelling { sent } if !*sent => {
                *sent = self.clients.cancel(&mut self.cx, client);
            }
            Phase::Outgoing { .. } if response.code > 100 => {
                self.cx.timers.set(Owner::Leg(leg), Timer::C, self.cx.now + NO_ANSWER);
                let body = (!response.body.is_empty()).then(|| Bytes::copy_from_slice(&response.body));
                self.cx.tell(Event::Progress { leg, code: response.code, body });
            }
            _ => {}
        }
    }

    fn refused(&mut self, leg: LegId, code: u16, retry_after: Option<u32>) {
        let Some(found) = self.legs.find(leg) else { return };
        if matches!(found.phase, Phase::Outgoing { .. }) {
            self.cx.tell(Event::Refused { leg, code, retry_after });
        }
        self.forget(leg);
    }

    pub(super) fn invite_unanswered(&mut self, leg: LegId, code: u16) {
        self.refused(leg, code, None);
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
        match purpose {
            Purpose::Invite(leg) if first => self.answered(leg, client, flow, response),
            Purpose::Invite(_) => self.second_fork(client, flow, response),
            Purpose::Reinvite(leg) if first => self.reinvite_answered(leg, client, flow, response),
            _ => {}
        }
    }

    fn answered(&mut self, leg: LegId, client: ClientId, flow: Flow, response: &Response) {
        let Some(found) = self.legs.find(leg) else { return };
        found.dialog.confirm(response, flow);
        let given_up = matches!(found.phase, Phase::Cancelling { .. });
        found.phase = Phase::Confirmed;
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::C]);
        self.acknowledge(leg, client, response.cseq);
        if given_up {
            // The 2xx and our CANCEL crossed (section 9.1): the call stands, so it must be ended.
            return self.send_bye(leg);
        }
        self.cx.tell(Event::Answered { leg, body: Bytes::copy_from_slice(&response.body) });
    }

    /// Sends the ACK of a 2xx, now and for each repetition.
    pub(super) fn acknowledge(&mut self, leg: LegId, client: ClientId, cseq: u32) {
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return };
        let dialog = &found.dialog;
        let ack = dialog.request(Method::Ack, cseq, &branch).end();
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

    pub(super) fn cancel(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        match found.phase {
            Phase::Outgoing { client } => {
                self.cx.timers.clear(Owner::Leg(leg), &[Timer::C]);
                let sent = self.clients.cancel(&mut self.cx, client);
                found.phase = Phase::Cancelling { sent };
            }
            // The 2xx won the race to our user.
            Phase::Confirmed => self.bye(leg),
            _ => {}
        }
    }

    /// Timer C: it rang and nobody said anything for three minutes.
    pub(super) fn no_answer(&mut self, leg: LegId) {
        if self.legs.find(leg).is_some_and(|l| matches!(l.phase, Phase::Outgoing { .. })) {
            self.cx.tell(Event::Refused { leg, code: 408, retry_after: None });
            self.cancel(leg);
        }
    }
}

/// An INVITE or re-INVITE with the dialog's current CSeq.
pub(super) fn offer(dialog: &Dialog, branch: &str, software: &str, body: &[u8]) -> Bytes {
    dialog
        .request(Method::Invite, dialog.local_cseq, branch)
        .header("Contact", &[contact(dialog.flow).as_bytes()])
        .header("Allow", &[ALLOW])
        .header("Supported", &[supported().as_bytes()])
        .header("User-Agent", &[software.as_bytes()])
        .body(SDP, body)
}

/// `"Front desk" <sip:101@clinic.demo>`
fn name_addr(address: &NameAddr) -> Vec<u8> {
    let mut out = Vec::new();
    let display = address.display.expose();
    if !display.is_empty() {
        out.push(b'"');
        for b in display.bytes() {
            if matches!(b, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(b);
        }
        out.extend_from_slice(b"\" ");
    }
    out.push(b'<');
    out.extend(address.uri.expose().bytes().filter(|b| !matches!(b, b'<' | b'>')));
    out.push(b'>');
    out
}
