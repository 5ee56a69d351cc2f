//! What the real process holds: for each phone that is registered, for each call that is up, and after very many calls.

use std::io;
use std::time::Duration;

use model::time::Clock;

use crate::figure::Figure;
use crate::phones::call::Calling;
use crate::phones::{Rhythm, Tally, register, secure};
use crate::process::pause;
use crate::servers::frontdesk::{Frontdesk, MOST_HIRED, PHONES_OF_ONE};
use crate::servers::{Server, Servers};

/// A transaction over UDP is kept for 32 s (RFC 3261, Timer J); what is held after that is held for good.
const SETTLE: Duration = Duration::from_secs(40);
/// When the calls must be forgotten.
const AFTER_CALLS: Duration = Duration::from_secs(60);
/// Kilobytes that a registered endpoint may take.
const ENDPOINT_GOAL: f64 = 4.0;
/// Over TLS, its connection with it.
const SECURE_GOAL: f64 = 40.0;
/// Kilobytes that a call may take while it is up.
const HELD_GOAL: f64 = 40.0;
/// Megabytes above idle, a minute after the calls.
const CALLS_GOAL: f64 = 20.0;
/// So that a server that bounds its transactions (20,000 for 32 s) refuses none.
const REGISTRATIONS: u32 = 250;

/// Arguments of `bench footprint`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Endpoints to register, over UDP, 2000 at most; 0 leaves this part out.
    #[arg(long, default_value_t = 2_000)]
    endpoints: u32,
    /// Endpoints to register over TLS, 2000 at most; 0 leaves this part out.
    #[arg(long, default_value_t = 500)]
    secure: u32,
    /// Calls to hold up at once, 200 at most, which is what the program takes; 0 leaves this part out.
    #[arg(long, default_value_t = 200)]
    held: u32,
    /// In the calls that are held, both sides speak before it is looked.
    #[arg(long)]
    speaking: bool,
    /// Calls to make; 0 leaves this part out.
    #[arg(long, default_value_t = 100_000)]
    calls: u32,
    /// Calls per second.
    #[arg(long, default_value_t = 100)]
    rate: u32,
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let clock = Clock::start();
    let mut figures = Vec::new();
    if args.endpoints > 0 {
        figures.extend(endpoints(clock, args)?);
    }
    if args.secure > 0 {
        figures.extend(secure_endpoints(args.secure)?);
    }
    if args.held > 0 {
        figures.extend(held(clock, args)?);
    }
    if args.calls > 0 {
        figures.extend(calls(clock, args)?);
    }
    Ok(figures)
}

/// How many people have so many phones.
fn people_with(phones: u32) -> io::Result<u32> {
    let most = MOST_HIRED * PHONES_OF_ONE;
    if phones > most {
        return Err(io::Error::other(format!("a clinic of {MOST_HIRED} people has {most} phones")));
    }
    Ok(phones.div_ceil(PHONES_OF_ONE))
}

fn secure_endpoints(phones: u32) -> io::Result<Vec<Figure>> {
    let people = people_with(phones)?;
    let servers = Servers::with_people(people)?;
    let server = servers.start_frontdesk()?;
    let accounts = server.many(people);
    let idle = resident(&server)?;
    let (address, authority) = server.secure();
    let registered = secure::register(&accounts, usize::try_from(phones).unwrap_or(usize::MAX), address, authority)?;
    pause(SETTLE);
    let after = resident(&server)?;
    let count = registered.len();
    drop(registered);
    println!("{count} endpoints registered over TLS: {idle:.1} MB before, {after:.1} MB after");
    let each = (after - idle) * 1024.0 / f64::from(phones.max(1));
    Ok(vec![
        Figure::new(format!("memory for each of {count} registered over TLS"), each, "KB").must_be_at_most(SECURE_GOAL),
        Figure::none("  registrations that failed", u64::from(phones).saturating_sub(count as u64)),
    ])
}

