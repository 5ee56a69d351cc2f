//! As much of an IFP packet (T.38 §8, version 0) as tells where it ends, since parity gives back the packet with whatever made another longer;
//! and whether it is but a part of a page, or of a command, which may come a little later or earlier.

use std::ops::Range;

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
        (true, true) => fields(bytes, head, &mut |_, _| {}),
    }
}

/// True for a packet of a page's modulation that ends nothing: after it, the same signal goes on. V.21, which carries commands, is no such.
pub fn is_page_data(bytes: &[u8]) -> bool {
    let Some(first) = bytes.first().filter(|first| *first & (PRESENT | DATA | EXTENDED) == PRESENT | DATA) else {
        return false;
    };
    let mut goes_on = first & KIND != 0;
    let whole = fields(bytes, 1, &mut |field, _| goes_on &= matches!(field, HDLC_DATA | HDLC_FCS_OK | NON_ECM_DATA));
    goes_on && whole.is_some()
}

/// True for a packet of V.21 that is part of a frame and ends none: whoever hears it has nothing to answer before the end comes.
pub(super) fn is_part_of_command(bytes: &[u8]) -> bool {
    let v21 = is_v21(bytes);
    let mut goes_on = v21;
    v21 && fields(bytes, 1, &mut |field, _| goes_on &= field == HDLC_DATA).is_some() && goes_on
}

/// Of a packet of V.21, one after the other: where it has octets of a frame, or an empty place for the end of one. `None` for any other packet.
pub(crate) fn parts_of_commands(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut parts = Vec::new();
    let see = &mut |field, data: Range<usize>| parts.push(if field == HDLC_DATA { data } else { 0..0 });
    let whole = is_v21(bytes).then(|| fields(bytes, 1, see)).flatten();
    whole.map(|_| parts)
}

/// Of a packet of a page without frames: where it has rows, and whether more of the signal follows. `None` for any other packet.
pub(crate) fn rows_of_page(bytes: &[u8]) -> Option<(Vec<Range<usize>>, bool)> {
    let first = bytes.first()?;
    if first & (PRESENT | DATA | EXTENDED) != PRESENT | DATA || first & KIND == 0 {
        return None;
    }
    let (mut rows, mut unframed, mut goes_on) = (Vec::new(), true, true);
    fields(bytes, 1, &mut |field, data: Range<usize>| {
        unframed &= matches!(field, NON_ECM_DATA | NON_ECM_END);
        goes_on &= field == NON_ECM_DATA;
        rows.push(data);
    })?;
    unframed.then_some((rows, goes_on))
}

/// A packet of rows, as one that began with this octet. More octets than fit into one are left out.
pub(crate) fn packet_of_rows(first: u8, octets: &[u8]) -> Vec<u8> {
    let Ok(len) = u16::try_from(octets.len().saturating_sub(1)) else { return Vec::new() };
    let [high, low] = len.to_be_bytes();
    [&[first, 1, (HAS_DATA | NON_ECM_DATA) << 4, high, low], octets].concat()
}

/// The packet that ends them.
pub(crate) fn end_of_rows(first: u8) -> Vec<u8> {
    vec![first, 1, NON_ECM_END << 4]
}

fn is_v21(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first & (PRESENT | DATA | EXTENDED | KIND) == PRESENT | DATA)
}

/// The fields stand one after the other. One without data takes half an octet, as the first version wrote them.
fn fields(bytes: &[u8], mut at: usize, see: &mut dyn FnMut(u8, Range<usize>)) -> Option<usize> {
    let count = *bytes.get(at)?;
    if count > MAX_FIELDS {
        return None;
    }
    at += 1;
    let mut second_half = false;
    for _ in 0..count {
        let octet = *bytes.get(at)?;
        let field = if second_half { octet & 0x0f } else { octet >> 4 };
        let has_data = field & HAS_DATA != 0;
        if second_half || has_data {
            at += 1;
            second_half = false;
        } else {
            second_half = true;
        }
        let data = match has_data {
            true => {
                let len = u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]);
                at + 2..at + 2 + usize::from(len) + 1
            }
            false => at..at,
        };
        at = data.end;
        see(field & 0x7, data);
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
/// The modulation; 0 is V.21.
const KIND: u8 = 0x1e;
/// A field has octets.
const HAS_DATA: u8 = 0x8;
/// What a field is: part of a frame, its end where its check sum was right, part of a page without frames, and the end of one.
const HDLC_DATA: u8 = 0;
const HDLC_FCS_OK: u8 = 2;
const NON_ECM_DATA: u8 = 6;
const NON_ECM_END: u8 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_signal_or_says_a_command_is_no_part_of_a_page() {
        let part = [0xce, 0x01, 0x80, 0x00, 0x01, 1, 2];
        assert!(is_page_data(&part) && is_page_data(&[0xce, 0x01, 0xe0, 0x00, 0x00, 9]));
        // A frame that goes on after the end of another.
        assert!(is_page_data(&[0xce, 0x02, 0x28, 0x00, 0x00, 9]));
        let v21 = [&[0xc0], &part[1..]].concat();
        for other in [&v21[..], &[0xce, 0x01, 0x40], &[0xce, 0x01, 0x70], &[0x0c], &part[..6], &[0x80], &[]] {
            assert!(!is_page_data(other), "{other:02x?}");
            assert_eq!(is_part_of_command(other), *other == v21, "{other:02x?}");
        }
        for other in [&part[..], &[0xc0, 0x01, 0x20], &[0xc0, 0x02, 0x80, 0x00, 0x00, 9, 0x20], &[0xc0, 0x01, 0x80]] {
            assert!(!is_part_of_command(other), "{other:02x?}");
        }
    }

    #[test]
    fn rows_are_found_and_written_as_they_are_read() {
        let packet = packet_of_rows(0xce, &[9; 40]);
        assert_eq!(packet[..6], [0xce, 0x01, 0xe0, 0x00, 39, 9]);
        assert_eq!(length(&packet), Some(45));
        let one = |place: Range<usize>, goes_on| Some((Vec::from_iter([place]), goes_on));
        assert_eq!(rows_of_page(&packet), one(5..45, true));
        assert_eq!(rows_of_page(&[0xce, 0x01, 0xf0, 0x00, 0x00, 9]), one(5..6, false), "the end of a page");
        assert_eq!(rows_of_page(&end_of_rows(0xce)), one(2..2, false));
        // V.21, frames, an indicator, and what is cut off.
        for other in
            [&[0xc0, 0x01, 0xe0, 0x00, 0x00, 9][..], &[0xce, 0x01, 0x80, 0x00, 0x00, 9], &[0x06], &packet[..20]]
        {
            assert_eq!(rows_of_page(other), None, "{other:02x?}");
        }
    }

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
