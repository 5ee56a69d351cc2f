//! A page of a fax: over T.38 with both ends, in virtual time; and out of a PDF, beside `pdftoppm`.

mod documents;
mod wire;

use std::io;
use std::time::Duration;

use fax::page::Page;

use crate::cpu;
use crate::figure::Figure;
use crate::numbers::median;
use crate::servers;

/// The goal for a page over T.38, in milliseconds for both ends together.
const GOAL_MS: f64 = 15.0;

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
    let (mut sent, mut converted, mut poppler) = (Vec::new(), Vec::new(), Vec::new());
    let mut on_the_line = Duration::ZERO;
    let conversions = args.conversions.max(1);
    let made = document.len() * usize::try_from(conversions).unwrap_or(1);
    for _ in 0..args.rounds.max(1) {
        let before = cpu::this_process();
        on_the_line = wire::send(&pages)?;
        sent.push(per_page(cpu::this_process() - before, pages.len()));
        converted.push(per_page(documents::ours(&program, conversions)?, made));
        match documents::poppler(conversions) {
            Ok(used) => poppler.push(per_page(used, made)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    let (sent, converted) = (median(&mut sent), median(&mut converted));
    let line = per_page(on_the_line, pages.len()) / 1e3;
    println!("what                                        CPU ms/page");
    println!(
        "T.38, ECM, 14400, both ends                 {sent:11.1}   (goal: at most {GOAL_MS}; {line:.0} s on the line)"
    );
    println!("PDF to pages, in the sandboxed child        {converted:11.1}");
    let mut figures = vec![
        Figure::new("a fax page over T.38, both ends", sent, "ms").at_most(GOAL_MS),
        Figure::new("a PDF page to a fax page, with the child's start", converted, "ms"),
    ];
    if poppler.is_empty() {
        println!("pdftoppm is not installed (apt-get install poppler-utils): its row is missing");
    } else {
        let theirs = median(&mut poppler);
        println!("the same by pdftoppm -mono                  {theirs:11.1}");
        println!("frontdesk : pdftoppm = {:.2}", converted / theirs);
        figures.push(Figure::new("  as a ratio to pdftoppm -mono", converted / theirs, ""));
    }
    Ok(figures)
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_page(used: Duration, pages: usize) -> f64 {
    used.as_secs_f64() * 1e3 / pages.max(1) as f64
}
