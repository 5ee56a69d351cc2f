//! What a computer types at the virtual modem, with samples and news of the line between.

use spandsp::{FaxModem, LineNews};

const NEWS: [LineNews; 7] = [
    LineNews::Ringing,
    LineNews::Connected,
    LineNews::Answered,
    LineNews::Busy,
    LineNews::NoDialTone,
    LineNews::NoAnswer,
    LineNews::Ended,
];

pub fn run(data: &[u8]) {
    let Ok(mut modem) = FaxModem::new() else { return };
    let mut rest = data;
    while let [what, tail @ ..] = rest {
        rest = match what {
            // So many bytes of the input.
            0..0x80 => {
                let (typed, tail) = tail.split_at(usize::from(*what).min(tail.len()));
                modem.write(typed);
                tail
            }
            // A command line that comes far.
            0x80..0xa0 => {
                let lines =
                    ["ATE0\r", "AT+FCLASS=1\r", "ATD1\r", "ATA\r", "AT+FTH=3\r", "AT+FRH=3\r", "AT+FTM=146\r", "AT+FRM=96\r"];
                modem.write(lines[usize::from(what & 7)].as_bytes());
                tail
            }
            0xa0..0xc0 => {
                modem.tell(NEWS[usize::from(*what) % NEWS.len()]);
                tail
            }
            // Time, and what is heard meanwhile.
            _ => {
                for _ in 0..what & 0x3f {
                    let mut samples = [i16::from(*what) << 7; 160];
                    modem.step(&mut samples);
                }
                tail
            }
        };
        let said = modem.read();
        assert!(said.len() <= 4096, "{} bytes wait", said.len());
        while modem.order().is_some() {}
    }
}
