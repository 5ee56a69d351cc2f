//! The process dies after any single effect, and starts again.

use std::time::Duration;

use model::FaxId;
use model::command::Command;
use model::fax::{Direction, FaxState};
use model::mail::MailPurpose;
use world::clinic::World;
use world::net::Conditions;

use crate::{BUSY, GOOD, NOBODY, at_rest, held, one_page, order_of, world, written_anew};

/// The process dies after each single effect of a mailed fax in turn, before it learns what the effect came to; the clinic starts
/// again on the same folder. After every one of these, nothing accepted is lost and nothing is sent twice without a person.
#[test]
fn a_crash_after_any_effect_loses_nothing_and_sends_nothing_twice() {
    let mut crash_at = 0;
    loop {
        let dir = tempfile::tempdir().expect("a folder");
        let mut first = world(dir.path(), 7, Conditions::GOOD);
        first.crash_after(crash_at);
        let accepted = first.mail("102", &[GOOD], &one_page()).expect("the message is fine");
        first.run_until(|w| at_rest(w) && w.seen.mails.len() >= 2 && w.faxes().len() == 2);
        let Some(died_after) = first.has_crashed().then(|| first.effects.last().cloned().unwrap_or_default()) else {
            assert!(crash_at > 10, "the run has more effects than {crash_at}");
            return;
        };
        let (now, seen) = (first.now, first.seen.clone());
        drop(first);

        let mut second = World::new(dir.path(), 8, Conditions::GOOD, now.after(Duration::from_secs(60)));
        second.seen.precede(seen);
        second.run_until(|w| at_rest(w) && !w.seen.mails.is_empty());
        second.run_until(|_| false);
        let context = format!("crash {crash_at}, after {died_after}");
        let sent = second.faxes_of(Direction::Out);
        assert!(sent.len() <= 1, "{context}: {sent:?}");
        assert!(!accepted || sent.len() == 1, "{context}: 250 was said, and the fax is gone");
        // Its one page, as often as the far end confirmed it.
        let whole = second.seen.pages.iter().filter(|(number, ..)| number == GOOD).count();
        assert!(whole <= 1, "{context}: it was sent {whole} times");
        if let Some(fax) = sent.first() {
            match fax.state {
                FaxState::Sent => assert_eq!(whole, 1, "{context}: said to be sent"),
                FaxState::Uncertain => {}
                state => panic!("{context}: it ended as {}", state.word()),
            }
            let receipts = second.seen.mails.iter().filter(|m| m.purpose == MailPurpose::Receipt(fax.id)).count();
            let purposes: Vec<_> = second.seen.mails.iter().map(|m| m.purpose).collect();
            assert!(receipts >= 1, "{context}: its sender was told nothing: {fax:?} {purposes:?} {:?}", second.effects);
        }
        for received in second.faxes_of(Direction::In) {
            assert!(matches!(received.state, FaxState::Received | FaxState::Partial | FaxState::Failed), "{context}");
            if received.pages > 0 {
                let told = second.seen.mails.iter().any(|m| m.purpose == MailPurpose::ReceivedFax(received.id));
                assert!(told, "{context}: a received fax reached nobody");
            }
        }
        let broken = second.store.wait(second.store.audit().verify()).expect("the chain reads");
        assert!(matches!(broken, store::AuditCheck::Intact { .. }), "{context}: {broken:?}");
        crash_at += 1;
    }
}

/// A clinic's hour with everything that holds a fax back: two letters with the same page, of which a person recalls one or sends it
/// all the same; an order under a key, repeated because its answer was lost; an order that is recalled in time.
struct Hour {
    /// What was answered as accepted.
    accepted: Vec<FaxId>,
    /// What was answered as recalled.
    recalled: Option<FaxId>,
}

impl Hour {
    fn play(w: &mut World) -> Self {
        let mut hour = Self { accepted: Vec::new(), recalled: None };
        for letter in [one_page(), written_anew()] {
            let _ = w.mail("102", &[GOOD], &letter);
        }
        hour.order(w, NOBODY, Some("key"));
        hour.order(w, NOBODY, Some("key"));
        if let Some(fax) = hour.order(w, BUSY, None)
            && let Some(Ok(_)) = w.command(Command::CancelFax { by: "102".to_owned(), fax })
        {
            hour.recalled = Some(fax);
        }
        w.run_until(|w| at_rest(w) && held(w).is_some());
        hour
    }

