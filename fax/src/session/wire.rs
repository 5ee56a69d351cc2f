//! Both directions of the wire, in either way that a fax travels.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use model::Instant;

use super::{COPY_SPACING, MAX_COPIES, MAX_WAITING, Params, Role, TICK};
use crate::audio::{Law, Playout};
use crate::line::Driver;
use crate::udptl::{Received, Receiver, Sender};
use crate::worker::proto::{FrontInput, Way};

/// How long sound may come after the call has changed to T.38: their end learns it by our answer, and sends until then.
const STRAY: Duration = Duration::from_secs(3);

/// What the wire is now.
#[derive(Debug)]
pub(super) enum Wire {
    /// Packets of T.38.
    Packets(Packets),
    /// Sound.
    Sound(Sound),
    /// A modem of our own.
    Modem(Box<Modem>),
}

impl Wire {
    pub(super) fn new(now: Instant, role: Role, params: &Params) -> Self {
        match params.way {
            Way::T38 => Self::Packets(Packets::new(now, params.max_datagram, params.redundancy)),
            Way::Modem | Way::Class2 => {
                Self::Modem(Box::new(Modem { driver: Driver::new(role, params), told: VecDeque::new() }))
            }
            Way::Audio(law) => Self::Sound(Sound { law, playout: Playout::new(law) }),
        }
    }

    /// Takes a datagram of T.38; what comes before or after T.38 was agreed is not for us.
    pub(super) fn datagram(&mut self, now: Instant, bytes: &[u8]) {
        if let Self::Packets(packets) = self {
            let stray = now < packets.stray_until && is_rtp(bytes);
            if !stray {
                packets.receiver.receive(now, bytes);
            }
        }
    }

    pub(super) const fn sound(&mut self) -> Option<&mut Sound> {
        match self {
            Self::Packets(_) | Self::Modem(_) => None,
            Self::Sound(sound) => Some(sound),
        }
    }

    pub(super) const fn packets(&mut self) -> Option<&mut Packets> {
        match self {
            Self::Packets(packets) => Some(packets),
            Self::Sound(_) | Self::Modem(_) => None,
        }
    }

    pub(super) const fn modem(&mut self) -> Option<&mut Modem> {
        match self {
            Self::Modem(modem) => Some(modem),
            Self::Packets(_) | Self::Sound(_) => None,
        }
    }

    /// How long the engine's next span of time is by our clock.
    pub(super) fn tick(&self) -> Duration {
        match self {
            Self::Packets(_) => TICK,
            Self::Modem(modem) => modem.driver.tick(),
            Self::Sound(sound) => {
                Duration::from_nanos((TICK.as_nanos() as u64).saturating_add_signed(sound.playout.drift()))
            }
        }
    }

    /// When something of it is due.
    pub(super) fn timeout(&self) -> Option<Instant> {
        match self {
            Self::Packets(packets) => packets.receiver.timeout().into_iter().chain(packets.copies_due()).min(),
            Self::Modem(modem) => modem.driver.timeout(),
            Self::Sound(_) => None,
        }
    }

    /// Something has still to leave before the call may end.
    pub(super) fn copies_due(&self) -> Option<Instant> {
        match self {
            Self::Packets(packets) => packets.copies_due(),
            Self::Sound(_) | Self::Modem(_) => None,
        }
    }

    /// What was repaired, lost, and not understood.
    pub(super) fn damage(&self) -> (u32, u32, u32) {
        match self {
            Self::Packets(packets) => {
                let receiver = &packets.receiver;
                (receiver.repaired(), receiver.lost().saturating_add(packets.dropped), receiver.malformed())
            }
            Self::Sound(sound) => (0, sound.playout.lost(), 0),
            Self::Modem(_) => (0, 0, 0),
        }
    }
}

/// A modem: what it says becomes what the engine is told, in order.
#[derive(Debug)]
pub(super) struct Modem {
    pub(super) driver: Driver,
    /// What the engine is still to be told.
    pub(super) told: VecDeque<FrontInput>,
}

/// Sound: what was heard waits its fixed time, what is said leaves at once.
#[derive(Debug)]
pub(super) struct Sound {
    pub(super) law: Law,
    pub(super) playout: Playout,
}

/// Packets: numbered, repeated, put in order.
#[derive(Debug)]
pub(super) struct Packets {
    pub(super) receiver: Receiver,
    sender: Sender,
    /// Further copies of packets, by when they are due.
    copies: VecDeque<(Instant, Bytes)>,
    /// Packets that wait for the worker.
    pub(super) waiting: VecDeque<Received>,
    /// Packets that found no room there.
    dropped: u32,
    /// Until then, sound that was under way when T.38 was agreed may still come to the same port.
    stray_until: Instant,
}

/// A packet of G.711 or its comfort noise. Read as UDPTL it would be one in the midst of a count, and all that really come after it
/// would be old.
fn is_rtp(bytes: &[u8]) -> bool {
    matches!(bytes, [0x80 | 0xa0, second, ..] if matches!(second & 0x7f, 0 | 8 | 13)) && bytes.len() > 12
}

impl Packets {
    pub(super) fn new(now: Instant, max_datagram: u16, redundancy: bool) -> Self {
        let most = usize::from(max_datagram);
        let sender = if redundancy { Sender::new(most) } else { Sender::without_redundancy(most) };
        Self {
            receiver: Receiver::new(),
            sender,
            copies: VecDeque::new(),
            waiting: VecDeque::new(),
            dropped: 0,
            stray_until: now + STRAY,
        }
    }

    /// The datagram for a packet of the engine. Its further copies follow by themselves.
    pub(super) fn encode(&mut self, now: Instant, ifp: &[u8], copies: u8) -> Bytes {
        let datagram = self.sender.encode(ifp);
        for copy in 1..u32::from(copies.clamp(1, MAX_COPIES)) {
            self.copies.push_back((now + COPY_SPACING * copy, datagram.clone()));
        }
        self.copies.make_contiguous().sort_by_key(|(at, _)| *at);
        datagram
    }

    /// The next copy that is due.
    pub(super) fn copy(&mut self, now: Instant) -> Option<Bytes> {
        self.copies.pop_front_if(|(at, _)| *at <= now).map(|(_, copy)| copy)
    }

    pub(super) fn forget_copies(&mut self) {
        self.copies.clear();
    }

    /// Moves what is in order to what waits. True if there was anything.
    pub(super) fn take(&mut self) -> bool {
        let mut any = false;
        while let Some(packet) = self.receiver.poll() {
            any = true;
            if self.waiting.len() < MAX_WAITING {
                self.waiting.push_back(packet);
            } else {
                self.dropped = self.dropped.saturating_add(1);
            }
        }
        any
    }

    fn copies_due(&self) -> Option<Instant> {
        self.copies.front().map(|(at, _)| *at)
    }
}
