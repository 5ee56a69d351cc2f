//! A received fax that goes from one person of the clinic to another.

use model::command::Command;
use model::mail::MailPurpose;
use model::{CommandError, CommandOutcome, FaxId};
use store::StoreError;
use store::effect::Effect;
use world::clinic::World;
use world::net::Conditions;

use crate::received::fax_in;
use crate::{at_rest, only, world};

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
