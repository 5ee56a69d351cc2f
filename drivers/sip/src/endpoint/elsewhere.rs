//! Requests inside a call that come by another path than the call: who may move it, change it or end it.
//!
//! A server may ask for a proof of any request but ACK and CANCEL (RFC 3261 section 22.1); PRACK and UPDATE are requests like any other there
//! (RFC 3262 section 3, RFC 3311 section 5). We ask where it means something. By the path of the call itself (the same address and port, or
//! the same connection; of a phone that listens on another port than it sends from, the same address) comes whoever began it, or whoever
//! wrote on their wire, and a digest helps against neither. By any other path comes a phone that moved, or somebody who knows the call by name: the lamps of the clinic tell every phone the Call-ID and both tags of
//! every call, so that it can be picked up (RFC 4235), and these names alone must not be enough to send its sound elsewhere, to hand it on or
//! to end it. So a request by another path is signed by the phone's own user, or is not taken, and moves nothing.
//!
//! Never asked: a call for help, whose phone need not be anybody's; and a trunk, which has no account with us. Its tags nobody is told.

use super::Endpoint;
use crate::admission::calls_for_help;
use crate::api::{Auth, Flow, LegId};
use crate::transaction::is_reliable;
use crate::transaction::server::User;
use crate::wire::Request;

impl Endpoint {
    /// Whose call it is that comes in, for later.
    pub(super) fn owner_of(&self, auth: &Auth, trunk: bool, request: &Request) -> Option<String> {
        match auth {
            Auth::Valid { user } if !trunk && !calls_for_help(&self.config, request) => Some(user.clone()),
            _ => None,
        }
    }

    /// Gives a request back that may be taken. Another one is answered here.
    pub(super) fn signed_elsewhere(
        &mut self,
        leg: LegId,
        path: Flow,
        flow: Flow,
        request: Request,
        tag: &str,
    ) -> Option<Request> {
        let owner = self.legs.get(leg)?.owner.clone().filter(|_| is_elsewhere(path, flow));
        let Some(owner) = owner else { return Some(request) };
        let auth = self.evaluate(flow, &request);
        self.judge_sender(flow, &auth, &request);
        let stale = match auth {
            Auth::Valid { user } if user == owner => return Some(request),
            Auth::Valid { .. } => {
                self.stateless(flow, &request.message, 403, |writer| writer);
                return None;
            }
            Auth::Stale => true,
            Auth::None | Auth::Wrong => false,
        };
        let server = self.servers.create(&mut self.cx, request, flow, tag.to_owned(), User::Endpoint);
        self.challenge(server, stale);
        None
    }
}

/// True if two paths are not the same: over connections these must be, over datagrams the addresses.
fn is_elsewhere(path: Flow, flow: Flow) -> bool {
    let connections = is_reliable(path) || is_reliable(flow);
    (connections && path.connection != flow.connection) || path.remote != flow.remote
}
