//! Which source address a session listens to: symmetric RTP within the limits of RFC 7362.
//!
//! A phone behind a NAT sends from an address that its SDP does not know. So a session *latches* to where packets really come
//! from, once per address that a `Remote` command names. A stranger could use that to take a call over, therefore:
//!
//! * the signalled address always wins: one packet from exactly there settles it;
//! * another port of the signalled IP is believed at once, while nothing is settled;
//! * any other IP must first send [`PROBATION`] packets of one stream in sequence, and these are dropped;
//! * once latched, everybody else is ignored until a `Remote` command names another address, or ends a hold: a NAT forgets a port that nothing
//!   went through for a minute, so then another IP may pass probation, unless the one we know is heard first;
//! * a NAT may also move a phone in the midst of its words (it was started again, its line got another address). So when the one we know has
//!   not been heard for [`QUIET`], probation is open to its own stream: who was never on the way of the sound does not know the source of that;
//! * a packet that opened under the key needs none of that: it is of the one whom we look for;
//! * whom a `Remote` command has left for another address goes on being heard, and is believed again only once they have been for [`QUIET`] and nobody
//!   else was: what of theirs is still on the way must not keep out the one who comes in their place;
//! * who was dismissed, since another takes their place in the call, is nobody from then on, until they are signalled themselves.

use std::net::SocketAddr;
use std::time::Duration;

use model::Instant;

/// Packets in sequence that an unknown IP must send before it is believed. Three cost 60 ms of a call's first syllable behind a NAT,
/// nothing of a T.38 stream (its redundancy repeats them), and a blind flood does not hit them by chance.
const PROBATION: u8 = 3;

/// How long the one we know must not be heard before their stream may come from elsewhere. Longer than any network stalls, shorter than people
/// say hello into a dead line.
const QUIET: Duration = Duration::from_secs(2);

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

/// Where somebody was who was signalled elsewhere since.
#[derive(Debug)]
struct Left {
    at: SocketAddr,
    /// Of which stream their last packet was, if one was heard.
    stream: Option<u32>,
    /// When the first came from there since.
    since: Option<Instant>,
}

