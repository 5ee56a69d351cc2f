//! Subscriptions from the wire to who is watched: both ends of them must agree on which there are.

use sip::api::{Flow, Transport};

use crate::world::World;
use crate::{CLINIC, at};

const BROWSER: &str = "10.0.0.120:40000";

fn stream() -> Flow {
    Flow { transport: Transport::Wss, local: at(CLINIC), remote: at(BROWSER), connection: 7 }
}

/// A request of 101 about 101; each call of it has a Call-ID of its own.
fn request(method: &str, n: u32, cseq: u32, to_tag: &str, extra: &str) -> String {
    let tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
    format!(
        "{method} sip:101@clinic.demo SIP/2.0\nVia: SIP/2.0/WSS host.invalid;branch=z9hG4bK{method}{n}-{cseq}\nMax-Forwards: 70\n\
         From: <sip:101@clinic.demo>;tag=b\nTo: <sip:101@clinic.demo>{tag}\nCall-ID: w{n}\nCSeq: {cseq} {method}\n\
         Contact: <sip:101@host.invalid;transport=ws>\n{extra}Content-Length: 0\n\n"
    )
}

fn subscribe(n: u32, cseq: u32, to_tag: &str, package: &str, expires: u32) -> String {
    request("SUBSCRIBE", n, cseq, to_tag, &format!("Event: {package}\nExpires: {expires}\n"))
}

/// Says something, and answers each NOTIFY that comes with 200. The first lines of all that came.
fn says(world: &mut World, text: &str) -> Vec<String> {
    world.hears(stream(), text);
    heard(world)
}

fn heard(world: &mut World) -> Vec<String> {
    let mut all = Vec::new();
    while !world.post.is_empty() {
        for (flow, text) in std::mem::take(&mut world.post) {
            if text.starts_with("NOTIFY ") {
                let kept = |line: &&str| {
                    ["Via", "From", "To", "Call-ID", "CSeq"].iter().any(|n| line.starts_with(&format!("{n}:")))
                };
                let lines: Vec<&str> = text.lines().filter(kept).collect();
                world.hears(flow, &format!("SIP/2.0 200 OK\n{}\nContent-Length: 0\n\n", lines.join("\n")));
            }
            all.push(text);
        }
    }
    all
}

fn first_lines(all: &[String]) -> Vec<&str> {
    all.iter().map(|text| text.lines().next().unwrap_or_default()).collect()
}

#[test]
fn a_phone_that_subscribes_and_unsubscribes_all_day_may_subscribe_again() {
    let mut world = World::new(1, 0.0);
    world.opens(stream(), "101");
    for n in 0..300 {
        let said = says(&mut world, &subscribe(n, 1, "", "dialog", 300));
        assert_eq!(said[0].lines().next(), Some("SIP/2.0 200 OK"), "subscription {n}: {}", said[0]);
        let to = said[0].lines().find(|line| line.starts_with("To:")).expect("a To");
        let tag = to.split(";tag=").nth(1).expect("our tag").to_owned();
        let said = says(&mut world, &subscribe(n, 2, &tag, "dialog", 0));
        assert!(said.iter().any(|text| text.contains("Subscription-State: terminated;reason=timeout\n")), "{said:?}");
        world.wait(1);
    }
}

#[test]
fn who_asks_once_how_many_messages_wait_is_told_of_the_next_one_unasked() {
    let mut world = World::new(1, 0.0);
    world.opens(stream(), "101");
    let waits = |new| calls::Command::Messages { extension: "101".to_owned(), mailbox: calls::Mailbox { new, old: 0 } };
    world.tell(waits(1));
    let said = says(&mut world, &request("REGISTER", 1, 1, "", "Expires: 3600\n"));
    assert_eq!(first_lines(&said)[0], "SIP/2.0 200 OK");
    let said = says(&mut world, &subscribe(2, 1, "", "message-summary", 0));
    assert!(
        said.iter().any(|text| text.contains("Subscription-State: terminated") && text.contains("Voice-Message: 1/0")),
        "{said:?}"
    );
    world.tell(waits(2));
    let said = heard(&mut world);
    assert!(said.iter().any(|text| text.starts_with("NOTIFY ") && text.contains("Voice-Message: 2/0")), "{said:?}");
}
