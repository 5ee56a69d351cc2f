//! The talk with the other machine (T.30 section 5).

use model::settings::FaxClass;
use model::{Instant, Now};

use super::ecm::MORE_BLOCKS;
use super::frames::{
    self, CFR, CSI, DCN, DCS, DIS, EOM, EOP, FTT, MCF, MPS, PPR, PPS, PWD, RNR, RTN, RTP, SEP, SUB, TSI, Terms, has_bit,
};
use super::{AGAIN, COMMAND, Coming, Fake, IDLE, Outgoing, State, Step, T1, T4};
use crate::api::Order;
use crate::words::Word;

/// Bits of a DIS (T.30 Table 2): it holds a document ready; it takes SEP, SUB and PWD.
const HOLDS: usize = 9;
const TAKES_SEP: usize = 47;
const TAKES_SUB: usize = 49;
const TAKES_PWD: usize = 50;

/// T.30 lets a command be said three times.
const TRIES: u8 = 3;
/// Silence before our frames, and before our page.
pub(super) const GAP: &str = "AT+FTS=8";

impl Fake {
    pub(super) fn dial(&mut self, now: Now, number: &str) {
        (self.state, self.trained) = (State::Calling, false);
        (self.calls, self.asks, self.holds, self.met) = (true, false, false, false);
        self.block = Outgoing::default();
        self.begin(
            now,
            [Step::Command("AT+FCLASS=1".to_owned()), Step::Connect(format!("AT{number}")), Step::Listen(T1)],
        );
    }

    pub(super) fn pick_up(&mut self, now: Now) {
        (self.state, self.trained) = (State::Answering { tries: 0 }, false);
        (self.calls, self.asks, self.met) = (false, false, false);
        let steps = [Step::Command("AT+FCLASS=1".to_owned()), Step::Connect("ATA".to_owned())];
        self.begin(now, steps);
        self.steps.extend(self.greeting());
    }

    /// What a machine that receives begins with. One that has called asks with it for a document (CIG, SEP, PWD, DTC).
    fn greeting(&self) -> Vec<Step> {
        let mut steps = vec![Step::Frame(frames::ident(CSI, self.calls, &self.ident))];
        if self.asks {
            steps.extend(self.name(SEP, &self.selection, TAKES_SEP));
            steps.extend(self.name(PWD, &self.password, TAKES_PWD));
        }
        steps.extend([Step::Frame(self.ours.greeting(self.calls)), Step::Listen(T4)]);
        steps
    }

    /// A name, if there is one and the other machine takes such.
    fn name(&self, fcf: u8, name: &str, bit: usize) -> Option<Step> {
        let takes = !name.is_empty() && has_bit(&self.dis, bit);
        takes.then(|| Step::Frame(frames::ident(fcf, true, name)))
    }

    /// `+FDR` of a computer that called: what the other machine holds ready is asked for.
    pub(super) fn ask_for(&mut self, now: Now) {
        self.asks = true;
        self.state = State::Answering { tries: 0 };
        self.begin(now, [Step::Command(GAP.to_owned()), Step::Connect("AT+FTH=3".to_owned())]);
        let greeting = self.greeting();
        self.steps.extend(greeting);
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
        let begins = [Step::Command(GAP.to_owned()), Step::Connect("AT+FTH=3".to_owned())];
        let names = [self.name(SUB, &self.subaddress, TAKES_SUB), self.name(PWD, &self.password, TAKES_PWD)];
        let rest = [
            Step::Frame(frames::ident(TSI, true, &self.ident)),
            Step::Frame(agreed.dcs()),
            Step::Command(GAP.to_owned()),
            Step::Connect(format!("AT+FTM={}", agreed.number(false))),
            // 1.5 s of zeros (T.30, TCF).
            Step::Zeros(agreed.octets() * 3 / 2),
            Step::Listen(T4),
        ];
        self.begin(now, begins.into_iter().chain(names.into_iter().flatten()).chain(rest));
    }

