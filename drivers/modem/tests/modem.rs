//! The core at its boundary: orders and bytes in, a transcript out; and what probing says of ports with and without modems.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::expect;
use model::Now;
use model::settings::FaxClass;
use modem::probe::{Description, Found, Probe};
use modem::{Event, Input, Modem, Order, Output, Word};

fn tell(modem: &mut Modem, told: &mut String) -> model::Instant {
    loop {
        match modem.poll_output() {
            Output::Timeout(at) => return at,
            Output::Write(bytes) => writeln!(told, "    write {}", bytes.escape_ascii()).unwrap(),
            Output::Event(Event::Data(data)) => writeln!(told, "    data {}", data.escape_ascii()).unwrap(),
            output => writeln!(told, "    {output:?}").unwrap(),
        }
    }
}

fn command(line: &str) -> Order {
    Order::Command { line: line.to_owned(), within: Duration::from_secs(5) }
}

/// What comes of these steps, all at one instant.
fn transcript(steps: Vec<Input<'_>>) -> String {
    let now = Now::simulation_start();
    let mut modem = Modem::new();
    let mut told = String::new();
    for step in steps {
        match &step {
            Input::Bytes(bytes) => writeln!(told, "{}", bytes.escape_ascii()).unwrap(),
            Input::Order(order) => writeln!(told, "{order:?}").unwrap(),
            Input::Timeout => {}
        }
        modem.handle_input(now, step);
        tell(&mut modem, &mut told);
    }
    told
}

