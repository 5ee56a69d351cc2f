//! Who calls, as modems write it between the first ring and the second, and whom, as far as the exchange rings otherwise for each of the numbers
//! of a line (distinctive ring).
//!
//! What a modem is asked to do that by is in its [`Quirks`](crate::quirks::Quirks); how it then writes it differs as much. A line that is not
//! understood says nothing, and a call whose caller is not known is answered as it always was.

/// What a line says of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The digits of the number, as the exchange sent them.
    Number(String),
    /// The caller does not want to be known, or the exchange does not know.
    Withheld,
}

/// What stands before the number: V.253 and Rockwell's form, ZyXEL's, Elsa's, and that of some GSM modems.
const NAMES: [&str; 7] = ["NMBR", "CALLER NUMBER", "CALLING NUMBER", "CALLER ID", "FM", "FROM", "+CLIP"];
/// In place of a number: private, out of area, and in words.
const WITHHELD: [&str; 7] = ["P", "O", "PRIVATE", "ANONYMOUS", "OUT OF AREA", "UNAVAILABLE", "UNKNOWN"];
/// E.164 has 15; some exchanges send a prefix too.
const LONGEST: usize = 24;

/// Reads a line of a modem whose call rings.
pub fn read(line: &str) -> Option<Caller> {
    let (name, value) = line.split_once(['=', ':'])?;
    if !NAMES.iter().any(|known| name.trim().eq_ignore_ascii_case(known)) {
        return None;
    }
    // +CLIP: "2025550123",129
    let value = value.split(',').next().unwrap_or_default().trim().trim_matches('"').trim();
    if value.is_empty() || WITHHELD.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        return Some(Caller::Withheld);
    }
    let digits: String = value.chars().filter(|c| c.is_ascii_digit() || *c == '+').take(LONGEST).collect();
    let only = value.chars().all(|c| c.is_ascii_digit() || "+-(). /".contains(c));
    (only && !digits.is_empty()).then_some(Caller::Number(digits))
}

/// By which name a modem calls a ring, in capitals: `RING A`, `RING 2`.
pub fn ring(line: &str) -> Option<String> {
    let name = line.trim().split_at_checked(4).filter(|(ring, _)| ring.eq_ignore_ascii_case("RING"))?.1.trim();
    let is_name = !name.is_empty() && name.len() <= LONGEST && name.bytes().all(|c| c.is_ascii_alphanumeric());
    (is_name && !name.eq_ignore_ascii_case("ING")).then(|| name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_modems_write_them() {
        for line in [
            "NMBR = 2025550123",
            "NMBR=2025550123",
            "nmbr = (202) 555-0123",
            "CALLER NUMBER: 2025550123",
            "FM:2025550123",
            "+CLIP: \"2025550123\",129,\"\",,\"\",0",
        ] {
            assert_eq!(read(line), Some(Caller::Number("2025550123".to_owned())), "{line}");
        }
        assert_eq!(read("NMBR = +12025550123"), Some(Caller::Number("+12025550123".to_owned())));
    }

    #[test]
    fn who_is_not_known_is_nobody() {
        for line in ["NMBR = P", "NMBR=O", "NMBR = PRIVATE", "NMBR = Out of area", "NMBR ="] {
            assert_eq!(read(line), Some(Caller::Withheld), "{line}");
        }
    }

    #[test]
    fn other_lines_say_nothing() {
        for line in ["DATE = 1126", "TIME = 2255", "NAME = 2025550123", "NMBR = call 1 now", "RING", "", "OK"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn a_ring_that_the_modem_names_is_told_from_one_that_it_does_not() {
        for (line, name) in [
            ("RING A", Some("A")),
            ("RING 2", Some("2")),
            ("ring b", Some("B")),
            ("RING1", Some("1")),
            ("RING", None),
            ("RING ", None),
            ("RINGING", None),
            ("NMBR = 2025550123", None),
        ] {
            assert_eq!(ring(line).as_deref(), name, "{line}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_a_number_is_digits(line in ".{0,200}") {
            if let Some(Caller::Number(number)) = read(&line) {
                prop_assert!(number.len() <= LONGEST && number.chars().all(|c| c.is_ascii_digit() || c == '+'));
            }
        }
    }
}
