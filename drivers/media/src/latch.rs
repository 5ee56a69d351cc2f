//! Which source address a session listens to: symmetric RTP within the limits of RFC 7362.
//!
//! A phone behind a NAT sends from an address that its SDP does not know. So a session *latches* to where packets really come
//! from, once per address that a `Remote` command names. A stranger could use that to take a call over, therefore:
//!
//! * the signalled address always wins: one packet from exactly there settles it, and nothing unsettles it;
//! * another port of the signalled IP is believed at once, while nothing is settled;
//! * any other IP must first send [`PROBATION`] packets of one stream in sequence, and these are dropped;
//! * once latched, everybody else is ignored until a `Remote` command names another address, or ends a hold: a NAT forgets a port that nothing
//!   went through for a minute, so then another IP may pass probation, unless the one we know is heard first.

use std::net::SocketAddr;

/// Packets in sequence that an unknown IP must send before it is believed. Three cost 60 ms of a call's first syllable behind a NAT,
/// nothing of a T.38 stream (its redundancy repeats them), and a blind flood does not hit them by chance.
const PROBATION: u8 = 3;

/// What tells two streams apart. UDPTL has no source identifier: there `ssrc` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The synchronisation source.
    pub(crate) ssrc: u32,
    /// The sequence number.
    pub(crate) sequence: u16,
}

/// What an address is to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The one that is believed, or that was signalled.
    Known,
    /// Nobody is believed yet, so it may become the one.
    Possible,
    /// Somebody else is believed.
    Stranger,
}

/// One session's choice.
#[derive(Debug, Default)]
pub(crate) struct Latch {
    /// What the SDP said.
    signalled: Option<SocketAddr>,
    /// Whom we believe, once a packet has shown it.
    source: Option<SocketAddr>,
    /// An unknown IP on probation: who, its last packet, how many in sequence.
    candidate: Option<(SocketAddr, Mark, u8)>,
    /// On hold nothing is sent.
    held: bool,
    /// Whom we know was not heard since a hold: who comes in their place may be they, through another port of a NAT.
    doubted: bool,
}

impl Latch {
    /// A `Remote` command.
    pub(crate) fn signal(&mut self, addr: Option<SocketAddr>) {
        self.candidate = None;
        let was_held = std::mem::replace(&mut self.held, addr.is_none());
        self.doubted |= was_held && addr.is_some() && self.source != addr;
        // Hold keeps whom we know: its music may still come. So does a refresh (RFC 4028) that names the same address: to forget
        // the latch there would open a window to strangers, and send to a private address until the next packet.
        if let Some(addr) = addr
            && self.signalled != Some(addr)
        {
            self.source = None;
            self.doubted = false;
            self.signalled = Some(addr);
        }
    }

    /// The other end has shown that this is its path (ICE): nobody else is believed.
    pub(crate) fn nominate(&mut self, addr: SocketAddr) {
        self.signalled = Some(addr);
        self.settle(addr);
    }

