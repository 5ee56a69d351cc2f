//! What carriers say of a call that they bring: who calls, whether that may be told, and for whom it was meant.

use super::Endpoint;
use crate::api::{Flow, Named, Vouched};
use crate::trunks::TrunkId;
use crate::wire::{Address, Message, Name, Request, Scheme, lex};

/// Earlier targets of one call that are kept. Nobody forwards more often, and no display shows more.
const MAX_DIVERSIONS: usize = 8;

impl Endpoint {
    /// The trunk that a request comes from.
    pub(super) fn trunk_of(&self, flow: &Flow, request: &Request) -> Option<TrunkId> {
        let inside = self.peers.networks.iter().any(|n| n.contains(flow.remote.ip()));
        self.trunks.of_request(flow, request, inside)
    }

    /// What the trunk says of its call.
    pub(super) fn vouched(&self, id: TrunkId, message: &Message) -> Option<Vouched> {
        let trunk = self.trunks.lines.get(&id)?.config.name.clone();
        let asserted = message.list(Name::PAssertedIdentity).find_map(|value| named(value, true));
        Some(Vouched { trunk, asserted, private: is_private(message), diverted: diverted(message) })
    }

    /// Whom a call over our own registration is for: its Request-URI is our Contact, which names only us.
    pub(super) fn called_at_contact(&self, id: TrunkId, request: &Request) -> Option<String> {
        let line = self.trunks.lines.get(&id)?;
        let uri = request.uri().filter(|uri| line.is_contact(uri))?;
        if uri.user() != line.config.user {
            return None;
        }
        [Name::PCalledPartyId, Name::To].into_iter().find_map(|name| {
            let value = request.message.list(name).next()?;
            Some(Address::parse(value).ok()?.uri.user()).filter(|user| !user.is_empty())
        })
    }
}

fn named(value: &[u8], number: bool) -> Option<Named> {
    let address = Address::parse(value).ok()?;
    let usable = !number || matches!(address.uri.scheme, Scheme::Sip | Scheme::Sips | Scheme::Tel);
    usable.then(|| Named { user: address.uri.user().into(), display: address.name().into() })
}

/// RFC 3323 section 4.2, with "none" as its opposite.
pub(super) fn is_private(message: &Message) -> bool {
    let values = message.values(Name::Privacy).flat_map(|v| v.split(|b| matches!(b, b';' | b',')));
    values
        .map(lex::trim)
        .any(|v| [&b"id"[..], b"user", b"header", b"session"].iter().any(|p| v.eq_ignore_ascii_case(p)))
}

/// Diversion has the last one first (RFC 5806 section 5); History-Info has them in order, the last one is who is called now (RFC 7044 section 5).
fn diverted(message: &Message) -> Vec<Named> {
    let diversion: Vec<Named> =
        message.list(Name::Diversion).take(MAX_DIVERSIONS).filter_map(|v| named(v, false)).collect();
    if !diversion.is_empty() {
        return diversion;
    }
    let mut history: Vec<Named> =
        message.list(Name::HistoryInfo).take(MAX_DIVERSIONS + 1).filter_map(|v| named(v, false)).collect();
    history.pop();
    history.reverse();
    history
}
