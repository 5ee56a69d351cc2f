//! Counts tests in the words of the runners, line by line as they come, and keeps the names of those that failed.
//!
//! `cargo nextest` prints one summary, and above it what each failed test printed: there stand the words of another runner, which count
//! nothing. `cargo test` prints a result per binary. A binary that dies without a result counts as one failed test, since nobody knows
//! how many it would have been.

use std::collections::BTreeSet;

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    /// `cargo nextest run`.
    Nextest,
    /// `cargo test`.
    CargoTest,
}

/// The sum over one or more runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    /// What failed, as its runner names it, and how, where it says so ("SIGABRT", "TIMEOUT").
    pub(crate) failures: Vec<String>,
    /// What could not be tried, and why.
    pub(crate) skips: Vec<String>,
    /// What failed at first and passed when it was tried again: somebody should know why.
    pub(crate) unsteady: Vec<String>,
}

impl Totals {
    /// One more has failed.
    pub(crate) fn fail(&mut self, what: &str) {
        self.failed += 1;
        self.failures.push(what.to_owned());
    }

    /// Tests of this run that their runner took for passed, and that say here, a line each ("name: why"), that they could not try all that they
    /// are for. A test may say so for several reasons, and again when it is tried again: it is one. What has failed all the same has failed.
    pub(crate) fn skip(&mut self, lines: &str) {
        let failed = |name: &str| self.failures.iter().any(|failure| test_of(failure) == name);
        let said: BTreeSet<(&str, &str)> = lines.lines().filter_map(|line| line.split_once(": ")).collect();
        let said: Vec<_> = said.into_iter().filter(|(name, _)| !failed(name)).collect();
        let tests = said.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len() as u64;
        self.passed = self.passed.saturating_sub(tests);
        self.skipped += tests;
        self.skips.extend(said.iter().map(|(name, why)| format!("{name}: {why}")));
    }

    pub(crate) fn add(&mut self, run: Self) {
        self.passed += run.passed;
        self.failed += run.failed;
        self.skipped += run.skipped;
        self.failures.extend(run.failures);
        self.skips.extend(run.skips);
        self.unsteady.extend(run.unsteady);
    }

