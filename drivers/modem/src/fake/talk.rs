//! The talk with the other machine, without error correction (T.30 section 5).

use model::{Instant, Now};

use super::frames::{self, CFR, CSI, DCN, DCS, DIS, EOM, EOP, FTT, MCF, MPS, RTN, RTP, TSI, Terms};
use super::{AGAIN, COMMAND, Fake, IDLE, State, Step, T1, T4};
use crate::api::Order;
use crate::words::Word;

/// T.30 lets a command be said three times.
const TRIES: u8 = 3;
/// Silence before our frames, and before our page.
const GAP: &str = "AT+FTS=8";

impl Fake {
    pub(super) fn dial(&mut self, now: Now, number: &str) {
        (self.state, self.trained) = (State::Calling, false);
        self.begin(
            now,
            [Step::Command("AT+FCLASS=1".to_owned()), Step::Connect(format!("AT{number}")), Step::Listen(T1)],
        );
    }

    pub(super) fn pick_up(&mut self, now: Now) {
        (self.state, self.trained) = (State::Answering { tries: 0 }, false);
        let steps = [Step::Command("AT+FCLASS=1".to_owned()), Step::Connect("ATA".to_owned())];
        self.begin(now, steps);
        self.steps.extend(self.greeting());
    }

    fn greeting(&self) -> [Step; 3] {
        let ident = frames::ident(CSI, false, &self.ident);
        [Step::Frame(ident), Step::Frame(self.ours.dis()), Step::Listen(T4)]
    }

    /// `+FDT`: trains if that is needed, and takes a page.
    pub(super) fn offer(&mut self, now: Now) {
        if self.trained {
            return self.take_page(now);
        }
        self.agreed = self.ours.and(self.theirs);
        self.agreed.two_dimensional &= !self.manner.one_dimensional;
        self.train(now, 0);
    }

    fn train(&mut self, now: Now, tries: u8) {
        self.state = State::Training { tries };
        let agreed = self.agreed;
        self.begin(
            now,
            [
                Step::Command(GAP.to_owned()),
                Step::Connect("AT+FTH=3".to_owned()),
                Step::Frame(frames::ident(TSI, true, &self.ident)),
                Step::Frame(agreed.dcs()),
                Step::Command(GAP.to_owned()),
                Step::Connect(format!("AT+FTM={}", agreed.number(false))),
                // 1.5 s of zeros (T.30, TCF).
                Step::Zeros(agreed.octets() * 3 / 2),
                Step::Listen(T4),
            ],
        );
    }

    fn take_page(&mut self, now: Now) {
        (self.state, self.data, self.trained) = (State::Taking, true, true);
        self.page.clear();
        let carrier = format!("AT+FTM={}", self.agreed.number(true));
        self.begin(now, [Step::Command(GAP.to_owned()), Step::Connect(carrier), Step::Page]);
        self.report("+FDCS", "+FCS", &self.agreed.text());
        self.say("CONNECT");
        if !self.manner.two_zero {
            self.say_raw(&[0x11]);
        }
    }

    /// Says what follows the page, and waits for the answer.
    pub(super) fn ask(&mut self, now: Now, follows: u8, tries: u8) {
        self.state = State::Asking { follows, tries };
        let fcf = match follows {
            0 => MPS,
            1 => EOM,
            _ => EOP,
        };
        let steps = [
            Step::Command(GAP.to_owned()),
            Step::Connect("AT+FTH=3".to_owned()),
            Step::Frame(frames::bare(fcf, true)),
            Step::Listen(T4),
        ];
        if self.at.iter().chain(&self.steps).any(|step| matches!(step, Step::Page)) {
            // What it has of the page goes out first.
            self.steps.extend(steps);
        } else {
            self.begin(now, steps);
        }
    }

    /// `+FDR`: the training was good, and a page may come.
    pub(super) fn accept(&mut self, now: Now) {
        (self.state, self.asked) = (State::Giving, false);
        self.page.clear();
        self.speak(now, CFR);
        self.hear_page();
    }

