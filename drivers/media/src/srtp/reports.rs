//! Reports, sealed (SRTCP, RFC 3711 section 3.4, RFC 7714 section 9). Their index is counted for each who reports and never comes twice under
//! one key.

use super::{Guard, MAX_STREAMS};
use crate::rtcp;

/// The index and the bit before it that says that the rest is encrypted.
const INDEX: usize = 4;
const ENCRYPTED: u8 = 0x80;

impl Guard {
    /// Opens a report, or gives `None` if it is not what it should be.
    pub(crate) fn open_report(&mut self, sealed: &[u8]) -> Option<Vec<u8>> {
        // Nobody agreed with us that reports may be in the clear (RFC 4568 section 6.3.2), and of one that says it is, the library
        // checks no tag.
        let profile = self.keys.theirs.suite.profile();
        let mut sealed = std::borrow::Cow::Borrowed(sealed);
        if let Some(mki) = self.keys.theirs.mki {
            let length = mki.take(sealed.to_mut(), profile.rtcp_auth_tag_len())?;
            sealed.to_mut().truncate(length);
        }
        let sealed = &*sealed;
        let index = sealed.len().checked_sub(INDEX + profile.rtcp_auth_tag_len())?;
        if sealed.get(index)? & ENCRYPTED == 0 {
            return None;
        }
        let ssrc = rtcp::ssrc_of(sealed)?;
        if let Some((_, context)) = self.reports_in.iter_mut().find(|(s, _)| *s == ssrc) {
            return Some(context.decrypt_rtcp(sealed).ok()?.to_vec());
        }
        // As with packets: forged ones cost no memory.
        if self.reports_in.len() == MAX_STREAMS {
            return None;
        }
        let mut context = self.keys.theirs.context()?;
        let open = context.decrypt_rtcp(sealed).ok()?.to_vec();
        self.reports_in.push((ssrc, context));
        Some(open)
    }

    /// Seals a report of ours.
    pub(crate) fn seal_report(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        let ssrc = rtcp::ssrc_of(plain)?;
        let known = self.reports_out.iter().position(|(s, _)| *s == ssrc);
        let at = match known {
            Some(at) => at,
            None if self.reports_out.len() == MAX_STREAMS => return None,
            None => {
                self.reports_out.push((ssrc, self.keys.ours.context()?));
                self.reports_out.len() - 1
            }
        };
        let (_, context) = self.reports_out.get_mut(at)?;
        Some(context.encrypt_rtcp(plain).ok()?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use model::Random;

    use super::*;
    use crate::srtp::{Key, Keys, Suite};

    fn report() -> Vec<u8> {
        let name = b"no more than a name here";
        rtcp::Report { ssrc: 9, name, sender: None, block: None, bye: false }.write()
    }

    #[test]
    fn every_suite_opens_what_it_sealed_once_and_nothing_else() {
        for suite in Suite::ALL.into_iter().chain([Suite::AesCm128HmacSha1_32]) {
            let mut random = Random::from_u64(7);
            let (a, b) = (Key::generate(suite, &mut random), Key::generate(suite, &mut random));
            let mut near = Guard::new(Keys { ours: a.clone(), theirs: b.clone() });
            let mut far = Guard::new(Keys { ours: b, theirs: a });
            let plain = report();
            let mut before = Vec::new();
            for _ in 0..100 {
                let wire = near.seal_report(&plain).expect("sealed");
                assert!(!wire.windows(4).any(|w| w == b"more"), "{suite:?}");
                assert_ne!(wire, before, "another index each time");
                for byte in 0..wire.len() {
                    let mut broken = wire.clone();
                    broken[byte] ^= 0x81;
                    assert_eq!(far.open_report(&broken), None, "{suite:?} byte {byte}");
                }
                assert_eq!(far.open_report(&plain), None, "never in the clear");
                assert_eq!(far.open_report(&wire), Some(plain.clone()), "{suite:?}");
                assert_eq!(far.open_report(&wire), None, "a replay");
                before = wire;
            }
            for cut in 0..before.len() {
                assert_eq!(far.open_report(&before[..cut]), None);
            }
        }
    }

    #[test]
    fn one_that_says_it_is_in_the_clear_is_not_believed() {
        let mut random = Random::from_u64(7);
        let [ours, theirs] = [(); 2].map(|()| Key::generate(Suite::AesCm128HmacSha1_80, &mut random));
        let mut guard = Guard::new(Keys { ours, theirs });
        // The index without its bit, and a tag of nothing.
        let forged = [report(), vec![0, 0, 0, 1], vec![0; 10]].concat();
        assert_eq!(guard.open_report(&forged), None);
    }
}
