//! Reports of reception (RTCP, RFC 3550 section 6): written by us, and read from hostile datagrams.
//!
//! [`Compound::parse`] takes a datagram only whole: every length inside must come out at its end, as RFC 3550 appendix A.2 checks it. What does
//! not hold together is `None`, and nothing of it is believed. Of what holds together, kinds that we do not know are passed over.

/// The header that every packet has, without its source.
const FIXED: usize = 4;
/// A block about one stream.
const BLOCK: usize = 24;
/// What a sender tells of itself.
const SENDER: usize = 20;
/// Longer than any report that a telephone sends: an Ethernet frame.
const LONGEST: usize = 1500;
/// Packets of one datagram. A report, a name, a goodbye and some feedback are five; the most that would fit is 187.
const MAX_PACKETS: usize = 16;

const SR: u8 = 200;
const RR: u8 = 201;
const SDES: u8 = 202;
const BYE: u8 = 203;
/// The item of an SDES that names who reports.
const CNAME: u8 = 1;
/// As many bytes as RFC 7022 section 4.2 asks for, in hexadecimal.
pub(crate) const NAME: usize = 24;

/// Whether this is a report and no sound, where both share a port (RFC 5761 section 4).
pub(crate) const fn is_report(data: &[u8]) -> bool {
    matches!(data, [first, 192..=223, ..] if *first >> 6 == 2)
}

/// What a sender says of its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SenderInfo {
    /// Seconds since 1900 and their fraction, as one number of 64 bits.
    pub(crate) ntp: u64,
    /// The same moment by the stream's clock.
    pub(crate) timestamp: u32,
    /// Packets sent.
    pub(crate) packets: u32,
    /// Bytes of payload sent.
    pub(crate) octets: u32,
}

/// What one end received of one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Block {
    /// The stream.
    pub(crate) ssrc: u32,
    /// Lost since the report before, in parts of 256.
    pub(crate) fraction: u8,
    /// Lost since it began; below zero if more came twice than was lost.
    pub(crate) lost: i32,
    /// The highest sequence number, extended by its wraps.
    pub(crate) highest: u32,
    /// Jitter in ticks of the stream's clock.
    pub(crate) jitter: u32,
    /// Which report of the stream's sender came last: the middle of its NTP time, or 0 for none.
    pub(crate) last: u32,
    /// How long ago that was, in parts of 65,536 of a second.
    pub(crate) delay: u32,
}

/// The middle 32 bits of an NTP time, by which a report is named.
pub(crate) const fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// A packet of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    /// SR or RR: who reports, what it sends, and what it received.
    Report { ssrc: u32, sender: Option<SenderInfo>, blocks: Blocks<'a> },
    /// Anything else: a name, a goodbye, feedback.
    Other,
}

/// The blocks of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocks<'a>(&'a [u8]);

impl Iterator for Blocks<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        let (block, rest) = self.0.split_first_chunk::<BLOCK>()?;
        self.0 = rest;
        let [ssrc, loss, highest, jitter, last, delay] = words(block);
        let [fraction, lost @ ..] = loss.to_be_bytes();
        let [high, middle, low] = lost;
        // 24 bits with a sign.
        let lost = i32::from_be_bytes([high, middle, low, 0]) >> 8;
        Some(Block { ssrc, fraction, lost, highest, jitter, last, delay })
    }
}

fn words<const N: usize>(data: &[u8]) -> [u32; N] {
    let mut chunks = data.chunks_exact(4).map(|c| c.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)));
    std::array::from_fn(|_| chunks.next().unwrap_or(0))
}

/// A datagram that holds together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compound<'a>(&'a [u8]);

impl<'a> Compound<'a> {
    /// Checks all of a datagram. It begins with a report, as nobody agreed otherwise with us (RFC 5506).
    pub(crate) fn parse(data: &'a [u8]) -> Option<Self> {
        let (&first, &kind) = (data.first()?, data.get(1)?);
        let padded = first & 0x20 != 0;
        if data.len() > LONGEST || !matches!(kind, SR | RR) || (padded && data.len() != length(data)?) {
            return None;
        }
        let mut rest = data;
        for _ in 0..MAX_PACKETS {
            let (packet, after) = rest.split_at_checked(length(rest)?)?;
            check(packet, after.is_empty())?;
            if after.is_empty() {
                return Some(Self(data));
            }
            rest = after;
        }
        None
    }

    /// Its packets.
    pub(crate) fn packets(self) -> impl Iterator<Item = Packet<'a>> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (packet, after) = rest.split_at_checked(length(rest)?)?;
            rest = after;
            Some(read(packet).unwrap_or(Packet::Other))
        })
    }
}

/// How long the packet at the beginning says it is.
fn length(data: &[u8]) -> Option<usize> {
    let [.., high, low] = *data.first_chunk::<FIXED>()?;
    Some(FIXED + 4 * usize::from(u16::from_be_bytes([high, low])))
}

