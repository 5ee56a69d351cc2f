//! A message that a caller left, as a mail for its owner.

use std::borrow::Cow;

use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use mail_parser::MessageParser;
use model::voicemail::Voicemail;
use model::{MailId, Pii, Settings, Sound, Wall};

use super::{Head, NoAttachment, finish, text_part, words};

/// What the mail is made of.
#[derive(Clone, Copy, Debug)]
pub struct VoicemailFacts<'a> {
    /// The mail's own identity.
    pub id: MailId,
    /// When it is written.
    pub at: Wall,
    /// Who gets it.
    pub to: &'a Pii<String>,
    /// The clinic.
    pub settings: &'a Settings,
    /// The message.
    pub voicemail: &'a Voicemail,
}

/// The message itself, as it is attached.
#[derive(Clone, Copy, Debug)]
pub enum Attached<'a> {
    /// To become a WAV file, which every program plays.
    Wav(&'a Sound),
    /// A file of Opus in Ogg (RFC 7845).
    Opus(&'a [u8]),
}

/// Writes the mail with the message, and reads it back before it gives it away.
///
/// # Errors
/// [`NoAttachment`]; the message is in the mailbox all the same.
pub fn voicemail(facts: &VoicemailFacts<'_>, attached: Attached<'_>) -> Result<Vec<u8>, NoAttachment> {
    let (file, media_type, ending): (Cow<'_, [u8]>, _, _) = match attached {
        Attached::Wav(sound) if sound.samples.is_empty() => return Err(NoAttachment::Empty),
        Attached::Wav(sound) => (sound.to_wav().into(), ContentType::new("audio/wav"), "wav"),
        Attached::Opus([]) => return Err(NoAttachment::Empty),
        // RFC 7845 section 9.
        Attached::Opus(file) => (file.into(), ContentType::new("audio/ogg").attribute("codecs", "opus"), "opus"),
    };
    let head = Head { id: facts.id, at: facts.at, to: facts.to, settings: facts.settings };
    let came = facts.voicemail.created.in_zone(&facts.settings.zone());
    let name = format!("message-{}.{ending}", came.strftime("%Y-%m-%d-%H%M%S"));
    let attached = MimePart::new(media_type, BodyPart::Binary(file.as_ref().into())).attachment(name);
    let mut message = head.message(&subject(facts));
    if facts.voicemail.urgent {
        message = message.header("Importance", Raw::new("high")).header("X-Priority", Raw::new("1"));
    }
    let parts = vec![text_part(text(facts)), attached];
    let mail = finish(message.body(MimePart::new(head.multipart("mixed"), parts)));
    let whole = MessageParser::default()
        .parse(&mail)
        .is_some_and(|m| m.attachment(0).is_some_and(|a| a.contents() == file.as_ref()));
    if whole { Ok(mail) } else { Err(NoAttachment::Lost) }
}

fn from(facts: &VoicemailFacts<'_>) -> String {
    let number = words::number(facts.voicemail.from.number.as_ref(), facts.settings);
    match facts.voicemail.from.name.expose().as_str() {
        "" => number,
        name => format!("{name}, {number}"),
    }
}

fn subject(facts: &VoicemailFacts<'_>) -> String {
    let urgent = if facts.voicemail.urgent { "Urgent message" } else { "Message" };
    format!("{urgent} from {}, {}", from(facts), words::duration(facts.voicemail.millis))
}

fn text(facts: &VoicemailFacts<'_>) -> String {
    let message = facts.voicemail;
    let rows = [
        ("From", from(facts)),
        ("For", format!("extension {}", message.mailbox)),
        ("Left", words::moment(message.created, facts.settings)),
        ("Length", words::duration(message.millis)),
        ("Message", message.id.to_string()),
    ];
    format!(
        "{} left a message for you. It is attached, and it waits in your mailbox: dial *97, or open Messages in Frontdesk.\n\n{}",
        from(facts),
        words::table(&rows)
    )
}
