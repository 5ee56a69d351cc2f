//! What a JPEG (ITU-T T.81) says of itself before it is decoded, and whether it is whole: its decoder fills up what is missing.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

/// What stands before its dots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) width: u32,
    pub(crate) rows: u32,
    /// One for grey, three for colours, four for inks.
    pub(crate) channels: u32,
}

/// `None` if it has no head that can be read.
pub(crate) fn head(jpeg: &[u8]) -> Option<Head> {
    let mut decoder = JpegDecoder::new(ZCursor::new(jpeg));
    decoder.decode_headers().ok()?;
    let info = decoder.info()?;
    Some(Head { width: info.width.into(), rows: info.height.into(), channels: info.components.into() })
}

/// True if it has lost its end: no end of image (section B.1.1.3) is reached from its beginning, segment by segment. What stands behind
/// that is another's, such as the film that a telephone appends to a photograph, and may hold any octets.
pub(crate) fn is_cut(jpeg: &[u8]) -> bool {
    let mut rest = jpeg;
    while let Some((marker, after)) = next_marker(rest) {
        rest = match marker {
            END_OF_IMAGE => return false,
            // Nothing belongs to these.
            START_OF_IMAGE | RESTART_FIRST..=RESTART_LAST | TEMPORARY => after,
            // Behind the head of a scan stand its dots, in which `next_marker` sees no marker but the one that ends them.
            _ => match after_segment(after) {
                Some(after) => after,
                None => return true,
            },
        };
    }
    true
}

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const RESTART_FIRST: u8 = 0xd0;
const RESTART_LAST: u8 = 0xd7;
const TEMPORARY: u8 = 0x01;

/// The next marker, and what follows it. Among the dots of a scan 0xff is followed by 0 (section B.1.1.5); any marker may have more of them
/// before it (section B.1.1.2).
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let at = bytes.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
    Some((bytes[at + 1], &bytes[at + 2..]))
}

/// What follows a segment, which begins with its length, and that counts itself. `None` if it is cut off.
fn after_segment(bytes: &[u8]) -> Option<&[u8]> {
    let length = u16::from_be_bytes(*bytes.first_chunk()?);
    bytes.get(usize::from(length).max(2)..)
}

/// Its pixels per inch across and along, if it is a JFIF file that knows them. Its first segment is the one that says so (ITU-T T.871,
/// section 10.1). What cameras write in Exif is left alone: there 72 means that nobody knows.
pub(crate) fn dpi(jpeg: &[u8]) -> Option<(f64, f64)> {
    let segment = jpeg.get(..18).filter(|head| head.starts_with(b"\xff\xd8\xff\xe0") && &head[6..11] == b"JFIF\0")?;
    let density = |at: usize| f64::from(u16::from_be_bytes([segment[at], segment[at + 1]]));
    let inch = match segment[13] {
        1 => 1.0,
        // Of a centimetre.
        2 => 2.54,
        _ => return None,
    };
    Some((density(14) * inch, density(16) * inch))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An image whose segments and dots hold everything that could be taken for an end, or a scan.
    const WHOLE: &[u8] = b"\xff\xd8\xff\xe1\0\x08\xff\xd8\xff\xd9x\
        y\xff\xff\xda\0\x04\x01\0dots\xff\0\xd9\xff\xd3dots\xff\xff\xc4\0\x03\0\xff\xda\0\x02dots\xff\xd9";

    #[test]
    fn an_image_is_whole_at_its_own_end_whatever_follows() {
        assert!(!is_cut(WHOLE));
        let film = [WHOLE, b"\0\0\0\x18ftypmp42\xff\xda\xff\xd8 film"].concat();
        assert!(!is_cut(&film));
        for end in 0..WHOLE.len() {
            assert!(is_cut(&WHOLE[..end]), "cut after {end}");
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_judged(octets in prop::collection::vec(prop_oneof![Just(0xff), 0xc0u8..=0xdf, any::<u8>()], 0..64)) {
            let whole = !is_cut(&octets);
            prop_assert!(!whole || octets.windows(2).any(|pair| pair == [0xff, 0xd9]));
        }
    }

    #[test]
    fn a_jfif_file_says_how_large_it_is() {
        let with = |unit: u8, across: [u8; 2], along: [u8; 2]| {
            let head = [&b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01"[..], &[unit], &across, &along, &[0, 0]].concat();
            dpi(&head)
        };
        assert_eq!(with(1, [1, 44], [0, 200]), Some((300.0, 200.0)));
        assert_eq!(with(2, [0, 100], [0, 100]), Some((254.0, 254.0)));
        // Only how wide a pixel is beside its height.
        assert_eq!(with(0, [0, 1], [0, 1]), None);
        assert_eq!(dpi(b"\xff\xd8\xff\xe1\0\x10Exif\0\0MM\0*"), None);
        assert_eq!(dpi(b"\xff\xd8\xff\xe0"), None);
    }
}
