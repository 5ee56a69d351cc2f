//! A clinic's modems, by what they say and are told: who calls, and a clinic that has nothing but them.

use std::path::Path;
use std::time::Duration;

use model::command::{Command, Document};
use model::fax::{Cause, Direction, Door, FaxState};
use model::sending::Wish;
use model::{CommandError, CommandOutcome, Now, PhoneNumber};
use modem::keeper::News;
use modem::probe::Description;
use modem::{Event, Order, Word};
use world::clinic::World;
use world::net::Conditions;

const CLOSET: &str = "closet";

fn ready(w: &mut World) {
    ready_of(w, &["1"]);
}

/// The same, and of these classes.
fn ready_of(w: &mut World, classes: &[&str]) {
    let carriers = [48, 96, 145];
    let found = Description {
        says: "Fax 14400".to_owned(),
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        sends: carriers.into(),
        receives: carriers.into(),
    };
    w.modem(CLOSET, News::Ready(found));
}

/// Two rings, with these lines between them.
fn rings(w: &mut World, lines: &[&str]) {
    let ring = || News::Said(Event::Word(Word::Ring));
    w.modem(CLOSET, ring());
    for line in lines {
        w.modem(CLOSET, News::Said(Event::Text((*line).to_owned())));
    }
    w.modem(CLOSET, ring());
}

/// It was called to order, as it is before each call.
fn has_a_call(w: &World) -> bool {
    w.seen.modems.contains(&(CLOSET.to_owned(), Order::Reset))
}

/// The command with which its call begins, when it takes all that comes before.
fn begins_with(w: &mut World) -> String {
    let mut heard = 0;
    while let Some((_, order)) = w.seen.modems.get(heard).cloned() {
        heard += 1;
        match order {
            Order::Reset => w.modem(CLOSET, News::Said(Event::Ready)),
            Order::Command { line, .. } if line.starts_with("ATA") || line.starts_with("ATD") => return line,
            Order::Command { .. } => w.modem(CLOSET, News::Said(Event::Word(Word::Ok))),
            _ => {}
        }
    }
    panic!("its call does not begin: {:?}", w.seen.modems)
}

/// It was told this.
fn was_told(w: &World, told: &str) -> Option<usize> {
    w.seen.modems.iter().position(|(_, order)| matches!(order, Order::Command { line, .. } if line == told))
}

fn with_a_modem(dir: &Path, faxing: &str) -> World {
    let more = format!("{faxing}\n[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyX\"\nrings = 2\n");
    World::with(dir, 1, Conditions::GOOD, Now::simulation_start(), &more)
}

#[test]
fn a_call_is_answered_after_its_rings_and_its_caller_is_known() {
    for (lines, from) in [
        (&["DATE = 1126", "NMBR = 2025550190", "NAME = LAKESIDE"][..], Some("+12025550190")),
        (&["NMBR = P"], None),
        (&[], None),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = with_a_modem(dir.path(), "blocked = [\"+12025550191\"]");
        ready(&mut w);
        rings(&mut w, lines);
        assert!(has_a_call(&w), "{lines:?}");
        assert_eq!(begins_with(&mut w), "ATA", "{lines:?}: whoever calls is answered, and not called");
        let came = w.faxes_of(Direction::In);
        assert_eq!(came[0].number.as_ref().map(PhoneNumber::as_str), from, "{lines:?}");
    }
}

/// The exchange rings otherwise for each number of a line, and the modem says how.
#[test]
fn by_its_ring_a_call_is_for_the_number_that_was_called() {
    for (ring, called) in [("RING A", "+12025550198"), ("RING B", "+12025550199"), ("RING", "+12025550199")] {
        let dir = tempfile::tempdir().expect("a folder");
        let more = "[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyX\"\nrings = 2\nring_numbers = { A = \"+12025550198\" }\n";
        let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), more);
        ready(&mut w);
        for _ in 0..2 {
            w.modem(CLOSET, News::Said(Event::Text(ring.to_owned())));
            w.modem(CLOSET, News::Said(Event::Word(Word::Ring)));
        }
        assert!(has_a_call(&w), "{ring}");
        let came = w.faxes_of(Direction::In);
        assert_eq!(came[0].our_number.as_ref().map(PhoneNumber::as_str), Some(called), "{ring}");
    }
}

