//! Where a group's calls go that nobody took, who says their name first, what leads on, and whom a menu finds, changed by form.

use std::collections::BTreeMap;

use plan::edit::{Change, EVERYBODY, Editor, Group, GroupOf, MenuKeys, Refusal, Said, Saying, Schedule, screenings};
use plan::{Destination, Facts, Missed, Named, Night, Plan, Screening, Sense, Target, library_names};

use super::edit::{changed, good, open, text_of};
use super::{at, caller, settings, target};

#[test]
fn a_groups_calls_go_elsewhere_when_all_are_in_a_call_or_no_phone_is_reached() {
    let text = text_of("multi-site");
    let mut group = open(text).groups().into_iter().find(|group| group.of == GroupOf::Extension("200".to_owned()));
    let group = group.as_mut().expect("the desk of Hill Road");
    assert_eq!((&group.busy, &group.unreachable), (&None, &Some(Destination::Extension("100".to_owned()))));
    group.busy = Destination::parse("queue both");
    group.unreachable = None;
    let (new, lines) = changed(text, &[Change::Group(group.clone())]);
    assert_eq!(lines, "- unreachable = \"100\"\n+ busy = \"queue both\"\n");
    let (settings, caller) = (settings(), caller("trunk"));
    let hill = settings.numbering.parse("+12025550124").expect("a number");
    let facts = Facts::new(&caller, &hill, &settings, at("2027-08-02 09:00"));
    let next = |text: &str| match good(text).route(&facts).target {
        Target::Ring { then, .. } => {
            [Missed::Busy, Missed::Unreachable, Missed::NoAnswer].map(|missed| then.after(missed).cloned())
        }
        other => panic!("{other:?}"),
    };
    let [queue, desk] = ["queue both", "100"].map(Destination::parse);
    assert_eq!(next(text), [queue.clone(), desk, queue.clone()]);
    assert_eq!(next(&new), [queue.clone(), queue.clone(), queue]);
    assert_eq!(open(text).with(&[Change::Group(open(text).groups().remove(1))]).as_deref(), Ok(text));
}

#[test]
fn callers_of_a_group_say_their_name_first() {
    for name in library_names() {
        for group in open(text_of(name)).groups() {
            assert_eq!(group.screen, None, "{name}");
            for word in screenings() {
                let with = Group { screen: Some(word.to_owned()), ..group.clone() };
                let (new, lines) = changed(text_of(name), &[Change::Group(with.clone())]);
                assert_eq!(lines, format!("+ screen = \"{word}\"\n"), "{name}");
                good(&new);
                assert!(open(&new).groups().contains(&with), "{name}");
                assert_eq!(open(&new).with(&[Change::Group(group.clone())]).as_deref(), Ok(text_of(name)));
            }
        }
    }
    let mut group = open(text_of("solo-practice")).groups().remove(0);
    group.screen = Some("all".to_owned());
    let plan = good(&open(text_of("solo-practice")).with(&[Change::Group(group)]).expect("changed"));
    let (settings, caller) = (settings(), caller("trunk"));
    let facts = Facts::new(&caller, &settings.main_number, &settings, at("2027-08-02 09:00"));
    let Target::Ring { screening, .. } = plan.route(&facts).target else { panic!("phones ring") };
    assert_eq!(screening, Screening::Everybody);
}

#[test]
fn an_extension_that_leads_on_comes_leads_elsewhere_and_goes() {
    let [rota, menu] = ["rota doctor", "menu main"].map(|text| Destination::parse(text).expect("a place"));
    let text = text_of("group-practice");
    let (new, lines) = changed(text, &[Change::AddLead("190".to_owned(), rota.clone())]);
    assert_eq!(lines, "+ [extensions.190]\n+ to = \"rota doctor\"\n");
    assert_eq!(open(&new).leading().get("190"), Some(&rota));
    let meets = |text: &str| {
        let (settings, caller) = (settings(), caller("102"));
        let dialled = settings.numbering.parse("190").expect("a number");
        target(&good(text).route(&Facts::new(&caller, &dialled, &settings, at("2027-08-02 09:00"))).target)
    };
    assert!(meets(&new).starts_with("rota doctor"), "{}", meets(&new));
    let (other, lines) = changed(&new, &[Change::Lead("190".to_owned(), menu)]);
    assert_eq!(
        (lines.as_str(), meets(&other).as_str()),
        ("- to = \"rota doctor\"\n+ to = \"menu main\"\n", "menu main")
    );
    assert_eq!(open(&new).with(&[Change::AddLead("190".to_owned(), rota.clone())]), Err(Refusal::Taken));
    assert_eq!(open(text).with(&[Change::Lead("190".to_owned(), rota)]), Err(Refusal::Gone));
    let gone = Change::Without(Destination::Extension("190".to_owned()), None);
    assert_eq!(open(&new).with(&[gone]).as_deref(), Ok(text));
}

