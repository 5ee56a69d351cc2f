//! Every timer of the crate, and the one table that holds them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::Instant;

use crate::api::{LegId, SubscriptionId};
use crate::room::give_back;
use model::table::ByNumber;

/// The estimate of a round trip (RFC 3261 section 17.1.1.1).
pub(crate) const T1: Duration = Duration::from_millis(500);
/// The longest interval between retransmissions.
pub(crate) const T2: Duration = Duration::from_secs(4);
/// The longest time that a message stays in the network.
pub(crate) const T4: Duration = Duration::from_secs(5);
/// How long anything is tried: 64 × T1.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(32);
/// An INVITE that is not answered by then gets 100, so that it is not sent again (section 17.2.1).
pub(crate) const TRYING: Duration = Duration::from_millis(200);
/// How long a re-INVITE may be thought about without a word (Timer C, section 16.6: more than three minutes).
pub(crate) const NO_ANSWER: Duration = Duration::from_secs(181);
/// How long an outgoing call may ring without a word. How long it does is our user's to say, who lets a call for help ring for ten minutes; this
/// ends what a user has forgotten.
pub(crate) const RINGS_AT_MOST: Duration = Duration::from_secs(900);
/// How often an unanswered call is shown to be alive (section 13.3.1.1).
pub(crate) const STILL_RINGING: Duration = Duration::from_secs(60);
/// How long our user may think about an offer in an UPDATE or PRACK (RFC 3311 section 5.2: at once): well before Timer F of its sender.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);
/// When a refresh that was refused is tried again.
pub(crate) const REFRESH_AGAIN: Duration = Duration::from_secs(10);
/// When a peer that agreed to no session timer is asked whether it is still there, since one side may refresh alone: as often as if it had agreed
/// to the interval that RFC 4028 recommends (section 4). Two phones that lost their power say no BYE, and their call would never end.
pub(crate) const REFRESH_ALONE: Duration = Duration::from_secs(900);

/// By when a phone whose connection is gone has come back, or is lost: no registration is granted for longer, so that one that lives has registered
/// anew.
pub(crate) const COMES_BACK: Duration = Duration::from_secs(3600);

/// What is forgotten within this time is forgotten together, in nanoseconds: each call has five transactions, and a wake-up for each of them costs as
/// much as a message.
const TOGETHER: u64 = 250_000_000;

/// What a timer is for. One owner has at most one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// Sends our INVITE again, doubling; datagrams only.
    A,
    /// Our INVITE was not even provisionally answered: 408.
    B,
    /// Our call rings and nobody says anything any more: CANCEL and 408. Or our re-INVITE was only provisionally answered.
    C,
    /// A refused INVITE of ours waits for repetitions of the refusal, to acknowledge them.
    D,
    /// Sends our other request again, doubling up to T2.
    E,
    /// Our other request was not answered: 408.
    F,
    /// Sends our refusal of an INVITE again until its ACK comes.
    G,
    /// Our refusal of an INVITE was never acknowledged: forget it.
    H,
    /// The ACK of a refusal came; late repetitions are absorbed.
    I,
    /// Our answer to another request is kept for its repetitions.
    J,
    /// The answer to our other request came; late repetitions are absorbed.
    K,
    /// An accepted INVITE absorbs its repetitions (RFC 6026).
    L,
    /// Our accepted INVITE waits for further 2xx, of other forks or repeated (RFC 6026).
    M,
    /// Sends 100 unless something else was sent.
    Trying,
    /// Sends the last provisional answer again, against the Timer C of proxies.
    StillRinging,
    /// Sends our 2xx again until its ACK comes, doubling up to T2 (section 13.3.1.4).
    SendAccept,
    /// Our 2xx was never acknowledged: the leg is lost.
    AwaitAck,
    /// An INVITE of ours was cancelled, or its leg ended, and it has no final answer yet: forget it (section 9.1).
    Cancelled,
    /// A re-INVITE that met glare is sent again (section 14.1).
    Glare,
    /// Our refresh of the session is due (RFC 4028 section 10).
    Refresh,
    /// Nobody refreshed the session: the leg is lost.
    SessionExpires,
    /// Sends our reliable provisional response again until its PRACK comes, doubling (RFC 3262 section 3).
    SendReliable,
    /// Our reliable provisional response was never acknowledged: 504.
    AwaitPrack,
    /// Our user leaves an UPDATE or PRACK without an answer, and its sender gives up sooner than the sender of an INVITE: 504.
    Patience,
    /// Our user leaves the offer of a 2xx without an answer: the call is ended.
    Late,
    /// The subscription of a REFER expires (RFC 3515 section 2.4.4).
    Refer,
    /// A subscription's time is over (RFC 6665 section 4.2.1.3).
    Subscription,
    /// What a subscriber did not take is said again.
    TellAgain,
    /// Registers with a trunk, again.
    Register,
    /// An address of a trunk says nothing: the next one is tried (RFC 3263 section 4.3).
    Silence,
    /// Keeps a NAT open towards a registrar.
    KeepAlive,
    /// A stream began a message and does not end it: close it.
    Partial,
    /// Gives away the messages of legs that are over.
    Recorded,
    /// Tells the user what was turned away.
    Report,
}

