//! Submissions, as they read.

use expect_test::expect;
use mail::inbound::{Access, Config};

use crate::support::{Desk, PLAIN, check, check_with, config, signed_in};

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
    signed_in(
        "MAIL FROM:<nurse@clinic.demo>
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
            C: MAIL FROM:<nurse@clinic.demo>
            S: 250 2.1.0 Sender OK
            C: RCPT TO:<nurse@fax.clinic.demo>
            S: 550 5.1.1 No fax number: that has characters that no phone number has
            C: RCPT TO:<12345@fax.clinic.demo>
            S: 550 5.1.1 No fax number: that is not a possible phone number; give it with its area code, as in 202-555-0123
            C: RCPT TO:<12025550101/X=1@fax.clinic.demo>
            S: 550 5.1.1 We do not know what follows the / in this fax number
            C: RCPT TO:<12025550101/T33S=@fax.clinic.demo>
            S: 550 5.1.1 A subaddress has 1 to 20 digits, as in /sub=44
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
    signed_in(
        "MAIL FROM:<nurse@clinic.demo> SIZE=2001
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
    signed_in(
        &format!("@disk full\n{message}@store fails\n{message}@policy refuses\n{message}{message}"),
        &expect![[r#"
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
