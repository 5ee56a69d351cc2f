//! Where the trunks' servers are, before a call asks.
//!
//! Each trunk has a [`Locator`], which looks its name up ahead of need and remembers which of its addresses failed. A call takes the addresses
//! as they are known at that moment and waits for nothing; an emergency call that finds none is at least told so at once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use model::sending::still_counts;
use model::settings::{Network, Trunk, TrunkTransport};
use model::{Instant, Random, Settings, Wall};
use sip::api::{SecurePeer, Transport, Trust};
use sip::resolve::{Answer, Locator, Query, Site, Target, Trouble};

/// All trunks' servers.
pub(crate) struct Servers {
    by_name: BTreeMap<String, Carrier>,
    random: Random,
    /// Questions that are with the shell, each once however many trunks ask it.
    open: BTreeSet<Query>,
}

struct Carrier {
    trunk: Trunk,
    locator: Locator,
    /// The order for the next call.
    order: Vec<Target>,
    /// When it refused sound and took T.38 alone; `None` once it has taken sound.
    image_alone: Option<Wall>,
}

impl Carrier {
    fn new(trunk: &Trunk) -> Self {
        let site = Site {
            host: trunk.server.host.clone(),
            port: trunk.server.port,
            transport: trunk.transport.map(|t| match t {
                TrunkTransport::Udp => Transport::Udp,
                TrunkTransport::Tcp => Transport::Tcp,
                TrunkTransport::Tls => Transport::Tls,
            }),
        };
        Self { trunk: trunk.clone(), locator: Locator::new(site), order: Vec::new(), image_alone: None }
    }

    /// Where it is, and then where it was until lately: calls that are up stay there, and some still come from there.
    fn known(&self) -> Vec<Target> {
        let mut all = self.locator.known();
        all.extend(self.locator.former());
        all
    }
}

impl Servers {
    /// Knows what is an address, and `known`: what the names were when they were last looked up.
    pub(crate) fn new(settings: &Settings, known: &[(String, Vec<Target>)], random: Random) -> Self {
        let mut this = Self { by_name: BTreeMap::new(), random, open: BTreeSet::new() };
        this.reload(settings);
        for (name, targets) in known {
            if let Some(carrier) = this.by_name.get_mut(name) {
                carrier.locator.remember(targets);
            }
        }
        this.deal(Instant::ZERO);
        this
    }

    /// The trunks as they are in other settings; one that is where it was keeps what is known of that, and one of which nothing has changed what it
    /// takes. True if that was forgotten of any.
    pub(crate) fn reload(&mut self, settings: &Settings) -> bool {
        let mut old = std::mem::take(&mut self.by_name);
        let before = old.values().filter(|carrier| carrier.image_alone.is_some()).count();
        for trunk in &settings.trunks {
            let server = |c: &Carrier| (c.trunk.server.clone(), c.trunk.transport);
            let carrier = match old.remove(&trunk.name) {
                Some(kept) if server(&kept) == (trunk.server.clone(), trunk.transport) => {
                    let image_alone = kept.image_alone.filter(|_| kept.trunk == *trunk);
                    Carrier { trunk: trunk.clone(), image_alone, ..kept }
                }
                _ => Carrier::new(trunk),
            };
            self.by_name.insert(trunk.name.clone(), carrier);
        }
        self.image_alone().len() < before
    }

    /// A fax to this trunk is best called with T.38 alone: it took nothing else lately.
    pub(crate) fn takes_image_alone(&self, trunk: &str, now: Wall) -> bool {
        let learned = self.by_name.get(trunk).and_then(|carrier| carrier.image_alone);
        learned.is_some_and(|at| still_counts(at, now))
    }

    /// A trunk took T.38 alone, or sound, or not what it was thought to take. What is known already keeps its date, so that it is tried anew one
    /// day. True if that is news.
    pub(crate) fn takes(&mut self, trunk: &str, image_alone: bool, now: Wall) -> bool {
        let Some(carrier) = self.by_name.get_mut(trunk) else { return false };
        let known = carrier.image_alone.filter(|at| still_counts(*at, now));
        let learned = image_alone.then(|| known.unwrap_or(now));
        std::mem::replace(&mut carrier.image_alone, learned) != learned
    }

    /// The trunks that take T.38 alone, and since when that is known: to be kept over a restart.
    pub(crate) fn image_alone(&self) -> Vec<(String, Wall)> {
        self.by_name.iter().filter_map(|(name, carrier)| Some((name.clone(), carrier.image_alone?))).collect()
    }

    /// The same, as it was kept.
    pub(crate) fn restore_image_alone(&mut self, kept: Vec<(String, Wall)>) {
        for (name, at) in kept {
            if let Some(carrier) = self.by_name.get_mut(&name) {
                carrier.image_alone = Some(at);
            }
        }
    }

    /// Puts the addresses of every trunk in the order of the next call.
    pub(crate) fn deal(&mut self, now: Instant) {
        for carrier in self.by_name.values_mut() {
            carrier.order = carrier.locator.targets(now, &mut self.random);
        }
    }

    /// The addresses of a trunk, in the order to try them.
    pub(crate) fn order(&self, trunk: &str) -> &[Target] {
        self.by_name.get(trunk).map_or(&[], |c| c.order.as_slice())
    }

    /// Why a trunk's name is not known.
    pub(crate) fn trouble(&self, trunk: &str) -> Option<Trouble> {
        self.by_name.get(trunk)?.locator.trouble()
    }

