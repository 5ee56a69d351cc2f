//! Receipts: what became of a fax, for whoever sent it.

use mail_builder::mime::{BodyPart, MimePart};
use model::fax::{Cause, FaxState};
use model::{MailId, Pii, Settings, Wall};
use store::rows::{AttemptRow, FaxRow};

use super::{Head, dsn, finish, laid_out, text_part, words};

/// Attempts that are listed in full; a fax has fewer unless a person sent it again and again.
const ATTEMPTS: usize = 30;

/// What a receipt is made of.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptFacts<'a> {
    /// The receipt's own identity.
    pub id: MailId,
    /// When it is written.
    pub at: Wall,
    /// Who gets it.
    pub to: &'a Pii<String>,
    /// The clinic.
    pub settings: &'a Settings,
    /// The fax, at its end.
    pub fax: &'a FaxRow,
    /// Its attempts, in order.
    pub attempts: &'a [AttemptRow],
}

/// Writes a receipt; of an order to fetch, or of what was laid out to be fetched, as text alone, since nothing was delivered to anybody. Of a fax it is a multipart/report (RFC 6522) with a text for the person and a status for programs. A fax that could not be
/// rendered gets one too; it names the document and the reason.
pub fn receipt(facts: &ReceiptFacts<'_>) -> Vec<u8> {
    let head = Head { id: facts.id, at: facts.at, to: facts.to, settings: facts.settings };
    if facts.fax.is_never_dialled() {
        return finish(head.message(&laid_out::subject(facts)).body(text_part(laid_out::text(facts))));
    }
    if facts.fax.fetch {
        return finish(head.message(&subject(facts)).body(text_part(text(facts))));
    }
    let status = dsn::status_part(facts.fax, facts.attempts.last(), facts.settings);
    let parts = vec![
        text_part(text(facts)),
        MimePart::new("message/delivery-status", BodyPart::Binary(status.into_bytes().into()))
            .transfer_encoding("7bit"),
    ];
    let content_type = head.multipart("report").attribute("report-type", "delivery-status");
    finish(head.message(&subject(facts)).body(MimePart::new(content_type, parts)))
}

/// The one sentence that says what became of it.
fn subject(facts: &ReceiptFacts<'_>) -> String {
    let to = words::number(facts.fax.number.as_ref(), facts.settings);
    if facts.fax.fetch {
        return subject_of_fetch(facts.fax, &to);
    }
    match facts.fax.state {
        FaxState::Sent => format!("Your fax to {to} arrived"),
        FaxState::Uncertain => format!("We can’t tell whether your fax to {to} arrived"),
        FaxState::Failed if facts.fax.reason.is_some() => format!("Your fax to {to} was not sent"),
        FaxState::Failed => format!("Your fax to {to} did not arrive: {}", cause(facts.fax).sentence()),
        FaxState::Cancelled => format!("Your fax to {to} was recalled"),
        FaxState::Held => format!("Your fax to {to} waits for you: it looks like one that you sent already"),
        _ => format!("Your fax to {to} is still waiting to be sent"),
    }
}

fn subject_of_fetch(fax: &FaxRow, from: &str) -> String {
    match (fax.state, fax.pages) {
        (FaxState::Sent, _) => format!("What you fetched from {from} is here"),
        (FaxState::Failed, 0) => format!("Nothing was fetched from {from}: {}", fax.sentence_of(cause(fax))),
        (FaxState::Failed, _) => format!("Only a part was fetched from {from}: {}", fax.sentence_of(cause(fax))),
        (FaxState::Cancelled, _) => format!("Your order to fetch from {from} was recalled"),
        _ => format!("Your order to fetch from {from} is still waiting"),
    }
}

fn text(facts: &ReceiptFacts<'_>) -> String {
    let fax = facts.fax;
    let first = subject(facts);
    let stop = if first.ends_with('.') { "" } else { "." };
    let mut text = format!("{first}{stop}\n");
    let more = explanation(fax);
    if !more.is_empty() {
        text.push_str(&format!("{more}\n"));
    }
    text.push('\n');
    text.push_str(&words::table(&[
        (if fax.fetch { "From" } else { "To" }, words::number(fax.number.as_ref(), facts.settings)),
        ("About", fax.subject.expose().clone()),
        ("Pages", pages(fax)),
        ("Omitted", fax.left_out.expose().clone()),
        ("Ordered", words::moment(fax.created, facts.settings)),
        ("Ended", words::moment(fax.changed, facts.settings)),
        ("Said by", if fax.is_arrived_by_word() { said_by(facts) } else { String::new() }),
        ("Fax", fax.id.to_string()),
    ]));
    text.push_str(&attempts(facts));
    text
}

