//! Calls between two fax machines of others that pass through us, in simulated time: one side sound and the other T.38, or both alike. What
//! stands between them is here, or in the sandboxed child as in the program.

use std::collections::VecDeque;
use std::time::Duration;

use fax::audio::Law;
use fax::line::Helper;
use fax::line::between::{Answer, Between, Carried, Said, Told, Way};
use fax::line::gateway::{LARGEST_DATAGRAM, Terms};
use fax::page::Page;
use fax::session::{Input, Params, Role};
use fax::udptl::Sender;
use fax::worker::{Gone, proto};
use model::fax::Cause;
use model::{Instant, Now, Random};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::party::Party;
use crate::support::{assert_same, pages};

const TICK: Duration = Duration::from_millis(20);
/// A call that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(900);
const TERMS: Terms = Terms { max_datagram: 400, redundancy: true, max_bit_rate: 14_400 };
const SOUND: Way = Way::Sound(Law::Mu);
const PACKETS: Way = Way::Packets(TERMS);

struct Setup {
    ways: [Way; 2],
    ecm: bool,
    /// Whatever a side is at first, it is over T.38 so long after the call was answered.
    becomes_t38: Option<(u8, Duration)>,
    /// Packets of sound that are lost on their way to us, of so many.
    lost: f64,
    /// In a process of its own.
    child: bool,
    /// The caller fetches what the called one holds ready.
    fetched: bool,
}

/// What stands between the two.
enum Middle {
    Here(Box<Between>),
    Child(Box<InChild>),
}

/// The same as the program has it: the process is real, its clock is not.
struct InChild {
    runtime: Runtime,
    child: Helper<Told, Answer>,
}

impl InChild {
    fn new() -> Self {
        // The example that cargo builds beside this test.
        let mut program = std::env::current_exe().unwrap();
        program.pop();
        program.pop();
        program.push("examples/fax_gateway");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let child = runtime.block_on(async { Helper::spawn(&program, &[]) }).unwrap();
        Self { runtime, child }
    }

    fn tell(&self, now: Now, told: Told) -> Result<Answer, Gone> {
        self.runtime.block_on(self.child.tell(now.instant, told))
    }

    fn limits(&self) -> String {
        std::fs::read_to_string(format!("/proc/{}/limits", self.child.id().unwrap())).unwrap()
    }

    fn status(&self) -> String {
        std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap()
    }
}

struct Call {
    now: Now,
    between: Middle,
    wake: Instant,
    /// The first calls.
    parties: [Party; 2],
    fetched: bool,
    laws: [Law; 2],
    /// Places in the sound of each, as it comes to us and as we say it.
    came: [u32; 2],
    said: [u32; 2],
    random: Random,
    lost: f64,
    carried: Carried,
}

impl Setup {
    fn new(ways: [Way; 2]) -> Self {
        Self { ways, ecm: true, becomes_t38: None, lost: 0.0, child: false, fetched: false }
    }

    fn run(self, sent: &[Page]) -> Call {
        let now = Now::simulation_start();
        let way = |way| match way {
            Way::Sound(law) => proto::Way::Audio(law),
            Way::Packets(_) => proto::Way::T38,
        };
        let law = |way| if let Way::Sound(law) = way { law } else { Law::Mu };
        let params = |side: usize| Params { way: way(self.ways[side]), ecm: self.ecm, ..Params::default() };
        let role = Role::Send { pages: u32::try_from(sent.len()).unwrap() };
        let document = Page::multi_tiff(sent);
        let mut call = Call {
            now,
            between: if self.child { Middle::Child(Box::new(InChild::new())) } else { Middle::Here(Box::default()) },
            wake: Instant::FAR_FUTURE,
            parties: match self.fetched {
                false => {
                    [Party::new(now, role, params(0), Some(&document)), Party::new(now, Role::Receive, params(1), None)]
                }
                true => {
                    let mut holder = Party::new(now, Role::Receive, Params { ready: true, ..params(1) }, None);
                    holder.held = sent.to_vec();
                    [Party::new(now, Role::Fetch, params(0), None), holder]
                }
            },
            fetched: self.fetched,
            laws: self.ways.map(law),
            came: [0; 2],
            said: [0; 2],
            random: Random::from_u64(3),
            lost: self.lost,
            carried: Carried::default(),
        };
        call.tell(&Told::Ways(self.ways));
        let mut change = self.becomes_t38.map(|(side, after)| (side, now.instant + after));
        while call.parties.iter().any(|party| party.outcome.is_none()) {
            assert!(call.now.instant < now.instant + LIMIT, "it does not end: {:#?}", call.parties[0].trace);
            if let Some((side, _)) = change.take_if(|(_, at)| *at <= call.now.instant) {
                let mut ways = self.ways;
                ways[usize::from(side)] = PACKETS;
                call.tell(&Told::Ways(ways));
                let Terms { max_datagram, redundancy, max_bit_rate } = TERMS;
                call.parties[usize::from(side)]
                    .input(call.now, Input::Switch { max_datagram, redundancy, max_bit_rate });
            }
            call.tick();
        }
        call
    }
}

