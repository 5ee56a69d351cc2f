//! SRTP under keys that the SDP carried (RFC 3711, RFC 4568, RFC 7714): which suites there are, what a key is, and the [`Guard`] that
//! opens what comes and seals what goes for one session.
//!
//! A packet that does not open is dropped, counted, and changes nothing: not the latch, not the counters of what was heard, not the windows. Each
//! packet opens once (replay window), and no packet is ever sealed twice under the same key and index, whatever the other leg sends: with
//! AES-GCM that would give the key away.

mod incoming;
mod mki;
mod reports;
mod stream;

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use model::Random;
use model::call::Cipher;
use rtc_crypto::providers::RingCrypto;
use rtc_srtp::context::Context;
use rtc_srtp::option::srtcp_replay_protection;
use rtc_srtp::protection_profile::ProtectionProfile;
use zeroize::Zeroizing;

use self::incoming::Incoming;
use self::stream::Stream;
use crate::rtp::{self, Rtp};

pub use mki::Mki;

/// What a sealed packet is longer by, at most: the tag of AES-GCM.
pub const OVERHEAD: usize = 16;
/// Streams of one key and direction that are kept whole: a bound to what an end can make us remember.
const MAX_STREAMS: usize = 16;
/// Of those that go, so many places are for streams of our own: each can take up all that is sent on, whoever begins how many streams.
const OURS: usize = 4;
/// How far reports may overtake each other (RFC 3711 section 3.3.2: at least 64). Packets have as much, over a second of G.711.
const WINDOW: usize = 64;

/// A crypto suite (RFC 4568 section 6.2, RFC 7714 section 14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// AES-128 in counter mode, HMAC-SHA1 of 80 bits: the one that every phone knows.
    AesCm128HmacSha1_80,
    /// The same with 32 bits, of which a forger guesses one in four thousand million. It is never offered, and taken only where the choice
    /// is between that and no call: old phones that know nothing else call for help, too.
    AesCm128HmacSha1_32,
    /// AES-128 in Galois/counter mode.
    AeadAes128Gcm,
    /// AES-256 in Galois/counter mode.
    AeadAes256Gcm,
}

impl Suite {
    /// All that are good for every call, in the order of our offers. The one that every phone knows is among the first two, since there are
    /// phones that read no more; who knows the strongest takes that, whatever stands behind it (RFC 4568 section 5.1.1).
    pub const ALL: [Self; 3] = [Self::AeadAes256Gcm, Self::AesCm128HmacSha1_80, Self::AeadAes128Gcm];

    /// Its name in `a=crypto`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
        }
    }

    /// The suite of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain([Self::AesCm128HmacSha1_32]).find(|s| s.name().eq_ignore_ascii_case(name))
    }

    /// Its tag is short.
    pub const fn is_weak(self) -> bool {
        matches!(self, Self::AesCm128HmacSha1_32)
    }

    /// The same, for records.
    pub const fn cipher(self) -> Cipher {
        match self {
            Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => Cipher::Aes128,
            Self::AeadAes128Gcm => Cipher::Aes128Gcm,
            Self::AeadAes256Gcm => Cipher::Aes256Gcm,
        }
    }

    const fn profile(self) -> ProtectionProfile {
        match self {
            Self::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            Self::AesCm128HmacSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
            Self::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
            Self::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
        }
    }

    fn key_len(self) -> usize {
        self.profile().key_len()
    }

    /// Of a master key and a master salt.
    pub(crate) fn lengths(self) -> (usize, usize) {
        (self.profile().key_len(), self.profile().salt_len())
    }

    fn secret_len(self) -> usize {
        self.key_len() + self.profile().salt_len()
    }
}

/// Some phones leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A master key and salt of one direction.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    suite: Suite,
    secret: Zeroizing<Vec<u8>>,
    /// What its packets carry beside. Ours carry none.
    mki: Option<Mki>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.suite.name())
    }
}

impl Key {
    /// A new key.
    pub fn generate(suite: Suite, random: &mut Random) -> Self {
        let mut secret = Zeroizing::new(vec![0; suite.secret_len()]);
        random.fill(&mut secret);
        Self { suite, secret, mki: None }
    }

