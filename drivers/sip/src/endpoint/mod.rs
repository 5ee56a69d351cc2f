//! The state machine behind the crate's face: it routes bytes, orders and timers to transactions and legs.
//!
//! The files beside this one are one `impl Endpoint` by subject: [`receive`] takes bytes apart, [`register`] and [`incoming`] and
//! [`early`] and [`outgoing`] and [`midcall`] and [`change`] and [`session`] and [`severed`] and [`refer`] hold what a user agent does with requests, responses
//! and orders, [`answer`] writes responses.

mod again;
mod answer;
mod carried;
mod change;
mod defend;
mod early;
mod elsewhere;
mod incoming;
mod known;
mod late;
mod message;
mod midcall;
mod mirror;
mod outgoing;
pub(crate) mod over_trunk;
mod receive;
mod refer;
mod referring;
mod register;
mod session;
mod severed;
mod streams;
mod subscribe;
mod trunk;
mod upkeep;
mod vouched;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use carried::Carried;
use known::Owners;
use model::defence::TurnedAway;
use model::{Instant, Now, Random, Wall};
use streams::Streams;

use crate::admission::Admission;
use crate::api::{Command, Config, EndReason, Event, Input, LegId, Output, Peers, TrunkSecret, TrunkTrouble};
use crate::dialog::leg::{Ask, Change, LEG_TIMERS, Legs, Phase};
use crate::digest::server::Authenticator;
use crate::recorder::Recorder;
use crate::subscription::Subscriptions;
use crate::transaction::Context;
use crate::transaction::client::{Clients, Purpose, Unanswered};
use crate::transaction::server::Servers;
use crate::transaction::timer::{Owner, Timer, Timers};
use crate::trunks::{TrunkId, Trunks};

/// Of the 32 seconds for which an answer is remembered (64 × T1), so much of its time may be left when it is forgotten early: it is four seconds old then.
const FORGET_EARLY: Duration = Duration::from_secs(28);

/// A SIP user agent for many calls and registrations. See the crate's documentation for its promises.
pub struct Endpoint {
    config: Config,
    random: Random,
    cx: Context,
    servers: Servers,
    clients: Clients,
    legs: Legs,
    subscriptions: Subscriptions,
    authenticator: Authenticator,
    /// Whose streams those are that were handed in with a name.
    owners: Owners,
    homes: severed::Homes,
    peers: Peers,
    carried: Carried,
    trunks: Trunks,
    trunk_secrets: Arc<[TrunkSecret]>,
    streams: Streams,
    admission: Admission,
    /// Mirrors that are asked now.
    mirrors: mirror::Mirrors,
    counters: TurnedAway,
    /// What the user was told last of the counters.
    reported: TurnedAway,
    /// For what people read; nothing is timed by it.
    wall: Wall,
}

/// How much an endpoint holds at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Legs, those that only wait for their last transaction included.
    pub legs: usize,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Transactions of both kinds.
    pub transactions: usize,
    /// Timers that are set.
    pub timers: usize,
    /// Streams that have sent something and are open.
    pub streams: usize,
    /// Bytes of messages that are recorded.
    pub recorded: usize,
}

impl Endpoint {
    /// An endpoint that knows no user and no peer yet, and so answers nobody.
    pub fn new(config: Config, mut random: Random) -> Self {
        let authenticator = Authenticator::new(&config.domain, config.strong_digest, &mut random);
        let recorder = Recorder::new(config.record);
        Self {
            authenticator,
            config,
            random,
            cx: Context { now: Instant::ZERO, timers: Timers::default(), out: VecDeque::new(), recorder },
            servers: Servers::default(),
            clients: Clients::default(),
            legs: Legs::default(),
            subscriptions: Subscriptions::default(),
            owners: Owners::default(),
            homes: severed::Homes::default(),
            peers: Peers::default(),
            carried: Carried::default(),
            trunks: Trunks::default(),
            trunk_secrets: Arc::from([]),
            streams: Streams::default(),
            admission: Admission::default(),
            mirrors: mirror::Mirrors::default(),
            counters: TurnedAway::default(),
            reported: TurnedAway::default(),
            wall: Wall(0),
        }
    }

