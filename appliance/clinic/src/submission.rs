//! The gateway of mailed faxes: who may mail a fax where, and what a message orders. Pure, so that an SMTP session can ask while
//! it talks; nothing is accepted before the store has it ([`crate::Input::Submission`]).

use std::time::Duration;

use fax::convert::{MAX_BYTES, MAX_PAGES};
use fax::cover::Cover;
use fax::paper::{self, can_be_printed};
use mail::Rejection;
use mail::faxmail::{self, FaxMail, Recipient, Refusal};
use mail::inbound::Submission;
use model::command::Document;
use model::fax::{Door, Retention};
use model::sending::{MAX_FOR_ALL, Wish};
use model::settings::{Person, Right};
use model::{FaxId, Inside, MailId, Now, PhoneNumber, Pii, Random, Settings, Wall};
use plan::{Plan, Request};
use sha2::{Digest, Sha256};
use store::effect::{NewFax, NewMail};

use crate::outgoing;

/// May this user mail a fax to this address? Asked for each RCPT.
///
/// # Errors
/// The reply, with the reason as a sentence.
pub fn recipient(
    settings: &Settings,
    plan: &Plan,
    by: Option<&str>,
    address: &str,
    at: Wall,
) -> Result<(PhoneNumber, Inside), Rejection> {
    let Recipient::Fax(fax) = faxmail::recipient(address, settings)?;
    let rights: &[Right] = by.and_then(|user| settings.person(user)).map_or(&[], |p| &p.rights);
    let request = Request { by: rights, door: Door::Mail, to: &fax.number, settings, at };
    plan.admit(&request).map_err(|denied| Rejection::not_allowed(denied.sentence))?;
    Ok((fax.number, fax.inside))
}

