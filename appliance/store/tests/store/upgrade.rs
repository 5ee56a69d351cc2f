//! A folder of an earlier release. `fixtures/schema-0004` was made by the program of that schema, with the root key and the small clinic of
//! `clinic.rs`: a mail whose fax was accepted and not yet rendered, a fax that waits, one that failed, and one that broke off while it came in.

use std::fs;
use std::path::Path;

use model::FaxId;
use model::fax::{Direction, FaxState};
use store::AuditCheck;
use store::effect::Effect;
use store::rows::{FaxFilter, FaxRow};

use crate::clinic::{Clinic, open, page, start};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/schema-0004");

fn copy_of(fixture: &str) -> Clinic {
    let fresh = Clinic::new();
    let Clinic { dir, store, random, now } = fresh;
    drop(store);
    for file in fs::read_dir(dir.path()).expect("the folder") {
        fs::remove_file(file.expect("a file").path()).expect("removed");
    }
    for name in ["keys.json", "store.db"] {
        fs::copy(Path::new(fixture).join(name), dir.path().join(name)).expect("copied");
    }
    let store = open(dir.path()).expect("an earlier store opens");
    // A day later: nothing new is older than what is there.
    let now = model::Wall(now.millis() + 86_400_000);
    Clinic { dir, store, random, now }
}

fn faxes(clinic: &Clinic) -> Vec<FaxRow> {
    clinic.store.wait(clinic.store.faxes().list(FaxFilter::default(), 100, None)).expect("list")
}

fn row<'a>(rows: &'a [FaxRow], id: &str) -> &'a FaxRow {
    let id: FaxId = id.parse().expect("an identity");
    rows.iter().find(|row| row.id == id).expect("the fax is there")
}

#[test]
fn what_an_earlier_release_accepted_is_there_and_goes_on() {
    let mut clinic = copy_of(FIXTURE);
    for _ in 0..2 {
        let rows = faxes(&clinic);
        assert_eq!(rows.len(), 4, "{rows:?}");
        let waiting = row(&rows, "01M7WM91H0EHAFCV92R629A59V");
        assert_eq!((waiting.state, waiting.pages), (FaxState::Waiting, 1));
        assert_eq!(waiting.subject.expose(), "Referral for Adalbert Quux");
        let stored = clinic.store.wait(clinic.store.faxes().pages(waiting.id)).expect("pages");
        assert_eq!(stored.iter().map(|p| p.expose().clone()).collect::<Vec<_>>(), [page(0).into_inner()]);
        let failed = row(&rows, "01M7WMCPQ0SZPBAR6DCVZNDJY7");
        assert_eq!((failed.state, failed.attempts), (FaxState::Failed, 1));
        let received = row(&rows, "01M7WMM130G330ZVW9CNMNDH6W");
        assert_eq!((received.direction, received.pages), (Direction::In, 1));
        assert!(matches!(clinic.store.wait(clinic.store.audit().verify()), Ok(AuditCheck::Intact { .. })));
        clinic = clinic.restart();
    }
    let attempt = clinic.attempt_id();
    let waiting = row(&faxes(&clinic), "01M7WM91H0EHAFCV92R629A59V").id;
    clinic.does(start(waiting, attempt, 0, clinic.now));
    assert_eq!(row(&faxes(&clinic), "01M7WM91H0EHAFCV92R629A59V").state, FaxState::Sending);
    // New kinds of keys and tables are there as well.
    let order = clinic.order();
    clinic.does(Effect::AcceptFax(Box::new(order)));
    assert_eq!(faxes(&clinic).len(), 5);
}