    fn counts<'a>(&mut self, counts: impl Iterator<Item = &'a str>) {
        for count in counts {
            let Some((number, word)) = count.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match word.trim() {
                "passed" => self.passed += number,
                "failed" | "timed out" | "exec failed" => self.failed += number,
                "skipped" | "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// One run, while it runs.
#[derive(Debug)]
pub(crate) struct Run {
    runner: Runner,
    totals: Totals,
    /// nextest has come to its summary: what follows is the list of what did not simply pass.
    summed: bool,
    /// Binaries that `cargo test` started, and those that gave a result. It tells the one on its standard error and they the other on
    /// their standard output, so either may be read first.
    started: u64,
    finished: u64,
}

impl Run {
    pub(crate) fn new(runner: Runner) -> Self {
        Self { runner, totals: Totals::default(), summed: false, started: 0, finished: 0 }
    }

    /// Reads one line of the runner's output.
    pub(crate) fn line(&mut self, line: &str) {
        let line = plain(line);
        match self.runner {
            Runner::Nextest => self.nextest(line.trim()),
            Runner::CargoTest => self.cargo_test(line.trim()),
        }
    }

    /// After the last line: what died without a word has failed.
    pub(crate) fn end(mut self) -> Totals {
        let died = self.started.saturating_sub(self.finished);
        if died > 0 {
            self.totals.failed += died;
            self.totals.failures.push(format!("{died} binaries that died before their result"));
        }
        self.totals
    }

    fn nextest(&mut self, line: &str) {
        if let Some(summary) = line.strip_prefix("Summary ") {
            // Only the last one is the runner's own: a test may print another.
            (self.totals, self.summed) = (Totals::default(), true);
            self.summary(summary);
        } else if self.summed {
            match verdict(line) {
                Some(("FLAKY", test)) => self.totals.unsteady.push(test.to_owned()),
                Some(("SLOW" | "LEAK" | "PASS" | "SKIP", _)) | None => {}
                Some((status, test)) => self.totals.failures.push(format!("{test} ({status})")),
            }
        }
    }

    /// "[ 0.5s] 45 tests run: 43 passed (1 slow, 1 flaky), 1 failed, 1 timed out, 0 skipped", or "10/45 tests run: …" if it was cut short.
    fn summary(&mut self, summary: &str) {
        let Some((head, counts)) = summary.split_once(" run: ") else { return };
        self.totals.counts(without_parentheses(counts).split(','));
        let fraction = head.split_whitespace().find_map(|w| w.split_once('/'));
        if let Some((Ok(run), Ok(all))) = fraction.map(|(run, all)| (run.parse::<u64>(), all.parse::<u64>())) {
            self.totals.skipped += all.saturating_sub(run);
        }
    }

    fn cargo_test(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.finished += 1;
            let counts = rest.split_once(". ").map_or(rest, |(_, counts)| counts);
            self.totals.counts(counts.split(';'));
        } else if line.starts_with("Running ") && line.ends_with(')') || line.starts_with("Doc-tests ") {
            self.started += 1;
        } else if let Some(name) = line.strip_prefix("test ").and_then(|l| l.strip_suffix(" ... FAILED")) {
            self.totals.failures.push(name.to_owned());
        }
    }
}

/// The test of a failure, as it calls itself: without its binary before it and how it ended behind it.
fn test_of(failure: &str) -> &str {
    let name = failure.rsplit_once(" (").map_or(failure, |(name, _)| name);
    name.rsplit(' ').next().unwrap_or(name)
}

/// How a test ended, and which, by a line below nextest's summary: "SIGABRT [ 0.1s] (844/921) frontdesk-store::store disk::a_new_root_key".
/// There stands also what passed in a way worth saying (SLOW, LEAK), or not the first time ("FLAKY 2/3").
fn verdict(line: &str) -> Option<(&str, &str)> {
    let (status, rest) = line.split_once(" [")?;
    let (_, test) = rest.split_once("] ")?;
    let status = status.split_whitespace().next()?;
    Some((status, test.strip_prefix('(').and_then(|t| t.split_once(") ")).map_or(test, |(_, name)| name)))
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0usize;
    let outside = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars().filter(outside).collect()
}

/// Without the escape sequences of colours.
fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(runner: Runner, output: &str) -> Totals {
        let mut run = Run::new(runner);
        output.lines().for_each(|l| run.line(l));
        run.end()
    }

    fn totals(runner: Runner, output: &str) -> (u64, u64, u64) {
        let totals = run(runner, output);
        (totals.passed, totals.failed, totals.skipped)
    }

    #[test]
    fn nextest() {
        let totals = |output| totals(Runner::Nextest, output);
        assert_eq!(totals("     Summary [   0.560s] 45 tests run: 45 passed, 0 skipped"), (45, 0, 0));
        assert_eq!(totals("Summary [ 1s] 1 test run: 1 passed, 12 skipped"), (1, 0, 12));
        let all = "Summary [ 61.2s] 50 tests run: 43 passed (2 slow, 1 flaky), 4 failed, 1 timed out, 2 exec failed, 7 skipped";
        assert_eq!(totals(all), (43, 7, 7));
        assert_eq!(totals("Summary [ 2s] 10/45 tests run: 9 passed, 1 failed, 3 skipped"), (9, 1, 38));
        let coloured = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m \u{1b}[33;1mskipped\u{1b}[0m";
        assert_eq!(totals(coloured), (2, 0, 0));
    }

    /// What nextest 0.9.143 printed of tests that do all this, without their backtraces.
    const ALL_SORTS: &str = "
    Starting 6 tests across 1 binary (1 test skipped)
     SIGABRT [   0.008s] (1/6) nx tests::dies
  stdout ───

    running 1 test

    (test aborted with signal 6: SIGABRT)

        FAIL [   0.176s] (2/6) nx tests::bad
  stdout ───

    running 1 test
    test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s
    Summary [ 61.2s] 50 tests run: 43 passed, 7 failed, 7 skipped
    test tests::bad ... FAILED

    failures:

    failures:
        tests::bad

    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 6 filtered out; finished in 0.17s

  TRY 1 FAIL [   0.177s] (───) nx tests::flaky
  stdout ───

    running 1 test
    test tests::flaky ... FAILED

    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 6 filtered out; finished in 0.17s

  TRY 2 PASS [   0.005s] (3/6) nx tests::flaky
   LEAK-FAIL [   0.109s] (5/6) nx tests::leaks
  stdout ───

    running 1 test
    test tests::leaks ... ok

    test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 6 filtered out; finished in 0.00s

    (test failed: exited with code 0, but leaked handles)

        SLOW [>  1.000s] (───) nx tests::hangs
 TERMINATING [>  2.000s] (───) nx tests::hangs
     TIMEOUT [   2.004s] (6/6) nx tests::hangs
  stdout ───

    running 1 test

    (test timed out)

────────────
     Summary [   2.196s] 6 tests run: 2 passed (1 flaky), 3 failed (1 due to being leaky), 1 timed out, 1 skipped
   FLAKY 2/3 [   0.005s] (3/6) nx tests::flaky
     SIGABRT [   0.008s] (1/6) nx tests::dies
        FAIL [   0.176s] (2/6) nx tests::bad
   LEAK-FAIL [   0.109s] (5/6) nx tests::leaks
     TIMEOUT [   2.004s] (6/6) nx tests::hangs
error: test run failed
";

    #[test]
    fn what_failed_tests_print_counts_nothing_and_each_is_named() {
        let totals = run(Runner::Nextest, ALL_SORTS);
        assert_eq!((totals.passed, totals.failed, totals.skipped), (2, 4, 1));
        let named = [
            "nx tests::dies (SIGABRT)",
            "nx tests::bad (FAIL)",
            "nx tests::leaks (LEAK-FAIL)",
            "nx tests::hangs (TIMEOUT)",
        ];
        assert_eq!(totals.failures, named);
        assert_eq!(totals.unsteady, ["nx tests::flaky"]);
    }

    #[test]
    fn a_test_that_could_try_nothing_is_skipped_and_not_passed() {
        let mut totals = run(Runner::Nextest, "Summary [ 1s] 5 tests run: 5 passed, 2 skipped");
        totals.skip("a_browser_registers: npm is not there\n");
        assert_eq!(totals.to_string(), "4 passed, 0 failed, 3 skipped");
        assert_eq!(totals.skips, ["a_browser_registers: npm is not there"]);
    }

    #[test]
    fn who_skips_twice_is_one_and_who_fails_all_the_same_has_failed() {
        let output = "Summary [ 1s] 5 tests run: 3 passed (1 flaky), 2 failed\n  FLAKY 2/2 [ 1s] (3/5) nx::x tests::again\n    \
                      FAIL [ 1s] (4/5) nx::x tests::bad\n    SIGABRT [ 1s] (5/5) nx::x dies\n";
        let mut totals = run(Runner::Nextest, output);
        totals.skip(
            "two: no IPv6\ntwo: no npm\ntests::again: no npm\ntests::again: no npm\ntests::bad: no npm\ndies: no npm\n",
        );
        assert_eq!(totals.to_string(), "1 passed, 2 failed, 2 skipped");
        assert_eq!(totals.skips, ["tests::again: no npm", "two: no IPv6", "two: no npm"]);
        let mut totals =
            run(Runner::CargoTest, "test bad ... FAILED\ntest result: FAILED. 2 passed; 1 failed; 0 ignored\n");
        totals.skip("bad: no npm\ngood: no npm\n");
        assert_eq!(totals.to_string(), "1 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn cargo_test_over_several_binaries() {
        let output = "
     Running unittests src/lib.rs (target/debug/deps/media-72d0)
test sdp::tests::refusals ... ok
test result: ok. 30 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.40s
     Running tests/engine.rs (target/debug/deps/engine-f5d2)
test a_packet ... FAILED
test another - should panic ... FAILED
test result: FAILED. 9 passed; 2 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.00s
   Doc-tests media
test src/lib.rs - (line 1) ... FAILED
test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        let totals = run(Runner::CargoTest, output);
        assert_eq!((totals.passed, totals.failed, totals.skipped), (39, 3, 1));
        assert_eq!(totals.failures, ["a_packet", "another - should panic", "src/lib.rs - (line 1)"]);
    }

    #[test]
    fn a_binary_that_dies_has_failed() {
        let output = "
     Running unittests src/lib.rs (target/debug/deps/a-1)
     Running unittests src/lib.rs (target/debug/deps/b-2)
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.40s
";
        let totals = run(Runner::CargoTest, output);
        assert_eq!((totals.passed, totals.failed, totals.failures.len()), (3, 1, 1));
    }

    #[test]
    fn a_result_may_be_read_before_its_start() {
        let result = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.40s";
        let output = format!("{result}\n Running unittests src/lib.rs (target/debug/deps/b-2)");
        assert_eq!(totals(Runner::CargoTest, &output), (3, 0, 0));
    }

    #[test]
    fn other_lines_are_nothing() {
        let output = "Running late\ntest result\nSummary of the day\n    Finished `test` profile\n";
        for runner in [Runner::Nextest, Runner::CargoTest] {
            assert_eq!(totals(runner, output), (0, 0, 0));
        }
    }
}
