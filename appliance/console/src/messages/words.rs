//! What each message of a call says, in a sentence. The message itself stands behind it for those who want it.

use model::ladder::{Ladder, LadderMessage, Lane, RefusedMessage};

use super::said::{Said, Session, Start};
use crate::texts::Texts;

/// A message in words.
pub(crate) struct Line {
    /// "Front desk calls 102".
    pub(crate) sentence: String,
    /// What stands at its arrow: "INVITE", "180 Ringing".
    pub(crate) label: String,
    /// Its first line.
    pub(crate) first_line: String,
    pub(crate) tone: Tone,
}

/// How an arrow is drawn; its label says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Plain,
    /// The answer that was waited for.
    Good,
    /// A refusal.
    Bad,
}

/// All messages in words, in their order.
pub(crate) fn lines(texts: &Texts, ladder: &Ladder) -> Vec<Line> {
    // The CSeq of the answer that made each lane a call: a later one agrees to a change.
    let mut answered = vec![None; ladder.lanes.len()];
    let line = |message: &LadderMessage| {
        let lane = ladder.lanes.get(message.lane);
        let said = Said::read(message.text.expose());
        let answer = answered.get_mut(message.lane);
        let changes = match (&said.start, answer) {
            (Start::Response(200..=299, _), Some(first)) if said.cseq.1 == "INVITE" => {
                *first.get_or_insert(said.cseq.0) != said.cseq.0
            }
            _ => false,
        };
        let key = key(&said, message.inbound, changes);
        let mut sentence = sentence(texts, &key, &said, message.inbound, lane);
        if message.again {
            sentence = texts.with("ladder-again", &[("what", (&sentence).into())]);
        }
        Line { sentence, label: label(&said), tone: tone(&said), first_line: said.first_line }
    };
    ladder.messages.iter().map(line).collect()
}

/// What was refused, and why.
pub(crate) fn turned_away(texts: &Texts, one: &RefusedMessage) -> String {
    let said = Said::read(one.message.text.expose());
    let from = one.message.remote.expose().ip().to_canonical().to_string();
    let why = match (&said.start, said.credentials, one.code) {
        // Who had a password was challenged for it, so it was wrong.
        (_, true, 401 | 407) => texts.get("turned-away-wrong-password"),
        (_, false, 401 | 407) => texts.get("turned-away-no-password"),
        (Start::Request(..), _, code) => reason(texts, code, ""),
        _ => reason(texts, 400, ""),
    };
    let (key, what) = match &said.start {
        Start::Request(method, _) if method == "REGISTER" => ("turned-away-register", said.to.as_str()),
        Start::Request(method, number) if method == "INVITE" => ("turned-away-call", number.as_str()),
        Start::Request(method, _) => ("turned-away-other", method.as_str()),
        _ => ("turned-away-other", "?"),
    };
    texts.with(key, &[("from", (&from).into()), ("what", what.into()), ("why", (&why).into())])
}

/// How a lane is called at the head of its column.
pub(crate) fn lane_name(texts: &Texts, lane: &Lane) -> String {
    match &lane.trunk {
        Some(trunk) => texts.with("ladder-lane-trunk", &[("trunk", trunk.into())]),
        None => lane.name.expose().clone(),
    }
}

/// Why a request was refused, for a person.
pub(crate) fn reason(texts: &Texts, code: u16, phrase: &str) -> String {
    let known = match code {
        301 | 302 | 305 | 380 => "moved",
        400 | 420 | 421 | 482 | 483 | 505 | 513 | 416 | 413 | 414 | 415 => "unreadable",
        401 | 407 => "password",
        402 | 403 => "forbidden",
        404 | 410 | 484 | 485 | 604 => "unknown",
        405 | 501 => "unable",
        406 | 488 | 606 => "media",
        408 | 504 => "timeout",
        480 => "away",
        481 => "gone",
        486 | 600 => "busy",
        487 => "given-up",
        491 | 500 => "later",
        503 => "overloaded",
        603 => "declined",
        _ => return format!("{code} {phrase}").trim().to_owned(),
    };
    texts.get(&format!("ladder-reason-{known}"))
}

