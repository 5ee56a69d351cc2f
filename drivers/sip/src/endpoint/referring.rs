//! Transfers that we ask for: REFER inside a call, and the NOTIFYs that tell how it goes (RFC 3515, RFC 5589).
//!
//! One at a time in each call. It is over when a NOTIFY brings a final status, when the REFER is refused, or with the call itself; a peer that
//! took it and never says more keeps it open until then, and the user decides how long to believe in it.

use model::Pii;

use super::Endpoint;
use super::answer::SIPFRAG;
use crate::api::{DialogId, Event, Flow, LegId};
use crate::dialog::contact;
use crate::dialog::leg::Phase;
use crate::transaction::client::Purpose;
use crate::transaction::server::User;
use crate::wire::{EventType, Method, Name, Request, State, SubscriptionState, find_part, lex};

impl Endpoint {
    pub(super) fn refer(&mut self, leg: LegId, to: &Pii<String>, replaces: Option<LegId>) {
        let branch = self.branch();
        let replaced = replaces.and_then(|other| self.legs.get(other)).map(|other| other.dialog.id());
        let named = replaced.is_some() == replaces.is_some();
        let Some(found) = self.legs.find(leg) else { return };
        if !matches!(found.phase, Phase::Confirmed) || found.refers || !named {
            return self.cx.tell(Event::Referred { leg, code: 491 });
        }
        let target = refer_to(to.expose(), replaced.as_ref());
        found.refers = true;
        found.dialog.local_cseq += 1;
        let data = found
            .dialog
            .request(Method::Refer, found.dialog.local_cseq, &branch)
            .header("Contact", &[contact(found.dialog.flow).as_bytes()])
            .header("Refer-To", &[b"<", target.as_bytes(), b">"])
            .header("User-Agent", &[self.config.software.as_bytes()])
            .end();
        let hop = found.dialog.next_hop(&self.peers);
        self.clients.start(&mut self.cx, Method::Refer, &branch, hop, data, Purpose::Refer(leg));
    }

    /// True if a REFER of ours is under way in this call.
    pub(super) fn refers(&self, leg: LegId) -> bool {
        self.legs.get(leg).is_some_and(|l| l.refers)
    }

    /// The REFER itself was answered, or not (408).
    pub(super) fn refer_answered(&mut self, leg: LegId, code: u16) {
        let Some(found) = self.legs.find(leg).filter(|l| l.refers && code >= 200) else { return };
        // If it was taken, NOTIFY tells what comes of it.
        found.refers = code < 300;
        self.cx.tell(Event::Referred { leg, code: if code < 300 { 100 } else { code } });
    }

    /// A NOTIFY inside a call that has a REFER of ours.
    pub(super) fn told_of_refer(&mut self, leg: LegId, flow: Flow, request: Request, tag: String) {
        let event = request.message.value(Name::Event).and_then(EventType::parse);
        let ours = event.is_some_and(|e| e.package == b"refer");
        let state = request.message.value(Name::SubscriptionState).and_then(SubscriptionState::parse);
        let over = state.is_some_and(|s| s.state == State::Terminated);
        let code = status(&request);
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        if !ours {
            self.answer_with(server, 489, |writer| writer.header("Allow-Events", &[b"refer"]).end());
            return;
        }
        self.answer(server, 200);
        let Some(found) = self.legs.find(leg) else { return };
        // Whoever ends the subscription without a final status will not say how it went.
        let code = if over { code.filter(|c| *c >= 200).unwrap_or(202) } else { code.unwrap_or(100) };
        found.refers = code < 200;
        self.cx.tell(Event::Referred { leg, code });
    }
}

/// The address for `Refer-To`, with the call whose place is taken: named as the one who gets the new INVITE sees it, whose end of it is not
/// ours (RFC 3891 section 3).
fn refer_to(to: &str, replaced: Option<&DialogId>) -> String {
    // A bracket would end the address, a line end the header.
    let mut target: String = to.chars().filter(|c| c.is_ascii_graphic() && !"<>?".contains(*c)).collect();
    if let Some(DialogId { call_id, local_tag, remote_tag }) = replaced {
        target += "?Replaces=";
        let value = format!("{call_id};to-tag={remote_tag};from-tag={local_tag}");
        for byte in value.bytes() {
            match byte {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' => target.push(char::from(byte)),
                _ => target += &format!("%{byte:02X}"),
            }
        }
    }
    target
}

/// The status line in a NOTIFY's fragment.
fn status(request: &Request) -> Option<u16> {
    let kind = request.message.value(Name::ContentType).unwrap_or(SIPFRAG.as_bytes());
    let fragment = find_part(kind, &request.body, "message", "sipfrag")?;
    let code = fragment.strip_prefix(b"SIP/2.0 ")?.get(..3).and_then(lex::number)?;
    (100..700).contains(&code).then_some(code)
}
