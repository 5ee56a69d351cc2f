//! Routers that change phone messages on their way (a "SIP ALG"): they mean to help phones behind NAT, and break calls. How they are found out.
//!
//! Two ways. What a phone registers with betrays a router that changed only some of it: [`signs`]. And a marked OPTIONS comes back from our own
//! port as it arrived there, in a form that no router knows ([`MIRROR`]): [`compare`] says what was changed on the way. Whom we ask so is another
//! Frontdesk outside, or we ourselves at our outside address: then the question itself comes in again.
//!
//! A phone that learnt its outside address by itself (STUN, or from our `received`) writes that into its Contact, and often into its Via: that
//! alone proves nothing.

use std::net::IpAddr;

pub use model::defence::Change;

use crate::wire::{Address, Message, Name, Request, Uri, Via, lex, uri};

/// The header that asks for the message back. Only peers are answered, and what comes back is not much longer than what was sent.
pub(crate) const MIRROR: &str = "X-Frontdesk-Mirror";
/// A longer message is not mirrored: ours is shorter.
const MAX_MIRRORED: usize = 2048;

/// Signs that a registration was changed on its way from a phone behind NAT, which `source` shows to us.
pub(crate) fn signs(request: &Request, source: IpAddr) -> Option<Change> {
    let source = source.to_canonical();
    let via = request.via().and_then(|via| uri::literal(via.host))?;
    let contact = request.message.list(Name::Contact).find_map(|c| uri::literal(Address::parse(c).ok()?.uri.host))?;
    if via == source && contact != source {
        // A phone that knows its outside address says it in Contact first.
        return Some(Change::Via);
    }
    let inside = call_id_host(&request.call_id)?;
    (via == source && contact == source && inside != source && is_private(inside)).then_some(Change::Contact)
}

/// The body of the answer to a marked request: the message as it came, in hexadecimal. `None`: it is not marked, or too long.
pub(crate) fn mirrored(message: &Message) -> Option<String> {
    let marked = message.headers().any(|(_, name, _)| name.eq_ignore_ascii_case(MIRROR.as_bytes()));
    (marked && message.raw().len() <= MAX_MIRRORED).then(|| hex::encode(message.raw()))
}

/// What was changed between `sent` and what the mirror says came. `None`: it is no mirror's answer.
pub fn compare(sent: &[u8], mirrored: &[u8]) -> Option<Vec<Change>> {
    changes(sent, &hex::decode(mirrored).ok()?)
}

/// What was changed between `sent` and what came of it. `None`: it is no message any more.
pub(crate) fn changes(sent: &[u8], came: &[u8]) -> Option<Vec<Change>> {
    let (sent, came) = (Message::parse(sent)?, Message::parse(came)?);
    let differs = |name: Name| sent.value(name).map(essence) != came.value(name).map(essence);
    let all = [
        (Change::Via, sent.list(Name::Via).next().and_then(via_of) != came.list(Name::Via).next().and_then(via_of)),
        (Change::Contact, differs(Name::Contact)),
        (Change::CallId, differs(Name::CallId)),
        (Change::Body, sent.rest() != came.rest()),
        (Change::Length, length(&came).is_some_and(|n| n != came.rest().len())),
    ];
    Some(all.into_iter().filter(|(_, changed)| *changed).map(|(change, _)| change).collect())
}

/// What must be the same in a Via: who sent it, and the branch. Parameters are added on the way by right.
fn via_of(text: &[u8]) -> Option<(Vec<u8>, Option<u16>, Vec<u8>)> {
    let via = Via::parse(text)?;
    Some((via.host.to_vec(), via.port, via.branch()?.to_vec()))
}

/// The URI of a Contact; anything else as it stands.
fn essence(value: &[u8]) -> Vec<u8> {
    Address::parse(value).map_or_else(|_| value.to_vec(), |address| address.uri.raw.to_vec())
}

fn length(message: &Message) -> Option<usize> {
    lex::number(message.value(Name::ContentLength)?)
}

/// "a84b4c76e66710@192.168.1.20"
fn call_id_host(call_id: &[u8]) -> Option<IpAddr> {
    let at = call_id.iter().rposition(|b| *b == b'@')?;
    let uri = [b"sip:".as_slice(), &call_id[at + 1..]].concat();
    uri::literal(Uri::parse(&uri).ok()?.host)
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Verdict, parse};

    fn sign(via: &str, contact: &str, call_id: &str) -> Option<Change> {
        let text = format!(
            "REGISTER sip:c SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK1;rport\r\nFrom: <sip:a@c>;tag=1\r\nTo: <sip:a@c>\r\n\
             Call-ID: {call_id}\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@{contact}>\r\n\r\n"
        );
        let Verdict::Request(request) = parse(text.as_bytes()) else { panic!("{text}") };
        signs(&request, "203.0.113.7".parse().expect("address"))
    }

    #[test]
    fn a_router_betrays_itself_and_a_phone_that_knows_its_address_does_not() {
        for (via, contact, call_id, expected) in [
            // Behind an honest NAT.
            ("192.168.1.20:5060", "192.168.1.20:5060", "x@192.168.1.20", None),
            // A phone that learnt its address from us, or by STUN.
            ("192.168.1.20:5060", "203.0.113.7:40000", "x@192.168.1.20", None),
            ("203.0.113.7:40000", "203.0.113.7:40000", "f81d4fae-7dec", None),
            // No NAT at all.
            ("203.0.113.7:5060", "203.0.113.7:5060", "x@203.0.113.7", None),
            ("phone.example", "192.168.1.20", "x", None),
            // Routers.
            ("203.0.113.7:40000", "192.168.1.20:5060", "x@192.168.1.20", Some(Change::Via)),
            ("203.0.113.7:40000", "203.0.113.7:40000", "x@192.168.1.20", Some(Change::Contact)),
        ] {
            assert_eq!(sign(via, contact, call_id), expected, "{via} {contact} {call_id}");
        }
    }

    #[test]
    fn what_was_changed_on_the_way_is_named() {
        let body = "v=0\r\nc=IN IP4 192.168.1.10\r\n";
        let sent = format!(
            "OPTIONS sip:203.0.113.7 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bKm;rport\r\nCall-ID: m@192.168.1.10\r\n\
             Contact: <sip:192.168.1.10:5060>\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let seen = |change: &dyn Fn(String) -> String| {
            compare(sent.as_bytes(), hex::encode(change(sent.clone())).as_bytes()).expect("a mirror's answer")
        };
        assert_eq!(seen(&|t| t), []);
        assert_eq!(seen(&|t| t.replace(";rport", ";received=203.0.113.7;rport=9")), [], "that is as it should be");
        let public = |t: String| t.replace("192.168.1.10", "203.0.113.77");
        assert_eq!(
            seen(&public),
            [Change::Via, Change::Contact, Change::CallId, Change::Body],
            "the whole message, and the length happens to fit"
        );
        assert_eq!(
            seen(&|t| t.replace("IP4 192.168.1.10", "IP4 203.0.113.177")),
            [Change::Body, Change::Length],
            "a careless one"
        );
        assert_eq!(seen(&|t| t.replace("<sip:192.168.1.10:5060>", "<sip:192.168.1.10:40001>")), [Change::Contact]);
        assert_eq!(compare(sent.as_bytes(), b"no mirror"), None);
    }
}
