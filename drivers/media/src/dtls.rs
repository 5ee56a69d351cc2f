//! Keys that two ends agree on over the path of the sound itself (DTLS-SRTP, RFC 5763 and RFC 5764): what a phone in a browser speaks, and
//! some on desks. Each description names the certificate that its end will show, so whoever shows another one is nobody.
//!
//! [`Terms`] is what two descriptions agreed on; [`Handshake`] is one attempt at it, behind which the DTLS stack is hidden.

mod repeats;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use model::Instant;
use rtc_crypto::RTCCryptoProvider;
use rtc_crypto::providers::RingProvider;
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile as Profile;
use rtc_shared::TransportProtocol;
use rtc_shared::error::Error;
use sha2::{Digest, Sha256};

use self::repeats::Heard;
use crate::ice;
use crate::srtp::{Key, Keys, Suite};

/// How soon an unanswered flight is sent again: a syllable, and not the second of RFC 6347, since nobody hears anything before. Then it is sent
/// again when twice as much time has gone (section 4.2.4.1), so that a network that was away is tried again within as long as it was. The stack
/// repeats a flight seven times, and gives up after 32 s.
const FLIGHT: Duration = Duration::from_millis(250);
/// The same where the stack waits without a count: for the rest of a flight, or for a client that has asked and says no more.
const GIVE_UP: Duration = Duration::from_secs(32);
/// A handshake is some 6 KB; DTLS datagrams beyond so many are none of it.
const MAX_DATAGRAMS: u32 = 200;
/// The stack tells its peers apart by address. Ours has one, wherever it sends from.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);
/// RFC 5764 section 4.2.
const LABEL: &str = "EXTRACTOR-dtls_srtp";

/// The SHA-256 of a certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of a certificate in DER.
    fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }

    /// Reads "AB:CD:…".
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let mut parts = text.trim().split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|p| p.len() == 2)?;
            *byte = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if i == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint")
    }
}

/// Who begins (RFC 4145).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// We do: `active`.
    Client,
    /// They do: `passive`.
    Server,
}

/// What two descriptions agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Who begins.
    pub role: Role,
    /// Of the certificate that they will show.
    pub theirs: Fingerprint,
    /// Our name and password, if they check paths by ICE.
    pub ice: Option<ice::Credentials>,
}

/// Who we are to DTLS: a certificate of our own making, that no authority knows and that our descriptions name. It also holds what a core
/// must be lent: the origin of the stack's clock, and its randomness.
#[derive(Clone)]
pub struct Identity {
    certificate: Certificate,
    fingerprint: Fingerprint,
    provider: Arc<dyn RTCCryptoProvider>,
    epoch: std::time::Instant,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// A new one. `epoch` is any instant of the system's clock; what counts is the time that passes from there on.
    ///
    /// # Errors
    /// If the system has no randomness; the text is for a log.
    pub fn generate(epoch: std::time::Instant) -> Result<Self, String> {
        let provider: Arc<dyn RTCCryptoProvider> = Arc::new(RingProvider::new());
        let names = vec!["frontdesk".to_owned()];
        let certificate = Certificate::generate_self_signed(names, provider.crypto()).map_err(|e| e.to_string())?;
        let der = certificate.certificate.first().ok_or("no certificate was made")?;
        Ok(Self { fingerprint: Fingerprint::of(der), certificate, provider, epoch })
    }