    /// `+FDR` after a page: the computer has it, and the other machine is told so.
    pub(super) fn respond(&mut self, now: Now, follows: u8) {
        let answer = if self.answer == 2 { RTN } else { MCF };
        self.answer = 1;
        self.speak(now, answer);
        match (answer, follows) {
            (MCF, 0) => {
                (self.state, self.asked) = (State::Giving, false);
                self.page.clear();
                self.hear_page();
            }
            (MCF, 2) => {
                self.state = State::Leaving;
                self.steps.push_back(Step::Listen(T4));
            }
            _ => {
                self.state = State::Answering { tries: 0 };
                self.steps.push_back(Step::Listen(T4 * 2));
            }
        }
    }

    fn speak(&mut self, now: Now, fcf: u8) {
        let frame = Step::Frame(frames::bare(fcf, false));
        self.begin(now, [Step::Command(GAP.to_owned()), Step::Connect("AT+FTH=3".to_owned()), frame]);
    }

    fn hear_page(&mut self) {
        self.steps.push_back(Step::Hear(format!("AT+FRM={}", self.agreed.number(true))));
    }

    /// Says goodbye and puts the line down.
    pub(super) fn leave(&mut self, now: Now, why: u16) {
        let goodbye = Step::Frame(frames::bare(DCN, true));
        // The last bits are still on the line when the modem says that it has them.
        let out = Step::Command("AT+FTS=50".to_owned());
        let steps = [Step::Command(GAP.to_owned()), Step::Connect("AT+FTH=3".to_owned()), goodbye, out, Step::End(why)];
        self.begin(now, steps);
    }

    /// The line is put down without a word to the computer.
    pub(super) fn hang_up(&mut self, now: Now) {
        (self.state, self.data) = (State::Idle, false);
        (self.deadline, self.again, self.at) = (Instant::FAR_FUTURE, Instant::FAR_FUTURE, None);
        self.steps.clear();
        self.order(now, Order::HangUp);
    }

    /// The call is over, and the computer hears why.
    pub(super) fn end(&mut self, now: Now, why: u16) {
        let late = matches!(self.state, State::Idle);
        self.hang_up(now);
        if late {
            return;
        }
        let code = if self.manner.two_zero { format!("{:X}{}", why / 10, why % 10) } else { why.to_string() };
        self.report("+FHNG", "+FHS", &code);
        self.say("OK");
    }

    fn begin(&mut self, now: Now, steps: impl IntoIterator<Item = Step>) {
        self.steps = steps.into_iter().collect();
        (self.deadline, self.again) = (Instant::FAR_FUTURE, Instant::FAR_FUTURE);
        if self.at.take().is_some_and(|step| matches!(step, Step::Listen(_) | Step::Hear(_))) {
            self.order(now, Order::Abort);
        }
        self.next(now);
    }

    fn next(&mut self, now: Now) {
        self.at = self.steps.pop_front();
        let command = |line: &String| Order::Command { line: line.clone(), within: COMMAND };
        let order = match &self.at {
            None => return self.idle(now),
            Some(Step::Command(line) | Step::Connect(line) | Step::Hear(line)) => command(line),
            Some(Step::Frame(frame)) => {
                self.modem.handle_input(now, crate::api::Input::Order(Order::Data(frame.clone())));
                Order::EndOfData { within: COMMAND }
            }
            Some(Step::Zeros(octets)) => {
                self.modem.handle_input(now, crate::api::Input::Order(Order::Data(vec![0; *octets])));
                Order::EndOfData { within: COMMAND }
            }
            Some(Step::Page) => return self.pass_page(now),
            Some(Step::Listen(within)) => {
                self.deadline = now.instant + *within;
                // After a call CONNECT stands for a reception already.
                if self.state == State::Calling && !self.trained && self.heard.is_empty() {
                    self.trained = true;
                    return;
                }
                command(&"AT+FRH=3".to_owned())
            }
            Some(Step::End(why)) => {
                let why = *why;
                return self.end(now, why);
            }
        };
        self.heard.clear();
        self.order(now, order);
    }

