//! The driver alone while a page is awaited: the modem's words in, commands and what the engine is told out.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use model::settings::FaxClass;
use spandsp::Carrier;

use super::*;

const PAGE: Signal = Signal::Fast { carrier: Carrier::V17, bit_rate: 14_400, short_training: false, frames: false };
const TSI: &[u8] = &[0xff, 0x03, 0x43, 0x20, 0, 0];
const DCS: &[u8] = &[0xff, 0x13, 0x83, 0, 0, 0, 0];
const MPS: &[u8] = &[0xff, 0x13, 0x4f, 0, 0];
const DCN: &[u8] = &[0xff, 0x13, 0xfb, 0, 0];
/// Confirmation to receive, and of a page, as we say them.
const CFR: u8 = 0x84;
const MCF: u8 = 0x8c;

struct Bench {
    now: Instant,
    driver: Class1,
    told: String,
}

impl Bench {
    /// A page is awaited, after what was said last.
    fn new(said: u8) -> Self {
        let call = ModemCall {
            number: None,
            setup: Vec::new(),
            class: FaxClass::One,
            mmr: true,
            connect_delay: Duration::ZERO,
        };
        let mut driver = Class1::new(&call);
        driver.actions.clear();
        (driver.phase, driver.listen, driver.said) = (Phase::Free, PAGE, said);
        let mut bench = Self { now: Instant::ZERO, driver, told: String::new() };
        bench.passes(0);
        bench
    }

    /// The same, after a command to which the training belongs.
    fn after_a_command() -> Self {
        let mut bench = Self::new(0);
        // The engine listens for the training as soon as it has the command.
        bench.driver.phase = Phase::Frames { up: true, instead: false };
        bench.frame(DCS, Word::Ok);
        bench
    }

    /// So much time, in steps of the engine.
    fn passes(&mut self, millis: u64) {
        for step in 0..=millis / 20 {
            self.now = self.now + Duration::from_millis(if step == 0 { 0 } else { 20 });
            self.driver.advance(self.now);
            self.drain();
        }
    }

    fn word(&mut self, word: Word) {
        writeln!(self.told, "{:?} < {}", self.now, word.text()).unwrap();
        self.driver.said(self.now, Event::Word(word));
        self.passes(0);
    }

    fn frame(&mut self, frame: &[u8], word: Word) {
        writeln!(self.told, "{:?} < {frame:02x?}", self.now).unwrap();
        self.driver.said(self.now, Event::Data(frame.to_vec()));
        self.driver.said(self.now, Event::EndOfData);
        self.word(word);
    }

    fn drain(&mut self) {
        while let Some(action) = self.driver.action() {
            match action {
                Action::Modem(Order::Command { line, .. }) => writeln!(self.told, "{:?} > {line}", self.now).unwrap(),
                Action::Modem(order) => writeln!(self.told, "{:?} > {order:?}", self.now).unwrap(),
                action => writeln!(self.told, "{:?} {action:02x?}", self.now).unwrap(),
            }
        }
    }

    /// The line was put down, and then it was said that there is no call, and why.
    fn hung_up_first(&self, word: Word) -> bool {
        self.told.ends_with(&format!("> HangUp\n{:?} NoCall(Some({word:?}))\n", self.now))
    }

    #[track_caller]
    fn check(&self, expected: &Expect) {
        expected.assert_eq(&self.told);
    }
}

