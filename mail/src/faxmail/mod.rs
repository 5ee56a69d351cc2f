//! A mail that is an order to fax: the number in its address, the cover text in its body, the pages in its attachments.
//!
//! Promises: what a mail orders is faxed whole, or the mail is refused with a sentence that names what is in the way; there is no
//! fax with a page missing. What is left out on purpose (small images that the HTML shows, signatures of mails) is listed. Hostile
//! mail costs bounded time and memory: parts, nesting and sizes have limits, and no document is decoded here.

mod alphabet;
mod kind;
mod parts;
mod recipient;
mod refusal;
mod text;

use model::Pii;
use model::command::Document;

pub use recipient::{FaxAddress, Recipient, recipient};
pub use refusal::Refusal;

/// What an order may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Parts of a message, those of attached messages included. A mail program makes a handful.
    pub max_parts: usize,
    /// Documents of one fax.
    pub max_documents: usize,
    /// All documents together, decoded, in bytes.
    pub max_bytes: usize,
    /// Images in the HTML that are smaller than this are decoration: logos, icons, tracking dots.
    pub inline_image: usize,
    /// Longest cover text, in characters; about ten pages. More is a document and should be attached as one.
    pub max_text: usize,
    /// Most lines of it, each as short as a word: fewer than a fax has pages for. Whoever prints it counts its pages, for words in wide letters
    /// take more lines.
    pub max_lines: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_parts: 200,
            max_documents: 50,
            max_bytes: 100 * 1024 * 1024,
            inline_image: 20 * 1024,
            max_text: 40_000,
            max_lines: 8_000,
        }
    }
}

/// An order to fax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaxMail {
    /// The subject without `nocover`, as one line; may be empty.
    pub subject: Pii<String>,
    /// The text for the cover page; `None` if the mail has no text of its own, or its subject says `nocover`.
    pub cover: Option<Pii<String>>,
    /// The attachments in the order of the mail: PDF, picture or text each, by their content.
    pub documents: Vec<Document>,
    /// Names of what was left out on purpose, for the receipt.
    pub dropped: Vec<Pii<String>>,
}

/// Reads a message.
///
/// # Errors
/// [`Refusal`]: nothing of it may be faxed, and the sender must hear why.
pub fn parse(body: &[u8], config: &Config) -> Result<FaxMail, Refusal> {
    let message = parts::message(body, config)?;
    let found = parts::collect(&message, config)?;
    let (subject, no_cover) = text::subject(message.subject().unwrap_or_default());
    let written = match text::written(&message, config) {
        // What is not faxed need not be read.
        Err(Refusal::Unreadable) if no_cover => text::Written::default(),
        written => written?,
    };
    if found.documents.is_empty() && (no_cover || written.text.is_none()) {
        return Err(if written.text.is_some() { Refusal::OnlyCover } else { Refusal::NothingToFax });
    }
    let mut order =
        FaxMail { subject: Pii::new(subject), cover: None, documents: found.documents, dropped: found.dropped };
    // Who writes nocover knows that no word of the mail is faxed.
    if !no_cover {
        order.cover = written.text.map(Pii::new);
        order.dropped.extend(written.dropped);
    }
    Ok(order)
}
