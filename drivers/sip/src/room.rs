//! Tables that were full in a busy hour give their room back.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

/// Below this a table keeps its room.
const SMALL: usize = 1024;

/// A table keeps the room of its busiest moment for good otherwise. One that has become an eighth full has paid for moving what is left.
pub(crate) fn give_back<K: Eq + Hash, V, S: BuildHasher>(table: &mut HashMap<K, V, S>) {
    if table.capacity() > SMALL && table.len() < table.capacity() / 8 {
        table.shrink_to(table.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_back_what_a_busy_hour_took_and_loses_nothing() {
        let mut table: HashMap<u32, [u8; 64]> = (0..20_000).map(|n| (n, [0; 64])).collect();
        for n in 0..19_990 {
            table.remove(&n);
            give_back(&mut table);
        }
        assert!(table.capacity() <= SMALL && table.len() == 10, "{}", table.capacity());
        assert!((19_990..20_000).all(|n| table.contains_key(&n)));
    }
}
