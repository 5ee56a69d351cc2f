//! The phones' side of SRTP, with none of the product's own code, so that a fault cannot agree with itself.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use media::srtp::{Key, Keys, Suite};
use model::Random;
use rtc_crypto::providers::RingCrypto;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;

/// What each phone seals and opens with; empty where nobody encrypts.
#[derive(Default)]
pub(super) struct Seals {
    /// Of the thread that sends.
    pub(super) says: Vec<Context>,
    /// Of the one that receives.
    pub(super) hears: Vec<Context>,
}

impl Seals {
    /// The next phone seals with one key and opens with the other.
    pub(super) fn add(&mut self, says: &Key, hears: &Key) -> io::Result<()> {
        self.says.push(context(says)?);
        self.hears.push(context(hears)?);
        Ok(())
    }
}

/// Keys of both directions for a leg, and the phone's side of them added to `seals`.
pub(super) fn agree(random: &mut Random, suite: Suite, seals: &mut Seals) -> io::Result<Keys> {
    let keys = Keys { theirs: Key::generate(suite, random), ours: Key::generate(suite, random) };
    seals.add(&keys.theirs, &keys.ours)?;
    Ok(keys)
}

/// Keys from phone to phone, for so many of them in pairs: whoever is between knows none.
pub(super) fn agree_in_pairs(random: &mut Random, suite: Suite, phones: usize, seals: &mut Seals) -> io::Result<()> {
    for _ in 0..phones / 2 {
        let (one, other) = (Key::generate(suite, random), Key::generate(suite, random));
        seals.add(&one, &other)?;
        seals.add(&other, &one)?;
    }
    Ok(())
}

fn context(key: &Key) -> io::Result<Context> {
    let profile = match key.suite() {
        Suite::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        Suite::AesCm128HmacSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
        Suite::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        Suite::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
    };
    let secret = STANDARD.decode(&*key.inline()).map_err(io::Error::other)?;
    let (key, salt) = secret.split_at(profile.key_len());
    Context::new(key, salt, profile, None, None, &RingCrypto).map_err(io::Error::other)
}
