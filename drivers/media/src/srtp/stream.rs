//! One stream of packets in one direction, opened or sealed where it lies: nothing is copied, and nothing is allocated once a stream
//! is there (RFC 3711 sections 3.3 and 4, RFC 7714 section 8). AES-GCM is that of `rtc-crypto`; counter mode is of the crates from which
//! `rtc-crypto` takes it, since through it each packet would expand the key anew. A stream's owner is the [`super::Guard`].

use aes::Aes128Enc;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::CtrCore;
use ctr::flavors::Ctr128BE;
use hmac::{Hmac, Mac};
use rtc_crypto::providers::RingCrypto;
use rtc_crypto::{AeadAlgorithm, AeadCipher, BlockCipherAlgorithm, RTCCrypto, constant_time_eq};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::{Key, Suite};
use crate::rtp;

/// A block of AES.
const BLOCK: usize = 16;
/// The output of HMAC-SHA1, of which a tag is the beginning.
const SHA1: usize = 20;
/// The tag of AES-GCM (RFC 7714 section 14.2).
const GCM_TAG: usize = 16;
/// Packets that one key is good for (RFC 3711 section 9.2).
const LAST_INDEX: u64 = (1 << 48) - 1;

/// What a session key is for (RFC 3711 section 4.3.2).
#[derive(Clone, Copy)]
enum Label {
    Encryption = 0,
    Authentication = 1,
    Salt = 2,
}

/// A stream under one key.
pub(super) struct Stream {
    cipher: Cipher,
    /// The highest index so far: the sequence number, and how often it began anew.
    highest: Option<u64>,
    /// Which of the 64 from the highest down were there.
    window: u64,
}

/// How its packets are sealed.
enum Cipher {
    /// AES in counter mode. Boxed since it is much the larger: the key is there expanded.
    Counter(Box<Counter>),
    /// AES-GCM.
    Galois { aead: Box<dyn AeadCipher>, salt: [u8; 12] },
}

/// AES-CM and HMAC-SHA1 (RFC 3711 section 4). What a packet needs lies together.
struct Counter {
    salt: [u8; 14],
    /// Bytes of the tag.
    tag: usize,
    /// Has taken in its key; each packet goes on from a copy.
    mac: Hmac<Sha1>,
    /// Expanded once, and only for the way that counter mode goes; wiped when dropped.
    aes: Aes128Enc,
}

impl Stream {
    /// A stream that has not begun; `None` if the library will not have the key.
    pub(super) fn new(key: &Key) -> Option<Self> {
        Some(Self { cipher: Cipher::new(key)?, highest: None, window: 0 })
    }

    /// A stream that was let go of at this index: nothing up to that is new.
    pub(super) fn resumed(key: &Key, highest: u64) -> Option<Self> {
        Some(Self { cipher: Cipher::new(key)?, highest: Some(highest), window: u64::MAX })
    }

    /// The highest index so far.
    pub(super) const fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Opens the packet that fills `packet`, and gives its length without the tag. `None`: it was altered, or was here before.
    pub(super) fn open(&mut self, packet: &mut [u8]) -> Option<usize> {
        self.open_at(self.index(packet)?, packet)
    }

    /// The same of a stream that has not begun. Its numbers may have gone round once while nothing of it came here, or nothing could be opened:
    /// of a low one both is tried.
    pub(super) fn open_first(&mut self, packet: &mut [u8]) -> Option<usize> {
        let index = self.index(packet)?;
        if index >= 1 << 15 {
            return self.open_at(index, packet);
        }
        // What does not open may not be left as it was.
        let sealed = packet.to_vec();
        self.open_at(index, packet).or_else(|| {
            packet.copy_from_slice(&sealed);
            self.open_at(index + (1 << 16), packet)
        })
    }

    fn open_at(&mut self, index: u64, packet: &mut [u8]) -> Option<usize> {
        let start = rtp::start_of_sealed(packet)?;
        if !self.is_new(index) {
            return None;
        }
        let length = self.cipher.open(packet, start, index)?;
        self.take(index);
        Some(length)
    }

    /// Seals the first `length` bytes of `buffer`, and gives the length with the tag. `None`: this index was sealed before or may have been,
    /// or there is no room.
    pub(super) fn seal(&mut self, buffer: &mut [u8], length: usize) -> Option<usize> {
        let plain = buffer.get(..length)?;
        let (index, start) = (self.index(plain)?, rtp::start_of_sealed(plain)?);
        if !self.is_new(index) {
            return None;
        }
        // Taken before it is sealed: what fails half-way must not come again under the same index.
        self.take(index);
        self.cipher.seal(buffer, start, length, index)
    }

