//! A clinic's settings change while it runs: somebody comes and is called, somebody leaves, a carrier's password is given, and after a restart it is
//! still so. Phones are SIPp, the carrier is Kamailio.

use std::fs;
use std::process::{Command, Output};
use std::time::Duration;

use interop::clinic::{Clinic, listening};
use interop::kamailio::{Kamailio, PASSWORD, USER};
use interop::sipp::Phone;
use interop::{Demo, free_offset, program, wait_for};

const SOON: Duration = Duration::from_secs(20);

fn told(state: &str, words: &[&str]) -> Output {
    Command::new(program()).args(words).args(["--state", state]).output().expect("the program is built")
}

/// What it prints, and with which status it ends.
fn said(output: Output) -> (Option<i32>, String) {
    let text = String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).expect("text");
    (output.status.code(), text)
}

fn value(printed: &str, name: &str) -> String {
    let line = printed.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {printed}")).trim().to_owned()
}

const NEW: &str = "[[people]]\nextension = \"104\"\nname = \"Aide\"\n[[trunks]]";

#[test]
fn somebody_comes_and_is_called_and_leaves_again_and_a_restart_changes_nothing_of_it() {
    let clinic = Clinic::new("");
    let state = clinic.folder().join("state").display().to_string();
    let settings = |words: &[&str]| said(told(&state, &[&["settings"], words].concat()));
    let file = clinic.folder().join("new.toml").display().to_string();
    let save = |text: &str| {
        fs::write(&file, text).expect("written");
        settings(&["save", &file])
    };
    assert_eq!(settings(&["show"]).0, Some(4), "nobody runs");
    let running = clinic.start();
    let first = wait_for("the settings are shown", Duration::from_secs(60), || {
        Some(settings(&["show"])).filter(|(code, _)| *code == Some(0)).map(|(_, text)| text)
    });
    assert!(first.starts_with("# Frontdesk settings, generation 1\n"), "{first}");
    let phone = |user: &str, n: u16| {
        let (code, printed) = said(told(&state, &["access", "phone", user]));
        assert_eq!(code, Some(0), "{printed}");
        let password = value(&printed, "password");
        Phone::at(value(&printed, "server"), value(&printed, "domain"), (user, &password), clinic.port(6100 + n * 20))
    };
    let desk = phone("101", 0);
    desk.register();
    let _carrier = clinic.carrier();
    desk.call("call_emergency", "911");

    // A slip is said with its line, and changes nothing.
    let wrong = first.replace("America/New_York", "Mars/Olympus");
    fs::write(&file, &wrong).expect("written");
    for verb in ["check", "save"] {
        let (code, sentence) = settings(&[verb, &file]);
        assert!(
            code == Some(1) && sentence.contains("line 9 (clinic.timezone): unknown time zone"),
            "{code:?} {sentence}"
        );
    }
    let with_104 = first.replacen("[[trunks]]", NEW, 1);
    fs::write(&file, &with_104).expect("written");
    let (code, changes) = settings(&["check", &file]);
    assert!(code == Some(0) && changes.contains("at once: 104 is added."), "{code:?} {changes}");
    assert!(said(told(&state, &["access", "phone", "104"])).1.contains("nobody 104"));

    // Somebody comes.
    let (code, changes) = save(&with_104);
    assert!(code == Some(0) && changes.contains("at once: 104 is added."), "{code:?} {changes}");
    let aide = phone("104", 1);
    aide.register();
    let answering = aide.waits("answer");
    desk.call("call", "104");
    answering.succeed(SOON);
    desk.call("call_emergency", "911");
    // What was printed before is not in force any more.
    let (code, sentence) = save(&first);
    assert!(code == Some(3) && sentence.contains("generation 2 was saved by box"), "{code:?} {sentence}");

    drop(running);
    let running = clinic.start();
    listening(clinic.port(2587));
    aide.register();
    let answering = aide.waits("answer");
    desk.call("call", "104");
    answering.succeed(SOON);

    // They leave: their phone is a stranger's, and the restart does not bring it back.
    let (code, second) = settings(&["show"]);
    assert!(code == Some(0) && second.starts_with("# Frontdesk settings, generation 2\n"), "{second}");
    let (code, changes) = save(&second.replacen(NEW, "[[trunks]]", 1));
    assert!(code == Some(0) && changes.contains("at once: 104 leaves"), "{code:?} {changes}");
    aide.run("register_refused", &[]);
    desk.call("call_emergency", "911");
    drop(running);
    let _running = clinic.start();
    listening(clinic.port(2587));
    aide.run("register_refused", &[]);
    assert!(said(told(&state, &["access", "phone", "104"])).1.contains("nobody 104"));
    // Whoever comes back begins anew.
    let without_mark = with_104.split_once('\n').expect("lines").1;
    assert_eq!(save(without_mark).0, Some(0));
    aide.run("register_refused", &[]);
    let again = phone("104", 2);
    again.register();
}

