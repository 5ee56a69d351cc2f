//! What is agreed with a carrier, beside where it is: who we are there, how numbers are written, and what is said of callers.

use serde::{Deserialize, Serialize};

use super::media::Media;
use super::raw::Check;
use super::trunk::RawTrunk;
use crate::number::NumberFormat;

/// The terms of one trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Our account, if there is one. Its password is not in here; the store keeps it.
    pub account: Option<Account>,
    /// The host part of the carrier's URIs; if nothing is said, its address.
    pub domain: Option<String>,
    /// The address is that of an outbound proxy: requests go through it and not to it.
    pub proxy: bool,
    /// How it wants numbers.
    pub numbers_out: NumberFormat,
    /// How it writes numbers; whatever is clear by itself is understood anyhow.
    pub numbers_in: NumberFormat,
    /// Who is said to call.
    pub caller_id: CallerId,
    /// Whether it is told who calls by P-Asserted-Identity or P-Preferred-Identity.
    pub identity: Identity,
    /// How it is told that a call was sent on.
    pub diversion: Diversion,
    /// It comes first when somebody calls for help.
    pub emergency: bool,
    /// The header in which it wants the place from which somebody calls for help.
    pub location_header: Option<String>,
    /// Requests above 1300 bytes go over TCP.
    pub large_over_tcp: bool,
    /// Whether the sound of its calls is encrypted, if that is said.
    #[serde(default)]
    pub media: Option<Media>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            account: None,
            domain: None,
            proxy: false,
            numbers_out: NumberFormat::E164,
            numbers_in: NumberFormat::E164,
            caller_id: CallerId::Clinic,
            identity: Identity::None,
            diversion: Diversion::None,
            emergency: false,
            location_header: None,
            large_over_tcp: true,
            media: None,
        }
    }
}

/// Our account at a carrier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account, which is the user part of its address.
    pub user: String,
    /// The user name of its digest.
    pub auth_user: String,
    /// We must register.
    pub registers: bool,
    /// For how many seconds.
    pub expires: u32,
}

/// Who is said to call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerId {
    /// The clinic, by its main number or its fax number.
    #[default]
    Clinic,
    /// Who called the clinic, if that call is sent on; else the clinic.
    Original,
    /// Nobody: "anonymous", with Privacy.
    Anonymous,
}

/// How a carrier is told who calls (RFC 3325).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// Not at all, beyond From.
    #[default]
    None,
    /// P-Asserted-Identity: the carrier trusts us.
    Asserted,
    /// P-Preferred-Identity: the carrier decides.
    Preferred,
}

/// How a carrier is told that a call was sent on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Diversion {
    /// Not at all.
    #[default]
    None,
    /// By Diversion (RFC 5806).
    Diversion,
    /// By History-Info (RFC 7044).
    HistoryInfo,
}

/// Shorter is traffic for nothing, longer leaves a carrier that forgot us unnoticed for too long.
const EXPIRES: std::ops::RangeInclusive<u32> = 60..=86_400;

/// Reads the terms of the trunk at this place.
pub(super) fn check(check: &mut Check, at: &str, raw: RawTrunk) -> Terms {
    let mut say = |key: &str, what: &str, help: &str| check.say(format!("{at}.{key}"), what, help);
    let part = |text: &str| !text.is_empty() && text.len() <= 128 && text.bytes().all(is_user_byte);
    for (key, text) in [("user", &raw.user), ("auth_user", &raw.auth_user)] {
        if text.as_ref().is_some_and(|t| !part(t)) {
            say(key, "this cannot be a user name", "copy it from the carrier's letter, without spaces");
        }
    }
    if raw.user.is_none() && (raw.register || raw.password.is_some() || raw.auth_user.is_some()) {
        say("user", "the account is missing", "write user = \"...\", as the carrier names the account");
    }
    let is_password = |p: &str| !p.is_empty() && !p.chars().any(char::is_control);
    if raw.password.as_ref().is_some_and(|p| !p.as_str().is_some_and(is_password)) {
        say("password", "this cannot be a password", "write it between quotes, on one line");
    }
    if raw.expires.is_some_and(|e| !EXPIRES.contains(&e)) {
        say(
            "expires",
            "a registration cannot last so long or so short",
            "give seconds, from 60 to 86400; 3600 is usual",
        );
    }
    if raw.domain.as_ref().is_some_and(|t| !is_host(t)) {
        say("domain", "this is neither a host name nor an address", "write it as in carrier.example");
    }
    if raw.proxy && raw.domain.is_none() {
        say("domain", "behind a proxy the carrier's own name is needed", "write domain = \"carrier.example\"");
    }
    if raw.location_header.as_ref().is_some_and(|h| !is_header(h)) {
        say("location_header", "this header cannot be used", "write Subject or X-Location");
    }
    let account = raw.user.map(|user| Account {
        auth_user: raw.auth_user.unwrap_or_else(|| user.clone()),
        user,
        registers: raw.register,
        expires: raw.expires.unwrap_or(3600),
    });
    Terms {
        account,
        domain: raw.domain,
        proxy: raw.proxy,
        numbers_out: raw.numbers_out,
        numbers_in: raw.numbers_in,
        caller_id: raw.caller_id,
        identity: raw.identity,
        diversion: raw.diversion,
        emergency: raw.emergency,
        location_header: raw.location_header,
        large_over_tcp: raw.large_over_tcp.unwrap_or(true),
        media: raw.media,
    }
}

