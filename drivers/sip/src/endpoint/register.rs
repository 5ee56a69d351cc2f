//! REGISTER, up to the point where bindings are kept (RFC 3261 section 10.3): that is the user's.

use model::Pii;

use super::Endpoint;
use crate::api::{Auth, Contact, Event, Flow, Register, RequestId, Transport};
use crate::dialog::listening;
use crate::transaction::server::{ServerId, User};
use crate::wire::lex::{self, text};
use crate::wire::{Address, Name, Request, Scheme, Uri, Writer};

/// Contacts of one REGISTER; a phone has one, some soft phones two or three.
const MAX_CONTACTS: usize = 10;
/// The lifetime of a binding that names none.
const EXPIRES: u32 = 3600;
/// Proxies on the way to a phone. An edge and a core are two.
const MAX_PATH: usize = 8;
/// A Contact, a URI of the Path: each is kept as long as the binding, and the longest seen are a quarter of this.
const MAX_KEPT: usize = 512;
/// How often a phone shows on a stream that it is alive (RFC 5626 section 4.4.1, in seconds): below the patience of any NAT for TCP.
const FLOW_TIMER: u32 = 120;

/// Why a REGISTER is refused before its user is asked.
enum Unfit {
    /// It contradicts itself.
    Contradiction,
    /// Proxies noted their path and the phone does not know what that means (RFC 3327 section 5.3).
    PathUnknown,
    /// The phone wants outbound flows, and the first proxy on its way keeps none (RFC 5626 section 6).
    FirstHop,
}

impl Endpoint {
    pub(super) fn register(&mut self, flow: Flow, request: Request) {
        let mut register = match read(flow, &request) {
            Ok(register) => register,
            Err(Unfit::Contradiction) => return self.stateless(flow, &request.message, 400, |writer| writer),
            Err(Unfit::PathUnknown) => {
                return self.stateless(flow, &request.message, 420, |writer| writer.header("Unsupported", &[b"path"]));
            }
            Err(Unfit::FirstHop) => return self.stateless(flow, &request.message, 439, |writer| writer),
        };
        register.auth = self.evaluate(flow, &request);
        self.judge(flow, &register.auth, register.user.as_bytes());
        match register.auth {
            Auth::None if self.challenges() => return self.challenge_unasked(flow, &request, false),
            Auth::Stale if self.challenges() => return self.challenge_unasked(flow, &request, true),
            _ => self.look_for_changes(flow, &register.auth, &request),
        }
        let tag = self.random.hex(8);
        let server: ServerId = self.servers.create(&mut self.cx, request, flow, tag, User::Register);
        self.cx.tell(Event::Register { request: RequestId(server), register: register.into() });
    }

    /// True if who proves nothing is challenged without asking our user.
    fn challenges(&self) -> bool {
        self.config.challenge_registers && self.authenticator.has_users()
    }

    /// The answer to half of all REGISTERs. No transaction begins (RFC 3261 section 8.2.7): the same request again gets another like it.
    fn challenge_unasked(&mut self, flow: Flow, request: &Request, stale: bool) {
        let message = &request.message;
        if !stale && message.value(Name::Authorization).is_some() {
            // Credentials for another realm than ours.
            self.cx.recorder.turn_away(flow, 401, message);
        }
        self.challenge_stateless(flow, message, stale);
    }

    /// 200 with every binding and what is left of it. `outbound`: the flow is kept as RFC 5626 wants it.
    pub(super) fn accept_register(&mut self, request: RequestId, contacts: &[Contact], outbound: bool) {
        let Some(found) = self.servers.find(request.0) else { return };
        let (source, stream) = (found.source, found.source.transport != Transport::Udp);
        let register = found.request.as_deref().and_then(|request| read(source, request).ok());
        // The transaction forgets its request when it answers.
        let path: Vec<Vec<u8>> = match found.request.as_deref() {
            Some(request) => request.message.values(Name::Path).map(<[u8]>::to_vec).collect(),
            None => Vec::new(),
        };
        self.answer_with(request.0, 200, |writer| {
            let writer = contacts.iter().fold(writer, binding);
            let writer = path.iter().fold(writer, |writer, value| writer.header("Path", &[value]));
            let writer = writer.header("Supported", &[b"path, outbound, gruu"]);
            let writer = if outbound { writer.header("Require", &[b"outbound"]) } else { writer };
            // Datagrams would have to be kept alive by STUN, which phones do without being told to.
            if outbound && stream { writer.number("Flow-Timer", FLOW_TIMER).end() } else { writer.end() }
        });
        if let Some(register) = register {
            self.at_home(register, contacts);
        }
    }

    pub(super) fn challenge_register(&mut self, request: RequestId, stale: bool) {
        // The first challenge, and one for a nonce that grew old, are how it goes; one more is a password that is wrong.
        if !stale {
            self.record_refusal(request, 401, |request| request.message.value(Name::Authorization).is_some());
        }
        self.challenge(request.0, stale);
    }

    pub(super) fn reject_register(&mut self, request: RequestId, code: u16) {
        self.record_refusal(request, code, |_| true);
        self.answer(request.0, code);
    }

    fn record_refusal(&mut self, request: RequestId, code: u16, is_one: impl FnOnce(&Request) -> bool) {
        let request = self.servers.find(request.0).and_then(|s| Some((s.source, s.request.as_deref()?)));
        if let Some((source, request)) = request.filter(|(_, request)| is_one(request)) {
            self.cx.recorder.turn_away(source, code, &request.message);
        }
    }

    /// 423: the phone asks again with a longer lifetime (RFC 3261 section 10.2.8).
    pub(super) fn too_brief(&mut self, request: RequestId, min_expires: u32) {
        self.answer_with(request.0, 423, |writer| writer.number("Min-Expires", min_expires).end());
    }
}

