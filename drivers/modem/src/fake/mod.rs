//! A modem of Class 2, 2.0 or 2.1 that is none, for tests: it leads the talk of T.30 by itself, with error correction and T.6 if it is told
//! to, sends, receives and fetches, through a modem of Class 1, and misbehaves as it is told.
//!
//! Sans-I/O, between two cables: what the computer writes and what the Class 1 modem says come in, the same go out. Nothing of the driver
//! is in it but [`Modem`], so that what it says of a call is what two machines really said on a line. It was tried with fax programs of
//! others (tests/interop).

mod commands;
mod ecm;
mod frames;
mod talk;

use std::collections::VecDeque;
use std::time::Duration;

use model::settings::FaxClass;
use model::{Instant, Now};

use self::ecm::{Coming, Outgoing};
use self::frames::Terms;
use crate::api::{Event, Input, Order, Output};
use crate::core::Modem;

/// A modem that takes nothing for so long ends the call, as T.32's `+FCT` has it.
const IDLE: Duration = Duration::from_secs(30);
/// What the Class 1 modem may take for a command, and for what it still has to send.
const COMMAND: Duration = Duration::from_secs(60);
/// How soon it listens again when it heard nothing: a line that is gone says so at once, each time.
const AGAIN: Duration = Duration::from_millis(50);
/// T4 of T.30, with the tolerance that the caller has.
const T4: Duration = Duration::from_millis(3450);
/// T1 of T.30.
const T1: Duration = Duration::from_secs(35);

/// Octets of a page that wait until the line takes them: flow control by wires stops the computer there.
const MOST_WAITING: usize = 1024;

/// What it is told.
#[derive(Debug)]
pub enum Told<'a> {
    /// The computer writes.
    Computer(&'a [u8]),
    /// The Class 1 modem says.
    Line(&'a [u8]),
    /// The instant that [`Said::Timeout`] named has come.
    Timeout,
}

/// What it says.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// The computer reads this.
    Computer(Vec<u8>),
    /// For the Class 1 modem.
    Line(Vec<u8>),
    /// Nothing more until this instant.
    Timeout(Instant),
}

/// How it is, and misbehaves.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Which it speaks: Class 2 (SP-2388), 2.0 or 2.1 (T.32).
    pub class: FaxClass,
    /// It corrects errors, and takes and gives T.6 (MMR).
    pub corrects: bool,
    /// Under error correction so many frames are lost on their way, out or in.
    pub loses: u32,
    /// It cannot fetch.
    pub cannot_fetch: bool,
    /// It says nothing of the frames that go and come (`+FBU`).
    pub tells_no_frames: bool,
    /// The number by which it says that the other machine put the line down in place of a page.
    pub refused: u16,
    /// It has no two-dimensional coding (MR).
    pub one_dimensional: bool,
    /// So many pages that it is given arrive garbled at the other end.
    pub garbles: u32,
    /// It gives received pages with the first bit of the line as the highest of its octet, as many models of Class 2 do.
    pub reversed: bool,
    /// So many pages that come in it gives garbled.
    pub spoils: u32,
    /// It confirms pages before it is told to.
    pub hasty: bool,
    /// It takes another answer to a page, and gives its own.
    pub stubborn: bool,
    /// The line drops when the computer has said what follows this page (1 for the first), before an answer comes.
    pub drops_after: u32,
}

impl Manner {
    /// One that behaves, without error correction.
    pub const fn of(class: FaxClass) -> Self {
        Self {
            class,
            corrects: false,
            loses: 0,
            cannot_fetch: false,
            tells_no_frames: false,
            refused: 70,
            one_dimensional: false,
            garbles: 0,
            reversed: false,
            spoils: 0,
            hasty: false,
            stubborn: false,
            drops_after: 0,
        }
    }
}

/// Where the call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// It calls; the other machine's DIS is awaited.
    Calling,
    /// That has come: a page is awaited from the computer.
    Greeted,
    /// DCS and training went; an answer is awaited.
    Training {
        tries: u8,
    },
    /// It takes a page.
    Taking,
    /// It has taken one; the computer has to say what follows.
    Taken,
    /// It has asked the other machine for its answer.
    Asking {
        follows: u8,
        tries: u8,
    },
    /// It has answered a call; a DCS is awaited.
    Answering {
        tries: u8,
    },
    /// The training is heard.
    Checking,
    /// The training was good, and the computer is asked whether it takes a page.
    Trained,
    /// A page comes in.
    Giving,
    /// What follows it is awaited.
    Given,
    /// The computer has to say how it was.
    Heard {
        follows: u8,
    },
    /// The goodbye is awaited.
    Leaving,
}

/// Work for the Class 1 modem, one after the other.
#[derive(Debug)]
enum Step {
    /// A command that ends in `OK`.
    Command(String),
    /// A command that ends in `CONNECT`; a call that does not end so is none.
    Connect(String),
    /// A frame after that, and whether it is the last.
    Frame(Vec<u8>),
    /// So many zeros.
    Zeros(usize),
    /// All that the computer gives.
    Page,
    /// The same in frames, as far as a block goes.
    Block,
    /// Frames are listened for, for so long.
    Listen(Duration),
    /// The training, or a page, is listened for.
    Hear(String),
    /// The line is put down, and the computer told why.
    End(u16),
}