    /// Of all indices that end in the packet's sequence number the nearest to the highest (RFC 3711 section 3.3.1). There is none before a
    /// stream's first.
    fn index(&self, packet: &[u8]) -> Option<u64> {
        let sequence = rtp::sequence_of_sealed(packet)?;
        let index = match self.highest {
            None => u64::from(sequence),
            Some(highest) => {
                let ahead = sequence.wrapping_sub(highest as u16).cast_signed();
                highest.checked_add_signed(i64::from(ahead))?
            }
        };
        (index <= LAST_INDEX).then_some(index)
    }

    /// False if it was here, or is too old to know.
    fn is_new(&self, index: u64) -> bool {
        let Some(behind) = self.highest.and_then(|highest| highest.checked_sub(index)) else { return true };
        behind < u64::from(u64::BITS) && self.window >> behind & 1 == 0
    }

    fn take(&mut self, index: u64) {
        let highest = self.highest.unwrap_or(index);
        if index >= highest {
            let ahead = u32::try_from(index - highest).unwrap_or(u32::MAX);
            self.window = self.window.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = Some(index);
        } else {
            self.window |= 1u64.checked_shl(u32::try_from(highest - index).unwrap_or(u32::MAX)).unwrap_or(0);
        }
    }
}

impl Cipher {
    fn new(key: &Key) -> Option<Self> {
        let crypto = RingCrypto;
        let encryption = key.session(Label::Encryption, key.suite.key_len())?;
        let aead = |algorithm| crypto.new_aead(algorithm, &encryption).ok();
        Some(match key.suite {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => Self::Counter(Box::new(Counter {
                salt: *key.session(Label::Salt, 14)?.first_chunk()?,
                tag: key.suite.profile().rtp_auth_tag_len(),
                mac: <Hmac<Sha1> as Mac>::new_from_slice(&key.session(Label::Authentication, SHA1)?).ok()?,
                aes: Aes128Enc::new_from_slice(&encryption).ok()?,
            })),
            Suite::AeadAes128Gcm => Self::Galois {
                aead: aead(AeadAlgorithm::Aes128Gcm)?,
                salt: *key.session(Label::Salt, 12)?.first_chunk()?,
            },
            Suite::AeadAes256Gcm => Self::Galois {
                aead: aead(AeadAlgorithm::Aes256Gcm)?,
                salt: *key.session(Label::Salt, 12)?.first_chunk()?,
            },
        })
    }

    /// `start` is where the payload begins.
    fn open(&mut self, packet: &mut [u8], start: usize, index: u64) -> Option<usize> {
        match self {
            Self::Counter(counter) => {
                let (sealed, found) = packet.split_at_mut_checked(packet.len().checked_sub(counter.tag)?)?;
                if !constant_time_eq(counter.authenticate(sealed, index).get(..counter.tag)?, found) {
                    return None;
                }
                counter.encrypt(sealed, start, index)?;
                Some(sealed.len())
            }
            Self::Galois { aead, salt } => {
                let (sealed, tag) = packet.split_at_mut_checked(packet.len().checked_sub(GCM_TAG)?)?;
                let nonce = nonce(*salt, sealed, index)?;
                let (header, payload) = sealed.split_at_mut_checked(start)?;
                aead.open_in_place(&nonce, header, payload, tag).ok()?;
                Some(sealed.len())
            }
        }
    }

    fn seal(&mut self, buffer: &mut [u8], start: usize, length: usize, index: u64) -> Option<usize> {
        match self {
            Self::Counter(counter) => {
                let (plain, room) = buffer.split_at_mut_checked(length)?;
                let room = room.get_mut(..counter.tag)?;
                counter.encrypt(plain, start, index)?;
                room.copy_from_slice(counter.authenticate(plain, index).get(..counter.tag)?);
                Some(length + counter.tag)
            }
            Self::Galois { aead, salt } => {
                let (plain, room) = buffer.split_at_mut_checked(length)?;
                let nonce = nonce(*salt, plain, index)?;
                let (header, payload) = plain.split_at_mut_checked(start)?;
                aead.seal_in_place(&nonce, header, payload, room.get_mut(..GCM_TAG)?).ok()?;
                Some(length + GCM_TAG)
            }
        }
    }
}

