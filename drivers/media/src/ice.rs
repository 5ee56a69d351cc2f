//! ICE lite (RFC 8445 section 2.5): we name one address and answer the checks that come there. Whoever knows the password of our
//! description is the other end, from wherever it sends: so a phone whose NAT moves it is followed.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use model::Random;
use rtc_crypto::providers::RingCrypto;
use rtc_stun::attributes::{ATTR_MESSAGE_INTEGRITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter};
use rtc_stun::xoraddr::XorMappedAddress;
use zeroize::Zeroizing;

/// A check is below 200 bytes; what is longer is none.
const LONGEST: usize = 548;

/// The name and the password of one end (RFC 8839 section 5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `a=ice-ufrag`.
    pub ufrag: String,
    /// `a=ice-pwd`.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    /// New ones: 64 and 192 bits, of which RFC 8445 section 5.3 demands 24 and 128.
    pub fn generate(random: &mut Random) -> Self {
        Self { ufrag: random.hex(8), password: Zeroizing::new(random.hex(24)) }
    }
}

/// A check by somebody who knows our password.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) reply: Bytes,
    /// This is the path that the other end has chosen.
    pub(crate) nominates: bool,
}

/// Reads what is a check by its form and by the name that it asks for, which is no secret, but nobody guesses it.
pub(crate) fn read(ours: &Credentials, data: &[u8]) -> Option<Message> {
    let mut request = Message::new();
    if data.len() > LONGEST {
        return None;
    }
    request.unmarshal_binary(data).ok()?;
    // "ours:theirs" (RFC 8445 section 7.2.2).
    let name = request.get(ATTR_USERNAME).ok()?;
    let is_ours = name.split(|b| *b == b':').next() == Some(ours.ufrag.as_bytes());
    let whole = request.get(ATTR_MESSAGE_INTEGRITY).is_ok_and(|mac| mac.len() == 20);
    (request.typ == BINDING_REQUEST && is_ours && whole).then_some(request)
}

/// Answers a check. `None`, and no answer, for whoever does not know the password.
pub(crate) fn answer(ours: &Credentials, from: SocketAddr, mut request: Message) -> Option<Check> {
    MessageIntegrity::check(&mut request, ours.password.as_bytes(), &RingCrypto).ok()?;
    let nominates = request.contains(ATTR_USE_CANDIDATE);
    let password = ours.password.as_bytes().to_vec();
    let address = XorMappedAddress { ip: from.ip().to_canonical(), port: from.port() };
    let integrity = MessageIntegrity::new_raw_integrity_with_provider(password, &RingCrypto);
    let mut reply = Message::new();
    let parts: [Box<dyn Setter + '_>; 5] =
        [Box::new(BINDING_SUCCESS), Box::new(request), Box::new(address), Box::new(integrity), Box::new(FINGERPRINT)];
    reply.build(&parts).ok()?;
    Some(Check { reply: reply.raw.clone().into(), nominates })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc_stun::message::TransactionId;
    use rtc_stun::textattrs::TextAttribute;

    use super::*;

    fn ours() -> Credentials {
        Credentials::generate(&mut Random::from_u64(1))
    }

    fn check(ours: &Credentials, from: SocketAddr, data: &[u8]) -> Option<Check> {
        answer(ours, from, read(ours, data)?)
    }

    fn request(username: &str, password: &str) -> Vec<u8> {
        let integrity = MessageIntegrity::new_raw_integrity_with_provider(password.as_bytes().to_vec(), &RingCrypto);
        let parts: [Box<dyn Setter + '_>; 5] = [
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId([7; 12])),
            Box::new(TextAttribute::new(ATTR_USERNAME, username.to_owned())),
            Box::new(integrity),
            Box::new(FINGERPRINT),
        ];
        let mut message = Message::new();
        message.build(&parts).expect("a message");
        message.raw.clone()
    }

    #[test]
    fn who_knows_the_password_is_told_where_it_comes_from_and_nobody_else_is_answered() {
        let (ours, from) = (ours(), "192.0.2.7:4000".parse().expect("an address"));
        let username = format!("{}:theirs", ours.ufrag);
        let answered = check(&ours, from, &request(&username, &ours.password)).expect("an answer");
        let mut reply = Message::new();
        reply.unmarshal_binary(&answered.reply).expect("STUN");
        assert_eq!((reply.typ, reply.transaction_id.0), (BINDING_SUCCESS, [7; 12]));
        let mut address = XorMappedAddress::default();
        rtc_stun::message::Getter::get_from(&mut address, &reply).expect("an address");
        assert_eq!((address.ip, address.port), (from.ip(), from.port()));
        FINGERPRINT.check(&reply).expect("its fingerprint");
        MessageIntegrity::check(&mut reply, ours.password.as_bytes(), &RingCrypto).expect("its integrity");
        assert!(!answered.nominates);

        assert!(check(&ours, from, &request(&username, "another")).is_none());
        assert!(check(&ours, from, &request("somebody:theirs", &ours.password)).is_none());
    }

    proptest! {
        #[test]
        fn nothing_that_comes_panics(data in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..120, byte in any::<u8>()) {
            let (ours, from) = (ours(), "192.0.2.7:4000".parse().expect("an address"));
            prop_assert!(check(&ours, from, &data).is_none());
            let mut broken = request(&format!("{}:theirs", ours.ufrag), &ours.password);
            if let Some(there) = broken.get_mut(at) {
                *there = byte;
            }
            let _ = check(&ours, from, &broken);
        }
    }
}
