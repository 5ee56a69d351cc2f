//! The plan at its boundary: texts and facts in, decisions with their reasons out.

use std::time::Duration;

use expect_test::{Expect, expect};
use model::fax::Door;
use model::settings::Right;
use model::{Now, Settings};
use plan::{Caller, Facts, Plan, Request, Target, Usage};
use proptest::prelude::*;

const SETTINGS: &str = r#"
plan = "solo-practice"
networks = ["127.0.0.0/8"]
[clinic]
name = "Harbor Street Clinic"
address = "1 Harbor Street"
timezone = "America/New_York"
number = "+12025550123"
[[people]]
extension = "101"
name = "Front desk"
[[people]]
extension = "102"
name = "Nurse"
[[people]]
extension = "103"
name = "Doctor"
[[trunks]]
name = "main"
address = "127.0.0.1:5070"
[[trunks]]
name = "backup"
address = "127.0.0.1:5071"
[mail]
domain = "clinic.demo"
fax_domain = "fax.clinic.demo"
smarthost = "127.0.0.1:2526"
[fax]
number = "+12025550199"
station_id = "+1 202 555 0199"
"#;

fn settings() -> Settings {
    Settings::parse(SETTINGS).expect("the test's settings are good")
}

fn caller(text: &str) -> Caller {
    match text {
        "device" => Caller::Device,
        "fax" => Caller::Appliance,
        "trunk" => Caller::Trunk { name: "main".to_owned() },
        user => Caller::Extension { user: user.to_owned() },
    }
}

/// Lines "caller dialled" in; the decision and its reasons out.
fn routes(plan: &Plan, lines: &str, expected: &Expect) {
    routes_when(plan, lines, Usage::default(), 0, expected);
}

/// The same after so much was used, and hours after Friday 09:00.
fn routes_when(plan: &Plan, lines: &str, used: Usage, hours: u64, expected: &Expect) {
    let at = Now::simulation_start().after(Duration::from_secs(hours * 3600)).wall;
    let settings = settings();
    let mut out = String::new();
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (who, number) = line.split_once(' ').expect("caller and number");
        let dialled = settings.numbering.parse(number).expect("a number");
        let caller = caller(who);
        let facts = Facts { used, ..Facts::new(&caller, &dialled, &settings, at) };
        let decision = plan.route(&facts);
        out += &format!("{line} -> {}\n", target(&decision.target));
        for why in decision.why {
            out += &format!("    {why}\n");
        }
        if let Some(staff) = decision.staff {
            out += &format!("    staff: {staff}\n");
        }
    }
    expected.assert_eq(&out);
}

fn target(target: &Target) -> String {
    match target {
        Target::Ring { extensions, ring } => format!("ring {} {}s", extensions.join("+"), ring.as_secs()),
        Target::Trunk { trunk, number } => format!("trunk {trunk} {}", number.as_str()),
        Target::Echo => "echo".to_owned(),
        Target::FaxMachine => "fax machine".to_owned(),
        Target::Emergency { number, trunks, alert } => {
            format!("EMERGENCY {number} by {} alert {}", trunks.join(","), alert.join(","))
        }
        Target::Refuse { code, .. } => format!("refuse {code}"),
    }
}

