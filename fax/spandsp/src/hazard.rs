//! The frames that the C code must not see, because it would leave its memory on them.
//!
//! * A DCS or CTC whose rate is not in its table gives it an index of -1, with which it reads before the table.
//! * A DCS is copied as text into a buffer for [`LONGEST_DCS`] octets, without a check of its length.

// The frames that choose a modem (T.30 §5.3.6), without the bit that says which end sends them: DCS, and CTC under error correction.
pub(crate) const DCS: u8 = 0x82;
pub(crate) const CTC: u8 = 0x12;
/// Asks for pages.
pub(crate) const DTC: u8 = 0x81;
/// Disconnect: the end of any session.
const DCN: u8 = 0xfa;
/// The bits 11 to 14 of a DCS (T.30 Table 2), as they stand in its octet, for every rate that V.27ter, V.29 and V.17 have.
const KNOWN_RATES: [u8; 8] = [0x20, 0x28, 0x24, 0x04, 0x2c, 0x0c, 0x08, 0x00];
const RATE_BITS: u8 = 0x3c;
/// `rx_dcs_string` of the engine holds three characters for each of 22 octets; T.30 itself defines fewer.
const LONGEST_DCS: usize = 22;
/// Up to the octet with the rate. The engine does not check that a CTC has it.
const SHORTEST: usize = 5;

/// The facsimile control field to put in place of the frame's own, if the engine must not act on it: it then sees a goodbye.
pub(crate) fn replacement(frame: &[u8]) -> Option<u8> {
    let fcf = *frame.get(2)?;
    let kind = fcf & 0xfe;
    if kind != DCS && kind != CTC {
        return None;
    }
    let known = frame.get(4).is_some_and(|octet| KNOWN_RATES.contains(&(octet & RATE_BITS)));
    let safe = known && frame.len() >= SHORTEST && frame.len() <= LONGEST_DCS;
    (!safe).then_some(DCN | fcf & 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_harm_is_replaced() {
        let frame = |fcf: u8, rate: u8, len: usize| {
            let mut frame = vec![0; len];
            frame[2] = fcf;
            if let Some(octet) = frame.get_mut(4) {
                *octet = rate;
            }
            replacement(&frame)
        };
        for rate in 0..=255 {
            let known = KNOWN_RATES.contains(&(rate & RATE_BITS));
            assert_eq!(frame(0x83, rate, 10).is_none(), known, "{rate:#x}");
            assert_eq!(frame(0x12, rate, 5).is_none(), known, "{rate:#x}");
            assert_eq!(frame(0x80, rate, 10), None, "a DIS only says what is possible");
        }
        assert_eq!(frame(0x83, 0, LONGEST_DCS), None);
        assert_eq!(frame(0x83, 0, LONGEST_DCS + 1), Some(0xfb));
        assert_eq!(frame(0x12, 0, 4), Some(0xfa));
        assert_eq!(frame(0x06, 0, 260), None, "page data");
        assert_eq!(replacement(&[]), None);
    }
}
