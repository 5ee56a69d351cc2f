//! Stage two: what a message means, and if it means nothing, what to answer.
//!
//! A request that names its way back (a readable top Via) is answered with the exact status; ACK and responses never are.

use bytes::Bytes;

use super::uri::Scheme;
use super::{Address, Defect, MAX_URI, Message, Method, Name, Start, Uri, Via, lex, method};

/// What became of one message.
#[derive(Debug)]
pub enum Verdict {
    /// A request that a transaction can take.
    Request(Request),
    /// A response that a transaction can take.
    Response(Response),
    /// Not acceptable; answer so, without state.
    Refuse(Refusal),
    /// Nothing can or may be answered; why, without anything personal.
    Silence(&'static str),
}

/// A valid request.
#[derive(Clone)]
pub struct Request {
    /// All of it.
    pub message: Message,
    /// Its method.
    pub method: Method,
    /// Request-URI.
    pub uri: Bytes,
    /// The top Via's branch; empty if there is none.
    pub branch: Bytes,
    /// The tag of From; empty if there is none (RFC 2543).
    pub from_tag: Bytes,
    /// The tag of To.
    pub to_tag: Option<Bytes>,
    /// Call-ID.
    pub call_id: Bytes,
    /// The number of CSeq.
    pub cseq: u32,
    /// The body, as long as Content-Length says.
    pub body: Bytes,
}

/// A valid response.
#[derive(Clone)]
pub struct Response {
    /// All of it.
    pub message: Message,
    /// 100 to 699.
    pub code: u16,
    /// The method of CSeq.
    pub method: Method,
    /// The branch of the only Via.
    pub branch: Bytes,
    /// The tag of To.
    pub to_tag: Option<Bytes>,
    /// The number of CSeq.
    pub cseq: u32,
    /// The body, as long as Content-Length says.
    pub body: Bytes,
}

/// A request that must be refused without a transaction.
#[derive(Clone)]
pub struct Refusal {
    /// The request.
    pub message: Message,
    /// The status.
    pub code: u16,
    /// A header that belongs to the answer (`Unsupported: foo`).
    pub extra: Option<(Name, Vec<u8>)>,
}

/// The option tags that a peer may require of us.
pub const SUPPORTED: [&str; 8] = ["100rel", "timer", "replaces", "norefersub", "path", "outbound", "gruu", "eventlist"];

/// Reads what a transaction needs, and decides.
pub fn check(message: Message) -> Verdict {
    match message.start() {
        Start::Response { code } => match response(message, code) {
            Ok(response) => Verdict::Response(response),
            Err(why) => Verdict::Silence(why),
        },
        Start::Request { method, uri } => request(message, method, uri),
    }
}

fn request(mut message: Message, method_at: (u32, u32), uri_at: (u32, u32)) -> Verdict {
    if !message.find_via() {
        return Verdict::Silence("a request without a way back");
    }
    let name = message.at(method_at);
    let is_ack = name == b"ACK";
    let read = read(&message, method(name), uri_at);
    match read.and_then(|fields| extensions(&message, fields.method).map(|()| fields)) {
        Ok(fields) => Verdict::Request(fields.with(message)),
        Err(_) if is_ack => Verdict::Silence("an ACK that is not valid"),
        Err(Refused(code, extra)) => Verdict::Refuse(Refusal { message, code, extra }),
    }
}

/// The request that was refused for nothing but the extensions that it requires (420).
pub fn without_extensions(refusal: &Refusal) -> Option<Request> {
    let message = refusal.message.clone();
    let Start::Request { method: name, uri } = message.start() else { return None };
    let fields = read(&message, method(message.at(name)), uri).ok()?;
    Some(fields.with(message))
}

struct Refused(u16, Option<(Name, Vec<u8>)>);

const BAD_REQUEST: Refused = Refused(400, None);

struct Fields {
    method: Method,
    uri: Bytes,
    branch: Bytes,
    from_tag: Bytes,
    to_tag: Option<Bytes>,
    call_id: Bytes,
    cseq: u32,
    body: Bytes,
}

impl Fields {
    fn with(self, message: Message) -> Request {
        let Self { method, uri, branch, from_tag, to_tag, call_id, cseq, body } = self;
        Request { message, method, uri, branch, from_tag, to_tag, call_id, cseq, body }
    }
}

fn read(message: &Message, method: Option<Method>, uri_at: (u32, u32)) -> Result<Fields, Refused> {
    let raw_uri = message.at(uri_at);
    match message.defect() {
        Some(Defect::Version) => return Err(Refused(505, None)),
        _ if raw_uri.len() > MAX_URI => return Err(Refused(414, None)),
        Some(_) => return Err(BAD_REQUEST),
        None if message.is_ambiguous() => return Err(BAD_REQUEST),
        None => {}
    }
    let to = message.value(Name::To).and_then(|v| Address::parse(v).ok()).ok_or(BAD_REQUEST)?;
    let from = message.value(Name::From).and_then(|v| Address::parse(v).ok()).ok_or(BAD_REQUEST)?;
    let call_id = message.value(Name::CallId).filter(|id| !id.is_empty()).ok_or(BAD_REQUEST)?;
    let (cseq, cseq_method) = message.value(Name::CSeq).and_then(cseq).ok_or(BAD_REQUEST)?;
    let body = body(message).ok_or(BAD_REQUEST)?;
    let via = message.via().ok_or(BAD_REQUEST)?;
    // An unknown method is named first: its other rules are unknown too (RFC 4475 section 3.3.1).
    let method = method.ok_or(Refused(501, None))?;
    if super::method_name(method).as_bytes() != cseq_method {
        return Err(BAD_REQUEST);
    }
    let uri = Uri::parse(raw_uri).map_err(|_| BAD_REQUEST)?;
    if uri.scheme == Scheme::Other {
        return Err(Refused(416, None));
    }
    // Headers in a Request-URI would be our own if we obeyed them (RFC 3261 section 19.1.5), and every Via is the way back.
    let foreign = |via| Via::parse(via).is_none_or(|v| !v.is_ours());
    if uri.headers.is_some() || !via.is_ours() || message.vias_below().any(foreign) {
        return Err(BAD_REQUEST);
    }
    let to_tag = to.tag();
    // Two tags, or two branches, would be read as one dialog by us and as another by somebody else.
    if [(to.params, "tag"), (from.params, "tag"), (via.params, "branch")].iter().any(|(p, name)| lex::is_twice(p, name))
    {
        return Err(BAD_REQUEST);
    }
    hops(message, method, to_tag.is_some())?;
    let share = |part: &[u8]| message.share(part);
    Ok(Fields {
        method,
        uri: share(raw_uri),
        branch: via.branch().map(share).unwrap_or_default(),
        from_tag: from.tag().map(share).unwrap_or_default(),
        to_tag: to_tag.map(share),
        call_id: share(call_id),
        cseq,
        body: share(body),
    })
}

/// Max-Forwards. Zero ends what we would have to send on, which as a B2BUA is every new request; not OPTIONS, which asks just us
/// (RFC 3261 section 11), and nothing inside a dialog, which ends here anyway.
fn hops(message: &Message, method: Method, in_dialog: bool) -> Result<(), Refused> {
    let Some(value) = message.value(Name::MaxForwards) else { return Ok(()) };
    let hops: u8 = lex::number(value).ok_or(BAD_REQUEST)?;
    let ends_here = in_dialog || matches!(method, Method::Options | Method::Ack | Method::Cancel);
    if hops == 0 && !ends_here { Err(Refused(483, None)) } else { Ok(()) }
}

/// Require: whatever we do not know is refused by name (RFC 3261 section 8.2.2.3); ACK and CANCEL are never refused for it.
fn extensions(message: &Message, method: Method) -> Result<(), Refused> {
    if matches!(method, Method::Ack | Method::Cancel) {
        return Ok(());
    }
    let unknown: Vec<&[u8]> = message
        .list(Name::Require)
        .filter(|tag| !SUPPORTED.iter().any(|s| s.as_bytes().eq_ignore_ascii_case(tag)))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Refused(420, Some((Name::Unsupported, unknown.join(&b", "[..]))))) }
}