#[test]
fn the_library_plan_says_where_and_why() {
    let plan = Plan::of(&settings()).expect("the library's plan is good");
    routes(
        &plan,
        "
        101 102
        101 100
        101 199
        101 *43
        101 *99
        101 202-555-0101
        101 988
        101 +44 20 7946 0018
        101 1-900-234-5678
        101 202-555-0123
        101 202-555-0199
        101 911
        101 9911
        device 933
        device 102
        trunk +12025550123
        trunk 2025550199
        trunk +12025550101
        trunk 101
        trunk 911
        fax +12025550101
        fax 911
        fax 101
        ",
        &expect![[r#"
            101 102 -> ring 102 25s
                102 is the extension of a person: 102 rings for 25 seconds.
            101 100 -> ring 101+102 30s
                100 is an extension of this plan: 101, 102 ring together for 30 seconds.
            101 199 -> refuse 404
                There is no extension 199.
            101 *43 -> echo
                *43 is the echo test of this plan.
            101 *99 -> refuse 404
                There is no service code *99.
            101 202-555-0101 -> trunk main +12025550101
                It is a national number: the plan sends these over the trunk main.
            101 988 -> trunk main 988
                It is a short code: the plan sends these over the trunk main.
            101 +44 20 7946 0018 -> refuse 403
                It is a number abroad, and the plan does not allow numbers abroad.
            101 1-900-234-5678 -> refuse 403
                It is a premium number, and the plan does not allow premium numbers.
            101 202-555-0123 -> ring 101+102 30s
                It is a number of the clinic itself: the call stays inside.
                It is a number that this plan answers: 101, 102 ring together for 30 seconds.
            101 202-555-0199 -> fax machine
                It is a number of the clinic itself: the call stays inside.
                It is a fax number: the fax machine answers.
            101 911 -> EMERGENCY 911 by main,backup alert 101,102,103
                911 is an emergency number: it goes out before any other rule.
                Trunks in order: main, backup.
            101 9911 -> EMERGENCY 911 by main,backup alert 101,102,103
                911 is an emergency number: it goes out before any other rule.
                Trunks in order: main, backup.
            device 933 -> EMERGENCY 933 by main,backup alert 101,102,103
                933 is an emergency number: it goes out before any other rule.
                Trunks in order: main, backup.
            device 102 -> refuse 403
                This phone has not registered; it can only reach emergency numbers.
            trunk +12025550123 -> ring 101+102 30s
                It is a number that this plan answers: 101, 102 ring together for 30 seconds.
            trunk 2025550199 -> fax machine
                It is a fax number: the fax machine answers.
            trunk +12025550101 -> refuse 404
                The clinic does not have the number that was called.
            trunk 101 -> refuse 404
                The clinic does not have the number that was called.
            trunk 911 -> refuse 404
                Emergency numbers cannot be called through the clinic from outside.
            fax +12025550101 -> trunk main +12025550101
                It is a national number: the plan sends these over the trunk main.
            fax 911 -> refuse 403
                A fax machine never calls an emergency number.
            fax 101 -> refuse 404
                That is not a number outside the clinic.
        "#]],
    );
}

#[test]
fn without_a_plan_help_and_the_clinic_itself_are_still_reached() {
    routes(
        &Plan::lifeline(),
        "
        101 911
        device 911
        101 102
        101 202-555-0101
        101 *43
        trunk +12025550123
        trunk +12025550199
        ",
        &expect![[r#"
            101 911 -> EMERGENCY 911 by main,backup alert 101,102,103
                911 is an emergency number: it goes out before any other rule.
                Trunks in order: main, backup.
            device 911 -> EMERGENCY 911 by main,backup alert 101,102,103
                911 is an emergency number: it goes out before any other rule.
                Trunks in order: main, backup.
            101 102 -> ring 102 25s
                102 is the extension of a person: 102 rings for 25 seconds.
            101 202-555-0101 -> refuse 403
                It is a national number, and the plan does not allow national numbers.
            101 *43 -> refuse 404
                There is no service code *43.
            trunk +12025550123 -> ring 101+102+103 25s
                It is the main number, and the plan names nobody for it: 101, 102, 103 ring together for 25 seconds.
            trunk +12025550199 -> fax machine
                It is the clinic's fax number: the fax machine answers.
        "#]],
    );
}

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
            line 2: there is nothing called "colour" here (what may stand here: name, ringing, extensions, inbound, outside, services, emergency, limits, closed)
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
            line 29: there is no service "disco" (the services are: echo)
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
fn groups_inside_groups_ring_each_phone_once() {
    let text = r#"
[extensions.100]
ring = ["101", "200"]
seconds = 40
[extensions.200]
ring = ["101", "102"]
[extensions.103]
ring = ["103", "101"]
[[inbound]]
number = "main"
ring = ["100", "103"]
"#;
    let plan = Plan::parse(text).expect("good");
    routes(
        &plan,
        "101 100\n101 103\ntrunk +12025550123",
        &expect![[r#"
        101 100 -> ring 101+102 40s
            100 is an extension of this plan: 101, 102 ring together for 40 seconds.
        101 103 -> ring 103+101 25s
            103 is an extension of this plan: 103, 101 ring together for 25 seconds.
        trunk +12025550123 -> ring 101+102+103 40s
            It is a number that this plan answers: 101, 102, 103 ring together for 40 seconds.
    "#]],
    );
}

#[test]
fn an_added_emergency_number_beats_everything_of_its_form() {
    let plan =
        Plan::parse("[emergency]\nnumbers = [\"112\"]\nalert = [\"101\"]\ntrunks = [\"backup\"]\n").expect("good");
    routes(
        &plan,
        "device 112\ntrunk 112\n101 911",
        &expect![[r#"
        device 112 -> EMERGENCY 112 by backup,main alert 101
            112 is an emergency number: it goes out before any other rule.
            Trunks in order: backup, main.
        trunk 112 -> refuse 404
            Emergency numbers cannot be called through the clinic from outside.
        101 911 -> EMERGENCY 911 by backup,main alert 101
            911 is an emergency number: it goes out before any other rule.
            Trunks in order: backup, main.
    "#]],
    );
}

#[test]
fn who_may_send_a_fax_where() {
    let settings = settings();
    let plan = Plan::of(&settings).expect("good");
    let mut out = String::new();
    for (rights, to) in [
        (&[Right::SendFaxes][..], "202-555-0101"),
        (&[Right::SeeFaxes], "202-555-0101"),
        (&[Right::SendFaxes], "911"),
        (&[Right::SendFaxes], "9911"),
        (&[Right::SendFaxes], "101"),
        (&[Right::SendFaxes], "*43"),
        (&[Right::SendFaxes], "988"),
        (&[Right::SendFaxes], "+44 20 7946 0018"),
        (&[Right::SendFaxes], "1-900-234-5678"),
    ] {
        let to_number = settings.numbering.parse(to).expect("a number");
        let request = Request {
            by: rights,
            door: Door::Mail,
            to: &to_number,
            settings: &settings,
            at: Now::simulation_start().wall,
        };
        let answer = match plan.admit(&request) {
            Ok(admission) => format!("yes: {}", admission.why.join(" ")),
            Err(denied) => format!("no: {denied}"),
        };
        out += &format!("{to} {answer}\n");
    }
    expect![[r#"
        202-555-0101 yes: The person may send faxes, by mail. It is a national number: the plan sends these over the trunk main.
        202-555-0101 no: You do not have the right to send faxes; ask the person who manages the clinic's settings.
        911 no: A fax is never sent to an emergency number.
        9911 no: A fax is never sent to an emergency number.
        101 no: That is an extension of the clinic; a fax needs a full number.
        *43 no: That is a code of the phone system; a fax needs a full number.
        988 no: That is a short code; a fax needs a full number with its area code.
        +44 20 7946 0018 no: It is a number abroad, and the plan does not allow numbers abroad.
        1-900-234-5678 no: That is a premium number; faxes are not sent to those.
    "#]].assert_eq(&out);
}

#[test]
fn abroad_is_one_line_away() {
    let text = "[outside]\ninternational = \"backup\"\n";
    let plan = Plan::parse(text).expect("good");
    routes(
        &plan,
        "101 +44 20 7946 0018\nfax +44 20 7946 0018\n101 202-555-0101",
        &expect![[r#"
        101 +44 20 7946 0018 -> trunk backup +442079460018
            It is a number abroad: the plan sends these over the trunk backup.
        fax +44 20 7946 0018 -> trunk backup +442079460018
            It is a number abroad: the plan sends these over the trunk backup.
        101 202-555-0101 -> refuse 403
            It is a national number, and the plan does not allow national numbers.
    "#]],
    );
}

/// Texts that look like plans: pieces that are right, wrong and hostile to the emergency rule.
fn plan_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[extensions.911]\nring = [\"101\"]\n"),
        Just("[extensions.100]\nring = [\"101\", \"911\"]\n"),
        Just("[extensions.9911]\nring = [\"101\"]\n"),
        Just("[[inbound]]\nnumber = \"911\"\nfax_machine = true\n"),
        Just("[[inbound]]\nnumber = \"main\"\nring = [\"911\"]\n"),
        Just("[outside]\nnational = \"off\"\nshort = \"off\"\n"),
        Just("[outside]\nshort = \"main\"\nnational = \"main\"\n"),
        Just("[services]\n\"911\" = \"echo\"\n"),
        Just("[services]\n\"*43\" = \"echo\"\n"),
        Just("[emergency]\nnumbers = []\ntrunks = []\nalert = []\n"),
        Just("[emergency]\ntrunks = [\"nowhere\"]\nalert = [\"911\"]\n"),
        Just("[ringing]\nseconds = 20\n"),
        Just("[limits]\nat_once = 1\nat_once_each = 1\nper_hour_each = 1\nper_day_each = 1\nminutes_abroad = 1\n"),
        Just("[closed]\nopen = \"09:00-10:00\"\noff = [\"national\", \"short\", \"international\", \"premium\"]\n"),
        Just("\u{0}\u{fffd}= ]["),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()),
        1 => ".{0,200}",
    ]
}

proptest! {
    /// No plan text and no facts keep an emergency call of a phone from going out, over every trunk; and nobody else starts one.
    #[test]
    fn nothing_shadows_an_emergency_number(
        text in plan_text(),
        number in prop::sample::select(vec!["911", "9911", "933", "9-911", " 911 "]),
        who in prop::sample::select(vec!["101", "ghost", "device", "trunk", "fax"]),
        trunks in 0usize..3,
        used in prop::sample::select(vec![0, 1, u32::MAX]),
        hour in 0u64..200,
    ) {
        let mut settings = settings();
        settings.trunks.truncate(trunks);
        let plan = Plan::parse(&text).unwrap_or_else(|_| Plan::lifeline());
        let dialled = settings.numbering.parse(number).expect("a number");
        let caller = caller(who);
        // Whatever was used, and whenever.
        let used = Usage { at_once_each: used, at_once: used, per_hour_each: used, per_day_each: used, minutes_abroad: used };
        let facts = Facts { used, ..Facts::new(&caller, &dialled, &settings, Now::simulation_start().after(Duration::from_secs(3600 * hour)).wall) };
        let decision = plan.route(&facts);
        match (who, decision.target) {
            ("trunk" | "fax", Target::Refuse { .. }) => {}
            ("101" | "ghost" | "device", Target::Emergency { number, trunks, .. }) => {
                prop_assert!(number == "911" || number == "933");
                let mut all: Vec<_> = settings.trunks.iter().map(|t| t.name.clone()).collect();
                let mut tried = trunks;
                all.sort();
                tried.sort();
                prop_assert_eq!(tried, all);
            }
            (who, other) => prop_assert!(false, "{who} -> {other:?}"),
        }
    }

    /// Whatever the text, parsing ends, and every problem names a line.
    #[test]
    fn hostile_texts_only_give_problems(text in ".{0,400}") {
        if let Err(problems) = Plan::parse(&text) {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.iter().all(|p| p.at.starts_with("line ")));
        }
    }
}

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

const DIALLED: &str = "101 202-555-0101\n101 +44 20 7946 0018\n101 911\n101 102\nfax 202-555-0101";

#[test]
fn below_every_limit_nothing_is_different() {
    let plan = Plan::parse(LIMITED).expect("good");
    let used = Usage { at_once_each: 1, at_once: 7, per_hour_each: 29, per_day_each: 99, minutes_abroad: 59 };
    routes_when(
        &plan,
        DIALLED,
        used,
        0,
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

#[test]
fn each_limit_is_said_in_words_and_never_stands_before_help() {
    let plan = Plan::parse(LIMITED).expect("good");
    let none = Usage::default();
    routes_when(
        &plan,
        DIALLED,
        Usage { at_once_each: 2, ..none },
        0,
        &expect![[r#"
            101 202-555-0101 -> refuse 403
                The plan's limit of 2 for outside calls of one person at a time is reached.
                staff: Extension 101 has as many outside calls at a time as the plan allows; another was refused.
            101 +44 20 7946 0018 -> refuse 403
                The plan's limit of 2 for outside calls of one person at a time is reached.
                staff: Extension 101 has as many outside calls at a time as the plan allows; another was refused.
            101 911 -> EMERGENCY 911 by main,backup alert 101,102,103
                911 is an emergency number: it goes out before any other rule.
                Trunks in order: main, backup.
            101 102 -> ring 102 25s
                102 is the extension of a person: 102 rings for 25 seconds.
            fax 202-555-0101 -> trunk main +12025550101
                It is a national number: the plan sends these over the trunk main.
        "#]],
    );
    routes_when(
        &plan,
        "101 202-555-0101",
        Usage { at_once: 8, ..none },
        0,
        &expect![[r#"
            101 202-555-0101 -> refuse 403
                The plan's limit of 8 for outside calls of everybody at a time is reached.
                staff: Everybody together has as many outside calls as the plan allows; more are refused.
        "#]],
    );
    routes_when(
        &plan,
        "101 202-555-0101",
        Usage { per_hour_each: 30, ..none },
        0,
        &expect![[r#"
            101 202-555-0101 -> refuse 403
                The plan's limit of 30 for outside calls of one person within an hour is reached.
                staff: Extension 101 has made as many outside calls within an hour as the plan allows; more are refused.
        "#]],
    );
    routes_when(
        &plan,
        "101 202-555-0101",
        Usage { per_day_each: 100, ..none },
        0,
        &expect![[r#"
            101 202-555-0101 -> refuse 403
                The plan's limit of 100 for outside calls of one person within a day is reached.
                staff: Extension 101 has made as many outside calls within a day as the plan allows; more are refused.
        "#]],
    );
    routes_when(
        &plan,
        DIALLED,
        Usage { minutes_abroad: 60, ..none },
        0,
        &expect![[r#"
            101 202-555-0101 -> trunk main +12025550101
                It is a national number: the plan sends these over the trunk main.
            101 +44 20 7946 0018 -> refuse 403
                The plan's limit of 60 for minutes with numbers abroad within a day is reached.
                staff: As many minutes with numbers abroad were used within a day as the plan allows; more calls abroad are refused.
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

#[test]
fn when_the_clinic_is_closed_some_calls_are_off() {
    let plan = Plan::parse(LIMITED).expect("good");
    // Friday 17:00, 18:00 and Monday 07:00, 08:00; on Saturday it is closed all day.
    for (hours, open) in [(8, true), (9, false), (24, false), (70, false), (71, true)] {
        let settings = settings();
        let at = Now::simulation_start().after(Duration::from_secs(hours * 3600)).wall;
        let dialled = settings.numbering.parse("+44 20 7946 0018").expect("a number");
        let caller = caller("101");
        let target = plan.route(&Facts::new(&caller, &dialled, &settings, at)).target;
        assert_eq!(matches!(target, Target::Trunk { .. }), open, "{hours}");
    }
    routes_when(
        &plan,
        DIALLED,
        Usage::default(),
        9,
        &expect![[r#"
        101 202-555-0101 -> trunk main +12025550101
            It is a national number: the plan sends these over the trunk main.
        101 +44 20 7946 0018 -> refuse 403
            It is a number abroad, and the plan allows numbers abroad only in opening hours.
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
