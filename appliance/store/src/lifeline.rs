//! The lifeline capsule: what phones need to register and to reach help before anyone has unlocked the store (DESIGN invariant 7).
//!
//! It holds no name, no number of a person and no record: user names, digests, emergency numbers, trunks with their passwords, and the plan. It lies in
//! the clear, readable by the program only. The digests let whoever reads the file register as a phone; a clinic that unlocks by
//! passphrase accepts that, so that an emergency call never waits for one.
//!
//! A capsule is replaced whole and durably, or not at all. A damaged one is an error that says so, never a panic: the program then
//! serves emergency calls with its defaults and tells the staff.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use model::settings::{Media, Phones, Terms};
use model::{Numbering, PhoneNumber, Pii};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::files;

/// What is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capsule {
    /// The SIP domain; also the realm of the digests.
    pub domain: String,
    /// IANA time zone, for the plan's hours.
    pub timezone: String,
    /// The form of the clinic's numbers, its emergency numbers among them.
    pub numbering: Numbering,
    /// The clinic's own main number: what an emergency call shows, so that help can call back.
    pub main_number: PhoneNumber,
    /// The clinic's own networks, as the settings write them ("192.168.1.0/24").
    pub networks: Vec<String>,
    /// Under which address a network's peers reach the box.
    #[serde(default)]
    pub advertise: Vec<(String, IpAddr)>,
    /// How its phones are treated: which digests they are asked for holds for the whole run.
    #[serde(default)]
    pub phones: Phones,
    /// The phones.
    pub users: Vec<CapsuleUser>,
    /// The ways out.
    pub trunks: Vec<CapsuleTrunk>,
    /// The name of the dial plan (a library plan), or its whole text if it contains a line break.
    pub plan: String,
}

/// One extension and what its phones sign in with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapsuleUser {
    /// The user name, which is the extension ("101").
    pub user: String,
    /// HA1 for MD5, in hexadecimal.
    pub ha1_md5: String,
    /// HA1 for SHA-256.
    pub ha1_sha256: String,
    /// HA1 for SHA-512-256; empty in capsules of before it was kept.
    #[serde(default)]
    pub ha1_sha512_256: String,
    /// Whether the sound of their phones is encrypted, if that is said for them alone.
    #[serde(default)]
    pub media: Option<Media>,
}

impl fmt::Debug for CapsuleUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CapsuleUser({})", self.user)
    }
}

/// A connection to a carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapsuleTrunk {
    /// Its name in the plan.
    pub name: String,
    /// Where its SIP end is: "sip.carrier.example", "192.0.2.1:5060".
    #[serde(alias = "address")]
    pub server: String,
    /// The networks of its other machines.
    #[serde(default)]
    pub also_from: Vec<String>,
    /// "udp", "tcp" or "tls"; none if the server's own records choose.
    #[serde(default)]
    pub transport: Option<String>,
    /// The authority of its certificate (PEM), if that is one of its own.
    #[serde(default)]
    pub authority: Option<String>,
    /// How many calls it can carry.
    pub channels: usize,
    /// What is agreed with the carrier.
    #[serde(default)]
    pub terms: Terms,
    /// What it demands of us, if it does.
    #[serde(default)]
    pub secret: Option<CapsuleSecret>,
}

/// What a carrier demands before it takes a call, one for help too. It is in the clear for that reason.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapsuleSecret {
    /// The user name of the digest.
    pub user: String,
    /// The password.
    pub password: Pii<String>,
}

impl fmt::Debug for CapsuleSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CapsuleSecret")
    }
}

/// Why there is no capsule.
#[derive(Debug)]
pub enum CapsuleError {
    /// None was ever saved here.
    Missing,
    /// It is cut, changed, or not a capsule.
    Damaged,
    /// A newer version wrote it.
    Newer,
    /// It cannot be read or written.
    Io(std::io::Error),
}

impl fmt::Display for CapsuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no lifeline capsule yet"),
            Self::Damaged => f.write_str("the lifeline capsule is damaged"),
            Self::Newer => f.write_str("the lifeline capsule was written by a newer version"),
            Self::Io(e) => write!(f, "the lifeline capsule: {e}"),
        }
    }
}

