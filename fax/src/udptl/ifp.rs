//! As much of an IFP packet (T.38 §8, version 0) as tells where it ends: parity gives back the packet with whatever made another longer.

/// The fields of a packet that are looked at: nobody sends more than a few.
const MAX_FIELDS: u8 = 64;

/// How long the packet is that begins so; `None` if it is none.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    let head = if first & EXTENDED != 0 { 2 } else { 1 };
    let (data, present) = (first & DATA != 0, first & PRESENT != 0);
    match (data, present) {
        (false, true) => None,
        (_, false) => (head <= bytes.len()).then_some(head),
        (true, true) => fields(bytes, head),
    }
}

/// The fields stand one after the other. One without data takes half an octet, as the first version wrote them.
fn fields(bytes: &[u8], mut at: usize) -> Option<usize> {
    let count = *bytes.get(at)?;
    if count > MAX_FIELDS {
        return None;
    }
    at += 1;
    let mut second_half = false;
    for _ in 0..count {
        let octet = *bytes.get(at)?;
        let field = if second_half { octet & 0x0f } else { octet >> 4 };
        let has_data = field & 0x8 != 0;
        if second_half || has_data {
            at += 1;
            second_half = false;
        } else {
            second_half = true;
        }
        if has_data {
            let len = u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]);
            at += 2 + usize::from(len) + 1;
        }
    }
    at += usize::from(second_half);
    (at <= bytes.len()).then_some(at)
}

/// A data field follows.
const PRESENT: u8 = 0x80;
/// Data and no indicator.
const DATA: u8 = 0x40;
/// The kind takes a second octet.
const EXTENDED: u8 = 0x20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_ends_where_it_ends() {
        for (packet, len) in [
            // An indicator; one of the longer kind; data of five octets; the end of it, without any.
            (&[0x06][..], Some(1)),
            (&[0x20, 0x40], Some(2)),
            (&[0xc0, 0x01, 0x80, 0x00, 0x04, 1, 2, 3, 4, 5], Some(10)),
            (&[0xc0, 0x01, 0x40], Some(3)),
            // Two fields without data share an octet; one with data after one without begins in the middle of it.
            (&[0xc0, 0x02, 0x21], Some(3)),
            (&[0xc0, 0x02, 0x28, 0x00, 0x00, 9], Some(6)),
            (&[0x80], None),
            (&[0xc0, 0x01, 0x80, 0xff, 0xff, 1], None),
            (&[], None),
        ] {
            assert_eq!(length(packet), len, "{packet:02x?}");
            if let Some(len) = len {
                let longer: Vec<u8> = packet.iter().copied().chain([0; 20]).collect();
                assert_eq!(length(&longer), Some(len), "{packet:02x?} and more");
            }
        }
    }
}
