//! A received fax that goes from one person of the clinic to another.

use model::command::Command;
use model::filing::Filing;
use model::mail::MailPurpose;
use model::{CommandError, CommandOutcome, FaxId};
use store::StoreError;
use store::effect::Effect;
use world::clinic::{SETTINGS, World};
use world::net::Conditions;

use crate::received::fax_in;
use crate::{at_rest, only, world};

const NURSE: &str = "[[people]]\nextension = \"102\"\nname = \"Nurse\"\nmail = \"nurse@clinic.test\"\nrights = [\"see_faxes\", \"send_faxes\"]\n";

fn hand(w: &mut World, by: &str, before: Option<&str>, to: Option<&str>) -> Result<CommandOutcome, CommandError> {
    let fax = only(w.faxes()).id;
    let [before, to] = [before, to].map(|user| user.map(str::to_owned));
    w.command(Command::HandFax { by: by.to_owned(), fax, to, before }).expect("an answer")
}

fn words_of(w: &World, fax: FaxId) -> Vec<String> {
    let about = w.seen.mails.iter().filter(|mail| mail.purpose == MailPurpose::GivenFax(fax));
    about.map(|mail| format!("{}: {}", mail.to.expose(), String::from_utf8_lossy(mail.body.expose()))).collect()
}

#[test]
fn who_is_given_a_fax_hears_so_once_and_gets_no_page_by_mail() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    fax_in(&mut w);
    w.run_until(|w| at_rest(w) && !w.seen.mails.is_empty());
    let fax = only(w.faxes()).id;
    for _ in 0..2 {
        assert_eq!(hand(&mut w, "101", None, Some("102")), Ok(CommandOutcome::Done));
    }
    w.run_until(|w| !words_of(w, fax).is_empty());
    let words = words_of(&w, fax);
    let [word] = &words[..] else { panic!("{words:?}") };
    assert!(word.starts_with("nurse@clinic.test: ") && word.contains("Front desk gave you"), "{word}");
    assert!(!word.contains("application/pdf"), "{word}");
    // Whoever takes it, or lays it back, knows.
    assert_eq!(hand(&mut w, "101", Some("102"), Some("101")), Ok(CommandOutcome::Done));
    assert_eq!(hand(&mut w, "101", Some("101"), None), Ok(CommandOutcome::Done));
    w.run_until(|_| false);
    assert_eq!(words_of(&w, fax).len(), 1);
}

#[test]
fn nobody_is_given_what_they_may_not_see_and_who_is_slower_learns_of_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    fax_in(&mut w);
    w.run_until(at_rest);
    for (to, said) in [
        ("103", "Visitor may not see faxes, and cannot be given one. Nothing was changed."),
        ("104", "There is no such person in the clinic. Nothing was changed."),
    ] {
        assert_eq!(hand(&mut w, "101", None, Some(to)), Err(CommandError::NotAllowed(said.to_owned())));
    }
    assert_eq!(only(w.faxes()).owner, None);
    assert_eq!(hand(&mut w, "102", None, Some("102")), Ok(CommandOutcome::Done));
    let late = "Nurse has this fax now: somebody was faster. Nothing was changed.";
    assert_eq!(hand(&mut w, "101", None, Some("101")), Err(CommandError::NotNow(late.to_owned())));
    assert_eq!(hand(&mut w, "102", Some("102"), None), Ok(CommandOutcome::Done));
    let late = "Nobody has this fax now: somebody has laid it back. Nothing was changed.";
    assert_eq!(hand(&mut w, "101", Some("102"), Some("101")), Err(CommandError::NotNow(late.to_owned())));
}

/// The fax is given and its mail is not written yet when the process dies: the next start writes it.
#[test]
fn word_of_a_fax_that_was_given_outlives_a_crash() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    fax_in(&mut w);
    w.run_until(|w| at_rest(w) && !w.seen.mails.is_empty());
    let fax = only(w.faxes()).id;
    w.store_refuses(|effect| {
        matches!(effect, Effect::LoadOwners { .. }).then(|| StoreError::Broken("the disk".to_owned()))
    });
    assert_eq!(hand(&mut w, "101", None, Some("102")), Ok(CommandOutcome::Done));
    assert_eq!(words_of(&w, fax).len(), 0);
    let now = w.now;
    drop(w);
    let mut w = World::new(dir.path(), 2, Conditions::GOOD, now);
    w.run_until(|w| !words_of(w, fax).is_empty());
    assert_eq!(words_of(&w, fax).len(), 1);
}

const OURS: &str = "name = \"Ours\"\n[extensions.600]\nring = [\"101\"]\n";

/// A clinic whose nurse has taken the fax that came.
fn nurse_has_one(dir: &std::path::Path) -> World {
    let mut w = world(dir, 1, Conditions::GOOD);
    fax_in(&mut w);
    w.run_until(|w| at_rest(w) && !w.seen.mails.is_empty());
    assert_eq!(hand(&mut w, "102", None, Some("102")), Ok(CommandOutcome::Done));
    assert_eq!(waiting(&w), 0);
    // Nobody leaves of whom the plan speaks.
    let plan = Command::SetPlan { by: "101".to_owned(), text: OURS.to_owned(), instead_of: None };
    assert_eq!(w.command(plan), Some(Ok(CommandOutcome::Done)));
    w
}

