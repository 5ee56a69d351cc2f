//! Lines whose sound is the user's: what waits, and for how long.

use bytes::Bytes;

use crate::api::Said;

use super::*;

const LINE: SessionId = SessionId(1);

fn line(hertz: Option<f64>) -> Clinic {
    let mut clinic = Clinic::new();
    clinic.phone(1, Codec::Pcmu, hertz);
    clinic.order(Command::Tap { session: LINE, payload_type: 0, ssrc: 7 });
    clinic
}

impl Clinic {
    fn in_ms(&self, ms: u64) -> Instant {
        self.now.instant + Duration::from_millis(ms)
    }

    /// The user says so many packets, the first of them due in so many milliseconds.
    fn user_says(&mut self, packets: u64, in_ms: u64) -> &mut Self {
        let packet = |n| Said { payload: Bytes::from_static(&[0x55; 160]), due: self.in_ms(in_ms + 20 * n) };
        let said = (0..packets).map(packet).collect();
        self.order(Command::SendTapped { session: LINE, said })
    }

    fn heard(&self) -> usize {
        self.phones[&1].packets.len()
    }

    /// When what was tapped since the last of these came.
    fn tapped(&mut self) -> Vec<Instant> {
        let heard = |event: Event| if let Event::Tapped { heard, .. } = event { heard } else { Vec::new() };
        std::mem::take(&mut self.events).into_iter().flat_map(heard).map(|heard| heard.at).collect()
    }
}

#[test]
fn what_is_said_ahead_leaves_when_it_is_due() {
    let mut clinic = line(None);
    clinic.user_says(5, 0);
    assert_eq!(clinic.heard(), 1, "the first was due");
    for packets in [1, 2, 3, 4, 5] {
        assert_eq!(clinic.heard(), packets);
        clinic.run(19);
        assert_eq!(clinic.heard(), packets, "not before it is due");
        clinic.run(1);
    }
    clinic.user_says(10, 7).run(7);
    assert_eq!(clinic.heard(), 6);
    clinic.run(500);
    assert_eq!(clinic.heard(), 15);
    is_one_stream(&clinic.phones[&1].packets);
}

#[test]
fn what_waits_is_forgotten_at_the_end_and_at_a_change() {
    let tapped = Command::Tap { session: LINE, payload_type: 0, ssrc: 8 };
    for change in [Command::Close { session: LINE }, Command::Raw { session: LINE }, tapped] {
        let mut clinic = line(None);
        clinic.user_says(5, 0).order(change).run(200);
        assert_eq!(clinic.heard(), 1, "the first was due");
    }
}

/// No user says so much; what is there in its name must not grow.
#[test]
fn more_than_may_wait_leaves_too_early() {
    let mut clinic = line(None);
    clinic.user_says(200, 1000);
    let early = clinic.heard();
    assert!((20..100).contains(&early), "{early}");
    clinic.run(5500);
    assert_eq!(clinic.heard(), 200);
}

/// The copies of a datagram are due between those that follow it.
#[test]
fn a_datagram_waits_for_none_that_is_due_later() {
    let mut clinic = line(None);
    clinic.order(Command::Raw { session: LINE });
    for (in_ms, data) in [(0, "a"), (20, "a"), (40, "a"), (10, "b"), (30, "b"), (20, "c")] {
        let (data, due) = (Bytes::from_static(data.as_bytes()), clinic.in_ms(in_ms));
        clinic.engine.handle_input(clinic.now, Input::Command(Command::SendRaw { session: LINE, data, due }));
    }
    let mut left = Vec::new();
    for ms in 0..=60 {
        clinic.engine.handle_input(clinic.now.after(Duration::from_millis(ms)), Input::Timeout);
        loop {
            match clinic.engine.poll_output() {
                Output::Transmit { data, .. } => left.push((ms, String::from_utf8(data.to_vec()).unwrap())),
                Output::Timeout(_) => break,
                other => panic!("{other:?}"),
            }
        }
    }
    let expected = [(0, "a"), (10, "b"), (20, "a"), (20, "c"), (30, "b"), (40, "a")];
    assert_eq!(left, expected.map(|(ms, data)| (ms, data.to_owned())));
}

#[test]
fn datagrams_are_kept_like_sound_and_the_last_says_that_it_is() {
    let mut clinic = line(Some(700.0));
    let until = clinic.in_ms(99);
    clinic.order(Command::Raw { session: LINE }).order(Command::Gather { session: LINE, until }).run(98);
    let more = |clinic: &mut Clinic| -> Vec<bool> {
        let more = |event: Event| if let Event::Raw { more, .. } = event { Some(more) } else { None };
        std::mem::take(&mut clinic.events).into_iter().filter_map(more).collect()
    };
    assert_eq!(more(&mut clinic), [], "they are kept");
    clinic.run(1);
    assert_eq!(more(&mut clinic), [true, true, true, true, false]);
    clinic.run(40);
    assert_eq!(more(&mut clinic), [false, false], "each comes as it is");
}

#[test]
fn what_is_heard_is_kept_until_it_is_wanted_and_no_longer() {
    let mut clinic = line(Some(700.0));
    clinic.run(100);
    let each = clinic.tapped();
    assert_eq!(each.len(), 5);
    let until = clinic.in_ms(98);
    clinic.order(Command::Gather { session: LINE, until }).run(97);
    assert_eq!(clinic.tapped(), [], "it is kept");
    clinic.run(1);
    let together = clinic.tapped();
    assert_eq!(together.len(), 5);
    for (before, after) in each.iter().zip(&together) {
        assert_eq!(*after - *before, Duration::from_millis(100), "each with the time at which it came");
    }
    clinic.run(2);
    clinic.run(100);
    assert_eq!(clinic.tapped().len(), 5, "nothing more was ordered, so each comes as it is");
}

/// This thread does not always run when it wants to. What was to be told is told before anything else is kept, or told.
#[test]
fn what_is_overdue_is_told_before_more_is_kept() {
    for more_comes in [false, true] {
        let mut clinic = line(Some(700.0));
        clinic.run(100);
        clinic.tapped();
        let until = clinic.in_ms(50);
        clinic.order(Command::Gather { session: LINE, until }).run(49);
        assert_eq!(clinic.tapped(), [], "it is kept");
        clinic.now = clinic.now.after(Duration::from_millis(4));
        let told = if more_comes {
            clinic.says_now(LINE);
            4
        } else {
            let until = clinic.in_ms(100);
            clinic.order(Command::Gather { session: LINE, until });
            3
        };
        let at = clinic.tapped();
        assert_eq!(at.len(), told, "more comes: {more_comes}");
        assert!(at.is_sorted(), "{at:?}");
    }
}

/// Somebody who orders it for an hour, or a phone that sends far too much, does not fill the memory.
#[test]
fn too_much_is_not_kept() {
    let mut clinic = line(Some(700.0));
    let until = clinic.in_ms(3_600_000);
    clinic.order(Command::Gather { session: LINE, until }).run(10_000);
    let told = clinic.tapped().len();
    assert!(told >= 450, "{told} of 500");
}
