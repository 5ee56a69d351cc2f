//! Calls over a carrier: the proof that it asks for, and what is too large for a datagram.

use std::time::Duration;

use bytes::Bytes;

use super::Endpoint;
use super::trunk::reissue;
use crate::api::{Event, Flow, LegId, Transport, TrunkTrouble};
use crate::dialog::leg::Phase;
use crate::digest::client::{Signed, request_line};
use crate::transaction::client::{ClientId, Purpose};
use crate::trunks::TrunkId;
use crate::wire::{Address, Message, Method, Name, Response};

/// Above this a request goes over TCP (RFC 3261 section 18.1.1): fragments of datagrams get lost in firewalls.
const LARGE: usize = 1300;
/// How long it is believed that an address takes no connections.
const NO_STREAM: Duration = Duration::from_secs(600);
/// How often one request is sent again to prove who we are: to a proxy, to what stands behind it, and after a stale nonce of each.
const MAX_TRIES: u8 = 4;

/// What a leg has to do with a carrier.
pub(crate) struct OverTrunk {
    pub(crate) id: TrunkId,
    tries: u8,
    /// The same, of what is said to those that ring: each PRACK may be challenged, and that one was taken says nothing of the INVITE.
    early_tries: u8,
    /// Of its last INVITE, since the ACK says the same (RFC 3261 section 22.1).
    pub(crate) credentials: Vec<Signed>,
    /// The INVITE went over a connection only because it is large.
    enlarged: bool,
    /// It went again, since its connection had been dead for a while.
    reopened: bool,
}

impl OverTrunk {
    pub(crate) const fn new(id: TrunkId) -> Self {
        Self { id, tries: 0, early_tries: 0, credentials: Vec::new(), enlarged: false, reopened: false }
    }

    /// How often what has this purpose was sent again to prove who we are.
    const fn tries_of(&mut self, purpose: Purpose) -> &mut u8 {
        if purpose.is_early() { &mut self.early_tries } else { &mut self.tries }
    }
}

impl Endpoint {
    /// A request was answered by more than a challenge: the next one may be challenged anew.
    pub(super) fn proved(&mut self, leg: LegId, purpose: Purpose) {
        if let Some(over) = self.legs.find(leg).and_then(|l| l.over.as_mut()) {
            *over.tries_of(purpose) = 0;
        }
    }

    /// The connection for a large INVITE was refused: it goes as a datagram (section 18.1.1). False if that was not it, or nobody waits for the call
    /// any more: what was learnt is for the next one then, which would wait as long in vain.
    pub(super) fn shrink(&mut self, leg: LegId) -> bool {
        let Some(found) = self.legs.find(leg) else { return false };
        let Some(over) = found.over.as_mut().filter(|o| o.enlarged) else { return false };
        let Some(line) = self.trunks.lines.get_mut(&over.id) else { return false };
        over.enlarged = false;
        line.no_stream.retain(|_, until| *until > self.cx.now);
        line.no_stream.insert(found.dialog.flow.remote, self.cx.now + NO_STREAM);
        if !matches!(found.phase, Phase::Outgoing { .. }) {
            return false;
        }
        found.dialog.flow.transport = Transport::Udp;
        found.dialog.local_cseq += 1;
        self.send_invite(leg);
        true
    }

    /// The connection that an INVITE went over had served before, and ended without a word about this one: whoever closed it, or was gone long since,
    /// has not seen it. It goes once more, by a connection of its own, and a call for help is not lost to a carrier that is there. A peer that has
    /// seen it after all knows by its Call-ID and CSeq that it is the same (section 8.2.2.2).
    pub(super) fn invite_by_another(&mut self, leg: LegId) -> bool {
        let Some(found) = self.legs.find(leg) else { return false };
        let Some(over) = found.over.as_mut().filter(|over| !over.reopened) else { return false };
        over.reopened = true;
        if !matches!(found.phase, Phase::Outgoing { .. }) {
            // Nobody waits for the call any more, and that an old connection ended does not say that no new one is taken.
            over.enlarged = false;
            return false;
        }
        self.send_invite(leg);
        true
    }

