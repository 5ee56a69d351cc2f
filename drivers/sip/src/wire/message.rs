//! Stage one: where the lines of a message are. What is wrong is noted, not judged; stage two knows whom to tell.

use bytes::{Bytes, BytesMut};
use memchr::{memchr_iter, memchr2};

use super::{MAX_HEADERS, MAX_LINE, Name, Via, lex};

/// A message with its headers raw and in order.
#[derive(Clone)]
pub struct Message {
    bytes: Bytes,
    start: Start,
    headers: Vec<Header>,
    body: usize,
    defect: Option<Defect>,
    /// A header that decides is there twice.
    ambiguous: bool,
    top_via: Option<TopVia>,
}

/// A message holds names, numbers and addresses: only its shape is shown.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({} headers, {} bytes)", self.headers.len(), self.bytes.len())
    }
}

/// A place in the message.
type Span = (u32, u32);

/// Where the parts of the top Via are: a transaction asks for them some ten times.
#[derive(Clone, Copy)]
struct TopVia {
    head: Span,
    version: Span,
    transport: Span,
    host: Span,
    port: Option<u16>,
    params: Span,
    /// There is no other.
    alone: bool,
}

/// The start line.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// Method, Request-URI, version.
    Request {
        /// The method's place.
        method: (u32, u32),
        /// The Request-URI's place; it may hold anything.
        uri: (u32, u32),
    },
    /// Status.
    Response {
        /// 100 to 699.
        code: u16,
    },
}

/// One header line.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Which.
    pub name: Name,
    name_at: Span,
    value_at: Span,
}

/// What stage one found wrong, first things first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The start line has surplus spaces or lacks a part.
    StartLine,
    /// Some version of SIP, but not ours.
    Version,
    /// A line that is no header.
    HeaderLine,
    /// No empty line ends the headers: the message was cut off.
    CutOff,
    /// More than [`MAX_HEADERS`] headers, or a line longer than [`MAX_LINE`].
    TooLong,
}

