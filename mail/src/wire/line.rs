//! Lines, read strictly.
//!
//! Only CRLF ends a line. A lone CR or LF makes the line bad; so does a line over the limit. A fault is reported at once, and
//! everything up to the next CRLF belongs to the bad line and is dropped: what follows a lone LF is never taken for a command.

/// Why a line is no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineFault {
    /// A CR without its LF, or a LF without its CR.
    LoneCrOrLf,
    /// More bytes than the limit.
    TooLong,
}

/// Collects one line at a time. Holds at most `limit` bytes.
pub(crate) struct LineReader {
    line: Vec<u8>,
    limit: usize,
    after_cr: bool,
    dropping: bool,
}

impl LineReader {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { line: Vec::new(), limit, after_cr: false, dropping: false }
    }

    /// Takes bytes from the front of `input` until a line is whole (without its CRLF), is found bad, or nothing is left.
    pub(crate) fn read(&mut self, input: &mut &[u8]) -> Option<Result<Vec<u8>, LineFault>> {
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            let ends = self.after_cr && byte == b'\n';
            let lone = !ends && (self.after_cr || byte == b'\n');
            self.after_cr = byte == b'\r';
            if self.dropping {
                self.dropping = !ends;
            } else if ends {
                return Some(Ok(std::mem::take(&mut self.line)));
            } else if lone {
                return Some(Err(self.drop_line(LineFault::LoneCrOrLf)));
            } else if !self.after_cr {
                if self.line.len() == self.limit {
                    return Some(Err(self.drop_line(LineFault::TooLong)));
                }
                self.line.push(byte);
            }
        }
        None
    }

    fn drop_line(&mut self, fault: LineFault) -> LineFault {
        self.line.clear();
        self.dropping = true;
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(limit: usize, mut input: &[u8]) -> Vec<String> {
        let mut reader = LineReader::new(limit);
        std::iter::from_fn(|| reader.read(&mut input))
            .map(|line| match line {
                Ok(line) => String::from_utf8(line).expect("ascii"),
                Err(fault) => format!("{fault:?}"),
            })
            .collect()
    }

    #[test]
    fn only_crlf_ends_a_line() {
        assert_eq!(all(9, b"a\r\nb\r\n\r\nc"), ["a", "b", ""]);
        assert_eq!(all(9, b"a\nQUIT\r\nb\r\n"), ["LoneCrOrLf", "b"]);
        assert_eq!(all(9, b"a\rQUIT\r\nb\r\n"), ["LoneCrOrLf", "b"]);
        assert_eq!(all(9, b"a\r\r\nb\r\n"), ["LoneCrOrLf", "b"]);
        assert_eq!(all(9, b"a\n\r\nb\r\n"), ["LoneCrOrLf", "b"]);
        assert_eq!(all(9, b"\n\r\r\nb\r\n"), ["LoneCrOrLf", "b"]);
    }

    #[test]
    fn a_long_line_is_reported_once() {
        assert_eq!(all(3, b"abc\r\nabcdefgh\r\nx\r\n"), ["abc", "TooLong", "x"]);
    }
}
