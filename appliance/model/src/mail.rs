//! What rooms say to each other about mail.

use serde::{Deserialize, Serialize};

use crate::Pii;

/// Why the outbound queue holds a message: what its delivery means to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MailPurpose {
    /// A receipt: what became of a fax that was mailed.
    Receipt(crate::FaxId),
    /// A received fax on its way to its reader.
    ReceivedFax(crate::FaxId),
    /// Word of a received fax that a colleague has given to its reader.
    GivenFax(crate::FaxId),
    /// Word that the mail that ordered a fax came again, and was not faxed again.
    Repeated(crate::FaxId),
    /// One of these, about a fax that was purged since.
    GoneFax,
    /// A staff alert: somebody called an emergency number.
    Alert,
    /// A message that a caller left, on its way to the owner of its mailbox.
    Voicemail(crate::VoicemailId),
}

/// True if a mail can be addressed so: visible ASCII, without brackets, and without spaces outside of a quoted local part. Anything else
/// could end the path of an SMTP command early and be a command of its own.
pub fn can_be_addressed(address: &str) -> bool {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
    let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    (1..=LONGEST_ADDRESS).contains(&address.len())
        && address.bytes().all(|b| (b'!'..=b'~').contains(&b) || (quoted && b == b' '))
        && (quoted || !address.contains(['<', '>']))
}

/// RFC 5321, 4.5.3.1: 64 for the local part, 255 for the domain, and the sign between them.
const LONGEST_ADDRESS: usize = 320;

/// A reply of an SMTP server, or our own in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpReply {
    /// The three digits. 0 stands for "no reply": the connection failed.
    pub code: u16,
    /// Its text. It may quote an address.
    pub text: Pii<String>,
    /// It answered MAIL or RCPT: the server had not heard of the message itself yet.
    #[serde(default)]
    pub to_envelope: bool,
    /// It answered MAIL: the server had not heard of the recipient either.
    #[serde(default)]
    pub to_sender: bool,
}

impl SmtpReply {
    /// One to something else than MAIL or RCPT, or our own.
    pub fn new(code: u16, text: impl Into<String>) -> Self {
        Self { code, text: Pii::new(text.into()), to_envelope: false, to_sender: false }
    }

    /// 2xx.
    pub const fn is_success(&self) -> bool {
        self.code / 100 == 2
    }

    /// 5xx: trying again is of no use.
    pub const fn is_permanent(&self) -> bool {
        self.code / 100 == 5
    }
}
