//! A page of a fax: over T.38 and as sound with both ends, in virtual time, beside two bare engines; and out of a PDF, beside `pdftoppm`.

mod documents;
mod plain;
mod wire;

use std::io;
use std::path::Path;
use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::worker::proto::Way;

use crate::cpu;
use crate::figure::Figure;
use crate::numbers::median;
use crate::servers;

/// A way for a page to go, packed in T.6 or in T.85, and the goal in milliseconds for both ends together.
struct Row {
    what: &'static str,
    way: Way,
    t85: bool,
    goal: f64,
}

const ROWS: [Row; 4] = [
    Row { what: "over T.38, T.6", way: Way::T38, t85: false, goal: 15.0 },
    Row { what: "over T.38, T.85", way: Way::T38, t85: true, goal: 15.0 },
    Row { what: "as G.711 sound, T.6", way: Way::Audio(Law::Mu), t85: false, goal: 50.0 },
    Row { what: "as G.711 sound, T.85", way: Way::Audio(Law::Mu), t85: true, goal: 50.0 },
];

pub(crate) use self::documents::document;

/// Arguments of `bench fax`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Rounds of each, in turns.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How often the three pages are sent in one call.
    #[arg(long, default_value_t = 4)]
    copies: usize,
    /// Conversions in a round.
    #[arg(long, default_value_t = 3)]
    conversions: u32,
}

impl Args {
    /// For the summary of all.
    pub(crate) const fn short() -> Self {
        Self { rounds: 3, copies: 2, conversions: 2 }
    }
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let program = servers::program()?;
    let document = fax::convert::render(&[documents::document()]);
    let document = document.map_err(|error| io::Error::other(error.to_string()))?;
    let pages: Vec<Page> = document.iter().cycle().take(document.len() * args.copies.max(1)).cloned().collect();
    let bytes = document.iter().map(|page| page.g4.len()).sum::<usize>() / document.len().max(1);
    println!("{} rounds, in turns; a page has {bytes} bytes of T.6", args.rounds);
    let mut figures = sent(&pages, args.rounds.max(1))?;
    let mixed = fax::convert::render(&[documents::mixed()]).map_err(|error| io::Error::other(error.to_string()))?;
    figures.extend(converted(&program, mixed.len(), args)?);
    Ok(figures)
}

/// Each row of [`ROWS`], in turns with its yardstick.
fn sent(pages: &[Page], rounds: usize) -> io::Result<Vec<Figure>> {
    println!(
        "both ends, error correction, 14400            CPU ms/page   bare engines   ratio   goal    s on the line"
    );
    let mut figures = Vec::new();
    for Row { what, way, t85, goal } in ROWS {
        let (mut ours, mut bare, mut on_the_line) = (Vec::new(), Vec::new(), Duration::ZERO);
        for _ in 0..rounds {
            let before = cpu::this_process();
            on_the_line = wire::send(pages, way, t85)?;
            ours.push(per_page(cpu::this_process() - before, pages.len()));
            let before = cpu::this_process();
            plain::send(pages, way, t85)?;
            bare.push(per_page(cpu::this_process() - before, pages.len()));
        }
        let (ours, bare) = (median(&mut ours), median(&mut bare));
        let (ratio, line) = (ours / bare, per_page(on_the_line, pages.len()) / 1e3);
        println!("{what:44} {ours:12.1} {bare:14.1} {ratio:7.2} {goal:6.0} {line:10.0}");
        figures.push(Figure::new(format!("a fax page {what}, both ends"), ours, "ms").at_most(goal));
        figures.push(Figure::new("  as a ratio to two bare engines", ratio, ""));
    }
    Ok(figures)
}

/// Pages out of a PDF, in turns with `pdftoppm`.
fn converted(program: &Path, pages: usize, args: &Args) -> io::Result<Vec<Figure>> {
    let (mut converted, mut poppler) = (Vec::new(), Vec::new());
    let conversions = args.conversions.max(1);
    let made = pages * usize::try_from(conversions).unwrap_or(1);
    for _ in 0..args.rounds.max(1) {
        converted.push(per_page(documents::ours(program, conversions)?, made));
        match documents::poppler(conversions) {
            Ok(used) => poppler.push(per_page(used, made)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let converted = median(&mut converted);
    println!("PDF (text, table, photograph, scan) to pages {converted:12.1}");
    let mut figures = vec![Figure::new("a PDF page to a fax page, with the child's start", converted, "ms")];
    if poppler.is_empty() {
        println!("pdftoppm is not installed (apt-get install poppler-utils): its row is missing");
    } else {
        let theirs = median(&mut poppler);
        println!("the same by pdftoppm -mono                   {theirs:12.1}");
        println!("frontdesk : pdftoppm = {:.2}", converted / theirs);
        figures.push(Figure::new("  as a ratio to pdftoppm -mono", converted / theirs, "").at_most(2.0));
    }
    Ok(figures)
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_page(used: Duration, pages: usize) -> f64 {
    used.as_secs_f64() * 1e3 / pages.max(1) as f64
}
