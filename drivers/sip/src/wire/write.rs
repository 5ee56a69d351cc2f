//! The one writer of messages. Whatever a value holds, it stays on its line: control characters become spaces.

use std::cell::Cell;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::{Address, Message, Name, Start, Via, lex};

/// Writes one message, top to bottom.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
}

thread_local! {
    /// Where messages are written, one after the other: what is kept of each is a copy of its own size.
    static DESK: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What a desk keeps of its room after a message that was larger than others.
const MAX_DESK: usize = 8 * 1024;

/// The desk, cleared. Whoever writes two messages at once gets another for the second.
fn desk() -> Vec<u8> {
    let mut out = DESK.take();
    out.clear();
    out.reserve(1024);
    out
}

impl Writer {
    /// Begins a request.
    pub fn request(method: &str, uri: &[u8]) -> Self {
        let mut out = desk();
        out.extend_from_slice(method.as_bytes());
        out.push(b' ');
        text(&mut out, uri);
        out.extend_from_slice(b" SIP/2.0\r\n");
        Self { out }
    }

    /// Begins a response.
    pub fn response(code: u16) -> Self {
        let mut out = desk();
        out.extend_from_slice(b"SIP/2.0 ");
        decimal(&mut out, code.into());
        out.push(b' ');
        out.extend_from_slice(reason(code).as_bytes());
        out.extend_from_slice(b"\r\n");
        Self { out }
    }

    /// One header, its value in parts.
    #[must_use]
    pub fn header(mut self, name: &str, value: &[&[u8]]) -> Self {
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b": ");
        for part in value {
            text(&mut self.out, part);
        }
        self.out.extend_from_slice(b"\r\n");
        self
    }

    /// One header as it came in: it was read from one line, so it is one.
    fn echo(mut self, name: Name, value: &[u8]) -> Self {
        self.out.extend_from_slice(name.text().as_bytes());
        self.out.extend_from_slice(b": ");
        self.out.extend_from_slice(value);
        self.out.extend_from_slice(b"\r\n");
        self
    }

    /// One header with a number.
    #[must_use]
    pub fn number(mut self, name: &str, value: u32) -> Self {
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b": ");
        decimal(&mut self.out, value);
        self.out.extend_from_slice(b"\r\n");
        self
    }

    /// One header with an address of a socket in the midst of its value.
    #[must_use]
    pub(crate) fn address(mut self, name: &str, before: &[&[u8]], address: SocketAddr, behind: &[&[u8]]) -> Self {
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b": ");
        before.iter().for_each(|part| text(&mut self.out, part));
        socket(&mut self.out, address);
        behind.iter().for_each(|part| text(&mut self.out, part));
        self.out.extend_from_slice(b"\r\n");
        self
    }

    /// Ends it, without a body.
    pub fn end(self) -> Bytes {
        self.body("", b"")
    }

    /// Ends it with a body; without a type if it is empty.
    pub fn body(self, content_type: &str, body: &[u8]) -> Bytes {
        let this = if body.is_empty() { self } else { self.header("Content-Type", &[content_type.as_bytes()]) };
        // A body is far below 4 GiB: it came in a message or from our own SDP writer.
        let mut out = this.number("Content-Length", u32::try_from(body.len()).unwrap_or(0)).out;
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
        // Exactly as large as it is: final responses and requests are kept for half a minute.
        let message = Bytes::copy_from_slice(&out);
        if out.capacity() <= MAX_DESK {
            DESK.set(out);
        }
        message
    }
}

/// Begins the response to a request: Via, From, To, Call-ID and CSeq as they came (RFC 3261 section 8.2.6), with what the top Via
/// needs to find back (`received` and `rport`, RFC 3581), and `to_tag` if To has none.
pub fn respond(request: &Message, source: SocketAddr, code: u16, to_tag: &str) -> Writer {
    let mut writer = Writer::response(code);
    match request.via() {
        Some(top) => {
            writer = top_via(writer, &top, source);
            writer = request.vias_below().fold(writer, |writer, via| writer.echo(Name::Via, via));
        }
        None => writer = request.list(Name::Via).fold(writer, |writer, via| writer.echo(Name::Via, via)),
    }
    for name in [Name::From, Name::To, Name::CallId, Name::CSeq] {
        let Some(value) = request.value(name) else { continue };
        let tagless = name == Name::To && !to_tag.is_empty() && !has_tag(value);
        writer = match tagless {
            true => writer.echo(name, &[value, b";tag=", to_tag.as_bytes()].concat()),
            false => writer.echo(name, value),
        };
    }
    match request.value(Name::Timestamp) {
        Some(time) if code == 100 => writer.header("Timestamp", &[time]),
        _ => writer,
    }
}

