//! How responses are written: with a transaction, or without any state (RFC 3261 section 8.2.7).

use std::sync::LazyLock;

use bytes::Bytes;

use super::Endpoint;
use super::message::TEXTS;
use crate::admission::RETRY_AFTER;
use crate::alg;
use crate::api::{Flow, Package};
use crate::dialog::contact;
use crate::digest::server::WEB_PHONE;
use crate::transaction::server::{Server, ServerId, response_flow};
use crate::wire::{self, Message, Method, Name, Refusal, Request, SUPPORTED, Writer};

/// What we understand, for `Allow`.
pub(super) const ALLOW: &[u8] =
    b"INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, MESSAGE, PRACK, REFER, REGISTER, SUBSCRIBE, UPDATE";
/// What we understand inside a call.
pub(super) const IN_CALL: &[u8] = b"INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, PRACK, REFER, SUBSCRIBE, UPDATE";
/// What we understand inside a subscription.
pub(super) const IN_SUBSCRIPTION: &[u8] = b"SUBSCRIBE, OPTIONS";
/// The extensions that we know, for `Supported`.
pub(super) fn supported() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| SUPPORTED.join(", "));
    &TEXT
}

/// The same but for one.
pub(super) fn supported_without(extension: &str) -> String {
    let others: Vec<&str> = SUPPORTED.into_iter().filter(|known| *known != extension).collect();
    others.join(", ")
}

/// The one kind of body that we understand.
pub(super) const SDP: &str = "application/sdp";
/// What a NOTIFY about a REFER holds (RFC 3515 section 2.4.5).
pub(super) const SIPFRAG: &str = "message/sipfrag;version=2.0";

impl Endpoint {
    /// Refuses a request that is not valid.
    pub(super) fn refuse_invalid(&mut self, source: Flow, refusal: &Refusal) {
        self.counters.invalid += 1;
        self.cx.recorder.turn_away(source, refusal.code, &refusal.message);
        self.stateless(source, &refusal.message, refusal.code, |writer| match &refusal.extra {
            Some((name, value)) => writer.header(name.text(), &[value]),
            None => writer,
        });
    }

    /// Answers a request that needs no transaction: the same request again gets the same answer.
    pub(super) fn stateless(
        &mut self,
        source: Flow,
        request: &Message,
        code: u16,
        extra: impl FnOnce(Writer) -> Writer,
    ) {
        let via = request.via();
        let tag = self.authenticator.tag(request.value(Name::CallId).unwrap_or_default());
        let writer =
            wire::respond(request, source.remote, code, &tag).header("Server", &[self.config.software.as_bytes()]);
        let writer = match code {
            405 | 501 => writer.header("Allow", &[ALLOW]),
            415 => writer.header("Accept", &[SDP.as_bytes()]).header("Accept-Encoding", &[b"identity"]),
            _ => writer,
        };
        self.cx.transmit(response_flow(via.as_ref(), source), extra(writer).end());
    }

    /// 503, with the time to come back.
    pub(super) fn busy(&mut self, source: Flow, request: &Message) {
        self.counters.busy += 1;
        self.later(source, request);
    }

    /// 503, with the time to come back, for whatever reason.
    pub(super) fn later(&mut self, source: Flow, request: &Message) {
        self.stateless(source, request, 503, |writer| writer.number("Retry-After", RETRY_AFTER));
    }

    /// What OPTIONS asks for (section 11.2).
    pub(super) fn options(&mut self, source: Flow, request: &Request) {
        match alg::mirrored(&request.message) {
            Some(mirrored) => self.mirror(source, request, &mirrored),
            None => self.stateless(source, &request.message, 200, |writer| capabilities(writer, ALLOW)),
        }
    }

    /// A marked request comes back as it arrived, in a form that no router on the way knows.
    fn mirror(&mut self, source: Flow, request: &Request, mirrored: &str) {
        let tag = self.authenticator.tag(request.message.value(Name::CallId).unwrap_or_default());
        let writer = wire::respond(&request.message, source.remote, 200, &tag);
        let flow = response_flow(request.via().as_ref(), source);
        self.cx.transmit(flow, writer.body("text/plain", mirrored.as_bytes()));
    }

