//! One datagram: it is read or refused, and what we answer to it is a message that names the same request.

use sip::wire::{
    self, Address, Credentials, DialogId, EventType, MediaType, Message, Name, RAck, Reason, ReferTo, Request,
    SessionExpires, SubscriptionState, Verdict, Via, lex,
};

pub fn run(data: &[u8]) {
    match wire::parse(data) {
        Verdict::Request(request) => valid(&request),
        Verdict::Response(response) => {
            assert!((100..700).contains(&response.code));
            assert!(response.body.len() <= data.len());
            response.retry_after();
            every_header(&response.message);
        }
        Verdict::Refuse(refusal) => {
            assert!((400..600).contains(&refusal.code));
            answer(&refusal.message, refusal.code);
            every_header(&refusal.message);
        }
        Verdict::Silence(_) => {}
    }
}

fn valid(request: &Request) {
    assert!(request.uri().is_some() && request.via().is_some());
    assert!(request.address(Name::From).is_some() && request.address(Name::To).is_some());
    assert!(request.cseq < 1 << 31 && !request.call_id.is_empty());
    answer(&request.message, 200);
    every_header(&request.message);
}

/// The answer has the Vias, Call-ID and CSeq of its request, and is one message.
fn answer(request: &Message, code: u16) {
    let source = "192.0.2.9:1234".parse().expect("an address");
    let written = wire::respond(request, source, code, "t").end();
    let read = Message::parse(&written).expect("what is written is a message");
    assert_eq!(read.defect(), None, "{}", String::from_utf8_lossy(&written));
    assert_eq!(read.list(Name::Via).count(), request.list(Name::Via).count());
    for name in [Name::CallId, Name::CSeq, Name::From] {
        assert_eq!(read.value(name), request.value(name));
    }
    let branch =
        |m: &Message| m.list(Name::Via).next().and_then(Via::parse).and_then(|v| v.branch().map(<[u8]>::to_vec));
    assert_eq!(branch(&read), branch(request));
    assert!(read.rest().is_empty());
}

/// No reader panics, whatever the value, of whatever header it is.
fn every_header(message: &Message) {
    for (name, raw, value) in message.headers() {
        assert!(Name::of(raw) == name && !value.contains(&b'\n') && !value.contains(&b'\r'));
        for member in lex::list(value) {
            let _ = (Via::parse(member), Reason::parse(member), MediaType::parse(member), Address::parse(member));
            if let Ok(address) = Address::parse(member) {
                let _ = (address.name(), address.tag(), address.uri.user(), address.uri.header("Replaces"));
            }
        }
        let _ = (Credentials::parse(value).map(|c| c.count()), DialogId::parse(value), EventType::parse(value));
        let _ = (RAck::parse(value), SessionExpires::parse(value), SubscriptionState::parse(value));
        let _ = (wire::min_se(value), wire::rseq(value), ReferTo::parse(value).map(|r| r.replaces()));
    }
    let kind = message.value(Name::ContentType).unwrap_or(b"multipart/mixed;boundary=x");
    if let Some(part) = wire::find_part(kind, message.rest(), "application", "sdp") {
        assert!(part.len() <= message.rest().len());
    }
}
