//! The `Pbx` with its real neighbours, the SIP endpoint and the media engine, on a wire that loses datagrams by seed: what the scripts
//! of `pbx` assume of those two holds, and sound arrives where it should.

mod calls;
mod hold_and_transfer;
mod peer;
mod watching;
mod world;

use std::net::SocketAddr;

use model::Random;
use sip::Endpoint;
use sip::api as sip_api;

const CLINIC: &str = "10.0.0.1:5060";
const DESK: &str = "10.0.0.101:5060";
const NURSE: &str = "10.0.0.102:5060";
const CARRIER: &str = "192.0.2.1:5060";

fn at(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn endpoint(seed: u64, record: bool) -> Endpoint {
    let config = sip_api::Config {
        software: "wires".to_owned(),
        max_invites: 50,
        max_transactions: 500,
        emergency: vec!["911".to_owned()],
        record,
        ..sip_api::Config::new("clinic.demo")
    };
    Endpoint::new(config, Random::from_u64(seed))
}
