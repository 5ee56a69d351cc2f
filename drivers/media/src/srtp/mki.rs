//! The index of a key in its packets (RFC 3711 section 3.1): some phones number the one key that they have.

/// The longest that a description may name (RFC 4568 section 6.1).
const LONGEST: u32 = 128;

/// Which number the packets of a key carry, and in how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mki {
    value: u32,
    length: usize,
}

impl Mki {
    /// `None` if nobody could write it so.
    pub const fn new(value: u32, length: u32) -> Option<Self> {
        let fits = length >= 4 || value < 1 << (8 * length);
        if length == 0 || length > LONGEST || !fits {
            return None;
        }
        Some(Self { value, length: length as usize })
    }

    /// Takes it out of a sealed packet, in which a tag of so many bytes follows it (none where the tag is part of what is sealed, RFC 7714
    /// section 8.2). How long the packet is now; `None` if it is too short, or of another key.
    pub(super) fn take(self, packet: &mut [u8], tag: usize) -> Option<usize> {
        let end = packet.len().checked_sub(tag)?;
        let start = end.checked_sub(self.length)?;
        let index = packet.get(start..end)?;
        let (zeros, number) = index.split_at(self.length.saturating_sub(4));
        let value = number.iter().fold(0, |value, byte| value << 8 | u32::from(*byte));
        if value != self.value || zeros.iter().any(|byte| *byte != 0) {
            return None;
        }
        packet.copy_within(end.., start);
        Some(packet.len() - self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_description_may_say() {
        assert!(Mki::new(1, 4).is_some() && Mki::new(255, 1).is_some() && Mki::new(u32::MAX, 128).is_some());
        for (value, length) in [(1, 0), (256, 1), (1 << 24, 3), (1, 129)] {
            assert_eq!(Mki::new(value, length), None, "{value}:{length}");
        }
    }

    #[test]
    fn it_is_taken_out_before_the_tag() {
        let take = |value, length, tag, packet: &[u8]| {
            let mut packet = packet.to_vec();
            let length = Mki::new(value, length).unwrap().take(&mut packet, tag)?;
            packet.truncate(length);
            Some(packet)
        };
        assert_eq!(take(258, 3, 2, b"said\0\x01\x02xy").as_deref(), Some(&b"saidxy"[..]));
        assert_eq!(take(1, 6, 0, b"said\0\0\0\0\0\x01").as_deref(), Some(&b"said"[..]));
        assert_eq!(take(1, 6, 0, b"said\0\x01\0\0\0\x01"), None, "another key");
        assert_eq!(take(1, 1, 10, b"short"), None);
    }
}
