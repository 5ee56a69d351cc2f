//! A table by numbers of our own.
//!
//! Legs, transactions, subscriptions and timers are numbered here or by our user, one after the other, so nobody can aim them at one place of the
//! table: a multiplication is hash enough, at a fifth of the price of the usual one, some two hundred times in a call. What strangers choose (branches, tags, addresses)
//! stays under the seeded one.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// See the module.
pub(crate) type ByNumber<K, V> = HashMap<K, V, BuildHasherDefault<Numbers>>;

#[derive(Default)]
pub(crate) struct Numbers(u64);

impl Hasher for Numbers {
    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio spreads neighbours; the table looks at both ends of the product.
        let product = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }

    // Which variant of an enum it is.
    fn write_isize(&mut self, variant: isize) {
        self.write_u64(variant.cast_unsigned() as u64);
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, Hash};

    use super::*;
    use crate::api::LegId;
    use crate::transaction::timer::{Owner, Timer};

    /// In how many of 4096 places 4096 numbers fall, by the low bits and by the high ones.
    fn places<K: Hash>(numbers: impl Iterator<Item = K>) -> [usize; 2] {
        let hashes: Vec<u64> = numbers.map(|n| BuildHasherDefault::<Numbers>::default().hash_one(n)).collect();
        assert_eq!(hashes.len(), 4096);
        [0, 52].map(|shift| hashes.iter().map(|h| h >> shift & 4095).collect::<HashSet<_>>().len())
    }

    #[test]
    fn neighbours_are_spread_over_a_table_as_well_as_chance_would() {
        // Chance leaves 1 / e of the places empty.
        let enough = 4096 * 6 / 10;
        let legs = places((0..4096).map(|n| LegId(n | 1 << 63)));
        let timers = [Timer::A, Timer::B, Timer::J, Timer::Trying];
        let of = |n: u64| [Owner::Client(n), Owner::Server(n), Owner::Leg(LegId(n)), Owner::Leg(LegId(n | 1 << 63))];
        let timers = places((0..256).flat_map(of).flat_map(|owner| timers.map(|timer| (owner, timer))));
        assert!([legs, timers].iter().flatten().all(|found| *found >= enough), "{legs:?} {timers:?}");
    }
}
