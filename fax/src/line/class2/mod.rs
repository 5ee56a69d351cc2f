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
//! # How a page that comes is confirmed
//! Receiving, a page must be durable before MCF leaves, and here it is the modem that sends it. It holds its answer until our next `+FDR`,
//! and takes another one until then: "the DCE holds the post page response message to the remote facsimile station, represented in the
//! +FPTS parameter, until the next +FDR command" (MultiTech S000306B, page 85; for Class 2.1 the table on page 99 of S000263C has MCF
//! leave with `AT+FDR`; the host programs mgetty, HylaFAX and efax refuse pages in this way). So `+FDR` is given when the page is durable,
//! after `+FPTS=2` (`+FPS=2`) when it is too damaged to keep; and never, if it could not be stored.
//!
//! Under error correction no such answer as RTN exists, and a page that cannot be read although its frames were right ends the call.
//!
//! Of a page in whose midst the call breaks what came is kept, with a line above that says so.

mod fetching;
mod receiving;
mod sending;
mod settings;
mod words;

use std::collections::VecDeque;
use std::time::Duration;

use model::settings::FaxClass;
use model::{Instant, Pii};
use modem::{Event, Order, Word};
use spandsp::status;

use self::fetching::Asking;
use self::receiving::Incoming;
use self::settings::{Lacks, Setting, settings};
use self::words::{Fact, Session, read, says_nothing, status_of, words_of};
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
    Setting { number: usize, instead: usize },
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
    /// It was told that a page may come (`+FDR`).
    ToReceive,
    /// The page comes. If nothing of it has by then, it is asked for in another way.
    Receiving { until: Instant },
    /// All of it is here; what follows it is awaited.
    PageEnd,
    /// It is read and stored.
    Judging,
    /// It is stored, or is asked for again: the modem hears that next.
    Judged { kept: bool },
    /// The modem is told to refuse it.
    Overriding,
    /// It is asked whether it will.
    Checking,
    /// The last page is stored, and the modem was told to confirm it.
    Confirming,
    /// The call broke in the midst of a page. What came is kept, and then the call is over for this reason.
    Breaking(Ending),
    /// All is confirmed; it says goodbye.
    Goodbye { until: Instant },
    /// The call is over.
    Over,
}

