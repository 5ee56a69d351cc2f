//! Subscriptions as their notifier keeps them (RFC 6665 section 4.2).

use std::collections::HashMap;

use bytes::Bytes;
use model::Instant;

use crate::api::{Package, SubscriptionId};
use crate::dialog::Dialog;
use crate::transaction::server::ServerId;
use model::table::ByNumber;

/// The longest that a subscription lives without being asked for again. Subscriptions do not outlive a restart, and a phone only learns so
/// when it refreshes: for no longer than this its lamps are dark.
pub(crate) const LONGEST: u32 = 600;
/// Shorter asks for traffic; 423 says so.
pub(crate) const SHORTEST: u32 = 60;

/// One subscription.
pub(crate) struct Subscription {
    pub(crate) dialog: Dialog,
    /// The value of Event as it came, with its `id`: every NOTIFY repeats it.
    pub(crate) event: Bytes,
    pub(crate) package: Package,
    /// It was accepted: what its phone asks for beyond it can be refused without ending it.
    pub(crate) accepted: bool,
    /// The SUBSCRIBE that its user has not answered yet, and for how many seconds it asks.
    pub(crate) asked: Option<(ServerId, u32)>,
    /// It is about many resources.
    pub(crate) list: bool,
    pub(crate) until: Instant,
    /// The next document is the last: it was asked for no longer, or never for longer than now.
    pub(crate) last: bool,
    /// A NOTIFY waits for its answer. There is only one at a time, so that none overtakes another.
    pub(crate) under_way: bool,
    /// It was refreshed meanwhile: everything is to be said anew.
    pub(crate) wanted: bool,
}

/// All subscriptions, also by the tag of our end.
#[derive(Default)]
pub(crate) struct Subscriptions {
    map: ByNumber<SubscriptionId, Subscription>,
    tags: HashMap<String, SubscriptionId>,
    next: u64,
}

impl Subscriptions {
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    pub(crate) fn insert(&mut self, subscription: Subscription) -> SubscriptionId {
        self.next += 1;
        let id = SubscriptionId(self.next);
        self.tags.insert(subscription.dialog.local_tag.clone(), id);
        self.map.insert(id, subscription);
        id
    }

    pub(crate) fn find(&mut self, id: SubscriptionId) -> Option<&mut Subscription> {
        self.map.get_mut(&id)
    }

    pub(crate) fn by_tag(&mut self, tag: &[u8]) -> Option<(SubscriptionId, &mut Subscription)> {
        let id = *self.tags.get(std::str::from_utf8(tag).ok()?)?;
        Some((id, self.map.get_mut(&id)?))
    }

    pub(crate) fn remove(&mut self, id: SubscriptionId) -> Option<Subscription> {
        let subscription = self.map.remove(&id)?;
        self.tags.remove(&subscription.dialog.local_tag);
        Some(subscription)
    }
}
