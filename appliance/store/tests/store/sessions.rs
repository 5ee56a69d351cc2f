//! Who is signed in at the console, over a restart.

use std::time::Duration;

use model::Wall;
use store::{NewSession, SessionRow, TokenKind};

use crate::clinic::Clinic;

const DAY: Duration = Duration::from_hours(12);

/// One that begins then, by a link of its own.
fn begun(clinic: &mut Clinic, n: u8, user: &str, at: Wall) -> SessionRow {
    let mint = clinic.store.tokens();
    let link = clinic.store.wait(mint.mint(&mut clinic.random, user, TokenKind::Login, None, at)).expect("minted");
    let new = NewSession { key: [n; 32], stays: n.is_multiple_of(2), at, ends: at + DAY };
    let sessions = clinic.store.sessions();
    assert_eq!(clinic.store.wait(sessions.begin(&link, new)).expect("begun").as_deref(), Some(user));
    assert_eq!(clinic.store.wait(sessions.begin(&link, new)), Ok(None), "a link works once");
    SessionRow { key: [n; 32], user: user.to_owned(), begun: at, used: at, ends: at + DAY, stays: new.stays }
}

fn all(clinic: &Clinic, at: Wall) -> Vec<SessionRow> {
    clinic.store.wait(clinic.store.sessions().all(10, at)).expect("read")
}

#[test]
fn a_session_is_there_after_a_restart_until_it_ends_by_whatever_ends_it() {
    let mut clinic = Clinic::new();
    let at = clinic.now;
    let minute = |n: u64| at + Duration::from_mins(n);
    let [out, forgotten, used, over] = [(1, "101", 3), (2, "102", 2), (3, "103", 1), (4, "101", 0)]
        .map(|(n, user, m)| begun(&mut clinic, n, user, minute(m)));
    let clinic = clinic.restart();
    assert_eq!(all(&clinic, minute(4)), [out.clone(), forgotten.clone(), used.clone(), over.clone()]);
    clinic.store.wait(async {
        let sessions = clinic.store.sessions();
        sessions.used(used.key, minute(9)).await.expect("written");
        sessions.used(used.key, minute(8)).await.expect("written");
        sessions.used([9; 32], minute(9)).await.expect("one that has ended in between is no error");
        sessions.end(out.key, Some(("101".to_owned(), minute(9)))).await.expect("ended");
        clinic.store.people().forget("102", "box", minute(9)).await.expect("forgotten");
    });
    let clinic = clinic.restart();
    assert_eq!(all(&clinic, over.ends), [SessionRow { used: minute(9), ..used }], "and one has ended by itself");
    let lines = clinic.store.wait(clinic.store.audit().list(2)).expect("audit");
    let words: Vec<_> = lines.iter().map(|l| (l.by.as_str(), l.what.as_str())).collect();
    assert_eq!(words, [("box", "secrets_removed"), ("101", "logout")]);
}

#[test]
fn of_those_who_press_at_once_one_has_a_session_and_a_line_in_the_audit() {
    let mut clinic = Clinic::new();
    let at = clinic.now;
    let tokens = clinic.store.tokens();
    let link = clinic.store.wait(tokens.mint(&mut clinic.random, "101", TokenKind::Login, None, at)).expect("minted");
    let sessions = clinic.store.sessions();
    let begin = |n: u8| {
        let new = NewSession { key: [n; 32], stays: false, at, ends: at + DAY };
        clinic.store.wait(sessions.begin(&link, new)).expect("asked").is_some()
    };
    let begin = &begin;
    let winners = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || begin(n))).collect();
        threads.into_iter().filter_map(|t| t.join().ok()).filter(|won| *won).count()
    });
    assert_eq!((winners, all(&clinic, at).len()), (1, 1));
    let lines = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    assert_eq!(lines.iter().filter(|l| l.what == "login").count(), 1);
}
