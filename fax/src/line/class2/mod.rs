//! A fax over a modem that speaks T.30 itself (Class 2, 2.0, 2.1; SP-2388 and T.32): it is given parameters, a page, and what follows the
//! page, and says what the other machine answered.
//!
//! Sans-I/O, in the place of an engine of ours: what the modem reports becomes what our engine would have reported, so that the queue hears
//! the same facts of either. The worker codes the pages as the two machines agreed.
//!
//! # What counts as confirmed
//! A page counts once the modem has reported the other machine's MCF (or RTP, PIP): in Class 2 by `+FPTS`, in Class 2.0 by `OK` after the
//! page, which stands for just these (T.32). A call that ends before that (`+FHNG`, a modem that hangs or is unplugged)
//! leaves the page unconfirmed; from the moment that the modem was told that it is the last one, the document may have arrived whole, and
//! is never sent again by itself. A `+FHNG:0`, which says that all went well, confirms nothing.
//!
//! # Why it only sends
//! Receiving, a page must be durable before MCF leaves, and here it is the modem that sends MCF. The standard has it wait for our next
//! `+FDR`; whether a model does cannot be asked of it, and one that does not confirms pages that we may never have. So no call is answered
//! over such a modem.

mod sending;
mod words;

use std::collections::VecDeque;
use std::time::Duration;

use model::settings::FaxClass;
use model::{Instant, Pii};
use modem::{Event, Order, Word};
use spandsp::status;

use self::words::{Fact, Session, rate_number, read, status_of};
use super::{Action, ModemCall};
use crate::session::{Params, Role};
use crate::worker::frames::fcf;
use crate::worker::proto::{Frame, FromWorker};

/// How often it is looked whether a page wants more data.
pub(super) const TICK: Duration = Duration::from_millis(100);
/// Dialling, ringing, and the other machine's greeting.
const CALL: Duration = Duration::from_secs(120);
/// A command that only sets something.
const SETTING: Duration = Duration::from_secs(3);
/// Our DCS and the training, at ever slower speeds.
const BEGINNING: Duration = Duration::from_secs(120);
/// How long after the last page the modem may take to say goodbye and put the line down by itself.
const GOODBYE: Duration = Duration::from_secs(5);
/// Lines of one call that are heeded; a page has some five. A modem that babbles is not listened to for ever.
const MOST_LINES: u32 = 5000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Called to order, before anything.
    Resetting,
    /// The setting of this number is with it, or what is tried in its place.
    Setting { number: usize, instead: bool },
    /// It calls.
    Calling,
    /// The next page may begin, when what came before is durable.
    Between,
    /// It was told that a page comes (`+FDT`).
    ToPage,
    /// It takes the page when it says so (XON), or then.
    Start { until: Instant },
    /// It takes the page.
    Sending,
    /// All of it is with it.
    PageSent,
    /// It was told what follows the page, and asks the other machine.
    Asked,
    /// All is confirmed; it says goodbye.
    Goodbye { until: Instant },
    /// The call is over.
    Over,
}

/// What the modem is to be told before it calls.
#[derive(Clone, Debug)]
struct Setting {
    line: String,
    /// If it does not know that.
    instead: Option<String>,
}

