//! REGISTER, up to the point where bindings are kept (RFC 3261 section 10.3): that is the user's.

use super::Endpoint;
use crate::api::Event;
use crate::api::{Contact, Flow, Register, RequestId};
use crate::transaction::server::{ServerId, User};
use crate::wire::{Address, Name, Request, Scheme, lex};

/// Contacts of one REGISTER; a phone has one, some soft phones two or three.
const MAX_CONTACTS: usize = 10;
/// The lifetime of a binding that names none.
const EXPIRES: u32 = 3600;

impl Endpoint {
    pub(super) fn register(&mut self, flow: Flow, request: Request) {
        let Some(mut register) = read(flow, &request) else {
            return self.stateless(flow, &request.message, 400, |writer| writer);
        };
        register.auth = self.authenticator.evaluate(self.cx.now, &request);
        self.judge(flow, &register.auth, register.user.as_bytes());
        self.look_for_changes(flow, &register.auth, &request);
        let tag = self.random.hex(8);
        let server: ServerId = self.servers.create(&mut self.cx, request, flow, tag, User::Register);
        self.cx.tell(Event::Register { request: RequestId(server), register: register.into() });
    }

    /// 200 with every binding and what is left of it.
    pub(super) fn accept_register(&mut self, request: RequestId, contacts: &[Contact]) {
        self.answer_with(request.0, 200, |mut writer| {
            for contact in contacts {
                let expires = contact.expires.to_string();
                writer = writer
                    .header("Contact", &[b"<", contact.uri.expose().as_bytes(), b">;expires=", expires.as_bytes()]);
            }
            writer.end()
        });
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
}

/// What a REGISTER says; `None` if it contradicts itself.
fn read(flow: Flow, request: &Request) -> Option<Register> {
    let message = &request.message;
    // Who is registered is named by a SIP address (section 10.2).
    let to = request.address(Name::To).filter(|to| matches!(to.uri.scheme, Scheme::Sip | Scheme::Sips))?;
    // A lifetime that cannot be read is as if it were not there (section 10.2.1.1); one beyond 32 bits is very long.
    let lifetime = |text: &[u8]| lex::number::<u64>(text).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    let expires = message.value(Name::Expires).and_then(lifetime);
    let mut contacts = Vec::new();
    let mut star = false;
    for value in message.list(Name::Contact) {
        if value == b"*" {
            star = true;
            continue;
        }
        let contact = Address::parse(value).ok()?;
        if contacts.len() == MAX_CONTACTS {
            return None;
        }
        let own = lex::param(contact.params, "expires").flatten().and_then(lifetime);
        contacts.push(Contact {
            uri: String::from_utf8(contact.uri.raw.to_vec()).ok()?.into(),
            expires: own.or(expires).unwrap_or(EXPIRES),
        });
    }
    if star && (!contacts.is_empty() || expires != Some(0)) {
        return None;
    }
    Some(Register {
        flow,
        user: to.uri.user(),
        auth: crate::api::Auth::None,
        contacts,
        remove_all: star,
        call_id: text(&request.call_id),
        cseq: request.cseq,
        agent: message.value(Name::UserAgent).map(text).unwrap_or_default(),
    })
}

/// For people.
pub(super) fn text(bytes: &[u8]) -> String {
    lex::text(bytes)
}
