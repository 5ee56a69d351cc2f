//! The core: sessions, their modes, and the way of a packet.
//!
//! [`Engine::forward`] is the fast path: it looks at a packet in place and says where it goes; nothing is copied or allocated.
//! `handle_input(Packet)` is the same for callers without a socket, at the price of a copy.
//!
//! A packet is dropped, without a word, if it is no RTP, comes from a stranger (see `latch`), or exceeds the session's rate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use model::{Instant, Now};

use self::path::{Aside, Path, is_aside};
use self::session::{Heard, Mode, Opened, Saying, Session};
use crate::api::{Command, Event, Input, Output, SessionId};
use crate::dtls::{Identity, Terms};
use crate::family::{Family, Home};
use crate::rtcp;
use crate::rtp;
use crate::sound::RoomId;
use crate::srtp::OVERHEAD;
use crate::voice::room::Room;
use model::table::ByNumber;

mod keys;
mod path;
mod reports;
mod session;
mod speech;
#[cfg(test)]
mod tests;
mod user;

/// Outputs that wait for `poll_output`. A shell polls after each input, so only a shell that forgets reaches this; then datagrams
/// are dropped, as a full socket would, and events are kept (a session has few).
const MAX_PENDING: usize = 1024;
/// Timers of all sessions are looked at together, and no more often than this: a thousand sessions are 10,000 looks a second.
const SCAN_INTERVAL: Duration = Duration::from_millis(100);

/// What an engine is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// After how long without a packet an end counts as silent. A phone that mutes still sends, or sends comfort noise.
    pub silence: Duration,
    /// How many sessions there may be; one more is answered with `BindFailed`. Two per call.
    pub max_sessions: usize,
    /// Who we are to DTLS; without it a `Handshake` comes to nothing.
    pub identity: Option<Arc<Identity>>,
}

impl Default for Config {
    /// 20 s of silence (a phone that lost its network is noticed before its user dials again), 2000 sessions.
    fn default() -> Self {
        Self { silence: Duration::from_secs(20), max_sessions: 2000, identity: None }
    }
}

/// What [`Engine::forward`] wants sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// From this session's port, in the family of the address: from the one that is preferred there.
    pub session: SessionId,
    /// To there.
    pub to: SocketAddr,
    /// So many bytes of the buffer.
    pub length: usize,
}

/// All sessions of one media thread.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    sessions: ByNumber<SessionId, Session>,
    pending: VecDeque<Output>,
    /// When the next session could become silent. Never later than true, often earlier: packets don't move it.
    wake: Instant,
    rooms: BTreeMap<RoomId, Room>,
    /// Who is decoded, played to, or in a room.
    speaking: BTreeSet<SessionId>,
    steps: speech::Steps,
    reports_due: reports::Due,
    /// Where the sound of tapped sessions is put.
    block: BytesMut,
    /// Tapped sessions of which something waits, by when it is due.
    taps_due: reports::Due,
}

