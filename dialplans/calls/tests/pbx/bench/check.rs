//! Scripts and the transcripts that are expected of them.

use std::time::Duration;

use calls::Limits;
use expect_test::Expect;

use super::Bench;

/// Runs a script; its transcript must be as expected, and nothing may be left over.
pub(crate) fn check(script: &str, expected: &Expect) {
    check_with(Limits::default(), script, expected);
}

pub(crate) fn check_with(limits: Limits, script: &str, expected: &Expect) {
    let mut bench = Bench::new(limits);
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

/// Where many tests begin: a script, after that of the situation before it. What happens in it is told once, by [`Situation::tell`].
pub(crate) struct Situation {
    before: Option<&'static Self>,
    script: &'static str,
}

impl Situation {
    pub(crate) const fn first(script: &'static str) -> Self {
        Self { before: None, script }
    }

    pub(crate) const fn after(before: &'static Self, script: &'static str) -> Self {
        Self { before: Some(before), script }
    }

    /// Runs a script in this situation. Only what follows it is compared, in the traces of records, too.
    pub(crate) fn check(&self, script: &str, expected: &Expect) {
        expected.assert_eq(&self.run(script));
    }

    /// The same in a clinic with this plan.
    pub(crate) fn check_planned(&self, plan: &str, script: &str, expected: &Expect) {
        let mut bench = Bench::with_plan(Limits::default(), plan);
        self.reach(&mut bench);
        expected.assert_eq(&bench.run_from_here(script));
    }

    /// The transcript of a script in this situation.
    pub(crate) fn run(&self, script: &str) -> String {
        let mut bench = Bench::new(Limits::default());
        self.reach(&mut bench);
        bench.run_from_here(script)
    }

    /// What this situation itself adds to the one before it, and how its calls may end.
    pub(crate) fn tell(&self, ending: &str, expected: &Expect) {
        let mut bench = Bench::new(Limits::default());
        if let Some(before) = self.before {
            before.reach(&mut bench);
        }
        expected.assert_eq(&bench.run_from_here(&format!("trace\n{}\n{ending}", self.script)));
    }

    fn reach(&self, bench: &mut Bench) {
        if let Some(before) = self.before {
            before.reach(bench);
        }
        bench.run(self.script);
    }
}

impl Bench {
    fn run_from_here(&mut self, script: &str) -> String {
        self.log.clear();
        // So that the lines of a trace which are told elsewhere are older than those which follow.
        self.wait(Duration::from_millis(1));
        self.told = self.now.wall;
        self.run(script);
        self.check_rest();
        std::mem::take(&mut self.log)
    }
}