    /// From the base64 of `inline:`; `None` if it has not the length of the suite.
    pub fn from_inline(suite: Suite, text: &str) -> Option<Self> {
        Self::of(suite, &Zeroizing::new(BASE64.decode(text).ok()?))
    }

    /// From a master key and its salt.
    pub(crate) fn of(suite: Suite, secret: &[u8]) -> Option<Self> {
        let secret = Zeroizing::new(secret.to_vec());
        (secret.len() == suite.secret_len()).then_some(Self { suite, secret, mki: None })
    }

    /// The same, whose packets carry this index.
    #[must_use]
    pub fn indexed(self, mki: Option<Mki>) -> Self {
        Self { mki, ..self }
    }

    /// For `inline:`.
    pub fn inline(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(&*self.secret))
    }

    /// What it is for.
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// A context for one stream of reports of one direction.
    fn context(&self) -> Option<Context> {
        let (key, salt) = self.secret.split_at(self.suite.key_len());
        let window = Some(srtcp_replay_protection(WINDOW));
        Context::new(key, salt, self.suite.profile(), None, window, &RingCrypto).ok()
    }
}

/// The keys of a session: each end seals with its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// What the other end seals with.
    pub theirs: Key,
    /// What we seal with.
    pub ours: Key,
}

/// What opens and seals the packets of one session.
pub(crate) struct Guard {
    keys: Keys,
    incoming: Incoming,
    outgoing: Vec<(u32, Stream)>,
    /// Of reports, by who reports.
    reports_in: Vec<(u32, Context)>,
    reports_out: Vec<(u32, Context)>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({:?})", self.keys)
    }
}

impl Guard {
    pub(crate) fn new(keys: Keys) -> Self {
        let incoming = Incoming::default();
        Self { keys, incoming, outgoing: Vec::new(), reports_in: Vec::new(), reports_out: Vec::new() }
    }

    /// What both seal with.
    pub(crate) const fn suite(&self) -> Suite {
        self.keys.ours.suite()
    }

    const fn suite_in(&self) -> Suite {
        self.keys.theirs.suite()
    }

    /// Other keys. A key that stays keeps its windows and its rollover counters: a refresh must not make old packets good again.
    pub(crate) fn rekey(&mut self, keys: Keys) {
        if self.keys.theirs != keys.theirs {
            self.incoming.clear();
            self.reports_in.clear();
        }
        if self.keys.ours != keys.ours {
            self.outgoing.clear();
            self.reports_out.clear();
        }
        self.keys = keys;
    }

    /// Opens the packet in the first `length` bytes of `buffer`. How long it is now, or `None` if it is not what it should be.
    pub(crate) fn open(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        let length = match self.keys.theirs.mki {
            Some(mki) => mki.take(buffer.get_mut(..length)?, self.suite_in().profile().rtp_auth_tag_len())?,
            None => length,
        };
        self.incoming.open(&self.keys.theirs, buffer.get_mut(..length)?)
    }

    /// A stream that is sent on would have to be one of ours: there is no place for it as it is.
    pub(crate) fn is_full_for(&self, packet: &[u8]) -> bool {
        let is_known = |ssrc: u32| self.outgoing.iter().any(|(known, _)| *known == ssrc);
        self.outgoing.len() >= MAX_STREAMS - OURS && rtp::ssrc_of_sealed(packet).is_some_and(|ssrc| !is_known(ssrc))
    }