impl Call {
    fn tick(&mut self) {
        self.now = self.now.after(TICK);
        for party in &mut self.parties {
            if party.timeout <= self.now.instant {
                party.input(self.now, Input::Timeout);
            }
        }
        let ended = [0, 1].map(|n| self.parties[n].outcome.is_some());
        for (n, ended) in ended.into_iter().enumerate() {
            if ended && self.parties[1 - n].outcome.is_none() {
                self.parties[1 - n].input(self.now, Input::LineEnded);
            }
        }
        if self.wake <= self.now.instant {
            self.tell(&Told::Time);
        }
        for side in [0, 1] {
            let party = &mut self.parties[usize::from(side)];
            let (sounds, datagrams): (VecDeque<_>, VecDeque<_>) =
                (std::mem::take(&mut party.sounds), std::mem::take(&mut party.datagrams));
            for payload in sounds {
                let timestamp = self.came[usize::from(side)];
                self.came[usize::from(side)] = timestamp.wrapping_add(160);
                if !self.random.chance(self.lost) {
                    self.tell(&Told::Sound { side, timestamp, payload });
                }
            }
            for data in datagrams {
                self.tell(&Told::Datagram { side, data: data.to_vec() });
            }
        }
    }

    fn tell(&mut self, told: &Told) {
        let Answer { said, carried, wake } = match &mut self.between {
            Middle::Here(between) => {
                assert!(between.handle_input(self.now, told));
                between.answer()
            }
            Middle::Child(child) => child.tell(self.now, told.clone()).unwrap(),
        };
        (self.carried, self.wake) = (carried, Instant::from_nanos(wake));
        for said in said {
            match said {
                Said::Sound { side, payload } => {
                    let n = usize::from(side);
                    let timestamp = self.said[n];
                    self.said[n] = timestamp.wrapping_add(160);
                    let at = self.now.instant;
                    let input = Input::Sound { at, timestamp, law: self.laws[n], payload: &payload };
                    self.parties[n].input(self.now, input);
                }
                Said::Datagram { side, data } => {
                    self.parties[usize::from(side)].input(self.now, Input::Datagram(&data));
                }
            }
        }
    }

    #[track_caller]
    fn delivered(&self, sent: &[Page], what: &str) {
        let [caller, called] = &self.parties;
        let (sender, receiver) = if self.fetched { (called, caller) } else { (caller, called) };
        let outcome = sender.outcome.as_ref().unwrap();
        let told = format!("{what}: {:#?}\n{:#?}", sender.trace, receiver.trace);
        assert_eq!((outcome.cause, outcome.pages_confirmed as usize), (Cause::Delivered, sent.len()), "{told}");
        assert_same(&receiver.durable, sent);
    }
}

#[test]
fn a_machine_on_an_analogue_line_and_one_behind_t38_get_each_others_pages() {
    let sent = pages(2);
    for ways in [[SOUND, PACKETS], [PACKETS, SOUND], [PACKETS, Way::Sound(Law::A)]] {
        for ecm in [true, false] {
            let what = format!("{ways:?} ecm {ecm}");
            let call = Setup { ecm, ..Setup::new(ways) }.run(&sent);
            call.delivered(&sent, &what);
            assert_eq!(call.carried, Carried { pages: 2, bit_rate: 14_400, ecm }, "{what}");
        }
    }
}

