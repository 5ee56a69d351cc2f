//! The reader of DATA.
//!
//! A message ends at `<CRLF>.<CRLF>` and nowhere else (RFC 5321, 4.1.1.4). Servers that also took a dot between lone CRs or LFs
//! let a sender smuggle a second message through the server before them. Here a lone CR or LF ends nothing: the message is
//! refused when its real end has come, and what stood behind the false end was never read as a command.

/// A line may have 998 characters (RFC 5322, 2.1.1). Mail programs that do not wrap their HTML exceed that; a line longer than
/// this one is no text.
const LINE: usize = 64 * 1024;

/// How the message ended.
#[derive(PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) enum End {
    /// Whole, without the final dot, and with the dots removed that were stuffed.
    Message(Vec<u8>),
    /// It ended, but we do not take it.
    Refused(Fault),
    /// It did not end within twice the size that we take.
    Overrun,
}

/// Why a message is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A CR without LF, or a LF without CR.
    LoneCrOrLf,
    /// More than we take.
    TooLarge,
    /// A line beyond [`LINE`].
    LineTooLong,
}

/// Where in a line we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// After CRLF.
    Start,
    /// Inside.
    Text,
    /// After a CR that may become CRLF.
    Cr,
    /// After a dot at the start.
    Dot,
    /// After a dot at the start and a CR.
    DotCr,
}

/// Holds at most `limit` bytes of message beyond what it began with.
pub(super) struct DataReader {
    body: Vec<u8>,
    place: Place,
    fault: Option<Fault>,
    limit: usize,
    /// Bytes of the message so far, kept or not.
    seen: usize,
    line: usize,
}

impl DataReader {
    /// `begin` is what we put before the message: our trace header.
    pub(super) const fn new(begin: Vec<u8>, limit: usize) -> Self {
        // The line before is DATA's own CRLF, so a dot right away ends an empty message.
        Self { body: begin, place: Place::Start, fault: None, limit, seen: 0, line: 0 }
    }

    /// Takes bytes from the front of `input` until the message has ended or nothing is left.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Option<End> {
        loop {
            self.run(input);
            let (&byte, rest) = input.split_first()?;
            *input = rest;
            if self.step(byte) {
                return Some(match self.fault {
                    Some(fault) => End::Refused(fault),
                    None => End::Message(std::mem::take(&mut self.body)),
                });
            }
            // A sender that was not told by SIZE may go on to the end and hear 552; one that never ends is cut.
            if self.seen > self.limit.saturating_mul(2) {
                return Some(End::Overrun);
            }
        }
    }

    /// How much is held.
    pub(super) fn held_bytes(&self) -> usize {
        self.body.len()
    }

    /// Inside a line, everything before the next CR or LF is plain text: taken at once, though never past the cut.
    fn run(&mut self, input: &mut &[u8]) {
        if self.place == Place::Text {
            let plain = input.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(input.len());
            let (now, rest) = input.split_at(plain.min(self.limit.saturating_mul(2).saturating_sub(self.seen)));
            self.keep(now);
            *input = rest;
        }
    }

    /// One byte; true if it was the last of the final dot.
    fn step(&mut self, byte: u8) -> bool {
        self.place = match (self.place, byte) {
            (Place::DotCr, b'\n') => return true,
            (Place::Cr, b'\n') => {
                self.keep(b"\r\n");
                self.line = 0;
                Place::Start
            }
            // A LF of its own does not even begin a line.
            (_, b'\n') => self.lone(Place::Text),
            (Place::Cr | Place::DotCr, b'\r') => self.lone(Place::Cr),
            (Place::Cr | Place::DotCr, _) => self.lone(Place::Text),
            (Place::Dot, b'\r') => Place::DotCr,
            (_, b'\r') => Place::Cr,
            (Place::Start, b'.') => Place::Dot,
            // Including the byte after a stuffed dot, which was not kept (4.5.2).
            (Place::Start | Place::Text | Place::Dot, _) => {
                self.keep(&[byte]);
                Place::Text
            }
        };
        false
    }

    fn keep(&mut self, bytes: &[u8]) {
        let (room, line) = (self.limit.saturating_sub(self.seen), LINE.saturating_sub(self.line));
        self.seen += bytes.len();
        self.line += bytes.len();
        // What was crossed first is the fault, however the bytes were cut.
        if bytes.len() > room && room <= line {
            self.refuse(Fault::TooLarge);
        } else if bytes.len() > line {
            self.refuse(Fault::LineTooLong);
        } else if self.fault.is_none() {
            self.body.extend_from_slice(bytes);
        }
    }

    fn lone(&mut self, place: Place) -> Place {
        self.seen += 1;
        self.refuse(Fault::LoneCrOrLf);
        place
    }

    /// The first fault is the one we tell; what was kept is freed.
    fn refuse(&mut self, fault: Fault) {
        if self.fault.is_none() {
            self.fault = Some(fault);
            self.body = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(limit: usize, mut input: &[u8]) -> (Option<End>, usize) {
        let end = DataReader::new(Vec::new(), limit).read(&mut input);
        (end, input.len())
    }

    fn message(text: &str) -> Option<End> {
        Some(End::Message(text.as_bytes().to_vec()))
    }

    #[test]
    fn dots_are_unstuffed() {
        assert_eq!(read(99, b".\r\n"), (message(""), 0));
        assert_eq!(read(99, b"a\r\n.\r\nQUIT\r\n"), (message("a\r\n"), 6));
        assert_eq!(read(99, b"..\r\n...\r\n.a\r\na.\r\n\r\n.\r\n"), (message(".\r\n..\r\na\r\na.\r\n\r\n"), 0));
        assert_eq!(read(99, b"a\r\n."), (None, 0));
    }

    #[test]
    fn too_large_is_told_at_the_end_and_cut_at_twice_the_size() {
        assert_eq!(read(5, b"abc\r\n.\r\n"), (message("abc\r\n"), 0));
        assert_eq!(read(5, b"abcd\r\n.\r\n"), (Some(End::Refused(Fault::TooLarge)), 0));
        assert_eq!(read(5, b"abcdefghijklmnop\r\n.\r\n"), (Some(End::Overrun), 10));
        assert_eq!(read(5, &[b'\n'; 99]), (Some(End::Overrun), 88));
    }

    #[test]
    fn long_lines_have_a_bound() {
        let line = |n| [vec![b'x'; n], b"\r\n.\r\n".to_vec()].concat();
        assert!(matches!(read(LINE * 2, &line(LINE - 2)).0, Some(End::Message(_))));
        assert_eq!(read(LINE * 2, &line(LINE + 1)).0, Some(End::Refused(Fault::LineTooLong)));
    }
}
