//! The file that `frontdesk run --config` reads: where this box keeps its state and on which addresses it listens. Everything
//! else is a setting of the clinic and lives in the store.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::boot::{Failure, KeySource, Pace, Setup};
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
    #[serde(default = "sip")]
    sip: SocketAddr,
    /// A DNS server of its own; the system's if left out.
    dns: Option<SocketAddr>,
    #[serde(default = "media")]
    media: [u16; 2],
    #[serde(default = "console")]
    console: SocketAddr,
    #[serde(default = "submission")]
    submission: SocketAddr,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKey {
    #[default]
    File,
    Passphrase,
}

fn sip() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 5060))
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
    Ok(Setup {
        first_settings: read(&beside.join(raw.settings))?,
        state: beside.join(raw.state),
        key: match raw.key {
            RawKey::File => KeySource::File,
            RawKey::Passphrase => KeySource::Passphrase,
        },
        ports: Ports { sip: raw.sip, media, console: raw.console, submission: raw.submission },
        pace: Pace::Clinic,
        demo: None,
        dns: raw.dns,
    })
}

fn media_range([first, last]: [u16; 2]) -> Result<Range<u16>, Failure> {
    // Two ports a call leg; ten calls are the least that makes sense.
    if last < first || last - first < 40 || last == u16::MAX {
        return Err(Failure("media: give the first and the last port, at least 40 apart, below 65535".to_owned()));
    }
    Ok(first..last + 1)
}