/// One packet: its version, its padding, and what it must have room for.
fn check(packet: &[u8], last: bool) -> Option<()> {
    let [first, kind, ..] = *packet else { return None };
    if first >> 6 != 2 {
        return None;
    }
    let count = usize::from(first & 0x1f);
    let mut end = packet.len();
    if first & 0x20 != 0 {
        // Only the last packet may be padded, to whole words and with at least one.
        let padding = usize::from(*packet.last()?);
        if !last || padding == 0 || !padding.is_multiple_of(4) {
            return None;
        }
        end = end.checked_sub(padding)?;
    }
    let needed = match kind {
        SR => FIXED + 4 + SENDER + count * BLOCK,
        RR => FIXED + 4 + count * BLOCK,
        BYE => FIXED + count * 4,
        _ => FIXED,
    };
    (end >= needed).then_some(())
}

fn read(packet: &[u8]) -> Option<Packet<'_>> {
    let [first, kind, ..] = *packet else { return None };
    let rest = packet.get(FIXED..)?;
    let [ssrc] = words(rest);
    let rest = rest.get(4..)?;
    let (sender, rest) = match kind {
        SR => (Some(sender(rest.get(..SENDER)?)), rest.get(SENDER..)?),
        RR => (None, rest),
        _ => return None,
    };
    let blocks = Blocks(rest.get(..usize::from(first & 0x1f) * BLOCK)?);
    Some(Packet::Report { ssrc, sender, blocks })
}

fn sender(data: &[u8]) -> SenderInfo {
    let [seconds, fraction, timestamp, packets, octets] = words(data);
    SenderInfo { ntp: u64::from(seconds) << 32 | u64::from(fraction), timestamp, packets, octets }
}

/// The source of a report, sealed or not: it is never sealed itself.
pub(crate) fn ssrc_of(data: &[u8]) -> Option<u32> {
    let [ssrc] = words(data.get(FIXED..FIXED + 4)?);
    is_report(data).then_some(ssrc)
}

/// A report of ours.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// Who reports: the stream that we send, if we do.
    pub(crate) ssrc: u32,
    /// Our name, which says nothing.
    pub(crate) name: &'a [u8; NAME],
    /// What we send.
    pub(crate) sender: Option<SenderInfo>,
    /// What came.
    pub(crate) block: Option<Block>,
    /// We leave.
    pub(crate) bye: bool,
}

impl Report<'_> {
    /// As a datagram.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LONGEST_OF_OURS);
        let kind = if self.sender.is_some() { SR } else { RR };
        let start = begin(&mut out, u8::from(self.block.is_some()), kind, self.ssrc);
        if let Some(SenderInfo { ntp, timestamp, packets, octets }) = self.sender {
            put(&mut out, &[(ntp >> 32) as u32, ntp as u32, timestamp, packets, octets]);
        }
        if let Some(Block { ssrc, fraction, lost, highest, jitter, last, delay }) = self.block {
            let lost = lost.clamp(-LOST_MOST - 1, LOST_MOST).cast_unsigned() & 0x00ff_ffff;
            put(&mut out, &[ssrc, u32::from(fraction) << 24 | lost, highest, jitter, last, delay]);
        }
        end(&mut out, start);
        let start = begin(&mut out, 1, SDES, self.ssrc);
        out.extend_from_slice(&[CNAME, NAME as u8]);
        out.extend_from_slice(self.name);
        // The list of items ends with a zero, and the chunk with a whole word.
        out.push(0);
        end(&mut out, start);
        if self.bye {
            let start = begin(&mut out, 1, BYE, self.ssrc);
            end(&mut out, start);
        }
        out
    }
}

/// The most that 24 bits with a sign hold.
const LOST_MOST: i32 = 0x007f_ffff;
/// SR with a block, SDES, BYE, and what seals them.
const LONGEST_OF_OURS: usize = 128;

/// Begins a packet whose length is not known yet.
fn begin(out: &mut Vec<u8>, count: u8, kind: u8, ssrc: u32) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0x80 | count, kind, 0, 0]);
    put(out, &[ssrc]);
    start
}

/// Ends it at a whole word, and says how long it is.
fn end(out: &mut Vec<u8>, start: usize) {
    out.resize(out.len().next_multiple_of(4), 0);
    let words = ((out.len() - start) / 4 - 1) as u16;
    if let Some(field) = out.get_mut(start + 2..start + 4) {
        field.copy_from_slice(&words.to_be_bytes());
    }
}

