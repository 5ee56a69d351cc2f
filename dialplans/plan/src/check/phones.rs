//! What staff do at their phones: `[services]`, `[forwarding]`, `[rooms]` and `[park]`.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::{Check, PARK_SECONDS, is_emergency};
use crate::codes::{Codes, is_code};
use crate::destination::Destination;
use crate::page;
use crate::park::{MAX_ORBITS, Park};
use crate::read::{Placed, Section};
use crate::rooms::{self, Room};
use crate::{Emergency, Mentioned};

impl<'t> Check<'t> {
    pub(super) fn services(&mut self, top: Section<'_, 't>) -> Codes {
        let mut services = Codes::default();
        let Some(table) = self.reader.table(top, "services") else { return services };
        for (key, value) in table.value {
            let code = key.get_ref().clone().into_owned();
            if !is_code(&code) {
                self.reader.say(key.span(), "this is no service code", "a code is a star and digits, as in \"*43\"");
            }
            let Some(name) = self.reader.as_string(value) else { continue };
            match Codes::named(&name.value) {
                Some(service) => services.set(&code, Some(service)),
                None if name.value == "off" => services.set(&code, None),
                None => {
                    let help = format!("the services are: {}, and \"off\"", Codes::words());
                    self.reader.say(name.span, format!("there is no service \"{}\"", name.value), help);
                }
            }
        }
        services
    }

    pub(super) fn press_1(&mut self, top: Section<'_, 't>) -> bool {
        let Some(table) = self.reader.table(top, "forwarding") else { return true };
        let section = self.reader.section(table.value, &["press_1"]);
        self.reader.flag(section, "press_1").is_none_or(|flag| flag.value)
    }

    pub(super) fn rooms(&mut self, top: Section<'_, 't>, emergency: &Emergency) -> BTreeMap<String, Room> {
        let Some(table) = self.reader.table(top, "rooms") else { return BTreeMap::new() };
        let mut all = BTreeMap::new();
        for (number, entry) in rooms::entries(&mut self.reader, table.value) {
            let section = self.reader.section(entry.value, &["pin"]);
            let room = rooms::room(&mut self.reader, section);
            let digits = !number.value.is_empty() && number.value.bytes().all(|b| b.is_ascii_digit());
            let taken = self.places.contains_key(&Destination::Extension(number.value.clone()));
            if !digits || is_emergency(&number.value, emergency) || taken {
                let help = "give the room a number that nobody has, as in [rooms.800]";
                self.reader.say(number.span, "this cannot be the number of a room", help);
                continue;
            }
            self.mention(Mentioned::Room, &number);
            all.insert(number.value, room);
        }
        all
    }

    /// `page = { multicast = "224.0.1.75:5004" }`.
    pub(super) fn page(&mut self, top: Section<'_, 't>) -> Option<SocketAddr> {
        let table = self.reader.table(top, "page")?;
        let section = self.reader.section(table.value, &["multicast"]);
        let text = self.reader.string(section, "multicast")?;
        let group = page::group(&text.value);
        if group.is_none() {
            let help = "write a group of addresses and an even port above 1023, as in multicast = \"224.0.1.75:5004\"";
            self.reader.say(text.span, "phones cannot listen there", help);
        }
        group
    }

    pub(super) fn park(&mut self, top: Section<'_, 't>) -> Park {
        let mut park = Park::default();
        let Some(table) = self.reader.table(top, "park") else { return park };
        let section = self.reader.section(table.value, &["orbits", "seconds"]);
        if let Some(text) = self.reader.string(section, "orbits") {
            match Park::parse(&text.value) {
                Some((orbits, digits)) => {
                    let first = format!("{:0digits$}", orbits.start());
                    self.mention(Mentioned::Orbit, &Placed { value: first, span: text.span });
                    (park.orbits, park.digits) = (orbits, digits);
                }
                None => {
                    let help = format!("write the first and the last, as in \"700-709\"; at most {MAX_ORBITS}");
                    self.reader.say(text.span, "these are no orbits", help);
                }
            }
        }
        park.seconds = self.reader.seconds(section, "seconds", PARK_SECONDS).unwrap_or(park.seconds);
        park
    }
}
