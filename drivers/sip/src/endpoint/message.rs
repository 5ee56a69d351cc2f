//! Requests that belong to no call: MESSAGE both ways (RFC 3428), and OPTIONS that we send.

use super::Endpoint;
use super::outgoing::name_addr;
use crate::api::{Body, Content, Event, Flow, HOPS, MAX_TEXT, Message, NameAddr, RequestId, SendId, Sending};
use crate::dialog::{Dialog, contact};
use crate::transaction::client::Purpose;
use crate::transaction::server::User;
use crate::wire::lex::{self, text};
use crate::wire::{Method, Name, Request, Uri};

/// The types of messages that are carried: text, the envelope around it (RFC 3862), and "is typing" (RFC 3994).
pub(super) const TEXTS: &str = "text/plain, text/html, message/cpim, application/im-iscomposing+xml";

impl Endpoint {
    /// A message. It is answered when it was delivered, or could not be.
    pub(super) fn message_came(&mut self, flow: Flow, request: Request) {
        let content_type = request.message.value(Name::ContentType).map(text).unwrap_or_default();
        if !is_text(&content_type) {
            return self.stateless(flow, &request.message, 415, |writer| writer.header("Accept", &[TEXTS.as_bytes()]));
        }
        if request.body.len() > MAX_TEXT {
            return self.stateless(flow, &request.message, 413, |writer| writer);
        }
        let (Some(from), Some(uri)) = (request.address(Name::From), request.uri()) else {
            return self.stateless(flow, &request.message, 400, |writer| writer);
        };
        let message = Message {
            flow,
            from: NameAddr { display: from.name().into(), uri: text(from.uri.raw).into() },
            to: uri.user().into(),
            content_type,
            body: Body::copy_of(&request.body),
            auth: self.evaluate(flow, &request),
        };
        self.judge_sender(flow, &message.auth, &request);
        let tag = self.random.hex(8);
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        self.cx.tell(Event::Message { request: RequestId(server), message: message.into() });
    }

    /// Sends a request of our user's. Its end is told by `Event::Sent`.
    pub(super) fn send(&mut self, id: SendId, sending: &Sending) {
        let Sending { uri, flow, route, from, to, content } = sending;
        let uri = uri.expose().as_bytes();
        if Uri::parse(uri).is_err() {
            return self.cx.tell(Event::Sent { id, code: 484 });
        }
        let (tag, call_id, branch) = (self.random.hex(8), self.random.hex(16), self.branch());
        let mut dialog = Dialog::outgoing(call_id, tag, &name_addr(from), &name_addr(to), uri, *flow, HOPS);
        dialog.go_through(route);
        self.find_way(&mut dialog, None);
        let flow = dialog.flow;
        let software = self.config.software.as_bytes();
        let (method, data) = match content {
            Content::Options => {
                let writer = dialog.request(Method::Options, 1, &branch).header("User-Agent", &[software]);
                (Method::Options, writer.header("Accept", &[super::answer::SDP.as_bytes()]).end())
            }
            // No subscription stands behind it, and none shall come of it.
            Content::State { package, document } => {
                let writer = dialog
                    .request(Method::Notify, 1, &branch)
                    .header("Contact", &[contact(flow).as_bytes()])
                    .header("Event", &[package.name().as_bytes()])
                    .header("Subscription-State", &[b"terminated"])
                    .header("User-Agent", &[software]);
                (Method::Notify, writer.body(&document.content_type, &document.body))
            }
            Content::Message { content_type, body } => {
                let writer = dialog.request(Method::Message, 1, &branch).header("User-Agent", &[software]);
                (Method::Message, writer.body(content_type, body))
            }
        };
        self.clients.start(&mut self.cx, method, &branch, flow, data, Purpose::Sent(id));
    }
}

fn is_text(content_type: &str) -> bool {
    let end = content_type.find(';').unwrap_or(content_type.len());
    let plain = content_type[..end].trim();
    lex::list(TEXTS.as_bytes()).any(|known| known.eq_ignore_ascii_case(plain.as_bytes()))
}
