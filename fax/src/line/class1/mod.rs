//! T.30 over a Class 1 modem (T.31): what the engine wants sent and heard becomes commands, and what the modem says becomes what the engine
//! is told.
//!
//! Sans-I/O, between two that it never lets wait for each other: the engine (in its worker) says what it wants, and that is only written
//! down; commands are chosen when the engine has taken all that it was told, since a frame may change what it listens for. The modem does
//! what a computer does badly: gaps of 75 ms, training, carriers. This side must only never let it run dry.
//!
//! # What is not in the books
//! * After our call `CONNECT` stands for a reception of frames (`+FRH=3`), after our answer for a transmission (`+FTH=3`): the modem
//!   has called or answered with its own tones.
//! * After a DCS the page's carrier is listened for at once: waiting for silence (`+FRS`) would swallow the training.
//! * After our own page the wait is one of silence sent (`+FTS`), before an answer one of silence heard (`+FRS`).
//! * No modem frames a fast carrier below V.34: error correction's frames are made and read by us (`modem::hdlc`).

mod receiving;
mod sending;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use model::Instant;
use modem::hdlc::{Deframer, Framer};
use modem::{Event, Order, Word};
use spandsp::{FrontNews, FrontOrder, Signal};

use super::{Action, ModemCall};
use crate::worker::proto::FrontInput;

/// Dialling, ringing, and the other machine's first word.
const CALL: Duration = Duration::from_secs(90);
/// A command that only sets something.
const SETTING: Duration = Duration::from_secs(3);
/// How long a modem may listen in vain: the engine's timers end it earlier.
const LISTENING: Duration = Duration::from_secs(60);
/// Until it takes the data of a frame or a page.
const BEGINNING: Duration = Duration::from_secs(10);
/// How soon a reception that found nothing is begun again.
const AGAIN: Duration = Duration::from_millis(50);
/// Frames of a page that wait to be sent. The engine gives the next one when it was told that one is sent.
const MOST_FRAMES: usize = 8;
/// So many commands to send in a row the modem may refuse: one that has hung up by itself refuses all.
const MOST_REFUSED: u32 = 8;
/// The bit of a frame's second octet that says that it is the last (T.30 section 5.3.5).
const FINAL: u8 = 0x10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Called to order, before anything.
    Resetting,
    /// The setting of this number is with it.
    Setting(usize),
    /// It calls, or answers.
    Calling,
    /// It waits for a command.
    Free,
    /// Silence is awaited or sent; then comes what is to be sent.
    Gap,
    /// It listens for frames; `up`: the carrier is there; `instead`: where a page was expected.
    Frames { up: bool, instead: bool },
    /// The end of a frame came; the word on it is awaited.
    FrameEnd { instead: bool },
    /// It listens for a page.
    Page { up: bool },
    /// Its end came, and a word is awaited.
    PageEnd,
    /// What it heard does not matter any more.
    Stopping,
    /// It was told to send frames.
    ToFrames,
    /// It waits for a frame.
    Frame,
    /// A frame is with it.
    FrameSent { last: bool },
    /// It was told to send a page.
    ToPage,
    /// It sends one.
    Sending,
    /// All of it is with it.
    PageSent,
    /// The call is over.
    Over,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Class1 {
    settings: Vec<String>,
    number: Option<String>,
    /// See [`ModemCall::connect_delay`].
    delay: Duration,
    /// The call has begun: it has heard a machine, or answered.
    connected: bool,
    phase: Phase,
    listen: Signal,
    speak: Signal,
    /// What is to be sent has not begun.
    to_speak: bool,
    /// The last thing on the line was ours, and a page.
    paged: bool,
    /// The last thing on the line was theirs.
    heard: bool,
    /// Since when, if it was a frame.
    heard_at: Instant,
    /// The last frame of ours, and when it was sent.
    said: u8,
    said_at: Instant,
    /// The training is awaited: nothing was said to the command before it.
    training: bool,
    /// Frames come where a page was expected, and that was missed.
    missed: bool,
    /// They are awaited no longer than this.
    patience: Instant,
    /// The engine was told of a page that the modem does not hear.
    supposed: bool,
    frames: VecDeque<Vec<u8>>,
    no_more_frames: bool,
    frame: Vec<u8>,
    framer: Framer,
    deframer: Deframer,
    /// The page under way: from when on the modem takes it, and how many octets went.
    since: Instant,
    sent: u64,
    /// Part of a page was asked for.
    asked: bool,
    /// Commands in a row that the modem did not take.
    refused: u32,
    pause: Option<Instant>,
    again: Option<Instant>,
    actions: VecDeque<Action>,
}