/// One binding, in the answer.
fn binding(writer: Writer, contact: &Contact) -> Writer {
    let mut rest = format!(">;expires={}", contact.expires);
    if contact.priority < 1000 {
        rest += &format!(";q=0.{:03}", contact.priority);
    }
    if !contact.instance.is_empty() {
        rest += &format!(";+sip.instance=\"<{}>\"", contact.instance);
    }
    if contact.reg_id != 0 {
        rest += &format!(";reg-id={}", contact.reg_id);
    }
    if let Some((public, temporary)) = &contact.gruus {
        rest += &format!(";pub-gruu=\"{}\";temp-gruu=\"{}\"", public.expose(), temporary.expose());
    }
    writer.header("Contact", &[b"<", contact.uri.expose().as_bytes(), rest.as_bytes()])
}

/// What a REGISTER says.
fn read(flow: Flow, request: &Request) -> Result<Register, Unfit> {
    let message = &request.message;
    // Who is registered is named by a SIP address (section 10.2).
    let to = request.address(Name::To).filter(|to| matches!(to.uri.scheme, Scheme::Sip | Scheme::Sips));
    let to = to.ok_or(Unfit::Contradiction)?;
    let expires = message.value(Name::Expires).and_then(lifetime);
    let mut contacts = Vec::new();
    let mut star = false;
    for value in message.list(Name::Contact) {
        if value == b"*" {
            star = true;
        } else if contacts.len() == MAX_CONTACTS {
            return Err(Unfit::Contradiction);
        } else {
            contacts.push(contact(value, expires).ok_or(Unfit::Contradiction)?);
        }
    }
    if star && (!contacts.is_empty() || expires != Some(0)) {
        return Err(Unfit::Contradiction);
    }
    let path = path(request)?;
    let outbound = request.supports("outbound") && contacts.iter().any(|c| c.reg_id != 0);
    // Through a proxy that keeps no flow for it, a second flow of the phone would end in the same place as the first.
    if outbound && message.list(Name::Via).nth(1).is_some() && !path.last().is_some_and(keeps_flows) {
        return Err(Unfit::FirstHop);
    }
    if !outbound {
        contacts.iter_mut().for_each(|c| c.reg_id = 0);
    }
    Ok(Register {
        contacts,
        remove_all: star,
        path,
        wants_gruu: request.supports("gruu"),
        outbound,
        call_id: text(&request.call_id),
        cseq: request.cseq,
        agent: message.value(Name::UserAgent).map(text).unwrap_or_default(),
        ..Register::new(listening(flow, request), to.uri.user())
    })
}

fn contact(value: &[u8], expires: Option<u32>) -> Option<Contact> {
    let contact = Address::parse(value).ok()?;
    if contact.uri.raw.len() > MAX_KEPT {
        return None;
    }
    let uri = String::from_utf8(contact.uri.raw.to_vec()).ok()?;
    let param = |name| lex::param(contact.params, name).flatten();
    let instance = contact.instance().unwrap_or_default();
    // Without a device to belong to, the number of a flow means nothing (RFC 5626 section 6).
    let reg_id = param("reg-id").and_then(lex::number).filter(|_| !instance.is_empty()).unwrap_or(0);
    Some(Contact {
        priority: param("q").and_then(thousandths).unwrap_or(1000),
        instance,
        reg_id,
        ..Contact::new(uri, param("expires").and_then(lifetime).or(expires).unwrap_or(EXPIRES))
    })
}

/// The URIs of Path, verbatim with their parameters.
fn path(request: &Request) -> Result<Vec<Pii<String>>, Unfit> {
    let mut path = Vec::new();
    for value in request.message.list(Name::Path) {
        let uri = Address::parse(value).ok().map(|a| a.uri.raw).filter(|raw| raw.len() <= MAX_KEPT);
        let uri = uri.and_then(|raw| String::from_utf8(raw.to_vec()).ok());
        match uri {
            Some(uri) if path.len() < MAX_PATH => path.push(Pii::new(uri)),
            _ => return Err(Unfit::Contradiction),
        }
    }
    if path.is_empty() || request.supports("path") { Ok(path) } else { Err(Unfit::PathUnknown) }
}

fn keeps_flows(uri: &Pii<String>) -> bool {
    Uri::parse(uri.expose().as_bytes()).is_ok_and(|uri| lex::param(uri.params, "ob").is_some())
}

/// A lifetime that cannot be read is as if it were not there (section 10.2.1.1); one beyond 32 bits is very long.
fn lifetime(text: &[u8]) -> Option<u32> {
    lex::number::<u64>(text).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
}

/// `0.5` is 500 (RFC 3261 section 25.1: at most three digits behind the point).
fn thousandths(value: &[u8]) -> Option<u16> {
    let (whole, rest) = lex::cut(value, b'.');
    let rest = rest.unwrap_or(b"");
    let whole: u16 = if whole.is_empty() { 0 } else { lex::number(whole)? };
    if whole > 1 || rest.len() > 3 || !rest.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = rest.iter().chain(b"000").take(3).fold(0, |n, d| n * 10 + u16::from(d - b'0'));
    Some((whole * 1000 + digits).min(1000))
}

#[cfg(test)]
mod tests {
    use super::thousandths;

    #[test]
    fn priorities() {
        for (text, value) in [
            ("1", Some(1000)),
            ("0.7", Some(700)),
            (".25", Some(250)),
            ("1.000", Some(1000)),
            ("0", Some(0)),
            ("1.5", Some(1000)),
            ("0.1234", None),
            ("2", None),
            ("-1", None),
        ] {
            assert_eq!(thousandths(text.as_bytes()), value, "{text}");
        }
    }
}
