//! What a session and its other end report to each other (RTCP, RFC 3550 section 6): when, over which way, and what follows from it.
//!
//! Reports are made apart from packets and few at a time: between two of them the shell looks at its packets. What is forwarded costs a few
//! additions (`stats::sent`).
//!
//! A report is believed only from where the session's packets come from: from the very address if both share a port, else from one port of
//! that host. Where sound is encrypted, reports are; what is not, or does not open, is dropped.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use model::call::LegQuality;
use model::{Instant, Now};

use super::session::{Mode, Session};
use super::{Engine, MAX_PENDING, sendable};
use crate::api::{Event, Output, Reports, SessionId};
use crate::family::Each;
use crate::latch::Standing;
use crate::quality::Way;
use crate::rtcp::{self, Block, Compound, NAME, Packet, Report};

/// Between two reports, on average (RFC 3550 section 6.2). Each is between a half and one and a half of it after the one before, so that
/// those of many calls do not come at once; the first comes after half of that (section 6.3.2).
const INTERVAL: Duration = Duration::from_secs(5);
/// Reports that are made before packets are looked at again: some 10 µs each, most of it to send it.
const AT_ONCE: usize = 3;
/// Reports a second that are taken from one end: one in some seconds is what phones send, and browsers a few with their feedback.
const MAX_RATE: u32 = 20;
/// Reports of ours that an answer may name: one that names an older one took longer than any call stands.
const REMEMBERED: usize = 4;
/// Longer is no way over which anybody talks: such an answer is forged or broken.
const LONGEST_WAY: Duration = Duration::from_secs(30);
/// Seconds from 1900 to 1970.
const NTP_EPOCH: u64 = 2_208_988_800;

/// Who has to report when. Never longer than the sessions are many.
pub(super) type Due = BTreeSet<(Instant, SessionId)>;

/// A session's part in it.
#[derive(Debug)]
pub(super) struct Reporter {
    way: Option<Reports>,
    /// In which families the port beside was asked for.
    bound: Each<()>,
    /// From where reports came, to the port beside.
    source: Option<SocketAddr>,
    name: [u8; NAME],
    /// Our source where we send nothing.
    ssrc: u32,
    due: Option<Instant>,
    /// Both clocks when it began: the wall clock may jump, and a way measured meanwhile must not.
    origin: Now,
    /// Our last reports by their names.
    sent: [(u32, Instant); REMEMBERED],
    count: u64,
    /// The last report of their stream: whose, its name, and when.
    theirs: Option<(u32, u32, Instant)>,
    round_trips: u64,
    /// Their sum in microseconds.
    round_trip_us: u64,
    second: u64,
    in_second: u32,
}

impl Reporter {
    fn new(now: Now, session: SessionId) -> Self {
        let mut name = [0; NAME];
        let mut seed = now.instant.nanos() ^ session.0.rotate_left(32) ^ now.wall.0.cast_unsigned().rotate_left(16);
        for digit in &mut name {
            seed = mix(seed.wrapping_add(1));
            *digit = *b"0123456789abcdef".get(seed as usize % 16).unwrap_or(&b'0');
        }
        Self {
            way: None,
            bound: Each::default(),
            source: None,
            name,
            ssrc: (mix(seed) >> 32) as u32,
            due: None,
            origin: now,
            sent: [(0, Instant::ZERO); REMEMBERED],
            count: 0,
            theirs: None,
            round_trips: 0,
            round_trip_us: 0,
            second: 0,
            in_second: 0,
        }
    }

    /// The time as reports say it.
    fn ntp(&self, now: Now) -> u64 {
        let nanos = u128::from(self.origin.wall.0.max(0).unsigned_abs()) * 1_000_000
            + now.instant.saturating_since(self.origin.instant).as_nanos();
        let seconds = (nanos / 1_000_000_000) as u64 + NTP_EPOCH;
        let fraction = ((nanos % 1_000_000_000) << 32) / 1_000_000_000;
        seconds << 32 | fraction as u64
    }

    /// When the next one is due, and never twice in the same way.
    fn schedule(&mut self, now: Now) -> Instant {
        let share = (mix(now.instant.nanos() ^ u64::from(self.ssrc)) >> 33) as u32;
        let interval = INTERVAL / 2 + INTERVAL.mul_f64(f64::from(share) / f64::from(1u32 << 31));
        let at = now.instant + if self.count == 0 { interval / 2 } else { interval };
        self.due = Some(at);
        at
    }

    fn remember(&mut self, ntp: u64, now: Now) {
        let at = self.count as usize % REMEMBERED;
        if let Some(slot) = self.sent.get_mut(at) {
            *slot = (rtcp::middle(ntp), now.instant);
        }
        self.count += 1;
    }