impl Message {
    /// Finds the lines, in one pass. `None`: this is not SIP at all, or a response that no one could have sent.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let skip = data.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let data = &data[skip..];
        let mut buffer = BytesMut::from(data);
        let mut lines = Lines {
            start: None,
            headers: Vec::with_capacity(24),
            seen: 0,
            ambiguous: false,
            defect: None,
            full: false,
        };
        let (mut begin, mut body) = (0, None);
        for line_feed in memchr_iter(b'\n', data) {
            let end = without_return(&buffer, begin, line_feed);
            if end == begin {
                body = Some(line_feed + 1);
                break;
            }
            // The line goes on: its break becomes blanks, in place, so that nothing moves.
            if matches!(buffer.get(line_feed + 1), Some(b' ' | b'\t')) {
                buffer[end..=line_feed].fill(b' ');
                continue;
            }
            lines.take(&buffer, (begin, end))?;
            begin = line_feed + 1;
        }
        if body.is_none() {
            let end = without_return(&buffer, begin, buffer.len());
            if end > begin {
                lines.take(&buffer, (begin, end))?;
            }
            lines.defect.get_or_insert(Defect::CutOff);
        }
        let Lines { start, headers, ambiguous, defect, .. } = lines;
        let bytes = buffer.freeze();
        Some(Self {
            body: body.unwrap_or(bytes.len()),
            bytes,
            start: start?,
            headers,
            defect,
            ambiguous,
            top_via: None,
        })
    }

    /// All of it, as it came, but for folded lines.
    pub const fn raw(&self) -> &Bytes {
        &self.bytes
    }

    /// The start line.
    pub const fn start(&self) -> Start {
        self.start
    }

    /// What is wrong with its lines, if anything.
    pub const fn defect(&self) -> Option<Defect> {
        self.defect
    }

    /// True if a header that decides is there twice and could be read in two ways (RFC 4475 section 3.3.8).
    pub const fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// The header lines in order: name as it stands, value trimmed and unfolded.
    pub fn headers(&self) -> impl Iterator<Item = (Name, &[u8], &[u8])> {
        self.headers.iter().map(|h| (h.name, self.at(h.name_at), self.at(h.value_at)))
    }

    /// The values of all headers of this name, in order.
    pub fn values(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.headers.iter().filter(move |h| h.name == name).map(|h| self.at(h.value_at))
    }

    /// The first value of this name.
    pub fn value(&self, name: Name) -> Option<&[u8]> {
        self.values(name).next()
    }

    /// The members of all comma lists of this name, in order.
    pub fn list(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.values(name).flat_map(lex::list)
    }

    /// The top Via in parts; `None` if there is none that can be read.
    pub fn via(&self) -> Option<Via<'_>> {
        let Some(TopVia { head, version, transport, host, port, params, .. }) = self.top_via else {
            return self.list(Name::Via).next().and_then(Via::parse);
        };
        let at = |span| self.at(span);
        Some(Via {
            head: at(head),
            version: at(version),
            transport: at(transport),
            host: at(host),
            port,
            params: at(params),
        })
    }

    /// The Vias below the top one.
    pub fn vias_below(&self) -> impl Iterator<Item = &[u8]> {
        let alone = self.top_via.is_some_and(|top| top.alone);
        // What is known to be alone is not looked through for another.
        (!alone).then(|| self.list(Name::Via).skip(1)).into_iter().flatten()
    }

    /// Remembers where the parts of the top Via are. False if there is none that can be read.
    pub(super) fn find_via(&mut self) -> bool {
        let mut vias = self.list(Name::Via);
        let Some(via) = vias.next().and_then(Via::parse) else { return false };
        let begin = self.bytes.as_ptr() as usize;
        let place = |part: &[u8]| {
            let from = part.as_ptr() as usize - begin;
            span(from, from + part.len())
        };
        let top = TopVia {
            head: place(via.head),
            version: place(via.version),
            transport: place(via.transport),
            host: place(via.host),
            port: via.port,
            // Without parameters it is a place of its own, which is none in the message.
            params: if via.params.is_empty() { (0, 0) } else { place(via.params) },
            alone: vias.next().is_none(),
        };
        drop(vias);
        self.top_via = Some(top);
        true
    }

    /// How many headers of this name there are.
    pub fn count(&self, name: Name) -> usize {
        self.headers.iter().filter(|h| h.name == name).count()
    }

    /// All that follows the headers. (Its rightful length is for stage two.)
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.body..]
    }

    /// The whole of it, with its folded lines made straight.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of a place.
    pub fn at(&self, (from, to): (u32, u32)) -> &[u8] {
        &self.bytes[from as usize..to as usize]
    }

    /// A part of this message, shared and not copied.
    pub fn share(&self, part: &[u8]) -> Bytes {
        self.bytes.slice_ref(part)
    }
}

/// Where a line ends that begins there and whose line feed (or the text's end) is at `end`.
fn without_return(text: &[u8], begin: usize, end: usize) -> usize {
    if end > begin && text[end - 1] == b'\r' { end - 1 } else { end }
}

/// What the lines hold that have been read.
struct Lines {
    start: Option<Start>,
    headers: Vec<Header>,
    /// The singletons among them, one bit each: there are fewer names than bits.
    seen: u128,
    ambiguous: bool,
    defect: Option<Defect>,
    /// There are too many, or one is too long: the rest is not read.
    full: bool,
}

impl Lines {
    /// Takes the next line. `None`: it is the first, and this is no SIP.
    fn take(&mut self, bytes: &[u8], line: (usize, usize)) -> Option<()> {
        if self.start.is_none() {
            let (start, defect) = start_line(bytes, line)?;
            (self.start, self.defect) = (Some(start), defect);
        } else if self.full || self.headers.len() == MAX_HEADERS || line.1 - line.0 > MAX_LINE {
            self.full = true;
            self.defect.get_or_insert(Defect::TooLong);
        } else if let Some(header) = header(bytes, line) {
            if header.name.is_singleton() {
                let bit = 1 << header.name as u32;
                self.ambiguous |= self.seen & bit != 0;
                self.seen |= bit;
            }
            self.headers.push(header);
        } else {
            self.defect.get_or_insert(Defect::HeaderLine);
        }
        Some(())
    }
}

