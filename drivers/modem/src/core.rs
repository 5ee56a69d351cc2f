//! The core: one command at a time, its bytes out, its words and data in.

use std::collections::VecDeque;
use std::time::Duration;

use model::{Instant, Now};

use crate::api::{Event, Input, Order, Output};
use crate::frame::Frame;
use crate::words::Word;

const DLE: u8 = 0x10;
const ETX: u8 = 0x03;
/// Stands for two DLE in the data of some modems (T.31 section 5.1.3).
const SUB: u8 = 0x1a;
/// Ends whatever is received (T.31 section 8.3.3: any character does; this one harms nowhere).
const CAN: u8 = 0x18;
/// A modem takes data, in Class 2.
const XON: u8 = 0x11;
/// A line that is longer is no line: a modem that babbles.
const LONGEST_LINE: usize = 256;
/// How long after `CAN` the modem may take to say that it has stopped.
const ABORT: Duration = Duration::from_millis(500);
/// How long a modem that receives may give nothing: between two frames there are flags, of which it says nothing, for a second.
const GIVING: Duration = Duration::from_secs(10);
/// How long the word on what was received may take.
const JUDGING: Duration = Duration::from_secs(5);
/// The same in Class 2, where the modem checks whole blocks before it gives them: 64 KiB at 2400 bit/s.
const GIVING_BLOCKS: Duration = Duration::from_secs(240);
/// In Class 2 the word on a page follows what the other machine says after it, which it may have to say three times.
const JUDGING_PAGES: Duration = Duration::from_secs(30);
/// A modem that was called and is quiet for this long after an answer has said all that it had to say.
const QUIET: Duration = Duration::from_millis(250);
/// How long a modem may take nothing of what is written to it: at the slowest carrier its own buffer is sent in a few seconds.
pub(crate) const TAKING: Duration = Duration::from_secs(10);
/// The same of a page in Class 2, where the modem corrects errors by itself and has no room meanwhile: their machine may say that it is not
/// ready for T5, 60 s (T.30 Annex A.5.4.1), and have the same block repeated before and after that.
const TAKING_BLOCKS: Duration = Duration::from_secs(120);
/// By which words a modem breaks off what it gives, without the end (`DLE ETX`) that belongs there: its line is gone, or it lost the carrier.
const BROKEN_OFF: [(&[u8], Word); 2] = [(b"\r\nNO CARRIER\r\n", Word::NoCarrier), (b"\r\nERROR\r\n", Word::Error)];
/// How long hanging up may take.
const HANG_UP: Duration = Duration::from_secs(5);
/// How often a modem that does not answer is called, each time by stronger means, and how long each may take.
const CALLS: [Call; 4] = [
    Call { means: Means::EndData, within: Duration::from_secs(1) },
    Call { means: Means::Attention, within: Duration::from_secs(1) },
    Call { means: Means::DropDtr, within: Duration::from_secs(2) },
    Call { means: Means::Attention, within: Duration::from_secs(2) },
];

/// One step of calling a modem back to order.
#[derive(Clone, Copy, Debug)]
struct Call {
    means: Means,
    within: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// It may think that it is in the midst of data: that ends now.
    EndData,
    /// A command that every modem knows.
    Attention,
    /// It hangs up and takes commands when nobody seems to be there (`&D2`), then the command.
    DropDtr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Commands,
    /// A command is with it.
    Asked {
        until: Instant,
        receives: bool,
    },
    /// It wants data from us.
    Sending,
    /// All data is with it.
    Ending {
        until: Instant,
    },
    /// It gives us data, and something of it by then.
    Receiving {
        until: Instant,
    },
    /// It was told to stop that.
    Aborting {
        until: Instant,
    },
    /// It is called back to order.
    Calling {
        step: usize,
        until: Instant,
        /// It has answered; what else it says to what it was called with is let pass.
        answered: bool,
    },
}