    /// For our descriptions.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// `refused` tells when the other end shows another certificate than it should.
    fn config(&self, terms: &Terms, refused: &Arc<AtomicBool>) -> Result<HandshakeConfig, Error> {
        let (theirs, refused) = (terms.theirs, Arc::clone(refused));
        let shown = move |chain: &[Vec<u8>]| {
            let right = chain.first().is_some_and(|der| Fingerprint::of(der) == theirs);
            refused.fetch_or(!right, Ordering::Relaxed);
            right
        };
        ConfigBuilder::default()
            .with_crypto_provider(Arc::clone(&self.provider))
            .with_certificates(vec![self.certificate.clone()])
            .with_cipher_suites(vec![
                CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
                CipherSuiteId::Tls_Ecdhe_Rsa_With_Aes_128_Gcm_Sha256,
                CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_256_Cbc_Sha,
            ])
            .with_srtp_protection_profiles(vec![
                Profile::Srtp_Aead_Aes_256_Gcm,
                Profile::Srtp_Aead_Aes_128_Gcm,
                Profile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            ])
            .with_extended_master_secret(ExtendedMasterSecretType::Request)
            .with_flight_interval(FLIGHT)
            // No authority vouches for such a certificate: the description does.
            .with_insecure_skip_verify(true)
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            .with_verify_peer_certificate(Some(Arc::new(move |chain, _| {
                if shown(chain) { Ok(()) } else { Err(Error::Other("not the certificate that was named".to_owned())) }
            })))
            .build(terms.role == Role::Client, None)
    }

    fn at(&self, now: Instant) -> std::time::Instant {
        self.epoch + Duration::from_nanos(now.nanos())
    }
}

/// What came of a step of a handshake.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It goes on.
    More,
    /// These keys were agreed on.
    Done(Box<Keys>),
    /// It came to nothing, and will not.
    Failed,
    /// Nobody answers any more. Another handshake may come to keys.
    Unanswered,
}

/// When a flight is sent again, if nothing comes.
#[derive(Clone, Copy)]
struct Repeat {
    /// When it was sent first.
    began: Instant,
    at: Instant,
    /// What the stack's own timer says. It tells one flight from the next.
    stack: Option<std::time::Instant>,
}

/// One handshake with one other end.
pub(crate) struct Handshake {
    identity: Arc<Identity>,
    role: Role,
    endpoint: Endpoint,
    refused: Arc<AtomicBool>,
    datagrams: u32,
    heard: Heard,
    repeat: Option<Repeat>,
    over: bool,
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handshake({:?})", self.role)
    }
}

impl Handshake {
    /// `None` if these terms cannot be met at all.
    pub(crate) fn new(now: Instant, identity: &Arc<Identity>, terms: &Terms) -> Option<Self> {
        let refused = Arc::default();
        let config = Arc::new(identity.config(terms, &refused).ok()?);
        let server = (terms.role == Role::Server).then(|| Arc::clone(&config));
        let mut this = Self {
            identity: Arc::clone(identity),
            role: terms.role,
            endpoint: Endpoint::new(PEER, TransportProtocol::UDP, server),
            refused,
            datagrams: 0,
            heard: Heard::default(),
            repeat: None,
            over: false,
        };
        if terms.role == Role::Client {
            this.endpoint.connect(this.identity.at(now), PEER, config, None).ok()?;
            this.schedule(now);
        }
        Some(this)
    }

    /// A datagram came from the other end.
    pub(crate) fn hear(&mut self, now: Instant, data: &[u8]) -> Progress {
        self.datagrams += 1;
        if self.datagrams > MAX_DATAGRAMS {
            return Progress::More;
        }
        let was_over = self.over;
        // What anybody can send changes nothing, and two ends of which neither understands the other would answer alerts with alerts for ever.
        if !was_over && (is_plain_alert(data) || self.heard.repeats(data)) {
            return Progress::More;
        }
        let at = self.identity.at(now);
        // Anybody can send garbage: what the stack says of that is nothing to us, and only the wrong certificate ends it.
        let events = self.endpoint.read(at, PEER, None, BytesMut::from(data)).unwrap_or_default();
        self.schedule(now);
        if self.refused.load(Ordering::Relaxed) && !self.over {
            self.repeat = None;
            return Progress::Failed;
        }
        // One that is done already may only hear its last words again (RFC 6347 section 4.2.4).
        if was_over || !events.iter().any(|e| matches!(e, EndpointEvent::HandshakeComplete)) {
            return Progress::More;
        }
        self.over = true;
        self.keys().map_or(Progress::Failed, |keys| Progress::Done(Box::new(keys)))
    }