/// What the user part of a URI may hold unescaped (RFC 3261 section 25.1), as far as accounts do.
const fn is_user_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'+' | b'=' | b'$')
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b))
}

/// Headers that decide nothing about the message, and that carriers show to who takes the call.
fn is_header(text: &str) -> bool {
    ["Subject", "X-Location"].contains(&text)
}

/// A password that a settings text holds.
#[derive(Clone, PartialEq, Eq)]
pub struct TrunkPassword {
    /// The trunk.
    pub trunk: String,
    /// The user of the digest.
    pub user: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for TrunkPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TrunkPassword({})", self.trunk)
    }
}

/// The passwords in a settings text, and the text without them: only the store keeps secrets.
///
/// # Errors
/// If a password stands where it cannot be taken out.
pub fn take_passwords(text: &str) -> Result<(String, Vec<TrunkPassword>), super::Problem> {
    let found = passwords(text);
    if found.is_empty() {
        return Ok((text.to_owned(), found));
    }
    let (mut kept, mut in_trunk) = (String::with_capacity(text.len()), false);
    for line in text.lines() {
        let bare = line.trim_start();
        if bare.starts_with('[') {
            in_trunk = bare.replace(' ', "").starts_with("[[trunks]]");
        }
        let key = bare.split('=').next().unwrap_or_default().trim();
        if in_trunk && key == "password" && bare.contains('=') {
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    if toml::from_str::<toml::Table>(&kept).is_err() || !passwords(&kept).is_empty() {
        return Err(super::Problem {
            at: "trunks".to_owned(),
            what: "a password cannot be moved into the store".to_owned(),
            help: "write password = \"...\" on a line of its own under [[trunks]]".to_owned(),
        });
    }
    Ok((kept, found))
}

fn passwords(text: &str) -> Vec<TrunkPassword> {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let trunks = table.get("trunks").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let read = |trunk: &toml::Value| {
        let text = |key: &str| trunk.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let user = text("auth_user").or_else(|| text("user"))?;
        Some(TrunkPassword { trunk: text("name")?, user, password: text("password")? })
    };
    trunks.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "plan = \"x\"\n[[trunks]]\nname = \"a\"\nuser = \"u\"\n password=\"p = [1] # no\"\nregister = true\n[mail]\npassword = \"stays\"\n";

    #[test]
    fn passwords_are_taken_out_and_nothing_else() {
        let (text, found) = take_passwords(TEXT).expect("taken");
        let [found] = found.as_slice() else { panic!("one password") };
        assert_eq!((&*found.trunk, &*found.user, &*found.password), ("a", "u", "p = [1] # no"));
        assert_eq!(text, TEXT.replace(" password=\"p = [1] # no\"\n", ""));
        assert_eq!(take_passwords(&text).expect("nothing"), (text, Vec::new()));
    }

    #[test]
    fn a_password_that_cannot_be_taken_out_is_said() {
        let inline = "trunks = [{ name = \"a\", user = \"u\", password = \"p\" }]\n";
        assert_eq!(take_passwords(inline).expect_err("a problem").at, "trunks");
        let lines = "[[trunks]]\nname = \"a\"\nuser = \"u\"\npassword = \"\"\"\nsecret\"\"\"\n";
        assert!(take_passwords(lines).is_err());
    }
}
