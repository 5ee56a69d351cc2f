//! The two families of addresses, IPv4 and IPv6. A session listens in those that its other end may send in, on a port of the same number in
//! each, and sends from the one of whom it sends to. So two ends of different families talk with each other like any two.

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

/// Our addresses: one of a family, or one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    first: IpAddr,
    other: Option<IpAddr>,
}

impl Addresses {
    /// This one, and the first of `more` that is of the other family. Wildcards are no address that anybody can be told.
    pub fn new(first: IpAddr, more: impl IntoIterator<Item = IpAddr>) -> Self {
        let first = first.to_canonical();
        let other = Family::of(first).other();
        let mut more = more.into_iter().map(|ip| ip.to_canonical());
        Self { first, other: more.find(|ip| Family::of(*ip) == other && !ip.is_unspecified()) }
    }

    /// The one that counts where nothing is known of the other end.
    pub const fn first(&self) -> IpAddr {
        self.first
    }

    /// The one of this family.
    pub fn of(&self, family: Family) -> Option<IpAddr> {
        if Family::of(self.first) == family { Some(self.first) } else { self.other }
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        if self.other.is_some() { 2 } else { 1 }
    }
}

impl From<IpAddr> for Addresses {
    fn from(only: IpAddr) -> Self {
        Self::new(only, [])
    }
}

/// Something of each family, if it is there.
#[derive(Debug)]
pub(crate) struct Each<T> {
    v4: Option<T>,
    v6: Option<T>,
}

impl<T> Default for Each<T> {
    fn default() -> Self {
        Self { v4: None, v6: None }
    }
}

impl<T> Each<T> {
    pub(crate) const fn of(&self, family: Family) -> Option<&T> {
        match family {
            Family::V4 => self.v4.as_ref(),
            Family::V6 => self.v6.as_ref(),
        }
    }

    /// Puts it there. What was there before.
    pub(crate) const fn put(&mut self, family: Family, what: T) -> Option<T> {
        match family {
            Family::V4 => self.v4.replace(what),
            Family::V6 => self.v6.replace(what),
        }
    }

    /// The families of which there is something.
    pub(crate) fn families(&self) -> impl Iterator<Item = Family> + use<T> {
        let there = [self.v4.as_ref().map(|_| Family::V4), self.v6.as_ref().map(|_| Family::V6)];
        there.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_first_of_each_family() {
        let more = ["192.0.2.2", "::", "2001:db8::1", "2001:db8::2"].map(ip);
        let both = Addresses::new(ip("192.0.2.1"), more);
        assert_eq!((both.of(Family::V4), both.of(Family::V6)), (Some(ip("192.0.2.1")), Some(ip("2001:db8::1"))));
        assert_eq!((both.first(), both.count()), (ip("192.0.2.1"), 2));

        let one = Addresses::from(ip("::ffff:192.0.2.1"));
        assert_eq!((one.of(Family::V4), one.of(Family::V6)), (Some(ip("192.0.2.1")), None));
        assert_eq!(one.count(), 1);
    }
}
