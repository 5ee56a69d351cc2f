//! Who may call what, over which trunks, in which order.

use expect_test::expect;
use plan::{Plan, Usage};

use crate::{routes, routes_in, settings_in};

#[test]
fn the_first_right_that_fits_decides() {
    let text = r#"
[outside]
national = ["main", "backup"]
short = "main"
[[rights]]
numbers = ["+1202555013"]
over = "off"
[[rights]]
people = ["103"]
kinds = ["international"]
over = ["backup", "main"]
[[rights]]
people = ["102"]
over = "off"
"#;
    routes(
        &Plan::parse(text).expect("good"),
        "
        101 202-555-0101
        101 202-555-0131
        103 202-555-0131
        101 +44 20 7946 0018
        103 +44 20 7946 0018
        102 202-555-0101
        102 988
        102 911
        fax 202-555-0101
        fax 202-555-0131
        fax +44 20 7946 0018
        ",
        &expect![[r#"
            101 202-555-0101 -> trunk main or backup +12025550101
                It is a national number: the plan sends these over the trunk main, or backup if that fails.
            101 202-555-0131 -> refuse 403
                It is a national number, and the plan does not allow national numbers.
            103 202-555-0131 -> refuse 403
                It is a national number, and the plan does not allow national numbers.
            101 +44 20 7946 0018 -> refuse 403
                It is a number abroad, and the plan does not allow numbers abroad.
            103 +44 20 7946 0018 -> trunk backup or main +442079460018
                It is a number abroad: the plan sends these over the trunk backup, or main if that fails.
            102 202-555-0101 -> refuse 403
                It is a national number, and the plan does not allow national numbers.
            102 988 -> refuse 403
                It is a short code, and the plan does not allow short codes.
            102 911 -> EMERGENCY 911 by main,backup alert 101,102,103
                911 is an emergency number: it goes out before any other rule.
                Trunks in order: main, backup.
            fax 202-555-0101 -> trunk main or backup +12025550101
                It is a national number: the plan sends these over the trunk main, or backup if that fails.
            fax 202-555-0131 -> refuse 403
                It is a national number, and the plan does not allow national numbers.
            fax +44 20 7946 0018 -> refuse 403
                It is a number abroad, and the plan does not allow numbers abroad.
        "#]],
    );
}

/// They cost pounds where they are called from, and for whatever they connect to.
#[test]
fn directories_of_few_digits_are_premium_numbers_and_a_right_can_name_them() {
    let text =
        "[outside]\nshort = \"main\"\npremium = \"off\"\n[[rights]]\nnumbers = [\"118500\"]\nover = \"backup\"\n";
    let plan = Plan::parse(text).expect("good");
    for (country, number, way) in [
        ("GB", "118118", "refuse 403\n    It is a premium number, and the plan does not allow premium numbers."),
        ("GB", "118500", "trunk backup 118500\n"),
        ("GB", "111", "trunk main 111\n"),
        ("DE", "11833", "refuse 403\n"),
        ("DE", "116117", "trunk main 116117\n"),
        ("FR", "118218", "refuse 403\n"),
        ("FR", "3201", "refuse 403\n"),
        ("FR", "3114", "trunk main 3114\n"),
        ("FR", "3646", "trunk main 3646\n"),
        ("FR", "15", "EMERGENCY 15 "),
    ] {
        let line = format!("101 {number}");
        let said = routes_in(&settings_in(country), &plan, &line, Usage::default(), 0);
        assert!(said.starts_with(&format!("{line} -> {way}")), "{country}: {said}");
    }
}
