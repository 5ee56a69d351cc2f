//! Who may speak with us, and how much at once. All of it is decided before anything is allocated for a request.
//!
//! 1. Who is neither in the clinic's networks nor a trunk gets no answer at all.
//! 2. A source has a share, by what it is: a trunk, an address at which a phone has proved who it is, or any other. Above its share it is
//!    refused with 503 as long as it can be told so, and then not answered.
//! 3. A source that searches for extensions or guesses passwords is blocked for a while.
//! 4. When the box cannot keep up, new calls and registrations are refused with 503: of those first who ask most.
//!
//! What belongs to a call that is up, and a call for help, passes by all of it and is never counted.

mod crowd;
mod recent;
mod tools;
mod watch;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use model::defence::{Block, Suspicion};
use model::limit::{Buckets, Share};
use model::{Instant, Now, Source};

use self::crowd::Crowd;
use self::recent::Recent;
pub(crate) use self::watch::Deed;
use self::watch::Watch;
use crate::api::{Config, Flow, Peers, Transport};
use crate::wire::{Method, Name, Request, Scheme};

/// Seconds of Retry-After with a 503: long enough to thin out a flood, short enough for a caller to wait.
pub(crate) const RETRY_AFTER: u32 = 5;

/// Sources that are told apart in one table; those beyond share one bucket. More devices than a clinic has, 100 KiB.
const MAX_SOURCES: usize = 4096;
/// Anybody on the clinic's networks who has not proved anything: some sixty phones that start together behind one address, twice each.
const STRANGER: Share = Share::per_second(200, 50);
/// An address at which a phone has proved who it is, and a trunk: a quarter of what one processor core answers, so that no
/// single address can fill it, and room for a thousand phones behind one address that come back after a power cut.
const PHONE: Share = Share::per_second(12_000, 6000);
const TRUNK: Share = PHONE;
/// How many refusals a source is told above its share; then it is dropped in silence, or we would do its work for it.
const NOTICE: Share = Share::per_second(20, 5);
/// What a blocked address of the clinic's own networks may still ask, so that a phone there that has just started can prove itself, in all and
/// as one user: guessing a password at this pace takes years.
const TRICKLE: Share = Share::per_second(20, 5);
const TRICKLE_AS_ONE: Share = Share { burst: 3, refill: Duration::from_secs(2) };
/// A proof counts this long, and up to twice that: the longest registration.
const PROOF: Duration = Duration::from_secs(3600);

/// How long what comes in may have waited before new calls are refused: of those who ask most, and of everybody. A caller does not
/// notice the first; beyond the second senders repeat what they sent, and the work multiplies.
const CALLS_WAIT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(250));
/// The same for registrations, which cost little and keep phones reachable, but may come a few seconds later.
const REGISTRATIONS_WAIT: (Duration, Duration) = (Duration::from_millis(150), Duration::from_millis(400));
/// So much longer may wait what answers a challenge of ours: whoever was let in at the first question is not sent away at the second, or of a
/// half that is let in only a quarter gets through, and the work for the rest was for nothing.
const ANSWER_WAITS: Duration = Duration::from_millis(150);

/// True if somebody at this address may speak with us at all.
pub(crate) fn is_peer(peers: &Peers, ip: IpAddr) -> bool {
    is_inside(peers, ip) || is_trunk(peers, ip)
}

fn is_inside(peers: &Peers, ip: IpAddr) -> bool {
    peers.networks.iter().any(|n| n.contains(ip))
}

/// True for a trunk's address, or one of its other machines: no phone of ours can be at such a one, so inside the networks there is none.
pub(crate) fn is_trunk(peers: &Peers, ip: IpAddr) -> bool {
    is_known_trunk(peers, ip) || !is_inside(peers, ip) && peers.carriers.iter().any(|n| n.contains(ip))
}

/// True for the address of a trunk to which its name leads.
pub(crate) fn is_known_trunk(peers: &Peers, ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    peers.trunks.iter().any(|t| t.to_canonical() == ip)
}

/// Transactions above `max_transactions` that calls for help may still take: more than there can be people in a clinic, and a bound
/// to what a flood that dials 911 can cost.
const EMERGENCY_RESERVE: usize = 1000;

/// True if a new request finds room. A call for help always does, short of a flood of such calls.
pub(crate) fn has_room(config: &Config, request: &Request, invite: bool, invites: usize, transactions: usize) -> bool {
    let room = transactions < config.max_transactions && (!invite || invites < config.max_invites);
    room || transactions < config.max_transactions.saturating_add(EMERGENCY_RESERVE) && calls_for_help(config, request)
}

