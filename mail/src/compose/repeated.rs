//! Word that a mail came again as it was, and that nothing of it was faxed again.

use model::{MailId, Pii, Settings, Wall};
use store::rows::FaxRow;

use super::{Head, finish, text_part, words};

/// What the mail is made of.
#[derive(Clone, Copy, Debug)]
pub struct RepeatedFacts<'a> {
    /// The mail's own identity.
    pub id: MailId,
    /// When it is written.
    pub at: Wall,
    /// Who gets it.
    pub to: &'a Pii<String>,
    /// The clinic.
    pub settings: &'a Settings,
    /// The fax that the first ordered; where it was for several numbers, one of them.
    pub fax: &'a FaxRow,
}

/// Writes the mail.
pub fn repeated(facts: &RepeatedFacts<'_>) -> Vec<u8> {
    let head = Head { id: facts.id, at: facts.at, to: facts.to, settings: facts.settings };
    let fax = facts.fax;
    let first = words::moment(fax.created, facts.settings);
    let rows = [
        ("To", words::number(fax.number.as_ref(), facts.settings)),
        ("About", fax.subject.expose().clone()),
        ("Ordered", first.clone()),
        ("Fax", fax.id.to_string()),
    ];
    let text = format!(
        "Your mail is the same as the one of {first}, and was not faxed again. What becomes of the first is in its own receipt, and on the \
         page Faxes.\n\nIf your mail program sent it again by itself, there is nothing to do. If you want it faxed once more, write a new mail \
         with the same attachments: one that is only sent again as it was is taken for the same.\n\n{}",
        words::table(&rows)
    );
    finish(head.message("Not faxed again: your mail came a second time").body(text_part(text)))
}
