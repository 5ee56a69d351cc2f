//! Signing in, as it reads.

use expect_test::expect;
use mail::inbound::{Access, Config};

use crate::support::{check, check_with, config, play};

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
fn long_answers_of_auth_are_read_whole() {
    let line = |length: usize| format!("EHLO pc\nAUTH PLAIN\n{}", "A".repeat(length));
    let last = |script: String| play(config(), &script).lines().last().map(str::to_owned).expect("an answer");
    assert_eq!(last(line(12_284)), "S: 501 5.5.2 That is not what this way of signing in expects");
    assert_eq!(last(line(12_288)), "S: 500 5.5.6 The line is too long");
    let script = format!("EHLO {}", "a".repeat(2000));
    assert_eq!(last(script), "S: 500 5.5.6 The line is too long");
}
