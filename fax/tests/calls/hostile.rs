//! A serial port that says anything, and a fax engine that wants anything: the driver of Class 1 modems between them panics at nothing,
//! holds no more than its bounds, and comes to an end.

use std::time::Duration;

use fax::line::ModemCall;
use fax::session::{Input, Output, Params, Role, Session};
use fax::worker::proto::{FromWorker, VERSION, Way};
use model::{Instant, Now};
use proptest::prelude::*;
use spandsp::{Carrier, FrontOrder, Signal};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// The port says this.
    Bytes(Vec<u8>),
    /// A word that a modem says, whole.
    Word(usize),
    /// The engine wants this.
    Wants(usize),
    /// It has part of a page to send.
    Page(Vec<u8>),
    /// So many milliseconds pass.
    Time(u16),
}

const WORDS: [&str; 8] = ["OK", "CONNECT", "NO CARRIER", "ERROR", "+FCERROR", "RING", "BUSY", "\x10\x03"];

fn wants(which: usize) -> FrontOrder {
    let fast = |carrier, bit_rate, frames| Signal::Fast { carrier, bit_rate, short_training: frames, frames };
    let signals = [
        Signal::None,
        Signal::Ced,
        Signal::Cng,
        Signal::V21,
        fast(Carrier::V17, 14_400, true),
        fast(Carrier::V29, 9600, false),
        // No modem has this one.
        fast(Carrier::V27ter, 300, true),
        Signal::Done,
    ];
    let signal = signals[which % signals.len()];
    match which / signals.len() % 5 {
        0 => FrontOrder::Receive(signal),
        1 => FrontOrder::Transmit(signal),
        2 => FrontOrder::Frame(vec![0xff, 0x13, which as u8, 0x10, 0x10]),
        3 => FrontOrder::LastFrame,
        _ => FrontOrder::Flush,
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => proptest::collection::vec(any::<u8>(), 0..60).prop_map(Step::Bytes),
        4 => (0..WORDS.len()).prop_map(Step::Word),
        4 => (0..40usize).prop_map(Step::Wants),
        1 => proptest::collection::vec(any::<u8>(), 0..300).prop_map(Step::Page),
        2 => (0..5000u16).prop_map(Step::Time),
    ]
}

struct Between {
    now: Now,
    session: Session,
    modem: modem::Modem,
    timeout: Instant,
    modem_timeout: Instant,
    finished: bool,
    written: usize,
}

impl Between {
    fn new(role: Role) -> Self {
        let now = Now::simulation_start();
        let number = matches!(role, Role::Send { .. }).then(|| "5551234".to_owned());
        let call = ModemCall {
            number,
            setup: vec!["ATE0".to_owned()],
            class: model::settings::FaxClass::One,
            mmr: true,
            connect_delay: Duration::ZERO,
        };
        let params = Params { way: Way::Modem, modem: Some(call), ..Params::default() };
        let (session, _) = Session::new(now, role, params);
        let mut this = Self {
            now,
            session,
            modem: modem::Modem::new(),
            timeout: Instant::ZERO,
            modem_timeout: Instant::FAR_FUTURE,
            finished: false,
            written: 0,
        };
        this.session(Input::Worker(FromWorker::Ready { version: VERSION }));
        this.session(Input::Worker(FromWorker::Idle));
        this
    }

    fn session(&mut self, input: Input<'_>) {
        self.session.handle_input(self.now, input);
        loop {
            match self.session.poll_output() {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Modem(order) => self.port(modem::Input::Order(order)),
                // The engine does each order at once.
                Output::Worker(_) => self.session.handle_input(self.now, Input::Worker(FromWorker::Idle)),
                Output::Finished(_) => {
                    assert!(!self.finished, "it ended twice");
                    self.finished = true;
                }
                _ => {}
            }
        }
    }

    fn port(&mut self, input: modem::Input<'_>) {
        self.modem.handle_input(self.now, input);
        loop {
            match self.modem.poll_output() {
                modem::Output::Write(bytes) => self.written += bytes.len(),
                modem::Output::Event(event) => self.session.handle_input(self.now, Input::Modem(event)),
                modem::Output::Flush | modem::Output::Dtr(_) => {}
                modem::Output::Timeout(at) => {
                    self.modem_timeout = at;
                    return;
                }
            }
        }
    }

    fn pass(&mut self, millis: u16) {
        let end = self.now.instant + Duration::from_millis(u64::from(millis));
        loop {
            let next = self.timeout.min(self.modem_timeout).max(self.now.instant);
            if next > end || self.finished {
                break;
            }
            // Something that is due for ever would stop the clock.
            self.now = self.now.after((next - self.now.instant).max(Duration::from_millis(1)));
            self.port(modem::Input::Timeout);
            self.session(Input::Timeout);
        }
        self.now = self.now.after(end.saturating_since(self.now.instant));
    }

    fn play(&mut self, step: &Step) {
        match step {
            Step::Bytes(bytes) => self.port(modem::Input::Bytes(bytes)),
            Step::Word(word) => self.port(modem::Input::Bytes(format!("\r\n{}\r\n", WORDS[*word]).as_bytes())),
            Step::Wants(which) => self.session(Input::Worker(FromWorker::Front(wants(*which)))),
            Step::Page(data) => self.session(Input::Worker(FromWorker::Taken(data.clone()))),
            Step::Time(millis) => self.pass(*millis),
        }
        self.session(Input::Timeout);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_a_port_says_and_an_engine_wants_the_call_comes_to_an_end(
        sends in any::<bool>(),
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let mut between = Between::new(if sends { Role::Send { pages: 1 } } else { Role::Receive });
        for step in &steps {
            between.play(step);
        }
        prop_assert!(between.written < 1 << 20, "{} bytes for the modem", between.written);
        // A session ends when nothing is heard any more, whatever state it is in.
        for _ in 0..1000 {
            if between.finished {
                break;
            }
            between.pass(5000);
        }
        prop_assert!(between.finished, "the call does not end");
    }
}