#[test]
fn a_menu_finds_people_by_their_extensions_and_by_the_letters_of_their_names() {
    let text = text_of("group-practice");
    let old = open(text).menus().remove(0);
    assert_eq!((old.extensions, old.names.as_slice()), (true, &[][..]));
    let with = |extensions, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Change::Menu(MenuKeys { extensions, names, ..old.clone() })
    };
    let found = |text: &str, letters: &str| {
        let (plan, settings) = (good(text), settings());
        let caller = caller("trunk");
        let facts = Facts::new(&caller, &settings.main_number, &settings, at("2027-08-03 10:00"));
        let Target::Menu(menu) = plan.route(&facts).target else { panic!("the clinic is open") };
        match plan.found_by_letters(&menu, letters, &settings) {
            Named::These(people) => people.iter().map(|person| person.extension.clone()).collect(),
            Named::Nobody | Named::Many => String::new(),
        }
    };
    let (all, lines) = changed(text, &[with(false, &[EVERYBODY])]);
    assert_eq!(lines, "- extensions = true       # who knows an extension may dial it\n+ names = [\"all\"]\n");
    assert_eq!(
        (found(text, "687"), found(&all, "687"), found(&all, "362")),
        (String::new(), "102".to_owned(), "103".to_owned())
    );
    let (some, lines) = changed(&all, &[with(true, &["103", "101"])]);
    assert_eq!(lines, "- names = [\"all\"]\n+ names = [\"103\", \"101\"]\n+ extensions = true\n");
    assert_eq!((found(&some, "687"), found(&some, "362")), (String::new(), "103".to_owned()));
    let (none, lines) = changed(&some, &[with(true, &[])]);
    assert_eq!(lines, "- names = [\"103\", \"101\"]\n");
    assert_eq!(open(&none).menus(), std::slice::from_ref(&old));
    // A menu may have no keys where it finds people, and no other.
    let bare = |extensions, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let keys = MenuKeys {
            name: "people".to_owned(),
            keys: BTreeMap::new(),
            extensions,
            names,
            seconds: 5,
            times: 3,
            nobody: Destination::HangUp,
        };
        let at = Saying::Menu("people".to_owned());
        let said = Said { at, prompts: vec!["dial_by_name".to_owned()], texts: BTreeMap::new(), then: None };
        open(text).with(&[Change::AddMenu(keys, said)])
    };
    let new = bare(true, &["102"]).expect("added");
    let block =
        "\n[menus.people]\nprompt = \"dial_by_name\"\nnobody = \"hang up\"\nextensions = true\nnames = [\"102\"]\n";
    assert_eq!(new.replacen(block, "", 1), text);
    good(&new);
    assert_eq!(Plan::parse(&bare(false, &[]).expect("written")).expect_err("no keys")[0].what, "this menu has no keys");
}

#[test]
fn a_menu_waits_as_long_and_speaks_as_often_as_is_said() {
    let text = text_of("group-practice");
    let old = open(text).menus().remove(0);
    let waits = |seconds, times| Change::Menu(MenuKeys { seconds, times, ..old.clone() });
    let (new, lines) = changed(text, &[waits(9, 2)]);
    assert_eq!(lines, "+ seconds = 9\n+ times = 2\n");
    let (plan, settings, caller) = (good(&new), settings(), caller("trunk"));
    let facts = Facts::new(&caller, &settings.main_number, &settings, at("2027-08-03 10:00"));
    let Target::Menu(menu) = plan.route(&facts).target else { panic!("the clinic is open") };
    assert_eq!((menu.wait.as_secs(), menu.times), (9, 2));
    let (_, lines) = changed(&new, &[waits(old.seconds, old.times)]);
    assert_eq!(lines, "- seconds = 9\n- times = 2\n+ seconds = 5\n+ times = 3\n");
    for bad in [waits(1, 3), waits(61, 3), waits(5, 0), waits(5, 11)] {
        Editor::open(&open(text).with(&[bad]).expect("written")).expect_err("no menu waits so");
    }
    let other = MenuKeys { name: "night".to_owned(), seconds: 8, ..old };
    let words = Said {
        at: Saying::Menu("night".to_owned()),
        prompts: vec!["clinic_closed".to_owned()],
        texts: BTreeMap::new(),
        then: None,
    };
    let (_, lines) = changed(text, &[Change::AddMenu(other, words)]);
    assert!(lines.contains("+ seconds = 8\n") && !lines.contains("times"), "{lines}");
}

#[test]
fn a_schedule_heeds_the_night_switch_or_does_not() {
    let text = text_of("group-practice");
    let schedule = open(text).schedules().into_iter().find(|own| own.name == "front").expect("it is there");
    assert!(schedule.night_switch);
    let heeds = |night_switch| Change::Schedule(Schedule { night_switch, ..schedule.clone() });
    let meets = |text: &str| {
        let (plan, settings, caller) = (good(text), settings(), caller("trunk"));
        let night = Some(Night { sense: Sense::Closed, until: None });
        let facts = Facts::new(&caller, &settings.main_number, &settings, at("2027-08-03 10:00"));
        target(&plan.route(&Facts { night, ..facts }).target)
    };
    let (new, lines) = changed(text, &[heeds(false)]);
    assert_eq!(lines, "+ night_switch = false\n");
    assert_eq!((meets(text).as_str(), meets(&new).as_str()), ("announcement closed", "menu main"));
    assert_eq!(open(&new).with(&[heeds(true)]).as_deref(), Ok(text));
    let lab = Schedule { name: "lab".to_owned(), night_switch: false, ..schedule };
    let (new, _) = changed(text, &[Change::AddSchedule(lab.clone())]);
    assert!(open(&new).schedules().contains(&lab), "{new}");
}
