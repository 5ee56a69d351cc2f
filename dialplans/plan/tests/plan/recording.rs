//! Which calls are recorded, and why.

use expect_test::{Expect, expect};
use plan::{Between, Facts, Plan, Talk};

use crate::{at, caller, settings};

const ALWAYS: &str = r#"
[[inbound]]
number = "+12025550124"
ring = ["102"]
[outside]
national = "main"
[recording]
start = "always"
people = ["101", "102"]
numbers = ["main"]
"#;

fn problems(text: &str, expected: &Expect) {
    let list = match Plan::parse(text) {
        Ok(plan) => plan.check(&settings()).into_iter().chain(plan.check_prompts(|n| n == "welcome")).collect(),
        Err(problems) => problems,
    };
    expected.assert_eq(&list.iter().map(|p| format!("{p}\n")).collect::<String>());
}

fn is_recorded(text: &str, between: Between, called: &str, extensions: &[&str], help: bool) -> bool {
    let (plan, settings) = (Plan::parse(text).expect("good"), settings());
    let called = settings.numbering.parse(called).expect("a number");
    let extensions: Vec<String> = extensions.iter().map(|e| (*e).to_owned()).collect();
    let talk = Talk { between, called: Some(&called), extensions: &extensions, help };
    plan.recording(&talk, &settings).is_some()
}

#[test]
fn without_a_word_nobody_is_recorded() {
    for between in [Between::In, Between::Out, Between::Inside] {
        assert!(!is_recorded("name = \"x\"", between, "+12025550123", &["101"], false));
    }
}

#[test]
fn who_is_recorded_follows_from_number_person_and_direction() {
    let main = "+12025550123";
    for (between, called, who, expected) in [
        (Between::In, main, "101", true),
        (Between::In, main, "103", false),
        (Between::In, "+12025550124", "102", false),
        (Between::Out, "+12025550188", "102", true),
        (Between::Inside, "102", "101", false),
    ] {
        assert_eq!(is_recorded(ALWAYS, between, called, &[who], false), expected, "{between:?} {called} {who}");
    }
}

#[test]
fn a_call_for_help_is_recorded_only_where_the_plan_says_so_and_nothing_is_announced() {
    assert!(!is_recorded(ALWAYS, Between::Out, "911", &["101"], true));
    let plan = Plan::parse(&format!("{ALWAYS}emergency = true\nbeep = true")).expect("good");
    let help = settings().numbering.parse("911").expect("a number");
    let own = ["103".to_owned()];
    let talk = Talk { between: Between::Out, called: Some(&help), extensions: &own, help: true };
    let recording = plan.recording(&talk, &settings()).expect("recorded");
    assert!(recording.always && !recording.announced && !recording.beep);
}

