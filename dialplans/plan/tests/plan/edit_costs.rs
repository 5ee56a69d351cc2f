//! What calls may be and may cost, changed by form.

use plan::edit::{Change, LIMITS, OffHours, Rate, Refusal, Span};
use plan::{Class, Plan, library_names};

use super::edit::{changed, good, open, text_of};
use super::settings;

fn rate(kinds: &[&str], numbers: &[&str], per_minute: &str) -> Rate {
    let all = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    Rate { kinds: all(kinds), numbers: all(numbers), per_minute: per_minute.to_owned() }
}

/// What a minute with this number costs.
fn cost(plan: &Plan, number: &str) -> String {
    let number = settings().numbering.parse(number).expect("a number");
    plan.rate(&number, Class::of(&number, "US").expect("a number outside")).to_string()
}

#[test]
fn every_limit_of_every_library_plan_changes_comes_and_goes() {
    for name in library_names() {
        for line_end in ["\n", "\r\n"] {
            let text = text_of(name).replace('\n', line_end);
            let priced = open(&text).with(&[Change::AddRate(rate(&["international"], &[], "0.15"))]).expect("added");
            let all = LIMITS.map(|key| (key, if key == "spent_per_day" { "12.50" } else { "7" }.to_owned())).into();
            let new = open(&priced).with(&[Change::Limits(all)]).expect("changed");
            let plan = good(&new);
            assert_eq!((plan.seconds_abroad(), plan.spent_per_day().map(|money| money.0)), (Some(420), Some(125_000)));
            assert_eq!(open(&new).limits().len(), LIMITS.len());
            assert_eq!(new.matches('\n').count(), new.matches(line_end).count());
            let none = open(&new).with(&[Change::Limits([].into())]).expect("changed");
            assert_eq!((good(&none).seconds_abroad(), open(&none).limits().len()), (None, 0));
            let same = open(&text).limits();
            assert_eq!(open(&text).with(&[Change::Limits(same)]).as_ref(), Ok(&text), "{name}");
        }
    }
    let mut limits = open(text_of("group-practice")).limits();
    limits.insert("minutes_abroad", "60".to_owned());
    limits.remove("at_once_each");
    let (_, lines) = changed(text_of("group-practice"), &[Change::Limits(limits)]);
    assert_eq!(lines, "- at_once_each = 3\n- minutes_abroad = 120\n+ minutes_abroad = 60\n");
    // Money is spent only where something costs any: the plan says so.
    let spent = [("spent_per_day", "20".to_owned())].into();
    let new = open(text_of("solo-practice")).with(&[Change::Limits(spent)]).expect("written");
    let problems = Plan::parse(&new).expect_err("nothing costs anything");
    assert_eq!(problems[0].what, "nothing costs anything in this plan");
}

#[test]
fn prices_are_added_changed_asked_in_another_order_and_taken_away() {
    let text = text_of("group-practice");
    let (abroad, london) = (rate(&["international"], &[], "0.15"), rate(&[], &["+4420"], "0.02"));
    let new = open(text).with(&[Change::AddRate(abroad.clone())]).expect("added");
    let new = open(&new).with(&[Change::AddRate(london.clone())]).expect("added");
    let blocks = "\n[[rates]]\nkinds = [\"international\"]\nper_minute = 0.15\n\n[[rates]]\nnumbers = [\"+4420\"]\nper_minute = 0.02\n";
    assert_eq!(new, format!("{text}{blocks}"));
    assert_eq!(open(&new).rates(), [abroad.clone(), london.clone()]);
    assert_eq!(cost(&good(&new), "+442079460123"), "0.15");
    let raised = open(&new).with(&[Change::RaiseRate(1)]).expect("changed");
    assert_eq!(cost(&good(&raised), "+442079460123"), "0.02");
    assert_eq!(open(&raised).rates(), [london.clone(), abroad]);
    let dearer = rate(&["international", "premium"], &["+4420", "+4421"], "1");
    let (other, lines) = changed(&raised, &[Change::Rate(0, dearer.clone())]);
    assert_eq!(
        lines,
        "- numbers = [\"+4420\"]\n- per_minute = 0.02\n+ numbers = [\"+4420\", \"+4421\"]\n+ per_minute = 1\n\
         + kinds = [\"international\", \"premium\"]\n"
    );
    assert_eq!(open(&other).rates()[0], dearer);
    let (back, _) = changed(&other, &[Change::Rate(0, london)]);
    assert_eq!(back, raised);
    let gone = open(&raised).with(&[Change::TakeRate(0)]).expect("gone");
    assert_eq!(open(&gone).with(&[Change::TakeRate(0)]).as_deref(), Ok(text));
    for change in [Change::TakeRate(0), Change::RaiseRate(1), Change::Rate(0, rate(&[], &[], "1"))] {
        assert_eq!(open(text).with(&[change]), Err(Refusal::Gone));
    }
}

#[test]
fn kinds_of_calls_are_off_outside_hours_and_again_never() {
    let all = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let working = [true, true, true, true, true, false, false];
    let night = OffHours { open: Span { from: 8 * 60, until: 18 * 60 }, days: working, kinds: all(&["national"]) };
    for name in library_names() {
        let text = text_of(name);
        assert_eq!(open(text).off_hours(), None);
        assert_eq!(open(text).with(&[Change::OffHours(None)]).as_deref(), Ok(text));
        let (new, lines) = changed(text, &[Change::OffHours(Some(night.clone()))]);
        assert_eq!(lines, "+ [closed]\n+ open = \"08:00-18:00\"\n+ off = [\"national\"]\n");
        assert_eq!(open(&new).off_hours().as_ref(), Some(&night));
        let call = |text: &str, hours| {
            super::routes_when(&good(text), "101 202-555-0101", plan::Usage::default(), hours)
                .lines()
                .next()
                .map(str::to_owned)
        };
        // From Friday, 09:00: then, eleven hours later, and on Saturday.
        let meets =
            |text: &str| [0, 11, 24].map(|hours| call(text, hours).is_some_and(|line| line.contains("trunk main")));
        assert_eq!((meets(text), meets(&new)), ([true; 3], [true, false, false]), "{name}");
        let saturday = OffHours {
            days: [false, false, false, false, true, true, false],
            kinds: all(&["national", "short"]),
            ..night.clone()
        };
        let (other, lines) = changed(&new, &[Change::OffHours(Some(saturday))]);
        let days = "+ days = [\"friday\", \"saturday\"]\n";
        assert_eq!(lines, format!("- off = [\"national\"]\n+ off = [\"national\", \"short\"]\n{days}"));
        assert_eq!(meets(&other), [true, false, true], "{name}");
        assert_eq!(open(&other).with(&[Change::OffHours(None)]).as_deref(), Ok(text), "{name}");
    }
}
