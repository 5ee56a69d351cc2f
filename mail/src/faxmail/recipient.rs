//! Fax numbers in mail addresses: `15551234567@`, `+1555...@`, `555-123-4567@`, and the form of RFC 3192,
//! `FAX=+15551234567/T33S=22@`.

use model::{PhoneNumber, Pii, Settings};

use crate::Rejection;

/// Longest T.33 subaddress (ITU-T T.33: 20 digits).
const SUBADDRESS: usize = 20;

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
    /// The T.33 subaddress, for a machine that forwards inside its house.
    pub subaddress: Option<Pii<String>>,
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
    let mut subaddress = None;
    for piece in pieces {
        let digits = strip_prefix(piece, "T33S=").ok_or("We do not know what follows the / in this fax number")?;
        if digits.is_empty() || digits.len() > SUBADDRESS || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err("A T.33 subaddress has 1 to 20 digits".to_owned());
        }
        subaddress = Some(digits.into());
    }
    Ok(FaxAddress { number, subaddress })
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
