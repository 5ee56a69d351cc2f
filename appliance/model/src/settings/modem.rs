//! Fax modems of the clinic's own, and ports that look like one to other fax programs.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Deserialize;

use super::faxing::{Pattern, raw};
use super::raw::Check;
use super::{Network, Ring, Trunk};
use crate::number::NumberFormat;
use crate::{Numbering, PhoneNumber};

/// How a fax modem is driven: which side of the cable speaks T.30.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaxClass {
    /// Class 1 (TIA-578, T.31): we do.
    One,
    /// Class 1.0 (T.31), which is the same below V.34.
    OneZero,
    /// Class 2 as the draft TIA SP-2388 had it and most makers built it: the modem does.
    Two,
    /// Class 2.0 (TIA-592, T.32).
    TwoZero,
    /// Class 2.1: Class 2.0 with V.34.
    TwoOne,
}

impl FaxClass {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::One, Self::OneZero, Self::Two, Self::TwoZero, Self::TwoOne];

    /// As `+FCLASS` and the settings write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::OneZero => "1.0",
            Self::Two => "2",
            Self::TwoZero => "2.0",
            Self::TwoOne => "2.1",
        }
    }

    /// The class that [`FaxClass::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }

    /// The modem speaks T.30 itself.
    pub const fn speaks_t30(self) -> bool {
        matches!(self, Self::Two | Self::TwoZero | Self::TwoOne)
    }
}

/// A fax modem on a serial port or on USB, with a telephone line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modem {
    /// Its name: that of a line for faxes.
    pub name: String,
    /// Its port, under a name that stays the same ("/dev/serial/by-id/usb-…"), or where it is in the network ("rfc2217://host:port").
    pub device: String,
    /// The number of its telephone line; `None`: the clinic's fax number.
    pub number: Option<PhoneNumber>,
    /// Where the exchange rings otherwise for another number (distinctive ring): that number, by how the modem tells such a ring.
    pub ring_numbers: BTreeMap<Ring, PhoneNumber>,
    /// The command by which the modem tells rings apart, if it must be told to.
    pub ring_command: Option<String>,
    /// What our fax machine calls itself on it, if that is another name than elsewhere.
    pub station_id: Option<String>,
    /// No faster than this, in bit/s.
    pub speed: u16,
    /// How it is driven; `None`: as it is driven best.
    pub class: Option<FaxClass>,
    /// It may answer though it was seen to confirm pages before they were stored.
    pub confirms_early: bool,
    /// It dials when it hears the dial tone, and knows by that whether its line is plugged in. Some exchanges have one that it does not know.
    pub waits_for_dial_tone: bool,
    /// After how many rings it answers; `None`: never.
    pub answers_after: Option<u32>,
    /// Only faxes to these go out by it, and before any other line; empty: all may.
    pub to: Vec<Pattern>,
    /// How its line wants a number dialled.
    pub numbers_out: NumberFormat,
    /// What is dialled first, as in "9," for an outside line.
    pub prefix: String,
}

impl Modem {
    /// The number that was called, if its ring was heard to be this one and no other.
    pub fn called_by(&self, heard: &Ring) -> Option<&PhoneNumber> {
        let fits = self.ring_numbers.iter().filter_map(|(ring, number)| Some((ring.differs(heard)?, number)));
        let mut fits: Vec<_> = fits.collect();
        fits.sort_by_key(|(off, _)| *off);
        match fits.as_slice() {
            [(one, _), (other, _), ..] if one == other => None,
            [(_, number), ..] => Some(number),
            [] => None,
        }
    }

    /// A number as this line wants it.
    pub fn dial(&self, number: &PhoneNumber, numbering: &Numbering) -> String {
        let number = self.numbers_out.write(number, numbering);
        let digits = number.chars().filter(|c| c.is_ascii_digit() || "*#".contains(*c));
        self.prefix.chars().chain(digits).collect()
    }
}