#[test]
fn what_cannot_be_is_said_with_its_line() {
    problems(
        r#"[recording]
start = "sometimes"
people = ["177"]
numbers = ["fax", "+12025550199", "555"]
calls = ["sideways"]
rooms = ["800", "810"]
announce = "hum"
silent = true
decline = "pound"
code = "1"
keep_days = 0
colour = "red"
[rooms.800]
"#,
        &expect![[r#"
            line 2: recording cannot begin so (write start = "always", or "on demand": from when somebody dials the code in the call)
            line 4: nobody talks at the fax number (name numbers that people answer)
            line 4: this plan answers no such number (name one that has an entry under [[inbound]], or "main")
            line 4: this is no number of the clinic (write "main", "fax", or a number as in "+12025550123")
            line 5: there are no such calls (they are: in, out, inside)
            line 6: this plan has no such room (name one that has an entry, as in [rooms.800], or ["all"])
            line 7: who is recorded is both told and not told (keep announce, or silent = true)
            line 9: this is no key (write one digit, as in decline = "9")
            line 10: this cannot be dialled in a call (write a star and one or two digits, as in code = "*1")
            line 11: this is a number, which cannot stand here (write a number of days from 1 to 3650)
            line 12: there is nothing called "colour" here (what may stand here: start, people, numbers, calls, rooms, emergency, silent, announce, beep, decline, code, keep_days)
        "#]],
    );
    problems(
        "[recording]\nstart = \"always\"\npeople = [\"177\"]\nannounce = [\"welcome\", \"hum\"]\n",
        &expect![[r#"
            line 3: nobody has the extension 177 (use an extension of the settings, or of this plan)
            line 4: there is no prompt "hum" (the console lists them, and `frontdesk plan prompts`; a recording of your own is one once it is there)
        "#]],
    );
    problems(
        "[recording]\n",
        &expect![[r#"
        line 1: this does not say when recording begins (write start = "always", or "on demand": from when somebody dials the code in the call)
    "#]],
    );
}

#[test]
fn a_plan_that_tells_nobody_gets_a_hint() {
    let plan = Plan::parse("[recording]\nstart = \"always\"\nsilent = true\n").expect("good");
    let said: String = plan.hints(|_| false).iter().map(|p| format!("{p}\n")).collect();
    expect![[r#"
        line 3: nobody is told that calls are recorded (in many places everybody who talks must know before: ask who knows the law where you are)
    "#]].assert_eq(&said);
}

#[test]
fn what_begins_by_a_code_is_said_with_the_code() {
    let (plan, settings) = (Plan::parse(&ALWAYS.replace("always", "on demand")).expect("good"), settings());
    let (caller, dialled) = (caller("101"), settings.numbering.parse("12025550188").expect("a number"));
    let way = plan.explain(&Facts::new(&caller, &dialled, &settings, at("2026-11-26 09:00")));
    let said =
        "The plan records calls of 101, 102 that go out, once somebody of ours has dialled *1 and both have been told.";
    assert_eq!(way.why.last().map(String::as_str), Some(said));
}

#[test]
fn a_room_is_recorded_where_the_plan_names_it() {
    let rooms = |rooms: &str| {
        let text = format!("[rooms.800]\n[rooms.801]\n[recording]\nstart = \"on demand\"\nrooms = {rooms}\n");
        let plan = Plan::parse(&text).expect("good");
        let recorded = ["800", "801"].map(|room| plan.room_recording(room).is_some());
        let (caller, settings) = (caller("101"), settings());
        let dialled = settings.numbering.parse("801").expect("a number");
        let way = plan.explain(&Facts::new(&caller, &dialled, &settings, at("2026-11-26 09:00")));
        (recorded, way.why.last().cloned().expect("a sentence"))
    };
    let not = "What is said in this room is not recorded.";
    assert_eq!(rooms("[]"), ([false, false], not.to_owned()));
    assert_eq!(rooms("[\"800\"]"), ([true, false], not.to_owned()));
    let said = "The plan records what is said in the room 801, once somebody of ours has dialled *1 and everybody in it has \
                been told.";
    assert_eq!(rooms("[\"all\"]"), ([true, true], said.to_owned()));
    assert!(Plan::parse("[rooms.800]").expect("good").room_recording("800").is_none());
}

#[test]
fn the_way_of_a_call_says_whether_it_is_recorded() {
    let (plan, settings) = (Plan::parse(ALWAYS).expect("good"), settings());
    let mut out = String::new();
    for (who, dialled) in
        [("trunk", "+12025550123"), ("trunk", "+12025550124"), ("101", "12025550188"), ("101", "102"), ("101", "911")]
    {
        let (caller, dialled) = (caller(who), settings.numbering.parse(dialled).expect("a number"));
        let way = plan.explain(&Facts::new(&caller, &dialled, &settings, at("2026-11-26 09:00")));
        out += &format!("{who} {}: {}\n", dialled.as_str(), way.why.last().expect("a sentence"));
    }
    expect![[r#"
        trunk +12025550123: The plan records calls of 101, 102 that come in, after both have been told.
        trunk +12025550124: Such a call is not recorded.
        101 +12025550188: The plan records calls of 101, 102 that go out, after both have been told.
        101 102: Such a call is not recorded.
        101 911: A call for help is never recorded.
    "#]]
    .assert_eq(&out);
}