    /// `None` if the process died before it answered.
    fn order(&mut self, w: &mut World, to: &str, key: Option<&str>) -> Option<FaxId> {
        if w.has_crashed() {
            return None;
        }
        let fax = match w.command(order_of("102", to, key))? {
            Ok(model::CommandOutcome::FaxAccepted(fax)) => fax,
            other => panic!("{other:?}"),
        };
        if !self.accepted.contains(&fax) {
            self.accepted.push(fax);
        }
        Some(fax)
    }
}

/// Crashes after the effects `first`, `first` + [`PARTS`] and so on of such an hour: nothing is lost and nothing sent twice.
fn crash_in_such_an_hour(first: usize) {
    for crash_at in (first..).step_by(PARTS) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut before = world(dir.path(), 7, Conditions::GOOD);
        before.crash_after(crash_at);
        let mut hour = Hour::play(&mut before);
        let crashed = before.has_crashed();
        let died_after = before.effects.last().cloned().unwrap_or_default();
        let (now, seen) = (before.now, before.seen.clone());
        drop(before);

        let context = format!("crash {crash_at}, after {died_after}");
        let mut second = World::new(dir.path(), 8, Conditions::GOOD, now.after(Duration::from_secs(60)));
        second.seen.precede(seen);
        // The program never heard an answer and asks again; it must not get a second fax.
        hour.order(&mut second, NOBODY, Some("key"));
        second.run_until(at_rest);
        let faxes = second.faxes_of(Direction::Out);
        let of = |to: &str| {
            faxes
                .iter()
                .filter(|f| f.number.as_ref().is_some_and(|n| n.as_str() == format!("+{to}")))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(NOBODY).len(), 1, "{context}: one key, one fax");
        for fax in &hour.accepted {
            assert!(faxes.iter().any(|f| f.id == *fax), "{context}: an accepted fax is gone");
        }
        if let Some(recalled) = hour.recalled {
            let row = faxes.iter().find(|f| f.id == recalled).expect("it is there");
            assert_eq!((row.state, row.attempts), (FaxState::Cancelled, 0), "{context}: recalled");
        }
        // Two letters of one page: never both on their way by themselves.
        let letters = of(GOOD);
        let whole = |w: &World| w.seen.pages.iter().filter(|(number, ..)| number == GOOD).count();
        assert!(whole(&second) <= 1, "{context}: the same page was sent {} times", whole(&second));
        let sent = letters.iter().filter(|f| f.state == FaxState::Sent).count();
        assert!(sent <= 1 && letters.iter().all(|f| f.state != FaxState::Failed), "{context}: {letters:?}");
        // A person decides, and that is done and said once.
        if let Some(twin) = held(&second) {
            let told = second.seen.mails.iter().any(|m| m.purpose == MailPurpose::Receipt(twin.id));
            assert!(told, "{context}: nobody was told that a fax is held");
            assert!(matches!(second.command(Command::SendAgain { by: "102".to_owned(), fax: twin.id }), Some(Ok(_))));
            second.run_until(at_rest);
            assert!(whole(&second) <= 2, "{context}");
            assert_eq!(held(&second), None, "{context}");
        }
        if !crashed {
            assert!(crash_at > 20, "the run has more effects than {crash_at}");
            return;
        }
    }
}

/// The many points of the test below are tried in parts, so that they run beside each other.
const PARTS: usize = 4;

mod a_crash_after_any_effect_of_a_held_repeated_or_recalled_fax_loses_nothing_and_sends_nothing_twice {
    use super::crash_in_such_an_hour;

    #[test]
    fn first_part() {
        crash_in_such_an_hour(0);
    }

    #[test]
    fn second_part() {
        crash_in_such_an_hour(1);
    }

    #[test]
    fn third_part() {
        crash_in_such_an_hour(2);
    }

    #[test]
    fn fourth_part() {
        crash_in_such_an_hour(3);
    }
}
