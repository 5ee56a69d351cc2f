//! Our client against our server, and against servers that behave worse.

use std::time::Duration;

use expect_test::expect;
use mail::inbound::{Access, Config};
use mail::outbound::{Client, Input, Output};
use model::Now;
use model::mail::SmtpReply;
use proptest::prelude::*;

use crate::support::{Desk, config};

/// Delivers `body` through a pipe of memory; gives the reply and what the server kept, without its trace header.
fn through(body: &[u8]) -> (SmtpReply, Option<Vec<u8>>) {
    let config = Config { access: Access::Open, max_message: 1 << 20, ..config() };
    let mut desk = Desk::new(config);
    let to = "12025550101@fax.clinic.demo";
    let mut client = Client::new("box.clinic.demo", "".into(), to.into(), body.to_vec().into(), desk.now);
    let mut result = None;
    loop {
        // What the server says is in its transcript, line by line.
        let said: String = desk.transcript.drain(..).collect();
        for line in said.lines().filter_map(|line| line.strip_prefix("S: ")) {
            client.handle_input(desk.now, Input::Bytes(format!("{line}\r\n").as_bytes()));
        }
        loop {
            match client.poll_output() {
                Output::Send(bytes) => desk.bytes(&bytes),
                Output::Done(reply) => assert!(result.replace(reply).is_none(), "one result"),
                Output::Close => {
                    let kept = desk.kept.first().map(|kept| {
                        let body = kept.body.expose();
                        let begin = body.windows(2).position(|w| w == b"\r\n").map_or(0, |first| {
                            // The trace header has three lines.
                            let mut at = first + 2;
                            for _ in 0..2 {
                                at += body[at..].windows(2).position(|w| w == b"\r\n").map_or(0, |n| n + 2);
                            }
                            at
                        });
                        body[begin..].to_vec()
                    });
                    return (result.expect("a result"), kept);
                }
                Output::Timeout(_) => break,
            }
        }
    }
}

