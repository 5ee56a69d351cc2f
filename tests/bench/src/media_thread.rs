//! One RTP packet through the media thread, beside a bare UDP forwarder.
//!
//! Both relay the same calls over the loopback, in turns: PCMU, 20 ms, both ways, every phone in a phase of its own. Compared is the CPU
//! time of the relaying thread per packet; the delay from phone to phone and the loss stand beside it. The forwarder is
//! what the system's calls alone cost: wait, receive, send. Nearly all of either is the kernel's, and of that the larger part is waking
//! threads; on a busy machine this varies by a third from second to second, which is why there are many short rounds.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use model::time::Clock;

use self::phones::Run;
use crate::figure::Figure;
use crate::numbers::{median, percentile};

mod forwarder;
mod phones;
mod relay;

/// What the design asks of us (field measurements: other exchanges are at 1.8 to 2.5).
const GOAL: f64 = 1.2;
/// A room of 32 parties, in hundredths of a core.
const ROOM_GOAL: f64 = 10.0;

/// Arguments of `bench media`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many calls at once; may be given more than once.
    #[arg(long = "calls", default_values_t = [50, 200])]
    calls: Vec<usize>,
    /// Rounds of each relay, in turns.
    #[arg(long, default_value_t = 11)]
    rounds: usize,
    /// Seconds that each round is measured for, after half a second to warm up.
    #[arg(long, default_value_t = 1)]
    seconds: u64,
}

impl Args {
    /// For the summary of all.
    pub(crate) fn short() -> Self {
        Self { calls: vec![50], rounds: 3, seconds: 1 }
    }
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    allow_many_sockets();
    println!("{} rounds of {} s each, in turns; PCMU, 20 ms, both ways", args.rounds, args.seconds);
    println!("calls  relay      CPU us/packet   core/call   delay p50   delay p99      sent   lost");
    let clock = Clock::start();
    let mut figures = Vec::new();
    for &calls in &args.calls {
        let mut bare = Series::default();
        let mut ours = Series::default();
        for number in 0..args.rounds.max(1) {
            // Now one first, now the other, so that no rhythm of the machine favours either.
            let both = [relay::Kind::Forwarder, relay::Kind::Media];
            let turn = if number % 2 == 0 { both } else { [both[1], both[0]] };
            for kind in turn {
                let run = round(clock, calls, args.seconds, kind)?;
                match kind {
                    relay::Kind::Forwarder => bare.add(run),
                    _ => ours.add(run),
                }
            }
        }
        let (bare, ours) = (bare.print(calls, "forwarder"), ours.print(calls, "media"));
        println!("{calls:5}  media : forwarder = {:.2} (goal: at most {GOAL:.2})", ours / bare);
        figures.push(Figure::new(format!("relayed RTP packet, {calls} calls"), ours, "us"));
        figures.push(Figure::new("  as a ratio to a bare UDP forwarder", ours / bare, "").at_most(GOAL));
    }
    figures.push(translated(clock, args)?);
    figures.push(room(clock, args)?);
    Ok(figures)
}

/// Calls between two that have no codec in common.
fn translated(clock: Clock, args: &Args) -> io::Result<Figure> {
    const CALLS: usize = 20;
    let mut cost = Vec::new();
    for _ in 0..args.rounds.max(1) {
        cost.push(round(clock, CALLS, args.seconds, relay::Kind::Translated)?.cpu_per_packet_us);
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
        cost.push(round(clock, PARTIES / 2, args.seconds, relay::Kind::Room)?.cpu_per_packet_us);
    }
    let core = median(&mut cost) * PACKETS_A_SECOND / 1e6 * 100.0;
    println!("{PARTIES:5}  parties in one room: {core:.2} % of a core (goal: at most {ROOM_GOAL})");
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
}

impl Series {
    fn add(&mut self, mut run: Run) {
        self.cost.push(run.cpu_per_packet_us);
        self.p50.push(percentile(&mut run.delays_us, 0.5));
        self.p99.push(percentile(&mut run.delays_us, 0.99));
        self.sent += run.sent;
        self.lost += run.sent - run.received;
    }

    /// Prints a row, and gives the cost per packet.
    fn print(&mut self, calls: usize, name: &str) -> f64 {
        const PACKETS_PER_CALL: f64 = 100.0;
        let cost = median(&mut self.cost);
        let core = cost * PACKETS_PER_CALL / 1e6 * 100.0;
        let (p50, p99) = (median(&mut self.p50), median(&mut self.p99));
        let Self { sent, lost, .. } = self;
        println!("{calls:5}  {name:9} {cost:14.2} {core:9.3} % {p50:8.0} us {p99:8.0} us {sent:9} {lost:6}");
        cost
    }
}

fn round(clock: Clock, calls: usize, seconds: u64, kind: relay::Kind) -> io::Result<Run> {
    let phones: Vec<UdpSocket> =
        (0..2 * calls).map(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))).collect::<io::Result<_>>()?;
    let addresses: Vec<SocketAddr> = phones.iter().map(UdpSocket::local_addr).collect::<io::Result<_>>()?;
    let relay = relay::start(kind, clock, &addresses)?;
    for (phone, ours) in phones.iter().zip(&relay.addresses) {
        phone.connect(ours)?;
        phone.set_nonblocking(true)?;
    }
    phones::talk(clock, kind, &phones, &relay.cpu, Duration::from_secs(seconds))
}

/// A call has four sockets here, and the usual limit is 1024. Where it can't be raised, binding says so.
fn allow_many_sockets() {
    let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current = limit.maximum;
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, limit);
}
