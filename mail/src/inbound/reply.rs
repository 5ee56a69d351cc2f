//! Our replies. Their texts are public: they say nothing about persons, and nothing about us that helps an attacker.

use crate::Rejection;

/// Longest text of one reply line, so that with code, status and CRLF it keeps the 512 octets of RFC 5321, 4.5.3.1.5.
const LINE_TEXT: usize = 480;
/// Longest text in all: a sentence that quotes a file name, not an essay.
const WHOLE_TEXT: usize = 4 * LINE_TEXT;

/// Reply code, enhanced status (RFC 2034) and text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply(pub(super) u16, pub(super) &'static str, pub(super) &'static str);

pub(super) const OK: Reply = Reply(250, "2.0.0", "OK");
pub(super) const SENDER_OK: Reply = Reply(250, "2.1.0", "Sender OK");
pub(super) const RECIPIENT_OK: Reply = Reply(250, "2.1.5", "Recipient OK");
pub(super) const ACCEPTED: Reply = Reply(250, "2.0.0", "Accepted, and safely stored");
pub(super) const BYE: Reply = Reply(221, "2.0.0", "Bye");
pub(super) const AUTHENTICATED: Reply = Reply(235, "2.7.0", "Welcome");
pub(super) const VRFY: Reply = Reply(252, "2.1.5", "We do not tell; send the message and see");
pub(super) const HELP: Reply = Reply(214, "2.0.0", "Submission as in RFC 6409: EHLO, AUTH, MAIL, RCPT, DATA, QUIT");

pub(super) const SHUTTING_DOWN: Reply = Reply(421, "4.3.2", "We are restarting; try again in a minute");
pub(super) const NO_ROOM: Reply = Reply(421, "4.3.1", "Too many large messages at once; try again in a minute");
pub(super) const TOO_SLOW: Reply = Reply(421, "4.4.2", "Nothing came for too long; closing");
pub(super) const TOO_MANY_ERRORS: Reply = Reply(421, "4.7.0", "Too many errors; closing");
pub(super) const TOO_MANY_IDLE: Reply = Reply(421, "4.7.0", "Too many commands without a message; closing");
pub(super) const TOO_MANY_GUESSES: Reply = Reply(421, "4.7.0", "Too many failed sign-ins; closing");
pub(super) const TOO_EAGER: Reply = Reply(421, "4.7.0", "Too much was sent without waiting for our answers; closing");

pub(super) const LONE_CR_OR_LF: Reply = Reply(500, "5.5.2", "Lines must end in CR LF, without a lone CR or LF");
pub(super) const LINE_TOO_LONG: Reply = Reply(500, "5.5.6", "The line is too long");
pub(super) const UNKNOWN_COMMAND: Reply = Reply(500, "5.5.1", "We do not know this command");
pub(super) const BAD_CHARACTERS: Reply = Reply(500, "5.5.2", "A command has plain ASCII characters only");
pub(super) const NOT_OFFERED: Reply = Reply(502, "5.5.1", "We do not offer this command");
pub(super) const BAD_HELLO: Reply = Reply(501, "5.5.4", "Say EHLO and the name of your host");
pub(super) const BAD_MAIL: Reply = Reply(501, "5.5.4", "Write it as MAIL FROM:<address>");
pub(super) const BAD_RCPT: Reply = Reply(501, "5.5.4", "Write it as RCPT TO:<address>");
pub(super) const BAD_SENDER: Reply = Reply(553, "5.1.7", "This sender address is not a valid address");
pub(super) const BAD_RECIPIENT: Reply = Reply(553, "5.1.3", "This recipient address is not a valid address");
pub(super) const UTF8_ADDRESS: Reply = Reply(553, "5.6.7", "Addresses beyond ASCII (SMTPUTF8) are not supported here");
pub(super) const SMTPUTF8: Reply =
    Reply(555, "5.6.7", "SMTPUTF8 is not supported here; write the addresses and headers in ASCII");
pub(super) const BAD_PARAMETER: Reply = Reply(501, "5.5.4", "A parameter has a wrong value");
pub(super) const UNKNOWN_PARAMETER: Reply = Reply(555, "5.5.4", "We do not know one of the parameters");
pub(super) const NO_ARGUMENT: Reply = Reply(501, "5.5.4", "This command takes no argument");

pub(super) const HELLO_FIRST: Reply = Reply(503, "5.5.1", "Say EHLO first");
pub(super) const MAIL_FIRST: Reply = Reply(503, "5.5.1", "Say MAIL first");
pub(super) const RCPT_FIRST: Reply = Reply(503, "5.5.1", "Say RCPT first");
pub(super) const NESTED_MAIL: Reply = Reply(503, "5.5.1", "A message was begun already; RSET gives it up");
pub(super) const NO_RECIPIENT: Reply = Reply(554, "5.5.1", "None of the recipients was accepted");
pub(super) const TOO_MANY_RECIPIENTS: Reply = Reply(452, "4.5.3", "That is the last recipient we take for one message");

