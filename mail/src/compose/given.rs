//! Word of a received fax that a colleague has given to somebody. Its pages stay in the console: who may read them signs in there.

use model::{MailId, Pii, Settings, Wall};
use store::rows::FaxRow;

use super::{Head, finish, text_part, words};

/// What the mail is made of.
#[derive(Clone, Copy, Debug)]
pub struct GivenFacts<'a> {
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
    /// The user who gave it.
    pub by: &'a str,
    /// When.
    pub given: Wall,
}

/// Writes the mail.
pub fn given_fax(facts: &GivenFacts<'_>) -> Vec<u8> {
    let head = Head { id: facts.id, at: facts.at, to: facts.to, settings: facts.settings };
    let fax = facts.fax;
    let from = words::number(fax.number.as_ref(), facts.settings);
    let by = facts.settings.person(facts.by).map_or(facts.by, |person| person.name.expose());
    let subject = format!("{by} gave you a fax from {from}, {}", words::pages(fax.pages));
    let rows = [
        ("From", from.clone()),
        ("To", fax.our_number.as_ref().map_or_else(String::new, |n| words::number(Some(n), facts.settings))),
        ("Pages", fax.pages.to_string()),
        ("Received", words::moment(fax.created, facts.settings)),
        ("Given", words::moment(facts.given, facts.settings)),
        ("Fax", fax.id.to_string()),
    ];
    let text = format!(
        "{by} gave you the fax from {from}: it is yours to look after. It stands in Frontdesk on the page Faxes, under Mine; if it is not \
         for you, give it on or lay it back there.\n\n{}",
        words::table(&rows)
    );
    finish(head.message(&subject).body(text_part(text)))
}
