//! What drives the modem of one call: we speak T.30 through it, or it does.

use std::time::Duration;

use model::Instant;
use model::settings::FaxClass;
use modem::{Event, Order, Word};
use spandsp::FrontOrder;

use super::class1::Class1;
use super::class2::{Class2, Ending};
use crate::session::{Params, Role};
use crate::worker::proto::{FromWorker, FrontInput, Way};

/// How a call over a modem begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModemCall {
    /// The number to dial; `None` answers the call that rings.
    pub number: Option<String>,
    /// What the model wants to be told first.
    pub setup: Vec<String>,
    /// How it is driven. In a class that speaks T.30 itself the way of the fax is [`Way::Class2`].
    pub class: FaxClass,
    /// In a class that speaks T.30 itself: MMR may be asked of it. Some claim it and garble pages.
    pub mmr: bool,
    /// In Class 1: so long after it has said that a page may be sent it takes data.
    pub connect_delay: Duration,
}

/// What a step came to.
#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    /// For the modem.
    Modem(Order),
    /// For the engine.
    Engine(FrontInput),
    /// What an engine of ours would report, from a modem that speaks T.30 itself.
    Report(FromWorker),
    /// For the flight recorder: something of such a modem that a person should know.
    Note {
        /// In a sentence.
        what: &'static str,
        /// The fact behind it.
        detail: String,
    },
    /// There is no call (any more), and this word says why.
    NoCall(Option<Word>),
    /// A modem that speaks T.30 itself cannot ask for such a document.
    CannotFetch,
}

/// See the module.
#[derive(Debug)]
pub(crate) enum Driver {
    One(Class1),
    Two(Class2),
}

impl Driver {
    pub(crate) fn new(role: Role, params: &Params) -> Self {
        let answers = || ModemCall {
            number: None,
            setup: Vec::new(),
            class: FaxClass::One,
            mmr: true,
            connect_delay: Duration::ZERO,
        };
        let call = params.modem.clone().unwrap_or_else(answers);
        match params.way {
            Way::Class2 => Self::Two(Class2::new(call, role, params)),
            _ => Self::One(Class1::new(&call)),
        }
    }

    /// What is to be done next.
    pub(crate) fn action(&mut self) -> Option<Action> {
        match self {
            Self::One(class1) => class1.action(),
            Self::Two(class2) => class2.action(),
        }
    }

    /// The engine wants something. One that only codes pages wants nothing.
    pub(crate) fn wanted(&mut self, order: FrontOrder) {
        if let Self::One(class1) = self {
            class1.wanted(order);
        }
    }

    /// The engine gave part of a page.
    pub(crate) fn taken(&mut self, data: Vec<u8>) {
        match self {
            Self::One(class1) => class1.taken(data),
            Self::Two(class2) => class2.taken(data),
        }
    }

    /// The modem says something.
    pub(crate) fn said(&mut self, now: Instant, event: Event) {
        match self {
            Self::One(class1) => class1.said(now, event),
            Self::Two(class2) => class2.said(now, event),
        }
    }

    /// What became of a page that came: it is durable, or too damaged to keep.
    pub(crate) fn judged(&mut self, kept: bool) {
        if let Self::Two(class2) = self {
            class2.judged(kept);
        }
    }

    /// It speaks T.30 itself, and confirmed a page before it was told that the page is stored.
    pub(crate) const fn confirms_by_itself(&self) -> bool {
        match self {
            Self::One(_) => false,
            Self::Two(class2) => class2.confirms_by_itself(),
        }
    }

    /// It dialled, and has heard no machine yet.
    pub(crate) const fn is_unanswered(&self) -> bool {
        match self {
            Self::One(class1) => class1.is_unanswered(),
            Self::Two(class2) => class2.is_unanswered(),
        }
    }

    /// There is no modem any more. True if part of a page is kept first; then it is said once more that there is no call.
    pub(crate) fn breaks(&mut self) -> bool {
        match self {
            Self::One(_) => false,
            Self::Two(class2) => class2.breaks(Ending::Gone),
        }
    }

    /// The engine waits for its next order: what comes next.
    pub(crate) fn advance(&mut self, now: Instant) {
        match self {
            Self::One(class1) => class1.advance(now),
            Self::Two(class2) => class2.advance(now),
        }
    }

    /// When [`Driver::advance`] has something to do by the clock.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        match self {
            Self::One(class1) => class1.timeout(),
            Self::Two(_) => None,
        }
    }

    /// How often it is looked what comes next.
    pub(crate) const fn tick(&self) -> Duration {
        match self {
            Self::One(_) => crate::session::TICK,
            Self::Two(_) => super::class2::TICK,
        }
    }

    /// The engine has a clock of its own, which it must be told.
    pub(crate) const fn has_a_clock(&self) -> bool {
        matches!(self, Self::One(_))
    }

    /// The session is over: the line is put down, whatever the modem is at.
    pub(crate) fn end(&mut self) {
        match self {
            Self::One(class1) => class1.end(),
            Self::Two(class2) => class2.end(),
        }
    }
}
