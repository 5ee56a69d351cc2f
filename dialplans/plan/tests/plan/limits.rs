//! Limits of outside calls, and closing times: what is refused, in which words, and that help and faxes are not.

use std::fmt::Write;

use expect_test::expect;
use plan::{Plan, Usage};

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
const NONE: Usage = Usage { at_once_each: 0, at_once: 0, per_hour_each: 0, per_day_each: 0, minutes_abroad: 0 };

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