/// What ends of T.38 agreed on, and how fast pages go then: machines say which modems they have, and not which of their speeds.
const SPEEDS: [(u16, u32); 9] = [
    (33_600, 14_400),
    (14_400, 14_400),
    (12_000, 9600),
    (9600, 9600),
    (7200, 4800),
    (4800, 4800),
    (4799, 2400),
    (2400, 2400),
    (0, 2400),
];

/// Neither machine knows of it: both could do 14400.
#[test]
fn no_page_goes_faster_through_it_than_the_ends_of_t38_said_that_they_can() {
    let sent = pages(1);
    for ((agreed, gone), fetched) in SPEEDS.into_iter().flat_map(|speed| [(speed, false), (speed, true)]) {
        let packets = Way::Packets(Terms { max_bit_rate: agreed, ..TERMS });
        for ways in [[SOUND, packets], [packets, SOUND]] {
            let what = format!("{ways:?} fetched {fetched}");
            let call = Setup { fetched, ..Setup::new(ways) }.run(&sent);
            call.delivered(&sent, &what);
            // What is fetched comes without error correction.
            assert_eq!(call.carried, Carried { pages: 1, bit_rate: gone, ecm: !fetched }, "{what}");
        }
    }
}

#[test]
fn a_line_that_changes_to_t38_in_the_greetings_costs_nothing() {
    let sent = pages(1);
    for side in [0, 1] {
        let change = Some((side, Duration::from_millis(1500)));
        let call = Setup { becomes_t38: change, ..Setup::new([SOUND, SOUND]) }.run(&sent);
        call.delivered(&sent, &format!("side {side}"));
        assert_eq!(call.carried.pages, 1, "it was translated");
    }
}

#[test]
fn two_that_are_alike_are_passed_on() {
    let sent = pages(2);
    let call = Setup::new([PACKETS, PACKETS]).run(&sent);
    call.delivered(&sent, "T.38");
    assert_eq!(call.carried, Carried::default(), "nothing was translated");
    Setup::new([SOUND, Way::Sound(Law::A)]).run(&sent).delivered(&sent, "two laws");
    // What is lost before us is filled so that the modems stay where they are.
    Setup { lost: 0.002, ..Setup::new([SOUND, SOUND]) }.run(&sent).delivered(&sent, "losses");
}