    /// Seals the packet in the first `length` bytes of `buffer`, which needs [`OVERHEAD`] more. How long it is now, or `None` if this
    /// index of the stream was sealed before, or may have been.
    pub(crate) fn seal(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        let plain = buffer.get(..length)?;
        let Rtp { ssrc, .. } = Rtp::parse(plain)?;
        let known = self.outgoing.iter().position(|(s, _)| *s == ssrc);
        let at = match known {
            Some(at) => at,
            None if self.outgoing.len() == MAX_STREAMS => return None,
            None => {
                self.outgoing.push((ssrc, Stream::new(&self.keys.ours)?));
                self.outgoing.len() - 1
            }
        };
        let (_, stream) = self.outgoing.get_mut(at)?;
        stream.seal(buffer, length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet(ssrc: u32, sequence: u16, payload: &[u8]) -> Vec<u8> {
        let mut data = vec![0x80, 0];
        data.extend_from_slice(&sequence.to_be_bytes());
        data.extend_from_slice(&u32::from(sequence).wrapping_mul(160).to_be_bytes());
        data.extend_from_slice(&ssrc.to_be_bytes());
        data.extend_from_slice(payload);
        data
    }

    /// Two ends that have agreed.
    fn pair(suite: Suite) -> (Guard, Guard) {
        let mut random = Random::from_u64(7);
        let (a, b) = (Key::generate(suite, &mut random), Key::generate(suite, &mut random));
        let near = Guard::new(Keys { ours: a.clone(), theirs: b.clone() });
        (near, Guard::new(Keys { ours: b, theirs: a }))
    }

    fn sealed(guard: &mut Guard, plain: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = plain.to_vec();
        buffer.resize(plain.len() + OVERHEAD, 0);
        let length = guard.seal(&mut buffer, plain.len())?;
        buffer.truncate(length);
        Some(buffer)
    }

    fn opened(guard: &mut Guard, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = sealed.to_vec();
        let length = guard.open(&mut buffer, sealed.len())?;
        buffer.truncate(length);
        Some(buffer)
    }

    #[test]
    fn every_suite_opens_what_it_sealed_over_the_wrap_and_nothing_else() {
        for suite in Suite::ALL.into_iter().chain([Suite::AesCm128HmacSha1_32]) {
            let (mut near, mut far) = pair(suite);
            for i in 0..70_000u32 {
                let plain = packet(9, i.wrapping_add(65_000) as u16, b"what the patient said");
                let wire = sealed(&mut near, &plain).expect("a new packet");
                assert!(!wire.windows(7).any(|w| w == b"patient"));
                if i % 1000 != 0 {
                    continue;
                }
                let mut broken = wire.clone();
                *broken.last_mut().expect("bytes") ^= 1;
                assert_eq!(opened(&mut far, &broken), None);
                assert_eq!(opened(&mut far, &plain), None, "never in the clear");
                assert_eq!(opened(&mut far, &wire).as_deref(), Some(&plain[..]), "{suite:?} {i}");
                assert_eq!(opened(&mut far, &wire), None, "a replay");
            }
        }
    }

    /// An end that numbers its key: the number goes before the tag, also in reports, and with AES-GCM to the end.
    #[test]
    fn a_numbered_key_opens_what_carries_its_number() {
        for suite in Suite::ALL.into_iter().chain([Suite::AesCm128HmacSha1_32]) {
            let (mut near, far) = pair(suite);
            let theirs = far.keys.theirs.clone().indexed(Mki::new(1, 4));
            let mut far = Guard::new(Keys { theirs, ..far.keys });
            let wire = sealed(&mut near, &packet(9, 1, b"numbered")).unwrap();
            let with = |number: u8, tag: usize, wire: &[u8]| {
                let (sealed, tag) = wire.split_at(wire.len() - tag);
                [sealed, &[0, 0, 0, number], tag].concat()
            };
            let tag = suite.profile().rtp_auth_tag_len();
            assert_eq!(opened(&mut far, &wire), None, "{suite:?}: without its number");
            assert_eq!(opened(&mut far, &with(2, tag, &wire)), None, "another number");
            assert_eq!(opened(&mut far, &with(1, tag, &wire)).as_deref(), Some(&packet(9, 1, b"numbered")[..]));
            let report = [&[0x80, 201, 0, 1, 0, 0, 0, 9][..]].concat();
            let wire = near.seal_report(&report).unwrap();
            let tag = suite.profile().rtcp_auth_tag_len();
            assert_eq!(far.open_report(&wire), None);
            assert_eq!(far.open_report(&with(1, tag, &wire)), Some(report));
        }
    }

    #[test]
    fn an_index_is_sealed_once() {
        let (mut near, _) = pair(Suite::AeadAes128Gcm);
        assert!(sealed(&mut near, &packet(9, 100, b"one")).is_some());
        assert!(sealed(&mut near, &packet(9, 100, b"two")).is_none());
        assert!(sealed(&mut near, &packet(9, 99, b"late")).is_some());
        assert!(sealed(&mut near, &packet(9, 99, b"again")).is_none());
        assert!(sealed(&mut near, &packet(9, 300, b"on")).is_some());
        assert!(sealed(&mut near, &packet(9, 200, b"too old to know")).is_none());
    }

    #[test]
    fn streams_are_bounded_and_forged_ones_are_not_kept() {
        let (mut near, mut far) = pair(Suite::AesCm128HmacSha1_80);
        for ssrc in 0..1000 {
            assert!(opened(&mut far, &packet(ssrc, 1, &[0; 30])).is_none());
        }
        assert!(far.incoming.is_empty());
        for ssrc in 0..20 {
            assert_eq!(sealed(&mut near, &packet(ssrc, 1, b"x")).is_some(), ssrc < 16);
        }
    }

    #[test]
    fn of_many_streams_that_come_each_is_heard_and_nothing_of_one_twice() {
        let (near, mut far) = pair(Suite::AeadAes128Gcm);
        let keys = near.keys;
        // Each end that seals has few of them.
        let wires = |ssrc| {
            let mut near = Guard::new(keys.clone());
            [1, 2, 3].map(|sequence| sealed(&mut near, &packet(ssrc, sequence, b"x")).expect("a new packet"))
        };
        for ssrc in 0..256 {
            assert!(opened(&mut far, &wires(ssrc)[1]).is_some(), "{ssrc}");
        }
        assert!(opened(&mut far, &wires(256)[1]).is_none(), "that is no phone");
        for ssrc in (0..256).rev() {
            let [before, same, next] = wires(ssrc);
            assert!(opened(&mut far, &same).is_none(), "{ssrc}: a replay");
            if ssrc < 240 {
                assert!(opened(&mut far, &before).is_none(), "{ssrc}: older than where it was let go of");
            }
            assert!(opened(&mut far, &next).is_some(), "{ssrc}: it goes on");
            assert!(opened(&mut far, &next).is_none(), "{ssrc}: a replay");
        }
    }

    #[test]
    fn a_refresh_with_the_same_key_makes_no_old_packet_good() {
        let (mut near, mut far) = pair(Suite::AesCm128HmacSha1_80);
        let wire = sealed(&mut near, &packet(9, 1, b"x")).expect("a new packet");
        assert!(opened(&mut far, &wire).is_some());
        far.rekey(far.keys.clone());
        assert!(opened(&mut far, &wire).is_none());
        let mut random = Random::from_u64(8);
        let other = Key::generate(Suite::AesCm128HmacSha1_80, &mut random);
        far.rekey(Keys { theirs: other, ours: far.keys.ours.clone() });
        assert!(
            opened(&mut far, &sealed(&mut near, &packet(9, 2, b"x")).expect("new")).is_none(),
            "the old key is gone"
        );
    }

    #[test]
    fn a_key_in_text() {
        let key = Key::generate(Suite::AeadAes128Gcm, &mut Random::from_u64(1));
        let text = key.inline();
        assert_eq!(Key::from_inline(Suite::AeadAes128Gcm, text.trim_end_matches('=')), Some(key.clone()));
        assert_eq!(Key::from_inline(Suite::AeadAes256Gcm, &text), None);
        assert_eq!(Key::from_inline(Suite::AeadAes128Gcm, "not base64!"), None);
        assert_eq!(format!("{key:?}"), "Key(AEAD_AES_128_GCM)");
    }

    proptest! {
        /// Whatever comes from the network, and whatever another leg sends on.
        #[test]
        fn nothing_that_comes_panics_or_is_believed(
            first in any::<u8>(), rest in proptest::collection::vec(any::<u8>(), 0..80), seal in any::<bool>(),
        ) {
            let data = [&[0x80 | first & 0x3f][..], &rest].concat();
            for suite in Suite::ALL {
                let (mut near, mut far) = pair(suite);
                let sent = if seal { sealed(&mut near, &data) } else { None };
                match sent {
                    Some(wire) => prop_assert_eq!(opened(&mut far, &wire), Some(data.clone())),
                    None => prop_assert_eq!(opened(&mut far, &data), None),
                }
            }
        }
    }
}