/// What a message orders: one fax for each number, all with the same documents.
///
/// # Errors
/// The reply to DATA: the message cannot be faxed, and nothing of it is kept.
pub fn order(
    settings: &Settings,
    plan: &Plan,
    submission: Submission,
    now: Now,
    random: &mut Random,
) -> Result<NewMail, Rejection> {
    let by = submission.by.unwrap_or_default();
    let mut numbers = Vec::new();
    for address in &submission.recipients {
        let number = recipient(settings, plan, Some(&by), address.expose(), now.wall)?;
        // Two spellings of one number are one fax; two people there are two.
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    let config = faxmail::Config { max_bytes: settings.max_message.min(MAX_BYTES), ..faxmail::Config::default() };
    let letter = faxmail::parse(submission.body.expose(), &config)?;
    let sender = settings.person(&by);
    let receipt_to = sender.and_then(|p| p.mail.clone()).or_else(|| Some(submission.from.clone()));
    // Programs write with an empty sender (RFC 5321, 4.5.5), to which no receipt can go.
    let receipt_to = receipt_to.filter(|address| !address.expose().is_empty());
    let left_out = letter.dropped.iter().map(|name| name.expose().as_str()).collect::<Vec<_>>().join(", ");
    let mut faxes = Vec::with_capacity(numbers.len());
    let all = numbers.len();
    for (to, inside) in numbers {
        let (cover, documents) = documents(settings, &letter, sender, &to, now.wall)?;
        check_size(&documents, all)?;
        faxes.push(NewFax {
            id: FaxId::new(now.wall, random),
            door: Door::Mail,
            by: by.clone(),
            documents,
            to,
            fetch: false,
            forwards: None,
            subject: letter.subject.clone(),
            left_out: Pii::new(left_out.clone()),
            receipt_to: receipt_to.clone(),
            retention: Retention::Clinical,
            wish: outgoing::wish(settings, Wish { cover, inside, ..Wish::default() }, now.wall),
            at: now.wall,
        });
    }
    let id = MailId::new(now.wall, random);
    let body = submission.body;
    let fingerprint = fingerprint(&by, &faxes, body.expose());
    let anew_after = (!is_told_apart(body.expose())).then_some(SAME_WITHIN);
    Ok(NewMail { id, by, from: submission.from, body, fingerprint, anew_after, faxes, at: now.wall })
}

/// Before anything is accepted that could not be faxed afterwards. Those of one number become pages together, and a message may be larger.
fn check_size(documents: &[Document], numbers: usize) -> Result<(), Rejection> {
    let bytes: usize = documents.iter().map(|document| document.bytes.expose().len()).sum();
    if bytes > MAX_BYTES {
        return Err(Refusal::TooLarge.into());
    }
    if numbers > 1 && bytes.saturating_mul(numbers) > MAX_FOR_ALL {
        let sentence = "The attachments are too large for so many numbers in one message; send it to fewer numbers at a time. Nothing was faxed.";
        return Err(Rejection::new(552, "5.3.4", sentence));
    }
    Ok(())
}

/// The same for a message that comes a second time, because its client never heard our 250: same person, same numbers, the same
/// people and passwords there, same bytes but for what servers have put in front of them. A person who sends a letter again writes a new Message-ID and a new Date.
fn fingerprint(by: &str, faxes: &[NewFax], body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let whom = |fax: &NewFax| {
        let inside = &fax.wish.inside;
        let password = Some(inside.password.expose()).filter(|password| !password.is_empty());
        // Named, so that no password passes for a subaddress.
        let password = password.map(|password| format!("password {password}")).unwrap_or_default();
        [fax.to.as_str().to_owned(), inside.subaddress.expose().clone(), password]
    };
    let faxes = faxes.iter().flat_map(whom).filter(|part| !part.is_empty());
    for part in std::iter::once(by.to_owned()).chain(faxes) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(without_trace(body));
    hash.finalize().into()
}

/// For so long the same bytes are the same message even where nothing in it tells two apart: a client that never heard our 250 is back
/// within minutes, and a script that mails the same order each night writes the same bytes.
const SAME_WITHIN: Duration = Duration::from_secs(3600);

/// Something in it differs whenever it is written anew: its Message-ID or its Date.
fn is_told_apart(body: &[u8]) -> bool {
    let written = without_trace(body);
    let head = written.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let names = head.take_while(|line| !line.is_empty()).filter_map(|line| line.split(|byte| *byte == b':').next());
    names
        .map(<[u8]>::trim_ascii_end)
        .any(|name| name.eq_ignore_ascii_case(b"message-id") || name.eq_ignore_ascii_case(b"date"))
}

/// The message as it was written: what each server on its way has put in front of it (RFC 5321 section 4.4), ours among them, says when it came by. A
/// relay that never heard our 250 hands in the same message with another hour.
fn without_trace(body: &[u8]) -> Vec<u8> {
    let (mut written, mut head, mut of_trace) = (Vec::with_capacity(body.len()), 0, false);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        if line.trim_ascii_end().is_empty() {
            break;
        }
        if !matches!(line[0], b' ' | b'\t') {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default().trim_ascii_end();
            of_trace = name.eq_ignore_ascii_case(b"received") || name.eq_ignore_ascii_case(b"return-path");
        }
        if !of_trace {
            written.extend_from_slice(line);
        }
        head += line.len();
    }
    written.extend_from_slice(&body[head..]);
    written
}

/// What the cover says where the message has no room on it.
const BEHIND: &str = "The message begins on the next page.";

