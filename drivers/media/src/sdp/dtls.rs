//! What a description says about keys that come by DTLS (RFC 8842) and about paths that are checked (RFC 8839).

use sdp_types::Media;

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
fn value<'a>(session: &'a sdp_types::Session, media: &'a Media, name: &'a str) -> Option<&'a str> {
    let own = media.get_first_attribute_value(name).flatten();
    own.or_else(|| session.get_first_attribute_value(name).flatten()).map(str::trim)
}

/// The SHA-256 of the certificate. Whoever names only other sums is not believed: all that speak DTLS-SRTP know this one.
pub(super) fn dtls(session: &sdp_types::Session, media: &Media) -> Option<Dtls> {
    let sums = |values: Vec<&str>| {
        values.into_iter().find_map(|v| {
            let (name, sum) = v.trim().split_once(' ')?;
            Fingerprint::parse(sum).filter(|_| name.eq_ignore_ascii_case("sha-256"))
        })
    };
    let own = sums(media.get_attribute_values("fingerprint").flatten().collect());
    let fingerprint = own.or_else(|| sums(session.get_attribute_values("fingerprint").flatten().collect()))?;
    let said = value(session, media, "setup").unwrap_or("actpass");
    let setup = Setup::ALL.into_iter().find(|(_, name)| said.eq_ignore_ascii_case(name)).map(|(setup, _)| setup)?;
    Some(Dtls { fingerprint, setup })
}

/// The longest name of an end that checks paths (RFC 8839 section 5.4).
const MAX_UFRAG: usize = 256;

/// The name of its end, if it checks paths.
pub(super) fn ufrag(session: &sdp_types::Session, media: &Media) -> Option<String> {
    let is_name = |t: &&str| !t.is_empty() && t.len() <= MAX_UFRAG && t.bytes().all(|b| b.is_ascii_graphic());
    value(session, media, "ice-ufrag").filter(is_name).map(str::to_owned)
}

/// The line's name in a bundle, if it is in one (RFC 9143).
pub(super) fn bundled(session: &sdp_types::Session, media: &Media) -> Option<String> {
    let mid = mid(media)?;
    let groups = session.get_attribute_values("group").flatten();
    let mut names = groups.filter_map(|g| g.trim().strip_prefix("BUNDLE ")).flat_map(str::split_whitespace);
    names.any(|name| name == mid).then_some(mid)
}

/// The line's name (RFC 5888).
pub(super) fn mid(media: &Media) -> Option<String> {
    let mid = media.get_first_attribute_value("mid").flatten()?.trim();
    let is_token = !mid.is_empty() && mid.len() <= 64 && mid.bytes().all(|b| b.is_ascii_graphic());
    is_token.then(|| mid.to_owned())
}
