//! Who may speak with us, and how much at once. Both are decided before anything is allocated for a request.

use crate::api::{Config, Peers};
use crate::wire::Request;

/// What an endpoint has turned away, for its health page. Counts only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams and reads from outside the networks and trunks; dropped.
    pub foreign: u64,
    /// What was no SIP, or could not be answered.
    pub garbage: u64,
    /// Requests that were refused with a 4xx or 5xx because they were not valid.
    pub invalid: u64,
    /// Requests that were refused with 503 for lack of room.
    pub busy: u64,
}

/// Seconds of Retry-After with a 503: long enough to thin out a flood, short enough for a caller to wait.
pub(crate) const RETRY_AFTER: u32 = 5;

/// True if somebody at this address may speak with us at all.
pub(crate) fn is_peer(peers: &Peers, ip: std::net::IpAddr) -> bool {
    peers.networks.iter().any(|n| n.contains(ip)) || is_trunk(peers, ip)
}

/// True for a trunk's address.
pub(crate) fn is_trunk(peers: &Peers, ip: std::net::IpAddr) -> bool {
    let ip = ip.to_canonical();
    peers.trunks.iter().any(|t| t.to_canonical() == ip)
}

/// Transactions above `max_transactions` that calls for help may still take: more than there can be people in a clinic, and a bound
/// to what a flood that dials 911 can cost.
const EMERGENCY_RESERVE: usize = 1000;

/// True if a new request finds room. A call for help always does, short of a flood of such calls.
pub(crate) fn has_room(config: &Config, request: &Request, invite: bool, invites: usize, transactions: usize) -> bool {
    let room = transactions < config.max_transactions && (!invite || invites < config.max_invites);
    let help = || invite && request.uri().is_some_and(|uri| config.emergency.contains(&uri.user()));
    room || transactions < config.max_transactions.saturating_add(EMERGENCY_RESERVE) && help()
}
