//! A box's SIP endpoint and media engine, wired to the simulated network.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use media::{Engine, SessionId};
use model::{Instant, Now, Random};
use sip::{Endpoint, Flow, Transport};

use crate::net::Net;

/// What came up from the wires.
#[derive(Debug)]
pub enum Heard {
    /// From SIP.
    Sip(Box<sip::Event>),
    /// From media.
    Media(media::Event),
}

/// See the module.
pub struct Wires {
    /// Our SIP address; media has the same IP.
    pub sip: SocketAddr,
    endpoint: Endpoint,
    engine: Engine,
    ports: BTreeMap<u16, SessionId>,
    sip_timeout: Instant,
    media_timeout: Instant,
}

impl Wires {
    /// A box at this address.
    pub fn new(sip: SocketAddr, domain: &str, mut random: Random) -> Self {
        let config = sip::Config {
            software: "world".to_owned(),
            max_invites: 100,
            max_transactions: 1000,
            emergency: vec!["911".to_owned(), "933".to_owned()],
            challenge_registers: true,
            ..sip::Config::new(domain)
        };
        Self {
            sip,
            endpoint: Endpoint::new(config, random.fork()),
            engine: Engine::new(media::Config::default()),
            ports: BTreeMap::new(),
            sip_timeout: Instant::FAR_FUTURE,
            media_timeout: Instant::FAR_FUTURE,
        }
    }

    /// An order for the endpoint.
    pub fn sip(&mut self, now: Now, command: sip::Command) {
        self.endpoint.handle_input(now, sip::Input::Command(command));
    }

    /// An order for the media engine.
    pub fn media(&mut self, now: Now, command: media::Command) {
        self.engine.handle_input(now, media::Input::Command(command));
    }

    /// A datagram for this box.
    pub fn datagram(&mut self, now: Now, from: SocketAddr, to: SocketAddr, data: &[u8]) {
        if to == self.sip {
            let flow = Flow { transport: Transport::Udp, local: to, remote: from, connection: 0 };
            self.endpoint.handle_input(now, sip::Input::Bytes { flow, data });
        } else if let Some(session) = self.ports.get(&to.port()).copied() {
            self.engine.handle_input(now, media::Input::Packet { session, from, data });
        }
    }

    /// Timers that are due.
    pub fn tick(&mut self, now: Now) {
        if self.sip_timeout <= now.instant {
            self.endpoint.handle_input(now, sip::Input::Timeout);
        }
        if self.media_timeout <= now.instant {
            self.engine.handle_input(now, media::Input::Timeout);
        }
    }

    /// When something is due.
    pub fn next_timeout(&self) -> Instant {
        self.sip_timeout.min(self.media_timeout)
    }

    /// Sends what is to be sent, and returns what is for the box.
    pub fn pump(&mut self, now: Now, net: &mut Net) -> Vec<Heard> {
        let mut heard = Vec::new();
        loop {
            match self.endpoint.poll_output() {
                sip::Output::Transmit { flow, data } => net.send(now.instant, self.sip, flow.remote, data.to_vec()),
                sip::Output::Close { .. } | sip::Output::Leave { .. } => {}
                sip::Output::Event(event) => heard.push(Heard::Sip(Box::new(event))),
                sip::Output::Timeout(at) => {
                    self.sip_timeout = at;
                    break;
                }
            }
        }
        loop {
            match self.engine.poll_output() {
                media::Output::Bind { session, port, .. } => {
                    self.ports.insert(port, session);
                }
                // Nobody here listens to reports: the tests of `media` have two ends that do.
                media::Output::BindReports { .. }
                | media::Output::TransmitReport { .. }
                | media::Output::ToGroup { .. }
                | media::Output::Prefer { .. } => {}
                media::Output::Unbind { session } => self.ports.retain(|_, s| *s != session),
                media::Output::Transmit { session, to, data } => {
                    if let Some((port, _)) = self.ports.iter().find(|(_, s)| **s == session) {
                        net.send(now.instant, SocketAddr::new(self.sip.ip(), *port), to, data.to_vec());
                    }
                }
                media::Output::Event(event) => heard.push(Heard::Media(event)),
                media::Output::Timeout(at) => {
                    self.media_timeout = at;
                    break;
                }
            }
        }
        heard
    }
}
