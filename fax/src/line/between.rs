//! Between two fax machines of others: a machine on an analogue line of the clinic (a phone account whose device has a telephone socket) on one
//! side, a trunk on the other. Each side is sound or T.38. Where one is the one and the other the other, they are translated; two of T.38 get each
//! other's datagrams as they came; two of sound get each other's through the fixed buffer of a modem, which fills gaps by what was heard before.
//!
//! Sans-I/O. What is passed on is theirs: no page is ours, and no confirmation was promised by us.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use model::{Instant, Now};
use serde::{Deserialize, Serialize};

use super::child;
use super::gateway::{Gateway, Terms};
use crate::audio::{Law, Playout};

/// Sound passes in packets of this length, whatever the length that it came in.
const TICK: Duration = Duration::from_millis(20);
/// The same in samples.
const SAMPLES: usize = 160;
/// How far a side's clock may lag and be caught up with. What is beyond has passed.
const MAX_CATCH_UP: Duration = Duration::from_millis(200);
/// Datagrams and packets that one input may set free, with room: a side that lagged sends ten, a step of the engine at most 64.
const MOST_SAID: usize = 256;

/// How one side of the call travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// As sound, in this law.
    Sound(Law),
    /// Over T.38.
    Packets(Terms),
}

/// What it is told. Sides are 0, the caller, and 1, the called one; there is no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// How both travel from now on. First of all this.
    Ways([Way; 2]),
    /// Sound of a side, in its law.
    Sound {
        /// Whose.
        side: u8,
        /// Its place.
        timestamp: u32,
        /// Its octets.
        payload: Vec<u8>,
    },
    /// A datagram of a side.
    Datagram {
        /// Whose.
        side: u8,
        /// What.
        data: Vec<u8>,
    },
    /// Time has passed.
    Time,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// Say this to a side, in its law.
    Sound {
        /// To whom.
        side: u8,
        /// What.
        payload: Vec<u8>,
    },
    /// Send this to a side.
    Datagram {
        /// To whom.
        side: u8,
        /// What.
        data: Vec<u8>,
    },
}

/// What was translated so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Pages that the receiving machine has confirmed.
    pub pages: u32,
    /// The speed that was agreed on last, in bit/s.
    pub bit_rate: u32,
    /// With error correction.
    pub ecm: bool,
}

/// The answer to one thing that was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// In this order.
    pub said: Vec<Said>,
    /// So far.
    pub carried: Carried,
    /// When it is to be told the time, in nanoseconds.
    pub wake: u64,
}

/// The child's whole life.
pub fn child_main() -> ExitCode {
    let mut between = Between::default();
    child::serve(|now, told: Told| between.handle_input(now, &told).then(|| between.answer()))
}

/// Of one side.
#[derive(Debug)]
struct Side {
    way: Way,
    /// What came of it, if it is sound.
    playout: Playout,
    /// When the next of it passes.
    next: Instant,
}

/// See the module. Nothing passes before [`Told::Ways`].
#[derive(Debug, Default)]
pub struct Between {
    sides: Option<[Side; 2]>,
    /// If the sides differ.
    gateway: Option<Gateway>,
    said: VecDeque<Said>,
}

impl Between {
    /// One step. False if it cannot go on: there is no memory for a gateway, or both ends want to send pages through one.
    pub fn handle_input(&mut self, now: Now, told: &Told) -> bool {
        let now = now.instant;
        let goes_on = match told {
            Told::Ways(ways) => self.ways(now, *ways),
            Told::Sound { side, timestamp, payload } => {
                let side = self.sides.as_mut().and_then(|sides| sides.get_mut(usize::from(*side)));
                if let Some(side) = side.filter(|side| matches!(side.way, Way::Sound(_))) {
                    side.playout.put(now, side.next, *timestamp, payload);
                }
                true
            }
            Told::Datagram { side, data } => {
                self.datagram(now, *side, data);
                true
            }
            Told::Time => true,
        };
        self.run(now);
        goes_on && !self.gateway.as_ref().is_some_and(Gateway::is_over)
    }

    /// What is to be done since the last answer.
    pub fn answer(&mut self) -> Answer {
        let carried = self.gateway.as_ref().map(Gateway::carried).unwrap_or_default();
        let carried = Carried { pages: carried.pages, bit_rate: carried.bit_rate, ecm: carried.ecm };
        Answer { said: self.said.drain(..).collect(), carried, wake: self.timeout().nanos() }
    }

