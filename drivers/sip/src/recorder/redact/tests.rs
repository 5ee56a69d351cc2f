//! What is removed from messages, and what stays.

use proptest::prelude::*;

use super::*;

/// Pieces of which lines with and without secrets are made.
const PIECES: [&str; 24] = [
    "sip:", "SIPS:", "a", "102", ":", "@", "=", " ", "\t", ";", ",", "<", ">", "\"", "?", "&", "token", "Password",
    "pn-prid", "x-", "\\", "pwd", "apikey", "-",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// The quick look lets nothing pass that the close one would take out.
    #[test]
    fn a_line_that_cannot_hide_anything_hides_nothing(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..14)) {
        let line = pieces.concat();
        let (mut quick, mut close) = (Vec::new(), Vec::new());
        scrub(&mut quick, line.as_bytes());
        scrub_closely(&mut close, line.as_bytes());
        prop_assert_eq!(lex::text(&quick), lex::text(&close));
    }

    /// The same of whole messages.
    #[test]
    fn a_message_that_holds_nothing_is_shown_as_it_is(lines in prop::collection::vec(prop::sample::select(&LINES[..]), 0..9)) {
        let message = lines.concat();
        let message = message.as_bytes();
        if holds_nothing(message) {
            prop_assert_eq!(lex::text(message), lex::text(&redact_closely(message)));
        }
    }
}

/// Lines of which messages with and without secrets are made, and broken ones.
const LINES: [&str; 32] = [
    "INVITE sip:101@clinic.demo SIP/2.0\r\n",
    "INVITE sip:101:pin@clinic.demo SIP/2.0\r\n",
    "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1;rport\r\n",
    "From: \"a\" <sip:102@clinic.demo>;tag=1\r\n",
    "Contact: <sip:102@10.0.0.2;pwd=hush>\r\n",
    "Contact: sip:a\r\n",
    "X: a:b:c\r\n",
    "@b\r\n",
    "X: sip:a:b\rc@d\r\n",
    "Authorization: Digest nonce=\"hush\"\r\n",
    "Cookie: hush\r\n",
    "Cookie : hush\r\n",
    "Content-Type: application/sdp\r\n",
    "c: text/plain\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 5\r\n",
    "l: 05\r\n",
    "l:5\n",
    " folded\r\n",
    "no header\r\n",
    ": nothing\r\n",
    "token\r\n",
    "=hush\r\n",
    "\r\n",
    "\r\n",
    "\n",
    "v=0\r\n",
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:hush\r\n",
    "K=hush\r\n",
    "a=x\n\n",
    "a=ice-pwd:hush",
    "cut",
];

#[test]
fn ordinary_messages_are_not_written_anew() {
    let invite = "INVITE sip:101@clinic.demo SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1;rport\r\n\
         Contact: <sip:102@10.0.0.2:5060>\r\nContent-Type: application/sdp\r\nContent-Length: 31\r\n\r\n\
         v=0\r\nm=audio 4000 RTP/AVP 8 0\r\n";
    assert!(holds_nothing(invite.as_bytes()));
    assert!(holds_nothing(b"SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n"));
    // What a key is told by.
    assert!(KEYS.iter().all(|key| key.get(1) == Some(&b'=')));
}

fn shown(text: &str) -> String {
    String::from_utf8_lossy(&redact(&text.replace('\n', "\r\n").into())).replace('\r', "")
}

#[test]
fn no_secret_begins_where_nobody_looks() {
    for begins in SCHEMES.iter().chain(&PARAMS) {
        assert!(may_begin(begins) && may_begin(&begins.to_ascii_uppercase()), "{}", lex::text(begins));
    }
}

#[test]
fn a_call_keeps_its_shape_and_loses_its_secrets() {
    let sdp = "v=0\nc=IN IP4 10.0.0.2\nm=audio 4000 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QUJD|2^20\na=ice-pwd:hush\n";
    let length = sdp.replace('\n', "\r\n").len();
    let invite = format!(
        "INVITE sip:101:pin@clinic.demo;password=hush SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\n\
         Authorization : Digest username=\"102\", realm=\"clinic.demo\",nonce=\"h,ush\", uri=\"sip:101@clinic.demo\", response=hush, \
         cnonce=\"hu\\\"sh\", opaque=\"hush\", nc=00000001, qop=auth, algorithm=MD5, new=hush\n\
         Contact: <sip:102@10.0.0.2;pn-prid=hush;x=1>;token = \"hush\";expires=60\nContent-Type: application/sdp\nl: {length}\n\n{sdp}"
    );
    expect_test::expect![[r#"
        INVITE sip:101:removed@clinic.demo;password=removed SIP/2.0
        Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1
        Authorization : Digest username="102", realm="clinic.demo", nonce=removed, uri="sip:101@clinic.demo", response=removed, cnonce=removed, opaque=removed, nc=00000001, qop=auth, algorithm=MD5, new=removed
        Contact: <sip:102@10.0.0.2;pn-prid=removed;x=1>;token=removed;expires=60
        Content-Type: application/sdp
        l: 119

        v=0
        c=IN IP4 10.0.0.2
        m=audio 4000 RTP/SAVP 0
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:removed
        a=ice-pwd:removed
    "#]]
    .assert_eq(&shown(&invite));
}

#[test]
fn what_people_wrote_is_only_counted() {
    let text = "MESSAGE sip:101@a SIP/2.0\nc: text/plain\nContent-Length: 11\n\nhello there";
    assert_eq!(
        shown(text),
        "MESSAGE sip:101@a SIP/2.0\nc: text/plain\nContent-Length: 0\nX-Removed: a body, 11 bytes\n\n"
    );
}

#[test]
fn other_schemes_show_nothing() {
    for scheme in [
        "Bearer aHVzaA==",
        "Basic aHVzaA==",
        "Digest aHVzaA==",
        "aHVzaA==",
        "Bearer a=b, aHVzaA==",
        "Digest nonce=\"aHVzaA==",
    ] {
        let text = shown(&format!("REGISTER sip:a SIP/2.0\nProxy-Authorization: {scheme}\n\n"));
        assert!(text.contains("removed") && !text.contains("aHVzaA"), "{text}");
    }
}

#[test]
fn what_is_broken_is_shown_as_broken() {
    let text = "INVITE sip:a SIP/2.0\nhush hush\nContent-Length: 99\n\nv=0\n";
    assert_eq!(
        shown(text),
        "INVITE sip:a SIP/2.0\nX-Removed: a line that is no header, 9 bytes\nContent-Length: 99\n\nv=0\n"
    );
    assert_eq!(
        shown("INVITE sip:a SIP/2.0\nAuthorization: Digest nonce=\"hu"),
        "INVITE sip:a SIP/2.0\nX-Removed: a line that was cut off, 31 bytes\n"
    );
}
