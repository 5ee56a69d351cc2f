//! The path by which a registrar reaches us: it is kept open, and when it breaks we register anew.

use std::time::Duration;

use bytes::Bytes;

use super::Endpoint;
use crate::api::{Flow, Transport};
use crate::transaction::timer::{Owner, Timer};
use crate::trunks::{Line, TrunkId};

/// The shortest time between two datagrams that keep a NAT open. Many forget a port after 30 seconds of silence (RFC 4787 section 4.3 asks for
/// more than they do).
const KEEP_ALIVE: Duration = Duration::from_secs(25);
/// By so many milliseconds it may be longer: not all of a carrier's customers at the same moment.
const KEEP_ALIVE_JITTER: u64 = 4000;

impl Endpoint {
    /// We are registered over a path that a NAT may forget: it is kept open from now on.
    pub(super) fn keep_open(&mut self, id: TrunkId) {
        let owner = Owner::Trunk(id.0);
        if self.trunks.line(id).and_then(|line| line.registered_over(Transport::Udp)).is_none() {
            return self.cx.timers.clear(owner, &[Timer::KeepAlive]);
        }
        if !self.cx.timers.is_set(owner, Timer::KeepAlive) {
            let jitter = Duration::from_millis(self.random.below(KEEP_ALIVE_JITTER));
            self.cx.timers.set(owner, Timer::KeepAlive, self.cx.now + KEEP_ALIVE + jitter);
        }
    }

    /// Sends what passes every NAT and nobody has to answer: the ping of RFC 5626 section 3.5.1, as a datagram. Nothing follows from silence.
    pub(super) fn keep_alive(&mut self, id: TrunkId) {
        if let Some(flow) = self.trunks.line(id).and_then(|line| line.registered_over(Transport::Udp)) {
            self.cx.transmit(flow, Bytes::from_static(b"\r\n\r\n"));
        }
        self.keep_open(id);
    }

    /// A connection is gone. The registrars at its end reach us by it, so each is told anew where we are, and not only when it would forget us.
    pub(super) fn path_broke(&mut self, flow: Flow) {
        let over = |line: &Line| line.registered_over(flow.transport).is_some_and(|at| at.remote == flow.remote);
        let lines = self.trunks.lines.iter_mut().filter(|(_, line)| flow.transport.is_reliable() && over(line));
        for (id, line) in lines {
            let owner = Owner::Trunk(id.0);
            // While a REGISTER is under way, what becomes of that decides.
            let waits = self.cx.timers.is_set(owner, Timer::Register);
            let registration = line.registration.as_mut().filter(|_| waits);
            if let Some(at) = registration.and_then(|r| r.broke(self.cx.now, &mut self.random)) {
                self.cx.timers.set(owner, Timer::Register, at);
            }
        }
    }
}
