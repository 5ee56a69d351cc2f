//! What is wrong with a text, each with its line.

use expect_test::{Expect, expect};
use plan::Plan;

use crate::settings;

fn problems(text: &str, expected: &Expect) {
    let list = match Plan::parse(text) {
        Ok(plan) => plan.check(&settings()),
        Err(problems) => problems,
    };
    let out: String = list.iter().map(|p| format!("{p}\n")).collect();
    expected.assert_eq(&out);
}

#[test]
fn every_problem_of_a_text_comes_at_once_with_its_line() {
    problems(
        r#"name = 3
colour = "green"
[ringing]
seconds = 2
[extensions.911]
ring = ["101"]
[extensions.200]
ring = []
[extensions.301]
ring = ["302"]
[extensions.302]
ring = ["301", "101", "101"]
[[inbound]]
number = "main"
[[inbound]]
number = "main"
ring = ["101"]
[[inbound]]
number = "main"
fax_machine = true
[[inbound]]
number = "555"
ring = ["101"]
[outside]
national = ""
lunar = "main"
[services]
"43" = "echo"
"*44" = "disco"
[emergency]
numbers = ["help"]
"#,
        &expect![[r#"
            line 1: this is a number, which cannot stand here (write a text in quotes)
            line 2: there is nothing called "colour" here (what may stand here: name, ringing, extensions, inbound, outside, services, park, rooms, forwarding, emergency, limits, closed)
            line 4: this is a number, which cannot stand here (write a number of seconds from 5 to 180)
            line 5: 911 is an emergency number (give the extension another number: this one always reaches help)
            line 7: nobody rings here (write ring = ["101"], with at least one extension)
            line 9: 301 rings a group that rings 301 again (take one of the two out of the other's list)
            line 11: 302 rings a group that rings 302 again (take one of the two out of the other's list)
            line 12: "101" stands here twice (keep it once)
            line 13: this number must either ring phones or reach the fax machine (write ring = ["101"] or fax_machine = true, and not both)
            line 19: this number was said before (keep one entry for each number)
            line 22: this is no number of the clinic (write "main", "fax", or a number as in "+12025550123")
            line 25: this is no trunk (write the name of a trunk, or "off")
            line 26: there is nothing called "lunar" here (what may stand here: national, short, international, premium)
            line 28: this is no service code (a code is a star and digits, as in "*43")
            line 29: there is no service "disco" (the services are: echo, do-not-disturb, do-not-disturb-off, forward-always, forward-always-off, forward-busy, forward-busy-off, forward-no-answer, forward-no-answer-off, forward-unreachable, forward-unreachable-off, night, pickup, pickup-group, intercom, page, private, directory, refuse-anonymous, refuse-anonymous-off, block-last, and "off")
            line 31: this cannot be an emergency number (write its digits, as in "112"; 911 and 933 need not be written)
        "#]],
    );
}

#[test]
fn a_broken_text_is_reported_and_what_follows_is_still_read() {
    problems(
        "name = \"x\n[ringing]\nseconds = 2\n",
        &expect![[r#"
            line 1: invalid basic string, expected `"` (see the comments of the library plans for the form)
            line 3: this is a number, which cannot stand here (write a number of seconds from 5 to 180)
        "#]],
    );
}

#[test]
fn names_that_the_settings_do_not_know() {
    problems(
        r#"
[extensions.100]
ring = ["101", "177"]
[extensions.9000]
ring = ["101"]
[outside]
national = "carrier"
[emergency]
numbers = ["112", "102"]
trunks = ["main", "satellite"]
alert = ["144"]
"#,
        &expect![[r#"
            line 3: nobody has the extension 177 (use an extension of the settings, or of this plan)
            line 4: 9000 cannot be an extension here (use the form of the other extensions)
            line 7: there is no trunk "carrier" (the trunks are: main, backup)
            line 9: 102 is the extension of a person (give the person another extension: an emergency number must reach help)
            line 10: there is no trunk "satellite" (the trunks are: main, backup)
            line 11: nobody has the extension 144 (use an extension of the settings, or of this plan)
        "#]],
    );
}

#[test]
fn problems_of_limits_name_their_line() {
    let text = "[limits]\nat_once = 0\nper_hour_each = \"many\"\nper_week = 3\n[closed]\nopen = \"18:00-08:00\"\n";
    let more = "[closed]\nopen = \"08:00-25:00\"\n";
    let third = "[closed]\nopen = \"08:00-18:00\"\ndays = [\"today\"]\noff = [\"mars\"]\n[outside]\n";
    let mut said = String::new();
    for text in [text, more, third, "[closed]\n"] {
        for problem in Plan::parse(text).expect_err("bad") {
            said += &format!("{problem}\n");
        }
    }
    expect![[r#"
        line 2: this is a number, which cannot stand here (write a number from 1 to 10000)
        line 3: this is a text, which cannot stand here (write a number from 1 to 10000)
        line 4: there is nothing called "per_week" here (what may stand here: at_once_each, at_once, per_hour_each, per_day_each, minutes_abroad)
        line 6: these are no opening hours (write when the clinic is open, as in open = "07:30-18:00")
        line 2: these are no opening hours (write when the clinic is open, as in open = "07:30-18:00")
        line 3: this is no day (the days are: monday, tuesday, wednesday, thursday, friday, saturday, sunday)
        line 4: there is no such kind of call (the kinds are: national, short, international, premium)
        line 1: this entry has no opening hours (write when the clinic is open, as in open = "07:30-18:00")
    "#]].assert_eq(&said);
}

#[test]
fn codes_orbits_and_rooms() {
    problems(
        r#"
[services]
"*81" = "off"
"*12345" = "night"
[park]
orbits = "700-799"
seconds = 5
[rooms.800]
pin = "12"
[rooms.911]
[rooms.100]
lock = true
[extensions.100]
ring = ["101"]
"#,
        &expect![[r#"
            line 4: this is no service code (a code is a star and digits, as in "*43")
            line 6: these are no orbits (write the first and the last, as in "700-709"; at most 50)
            line 7: this is a number, which cannot stand here (write a number of seconds from 10 to 600)
            line 9: this is no PIN (write 4 to 10 digits in quotes, or no pin at all)
            line 10: this cannot be the number of a room (give the room a number that nobody has, as in [rooms.800])
            line 11: this cannot be the number of a room (give the room a number that nobody has, as in [rooms.800])
            line 12: there is nothing called "lock" here (what may stand here: pin)
        "#]],
    );
}
