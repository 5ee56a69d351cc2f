//! Why a mail is not faxed.

use model::{Pii, picture};

use crate::Rejection;

/// Why a mail is not faxed. Nothing of it was queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has no headers that could be read.
    NotAMail,
    /// More parts than any mail program makes.
    TooManyParts,
    /// More documents than one fax takes.
    TooManyDocuments,
    /// The documents are too large together.
    TooLarge,
    /// The text is too long for a cover page.
    TextTooLong,
    /// Its text has letters that are none of the alphabet that it names.
    Unreadable,
    /// No text and no attachment.
    NothingToFax,
    /// The subject forbids the cover page, and there is nothing else.
    OnlyCover,
    /// An attachment of a kind that we cannot turn into pages.
    CannotFax {
        /// Its name.
        name: Pii<String>,
    },
    /// A photograph in HEIC.
    Heic {
        /// Its name.
        name: Pii<String>,
    },
    /// An attachment that is not what its name says, or its type.
    NotWhatItSays {
        /// Its name.
        name: Pii<String>,
    },
    /// An attachment without content.
    Empty {
        /// Its name.
        name: Pii<String>,
    },
    /// An attachment whose encoding is broken: it arrived in part only.
    Damaged {
        /// Its name.
        name: Pii<String>,
    },
}

impl Refusal {
    /// For the person who sent it.
    pub fn sentence(&self) -> String {
        match self {
            Self::NotAMail => "This is not a mail message that we can read. Nothing was faxed.".to_owned(),
            Self::TooManyParts => "The message has too many parts. Nothing was faxed.".to_owned(),
            Self::TooManyDocuments => "The message has too many attachments for one fax. Nothing was faxed.".to_owned(),
            Self::TooLarge => "The attachments are too large for one fax. Nothing was faxed.".to_owned(),
            Self::TextTooLong => {
                "The text is too long for a cover page; attach it as a PDF instead. Nothing was faxed.".to_owned()
            }
            Self::Unreadable => {
                "The text has letters that cannot be read; attach it as a PDF instead. Nothing was faxed.".to_owned()
            }
            Self::NothingToFax => "There is nothing to fax: the message has no text and no attachment.".to_owned(),
            Self::OnlyCover => {
                "There is nothing to fax: the subject says nocover, and the message has no attachment.".to_owned()
            }
            Self::CannotFax { name } => format!(
                "The attachment \"{}\" cannot be faxed; attach it as a PDF, a picture ({}) or a text. Nothing was faxed.",
                name.expose(),
                picture::WORDS
            ),
            Self::Heic { name } => format!(
                "The attachment \"{}\" is a photograph in HEIC, which cannot be faxed. Nothing was faxed. {}",
                name.expose(),
                picture::NO_HEIC
            ),
            Self::NotWhatItSays { name } => {
                format!(
                    "The attachment \"{}\" is not what its name or its type says. Nothing was faxed.",
                    name.expose()
                )
            }
            Self::Empty { name } => format!("The attachment \"{}\" is empty. Nothing was faxed.", name.expose()),
            Self::Damaged { name } => {
                format!("The attachment \"{}\" arrived damaged. Nothing was faxed.", name.expose())
            }
        }
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let (code, status) = match refusal {
            Refusal::TooManyParts | Refusal::TooManyDocuments | Refusal::TooLarge | Refusal::TextTooLong => {
                (552, "5.3.4")
            }
            // RFC 3463: media not supported.
            Refusal::CannotFax { .. } | Refusal::Heic { .. } | Refusal::NotWhatItSays { .. } => (554, "5.6.1"),
            Refusal::NotAMail
            | Refusal::Unreadable
            | Refusal::NothingToFax
            | Refusal::OnlyCover
            | Refusal::Empty { .. }
            | Refusal::Damaged { .. } => (554, "5.6.0"),
        };
        Self::new(code, status, refusal.sentence())
    }
}
