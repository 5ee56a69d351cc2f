//! Address ranges.

use std::fmt;
use std::net::IpAddr;

use super::raw::Check;

/// The widest range whose machines can be one organisation's: a slip of the pen must not let half of the internet in. Bits of its IPv4 and of its
/// IPv6 prefix.
const WIDEST: (u8, u8) = (16, 32);

/// An address range in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads "10.0.0.0/8" or "fd00::/8" or one address.
    pub fn parse(text: &str) -> Option<Self> {
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base.parse().ok()?, bits.parse().ok()?),
            None => {
                let base: IpAddr = text.parse().ok()?;
                (base, if base.is_ipv4() { 32 } else { 128 })
            }
        };
        (bits <= if base.is_ipv4() { 32 } else { 128 }).then_some(Self { base, bits })
    }

    /// True for a range of IPv4 addresses.
    pub const fn is_ipv4(&self) -> bool {
        self.base.is_ipv4()
    }

    /// It is more than one organisation's.
    pub(super) const fn is_wide(&self) -> bool {
        self.bits < if self.base.is_ipv4() { WIDEST.0 } else { WIDEST.1 }
    }

    /// True if the whole of `other` is in the range.
    pub fn covers(&self, other: &Self) -> bool {
        self.is_ipv4() == other.is_ipv4() && self.bits <= other.bits && self.contains(other.base)
    }

    /// True if `ip` is in the range. An IPv4 address that came mapped into IPv6 counts as the IPv4 address.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.base, ip.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(base) & mask == u32::from(ip) & mask
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                u128::from(base) & mask == u128::from(ip) & mask
            }
            _ => false,
        }
    }
}

/// As [`Network::parse`] reads it.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

/// Reads the clinic's own networks.
pub(super) fn check(check: &mut Check, raw: &[String]) -> Vec<Network> {
    let mut networks = Vec::new();
    for (i, text) in raw.iter().enumerate() {
        match Network::parse(text) {
            Some(n) => networks.push(n),
            None => check.say(format!("networks[{i}]"), "not an address range", "write it as in 192.168.1.0/24"),
        }
    }
    networks
}