    /// An address of a trunk did its work, or did not.
    pub(crate) fn news(&mut self, now: Instant, trunk: &str, target: &Target, works: bool) {
        let Some(carrier) = self.by_name.get_mut(trunk) else { return };
        if works {
            carrier.locator.works(target);
        } else {
            carrier.locator.failed(now, target);
        }
        carrier.order = carrier.locator.targets(now, &mut self.random);
    }

    /// The trunk that has exactly this address.
    pub(crate) fn exact(&self, address: SocketAddr) -> Option<&str> {
        self.find(|target| target.address == address)
    }

    /// The trunk that has this address with any port, or has another machine there.
    pub(crate) fn at(&self, ip: IpAddr) -> Option<&str> {
        let machine = |carrier: &Carrier| carrier.trunk.also_from.iter().any(|network| network.contains(ip));
        let others = || self.by_name.iter().find(|(_, carrier)| machine(carrier)).map(|(name, _)| name.as_str());
        self.find(|target| target.address.ip() == ip).or_else(others)
    }

    /// An address is whose it is now, and only else whose it was until lately.
    fn find(&self, is: impl Fn(&Target) -> bool) -> Option<&str> {
        let of = |targets: fn(&Locator) -> Vec<Target>| {
            self.by_name.iter().find(|(_, c)| targets(&c.locator).iter().any(&is)).map(|(name, _)| name.as_str())
        };
        of(Locator::known).or_else(|| of(Locator::former))
    }

    /// Every address of every trunk, by trunk; last those where it was until lately.
    pub(crate) fn known(&self) -> Vec<(String, Vec<Target>)> {
        self.by_name.iter().map(|(name, carrier)| (name.clone(), carrier.known())).collect()
    }

    /// Where calls of every trunk go, by trunk: to be kept over a restart.
    pub(crate) fn kept(&self) -> Vec<(String, Vec<Target>)> {
        self.by_name.iter().map(|(name, carrier)| (name.clone(), carrier.locator.known())).collect()
    }

    /// Where a trunk was until lately.
    pub(crate) fn former(&self, trunk: &str) -> Vec<SocketAddr> {
        let carrier = self.by_name.get(trunk);
        carrier.map_or_else(Vec::new, |c| c.locator.former().iter().map(|t| t.address).collect())
    }

    /// Every address: who may speak with us from outside.
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        let all: BTreeSet<IpAddr> = self.by_name.values().flat_map(Carrier::known).map(|t| t.address.ip()).collect();
        all.into_iter().collect()
    }

    /// Where trunks have other machines: who may speak with us besides.
    pub(crate) fn others(&self) -> Vec<Network> {
        self.by_name.values().flat_map(|carrier| &carrier.trunk.also_from).copied().collect()
    }

    /// Every address with its port: who is a trunk even inside the clinic's networks.
    pub(crate) fn gateways(&self) -> Vec<SocketAddr> {
        self.by_name.values().flat_map(Carrier::known).map(|t| t.address).collect()
    }

    /// What the certificate of each address must say that is spoken to over TLS: the name that a person wrote, never one that the DNS
    /// made of it (RFC 5922 section 7.3). A trunk that is written as an address must prove that address.
    pub(crate) fn secure_peers(&self) -> Vec<SecurePeer> {
        let of = |carrier: &Carrier, targets: Vec<Target>| -> Vec<SecurePeer> {
            let trust =
                carrier.trunk.authority.as_ref().map_or(Trust::Public, |pem| Trust::Only(pem.clone().into_bytes()));
            let secure = targets.into_iter().filter(|t| t.transport == Transport::Tls);
            let domain = &carrier.trunk.server.host;
            secure.map(|t| SecurePeer { address: t.address, domain: domain.clone(), trust: trust.clone() }).collect()
        };
        // Of two for one address the last counts: whose it is now.
        let former = self.by_name.values().flat_map(|c| of(c, c.locator.former()));
        former.chain(self.by_name.values().flat_map(|c| of(c, c.locator.known()))).collect()
    }

    /// What must be asked now. True if an address changed, since what has not been answered by now is not waited for.
    pub(crate) fn poll(&mut self, now: Instant) -> (Vec<Query>, bool) {
        self.look(now, |locator| locator.poll(now))
    }

    /// An answer came; what must be asked next. True if an address changed by it.
    pub(crate) fn answer(&mut self, now: Instant, query: &Query, answer: &Answer) -> (Vec<Query>, bool) {
        self.open.remove(query);
        self.look(now, |locator| locator.answer(now, query, answer.clone()))
    }

    fn look(&mut self, now: Instant, ask: impl Fn(&mut Locator) -> Vec<Query>) -> (Vec<Query>, bool) {
        let before = self.known();
        let asked = self.by_name.values_mut().flat_map(|c| ask(&mut c.locator)).collect();
        let changed = before != self.known();
        if changed {
            self.deal(now);
        }
        (self.new_of(asked), changed)
    }

    /// When [`Servers::poll`] must be called again.
    pub(crate) fn next_timeout(&self) -> Instant {
        self.by_name.values().map(|c| c.locator.next_timeout()).min().unwrap_or(Instant::FAR_FUTURE)
    }

    fn new_of(&mut self, asked: Vec<Query>) -> Vec<Query> {
        asked.into_iter().filter(|q| self.open.insert(q.clone())).collect()
    }
}

/// "udp 192.0.2.1:5060", as it is kept over a restart.
pub fn target_text(target: &Target) -> String {
    format!("{} {}", target.transport, target.address)
}

/// Reads that again.
pub fn target_of(text: &str) -> Option<Target> {
    let (transport, address) = text.split_once(' ')?;
    Some(Target { transport: transport.parse().ok()?, address: address.parse().ok()? })
}