impl Counter {
    /// Encrypts what begins at `start`, or decrypts it, which is the same (RFC 3711 section 4.1.1).
    fn encrypt(&self, packet: &mut [u8], start: usize, index: u64) -> Option<()> {
        let first = first_counter(self.salt, packet, index)?;
        let core = CtrCore::<_, Ctr128BE>::inner_iv_init(&self.aes, &first.into());
        StreamCipherCoreWrapper::from_core(core).try_apply_keystream(packet.get_mut(start..)?).ok()
    }

    /// HMAC-SHA1 over the packet and how often its numbers began anew (RFC 3711 section 4.2).
    fn authenticate(&self, sealed: &[u8], index: u64) -> [u8; SHA1] {
        let mut mac = self.mac.clone();
        mac.update(sealed);
        mac.update(&rollover(index));
        mac.finalize().into_bytes().into()
    }
}

impl Key {
    /// A session key of so many bytes (RFC 3711 section 4.3, RFC 6188 for the longer key): AES of a counter under the master key. The key
    /// is derived once (a key derivation rate of 0), which is all that RFC 4568 and RFC 5764 ask for.
    fn session(&self, label: Label, length: usize) -> Option<Zeroizing<Vec<u8>>> {
        let (master, salt) = self.secret.split_at_checked(self.suite.key_len())?;
        let algorithm = match self.suite {
            Suite::AeadAes256Gcm => BlockCipherAlgorithm::Aes256,
            _ => BlockCipherAlgorithm::Aes128,
        };
        // The shorter salt of AES-GCM is filled up with zeros (RFC 7714 section 11).
        let mut input = [0; BLOCK];
        input.get_mut(..salt.len())?.copy_from_slice(salt);
        input[7] ^= label as u8;
        let mut key = Zeroizing::new(vec![0; length]);
        for (number, part) in (0u8..).zip(key.chunks_mut(BLOCK)) {
            let mut block = input;
            block[BLOCK - 1] = number;
            RingCrypto.block_encrypt(algorithm, master, &mut block).ok()?;
            part.copy_from_slice(block.get(..part.len())?);
        }
        Some(key)
    }
}

/// The first counter of a packet: salt, source and index, each in its place (RFC 3711 section 4.1.1).
fn first_counter(salt: [u8; 14], packet: &[u8], index: u64) -> Option<[u8; BLOCK]> {
    let mut block = [0; BLOCK];
    block[..14].copy_from_slice(&salt);
    mix(&mut block[4..8], &rtp::ssrc_of_sealed(packet)?.to_be_bytes());
    mix(&mut block[8..14], &index.to_be_bytes()[2..]);
    Some(block)
}

/// The initialization vector of a packet (RFC 7714 section 8.1).
fn nonce(mut salt: [u8; 12], packet: &[u8], index: u64) -> Option<[u8; 12]> {
    mix(&mut salt[2..6], &rtp::ssrc_of_sealed(packet)?.to_be_bytes());
    mix(&mut salt[6..], &index.to_be_bytes()[2..]);
    Some(salt)
}

