//! Mail becomes fax becomes mail, in simulated time: the clinic as `program` runs it, a real store, real fax engines on both ends,
//! and a network that loses what it likes.

use std::path::Path;
use std::time::Duration;

use fax::page::{Bitmap, Page};
use model::command::Command;
use model::fax::{Cause, Delivery, Direction, FaxState};
use model::mail::MailPurpose;
use model::{FaxId, Now};
use store::rows::FaxRow;
use world::clinic::World;
use world::net::Conditions;

const GOOD: &str = "12025550101";
const BUSY: &str = "12025550102";
const DROPS_PAGE_2: &str = "12025550103";
const REFUSES_T38: &str = "12025550106";
/// No such number.
const NOBODY: &str = "12025550190";

fn world(dir: &Path, seed: u64, conditions: Conditions) -> World {
    World::new(dir, seed, conditions, Now::simulation_start())
}

/// A mail with this PDF and no cover page.
fn letter(pdf: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(pdf);
    let lines: Vec<_> = encoded.as_bytes().chunks(76).map(|l| std::str::from_utf8(l).expect("ascii")).collect();
    let head = "From: nurse@clinic.test\r\nTo: fax@fax.clinic.test\r\nSubject: Referral nocover\r\nMIME-Version: 1.0\r\n\
                Content-Type: application/pdf; name=\"referral.pdf\"\r\nContent-Disposition: attachment; \
                filename=\"referral.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    format!("{head}{}\r\n", lines.join("\r\n")).into_bytes()
}

fn referral() -> Vec<u8> {
    letter(include_bytes!("../../fixtures/referral.pdf"))
}

/// A page of our own, small so that the many runs of the crash test are quick.
fn one_page() -> Vec<u8> {
    let cover = fax::cover::Cover {
        clinic: "Harbor Street Clinic".into(),
        message: "A short letter.".into(),
        ..Default::default()
    };
    letter(&cover.to_pdf())
}

fn only(faxes: Vec<FaxRow>) -> FaxRow {
    assert_eq!(faxes.len(), 1, "{faxes:?}");
    faxes.into_iter().next().expect("one")
}

fn at_rest(world: &World) -> bool {
    let faxes = world.faxes();
    !faxes.is_empty() && faxes.iter().all(|f| f.state.is_final()) && world.snapshot().faxes.is_empty()
}

fn bitmaps(files: impl IntoIterator<Item = Vec<u8>>) -> Vec<Bitmap> {
    files.into_iter().map(|f| Page::from_tiff(&f).expect("a page").decode().expect("whole")).collect()
}

/// The same dots, below the line that the sending machine printed above the page.
fn same(sent: &[Bitmap], received: &[Bitmap]) {
    assert_eq!(sent.len(), received.len(), "pages");
    for (n, (sent, received)) in sent.iter().zip(received).enumerate() {
        let extra = received.height() - sent.height();
        assert!((0..sent.height()).all(|y| sent.row(y) == received.row(y + extra)), "page {} differs", n + 1);
    }
}

fn seeds(default: u64) -> std::ops::Range<u64> {
    0..std::env::var("FRONTDESK_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

#[test]
fn a_mailed_fax_arrives_comes_back_and_is_mailed_over_a_lossy_network() {
    let lossy = Conditions { loss: 0.03, duplicate: 0.01, delay: Duration::from_millis(30), ..Conditions::GOOD };
    for seed in seeds(4) {
        println!("seed {seed}");
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = world(dir.path(), seed, lossy);
        assert_eq!(w.mail("102", &[GOOD], &referral()), Ok(true));
        w.run_until(|w| at_rest(w) && w.faxes().len() == 2 && w.seen.mails.len() >= 2);

        let sent = only(w.faxes_of(Direction::Out));
        assert_eq!((sent.state, sent.cause), (FaxState::Sent, Some(Cause::Delivered)));
        assert_eq!(sent.pages_confirmed, sent.pages);
        let received = only(w.faxes_of(Direction::In));
        assert_eq!((received.state, received.pages), (FaxState::Received, sent.pages));

        let rendered =
            bitmaps(w.store.wait(w.store.faxes().pages(sent.id)).expect("pages").into_iter().map(|p| p.into_inner()));
        let there = bitmaps(w.seen.pages.iter().map(|(.., tiff)| tiff.clone()));
        same(&rendered, &there);
        let back = bitmaps(
            w.store.wait(w.store.faxes().pages(received.id)).expect("pages").into_iter().map(|p| p.into_inner()),
        );
        same(&there, &back);

        let purposes: Vec<_> = w.seen.mails.iter().map(|m| m.purpose).collect();
        assert!(purposes.contains(&MailPurpose::Receipt(sent.id)), "{purposes:?}");
        assert!(purposes.contains(&MailPurpose::ReceivedFax(received.id)), "{purposes:?}");
        w.run_until(|w| only(w.faxes_of(Direction::In)).delivery == Delivery::Delivered);
    }
}

#[test]
fn a_busy_number_is_tried_again_by_the_table_and_then_given_up() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    assert_eq!(w.mail("102", &[BUSY], &one_page()), Ok(true));
    w.run_until(|w| at_rest(w) && !w.seen.mails.is_empty());
    let fax = only(w.faxes());
    assert_eq!((fax.state, fax.cause), (FaxState::Failed, Some(Cause::Busy)));
    assert!(fax.attempts >= 6, "{} attempts", fax.attempts);
    let receipt = String::from_utf8_lossy(w.seen.mails[0].body.expose()).into_owned();
    assert!(receipt.contains(Cause::Busy.sentence()), "{receipt}");
}

#[test]
fn a_line_that_drops_before_the_last_confirmation_is_a_persons_matter() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    assert_eq!(w.mail("102", &[DROPS_PAGE_2], &referral()), Ok(true));
    w.run_until(|w| at_rest(w) && !w.seen.mails.is_empty());
    let fax = only(w.faxes());
    // Whatever its length, the far end hangs up at each call's second page: in the end all was sent and one page is in doubt.
    assert_eq!((fax.state, fax.cause), (FaxState::Uncertain, Some(Cause::Unconfirmed)), "{fax:?}");
    assert_eq!(fax.pages_confirmed, fax.pages - 1);
    // And there it stays: nothing is due, and no second session ever begins.
    let sessions = w.seen.pages.len();
    w.run_until(|_| false);
    assert_eq!(w.seen.pages.len(), sessions);
}