    /// The next datagram for the other end.
    pub(crate) fn send(&mut self) -> Option<Bytes> {
        Some(self.endpoint.poll_transmit()?.message.freeze())
    }

    /// When it wants to be asked again.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.repeat.filter(|_| !self.over).map(|repeat| repeat.at)
    }

    /// That instant has come. `Unanswered` after the last try.
    pub(crate) fn timeout(&mut self, now: Instant) -> Progress {
        let Some(repeat) = self.repeat.filter(|repeat| !self.over && repeat.at <= now) else { return Progress::More };
        let tried = self.endpoint.handle_timeout(PEER, self.identity.at(now));
        if tried.is_err() || now.saturating_since(repeat.began) >= GIVE_UP {
            return Progress::Unanswered;
        }
        self.repeat = Some(Repeat {
            at: now + now.saturating_since(repeat.began),
            stack: self.endpoint.poll_timeout(&PEER),
            ..repeat
        });
        Progress::More
    }

    /// After what may have sent a new flight.
    fn schedule(&mut self, now: Instant) {
        let stack = self.endpoint.poll_timeout(&PEER);
        self.repeat = match (stack, self.repeat) {
            (Some(_), Some(repeat)) if repeat.stack == stack => Some(repeat),
            (Some(_), _) => Some(Repeat { began: now, at: now + FLIGHT, stack }),
            (None, repeat) => repeat.map(|repeat| Repeat { at: repeat.began + GIVE_UP, stack, ..repeat }),
        };
    }

    /// RFC 5764 section 4.2: both ends' keys, then both ends' salts, the client's first.
    fn keys(&self) -> Option<Keys> {
        let state = self.endpoint.get_connection_state(PEER)?;
        let suite = match state.srtp_protection_profile() {
            Profile::Srtp_Aes128_Cm_Hmac_Sha1_80 => Suite::AesCm128HmacSha1_80,
            Profile::Srtp_Aead_Aes_128_Gcm => Suite::AeadAes128Gcm,
            Profile::Srtp_Aead_Aes_256_Gcm => Suite::AeadAes256Gcm,
            _ => return None,
        };
        let (key, salt) = suite.lengths();
        let material = state.export_keying_material(LABEL, &[], 2 * (key + salt)).ok()?.into_bytes();
        let part = |at: usize, length: usize| material.get(at..at + length);
        let client = Key::of(suite, &[part(0, key)?, part(2 * key, salt)?].concat())?;
        let server = Key::of(suite, &[part(key, key)?, part(2 * key + salt, salt)?].concat())?;
        Some(match self.role {
            Role::Client => Keys { ours: client, theirs: server },
            Role::Server => Keys { ours: server, theirs: client },
        })
    }
}