fn put(out: &mut Vec<u8>, words: &[u32]) {
    out.extend(words.iter().flat_map(|word| word.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOBODY: &[u8; NAME] = b"0123456789abcdef01234567";

    fn block() -> Block {
        Block { ssrc: 7, fraction: 8, lost: -3, highest: 0x0001_0002, jitter: 40, last: 0x1234_5678, delay: 65_536 }
    }

    fn sender_info() -> SenderInfo {
        SenderInfo { ntp: 0xe600_0000_8000_0000, timestamp: 160, packets: 2, octets: 320 }
    }

    /// Who reports, what it sends, what it received.
    #[derive(Debug, PartialEq)]
    struct Read(u32, Option<SenderInfo>, Vec<Block>);

    fn reports(data: &[u8]) -> Option<Vec<Read>> {
        let reports = Compound::parse(data)?.packets().filter_map(|packet| match packet {
            Packet::Report { ssrc, sender, blocks } => Some(Read(ssrc, sender, blocks.collect())),
            Packet::Other => None,
        });
        Some(reports.collect())
    }

    #[test]
    fn what_is_written_is_read() {
        for (sender, block, bye) in
            [(None, None, false), (Some(sender_info()), Some(block()), true), (None, Some(block()), false)]
        {
            let data = Report { ssrc: 9, name: NOBODY, sender, block, bye }.write();
            assert!(is_report(&data) && data.len() <= LONGEST_OF_OURS, "{}", data.len());
            assert_eq!(reports(&data), Some(vec![Read(9, sender, block.into_iter().collect())]));
            assert_eq!(ssrc_of(&data), Some(9));
        }
    }

    /// By hand from the figures of RFC 3550 sections 6.4.1, 6.5 and 6.6.
    #[test]
    fn the_bytes_of_a_report() {
        let data = Report { ssrc: 9, name: NOBODY, sender: Some(sender_info()), block: Some(block()), bye: true };
        let expected: &[&[u8]] = &[
            &[0x81, 200, 0, 12, 0, 0, 0, 9],
            &[0xe6, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 160, 0, 0, 0, 2, 0, 0, 1, 64],
            &[0, 0, 0, 7, 8, 0xff, 0xff, 0xfd, 0, 1, 0, 2, 0, 0, 0, 40, 0x12, 0x34, 0x56, 0x78, 0, 1, 0, 0],
            &[0x81, 202, 0, 8, 0, 0, 0, 9, 1, 24],
            NOBODY,
            &[0, 0],
            &[0x81, 203, 0, 1, 0, 0, 0, 9],
        ];
        assert_eq!(data.write(), expected.concat());
    }

    #[test]
    fn what_does_not_hold_together_is_nothing() {
        let whole =
            Report { ssrc: 9, name: NOBODY, sender: Some(sender_info()), block: Some(block()), bye: true }.write();
        assert!(reports(&whole).is_some());
        for cut in 0..whole.len() {
            // Two of its beginnings are whole datagrams themselves.
            assert_eq!(reports(&whole[..cut]).is_some(), matches!(cut, 52 | 88), "cut at {cut}");
        }
        let changed = |at: usize, byte: u8| {
            let mut data = whole.clone();
            data[at] = byte;
            reports(&data)
        };
        assert_eq!(changed(0, 0x41), None, "version 1");
        assert_eq!(changed(0, 0x82), None, "more blocks than there are");
        assert_eq!(changed(0, 0xa1), None, "the first of several is padded");
        assert_eq!(changed(1, 202), None, "it begins with no report");
        assert_eq!(changed(3, 255), None, "longer than the datagram");
        assert_eq!(changed(3, 11), None, "the next begins within this one");
        assert_eq!(changed(88, 0xa1), None, "padding longer than the packet");
        assert_eq!(changed(88, 0x82), None, "a goodbye of two that names one");
        assert_eq!(reports(&[0x80, 201, 0, 1, 0, 0, 0, 9].repeat(MAX_PACKETS + 1)), None, "too many");
        assert_eq!(reports(&[&[0x80, 201, 1, 0x76][..], &[0; 1500]].concat()), None, "longer than a frame");
    }

    #[test]
    fn padding_and_unknown_kinds_are_passed_over() {
        let mut data = vec![0x80, 201, 0, 1, 0, 0, 0, 9];
        // An extended report (RFC 3611), and feedback that is padded.
        data.extend([0x80, 207, 0, 1, 0, 0, 0, 9, 0xa1, 205, 0, 3, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 4]);
        assert_eq!(reports(&data), Some(vec![Read(9, None, vec![])]));
        *data.last_mut().expect("bytes") = 3;
        assert_eq!(reports(&data), None, "no whole words");
        *data.last_mut().expect("bytes") = 0;
        assert_eq!(reports(&data), None, "padding of nothing");
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_more_than_nothing(mut data in proptest::collection::vec(any::<u8>(), 0..200), kind in 200u8..204) {
            let read = |data: &[u8]| Compound::parse(data).map_or(0, |c| c.packets().map(|p| match p {
                Packet::Report { blocks, .. } => blocks.count(),
                Packet::Other => 0,
            }).sum());
            prop_assert!(read(&data) * BLOCK <= data.len());
            if let [first, second, ..] = &mut data[..] {
                (*first, *second) = (0x80 | *first & 0x3f, kind);
            }
            prop_assert!(read(&data) * BLOCK <= data.len());
        }
    }
}
