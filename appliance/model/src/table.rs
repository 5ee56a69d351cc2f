//! Tables whose keys are numbers of our own: legs, transactions, sessions.
//!
//! Nobody outside chooses them, so none can be made to meet in one place, and the hash that the standard library guards its tables with costs more
//! than all else that is done with them. It is not seeded either, which a core without randomness must not be. What strangers choose (branches,
//! tags, addresses) does not belong here.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A table by numbers that we count up ourselves.
pub type ByNumber<K, V> = HashMap<K, V, BuildHasherDefault<Numbers>>;

/// Spreads numbers by multiplication with the golden ratio (Knuth, The Art of Computer Programming, volume 3, section 6.4).
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers(u64);

impl Hasher for Numbers {
    fn finish(&self) -> u64 {
        // A table takes its place from the low bits, and the product is best in the high ones.
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u64((*b).into()));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    // What tells the variants of an enumeration apart.
    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.cast_unsigned() as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, Hash};

    use super::*;

    #[test]
    fn numbers_that_follow_each_other_are_spread() {
        let spread = |keys: &mut dyn Iterator<Item = u64>| {
            // What a table of 1024 places and its seven bits beside each take of a hash.
            let hashes: Vec<u64> =
                keys.map(|n| BuildHasherDefault::<Numbers>::default().hash_one((3_isize, n))).collect();
            let places: HashSet<u64> = hashes.iter().map(|h| h % 1024).collect();
            let marks: HashSet<u64> = hashes.iter().map(|h| h >> 57).collect();
            (places.len(), marks.len())
        };
        // Counted up, in steps, and with the mark of an outgoing leg.
        for (step, mark) in [(1, 0), (2, 0), (64, 0), (1, 1 << 63)] {
            let (places, marks) = spread(&mut (0..1024).map(|n| (n * step) | mark));
            // Thrown at random, 1024 keys meet some 647 places.
            assert!(places > 400 && marks > 100, "{step}, {mark}: {places} places, {marks} marks");
        }
    }

    #[test]
    fn all_of_a_key_counts() {
        let of = |key: &dyn Fn(&mut Numbers)| {
            let mut hasher = Numbers::default();
            key(&mut hasher);
            hasher.finish()
        };
        assert_ne!(of(&|h| (1_u64, 2_u64).hash(h)), of(&|h| (2_u64, 1_u64).hash(h)));
        assert_ne!(of(&|h| (1_u64, 2_u8).hash(h)), of(&|h| (1_u64, 3_u8).hash(h)));
    }
}
