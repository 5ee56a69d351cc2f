//! The two relays that are compared, behind one face.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use media::io::{Config, Events, Handle};
use media::sdp::{Codec, OpusWishes};
use media::{Command, Event, Ports, RoomId, SessionId, Voice};
use model::time::Clock;

use super::forwarder;
use crate::cpu::ThreadCpu;

/// Which one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Forwarder,
    Media,
    /// The media thread, where one of each pair speaks G.711 and the other G.722.
    Translated,
    /// The media thread with all phones in one room, every second one in G.722.
    Room,
}

impl Kind {
    /// What a phone speaks, where that matters.
    pub(super) fn voice(self, phone: usize) -> Option<Voice> {
        let (codec, payload_type) = if phone.is_multiple_of(2) { (Codec::Pcmu, 0) } else { (Codec::G722, 9) };
        match self {
            Self::Forwarder | Self::Media => None,
            Self::Translated | Self::Room => {
                Some(Voice { codec, payload_type, ptime: 20, comfort_noise: false, opus: OpusWishes::default() })
            }
        }
    }
}

/// A relay at work; it ends when this is dropped.
pub(super) struct Relay {
    /// Where each phone sends to. Phones 0 and 1 talk to each other, 2 and 3, and so on.
    pub(super) addresses: Vec<SocketAddr>,
    /// Its thread.
    pub(super) cpu: ThreadCpu,
    _end: End,
}

#[allow(dead_code, reason = "held for their drop, which ends the thread")]
enum End {
    Forwarder(forwarder::Stop),
    Media(Handle, Events),
}

/// Starts a relay for these phones.
pub(super) fn start(kind: Kind, clock: Clock, phones: &[SocketAddr]) -> io::Result<Relay> {
    match kind {
        Kind::Forwarder => {
            let (addresses, stop) = forwarder::start(phones)?;
            Ok(Relay { addresses, cpu: ThreadCpu::named(forwarder::NAME)?, _end: End::Forwarder(stop) })
        }
        Kind::Media | Kind::Translated | Kind::Room => {
            let (handle, mut events) = media::io::spawn(Config::default(), clock)?;
            let addresses = open(kind, clock, &handle, &mut events, phones)?;
            Ok(Relay { addresses, cpu: ThreadCpu::named("media")?, _end: End::Media(handle, events) })
        }
    }
}

/// Opens a session per phone, and bridges the pairs or puts all into one room.
fn open(
    kind: Kind,
    clock: Clock,
    handle: &Handle,
    events: &mut Events,
    phones: &[SocketAddr],
) -> io::Result<Vec<SocketAddr>> {
    let mut ports = Ports::new(20_000..=31_998);
    let mut addresses = Vec::new();
    for (number, phone) in (0u64..).zip(phones) {
        let session = SessionId(number);
        let port = loop {
            let port = ports.take(clock.now()).ok_or_else(|| io::Error::other("no port is free"))?;
            order(handle, Command::Open { session, port })?;
            if !failed(handle, events, session)? {
                break port;
            }
        };
        order(handle, Command::Remote { session, addr: Some(*phone) })?;
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
    order(handle, Command::Open { session: LAST, port: 0 })?;
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
