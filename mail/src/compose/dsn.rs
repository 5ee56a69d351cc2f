//! The part of a receipt that programs read: a delivery status notification (RFC 3464) for a fax, with the address form of
//! RFC 3191 and the diagnostic type that RFC 3464, 9.2 leaves to gateways.

use model::fax::{Cause, FaxState};
use model::{PhoneNumber, Settings};
use store::rows::{AttemptRow, FaxRow};

use super::words::{header_date, one_line};

/// What became of it, in the words of RFC 3464, 2.3.3.
pub(super) const fn action(state: FaxState) -> &'static str {
    match state {
        FaxState::Sent => "delivered",
        FaxState::Failed | FaxState::Cancelled => "failed",
        // Nobody knows whether an uncertain fax arrived, and a person has yet to decide: that is neither delivered nor failed.
        _ => "delayed",
    }
}

/// The enhanced status (RFC 3463).
pub(super) fn status(fax: &FaxRow) -> String {
    let class = match action(fax.state) {
        "delivered" => 2,
        "failed" => 5,
        _ => 4,
    };
    let detail = match fax.cause {
        _ if fax.state == FaxState::Sent => "0.0",
        // Media not supported: it could not be turned into pages.
        _ if fax.reason.is_some() => "6.1",
        None => "0.0",
        Some(Cause::Delivered) => "0.0",
        Some(Cause::Busy | Cause::NoAnswer | Cause::NoMachine) => "4.1",
        Some(Cause::NoSuchNumber) => "1.1",
        Some(Cause::NotAFax) => "1.2",
        Some(Cause::Refused | Cause::LineRefused | Cause::NotAllowed) => "7.1",
        Some(Cause::TrunkDown | Cause::ModemGone) => "4.4",
        Some(Cause::NoCommonMedia | Cause::NoT38 | Cause::CannotTrain | Cause::Incompatible) => "5.0",
        Some(Cause::BadPage | Cause::Dropped | Cause::Unconfirmed) => "4.2",
        Some(Cause::Cancelled) => "7.0",
        // Of an order to fetch, which has no such status of its own.
        Some(Cause::NothingToFetch | Cause::CannotAsk | Cause::FetchRefused | Cause::CannotFetch) => "0.0",
        Some(Cause::OurFault) => "3.0",
    };
    format!("{class}.{detail}")
}

/// The text of the message/delivery-status part.
pub(super) fn status_part(fax: &FaxRow, last: Option<&AttemptRow>, settings: &Settings) -> String {
    let recipient = match &fax.number {
        Some(number @ PhoneNumber::E164(_)) => format!("FAX={}", number.as_str()),
        Some(number) => number.as_str().to_owned(),
        None => "unknown".to_owned(),
    };
    let cause = if fax.is_confirmed() { Some(Cause::Delivered) } else { fax.cause };
    let word = cause.map_or_else(|| fax.state.word(), Cause::word);
    let diagnostic = match (&fax.reason, fax.sentence()) {
        (Some(_), _) => "unrenderable".to_owned(),
        (None, Some(sentence)) => format!("{word}; {sentence}"),
        (None, None) => word.to_owned(),
    };
    let mut lines = vec![
        format!("Reporting-MTA: dns; {}", settings.domain),
        format!("Arrival-Date: {}", header_date(fax.created, settings)),
        format!("X-Frontdesk-Fax: {}", fax.id),
        String::new(),
        format!("Final-Recipient: rfc822; {recipient}@{}", settings.fax_domain),
        format!("Action: {}", action(fax.state)),
        format!("Status: {}", status(fax)),
        format!("Diagnostic-Code: X-T30; {diagnostic}"),
    ];
    lines.extend(last.map(|attempt| format!("Last-Attempt-Date: {}", header_date(attempt.started, settings))));
    lines.push(format!("X-Frontdesk-Pages: {} of {}", fax.pages_confirmed, fax.pages));
    // RFC 3464, 2.1.1: fields in ASCII; a blank line between the message's and the recipient's.
    let ascii = |line: &String| one_line(line).replace(|c: char| !c.is_ascii(), "?");
    lines.iter().map(|line| ascii(line) + "\r\n").collect()
}
