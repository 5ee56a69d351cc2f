//! Every check and every test, in the order of what fails fastest.
//!
//! A failing step does not hide the next one: a single run shows all there is to repair.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use crate::deps::{self, Group};
use crate::fuzz;
use crate::run::{self, Outcome, failed, usage};
use crate::tidy;
use crate::totals::{Run, Runner, Totals};

pub(crate) const HELP: &str = "\
cargo xtask test - every check and every test

USAGE
    cargo xtask test [--quick] [--skip-deps]

Runs, each under a heading and with its time:
    deps      the Debian packages of the build and of the tests are there, or are installed
    format    cargo fmt --check
    lints     cargo clippy with warnings denied
    tidy      cargo xtask tidy
    build     every program and every test, at once: one by one each would ask for other features of what they share, and build that anew
    tests     unit and simulation tests: cargo nextest if it is installed, which ends a test that hangs after five minutes; else cargo test,
              whose tests are ended, a program of them at a time, when it has said nothing for half an hour, and are not tried again
    interop   those with other programs, four at once: they wait more than they compute (the path of ours is theirs in FRONTDESK_BIN).
              What they leave of the processors builds the fuzz targets meanwhile
    doctests  the examples in the documentation
    fuzz      the fuzz targets, for a few seconds each (cargo xtask fuzz runs them for longer)

A failing step does not keep the next from running, but for the interop tests if the program does not build.

What tests with random cases choose is the same in each run, unless PROPTEST_RNG_SEED says otherwise (cargo xtask nightly takes new
ones, and more): a run tells of the change that was made, not of luck.

OPTIONS
    --quick        While working: no deps, no build of the program, no interop tests, no doctests, no fuzz.
    --skip-deps    Does not look for Debian packages.

OUTPUT
    Every test that failed, every one that passed only when it was tried again (those with other programs are, once, by cargo nextest), and
    every one that could not try all that it is for, by its name. The last line is
    \"N passed, N failed, N skipped\": tests, where every failed step that is not itself a run of tests
    (deps, format, lints, tidy, build, fuzz, or tests that do not compile) counts as one failed.

EXIT STATUS
    0  nothing failed
    1  something failed
    2  called wrongly
";

/// The package whose tests drive the program from outside.
pub(crate) const INTEROP: &str = "frontdesk-interop";
/// Tells those tests where the program is.
const PROGRAM: &str = "FRONTDESK_BIN";
/// Tells those tests in which file to say that they cannot try all that they are for, a line each: their runner calls them passed.
const SKIPPED: &str = "FRONTDESK_SKIPPED";

/// Tells tests with random cases where to begin.
const SEED: &str = "PROPTEST_RNG_SEED";

/// What the steps of a run came to.
#[derive(Default)]
pub(crate) struct Report {
    totals: Totals,
    steps: Vec<(&'static str, bool, Duration)>,
}

pub(crate) fn run(args: &[String]) -> Outcome {
    let (mut quick, mut skip_deps) = (false, false);
    for arg in args {
        match arg.as_str() {
            "--quick" => quick = true,
            "--skip-deps" => skip_deps = true,
            _ => return usage(format!("test does not know \"{arg}\".")),
        }
    }
    let mut report = Report::default();
    if !quick && !skip_deps {
        report.check("deps", || deps::ensure(&[Group::Build, Group::Test]));
    }
    report.check("format", || run::step(&mut run::cargo(&["fmt", "--all", "--check"])));
    let clippy = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"];
    report.check("lints", || run::step(&mut run::cargo(&clippy)));
    report.check("tidy", || tidy::run(&[]));
    let built = quick || report.check("build", build);
    let mut suite = Suite::without_program();
    if std::env::var_os(SEED).is_none() {
        suite.command.env(SEED, "1");
    }
    report.tests("tests", suite)?;
    if !quick {
        let mut targets = None;
        if built {
            targets = fuzz::build_meanwhile();
            report.driving("interop", Suite::with_program())?;
        }
        report.tests("doctests", Suite::cargo_test(&["--workspace", "--doc", "--no-fail-fast"]))?;
        report.check("fuzz", || {
            // However that ended: what is not built yet is built now, and says why if it cannot be.
            targets.as_mut().map(Child::wait);
            fuzz::short()
        });
    }
    report.print()
}

/// Builds all that the steps after it run, the program that the interop tests start among it.
///
/// Always of the whole workspace, as the lints and the tests are: a crate is built anew for each set of features that is asked of it, and what a
/// part of the workspace asks is not what all of it does.
pub(crate) fn build() -> Outcome {
    run::step(&mut run::cargo(&["build", "--workspace", "--bins", "--tests", "--examples", "--quiet"]))
}

/// Tests that are run together, and by whom.
pub(crate) struct Suite {
    pub(crate) runner: Runner,
    pub(crate) command: Command,
}

impl Suite {
    /// Those of the whole workspace that a filter of nextest's lets through. A package that it leaves out counts for nothing; a test that it leaves out
    /// of a package is skipped.
    pub(crate) fn nextest(filter: &str) -> Self {
        let args = ["nextest", "run", "--workspace", "--no-fail-fast", "--status-level", "slow", "--filterset", filter];
        Self { runner: Runner::Nextest, command: run::cargo(&args) }
    }

