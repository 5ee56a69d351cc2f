//! The steps of the plan as calls take them: what rings after what, menus, announcements, queues and rotas.

mod announced;
mod callbacks;
mod changed;
mod handed_on;
mod help;
mod menus;
mod messages;
mod names;
mod orders;
mod picked_up;
mod queues;
mod recorded;
mod ringing;
mod rotas;
mod screened;
mod transferred;
mod unwanted;

use calls::Limits;
use expect_test::Expect;

use crate::bench::Bench;

/// Runs a script with this plan; its transcript must be as expected, and nothing may be left over.
fn check(plan: &str, script: &str, expected: &Expect) {
    expected.assert_eq(&ran(plan, script).log);
}

/// The same from where another script has led: what happened until there is shown elsewhere.
fn check_after(plan: &str, before: &str, script: &str, expected: &Expect) {
    let mut bench = ready(plan);
    bench.run(before);
    bench.log.clear();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

fn ran(plan: &str, script: &str) -> Bench {
    let mut bench = ready(plan);
    bench.run(script);
    bench.check_rest();
    bench
}

/// Three phones are registered.
fn ready(plan: &str) -> Bench {
    let mut bench = Bench::with_plan(Limits::default(), plan);
    for user in ["101", "102", "103"] {
        bench.register(user, &[]);
    }
    bench.log.clear();
    bench
}
