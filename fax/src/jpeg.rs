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

/// True if it has lost its end. Within a scan 0xff is always followed by 0 or a restart (section B.1.1.5), so after the last start of a scan
/// the next end of image is the real one.
pub(crate) fn is_cut(jpeg: &[u8]) -> bool {
    let last = |marker: [u8; 2]| jpeg.windows(2).rposition(|window| window == marker);
    last([0xff, 0xd9]).is_none_or(|end| last([0xff, 0xda]).is_some_and(|scan| end < scan))
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
    use super::*;

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
