//! Where a SIP server is (RFC 3263): from the name in the settings to the addresses to try, one after the other.
//!
//! A [`Locator`] does no I/O: it says what to ask of the DNS, is told the answers, and keeps what it knows up to date before it is needed.
//! So no call waits for the DNS: what was known last stays in force until something better is known, also when the DNS is gone, and can be
//! handed over a restart ([`Locator::known`], [`Locator::remember`]). A target that failed is tried last for a while, never left out.
//!
//! A question that nobody answers does not say that there is no such record: what was said of it before holds, and what is found without it is
//! tried after what is known. Who is in the newest answer no more is called no more, but still recognised for a while ([`Locator::former`]):
//! carriers turn their addresses round from one minute to the next, and calls stay where they are.

mod plan;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use model::{Instant, Random};

use crate::api::Transport;
use plan::{Found, Plan, Ranked};

/// How long answers are waited for, each time that something new is asked; what has not come by then is missing.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a look-up lasts at most: three stages of it, of names, of services and of addresses. One that nobody answers leaves the next its time.
const LONGEST: Duration = Duration::from_secs(15);
/// A list is asked for again when the shortest lifetime of its records is over, within these bounds.
const REFRESH: std::ops::RangeInclusive<u64> = 30..=3600;
/// After a look-up that failed; doubled each time, to the second.
const AGAIN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(300));
/// How long a target that failed comes last; doubled each time, to the second.
const AVOID: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));
/// Questions of one look-up: two services with eight servers, IPv4 and IPv6 in one, and room. A zone that wants more is hostile.
const MAX_QUERIES: usize = 32;
/// Addresses that are kept.
const MAX_TARGETS: usize = 32;
/// How long an address is recognised that the newest answer does not name: a carrier that names a part of its machines at a time names each again
/// within that, and few calls last longer. Not for ever: an address that a carrier gave up is somebody else's one day.
const FORMER: Duration = Duration::from_secs(6 * 3600);
/// Failures in a row, each after it was left alone for longer, and the time over which they come, that no server which is there has: a clinic's way
/// out may be gone for minutes, and each call of those fails.
const DEAD: (u32, Duration) = (3, Duration::from_secs(3600));
/// Addresses that are recognised so: as many again. Beyond it those go that left first.
const MAX_FORMER: usize = 32;

/// What the settings say of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// A host name, or an address.
    pub host: String,
    /// A port, which says that only addresses are to be looked up (section 4.2).
    pub port: Option<u16>,
    /// A transport; if none is named, the server's own records choose (section 4.1).
    pub transport: Option<Transport>,
}

/// A question to the DNS.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Query {
    /// NAPTR records of a domain.
    Naptr(String),
    /// SRV records of a service.
    Srv(String),
    /// A and AAAA records of a host.
    Addresses(String),
}

/// A NAPTR record (RFC 3403).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naptr {
    /// Lowest first, and no other than the lowest that can be done.
    pub order: u16,
    /// Within the order, lowest first.
    pub preference: u16,
    /// "SIP+D2U" and the like.
    pub service: String,
    /// The name of the SRV records.
    pub replacement: String,
}

/// An SRV record (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    /// Lowest first.
    pub priority: u16,
    /// The share within the priority.
    pub weight: u16,
    /// Its port.
    pub port: u16,
    /// Its host.
    pub host: String,
}

/// What the DNS says. Nothing, if there is no such record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    /// To [`Query::Naptr`].
    Naptr(Vec<Naptr>),
    /// To [`Query::Srv`].
    Srv(Vec<Srv>),
    /// To [`Query::Addresses`].
    Addresses(Vec<IpAddr>),
}

/// An answer of the DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The records, and for how many seconds they hold; or `None` if nobody could be asked.
    pub records: Option<(Records, u32)>,
}

/// An address to try.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// How.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
}

/// What keeps a name from being known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The DNS answers, and has no address for it.
    NoAddress,
    /// The DNS does not answer.
    NoDns,
}

/// Finds one server, and keeps knowing where it is.
#[derive(Debug)]
pub struct Locator {
    site: Site,
    state: State,
    known: Vec<Ranked>,
    /// What was found while something was not answered: tried after what is known, until that is known better.
    guessed: Vec<Ranked>,
    /// Those that were known, and until when they are recognised; who left first comes first.
    former: Vec<(Target, Instant)>,
    /// What was said last to each question of the last look-up that found something.
    said: HashMap<Query, Records>,
    /// Look-ups in a row of which something was not answered, or that found nothing.
    failures: u32,
    trouble: Option<Trouble>,
    avoided: HashMap<Target, Avoided>,
    /// Since when no look-up was answered in full, if the last was not.
    unsure: Option<Instant>,
}

