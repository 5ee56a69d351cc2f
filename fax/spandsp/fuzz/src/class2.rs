//! A modem that speaks T.30 itself (Class 2, 2.0 and 2.1) and says what it likes, garbles its pages, or nothing: our core of the serial line, the
//! driver of the class, the session, and the worker that reads and codes the pages, as they run in a call.
//!
//! Whatever it says: nothing panics and nothing goes on for ever; no page is confirmed that is not durable, or was not given; a document that may
//! have arrived whole is called nothing that is sent again by itself; and the call has one end.

use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;

use fax::line::ModemCall;
use fax::page::{Bitmap, Page};
use fax::session::{Input, Output, Params, Role, Session};
use fax::worker::proto::{ToWorker, Way};
use fax::worker::{self, Channel, Files};
use model::fax::{Cause, Outcome};
use model::settings::FaxClass;
use model::{Inside, Instant, Now};
use modem::{Event, Modem, Order, Word};

const CLASSES: [FaxClass; 3] = [FaxClass::Two, FaxClass::TwoZero, FaxClass::TwoOne];

/// What a modem says that behaves, in one dialect or the other. Each comes with the ends of a line around it.
const LINES: [&str; 32] = [
    "OK",
    "CONNECT",
    "ERROR",
    "NO CARRIER",
    "BUSY",
    "RING",
    "+FCON",
    "+FCO",
    "+FCSI:\"+1 202 555 0101\"",
    "+FTI:\"+1 202 555 0101\"",
    "+FDIS:1,5,0,2,3,2,0,0",
    "+FIS:1,D,0,2,3,1,0,0,0",
    "+FDCS:1,5,0,2,0,0,0,0",
    "+FDCS:0,5,0,2,1,0,0,0",
    "+FCS:1,5,0,2,3,1,0,0,0",
    "+FDCS:0,13,2,2,3,1,0,0",
    "+FCFR",
    "+FPTS:1",
    "+FPTS:2",
    "+FPS:1,0,0,0,0",
    "+FPS:2,1,0,0,0",
    "+FET:0",
    "+FET:1",
    "+FET:2",
    "+FPOLL",
    "+FPO",
    "+FHR:FF 13 80 00 CE F8 44 80",
    "+FHR:FF 13 FB",
    "+FHNG:0",
    "+FHS:70",
    "+FHNG:50",
    "2",
];
/// Longer than that no page, answer or goodbye is waited for.
const LONG: Duration = Duration::from_secs(200);
/// What the modem is told before it calls, and more.
const MOST_QUESTIONS: u32 = 20;
/// Steps that one thing which is said may come to, and timers that may ring in a second. Beyond, it goes on for ever.
const MOST_STEPS: u32 = 20_000;

pub fn run(data: &[u8]) {
    let [first, second, rest @ ..] = data else { return };
    let mut rest = rest;
    let mut call = Call::new(*first, *second);
    while let [what, tail @ ..] = rest {
        rest = match what {
            // So many octets of the input.
            0..0x60 => {
                let (said, tail) = tail.split_at(usize::from(*what).min(tail.len()));
                call.says(said);
                tail
            }
            0x60..0xa0 => {
                call.says(format!("\r\n{}\r\n", LINES[usize::from(what & 31)]).as_bytes());
                tail
            }
            // Part of a page, and perhaps its end.
            0xa0..0xc0 => {
                let coded = &pages()[usize::from(what & 3)];
                call.says(&coded[..coded.len() >> (what >> 2 & 1)]);
                if what & 8 == 0 {
                    call.says(b"\x10\x03");
                }
                tail
            }
            // It takes data.
            0xc0 => {
                call.says(b"\x11");
                tail
            }
            0xc1..0xd8 => {
                call.behaves(*what);
                tail
            }
            0xd8..0xe0 => {
                call.stores(what & 3 != 0);
                tail
            }
            0xe0..0xff => {
                call.waits(Duration::from_millis(u64::from(what & 31) * 250));
                tail
            }
            0xff => {
                call.waits(LONG);
                tail
            }
        };
        if call.outcome.is_some() {
            break;
        }
    }
    call.end();
}

