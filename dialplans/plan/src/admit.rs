//! Who may send what where: the one rule that every door asks before it accepts a fax.

use std::fmt;

use model::fax::Door;
use model::settings::Right;
use model::{PhoneNumber, Settings, Wall};

use crate::Plan;
use crate::outside::Class;
use crate::route::{Caller, Facts, Target};

/// An order that somebody hands in.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What the person may do.
    pub by: &'a [Right],
    /// By which door it came.
    pub door: Door,
    /// Where it shall go.
    pub to: &'a PhoneNumber,
    /// The clinic.
    pub settings: &'a Settings,
    /// When.
    pub at: Wall,
}

/// It may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Why, step by step.
    pub why: Vec<String>,
}

/// It may not, and this is what the person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// A sentence; it names no outside number.
    pub sentence: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Denied {}

impl Plan {
    /// May this fax be sent? The same answer at every door, and the number goes where [`Plan::route`] sends it.
    ///
    /// # Errors
    /// The reason, for the person who asks.
    pub fn admit(&self, request: &Request<'_>) -> Result<Admission, Denied> {
        if !request.by.contains(&Right::SendFaxes) {
            return deny("You do not have the right to send faxes; ask the person who manages the clinic's settings.");
        }
        if self.is_emergency(request.to) {
            return deny("A fax is never sent to an emergency number.");
        }
        match request.to {
            PhoneNumber::E164(_) => {}
            PhoneNumber::Internal(_) => return deny("That is an extension of the clinic; a fax needs a full number."),
            PhoneNumber::Service(_) => return deny("That is a code of the phone system; a fax needs a full number."),
            PhoneNumber::Short(_) | PhoneNumber::Emergency(_) => {
                return deny("That is a short code; a fax needs a full number with its area code.");
            }
        }
        if Class::of(request.to, &request.settings.numbering.country) == Some(Class::Premium) {
            // The plan may allow calls to such a number; a fax that is retried for hours must not run up its price.
            return deny("That is a premium number; faxes are not sent to those.");
        }
        let facts = Facts::new(&Caller::Appliance, request.to, request.settings, request.at);
        let decision = self.route(&facts);
        match decision.target {
            Target::Trunk { .. } => {
                let mut why = vec![format!("The person may send faxes, by {}.", door(request.door))];
                why.extend(decision.why);
                Ok(Admission { why })
            }
            Target::Refuse { sentence, .. } => Err(Denied { sentence }),
            _ => deny("That number does not lead outside the clinic."),
        }
    }
}

fn deny<T>(sentence: &str) -> Result<T, Denied> {
    Err(Denied { sentence: sentence.to_owned() })
}

const fn door(door: Door) -> &'static str {
    match door {
        Door::Mail => "mail",
        Door::Console => "the console",
        Door::Api => "the API",
    }
}
