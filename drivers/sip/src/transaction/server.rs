//! Server transactions (RFC 3261 section 17.2, RFC 6026 section 8.7).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::timer::{GIVE_UP, Owner, STILL_RINGING, T1, T2, T4, TRYING, Timer};
use super::{Context, is_reliable};
use crate::api::{Flow, LegId};
use crate::room::give_back;
use crate::wire::{self, Method, Name, Request, Via, uri};
use model::table::ByNumber;

/// The number of a server transaction.
pub(crate) type ServerId = u64;

/// Who answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// The user of the endpoint, as a request of its own.
    Register,
    /// A leg, with its first INVITE or a later one.
    Leg(LegId),
    /// Nobody: the endpoint answered at once.
    Endpoint,
}

/// Section 17.2, figures 7 and 8; Trying of a non-INVITE is Proceeding without a response yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Proceeding,
    /// INVITE with 300 to 699, sent again at this interval until the ACK; any other method with its final response.
    Completed {
        interval: Duration,
    },
    /// INVITE whose ACK came.
    Confirmed,
    /// INVITE with a 2xx, which its leg sends again (RFC 6026).
    Accepted,
}

/// One server transaction.
pub(crate) struct Server {
    key: Arc<[u8]>,
    /// Of the ways that its request came by before, the newest last.
    left: Vec<Arc<[u8]>>,
    /// Until the final response, unless that makes a call.
    merge: Option<Arc<[u8]>>,
    state: State,
    invite: bool,
    /// Where responses go.
    pub(crate) flow: Flow,
    /// Where the request came from, for `received` and `rport`.
    pub(crate) source: Flow,
    /// The tag that all our responses have in To.
    pub(crate) to_tag: Box<str>,
    pub(crate) user: User,
    /// Until the final response.
    pub(crate) request: Option<Box<Request>>,
    last: Option<Bytes>,
}

/// Ways that a request may have come by before it came by another. A phone tries each address of ours over each transport once.
const MAX_LEFT: usize = 8;

const ALL_TIMERS: [Timer; 7] = [Timer::G, Timer::H, Timer::I, Timer::J, Timer::L, Timer::Trying, Timer::StillRinging];

/// What a request is to the transactions that exist.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing: it wants a new transaction.
    New,
    /// A repetition, or an ACK of a refusal: handled.
    Absorbed,
    /// The same request as this one by another path: 482 (section 8.2.2.2), but for a call for help.
    Merged(ServerId),
    /// An ACK that no transaction wants: one for a 2xx.
    Ack,
}

/// All server transactions.
#[derive(Default)]
pub(crate) struct Servers {
    /// Boxed: they are large, and a table is half empty.
    map: ByNumber<ServerId, Box<Server>>,
    keys: HashMap<Arc<[u8]>, ServerId>,
    merges: HashMap<Arc<[u8]>, ServerId>,
    next: ServerId,
    /// INVITEs without a final response.
    pending_invites: usize,
    /// Where a key is composed before it is known whether it must be kept.
    scratch: Vec<u8>,
}

impl Servers {
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    pub(crate) const fn pending_invites(&self) -> usize {
        self.pending_invites
    }

    pub(crate) fn find(&self, id: ServerId) -> Option<&Server> {
        self.map.get(&id).map(Box::as_ref)
    }

    /// Matches a request, and answers it if it is a repetition (section 17.2.3).
    pub(crate) fn receive(&mut self, cx: &mut Context, request: &Request) -> Known {
        let method = if request.method == Method::Ack { Method::Invite } else { request.method };
        key(&mut self.scratch, request, method);
        let id = self.keys.get(self.scratch.as_slice()).copied();
        match (id.and_then(|id| Some((id, self.map.get_mut(&id)?))), request.method) {
            (Some((id, server)), Method::Ack) => server.acknowledge(cx, id),
            (Some((_, server)), _) => {
                // In Accepted, repetitions are absorbed: the leg repeats the 2xx.
                if let Some(last) = server.last.clone().filter(|_| server.state != State::Accepted) {
                    cx.transmit(server.flow, last);
                }
                Known::Absorbed
            }
            (None, Method::Ack) => Known::Ack,
            (None, _) => {
                merge_key(&mut self.scratch, request);
                let merged = self.merges.get(self.scratch.as_slice()).filter(|_| request.to_tag.is_none());
                merged.map_or(Known::New, |id| Known::Merged(*id))
            }
        }
    }

    /// True if this request is a repetition.
    pub(crate) fn knows(&mut self, request: &Request) -> bool {
        key(&mut self.scratch, request, request.method);
        self.keys.contains_key(self.scratch.as_slice())
    }

