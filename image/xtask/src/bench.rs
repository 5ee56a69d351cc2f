//! Builds the benchmarks with optimisation and runs them.

use crate::deps::{self, Group};
use crate::run::{self, Outcome, usage};

pub(crate) const HELP: &str = "\
cargo xtask bench - CPU time per unit of work, beside a yardstick

USAGE
    cargo xtask bench <what> [options of that benchmark]
    cargo xtask bench <what> -- --help

Builds the package frontdesk-bench with optimisation and runs it. What a machine does in a second says little on a shared one;
so each benchmark counts CPU time, runs a yardstick of its own in the same minutes, and prints the ratio of the medians.

WHAT
    media     One RTP packet through the media thread, beside a bare UDP forwarder.
    help      Lists all benchmarks.

EXIT STATUS
    0  measured
    1  could not be built or run
    2  called wrongly
";

pub(crate) fn run(args: &[String]) -> Outcome {
    let Some((what, rest)) = args.split_first() else {
        return usage("bench needs to know what to measure.");
    };
    deps::ensure(&[Group::Build])?;
    let mut command = run::cargo(&["run", "--release", "--package", "frontdesk-bench", "--", what]);
    run::step(command.args(rest.iter().filter(|a| *a != "--")))
}
