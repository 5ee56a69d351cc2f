//! One session alone, with a worker, a store and a far end that say what the script says: what it makes of them.

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::{Expect, expect};
use fax::session::{Input, Output, Params, Role, Session};
use fax::worker::frames::fcf;
use fax::worker::proto::{Frame, FromWorker, MOST_QUIET, ToWorker, VERSION};
use model::{Now, Pii};

use crate::support::page;

/// Something happens, so many milliseconds after what was before.
type Step = (u64, Input<'static>);

const READY: FromWorker = FromWorker::Ready { version: VERSION };

fn worker(report: FromWorker) -> Step {
    (0, Input::Worker(report))
}

fn idle() -> Step {
    worker(FromWorker::Idle)
}

fn frame(incoming: bool, code: u8, post_page: Option<u8>) -> Step {
    let words = Pii::new(format!("{code:02x}"));
    worker(FromWorker::Frame(Frame { incoming, fcf: code, post_page, form: None, words }))
}

fn received(number: u32, last: bool) -> Step {
    worker(FromWorker::Page { number, page: page(20, number), strip: 0, last, message_ends: false, incomplete: false })
}

/// A page after which their machine begins anew, durable; and the engine is at its next order.
fn received_before_another(number: u32) -> [Step; 4] {
    let page = FromWorker::Page {
        number,
        page: page(20, number),
        strip: 0,
        last: false,
        message_ends: true,
        incomplete: false,
    };
    [worker(page), (10, Input::PageStored { page: number }), idle(), (20, Input::Timeout)]
}

/// It says in which form pages follow.
fn command(form: u16) -> Step {
    let words = Pii::new(format!("form {form}"));
    worker(FromWorker::Frame(Frame { incoming: true, fcf: fcf::DCS, post_page: None, form: Some(form), words }))
}

fn rate(ecm: bool) -> Step {
    worker(FromWorker::Rate { bit_rate: 14_400, ecm })
}

/// Plays the script and tells what the session did, one line for each step. Timeouts come when they are due.
fn play(role: Role, steps: Vec<Step>) -> String {
    let mut now = Now::simulation_start();
    let (mut session, _) = Session::new(now, role, Params::default());
    let mut told = String::new();
    let mut all = vec![worker(READY), idle()];
    all.extend(steps);
    for (after, input) in all {
        let end = now.instant + Duration::from_millis(after);
        let name = name(&input);
        let mut line = String::new();
        let mut timeout = tell(&mut session, &mut line);
        while timeout <= end && after > 0 {
            now = now.after(timeout - now.instant);
            session.handle_input(now, Input::Timeout);
            timeout = tell(&mut session, &mut line);
        }
        now = now.after(end - now.instant);
        if !line.is_empty() {
            writeln!(told, "waiting ->{line}").unwrap();
        }
        let mut line = String::new();
        session.handle_input(now, input);
        tell(&mut session, &mut line);
        writeln!(told, "{name} ->{line}").unwrap();
    }
    told
}

fn name(input: &Input<'_>) -> String {
    match input {
        Input::Worker(FromWorker::Page { number, last, .. }) => format!("page {number} last {last}"),
        Input::Worker(FromWorker::Frame(frame)) => {
            format!("{} {:02x} {:02x?}", if frame.incoming { "in" } else { "out" }, frame.fcf, frame.post_page)
        }
        Input::Worker(FromWorker::Ifp { data, copies, .. }) => format!("ifp {} bytes x{copies}", data.len()),
        Input::Worker(report) => format!("{report:?}"),
        Input::Datagram(_) => "datagram".to_owned(),
        other => format!("{other:?}"),
    }
}

fn tell(session: &mut Session, line: &mut String) -> model::Instant {
    loop {
        match session.poll_output() {
            Output::Timeout(at) => return at,
            Output::Trace { .. } | Output::Progress { .. } => {}
            Output::Worker(ToWorker::Packets { before, packets, samples }) => {
                let packets: Vec<_> = packets.iter().map(|(seq, data)| format!("{seq}:{}", data.len())).collect();
                write!(line, " {before}+feed {}+{samples}", packets.join(" ")).unwrap();
            }
            Output::Worker(order) => write!(line, " {order:?}").unwrap(),
            Output::Datagram { data, .. } => write!(line, " send {} bytes", data.len()).unwrap(),
            Output::StorePage { number, .. } => write!(line, " store page {number}").unwrap(),
            Output::DocumentSent { outcome, next } => {
                write!(line, " SENT {:?} {}, then {next}", outcome.cause, outcome.pages_confirmed).unwrap();
            }
            Output::AskedFor(named) => {
                let (subaddress, password) = (named.subaddress.expose(), named.password.expose());
                write!(line, " ASKED FOR {subaddress:?} {password:?}").unwrap();
            }
            Output::DocumentReceived(outcome) => {
                write!(line, " RECEIVED {:?} {}", outcome.cause, outcome.pages_confirmed).unwrap();
            }
            Output::StoreProgress { pages_confirmed, last_page_begins } => {
                write!(line, " store progress {pages_confirmed} {last_page_begins}").unwrap();
            }
            Output::Finished(outcome) => {
                write!(line, " FINISHED {:?} {}", outcome.cause, outcome.pages_confirmed).unwrap();
            }
            Output::KillWorker => line.push_str(" KILL"),
            Output::Modem(order) => write!(line, " modem {order:?}").unwrap(),
            Output::Sound(spans) => {
                spans.iter().for_each(|span| write!(line, " say {}", span.payload.len()).unwrap());
            }
            Output::Gather { .. } => panic!("nobody keeps the time for it"),
        }
    }
}

#[track_caller]
fn check(role: Role, steps: Vec<Step>, expected: &Expect) {
    expected.assert_eq(&play(role, steps));
}

#[test]
fn a_command_that_no_page_needed_begins_another_document() {
    let asks = |whom: &str| worker(FromWorker::Subaddress(whom.into()));
    let mut steps = vec![asks("44"), command(7), command(7)];
    steps.extend(received_before_another(1));
    // The same form: another document, for the same. Again, as the training failed: still that.
    steps.extend([asks("44"), command(7), command(7)]);
    steps.extend(received_before_another(2));
    // Another form: the same document goes on.
    steps.extend([asks("44"), command(3)]);
    steps.extend(received_before_another(3));
    // Another form, and for somebody else.
    steps.extend([asks("45"), command(7)]);
    steps.extend([received(4, true), (10, Input::PageStored { page: 4 }), idle(), (20, Input::LineEnded)]);
    let told = play(Role::Receive, steps);
    let ends: Vec<_> =
        told.lines().filter_map(|line| line.split_once("RECEIVED").or(line.split_once("FINISHED"))).collect();
    let ends: Vec<_> = ends.into_iter().map(|(_, what)| what.trim()).collect();
    assert_eq!(ends, ["Delivered 1", "Delivered 2", "Delivered 1"], "{told}");
}

/// Some machines say EOM where they mean EOP.
#[test]
fn a_goodbye_after_the_end_of_a_message_ends_a_whole_fax() {
    let ends = |last: Vec<Step>| {
        let mut steps = vec![command(7)];
        steps.extend(received_before_another(1));
        steps.extend(last);
        let told = play(Role::Receive, steps);
        told.lines().last().expect("it ends").rsplit(" -> ").next().expect("somehow").trim().to_owned()
    };
    let goodbye = || frame(true, fcf::DCN, None);
    let status = spandsp::status::RX_GOT_DCN;
    let over = |status| worker(FromWorker::CallEnd { status });
    let another = vec![command(3), received(2, false), (10, Input::PageStored { page: 2 }), goodbye(), over(status)];
    let told = [
        ends(vec![goodbye(), over(status)]),
        ends(vec![goodbye(), (20, Input::LineEnded)]),
        // What follows never came, for all that anybody knows.
        ends(vec![(20, Input::LineEnded)]),
        // The last page was not the last of its message.
        ends(another),
    ];
    expect![[r#"
        [
            "Stop FINISHED Delivered 1",
            "KILL FINISHED Delivered 1",
            "KILL FINISHED Dropped 1",
            "Stop FINISHED Dropped 2",
        ]
    "#]]
    .assert_debug_eq(&told);
}

#[test]
fn a_page_is_confirmed_when_it_is_durable() {
    check(
        Role::Receive,
        vec![
            rate(true),
            received(1, false),
            // A report of another page is not ours.
            (10, Input::PageStored { page: 2 }),
            (10, Input::PageStored { page: 1 }),
            idle(),
            (20, Input::Timeout),
            received(2, true),
            // The disk is slow: not ready, and the confirmation when it has come.
            (1600, Input::Timeout),
            idle(),
            (40, Input::PageStored { page: 2 }),
            idle(),
            idle(),
            (20, Input::LineEnded),
        ],
        &expect![[r#"
            Ready { version: 11 } ->
            Idle -> Tick { samples: 160 }
            Rate { bit_rate: 14400, ecm: true } ->
            page 1 last false -> store page 1
            PageStored { page: 2 } ->
            PageStored { page: 1 } -> PageCommitted
            Idle -> Tick { samples: 160 }
            Timeout ->
            page 2 last true -> store page 2
            waiting -> PageLater
            Timeout ->
            Idle -> Tick { samples: 160 }
            PageStored { page: 2 } ->
            Idle -> PageCommitted
            Idle -> Tick { samples: 160 }
            LineEnded -> KILL FINISHED Delivered 2
        "#]],
    );
}

#[test]
fn a_refused_page_ends_the_call() {
    check(
        Role::Receive,
        vec![received(1, true), (10, Input::PageNotStored { page: 1 })],
        &expect![[r#"
            Ready { version: 11 } ->
            Idle -> Tick { samples: 160 }
            page 1 last true -> store page 1
            PageNotStored { page: 1 } -> KILL FINISHED OurFault 0
        "#]],
    );
    check(
        Role::Receive,
        vec![rate(false), received(1, true), (1600, Input::Timeout)],
        &expect![[r#"
            Ready { version: 11 } ->
            Idle -> Tick { samples: 160 }
            Rate { bit_rate: 14400, ecm: false } ->
            page 1 last true -> store page 1
            waiting -> KILL FINISHED OurFault 0
            Timeout ->
        "#]],
    );
}

#[test]
fn a_worker_that_speaks_out_of_turn_is_not_believed() {
    let page_again = vec![received(1, false), received(1, false)];
    let packet_while_asking =
        vec![received(1, true), worker(FromWorker::Ifp { data: vec![1; 9], copies: 1, after: 0 })];
    let wrong_number = vec![received(2, false)];
    let wrong_count = vec![worker(FromWorker::Confirmed { pages: 9 })];
    for steps in [page_again, packet_while_asking, wrong_number] {
        let told = play(Role::Receive, steps);
        assert!(told.ends_with("KILL FINISHED OurFault 0\n"), "{told}");
        assert!(!told.contains("send"), "{told}");
    }
    let told = play(Role::Send { pages: 3 }, wrong_count);
    assert!(told.ends_with("KILL FINISHED OurFault 0\n"), "{told}");
}

#[test]
fn a_worker_that_does_not_stop_speaking_is_killed() {
    let packets =
        |count| (0..count).map(|_| worker(FromWorker::Ifp { data: vec![6], copies: 1, after: 0 })).collect::<Vec<_>>();
    let told = play(Role::Receive, packets(300));
    assert_eq!(told.matches("send").count(), 256, "{told}");
    assert!(told.contains("KILL FINISHED OurFault 0"), "{told}");
    // A step of 64 packets is what the engine may do, again and again.
    let steps = (0..20).flat_map(|_| packets(64).into_iter().chain([idle(), (20, Input::Timeout)])).collect();
    assert!(!play(Role::Receive, steps).contains("KILL"));
}

#[test]
fn what_may_have_arrived_is_never_called_failed() {
    let all_sent = || {
        vec![
            frame(true, fcf::DIS, None),
            worker(FromWorker::Confirmed { pages: 0 }),
            (0, Input::ProgressStored),
            frame(false, fcf::PPS, Some(fcf::EOP)),
        ]
    };
    let ends: Vec<(&str, Vec<Step>)> = vec![
        ("line", vec![(5, Input::LineEnded)]),
        ("crash", vec![(5, Input::WorkerGone)]),
        ("hang", vec![(4000, Input::Timeout)]),
        ("recalled", vec![(5, Input::Cancel)]),
        ("silence", vec![worker(FromWorker::CallEnd { status: spandsp::status::TX_PHASE_D_DEAD })]),
        ("goodbye", vec![worker(FromWorker::CallEnd { status: spandsp::status::TX_GOT_DCN })]),
        ("not ready", vec![frame(true, fcf::RNR, None), (5, Input::LineEnded)]),
        // Now it is known what has not arrived.
        ("repeat", vec![frame(true, fcf::PPR, None), (5, Input::LineEnded)]),
        ("damaged", vec![frame(true, fcf::RTN, None), (5, Input::LineEnded)]),
        ("repeated", vec![frame(true, fcf::PPR, None), frame(false, fcf::PPS, Some(fcf::EOP)), (5, Input::LineEnded)]),
        ("confirmed", vec![worker(FromWorker::Confirmed { pages: 1 }), (5, Input::LineEnded)]),
        ("not stored", vec![worker(FromWorker::Confirmed { pages: 1 }), (5, Input::ProgressNotStored)]),
    ];
    let said: String = ends
        .into_iter()
        .map(|(name, end)| {
            let told = play(Role::Send { pages: 1 }, all_sent().into_iter().chain(end).collect());
            format!("{name}:{}\n", told.rsplit("FINISHED").next().unwrap_or("?").trim_end())
        })
        .collect();
    expect![[r#"
        line: Unconfirmed 0
        crash: Unconfirmed 0
        hang: Unconfirmed 0
        Timeout ->
        recalled: Unconfirmed 0
        silence: Unconfirmed 0
        goodbye: Unconfirmed 0
        not ready: Unconfirmed 0
        repeat: Dropped 0
        damaged: BadPage 0
        repeated: Unconfirmed 0
        confirmed: Delivered 1
        not stored: Delivered 1
    "#]]
    .assert_eq(&said);
}

#[test]
fn each_status_of_the_engine_has_its_cause() {
    let said: String = (0..=50)
        .map(|status| {
            let cause = |role, heard: bool| {
                let mut steps = if heard { vec![frame(true, fcf::DIS, None)] } else { vec![] };
                steps.push(worker(FromWorker::CallEnd { status }));
                let told = play(role, steps);
                told.rsplit("FINISHED").next().unwrap_or("?").split_whitespace().next().unwrap_or("?").to_owned()
            };
            format!("{status} {} {}\n", cause(Role::Send { pages: 2 }, true), cause(Role::Receive, true))
        })
        .collect();
    expect![[r#"
        0 BadPage Dropped
        1 Dropped Dropped
        2 NotAFax NotAFax
        3 NotAFax NotAFax
        4 Dropped Dropped
        5 Dropped Dropped
        6 CannotTrain CannotTrain
        7 Dropped Dropped
        8 Incompatible Incompatible
        9 Incompatible Incompatible
        10 Incompatible Incompatible
        11 Incompatible Incompatible
        12 Incompatible Incompatible
        13 Dropped Dropped
        14 Incompatible Dropped
        15 Dropped Dropped
        16 BadPage Dropped
        17 Incompatible Dropped
        18 Dropped Dropped
        19 NotAFax Dropped
        20 CannotTrain Dropped
        21 Dropped Dropped
        22 Dropped Dropped
        23 Dropped Dropped
        24 Dropped Dropped
        25 Dropped Dropped
        26 Dropped Dropped
        27 Dropped Dropped
        28 Dropped NotAFax
        29 Dropped Dropped
        30 Dropped Dropped
        31 Dropped Dropped
        32 Dropped Dropped
        33 Dropped Dropped
        34 Dropped Dropped
        35 Dropped Dropped
        36 Dropped Dropped
        37 Dropped Dropped
        38 Dropped Dropped
        39 Dropped Dropped
        40 Dropped Dropped
        41 OurFault OurFault
        42 OurFault OurFault
        43 OurFault OurFault
        44 OurFault OurFault
        45 OurFault OurFault
        46 OurFault OurFault
        47 OurFault OurFault
        48 CannotTrain Dropped
        49 Dropped Dropped
        50 Dropped Incompatible
    "#]]
    .assert_eq(&said);
}

#[test]
fn the_copies_of_the_last_packet_leave_before_the_end() {
    check(
        Role::Receive,
        vec![
            worker(FromWorker::Ifp { data: vec![7; 5], copies: 3, after: 0 }),
            worker(FromWorker::CallEnd { status: spandsp::status::T1_EXPIRED }),
            (60, Input::Timeout),
            (60, Input::Datagram(b"\0\0\x01\0\0\0")),
        ],
        &expect![[r#"
            Ready { version: 11 } ->
            Idle -> Tick { samples: 160 }
            ifp 5 bytes x3 -> send 10 bytes
            CallEnd { status: 3 } -> Stop
            waiting -> send 10 bytes send 10 bytes FINISHED NotAFax 0
            Timeout ->
            datagram ->
        "#]],
    );
}

#[test]
fn time_that_was_lost_is_not_run_after() {
    // The worker waits a second for the disk; the engine's clock catches up a fifth of it.
    let mut steps = vec![rate(true), received(1, false), (1000, Input::PageStored { page: 1 })];
    steps.extend((0..20).map(|_| idle()));
    let told = play(Role::Receive, steps);
    assert_eq!(told.matches("Tick").count(), 12, "{told}");
}

/// An engine that waits for the far end is left alone. Parts of a command are kept for it, and what ends one is given to it at once, with the time
/// that has passed.
#[test]
fn an_engine_that_only_listens_is_asked_when_there_is_something_to_hear() {
    let quiet = || worker(FromWorker::Quiet { samples: MOST_QUIET });
    let datagram = |after, bytes: &'static [u8]| (after, Input::Datagram(bytes));
    let steps = vec![
        quiet(),
        idle(),
        (400, Input::Timeout),
        quiet(),
        idle(),
        datagram(50, &[0, 0, 1, 0x06, 0, 0]),
        quiet(),
        idle(),
        datagram(30, &[0, 1, 6, 0xc0, 0x01, 0x80, 0x00, 0x00, 0xff, 0, 0]),
        datagram(30, &[0, 2, 6, 0xc0, 0x01, 0x80, 0x00, 0x00, 0xc8, 0, 0]),
        datagram(30, &[0, 3, 3, 0xc0, 0x01, 0x20, 0, 0]),
        idle(),
        // It does not only listen any more.
        datagram(10, &[0, 4, 6, 0xc0, 0x01, 0x80, 0x00, 0x00, 0xff, 0, 0]),
    ];
    check(
        Role::Receive,
        steps,
        &expect![[r#"
            Ready { version: 11 } ->
            Idle -> Tick { samples: 160 }
            Quiet { samples: 3040 } ->
            Idle ->
            waiting -> Tick { samples: 3200 }
            Timeout ->
            Quiet { samples: 3040 } ->
            Idle ->
            datagram -> 160+feed 0:1+160
            Quiet { samples: 3040 } ->
            Idle ->
            datagram ->
            datagram ->
            datagram -> 640+feed 1:6 2:6 3:3+160
            Idle ->
            datagram -> 0+feed 4:6+160
        "#]],
    );
}

#[test]
fn a_flood_of_packets_is_bounded() {
    let (mut session, _) = Session::new(Now::simulation_start(), Role::Receive, Params::default());
    let now = Now::simulation_start();
    for n in 0..100_000u32 {
        let mut datagram = vec![(n >> 8) as u8, n as u8, 100];
        datagram.extend([0x55; 100]);
        datagram.extend([0, 0]);
        session.handle_input(now, Input::Datagram(&datagram));
    }
    // The worker never comes; nothing has been ordered of it, and the session still ends.
    let mut now = now;
    let outcome = loop {
        match session.poll_output() {
            Output::Timeout(at) => {
                now = now.after(at - now.instant);
                session.handle_input(now, Input::Timeout);
            }
            Output::Worker(order) => panic!("{order:?}"),
            Output::Finished(outcome) => break outcome,
            _ => {}
        }
    };
    assert!(outcome.packets_lost > 99_000, "{outcome:?}");
    assert_eq!(outcome.cause, model::fax::Cause::OurFault);
}
