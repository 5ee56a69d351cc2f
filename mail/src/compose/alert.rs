//! The staff alert: somebody called an emergency number.

use mail_builder::headers::raw::Raw;
use model::{MailId, Pii, Settings, Wall};

use super::{Head, finish, text_part, words};

/// What an alert is made of.
#[derive(Clone, Copy, Debug)]
pub struct AlertFacts<'a> {
    /// The mail's own identity.
    pub id: MailId,
    /// When it is written.
    pub at: Wall,
    /// Who gets it.
    pub to: &'a Pii<String>,
    /// The clinic.
    pub settings: &'a Settings,
    /// "Extension 101 (Front desk) called 911."
    pub sentence: &'a Pii<String>,
    /// When the call was placed.
    pub happened: Wall,
    /// The street address that help comes to.
    pub address: &'a Pii<String>,
}

/// Writes a staff alert.
pub fn alert(facts: &AlertFacts<'_>) -> Vec<u8> {
    let head = Head { id: facts.id, at: facts.at, to: facts.to, settings: facts.settings };
    let sentence = words::one_line(facts.sentence.expose());
    let table = words::table(&[
        ("When", words::moment(facts.happened, facts.settings)),
        ("Clinic", facts.settings.clinic_name.clone()),
        ("Address", facts.address.expose().clone()),
    ]);
    let text = format!(
        "{sentence}\n\n{table}\nMeet the responders at the door. Frontdesk shows whether somebody has acknowledged this.\n"
    );
    // RFC 2156 and a habit of mail programs: shown as urgent.
    let message = head.message(&sentence).header("Importance", Raw::new("high")).header("X-Priority", Raw::new("1"));
    finish(message.body(text_part(text)))
}
