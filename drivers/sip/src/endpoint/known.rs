//! Streams whose owner is known without a digest, as one is that shows a client certificate: whoever handed the stream in has seen who is at its
//! other end, and the stream is theirs until it ends. The number of a stream is never used again, so nobody inherits it; what has no
//! stream of its own (a datagram) cannot be known so.

use std::collections::HashMap;

use model::Pii;

use super::Endpoint;
use crate::api::{Auth, Flow};
use crate::wire::Request;

/// Users by the numbers of their streams. The shell bounds how many streams there are.
#[derive(Default)]
pub(super) struct Owners(HashMap<u64, String>);

impl Owners {
    /// The stream ended.
    pub(super) fn forget(&mut self, flow: Flow) {
        self.0.remove(&flow.connection);
    }

    pub(super) fn of(&self, flow: Flow) -> Option<&String> {
        self.0.get(&flow.connection).filter(|_| flow.transport.is_reliable())
    }
}

impl Endpoint {
    pub(super) fn known(&mut self, flow: Flow, user: &Pii<String>) {
        // Zero is every datagram, and any connection there may be.
        if flow.connection != 0 {
            self.owners.0.insert(flow.connection, user.expose().clone());
        }
    }

    /// Whose request this is: of the stream's owner, else of whom its digest proves.
    pub(super) fn evaluate(&mut self, flow: Flow, request: &Request) -> Auth {
        match self.owners.of(flow) {
            Some(user) => Auth::Valid { user: user.clone() },
            None => self.authenticator.evaluate(self.cx.now, request),
        }
    }
}
