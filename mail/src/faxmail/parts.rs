//! The parts of a message: which are documents, which are decoration, and which cannot be faxed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::panic;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};
use model::command::Document;
use model::{PictureKind, Pii};

use super::kind::Kind;
use super::text::one_line;
use super::{Config, Refusal, alphabet};

/// Longest file name that is kept.
const NAME: usize = 120;

/// What a message has besides its text.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) documents: Vec<Document>,
    pub(super) dropped: Vec<Pii<String>>,
}

/// Parses, and counts before anything is looked at.
///
/// The parser asserts its own bookkeeping, and mails with damaged MIME structure reach those assertions (found by mutating real
/// ones; only where debug assertions are on). A panic in it is one refused mail: it works on a borrowed slice and leaves nothing
/// behind.
pub(super) fn message<'x>(body: &'x [u8], config: &Config) -> Result<Message<'x>, Refusal> {
    let parsed = panic::catch_unwind(|| MessageParser::default().parse(body));
    let message = parsed.ok().flatten().ok_or(Refusal::NotAMail)?;
    let mut left = config.max_parts;
    if count(&message, &mut left) { Ok(message) } else { Err(Refusal::TooManyParts) }
}

/// Takes the attachments in the order of the message.
pub(super) fn collect(message: &Message<'_>, config: &Config) -> Result<Found, Refusal> {
    let mut found = Found::default();
    let mut bytes = 0usize;
    let shown = shown(message);
    for (i, part) in message.attachments().enumerate() {
        let name = name_of(part, i + 1);
        if is_signature(part) || is_decoration(part, &shown, config) {
            found.dropped.push(name);
            continue;
        }
        let document = document(message, part, name)?;
        bytes = bytes.saturating_add(document.bytes.expose().len());
        if bytes > config.max_bytes {
            return Err(Refusal::TooLarge);
        }
        if found.documents.len() == config.max_documents {
            return Err(Refusal::TooManyDocuments);
        }
        found.documents.push(document);
    }
    Ok(found)
}

/// Counts parts down, attached messages included; false when there are too many. The parser bounds the nesting, and the count
/// bounds it again.
fn count(message: &Message<'_>, left: &mut usize) -> bool {
    message.parts.iter().all(|part| {
        let Some(rest) = left.checked_sub(1) else { return false };
        *left = rest;
        match &part.body {
            PartType::Message(inner) => count(inner, left),
            _ => true,
        }
    })
}

fn document(message: &Message<'_>, part: &MessagePart<'_>, name: Pii<String>) -> Result<Document, Refusal> {
    // The parser gives what it could not decode as text, so this comes first: half a PDF is no document.
    if part.is_encoding_problem {
        return Err(Refusal::Damaged { name });
    }
    // A document may be called text by whoever sent it; an attached message is none.
    if matches!(part.body, PartType::Message(_) | PartType::Multipart(_)) {
        return Err(Refusal::CannotFax { name });
    }
    let Some(bytes) = bytes_of(message, part) else { return Err(Refusal::Damaged { name }) };
    let bytes = bytes.as_ref();
    if bytes.is_empty() {
        return Err(Refusal::Empty { name });
    }
    // What has no type counts as text elsewhere (RFC 2045 section 5.2), and may be a document whose head was damaged.
    let typed = || part.content_type().and_then(|_| Kind::called(&media_type_of(part)));
    let claimed = Kind::named(name.expose()).or_else(typed);
    match (Kind::of(bytes), claimed) {
        (Some(Kind::Picture(kind)), _) if !kind.is_taken() => Err(Refusal::Heic { name }),
        (Some(kind), _) => {
            Ok(Document { name, media_type: kind.media_type().to_owned(), bytes: Pii::new(bytes.to_vec()) })
        }
        (None, Some(kind)) if kind.is_text(bytes) => {
            Ok(Document { name, media_type: kind.media_type().to_owned(), bytes: Pii::new(bytes.to_vec()) })
        }
        (None, Some(_)) => Err(Refusal::NotWhatItSays { name }),
        (None, None) => Err(Refusal::CannotFax { name }),
    }
}

