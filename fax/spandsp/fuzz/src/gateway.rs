//! A gateway between the sound of one machine and the T.38 of another: packets and sound from outside into both of its sides, by turns.
//!
//! # What AddressSanitizer is told to leave alone
//! `t38_gateway_init` sets what is written over the frames of makers (NSF, NSC, NSS): it has six octets copied from a literal of four, since it counts
//! the three that a frame begins with too. Of the six only the first three are ever used. The call is the same for every gateway, before anything
//! came from outside, and cannot be left out; so that function, and the one that it calls for it, are built without the sanitizer (`ignored.txt`),
//! and all others with it. In the appliance two octets of the program's own constants are read and not used.

use spandsp::{LONGEST_STEP, T38Gateway};

use crate::signal::{self, Signal};

/// Octets at 300 bits a second are so many samples.
const OCTET: usize = 8 * 8000 / 300 + 1;

pub fn run(data: &[u8]) {
    let Ok(mut gateway) = T38Gateway::new(14_400) else { return };
    let (mut signal, mut seq, mut rest) = (Signal::default(), 0u16, data);
    // Each part begins with what it is, and how long.
    while let [what, length, tail @ ..] = rest {
        let (part, tail) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = tail;
        let mut samples = vec![0; LONGEST_STEP];
        match what & 7 {
            // A packet, and what was lost before it.
            0 | 1 => {
                seq = seq.wrapping_add(u16::from(what >> 6));
                gateway.feed(seq, part);
                seq = seq.wrapping_add(1);
                samples.truncate(160);
            }
            // Silence, for up to some seconds.
            2 => samples.resize(usize::from(what >> 3) * LONGEST_STEP, 0),
            3 => signal.tone(&mut samples, u32::from(*length) << 23, 0x40 | what),
            // A frame of a machine, whole.
            4 | 5 => {
                let bits = signal::frame(part);
                samples.resize(bits.len() * OCTET, 0);
                signal.v21(&mut samples, &bits);
            }
            6 if !part.is_empty() => signal.v21(&mut samples, part),
            _ => signal.noise(&mut samples, *length, what >> 3),
        }
        hear(&mut gateway, &mut samples);
    }
    hear(&mut gateway, &mut [0; LONGEST_STEP]);
}

/// The sound goes in, and what both sides get comes out.
fn hear(gateway: &mut T38Gateway, samples: &mut [i16]) {
    for step in samples.chunks_mut(160) {
        gateway.step(step);
        let mut packets = 0;
        while let Some((ifp, copies)) = gateway.packet() {
            assert!(!ifp.is_empty() && ifp.len() < 2048 && copies > 0, "{} octets, {copies} times", ifp.len());
            packets += 1;
        }
        // A step and the packets before it say so much each at most.
        assert!(packets <= 128, "{packets} packets");
        let _ = gateway.carried();
    }
}
