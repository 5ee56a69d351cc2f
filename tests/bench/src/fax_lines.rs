//! Many faxes at once in real time: over T.38, and as sound on a machine that has other work for every processor.
//!
//! Both ends of each fax are ours, each with its session and its engine in a sandboxed child, as the product starts it; between them is the
//! loopback. As in the product, one task has all sessions and the media thread has all ports. What is asked is whether every page arrives whole,
//! and how late packets are: each has a moment at which it is due, and it is late until it has come; beside that stands how late a bare timer of the
//! same rank wakes in the same minutes. Not part of it: the switchboard and the disk; a page counts as
//! stored at once. Then as many faxes of one page as Asterisk
//! sends to itself beside them are asked what they cost.

mod asterisk;
mod end;
mod others;

use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::session::{Input, Role};
use fax::worker::proto::Way;
use media::{Event, SessionId};
use model::fax::Cause;
use model::time::Clock;
use tokio::sync::mpsc;

use self::end::{End, Ended, Wires};
pub(crate) use self::others::{Spinners, spin};
use crate::figure::Figure;
use crate::numbers::percentile;
use crate::servers;

/// Reports of engines on their way to the task that has the sessions.
const REPORTS: usize = 4096;
/// A fax of a few pages takes some minutes; what has not ended by then never will.
const LONGEST: Duration = Duration::from_secs(900);
/// Faxes begin this far apart, or all processes of a hundred start in one moment, which no clinic's do.
const APART: Duration = Duration::from_millis(60);

/// Arguments of `bench fax-lines`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Faxes over T.38 at once; 0 leaves that part out.
    #[arg(long, default_value_t = 64)]
    t38: usize,
    /// Faxes as G.711 sound at once, with the machine busy; 0 leaves that part out.
    #[arg(long, default_value_t = 20)]
    sound: usize,
    /// Pages of each.
    #[arg(long, default_value_t = 2)]
    pages: usize,
    /// Programs for each processor that never rest, beside the faxes as sound.
    #[arg(long, default_value_t = 2)]
    busy: usize,
    /// Faxes of one page at once by us and by an Asterisk (as root: cargo xtask sid), to see what a page costs; 0 leaves that part out.
    #[arg(long, default_value_t = 10)]
    beside: u16,
    /// How often those are repeated, in turns; the median counts.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Leave the rank of the faxes as it is, to see what it is worth.
    #[arg(long)]
    no_rank: bool,
}

/// How the pages travel.
#[derive(Clone, Copy)]
struct Travel {
    way: Way,
    /// As the product packs a page when both ends can: by T.85. Otherwise by MMR, which everyone has.
    t85: bool,
}

impl From<Way> for Travel {
    fn from(way: Way) -> Self {
        Self { way, t85: true }
    }
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let program = servers::program()?;
    let document = fax::convert::render(&[crate::fax_pages::document()]);
    let document = document.map_err(|error| io::Error::other(error.to_string()))?;
    let pages: Arc<[Page]> = document.iter().cycle().take(args.pages.max(1)).cloned().collect();
    // Before the runtime, so that its threads and the engines begin there.
    let ranked = !args.no_rank && fax::rank::ahead();
    let rank = if ranked { "before ordinary programs" } else { "as ordinary programs" };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{} pages each; faxes go {rank}; load before the start: {}", pages.len(), load.trim());
    println!("faxes               whole    packets  late p50      p99     most    a bare timer: p50      p99     most");
    let mut figures = Vec::new();
    if args.t38 > 0 {
        figures.extend(round("T.38", &program, args.t38, Way::T38.into(), &pages, 0)?);
    }
    if args.sound > 0 {
        let busy = args.busy * std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        figures.extend(round("G.711, busy", &program, args.sound, Way::Audio(Law::Mu).into(), &pages, busy)?);
    }
    if args.beside > 0 {
        let one = document.iter().take(1).cloned().collect();
        figures.extend(asterisk::beside(&program, (args.beside, args.rounds), &one)?);
    }
    Ok(figures)
}

fn round(
    name: &str,
    program: &Path,
    faxes: usize,
    travel: Travel,
    pages: &Arc<[Page]>,
    busy: usize,
) -> io::Result<Vec<Figure>> {
    let runtime = runtime()?;
    let _spinners = Spinners::start(busy)?;
    let timer = others::Timer::start();
    let mut ended = runtime.block_on(all(program, faxes, travel, pages, true))?;
    let mut bare = timer.stop();
    let whole = ended.iter().filter(|fax| is_whole(fax, pages)).count();
    for (sent, received) in ended.iter().filter(|fax| !is_whole(fax, pages)) {
        let causes = (sent.outcome.cause.word(), received.outcome.cause.word());
        println!("  not whole: sent {} of {}, {causes:?}", sent.outcome.pages_confirmed, pages.len());
    }
    let mut late: Vec<f64> = Vec::new();
    for (sent, received) in &mut ended {
        late.append(&mut sent.late_us);
        late.append(&mut received.late_us);
    }
    let packets = late.len();
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|part| percentile(&mut late, part) / 1e3);
    let [bare_p50, bare_p99, bare_most] = [0.5, 0.99, 1.0].map(|part| percentile(&mut bare, part) / 1e3);
    let label = format!("{faxes} × {name}");
    println!(
        "{label:18} {whole:6} {packets:10} {p50:6.2} ms {p99:5.2} ms {most:5.1} ms           {bare_p50:6.2} ms {bare_p99:5.2} ms {bare_most:5.1} ms"
    );
    Ok(vec![
        Figure::none(format!("{label}: faxes that did not arrive whole"), (faxes - whole) as u64),
        Figure::new("  lateness of a packet, p99", p99, "ms"),
        Figure::new("  of a bare timer, p99", bare_p99, "ms"),
    ])
}