impl Class1 {
    pub(crate) fn new(call: &ModemCall) -> Self {
        let mut settings = call.setup.clone();
        settings.push(format!("AT+FCLASS={}", call.class.word()));
        let mut class1 = Self {
            settings,
            number: call.number.clone(),
            delay: call.connect_delay,
            connected: false,
            phase: Phase::Resetting,
            listen: Signal::None,
            speak: Signal::None,
            to_speak: false,
            paged: false,
            heard: false,
            heard_at: Instant::ZERO,
            said: 0,
            said_at: Instant::ZERO,
            training: false,
            missed: false,
            patience: Instant::ZERO,
            supposed: false,
            frames: VecDeque::new(),
            no_more_frames: false,
            frame: Vec::new(),
            framer: Framer::default(),
            deframer: Deframer::default(),
            since: Instant::ZERO,
            sent: 0,
            asked: false,
            refused: 0,
            pause: None,
            again: None,
            actions: VecDeque::new(),
        };
        class1.modem(Order::Reset);
        class1
    }

    /// What is to be done next.
    pub(crate) fn action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// It dialled, and has heard no machine yet.
    pub(crate) const fn is_unanswered(&self) -> bool {
        self.number.is_some() && !self.connected
    }

    /// The engine wants something.
    pub(crate) fn wanted(&mut self, order: FrontOrder) {
        match order {
            FrontOrder::Receive(signal) => self.listen = signal,
            FrontOrder::Transmit(signal) => {
                self.speak = signal;
                self.to_speak = true;
                self.no_more_frames = false;
            }
            FrontOrder::Frame(frame) => {
                if self.frames.len() < MOST_FRAMES {
                    self.frames.push_back(frame);
                }
            }
            FrontOrder::LastFrame => self.no_more_frames = true,
            FrontOrder::Flush => {
                self.frames.clear();
                self.no_more_frames = false;
            }
        }
    }

    /// The modem says something.
    pub(crate) fn said(&mut self, now: Instant, event: Event) {
        match event {
            Event::Ready => self.ready(now),
            Event::Stuck => self.over(None),
            Event::Data(data) => self.data(&data),
            Event::EndOfData => {
                self.phase = match self.phase {
                    Phase::Frames { instead, .. } => Phase::FrameEnd { instead },
                    Phase::Page { .. } => Phase::PageEnd,
                    phase => phase,
                };
            }
            Event::Word(word) => self.word(now, word),
            Event::Text(_) | Event::Go => {}
        }
    }

    /// The modem takes commands again: at the beginning, or because a word of it was lost and it was called back to order. The call goes
    /// on as if what was under way had come to its end; T.30 repeats what did not arrive.
    fn ready(&mut self, now: Instant) {
        match self.phase {
            Phase::Resetting => self.setting(0),
            Phase::Setting(n) => self.setting(n + 1),
            Phase::Calling => self.over(None),
            // The engine knows of no carrier of these.
            Phase::Frames { instead: true, .. } | Phase::FrameEnd { instead: true } => self.free_again(now),
            Phase::Frames { .. } | Phase::FrameEnd { .. } | Phase::Page { .. } | Phase::PageEnd | Phase::Stopping => {
                self.supposed = false;
                self.tell(FrontNews::CarrierDown);
                self.free_again(now);
            }
            Phase::Gap | Phase::ToFrames | Phase::ToPage => {
                self.to_speak = true;
                self.free_again(now);
            }
            Phase::Frame | Phase::FrameSent { .. } | Phase::Sending | Phase::PageSent => {
                self.tell(FrontNews::Sent);
                self.free_again(now);
            }
            Phase::Free | Phase::Over => {}
        }
    }

