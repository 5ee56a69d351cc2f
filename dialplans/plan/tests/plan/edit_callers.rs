//! Rules for some callers, changed by form.

use model::PhoneNumber;
use plan::edit::{CallerRule, Change, Refusal};
use plan::{Caller, Calling, Destination, Facts, Plan, library_names};

use super::edit::{changed, good, open, text_of};
use super::{at, settings, target};

fn to(text: &str) -> Option<Destination> {
    Some(Destination::parse(text).expect("a place"))
}

fn rule(numbers: &[&str]) -> CallerRule {
    CallerRule { numbers: numbers.iter().map(|number| (*number).to_owned()).collect(), ..CallerRule::default() }
}

/// What becomes of a call from this number, or of one that shows none, and what phones show before its name.
fn call(plan: &Plan, from: Option<&str>) -> String {
    let settings = settings();
    let from: Option<PhoneNumber> = from.map(|from| settings.numbering.parse(from).expect("a number"));
    let caller = Caller::Trunk { name: "main".to_owned() };
    let calling = from.as_ref().map_or(Calling::Hidden, Calling::Number);
    let facts = Facts { calling, ..Facts::new(&caller, &settings.main_number, &settings, at("2027-08-03 10:00")) };
    format!("{} {}", target(&plan.route(&facts).target), plan.label(&facts).unwrap_or_default()).trim().to_owned()
}

#[test]
fn a_rule_is_added_to_every_library_plan_holds_and_goes_again() {
    let new = CallerRule { to: to("hang up"), hidden: true, ..rule(&["+1900", "+12025550142"]) };
    for name in library_names() {
        for line_end in ["\n", "\r\n"] {
            let text = text_of(name).replace('\n', line_end);
            let with = open(&text).with(&[Change::AddCallerRule(new.clone())]).expect("added");
            let block = "\n[[callers]]\nnumbers = [\"+1900\", \"+12025550142\", \"hidden\"]\nto = \"hang up\"\n";
            assert_eq!(with, text.clone() + &block.replace('\n', line_end), "{name}");
            assert_eq!(open(&with).caller_rules(), std::slice::from_ref(&new));
            let plan = good(&with);
            assert_eq!([call(&plan, Some("+12025550142")), call(&plan, None)], ["refuse 480", "refuse 480"], "{name}");
            assert_ne!(call(&plan, Some("+12025550143")), "refuse 480");
            assert_eq!(open(&with).with(&[Change::TakeCallerRule(0)]).as_ref(), Ok(&text), "{name}");
            assert_eq!(open(&with).with(&[Change::TakeCallerRule(1)]), Err(Refusal::Gone));
        }
    }
}

const TWO: &str = "[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n\n# The lab's numbers.\n[[callers]] # first\n\
                   numbers = [\"+1202555\"]\nlabel = \"Lab\" # since May\n\n[names]\n\"+12025550142\" = \"Lab\"\n\n# Sales.\n[[callers]]\n\
                   numbers = [\"+12025550142\", \"hidden\"]\ncalled = [\"main\"]\nto = \"102\"\n# none else\n";

#[test]
fn what_a_rule_says_changes_line_by_line() {
    let rules = open(TWO).caller_rules();
    assert_eq!(rules[0], CallerRule { label: Some("Lab".to_owned()), ..rule(&["+1202555"]) });
    let second = CallerRule { hidden: true, called: vec!["main".to_owned()], to: to("102"), ..rule(&["+12025550142"]) };
    assert_eq!(rules[1], second);
    let other =
        CallerRule { hidden: false, called: Vec::new(), to: to("103"), label: Some("Sales".to_owned()), ..second };
    let (new, lines) = changed(TWO, &[Change::CallerRule(1, other.clone())]);
    assert_eq!(
        lines,
        "- numbers = [\"+12025550142\", \"hidden\"]\n- called = [\"main\"]\n- to = \"102\"\n\
         + numbers = [\"+12025550142\"]\n+ to = \"103\"\n+ label = \"Sales\"\n"
    );
    assert_eq!(open(&new).caller_rules(), [rules[0].clone(), other]);
    assert_eq!(call(&good(&new), Some("+12025550142")), "ring 103 25s Lab");
    for (n, rule) in rules.iter().enumerate() {
        assert_eq!(open(TWO).with(&[Change::CallerRule(n, rule.clone())]).as_deref(), Ok(TWO));
    }
    assert_eq!(open(TWO).with(&[Change::CallerRule(2, rules[0].clone())]), Err(Refusal::Gone));
    // One more comes after the last of them, and the notes of that stay with it.
    let more = CallerRule { label: Some("Far".to_owned()), ..rule(&["+44"]) };
    let new = open(TWO).with(&[Change::AddCallerRule(more)]).expect("added");
    assert_eq!(new, format!("{TWO}\n[[callers]]\nnumbers = [\"+44\"]\nlabel = \"Far\"\n"));
}

/// The first that fits holds: a rule is asked earlier, and takes its notes along.
#[test]
fn a_rule_is_asked_before_another() {
    for line_end in ["\n", "\r\n"] {
        let text = TWO.replace('\n', line_end);
        let new = open(&text).with(&[Change::RaiseCallerRule(1)]).expect("changed");
        let lab = "# The lab's numbers.\n[[callers]] # first\nnumbers = [\"+1202555\"]\nlabel = \"Lab\" # since May\n";
        let sales =
            "# Sales.\n[[callers]]\nnumbers = [\"+12025550142\", \"hidden\"]\ncalled = [\"main\"]\nto = \"102\"\n";
        let expected = TWO.replace(lab, "LAB").replace(sales, lab).replace("LAB", sales).replace('\n', line_end);
        assert_eq!(new, expected);
        assert_eq!(open(&new).with(&[Change::RaiseCallerRule(1)]).as_ref(), Ok(&text));
    }
    let no_end = TWO.trim_end_matches("\n# none else\n");
    let new = open(no_end).with(&[Change::RaiseCallerRule(1)]).expect("changed");
    let mut rules = open(no_end).caller_rules();
    rules.reverse();
    assert_eq!(open(&new).caller_rules(), rules);
    for n in [0, 2] {
        assert_eq!(open(TWO).with(&[Change::RaiseCallerRule(n)]), Err(Refusal::Gone));
    }
}

#[test]
fn rules_in_a_list_of_their_own_are_changed_by_hand_alone() {
    let text =
        "callers = [{ numbers = [\"+1900\"], to = \"hang up\" }]\n[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n";
    good(text);
    let more = CallerRule { to: to("hang up"), ..rule(&["+44"]) };
    assert_eq!(open(text).with(&[Change::AddCallerRule(more)]), Err(Refusal::ByHand));
}
