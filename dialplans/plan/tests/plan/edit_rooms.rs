//! Rooms and orbits, changed by form.

use plan::edit::{Change, Parking, Refusal, Room};
use plan::{Facts, Target, library_names};

use super::edit::{changed, good, open, text_of};
use super::{at, caller, settings};

fn room(number: &str, pin: Option<&str>) -> Room {
    Room { number: number.to_owned(), pin: pin.map(str::to_owned) }
}

/// What 101 meets who dials 899.
fn dials_899(text: &str) -> String {
    let (settings, caller) = (settings(), caller("101"));
    let dialled = settings.numbering.parse("899").expect("a number");
    match good(text).route(&Facts::new(&caller, &dialled, &settings, at("2027-08-03 10:00"))).target {
        Target::Room { pin, .. } => pin_asked(pin.as_deref()),
        other => super::target(&other),
    }
}

fn pin_asked(pin: Option<&str>) -> String {
    format!("a room, {}", pin.unwrap_or("open"))
}

#[test]
fn a_room_comes_to_every_library_plan_gets_a_pin_and_goes_again() {
    for name in library_names() {
        for line_end in ["\n", "\r\n"] {
            let text = text_of(name).replace('\n', line_end);
            for pin in [None, Some("4711")] {
                let new = open(&text).with(&[Change::AddRoom(room("899", pin))]).expect("added");
                assert_eq!((dials_899(&text), dials_899(&new)), ("refuse 404".to_owned(), pin_asked(pin)), "{name}");
                assert!(open(&new).rooms().contains(&room("899", pin)), "{name}: {new}");
                assert_eq!(open(&new).rooms().len(), open(&text).rooms().len() + 1, "{name}");
                assert_eq!(new.matches('\n').count(), new.matches(line_end).count());
                assert_eq!(open(&new).with(&[Change::AddRoom(room("899", None))]), Err(Refusal::Taken));
                let other = open(&new).with(&[Change::Room(room("899", Some("0815")))]).expect("changed");
                assert!(open(&other).rooms().contains(&room("899", Some("0815"))), "{name}");
                let without = open(&other).with(&[Change::Room(room("899", None))]).expect("changed");
                assert!(open(&without).rooms().contains(&room("899", None)), "{name}");
                assert_eq!(open(&new).with(&[Change::TakeRoom("899".to_owned())]).as_ref(), Ok(&text), "{name}");
            }
        }
    }
    let text = text_of("solo-practice");
    for change in [Change::TakeRoom("899".to_owned()), Change::Room(room("899", None))] {
        assert_eq!(open(text).with(&[change]), Err(Refusal::Gone));
    }
    let braces = "rooms = { 800 = {} }\n[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n";
    let (new, _) = changed(braces, &[Change::AddRoom(room("801", None))]);
    assert_eq!(open(&new).rooms(), [room("800", None), room("801", None)], "{new}");
}

#[test]
fn what_cannot_be_a_room_is_said_by_the_plan() {
    let text = text_of("solo-practice");
    for (bad, says) in [
        (room("911", None), "this cannot be the number of a room"),
        (room("80a", None), "this cannot be the number of a room"),
        (room("801", Some("12")), "this is no PIN"),
    ] {
        let new = open(text).with(&[Change::AddRoom(bad)]).expect("written");
        let problems = plan::Plan::parse(&new).expect_err("no such room");
        assert!(problems.iter().any(|problem| problem.what == says), "{problems:?}");
    }
}

#[test]
fn orbits_and_how_long_they_keep_a_caller_are_changed_also_where_the_plan_says_nothing_of_them() {
    let bare = "[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n";
    let usual = Parking { orbits: "700-709".to_owned(), seconds: 90 };
    for text in library_names().map(text_of).chain([bare]) {
        assert_eq!(open(text).parking(), usual);
        assert_eq!(open(text).with(&[Change::Parking(usual.clone())]).as_deref(), Ok(text));
        let other = Parking { orbits: "720-721".to_owned(), seconds: 45 };
        let (new, _) = changed(text, &[Change::Parking(other.clone())]);
        assert_eq!(open(&new).parking(), other);
        let (plan, settings) = (good(&new), settings());
        let waits = |orbit: &str| plan.orbit(orbit, &settings).map(|long| long.as_secs());
        assert_eq!((waits("720"), waits("721"), waits("722"), waits("700")), (Some(45), Some(45), None, None));
    }
    let bad = Parking { orbits: "709-700".to_owned(), ..usual };
    let new = open(bare).with(&[Change::Parking(bad)]).expect("written");
    assert_eq!(plan::Plan::parse(&new).expect_err("no orbits")[0].what, "these are no orbits");
}
