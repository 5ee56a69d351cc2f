//! One RTP packet through the media thread, in the clear and encrypted on both legs, beside a bare UDP forwarder, rtpengine, and
//! Kamailio with rtpengine behind it ("the pair").
//!
//! The delay is from when a phone hands a packet to the kernel until the kernel has it for the other phone: when that comes to read it is no part of
//! what a relay adds, and on a machine that is full it would be most of what is measured. For the same reason the phones seal before a round
//! and open after it. Beside what is encrypted stands the forwarder between phones that encrypt with each other's keys.
//!
//! All relay the same calls over the loopback, in turns: PCMU, 20 ms, both ways, every phone in a phase of its own. Compared is the CPU
//! time of what relays per packet; the delay, the loss and what was left of the machine stand beside it. The forwarder is
//! what the system's calls alone cost: wait, receive, send. Nearly all of either is the kernel's, and of that the larger part is waking
//! threads; on a busy machine this varies by a third from second to second, which is why there are many short rounds.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use memmap2::{MmapMut, MmapOptions};
use model::time::Clock;

use self::phones::Run;
use self::relay::Kind;
use crate::fax_lines::Spinners;
use crate::figure::Figure;
use crate::numbers::{median, percentile};
use crate::process;

mod arrivals;
mod forwarder;
mod packets;
mod pair;
mod phones;
mod relay;
mod rtpengine;
mod seals;
mod wall;

/// Our RTP packet to the forwarder's, at most (field measurements: other exchanges are at 1.8 to 2.5).
const GOAL: f64 = 1.2;
/// Our SRTP packet to our own RTP packet, at most.
const SECURE_GOAL: f64 = 1.25;
/// The delay that we add to that of the forwarder, at most, half of all packets being slower.
const DELAY_GOAL: f64 = 1.5;
/// A room of 32 parties, in hundredths of a core.
const ROOM_GOAL: f64 = 10.0;
/// Kilobytes that a call may take in the media thread.
const CALL_GOAL: f64 = 40.0;
/// How many calls the machine is asked for at most: four sockets each, and ports for as many.
const MOST_CALLS: usize = 1500;

/// Arguments of `bench media`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many calls at once; may be given more than once. Beside them as many are measured as the forwarder carries without loss.
    #[arg(long = "calls", default_values_t = [50, 200])]
    calls: Vec<usize>,
    /// Rounds of each relay, in turns.
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// Seconds that each round is measured for, after half a second to warm up. Its packets are all in memory: some 90 MB a second at 1500 calls.
    #[arg(long, default_value_t = 1)]
    seconds: u64,
    /// Programs for each processor that never rest beside 200 calls more; 0 leaves this part out.
    #[arg(long, default_value_t = 1)]
    busy: usize,
    /// Leave out as many calls as the forwarder carries.
    #[arg(long)]
    no_most: bool,
    /// Leave out rtpengine, alone and behind Kamailio.
    #[arg(long)]
    no_rtpengine: bool,
}

impl Args {
    /// For the summary of all.
    pub(crate) fn short() -> Self {
        Self { calls: vec![50], rounds: 3, seconds: 1, busy: 0, no_most: true, no_rtpengine: false }
    }
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    allow_many_sockets();
    println!("{} rounds of {} s each, in turns; PCMU, 20 ms, both ways", args.rounds, args.seconds);
    println!("calls  relay            CPU us/packet   core/call   delay p50   delay p99      sent   lost   idle");
    let clock = Clock::start();
    let mut kinds = vec![Kind::Forwarder, Kind::ForwarderSealed, Kind::Media, Kind::MediaSecure];
    if !args.no_rtpengine && Kind::Rtpengine.is_here() {
        kinds.extend([Kind::Rtpengine, Kind::RtpengineSecure]);
    }
    if !args.no_rtpengine && Kind::Pair.is_here() {
        kinds.extend([Kind::Pair, Kind::PairSecure]);
    }
    // Before the relays, whose memory is free to be taken anew after them.
    let mut figures = vec![memory(clock)?];
    for &calls in &args.calls {
        figures.extend(compare(clock, args, &kinds, calls, "")?);
    }
    if !args.no_most {
        let most = most(clock, args.seconds)?;
        println!("{most:5}  calls are as many as the forwarder carried without loss (of at most {MOST_CALLS})");
        figures.extend(compare(clock, args, &kinds, most, "")?);
    }
    if args.busy > 0 {
        const CALLS: usize = 200;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        println!("{CALLS:5}  calls on a busy machine: {} programs that never rest", args.busy * processors);
        let _spinners = Spinners::start(args.busy * processors)?;
        figures.extend(compare(clock, args, &kinds, CALLS, ", busy machine")?);
    }
    figures.push(translated(clock, args)?);
    figures.push(room(clock, args)?);
    Ok(figures)
}