fn sentence(texts: &Texts, key: &str, said: &Said, inbound: bool, lane: Option<&Lane>) -> String {
    let carrier = lane.is_some_and(|l| l.trunk.is_some());
    let name = lane.map(|l| l.name.expose().as_str()).unwrap_or_default();
    let who = match (carrier, inbound) {
        (true, true) => texts.get("ladder-carrier-says"),
        (true, false) => texts.get("ladder-carrier-hears"),
        (false, _) if name.is_empty() => {
            texts.get(if inbound { "ladder-someone-says" } else { "ladder-someone-hears" })
        }
        (false, _) => name.to_owned(),
    };
    let (number, reason) = match &said.start {
        Start::Request(_, user) => (user.clone(), String::new()),
        Start::Response(code, phrase) => (String::new(), reason(texts, *code, phrase)),
        Start::Unreadable => (String::new(), String::new()),
    };
    let method = match &said.start {
        Start::Request(method, _) => method.as_str(),
        _ => said.cseq.1.as_str(),
    };
    texts.with(
        key,
        &[
            ("who", (&who).into()),
            ("number", (&number).into()),
            ("reason", (&reason).into()),
            ("method", method.into()),
            ("name", name.into()),
        ],
    )
}

/// The text that says it. Each exists twice: as said by them, and as said by us.
fn key(said: &Said, inbound: bool, changes: bool) -> String {
    let what = match &said.start {
        Start::Request(method, _) => request(method, said),
        Start::Response(code, _) => response(*code, &said.cseq.1, changes),
        Start::Unreadable => "unreadable",
    };
    if inbound { format!("ladder-they-{what}") } else { format!("ladder-we-{what}") }
}

fn request(method: &str, said: &Said) -> &'static str {
    match (method, said.inside, said.session) {
        ("INVITE", false, _) if said.credentials => "call-with-password",
        ("INVITE", false, _) => "call",
        ("INVITE" | "UPDATE", true, Session::Fax) => "want-fax",
        ("INVITE" | "UPDATE", true, Session::Hold) => "hold",
        ("INVITE" | "UPDATE", true, Session::Audio) => "change",
        ("INVITE" | "UPDATE", true, Session::None) => "refresh",
        ("ACK", ..) => "ack",
        ("PRACK", ..) => "prack",
        ("BYE", ..) => "bye",
        ("CANCEL", ..) => "cancel",
        ("REFER", ..) => "refer",
        ("NOTIFY", ..) => "notify",
        ("REGISTER", ..) => "register",
        _ => "other",
    }
}

fn response(code: u16, method: &str, changes: bool) -> &'static str {
    match (code, method) {
        (100, _) => "trying",
        (180, "INVITE") => "ring",
        (101..=199, _) => "progress",
        (200..=299, "INVITE") if changes => "agree",
        (200..=299, "INVITE") => "answer",
        (200..=299, "BYE") => "end",
        (200..=299, _) => "ok",
        (401 | 407, _) => "challenge",
        (487, "INVITE") => "stopped",
        _ => "refuse",
    }
}

fn label(said: &Said) -> String {
    match &said.start {
        Start::Request(method, _) => method.clone(),
        Start::Response(code, phrase) => format!("{code} {phrase}").trim().to_owned(),
        Start::Unreadable => "?".to_owned(),
    }
}

