//! The bytes of a UDPTL datagram (T.38 §9.1.3, ASN.1 in its Annex A, packed by the aligned variant of PER).

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};

/// How many earlier packets each datagram repeats. With 3, a fax survives 5 % random loss; with none it does not survive 1 %.
pub(super) const REDUNDANCY: usize = 3;
/// The most entries of a datagram that are read: T.38 allows as many as fit, nobody sends more than a handful.
const MAX_ENTRIES: usize = 32;
/// The last bit of the octet that begins the error recovery: redundancy, or parity (FEC).
const FEC: u8 = 0x80;

/// What is not UDPTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// A datagram, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// Its number; the next one's is one higher, modulo 2¹⁶.
    pub seq: u16,
    /// The packet it is for. May be empty: a keep-alive.
    pub primary: &'a [u8],
    /// What it carries for packets that were lost.
    pub recovery: Recovery<'a>,
}

/// What a datagram carries for packets that were lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery<'a> {
    /// Copies of the packets before it: first that of `seq - 1`, then `seq - 2`, and so on.
    Redundancy(Vec<&'a [u8]>),
    /// Parity over the packets before it, which brings back one packet of those that each covers.
    Parity {
        /// How many packets each parity covers.
        span: u8,
        /// The parities.
        parities: Vec<&'a [u8]>,
    },
}

impl<'a> Datagram<'a> {
    /// Reads a datagram.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut rest = bytes;
        let seq = u16::from_be_bytes([octet(&mut rest)?, octet(&mut rest)?]);
        let primary = open_type(&mut rest)?;
        // Some gateways leave the recovery out when there is none.
        let recovery = if rest.is_empty() {
            Recovery::Redundancy(Vec::new())
        } else if octet(&mut rest)? & FEC == 0 {
            Recovery::Redundancy(entries(&mut rest)?)
        } else {
            // fec-npackets is an INTEGER: its length in octets, then its value.
            if octet(&mut rest)? != 1 {
                return Err(Malformed);
            }
            let span = octet(&mut rest)?;
            Recovery::Parity { span, parities: entries(&mut rest)? }
        };
        Ok(Self { seq, primary, recovery })
    }
}

fn entries<'a>(rest: &mut &'a [u8]) -> Result<Vec<&'a [u8]>, Malformed> {
    let count = length(rest)?;
    if count > MAX_ENTRIES {
        return Err(Malformed);
    }
    (0..count).map(|_| open_type(rest)).collect()
}

fn octet(rest: &mut &[u8]) -> Result<u8, Malformed> {
    let (first, tail) = rest.split_first().ok_or(Malformed)?;
    *rest = tail;
    Ok(*first)
}

/// An unconstrained length (X.691 §11.9): one octet below 128, two below 16384. Longer ones come in fragments, which no packet
/// of a fax needs.
fn length(rest: &mut &[u8]) -> Result<usize, Malformed> {
    let first = octet(rest)?;
    match first {
        0..=0x7f => Ok(usize::from(first)),
        0x80..=0xbf => Ok(usize::from(first & 0x3f) << 8 | usize::from(octet(rest)?)),
        _ => Err(Malformed),
    }
}

fn open_type<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let len = length(rest)?;
    let (data, tail) = rest.split_at_checked(len).ok_or(Malformed)?;
    *rest = tail;
    Ok(data)
}

fn put_length(out: &mut BytesMut, len: usize) {
    if len < 0x80 {
        out.put_u8(len as u8);
    } else {
        out.put_u16(0x8000 | (len as u16 & 0x3fff));
    }
}

fn put_open_type(out: &mut BytesMut, data: &[u8]) {
    put_length(out, data.len());
    out.put_slice(data);
}

/// Numbers packets and adds the redundancy.
#[derive(Debug)]
pub struct Sender {
    next: u16,
    /// The packets sent last, newest first.
    recent: VecDeque<Bytes>,
    redundancy: usize,
    max_datagram: usize,
}

impl Sender {
    /// A sender whose datagrams stay within `max_datagram` bytes (`T38FaxMaxDatagram` of the far end) as far as the packet
    /// itself does: redundancy is left out first, the oldest before the newest.
    pub fn new(max_datagram: usize) -> Self {
        Self { next: 0, recent: VecDeque::with_capacity(REDUNDANCY), redundancy: REDUNDANCY, max_datagram }
    }

    /// A sender for a far end that wants no error recovery (`T38FaxUdpEC` was not agreed).
    pub fn without_redundancy(max_datagram: usize) -> Self {
        Self { redundancy: 0, ..Self::new(max_datagram) }
    }

    /// The datagram for the next packet. Packets are below 16 KiB (the engine's are below 1 KiB); what is longer is cut.
    pub fn encode(&mut self, ifp: &[u8]) -> Bytes {
        let ifp = Bytes::copy_from_slice(&ifp[..ifp.len().min(0x3fff)]);
        let mut out = BytesMut::with_capacity(self.max_datagram.max(ifp.len() + 6));
        out.put_u16(self.next);
        put_open_type(&mut out, &ifp);
        out.put_u8(0);
        let mut room = self.max_datagram.saturating_sub(out.len() + 1);
        let mut fitting = 0;
        for earlier in &self.recent {
            let size = earlier.len() + if earlier.len() < 0x80 { 1 } else { 2 };
            if size > room {
                break;
            }
            room -= size;
            fitting += 1;
        }
        put_length(&mut out, fitting);
        for earlier in self.recent.iter().take(fitting) {
            put_open_type(&mut out, earlier);
        }
        self.recent.push_front(ifp);
        self.recent.truncate(self.redundancy);
        self.next = self.next.wrapping_add(1);
        out.freeze()
    }
}