#[derive(Debug)]
enum State {
    /// To be looked up at this instant.
    Rest { until: Instant },
    /// Some questions are open.
    Asking {
        /// When what is open counts as missing.
        until: Instant,
        /// When nothing more is asked.
        end: Instant,
        answers: HashMap<Query, Answer>,
        open: Vec<Query>,
    },
    /// An address needs no look-up.
    Fixed,
}

#[derive(Debug)]
struct Avoided {
    until: Instant,
    /// Failures in a row, those apart that came while it was left alone.
    times: u32,
    /// When the first of them was.
    since: Instant,
    /// And the last.
    last: Instant,
}

impl Locator {
    /// Knows nothing yet, unless the site is an address; asks at once.
    pub fn new(site: Site) -> Self {
        let mut this = Self {
            state: State::Rest { until: Instant::ZERO },
            known: Vec::new(),
            guessed: Vec::new(),
            former: Vec::new(),
            said: HashMap::new(),
            failures: 0,
            trouble: None,
            avoided: HashMap::new(),
            unsure: None,
            site,
        };
        if let Plan::Done(found) = plan::plan(&this.site, &HashMap::new(), &HashMap::new()) {
            (this.known, this.state) = (found.targets, State::Fixed);
        }
        this
    }

    /// What was known before a restart, in its order; used until the DNS says something.
    pub fn remember(&mut self, targets: &[Target]) {
        if self.known.is_empty() && self.guessed.is_empty() {
            self.known = targets.iter().take(MAX_TARGETS).enumerate().map(|(i, t)| Ranked::in_order(i, t)).collect();
        }
    }

    /// All that is known, in the order of the records: to be kept over a restart, and to recognise the server by.
    pub fn known(&self) -> Vec<Target> {
        self.known.iter().chain(&self.guessed).map(|r| r.target.clone()).collect()
    }

    /// What was known until lately: no new call goes there, but whoever speaks from there is the server still.
    pub fn former(&self) -> Vec<Target> {
        self.former.iter().map(|(target, _)| target.clone()).collect()
    }

    /// Why nothing, or nothing new, is known.
    pub const fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    /// The questions to ask now. Each is answered with [`Locator::answer`].
    pub fn poll(&mut self, now: Instant) -> Vec<Query> {
        match &mut self.state {
            State::Rest { until } if *until <= now => {
                let (answers, open) = (HashMap::new(), Vec::new());
                self.state = State::Asking { until: now, end: now + LONGEST, answers, open };
                self.go_on(now)
            }
            State::Asking { until, answers, open, .. } if *until <= now => {
                for query in open.drain(..) {
                    answers.insert(query, Answer { records: None });
                }
                self.go_on(now)
            }
            _ => Vec::new(),
        }
    }

    /// Takes an answer; what is to be asked next. An answer that nobody waits for any more is dropped.
    pub fn answer(&mut self, now: Instant, query: &Query, answer: Answer) -> Vec<Query> {
        let State::Asking { answers, open, .. } = &mut self.state else { return Vec::new() };
        let Some(at) = open.iter().position(|q| q == query) else { return Vec::new() };
        open.swap_remove(at);
        answers.insert(query.clone(), answer);
        self.go_on(now)
    }

    /// When [`Locator::poll`] must be called again.
    pub fn next_timeout(&self) -> Instant {
        match &self.state {
            State::Rest { until } | State::Asking { until, .. } => *until,
            State::Fixed => Instant::FAR_FUTURE,
        }
    }

    /// The addresses in the order to try them, for one call: by priority, within it by weight and chance (RFC 2782), those that failed
    /// lately last.
    pub fn targets(&self, now: Instant, random: &mut Random) -> Vec<Target> {
        let mut order = plan::shuffle(&self.known, random);
        order.extend(plan::shuffle(&self.guessed, random));
        order.sort_by_key(|t| self.avoided.get(t).is_some_and(|a| a.until > now));
        order
    }

    /// A target did not answer, refused a connection, or said 503.
    pub fn failed(&mut self, now: Instant, target: &Target) {
        if !self.is_known(target) {
            return;
        }
        let avoided =
            self.avoided.entry(target.clone()).or_insert(Avoided { until: now, times: 0, since: now, last: now });
        if avoided.until > now {
            return;
        }
        avoided.until = now + doubled(AVOID, avoided.times);
        avoided.times = avoided.times.saturating_add(1);
        avoided.last = now;
    }

    /// A target answered.
    pub fn works(&mut self, target: &Target) {
        self.avoided.remove(target);
    }

