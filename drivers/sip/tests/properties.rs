//! What must hold for any input: nothing panics, and what we write we read.

mod script;

use proptest::prelude::*;
use script::{Script, request, tcp, udp, wire};
use sip::wire::{Message, Writer};

/// Cases per property; FRONTDESK_CASES raises it.
fn cases() -> u32 {
    std::env::var("FRONTDESK_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2000)
}

/// Messages that are worth breaking.
fn samples() -> Vec<Vec<u8>> {
    let sdp = "v=0\no=- 1 1 IN IP4 10.0.0.2\n";
    let digest = "Authorization: Digest username=\"102\", realm=\"clinic.demo\", nonce=\"00\", uri=\"sip:clinic.demo\", \
                  response=\"00\", algorithm=SHA-256, cnonce=\"c\", qop=auth, nc=00000001\n";
    vec![
        wire(&request(
            "INVITE",
            "sip:101@clinic.demo;x=%23",
            "1;rport",
            1,
            "Record-Route: <sip:[::1];lr>, <sip:b>\n",
            sdp,
        )),
        wire(&request("REGISTER", "sip:clinic.demo", "2", 1, digest, "")),
        wire(&request("CANCEL", "sip:101@clinic.demo", "1", 1, "", "")),
        wire(&request("BYE", "sip:101@clinic.demo", "3", 2, "To: <sip:101@clinic.demo>;tag=x\n", "")),
        wire(
            "SIP/2.0 200 OK\nv: SIP/2.0/TCP [::1]:5060;branch=z9hG4bKx\nf: \"a\\\"\" <sip:a@b>;tag=1\nt: sip:c@d;tag=2\n \ni: 1\nCSeq: 1 INVITE\nl: 0\n\n",
        ),
        wire("\n\nOPTIONS sip:a SIP/2.0\nVia:\n SIP/2.0/UDP\n\th\n\n"),
    ]
}

/// One way to break a message.
#[derive(Clone, Debug)]
enum Cut {
    Change(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
    Swap(usize, usize),
}

fn cut() -> impl Strategy<Value = Cut> {
    let at = 0usize..700;
    let byte = prop_oneof![any::<u8>(), proptest::sample::select(b"\r\n \t:;,<>\"\\@[]%=/\0".to_vec())];
    prop_oneof![
        4 => (at.clone(), byte).prop_map(|(i, b)| Cut::Change(i, b)),
        1 => (at.clone(), 1usize..40).prop_map(|(i, n)| Cut::Remove(i, n)),
        1 => (at.clone(), 1usize..90).prop_map(|(i, n)| Cut::Repeat(i, n)),
        1 => (at.clone(), at).prop_map(|(i, j)| Cut::Swap(i, j)),
    ]
}

fn broken() -> impl Strategy<Value = Vec<u8>> {
    (proptest::sample::select(samples()), proptest::collection::vec(cut(), 0..8)).prop_map(|(mut message, cuts)| {
        for cut in cuts {
            let length = message.len().max(1);
            match cut {
                Cut::Change(i, b) => message.get_mut(i % length).into_iter().for_each(|old| *old = b),
                Cut::Remove(i, n) => drop(message.drain(i % length..(i % length + n).min(message.len()))),
                Cut::Repeat(i, n) => {
                    let part = message[(i % length).min(message.len())..(i % length + n).min(message.len())].to_vec();
                    message.extend(part);
                }
                Cut::Swap(i, j) if !message.is_empty() => message.swap(i % length, j % length),
                Cut::Swap(..) => {}
            }
        }
        message
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_message_makes_an_endpoint_panic_or_answer_with_more_than_it_got(messages in proptest::collection::vec(broken(), 1..4), stream in any::<bool>()) {
        let mut script = Script::new();
        let flow = if stream { tcp("10.0.0.2:4000", 1) } else { udp(script::PHONE) };
        for message in &messages {
            script.receive(flow, message);
            // No line break was smuggled into an answer: each is one message that reads well.
            for (_, text) in script.sent.drain(..).filter(|(_, text)| text.trim() != "") {
                let answer = Message::parse(text.as_bytes()).expect("an answer is a message");
                prop_assert!(answer.defect().is_none(), "{text}");
                prop_assert!(text.len() <= message.len() + 600, "{} from {}", text.len(), message.len());
            }
        }
        script.wait(script::seconds(700));
    }

    #[test]
    fn what_is_written_is_read(values in proptest::collection::vec("[ -~]{0,40}", 1..6), body in proptest::collection::vec(any::<u8>(), 0..80)) {
        let mut writer = Writer::request("OPTIONS", b"sip:a@b");
        for value in &values {
            writer = writer.header("X-Value", &[value.as_bytes()]);
        }
        let written = writer.body("application/octet-stream", &body);
        let read = Message::parse(&written).expect("a message");
        let given: Vec<_> = values.iter().map(|v| v.trim().as_bytes()).collect();
        let found: Vec<_> = read.headers().filter(|(_, name, _)| *name == b"X-Value").map(|(_, _, value)| value).collect();
        prop_assert_eq!((read.defect(), found, read.rest()), (None, given, &body[..]));
    }
}
