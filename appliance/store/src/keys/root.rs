//! The root key: from a file, or from a passphrase.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::seal::{Secret, random};
use crate::Store;
use crate::effect::StoreError;
use crate::files;

/// The key above all keys. Overwritten in memory when dropped; has no `Debug`.
///
/// A file beside the data protects backups without it and discarded disks, not a stolen box; a passphrase protects that too,
/// but after a start somebody must type it (until then the lifeline capsule serves emergency calls).
#[derive(Clone)]
pub struct RootKey(Secret);

impl RootKey {
    /// Reads the key file at `path`, or makes one: random, readable by its owner only, durable before this returns.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if the file cannot be read or written, or is not a key file. A damaged file is never replaced: the
    /// data behind it would be lost for good.
    pub fn load_or_create(path: &Path) -> Result<Self, StoreError> {
        let failed = |e: std::io::Error| StoreError::Broken(format!("the root key file: {e}"));
        if let Some(text) = files::read(path, MAX_FILE).map_err(failed)? {
            let key = Self::from_text(&Zeroizing::new(text))?;
            keep_private(path);
            return Ok(key);
        }
        let key = Self(Secret::fresh()?);
        let text = Zeroizing::new(format!("{HEADER}{}\n", STANDARD.encode(key.0.bytes())));
        files::replace(path, text.as_bytes()).map_err(failed)?;
        Ok(key)
    }

    /// Derives the key from a passphrase (argon2id). Salt and cost lie in `dir`; they are made at the first use. Takes a good part
    /// of a second of one core and 64 MiB of memory, so call it off the async threads. It cannot tell a wrong passphrase:
    /// [`crate::Store::open`] does.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if the file with the salt cannot be read or written, asks for an absurd cost, or is missing beside a store that is not
    /// new: then nothing is written.
    pub fn from_passphrase(dir: &Path, passphrase: &str) -> Result<Self, StoreError> {
        let broken = |why: &str| StoreError::Broken(format!("the passphrase file: {why}"));
        let path = dir.join("passphrase.json");
        let stored = files::read(&path, MAX_FILE).map_err(|e| broken(&e.to_string()))?;
        let kdf = match stored {
            Some(bytes) => serde_json::from_slice::<Kdf>(&bytes).map_err(|_| broken("damaged"))?,
            // A restored store without its salt: a fresh one would make every passphrase a wrong one, and hide what is missing.
            None if !Store::is_new(dir) => {
                return Err(StoreError::Broken(
                    "passphrase.json is missing beside the database; put it back".to_owned(),
                ));
            }
            None => {
                let salt = STANDARD.encode(random::<16>()?);
                let kdf = Kdf { version: 1, memory_kib: MEMORY_KIB, passes: PASSES, lanes: 1, salt };
                let text = serde_json::to_vec_pretty(&kdf).map_err(|e| broken(&e.to_string()))?;
                files::make_folder(dir).map_err(|e| broken(&e.to_string()))?;
                files::replace(&path, &text).map_err(|e| broken(&e.to_string()))?;
                kdf
            }
        };
        // The file is not secret and not authenticated: whoever can change it must not make us weaker or eat all memory.
        if kdf.version != 1 || !(MEMORY_KIB..=1 << 20).contains(&kdf.memory_kib) || !(PASSES..=20).contains(&kdf.passes)
        {
            return Err(broken("its cost is out of bounds"));
        }
        let salt = STANDARD.decode(&kdf.salt).map_err(|_| broken("damaged"))?;
        let params =
            Params::new(kdf.memory_kib, kdf.passes, kdf.lanes, Some(32)).map_err(|e| broken(&e.to_string()))?;
        let mut bytes = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, bytes.as_mut_slice())
            .map_err(|e| broken(&e.to_string()))?;
        Ok(Self(Secret::from_bytes(bytes)))
    }

    /// From 32 bytes that come from elsewhere (a TPM, a USB key, a test).
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::from_bytes(Zeroizing::new(bytes)))
    }

    /// Its name in the key file: a hash, so that a wrong key is told apart from a damaged file.
    pub(super) fn id(&self) -> String {
        let digest = Sha256::new().chain_update(b"frontdesk root key id v1").chain_update(self.0.bytes()).finalize();
        STANDARD.encode(&digest[..9])
    }

    pub(super) const fn secret(&self) -> &Secret {
        &self.0
    }

    fn from_text(text: &[u8]) -> Result<Self, StoreError> {
        let broken = || StoreError::Broken("the root key file is damaged or not a key file".to_owned());
        let text = std::str::from_utf8(text).map_err(|_| broken())?;
        let encoded = text.strip_prefix(HEADER).ok_or_else(broken)?.trim_end();
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| broken())?);
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(broken());
        }
        key.copy_from_slice(&bytes);
        Ok(Self(Secret::from_bytes(key)))
    }
}

/// Takes a key file away from everybody but its owner. Some file systems (a USB stick) know no owners; then this changes nothing,
/// and the log says so.
fn keep_private(path: &Path) {
    let Ok(meta) = std::fs::metadata(path) else { return };
    if meta.permissions().mode() & 0o077 == 0 {
        return;
    }
    let tightened = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).is_ok()
        && std::fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o077 == 0);
    tracing::warn!(tightened, "the root key file could be read by others");
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    version: u32,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

/// The first line of a key file says what it is, so that nobody throws it away.
const HEADER: &str = "frontdesk root key v1, keep it secret and keep a copy elsewhere: ";
/// Memory of the passphrase derivation: what the smallest box (1 GiB) can spare once, at its start.
const MEMORY_KIB: u32 = 64 * 1024;
/// Passes of the passphrase derivation (RFC 9106 section 4, second recommended option).
const PASSES: u32 = 3;
/// Key files are a few hundred bytes; more is not one.
const MAX_FILE: u64 = 4096;
