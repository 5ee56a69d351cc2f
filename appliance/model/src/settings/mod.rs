//! Settings: what the office manager wrote (raw TOML) and what it means (checked). Engines receive only the checked form.
//! Secrets are not in here; the store keeps them apart.

mod addresses;
mod advertise;
mod change;
mod console;
pub mod edit;
mod faxing;
mod media;
mod modem;
mod network;
mod person;
mod phones;
mod place;
mod place_in_text;
mod raw;
mod ring;
mod terms;
mod trunk;

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::{Language, Numbering, PhoneNumber, Pii};

pub use advertise::Advertise;
pub use change::{Change, LONGEST_SETTINGS, Proposal, When};
pub use console::SignIn;
pub use faxing::{FaxLine, FaxRoute, Faxing, Hours, Pattern, Received, Window};
pub use media::Media;
pub use modem::{FaxClass, Modem, PortPlace, VirtualModem};
pub use network::Network;
pub use person::{Person, PhoneFax, Right};
pub use phones::Phones;
pub use place::{Place, Spot};
pub use ring::Ring;
pub use terms::{Account, CallerId, Diversion, Identity, Terms, TrunkPassword, take_passwords};
pub use trunk::{Server, Trunk, TrunkTransport};

/// The checked settings of one clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// "Harbor Street Clinic".
    pub clinic_name: String,
    /// Its street address: the location given to staff in an emergency.
    pub address: String,
    /// IANA time zone ("America/New_York"); `jiff` knew it when the settings were checked.
    pub timezone: String,
    /// In which it speaks on the telephone.
    pub language: Language,
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
    /// Under which address peers of some networks reach the box; everybody else does under the one that it has.
    pub advertise: Vec<Advertise>,
    /// Where the phones of some networks stand.
    pub places: Vec<Place>,
    /// Where another Frontdesk outside says how our messages arrive there: it must know our outside address.
    pub mirrors: Vec<SocketAddr>,
    /// The people.
    pub people: Vec<Person>,
    /// The trunks.
    pub trunks: Vec<Trunk>,
    /// Its fax modems, which are lines for faxes beside the trunks.
    pub modems: Vec<Modem>,
    /// Ports that are fax modems to other programs.
    pub virtual_modems: Vec<VirtualModem>,
    /// How its phones are treated.
    pub phones: Phones,
    /// How long people stay signed in at the console.
    pub sign_in: SignIn,
    /// The domain of the clinic's mail ("clinic.demo") and SIP.
    pub domain: String,
    /// A mail to `<number>@` this domain becomes a fax ("fax.clinic.demo").
    pub fax_domain: String,
    /// Where outgoing mail goes.
    pub smarthost: SocketAddr,
    /// Who gets received faxes by mail.
    pub fax_to_mail: Vec<Pii<String>>,
    /// How it sends and receives faxes.
    pub faxing: Faxing,
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
        let raw: raw::Raw = toml::from_str(text).map_err(|e| vec![Problem::of_toml(text, &e)])?;
        raw::Check::default().run(raw)
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

    /// What is said about the sound of this person's phones, or of all phones.
    pub fn media_of(&self, user: &str) -> Option<Media> {
        self.person(user).and_then(|p| p.media).or(self.phones.media)
    }

    /// True if this person's phone is a fax machine whose faxes are translated.
    pub fn has_fax_gateway(&self, user: &str) -> bool {
        self.person(user).is_some_and(|p| p.fax == Some(PhoneFax::Gateway))
    }

    /// The trunk of this name.
    pub fn trunk(&self, name: &str) -> Option<&Trunk> {
        self.trunks.iter().find(|t| t.name == name)
    }

    /// The modem of this name.
    pub fn modem(&self, name: &str) -> Option<&Modem> {
        self.modems.iter().find(|m| m.name == name)
    }

    /// The port at which calls for this number ring.
    pub fn port_of(&self, number: &PhoneNumber) -> Option<&VirtualModem> {
        self.virtual_modems.iter().find(|port| port.number.as_ref() == Some(number))
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

impl Problem {
    /// What the TOML reader says of a text, with the line and the key or the section that stands there: anything else may be a secret.
    pub fn of_toml(text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let number = before.matches('\n').count();
        let line = text.lines().nth(number).unwrap_or_default();
        let key = line.split_once('=').map_or(line, |(key, _)| key).trim();
        let is_place = (line.contains('=') || key.starts_with('[')) && !key.contains(['"', '\'', '#']);
        let at = if is_place { format!("line {} ({key})", number + 1) } else { format!("line {}", number + 1) };
        let what = error.message().replace('\n', ", ");
        let help =
            HELP.iter().find(|(said, _)| what.contains(said)).map_or("see the sample settings", |(_, help)| help);
        Self { at, what, help: help.to_owned() }
    }
}

/// What to do about what the TOML reader says.
const HELP: [(&str, &str); 8] = [
    ("expected a boolean", "write true or false, without quotes"),
    ("expected a string", "write it between quotes"),
    (
        "expected a sequence",
        "write [[two brackets]] around a section that may stand several times, [one] around a list",
    ),
    ("expected usize", "write a whole number, without quotes"),
    ("expected u", "write a whole number, without quotes"),
    ("unknown variant", "write one of those, in small letters"),
    ("unknown field", "look for a typing error, and whether it belongs into another section"),
    ("missing field", "add it to this section"),
];

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.at, self.what, self.help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const GOOD: &str = r#"
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
            .replace("127.0.0.1:5070", "not a server")
            .replace("+1 202 555 0199", "a station with a very long name");
        let places: Vec<_> = Settings::parse(&bad).expect_err("bad").into_iter().map(|p| p.at).collect();
        assert_eq!(places, ["clinic.timezone", "fax.station_id", "people[0].extension", "trunks[0].address"]);
    }

    #[test]
    fn extensions_are_as_long_as_the_clinic_says_and_never_a_number_of_help() {
        let with = |country: &str, digits: &str, extension: &str| {
            let clinic =
                format!("timezone = \"America/New_York\"\nextension_digits = {digits}\ncountry = \"{country}\"");
            let text = GOOD
                .replace("timezone = \"America/New_York\"", &clinic)
                .replace("\"101\"", &format!("\"{extension}\""));
            Settings::parse(&text).map(drop).map_err(|p| p.into_iter().map(|p| p.at).collect::<Vec<_>>())
        };
        let refused = || Err(vec!["people[0].extension".to_owned()]);
        assert_eq!(with("US", "4", "1001"), Ok(()));
        assert_eq!(with("US", "4", "101"), refused());
        assert_eq!(with("US", "3", "112"), Ok(()));
        assert_eq!(with("GB", "3", "112"), refused());
        assert_eq!(with("US", "9", "101"), Err(vec!["clinic.extension_digits".to_owned()]));
    }

    #[test]
    fn how_long_people_stay_signed_in_is_bounded_and_a_shared_desk_is_left_after_half_an_hour() {
        let with = |lines: &str| {
            Settings::parse(&format!("{GOOD}[console]\n{lines}\n"))
                .map(|s| (s.sign_in.idle.as_secs() / 60, s.sign_in.stay.map(|stay| stay.as_secs() / 86_400)))
                .map_err(|p| p.into_iter().map(|p| p.at).collect::<Vec<_>>())
        };
        assert_eq!(Settings::parse(GOOD).expect("good").sign_in, SignIn::default());
        assert_eq!(with(""), Ok((30, Some(30))));
        assert_eq!(with("idle_minutes = 60\nstay_days = 0"), Ok((60, None)));
        assert_eq!(
            with("idle_minutes = 4\nstay_days = 91"),
            Err(vec!["console.idle_minutes".into(), "console.stay_days".into()])
        );
    }

    #[test]
    fn an_advertised_address_is_one_that_its_network_can_reach() {
        let with = |network: &str, address: &str| {
            let text = "[[advertise]]\nnetwork = \"10.0.0.0/8\"\naddress = \"10.0.0.1\"\n";
            let text = format!("{GOOD}{text}[[advertise]]\nnetwork = \"{network}\"\naddress = \"{address}\"\n");
            Settings::parse(&text)
                .map(|s| s.advertise.len())
                .map_err(|p| p.into_iter().map(|p| p.at).collect::<Vec<_>>())
        };
        assert_eq!(with("0.0.0.0/0", "203.0.113.5"), Ok(2));
        assert_eq!(with("::/0", "2001:db8::5"), Ok(2));
        assert_eq!(
            with("everybody", "203.0.113.5:5060"),
            Err(vec!["advertise[1].network".into(), "advertise[1].address".into()])
        );
        assert_eq!(with("::/0", "203.0.113.5"), Err(vec!["advertise[1]".into()]));
        assert_eq!(
            with("10.1.0.0/16", "10.1.0.1"),
            Err(vec!["advertise[1].network".into()]),
            "the first entry is for it already"
        );
        assert_eq!(with("0.0.0.0/0", "0.0.0.0"), Err(vec!["advertise[1].address".into()]));
    }

    #[test]
    fn a_typing_error_names_its_line() {
        let problems = Settings::parse("plan = \"x\"\nclinic = 3\n").expect_err("bad");
        assert_eq!(problems[0].at, "line 2 (clinic)");
    }

    /// What an office manager reads about a trunk with these lines, from line 17 on.
    fn said(lines: &str) -> String {
        let text = GOOD.replace("address = \"127.0.0.1:5070\"", &format!("address = \"sip.carrier.example\"\n{lines}"));
        let problems = Settings::parse(&text).map(|_| Vec::new()).unwrap_or_else(|problems| problems);
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_wrong_with_a_trunk_is_said_with_its_place_and_its_cure() {
        for (lines, expected) in [
            ("transport = \"tls\"\nregister = true\nuser = \"u\"\nidentity = \"asserted\"", ""),
            (
                "register = true",
                "trunks[0].user: the account is missing (write user = \"...\", as the carrier names the account)",
            ),
            (
                "user = \"u\"\nidentity = \"assert\"",
                "line 18 (identity): unknown variant `assert`, expected one of `none`, `asserted`, `preferred` \
                 (write one of those, in small letters)",
            ),
            (
                "register = \"yes\"",
                "line 17 (register): invalid type: string \"yes\", expected a boolean (write true or false, without quotes)",
            ),
            (
                "channels = \"many\"",
                "line 17 (channels): invalid type: string \"many\", expected usize (write a whole number, without quotes)",
            ),
            ("also_from = [\"198.51.100.0/24\", \"203.0.113.7\", \"2001:db8::/32\"]", ""),
            (
                "also_from = [\"198.51.100.0/24\", \"sip2.carrier.example\"]",
                "trunks[0].also_from[1]: not an address range (write it as in 198.51.100.0/24)",
            ),
            (
                "also_from = [\"0.0.0.0/0\"]",
                "trunks[0].also_from[0]: this is more than one carrier can have \
                 (write what the carrier names as its signalling addresses, each range for itself)",
            ),
            (
                "also_from = [\"127.0.0.0/24\"]",
                "trunks[0].also_from[0]: it shares addresses with the clinic's own networks \
                 (take it out: a gateway in the clinic is a trunk of its own, by its address and port)",
            ),
            (
                "channels = 0",
                "trunks[0].channels: a trunk without room for a call is of no use \
                 (write how many calls at once the carrier's contract allows, or leave it out for ten)",
            ),
            (
                "user = \"u\"\npassword = 47114711",
                "trunks[0].password: this cannot be a password (write it between quotes, on one line)",
            ),
            (
                "transport = \"tsl\"",
                "trunks[0].transport: there is no such transport (write udp, tcp or tls, or leave it out)",
            ),
        ] {
            assert_eq!(said(lines), expected);
        }
        assert!(said("chanels = 10").starts_with("line 17 (chanels): unknown field `chanels`, expected one of `name`"));
    }

    #[test]
    fn what_cannot_be_read_shows_no_password() {
        for line in [
            "password = hunter2",
            "password = 'hunter2",
            "password \"hunter2\"",
            "password = \"x\nhunter2",
            "password = [\"hunter2\"]",
        ] {
            let said = said(&format!("user = \"u\"\n{line}"));
            assert!(!said.is_empty() && !said.contains("hunter2"), "{said}");
        }
    }
}
