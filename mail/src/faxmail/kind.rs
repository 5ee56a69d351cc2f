//! What a document is, by its first bytes: a name or a media type is only a claim.

use model::PictureKind;

/// A kind of document that becomes pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Pdf,
    Picture(PictureKind),
    Text,
    Html,
    /// Whether it becomes pages depends on what is installed: the converter says so.
    Office,
}

impl Kind {
    /// By content.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        // Readers accept a PDF whose header comes within the first 1024 bytes (ISO 32000-1, annex H.3.4.1), and scanners make such.
        let head = &bytes[..bytes.len().min(1024)];
        if head.windows(5).any(|w| w == b"%PDF-") {
            Some(Self::Pdf)
        } else if let Some(kind) = PictureKind::of(bytes) {
            Some(Self::Picture(kind))
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
        Self::all().find(|kind| kind.endings().iter().any(|e| ending.eq_ignore_ascii_case(e)))
    }

    /// By what the mail calls its content.
    pub(super) fn called(media_type: &str) -> Option<Self> {
        Self::all().find(|kind| media_type.eq_ignore_ascii_case(kind.media_type()))
    }

    /// Those that have a name of their own.
    fn all() -> impl Iterator<Item = Self> {
        [Self::Pdf, Self::Text, Self::Html].into_iter().chain(PictureKind::ALL.map(Self::Picture))
    }

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Picture(kind) => kind.media_type(),
            Self::Text => "text/plain",
            Self::Html => "text/html",
            Self::Office => "application/octet-stream",
        }
    }

    pub(super) const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Picture(kind) => kind.endings(),
            Self::Text => &["txt", "text"],
            Self::Html => &["html", "htm"],
            // Its bytes alone make it one.
            Self::Office => &[],
        }
    }
}
