//! Hours, days that differ, holidays and the night switch.

use expect_test::expect;
use model::switches::{ClinicSwitches, HoursSwitch};
use plan::{Night, Plan, Sense};

use crate::{at, calls_at, settings};

const HOURS: &str = r#"
[[inbound]]
number = "main"
to = "schedule front"
[hours.office]
weekdays = "08:00-12:00, 13:00-17:00"
friday = "08:00-14:00"
[hours.office.except]
"2026-12-24" = "08:00-12:00"
"2026-12-28" = "closed"
[holidays]
country = "US"
[holidays.days]
"12-24" = "Christmas Eve"
"4th thursday of november +1" = "the day after Thanksgiving"
[schedules.front]
hours = "office"
open = "101"
closed = "102"
holiday = "103"
"#;

fn hours() -> Plan {
    Plan::parse(HOURS).expect("good")
}

#[test]
fn each_day_has_its_hours_and_some_have_their_own() {
    let said = calls_at(
        &hours(),
        None,
        "
        2026-12-21 07:59
        2026-12-21 08:00
        2026-12-21 12:00
        2026-12-21 16:59
        2026-12-18 14:00
        2026-12-20 10:00
        2026-12-24 11:59
        2026-12-24 17:30
        2026-12-25 10:00
        2026-12-28 10:00
        2026-11-26 10:00
        2026-11-27 10:00
        ",
    );
    expect![[r#"
        2026-12-21 07:59 -> ring 102 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Monday 21 December 2026, 07:59, and the hours office are closed.
            102 is the extension of a person: 102 rings for 25 seconds.
        2026-12-21 08:00 -> ring 101 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Monday 21 December 2026, 08:00, and the hours office are open.
            101 is the extension of a person: 101 rings for 25 seconds.
        2026-12-21 12:00 -> ring 102 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Monday 21 December 2026, 12:00, and the hours office are closed.
            102 is the extension of a person: 102 rings for 25 seconds.
        2026-12-21 16:59 -> ring 101 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Monday 21 December 2026, 16:59, and the hours office are open.
            101 is the extension of a person: 101 rings for 25 seconds.
        2026-12-18 14:00 -> ring 102 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Friday 18 December 2026, 14:00, and the hours office are closed.
            102 is the extension of a person: 102 rings for 25 seconds.
        2026-12-20 10:00 -> ring 102 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Sunday 20 December 2026, 10:00, and the hours office are closed.
            102 is the extension of a person: 102 rings for 25 seconds.
        2026-12-24 11:59 -> ring 101 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Thursday 24 December 2026, 11:59, and the hours office are open.
            101 is the extension of a person: 101 rings for 25 seconds.
        2026-12-24 17:30 -> ring 102 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Thursday 24 December 2026, 17:30, and the hours office are closed.
            102 is the extension of a person: 102 rings for 25 seconds.
        2026-12-25 10:00 -> ring 103 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Friday 25 December 2026, 10:00, Christmas Day: the hours office are closed.
            103 is the extension of a person: 103 rings for 25 seconds.
        2026-12-28 10:00 -> ring 102 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Monday 28 December 2026, 10:00, and the hours office are closed.
            102 is the extension of a person: 102 rings for 25 seconds.
        2026-11-26 10:00 -> ring 103 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Thursday 26 November 2026, 10:00, Thanksgiving: the hours office are closed.
            103 is the extension of a person: 103 rings for 25 seconds.
        2026-11-27 10:00 -> ring 103 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Friday 27 November 2026, 10:00, the day after Thanksgiving: the hours office are closed.
            103 is the extension of a person: 103 rings for 25 seconds.
    "#]].assert_eq(&said);
}

#[test]
fn an_hour_that_the_clocks_leave_out_or_have_twice_makes_no_gap() {
    let plan = Plan::parse(&HOURS.replace("weekdays", "sunday = \"00:30-04:00\"\nweekdays")).expect("good");
    // 2027-03-14 02:30 does not exist in New York, and 2026-11-01 01:30 comes twice.
    let said = calls_at(&plan, None, "2027-03-14 01:59\n2027-03-14 03:00\n2027-03-14 04:00\n2026-11-01 01:30");
    let targets: Vec<&str> = said.lines().filter(|l| l.contains("->")).filter_map(|l| l.split("-> ").nth(1)).collect();
    assert_eq!(targets, ["ring 101 25s", "ring 101 25s", "ring 102 25s", "ring 101 25s"]);
}

#[test]
fn the_night_switch_goes_before_the_hours_until_it_is_over() {
    let until = Some(at("2026-12-21 14:00"));
    let closed = Some(Night { sense: Sense::Closed, until });
    let open = Some(Night { sense: Sense::Open, until: None });
    let said = calls_at(&hours(), closed, "2026-12-21 13:59\n2026-12-21 14:00")
        + &calls_at(&hours(), open, "2026-12-25 10:00");
    expect![[r#"
        2026-12-21 13:59 -> ring 102 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: the night switch says closed until Monday 21 December 2026, 14:00.
            102 is the extension of a person: 102 rings for 25 seconds.
        2026-12-21 14:00 -> ring 101 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Monday 21 December 2026, 14:00, and the hours office are open.
            101 is the extension of a person: 101 rings for 25 seconds.
        2026-12-25 10:00 -> ring 101 25s
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: the night switch says open.
            101 is the extension of a person: 101 rings for 25 seconds.
    "#]]
    .assert_eq(&said);
    let stubborn = Plan::parse(&format!("{HOURS}night_switch = false\n")).expect("good");
    assert_eq!(calls_at(&stubborn, closed, "2026-12-21 13:30"), calls_at(&stubborn, None, "2026-12-21 13:30"));
}

#[test]
fn the_next_opening_is_found_across_holidays() {
    let plan = hours();
    let settings = settings();
    let mut said = String::new();
    for moment in ["2026-12-21 09:00", "2026-12-21 12:30", "2026-12-24 12:30", "2026-11-25 17:00"] {
        for opening in plan.openings(&settings, at(moment), None) {
            let next = opening.next.map(|next| next.in_zone(&settings.zone()).strftime("%Y-%m-%d %H:%M").to_string());
            said += &format!("{moment} {} open {} next {next:?}\n", opening.name, opening.open);
        }
    }
    expect![[r#"
        2026-12-21 09:00 office open true next None
        2026-12-21 12:30 office open false next Some("2026-12-21 13:00")
        2026-12-24 12:30 office open false next Some("2026-12-29 08:00")
        2026-11-25 17:00 office open false next Some("2026-11-30 08:00")
    "#]]
    .assert_eq(&said);
}

#[test]
fn what_is_said_for_a_while_goes_before_the_switch_of_the_night() {
    let (noon, two) = (at("2026-12-21 12:00"), at("2026-12-21 14:00"));
    let mut clinic = ClinicSwitches::default();
    assert_eq!(Night::of(&clinic, noon), None);
    clinic.hours = Some(HoursSwitch { open: true, until: Some(two) });
    clinic.night = true;
    assert_eq!(Night::of(&clinic, noon).map(|n| n.sense), Some(Sense::Open));
    assert_eq!(Night::of(&clinic, two).map(|n| n.sense), Some(Sense::Closed));
    clinic.night = false;
    assert_eq!(Night::of(&clinic, two), None);
}
