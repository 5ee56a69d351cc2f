//! Benchmarks: CPU time per unit of work, beside a yardstick that runs in the same minutes, as a ratio of medians.
//!
//! Wall time on a shared machine says what else ran there. CPU time says less of that, and the ratio least. Each benchmark
//! is a module with its arguments and a `run` that prints a table; it fails only if it could not measure.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on its standard output")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod cpu;
mod media_thread;
mod numbers;

/// CPU time per unit of work, beside a yardstick.
#[derive(Parser)]
#[command(name = "bench")]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// One RTP packet through the media thread, beside a bare UDP forwarder.
    Media(media_thread::Args),
}

fn main() -> ExitCode {
    let outcome = match Args::parse().what {
        What::Media(args) => media_thread::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
