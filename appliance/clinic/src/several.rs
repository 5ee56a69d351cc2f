//! An order for several numbers: all of its faxes are accepted, in one transaction, or none. From there on each is a fax of its own, with its
//! status, its guard against repetition and its receipt.

use std::collections::BTreeSet;

use model::command::Document;
use model::fax::Door;
use model::sending::{MAX_FOR_ALL, MAX_NUMBERS, Wish};
use model::{CommandError, CommandOutcome, FaxId, Now, PhoneNumber, Pii};
use store::effect::{Done, Effect, NewFax, StoreError};

use crate::Clinic;
use crate::desk::{Order, other_order};
use crate::restart::not_stored;
use crate::vault::Then;

/// What is ordered.
pub(crate) struct Several {
    pub(crate) by: String,
    pub(crate) door: Door,
    pub(crate) to: Vec<PhoneNumber>,
    pub(crate) subject: Pii<String>,
    pub(crate) documents: Vec<Document>,
    pub(crate) wish: Wish,
}

impl Clinic {
    pub(crate) fn accept_faxes(&mut self, now: Now, id: u64, several: Several) {
        let faxes = match self.each_of(now, several) {
            Ok(faxes) => faxes,
            Err(sentence) => return self.reply(id, Err(CommandError::NotAllowed(sentence))),
        };
        let ids = faxes.iter().map(|fax| fax.id).collect();
        self.store_if_open(id, Effect::AcceptFaxes(faxes), Then::FaxesAccepted { id, faxes: ids });
    }

    /// A fax for each number, if each of them may be sent.
    fn each_of(&mut self, now: Now, several: Several) -> Result<Vec<NewFax>, String> {
        let Several { by, door, to, subject, documents, wish } = several;
        let mut seen = BTreeSet::new();
        let numbers: Vec<_> = to.into_iter().filter(|number| seen.insert(number.as_str().to_owned())).collect();
        may_be_one_order(numbers.len(), &documents)?;
        let mut orders = Vec::with_capacity(numbers.len());
        for to in numbers {
            let said = to.for_person(&self.settings.numbering.country);
            let (by, subject) = (by.clone(), subject.clone());
            let (documents, wish) = (documents.clone(), wish.clone());
            let order = Order { by, door, to, fetch: false, forwards: None, subject, documents, wish };
            self.may_send(now, &order, seen.len()).map_err(|sentence| format!("{said}: {sentence}"))?;
            orders.push(order);
        }
        Ok(orders.into_iter().map(|order| self.new_fax(now, order)).collect())
    }

    pub(crate) fn faxes_accepted(&mut self, id: u64, faxes: Vec<FaxId>, result: Result<Done, StoreError>) {
        match result {
            Ok(Done::Ordered(before)) => self.reply(id, Ok(CommandOutcome::FaxesAccepted(before))),
            Ok(Done::OtherOrder) => self.reply(id, Err(other_order())),
            Ok(_) => {
                self.reply(id, Ok(CommandOutcome::FaxesAccepted(faxes.clone())));
                for fax in faxes {
                    self.enqueue(fax);
                }
            }
            Err(error) => self.reply(id, Err(not_stored(&error))),
        }
    }
}

/// So many numbers, and so much for all of them, at once.
fn may_be_one_order(numbers: usize, documents: &[Document]) -> Result<(), String> {
    if numbers == 0 {
        return Err("No number was given.".to_owned());
    }
    if numbers > MAX_NUMBERS {
        return Err(format!("One order goes to {MAX_NUMBERS} numbers at most. Nothing was sent."));
    }
    let bytes: usize = documents.iter().map(|document| document.bytes.expose().len()).sum();
    if numbers > 1 && bytes.saturating_mul(numbers) > MAX_FOR_ALL {
        return Err(
            "The document is too large for so many numbers; send it to fewer at a time. Nothing was sent.".to_owned()
        );
    }
    Ok(())
}