impl Engine {
    /// An engine without sessions.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            sessions: ByNumber::default(),
            pending: VecDeque::new(),
            wake: Instant::FAR_FUTURE,
            rooms: BTreeMap::new(),
            speaking: BTreeSet::new(),
            steps: speech::Steps::default(),
            reports_due: reports::Due::new(),
            block: BytesMut::new(),
            taps_due: reports::Due::new(),
        }
    }

    /// One step. What follows from it is polled with [`Engine::poll_output`].
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        match input {
            Input::Packet { session, from, data } => self.packet(now, session, from, data),
            Input::Report { session, from, data } => self.reported(now, session, from, data, true),
            Input::Command(command) => self.command(now, command),
            Input::BindFailed { session } => {
                if let Some(gone) = self.remove(now, session) {
                    self.event(Event::BindFailed { session, port: gone.port });
                }
            }
            Input::Timeout => {
                self.step(now);
                self.timeout(now);
                self.report(now);
                self.tap(now);
            }
        }
    }

    /// What to do next; `Timeout` when there is nothing more.
    pub fn poll_output(&mut self) -> Output {
        self.pending.pop_front().unwrap_or_else(|| {
            let first = |due: &reports::Due| due.first().map_or(Instant::FAR_FUTURE, |(at, _)| *at);
            let (report, tap) = (first(&self.reports_due), first(&self.taps_due));
            Output::Timeout(self.wake.min(self.steps.due()).min(report).min(tap))
        })
    }

    /// The fast path: takes a datagram that arrived at `session`, in the first `length` bytes of `buffer`, and says from which session's
    /// port, to where and how much of the buffer must be sent. What is sealed needs [`OVERHEAD`] more bytes in the buffer. Events are polled
    /// as ever.
    pub fn forward(
        &mut self,
        now: Now,
        session: SessionId,
        from: SocketAddr,
        buffer: &mut [u8],
        length: usize,
    ) -> Option<Forward> {
        let silence = self.config.silence;
        let leg = self.sessions.get_mut(&session)?;
        if leg.path.is_some() && buffer.first().is_some_and(|first| is_aside(*first)) {
            let aside = leg.aside(now, from, buffer.get(..length)?);
            self.settle(session, aside);
            return None;
        }
        if leg.reporter.is_some() && rtcp::is_report(buffer) {
            self.reported(now, session, from, buffer.get(..length)?, false);
            return None;
        }
        let length = match leg.open(now, from, buffer, length) {
            Opened::Length(length) => length,
            Opened::Dropped { tell: false } => return None,
            Opened::Dropped { tell: true } => {
                self.event(Event::WrongKey { session });
                return None;
            }
        };
        let data = buffer.get_mut(..length)?;
        let heard = leg.hear(now, from, data)?;
        let Heard { first, returned, digit, telephone_event, payload_type, octets } = heard;
        let mode = leg.mode;
        let voice = leg.speech.voice;
        let is_sifted = leg.speech.key_ear.is_some() && !telephone_event;
        if first {
            self.event(Event::FirstPacket { session });
            self.refresh(now, session);
        }
        if returned {
            self.wake = self.wake.min(now.instant + silence);
        }
        if let Some(digit) = digit {
            self.event(Event::Dtmf { session, digit });
        }
        let out = match mode {
            Mode::Idle | Mode::Room(_) => return None,
            Mode::Raw => {
                if self.pending.len() < MAX_PENDING {
                    self.came_raw(now, session, data);
                }
                return None;
            }
            Mode::Tapped => {
                if !telephone_event && self.pending.len() < MAX_PENDING {
                    self.tapped(now, session, data);
                }
                return None;
            }
            Mode::Echo => session,
            Mode::Bridge(peer) => peer,
        };
        if is_sifted {
            self.sift(now, session, out, data);
        }
        let to = self.sessions.get_mut(&out)?;
        if telephone_event && to.telephone_event.is_none() && to.speech.voice.is_some() {
            // That end knows no telephone events. It hears the key instead.
            if let Some(digit) = digit {
                self.press(now, out, digit);
            }
            return None;
        }
        let addr = to.latch.target()?;
        if !telephone_event
            && out != session
            && let Some(codec) = voice.and_then(|voice| voice.codec_of(payload_type))
            && to.speech.cannot_take(codec)
        {
            self.said_what_is_foreign(now, session, out);
            return None;
        }
        if telephone_event && let Some(theirs) = to.telephone_event {
            rtp::set_payload_type(data, theirs);
        } else if let (Some(from), Some(into)) = (voice, to.speech.voice)
            && from.codec == into.codec
            && from.payload_type == payload_type
        {
            rtp::set_payload_type(data, into.payload_type);
        }
        if to.was_left_alone(now) || to.goes_back(data) || to.has_no_place_for(data) {
            to.speech.begin(now, out);
        }
        if !to.speech.passes(now.instant, data, telephone_event) {
            return None;
        }
        let length = to.seal(buffer, length)?;
        to.count_sent(now, buffer, octets, !telephone_event);
        Some(Forward { session: out, to: addr, length })
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn packet(&mut self, now: Now, session: SessionId, from: SocketAddr, data: &[u8]) {
        let mut copy = data.to_vec();
        copy.resize(data.len() + OVERHEAD, 0);
        if let Some(Forward { session, to, length }) = self.forward(now, session, from, &mut copy, data.len()) {
            copy.truncate(length);
            self.transmit(session, to, copy.into());
        }
    }

    fn command(&mut self, now: Now, command: Command) {
        match command {
            Command::Open { session, port, home } => self.open(session, port, home),
            Command::Listen { session, home } => self.listen(session, home),
            Command::Remote { session, addr } => self.remote(now, session, addr),
            Command::Group { session, group } => {
                if !group.ip().is_multicast() {
                    return;
                }
                self.listen_in(session, Family::of(group.ip()));
                if let Some(leg) = self.sessions.get_mut(&session) {
                    // Settled: nobody else is believed. That nobody answers is no silence to speak of.
                    leg.latch.nominate(group);
                    leg.reported_silent = true;
                    let homes = leg.listens.homes().filter(|home| home.family == Family::of(group.ip()));
                    self.pending.extend(homes.map(|home| Output::ToGroup { session, home }));
                }
            }
            Command::TelephoneEvent { session, payload_type } => {
                if let Some(leg) = self.sessions.get_mut(&session) {
                    leg.telephone_event = payload_type.filter(|p| *p < 128);
                }
                self.refresh(now, session);
                // Whose keys it is told, or not any more.
                self.partner(session).into_iter().for_each(|partner| self.refresh(now, partner));
            }
            Command::Secure { session, keys } => {
                if let Some(leg) = self.sessions.get_mut(&session) {
                    leg.secure(keys.map(|k| *k));
                }
            }
            Command::Handshake { session, terms } => self.handshake(now, session, terms.map(|t| *t)),
            Command::Voice { session, voice } => self.voice(now, session, voice),
            Command::Room { session, room } => self.enter(now, session, room),
            Command::Mute { session, muted } => self.mute(session, muted),
            Command::Play { session, play, sound } => self.play(now, session, play, &sound),
            Command::Stop { session } => self.stop(now, session),
            Command::Press { session, digit } => self.press(now, session, digit),
            Command::Record { session, record, limits } => self.record(now, session, record, limits),
            Command::StopRecord { session } => self.stop_record(now, session),
            Command::RecordRoom { room, record, limits } => self.record_room(room, record, limits),
            Command::StopRecordRoom { room } => self.stop_record_room(room),
            Command::Bridge { a, b } => self.bridge(now, a, b),
            Command::Echo { session } => self.set_mode(now, session, Mode::Echo),
            Command::Dismiss { session } => {
                self.sessions.get_mut(&session).into_iter().for_each(|leg| leg.latch.dismiss());
            }
            Command::Idle { session } => self.set_mode(now, session, Mode::Idle),
            Command::Raw { session } => self.set_mode(now, session, Mode::Raw),
            Command::SendRaw { session, data, due } => self.send_raw(now, session, data, due),
            Command::Tap { session, payload_type, ssrc } => {
                self.set_mode(now, session, Mode::Tapped);
                self.untap(session);
                if let Some(leg) = self.sessions.get_mut(&session) {
                    leg.saying = Some(Saying::new(payload_type, ssrc));
                }
            }
            Command::SendTapped { session, said } => self.send_tapped(now, session, said),
            Command::Gather { session, until } => self.gather(now, session, until),
            Command::Reports { session, way } => self.reports(now, session, way),
            Command::Close { session } => {
                if let Some(mut gone) = self.remove(now, session) {
                    self.goodbye(now, session, &mut gone);
                    self.pending.push_back(Output::Unbind { session });
                    let quality = gone.quality();
                    self.end_record(gone.speech.record);
                    self.event(Event::Closed { session, quality });
                }
            }
        }
    }

    fn open(&mut self, session: SessionId, port: u16, home: Home) {
        // A number that is in use would give two sessions one name: the first keeps it, and the answer may only be about the second
        // if the user broke its promise. Saying nothing is the one answer that can't end the wrong call.
        if self.sessions.contains_key(&session) {
            return;
        }
        if self.sessions.len() >= self.config.max_sessions || port == 0 {
            return self.event(Event::BindFailed { session, port });
        }
        self.sessions.insert(session, Session::new(port));
        self.listen(session, home);
    }

    /// Listens in this family, if it does not yet.
    fn listen_in(&mut self, session: SessionId, family: Family) {
        if self.sessions.get(&session).is_some_and(|leg| leg.listens.of(family).is_none()) {
            self.listen(session, family.into());
        }
    }

    /// Listens there, if it does not yet, and sends from there.
    fn listen(&mut self, session: SessionId, home: Home) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        if leg.listens.at(home).is_none() {
            leg.listens.put(home, ());
            self.pending.push_back(Output::Bind { session, port: leg.port, home });
            self.listen_for_reports(session);
        } else if leg.listens.prefer(home) {
            self.pending.push_back(Output::Prefer { session, home });
        }
    }

    fn remote(&mut self, now: Now, session: SessionId, addr: Option<SocketAddr>) {
        if let Some(addr) = addr.filter(sendable) {
            self.listen_in(session, Family::of(addr.ip()));
        }
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        // Where checks choose the path, a description only says whether anything is to be sent.
        if leg.path.as_ref().is_some_and(|path| path.checks()) {
            leg.latch.hold(addr.is_none());
        } else {
            leg.latch.signal(addr.filter(sendable));
        }
        leg.quiet_since = now.instant;
        leg.reported_silent = false;
        self.wake = self.wake.min(now.instant + self.config.silence);
        let mut aside = Aside::default();
        leg.pump(&mut aside);
        self.settle(session, aside);
    }

    /// Begins a handshake, or goes on with the one that there is.
    fn handshake(&mut self, now: Now, session: SessionId, terms: Option<Terms>) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        let Some(terms) = terms else { return leg.take_path(None, false) };
        if leg.path.as_mut().is_some_and(|path| path.renew(&terms)) {
            return;
        }
        let path = self.config.identity.as_ref().and_then(|identity| Path::new(now, identity, terms));
        let mut aside = Aside::default();
        if path.is_none() {
            aside.keys = Some(Err(()));
        }
        leg.take_path(path, true);
        leg.pump(&mut aside);
        self.settle(session, aside);
    }

    /// Sends what a check or a handshake has to say, and tells what it came to.
    fn settle(&mut self, session: SessionId, aside: Aside) {
        for (to, data) in aside.replies {
            self.transmit(session, to, data);
        }
        match aside.keys {
            Some(Ok(suite)) => self.event(Event::Secured { session, suite }),
            Some(Err(())) => self.event(Event::NotSecured { session }),
            None => {}
        }
        if aside.gone {
            self.event(Event::Gone { session });
        }
        if let Some(at) = self.sessions.get(&session).and_then(Session::path_deadline) {
            self.wake = self.wake.min(at);
        }
    }

    fn bridge(&mut self, now: Now, a: SessionId, b: SessionId) {
        for (one, other) in [(a, b), (b, a)] {
            if let Some(leg) = self.sessions.get_mut(&one).filter(|leg| leg.mode != Mode::Bridge(other)) {
                leg.meets_another();
                leg.speech.is_fax = false;
            }
        }
        self.set_mode(now, a, Mode::Idle);
        self.set_mode(now, b, Mode::Idle);
        if a != b && self.sessions.contains_key(&a) && self.sessions.contains_key(&b) {
            self.meets(now, a);
            self.meets(now, b);
            self.set_mode(now, a, Mode::Bridge(b));
            self.set_mode(now, b, Mode::Bridge(a));
            // Only now both are what they are to each other.
            self.refresh(now, a);
        }
    }

    /// Changes what becomes of a session's packets, and frees the one it was bridged to.
    fn set_mode(&mut self, now: Now, session: SessionId, mode: Mode) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        let was = std::mem::replace(&mut leg.mode, mode);
        if was == Mode::Raw && mode != Mode::Raw {
            // T.38 rests; what follows it must not be called silent for that.
            leg.quiet_since = now.instant;
            leg.reported_silent = false;
            self.wake = self.wake.min(now.instant + self.config.silence);
        }
        if was != mode {
            leg.speech.is_foreign = false;
            self.leave(now, session, was);
            self.refresh(now, session);
        }
    }

    fn leave(&mut self, now: Now, session: SessionId, was: Mode) {
        match was {
            Mode::Bridge(peer) => {
                if let Some(leg) = self.sessions.get_mut(&peer).filter(|leg| leg.mode == Mode::Bridge(session)) {
                    leg.mode = Mode::Idle;
                    self.refresh(now, peer);
                }
            }
            Mode::Room(room) => self.leave_room(session, room),
            Mode::Raw | Mode::Tapped => self.untap(session),
            Mode::Idle | Mode::Echo => {}
        }
    }

    fn remove(&mut self, now: Now, session: SessionId) -> Option<Session> {
        let gone = self.sessions.remove(&session)?;
        self.leave(now, session, gone.mode);
        self.forget_tap(session, gone.tap.as_deref());
        self.forget(session);
        self.forget_reports(session, &gone);
        Some(gone)
    }

    fn timeout(&mut self, now: Now) {
        if now.instant < self.wake {
            return;
        }
        let mut next = Instant::FAR_FUTURE;
        let (mut silent, mut asides) = (Vec::new(), Vec::new());
        for (id, leg) in &mut self.sessions {
            if leg.path_deadline().is_some_and(|at| at <= now.instant) {
                asides.push((*id, leg.path_timeout(now)));
            }
            next = next.min(leg.path_deadline().unwrap_or(Instant::FAR_FUTURE));
            let Some(deadline) = leg.silent_at(self.config.silence) else { continue };
            if deadline <= now.instant {
                leg.reported_silent = true;
                silent.push(*id);
            } else {
                next = next.min(deadline);
            }
        }
        self.wake = next.max(now.instant + SCAN_INTERVAL);
        if next == Instant::FAR_FUTURE {
            self.wake = next;
        }
        // In the order of their numbers: the same run gives the same transcript.
        silent.sort_unstable();
        for session in silent {
            self.event(Event::Silent { session });
        }
        asides.sort_unstable_by_key(|(session, _)| *session);
        for (session, aside) in asides {
            self.settle(session, aside);
        }
    }

    fn event(&mut self, event: Event) {
        self.pending.push_back(Output::Event(event));
    }

    fn transmit(&mut self, session: SessionId, to: SocketAddr, data: Bytes) {
        if self.pending.len() < MAX_PENDING {
            self.pending.push_back(Output::Transmit { session, to, data });
        }
    }
}

/// Addresses that no media can be sent to: what a broken or hostile SDP names. To those we keep quiet, as on hold.
fn sendable(addr: &SocketAddr) -> bool {
    let ip = addr.ip();
    let broadcast = matches!(ip, std::net::IpAddr::V4(v4) if v4.is_broadcast());
    addr.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}