/// A document as it was sent: of what is called text and is none the parser's letters are not its bytes. A text is in UTF-8 here, and `None`
/// if some of its letters cannot be read.
fn bytes_of<'x>(message: &Message<'_>, part: &'x MessagePart<'_>) -> Option<Cow<'x, [u8]>> {
    let (PartType::Text(text) | PartType::Html(text)) = &part.body else { return Some(part.contents().into()) };
    let bytes = alphabet::bytes(message, part);
    if Kind::of(&bytes).is_some() {
        return Some(bytes.into());
    }
    Some(match alphabet::text(message, part, text)? {
        Cow::Borrowed(text) => text.as_bytes().into(),
        Cow::Owned(text) => text.into_bytes().into(),
    })
}

/// The signatures of S/MIME and OpenPGP, which sign the mail and are none of its content.
fn is_signature(part: &MessagePart<'_>) -> bool {
    let signature = ["pkcs7-signature", "x-pkcs7-signature", "pgp-signature"];
    signature.iter().any(|subtype| part.is_content_type("application", subtype))
}

/// A small picture that the HTML of the mail shows: a logo, an icon, a tracking dot. One that no HTML shows is there for its own sake,
/// whatever it is called (copiers and phones send such), and nobody decorates with a TIFF, which is how faxes are kept.
fn is_decoration(part: &MessagePart<'_>, shown: &HashSet<&str>, config: &Config) -> bool {
    let attached = part.content_disposition().is_some_and(|d| d.is_attachment());
    let image = part.content_type().is_some_and(|t| t.ctype().eq_ignore_ascii_case("image"));
    let small = !part.is_encoding_problem && part.contents().len() < config.inline_image;
    let tiff = PictureKind::of(part.contents()) == Some(PictureKind::Tiff);
    let is_shown = || part.content_id().is_some_and(|id| shown.contains(id.trim_matches(['<', '>'])));
    image && small && !attached && !tiff && is_shown()
}

/// The identities of the parts that the HTML shows ("cid:", RFC 2392). It may name any number of others.
fn shown<'x>(message: &'x Message<'_>) -> HashSet<&'x str> {
    let parts: HashSet<&str> =
        message.parts.iter().filter_map(|part| part.content_id()).map(|id| id.trim_matches(['<', '>'])).collect();
    let htmls = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Html(html) => Some(html.as_ref()),
        _ => None,
    });
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | '\\' | '&');
    let links = htmls.flat_map(|html| html.split("cid:").skip(1));
    let named = links.filter_map(|rest| rest.split(ends).next());
    named.filter_map(|id| parts.get(id).or_else(|| parts.get(id.replace("%40", "@").as_str())).copied()).collect()
}

/// Its file name; failing that, the subject of an attached message; failing that, its place and type.
fn name_of(part: &MessagePart<'_>, place: usize) -> Pii<String> {
    let subject = match &part.body {
        PartType::Message(inner) => inner.subject(),
        _ => None,
    };
    let given = part.attachment_name().or(subject).map(|name| one_line(name, NAME)).filter(|name| !name.is_empty());
    Pii::new(given.unwrap_or_else(|| {
        let media_type = media_type_of(part);
        match Kind::called(&media_type) {
            Some(kind @ (Kind::Pdf | Kind::Picture(_))) => {
                format!("attachment {place}.{}", kind.endings().first().copied().unwrap_or_default())
            }
            _ => one_line(&format!("attachment {place} ({media_type})"), NAME),
        }
    }))
}

/// What the mail says that it is.
fn media_type_of(part: &MessagePart<'_>) -> String {
    part.content_type().map_or_else(
        || "text/plain".to_owned(),
        |t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or("unknown")).to_ascii_lowercase(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million identities in the HTML of one mail were as many in memory, for a handful of parts.
    #[test]
    fn what_the_html_names_costs_nothing_unless_it_is_a_part() {
        let names: String = (0..10_000).map(|n| format!("<img src=cid:{n}@x>")).collect();
        let mail = format!(
            "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{names}<img src=cid:logo%40y>\r\n\
             --b\r\nContent-Type: image/png\r\nContent-ID: <logo@y>\r\n\r\nx\r\n--b\r\nContent-Type: image/png\r\n\
             Content-ID: <7@x>\r\n\r\nx\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <scan@z>\r\n\r\nx\r\n--b--\r\n"
        );
        let message = message(mail.as_bytes(), &Config::default()).expect("a mail");
        assert_eq!(shown(&message), HashSet::from(["logo@y", "7@x"]));
    }
}
