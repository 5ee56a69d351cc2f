//! Other settings while calls are up: they go on, and help is reached before, meanwhile and after.

use std::sync::Arc;

use calls::{Command, Input, Limits};
use model::Settings;
use plan::Plan;

use crate::bench::{Bench, SETTINGS};

/// Settings take the place of others, as the clinic has them do it: under the plan that is live.
fn reload(bench: &mut Bench, change: impl Fn(&str) -> String) {
    let settings = Settings::parse(&change(SETTINGS)).expect("good settings");
    let plan = Plan::in_force(&settings).plan;
    bench.input(Input::Command(Command::Reload { settings: Arc::new(settings), plan: Arc::new(plan) }));
}

/// All that can change for a call for help at once: who calls has left, the trunks are others, and so are the clinic's own networks.
fn all_is_other(text: &str) -> String {
    let text = text.replace("extension = \"101\"", "extension = \"107\"").replace("10.0.0.0/24", "10.0.7.0/24");
    text.replace("\"main\"", "\"other\"")
        .replace("192.0.2.1:5060", "192.0.2.9:5060")
        .replace("\"backup\"", "\"second\"")
}

fn said<'a>(bench: &'a Bench, what: &str) -> Vec<&'a str> {
    bench.log.lines().map(str::trim).filter(|line| line.starts_with(what)).collect()
}

#[test]
fn a_call_for_help_goes_on_whatever_the_settings_say_now_and_ends_when_its_people_end_it() {
    let mut bench = Bench::new(Limits::default());
    bench.run("invite a 101 911\nring B1\npickup B1");
    reload(&mut bench, all_is_other);
    bench.run("live");
    assert_eq!(said(&bench, "call1"), ["call1 Talking emergency true"], "{}", bench.log);
    assert!(said(&bench, "bye").is_empty() && said(&bench, "close").is_empty(), "{}", bench.log);
    bench.run("bye B1");
    bench.check_rest();
    let record = said(&bench, "RECORD call1 EMERGENCY");
    assert!(record.len() == 1 && record[0].contains("HungUp fault None"), "{}", bench.log);
}

#[test]
fn a_call_for_help_that_rings_while_settings_change_goes_on_to_the_next_trunk() {
    let mut bench = Bench::new(Limits::default());
    bench.run("invite a device:ghost 911");
    reload(&mut bench, |text| all_is_other(text).replace("\"second\"", "\"backup\""));
    bench.run("refuse B1 503");
    assert!(said(&bench, "invite B2 sip:911@192.0.2.2").len() == 1, "{}", bench.log);
    bench.run("pickup B2\nbye a");
    bench.check_rest();
    assert_eq!(said(&bench, "answer a").len(), 1, "{}", bench.log);
}

#[test]
fn a_call_for_help_that_rings_while_all_trunks_are_taken_out_goes_on_to_those_that_came() {
    let mut bench = Bench::new(Limits::default());
    bench.run("invite a device:ghost 911");
    reload(&mut bench, |text| all_is_other(text).replace("10.0.7.0/24", "10.0.0.0/24"));
    bench.run("refuse B1 503");
    assert!(said(&bench, "invite B2 sip:911@192.0.2.9").len() == 1, "{}", bench.log);
    bench.run("pickup B2\nbye a");
    bench.check_rest();
    assert_eq!(said(&bench, "answer a").len(), 1, "{}", bench.log);
}

#[test]
fn help_is_reached_over_the_trunks_of_the_settings_that_hold_by_whoever_calls() {
    let mut bench = Bench::new(Limits::default());
    reload(&mut bench, |text| all_is_other(text).replace("10.0.7.0/24", "10.0.0.0/24"));
    for (name, who) in [("a", "107"), ("b", "101"), ("c", "device:ghost")] {
        bench.log.clear();
        bench.run(&format!("invite {name} {who} 911"));
        assert!(bench.log.contains("sip:911@192.0.2.9:5060"), "{who}: {}", bench.log);
        bench.run(&format!("cancel {name}"));
    }
    bench.check_rest();
}

#[test]
fn a_call_over_a_trunk_that_is_taken_out_and_of_a_person_who_leaves_goes_on() {
    let mut bench = Bench::new(Limits::default());
    bench.run("register 102\ninvite a 101 12025550188\npickup B1\ninvite b 103 102\npickup B2");
    reload(&mut bench, all_is_other);
    reload(&mut bench, |text| {
        text.replace("extension = \"103\"", "extension = \"108\"").replace("10.0.0.0/24", "10.0.7.0/24")
    });
    bench.run("live");
    let up = bench.log.lines().filter(|line| line.contains("Talking emergency false")).count();
    assert_eq!(up, 2, "{}", bench.log);
    bench.run("bye B1\nbye b");
    bench.check_rest();
    assert_eq!(
        said(&bench, "RECORD").iter().filter(|line| line.contains("HungUp fault None")).count(),
        2,
        "{}",
        bench.log
    );
}
