//! Cuts a byte stream into messages (RFC 3261 section 18.3): headers to the empty line, body by Content-Length.
//!
//! A stream whose framing is lost cannot be found again, so it must be closed. Between messages, CRLFCRLF is a keep-alive ping that
//! wants a CRLF pong (RFC 5626 section 3.5.1); single line ends are skipped.

use bytes::{Buf, Bytes, BytesMut};

use super::{MAX_LINE, MAX_MESSAGE, Name, lex};

/// One stream's bytes that are not yet a message.
#[derive(Default)]
pub struct Framer {
    buffer: BytesMut,
    /// How far the search for the empty line has come, so that a slow sender does not make it quadratic.
    searched: usize,
}

impl std::fmt::Debug for Framer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Framer({} bytes)", self.buffer.len())
    }
}

/// What a stream held next.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// One whole message.
    Message(Bytes),
    /// A keep-alive; answer CRLF.
    Ping,
    /// A message that is or will be too long; these are its headers, so that it can be refused with 413. Close then.
    TooLarge(Bytes),
    /// A message whose length cannot be read; these are its headers, so that it can be refused with 400. Close then, since where the
    /// next message begins is lost (RFC 4475 section 3.1.2.3).
    Unmeasured(Bytes),
    /// Close: this is no message.
    Lost,
}

impl Framer {
    /// Takes what the stream gave. Call [`next`](Self::next) until `None` before the next push: this keeps the buffer below
    /// one message and one read.
    pub fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
    }

    /// True if a message has begun and not ended.
    pub fn is_partial(&self) -> bool {
        // A lone line end is a keep-alive of a simpler kind.
        self.buffer.iter().any(|b| !matches!(b, b'\r' | b'\n'))
    }

    /// The next whole thing.
    #[allow(clippy::should_implement_trait, reason = "it is not an iterator: after None there may be more")]
    pub fn next(&mut self) -> Option<Frame> {
        if matches!(self.buffer.first(), None | Some(b'\r' | b'\n')) {
            self.searched = 0;
            if let Some(ping) = self.line_ends() {
                return Some(ping);
            }
            if !self.is_partial() {
                return None;
            }
        }
        let Some(head) = self.head() else {
            let endless_line = self.searched == 0 && self.buffer.len() > MAX_LINE && !self.buffer.contains(&b'\n');
            return (self.buffer.len() > MAX_MESSAGE || endless_line).then(|| self.lost());
        };
        match content_length(&self.buffer[..head]) {
            None => Some(Frame::Unmeasured(self.head_alone(head))),
            Some(length) if length > (MAX_MESSAGE as u64).saturating_sub(head as u64) => {
                Some(Frame::TooLarge(self.head_alone(head)))
            }
            Some(length) => {
                // Below MAX_MESSAGE, so it fits.
                let whole = head + usize::try_from(length).unwrap_or(MAX_MESSAGE);
                if self.buffer.len() < whole {
                    return None;
                }
                self.searched = 0;
                Some(Frame::Message(self.buffer.split_to(whole).freeze()))
            }
        }
    }

    /// The headers; what follows is dropped.
    fn head_alone(&mut self, head: usize) -> Bytes {
        let headers = self.buffer.split_to(head).freeze();
        self.lost();
        headers
    }

    fn lost(&mut self) -> Frame {
        self.buffer = BytesMut::new();
        self.searched = 0;
        Frame::Lost
    }

    /// Skips line ends before a message; two of them together are a ping.
    fn line_ends(&mut self) -> Option<Frame> {
        loop {
            match self.buffer.as_ref() {
                [b'\r', b'\n', b'\r', b'\n', ..] => {
                    self.buffer.advance(4);
                    return Some(Frame::Ping);
                }
                // This may yet become a ping.
                [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return None,
                [b'\r' | b'\n', ..] => self.buffer.advance(1),
                _ => return None,
            }
        }
    }

    /// Where the headers end, past the empty line.
    fn head(&mut self) -> Option<usize> {
        let mut at = self.searched;
        while let Some(line_feed) = self.buffer[at..].iter().position(|&b| b == b'\n').map(|i| at + i) {
            let after = &self.buffer[line_feed + 1..];
            match after {
                [b'\n', ..] => return Some(line_feed + 2),
                [b'\r', b'\n', ..] => return Some(line_feed + 3),
                // The empty line may be cut in two: look here again.
                [] | [b'\r'] => {
                    self.searched = line_feed;
                    return None;
                }
                _ => at = line_feed + 1,
            }
        }
        self.searched = at;
        None
    }
}

/// The Content-Length of a head; 0 if there is none. `None`: unreadable, or two that differ.
fn content_length(head: &[u8]) -> Option<u64> {
    let mut found = None;
    for line in head.split(|&b| b == b'\n') {
        // Cheap test first: this runs over every line of every message.
        if !matches!(line.first(), Some(b'C' | b'c' | b'L' | b'l')) {
            continue;
        }
        let Some(colon) = line.iter().position(|&b| b == b':') else { continue };
        if Name::of(lex::trim(&line[..colon])) != Name::ContentLength {
            continue;
        }
        let value = lex::trim(line[colon + 1..].strip_suffix(b"\r").unwrap_or(&line[colon + 1..]));
        let length = lex::number::<u64>(value)?;
        if found.is_some_and(|other| other != length) {
            return None;
        }
        found = Some(length);
    }
    Some(found.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "OPTIONS sip:a SIP/2.0\r\nl: 3\r\n\r\nabc";

    fn frames(data: &[u8], cut: usize) -> Vec<Frame> {
        let mut framer = Framer::default();
        let mut out = Vec::new();
        for part in data.chunks(cut) {
            framer.push(part);
            while let Some(frame) = framer.next() {
                out.push(frame);
            }
        }
        out
    }

    #[test]
    fn any_cut_gives_the_same_messages() {
        let data = format!("\r\n{ONE}\r\n\r\n{ONE}{ONE}").into_bytes();
        let message = || Frame::Message(Bytes::from_static(ONE.as_bytes()));
        for cut in 1..data.len() {
            assert_eq!(frames(&data, cut), [message(), Frame::Ping, message(), message()], "cut at {cut}");
        }
    }

    #[test]
    fn limits() {
        let huge = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 1000000000\r\n\r\n";
        assert!(matches!(frames(huge, 9)[..], [Frame::TooLarge(_)]));
        let overflow = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 18446744073709551615\r\n\r\n";
        assert_eq!(frames(overflow, 99), [Frame::Unmeasured(Bytes::from_static(overflow))]);
        let differing = b"OPTIONS sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(frames(differing, 99), [Frame::Unmeasured(Bytes::from_static(differing))]);
        assert_eq!(frames(&[b'a'; MAX_LINE + 2], 1000).first(), Some(&Frame::Lost));
        assert_eq!(frames("a: b\r\n".repeat(12_000).as_bytes(), 1000).first(), Some(&Frame::Lost));
    }
}