/// Who knows that it arrived, where their machine did not say so.
fn said_by(facts: &ReceiptFacts<'_>) -> String {
    let Some((by, _)) = &facts.fax.done else { return String::new() };
    facts.settings.person(by).map_or_else(|| by.clone(), |person| person.name.expose().clone())
}

/// What it means and what to do.
fn explanation(fax: &FaxRow) -> String {
    if fax.fetch {
        return match (fax.state, fax.pages) {
            (FaxState::Sent, _) => "It stands in the inbox as a fax of its own.".to_owned(),
            (FaxState::Failed, 0) => "Nothing more is tried by itself. You can fetch it again in Frontdesk.".to_owned(),
            (FaxState::Failed, came) => format!(
                "{} came and stand in the inbox. It is not asked for again by itself: their machine may have given it away.",
                words::pages(came)
            ),
            _ => String::new(),
        };
    }
    match (fax.state, &fax.reason) {
        (FaxState::Sent, _) => fax.sentence().unwrap_or_default().to_owned(),
        (FaxState::Uncertain, _) => format!(
            "{}\nIt was not sent again, so that nobody gets it twice. Ask them whether it arrived; then say so in \
             Frontdesk, or send it again from there.",
            cause(fax).sentence()
        ),
        (FaxState::Failed, Some(reason)) => format!("{}\nNothing was sent.", words::one_line(reason.expose())),
        (FaxState::Failed, None) if fax.pages_confirmed > 0 => format!(
            "{} of {} arrived. If you send it again in Frontdesk, it goes on from page {}.",
            fax.pages_confirmed,
            words::pages(fax.pages),
            fax.pages_confirmed + 1
        ),
        (FaxState::Failed, None) => "Nothing more is tried by itself. You can send it again in Frontdesk.".to_owned(),
        (FaxState::Held, _) => "The same pages were ordered to this number a short while ago. Nothing of this one was sent: in Frontdesk, say \
             whether it is to go too, or recall it."
            .to_owned(),
        (FaxState::Cancelled, _) => "Nothing more of it is sent.".to_owned(),
        _ => String::new(),
    }
}

fn cause(fax: &FaxRow) -> Cause {
    match (fax.state, fax.cause) {
        (_, Some(cause)) => cause,
        (FaxState::Uncertain, None) => Cause::Unconfirmed,
        (_, None) => Cause::OurFault,
    }
}

pub(super) fn pages(fax: &FaxRow) -> String {
    match fax.pages {
        0 => String::new(),
        all if fax.pages_confirmed >= all => format!("{all}, all confirmed"),
        all => format!("{} of {all} confirmed", fax.pages_confirmed),
    }
}

pub(super) fn attempts(facts: &ReceiptFacts<'_>) -> String {
    if facts.attempts.is_empty() {
        return String::new();
    }
    let mut text = "\nAttempts\n".to_owned();
    let skipped = facts.attempts.len().saturating_sub(ATTEMPTS);
    if skipped > 0 {
        text.push_str(&format!("({skipped} earlier ones are in Frontdesk)\n"));
    }
    for attempt in facts.attempts.iter().skip(skipped) {
        text.push_str(&format!("{}. {}\n", attempt.number, words::one_line(&attempt_line(attempt, facts))));
    }
    text
}

fn attempt_line(attempt: &AttemptRow, of: &ReceiptFacts<'_>) -> String {
    let begun = format!("{}, {}", words::time_of_day(attempt.started, of.settings), attempt.line);
    let Some(outcome) = &attempt.outcome else { return format!("{begun}: no outcome is known.") };
    let mut facts = Vec::new();
    if outcome.bit_rate > 0 {
        facts.push(format!("{} confirmed", words::pages(outcome.pages_confirmed)));
        facts.push(format!("{} bit/s", outcome.bit_rate));
        facts.push(if outcome.ecm { "error correction".to_owned() } else { "no error correction".to_owned() });
    }
    if outcome.millis > 0 {
        facts.push(words::duration(outcome.millis));
    }
    let ident = outcome.remote_ident.expose().trim();
    if !ident.is_empty() {
        facts.push(format!("their machine calls itself “{ident}”"));
    }
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    format!("{begun}: {}{facts}", of.fax.sentence_of(outcome.cause))
}
