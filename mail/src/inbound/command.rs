//! One command line, read. The grammar is that of RFC 5321, 4.1.1, with the parameters that we offer and no others; a fault is
//! the reply that it deserves.
//!
//! The reader is our own: the ready-made one drops the quotes of a local part, does not know `<Postmaster>` nor address literals,
//! and takes lines that end in a lone LF. The tests hold it against that one as an oracle, where both should agree.

use super::path::{is_mailbox, path};
use super::reply::{self, Reply};

/// Longest command line but for AUTH. RFC 5321, 4.5.3.1.4 has 512 octets; extensions may add to it, clients do.
const COMMAND: usize = 1024;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// EHLO or HELO, and the name the client gave.
    Hello { extended: bool, name: String },
    /// AUTH, its mechanism in capitals, and the initial response if there is one.
    Auth { mechanism: String, initial: Option<String> },
    /// MAIL: the sender, empty for the null sender, and the size if it was declared.
    Mail { from: String, size: Option<usize> },
    /// RCPT.
    Rcpt { to: String },
    /// DATA.
    Data,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// VRFY.
    Vrfy,
    /// HELP.
    Help,
    /// QUIT.
    Quit,
}

/// Reads a line without its CRLF.
pub(super) fn parse(line: &[u8]) -> Result<Command, Reply> {
    let printable = line.iter().all(|b| (b' '..=b'~').contains(b) || *b == b'\t');
    let Ok(text) = std::str::from_utf8(line) else { return Err(reply::BAD_CHARACTERS) };
    let (verb, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    let verb = verb.to_ascii_uppercase();
    if !printable {
        let addressed = matches!(verb.as_str(), "MAIL" | "RCPT") && !text.chars().any(char::is_control);
        return Err(if addressed { reply::UTF8_ADDRESS } else { reply::BAD_CHARACTERS });
    }
    if line.len() > COMMAND && verb != "AUTH" {
        return Err(reply::LINE_TOO_LONG);
    }
    let rest = rest.trim();
    match verb.as_str() {
        "EHLO" => hello(true, rest),
        "HELO" => hello(false, rest),
        "MAIL" => mail(rest),
        "RCPT" => rcpt(rest),
        "AUTH" => Ok(auth(rest)),
        "DATA" => alone(Command::Data, rest),
        "RSET" => alone(Command::Rset, rest),
        "QUIT" => alone(Command::Quit, rest),
        "NOOP" => Ok(Command::Noop),
        "HELP" => Ok(Command::Help),
        "VRFY" => Ok(Command::Vrfy),
        "STARTTLS" | "EXPN" | "BDAT" | "ETRN" | "TURN" => Err(reply::NOT_OFFERED),
        _ => Err(reply::UNKNOWN_COMMAND),
    }
}

fn alone(command: Command, rest: &str) -> Result<Command, Reply> {
    if rest.is_empty() { Ok(command) } else { Err(reply::NO_ARGUMENT) }
}

fn hello(extended: bool, rest: &str) -> Result<Command, Reply> {
    // Mail programs send all sorts of names. Ours is a server for people who sign in, so the name decides nothing.
    let name: String = rest.chars().filter(|c| c.is_ascii_alphanumeric() || "-._:[]".contains(*c)).take(255).collect();
    if name.is_empty() { Err(reply::BAD_HELLO) } else { Ok(Command::Hello { extended, name }) }
}

fn auth(rest: &str) -> Command {
    let (mechanism, initial) = rest.split_once(' ').map_or((rest, None), |(m, i)| (m, Some(i.trim().to_owned())));
    Command::Auth { mechanism: mechanism.to_ascii_uppercase(), initial }
}

fn mail(rest: &str) -> Result<Command, Reply> {
    let (from, parameters) = addressed(rest, "FROM:").ok_or(reply::BAD_MAIL)?;
    if !from.is_empty() && !is_mailbox(from) {
        return Err(reply::BAD_SENDER);
    }
    let mut size = None;
    for parameter in parameters.split_ascii_whitespace() {
        let (key, value) = parameter.split_once('=').map_or((parameter, None), |(k, v)| (k, Some(v)));
        match (key.to_ascii_uppercase().as_str(), value) {
            ("SIZE", Some(value)) => size = Some(declared_size(value)?),
            ("BODY", Some(value)) if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {}
            ("BODY", _) => return Err(reply::BAD_PARAMETER),
            // RFC 4954, 5: whoever offers AUTH must take this parameter; we trust nobody's word for it.
            ("AUTH", Some(_)) => {}
            ("SMTPUTF8", _) => return Err(reply::SMTPUTF8),
            _ => return Err(reply::UNKNOWN_PARAMETER),
        }
    }
    Ok(Command::Mail { from: from.to_owned(), size })
}

fn rcpt(rest: &str) -> Result<Command, Reply> {
    let (to, parameters) = addressed(rest, "TO:").ok_or(reply::BAD_RCPT)?;
    if !is_mailbox(to) {
        return Err(reply::BAD_RECIPIENT);
    }
    if !parameters.trim().is_empty() {
        return Err(reply::UNKNOWN_PARAMETER);
    }
    Ok(Command::Rcpt { to: to.to_owned() })
}

/// "FROM:<a@b> SIZE=1" as address and parameters. Spaces after the colon are wrong (3.3), but common.
fn addressed<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let (head, tail) = rest.split_at_checked(keyword.len())?;
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let (address, parameters) = path(tail.trim_start()).ok()?;
    (parameters.is_empty() || parameters.starts_with([' ', '\t'])).then_some((address, parameters))
}