fn response(mut message: Message, code: u16) -> Result<Response, &'static str> {
    if message.defect().is_some() || message.is_ambiguous() {
        return Err("a response that is not valid");
    }
    message.find_via();
    let via = message.via().filter(Via::is_ours).ok_or("a response without Via")?;
    // It went through us twice, or never was ours (RFC 3261 section 8.1.3.3).
    if message.vias_below().next().is_some() {
        return Err("a response with two Vias");
    }
    let branch = message.share(via.branch().ok_or("a response without branch")?);
    let (cseq, name) = message.value(Name::CSeq).and_then(cseq).ok_or("a response without CSeq")?;
    let method = method(name).ok_or("a response to no request of ours")?;
    let to = message.value(Name::To).and_then(|v| Address::parse(v).ok()).ok_or("a response without To")?;
    let to_tag = to.tag().map(|tag| message.share(tag));
    let body = message.share(body(&message).ok_or("a response with a wrong length")?);
    Ok(Response { code, method, branch, to_tag, cseq, body, message })
}

/// `CSeq: 1 INVITE`; the number is below 2³¹ (RFC 3261 section 8.1.1.5).
fn cseq(value: &[u8]) -> Option<(u32, &[u8])> {
    let space = value.iter().position(|b| matches!(b, b' ' | b'\t'))?;
    let number: u32 = lex::number(&value[..space])?;
    let name = lex::trim(&value[space..]);
    (number < 1 << 31 && lex::is_token(name)).then_some((number, name))
}

