//! A message that a caller left, as a mail for its owner.

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

/// Writes the mail with the message as a WAV file that every program plays, and reads it back before it gives it away.
///
/// # Errors
/// [`NoAttachment`]; the message is in the mailbox all the same.
pub fn voicemail(facts: &VoicemailFacts<'_>, sound: &Sound) -> Result<Vec<u8>, NoAttachment> {
    if sound.samples.is_empty() {
        return Err(NoAttachment::Empty);
    }
    let wav = sound.to_wav();
    let head = Head { id: facts.id, at: facts.at, to: facts.to, settings: facts.settings };
    let came = facts.voicemail.created.in_zone(&facts.settings.zone());
    let name = format!("message-{}.wav", came.strftime("%Y-%m-%d-%H%M%S"));
    let attached = MimePart::new("audio/wav", BodyPart::Binary(wav.as_slice().into())).attachment(name);
    let mut message = head.message(&subject(facts));
    if facts.voicemail.urgent {
        message = message.header("Importance", Raw::new("high")).header("X-Priority", Raw::new("1"));
    }
    let parts = vec![text_part(text(facts)), attached];
    let mail = finish(message.body(MimePart::new(head.multipart("mixed"), parts)));
    let whole = MessageParser::default()
        .parse(&mail)
        .is_some_and(|m| m.attachment(0).is_some_and(|a| a.contents() == wav.as_slice()));
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
