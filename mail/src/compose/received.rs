//! A received fax, as a mail for its reader.

use std::fmt;

use mail_builder::mime::{BodyPart, MimePart};
use mail_parser::MessageParser;
use model::fax::FaxState;
use model::{MailId, Pii, Settings, Wall};
use store::rows::{AttemptRow, FaxRow};

use super::{Head, finish, text_part, words};

/// What the mail is made of.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedFacts<'a> {
    /// The mail's own identity.
    pub id: MailId,
    /// When it is written.
    pub at: Wall,
    /// Who gets it.
    pub to: &'a Pii<String>,
    /// The clinic.
    pub settings: &'a Settings,
    /// The fax.
    pub fax: &'a FaxRow,
    /// Its reception, for speed and the other machine's name.
    pub attempt: Option<&'a AttemptRow>,
}

/// Why there is no mail: a fax mail without its fax is worse than none, because its reader believes that it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAttachment {
    /// The document has no bytes.
    Empty,
    /// It is not a whole PDF.
    NotAPdf,
    /// The mail, read back, does not hold the document as it was given.
    Lost,
}

impl fmt::Display for NoAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the document is empty",
            Self::NotAPdf => "the document is not a whole PDF",
            Self::Lost => "the mail does not hold the document",
        })
    }
}

impl std::error::Error for NoAttachment {}

/// Writes the mail with the fax as a PDF, and reads it back before it gives it away.
///
/// # Errors
/// [`NoAttachment`]; the fax then stays undelivered and a person is told.
pub fn received_fax(facts: &ReceivedFacts<'_>, pdf: &[u8]) -> Result<Vec<u8>, NoAttachment> {
    check(pdf)?;
    let head = Head { id: facts.id, at: facts.at, to: facts.to, settings: facts.settings };
    let came = facts.fax.created.in_zone(&facts.settings.zone());
    let name = format!("fax-{}.pdf", came.strftime("%Y-%m-%d-%H%M%S"));
    let parts =
        vec![text_part(text(facts)), MimePart::new("application/pdf", BodyPart::Binary(pdf.into())).attachment(name)];
    let mail = finish(head.message(&subject(facts)).body(MimePart::new(head.multipart("mixed"), parts)));
    let whole =
        MessageParser::default().parse(&mail).is_some_and(|m| m.attachment(0).is_some_and(|a| a.contents() == pdf));
    if whole { Ok(mail) } else { Err(NoAttachment::Lost) }
}

fn check(pdf: &[u8]) -> Result<(), NoAttachment> {
    if pdf.is_empty() {
        return Err(NoAttachment::Empty);
    }
    // The end mark stands in the last 1024 bytes (ISO 32000-1, annex H.3.4.4); a file that was cut off has none.
    let end = &pdf[pdf.len().saturating_sub(1024)..];
    if pdf.starts_with(b"%PDF-") && end.windows(5).any(|w| w == b"%%EOF") { Ok(()) } else { Err(NoAttachment::NotAPdf) }
}

fn subject(facts: &ReceivedFacts<'_>) -> String {
    let from = words::number(facts.fax.number.as_ref(), facts.settings);
    let pages = words::pages(facts.fax.pages);
    match facts.fax.state {
        FaxState::Received => format!("Fax from {from}, {pages}"),
        _ => format!("Incomplete fax from {from}: only {pages} arrived"),
    }
}

fn text(facts: &ReceivedFacts<'_>) -> String {
    let fax = facts.fax;
    let from = words::number(fax.number.as_ref(), facts.settings);
    let first = match fax.state {
        FaxState::Received => format!("A fax from {from} arrived. It is attached as a PDF.\n"),
        _ => format!(
            "A fax from {from} broke off: only {} arrived. What arrived is attached as a PDF.\n",
            words::pages(fax.pages)
        ),
    };
    let outcome = facts.attempt.and_then(|attempt| attempt.outcome.as_ref());
    let rows = [
        ("From", from),
        ("To", fax.our_number.as_ref().map_or_else(String::new, |n| words::number(Some(n), facts.settings))),
        ("Pages", fax.pages.to_string()),
        ("Received", words::moment(fax.created, facts.settings)),
        ("Their machine", fax.remote_ident.expose().clone()),
        ("Speed", outcome.map_or_else(String::new, |o| format!("{} bit/s", o.bit_rate))),
        ("Call", outcome.map_or_else(String::new, |o| words::duration(o.millis))),
        ("Fax", fax.id.to_string()),
    ];
    format!("{first}\n{}", words::table(&rows))
}