    /// Nothing is under way: the computer has something to do, and not for ever.
    fn idle(&mut self, now: Now) {
        if self.state != State::Idle {
            self.deadline = now.instant + IDLE;
        }
    }

    /// The Class 1 modem says this.
    pub(super) fn word(&mut self, now: Now, word: Word) {
        if word == Word::Ring {
            self.say("RING");
            if self.auto_answer && self.state == State::Idle {
                self.pick_up(now);
            }
            return;
        }
        match (&self.at, word) {
            (Some(Step::Listen(_)), Word::Connect) => {}
            (Some(Step::Listen(_)), _) => self.listened(now, word),
            (Some(Step::Hear(_)), Word::Connect) => self.heard_carrier(),
            (Some(Step::Hear(_)), _) => self.heard_all(now),
            (Some(Step::Connect(line)), word) if word != Word::Connect && line.starts_with("ATD") => {
                self.hang_up(now);
                self.say(word.text());
            }
            (Some(_), _) => self.next(now),
            (None, _) => {}
        }
    }

    /// A frame has come, or none has.
    fn listened(&mut self, now: Now, word: Word) {
        let mut frame = std::mem::take(&mut self.heard);
        if std::mem::take(&mut self.gives_up) {
            return self.silence(now);
        }
        if word != Word::Ok || frame.len() < 5 {
            self.again = now.instant + AGAIN;
            return;
        }
        frame.truncate(frame.len() - 2);
        match (self.state, frame[2] & 0xfe) {
            (State::Calling, CSI) => self.report("+FCSI", "+FCI", &format!("\"{}\"", frames::ident_of(&frame))),
            (State::Calling, DIS) => return self.greeted(now, &frame),
            (State::Training { .. }, CFR) => return self.take_page(now),
            (State::Training { tries }, FTT | DIS) => {
                self.agreed.rate = self.agreed.rate.saturating_sub(1);
                return if tries < 6 { self.train(now, tries + 1) } else { self.leave(now, 27) };
            }
            (State::Asking { follows, .. }, MCF | RTP | RTN) => return self.answered(now, follows, frame[2] & 0xfe),
            (State::Asking { .. }, DCN) => return self.end(now, 51),
            (State::Answering { .. }, TSI) => {
                self.report("+FTSI", "+FTI", &format!("\"{}\"", frames::ident_of(&frame)));
            }
            (State::Answering { .. }, DCS) => return self.check(now, &frame),
            (State::Given, MPS | EOM | EOP) => return self.page_ended(frame[2] & 0xfe, now),
            (_, DCN) => {
                let why = if self.state == State::Leaving { 0 } else { 70 };
                return self.end(now, why);
            }
            _ => {}
        }
        self.listen(now);
    }

    pub(super) fn listen(&mut self, now: Now) {
        self.again = Instant::FAR_FUTURE;
        self.order(now, Order::Command { line: "AT+FRH=3".to_owned(), within: COMMAND });
    }

    fn greeted(&mut self, now: Now, dis: &[u8]) {
        self.theirs = Terms::of_dis(dis).unwrap_or(Terms { fine: false, rate: 1, two_dimensional: false, v17: false });
        (self.state, self.trained) = (State::Greeted, false);
        let theirs = self.theirs.text();
        self.report("+FCON", "+FCO", "");
        self.report("+FDIS", "+FIS", &theirs);
        self.say("OK");
        (self.at, self.deadline) = (None, now.instant + IDLE);
    }

    fn answered(&mut self, now: Now, follows: u8, fcf: u8) {
        if self.manner.drops_after == self.pages {
            return self.end(now, 54);
        }
        let code = match fcf {
            MCF => 1,
            RTN => 2,
            _ => 3,
        };
        (self.at, self.deadline) = (None, now.instant + IDLE);
        self.trained = fcf == MCF && follows == 0;
        self.state = State::Greeted;
        if self.manner.two_zero {
            self.say(&format!("+FPS:{code},0,0,0,0"));
        } else {
            self.say(&format!("+FPTS:{code}"));
        }
        match (follows, code) {
            (2, 1 | 3) => self.leave(now, 0),
            (_, 2) if self.manner.two_zero => self.say("ERROR"),
            _ => self.say("OK"),
        }
    }