/// The same calls through each of these relays, in turns.
fn compare(clock: Clock, args: &Args, kinds: &[Kind], calls: usize, when: &str) -> io::Result<Vec<Figure>> {
    let mut series: BTreeMap<Kind, Series> = BTreeMap::new();
    for round_number in 0..args.rounds.max(1) {
        // Now one first, now another, so that no rhythm of the machine favours any.
        for turn in 0..kinds.len() {
            let kind = kinds[(round_number + turn) % kinds.len()];
            series.entry(kind).or_default().add(round(clock, calls, args.seconds, kind)?);
        }
    }
    let rows: BTreeMap<Kind, Row> =
        series.iter_mut().map(|(kind, rounds)| (*kind, rounds.print(calls, *kind))).collect();
    let row = |kind| rows.get(&kind).copied().unwrap_or_default();
    let (bare, sealed) = (row(Kind::Forwarder), row(Kind::ForwarderSealed));
    let (ours, secure) = (row(Kind::Media), row(Kind::MediaSecure));
    let named = |what: &str| format!("{what}, {calls} calls{when}");
    let mut figures = vec![
        Figure::new(named("relayed RTP packet"), ours.cost, "us"),
        Figure::new("  as a ratio to a bare UDP forwarder", ours.cost / bare.cost, "").at_most(GOAL),
        Figure::new("  its delay (p50) as a ratio to the forwarder's", ours.p50 / bare.p50, "").at_most(DELAY_GOAL),
        Figure::none("  packets lost on the way", ours.lost),
        Figure::new(named("relayed SRTP packet, both legs"), secure.cost, "us"),
        Figure::new("  as a ratio to our RTP packet", secure.cost / ours.cost, "").at_most(SECURE_GOAL),
        Figure::new("  its delay (p50) as a ratio to the forwarder's, SRTP", secure.p50 / sealed.p50, "")
            .at_most(DELAY_GOAL),
        Figure::new("  and to the forwarder's between phones in the clear", secure.p50 / bare.p50, ""),
        Figure::none("  packets lost on the way", secure.lost),
    ];
    for (whose, plain, sealed) in
        [("rtpengine's", Kind::Rtpengine, Kind::RtpengineSecure), ("the pair's", Kind::Pair, Kind::PairSecure)]
    {
        if let (Some(plain), Some(sealed)) = (rows.get(&plain), rows.get(&sealed)) {
            figures.push(Figure::new(format!("our RTP packet as a ratio to {whose}"), ours.cost / plain.cost, ""));
            figures.push(Figure::new(format!("our SRTP packet as a ratio to {whose}"), secure.cost / sealed.cost, ""));
        }
    }
    Ok(figures)
}

/// As many calls as the forwarder carries without loss here, whether phones encrypt or not, with phones that share the machine with it and
/// some of the machine left: where all of it is taken, the delay says who waits behind whom, and is nobody's own.
fn most(clock: Clock, seconds: u64) -> io::Result<usize> {
    const STEP: usize = 100;
    /// The part of the machine that must be left.
    const REST: f64 = 0.03;
    let mut carried = STEP;
    for calls in (2 * STEP..=MOST_CALLS).step_by(STEP) {
        for kind in [Kind::Forwarder, Kind::ForwarderSealed] {
            let run = round(clock, calls, seconds, kind)?;
            // Phones that fall behind their own rhythm say nothing about what could be carried.
            let (lost, idle) = (run.sent - run.received, run.idle);
            if lost > 0 || run.late || idle < REST {
                let (name, late) = (kind.name(), if run.late { ", and the phones were late" } else { "" });
                println!("{calls:5}  calls, {name}: {lost} lost, {:.0} % of the machine left{late}", idle * 100.0);
                return Ok(carried);
            }
        }
        carried = calls;
    }
    Ok(carried)
}

/// What a call takes of memory, with SRTP on both legs. The phones' part is there before, but for the delays that they write down.
fn memory(clock: Clock) -> io::Result<Figure> {
    const CALLS: usize = 200;
    /// On a busy machine some of the phones have not spoken after one.
    const TALK: Duration = Duration::from_secs(3);
    let phones = phones(CALLS)?;
    let (relay, seals) = start(Kind::Forwarder, clock, &phones)?;
    // What a round leaves behind of itself is left behind before it counts.
    phones::talk(Kind::Forwarder, &phones, (&relay, seals), TALK)?;
    drop(relay);
    let before = process::resident("self")?.0;
    let (relay, seals) = start(Kind::MediaSecure, clock, &phones)?;
    phones::talk(Kind::MediaSecure, &phones, (&relay, seals), TALK)?;
    let each = (process::resident("self")?.0 - before) * 1024.0 / CALLS as f64;
    println!("{CALLS:5}  calls in SRTP: {each:.1} KiB each, the phones' keys included");
    Ok(Figure::new(format!("memory of a call in SRTP, {CALLS} calls"), each, "KiB").must_be_at_most(CALL_GOAL))
}