    fn timeout(&self) -> Instant {
        let sides = self.sides.iter().flatten().filter(|side| matches!(side.way, Way::Sound(_)));
        sides.map(|side| side.next).min().unwrap_or(Instant::FAR_FUTURE)
    }

    /// What is known of a side's sound stays, if it stays sound.
    fn ways(&mut self, now: Instant, ways: [Way; 2]) -> bool {
        let new = |way| Side { way, playout: Playout::new(law(way)), next: now + TICK };
        match &mut self.sides {
            Some(sides) => {
                for (side, way) in sides.iter_mut().zip(ways) {
                    if side.way != way {
                        *side = new(way);
                    }
                }
            }
            None => self.sides = Some(ways.map(new)),
        }
        match ways {
            [Way::Sound(_), Way::Packets(terms)] | [Way::Packets(terms), Way::Sound(_)] => {
                if self.gateway.is_none() {
                    self.gateway = Gateway::new(now, terms).ok();
                }
                self.gateway.is_some()
            }
            _ => {
                self.gateway = None;
                true
            }
        }
    }

    fn datagram(&mut self, now: Instant, from: u8, data: &[u8]) {
        let Some(sides) = &self.sides else { return };
        let (to, place) = (1 - from.min(1), usize::from(from.min(1)));
        match (sides[place].way, &mut self.gateway) {
            (Way::Packets(_), Some(gateway)) => gateway.datagram(now, data),
            (Way::Packets(_), None) => self.say(Said::Datagram { side: to, data: data.to_vec() }),
            (Way::Sound(_), _) => {}
        }
    }

    fn run(&mut self, now: Instant) {
        for from in [0, 1] {
            while let Some(heard) = self.hear(now, from) {
                self.pass(from, heard);
            }
        }
    }

    /// What a side says in the span of time that is due, if one is, and when that began.
    fn hear(&mut self, now: Instant, from: u8) -> Option<(Instant, [u8; SAMPLES])> {
        let side = self.sides.as_mut()?.get_mut(usize::from(from))?;
        if !matches!(side.way, Way::Sound(_)) || now < side.next {
            return None;
        }
        if now.saturating_since(side.next) > MAX_CATCH_UP {
            side.next = Instant::from_nanos(now.nanos().saturating_sub(MAX_CATCH_UP.as_nanos() as u64));
        }
        let at = side.next;
        side.next = at + Duration::from_nanos((TICK.as_nanos() as u64).saturating_add_signed(side.playout.drift()));
        let mut heard = [law(side.way).silence(); SAMPLES];
        side.playout.take(&mut heard);
        Some((at, heard))
    }

    fn pass(&mut self, from: u8, (at, heard): (Instant, [u8; SAMPLES])) {
        let Some([first, second]) = self.sides.as_ref().map(|sides| [sides[0].way, sides[1].way]) else { return };
        let (own, other) = if from == 0 { (first, second) } else { (second, first) };
        let (own_law, to) = (law(own), 1 - from);
        match (other, &mut self.gateway) {
            (Way::Sound(theirs), _) => {
                let recode = |octet: u8| if own_law == theirs { octet } else { theirs.encode(own_law.decode(octet)) };
                self.say(Said::Sound { side: to, payload: heard.map(recode).to_vec() });
            }
            (Way::Packets(_), Some(gateway)) => {
                let mut samples = heard.map(|octet| own_law.decode(octet));
                gateway.step(at, &mut samples);
                let datagrams: Vec<Bytes> = std::iter::from_fn(|| gateway.poll()).collect();
                let payload = samples.map(|sample| own_law.encode(sample)).to_vec();
                self.say(Said::Sound { side: from, payload });
                for datagram in datagrams {
                    self.say(Said::Datagram { side: to, data: datagram.to_vec() });
                }
            }
            (Way::Packets(_), None) => {}
        }
    }

    fn say(&mut self, said: Said) {
        if self.said.len() < MOST_SAID {
            self.said.push_back(said);
        }
    }
}

const fn law(way: Way) -> Law {
    match way {
        Way::Sound(law) => law,
        Way::Packets(_) => Law::Mu,
    }
}
