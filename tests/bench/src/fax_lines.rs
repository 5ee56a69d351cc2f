//! Many faxes at once in real time: over T.38, and as sound on a machine that has other work for every processor.
//!
//! Both ends of each fax are ours, each with its session and its engine in a sandboxed child, as the product starts it; between them is a
//! socket on the loopback. What is asked is whether every page arrives whole, and how late packets leave: each has a moment at which
//! it is due, and beside that stands how late a bare timer of the same rank wakes in the same minutes. Not part of it: the
//! switchboard, whose cost per packet is `media`'s, and the disk; a page counts as stored at once. Then as many faxes of one page as Asterisk
//! sends to itself beside them are asked what they cost.

mod asterisk;
mod end;
mod others;

use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::session::Role;
use fax::worker::proto::Way;
use model::fax::Cause;
use model::time::Clock;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use self::end::{End, Ended};
pub(crate) use self::others::{Spinners, spin};
use crate::figure::Figure;
use crate::numbers::percentile;
use crate::servers;

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
    /// Leave the rank of the faxes as it is, to see what it is worth.
    #[arg(long)]
    no_rank: bool,
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
        figures.extend(round("T.38", &program, args.t38, Way::T38, &pages, 0)?);
    }
    if args.sound > 0 {
        let busy = args.busy * std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        figures.extend(round("G.711, busy", &program, args.sound, Way::Audio(Law::Mu), &pages, busy)?);
    }
    if args.beside > 0 {
        let one = document.iter().take(1).cloned().collect();
        figures.extend(asterisk::beside(&program, args.beside, &one)?);
    }
    Ok(figures)
}

fn round(
    name: &str,
    program: &Path,
    faxes: usize,
    way: Way,
    pages: &Arc<[Page]>,
    busy: usize,
) -> io::Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let _spinners = Spinners::start(busy)?;
    let timer = others::Timer::start();
    let mut ended = runtime.block_on(all(program, faxes, way, pages))?;
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
        Figure::new(format!("{label}: faxes that did not arrive whole"), count(faxes - whole), "").at_most(0.0),
        Figure::new("  lateness of a packet, p99", p99, "ms"),
        Figure::new("  of a bare timer, p99", bare_p99, "ms"),
    ])
}

/// Both ends of each fax, on the loopback; begun one after the other, and then all at once.
async fn all(program: &Path, faxes: usize, way: Way, pages: &Arc<[Page]>) -> io::Result<Vec<(Ended, Ended)>> {
    let clock = Clock::start();
    let document = Arc::new(Page::multi_tiff(pages));
    let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    let mut under_way = JoinSet::new();
    for _ in 0..faxes {
        let (ours, theirs) =
            (UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?, UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
        ours.connect(theirs.local_addr()?).await?;
        theirs.connect(ours.local_addr()?).await?;
        let receiver = End::start(program, clock, Role::Receive, way, None, theirs)?;
        let sender = End::start(program, clock, Role::Send { pages: count }, way, Some(&document), ours)?;
        under_way.spawn(async move {
            let (sent, received) = tokio::join!(sender.run(), receiver.run());
            io::Result::Ok((sent?, received?))
        });
        tokio::time::sleep(APART).await;
    }
    let mut ended = Vec::new();
    while let Some(fax) = under_way.join_next().await {
        ended.push(fax.map_err(io::Error::other)??);
    }
    Ok(ended)
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

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
const fn count(value: usize) -> f64 {
    value as f64
}
