//! Where the parser `rsip` understands a message that we accept, it must understand the same: method, Request-URI, Call-ID, CSeq, the top
//! Via's host and branch, the tags of From and To.
//!
//! Where it is known to be wrong, the field is left out by a reason that has a name here; a reason that no message needs is an error,
//! and so is a field that is hardly ever compared.

#[path = "torture/mutate.rs"]
mod mutate;
#[path = "torture/notation.rs"]
mod notation;

use std::collections::BTreeMap;

use model::Random;
use mutate::Mutator;
use rsip::prelude::*;
use sip::wire::{self, Address, Message, Name, Verdict, lex, parse};

/// What two readings are compared by; `None` where a reading has nothing to say.
#[derive(Debug, Default)]
struct Reading {
    method: Option<String>,
    uri: Option<String>,
    call_id: Option<String>,
    cseq: Option<String>,
    host: Option<String>,
    branch: Option<String>,
    from_tag: Option<String>,
    to_tag: Option<String>,
}

impl Reading {
    fn fields(&self) -> [(&'static str, &Option<String>); 8] {
        [
            ("method", &self.method),
            ("Request-URI", &self.uri),
            ("Call-ID", &self.call_id),
            ("CSeq", &self.cseq),
            ("Via host", &self.host),
            ("Via branch", &self.branch),
            ("From tag", &self.from_tag),
            ("To tag", &self.to_tag),
        ]
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// Our reading, if we accept the message.
fn ours(data: &[u8]) -> Option<(Message, Reading)> {
    let (message, method, uri) = match parse(data) {
        Verdict::Request(r) => (r.message, text(wire::method_name(r.method).as_bytes()), text(&r.uri)),
        Verdict::Response(r) => (r.message, None, None),
        Verdict::Refuse(_) | Verdict::Silence(_) => return None,
    };
    let tag = |name| message.value(name).and_then(|v| Address::parse(v).ok()).and_then(|a| a.tag()).and_then(text);
    let via = message.list(Name::Via).next().and_then(wire::Via::parse)?;
    let (host, branch) = (text(via.host), via.branch().and_then(text));
    let cseq = message.value(Name::CSeq).map(|v| {
        let (number, method) = lex::cut(v, b' ');
        let number: u32 = lex::number(number).expect("a number that was checked");
        format!("{number} {}", String::from_utf8_lossy(lex::trim(method.expect("a method that was checked"))))
    });
    let call_id = message.value(Name::CallId).and_then(text);
    // The From of a response is what we sent; nothing reads it.
    let from_tag = if method.is_some() { tag(Name::From) } else { None };
    let reading = Reading { method, uri, call_id, cseq, host, branch, from_tag, to_tag: tag(Name::To) };
    Some((message, reading))
}

/// The reading of `rsip`, if it accepts the message.
fn theirs(data: &[u8]) -> Option<Reading> {
    let message = rsip::SipMessage::try_from(data).ok()?;
    let (method, uri) = match &message {
        rsip::SipMessage::Request(r) => (Some(r.method.to_string()), Some(r.uri.to_string())),
        rsip::SipMessage::Response(_) => (None, None),
    };
    let tag = |tag: Option<rsip::common::uri::param::Tag>| tag.map(|t| t.value().to_owned());
    let is_request = method.is_some();
    let via = message.via_header().ok().and_then(|v| v.typed().ok());
    Some(Reading {
        method,
        uri,
        call_id: message.call_id_header().ok().map(|id| id.value().trim().to_owned()),
        cseq: message.cseq_header().ok().and_then(|c| c.typed().ok()).map(|c| format!("{} {}", c.seq, c.method)),
        host: via.as_ref().map(|v| v.uri.host_with_port.host.to_string()),
        branch: via.as_ref().and_then(|v| v.branch()).map(|b| b.value().to_owned()),
        from_tag: message
            .from_header()
            .ok()
            .filter(|_| is_request)
            .and_then(|f| f.typed().ok())
            .and_then(|f| tag(f.tag().cloned())),
        to_tag: message.to_header().ok().and_then(|t| t.typed().ok()).and_then(|t| tag(t.tag().cloned())),
    })
}

/// The known faults of `rsip` that explain why a field differs (they were found by trial, and some by this test).
const FAULTS: [&str; 6] = [
    "it knows no bare line end",
    "it knows no compact name",
    "it knows no IPv6 address",
    "it writes the transport of a URI in capitals",
    "it ends a value at what no token has",
    "it does not read the field",
];

fn known_fault(
    message: &Message,
    data: &[u8],
    field: &str,
    ours: Option<&str>,
    theirs: Option<&str>,
) -> Option<&'static str> {
    let [bare, compact, ipv6, capitals, token, unread] = FAULTS;
    let latin: String = data.iter().map(|&b| char::from(b)).collect();
    let head = latin.split("\r\n\r\n").next().unwrap_or_default();
    let header = match field {
        "Call-ID" => Name::CallId,
        "From tag" => Name::From,
        "To tag" => Name::To,
        "CSeq" => Name::CSeq,
        _ => Name::Via,
    };
    let is_compact = message.headers().find(|(name, ..)| *name == header).is_some_and(|(_, raw, _)| raw.len() == 1);
    let (ours, theirs) = (ours.unwrap_or_default(), theirs.unwrap_or_default());
    match field {
        _ if head.replace("\r\n", "").contains(['\r', '\n']) => Some(bare),
        "method" => None,
        "Request-URI" => ours.eq_ignore_ascii_case(theirs).then_some(capitals),
        _ if is_compact => Some(compact),
        "Via host" | "Via branch" if message.value(header).is_some_and(|v| v.contains(&b'[')) => Some(ipv6),
        _ if theirs.is_empty() => Some(unread),
        _ if ours.starts_with(theirs) && !lex::is_token_byte(ours.as_bytes()[theirs.len()]) => Some(token),
        _ => None,
    }
}

/// An ordinary request of a phone, with what phones vary.
fn ordinary(random: &mut Random) -> Vec<u8> {
    let mut pick = |choices: &[&str]| {
        let at = random.below(u64::try_from(choices.len()).unwrap_or(1));
        choices[usize::try_from(at).unwrap_or(0)].to_owned()
    };
    let method = pick(&["INVITE", "REGISTER", "OPTIONS", "SUBSCRIBE", "MESSAGE", "UPDATE", "BYE"]);
    let uri = pick(&[
        "sip:101@clinic.demo",
        "sips:101@clinic.demo:5061",
        "sip:clinic.demo;transport=tcp",
        "sip:%2A67@10.0.0.1",
    ]);
    let name = pick(&["Front desk ", "\"Bell, Alexander\" ", "\"a \\\"b\\\"\" ", "", "Zo\u{eb} "]);
    let via = pick(&["10.0.0.2", "10.0.0.2:5062", "phone.clinic.demo", "phone-1.clinic.demo:5070"]);
    let params = pick(&["", ";rport", ";received=10.0.0.9", ";alias"]);
    let tag = pick(&["", ";tag=1918", ";tag=as-7.f", ";x=y;tag=q"]);
    let transport = pick(&["UDP", "TCP", "TLS", "WSS"]);
    let (branch, cseq) = (random.hex(6), random.below(1 << 31));
    format!(
        "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{transport} {via};branch=z9hG4bK{branch}{params}\r\nMax-Forwards: 70\r\n\
         From: {name}<sip:102@clinic.demo>;tag=p{branch}\r\nTo: <{uri}>{tag}\r\nCall-ID: {branch}@10.0.0.2\r\n\
         CSeq: {cseq} {method}\r\nContact: <sip:102@10.0.0.2:5062>\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn where_another_parser_reads_a_message_it_reads_the_same() {
    let corpus: Vec<_> = notation::all().into_iter().map(|(_, message)| message).collect();
    let mut random = Random::from_u64(7);
    let mut ordinary: Vec<_> = (0..4000).map(|_| ordinary(&mut random)).collect();
    let mut seeds = corpus.clone();
    seeds.extend(ordinary.iter().take(200).cloned());
    let mut mutator = Mutator::new(8, seeds);
    let mut messages = corpus;
    messages.append(&mut ordinary);
    messages.extend((0..40_000).map(|_| mutator.next()));

    let (mut compared, mut left_out, mut wrong) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for data in &messages {
        let Some((message, our)) = ours(data) else { continue };
        let Some(their) = theirs(data) else { continue };
        for ((field, our), (_, their)) in our.fields().into_iter().zip(their.fields()) {
            if our == their {
                *compared.entry(field).or_insert(0) += usize::from(our.is_some());
            } else if let Some(reason) = known_fault(&message, data, field, our.as_deref(), their.as_deref()) {
                *left_out.entry(reason).or_insert(0) += 1;
            } else {
                let message = String::from_utf8_lossy(data);
                wrong.push(format!("{field}: {our:?} is {their:?} to rsip in {}", message.escape_debug()));
            }
        }
    }
    println!("compared {compared:#?}\nleft out {left_out:#?}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared.len() == 8 && compared.values().all(|n| *n >= 3000), "hardly compared: {compared:?}");
    assert_eq!(FAULTS.iter().find(|fault| !left_out.contains_key(**fault)), None, "no message needs this reason");
}
