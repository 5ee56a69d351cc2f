//! What a description says about keys that come by DTLS (RFC 8842) and about paths that are checked (RFC 8839).

use super::text::Attributes;
use crate::dtls::Fingerprint;

/// Who begins the handshake, as the end that says it sees it (RFC 4145).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// The other end may choose: what an offer says.
    Actpass,
    /// It does.
    Active,
    /// It waits.
    Passive,
}

impl Setup {
    const ALL: [(Self, &str); 3] = [(Self::Actpass, "actpass"), (Self::Active, "active"), (Self::Passive, "passive")];

    /// The value of its attribute.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(s, _)| *s == self).map_or("", |(_, name)| name)
    }
}

/// How its end comes to keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtls {
    /// Of the certificate that it will show.
    pub fingerprint: Fingerprint,
    /// Who begins.
    pub setup: Setup,
}

/// An attribute of the line, or else of the whole description.
fn value<'a>(session: Attributes<'a, '_>, own: Attributes<'a, '_>, name: &str) -> Option<&'a str> {
    own.value(name).or_else(|| session.value(name)).map(str::trim)
}

/// The SHA-256 of the certificate. Whoever names only other sums is not believed: all that speak DTLS-SRTP know this one.
pub(super) fn dtls(session: Attributes<'_, '_>, own: Attributes<'_, '_>) -> Option<Dtls> {
    let sum = |by: Attributes<'_, '_>| {
        by.values("fingerprint").find_map(|v| {
            let (name, sum) = v.trim().split_once(' ')?;
            Fingerprint::parse(sum).filter(|_| name.eq_ignore_ascii_case("sha-256"))
        })
    };
    let fingerprint = sum(own).or_else(|| sum(session))?;
    let said = value(session, own, "setup").unwrap_or("actpass");
    let setup = Setup::ALL.into_iter().find(|(_, name)| said.eq_ignore_ascii_case(name)).map(|(setup, _)| setup)?;
    Some(Dtls { fingerprint, setup })
}

/// The longest name of an end that checks paths (RFC 8839 section 5.4).
const MAX_UFRAG: usize = 256;

/// The name of its end, if it checks paths.
pub(super) fn ufrag(session: Attributes<'_, '_>, own: Attributes<'_, '_>) -> Option<String> {
    let is_name = |t: &&str| !t.is_empty() && t.len() <= MAX_UFRAG && t.bytes().all(|b| b.is_ascii_graphic());
    value(session, own, "ice-ufrag").filter(is_name).map(str::to_owned)
}

/// The line's name in a bundle, if it is in one (RFC 9143).
pub(super) fn bundled(session: Attributes<'_, '_>, own: Attributes<'_, '_>) -> Option<String> {
    let mid = mid(own)?;
    let groups = session.values("group");
    let mut names = groups.filter_map(|g| g.trim().strip_prefix("BUNDLE ")).flat_map(str::split_whitespace);
    names.any(|name| name == mid).then_some(mid)
}

/// The line's name (RFC 5888).
pub(super) fn mid(own: Attributes<'_, '_>) -> Option<String> {
    let mid = own.value("mid")?.trim();
    let is_token = !mid.is_empty() && mid.len() <= 64 && mid.bytes().all(|b| b.is_ascii_graphic());
    is_token.then(|| mid.to_owned())
}
