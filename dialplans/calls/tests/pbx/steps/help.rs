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

/// A menu answers, and some callers are led elsewhere.
const MENU: &str = r#"
[[inbound]]
number = "main"
to = "menu main"
[menus.main]
keys = { 1 = "101" }
nobody = "hang up"
[[callers]]
numbers = ["+1613"]
to = "103"
"#;

/// Their call broke off: those who sent the ambulance want them, and neither a menu nor words about opening hours.
#[test]
fn whoever_called_for_help_rings_first_when_help_calls_back_and_then_comes_what_the_plan_says() {
    let called =
        "switch dnd 102 on\nswitch forward 102 always 103\ninvite h 102 911 auth=none\npickup B1\nlost h\ntrace";
    let log = ran(MENU, &format!("{called}\ninvite d main:anonymous +12025550123\nring B2\npickup B2\nbye d")).log;
    assert!(log.contains("invite B2 sip:102@10.0.0.102 ") && !log.contains("play "), "{log}");
    let why = "Help was called from 102 within the hour and may call back: it rings there first, for 20 seconds.";
    assert!(log.contains(why), "{log}");

    let log = ran(MENU, &format!("{called}\ninvite d main:anonymous +12025550123\nring B2\nwait 21\nbye d")).log;
    let (_, after) = log.split_once("> wait 21").expect("it waited");
    assert!(
        after.contains("cancel B2") && after.contains("answer d ") && after.contains("leads to menu main"),
        "{log}"
    );
    // Who is led elsewhere by their number is so after that.
    let log = ran(MENU, &format!("{called}\ninvite d main:+16137827274 +12025550123\nrefuse B2 486\nbye d")).log;
    assert!(log.contains("invite B2 sip:102@") && log.contains("invite B3 sip:103@"), "{log}");
}

#[test]
fn who_talks_with_help_still_and_who_only_tested_their_number_is_not_rung_first() {
    let dispatcher = "invite d main:anonymous +12025550123\nbye d";
    for (before, after) in [
        ("invite h 102 911 auth=none\npickup B1", "bye h"),
        ("invite h 102 933 auth=none\npickup B1\nbye h", ""),
        ("invite h 102 911 auth=none\npickup B1\nbye h\nwait 3601", ""),
        // Of a phone that nobody knows nobody is called.
        ("invite h device:ghost 911\npickup B1\nbye h", ""),
    ] {
        let log = ran(MENU, &format!("{before}\n{dispatcher}\n{after}")).log;
        assert!(log.contains("answer d ") && !log.contains("invite B2"), "{before}\n{log}");
    }
    // Nor by a call for another number, which help was not shown.
    let log = ran(MENU, "invite h 102 911\npickup B1\nbye h\ninvite d main:anonymous +12025550199\nbye d").log;
    assert!(!log.contains("invite B2"), "{log}");
}

/// Whoever handed a patient on to help is whom help calls back.
#[test]
fn whoever_handed_a_call_on_to_help_rings_first_too() {
    let script = "invite p main:+12025550171 +12025550123\nkey s1 1\npickup B1\nrefer B1 911\npickup B2\nbye p";
    let log = ran(MENU, &format!("{script}\ninvite d main:anonymous +12025550123\npickup B3\nbye d")).log;
    assert!(log.contains("invite B3 sip:101@10.0.0.101 "), "{log}");
}
