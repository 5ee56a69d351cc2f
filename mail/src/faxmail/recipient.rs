//! Fax numbers in mail addresses: `15551234567@`, `+1555...@`, `555-123-4567@`, and the form of RFC 3192,
//! `FAX=+15551234567/T33S=22@`, whose subaddress may be written as `/sub=22` too, and followed by a password, `/pwd=1234`.

use model::{Inside, PhoneNumber, Settings};

use crate::Rejection;

const NO_SUBADDRESS: &str = "A subaddress has 1 to 20 digits, as in /sub=44";

/// Who a mail is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A fax machine.
    Fax(FaxAddress),
}

/// A fax number, as an address gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaxAddress {
    /// The number. Whether it may be faxed to is for the plan to say.
    pub number: PhoneNumber,
    /// Whom it is for there.
    pub inside: Inside,
}

/// Reads an envelope recipient, as it was written.
///
/// # Errors
/// The reply for RCPT, with a sentence: the domain is not the fax domain, or what stands before it is no number.
pub fn recipient(address: &str, settings: &Settings) -> Result<Recipient, Rejection> {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    if !domain.eq_ignore_ascii_case(&settings.fax_domain) {
        let sentence = format!(
            "We take mail for fax numbers only: write to the number at {}, as in 2025550123@{}",
            settings.fax_domain, settings.fax_domain
        );
        return Err(Rejection::not_allowed(sentence));
    }
    fax_address(&unquoted(local), settings).map(Recipient::Fax).map_err(Rejection::bad_recipient)
}

fn fax_address(local: &str, settings: &Settings) -> Result<FaxAddress, String> {
    let mut pieces = local.split('/');
    let first = pieces.next().unwrap_or_default();
    let number = strip_prefix(first, "FAX=").unwrap_or(first);
    let number = settings.numbering.parse(number).map_err(|why| format!("No fax number: {why}"))?;
    let (mut subaddress, mut password) = ("", "");
    for piece in pieces {
        let (what, digits) = piece.split_once('=').unwrap_or((piece, ""));
        match what.to_ascii_lowercase().as_str() {
            "t33s" | "sub" if digits.is_empty() => return Err(NO_SUBADDRESS.to_owned()),
            "t33s" | "sub" => subaddress = digits,
            "pwd" => password = digits,
            _ => return Err("We do not know what follows the / in this fax number".to_owned()),
        }
    }
    let inside = Inside::parse(subaddress, password).map_err(|why| why.trim_end_matches('.').to_owned())?;
    Ok(FaxAddress { number, inside })
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

/// The content of a quoted local part (RFC 5321, 4.1.2): `"+1 (202) 555-0123"@` is how an address with spaces must be written.
fn unquoted(local: &str) -> String {
    match local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
        None => local.to_owned(),
        Some(inside) => {
            let mut out = String::with_capacity(inside.len());
            let mut chars = inside.chars();
            while let Some(c) = chars.next() {
                out.extend(if c == '\\' { chars.next() } else { Some(c) });
            }
            out
        }
    }
}