/// RFC 1870, 3: up to 20 digits. A number beyond what we can hold is larger than what we take.
fn declared_size(value: &str) -> Result<usize, Reply> {
    if value.is_empty() || value.len() > 20 || !value.bytes().all(|b| b.is_ascii_digit()) {
        return Err(reply::BAD_PARAMETER);
    }
    Ok(value.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use smtp_proto::Request;

    use super::*;

    #[test]
    fn commands_and_faults() {
        for (line, expected) in [
            ("ehlo [192.0.2.1]", "Hello { extended: true, name: \"[192.0.2.1]\" }"),
            ("HELO", "501"),
            ("MAIL FROM:<>", "Mail { from: \"\", size: None }"),
            ("mail from: <a@b> size=12 BODY=8BITMIME AUTH=<>", "Mail { from: \"a@b\", size: Some(12) }"),
            ("MAIL FROM:<a@b> SIZE=99999999999999999999", "Mail { from: \"a@b\", size: Some(18446744073709551615) }"),
            ("MAIL FROM:<a@b> SIZE=x", "501"),
            ("MAIL FROM:<a@b> BODY=BINARYMIME", "501"),
            ("MAIL FROM:<a@b> RET=FULL", "555"),
            ("MAIL FROM:<a@b> SMTPUTF8", "555"),
            ("MAIL FROM:<\u{e4}@b>", "553"),
            ("MAIL FROM:<a@b>SIZE=1", "501"),
            ("MAIL FROM:a@b", "501"),
            ("RCPT TO:<postmaster>", "Rcpt { to: \"postmaster\" }"),
            ("RCPT TO:<\"a b\"@c>", "Rcpt { to: \"\\\"a b\\\"@c\" }"),
            ("RCPT TO:<>", "553"),
            ("RCPT TO:<a@b> NOTIFY=NEVER", "555"),
            ("AUTH plain =", "Auth { mechanism: \"PLAIN\", initial: Some(\"=\") }"),
            ("DATA now", "501"),
            ("QUIT", "Quit"),
            ("STARTTLS", "502"),
            ("GET / HTTP/1.1", "500"),
            ("NOOP \u{0}", "500"),
            ("", "500"),
        ] {
            let read = parse(line.as_bytes()).map_or_else(|reply| reply.0.to_string(), |c| format!("{c:?}"));
            assert_eq!(read, expected, "{line:?}");
        }
        assert_eq!(parse(format!("NOOP {}", "x".repeat(1020)).as_bytes()).map_err(|r| r.0), Err(500));
    }

    proptest! {
        #[test]
        fn no_line_panics(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = parse(&line);
        }

        /// The two readers agree on the addresses that both understand.
        #[test]
        fn agrees_with_the_oracle(local in "[a-z0-9+=/-]{1,20}", domain in "[a-z]{1,9}(\\.[a-z]{2,9}){1,3}", size in 0usize..1 << 40) {
            let line = format!("MAIL FROM:<{local}@{domain}> SIZE={size}\r\n");
            let ours = parse(line.trim_end().as_bytes()).expect("ours");
            let Ok(Request::Mail { from }) = Request::parse(&mut line.as_bytes().iter()) else { panic!("oracle") };
            prop_assert_eq!(ours, Command::Mail { from: from.address.into_owned(), size: Some(from.size) });
        }
    }
}
