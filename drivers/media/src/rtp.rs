//! The fixed header of an RTP packet (RFC 3550 section 5.1), checked and not otherwise touched.
//!
//! Whatever does not hold together is `None`: it is not RTP, and is dropped. RTCP that was multiplexed onto the port (RFC 5761) is not RTP either.

/// The fixed header without its optional parts.
pub(crate) const FIXED: usize = 12;
/// Longer than any datagram that we would forward: an Ethernet frame. G.711 at 60 ms is 492 bytes.
const LONGEST: usize = 1500;
/// Packet types of RTCP that share the port (RFC 5761 section 4), seen in the second byte.
const RTCP: std::ops::RangeInclusive<u8> = 192..=223;

/// The payload type of comfort noise (RFC 3389), which is no codec: the line is silent, and this is how it sounds.
pub(crate) const COMFORT_NOISE: u8 = 13;

/// What the engine needs to know of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rtp {
    /// The payload type, without the marker.
    pub(crate) payload_type: u8,
    /// The sequence number.
    pub(crate) sequence: u16,
    /// The timestamp.
    pub(crate) timestamp: u32,
    /// The synchronisation source.
    pub(crate) ssrc: u32,
    /// Where the payload starts.
    pub(crate) start: usize,
    /// Where it ends, without padding.
    pub(crate) end: usize,
}

impl Rtp {
    /// Reads the header of `data`.
    pub(crate) fn parse(data: &[u8]) -> Option<Self> {
        if data.len() > LONGEST {
            return None;
        }
        let fixed: &[u8; FIXED] = data.first_chunk()?;
        let [first, second, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *fixed;
        if first >> 6 != 2 || RTCP.contains(&second) {
            return None;
        }
        let start = start_of_sealed(data)?;
        let padding = if first & 0x20 != 0 { usize::from(*data.last()?) } else { 0 };
        let end = data.len().checked_sub(padding)?;
        if start > end || (first & 0x20 != 0 && padding == 0) {
            return None;
        }
        Some(Self {
            payload_type: second & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
            start,
            end,
        })
    }
}

/// What a packet that goes out says of itself, sealed or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
}

impl Header {
    /// From its first bytes, which were written or checked here.
    pub(crate) fn of(data: &[u8]) -> Option<Self> {
        let [_, second, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *data.first_chunk::<FIXED>()?;
        Some(Self {
            payload_type: second & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
        })
    }
}

/// The stream of an SRTP packet. Its end is no place to look at: what stands there is a tag, and how much is padding is sealed (RFC 3711
/// section 3.1), so [`Rtp::parse`] reads it only once it is open.
pub(crate) fn ssrc_of_sealed(data: &[u8]) -> Option<u32> {
    let [first, second, .., i0, i1, i2, i3] = *data.first_chunk::<FIXED>()?;
    (first >> 6 == 2 && !RTCP.contains(&second)).then(|| u32::from_be_bytes([i0, i1, i2, i3]))
}

/// The sequence number of an SRTP packet.
pub(crate) fn sequence_of_sealed(data: &[u8]) -> Option<u16> {
    data.first_chunk::<FIXED>().map(|fixed| u16::from_be_bytes([fixed[2], fixed[3]]))
}

/// Where the payload of an SRTP packet starts: its header is in the clear. `None` if the packet ends before.
pub(crate) fn start_of_sealed(data: &[u8]) -> Option<usize> {
    let first = *data.first()?;
    let mut start = FIXED + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let words: [u8; 2] = data.get(start + 2..start + 4)?.try_into().ok()?;
        start += 4 + 4 * usize::from(u16::from_be_bytes(words));
    }
    (start <= data.len()).then_some(start)
}

/// The header of a packet of ours: no marker, since a fax is one stream from its begin to its end.
pub(crate) fn header(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32) -> [u8; FIXED] {
    let [s0, s1] = sequence.to_be_bytes();
    let [t0, t1, t2, t3] = timestamp.to_be_bytes();
    let [i0, i1, i2, i3] = ssrc.to_be_bytes();
    [0x80, payload_type & 0x7f, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3]
}

/// Writes another payload type over that of a packet that [`Rtp::parse`] took, and leaves the marker.
pub(crate) fn set_payload_type(data: &mut [u8], payload_type: u8) {
    if let Some(second) = data.get_mut(1) {
        *second = *second & 0x80 | payload_type & 0x7f;
    }
}

/// Sets the marker: this packet begins something (RFC 3551 section 4.1).
pub(crate) fn set_marker(data: &mut [u8]) {
    if let Some(second) = data.get_mut(1) {
        *second |= 0x80;
    }
}

/// Makes a packet that [`Rtp::parse`] took one of another stream.
pub(crate) fn rewrite(data: &mut [u8], sequence: u16, timestamp: u32, ssrc: u32) {
    if let Some(fixed) = data.first_chunk_mut::<FIXED>() {
        let [_, _, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = fixed;
        [*s0, *s1] = sequence.to_be_bytes();
        [*t0, *t1, *t2, *t3] = timestamp.to_be_bytes();
        [*i0, *i1, *i2, *i3] = ssrc.to_be_bytes();
    }
}

/// Appends the header of a packet of ours.
pub(crate) fn write(out: &mut Vec<u8>, payload_type: u8, marker: bool, sequence: u16, timestamp: u32, ssrc: u32) {
    out.extend_from_slice(&[0x80, payload_type & 0x7f | if marker { 0x80 } else { 0 }]);
    out.extend_from_slice(&[0; FIXED - 2]);
    let start = out.len() - FIXED;
    rewrite(&mut out[start..], sequence, timestamp, ssrc);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(first: u8, second: u8, rest: &[u8]) -> Vec<u8> {
        let mut data = vec![first, second, 0, 7, 0, 0, 0, 160, 1, 2, 3, 4];
        data.extend_from_slice(rest);
        data
    }

    #[test]
    fn header_with_everything_optional() {
        // Two CSRCs, an extension of one word, four bytes of payload, two of padding.
        let mut rest = vec![0; 8];
        rest.extend_from_slice(&[0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
        rest.extend_from_slice(&[1, 2, 3, 4, 0, 2]);
        let rtp = Rtp::parse(&packet(0xb2, 0x80 | 8, &rest)).unwrap();
        assert_eq!((rtp.payload_type, rtp.sequence, rtp.timestamp, rtp.ssrc), (8, 7, 160, 0x0102_0304));
        assert_eq!((rtp.start, rtp.end), (28, 32));
    }

    #[test]
    fn what_is_not_rtp() {
        for (what, data) in [
            ("empty", vec![]),
            ("short", vec![0x80; 11]),
            ("version 1", packet(0x40, 0, &[0; 160])),
            ("STUN", packet(0x00, 1, &[0; 8])),
            ("RTCP sender report", packet(0x80, 200, &[0; 16])),
            ("CSRCs beyond the end", packet(0x8f, 0, &[0; 4])),
            ("extension beyond the end", packet(0x90, 0, &[0, 0, 0xff, 0xff])),
            ("padding longer than the packet", packet(0xa0, 0, &[0xff])),
            ("padding of zero", packet(0xa0, 0, &[0])),
            ("longer than a frame", packet(0x80, 0, &[0; 1500])),
        ] {
            assert_eq!(Rtp::parse(&data), None, "{what}");
        }
    }
}
