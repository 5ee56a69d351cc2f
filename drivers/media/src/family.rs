//! The two families of addresses, IPv4 and IPv6, and our own addresses in them: one in each network of the clinic. A session listens at those
//! that its other end may send to, on a port of the same number at each, and sends from the one that its other end was told of. So two ends of
//! different families, or of different networks, talk with each other like any two.

use std::net::IpAddr;

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4, also where it is written as IPv6 (`::ffff:192.0.2.1`).
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Of an address.
    pub const fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// The one that this is not.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::V4 => Self::V6,
            Self::V6 => Self::V4,
        }
    }
}

/// One of our addresses: of its family the first, the second, and so on, as [`Addresses`] has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Home {
    /// Its family.
    pub family: Family,
    /// Its place, below [`Home::MOST`].
    pub nth: u8,
}

impl Home {
    /// Of a family, at most: a box has an address in each network of the clinic, and a clinic has few networks.
    pub const MOST: u8 = 8;
}

impl From<Family> for Home {
    /// The first of a family: the one that counts where nothing else is known.
    fn from(family: Family) -> Self {
        Self { family, nth: 0 }
    }
}

/// Our addresses, in one family or in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    first: IpAddr,
    all: Vec<(Home, IpAddr)>,
}

impl Addresses {
    /// This one, and those of `more`, in their order; of each family [`Home::MOST`] at most. Wildcards are no address that anybody can be told.
    pub fn new(first: IpAddr, more: impl IntoIterator<Item = IpAddr>) -> Self {
        let first = first.to_canonical();
        let mut all = vec![(Home::from(Family::of(first)), first)];
        for ip in more.into_iter().map(|ip| ip.to_canonical()).filter(|ip| !ip.is_unspecified()) {
            let family = Family::of(ip);
            let nth = all.iter().filter(|(home, _)| home.family == family).count() as u8;
            if nth < Home::MOST && all.iter().all(|(_, known)| *known != ip) {
                all.push((Home { family, nth }, ip));
            }
        }
        Self { first, all }
    }

    /// The one that counts where nothing is known of the other end.
    pub const fn first(&self) -> IpAddr {
        self.first
    }

    /// The one there.
    pub fn at(&self, home: Home) -> Option<IpAddr> {
        self.all.iter().find(|(known, _)| *known == home).map(|(_, ip)| *ip)
    }

    /// Those of a family, in their order.
    pub fn of(&self, family: Family) -> impl Iterator<Item = (Home, IpAddr)> {
        self.all.iter().copied().filter(move |(home, _)| home.family == family)
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.all.len()
    }
}

impl From<IpAddr> for Addresses {
    fn from(only: IpAddr) -> Self {
        Self::new(only, [])
    }
}

/// What there is at each home of a session: nearly always at one, or at one of each family. Of those of one family one is preferred: from there
/// is sent.
#[derive(Debug)]
pub(crate) struct Each<T> {
    v4: Option<(u8, T)>,
    v6: Option<(u8, T)>,
    /// Those that are not preferred.
    #[allow(clippy::box_collection, reason = "nearly every session has none, and each has several of these")]
    more: Option<Box<Vec<(Home, T)>>>,
}

impl<T> Default for Each<T> {
    fn default() -> Self {
        Self { v4: None, v6: None, more: None }
    }
}

impl<T> Each<T> {
    /// The preferred one of a family.
    pub(crate) const fn of(&self, family: Family) -> Option<&T> {
        let preferred = match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        match preferred {
            Some((_, what)) => Some(what),
            None => None,
        }
    }

    /// What is there.
    pub(crate) fn at(&self, home: Home) -> Option<&T> {
        let preferred = match home.family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        match preferred {
            Some((nth, what)) if *nth == home.nth => Some(what),
            _ => self.more.iter().flat_map(|more| more.iter()).find(|(other, _)| *other == home).map(|(_, what)| what),
        }
    }

    /// What there is in a family, the preferred one first.
    pub(crate) fn all_of(&self, family: Family) -> impl Iterator<Item = &T> {
        let more = self.more.iter().flat_map(|more| more.iter());
        self.of(family).into_iter().chain(more.filter(move |(home, _)| home.family == family).map(|(_, what)| what))
    }