#[test]
fn data_is_shielded_both_ways_and_ends_in_a_word() {
    let told = transcript(vec![
        Input::Order(command("AT+FTH=3")),
        Input::Bytes(b"\r\nCONN"),
        Input::Bytes(b"ECT\r\n"),
        Input::Order(Order::Data(vec![0xff, 0x10, 0x03])),
        Input::Order(Order::EndOfData { within: Duration::from_secs(5) }),
        Input::Bytes(b"\r\nOK\r\n"),
        Input::Order(command("AT+FRM=146")),
        Input::Bytes(b"\r\nCONNECT\r\n\n\x10\x10a\x10\x1a"),
        Input::Bytes(b"b\x10"),
        Input::Bytes(b"\x03\r\nNO CARRIER\r\n"),
        Input::Order(command("AT+FRH=3")),
        Input::Order(Order::Abort),
        Input::Bytes(b"\r\nOK\r\n\r\nRING\r\n"),
    ]);
    expect![[r#"
        Command { line: "AT+FTH=3", within: 5s }
            write AT+FTH=3\r
        \r\nCONN
        ECT\r\n
            Event(Word(Connect))
        Data([255, 16, 3])
            write \xff\x10\x10\x03
        EndOfData { within: 5s }
            write \x10\x03
        \r\nOK\r\n
            Event(Word(Ok))
        Command { line: "AT+FRM=146", within: 5s }
            write AT+FRM=146\r
        \r\nCONNECT\r\n\n\x10\x10a\x10\x1a
            Event(Word(Connect))
            data \n\x10a\x10\x10
        b\x10
            data b
        \x03\r\nNO CARRIER\r\n
            Event(EndOfData)
            Event(Word(NoCarrier))
        Command { line: "AT+FRH=3", within: 5s }
            write AT+FRH=3\r
        Abort
            write \x18
        \r\nOK\r\n\r\nRING\r\n
            Event(Word(Ok))
            Event(Word(Ring))
    "#]]
    .assert_eq(&told);
}

/// What came of these octets of a frame, of which the first are its beginning.
fn frame_of(octets: &[&[u8]]) -> (Vec<u8>, Vec<Event>) {
    let now = Now::simulation_start();
    let (mut modem, mut frame, mut events) = (Modem::new(), Vec::new(), Vec::new());
    modem.handle_input(now, Input::Order(command("AT+FRH=3")));
    for part in [&[&b"\r\nCONNECT\r\n"[..]], octets].concat() {
        modem.handle_input(now, Input::Bytes(part));
    }
    loop {
        match modem.poll_output() {
            Output::Timeout(_) => return (frame, events),
            Output::Event(Event::Data(mut data)) => frame.append(&mut data),
            Output::Event(event) => events.push(event),
            _ => {}
        }
    }
}

/// T.31 has each DLE of a frame doubled. Where a modem does not do that, the check sum says so.
#[test]
fn a_frame_whose_dle_was_not_doubled_is_known_by_its_check_sum() {
    let sum = |frame: &[u8]| [frame, &crc(frame).to_le_bytes()].concat();
    for frame in [
        sum(b"\xff\x13\x2f\x10\x01"),
        sum(b"\xff\x03\x10\x10\x10\x1a\x10x"),
        // It looks as if it ended within.
        sum(b"\xff\x13\x10\x03\x2f\x10"),
        sum(b"\xff\x13\x2f"),
    ] {
        let doubled =
            frame.iter().flat_map(|octet| vec![*octet; if *octet == 0x10 { 2 } else { 1 }]).collect::<Vec<_>>();
        for came in [&frame, &doubled] {
            let whole = [came, &b"\x10\x03\r\nOK\r\n"[..]].concat();
            let octets: Vec<&[u8]> = whole.chunks(1).collect();
            for parts in [&[&whole[..]][..], &octets] {
                let (got, events) = frame_of(parts);
                assert_eq!(got, frame, "{}", came.escape_ascii());
                assert_eq!(events, [Event::Word(Word::Connect), Event::EndOfData, Event::Word(Word::Ok)]);
            }
        }
    }
    // Without a check sum, and with a wrong one, it is what T.31 says.
    for (came, frame) in
        [(&b"\xff\x13\x10\x10\x84"[..], &b"\xff\x13\x10\x84"[..]), (b"\xff\x13\x10a\x84", b"\xff\x13\x84")]
    {
        let (got, events) = frame_of(&[came, b"\x10\x03\r\nERROR\r\n"]);
        assert_eq!(got, frame);
        assert_eq!(events, [Event::Word(Word::Connect), Event::EndOfData, Event::Word(Word::Error)]);
    }
}

/// The check sum of a frame (ISO/IEC 13239), bit by bit.
fn crc(frame: &[u8]) -> u16 {
    let bits = frame.iter().flat_map(|octet| (0..8).map(move |bit| octet >> bit & 1));
    !bits.fold(0xffffu16, |sum, bit| if sum & 1 == u16::from(bit) { sum >> 1 } else { sum >> 1 ^ 0x8408 })
}

#[test]
fn a_word_in_place_of_data_is_none_whether_some_came_before_or_not() {
    let told = transcript(vec![
        Input::Order(command("AT+FRH=3")),
        Input::Bytes(b"\r\nCONNECT\r\n"),
        Input::Bytes(b"\r\nNO CARR"),
        Input::Bytes(b"IER\r\n"),
        Input::Order(command("AT+FRM=145")),
        Input::Bytes(b"\r\nCONNECT\r\nab\r\nERR\r\n\x10\x10\r\nERROR\r\n"),
        Input::Order(command("AT+FRM=145")),
        Input::Bytes(b"\r\nCONNECT\r\nab\r\nERR\x10\x03\r\nNO CARRIER\r\n"),
        // A page of Class 2 is what their machine makes it.
        Input::Order(command("AT+FDR")),
        Input::Bytes(b"\r\nCONNECT\r\na\r\nERROR\r\nb"),
    ]);
    expect![[r#"
        Command { line: "AT+FRH=3", within: 5s }
            write AT+FRH=3\r
        \r\nCONNECT\r\n
            Event(Word(Connect))
        \r\nNO CARR
        IER\r\n
            Event(Word(NoCarrier))
        Command { line: "AT+FRM=145", within: 5s }
            write AT+FRM=145\r
        \r\nCONNECT\r\nab\r\nERR\r\n\x10\x10\r\nERROR\r\n
            Event(Word(Connect))
            data ab\r\nERR\r\n\x10
            Event(EndOfData)
            Event(Word(Error))
        Command { line: "AT+FRM=145", within: 5s }
            write AT+FRM=145\r
        \r\nCONNECT\r\nab\r\nERR\x10\x03\r\nNO CARRIER\r\n
            Event(Word(Connect))
            data ab\r\nERR
            Event(EndOfData)
            Event(Word(NoCarrier))
        Command { line: "AT+FDR", within: 5s }
            write AT+FDR\r
        \r\nCONNECT\r\na\r\nERROR\r\nb
            Event(Word(Connect))
            data a\r\nERROR\r\nb
    "#]]
    .assert_eq(&told);
}

#[test]
fn what_was_on_its_way_when_receiving_was_given_up_is_no_answer_to_that() {
    let told = transcript(vec![
        Input::Order(command("AT+FRM=145")),
        Input::Order(Order::Abort),
        Input::Bytes(b"\r\nCONNECT\r\nab\r\ncd\x10\x03\r\nOK\r\n"),
        // Nor does a command that waits for silence begin with data.
        Input::Order(command("AT+FRS=7")),
        Input::Bytes(b"\r\nCONNECT\r\n\r\nOK\r\n"),
    ]);
    expect![[r#"
        Command { line: "AT+FRM=145", within: 5s }
            write AT+FRM=145\r
        Abort
            write \x18
        \r\nCONNECT\r\nab\r\ncd\x10\x03\r\nOK\r\n
            Event(Word(Ok))
        Command { line: "AT+FRS=7", within: 5s }
            write AT+FRS=7\r
        \r\nCONNECT\r\n\r\nOK\r\n
            Event(Word(Connect))
            Event(Word(Ok))
    "#]]
    .assert_eq(&told);
}

/// A modem that still gives what it hears, or was lost on the way, may have missed the command to hang up.
#[test]
fn a_line_of_which_nobody_said_that_it_is_down_is_put_down_once_more() {
    let mut now = Now::simulation_start();
    let mut modem = Modem::new();
    let mut told = String::new();
    modem.handle_input(now, Input::Order(Order::HangUp));
    modem.handle_input(now, Input::Bytes(b"\r\nNO CARRIER\r\n"));
    for answer in [&b""[..], b"\r\nOK\r\n", b""] {
        let at = tell(&mut modem, &mut told);
        now = now.after(at - now.instant);
        writeln!(told, "{:?}", now.instant).unwrap();
        modem.handle_input(now, Input::Timeout);
        modem.handle_input(now, Input::Bytes(answer));
    }
    modem.handle_input(now, Input::Order(Order::Reset));
    tell(&mut modem, &mut told);
    expect![[r#"
            Dtr(false)
            Flush
            Dtr(true)
            write \x10\x03\x18
            write \rATH0\r
            Event(Word(NoCarrier))
        5.000000s
            write \x10\x03\x18
            write \rATE0V1Q0H0\r
        6.000000s
            write \rATE0V1Q0H0\r
        6.250000s
            Event(Ready)
            write \x10\x03\x18
            write \rATE0V1Q0\r
    "#]]
    .assert_eq(&told);
}

#[test]
fn a_modem_that_does_not_answer_is_called_by_ever_stronger_means_and_then_given_up() {
    let mut now = Now::simulation_start();
    let mut modem = Modem::new();
    let mut told = String::new();
    modem.handle_input(now, Input::Order(command("ATI")));
    for _ in 0..6 {
        let at = tell(&mut modem, &mut told);
        if at == model::Instant::FAR_FUTURE {
            break;
        }
        now = now.after(at - now.instant);
        writeln!(told, "{:?}", now.instant).unwrap();
        modem.handle_input(now, Input::Timeout);
    }
    expect![[r#"
            write ATI\r
        5.000000s
            write \x10\x03\x18
            write \rATE0V1Q0\r
        6.000000s
            write \rATE0V1Q0\r
        7.000000s
            Dtr(false)
            Flush
            Dtr(true)
            write \rATE0V1Q0\r
        9.000000s
            write \rATE0V1Q0\r
        11.000000s
            Event(Stuck)
    "#]]
    .assert_eq(&told);
}

/// How long it may take to find out what stands at a port.
const LIMIT: Duration = Duration::from_secs(120);

/// Probes whatever answers to what is written.
fn probe(mut answers: impl FnMut(&[u8]) -> Vec<u8>) -> Found {
    let mut now = Now::simulation_start();
    let mut probe = Probe::new(now);
    loop {
        match probe.poll(now) {
            Err(found) => return found,
            Ok(Output::Write(bytes)) => {
                let answer = answers(&bytes);
                if !answer.is_empty() {
                    probe.handle_input(now, &answer);
                }
            }
            Ok(Output::Timeout(at)) => {
                now = now.after(at - now.instant);
                assert!(now.instant < model::Instant::ZERO + LIMIT, "it asks for ever");
                probe.handle_input(now, &[]);
            }
            Ok(_) => {}
        }
    }
}

/// A modem that answers by this table, and to all else with `OK`. Of carriers it tells in Class 1 alone.
fn answers(table: &'static [(&'static str, &'static str)]) -> impl FnMut(&[u8]) -> Vec<u8> {
    let mut class = String::new();
    move |bytes| {
        let line = String::from_utf8_lossy(bytes).trim().to_owned();
        if let Some(asked) = line.strip_prefix("AT+FCLASS=").filter(|asked| *asked != "?") {
            asked.clone_into(&mut class);
        }
        let said = match line.as_str() {
            "AT+FTM=?" | "AT+FRM=?" if class != "1" => "ERROR",
            line => table.iter().find(|(question, _)| *question == line).map_or("OK", |(_, said)| said),
        };
        format!("\r\n{said}\r\n").into_bytes()
    }
}

#[test]
fn what_is_found_is_said_in_words() {
    let found = probe(answers(&[
        ("ATI", "spandsp\r\n\r\nOK"),
        ("ATI3", "www.soft-switch.org\r\n\r\nOK"),
        ("AT+FCLASS=?", "0,1,1.0\r\n\r\nOK"),
        ("AT+FTM=?", "24,48,72,73,74,96,97,98,121,122,145,146\r\n\r\nOK"),
        ("AT+FRM=?", "24,48,72,73,74,96,97,98,121,122,145,146\r\n\r\nOK"),
    ]));
    let usb = probe(answers(&[
        ("ATI3", "U.S. Robotics 56K FAX USB V1.2.23\r\n\r\nOK"),
        ("AT+FCLASS=?", "0,1,1.0,2,2.0\r\n\r\nOK"),
        ("AT+FTM=?", "24,48,72,73,74,96,97,98,121,122,145,146\r\n\r\nOK"),
        ("AT+FRM=?", "24,48,72,73,74,96,97,98,121,122,145,146\r\n\r\nOK"),
    ]));
    let ranges = probe(answers(&[
        ("AT+FCLASS=?", "(0-2,8)\r\n\r\nOK"),
        ("AT+FTM=?", "(24,48,72-74,96-98,121,122,145,146)\r\n\r\nOK"),
        ("AT+FRM=?", "(24,48,72-74,96-98,121,122,145,146)\r\n\r\nOK"),
    ]));
    let old = probe(answers(&[("AT+FCLASS=?", "0,2\r\nOK"), ("ATI", "14400\r\nOK")]));
    let data = probe(answers(&[("AT+FCLASS=?", "ERROR"), ("AT+FTM=?", "ERROR"), ("AT+FRM=?", "ERROR")]));
    let silent = probe(answers(&[("AT+FCLASS=?", "0,1,2"), ("AT+FTM=?", "ERROR"), ("AT+FRM=?", "ERROR")]));
    let nothing = probe(|_| Vec::new());
    let Found::Modem(several) = &usb else { panic!("a modem") };
    let forced = [FaxClass::TwoOne, FaxClass::TwoZero].map(|class| several.sentence(Some(class)));
    let mut said: Vec<String> =
        [found, usb.clone(), old, silent, data, nothing, ranges].iter().map(Found::sentence).collect();
    said.splice(3..3, forced);
    let said = said.join("\n") + "\n";
    expect![[r#"
        This is a virtual modem that calls itself “spandsp, www.soft-switch.org”. It faxes in Class 1 at up to 14400 bit/s (it knows the classes 1, 1.0).
        This is a USRobotics 5637 (USB) that calls itself “U.S. Robotics 56K FAX USB V1.2.23”. It faxes in Class 1 at up to 14400 bit/s (it knows the classes 1, 1.0, 2, 2.0). Drive it in Class 1: its Class 1.0 offers V.34, which Frontdesk does not speak.
        This is a fax modem that calls itself “14400”. It faxes in Class 2 and leads the talk with the other machine by itself (it knows the classes 2).
        This is a fax modem that calls itself “U.S. Robotics 56K FAX USB V1.2.23” that cannot be used: it knows the classes 1, 1.0, 2, 2.0, and its setting asks for Class 2.1.
        This is a USRobotics 5637 (USB) that calls itself “U.S. Robotics 56K FAX USB V1.2.23”. It faxes in Class 2.0 and leads the talk with the other machine by itself (it knows the classes 1, 1.0, 2, 2.0). Drive it in Class 1: its Class 1.0 offers V.34, which Frontdesk does not speak.
        This is a fax modem. It faxes in Class 1 at up to 9600 bit/s (it knows the classes 1, 2).
        This is a modem, but it knows no fax.
        Nothing answers on this port. Is the modem switched on, and is it the right port?
        This is a fax modem. It faxes in Class 1 at up to 14400 bit/s (it knows the classes 1, 2).
    "#]].assert_eq(&said);
}

#[test]
fn a_question_that_a_modem_swallows_is_not_asked_for_ever() {
    let mut modem = answers(&[
        ("AT+FCLASS=?", "0,1\r\n\r\nOK"),
        ("AT+FTM=?", "24,48,96\r\n\r\nOK"),
        ("AT+FRM=?", "24,48,96\r\n\r\nOK"),
    ]);
    let found = probe(|bytes| if bytes.starts_with(b"AT+FMFR?") { Vec::new() } else { modem(bytes) });
    let Found::Modem(found) = &found else { panic!("a modem") };
    assert_eq!((found.class(None), found.max_bit_rate(FaxClass::One)), (Some(FaxClass::One), 9600));
}

/// Some do not dial a number so soon, or so often, as they are told to, and say so.
#[test]
fn a_modem_that_does_not_dial_says_why() {
    for (said, word) in [("DELAYED", Word::Delayed), ("BLACKLISTED", Word::Blacklisted), ("BUSY", Word::Busy)] {
        let now = Now::simulation_start();
        let mut modem = Modem::new();
        modem.handle_input(now, Input::Order(command("ATDT5551234")));
        modem.handle_input(now, Input::Bytes(format!("\r\n{said}\r\n").as_bytes()));
        assert!(matches!(modem.poll_output(), Output::Write(_)));
        assert_eq!(modem.poll_output(), Output::Event(Event::Word(word)));
    }
}

/// A model's commands are its own, and not those of whatever else its maker built.
#[test]
fn a_model_stands_before_its_maker() {
    for (says, name, callers) in [
        ("U.S. Robotics 56K FAX USB V1.2.23", "a USRobotics 5637 (USB)", &["AT+VCID=1", "AT#CID=1"][..]),
        ("5601, U.S. Robotics 5637", "a USRobotics 5637 (USB)", &["AT+VCID=1", "AT#CID=1"]),
        ("U.S. Robotics Courier V.Everything", "a U.S. Robotics modem", &["AT#CID=1"]),
        ("nobody knows", "a fax modem", &["AT+VCID=1", "AT#CID=1"]),
    ] {
        let quirks = modem::quirks::of(says);
        assert_eq!((quirks.name, quirks.callers), (name, callers), "{says}");
    }
}

/// The settings of a modem's factory may let it answer by itself.
#[test]
fn a_call_begins_with_a_modem_that_does_not_answer_by_itself() {
    for says in ["U.S. Robotics Courier", "5637", "MultiTech MT5634ZBA", "MultiTech", "isdn4linux", "something else"] {
        for (waits, dials) in [(true, "ATX4"), (false, "ATX3")] {
            let lines = modem::quirks::of(says).before_a_call(waits);
            let at = |line: &str| lines.iter().position(|told| told.starts_with(line));
            assert!(at("AT&F") < at("ATS0=0") && at("AT&F").is_some(), "{says}: {lines:?}");
            assert_eq!(at("ATX"), at(dials), "{says}: {lines:?}");
        }
    }
}

#[test]
fn class_1_is_taken_first_and_what_a_setting_asks_for_before_it() {
    let carriers = [48, 96, 145];
    let of = |classes: &[&str], carriers: &[u8]| Description {
        says: String::new(),
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        sends: carriers.iter().copied().collect(),
        receives: carriers.iter().copied().collect(),
    };
    let all = of(&["1", "1.0", "2", "2.0", "2.1"], &carriers);
    assert_eq!(all.class(None), Some(FaxClass::One));
    for class in FaxClass::ALL {
        assert_eq!(all.class(Some(class)), Some(class));
    }
    // It claims Class 1 and has no carriers for it.
    assert_eq!(of(&["1", "2", "2.0"], &[]).class(None), Some(FaxClass::TwoZero));
    assert_eq!(of(&["2", "2.1"], &[]).class(None), Some(FaxClass::TwoOne));
    assert_eq!(of(&["2"], &[]).class(Some(FaxClass::One)), None);
    assert_eq!(of(&["8"], &carriers).class(None), None);
}
