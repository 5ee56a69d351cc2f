//! Builds the benchmarks with optimisation and runs them.

use std::process::Command;

use crate::deps::{self, Group};
use crate::run::{self, Outcome, usage};

pub(crate) const HELP: &str = "\
cargo xtask bench - CPU time per unit of work, beside a yardstick

USAGE
    cargo xtask bench <what> [options of that benchmark]
    cargo xtask bench <what> -- --help

Builds the program and the package frontdesk-bench with optimisation and runs it. What a machine does in a second says little on a
shared one; so each benchmark counts CPU time, runs a yardstick of its own in the same minutes, and prints the ratio of the medians.
All traffic stays on the loopback. Each but media, register, call, rates, overload, footprint and fax-lines takes less than a minute or two.

Below its table each prints its figures, beside their goals where they have one, with MISSED where that is so. A time, or a ratio of times,
fails nothing: what else ran on the machine is in it. What is no time does: calls, registrations and calls for help that failed, packets that were
lost, faxes that are not whole, memory, goodput.

WHAT
    all         parse, register, call, media, memory and fax, shortly, and a summary.
    media       One RTP packet through the media thread, in the clear and encrypted on both legs, beside a bare UDP forwarder, rtpengine, and
                Kamailio with rtpengine behind it (if they are here), also on a busy machine; memory of a call; translation; a room of 32.
                Takes some six minutes.
    parse       One INVITE from bytes to what is asked of it, beside the parser rsip.
    register    One authenticated registration at the real process, beside Kamailio and Asterisk (if they are here) and bare UDP. Takes
                some four minutes.
    call        One complete call through the real process, with its record and its ladder, beside Asterisk (if it is here) and bare UDP.
                Takes some five minutes.
    rates       The highest rates at which SIPp sees no registration (also at Kamailio, if it is here) and no call fail. Takes minutes.
    overload    Goodput, refusals, recovery and calls for help at twice the capacity of the real process. Takes minutes.
    memory      Start to all ports listening, and idle memory, of the demo and of the appliance.
    comeback    Until 1000 phones are registered that all ask at one moment, after the process was killed and started again.
    footprint   Memory for each registered endpoint, over UDP and over TLS, for each call that is up, and after 100,000 calls. Takes twenty minutes.
    fax         One page of a fax: over T.38 and as sound in virtual time beside the bare library, and out of a PDF beside pdftoppm (if it is
                installed).
    fax-lines   64 faxes over T.38 at once in real time, and 20 as G.711 sound on a machine that is busy with other work: whether all
                pages arrive whole, and how late packets leave, beside a bare timer; what a page costs, beside an Asterisk that faxes to
                itself (if it is here). Takes four minutes.
    networks    No time but a table: how many faxes of a hundred arrive over each bad network of the specification, in simulated time,
                and how many calls eight pages take. --seeds N for another number than 100; a hundred take six to twenty
                minutes, as fast as the machine is.
    help        Lists all benchmarks.

EXIT STATUS
    0  measured
    1  could not be built or run, or a goal was missed that is no time
    2  called wrongly
";

pub(crate) fn run(args: &[String]) -> Outcome {
    let Some((what, rest)) = args.split_first() else {
        return usage("bench needs to know what to measure.");
    };
    deps::ensure(&[Group::Build])?;
    if what == "networks" {
        return networks(rest);
    }
    // Both at once: with the same features, so that nothing is built twice.
    run::step(&mut run::cargo(&[
        "build",
        "--release",
        "--package",
        "frontdesk-program",
        "--package",
        "frontdesk-bench",
    ]))?;
    let program = run::program(true)?;
    let mut command = Command::new(program.with_file_name("bench"));
    command.arg(what).args(rest.iter().filter(|a| *a != "--"));
    run::step(command.env("FRONTDESK_BIN", program))
}

/// The table is a test, so that what is printed and what is promised cannot differ.
fn networks(args: &[String]) -> Outcome {
    let seeds = match args {
        [] => "100",
        [option, seeds] if option == "--seeds" && seeds.parse::<u32>().is_ok_and(|n| n > 0) => seeds,
        _ => return usage("networks takes --seeds and a number above zero."),
    };
    let mut command = run::cargo(&[
        "test",
        "--release",
        "--package",
        "frontdesk-fax",
        "--test",
        "calls",
        "table",
        "--",
        "--nocapture",
    ]);
    run::step(command.env("FRONTDESK_SEEDS", seeds))
}
