//! Digest authentication, client side: what we prove to carriers.
//!
//! The strongest algorithm that is offered and known is answered. A nonce is used again, with a rising count, until the carrier says that it
//! is stale, so that most requests need no second try. A challenge that comes back although its own answer was in the request
//! means a wrong password, and is never answered twice. A nonce that was good before says nothing of that kind when it is refused: many
//! registrars take each but once, and another server of the same carrier does not know it, and few of them say that it is stale.

use model::{Pii, Random};

use super::{Algorithm, Proof, Quality};
use crate::api::TrunkTrouble;
use crate::wire::{Challenge, Credentials, Message, Name, Start, lex};

/// Realms that are kept for one carrier: its proxy, its registrar, and what stands behind them. The oldest leaves.
const MAX_REALMS: usize = 4;
/// Challenges of one response that are looked at: three algorithms for two realms, and room.
const MAX_CHALLENGES: usize = 12;
/// Nonces and realms that are longer than this are not sent back: a header line has 8 KiB.
const MAX_VALUE: usize = 2048;

/// A realm that asked us.
struct Realm {
    proxy: bool,
    challenge: Challenge,
    algorithm: Algorithm,
    quality: Quality,
    count: u32,
}

/// Signs requests to one carrier.
pub(crate) struct Signer {
    user: String,
    password: Pii<String>,
    realms: Vec<Realm>,
}

/// A header with our credentials: its name and value.
pub(crate) type Signed = (&'static str, String);

impl Signer {
    pub(crate) fn new(user: &str, password: &Pii<String>) -> Self {
        Self { user: user.to_owned(), password: password.clone(), realms: Vec::new() }
    }

    /// True if this carrier names itself so in its challenges.
    pub(crate) fn knows_realm(&self, name: &[u8]) -> bool {
        self.realms.iter().any(|r| r.challenge.realm.eq_ignore_ascii_case(name))
    }

    /// Takes up a 401 or 407 to `request`.
    ///
    /// # Errors
    /// Why it would be no use to send the request again.
    pub(crate) fn challenged(&mut self, response: &Message, request: &Message) -> Result<(), TrunkTrouble> {
        let mut realms: Vec<Realm> = Vec::new();
        let mut unknown = false;
        for (name, proxy) in [(Name::WwwAuthenticate, false), (Name::ProxyAuthenticate, true)] {
            for challenge in response.values(name).take(MAX_CHALLENGES).filter_map(Challenge::parse) {
                let known = Algorithm::named(&challenge.algorithm).zip(best(&challenge.qop));
                let Some((algorithm, quality)) = known.filter(|_| is_sendable(&challenge)) else {
                    unknown = true;
                    continue;
                };
                let new = Realm { proxy, challenge, algorithm, quality, count: 0 };
                match realms.iter_mut().find(|r| r.is_same_place(&new)) {
                    Some(old) if (old.algorithm, old.quality) < (new.algorithm, new.quality) => *old = new,
                    Some(_) => {}
                    None => realms.push(new),
                }
            }
        }
        if realms.is_empty() {
            return Err(if unknown { TrunkTrouble::UnknownChallenge } else { TrunkTrouble::Refused(401) });
        }
        if realms.iter().any(|new| self.was_answered(new, request)) {
            // What was wrong once stays wrong: the next request begins without it.
            self.realms.retain(|old| !realms.iter().any(|new| new.is_same_place(old)));
            return Err(TrunkTrouble::WrongPassword);
        }
        for new in realms {
            self.realms.retain(|old| !old.is_same_place(&new));
            self.realms.push(new);
        }
        let surplus = self.realms.len().saturating_sub(MAX_REALMS);
        self.realms.drain(..surplus);
        Ok(())
    }

    /// True if the request had credentials that answered a challenge of its own: they were looked at and found wrong.
    fn was_answered(&self, new: &Realm, request: &Message) -> bool {
        let name = if new.proxy { Name::ProxyAuthorization } else { Name::Authorization };
        let mut given = request.values(name).filter_map(Credentials::parse);
        let Some(given) = given.find(|c| c.realm == new.challenge.realm).filter(|_| !new.challenge.stale) else {
            return false;
        };
        let nonce = &new.challenge.nonce[..];
        // Whoever challenges is answered at once, so the first use of a nonce is that answer. Without a quality nobody counts but we.
        let answers_it = || {
            self.realms
                .iter()
                .any(|old| old.is_same_place(new) && old.challenge.nonce == *given.nonce && old.count == 1)
        };
        nonce == &given.nonce[..] || given.count().map_or_else(answers_it, |count| count == 1)
    }

    /// The headers that a request to this carrier needs, as far as it has asked before.
    pub(crate) fn sign(&mut self, random: &mut Random, method: &str, uri: &[u8], body: &[u8]) -> Vec<Signed> {
        let Self { user, password, realms } = self;
        realms.iter_mut().map(|realm| realm.sign(user, password, random, method, uri, body)).collect()
    }
}

impl Realm {
    fn is_same_place(&self, other: &Self) -> bool {
        self.proxy == other.proxy && self.challenge.realm == other.challenge.realm
    }

    fn sign(
        &mut self,
        user: &str,
        password: &Pii<String>,
        random: &mut Random,
        method: &str,
        uri: &[u8],
        body: &[u8],
    ) -> Signed {
        self.count = self.count.saturating_add(1);
        let Self { challenge, algorithm, quality, .. } = self;
        let (count, cnonce) = (format!("{:08x}", self.count), random.hex(8));
        let proof = Proof {
            algorithm: *algorithm,
            quality: *quality,
            method: method.as_bytes(),
            uri,
            body,
            nonce: &challenge.nonce,
            count: count.as_bytes(),
            cnonce: cnonce.as_bytes(),
            qop: quality.name().as_bytes(),
        };
        let ha1 = algorithm.secret(user.as_bytes(), &challenge.realm, password.expose().as_bytes());
        let response = proof.response(&ha1);
        let response = response.as_str();
        let mut value = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\", algorithm={}",
            quoted(user.as_bytes()),
            quoted(&challenge.realm),
            quoted(&challenge.nonce),
            quoted(uri),
            algorithm.name(),
        );
        if let Some(opaque) = &challenge.opaque {
            value += &format!(", opaque={}", quoted(opaque));
        }
        if *quality != Quality::Legacy {
            value += &format!(", qop={}, nc={count}, cnonce=\"{cnonce}\"", quality.name());
        }
        (if self.proxy { "Proxy-Authorization" } else { "Authorization" }, value)
    }
}