/// Its list of system calls suffices for both directions and for a line that changes in the midst.
#[test]
fn a_gateway_in_its_sandbox_carries_a_fax_each_way() {
    let sent = pages(2);
    for ways in [[SOUND, PACKETS], [PACKETS, SOUND]] {
        let call = Setup { child: true, ..Setup::new(ways) }.run(&sent);
        call.delivered(&sent, &format!("{ways:?}"));
        assert_eq!(call.carried, Carried { pages: 2, bit_rate: 14_400, ecm: true });
        let Middle::Child(child) = &call.between else { panic!("it has a process") };
        let status = child.status();
        assert!(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"), "not in its sandbox: {status}");
    }
    let becomes_t38 = Some((1, Duration::from_millis(1500)));
    let call = Setup { becomes_t38, child: true, ..Setup::new([SOUND, SOUND]) }.run(&sent);
    call.delivered(&sent, "it changes");
}

#[test]
fn a_gateway_that_was_killed_is_gone_and_says_so() {
    let (now, child) = (Now::simulation_start(), InChild::new());
    assert!(child.tell(now, Told::Ways([SOUND, PACKETS])).is_ok());
    let process = rustix::process::Pid::from_raw(child.child.id().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    // It hangs here if the end is not told.
    while child.tell(now, Told::Time).is_ok() {}
}

/// What may come from outside, and after how many milliseconds.
fn anything() -> impl Strategy<Value = (Told, u16)> {
    let way = prop_oneof![
        Just(Way::Sound(Law::Mu)),
        Just(Way::Sound(Law::A)),
        (any::<u16>(), any::<bool>(), any::<u16>()).prop_map(|(max_datagram, redundancy, max_bit_rate)| {
            Way::Packets(Terms { max_datagram, redundancy, max_bit_rate })
        }),
    ];
    let octets = |most| proptest::collection::vec(any::<u8>(), 0..most);
    // One packet of T.38, of a kind and modulation that there is, and no earlier ones.
    let packet = (any::<u16>(), 0..12u8, octets(60)).prop_map(|(seq, kind, data)| {
        let field = [&[0xc0 | kind << 1, 1, 0x80, 0, data.len().saturating_sub(1) as u8][..], &data].concat();
        [&seq.to_be_bytes()[..], &[field.len() as u8], &field, &[0, 0]].concat()
    });
    let told = prop_oneof![
        2 => (way.clone(), way).prop_map(|(first, second)| Told::Ways([first, second])),
        6 => (any::<u8>(), any::<u32>(), octets(400))
            .prop_map(|(side, timestamp, payload)| Told::Sound { side: side % 3, timestamp, payload }),
        3 => (any::<u8>(), octets(200)).prop_map(|(side, data)| Told::Datagram { side: side % 3, data }),
        6 => (any::<u8>(), packet).prop_map(|(side, data)| Told::Datagram { side: side % 3, data }),
        2 => Just(Told::Time),
    ];
    (told, 0..300u16)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The C code below is run under AddressSanitizer (`fax/spandsp/fuzz/src/gateway.rs`); this is what stands around it.
    #[test]
    fn whatever_both_sides_send_what_comes_of_it_is_bounded_and_in_time(
        told in proptest::collection::vec(anything(), 0..120),
    ) {
        let (mut now, mut between) = (Now::simulation_start(), Between::default());
        for (told, millis) in told {
            now = now.after(Duration::from_millis(millis.into()));
            prop_assert!(between.handle_input(now, &told));
            let answer = between.answer();
            prop_assert!(answer.said.len() <= 256, "{} at once", answer.said.len());
            prop_assert!(answer.wake > now.instant.nanos(), "it is due already");
            for said in answer.said {
                match said {
                    Said::Sound { side, payload } => prop_assert!(side < 2 && payload.len() == 160),
                    Said::Datagram { side, data } => prop_assert!(side < 2 && data.len() <= LARGEST_DATAGRAM),
                }
            }
        }
    }
}

/// The line asks the machine for pages (a DTC), and then sends some itself: one translator cannot do both.
#[test]
fn a_call_in_which_both_ends_send_pages_ends() {
    // Octets of a frame stand in a packet with their first bit highest: 0xff, 0x13, 0x81 and V.29.
    let dtc = [0xc0, 2, 0x80, 0, 6, 0xff, 0xc8, 0x81, 0, 0x20, 0, 0, 0x20];
    let asks: [&[u8]; 3] = [&[0x06], &dtc, &[0xc0, 1, 0x10]];
    let mut now = Now::simulation_start();
    let mut between = Between::default();
    assert!(between.handle_input(now, &Told::Ways([SOUND, PACKETS])));
    let mut wire = Sender::new(400);
    let mut packet = |now, ifp: &[u8]| {
        let told = Told::Datagram { side: 1, data: wire.encode(ifp).to_vec() };
        between.handle_input(now, &told)
    };
    for ifp in asks {
        assert!(packet(now, ifp), "one way only");
        now = now.after(TICK);
    }
    assert!(!packet(now, &[0x1e]), "V.17 is to train");
}

/// A port for fax programs lives for months, and so does its modem.
#[test]
fn a_child_has_an_hour_of_processor_time_and_is_given_it_anew() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let child = InChild::new();
    let now = Now::simulation_start();
    child.tell(now, Told::Ways([SOUND, SOUND])).unwrap();
    let has = |seconds: &str| {
        let limits = child.limits();
        let line = limits.lines().find(|line| line.starts_with("Max cpu time")).unwrap().to_owned();
        line.split_whitespace().nth(3) == Some(seconds)
    };
    assert!(has("3600"), "{}", child.limits());
    let pid = Pid::from_raw(child.child.id().unwrap().try_into().unwrap());
    prlimit(pid, Resource::Cpu, Rlimit { current: Some(60), maximum: None }).unwrap();
    assert!(has("60"), "{}", child.limits());
    child.child.renew().unwrap();
    assert!(!has("60"), "{}", child.limits());
    child.tell(now, Told::Time).unwrap();
}
