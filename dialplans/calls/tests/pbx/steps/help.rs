//! A call for help is never led anywhere, whatever the plan says.

use super::ran;

/// Everything in here wants to have the call: it is closed, nobody answers, every phone leads on.
const GREEDY: &str = r#"
[ringing]
seconds = 5
[[inbound]]
number = "main"
to = "menu main"
[extensions.101]
ring = ["101"]
nobody = "menu main"
busy = "queue desk"
unreachable = "rota doctor"
[menus.main]
say = "Press 9 1 1."
keys = { 9 = "queue desk", 1 = "rota doctor" }
extensions = true
nobody = "hang up"
[queues.desk]
ring = ["101", "102"]
nobody = "hang up"
[rotas.doctor]
turns = ["103"]
[[rights]]
people = ["101", "102", "103"]
over = "off"
"#;

#[test]
fn help_that_is_busy_rings_on_every_trunk_and_never_at_a_step_of_the_plan() {
    let first = "switch night\ninvite a 101 911\nrefuse B1 486\nrefuse B2 486\nrefuse B3 503\nrefuse B4 503";
    let bench = ran(GREEDY, &format!("{first}\nwait 2\nrefuse B5 486\nrefuse B6 486\nrefuse B7 503\nrefuse B8 503"));
    let calls: Vec<&str> = bench.log.lines().map(str::trim).filter(|l| l.starts_with("invite B")).collect();
    assert_eq!(calls.len(), 8, "{}", bench.log);
    assert!(calls.iter().all(|c| c.contains("sip:911@192.0.2.")), "{}", bench.log);
    // No stage of the plan answered: the caller heard what became of the trunks, and staff are told what to do.
    assert!(!bench.log.contains("answer a") && !bench.log.contains("play "), "{}", bench.log);
    assert!(bench.log.contains("Call 911 from a mobile phone now."), "{}", bench.log);
}

/// A caller in a menu presses 911: that is no call for help, and no extension either.
#[test]
fn digits_in_a_menu_reach_nobody_outside() {
    let bench = ran(GREEDY, "invite a main:+12025550171 +12025550123\nkey s1 9\nbye a");
    assert!(!bench.log.contains("sip:911@"), "{}", bench.log);
}

/// A queue with one phone.
const ONE_DESK: &str = r#"
[[inbound]]
number = "main"
to = "queue desk"
[queues.desk]
ring = ["102"]
nobody = "hang up"
"#;

/// Hardly any phone proves who it is when it calls for help, since it is never asked: whose it is its registration says.
#[test]
fn who_calls_for_help_without_a_proof_has_a_lamp_and_no_queue_rings_there() {
    let script = "watch 103 dialog 102\ntaken 1\ninvite h 102 911 auth=none\npickup B1\ntaken 1";
    let script = format!("{script}\ninvite a main:+12025550171 +12025550123\nwait 3\nbye h\nwait 2\nbye a");
    let log = ran(ONE_DESK, &script).log;
    assert!(log.contains("notify 1 lamp v2 [initiator trying -]"), "{log}");
    let (during, after) = log.split_once("> bye h").expect("it ended");
    assert!(!during.contains("invite B2"), "{log}");
    assert!(after.contains("invite B2 sip:102@10.0.0.102"), "free again: {log}");
}

/// A phone that only says to be somebody's takes nobody's phone out of a queue.
#[test]
fn who_only_says_to_be_somebody_makes_them_no_less_free() {
    let script = "watch 103 dialog 102\ntaken 1\ninvite h 102 911 auth=none at=10.0.0.77:5060\npickup B1";
    let log = ran(ONE_DESK, &format!("{script}\ninvite a main:+12025550171 +12025550123\nbye h\nbye a")).log;
    assert!(!log.contains("initiator"), "{log}");
    assert!(log.contains("invite B2 sip:102@10.0.0.102"), "{log}");
}
