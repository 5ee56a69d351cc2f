//! A call over a modem of our own, in simulated time: our driver, a modem of spandsp's (T.31) behind a serial cable that misbehaves as told,
//! a telephone line, and a fax machine that is called or calls. A modem of Class 2 stands between the cable and that.

use std::collections::VecDeque;
use std::time::Duration;

use fax::audio::Law;
use fax::line::ModemCall;
use fax::page::Page;
use fax::session::{Input, Params, Role};
use fax::worker::proto::Way;
use model::fax::Cause;
use model::settings::FaxClass;
use model::{Inside, Instant, Now, Random};
use modem::fake::{Fake, Manner, Said, Told};
use spandsp::{FaxModem, LineNews, LineOrder};

use crate::party::{Disk, Party};

const TICK: Duration = Duration::from_millis(20);
/// A call that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(900);

/// How long a cable that stalls does.
const STALL: Duration = Duration::from_secs(10);

/// How long a network may keep back what we write: one packet lost three times.
const HELD: Duration = Duration::from_millis(1400);

/// How long a line that loses an answer of ours is dumb: for the frame, and for nothing after it.
const DUMB: Duration = Duration::from_secs(2);

/// How long the other end may take to see that the call is over.
const GOODBYE: Duration = Duration::from_secs(30);

/// What the cable does to what the modem says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cable {
    /// Bytes are late by so much.
    pub(crate) late: Duration,
    /// This part of the bytes is lost, or becomes another.
    pub(crate) lost: f64,
    pub(crate) garbled: f64,
    /// From then on nothing comes any more.
    pub(crate) dead_after: Option<Duration>,
    /// Nothing comes for ten seconds from then on, and then all of it.
    pub(crate) stalls_after: Option<Duration>,
    /// What we write comes late once, from then on: a network is in its way.
    pub(crate) holds_after: Option<Duration>,
    /// Nothing comes any more once this was written.
    pub(crate) dead_at: Option<&'static str>,
    /// A DLE that belongs to a frame is not doubled by the modem.
    pub(crate) undoubled: bool,
    /// Where the modem says the first, the second comes.
    pub(crate) instead: Option<(&'static str, &'static str)>,
}

impl Cable {
    fn spoiled(&self, said: Vec<u8>) -> Vec<u8> {
        let Some((from, to)) = self.instead else { return said };
        let Some(at) = said.windows(from.len()).position(|part| part == from.as_bytes()) else { return said };
        [&said[..at], to.as_bytes(), &said[at + from.len()..]].concat()
    }
}

/// Who answers the number that is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Answers {
    /// A fax machine.
    #[default]
    Machine,
    /// Nobody: the line says this.
    Not(LineNews),
    /// Somebody who says nothing.
    Silence,
    /// Nobody is called: the modem says this.
    Says(&'static str),
}

pub(crate) struct World {
    pub(crate) now: Now,
    pub(crate) ours: Party,
    /// The modem of Class 2, and what it is to be told by when.
    fake: Option<(Fake, Instant)>,
    answers: Answers,
    drops_after: Option<Duration>,
    drops_at: Instant,
    loses: Option<u8>,
    dumb_until: Instant,
    deaf_after: Option<(u8, Duration)>,
    deaf_until: Instant,
    connect_delay: Duration,
    /// A page was ordered, and data is taken from then on.
    ordered_page: bool,
    takes_from: Instant,
    dead: bool,
    driver: modem::Modem,
    driver_timeout: Instant,
    modem: FaxModem,
    /// What the driver wrote, while the modem has enough.
    to_modem: VecDeque<u8>,
    /// What it wrote, and a network keeps back.
    in_network: VecDeque<u8>,
    from_modem: VecDeque<(Instant, u8)>,
    cable: Cable,
    /// Frames are what the modem gives now; its last octet was the first DLE of two; and how often the second was left out.
    frames: bool,
    dle: bool,
    pub(crate) left_out: usize,
    random: Random,
    pub(crate) machine: Option<Party>,
    /// The same, when it has put down its line.
    pub(crate) ended: Option<Party>,
    machine_role: Option<(Role, Option<Vec<u8>>)>,
    /// What the machine holds ready, and what must be named for it.
    held: Vec<Page>,
    needs: Inside,
    heard: VecDeque<Vec<u8>>,
    said: u32,
    pub(crate) talk: String,
}

