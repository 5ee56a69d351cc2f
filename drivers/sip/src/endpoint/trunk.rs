//! Being registered with carriers (RFC 3261 section 10.2). What follows from an answer is decided in [`crate::registration`].

use std::sync::Arc;
use std::time::Duration;

use super::Endpoint;
use crate::api::{Event, Flow, HOPS, LegId, Trunk, TrunkSecret, TrunkTrouble};
use crate::dialog::begin;
use crate::digest::client::{Signer, request_line};
use crate::registration::{Next, Outcome};
use crate::transaction::client::{ClientId, Purpose};
use crate::transaction::timer::{Owner, Timer};
use crate::trunks::{Line, TrunkId};
use crate::wire::{Address, Message, Method, Name, Response, Writer, lex};

/// How long an address may be silent before the next one is tried: Timers A and E have sent it four times by then.
const SILENCE: Duration = Duration::from_secs(4);
/// Entries of a Service-Route.
const MAX_SERVICE_ROUTE: usize = 8;

impl Endpoint {
    pub(super) fn set_trunks(&mut self, trunks: Vec<Trunk>) {
        let (new, gone) = self.trunks.replace(trunks, &mut self.random);
        for (id, line) in gone {
            self.clients.forget_register(&mut self.cx, id);
            self.cx.timers.clear(Owner::Trunk(id.0), &[Timer::Register, Timer::Silence, Timer::KeepAlive]);
            // Its carrier need not send calls here any more, which nobody would take.
            if self.trunks.part(id, line) {
                self.leave(id);
            }
        }
        self.sign_for_all(|line| line.signer.is_none());
        new.into_iter().for_each(|id| self.register_at_trunk(id));
    }

    pub(super) fn set_trunk_secrets(&mut self, secrets: &Arc<[TrunkSecret]>) {
        self.trunk_secrets = secrets.clone();
        self.sign_for_all(|_| true);
        // Whoever waits after a wrong password need not wait any more.
        let waiting: Vec<TrunkId> =
            self.trunks.lines.iter().filter(|(_, l)| !l.is_registered()).map(|(id, _)| *id).collect();
        waiting.into_iter().for_each(|id| self.register_at_trunk(id));
    }

    fn sign_for_all(&mut self, wanted: impl Fn(&Line) -> bool) {
        for line in self.trunks.lines.values_mut().filter(|line| wanted(line)) {
            let secret = self.trunk_secrets.iter().find(|s| s.trunk == line.config.name);
            line.signer = secret.map(|s| Signer::new(&s.user, &s.password));
        }
    }

    /// Begins a REGISTER at the first address. Without one there is nothing to do until there is.
    pub(super) fn register_at_trunk(&mut self, id: TrunkId) {
        self.clients.forget_register(&mut self.cx, id);
        let Some(line) = self.trunks.line(id) else { return };
        let Some(registration) = &mut line.registration else { return };
        registration.begin();
        line.untried = line.config.flows.clone();
        // Where it worked is the best guess.
        if let Some(last) = line.registrar.and_then(|r| line.untried.iter().position(|f| *f == r)) {
            line.untried[..=last].rotate_right(1);
        }
        self.register_at_next(id);
    }

    /// The carrier of this call answers it, while we wait to register there: it is back, or its registrar has forgotten us.
    pub(super) fn carrier_speaks(&mut self, leg: LegId) {
        let Some(id) = self.legs.get(leg).and_then(|l| l.over.as_ref()).map(|over| over.id) else { return };
        let registration = self.trunks.lines.get(&id).and_then(|line| line.registration.as_ref());
        if registration.is_some_and(|r| r.is_worth_a_try(self.cx.now)) {
            self.register_at_trunk(id);
        }
    }

    /// Sends the REGISTER to the next address. False if there is none.
    fn register_at_next(&mut self, id: TrunkId) -> bool {
        let Some(line) = self.trunks.line(id) else { return false };
        if line.untried.is_empty() {
            return false;
        }
        line.registrar = Some(line.untried.remove(0));
        self.send_register(id);
        true
    }