/// True for the first INVITE of a call for help.
pub(crate) fn calls_for_help(config: &Config, request: &Request) -> bool {
    let new = request.method == Method::Invite && request.to_tag.is_none();
    new && request
        .uri()
        .is_some_and(|uri| uri.scheme == Scheme::Sos || is_for_help(&config.emergency, &uri.user_text()))
}

/// Address books write signs between the digits, and some phones send the key along that ends dialling.
fn is_for_help(emergency: &[String], dialled: &str) -> bool {
    let written = |c: char| "-.() /".contains(c);
    let is = |number: &String| {
        let digits = dialled.trim_end_matches('#').chars().filter(|c| !written(*c));
        number == dialled || number.chars().eq(digits)
    };
    emergency.iter().any(is)
}

/// What is done with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Serve,
    /// 503: its source is above its share.
    Refuse,
    /// Above even what is refused.
    Drop,
    /// From a blocked address.
    Blocked,
}

/// What a source is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Trunk,
    /// A phone has proved who it is over this very path.
    Phone,
    /// A phone has proved who it is at this address.
    Neighbour,
    Stranger,
}

/// See the module.
pub(crate) struct Admission {
    strangers: Buckets<Source>,
    phones: Buckets<Source>,
    trunks: Buckets<Source>,
    notices: Buckets<Source>,
    trickle: Buckets<Source>,
    trickle_as_one: Buckets<(Source, u64)>,
    proved: Recent<Source>,
    paths: Recent<(Transport, SocketAddr)>,
    /// Sources of phones whose messages something changes on the way, and whose user was told.
    altered: Recent<Source>,
    crowd: Crowd,
    watch: Watch,
    /// How long what comes in now has waited.
    waited: Duration,
}

impl Default for Admission {
    fn default() -> Self {
        Self {
            strangers: Buckets::new(STRANGER, MAX_SOURCES),
            phones: Buckets::new(PHONE, MAX_SOURCES),
            trunks: Buckets::new(TRUNK, MAX_SOURCES),
            notices: Buckets::new(NOTICE, MAX_SOURCES),
            trickle: Buckets::new(TRICKLE, MAX_SOURCES),
            trickle_as_one: Buckets::new(TRICKLE_AS_ONE, MAX_SOURCES),
            proved: Recent::new(PROOF, MAX_SOURCES),
            paths: Recent::new(PROOF, MAX_SOURCES),
            altered: Recent::new(PROOF, MAX_SOURCES),
            crowd: Crowd::default(),
            watch: Watch::default(),
            waited: Duration::ZERO,
        }
    }
}

impl Admission {
    /// What is done with a request that belongs to no call and no transaction that we know. A block that begins with it comes along.
    pub(crate) fn admit(
        &mut self,
        now: Now,
        config: &Config,
        peers: &Peers,
        flow: Flow,
        request: &Request,
    ) -> (Verdict, Option<Block>) {
        let source = Source::of(flow.remote.ip());
        let standing = self.standing(now.instant, peers, flow);
        if standing != Standing::Trunk && calls_for_help(config, request) {
            return (Verdict::Serve, None);
        }
        if !matches!(standing, Standing::Trunk | Standing::Phone) {
            if tools::is_scanner(&request.message) {
                return (Verdict::Blocked, self.watch.block(source, Suspicion::Scanner, now));
            }
            if self.watch.is_blocked(source, now.instant) && !self.trickles(now.instant, source, request) {
                return (Verdict::Blocked, None);
            }
        }
        let share = match standing {
            Standing::Trunk => &mut self.trunks,
            Standing::Phone | Standing::Neighbour => &mut self.phones,
            Standing::Stranger => &mut self.strangers,
        };
        if share.take(source, now.instant) {
            return (Verdict::Serve, None);
        }
        let told = self.notices.take(source, now.instant);
        let block = (standing == Standing::Stranger).then(|| self.watch.note(source, Deed::Asked, now)).flatten();
        (if told { Verdict::Refuse } else { Verdict::Drop }, block)
    }

    /// True if a blocked address may ask this all the same. Whether the user exists makes no difference.
    fn trickles(&mut self, now: Instant, source: Source, request: &Request) -> bool {
        if !matches!(request.method, Method::Register | Method::Invite) {
            return false;
        }
        let user = request.address(crate::wire::Name::From).map(|from| from.uri.user_text()).unwrap_or_default();
        let name = self.watch.hash(user.as_bytes());
        self.trickle_as_one.has((source, name), now)
            && self.trickle.take(source, now)
            && self.trickle_as_one.take((source, name), now)
    }