/// Where a program finds a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortPlace {
    /// On this computer.
    Link {
        /// The path of the link by which programs find it; without a slash it stands in the state folder, under `modems`.
        link: String,
        /// Who may open it, as an octal mode.
        mode: u32,
        /// The group that it belongs to, by its number; `None`: that of the program.
        group: Option<u32>,
    },
    /// In the network, by RFC 2217.
    Network {
        /// Where it listens.
        listen: SocketAddr,
        /// Who may use it. Nobody else is answered.
        from: Vec<Network>,
    },
}

/// A port that is a fax modem to whatever program opens it; its calls go over a trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualModem {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: PortPlace,
    /// Over which trunk its calls go; `None`: as the plan says.
    pub trunk: Option<String>,
    /// The number of ours whose calls ring there; `None`: none do.
    pub number: Option<PhoneNumber>,
    /// Its calls may be ones over T.38; else they are sound, whatever the other side takes.
    pub t38: bool,
}

/// All that stands under `[[modems]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawModem {
    name: String,
    device: String,
    number: Option<String>,
    #[serde(default)]
    ring_numbers: BTreeMap<String, String>,
    ring_command: Option<String>,
    station_id: Option<String>,
    speed: Option<u16>,
    class: Option<String>,
    #[serde(default)]
    confirms_early: bool,
    #[serde(default = "yes")]
    waits_for_dial_tone: bool,
    rings: Option<u32>,
    #[serde(default)]
    to: Vec<String>,
    #[serde(default = "national")]
    numbers_out: NumberFormat,
    #[serde(default)]
    prefix: String,
}

/// All that stands under `[[virtual_modems]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVirtualModem {
    name: String,
    link: Option<String>,
    listen: Option<String>,
    from: Option<Vec<String>>,
    mode: Option<String>,
    group: Option<u32>,
    trunk: Option<String>,
    number: Option<String>,
    #[serde(default = "yes")]
    t38: bool,
}

/// A line that is not plugged in is told apart, and a fax over IP arrives where sound does not.
const fn yes() -> bool {
    true
}

/// On a telephone line, a number is dialled as people at home dial it.
const fn national() -> NumberFormat {
    NumberFormat::National
}

/// Rings of a call that nobody waits for any more.
const MOST_RINGS: u32 = 10;
/// A modem answers at the second ring: between the first two the exchange tells who calls.
const USUAL_RINGS: u32 = 2;
/// A command line that a modem of any make takes whole (V.250 section 5.2.1: at least 40).
const LONGEST_COMMAND: usize = 40;
/// Owner and group, as serial ports have it.
const USUAL_MODE: u32 = 0o660;
/// This computer, as a port in the network sees it.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1"];
/// Lines of one box. Each costs a thread; who has more has a trunk.
const MOST: usize = 32;