impl Timer {
    /// Something is only forgotten then, of what was over long ago.
    const fn forgets(self) -> bool {
        matches!(self, Self::D | Self::H | Self::I | Self::J | Self::K | Self::L | Self::M)
    }
}

/// Whose timer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A server transaction.
    Server(u64),
    /// A client transaction.
    Client(u64),
    /// A leg.
    Leg(LegId),
    /// A subscription.
    Subscription(SubscriptionId),
    /// A trunk, by its number.
    Trunk(u64),
    /// A stream, by its number: there are many timers, and a flow is large.
    Stream(u64),
    /// The recorder.
    Recorder,
    /// Admission.
    Door,
}

/// The timers that are set.
#[derive(Default)]
pub(crate) struct Timers {
    due: BTreeSet<(Instant, Owner, Timer)>,
    /// Those that only forget, by the time at which they do it together. One that was unset meanwhile stays in its list: half a minute of a busy
    /// hour's transactions is most of what there is, and nothing else happens to nearly all of it.
    forgets: BTreeMap<Instant, Vec<(Owner, Timer)>>,
    at: ByNumber<(Owner, Timer), Instant>,
}

impl Timers {
    /// Sets a timer, in place of the same one if it was set. One that only forgets may come a moment later.
    pub(crate) fn set(&mut self, owner: Owner, timer: Timer, at: Instant) {
        let at = if timer.forgets() { together(at) } else { at };
        let old = self.at.insert((owner, timer), at);
        if !timer.forgets() {
            if let Some(old) = old {
                self.due.remove(&(old, owner, timer));
            }
            self.due.insert((at, owner, timer));
        } else if old != Some(at) {
            self.forgets.entry(at).or_default().push((owner, timer));
        }
    }

    /// Unsets some timers of one owner; those that are not set do not matter.
    pub(crate) fn clear(&mut self, owner: Owner, timers: &[Timer]) {
        for &timer in timers {
            if let Some(old) = self.at.remove(&(owner, timer))
                && !timer.forgets()
            {
                self.due.remove(&(old, owner, timer));
            }
        }
    }

    /// True if it is set.
    pub(crate) fn is_set(&self, owner: Owner, timer: Timer) -> bool {
        self.at.contains_key(&(owner, timer))
    }

