//! Settings: what the office manager wrote (raw TOML) and what it means (checked). Engines receive only the checked form.
//! Secrets are not in here; the store keeps them apart.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::{Numbering, PhoneNumber, Pii};

/// What a person may do. Checked on every route of the console and by the plan; deny is the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See calls and phones.
    SeeCalls,
    /// See faxes and their pages.
    SeeFaxes,
    /// Send faxes, by console or mail.
    SendFaxes,
    /// See people and their phones.
    SeePeople,
    /// Change settings.
    Manage,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::SeeCalls, Self::SeeFaxes, Self::SendFaxes, Self::SeePeople, Self::Manage];
}

/// A person of the clinic, with an extension and perhaps a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// SIP and console user name ("101").
    pub user: String,
    /// The extension ("101").
    pub extension: String,
    /// "Front desk", "Nurse".
    pub name: Pii<String>,
    /// Where receipts go, and the name for SMTP submission.
    pub mail: Option<Pii<String>>,
    /// What the person may do.
    pub rights: Vec<Right>,
    /// Where the phone stands, for the emergency alert ("Room 2, first floor").
    pub location: String,
}

/// A connection to a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Its name in the plan ("main").
    pub name: String,
    /// Where its SIP end is.
    pub address: SocketAddr,
    /// How many calls it can carry.
    pub channels: usize,
}

/// The checked settings of one clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// "Harbor Street Clinic".
    pub clinic_name: String,
    /// Its street address: the location given to staff in an emergency.
    pub address: String,
    /// IANA time zone ("America/New_York"); `jiff` knew it when the settings were checked.
    pub timezone: String,
    /// The form of its numbers.
    pub numbering: Numbering,
    /// The clinic's own main number.
    pub main_number: PhoneNumber,
    /// The number under which it receives faxes.
    pub fax_number: PhoneNumber,
    /// What our fax machine calls itself (CSI, TSI): at most 20 characters.
    pub station_id: String,
    /// Addresses of the clinic's own networks. SIP answers these, and is silent to unknown sources outside them.
    pub networks: Vec<Network>,
    /// The people.
    pub people: Vec<Person>,
    /// The trunks.
    pub trunks: Vec<Trunk>,
    /// The domain of the clinic's mail ("clinic.demo") and SIP.
    pub domain: String,
    /// A mail to `<number>@` this domain becomes a fax ("fax.clinic.demo").
    pub fax_domain: String,
    /// Where outgoing mail goes.
    pub smarthost: SocketAddr,
    /// Who gets received faxes by mail.
    pub fax_to_mail: Vec<Pii<String>>,
    /// Largest mail or upload, in bytes.
    pub max_message: usize,
    /// The name of the dial plan (a library plan), or its whole text if it contains a line break.
    pub plan: String,
}

impl Settings {
    /// Reads and checks a settings file. All problems are reported at once.
    ///
    /// # Errors
    /// Every problem, each with its place and what to do.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let raw: Raw = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |s| 1 + text[..s.start.min(text.len())].matches('\n').count());
            vec![Problem {
                at: format!("line {line}"),
                what: e.message().to_owned(),
                help: "see the sample settings".into(),
            }]
        })?;
        Check::default().run(raw)
    }

    /// The person with this user name.
    pub fn person(&self, user: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.user == user)
    }

    /// The person with this extension.
    pub fn extension(&self, extension: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.extension == extension)
    }

    /// The person with this mail address, compared as mail addresses are: without regard to case.
    pub fn person_by_mail(&self, address: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.mail.as_ref().is_some_and(|m| m.expose().eq_ignore_ascii_case(address)))
    }

    /// The trunk of this name.
    pub fn trunk(&self, name: &str) -> Option<&Trunk> {
        self.trunks.iter().find(|t| t.name == name)
    }

    /// The clinic's time zone.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.timezone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// True if `ip` is inside the clinic's own networks.
    pub fn is_own_network(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|n| n.contains(ip))
    }
}

/// One thing that is wrong with a settings file or a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: "line 12", "people[2].mail".
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.at, self.what, self.help)
    }
}

/// An address range in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads "10.0.0.0/8" or "fd00::/8" or one address.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base.parse().ok()?, bits.parse().ok()?),
            None => {
                let base: IpAddr = text.parse().ok()?;
                (base, if base.is_ipv4() { 32 } else { 128 })
            }
        };
        (bits <= if base.is_ipv4() { 32 } else { 128 }).then_some(Self { base, bits })
    }

    /// True if `ip` is in the range. An IPv4 address that came mapped into IPv6 counts as the IPv4 address.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.base, ip.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(base) & mask == u32::from(ip) & mask
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                u128::from(base) & mask == u128::from(ip) & mask
            }
            _ => false,
        }
    }
}

/// As [`Network::parse`] reads it.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    clinic: RawClinic,
    #[serde(default)]
    networks: Vec<String>,
    #[serde(default)]
    people: Vec<RawPerson>,
    #[serde(default)]
    trunks: Vec<RawTrunk>,
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
    number: String,
}