/// Other modems tell how long the bell was heard, each in its own order.
#[test]
fn by_the_cadence_of_its_ring_a_call_is_for_the_number_that_was_called() {
    for (lines, called) in [
        ("RING DROF=40 DRON=8 DROF=4 DRON=7 RING", "+12025550198"),
        ("DRON=8 RING DROF=4 DRON=8 RING DROF=40 DRON=8 RING", "+12025550198"),
        ("DRON=3 DROF=2 DRON=10 DROF=2 DRON=3 RING DROF=40 DRON=3 DROF=2 DRON=9 DROF=2 DRON=3 RING", "+12025550197"),
        ("DRON=2 RING DROF=40 DRON=8 DROF=4 DRON=8 RING", "+12025550198"),
        ("DRON=20 RING DROF=40 DRON=20 RING", "+12025550199"),
        ("RING RING", "+12025550199"),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let more = "[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyX\"\nrings = 2\nring_command = \"AT+VDR=1,5\"\n\
                    ring_numbers = { \"0.8-0.4-0.8\" = \"+12025550198\", \"0.3-0.2-1.0-0.2-0.3\" = \"+12025550197\" }\n";
        let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), more);
        ready(&mut w);
        for line in lines.split(' ') {
            assert!(!has_a_call(&w), "it is not answered before it has rung twice");
            let said = Word::read(line).map_or_else(|| Event::Text(line.to_owned()), Event::Word);
            w.modem(CLOSET, News::Said(said));
        }
        assert!(has_a_call(&w), "{called}");
        let came = w.faxes_of(Direction::In);
        assert_eq!(came[0].our_number.as_ref().map(PhoneNumber::as_str), Some(called));
    }
}

/// Some lines tell the number before the first ring, and whoever it was may give up before that.
#[test]
fn who_was_named_and_never_rang_is_not_the_next_caller() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = with_a_modem(dir.path(), "");
    ready(&mut w);
    w.modem(CLOSET, News::Said(Event::Text("NMBR = 2025550190".to_owned())));
    let later = w.now.instant + Duration::from_secs(60);
    w.run_until(|w| w.now.instant >= later);
    rings(&mut w, &[]);
    assert_eq!(begins_with(&mut w), "ATA");
    assert_eq!(w.faxes_of(Direction::In)[0].number, None);
}

#[test]
fn a_blocked_caller_rings_and_the_next_one_is_answered() {
    for (blocked, lines) in
        [("blocked = [\"+12025550191\"]", ["NMBR = 2025550191"]), ("block_anonymous = true", ["NMBR = O"])]
    {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = with_a_modem(dir.path(), blocked);
        ready(&mut w);
        rings(&mut w, &lines);
        rings(&mut w, &[]);
        assert!(!has_a_call(&w) && w.faxes().is_empty(), "{blocked}: it was answered");
        // They give up, and somebody else calls.
        let later = w.now.instant + Duration::from_secs(12);
        w.run_until(|w| w.now.instant >= later);
        rings(&mut w, &["NMBR = 2025550192"]);
        assert!(has_a_call(&w), "{blocked}: nobody is answered any more");
    }
}

/// Each call begins with the settings of the modem's factory, and with them some answer by themselves.
#[test]
fn a_modem_answers_when_it_is_told_to_and_never_by_itself() {
    for (setting, dials) in [("", "ATX4"), ("waits_for_dial_tone = false", "ATX3")] {
        let dir = tempfile::tempdir().expect("a folder");
        let more = format!("[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyX\"\n{setting}\n");
        let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), &more);
        ready(&mut w);
        w.modem(CLOSET, News::Said(Event::Word(Word::Connect)));
        assert_eq!(w.seen.modems, [(CLOSET.to_owned(), Order::HangUp)], "a call that nobody wanted");
        rings(&mut w, &[]);
        assert_eq!(begins_with(&mut w), "ATA");
        assert!(was_told(&w, "AT&F") < was_told(&w, "ATS0=0"), "{:?}", w.seen.modems);
        assert!(was_told(&w, dials).is_some(), "{:?}", w.seen.modems);
    }
}

#[test]
fn a_modem_that_says_nothing_of_callers_answers_all() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = with_a_modem(dir.path(), "block_anonymous = true");
    ready(&mut w);
    rings(&mut w, &[]);
    assert!(has_a_call(&w));
}

