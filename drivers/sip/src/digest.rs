//! Digest authentication, server side (RFC 7616, RFC 8760): SHA-256 and MD5 are offered, `qop=auth` is demanded.
//!
//! Nonces carry their own proof (an HMAC over their time of issue), so an unauthenticated flood costs no memory. Only a nonce that was
//! used with the right password is remembered, with the counts that were used, until it is too old anyway: each count works once.
//! A nonce from before a restart has no valid proof; with the right password it is stale, not wrong, so no phone asks its owner.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use md5::Md5;
use model::{Instant, Random};
use ring::hmac;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::api::{Auth, User};
use crate::wire::{Credentials, Name, Request, Uri, method_name};

/// How long a nonce may be used. Longer would only save a phone one round trip per registration.
const LIFETIME: Duration = Duration::from_secs(120);
/// Nonces whose counts are remembered; above it all that were issued so far become stale at once. About 20 MiB.
const MAX_NONCES: usize = 1 << 18;
/// Credentials that are tried per request; a phone sends one, or one per algorithm.
const MAX_CREDENTIALS: usize = 4;

/// Phones that give up when they are offered an algorithm that they do not know, even beside one that they know (against RFC 7616
/// section 3.7), or see only the last offer: how their User-Agent begins. They are offered MD5 alone.
const MD5_ONLY: [&[u8]; 3] = [b"baresip v0.", b"baresip v1.", WEB_PHONE];
/// What a phone in a browser is taken for, however it calls itself: it is this one, or was made from it.
pub(crate) const WEB_PHONE: &[u8] = b"JsSIP";

/// True if SHA-256 must not be mentioned to this User-Agent.
pub(crate) fn knows_only_md5(agent: &[u8]) -> bool {
    MD5_ONLY.iter().any(|start| agent.starts_with(start))
}

#[derive(Clone, Copy)]
enum Algorithm {
    Md5,
    Sha256,
}

impl User {
    /// The digest secrets of a password. `realm` must be the endpoint's [`Config::domain`](crate::Config::domain).
    pub fn from_password(user: &str, realm: &str, password: &str) -> Self {
        let parts = [user.as_bytes(), realm.as_bytes(), password.as_bytes()];
        Self { user: user.to_owned(), ha1_md5: Algorithm::Md5.hash(&parts), ha1_sha256: Algorithm::Sha256.hash(&parts) }
    }
}

impl Algorithm {
    fn named(name: &[u8]) -> Option<Self> {
        if name.is_empty() || name.eq_ignore_ascii_case(b"MD5") {
            Some(Self::Md5)
        } else if name.eq_ignore_ascii_case(b"SHA-256") {
            Some(Self::Sha256)
        } else {
            None
        }
    }

    /// The hash of the parts with colons between, in lower-case hexadecimal.
    fn hash(self, parts: &[&[u8]]) -> String {
        let joined = parts.join(&b':');
        match self {
            Self::Md5 => hex::encode(Md5::digest(joined)),
            Self::Sha256 => hex::encode(Sha256::digest(joined)),
        }
    }
}

/// The secrets of all users, and the key of our nonces.
pub(crate) struct Authenticator {
    realm: String,
    key: hmac::Key,
    users: HashMap<Vec<u8>, User>,
    uses: Uses,
}