/// Reads the modems.
pub(super) fn check(check: &mut Check, raw: Vec<RawModem>, numbering: &Numbering, trunks: &[Trunk]) -> Vec<Modem> {
    if raw.len() > MOST {
        check.say("modems", "more than 32 modems", "take a trunk for so many lines");
    }
    let mut modems: Vec<Modem> = Vec::new();
    for (i, m) in raw.into_iter().take(MOST).enumerate() {
        let at = |field: &str| format!("modems[{i}].{field}");
        let taken = trunks.iter().map(|t| &t.name).chain(modems.iter().map(|m| &m.name)).any(|name| *name == m.name);
        name(check, &at("name"), &m.name, taken);
        if !m.device.starts_with('/') && !is_far(&m.device) {
            let help = "write the path of its port, best one under /dev/serial/by-id, which stays the same, or rfc2217://host:port";
            check.say(at("device"), "this is no port of this computer", help);
        } else if modems.iter().any(|other| other.device == m.device) {
            check.say(at("device"), "another modem has this port", "give each its own");
        }
        if m.station_id.as_ref().is_some_and(|id| id.len() > 20 || !id.is_ascii()) {
            check.say(at("station_id"), "longer than 20 characters or not plain ASCII", "T.30 allows 20 characters");
        }
        let speed = m.speed.unwrap_or(14_400);
        if ![14_400, 9600, 4800].contains(&speed) {
            check.say(at("speed"), "there is no such speed", "write 14400, 9600 or 4800, or leave it out");
        }
        let class = m.class.as_deref().and_then(FaxClass::from_word);
        if m.class.is_some() && class.is_none() {
            let help = "write \"1\", \"1.0\", \"2\", \"2.0\" or \"2.1\", or leave it out";
            check.say(at("class"), "there is no such class of fax modems", help);
        }
        let rings = m.rings.unwrap_or(USUAL_RINGS);
        if rings > MOST_RINGS {
            check.say(at("rings"), "callers do not wait so long", "write at most 10; 0 answers never");
        }
        if let Some(odd) = m.prefix.chars().find(|c| !c.is_ascii_digit() && !"*#,W".contains(*c)) {
            let help = "write digits, * and #, a comma for a pause, W to wait for the dial tone";
            check.say(at("prefix"), format!("“{odd}” cannot be dialled"), help);
        }
        let ring_numbers = ring_numbers(check, &at("ring_numbers"), &m.ring_numbers, numbering);
        if m.ring_command.as_deref().is_some_and(|line| !is_setting(line)) {
            let help = "write the command by which it tells rings apart, as in \"AT-SDR=7\" or \"AT+VDR=1,5\"";
            check.say(at("ring_command"), "this is no setting of a modem", help);
        }
        let to = m.to.iter().enumerate();
        let to = to.filter_map(|(n, text)| raw::pattern(check, &at(&format!("to[{n}]")), text, numbering)).collect();
        modems.push(Modem {
            number: m.number.map(|text| check.number(&at("number"), &text, numbering)),
            ring_numbers,
            ring_command: m.ring_command,
            name: m.name,
            device: m.device,
            station_id: m.station_id,
            speed,
            class,
            confirms_early: m.confirms_early,
            waits_for_dial_tone: m.waits_for_dial_tone,
            answers_after: (rings > 0).then_some(rings),
            to,
            numbers_out: m.numbers_out,
            prefix: m.prefix,
        });
    }
    modems
}

/// Reads by which ring which number is called.
fn ring_numbers(
    check: &mut Check,
    at: &str,
    raw: &BTreeMap<String, String>,
    numbering: &Numbering,
) -> BTreeMap<Ring, PhoneNumber> {
    let mut rings = BTreeMap::new();
    for (text, number) in raw {
        let Some(ring) = Ring::parse(text) else {
            let help = "write what the modem says after RING, as in A = \"+12025550198\", or for how many seconds the bell is heard, is \
                        silent and is heard again, as in \"0.8-0.4-0.8\" = \"+12025550198\"";
            check.say(at, format!("no ring is called “{text}”"), help);
            continue;
        };
        if rings.keys().any(|other| ring.is_like(other)) {
            check.say(
                at,
                format!("“{text}” is a ring that another number has"),
                "no modem can tell the two apart: take one out",
            );
        }
        let number = check.number(&format!("{at}.{text}"), number, numbering);
        rings.insert(ring, number);
    }
    rings
}

/// Reads the ports for other programs.
pub(super) fn check_virtual(
    check: &mut Check,
    raw: Vec<RawVirtualModem>,
    numbering: &Numbering,
    trunks: &[Trunk],
) -> Vec<VirtualModem> {
    if raw.len() > MOST {
        check.say("virtual_modems", "more than 32 ports", "let several programs send one after the other");
    }
    let mut ports: Vec<VirtualModem> = Vec::new();
    for (i, m) in raw.into_iter().take(MOST).enumerate() {
        let at = |field: &str| format!("virtual_modems[{i}].{field}");
        name(check, &at("name"), &m.name, ports.iter().any(|other| other.name == m.name));
        let place = place(check, &at, &m);
        if place.is_some() && ports.iter().any(|other| is_same(&other.place, place.as_ref())) {
            let which = if m.link.is_some() { "link" } else { "listen" };
            check.say(at(which), "another port has this place", "give each its own");
        }
        if m.trunk.as_ref().is_some_and(|name| !trunks.iter().any(|t| t.name == *name)) {
            check.say(at("trunk"), "there is no such trunk", "write the name of one under [[trunks]]");
        }
        let number = m.number.map(|text| check.number(&at("number"), &text, numbering));
        if number.is_some() && ports.iter().any(|other| other.number == number) {
            check.say(at("number"), "another port has this number", "give each its own");
        }
        // What is wrong with its place has been said.
        let place = place.unwrap_or(PortPlace::Link { link: String::new(), mode: USUAL_MODE, group: None });
        ports.push(VirtualModem { name: m.name, place, trunk: m.trunk, number, t38: m.t38 });
    }
    ports
}