    /// A DCS has come: the training follows at once.
    fn check(&mut self, now: Now, dcs: &[u8]) {
        self.agreed = Terms::of_dcs(dcs).unwrap_or(Terms::ALL);
        self.state = State::Checking;
        self.begin(now, [Step::Hear(format!("AT+FRM={}", self.agreed.number(false)))]);
        self.deadline = now.instant + T4;
    }

    /// The carrier of a training or of a page is there.
    fn heard_carrier(&mut self) {
        self.deadline = Instant::FAR_FUTURE;
        if self.state == State::Giving {
            let agreed = self.agreed.text();
            self.report("+FCFR", "+FCFR", "");
            self.report("+FDCS", "+FCS", &agreed);
            self.say("CONNECT");
        }
    }

    /// It has ended.
    fn heard_all(&mut self, now: Now) {
        let heard = std::mem::take(&mut self.heard);
        let gives_up = std::mem::take(&mut self.gives_up);
        if self.state == State::Giving && !gives_up {
            self.state = State::Given;
            return self.begin(now, [Step::Listen(T4 * 3)]);
        }
        let zeros = heard.iter().filter(|octet| **octet == 0).count();
        // A second of them, and little else (T.30 leaves it to the machine).
        if zeros >= self.agreed.octets() && zeros * 20 > heard.len() * 19 {
            (self.state, self.at) = (State::Trained, None);
            let agreed = self.agreed.text();
            self.report("+FCON", "+FCO", "");
            self.report("+FDCS", "+FCS", &agreed);
            self.say("OK");
            return self.idle(now);
        }
        self.state = State::Answering { tries: 0 };
        self.speak(now, FTT);
        self.steps.push_back(Step::Listen(T4 * 2));
    }

    /// What follows the page that came: the computer is told, and has to say how the page is.
    fn page_ended(&mut self, fcf: u8, now: Now) {
        let follows = match fcf {
            MPS => 0,
            EOM => 1,
            _ => 2,
        };
        self.came += 1;
        self.state = State::Heard { follows };
        self.report("+FPTS", "+FPS", "1,0,0,0,0");
        self.say(&format!("+FET:{follows}"));
        self.say("OK");
        self.at = None;
        if self.manner.hasty && follows == 2 {
            return self.respond(now, follows);
        }
        self.idle(now);
    }

    /// What was awaited has not come in time.
    pub(super) fn late(&mut self, now: Now) {
        if std::mem::replace(&mut self.again, Instant::FAR_FUTURE) < Instant::FAR_FUTURE {
            self.silence(now);
        } else if matches!(self.at, Some(Step::Listen(_) | Step::Hear(_))) {
            self.gives_up = true;
            self.order(now, Order::Abort);
        } else if self.at.is_none() && self.state != State::Idle {
            // The computer does nothing.
            self.leave(now, 50);
        }
    }

    /// Nothing was heard for as long as T.30 says.
    fn silence(&mut self, now: Now) {
        match self.state {
            State::Calling => self.end(now, 11),
            State::Training { tries } if tries < TRIES => self.train(now, tries + 1),
            State::Training { .. } => self.leave(now, 25),
            State::Asking { follows, tries } if tries + 1 < TRIES => self.ask(now, follows, tries + 1),
            State::Asking { .. } => self.leave(now, 54),
            State::Answering { tries } if tries < 8 => {
                self.state = State::Answering { tries: tries + 1 };
                let greeting = self.greeting();
                self.begin(now, [Step::Command(GAP.to_owned()), Step::Connect("AT+FTH=3".to_owned())]);
                self.steps.extend(greeting);
            }
            State::Leaving => self.end(now, 0),
            _ => self.end(now, 73),
        }
    }
}
