//! The numbers of one order, as a person or a program wrote them: one a line, or with commas or semicolons between them, which no number has.

use model::command::{CommandError, Document};
use model::fax::Door;
use model::sending::{MAX_FOR_ALL, MAX_NUMBERS};
use model::{PhoneNumber, Settings, Wall};

use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;
use crate::texts::Texts;

/// Where a document goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// Each once, in the order in which they were written.
    pub(crate) all: Vec<PhoneNumber>,
    /// Those that were written more than once: they are sent to once.
    pub(crate) repeated: Vec<PhoneNumber>,
}

impl Numbers {
    /// Reads them, if each is a number to which this person may fax.
    ///
    /// # Errors
    /// The sentence about the first that is none; where there are several it names that one.
    pub(crate) fn read(
        typed: &str,
        settings: &Settings,
        by: &Principal,
        (door, at): (Door, Wall),
        texts: &Texts,
    ) -> Result<Self, Failure> {
        let mut pieces: Vec<_> =
            typed.split(['\n', ',', ';']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
        if pieces.is_empty() {
            pieces.push("");
        }
        let named = |piece: &str, sentence: String| match pieces.len() {
            1 => sentence,
            _ => texts.with("send-wrong-number", &[("number", piece.into()), ("sentence", (&sentence).into())]),
        };
        let mut numbers = Self::default();
        for piece in &pieces {
            let number = settings
                .numbering
                .parse(piece)
                .map_err(|e| Failure::Unusable(named(piece, capital(&e.to_string()))))?;
            data::admit(settings, by, door, &number, at)
                .map_err(|sentence| Failure::Command(CommandError::NotAllowed(named(piece, sentence))))?;
            numbers.add(number);
        }
        if numbers.all.len() > MAX_NUMBERS {
            let counted = [("most", MAX_NUMBERS.into()), ("count", numbers.all.len().into())];
            return Err(Failure::Unusable(texts.with("send-too-many", &counted)));
        }
        Ok(numbers)
    }

    fn add(&mut self, number: PhoneNumber) {
        if !self.all.contains(&number) {
            self.all.push(number);
        } else if !self.repeated.contains(&number) {
            self.repeated.push(number);
        }
    }

    /// Each fax keeps documents of its own, and those of one order are in one transaction.
    pub(crate) fn have_room_for(&self, documents: &[Document]) -> bool {
        let bytes: usize = documents.iter().map(|document| document.bytes.expose().len()).sum();
        self.all.len() < 2 || bytes.saturating_mul(self.all.len()) <= MAX_FOR_ALL
    }
}

/// A sentence begins with a capital letter and ends with a full stop.
pub(crate) fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
