//! AES-256-GCM over small and large pieces, and where random bits come from.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::effect::StoreError;

/// 256 bits that nobody may see. Overwritten when dropped; has no `Debug`.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// A new one.
    pub(crate) fn fresh() -> Result<Self, StoreError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// From its bytes.
    pub(crate) const fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn key(&self) -> LessSafeKey {
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, self.bytes()).expect("the key has the length of the algorithm"))
    }
}

/// `N` bytes of the system's randomness.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| StoreError::Broken("the system gives no random bits".to_owned()))?;
    Ok(bytes)
}

/// Seals `plain`: a random nonce, the ciphertext, the tag. Random nonces of 96 bits are safe for 2³² pieces under one key; a key
/// here wraps at most one key for each body that the box ever stores.
pub(crate) fn seal(secret: &Secret, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce: [u8; NONCE_LEN] = random()?;
    let mut sealed = plain.to_vec();
    seal_in_place(secret, nonce, aad, &mut sealed);
    let mut out = Vec::with_capacity(NONCE_LEN + sealed.len());
    out.extend_from_slice(&nonce);
    out.append(&mut sealed);
    Ok(out)
}

/// Opens what [`seal`] made. `None` if the key, the text around it or any bit differs.
pub(crate) fn open(secret: &Secret, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut plain = Zeroizing::new(rest.to_vec());
    let length = open_in_place(secret, *nonce, aad, &mut plain)?;
    plain.truncate(length);
    Some(plain)
}

/// Seals in place and appends the tag. The caller answers for the nonce.
pub(crate) fn seal_in_place(secret: &Secret, nonce: [u8; NONCE_LEN], aad: &[u8], text: &mut Vec<u8>) {
    secret
        .key()
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text)
        .expect("AES-GCM takes 64 GiB; our pieces are far below");
}

/// Opens in place; the plain text is the given number of bytes at the front.
pub(crate) fn open_in_place(secret: &Secret, nonce: [u8; NONCE_LEN], aad: &[u8], text: &mut [u8]) -> Option<usize> {
    let plain = secret.key().open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text).ok()?;
    Some(plain.len())
}
