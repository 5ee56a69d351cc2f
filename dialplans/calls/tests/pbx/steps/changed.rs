//! Another plan goes live while callers are in the steps of the one before.

use std::sync::Arc;

use calls::{Command, Input};
use model::Settings;
use plan::Plan;

use super::ready;
use crate::bench::{Bench, SETTINGS};

const BEFORE: &str = r#"
[[inbound]]
number = "main"
to = "menu main"
[menus.main]
keys = { 1 = "queue desk", 2 = "announcement closed" }
nobody = "queue desk"
seconds = 5
times = 1
[queues.desk]
ring = ["102"]
nobody = "announcement closed"
wait = 30
[announcements.closed]
say = "We are closed."
"#;

/// Nothing of that is there any more.
const AFTER: &str = r#"
[[inbound]]
number = "main"
to = "menu day"
[menus.day]
keys = { 1 = "103" }
nobody = "101"
"#;

fn goes_live(bench: &mut Bench, plan: &str) {
    let settings = Arc::new(Settings { plan: plan.to_owned(), ..Settings::parse(SETTINGS).expect("good") });
    let plan = Arc::new(Plan::of(&settings).expect("a good plan"));
    bench.input(Input::Command(Command::Reload { settings, plan }));
}

/// Whoever is in a menu of the old plan presses its keys, and what those meant is gone.
#[test]
fn whoever_is_led_to_a_step_that_is_gone_begins_anew_at_the_number_that_they_called() {
    for waits in ["key s1 1", "wait 11"] {
        let mut bench = ready(BEFORE);
        bench.run("trace\ninvite a main:+12025550171 +12025550123\nplayed s1 1");
        goes_live(&mut bench, AFTER);
        bench.run(&format!("{waits}\nkey s1 1\npickup B1\nlive\nbye a"));
        bench.check_rest();
        assert!(bench.log.contains("invite B1 sip:103@10.0.0.103 "), "{}", bench.log);
        assert!(bench.log.contains("call1 Talking"), "{}", bench.log);
        assert!(bench.log.contains("is not in the plan any more"), "{}", bench.log);
    }
}

/// Whoever waits in a queue that is gone waits on, and goes to where their number leads now when that is over.
#[test]
fn whoever_waits_in_a_queue_that_is_gone_is_not_hung_up_on_in_the_end() {
    let mut bench = ready(BEFORE);
    bench.run("switch dnd 102 on\ninvite a main:+12025550171 +12025550123\nkey s1 1");
    goes_live(&mut bench, AFTER);
    bench.run("wait 40\nkey s1 1\nring B1\npickup B1\nlive\nbye a");
    bench.check_rest();
    assert!(bench.log.contains("invite B1 sip:103@10.0.0.103 "), "{}", bench.log);
    assert!(bench.log.contains("call1 Talking"), "{}", bench.log);
}

/// Somebody has left, and the plan still speaks of them: a call begins anew for that once, and not again and again.
#[test]
fn a_call_begins_anew_once() {
    let mut bench = ready(BEFORE);
    bench.run("invite a main:+12025550171 +12025550123\nplayed s1 1");
    goes_live(&mut bench, AFTER);
    let mut settings = Settings { plan: AFTER.to_owned(), ..Settings::parse(SETTINGS).expect("good") };
    settings.people.retain(|person| person.extension != "103");
    let settings = Arc::new(settings);
    let plan = Arc::new(Plan::in_force(&settings).plan);
    bench.input(Input::Command(Command::Reload { settings, plan }));
    bench.run("trace\nkey s1 1\nkey s1 1");
    bench.check_rest();
    assert_eq!(bench.log.matches("the call begins anew").count(), 1, "{}", bench.log);
    assert!(bench.log.contains("bye a\n") && bench.log.contains("RECORD call1 In "), "{}", bench.log);
}
