//! The frames of T.30 that the fake says and understands, and what stands in them.

use model::settings::FaxClass;

/// The octet behind the address: this frame is the last, or is not (T.30 section 5.3.5).
const LAST: u8 = 0x13;
const MORE: u8 = 0x03;

pub(super) const DIS: u8 = 0x80;
pub(super) const CSI: u8 = 0x40;
pub(super) const DCS: u8 = 0x82;
pub(super) const TSI: u8 = 0x42;
pub(super) const CFR: u8 = 0x84;
pub(super) const FTT: u8 = 0x44;
pub(super) const MPS: u8 = 0x4e;
pub(super) const EOM: u8 = 0x8e;
pub(super) const EOP: u8 = 0x2e;
pub(super) const MCF: u8 = 0x8c;
pub(super) const RTN: u8 = 0x4c;
pub(super) const RTP: u8 = 0xcc;
pub(super) const DCN: u8 = 0xfa;
pub(super) const SUB: u8 = 0xc2;
pub(super) const SEP: u8 = 0xa0;
pub(super) const PWD: u8 = 0xc0;
pub(super) const PPS: u8 = 0xbe;
pub(super) const PPR: u8 = 0xbc;
pub(super) const RNR: u8 = 0xec;
pub(super) const RR: u8 = 0x6e;
/// Behind a PPS: the page goes on.
pub(super) const NULL: u8 = 0x00;

/// The carriers by their `BR` of T.32: what a DCS says of each (T.30 Table 2, bits 11 to 14), and its number in T.31.
const CARRIERS: [(u8, u8); 6] = [(0x00, 24), (0x08, 48), (0x2c, 73), (0x24, 97), (0x28, 121), (0x20, 145)];
/// V.29, for machines without V.17.
const V29: [(u8, u8, u8); 2] = [(2, 0x0c, 72), (3, 0x04, 96)];

/// What a machine can do, or two have agreed on, as Class 2 counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) fine: bool,
    /// `BR`.
    pub(super) rate: u8,
    pub(super) two_dimensional: bool,
    /// It has V.17.
    pub(super) v17: bool,
    /// It corrects errors.
    pub(super) ecm: bool,
    /// And takes T.6 then.
    pub(super) mmr: bool,
}

impl Terms {
    pub(super) const ALL: Self = Self { fine: true, rate: 5, two_dimensional: true, v17: true, ecm: false, mmr: false };
    /// Of a machine that says nothing of itself.
    pub(super) const LEAST: Self =
        Self { fine: false, rate: 1, two_dimensional: false, v17: false, ecm: false, mmr: false };

    /// What both have.
    pub(super) fn and(self, other: Self) -> Self {
        let v17 = self.v17 && other.v17;
        let rate = self.rate.min(other.rate).min(if v17 { 5 } else { 3 });
        Self {
            fine: self.fine && other.fine,
            rate,
            two_dimensional: self.two_dimensional && other.two_dimensional,
            v17,
            ecm: self.ecm && other.ecm,
            mmr: self.ecm && other.ecm && self.mmr && other.mmr,
        }
    }

    /// `VR,BR,WD,LN,DF,EC,BF,ST`, and JP in Class 2.1. Frames of 256 octets are 2 in SP-2388; T.32 has one number for all frames.
    pub(super) fn text(self, class: FaxClass) -> String {
        let df = if self.mmr { 3 } else { u8::from(self.two_dimensional) };
        let ec = u8::from(self.ecm) * if class == FaxClass::Two { 2 } else { 1 };
        let jp = if class == FaxClass::TwoOne { ",0" } else { "" };
        format!("{},{},0,2,{df},{ec},0,0{jp}", u8::from(self.fine), self.rate)
    }

    /// As a computer writes it. What it asks for beyond its numbers a modem refuses, and error correction if it has none. V.34 (`BR` 6 to
    /// 13) is Class 2.1's alone, and slower where the line is: it has no such carrier.
    pub(super) fn read(text: &str, class: FaxClass, corrects: bool) -> Option<Self> {
        let fields: Option<Vec<u8>> = text.split(',').map(|field| u8::from_str_radix(field.trim(), 16).ok()).collect();
        let [vr, br, _, _, df, ec, _, _, ref jp @ ..] = fields?[..] else { return None };
        let (fastest, most_ec, most_fields) = match class {
            FaxClass::Two => (5, 2, 0),
            FaxClass::TwoOne => (13, 1, 1),
            _ => (5, 1, 0),
        };
        let known = br <= fastest && ec <= most_ec && jp.len() <= most_fields && matches!(df, 0 | 1 | 3);
        let has = known && (corrects || ec == 0 && df != 3) && (ec > 0 || df != 3);
        has.then(|| Self {
            fine: vr & 1 == 1,
            rate: br.min(5),
            two_dimensional: df > 0,
            v17: true,
            ecm: ec > 0,
            mmr: df == 3,
        })
    }