/// Where such a port is; `None` if that is not to be known.
fn place(check: &mut Check, at: &dyn Fn(&str) -> String, m: &RawVirtualModem) -> Option<PortPlace> {
    match (&m.link, &m.listen) {
        (Some(link), None) => {
            if m.from.is_some() {
                let help = "take it out: mode and group say who may open a link";
                check.say(at("from"), "this is for ports in the network", help);
            }
            Some(on_this_computer(check, at, link, m))
        }
        (None, Some(listen)) => {
            if m.mode.is_some() || m.group.is_some() {
                check.say(at("mode"), "this is for links", "take it out: from says who may use a port in the network");
            }
            in_the_network(check, at, listen, m.from.as_deref())
        }
        (Some(_), Some(_)) => {
            check.say(at("listen"), "it has a link already", "write a second port for the network, with another name");
            None
        }
        (None, None) => {
            let help = "write link = \"ttyFAX\" for programs on this computer, or listen = \"127.0.0.1:7001\"";
            check.say(at("link"), "nobody can find this port", help);
            None
        }
    }
}

fn on_this_computer(check: &mut Check, at: &dyn Fn(&str) -> String, link: &str, m: &RawVirtualModem) -> PortPlace {
    let bare = !link.contains('/');
    if link.is_empty() || link.ends_with('/') || !bare && !link.starts_with('/') || link.starts_with('.') {
        check.say(at("link"), "this is no place for a port", "write a path as in /run/frontdesk/ttyFAX, or a name");
    }
    let mode = m.mode.as_deref().map_or(Some(USUAL_MODE), |text| u32::from_str_radix(text, 8).ok());
    let mode = mode.filter(|mode| mode & !0o666 == 0);
    if mode.is_none() {
        check.say(at("mode"), "this is no mode of a port", "write it as in \"660\" (owner and group) or \"600\"");
    }
    PortPlace::Link { link: link.to_owned(), mode: mode.unwrap_or(USUAL_MODE), group: m.group }
}

/// Whoever gets there sends faxes and answers those of the port's number, without a password and in the clear: it is said who may, unless
/// it is this computer alone.
fn in_the_network(
    check: &mut Check,
    at: &dyn Fn(&str) -> String,
    listen: &str,
    from: Option<&[String]>,
) -> Option<PortPlace> {
    let Some(listen) = listen.parse::<SocketAddr>().ok().filter(|listen| listen.port() != 0) else {
        check.say(at("listen"), "this is not an address with a port", "write it as in 192.168.1.10:7001");
        return None;
    };
    let mut networks = Vec::new();
    for (i, text) in from.unwrap_or_default().iter().enumerate() {
        match Network::parse(text) {
            None => check.say(at(&format!("from[{i}]")), "not an address range", "write it as in 192.168.1.20/32"),
            Some(network) if network.is_wide() => {
                let help = "write the addresses of the machines on which fax programs run";
                check.say(at(&format!("from[{i}]")), "this is more than one clinic can have", help);
            }
            Some(network) => networks.push(network),
        }
    }
    match from {
        None if listen.ip().is_loopback() => networks.extend(LOOPBACK.into_iter().filter_map(Network::parse)),
        None | Some([]) => {
            let help = "write who may in from, as in from = [\"192.168.1.20/32\"], or listen on 127.0.0.1";
            check.say(at("listen"), "whoever reaches this address could send faxes", help);
        }
        Some(_) => {}
    }
    Some(PortPlace::Network { listen, from: networks })
}

