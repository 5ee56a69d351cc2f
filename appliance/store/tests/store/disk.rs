//! What lies on the disk, and who can open it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use model::fax::{Cause, FaxState};
use model::mail::MailPurpose;
use model::{MailId, Pii};
use store::effect::{FaxNext, NewOutgoing};
use store::{Done, Effect, RootKey, Store, StoreError, TokenKind};

use crate::clinic::{Clinic, open, outcome, page, root, trace};

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(dir).expect("the folder");
    entries
        .map(|e| e.expect("a file"))
        .map(|e| (e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).expect("readable")))
        .collect()
}

fn why(result: Result<Store, StoreError>) -> String {
    match result {
        Ok(_) => panic!("it opened"),
        Err(e) => e.to_string(),
    }
}

#[test]
fn nothing_personal_lies_on_the_disk_in_plain() {
    const SECRETS: [&str; 8] = [
        "Adalbert",
        "QUUX CLINIC",
        "2025550101",
        "2025550177",
        "nurse@clinic",
        "correct horse",
        "%PDF-1.7",
        "SQLite format 3",
    ];
    let mut clinic = Clinic::new();
    let mail = clinic.mail(1);
    clinic.does(Effect::AcceptMail(Box::new(mail)));
    let (fax, attempt) = clinic.sending(2);
    let at = clinic.now;
    clinic.does(Effect::FinishAttempt {
        fax,
        attempt,
        outcome: outcome(Cause::Busy, 0),
        next: FaxNext::Final(FaxState::Failed),
        lesson: Box::default(),
        trace: trace(at),
        at,
    });
    let (received, _) = clinic.receiving();
    clinic.does(Effect::ReceivedPage {
        fax: received,
        number: 0,
        page: page(0),
        bad_rows: 0,
        in_part: false,
        known: None,
        at,
    });
    let receipt = NewOutgoing {
        id: MailId::new(at, &mut clinic.random),
        purpose: MailPurpose::Receipt(fax),
        from: Pii::default(),
        to: Pii::from("nurse@clinic.demo"),
        body: Pii::new(b"Dear Adalbert".to_vec()),
        at,
    };
    clinic.does(Effect::QueueMails { mails: vec![receipt], outbox: None });
    clinic.does(Effect::RecordAlert { id: 1, sentence: Pii::from("Adalbert called 911"), help: None, at });
    let tokens = clinic.store.tokens();
    let mint = tokens.mint(&mut clinic.random, "101", TokenKind::Api, None, at);
    let token = clinic.store.wait(mint).expect("minted");
    clinic.store.wait(clinic.store.people().set_mail_password("102", "correct horse", "admin", at)).expect("set");

    let check = |when: &str| {
        let files = files(clinic.dir.path());
        let written: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(written > 200_000, "too little to look at: {written} bytes {when}");
        for (name, bytes) in files {
            for secret in SECRETS.iter().copied().chain([token.as_str()]) {
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!found, "{secret} is in {name} {when}");
            }
        }
    };
    check("while the store is open");
    drop(tokens);
    drop(clinic.store);
    check("after it was closed");
}