pub(super) const AUTH_REQUIRED: Reply = Reply(530, "5.7.0", "Sign in first (AUTH)");
pub(super) const AUTH_NEEDS_TLS: Reply = Reply(538, "5.7.11", "Signing in needs an encrypted connection");
pub(super) const AUTH_NOT_NOW: Reply = Reply(503, "5.5.1", "Signing in is not possible now");
pub(super) const AUTH_MECHANISM: Reply = Reply(504, "5.5.4", "Sign in by PLAIN or LOGIN");
pub(super) const AUTH_BAD: Reply = Reply(501, "5.5.2", "That is not what this way of signing in expects");
pub(super) const AUTH_CANCELLED: Reply = Reply(501, "5.7.0", "Signing in was given up");
pub(super) const AUTH_FAILED: Reply = Reply(535, "5.7.8", "User name or password is wrong");
pub(super) const AUTH_LATER: Reply = Reply(454, "4.7.0", "Signing in is not possible at the moment; try again later");

pub(super) const TOO_LARGE: Reply = Reply(552, "5.3.4", "The message is larger than we take");
pub(super) const LONE_IN_DATA: Reply =
    Reply(550, "5.6.11", "The message has a lone CR or LF; its lines must end in CR LF");
pub(super) const DATA_LINE_TOO_LONG: Reply = Reply(550, "5.6.0", "The message has a line that is too long");
pub(super) const DISK_FULL: Reply =
    Reply(452, "4.3.1", "We have no room to store it now; nothing was accepted, try again later");
pub(super) const NOT_STORED: Reply =
    Reply(451, "4.3.0", "It could not be stored; nothing was accepted, try again later");

impl Reply {
    pub(super) fn write(self, out: &mut Vec<u8>) {
        write(self.0, self.1, self.2, out);
    }
}

/// Writes a refusal that came from outside this machine.
pub(super) fn write_rejection(rejection: &Rejection, out: &mut Vec<u8>) {
    write(rejection.code, rejection.status, rejection.text.expose(), out);
}

/// Writes the capabilities (RFC 5321, 4.1.1.1), the host name first.
pub(super) fn write_capabilities(lines: &[String], out: &mut Vec<u8>) {
    for (i, line) in lines.iter().enumerate() {
        let mark = if i + 1 == lines.len() { ' ' } else { '-' };
        out.extend_from_slice(format!("250{mark}{line}\r\n").as_bytes());
    }
}

fn write(code: u16, status: &str, text: &str, out: &mut Vec<u8>) {
    let text = printable(text);
    let pieces: Vec<&str> = split(&text).collect();
    for (i, piece) in pieces.iter().enumerate() {
        let mark = if i + 1 == pieces.len() { ' ' } else { '-' };
        out.extend_from_slice(format!("{code}{mark}{status} {piece}\r\n").as_bytes());
    }
}

/// Printable ASCII, bounded: without SMTPUTF8 a reply may hold nothing else (RFC 5321, 4.2), and a CR or LF in it would forge a
/// reply of its own.
fn printable(text: &str) -> String {
    let ascii = text.chars().map(|c| match c {
        ' '..='~' => c,
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2013}' | '\u{2014}' => '-',
        _ if c.is_control() => ' ',
        _ => '?',
    });
    ascii.take(WHOLE_TEXT).collect()
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    // All of `text` is ASCII, so every index is a character.
    let count = text.len().div_ceil(LINE_TEXT).max(1);
    (0..count).map(move |i| &text[i * LINE_TEXT..text.len().min((i + 1) * LINE_TEXT)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        write_rejection(&Rejection::new(550, "5.1.1", text), &mut out);
        String::from_utf8(out).expect("ascii")
    }

    #[test]
    fn a_text_cannot_forge_a_reply() {
        assert_eq!(written("no\r\n250 2.0.0 OK"), "550 5.1.1 no  250 2.0.0 OK\r\n");
        assert_eq!(written("can’t fax “Müller”"), "550 5.1.1 can't fax \"M?ller\"\r\n");
    }

    #[test]
    fn a_long_text_becomes_lines_that_keep_the_limit() {
        let out = written(&"x".repeat(10_000));
        assert_eq!(out.lines().count(), 4);
        assert!(out.split_inclusive("\r\n").all(|line| line.len() <= 512));
        assert!(out.starts_with("550-5.1.1 x") && out.lines().last().is_some_and(|l| l.starts_with("550 5.1.1 x")));
    }
}
