//! One session: whom it listens to, what it counts, what becomes of its packets.

use std::net::SocketAddr;
use std::time::Duration;

use model::call::LegQuality;
use model::{Instant, Now};

use super::path::Path;
use super::reports::Reporter;
use crate::api::SessionId;
use crate::dtmf::Dtmf;
use crate::family::Each;
use crate::latch::{Latch, Mark, Standing};
use crate::rtp::{self, Rtp};
use crate::sdp::Codec;
use crate::sound::RoomId;
use crate::srtp::{Guard, Keys, OVERHEAD};
use crate::stats::Stats;
use crate::stats::sent::{Last, Sent};

use super::speech::Speech;
use super::user::Tap;

/// Datagrams a second that one session may send us. G.711 in frames of 10 ms with its events is below 200; a flood above this
/// costs us a look and costs the other end nothing.
const MAX_RATE: u16 = 500;

/// Packets in a row that do not open before the user is told: half a second of sound, so that the late packets of an old key, after a
/// change of keys, say nothing.
const WRONG_KEY: u32 = 25;

/// Packets a second of addresses that might be the phone behind its NAT, tried with the key before one is believed.
const MAX_POSSIBLE: u16 = 100;

/// How long nothing may go to an end whose packets are sealed before what comes next is told as a stream of ours. Which round of the
/// numbers a packet is of (RFC 3711 section 3.3.1) is guessed from those before, and is guessed wrong once half of them, eleven minutes of
/// sound, went by unseen.
const LEFT_ALONE: Duration = Duration::from_secs(60);

/// What becomes of a session's packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Counted and dropped.
    Idle,
    /// Sent back.
    Echo,
    /// Sent on to that session's remote.
    Bridge(SessionId),
    /// Heard by all others in the room.
    Room(RoomId),
    /// Given to the user.
    Raw,
    /// What it carries is given to the user.
    Tapped,
}

/// The stream that a tapped session says.
#[derive(Debug)]
pub(super) struct Saying {
    pub(super) payload_type: u8,
    pub(super) ssrc: u32,
    sequence: u16,
    timestamp: u32,
}

impl Saying {
    /// A stream that begins. Its numbers begin where its source does, which is as good as anywhere.
    pub(super) const fn new(payload_type: u8, ssrc: u32) -> Self {
        Self { payload_type, ssrc, sequence: (ssrc >> 16) as u16, timestamp: ssrc.rotate_left(7) }
    }

    /// Its next packet, with room for a seal.
    pub(super) fn packet(&mut self, payload: &[u8]) -> Vec<u8> {
        let header = rtp::header(self.payload_type, self.sequence, self.timestamp, self.ssrc);
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(payload.len() as u32);
        let mut packet = Vec::with_capacity(header.len() + payload.len() + OVERHEAD);
        packet.extend_from_slice(&header);
        packet.extend_from_slice(payload);
        packet.resize(packet.len() + OVERHEAD, 0);
        packet
    }
}

/// A session. Its remote and its silence are in force from the `Remote` command on.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) port: u16,
    /// Where it listens.
    pub(super) listens: Each<()>,
    pub(super) mode: Mode,
    pub(super) latch: Latch,
    pub(super) stats: Stats,
    pub(super) sent: Sent,
    /// What it reports to its other end, and that to it, since a way for that was agreed on.
    pub(super) reporter: Option<Box<Reporter>>,
    pub(super) telephone_event: Option<u8>,
    /// Tapped: what the user says.
    pub(super) saying: Option<Saying>,
    /// Raw or tapped: what waits. Few sessions ever are.
    pub(super) tap: Option<Box<Tap>>,
    /// The last packet, or whatever else began a new wait for one.
    pub(super) quiet_since: Instant,
    pub(super) reported_silent: bool,
    /// What is heard and said of it here.
    pub(super) speech: Speech,
    dtmf: Dtmf,
    /// Something has come.
    pub(super) heard: bool,
    second: u64,
    in_second: u32,
    /// How it comes to its keys, if not by its description.
    pub(super) path: Option<Box<Path>>,
    /// Its keys come in that way, and without them nothing comes or goes.
    keyed: bool,
    guard: Option<Box<Guard>>,
    /// Some of its sound may have gone in the clear.
    clear: bool,
    /// Packets in a row that did not open.
    unopened: u32,
    tried: Tried,
}

/// Packets that were tried to open in this second, so that a flood of forged ones costs no more than a call; and those, in all, that did not.
#[derive(Debug, Default)]
struct Tried {
    second: u64,
    known: u16,
    possible: u16,
    in_vain: u32,
}

/// What became of a packet that may be sealed.
pub(super) enum Opened {
    /// It is plain now, and so long.
    Length(usize),
    /// It is not for us. `tell`: nothing opens any more, and the user was not told yet.
    Dropped { tell: bool },
}

