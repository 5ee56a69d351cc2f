//! Who may send what where, and lay out what for others: the one rule that every door asks before it accepts a fax.

use std::fmt;

use model::fax::Door;
use model::settings::Right;
use model::{Offer, PhoneNumber, Settings, Wall};

use crate::outside::Class;
use crate::route::{Caller, Facts, Target};
use crate::{InboundTo, OwnNumber, Plan};

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

/// A document that somebody wants to lay out for other machines to fetch.
#[derive(Clone, Copy, Debug)]
pub struct Laying<'a> {
    /// What the person may do.
    pub by: &'a [Right],
    /// By which door it came.
    pub door: Door,
    /// Who is to get it, and how long.
    pub offer: &'a Offer,
    /// The person has said that anybody who knows our number may have it.
    pub open: bool,
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
        // The doors read numbers without the plan: what it adds may have become a number with an area code.
        let as_read = |number: &String| request.settings.numbering.parse(number).as_ref() == Ok(request.to);
        if self.is_emergency(request.to) || self.emergency.numbers.iter().any(as_read) {
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
            Target::Trunk { .. } if !request.settings.faxes_leave_for(request.to) => deny(
                "None of the clinic's lines for faxes goes to that number; ask the person who manages the clinic's settings.",
            ),
            Target::Trunk { .. } => {
                let mut why = vec![format!("The person may send faxes, by {}.", door(request.door))];
                why.extend(decision.why);
                Ok(Admission { why })
            }
            Target::Refuse { sentence, .. } => Err(Denied { sentence }),
            _ => deny("That number does not lead outside the clinic."),
        }
    }

    /// May this document be laid out? The same answer at every door. What is personal does not lie open by mistake: without a password, the
    /// person has to say that anybody may have it.
    ///
    /// # Errors
    /// The reason, for the person who asks.
    pub fn admit_offer(&self, laying: &Laying<'_>) -> Result<Admission, Denied> {
        let Laying { offer, settings, at, .. } = laying;
        if !laying.by.contains(&Right::SendFaxes) {
            return deny("You do not have the right to send faxes; ask the person who manages the clinic's settings.");
        }
        if let Some(called) = &offer.called
            && !self.fax_numbers(settings).contains(called)
        {
            return deny("That is not a number at which the clinic's fax machine answers.");
        }
        if offer.until <= *at {
            return deny("The time until which it lies ready is past.");
        }
        if offer.until > *at + Offer::LONGEST {
            return deny("A document lies ready for a year at most.");
        }
        let digits = offer.inside.password.expose().len();
        let why = match digits {
            0 if !laying.open => {
                return deny(
                    "Without a password anybody who knows the clinic's fax number can fetch it: give it a password, or say that \
                     anybody may have it.",
                );
            }
            0 => "Anybody who calls may have it, as the person has said.",
            1..Offer::SHORTEST_PASSWORD => return deny("The password of a document has four digits at least."),
            _ => "It has a password.",
        };
        Ok(Admission { why: vec![format!("The person may send faxes, by {}.", door(laying.door)), why.to_owned()] })
    }

    /// The numbers of ours at which the fax machine answers, the clinic's fax number first.
    pub fn fax_numbers(&self, settings: &Settings) -> Vec<PhoneNumber> {
        let of_plan = self.inbound.iter().filter(|inbound| matches!(inbound.to, InboundTo::FaxMachine));
        let of_plan = of_plan.filter_map(|inbound| match &inbound.number {
            OwnNumber::Main => Some(settings.main_number.clone()),
            OwnNumber::Fax => None,
            OwnNumber::Other(number) => Some(number.clone()),
        });
        let of_modems = settings.modems.iter().filter_map(|modem| modem.number.clone());
        let mut numbers = Vec::new();
        for number in std::iter::once(settings.fax_number.clone()).chain(of_plan).chain(of_modems) {
            // There another program is the fax machine.
            if settings.port_of(&number).is_none() && !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
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