impl Authenticator {
    pub(crate) fn new(realm: &str, random: &mut Random) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Self {
            realm: realm.to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            users: HashMap::new(),
            uses: Uses::default(),
        }
    }

    pub(crate) fn set_users(&mut self, users: &Arc<[User]>) {
        self.users = users.iter().map(|u| (u.user.clone().into_bytes(), u.clone())).collect();
    }

    /// True if there is such a user.
    pub(crate) fn knows(&self, user: &[u8]) -> bool {
        self.users.contains_key(user)
    }

    /// A value that only we can make of `text`: the same text gives the same value as long as this process lives.
    pub(crate) fn tag(&self, text: &[u8]) -> String {
        hex::encode(&hmac::sign(&self.key, text).as_ref()[..8])
    }

    /// The values of two `WWW-Authenticate` headers, MD5 first. RFC 8760 section 2.3 would have SHA-256 first; but what knows only MD5 reads
    /// only the first and gives up (SIPp 3.6 does, and so do phones of before 2020), and a phone that cannot register cannot call for help.
    pub(crate) fn challenge(&self, now: Instant, random: &mut Random, stale: bool) -> [String; 2] {
        let nonce = self.nonce(now, random.next_u64());
        let stale = if stale { ", stale=true" } else { "" };
        ["MD5", "SHA-256"].map(|algorithm| {
            format!(r#"Digest realm="{}", nonce="{nonce}", algorithm={algorithm}, qop="auth"{stale}"#, self.realm)
        })
    }

    /// What the credentials of a request come to.
    pub(crate) fn evaluate(&mut self, now: Instant, request: &Request) -> Auth {
        let offered: Vec<Credentials> = request
            .message
            .values(Name::Authorization)
            .chain(request.message.values(Name::ProxyAuthorization))
            .take(MAX_CREDENTIALS)
            .filter_map(Credentials::parse)
            .filter(|c| c.realm == self.realm.as_bytes())
            .collect();
        if offered.is_empty() {
            return Auth::None;
        }
        let method = method_name(request.method).as_bytes();
        for c in offered {
            let Some(count) = c.count() else { continue };
            if !same_resource(&c.uri, &request.uri) {
                continue;
            }
            let Some(user) = self.verify(&c, method) else { continue };
            return if self.fresh(now, &c.nonce, count) { Auth::Valid { user } } else { Auth::Stale };
        }
        Auth::Wrong
    }

    /// The user, if the response is right. An unknown user costs the same work.
    fn verify(&self, c: &Credentials, method: &[u8]) -> Option<String> {
        let algorithm = Algorithm::named(&c.algorithm)?;
        if !c.qop.eq_ignore_ascii_case(b"auth") || c.cnonce.is_empty() {
            return None;
        }
        let user = self.users.get(&c.username);
        let ha1 = match (algorithm, user) {
            (_, None) => "",
            (Algorithm::Md5, Some(user)) => &user.ha1_md5,
            (Algorithm::Sha256, Some(user)) => &user.ha1_sha256,
        };
        let ha2 = algorithm.hash(&[method, &c.uri]);
        let expected = algorithm.hash(&[ha1.as_bytes(), &c.nonce, &c.nc, &c.cnonce, &c.qop, ha2.as_bytes()]);
        let right = bool::from(expected.as_bytes().ct_eq(&c.response.to_ascii_lowercase()));
        user.filter(|_| right).map(|u| u.user.clone())
    }

    /// Time of issue, 64 random bits, proof; in hexadecimal.
    fn nonce(&self, now: Instant, random: u64) -> String {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&now.nanos().to_be_bytes());
        bytes[8..16].copy_from_slice(&random.to_be_bytes());
        let proof = hmac::sign(&self.key, &bytes[..16]);
        bytes[16..].copy_from_slice(&proof.as_ref()[..16]);
        hex::encode(bytes)
    }

    /// True if the nonce is ours and young, and this count of it was not used yet.
    fn fresh(&mut self, now: Instant, nonce: &[u8], count: u32) -> bool {
        let mut bytes = [0; 32];
        if hex::decode_to_slice(nonce, &mut bytes).is_err() {
            return false;
        }
        let proof = hmac::sign(&self.key, &bytes[..16]);
        if !bool::from(proof.as_ref()[..16].ct_eq(&bytes[16..])) {
            return false;
        }
        let word = |part: &[u8]| part.iter().fold(0u64, |n, &b| n << 8 | u64::from(b));
        let issued = Instant::from_nanos(word(&bytes[..8]));
        self.uses.take(now, issued, word(&bytes[8..16]), count)
    }
}

/// True if a digest was made for this request. Only the user and host parts are compared: what else a phone or proxy changes in a URI
/// on the way (a port, a parameter) does not name another resource. A URI without a user names the server, by whatever name or address the
/// phone knows it, and with it all whom it serves: SIPp signs every request so. Little is lost: each count of a nonce works once, and who
/// could move such a digest to another request could as well change the body, which `qop=auth` does not cover.
fn same_resource(claimed: &[u8], actual: &[u8]) -> bool {
    if claimed == actual {
        return true;
    }
    match (Uri::parse(claimed), Uri::parse(actual)) {
        (Ok(a), Ok(_)) if a.user.is_none() => !a.host.is_empty(),
        (Ok(a), Ok(b)) => a.user == b.user && a.host.eq_ignore_ascii_case(b.host),
        _ => false,
    }
}

/// Which counts of which nonces were used. Two generations: what is older than both is too old by itself, so nothing is searched.
#[derive(Default)]
struct Uses {
    current: HashMap<u64, Window>,
    previous: HashMap<u64, Window>,
    since: Instant,
    /// Nonces issued up to here are stale, whatever their age.
    floor: Option<Instant>,
}

impl Uses {
    fn take(&mut self, now: Instant, issued: Instant, nonce: u64, count: u32) -> bool {
        if now.saturating_since(self.since) >= LIFETIME {
            self.previous = std::mem::take(&mut self.current);
            self.since = now;
        }
        if now.saturating_since(issued) >= LIFETIME || self.floor.is_some_and(|floor| issued <= floor) {
            return false;
        }
        let window = match self.previous.get_mut(&nonce) {
            Some(window) => window,
            None if self.current.len() >= MAX_NONCES && !self.current.contains_key(&nonce) => {
                *self = Self { since: now, floor: Some(now), ..Self::default() };
                return false;
            }
            None => self.current.entry(nonce).or_default(),
        };
        window.take(count)
    }
}

/// The counts of one nonce that were used: the highest, and which of the 64 below it. Datagrams overtake each other.
#[derive(Default)]
struct Window {
    highest: u32,
    used: u64,
}

