//! Which numbers the clinic answers, where their calls go, and as which of them its own calls show themselves, changed by form.

use plan::edit::{Answers, Change, Number, NumberUse, Refusal, Schedule, ShowRule, Span, Week};
use plan::{Destination, Facts, Plan, library_names};

use super::edit::{changed, good, open, text_of};
use super::{at, caller, settings, target};

fn at_place(text: &str) -> Answers {
    Answers::At(Destination::parse(text).expect("a place"))
}

fn number(number: &str, to: &str) -> Number {
    Number { number: number.to_owned(), to: at_place(to), label: None }
}

/// What a call from outside to this number meets on a Tuesday morning, and what phones show before who calls.
pub(super) fn call(text: &str, number: &str) -> String {
    let (plan, settings, caller) = (good(text), settings(), caller("trunk"));
    let dialled = match number {
        "main" => settings.main_number.clone(),
        "fax" => settings.fax_number.clone(),
        other => settings.numbering.parse(other).expect("a number"),
    };
    let facts = Facts::new(&caller, &dialled, &settings, at("2027-08-03 10:00"));
    format!("{} {}", target(&plan.route(&facts).target), plan.label(&facts).unwrap_or_default()).trim().to_owned()
}

const NEW: &str = "+12025550177";

#[test]
fn a_number_is_added_to_every_library_plan_and_goes_again() {
    for name in library_names() {
        for line_end in ["\n", "\r\n"] {
            let text = text_of(name).replace('\n', line_end);
            let voice = Number { label: Some("Billing".to_owned()), ..number(NEW, "102") };
            let with = open(&text).with(&[Change::AddNumber(voice.clone())]).expect("added");
            let block =
                "\n[[inbound]]\nnumber = \"+12025550177\"\nto = \"102\"\nlabel = \"Billing\"\n".replace('\n', line_end);
            assert_eq!(with.replacen(&block, "", 1), text, "{name}");
            assert!(call(&with, NEW).starts_with("ring 102") && call(&with, NEW).ends_with(" Billing"), "{name}");
            assert_eq!(call(&with, "main"), call(&text, "main"), "{name}");
            assert!(open(&with).numbers().contains(&voice));
            assert_eq!(open(&with).with(&[Change::AddNumber(voice)]), Err(Refusal::Taken));
            assert_eq!(open(&with).with(&[Change::TakeNumber(NEW.to_owned())]).as_ref(), Ok(&text), "{name}");
            assert_eq!(open(&text).with(&[Change::TakeNumber(NEW.to_owned())]), Err(Refusal::Gone));
            // Faxes come there that the box receives itself, as at its fax number.
            let fax = open(&text).with(&[Change::AddNumber(number(NEW, "fax machine"))]).expect("added");
            assert_eq!((call(&text, NEW), call(&fax, NEW)), ("refuse 404".to_owned(), "fax machine".to_owned()));
            let numbers = good(&fax).fax_numbers(&settings());
            assert!(numbers.iter().any(|own| own.as_str() == NEW), "{name}: a document may lie ready there");
        }
    }
}

#[test]
fn every_number_of_every_library_plan_may_lead_anywhere_and_the_main_number_and_the_fax_may_be_left_unsaid() {
    for name in library_names() {
        let text = text_of(name);
        let editor = open(text);
        let numbers = editor.numbers();
        assert!(numbers.len() >= 2, "{name}");
        for own in &numbers {
            assert_eq!(editor.with(&[Change::Number(own.clone())]).as_deref(), Ok(text), "{name}: {}", own.number);
            for (place, meets) in [("103", "ring 103"), ("fax machine", "fax machine"), ("hang up", "refuse")] {
                let to = Number { label: Some("Line 2".to_owned()), ..number(&own.number, place) };
                let new = editor.with(&[Change::Number(to.clone())]).expect("changed");
                assert!(open(&new).numbers().contains(&to), "{name}: {}: {place}\n{new}", own.number);
                assert!(call(&new, &own.number).starts_with(meets), "{name}: {}", call(&new, &own.number));
                let back = open(&new).with(&[Change::Number(own.clone())]).expect("changed");
                assert_eq!(call(&back, &own.number), call(text, &own.number), "{name}: {}", own.number);
            }
            let without = editor.with(&[Change::TakeNumber(own.number.clone())]).expect("taken away");
            let meets = match own.number.as_str() {
                "main" => "ring 101+102+103 ",
                "fax" => "fax machine",
                _ => "refuse 404",
            };
            assert!(call(&without, &own.number).starts_with(meets), "{name}: {}", call(&without, &own.number));
        }
    }
}