    /// The modem waits for a command, and the engine has taken all that it was told: what comes next.
    pub(crate) fn advance(&mut self, now: Instant) {
        if self.pause.is_some_and(|until| now >= until) {
            self.pause = None;
            self.engine(FrontInput::News(FrontNews::Sent));
            return;
        }
        if self.to_speak && self.greets(now) || self.supposes(now) {
            return;
        }
        match self.phase {
            Phase::Frames { .. } | Phase::Page { .. } if self.to_speak || self.is_stale(now) => {
                self.phase = Phase::Stopping;
                self.modem(Order::Abort);
            }
            Phase::Free => self.next_command(now),
            Phase::Frame => self.send_frame(),
            Phase::Sending => self.send_page(now),
            _ => {}
        }
    }

    /// When [`Class1::advance`] has something to do by the clock.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.pause.into_iter().chain(self.again).chain(self.supposes_at()).min()
    }

    /// Signals that need no command. True if it was one.
    fn greets(&mut self, now: Instant) -> bool {
        match self.speak {
            // The modem's own tone was its answer to our command.
            Signal::Ced => {
                if !matches!(self.phase, Phase::Frame) {
                    return true;
                }
                self.engine(FrontInput::News(FrontNews::Sent));
            }
            Signal::Cng | Signal::None => {}
            Signal::Pause(millis) => self.pause = Some(now + Duration::from_millis(u64::from(millis))),
            Signal::Done => {
                self.to_speak = false;
                self.end();
                return true;
            }
            Signal::V21 | Signal::Fast { .. } => return false,
        }
        self.to_speak = false;
        true
    }

    fn next_command(&mut self, now: Instant) {
        if self.again.is_some_and(|at| now < at) {
            return;
        }
        self.again = None;
        if self.to_speak {
            let gap = match (self.speak, self.heard, self.paged) {
                (Signal::V21, true, _) => "AT+FRS=7",
                (Signal::V21, false, true) => "AT+FTS=9",
                _ => "AT+FTS=8",
            };
            self.phase = Phase::Gap;
            return self.command(gap, BEGINNING);
        }
        // The modem took the frame for the last one, which its second octet says, and so does the engine.
        if std::mem::take(&mut self.no_more_frames) {
            return self.tell(FrontNews::Sent);
        }
        if !self.frames.is_empty() && self.speak == Signal::V21 {
            self.to_speak = true;
            return self.next_command(now);
        }
        self.listen();
    }

    fn word(&mut self, now: Instant, word: Word) {
        match (self.phase, word) {
            (Phase::Setting(n), Word::Ok | Word::Error) => self.setting(n + 1),
            (Phase::Calling, Word::Connect) => {
                self.connected = true;
                // A call of ours begins with hearing, an answer with speaking.
                let hears = Phase::Frames { up: false, instead: false };
                self.phase = if self.number.is_some() { hears } else { Phase::Frame };
                if self.number.is_some() {
                    self.carrier_of_frames();
                }
            }
            (Phase::Calling, Word::Ring) => {}
            (Phase::Calling, word) => self.over(Some(word)),
            (Phase::Frames { up, instead }, word) => self.word_on_frames(now, up, instead, word),
            (Phase::FrameEnd { instead }, word) => self.frame_ended(now, instead, word == Word::Ok),
            (Phase::Page { up }, word) => self.word_on_page(now, up, word),
            (Phase::PageEnd, _) => {
                self.heard = true;
                self.paged = false;
                self.tell(FrontNews::CarrierDown);
                self.phase = Phase::Free;
            }
            (Phase::Stopping, Word::Ring | Word::Connect) => {}
            (Phase::Stopping, _) => self.phase = Phase::Free,
            (Phase::Gap, Word::Ok) => self.begin(),
            // Neither is an answer to that command.
            (Phase::Gap, Word::Ring | Word::Connect) => {}
            // A word on what came before, and then the gap would be none; one that says so again does not know the command.
            (Phase::Gap, Word::Error) if self.refused > 0 => self.begin(),
            (Phase::ToFrames, Word::Connect) => {
                self.refused = 0;
                self.phase = Phase::Frame;
            }
            (Phase::ToPage, Word::Connect) => self.page_begins(now),
            // It did not take the command: once more, if it is still wanted. One that never does has put the line down.
            (Phase::ToFrames | Phase::ToPage | Phase::Gap, word) => {
                self.refused += 1;
                if self.refused > MOST_REFUSED {
                    return self.over(Some(word));
                }
                self.to_speak = true;
                self.free_again(now);
            }
            (Phase::FrameSent { last }, word) => {
                (self.heard, self.training, self.said_at) = (false, false, now);
                self.supposed = false;
                self.phase = if word == Word::Connect && !last { Phase::Frame } else { Phase::Free };
                self.paged = false;
                self.tell(FrontNews::Sent);
            }
            (Phase::PageSent, _) => {
                (self.heard, self.paged) = (false, true);
                self.phase = Phase::Free;
                self.tell(FrontNews::Sent);
            }
            // Whatever it says while it should send: it takes no more of it (T.31 section 8.3.3), and nothing else would ever come.
            (Phase::Frame | Phase::Sending, word) if word != Word::Ring => self.over(Some(word)),
            // `NO CARRIER` without a command: the line is gone.
            (Phase::Free, Word::NoCarrier) => self.over(Some(Word::NoCarrier)),
            _ => {}
        }
    }

    fn setting(&mut self, n: usize) {
        if let Some(line) = self.settings.get(n).cloned() {
            self.phase = Phase::Setting(n);
            return self.command(&line, SETTING);
        }
        self.phase = Phase::Calling;
        let line = self.number.as_ref().map_or_else(|| "ATA".to_owned(), |number| format!("ATDT{number}"));
        self.command(&line, CALL);
    }

    fn free_again(&mut self, now: Instant) {
        self.phase = Phase::Free;
        self.again = Some(now + AGAIN);
    }

    /// The session is over: the line is put down. The modem may be in the midst of anything, and seem to wait for a command while it still
    /// gives what it hears, so that it is never told to by a command alone.
    pub(crate) fn end(&mut self) {
        if std::mem::replace(&mut self.phase, Phase::Over) != Phase::Over {
            self.modem(Order::HangUp);
        }
    }

    /// The call is over by the modem's doing, and the line is put down: it may well still hold it. One that answered a dialled number or
    /// a ring with the reason why there is no call never took it up.
    fn over(&mut self, word: Option<Word>) {
        let no_call = self.phase == Phase::Calling && word.is_some_and(says_no_call);
        if no_call {
            self.phase = Phase::Over;
        }
        self.end();
        self.actions.push_back(Action::NoCall(word));
    }

    fn command(&mut self, line: &str, within: Duration) {
        self.modem(Order::Command { line: line.to_owned(), within });
    }

    fn modem(&mut self, order: Order) {
        self.actions.push_back(Action::Modem(order));
    }

    fn engine(&mut self, input: FrontInput) {
        self.actions.push_back(Action::Engine(input));
    }

    fn tell(&mut self, news: FrontNews) {
        self.engine(FrontInput::News(news));
    }
}

/// The modem says that it is on the hook, and why.
const fn says_no_call(word: Word) -> bool {
    matches!(word, Word::NoCarrier | Word::Busy | Word::NoAnswer | Word::NoDialTone | Word::Delayed | Word::Blacklisted)
}