impl Window {
    fn take(&mut self, count: u32) -> bool {
        if count == 0 {
            return false;
        }
        if count > self.highest {
            let shift = count - self.highest;
            self.used = self.used.checked_shl(shift).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let Some(bit) = 1u64.checked_shl(self.highest - count) else { return false };
        let new = self.used & bit == 0;
        self.used |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Verdict, parse};

    const NOW: Instant = Instant::from_nanos(5_000_000_000);

    fn authenticator() -> Authenticator {
        let mut it = Authenticator::new("clinic", &mut Random::from_u64(1));
        it.set_users(&Arc::from([User::from_password("101", "clinic", "secret")]));
        it
    }

    /// A REGISTER by 101 with this password, and credentials that are right for it.
    fn register(nonce: &str, count: &str, algorithm: Algorithm, password: &str) -> Request {
        let name = if matches!(algorithm, Algorithm::Md5) { "MD5" } else { "SHA-256" };
        let ha1 = algorithm.hash(&[b"101", b"clinic", password.as_bytes()]);
        let ha2 = algorithm.hash(&[b"REGISTER", b"sip:clinic"]);
        let response =
            algorithm.hash(&[ha1.as_bytes(), nonce.as_bytes(), count.as_bytes(), b"c", b"auth", ha2.as_bytes()]);
        let text = format!(
            "REGISTER sip:clinic SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:101@clinic>;tag=1\r\nTo: <sip:101@clinic>\r\n\
             Call-ID: 1\r\nCSeq: 1 REGISTER\r\nAuthorization: Digest username=\"101\", realm=\"clinic\", nonce=\"{nonce}\", uri=\"sip:clinic\", \
             algorithm={name}, qop=auth, nc={count}, cnonce=\"c\", response=\"{response}\"\r\n\r\n"
        );
        match parse(text.as_bytes()) {
            Verdict::Request(request) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_algorithms_and_counts_beyond_nine() {
        let mut it = authenticator();
        let nonce = it.nonce(NOW, 7);
        let valid = Auth::Valid { user: "101".into() };
        for (count, algorithm) in [
            ("00000001", Algorithm::Md5),
            ("0000000a", Algorithm::Sha256),
            ("00000009", Algorithm::Md5),
            ("0000FFFF", Algorithm::Md5),
        ] {
            assert_eq!(it.evaluate(NOW, &register(&nonce, count, algorithm, "secret")), valid, "{count}");
        }
        assert_eq!(it.evaluate(NOW, &register(&nonce, "0000000a", Algorithm::Md5, "secret")), Auth::Stale);
        assert_eq!(it.evaluate(NOW, &register(&nonce, "00010000", Algorithm::Md5, "guess")), Auth::Wrong);
    }

    #[test]
    fn old_or_foreign_nonces_are_stale_only_with_the_right_password() {
        let mut it = authenticator();
        let nonce = it.nonce(NOW, 7);
        let late = NOW + LIFETIME;
        assert_eq!(it.evaluate(late, &register(&nonce, "00000001", Algorithm::Md5, "secret")), Auth::Stale);
        assert_eq!(it.evaluate(late, &register("feed", "00000001", Algorithm::Md5, "secret")), Auth::Stale);
        assert_eq!(it.evaluate(late, &register("feed", "00000001", Algorithm::Md5, "guess")), Auth::Wrong);
    }

    #[test]
    fn a_use_is_remembered_across_a_generation() {
        let mut uses = Uses::default();
        let second = Duration::from_secs(1);
        let issued = Instant::ZERO + (LIFETIME - second);
        assert!(uses.take(issued, issued, 1, 1));
        assert!(!uses.take(issued + 2 * second, issued, 1, 1));
        assert!(uses.take(issued + 3 * second, issued, 1, 2));
    }

    #[test]
    fn a_digest_is_for_its_resource_or_for_the_whole_server() {
        for (claimed, actual, same) in [
            ("sip:102@clinic", "sip:102@CLINIC;transport=tcp", true),
            ("sip:102@clinic:5062", "sip:102@clinic", true),
            ("sip:clinic", "sip:102@clinic", true),
            ("sip:127.0.0.1:5060", "sip:*43@clinic", true),
            ("sip:103@clinic", "sip:102@clinic", false),
            ("sip:102@elsewhere", "sip:102@clinic", false),
            ("sip:102@clinic", "sip:clinic", false),
            ("tel:102", "sip:102@clinic", false),
            ("", "sip:102@clinic", false),
        ] {
            assert_eq!(same_resource(claimed.as_bytes(), actual.as_bytes()), same, "{claimed} for {actual}");
        }
    }

    #[test]
    fn a_challenge_offers_both() {
        let [first, second] = authenticator().challenge(NOW, &mut Random::from_u64(2), true);
        assert!(first.contains("algorithm=MD5") && first.ends_with("stale=true"), "{first}");
        assert!(second.contains("algorithm=SHA-256"), "{second}");
    }
}
