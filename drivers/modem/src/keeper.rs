//! Keeping one modem: its port is opened, what stands there is found out, and it is there again by itself after it was unplugged, switched
//! off or caught in something. One that waits for a call is asked now and then whether it is still there.
//!
//! Sans-I/O, around [`Modem`]: the shell opens and closes the port as it is told, and carries bytes. A modem that answers to nothing is
//! called back to order by [`Modem`], and if that does not help its port is closed and opened again, which is as much as can be done
//! without a hand at its plug. Nothing else waits for it meanwhile.

use std::time::Duration;

use model::{Instant, Now};

use crate::api::{Event, Input, Order, Output};
use crate::core::{Modem, TAKING};
use crate::probe::{Description, Found, Probe};
use crate::quirks::NEVER_ANSWERS;
use crate::words::Word;

/// How often it is looked whether a modem is there again. A look costs one system call.
const LOOK: Duration = Duration::from_secs(2);
/// How soon a port is opened again on which something stands that is of no use, or that another program has.
const LATER: Duration = Duration::from_secs(15);
/// A modem that was just plugged in needs so long before it answers.
const SETTLE: Duration = Duration::from_millis(500);

/// How long it may take to answer a setting.
const ANSWER: Duration = Duration::from_secs(3);
/// A modem that says nothing and is told nothing for so long is asked whether it is there, and told its settings again: its port stays open
/// when its power goes, and what it was told is gone when that comes back. In a call something comes sooner, or a command is with it.
const CHECK: Duration = Duration::from_secs(60);
/// The question.
const ATTENTION: &str = "ATE0V1Q0";

/// What the keeper is told.
#[derive(Debug)]
pub enum Told<'a> {
    /// The port is open.
    Opened,
    /// It cannot be opened, and why: a sentence for a person.
    NotOpened(String),
    /// Bytes from the port.
    Bytes(&'a [u8]),
    /// The port is gone: unplugged, or it takes nothing more.
    Gone,
    /// An order for the modem, which is heeded while it is ready.
    Order(Order),
    /// The instant that `Doing::Timeout` named has come.
    Timeout,
}

/// What the keeper does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Open the port, and say [`Told::Opened`] or [`Told::NotOpened`].
    Open,
    /// Close it.
    Close,
    /// Write this to it.
    Write(Vec<u8>),
    /// Throw away what it still holds.
    Flush,
    /// Set DTR.
    Dtr(bool),
    /// For the modem's user.
    News(News),
    /// Nothing more until this instant.
    Timeout(Instant),
}

/// What the user of a modem hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It is not there, and why. If it was, so is the call that it had.
    Away(String),
    /// Something is there and is being asked what it is.
    Probed,
    /// What is there is of no use, and why.
    Unfit(String),
    /// It can be used from now on.
    Ready(Description),
    /// Something that it says.
    Said(Event),
}

enum State {
    /// The port is closed until then.
    Closed(Instant),
    /// The shell opens it.
    Opening,
    /// It is open, and left alone until then.
    Settling(Instant),
    /// It is asked what it is.
    Probing(Box<Probe>),
    /// It is its user's, once it has taken what it is to be set to.
    Ready { modem: Box<Modem>, upkeep: Upkeep },
}

/// What a modem that waits for a call is told without its user.
struct Upkeep {
    /// All of it, the last first.
    settings: Vec<String>,
    /// What of that is still to come.
    left: Vec<String>,
    /// One of them is with it: the next word is the answer to that.
    asked: bool,
    /// When all of it is told again, if nothing happens before.
    at: Instant,
}

impl Upkeep {
    /// Last first: whether a call is answered is its user's to say, and who calls is to be heard before that.
    fn of(modem: &Description, more: &[String], now: Now) -> Self {
        let callers = modem.quirks().callers.iter().rev();
        let own = callers.chain([&NEVER_ANSWERS, &ATTENTION]).map(|&line| line.to_owned());
        let settings: Vec<_> = more.iter().rev().cloned().chain(own).collect();
        Self { left: settings.clone(), settings, asked: false, at: now.instant + CHECK }
    }
}

/// See the module.
pub struct Keeper {
    state: State,
    /// What it is to be told beside what every modem is.
    settings: Vec<String>,
    /// What was said last of why it cannot be used: the same is not said again.
    said: Option<String>,
    out: std::collections::VecDeque<Doing>,
}

impl Keeper {
    /// A modem of which nothing is known: its port is opened at once. While it waits for a call it is told these settings, too.
    pub fn new(now: Now, settings: Vec<String>) -> Self {
        Self { state: State::Closed(now.instant), settings, said: None, out: std::collections::VecDeque::new() }
    }

    /// One step.
    pub fn handle_input(&mut self, now: Now, told: Told<'_>) {
        match told {
            Told::Opened => self.state = State::Settling(now.instant + SETTLE),
            Told::NotOpened(why) => self.away(now, why, LOOK),
            Told::Gone => {
                if !matches!(self.state, State::Closed(_) | State::Opening) {
                    self.out.push_back(Doing::Close);
                    self.away(now, "It was unplugged, or its port broke.".to_owned(), LOOK);
                }
            }
            Told::Bytes(bytes) => match &mut self.state {
                State::Probing(probe) => probe.handle_input(now, bytes),
                State::Ready { modem, upkeep } => {
                    upkeep.at = now.instant + CHECK;
                    modem.handle_input(now, Input::Bytes(bytes));
                }
                // What it says while it wakes up.
                State::Closed(_) | State::Opening | State::Settling(_) => {}
            },
            Told::Order(order) => {
                if let State::Ready { modem, upkeep } = &mut self.state {
                    // Its user is faster, and sets it for each call anyway.
                    upkeep.left.clear();
                    (upkeep.asked, upkeep.at) = (false, now.instant + CHECK);
                    modem.handle_input(now, Input::Order(order));
                }
            }
            Told::Timeout => self.timeout(now),
        }
        self.pump(now);
    }