const fn tone(said: &Said) -> Tone {
    match &said.start {
        // Challenges and the end of what was given up are how it goes.
        Start::Response(401 | 407 | 487, _) | Start::Request(..) | Start::Response(..=199, _) => Tone::Plain,
        Start::Response(200..=299, _) => Tone::Good,
        Start::Response(..) | Start::Unreadable => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use model::Wall;

    use super::*;

    fn ladder(lanes: Vec<Lane>, messages: &[(usize, bool, &str)]) -> Ladder {
        let any: SocketAddr = "10.0.0.1:5060".parse().expect("address");
        let message = |(lane, inbound, text): &(usize, bool, &str)| LadderMessage {
            at: Wall(0),
            lane: *lane,
            inbound: *inbound,
            again: text.starts_with(' '),
            transport: "UDP".into(),
            local: any.into(),
            remote: any.into(),
            text: text.trim().replace('\n', "\r\n").into_bytes().into(),
        };
        Ladder { lanes, messages: messages.iter().map(message).collect(), dropped: 0 }
    }

    #[test]
    fn a_call_reads_like_a_story() {
        let desk = Lane { caller: true, trunk: None, name: "Front desk".into() };
        let carrier = Lane { caller: false, trunk: Some("main".to_owned()), name: "+12025550123".into() };
        let nurse = Lane { caller: false, trunk: None, name: "Nurse".into() };
        let story = ladder(
            vec![desk, carrier, nurse],
            &[
                (0, true, "INVITE sip:9123@clinic.demo SIP/2.0\nTo: <sip:9123@clinic.demo;tag=no>"),
                (0, false, "SIP/2.0 401 Unauthorized\nCSeq: 1 INVITE"),
                (0, true, "ACK sip:9123@clinic.demo SIP/2.0"),
                (0, true, "INVITE sip:9123@clinic.demo SIP/2.0\nauthorization: Digest x=removed"),
                (1, false, "INVITE sip:9123@10.0.0.9 SIP/2.0"),
                (1, false, " INVITE sip:9123@10.0.0.9 SIP/2.0"),
                (1, true, "SIP/2.0 503 Service Unavailable\nCSeq: 1 INVITE"),
                (2, false, "INVITE sip:102@10.0.0.3 SIP/2.0"),
                (2, true, "SIP/2.0 180 Ringing\nCSeq: 1 INVITE"),
                (0, false, "SIP/2.0 180 Ringing\nCSeq: 2 INVITE"),
                (2, true, "SIP/2.0 200 OK\nCSeq: 1 INVITE"),
                (2, true, "INVITE sip:10.0.0.1 SIP/2.0\nt: x;tag=1\n\nv=0\na=sendonly"),
                (
                    2,
                    false,
                    "INVITE sip:10.0.0.3 SIP/2.0\nTo: <x>;tag=1\n\nv=0\nm=audio 0 RTP/AVP 0\nm=image 4 udptl t38",
                ),
                (2, true, "SIP/2.0 200 OK\nCSeq: 2 INVITE"),
                (2, true, "SIP/2.0 299 Fine\nCSeq: 3 SUBSCRIBE"),
                (2, true, "SIP/2.0 433 Anonymity Disallowed\nCSeq: 1 INVITE"),
                (2, true, "\u{1}\u{2}"),
                (2, true, "BYE sip:10.0.0.1 SIP/2.0"),
                (2, false, "SIP/2.0 200 OK\nCSeq: 9 BYE"),
            ],
        );
        let said: Vec<String> = lines(Texts::choose(None), &story).into_iter().map(|l| l.sentence).collect();
        let expected = [
            "Front desk called 9123",
            "Frontdesk asked Front desk for its password",
            "Front desk confirmed",
            "Front desk called 9123 again, with its password",
            "Frontdesk called the carrier",
            "Frontdesk called the carrier (sent again: no answer had come)",
            "The carrier refused: overloaded or out of service",
            "Frontdesk called Nurse",
            "Nurse rings",
            "Frontdesk told Front desk that it rings",
            "Nurse answered",
            "Nurse put the call on hold",
            "Frontdesk asked Nurse to switch to fax",
            "Nurse agreed to the change",
            "Nurse said yes (SUBSCRIBE)",
            "Nurse refused: 433 Anonymity Disallowed",
            "Nurse sent something that is no SIP message",
            "Nurse hung up",
            "Frontdesk confirmed the end to Nurse",
        ];
        assert_eq!(said, expected);
    }
}
