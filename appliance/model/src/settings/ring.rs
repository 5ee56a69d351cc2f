//! By which ring an exchange tells the numbers of a line apart (distinctive ring).

/// Of a cadence, so many parts at most: five times the bell and what is between.
const MOST_PARTS: usize = 9;
/// A silence that is as long ends a cadence, in tenths of a second. Within one the longest is 0.8 s (New Zealand), between two the shortest 1.4 s.
const BETWEEN: u16 = 12;
/// The bell is not heard for longer.
const LONGEST: u16 = 60;
/// A part that was heard may be off by so much, or by a quarter: modems count in tenths, and hear the bell late and its end later.
const TOLERANCE: u16 = 2;

/// One ring.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ring {
    /// The modem calls it so, in capitals: `RING A`.
    Named(String),
    /// How long the bell is heard, how long not, and so on to the last time that it is, in tenths of a second.
    Cadence(Vec<u16>),
}

impl Ring {
    /// The most that a name has.
    const LONGEST_NAME: usize = 8;

    /// As the settings write it: a name as in "A" or "2", or seconds as in "0.8-0.4-0.8". One long ring is "2.0", since "2" is a name.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains(['.', '-']) {
            let parts = text.split('-').map(tenths).collect::<Option<Vec<_>>>()?;
            return Self::cadence(parts);
        }
        let is_name = !text.is_empty() && text.len() <= Self::LONGEST_NAME;
        let named = || Self::Named(text.to_ascii_uppercase());
        (is_name && text.bytes().all(|c| c.is_ascii_alphanumeric())).then(named)
    }

    /// One of these parts, in tenths of a second; `None` if no exchange rings like that.
    pub fn cadence(parts: Vec<u16>) -> Option<Self> {
        let is_one = parts.len() % 2 == 1 && parts.len() <= MOST_PARTS;
        let can_be = |(n, part): (usize, &u16)| {
            *part > 0 && if n.is_multiple_of(2) { *part <= LONGEST } else { *part < BETWEEN }
        };
        (is_one && parts.iter().enumerate().all(can_be)).then_some(Self::Cadence(parts))
    }

    /// A silence of so many tenths of a second is one between two rings, and not within one.
    pub const fn is_between(silence: u16) -> bool {
        silence >= BETWEEN
    }

    /// By how much what was heard differs from this; `None`: it is another ring.
    pub fn differs(&self, heard: &Self) -> Option<u16> {
        match (self, heard) {
            (Self::Cadence(own), Self::Cadence(heard)) if own.len() == heard.len() => {
                let off = own.iter().zip(heard).map(|(own, heard)| {
                    let off = own.abs_diff(*heard);
                    (off <= TOLERANCE.max(own / 4)).then_some(off)
                });
                off.sum()
            }
            _ => (self == heard).then_some(0),
        }
    }

    /// No modem tells the two apart: they differ by what it may be off.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Cadence(own), Self::Cadence(other)) => {
                own.len() == other.len() && own.iter().zip(other).all(|(own, other)| own.abs_diff(*other) <= 1)
            }
            _ => self == other,
        }
    }
}

/// "0.8" as 8, "2" as 20.
fn tenths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digit = |text: &str| (text.len() == 1).then(|| text.parse::<u16>().ok()).flatten();
    Some(digit(whole)? * 10 + digit(part)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cadence(text: &str) -> Ring {
        let ring = Ring::parse(text);
        ring.filter(|ring| matches!(ring, Ring::Cadence(_))).unwrap_or_else(|| panic!("{text} is a cadence"))
    }

    #[test]
    fn a_ring_is_a_name_or_seconds() {
        assert_eq!(Ring::parse("a"), Some(Ring::Named("A".to_owned())));
        assert_eq!(Ring::parse("2"), Some(Ring::Named("2".to_owned())));
        assert_eq!(cadence("2.0"), Ring::Cadence(vec![20]));
        assert_eq!(cadence("0.8-0.4-0.8"), Ring::Cadence(vec![8, 4, 8]));
        assert_eq!(cadence("1-0.5-1"), Ring::Cadence(vec![10, 5, 10]));
        for odd in [
            "",
            "RING A",
            "longer than a name",
            "0.8-0.4",
            "0.8--0.8",
            "0.85",
            "0.0-0.4-0.8",
            "0.4-1.4-0.4",
            "9.9",
            "-",
            ".",
            "x.1",
            "0.1-0.1-0.1-0.1-0.1-0.1-0.1-0.1-0.1-0.1-0.1",
        ] {
            assert_eq!(Ring::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_was_heard_may_be_off_a_little_and_not_be_another_ring() {
        for (own, heard, off) in [
            ("0.8-0.4-0.8", "0.8-0.4-0.8", Some(0)),
            ("0.8-0.4-0.8", "0.7-0.5-0.8", Some(2)),
            ("0.8-0.4-0.8", "0.8-0.4-1.1", None),
            ("0.8-0.4-0.8", "0.8", None),
            ("2.0", "1.6", Some(4)),
            ("2.0", "1.4", None),
        ] {
            assert_eq!(cadence(own).differs(&cadence(heard)), off, "{own} {heard}");
        }
        let named = |text: &str| Ring::Named(text.to_owned());
        assert_eq!((named("A").differs(&named("A")), named("A").differs(&named("B"))), (Some(0), None));
        assert_eq!(named("A").differs(&cadence("2.0")), None);
    }
}
