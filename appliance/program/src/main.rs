//! `frontdesk`: the one program of the appliance. Wiring only: every decision is made in a room of its own, and this crate
//! connects the rooms to sockets, files, threads and child processes.
//!
//! `run` and `demo` start the whole product; `fax-worker`, `fax-port`, `fax-gateway` and `convert` are the child processes in which untrusted bytes are
//! handled (README, invariant 6) and are started by `run` itself.

mod access;
mod boot;
mod certificates;
mod cli;
mod config;
mod control;
mod demo;
mod documents;
mod lifeline;
mod log;
mod memory;
mod metrics;
mod plan_text;
mod ports;
mod recordings;
mod settings_text;
mod shell;
mod webphone;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().verb {
        cli::Verb::Run(options) => {
            memory::given_back_at_once();
            report(boot::run(options))
        }
        cli::Verb::Demo(options) => {
            memory::given_back_at_once();
            report(demo::run(options))
        }
        cli::Verb::Plan(options) => report(plan_text::run(options)),
        cli::Verb::Access(options) => report(access::run(options)),
        cli::Verb::Settings(options) => settings_text::run(&options),
        cli::Verb::FaxWorker => fax::worker::child_main(),
        cli::Verb::FaxPort => fax::line::port::child_main(),
        cli::Verb::FaxGateway => fax::line::between::child_main(),
        cli::Verb::Convert => fax::convert::child_main(),
        cli::Verb::Office { folder } => fax::convert::office::child_main(&folder),
    }
}

/// One sentence on standard error, and the exit status.
#[allow(clippy::print_stderr, reason = "the program's last word, when there may be no log")]
fn report(result: Result<(), boot::Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("frontdesk: {failure}");
            ExitCode::FAILURE
        }
    }
}
