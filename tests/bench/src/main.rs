//! Benchmarks: CPU time per unit of work, beside a yardstick that runs in the same minutes, as a ratio of medians.
//!
//! Wall time on a shared machine says what else ran there. CPU time says less of that, and the ratio least. Each benchmark
//! is a module with its arguments and a `run` that prints a table and gives its figures; it fails only if it could not measure. The figures
//! stand below the table, each beside its goal where it has one. A time that missed its goal is said and fails nothing; what is no time fails the
//! run: a call that failed, a fax that is not whole, a packet that was lost, memory. All traffic stays on the loopback.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on its standard output")]

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::figure::Figure;

mod call;
mod comeback;
mod cpu;
mod fax_lines;
mod fax_pages;
mod figure;
mod footprint;
mod media_thread;
mod memory;
mod numbers;
mod overload;
mod parse;
mod phones;
mod process;
mod rates;
mod register;
mod series;
mod servers;

/// CPU time per unit of work, beside a yardstick.
#[derive(Parser)]
#[command(name = "bench")]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// One RTP packet through the media thread, plain and encrypted, beside a bare UDP forwarder, rtpengine, and Kamailio with rtpengine behind it.
    Media(media_thread::Args),
    /// One INVITE from bytes to what is asked of it, beside the parser `rsip`.
    Parse(parse::Args),
    /// One authenticated registration at the real process, beside Kamailio and bare UDP.
    Register(register::Args),
    /// One complete call through the real process, beside bare UDP.
    Call(call::Args),
    /// The highest rates at which SIPp sees no registration and no call fail, beside Kamailio; takes some minutes and is not part of `all`.
    Rates(rates::Args),
    /// Goodput, refusals and calls for help at twice the capacity of the real process.
    Overload(overload::Args),
    /// Start to all ports listening, and idle memory, of the real process.
    Memory(memory::Args),
    /// All phones register at one moment, after a power cut.
    Comeback(comeback::Args),
    /// Memory for each registered endpoint, for each call that is up, and after very many calls; takes twenty minutes and is not part of `all`.
    Footprint(footprint::Args),
    /// One page of a fax: over T.38 and as sound in virtual time beside the bare library, and out of a PDF beside pdftoppm.
    Fax(fax_pages::Args),
    /// Many faxes at once in real time, and how late their packets leave; takes some minutes and is not part of `all`.
    FaxLines(fax_lines::Args),
    /// A program that never rests; `fax-lines` starts it.
    #[command(hide = true)]
    Spin,
    /// `parse`, `register`, `call`, `media`, `memory` and `fax`, shortly, and a summary.
    All,
}

impl What {
    fn run(&self) -> io::Result<Vec<Figure>> {
        match self {
            Self::Media(args) => media_thread::run(args),
            Self::Parse(args) => parse::run(args),
            Self::Register(args) => register::run(args),
            Self::Call(args) => call::run(args),
            Self::Rates(args) => rates::run(args),
            Self::Overload(args) => overload::run(args),
            Self::Memory(args) => memory::run(args),
            Self::Comeback(args) => comeback::run(args),
            Self::Footprint(args) => footprint::run(args),
            Self::Fax(args) => fax_pages::run(args),
            Self::FaxLines(args) => fax_lines::run(args),
            Self::Spin => fax_lines::spin().map(|()| Vec::new()),
            Self::All => all(),
        }
    }
}

fn all() -> io::Result<Vec<Figure>> {
    let benchmarks = [
        ("parse", What::Parse(parse::Args::short())),
        ("register", What::Register(register::Args::short())),
        ("call", What::Call(call::Args::short())),
        ("media", What::Media(media_thread::Args::short())),
        ("memory", What::Memory(memory::Args::short())),
        ("fax", What::Fax(fax_pages::Args::short())),
    ];
    let mut figures = Vec::new();
    for (name, benchmark) in benchmarks {
        println!("== {name}");
        figures.extend(benchmark.run()?);
        println!();
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("== summary; load of the machine over 1, 5 and 15 minutes: {}", load.trim());
    Ok(figures)
}

fn main() -> ExitCode {
    let figures = match Args::parse().what.run() {
        Ok(figures) => figures,
        Err(error) => {
            eprintln!("bench: {error}");
            return ExitCode::FAILURE;
        }
    };
    for figure in &figures {
        println!("{figure}");
    }
    match figures.iter().filter(|figure| figure.fails()).count() {
        0 => ExitCode::SUCCESS,
        failed => {
            eprintln!("bench: {failed} of the goals that were missed are no times");
            ExitCode::FAILURE
        }
    }
}
