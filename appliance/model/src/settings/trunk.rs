//! Trunks: connections to carriers.

use std::net::SocketAddr;

use serde::Deserialize;

use super::raw::Check;

/// A connection to a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Its name in the plan ("main").
    pub name: String,
    /// Where its SIP end is.
    pub address: SocketAddr,
    /// How many calls it can carry.
    pub channels: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTrunk {
    name: String,
    address: String,
    #[serde(default = "ten")]
    channels: usize,
}

const fn ten() -> usize {
    10
}

/// Reads the trunks.
pub(super) fn check(check: &mut Check, raw: Vec<RawTrunk>) -> Vec<Trunk> {
    let mut trunks: Vec<Trunk> = Vec::new();
    for (i, t) in raw.into_iter().enumerate() {
        if trunks.iter().any(|other| other.name == t.name) {
            check.say(format!("trunks[{i}].name"), "two trunks have this name", "give each its own");
        }
        let address = check.address(&format!("trunks[{i}].address"), &t.address);
        trunks.push(Trunk { name: t.name, address, channels: t.channels });
    }
    trunks
}
