//! Digest authentication, server side: what phones prove to us.
//!
//! Which algorithms a phone is offered, and in which order, is [`Authenticator::offer`]'s to decide: by the standard alone half of the
//! phones that exist could not register. To them only `qop="auth"` is offered: `auth-int` would cover the body, which every gateway that
//! rewrites SDP on the way changes, and that phone could not call. A client that uses it all the same proves more than it was asked
//! for, and is believed. A clinic that knows its phones asks for the strong digest (`Config::strong_digest`): the best algorithm first,
//! and `auth-int` beside `auth`.
//!
//! Nonces carry their own proof (an HMAC over their time of issue), so an unauthenticated flood costs no memory. Only a nonce that was
//! used with the right password is remembered, with the counts that were used, until it is too old anyway: each count works once.
//! A nonce from before a restart has no valid proof; with the right password it is stale, not wrong, so no phone asks its owner.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use model::{Instant, Random};
use ring::hmac;
use subtle::ConstantTimeEq;

use super::{Algorithm, Hex, Proof, Quality};
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
/// Phones that were seen to choose SHA-256 where it comes first, and to give up where SHA-512-256 is named anywhere.
const SHA_256_FIRST: [&[u8]; 1] = [b"Linphone"];

impl User {
    /// The digest secrets of a password. `realm` must be the endpoint's [`Config::domain`](crate::Config::domain).
    pub fn from_password(user: &str, realm: &str, password: &str) -> Self {
        let ha1 = |a: Algorithm| a.secret(user.as_bytes(), realm.as_bytes(), password.as_bytes());
        Self {
            user: user.to_owned(),
            ha1_md5: ha1(Algorithm::Md5),
            ha1_sha256: ha1(Algorithm::Sha256),
            ha1_sha512_256: ha1(Algorithm::Sha512_256),
        }
    }

    /// The secret for an algorithm; `None` if the password was set before we knew the algorithm.
    fn ha1(&self, algorithm: Algorithm) -> Option<&str> {
        let ha1 = match algorithm {
            Algorithm::Md5 => &self.ha1_md5,
            Algorithm::Sha256 => &self.ha1_sha256,
            Algorithm::Sha512_256 => &self.ha1_sha512_256,
        };
        Some(ha1.as_str()).filter(|ha1| !ha1.is_empty())
    }
}

/// The secrets of all users, and the key of our nonces.
pub(crate) struct Authenticator {
    realm: String,
    strong: bool,
    key: hmac::Key,
    users: HashMap<Vec<u8>, User>,
    /// The algorithms that every user has a secret for: only these are offered, so that no challenge tells one user from another, or
    /// from nobody.
    common: Vec<Algorithm>,
    uses: Uses,
}

