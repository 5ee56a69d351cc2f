//! Programs that say themselves that they search for telephone systems. Most who run them do not even change the name.

use crate::wire::{Message, Name};

/// What their User-Agent contains, in lower case. Programs that honest people also use (sipsak, SIPp) are not here: those are known by what
/// they do.
const AGENTS: [&[u8]; 11] = [
    b"friendly-scanner",
    b"friendly-request",
    b"sipvicious",
    b"sipcli",
    b"sip-scan",
    b"sipscan",
    b"sundayddr",
    b"pplsip",
    b"iwar",
    b"sivus",
    b"smap ",
];
/// The name that svmap, svwar and svcrack call as.
const CALLER: &[u8] = b"sipvicious";

/// True if this is from such a program.
pub(super) fn is_scanner(message: &Message) -> bool {
    let agent = message.value(Name::UserAgent).unwrap_or_default();
    let from = message.value(Name::From).unwrap_or_default();
    AGENTS.iter().any(|known| contains(agent, known)) || contains(from, CALLER)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanner_is_known_by_its_name_and_a_phone_is_not() {
        let message = |agent: &str, from: &str| {
            let text = format!("OPTIONS sip:a@b SIP/2.0\r\nUser-Agent: {agent}\r\nf: {from}\r\n\r\n");
            Message::parse(text.as_bytes()).expect("a message")
        };
        for (agent, from, expected) in [
            ("friendly-scanner", "<sip:a@b>", true),
            ("Friendly-Scanner 2", "<sip:a@b>", true),
            ("Cisco", "\"sipvicious\"<sip:100@1.1.1.1>", true),
            ("smap 0.6.0", "<sip:a@b>", true),
            ("Yealink SIP-T46S 66.85.0.5", "<sip:101@clinic.demo>", false),
            ("sipsak 0.9.8.1", "<sip:a@b>", false),
            ("", "", false),
        ] {
            assert_eq!(is_scanner(&message(agent, from)), expected, "{agent} {from}");
        }
    }
}