    /// Takes one thing in. Then poll until [`Output::Timeout`].
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        // A clock that went back would make timers late, never early.
        self.cx.now = self.cx.now.max(now.instant);
        self.cx.recorder.at(Now { instant: self.cx.now, ..now });
        self.wall = now.wall;
        match input {
            Input::Bytes { flow, data } => self.bytes(flow, data),
            Input::Known { flow, user } => self.known(flow, &user),
            Input::Closed { flow } => self.closed(flow, TrunkTrouble::NoAnswer),
            Input::Untrusted { flow } => self.closed(flow, TrunkTrouble::Untrusted),
            Input::Command(command) => self.command(command),
            Input::Waited(waited) => self.admission.waited(waited),
            Input::Timeout => {}
        }
        while let Some((owner, timer)) = self.cx.timers.pop(self.cx.now) {
            self.on_timer(owner, timer);
        }
        self.forget_early();
        self.cx.watch_recorder();
        self.report_soon();
    }

    /// Where there are many transactions, those that only wait to be forgotten are, the oldest first: what comes now is worth more than an answer that
    /// is kept in case that somebody asks for it again. Whoever has not heard it asks three times in its first four seconds, for which it is kept.
    fn forget_early(&mut self) {
        let until = self.cx.now + FORGET_EARLY;
        while self.servers.len() + self.clients.len() > self.config.max_transactions / 2
            && let Some((owner, timer)) = self.cx.timers.pop_forgetting(until)
        {
            self.on_timer(owner, timer);
        }
    }

    /// What is to be done next. The answer changes only after [`handle_input`](Self::handle_input).
    pub fn poll_output(&mut self) -> Output {
        self.cx.out.pop_front().unwrap_or_else(|| Output::Timeout(self.cx.timers.next()))
    }

    /// What was turned away so far.
    pub const fn counters(&self) -> TurnedAway {
        self.counters
    }

    /// What is held at the moment.
    pub fn usage(&self) -> Usage {
        Usage {
            legs: self.legs.len(),
            subscriptions: self.subscriptions.len(),
            transactions: self.servers.len() + self.clients.len(),
            timers: self.cx.timers.len(),
            streams: self.streams.len(),
            recorded: self.cx.recorder.held(),
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::SetUsers(users) => self.authenticator.set_users(&users),
            Command::SetStrongDigest(strong) => self.authenticator.set_strong(strong),
            Command::SetPeers(peers) => self.set_peers(peers),
            Command::SetEmergency(numbers) => self.config.emergency = numbers,
            Command::SetTrunks(trunks) => self.set_trunks(trunks),
            Command::SetTrunkSecrets(secrets) => self.set_trunk_secrets(&secrets),
            Command::LeaveTrunks => self.leave_trunks(),
            // The shell's: they are about sockets.
            Command::SetAdvertised(_) | Command::SetSecurePeers(_) => {}
            Command::Block(blocks) => blocks.into_iter().for_each(|block| self.block_again(block)),
            Command::Unblock { source } => self.admission.lift(source),
            Command::AskMirror { at } => self.ask_mirror(at),
            Command::ReadMessages { ask, legs } => {
                let legs = legs.into_iter().map(|leg| self.cx.recorder.so_far(leg)).collect();
                self.cx.tell(Event::Messages { ask, legs });
            }
            Command::AcceptRegister { request, contacts, outbound } => {
                self.accept_register(request, &contacts, outbound);
            }
            Command::TooBrief { request, min_expires } => self.too_brief(request, min_expires),
            Command::AcceptMessage { request } => self.answer(request.0, 200),
            Command::Send { id, sending } => self.send(id, &sending),
            Command::AcceptSubscription { subscription, list } => self.accept_subscription(subscription, list),
            Command::ChallengeSubscription { subscription, stale } => self.challenge_subscription(subscription, stale),
            Command::RefuseSubscription { subscription, code } => self.refuse_subscription(subscription, code),
            Command::Notify { subscription, document } => self.notify(subscription, &document),
            Command::EndSubscription { subscription, why } => self.end_subscription(subscription, why),
            Command::Challenge { request, stale } => self.challenge_register(request, stale),
            Command::Reject { request, code } => self.reject_register(request, code.clamp(400, 699)),
            Command::ChallengeInvite { leg, stale } => self.challenge_invite(leg, stale),
            Command::Reach { leg, uri, route } => {
                if let Some(found) = self.legs.find(leg) {
                    found.dialog.lives_at(uri.expose().as_bytes(), &route);
                }
            }
            Command::Ring { leg, code, body } => self.ring(leg, code, body),
            Command::Answer { leg, body } => self.accept(leg, body),
            Command::Refuse { leg, code, retry_after } => self.refuse(leg, code, retry_after),
            Command::Invite { leg, call } => self.invite(leg, &call),
            Command::Cancel { leg } => self.cancel(leg, false),
            Command::Taken { leg } => self.cancel(leg, true),
            Command::Bye { leg } => self.bye(leg),
            Command::AnswerOffer { leg, body } => self.answer_offer(leg, &body),
            Command::Reinvite { leg, body } => self.reinvite(leg, Ask::by_user(body)),
            Command::Propose { leg, body } => self.reinvite(leg, Ask::spare(body)),
            Command::AnswerReinvite { leg, body } => self.answer_reinvite(leg, &body),
            Command::RefuseReinvite { leg, code } => self.refuse_reinvite(leg, code),
            Command::Refer { leg, to, replaces } => self.refer(leg, &to, replaces),
            Command::AcceptRefer { leg } => self.accept_refer(leg),
            Command::ReferProgress { leg, code } => self.refer_progress(leg, code),
            Command::RefuseRefer { leg, code } => self.refuse_refer(leg, code),
        }
    }

    fn on_timer(&mut self, owner: Owner, timer: Timer) {
        match owner {
            Owner::Server(id) => self.servers.on_timer(&mut self.cx, id, timer),
            Owner::Client(id) => {
                if let Some(unanswered) = self.clients.on_timer(&mut self.cx, id, timer) {
                    let (silent, purpose) = (unanswered.silent, unanswered.purpose);
                    self.unanswered(unanswered, 408);
                    self.doubt(silent, purpose);
                }
            }
            Owner::Leg(leg) => match timer {
                Timer::SendAccept => self.send_accept_again(leg),
                Timer::AwaitAck => self.never_acknowledged(leg),
                Timer::C => self.no_answer(leg),
                Timer::Glare => self.glare_over(leg),
                Timer::Refer => self.refer_expired(leg),
                Timer::Refresh => self.refresh(leg),
                Timer::SessionExpires => self.lose(leg),
                Timer::SendReliable => self.send_reliable_again(leg),
                Timer::AwaitPrack => self.never_pracked(leg),
                Timer::Patience => self.out_of_patience(leg),
                Timer::Late => self.never_answered(leg),
                _ => {}
            },
            Owner::Recorder => self.cx.give_away(),
            Owner::Door => self.report(),
            Owner::Subscription(id) if timer == Timer::TellAgain => self.tell_again(id),
            Owner::Subscription(id) => self.subscription_expired(id),
            Owner::Trunk(id) => match timer {
                Timer::Register => self.register_at_trunk(TrunkId(id)),
                Timer::Silence => self.registrar_silent(TrunkId(id)),
                Timer::KeepAlive => self.keep_alive(TrunkId(id)),
                _ => {}
            },
            Owner::Stream(number) => {
                if let Some(flow) = self.streams.flow(number) {
                    self.close(flow);
                }
            }
        }
    }

    /// A client transaction ended without a final response: by its timer (408), or with its connection (503).
    fn unanswered(&mut self, Unanswered { client, purpose, .. }: Unanswered, code: u16) {
        match purpose {
            Purpose::Invite(leg) => self.invite_unanswered(leg, code),
            // The peer may come back by another connection before the session is over.
            Purpose::Update(leg) if self.is_cut_off(leg, code) || self.carries_help(leg) => self.refresh_again(leg),
            Purpose::Reinvite(leg) if self.is_cut_off(leg, code) => self.change_broke(leg, client, false, 503),
            Purpose::Reinvite(leg) if self.is_spare(leg, client) => self.change_broke(leg, client, false, code),
            Purpose::Reinvite(leg) | Purpose::Update(leg) => self.lose(leg),
            Purpose::Offer(leg) => self.early_offer_refused(leg, client, code),
            Purpose::Bye(leg) => self.forget(leg),
            Purpose::Notify(leg) => self.notified(leg, code),
            Purpose::Refer(leg) => self.refer_answered(leg, code),
            Purpose::Subscription(id) => self.subscriber_said(id, code),
            Purpose::Sent(id) => self.cx.tell(Event::Sent { id, code }),
            Purpose::Register(trunk) => self.register_unanswered(trunk, TrunkTrouble::NoAnswer),
            Purpose::Mirror(number) => self.mirror_silent(number),
            Purpose::Prack(_) | Purpose::Nobody => {}
        }
    }

    /// Silence is no sign that it is over.
    fn carries_help(&self, leg: LegId) -> bool {
        self.legs.get(leg).is_some_and(|found| found.helps)
    }

    /// The peer is gone: tells the user, unless that has gone before, and says BYE in case the peer is not.
    fn lose(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        let told = matches!(found.phase, Phase::Ending | Phase::Accepted { bye: true } | Phase::Cancelling { .. });
        if !told {
            self.cx.tell(Event::Ended { leg, reason: EndReason::Lost });
        }
        if !matches!(found.phase, Phase::Ending) {
            self.send_bye(leg);
        }
    }

    /// Drops a leg and its timers. What the peer still waits for is answered.
    fn forget(&mut self, leg: LegId) {
        self.drop_asked(leg, 487);
        self.decline_offer(leg);
        self.end_refer(leg);
        let gone = self.legs.remove(leg);
        self.carried.forget(leg);
        self.cx.recorder.ended(leg);
        if let Some(Change::Sent { client, .. }) = gone.map(|l| l.change) {
            self.clients.abandon(&mut self.cx, client);
        }
        self.cx.timers.clear(Owner::Leg(leg), &LEG_TIMERS);
    }

    /// A branch that was never used (RFC 3261 section 8.1.1.7).
    fn branch(&mut self) -> String {
        format!("z9hG4bK{}", self.random.hex(12))
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Endpoint({:?})", self.usage())
    }
}
