//! A party of a story: an endpoint, and a user that makes up its mind by the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use model::{Instant, Now, Pii, Random};
use sip::{Command, Endpoint, Event, Flow, Input, LegId, NameAddr, OutgoingCall, Output, Transport};
use world::net::Net;

use super::{address, endpoint};

/// See the module.
pub(crate) struct Party {
    seed: u64,
    pub(crate) at: SocketAddr,
    pub(crate) endpoint: Endpoint,
    pub(crate) random: Random,
    /// What the user will order, and when.
    plans: BTreeMap<(Instant, u64), Command>,
    planned: u64,
    pub(crate) open: BTreeSet<LegId>,
    pub(crate) ended: BTreeSet<LegId>,
    pub(crate) recorded: BTreeSet<LegId>,
    pub(crate) log: Vec<String>,
    /// How many of its messages began so.
    pub(crate) sent: BTreeMap<String, u32>,
    /// How long the calls of this story last at most.
    talk: Duration,
}

impl Party {
    pub(crate) fn new(host: u8, seed: u64, talk: Duration, session_expires: u32) -> Self {
        Self {
            seed,
            at: address(host),
            endpoint: endpoint(seed * 2 + u64::from(host), session_expires),
            random: Random::from_u64(seed ^ u64::from(host) << 32),
            plans: BTreeMap::new(),
            planned: 0,
            open: BTreeSet::new(),
            ended: BTreeSet::new(),
            recorded: BTreeSet::new(),
            log: Vec::new(),
            sent: BTreeMap::new(),
            talk,
        }
    }

    pub(crate) fn plan(&mut self, now: Now, from_ms: u64, to_ms: u64, command: Command) {
        let wait = Duration::from_millis(from_ms + self.random.below(to_ms - from_ms));
        self.planned += 1;
        self.plans.insert((now.instant + wait, self.planned), command);
    }

    pub(crate) fn call(&mut self, now: Now, leg: LegId, to: SocketAddr) {
        let flow = Flow { transport: Transport::Udp, local: self.at, remote: to, connection: 0 };
        let party = |uri: &str| NameAddr { display: Pii::default(), uri: uri.into() };
        let (from, whom) = (party("sip:102@clinic.demo"), party("sip:101@clinic.demo"));
        // One in five leaves the offer to the other side.
        let offer = if self.random.chance(0.2) { "" } else { "offer" };
        let call = OutgoingCall::new(format!("sip:101@{to}"), flow, from, whom, offer);
        self.order(now, Command::Invite { leg, call: call.into() });
    }

    /// Gives an order, unless its leg is gone.
    fn order(&mut self, now: Now, command: Command) {
        let (leg, ends) = match &command {
            Command::Invite { leg, .. } => {
                self.open.insert(*leg);
                (*leg, false)
            }
            Command::Refuse { leg, .. } | Command::Cancel { leg } | Command::Bye { leg } => (*leg, true),
            Command::AnswerOffer { leg, .. }
            | Command::Ring { leg, .. }
            | Command::Answer { leg, .. }
            | Command::Reinvite { leg, .. }
            | Command::AnswerReinvite { leg, .. }
            | Command::RefuseReinvite { leg, .. }
            | Command::AcceptRefer { leg }
            | Command::RefuseRefer { leg, .. }
            | Command::ReferProgress { leg, .. } => (*leg, false),
            other => panic!("no such plan: {other:?}"),
        };
        if !self.open.contains(&leg) {
            return;
        }
        if ends {
            self.end(leg);
        }
        self.endpoint.handle_input(now, Input::Command(command));
    }

    fn end(&mut self, leg: LegId) {
        assert!(self.open.remove(&leg), "seed {}: {leg:?} ended and was not open", self.seed);
        assert!(self.ended.insert(leg), "seed {}: {leg:?} ended twice", self.seed);
    }

