//! What ends a session, and what waits: time, sizes, errors, open questions.

use expect_test::expect;
use mail::inbound::{AuthVerdict, Inbound, Input, MAX_ERRORS, MAX_IDLE_COMMANDS, MAX_RECIPIENTS, MAX_WAITING, Output};
use model::Now;

use crate::support::{Desk, PLAIN, check, config, play, signed_in};

#[test]
fn a_message_may_be_as_large_as_was_said_and_no_larger() {
    let line = format!("{}\n", "x".repeat(98));
    let begin = "EHLO pc\n$PLAIN\nMAIL FROM:<nurse@clinic.demo>\nRCPT TO:<12025550101@fax.clinic.demo>\nDATA\n";
    let last = |lines: usize| {
        let script = format!("{begin}{}.\nNOOP", line.repeat(lines)).replace("$PLAIN", PLAIN);
        let transcript = play(config(), &script);
        transcript.lines().rfind(|line| line.starts_with('S')).map(str::to_owned).expect("an answer")
            + if transcript.contains("to store") { ", stored" } else { "" }
    };
    assert_eq!(last(20), "S: 250 2.0.0 OK, stored");
    assert_eq!(last(21), "S: 250 2.0.0 OK");
    assert_eq!(last(39), "S: 250 2.0.0 OK");
    assert_eq!(last(41), "S closes");
}

