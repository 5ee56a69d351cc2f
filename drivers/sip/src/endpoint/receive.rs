//! From bytes to requests and responses, and each to whom it concerns.

use std::net::IpAddr;

use super::Endpoint;
use crate::admission::{calls_for_help, count_foreign, has_room, is_peer, is_trunk};
use crate::api::{Flow, Output, Transport, TrunkTrouble};
use crate::transaction::client::{Heard, Purpose};
use crate::transaction::server::{Known, User};
use crate::transaction::timer::{GIVE_UP, Owner, Timer};
use crate::wire::stream::Frame;
use crate::wire::{self, Message, Method, Refusal, Request, Response, Verdict, stun};

impl Endpoint {
    pub(super) fn bytes(&mut self, flow: Flow, data: &[u8]) {
        if self.came_round(data) {
            return;
        }
        if !is_peer(&self.peers, flow.remote.ip()) && !self.is_mirror(flow) {
            count_foreign(&mut self.counters.foreign, data);
            if flow.transport.is_reliable() {
                self.close(flow);
            }
            return;
        }
        match flow.transport {
            // Phones keep their NAT open with line ends or zeros; there is nothing to say to that.
            Transport::Udp if data.iter().all(|b| matches!(b, b'\r' | b'\n' | 0)) => {}
            Transport::Udp if stun::is_stun(data) => {
                if let Some(answer) = stun::answer(data, flow.remote) {
                    self.cx.transmit(flow, answer);
                }
            }
            Transport::Udp => self.message(flow, data),
            Transport::Tcp | Transport::Tls => self.stream(flow, data),
            // The same ping as on a stream, and every frame is one message (RFC 7118 sections 5 and 6).
            Transport::Ws | Transport::Wss if data == b"\r\n\r\n" => self.pong(flow),
            Transport::Ws | Transport::Wss if data.iter().all(|b| matches!(b, b'\r' | b'\n')) => {}
            Transport::Ws | Transport::Wss => self.message(flow, data),
        }
    }

    /// True if somebody at this address may speak with us at all.
    pub(crate) fn welcomes(&mut self, ip: IpAddr) -> bool {
        let welcome = is_peer(&self.peers, ip);
        if !welcome {
            count_foreign(&mut self.counters.foreign, b"");
        }
        welcome
    }

    /// True if a trunk is at this address, or somebody there has proved who they are.
    pub(crate) fn trusts(&self, ip: IpAddr) -> bool {
        is_trunk(&self.peers, ip) || self.admission.has_proved(ip, self.cx.now)
    }

    /// True if nothing is lost with this stream: it is no trunk's, nobody has proved anything there, and no call goes over it.
    pub(crate) fn can_spare(&self, flow: Flow) -> bool {
        let is_known = self.owners.of(flow).is_some() || self.admission.has_proved_by(flow, self.cx.now);
        !is_trunk(&self.peers, flow.remote.ip()) && !is_known && self.legs.over(flow).is_empty()
    }

    fn pong(&mut self, flow: Flow) {
        self.cx.transmit(flow, bytes::Bytes::from_static(b"\r\n"));
    }

    fn stream(&mut self, flow: Flow, data: &[u8]) {
        let (number, framer) = self.streams.hear(flow, self.cx.now);
        let owner = Owner::Stream(number);
        framer.push(data);
        while let Some(frame) = self.streams.next(flow) {
            // Each message has the whole time for itself.
            self.cx.timers.clear(owner, &[Timer::Partial]);
            match frame {
                Frame::Message(message) => self.message(flow, &message),
                Frame::Ping => self.pong(flow),
                Frame::TooLarge(headers) => return self.refuse_stream(flow, &headers, 413),
                Frame::Unmeasured(headers) => return self.refuse_stream(flow, &headers, 400),
                Frame::Lost => {
                    self.counters.garbage += 1;
                    return self.close(flow);
                }
            }
        }
        let (_, framer) = self.streams.hear(flow, self.cx.now);
        if !framer.is_partial() {
            self.cx.timers.clear(owner, &[Timer::Partial]);
        } else if !self.cx.timers.is_set(owner, Timer::Partial) {
            self.cx.timers.set(owner, Timer::Partial, self.cx.now + self.config.partial);
        }
    }

    /// Refuses a message by its headers alone, and closes: the stream cannot be read on.
    fn refuse_stream(&mut self, flow: Flow, headers: &[u8], code: u16) {
        self.counters.invalid += 1;
        if let Some(message) = Message::parse(headers).filter(wire::answerable) {
            self.stateless(flow, &message, code, |writer| writer);
        }
        self.close(flow);
    }

    /// Closes a stream from our side.
    pub(super) fn close(&mut self, flow: Flow) {
        self.cx.out.push_back(Output::Close { flow });
        self.closed(flow, TrunkTrouble::NoAnswer);
    }

    /// A stream ended. `trouble` is what that is for a trunk that registers over it.
    pub(super) fn closed(&mut self, flow: Flow, trouble: TrunkTrouble) {
        self.owners.forget(flow);
        let lived = self.streams.last_heard(flow).is_some();
        if let Some(number) = self.streams.close(flow) {
            self.cx.timers.clear(Owner::Stream(number), &[Timer::Partial]);
        }
        let moved = self.sever(flow);
        let told_elsewhere = self.sever_subscriptions(flow);
        for failed in self.clients.fail(&mut self.cx, flow) {
            match failed.purpose {
                Purpose::Register(trunk) => self.register_unanswered(trunk, trouble),
                Purpose::Invite(leg) if lived && failed.silent.is_some() && self.invite_by_another(leg) => {}
                Purpose::Invite(leg)
                    if failed.silent.is_some() && moved.contains(&leg) && self.invite_there(leg, flow) => {}
                Purpose::Bye(leg) if moved.contains(&leg) => self.send_bye(leg),
                Purpose::Subscription(id) => self.notify_broke(id, told_elsewhere.contains(&id)),
                Purpose::Reinvite(leg) if moved.contains(&leg) => self.change_broke(leg, failed.client, true, 503),
                _ => self.unanswered(failed, 503),
            }
        }
        self.path_broke(flow);
    }