/// An alert that is under no keys (RFC 6347 section 4.1: its kind, and behind the version its epoch).
fn is_plain_alert(datagram: &[u8]) -> bool {
    matches!(datagram, [21, _, _, 0, 0, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::disallowed_methods, reason = "the stack's clock needs an origin; only what is added to it counts")]
    fn identity() -> Arc<Identity> {
        Arc::new(Identity::generate(std::time::Instant::now()).expect("randomness"))
    }

    fn terms(role: Role, theirs: &Identity) -> Terms {
        Terms { role, theirs: theirs.fingerprint(), ice: None }
    }

    /// Lets two ends talk; every datagram of which `lost` says so is lost. What both came to.
    fn talk(a: &mut Handshake, b: &mut Handshake, mut lost: impl FnMut(usize) -> bool) -> (Progress, Progress) {
        let (mut came_a, mut came_b) = (Progress::More, Progress::More);
        let (mut now, mut sent) = (Instant::ZERO, 0);
        for _ in 0..100 {
            for _ in 0..20 {
                while let Some(data) = a.send() {
                    sent += 1;
                    if !lost(sent) {
                        keep(&mut came_b, b.hear(now, &data));
                    }
                }
                while let Some(data) = b.send() {
                    sent += 1;
                    if !lost(sent) {
                        keep(&mut came_a, a.hear(now, &data));
                    }
                }
            }
            let Some(next) = [a.deadline(), b.deadline()].into_iter().flatten().min() else { break };
            now = next;
            keep(&mut came_a, a.timeout(now));
            keep(&mut came_b, b.timeout(now));
        }
        (came_a, came_b)
    }

    fn keep(came: &mut Progress, new: Progress) {
        if new != Progress::More {
            *came = new;
        }
    }

    #[test]
    fn two_ends_come_to_the_same_keys_also_over_a_bad_path() {
        for every in [0, 2, 3, 5] {
            come_to_keys(&format!("each {every}"), |n| every > 0 && n < 12 && n.is_multiple_of(every));
        }
    }

    /// Each of the first datagrams gets through or does not.
    #[test]
    fn two_ends_come_to_the_same_keys_whichever_datagrams_are_lost() {
        for seed in 0..100 {
            let mut random = model::Random::from_u64(seed);
            come_to_keys(&format!("seed {seed}"), |n| n < 10 && random.chance(0.4));
        }
    }

    fn come_to_keys(context: &str, lost: impl FnMut(usize) -> bool) {
        let (near, far) = (identity(), identity());
        let mut client = Handshake::new(Instant::ZERO, &near, &terms(Role::Client, &far)).expect("a handshake");
        let mut server = Handshake::new(Instant::ZERO, &far, &terms(Role::Server, &near)).expect("a handshake");
        let came = talk(&mut client, &mut server, lost);
        let (Progress::Done(client), Progress::Done(server)) = came else { panic!("{context}: {came:?}") };
        assert_eq!((&client.ours, &client.theirs), (&server.theirs, &server.ours));
        assert_eq!(client.ours.suite(), Suite::AeadAes256Gcm);
    }

    #[test]
    fn whoever_shows_another_certificate_is_nobody() {
        let (near, far, other) = (identity(), identity(), identity());
        let mut client = Handshake::new(Instant::ZERO, &near, &terms(Role::Client, &far)).expect("a handshake");
        let mut server = Handshake::new(Instant::ZERO, &far, &terms(Role::Server, &other)).expect("a handshake");
        let (_, server) = talk(&mut client, &mut server, |_| false);
        assert_eq!(server, Progress::Failed);
    }

    #[test]
    fn garbage_disturbs_nobody() {
        let (near, far) = (identity(), identity());
        let mut client = Handshake::new(Instant::ZERO, &near, &terms(Role::Client, &far)).expect("a handshake");
        let mut server = Handshake::new(Instant::ZERO, &far, &terms(Role::Server, &near)).expect("a handshake");
        for byte in 20..64u8 {
            assert_eq!(server.hear(Instant::ZERO, &[byte; 60]), Progress::More);
        }
        let came = talk(&mut client, &mut server, |_| false);
        assert!(matches!(came, (Progress::Done(_), Progress::Done(_))), "{came:?}");
        assert_eq!(
            server.hear(Instant::ZERO, b"\x15\xfe\xfd\0\0\0\0\0\0\0\x09\0\x02\x02\x28"),
            Progress::More,
            "a forged alert"
        );
    }

    #[test]
    fn fingerprints_as_descriptions_write_them() {
        let print = identity().fingerprint();
        assert_eq!(Fingerprint::parse(&print.to_string()), Some(print));
        assert_eq!(Fingerprint::parse(&print.to_string().to_lowercase()), Some(print));
        for bad in ["", "AB", "AB:CD", &format!("{print}:00"), &format!("{print}").replace(':', "")] {
            assert_eq!(Fingerprint::parse(bad), None, "{bad}");
        }
    }
}