/// What a packet told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// It is the session's first.
    pub(super) first: bool,
    /// It ends a silence that was reported.
    pub(super) returned: bool,
    /// A new press of a key.
    pub(super) digit: Option<char>,
    /// It is a telephone event.
    pub(super) telephone_event: bool,
    /// Its payload type.
    pub(super) payload_type: u8,
    /// Bytes of what it carries.
    pub(super) octets: usize,
}

impl Session {
    pub(super) fn new(port: u16) -> Self {
        Self {
            port,
            listens: Each::default(),
            mode: Mode::Idle,
            latch: Latch::default(),
            stats: Stats::default(),
            sent: Sent::default(),
            reporter: None,
            telephone_event: None,
            saying: None,
            tap: None,
            quiet_since: Instant::ZERO,
            reported_silent: false,
            speech: Speech::default(),
            dtmf: Dtmf::default(),
            heard: false,
            second: 0,
            in_second: 0,
            path: None,
            keyed: false,
            guard: None,
            clear: false,
            unopened: 0,
            tried: Tried::default(),
        }
    }

    pub(super) fn secure(&mut self, keys: Option<Keys>) {
        self.unopened = 0;
        // What was said before there were keys, or will be after them, is not encrypted.
        self.clear |= keys.is_none() || self.guard.is_none() && self.stats.any();
        self.guard = match (self.guard.take(), keys) {
            (Some(mut guard), Some(keys)) => {
                guard.rekey(keys);
                Some(guard)
            }
            (None, Some(keys)) => Some(Box::new(Guard::new(keys))),
            (_, None) => None,
        };
    }

    /// Keys are agreed on in this way from now on, anew; or (`keyed` is false) in no such way.
    pub(super) fn take_path(&mut self, path: Option<Path>, keyed: bool) {
        self.secure(None);
        self.clear = self.stats.any();
        (self.path, self.keyed) = (path.map(Box::new), keyed);
    }

    pub(super) fn path_deadline(&self) -> Option<Instant> {
        self.path.as_ref()?.deadline()
    }

    /// There will be keys, and there are none yet.
    pub(super) const fn waits_for_keys(&self) -> bool {
        self.keyed && self.guard.is_none()
    }

    /// Opens a sealed packet, before anything in it is believed.
    pub(super) fn open(&mut self, now: Now, from: SocketAddr, buffer: &mut [u8], length: usize) -> Opened {
        if self.waits_for_keys() && self.mode != Mode::Raw {
            return Opened::Dropped { tell: false };
        }
        let Some(guard) = self.guard.as_mut().filter(|_| self.mode != Mode::Raw) else {
            return Opened::Length(length.min(buffer.len()));
        };
        let second = now.instant.nanos() / 1_000_000_000;
        if self.tried.second != second {
            self.tried = Tried { second, in_vain: self.tried.in_vain, ..Tried::default() };
        }
        let (tried, most) = match self.latch.standing(now.instant, from) {
            Standing::Known => (&mut self.tried.known, MAX_RATE),
            Standing::Possible => (&mut self.tried.possible, MAX_POSSIBLE),
            Standing::Stranger => return Opened::Dropped { tell: false },
        };
        if *tried >= most {
            return Opened::Dropped { tell: false };
        }
        *tried += 1;
        match guard.open(buffer, length) {
            Some(length) => {
                self.unopened = 0;
                self.lives(now);
                Opened::Length(length)
            }
            None => {
                self.unopened = self.unopened.saturating_add(1);
                self.tried.in_vain = self.tried.in_vain.saturating_add(1);
                Opened::Dropped { tell: self.unopened == WRONG_KEY }
            }
        }
    }

    /// Something opened with the key of its other end.
    pub(super) fn lives(&mut self, now: Now) {
        if let Some(path) = &mut self.path {
            path.lives(now);
        }
    }

    /// Seals a packet for this end, if its packets are sealed.
    pub(super) fn seal(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        match &mut self.guard {
            Some(guard) => guard.seal(buffer, length),
            None if self.keyed => None,
            None => Some(length),
        }
    }

    /// Nothing went to its sealed end for so long that the numbers of who speaks to it may have gone round meanwhile.
    pub(super) fn was_left_alone(&self, now: Now) -> bool {
        self.guard.is_some() && self.sent.at().is_some_and(|at| now.instant.saturating_since(at) > LEFT_ALONE)
    }

    /// Whoever speaks to its sealed end begins their numbers anew, lower, in the same stream. Sealed under numbers that were used, nothing would
    /// come out: what follows is a stream of ours.
    pub(super) fn goes_back(&self, data: &[u8]) -> bool {
        self.guard.is_some() && self.sent.is_far_before(data)
    }

    /// Whoever speaks to its sealed end has begun so many streams that what follows is to be one of ours.
    pub(super) fn has_no_place_for(&self, data: &[u8]) -> bool {
        self.guard.as_ref().is_some_and(|guard| guard.is_full_for(data))
    }

