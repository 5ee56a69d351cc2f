//! Conference rooms: numbers at which everybody who dials one hears all others.

use toml::de::DeTable;

use crate::read::{Placed, Reader, Section};

/// A room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room {
    /// What has to be typed first.
    pub(crate) pin: Option<String>,
}

/// How many digits a PIN has: shorter is guessed, longer is written on the wall.
pub const PIN: std::ops::RangeInclusive<usize> = 4..=10;

/// `[rooms.800]`.
pub(crate) fn room<'t>(reader: &mut Reader<'t>, section: Section<'_, 't>) -> Room {
    let pin = reader.string(section, "pin");
    if let Some(bad) = pin.as_ref().filter(|pin| !is_pin(&pin.value)) {
        reader.say(bad.span.clone(), "this is no PIN", "write 4 to 10 digits in quotes, or no pin at all");
    }
    Room { pin: pin.map(|pin: Placed<String>| pin.value) }
}

/// The entries of `[rooms]`, each with its number.
pub(crate) fn entries<'a, 't>(
    reader: &mut Reader<'t>,
    table: &'a DeTable<'t>,
) -> Vec<(Placed<String>, Placed<&'a DeTable<'t>>)> {
    let mut entries = Vec::new();
    for (key, value) in table {
        if let Some(entry) = reader.as_table(value) {
            entries.push((Placed { value: key.get_ref().clone().into_owned(), span: key.span() }, entry));
        }
    }
    entries
}

fn is_pin(pin: &str) -> bool {
    PIN.contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit())
}
