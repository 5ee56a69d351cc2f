//! In which letters a text was written. A mail names its alphabet, or does not, or names a wrong one: "5–10 mg" must not become "5?10 mg".

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;
use mail_parser::{Encoding, Message, MessagePart, MimeHeaders};
use model::western::meant;

/// What decoders write for what they cannot read.
const UNREAD: char = '\u{fffd}';

/// What a mail says of the alphabet of one of its texts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    /// One that we know, and what it cannot read is damage.
    Known,
    /// Nothing, or a name that nobody knows: UTF-8, and what is none was written by a program that writes Windows' western letters.
    Nothing,
    /// ASCII, which programs say when they have not looked.
    Ascii,
}

/// The text of a part of which the parser made `parsed`; `None` if some of its letters cannot be read.
pub(super) fn text<'x>(message: &Message<'_>, part: &MessagePart<'_>, parsed: &'x str) -> Option<Cow<'x, str>> {
    let said = said(part);
    let is_read = match said {
        Said::Ascii => parsed.is_ascii(),
        Said::Known | Said::Nothing => !parsed.contains(UNREAD),
    };
    if is_read {
        return Some(parsed.into());
    }
    match String::from_utf8(bytes(message, part)) {
        // Whoever wrote it passed on a sign that was lost before.
        Ok(text) if said != Said::Known || text == parsed => Some(text.into()),
        Err(no) if said != Said::Known => Some(no.as_bytes().iter().map(|b| meant(char::from(*b))).collect()),
        Ok(_) | Err(_) => None,
    }
}

/// What a part is without the encoding that it travelled in, before anything was read of it as letters.
pub(super) fn bytes(message: &Message<'_>, part: &MessagePart<'_>) -> Vec<u8> {
    let (from, to) = (part.raw_body_offset() as usize, part.raw_end_offset() as usize);
    let raw = message.raw_message.get(from..to).unwrap_or_default();
    // The parser's own decoders, which forgive what it forgave. Without a boundary they go to the end.
    match part.encoding {
        Encoding::Base64 => MessageStream::new(raw).decode_base64_mime(b"").1.into_owned(),
        Encoding::QuotedPrintable => MessageStream::new(raw).decode_quoted_printable_mime(b"").1.into_owned(),
        Encoding::None => raw.to_vec(),
    }
}

fn said(part: &MessagePart<'_>) -> Said {
    let name = part.content_type().and_then(|t| t.attribute("charset")).unwrap_or_default().to_ascii_lowercase();
    match name.as_str() {
        "us-ascii" | "ascii" | "ansi_x3.4-1968" => Said::Ascii,
        // The parser needs no decoder for it.
        "utf-8" | "utf8" => Said::Known,
        name if charset_decoder(name.as_bytes()).is_some() => Said::Known,
        _ => Said::Nothing,
    }
}
