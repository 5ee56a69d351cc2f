//! A leg: one call's dialog as its user sees it, from the first INVITE to its one end.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;

use super::Dialog;
use super::referral::Referral;
use crate::api::{Flow, LegId};
use crate::transaction::client::ClientId;
use crate::transaction::server::ServerId;

/// How often a re-INVITE of ours is sent again after glare before its user is told.
pub(crate) const MAX_GLARE: u8 = 5;

/// One leg.
pub(crate) struct Leg {
    pub(crate) dialog: Dialog,
    pub(crate) phase: Phase,
    pub(crate) exchange: Exchange,
    /// Our 2xx whose ACK has not come.
    pub(crate) unacknowledged: Option<Unacknowledged>,
    /// A session that our user wants to offer as soon as the exchange is stable.
    pub(crate) wanted: Option<Bytes>,
    /// The REFER that is under way.
    pub(crate) referral: Option<Referral>,
    /// There was a REFER before.
    pub(crate) was_referred: bool,
}

impl Leg {
    /// True if its peer knows it by this Call-ID and its own tag.
    pub(crate) fn has_dialog(&self, call_id: &[u8], remote_tag: &[u8]) -> bool {
        self.dialog.call_id == call_id && self.dialog.remote_tag == remote_tag
    }
}

/// How far a leg has come.
pub(crate) enum Phase {
    /// Incoming, not yet finally answered.
    Incoming { server: ServerId, has_offer: bool },
    /// Incoming, our 2xx is not acknowledged. `bye`: our user gave it up meanwhile, but a callee may send BYE only after
    /// the ACK or its timeout (RFC 3261 section 15).
    Accepted { bye: bool },
    /// Outgoing, not yet finally answered.
    Outgoing { client: ClientId },
    /// Outgoing and given up by its user: CANCEL was sent, or is sent after the first provisional response.
    Cancelling { sent: bool },
    /// The call stands.
    Confirmed,
    /// Gone for its user; our BYE is under way.
    Ending,
}

/// The 2xx that a leg repeats until it is acknowledged.
pub(crate) struct Unacknowledged {
    pub(crate) data: Bytes,
    pub(crate) flow: Flow,
    pub(crate) cseq: u32,
    pub(crate) interval: Duration,
}

/// The offer/answer exchange after the first one (RFC 3264, RFC 6337): at most one at a time, in either direction.
/// A refusal or 491 leads back to `Stable`, and the session is as it was.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Exchange {
    /// Both know the same session.
    #[default]
    Stable,
    /// Our offer waits for the answer, in the response to our re-INVITE.
    Offered { client: ClientId, body: Bytes, attempt: u8 },
    /// Our offer met theirs; it goes out again when the timer ends.
    Backoff { body: Bytes, attempt: u8 },
    /// Their re-INVITE waits for our user.
    Asked { server: ServerId, empty: bool },
    /// Our 2xx carried our offer; its ACK must carry their answer.
    AwaitAnswer,
}

impl Exchange {
    /// True if a re-INVITE of theirs collides with one of ours.
    pub(crate) const fn is_ours(&self) -> bool {
        matches!(self, Self::Offered { .. } | Self::AwaitAnswer)
    }
}

/// All legs, also by the tag of our end, which is random and so names one dialog.
#[derive(Default)]
pub(crate) struct Legs {
    map: HashMap<LegId, Leg>,
    tags: HashMap<String, LegId>,
    next: u64,
}

impl Legs {
    /// A number for an incoming leg.
    pub(crate) fn number(&mut self) -> LegId {
        self.next += 1;
        LegId(self.next)
    }

    pub(crate) fn insert(&mut self, id: LegId, dialog: Dialog, phase: Phase) {
        self.tags.insert(dialog.local_tag.clone(), id);
        let leg = Leg {
            dialog,
            phase,
            exchange: Exchange::Stable,
            unacknowledged: None,
            wanted: None,
            referral: None,
            was_referred: false,
        };
        self.map.insert(id, leg);
    }

    pub(crate) fn find(&mut self, id: LegId) -> Option<&mut Leg> {
        self.map.get_mut(&id)
    }

    pub(crate) fn get(&self, id: LegId) -> Option<&Leg> {
        self.map.get(&id)
    }

    /// The leg whose end here has this tag.
    pub(crate) fn tagged(&self, tag: &[u8]) -> Option<(LegId, &Leg)> {
        let id = *self.tags.get(std::str::from_utf8(tag).ok()?)?;
        Some((id, self.map.get(&id)?))
    }

    pub(crate) fn by_tag(&mut self, tag: &[u8]) -> Option<(LegId, &mut Leg)> {
        let id = *self.tags.get(std::str::from_utf8(tag).ok()?)?;
        Some((id, self.map.get_mut(&id)?))
    }

    pub(crate) fn contains(&self, id: LegId) -> bool {
        self.map.contains_key(&id)
    }

    pub(crate) fn remove(&mut self, id: LegId) -> Option<Leg> {
        let leg = self.map.remove(&id)?;
        self.tags.remove(&leg.dialog.local_tag);
        Some(leg)
    }

    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }
}
