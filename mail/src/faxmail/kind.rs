//! What a document is, by its first bytes: a name or a media type is only a claim.

/// A kind of document that becomes pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Pdf,
    Png,
    Jpeg,
    Tiff,
    Text,
    Html,
    /// Whether it becomes pages depends on what is installed: the converter says so.
    Office,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Pdf, Self::Png, Self::Jpeg, Self::Tiff, Self::Text, Self::Html];

    /// By content.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        // Readers accept a PDF whose header comes within the first 1024 bytes (ISO 32000-1, annex H.3.4.1), and scanners make such.
        let head = &bytes[..bytes.len().min(1024)];
        if head.windows(5).any(|w| w == b"%PDF-") {
            Some(Self::Pdf)
        } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if bytes.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
            Some(Self::Tiff)
        } else if model::is_office(bytes) {
            Some(Self::Office)
        } else {
            None
        }
    }

    /// A text has no first bytes of its own: it is called one, and has no control characters but those of a typewriter.
    pub(super) fn is_text(self, bytes: &[u8]) -> bool {
        let plain = |b: &u8| *b >= 0x20 && *b != 0x7f || matches!(b, b'\t' | b'\n' | b'\r' | 0x0c);
        matches!(self, Self::Text | Self::Html) && bytes.iter().all(plain)
    }

    /// By the ending of a file name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let ending = name.rsplit_once('.')?.1;
        Self::ALL.into_iter().find(|kind| kind.endings().iter().any(|e| ending.eq_ignore_ascii_case(e)))
    }

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Tiff => "image/tiff",
            Self::Text => "text/plain",
            Self::Html => "text/html",
            Self::Office => "application/octet-stream",
        }
    }

    pub(super) const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Tiff => &["tif", "tiff"],
            Self::Text => &["txt", "text"],
            Self::Html => &["html", "htm"],
            // Its bytes alone make it one.
            Self::Office => &[],
        }
    }
}