#[test]
fn a_message_crosses_unchanged() {
    let body = b"Subject: x\r\n\r\n.\r\n..\r\n...a\r\n\r\nb\xff.\r\n";
    let (reply, kept) = through(body);
    assert_eq!((reply.code, kept.as_deref()), (250, Some(&body[..])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Dots, CRs and LFs in any order: one message arrives, with the same lines, and no lone CR or LF.
    #[test]
    fn any_message_crosses_as_one(body in "[a.\r\n]{0,60}") {
        let (reply, kept) = through(body.as_bytes());
        let mut lines = body.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        if !lines.is_empty() && !lines.ends_with("\r\n") {
            lines.push_str("\r\n");
        }
        prop_assert_eq!(reply.code, 250);
        prop_assert_eq!(kept, Some(lines.into_bytes()));
    }
}

/// What the client says to these answers, and what it comes to.
fn talk(body: &[u8], answers: &[&str]) -> String {
    let now = Now::simulation_start();
    let mut client = Client::new("us", "a@b".into(), "c@d".into(), body.to_vec().into(), now);
    let mut log = String::new();
    for answer in answers.iter().map(Some).chain([None]) {
        let later = loop {
            match client.poll_output() {
                Output::Send(bytes) => log += &format!("C: {:?}\n", String::from_utf8_lossy(&bytes)),
                Output::Done(reply) => log += &format!("= {} {}\n", reply.code, reply.text.expose()),
                Output::Close => log += "C closes\n",
                Output::Timeout(at) => break now.after(at - now.instant),
            }
        };
        match answer {
            Some(&"@gone") => client.handle_input(now, Input::Closed),
            Some(&"@silent") => client.handle_input(later, Input::Timeout),
            Some(answer) => client.handle_input(now, Input::Bytes(format!("{answer}\r\n").as_bytes())),
            None => {}
        }
    }
    log
}

#[test]
fn refusals_and_failures() {
    let log = [
        ("too large for them", talk(b"12345\r\n", &["220 x", "250-x\r\n250 SIZE 5"])),
        ("eight bits", talk(b"\xff\r\n", &["220 x", "250 x"])),
        ("eight bits, offered", talk(b"\xff\r\n", &["220 x", "250-x\r\n250-size\r\n250 8bitmime", "451 later"])),
        (
            "no EHLO",
            talk(b"", &["220 x", "502 what?", "250 x", "250 ok", "550-5.1.1 no\r\n550 5.1.1 such user", "221 bye"]),
        ),
        ("turned away", talk(b"", &["554 5.7.1 your address is on a list"])),
        ("full", talk(b"", &["220 x", "250 x", "250 ok", "250 ok", "354 go", "452 4.3.1 full", "@silent"])),
        ("gone after the dot", talk(b"", &["220 x", "250 x", "250 ok", "250 ok", "354 go", "@gone"])),
        ("silent", talk(b"", &["@silent"])),
        ("no SMTP", talk(b"", &["HTTP/1.1 400 Bad Request"])),
        ("out of order", talk(b"", &["220 x", "250 x", "250 ok", "250 ok", "250 ok"])),
    ];
    let text: String = log.iter().map(|(name, log)| format!("-- {name}\n{log}")).collect();
    expect![[r#"
        -- too large for them
        C: "EHLO us\r\n"
        = 552 5.3.4 the message is larger than the server takes
        C: "QUIT\r\n"
        -- eight bits
        C: "EHLO us\r\n"
        = 554 5.6.3 the server takes plain ASCII only, and the message has more
        C: "QUIT\r\n"
        -- eight bits, offered
        C: "EHLO us\r\n"
        C: "MAIL FROM:<a@b> SIZE=3 BODY=8BITMIME\r\n"
        = 451 later
        C: "QUIT\r\n"
        -- no EHLO
        C: "EHLO us\r\n"
        C: "HELO us\r\n"
        C: "MAIL FROM:<a@b>\r\n"
        C: "RCPT TO:<c@d>\r\n"
        = 550 5.1.1 no 5.1.1 such user
        C: "QUIT\r\n"
        C closes
        -- turned away
        = 0 the server turned us away: 554 5.7.1 your address is on a list
        C: "QUIT\r\n"
        -- full
        C: "EHLO us\r\n"
        C: "MAIL FROM:<a@b>\r\n"
        C: "RCPT TO:<c@d>\r\n"
        C: "DATA\r\n"
        C: ".\r\n"
        = 452 4.3.1 full
        C: "QUIT\r\n"
        C closes
        -- gone after the dot
        C: "EHLO us\r\n"
        C: "MAIL FROM:<a@b>\r\n"
        C: "RCPT TO:<c@d>\r\n"
        C: "DATA\r\n"
        C: ".\r\n"
        = 0 the server closed the connection
        C closes
        -- silent
        = 0 the server did not answer in time
        C closes
        -- no SMTP
        = 0 the server spoke no SMTP
        C closes
        -- out of order
        C: "EHLO us\r\n"
        C: "MAIL FROM:<a@b>\r\n"
        C: "RCPT TO:<c@d>\r\n"
        C: "DATA\r\n"
        = 0 the server gave an answer that does not belong here
        C closes
    "#]]
    .assert_eq(&text);
}

/// What a server says before it has the message says nothing of it, but that it does not want it.
#[test]
fn a_server_that_takes_a_message_before_it_has_it_has_not_taken_it() {
    let early = |answer| talk(b"12345\r\n", &["220 x", "250 x", "250 ok", "250 ok", answer]);
    let taken = early("354 go\r\n250 2.0.0 queued");
    assert!(taken.ends_with("= 0 the server took the message before it had it\nC closes\n"), "{taken}");
    let refused = early("354 go\r\n554 5.7.1 not from you");
    assert!(refused.ends_with("= 554 5.7.1 not from you\nC closes\n"), "{refused}");
}

/// What a refusal is about depends on what was refused.
#[test]
fn it_is_known_to_which_command_a_refusal_came() {
    let before = ["220 x", "250 x", "250 ok", "250 ok", "354 go"];
    let about: Vec<(bool, bool)> = (2..=5)
        .map(|taken| {
            let now = Now::simulation_start();
            let mut client = Client::new("us", "a@b".into(), "c@d".into(), Vec::new().into(), now);
            for answer in before[..taken].iter().chain([&"550 5.7.1 no"]) {
                while matches!(client.poll_output(), Output::Send(_)) {}
                client.handle_input(now, Input::Bytes(format!("{answer}\r\n").as_bytes()));
            }
            match client.poll_output() {
                Output::Done(reply) => (reply.to_envelope, reply.to_sender),
                other => panic!("{other:?}"),
            }
        })
        .collect();
    let expected = [(true, true), (true, false), (false, false), (false, false)];
    assert_eq!(about, expected, "MAIL, RCPT, DATA, the message");
}

#[test]
fn an_address_cannot_become_a_command() {
    let now = Now::simulation_start();
    for bad in ["a@b>\r\nRCPT TO:<c@d", "a@b> SIZE=1", "a b@c", "", "a@b\0"] {
        let mut client = Client::new("us", "".into(), bad.into(), Vec::new().into(), now);
        assert!(matches!(client.poll_output(), Output::Done(SmtpReply { code: 553, .. })), "{bad:?}");
        assert_eq!(client.poll_output(), Output::Close);
    }
}

#[test]
fn a_slow_line_does_not_time_out_while_it_moves() {
    let start = Now::simulation_start();
    let mut client = Client::new("us", "".into(), "a@b".into(), vec![b'x'; 200_000].into(), start);
    for answer in ["220 x\r\n", "250 x\r\n", "250 x\r\n", "250 x\r\n", "354 x\r\n"] {
        client.handle_input(start, Input::Bytes(answer.as_bytes()));
    }
    let (mut now, mut pieces) = (start, 0);
    loop {
        match client.poll_output() {
            Output::Send(_) => {
                pieces += 1;
                now = now.after(Duration::from_secs(9 * 60));
                client.handle_input(now, Input::Sent);
            }
            Output::Timeout(at) => {
                assert_eq!(at - now.instant, Duration::from_secs(600));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(pieces > 6);
}