    /// Something was heard: the connection is there.
    pub(super) fn heard_large(&mut self, leg: LegId) {
        if let Some(over) = self.legs.find(leg).and_then(|l| l.over.as_mut()) {
            over.enlarged = false;
        }
    }

    /// The path of an INVITE that is too large for a datagram: a connection to the same place. One that goes again by a connection for that reason
    /// may still become a datagram.
    pub(super) fn enlarged(&mut self, leg: LegId, flow: Flow, length: usize) -> Option<Flow> {
        if flow.transport != Transport::Udp {
            return None;
        }
        let over = self.legs.find(leg)?.over.as_mut()?;
        let line = self.trunks.lines.get(&over.id)?;
        let large = length > LARGE && line.config.large_over_tcp;
        let refused = line.no_stream.get(&flow.remote).is_some_and(|until| *until > self.cx.now);
        over.enlarged = large && !refused;
        over.enlarged.then_some(Flow { transport: Transport::Tcp, ..flow })
    }

    /// The same INVITE with what its carrier has asked for before, so that it need not ask again.
    pub(super) fn signed(&mut self, leg: LegId, data: Bytes, flow: Flow, branch: &str, cseq: u32) -> Bytes {
        let Some(over) = self.legs.find(leg).and_then(|l| l.over.as_mut()) else { return data };
        let Some(signer) = self.trunks.lines.get_mut(&over.id).and_then(|l| l.signer.as_mut()) else { return data };
        let Some(message) = Message::parse(&data) else { return data };
        let Some((method, uri)) = request_line(&message) else { return data };
        let method = String::from_utf8_lossy(method).into_owned();
        over.credentials = signer.sign(&mut self.random, &method, uri, message.rest());
        if over.credentials.is_empty() {
            return data;
        }
        let credentials = over.credentials.clone();
        reissue(&data, flow, branch, cseq, |_, _, _| credentials).map_or(data, |(_, data)| data)
    }

    /// A 401 or 407 to a request of a leg. True if it was sent again with our proof.
    pub(super) fn prove_again(&mut self, client: ClientId, purpose: Purpose, response: &Response) -> bool {
        let Some(leg) = purpose.leg() else { return false };
        let Some((flow, data)) = self.clients.request_of(client) else { return false };
        let Some(request) = Message::parse(&data) else { return false };
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return false };
        let given_up = matches!((purpose, &found.phase), (Purpose::Invite(_), Phase::Cancelling { .. }));
        // One that rings may be no more, since another has answered.
        let gone = found.talk(to_tag(&request)).is_none();
        let Some(over) = found.over.as_mut().filter(|_| !given_up && !gone) else { return false };
        let Some(line) = self.trunks.lines.get_mut(&over.id) else { return false };
        let tries = over.tries_of(purpose);
        *tries += 1;
        let proved = match &mut line.signer {
            _ if *tries > MAX_TRIES => Err(TrunkTrouble::WrongPassword),
            None => Err(TrunkTrouble::NoPassword),
            Some(signer) => signer.challenged(&response.message, &request),
        };
        if let Err(trouble) = proved {
            // Where we register, the registration tells.
            if line.registration.is_none() {
                let trunk = line.config.name.clone();
                self.cx.tell(Event::TrunkLost { trunk, trouble });
            }
            return false;
        }
        let Some(signer) = &mut line.signer else { return false };
        let Some((dialog, _)) = found.talk(to_tag(&request)) else { return false };
        dialog.local_cseq += 1;
        let cseq = dialog.local_cseq;
        let mut signed = Vec::new();
        let random = &mut self.random;
        let mut sign = |method: &str, uri: &[u8], body: &[u8]| {
            signed = signer.sign(random, method, uri, body);
            signed.clone()
        };
        let Some((method, again)) = reissue(&data, flow, &branch, cseq, &mut sign) else { return false };
        if let Some(over) = found.over.as_mut().filter(|_| method == Method::Invite) {
            over.credentials = signed;
        }
        self.clients.again(&mut self.cx, client, method, &branch, flow, again);
        true
    }
}

/// In which dialog of its call a request of ours is: empty for what begins one.
fn to_tag(request: &Message) -> &[u8] {
    let to = request.value(Name::To).and_then(|to| Address::parse(to).ok());
    to.and_then(|to| to.tag()).unwrap_or_default()
}