pub(crate) struct Setup {
    pub(crate) pages: Vec<Page>,
    /// Sending: pages of the documents after the first, at the end of `pages`.
    pub(crate) followers: Vec<u32>,
    pub(crate) ecm: bool,
    pub(crate) max_bit_rate: u16,
    /// The modem's T.6 is trusted.
    pub(crate) mmr: bool,
    /// Fetching: their machine holds something ready.
    pub(crate) holds: bool,
    /// We call and send; else we answer and receive.
    pub(crate) sends: bool,
    /// We call, and fetch what the machine holds ready.
    pub(crate) fetches: bool,
    /// We answer, and the machine fetches what we hold ready.
    pub(crate) gives: bool,
    /// What we name, and what their machine wants to be named.
    pub(crate) inside: Inside,
    pub(crate) wanted: Inside,
    pub(crate) cable: Cable,
    /// Of Class 2, and how.
    pub(crate) fake: Option<Manner>,
    pub(crate) answers: Answers,
    pub(crate) disk: Disk,
    /// The line drops so long after it was answered.
    pub(crate) drops_after: Option<Duration>,
    /// The first of our frames of this kind is lost on the line.
    pub(crate) loses: Option<u8>,
    /// Nothing of what their machine says arrives for so long after our first frame of this kind.
    pub(crate) deaf_after: Option<(u8, Duration)>,
    /// The modem loses what it is given of a page so soon after `CONNECT`, and the driver knows that.
    pub(crate) connect_delay: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            followers: Vec::new(),
            ecm: true,
            max_bit_rate: 14_400,
            mmr: true,
            holds: true,
            sends: true,
            fetches: false,
            gives: false,
            inside: Inside::default(),
            wanted: Inside::default(),
            cable: Cable::default(),
            fake: None,
            answers: Answers::Machine,
            disk: Disk::default(),
            drops_after: None,
            loses: None,
            deaf_after: None,
            connect_delay: Duration::ZERO,
        }
    }
}

impl Setup {
    pub(crate) fn run(self) -> World {
        let now = Now::simulation_start();
        let document = Page::multi_tiff(&self.pages);
        let count = u32::try_from(self.pages.len()).unwrap() - self.followers.iter().sum::<u32>();
        let params = |way, modem, inside: &Inside| Params {
            inside: inside.clone(),
            station_id: "+1 202 555 0107".to_owned(),
            way,
            modem,
            ecm: self.ecm,
            max_bit_rate: self.max_bit_rate,
            ..Params::default()
        };
        let (class, way) = match self.fake {
            None => (FaxClass::One, Way::Modem),
            Some(manner) => (manner.class, Way::Class2),
        };
        let calls = (self.sends || self.fetches) && !self.gives;
        let number = calls.then(|| "5551234".to_owned());
        let setup = vec!["ATE0V1Q0".to_owned()];
        let call = ModemCall { number, setup, class, mmr: self.mmr, connect_delay: self.connect_delay };
        let (send, receive) = ((Role::Send { pages: count }, Some(document)), (Role::Receive, None));
        let (mine, theirs) = match (self.fetches, self.gives, self.sends) {
            (true, ..) => ((Role::Fetch, None), receive),
            (_, true, _) => (receive, (Role::Fetch, None)),
            (.., true) => (send, receive),
            (.., false) => (receive, send),
        };
        let mut world = World {
            now,
            fake: self.fake.map(|manner| (Fake::new(now, manner), Instant::ZERO)),
            answers: self.answers,
            drops_after: self.drops_after,
            drops_at: Instant::FAR_FUTURE,
            loses: self.loses,
            dumb_until: Instant::ZERO,
            deaf_after: self.deaf_after,
            deaf_until: Instant::ZERO,
            connect_delay: self.connect_delay,
            ordered_page: false,
            takes_from: Instant::ZERO,
            dead: false,
            ours: Party::new(
                now,
                mine.0,
                Params { ready: self.gives, followers: self.followers, ..params(way, Some(call), &self.inside) },
                mine.1.as_deref(),
            ),
            driver: modem::Modem::new(),
            driver_timeout: Instant::FAR_FUTURE,
            modem: FaxModem::new().unwrap(),
            to_modem: VecDeque::new(),
            in_network: VecDeque::new(),
            from_modem: VecDeque::new(),
            cable: self.cable,
            frames: false,
            dle: false,
            left_out: 0,
            random: Random::from_u64(7),
            machine: None,
            ended: None,
            machine_role: Some(theirs),
            held: Vec::new(),
            needs: Inside::default(),
            heard: VecDeque::new(),
            said: 0,
            talk: String::new(),
        };
        world.ours.disk = self.disk;
        // Who fetches names what is wanted; whoever answers says what must be named.
        let mut machine = params(Way::Audio(Law::Mu), None, &Inside::default());
        if self.fetches && self.holds {
            machine.ready = true;
            world.held.clone_from(&self.pages);
            world.needs = self.wanted;
        }
        if self.gives {
            world.ours.held = self.pages;
        }
        if !calls {
            world.modem.tell(LineNews::Ringing);
        }
        let limit = now.instant + LIMIT;
        while world.ours.outcome.is_none() {
            assert!(world.now.instant < limit, "the call does not end\n{}\n{:#?}", world.talk, world.ours.trace);
            world.tick(&machine);
        }
        // The other end says goodbye too.
        let limit = world.now.instant + GOODBYE;
        while world.machine.is_some() && world.now.instant < limit {
            world.tick(&machine);
        }
        world
    }
}