fn rollover(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

fn mix(into: &mut [u8], other: &[u8]) {
    for (byte, other) in into.iter_mut().zip(other) {
        *byte ^= other;
    }
}

#[cfg(test)]
mod tests {
    use model::Random;
    use proptest::prelude::*;
    use rtc_srtp::context::Context;

    use super::*;
    use crate::srtp::OVERHEAD;

    const SUITES: [Suite; 4] =
        [Suite::AeadAes256Gcm, Suite::AeadAes128Gcm, Suite::AesCm128HmacSha1_80, Suite::AesCm128HmacSha1_32];

    fn theirs(key: &Key) -> Context {
        let (master, salt) = key.secret.split_at(key.suite.key_len());
        Context::new(master, salt, key.suite.profile(), None, None, &RingCrypto).unwrap()
    }

    fn sealed(stream: &mut Stream, plain: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = [plain, &[0; OVERHEAD]].concat();
        let length = stream.seal(&mut buffer, plain.len())?;
        buffer.truncate(length);
        Some(buffer)
    }

    /// The session keys of RFC 3711 appendix B.3.
    #[test]
    fn keys_are_derived_as_the_rfc_shows() {
        let master = [0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39];
        let salt = [0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6];
        let key = Key::of(Suite::AesCm128HmacSha1_80, &[&master[..], &salt].concat()).unwrap();
        let hex = |label, length| {
            let key = key.session(label, length).unwrap();
            key.iter().map(|byte| format!("{byte:02X}")).collect::<String>()
        };
        assert_eq!(hex(Label::Encryption, 16), "C61E7A93744F39EE10734AFE3FF7A087");
        assert_eq!(hex(Label::Salt, 14), "30CBBC08863D8C85D49DB34A9AE1");
        assert_eq!(hex(Label::Authentication, 20), "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");
    }

    proptest! {
        /// What we seal another implementation opens, and the other way, over two wraps of the numbers, with lost packets and any header.
        #[test]
        fn another_implementation_agrees(
            seed in any::<u64>(), first in any::<u16>(), sources in 0u8..3, extension in proptest::option::of(0u8..4),
            payload in proptest::collection::vec(any::<u8>(), 0..200), steps in proptest::collection::vec(1u16..20_000, 1..12),
        ) {
            for suite in SUITES {
                let key = Key::generate(suite, &mut Random::from_u64(seed));
                let (mut seals, mut opens) = (Stream::new(&key).unwrap(), Stream::new(&key).unwrap());
                let (mut their_seals, mut their_opens) = (theirs(&key), theirs(&key));
                let mut sequence = first;
                for step in &steps {
                    let mut plain = vec![0x80 | sources | if extension.is_some() { 0x10 } else { 0 }, 0x80];
                    plain.extend_from_slice(&sequence.to_be_bytes());
                    plain.extend_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
                    plain.resize(plain.len() + 4 * usize::from(sources), 9);
                    if let Some(words) = extension {
                        plain.extend_from_slice(&[0x12, 0x34, 0, words]);
                        plain.resize(plain.len() + 4 * usize::from(words), 7);
                    }
                    plain.extend_from_slice(&payload);
                    let wire = sealed(&mut seals, &plain).unwrap();
                    prop_assert_eq!(&their_seals.encrypt_rtp(&plain).unwrap()[..], &wire[..], "{:?}", suite);
                    prop_assert_eq!(&their_opens.decrypt_rtp(&wire).unwrap()[..], &plain[..]);
                    let mut open = wire.clone();
                    let length = opens.open(&mut open);
                    prop_assert_eq!(length.and_then(|length| open.get(..length)), Some(&plain[..]));
                    prop_assert_eq!(opens.open(&mut wire.clone()), None, "a replay");
                    sequence = sequence.wrapping_add(*step);
                }
            }
        }
    }

    #[test]
    fn a_stream_whose_numbers_went_round_unheard_opens_and_goes_on() {
        for suite in SUITES {
            let key = Key::generate(suite, &mut Random::from_u64(4));
            let (mut seals, mut opens) = (Stream::new(&key).unwrap(), Stream::new(&key).unwrap());
            let packet = |n: u16| [&[0x80, 0][..], &n.to_be_bytes(), &[0; 8], b"sound"].concat();
            let wires: Vec<_> =
                (0..200u16).map(|n| sealed(&mut seals, &packet(n.wrapping_add(65_500))).unwrap()).collect();
            let mut broken = wires[40].clone();
            broken[13] ^= 1;
            assert_eq!(opens.open_first(&mut broken), None);
            let mut wire = wires[40].clone();
            let length = opens.open_first(&mut wire).unwrap();
            assert_eq!(wire[..length], packet(4), "{suite:?}");
            assert!(opens.open(&mut wires[30].clone()).is_some(), "one from before they did");
            assert!(opens.open(&mut wires[199].clone()).is_some());
            assert_eq!(opens.open(&mut wires[40].clone()), None, "a replay");
        }
    }

    #[test]
    fn what_overtakes_within_the_window_opens_and_what_is_older_does_not() {
        let key = Key::generate(Suite::AesCm128HmacSha1_80, &mut Random::from_u64(3));
        let (mut seals, mut opens) = (Stream::new(&key).unwrap(), Stream::new(&key).unwrap());
        let packet = |n: u16| [&[0x80, 0][..], &n.to_be_bytes(), &[0; 8], b"sound"].concat();
        // From 65,500 on, so that it begins anew among them.
        let wires: Vec<_> = (0..200u16).map(|n| sealed(&mut seals, &packet(n.wrapping_add(65_500))).unwrap()).collect();
        let mut open = |n: usize| opens.open(&mut wires[n].clone()).is_some();
        assert!(open(0) && open(100));
        assert!(open(37) && open(99) && !open(37), "63 behind, and each once");
        assert!(!open(36), "64 behind");
        assert!(open(199) && !open(100) && !open(135) && open(136));
    }
}
