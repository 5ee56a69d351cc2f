//! Paging by multicast: phones that are set to listen to a group of addresses (Polycom, Yealink, Snom and others can) hear what is said to it,
//! all at once and without a call to each.

use std::net::{IpAddr, SocketAddr};

use crate::Plan;

/// Where phones listen: a group of addresses and an even port, as in "224.0.1.75:5004". Nothing of the control block 224.0.0.0/24, which belongs to the
/// network itself (RFC 5771 section 4).
pub(crate) fn group(text: &str) -> Option<SocketAddr> {
    let at: SocketAddr = text.parse().ok()?;
    let is_control = matches!(at.ip(), IpAddr::V4(ip) if ip.octets()[..3] == [224, 0, 0]);
    (at.ip().is_multicast() && !is_control && at.port() >= 1024 && at.port().is_multiple_of(2)).then_some(at)
}

impl Plan {
    /// Where phones listen to pages that go to no extension: `page = { multicast = "224.0.1.75:5004" }`.
    pub const fn page_group(&self) -> Option<SocketAddr> {
        self.page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_an_address_to_which_phones_may_listen() {
        for good in ["224.0.1.75:5004", "239.1.2.3:10000", "[ff15::75]:5004"] {
            assert!(group(good).is_some(), "{good}");
        }
        for bad in ["224.0.1.75", "224.0.0.251:5004", "10.0.0.1:5004", "224.0.1.75:5005", "224.0.1.75:80", "page"] {
            assert!(group(bad).is_none(), "{bad}");
        }
    }
}
