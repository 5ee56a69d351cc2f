//! `cargo xtask`: the chores of this repository, in plain Rust, so that a fresh machine with a Rust toolchain needs nothing else first.
//!
//! Every verb prints what it runs, and ends with exit code 0 only if all of it went well. 2 means that it was called wrongly.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on its standard output")]

use std::process::ExitCode;

mod bench;
mod demo;
mod deps;
mod fuzz;
mod nightly;
mod run;
mod sid;
mod test;
mod tidy;
mod totals;

const HELP: &str = "\
cargo xtask - the chores of Frontdesk

USAGE
    cargo xtask <verb> [options]
    cargo xtask <verb> --help

VERBS
    demo     Installs what the build needs, builds, and starts the whole product on loopback with a sample clinic.
    test     Runs every check and every test, and ends with a line of totals.
    deps     Lists, checks or installs the Debian packages that the build and the tests need.
    tidy     Checks what no compiler checks: dependency levels, module docs, file lengths, manifests.
    fuzz     Feeds the parsers, a whole SIP endpoint, the fax engine, modems, and what reads pictures, PDFs and mail, with hostile input, guided by coverage.
    bench    Measures CPU time per unit of work, beside a yardstick of the bench's own.
    nightly  Runs what takes too long, or more than Debian 12 has, for each commit.
    sid      Unpacks Asterisk, SIPp and baresip of Debian sid beside the build, as peers of the benchmarks and of the nightly tests.

EXIT STATUS
    0  all went well
    1  something failed; it was said above
    2  it was called wrongly
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let verb = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    // Behind `--` the arguments belong to whatever the verb starts.
    let asks_help = rest.iter().take_while(|a| *a != "--").any(|a| a == "--help" || a == "-h");
    let (help, run): (&str, fn(&[String]) -> run::Outcome) = match verb.as_str() {
        "bench" => (bench::HELP, bench::run),
        "demo" => (demo::HELP, demo::run),
        "deps" => (deps::HELP, deps::run),
        "fuzz" => (fuzz::HELP, fuzz::run),
        "nightly" => (nightly::HELP, nightly::run),
        "sid" => (sid::HELP, sid::run),
        "test" => (test::HELP, test::run),
        "tidy" => (tidy::HELP, tidy::run),
        "" | "help" | "--help" | "-h" => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        unknown => {
            eprintln!("There is no verb \"{unknown}\".\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    if asks_help {
        print!("{help}");
        return ExitCode::SUCCESS;
    }
    match run(&rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(run::Failure::Usage(what)) => {
            eprintln!("{what}\n\n{help}");
            ExitCode::from(2)
        }
        Err(run::Failure::Failed(what)) => {
            if !what.is_empty() {
                eprintln!("{what}");
            }
            ExitCode::FAILURE
        }
    }
}