    /// The INVITE that a CANCEL means (section 9.2), and whether it means the way by which that came last: on one that its caller has left
    /// nobody waits for anything.
    pub(crate) fn cancelled_by(&mut self, cancel: &Request) -> Option<(ServerId, &Server, bool)> {
        key(&mut self.scratch, cancel, Method::Invite);
        let id = *self.keys.get(self.scratch.as_slice())?;
        let server = self.find(id)?;
        Some((id, server, *server.key == *self.scratch))
    }

    /// Its request came again by another way: the responses that are still to come go there, and the last one goes there at once.
    pub(crate) fn comes_again(
        &mut self,
        cx: &mut Context,
        id: ServerId,
        request: Request,
        source: Flow,
        contact: &str,
    ) {
        let Some(server) = self.map.get_mut(&id) else { return };
        key(&mut self.scratch, &request, request.method);
        let key: Arc<[u8]> = self.scratch.as_slice().into();
        self.keys.insert(key.clone(), id);
        server.left.push(std::mem::replace(&mut server.key, key));
        if server.left.len() > MAX_LEFT {
            self.keys.remove(&server.left.remove(0));
        }
        server.flow = response_flow(request.via().as_ref(), source);
        server.source = source;
        server.last =
            server.last.take().and_then(|last| wire::readdress(&last, &request.message, source.remote, contact));
        if let Some(last) = server.last.clone() {
            cx.transmit(server.flow, last);
        }
        if server.request.is_some() {
            server.request = Some(Box::new(request));
        }
    }

    /// Begins a transaction for a new request.
    pub(crate) fn create(
        &mut self,
        cx: &mut Context,
        request: Request,
        source: Flow,
        to_tag: String,
        user: User,
    ) -> ServerId {
        self.next += 1;
        let id = self.next;
        let invite = request.method == Method::Invite;
        key(&mut self.scratch, &request, request.method);
        let key: Arc<[u8]> = self.scratch.as_slice().into();
        merge_key(&mut self.scratch, &request);
        let merge: Arc<[u8]> = self.scratch.as_slice().into();
        self.keys.insert(key.clone(), id);
        // A CANCEL has all that its INVITE has, but for the method, which is part of this key.
        self.merges.insert(merge.clone(), id);
        if invite {
            self.pending_invites += 1;
            cx.timers.set(Owner::Server(id), Timer::Trying, cx.now + TRYING);
        }
        let server = Server {
            key,
            left: Vec::new(),
            merge: Some(merge),
            state: State::Proceeding,
            invite,
            flow: response_flow(request.via().as_ref(), source),
            source,
            to_tag: to_tag.into(),
            user,
            request: Some(Box::new(request)),
            last: None,
        };
        self.map.insert(id, Box::new(server));
        id
    }

    /// Its responses go there from now on: the connection by which it came is gone (section 18.2.2).
    pub(crate) fn answer_by(&mut self, id: ServerId, flow: Flow) {
        if let Some(server) = self.map.get_mut(&id) {
            server.flow = flow;
        }
    }

    /// Sends a response. After a final one, further ones are ignored.
    pub(crate) fn respond(&mut self, cx: &mut Context, id: ServerId, code: u16, data: Bytes) {
        let Some(server) = self.map.get_mut(&id).filter(|s| s.state == State::Proceeding) else { return };
        let owner = Owner::Server(id);
        cx.timers.clear(owner, &[Timer::Trying]);
        cx.transmit(server.flow, data.clone());
        server.last = Some(data);
        if code < 200 {
            if server.invite && code > 100 {
                cx.timers.set(owner, Timer::StillRinging, cx.now + STILL_RINGING);
            }
            return;
        }
        cx.timers.clear(owner, &[Timer::StillRinging]);
        server.request = None;
        // Answered, it is not under way any more: a phone that comes back with credentials and forgot to count up its CSeq is heard.
        // But the other branches of a call that stands are still the same call.
        if !(server.invite && code < 300)
            && let Some(merge) = server.merge.take()
        {
            self.merges.remove(&merge);
        }
        let reliable = is_reliable(server.flow);
        if !server.invite {
            server.state = State::Completed { interval: T2 };
            if reliable {
                self.remove(cx, id);
            } else {
                cx.timers.set(owner, Timer::J, cx.now + GIVE_UP);
            }
            return;
        }
        self.pending_invites -= 1;
        if code < 300 {
            server.state = State::Accepted;
            server.last = None;
            cx.timers.set(owner, Timer::L, cx.now + GIVE_UP);
        } else {
            server.state = State::Completed { interval: T1 };
            if !reliable {
                cx.timers.set(owner, Timer::G, cx.now + T1);
            }
            cx.timers.set(owner, Timer::H, cx.now + GIVE_UP);
        }
    }