/// Settings in which the nurse may not see faxes, and such in which she is nobody.
fn without_her() -> [String; 2] {
    assert!(SETTINGS.contains(NURSE));
    let blind = NURSE.replace("\"see_faxes\", ", "");
    let ours = SETTINGS.replace("plan = \"solo-practice\"", &format!("plan = '''\n{OURS}'''"));
    [ours.replace(NURSE, &blind), ours.replace(NURSE, "")]
}

/// Received faxes that wait for a person.
fn waiting(w: &World) -> u64 {
    w.store.wait(w.store.faxes().counts()).expect("counts").needs_person_in
}

fn set(w: &mut World, text: &str) {
    let over = w.store.wait(w.store.settings().load()).expect("read").map_or(0, |(generation, _)| generation);
    let answer = w.command(Command::SetSettings { by: "101".to_owned(), text: text.into(), over });
    assert_eq!(answer, Some(Ok(CommandOutcome::Done)));
}

fn file(w: &mut World, fax: FaxId, by: &str, filing: Filing) {
    let answer = w.command(Command::FileFax { by: by.to_owned(), fax, filing });
    assert_eq!(answer, Some(Ok(CommandOutcome::Done)));
}

/// Who has laid a fax back, and whose it was.
fn laid_back(w: &World) -> Vec<String> {
    let fax = only(w.faxes()).id.to_string();
    let lines = w.store.wait(w.store.audit().list(50)).expect("the audit");
    let laid = lines.into_iter().filter(|line| line.what == "fax_laid_back");
    laid.map(|line| format!("{} {}", line.by, line.subject.replace(&fax, "it"))).collect()
}

/// It would stand in nobody's list otherwise, nor among what waits.
#[test]
fn what_somebody_had_who_leaves_or_may_not_see_faxes_any_more_waits_for_a_person() {
    for text in without_her() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = nurse_has_one(dir.path());
        set(&mut w, &text);
        assert_eq!((only(w.faxes()).owner, waiting(&w)), (None, 1), "{text}");
        assert_eq!(laid_back(&w), ["101 it of 102"]);
        let changes = w.store.wait(w.store.faxes().owners(only(w.faxes()).id)).expect("read");
        let last = changes.last().expect("it stands with the fax");
        assert_eq!((last.before.as_deref(), last.owner.as_deref()), (Some("102"), None));
        // It is another's from then on, and stays theirs.
        assert_eq!(hand(&mut w, "101", None, Some("101")), Ok(CommandOutcome::Done));
        set(&mut w, &text.replace("Harbor Street Clinic", "Harbor Clinic"));
        assert_eq!(only(w.faxes()).owner.as_deref(), Some("101"));
    }
}

/// As where the settings were others when the program ended, by whatever way.
#[test]
fn what_a_start_finds_with_somebody_who_may_not_see_faxes_waits_for_a_person() {
    for text in without_her() {
        let dir = tempfile::tempdir().expect("a folder");
        let w = nurse_has_one(dir.path());
        let now = w.now;
        drop(w);
        let w = World::changed(dir.path(), 2, now, |_| text.clone());
        assert_eq!((only(w.faxes()).owner, waiting(&w)), (None, 1), "{text}");
        assert_eq!(laid_back(&w), ["frontdesk it of 102"]);
    }
}

/// Done with, or junk, it waits for nobody. Whoever opens it again finds it without an owner.
#[test]
fn what_was_put_away_by_somebody_who_left_waits_for_a_person_once_it_is_taken_up_again() {
    for (away, again) in [(Filing::Done, Filing::Open), (Filing::Junk(true), Filing::Junk(false))] {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = nurse_has_one(dir.path());
        let fax = only(w.faxes()).id;
        file(&mut w, fax, "102", away.clone());
        set(&mut w, &without_her()[1]);
        assert_eq!(waiting(&w), 0, "{away:?}");
        file(&mut w, fax, "101", again);
        assert_eq!((only(w.faxes()).owner, waiting(&w)), (None, 1), "{away:?}");
        assert_eq!(laid_back(&w), ["101 it of 102"]);
    }
}

#[test]
fn what_a_route_gives_to_somebody_who_may_not_see_faxes_waits_for_a_person() {
    const ROUTE: &str = "[[fax.routes]]\ncaller = \"+12025550101\"\nowner = \"103\"\nfolder = \"Lab\"\n";
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, model::Now::simulation_start(), ROUTE);
    fax_in(&mut w);
    w.run_until(at_rest);
    let fax = only(w.faxes());
    assert_eq!((fax.owner, fax.folder.as_deref(), waiting(&w)), (None, Some("Lab"), 1));
    let attempts = w.store.wait(w.store.faxes().attempts(fax.id)).expect("attempts");
    let trace: Vec<_> = attempts[0].trace.entries().map(|line| line.title.expose().clone()).collect();
    assert!(trace.iter().any(|line| line.contains("may not see faxes")), "{trace:#?}");
}