/// A page as it comes over the line, by T.4 and T.6: the first bit of the line is the lowest of its octet, and a DLE stands twice.
fn pages() -> &'static [Vec<u8>; 4] {
    static PAGES: OnceLock<[Vec<u8>; 4]> = OnceLock::new();
    PAGES.get_or_init(|| {
        let t6 = page().g4;
        // White rows, each behind an end of line: 1728 and 0 (T.4 Tables 3 and 2), and six ends of line.
        let row = "00000000000101001101100110101";
        let one = format!("{}{}", row.repeat(12), "000000000001".repeat(6));
        // With the tag bit of two dimensions behind each: the first row in one, the next as the one above it (V0).
        let two = format!("0000000000011{}{}", "01001101100110101", "00000000000101".repeat(12));
        let two = format!("{two}{}", "0000000000011".repeat(6));
        let bits = |text: &str| text.as_bytes().chunks(8).map(octet).collect::<Vec<u8>>();
        [t6.iter().map(|octet| octet.reverse_bits()).collect(), bits(&one), bits(&two), vec![0x55; 64]].map(
            |page: Vec<u8>| page.into_iter().flat_map(|octet| [octet].repeat(1 + usize::from(octet == 0x10))).collect(),
        )
    })
}

fn octet(bits: &[u8]) -> u8 {
    bits.iter().enumerate().fold(0, |octet, (place, bit)| octet | (bit & 1) << place)
}

/// A page of ours, to be sent.
fn page() -> Page {
    let mut bitmap = Bitmap::new(1728, 24);
    (0..24).for_each(|row| bitmap.fill_run(row, row * 9, row * 20 + 40));
    Page::encode(&bitmap, 204, 196)
}

struct Call {
    session: Session,
    worker: Option<(Channel, Files)>,
    thread: Option<JoinHandle<()>>,
    modem: Modem,
    now: Now,
    wakes: Instant,
    /// Pages to send.
    total: Option<u32>,
    /// A page on its way to the disk: its number, and whether it is part of one.
    storing: Option<(u32, bool)>,
    stored: u32,
    /// A page may come. One has, and is neither durable nor refused.
    may_come: bool,
    came: bool,
    /// Pages of documents that have ended in the same call.
    before: u32,
    /// How often the modem was told that a page is whole.
    given: u32,
    /// It was told that this was the last, and has said nothing against it.
    told_last: bool,
    /// What the modem was told last, if it has not answered to that as it should.
    told: Option<Order>,
    /// The page, of [`pages`], that is coded as it said last that the two have agreed.
    coded: usize,
    outcome: Option<Outcome>,
}

impl Call {
    fn new(first: u8, second: u8) -> Self {
        let role = match first & 3 {
            0 => Role::Send { pages: 2 },
            1 => Role::Fetch,
            _ => Role::Receive,
        };
        let class = CLASSES[usize::from(first >> 2) % CLASSES.len()];
        let calls = role != Role::Receive;
        let call = ModemCall {
            number: calls.then(|| "5551234".to_owned()),
            setup: Vec::new(),
            class,
            mmr: first & 16 == 0,
            connect_delay: std::time::Duration::ZERO,
        };
        let inside = if first & 32 == 0 { Inside::default() } else { Inside::parse("44", "12").expect("two names") };
        let params = Params {
            station_id: "+1 202 555 0107".to_owned(),
            way: Way::Class2,
            modem: Some(call),
            ecm: first & 64 == 0,
            inside,
            ..Params::default()
        };
        let now = Now::simulation_start();
        let (session, start) = Session::new(now, role, params);
        let total = if let Role::Send { pages } = role { Some(pages) } else { None };
        let document = total.map(|_| Page::multi_tiff(&[page(), page()]));
        let (parent, child) = Channel::pair(false).expect("a socket");
        let files = Files::new(document.as_deref()).expect("files in memory");
        let theirs = files.try_clone().expect("the same files");
        let thread = std::thread::spawn(move || drop(worker::run(child, theirs)));
        parent.send(&ToWorker::Start(start)).expect("the worker lives");
        let mut call = Self {
            session,
            worker: Some((parent, files)),
            thread: Some(thread),
            modem: Modem::new(),
            now,
            wakes: Instant::ZERO,
            total,
            storing: None,
            stored: 0,
            may_come: false,
            came: false,
            before: 0,
            given: 0,
            told_last: false,
            told: None,
            coded: 1,
            outcome: None,
        };
        call.hears_worker();
        call.settle();
        call.comes_to(usize::from(second & 3));
        call
    }

    /// Most calls begin further on: there are seven questions before one is made, and luck does not answer them. 1: to the call, 2: to the other
    /// machine's greeting, 3: to the first page.
    fn comes_to(&mut self, stage: usize) {
        let is_set = |order: &Order| matches!(order, Order::Command { line, .. } if line.starts_with("ATD") || line.starts_with("ATA"));
        for _ in 0..MOST_QUESTIONS {
            if stage == 0 || self.told.as_ref().is_some_and(is_set) {
                break;
            }
            self.behaves(0);
        }
        for _ in 1..stage {
            // It is looked ten times a second whether there is more to do.
            self.behaves(0);
            self.waits(Duration::from_millis(200));
        }
    }

