//! Whose a received fax is: given to a colleague, taken over, laid back.

use model::FaxId;
use model::fax::{Cause, Delivery, FaxState};
use model::filing::Filing;
use store::effect::{Decision, Handing, NotHanded, Place, Staff};
use store::rows::{Fact, FaxFilter, OwnerRow};
use store::{AuditCheck, Done, Effect, StoreError};

use crate::clinic::{Clinic, outcome, page, trace};

/// A received fax of one page, whose readers were told.
fn received(clinic: &mut Clinic) -> FaxId {
    received_for(clinic, None)
}

/// The same, which a route gives to somebody.
fn received_for(clinic: &mut Clinic, owner: Option<&str>) -> FaxId {
    let (fax, attempt) = clinic.receiving();
    let at = clinic.now;
    clinic.does(Effect::ReceivedPage { fax, number: 0, page: page(0), bad_rows: 0, in_part: false, known: None, at });
    let (outcome, state, place) = (
        outcome(Cause::Delivered, 1),
        FaxState::Received,
        Place { owner: owner.map(str::to_owned), ..Place::default() },
    );
    let entry = clinic.does(Effect::FinishReceived { fax, attempt, outcome, state, place, trace: trace(at), at });
    let Done::Outboxed(entry) = entry else { panic!("no entry") };
    clinic.does(Effect::QueueMails { mails: Vec::new(), outbox: Some(entry.id) });
    fax
}

fn hand(clinic: &mut Clinic, fax: FaxId, by: &str, before: Option<&str>, to: Option<&str>) -> Effect {
    let at = clinic.tick();
    let [before, to] = [before, to].map(|user| user.map(str::to_owned));
    Effect::HandFax(Box::new(Handing { fax, by: by.to_owned(), to, before, at }))
}

fn owner(clinic: &Clinic, fax: FaxId) -> Option<String> {
    clinic.store.wait(clinic.store.faxes().get(fax)).expect("read").expect("a row").owner
}

/// Who changed it, from whom, to whom.
fn history(clinic: &Clinic, fax: FaxId) -> Vec<String> {
    let rows = clinic.store.wait(clinic.store.faxes().owners(fax)).expect("read");
    let nobody = "-".to_owned();
    let said = |row: &OwnerRow| {
        let [before, owner] = [&row.before, &row.owner].map(|user| user.as_ref().unwrap_or(&nobody).clone());
        format!("{}: {before} to {owner}", row.by)
    };
    rows.iter().map(said).collect()
}

fn mine(clinic: &Clinic, user: &str) -> Vec<FaxId> {
    let filter = FaxFilter { mine: Some(user.to_owned()), ..FaxFilter::default() };
    let faxes = clinic.store.faxes();
    let rows: Vec<_> =
        clinic.store.wait(faxes.list(filter, 10, None)).expect("list").into_iter().map(|row| row.id).collect();
    assert_eq!(clinic.store.wait(faxes.mine(user)).expect("a number"), rows.len() as u64);
    rows
}

#[test]
fn a_received_fax_is_given_on_and_laid_back_and_all_of_it_stands_with_it_and_in_the_audit() {
    let mut clinic = Clinic::new();
    let fax = received(&mut clinic);
    clinic.does(Effect::DecideFax { fax, by: "101".to_owned(), decision: Decision::Take, at: clinic.now });
    assert_eq!(mine(&clinic, "101"), [fax]);
    let give = hand(&mut clinic, fax, "101", Some("101"), Some("102"));
    let Done::Outboxed(entry) = clinic.does(give.clone()) else { panic!("nobody is told") };
    assert!(matches!(entry.fact, Fact::FaxGiven(given, _) if given == fax));
    assert!(matches!(clinic.does(give), Done::Ok), "a second press tells nobody twice");
    assert_eq!((mine(&clinic, "101"), mine(&clinic, "102")), (vec![], vec![fax]));

    // What is to be told outlives a crash.
    let mut clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    assert_eq!(work.outbox, [entry]);

    let back = hand(&mut clinic, fax, "102", Some("102"), None);
    assert!(matches!(clinic.does(back), Done::Ok), "nobody is to be told by mail");
    let counts = clinic.store.wait(clinic.store.faxes().counts()).expect("counts");
    assert_eq!((owner(&clinic, fax), counts.needs_person_in), (None, 1), "it waits for a person again");
    let over = hand(&mut clinic, fax, "103", None, Some("103"));
    assert!(matches!(clinic.does(over), Done::Ok), "who takes it knows");
    let history = history(&clinic, fax);
    assert_eq!(history, ["101: - to 101", "101: 101 to 102", "102: 102 to -", "103: - to 103"]);
    let audit = clinic.store.wait(clinic.store.audit().list(100)).expect("the audit");
    let mut said: Vec<_> = audit
        .iter()
        .filter(|line| ["fax_taken", "fax_given", "fax_laid_back"].contains(&line.what.as_str()))
        .map(|line| format!("{} {} {}", line.by, line.what, line.subject.replace(&fax.to_string(), "it")))
        .collect();
    said.reverse();
    assert_eq!(said, ["101 fax_taken it", "101 fax_given it to 102", "102 fax_laid_back it", "103 fax_taken it"]);
    assert!(matches!(clinic.store.wait(clinic.store.audit().verify()), Ok(AuditCheck::Intact { .. })));
}

