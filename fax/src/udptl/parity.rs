//! Parity (FEC, T.38 §9.1.4.2): each is the exclusive or of several packets, so one of them that is missing is what remains when the
//! others are taken away.
//!
//! A datagram with `n` parities over a span of `s` packets each covers the `n × s` packets before it, in turns: parity `m` those
//! numbered `seq + m - n`, `seq + m - 2n` and so on. So a burst of up to `n` losses costs each parity one packet.

use std::collections::VecDeque;

use super::ifp;

/// The packets that are remembered: as many as the parities of a datagram may reach back to. Nobody sends more than five parities over
/// five packets each.
const REACH: usize = 64;

/// The packets that came last, by their number on the wire.
#[derive(Debug, Default)]
pub(super) struct Known(VecDeque<(u16, Vec<u8>)>);

impl Known {
    /// Remembers a packet as it was sent.
    pub(super) fn put(&mut self, seq: u16, ifp: &[u8]) {
        if self.find(seq).is_some() {
            return;
        }
        if self.0.len() == REACH {
            self.0.pop_front();
        }
        self.0.push_back((seq, ifp.to_vec()));
    }

    /// The far end counts anew.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    fn find(&self, seq: u16) -> Option<&[u8]> {
        self.0.iter().rev().find(|(known, _)| *known == seq).map(|(_, ifp)| ifp.as_slice())
    }

    /// The packets that the parities of datagram `seq` bring back, and their numbers. What one brings back may serve the next.
    pub(super) fn repair(&mut self, seq: u16, span: u8, parities: &[&[u8]]) -> Vec<(u16, Vec<u8>)> {
        let count = parities.len();
        let mut repaired = Vec::new();
        if usize::from(span) * count > REACH {
            return repaired;
        }
        for (place, parity) in (0..).zip(parities) {
            let covered = (1..=u16::from(span)).map(|turn| seq.wrapping_add(place).wrapping_sub(turn * count as u16));
            if let Some((number, ifp)) = self.missing(covered, parity) {
                self.put(number, &ifp);
                repaired.push((number, ifp));
            }
        }
        repaired
    }

    /// The one packet among the covered ones that is missing.
    fn missing(&self, covered: impl Iterator<Item = u16>, parity: &[u8]) -> Option<(u16, Vec<u8>)> {
        let mut missing = None;
        let mut rest = parity.to_vec();
        for number in covered {
            match self.find(number) {
                Some(known) => rest.iter_mut().zip(known).for_each(|(octet, known)| *octet ^= known),
                None if missing.is_some() => return None,
                None => missing = Some(number),
            }
        }
        // What is left is the packet and nothing after it, or a gap was not what we took it for: before the first of all, say.
        let len = ifp::length(&rest)?;
        if rest[len..].iter().any(|octet| *octet != 0) {
            return None;
        }
        rest.truncate(len);
        Some((missing?, rest))
    }
}
