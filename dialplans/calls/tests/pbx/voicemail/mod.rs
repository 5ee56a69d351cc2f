//! Messages that callers leave, and listening to them by phone.

mod giving;
mod late;
mod leaving;
mod listening;
mod pins;
mod store;
mod whose;

use expect_test::Expect;

use crate::bench::Bench;

fn check(script: &str, expected: &Expect) {
    after("", script, expected);
}

/// 102 does not answer; the caller's greeting has come.
const NOBODY: &str = "invite a 101 102\nring B1\nwait 26\nanswer greeting\nanswer begun\n";

fn after_nobody(script: &str, expected: &Expect) {
    after(NOBODY, script, expected);
}

/// Only what follows `before` is told.
fn after(before: &str, script: &str, expected: &Expect) {
    let mut bench = Bench::plan_with_mailboxes();
    bench.run("register 101\nregister 102\nregister 103");
    bench.run(before);
    bench.log.clear();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

/// 101 opens its own mailbox.
const OWN: &str = "invite a 101 *97\nack a\n";
