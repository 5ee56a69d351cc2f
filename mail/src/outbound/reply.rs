//! Replies of a server (RFC 5321, 4.2), bounded: a server must not be able to fill our memory either.

use model::mail::SmtpReply;

use crate::wire::{LineFault, LineReader};

/// Longest line. RFC 5321 has 512 octets; a few servers put links into their refusals.
const LINE: usize = 2048;
/// Most lines of one reply. An EHLO has twenty.
const LINES: usize = 128;

/// A reply in its lines.
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// As it is kept and shown: one text.
    pub(super) fn into_smtp(self) -> SmtpReply {
        SmtpReply::new(self.code, self.lines.join(" "))
    }
}

/// What came is no SMTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Garbage;

/// Collects one reply at a time.
pub(super) struct ReplyReader {
    reader: LineReader,
    lines: Vec<String>,
    code: Option<u16>,
}

impl ReplyReader {
    pub(super) const fn new() -> Self {
        Self { reader: LineReader::new(LINE), lines: Vec::new(), code: None }
    }

    /// Takes bytes from the front of `input` until a reply is whole or nothing is left.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Option<Result<Reply, Garbage>> {
        while let Some(line) = self.reader.read(input) {
            match self.line(line) {
                Ok(None) => {}
                Ok(Some(reply)) => return Some(Ok(reply)),
                Err(garbage) => return Some(Err(garbage)),
            }
        }
        None
    }

    fn line(&mut self, line: Result<Vec<u8>, LineFault>) -> Result<Option<Reply>, Garbage> {
        let line = line.map_err(|_| Garbage)?;
        let (digits, rest) = line.split_at_checked(3).ok_or(Garbage)?;
        let code: u16 = std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok()).ok_or(Garbage)?;
        // All lines of a reply carry one code (4.2.1).
        if !(200..600).contains(&code) || self.code.is_some_and(|first| first != code) || self.lines.len() == LINES {
            return Err(Garbage);
        }
        let (more, text) = match rest.split_first() {
            None => (false, rest),
            Some((b' ', text)) => (false, text),
            Some((b'-', text)) => (true, text),
            Some(_) => return Err(Garbage),
        };
        let shown = String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()).collect();
        self.lines.push(shown);
        self.code = more.then_some(code);
        Ok((!more).then(|| Reply { code, lines: std::mem::take(&mut self.lines) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut input: &[u8]) -> Option<Result<(u16, String), Garbage>> {
        let reply = ReplyReader::new().read(&mut input)?;
        Some(reply.map(|r| (r.code, r.lines.join("|"))))
    }

    #[test]
    fn replies() {
        let ok = |code, text: &str| Some(Ok((code, text.to_owned())));
        assert_eq!(read(b"250 OK\r\n"), ok(250, "OK"));
        assert_eq!(read(b"250\r\n"), ok(250, ""));
        assert_eq!(read(b"250-a\r\n250-b c\r\n250 d\r\n"), ok(250, "a|b c|d"));
        assert_eq!(read(b"550 5.1.1 \x07no\xff\r\n"), ok(550, "5.1.1 no\u{fffd}"));
        assert_eq!(read(b"250-a\r\n"), None);
        for garbage in ["250-a\r\n550 b\r\n", "25\r\n", "hello\r\n", "250_a\r\n", "100 a\r\n", "+50 a\r\n", "250 a\n"] {
            assert_eq!(read(garbage.as_bytes()), Some(Err(Garbage)), "{garbage:?}");
        }
        assert_eq!(read("250-a\r\n".repeat(200).as_bytes()), Some(Err(Garbage)));
        assert_eq!(read(&[b'2'; 9999]), Some(Err(Garbage)));
    }
}
