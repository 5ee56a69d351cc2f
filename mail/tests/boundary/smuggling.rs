//! The smuggling grid: what a sender may put where the end of a message is meant, in the hope that two servers disagree about it.
//! Ours takes one form for the end, and what follows any other form is never a command.

use expect_test::expect;

use crate::support::{answers, up_to_data};

/// Between the first text and the smuggled commands.
const ENDS: [&str; 16] = [
    "\r\n.\r\n",
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r\n.\r",
    "\r.\n",
    "\n.\r",
    "\r\n.\r\r\n",
    "\r\r\n.\r\r\n",
    "\r\n.\0\r\n",
    "\r\n\0.\r\n",
    "\r\n. \r\n",
    "\r\n.\r\r\r\n",
    "\n\n.\r\n",
];

#[test]
fn only_crlf_dot_crlf_ends_a_message() {
    let mut table = String::new();
    for end in ENDS {
        let smuggled =
            "MAIL FROM:<boss@clinic.demo>\r\nRCPT TO:<12025550102@fax.clinic.demo>\r\nDATA\r\nsmuggled\r\n.\r\n";
        let session = format!("{}one{end}{smuggled}", up_to_data());
        let (transcript, kept) = answers(&[session.as_bytes()]);
        let after: Vec<&str> = transcript.lines().skip_while(|line| !line.starts_with("S: 354")).skip(1).collect();
        let said: Vec<&str> = after.iter().filter(|l| l.starts_with('S')).map(|line| &line[3..13]).collect();
        table += &format!("{end:?}: {} kept, {}\n", kept.len(), said.join(" | "));
        for message in &kept {
            let body = message.body.expose();
            let text = String::from_utf8_lossy(body).replace("\r\n", "");
            assert!(!text.contains(['\r', '\n']), "a lone CR or LF was kept");
        }
    }
    expect![[r#"
        "\r\n.\r\n": 2 kept, 250 2.0.0  | 250 2.1.0  | 250 2.1.5  | 354 Go ahe | 250 2.0.0 
        "\n.\n": 0 kept, 550 5.6.11
        "\n.\r\n": 0 kept, 550 5.6.11
        "\r\n.\n": 0 kept, 550 5.6.11
        "\r.\r": 0 kept, 550 5.6.11
        "\r.\r\n": 0 kept, 550 5.6.11
        "\r\n.\r": 0 kept, 550 5.6.11
        "\r.\n": 0 kept, 550 5.6.11
        "\n.\r": 0 kept, 550 5.6.11
        "\r\n.\r\r\n": 0 kept, 550 5.6.11
        "\r\r\n.\r\r\n": 0 kept, 550 5.6.11
        "\r\n.\0\r\n": 1 kept, 250 2.0.0 
        "\r\n\0.\r\n": 1 kept, 250 2.0.0 
        "\r\n. \r\n": 1 kept, 250 2.0.0 
        "\r\n.\r\r\r\n": 0 kept, 550 5.6.11
        "\n\n.\r\n": 0 kept, 550 5.6.11
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_lone_cr_or_lf_in_the_middle_refuses_the_message() {
    for text in ["a\nb", "a\rb", "\na", "\ra", "a\n", "a\r", ".\na", ".\ra", "a\r\r\nb", "a\n\r\nb"] {
        let session = format!("{}{text}\r\n.\r\nNOOP\r\n", up_to_data());
        let (transcript, kept) = answers(&[session.as_bytes()]);
        let tail: Vec<&str> = transcript.lines().rev().take(2).collect();
        let refused = "S: 550 5.6.11 The message has a lone CR or LF; its lines must end in CR LF";
        assert_eq!((kept.len(), &tail[..]), (0, &["S: 250 2.0.0 OK", refused][..]), "{text:?}");
    }
}

#[test]
fn commands_end_in_crlf_only() {
    let (transcript, _) = answers(&[b"NOOP\nQUIT\r\nNOOP\rQUIT\r\nNOOP\r\n"]);
    expect![[r#"
        S: 220 mail.clinic.demo ESMTP Frontdesk
        S: 500 5.5.2 Lines must end in CR LF, without a lone CR or LF
        S: 500 5.5.2 Lines must end in CR LF, without a lone CR or LF
        S: 250 2.0.0 OK
    "#]]
    .assert_eq(&transcript);
}