    /// Asks what is missing, or draws the conclusion when nothing is.
    fn go_on(&mut self, now: Instant) -> Vec<Query> {
        let State::Asking { until, end, answers, open } = &mut self.state else { return Vec::new() };
        match plan::plan(&self.site, answers, &self.said) {
            Plan::Ask(queries) => {
                let room = MAX_QUERIES.saturating_sub(answers.len() + open.len());
                let mut new: Vec<Query> = queries.into_iter().filter(|q| !open.contains(q)).collect();
                let late = *end <= now;
                for query in new.split_off(if late { 0 } else { new.len().min(room) }) {
                    // What finds no room counts as not there, so that the look-up ends: of a zone that wants too much, that will not be otherwise.
                    let records = if late { None } else { Some((nothing(&query), 0)) };
                    answers.insert(query, Answer { records });
                }
                if !new.is_empty() {
                    *until = (now + PATIENCE).min(*end);
                }
                open.extend(new.iter().cloned());
                if open.is_empty() { self.go_on(now) } else { new }
            }
            Plan::Done(found) => {
                let answers = std::mem::take(answers);
                self.conclude(now, found, answers);
                Vec::new()
            }
        }
    }

    fn conclude(&mut self, now: Instant, Found { mut targets, sure }: Found, answers: HashMap<Query, Answer>) {
        let unanswered = answers.values().any(|a| a.records.is_none());
        let seconds = u64::from(plan::lifetime(&answers).unwrap_or(0)).clamp(*REFRESH.start(), *REFRESH.end());
        let again = doubled(AGAIN, self.failures);
        self.former.retain(|(_, until)| *until > now);
        if targets.is_empty() {
            self.trouble = Some(if unanswered { Trouble::NoDns } else { Trouble::NoAddress });
            self.state = State::Rest { until: now + again };
            self.failures = self.failures.saturating_add(1);
            return;
        }
        self.learn(answers);
        targets.truncate(MAX_TARGETS);
        let before = self.known();
        if sure {
            (self.known, self.guessed, self.unsure) = (targets, Vec::new(), None);
        } else {
            self.give_up(now, &targets);
            targets.retain(|r| !self.known.iter().any(|known| known.target == r.target));
            self.guessed = targets;
        }
        self.part_with(now, before);
        let wait = if unanswered { again.min(Duration::from_secs(seconds)) } else { Duration::from_secs(seconds) };
        self.failures = if unanswered { self.failures.saturating_add(1) } else { 0 };
        self.trouble = unanswered.then_some(Trouble::NoDns);
        self.state = State::Rest { until: now + wait };
    }

    /// What is known is believed while it may only not have been said again. Not for ever: what no answer has named for as long as an address that
    /// left is recognised, and what fails whenever it is called, is not there any more.
    fn give_up(&mut self, now: Instant, found: &[Ranked]) {
        let since = *self.unsure.get_or_insert(now);
        if now - since < FORMER {
            return;
        }
        let dead = |avoided: &Avoided| avoided.times >= DEAD.0 && avoided.last - avoided.since >= DEAD.1;
        let is_dead = |target: &Target| self.avoided.get(target).is_some_and(dead);
        let is_found = |target: &Target| found.iter().any(|named| named.target == *target);
        self.known.retain(|known| is_found(&known.target) || !is_dead(&known.target));
    }

    /// Keeps what was said, and what was said before where nobody answered.
    fn learn(&mut self, answers: HashMap<Query, Answer>) {
        let mut before = std::mem::take(&mut self.said);
        let newest = answers.into_iter().filter_map(|(query, answer)| {
            let records = answer.records.map(|(records, _)| records).or_else(|| before.remove(&query))?;
            Some((query, records))
        });
        self.said = newest.collect();
    }

    /// Those that were known and are no more: they are recognised for a while.
    fn part_with(&mut self, now: Instant, before: Vec<Target>) {
        let known = self.known();
        self.avoided.retain(|target, _| known.contains(target));
        self.former.retain(|(target, _)| !known.contains(target));
        self.former.extend(before.into_iter().filter(|target| !known.contains(target)).map(|t| (t, now + FORMER)));
        let too_many = self.former.len().saturating_sub(MAX_FORMER);
        self.former.drain(..too_many);
    }

    fn is_known(&self, target: &Target) -> bool {
        self.known.iter().chain(&self.guessed).any(|r| r.target == *target)
    }
}

/// The answer that there is no such record.
const fn nothing(query: &Query) -> Records {
    match query {
        Query::Naptr(_) => Records::Naptr(Vec::new()),
        Query::Srv(_) => Records::Srv(Vec::new()),
        Query::Addresses(_) => Records::Addresses(Vec::new()),
    }
}

fn doubled((first, most): (Duration, Duration), times: u32) -> Duration {
    first.saturating_mul(1u32.checked_shl(times).unwrap_or(u32::MAX)).min(most)
}
