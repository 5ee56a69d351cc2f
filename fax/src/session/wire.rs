//! Both directions of the wire, in either way that a fax travels.

use std::collections::VecDeque;
use std::time::Duration;

use model::Instant;

use super::sound::Sound;
use super::{Params, Role, TICK};
use crate::line::Driver;
use crate::udptl::Packets;
use crate::worker::proto::{FrontInput, Way};

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
            Way::Audio(law) => Self::Sound(Sound::new(law)),
        }
    }

    /// Takes a datagram of T.38; what comes before or after T.38 was agreed is not for us.
    pub(super) fn datagram(&mut self, now: Instant, bytes: &[u8]) {
        if let Self::Packets(packets) = self {
            packets.receive(now, bytes);
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

    /// It is a modem that leads the talk with the other machine by itself.
    pub(super) fn speaks_t30(&self) -> bool {
        matches!(self, Self::Modem(modem) if !modem.driver.has_a_clock())
    }

    /// It is a modem that dialled, and it has heard no machine yet.
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self, Self::Modem(modem) if modem.driver.is_unanswered())
    }

    /// It is one that leads the talk, and it did not wait to be told.
    pub(super) fn confirms_by_itself(&self) -> bool {
        matches!(self, Self::Modem(modem) if modem.driver.confirms_by_itself())
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
            Self::Packets(packets) => packets.timeout(),
            Self::Modem(modem) => modem.driver.timeout(),
            Self::Sound(sound) => sound.said_due(),
        }
    }

    /// Something has still to leave before the call may end.
    pub(super) fn sending_until(&self) -> Option<Instant> {
        match self {
            Self::Packets(packets) => packets.next_due().or(Some(packets.handed_until())),
            Self::Sound(sound) => Some(sound.handed_until()),
            Self::Modem(_) => None,
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
            Self::Packets(packets) => packets.damage(),
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