/// The body is covered only if nothing less is offered.
fn best(offered: &[Vec<u8>]) -> Option<Quality> {
    match offered {
        [] => Some(Quality::Legacy),
        _ => offered.iter().filter_map(|qop| Quality::named(qop)).max(),
    }
}

fn is_sendable(challenge: &Challenge) -> bool {
    let values = [&challenge.realm, &challenge.nonce, challenge.opaque.as_ref().unwrap_or(&challenge.realm)];
    values.iter().all(|v| v.len() <= MAX_VALUE && std::str::from_utf8(v).is_ok())
}

/// As a quoted string. What is not UTF-8 was refused before ([`is_sendable`]).
fn quoted(text: &[u8]) -> String {
    lex::quote(&String::from_utf8_lossy(text))
}

/// The request-line of a message of our own: its method and URI.
pub(crate) fn request_line(message: &Message) -> Option<(&[u8], &[u8])> {
    let Start::Request { method, uri } = message.start() else { return None };
    Some((message.at(method), message.at(uri)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::Instant;

    use super::*;
    use crate::api::{Auth, User};
    use crate::digest::server::Authenticator;
    use crate::wire::{Verdict, parse};

    fn message(headers: &str) -> Message {
        Message::parse(format!("SIP/2.0 401 x\r\n{headers}\r\n").as_bytes()).expect("a message")
    }

    fn signer(user: &str, password: &str) -> Signer {
        Signer::new(user, &Pii::from(password))
    }

    #[test]
    fn the_strongest_is_answered_and_the_count_rises() {
        let mut signer = signer("a\"b", "pw");
        let offered = message(
            "WWW-Authenticate: Digest realm=\"r\", nonce=\"1\", qop=\"auth\"\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"2\", \
             algorithm=SHA-512-256, qop=\"auth\", opaque=\"o\"\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"3\", algorithm=SHA-256, qop=\"auth\"\r\n",
        );
        assert_eq!(signer.challenged(&offered, &message("")), Ok(()));
        let mut random = Random::from_u64(1);
        let (name, first) = signer.sign(&mut random, "REGISTER", b"sip:r", b"").pop().expect("one");
        assert_eq!(name, "Authorization");
        assert!(
            first.starts_with("Digest username=\"a\\\"b\", realm=\"r\", nonce=\"2\", uri=\"sip:r\", response=\""),
            "{first}"
        );
        assert!(first.contains("algorithm=SHA-512-256, opaque=\"o\", qop=auth, nc=00000001, cnonce=\""), "{first}");
        let (_, second) = signer.sign(&mut random, "REGISTER", b"sip:r", b"").pop().expect("one");
        assert!(second.contains("nc=00000002"), "{second}");
    }

    #[test]
    fn no_challenge_is_answered_twice_unless_it_is_stale() {
        let mut signer = signer("u", "pw");
        let challenge = |nonce: &str, more: &str| {
            message(&format!("Proxy-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\"{more}\r\n"))
        };
        assert_eq!(signer.challenged(&challenge("1", ""), &message("")), Ok(()));
        let (name, value) = signer.sign(&mut Random::from_u64(1), "INVITE", b"sip:x", b"").pop().expect("one");
        let request = message(&format!("{name}: {value}\r\n"));
        assert_eq!(signer.challenged(&challenge("2", ", stale=true"), &request), Ok(()));
        assert_eq!(signer.challenged(&challenge("3", ""), &request), Err(TrunkTrouble::WrongPassword));
        // And nothing of it is offered by itself to the next request.
        assert!(signer.sign(&mut Random::from_u64(1), "INVITE", b"sip:x", b"").is_empty());
        let unknown = message("WWW-Authenticate: Digest realm=\"r\", nonce=\"1\", algorithm=AKAv1-MD5\r\n");
        assert_eq!(signer.challenged(&unknown, &message("")), Err(TrunkTrouble::UnknownChallenge));
        assert_eq!(signer.challenged(&message(""), &message("")), Err(TrunkTrouble::Refused(401)));
    }

    /// With the count of its use in the credentials, and of old servers, where there is none.
    #[test]
    fn a_nonce_that_was_good_before_and_is_refused_says_nothing_of_the_password() {
        for quality in [", qop=\"auth\"", ""] {
            let (mut signer, mut random) = (signer("u", "pw"), Random::from_u64(1));
            let challenge =
                |nonce: &str| message(&format!("WWW-Authenticate: Digest realm=\"r\", nonce=\"{nonce}\"{quality}\r\n"));
            let mut signed = |signer: &mut Signer| {
                let (name, value) = signer.sign(&mut random, "REGISTER", b"sip:r", b"").pop().expect("one");
                message(&format!("{name}: {value}\r\n"))
            };
            assert_eq!(signer.challenged(&challenge("1"), &message("")), Ok(()));
            signed(&mut signer);
            // The next request comes with it unasked.
            let next = signed(&mut signer);
            assert_eq!(signer.challenged(&challenge("2"), &next), Ok(()));
            let again = signed(&mut signer);
            assert_eq!(signer.challenged(&challenge("3"), &again), Err(TrunkTrouble::WrongPassword), "{quality}");
            // The same nonce once more is no new chance either.
            assert_eq!(signer.challenged(&challenge("4"), &message("")), Ok(()));
            signed(&mut signer);
            let next = signed(&mut signer);
            assert_eq!(signer.challenged(&challenge("4"), &next), Err(TrunkTrouble::WrongPassword), "{quality}");
        }
    }

    /// By each algorithm, with the body covered or not.
    #[test]
    fn what_we_ask_of_phones_we_can_answer_ourselves() {
        let (now, mut random) = (Instant::from_nanos(1), Random::from_u64(1));
        let mut clinic = Authenticator::new("clinic", true, &mut random);
        clinic.set_users(&Arc::from([User::from_password("101", "clinic", "secret")]));
        for (number, qop) in (0..3).flat_map(|n| [(n, "auth"), (n, "auth-int")]) {
            let offered = clinic.challenge(now, &mut random, false, b"").swap_remove(number);
            let offered = offered.replace("\"auth,auth-int\"", &format!("\"{qop}\""));
            for (password, expected) in [("guess", Auth::Wrong), ("secret", Auth::Valid { user: "101".into() })] {
                let mut signer = signer("101", password);
                let offered = message(&format!("WWW-Authenticate: {offered}\r\n"));
                assert_eq!(signer.challenged(&offered, &message("")), Ok(()));
                let (name, value) = signer.sign(&mut random, "MESSAGE", b"sip:clinic", b"text").pop().expect("one");
                assert!(value.contains(&format!("qop={qop},")), "{value}");
                let request = format!(
                    "MESSAGE sip:clinic SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:101@clinic>;tag=1\r\n\
                     To: <sip:clinic>\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n{name}: {value}\r\n\r\ntext"
                );
                let Verdict::Request(request) = parse(request.as_bytes()) else { panic!("{request}") };
                assert_eq!(clinic.evaluate(now, &request), expected, "{value}");
            }
        }
    }

    #[test]
    fn realms_are_bounded() {
        let mut signer = signer("u", "pw");
        for n in 0..20 {
            let offered = message(&format!("WWW-Authenticate: Digest realm=\"r{n}\", nonce=\"1\"\r\n"));
            assert_eq!(signer.challenged(&offered, &message("")), Ok(()));
        }
        assert_eq!(signer.sign(&mut Random::from_u64(1), "INVITE", b"sip:x", b"").len(), MAX_REALMS);
    }
}
