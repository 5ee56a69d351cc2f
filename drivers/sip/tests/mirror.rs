//! Asking a mirror whether a router on the way changes our messages.

mod script;

use model::defence::Change;
use script::{Script, seconds, udp, wire};
use sip::{Command, Event, Flow};

/// A mirror that is none of our peers.
const MIRROR: &str = "198.51.100.7:5060";

/// The question, as it left.
fn asked(script: &mut Script) -> (Flow, String) {
    script.order(Command::AskMirror { at: udp(MIRROR) });
    let (flow, question) = script.sent.pop().expect("a question");
    assert_eq!(flow, udp(MIRROR));
    script.order(Command::AskMirror { at: udp(MIRROR) });
    assert!(script.sent.is_empty(), "one question at a time");
    (flow, question)
}

fn found(script: &mut Script) -> Option<Option<Vec<Change>>> {
    script.events.drain(..).find_map(|event| match event {
        Event::Mirrored { at, changed } if at == udp(MIRROR) => Some(changed),
        _ => None,
    })
}

/// What a mirror answers to what came.
fn answer(question: &str, body: &str) -> Vec<u8> {
    let kept = ["Via", "From", "To", "Call-ID", "CSeq"];
    let lines = question.lines().filter(|line| kept.iter().any(|name| line.starts_with(&format!("{name}:"))));
    let head = lines.fold("SIP/2.0 200 OK\n".to_owned(), |text, line| text + line + "\n");
    wire(&format!("{head}Content-Type: text/plain\nContent-Length: {}\n\n{body}", body.len()))
}

/// A router that writes our outside address over the inside one.
fn meddled(question: &str) -> String {
    question.replace("10.0.0.1", "203.0.113.5")
}

#[test]
fn another_house_outside_says_how_our_message_arrived() {
    for (router, expected) in [
        (&str::to_owned as &dyn Fn(&str) -> String, Some(vec![])),
        (&meddled, Some(vec![Change::Via, Change::Contact, Change::CallId, Change::Body, Change::Length])),
    ] {
        let mut script = Script::new();
        let (flow, question) = asked(&mut script);
        let came = hex::encode(wire(&router(&question).replace('\r', "")));
        script.receive(flow, &answer(&question, &came));
        assert_eq!(found(&mut script), Some(expected));
        script.wait(seconds(40));
        assert_eq!(found(&mut script), None, "each question has one end");
    }
}

#[test]
fn a_router_brings_a_message_to_our_outside_address_back_to_us() {
    let mut script = Script::new();
    let (_, question) = asked(&mut script);
    // Whoever it seems to come from, it is ours: nobody else knows its mark.
    script.receive(udp("203.0.113.5:40001"), &wire(&meddled(&question).replace('\r', "")));
    let changed = found(&mut script).flatten().expect("it came round");
    assert!(changed.contains(&Change::Contact) && changed.contains(&Change::Body), "{changed:?}");
    assert!(script.sent.is_empty(), "nobody waits for an answer");
    script.wait(seconds(40));
    assert!(script.sent.is_empty() && found(&mut script).is_none(), "it is not sent again");
    assert_eq!(script.endpoint.usage().transactions, 0);
}

#[test]
fn nothing_that_comes_back_is_no_finding() {
    let mut script = Script::new();
    let (_, question) = asked(&mut script);
    // A stranger knows no mark, and is not answered.
    script.receive(udp("203.0.113.5:40001"), &wire("OPTIONS sip:203.0.113.5 SIP/2.0\nX-Frontdesk-Mirror: 1\n\n"));
    assert!(found(&mut script).is_none());
    script.sent.clear();
    script.wait(seconds(40));
    assert_eq!(found(&mut script), Some(None));
    // It may be asked again; an answer of some other program says nothing.
    script.sent.clear();
    let (flow, again) = asked(&mut script);
    assert_ne!(question, again, "each has a mark of its own");
    script.receive(flow, &answer(&again, "hello"));
    assert_eq!(found(&mut script), Some(None));
}
