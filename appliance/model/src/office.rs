//! What a document is by its first bytes, where more than one door must know it: a name or a media type is only a claim.

/// True for what office programs write: an OLE file, RTF, or a ZIP archive of OOXML or OpenDocument, whose parts are named where each begins
/// and once more at its end.
pub fn is_office(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"[Content_Types].xml";
    const OPEN_DOCUMENT: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.";
    let has = |part: &[u8]| part.windows(NAME.len()).any(|window| window == NAME);
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") || bytes.starts_with(b"{\\rtf") {
        return true;
    }
    let (head, tail) = (&bytes[..bytes.len().min(4096)], &bytes[bytes.len().saturating_sub(64 << 10)..]);
    let open = head.get(30..).is_some_and(|rest| rest.starts_with(OPEN_DOCUMENT));
    bytes.starts_with(b"PK\x03\x04") && (open || has(head) || has(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn office_documents_are_told_by_their_bytes() {
        let odt = [b"PK\x03\x04".as_slice(), &[0; 26], b"mimetypeapplication/vnd.oasis.opendocument.text"].concat();
        let docx = [b"PK\x03\x04".as_slice(), &[0; 26], b"[Content_Types].xml"].concat();
        let late = [b"PK\x03\x04".as_slice(), &[7; 100_000], b"[Content_Types].xml", &[0; 40]].concat();
        let word = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on".as_slice();
        for document in [odt.as_slice(), &docx, &late, word, b"{\\rtf1\\ansi A letter.}"] {
            assert!(is_office(document));
        }
        for other in [b"PK\x03\x04".as_slice(), b"PK\x03\x04 a plain archive", b"[Content_Types].xml", b"%PDF-", b""] {
            assert!(!is_office(other));
        }
    }
}
