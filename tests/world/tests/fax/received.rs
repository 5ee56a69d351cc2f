//! What comes in, and where it goes.

use std::time::Duration;

use fax::page::{Bitmap, Page};
use model::Now;
use model::command::Command;
use model::fax::{Cause, Delivery, Direction, FaxState};
use store::StoreError;
use store::effect::Effect;
use world::clinic::World;
use world::net::Conditions;

use crate::{GOOD, accepted, at_rest, bitmaps, one_page, only, world};

const ROUTES: &str = r#"
[[fax.routes]]
caller = "+12025550101"
owner = "101"
folder = "Lab"
mail = ["nurse@clinic.test"]
write_to = "lab"
api = true
"#;

/// The fax machine of a caller sends this page to the clinic's fax number.
pub(crate) fn fax_in(w: &mut World) -> Page {
    let cover = fax::cover::Cover { message: "Results of Tuesday.".into(), ..Default::default() };
    let document = model::command::Document {
        name: "results.pdf".into(),
        media_type: "application/pdf".to_owned(),
        bytes: cover.to_pdf().into(),
    };
    let page = fax::convert::render(&[document]).expect("a page").remove(0);
    w.far_end(clinic::far_end::Input::Fax {
        number: "12025550199".to_owned(),
        pages: vec![page.clone()],
        followers: Vec::new(),
        inside: model::Inside::default(),
    });
    page
}

#[test]
fn a_received_fax_goes_where_its_caller_says_and_on_to_others_dot_by_dot() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), ROUTES);
    let page = fax_in(&mut w);
    w.run_until(|w| at_rest(w) && !w.seen.files.is_empty() && !w.seen.mails.is_empty());
    let fax = only(w.faxes());
    assert_eq!(
        (fax.state, fax.folder.as_deref(), fax.owner.as_deref()),
        (FaxState::Received, Some("Lab"), Some("101"))
    );
    let to: Vec<_> = w.seen.mails.iter().map(|m| m.to.expose().as_str()).collect();
    assert_eq!(to, ["nurse@clinic.test"], "not the clinic's usual readers");
    let (folder, name, pdf) = &w.seen.files[0];
    assert!(folder == "lab" && name.contains(&fax.id.to_string()) && pdf.starts_with(b"%PDF-"), "{folder}/{name}");
    // It waits for a program until that says that it has it.
    let waits = |w: &World| w.store.wait(w.store.faxes().to_fetch(10)).expect("the store reads").len();
    assert_eq!(waits(&w), 1);
    let fetched = Command::FaxFetched { by: "103".to_owned(), fax: fax.id };
    assert!(matches!(w.command(fetched.clone()), Some(Ok(_))));
    assert_eq!(waits(&w), 0);
    assert!(matches!(w.command(fetched), Some(Err(_))), "once");

    let to = model::PhoneNumber::E164(format!("+{GOOD}"));
    accepted(w.command(Command::ForwardFax { by: "102".to_owned(), fax: fax.id, to }));
    w.run_until(|w| w.seen.pages.iter().any(|(number, ..)| number == GOOD));
    let there = bitmaps(w.seen.pages.iter().filter(|(number, ..)| number == GOOD).map(|(.., tiff)| tiff.clone()));
    // Each machine on the way has printed its line above the page.
    let original = page.decode().expect("whole");
    let extra = there[0].height() - original.height();
    assert!((0..original.height()).all(|y| original.row(y) == there[0].row(y + extra)), "the page differs");
}