/// One session's choice.
#[derive(Debug, Default)]
pub(crate) struct Latch {
    /// What the SDP said.
    signalled: Option<SocketAddr>,
    /// Whom we believe, once a packet has shown it.
    source: Option<SocketAddr>,
    /// Of which stream their last packet was, and when that came.
    heard: Option<u32>,
    heard_at: Instant,
    /// An unknown IP on probation: who, its last packet, how many in sequence. Few calls have one, and none for long.
    candidate: Option<Box<(SocketAddr, Mark, u8)>>,
    /// On hold nothing is sent.
    held: bool,
    /// Where they were before the signalled address became another. Few calls have one.
    left: Option<Box<Left>>,
    /// Where somebody was who has no more to do with it. Their packets may still be on the way, or go on until they hear of it. Few calls have one.
    dismissed: Option<Box<SocketAddr>>,
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
            let (was, stream) = (self.address().filter(|old| *old != addr), self.heard);
            self.left = was.map(|at| Box::new(Left { at, stream, since: None }));
            (self.source, self.heard) = (None, None);
            self.doubted = false;
            self.signalled = Some(addr);
            self.dismissed.take_if(|dismissed| **dismissed == addr);
        }
    }

    /// Somebody else takes the place of the one whom we know.
    pub(crate) fn dismiss(&mut self) {
        let dismissed = self.address().map(Box::new).or_else(|| self.dismissed.take());
        *self = Self { dismissed, held: self.held, ..Self::default() };
    }

    /// The other end has shown that this is its path (ICE): nobody else is believed.
    pub(crate) fn nominate(&mut self, addr: SocketAddr) {
        self.signalled = Some(addr);
        self.dismissed.take_if(|dismissed| **dismissed == addr);
        if self.source != Some(addr) {
            self.heard = None;
        }
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
    pub(crate) fn standing(&self, now: Instant, from: SocketAddr) -> Standing {
        if self.is_dismissed(from) {
            Standing::Stranger
        } else if self.source == Some(from) || self.signalled == Some(from) {
            Standing::Known
        } else if self.signalled.is_some() && (self.source.is_none() || self.doubted || self.is_quiet(now)) {
            Standing::Possible
        } else {
            Standing::Stranger
        }
    }

    /// Whether a plausible packet from this address is to be believed. `opened`: it was sealed, and with the right key.
    pub(crate) fn admit(&mut self, now: Instant, from: SocketAddr, mark: Mark, opened: bool) -> bool {
        if let Some(heard) = self.late(now, from, mark) {
            return heard;
        }
        let believed = self.source == Some(from) || self.may_be_them(now, from, mark, opened);
        if believed {
            self.settle(from);
            (self.heard, self.heard_at) = (Some(mark.ssrc), now);
        }
        believed
    }

    /// Whether a packet that comes from where they were is heard, as long as nobody was since they moved: it is theirs, and says nothing about where
    /// they are. `None` if it is no such packet, or such ones have come for so long that they are none.
    fn late(&mut self, now: Instant, from: SocketAddr, mark: Mark) -> Option<bool> {
        let left = self.left.as_mut().filter(|left| left.at == from && self.source.is_none())?;
        let is_late = now.saturating_since(*left.since.get_or_insert(now)) < QUIET;
        is_late.then(|| left.stream.is_none_or(|stream| stream == mark.ssrc))
    }

    /// The same of somebody else than the one we know.
    fn may_be_them(&mut self, now: Instant, from: SocketAddr, mark: Mark, opened: bool) -> bool {
        let Some(signalled) = self.signalled.filter(|_| !self.is_dismissed(from)) else { return false };
        if from == signalled {
            return true;
        }
        if let Some(source) = self.source
            && !self.doubted
        {
            // UDPTL has no source identifier: there their IP stands for it.
            let is_theirs = self.heard == Some(mark.ssrc) && (mark.ssrc != 0 || from.ip() == source.ip());
            return self.is_quiet(now) && (opened || is_theirs && self.passes_probation(from, mark));
        }
        opened || from.ip() == signalled.ip() || self.passes_probation(from, mark)
    }

    fn is_dismissed(&self, from: SocketAddr) -> bool {
        self.dismissed.as_ref().is_some_and(|dismissed| **dismissed == from)
    }

    /// The one we know has sent something, and nothing for a while. While they hold, that is no wonder.
    fn is_quiet(&self, now: Instant) -> bool {
        !self.held && self.heard.is_some() && now.saturating_since(self.heard_at) >= QUIET
    }

    fn settle(&mut self, source: SocketAddr) {
        self.source = Some(source);
        self.left = None;
        self.doubted = false;
        self.candidate = None;
    }

    fn passes_probation(&mut self, from: SocketAddr, mark: Mark) -> bool {
        let follows = |last: &Mark| last.ssrc == mark.ssrc && last.sequence.wrapping_add(1) == mark.sequence;
        match self.candidate.as_deref_mut() {
            Some((who, last, seen)) if *who == from && follows(last) => {
                *last = mark;
                *seen += 1;
                *seen >= PROBATION
            }
            Some(candidate) => {
                *candidate = (from, mark, 1);
                false
            }
            None => {
                self.candidate = Some(Box::new((from, mark, 1)));
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
        send_at(latch, 0, addr, 7, first, count)
    }

    fn send_at(latch: &mut Latch, millis: u64, addr: &str, ssrc: u32, first: u16, count: u16) -> usize {
        let now = Instant::from_nanos(millis * 1_000_000);
        (first..first + count).filter(|s| latch.admit(now, at(addr), Mark { ssrc, sequence: *s }, false)).count()
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
        assert!(latch.admit(Instant::ZERO, at("198.51.100.7:61000"), Mark { ssrc: 7, sequence: 65_535 }, false));
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
            .map(|i| Mark { ssrc: i.wrapping_mul(2_654_435_761), sequence: 5 })
            .filter(|mark| latch.admit(Instant::ZERO, at("203.0.113.9:4000"), *mark, false))
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
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 50, 2), 0);
        assert_eq!(send(&mut latch, "198.51.100.7:61000", 5, 2), 2, "late, and no sign of where they are");
        assert_eq!(latch.target(), Some(at("192.0.2.2:4000")));
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
        assert_eq!(latch.standing(Instant::ZERO, at("198.51.100.7:50123")), Standing::Possible);
        assert_eq!(send(&mut latch, "198.51.100.7:50123", 9, 5), 3, "after probation");
        assert_eq!(latch.target(), Some(at("198.51.100.7:50123")));
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 50), 0);
        let mut latch = held();
        assert_eq!(send(&mut latch, BEHIND_NAT, 9, 1), 1);
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 50), 0, "the one we know was heard first");
        latch.signal(Some(at(SIGNALLED)));
        assert_eq!(send(&mut latch, "203.0.113.9:4000", 0, 50), 0, "a refresh opens nothing");
    }

    /// Its NAT was started again: what the phone says comes from elsewhere, and we send to where nobody is.
    #[test]
    fn a_phone_that_its_nat_moves_is_followed_by_its_stream_and_nobody_else_takes_its_place() {
        const STRANGER: &str = "203.0.113.9:4000";
        for known in [SIGNALLED, "198.51.100.7:61000"] {
            let mut latch = signalled();
            send_at(&mut latch, 0, known, 7, 0, 3);
            for millis in (20..10_000).step_by(20) {
                assert_eq!(send_at(&mut latch, millis, known, 7, 3, 1), 1);
                assert_eq!(send_at(&mut latch, millis, STRANGER, 7, 0, 5), 0, "while it is heard");
            }
            assert_eq!(send_at(&mut latch, 11_900, STRANGER, 7, 100, 50), 0, "no network stalls for so long");
            assert_eq!(send_at(&mut latch, 12_000, STRANGER, 8, 100, 5000), 0, "another stream");
            assert_eq!(send_at(&mut latch, 12_000, "198.51.100.8:50123", 7, 600, 5), 3, "after probation");
            assert_eq!(latch.target(), Some(at("198.51.100.8:50123")));
            assert_eq!(send_at(&mut latch, 13_000, STRANGER, 7, 605, 50), 0);
            assert_eq!(send_at(&mut latch, 13_000, SIGNALLED, 7, 605, 1), 1, "the signalled address always wins");
        }
    }

    #[test]
    fn of_a_fax_that_its_nat_moves_only_the_port_is_another() {
        let mut latch = signalled();
        send_at(&mut latch, 0, "198.51.100.7:61000", 0, 0, 3);
        assert_eq!(send_at(&mut latch, 5_000, "203.0.113.9:4000", 0, 3, 50), 0);
        assert_eq!(send_at(&mut latch, 5_000, "198.51.100.7:50123", 0, 3, 5), 3);
    }

    /// Who was asked outside whether they take a call that the desk has taken meanwhile: they speak until they hear of it.
    #[test]
    fn who_was_dismissed_does_not_come_before_the_one_who_takes_their_place() {
        for asked in [SIGNALLED, "192.0.2.1:5000", "198.51.100.7:61000"] {
            let mut latch = signalled();
            send(&mut latch, asked, 0, 10);
            latch.dismiss();
            assert_eq!(latch.target(), None);
            assert_eq!(send(&mut latch, asked, 10, 10), 0);
            latch.signal(Some(at("192.0.2.1:7000")));
            assert_eq!(latch.standing(Instant::ZERO, at(asked)), Standing::Stranger);
            assert_eq!(send(&mut latch, asked, 20, 50), 0);
            assert_eq!(send(&mut latch, "192.0.2.1:7000", 0, 2), 2);
            // The same machine of a carrier has another call for us, on the same port.
            latch.dismiss();
            latch.signal(Some(at(asked)));
            assert_eq!(send(&mut latch, asked, 70, 2), 2);
        }
    }

    /// A carrier moves a call to another of its machines, or a phone to another port: packets of before are still on the way.
    #[test]
    fn what_comes_late_from_where_they_were_does_not_keep_out_who_comes_after_a_move() {
        const NEW: &str = "192.0.2.1:7000";
        for was in [SIGNALLED, "192.0.2.1:5000", "198.51.100.7:61000"] {
            let mut latch = signalled();
            send_at(&mut latch, 0, was, 7, 0, 10);
            latch.signal(Some(at(NEW)));
            assert_eq!(send_at(&mut latch, 20, was, 7, 10, 20), 20, "they are heard until then");
            assert_eq!(latch.target(), Some(at(NEW)), "and nothing is said to where they were");
            // It sends from a port that it did not name.
            assert_eq!(send_at(&mut latch, 400, "192.0.2.1:7002", 9, 0, 2), 2, "{was}");
            assert_eq!(send_at(&mut latch, 420, was, 7, 30, 50), 0, "{was}");
            assert_eq!(latch.target(), Some(at("192.0.2.1:7002")));
        }
    }

    /// Not all send from where they wish to be spoken to, before a move and after it.
    #[test]
    fn who_goes_on_from_where_they_were_is_believed_again_when_nobody_else_comes() {
        for was in ["192.0.2.1:5000", "198.51.100.7:61000"] {
            let mut latch = signalled();
            send_at(&mut latch, 0, was, 7, 0, 10);
            latch.signal(Some(at("192.0.2.1:7000")));
            let heard: usize =
                (20..2_100).step_by(20).map(|t| send_at(&mut latch, t, was, 7, (t / 20) as u16, 1)).sum();
            assert!(heard >= 101, "they are heard all the time, but for a probation: {heard} of 104");
            assert_eq!(latch.target(), Some(at(was)));
            assert_eq!(send_at(&mut latch, 2_100, "203.0.113.9:4000", 7, 105, 50), 0);
        }
    }

    #[test]
    fn what_opened_under_the_key_needs_no_probation() {
        let mut latch = signalled();
        let opened = |latch: &mut Latch, millis: u64, ssrc| {
            let now = Instant::from_nanos(millis * 1_000_000);
            latch.admit(now, at("198.51.100.7:61000"), Mark { ssrc, sequence: 9 }, true)
        };
        assert!(opened(&mut latch, 0, 7), "at the beginning");
        assert_eq!(send(&mut latch, SIGNALLED, 10, 1), 1);
        assert!(!opened(&mut latch, 1_900, 7), "one that another network has delayed");
        assert!(opened(&mut latch, 2_000, 8), "and when the one we know is heard no more");
        assert_eq!(latch.target(), Some(at("198.51.100.7:61000")));
    }

    #[test]
    fn hold_sends_nothing_and_still_listens() {
        let mut latch = signalled();
        send(&mut latch, SIGNALLED, 0, 1);
        latch.signal(None);
        assert_eq!(latch.target(), None);
        assert_eq!(send(&mut latch, SIGNALLED, 1, 1), 1);
        assert!(
            !Latch::default().admit(Instant::ZERO, at(SIGNALLED), Mark { ssrc: 0, sequence: 0 }, false),
            "before any SDP nobody is believed"
        );
    }
}
