//! Messages that the appliance writes: receipts, received faxes, staff alerts.
//!
//! Each begins with a sentence for a person; the facts follow. What a receipt says is what the console says: the sentences are
//! those of [`model::fax::Cause`]. No receipt and no alert has a picture of a page. The same facts give the same bytes: the
//! Message-ID and the MIME boundaries come from the mail's identity, the date from its birth, so that a mail that is written again
//! after a crash is the same mail.

mod alert;
mod dsn;
mod given;
mod laid_out;
mod receipt;
mod received;
mod repeated;
mod voicemail;
mod words;

use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use model::mail::MailPurpose;
use model::{MailId, Pii, Settings, Wall};

pub use alert::{AlertFacts, alert};
pub use given::{GivenFacts, given_fax};
pub use receipt::{ReceiptFacts, receipt};
pub use received::{NoAttachment, ReceivedFacts, received_fax};
pub use repeated::{RepeatedFacts, repeated};
pub use voicemail::{Attached, VoicemailFacts, voicemail};

/// The envelope sender of a mail. Receipts and alerts have the null sender, so that they can never bounce in a loop
/// (RFC 5321, 4.5.5; RFC 3464, 2).
pub fn envelope_sender(purpose: MailPurpose, settings: &Settings) -> Pii<String> {
    match purpose {
        MailPurpose::Receipt(_)
        | MailPurpose::GivenFax(_)
        | MailPurpose::Repeated(_)
        | MailPurpose::GoneFax
        | MailPurpose::Alert => Pii::default(),
        MailPurpose::ReceivedFax(_) | MailPurpose::Voicemail(_) => Pii::new(our_address(settings)),
    }
}

/// What every message of ours has on top.
#[derive(Clone, Copy, Debug)]
struct Head<'a> {
    id: MailId,
    at: Wall,
    to: &'a Pii<String>,
    settings: &'a Settings,
}

impl Head<'_> {
    /// A message with our headers.
    fn message(&self, subject: &str) -> MessageBuilder<'static> {
        let sender = format!("Frontdesk at {}", words::one_line(&self.settings.clinic_name));
        MessageBuilder::new()
            .header("Date", Raw::new(words::header_date(self.at, self.settings)))
            .from((sender, our_address(self.settings)))
            .to(words::one_line(self.to.expose()))
            .subject(words::one_line(subject))
            .message_id(format!("{}@{}", self.id, self.settings.domain))
            // RFC 3834: no vacation notice answers this.
            .header("Auto-Submitted", Raw::new("auto-generated"))
    }

    /// A multipart content type whose boundary no other message has.
    fn multipart(&self, subtype: &str) -> ContentType<'static> {
        // "=_" cannot stand in quoted-printable or base64 (RFC 2045, 6.7), so no part contains it.
        ContentType::new(format!("multipart/{subtype}")).attribute("boundary", format!("=_{}", self.id))
    }
}

fn our_address(settings: &Settings) -> String {
    format!("frontdesk@{}", settings.domain)
}

fn text_part(text: String) -> MimePart<'static> {
    MimePart::new(ContentType::new("text/plain").attribute("charset", "utf-8"), BodyPart::Text(text.into()))
}

fn finish(message: MessageBuilder<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    message.serialize(&mut out);
    out
}