impl World {
    fn tick(&mut self, machine: &Params) {
        self.now = self.now.after(TICK);
        let now = self.now;
        if self.driver_timeout <= now.instant {
            self.drive(modem::Input::Timeout);
        }
        if let Some((fake, _)) = self.fake.as_mut().filter(|(_, timeout)| *timeout <= now.instant) {
            fake.handle_input(now, Told::Timeout);
        }
        self.ours.store(now);
        if self.ours.timeout <= now.instant || self.ours.storing.is_none() && self.ours.disk.takes > Duration::ZERO {
            self.ours.input(now, Input::Timeout);
        }
        if self.drops_at <= now.instant {
            self.drops_at = Instant::FAR_FUTURE;
            self.modem.tell(LineNews::Ended);
            if let Some(mut machine) = self.machine.take() {
                machine.input(now, Input::LineEnded);
                self.ended = Some(machine);
            }
        }
        self.settle(machine);
        // The line: 20 ms of both ends.
        let mut samples: Vec<i16> = match self.heard.pop_front() {
            Some(octets) => octets.iter().map(|octet| Law::Mu.decode(*octet)).collect(),
            None => vec![0; 160],
        };
        if now.instant < self.deaf_until {
            samples.fill(0);
        }
        self.modem.step(&mut samples);
        if now.instant < self.dumb_until {
            samples.fill(0);
        }
        if let Some(machine) = &mut self.machine {
            let payload: Vec<u8> = samples.iter().map(|sample| Law::Mu.encode(*sample)).collect();
            let timestamp = self.said;
            self.said = timestamp.wrapping_add(160);
            let at = now.instant;
            machine.input(now, Input::Sound { at, timestamp, law: Law::Mu, payload: &payload });
            if machine.timeout <= now.instant {
                machine.input(now, Input::Timeout);
            }
            self.heard.extend(machine.sounds.drain(..));
            if machine.outcome.is_some() {
                self.modem.tell(LineNews::Ended);
                self.ended = self.machine.take();
            }
        }
        self.settle(machine);
    }

    /// Until nobody has anything to say at this instant.
    fn settle(&mut self, machine: &Params) {
        if !self.is_held() {
            self.to_modem.append(&mut self.in_network);
        }
        loop {
            let mut busy = false;
            while !self.modem.is_holding()
                && let Some(byte) = self.to_modem.pop_front()
            {
                busy = true;
                self.modem.write(&[byte]);
            }
            let said = self.read();
            let said = self.undoubled(said);
            for byte in self.cable.spoiled(said) {
                let dead =
                    self.cable.dead_after.is_some_and(|after| self.now.instant.saturating_since(Instant::ZERO) > after);
                if dead || self.dead || self.random.chance(self.cable.lost) {
                    continue;
                }
                let stalls = self.cable.stalls_after.map(|after| Instant::ZERO + after);
                let stalls = stalls.filter(|from| (*from..*from + STALL).contains(&self.now.instant));
                let byte = if self.random.chance(self.cable.garbled) { byte ^ 0x21 } else { byte };
                let at = stalls.map_or(self.now.instant, |from| from + STALL);
                self.from_modem.push_back((at + self.cable.late, byte));
            }
            let mut come = Vec::new();
            while let Some((_, byte)) = self.from_modem.pop_front_if(|(at, _)| *at <= self.now.instant) {
                come.push(byte);
            }
            if !come.is_empty() {
                busy = true;
                self.drive(modem::Input::Bytes(&come));
            }
            for order in std::mem::take(&mut self.ours.orders) {
                busy = true;
                self.spoil(&order);
                self.drive(modem::Input::Order(order));
            }
            while let Some(order) = self.modem.order() {
                busy = true;
                self.line(order, machine);
            }
            if !busy {
                return;
            }
        }
    }

    /// What a modem says that does not double DLE in frames.
    fn undoubled(&mut self, mut said: Vec<u8>) -> Vec<u8> {
        const DLE: u8 = 0x10;
        if self.cable.undoubled && self.frames {
            said.retain(|octet| {
                let second = self.dle && *octet == DLE;
                self.dle = *octet == DLE && !second;
                self.left_out += usize::from(second);
                !second
            });
        }
        said
    }

    /// What becomes of the line by what we say on it.
    fn spoil(&mut self, order: &modem::Order) {
        let modem::Order::Data(data) = order else { return };
        let said = data.get(2).map(|code| code & 0xfe).filter(|_| data[0] == 0xff);
        if said.is_some() && said == self.loses {
            (self.loses, self.dumb_until) = (None, self.now.instant + DUMB);
        }
        if let Some((_, long)) = self.deaf_after.take_if(|(code, _)| Some(*code) == said) {
            self.deaf_until = self.now.instant + long;
        }
    }

