//! What the settings file says, and how it is checked.

use std::net::SocketAddr;

use serde::Deserialize;

use super::advertise::{self, RawAdvertise};
use super::console::RawConsole;
use super::faxing::raw::RawFax;
use super::modem::{self, RawModem, RawVirtualModem};
use super::person::{self, RawPerson};
use super::phones::RawPhones;
use super::place::{self, RawPlace};
use super::trunk::{self, RawTrunk};
use super::{Problem, Settings, network};
use crate::{Language, Numbering, PhoneNumber, Pii};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    clinic: RawClinic,
    #[serde(default)]
    networks: Vec<String>,
    #[serde(default)]
    advertise: Vec<RawAdvertise>,
    #[serde(default)]
    places: Vec<RawPlace>,
    #[serde(default)]
    mirrors: Vec<String>,
    #[serde(default)]
    people: Vec<RawPerson>,
    #[serde(default)]
    trunks: Vec<RawTrunk>,
    #[serde(default)]
    modems: Vec<RawModem>,
    #[serde(default)]
    virtual_modems: Vec<RawVirtualModem>,
    #[serde(default)]
    phones: RawPhones,
    #[serde(default)]
    console: RawConsole,
    mail: RawMail,
    fax: RawFax,
    plan: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClinic {
    name: String,
    address: String,
    timezone: String,
    #[serde(default = "us")]
    country: String,
    #[serde(default)]
    language: Language,
    number: String,
    #[serde(default = "three")]
    extension_digits: usize,
}

const fn three() -> usize {
    3
}

fn us() -> String {
    "US".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMail {
    domain: String,
    fax_domain: String,
    smarthost: String,
    #[serde(default = "twenty_five")]
    max_megabytes: usize,
}

const fn twenty_five() -> usize {
    25
}

#[derive(Default)]
pub(super) struct Check {
    problems: Vec<Problem>,
}

impl Check {
    pub(super) fn say(&mut self, at: impl Into<String>, what: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem { at: at.into(), what: what.into(), help: help.into() });
    }

    pub(super) fn number(&mut self, at: &str, text: &str, numbering: &Numbering) -> PhoneNumber {
        match numbering.parse(text) {
            Ok(number @ PhoneNumber::E164(_)) => number,
            Ok(_) => {
                self.say(at, "this is not a full number", "write it with country code, as in +12025550123");
                PhoneNumber::E164(String::new())
            }
            Err(e) => {
                self.say(at, e.to_string(), "write it with country code, as in +12025550123");
                PhoneNumber::E164(String::new())
            }
        }
    }

    pub(super) fn address(&mut self, at: &str, text: &str) -> SocketAddr {
        text.parse().unwrap_or_else(|_| {
            self.say(at, "this is not an address with a port", "write it as in 192.0.2.1:5060");
            SocketAddr::from(([0, 0, 0, 0], 0))
        })
    }

    pub(super) fn run(mut self, raw: Raw) -> Result<Settings, Vec<Problem>> {
        let digits = raw.clinic.extension_digits;
        let can_be = (2..=5).contains(&digits);
        // Of a length that cannot be, one problem is enough: each extension would be another.
        let numbering = Numbering::of_country(&raw.clinic.country, if can_be { digits } else { three() });
        if !can_be {
            self.say(
                "clinic.extension_digits",
                "extensions cannot have so many digits",
                "write 2, 3, 4 or 5; it is 3 if it is left out",
            );
        }
        if raw.clinic.country.parse::<phonenumber::country::Id>().is_err() {
            self.say("clinic.country", "unknown country", "use the two letters of ISO 3166, as in US");
        }
        if jiff::tz::TimeZone::get(&raw.clinic.timezone).is_err() {
            self.say("clinic.timezone", "unknown time zone", "use a name such as America/New_York");
        }
        if raw.fax.station_id.len() > 20 || !raw.fax.station_id.is_ascii() {
            self.say("fax.station_id", "longer than 20 characters or not plain ASCII", "T.30 allows 20 characters");
        }
        let networks = network::check(&mut self, &raw.networks);
        let advertise = advertise::check(&mut self, &raw.advertise);
        let places = place::check(&mut self, raw.places, &networks, &numbering);
        let mirrors = advertise::mirrors(&mut self, &raw.mirrors);
        let people = person::check(&mut self, raw.people, &numbering);
        let trunks = trunk::check(&mut self, raw.trunks, &networks);
        let modems = modem::check(&mut self, raw.modems, &numbering, &trunks);
        let virtual_modems = modem::check_virtual(&mut self, raw.virtual_modems, &numbering, &trunks);
        let phones = raw.phones.check(&mut self);
        let sign_in = raw.console.check(&mut self);
        let (fax_number, station_id) = (raw.fax.number.clone(), raw.fax.station_id.clone());
        let fax_to_mail = raw.fax.deliver_to.iter().cloned().map(Pii::new).collect();
        let faxing = raw.fax.check(&mut self, &numbering, (&trunks, &modems), &people);
        let settings = Settings {
            main_number: self.number("clinic.number", &raw.clinic.number, &numbering),
            fax_number: self.number("fax.number", &fax_number, &numbering),
            smarthost: self.address("mail.smarthost", &raw.mail.smarthost),
            clinic_name: raw.clinic.name,
            address: raw.clinic.address,
            timezone: raw.clinic.timezone,
            language: raw.clinic.language,
            numbering,
            station_id,
            networks,
            advertise,
            places,
            mirrors,
            people,
            trunks,
            modems,
            virtual_modems,
            phones,
            sign_in,
            domain: raw.mail.domain,
            fax_domain: raw.mail.fax_domain,
            fax_to_mail,
            faxing,
            max_message: raw.mail.max_megabytes.clamp(1, 100) * 1024 * 1024,
            plan: raw.plan,
        };
        if self.problems.is_empty() { Ok(settings) } else { Err(self.problems) }
    }
}
