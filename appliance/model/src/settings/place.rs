//! Where phones stand, by their addresses.

use std::fmt;
use std::net::IpAddr;

use serde::Deserialize;

use super::raw::Check;
use super::{Network, Settings};
use crate::number::{Numbering, PhoneNumber};

/// Phones of this network are there, whoever's they are: a person may have several, and carry one from room to room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The addresses of a floor, a wing, a site; or of one phone.
    pub network: Network,
    /// What those who are to help look for ("Second floor, east wing").
    pub location: String,
    /// The street address, where that is not the clinic's: another site.
    pub address: Option<String>,
    /// By which of the clinic's numbers a call for help from there shows itself, where that is not the main number: most carriers tell help the
    /// address that stands in their contract for the number that calls.
    pub number: Option<PhoneNumber>,
}

/// Where somebody calls for help from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot<'a> {
    /// The street address of the place; `None` if it is the clinic's own.
    pub elsewhere: Option<&'a str>,
    /// Where in it; empty if nobody has said.
    pub location: &'a str,
    /// By which number help is called from there; `None` if it is the main number.
    pub number: Option<&'a PhoneNumber>,
}

/// "Second floor, east wing, 40 Elm Street", for people.
impl fmt::Display for Spot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.location)?;
        self.elsewhere.map_or(Ok(()), |address| write!(f, ", {address}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPlace {
    network: String,
    location: String,
    address: Option<String>,
    number: Option<String>,
}

/// Reads the list. The first network that a phone is in counts, so one that can never count is a mistake.
pub(super) fn check(check: &mut Check, raw: Vec<RawPlace>, networks: &[Network], numbering: &Numbering) -> Vec<Place> {
    let mut list: Vec<Place> = Vec::new();
    for (i, entry) in raw.into_iter().enumerate() {
        let said = |key: &str| format!("places[{i}].{key}");
        if entry.location.trim().is_empty() {
            check.say(said("location"), "nothing is said of it", "write what those who are to help look for");
        }
        if entry.address.as_ref().is_some_and(|address| address.trim().is_empty()) {
            check.say(said("address"), "this is no address", "write the site's street address, or leave it out");
        }
        let number = entry.number.map(|number| check.number(&said("number"), &number, numbering));
        let Some(network) = Network::parse(&entry.network) else {
            check.say(said("network"), "not an address range", "write it as in 192.168.3.0/24, or one address");
            continue;
        };
        if list.iter().any(|earlier| earlier.network.covers(&network)) {
            check.say(said("network"), "an earlier place has all of this network", "put the smaller network first");
        }
        if !networks.iter().any(|own| own.covers(&network) || network.covers(own)) {
            check.say(said("network"), "no phone of the clinic can be there", "name it in networks, too");
        }
        list.push(Place { network, location: entry.location, address: entry.address, number });
    }
    list
}

impl Settings {
    /// Where the phone at this address is that `user` calls with, if one is known: by its network, which it cannot mistake, else where the
    /// person's phone is said to stand.
    pub fn spot(&self, user: Option<&str>, ip: Option<IpAddr>) -> Spot<'_> {
        let place = ip.and_then(|ip| self.places.iter().find(|place| place.network.contains(ip)));
        match place {
            Some(place) => {
                Spot { elsewhere: place.address.as_deref(), location: &place.location, number: place.number.as_ref() }
            }
            None => {
                let person = user.and_then(|user| self.person(user));
                let location = person.map_or("", |person| person.location.as_str());
                Spot { elsewhere: None, location, number: None }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::GOOD;
    use crate::Settings;

    fn with(places: &[(&str, &str, &str)]) -> Result<Settings, Vec<String>> {
        let place = |(network, location, more): &(&str, &str, &str)| {
            format!("[[places]]\nnetwork = \"{network}\"\nlocation = \"{location}\"\n{more}\n")
        };
        let text = places.iter().map(place).collect::<String>() + "[clinic]";
        Settings::parse(&GOOD.replacen("[clinic]", &text, 1)).map_err(|p| p.into_iter().map(|p| p.at).collect())
    }

    #[test]
    fn the_first_network_that_a_phone_is_in_says_where_it_is() {
        let settings =
            with(&[("127.0.3.7", "Room 7", ""), ("127.0.3.0/24", "Third floor", "address = \"2 Elm Street\"")]);
        let settings = settings.expect("good");
        let spot = |ip: &str| {
            let spot = settings.spot(None, Some(ip.parse().expect("an address")));
            (spot.location.to_owned(), spot.elsewhere.map(str::to_owned))
        };
        assert_eq!(spot("127.0.3.7"), ("Room 7".into(), None));
        assert_eq!(spot("::ffff:127.0.3.8"), ("Third floor".into(), Some("2 Elm Street".into())));
        assert_eq!(spot("127.0.4.1"), (String::new(), None));
    }

    #[test]
    fn a_place_that_no_phone_can_be_at_is_a_mistake() {
        let said = |places: &[(&str, &str, &str)]| with(places).map(drop).expect_err("bad");
        assert_eq!(said(&[("127.0.0.0/16", "A", ""), ("127.0.3.0/24", "B", "")]), ["places[1].network"]);
        assert_eq!(said(&[("192.0.2.0/24", "A", ""), ("here", "B", "")]), ["places[0].network", "places[1].network"]);
        assert_eq!(said(&[("127.0.3.0/24", " ", "address = \"\"")]), ["places[0].location", "places[0].address"]);
        assert_eq!(said(&[("127.0.3.0/24", "A", "number = \"101\"")]), ["places[0].number"]);
    }
}
