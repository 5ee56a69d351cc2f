//! The file that `frontdesk run --config` reads: where this box keeps its state and on which addresses it listens. Everything
//! else is a setting of the clinic and lives in the store.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use model::settings::Problem;
use serde::Deserialize;

use crate::boot::{Failure, FirstSettings, KeySource, Pace, Setup};
use crate::certificates::Source;
use crate::ports::Ports;

/// What `frontdesk run --help` says of it.
pub(crate) const HELP: &str = "\
The configuration file (TOML; paths are seen from its folder), and what is so if a key is left out:
  state          the state folder, made at the first start; must be named
  settings       the clinic's settings for the first start, a TOML file; must be named
  key            how the store is unlocked: \"file\" (in the state folder), or \"passphrase\"; \"file\"
  sip            UDP and TCP for phones and trunks, and sound: an address with its port, or a list,
                 one in each network, the first leads outside; \"127.0.0.1:5060\"
  sip_tls        the same over TLS; port 5061 of the addresses of sip
  media          the first and the last port for sound; [10000, 19999]
  dns            a DNS server with its port; those of the system
  console        the console, at one address or several; \"127.0.0.1:8443\"
  console_tls    the console over TLS, at one address or several; none
  submission     where mail programs hand in mail; \"127.0.0.1:587\"
  phone_origins  other sites whose pages may be phones of the clinic; none
and in the table [tls]:
  certificate    a PEM file, with its key; the box makes both
  key            the certificate's key
  phones         the authority of certificates that phones may show; they show none
  phones_must    whether a phone without one is refused; false
A port below 1024, as that of submission, takes root or the capability CAP_NET_BIND_SERVICE.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    /// The state folder.
    state: PathBuf,
    /// The settings for the first start, a TOML file beside this one.
    settings: PathBuf,
    /// "file": a key file in the state folder. "passphrase": typed by a person at each start.
    #[serde(default)]
    key: RawKey,
    /// One address or several, one in each network of the clinic; media is there, too.
    sip: Option<toml::Value>,
    /// Port 5061 of the same addresses if left out.
    sip_tls: Option<toml::Value>,
    /// A DNS server of its own; the system's if left out.
    dns: Option<String>,
    #[serde(default = "media")]
    media: [u16; 2],
    /// One address or several.
    console: Option<toml::Value>,
    /// The console over TLS, at one address or several.
    console_tls: Option<toml::Value>,
    submission: Option<String>,
    #[serde(default)]
    tls: RawTls,
    /// Other sites whose pages may be a phone of the clinic ("https://phones.clinic.example").
    #[serde(default)]
    phone_origins: Vec<String>,
}

/// An address or a list of them: a mistake in either is said in our words, which serde's for one of several types are not.
fn addresses(key: &str, value: &toml::Value) -> Result<Vec<SocketAddr>, Failure> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    if list.is_empty() {
        return Err(Failure(format!("{key}: give an address or a list of them, as in [\"192.168.1.10:5060\"]")));
    }
    list.iter().map(|one| address(key, &one.as_str().map_or_else(|| one.to_string(), str::to_owned))).collect()
}

fn address(key: &str, text: &str) -> Result<SocketAddr, Failure> {
    let help = "write it with its port, as in \"192.168.1.10:5060\" or \"[fd00::10]:5060\"";
    text.parse().map_err(|_| Failure(format!("{key}: \"{text}\" is not an address with a port; {help}")))
}

/// The addresses under this key; one on the loopback, at this port, if they are left out.
fn addresses_or(key: &str, list: Option<&toml::Value>, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    list.map_or_else(|| Ok(vec![address_or(key, None, port)?]), |list| addresses(key, list))
}

/// The address under this key; on the loopback, at this port, if it is left out.
fn address_or(key: &str, text: Option<String>, port: u16) -> Result<SocketAddr, Failure> {
    text.map_or(Ok(SocketAddr::from(([127, 0, 0, 1], port))), |text| address(key, &text))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTls {
    /// PEM; the clinic's own authority makes one if left out.
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    /// The authority of certificates that phones have (PEM).
    phones: Option<PathBuf>,
    /// A phone without one is refused.
    #[serde(default)]
    phones_must: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKey {
    #[default]
    File,
    Passphrase,
}

const fn media() -> [u16; 2] {
    [10_000, 19_999]
}

/// Reads and checks the file. What is wrong in it is said with its name and its key.
pub(crate) fn read(path: &Path) -> Result<Setup, Failure> {
    let text = read_text(path)?;
    check(&text, path.parent().unwrap_or(Path::new(".")))
        .map_err(|Failure(problem)| Failure(format!("the configuration {} has a problem: {problem}", path.display())))
}

fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure(format!("the file {} cannot be read: {e}", path.display())))
}