/// A modem. See the crate.
#[derive(Debug)]
pub struct Modem {
    state: State,
    line: Vec<u8>,
    /// What it receives is a page of Class 2.
    pages: bool,
    /// What it sends is one.
    sends_pages: bool,
    /// The command that is with it may end in `CONNECT`.
    connects: bool,
    /// The line is to be put down, and it has not said yet that it is.
    hangs_up: bool,
    /// What it receives is a frame at 300 bit/s, this one.
    frames: bool,
    frame: Frame,
    /// The end of a frame came without a check sum before it: a line end follows, or it was none.
    doubtful: bool,
    /// What it gave last, as long as that may be the beginning of a word in place of data; and whether anything came before.
    held: Vec<u8>,
    gave: bool,
    /// The last octet of data was a DLE.
    dle: bool,
    /// The last octet ended a line by CR: the LF that belongs to it is no data.
    after_cr: bool,
    out: VecDeque<Output>,
}

impl Default for Modem {
    fn default() -> Self {
        Self::new()
    }
}

impl Modem {
    /// A modem of which nothing is known: begin with [`Order::Reset`].
    pub fn new() -> Self {
        Self {
            state: State::Commands,
            line: Vec::new(),
            pages: false,
            sends_pages: false,
            connects: false,
            hangs_up: false,
            frames: false,
            frame: Frame::default(),
            doubtful: false,
            held: Vec::new(),
            gave: false,
            dle: false,
            after_cr: false,
            out: VecDeque::new(),
        }
    }

    /// One step.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        let now = now.instant;
        match input {
            Input::Bytes(bytes) => self.bytes(now, bytes),
            Input::Order(order) => self.order(now, order),
            Input::Timeout => self.timeout(now),
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or(Output::Timeout(self.next_timeout()))
    }

    /// When the next [`Input::Timeout`] is due.
    pub fn next_timeout(&self) -> Instant {
        self.until().unwrap_or(Instant::FAR_FUTURE)
    }

