//! Callers who left a queue and keep their place in it: the list of them, and what is asked of whoever keeps it durable.
//!
//! One that is ordered is a row before its caller is told so, and the row says that it is being dialled before the line is touched: a
//! restart loses none, and calls nobody twice.

use std::collections::BTreeMap;
use std::time::Duration;

use model::callback::CallbackState;
use model::{CallId, Callback, CallbackId, Instant};

/// As many wait, or wait for a person, at once: more than a clinic calls back in a day.
const MOST: usize = 100;

/// What is asked.
#[derive(Clone, Debug)]
pub enum Ask {
    /// A new one. Answered by [`Answer::Kept`], when it is durable.
    Keep(Box<Callback>),
    /// It is about to be dialled, if it still waits. Answered by [`Answer::Started`], when that is durable.
    Start(CallbackId),
    /// What became of it.
    Become {
        /// Which.
        callback: CallbackId,
        /// What.
        state: CallbackState,
    },
}

/// What it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A new one is durable, or is not kept.
    Kept(bool),
    /// It may be dialled, or must not.
    Started(bool),
}

/// One of the list.
#[derive(Clone, Debug)]
pub(crate) struct Absent {
    pub(crate) callback: Callback,
    /// Its place among those who wait in the queue.
    pub(crate) number: u64,
    /// It is durable.
    kept: bool,
    /// Somebody of the clinic is being asked to call.
    pub(crate) call: Option<CallId>,
    /// Who was asked and did not take it: the others come first.
    pub(crate) asked: Vec<String>,
    /// Not before.
    at: Instant,
}

impl Absent {
    /// It waits for its turn: those behind it wait, too.
    fn waits(&self, now: Instant) -> bool {
        self.kept && self.call.is_none() && self.callback.state == CallbackState::Waiting && self.at <= now
    }

    /// It is ahead of others in its queue, however soon it is its turn.
    fn counts(&self) -> bool {
        self.callback.state == CallbackState::Waiting
    }

    /// Not now: those behind it go first.
    pub(crate) fn later(&mut self, now: Instant, after: Duration) {
        self.call = None;
        self.at = now + after;
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Callbacks(BTreeMap<CallbackId, Absent>);

impl Callbacks {
    /// One more, if there is room.
    pub(crate) fn has_room(&self) -> bool {
        self.0.len() < MOST
    }

    /// True if this number is to be called back for this queue already.
    pub(crate) fn has(&self, callback: &Callback) -> bool {
        self.0.values().any(|absent| {
            absent.counts() && absent.callback.queue == callback.queue && absent.callback.number == callback.number
        })
    }

    /// A new one, at the place that its caller had. It counts as soon as it is durable.
    pub(crate) fn add(&mut self, callback: Callback, number: u64) {
        let absent = Absent { callback, number, kept: false, call: None, asked: Vec::new(), at: Instant::ZERO };
        self.0.insert(absent.callback.id, absent);
    }

    /// It is durable, or is none.
    pub(crate) fn kept(&mut self, id: CallbackId, kept: bool) {
        match self.0.get_mut(&id) {
            Some(absent) if kept => absent.kept = true,
            _ => {
                self.0.remove(&id);
            }
        }
    }

    /// Those of before a restart, in the order in which they were ordered.
    pub(crate) fn restore(&mut self, all: Vec<Callback>) {
        for (number, callback) in (1..).zip(all) {
            self.add(callback.clone(), number);
            self.kept(callback.id, true);
        }
    }

    pub(crate) fn get_mut(&mut self, id: CallbackId) -> Option<&mut Absent> {
        self.0.get_mut(&id)
    }

    /// What became of it. Over, it leaves the list.
    pub(crate) fn become_(&mut self, id: CallbackId, state: CallbackState) {
        if state.is_over() {
            self.0.remove(&id);
        } else if let Some(absent) = self.0.get_mut(&id) {
            absent.callback.state = state;
            absent.call = None;
        }
    }

    /// All that is open, for people.
    pub(crate) fn all(&self) -> Vec<Callback> {
        self.0.values().map(|absent| absent.callback.clone()).collect()
    }

    /// Those whose time is over, and for whom nobody is being asked.
    pub(crate) fn expired(&self, now: model::Wall) -> Vec<CallbackId> {
        let over = |a: &&Absent| a.kept && a.counts() && a.call.is_none() && a.callback.expires <= now;
        self.0.values().filter(over).map(|a| a.callback.id).collect()
    }

    /// Those who wait for their turn, in order.
    pub(crate) fn waiting(&self, now: Instant) -> Vec<&Absent> {
        let mut all: Vec<&Absent> = self.0.values().filter(|a| a.waits(now)).collect();
        all.sort_by_key(|a| a.number);
        all
    }

    /// There is something to look at again.
    pub(crate) fn is_waiting(&self) -> bool {
        self.0.values().any(Absent::counts)
    }

    /// The places in a queue of those who are to be called back; `now`: without those who cannot be called now.
    pub(crate) fn places<'q>(&'q self, queue: &'q str, now: Option<Instant>) -> impl Iterator<Item = u64> + use<'q> {
        let of = move |a: &&Absent| a.callback.queue == queue && a.counts() && now.is_none_or(|now| a.waits(now));
        self.0.values().filter(of).map(|a| a.number)
    }
}