/// See the module.
#[derive(Debug)]
pub struct Fake {
    modem: Modem,
    manner: Manner,
    state: State,
    steps: VecDeque<Step>,
    /// The step that the modem is at.
    at: Option<Step>,
    /// What the computer wrote of a command line, and that it is in the midst of data.
    line: Vec<u8>,
    dle: bool,
    /// It has been told CONNECT, and its data is on its way.
    data: bool,
    /// It asked for a page (DC2, XON), and was told CONNECT before.
    asked: bool,
    told: bool,
    /// It has heard a fax machine in this call.
    met: bool,
    page: Vec<u8>,
    pages: u32,
    /// Of the frame, the training or the page that comes.
    heard: Vec<u8>,
    deadline: Instant,
    /// When it listens again.
    again: Instant,
    gives_up: bool,
    auto_answer: bool,
    ident: String,
    /// The computer would fetch; there is something to be fetched; and that is what this call is for.
    fetches: bool,
    holds: bool,
    dis: Vec<u8>,
    asks: bool,
    /// It has called.
    calls: bool,
    /// What it names: whom a fax is for, which document it asks for, and the password to either.
    subaddress: String,
    selection: String,
    password: String,
    /// It reports frames.
    reports: bool,
    ours: Terms,
    theirs: Terms,
    /// What both have; and whether the next page begins without a training.
    agreed: Terms,
    trained: bool,
    /// Under error correction: the block that goes out and the one that comes, what the computer has said that follows, and when it is
    /// looked whether the line wants more.
    block: Outgoing,
    coming: Coming,
    follows: Option<u8>,
    look: Instant,
    loses: u32,
    /// How the computer judges a page that came.
    answer: u8,
    /// Pages that came in.
    came: u32,
    out: VecDeque<Said>,
}

impl Fake {
    /// One that is switched on.
    pub fn new(now: Now, manner: Manner) -> Self {
        let mut modem = Modem::new();
        modem.handle_input(now, Input::Order(Order::Reset));
        let mut fake = Self {
            modem,
            manner,
            state: State::Idle,
            steps: VecDeque::new(),
            at: None,
            line: Vec::new(),
            dle: false,
            data: false,
            asked: false,
            told: false,
            met: false,
            page: Vec::new(),
            pages: 0,
            heard: Vec::new(),
            deadline: Instant::FAR_FUTURE,
            again: Instant::FAR_FUTURE,
            gives_up: false,
            auto_answer: false,
            ident: String::new(),
            fetches: false,
            holds: false,
            dis: Vec::new(),
            asks: false,
            calls: false,
            subaddress: String::new(),
            selection: String::new(),
            password: String::new(),
            reports: false,
            ours: Terms::ALL,
            theirs: Terms::ALL,
            agreed: Terms::ALL,
            trained: false,
            block: Outgoing::default(),
            coming: Coming::default(),
            follows: None,
            look: Instant::FAR_FUTURE,
            loses: manner.loses,
            answer: 1,
            came: 0,
            out: VecDeque::new(),
        };
        fake.run(now);
        fake
    }

    /// One step.
    pub fn handle_input(&mut self, now: Now, told: Told<'_>) {
        match told {
            Told::Computer(bytes) => {
                for byte in bytes {
                    self.computer(now, *byte);
                }
            }
            Told::Line(bytes) => self.modem.handle_input(now, Input::Bytes(bytes)),
            Told::Timeout => {
                if now.instant >= self.modem.next_timeout() {
                    self.modem.handle_input(now, Input::Timeout);
                }
                if now.instant >= self.again {
                    self.listen(now);
                }
                if now.instant >= self.look {
                    self.look = Instant::FAR_FUTURE;
                    self.send_block(now);
                }
                if now.instant >= self.deadline {
                    self.deadline = Instant::FAR_FUTURE;
                    self.late(now);
                }
            }
        }
        self.run(now);
    }

    /// The computer may write.
    pub fn takes_bytes(&self) -> bool {
        self.page.len() < MOST_WAITING
    }

    /// What it says; poll until [`Said::Timeout`].
    pub fn poll(&mut self) -> Said {
        let until = self.deadline.min(self.again).min(self.look).min(self.modem.next_timeout());
        self.out.pop_front().unwrap_or(Said::Timeout(until))
    }

    /// Passes on what the Class 1 modem says and is to be told.
    fn run(&mut self, now: Now) {
        loop {
            match self.modem.poll_output() {
                Output::Timeout(_) => return,
                Output::Write(bytes) => self.out.push_back(Said::Line(bytes)),
                Output::Flush | Output::Dtr(_) => {}
                Output::Event(event) => self.event(now, event),
            }
        }
    }

    fn event(&mut self, now: Now, event: Event) {
        match event {
            Event::Word(word) => self.word(now, word),
            Event::Data(data) if self.state == State::Giving && self.agreed.ecm => self.frames_come(&data),
            Event::Data(data) if self.state == State::Giving => self.give(&data),
            Event::Data(data) => self.heard.extend(data),
            Event::EndOfData if self.state == State::Giving && !self.agreed.ecm => self.say_raw(&[0x10, 0x03]),
            Event::EndOfData | Event::Go | Event::Ready => {}
            Event::Text(line) => self.say(&line),
            Event::Stuck => self.end(now, 50),
        }
    }

    /// What travels says which end sends it (T.30 section 5.3.6.1).
    const fn by_caller(&self) -> bool {
        self.calls
    }

    fn order(&mut self, now: Now, order: Order) {
        self.modem.handle_input(now, Input::Order(order));
    }

    /// A line for the computer.
    fn say(&mut self, line: &str) {
        self.say_raw(format!("\r\n{line}\r\n").as_bytes());
    }

    fn say_raw(&mut self, bytes: &[u8]) {
        self.out.push_back(Said::Computer(bytes.to_vec()));
    }

    /// The same fact in either class: under its name, with its numbers.
    fn report(&mut self, two: &str, two_zero: &str, value: &str) {
        let name = if self.manner.class == FaxClass::Two { two } else { two_zero };
        let colon = if value.is_empty() { "" } else { ":" };
        self.say(&format!("{name}{colon}{value}"));
    }
}
