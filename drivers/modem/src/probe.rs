//! Finding out what stands at the other end of a cable, and saying it in words.

use std::collections::BTreeSet;
use std::time::Duration;

use model::settings::FaxClass;
use model::{Instant, Now};

use crate::api::{Event, Input, Order, Output};
use crate::core::Modem;
use crate::quirks::{self, Quirks};
use crate::words::Word;

/// Every modem answers a question within this.
const ANSWER: Duration = Duration::from_secs(3);
/// What is asked, in this order, once the line is put down: whoever had the modem before us may have died in a call. Carriers are a matter of
/// Class 1, of which some say nothing in another (T.31 section 8.1).
const QUESTIONS: [&str; 10] = [
    "ATH0",
    "ATI",
    "ATI3",
    "AT+FMFR?",
    "AT+FMDL?",
    "AT+FCLASS=?",
    "AT+FCLASS=1",
    "AT+FTM=?",
    "AT+FRM=?",
    "AT+FCLASS=0",
];
/// V.27ter and V.29, which every modem of Class 1 has: what is assumed of one that names no carriers.
const USUAL: [u8; 4] = [24, 48, 72, 96];
/// Of a modem's words so much is kept.
const LONGEST: usize = 200;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing that answers.
    Nothing,
    /// A modem.
    Modem(Description),
}

/// A modem, by its own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// What it calls itself.
    pub says: String,
    /// The fax classes it claims: "1", "1.0", "2", "2.0", "2.1".
    pub classes: BTreeSet<String>,
    /// The carriers that it sends, by their T.31 numbers.
    pub sends: BTreeSet<u8>,
    /// And those that it receives.
    pub receives: BTreeSet<u8>,
}

impl Description {
    /// How to speak with it.
    pub fn quirks(&self) -> Quirks {
        quirks::of(&self.says)
    }

    /// It can be driven.
    pub fn is_usable(&self) -> bool {
        self.class(None).is_some()
    }

    /// How it is driven: as `wish` says, or best. In Class 1 we speak T.30, in the others the modem does, and none of them does it as
    /// well; `None`: not at all, or not as wished.
    pub fn class(&self, wish: Option<FaxClass>) -> Option<FaxClass> {
        use FaxClass::{One, OneZero, Two, TwoOne, TwoZero};
        let has = |class: &FaxClass| self.classes.contains(class.word()) && (class.speaks_t30() || self.carriers() > 0);
        let by_choice = [One, OneZero, TwoOne, TwoZero, Two];
        by_choice.into_iter().filter(|class| wish.is_none_or(|wish| wish == *class)).find(has)
    }

    /// The fastest carrier that may be asked of it in this class, in bit/s. One that speaks T.30 agrees on less by itself.
    pub fn max_bit_rate(&self, class: FaxClass) -> u16 {
        let most = if class.speaks_t30() { 14_400 } else { self.carriers() };
        most.min(self.quirks().max_bit_rate)
    }

    /// It claims Class 1 and names no carriers.
    fn assume(&mut self) {
        if [FaxClass::One, FaxClass::OneZero].iter().any(|class| self.classes.contains(class.word())) {
            for carriers in [&mut self.sends, &mut self.receives] {
                if carriers.is_empty() {
                    carriers.extend(USUAL);
                }
            }
        }
    }

    /// The fastest carrier that it both sends and receives: 14400, 9600, 4800, or 0.
    fn carriers(&self) -> u16 {
        let both = |numbers: &[u8]| numbers.iter().any(|n| self.sends.contains(n) && self.receives.contains(n));
        if both(&[145]) {
            14_400
        } else if both(&[96, 97]) {
            9600
        } else if both(&[48]) {
            4800
        } else {
            0
        }
    }

    /// What a person reads of it, when its setting asks for this class or for none.
    pub fn sentence(&self, wish: Option<FaxClass>) -> String {
        let says = if self.says.is_empty() { String::new() } else { format!(" that calls itself “{}”", self.says) };
        if self.classes.is_empty() {
            return format!("This is a modem{says}, but it knows no fax.");
        }
        let classes = self.classes.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let Some(class) = self.class(wish) else {
            let why = wish.map_or_else(
                || "Frontdesk drives modems of Class 1, 2, 2.0 and 2.1".to_owned(),
                |wish| format!("its setting asks for Class {}", wish.word()),
            );
            return format!(
                "This is a fax modem{says} that cannot be used: it knows the classes {classes}, and {why}."
            );
        };
        let quirks = self.quirks();
        let name = quirks.name;
        let (word, rate) = (class.word(), self.max_bit_rate(class));
        let how = if class.speaks_t30() {
            format!("It faxes in Class {word} and leads the talk with the other machine by itself")
        } else {
            format!("It faxes in Class {word} at up to {rate} bit/s")
        };
        let advice = if quirks.advice.is_empty() { String::new() } else { format!(" {}", quirks.advice) };
        format!("This is {name}{says}. {how} (it knows the classes {classes}).{advice}")
    }
}

