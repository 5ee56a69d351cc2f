//! People, and what they may do.

use serde::{Deserialize, Serialize};

use super::media::Media;
use super::raw::Check;
use crate::{Numbering, PhoneNumber, Pii};

/// What a person may do. Checked on every route of the console and by the plan; deny is the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See calls and phones.
    SeeCalls,
    /// See faxes and their pages.
    SeeFaxes,
    /// Send faxes, by console or mail.
    SendFaxes,
    /// See people and their phones.
    SeePeople,
    /// Change settings.
    Manage,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::SeeCalls, Self::SeeFaxes, Self::SendFaxes, Self::SeePeople, Self::Manage];
}

/// A person of the clinic, with an extension and perhaps a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// SIP and console user name ("101").
    pub user: String,
    /// The extension ("101").
    pub extension: String,
    /// "Front desk", "Nurse".
    pub name: Pii<String>,
    /// Where receipts go, and the name for SMTP submission.
    pub mail: Option<Pii<String>>,
    /// What the person may do.
    pub rights: Vec<Right>,
    /// Where the phone stands, for the emergency alert ("Room 2, first floor").
    pub location: String,
    /// Whether the sound of their phones is encrypted, if that is said.
    pub media: Option<Media>,
    /// What is done with faxes in calls of their phones; `None`: what is done with those of people.
    pub fax: Option<PhoneFax>,
}

/// What is done with faxes in calls of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneFax {
    /// The phone is a fax machine behind an adapter: its faxes are its own, and in calls over a trunk they are translated to T.38.
    Gateway,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPerson {
    extension: String,
    name: String,
    mail: Option<String>,
    #[serde(default)]
    rights: Vec<Right>,
    #[serde(default)]
    location: String,
    media: Option<Media>,
    fax: Option<PhoneFax>,
}

/// Reads the people.
pub(super) fn check(check: &mut Check, raw: Vec<RawPerson>, numbering: &Numbering) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::new();
    for (i, p) in raw.into_iter().enumerate() {
        match numbering.parse(&p.extension) {
            Ok(PhoneNumber::Internal(_)) => {}
            Ok(PhoneNumber::Emergency(help)) => check.say(
                format!("people[{i}].extension"),
                format!("{help} reaches help in this country"),
                "give the person another extension",
            ),
            Ok(_) | Err(_) => check.say(
                format!("people[{i}].extension"),
                "this cannot be an extension",
                format!("use {} digits, the first of them 1 to 8", numbering.extension_digits),
            ),
        }
        if people.iter().any(|other| other.extension == p.extension) {
            check.say(format!("people[{i}].extension"), "two people have this extension", "give each their own");
        }
        people.push(Person {
            user: p.extension.clone(),
            extension: p.extension,
            name: Pii::new(p.name),
            mail: p.mail.map(Pii::new),
            rights: p.rights,
            location: p.location,
            media: p.media,
            fax: p.fax,
        });
    }
    people
}
