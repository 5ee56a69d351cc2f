//! What is wrong with a text, each with its line.

use expect_test::{Expect, expect};
use model::Settings;
use plan::{InForce, MailAs, Plan};

use crate::{SETTINGS, routes, settings};

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
            line 2: there is nothing called "colour" here (what may stand here: name, ringing, extensions, inbound, callers, shows, names, hours, holidays, schedules, menus, announcements, queues, rotas, outside, rights, services, park, page, rooms, forwarding, emergency, limits, rates, closed, voicemail, recording)
            line 4: this is a number, which cannot stand here (write a number of seconds from 5 to 180)
            line 5: 911 is an emergency number (give the extension another number: this one always reaches help)
            line 7: nobody rings here (write ring = ["101"], with at least one extension)
            line 9: 301 rings a group that rings 301 again (take one of the two out of the other's list)
            line 11: 302 rings a group that rings 302 again (take one of the two out of the other's list)
            line 12: "101" stands here twice (keep it once)
            line 13: this number must ring phones, reach the fax machine, or lead somewhere (write one of ring = ["101"], fax_machine = true, to = "schedule NAME")
            line 19: this number was said before (keep one entry for each number)
            line 22: this is no number of the clinic (write "main", "fax", or a number as in "+12025550123")
            line 25: this is no trunk (write the name of a trunk, each once, or "off")
            line 26: there is nothing called "lunar" here (what may stand here: national, short, international, premium)
            line 28: this is no service code (a code is a star and digits, as in "*43")
            line 29: there is no service "disco" (the services are: echo, do-not-disturb, do-not-disturb-off, forward-always, forward-always-off, forward-busy, forward-busy-off, forward-no-answer, forward-no-answer-off, forward-unreachable, forward-unreachable-off, ring-also, ring-also-off, queues, night, pickup, pickup-group, intercom, page, private, directory, refuse-anonymous, refuse-anonymous-off, block-last, my-mailbox, mailbox, record, and "off")
            line 31: this cannot be an emergency number (write its digits, as in "112"; those of the country need not be written)
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
        line 4: there is nothing called "per_week" here (what may stand here: at_once_each, at_once, per_hour_each, per_day_each, minutes_abroad, spent_per_day)
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

#[test]
fn what_is_wrong_with_steps_names_its_line() {
    problems(
        r##"[[inbound]]
number = "main"
to = "schedule front"
[[inbound]]
number = "fax"
to = "the moon"
[hours.office]
monday = "08:00-12:00, 11:00-17:00"
tuesday = "17:00-08:00"
[hours.never]
sunday = "closed"
[holidays]
country = "XX"
[holidays.days]
"24.12." = "Christmas Eve"
[schedules.front]
hours = "offices"
open = "menu mian"
closed = "announcement closed"
[schedules.half]
hours = "office"
open = "101"
[menus.main]
keys = { 12 = "101", 3 = "language klingon", 4 = "911" }
nobody = "announcement closed"
[menus.empty]
nobody = "hang up"
[announcements.closed]
then = "announcement again"
[announcements.again]
say = " "
then = "announcement closed"
[queues.desk]
ring = ["101"]
order = "by beauty"
[rotas.doctor]
turns = ["101", "menu main"]
change = "25:00"
[rotas.swapped]
turns = ["101"]
[rotas.swapped.swaps]
"2026-12-24 08:00 - 2026-12-26 08:00" = "102"
"2026-12-25 08:00 - 2026-12-27 08:00" = "103"
"christmas" = "103"
[[rights]]
over = "main"
[[rights]]
people = ["101"]
numbers = ["44"]
[[rights]]
kinds = ["lunar"]
over = ["main", "main"]
"##,
        &expect![[r##"
            line 6: this is nowhere that a call can go (write an extension as in "101", or "menu NAME", "announcement NAME", "queue NAME", "rota NAME", "schedule NAME", "voicemail 101", "outside +12025550123", "fax machine", "busy" or "hang up")
            line 8: these hours overlap (write them as in "08:00-12:00, 13:00-17:00", or "closed")
            line 9: these hours end before they begin (write them as in "08:00-12:00, 13:00-17:00", or "closed")
            line 10: these hours never open (write weekdays = "08:00-17:00")
            line 13: there are no holidays of this country (the sets are: US, CA, GB, IE, FR, DE, ES, MX; other days go under [holidays.days])
            line 15: this is no day (write it as in "12-24", "2026-12-24", "4th thursday of november", "last monday of may", "monday before 05-25", "easter", and add days as in "easter -2")
            line 17: there are no hours "offices" (add a table [hours.offices], or use one of those that are there)
            line 18: there is no menu "mian" (add a table [menus.mian], or lead to one that is there)
            line 20: "closed" is missing here (write an extension as in "101", or "menu NAME", "announcement NAME", "queue NAME", "rota NAME", "schedule NAME", "voicemail 101", "outside +12025550123", "fax machine", "busy" or "hang up")
            line 23: this menu has no keys (write keys = { 1 = "101" })
            line 24: this is no key of a phone (the keys are 0 to 9, "*" and "#")
            line 24: there is no such language (the languages are: en, es, fr)
            line 24: 911 is an emergency number (no call is led to help: people dial it themselves, and it always goes through)
            line 26: this menu has no keys (write keys = { 1 = "101" })
            line 28: this announcement says nothing (write say = "…", or prompt = "NAME")
            line 30: this announcement says nothing (write say = "…", or prompt = "NAME")
            line 30: a call that nobody takes goes round for ever: announcement again → announcement closed → announcement again (let one of them end with "hang up", a mailbox or an announcement)
            line 31: nothing is said here (write what callers hear, or leave it out)
            line 35: there is no such order of ringing (the orders are: together, one by one, growing, random, longest idle)
            line 37: nobody can be called there (write an extension, or "outside +12025550123")
            line 38: this is no time of the day (write it as in change = "08:00")
            line 43: two stand in at the same time (let the one end when the other begins)
            line 44: this is no time from when until when (write it as in "2026-12-24 08:00 - 2026-12-27 08:00")
            line 45: this right is nobody's (write people = ["103"], numbers = ["+1900"] or kinds = ["international"])
            line 47: this right says nothing (write over = "main", over = ["main", "backup"], or over = "off")
            line 49: no number begins so (write it as in "+44" or "+12025550123", or as in "118" for short numbers: every number that begins so is meant)
            line 50: this right is nobody's (write people = ["103"], numbers = ["+1900"] or kinds = ["international"])
            line 51: there is no such kind of call (the kinds are: national, short, international, premium)
            line 52: this is no trunk (write the name of a trunk, each once, or "off")
        "##]],
    );
}

#[test]
fn a_step_must_fit_the_settings_too() {
    problems(
        r#"
[extensions.100]
ring = ["101"]
nobody = "outside +442079460018"
busy = "voicemail 177"
unreachable = "199"
[[rights]]
people = ["178"]
over = "carrier"
"#,
        &expect![[r#"
            line 4: the plan calls numbers abroad over no trunk (name a trunk for them in [outside]: international = "NAME")
            line 5: nobody has the extension 177 (use an extension of the settings, or of this plan)
            line 6: nobody has the extension 199 (use an extension of the settings, or of this plan)
            line 8: nobody has the extension 178 (use an extension of the settings, or of this plan)
            line 9: there is no trunk "carrier" (the trunks are: main, backup)
        "#]],
    );
}

#[test]
fn a_plan_that_speaks_of_what_is_not_there_is_in_force_without_it_and_help_is_reached() {
    let mut settings = settings();
    settings.plan =
        "[extensions.600]\nring = [\"101\", \"177\"]\nnobody = \"voicemail 177\"\n[emergency]\ntrunks = [\"gone\"]\n"
            .to_owned();
    let InForce { plan, problems, is_lifeline } = Plan::in_force(&settings);
    assert!(!is_lifeline);
    let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
    expect![[r#"
        line 2: nobody has the extension 177 (use an extension of the settings, or of this plan)
        line 3: nobody has the extension 177 (use an extension of the settings, or of this plan)
        line 5: there is no trunk "gone" (the trunks are: main, backup)"#]]
    .assert_eq(&said.join("\n"));
    routes(
        &plan,
        "102 600\n102 911\n102 101",
        &expect![[r#"
        102 600 -> ring 101+177 25s
            600 is an extension of this plan: 101, 177 ring together for 25 seconds.
        102 911 -> EMERGENCY 911 by main,backup alert 101,102,103
            911 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        102 101 -> ring 101 25s
            101 is the extension of a person: 101 rings for 25 seconds.
    "#]],
    );
    settings.plan = "[extensions.600]\nrings = []\n".to_owned();
    let InForce { plan, problems, is_lifeline } = Plan::in_force(&settings);
    assert!(is_lifeline && !problems.is_empty(), "{problems:?}");
    routes(
        &plan,
        "102 911\n102 101",
        &expect![[r#"
        102 911 -> EMERGENCY 911 by main,backup alert 101,102,103
            911 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        102 101 -> ring 101 25s
            101 is the extension of a person: 101 rings for 25 seconds.
    "#]],
    );
}

/// Whoever adds the missing person must be able to, one after the other.
#[test]
fn settings_may_not_take_away_what_the_plan_speaks_of_and_may_leave_out_what_it_has_to_do_without_already() {
    let text = SETTINGS.to_owned();
    let live = Settings {
        plan: "[extensions.600]\nring = [\"101\", \"177\"]\n[emergency]\ntrunks = [\"gone\"]\n".to_owned(),
        ..settings()
    };
    let plan = Plan::in_force(&live).plan;
    let propose =
        |text: &str| plan.propose(text, &live).map(|p| p.settings.people.len()).map_err(|all| all[0].to_string());
    let people = live.people.len();
    assert_eq!(propose(&text), Ok(people));
    let more = format!("{text}\n[[people]]\nextension = \"177\"\nname = \"Locum\"\n");
    assert_eq!(propose(&more), Ok(people + 1));
    assert_eq!(
        propose(&text.replace("\"101\"", "\"107\"")),
        Err("the plan that is live, line 2: nobody has the extension 101 (use an extension of the settings, or of this plan)"
            .to_owned())
    );
}

#[test]
fn a_message_can_be_left_only_with_somebody_who_has_a_mailbox() {
    problems(
        r#"
[extensions.100]
ring = ["101"]
busy = "voicemail 101"
nobody = "voicemail 102"
unreachable = "voicemail 177"
[voicemail]
people = ["101", "103"]
main = "102"
"#,
        &expect![[r#"
            line 5: 102 has no mailbox (add them to the people of [voicemail])
            line 6: nobody has the extension 177 (use an extension of the settings, or of this plan)
            line 9: 102 has no mailbox (add them to the people of [voicemail])
        "#]],
    );
    problems(
        "[extensions.100]\nring = [\"101\"]\nnobody = \"voicemail 101\"\n",
        &expect![[r#"
        line 3: 101 has no mailbox (add them to the people of [voicemail])
    "#]],
    );
}

#[test]
fn a_room_has_a_number_of_its_own() {
    problems(
        "[rooms.800]\n[rooms.102]\npin = \"1234\"\n[rooms.90000]\n",
        &expect![[r#"
        line 2: 102 is the extension of a person (give the room a number that nobody has: their phone would ring in its place)
        line 4: 90000 cannot be an extension here (use the form of the other extensions)
    "#]],
    );
}

/// The extensions have three digits here.
#[test]
fn an_orbit_is_something_that_phones_can_dial() {
    problems(
        "[park]\norbits = \"7000-7009\"\n",
        &expect![[r#"
        line 2: no phone can dial these orbits here (give them as many digits as the extensions have, or three)
    "#]],
    );
    problems("[park]\norbits = \"600-609\"\n", &expect![[r#""#]]);
}

#[test]
fn ways_that_go_round_are_said_once_and_those_that_a_person_takes_are_none() {
    problems(
        r#"
[extensions.100]
ring = ["101"]
nobody = "200"
[extensions.200]
ring = ["102"]
nobody = "queue desk"
[queues.desk]
ring = ["103"]
nobody = "100"
[extensions.300]
ring = ["103"]
nobody = "300"
[extensions.400]
to = "menu main"
[menus.main]
keys = { 1 = "menu main", 2 = "menu other" }
nobody = "hang up"
[menus.other]
keys = { 1 = "menu main" }
nobody = "busy"
"#,
        &expect![[r#"
            line 2: a call that nobody takes goes round for ever: 100 → 200 → queue desk → 100 (let one of them end with "hang up", a mailbox or an announcement)
            line 11: a call that nobody takes goes round for ever: 300 → 300 (let one of them end with "hang up", a mailbox or an announcement)
        "#]],
    );
}

#[test]
fn callers_of_a_queue_are_called_back_and_phones_listen_to_a_group() {
    problems(
        r#"
page = { multicast = "10.0.0.5:5004" }
[queues.one]
ring = ["101"]
callback = "22"
[queues.two]
ring = ["101"]
callback = "2"
callback_minutes = 2
[queues.three]
ring = ["101"]
callback = "*"
callback_minutes = 30
[extensions.600]
to = "queue one"
[extensions.601]
to = "queue two"
[extensions.602]
to = "queue three"
"#,
        &expect![[r#"
            line 2: phones cannot listen there (write a group of addresses and an even port above 1023, as in multicast = "224.0.1.75:5004")
            line 5: this is no key of a telephone (write one key that the caller presses, as in callback = "2")
            line 9: this is a number, which cannot stand here (write a number of minutes from 5 to 720)
        "#]],
    );
    let text = "page = { multicast = \"224.0.1.75:5004\" }\n[queues.desk]\nring = [\"101\"]\ncallback = \"2\"\n[extensions.600]\nto = \"queue desk\"\n";
    let plan = Plan::parse(text).expect("a good plan");
    assert_eq!(plan.page_group(), "224.0.1.75:5004".parse().ok());
    let callback = plan.queue("desk").and_then(|queue| queue.callback).expect("it is written");
    assert_eq!((callback.key, callback.within.as_secs()), ('2', 120 * 60));
}

/// Rooms are dialled, and parties are transferred there, both by staff: no step leads there, so a room without PIN is open to nobody outside.
#[test]
fn nobody_outside_is_led_to_a_room() {
    for leads in [
        "[[inbound]]\nnumber = \"main\"\nto = \"800\"",
        "[extensions.600]\nto = \"800\"",
        "[extensions.600]\nring = [\"800\"]",
    ] {
        let plan = Plan::parse(&format!("[rooms.800]\n{leads}\n")).expect("a text that is right in itself");
        let said: Vec<String> = plan.check(&settings()).iter().map(|problem| problem.what.clone()).collect();
        assert_eq!(said, ["nobody has the extension 800"], "{leads}");
    }
}

#[test]
fn messages_go_by_mail_as_wav_unless_the_plan_says_opus() {
    let of = |text: &str| {
        Plan::parse(&format!("[voicemail]\npeople = [\"all\"]\n{text}")).map(|plan| plan.messages_mailed_as())
    };
    assert_eq!(of(""), Ok(MailAs::Wav));
    assert_eq!(of("mail_as = \"wav\"\n"), Ok(MailAs::Wav));
    assert_eq!(of("mail_as = \"opus\"\n"), Ok(MailAs::Opus));
    assert_eq!(Plan::lifeline().messages_mailed_as(), MailAs::Wav);
    problems(
        "[voicemail]\npeople = [\"all\"]\nmail_as = \"mp3\"\n",
        &expect![[r#"
            line 3: no message is mailed as "mp3" (write "wav", which every program plays, or "opus", which is small)
        "#]],
    );
}
