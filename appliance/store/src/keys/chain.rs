//! `keys.json`: the database's key and the class keys, each wrapped by the root key.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::fax::Retention;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::root::RootKey;
use super::seal::{Secret, open, random, seal};
use crate::effect::StoreError;
use crate::files;

/// All keys of a store, open.
pub(crate) struct KeyChain {
    path: PathBuf,
    /// The newest key of a purpose is last: it seals; older ones still open.
    keys: Vec<Key>,
}

struct Key {
    id: String,
    purpose: String,
    secret: Secret,
}

impl KeyChain {
    /// Whether `dir` has a key file, whatever is in it.
    pub(crate) fn exists(dir: &Path) -> bool {
        dir.join(FILE).exists()
    }

    /// Opens the key file of `dir` with `root`. `create` says that the store is new: then the file is made, with a key for each
    /// purpose, and is durable before anything can be sealed with it.
    pub(crate) fn open(dir: &Path, root: &RootKey, create: bool) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let Some(bytes) = files::read(&path, MAX_FILE).map_err(failed)? else {
            if !create {
                return Err(StoreError::Broken("the key file is missing beside the database; restore it".to_owned()));
            }
            let mut chain = Self { path, keys: Vec::new() };
            for purpose in std::iter::once(DATABASE).chain(Retention::ALL.map(Retention::word)) {
                chain.keys.push(Key { id: fresh_id()?, purpose: purpose.to_owned(), secret: Secret::fresh()? });
            }
            chain.write(root)?;
            return Ok(chain);
        };
        let file: KeyFile = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        if file.version != 1 {
            return Err(StoreError::Broken("the key file was written by a newer version".to_owned()));
        }
        if file.root != root.id() {
            return Err(StoreError::WrongKey);
        }
        let keys = file.keys.into_iter().map(|k| k.unwrap(root)).collect::<Result<Vec<_>, _>>()?;
        let mut chain = Self { path, keys };
        for purpose in [DATABASE, Retention::Clinical.word(), Retention::Transit.word()] {
            chain.newest(purpose)?;
        }
        // A store of before these classes gets their keys, before anything can be sealed with them.
        for class in [Retention::Voicemail, Retention::Recording] {
            if chain.newest(class.word()).is_err() {
                let purpose = class.word().to_owned();
                chain.keys.push(Key { id: fresh_id()?, purpose, secret: Secret::fresh()? });
                chain.write(root)?;
            }
        }
        Ok(chain)
    }

    /// The key of the database file.
    pub(crate) fn database(&self) -> Result<&Secret, StoreError> {
        self.newest(DATABASE).map(|k| &k.secret)
    }

    /// The key that seals new bodies of a class, with its id.
    pub(crate) fn class(&self, class: Retention) -> Result<(&str, &Secret), StoreError> {
        self.newest(class.word()).map(|k| (k.id.as_str(), &k.secret))
    }

    /// The key `id`, if it still exists: without it, what it wrapped is purged.
    pub(crate) fn by_id(&self, id: &str) -> Option<&Secret> {
        self.keys.iter().find(|k| k.id == id).map(|k| &k.secret)
    }

    /// Wraps all keys by another root key. When this returns the old one opens nothing any more.
    pub(crate) fn write(&self, root: &RootKey) -> Result<(), StoreError> {
        let keys = self.keys.iter().map(|k| k.wrap(root)).collect::<Result<Vec<_>, _>>()?;
        let file = KeyFile { version: 1, root: root.id(), keys };
        let text = serde_json::to_vec_pretty(&file).map_err(|_| damaged())?;
        files::replace(&self.path, &text).map_err(failed)
    }

    fn newest(&self, purpose: &str) -> Result<&Key, StoreError> {
        self.keys.iter().rev().find(|k| k.purpose == purpose).ok_or_else(damaged)
    }
}

impl Key {
    fn wrap(&self, root: &RootKey) -> Result<WrappedKey, StoreError> {
        let wrapped = seal(root.secret(), &aad(&self.id, &self.purpose), self.secret.bytes())?;
        Ok(WrappedKey { id: self.id.clone(), purpose: self.purpose.clone(), wrapped: STANDARD.encode(wrapped) })
    }
}

impl WrappedKey {
    fn unwrap(self, root: &RootKey) -> Result<Key, StoreError> {
        let wrapped = STANDARD.decode(&self.wrapped).map_err(|_| damaged())?;
        let plain = open(root.secret(), &aad(&self.id, &self.purpose), &wrapped).ok_or_else(damaged)?;
        let mut bytes = Zeroizing::new([0; 32]);
        if plain.len() != bytes.len() {
            return Err(damaged());
        }
        bytes.copy_from_slice(&plain);
        Ok(Key { id: self.id, purpose: self.purpose, secret: Secret::from_bytes(bytes) })
    }
}

/// Binds a wrapped key to its id and purpose, so that two of them cannot be exchanged in the file.
fn aad(id: &str, purpose: &str) -> Vec<u8> {
    format!("frontdesk key v1 {purpose} {id}").into_bytes()
}

fn fresh_id() -> Result<String, StoreError> {
    Ok(random::<6>()?.iter().map(|b| format!("{b:02x}")).collect())
}

fn damaged() -> StoreError {
    StoreError::Broken("the key file is damaged; restore it from a backup".to_owned())
}

fn failed(e: std::io::Error) -> StoreError {
    if e.kind() == std::io::ErrorKind::StorageFull {
        StoreError::Full
    } else {
        StoreError::Broken(format!("the key file: {e}"))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u32,
    /// Which root key wraps all of these.
    root: String,
    keys: Vec<WrappedKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrappedKey {
    id: String,
    purpose: String,
    wrapped: String,
}

const FILE: &str = "keys.json";
const DATABASE: &str = "database";
/// Some 200 bytes a key: room for a key a month in each class for a century.
const MAX_FILE: u64 = 1 << 20;
