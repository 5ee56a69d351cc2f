//! Both directions of the wire, in either way that a fax travels.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use model::Instant;

use super::{COPY_SPACING, LONGEST_HELD, MAX_COPIES, MAX_WAITING, MOST_HELD, MOST_IN_ORDER, Params, TICK};
use crate::audio::{Law, Playout};
use crate::line::class1::{Class1, ModemCall};
use crate::udptl::{Received, Receiver, Sender, is_page_data};
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
    pub(super) fn new(now: Instant, params: &Params) -> Self {
        match params.way {
            Way::T38 => Self::Packets(Packets::new(now, params.max_datagram, params.redundancy)),
            Way::Modem => {
                let call = params.modem.clone().unwrap_or(ModemCall { number: None, setup: Vec::new() });
                Self::Modem(Box::new(Modem { class1: Class1::new(&call), told: VecDeque::new() }))
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
            Self::Packets(_) | Self::Modem(_) => TICK,
            Self::Sound(sound) => {
                Duration::from_nanos((TICK.as_nanos() as u64).saturating_add_signed(sound.playout.drift()))
            }
        }
    }

    /// When something of it is due.
    pub(super) fn timeout(&self) -> Option<Instant> {
        match self {
            Self::Packets(packets) => packets.receiver.timeout().into_iter().chain(packets.next_due()).min(),
            Self::Modem(modem) => modem.class1.timeout(),
            Self::Sound(_) => None,
        }
    }

    /// Something has still to leave before the call may end.
    pub(super) fn sending_until(&self) -> Option<Instant> {
        match self {
            Self::Packets(packets) => packets.next_due(),
            Self::Sound(_) | Self::Modem(_) => None,
        }
    }

    /// Parts of a page are held until then.
    pub(super) fn held_until(&self) -> Option<Instant> {
        match self {
            Self::Packets(packets) => packets.held_until(),
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
    pub(super) class1: Class1,
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
    /// Packets that are not due yet, and further copies of those that were, by when they are.
    sending: VecDeque<(Instant, Bytes)>,
    /// When the packet is due that was numbered last: none overtakes another.
    last_due: Instant,
    /// Packets that wait for the worker.
    waiting: VecDeque<Received>,
    /// What waits is but parts of a page, and may wait until then.
    held_until: Option<Instant>,
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
            sending: VecDeque::new(),
            last_due: Instant::ZERO,
            waiting: VecDeque::new(),
            held_until: None,
            dropped: 0,
            stray_until: now + STRAY,
        }
    }

    /// Numbers a packet of the engine, which leaves when it is due. Its further copies follow by themselves.
    pub(super) fn send(&mut self, due: Instant, ifp: &[u8], copies: u8) {
        let datagram = self.sender.encode(ifp);
        self.last_due = self.last_due.max(due);
        for copy in 0..u32::from(copies.clamp(1, MAX_COPIES)) {
            self.sending.push_back((self.last_due + COPY_SPACING * copy, datagram.clone()));
        }
        self.sending.make_contiguous().sort_by_key(|(at, _)| *at);
    }

    /// The next datagram that is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<Bytes> {
        self.sending.pop_front_if(|(at, _)| *at <= now).map(|(_, datagram)| datagram)
    }

    pub(super) fn forget_sending(&mut self) {
        self.sending.clear();
    }

    /// Moves what is in order to what waits. True if there was anything.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let mut any = false;
        while let Some(packet) = self.receiver.poll() {
            any = true;
            let may_wait = is_page_data(&packet.ifp) && self.waiting.len() + 1 < MOST_HELD;
            self.held_until = match self.held_until {
                _ if !may_wait => None,
                None if self.waiting.is_empty() => Some(now + LONGEST_HELD),
                held => held,
            };
            if self.waiting.len() < MAX_WAITING {
                self.waiting.push_back(packet);
            } else {
                self.dropped = self.dropped.saturating_add(1);
            }
        }
        any
    }

    /// What waits, as much as fits into an order, and whether it begins within a page: then it may have been held, and the engine has
    /// nothing to say until it has it.
    pub(super) fn take_waiting(&mut self) -> (Vec<(u16, Vec<u8>)>, bool) {
        self.held_until = None;
        let within_a_page = self.waiting.front().is_some_and(|packet| is_page_data(&packet.ifp));
        let (mut taken, mut octets) = (Vec::new(), 0);
        while let Some(packet) =
            self.waiting.pop_front_if(|packet| octets == 0 || octets + packet.ifp.len() <= MOST_IN_ORDER)
        {
            octets += packet.ifp.len();
            taken.push((packet.seq, packet.ifp));
        }
        (taken, within_a_page)
    }

    /// When the engine is to have what waits, if that may wait.
    pub(super) const fn held_until(&self) -> Option<Instant> {
        self.held_until
    }

    fn next_due(&self) -> Option<Instant> {
        self.sending.front().map(|(at, _)| *at)
    }
}
