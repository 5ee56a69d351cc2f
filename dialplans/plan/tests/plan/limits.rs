//! Limits of outside calls, and closing times: what is refused, in which words, and that help and faxes are not.

use std::fmt::Write;

use expect_test::expect;
use plan::{Money, Plan, Usage};

use crate::{routes, routes_when};

const LIMITED: &str = r#"
[outside]
national = "main"
international = "main"
[limits]
at_once_each = 2
at_once = 8
per_hour_each = 30
per_day_each = 100
minutes_abroad = 60
[closed]
open = "08:00-18:00"
days = ["monday", "friday"]
off = ["international"]
"#;

const NATIONAL: &str = "101 202-555-0101";
const ABROAD: &str = "101 +44 20 7946 0018";
/// What no limit and no closing time concerns.
const FREE: &str = "101 911\n101 102\nfax 202-555-0101";
const NONE: Usage =
    Usage { at_once_each: 0, at_once: 0, per_hour_each: 0, per_day_each: 0, minutes_abroad: 0, spent: Money(0) };

fn limited() -> Plan {
    Plan::parse(LIMITED).expect("good")
}

#[test]
fn with_nothing_used_the_limits_change_nothing() {
    routes(
        &limited(),
        &format!("{NATIONAL}\n{ABROAD}\n{FREE}"),
        &expect![[r#"
        101 202-555-0101 -> trunk main +12025550101
            It is a national number: the plan sends these over the trunk main.
        101 +44 20 7946 0018 -> trunk main +442079460018
            It is a number abroad: the plan sends these over the trunk main.
        101 911 -> EMERGENCY 911 by main,backup alert 101,102,103
            911 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        101 102 -> ring 102 25s
            102 is the extension of a person: 102 rings for 25 seconds.
        fax 202-555-0101 -> trunk main +12025550101
            It is a national number: the plan sends these over the trunk main.
    "#]],
    );
}

/// One below each limit nothing is different; at it, all that it concerns is refused in words, and what no limit concerns never is.
#[test]
fn each_limit_is_said_in_words_and_never_stands_before_help() {
    let plan = limited();
    let at = [
        ("at_once_each", Usage { at_once_each: 2, ..NONE }, Usage { at_once_each: 1, ..NONE }),
        ("at_once", Usage { at_once: 8, ..NONE }, Usage { at_once: 7, ..NONE }),
        ("per_hour_each", Usage { per_hour_each: 30, ..NONE }, Usage { per_hour_each: 29, ..NONE }),
        ("per_day_each", Usage { per_day_each: 100, ..NONE }, Usage { per_day_each: 99, ..NONE }),
        ("minutes_abroad", Usage { minutes_abroad: 60, ..NONE }, Usage { minutes_abroad: 59, ..NONE }),
    ];
    let mut said = String::new();
    for (limit, reached, below) in at {
        let _ = writeln!(said, "# {limit}");
        for line in [NATIONAL, ABROAD, FREE] {
            let (free, limited) = (routes_when(&plan, line, NONE, 0), routes_when(&plan, line, reached, 0));
            assert_eq!(routes_when(&plan, line, below, 0), free, "one below {limit}");
            if limited != free {
                said += &limited;
            }
        }
    }
    expect![[r#"
        # at_once_each
        101 202-555-0101 -> refuse 403
            The plan's limit of 2 for outside calls of one person at a time is reached.
            staff: Extension 101 has as many outside calls at a time as the plan allows; another was refused.
        101 +44 20 7946 0018 -> refuse 403
            The plan's limit of 2 for outside calls of one person at a time is reached.
            staff: Extension 101 has as many outside calls at a time as the plan allows; another was refused.
        # at_once
        101 202-555-0101 -> refuse 403
            The plan's limit of 8 for outside calls of everybody at a time is reached.
            staff: Everybody together has as many outside calls as the plan allows; more are refused.
        101 +44 20 7946 0018 -> refuse 403
            The plan's limit of 8 for outside calls of everybody at a time is reached.
            staff: Everybody together has as many outside calls as the plan allows; more are refused.
        # per_hour_each
        101 202-555-0101 -> refuse 403
            The plan's limit of 30 for outside calls of one person within an hour is reached.
            staff: Extension 101 has made as many outside calls within an hour as the plan allows; more are refused.
        101 +44 20 7946 0018 -> refuse 403
            The plan's limit of 30 for outside calls of one person within an hour is reached.
            staff: Extension 101 has made as many outside calls within an hour as the plan allows; more are refused.
        # per_day_each
        101 202-555-0101 -> refuse 403
            The plan's limit of 100 for outside calls of one person within a day is reached.
            staff: Extension 101 has made as many outside calls within a day as the plan allows; more are refused.
        101 +44 20 7946 0018 -> refuse 403
            The plan's limit of 100 for outside calls of one person within a day is reached.
            staff: Extension 101 has made as many outside calls within a day as the plan allows; more are refused.
        # minutes_abroad
        101 +44 20 7946 0018 -> refuse 403
            The plan's limit of 60 for minutes with numbers abroad within a day is reached.
            staff: As many minutes with numbers abroad were used within a day as the plan allows; more calls abroad are refused.
    "#]].assert_eq(&said);
}

#[test]
fn when_the_clinic_is_closed_some_calls_are_off() {
    let plan = limited();
    let closed = routes_when(&plan, ABROAD, NONE, 9);
    expect![[r#"
        101 +44 20 7946 0018 -> refuse 403
            It is a number abroad, and the plan allows numbers abroad only in opening hours.
    "#]]
    .assert_eq(&closed);
    // Friday 17:00, 18:00 and Monday 07:00, 08:00; on Saturday it is closed all day.
    for (hours, open) in [(8, true), (9, false), (24, false), (70, false), (71, true)] {
        let expected = if open { routes_when(&plan, ABROAD, NONE, 0) } else { closed.clone() };
        assert_eq!(routes_when(&plan, ABROAD, NONE, hours), expected, "{hours}");
        for line in [NATIONAL, FREE] {
            assert_eq!(routes_when(&plan, line, NONE, hours), routes_when(&plan, line, NONE, 0), "{hours}");
        }
    }
}

/// What a call costs is what the first rate says that fits; a call that costs nothing goes on for nothing.
#[test]
fn what_calls_may_cost_within_a_day() {
    let plan = Plan::parse(
        r#"
[outside]
national = "main"
international = "main"
[limits]
spent_per_day = 12.5
[[rates]]
numbers = ["+4420"]
per_minute = 0.0125
[[rates]]
kinds = ["international"]
per_minute = 1
"#,
    )
    .expect("a good plan");
    let class = plan::Class::International;
    let rate =
        |number: &str| plan.rate(&crate::settings().numbering.parse(number).expect("a number"), class).to_string();
    assert_eq!((rate("+442079460018"), rate("+493023125000")), ("0.0125".to_owned(), "1.00".to_owned()));
    let calls = "101 +442079460018\n101 202-555-0101\n101 911\nfax +442079460018";
    expect![[r#"
        101 +442079460018 -> refuse 403
            The plan's limit of 12.50 for what calls cost within a day is reached.
            staff: Calls have cost as much within a day as the plan allows; more calls that cost are refused.
        101 202-555-0101 -> trunk main +12025550101
            It is a national number: the plan sends these over the trunk main.
        101 911 -> EMERGENCY 911 by main,backup alert 101,102,103
            911 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        fax +442079460018 -> trunk main +442079460018
            It is a number abroad: the plan sends these over the trunk main.
    "#]]
    .assert_eq(&routes_when(&plan, calls, Usage { spent: Money(125_000), ..NONE }, 0));
    expect![[r#"
        101 +442079460018 -> trunk main +442079460018
            It is a number abroad: the plan sends these over the trunk main.
    "#]]
    .assert_eq(&routes_when(&plan, "101 +442079460018", Usage { spent: Money(124_999), ..NONE }, 0));
}

#[test]
fn money_that_cannot_be_read_is_said_with_its_line() {
    let text = "[limits]\nspent_per_day = \"20\"\n[[rates]]\nper_minute = 0.00001\n[[rates]]\nkinds = [\"national\"]\n";
    let problems = Plan::parse(text).expect_err("much is wrong");
    let mut said = String::new();
    for problem in problems.iter().chain(&Plan::parse("[limits]\nspent_per_day = 20\n").expect_err("no rates")) {
        let _ = writeln!(said, "{}: {} ({})", problem.at, problem.what, problem.help);
    }
    expect![[r#"
        line 2: this is a text, which cannot stand here (write a number, as in 0.05)
        line 4: this is no amount of money (write it as in 25 or 0.05, with four digits after the point at most, up to 400000.00)
        line 5: this rate has no price (write per_minute = 0.05)
        line 1: nothing costs anything in this plan (write what a minute costs, as in [[rates]] with kinds = ["international"] and per_minute = 0.25)
    "#]].assert_eq(&said);
}
