//! A modem that is none: an existing fax program (HylaFAX, efax, a fax server under Windows) writes AT commands to a port, and the
//! sounds of its modem travel in one of our calls: as they are, or translated where the call is one over T.38.
//!
//! Sans-I/O: bytes of the program and sound or packets of the call in, the same out, every 20 ms. Its line is free, ringing, or in a call; whoever
//! owns it places, answers and ends the call as [`Output`] asks. Nothing that the program writes can hold it up or make it grow.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use model::{Instant, Now};
use serde::{Deserialize, Serialize};
use spandsp::{FaxModem, LineNews, LineOrder, SetupFailed};

use super::gateway::{Gateway, Terms};
use crate::audio::{Law, Playout};

/// The modem's clock.
const TICK: Duration = Duration::from_millis(20);
/// The same in samples.
const SAMPLES: usize = 160;
/// How far the modem's clock may lag and be caught up with. What is beyond has passed.
const MAX_CATCH_UP: Duration = Duration::from_millis(200);
/// A telephone rings every so often (in North America two seconds of every six; fax programs count rings, and need not wait so long).
const RINGS: Duration = Duration::from_secs(2);
/// As long as it rings each time.
const RING_LASTS: Duration = Duration::from_secs(1);
/// Bytes of the program that wait while the modem says that it has enough: as much as a serial port holds.
const MOST_WAITING: usize = 4096;

/// By which words programs ask for the numbers of callers, or ask for them no more: V.253's, and Rockwell's.
const ASKING: [(&[u8], bool); 4] = [(b"+VCID=1", true), (b"#CID=1", true), (b"+VCID=0", false), (b"#CID=0", false)];
/// By which words they send or await a fast carrier: what greetings agree on is tried, and the way of the call must not change any more.
const TRAINING: [&[u8]; 2] = [b"+FTM=", b"+FRM="];
/// The longest of all these.
const LONGEST_WORD: usize = 7;

/// What goes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// The program writes.
    Bytes(&'a [u8]),
    /// The program has closed the port: the modem hangs up, as one that sees DTR go.
    Closed,
    /// Sound of the call, as it came.
    Sound {
        /// Its place.
        timestamp: u32,
        /// Its octets, in the law of the modem.
        payload: &'a [u8],
    },
    /// The call is one over T.38, or becomes one now: from here on it has packets in place of sound.
    Packets(Terms),
    /// A datagram of the call, as it came.
    Datagram(&'a [u8]),
    /// Somebody calls, from this number, or from none that is known.
    Ringing(&'a str),
    /// The call that was placed, or that rang, is answered.
    Answered,
    /// The call that was placed came to nothing, for this reason.
    Failed(NoCall),
    /// The call is over.
    Ended,
    /// The instant that `Output::Timeout` named has come.
    Timeout,
}

/// Why a call came to nothing, as far as a modem can say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoCall {
    /// The number is busy.
    Busy,
    /// Nobody answers.
    NoAnswer,
    /// There is no line to call with.
    NoLine,
}

/// What comes out; the shell polls until `Timeout`.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    /// The program reads this.
    Bytes(Vec<u8>),
    /// Say this in the call.
    Sound(Bytes),
    /// Send this in the call, which is one over T.38.
    Datagram(Bytes),
    /// The fax is past its greetings: a call as sound must stay one. Once for each call.
    UnderWay,
    /// Call this number, as the program wrote it.
    Dial(String),
    /// Answer the call that rings.
    Answer,
    /// End the call.
    HangUp,
    /// Nothing more until this instant.
    Timeout(Instant),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Free,
    Placing,
    Ringing { next: Instant },
    Answering,
    Up,
}

/// What stands between the modem and a call over T.38.
#[derive(Debug)]
struct Translated {
    gateway: Gateway,
    /// What the modem hears next.
    heard: [i16; SAMPLES],
}