    /// Those of a `cargo test`.
    pub(crate) fn cargo_test(args: &[&str]) -> Self {
        Self { runner: Runner::CargoTest, command: run::cargo(&[&["test"], args].concat()) }
    }

    /// All tests that drive no program.
    pub(crate) fn without_program() -> Self {
        if run::on_path("cargo-nextest") {
            Self::nextest(&format!("not package({INTEROP})"))
        } else {
            Self::cargo_test(&["--workspace", "--all-targets", "--no-fail-fast", "--exclude", INTEROP])
        }
    }

    fn with_program() -> Self {
        if run::on_path("cargo-nextest") {
            let mut suite = Self::nextest(&format!("package({INTEROP})"));
            // As many as their groups have together (.config/nextest.toml).
            suite.command.args(["--test-threads", "7"]);
            suite
        } else {
            Self::cargo_test(&["--package", INTEROP, "--all-targets", "--no-fail-fast", "--", "--test-threads=4"])
        }
    }
}

impl Report {
    /// A step that passes or fails as a whole.
    pub(crate) fn check(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) -> bool {
        let start = begin(name);
        let outcome = step();
        if let Err(run::Failure::Failed(what) | run::Failure::Usage(what)) = &outcome {
            eprintln!("{what}");
            self.totals.fail(name);
        }
        self.end(name, outcome.is_ok(), start)
    }

    /// A step that counts its tests. They may say that they cannot try all that they are for.
    pub(crate) fn tests(&mut self, name: &'static str, mut suite: Suite) -> Outcome {
        let skipped = run::target()?.join("skipped-tests");
        // Empty: what an earlier step has left counts for nothing.
        let made = std::fs::write(&skipped, "");
        made.map_err(|e| run::Failure::Failed(format!("{} can't be written: {e}", skipped.display())))?;
        let start = begin(name);
        let (passed, mut totals) = counted(suite.command.env(SKIPPED, &skipped), suite.runner);
        if !passed && totals.failed == 0 {
            totals.fail(name);
        }
        totals.skip(&std::fs::read_to_string(&skipped).unwrap_or_default());
        self.totals.add(totals);
        self.end(name, passed, start);
        Ok(())
    }

    /// The same with tests that start the program.
    pub(crate) fn driving(&mut self, name: &'static str, mut suite: Suite) -> Outcome {
        suite.command.env(PROGRAM, run::program(false)?);
        self.tests(name, suite)
    }

    /// Tests that were not run at all, however many they are, and why.
    pub(crate) fn not_run(&mut self, tests: &str, why: &str) {
        self.totals.skips.push(format!("{tests}: {why}"));
    }

    fn end(&mut self, name: &'static str, passed: bool, start: Instant) -> bool {
        let time = start.elapsed();
        // In a run of hours somebody looks before its summary.
        println!("== {name} {} after {:.1} s", if passed { "ok" } else { "FAILED" }, time.as_secs_f64());
        self.steps.push((name, passed, time));
        passed
    }

