//! Orbits: numbers in which a party waits until somebody dials the same number; and who belongs to whom, for pickup and paging.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use model::Settings;

use crate::Plan;

/// Where parties are parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Park {
    /// The numbers, each with as many digits as the first.
    pub(crate) orbits: RangeInclusive<u32>,
    pub(crate) digits: usize,
    /// After this long a party comes back to whoever parked it.
    pub(crate) seconds: Duration,
}

/// More than a clinic has keys for.
pub(crate) const MAX_ORBITS: u32 = 50;

impl Default for Park {
    fn default() -> Self {
        Self { orbits: 700..=709, digits: 3, seconds: Duration::from_secs(90) }
    }
}

impl Park {
    /// "700-709".
    pub(crate) fn parse(text: &str) -> Option<(RangeInclusive<u32>, usize)> {
        let (first, last) = text.split_once('-')?;
        let (first, last) = (first.trim(), last.trim());
        let digits = |t: &str| !t.is_empty() && t.len() <= 6 && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(first) || !digits(last) || first.len() != last.len() {
            return None;
        }
        let range = first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?;
        let count = range.end().checked_sub(*range.start())? + 1;
        (count <= MAX_ORBITS).then_some((range, first.len()))
    }

    fn has(&self, number: &str) -> bool {
        number.len() == self.digits && number.parse().is_ok_and(|n| self.orbits.contains(&n))
    }
}

impl Plan {
    /// How long a party may wait in this orbit; `None` if it is no orbit, or the number is something else.
    pub fn orbit(&self, number: &str, settings: &Settings) -> Option<Duration> {
        let taken = self.extensions.contains_key(number)
            || self.rooms.contains_key(number)
            || settings.extension(number).is_some();
        (!taken && self.park.has(number)).then_some(self.park.seconds)
    }

    /// The people whom an extension means: the members of a group, or the one person.
    pub fn members(&self, extension: &str, settings: &Settings) -> Vec<String> {
        match self.extensions.get(extension) {
            Some(group) => group.extensions.clone(),
            None => settings.extension(extension).map(|p| p.extension.clone()).into_iter().collect(),
        }
    }

    /// Everybody who is in a group with this person. Who is in none belongs to everybody: a clinic without groups is one. A number that rings one
    /// person, as their own does where the plan says what comes next, is no group.
    pub fn companions(&self, extension: &str, settings: &Settings) -> BTreeSet<String> {
        let groups = self.extensions.values().filter(|g| g.extensions.len() > 1);
        let groups: Vec<_> = groups.filter(|g| g.extensions.iter().any(|e| e == extension)).collect();
        if groups.is_empty() {
            return settings.people.iter().map(|p| p.extension.clone()).collect();
        }
        groups.into_iter().flat_map(|group| group.extensions.iter().cloned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orbits_are_a_short_range_of_numbers_of_one_length() {
        assert_eq!(Park::parse("700-709"), Some((700..=709, 3)));
        assert_eq!(Park::parse("7000 - 7000"), Some((7000..=7000, 4)));
        for bad in ["700", "709-700", "99-100", "700-799", "a-b", "-", "700-7o9"] {
            assert_eq!(Park::parse(bad), None, "{bad}");
        }
    }
}