    fn send_register(&mut self, id: TrunkId) {
        let branch = self.branch();
        let Some(line) = self.trunks.line(id) else { return };
        let Some(flow) = line.registrar else { return };
        let (contact, proxy) = (line.contact(flow), line.config.proxy.clone());
        let Some(registration) = &mut line.registration else { return };
        registration.cseq += 1;
        let uri = format!("sip:{}", line.config.domain);
        let aor = format!("<sip:{}@{}>", line.config.user, line.config.domain);
        let mut writer = begin("REGISTER", uri.as_bytes(), flow, &branch, HOPS);
        if let Some(proxy) = proxy {
            writer = writer.header("Route", &[b"<", proxy.as_bytes(), b">"]);
        }
        writer = writer
            .header("From", &[aor.as_bytes(), b";tag=", registration.tag.as_bytes()])
            .header("To", &[aor.as_bytes()])
            .header("Call-ID", &[registration.call_id.as_bytes()])
            .header("CSeq", &[registration.cseq.to_string().as_bytes(), b" REGISTER"])
            .header("Contact", &[contact.as_bytes()])
            .number("Expires", registration.asks_for())
            .header("Supported", &[b"path"])
            .header("User-Agent", &[self.config.software.as_bytes()]);
        for (name, value) in
            line.signer.iter_mut().flat_map(|s| s.sign(&mut self.random, "REGISTER", uri.as_bytes(), b""))
        {
            writer = writer.header(name, &[value.as_bytes()]);
        }
        let more = !line.untried.is_empty();
        self.clients.start(&mut self.cx, Method::Register, &branch, flow, writer.end(), Purpose::Register(id));
        let owner = Owner::Trunk(id.0);
        self.cx.timers.clear(owner, &[Timer::Register]);
        match more {
            true => self.cx.timers.set(owner, Timer::Silence, self.cx.now + SILENCE),
            false => self.cx.timers.clear(owner, &[Timer::Silence]),
        }
    }

    /// The address is silent: the next one is asked. What the silent one may still say is not heard.
    pub(super) fn registrar_silent(&mut self, id: TrunkId) {
        self.clients.forget_register(&mut self.cx, id);
        self.registrar_dead(id, None, TrunkTrouble::NoAnswer);
    }

    /// The end of a REGISTER without an answer (408), or with its connection (503).
    pub(super) fn register_unanswered(&mut self, id: TrunkId, trouble: TrunkTrouble) {
        self.registrar_dead(id, None, trouble);
    }

    /// The next address is asked, or there is none.
    fn registrar_dead(&mut self, id: TrunkId, retry_after: Option<u32>, trouble: TrunkTrouble) {
        if !self.register_at_next(id) {
            self.register_outcome(id, Outcome::Failed { trouble, retry_after });
        }
    }

    pub(super) fn registered(&mut self, id: TrunkId, client: ClientId, response: &Response) {
        self.cx.timers.clear(Owner::Trunk(id.0), &[Timer::Silence]);
        let message = &response.message;
        match response.code {
            200..300 => {
                let Some(line) = self.trunks.line(id) else { return };
                line.service_route =
                    message.list(Name::ServiceRoute).take(MAX_SERVICE_ROUTE).map(<[u8]>::to_vec).collect();
                let asked = line.registration.as_ref().map_or(0, |r| r.asks_for());
                let expires = granted(message, line).unwrap_or(asked);
                self.register_outcome(id, Outcome::Accepted { expires });
            }
            401 | 407 => match self.prove(id, client, message) {
                Ok(()) => self.send_register(id),
                Err(trouble) => self.register_outcome(id, Outcome::Failed { trouble, retry_after: None }),
            },
            423 => {
                let least = message.value(Name::MinExpires).and_then(lex::number).unwrap_or(0);
                self.register_outcome(id, Outcome::TooBrief { least });
            }
            code => {
                let (trouble, after) = (TrunkTrouble::Refused(code), response.retry_after());
                // What this server cannot do another may; what it will not do, none of them will.
                if (500..600).contains(&code) || code == 408 {
                    self.registrar_dead(id, after, trouble);
                } else {
                    self.register_outcome(id, Outcome::Failed { trouble, retry_after: after });
                }
            }
        }
    }

    /// Takes up the challenge to a request of this trunk.
    fn prove(&mut self, id: TrunkId, client: ClientId, response: &Message) -> Result<(), TrunkTrouble> {
        let request = self.clients.request_of(client).and_then(|(_, data)| Message::parse(&data));
        let line = self.trunks.line(id);
        let (Some(line), Some(request)) = (line, request) else { return Err(TrunkTrouble::Refused(401)) };
        if line.registration.as_mut().is_some_and(|r| !r.may_try()) {
            return Err(TrunkTrouble::WrongPassword);
        }
        line.signer.as_mut().ok_or(TrunkTrouble::NoPassword)?.challenged(response, &request)
    }