    /// A request of ours had no answer at all by this stream. If nothing else came by it either in that time, its peer is gone and nobody has
    /// said so: it is closed, so that whatever is sent next opens another. What a peer has opened is its own to open anew.
    ///
    /// A call that rings has no more to say, and would end with it: if its machine is gone, the system finds that out. If only what runs on it hangs,
    /// nobody does; so where not even a call was answered, the next ones, which may be for help, don't go by the same connection.
    pub(super) fn doubt(&mut self, silent: Option<Flow>, purpose: Purpose) {
        let Some(flow) = silent.filter(Flow::can_be_replaced) else { return };
        let lives = self.streams.last_heard(flow).is_some_and(|heard| self.cx.now - heard < GIVE_UP);
        match (lives, self.clients.rings_over(&flow), purpose) {
            (false, false, _) => self.close(flow),
            (false, true, Purpose::Invite(_)) => self.cx.out.push_back(Output::Leave { flow }),
            _ => {}
        }
    }

    fn message(&mut self, flow: Flow, data: &[u8]) {
        match wire::parse(data) {
            Verdict::Request(request) => {
                self.cx.recorder.received(flow, &request.message);
                self.request(flow, request);
            }
            Verdict::Response(response) => {
                self.cx.recorder.received(flow, &response.message);
                self.response(flow, &response);
            }
            Verdict::Refuse(refusal) => self.invalid(flow, &refusal),
            Verdict::Silence(why) => {
                self.counters.garbage += 1;
                tracing::trace!(why, "dropped");
            }
        }
    }

    /// What a phone requires beside the number that it calls, and nobody here knows, costs it no help.
    fn invalid(&mut self, flow: Flow, refusal: &Refusal) {
        let waived = wire::without_extensions(refusal).filter(|request| calls_for_help(&self.config, request));
        if let Some(request) = waived {
            self.cx.recorder.received(flow, &request.message);
            self.request(flow, request);
        } else if self.may_answer(flow) {
            self.refuse_invalid(flow, refusal);
        } else {
            self.counters.silenced += 1;
        }
    }

    fn request(&mut self, flow: Flow, request: Request) {
        if !self.admits(flow, &request) {
            return;
        }
        match self.servers.receive(&mut self.cx, &request) {
            Known::Absorbed => {}
            Known::Merged(id) => self.merged(flow, id, request),
            Known::Ack => self.acknowledged(flow, &request),
            Known::New => self.new_request(flow, request),
        }
    }

    fn new_request(&mut self, flow: Flow, request: Request) {
        if request.method == Method::Cancel {
            return self.cancelled(flow, request);
        }
        if request.to_tag.is_some() {
            if let Some(request) = self.inside_subscription(flow, request) {
                self.inside_dialog(flow, request);
            }
            return;
        }
        match request.method {
            Method::Options => {
                self.options(flow, &request);
                self.asked(flow);
            }
            Method::Register | Method::Invite | Method::Subscribe | Method::Message => {
                let invite = request.method == Method::Invite;
                let transactions = self.servers.len() + self.clients.len();
                let room = has_room(&self.config, &request, invite, self.servers.pending_invites(), transactions);
                if !room || self.sheds(flow, &request, transactions) {
                    self.busy(flow, &request.message);
                } else {
                    match request.method {
                        Method::Invite => self.incoming(flow, request),
                        Method::Subscribe => self.subscribe(flow, request),
                        Method::Message => self.message_came(flow, request),
                        _ => self.register(flow, request),
                    }
                }
            }
            // They belong to a dialog and name none.
            Method::Bye | Method::Info | Method::Notify | Method::Update | Method::PRack => {
                self.stateless(flow, &request.message, 481, |writer| writer);
            }
            // What it refers to would be a call of nobody's.
            Method::Refer => self.stateless(flow, &request.message, 403, |writer| writer),
            _ => self.stateless(flow, &request.message, 405, |writer| writer),
        }
    }

    /// A CANCEL (RFC 3261 section 9.2): answered by a transaction of its own, so that its repetitions get the same answer.
    fn cancelled(&mut self, flow: Flow, request: Request) {
        let Some((id, invite, current)) = self.servers.cancelled_by(&request) else {
            return self.stateless(flow, &request.message, 481, |writer| writer);
        };
        let (user, tag, pending) = (invite.user, invite.to_tag.to_string(), invite.is_pending() && current);
        let cancel = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        self.answer(cancel, 200);
        if let (User::Leg(leg), true) = (user, pending) {
            self.answer(id, 487);
            self.invite_cancelled(leg, id);
        }
    }

    fn response(&mut self, flow: Flow, response: &Response) {
        match self.clients.receive(&mut self.cx, flow, response) {
            Heard::Nothing => {}
            Heard::Response { client, purpose } => self.heard(flow, client, purpose, response),
            Heard::Accepted { client, purpose, first } => self.heard_2xx(flow, client, purpose, first, response),
        }
    }
}