    /// Their answer to one of our reports says how long the way is.
    fn round_trip(&mut self, now: Now, block: &Block) {
        let named =
            self.sent.iter().take(self.count.min(REMEMBERED as u64) as usize).find(|(name, _)| *name == block.last);
        let Some((_, sent)) = named.filter(|_| block.last != 0) else { return };
        let waited = Duration::from_micros(u64::from(block.delay) * 1_000_000 / 65_536);
        let way = now.instant.saturating_since(*sent).saturating_sub(waited);
        if way < LONGEST_WAY {
            self.round_trips += 1;
            self.round_trip_us += way.as_micros() as u64;
        }
    }

    fn mean_round_trip_us(&self) -> Option<u32> {
        self.round_trip_us.checked_div(self.round_trips).and_then(|us| u32::try_from(us).ok())
    }

    fn within_rate(&mut self, now: Now) -> bool {
        let second = now.instant.nanos() / 1_000_000_000;
        if second != self.second {
            (self.second, self.in_second) = (second, 0);
        }
        self.in_second += 1;
        self.in_second <= MAX_RATE
    }
}

impl Engine {
    /// The way of a session's reports was agreed on.
    pub(super) fn reports(&mut self, now: Now, session: SessionId, way: Option<Reports>) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        let reporter = leg.reporter.get_or_insert_with(|| Box::new(Reporter::new(now, session)));
        if reporter.way != way {
            (reporter.way, reporter.source) = (way, None);
        }
        if way.is_some() && reporter.due.is_none() {
            self.reports_due.insert((reporter.schedule(now), session));
        }
        self.listen_for_reports(session);
    }

    /// Listens beside wherever the session listens, if reports come there.
    pub(super) fn listen_for_reports(&mut self, session: SessionId) {
        let Some(leg) = self.sessions.get_mut(&session) else { return };
        let beside = |r: &&mut Box<Reporter>| matches!(r.way, Some(Reports::Beside(_)));
        let (Some(port), Some(reporter)) = (leg.port.checked_add(1), leg.reporter.as_mut().filter(beside)) else {
            return;
        };
        for home in leg.listens.homes() {
            if reporter.bound.put(home, ()).is_none() {
                self.pending.push_back(Output::BindReports { session, port, home });
            }
        }
    }

    /// Some of the reports that are due.
    pub(super) fn report(&mut self, now: Now) {
        for _ in 0..AT_ONCE {
            let Some((at, session)) = self.reports_due.first().copied().filter(|(at, _)| *at <= now.instant) else {
                return;
            };
            self.reports_due.remove(&(at, session));
            let Some(leg) = self.sessions.get_mut(&session) else { continue };
            let report = leg.report(now, false);
            let quality = (leg.mode != Mode::Raw && leg.stats.any()).then(|| leg.quality());
            if let Some(reporter) = &mut leg.reporter {
                self.reports_due.insert((reporter.schedule(now), session));
            }
            self.send_report(session, report);
            if let Some(quality) = quality {
                self.event(Event::Quality { session, quality });
            }
        }
    }

    /// Takes a report that came to the session's port, or (`beside`) to the one beside it.
    pub(super) fn reported(&mut self, now: Now, session: SessionId, from: SocketAddr, data: &[u8], beside: bool) {
        if let Some(leg) = self.sessions.get_mut(&session) {
            let _ = leg.reported(now, from, data, beside);
        }
    }

    /// A session is gone, and reports no more.
    pub(super) fn forget_reports(&mut self, session: SessionId, gone: &Session) {
        if let Some(at) = gone.reporter.as_ref().and_then(|r| r.due) {
            self.reports_due.remove(&(at, session));
        }
    }

    /// Says goodbye for a session that ends.
    pub(super) fn goodbye(&mut self, now: Now, session: SessionId, gone: &mut Session) {
        // Who has reported nothing says no goodbye either (RFC 3550 section 6.3.7).
        let report = gone.reporter.as_ref().is_some_and(|r| r.count > 0).then(|| gone.report(now, true)).flatten();
        self.send_report(session, report);
    }

    fn send_report(&mut self, session: SessionId, report: Option<(SocketAddr, Bytes, bool)>) {
        let Some((to, data, beside)) = report.filter(|_| self.pending.len() < MAX_PENDING) else { return };
        self.pending.push_back(if beside {
            Output::TransmitReport { session, to, data }
        } else {
            Output::Transmit { session, to, data }
        });
    }
}