/// One that speaks T.30 itself answers as any other: it confirms a page when it is told to.
#[test]
fn a_modem_answers_in_each_class_that_it_knows_and_that_its_setting_asks_for() {
    for (setting, classes, answers) in [
        ("", &["2", "2.0"][..], true),
        ("class = \"2\"", &["1", "2"], true),
        ("class = \"1\"", &["1", "2"], true),
        ("class = \"2.1\"", &["1", "2"], false),
        ("rings = 0", &["2"], false),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let more = format!("[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyX\"\n{setting}\n");
        let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), &more);
        ready_of(&mut w, classes);
        rings(&mut w, &[]);
        rings(&mut w, &[]);
        assert_eq!(has_a_call(&w), answers, "{setting}, {classes:?}");
    }
}

/// A clinic whose only line is its modem; its plan says what may be faxed by it.
fn without_trunks(dir: &Path, outside: &str) -> World {
    World::changed(dir, 1, Now::simulation_start(), |settings| {
        let plan = format!("plan = '''\nname = \"Modem only\"\n[outside]\n{outside}\n'''");
        let trunk = "[[trunks]]\nname = \"main\"\naddress = \"10.0.0.2:5060\"\n";
        let settings = settings.replace("plan = \"solo-practice\"", &plan).replace(trunk, "");
        format!("{settings}[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyX\"\n")
    })
}

fn order(w: &mut World, to: &str) -> Option<Result<CommandOutcome, CommandError>> {
    let cover = fax::cover::Cover { message: "A letter.".into(), ..Default::default() };
    let document =
        Document { name: "letter.pdf".into(), media_type: "application/pdf".to_owned(), bytes: cover.to_pdf().into() };
    w.command(Command::SendFax {
        by: "102".to_owned(),
        door: Door::Api,
        to: PhoneNumber::E164(to.to_owned()),
        subject: "A letter".into(),
        documents: vec![document],
        wish: Wish::default(),
    })
}

#[test]
fn a_clinic_without_trunks_faxes_by_its_modem_what_its_plan_allows() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = without_trunks(dir.path(), "national = \"closet\"");
    ready(&mut w);
    assert!(matches!(order(&mut w, "+442079460123"), Some(Err(CommandError::NotAllowed(_)))));
    assert!(matches!(order(&mut w, "+12025550101"), Some(Ok(CommandOutcome::FaxAccepted(_)))));
    w.run_until(has_a_call);
    assert_eq!(w.faxes()[0].state, FaxState::Sending);
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = without_trunks(dir.path(), "national = \"off\"");
    ready(&mut w);
    assert!(matches!(order(&mut w, "+12025550101"), Some(Err(CommandError::NotAllowed(_)))));
}

/// An order to fetch from this number, under this name.
fn fetch(w: &mut World, subaddress: &str) {
    let inside = model::Inside::parse(subaddress, "").expect("digits");
    let command = Command::FetchFax {
        by: "102".to_owned(),
        door: Door::Api,
        from: PhoneNumber::E164("+12025550101".to_owned()),
        subject: "".into(),
        wish: Wish { inside, ..Wish::default() },
    };
    assert!(matches!(w.command(command), Some(Ok(CommandOutcome::FaxAccepted(_)))));
}

/// Of a modem that leads the talk the document is asked for before it calls; where its class has no names it does not call.
#[test]
fn a_modem_fetches_in_each_class_and_by_name_where_that_has_names() {
    for (classes, subaddress, asks) in
        [(&["1"][..], "44", None), (&["2"], "", Some("AT+FSPL=1")), (&["2.0"], "44", Some("AT+FPA=\"44\""))]
    {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = without_trunks(dir.path(), "national = \"closet\"");
        ready_of(&mut w, classes);
        fetch(&mut w, subaddress);
        w.run_until(has_a_call);
        assert!(begins_with(&mut w).starts_with("ATDT"));
        assert!(asks.is_none_or(|line| was_told(&w, line).is_some()), "{classes:?}: {:?}", w.seen.modems);
    }
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = without_trunks(dir.path(), "national = \"closet\"");
    ready_of(&mut w, &["2"]);
    fetch(&mut w, "44");
    w.run_until(|w| w.faxes().iter().any(|fax| fax.state == FaxState::Failed));
    assert!(!has_a_call(&w), "{:?}", w.seen.modems);
    let told = w.faxes().iter().map(|fax| (fax.attempts, fax.cause)).collect::<Vec<_>>();
    assert_eq!(told, [(1, Some(Cause::CannotFetch))], "no other line can, so it is over");
}
