//! The relays that are compared, behind one face.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use media::io::{Config, Events, Handle};
use media::sdp::{Codec, OpusWishes};
use media::srtp::Suite;
use media::{Command, Event, Family, Ports, RoomId, SessionId, Voice};
use model::Random;
use model::time::Clock;

use super::pair::Pair;
use super::rtpengine::Rtpengine;
use super::seals::{self, Seals};
use super::{forwarder, pair, rtpengine};
use crate::cpu::{ThreadCpu, Used};

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Forwarder,
    /// The same between phones that seal and open, each with the keys of the other: what the phones' own ciphers cost.
    ForwarderSealed,
    /// The media thread.
    Media,
    /// The same, with keys of its own for each leg: every packet is opened and sealed.
    MediaSecure,
    Rtpengine,
    /// The same, with a suite of its own for each leg.
    RtpengineSecure,
    /// The same behind Kamailio, as carriers have it.
    Pair,
    PairSecure,
    /// The media thread, where one of each pair speaks G.711 and the other G.722.
    Translated,
    /// The media thread with all phones in one room, every second one in G.722.
    Room,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Forwarder => "forwarder",
            Self::ForwarderSealed => "forwarder, SRTP",
            Self::Media => "media",
            Self::MediaSecure => "media, SRTP",
            Self::Rtpengine => "rtpengine",
            Self::RtpengineSecure => "rtpengine, SRTP",
            Self::Pair => "the pair",
            Self::PairSecure => "the pair, SRTP",
            Self::Translated => "translated",
            Self::Room => "room",
        }
    }

    /// False, and said, if it is not on this machine.
    pub(super) fn is_here(self) -> bool {
        let (here, packages) = match self {
            Self::Rtpengine | Self::RtpengineSecure => (rtpengine::is_installed(), "rtpengine-daemon"),
            Self::Pair | Self::PairSecure => (pair::is_installed(), "kamailio rtpengine-daemon"),
            _ => (true, ""),
        };
        if !here {
            println!("{} is not here (apt-get install {packages}): its rows are missing", self.name());
        }
        here
    }

    /// What a phone speaks, where that matters.
    pub(super) fn voice(self, phone: usize) -> Option<Voice> {
        let (codec, payload_type) = if phone.is_multiple_of(2) { (Codec::Pcmu, 0) } else { (Codec::G722, 9) };
        match self {
            Self::Forwarder
            | Self::ForwarderSealed
            | Self::Media
            | Self::MediaSecure
            | Self::Rtpengine
            | Self::RtpengineSecure
            | Self::Pair
            | Self::PairSecure => None,
            Self::Translated | Self::Room => Some(Voice {
                codec,
                payload_type,
                takes: codec.into(),
                ptime: 20,
                comfort_noise: false,
                opus: OpusWishes::default(),
            }),
        }
    }
}

/// A relay at work; it ends when this is dropped.
pub(super) struct Relay {
    /// Where each phone sends to. Phones 0 and 1 talk to each other, 2 and 3, and so on.
    pub(super) addresses: Vec<SocketAddr>,
    work: Work,
}