    /// A response without more.
    pub(super) fn answer(&mut self, server: ServerId, code: u16) {
        self.answer_with(server, code, |writer| writer.end());
    }

    /// A response of a transaction, with what `rest` adds to it. The bytes, if the transaction still wanted a response.
    pub(super) fn answer_with(
        &mut self,
        server: ServerId,
        code: u16,
        rest: impl FnOnce(Writer) -> Bytes,
    ) -> Option<Bytes> {
        let found = self.servers.find(server).filter(|s| s.is_pending())?;
        let request = found.request.as_deref()?;
        let writer = wire::respond(&request.message, found.source.remote, code, &found.to_tag);
        let writer = in_dialog(writer, found, request, code).header("Server", &[self.config.software.as_bytes()]);
        let data = rest(writer);
        self.servers.respond(&mut self.cx, server, code, data.clone());
        Some(data)
    }

    /// 401 with the challenges that its phone can bear. Nothing is kept of it (RFC 3261 section 8.2.7): a request that comes
    /// again is challenged again, and a flood of them fills no table.
    pub(super) fn challenge(&mut self, server: ServerId, stale: bool) {
        let Some(found) = self.servers.find(server) else { return };
        let Some(request) = found.request.as_deref() else { return };
        let agent = agent(found.source, &request.message);
        let challenges = Challenges(self.authenticator.challenge(self.cx.now, &mut self.random, stale, agent));
        self.answer_with(server, 401, |writer| challenges.write(writer).end());
        self.servers.forget(&mut self.cx, server);
    }

    /// The same without a transaction.
    pub(super) fn challenge_stateless(&mut self, source: Flow, message: &Message, stale: bool) {
        let agent = agent(source, message);
        let challenges = Challenges(self.authenticator.challenge(self.cx.now, &mut self.random, stale, agent));
        self.stateless(source, message, 401, |writer| challenges.write(writer));
    }
}

/// What a phone calls itself, as far as its challenges depend on it.
fn agent(source: Flow, message: &Message) -> &[u8] {
    if source.transport.is_websocket() { WEB_PHONE } else { message.value(Name::UserAgent).unwrap_or_default() }
}

/// Several `WWW-Authenticate`.
struct Challenges(Vec<String>);

impl Challenges {
    fn write(&self, writer: Writer) -> Writer {
        let name = Name::WwwAuthenticate.text();
        self.0.iter().fold(writer, |writer, challenge| writer.header(name, &[challenge.as_bytes()]))
    }
}

/// What we can do, in the answer to OPTIONS: anywhere, or inside a dialog, where fewer methods mean something.
pub(super) fn capabilities(writer: Writer, allow: &[u8]) -> Writer {
    writer
        .header("Allow", &[allow])
        .header("Accept", &[SDP.as_bytes(), b", ", TEXTS.as_bytes()])
        .header("Accept-Encoding", &[b"identity"])
        .header("Supported", &[supported().as_bytes()])
        .header("Allow-Events", &[packages().as_bytes()])
}

/// What can be subscribed to, in the answer to who asks for something else.
pub(super) fn allow_events(writer: Writer) -> Writer {
    writer.header("Allow-Events", &[packages().as_bytes()])
}

fn packages() -> String {
    Package::ALL.map(Package::name).join(", ")
}

/// What makes a dialog, in the provisional and positive answers to an INVITE, or moves its target, in those to an UPDATE: the route set as it
/// came, our Contact (RFC 3261 section 12.1.1, RFC 3311 section 5.2), and what we know.
fn in_dialog(mut writer: Writer, server: &Server, request: &Request, code: u16) -> Writer {
    if !matches!(request.method, Method::Invite | Method::Update) || !(101..300).contains(&code) {
        return writer;
    }
    for route in request.message.values(Name::RecordRoute) {
        writer = writer.header("Record-Route", &[route]);
    }
    writer
        .header("Contact", &[contact(server.source).as_bytes()])
        .header("Allow", &[ALLOW])
        .header("Supported", &[supported().as_bytes()])
}