impl Found {
    /// What a person reads.
    pub fn sentence(&self) -> String {
        match self {
            Self::Nothing => {
                "Nothing answers on this port. Is the modem switched on, and is it the right port?".to_owned()
            }
            Self::Modem(modem) => modem.sentence(None),
        }
    }
}

/// The probing of one port.
#[derive(Debug)]
pub struct Probe {
    modem: Modem,
    question: Option<usize>,
    description: Description,
    found: Option<Found>,
}

impl Probe {
    /// Begins.
    pub fn new(now: Now) -> Self {
        let mut modem = Modem::new();
        modem.handle_input(now, Input::Order(Order::Reset));
        Self { modem, question: None, description: Description::default(), found: None }
    }

    /// Bytes came from the port, or time has passed.
    pub fn handle_input(&mut self, now: Now, bytes: &[u8]) {
        let input = if bytes.is_empty() { Input::Timeout } else { Input::Bytes(bytes) };
        self.modem.handle_input(now, input);
    }

    /// What the port is to do until the next instant; `Err` is the end.
    pub fn poll(&mut self, now: Now) -> Result<Output, Found> {
        loop {
            if let Some(found) = self.found.take() {
                return Err(found);
            }
            match self.modem.poll_output() {
                Output::Event(event) => self.event(now, event),
                output => return Ok(output),
            }
        }
    }

    fn event(&mut self, now: Now, event: Event) {
        match event {
            // At the beginning, or after a question that it swallowed: what it says to that is not known.
            Event::Ready => self.ask(now, self.question.map_or(0, |n| n + 1)),
            // It answered once and then no more: what it said before is what we know.
            Event::Stuck => {
                self.found = Some(match self.question {
                    Some(_) => Found::Modem(self.description.clone()),
                    None => Found::Nothing,
                });
            }
            Event::Text(text) => self.hear(&text),
            Event::Word(Word::Ring) | Event::Data(_) | Event::EndOfData | Event::Go => {}
            Event::Word(_) => self.ask(now, self.question.map_or(0, |n| n + 1)),
        }
    }

    fn ask(&mut self, now: Now, question: usize) {
        let Some(line) = QUESTIONS.get(question) else {
            self.description.assume();
            self.found = Some(Found::Modem(self.description.clone()));
            return;
        };
        self.question = Some(question);
        let order = Order::Command { line: (*line).to_owned(), within: ANSWER };
        self.modem.handle_input(now, Input::Order(order));
    }

    fn hear(&mut self, text: &str) {
        // Some answer with their command before it: "+FCLASS: 0,1".
        let answer =
            text.split_once(':').filter(|(head, _)| head.starts_with('+')).map_or(text, |(_, rest)| rest).trim();
        let Some(question) = self.question.and_then(|n| QUESTIONS.get(n)) else { return };
        let items = || {
            let items = answer.split([',', '(', ')', ' ']).map(|item| item.trim_matches('"'));
            items.filter(|item| !item.is_empty()).flat_map(each)
        };
        let carriers = || items().filter_map(|item| item.parse::<u8>().ok()).collect();
        match *question {
            "ATH0" => {}
            "AT+FCLASS=?" => {
                self.description.classes = items().filter(|c| c != "0" && c != "8").collect();
            }
            "AT+FTM=?" => self.description.sends = carriers(),
            "AT+FRM=?" => self.description.receives = carriers(),
            _ => {
                let says = &mut self.description.says;
                if !says.contains(answer) && says.len() + answer.len() < LONGEST {
                    if !says.is_empty() {
                        says.push_str(", ");
                    }
                    says.extend(answer.chars().filter(|c| !c.is_control()));
                }
            }
        }
    }

    /// When [`Probe::handle_input`] is to be called at the latest.
    pub fn next_timeout(&self) -> Instant {
        self.modem.next_timeout()
    }
}

/// What one item of a list stands for: itself, or all from a number to another (T.32 writes "0-2", too).
fn each(item: &str) -> Vec<String> {
    let range = item.split_once('-').and_then(|(from, to)| Some((from.parse::<u8>().ok()?, to.parse::<u8>().ok()?)));
    range.map_or_else(|| vec![item.to_owned()], |(from, to)| (from..=to).map(|n| n.to_string()).collect())
}