    /// Takes the first timer that is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(Owner, Timer)> {
        let (owner, timer) = loop {
            let at = Some(self.next()).filter(|at| *at <= now)?;
            let Some(together) = self.forgets.get_mut(&at) else {
                let (_, owner, timer) = self.due.pop_first()?;
                break (owner, timer);
            };
            match together.pop() {
                Some(set) if self.at.get(&set) == Some(&at) => break set,
                // It was unset, or set anew for later.
                Some(_) => {}
                None => drop(self.forgets.remove(&at)),
            }
        };
        self.at.remove(&(owner, timer));
        give_back(&mut self.at);
        Some((owner, timer))
    }

    /// Takes the first of those that only forget, if it is due until then.
    pub(crate) fn pop_forgetting(&mut self, until: Instant) -> Option<(Owner, Timer)> {
        loop {
            let mut together = self.forgets.first_entry().filter(|entry| *entry.key() <= until)?;
            let at = *together.key();
            match together.get_mut().pop() {
                Some(set) if self.at.get(&set) == Some(&at) => {
                    self.at.remove(&set);
                    return Some(set);
                }
                Some(_) => {}
                None => drop(together.remove()),
            }
        }
    }

    /// When the first timer is due, or when one was that is unset by now and would only have forgotten.
    pub(crate) fn next(&self) -> Instant {
        let due = self.due.first().map(|&(at, ..)| at);
        let forgets = self.forgets.first_key_value().map(|(at, _)| *at);
        due.into_iter().chain(forgets).min().unwrap_or(Instant::FAR_FUTURE)
    }

    /// How many are set.
    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }
}

fn together(at: Instant) -> Instant {
    Instant::from_nanos(at.nanos().div_ceil(TOGETHER).saturating_mul(TOGETHER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_forgotten_is_forgotten_together() {
        let at = |ms| Instant::ZERO + Duration::from_millis(ms);
        let mut timers = Timers::default();
        for ms in 1..=250 {
            timers.set(Owner::Server(ms), Timer::J, at(32_000 + ms));
        }
        assert_eq!((timers.next(), timers.pop(at(32_249))), (at(32_250), None));
        assert_eq!(std::iter::from_fn(|| timers.pop(at(32_250))).count(), 250);
    }

    #[test]
    fn what_was_unset_or_set_for_later_is_not_forgotten_early() {
        let at = |ms| Instant::ZERO + Duration::from_millis(ms);
        let mut timers = Timers::default();
        let [unset, later, twice, rings] = [1, 2, 3, 4].map(Owner::Server);
        for owner in [unset, later, twice] {
            timers.set(owner, Timer::J, at(1000));
        }
        timers.set(rings, Timer::G, at(1000));
        timers.clear(unset, &[Timer::J]);
        timers.set(later, Timer::J, at(2000));
        timers.clear(twice, &[Timer::J]);
        timers.set(twice, Timer::J, at(1000));
        assert_eq!(timers.len(), 3);
        let mut due: Vec<_> = std::iter::from_fn(|| timers.pop(at(1500))).collect();
        due.sort();
        assert_eq!(due, [(twice, Timer::J), (rings, Timer::G)]);
        assert_eq!((timers.next(), timers.pop(at(2000)), timers.len()), (at(2000), Some((later, Timer::J)), 0));
        assert_eq!((timers.pop(at(9000)), timers.next()), (None, Instant::FAR_FUTURE));
    }

    #[test]
    fn a_timer_is_replaced_cleared_and_taken_in_order() {
        let at = |ms| Instant::ZERO + Duration::from_millis(ms);
        let (one, two) = (Owner::Server(1), Owner::Server(2));
        let mut timers = Timers::default();
        timers.set(one, Timer::G, at(1));
        timers.set(one, Timer::G, at(9));
        timers.set(two, Timer::E, at(5));
        timers.set(two, Timer::F, at(6));
        timers.clear(two, &[Timer::F, Timer::H]);
        assert_eq!((timers.next(), timers.pop(at(4))), (at(5), None));
        assert_eq!((timers.pop(at(10)), timers.pop(at(10))), (Some((two, Timer::E)), Some((one, Timer::G))));
        assert_eq!((timers.next(), timers.len()), (Instant::FAR_FUTURE, 0));
    }
}
