//! What happens above capacity: the most complete calls a second that go through without a refusal, and then twice that.
//!
//! Good is a call that is complete. Above capacity as many must be good as at the best rate below it, the rest must be refused with 503,
//! calls for help must all go through, and afterwards everything must be as before.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts far below 2^52"
)]

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use model::time::Clock;

use crate::figure::Figure;
use crate::phones::Rhythm;
use crate::phones::call::{Calling, Outcome};
use crate::phones::help::Helping;
use crate::servers::{Kind, Server, Servers};

/// Above what the demo's programs use: enough for three thousand calls a second, since a port rests four seconds after its call.
const MEDIA: [u16; 2] = [11_000, 60_999];
/// Phones of the caller, each at a loopback address of its own: the limits of one address are not what is measured.
const PHONES: u8 = 8;
/// The first rate, and by how much each is above the one before.
const FIRST: u32 = 100;
const STEP: f64 = 1.25;
/// Calls that may fail at a rate that counts as below capacity, of a hundred.
const CLEAN: u64 = 1;
/// What must go through at twice the capacity, of the best below it.
const GOODPUT: f64 = 0.9;
/// A call that is answered later than this is not as before.
const PROMPT: Duration = Duration::from_millis(200);

/// Arguments of `bench overload`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Seconds of each rate until capacity is found.
    #[arg(long, default_value_t = 4)]
    seconds: u32,
    /// Seconds at twice the capacity.
    #[arg(long, default_value_t = 10)]
    overload: u32,
    /// Calls per second to take for the capacity, instead of looking for it.
    #[arg(long)]
    capacity: Option<u32>,
}

/// Prints what it finds.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let clock = Clock::start();
    let servers = Servers::with_media(MEDIA)?;
    let capacity = match args.capacity {
        Some(capacity) => capacity,
        None => look_for_capacity(clock, &servers, args.seconds)?,
    };
    let at = |per_second, seconds| Rhythm { per_second, seconds };
    let before = load(clock, &servers, &[at(capacity, args.overload)])?;
    let best = good(&before.outcomes) as f64 / f64::from(args.overload);
    println!("{:5}/s, the capacity: {best:.0} good/s; {}", capacity, before.said());
    let above = at(capacity * 2, args.overload);
    let after = at(capacity / 2, 10);
    let run = load(clock, &servers, &[above, after])?;
    let (during, later) = run.outcomes.split_at(above.total().min(run.outcomes.len()));
    let goodput = good(during) as f64 / f64::from(args.overload);
    let refused = during.iter().filter(|o| o.status == 503).count();
    let lost = during.len() - good(during) - refused;
    let recovered = later.iter().rposition(|o| o.status != 200 || o.waited > PROMPT).map_or(0, |n| n + 1);
    let recovery = recovered as f64 / f64::from(after.per_second.max(1));
    println!("{:5}/s, twice that:    {goodput:.0} good/s; {}", above.per_second, run.said());
    println!("{refused} of {} were refused with 503, {lost} came to nothing otherwise", during.len());
    println!("{:5}/s after that, second by second: {}", after.per_second, by_second(later, after.per_second));
    let (begun, answered, p99) = run.help;
    let (begun_before, answered_before, _) = before.help;
    Ok(vec![
        Figure::new("goodput at twice the capacity, of the best", goodput / best.max(1.0), "")
            .must_be_at_least(GOODPUT),
        Figure::new("  of the rest, refused with 503", ratio(refused, during.len() - good(during)), ""),
        Figure::none("  calls that came to nothing otherwise", lost as u64),
        Figure::new("  until all is as before", recovery, "s").at_most(5.0),
        Figure::none(format!("  calls for help not answered, of {begun}"), (begun - answered) as u64),
        Figure::none(format!("  the same at the capacity, of {begun_before}"), (begun_before - answered_before) as u64),
        Figure::new("  calls for help, answered (p99)", p99, "ms"),
    ])
}

/// What became of the calls of each second: how many were refused, came to nothing or were late, and how late the latest was.
fn by_second(outcomes: &[Outcome], per_second: u32) -> String {
    let seconds = outcomes.chunks(per_second.max(1) as usize).map(|second| {
        let failed = second.iter().filter(|o| o.status != 200).count();
        let late = second.iter().filter(|o| o.status == 200 && o.waited > PROMPT).count();
        let latest = second.iter().map(|o| o.waited.as_millis()).max().unwrap_or(0);
        format!("{failed} failed, {late} late, {latest} ms")
    });
    seconds.collect::<Vec<_>>().join("; ")
}

struct Run {
    outcomes: Vec<Outcome>,
    help: (usize, usize, f64),
    remark: Option<String>,
}

impl Run {
    fn said(&self) -> String {
        let (begun, answered, p99) = self.help;
        let remark = self.remark.clone().unwrap_or_default();
        format!("help: {answered} of {begun} answered, p99 {p99:.0} ms; {remark}")
    }
}

fn look_for_capacity(clock: Clock, servers: &Servers, seconds: u32) -> io::Result<u32> {
    let mut rate = f64::from(FIRST);
    let mut best = FIRST;
    loop {
        let per_second = rate as u32;
        let run = load(clock, servers, &[Rhythm { per_second, seconds }])?;
        let failed = run.outcomes.len() - good(&run.outcomes);
        println!("{per_second:5}/s: {failed} of {} failed; {}", run.outcomes.len(), run.said());
        if failed as u64 * 100 > run.outcomes.len() as u64 * CLEAN || rate > 5000.0 {
            return Ok(best);
        }
        best = per_second;
        rate *= STEP;
    }
}

/// A fresh server under these rates, one after the other.
fn load(clock: Clock, servers: &Servers, rhythms: &[Rhythm]) -> io::Result<Run> {
    let server = servers.start(Kind::Frontdesk)?;
    let Server::Frontdesk(frontdesk) = &server else { return Err(io::Error::other("no product")) };
    let accounts = server.accounts();
    let [caller, callee, ..] = &accounts[..] else { return Err(io::Error::other("no phones")) };
    let addresses: Vec<_> = (0..PHONES).map(|n| Ipv4Addr::new(127, 0, 0, 10 + n)).collect();
    let calling = Calling::from(clock, caller, callee, &addresses)?;
    let carrier = SocketAddr::from((Ipv4Addr::LOCALHOST, frontdesk.carrier_port()));
    let long = rhythms.iter().map(|rhythm| Duration::from_secs(rhythm.seconds.into())).sum();
    let mut help = Helping::new(clock, server.address(), carrier, long)?;
    let (outcomes, tally) = calling.follow(rhythms, &mut help)?;
    Ok(Run { outcomes, help: help.result(), remark: tally.remark() })
}

fn good(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|o| o.status == 200).count()
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