fn check(text: &str, beside: &Path) -> Result<Setup, Failure> {
    let raw: Raw = toml::from_str(text).map_err(|e| Failure(Problem::of_toml(text, &e).to_string()))?;
    let media = media_range(raw.media)?;
    let sip = addresses_or("sip", raw.sip.as_ref(), 5060)?;
    // What SDP says of sound is this address: a wildcard there is a phone on hold.
    if let Some(wildcard) = sip.first().filter(|first| first.ip().is_unspecified()) {
        return Err(Failure(format!(
            "sip: sound is on the first address, too, and {} is every address; write first the one under which phones reach this box",
            wildcard.ip()
        )));
    }
    let sip_tls = raw.sip_tls.map_or_else(|| Ok(over_tls(&sip)), |list| addresses("sip_tls", &list))?;
    let certificates = certificates(raw.tls, beside)?;
    Ok(Setup {
        first_settings: FirstSettings::at(&beside.join(raw.settings)),
        state: beside.join(raw.state),
        key: match raw.key {
            RawKey::File => KeySource::File,
            RawKey::Passphrase => KeySource::Passphrase,
        },
        ports: Ports {
            sip,
            sip_tls,
            media,
            console: addresses_or("console", raw.console.as_ref(), 8443)?,
            console_tls: raw.console_tls.map_or_else(|| Ok(Vec::new()), |list| addresses("console_tls", &list))?,
            submission: address_or("submission", raw.submission, 587)?,
        },
        certificates,
        origins: console::Origins { listed: raw.phone_origins, loopback: false },
        pace: Pace::Clinic,
        demo: None,
        dns: raw.dns.map(|text| address("dns", &text)).transpose()?,
    })
}

fn over_tls(sip: &[SocketAddr]) -> Vec<SocketAddr> {
    sip.iter().map(|address| SocketAddr::new(address.ip(), 5061)).collect()
}

fn certificates(raw: RawTls, beside: &Path) -> Result<Source, Failure> {
    let files = match (raw.certificate, raw.key) {
        (Some(certificate), Some(key)) => Some((beside.join(certificate), beside.join(key))),
        (None, None) => None,
        _ => return Err(Failure("tls: certificate and key go together; give both or neither".to_owned())),
    };
    if raw.phones_must && raw.phones.is_none() {
        return Err(Failure(
            "tls.phones_must: name the authority of the phones' certificates in tls.phones".to_owned(),
        ));
    }
    Ok(Source { files, phones: raw.phones.map(|path| (beside.join(path), raw.phones_must)) })
}

fn media_range([first, last]: [u16; 2]) -> Result<Range<u16>, Failure> {
    // Two ports a call leg; ten calls are the least that makes sense.
    if last < first || last - first < 40 || last == u16::MAX {
        return Err(Failure("media: give the first and the last port, at least 40 apart, below 65535".to_owned()));
    }
    Ok(first..last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The complaint about a configuration with this line, in a folder that has a `clinic.toml`; empty if there is none.
    fn said(line: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("clinic.toml"), "").expect("written");
        let file = folder.path().join("frontdesk.toml");
        std::fs::write(&file, format!("state = \"state\"\nsettings = \"clinic.toml\"\n{line}\n")).expect("written");
        let Err(Failure(sentence)) = read(&file) else { return String::new() };
        let start = format!("the configuration {} has a problem: ", file.display());
        sentence.strip_prefix(&start).unwrap_or_else(|| panic!("it does not name the file: {sentence}")).to_owned()
    }

    #[test]
    fn the_help_names_every_key() {
        for (line, known) in [("port = 5060", 12), ("[tls]\nport = 5060", 4)] {
            let complaint = said(line);
            let (_, keys) = complaint.split_once("expected one of ").expect("serde names what there is");
            let keys: Vec<_> = keys.split('`').skip(1).step_by(2).collect();
            assert_eq!(keys.len(), known, "{keys:?}");
            for key in keys {
                assert!(HELP.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == key), "{key}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place_and_its_cure() {
        let good = ["", "sip = \"192.168.1.10:5060\"", "sip = [\"[fd00::10]:5060\"]", "key = \"passphrase\""];
        let consoles = ["console = \"[::1]:8443\"", "console_tls = [\"192.168.1.10:443\", \"[fd00::10]:443\"]"];
        for good in good.into_iter().chain(consoles) {
            assert_eq!(said(good), "");
        }
        let cure = "write it with its port, as in \"192.168.1.10:5060\" or \"[fd00::10]:5060\"";
        for key in ["sip", "sip_tls", "console", "console_tls", "submission", "dns"] {
            let expected = format!("{key}: \"192.168.1.10\" is not an address with a port; {cure}");
            assert_eq!(said(&format!("{key} = \"192.168.1.10\"")), expected);
        }
        let list = "sip: give an address or a list of them, as in [\"192.168.1.10:5060\"]";
        assert_eq!(said("sip = []"), list);
        assert_eq!(said("sip = [5060]"), format!("sip: \"5060\" is not an address with a port; {cure}"));
        assert!(
            said("key = \"usb\"").starts_with("line 3 (key): unknown variant `usb`, expected `file` or `passphrase`")
        );
        let wildcard = "sip: sound is on the first address, too, and 0.0.0.0 is every address;";
        assert!(said("sip = \"0.0.0.0:5060\"").starts_with(wildcard));
        assert!(said("port = 5060").starts_with("line 3 (port): unknown field `port`, expected one of"));
        assert!(said("[tls]\ncertificate = \"a.pem\"").starts_with("tls: certificate and key go together"));
        assert!(said("[tls]\nphones_must = true").starts_with("tls.phones_must: name the authority"));
        assert!(said("media = [5000, 5010]").starts_with("media: give the first and the last port"));
    }
}
