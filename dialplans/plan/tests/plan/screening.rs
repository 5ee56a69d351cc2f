//! Which callers say their name before they are put through, and what is said of it.

use expect_test::{Expect, expect};
use model::PhoneNumber;
use plan::{Calling, Facts, Plan, Screening, Target};

use crate::{at, caller, settings};

const PLAN: &str = r#"
[[inbound]]
number = "main"
ring = ["100"]
[[inbound]]
number = "+12025550110"
to = "menu main"
[[inbound]]
number = "+12025550120"
ring = ["100"]
screen = "all"
[extensions.100]
ring = ["101", "102"]
screen = "unknown"
[extensions.103]
ring = ["103"]
screen = "all"
[menus.main]
keys = { 1 = "103", 2 = "102" }
nobody = "hang up"
[names]
"+12025550177" = "Laboratory"
"#;

fn number(text: &str) -> PhoneNumber {
    settings().numbering.parse(text).expect("a number")
}

/// The boxes in which phones ring, for such a call.
fn ring_boxes(who: &str, calling: Calling<'_>, dialled: &str) -> String {
    let (plan, settings, caller) = (Plan::parse(PLAN).expect("good"), settings(), caller(who));
    let dialled = number(dialled);
    let facts = Facts::new(&caller, &dialled, &settings, at("2026-11-20 09:00"));
    let way = plan.explain(&Facts { calling, ..facts });
    let lines = way.boxes.iter().filter(|drawn| drawn.kind == "ring").map(|drawn| drawn.lines.join("\n") + "\n");
    lines.collect()
}

fn rings(who: &str, calling: Calling<'_>, dialled: &str, expected: &Expect) {
    expected.assert_eq(&ring_boxes(who, calling, dialled));
}

#[test]
fn a_drawing_says_who_says_their_name() {
    let (known, unknown) = (number("+12025550177"), number("+12025550188"));
    let first = "It is a number that this plan answers: 101, 102 ring together for 25 seconds.\n\
                 The caller says their name first.\n";
    for calling in [Calling::Hidden, Calling::Number(&unknown)] {
        assert_eq!(ring_boxes("trunk", calling, "+12025550123"), first);
    }
    rings(
        "trunk",
        Calling::Number(&known),
        "+12025550123",
        &expect![[r#"
        It is a number that this plan answers: 101, 102 ring together for 25 seconds.
    "#]],
    );
    rings(
        "trunk",
        Calling::Unsaid,
        "+12025550123",
        &expect![[r#"
        It is a number that this plan answers: 101, 102 ring together for 25 seconds.
        A caller whom the clinic has no name for says their name first.
    "#]],
    );
    // Its own word counts before that of the group.
    rings(
        "trunk",
        Calling::Number(&known),
        "+12025550120",
        &expect![[r#"
        It is a number that this plan answers: 101, 102 ring together for 25 seconds.
        The caller says their name first.
    "#]],
    );
    // One of two keys leads to somebody who screens their calls.
    rings(
        "trunk",
        Calling::Number(&known),
        "+12025550110",
        &expect![[r#"
        103 is an extension of this plan: 103 rings for 25 seconds.
        The caller says their name first.
        102 is the extension of a person: 102 rings for 25 seconds.
    "#]],
    );
    rings(
        "102",
        Calling::Unsaid,
        "103",
        &expect![[r#"
        103 is an extension of this plan: 103 rings for 25 seconds.
    "#]],
    );
}

#[test]
fn a_number_that_rings_one_group_screens_as_the_group_does() {
    let (plan, settings, caller) = (Plan::parse(PLAN).expect("good"), settings(), caller("trunk"));
    let of = |dialled: &str| {
        let dialled = number(dialled);
        match plan.route(&Facts::new(&caller, &dialled, &settings, at("2026-11-20 09:00"))).target {
            Target::Ring { screening, .. } => Some(screening),
            _ => None,
        }
    };
    assert_eq!(of("+12025550123"), Some(Screening::Unknown));
    assert_eq!(of("+12025550120"), Some(Screening::Everybody));
}

#[test]
fn what_is_wrong_comes_with_its_line() {
    let problems = Plan::parse(
        r#"[extensions.100]
ring = ["101"]
screen = "strangers"
[extensions.101]
to = "menu main"
screen = "all"
[[inbound]]
number = "fax"
fax_machine = true
screen = "all"
[extensions.102]
ring = ["102"]
screen = true
"#,
    );
    let said = problems.expect_err("it is wrong").iter().map(|p| format!("{p}\n")).collect::<String>();
    expect![[r#"
        line 3: there are no such callers (write screen = "unknown" for callers whom the clinic has no name for, or "all" for all from outside)
        line 5: there is no menu "main" (add a table [menus.main], or lead to one that is there)
        line 6: nobody rings here who could be told the caller's name (take screen out here, and write it where phones ring: at the extension that callers are led to)
        line 10: nobody rings here who could be told the caller's name (take screen out here, and write it where phones ring: at the extension that callers are led to)
        line 13: this is true or false, which cannot stand here (write a text in quotes)
    "#]].assert_eq(&said);
}