    /// One of its timers is due.
    pub(crate) fn on_timer(&mut self, cx: &mut Context, id: ServerId, timer: Timer) {
        let Some(server) = self.map.get_mut(&id) else { return };
        match (timer, server.state) {
            (Timer::Trying, State::Proceeding) => {
                let Some(request) = &server.request else { return };
                let trying = wire::respond(&request.message, server.source.remote, 100, "").end();
                server.last = Some(trying.clone());
                cx.transmit(server.flow, trying);
            }
            (Timer::StillRinging, State::Proceeding) => {
                if let Some(last) = server.last.clone() {
                    cx.transmit(server.flow, last);
                }
                cx.timers.set(Owner::Server(id), timer, cx.now + STILL_RINGING);
            }
            (Timer::G, State::Completed { interval }) => {
                if let Some(last) = server.last.clone() {
                    cx.transmit(server.flow, last);
                }
                let interval = (interval * 2).min(T2);
                server.state = State::Completed { interval };
                cx.timers.set(Owner::Server(id), timer, cx.now + interval);
            }
            (Timer::H | Timer::I | Timer::J | Timer::L, _) => self.remove(cx, id),
            _ => {}
        }
    }

    /// Drops a transaction whose final response need not be repeated: the request, repeated, gets another just like it.
    pub(crate) fn forget(&mut self, cx: &mut Context, id: ServerId) {
        self.remove(cx, id);
    }

    fn remove(&mut self, cx: &mut Context, id: ServerId) {
        let Some(server) = self.map.remove(&id) else { return };
        for key in server.left.iter().chain([&server.key]) {
            self.keys.remove(key);
        }
        if let Some(merge) = server.merge {
            self.merges.remove(&merge);
        }
        give_back(&mut self.map);
        give_back(&mut self.keys);
        give_back(&mut self.merges);
        cx.timers.clear(Owner::Server(id), &ALL_TIMERS);
    }
}

impl Server {
    /// True if it waits for an answer.
    pub(crate) fn is_pending(&self) -> bool {
        self.state == State::Proceeding
    }

    fn acknowledge(&mut self, cx: &mut Context, id: ServerId) -> Known {
        match self.state {
            State::Completed { .. } => {
                self.state = State::Confirmed;
                let owner = Owner::Server(id);
                cx.timers.clear(owner, &[Timer::G, Timer::H]);
                // On a reliable transport Timer I is zero.
                let wait = if is_reliable(self.flow) { Duration::ZERO } else { T4 };
                cx.timers.set(owner, Timer::I, cx.now + wait);
                Known::Absorbed
            }
            // Some phones reuse the INVITE's branch in the ACK of a 2xx.
            State::Accepted => Known::Ack,
            State::Proceeding | State::Confirmed => Known::Absorbed,
        }
    }
}

/// Where the responses to a request go (RFC 3261 section 18.2.2, RFC 3581 section 4): the connection it came by, or the address it
/// came from with the port that its Via names, or with the source port if it asked for that. Nor does an address in Via that is not the
/// one it came from leave a choice: something has rewritten it on the way, and lets through only what goes back to the port that it
/// took for it. `maddr` is ignored: it would let a datagram choose whom we send to.
pub(crate) fn response_flow(via: Option<&Via<'_>>, source: Flow) -> Flow {
    let Some(via) = via.filter(|_| !is_reliable(source)) else { return source };
    // A name says nothing about the way.
    let is_rewritten = uri::literal(via.host).is_some_and(|ip| ip.to_canonical() != source.remote.ip().to_canonical());
    let mut flow = source;
    if !via.wants_rport() && !is_rewritten {
        flow.remote.set_port(via.port.unwrap_or(5060));
    }
    flow
}

/// What makes a transaction: branch, sent-by, method (section 17.2.3). Without the magic cookie of RFC 3261 the fields that RFC 2543
/// compares stand in for the branch.
fn key(out: &mut Vec<u8>, request: &Request, method: Method) {
    out.clear();
    out.extend_from_slice(wire::method_name(method).as_bytes());
    out.push(0);
    if !request.is_of_2543() {
        out.extend_from_slice(&request.branch);
        out.push(0);
        if let Some(via) = request.via() {
            out.extend(via.host.iter().map(u8::to_ascii_lowercase));
            out.extend_from_slice(&via.port.unwrap_or(5060).to_be_bytes());
        }
    } else {
        let via = request.message.list(Name::Via).next().unwrap_or_default();
        for part in [&request.uri, &request.from_tag, &request.call_id, &request.cseq.to_be_bytes()[..], via] {
            out.extend_from_slice(part);
            out.push(0);
        }
    }
}

fn merge_key(out: &mut Vec<u8>, request: &Request) {
    out.clear();
    out.extend_from_slice(&request.cseq.to_be_bytes());
    for part in [&request.from_tag[..], &request.call_id, wire::method_name(request.method).as_bytes()] {
        out.extend_from_slice(part);
        out.push(0);
    }
}
