//! The computer's side: command lines, and the data of a page.

use model::Now;
use model::settings::FaxClass;

use super::frames::Terms;
use super::{Fake, State, Step};
use crate::api::Order;

const DLE: u8 = 0x10;
const ETX: u8 = 0x03;
const SUB: u8 = 0x1a;
const CAN: u8 = 0x18;
/// A page may begin.
const XON: u8 = 0x11;
const DC2: u8 = 0x12;

impl Fake {
    /// The computer writes this octet.
    pub(super) fn computer(&mut self, now: Now, octet: u8) {
        if self.data {
            return self.take(now, octet);
        }
        if self.state == State::Giving || self.state == State::Given && self.agreed.ecm {
            if matches!(octet, DC2 | XON) && !self.asked {
                self.asked = true;
                let waiting = std::mem::take(&mut self.page);
                self.give(&waiting);
            }
            if octet == CAN {
                self.end(now, 90);
            }
            return;
        }
        match octet {
            b'\r' => {
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).to_ascii_uppercase();
                if let Some((_, line)) = line.split_once("AT") {
                    self.line_of_commands(now, line);
                }
            }
            0x20..0x7f => self.line.push(octet),
            _ => {}
        }
    }

    /// Data of a page, with its shielding.
    fn take(&mut self, now: Now, octet: u8) {
        match (std::mem::take(&mut self.dle), octet) {
            (false, DLE) => self.dle = true,
            (true, ETX) if self.is_two() => self.taken(now, None),
            (true, b',') if !self.is_two() => self.taken(now, Some(0)),
            (true, b';') if !self.is_two() => self.taken(now, Some(1)),
            (true, b'.') if !self.is_two() => self.taken(now, Some(2)),
            (true, SUB) => self.page.extend([DLE, DLE]),
            (true, octet) if octet != DLE => {}
            (_, octet) => self.page.push(octet),
        }
        self.pass_page(now);
    }

    /// A page is whole, and what follows it may be known.
    fn taken(&mut self, now: Now, follows: Option<u8>) {
        self.data = false;
        self.pages += 1;
        if self.agreed.ecm {
            return self.taken_in_frames(now, follows);
        }
        self.end_rows();
        self.pass_page(now);
        self.state = State::Taken;
        match follows {
            Some(follows) => self.ask(now, follows, 0),
            None => self.say("OK"),
        }
    }

    /// Six ends of line, with the tag of the next row in MR (T.4 section 4.2), the first bit of the line lowest.
    fn end_rows(&mut self) {
        let mut ends = vec![0];
        let bits: Vec<bool> = (0..6)
            .flat_map(|_| {
                let tag = self.agreed.two_dimensional.then_some(true);
                std::iter::repeat_n(false, 11).chain([true]).chain(tag)
            })
            .collect();
        ends.extend(
            bits.chunks(8).map(|bits| bits.iter().enumerate().fold(0, |octet, (at, bit)| octet | u8::from(*bit) << at)),
        );
        self.page.extend(ends);
    }

    /// The rest of it goes out in frames, and its end with them: what ends a page in T.6 stands in its data.
    fn taken_in_frames(&mut self, now: Now, follows: Option<u8>) {
        if !self.agreed.mmr {
            self.end_rows();
        }
        self.follows = follows;
        if follows.is_none() {
            self.say("OK");
        }
        self.send_block(now);
    }

    /// Hands the page on, as far as it is there.
    pub(super) fn pass_page(&mut self, now: Now) {
        if !matches!(self.at, Some(Step::Page)) {
            return;
        }
        let mut data = std::mem::take(&mut self.page);
        if self.pages < self.manner.garbles {
            data.iter_mut().step_by(9).for_each(|octet| *octet ^= 0x5a);
        }
        self.order(now, Order::Data(data));
        if !self.data {
            self.order(now, Order::EndOfData { within: super::COMMAND });
        }
    }

    /// Gives the computer part of a page that comes.
    pub(super) fn give(&mut self, data: &[u8]) {
        if !self.asked {
            return self.page.extend(data);
        }
        let mut shielded = Vec::new();
        for (n, octet) in data.iter().enumerate() {
            let spoiled = octet ^ if self.came < self.manner.spoils && n % 9 == 0 { 0x5a } else { 0 };
            let octet = &spoiled;
            let octet = if self.manner.reversed { octet.reverse_bits() } else { *octet };
            if octet == DLE {
                shielded.push(DLE);
            }
            shielded.push(octet);
        }
        self.say_raw(&shielded);
    }

    fn line_of_commands(&mut self, now: Now, line: &str) {
        for command in line.split(';').map(str::trim) {
            let (name, value) = command.split_once('=').unwrap_or((command, ""));
            match name {
                "+FDT" | "+FDR" | "+FET" | "+FK" | "+FKS" => return self.talk(now, name, value),
                "+FPTS?" | "+FPS?" => self.say(&self.answer.to_string()),
                _ if value == "?" || name.ends_with('?') => match self.question(name) {
                    Some(answer) => self.say(answer),
                    None => return self.say("ERROR"),
                },
                "+FCLASS" if !["0", "1", self.manner.class.word()].contains(&value) => return self.say("ERROR"),
                "+FDCC" | "+FCC" | "+FDIS" | "+FIS" => {
                    match Terms::read(value, self.manner.class, self.manner.corrects) {
                        Some(terms) => self.ours = terms,
                        None => return self.say("ERROR"),
                    }
                }
                "+FLID" | "+FLI" => self.ident = value.trim_matches('"').to_owned(),
                "+FSPL" | "+FSP" if self.manner.cannot_fetch => return self.say("ERROR"),
                "+FSPL" | "+FSP" => self.fetches = value == "1",
                // SP-2388 has no names.
                "+FSA" | "+FPA" | "+FPW" if self.is_two() => return self.say("ERROR"),
                "+FSA" => self.subaddress = value.trim_matches('"').to_owned(),
                "+FPA" => self.selection = value.trim_matches('"').to_owned(),
                "+FPW" => self.password = value.trim_matches('"').to_owned(),
                "+FBUG" | "+FBU" if self.manner.tells_no_frames => return self.say("ERROR"),
                "+FBUG" | "+FBU" => self.reports = value == "1",
                "+FPTS" | "+FPS" if self.manner.stubborn => {}
                "+FPTS" | "+FPS" => self.answer = value.parse().unwrap_or(1),
                _ if name.starts_with('D') => return self.dial(now, name),
                _ if name.starts_with('A') => return self.pick_up(now),
                _ if name.starts_with('+') => {}
                _ => self.basic(now, name, value),
            }
        }
        self.say("OK");
    }

    /// What stands in lines of the old form: of its many letters these mean something here.
    fn basic(&mut self, now: Now, name: &str, value: &str) {
        if name.ends_with("S0") {
            self.auto_answer = value != "0";
        }
        if name.contains('H') && self.state != State::Idle {
            self.hang_up(now);
        }
    }

    /// The draft, and not the standard.
    fn is_two(&self) -> bool {
        self.manner.class == FaxClass::Two
    }

    fn question(&self, name: &str) -> Option<&'static str> {
        Some(match name.trim_end_matches(['?', '=']) {
            "+FCLASS" => match self.manner.class {
                FaxClass::Two => "0,2",
                FaxClass::TwoOne => "0,2.1",
                _ => "0,2.0",
            },
            "+FDCC" | "+FCC" => match (self.manner.class, self.manner.corrects) {
                (_, false) => "(0,1),(0-5),(0),(0-2),(0,1),(0),(0),(0-7)",
                (FaxClass::Two, true) => "(0,1),(0-5),(0),(0-2),(0,1,3),(0-2),(0),(0-7)",
                (FaxClass::TwoOne, true) => "(0,1),(0-D),(0),(0-2),(0,1,3),(0,1),(0),(0-7),(0)",
                (_, true) => "(0,1),(0-5),(0),(0-2),(0,1,3),(0,1),(0),(0-7)",
            },
            "+FSPL" | "+FSP" if !self.manner.cannot_fetch => "(0,1)",
            "+FAP" if !self.is_two() => "(0,1),(0,1),(0,1)",
            "+FMFR" | "+FMI" => "A MAKER OF FAKES",
            "+FMDL" | "+FMM" => "FAKE",
            "+FREV" | "+FMR" => "1",
            "I" | "I3" | "I0" => "FAKE 14400",
            _ => return None,
        })
    }

    /// A command that is part of a talk.
    fn talk(&mut self, now: Now, name: &str, value: &str) {
        match (self.state, name) {
            (State::Greeted, "+FDT") => self.offer(now),
            (State::Greeted, "+FDR") if self.fetches && self.holds => self.ask_for(now),
            (State::Taken, "+FET") => self.ask(now, value.parse().unwrap_or(2), 0),
            // What it has of the page in frames goes out first.
            (State::Taking | State::Asking { .. }, "+FET") if self.agreed.ecm && self.follows.is_none() => {
                self.follows = Some(value.parse().unwrap_or(2));
            }
            (State::Trained, "+FDR") => self.accept(now),
            (State::Heard { follows }, "+FDR") => self.respond(now, follows),
            (State::Idle, _) | (_, "+FDT" | "+FDR" | "+FET") => self.say("ERROR"),
            _ => self.leave(now, 2),
        }
    }
}