#[test]
fn silence_ends_a_session() {
    check(
        "@wait",
        &expect![[r#"
        S: 220 mail.clinic.demo ESMTP Frontdesk
        C: @wait
           (60 s later)
        S: 421 4.4.2 Nothing came for too long; closing
        S closes
    "#]],
    );
    check(
        "EHLO pc\n$PLAIN\n@wait",
        &expect![[r#"
        S: 220 mail.clinic.demo ESMTP Frontdesk
        C: EHLO pc
        S: 250-mail.clinic.demo
        S: 250-PIPELINING
        S: 250-SIZE 2000
        S: 250-8BITMIME
        S: 250-AUTH PLAIN LOGIN
        S: 250 ENHANCEDSTATUSCODES
        C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==
        S: 235 2.7.0 Welcome
        C: @wait
           (300 s later)
        S: 421 4.4.2 Nothing came for too long; closing
        S closes
    "#]],
    );
    signed_in(
        "MAIL FROM:<nurse@clinic.demo>
         RCPT TO:<12025550101@fax.clinic.demo>
         DATA
         half a message
         @wait",
        &expect![[r#"
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 Go ahead; end with a dot on a line of its own
            C: half a message
            C: @wait
               (180 s later)
            S: 421 4.4.2 Nothing came for too long; closing
            S closes
        "#]],
    );
}

#[test]
fn one_byte_at_a_time_buys_no_time() {
    let mut desk = Desk::new(config());
    for byte in b"EHLO a-client-that-sends-one-byte-every-ten-seconds" {
        desk.now = desk.now.after(std::time::Duration::from_secs(10));
        desk.bytes(&[*byte]);
        desk.give(mail::inbound::Input::Timeout);
    }
    assert!(desk.closed);
    assert!(desk.now.instant.nanos() / 1_000_000_000 > 60);
}

#[test]
fn a_stop_lets_the_message_through() {
    check(
        "EHLO pc\n@stop",
        &expect![[r#"
        S: 220 mail.clinic.demo ESMTP Frontdesk
        C: EHLO pc
        S: 250-mail.clinic.demo
        S: 250-PIPELINING
        S: 250-SIZE 2000
        S: 250-8BITMIME
        S: 250-AUTH PLAIN LOGIN
        S: 250 ENHANCEDSTATUSCODES
        C: @stop
        S: 421 4.3.2 We are restarting; try again in a minute
        S closes
    "#]],
    );
    signed_in(
        "MAIL FROM:<nurse@clinic.demo>
         RCPT TO:<12025550101@fax.clinic.demo>
         DATA
         @stop
         Subject: still counts
         .
         NOOP",
        &expect![[r#"
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 Go ahead; end with a dot on a line of its own
            C: @stop
            C: Subject: still counts
            C: .
               (Submission(1 recipients, 123 bytes) to store)
            S: 250 2.0.0 Accepted, and safely stored
            S: 421 4.3.2 We are restarting; try again in a minute
            S closes
            C: NOOP
        "#]],
    );
}

#[test]
fn errors_recipients_and_idling_have_an_end() {
    let last = |script: String| {
        let transcript = play(config(), &script.replace("$PLAIN", PLAIN));
        let lines: Vec<&str> = transcript.lines().filter(|line| line.starts_with('S')).collect();
        (lines.len(), lines[lines.len() - 2].to_owned())
    };
    let (count, line) = last("BOGUS\n".repeat(99));
    assert_eq!((count, line.as_str()), (MAX_ERRORS as usize + 3, "S: 421 4.7.0 Too many errors; closing"));
    let (count, line) = last("NOOP\n".repeat(999));
    assert_eq!(count, MAX_IDLE_COMMANDS as usize + 3);
    assert_eq!(line, "S: 421 4.7.0 Too many commands without a message; closing");
    let many: String = (0..=MAX_RECIPIENTS).map(|i| format!("RCPT TO:<120255501{i:02}@fax.clinic.demo>\n")).collect();
    let (_, line) = last(format!("EHLO pc\n$PLAIN\nMAIL FROM:<>\n{many}RSET"));
    assert_eq!(line, "S: 452 4.5.3 That is the last recipient we take for one message");
}

#[test]
fn while_a_question_is_open_commands_wait() {
    let now = Now::simulation_start();
    let mut inbound = Inbound::new(config(), now);
    // An answer to a question that was not asked changes nothing.
    inbound.handle_input(now, Input::Auth(AuthVerdict::Accept { by: "101".to_owned() }));
    inbound.handle_input(now, Input::Stored(Ok(())));
    inbound.handle_input(now, Input::Bytes(format!("EHLO pc\r\n{PLAIN}\r\nMAIL FROM:<>\r\nNO").as_bytes()));
    assert!(matches!(inbound.poll_output(), Output::Send(_)));
    assert!(matches!(inbound.poll_output(), Output::CheckAuth { .. }));
    inbound.handle_input(now, Input::Bytes(b"OP\r\n"));
    assert!(matches!(inbound.poll_output(), Output::Timeout(_)) && !inbound.wants_bytes());
    inbound.handle_input(now, Input::Auth(AuthVerdict::Accept { by: "101".to_owned() }));
    let said = "235 2.7.0 Welcome\r\n250 2.1.0 Sender OK\r\n250 2.0.0 OK\r\n";
    assert!(inbound.poll_output() == Output::Send(said.into()) && inbound.wants_bytes());

    inbound.handle_input(now, Input::Bytes(b"RCPT TO:<12025550101@fax.clinic.demo>\r\n"));
    inbound.handle_input(now, Input::Bytes(&vec![b'x'; MAX_WAITING + 1]));
    assert!(matches!(inbound.poll_output(), Output::CheckRecipient { .. }));
    let said = "421 4.7.0 Too much was sent without waiting for our answers; closing\r\n";
    assert!(inbound.poll_output() == Output::Send(said.into()) && inbound.poll_output() == Output::Close);
}

#[test]
fn nothing_personal_is_in_a_debug_output() {
    let mut desk = Desk::new(config());
    for line in ["EHLO pc", PLAIN, "MAIL FROM:<nurse@clinic.demo>", "RCPT TO:<12025550101@fax.clinic.demo>", "DATA"] {
        desk.step(line);
    }
    desk.bytes(b"Subject: diagnosis\r\n\r\n");
    assert_eq!(format!("{:?}", desk.inbound), "Inbound(Data)");
    desk.bytes(b".\r\n");
    let kept = desk.kept.first().expect("kept");
    assert_eq!(format!("{kept:?}"), "Submission(1 recipients, 122 bytes)");
    let question = Output::CheckAuth { user: "nurse".into(), password: "secret".into() };
    assert_eq!(format!("{question:?} {:?}", Output::Send("x".into())), "CheckAuth Send(1 bytes)");
}