/// Out to a subaddress by mail; what comes back asks for the same, and stands where the settings put it.
#[test]
fn a_subaddress_goes_out_with_a_mailed_fax_and_routes_the_one_that_comes_back() {
    const ROUTE: &str = r#"
[[fax.routes]]
subaddress = "44"
folder = "Lab"
mail = ["nurse@clinic.test"]
"#;
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), ROUTE);
    let to = ["fax=1-202-555-0101/sub=44".to_owned(), format!("{GOOD}/T33S=45")];
    // Two people of one house are two faxes, and neither is the other's repetition.
    assert_eq!(w.mail("102", &[&to[0], &to[1]], &one_page()), Ok(true));
    w.run_until(|w| at_rest(w) && w.faxes().len() == 4 && w.faxes().iter().all(|f| f.state.is_final()));
    let mut there: Vec<_> = w.faxes_of(Direction::In).into_iter().collect();
    there.sort_by_key(|fax| fax.said.subaddress.expose().clone());
    let placed: Vec<_> = there.iter().map(|f| (f.said.subaddress.expose().as_str(), f.folder.as_deref())).collect();
    assert_eq!(placed, [("44", Some("Lab")), ("45", None)]);
    let attempts = w.store.wait(w.store.faxes().attempts(there[0].id)).expect("attempts");
    let trace: Vec<_> = attempts[0].trace.entries().map(|line| line.title.expose().clone()).collect();
    assert!(trace.iter().any(|line| line == "Routed by the subaddress 44"), "{trace:#?}");
}

/// A page on which a QR code of six dots a square says this.
fn page_with_code(text: &str) -> Page {
    use rxing::Writer as _;
    let code = rxing::MultiFormatWriter.encode(text, &rxing::BarcodeFormat::QR_CODE, 10, 10).expect("a code");
    let mut bitmap = Bitmap::new(1728, 2156);
    for y in 0..code.height() {
        for x in (0..code.width()).filter(|x| code.get(*x, y)) {
            (0..6).for_each(|row| bitmap.fill_run(300 + y * 6 + row, 900 + x * 6, 906 + x * 6));
        }
    }
    Page::encode(&bitmap, 204, 196)
}

#[test]
fn a_code_on_the_first_page_routes_a_fax_and_a_fax_without_one_goes_its_usual_way() {
    const ROUTE: &str = r#"
[[fax.routes]]
code = "PT-*"
folder = "Patients"
"#;
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), ROUTE);
    let inside = model::Inside::default();
    let number = "12025550199".to_owned();
    let pages = vec![page_with_code("PT-20481")];
    w.far_end(clinic::far_end::Input::Fax { number, pages, followers: Vec::new(), inside });
    w.run_until(at_rest);
    let fax = only(w.faxes());
    assert_eq!((fax.folder.as_deref(), fax.said.code.expose().as_str()), (Some("Patients"), "PT-20481"));
    fax_in(&mut w);
    w.run_until(|w| at_rest(w) && w.faxes().len() == 2);
    let folders: Vec<_> = w.faxes().into_iter().map(|fax| fax.folder).collect();
    assert_eq!(folders.iter().flatten().count(), 1, "{folders:?}");
}

/// The process dies while a fax waits for its codes, or while it arrives: they are read after the next start.
#[test]
fn a_code_routes_a_fax_also_after_a_crash() {
    const ROUTE: &str = "[[fax.routes]]\ncode = \"PT-*\"\nfolder = \"Patients\"\n";
    for (whole, state) in [(true, FaxState::Received), (false, FaxState::Partial)] {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), ROUTE);
        w.lose_the_reader();
        let number = "12025550199".to_owned();
        let pages = vec![page_with_code("PT-20481"), page_with_code("PT-0")];
        let inside = model::Inside::default();
        w.far_end(clinic::far_end::Input::Fax { number, pages, followers: Vec::new(), inside });
        let told = |w: &World| w.seen.sessions.iter().any(|(_, outcome)| outcome.cause == Cause::Delivered);
        w.run_until(|w| if whole { told(w) } else { w.faxes().first().is_some_and(|fax| fax.pages == 1) });
        assert_eq!((only(w.faxes()).state, told(&w)), (FaxState::Receiving, whole));
        let now = w.now.after(Duration::from_secs(60));
        drop(w);
        let mut w = World::with(dir.path(), 2, Conditions::GOOD, now, ROUTE);
        w.run_until(at_rest);
        let fax = only(w.faxes());
        let placed = (fax.state, fax.folder.as_deref(), fax.said.code.expose().as_str());
        assert_eq!(placed, (state, Some("Patients"), "PT-20481"));
    }
}