    /// The summary; its last line is that of the totals.
    pub(crate) fn print(&self) -> Outcome {
        println!("\n== summary");
        for (name, passed, time) in &self.steps {
            let verdict = if *passed { "ok" } else { "FAILED" };
            println!("{name:10} {verdict:8} {:6.1} s", time.as_secs_f64());
        }
        self.totals.failures.iter().for_each(|what| println!("failed     {what}"));
        self.totals
            .unsteady
            .iter()
            .for_each(|what| println!("unsteady   {what} (failed at first, and passed when it was tried again)"));
        self.totals.skips.iter().for_each(|what| println!("skipped    {what}"));
        println!("{}", self.totals);
        let green = self.totals.failed == 0 && self.steps.iter().all(|(_, passed, _)| *passed);
        if green { Ok(()) } else { failed("") }
    }
}

#[allow(clippy::disallowed_methods, reason = "a tool for people that tells how long its steps took")]
fn begin(name: &str) -> Instant {
    println!("\n== {name}");
    Instant::now()
}

/// Longer than anything takes of which `cargo test` says nothing meanwhile, on a slow machine too: a crate, or one test.
const SILENCE: Duration = Duration::from_secs(30 * 60);

/// Runs a test runner, shows its output as it comes, and counts in it. Whether it ended well, and its totals.
fn counted(command: &mut Command, runner: Runner) -> (bool, Totals) {
    counted_within(command, runner, SILENCE)
}

/// The same, where `cargo test` may be silent for so long.
fn counted_within(command: &mut Command, runner: Runner, silence: Duration) -> (bool, Totals) {
    println!("$ {}", run::shown(command));
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = match command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("{} could not be started: {error}", run::shown(command));
            return (false, Totals::default());
        }
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let counter = Mutex::new(Run::new(runner));
    let ((heard, listens), cargo) = (channel(), child.id());
    std::thread::scope(|scope| {
        // nextest has limits of its own, for each test.
        if runner == Runner::CargoTest {
            scope.spawn(move || watch(&listens, silence, cargo));
        }
        let of_stderr = heard.clone();
        scope.spawn(|| {
            let heard = of_stderr;
            if let Some(stream) = stderr {
                follow(stream, &counter, &heard);
            }
        });
        if let Some(stream) = stdout {
            follow(stream, &counter, &heard);
        }
        drop(heard);
    });
    let passed = child.wait().is_ok_and(|status| status.success());
    (passed, counter.into_inner().expect("no holder panics").end())
}

fn follow(stream: impl Read, counter: &Mutex<Run>, heard: &Sender<()>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        counter.lock().expect("no holder panics").line(&text);
        // Nobody listens where the runner has limits of its own.
        let _ = heard.send(());
        line.clear();
    }
}

/// Ends what `cargo test` has started when nothing is heard of it for so long, as often as that happens, until both its streams have ended. It
/// goes on with the next program of tests, and the one that died counts as failed.
fn watch(heard: &Receiver<()>, silence: Duration, cargo: u32) {
    loop {
        match heard.recv_timeout(silence) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                eprintln!("Nothing was said for {} s: what runs is ended.", silence.as_secs());
                let hung: Vec<String> = below(cargo).iter().map(u32::to_string).collect();
                let _ = Command::new("sh").arg("-c").arg(format!("kill -s KILL {}", hung.join(" "))).status();
            }
        }
    }
}

/// All processes that this one has started, and those have.
fn below(process: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut parents = vec![process];
    while let Some(parent) = parents.pop() {
        let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
        let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        let children: Vec<u32> =
            lists.flat_map(|list| list.split_whitespace().filter_map(|n| n.parse().ok()).collect::<Vec<_>>()).collect();
        parents.extend(&children);
        found.extend(children);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `cargo test` of two programs, the first of which hangs and has started another.
    const HANGS: &str = "echo 'Running tests/a.rs (target/a)'; sh -c 'sleep 600 & wait'; echo 'Running tests/b.rs (target/b)'; \
                         echo 'test result: ok. 3 passed; 0 failed; 0 ignored'; exit 1";

    #[test]
    fn a_program_of_tests_that_hangs_is_ended_and_counts_as_failed() {
        let mut command = Command::new("sh");
        let (passed, totals) =
            counted_within(command.args(["-c", HANGS]), Runner::CargoTest, Duration::from_millis(300));
        assert!(!passed);
        assert_eq!((totals.passed, totals.failed), (3, 1));
    }
}
