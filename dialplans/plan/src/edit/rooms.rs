//! Rooms in which many talk, and orbits in which callers are parked.

use super::text::{Text, quoted};
use super::{Editor, Refusal, set_text};

pub use crate::check::PARK_SECONDS;
pub use crate::rooms::PIN;

/// A room in which many talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// What is dialled to come in: "800".
    pub number: String,
    /// What has to be typed first.
    pub pin: Option<String>,
}

/// Where callers are parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parking {
    /// The first number and the last: "700-709".
    pub orbits: String,
    /// After so many seconds a caller comes back to whoever parked them.
    pub seconds: u64,
}

const ROOMS: &str = "rooms";
const KEY: &str = "pin";
const PARK: [&str; 1] = ["park"];

impl Editor {
    /// All rooms.
    pub fn rooms(&self) -> Vec<Room> {
        let all = self.plan.rooms.iter();
        all.map(|(number, room)| Room { number: number.clone(), pin: room.pin.clone() }).collect()
    }

    pub(super) fn set_room(&self, text: &mut Text, new: &Room) -> Result<(), Refusal> {
        if !self.plan.rooms.contains_key(&new.number) {
            return Err(Refusal::Gone);
        }
        set_text(text, &[ROOMS, &new.number], KEY, new.pin.as_deref())
    }

    pub(super) fn add_room(&self, text: &mut Text, new: &Room) -> Result<(), Refusal> {
        if self.plan.rooms.contains_key(&new.number) {
            return Err(Refusal::Taken);
        }
        let path = [ROOMS, new.number.as_str()];
        // A table is there once something stands in it, and a room without a PIN has nothing.
        text.set(&path, KEY, &quoted(new.pin.as_deref().unwrap_or_default()))?;
        if new.pin.is_some() { Ok(()) } else { text.remove(&path, KEY) }
    }

    pub(super) fn take_room(&self, text: &mut Text, number: &str) -> Result<(), Refusal> {
        if !self.plan.rooms.contains_key(number) {
            return Err(Refusal::Gone);
        }
        text.take(&[ROOMS, number])
    }

    /// Where callers are parked, also where the plan does not say.
    pub fn parking(&self) -> Parking {
        let park = &self.plan.park;
        let number = |n: &u32| format!("{n:0digits$}", digits = park.digits);
        let orbits = format!("{}-{}", number(park.orbits.start()), number(park.orbits.end()));
        Parking { orbits, seconds: park.seconds.as_secs() }
    }

    pub(super) fn set_parking(&self, text: &mut Text, new: &Parking) -> Result<(), Refusal> {
        let old = self.parking();
        if old.orbits != new.orbits {
            text.set(&PARK, "orbits", &quoted(&new.orbits))?;
        }
        if old.seconds == new.seconds { Ok(()) } else { text.set(&PARK, "seconds", &new.seconds.to_string()) }
    }
}