    fn event(&mut self, now: Now, event: Event) {
        self.log.push(format!("{:?} {} {event:?}", now.instant, self.at.ip()));
        match event {
            Event::Invite { leg, .. } => {
                assert!(self.open.insert(leg), "seed {}: {leg:?} came twice", self.seed);
                self.plan(now, 0, 3000, Command::Ring { leg, code: 180, body: None });
                if self.random.chance(0.5) {
                    self.plan(now, 0, 9000, Command::Ring { leg, code: 183, body: Some("early".into()) });
                }
                match self.random.below(4) {
                    0 => self.plan(now, 0, 60_000, Command::Refuse { leg, code: 486, retry_after: None }),
                    _ => self.plan(now, 0, 60_000, Command::Answer { leg, body: "answer".into() }),
                }
                // A user that never decides would be the only one to blame.
                self.plan(now, 200_000, 250_000, Command::Refuse { leg, code: 480, retry_after: None });
            }
            Event::Established { leg } | Event::Answered { leg, .. } => {
                self.alive(leg);
                self.plans.retain(|_, plan| !matches!(plan, Command::Refuse { leg: l, .. } if *l == leg));
                let talk = u64::try_from(self.talk.as_millis()).expect("a call's length");
                for n in 0..self.random.below(3) {
                    self.plan(
                        now,
                        0,
                        20_000.max(talk / 2),
                        Command::Reinvite { leg, body: if n == 1 { "".into() } else { format!("offer {n}").into() } },
                    );
                }
                self.plan(now, 0, talk, Command::Bye { leg });
            }
            Event::Refer { leg, .. } => {
                self.alive(leg);
                if self.random.chance(0.2) {
                    return self.plan(now, 0, 2000, Command::RefuseRefer { leg, code: 603 });
                }
                self.order(now, Command::AcceptRefer { leg });
                self.plan(now, 0, 5000, Command::ReferProgress { leg, code: 180 });
                let code = if self.random.chance(0.5) { 200 } else { 486 };
                self.plan(now, 0, 30_000, Command::ReferProgress { leg, code });
                // A user that never decides would be the only one to blame.
                self.plan(now, 30_000, 31_000, Command::ReferProgress { leg, code });
            }
            Event::Offered { leg, .. } => {
                self.alive(leg);
                let talk = u64::try_from(self.talk.as_millis()).expect("a call's length");
                match self.random.below(5) {
                    // Nothing of it can be used.
                    0 => self.plan(now, 0, 2000, Command::Bye { leg }),
                    _ => {
                        self.plan(now, 0, 2000, Command::AnswerOffer { leg, body: "answer".into() });
                        self.plan(now, 2000, talk.max(3000), Command::Bye { leg });
                    }
                }
            }
            Event::Reinvite { leg, .. } => {
                self.alive(leg);
                match self.random.below(4) {
                    0 => self.plan(now, 0, 2000, Command::RefuseReinvite { leg, code: 488 }),
                    _ => self.plan(now, 0, 2000, Command::AnswerReinvite { leg, body: "new answer".into() }),
                }
            }
            Event::Refused { leg, .. } | Event::Ended { leg, .. } => self.end(leg),
            Event::Progress { leg, .. } => {
                self.alive(leg);
                // By UPDATE, if something was agreed reliably.
                if self.random.chance(0.2) {
                    self.plan(now, 0, 5000, Command::Reinvite { leg, body: "early change".into() });
                }
            }
            Event::ReinviteAnswered { leg, .. }
            | Event::ReinviteRefused { leg, .. }
            | Event::ReinviteOvertaken { leg }
            | Event::AckAnswer { leg, .. }
            | Event::Dtmf { leg, .. } => self.alive(leg),
            Event::Recorded { legs, .. } => {
                for recording in legs {
                    let leg = recording.leg();
                    assert!(self.ended.contains(&leg), "seed {}: {leg:?} is recorded and not over", self.seed);
                    assert!(self.recorded.insert(leg), "seed {}: {leg:?} is recorded twice", self.seed);
                }
            }
            Event::Trying { leg } => self.alive(leg),
            Event::TurnedAway(_) | Event::Altered { .. } | Event::Dialog { .. } => {}
            other => panic!("seed {}: not in this story: {other:?}", self.seed),
        }
    }

    fn alive(&self, leg: LegId) {
        assert!(
            self.open.contains(&leg),
            "seed {}: something happened to {leg:?}, which is gone\n{:#?}",
            self.seed,
            self.log
        );
    }

    /// Lets the endpoint speak; when it or its user wants to be woken.
    pub(crate) fn drain(&mut self, now: Now, net: &mut Net) -> Instant {
        loop {
            match self.endpoint.poll_output() {
                Output::Transmit { flow, data } => {
                    let method = data.split(|&b| b == b' ').next().unwrap_or_default();
                    *self.sent.entry(String::from_utf8_lossy(method).into_owned()).or_default() += 1;
                    net.send(now.instant, self.at, flow.remote, data);
                }
                Output::Event(event) => self.event(now, event),
                Output::Close { .. } | Output::Leave { .. } => panic!("there are no streams"),
                Output::Timeout(at) => {
                    return self.plans.keys().next().map_or(at, |&(planned, _)| at.min(planned));
                }
            }
        }
    }

    /// Lets its timers and its user's plans come due. The user hears what happened before it orders anything.
    pub(crate) fn wake(&mut self, now: Now, net: &mut Net) {
        self.endpoint.handle_input(now, Input::Timeout);
        self.drain(now, net);
        while let Some(entry) = self.plans.first_entry().filter(|e| e.key().0 <= now.instant) {
            let command = entry.remove();
            self.order(now, command);
            self.drain(now, net);
        }
    }
}