impl Session {
    /// Its next report, where that goes, and whether from the port beside; `None` while there is nobody, or nothing to seal it with.
    fn report(&mut self, now: Now, bye: bool) -> Option<(SocketAddr, Bytes, bool)> {
        let to = self.reports_to().filter(|_| !self.waits_for_keys())?;
        let reporter = self.reporter.as_mut().filter(|_| self.mode != Mode::Raw)?;
        let ntp = reporter.ntp(now);
        // Who sent nothing for two intervals is no sender (section 6.4).
        let since = Instant::from_nanos(now.instant.nanos().saturating_sub(INTERVAL.as_nanos() as u64 * 3));
        let sender = self.sent.info(now.instant, ntp, since);
        let theirs = reporter.theirs;
        let block = self.stats.block().map(|block| match theirs.filter(|(ssrc, ..)| *ssrc == block.ssrc) {
            Some((_, last, at)) => Block { last, delay: parts_of_second(now.instant.saturating_since(at)), ..block },
            None => block,
        });
        let ssrc = self.sent.ssrc().unwrap_or(reporter.ssrc);
        let plain = Report { ssrc, name: &reporter.name, sender, block, bye }.write();
        // Only a sender's report has a name that can be answered.
        reporter.remember(if sender.is_some() { ntp } else { 0 }, now);
        let beside = matches!(reporter.way, Some(Reports::Beside(_)));
        Some((to, self.seal_report(plain)?.into(), beside))
    }

    fn reports_to(&self) -> Option<SocketAddr> {
        let reporter = self.reporter.as_ref()?;
        let at = self.latch.address()?;
        let to = match reporter.way? {
            Reports::Mux => at,
            Reports::Beside(told) => reporter.source.or(told).or_else(|| beside(at))?,
        };
        sendable(&to).then_some(to)
    }

    fn reported(&mut self, now: Now, from: SocketAddr, data: &[u8], beside: bool) -> Option<()> {
        self.may_report(now, from, beside)?;
        let opened = self.open_report(data)?;
        self.lives(now);
        let compound = Compound::parse(&opened)?;
        let Self { reporter, sent, .. } = self;
        let reporter = reporter.as_mut()?;
        if beside {
            reporter.source = Some(from);
        }
        for packet in compound.packets() {
            let Packet::Report { ssrc, sender, blocks } = packet else { continue };
            if let Some(sender) = sender {
                reporter.theirs = Some((ssrc, rtcp::middle(sender.ntp), now.instant));
            }
            for block in blocks {
                reporter.round_trip(now, &block);
                sent.reported(&block);
            }
        }
        Some(())
    }

    /// Whether anybody there may report at all, before any work is done on it.
    fn may_report(&mut self, now: Now, from: SocketAddr, beside: bool) -> Option<()> {
        let host: Option<IpAddr> = self.latch.address().map(|a| a.ip());
        let known = self.latch.standing(now.instant, from) == Standing::Known;
        let reporter = self.reporter.as_mut().filter(|_| self.mode != Mode::Raw)?;
        let theirs = match reporter.way? {
            Reports::Mux => known && !beside,
            Reports::Beside(told) => {
                let possible = reporter.source.is_none() && host == Some(from.ip());
                beside && (possible || told == Some(from) || reporter.source == Some(from))
            }
        };
        (theirs && reporter.within_rate(now)).then_some(())
    }

    /// What its media came to, with what was reported and how good it was.
    pub(super) fn quality(&self) -> LegQuality {
        let leg = LegQuality { far: self.sent.far(), ..self.counted() };
        let Some(round_trip_us) = self.reporter.as_ref().and_then(|r| r.mean_round_trip_us()) else { return leg };
        let packet = Duration::from_millis(self.speech.voice.map_or(20, |v| u64::from(v.ptime)));
        let of = |codec, expected, lost, gap, jitter_us| Way {
            codec,
            expected,
            lost,
            gap,
            round_trip: Duration::from_micros(round_trip_us.into()),
            jitter: Duration::from_micros(jitter_us),
            packet,
        };
        let known = |payload_type: Option<u8>| self.codec_of(payload_type?);
        let way_in = known(self.stats.payload_type())
            .map(|codec| of(codec, leg.packets_in + leg.lost, leg.lost, self.stats.gap(), leg.jitter_us.into()));
        // Reports do not say how many were missing in a row.
        let way_out = leg.far.zip(known(self.sent.payload_type())).map(|(far, codec)| {
            of(codec, far.expected - far.lost_before, far.lost - far.lost_before, None, far.jitter_us.into())
        });
        LegQuality {
            round_trip_us: Some(round_trip_us),
            mos_in: way_in.and_then(|way| way.score()),
            mos_out: way_out.and_then(|way| way.score()),
            ..leg
        }
    }
}

/// Where the reports to somebody go who did not say otherwise (RFC 3550 section 11).
fn beside(at: SocketAddr) -> Option<SocketAddr> {
    at.port().checked_add(1).map(|port| SocketAddr::new(at.ip(), port))
}

fn parts_of_second(time: Duration) -> u32 {
    (time.as_nanos() * 65_536 / 1_000_000_000) as u32
}

/// Any number that others will hardly choose. Nothing depends on nobody guessing it.
pub(super) const fn mix(seed: u64) -> u64 {
    let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}