#[test]
fn a_carriers_password_that_is_given_while_it_runs_registers_the_line_and_stands_in_no_text() {
    let offset = free_offset();
    let port = |n: u16| 6100 + offset + n;
    let keys = [
        ("PASSWORD", PASSWORD.to_owned()),
        ("CALLED_PORT", port(0).to_string()),
        ("CALLER_PORT", port(20).to_string()),
    ];
    let _kamailio = Kamailio::start("carrier", port(390), &keys);
    let trunks = format!(
        "[[trunks]]\nname = \"main\"\naddress = \"127.0.0.1:{}\"\ndomain = \"carrier.test\"\nuser = \"{USER}\"\npassword = \"wrong\"\n\
         register = true\n",
        port(390)
    );
    let demo = Demo::start_with_trunks(&trunks, offset);
    let line = || demo.api("/api/v1/status")["trunks"][0]["line"].as_str().expect("a word").to_owned();
    let is_line = |word: &str| wait_for(&format!("the line is {word}"), SOON, || (line() == word).then_some(()));
    is_line("wrong_password");
    let state = demo.state.display().to_string();
    let (_, text) = said(told(&state, &["settings", "show"]));
    assert!(!text.contains("wrong") && !text.contains("password"), "{text}");
    let file = demo.state.join("new.toml").display().to_string();
    let user = format!("user = \"{USER}\"\n");
    fs::write(&file, text.replace(&user, &format!("{user}password = \"{PASSWORD}\"\n"))).expect("written");
    let (code, changes) = said(told(&state, &["settings", "save", &file]));
    assert!(code == Some(0) && changes.contains("at once: Trunk main gets the password"), "{code:?} {changes}");
    is_line("registered");
    let (_, text) = said(told(&state, &["settings", "show"]));
    assert!(text.starts_with("# Frontdesk settings, generation 2\n") && !text.contains(PASSWORD), "{text}");
    // And it stays so when the trunk is as it was but for its room.
    fs::write(&file, text.replace(&user, &format!("{user}channels = 4\n"))).expect("written");
    assert_eq!(said(told(&state, &["settings", "save", &file])).0, Some(0));
    is_line("registered");
}

/// Nobody would answer them, not even when they call for help.
#[test]
fn settings_that_would_shut_out_a_registered_phone_name_it_and_are_saved_only_if_that_is_said() {
    let demo = Demo::start();
    let state = demo.state.display().to_string();
    let file = demo.state.join("new.toml").display().to_string();
    let settings = |words: &[&str]| said(told(&state, &[&["settings"], words].concat()));
    let networks = "networks = [\"127.0.0.0/8\", \"::1\"]";
    let (_, text) = settings(&["show"]);
    assert!(text.contains(networks), "{text}");
    let narrow = text.replacen(networks, "networks = [\"10.77.0.0/16\"]", 1);
    fs::write(&file, &narrow).expect("written");
    let named = "not even when they call for help: 101 (127.0.0.1)\n";

    // Nobody is registered, so nobody is named.
    let (code, changes) = settings(&["check", &file]);
    assert!(code == Some(0) && !changes.contains("registered"), "{code:?} {changes}");
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    wait_for("the phone is there", SOON, || (demo.registered("101") > 0).then_some(()));
    let (code, changes) = settings(&["check", &file]);
    assert!(code == Some(0) && changes.contains(named), "{code:?} {changes}");
    let (code, sentence) = settings(&["save", &file]);
    assert!(code == Some(5) && sentence.contains(named) && sentence.contains("--all-the-same"), "{code:?} {sentence}");
    assert_eq!(settings(&["show"]).1, text, "nothing was changed");
    desk.call("call_emergency", "911");

    let (code, changes) = settings(&["save", &file, "--all-the-same"]);
    assert!(code == Some(0) && changes.contains("at once"), "{code:?} {changes}");
    assert!(settings(&["show"]).1.contains("10.77.0.0/16"));
}