/// What is said of how phones ring is said of those phones, and of no step.
#[test]
fn a_number_that_rang_phones_leads_on_and_how_they_rang_goes() {
    let text = "# Ours.\n[[inbound]]\nnumber = \"main\" # ours since May\nring = [\"101\", \"102\"]\nseconds = 40\norder = \"growing\"\n\
                screen = \"all\"\nnobody = \"103\"\nlabel = \"Front\" # as on the sign\n\n[extensions.190]\nto = \"103\"\n[extensions.600]\nring = [\"103\"]\n";
    let phones = open(text).numbers().remove(0);
    assert_eq!(phones.to, Answers::Phones(vec!["101".to_owned(), "102".to_owned()]));
    let to = |place: &str| Change::Number(Number { to: at_place(place), ..phones.clone() });
    let (new, lines) = changed(text, &[to("190")]);
    assert_eq!(
        lines,
        "- ring = [\"101\", \"102\"]\n- seconds = 40\n- order = \"growing\"\n- screen = \"all\"\n- nobody = \"103\"\n+ to = \"190\"\n"
    );
    assert!(call(&new, "main").starts_with("ring 103 ") && call(&new, "main").ends_with(" Front"));
    // Another phone, or a group, rings as those before it did.
    let (new, lines) = changed(text, &[to("600")]);
    assert_eq!(lines, "- ring = [\"101\", \"102\"]\n+ ring = [\"600\"]\n");
    assert_eq!(open(&new).numbers().remove(0).to, at_place("600"));
    assert!(call(&new, "main").starts_with("ring 103 40s"));
    let (_, lines) = changed(&new, &[Change::Number(Number { label: None, ..open(&new).numbers().remove(0) })]);
    assert_eq!(lines, "- label = \"Front\" # as on the sign\n");
    let gone = Number { number: "fax".to_owned(), ..phones };
    assert_eq!(open(text).with(&[Change::Number(gone)]), Err(Refusal::Gone));
    let (without, _) = changed(text, &[Change::TakeNumber("main".to_owned())]);
    assert_eq!(without, "# Ours.\n\n[extensions.190]\nto = \"103\"\n[extensions.600]\nring = [\"103\"]\n");
}

#[test]
fn what_speaks_of_a_number_is_known() {
    let more = "[[inbound]]\nnumber = \"+1 202 555 0177\"\nto = \"102\"\n[[callers]]\nnumbers = [\"+1900\"]\nto = \"hang up\"\n\
                [[callers]]\nnumbers = [\"+44\"]\ncalled = [\"main\", \"+12025550177\"]\nto = \"busy\"\n[[shows]]\nnumber = \"+1 (202) 555-0177\"\n\
                [recording]\nstart = \"always\"\nnumbers = [\"+12025550177\"]\n";
    let text = format!("{}\n{more}", text_of("solo-practice"));
    good(&text);
    let uses = [NumberUse::Callers(1), NumberUse::Shows(0), NumberUse::Recording];
    assert_eq!(open(&text).uses_of(NEW), uses);
    assert_eq!((open(&text).uses_of("main"), open(&text).uses_of("+12025550178")), (Vec::new(), Vec::new()));
    // Without it the plan would speak of a number that it does not answer.
    let without = open(&text).with(&[Change::TakeNumber(NEW.to_owned())]).expect("taken away");
    let problems = match Plan::parse(&without) {
        Ok(plan) => plan.check(&settings()),
        Err(problems) => problems,
    };
    assert_eq!(problems[0].what, "this plan answers no such number");
}

fn show(people: &[&str], numbers: &[&str], number: &str) -> ShowRule {
    let all = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    ShowRule { people: all(people), numbers: all(numbers), number: number.to_owned(), name: None }
}

/// What a call of this extension to a number in town shows.
fn shown(text: &str, extension: &str, called: &str) -> String {
    let (plan, settings) = (good(text), settings());
    let called = settings.numbering.parse(called).expect("a number");
    let shown = plan.shows(Some(extension), &called, &settings);
    shown.map_or_else(String::new, |shown| {
        format!("{} {}", shown.number.as_str(), shown.name.unwrap_or_default()).trim().to_owned()
    })
}