fn is_same(one: &PortPlace, other: Option<&PortPlace>) -> bool {
    match (one, other) {
        (PortPlace::Link { link, .. }, Some(PortPlace::Link { link: other, .. })) => link == other,
        (PortPlace::Network { listen, .. }, Some(PortPlace::Network { listen: other, .. })) => listen == other,
        _ => false,
    }
}

/// A command line that sets something: it neither dials nor answers.
fn is_setting(line: &str) -> bool {
    let command = line.get(..2).filter(|at| at.eq_ignore_ascii_case("AT")).map(|_| &line[2..]);
    let sets = |command: &str| !command.is_empty() && !command.starts_with(['A', 'a', 'D', 'd']);
    line.len() <= LONGEST_COMMAND && line.bytes().all(|c| c.is_ascii_graphic()) && command.is_some_and(sets)
}

/// A port at the other end of a network.
fn is_far(device: &str) -> bool {
    let address = device.strip_prefix("rfc2217://").and_then(|address| address.rsplit_once(':'));
    address.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0))
}

fn name(check: &mut Check, at: &str, name: &str, taken: bool) {
    if name.trim().is_empty() {
        check.say(at, "the name is empty", "write one that staff know, as in closet");
    } else if taken {
        check.say(at, "another line has this name", "give each its own");
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::super::tests::GOOD;
    use super::*;

    fn said(lines: &str) -> String {
        let problems = Settings::parse(&format!("{GOOD}{lines}")).map(|_| Vec::new()).unwrap_or_else(|all| all);
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_wrong_with_a_modem_is_said_with_its_place_and_its_cure() {
        let modem = "[[modems]]\nname = \"closet\"\n";
        let port = "device = \"/dev/serial/by-id/usb-x\"\n";
        for (lines, expected) in [
            (
                format!(
                    "{modem}{port}rings = 3\nspeed = 9600\nwaits_for_dial_tone = false\nto = [\"+1202*\"]\nprefix = \"9,\""
                ),
                "",
            ),
            (format!("{modem}device = \"192.0.2.1:2217\""), "modems[0].device: this is no port of this computer"),
            (format!("{modem}{port}speed = 33600"), "modems[0].speed: there is no such speed"),
            (format!("{modem}{port}class = \"2.0\""), ""),
            (format!("{modem}{port}class = \"3\""), "modems[0].class: there is no such class of fax modems"),
            (
                format!(
                    "{modem}{port}ring_numbers = {{ A = \"+12025550198\", 2 = \"+12025550197\" }}\nring_command = \"AT-SDR=7\""
                ),
                "",
            ),
            (
                format!("{modem}{port}ring_numbers = {{ \"RING A\" = \"+12025550198\" }}"),
                "modems[0].ring_numbers: no ring is called “RING A”",
            ),
            (format!("{modem}{port}ring_numbers = {{ A = \"none\" }}"), "modems[0].ring_numbers.A: "),
            (
                format!(
                    "{modem}{port}ring_numbers = {{ \"0.8-0.4-0.8\" = \"+12025550198\", \"2.0\" = \"+12025550197\" }}\nring_command = \"AT+VDR=1,5\""
                ),
                "",
            ),
            (
                format!("{modem}{port}ring_numbers = {{ \"0.8-0.4\" = \"+12025550198\" }}"),
                "modems[0].ring_numbers: no ring is called “0.8-0.4”",
            ),
            (
                format!(
                    "{modem}{port}ring_numbers = {{ \"0.8-0.4-0.8\" = \"+12025550198\", \"0.8-0.5-0.8\" = \"+12025550197\" }}"
                ),
                "modems[0].ring_numbers: “0.8-0.5-0.8” is a ring that another number has",
            ),
            (
                format!("{modem}{port}ring_command = \"ATD5551234\""),
                "modems[0].ring_command: this is no setting of a modem",
            ),
            (format!("{modem}{port}rings = 60"), "modems[0].rings: callers do not wait so long"),
            (format!("{modem}{port}to = [\"1202\"]"), "modems[0].to[0]: this is no number"),
            (format!("{modem}{port}prefix = \"AT\""), "modems[0].prefix: “A” cannot be dialled"),
            (format!("{modem}{port}[[modems]]\nname = \"main\"\n{port}"), "modems[1].name: another line has this name"),
            (format!("{modem}{port}{modem}{port}"), "modems[1].name: another line has this name"),
            (format!("{modem}{port}ring = 3"), "line 27 (ring): unknown field `ring`"),
            (modem.to_owned(), "line 24 ([[modems]]): missing field `device`"),
        ] {
            let said = said(&lines);
            assert!(said.starts_with(expected) && said.is_empty() == expected.is_empty(), "{lines}\n{said}");
        }
        assert!(said(&format!("{modem}{port}{modem}{port}")).contains("modems[1].device: another modem has this port"));
    }

    #[test]
    fn what_is_wrong_with_a_port_for_programs_is_said_too() {
        let port = "[[virtual_modems]]\nname = \"hylafax\"\n";
        for (lines, expected) in [
            ("link = \"ttyFAX\"\nmode = \"600\"\ntrunk = \"main\"", ""),
            ("link = \"/run/frontdesk/ttyFAX\"\nt38 = false", ""),
            ("link = \"../ttyFAX\"", "virtual_modems[0].link: this is no place for a port"),
            ("link = \"ttyFAX\"\nmode = \"4755\"", "virtual_modems[0].mode: this is no mode of a port"),
            ("link = \"ttyFAX\"\ntrunk = \"other\"", "virtual_modems[0].trunk: there is no such trunk"),
            ("t38 = false", "virtual_modems[0].link: nobody can find this port"),
            ("link = \"ttyFAX\"\nlisten = \"127.0.0.1:7001\"", "virtual_modems[0].listen: it has a link already"),
            ("link = \"ttyFAX\"\nfrom = [\"127.0.0.1\"]", "virtual_modems[0].from: this is for ports in the network"),
            ("listen = \"127.0.0.1:7001\"", ""),
            ("listen = \"[::1]:7001\"\nfrom = [\"::1\"]", ""),
            ("listen = \"192.168.1.10:7001\"\nfrom = [\"192.168.1.20/32\", \"192.168.1.21\"]", ""),
            ("listen = \"192.168.1.10\"", "virtual_modems[0].listen: this is not an address with a port"),
            ("listen = \"192.168.1.10:0\"", "virtual_modems[0].listen: this is not an address with a port"),
            (
                "listen = \"192.168.1.10:7001\"",
                "virtual_modems[0].listen: whoever reaches this address could send faxes",
            ),
            ("listen = \"0.0.0.0:7001\"\nfrom = []", "virtual_modems[0].listen: whoever reaches this address"),
            (
                "listen = \"192.168.1.10:7001\"\nfrom = [\"the fax server\"]",
                "virtual_modems[0].from[0]: not an address range",
            ),
            (
                "listen = \"192.168.1.10:7001\"\nfrom = [\"0.0.0.0/0\"]",
                "virtual_modems[0].from[0]: this is more than one clinic can have",
            ),
            ("listen = \"127.0.0.1:7001\"\nmode = \"660\"", "virtual_modems[0].mode: this is for links"),
            (
                "listen = \"127.0.0.1:7001\"\n[[virtual_modems]]\nname = \"efax\"\nlisten = \"127.0.0.1:7001\"",
                "virtual_modems[1].listen: another port has this place",
            ),
        ] {
            let said = said(&format!("{port}{lines}"));
            assert!(said.starts_with(expected) && said.is_empty() == expected.is_empty(), "{lines}\n{said}");
        }
    }

    #[test]
    fn a_number_is_dialled_as_the_line_wants_it() {
        let settings = Settings::parse(&format!(
            "{GOOD}[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyS0\"\nprefix = \"9,\"\n"
        ));
        let settings = settings.expect("good");
        let dial = |text: &str| settings.modems[0].dial(&PhoneNumber::E164(text.to_owned()), &settings.numbering);
        assert_eq!(dial("+12025550101"), "9,12025550101");
        assert_eq!(dial("+442079460018"), "9,011442079460018");
    }
}
