//! Who may call what, over which trunks, in which order.

use expect_test::expect;
use plan::Plan;

use crate::routes;

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