/// The body as long as Content-Length says; without that, all the rest of the datagram (section 18.3; a stream was cut by it before).
/// `None`: two lengths that differ, none that can be read, or less body than promised.
fn body(message: &Message) -> Option<&[u8]> {
    let mut lengths = message.values(Name::ContentLength);
    let Some(first) = lengths.next() else { return Some(message.rest()) };
    let length: usize = lex::number(first)?;
    if lengths.any(|other| lex::number::<usize>(other) != Some(length)) {
        return None;
    }
    message.rest().get(..length)
}

impl Request {
    /// The Request-URI in parts.
    pub fn uri(&self) -> Option<Uri<'_>> {
        Uri::parse(&self.uri).ok()
    }

    /// True if it comes from a client of RFC 2543, whose branch identifies nothing (RFC 3261 section 8.1.1.7).
    pub fn is_of_2543(&self) -> bool {
        !self.branch.starts_with(b"z9hG4bK") || self.branch.len() == 7
    }

    /// The top Via in parts.
    pub fn via(&self) -> Option<Via<'_>> {
        self.message.via()
    }

    /// From or To in parts.
    pub fn address(&self, name: Name) -> Option<Address<'_>> {
        self.message.value(name).and_then(|v| Address::parse(v).ok())
    }
}

impl Request {
    /// True if its sender knows this extension: it supports it, or requires it even.
    pub fn supports(&self, tag: &str) -> bool {
        let known = |name| self.message.list(name).any(|t| t.eq_ignore_ascii_case(tag.as_bytes()));
        known(Name::Supported) || known(Name::Require)
    }
}

impl Response {
    /// Seconds of Retry-After, without its comment.
    pub fn retry_after(&self) -> Option<u32> {
        let value = self.message.value(Name::RetryAfter)?;
        let end = value.iter().position(|b| !b.is_ascii_digit()).unwrap_or(value.len());
        lex::number(&value[..end])
    }
}

/// A message holds names, numbers and addresses: only its kind is shown.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({}, {:?})", super::method_name(self.method), self.message)
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {:?})", self.code, self.message)
    }
}

impl std::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Refusal({}, {:?})", self.code, self.message)
    }
}
