//! Who calls, as modems write it between the first ring and the second, and whom, as far as the exchange rings otherwise for each of the numbers
//! of a line (distinctive ring): a modem names the ring, or tells how long the bell was heard and how long not ([`Cadence`]).
//!
//! What a modem is asked to do that by is in its [`Quirks`](crate::quirks::Quirks); how it then writes it differs as much. A line that is not
//! understood says nothing, and a call whose caller is not known is answered as it always was.

use model::settings::Ring;

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
/// No exchange rings in more parts than this.
const MOST_PARTS: usize = 16;

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
pub fn ring(line: &str) -> Option<Ring> {
    let name = line.trim().split_at_checked(4).filter(|(ring, _)| ring.eq_ignore_ascii_case("RING"))?.1.trim();
    let is_name = !name.is_empty() && name.len() <= LONGEST && name.bytes().all(|c| c.is_ascii_alphanumeric());
    (is_name && !name.eq_ignore_ascii_case("ING")).then(|| Ring::Named(name.to_ascii_uppercase()))
}

/// What a modem tells of the bell (V.253, `+VDR`): it was heard, or was not, for so many tenths of a second, and that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bell {
    /// `DRON`.
    Heard(u16),
    /// `DROF`.
    Silent(u16),
}

/// What a line tells of the bell. In voice mode one begins with DLE and a letter.
pub fn bell(line: &str) -> Option<Bell> {
    let line = line.trim();
    let line = line.strip_prefix('\u{10}').map_or(line, |line| line.get(1..).unwrap_or_default()).trim();
    let (name, value) = line.split_once('=')?;
    let value = value.trim().parse().ok()?;
    match name.trim() {
        name if name.eq_ignore_ascii_case("DRON") => Some(Bell::Heard(value)),
        name if name.eq_ignore_ascii_case("DROF") => Some(Bell::Silent(value)),
        _ => None,
    }
}

/// The bell of one call, as the modem has told it.
///
/// Each part is told when it is over, so that of the silence between two rings nobody knows before the second one. Modems say `RING` within a
/// cadence or after it, by their setting; where they tell of the bell, it is one ring all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cadence {
    parts: Vec<u16>,
    whole: Option<Ring>,
    /// `RING` was said of this one.
    rang: bool,
}

impl Cadence {
    /// The bell was heard, or silent.
    pub fn hear(&mut self, bell: Bell) {
        match bell {
            Bell::Silent(silence) if Ring::is_between(silence) => {
                let parts = std::mem::take(&mut self.parts);
                self.whole = Ring::cadence(parts).or_else(|| self.whole.take());
                self.rang = false;
            }
            // What is too long is none, and is forgotten with the next silence.
            _ if self.parts.len() > MOST_PARTS => {}
            Bell::Heard(tenths) if self.parts.len().is_multiple_of(2) => self.parts.push(tenths),
            Bell::Silent(tenths) if self.parts.len() % 2 == 1 => self.parts.push(tenths),
            // A line was lost.
            Bell::Heard(tenths) => self.parts = vec![tenths],
            Bell::Silent(_) => {}
        }
    }

    /// The modem says `RING`: true if that is another than the one before.
    pub fn rings(&mut self) -> bool {
        let tells = !self.parts.is_empty() || self.whole.is_some();
        !(std::mem::replace(&mut self.rang, true) && tells)
    }

    /// How it rings: the last ring that was heard to its end, and the one that is under way, as far as it is. Of the first ring of all a modem
    /// may have missed the beginning.
    pub fn heard(&self) -> impl Iterator<Item = Ring> {
        self.whole.clone().into_iter().chain(Ring::cadence(self.parts.clone()))
    }
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
            assert_eq!(ring(line), name.map(|name| Ring::Named(name.to_owned())), "{line}");
        }
    }

    #[test]
    fn what_a_modem_tells_of_the_bell_is_read() {
        for (line, told) in [
            ("DRON=8", Some(Bell::Heard(8))),
            ("DROF = 40", Some(Bell::Silent(40))),
            ("dron=20", Some(Bell::Heard(20))),
            ("\u{10}XDROF=40", Some(Bell::Silent(40))),
            ("DRON=", None),
            ("DRON=-1", None),
            ("DRON=99999999", None),
            ("NMBR=8", None),
            ("RING", None),
        ] {
            assert_eq!(bell(line), told, "{line}");
        }
    }

    /// What was heard after each line, and how often it has rung by then.
    fn heard(lines: &str) -> (Vec<Ring>, usize) {
        let (mut cadence, mut rings) = (Cadence::default(), 0);
        for line in lines.split_whitespace() {
            match bell(line) {
                Some(bell) => cadence.hear(bell),
                None => rings += usize::from(cadence.rings()),
            }
        }
        (cadence.heard().collect(), rings)
    }

    #[test]
    fn a_cadence_is_what_is_between_two_long_silences() {
        for (lines, heard_so, rings) in [
            // A modem that tells nothing.
            ("RING RING", &[][..], 2),
            // RING after the whole (+VDR=1,5), as a manual of MultiTech has it, and HylaFAX's.
            ("RING DROF=40 DRON=8 DROF=4 DRON=8 RING", &["0.8-0.4-0.8"], 2),
            ("DRON=8 DROF=4 DRON=8 RING", &["0.8-0.4-0.8"], 1),
            ("DROF=0 DRON=20 RING DROF=40 DRON=19 RING", &["2.0", "1.9"], 2),
            // RING after each part of it (+VDR=1,1).
            ("DRON=3 RING DROF=2 DRON=10 RING DROF=2 DRON=3 RING DROF=40 RING", &["0.3-0.2-1.0-0.2-0.3"], 2),
            // The first was heard only in part.
            ("DRON=2 RING DROF=40 DRON=8 DROF=4 DRON=8 RING", &["0.2", "0.8-0.4-0.8"], 2),
            // A line was lost.
            ("DRON=8 DRON=9 RING", &["0.9"], 1),
            ("DROF=4 DROF=4 RING", &[], 1),
        ] {
            let heard_so: Vec<_> = heard_so.iter().map(|text| Ring::parse(text).unwrap()).collect();
            assert_eq!(heard(lines), (heard_so, rings), "{lines}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_told_of_the_bell_little_is_kept(told in prop::collection::vec((any::<bool>(), any::<u16>()), 0..200)) {
            let mut cadence = Cadence::default();
            for (on, tenths) in told {
                cadence.hear(if on { Bell::Heard(tenths) } else { Bell::Silent(tenths) });
                prop_assert!(cadence.parts.len() <= MOST_PARTS + 1);
                prop_assert!(cadence.heard().count() <= 2);
            }
        }

        #[test]
        fn whatever_is_written_a_number_is_digits(line in ".{0,200}") {
            if let Some(Caller::Number(number)) = read(&line) {
                prop_assert!(number.len() <= LONGEST && number.chars().all(|c| c.is_ascii_digit() || c == '+'));
            }
        }
    }
}