#[test]
fn what_calls_show_is_added_changed_asked_in_another_order_and_taken_away() {
    for name in library_names() {
        let text = text_of(name);
        let billing = ShowRule { name: Some("Billing".to_owned()), ..show(&["103"], &[], "fax") };
        let new = open(text).with(&[Change::AddShow(billing.clone())]).expect("added");
        let block = "\n[[shows]]\npeople = [\"103\"]\nnumber = \"fax\"\nname = \"Billing\"\n";
        assert_eq!(new, format!("{text}{block}"), "{name}");
        let calls = [("103", "+12025550142"), ("101", "+12025550142")];
        assert_eq!(calls.map(|(who, to)| shown(&new, who, to)), ["+12025550199 Billing", ""], "{name}");
        let two = open(&new).with(&[Change::AddShow(show(&[], &["+120255501"], "main"))]).expect("added");
        assert_eq!(calls.map(|(who, to)| shown(&two, who, to)), ["+12025550199 Billing", "+12025550123"], "{name}");
        let raised = open(&two).with(&[Change::RaiseShow(1)]).expect("changed");
        assert_eq!(calls.map(|(who, to)| shown(&raised, who, to)), ["+12025550123", "+12025550123"], "{name}");
        let other = show(&["101", "102"], &["+1202", "118"], "main");
        let (changed, lines) = changed(&two, &[Change::Show(0, other.clone())]);
        assert_eq!(
            lines,
            "- people = [\"103\"]\n- number = \"fax\"\n- name = \"Billing\"\n+ people = [\"101\", \"102\"]\n+ number = \"main\"\n+ numbers = [\"+1202\", \"118\"]\n"
        );
        assert_eq!(open(&changed).show_rules()[0], other);
        assert_eq!(open(&two).with(&[Change::Show(0, billing)]).as_ref(), Ok(&two));
        assert_eq!(open(&two).with(&[Change::TakeShow(1)]).as_ref(), Ok(&new), "{name}");
        assert_eq!(open(&new).with(&[Change::TakeShow(0)]).as_deref(), Ok(text), "{name}");
        for gone in [Change::TakeShow(0), Change::RaiseShow(0), Change::Show(0, other)] {
            assert_eq!(open(text).with(&[gone]), Err(Refusal::Gone));
        }
    }
}

/// Another site: a number, hours and what leads its calls by them.
#[test]
fn more_hours_and_what_leads_by_them_come_by_form() {
    let span = |from: u16, until: u16| vec![Span { from: from * 60, until: until * 60 }];
    let mut days: [Vec<Span>; 7] = Default::default();
    days[..5].fill(span(9, 12));
    days[5] = span(10, 11);
    let week = Week { name: "lab".to_owned(), days, holidays: false };
    let [open_to, closed] = ["102", "hang up"].map(|text| Destination::parse(text).expect("a place"));
    let (name, hours) = ("lab".to_owned(), "lab".to_owned());
    let schedule = Schedule { name, hours, open: open_to, closed, holiday: None, night_switch: true };
    for name in library_names() {
        let text = text_of(name);
        let lab = number(NEW, "schedule lab");
        let changes = [Change::AddWeek(week.clone()), Change::AddSchedule(schedule.clone()), Change::AddNumber(lab)];
        let (new, lines) = changed(text, &changes);
        for block in [
            "+ [hours.lab]\n+ weekdays = \"09:00-12:00\"\n+ saturday = \"10:00-11:00\"\n+ holidays = false\n",
            "+ [schedules.lab]\n+ hours = \"lab\"\n+ open = \"102\"\n+ closed = \"hang up\"\n",
        ] {
            assert!(lines.contains(block), "{name}: {lines}");
        }
        assert!(call(&new, NEW).starts_with("ring 102"), "{name}");
        assert_eq!(call(&new, "main"), call(text, "main"), "{name}");
        let after = open(&new);
        assert!(after.weeks().contains(&week) && after.schedules().contains(&schedule), "{name}");
        for again in [Change::AddWeek(week.clone()), Change::AddSchedule(schedule.clone())] {
            assert_eq!(after.with(&[again]), Err(Refusal::Taken));
        }
        let gone = [
            Change::TakeNumber(NEW.to_owned()),
            Change::Without(Destination::Schedule("lab".to_owned()), None),
            Change::WithoutHours("lab".to_owned(), None),
        ];
        let back = gone.into_iter().fold(new, |text, change| open(&text).with(&[change]).expect("taken away"));
        assert_eq!(back, text, "{name}");
    }
}