fn endpoints(clock: Clock, args: &Args) -> io::Result<Vec<Figure>> {
    let people = people_with(args.endpoints)?;
    let servers = Servers::with_people(people)?;
    let server = servers.start_frontdesk()?;
    let accounts = server.many(people);
    let idle = resident(&server)?;
    let seconds = args.endpoints.div_ceil(REGISTRATIONS);
    let rhythm = Rhythm { per_second: REGISTRATIONS, seconds };
    let tally = register::many(clock, &accounts, rhythm)?;
    pause(SETTLE);
    let after = resident(&server)?;
    let each = (after - idle) * 1024.0 / tally.done.max(1) as f64;
    println!(
        "{} endpoints registered over UDP ({} failed): {idle:.1} MB before, {after:.1} MB after",
        tally.done,
        tally.failures()
    );
    let what = format!("memory for each of {} registered endpoints", tally.done);
    Ok(vec![
        Figure::new(what, each, "KB").must_be_at_most(ENDPOINT_GOAL),
        Figure::none("  registrations that failed", tally.failures()),
    ])
}

/// How long both sides speak: a fax machine is listened for meanwhile, as in the first 45 s of every call.
const SPEECH: Duration = Duration::from_secs(5);

/// What calls take while they are up, signalling and media together; where nobody speaks, what their streams take beside is a row of `media`.
fn held(clock: Clock, args: &Args) -> io::Result<Vec<Figure>> {
    const PER_SECOND: u32 = 20;
    let servers = Servers::new()?;
    let server = servers.start(crate::servers::Kind::Frontdesk)?;
    let Server::Frontdesk(frontdesk) = &server else { return Err(io::Error::other("no product")) };
    let accounts = server.accounts();
    let [caller, callee, ..] = &accounts[..] else { return Err(io::Error::other("no phones")) };
    // One call, so that what every process makes once is there.
    Calling::new(clock, caller, callee)?.run(Rhythm { per_second: 1, seconds: 1 })?;
    pause(SETTLE);
    let idle = resident(frontdesk)?;
    let rhythm = Rhythm { per_second: PER_SECOND, seconds: args.held.div_ceil(PER_SECOND) };
    let all = Calling::new(clock, caller, callee)?;
    let look = |tally: &Tally| {
        let up = resident(frontdesk)?;
        let (done, failed) = (tally.done, tally.begun - tally.done);
        let each = (up - idle) * 1024.0 / done.max(1) as f64;
        println!(
            "{done} calls up at once ({failed} failed): {idle:.1} MB before, {up:.1} MB with them, {each:.1} KiB each"
        );
        let which = if args.speaking { "in which both speak" } else { "that are up" };
        Ok(vec![
            Figure::new(format!("memory for each of {done} calls {which}"), each, "KB").must_be_at_most(HELD_GOAL),
            Figure::none("  calls that failed", failed),
        ])
    };
    if args.speaking { all.hold_speaking(rhythm, SPEECH, look) } else { all.hold(rhythm, look) }
}

fn calls(clock: Clock, args: &Args) -> io::Result<Vec<Figure>> {
    let servers = Servers::new()?;
    let server = servers.start(crate::servers::Kind::Frontdesk)?;
    let Server::Frontdesk(frontdesk) = &server else { return Err(io::Error::other("no product")) };
    let accounts = server.accounts();
    let [caller, callee, ..] = &accounts[..] else { return Err(io::Error::other("no phones")) };
    // One call, so that what every process makes once is there.
    Calling::new(clock, caller, callee)?.run(Rhythm { per_second: 1, seconds: 1 })?;
    pause(SETTLE);
    let idle = resident(frontdesk)?;
    let rhythm = Rhythm { per_second: args.rate, seconds: args.calls.div_ceil(args.rate) };
    let tally = Calling::new(clock, caller, callee)?.run(rhythm)?;
    let full = resident(frontdesk)?;
    pause(AFTER_CALLS);
    let after = resident(frontdesk)?;
    println!(
        "{} calls at {}/s ({} failed): {idle:.1} MB before, {full:.1} MB at the end, {after:.1} MB a minute later",
        tally.done,
        args.rate,
        tally.failures()
    );
    let what = format!("memory above idle, a minute after {} calls", tally.done);
    Ok(vec![
        Figure::new(what, after - idle, "MB").must_be_at_most(CALLS_GOAL),
        Figure::none("  calls that failed", tally.failures()),
    ])
}

fn resident(frontdesk: &Frontdesk) -> io::Result<f64> {
    frontdesk.resident().map(|(now, _)| now)
}