/// What was decided by settings that hold no more comes to the store later than those that do: a reception that waited for room on the disk, a press of
/// a button.
#[test]
fn nobody_owns_a_fax_who_may_not_see_it_by_what_was_said_last() {
    let mut clinic = Clinic::new();
    let had = received(&mut clinic);
    let take = hand(&mut clinic, had, "102", None, Some("102"));
    clinic.does(take);
    let may_see = |readers: &[&str]| {
        let of = |all: &[&str]| all.iter().map(|user| (*user).to_owned()).collect();
        Staff { mailboxes: of(&["101", "102"]), readers: of(readers) }
    };
    let at = clinic.tick();
    let Done::LaidBack(back) = clinic.does(Effect::StaffIs(may_see(&["101"]), at)) else { panic!("nothing is said") };
    assert_eq!((back, owner(&clinic, had)), (vec![had], None));
    assert_eq!(history(&clinic, had), ["102: - to 102", "frontdesk: 102 to -"]);
    let Done::LaidBack(back) = clinic.does(Effect::StaffIs(may_see(&["101"]), at)) else { panic!("nothing is said") };
    assert_eq!(back, [], "once");

    let mut clinic = clinic.restart();
    let routed = received_for(&mut clinic, Some("102"));
    assert_eq!(owner(&clinic, routed), None);
    let give = hand(&mut clinic, had, "101", None, Some("102"));
    clinic.refuses(give, &StoreError::WrongState);
    let take = Effect::DecideFax { fax: had, by: "102".to_owned(), decision: Decision::Take, at };
    clinic.refuses(take, &StoreError::WrongState);
    let counts = clinic.store.wait(clinic.store.faxes().counts()).expect("counts");
    assert_eq!(counts.needs_person_in, 2);
    // With the right, they may.
    clinic.does(Effect::StaffIs(may_see(&["101", "102"]), at));
    let routed = received_for(&mut clinic, Some("102"));
    assert_eq!(mine(&clinic, "102"), [routed]);
}

#[test]
fn of_two_who_give_it_at_once_the_second_learns_whose_it_is() {
    let mut clinic = Clinic::new();
    let fax = received(&mut clinic);
    let (first, second, third) = (
        hand(&mut clinic, fax, "101", None, Some("102")),
        hand(&mut clinic, fax, "103", None, Some("103")),
        hand(&mut clinic, fax, "103", Some("101"), None),
    );
    clinic.does(first);
    for late in [second, third] {
        let Done::NotHanded(why) = clinic.does(late) else { panic!("it was taken from whoever was faster") };
        assert_eq!(why, NotHanded::IsOf(Some("102".to_owned())));
    }
    assert_eq!((owner(&clinic, fax).as_deref(), history(&clinic, fax).len()), (Some("102"), 1));
    // And somebody who believes it is another's learns that it was laid back.
    let back = hand(&mut clinic, fax, "102", Some("102"), None);
    clinic.does(back);
    let late = hand(&mut clinic, fax, "101", Some("102"), Some("101"));
    assert!(matches!(clinic.does(late), Done::NotHanded(NotHanded::IsOf(None))));
}

#[test]
fn what_is_done_with_or_junk_or_not_received_stays_where_it_is() {
    let mut clinic = Clinic::new();
    let fax = received(&mut clinic);
    let by = || "101".to_owned();
    clinic.does(Effect::FileFax { fax, by: by(), filing: Filing::Done, at: clinic.now });
    assert_eq!(history(&clinic, fax), ["101: - to 101"], "who is done with it had it");
    for to in [Some("102"), None] {
        let late = hand(&mut clinic, fax, "101", Some("101"), to);
        assert!(matches!(clinic.does(late), Done::NotHanded(NotHanded::Done)));
    }
    assert_eq!(mine(&clinic, "101"), []);
    clinic.does(Effect::FileFax { fax, by: by(), filing: Filing::Open, at: clinic.now });
    clinic.does(Effect::FileFax { fax, by: by(), filing: Filing::Folder(Some("Lab".to_owned())), at: clinic.now });
    let give = hand(&mut clinic, fax, "101", Some("101"), Some("102"));
    clinic.does(give);
    let row = clinic.store.wait(clinic.store.faxes().get(fax)).expect("read").expect("a row");
    assert_eq!((row.owner.as_deref(), row.folder.as_deref()), (Some("102"), Some("Lab")), "it keeps its folder");
    clinic.does(Effect::FileFax { fax, by: by(), filing: Filing::Junk(true), at: clinic.now });
    let late = hand(&mut clinic, fax, "102", Some("102"), Some("101"));
    assert!(matches!(clinic.does(late), Done::NotHanded(NotHanded::Junk)));

    let (arriving, _) = clinic.receiving();
    let out = clinic.waiting(1);
    for (other, before) in [(arriving, None), (out, Some("102"))] {
        let give = hand(&mut clinic, other, "102", before, Some("101"));
        clinic.refuses(give, &StoreError::WrongState);
    }
    let nothing = clinic.fax_id();
    let give = hand(&mut clinic, nothing, "102", None, Some("101"));
    clinic.refuses(give, &StoreError::NotFound);
}

/// Its mail could not be delivered. Whoever gives it away has not made its new owner look at it.
#[test]
fn a_fax_whose_delivery_failed_waits_until_its_new_owner_takes_it() {
    let mut clinic = Clinic::new();
    let (given, taken) = (received(&mut clinic), received(&mut clinic));
    for (fax, by) in [(given, "101"), (taken, "102")] {
        clinic.does(Effect::SetDelivery { fax, delivery: Delivery::Failed });
        let effect = hand(&mut clinic, fax, by, None, Some("102"));
        clinic.does(effect);
    }
    let filter = FaxFilter { needs_person: true, ..FaxFilter::default() };
    let waiting = clinic.store.wait(clinic.store.faxes().list(filter, 10, None)).expect("list");
    assert_eq!(waiting.into_iter().map(|row| row.id).collect::<Vec<_>>(), [given]);
}