/// Why a call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There is no modem any more, or it answers to nothing.
    Gone,
    /// By this word of the modem.
    Word(Word),
    /// It is to fetch what it cannot ask for; nothing was dialled.
    CannotFetch,
    /// By what the modem reported, or we found, as an engine would say it.
    Status(i32),
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Class2 {
    class: FaxClass,
    settings: Vec<Setting>,
    number: Option<String>,
    receives: bool,
    asking: Asking,
    /// It was seen to confirm a page before it was told to.
    confirms_by_itself: bool,
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
    /// Since it was asked for that, a line came that cannot be read.
    garbled: bool,
    /// Why the line was put down.
    hung_up: Option<u16>,
    lines: u32,
    /// Receiving: the page that comes.
    incoming: Incoming,
    /// Sending: the page under way: since when, how many octets went, and whether some were asked for.
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
            settings: settings(&call, role, params),
            number: call.number,
            receives: role.sends().is_none(),
            asking: Asking::new(role, params),
            confirms_by_itself: false,
            phase: Phase::Resetting,
            pages,
            confirmed: 0,
            refused: 0,
            connected: false,
            agreed: None,
            answer: None,
            garbled: false,
            hung_up: None,
            lines: 0,
            incoming: Incoming::default(),
            since: Instant::ZERO,
            sent: 0,
            asked: false,
            actions: VecDeque::new(),
        };
        class2.modem(Order::Reset);
        class2.note_names(role);
        class2
    }

    /// See [`Driver::confirms_by_itself`](crate::line::Driver::confirms_by_itself).
    pub(crate) const fn confirms_by_itself(&self) -> bool {
        self.confirms_by_itself
    }

    /// What is to be done next.
    pub(crate) fn action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The modem says something.
    pub(crate) fn said(&mut self, now: Instant, event: Event) {
        match event {
            Event::Ready => self.ready(),
            Event::Stuck => self.finish(Ending::Gone),
            Event::Text(line) => self.line(now, &line),
            Event::Word(word) => self.word(now, word),
            Event::Go => self.takes_data(now),
            Event::Data(data) => self.data(data),
            Event::EndOfData => self.end_of_page(),
        }
    }

    /// It takes commands again: at the beginning, or because a word of it was lost and it was called back to order. Then its call is over,
    /// since nobody knows what it has told the other machine.
    fn ready(&mut self) {
        match self.phase {
            Phase::Resetting => self.set(0, 0),
            Phase::Setting { number, .. } => self.set(number + 1, 0),
            Phase::Goodbye { .. } | Phase::Breaking(_) | Phase::Over => {}
            _ => self.finish(Ending::Word(Word::NoCarrier)),
        }
    }

    /// It dialled, and the modem has heard no machine yet.
    pub(crate) const fn is_unanswered(&self) -> bool {
        self.number.is_some() && !self.connected
    }

    fn set(&mut self, number: usize, instead: usize) {
        let Some(setting) = self.settings.get(number) else {
            self.phase = Phase::Calling;
            let line = self.number.as_ref().map_or_else(|| "ATA".to_owned(), |number| format!("ATDT{number}"));
            return self.command(line, CALL);
        };
        let line = instead.checked_sub(1).and_then(|n| setting.instead.get(n)).unwrap_or(&setting.line).clone();
        self.phase = Phase::Setting { number, instead };
        self.command(line, SETTING);
    }

    fn word(&mut self, now: Instant, word: Word) {
        match (self.phase, word) {
            (_, Word::Ring) => {}
            (Phase::Setting { number, instead }, Word::Error)
                if self.settings.get(number).is_some_and(|setting| instead < setting.instead.len()) =>
            {
                self.set(number, instead + 1);
            }
            (Phase::Setting { number, .. }, Word::Error) => self.lacks(number),
            (Phase::Setting { number, .. }, Word::Ok) => self.set(number + 1, 0),
            (Phase::Calling, Word::Ok) if self.connected && self.hung_up.is_none() => self.greeted(),
            (Phase::ToPage, Word::Connect) => self.may_send(now),
            (Phase::PageSent, Word::Ok) if self.hung_up.is_none() => self.ask(),
            (Phase::Asked, word) => self.answered(word),
            // Receiving, our confirmation may not have left yet.
            (Phase::Goodbye { .. } | Phase::Confirming, word) if self.receives && self.hung_up.is_none() => {
                self.heard_goodbye(now, Some(word));
            }
            (Phase::Goodbye { .. } | Phase::Confirming, _) => self.goodbye(),
            (Phase::Between | Phase::Over | Phase::Resetting, _) => {}
            _ if self.receives && self.phase != Phase::Calling => self.receiving(now, word),
            (_, Word::Connect) => {}
            (_, word) => self.ended(word),
        }
    }

    /// The modem knows no such setting, and nothing that would do in its place.
    fn lacks(&mut self, number: usize) {
        match self.settings.get(number).map_or(Lacks::Nothing, |setting| setting.lacks) {
            Lacks::Nothing => {}
            Lacks::Notable(what) => self.note(what, String::new()),
            Lacks::All(what) => {
                self.note(what, String::new());
                return self.finish(Ending::Word(Word::Error));
            }
            Lacks::Fetching(what) => {
                self.note(what, String::new());
                return self.finish(Ending::CannotFetch);
            }
        }
        self.set(number + 1, 0);
    }

    fn line(&mut self, now: Instant, line: &str) {
        self.lines += 1;
        if self.lines > MOST_LINES || self.phase == Phase::Over {
            return;
        }
        if self.phase == Phase::Checking {
            self.answer_read(line);
        }
        if !line.starts_with('+') {
            self.babbled();
        }
        match read(self.class, line) {
            None => self.garbled |= !says_nothing(line),
            Some(Fact::Connected) => self.connected = true,
            Some(Fact::Ident(ident)) => {
                // Who is called says so first, and who sends then.
                let sends = self.receives && (self.number.is_none() || self.phase != Phase::Calling);
                let (code, word) = if sends { (fcf::TSI, "TSI") } else { (fcf::CSI, "CSI") };
                self.heard(code, word.to_owned());
                self.report(FromWorker::RemoteIdent(Pii::new(ident)));
            }
            Some(Fact::Can(can)) => {
                self.connected = true;
                self.heard(fcf::DIS, format!("DIS: up to {}", can.words()));
            }
            Some(Fact::Agreed(agreed)) => {
                self.agreed = Some(agreed);
                if self.receives {
                    self.commanded(agreed);
                } else {
                    self.told(fcf::DCS, format!("DCS: {}", agreed.words()));
                }
                self.report(FromWorker::Rate { bit_rate: agreed.bit_rate, ecm: agreed.ecm });
            }
            Some(Fact::Answer(answer)) if self.phase == Phase::Asked => self.answer = Some(answer),
            Some(Fact::Answer(answer)) if self.receives => self.found(answer),
            Some(Fact::Answer(_)) => {}
            Some(Fact::Subaddress(subaddress)) => {
                self.heard(fcf::SUB, "SUB".to_owned());
                self.report(FromWorker::Subaddress(Pii::new(subaddress)));
            }
            Some(Fact::Holds) => self.holds_document(),
            Some(Fact::Frame(frame)) => self.frame_reported(&frame),
            Some(Fact::Follows(by)) if self.receives => self.followed(by),
            Some(Fact::Follows(_)) => {}
            Some(Fact::Polled) => {
                let what = "Their machine wants to fetch a fax (polling), and this line has none to give.";
                self.note(what, String::new());
            }
            // The word on what was under way may follow, and the answer to a page may stand in either place.
            Some(Fact::HungUp(code)) => {
                self.hung_up = Some(code);
                self.hung_up_on(now, code);
                if code > 0 {
                    self.note(words_of(code), format!("code {code}"));
                }
                self.heard_goodbye(now, None);
            }
        }
        if self.hung_up.is_some() && matches!(self.phase, Phase::Between | Phase::Start { .. } | Phase::Sending) {
            self.ended(Word::NoCarrier);
        }
    }

    /// The call has come to its end before its time.
    fn ended(&mut self, word: Word) {
        self.finish(match self.hung_up {
            // No loop current; it rang and nobody answered.
            Some(3) => Ending::Word(Word::NoDialTone),
            Some(4) => Ending::Word(Word::NoAnswer),
            Some(_) if self.was_refused() => Ending::Status(status::RX_GOT_DCN),
            Some(code) => Ending::Status(status_of(code, self.receives)),
            None => Ending::Word(word),
        });
    }

    /// The call is over, when what came of a page is kept.
    fn finish(&mut self, ending: Ending) {
        if !self.breaks(ending) {
            self.over(ending);
        }
    }

    /// What comes next, when the worker has done what it was told and the store what it was asked.
    pub(crate) fn advance(&mut self, now: Instant) {
        match self.phase {
            Phase::Between if self.receives => {
                self.asked_for_document(now);
                self.await_page();
            }
            Phase::Receiving { until } if now >= until => self.ask_again(),
            Phase::Judged { kept } => self.respond(kept),
            Phase::Confirming => self.confirm(now),
            Phase::Breaking(ending) => self.over(ending),
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

    fn over(&mut self, ending: Ending) {
        self.end();
        self.actions.push_back(match ending {
            Ending::Gone => Action::NoCall(None),
            Ending::Word(word) => Action::NoCall(Some(word)),
            Ending::CannotFetch => Action::CannotFetch,
            Ending::Status(status) => Action::Report(FromWorker::CallEnd { status }),
        });
    }

    fn note(&mut self, what: &'static str, detail: String) {
        self.actions.push_back(Action::Note { what, detail });
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