/// See the module.
#[derive(Debug)]
pub struct VirtualModem {
    modem: FaxModem,
    law: Law,
    line: Line,
    playout: Playout,
    /// The call is one over T.38.
    translated: Option<Translated>,
    under_way: bool,
    next_tick: Instant,
    /// What the program wrote while the modem had enough.
    waiting: VecDeque<u8>,
    /// The last of what it wrote, and whether it wants to know who calls.
    written: VecDeque<u8>,
    wants_callers: bool,
    /// Who calls, until it is said.
    caller: Option<String>,
    out: VecDeque<Output>,
}

impl VirtualModem {
    /// A modem that is switched on.
    pub fn new(now: Now, law: Law) -> Result<Self, SetupFailed> {
        Ok(Self {
            modem: FaxModem::new()?,
            law,
            line: Line::Free,
            playout: Playout::new(law),
            translated: None,
            under_way: false,
            next_tick: now.instant + TICK,
            waiting: VecDeque::new(),
            written: VecDeque::new(),
            wants_callers: false,
            caller: None,
            out: VecDeque::new(),
        })
    }

    /// One step.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        let now = now.instant;
        match input {
            Input::Bytes(bytes) => {
                let room = MOST_WAITING.saturating_sub(self.waiting.len());
                self.waiting.extend(bytes.iter().take(room));
            }
            Input::Closed => {
                self.waiting.clear();
                if matches!(self.line, Line::Placing | Line::Answering | Line::Up) {
                    self.free();
                    self.modem.tell(LineNews::Ended);
                    self.out.push_back(Output::HangUp);
                }
            }
            Input::Sound { timestamp, payload } => {
                if self.line == Line::Up {
                    self.playout.put(now, self.next_tick, timestamp, payload);
                }
            }
            Input::Packets(terms) => self.translate(now, terms),
            Input::Datagram(bytes) => {
                if let Some(translated) = self.translated.as_mut().filter(|_| self.line == Line::Up) {
                    translated.gateway.datagram(now, bytes);
                }
            }
            Input::Ringing(from) => {
                if self.line == Line::Free {
                    self.caller = Some(from.to_owned());
                    self.line = Line::Ringing { next: now };
                }
            }
            Input::Answered => match self.line {
                Line::Placing => self.up(LineNews::Connected),
                Line::Answering | Line::Ringing { .. } => self.up(LineNews::Answered),
                Line::Free | Line::Up => {}
            },
            Input::Failed(why) => {
                if self.line == Line::Placing {
                    self.free();
                    self.modem.tell(match why {
                        NoCall::Busy => LineNews::Busy,
                        NoCall::NoAnswer => LineNews::NoAnswer,
                        NoCall::NoLine => LineNews::NoDialTone,
                    });
                }
            }
            Input::Ended => match self.free() {
                Line::Up => self.modem.tell(LineNews::Ended),
                // Whoever called gave up as the program took the call, and it waits for what comes of that.
                Line::Placing | Line::Answering => self.modem.tell(LineNews::NoAnswer),
                Line::Free | Line::Ringing { .. } => {}
            },
            Input::Timeout => {}
        }
        self.run(now);
    }

    /// The program's port may be read: what it has written has found its place.
    pub fn takes_bytes(&self) -> bool {
        self.waiting.is_empty()
    }

    /// It has no call, and nothing that the program wrote is waiting.
    pub fn is_free(&self) -> bool {
        self.line == Line::Free && self.waiting.is_empty()
    }

    /// It has a call: as on a cable, the wire for the carrier (DCD).
    pub fn has_call(&self) -> bool {
        self.line == Line::Up
    }

    /// It rings at this moment: as on a cable, the wire for that (RI), which is up while the bell would be heard.
    pub fn rings(&self, now: Now) -> bool {
        let bell_ends = |next: Instant| now.instant + (RINGS - RING_LASTS) < next;
        matches!(self.line, Line::Ringing { next } if bell_ends(next))
    }

    /// What is to be done; poll until `Timeout`.
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or(Output::Timeout(self.next_tick))
    }

    fn up(&mut self, news: LineNews) {
        self.line = Line::Up;
        self.under_way = false;
        self.playout = Playout::new(self.law);
        self.modem.tell(news);
    }

    /// There is no call any more. What there was.
    fn free(&mut self) -> Line {
        self.translated = None;
        std::mem::replace(&mut self.line, Line::Free)
    }

    /// The modem goes on as it was: to it the call is sound.
    fn translate(&mut self, now: Instant, terms: Terms) {
        if matches!(self.line, Line::Free) || self.translated.is_some() {
            return;
        }
        match Gateway::new(now, terms) {
            Ok(gateway) => self.translated = Some(Translated { gateway, heard: [0; SAMPLES] }),
            Err(SetupFailed) => self.hang_up(),
        }
    }

    /// The call cannot go on.
    fn hang_up(&mut self) {
        self.free();
        self.modem.tell(LineNews::Ended);
        self.out.push_back(Output::HangUp);
    }

    fn run(&mut self, now: Instant) {
        self.pass_on();
        if let Line::Ringing { next } = self.line
            && now >= next
        {
            self.line = Line::Ringing { next: now + RINGS };
            self.modem.tell(LineNews::Ringing);
            let said = self.modem.read();
            self.out.push_back(Output::Bytes(said));
            self.tell_caller();
        }
        if now.saturating_since(self.next_tick) > MAX_CATCH_UP {
            self.next_tick = Instant::from_nanos(now.nanos().saturating_sub(MAX_CATCH_UP.as_nanos() as u64));
        }
        while now >= self.next_tick {
            self.tick();
            self.pass_on();
        }
        self.orders();
        let said = self.modem.read();
        if !said.is_empty() {
            self.out.push_back(Output::Bytes(said));
        }
    }

    /// Gives the modem what the program wrote, as long as it takes it.
    fn pass_on(&mut self) {
        while !self.modem.is_holding()
            && let Some(byte) = self.waiting.pop_front()
        {
            self.modem.write(&[byte]);
            self.look_at(byte);
        }
    }

    /// Sees whether the program asks for the numbers of callers, or trains. The modem takes the command and keeps it to itself.
    fn look_at(&mut self, byte: u8) {
        self.written.push_back(byte.to_ascii_uppercase());
        if self.written.len() > LONGEST_WORD {
            self.written.pop_front();
        }
        for (asking, wants) in ASKING {
            if self.has_written(asking) {
                self.wants_callers = wants;
            }
        }
        if self.line == Line::Up && !self.under_way && TRAINING.iter().any(|word| self.has_written(word)) {
            self.under_way = true;
            self.out.push_back(Output::UnderWay);
        }
    }

    /// The last that it wrote is this word.
    fn has_written(&self, word: &[u8]) -> bool {
        self.written.len() >= word.len() && self.written.iter().rev().zip(word.iter().rev()).all(|(a, b)| a == b)
    }

    /// Between the first ring and the second, as a telephone line tells it.
    fn tell_caller(&mut self) {
        if let Some(caller) = self.caller.take().filter(|_| self.wants_callers) {
            let number = if caller.is_empty() { "P" } else { &caller };
            self.out.push_back(Output::Bytes(format!("\r\nNMBR = {number}\r\n").into_bytes()));
        }
    }

    fn tick(&mut self) {
        let at = self.next_tick;
        let up = self.line == Line::Up;
        let hears_sound = up && self.translated.is_none();
        let drift = if hears_sound { self.playout.drift() } else { 0 };
        self.next_tick = at + Duration::from_nanos((TICK.as_nanos() as u64).saturating_add_signed(drift));
        let mut samples = match self.translated.as_ref().filter(|_| up) {
            Some(translated) => translated.heard,
            None => {
                let mut octets = [self.law.silence(); SAMPLES];
                if up {
                    self.playout.take(&mut octets);
                }
                octets.map(|octet| self.law.decode(octet))
            }
        };
        self.modem.step(&mut samples);
        if !up {
            return;
        }
        match &mut self.translated {
            Some(translated) => {
                translated.gateway.step(at, &mut samples);
                translated.heard = samples;
                while let Some(datagram) = translated.gateway.poll() {
                    self.out.push_back(Output::Datagram(datagram));
                }
                if translated.gateway.is_over() {
                    self.hang_up();
                }
            }
            None => {
                let said = samples.iter().map(|sample| self.law.encode(*sample)).collect();
                self.out.push_back(Output::Sound(said));
            }
        }
    }

    fn orders(&mut self) {
        while let Some(order) = self.modem.order() {
            match (order, self.line) {
                (LineOrder::Dial(number), Line::Free) => {
                    self.line = Line::Placing;
                    self.out.push_back(Output::Dial(number));
                }
                (LineOrder::Answer, Line::Ringing { .. }) => {
                    self.line = Line::Answering;
                    self.out.push_back(Output::Answer);
                }
                (LineOrder::HangUp, Line::Placing | Line::Answering | Line::Up) => {
                    self.free();
                    self.out.push_back(Output::HangUp);
                }
                // Calling while it rings, answering nobody: there is no such call.
                (LineOrder::Dial(_), _) => self.modem.tell(LineNews::NoDialTone),
                (LineOrder::Answer, _) => self.modem.tell(LineNews::NoAnswer),
                (LineOrder::HangUp, _) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the program reads until then.
    fn read(modem: &mut VirtualModem) -> String {
        let mut said = Vec::new();
        loop {
            match modem.poll_output() {
                Output::Bytes(bytes) => said.extend(bytes),
                Output::Timeout(_) => return String::from_utf8(said).unwrap().replace("\r\n", " "),
                _ => {}
            }
        }
    }

    #[test]
    fn who_calls_is_told_after_the_first_ring_to_a_program_that_asked() {
        let start = Now::simulation_start();
        for (asks, from, told) in [
            ("ATE0\r", "2025550123", " RING "),
            ("ATE0\rAT+VCID=1\r", "2025550123", " RING  NMBR = 2025550123 "),
            ("ATE0\rat#cid=1\r", "", " RING  NMBR = P "),
            ("ATE0\rAT+VCID=1\rAT+VCID=0\r", "2025550123", " RING "),
        ] {
            let mut modem = VirtualModem::new(start, Law::Mu).unwrap();
            modem.handle_input(start, Input::Bytes(asks.as_bytes()));
            read(&mut modem);
            modem.handle_input(start, Input::Ringing(from));
            assert_eq!(read(&mut modem), told, "{asks}");
            modem.handle_input(start.after(RINGS), Input::Timeout);
            assert_eq!(read(&mut modem), " RING ", "{asks}");
        }
    }

    #[test]
    fn its_wires_tell_when_the_bell_is_heard_and_when_there_is_a_call() {
        let start = Now::simulation_start();
        let mut modem = VirtualModem::new(start, Law::Mu).unwrap();
        let mut wires = |at: Now, input: Input<'_>| {
            modem.handle_input(at, input);
            (modem.rings(at), modem.has_call())
        };
        assert_eq!(wires(start, Input::Ringing("")), (true, false));
        assert_eq!(wires(start.after(RING_LASTS), Input::Timeout), (false, false));
        assert_eq!(wires(start.after(RINGS), Input::Timeout), (true, false));
        let at = start.after(RINGS * 2);
        wires(at, Input::Bytes(b"AT+FCLASS=1\rATA\r"));
        assert_eq!(wires(at, Input::Answered), (false, true));
        assert_eq!(wires(at, Input::Closed), (false, false));
    }

    #[test]
    fn a_caller_who_gives_up_as_the_program_answers_leaves_a_modem_that_takes_commands() {
        let start = Now::simulation_start();
        let mut modem = VirtualModem::new(start, Law::Mu).unwrap();
        modem.handle_input(start, Input::Bytes(b"ATE0\rAT+FCLASS=1\r"));
        modem.handle_input(start, Input::Ringing(""));
        read(&mut modem);
        modem.handle_input(start, Input::Bytes(b"ATA\r"));
        assert_eq!(modem.poll_output(), Output::Answer);
        modem.handle_input(start, Input::Ended);
        assert_eq!(read(&mut modem), " NO ANSWER ");
        modem.handle_input(start, Input::Bytes(b"AT\r"));
        assert_eq!(read(&mut modem), " OK ");
        assert!(modem.is_free());
    }
}
