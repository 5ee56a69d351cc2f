//! A clinic with a network for its phones beside the one of its offices, and its carrier in a third: real interfaces, each of a host of its own, and
//! no route from one network to another.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::Demo;
use crate::baresip::Baresip;
use crate::network::{Host, Networks};
use crate::softphone::{self, Encryption, Way};

/// Where the box is: outside, among its phones, and in the offices.
pub const BOX: [&str; 5] = ["10.66.3.1", "10.66.1.1", "10.66.2.1", "fd66:1::1", "fd66:2::1"];
/// Where its trunk leads.
pub const CARRIER: &str = "10.66.3.9";
/// What phones listen to.
pub const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(239, 195, 7, 66)), 5004);

/// The clinic, with its networks "voice", "office" and "outside".
pub struct Clinic {
    /// The appliance.
    pub demo: Demo,
    /// The box that it runs on.
    pub there: Host,
    /// In the phones' network, at 10.66.1.11 and fd66:1::11.
    pub desk: Host,
    /// In the offices, at 10.66.2.12 and fd66:2::12.
    pub nurse: Host,
    /// Outside.
    pub carrier: Host,
    // They go last, when nothing is in them any more.
    networks: Networks,
}

impl Clinic {
    /// `None` where no networks can be made, which is said.
    ///
    /// # Panics
    /// If it does not come to work.
    pub fn open() -> Option<Self> {
        let mut networks = Networks::new(&["voice", "office", "outside"])?;
        let there = networks.host(
            "box",
            &[
                ("outside", &["10.66.3.1/24"]),
                ("voice", &["10.66.1.1/24", "fd66:1::1/64"]),
                ("office", &["10.66.2.1/24", "fd66:2::1/64"]),
            ],
        );
        let desk = networks.host("desk", &[("voice", &["10.66.1.11/24", "fd66:1::11/64"])]);
        let nurse = networks.host("nurse", &[("office", &["10.66.2.12/24", "fd66:2::12/64"])]);
        let carrier = networks.host("carrier", &[("outside", &["10.66.3.9/24"])]);
        let demo = Demo::appliance_at(&there, &BOX.map(ip), |sample| {
            let own = "networks = [\"10.66.1.0/24\", \"10.66.2.0/24\", \"fd66:1::/64\", \"fd66:2::/64\"]";
            let plan =
                format!("plan = \"\"\"\npage = {{ multicast = '{GROUP}' }}\n[outside]\nnational = 'main'\n\"\"\"");
            let sample = changed(sample, "networks = [\"127.0.0.0/8\", \"::1\"]", own);
            let sample = changed(&sample, "plan = \"solo-practice\"", &plan);
            changed(&sample, "127.0.0.1:PORT_CARRIER", &format!("{CARRIER}:5060"))
        });
        Some(Self { demo, there, desk, nurse, carrier, networks })
    }

    /// The phone of this extension at a host, which has this address and finds the box at that one. Its tone has
    /// `8000 / period` Hz.
    ///
    /// # Panics
    /// As [`Baresip::start`].
    pub fn phone(&self, (host, own): (&Host, &str), user: &str, period: u16, server: &'static str) -> Baresip {
        self.phone_with(host, user, period, softphone::Host { own: ip(own), server, dns: None })
    }

    /// The same, and it asks this server for names.
    ///
    /// # Panics
    /// As [`Baresip::start`].
    pub fn phone_with(&self, host: &Host, user: &str, period: u16, at: softphone::Host) -> Baresip {
        host.inside(|| Baresip::start_as(&self.demo, user, 0, period, Way::From(at), Encryption::None))
    }

    /// One more host in one of the networks.
    ///
    /// # Panics
    /// As [`Networks::host`].
    pub fn visitor(&mut self, name: &str, network: &str, address: &str) -> Host {
        self.networks.host(name, &[(network, &[address])])
    }
}

fn changed(text: &str, from: &str, to: &str) -> String {
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "the sample has {from}");
    changed
}

/// An address.
///
/// # Panics
/// If it is none.
pub fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// The addresses for sound that this phone has named and was told, in all of its calls.
///
/// # Panics
/// If it was told something else.
pub fn places(phone: &Baresip) -> BTreeSet<IpAddr> {
    let printed = phone.printed();
    let named = printed.lines().filter_map(|line| line.trim().strip_prefix("c=IN IP"));
    named.map(|rest| ip(rest.split_once(' ').expect("a family and an address").1)).collect()
}
