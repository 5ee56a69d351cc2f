//! Who is shown to whom, and which callers are led elsewhere.

use expect_test::expect;
use model::{Now, PhoneNumber};
use plan::{Calling, Facts, Plan};

use crate::{caller, settings, target};

const PLAN: &str = r#"
name = "Shown"
[outside]
national = "main"
[[inbound]]
number = "+12025550110"
label = "Billing"
ring = ["103"]
[[inbound]]
number = "+12025550120"
fax_machine = true
[[shows]]
people = ["103"]
numbers = ["+1900"]
number = "fax"
[[shows]]
people = ["103"]
number = "+12025550110"
name = "Harbor Billing"
[[callers]]
numbers = ["+1202555", "hidden"]
called = ["main"]
to = "announcement no"
[[callers]]
numbers = ["+1202"]
label = "Town"
[[callers]]
numbers = ["+1613"]
to = "busy"
[names]
"+12025550199" = "Lab on Main Street"
[announcements.no]
prompt = "clinic_closed"
"#;

fn plan() -> Plan {
    Plan::parse(PLAN).expect("a good plan")
}

fn number(text: &str) -> PhoneNumber {
    settings().numbering.parse(text).expect("a number")
}

#[test]
fn whoever_calls_out_shows_what_the_plan_says_and_a_call_for_help_does_not_ask() {
    let (plan, settings) = (plan(), settings());
    let shown = |extension, called: &str| {
        let shown = plan.shows(extension, &number(called), &settings);
        shown.map(|shown| format!("{} {:?}", shown.number.as_str(), shown.name))
    };
    assert_eq!(shown(Some("103"), "202-555-0177").as_deref(), Some("+12025550110 Some(\"Harbor Billing\")"));
    assert_eq!(shown(Some("103"), "1-900-234-5678").as_deref(), Some("+12025550199 None"));
    assert_eq!((shown(Some("101"), "202-555-0177"), shown(None, "202-555-0177")), (None, None));
}

#[test]
fn callers_are_led_elsewhere_by_how_their_numbers_begin() {
    let (plan, settings) = (plan(), settings());
    let trunk = caller("trunk");
    let mut out = String::new();
    let cases = [
        ("+12025550123", Calling::Number(&number("+12025550177"))),
        ("+12025550123", Calling::Number(&number("+12024440177"))),
        ("+12025550123", Calling::Hidden),
        ("+12025550123", Calling::Unsaid),
        ("+12025550110", Calling::Number(&number("+12025550177"))),
        ("+12025550110", Calling::Hidden),
        ("+12025550110", Calling::Number(&number("+16137827274"))),
        // A fax machine is left alone, unless an entry names it.
        ("+12025550120", Calling::Number(&number("+16137827274"))),
        // And nobody is led on who calls no number of ours.
        ("+12025550155", Calling::Number(&number("+16137827274"))),
    ];
    for (called, calling) in cases {
        let called = number(called);
        let facts = Facts { calling, ..Facts::new(&trunk, &called, &settings, Now::simulation_start().wall) };
        let decision = plan.route(&facts);
        out += &format!("{} {calling:?} -> {}\n", called.as_str(), target(&decision.target));
        for why in decision.why {
            out += &format!("    {why}\n");
        }
    }
    expect![[r#"
        +12025550123 Number(E164(<personal>)) -> announcement no
            The plan leads such callers to announcement no.
            The caller hears the announcement no.
            Phones show “Town” before who calls.
        +12025550123 Number(E164(<personal>)) -> ring 101+102+103 25s
            It is the main number, and the plan names nobody for it: 101, 102, 103 ring together for 25 seconds.
            Phones show “Town” before who calls.
        +12025550123 Hidden -> announcement no
            The plan leads such callers to announcement no.
            The caller hears the announcement no.
        +12025550123 Unsaid -> ring 101+102+103 25s
            It is the main number, and the plan names nobody for it: 101, 102, 103 ring together for 25 seconds.
        +12025550110 Number(E164(<personal>)) -> ring 103 25s
            It is a number that this plan answers: 103 rings for 25 seconds.
            Phones show “Billing, Town” before who calls.
        +12025550110 Hidden -> ring 103 25s
            It is a number that this plan answers: 103 rings for 25 seconds.
            Phones show “Billing” before who calls.
        +12025550110 Number(E164(<personal>)) -> refuse 486
            The plan leads such callers to busy.
            The plan says that the line is busy.
        +12025550120 Number(E164(<personal>)) -> fax machine
            It is a fax number: the fax machine answers.
        +12025550155 Number(E164(<personal>)) -> refuse 404
            The clinic does not have the number that was called.
    "#]]
    .assert_eq(&out);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let text = r#"
[[shows]]
people = ["103"]
[[shows]]
number = "+12025550155"
[[callers]]
numbers = ["202"]
label = "A label that no display has room for"
[[callers]]
label = "x"
[[callers]]
numbers = ["+1"]
[names]
"101" = "Somebody"
"+12025550199" = ""
[[inbound]]
number = "main"
ring = ["101"]
label = 5
"#;
    let problems = Plan::parse(text).expect_err("much is wrong");
    let said: String = problems.iter().map(|p| format!("{}: {} ({})\n", p.at, p.what, p.help)).collect();
    expect![[r#"
        line 2: this entry has no number (write number = "main", "fax", or the number itself)
        line 7: no number begins so (write it as in "+44" or "+12025550123": every number that begins so is meant)
        line 8: no display shows that (write 1 to 20 letters)
        line 9: this entry is for nobody (write numbers = ["+1900"], or numbers = ["hidden"] for those who show none)
        line 11: this entry says nothing of them (write where they are led, as in to = "voicemail 101", or label = "Lab")
        line 14: this is no number outside (write a number in full, as in "+12025550123" = "Lab on Main Street")
        line 15: no display shows that (write 1 to 60 letters)
        line 19: this is a number, which cannot stand here (write a text in quotes)
    "#]].assert_eq(&said);
    let plan = Plan::parse("[[shows]]\nnumber = \"+12025550155\"\n").expect("right in itself");
    let problems = plan.check(&settings());
    let said: String = problems.iter().map(|p| format!("{}: {} ({})\n", p.at, p.what, p.help)).collect();
    expect![[r#"
        line 2: the clinic has no such number (write "main", "fax", or a number that an [[inbound]] of this plan answers: whoever is called calls it back)
    "#]].assert_eq(&said);
}