/// As the product has it for calls and faxes.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

/// Both ends of each fax, on the loopback; begun one after the other, and then all at once. As in the product, one task has all sessions and
/// one thread all ports.
async fn all(
    program: &Path,
    faxes: usize,
    travel: Travel,
    pages: &Arc<[Page]>,
    timed: bool,
) -> io::Result<Vec<(Ended, Ended)>> {
    let (program, pages) = (program.to_owned(), Arc::clone(pages));
    // A task, as in the product: what is awaited by the runtime's first thread would have to wake that each time.
    #[allow(clippy::disallowed_methods, reason = "the shell that is measured")]
    let shell = tokio::spawn(async move { shell(&program, faxes, travel, &pages, timed).await });
    shell.await.map_err(io::Error::other)?
}

async fn shell(
    program: &Path,
    faxes: usize,
    travel: Travel,
    pages: &[Page],
    timed: bool,
) -> io::Result<Vec<(Ended, Ended)>> {
    let clock = Clock::start();
    let (media, mut heard) = media::io::spawn(media::io::Config::default(), clock)?;
    let (reports, mut said) = mpsc::channel(REPORTS);
    let wires = Wires { clock, media, reports, media_waits: AtomicBool::new(false), timed };
    let document = Page::multi_tiff(pages);
    let send = Role::Send { pages: u32::try_from(pages.len()).unwrap_or(u32::MAX) };
    let mut ends: Vec<End> = Vec::new();
    let end = clock.now().instant + LONGEST;
    let mut next_fax = clock.now().instant;
    while ends.len() < 2 * faxes || !ends.iter().all(End::has_ended) {
        let timeout = ends.iter().filter(|end| !end.has_ended()).map(|end| end.timeout).min().unwrap_or(end);
        let begins = if ends.len() < 2 * faxes { next_fax } else { end };
        let wake = clock.system_instant(timeout.min(begins).min(end));
        tokio::select! {
            biased;
            Some(event) = heard.recv() => hear(&wires, &mut ends, event).await,
            Some((number, report)) = said.recv() => {
                if let Some(end) = ends.get_mut(number) {
                    end.report(&wires, report).await;
                }
            }
            () = tokio::time::sleep_until(wake.into()) => {
                let now = clock.now().instant;
                if now >= end {
                    return Err(io::Error::other("a fax does not end"));
                }
                if now >= begins {
                    let number = ends.len();
                    let (here, there) = (free_port()?, free_port()?);
                    let receives = (program, Role::Receive, travel, None);
                    ends.push(End::start(&wires, number, receives, (here, there)).await?);
                    let sends = (program, send, travel, Some(document.as_slice()));
                    ends.push(End::start(&wires, number + 1, sends, (there, here)).await?);
                    next_fax = now + APART;
                }
                for end in ends.iter_mut().filter(|end| end.timeout <= now && !end.has_ended()) {
                    end.input(&wires, Input::Timeout).await;
                }
            }
        }
        wires.wake_media();
    }
    let mut ended = ends.into_iter().map(|end| end.ended().ok_or_else(|| io::Error::other("a fax has not ended")));
    let mut pairs = Vec::new();
    while let (Some(received), Some(sent)) = (ended.next(), ended.next()) {
        pairs.push((sent?, received?));
    }
    Ok(pairs)
}

/// What comes to a port is for the end there, and says of the other end when it left.
async fn hear(wires: &Wires, ends: &mut [End], event: Event) {
    match event {
        Event::Raw { session, at, data, more } => {
            let number = number_of(session);
            if let Some(other) = ends.get_mut(number ^ 1) {
                other.was_heard(at, end::Place::of_datagram(&data));
            }
            if let Some(end) = ends.get_mut(number) {
                end.hear(wires, Input::Datagram(&data), more).await;
            }
        }
        Event::Tapped { session, heard } => {
            let number = number_of(session);
            if let Some(other) = ends.get_mut(number ^ 1) {
                for packet in &heard {
                    other.was_heard(packet.at, Some(end::Place::Sound(packet.timestamp)));
                }
            }
            if let Some(end) = ends.get_mut(number) {
                end.listen_to(wires, &heard).await;
            }
        }
        // The other end hangs up too.
        Event::Closed { session, .. } => {
            if let Some(other) = ends.get_mut(number_of(session) ^ 1).filter(|other| !other.has_ended()) {
                other.input(wires, Input::LineEnded).await;
            }
        }
        _ => {}
    }
}

const fn number_of(session: SessionId) -> usize {
    session.0 as usize - 1
}

/// A port that nobody has at the moment.
fn free_port() -> io::Result<u16> {
    Ok(std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Both ends say so, and the dots are the same.
fn is_whole((sent, received): &(Ended, Ended), pages: &[Page]) -> bool {
    let delivered = |end: &Ended| end.outcome.cause == Cause::Delivered;
    let same = |(ours, theirs): (&Page, &Page)| matches!((ours.decode(), theirs.decode()), (Ok(a), Ok(b)) if a == b);
    delivered(sent)
        && delivered(received)
        && received.pages.len() == pages.len()
        && pages.iter().zip(&received.pages).all(same)
}
