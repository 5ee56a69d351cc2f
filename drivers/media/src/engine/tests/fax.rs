//! The tone of a fax machine that calls (CNG, T.30 section 4.1): half a second of 1100 Hz, every three and a half.

use super::*;

impl Clinic {
    /// Phone 1 calls as a machine does, so often. How often that was told.
    fn calls_as_a_machine(&mut self, times: usize) -> usize {
        let before = self.events.len();
        for _ in 0..times {
            self.phones.get_mut(&1).expect("phone 1").hertz = Some(1100.0);
            self.run(500);
            self.phones.get_mut(&1).expect("phone 1").hertz = Some(0.0);
            self.run(3000);
        }
        self.events[before..].iter().filter(|event| matches!(event, Event::FaxTone { .. })).count()
    }
}

/// A menu may have heard it, and nobody heeded it; or somebody waited for a minute until a person took the call.
#[test]
fn it_is_told_once_and_once_more_when_somebody_is_met() {
    for waits in [0, 60_000] {
        let mut clinic = Clinic::new();
        clinic.phone(1, Codec::Pcmu, None).phone(2, Codec::Pcmu, Some(700.0));
        let alone = clinic.calls_as_a_machine(3);
        assert_eq!(alone, 1);
        clinic.run(waits);
        clinic.bridge(1, 2);
        assert_eq!(clinic.calls_as_a_machine(3), 1, "after {waits} ms");
        clinic.bridge(1, 2).run(100);
        assert_eq!(clinic.calls_as_a_machine(3), 0, "whom they know already may be heard with all their tones");
    }
}