    fn register_outcome(&mut self, id: TrunkId, outcome: Outcome) {
        let parting = self.trunks.parting.contains_key(&id);
        let Some(line) = self.trunks.line(id) else { return };
        let Some(registration) = &mut line.registration else { return };
        let (trunk, registrar) = (line.config.name.clone(), line.registrar);
        let next = registration.outcome(self.cx.now, outcome, &mut self.random);
        let owner = Owner::Trunk(id.0);
        if parting && !matches!(next, Next::Again) {
            // It had its chance. Nobody knows it by name any more, so nobody is told.
            self.trunks.parting.remove(&id);
            return;
        }
        match next {
            Next::Renew { at, until } => {
                self.cx.timers.set(owner, Timer::Register, at);
                self.keep_open(id);
                let seconds = until.saturating_since(self.cx.now).as_secs();
                if let Some(flow) = registrar {
                    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
                    self.cx.tell(Event::TrunkRegistered { trunk, flow, seconds });
                }
            }
            Next::Again => self.send_register(id),
            Next::Retry { at, trouble } => {
                self.cx.timers.set(owner, Timer::Register, at);
                self.cx.timers.clear(owner, &[Timer::KeepAlive]);
                self.cx.tell(Event::TrunkLost { trunk, trouble });
            }
            Next::Gone => {
                registration.until = None;
                self.cx.tell(Event::TrunkLost { trunk, trouble: TrunkTrouble::Left });
            }
        }
    }

    /// The program ends: carriers need not send calls here any more. Each trunk answers with `TrunkLost`, or not at all.
    pub(super) fn leave_trunks(&mut self) {
        let ids: Vec<TrunkId> =
            self.trunks.lines.iter().filter(|(_, l)| l.is_registered()).map(|(id, _)| *id).collect();
        ids.into_iter().for_each(|id| self.leave(id));
    }

    fn leave(&mut self, id: TrunkId) {
        if let Some(registration) = self.trunks.line(id).and_then(|l| l.registration.as_mut()) {
            registration.leaving = true;
            registration.begin();
            self.send_register(id);
            self.cx.timers.clear(Owner::Trunk(id.0), &[Timer::KeepAlive]);
        }
    }
}

/// How long the registrar keeps our Contact: what it says beside it, else for all.
fn granted(message: &Message, line: &Line) -> Option<u32> {
    let is_ours = |a: &Address<'_>| line.is_contact(&a.uri);
    let ours = message.list(Name::Contact).filter_map(|c| Address::parse(c).ok()).find(is_ours);
    let own = ours.and_then(|c| lex::number(lex::param(c.params, "expires").flatten()?));
    own.or_else(|| lex::number(message.value(Name::Expires)?))
}

/// A request of ours, written again with another branch and CSeq, the credentials that it needs now, and, if its transport changed, another Via.
pub(super) fn reissue(
    request: &[u8],
    flow: Flow,
    branch: &str,
    cseq: u32,
    sign: impl FnOnce(&str, &[u8], &[u8]) -> Vec<(&'static str, String)>,
) -> Option<(Method, bytes::Bytes)> {
    // These are our own bytes; they parse.
    let message = Message::parse(request)?;
    let (name, uri) = request_line(&message)?;
    let method = crate::wire::method(name)?;
    let name = crate::wire::method_name(method);
    let hops = message.value(Name::MaxForwards).and_then(lex::number).unwrap_or(HOPS);
    let mut writer: Writer = begin(name, uri, flow, branch, hops);
    let mut kind = String::new();
    for header in message.headers() {
        let (name, text, value) = (header.0, header.1, header.2);
        writer = match name {
            Name::Via | Name::ContentLength | Name::Authorization | Name::ProxyAuthorization => writer,
            // `begin` has written one.
            Name::MaxForwards => writer,
            Name::ContentType => {
                kind = String::from_utf8_lossy(value).into_owned();
                writer
            }
            Name::CSeq => {
                writer.header("CSeq", &[cseq.to_string().as_bytes(), b" ", crate::wire::method_name(method).as_bytes()])
            }
            _ => writer.header(&String::from_utf8_lossy(text), &[value]),
        };
    }
    let body = message.rest();
    for (name, value) in sign(name, uri, body) {
        writer = writer.header(name, &[value.as_bytes()]);
    }
    Some((method, writer.body(&kind, body)))
}
