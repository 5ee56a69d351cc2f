//! The trunks: what the endpoint must know of each, whether its carrier knows us, and where its servers are.

mod registered;
mod servers;

use std::net::SocketAddr;

use model::Settings;
use model::settings::Trunk;
use sip::api::{Flow, Transport};

pub(crate) use registered::Registered;
pub(crate) use servers::Servers;
pub use servers::{target_of, target_text};

/// The host part of a trunk's URIs.
pub(crate) fn domain(trunk: &Trunk) -> String {
    trunk.terms.domain.clone().unwrap_or_else(|| trunk.server.to_string())
}

/// What the endpoint must know of the trunks, each at the addresses that `paths` gives: where it is, and where it was until lately.
pub(crate) fn for_endpoint(
    settings: &Settings,
    paths: impl Fn(&Trunk) -> (Vec<Flow>, Vec<SocketAddr>),
) -> Vec<sip::api::Trunk> {
    let one = |trunk: &Trunk| {
        let (terms, (flows, former)) = (&trunk.terms, paths(trunk));
        let stream = flows.first().map_or(Transport::Udp, |f| f.transport);
        let parameter = if stream == Transport::Udp { String::new() } else { format!(";transport={stream}") };
        let plain = sip::api::Trunk::new(trunk.name.as_str(), domain(trunk), flows);
        sip::api::Trunk {
            former,
            also_from: trunk.also_from.clone(),
            proxy: terms.proxy.then(|| format!("sip:{};lr{parameter}", trunk.server)),
            user: terms.account.as_ref().map(|a| a.user.clone()).unwrap_or_default(),
            registers: terms.account.as_ref().is_some_and(|a| a.registers),
            expires: terms.account.as_ref().map_or(3600, |a| a.expires),
            large_over_tcp: terms.large_over_tcp,
            ..plain
        }
    };
    settings.trunks.iter().map(one).collect()
}