    /// The modem says this.
    fn says(&mut self, bytes: &[u8]) {
        self.modem.handle_input(self.now, modem::Input::Bytes(bytes));
        self.settle();
    }

    /// The modem says and does what it should, in one of the ways in which it may; if it has nothing to answer, time passes.
    fn behaves(&mut self, how: u8) {
        let Some(told) = self.told.take() else { return self.waits(Duration::from_secs(2)) };
        let lines = |lines: &[&str]| lines.iter().map(|line| format!("\r\n{line}\r\n")).collect::<String>();
        let (agreed, coded) =
            [("+FDCS:1,5,0,2,0,0,0,0", 1), ("+FDCS:0,5,0,2,1,0,0,0", 2), ("+FDCS:1,5,0,2,3,1,0,0", 0)]
                [usize::from(how >> 2) % 3];
        let says = match told {
            Order::Reset => {
                self.says(b"\r\nOK\r\n");
                return self.waits(Duration::from_millis(500));
            }
            Order::Command { line, .. } if line.starts_with("ATD") => lines(&[
                "+FCON",
                "+FCSI:\"1\"",
                "+FHR:FF 13 80 00 EE F8 44 80",
                "+FPOLL",
                "+FDIS:1,5,0,2,3,2,0,0",
                "OK",
            ]),
            Order::Command { line, .. } if line.starts_with("ATA") => {
                self.coded = coded;
                lines(&["+FCON", "+FTSI:\"1\"", agreed, "OK"])
            }
            Order::Command { line, .. } if line.contains("+FDT") => lines(&[agreed, "CONNECT"]) + "\x11",
            Order::Command { line, .. } if line.contains("+FDR") => {
                self.coded = coded;
                lines(&["+FCFR", agreed, "CONNECT"])
            }
            Order::Command { line, .. } if line.contains("+FET") => {
                lines(&[if how & 1 == 0 { "+FPTS:1" } else { "+FPTS:2" }, "OK"])
            }
            Order::Command { line, .. } if line.ends_with('?') => lines(&["2", "OK"]),
            Order::Start(_) => {
                self.says(&pages()[self.coded]);
                self.says(b"\x10\x03");
                lines(&["+FPTS:1", ["+FET:0", "+FET:2", "+FET:1", "+FET:2"][usize::from(how & 3)], "OK"])
            }
            Order::EndOfPage { .. } if how & 1 != 0 => lines(&["+FPS:2", "ERROR"]),
            Order::Data(_) => return self.waits(Duration::from_secs(2)),
            _ => lines(&["OK"]),
        };
        self.says(says.as_bytes());
    }

    /// What is on its way to the disk is there, or cannot be.
    fn stores(&mut self, well: bool) {
        let Some((page, in_part)) = self.storing.take() else { return };
        // What comes to the disk after the call is kept, and of no call.
        self.stored += u32::from(well && !in_part && self.outcome.is_none());
        self.came &= !well;
        let answer = if well { Input::PageStored { page } } else { Input::PageNotStored { page } };
        self.session.handle_input(self.now, answer);
        self.settle();
    }

    fn waits(&mut self, time: Duration) {
        let end = self.now.after(time);
        for _ in 0..MOST_STEPS {
            let next = self.wakes.min(self.modem.next_timeout());
            if next > end.instant || self.outcome.is_some() {
                self.now = end;
                return;
            }
            self.now = self.now.after(next.saturating_since(self.now.instant));
            if self.modem.next_timeout() <= self.now.instant {
                self.modem.handle_input(self.now, modem::Input::Timeout);
            }
            if self.wakes <= self.now.instant {
                self.session.handle_input(self.now, Input::Timeout);
            }
            self.settle();
        }
        panic!("timers without end");
    }

    /// Until neither has anything to say at this instant.
    fn settle(&mut self) {
        for _ in 0..MOST_STEPS {
            match self.modem.poll_output() {
                modem::Output::Event(event) => {
                    self.notes(&event);
                    self.session.handle_input(self.now, Input::Modem(event));
                }
                modem::Output::Timeout(_) => {
                    if self.session_is_done() {
                        return;
                    }
                }
                modem::Output::Write(_) | modem::Output::Flush | modem::Output::Dtr(_) => {}
            }
        }
        panic!("no end at one instant");
    }

