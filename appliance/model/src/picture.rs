//! What kind of picture a document is by its first bytes, where more than one door must know it: a name or a media type is only a claim.

/// Those that become fax pages, for a sentence.
pub const WORDS: &str = "JPEG, PNG, TIFF, WebP, GIF, BMP";

/// What to do instead of sending a photograph in HEIC: a sentence. Phones of Apple make it unless they are told otherwise, there.
pub const NO_HEIC: &str = "Send it as a JPEG: on an iPhone, choose Settings > Camera > Formats > Most Compatible before the picture is taken.";

/// A kind of picture that people send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureKind {
    /// ISO/IEC 15948.
    Png,
    /// ITU-T T.81.
    Jpeg,
    /// TIFF 6.0.
    Tiff,
    /// RFC 9649.
    WebP,
    /// GIF 87a and 89a.
    Gif,
    /// Of Windows.
    Bmp,
    /// ISO/IEC 23008-12, with HEVC in it: what phones make photographs in. It becomes no page: the codec is under patents, and there is no
    /// decoder of it that is well kept and written in a safe language.
    Heic,
}

impl PictureKind {
    /// Each kind.
    pub const ALL: [Self; 7] = [Self::Png, Self::Jpeg, Self::Tiff, Self::WebP, Self::Gif, Self::Bmp, Self::Heic];

    /// True for what becomes fax pages.
    pub const fn is_taken(self) -> bool {
        !matches!(self, Self::Heic)
    }

    /// By content.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let at = |place: usize, mark: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(mark));
        Some(match bytes.first()? {
            0x89 if at(0, b"\x89PNG\r\n\x1a\n") => Self::Png,
            0xff if at(0, b"\xff\xd8\xff") => Self::Jpeg,
            // The last two are BigTIFF, with longer addresses.
            b'I' | b'M' if [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|mark| at(0, *mark)) => Self::Tiff,
            b'R' if at(0, b"RIFF") && at(8, b"WEBP") => Self::WebP,
            b'G' if at(0, b"GIF87a") || at(0, b"GIF89a") => Self::Gif,
            b'B' if is_bmp(bytes) => Self::Bmp,
            _ if at(4, b"ftyp") && is_heic(bytes) => Self::Heic,
            _ => return None,
        })
    }

    /// What it is called in a mail.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Tiff => "image/tiff",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Bmp => "image/bmp",
            Self::Heic => "image/heic",
        }
    }

    /// How the names of its files end.
    pub const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Tiff => &["tif", "tiff"],
            Self::WebP => &["webp"],
            Self::Gif => &["gif"],
            Self::Bmp => &["bmp", "dib"],
            Self::Heic => &["heic", "heif"],
        }
    }
}

/// Two letters make no picture: a text may begin with them. The reserved words are zero, and the second header is as long as one of those that
/// there are.
fn is_bmp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM")
        && bytes.get(6..10) == Some(&[0; 4])
        && matches!(bytes.get(14..18), Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

/// A still picture in HEVC, by the brands that its first box names (ISO/IEC 23008-12, annex B).
fn is_heic(bytes: &[u8]) -> bool {
    /// A file names a handful.
    const MOST_BRANDS: usize = 32;
    let length = bytes.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let brands = bytes.get(8..length.min(bytes.len()).max(8)).unwrap_or_default();
    // The second four bytes are a version.
    let (brands, _) = brands.as_chunks::<4>();
    let named = brands.iter().enumerate().filter(|(place, _)| *place != 1).take(MOST_BRANDS);
    named.map(|(_, brand)| brand).any(|brand| matches!(brand, b"heic" | b"heix" | b"heim" | b"heis"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_by_their_bytes() {
        let bmp = [&b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"[..], &[0; 40]].concat();
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0"[..], PictureKind::Png),
            (b"\xff\xd8\xff\xe0", PictureKind::Jpeg),
            (b"II*\0\x08\0\0\0", PictureKind::Tiff),
            (b"MM\0*\0\0\0\x08", PictureKind::Tiff),
            (b"RIFF\x24\0\0\0WEBPVP8 ", PictureKind::WebP),
            (b"GIF89a\x01\0\x01\0", PictureKind::Gif),
            (&bmp, PictureKind::Bmp),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", PictureKind::Heic),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", PictureKind::Heic),
        ] {
            assert_eq!(PictureKind::of(bytes), Some(kind));
        }
        for other in [
            &b""[..],
            b"BMI 24, blood pressure 120/80",
            b"GIF of the wound",
            b"RIFF\x24\0\0\0WAVEfmt ",
            // A film, a picture in AV1, and a brand behind the box.
            b"\0\0\0\x18ftypisom\0\0\0\0isomiso2",
            b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
            b"\0\0\0\x10ftypisom\0\0\0\0heicheic",
            // Not a brand but a version.
            b"\0\0\0\x14ftypisomheicisom",
        ] {
            assert_eq!(PictureKind::of(other), None, "{other:?}");
        }
    }
}
