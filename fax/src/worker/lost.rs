//! Rows of a page without error correction that were in packets which never came.
//!
//! The engine joins what comes before a gap to what comes behind it: a page that has lost its middle is one that is shorter, with a damaged row or
//! two, and would be confirmed. So a gap within a page is filled with about as many rows that are none as were in it: the page keeps its height, and
//! the rows count as damaged. A page from which so many are missing in one place that a line of text may have been there is asked for again.

use crate::udptl::{end_of_rows, packet_of_rows, rows_of_page};

/// Rows that may be missing together: 1.3 mm of a fine page, less than a line of text takes.
const MOST_TOGETHER: u32 = 10;
/// Packets that are made up within one page: half a minute at the usual speed.
const MOST: u32 = 1000;
/// Octets of one, before packets of the page have told: 30 ms at the usual speed.
const USUAL: usize = 54;
/// And at most.
const LONGEST: usize = 200;
/// Before a page's first rows come, its signal and training are told of, in so many packets.
const BEFORE_A_PAGE: u16 = 4;
/// Bits of a row, before rows of the page have told.
const USUAL_ROW: u32 = 500;
/// So many tell: fewer may all be white.
const ENOUGH_ROWS: u32 = 16;
/// The zeros of an end of line (T.4 §4.1.2).
const ZEROS: u32 = 11;
/// Bits from one end of line to the next between which there is no row: the page ends with some of those.
const NO_BITS: u32 = 13;
/// A row that is none: an end of line, that the row is coded by itself (where lines say that), 64 and 2 white dots, and a black one. Zeros fill the
/// rest of its time.
const NO_ROW: &[u8] = b"00000000000111101101110100";

/// What has come of the pages of a call.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// The number of the packet before.
    last: Option<u16>,
    /// Packets that were made up beyond those that were lost.
    more: u16,
    /// A page of which more rows follow.
    page: Option<Page>,
    /// Too much is missing of the page that came last.
    spoilt: bool,
    /// Packets that were missing before the last one.
    gap: u16,
}

#[derive(Debug, Default)]
struct Page {
    /// The first octet of a packet of rows.
    first: u8,
    /// Packets that were made up.
    made_up: u32,
    /// What has come: in how many packets, and how many rows that was.
    packets: u32,
    bits: u32,
    rows: u32,
    /// The zeros before the next bit, and the bits since the last end of line.
    zeros: u32,
    since: u32,
    ended: bool,
}

impl Lost {
    /// The page that came last is to be asked for again.
    pub(super) const fn is_spoilt(&self) -> bool {
        self.spoilt
    }

    /// So many packets were missing before the last one.
    pub(super) const fn gap(&self) -> u16 {
        self.gap
    }

    /// What the engine is given in place of this packet: before it, what stands for those that were lost. `page_follows` says that what comes
    /// without frames is a page, and not the check of a training.
    pub(super) fn fill(&mut self, seq: u16, ifp: Vec<u8>, page_follows: bool) -> Vec<(u16, Vec<u8>)> {
        let mut gap = self.last.replace(seq).map_or(0, |last| seq.wrapping_sub(last).wrapping_sub(1));
        // What comes late is not taken.
        let late = gap >= 0x8000;
        self.gap = if late { 0 } else { gap };
        let found = rows_of_page(&ifp).filter(|_| page_follows && !late);
        let mut packets = Vec::new();
        if self.page.is_none() && found.is_some() {
            (self.page, self.spoilt) = (Some(Page::default()), false);
            gap = gap.saturating_sub(BEFORE_A_PAGE);
        }
        if let Some(page) = self.page.as_mut().filter(|_| !late) {
            let ranges = found.iter().flat_map(|(ranges, _)| ranges);
            let rows: Vec<u8> = ranges.flat_map(|range| ifp.get(range.clone()).unwrap_or_default()).copied().collect();
            if found.is_some() {
                page.first = ifp.first().copied().unwrap_or_default();
            }
            let (made_up, missing) = page.in_place_of(gap);
            self.spoilt |= missing > MOST_TOGETHER;
            let first = seq.wrapping_add(self.more).wrapping_sub(made_up.len() as u16);
            packets.extend(made_up.into_iter().enumerate().map(|(at, packet)| (first.wrapping_add(at as u16), packet)));
            if found.is_some() {
                page.packets += 1;
                page.count(&rows);
            }
            if found.is_none() && gap > 0 {
                // The end of the page is among what was lost, and the engine would take what follows for something that is said again.
                packets.push((seq.wrapping_add(self.more), end_of_rows(page.first)));
                self.more = self.more.wrapping_add(1);
            }
            self.page.take_if(|_| found.is_none_or(|(_, goes_on)| !goes_on));
        }
        packets.push((seq.wrapping_add(self.more), ifp));
        packets
    }
}

impl Page {
    /// Packets of rows that are none, and as how many rows that counts.
    fn in_place_of(&mut self, gap: u16) -> (Vec<Vec<u8>>, u32) {
        // What is missing behind the end of the page was no row.
        let count = if self.ended { 0 } else { u32::from(gap).min(MOST - self.made_up) };
        self.made_up += count;
        let octets =
            (self.bits / 8).checked_div(self.packets).map_or(USUAL, |octets| octets as usize).clamp(1, LONGEST);
        let row = if self.rows < ENOUGH_ROWS { USUAL_ROW } else { self.bits / self.rows }.max(NO_ROW.len() as u32);
        let mut bits = (0..row).map(|at| NO_ROW.get(at as usize) == Some(&b'1')).cycle();
        let mut octet = || (0..8).fold(0, |octet, _| octet << 1 | u8::from(bits.next().unwrap_or_default()));
        let mut packet = || packet_of_rows(self.first, &(0..octets).map(|_| octet()).collect::<Vec<_>>());
        ((0..count).map(|_| packet()).collect(), count * octets as u32 * 8 / row)
    }

    /// A row ends with some zeros, and a one.
    fn count(&mut self, octets: &[u8]) {
        for bit in octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1)) {
            (self.bits, self.since) = (self.bits.saturating_add(1), self.since.saturating_add(1));
            if bit == 0 {
                self.zeros = self.zeros.saturating_add(1);
                continue;
            }
            if std::mem::take(&mut self.zeros) >= ZEROS {
                self.ended |= self.rows > 0 && self.since <= NO_BITS;
                self.rows += 1;
                self.since = 0;
            }
        }
    }
}
