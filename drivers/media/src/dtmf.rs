//! Digits by RFC 4733, each reported once per press.
//!
//! A press is many packets with one timestamp: some while the key is down, and its last one three times. We report at the first
//! packet we see of it, so that neither a lost start nor a lost end loses the digit. A press longer than the 16-bit
//! duration goes on under a new timestamp (section 2.5.1.3) and is still one press.

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
    timestamp: u32,
    duration: u16,
    ended: bool,
}

impl Dtmf {
    /// Reads the payload of a telephone-event packet. Gives the digit if it is a new press.
    pub(crate) fn packet(&mut self, ssrc: u32, timestamp: u32, payload: &[u8]) -> Option<char> {
        let &[code, flags, d0, d1] = payload.first_chunk()?;
        let digit = char::from(*DIGITS.get(usize::from(code))?);
        let duration = u16::from_be_bytes([d0, d1]);
        let press = Press { ssrc, code, timestamp, duration, ended: flags & 0x80 != 0 };
        match self.last.as_mut().filter(|last| last.ssrc == ssrc) {
            Some(last) if last.timestamp == timestamp => {
                last.duration = last.duration.max(duration);
                last.ended |= press.ended;
                None
            }
            // Reordered: it belongs to a press that was reported before the last one.
            Some(last) if timestamp.wrapping_sub(last.timestamp) > u32::MAX / 2 => None,
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

    fn press(dtmf: &mut Dtmf, timestamp: u32, code: u8, durations: &[u16], ends: usize) -> String {
        let mut out = String::new();
        for (i, d) in durations.iter().enumerate() {
            let end = if i + ends >= durations.len() { 0x80 } else { 0 };
            let [d0, d1] = d.to_be_bytes();
            out.extend(dtmf.packet(1, timestamp, &[code, end | 10, d0, d1]));
        }
        out
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

    #[test]
    fn what_is_no_digit() {
        let mut dtmf = Dtmf::default();
        assert_eq!(dtmf.packet(1, 0, &[16, 0x8a, 0, 160]), None, "hook flash");
        assert_eq!(dtmf.packet(1, 0, &[1, 0x8a, 0]), None, "short");
    }
}