#[test]
fn a_command_that_is_said_again_in_place_of_a_page_is_heard_whole() {
    let mut bench = Bench::new(CFR);
    bench.passes(1500);
    bench.word(Word::OtherCarrier);
    bench.passes(200);
    bench.word(Word::Connect);
    bench.frame(TSI, Word::Ok);
    bench.word(Word::Connect);
    bench.frame(DCS, Word::Ok);
    bench.check(&expect![[r#"
        0.000000s > AT+FRM=145
        1.500000s < +FCERROR
        1.500000s > AT+FRH=3
        1.700000s < CONNECT
        1.700000s < [ff, 03, 43, 20, 00, 00]
        1.700000s < OK
        1.700000s Engine(Frame { frame: [ff, 03, 43, 20], good: true })
        1.700000s > AT+FRH=3
        1.700000s < CONNECT
        1.700000s < [ff, 13, 83, 00, 00, 00, 00]
        1.700000s < OK
        1.700000s Engine(News(Training))
        1.700000s Engine(Frame { frame: [ff, 13, 83, 00, 00], good: true })
        1.700000s > AT+FRM=145
    "#]]);
}

#[test]
fn what_follows_a_page_that_was_not_heard_is_told_apart_from_a_command_that_is_said_again() {
    for (said, after, missed) in [(MCF, 1500, false), (MCF, 4000, true), (CFR, 1500, true)] {
        let mut bench = Bench::new(said);
        bench.passes(after);
        bench.word(Word::OtherCarrier);
        bench.word(Word::Connect);
        bench.frame(MPS, Word::Ok);
        assert_eq!(bench.told.contains("Training"), missed, "{}", bench.told);
    }
}

/// The engine would speak into a page that the modem missed; one that only begins late is none that was missed.
#[test]
fn a_page_that_is_not_heard_is_supposed_before_the_engine_gives_it_up() {
    let mut bench = Bench::new(MCF);
    bench.passes(6500);
    bench.word(Word::Connect);
    bench.driver.said(bench.now, Event::Data(vec![1, 2, 3]));
    bench.passes(0);
    bench.driver.said(bench.now, Event::EndOfData);
    bench.word(Word::NoCarrier);
    bench.check(&expect![[r#"
        0.000000s > AT+FRM=145
        6.000000s Engine(News(CarrierUp))
        6.000000s Engine(News(Trained))
        6.500000s < CONNECT
        6.500000s Engine(Put([01, 02, 03]))
        6.500000s < NO CARRIER
        6.500000s Engine(News(CarrierDown))
        6.500000s > AT+FRM=145
    "#]]);
    let mut bench = Bench::new(MCF);
    bench.passes(70_000);
    bench.check(&expect![[r#"
        0.000000s > AT+FRM=145
        6.000000s Engine(News(CarrierUp))
        6.000000s Engine(News(Trained))
        55.000000s Engine(News(CarrierDown))
    "#]]);
}

/// What follows it says that it was missed, and the engine answers when its carrier is gone.
#[test]
fn a_supposed_page_ends_with_what_follows_it() {
    for frames in [false, true] {
        let mut bench = Bench::new(MCF);
        if let Signal::Fast { frames: of_page, .. } = &mut bench.driver.listen {
            *of_page = frames;
        }
        bench.passes(30_000);
        bench.word(Word::OtherCarrier);
        bench.word(Word::Connect);
        bench.frame(MPS, Word::Ok);
        let told: Vec<&str> =
            bench.told.lines().filter_map(|line| line.split_once("Engine(")).map(|(_, it)| it).collect();
        let none = frames.then_some("Frame { frame: [ff], good: true })");
        let before = ["News(CarrierUp))", "News(Trained))"].into_iter().chain(none);
        let (frame, gone) = ("Frame { frame: [ff, 13, 4f], good: true })", "News(CarrierDown))");
        let after = if frames { ["News(Training))", frame, gone] } else { ["News(Training))", gone, frame] };
        assert_eq!(told, before.chain(after).collect::<Vec<_>>());
    }
}

/// The modem hears the end of their command, and then the training. A command in its place is one that the engine had.
#[test]
fn while_the_training_is_awaited_it_is_not_given_up_for_frames() {
    let mut bench = Bench::after_a_command();
    bench.passes(40);
    bench.word(Word::OtherCarrier);
    bench.passes(3060);
    bench.word(Word::OtherCarrier);
    bench.word(Word::Connect);
    bench.frame(DCS, Word::Ok);
    bench.passes(4000);
    bench.word(Word::OtherCarrier);
    bench.word(Word::Connect);
    bench.frame(DCN, Word::Ok);
    bench.check(&expect![[r#"
        0.000000s > AT+FRM=145
        0.000000s < [ff, 13, 83, 00, 00, 00, 00]
        0.000000s < OK
        0.000000s Engine(Frame { frame: [ff, 13, 83, 00, 00], good: true })
        0.000000s Engine(News(CarrierDown))
        0.000000s > AT+FRM=145
        0.040000s < +FCERROR
        0.100000s > AT+FRM=145
        3.100000s < +FCERROR
        3.100000s > AT+FRH=3
        3.100000s < CONNECT
        3.100000s < [ff, 13, 83, 00, 00, 00, 00]
        3.100000s < OK
        3.100000s > AT+FRM=145
        7.100000s < +FCERROR
        7.100000s > AT+FRH=3
        7.100000s < CONNECT
        7.100000s < [ff, 13, fb, 00, 00]
        7.100000s < OK
        7.100000s Engine(News(Training))
        7.100000s Engine(Frame { frame: [ff, 13, fb], good: true })
        7.100000s > AT+FRM=145
    "#]]);
}

#[test]
fn frames_that_do_not_come_in_place_of_a_page_are_not_awaited_for_long() {
    let mut bench = Bench::new(MCF);
    bench.passes(100);
    bench.word(Word::OtherCarrier);
    bench.passes(2000);
    bench.word(Word::Ok);
    bench.check(&expect![[r#"
        0.000000s > AT+FRM=145
        0.100000s < +FCERROR
        0.100000s > AT+FRH=3
        1.100000s > Abort
        2.100000s < OK
        2.100000s > AT+FRM=145
    "#]]);
}

/// The line is cut, or the modem waited too long for a frame: it takes no more data, and says nothing else.
#[test]
fn a_word_in_the_midst_of_sending_ends_the_line() {
    for phase in [Phase::Frame, Phase::Sending] {
        for word in [Word::NoCarrier, Word::Error] {
            let mut bench = Bench::new(0);
            (bench.driver.phase, bench.driver.speak) = (phase, PAGE);
            bench.word(word);
            assert!(bench.hung_up_first(word), "{phase:?}: {}", bench.told);
        }
    }
}

/// Nothing would put the line down afterwards: the session that ends finds the driver at its end already.
#[test]
fn a_call_that_ends_by_any_odd_word_is_hung_up() {
    let mut bench = Bench::new(0);
    bench.driver.phase = Phase::Calling;
    bench.word(Word::Ok);
    assert!(bench.hung_up_first(Word::Ok), "{}", bench.told);

    let mut bench = Bench::new(0);
    bench.driver.refused = MOST_REFUSED;
    bench.driver.phase = Phase::ToPage;
    bench.word(Word::Error);
    assert!(bench.hung_up_first(Word::Error), "{}", bench.told);

    for event in [Event::Ready, Event::Stuck] {
        let mut bench = Bench::new(0);
        bench.driver.phase = Phase::Calling;
        bench.driver.said(bench.now, event);
        bench.passes(0);
        bench.driver.end();
        bench.passes(0);
        assert_eq!(bench.told.matches("HangUp").count(), 1, "{}", bench.told);
    }
}

/// Dropping DTR and waiting for an answer would keep the modem from its next call for nothing.
#[test]
fn a_modem_that_says_why_there_is_no_call_is_on_the_hook() {
    for word in [Word::Busy, Word::NoCarrier, Word::NoAnswer, Word::NoDialTone] {
        let mut bench = Bench::new(0);
        bench.driver.phase = Phase::Calling;
        bench.word(word);
        bench.driver.end();
        bench.passes(0);
        assert!(!bench.told.contains("HangUp") && bench.told.contains("NoCall"), "{}", bench.told);
    }
}

/// It seems to wait for a command, and may still give what it hears: `ATH0` alone could be swallowed.
#[test]
fn a_call_ends_by_more_than_a_command_wherever_it_is() {
    let ends: [fn(&mut Bench); 2] = [|bench| bench.driver.end(), |bench| bench.driver.wanted(DONE)];
    for end in ends {
        let mut bench = Bench::new(0);
        bench.driver.phase = Phase::Free;
        end(&mut bench);
        bench.passes(0);
        assert!(bench.told.ends_with("0.000000s > HangUp\n"), "{}", bench.told);
    }
}

const DONE: FrontOrder = FrontOrder::Transmit(Signal::Done);

#[test]
fn a_frame_of_ours_begins_when_the_line_was_silent_and_at_no_other_word() {
    let mut bench = Bench::new(0);
    (bench.driver.phase, bench.driver.heard) = (Phase::Free, true);
    bench.driver.wanted(FrontOrder::Transmit(Signal::V21));
    bench.passes(100);
    bench.word(Word::Connect);
    bench.word(Word::NoCarrier);
    bench.passes(60);
    bench.word(Word::Ok);
    bench.check(&expect![[r#"
        0.000000s > AT+FRM=145
        0.000000s > AT+FRS=7
        0.100000s < CONNECT
        0.100000s < NO CARRIER
        0.160000s > AT+FRS=7
        0.160000s < OK
        0.160000s > AT+FTH=3
    "#]]);

    // One that does not know the command says so each time.
    let mut bench = Bench::new(0);
    (bench.driver.phase, bench.driver.heard) = (Phase::Free, true);
    bench.driver.wanted(FrontOrder::Transmit(Signal::V21));
    bench.passes(100);
    bench.word(Word::Error);
    bench.passes(60);
    bench.word(Word::Error);
    bench.check(&expect![[r#"
        0.000000s > AT+FRM=145
        0.000000s > AT+FRS=7
        0.100000s < ERROR
        0.160000s > AT+FRS=7
        0.160000s < ERROR
        0.160000s > AT+FTH=3
    "#]]);
}
