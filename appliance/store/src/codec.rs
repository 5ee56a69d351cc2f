//! Values as the columns hold them, and back. What cannot be read back is an error that names the column, never the value.

use std::str::FromStr;

use model::fax::{Direction, Door};
use model::{PhoneNumber, Wall};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::effect::StoreError;

/// Rows that one statement inserts at most: each is a walk to the database's thread and back, and several switches between threads.
pub(crate) const ROWS: usize = 32;

/// Inserts up to [`ROWS`] rows of so many values, in a statement that is prepared once. What is not bound is NULL (`sqlite3_bind`), and a row that begins
/// with it is none. `into`: the table and its columns.
pub(crate) fn insert_several(into: &str, columns: usize, then: &str) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    let rows = vec![row; ROWS].join(", ");
    format!("INSERT INTO {into} SELECT * FROM (VALUES {rows}) WHERE column1 IS NOT NULL {then}")
}

/// A row that is being read.
pub(crate) struct Columns<'r>(pub(crate) &'r SqliteRow);

impl Columns<'_> {
    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    pub(crate) fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    /// A whole number of any width.
    pub(crate) fn int<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StoreError> {
        T::try_from(self.0.try_get::<i64, _>(column)?).map_err(|_| unreadable(column))
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool, StoreError> {
        Ok(self.0.try_get::<i64, _>(column)? != 0)
    }

    pub(crate) fn wall(&self, column: &str) -> Result<Wall, StoreError> {
        Ok(Wall(self.0.try_get(column)?))
    }

    pub(crate) fn maybe_wall(&self, column: &str) -> Result<Option<Wall>, StoreError> {
        Ok(self.0.try_get::<Option<i64>, _>(column)?.map(Wall))
    }

    /// An identity.
    pub(crate) fn id<T: FromStr>(&self, column: &str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|_| unreadable(column))
    }

    pub(crate) fn maybe_id<T: FromStr>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.maybe_text(column)?.map(|t| t.parse().map_err(|_| unreadable(column))).transpose()
    }

    /// A word of an enumeration.
    pub(crate) fn word<T>(&self, column: &str, from: fn(&str) -> Option<T>) -> Result<T, StoreError> {
        from(&self.text(column)?).ok_or_else(|| unreadable(column))
    }

    pub(crate) fn maybe_word<T>(&self, column: &str, from: fn(&str) -> Option<T>) -> Result<Option<T>, StoreError> {
        self.maybe_text(column)?.map(|t| from(&t).ok_or_else(|| unreadable(column))).transpose()
    }

    /// A value kept as JSON: readable for as long as records are kept, also after its type has grown.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| unreadable(column))
    }

    pub(crate) fn maybe_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        self.maybe_text(column)?.map(|t| serde_json::from_str(&t).map_err(|_| unreadable(column))).transpose()
    }
}

/// A value for a JSON column.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Broken("a value cannot be written as JSON".to_owned()))
}

/// A whole number for a column. SQLite's are signed; nothing that we count comes near 2⁶³.
pub(crate) fn int(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// A number with its kind: "e164 +12025550123".
pub(crate) fn number_text(number: &PhoneNumber) -> String {
    let kind = match number {
        PhoneNumber::Emergency(_) => "emergency",
        PhoneNumber::Internal(_) => "internal",
        PhoneNumber::Service(_) => "service",
        PhoneNumber::Short(_) => "short",
        PhoneNumber::E164(_) => "e164",
    };
    format!("{kind} {}", number.as_str())
}

/// What [`number_text`] wrote.
pub(crate) fn number_of(text: &str) -> Option<PhoneNumber> {
    let (kind, number) = text.split_once(' ')?;
    let number = number.to_owned();
    Some(match kind {
        "emergency" => PhoneNumber::Emergency(number),
        "internal" => PhoneNumber::Internal(number),
        "service" => PhoneNumber::Service(number),
        "short" => PhoneNumber::Short(number),
        "e164" => PhoneNumber::E164(number),
        _ => return None,
    })
}

pub(crate) const fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}

pub(crate) fn direction_of(word: &str) -> Option<Direction> {
    [Direction::In, Direction::Out].into_iter().find(|d| direction_word(*d) == word)
}

pub(crate) const fn door_word(door: Door) -> &'static str {
    match door {
        Door::Mail => "mail",
        Door::Console => "console",
        Door::Api => "api",
    }
}

pub(crate) fn door_of(word: &str) -> Option<Door> {
    [Door::Mail, Door::Console, Door::Api].into_iter().find(|d| door_word(*d) == word)
}

fn unreadable(column: &str) -> StoreError {
    StoreError::Broken(format!("a row cannot be read: column {column}"))
}

/// Sorts after every identity (ULIDs are digits and capitals): "before" it is everything.
pub(crate) const NEWEST: &str = "~";

/// The digits that a person looks for, if they look for a number: "555-01" is meant as one, "Dr. 4" is not. Zeros that one dials before a number
/// of the country ("020 7946 0123", "+44 (0)20 …"), or before that of another, are in no number as it is kept.
pub(crate) fn digits_of(search: &str) -> Option<String> {
    let is_number = search.chars().all(|c| c.is_ascii_digit() || "+-.()/ ".contains(c));
    let digits: String = search.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
    let kept = digits.trim_start_matches('0');
    // What is left of few digits would be in too many numbers.
    let digits = if kept.len() >= MIN_DIGITS { kept } else { &digits };
    (is_number && digits.len() >= MIN_DIGITS).then(|| digits.to_owned())
}

/// Fewer digits are in too many numbers.
const MIN_DIGITS: usize = 3;

/// What a person typed, to stand in a LIKE with this escape: `\`.
pub(crate) fn escape_like(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_looked_for_as_it_is_written_where_it_comes_from() {
        for (search, digits) in [
            ("555-01", Some("55501")),
            ("(202) 555-0101", Some("2025550101")),
            ("020 7946 0123", Some("2079460123")),
            ("+44 (0)20 7946 0123", Some("442079460123")),
            ("0044 20 7946 0123", Some("442079460123")),
            ("0171/555", Some("171555")),
            ("007", Some("007")),
            ("0-10", Some("010")),
            ("12", None),
            ("Dr. 4000", None),
        ] {
            assert_eq!(digits_of(search).as_deref(), digits, "{search}");
        }
    }
}
