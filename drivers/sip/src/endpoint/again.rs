//! The same request by another way.
//!
//! Of any other request the second copy is refused with 482 (RFC 3261 section 8.2.2.2): the first is being answered. A phone that calls for help
//! may have sent the second because no answer to the first can reach it: its connection broke, or its datagrams are lost. So such a call goes on
//! by the way that it came by last. It stays one call, and help is called once.

use bytes::Bytes;

use super::Endpoint;
use crate::admission::calls_for_help;
use crate::api::Flow;
use crate::dialog::leg::Phase;
use crate::dialog::{contact, listening};
use crate::transaction::server::{ServerId, User, response_flow};
use crate::wire::{self, Request};

impl Endpoint {
    /// A request that is the same as that of this transaction, and came as another branch.
    pub(super) fn merged(&mut self, flow: Flow, id: ServerId, request: Request) {
        let Some(request) = self.goes_on(flow, id, request) else { return };
        self.stateless(flow, &request.message, 482, |writer| writer);
    }

    /// Gives a request back that moves nothing: it is no call for help, or its caller has the answer already.
    fn goes_on(&mut self, flow: Flow, id: ServerId, request: Request) -> Option<Request> {
        let Some(User::Leg(leg)) = self.servers.find(id).map(|server| server.user) else { return Some(request) };
        let Some(found) = self.legs.find(leg) else { return Some(request) };
        // The call of somebody who is known, or of a carrier, is moved by nobody who writes the same names and dials such a number.
        let is_for_help = calls_for_help(&self.config, &request) && found.owner.is_none() && found.over.is_none();
        let waits = matches!(found.phase, Phase::Incoming { .. } | Phase::Accepted { bye: false });
        if !is_for_help || !waits {
            return Some(request);
        }
        found.dialog.comes_by(&request, listening(flow, &request));
        let ours = contact(flow);
        let anew =
            |data: &Bytes| wire::readdress(data, &request.message, flow.remote, &ours).unwrap_or_else(|| data.clone());
        let way = response_flow(request.via().as_ref(), flow);
        let mut said = None;
        if let Some(answer) = &mut found.unacknowledged {
            (answer.data, answer.flow) = (anew(&answer.data), way);
            said = Some(answer.data.clone());
        }
        if let Some(ringing) = found.reliable.as_mut().and_then(|reliable| reliable.sent.as_mut()) {
            (ringing.data, ringing.flow) = (anew(&ringing.data), way);
        }
        self.servers.comes_again(&mut self.cx, id, request, flow, &ours);
        // In Accepted its leg repeats the answer.
        if let Some(said) = said {
            self.cx.transmit(way, said);
        }
        None
    }
}
