//! What a simulated call begins with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::session::{Params, Role};
use fax::worker::proto::Way;
use model::{Inside, Instant, Now, Random, Resolution};

use super::{Away, Disk, Mishap, Net, World};
use crate::end::End;

pub(crate) struct Setup {
    pub(crate) pages: Vec<Page>,
    pub(crate) net: Net,
    pub(crate) disk: Disk,
    pub(crate) way: Way,
    pub(crate) ecm: bool,
    pub(crate) max_bit_rate: u16,
    pub(crate) header: String,
    pub(crate) first_page: u32,
    pub(crate) inside: Inside,
    /// The receiver has called, to fetch what the sender holds ready: whom it asks for is `inside`, and this is what must be named.
    pub(crate) fetched: Option<Inside>,
    /// A document lies ready at the receiver, for which nobody asks.
    pub(crate) ready: bool,
    /// The finest that the sender sends, and that the receiver takes.
    pub(crate) finest: [Resolution; 2],
    /// Pages of the documents after the first, at the end of `pages`.
    pub(crate) followers: Vec<u32>,
    /// Both ends know T.85.
    pub(crate) t85: bool,
    pub(crate) mishap: Option<Mishap>,
    /// So many trainings fail, each of which makes the machines try the next lower speed.
    pub(crate) failed_trainings: usize,
    /// What is kept together is handed over up to so much later than was asked for: whoever keeps the time does not always run.
    pub(crate) late: Duration,
    pub(crate) seed: u64,
}

impl Setup {
    pub(crate) fn new(pages: Vec<Page>) -> Self {
        Self {
            pages,
            net: Net::GOOD,
            disk: Disk::Takes(Duration::from_millis(10)),
            way: Way::T38,
            ecm: true,
            max_bit_rate: 14_400,
            header: String::new(),
            first_page: 0,
            inside: Inside::default(),
            fetched: None,
            ready: false,
            finest: [Resolution::Fine; 2],
            followers: Vec::new(),
            t85: true,
            mishap: None,
            failed_trainings: 0,
            late: Duration::ZERO,
            seed: 1,
        }
    }

    /// Runs the call to its end.
    pub(crate) fn run(self) -> World {
        let now = Now::simulation_start();
        let params = |station: &str, finest: Resolution| Params {
            station_id: station.to_owned(),
            header: self.header.clone(),
            timezone: "America/New_York".to_owned(),
            way: self.way,
            first_page: self.first_page,
            inside: self.inside.clone(),
            finest,
            followers: self.followers.clone(),
            t85: self.t85,
            paced: true,
            ecm: self.ecm,
            max_bit_rate: self.max_bit_rate,
            ..Params::default()
        };
        let document = Page::multi_tiff(&self.pages);
        let pages = u32::try_from(self.pages.len()).unwrap() - self.first_page - self.followers.iter().sum::<u32>();
        let (mut sending, mut receiving) =
            (params("+1 202 555 0123", self.finest[0]), params("+1 202 555 0101", self.finest[1]));
        (sending.ready, receiving.ready) = (self.fetched.is_some(), self.ready);
        let (sender, receiver, document) = match &self.fetched {
            Some(_) => (Role::Receive, Role::Fetch, None),
            None => (Role::Send { pages }, Role::Receive, Some(document)),
        };
        let mut world = World {
            now,
            sender: End::new(now, sender, sending, document.as_deref()),
            receiver: End::new(now, receiver, receiving, None),
            net: self.net,
            disk: self.disk,
            late: self.late,
            held: self.fetched.map(|named| (named, self.pages)),
            mishap: self.mishap,
            failed_trainings: self.failed_trainings,
            random: Random::from_u64(self.seed),
            gateways: Default::default(),
            flying: BTreeMap::new(),
            outage: (Away::Both, Instant::ZERO),
            burst: [0; 2],
            law: if let Way::Audio(law) = self.way { law } else { Law::Mu },
            later: BTreeMap::new(),
            wire: Vec::new(),
            orders: 0,
            wakes: 0,
            phases: BTreeSet::new(),
            serial: 0,
        };
        world.run();
        world
    }
}