/// Out and back: once we call a line without T.38, and once we are called from it.
#[test]
fn a_line_without_t38_carries_the_fax_as_sound() {
    let dir = tempfile::tempdir().expect("a folder");
    let network = Conditions { delay: Duration::from_millis(30), ..Conditions::GOOD };
    let mut w = world(dir.path(), 1, network);
    assert_eq!(w.mail("102", &[REFUSES_T38], &referral()), Ok(true));
    w.run_until(|w| at_rest(w) && w.faxes().len() == 2 && w.seen.mails.len() >= 2);
    let sent = only(w.faxes_of(Direction::Out));
    assert_eq!((sent.state, sent.cause, sent.attempts), (FaxState::Sent, Some(Cause::Delivered), 1));
    let received = only(w.faxes_of(Direction::In));
    assert_eq!((received.state, received.pages), (FaxState::Received, sent.pages));
    let kept = |id| {
        let pages = w.store.wait(w.store.faxes().pages(id)).expect("pages");
        bitmaps(pages.into_iter().map(|page| page.into_inner()))
    };
    let there = bitmaps(w.seen.pages.iter().map(|(.., tiff)| tiff.clone()));
    same(&kept(sent.id), &there);
    same(&there, &kept(received.id));
}

#[test]
fn a_mail_that_may_not_or_cannot_be_faxed_leaves_nothing_behind() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    for (by, to, message) in [
        ("103", GOOD, one_page()),
        ("102", "911", one_page()),
        ("102", "nurse", one_page()),
        ("102", GOOD, b"Subject: nothing\r\n\r\n".to_vec()),
    ] {
        let refused = w.mail(by, &[to], &message).expect_err("refused");
        assert!(refused.ends_with(|c: char| c.is_alphanumeric() || c == '.'), "{refused}");
    }
    assert!(w.faxes().is_empty());
}

/// The client of a mail program that never heard our 250 hands the same message in again.
#[test]
fn a_message_that_comes_again_because_its_answer_was_lost_is_one_fax() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let body = one_page();
    let traced = |minute: u8| {
        let trace = format!("Received: from [127.0.0.1]\r\n\tby clinic.test; 09:0{minute}\r\n");
        [trace.as_bytes(), &body].concat()
    };
    assert_eq!(w.mail("102", &[BUSY], &traced(1)), Ok(true));
    assert_eq!(w.mail("102", &[BUSY], &traced(2)), Ok(true));
    assert_eq!(w.faxes().len(), 1);
    // To another number, from another person, or written anew it is another fax.
    assert_eq!(w.mail("102", &[REFUSES_T38], &traced(3)), Ok(true));
    assert_eq!(w.mail("101", &[BUSY], &traced(4)), Ok(true));
    let anew = [b"Message-ID: <second@clinic.test>\r\n".as_slice(), &body].concat();
    assert_eq!(w.mail("102", &[BUSY], &anew), Ok(true));
    assert_eq!(w.faxes().len(), 4);
}