impl Setting {
    fn new(line: impl Into<String>) -> Self {
        Self { line: line.into(), instead: None }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Class2 {
    class: FaxClass,
    settings: Vec<Setting>,
    number: Option<String>,
    phase: Phase,
    pages: u32,
    /// Pages that the other machine confirmed.
    confirmed: u32,
    /// How often in a row it refused one.
    refused: u32,
    /// A fax machine is at the other end.
    connected: bool,
    /// What the two have agreed on.
    agreed: Option<Session>,
    /// What it answered to the page.
    answer: Option<u8>,
    /// Why the line was put down.
    hung_up: Option<u16>,
    lines: u32,
    /// The page under way: since when, how many octets went, and whether some were asked for.
    since: Instant,
    sent: u64,
    asked: bool,
    actions: VecDeque<Action>,
}

impl Class2 {
    pub(crate) fn new(call: ModemCall, role: Role, params: &Params) -> Self {
        let pages = role.sends().unwrap_or(0);
        let mut class2 = Self {
            class: call.class,
            settings: settings(&call, params),
            number: call.number,
            phase: Phase::Resetting,
            pages,
            confirmed: 0,
            refused: 0,
            connected: false,
            agreed: None,
            answer: None,
            hung_up: None,
            lines: 0,
            since: Instant::ZERO,
            sent: 0,
            asked: false,
            actions: VecDeque::new(),
        };
        if !params.inside.subaddress.expose().is_empty() || !params.inside.password.expose().is_empty() {
            let what = "A modem of this class passes on no subaddress and no password; the fax goes without.";
            class2.actions.push_back(Action::Lacks(what));
        }
        class2.modem(Order::Reset);
        class2
    }

    /// What is to be done next.
    pub(crate) fn action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The modem says something.
    pub(crate) fn said(&mut self, now: Instant, event: Event) {
        match event {
            Event::Ready => self.ready(),
            Event::Stuck => self.over(None),
            Event::Text(line) => self.line(&line),
            Event::Word(word) => self.word(now, word),
            Event::Go => self.takes_data(now),
            Event::Data(_) | Event::EndOfData => {}
        }
    }

    /// It takes commands again: at the beginning, or because a word of it was lost and it was called back to order. Then its call is over,
    /// since nobody knows what it has told the other machine.
    fn ready(&mut self) {
        match self.phase {
            Phase::Resetting => self.set(0, false),
            Phase::Setting { number, .. } => self.set(number + 1, false),
            Phase::Goodbye { .. } | Phase::Over => {}
            _ => self.over(Some(Word::NoCarrier)),
        }
    }

    fn set(&mut self, number: usize, instead: bool) {
        let Some(setting) = self.settings.get(number) else {
            self.phase = Phase::Calling;
            let number = self.number.clone().unwrap_or_default();
            return self.command(format!("ATDT{number}"), CALL);
        };
        let line = if instead { setting.instead.clone() } else { Some(setting.line.clone()) };
        self.phase = Phase::Setting { number, instead };
        self.command(line.unwrap_or_default(), SETTING);
    }

    fn word(&mut self, now: Instant, word: Word) {
        match (self.phase, word) {
            (_, Word::Ring) => {}
            (Phase::Setting { number, instead: false }, Word::Error)
                if self.settings.get(number).is_some_and(|setting| setting.instead.is_some()) =>
            {
                self.set(number, true);
            }
            // Without its class nothing that follows means what it says. What else it does not know it does in its own way.
            (Phase::Setting { number, .. }, Word::Error) if self.is_class(number) => self.over(Some(Word::Error)),
            (Phase::Setting { number, .. }, Word::Ok | Word::Error) => self.set(number + 1, false),
            (Phase::Calling, Word::Ok) if self.connected && self.hung_up.is_none() => {
                self.phase = Phase::Between;
                self.report(FromWorker::Confirmed { pages: 0 });
            }
            (Phase::ToPage, Word::Connect) => self.may_send(now),
            (Phase::PageSent, Word::Ok) if self.hung_up.is_none() => self.ask(),
            (Phase::Asked, word) => self.answered(word),
            (Phase::Goodbye { .. }, _) => self.goodbye(),
            (Phase::Between | Phase::Over | Phase::Resetting, _) => {}
            (_, Word::Connect) => {}
            (_, word) => self.ended(word),
        }
    }

    fn is_class(&self, number: usize) -> bool {
        self.settings.get(number).is_some_and(|setting| setting.line.starts_with("AT+FCLASS"))
    }

    fn line(&mut self, line: &str) {
        self.lines += 1;
        if self.lines > MOST_LINES || self.phase == Phase::Over {
            return;
        }
        match read(self.class, line) {
            None => {}
            Some(Fact::Connected) => self.connected = true,
            Some(Fact::Ident(ident)) => {
                self.heard(fcf::CSI, "CSI".to_owned());
                self.report(FromWorker::RemoteIdent(Pii::new(ident)));
            }
            Some(Fact::Can(can)) => {
                self.connected = true;
                self.heard(fcf::DIS, format!("DIS: up to {}", can.words()));
            }
            Some(Fact::Agreed(agreed)) => {
                self.agreed = Some(agreed);
                self.told(fcf::DCS, format!("DCS: {}", agreed.words()));
                self.report(FromWorker::Rate { bit_rate: agreed.bit_rate, ecm: agreed.ecm });
            }
            Some(Fact::Answer(answer)) if self.phase == Phase::Asked => self.answer = Some(answer),
            Some(Fact::Answer(_)) => {}
            // The word on what was under way may follow, and the answer to a page may stand in either place.
            Some(Fact::HungUp(code)) => self.hung_up = Some(code),
        }
        if self.hung_up.is_some() && matches!(self.phase, Phase::Between | Phase::Start { .. } | Phase::Sending) {
            self.ended(Word::NoCarrier);
        }
    }

    /// The call has come to its end before its time.
    fn ended(&mut self, word: Word) {
        match self.hung_up {
            // No loop current; it rang and nobody answered.
            Some(3) => self.over(Some(Word::NoDialTone)),
            Some(4) => self.over(Some(Word::NoAnswer)),
            Some(code) => {
                self.end();
                self.report(FromWorker::CallEnd { status: status_of(code) });
            }
            None => self.over(Some(word)),
        }
    }

    /// What comes next, when the worker has done what it was told and the store what it was asked.
    pub(crate) fn advance(&mut self, now: Instant) {
        match self.phase {
            Phase::Between if self.confirmed == self.pages => {
                self.phase = Phase::Goodbye { until: now + GOODBYE };
                if self.hung_up.is_some() {
                    self.goodbye();
                }
            }
            Phase::Between => {
                self.phase = Phase::ToPage;
                self.command("AT+FDT".to_owned(), BEGINNING);
            }
            Phase::Start { until } if now >= until => self.takes_data(now),
            Phase::Sending => self.send_page(now),
            Phase::Goodbye { until } if now >= until => self.goodbye(),
            _ => {}
        }
    }

    fn goodbye(&mut self) {
        self.end();
        self.report(FromWorker::CallEnd { status: status::OK });
    }

    /// The session is over: the line is put down, whatever the modem is at, and also if it says that it has done so: a line that stays
    /// up because a word was garbled blocks all that come after.
    pub(crate) fn end(&mut self) {
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            self.modem(Order::HangUp);
        }
    }

    fn over(&mut self, word: Option<Word>) {
        self.end();
        self.actions.push_back(Action::NoCall(word));
    }

    fn heard(&mut self, fcf: u8, words: String) {
        self.report(FromWorker::Frame(Frame {
            incoming: true,
            fcf,
            post_page: None,
            form: None,
            words: Pii::new(words),
        }));
    }

    fn told(&mut self, fcf: u8, words: String) {
        self.report(FromWorker::Frame(Frame {
            incoming: false,
            fcf,
            post_page: None,
            form: None,
            words: Pii::new(words),
        }));
    }

    fn report(&mut self, report: FromWorker) {
        self.actions.push_back(Action::Report(report));
    }

    fn command(&mut self, line: String, within: Duration) {
        self.modem(Order::Command { line, within });
    }

    fn modem(&mut self, order: Order) {
        self.actions.push_back(Action::Modem(order));
    }
}

/// What the modem is told before it calls: its class, who we are, what we have, and the order of bits: the first of the line is the lowest
/// of its octet (`+FBOR=0`).
fn settings(call: &ModemCall, params: &Params) -> Vec<Setting> {
    let mut all: Vec<Setting> = call.setup.iter().map(Setting::new).collect();
    all.push(Setting::new(format!("AT+FCLASS={}", call.class.word())));
    let ident: String = params.station_id.chars().filter(|c| *c != '"').take(20).collect();
    let (name, capabilities) = if call.class == FaxClass::Two { ("+FLID", "+FDCC") } else { ("+FLI", "+FCC") };
    if call.class != FaxClass::Two {
        // It is silent on what the machines agree on unless it is asked for that (T.32), and flow control has a name of its
        // own there.
        all.extend(["AT+FNR=1,1,1,0", "AT+FLO=2"].map(Setting::new));
    }
    all.push(Setting::new(format!("AT{name}=\"{ident}\"")));
    let rate = rate_number(params.max_bit_rate);
    let plain = format!("AT{capabilities}=1,{rate},0,2,1,0,0,0");
    all.push(if params.ecm {
        // MMR is for error correction only (T.30 Table 2).
        Setting { line: format!("AT{capabilities}=1,{rate},0,2,3,2,0,0"), instead: Some(plain) }
    } else {
        Setting::new(plain)
    });
    all.push(Setting::new("AT+FBOR=0"));
    all
}
