//! What is written in a mail itself: it is faxed to its last word, or the mail is refused.

use model::fax::{Direction, FaxState};
use world::net::Conditions;

use crate::{GOOD, at_rest, bitmaps, letter, only, same, world};

/// A mail with nothing but this text.
fn text_mail(text: &str) -> Vec<u8> {
    let head = "From: nurse@clinic.test\r\nTo: fax@fax.clinic.test\r\nSubject: Medication\r\nMIME-Version: 1.0\r\n\
                Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    format!("{head}{}", text.replace('\n', "\r\n")).into_bytes()
}

fn list(lines: usize) -> String {
    (1..=lines).map(|n| format!("Medicine{n}\n")).collect()
}

#[test]
fn a_text_that_the_cover_has_no_room_for_is_faxed_behind_it_to_its_last_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    assert_eq!(w.mail("102", &[GOOD], &text_mail(&list(60))), Ok(true));
    w.run_until(|w| at_rest(w) && w.faxes().len() == 2);
    let sent = only(w.faxes_of(Direction::Out));
    assert_eq!(sent.state, FaxState::Sent);
    // The letters that stand on each page that was faxed, as its ink says: those of the same text on our paper.
    let pages = w.store.wait(w.store.faxes().pages(sent.id)).expect("pages").into_iter().map(|page| page.into_inner());
    let pdf = fax::paper::text_to_pdf(list(60).trim_end()).expect("Latin letters");
    let document =
        model::command::Document { name: "list".into(), media_type: "application/pdf".to_owned(), bytes: pdf.into() };
    let expected = fax::convert::render(&[document]).expect("rendered");
    assert!(expected.len() > 1, "60 lines are more than a page");
    let expected: Vec<_> = expected.iter().map(|page| page.decode().expect("whole")).collect();
    same(&expected, &bitmaps(pages.skip(1)));
}

/// The cover has the time of day on it, so it tells no two faxes apart: what is behind it does, and that is all of the text.
#[test]
fn two_long_texts_that_end_alike_are_two_faxes_and_the_same_one_again_waits_for_a_person() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let other = list(60).replace("Medicine1\n", "Medicine61\n");
    for (text, held) in [(list(60), 0), (other, 0), (format!("{}\n\n", list(60)), 1)] {
        assert_eq!(w.mail("102", &[GOOD], &text_mail(&text)), Ok(true));
        w.run_until(|w| w.faxes_of(Direction::Out).iter().all(|fax| fax.pages > 0));
        let waiting = w.faxes_of(Direction::Out).iter().filter(|fax| fax.state == FaxState::Held).count();
        assert_eq!(waiting, held);
    }
}

#[test]
fn a_text_in_letters_that_cannot_be_printed_is_refused_with_a_sentence() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let refused = w.mail("102", &[GOOD], &text_mail("患者每天中午服药。")).expect_err("a page of question marks");
    assert!(refused.contains("cannot print"), "{refused}");
    assert_eq!(
        w.mail(
            "102",
            &[GOOD],
            &text_mail("Łukasz Żak: ☒ 5–10 mg every day at noon if INR ≥ 2, ☐ none. Пациент: Мария.")
        ),
        Ok(true)
    );
    assert_eq!(w.faxes().len(), 1);
}

/// Each fax keeps documents of its own, so one mail could fill the memory and the disk at once.
#[test]
fn a_mail_whose_documents_are_too_much_for_so_many_numbers_is_refused_with_a_sentence() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let large = letter(&[b"%PDF-1.7 ".as_slice(), &[b'x'; 3 << 20]].concat());
    let numbers: Vec<String> = (100..140).map(|n| format!("12025550{n}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let refused = w.mail("102", &numbers, &large).expect_err("120 MB");
    // Its client must not offer 120 MB again and again for days, while its person hears nothing.
    assert!(refused.starts_with("552 5.3.4 ") && refused.contains("fewer numbers"), "{refused}");
    assert!(w.faxes().is_empty());
    assert_eq!(w.mail("102", &numbers[..2], &large), Ok(true));
    assert_eq!(w.mail("102", &numbers, &text_mail("A short letter.")), Ok(true));
}