    /// One thing that the session wants. True if there is none.
    fn session_is_done(&mut self) -> bool {
        match self.session.poll_output() {
            Output::Timeout(at) => {
                assert!(self.outcome.is_none() || at == Instant::FAR_FUTURE, "a call that is over waits");
                self.wakes = at;
                return true;
            }
            _ if self.outcome.is_some() => panic!("a call that is over goes on"),
            Output::Worker(order) => {
                let Some((channel, files)) = &self.worker else { return false };
                if channel.order(files, &order).is_err() {
                    self.loses_worker();
                } else if order != ToWorker::Stop {
                    self.hears_worker();
                }
            }
            Output::KillWorker => self.drop_worker(),
            Output::Modem(order) => {
                self.checks(&order);
                self.told = Some(order.clone());
                self.modem.handle_input(self.now, modem::Input::Order(order));
            }
            Output::StorePage { number, in_part, .. } => {
                assert!(self.storing.is_none(), "two pages at once");
                self.storing = Some((number, in_part));
            }
            Output::StoreProgress { pages_confirmed, .. } => {
                assert!(pages_confirmed <= self.given, "confirmed and never given");
                self.session.handle_input(self.now, Input::ProgressStored);
            }
            Output::DocumentReceived(outcome) => self.before += outcome.pages_confirmed,
            Output::Finished(outcome) => self.outcome = Some(outcome),
            Output::AskedFor(_) | Output::DocumentSent { .. } => panic!("a modem of this class cannot ask for that"),
            Output::Datagram { .. } | Output::Sound(_) | Output::Gather { .. } => panic!("no such line"),
            Output::Trace { detail, .. } => self.came &= !matches!(detail.as_str(), "RTN" | "no RTN"),
            Output::Progress { .. } => {}
        }
        false
    }

    /// What the modem is told.
    fn checks(&mut self, order: &Order) {
        self.may_come = matches!(order, Order::Start(_));
        match order {
            Order::Command { line, .. } if line.contains("+FDR") => {
                assert!(!self.came && self.storing.is_none(), "the modem may confirm a page that is not durable");
            }
            Order::Command { line, .. } if line.contains("+FDT") => self.told_last = false,
            Order::Command { line, .. } => self.told_last |= line.contains("+FET=2"),
            Order::EndOfData { .. } => self.given += 1,
            Order::EndOfPage { says, .. } => {
                self.given += 1;
                self.told_last |= *says == b'.';
            }
            _ => {}
        }
    }

    /// What the modem says against a page.
    fn notes(&mut self, event: &Event) {
        let against = match event {
            Event::Word(word) => *word == Word::Error,
            Event::Text(line) => line.to_ascii_uppercase().contains("+FP"),
            _ => false,
        };
        self.told_last &= !against;
        self.came |= *event == Event::EndOfData && self.may_come;
    }

    fn hears_worker(&mut self) {
        while let Some((channel, files)) = &self.worker {
            let Ok(reports) = channel.reports(files) else { return self.loses_worker() };
            for report in reports {
                let waits = report.waits();
                self.session.handle_input(self.now, Input::Worker(report));
                if waits {
                    return;
                }
            }
        }
    }

    fn loses_worker(&mut self) {
        self.drop_worker();
        self.session.handle_input(self.now, Input::WorkerGone);
    }

    /// It ends when nobody is there any more to order something of it. A panic of its is one of ours.
    fn drop_worker(&mut self) {
        self.worker = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the worker's end");
        }
    }

    /// The modem is unplugged, unless the call is over already.
    fn end(mut self) {
        if self.outcome.is_none() {
            self.session.handle_input(self.now, Input::ModemGone);
            self.settle();
            self.stores(true);
            self.settle();
        }
        let outcome = self.outcome.take().expect("a call without a modem is over");
        match self.total {
            Some(total) => {
                assert!(outcome.pages_confirmed <= self.given.min(total), "confirmed and never given: {outcome:?}");
                let whole = outcome.pages_confirmed == total;
                assert_eq!(outcome.cause == Cause::Delivered, whole, "{outcome:?}");
                let open = matches!(outcome.cause, Cause::Unconfirmed | Cause::Delivered);
                assert!(!self.told_last || open, "it may have arrived whole: {outcome:?}");
            }
            None => assert_eq!(self.before + outcome.pages_confirmed, self.stored, "{outcome:?}"),
        }
        self.drop_worker();
    }
}