#[test]
fn a_document_that_cannot_be_rendered_is_answered_by_a_mail_that_names_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let whole = fax::cover::Cover { message: "cut".into(), ..Default::default() }.to_pdf();
    assert_eq!(w.mail("102", &[GOOD], &letter(&whole[..200])), Ok(true));
    w.run_until(|w| !w.seen.mails.is_empty());
    assert_eq!(only(w.faxes()).state, FaxState::Failed);
    let told = String::from_utf8_lossy(w.seen.mails[0].body.expose()).into_owned();
    assert!(told.contains("referral.pdf"), "{told}");
    assert!(w.seen.pages.is_empty());
}

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

/// The same letter, written anew: another Message-ID, the same page.
fn written_anew() -> Vec<u8> {
    [b"Message-ID: <second@clinic.test>\r\n".as_slice(), &one_page()].concat()
}

fn held(w: &World) -> Option<FaxRow> {
    w.faxes().into_iter().find(|f| f.state == FaxState::Held)
}

#[test]
fn the_same_pages_twice_wait_for_a_person_who_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    assert_eq!(w.mail("102", &[GOOD], &one_page()), Ok(true));
    assert_eq!(w.mail("102", &[GOOD], &written_anew()), Ok(true));
    w.run_until(at_rest);
    let twin = held(&w).expect("one is held");
    w.run_until(|w| w.seen.mails.iter().any(|m| m.purpose == MailPurpose::Receipt(twin.id)));
    let told = w.seen.mails.iter().find(|m| m.purpose == MailPurpose::Receipt(twin.id)).expect("a mail");
    let told = String::from_utf8_lossy(told.body.expose()).into_owned();
    assert!(told.contains("waits for you"), "{told}");
    assert_eq!(w.seen.pages.iter().filter(|(number, ..)| number == GOOD).count(), 1);
    // To another number it is another fax; and a person may mean it.
    assert_eq!(w.mail("102", &[REFUSES_T38], &written_anew()), Ok(true));
    assert!(matches!(w.command(Command::SendAgain { by: "102".to_owned(), fax: twin.id }), Some(Ok(_))));
    w.run_until(at_rest);
    assert_eq!(held(&w), None);
    assert_eq!(w.seen.pages.iter().filter(|(number, ..)| number == GOOD).count(), 2);
}

#[test]
fn an_order_that_comes_twice_under_one_key_is_one_fax_and_a_recalled_one_is_never_dialled() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let order = || order_of("102", GOOD, Some("key"));
    let first = accepted(w.command(order()));
    assert_eq!(accepted(w.command(order())), first);
    assert_eq!(w.faxes().len(), 1);
    w.run_until(|w| w.faxes()[0].state == FaxState::Waiting);
    assert!(matches!(w.command(Command::CancelFax { by: "102".to_owned(), fax: first }), Some(Ok(_))));
    w.run_until(|_| false);
    assert_eq!(only(w.faxes()).state, FaxState::Cancelled);
    assert!(w.seen.sessions.is_empty(), "it was dialled");
}

fn order_of(by: &str, to: &str, key: Option<&str>) -> Command {
    let cover = fax::cover::Cover { message: "A short letter.".into(), ..Default::default() };
    let document = model::command::Document {
        name: "letter.pdf".into(),
        media_type: "application/pdf".to_owned(),
        bytes: cover.to_pdf().into(),
    };
    let key = key.map(|key| model::sending::OrderKey { key: key.into(), fingerprint: [1; 32] });
    Command::SendFax {
        by: by.to_owned(),
        door: model::fax::Door::Api,
        to: model::PhoneNumber::E164(format!("+{to}")),
        subject: "A letter".into(),
        documents: vec![document],
        wish: model::sending::Wish { key, ..Default::default() },
    }
}

fn accepted(answer: Option<Result<model::CommandOutcome, model::CommandError>>) -> FaxId {
    match answer {
        Some(Ok(model::CommandOutcome::FaxAccepted(fax))) => fax,
        other => panic!("{other:?}"),
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
fn fax_in(w: &mut World) -> Page {
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

#[test]
fn junk_is_kept_and_nobody_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let junk = "[[fax.routes]]\ncalled = \"+12025550199\"\njunk = true\n";
    let mut w = World::with(dir.path(), 1, Conditions::GOOD, Now::simulation_start(), junk);
    fax_in(&mut w);
    w.run_until(|_| false);
    let all = store::rows::FaxFilter { junk: true, ..Default::default() };
    let fax = only(w.store.wait(w.store.faxes().list(all, 10, None)).expect("the store reads"));
    assert!(fax.junk && fax.state == FaxState::Received && w.seen.mails.is_empty());
    let counts = w.store.wait(w.store.faxes().counts()).expect("counts");
    assert_eq!((counts.needs_person_in, w.faxes().len()), (0, 0));
}