enum Work {
    /// What forwards in this process; the second is held for its drop, which ends the thread.
    Thread(ThreadCpu, #[expect(dead_code, reason = "held for its drop")] End),
    Process(Rtpengine),
    Pair(Pair),
}

#[expect(dead_code, reason = "held for their drop, which ends the thread")]
enum End {
    Forwarder(forwarder::Stop),
    Media(Handle, Events),
}

impl Relay {
    /// The CPU time of whatever forwards, until now.
    pub(super) fn used(&self) -> io::Result<Used> {
        match &self.work {
            Work::Thread(thread, _) => Used::of_thread(thread),
            Work::Process(rtpengine) => Used::of(rtpengine.pid()),
            Work::Pair(pair) => pair.used(),
        }
    }
}

/// Starts a relay for these phones, and gives what they seal and open with.
pub(super) fn start(kind: Kind, clock: Clock, phones: &[SocketAddr]) -> io::Result<(Relay, Seals)> {
    let mut seals = Seals::default();
    let (addresses, work) = match kind {
        Kind::Forwarder | Kind::ForwarderSealed => {
            if kind == Kind::ForwarderSealed {
                seals::agree_in_pairs(&mut Random::from_u64(7), Suite::AesCm128HmacSha1_80, phones.len(), &mut seals)?;
            }
            let (addresses, stop) = forwarder::start(phones)?;
            (addresses, Work::Thread(ThreadCpu::named(forwarder::NAME)?, End::Forwarder(stop)))
        }
        Kind::Rtpengine | Kind::RtpengineSecure => {
            let mut rtpengine = Rtpengine::start()?;
            let secure = kind == Kind::RtpengineSecure;
            (rtpengine::calls(&mut rtpengine, phones, secure, &mut seals)?, Work::Process(rtpengine))
        }
        Kind::Pair | Kind::PairSecure => {
            let mut pair = Pair::start()?;
            (rtpengine::calls(&mut pair, phones, kind == Kind::PairSecure, &mut seals)?, Work::Pair(pair))
        }
        Kind::Media | Kind::MediaSecure | Kind::Translated | Kind::Room => {
            ThreadCpu::wait_until_none_is_named("media")?;
            let mut config = Config::default();
            // The one that asks whether orders are done needs one more.
            config.engine.max_sessions = config.engine.max_sessions.max(phones.len() + 1);
            let (handle, mut events) = media::io::spawn(config, clock)?;
            let addresses = open(kind, clock, &handle, &mut events, phones, &mut seals)?;
            (addresses, Work::Thread(ThreadCpu::named("media")?, End::Media(handle, events)))
        }
    };
    Ok((Relay { addresses, work }, seals))
}

/// Opens a session per phone, and bridges the pairs or puts all into one room.
fn open(
    kind: Kind,
    clock: Clock,
    handle: &Handle,
    events: &mut Events,
    phones: &[SocketAddr],
    seals: &mut Seals,
) -> io::Result<Vec<SocketAddr>> {
    let mut random = Random::from_u64(7);
    let mut ports = Ports::new(20_000..=31_998);
    let mut addresses = Vec::new();
    for (number, phone) in (0u64..).zip(phones) {
        let session = SessionId(number);
        let port = loop {
            let port = ports.take(clock.now()).ok_or_else(|| io::Error::other("no port is free"))?;
            order(handle, Command::Open { session, port, home: Family::V4.into() })?;
            if !failed(handle, events, session)? {
                break port;
            }
        };
        order(handle, Command::Remote { session, addr: Some(*phone) })?;
        if kind == Kind::MediaSecure {
            let keys = seals::agree(&mut random, Suite::AesCm128HmacSha1_80, seals)?;
            order(handle, Command::Secure { session, keys: Some(Box::new(keys)) })?;
        }
        if let Some(voice) = kind.voice(usize::try_from(number).unwrap_or_default()) {
            // Keys are agreed on, so that nobody listens for their tones.
            order(handle, Command::TelephoneEvent { session, payload_type: Some(101) })?;
            order(handle, Command::Voice { session, voice: Some(voice) })?;
        }
        if matches!(kind, Kind::Room) {
            order(handle, Command::Room { session, room: RoomId(1) })?;
        } else if number % 2 == 1 {
            order(handle, Command::Bridge { a: SessionId(number - 1), b: session })?;
        }
        addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    Ok(addresses)
}

/// Whether the session could not be bound. An order for port 0 is refused at once, and so tells when those before it are done.
fn failed(handle: &Handle, events: &mut Events, session: SessionId) -> io::Result<bool> {
    const LAST: SessionId = SessionId(u64::MAX - 1);
    order(handle, Command::Open { session: LAST, port: 0, home: Family::V4.into() })?;
    let mut failed = false;
    loop {
        match events.blocking_recv() {
            Some(Event::BindFailed { session: s, .. }) if s == LAST => return Ok(failed),
            Some(Event::BindFailed { session: s, .. }) if s == session => failed = true,
            Some(_) => {}
            None => return Err(io::Error::other("the media thread ended")),
        }
    }
}

fn order(handle: &Handle, command: Command) -> io::Result<()> {
    handle.try_send(command).map_err(|e| io::Error::other(format!("the media thread took no order: {e:?}")))
}
