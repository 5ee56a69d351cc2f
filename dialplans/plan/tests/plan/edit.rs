//! A plan that is changed by form: the answer is another, and no line that was not meant is.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use jiff::civil::{Date, date};
use plan::edit::{
    Change, Editor, Group, GroupOf, MenuKeys, NewDay, Opened, Place, Refusal, Said, Saying, Schedule, Span, Week,
};
use plan::{Destination, Plan, library, library_names};

use super::{calls_at, settings};

/// A plan that says nothing but what it must.
pub(super) const BARE: &str = "[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n";

pub(super) fn open(text: &str) -> Editor {
    Editor::open(text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

/// The text with a change, and the lines that went and came. No note on a line of its own does.
pub(super) fn changed(text: &str, changes: &[Change]) -> (String, String) {
    let new = open(text).with(changes).expect("it can be changed");
    let notes = |text: &str| text.lines().filter(|l| l.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(notes(text), notes(&new), "{new}");
    let lines = difference(&text.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
    (new, lines)
}

/// By the longest lines that both have in common; blank ones are left out.
fn difference(old: &[&str], new: &[&str]) -> String {
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (o, n) in (0..old.len()).rev().flat_map(|o| (0..new.len()).rev().map(move |n| (o, n))) {
        common[o][n] = if old[o] == new[n] { common[o + 1][n + 1] + 1 } else { common[o + 1][n].max(common[o][n + 1]) };
    }
    let (mut o, mut n, mut gone, mut came) = (0, 0, String::new(), String::new());
    while o < old.len() || n < new.len() {
        let is_gone = n == new.len() || (o < old.len() && common[o + 1][n] >= common[o][n + 1]);
        let (sign, line) = match (old.get(o), new.get(n)) {
            (Some(same), Some(other)) if same == other => {
                (o, n) = (o + 1, n + 1);
                continue;
            }
            (Some(line), _) if is_gone => {
                o += 1;
                ('-', line)
            }
            (_, Some(line)) => {
                n += 1;
                ('+', line)
            }
            _ => break,
        };
        if !line.trim().is_empty() {
            let lines = if sign == '-' { &mut gone } else { &mut came };
            lines.push_str(&format!("{sign} {line}\n"));
        }
    }
    gone + &came
}

pub(super) fn good(text: &str) -> Plan {
    let plan = Plan::parse(text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    assert_eq!(plan.check(&settings()), [], "{text}");
    plan
}

fn span(from: u16, until: u16) -> Span {
    Span { from: from * 60, until: until * 60 }
}

pub(super) fn text_of(name: &str) -> &'static str {
    library(name).expect("it is there")
}

fn week(editor: &Editor, name: &str) -> Week {
    editor.weeks().into_iter().find(|week| week.name == name).expect("such hours")
}

#[test]
fn the_hours_of_a_day_change_in_every_library_plan_and_no_other_line_does() {
    for name in library_names() {
        let text = text_of(name);
        for mut week in open(text).weeks() {
            // A Sunday in August, on which nobody of the library is open.
            assert!(week.days[6].is_empty(), "{name}");
            week.days[6] = vec![span(10, 12), span(13, 24)];
            let hours = week.name.clone();
            let (new, lines) = changed(text, &[Change::Week(week)]);
            assert_eq!(lines, "+ sunday = \"10:00-12:00, 13:00-24:00\"\n", "{name} {hours}");
            let plan = good(&new);
            let moments = [("2027-08-01T11:00", true), ("2027-08-01T12:30", false), ("2027-08-01T23:59", true)];
            for (moment, is_open) in moments {
                let at = super::at(&moment.replace('T', " "));
                let opening = plan.openings(&settings(), at, None).into_iter().find(|o| o.name == hours);
                assert_eq!(opening.expect("these hours").open, is_open, "{name} {hours} {moment}");
            }
        }
    }
}

#[test]
fn a_week_is_written_where_the_plan_says_it_and_as_shortly() {
    let check = |name: &str, hours: &str, change: &dyn Fn(&mut Week), expected: Expect| {
        let mut week = week(&open(text_of(name)), hours);
        change(&mut week);
        let (new, lines) = changed(text_of(name), &[Change::Week(week.clone())]);
        expected.assert_eq(&lines);
        good(&new);
        assert_eq!(self::week(&open(&new), hours), week);
        assert_eq!(open(&new).with(&[Change::Week(week)]).as_ref(), Ok(&new), "said once more it changes nothing");
    };
    // All who have no line of their own.
    check(
        "group-practice",
        "office",
        &|week| (0..4).for_each(|n| week.days[n] = vec![span(9, 17)]),
        expect![[r#"
            - weekdays = "08:00-12:00, 13:00-17:00"
            + weekdays = "09:00-17:00"
        "#]],
    );
    // One of them.
    check(
        "group-practice",
        "office",
        &|week| week.days[2].clear(),
        expect![[r#"
            + wednesday = "closed"
        "#]],
    );
    check(
        "group-practice",
        "office",
        &|week| {
            week.days[4] = vec![span(8, 12)];
            week.holidays = false;
        },
        expect![[r#"
            - friday = "08:00-14:00"
            + friday = "08:00-12:00"
            + holidays = false
        "#]],
    );
    check("group-practice", "office", &|_| {}, expect![[""]]);
}

#[test]
fn holidays_are_added_and_taken_away_and_callers_find_the_clinic_so() {
    let text = text_of("group-practice");
    let day = NewDay { date: date(2027, 3, 9), name: "Team day".to_owned(), open: Vec::new(), yearly: false, of: None };
    let (new, lines) = changed(text, &[Change::Add(day.clone())]);
    expect![[r#"
        + "2027-03-09" = "Team day"
    "#]]
    .assert_eq(&lines);
    expect![[r#"
        2027-03-09 10:00 -> announcement holiday
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Tuesday 9 March 2027, 10:00, Team day: the hours office are closed.
            The caller hears the announcement holiday.
    "#]]
    .assert_eq(&calls_at(&good(&new), None, "2027-03-09 10:00"));
    let short = NewDay { open: vec![span(8, 11)], ..day.clone() };
    let (short, lines) = changed(&new, &[Change::Add(short)]);
    expect![[r#"
        + "2027-03-09" = "08:00-11:00"  # Team day
    "#]]
    .assert_eq(&lines);
    good(&short);
    // Closed after all: the hours of that day went before.
    let (closed, lines) = changed(&short, &[Change::Add(day.clone())]);
    expect![[r#"
        - "2027-03-09" = "08:00-11:00"  # Team day
        + "2027-03-09" = "closed"  # Team day
    "#]]
    .assert_eq(&lines);
    let except = Place::Except("office".to_owned(), "2027-03-09".to_owned());
    let holiday = Place::Holiday("2027-03-09".to_owned());
    let (back, _) = changed(&closed, &[Change::Remove(except), Change::Remove(holiday)]);
    assert_eq!(back, text);
    let yearly = NewDay { date: date(2026, 12, 31), name: "Inventory".to_owned(), yearly: true, ..day };
    let (_, lines) = changed(text, &[Change::Add(yearly)]);
    expect![[r#"
        - "2026-12-31" = "08:00-12:00"
        + "2026-12-31" = "closed"  # Inventory
        + "12-31" = "Inventory"
    "#]]
    .assert_eq(&lines);
}

/// In every library plan that has hours.
#[test]
fn a_day_is_added_to_all_hours_or_to_some() {
    for name in library_names() {
        let editor = open(text_of(name));
        let day = |of: Option<&str>, open: Vec<Span>| NewDay {
            date: date(2027, 4, 7),
            name: "Works \"in\" the # house".to_owned(),
            open,
            yearly: false,
            of: of.map(str::to_owned),
        };
        if editor.weeks().is_empty() {
            assert_eq!(editor.with(&[Change::Add(day(None, Vec::new()))]), Err(Refusal::Gone));
            continue;
        }
        for week in editor.weeks() {
            let (new, lines) = changed(text_of(name), &[Change::Add(day(Some(&week.name), vec![span(9, 10)]))]);
            assert!(lines.ends_with("+ \"2027-04-07\" = \"09:00-10:00\"  # Works \"in\" the # house\n"), "{lines}");
            let plan = good(&new);
            for other in editor.weeks() {
                let openings = plan.openings(&settings(), super::at("2027-04-07 08:30"), None);
                let is_open = openings.iter().any(|o| o.name == other.name && o.open);
                let usual = other.days[2].iter().any(|s| (s.from..s.until).contains(&510));
                assert_eq!(is_open, usual && other.name != week.name, "{name} {}", other.name);
            }
            let days = open(&new).days(date(2027, 4, 1), date(2027, 4, 30));
            let own = days.iter().find(|d| d.date == date(2027, 4, 7)).expect("it is listed");
            assert_eq!(own.name, "Works \"in\" the # house");
        }
        let (new, _) = changed(text_of(name), &[Change::Add(day(None, Vec::new()))]);
        let plan = good(&new);
        assert!(plan.openings(&settings(), super::at("2027-04-07 10:30"), None).iter().all(|o| !o.open), "{name}");
    }
}

fn listed(editor: &Editor, from: Date, until: Date) -> String {
    let line =
        |d: plan::edit::Day| format!("{} {} {} {:?}\n", d.date, d.name, plan::edit::hours_said(&d.open), d.place);
    editor.days(from, until).into_iter().map(line).collect()
}

#[test]
fn days_that_are_not_as_others_are_listed_in_their_order_past_ones_of_the_text_too() {
    let text = text_of("group-practice").replace("\"12-24\"", "\"2025-05-02\" = \"Moving\"\n\"12-24\"");
    expect![[r#"
        2025-05-02 Moving closed Holiday("2025-05-02")
        2026-11-26 Thanksgiving closed Country
        2026-11-27 the day after Thanksgiving closed Holiday("4th thursday of november +1")
        2026-12-24 Christmas Eve closed Holiday("12-24")
        2026-12-25 Christmas Day closed Country
        2026-12-31  08:00-12:00 Except("office", "2026-12-31")
    "#]]
    .assert_eq(&listed(&open(&text), date(2026, 11, 20), date(2026, 12, 31)));
}

#[test]
fn the_public_holidays_are_those_of_another_country_or_of_none() {
    for name in library_names().filter(|name| !open(text_of(name)).weeks().is_empty()) {
        let (new, lines) = changed(text_of(name), &[Change::Country(Some("GB".to_owned()))]);
        assert_eq!(lines, "- country = \"US\"\n+ country = \"GB\"\n", "{name}");
        good(&new);
        let (none, lines) = changed(text_of(name), &[Change::Country(None)]);
        assert_eq!(lines, "- country = \"US\"\n", "{name}");
        good(&none);
        let (again, _) = changed(&none, &[Change::Country(Some("US".to_owned()))]);
        assert_eq!(again, text_of(name));
    }
}

/// What nothing leads to any more stays in the text, and may be led to again.
#[test]
fn calls_go_elsewhere_when_the_clinic_is_closed_and_what_they_met_before_stays() {
    for name in library_names() {
        for mut schedule in open(text_of(name)).schedules() {
            let before = schedule.clone();
            schedule.closed = Destination::Extension("102".to_owned());
            schedule.holiday = None;
            let (new, _) = changed(text_of(name), &[Change::Schedule(schedule)]);
            let plan = good(&new);
            let night = calls_at(&plan, None, "2027-08-01 03:00");
            assert!(before.name == "hill" || night.contains("-> ring 102"), "{name}: {night}");
            let (back, _) = changed(&new, &[Change::Schedule(before)]);
            good(&back);
        }
    }
    let (_, lines) = changed(
        text_of("group-practice"),
        &[Change::Schedule(Schedule {
            name: "front".to_owned(),
            hours: "office".to_owned(),
            open: Destination::Queue("appointments".to_owned()),
            closed: Destination::Announcement("closed".to_owned()),
            holiday: None,
            night_switch: true,
        })],
    );
    expect![[r#"
        - open = "menu main"
        - holiday = "announcement holiday"
        + open = "queue appointments"
    "#]]
    .assert_eq(&lines);
}

#[test]
fn a_step_that_nothing_leads_to_any_more_is_named() {
    let text = text_of("group-practice").replace("holiday = \"announcement holiday\"\n", "");
    let editor = open(&text);
    assert_eq!(editor.unreached(), ["announcement holiday"]);
    let hints: Vec<_> = editor.plan().hints(|_| true).into_iter().map(|hint| hint.what).collect();
    assert_eq!(hints, ["no call ever reaches \"announcement holiday\""]);
}

#[test]
fn who_rings_changes_in_every_library_plan() {
    for name in library_names() {
        for mut group in open(text_of(name)).groups() {
            group.ring = vec!["103".to_owned(), "101".to_owned()];
            group.order = "one by one".to_owned();
            group.seconds = 17;
            group.nobody = Some(Destination::HangUp);
            group.busy = Some(Destination::Busy);
            group.unreachable = Some(Destination::Extension("102".to_owned()));
            let (new, lines) = changed(text_of(name), &[Change::Group(group.clone())]);
            assert_eq!(lines.matches("+ ").count(), 6, "{name}: {lines}");
            good(&new);
            assert_eq!(open(&new).groups().into_iter().find(|g| g.of == group.of), Some(group));
        }
    }
    let (of, ring) = (GroupOf::Extension("100".to_owned()), vec!["102".to_owned()]);
    let order = "together".to_owned();
    let group = Group { of, ring, order, seconds: 30, nobody: None, busy: None, unreachable: None, screen: None };
    let (new, lines) = changed(text_of("solo-practice"), &[Change::Group(group)]);
    expect![[r#"
        - ring = ["101", "102"]
        + ring = ["102"]
    "#]]
    .assert_eq(&lines);
    assert!(calls_at(&good(&new), None, "2027-08-01 03:00").contains("-> ring 102 30s"));
}

#[test]
fn a_key_of_a_menu_is_added_changed_and_taken_away() {
    let text = text_of("group-practice");
    let mut menu = open(text).menus().remove(0);
    menu.keys.insert('#', "again".to_owned());
    menu.keys.insert('0', "101".to_owned());
    menu.keys.insert('2', "queue appointments".to_owned());
    menu.keys.remove(&'3');
    menu.keys.remove(&'9');
    let (new, lines) = changed(text, &[Change::Menu(menu.clone())]);
    expect![[r##"
        - keys = { 1 = "queue appointments", 2 = "102", 3 = "103", 9 = "language es" }
        + keys = { 1 = "queue appointments", 2 = "queue appointments", "#" = "again", 0 = "101" }
    "##]]
    .assert_eq(&lines);
    good(&new);
    assert_eq!(open(&new).menus().remove(0), menu);
    menu.keys.remove(&'#');
    menu.nobody = Destination::HangUp;
    let (new, lines) = changed(&new, &[Change::Menu(menu)]);
    expect![[r##"
        - keys = { 1 = "queue appointments", 2 = "queue appointments", "#" = "again", 0 = "101" }
        - nobody = "queue appointments"
        + keys = { 1 = "queue appointments", 2 = "queue appointments", 0 = "101" }
        + nobody = "hang up"
    "##]]
    .assert_eq(&lines);
    good(&new);
}

#[test]
fn the_keys_of_every_library_menu_may_all_be_others() {
    for name in library_names() {
        for old in open(text_of(name)).menus() {
            let keys = BTreeMap::from([('5', "101".to_owned()), ('*', "again".to_owned())]);
            let menu = MenuKeys { keys, ..old };
            let (new, _) = changed(text_of(name), &[Change::Menu(menu.clone())]);
            good(&new);
            assert!(open(&new).menus().contains(&menu));
        }
    }
}

#[test]
fn what_callers_hear_changes_with_its_text() {
    for name in library_names() {
        for mut said in open(text_of(name)).said() {
            said.prompts = vec!["goodbye".to_owned()];
            for text in said.texts.values_mut() {
                "Line one\nand \"two\" \\ 3".clone_into(text);
            }
            let (new, _) = changed(text_of(name), &[Change::Said(said.clone())]);
            good(&new);
            assert!(open(&new).said().contains(&said), "{name}: {new}");
        }
    }
    let said = Said {
        at: Saying::Announcement("call-again".to_owned()),
        prompts: Vec::new(),
        texts: BTreeMap::from([(String::new(), "Please call again.".to_owned())]),
        then: Some(Destination::Extension("101".to_owned())),
    };
    let (new, lines) = changed(text_of("group-practice"), &[Change::Said(said)]);
    expect![[r#"
        - prompt = "all_busy"
        - say = "All of us are busy. Please call again in a while."
        + say = "Please call again."
        + then = "101"
    "#]]
    .assert_eq(&lines);
    good(&new);
}

#[test]
fn numbers_outside_get_names_and_lose_them() {
    for name in library_names() {
        let number = plan_number("+12025550142");
        let named =
            |text: &str, name: Option<&str>| changed(text, &[Change::Name(number.clone(), name.map(str::to_owned))]);
        let (new, lines) = named(text_of(name), Some("Lab on Main Street"));
        assert_eq!(lines, "+ [names]\n+ \"+12025550142\" = \"Lab on Main Street\"\n");
        assert_eq!(open(&new).names().get(&number).map(String::as_str), Some("Lab on Main Street"), "{name}");
        good(&new);
        let (again, lines) = named(&new, Some("Lab"));
        assert_eq!(lines, "- \"+12025550142\" = \"Lab on Main Street\"\n+ \"+12025550142\" = \"Lab\"\n");
        let (gone, _) = named(&again, None);
        assert!(open(&gone).names().is_empty());
        assert_eq!(open(&gone).with(&[Change::Name(number.clone(), None)]), Err(Refusal::Gone));
    }
}

fn plan_number(text: &str) -> model::PhoneNumber {
    settings().numbering.parse(text).expect("a number")
}

#[test]
fn a_plan_without_hours_gets_some_and_callers_meet_them() {
    let text = text_of("solo-practice");
    assert_eq!(open(text).may_open(), Some(Destination::Extension("100".to_owned())));
    let mut days: [Vec<Span>; 7] = Default::default();
    (0..5).for_each(|n| days[n] = vec![span(8, 17)]);
    days[5] = vec![span(9, 12)];
    let opened =
        Opened { days, country: Some("US".to_owned()), tells: true, closed: Destination::Voicemail("101".to_owned()) };
    let (new, lines) = changed(text, &[Change::Open(opened.clone())]);
    expect![[r#"
        - ring = ["100"]
        + to = "schedule main"
        + [hours.office]
        + weekdays = "08:00-17:00"
        + saturday = "09:00-12:00"
        + [holidays]
        + country = "US"
        + [announcements.closed]
        + prompt = ["clinic_closed", "clinic_emergency"]
        + then = "voicemail 101"
        + [schedules.main]
        + hours = "office"
        + open = "100"
        + closed = "announcement closed"
    "#]]
    .assert_eq(&lines);
    let plan = good(&new);
    let calls = calls_at(&plan, None, "2027-08-03 10:00\n2027-08-03 17:00\n2027-08-07 09:00\n2027-12-25 10:00");
    let targets: Vec<_> = calls.lines().filter(|line| line.contains(" -> ")).collect();
    assert_eq!(
        targets,
        [
            "2027-08-03 10:00 -> ring 101+102 30s",
            "2027-08-03 17:00 -> announcement closed",
            "2027-08-07 09:00 -> ring 101+102 30s",
            "2027-12-25 10:00 -> announcement closed",
        ]
    );
    assert_eq!(open(&new).may_open(), None);
    assert_eq!(open(&new).with(&[Change::Open(opened.clone())]), Err(Refusal::ByHand));
    // What rings in a way of its own has no name that a schedule could lead to.
    let own = text.replace("ring = [\"100\"]", "ring = [\"101\", \"102\"]");
    assert_eq!(open(&own).with(&[Change::Open(opened)]), Err(Refusal::ByHand));
}

/// People write plans in many ways.
#[test]
fn a_text_is_changed_in_the_way_in_which_it_is_written() {
    let rest = "[schedules.front]\nhours = \"office\"\nopen = \"101\"\nclosed = \"102\"\n";
    let front = |more: &str| format!("{more}[[inbound]]\nnumber = \"main\"\nto = \"schedule front\"\n{rest}");
    let day = Change::Add(NewDay {
        date: date(2027, 3, 9),
        name: "Team day".to_owned(),
        open: Vec::new(),
        yearly: false,
        of: None,
    });
    let check = |text: &str, expected: Expect| {
        let (new, lines) = changed(text, std::slice::from_ref(&day));
        expected.assert_eq(&lines);
        let plan = good(&new);
        assert!(calls_at(&plan, None, "2027-03-09 10:00").contains("Team day"), "{new}");
    };
    check(
        &front("hours.office.weekdays = \"08:00-17:00\" # eight to five\nholidays.country = \"US\"\n"),
        expect![[r#"
            + holidays.days."2027-03-09" = "Team day"
        "#]],
    );
    check(
        &front("hours.office.weekdays = \"08:00-17:00\"\nholidays = { country = \"US\" }\n"),
        expect![[r#"
            - holidays = { country = "US" }
            + holidays = { country = "US", days = { "2027-03-09" = "Team day" } }
        "#]],
    );
    check(
        &front("hours = { office = { weekdays = \"08:00-17:00\" } }\nholidays = {}\n"),
        expect![[r#"
            - holidays = {}
            + holidays = { days = { "2027-03-09" = "Team day" } }
        "#]],
    );
    check(
        &(front("") + "[hours.office] # ours\nweekdays = \"08:00-17:00\""),
        expect![[r#"
            + [holidays.days]
            + "2027-03-09" = "Team day"
        "#]],
    );
    check(
        &(front("") + "[holidays.days]\n# none yet\n\n[hours.office]\nweekdays = \"08:00-17:00\"\n"),
        expect![[r#"
            + "2027-03-09" = "Team day"
        "#]],
    );
    let windows = (front("") + "[holidays]\ncountry = \"US\"\n[hours.office]\nweekdays = \"08:00-17:00\"\n")
        .replace('\n', "\r\n");
    let new = open(&windows).with(std::slice::from_ref(&day)).expect("changed");
    assert_eq!(new.matches('\n').count(), new.matches("\r\n").count());
    assert!(good(&new).openings(&settings(), super::at("2027-03-09 10:00"), None).iter().all(|o| !o.open));
}

#[test]
fn what_somebody_has_noted_in_a_list_is_changed_by_hand_alone() {
    let text = "[extensions.600]\nring = [\n  \"101\", # the desk\n  \"102\",\n]\n";
    let mut group = open(text).groups().remove(0);
    group.ring.pop();
    assert_eq!(open(text).with(&[Change::Group(group.clone())]), Err(Refusal::ByHand));
    group.ring.push("102".to_owned());
    group.seconds = 40;
    let (_, lines) = changed(text, &[Change::Group(group)]);
    assert_eq!(lines, "+ seconds = 40\n");
}

#[test]
fn a_note_on_a_line_of_its_own_stays_when_what_follows_goes() {
    let text = "[names]\n# The lab's\n\"+12025550142\" = \"Lab\" # since May\n# the pharmacy's\n\"+12025550143\" = \"Pharmacy\"\n";
    let gone = open(text).with(&[Change::Name(plan_number("+12025550142"), None)]);
    assert_eq!(gone.as_deref(), Ok("[names]\n# The lab's\n# the pharmacy's\n\"+12025550143\" = \"Pharmacy\"\n"));
}

#[test]
fn where_calls_may_be_led_is_what_the_plan_and_the_people_have() {
    let all: Vec<_> =
        open(text_of("group-practice")).destinations(&settings()).iter().map(ToString::to_string).collect();
    assert_eq!(
        all.join(", "),
        "101, 102, 103, schedule front, menu main, queue appointments, rota doctor, announcement call-again, \
         announcement closed, announcement holiday, announcement nobody-on-call, fax machine, busy, hang up"
    );
    assert!(
        open(text_of("solo-practice")).destinations(&settings()).contains(&Destination::Voicemail("101".to_owned()))
    );
}
