//! SIP messages of the sample clinic: those of a call, and those that were turned away.

use std::time::Duration;

use model::ladder::{Ladder, LadderMessage, Lane, RefusedMessage};
use model::{Pii, Wall};

/// A phone with a wrong password, and a scanner.
pub(crate) fn turned_away(at: Wall) -> Vec<RefusedMessage> {
    let one = |code, from: &str, text: &str| RefusedMessage {
        code,
        message: LadderMessage {
            at,
            lane: 0,
            inbound: true,
            again: false,
            transport: "UDP".into(),
            local: Pii::new("10.0.0.1:5060".parse().expect("an address")),
            remote: Pii::new(from.parse().expect("an address")),
            text: text.replace('\n', "\r\n").into_bytes().into(),
        },
    };
    let register = "REGISTER sip:clinic.demo SIP/2.0\nTo: \"A\" <sip:103@clinic.demo>\nAuthorization: Digest username=\"103\", response=removed\n\n";
    vec![
        one(401, "10.0.0.23:5060", register),
        one(401, "10.0.0.23:5060", register),
        one(401, "10.0.0.23:5061", register),
        one(401, "10.0.0.66:5071", "INVITE sip:00442071234567@10.0.0.1 SIP/2.0\nTo: <sip:x@y>\n\n"),
        one(400, "[2001:db8::7]:5060", "OPTIONS sip:nm SIP/2.0\nVia: <script>\n\n"),
    ]
}

/// The messages of a call that went to one carrier, which was overloaded, and then to another. Written in short: who, when, what.
pub(crate) fn ladder(started: Wall) -> Ladder {
    const STORY: [(usize, bool, u64, &str); 22] = [
        (0, true, 0, "INVITE sip:12025550112@clinic.demo SIP/2.0\nCSeq: 1 INVITE"),
        (
            0,
            false,
            1,
            "SIP/2.0 401 Unauthorized\nCSeq: 1 INVITE\nWWW-Authenticate: Digest realm=\"clinic.demo\", nonce=removed, qop=auth",
        ),
        (0, true, 9, "ACK sip:12025550112@clinic.demo SIP/2.0\nCSeq: 1 ACK"),
        (
            0,
            true,
            12,
            "INVITE sip:12025550112@clinic.demo SIP/2.0\nCSeq: 2 INVITE\nAuthorization: Digest username=\"101\", response=removed\nX-Note: <b>bold</b>",
        ),
        (1, false, 13, "INVITE sip:12025550112@192.0.2.1 SIP/2.0\nCSeq: 1 INVITE"),
        (0, false, 212, "SIP/2.0 100 Trying\nCSeq: 2 INVITE"),
        (1, false, 513, "INVITE sip:12025550112@192.0.2.1 SIP/2.0\nCSeq: 1 INVITE"),
        (1, true, 541, "SIP/2.0 503 Service Unavailable\nCSeq: 1 INVITE\nRetry-After: 60"),
        (1, false, 541, "ACK sip:12025550112@192.0.2.1 SIP/2.0\nCSeq: 1 ACK"),
        (2, false, 542, "INVITE sip:12025550112@192.0.2.2 SIP/2.0\nCSeq: 1 INVITE"),
        (2, true, 570, "SIP/2.0 100 Giving it a try\nCSeq: 1 INVITE"),
        (2, true, 1_820, "SIP/2.0 180 Ringing\nCSeq: 1 INVITE"),
        (0, false, 1_820, "SIP/2.0 180 Ringing\nCSeq: 2 INVITE"),
        (2, true, 7_031, "SIP/2.0 200 OK\nCSeq: 1 INVITE"),
        (2, false, 7_031, "ACK sip:12025550112@192.0.2.2 SIP/2.0\nCSeq: 1 ACK"),
        (0, false, 7_032, "SIP/2.0 200 OK\nCSeq: 2 INVITE"),
        (0, true, 7_060, "ACK sip:10.0.0.1 SIP/2.0\nCSeq: 2 ACK"),
        (
            0,
            true,
            31_300,
            "INVITE sip:10.0.0.1 SIP/2.0\nTo: <sip:12025550112@clinic.demo>;tag=a1\nCSeq: 3 INVITE\n\nv=0\na=sendonly",
        ),
        (0, false, 31_301, "SIP/2.0 200 OK\nCSeq: 3 INVITE"),
        (0, true, 52_000, "BYE sip:10.0.0.1 SIP/2.0\nCSeq: 4 BYE"),
        (0, false, 52_000, "SIP/2.0 200 OK\nCSeq: 4 BYE"),
        (2, false, 52_001, "BYE sip:12025550112@192.0.2.2 SIP/2.0\nCSeq: 2 BYE"),
    ];
    let address = |text: &str| Pii::new(text.parse::<std::net::SocketAddr>().expect("an address"));
    let remotes = ["10.0.0.21:5060", "192.0.2.1:5060", "192.0.2.2:5060"];
    let message = |(n, &(lane, inbound, ms, text)): (usize, &(usize, bool, u64, &str))| {
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let text = format!(
            "{first}\nVia: SIP/2.0/UDP 10.0.0.{lane};branch=z9hG4bK{n}\nFrom: <sip:101@clinic.demo>;tag=7\n{rest}"
        );
        let text = if text.contains("\n\n") { text } else { text + "\nContent-Length: 0\n\n" };
        LadderMessage {
            at: started + Duration::from_millis(ms),
            lane,
            inbound,
            again: n == 6,
            transport: if lane == 2 { "TLS" } else { "UDP" }.into(),
            local: address("10.0.0.1:5060"),
            remote: address(remotes[lane]),
            text: text.replace('\n', "\r\n").into_bytes().into(),
        }
    };
    let trunk = |name: &str| Lane { caller: false, trunk: Some(name.to_owned()), name: "+12025550112".into() };
    let desk = Lane { caller: true, trunk: None, name: "Front desk".into() };
    let lanes = vec![desk, trunk("main"), trunk("backup")];
    Ladder { lanes, messages: STORY.iter().enumerate().map(message).collect(), dropped: 0 }
}
