//! Sessions, as they read.

use expect_test::{Expect, expect};
use mail::inbound::{
    Access, AuthVerdict, Config, Inbound, Input, MAX_ERRORS, MAX_IDLE_COMMANDS, MAX_RECIPIENTS, MAX_WAITING, Output,
};
use model::Now;

use crate::support::{Desk, PLAIN, WRONG, config, play};

fn check(script: &str, expected: &Expect) {
    check_with(config(), script, expected);
}

fn check_with(config: Config, script: &str, expected: &Expect) {
    expected.assert_eq(&play(config, &script.replace("$PLAIN", PLAIN).replace("$WRONG", WRONG)));
}

#[test]
fn a_fax_is_submitted() {
    check(
        "EHLO [192.168.1.20]
         $PLAIN
         MAIL FROM:<nurse@clinic.demo> SIZE=100 BODY=8BITMIME
         RCPT TO:<12025550101@fax.clinic.demo>
         RCPT TO:<FAX=+1-202-555-0102/T33S=22@FAX.clinic.demo>
         RCPT TO:<12025550101@fax.clinic.demo>
         DATA
         Subject: hello

         ..dot
         .
         QUIT",
        &expect![[r#"
            S: 220 mail.clinic.demo ESMTP Frontdesk
            C: EHLO [192.168.1.20]
            S: 250-mail.clinic.demo
            S: 250-PIPELINING
            S: 250-SIZE 2000
            S: 250-8BITMIME
            S: 250-AUTH PLAIN LOGIN
            S: 250 ENHANCEDSTATUSCODES
            C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==
            S: 235 2.7.0 Welcome
            C: MAIL FROM:<nurse@clinic.demo> SIZE=100 BODY=8BITMIME
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: RCPT TO:<FAX=+1-202-555-0102/T33S=22@FAX.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 Go ahead; end with a dot on a line of its own
            C: Subject: hello
            C: 
            C: ..dot
            C: .
               (Submission(2 recipients, 136 bytes) to store)
            S: 250 2.0.0 Accepted, and safely stored
            C: QUIT
            S: 221 2.0.0 Bye
            S closes
        "#]],
    );
}

#[test]
fn what_was_submitted_is_what_was_said() {
    let mut desk = Desk::new(config());
    for line in ["EHLO a(b)c", PLAIN, "MAIL FROM:<>", "RCPT TO:<\"+1 (202) 555-0101\"@fax.clinic.demo>", "DATA"] {
        desk.step(line);
    }
    desk.bytes(b"Subject: x\r\n\r\n..dot\r\n\xff\r\n.\r\n");
    let kept = desk.kept.first().expect("kept");
    assert_eq!((kept.by.as_deref(), kept.from.expose().as_str()), (Some("nurse"), ""));
    assert_eq!(kept.recipients[0].expose(), "\"+1 (202) 555-0101\"@fax.clinic.demo");
    expect![[r#"
        Received: from abc
        	by mail.clinic.demo (Frontdesk) with ESMTPA;
        	Fri, 20 Nov 2026 14:00:00 +0000
        Subject: x

        .dot
        �
    "#]]
    .assert_eq(&String::from_utf8_lossy(kept.body.expose()).replace("\r\n", "\n"));
}

#[test]
fn commands_have_an_order() {
    check(
        "MAIL FROM:<nurse@clinic.demo>
         $PLAIN
         EHLO pc
         MAIL FROM:<nurse@clinic.demo>
         RCPT TO:<12025550101@fax.clinic.demo>
         DATA
         $PLAIN
         $PLAIN
         MAIL FROM:<nurse@clinic.demo>
         MAIL FROM:<nurse@clinic.demo>
         $PLAIN
         DATA
         RCPT TO:<nobody@fax.clinic.demo>
         DATA
         RSET
         DATA
         EHLO pc
         HELO pc
         QUIT",
        &expect![[r#"
            S: 220 mail.clinic.demo ESMTP Frontdesk
            C: MAIL FROM:<nurse@clinic.demo>
            S: 503 5.5.1 Say EHLO first
            C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==
            S: 503 5.5.1 Say EHLO first
            C: EHLO pc
            S: 250-mail.clinic.demo
            S: 250-PIPELINING
            S: 250-SIZE 2000
            S: 250-8BITMIME
            S: 250-AUTH PLAIN LOGIN
            S: 250 ENHANCEDSTATUSCODES
            C: MAIL FROM:<nurse@clinic.demo>
            S: 530 5.7.0 Sign in first (AUTH)
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 503 5.5.1 Say MAIL first
            C: DATA
            S: 503 5.5.1 Say MAIL first
            C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==
            S: 235 2.7.0 Welcome
            C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==
            S: 503 5.5.1 Signing in is not possible now
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
            C: MAIL FROM:<nurse@clinic.demo>
            S: 503 5.5.1 A message was begun already; RSET gives it up
            C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==
            S: 503 5.5.1 Signing in is not possible now
            C: DATA
            S: 503 5.5.1 Say RCPT first
            C: RCPT TO:<nobody@fax.clinic.demo>
            S: 550 5.1.1 No fax number: that has characters that no phone number has
            C: DATA
            S: 554 5.5.1 None of the recipients was accepted
            C: RSET
            S: 250 2.0.0 OK
            C: DATA
            S: 503 5.5.1 Say MAIL first
            C: EHLO pc
            S: 250-mail.clinic.demo
            S: 250-PIPELINING
            S: 250-SIZE 2000
            S: 250-8BITMIME
            S: 250-AUTH PLAIN LOGIN
            S: 250 ENHANCEDSTATUSCODES
            C: HELO pc
            S: 250 mail.clinic.demo
            C: QUIT
            S: 221 2.0.0 Bye
            S closes
        "#]],
    );
}

#[test]
fn wrong_recipients_hear_why() {
    check(
        "EHLO pc
         $PLAIN
         MAIL FROM:<nurse@clinic.demo>
         RCPT TO:<nurse@fax.clinic.demo>
         RCPT TO:<12345@fax.clinic.demo>
         RCPT TO:<12025550101/X=1@fax.clinic.demo>
         RCPT TO:<12025550101/T33S=@fax.clinic.demo>
         RCPT TO:<doctor@example.com>
         RCPT TO:<Postmaster>
         RCPT TO:<no address>
         RCPT TO:<m\u{fc}ller@fax.clinic.demo>
         RCPT TO:<12025550101@fax.clinic.demo> NOTIFY=NEVER
         RCPT TO:12025550101@fax.clinic.demo",
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
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<nurse@fax.clinic.demo>
            S: 550 5.1.1 No fax number: that has characters that no phone number has
            C: RCPT TO:<12345@fax.clinic.demo>
            S: 550 5.1.1 No fax number: that is not a possible phone number; give it with its area code, as in 202-555-0123
            C: RCPT TO:<12025550101/X=1@fax.clinic.demo>
            S: 550 5.1.1 We do not know what follows the / in this fax number
            C: RCPT TO:<12025550101/T33S=@fax.clinic.demo>
            S: 550 5.1.1 A T.33 subaddress has 1 to 20 digits
            C: RCPT TO:<doctor@example.com>
            S: 550 5.7.1 We take mail for fax numbers only: write to the number at fax.clinic.demo, as in 2025550123@fax.clinic.demo
            C: RCPT TO:<Postmaster>
            S: 550 5.7.1 We take mail for fax numbers only: write to the number at fax.clinic.demo, as in 2025550123@fax.clinic.demo
            C: RCPT TO:<no address>
            S: 553 5.1.3 This recipient address is not a valid address
            C: RCPT TO:<müller@fax.clinic.demo>
            S: 553 5.6.7 Addresses beyond ASCII (SMTPUTF8) are not supported here
            C: RCPT TO:<12025550101@fax.clinic.demo> NOTIFY=NEVER
            S: 555 5.5.4 We do not know one of the parameters
            C: RCPT TO:12025550101@fax.clinic.demo
            S: 501 5.5.4 Write it as RCPT TO:<address>
        "#]],
    );
}

#[test]
fn signing_in() {
    check(
        "EHLO pc
         AUTH CRAM-MD5
         AUTH PLAIN
         *
         AUTH PLAIN
         not base64
         AUTH LOGIN
         bnVyc2VAY2xpbmljLmRlbW8=
         c2VjcmV0
         MAIL FROM:<nurse@clinic.demo>",
        &expect![[r#"
            S: 220 mail.clinic.demo ESMTP Frontdesk
            C: EHLO pc
            S: 250-mail.clinic.demo
            S: 250-PIPELINING
            S: 250-SIZE 2000
            S: 250-8BITMIME
            S: 250-AUTH PLAIN LOGIN
            S: 250 ENHANCEDSTATUSCODES
            C: AUTH CRAM-MD5
            S: 504 5.5.4 Sign in by PLAIN or LOGIN
            C: AUTH PLAIN
            S: 334 
            C: *
            S: 501 5.7.0 Signing in was given up
            C: AUTH PLAIN
            S: 334 
            C: not base64
            S: 501 5.5.2 That is not what this way of signing in expects
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: bnVyc2VAY2xpbmljLmRlbW8=
            S: 334 UGFzc3dvcmQ6
            C: c2VjcmV0
            S: 235 2.7.0 Welcome
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
        "#]],
    );
    check(
        "EHLO pc
         AUTH LOGIN bnVyc2VAY2xpbmljLmRlbW8=
         c2VjcmV0
         AUTH PLAIN",
        &expect![[r#"
            S: 220 mail.clinic.demo ESMTP Frontdesk
            C: EHLO pc
            S: 250-mail.clinic.demo
            S: 250-PIPELINING
            S: 250-SIZE 2000
            S: 250-8BITMIME
            S: 250-AUTH PLAIN LOGIN
            S: 250 ENHANCEDSTATUSCODES
            C: AUTH LOGIN bnVyc2VAY2xpbmljLmRlbW8=
            S: 334 UGFzc3dvcmQ6
            C: c2VjcmV0
            S: 235 2.7.0 Welcome
            C: AUTH PLAIN
            S: 503 5.5.1 Signing in is not possible now
        "#]],
    );
}

#[test]
fn three_wrong_passwords_end_it() {
    check(
        "EHLO pc\n$WRONG\n$WRONG\n$WRONG\n$PLAIN",
        &expect![[r#"
        S: 220 mail.clinic.demo ESMTP Frontdesk
        C: EHLO pc
        S: 250-mail.clinic.demo
        S: 250-PIPELINING
        S: 250-SIZE 2000
        S: 250-8BITMIME
        S: 250-AUTH PLAIN LOGIN
        S: 250 ENHANCEDSTATUSCODES
        C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHdyb25n
        S: 535 5.7.8 User name or password is wrong
        C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHdyb25n
        S: 535 5.7.8 User name or password is wrong
        C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHdyb25n
        S: 535 5.7.8 User name or password is wrong
        S: 421 4.7.0 Too many failed sign-ins; closing
        S closes
        C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==
    "#]],
    );
}

#[test]
fn a_failing_user_store_counts_no_guess() {
    check(
        "EHLO pc
         AUTH PLAIN AG51cnNlAGxhdGVy
         AUTH PLAIN AG51cnNlAGxhdGVy
         AUTH PLAIN AG51cnNlAGxhdGVy
         $PLAIN",
        &expect![[r#"
            S: 220 mail.clinic.demo ESMTP Frontdesk
            C: EHLO pc
            S: 250-mail.clinic.demo
            S: 250-PIPELINING
            S: 250-SIZE 2000
            S: 250-8BITMIME
            S: 250-AUTH PLAIN LOGIN
            S: 250 ENHANCEDSTATUSCODES
            C: AUTH PLAIN AG51cnNlAGxhdGVy
            S: 454 4.7.0 Signing in is not possible at the moment; try again later
            C: AUTH PLAIN AG51cnNlAGxhdGVy
            S: 454 4.7.0 Signing in is not possible at the moment; try again later
            C: AUTH PLAIN AG51cnNlAGxhdGVy
            S: 454 4.7.0 Signing in is not possible at the moment; try again later
            C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==
            S: 235 2.7.0 Welcome
        "#]],
    );
}

#[test]
fn without_tls_nobody_signs_in_from_the_network() {
    let access = Access::Login { allow_plain_auth: false };
    check_with(
        Config { access, ..config() },
        "EHLO pc
         $PLAIN
         STARTTLS
         MAIL FROM:<nurse@clinic.demo>",
        &expect![[r#"
            S: 220 mail.clinic.demo ESMTP Frontdesk
            C: EHLO pc
            S: 250-mail.clinic.demo
            S: 250-PIPELINING
            S: 250-SIZE 2000
            S: 250-8BITMIME
            S: 250 ENHANCEDSTATUSCODES
            C: AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==
            S: 538 5.7.11 Signing in needs an encrypted connection
            C: STARTTLS
            S: 502 5.5.1 We do not offer this command
            C: MAIL FROM:<nurse@clinic.demo>
            S: 530 5.7.0 Sign in first (AUTH)
        "#]],
    );
}

#[test]
fn a_sink_takes_from_anybody() {
    check_with(
        Config { access: Access::Open, ..config() },
        "HELO pc
         AUTH PLAIN
         MAIL FROM:<>
         RCPT TO:<12025550101@fax.clinic.demo>
         DATA
         .
         QUIT",
        &expect![[r#"
            S: 220 mail.clinic.demo ESMTP Frontdesk
            C: HELO pc
            S: 250 mail.clinic.demo
            C: AUTH PLAIN
            S: 502 5.5.1 We do not offer this command
            C: MAIL FROM:<>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 Go ahead; end with a dot on a line of its own
            C: .
               (Submission(1 recipients, 98 bytes) to store)
            S: 250 2.0.0 Accepted, and safely stored
            C: QUIT
            S: 221 2.0.0 Bye
            S closes
        "#]],
    );
}

#[test]
fn small_commands() {
    check(
        "NOOP
         HELP
         HELP MAIL
         VRFY nurse
         EXPN staff
         BDAT 4 LAST
         ETRN x
         QUIT now
         GET / HTTP/1.1
         EHLO
         NOOP \u{1b}[2J
         RSET",
        &expect![[r#"
            S: 220 mail.clinic.demo ESMTP Frontdesk
            C: NOOP
            S: 250 2.0.0 OK
            C: HELP
            S: 214 2.0.0 Submission as in RFC 6409: EHLO, AUTH, MAIL, RCPT, DATA, QUIT
            C: HELP MAIL
            S: 214 2.0.0 Submission as in RFC 6409: EHLO, AUTH, MAIL, RCPT, DATA, QUIT
            C: VRFY nurse
            S: 252 2.1.5 We do not tell; send the message and see
            C: EXPN staff
            S: 502 5.5.1 We do not offer this command
            C: BDAT 4 LAST
            S: 502 5.5.1 We do not offer this command
            C: ETRN x
            S: 502 5.5.1 We do not offer this command
            C: QUIT now
            S: 501 5.5.4 This command takes no argument
            C: GET / HTTP/1.1
            S: 500 5.5.1 We do not know this command
            C: EHLO
            S: 501 5.5.4 Say EHLO and the name of your host
            C: NOOP [2J
            S: 500 5.5.2 A command has plain ASCII characters only
            C: RSET
            S: 250 2.0.0 OK
        "#]],
    );
}

#[test]
fn parameters_of_mail() {
    check(
        "EHLO pc
         $PLAIN
         MAIL FROM:<nurse@clinic.demo> SIZE=2001
         MAIL FROM:<nurse@clinic.demo> SIZE=99999999999999999999999
         MAIL FROM:<nurse@clinic.demo> BODY=BINARYMIME
         MAIL FROM:<nurse@clinic.demo> SMTPUTF8
         MAIL FROM:<nurse@clinic.demo> RET=FULL
         MAIL FROM:<n\u{fc}rse@clinic.demo>
         MAIL FROM:<nurse>
         MAIL FROM:nurse@clinic.demo
         MAIL TO:<nurse@clinic.demo>
         MAIL FROM:<nurse@clinic.demo> SIZE=2000 AUTH=<>",
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
            C: MAIL FROM:<nurse@clinic.demo> SIZE=2001
            S: 552 5.3.4 The message is larger than we take
            C: MAIL FROM:<nurse@clinic.demo> SIZE=99999999999999999999999
            S: 501 5.5.4 A parameter has a wrong value
            C: MAIL FROM:<nurse@clinic.demo> BODY=BINARYMIME
            S: 501 5.5.4 A parameter has a wrong value
            C: MAIL FROM:<nurse@clinic.demo> SMTPUTF8
            S: 555 5.6.7 SMTPUTF8 is not supported here; write the addresses and headers in ASCII
            C: MAIL FROM:<nurse@clinic.demo> RET=FULL
            S: 555 5.5.4 We do not know one of the parameters
            C: MAIL FROM:<nürse@clinic.demo>
            S: 553 5.6.7 Addresses beyond ASCII (SMTPUTF8) are not supported here
            C: MAIL FROM:<nurse>
            S: 553 5.1.7 This sender address is not a valid address
            C: MAIL FROM:nurse@clinic.demo
            S: 501 5.5.4 Write it as MAIL FROM:<address>
            C: MAIL TO:<nurse@clinic.demo>
            S: 501 5.5.4 Write it as MAIL FROM:<address>
            C: MAIL FROM:<nurse@clinic.demo> SIZE=2000 AUTH=<>
            S: 250 2.1.0 Sender OK
        "#]],
    );
}

#[test]
fn the_store_decides_whether_it_is_accepted() {
    let message = "MAIL FROM:<nurse@clinic.demo>\nRCPT TO:<12025550101@fax.clinic.demo>\nDATA\n.\n";
    check(
        &format!("EHLO pc\n$PLAIN\n@disk full\n{message}@store fails\n{message}@policy refuses\n{message}{message}"),
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
            C: @disk full
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 Go ahead; end with a dot on a line of its own
            C: .
               (Submission(1 recipients, 100 bytes) to store)
            S: 452 4.3.1 We have no room to store it now; nothing was accepted, try again later
            C: @store fails
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 Go ahead; end with a dot on a line of its own
            C: .
               (Submission(1 recipients, 100 bytes) to store)
            S: 451 4.3.0 It could not be stored; nothing was accepted, try again later
            C: @policy refuses
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 Go ahead; end with a dot on a line of its own
            C: .
               (Submission(1 recipients, 100 bytes) to store)
            S: 550 5.7.1 You may not send faxes; ask the office manager
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<12025550101@fax.clinic.demo>
            S: 250 2.1.5 Recipient OK
            C: DATA
            S: 354 Go ahead; end with a dot on a line of its own
            C: .
               (Submission(1 recipients, 100 bytes) to store)
            S: 250 2.0.0 Accepted, and safely stored
        "#]],
    );
}

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
    check(
        "EHLO pc
         $PLAIN
         MAIL FROM:<nurse@clinic.demo>
         RCPT TO:<12025550101@fax.clinic.demo>
         DATA
         half a message
         @wait",
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
    check(
        "EHLO pc
         $PLAIN
         MAIL FROM:<nurse@clinic.demo>
         RCPT TO:<12025550101@fax.clinic.demo>
         DATA
         @stop
         Subject: still counts
         .
         NOOP",
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
fn long_answers_of_auth_are_read_whole() {
    let line = |length: usize| format!("EHLO pc\nAUTH PLAIN\n{}", "A".repeat(length));
    let last = |script: String| play(config(), &script).lines().last().map(str::to_owned).expect("an answer");
    assert_eq!(last(line(12_284)), "S: 501 5.5.2 That is not what this way of signing in expects");
    assert_eq!(last(line(12_288)), "S: 500 5.5.6 The line is too long");
    let script = format!("EHLO {}", "a".repeat(2000));
    assert_eq!(last(script), "S: 500 5.5.6 The line is too long");
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