    /// What the modem of the cable says now.
    fn read(&mut self) -> Vec<u8> {
        let said = self.modem.read();
        let Some((fake, timeout)) = &mut self.fake else { return said };
        if !said.is_empty() {
            fake.handle_input(self.now, Told::Line(&said));
        }
        let mut read = Vec::new();
        loop {
            match fake.poll() {
                Said::Computer(bytes) => read.extend(bytes),
                Said::Line(bytes) => {
                    self.talk.push_str(&short("      line >", self.now, &bytes));
                    self.to_modem.extend(bytes);
                }
                Said::Timeout(at) => {
                    *timeout = at;
                    return read;
                }
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.now.instant < self.takes_from {
            return;
        }
        self.talk.push_str(&short(">", self.now, bytes));
        self.ordered_page = bytes.starts_with(b"AT+FTM");
        if bytes.starts_with(b"AT") {
            self.frames = bytes.starts_with(b"AT+FRH") || bytes.starts_with(b"ATD");
        }
        self.dead |= self.cable.dead_at.is_some_and(|line| bytes.starts_with(line.as_bytes()));
        let held = self.is_held();
        match &mut self.fake {
            Some((fake, _)) => fake.handle_input(self.now, Told::Computer(bytes)),
            None if held => self.in_network.extend(bytes),
            None => self.to_modem.extend(bytes),
        }
    }

    fn is_held(&self) -> bool {
        let passed = self.now.instant.saturating_since(Instant::ZERO);
        self.cable.holds_after.is_some_and(|after| (after..after + HELD).contains(&passed))
    }

    fn line(&mut self, order: LineOrder, params: &Params) {
        self.talk.push_str(&format!("{:?} line {order:?}\n", self.now.instant));
        match order {
            LineOrder::Dial(_) | LineOrder::Answer => {
                match self.answers {
                    Answers::Machine => {}
                    Answers::Not(news) => return self.modem.tell(news),
                    Answers::Says(word) => {
                        let said = format!("\r\n{word}\r\n").into_bytes();
                        return self.from_modem.extend(said.into_iter().map(|byte| (self.now.instant, byte)));
                    }
                    Answers::Silence => return self.modem.tell(LineNews::Connected),
                }
                let Some((role, document)) = self.machine_role.take() else { return };
                let mut machine = Party::new(self.now, role, params.clone(), document.as_deref());
                machine.held.clone_from(&self.held);
                machine.needs.clone_from(&self.needs);
                self.machine = Some(machine);
                let answers = order == LineOrder::Answer;
                self.drops_at = self.drops_after.map_or(Instant::FAR_FUTURE, |after| self.now.instant + after);
                self.modem.tell(if answers { LineNews::Answered } else { LineNews::Connected });
            }
            LineOrder::HangUp => {
                if let Some(machine) = &mut self.machine {
                    machine.input(self.now, Input::LineEnded);
                }
            }
        }
    }

    fn drive(&mut self, input: modem::Input<'_>) {
        self.driver.handle_input(self.now, input);
        loop {
            match self.driver.poll_output() {
                modem::Output::Timeout(at) => {
                    self.driver_timeout = at;
                    return;
                }
                modem::Output::Write(bytes) => {
                    self.write(&bytes);
                }
                // What the modem of Class 2 has told the other is not in this cable.
                modem::Output::Flush if self.fake.is_some() => {}
                modem::Output::Flush => self.to_modem.clear(),
                modem::Output::Dtr(_) => {}
                modem::Output::Event(event) => {
                    if event == modem::Event::Word(modem::Word::Connect) && std::mem::take(&mut self.ordered_page) {
                        self.takes_from = self.now.instant + self.connect_delay;
                    }
                    if !matches!(event, modem::Event::Data(_)) {
                        self.talk.push_str(&format!("{:?} < {event:?}\n", self.now.instant));
                    }
                    self.ours.input(self.now, Input::Modem(event));
                }
            }
        }
    }
}

/// A line of the talk on a cable; a page is none.
fn short(arrow: &str, now: Now, bytes: &[u8]) -> String {
    if bytes.len() < 40 { format!("{:?} {arrow} {}\n", now.instant, bytes.escape_ascii()) } else { String::new() }
}

#[track_caller]
pub(crate) fn check(world: &World, cause: Cause, pages: u32) {
    let outcome = world.ours.outcome.as_ref().unwrap();
    let theirs = world.ended.as_ref().map(|machine| &machine.trace);
    let told = format!("\n{}\n{:#?}\n{theirs:#?}", world.talk, world.ours.trace);
    assert_eq!((outcome.cause, outcome.pages_confirmed), (cause, pages), "{told}");
}