/// The cover page, unless the sender wants none or wrote nothing, and then the attachments as they came; and what makes two covers the same.
/// A message for which the cover has no room stands behind it as a whole: what makes two faxes the same are the pages behind a cover.
fn documents(
    settings: &Settings,
    letter: &FaxMail,
    sender: Option<&Person>,
    to: &PhoneNumber,
    at: Wall,
) -> Result<(Option<[u8; 32]>, Vec<Document>), Rejection> {
    let mut before = Vec::new();
    let mut print = None;
    if let Some(text) = &letter.cover {
        let mut cover = cover(settings, letter, sender, to, at);
        cover.message.clone_from(text.expose());
        print = Some(print_of(&cover));
        // Also what the cover has room for must have letters that can be printed.
        let has_room = can_be_printed(text.expose()).then(|| cover.has_room()).ok_or_else(strange_letters)?;
        if has_room {
            before.push(pdf("cover page", cover.to_pdf()));
        } else {
            BEHIND.clone_into(&mut cover.message);
            let behind = paper::set(text.expose()).ok_or_else(strange_letters)?;
            // Before it is accepted: how many lines it takes is known only now, for words in wide letters take one each.
            if 1 + behind.sheets > MAX_PAGES {
                return Err(Refusal::TextTooLong.into());
            }
            before.extend([pdf("cover page", cover.to_pdf()), pdf("message", behind.pdf)]);
        }
    }
    Ok((print, before.into_iter().chain(letter.documents.iter().cloned()).collect()))
}

/// Of all that a cover says but the time of day.
fn print_of(cover: &Cover) -> [u8; 32] {
    let mut hash = Sha256::new();
    let says = [&cover.clinic, &cover.to, &cover.from, &cover.subject, &cover.message];
    for words in says.into_iter().chain(&cover.contact) {
        hash.update(words.len().to_le_bytes());
        hash.update(words.as_bytes());
    }
    hash.finalize().into()
}

fn cover(settings: &Settings, letter: &FaxMail, sender: Option<&Person>, to: &PhoneNumber, at: Wall) -> Cover {
    let country = &settings.numbering.country;
    Cover {
        clinic: settings.clinic_name.clone(),
        contact: vec![settings.address.clone(), settings.main_number.for_person(country)],
        to: to.for_person(country),
        from: sender.map(|p| p.name.expose().clone()).unwrap_or_default(),
        date: at.in_zone(&settings.zone()).strftime("%-d %B %Y, %H:%M").to_string(),
        subject: letter.subject.expose().clone(),
        ..Cover::default()
    }
}

fn pdf(name: &str, bytes: Vec<u8>) -> Document {
    Document { name: Pii::from(name), media_type: "application/pdf".to_owned(), bytes: Pii::new(bytes) }
}