/// Calls between two that have no codec in common.
fn translated(clock: Clock, args: &Args) -> io::Result<Figure> {
    const CALLS: usize = 20;
    let mut cost = Vec::new();
    for _ in 0..args.rounds.max(1) {
        cost.push(round(clock, CALLS, args.seconds, Kind::Translated)?.cpu_per_packet_us);
    }
    let cost = median(&mut cost);
    println!("{CALLS:5}  translated between G.711 and G.722: {cost:.2} us a packet");
    Ok(Figure::new(format!("translated packet, G.711 and G.722, {CALLS} calls"), cost, "us"))
}

/// One room; every second party speaks G.722, and all talk at once.
fn room(clock: Clock, args: &Args) -> io::Result<Figure> {
    const PARTIES: usize = 32;
    const PACKETS_A_SECOND: f64 = 50.0 * 32.0;
    let mut cost = Vec::new();
    for _ in 0..args.rounds.max(1) {
        cost.push(round(clock, PARTIES / 2, args.seconds, Kind::Room)?.cpu_per_packet_us);
    }
    let core = median(&mut cost) * PACKETS_A_SECOND / 1e6 * 100.0;
    println!("{PARTIES:5}  parties in one room: {core:.2} % of a core");
    Ok(Figure::new(format!("a room of {PARTIES} parties, G.711 and G.722"), core, "% of a core").at_most(ROOM_GOAL))
}

/// The rounds of one relay.
#[derive(Default)]
struct Series {
    cost: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    sent: u64,
    lost: u64,
    idle: Vec<f64>,
    /// Rounds in which the phones fell behind.
    late: usize,
}

/// What they came to.
#[derive(Clone, Copy, Default)]
struct Row {
    /// Microseconds of CPU per packet.
    cost: f64,
    /// Microseconds from one phone to where the kernel has a packet for the other.
    p50: f64,
    lost: u64,
}

impl Series {
    fn add(&mut self, mut run: Run) {
        self.cost.push(run.cpu_per_packet_us);
        self.p50.push(percentile(&mut run.delays_us, 0.5));
        self.p99.push(percentile(&mut run.delays_us, 0.99));
        self.idle.push(run.idle);
        self.late += usize::from(run.late);
        self.sent += run.sent;
        self.lost += run.sent - run.received;
    }

    fn print(&mut self, calls: usize, kind: Kind) -> Row {
        const PACKETS_PER_CALL: f64 = 100.0;
        let cost = median(&mut self.cost);
        let core = cost * PACKETS_PER_CALL / 1e6 * 100.0;
        let (p50, p99) = (median(&mut self.p50), median(&mut self.p99));
        let idle = median(&mut self.idle) * 100.0;
        let Self { sent, lost, late, .. } = *self;
        let name = kind.name();
        println!(
            "{calls:5}  {name:15} {cost:14.2} {core:9.3} % {p50:8.0} us {p99:8.0} us {sent:9} {lost:6} {idle:4.0} %"
        );
        if late > 0 {
            println!("{calls:5}  in {late} of these rounds the phones could not keep to their rhythm");
        }
        Row { cost, p50, lost }
    }
}

/// Memory that the kernel has back as soon as it is dropped, and that is there when it is needed: the memory of a call is measured beside it.
fn pages(octets: usize) -> io::Result<MmapMut> {
    MmapOptions::new().len(octets.max(1)).populate().map_anon()
}

fn round(clock: Clock, calls: usize, seconds: u64, kind: Kind) -> io::Result<Run> {
    let phones = phones(calls)?;
    let (relay, seals) = start(kind, clock, &phones)?;
    phones::talk(kind, &phones, (&relay, seals), Duration::from_secs(seconds))
}

fn phones(calls: usize) -> io::Result<Vec<UdpSocket>> {
    (0..2 * calls).map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))).collect()
}

/// Starts a relay that these phones send to.
fn start(kind: Kind, clock: Clock, phones: &[UdpSocket]) -> io::Result<(relay::Relay, seals::Seals)> {
    let addresses: Vec<SocketAddr> = phones.iter().map(UdpSocket::local_addr).collect::<io::Result<_>>()?;
    let (relay, seals) = relay::start(kind, clock, &addresses)?;
    for (phone, ours) in phones.iter().zip(&relay.addresses) {
        phone.connect(ours)?;
        phone.set_nonblocking(true)?;
        arrivals::ask_for_stamps(phone)?;
    }
    Ok((relay, seals))
}

/// A call has four sockets here, and the usual limit is 1024. Where it can't be raised, binding says so.
fn allow_many_sockets() {
    let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current = limit.maximum;
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, limit);
}