/// Their machines hear that their fax was not taken, and nobody here would.
#[test]
fn staff_hear_that_faxes_are_refused_and_why() {
    for (refused, of_page) in
        [(StoreError::Full, false), (StoreError::Full, true), (StoreError::Broken("gone".to_owned()), false)]
    {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = world(dir.path(), 1, Conditions::GOOD);
        let error = refused.clone();
        w.store_refuses(move |effect| {
            let is_page = matches!(effect, Effect::ReceivedPage { .. });
            let is_begun = matches!(effect, Effect::BeginReceived { .. });
            (if of_page { is_page } else { is_begun }).then(|| error.clone())
        });
        let told = |w: &World| {
            let alerts = w.snapshot().alerts;
            let said = alerts.iter().map(|alert| alert.sentence.expose().clone());
            said.filter(|sentence| sentence.contains("Faxes that come are refused")).collect::<Vec<_>>()
        };
        for _ in 0..2 {
            fax_in(&mut w);
            let ended = w.seen.sessions.len();
            w.run_until(|w| w.seen.sessions.len() > ended && w.snapshot().faxes.is_empty());
        }
        let told = told(&w);
        assert_eq!(told.len(), 1, "{refused:?}, once: {told:?}");
        assert_eq!(told[0].contains("disk is full"), refused == StoreError::Full, "{told:?}");
    }
}

/// The inbox has it. Whoever waits for it in the folder does not, and a day is long.
#[test]
fn staff_hear_soon_that_a_folder_takes_no_faxes() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), ROUTES);
    w.lose_the_folders();
    fax_in(&mut w);
    for tries in 1..=3 {
        w.run_until(|w| w.seen.files.len() == tries);
        assert!(alerts(&w).is_empty(), "a share may be away for a moment");
        let fax = only(w.faxes()).id;
        w.folder_says(fax, "lab", Err("its share is not mounted"));
    }
    let told = alerts(&w);
    assert!(told.len() == 1 && told[0].contains("folder lab: its share is not mounted"), "{told:?}");
}

/// Whatever fetches from the folder may have the file by then: a start that knew nothing of it would write a second one.
#[test]
fn the_end_waits_for_a_file_that_is_being_written() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), ROUTES);
    w.lose_the_folders();
    fax_in(&mut w);
    w.run_until(|w| at_rest(w) && !w.seen.files.is_empty());
    w.may_end();
    assert!(w.delivers(), "the folder has it, and nobody has noted that");
    let fax = only(w.faxes()).id;
    w.folder_says(fax, "lab", Ok(()));
    assert!(w.may_end() && !w.delivers());
    let now = w.now;
    drop(w);
    let mut w = World::with(dir.path(), 2, Conditions::GOOD, now, ROUTES);
    w.wait_until(w.now.instant + Duration::from_secs(7200));
    assert!(w.seen.files.is_empty(), "a second one");
}

/// Who is told to end while a fax waits for its codes has not written all, until they are read and the fax has its place.
#[test]
fn the_end_waits_for_the_codes_on_a_fax() {
    const ROUTE: &str = "[[fax.routes]]\ncode = \"PT-*\"\nfolder = \"Patients\"\n";
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), ROUTE);
    w.lose_the_reader();
    fax_in(&mut w);
    w.run_until(|w| w.seen.sessions.iter().any(|(_, outcome)| outcome.cause == Cause::Delivered));
    let fax = only(w.faxes());
    assert_eq!((fax.state, w.may_end()), (FaxState::Receiving, false));
    w.codes_come(fax.id, &["PT-20481"]);
    assert!(w.may_end());
    let fax = only(w.faxes());
    assert_eq!((fax.state, fax.folder.as_deref()), (FaxState::Received, Some("Patients")));
}

