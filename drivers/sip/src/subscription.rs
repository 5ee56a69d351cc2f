//! Subscriptions as their notifier keeps them (RFC 6665 section 4.2).

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use model::Instant;

use crate::api::{Flow, Package, SubscriptionId};
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
    /// Whose phone it is, if that was proved.
    pub(crate) owner: Option<String>,
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
    /// What was said last has not arrived: everything is to be said anew as soon as there is a way.
    pub(crate) owed: bool,
}

/// All subscriptions, also by the tag of our end.
#[derive(Default)]
pub(crate) struct Subscriptions {
    map: ByNumber<SubscriptionId, Subscription>,
    tags: HashMap<String, SubscriptionId>,
    /// Those whose phone has not been heard since its connection ended.
    missing: BTreeSet<SubscriptionId>,
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
        self.missing.remove(&id);
        Some(subscription)
    }

    /// Those whose documents go by this path, in order.
    pub(crate) fn over(&self, flow: Flow) -> Vec<SubscriptionId> {
        let over = self.map.iter().filter(|(_, found)| found.dialog.flow == flow);
        let mut over: Vec<SubscriptionId> = over.map(|(id, _)| *id).collect();
        over.sort_unstable();
        over
    }

    /// The connection of this one's phone has ended.
    pub(crate) fn misses(&mut self, id: SubscriptionId) {
        self.missing.insert(id);
    }

    /// Those of this user whose phone has not been heard since its connection ended.
    pub(crate) fn missing_of(&mut self, user: &str) -> Vec<SubscriptionId> {
        let map = &self.map;
        self.missing.retain(|id| map.get(id).is_some_and(|found| found.dialog.severed.is_some()));
        let of = |id: &&SubscriptionId| map.get(*id).is_some_and(|found| found.owner.as_deref() == Some(user));
        self.missing.iter().filter(of).copied().collect()
    }
}
