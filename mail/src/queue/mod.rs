//! The outbound mail queue: which mail is due, and what follows an attempt. It holds identities and times only; bodies and all
//! that must survive are in the store.
//!
//! Semantics: a mail is tried until a server took it, a server refused it for good, or the policy gives up. Each attempt's fate is
//! decided once, by [`Queue::tried`], and the caller makes it durable. If the connection broke after the final dot, we cannot
//! know whether the server took it: it is tried again and may arrive twice, with the same Message-ID, so that a reader's server
//! can tell (RFC 5321, 4.5.3.2.6). A fax is never sent twice that way: this queue is for mail.
//!
//! What tells of a call for help is urgent: it comes before all that is due, and has one place on the wire that nothing else takes. A backlog of
//! a day, or deliveries that all hang, must not stand before it.

mod policy;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::mail::SmtpReply;
use model::{Instant, MailId, Now, Random, Wall};
use store::effect::{MailNext, WaitingMail};

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
    /// Every waiting mail that is not urgent, by the time of its next attempt.
    due: BTreeSet<(Instant, MailId)>,
    /// Every one that is.
    urgent: BTreeSet<(Instant, MailId)>,
    /// Both, by identity, so that a mail is never in twice; whether it is urgent.
    waiting: BTreeMap<MailId, (Instant, bool)>,
    /// Those that are being delivered; whether they are urgent.
    on_wire: BTreeMap<MailId, bool>,
}

impl Queue {
    /// An empty queue.
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            due: BTreeSet::new(),
            urgent: BTreeSet::new(),
            waiting: BTreeMap::new(),
            on_wire: BTreeMap::new(),
        }
    }

    /// After a start: what the store still has. Times are the wall's; from here on the monotonic clock counts, so that a jump of
    /// the wall clock neither delays a mail nor sends all at once.
    pub fn restore(&mut self, now: Now, mails: impl IntoIterator<Item = WaitingMail>) {
        for WaitingMail { mail, due, urgent } in mails {
            let wait = u64::try_from(due.millis_since(now.wall)).unwrap_or(0);
            // A clock that was wrong when the time was written must not hold a mail for years.
            let wait = Duration::from_millis(wait).min(self.policy.longest_wait());
            self.put(mail, now.instant + wait, urgent);
        }
    }

    /// A mail was queued, durably; it is due now.
    pub fn queued(&mut self, now: Now, mail: MailId) {
        self.put(mail, now.instant, false);
    }

    /// The same, of one that tells of a call for help.
    pub fn queued_urgent(&mut self, now: Now, mail: MailId) {
        self.put(mail, now.instant, true);
    }

    /// The next mail to deliver; ask until `None`. A mail that was given stays on the wire until [`Queue::tried`].
    pub fn poll(&mut self, now: Now) -> Option<Deliver> {
        let (_, mail) = self.next().into_iter().flatten().find(|(due, _)| *due <= now.instant)?;
        let urgent = self.take(mail)?;
        self.on_wire.insert(mail, urgent);
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
        let urgent = self.on_wire.remove(&mail).unwrap_or(false);
        match self.policy.after(reply, tries, now.wall.millis_since(created), random) {
            policy::Next::Delivered => MailNext::Delivered,
            policy::Next::GaveUp => MailNext::GaveUp,
            policy::Next::Wait(wait) => {
                self.put(mail, now.instant + wait, urgent);
                MailNext::Retry { at: now.wall + wait }
            }
        }
    }

    /// The mail is gone from the store: an attempt that found nothing to deliver ended.
    pub fn forget(&mut self, mail: MailId) {
        self.on_wire.remove(&mail);
        self.take(mail);
    }

    /// When [`Queue::poll`] may have something new, if nothing else happens first.
    pub fn next_timeout(&self) -> Instant {
        self.next().into_iter().flatten().map(|(due, _)| due).min().unwrap_or(Instant::FAR_FUTURE)
    }

    /// How many mails wait or are on the wire.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.on_wire.len()
    }

    /// Something is on the wire.
    pub fn delivers(&self) -> bool {
        !self.on_wire.is_empty()
    }

    /// Nothing waits and nothing is on the wire.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first of each kind for which there is a place, the urgent one before the other.
    fn next(&self) -> [Option<(Instant, MailId)>; 2] {
        let has_place = |more| self.on_wire.len() < self.policy.concurrency + more;
        [(&self.urgent, 1), (&self.due, 0)].map(|(kind, more)| kind.first().copied().filter(|_| has_place(more)))
    }

    fn put(&mut self, mail: MailId, due: Instant, urgent: bool) {
        if self.on_wire.contains_key(&mail) {
            return;
        }
        self.take(mail);
        self.waiting.insert(mail, (due, urgent));
        self.of_kind(urgent).insert((due, mail));
    }

    /// It waits no more. Whether it is urgent, if it did.
    fn take(&mut self, mail: MailId) -> Option<bool> {
        let (due, urgent) = self.waiting.remove(&mail)?;
        self.of_kind(urgent).remove(&(due, mail));
        Some(urgent)
    }

    const fn of_kind(&mut self, urgent: bool) -> &mut BTreeSet<(Instant, MailId)> {
        if urgent { &mut self.urgent } else { &mut self.due }
    }
}