    fn standing(&self, now: Instant, peers: &Peers, flow: Flow) -> Standing {
        let ip = flow.remote.ip();
        let gateway = || peers.gateways.contains(&SocketAddr::new(ip.to_canonical(), flow.remote.port()));
        if is_trunk(peers, ip) && (!is_inside(peers, ip) || gateway()) {
            Standing::Trunk
        } else if self.paths.contains(&(flow.transport, flow.remote), now) {
            Standing::Phone
        } else if self.proved.contains(&Source::of(ip), now) {
            Standing::Neighbour
        } else {
            Standing::Stranger
        }
    }

    /// True if somebody has proved lately who they are at this address.
    pub(crate) fn has_proved(&self, ip: IpAddr, now: Instant) -> bool {
        self.proved.contains(&Source::of(ip), now)
    }

    /// True if that was by this very path.
    pub(crate) fn has_proved_by(&self, flow: Flow, now: Instant) -> bool {
        self.paths.contains(&(flow.transport, flow.remote), now)
    }

    /// A request proved who sent it. True if that ended a block.
    pub(crate) fn proved(&mut self, now: Now, flow: Flow) -> bool {
        let source = Source::of(flow.remote.ip());
        self.proved.insert(source, now.instant);
        self.paths.insert((flow.transport, flow.remote), now.instant);
        self.watch.proved(source, now.instant)
    }

    /// A request proved nothing. The block that follows, if one does. A wrong password counts against everybody but a trunk, a
    /// question only against those who never proved anything.
    pub(crate) fn unproved(&mut self, now: Now, peers: &Peers, flow: Flow, deed: Deed<'_>) -> Option<Block> {
        let wrong = matches!(deed, Deed::Wrong | Deed::WrongAs(_));
        match self.standing(now.instant, peers, flow) {
            Standing::Trunk => None,
            Standing::Phone if !wrong => None,
            Standing::Neighbour if matches!(deed, Deed::Asked) => None,
            _ => self.watch.note(Source::of(flow.remote.ip()), deed, now),
        }
    }

    /// True if nothing was said of this source lately.
    pub(crate) fn is_news(&mut self, now: Instant, source: Source) -> bool {
        let news = !self.altered.contains(&source, now);
        self.altered.insert(source, now);
        news
    }

    /// A block of before a restart goes on.
    pub(crate) fn block_again(&mut self, block: Block, now: Now) {
        self.watch.block_again(block, now);
    }

    /// A person ends a block.
    pub(crate) fn lift(&mut self, source: Source) {
        self.watch.lift(source);
    }

    /// True if what begins nothing may be answered: a repetition, or what is no valid request.
    pub(crate) fn may_answer(&mut self, now: Instant, peers: &Peers, flow: Flow) -> bool {
        let source = Source::of(flow.remote.ip());
        match self.standing(now, peers, flow) {
            Standing::Trunk => self.trunks.take(source, now),
            Standing::Phone => self.phones.take(source, now),
            Standing::Neighbour | Standing::Stranger if self.watch.is_blocked(source, now) => false,
            Standing::Neighbour | Standing::Stranger => self.strangers.take(source, now),
        }
    }

    /// How long what comes in from now on has waited.
    pub(crate) const fn waited(&mut self, waited: Duration) {
        self.waited = waited;
    }

    /// True if a new call or registration must be refused, since the box cannot keep up or has no room: `fill` is how full it is, in
    /// percent.
    pub(crate) fn sheds(&mut self, now: Instant, config: &Config, flow: Flow, request: &Request, fill: usize) -> bool {
        let source = Source::of(flow.remote.ip());
        if calls_for_help(config, request) {
            return false;
        }
        self.crowd.asks(source, now);
        let (some, all) = if request.method == Method::Invite { CALLS_WAIT } else { REGISTRATIONS_WAIT };
        let longer = if answers_a_challenge(request) { ANSWER_WAITS } else { Duration::ZERO };
        let (some, all) = (some + longer, all + longer);
        let crowded = fill >= CROWDED && !self.crowd.is_alone();
        self.waited >= all || (self.waited >= some || crowded) && self.crowd.is_heavy(source)
    }
}

/// True if it says to prove something. Whether it does is found out later; a lie gains it a part of a second.
fn answers_a_challenge(request: &Request) -> bool {
    [Name::Authorization, Name::ProxyAuthorization].into_iter().any(|name| request.message.value(name).is_some())
}

/// From this fill on, the last room is for those who ask little.
const CROWDED: usize = 75;

/// What a stranger wanted, by the first word.
pub(crate) fn count_foreign(foreign: &mut model::defence::Foreign, data: &[u8]) {
    let count = match data.split(|b| *b == b' ').next() {
        Some(b"INVITE") => &mut foreign.calls,
        Some(b"REGISTER") => &mut foreign.registrations,
        Some(b"OPTIONS") => &mut foreign.probes,
        _ => &mut foreign.other,
    };
    *count += 1;
}