#[test]
fn only_its_owner_can_enter() {
    let clinic = Clinic::new();
    clinic.does(Effect::LoadWork);
    for name in ["store.db", "store.db-wal", "store.db-shm", "keys.json"] {
        let meta = std::fs::metadata(clinic.dir.path().join(name)).expect(name);
        assert_eq!(meta.permissions().mode() & 0o077, 0, "{name}");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let below = dir.path().join("state").join("store");
    drop(open(&below).expect("a new store"));
    assert_eq!(std::fs::metadata(&below).expect("meta").permissions().mode() & 0o777, 0o700);
}

#[test]
fn another_root_key_does_not_open_it_and_harms_nothing() {
    let mut clinic = Clinic::new();
    let fax = clinic.waiting(1);
    let Clinic { dir, store, .. } = clinic;
    assert_eq!(why(open(dir.path())), "the store failed: another process has this store open");
    drop(store);
    let wrong = || Store::open_blocking(dir.path(), RootKey::from_bytes([8; 32]));
    assert_eq!(why(wrong()), "this is not the key (or passphrase) of this store");
    let store = open(dir.path()).expect("the right one still does");
    assert!(matches!(store.perform_blocking(Effect::LoadFax { fax }), Ok(Done::Fax(Some(_)))));
}

#[test]
fn damaged_or_missing_keys_are_said_so_and_never_replaced() {
    let clinic = Clinic::new();
    let Clinic { dir, store, .. } = clinic;
    drop(store);
    let path = dir.path().join("keys.json");
    let good = std::fs::read_to_string(&path).expect("keys");

    let mut exchanged: serde_json::Value = serde_json::from_str(&good).expect("JSON");
    let (one, two) = (exchanged["keys"][1]["wrapped"].take(), exchanged["keys"][2]["wrapped"].take());
    exchanged["keys"][1]["wrapped"] = two;
    exchanged["keys"][2]["wrapped"] = one;
    let relabelled = good.replace("\"transit\"", "\"clinical\"");
    for bad in [&good[..good.len() / 2], "", "{}", &exchanged.to_string(), &relabelled] {
        std::fs::write(&path, bad).expect("written");
        assert_eq!(why(open(dir.path())), "the store failed: the key file is damaged; restore it from a backup");
        assert_eq!(std::fs::read_to_string(&path).expect("keys"), bad);
    }
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(why(open(dir.path())), "the store failed: the key file is missing beside the database; restore it");
    assert!(!path.exists());
    std::fs::write(&path, &good).expect("restored");
    assert!(open(dir.path()).is_ok());
}

#[test]
fn a_changed_byte_in_the_database_is_never_read_as_data() {
    let mut clinic = Clinic::new();
    let fax = clinic.waiting(6);
    let Clinic { dir, store, .. } = clinic;
    drop(store);
    let path = dir.path().join("store.db");
    let good = std::fs::read(&path).expect("bytes");
    let mut noticed = 0;
    // One byte in each of some pages, over the whole file.
    for place in (100..good.len()).step_by(good.len() / 16) {
        let mut bad = good.clone();
        bad[place] ^= 0x10;
        std::fs::write(&path, &bad).expect("written");
        let read = open(dir.path()).and_then(|store| {
            let Done::Pages(pages) = store.perform_blocking(Effect::LoadPages { fax })? else { panic!("no pages") };
            Ok(pages)
        });
        match read {
            Ok(pages) => assert!(pages == (0..6).map(page).collect::<Vec<_>>()),
            Err(e) => {
                assert!(matches!(e, StoreError::Broken(_)), "{e}");
                noticed += 1;
            }
        }
    }
    assert!(noticed >= 8, "the pages fill most of the file, but only {noticed} of 16 changes were noticed");
}

#[test]
fn a_new_root_key_takes_over_and_the_old_one_opens_nothing() {
    let mut clinic = Clinic::new();
    let fax = clinic.waiting(1);
    let new = || RootKey::from_bytes([9; 32]);
    clinic.store.wait(clinic.store.rotate_root(new())).expect("rotated");
    // Nothing changes for the store that is open.
    let other = clinic.waiting(1);
    let Clinic { dir, store, .. } = clinic;
    drop(store);
    assert!(why(Store::open_blocking(dir.path(), root())).contains("not the key"));
    let store = Store::open_blocking(dir.path(), new()).expect("the new one opens it");
    for fax in [fax, other] {
        assert!(store.wait(store.faxes().page(fax, 0)).expect("page") == Some(page(0)));
    }
}

/// Whatever is still open when the process ends races with the exit of the cipher's library.
#[test]
fn when_the_last_handle_is_gone_every_connection_is_closed() {
    let mut clinic = Clinic::new();
    let fax = clinic.waiting(1);
    assert_eq!(clinic.store.wait(clinic.store.faxes().page(fax, 0)).expect("read"), Some(page(0)));
    assert!(clinic.dir.path().join("store.db-wal").exists(), "what is written goes into the log first");
    let Clinic { dir, store, .. } = clinic;
    drop(store);
    // SQLite folds the log into the file and removes it with the last connection, if that one may write.
    for left in ["store.db-wal", "store.db-shm"] {
        assert!(!dir.path().join(left).exists(), "{left}");
    }
}

#[test]
fn the_key_file_is_made_once_and_never_replaced() {
    let dir = tempfile::tempdir().expect("a folder");
    let (key, store) = (dir.path().join("root.key"), dir.path().join("store"));
    drop(Store::open_blocking(&store, RootKey::load_or_create(&key).expect("made")).expect("a new store"));
    assert_eq!(std::fs::metadata(&key).expect("meta").permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("opened to all");
    drop(Store::open_blocking(&store, RootKey::load_or_create(&key).expect("read")).expect("the same key"));
    assert_eq!(std::fs::metadata(&key).expect("meta").permissions().mode() & 0o777, 0o600);
    for bad in ["", "frontdesk root key v1", "AAAA"] {
        std::fs::write(&key, bad).expect("written");
        assert!(matches!(RootKey::load_or_create(&key), Err(StoreError::Broken(_))));
        assert_eq!(std::fs::read_to_string(&key).expect("text"), bad);
    }
}

#[test]
fn a_passphrase_opens_it_and_another_does_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let derive = |passphrase| RootKey::from_passphrase(dir.path(), passphrase).expect("derived");
    drop(Store::open_blocking(dir.path(), derive("harbor street")).expect("a new store"));
    assert!(why(Store::open_blocking(dir.path(), derive("harbour street"))).contains("not the key (or passphrase)"));
    assert!(Store::open_blocking(dir.path(), derive("harbor street")).is_ok());

    // Whoever can change the file must not make the derivation cheap, or so dear that the box dies of it.
    let path = dir.path().join("passphrase.json");
    let good = std::fs::read_to_string(&path).expect("text");
    for (from, to) in [
        ("65536", "8"),
        ("65536", "4294967295"),
        ("\"passes\": 3", "\"passes\": 1"),
        ("\"version\": 1", "\"version\": 2"),
    ] {
        std::fs::write(&path, good.replace(from, to)).expect("written");
        assert!(RootKey::from_passphrase(dir.path(), "harbor street").is_err(), "{to}");
    }
}

/// A restore that leaves it out: no passphrase is wrong then, and a fresh salt would say so for ever.
#[test]
fn a_store_without_its_salt_says_so_and_opens_when_it_is_put_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let derive = || RootKey::from_passphrase(dir.path(), "harbor street");
    drop(Store::open_blocking(dir.path(), derive().expect("derived")).expect("a new store"));
    let (salt, away) = (dir.path().join("passphrase.json"), dir.path().join("elsewhere.json"));
    std::fs::rename(&salt, &away).expect("left out");
    let refused = || {
        let error = derive().map(|_| ()).expect_err("no salt");
        assert!(error.to_string().contains("passphrase.json is missing"), "{error}");
        assert!(!salt.exists(), "none was made");
    };
    refused();
    // Its database alone, and its keys alone, are no new store either.
    let keys = dir.path().join("keys.json");
    let kept = std::fs::read(&keys).expect("keys");
    std::fs::remove_file(&keys).expect("gone");
    refused();
    std::fs::write(&keys, kept).expect("back");
    let (database, aside) = (dir.path().join("store.db"), dir.path().join("aside.db"));
    std::fs::rename(&database, &aside).expect("gone");
    refused();
    std::fs::rename(&aside, &database).expect("back");
    std::fs::rename(&away, &salt).expect("put back");
    assert!(Store::open_blocking(dir.path(), derive().expect("derived")).is_ok());
}