    /// Somebody else than before speaks to its end: the stream that went there goes on.
    pub(super) fn meets_another(&mut self) {
        if let Some(last) = self.said_by_others() {
            self.speech.goes_on(last);
        }
    }

    /// Where the stream is that went to its end. Its own words that came back to it are none.
    pub(super) fn said_by_others(&self) -> Option<Last> {
        self.sent.last().filter(|last| self.stats.ssrc() != Some(last.ssrc))
    }

    /// Opens a report as packets are opened; one that is not sealed is nothing where they are.
    pub(super) fn open_report(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        match &mut self.guard {
            Some(guard) => guard.open_report(data),
            None if self.keyed => None,
            None => Some(data.to_vec()),
        }
    }

    /// Seals a report, if packets are sealed.
    pub(super) fn seal_report(&mut self, plain: Vec<u8>) -> Option<Vec<u8>> {
        match &mut self.guard {
            Some(guard) => guard.seal_report(&plain),
            None if self.keyed => None,
            None => Some(plain),
        }
    }

    /// A packet went to it, which begins with this header and carries so many bytes.
    pub(super) fn count_sent(&mut self, now: Now, header: &[u8], octets: usize, audio: bool) {
        let payload_type = header.get(1).map_or(0, |second| second & 0x7f);
        let clock = audio.then(|| self.clock_of(payload_type));
        self.stats.sent();
        self.sent.packet(now.instant, header, octets, clock);
    }

    /// Ticks a second of the timestamps of sound under this number.
    fn clock_of(&self, payload_type: u8) -> u32 {
        self.speech.voice.map_or(Codec::Pcmu.clock(), |voice| voice.clock_of(payload_type))
    }

    /// What a payload type stands for, as far as was agreed.
    pub(super) fn codec_of(&self, payload_type: u8) -> Option<Codec> {
        self.speech.voice.map_or(Codec::fixed(payload_type), |voice| voice.codec_of(payload_type))
    }

    /// What was counted of its media.
    pub(super) fn counted(&self) -> LegQuality {
        let guard = self.guard.as_ref().filter(|_| !self.clear);
        let cipher = guard.map(|g| g.suite().cipher());
        LegQuality { cipher, unopened: self.tried.in_vain.into(), ..self.stats.quality() }
    }

    /// Takes a datagram in, or refuses it.
    pub(super) fn hear(&mut self, now: Now, from: SocketAddr, data: &[u8]) -> Option<Heard> {
        let mut digit = None;
        let mut telephone_event = false;
        let (mut payload_type, mut octets) = (0, 0);
        if self.mode == Mode::Raw {
            // UDPTL begins with its sequence number (T.38 section 9.1).
            let sequence = u16::from_be_bytes(*data.first_chunk()?);
            self.believe(now, from, Mark { ssrc: 0, sequence })?;
            self.stats.received_raw();
        } else {
            let rtp = Rtp::parse(data)?;
            self.believe(now, from, Mark { ssrc: rtp.ssrc, sequence: rtp.sequence })?;
            payload_type = rtp.payload_type;
            telephone_event = self.telephone_event == Some(payload_type);
            let clock = (!telephone_event).then(|| self.clock_of(payload_type));
            self.stats.received(now.instant, &rtp, clock);
            let payload = data.get(rtp.start..rtp.end)?;
            octets = payload.len();
            if telephone_event {
                digit = self.dtmf.packet(&rtp, payload);
                if let Some(ear) = &mut self.speech.ear {
                    ear.pass(&rtp);
                }
            } else if let Some(ear) = &mut self.speech.ear {
                ear.put(now.instant, &rtp, payload);
            } else if let Some(ear) = &mut self.speech.fax_ear {
                ear.put(&rtp, payload);
            }
        }
        self.quiet_since = now.instant;
        let first = !std::mem::replace(&mut self.heard, true);
        let returned = std::mem::replace(&mut self.reported_silent, false);
        Some(Heard { first, returned, digit, telephone_event, payload_type, octets })
    }

    /// When it becomes silent if nothing comes; `None` if nothing is expected or it was said.
    pub(super) fn silent_at(&self, silence: Duration) -> Option<Instant> {
        let expected = self.mode != Mode::Raw && self.latch.target().is_some() && !self.reported_silent;
        expected.then(|| self.quiet_since + silence)
    }

    /// From whom we want to hear, and within its rate.
    fn believe(&mut self, now: Now, from: SocketAddr, mark: Mark) -> Option<()> {
        let opened = self.guard.is_some() && self.mode != Mode::Raw;
        if !self.latch.admit(now.instant, from, mark, opened) {
            return None;
        }
        let second = now.instant.nanos() / 1_000_000_000;
        if second != self.second {
            (self.second, self.in_second) = (second, 0);
        }
        self.in_second += 1;
        (self.in_second <= MAX_RATE.into()).then_some(())
    }
}
