//! What was answered survives `kill -9`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use model::{FaxId, Random};
use store::{AuditCheck, Done, Effect};

use crate::clinic::{Clinic, document, open};

const FOLDER: &str = "FRONTDESK_TEST_STORE";
const ENOUGH: usize = 60;

#[test]
fn what_was_answered_survives_the_death_of_the_process() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--ignored", "--exact", "crash::the_process_that_dies", "--nocapture"])
        .env(FOLDER, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the process starts");
    let lines = BufReader::new(child.stdout.take().expect("its answers")).lines();
    // Each line is a fax that its store had acknowledged before the line was written. It dies in the middle of the next ones.
    let answered: Vec<FaxId> = lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("answered ").and_then(|id| id.parse().ok()))
        .take(ENOUGH)
        .collect();
    child.kill().expect("SIGKILL");
    child.wait().expect("it is dead");
    assert_eq!(answered.len(), ENOUGH);

    let store = open(dir.path()).expect("the store opens again");
    for fax in answered {
        assert!(matches!(store.perform_blocking(Effect::LoadFax { fax }), Ok(Done::Fax(Some(_)))), "{fax} is lost");
        let Ok(Done::Documents(documents)) = store.perform_blocking(Effect::LoadDocuments { fax }) else {
            panic!("{fax}")
        };
        assert!(documents == [document("a.pdf", &[42; 100_000])]);
    }
    // Also what was not answered is whole or absent: every audit line has its fax, and the chain holds.
    assert!(matches!(store.wait(store.audit().verify()), Ok(AuditCheck::Intact { .. })));
    for line in store.wait(store.audit().list(500)).expect("audit") {
        let fax = line.subject.parse().expect("an identity");
        assert!(
            matches!(store.perform_blocking(Effect::LoadDocuments { fax }), Ok(Done::Documents(d)) if d.len() == 1)
        );
    }
}

#[test]
#[ignore = "the other half of the test above, which starts it as a process of its own and kills it"]
fn the_process_that_dies() {
    let dir = std::env::var(FOLDER).expect("started by the test above");
    let store = open(Path::new(&dir)).expect("a new store");
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let store = &store;
            scope.spawn(move || {
                let mut clinic = Clinic::new();
                clinic.random = Random::from_u64(seed);
                for _ in 0..10 * ENOUGH {
                    let mut order = clinic.order();
                    order.documents = vec![document("a.pdf", &[42; 100_000])];
                    let fax = order.id;
                    store.perform_blocking(Effect::AcceptFax(Box::new(order))).expect("accepted");
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "answered {fax}").and_then(|()| out.flush()).expect("said");
                }
            });
        }
    });
}
