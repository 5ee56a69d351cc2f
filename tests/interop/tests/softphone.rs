//! baresip, a softphone with a SIP stack, a media stack and a jitter buffer that are none of ours, registers and hears itself.

use interop::Demo;
use interop::softphone::{self, SOON, Way};

#[test]
fn baresip_registers_and_hears_its_echo() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = softphone::start(&demo, folder.path(), "101", Way::Udp, 0, "/dial *43", 7).succeed(SOON + SOON);
    assert!(said.contains("Call established"), "{said}");
    let (sent, received) = softphone::packets(&said);
    assert!(sent >= 100 && received >= 100, "packets out and in: {sent} {received}");
    let recordings = softphone::recordings(folder.path());
    let heard = softphone::samples(recordings.first().expect("baresip keeps what it hears"));
    assert!((900..1100).contains(&pitch(&heard)), "a tone of 1 kHz was played, {} Hz came back", pitch(&heard));

    let record = demo.wait_for_call(1, "*43", "hung_up");
    assert_eq!(record["from"]["number"], "101");
}

/// How often the sound rises through zero in a second, where it is loud: silence before and after is left out.
fn pitch(samples: &[i16]) -> usize {
    let loud: Vec<_> =
        samples.chunks_exact(80).filter(|c| c.iter().any(|s| s.unsigned_abs() > 2000)).flatten().collect();
    assert!(loud.len() >= 8000, "more than a second of sound came back, not {} samples", loud.len());
    let rises = loud.windows(2).filter(|w| *w[0] < 0 && *w[1] >= 0).count();
    rises * 8000 / loud.len()
}
