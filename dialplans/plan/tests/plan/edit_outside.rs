//! What may be called outside and how help is called, changed by form.

use model::Now;
use plan::edit::{CallRight, Change, Help, Refusal};
use plan::{Class, Facts, library_names};

use super::edit::{BARE, changed, good, open, text_of};
use super::{caller, settings, target};

fn all(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

fn right(people: &[&str], kinds: &[&str], numbers: &[&str], over: &[&str]) -> CallRight {
    CallRight { people: all(people), kinds: all(kinds), numbers: all(numbers), over: all(over) }
}

/// What becomes of a call of this person on a working day.
fn call(text: &str, extension: &str, number: &str) -> String {
    let (plan, settings, caller) = (good(text), settings(), caller(extension));
    let dialled = plan.read(number, &settings.numbering).expect("a number");
    target(&plan.route(&Facts::new(&caller, &dialled, &settings, Now::simulation_start().wall)).target)
}

#[test]
fn each_kind_of_number_is_allowed_and_forbidden_over_trunks_in_an_order() {
    let numbers = [
        ("national", "202-555-0101"),
        ("short", "988"),
        ("international", "+44 20 7946 0018"),
        ("premium", "900-555-0101"),
    ];
    for text in library_names().map(text_of).chain([BARE]) {
        let now = open(text).outside();
        assert_eq!(open(text).with(&[Change::Outside(now.clone())]).as_deref(), Ok(text));
        for (kind, number) in numbers {
            let mut new = now.clone();
            for over in [&["backup", "main"][..], &["backup"], &[]] {
                new.insert(kind, all(over));
                let (changed, _) = changed(text, &[Change::Outside(new.clone())]);
                assert_eq!(open(&changed).outside(), new, "{kind}");
                let meets = call(&changed, "102", number);
                match over {
                    [] => assert_eq!(meets, "refuse 403", "{kind}"),
                    over => assert!(meets.starts_with(&format!("trunk {}", over.join(" or "))), "{kind}: {meets}"),
                }
            }
        }
    }
    let (_, lines) = changed(BARE, &[Change::Outside([("short", all(&["main"])), ("national", Vec::new())].into())]);
    assert_eq!(lines, "+ [outside]\n+ short = \"main\"\n", "what is not allowed need not be said");
    let now = [("short", all(&["main", "backup"])), ("international", Vec::new())].into();
    let (_, lines) = changed(text_of("solo-practice"), &[Change::Outside(now)]);
    let (old, new) = ("\"main\"", "[\"main\", \"backup\"]");
    let note = "          # 988, 311 and the like";
    assert_eq!(lines, format!("- short = {old}{note}\n+ short = {new}{note}\n"));
}

#[test]
fn some_may_call_otherwise_in_an_order_and_may_not_any_more() {
    let text = text_of("group-practice");
    let abroad = right(&["103"], &["international"], &[], &["main", "backup"]);
    let (new, lines) = changed(text, &[Change::AddRight(abroad.clone())]);
    let block = "+ [[rights]]\n+ people = [\"103\"]\n+ kinds = [\"international\"]\n+ over = [\"main\", \"backup\"]\n";
    assert_eq!(lines, block);
    let london = "+44 20 7946 0018";
    assert_eq!(
        (call(text, "103", london), call(&new, "102", london)),
        ("refuse 403".to_owned(), "refuse 403".to_owned())
    );
    assert!(call(&new, "103", london).starts_with("trunk main or backup"));
    let never = right(&[], &[], &["+4420"], &[]);
    let (both, lines) = changed(&new, &[Change::AddRight(never.clone())]);
    assert_eq!(lines, "+ [[rights]]\n+ numbers = [\"+4420\"]\n+ over = \"off\"\n");
    assert_eq!(open(&both).call_rights(), [abroad, never.clone()]);
    assert!(call(&both, "103", london).starts_with("trunk main"), "the first decides");
    let (raised, _) = changed(&both, &[Change::RaiseRight(1)]);
    assert_eq!(call(&raised, "103", london), "refuse 403");
    let other = right(&[], &["international"], &["+4420"], &["backup"]);
    let (other, lines) = changed(&both, &[Change::Right(1, other)]);
    assert_eq!(lines, "- over = \"off\"\n+ over = \"backup\"\n+ kinds = [\"international\"]\n");
    assert!(call(&other, "102", london).starts_with("trunk backup"));
    assert_eq!(open(&new).with(&[Change::TakeRight(0)]).as_deref(), Ok(text));
    for change in [Change::TakeRight(0), Change::RaiseRight(0), Change::Right(0, never)] {
        assert_eq!(open(text).with(&[change]), Err(Refusal::Gone));
    }
}

#[test]
fn help_goes_out_first_over_the_trunks_that_are_said_and_those_are_told_who_are() {
    for text in library_names().map(text_of).chain([BARE]) {
        let same = open(text).help();
        assert_eq!(open(text).with(&[Change::Help(same.clone())]).as_deref(), Ok(text));
        let new = Help { numbers: all(&["112"]), trunks: all(&["backup"]), alert: all(&["103"]) };
        let (new, _) = changed(text, &[Change::Help(new)]);
        assert_eq!(call(&new, "102", "911"), "EMERGENCY 911 by backup,main alert 103");
        assert_eq!(call(&new, "102", "112"), "EMERGENCY 112 by backup,main alert 103");
        let none = Help { numbers: Vec::new(), trunks: Vec::new(), alert: Vec::new() };
        let (none, _) = changed(&new, &[Change::Help(none)]);
        assert_eq!(call(&none, "102", "911"), "EMERGENCY 911 by main,backup alert 101,102,103", "help is never off");
        let back = open(&new).with(&[Change::Help(same.clone())]).expect("changed");
        assert_eq!(open(&back).help(), same);
    }
}

#[test]
fn whoever_takes_a_call_outside_presses_1_or_does_not() {
    let text = text_of("solo-practice");
    assert!(open(text).press_1());
    let (new, lines) = changed(text, &[Change::PressOne(false)]);
    assert_eq!(lines, "- press_1 = true\n+ press_1 = false\n");
    assert!(!open(&new).press_1() && !good(&new).finds_by_key());
    assert_eq!(open(&new).with(&[Change::PressOne(true)]).as_deref(), Ok(text));
    assert_eq!(open(BARE).with(&[Change::PressOne(true)]).as_deref(), Ok(BARE));
    let kinds: Vec<_> = Class::ALL.map(Class::word).into();
    assert_eq!(
        open(text).outside().keys().copied().collect::<std::collections::BTreeSet<_>>(),
        kinds.into_iter().collect()
    );
}