    /// It waits for an order, and nothing is under way.
    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self.state, State::Commands)
    }

    /// How long it may take nothing of what is written to it now.
    pub const fn patience(&self) -> Duration {
        if self.sends_pages { TAKING_BLOCKS } else { TAKING }
    }

    const fn until(&self) -> Option<Instant> {
        match self.state {
            State::Asked { until, .. }
            | State::Ending { until }
            | State::Aborting { until }
            | State::Receiving { until }
            | State::Calling { until, .. } => Some(until),
            State::Commands | State::Sending => None,
        }
    }

    fn order(&mut self, now: Instant, order: Order) {
        match order {
            Order::Command { line, within } => {
                let receives = receives(&line);
                self.pages = line.contains("+FDR");
                self.frames = receives_frames(&line);
                self.sends_pages = line.contains("+FDT");
                self.connects = receives || sends(&line);
                self.hangs_up = false;
                self.line.clear();
                self.write(format!("{line}\r").into_bytes());
                self.state = State::Asked { until: now + within, receives };
            }
            Order::Data(data) => {
                if self.state == State::Sending {
                    let mut shielded = Vec::with_capacity(data.len() + 8);
                    for octet in data {
                        if octet == DLE {
                            shielded.push(DLE);
                        }
                        shielded.push(octet);
                    }
                    self.write(shielded);
                }
            }
            Order::EndOfData { within } => self.end_of_data(now, ETX, within),
            Order::EndOfPage { says, within } => self.end_of_data(now, says, within),
            Order::Start(octet) => {
                if self.is_receiving() {
                    self.write(vec![octet]);
                }
            }
            Order::Abort => {
                if matches!(self.state, State::Receiving { .. } | State::Asked { receives: true, .. }) {
                    self.write(vec![CAN]);
                    self.dle = false;
                    self.line.clear();
                    self.state = State::Aborting { until: now + ABORT };
                }
            }
            Order::HangUp => {
                (self.sends_pages, self.connects, self.hangs_up) = (false, false, true);
                self.out.push_back(Output::Dtr(false));
                self.out.push_back(Output::Flush);
                self.out.push_back(Output::Dtr(true));
                self.write(vec![DLE, ETX, CAN]);
                self.line.clear();
                self.dle = false;
                self.write(b"\rATH0\r".to_vec());
                self.state = State::Asked { until: now + HANG_UP, receives: false };
            }
            Order::Reset => {
                self.sends_pages = false;
                self.call(now, 0);
            }
        }
    }

    fn end_of_data(&mut self, now: Instant, says: u8, within: Duration) {
        if self.state == State::Sending {
            self.write(vec![DLE, says]);
            self.state = State::Ending { until: now + within };
        }
    }

    /// Calls it back to order by the means of this step.
    fn call(&mut self, now: Instant, step: usize) {
        let Some(Call { means, within }) = CALLS.get(step).copied() else {
            self.state = State::Commands;
            return self.event(Event::Stuck);
        };
        self.line.clear();
        self.dle = false;
        if means == Means::DropDtr {
            self.out.push_back(Output::Dtr(false));
            self.out.push_back(Output::Flush);
            self.out.push_back(Output::Dtr(true));
        }
        if means == Means::EndData {
            self.write(vec![DLE, ETX, CAN]);
        }
        // Of a line that was to be put down nobody knows whether it is.
        let line: &[u8] = if self.hangs_up { b"\rATE0V1Q0H0\r" } else { b"\rATE0V1Q0\r" };
        self.write(line.to_vec());
        self.state = State::Calling { step, until: now + within, answered: false };
    }

    fn timeout(&mut self, now: Instant) {
        if self.until().is_none_or(|until| now < until) {
            return;
        }
        match self.state {
            State::Calling { answered: true, .. } => {
                self.state = State::Commands;
                self.hangs_up = false;
                self.line.clear();
                self.event(Event::Ready);
            }
            State::Calling { step, .. } => self.call(now, step + 1),
            // Stopping came to nothing because there was nothing to stop any more: that is what was wanted.
            State::Aborting { .. } => {
                self.state = State::Commands;
                self.event(Event::Word(Word::Ok));
            }
            _ => self.call(now, 0),
        }
    }

    fn bytes(&mut self, now: Instant, bytes: &[u8]) {
        let mut data = Vec::new();
        for byte in bytes {
            let ends_line = *byte == b'\r' && !self.is_receiving();
            let after_cr = std::mem::replace(&mut self.after_cr, ends_line);
            if after_cr && *byte == b'\n' {
                continue;
            }
            if self.is_receiving() && std::mem::take(&mut self.doubtful) && matches!(byte, b'\r' | b'\n') {
                self.data_ends(now, &mut data);
            }
            if self.is_receiving() {
                self.state = State::Receiving { until: now + self.giving() };
                if self.frames {
                    self.frame.came(*byte);
                }
                let ends = self.takes(*byte, &mut data);
                self.gave |= !data.is_empty();
                if let Some(word) = self.broken_off() {
                    if self.frames {
                        self.frame.read(&mut data);
                        data = self.frame.take();
                    }
                    self.give(&mut data);
                    // Without any of it there was no frame and no page that could have an end.
                    if self.gave {
                        self.event(Event::EndOfData);
                    }
                    self.state = State::Commands;
                    self.event(Event::Word(word));
                } else if ends {
                    data.append(&mut self.held);
                    if self.frames {
                        self.frame.read(&mut data);
                        self.doubtful = self.frame.is_doubtful();
                    }
                    if !self.doubtful {
                        self.data_ends(now, &mut data);
                    }
                }
            } else if *byte == XON && self.state == State::Sending {
                self.event(Event::Go);
            } else if matches!(byte, b'\r' | b'\n') {
                self.end_of_line(now);
            } else if self.line.len() < LONGEST_LINE {
                self.line.push(*byte);
            }
        }
        if self.frames && self.is_receiving() {
            self.frame.read(&mut data);
        }
        self.give(&mut data);
    }

    /// All of it is there; the word that says how it was follows.
    fn data_ends(&mut self, now: Instant, data: &mut Vec<u8>) {
        if self.frames {
            *data = self.frame.take();
        }
        self.give(data);
        self.event(Event::EndOfData);
        let judging = if self.pages { JUDGING_PAGES } else { JUDGING };
        self.state = State::Asked { until: now + judging, receives: true };
    }

    /// Takes an octet of shielded data. True if that was the end.
    fn takes(&mut self, octet: u8, data: &mut Vec<u8>) -> bool {
        match (std::mem::take(&mut self.dle), octet) {
            (false, DLE) => self.dle = true,
            (true, ETX) => return true,
            (true, SUB) => {
                self.keep(DLE, data);
                self.keep(DLE, data);
            }
            // T.31 leaves out what else may follow a DLE.
            (true, octet) if octet != DLE => {}
            (_, octet) => self.keep(octet, data),
        }
        false
    }

    /// An octet of data, which is held back while it may belong to a word that breaks off. In Class 2 none does: there the hang-up is
    /// reported (`+FHNG`), and whoever sends the page chooses its bits.
    fn keep(&mut self, octet: u8, data: &mut Vec<u8>) {
        self.held.push(octet);
        while !self.held.is_empty() && (self.pages || !BROKEN_OFF.iter().any(|(word, _)| word.starts_with(&self.held)))
        {
            data.push(self.held.remove(0));
        }
    }

    /// The word by which the modem broke off what it gave, if it has come whole.
    fn broken_off(&mut self) -> Option<Word> {
        let (_, word) = BROKEN_OFF.iter().find(|(word, _)| *word == self.held)?;
        self.held.clear();
        Some(*word)
    }

    fn give(&mut self, data: &mut Vec<u8>) {
        if !data.is_empty() {
            self.event(Event::Data(std::mem::take(data)));
        }
    }

    const fn giving(&self) -> Duration {
        if self.pages { GIVING_BLOCKS } else { GIVING }
    }

    const fn is_receiving(&self) -> bool {
        matches!(self.state, State::Receiving { .. })
    }

    fn end_of_line(&mut self, now: Instant) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        if line.is_empty() {
            return;
        }
        match (Word::read(line), self.state) {
            // One that was in the midst of something answers to the end of that too, and each answer to a command of ours would else be
            // taken for that to the next.
            (Some(Word::Ok), State::Calling { step, .. }) => {
                self.state = State::Calling { step, until: now + QUIET, answered: true };
            }
            // What it said before it heard us.
            (_, State::Calling { .. }) => {}
            (Some(Word::Ring), state) => {
                // Some tell by it which number was called.
                if state == State::Commands && line.len() > Word::Ring.text().len() {
                    self.event(Event::Text(line.to_owned()));
                }
                self.event(Event::Word(Word::Ring));
            }
            // What it still says of the call; that the line is down is said by the answer to our command.
            (Some(word), State::Asked { .. }) if self.hangs_up && !matches!(word, Word::Ok | Word::Error) => {
                self.event(Event::Word(word));
            }
            // No answer to this command: it was on its way before, or the modem has answered a call by itself.
            (Some(Word::Connect), State::Asked { .. }) if !self.connects => self.event(Event::Word(Word::Connect)),
            (Some(word), State::Asked { receives, .. }) => {
                self.hangs_up = false;
                self.state = match (word, receives) {
                    (Word::Connect, true) => self.receive(now),
                    (Word::Connect, false) => State::Sending,
                    _ => State::Commands,
                };
                self.event(Event::Word(word));
            }
            (Some(word), State::Ending { .. }) => {
                self.state = if word == Word::Connect { State::Sending } else { State::Commands };
                self.event(Event::Word(word));
            }
            // It was on its way when we said that it should stop; so is what the modem gave until it heard that.
            (Some(Word::Connect) | None, State::Aborting { .. }) => {}
            (Some(word), State::Aborting { .. }) => {
                // `NO CARRIER` may have been on its way; one word is enough.
                self.state = State::Commands;
                self.event(Event::Word(word));
            }
            (Some(word), _) => {
                self.state = State::Commands;
                self.event(Event::Word(word));
            }
            (None, _) => self.event(Event::Text(line.to_owned())),
        }
    }

    /// What it gives from now on is data.
    fn receive(&mut self, now: Instant) -> State {
        self.held.clear();
        self.frame.clear();
        self.doubtful = false;
        self.gave = false;
        State::Receiving { until: now + self.giving() }
    }

    fn write(&mut self, bytes: Vec<u8>) {
        self.out.push_back(Output::Write(bytes));
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }
}

/// After the `CONNECT` of this command data comes, and does not go. An originating call begins with receiving, an answered one with
/// sending (T.31 section 8.1).
fn receives(line: &str) -> bool {
    let line = line.to_ascii_uppercase();
    line.contains("+FRH") || line.contains("+FRM") || line.contains("+FDR") || line.starts_with("ATD")
}

/// That data is a frame at 300 bit/s.
fn receives_frames(line: &str) -> bool {
    let line = line.to_ascii_uppercase();
    line.contains("+FRH") || line.starts_with("ATD")
}

/// After the `CONNECT` of this command data goes.
fn sends(line: &str) -> bool {
    let line = line.to_ascii_uppercase();
    line.contains("+FTH") || line.contains("+FTM") || line.contains("+FDT") || line.starts_with("ATA")
}
