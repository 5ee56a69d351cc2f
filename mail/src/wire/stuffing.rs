//! A message as DATA wants it (RFC 5321, 4.5.2): a dot more where a line begins with one, and the final dot.
//!
//! Whatever the message holds, what leaves has CRLF and no lone CR or LF, so that no server behind us can be made to see an end
//! of message that is none. It is made in pieces: a large message is never in memory twice.

use super::CRLF;

/// How much is made at once: a few TCP segments.
const PIECE: usize = 32 * 1024;

/// A message on its way out.
pub(crate) struct Stuffed {
    body: Vec<u8>,
    at: usize,
    line_start: bool,
    ended: bool,
}

impl Stuffed {
    pub(crate) const fn new(body: Vec<u8>) -> Self {
        Self { body, at: 0, line_start: true, ended: false }
    }

    /// The final dot was made.
    pub(crate) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// The next piece; the last one ends in the final dot.
    pub(crate) fn next_piece(&mut self) -> Option<Vec<u8>> {
        if self.ended {
            return None;
        }
        let mut out = Vec::with_capacity(PIECE.min(self.body.len() - self.at) + 8);
        while out.len() < PIECE {
            let Some(&byte) = self.body.get(self.at) else {
                self.end(&mut out);
                break;
            };
            self.at += 1;
            self.put(byte, &mut out);
        }
        Some(out)
    }

    fn put(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            b'\r' | b'\n' => {
                if byte == b'\r' && self.body.get(self.at) == Some(&b'\n') {
                    self.at += 1;
                }
                out.extend_from_slice(CRLF);
                self.line_start = true;
            }
            _ => {
                if byte == b'.' && self.line_start {
                    out.push(b'.');
                }
                out.push(byte);
                self.line_start = false;
            }
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.line_start {
            out.extend_from_slice(CRLF);
        }
        out.extend_from_slice(b".\r\n");
        self.ended = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stuffed(body: &[u8]) -> String {
        let mut stuffed = Stuffed::new(body.to_vec());
        let out: Vec<u8> = std::iter::from_fn(|| stuffed.next_piece()).flatten().collect();
        String::from_utf8(out).expect("ascii")
    }

    #[test]
    fn dots_and_line_ends() {
        assert_eq!(stuffed(b""), ".\r\n");
        assert_eq!(stuffed(b"a\r\n"), "a\r\n.\r\n");
        assert_eq!(stuffed(b"a"), "a\r\n.\r\n");
        assert_eq!(stuffed(b".\r\n..\r\na."), "..\r\n...\r\na.\r\n.\r\n");
        assert_eq!(stuffed(b"a\n.\nb\r.\r\r\nc"), "a\r\n..\r\nb\r\n..\r\n\r\nc\r\n.\r\n");
    }

    #[test]
    fn pieces_do_not_show() {
        let line = [b'.'; PIECE + 1];
        assert_eq!(stuffed(&line).len(), PIECE + 1 + 1 + 2 + 3);
    }
}
