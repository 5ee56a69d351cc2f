//! Whom a fax is for inside the other house: asked for by one end, told by the other, and said aloud where nobody there knows of it.

use fax::audio::Law;
use fax::worker::proto::{FromWorker, Start, Task, ToWorker, VERSION, Way};
use fax::worker::{self, Channel, Files};
use model::{Inside, Resolution};

use crate::support::{Setup, assert_same, page};

fn inside() -> Inside {
    Inside::parse("44*7", "1234").unwrap()
}

#[test]
fn a_subaddress_and_a_password_arrive_over_packets_and_as_sound() {
    for way in [Way::T38, Way::Audio(Law::Mu)] {
        let sent = vec![page(60, 1)];
        let world = Setup { way, inside: inside(), ..Setup::new(sent.clone()) }.run();
        assert_same(&world.receiver.durable, &sent);
        assert_eq!(world.receiver.outcome().subaddress.expose(), "44*7", "{way:?}");
        let told = |trace: &[String], what: &str| trace.iter().filter(|line| line.contains(what)).count();
        assert_eq!(told(&world.receiver.trace, "← SUB: for “44*7” in the house"), 1, "{:#?}", world.receiver.trace);
        assert_eq!(told(&world.sender.trace, "→ SID: a password"), 1);
        assert_eq!(told(&world.sender.trace, "1234"), 0, "the password is nobody's to read");
    }
}

#[test]
fn nothing_is_asked_where_nobody_was_named() {
    let world = Setup::new(vec![page(60, 1)]).run();
    assert_eq!(world.receiver.outcome().subaddress.expose(), "");
    assert!(!world.sender.trace.iter().any(|line| line.contains("SUB") || line.contains("SID")));
}

/// A DIS of a machine that takes fine pages at 14400 bit/s and knows of `bits` (T.30 Table 2) besides, as packets of T.38.
fn dis(bits: &[usize]) -> [Vec<u8>; 3] {
    let mut frame = [0_u8; 12];
    frame[..3].copy_from_slice(&[0xff, 0x13, 0x80]);
    // Receives; V.27ter, V.29 and V.17; fine; then every octet says that one more follows.
    for bit in [10, 11, 12, 14, 15, 24, 32, 40, 48, 56, 64].iter().chain(bits) {
        frame[3 + (bit - 1) / 8] |= 1 << ((bit - 1) % 8);
    }
    let mut data = vec![0xc0, 0x01, 0x80, 0x00, frame.len() as u8 - 1];
    data.extend(frame.iter().map(|octet| octet.reverse_bits()));
    [vec![0x06], data, vec![0xc0, 0x01, 0x40]]
}

/// What a worker that asks for somebody says when this machine has made itself known.
fn answer_to(bits: &[usize]) -> (Vec<FromWorker>, Vec<String>) {
    let task = Task::Send { first_page: 0, header: "".into(), inside: inside(), documents: Vec::new() };
    let (mut said, frames) = said_to(bits, task, 150);
    said.retain(|report| matches!(report, FromWorker::NotTaken { .. }));
    (said, frames)
}

/// What a worker reports in so many spans of 20 ms after this machine has made itself known, and the frames that it sends.
pub(crate) fn said_to(bits: &[usize], task: Task, spans: usize) -> (Vec<FromWorker>, Vec<String>) {
    let (parent, child) = Channel::pair(false).unwrap();
    let document = page(20, 1).to_tiff();
    let files = Files::new(Some(&document)).unwrap();
    let theirs = files.try_clone().unwrap();
    let worker = std::thread::spawn(move || worker::run(child, theirs));
    let start = Start {
        version: VERSION,
        task,
        way: Way::T38,
        station_id: "555".to_owned(),
        finest: Resolution::Fine,
        t85: true,
        ecm: false,
        max_bit_rate: 14_400,
    };
    let packets = dis(bits).into_iter().enumerate().map(|(seq, data)| ToWorker::Packets {
        before: 0,
        packets: vec![(seq as u16, data)],
        samples: 0,
    });
    let ticks = std::iter::repeat(ToWorker::Tick { samples: 160 });
    let (mut said, mut passed) = (Vec::new(), 0);
    for order in [ToWorker::Start(start)].into_iter().chain(packets).chain(ticks) {
        // The worker may go on beyond an order, and says by how much.
        let samples =
            match (&order, said.iter().rev().take(2).find(|report| matches!(report, FromWorker::Ahead { .. }))) {
                (ToWorker::Tick { samples }, Some(FromWorker::Ahead { samples: ahead })) => samples + ahead,
                (ToWorker::Tick { samples }, _) => *samples,
                _ => 0,
            };
        passed += usize::from(samples);
        if passed > spans * 160 {
            break;
        }
        parent.send(&order).unwrap();
        while let Ok(reports) = parent.reports(&files) {
            said.extend(reports);
            if said.last().is_some_and(FromWorker::waits) {
                break;
            }
        }
    }
    parent.send(&ToWorker::Stop).unwrap();
    worker.join().unwrap().unwrap();
    let frames = said.iter().filter_map(|report| match report {
        FromWorker::Frame(frame) if !frame.incoming => Some(frame.words.expose().clone()),
        _ => None,
    });
    let frames = frames.collect();
    (said, frames)
}

#[test]
fn a_machine_that_knows_of_nobody_inside_is_told_nothing_and_a_person_is() {
    let (not_taken, frames) = answer_to(&[]);
    assert_eq!(not_taken, [FromWorker::NotTaken { subaddress: true, password: true }]);
    assert!(frames.iter().any(|words| words.starts_with("DCS")), "the fax goes on: {frames:?}");
    assert!(!frames.iter().any(|words| words.starts_with("SUB") || words.starts_with("SID")), "{frames:?}");

    let (not_taken, frames) = answer_to(&[49]);
    assert_eq!(not_taken, [FromWorker::NotTaken { subaddress: false, password: true }]);
    assert!(frames.iter().any(|words| words.contains("44*7")), "{frames:?}");

    let (not_taken, frames) = answer_to(&[49, 50]);
    assert_eq!(not_taken, []);
    assert!(frames.iter().any(|words| words == "SID: a password"), "{frames:?}");
}
