//! What a page costs with both ends in real time, beside an Asterisk that faxes to itself in the same minutes.
//!
//! Ours are sessions with their engines, as the product starts them; Asterisk's figure has its calls in it, some milliseconds each, and
//! what it does without any call is taken off it. Neither has other work, and neither waits for a disk.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::worker::proto::Way;
use interop::asterisk::{Asterisk, Faxes};
use model::time::Clock;
use rustix::process::WaitOptions;

use super::Travel;
use crate::cpu::{self, Used};
use crate::figure::Figure;
use crate::numbers::median;
use crate::process::pause;
use crate::servers::Kind;

/// A page takes half a minute, and as many at once no longer.
const LONGEST: Duration = Duration::from_secs(240);
/// How long it is watched before its first call.
const IDLE: Duration = Duration::from_secs(3);
/// Numbers of its own: what it keeps is named after their last four digits.
const FIRST_NUMBER: u64 = 12_025_551_000;

/// As many faxes of these pages at once by each, over T.38 and as sound, and so many rounds of them. Asterisk packs a page by MMR, and we by
/// T.85, which costs more time of the processor and less of the line: beside it stand both.
pub(super) fn beside(program: &Path, (faxes, rounds): (u16, usize), pages: &Arc<[Page]>) -> io::Result<Vec<Figure>> {
    if !Kind::Asterisk.is_here() {
        return Ok(Vec::new());
    }
    println!("\n{faxes} at once, without other work: CPU ms/page, both ends     ours   Asterisk   ratio   goal");
    let mut figures = Vec::new();
    for (name, way, how) in [("T.38", Way::T38, Faxes::T38), ("G.711", Way::Audio(Law::Mu), Faxes::Sound)] {
        let (mut by_mmr, mut by_t85, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds.max(1) {
            by_t85.push(ours(program, faxes, Travel { way, t85: true }, pages)?);
            theirs.push(asterisk(faxes, how, pages)?);
            by_mmr.push(ours(program, faxes, Travel { way, t85: false }, pages)?);
        }
        let theirs = median(&mut theirs);
        for (packed, ours) in [("MMR, as theirs", median(&mut by_mmr)), ("T.85", median(&mut by_t85))] {
            let (label, ratio) = (format!("{name}, {packed}"), ours / theirs);
            println!("{label:50} {ours:14.1} {theirs:10.1} {ratio:7.2}    0.5");
            figures.push(Figure::new(format!("a fax page in real time over {label}, both ends"), ours, "ms"));
            figures.push(Figure::new("  as a ratio to Asterisk", ratio, "").at_most(0.5));
        }
    }
    Ok(figures)
}

/// Milliseconds for each page that arrived, sessions and engines together.
fn ours(program: &Path, faxes: u16, travel: Travel, pages: &Arc<[Page]>) -> io::Result<f64> {
    let runtime = super::runtime()?;
    let before = cpu::this_process() + cpu::ended_children()?;
    let ended = runtime.block_on(super::all(program, faxes.into(), travel, pages, false))?;
    drop(runtime);
    // What an engine used is known once it was waited for; all have been told to end.
    while rustix::process::wait(WaitOptions::empty()).is_ok() {}
    let used = cpu::this_process() + cpu::ended_children()? - before;
    // Judged afterwards: to compare the dots is no part of a fax.
    let whole = ended.iter().filter(|fax| super::is_whole(fax, pages)).count();
    if whole < faxes.into() {
        return Err(io::Error::other(format!("only {whole} of our {faxes} faxes arrived whole")));
    }
    Ok(per_page(used, whole, pages.len()))
}

/// The same of Asterisk, without what it does when nobody faxes.
fn asterisk(faxes: u16, how: Faxes, pages: &[Page]) -> io::Result<f64> {
    let folder = tempfile::tempdir()?;
    let asterisk = Asterisk::calling_itself(folder.path(), 7000 + interop::free_offset(), faxes, how);
    let document = Page::multi_tiff(pages);
    let (clock, idle) = (Clock::start(), Used::of(asterisk.pid())?);
    pause(IDLE);
    let (before, begun) = (Used::of(asterisk.pid())?, clock.now().instant);
    for number in (FIRST_NUMBER..).take(faxes.into()) {
        asterisk.sends(&number.to_string(), &document);
        pause(super::APART);
    }
    // Each has two ends that say how it ended.
    for fax in 1..=2 * usize::from(faxes) {
        let told = asterisk.told(fax, LONGEST);
        if !told.starts_with("SUCCESS") {
            return Err(io::Error::other(format!("a fax of Asterisk to itself: {told}")));
        }
    }
    let (used, took) = (Used::of(asterisk.pid())?.since(&before), clock.now().instant.saturating_since(begun));
    let idle = before.since(&idle).mul_f64(took.as_secs_f64() / IDLE.as_secs_f64());
    Ok(per_page(used.saturating_sub(idle), faxes.into(), pages.len()))
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_page(used: Duration, faxes: usize, pages: usize) -> f64 {
    used.as_secs_f64() * 1e3 / (faxes * pages.max(1)) as f64
}