/// A response of ours as it answers another copy of its request, which came by another way: its Vias are those of that way, and so are the
/// proxies and the Contact of ours by which the peer finds back in what follows. `None` if this is no response.
pub fn readdress(response: &[u8], request: &Message, source: SocketAddr, contact: &str) -> Option<Bytes> {
    let response = Message::parse(response)?;
    let Start::Response { code } = response.start() else { return None };
    let to = response.value(Name::To).and_then(|to| Address::parse(to).ok());
    let tag = to.and_then(|to| to.tag()).map(lex::text).unwrap_or_default();
    let mut writer = respond(request, source, code, &tag);
    if response.value(Name::Contact).is_some() {
        writer = request.values(Name::RecordRoute).fold(writer, |writer, route| writer.echo(Name::RecordRoute, route));
        writer = writer.header(Name::Contact.text(), &[contact.as_bytes()]);
    }
    for (name, text, value) in response.headers() {
        let is_of_the_way = matches!(name, Name::Via | Name::RecordRoute | Name::Contact);
        let is_of_the_request = matches!(name, Name::From | Name::To | Name::CallId | Name::CSeq | Name::Timestamp);
        if !is_of_the_way && !is_of_the_request && !matches!(name, Name::ContentType | Name::ContentLength) {
            writer = writer.header(std::str::from_utf8(text).ok()?, &[value]);
        }
    }
    let kind = response.value(Name::ContentType).map(lex::text).unwrap_or_default();
    Some(writer.body(&kind, response.rest()))
}

fn top_via(mut writer: Writer, via: &Via<'_>, source: SocketAddr) -> Writer {
    let value = &mut writer.out;
    value.extend_from_slice(b"Via: ");
    value.extend_from_slice(via.head);
    for (name, given) in lex::params(via.params) {
        if name.eq_ignore_ascii_case(b"received") || name.eq_ignore_ascii_case(b"rport") {
            continue;
        }
        value.push(b';');
        value.extend_from_slice(name);
        if let Some(given) = given {
            value.push(b'=');
            value.extend_from_slice(given);
        }
    }
    let ip = source.ip().to_canonical();
    let rport = via.wants_rport();
    if rport || super::uri::literal(via.host) != Some(ip) {
        value.extend_from_slice(b";received=");
        host(value, ip);
    }
    if rport {
        value.extend_from_slice(b";rport=");
        decimal(value, source.port().into());
    }
    value.extend_from_slice(b"\r\n");
    writer
}

fn has_tag(value: &[u8]) -> bool {
    Address::parse(value).is_ok_and(|a| a.tag().is_some())
}

fn text(out: &mut Vec<u8>, part: &[u8]) {
    out.extend(part.iter().map(|&b| if b < b' ' && b != b'\t' || b == 127 { b' ' } else { b }));
}

/// An address, without brackets. Each message has some, and the library's way to write one that is of IPv4 is a long one.
fn host(out: &mut Vec<u8>, ip: IpAddr) {
    match ip {
        IpAddr::V4(ip) => {
            for (n, octet) in ip.octets().into_iter().enumerate() {
                out.extend_from_slice(if n == 0 { b"" } else { b"." });
                decimal(out, octet.into());
            }
        }
        // Writing into memory does not fail.
        IpAddr::V6(ip) => drop(write!(out, "{ip}")),
    }
}

/// An address with its port.
fn socket(out: &mut Vec<u8>, address: SocketAddr) {
    match address {
        SocketAddr::V4(v4) => {
            host(out, (*v4.ip()).into());
            out.push(b':');
            decimal(out, v4.port().into());
        }
        SocketAddr::V6(_) => drop(write!(out, "{address}")),
    }
}

fn decimal(out: &mut Vec<u8>, mut n: u32) {
    let mut digits = [0; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(n % 10).unwrap_or(0);
        n /= 10;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// The reason phrase of a status, for people who read traces.
pub fn reason(code: u16) -> &'static str {
    match code {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        429 => "Provide Referrer Identity",
        430 => "Flow Failed",
        433 => "Anonymity Disallowed",
        439 => "First Hop Lacks Outbound Support",
        480 => "Temporarily Unavailable",
        469 => "Bad Info Package",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        493 => "Undecipherable",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        code => match code / 100 {
            1 => "Progress",
            2 => "Accepted",
            3 => "Redirected",
            4 => "Refused",
            5 => "Server Failure",
            _ => "Global Failure",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_leaves_its_line() {
        let written = Writer::request("OPTIONS", b"sip:a\r\nX: y").header("From", &[b"a\r\n\r\nb\0"]).end();
        let text = String::from_utf8_lossy(&written);
        assert_eq!(text, "OPTIONS sip:a  X: y SIP/2.0\r\nFrom: a    b \r\nContent-Length: 0\r\n\r\n");
    }

    #[test]
    fn addresses_are_written_as_the_library_does() {
        for address in ["10.0.0.1:5060", "255.0.100.9:1", "[2001:db8::1]:65535", "[::ffff:10.0.0.1]:5060"] {
            let address: SocketAddr = address.parse().expect("an address");
            let (mut with_port, mut alone) = (Vec::new(), Vec::new());
            socket(&mut with_port, address);
            host(&mut alone, address.ip());
            assert_eq!((lex::text(&with_port), lex::text(&alone)), (address.to_string(), address.ip().to_string()));
        }
    }

    #[test]
    fn a_response_finds_back() {
        let request = Message::parse(
            b"OPTIONS sip:a SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bK1, SIP/2.0/UDP b\r\nt: <sip:a>\r\nf: <sip:b>;tag=1\r\n\r\n",
        )
        .expect("a message");
        let source: SocketAddr = "192.0.2.9:1234".parse().expect("address");
        let written = respond(&request, source, 200, "x").end();
        expect_test::expect![[r#"
            SIP/2.0 200 OK
            Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;received=192.0.2.9;rport=1234
            Via: SIP/2.0/UDP b
            From: <sip:b>;tag=1
            To: <sip:a>;tag=x
            Content-Length: 0

        "#]]
        .assert_eq(&String::from_utf8_lossy(&written).replace('\r', ""));
    }
}