    /// Puts it there, and prefers it. What was there before.
    pub(crate) fn put(&mut self, home: Home, what: T) -> Option<T> {
        let before = self.take(home);
        let preferred = match home.family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        };
        if let Some((nth, other)) = preferred.replace((home.nth, what)) {
            self.more.get_or_insert_default().push((Home { nth, ..home }, other));
        }
        before
    }

    /// Prefers what is there; false if that changes nothing.
    pub(crate) fn prefer(&mut self, home: Home) -> bool {
        let preferred = match home.family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        if preferred.as_ref().is_some_and(|(nth, _)| *nth == home.nth) {
            return false;
        }
        let Some(what) = self.take(home) else { return false };
        drop(self.put(home, what));
        true
    }

    fn take(&mut self, home: Home) -> Option<T> {
        let preferred = match home.family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        };
        if let Some((_, what)) = preferred.take_if(|(nth, _)| *nth == home.nth) {
            return Some(what);
        }
        let more = self.more.as_mut()?;
        let at = more.iter().position(|(other, _)| *other == home)?;
        Some(more.swap_remove(at).1)
    }

    /// Where there is something; the preferred ones come last.
    pub(crate) fn homes(&self) -> impl Iterator<Item = Home> {
        let more = self.more.iter().flat_map(|more| more.iter()).map(|(home, _)| *home);
        let preferred = |family, slot: &Option<(u8, T)>| slot.as_ref().map(|(nth, _)| Home { family, nth: *nth });
        more.chain(preferred(Family::V4, &self.v4)).chain(preferred(Family::V6, &self.v6))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn addresses_are_told_apart_by_family_and_place() {
        let more = ["192.0.2.1", "192.0.2.2", "::", "2001:db8::1", "::ffff:192.0.2.2", "2001:db8::2"].map(ip);
        let all = Addresses::new(ip("192.0.2.1"), more);
        let of = |family| all.of(family).map(|(home, ip)| (home.nth, ip)).collect::<Vec<_>>();
        assert_eq!(of(Family::V4), [(0, ip("192.0.2.1")), (1, ip("192.0.2.2"))]);
        assert_eq!(of(Family::V6), [(0, ip("2001:db8::1")), (1, ip("2001:db8::2"))]);
        assert_eq!((all.first(), all.count()), (ip("192.0.2.1"), 4));
        assert_eq!(all.at(Home { family: Family::V4, nth: 1 }), Some(ip("192.0.2.2")));

        let one = Addresses::from(ip("::ffff:192.0.2.1"));
        assert_eq!((one.at(Family::V4.into()), one.at(Family::V6.into())), (Some(ip("192.0.2.1")), None));
        assert_eq!(one.count(), 1);

        let many = Addresses::new(ip("10.0.0.0"), (1..=255).map(|n| IpAddr::from([10, 0, 0, n])));
        assert_eq!(many.count(), usize::from(Home::MOST));
    }

    #[test]
    fn one_of_a_family_is_preferred_and_the_others_stay() {
        let [first, second] = [0, 1].map(|nth| Home { family: Family::V4, nth });
        let six = Home::from(Family::V6);
        let mut each = Each::default();
        assert_eq!((each.put(first, "a"), each.put(six, "c"), each.put(second, "b")), (None, None, None));
        assert_eq!((each.of(Family::V4), each.of(Family::V6)), (Some(&"b"), Some(&"c")));
        assert_eq!((each.at(first), each.at(second), each.at(six)), (Some(&"a"), Some(&"b"), Some(&"c")));
        assert!(each.prefer(first) && !each.prefer(first) && !each.prefer(Home { nth: 2, ..first }));
        assert_eq!((each.of(Family::V4), each.at(second)), (Some(&"a"), Some(&"b")));
        assert_eq!(each.homes().collect::<Vec<_>>(), [second, first, six]);
        let all = |family| each.all_of(family).copied().collect::<Vec<_>>();
        assert_eq!((all(Family::V4), all(Family::V6)), (vec!["a", "b"], vec!["c"]));
        assert_eq!((each.put(second, "d"), each.of(Family::V4), each.at(first)), (Some("b"), Some(&"d"), Some(&"a")));
    }
}