impl Authenticator {
    /// For the users of this realm. `strong`: every phone of theirs knows every algorithm.
    pub(crate) fn new(realm: &str, strong: bool, random: &mut Random) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Self {
            realm: realm.to_owned(),
            strong,
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            users: HashMap::new(),
            common: Algorithm::ALL.to_vec(),
            uses: Uses::default(),
        }
    }

    pub(crate) const fn set_strong(&mut self, strong: bool) {
        self.strong = strong;
    }

    pub(crate) fn set_users(&mut self, users: &Arc<[User]>) {
        self.users = users.iter().map(|u| (u.user.clone().into_bytes(), u.clone())).collect();
        self.common = Algorithm::ALL.into_iter().filter(|a| users.iter().all(|u| u.ha1(*a).is_some())).collect();
    }

    /// True if anybody could prove anything.
    pub(crate) fn has_users(&self) -> bool {
        !self.users.is_empty()
    }

    /// True if there is such a user.
    pub(crate) fn knows(&self, user: &[u8]) -> bool {
        self.users.contains_key(user)
    }

    /// A value that only we can make of `text`: the same text gives the same value as long as this process lives.
    pub(crate) fn tag(&self, text: &[u8]) -> String {
        hex::encode(&hmac::sign(&self.key, text).as_ref()[..8])
    }

    /// The values of the `WWW-Authenticate` headers for a phone of this User-Agent.
    pub(crate) fn challenge(&self, now: Instant, random: &mut Random, stale: bool, agent: &[u8]) -> Vec<String> {
        let nonce = self.nonce(now, random.next_u64());
        let stale = if stale { ", stale=true" } else { "" };
        let qop = if self.strong { "auth,auth-int" } else { "auth" };
        // Put together by hand: half of all registrations come to this, and a formatter costs as much as all the rest of it.
        let one = |algorithm: &Algorithm| {
            let (realm, nonce, name) = (self.realm.as_str(), nonce.as_str(), algorithm.name());
            let parts =
                ["Digest realm=\"", realm, "\", nonce=\"", nonce, "\", algorithm=", name, ", qop=\"", qop, "\"", stale];
            parts.concat()
        };
        // Users without any common secret are none that could sign in; the challenge still has to be one.
        let offered = self.offer(agent).iter().filter(|a| self.common.contains(a) || **a == Algorithm::Md5);
        offered.map(one).collect()
    }

    /// What a phone of this User-Agent is offered, in this order. RFC 8760 section 2.3 would have the best first; but what knows only MD5
    /// reads only the first and gives up (SIPp 3.6 and JsSIP 3 do, and so do desk phones of before 2020), and Linphone 5.1 gives up where
    /// SHA-512-256 is named at all. A phone that cannot register cannot call for help. So MD5 is first and SHA-512-256 is not offered,
    /// unless the clinic knows better; it is accepted from who uses it unasked.
    fn offer(&self, agent: &[u8]) -> &'static [Algorithm] {
        use Algorithm::{Md5, Sha256, Sha512_256};
        let begins = |list: &[&[u8]]| list.iter().any(|start| agent.starts_with(start));
        if self.strong {
            &[Sha512_256, Sha256, Md5]
        } else if begins(&MD5_ONLY) {
            &[Md5]
        } else if begins(&SHA_256_FIRST) {
            &[Sha256, Md5]
        } else {
            &[Md5, Sha256]
        }
    }

    /// What the credentials of a request come to.
    pub(crate) fn evaluate(&mut self, now: Instant, request: &Request) -> Auth {
        let given = request.message.values(Name::Authorization);
        let given = given.chain(request.message.values(Name::ProxyAuthorization)).take(MAX_CREDENTIALS);
        let method = method_name(request.method).as_bytes();
        let mut offered = false;
        for c in given.filter_map(Credentials::parse) {
            if *c.realm != *self.realm.as_bytes() {
                continue;
            }
            offered = true;
            let Some(count) = c.count() else { continue };
            if !same_resource(&c.uri, &request.uri) {
                continue;
            }
            let Some(user) = self.verify(&c, method, &request.body) else { continue };
            return if self.fresh(now, &c.nonce, count) { Auth::Valid { user } } else { Auth::Stale };
        }
        if offered { Auth::Wrong } else { Auth::None }
    }

    /// The user, if the response is right. An unknown user costs the same work.
    fn verify(&self, c: &Credentials<'_>, method: &[u8], body: &[u8]) -> Option<String> {
        let algorithm = Algorithm::named(&c.algorithm)?;
        // A response of RFC 2069 has no count, so it could be heard once and used again.
        let quality = Quality::named(&c.qop).filter(|q| *q != Quality::Legacy && !c.cnonce.is_empty())?;
        let known = self.users.get(&*c.username).and_then(|user| Some((user, user.ha1(algorithm)?)));
        // Whoever knows no secret could sign with an empty one; that signs nobody in.
        let ha1 = known.map_or("", |(_, ha1)| ha1);
        let (uri, nonce, count, cnonce, qop) = (&c.uri, &c.nonce, &c.nc, &c.cnonce, &c.qop);
        let expected = Proof { algorithm, quality, method, uri, body, nonce, count, cnonce, qop }.response(ha1);
        let mut given = [0; Hex::LONGEST];
        let given = given.get_mut(..c.response.len())?;
        given.copy_from_slice(&c.response);
        given.make_ascii_lowercase();
        let right = bool::from(expected.as_bytes().ct_eq(given));
        known.filter(|_| right).map(|(user, _)| user.user.clone())
    }

    /// Time of issue, 64 random bits, proof; in hexadecimal.
    fn nonce(&self, now: Instant, random: u64) -> Hex {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&now.nanos().to_be_bytes());
        bytes[8..16].copy_from_slice(&random.to_be_bytes());
        let proof = hmac::sign(&self.key, &bytes[..16]);
        bytes[16..].copy_from_slice(&proof.as_ref()[..16]);
        Hex::of(&bytes)
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
        let mut it = Authenticator::new("clinic", false, &mut Random::from_u64(1));
        it.set_users(&Arc::from([User::from_password("101", "clinic", "secret")]));
        it
    }

    /// A REGISTER by 101 with this password, and credentials that are right for it.
    fn register(nonce: &str, count: &str, algorithm: Algorithm, password: &str) -> Request {
        let ha1 = algorithm.secret(b"101", b"clinic", password.as_bytes());
        signed(nonce, count, algorithm, &ha1, Quality::Auth, "")
    }

    fn signed(nonce: &str, count: &str, algorithm: Algorithm, ha1: &str, quality: Quality, body: &str) -> Request {
        let (name, qop) = (algorithm.name(), quality.name());
        let proof = Proof {
            algorithm,
            quality,
            method: b"REGISTER",
            uri: b"sip:clinic",
            body: body.as_bytes(),
            nonce: nonce.as_bytes(),
            count: count.as_bytes(),
            cnonce: b"c",
            qop: qop.as_bytes(),
        };
        let response = proof.response(ha1);
        let response = response.as_str();
        let text = format!(
            "REGISTER sip:clinic SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:101@clinic>;tag=1\r\nTo: <sip:101@clinic>\r\n\
             Call-ID: 1\r\nCSeq: 1 REGISTER\r\nAuthorization: Digest username=\"101\", realm=\"clinic\", nonce=\"{nonce}\", uri=\"sip:clinic\", \
             algorithm={name}, qop={qop}, nc={count}, cnonce=\"c\", response=\"{response}\"\r\n\r\n{body}"
        );
        match parse(text.as_bytes()) {
            Verdict::Request(request) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_algorithm_and_counts_beyond_nine() {
        let mut it = authenticator();
        let nonce = it.nonce(NOW, 7);
        let nonce = nonce.as_str();
        let valid = Auth::Valid { user: "101".into() };
        for (count, algorithm) in [
            ("00000001", Algorithm::Md5),
            ("0000000a", Algorithm::Sha256),
            ("0000000b", Algorithm::Sha512_256),
            ("00000009", Algorithm::Md5),
            ("0000FFFF", Algorithm::Md5),
        ] {
            assert_eq!(it.evaluate(NOW, &register(nonce, count, algorithm, "secret")), valid, "{count}");
        }
        assert_eq!(it.evaluate(NOW, &register(nonce, "0000000a", Algorithm::Md5, "secret")), Auth::Stale);
        assert_eq!(it.evaluate(NOW, &register(nonce, "00010000", Algorithm::Md5, "guess")), Auth::Wrong);
    }

    #[test]
    fn with_auth_int_the_body_counts() {
        let mut it = authenticator();
        let nonce = it.nonce(NOW, 7);
        let nonce = nonce.as_str();
        let valid = Auth::Valid { user: "101".into() };
        for (count, algorithm) in [("00000001", Algorithm::Md5), ("00000002", Algorithm::Sha512_256)] {
            let ha1 = algorithm.secret(b"101", b"clinic", b"secret");
            let mut request = signed(nonce, count, algorithm, &ha1, Quality::AuthInt, "v=0\r\n");
            let whole = std::mem::replace(&mut request.body, bytes::Bytes::from_static(b"v=1\r\n"));
            assert_eq!(it.evaluate(NOW, &request), Auth::Wrong, "somebody changed the body");
            request.body = whole;
            assert_eq!(it.evaluate(NOW, &request), valid);
        }
    }

    #[test]
    fn a_response_without_a_count_is_refused() {
        let mut it = authenticator();
        let nonce = it.nonce(NOW, 7);
        let nonce = nonce.as_str();
        let ha1 = Algorithm::Md5.secret(b"101", b"clinic", b"secret");
        let old = signed(nonce, "00000001", Algorithm::Md5, &ha1, Quality::Legacy, "");
        assert_eq!(it.evaluate(NOW, &old), Auth::Wrong);
    }

    #[test]
    fn a_user_without_a_secret_for_an_algorithm_is_not_let_in_by_it() {
        let mut it = authenticator();
        let old = User { ha1_sha512_256: String::new(), ..User::from_password("101", "clinic", "secret") };
        it.set_users(&Arc::from([old, User::from_password("102", "clinic", "secret")]));
        let nonce = it.nonce(NOW, 7);
        let nonce = nonce.as_str();
        assert_eq!(it.evaluate(NOW, &register(nonce, "00000001", Algorithm::Sha512_256, "secret")), Auth::Wrong);
        let empty = signed(nonce, "00000001", Algorithm::Sha512_256, "", Quality::Auth, "");
        assert_eq!(it.evaluate(NOW, &empty), Auth::Wrong, "an empty secret signs nobody in");
        let valid = Auth::Valid { user: "101".into() };
        assert_eq!(it.evaluate(NOW, &register(nonce, "00000001", Algorithm::Sha256, "secret")), valid);
        it.set_strong(true);
        assert_eq!(offered(&it, b""), ["SHA-256", "MD5"], "what one lacks, none is offered");
    }

    #[test]
    fn each_phone_is_offered_what_it_can_bear() {
        let mut it = authenticator();
        assert_eq!(offered(&it, b""), ["MD5", "SHA-256"]);
        assert_eq!(offered(&it, b"Linphonec/5.1.65 (belle-sip/5.1.65)"), ["SHA-256", "MD5"]);
        assert_eq!(offered(&it, b"baresip v1.0.0 (x86_64/linux)"), ["MD5"]);
        it.set_strong(true);
        assert_eq!(offered(&it, b"baresip v1.0.0 (x86_64/linux)"), ["SHA-512-256", "SHA-256", "MD5"]);
    }

    fn offered(it: &Authenticator, agent: &[u8]) -> Vec<String> {
        let challenges = it.challenge(NOW, &mut Random::from_u64(1), false, agent);
        let name = |c: &String| c.split("algorithm=").nth(1)?.split(',').next().map(str::to_owned);
        challenges.iter().filter_map(name).collect()
    }

    #[test]
    fn old_or_foreign_nonces_are_stale_only_with_the_right_password() {
        let mut it = authenticator();
        let nonce = it.nonce(NOW, 7);
        let nonce = nonce.as_str();
        let late = NOW + LIFETIME;
        assert_eq!(it.evaluate(late, &register(nonce, "00000001", Algorithm::Md5, "secret")), Auth::Stale);
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
    fn a_challenge_in_full() {
        let challenges = authenticator().challenge(NOW, &mut Random::from_u64(2), true, b"");
        let [first, ..] = &challenges[..] else { panic!("{challenges:?}") };
        assert!(first.starts_with("Digest realm=\"clinic\", nonce=\""), "{first}");
        assert!(first.ends_with(", algorithm=MD5, qop=\"auth\", stale=true"), "{first}");
    }
}
