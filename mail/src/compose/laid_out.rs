//! What became of a document that was laid out for other machines to fetch, for whoever laid it out.

use model::fax::{Cause, FaxState};
use store::rows::FaxRow;

use super::receipt::{ReceiptFacts, attempts, pages};
use super::words;

/// The one sentence: of a fetch, or of the document itself. What it is about may name a patient, and stands in the text alone.
pub(super) fn subject(facts: &ReceiptFacts<'_>) -> String {
    let fax = facts.fax;
    let who = words::number(fax.number.as_ref(), facts.settings);
    match (&fax.offer, fax.state) {
        (None, FaxState::Sent) => format!("A document that you laid out was fetched by {who}"),
        (None, _) => format!("We can’t tell whether {who} has all of a document that you laid out"),
        (Some(_), FaxState::Failed) => "A document could not be laid out".to_owned(),
        (Some(_), _) => "Nobody fetched a document that you laid out, and its time is over".to_owned(),
    }
}

pub(super) fn text(facts: &ReceiptFacts<'_>) -> String {
    let fax = facts.fax;
    let fetch = fax.offer.is_none();
    let number = if fetch { words::number(fax.number.as_ref(), facts.settings) } else { String::new() };
    let moment = |at| words::moment(at, facts.settings);
    let lapsed = fax.offer.as_ref().filter(|_| fax.state != FaxState::Failed);
    let table = words::table(&[
        ("Fetched by", number),
        ("About", fax.subject.expose().clone()),
        ("Pages", if fetch { pages(fax) } else { String::new() }),
        (if fetch { "They called" } else { "Laid out" }, moment(fax.created)),
        ("Until", lapsed.map_or_else(String::new, |offer| moment(offer.until))),
        ("Fax", fax.id.to_string()),
    ]);
    format!("{}.\n{}\n\n{table}{}", subject(facts), explanation(fax), attempts(facts))
}

/// What it means and what to do.
fn explanation(fax: &FaxRow) -> String {
    match (&fax.offer, fax.state) {
        (None, FaxState::Sent) => fax.sentence().unwrap_or_default().to_owned(),
        (None, _) => format!(
            "{} Ask them; then say so in Frontdesk, at this fetch. If it was to be given away once, for an hour it lies ready for their number \
             alone, and then for nobody, until you say so, or withdraw it and lay it out again.",
            fax.sentence_of(Cause::Unconfirmed)
        ),
        (Some(_), FaxState::Failed) => {
            let reason = fax.reason.as_ref().map(|reason| words::one_line(reason.expose())).unwrap_or_default();
            format!("{reason}\nNobody gets it.")
        }
        (Some(_), _) => "Nobody gets it any more. If it is still wanted, lay it out once more in Frontdesk.".to_owned(),
    }
}
