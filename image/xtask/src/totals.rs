//! Counts tests in the words of the runners, line by line as they come.
//!
//! `cargo nextest` prints one summary; `cargo test` a result per binary. A binary that dies without a result counts as one failed test,
//! since nobody knows how many it would have been.

/// The sum over one or more runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
    /// Binaries that `cargo test` started, and those that gave a result. It tells the one on its standard error and they the other on
    /// their standard output, so either may be read first.
    started: u64,
    finished: u64,
}

impl Totals {
    /// Reads one line of a runner's output.
    pub(crate) fn line(&mut self, line: &str) {
        let line = plain(line);
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("Summary ") {
            self.nextest(rest);
        } else if let Some(rest) = line.strip_prefix("test result: ") {
            self.finished += 1;
            let counts = rest.split_once(". ").map_or(rest, |(_, counts)| counts);
            self.counts(counts.split(';'));
        } else if line.starts_with("Running ") && line.ends_with(')') || line.starts_with("Doc-tests ") {
            self.started += 1;
        }
    }

    /// After the last line of a runner: what died without a word has failed.
    pub(crate) fn end_of_run(&mut self) {
        self.failed += self.started.saturating_sub(self.finished);
        (self.started, self.finished) = (0, 0);
    }

    /// "[ 0.5s] 45 tests run: 43 passed (1 slow, 1 flaky), 1 failed, 1 timed out, 0 skipped", or "10/45 tests run: …" if it was cut short.
    fn nextest(&mut self, summary: &str) {
        let Some((head, counts)) = summary.split_once(" run: ") else { return };
        self.counts(without_parentheses(counts).split(','));
        let fraction = head.split_whitespace().find_map(|w| w.split_once('/'));
        if let Some((Ok(run), Ok(all))) = fraction.map(|(run, all)| (run.parse::<u64>(), all.parse::<u64>())) {
            self.skipped += all.saturating_sub(run);
        }
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

    fn totals(output: &str) -> (u64, u64, u64) {
        let mut totals = Totals::default();
        output.lines().for_each(|l| totals.line(l));
        totals.end_of_run();
        (totals.passed, totals.failed, totals.skipped)
    }

    #[test]
    fn nextest() {
        assert_eq!(totals("     Summary [   0.560s] 45 tests run: 45 passed, 0 skipped"), (45, 0, 0));
        assert_eq!(totals("Summary [ 1s] 1 test run: 1 passed, 12 skipped"), (1, 0, 12));
        let all = "Summary [ 61.2s] 50 tests run: 43 passed (2 slow, 1 flaky), 4 failed, 1 timed out, 2 exec failed, 7 skipped";
        assert_eq!(totals(all), (43, 7, 7));
        assert_eq!(totals("Summary [ 2s] 10/45 tests run: 9 passed, 1 failed, 3 skipped"), (9, 1, 38));
        let coloured = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m \u{1b}[33;1mskipped\u{1b}[0m";
        assert_eq!(totals(coloured), (2, 0, 0));
    }

    #[test]
    fn cargo_test_over_several_binaries() {
        let output = "
     Running unittests src/lib.rs (target/debug/deps/media-72d0)
test sdp::tests::refusals ... ok
test result: ok. 30 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.40s
     Running tests/engine.rs (target/debug/deps/engine-f5d2)
test result: FAILED. 9 passed; 2 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.00s
   Doc-tests media
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        assert_eq!(totals(output), (39, 2, 1));
    }

    #[test]
    fn a_binary_that_dies_has_failed() {
        let output = "
     Running unittests src/lib.rs (target/debug/deps/a-1)
     Running unittests src/lib.rs (target/debug/deps/b-2)
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.40s
";
        assert_eq!(totals(output), (3, 1, 0));
    }

    #[test]
    fn a_result_may_be_read_before_its_start() {
        let result = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.40s";
        assert_eq!(totals(&format!("{result}\n Running unittests src/lib.rs (target/debug/deps/b-2)")), (3, 0, 0));
    }

    #[test]
    fn other_lines_are_nothing() {
        assert_eq!(totals("Running late\ntest result\nSummary of the day\n    Finished `test` profile\n"), (0, 0, 0));
    }
}
