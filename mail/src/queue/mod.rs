//! The outbound mail queue: which mail is due, and what follows an attempt. It holds identities and times only; bodies and all
//! that must survive are in the store.
//!
//! Semantics: a mail is tried until a server took it, a server refused it for good, or the policy gives up. Each attempt's fate is
//! decided once, by [`Queue::tried`], and the caller makes it durable. If the connection broke after the final dot, we cannot
//! know whether the server took it: it is tried again and may arrive twice, with the same Message-ID, so that a reader's server
//! can tell (RFC 5321, 4.5.3.2.6). A fax is never sent twice that way: this queue is for mail.

mod policy;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::mail::SmtpReply;
use model::{Instant, MailId, Now, Random, Wall};
use store::effect::MailNext;

pub use policy::{Policy, refuses_us};

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// Load this mail, deliver it, and call [`Queue::tried`].
    pub mail: MailId,
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    policy: Policy,
    /// Every waiting mail, by the time of its next attempt.
    due: BTreeSet<(Instant, MailId)>,
    /// The same, by identity, so that a mail is never in twice.
    waiting: BTreeMap<MailId, Instant>,
    on_wire: BTreeSet<MailId>,
}

impl Queue {
    /// An empty queue.
    pub const fn new(policy: Policy) -> Self {
        Self { policy, due: BTreeSet::new(), waiting: BTreeMap::new(), on_wire: BTreeSet::new() }
    }

    /// After a start: what the store still has. Times are the wall's; from here on the monotonic clock counts, so that a jump of
    /// the wall clock neither delays a mail nor sends all at once.
    pub fn restore(&mut self, now: Now, mails: impl IntoIterator<Item = (MailId, Wall)>) {
        for (mail, due) in mails {
            let wait = u64::try_from(due.millis_since(now.wall)).unwrap_or(0);
            // A clock that was wrong when the time was written must not hold a mail for years.
            let wait = Duration::from_millis(wait).min(self.policy.longest_wait());
            self.put(mail, now.instant + wait);
        }
    }

    /// A mail was queued, durably; it is due now.
    pub fn queued(&mut self, now: Now, mail: MailId) {
        self.put(mail, now.instant);
    }

    /// The next mail to deliver; ask until `None`. A mail that was given stays on the wire until [`Queue::tried`].
    pub fn poll(&mut self, now: Now) -> Option<Deliver> {
        if self.on_wire.len() >= self.policy.concurrency {
            return None;
        }
        let &(due, mail) = self.due.first()?;
        if due > now.instant {
            return None;
        }
        self.due.pop_first();
        self.waiting.remove(&mail);
        self.on_wire.insert(mail);
        Some(Deliver { mail })
    }

    /// An attempt ended. `tries` counts the attempts before this one, `created` is when the mail was queued.
    pub fn tried(
        &mut self,
        now: Now,
        mail: MailId,
        reply: &SmtpReply,
        tries: u32,
        created: Wall,
        random: &mut Random,
    ) -> MailNext {
        self.on_wire.remove(&mail);
        match self.policy.after(reply, tries, now.wall.millis_since(created), random) {
            policy::Next::Delivered => MailNext::Delivered,
            policy::Next::GaveUp => MailNext::GaveUp,
            policy::Next::Wait(wait) => {
                self.put(mail, now.instant + wait);
                MailNext::Retry { at: now.wall + wait }
            }
        }
    }

    /// The mail is gone from the store: an attempt that found nothing to deliver ended.
    pub fn forget(&mut self, mail: MailId) {
        self.on_wire.remove(&mail);
        if let Some(due) = self.waiting.remove(&mail) {
            self.due.remove(&(due, mail));
        }
    }

    /// When [`Queue::poll`] may have something new, if nothing else happens first.
    pub fn next_timeout(&self) -> Instant {
        let full = self.on_wire.len() >= self.policy.concurrency;
        self.due.first().filter(|_| !full).map_or(Instant::FAR_FUTURE, |(due, _)| *due)
    }

    /// How many mails wait or are on the wire.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.on_wire.len()
    }

    /// Nothing waits and nothing is on the wire.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn put(&mut self, mail: MailId, due: Instant) {
        if self.on_wire.contains(&mail) {
            return;
        }
        if let Some(before) = self.waiting.insert(mail, due) {
            self.due.remove(&(before, mail));
        }
        self.due.insert((due, mail));
    }
}