fn us() -> String {
    "US".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPerson {
    extension: String,
    name: String,
    mail: Option<String>,
    #[serde(default)]
    rights: Vec<Right>,
    #[serde(default)]
    location: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTrunk {
    name: String,
    address: String,
    #[serde(default = "ten")]
    channels: usize,
}

const fn ten() -> usize {
    10
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFax {
    number: String,
    station_id: String,
    #[serde(default)]
    deliver_to: Vec<String>,
}

#[derive(Default)]
struct Check {
    problems: Vec<Problem>,
}

impl Check {
    fn say(&mut self, at: impl Into<String>, what: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem { at: at.into(), what: what.into(), help: help.into() });
    }

    fn number(&mut self, at: &str, text: &str, numbering: &Numbering) -> PhoneNumber {
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

    fn address(&mut self, at: &str, text: &str) -> SocketAddr {
        text.parse().unwrap_or_else(|_| {
            self.say(at, "this is not an address with a port", "write it as in 192.0.2.1:5060");
            SocketAddr::from(([0, 0, 0, 0], 0))
        })
    }

    fn run(mut self, raw: Raw) -> Result<Settings, Vec<Problem>> {
        let numbering = Numbering { country: raw.clinic.country.clone(), ..Numbering::default() };
        if raw.clinic.country.parse::<phonenumber::country::Id>().is_err() {
            self.say("clinic.country", "unknown country", "use the two letters of ISO 3166, as in US");
        }
        if jiff::tz::TimeZone::get(&raw.clinic.timezone).is_err() {
            self.say("clinic.timezone", "unknown time zone", "use a name such as America/New_York");
        }
        if raw.fax.station_id.len() > 20 || !raw.fax.station_id.is_ascii() {
            self.say("fax.station_id", "longer than 20 characters or not plain ASCII", "T.30 allows 20 characters");
        }
        let mut networks = Vec::new();
        for (i, text) in raw.networks.iter().enumerate() {
            match Network::parse(text) {
                Some(n) => networks.push(n),
                None => self.say(format!("networks[{i}]"), "not an address range", "write it as in 192.168.1.0/24"),
            }
        }
        let people = self.people(raw.people, &numbering);
        let mut trunks: Vec<Trunk> = Vec::new();
        for (i, t) in raw.trunks.into_iter().enumerate() {
            if trunks.iter().any(|other| other.name == t.name) {
                self.say(format!("trunks[{i}].name"), "two trunks have this name", "give each its own");
            }
            let address = self.address(&format!("trunks[{i}].address"), &t.address);
            trunks.push(Trunk { name: t.name, address, channels: t.channels });
        }
        let settings = Settings {
            main_number: self.number("clinic.number", &raw.clinic.number, &numbering),
            fax_number: self.number("fax.number", &raw.fax.number, &numbering),
            smarthost: self.address("mail.smarthost", &raw.mail.smarthost),
            clinic_name: raw.clinic.name,
            address: raw.clinic.address,
            timezone: raw.clinic.timezone,
            numbering,
            station_id: raw.fax.station_id,
            networks,
            people,
            trunks,
            domain: raw.mail.domain,
            fax_domain: raw.mail.fax_domain,
            fax_to_mail: raw.fax.deliver_to.into_iter().map(Pii::new).collect(),
            max_message: raw.mail.max_megabytes.clamp(1, 100) * 1024 * 1024,
            plan: raw.plan,
        };
        if self.problems.is_empty() { Ok(settings) } else { Err(self.problems) }
    }

    fn people(&mut self, raw: Vec<RawPerson>, numbering: &Numbering) -> Vec<Person> {
        let mut people: Vec<Person> = Vec::new();
        for (i, p) in raw.into_iter().enumerate() {
            if !matches!(numbering.parse(&p.extension), Ok(PhoneNumber::Internal(_))) {
                self.say(
                    format!("people[{i}].extension"),
                    "this cannot be an extension",
                    format!("use {} digits that no emergency number has", numbering.extension_digits),
                );
            }
            if people.iter().any(|other| other.extension == p.extension) {
                self.say(format!("people[{i}].extension"), "two people have this extension", "give each their own");
            }
            people.push(Person {
                user: p.extension.clone(),
                extension: p.extension,
                name: Pii::new(p.name),
                mail: p.mail.map(Pii::new),
                rights: p.rights,
                location: p.location,
            });
        }
        people
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
plan = "solo-practice"
networks = ["127.0.0.0/8", "::1"]
[clinic]
name = "Harbor Street Clinic"
address = "1 Harbor Street"
timezone = "America/New_York"
number = "+12025550123"
[[people]]
extension = "101"
name = "Front desk"
mail = "desk@clinic.demo"
rights = ["see_calls", "see_faxes"]
[[trunks]]
name = "main"
address = "127.0.0.1:5070"
[mail]
domain = "clinic.demo"
fax_domain = "fax.clinic.demo"
smarthost = "127.0.0.1:2526"
[fax]
number = "+12025550199"
station_id = "+1 202 555 0199"
"#;

    #[test]
    fn a_good_file_is_understood() {
        let settings = Settings::parse(GOOD).expect("good");
        assert_eq!(settings.person_by_mail("DESK@clinic.demo").map(|p| p.extension.as_str()), Some("101"));
        assert!(settings.is_own_network("127.8.9.1".parse().expect("ip")));
        assert!(settings.is_own_network("::ffff:127.0.0.1".parse().expect("ip")));
        assert!(!settings.is_own_network("10.0.0.1".parse().expect("ip")));
    }

    #[test]
    fn all_problems_come_at_once() {
        let bad = GOOD
            .replace("America/New_York", "Mars/Olympus")
            .replace("\"101\"", "\"911\"")
            .replace("127.0.0.1:5070", "localhost")
            .replace("+1 202 555 0199", "a station with a very long name");
        let places: Vec<_> = Settings::parse(&bad).expect_err("bad").into_iter().map(|p| p.at).collect();
        assert_eq!(places, ["clinic.timezone", "fax.station_id", "people[0].extension", "trunks[0].address"]);
    }

    #[test]
    fn a_typing_error_names_its_line() {
        let problems = Settings::parse("plan = \"x\"\nclinic = 3\n").expect_err("bad");
        assert_eq!(problems[0].at, "line 2");
    }
}
