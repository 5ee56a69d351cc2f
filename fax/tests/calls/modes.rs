//! Every mode in which our machines send to each other over a line that does nothing to it: the pages arrive dot by dot. Every carrier and speed,
//! over T.38 and as sound in both laws, with error correction (T.85 and T.6) and without (T.4 in two dimensions).

use fax::audio::Law;
use fax::worker::proto::Way;
use model::fax::Cause;

use crate::support::{Setup, assert_same, page};

/// How a speed is come to: the fastest that is allowed, which says the carriers, and so many failed trainings.
struct Speed {
    carrier: &'static str,
    max_bit_rate: u16,
    failed_trainings: usize,
    bit_rate: u32,
}

const fn speed(carrier: &'static str, max_bit_rate: u16, failed_trainings: usize, bit_rate: u32) -> Speed {
    Speed { carrier, max_bit_rate, failed_trainings, bit_rate }
}

/// Behind 9600 bit/s by V.17 comes that by V.29.
const SPEEDS: [Speed; 8] = [
    speed("V.17", 14_400, 0, 14_400),
    speed("V.17", 14_400, 1, 12_000),
    speed("V.17", 14_400, 2, 9600),
    speed("V.17", 14_400, 4, 7200),
    speed("V.29", 9600, 0, 9600),
    speed("V.29", 9600, 1, 7200),
    speed("V.27ter", 4800, 0, 4800),
    speed("V.27ter", 4800, 1, 2400),
];
/// Error correction, T.85, and what the command then says of the coding.
const CODINGS: [(bool, bool, &str); 3] = [(true, true, "JBIG"), (true, false, "MMR"), (false, false, "MR")];

#[track_caller]
fn check(way: Way) {
    let sent = vec![page(90, 1), page(40, 2)];
    for Speed { carrier, max_bit_rate, failed_trainings, bit_rate } in SPEEDS {
        // Packets that are spoilt are not surely a training that failed.
        if way == Way::T38 && failed_trainings > 0 {
            continue;
        }
        for (ecm, t85, coding) in CODINGS {
            let setup = Setup { way, ecm, t85, max_bit_rate, failed_trainings, ..Setup::new(sent.clone()) };
            let world = setup.run();
            let name = format!("{way:?}, {carrier} at {bit_rate} bit/s, {coding}");
            let (from, to) = (world.sender.outcome(), world.receiver.outcome());
            assert_eq!(
                (from.cause, to.cause),
                (Cause::Delivered, Cause::Delivered),
                "{name}: {:#?}",
                world.sender.trace
            );
            assert_eq!((from.pages_confirmed, to.pages_confirmed), (2, 2), "{name}");
            assert_same(&world.receiver.durable, &sent);
            for end in [from, to] {
                assert_eq!(
                    (end.bit_rate, end.ecm, end.bad_rows),
                    (bit_rate, ecm, 0),
                    "{name}: {:#?}",
                    world.sender.trace
                );
            }
            let command = |line: &&String| line.contains("→ DCS") && line.contains(&format!(" {bit_rate} bit/s"));
            let said: Vec<_> = world.sender.trace.iter().filter(command).collect();
            assert!(
                !said.is_empty() && said.iter().all(|line| line.contains(&format!(" {coding},"))),
                "{name}: {said:?}"
            );
        }
    }
}

#[test]
fn over_t38_every_mode_is_pixel_identical() {
    check(Way::T38);
}

#[test]
fn as_sound_every_mode_is_pixel_identical_in_the_american_law() {
    check(Way::Audio(Law::Mu));
}

#[test]
fn as_sound_every_mode_is_pixel_identical_in_the_european_law() {
    check(Way::Audio(Law::A));
}