/// RFC 3463: media not supported, as of an attachment in such letters.
fn strange_letters() -> Rejection {
    let sentence = "The text is in letters that Frontdesk cannot print; attach it as a PDF instead. Nothing was faxed.";
    Rejection::new(554, "5.6.1", sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailboxes::tests::SETTINGS;

    #[test]
    fn what_could_not_be_faxed_afterwards_is_not_accepted() {
        let one = "552 5.3.4 The attachments are too large for one fax. Nothing was faxed.";
        let all = "552 5.3.4 The attachments are too large for so many numbers in one message; send it to fewer numbers at a time. \
                   Nothing was faxed.";
        for (bytes, numbers, expected) in [
            (MAX_BYTES, 1, ""),
            (MAX_BYTES + 1, 1, one),
            (MAX_BYTES + 1, 2, one),
            (MAX_FOR_ALL / 2, 2, ""),
            (MAX_FOR_ALL / 2, 3, all),
        ] {
            let documents = [pdf("cover page", vec![0; 1000]), pdf("scan", vec![0; bytes - 1000])];
            let said = check_size(&documents, numbers)
                .map_or_else(|r| format!("{} {} {}", r.code, r.status, r.text.expose()), |()| String::new());
            assert_eq!(said, expected, "{bytes} bytes to {numbers}");
        }
    }

    /// The pages of a mail of this text, unless it is refused.
    fn pages(text: &str) -> Result<usize, String> {
        let settings = Settings::parse(SETTINGS).expect("good settings");
        let mail = format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}");
        let letter = faxmail::parse(mail.as_bytes(), &faxmail::Config::default()).expect("it is taken");
        let to = PhoneNumber::E164("+12025550101".to_owned());
        let (_, documents) = documents(&settings, &letter, None, &to, Wall(0)).map_err(|r| r.text.expose().clone())?;
        let of = |d: &Document| d.bytes.expose().windows(11).filter(|w| w.starts_with(b"/Type /Page")).count() - 1;
        Ok(documents.iter().map(of).sum())
    }

    #[test]
    fn a_cover_is_the_same_at_another_time_of_day_unless_it_says_something_else() {
        let settings = Settings::parse(SETTINGS).expect("good settings");
        let to = PhoneNumber::E164("+12025550101".to_owned());
        let cover = |text: &str, at| {
            let letter = faxmail::parse(format!("Subject: Dose\r\n\r\n{text}").as_bytes(), &faxmail::Config::default());
            documents(&settings, &letter.expect("a mail"), None, &to, Wall(at)).expect("accepted")
        };
        let ((print, pages), (later, pages_later)) = (cover("5 mg", 0), cover("5 mg", 3_600_000));
        assert!(print.is_some() && pages[0].bytes != pages_later[0].bytes, "it has the time of day on it");
        assert_eq!(print, later);
        assert_ne!(print, cover("50 mg", 0).0);
    }

    /// Whoever got the password wrong mails the same letter again with the right one.
    #[test]
    fn another_password_is_another_order() {
        let plan = Plan::in_force(&Settings::parse(SETTINGS).expect("good settings")).plan;
        let text = SETTINGS.replace("location = \"Reception\"", "location = \"Reception\"\nrights = [\"send_faxes\"]");
        let settings = Settings::parse(&text).expect("good settings");
        let mut random = Random::from_u64(1);
        let mut print = |to: &str| {
            let submission = Submission {
                by: Some("101".to_owned()),
                from: Pii::from("desk@clinic.test"),
                recipients: vec![Pii::new(format!("{to}@fax.clinic.test"))],
                body: Pii::new(b"Message-ID: <a@b>\r\n\r\nA letter.".to_vec()),
            };
            order(&settings, &plan, submission, Now::simulation_start(), &mut random).expect("accepted").fingerprint
        };
        let all = ["/sub=44", "/pwd=44", "/sub=44/pwd=1", "/sub=44/pwd=2", ""];
        let prints: Vec<_> = all.iter().map(|inside| print(&format!("fax=12025550101{inside}"))).collect();
        let distinct: std::collections::BTreeSet<_> = prints.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(print("fax=12025550101/sub=44/pwd=1"), prints[2]);
    }

    /// The longest texts that are taken, in wide letters and in narrow ones: their pages, with the cover, are those of one fax, or they are
    /// refused before they are accepted.
    #[test]
    fn no_text_has_more_pages_than_a_fax() {
        let config = faxmail::Config::default();
        let line = |letter: &str| letter.repeat(config.max_text / config.max_lines - 1) + "\n";
        let short = line("W").repeat(config.max_lines - 1);
        let long = "W".repeat(config.max_text - 2 * config.max_lines) + &"\nW".repeat(config.max_lines - 1);
        for text in [short, long] {
            let pages = pages(&text).expect("it is accepted");
            assert!((100..=MAX_PAGES).contains(&pages), "{pages}");
        }
        // As many lines as there may be, and words of which each takes a line of its own, in the widest letters of either face.
        for word in ["Щ".repeat(21), "‱".repeat(14), "W".repeat(25)] {
            let lines = config.max_lines - 1;
            let words = (config.max_text - 2 * lines) / (word.chars().count() + 1);
            let text = (word.clone() + " ").repeat(words - 1) + &"\na".repeat(lines);
            match pages(&text) {
                Ok(pages) => assert!(pages <= MAX_PAGES, "{word}: {pages}"),
                Err(sentence) => assert!(sentence.contains("too long"), "{word}: {sentence}"),
            }
        }
        assert!(pages(&(("‱".repeat(14) + " ").repeat(1599) + &"\na".repeat(7_990))).is_err());
    }
}