    /// The information of a DIS.
    pub(super) fn of_dis(frame: &[u8]) -> Option<Self> {
        let (speed, second) = (*frame.get(4)?, *frame.get(4)?);
        let v17 = speed & 0x2c == 0x2c;
        let rate = match speed & 0x2c {
            0x2c => 5,
            0x0c => 3,
            0x08 => 1,
            _ => 0,
        };
        let (ecm, mmr) = corrects(frame);
        Some(Self { fine: second & 0x40 != 0, rate, two_dimensional: second & 0x80 != 0, v17, ecm, mmr })
    }

    /// The information of a DCS.
    pub(super) fn of_dcs(frame: &[u8]) -> Option<Self> {
        let octet = *frame.get(4)?;
        let speed = octet & 0x3c;
        let v29 = V29.iter().find(|(_, bits, _)| *bits == speed).map(|(rate, ..)| *rate);
        let v17 = CARRIERS.iter().position(|(bits, _)| *bits == speed).and_then(|rate| u8::try_from(rate).ok());
        let rate = v29.or(v17)?;
        let (ecm, mmr) = corrects(frame);
        let two_dimensional = octet & 0x80 != 0 && !mmr;
        Some(Self { fine: octet & 0x40 != 0, rate, two_dimensional, v17: v29.is_none() && rate > 1, ecm, mmr })
    }

    fn carrier(self) -> (u8, u8) {
        let v29 =
            V29.iter().find(|(rate, ..)| !self.v17 && *rate == self.rate).map(|(_, bits, number)| (*bits, *number));
        v29.unwrap_or(CARRIERS[usize::from(self.rate.min(5))])
    }

    /// The number of its carrier in T.31, with a short training or a long one.
    pub(super) fn number(self, short: bool) -> u8 {
        let (_, number) = self.carrier();
        if self.v17 && self.rate > 1 && short { number + 1 } else { number }
    }

    /// Octets of its carrier in a second.
    pub(super) fn octets(self) -> usize {
        (usize::from(self.rate) + 1) * 300
    }

    fn octet(self, speed: u8) -> u8 {
        0x02 | speed | if self.fine { 0x40 } else { 0 } | if self.two_dimensional { 0x80 } else { 0 }
    }

    /// What it has: a DIS, or the DTC of one that called.
    pub(super) fn greeting(self, by_caller: bool) -> Vec<u8> {
        let speed = if self.v17 && self.rate > 3 { 0x2c } else { 0x0c };
        self.frame(DIS | u8::from(by_caller), self.octet(speed))
    }

    pub(super) fn dcs(self) -> Vec<u8> {
        let octet = if self.mmr { self.octet(self.carrier().0) & !0x80 } else { self.octet(self.carrier().0) };
        self.frame(DCS | 1, octet)
    }

    /// Pages of any length, and no time is needed for a row; then error correction and T.6, in one octet more.
    fn frame(self, fcf: u8, octet: u8) -> Vec<u8> {
        let mut frame = vec![0xff, LAST, fcf, 0x00, octet, 0x78];
        if self.ecm {
            frame[5] |= 0x80;
            frame.push(0x04 | if self.mmr { 0x40 } else { 0 });
        }
        frame
    }
}

/// Error correction and T.6, of a DIS or DCS that goes so far (T.30 Table 2, bits 24, 27 and 31).
fn corrects(frame: &[u8]) -> (bool, bool) {
    let goes_on = frame.get(5).is_some_and(|octet| octet & 0x80 != 0);
    let octet = frame.get(6).copied().filter(|_| goes_on).unwrap_or(0);
    (octet & 0x04 != 0, octet & 0x44 == 0x44)
}

/// A bit of a DIS, as T.30 Table 2 numbers them.
pub(super) fn has_bit(frame: &[u8], number: usize) -> bool {
    frame.get(3 + (number - 1) / 8).is_some_and(|octet| octet >> ((number - 1) % 8) & 1 == 1)
}

/// A frame without information. The caller's have the lowest bit set (T.30 section 5.3.6.1).
pub(super) fn bare(fcf: u8, by_caller: bool) -> Vec<u8> {
    vec![0xff, LAST, fcf | u8::from(by_caller)]
}

/// The same with information.
pub(super) fn with(fcf: u8, by_caller: bool, octets: &[u8]) -> Vec<u8> {
    [&bare(fcf, by_caller)[..], octets].concat()
}

/// A PPS: what follows, and the numbers of the page, of the block and of its last frame (T.30 Annex A).
pub(super) fn partial_page(by_caller: bool, octets: [u8; 4]) -> Vec<u8> {
    with(PPS, by_caller, &octets)
}

/// A CSI or TSI, or what is written like one: twenty characters, the last first.
pub(super) fn ident(fcf: u8, by_caller: bool, ident: &str) -> Vec<u8> {
    let mut frame = vec![0xff, MORE, fcf | u8::from(by_caller)];
    frame.extend(format!("{ident:<20}").bytes().take(20).collect::<Vec<_>>().into_iter().rev());
    frame
}

/// What such a frame says.
pub(super) fn ident_of(frame: &[u8]) -> String {
    frame.iter().skip(3).take(20).rev().map(|octet| char::from(*octet)).collect()
}