#[test]
fn a_caller_whose_faxes_nobody_wants_is_not_answered_also_after_a_restart() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let number = model::PhoneNumber::E164(format!("+{GOOD}"));
    let block = |blocked| Command::BlockFaxes { by: "101".to_owned(), number: number.clone(), blocked };
    assert!(matches!(w.command(block(true)), Some(Ok(_))));
    for _ in 0..2 {
        fax_in(&mut w);
        w.run_until(|_| false);
        assert!(w.faxes().is_empty() && w.seen.sessions.is_empty(), "it was answered");
        let now = w.now;
        drop(w);
        w = world(dir.path(), 2, Conditions::GOOD);
        w.now = now;
    }
    assert!(matches!(w.command(block(false)), Some(Ok(_))));
    fax_in(&mut w);
    w.run_until(at_rest);
    assert_eq!(only(w.faxes()).state, FaxState::Received);
}

/// Whoever ordered it hears that nothing was changed, and so it is.
#[test]
fn a_caller_whom_a_full_disk_did_not_let_block_is_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    w.store_refuses(|effect| matches!(effect, Effect::BlockFaxes { .. }).then_some(StoreError::Full));
    let number = model::PhoneNumber::E164(format!("+{GOOD}"));
    let block = Command::BlockFaxes { by: "101".to_owned(), number, blocked: true };
    assert!(matches!(w.command(block), Some(Err(_))));
    fax_in(&mut w);
    w.run_until(at_rest);
    assert_eq!(only(w.faxes()).state, FaxState::Received);
}

#[test]
fn junk_is_kept_and_nobody_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let junk = "[[fax.routes]]\ncalled = \"+12025550199\"\njunk = true\n";
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), junk);
    fax_in(&mut w);
    w.run_until(|_| false);
    let all = store::rows::FaxFilter { junk: store::rows::Junk::Only, ..Default::default() };
    let fax = only(w.store.wait(w.store.faxes().list(all, 10, None)).expect("the store reads"));
    assert!(fax.junk && fax.state == FaxState::Received && w.seen.mails.is_empty());
    let counts = w.store.wait(w.store.faxes().counts()).expect("counts");
    assert_eq!((counts.needs_person_in, w.faxes().len()), (0, 0));
}

/// What people are told on Today.
fn alerts(w: &World) -> Vec<String> {
    let alerts = w.store.wait(w.store.alerts().recent(10)).expect("the store reads");
    alerts.into_iter().map(|alert| alert.sentence.into_inner()).collect()
}

#[test]
fn pages_that_cannot_be_read_are_a_persons_matter_and_hold_up_nothing_else() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), ROUTES);
    w.store_refuses(|effect| {
        matches!(effect, Effect::LoadPages { .. }).then(|| StoreError::Broken("a body was changed".to_owned()))
    });
    fax_in(&mut w);
    w.run_until(|w| w.faxes().first().is_some_and(|fax| fax.delivery == Delivery::Failed));
    let told = alerts(&w);
    assert!(told.iter().any(|sentence| sentence.contains("cannot be read")), "{told:?}");
    // The folder is tried again, as when a share is away, and has it once the pages can be read.
    let ways = |w: &World| w.store.wait(w.store.faxes().ways(only(w.faxes()).id)).expect("ways");
    w.run_until(|w| ways(w).iter().any(|way| way.tries == 1));
    w.store_refuses(|_| None);
    w.run_until(|w| !w.seen.files.is_empty());
    assert!(w.seen.mails.is_empty());
}

#[test]
fn a_clock_that_is_years_ahead_for_some_hours_takes_no_fax() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    fax_in(&mut w);
    w.run_until(|w| at_rest(w) && only(w.faxes()).delivery == Delivery::Delivered);
    let take = Command::TakeFax { by: "101".to_owned(), fax: only(w.faxes()).id };
    assert!(matches!(w.command(take.clone()), Some(Ok(_))));
    w.now.wall = w.now.wall + Duration::from_secs(20 * 366 * 86_400);
    for _ in 0..5 {
        w.now = w.now.after(Duration::from_secs(3600));
        assert!(matches!(w.command(take.clone()), Some(Ok(_))), "it is gone");
    }
    assert_eq!(w.effects.iter().filter(|name| *name == "PurgeFaxes").count(), 6, "once an hour");
}
