//! A map by session number.
//!
//! Numbers are the user's own, one after the other, so nobody can aim them at one bucket: a multiplication is hash enough, at a
//! quarter of the usual price, four times per packet. And unlike the usual one it is not seeded by the system, which a core without
//! randomness must not be.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::api::SessionId;

/// Sessions, or what belongs to them, by number.
pub(crate) type BySession<T> = HashMap<SessionId, T, BuildHasherDefault<Numbers>>;

#[derive(Default)]
pub(crate) struct Numbers(u64);

impl Hasher for Numbers {
    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio spreads neighbours; the map looks at both ends of the product.
        let product = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