impl std::error::Error for CapsuleError {}

impl Capsule {
    /// Reads the capsule of a state folder. Needs no key.
    ///
    /// # Errors
    /// [`CapsuleError`].
    pub fn load(dir: &Path) -> Result<Self, CapsuleError> {
        Self::read(&path(dir))
    }

    /// Reads the last capsule but one that could be read, for when the last cannot be: phones and help by older settings are better than none.
    ///
    /// # Errors
    /// [`CapsuleError`].
    pub fn load_previous(dir: &Path) -> Result<Self, CapsuleError> {
        Self::read(&dir.join(PREVIOUS))
    }

    fn read(path: &Path) -> Result<Self, CapsuleError> {
        let bytes = files::read(path, MAX_FILE).map_err(CapsuleError::Io)?.ok_or(CapsuleError::Missing)?;
        let end = bytes.iter().position(|b| *b == b'\n').ok_or(CapsuleError::Damaged)?;
        let (head, body) = (&bytes[..end], &bytes[end + 1..]);
        let head = std::str::from_utf8(head).map_err(|_| CapsuleError::Damaged)?;
        let (version, sum) =
            head.strip_prefix(NAME).and_then(|rest| rest.trim_start().split_once(' ')).ok_or(CapsuleError::Damaged)?;
        if version != VERSION {
            return Err(CapsuleError::Newer);
        }
        if sum != checksum(body) {
            return Err(CapsuleError::Damaged);
        }
        serde_json::from_slice(body).map_err(|_| CapsuleError::Damaged)
    }

    /// Replaces the capsule of a state folder; it is durable when this returns. The one before it is kept beside it, if it can be read.
    ///
    /// # Errors
    /// [`CapsuleError::Io`]; the old capsule still holds.
    pub fn save(&self, dir: &Path) -> Result<(), CapsuleError> {
        let bytes = self.bytes()?;
        files::make_folder(dir).map_err(CapsuleError::Io)?;
        if let Ok(before) = Self::load(dir)
            && before != *self
        {
            keep(dir, &before);
        }
        files::replace(&path(dir), &bytes).map_err(CapsuleError::Io)?;
        if Self::load_previous(dir).is_err() {
            keep(dir, self);
        }
        Ok(())
    }

    fn bytes(&self) -> Result<Vec<u8>, CapsuleError> {
        let body = serde_json::to_vec_pretty(self).map_err(|e| CapsuleError::Io(e.into()))?;
        let mut bytes = format!("{NAME} {VERSION} {}\n", checksum(&body)).into_bytes();
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }
}

/// Keeps a capsule for when the last cannot be read. That it cannot be kept is no reason to go without the last.
fn keep(dir: &Path, capsule: &Capsule) {
    let _ = capsule.bytes().map(|bytes| files::replace(&dir.join(PREVIOUS), &bytes));
}

/// Where the trunks' names were last found: beside the capsule, since it changes with the DNS and the capsule with the clinic. Help does
/// not wait for a name to be looked up. Losing it costs a look-up, so whatever is wrong with it reads as nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses(pub Vec<(String, Vec<String>)>);

impl Addresses {
    /// Reads them. Needs no key.
    pub fn load(dir: &Path) -> Self {
        let bytes = files::read(&dir.join(ADDRESSES), MAX_FILE).ok().flatten().unwrap_or_default();
        Self(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Replaces them.
    ///
    /// # Errors
    /// If they cannot be written; the old ones still hold.
    pub fn save(&self, dir: &Path) -> std::io::Result<()> {
        files::replace(&dir.join(ADDRESSES), &serde_json::to_vec_pretty(&self.0)?)
    }
}

/// The capsule before the last.
const PREVIOUS: &str = "lifeline-previous";
const ADDRESSES: &str = "lifeline-trunks";

fn path(dir: &Path) -> PathBuf {
    dir.join("lifeline")
}

fn checksum(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|b| format!("{b:02x}")).collect()
}

/// The first line: what this is, its version, and the SHA-256 of the rest.
const NAME: &str = "frontdesk-lifeline";
const VERSION: &str = "1";
/// Thousands of phones and a plan take less than this.
const MAX_FILE: u64 = 4 << 20;