    fn take_page(&mut self, now: Now) {
        (self.state, self.data, self.trained) = (State::Taking, true, true);
        self.page.clear();
        self.follows = None;
        if self.agreed.ecm {
            self.begin_block(now, 0);
        } else {
            let carrier = format!("AT+FTM={}", self.agreed.number(true));
            self.begin(now, [Step::Command(GAP.to_owned()), Step::Connect(carrier), Step::Page]);
        }
        let agreed = self.agreed.text(self.manner.class);
        self.report("+FDCS", "+FCS", &agreed);
        self.say("CONNECT");
        if self.manner.class == FaxClass::Two {
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
        let frame = if self.agreed.ecm { self.partial_page(follows) } else { frames::bare(fcf, self.by_caller()) };
        let steps =
            [Step::Command(GAP.to_owned()), Step::Connect("AT+FTH=3".to_owned()), Step::Frame(frame), Step::Listen(T4)];
        if self.at.iter().chain(&self.steps).any(|step| matches!(step, Step::Page)) {
            // What it has of the page goes out first.
            self.steps.extend(steps);
        } else {
            self.begin(now, steps);
        }
    }

    /// `+FDR`: the training was good, and a page may come.
    pub(super) fn accept(&mut self, now: Now) {
        self.await_page();
        self.speak(now, CFR);
        self.hear_page();
    }

    /// The next page comes, or the first.
    fn await_page(&mut self) {
        (self.state, self.asked, self.told) = (State::Giving, false, false);
        self.page.clear();
        self.coming = Coming::default();
    }

    /// `+FDR` after a page: the computer has it, and the other machine is told so.
    pub(super) fn respond(&mut self, now: Now, follows: u8) {
        let answer = if self.answer == 2 { RTN } else { MCF };
        self.answer = 1;
        self.speak(now, answer);
        match (answer, follows) {
            (MCF, 0) => {
                self.await_page();
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

    pub(super) fn speak(&mut self, now: Now, fcf: u8) {
        let frame = Step::Frame(frames::bare(fcf, self.by_caller()));
        self.begin(now, [Step::Command(GAP.to_owned()), Step::Connect("AT+FTH=3".to_owned()), frame]);
    }

    pub(super) fn hear_page(&mut self) {
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
        self.look = Instant::FAR_FUTURE;
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
        let two = self.manner.class == FaxClass::Two;
        let code = if two { why.to_string() } else { format!("{:X}{}", why / 10, why % 10) };
        self.report("+FHNG", "+FHS", &code);
        self.say("OK");
    }

    pub(super) fn begin(&mut self, now: Now, steps: impl IntoIterator<Item = Step>) {
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
            Some(Step::Block) => return self.block_begins(now),
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
    pub(super) fn idle(&mut self, now: Now) {
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
            (Some(Step::Block), _) => self.block_sent(now),
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
        // A fax machine is there, which is said before anything that it says.
        if matches!(self.state, State::Calling | State::Answering { .. }) && !std::mem::replace(&mut self.met, true) {
            self.report("+FCON", "+FCO", "");
        }
        // Not in the midst of a page: who reads that takes all for data.
        if self.reports && !(self.state == State::Given && self.agreed.ecm) {
            let octets: Vec<String> = frame.iter().map(|octet| format!("{octet:02X}")).collect();
            self.say(&format!("+FHR:{}", octets.join(" ")));
        }
        match (self.state, frame[2] & 0xfe) {
            (State::Calling, CSI) => self.report("+FCSI", "+FCI", &format!("\"{}\"", frames::ident_of(&frame))),
            (State::Calling, DIS) => return self.greeted(now, &frame),
            (State::Training { .. }, CFR) => return self.take_page(now),
            (State::Training { tries }, FTT | DIS) => {
                self.agreed.rate = self.agreed.rate.saturating_sub(1);
                return if tries < 6 { self.train(now, tries + 1) } else { self.leave(now, 27) };
            }
            (State::Asking { follows: MORE_BLOCKS, .. }, MCF) => return self.next_block(now),
            (State::Asking { follows, .. }, MCF | RTP | RTN) => return self.answered(now, follows, frame[2] & 0xfe),
            (State::Asking { follows, .. }, PPR) => return self.again(now, follows, &frame),
            (State::Asking { .. }, RNR) => return self.not_ready(now),
            (State::Asking { .. }, DCN) => return self.end(now, 51),
            (State::Answering { .. }, TSI) => {
                self.report("+FTSI", "+FTI", &format!("\"{}\"", frames::ident_of(&frame)));
            }
            (State::Answering { .. }, DCS) => return self.check(now, &frame),
            (State::Given, PPS) if self.agreed.ecm => return self.block_came(now, &frame),
            (State::Given, MPS | EOM | EOP) => return self.page_ended(frame[2] & 0xfe, now),
            (_, DCN) => {
                let why = if self.state == State::Leaving { 0 } else { self.manner.refused };
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
        self.theirs = Terms::of_dis(dis).unwrap_or(Terms::LEAST);
        (self.dis, self.holds) = (dis.to_vec(), has_bit(dis, HOLDS));
        (self.state, self.trained) = (State::Greeted, false);
        let theirs = self.theirs.text(self.manner.class);
        self.report("+FDIS", "+FIS", &theirs);
        if self.holds && self.fetches {
            self.report("+FPOLL", "+FPO", "");
        }
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
        self.next_page();
        let two = self.manner.class == FaxClass::Two;
        self.say(&if two { format!("+FPTS:{code}") } else { format!("+FPS:{code},0,0,0,0") });
        match (follows, code) {
            (2, 1 | 3) => self.leave(now, 0),
            (_, 2) if !two => self.say("ERROR"),
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
        // Of a page in blocks once.
        if self.state == State::Giving && !self.told {
            self.told = true;
            let agreed = self.agreed.text(self.manner.class);
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
            // The computer asked for the page when it asked for the document.
            if self.asks {
                return self.accept(now);
            }
            let agreed = self.agreed.text(self.manner.class);
            self.report("+FDCS", "+FCS", &agreed);
            self.say("OK");
            return self.idle(now);
        }
        self.state = State::Answering { tries: 0 };
        self.speak(now, FTT);
        self.steps.push_back(Step::Listen(T4 * 2));
    }

    /// What follows the page that came: the computer is told, and has to say how the page is.
    pub(super) fn page_ended(&mut self, fcf: u8, now: Now) {
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
