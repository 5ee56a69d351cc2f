//! Where the plan sends whom, and why.

use expect_test::expect;
use model::{Now, Settings};
use plan::{Facts, Plan, Usage};

use crate::{SETTINGS, caller, routes, routes_in, settings, settings_in, target};

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
            101 *43 -> echo
                *43 is the echo test of this plan.
            trunk +12025550123 -> ring 101+102+103 25s
                It is the main number, and the plan names nobody for it: 101, 102, 103 ring together for 25 seconds.
            trunk +12025550199 -> fax machine
                It is the clinic's fax number: the fax machine answers.
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

#[test]
fn codes_orbits_and_rooms() {
    let plan =
        Plan::parse("[services]\n\"*81\" = \"off\"\n\"*5\" = \"night\"\n[rooms.800]\npin = \"1234\"\n").expect("good");
    routes(
        &plan,
        "101 *78
         101 *72102
         101 *7212025550101
         101 *781
         101 *81100
         101 *5
         101 700
         101 710
         101 800
         trunk *78
         trunk 700
         fax *78",
        &expect![[r#"
            101 *78 -> DoNotDisturb(true) []
                *78 is do-not-disturb.
            101 *72102 -> Forward(Always) [102]
                *72 is forwarding.
            101 *7212025550101 -> Forward(Always) [12025550101]
                *72 is forwarding.
            101 *781 -> refuse 404
                There is no service code *781.
            101 *81100 -> refuse 404
                There is no service code that it begins with.
            101 *5 -> Night []
                *5 is the night switch.
            101 700 -> orbit 700 90s
                700 is an orbit: parties wait there.
            101 710 -> refuse 404
                There is no extension 710.
            101 800 -> room 800 pin true
                800 is a conference room of this plan.
            trunk *78 -> refuse 404
                The clinic does not have the number that was called.
            trunk 700 -> refuse 404
                The clinic does not have the number that was called.
            fax *78 -> refuse 404
                That is not a number outside the clinic.
        "#]],
    );
}

#[test]
fn orbits_are_dialled_whatever_the_length_of_extensions() {
    let four = SETTINGS.replace("[clinic]\n", "[clinic]\nextension_digits = 4\n");
    let four = ["101", "102", "103"].iter().fold(four, |text, user| text.replace(user, &format!("1{user}")));
    let settings = Settings::parse(&four).expect("a clinic whose extensions have four digits");
    let (plan, caller) = (Plan::lifeline(), caller("1101"));
    let dialled = settings.numbering.parse("700").expect("a number");
    let decision = plan.route(&Facts::new(&caller, &dialled, &settings, Now::simulation_start().wall));
    assert_eq!(target(&decision.target), "orbit 700 90s");
}

const EVERYWHERE: &str = "[outside]\nnational = \"main\"\ninternational = \"main\"\nshort = \"backup\"\n";

/// Whatever they look like: an extension, a short code, too few digits for a number, or a number of somebody in town.
#[test]
fn the_numbers_of_help_of_a_plan_are_seen_in_the_digits() {
    let text = format!("{EVERYWHERE}[emergency]\nnumbers = [\"15\", \"2222\", \"19222\"]\n");
    let plan = Plan::parse(&text).expect("good");
    let lines = "
        101 15
        device 2222
        101 9-2222
        101 19222
        101 +49 19222
        fax 19222
    ";
    let mut out = String::new();
    for country in ["US", "DE"] {
        out += &format!("{country}\n{}", routes_in(&settings_in(country), &plan, lines, Usage::default(), 0));
    }
    let german = "
        device 112
        device 0112
        device 0 2222
        101 0112 1234567
    ";
    out += &routes_in(&settings_in("DE"), &plan, german, Usage::default(), 0);
    expect![[r#"
        US
        101 15 -> EMERGENCY 15 by main,backup alert 101,102,103
            15 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        device 2222 -> EMERGENCY 2222 by main,backup alert 101,102,103
            2222 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        101 9-2222 -> EMERGENCY 2222 by main,backup alert 101,102,103
            2222 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        101 19222 -> EMERGENCY 19222 by main,backup alert 101,102,103
            19222 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        101 +49 19222 -> trunk main +4919222
            It is a number abroad: the plan sends these over the trunk main.
        fax 19222 -> refuse 403
            A fax machine never calls an emergency number.
        DE
        101 15 -> EMERGENCY 15 by main,backup alert 101,102,103
            15 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        device 2222 -> EMERGENCY 2222 by main,backup alert 101,102,103
            2222 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        101 9-2222 -> EMERGENCY 2222 by main,backup alert 101,102,103
            2222 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        101 19222 -> EMERGENCY 19222 by main,backup alert 101,102,103
            19222 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        101 +49 19222 -> trunk main +4919222
            It is a national number: the plan sends these over the trunk main.
        fax 19222 -> refuse 403
            A fax machine never calls an emergency number.
        device 112 -> EMERGENCY 112 by main,backup alert 101,102,103
            112 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        device 0112 -> EMERGENCY 112 by main,backup alert 101,102,103
            112 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        device 0 2222 -> EMERGENCY 2222 by main,backup alert 101,102,103
            2222 is an emergency number: it goes out before any other rule.
            Trunks in order: main, backup.
        101 0112 1234567 -> trunk main +491121234567
            It is a national number: the plan sends these over the trunk main.
    "#]]
    .assert_eq(&out);
}

/// They may have the form of an extension. Who has it goes before them.
#[test]
fn short_numbers_of_the_country_go_out_where_nobody_inside_has_them() {
    let text = format!(
        "{EVERYWHERE}[extensions.411]\nring = [\"101\"]\n[rooms.511]\npin = \"1234\"\n\
         [[rights]]\npeople = [\"103\"]\nkinds = [\"short\"]\nover = \"off\"\n"
    );
    let plan = Plan::parse(&text).expect("good");
    let mut out = String::new();
    for (country, lines) in [
        ("US", "101 711\n103 711\n101 411\n101 511\n101 712\n101 988\ndevice 711\ntrunk 711\nfax 711"),
        ("GB", "101 111\n101 711\n101 101\n101 116123"),
        ("DE", "101 116117\n101 115\n101 0116117"),
    ] {
        out += &format!("{country}\n{}", routes_in(&settings_in(country), &plan, lines, Usage::default(), 0));
    }
    expect![[r#"
        US
        101 711 -> trunk backup 711
            It is a short code: the plan sends these over the trunk backup.
        103 711 -> refuse 403
            It is a short code, and the plan does not allow short codes.
        101 411 -> ring 101 25s
            411 is an extension of this plan: 101 rings for 25 seconds.
        101 511 -> room 511 pin true
            511 is a conference room of this plan.
        101 712 -> refuse 404
            There is no extension 712.
        101 988 -> trunk backup 988
            It is a short code: the plan sends these over the trunk backup.
        device 711 -> refuse 403
            This phone has not registered; it can only reach emergency numbers.
        trunk 711 -> refuse 404
            The clinic does not have the number that was called.
        fax 711 -> refuse 404
            That is not a number outside the clinic.
        GB
        101 111 -> trunk backup 111
            It is a short code: the plan sends these over the trunk backup.
        101 711 -> refuse 404
            There is no extension 711.
        101 101 -> ring 101 25s
            101 is the extension of a person: 101 rings for 25 seconds.
        101 116123 -> trunk backup 116123
            It is a short code: the plan sends these over the trunk backup.
        DE
        101 116117 -> trunk backup 116117
            It is a short code: the plan sends these over the trunk backup.
        101 115 -> trunk backup 115
            It is a short code: the plan sends these over the trunk backup.
        101 0116117 -> trunk backup 116117
            It is a short code: the plan sends these over the trunk backup.
    "#]]
    .assert_eq(&out);
}

/// Outside the United States too: what begins with 1 behind a country code is no long-distance call of theirs.
#[test]
fn the_numbers_of_a_plan_are_what_was_written() {
    let text = "[outside]\nnational = \"main\"\n[[inbound]]\nnumber = \"+35316791234\"\nfax_machine = true\n\
                [extensions.150]\nto = \"outside +4915112345678\"\n";
    let plan = Plan::parse(text).expect("good");
    let ireland = routes_in(&settings_in("IE"), &plan, "trunk 01 679 1234", Usage::default(), 0);
    let germany = routes_in(&settings_in("DE"), &plan, "101 150", Usage::default(), 0);
    expect![[r#"
        trunk 01 679 1234 -> fax machine
            It is a fax number: the fax machine answers.
        101 150 -> trunk main +4915112345678
            150 is an extension of this plan that leads to: a number outside.
            It is a national number: the plan sends these over the trunk main.
    "#]]
    .assert_eq(&(ireland + &germany));
}
