//! Keeping a modem: what is done to its port and what its user hears, as a transcript, in simulated time.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::{Expect, expect};
use model::{Instant, Now};
use modem::Order;
use modem::keeper::{Doing, Keeper, News, Told};

/// What is at the end of the cable.
#[derive(Clone, Copy, PartialEq)]
enum Cable {
    /// Nothing: the port is not there.
    None,
    /// A port on which nothing answers.
    Silent,
    /// A modem.
    Modem,
}

struct Bench {
    now: Now,
    keeper: Keeper,
    cable: Cable,
    /// The fax class that it is set to.
    class: String,
    /// What it was told.
    lines: Vec<String>,
    told: String,
}

impl Bench {
    fn new(cable: Cable) -> Self {
        let now = Now::simulation_start();
        Self {
            now,
            keeper: Keeper::new(now, Vec::new()),
            cable,
            class: String::new(),
            lines: Vec::new(),
            told: String::new(),
        }
    }

    /// Until then.
    fn run(&mut self, seconds: u64) {
        let end = Instant::ZERO + Duration::from_secs(seconds);
        loop {
            let at = self.drain();
            if at > end {
                self.now = self.now.after(end - self.now.instant);
                return;
            }
            self.now = self.now.after(at - self.now.instant);
            self.keeper.handle_input(self.now, Told::Timeout);
        }
    }

    fn tell(&mut self, told: Told<'_>) {
        self.keeper.handle_input(self.now, told);
        self.drain();
    }

    fn drain(&mut self) -> Instant {
        loop {
            match self.keeper.poll() {
                Doing::Timeout(at) => return at,
                Doing::Open => {
                    let told = match self.cable {
                        Cable::None => Told::NotOpened("There is nothing at /dev/ttyX.".to_owned()),
                        Cable::Silent | Cable::Modem => Told::Opened,
                    };
                    self.keeper.handle_input(self.now, told);
                }
                Doing::Write(bytes) => self.write(&bytes),
                Doing::News(News::Ready(modem)) => self.note(&format!("Ready: {}", modem.says)),
                Doing::News(news) => self.note(&format!("{news:?}")),
                Doing::Close => self.note("Close"),
                Doing::Flush | Doing::Dtr(_) => {}
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let line = String::from_utf8_lossy(bytes).trim().to_owned();
        if self.cable != Cable::Modem || !line.starts_with("AT") {
            return;
        }
        self.lines.push(line.clone());
        if let Some(class) = line.strip_prefix("AT+FCLASS=").filter(|class| *class != "?") {
            class.clone_into(&mut self.class);
        }
        let answer = match line.as_str() {
            "ATI" => "Fax 14400\r\n\r\nOK",
            "AT+FCLASS=?" => "0,1\r\n\r\nOK",
            "AT+FTM=?" | "AT+FRM=?" if self.class != "1" => "ERROR",
            "AT+FTM=?" | "AT+FRM=?" => "24,48,96,145\r\n\r\nOK",
            _ => "OK",
        };
        self.keeper.handle_input(self.now, Told::Bytes(format!("\r\n{answer}\r\n").as_bytes()));
    }

    fn note(&mut self, what: &str) {
        writeln!(self.told, "{:?} {what}", self.now.instant).unwrap();
    }

    fn check(&self, expected: &Expect) {
        expected.assert_eq(&self.told);
    }
}

#[test]
fn a_modem_that_is_unplugged_is_there_again_by_itself() {
    let mut bench = Bench::new(Cable::None);
    bench.run(3600);
    bench.cable = Cable::Modem;
    bench.run(3605);
    bench.tell(Told::Bytes(b"\r\nRING\r\n"));
    bench.cable = Cable::None;
    bench.tell(Told::Gone);
    bench.run(7200);
    bench.cable = Cable::Modem;
    bench.run(7205);
    bench.check(&expect![[r#"
        0.000000s Away("There is nothing at /dev/ttyX.")
        3602.750000s Ready: Fax 14400
        3605.000000s Said(Word(Ring))
        3605.000000s Close
        3605.000000s Away("It was unplugged, or its port broke.")
        3607.000000s Away("There is nothing at /dev/ttyX.")
        7201.750000s Ready: Fax 14400
    "#]]);
}

#[test]
fn a_modem_that_is_stuck_gets_its_port_opened_anew_and_one_that_stays_silent_is_looked_at_from_time_to_time() {
    let mut bench = Bench::new(Cable::Modem);
    bench.run(10);
    bench.cable = Cable::Silent;
    bench.tell(Told::Order(Order::Command { line: "ATDT5551234".to_owned(), within: Duration::from_secs(60) }));
    bench.run(200);
    bench.cable = Cable::Modem;
    bench.run(230);
    bench.check(&expect![[r#"
        0.500000s Probed
        0.750000s Ready: Fax 14400
        76.000000s Close
        76.000000s Away("It does not answer any more.")
        83.000000s Close
        83.000000s Unfit("Nothing answers on this port. Is the modem switched on, and is it the right port?")
        104.500000s Close
        126.000000s Close
        147.500000s Close
        169.000000s Close
        190.500000s Close
        206.250000s Ready: Fax 14400
    "#]]);
}

/// Its port stays open all the while.
#[test]
fn a_modem_without_power_is_missed_between_two_calls_and_is_told_its_settings_when_it_is_back() {
    let mut bench = Bench::new(Cable::Modem);
    bench.run(10);
    bench.cable = Cable::Silent;
    bench.run(100);
    bench.cable = Cable::Modem;
    bench.lines.clear();
    bench.run(120);
    bench.check(&expect![[r#"
        0.500000s Probed
        0.750000s Ready: Fax 14400
        69.750000s Close
        69.750000s Away("It does not answer any more.")
        76.750000s Close
        76.750000s Unfit("Nothing answers on this port. Is the modem switched on, and is it the right port?")
        98.250000s Close
        114.000000s Ready: Fax 14400
    "#]]);
    assert!(bench.lines.ends_with(&SETTINGS.map(str::to_owned)), "{:?}", bench.lines);
}

/// What a modem that waits for a call is told.
const SETTINGS: [&str; 4] = ["ATE0V1Q0", "ATS0=0", "AT+VCID=1", "AT#CID=1"];

#[test]
fn a_modem_that_waits_for_a_call_is_told_its_settings_each_minute_and_not_while_it_rings_or_has_a_call() {
    let mut bench = Bench::new(Cable::Modem);
    bench.run(10);
    bench.lines.clear();
    bench.run(70);
    assert_eq!(bench.lines, SETTINGS);
    bench.lines.clear();
    for ring in 0..20 {
        bench.tell(Told::Bytes(b"\r\nRING\r\n"));
        bench.run(70 + 6 * ring);
    }
    assert!(bench.lines.is_empty(), "{:?}", bench.lines);
    bench.cable = Cable::Silent;
    bench.tell(Told::Order(Order::Command { line: "ATA".to_owned(), within: Duration::from_secs(90) }));
    bench.run(270);
    assert!(bench.lines.is_empty(), "{:?}", bench.lines);
}