    /// Whether anything is to be sent; to where is known otherwise.
    pub(crate) const fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Where the other end is, on hold too.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.source.or(self.signalled)
    }

    /// Where to send.
    pub(crate) fn target(&self) -> Option<SocketAddr> {
        if self.held { None } else { self.source.or(self.signalled) }
    }

    /// What a packet from this address may come to, before anybody has worked on it.
    pub(crate) fn standing(&self, from: SocketAddr) -> Standing {
        if self.source == Some(from) || self.signalled == Some(from) {
            Standing::Known
        } else if self.signalled.is_some() && (self.source.is_none() || self.doubted) {
            Standing::Possible
        } else {
            Standing::Stranger
        }
    }

    /// Whether a plausible packet from this address is to be believed.
    pub(crate) fn admit(&mut self, from: SocketAddr, mark: Mark) -> bool {
        if self.source == Some(from) {
            self.doubted = false;
            return true;
        }
        let Some(signalled) = self.signalled else { return false };
        if from == signalled {
            self.settle(from);
            return true;
        }
        if self.source.is_some() && !self.doubted {
            return false;
        }
        if from.ip() == signalled.ip() || self.passes_probation(from, mark) {
            self.settle(from);
            return true;
        }
        false
    }

    fn settle(&mut self, source: SocketAddr) {
        self.source = Some(source);
        self.doubted = false;
        self.candidate = None;
    }

    fn passes_probation(&mut self, from: SocketAddr, mark: Mark) -> bool {
        let follows = |last: &Mark| last.ssrc == mark.ssrc && last.sequence.wrapping_add(1) == mark.sequence;
        match &mut self.candidate {
            Some((who, last, seen)) if *who == from && follows(last) => {
                *last = mark;
                *seen += 1;
                *seen >= PROBATION
            }
            _ => {
                self.candidate = Some((from, mark, 1));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNALLED: &str = "192.0.2.1:4000";

    fn at(addr: &str) -> SocketAddr {
        addr.parse().unwrap()
    }

    fn signalled() -> Latch {
        let mut latch = Latch::default();
        latch.signal(Some(at(SIGNALLED)));
        latch
    }

    /// Sends `count` packets in sequence from `addr`; gives how many were believed.
    fn send(latch: &mut Latch, addr: &str, first: u16, count: u16) -> usize {
        (first..first + count).filter(|s| latch.admit(at(addr), Mark { ssrc: 7, sequence: *s })).count()
    }

    #[test]
    fn the_signalled_address_settles_it() {
        let mut latch = signalled();
        assert_eq!(send(&mut latch, SIGNALLED, 0, 1), 1);
        assert_eq!(send(&mut latch, "192.0.2.1:5000", 0, 50), 0);
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 5000), 0);
        assert_eq!(latch.target(), Some(at(SIGNALLED)));
    }

    #[test]
    fn behind_a_nat_after_probation_and_then_nobody_else() {
        let mut latch = signalled();
        assert_eq!(send(&mut latch, "198.51.100.7:61000", 65_533, 2), 0);
        assert!(latch.admit(at("198.51.100.7:61000"), Mark { ssrc: 7, sequence: 65_535 }));
        assert_eq!(latch.target(), Some(at("198.51.100.7:61000")));
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 5000), 0);
        assert_eq!(send(&mut latch, "192.0.2.1:4002", 0, 50), 0, "not even the signalled IP, but for its very port");
        assert_eq!(send(&mut latch, SIGNALLED, 0, 1), 1);
        assert_eq!(latch.target(), Some(at(SIGNALLED)));
    }

    #[test]
    fn a_blind_flood_does_not_pass_probation() {
        let mut latch = signalled();
        let believed = (0..60_000u32)
            .filter(|i| latch.admit(at("203.0.113.9:4000"), Mark { ssrc: i.wrapping_mul(2_654_435_761), sequence: 5 }))
            .count();
        assert_eq!(believed, 0);
        assert_eq!(send(&mut latch, "192.0.2.1:4002", 9, 2), 2, "another port of the right IP is believed at once");
    }

    #[test]
    fn a_new_remote_latches_anew_and_a_refresh_keeps_sending() {
        let mut latch = signalled();
        send(&mut latch, "198.51.100.7:61000", 0, 3);
        latch.signal(Some(at(SIGNALLED)));
        assert_eq!(latch.target(), Some(at("198.51.100.7:61000")));
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 50), 0);
        assert_eq!(send(&mut latch, "198.51.100.7:61000", 3, 2), 2, "the known one goes on without probation");
        latch.signal(Some(at("192.0.2.2:4000")));
        assert_eq!(latch.target(), Some(at("192.0.2.2:4000")));
        assert_eq!(send(&mut latch, "198.51.100.7:61000", 5, 2), 0);
    }

    /// While a phone holds, nothing goes through its NAT, which then knows its port no more.
    #[test]
    fn after_a_hold_a_phone_may_come_through_another_port_of_its_nat() {
        const BEHIND_NAT: &str = "198.51.100.7:61000";
        let held = || {
            let mut latch = signalled();
            send(&mut latch, BEHIND_NAT, 0, 3);
            latch.signal(None);
            assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 50), 0, "nobody takes its place while it holds");
            latch.signal(Some(at(SIGNALLED)));
            latch
        };
        let mut latch = held();
        assert_eq!(latch.target(), Some(at(BEHIND_NAT)), "until it is heard elsewhere");
        assert_eq!(latch.standing(at("198.51.100.7:50123")), Standing::Possible);
        assert_eq!(send(&mut latch, "198.51.100.7:50123", 9, 5), 3, "after probation");
        assert_eq!(latch.target(), Some(at("198.51.100.7:50123")));
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 50), 0);
        let mut latch = held();
        assert_eq!(send(&mut latch, BEHIND_NAT, 9, 1), 1);
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 50), 0, "the one we know was heard first");
        latch.signal(Some(at(SIGNALLED)));
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 50), 0, "a refresh opens nothing");
    }

    #[test]
    fn hold_sends_nothing_and_still_listens() {
        let mut latch = signalled();
        send(&mut latch, SIGNALLED, 0, 1);
        latch.signal(None);
        assert_eq!(latch.target(), None);
        assert_eq!(send(&mut latch, SIGNALLED, 1, 1), 1);
        assert!(
            !Latch::default().admit(at(SIGNALLED), Mark { ssrc: 0, sequence: 0 }),
            "before any SDP nobody is believed"
        );
    }
}
