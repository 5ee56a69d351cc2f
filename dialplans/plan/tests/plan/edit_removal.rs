//! What goes from a plan by form: its table with what is noted about it and no other line, and whatever led there leads elsewhere.

use expect_test::expect;
use plan::edit::{Change, Group, GroupOf, Refusal, Said, Saying, Schedule, Source};
use plan::{Destination, Plan, library_names};

use super::edit::{changed, good, open, text_of};
use super::edit_numbers::call;
use super::{calls_at, settings};

fn to(text: &str) -> Destination {
    Destination::parse(text).expect("a place")
}

fn without(what: &str, instead: Option<&str>) -> Change {
    Change::Without(to(what), instead.map(to))
}

/// "menu main Key('1')": what leads there, and how.
fn leads(text: &str, what: &str) -> Vec<String> {
    let from = |from: Source| match from {
        Source::Number(number) => number,
        Source::Step(step) => step.to_string(),
        Source::Callers(n) => format!("callers {n}"),
    };
    let lead = |lead: plan::edit::Lead| format!("{} {:?}", from(lead.from), lead.by);
    open(text).leads_to(&to(what)).into_iter().map(lead).collect()
}

#[test]
fn every_step_of_every_library_plan_may_go_and_calls_go_where_they_are_to() {
    for name in library_names() {
        let text = text_of(name);
        let editor = open(text);
        let people = ["101", "102", "103"].map(to);
        let steps: Vec<_> =
            editor.destinations(&settings()).into_iter().filter(|step| !people.contains(step)).collect();
        for what in steps {
            let Ok(new) = editor.with(&[Change::Without(what.clone(), Some(to("102")))]) else {
                let is_step = matches!(what, Destination::Voicemail(_) | Destination::FaxMachine);
                assert!(is_step || matches!(what, Destination::Busy | Destination::HangUp), "{name}: {what}");
                continue;
            };
            let after = open(&new);
            // What led there leads to the nurse; hours that nothing asks for any more are the only trouble that may be left.
            if !matches!(what, Destination::Schedule(_)) {
                good(&new);
            }
            assert_eq!(after.leads_to(&what), [], "{name}: {what}\n{new}");
            assert!(!after.destinations(&settings()).contains(&what), "{name}: {what}\n{new}");
            let (before, still) = (editor.leads().len(), after.leads().len());
            assert!(still <= before, "{name}: {what}");
            // Each line that is left was there, or leads to the nurse now; and no note has gone that is about something else.
            for line in new.lines() {
                assert!(text.lines().any(|old| old == line) || line.contains("\"102\""), "{name}: {what}: {line}");
            }
            let notes = |text: &str| text.lines().filter(|l| l.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(notes(&without_block(text, &what)), notes(&new), "{name}: {what}");
            assert!(!new.contains("\n\n\n"), "{name}: {what}\n{new}");
        }
    }
}

/// The text without the lines around the header of this table, up to a blank one before and one after it.
fn without_block(text: &str, what: &Destination) -> String {
    let (table, name) = what.to_string().split_once(' ').map_or_else(
        || ("extensions".to_owned(), what.to_string()),
        |(kind, name)| (format!("{kind}s"), name.to_owned()),
    );
    let header = format!("\n[{table}.{name}]");
    let at = text.find(&header).unwrap_or_else(|| panic!("no {header}")) + 1;
    let (start, end) =
        (text[..at].rfind("\n\n").expect("a blank line"), text[at..].find("\n\n").expect("a blank line"));
    format!("{}{}", &text[..start], &text[at + end..])
}

#[test]
fn what_leads_there_is_known_with_how() {
    let text = text_of("group-practice");
    assert_eq!(leads(text, "queue appointments"), ["menu main Word(\"nobody\")", "menu main Key('1')"]);
    assert_eq!(
        leads(text, "announcement call-again"),
        ["queue appointments Word(\"full\")", "queue appointments Word(\"nobody\")"]
    );
    assert_eq!(
        leads(text, "rota doctor"),
        ["announcement closed Word(\"then\")", "announcement holiday Word(\"then\")"]
    );
    assert_eq!(leads(text, "schedule front"), ["main Word(\"to\")"]);
    assert_eq!(leads(text_of("solo-practice"), "100"), ["main Among(\"ring\")"]);
    let more = format!(
        "{text}\n[[callers]]\nnumbers = [\"+1900\"]\nto = \"announcement closed\"\n[rotas.doctor.swaps]\n\"2026-12-24 08:00 - 2026-12-27 08:00\" = \"600\"\n[extensions.600]\nring = [\"600\", \"101\"]\n"
    );
    assert_eq!(leads(&more, "announcement closed"), ["schedule front Word(\"closed\")", "callers 0 Word(\"to\")"]);
    assert_eq!(leads(&more, "600"), ["rota doctor StandsIn(\"2026-12-24 08:00 - 2026-12-27 08:00\")"]);
}

#[test]
fn a_queue_goes_and_its_callers_ring_the_desk() {
    let text = text_of("group-practice");
    let (new, lines) = changed(text, &[without("queue appointments", Some("101"))]);
    expect![[r#"
        - keys = { 1 = "queue appointments", 2 = "102", 3 = "103", 9 = "language es" }
        - nobody = "queue appointments"
        - [queues.appointments]
        - ring = ["101", "102"]
        - order = "longest idle"
        - seconds = 15
        - every = 45              # how often a caller is told how many are before them
        - say_wait = true         # and how long it may take, once three have got through within the hour
        - wait = 600
        - at_most = 8
        - nobody = "announcement call-again"
        - full = "announcement call-again"
        - callback = "2"          # who presses it keeps their place and is called back
        + keys = { 1 = "101", 2 = "102", 3 = "103", 9 = "language es" }
        + nobody = "101"
    "#]]
    .assert_eq(&lines);
    let plan = good(&new);
    assert!(calls_at(&plan, None, "2027-08-03 10:00").contains("-> menu main"));
    assert_eq!(open(&new).unreached(), ["announcement call-again"]);
    assert_eq!(open(&new).with(&[without("queue appointments", None)]), Err(Refusal::Gone));
}

/// A number of the clinic and another group ring it; who would ring twice rings once, and a person who has two turns keeps them.
#[test]
fn a_group_goes_from_the_lists_of_others() {
    let text = "[[inbound]]\nnumber = \"main\"\nring = [\"600\", \"102\"]\n[extensions.600]\nring = [\"101\"]\n[extensions.601]\n\
                ring = [\"101\", \"600\"] # both\n[rotas.night]\nturns = [\"600\", \"102\", \"600\"]\nsince = \"2026-11-16\"\n[extensions.190]\nto = \"rota night\"\n";
    let (new, lines) = changed(text, &[without("600", Some("102"))]);
    expect![[r#"
        - ring = ["600", "102"]
        - [extensions.600]
        - ring = ["101"]
        - ring = ["101", "600"] # both
        - turns = ["600", "102", "600"]
        + ring = ["102"]
        + ring = ["101", "102"] # both
        + turns = ["102", "102", "102"]
    "#]]
    .assert_eq(&lines);
    good(&new);
    // No menu rings.
    let menu = format!("{text}[menus.night]\nkeys = {{ 1 = \"600\" }}\nnobody = \"101\"\n");
    assert_eq!(open(&menu).with(&[without("600", Some("menu night"))]), Err(Refusal::ByHand));
    let listed = text.replace("[\"600\", \"102\"]", "[\n  \"600\", # the group\n  \"102\",\n]");
    assert_eq!(
        open(&listed).with(&[without("600", Some("102"))]),
        Err(Refusal::ByHand),
        "notes in a list are its writer's"
    );
}

#[test]
fn what_was_added_and_goes_again_leaves_the_text_as_it_was() {
    let snow = Change::AddSaid(Said {
        at: Saying::Announcement("snow".to_owned()),
        prompts: vec!["clinic_closed".to_owned()],
        texts: [(String::new(), "We are closed, for snow.".to_owned())].into(),
        then: None,
    });
    let group = Change::AddGroup(Group {
        of: GroupOf::Extension("640".to_owned()),
        ring: vec!["101".to_owned()],
        order: "together".to_owned(),
        seconds: 25,
        nobody: None,
        busy: None,
        unreachable: None,
        screen: None,
    });
    for name in library_names() {
        for line_end in ["\n", "\r\n"] {
            let text = text_of(name).replace('\n', line_end);
            for (added, what) in [(&snow, "announcement snow"), (&group, "640")] {
                let with = open(&text).with(std::slice::from_ref(added)).expect("added");
                assert_ne!(with, text);
                assert_eq!(open(&with).with(&[without(what, None)]).as_ref(), Ok(&text), "{name}: {what}");
            }
        }
    }
}

/// People write tables in many ways, and notes wherever they like.
#[test]
fn a_table_goes_in_whichever_way_it_is_written() {
    let rest = "[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n";
    let check = |before: &str, table: &str, after: &str| {
        for (before, rest) in [(before.to_owned(), rest.to_owned()), (format!("{rest}{before}"), String::new())] {
            // Keys without a header stand before the first.
            if before.contains('[') && !table.starts_with('[') {
                continue;
            }
            // What stands right below a table and above no other is about that table.
            let own = rest.is_empty() && table.starts_with('[') && !after.is_empty();
            let left = if own { before.trim_end().to_owned() + "\n" } else { format!("{before}{after}{rest}") };
            let new = open(&format!("{before}{table}{after}{rest}")).with(&[without("menu night", None)]);
            assert_eq!(new, Ok(left), "{table}");
        }
    };
    check("", "menus.night.keys.1 = \"101\" # one\nmenus.night.nobody = \"hang up\"\n", "# Calls\n");
    check("# Ours\n\n", "[menus.night] # at night\nnobody = \"hang up\"\nkeys = { 1 = \"101\" }\n", "# the end\n");
    check("", "[menus.night]\nnobody = \"hang up\"\n[menus.night.keys] # all\n1 = \"101\"\n", "");
    check(
        "",
        "[menus.night.keys]\n1 = \"101\"\n[menus.night.say]\nen = \"Hello\"\n[menus.night]\nnobody = \"101\"\n",
        "",
    );
    let noted =
        "[menus.night]\n# Nobody may be there.\nnobody = \"101\"\nkeys = { 1 = \"101\" }\n# names = [\"all\"]\n\n";
    let new = open(&format!("{noted}{rest}")).with(&[without("menu night", None)]);
    assert_eq!(new.as_deref(), Ok(format!("\n{rest}").trim_start()));
    let inline = |menus: &str| format!("menus = {menus}\n{rest}");
    let (night, day) =
        ("night = { keys = { 1 = \"101\" }, nobody = \"101\" }", "day = { keys = { 2 = \"102\" }, nobody = \"102\" }");
    let new = open(&inline(&format!("{{ {night}, {day} }}"))).with(&[without("menu night", None)]);
    assert_eq!(new, Ok(inline(&format!("{{ {day} }}"))));
    let new = open(&format!("{rest}[menus]\n{night}\n{day}\n")).with(&[without("menu night", None)]);
    assert_eq!(new, Ok(format!("{rest}[menus]\n{day}\n")));
}

#[test]
fn hours_go_once_other_hours_lead_their_calls() {
    let text = text_of("multi-site");
    assert_eq!(open(text).schedules_by("hill"), ["hill"]);
    let (new, lines) = changed(text, &[Change::WithoutHours("hill".to_owned(), Some("harbor".to_owned()))]);
    assert_eq!(
        lines,
        "- [hours.hill]\n- monday = \"08:00-12:00\"\n- wednesday = \"08:00-12:00, 13:00-18:00\"\n- friday = \"08:00-12:00\"\n\
         - hours = \"hill\"\n+ hours = \"harbor\"\n"
    );
    good(&new);
    assert_eq!(
        (open(&new).schedules_by("harbor"), open(&new).weeks().len()),
        (vec!["harbor".to_owned(), "hill".to_owned()], 1)
    );
    assert_eq!(call(&new, "+12025550124"), call(text, "main").replace("101+102 20s", "103 20s"));
    // Led by other hours alone, and the hours stay.
    let hill = open(text).schedules().into_iter().find(|schedule| schedule.name == "hill").expect("it is led by hours");
    let (led, lines) = changed(text, &[Change::Schedule(Schedule { hours: "harbor".to_owned(), ..hill })]);
    assert_eq!(lines, "- hours = \"hill\"\n+ hours = \"harbor\"\n");
    assert_eq!((call(&led, "+12025550124"), open(&led).schedules_by("hill").len()), (call(&new, "+12025550124"), 0));
    let gone = open(text).with(&[Change::WithoutHours("nobody".to_owned(), None)]);
    assert_eq!(gone, Err(Refusal::Gone));
    // Led by none, they go alone; and what leads by them must lead elsewhere first.
    let problems = Plan::parse(&open(text).with(&[Change::WithoutHours("hill".to_owned(), None)]).expect("written"));
    assert_eq!(problems.expect_err("a schedule asks for them")[0].what, "there are no hours \"hill\"");
    let text = text_of("group-practice");
    let steps = [
        Change::Without(Destination::Schedule("front".to_owned()), Destination::parse("menu main")),
        Change::WithoutHours("office".to_owned(), None),
    ];
    let new = open(text).with(&steps).expect("changed");
    assert!(!new.contains("office") && !new.contains("When the clinic is open."), "{new}");
    assert!(call(&new, "main").starts_with("menu main"));
    assert_eq!(open(&new).may_open(), Destination::parse("menu main"), "it may get hours anew");
}
