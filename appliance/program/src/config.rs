//! The file that `frontdesk run --config` reads: where this box keeps its state and on which addresses it listens. Everything
//! else is a setting of the clinic and lives in the store.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::boot::{Failure, KeySource, Pace, Setup};
use crate::certificates::Source;
use crate::ports::Ports;

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
    /// One address or several; media is on the first.
    #[serde(default = "sip")]
    sip: Addresses,
    /// Port 5061 of the same addresses if left out.
    sip_tls: Option<Addresses>,
    /// A DNS server of its own; the system's if left out.
    dns: Option<SocketAddr>,
    #[serde(default = "media")]
    media: [u16; 2],
    #[serde(default = "console")]
    console: SocketAddr,
    /// The console over TLS.
    console_tls: Option<SocketAddr>,
    #[serde(default = "submission")]
    submission: SocketAddr,
    #[serde(default)]
    tls: RawTls,
    /// Other sites whose pages may be a phone of the clinic ("https://phones.clinic.example").
    #[serde(default)]
    phone_origins: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Addresses {
    One(SocketAddr),
    Several(Vec<SocketAddr>),
}

impl Addresses {
    fn list(self) -> Vec<SocketAddr> {
        match self {
            Self::One(address) => vec![address],
            Self::Several(list) => list,
        }
    }
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

fn sip() -> Addresses {
    Addresses::One(SocketAddr::from(([127, 0, 0, 1], 5060)))
}

fn console() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8443))
}

fn submission() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 587))
}

const fn media() -> [u16; 2] {
    [10_000, 19_999]
}

/// Reads and checks the file.
pub(crate) fn read(path: &Path) -> Result<Setup, Failure> {
    let read = |p: &Path| {
        std::fs::read_to_string(p).map_err(|e| Failure(format!("the file {} cannot be read: {e}", p.display())))
    };
    let text = read(path)?;
    let raw: Raw = toml::from_str(&text)
        .map_err(|e| Failure(format!("the configuration {} has a problem: {}", path.display(), e.message())))?;
    let media = media_range(raw.media)?;
    let beside = path.parent().unwrap_or(Path::new("."));
    let sip = raw.sip.list();
    if sip.is_empty() {
        return Err(Failure("sip: give at least one address, as in 192.168.1.10:5060".to_owned()));
    }
    let sip_tls = raw.sip_tls.map_or_else(|| over_tls(&sip), Addresses::list);
    let certificates = certificates(raw.tls, beside)?;
    Ok(Setup {
        first_settings: read(&beside.join(raw.settings))?,
        state: beside.join(raw.state),
        key: match raw.key {
            RawKey::File => KeySource::File,
            RawKey::Passphrase => KeySource::Passphrase,
        },
        ports: Ports {
            sip,
            sip_tls,
            media,
            console: raw.console,
            console_tls: raw.console_tls,
            submission: raw.submission,
        },
        certificates,
        origins: console::Origins { listed: raw.phone_origins, loopback: false },
        pace: Pace::Clinic,
        demo: None,
        dns: raw.dns,
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
