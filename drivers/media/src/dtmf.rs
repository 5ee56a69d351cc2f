//! Digits by RFC 4733, each reported once per press.
//!
//! A press is many packets with one timestamp: some while the key is down, and its last one three times. We report at the first
//! packet we see of it, so that neither a lost start nor a lost end loses the digit. A press longer than the 16-bit
//! duration goes on under a new timestamp (section 2.5.1.3) and is still one press.

use crate::rtp::Rtp;

/// A packet that is behind the last press by less is a late one, in ticks: ten seconds at the 8 kHz of telephony, longer than anything is late.
/// One that is further behind, and is no old packet by its number either, is of a sender that began its clock anew.
const LATE: u32 = 80_000;
/// The same in packets: ten seconds of what comes every 10 ms.
const LATE_PACKETS: u16 = 1_000;

/// The digits by event code (RFC 4733 section 3.2). Codes above are no keys (16 is a hook flash).
const DIGITS: &[u8; 16] = b"0123456789*#ABCD";

/// The event code of a key.
pub(crate) fn code(digit: char) -> Option<u8> {
    let at = DIGITS.iter().position(|known| char::from(*known) == digit)?;
    u8::try_from(at).ok()
}

/// Follows the presses of one leg.
#[derive(Debug, Default)]
pub(crate) struct Dtmf {
    last: Option<Press>,
}

#[derive(Clone, Copy, Debug)]
struct Press {
    ssrc: u32,
    code: u8,
    /// The newest of its packets.
    sequence: u16,
    timestamp: u32,
    duration: u16,
    ended: bool,
}

impl Dtmf {
    /// Reads the payload of a telephone-event packet. Gives the digit if it is a new press.
    pub(crate) fn packet(&mut self, rtp: &Rtp, payload: &[u8]) -> Option<char> {
        let &[code, flags, d0, d1] = payload.first_chunk()?;
        let digit = char::from(*DIGITS.get(usize::from(code))?);
        let duration = u16::from_be_bytes([d0, d1]);
        let Rtp { ssrc, sequence, timestamp, .. } = *rtp;
        let press = Press { ssrc, code, sequence, timestamp, duration, ended: flags & 0x80 != 0 };
        match self.last.as_mut().filter(|last| last.ssrc == ssrc) {
            Some(last) if last.timestamp == timestamp => {
                if !last.is_after(sequence) {
                    last.sequence = sequence;
                }
                last.duration = last.duration.max(duration);
                last.ended |= press.ended;
                None
            }
            // Reordered: it belongs to a press that was reported before the last one.
            Some(last) if last.is_after(sequence) || (1..LATE).contains(&last.timestamp.wrapping_sub(timestamp)) => {
                None
            }
            Some(last) if last.goes_on_in(&press) => {
                *last = press;
                None
            }
            _ => {
                self.last = Some(press);
                Some(digit)
            }
        }
    }
}

impl Press {
    /// A packet of this number was sent before.
    const fn is_after(&self, sequence: u16) -> bool {
        matches!(self.sequence.wrapping_sub(sequence), 1..LATE_PACKETS)
    }

    /// Section 2.5.1.3: the next segment of a long event starts where the full one ends. A segment is full close to 0xFFFF.
    fn goes_on_in(&self, next: &Self) -> bool {
        const NEARLY_FULL: u16 = 0xf000;
        !self.ended
            && self.code == next.code
            && self.duration >= NEARLY_FULL
            && next.timestamp.wrapping_sub(self.timestamp) <= 0xffff
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The packets of a press, from this number on.
    fn press_from(dtmf: &mut Dtmf, sequence: u16, timestamp: u32, code: u8, durations: &[u16], ends: usize) -> String {
        let mut out = String::new();
        for ((i, d), sequence) in durations.iter().enumerate().zip(sequence..) {
            let end = if i + ends >= durations.len() { 0x80 } else { 0 };
            let [d0, d1] = d.to_be_bytes();
            let rtp = Rtp { payload_type: 101, sequence, timestamp, ssrc: 1, start: 0, end: 0 };
            out.extend(dtmf.packet(&rtp, &[code, end | 10, d0, d1]));
        }
        out
    }

    /// The same of a phone that numbers its packets as its clock goes.
    fn press(dtmf: &mut Dtmf, timestamp: u32, code: u8, durations: &[u16], ends: usize) -> String {
        press_from(dtmf, (timestamp / 160) as u16, timestamp, code, durations, ends)
    }

    #[test]
    fn once_per_press_through_retransmitted_ends() {
        let mut dtmf = Dtmf::default();
        assert_eq!(press(&mut dtmf, 1000, 5, &[160, 320, 480, 480, 480], 3), "5");
        assert_eq!(press(&mut dtmf, 3000, 5, &[160, 320, 480, 480, 480], 3), "5", "the same key again");
        assert_eq!(press(&mut dtmf, 1000, 5, &[480], 1), "", "a late end of the first press");
        assert_eq!(press(&mut dtmf, 6000, 11, &[480], 1), "#", "only one end came through");
        assert_eq!(press(&mut dtmf, 9000, 10, &[160], 0), "*", "only the start came through");
        assert_eq!(press(&mut dtmf, 12_000, 15, &[160], 0), "D");
    }

    #[test]
    fn a_key_held_for_ten_seconds_is_one_press() {
        let mut dtmf = Dtmf::default();
        assert_eq!(press(&mut dtmf, 500, 1, &[160, 0xffff], 0), "1");
        assert_eq!(press(&mut dtmf, 500 + 0xffff, 1, &[160, 14_000, 14_000], 2), "");
        assert_eq!(press(&mut dtmf, 500 + 0xffff + 20_000, 1, &[160], 0), "1");
    }

    /// A gateway whose sound comes from elsewhere after a transfer, under the name that it had.
    #[test]
    fn whoever_begins_their_clock_anew_is_heard() {
        // With packets numbered on, and with those begun anew, above and below.
        for sequence in [1_007, 30_000, 50_000, 65_000] {
            let mut dtmf = Dtmf::default();
            assert_eq!(press_from(&mut dtmf, 1_000, 3_000_000_000, 5, &[160, 320, 320, 320], 3), "5");
            assert_eq!(press_from(&mut dtmf, sequence, 2_000_000_000, 6, &[160, 320, 320, 320], 3), "6", "{sequence}");
        }
    }

    #[test]
    fn a_late_packet_is_no_press_however_long_ago_the_last_one_was() {
        let mut dtmf = Dtmf::default();
        assert_eq!(press_from(&mut dtmf, 10, 1_000, 5, &[160, 320, 320, 320], 3), "5");
        assert_eq!(press_from(&mut dtmf, 500, 200_000, 6, &[160], 0), "6");
        assert_eq!(press_from(&mut dtmf, 13, 1_000, 5, &[320], 1), "", "by its number");
        assert_eq!(press_from(&mut dtmf, 501, 199_000, 5, &[320], 1), "", "by its clock");
    }

    #[test]
    fn what_is_no_digit() {
        let mut dtmf = Dtmf::default();
        let rtp = Rtp { payload_type: 101, sequence: 0, timestamp: 0, ssrc: 1, start: 0, end: 0 };
        assert_eq!(dtmf.packet(&rtp, &[16, 0x8a, 0, 160]), None, "hook flash");
        assert_eq!(dtmf.packet(&rtp, &[1, 0x8a, 0]), None, "short");
    }
}