    /// What is to be done; poll until `Timeout`.
    pub fn poll(&mut self) -> Doing {
        self.out.pop_front().unwrap_or_else(|| Doing::Timeout(self.until()))
    }

    /// How long the port may take nothing of what is written to it now. Then it is gone.
    pub const fn patience(&self) -> Duration {
        match &self.state {
            State::Ready { modem, .. } => modem.patience(),
            _ => TAKING,
        }
    }

    fn until(&self) -> Instant {
        match &self.state {
            State::Closed(at) | State::Settling(at) => *at,
            State::Opening => Instant::FAR_FUTURE,
            State::Probing(probe) => probe.next_timeout(),
            State::Ready { modem, upkeep } if modem.is_idle() => upkeep.at,
            State::Ready { modem, .. } => modem.next_timeout(),
        }
    }

    fn timeout(&mut self, now: Now) {
        if now.instant < self.until() {
            return;
        }
        match &mut self.state {
            State::Closed(_) => {
                self.state = State::Opening;
                self.out.push_back(Doing::Open);
            }
            State::Settling(_) => {
                // Of one that was of no use before, what was said of it stands until it is known better.
                if self.said.is_none() {
                    self.out.push_back(Doing::News(News::Probed));
                }
                self.state = State::Probing(Box::new(Probe::new(now)));
            }
            State::Probing(probe) => probe.handle_input(now, &[]),
            State::Ready { modem, upkeep } if modem.is_idle() => {
                upkeep.left.clone_from(&upkeep.settings);
                self.tell_next(now);
            }
            State::Ready { modem, .. } => modem.handle_input(now, Input::Timeout),
            State::Opening => {}
        }
    }

    fn pump(&mut self, now: Now) {
        match &mut self.state {
            State::Probing(_) => self.pump_probe(now),
            State::Ready { .. } => self.pump_modem(now),
            State::Closed(_) | State::Opening | State::Settling(_) => {}
        }
    }

    fn pump_probe(&mut self, now: Now) {
        while let State::Probing(probe) = &mut self.state {
            match probe.poll(now) {
                Ok(Output::Timeout(_)) => return,
                Ok(output) => self.carry_out(output),
                Err(found) => self.found(now, found),
            }
        }
    }

    fn found(&mut self, now: Now, found: Found) {
        match found {
            Found::Modem(modem) if modem.is_usable() => {
                self.said = None;
                let upkeep = Upkeep::of(&modem, &self.settings, now);
                self.out.push_back(Doing::News(News::Ready(modem)));
                self.state = State::Ready { modem: Box::new(Modem::new()), upkeep };
                self.tell_next(now);
                self.pump_modem(now);
            }
            other => {
                self.out.push_back(Doing::Close);
                self.state = State::Closed(now.instant + LATER);
                self.tell(other.sentence(), News::Unfit);
            }
        }
    }

    /// Gives it what it is to be told next. One that does not know a setting says so, and is as good without.
    fn tell_next(&mut self, now: Now) {
        if let State::Ready { modem, upkeep } = &mut self.state {
            let next = upkeep.left.pop();
            (upkeep.asked, upkeep.at) = (next.is_some(), now.instant + CHECK);
            if let Some(line) = next {
                modem.handle_input(now, Input::Order(Order::Command { line, within: ANSWER }));
            }
        }
    }

    fn pump_modem(&mut self, now: Now) {
        while let State::Ready { modem, upkeep } = &mut self.state {
            match modem.poll_output() {
                Output::Timeout(_) => return,
                // Its user hears of calls alone.
                Output::Event(Event::Word(word)) if upkeep.asked && !matches!(word, Word::Ring | Word::Connect) => {
                    self.tell_next(now);
                }
                // It swallowed one of them, or was switched off and on, and answers again.
                Output::Event(Event::Ready) if upkeep.asked => self.tell_next(now),
                Output::Event(Event::Stuck) => {
                    self.out.push_back(Doing::Close);
                    self.away(now, "It does not answer any more.".to_owned(), SETTLE);
                }
                output => self.carry_out(output),
            }
        }
    }

    fn carry_out(&mut self, output: Output) {
        self.out.push_back(match output {
            Output::Write(bytes) => Doing::Write(bytes),
            Output::Flush => Doing::Flush,
            Output::Dtr(on) => Doing::Dtr(on),
            Output::Event(event) => Doing::News(News::Said(event)),
            Output::Timeout(at) => Doing::Timeout(at),
        });
    }

    fn away(&mut self, now: Now, why: String, pause: Duration) {
        self.state = State::Closed(now.instant + pause);
        self.tell(why, News::Away);
    }

    fn tell(&mut self, why: String, news: impl FnOnce(String) -> News) {
        if self.said.as_ref() != Some(&why) {
            self.said = Some(why.clone());
            self.out.push_back(Doing::News(news(why)));
        }
    }
}
