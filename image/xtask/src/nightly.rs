//! What takes too long for each commit, or wants more than Debian 12 has.
//!
//! A failing step does not hide the next one, as in `cargo xtask test`, whose report this is.

use crate::bench;
use crate::deps::{self, Group};
use crate::fuzz;
use crate::run::{self, Outcome, usage};
use crate::sid;
use crate::test::{self, INTEROP, Report, Suite};

pub(crate) const HELP: &str = "\
cargo xtask nightly - what takes too long, or more than Debian 12 has, for each commit

USAGE
    cargo xtask nightly [--cases N] [--fuzz-seconds N] [--seeds N] [--skip-deps]

Runs, each under a heading and with its time:
    deps      the Debian packages of the build and of the tests are there, or are installed
    sid       Asterisk, SIPp and baresip of Debian sid are there, or are unpacked (cargo xtask sid; that takes root)
    build     the program itself, which the tests start
    peers     the tests with those: calls over TLS and SRTP, faxes over T.38 and as sound, pages (tests/interop/tests/nightly_*.rs)
    cases     the unit and simulation tests with new random cases, and far more of them; also those that no other command runs: the
              largest picture, an office document by LibreOffice
    networks  how many faxes arrive over each bad network of the specification, as a table (cargo xtask bench networks)
    fuzz      every fuzz target for long, also after one has found something

A failing step does not keep the next from running, but for the tests if the program does not build or sid is not there: that is a
failure, and says so.

OPTIONS
    --cases N           Random cases of each test that does not say itself how many it takes. 5000 if left out.
    --fuzz-seconds N    For each fuzz target. 600 if left out: two hours.
    --seeds N           Of each row of the table. 100 if left out: six to twenty minutes, as fast as the machine is.
    --skip-deps         Does not look for Debian packages.

OUTPUT
    As of cargo xtask test. The last line is \"N passed, N failed, N skipped\": tests, where every failed step that is not itself a run
    of tests (deps, sid, build, networks, fuzz) counts as one failed.

EXIT STATUS
    0  nothing failed
    1  something failed, or sid is not there
    2  called wrongly
";

/// Seconds for each fuzz target.
const FUZZ: u32 = 600;
/// Faxes over each bad network.
const SEEDS: u32 = 100;
/// Random cases of each test that does not say itself how many it takes.
const CASES: u32 = 5000;
/// The tests that need sid. They are ignored elsewhere.
const PEERS: &str = "nightly_";
/// Tests that are one half of another one, which starts them: by themselves they are nothing. All others that are ignored are run here.
pub(crate) const HALVES: &[&str] = &["the_process_that_dies"];

pub(crate) fn run(args: &[String]) -> Outcome {
    let (mut cases, mut seconds, mut seeds, mut skip_deps) = (CASES, FUZZ, SEEDS, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--skip-deps" => skip_deps = true,
            option @ ("--cases" | "--fuzz-seconds" | "--seeds") => match args.next().and_then(|n| n.parse().ok()) {
                Some(n @ 1..) if option == "--seeds" => seeds = n,
                Some(n @ 1..) if option == "--cases" => cases = n,
                Some(n @ 1..) => seconds = n,
                _ => return usage(format!("{option} takes a number above zero.")),
            },
            _ => return usage(format!("nightly does not know \"{arg}\".")),
        }
    }
    let mut report = Report::default();
    if !skip_deps {
        report.check("deps", || deps::ensure(&[Group::Build, Group::Test, Group::Night]));
    }
    let unpacked = report.check("sid", sid::ensure);
    if report.check("build", test::build) && unpacked {
        report.driving("peers", peers())?;
    } else {
        report.not_run(&format!("{INTEROP}::{PEERS}*"), "there is no program or no Debian sid to run them with");
    }
    let mut suite = with_ignored();
    suite.command.env("PROPTEST_CASES", cases.to_string()).env("NEXTEST_PROFILE", "nightly");
    report.tests("cases", suite)?;
    report.check("networks", || bench::run(&["networks".to_owned(), "--seeds".to_owned(), seeds.to_string()]));
    report.check("fuzz", || fuzz::long(seconds));
    report.print()
}

fn peers() -> Suite {
    if run::on_path("cargo-nextest") {
        let mut suite = Suite::nextest(&format!("package({INTEROP}) and binary(/^{PEERS}/)"));
        suite.command.args(["--run-ignored", "only"]);
        suite
    } else {
        let files = format!("{PEERS}*");
        let args = ["--package", INTEROP, "--test", &files, "--no-fail-fast", "--", "--ignored", "--test-threads=2"];
        Suite::cargo_test(&args)
    }
}

/// All tests that drive no program, also those that are ignored elsewhere.
fn with_ignored() -> Suite {
    if run::on_path("cargo-nextest") {
        let halves = HALVES.iter().map(|half| format!(" - test(/{half}$/)")).collect::<String>();
        let mut suite = Suite::nextest(&format!("not package({INTEROP}){halves}"));
        suite.command.args(["--run-ignored", "all"]);
        suite
    } else {
        let mut suite = Suite::without_program();
        suite.command.args(["--", "--include-ignored"]).args(HALVES.iter().flat_map(|half| ["--skip", half]));
        suite
    }
}
