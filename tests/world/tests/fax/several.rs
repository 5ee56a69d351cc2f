//! One order to several numbers: each is a fax of its own, and all are accepted or none.

use model::command::Command;
use model::fax::{Direction, FaxState};
use model::mail::MailPurpose;
use model::{CommandError, CommandOutcome, FaxId, PhoneNumber};
use world::clinic::World;
use world::net::Conditions;

use crate::{GOOD, NOBODY, at_rest, order_of, world};

fn order(w: &mut World, to: &[&str], key: Option<&str>) -> Result<Vec<FaxId>, CommandError> {
    let Command::SendFax { by, door, subject, documents, wish, .. } = order_of("102", GOOD, key) else {
        panic!("another order")
    };
    let to = to.iter().map(|to| PhoneNumber::E164(format!("+{to}"))).collect();
    match w.command(Command::SendFaxes { by, door, to, subject, documents, wish }).expect("an answer") {
        Ok(CommandOutcome::FaxesAccepted(faxes)) => Ok(faxes),
        Err(error) => Err(error),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_number_of_an_order_has_a_fax_with_a_fate_and_a_receipt_of_its_own() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let faxes = order(&mut w, &[GOOD, NOBODY, GOOD], Some("key")).expect("accepted");
    assert_eq!(faxes.len(), 2, "the same number is sent to once");
    assert_eq!(order(&mut w, &[GOOD, NOBODY], Some("key")), Ok(faxes.clone()), "a repeated order is the same faxes");
    let told = |w: &World, fax: &FaxId| w.seen.mails.iter().filter(|m| m.purpose == MailPurpose::Receipt(*fax)).count();
    w.run_until(|w| at_rest(w) && faxes.iter().all(|fax| told(w, fax) > 0));
    let rows = w.faxes_of(Direction::Out);
    let state = |fax: &FaxId| rows.iter().find(|row| row.id == *fax).expect("a row").state;
    assert_eq!(rows.len(), 2);
    assert_eq!((state(&faxes[0]), state(&faxes[1])), (FaxState::Sent, FaxState::Failed));
    assert!(faxes.iter().all(|fax| told(&w, fax) == 1));
}

#[test]
fn one_number_that_may_not_be_faxed_to_refuses_all_and_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let Command::SendFax { by, door, subject, documents, wish, .. } = order_of("102", GOOD, None) else {
        panic!("another order")
    };
    let to = vec![PhoneNumber::E164(format!("+{GOOD}")), PhoneNumber::Internal("101".to_owned())];
    let answer = w.command(Command::SendFaxes { by, door, to, subject, documents, wish }).expect("an answer");
    let Err(CommandError::NotAllowed(sentence)) = answer else { panic!("{answer:?}") };
    assert!(sentence.starts_with("101: "), "{sentence}");
    assert!(matches!(order(&mut w, &[], None), Err(CommandError::NotAllowed(_))));
    let many: Vec<String> = (0..51).map(|n| format!("1202555{:04}", 1000 + n)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let Err(CommandError::NotAllowed(sentence)) = order(&mut w, &many, None) else { panic!("too many") };
    assert!(sentence.contains("50 numbers at most"), "{sentence}");
    assert!(w.faxes().is_empty(), "nothing was accepted");
}