fn start_line(bytes: &[u8], (from, to): (usize, usize)) -> Option<(Start, Option<Defect>)> {
    let line = &bytes[from..to];
    let space = line.iter().position(|&b| b == b' ')?;
    if line[..space].eq_ignore_ascii_case(b"SIP/2.0") {
        let code: u16 = lex::number(line.get(space + 1..space + 4)?)?;
        let valid = (100..700).contains(&code) && matches!(line.get(space + 4), None | Some(b' '));
        return valid.then_some((Start::Response { code }, None));
    }
    let method = &line[..space];
    let trimmed = lex::trim(line);
    let last = trimmed.iter().rposition(|&b| b == b' ')?;
    let version = &trimmed[last + 1..];
    if !lex::is_token(method) || last < space || !version.get(..4).is_some_and(|v| v.eq_ignore_ascii_case(b"SIP/")) {
        return None;
    }
    let uri = line.get(space + 1..last).unwrap_or(b"");
    let defect = if !version.eq_ignore_ascii_case(b"SIP/2.0") {
        Some(Defect::Version)
    } else if trimmed.len() != line.len() || uri.is_empty() || uri.iter().any(|&b| b <= b' ') {
        Some(Defect::StartLine)
    } else {
        None
    };
    let uri_at = (from + space + 1, from + space + 1 + uri.len());
    Some((Start::Request { method: span(from, from + space), uri: span(uri_at.0, uri_at.1) }, defect))
}

fn header(bytes: &[u8], (from, to): (usize, usize)) -> Option<Header> {
    let line = &bytes[from..to];
    let (name, rest) = line.split_at(lex::token_length(line));
    let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    if name.is_empty() || rest.get(blanks) != Some(&b':') {
        return None;
    }
    let value = lex::trim(&rest[blanks + 1..]);
    // A bare CR could end a line for somebody else. A NUL must be quoted (RFC 4475 section 3.1.1.2).
    let breaks = |(i, &b): (usize, &u8)| b == b'\r' || b == 0 && (i == 0 || value[i - 1] != b'\\');
    if memchr2(b'\r', 0, value).is_some() && value.iter().enumerate().any(breaks) {
        return None;
    }
    let value_from = value.as_ptr() as usize - bytes.as_ptr() as usize;
    Some(Header {
        name: Name::of(name),
        name_at: span(from, from + name.len()),
        value_at: span(value_from, value_from + value.len()),
    })
}

/// Places fit 32 bits since a message is below [`super::MAX_MESSAGE`], or a datagram.
fn span(from: usize, to: usize) -> Span {
    (u32::try_from(from).unwrap_or(u32::MAX), u32::try_from(to).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Message {
        Message::parse(text.as_bytes()).expect("a message")
    }

    #[test]
    fn folded_compact_and_bare_line_feeds() {
        let m = parse(
            "\r\nOPTIONS sip:a SIP/2.0\nv: SIP/2.0/UDP\r\n  h ;branch=1\r\n \r\n\t;x\r\nX-Thing :  y \r\ni:\r\n\r\nbody",
        );
        assert_eq!(m.value(Name::Via).map(lex::trim), Some(&b"SIP/2.0/UDP    h ;branch=1     \t;x"[..]));
        assert_eq!(m.value(Name::CallId), Some(&b""[..]));
        let names: Vec<_> = m.headers().map(|(_, raw, _)| String::from_utf8_lossy(raw).into_owned()).collect();
        assert_eq!(names, ["v", "X-Thing", "i"]);
        assert_eq!((m.rest(), m.defect()), (&b"body"[..], None));
    }

    #[test]
    fn defects() {
        assert_eq!(parse("OPTIONS  sip:a SIP/2.0\r\n\r\n").defect(), Some(Defect::StartLine));
        assert_eq!(parse("OPTIONS sip:a SIP/2.0 \r\n\r\n").defect(), Some(Defect::StartLine));
        assert_eq!(parse("OPTIONS sip:a SIP/7.0\r\n\r\n").defect(), Some(Defect::Version));
        assert_eq!(parse("OPTIONS sip:a SIP/2.0\r\nFrom\r\n\r\n").defect(), Some(Defect::HeaderLine));
        assert_eq!(parse("OPTIONS sip:a SIP/2.0\r\nFrom: x\r\n").defect(), Some(Defect::CutOff));
        let many = format!("OPTIONS sip:a SIP/2.0\r\n{}\r\n", "A: b\r\n".repeat(MAX_HEADERS + 1));
        assert_eq!(parse(&many).defect(), Some(Defect::TooLong));
    }

    #[test]
    fn not_sip() {
        for text in
            ["", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "SIP/2.0 4294967301 x\r\n\r\n", "SIP/2.0 20\r\n\r\n", "hello"]
        {
            assert!(Message::parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
