//! What a plan says of recording calls and rooms.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::read::{Placed, Section};
use crate::recording::{Between, DEFAULT_CODE, DEFAULT_DAYS, DEFAULT_DECLINE, Recordings};
use crate::rooms::Room;
use crate::{Inbound, Mentioned, OwnNumber};

use super::{Check, values};

/// A day at least, so that somebody can listen to it; ten years at most, the longest that any state asks of records.
pub const KEEP_DAYS: Range<u64> = 1..3651;
/// Prompts that may follow each other in an announcement: the other party waits for its end.
const MAX_WORDS: usize = 4;

impl<'t> Check<'t> {
    pub(super) fn recordings(
        &mut self,
        top: Section<'_, 't>,
        inbound: &[Inbound],
        rooms: &BTreeMap<String, Room>,
    ) -> Option<Recordings> {
        let table = self.reader.table(top, "recording")?;
        let known = [
            "start",
            "people",
            "numbers",
            "calls",
            "rooms",
            "emergency",
            "silent",
            "announce",
            "beep",
            "decline",
            "code",
            "keep_days",
        ];
        let section = self.reader.section(table.value, &known);
        let silent = self.reader.flag(section, "silent");
        let words = self.recording_words(section, silent.as_ref().is_some_and(|s| s.value));
        if let Some(silent) = silent.as_ref().filter(|s| s.value) {
            let placed = Placed { value: "silent".to_owned(), span: silent.span.clone() };
            self.mention(Mentioned::Unannounced, &placed);
        }
        let flag = |check: &mut Self, key| check.reader.flag(section, key).is_some_and(|f| f.value);
        Some(Recordings {
            always: self.recording_start(section, table.span),
            people: self.recorded_people(section),
            numbers: self.recorded_numbers(section, inbound),
            between: self.recorded_calls(section),
            rooms: self.recorded_rooms(section, rooms),
            help: flag(self, "emergency"),
            silent: silent.is_some_and(|s| s.value),
            words,
            beep: flag(self, "beep"),
            decline: self.decline_key(section),
            code: self.recording_code(section),
            keep_days: self
                .reader
                .number(section, "keep_days", KEEP_DAYS, " of days")
                .and_then(|n| u16::try_from(n).ok())
                .unwrap_or(DEFAULT_DAYS),
        })
    }

    fn recording_start(&mut self, section: Section<'_, 't>, place: Range<usize>) -> bool {
        let help = "write start = \"always\", or \"on demand\": from when somebody dials the code in the call";
        let Some(start) = self.reader.string(section, "start") else {
            self.reader.say(place, "this does not say when recording begins", help);
            return false;
        };
        match start.value.as_str() {
            "always" => true,
            "on demand" => false,
            _ => {
                self.reader.say(start.span, "recording cannot begin so", help);
                false
            }
        }
    }

    fn recorded_people(&mut self, section: Section<'_, 't>) -> Option<Vec<String>> {
        section.get("people")?;
        let list = self.list(section, "people");
        if matches!(list.as_slice(), [all] if all.value == "all") {
            return None;
        }
        list.iter().for_each(|person| self.mention(Mentioned::Person, person));
        Some(values(list))
    }

    fn recorded_numbers(&mut self, section: Section<'_, 't>, inbound: &[Inbound]) -> Vec<OwnNumber> {
        let mut numbers = Vec::new();
        for text in self.list(section, "numbers") {
            let span = text.span.clone();
            match self.own_number_of(text) {
                Some(OwnNumber::Fax) => {
                    self.reader.say(span, "nobody talks at the fax number", "name numbers that people answer");
                }
                Some(number @ OwnNumber::Other(_)) if inbound.iter().all(|i| i.number != number) => {
                    let help = "name one that has an entry under [[inbound]], or \"main\"";
                    self.reader.say(span, "this plan answers no such number", help);
                }
                number => numbers.extend(number),
            }
        }
        numbers
    }

    fn recorded_rooms(&mut self, section: Section<'_, 't>, rooms: &BTreeMap<String, Room>) -> Vec<String> {
        let list = self.list(section, "rooms");
        if matches!(list.as_slice(), [all] if all.value == "all") {
            return rooms.keys().cloned().collect();
        }
        for room in list.iter().filter(|room| !rooms.contains_key(&room.value)) {
            let help = "name one that has an entry, as in [rooms.800], or [\"all\"]";
            self.reader.say(room.span.clone(), "this plan has no such room", help);
        }
        values(list)
    }

    fn recorded_calls(&mut self, section: Section<'_, 't>) -> Vec<Between> {
        if section.get("calls").is_none() {
            return vec![Between::In, Between::Out];
        }
        let mut calls = Vec::new();
        for word in self.list(section, "calls") {
            match Between::ALL.iter().find(|(_, w)| *w == word.value) {
                Some((between, _)) => calls.push(*between),
                None => self.reader.say(word.span, "there are no such calls", "they are: in, out, inside"),
            }
        }
        calls
    }

    fn recording_words(&mut self, section: Section<'_, 't>, silent: bool) -> Vec<String> {
        let Some(words) = self.reader.one_or_more(section, "announce") else { return Vec::new() };
        if let Some(first) = words.first() {
            if silent {
                let help = "keep announce, or silent = true";
                self.reader.say(first.span.clone(), "who is recorded is both told and not told", help);
            } else if words.len() > MAX_WORDS {
                let help = format!("at most {MAX_WORDS} may follow each other");
                self.reader.say(first.span.clone(), "too many prompts", help);
            }
        }
        words.iter().for_each(|name| self.mention(Mentioned::Prompt, name));
        values(words)
    }

    fn decline_key(&mut self, section: Section<'_, 't>) -> char {
        let Some(key) = self.reader.string(section, "decline") else { return DEFAULT_DECLINE };
        match key.value.as_bytes() {
            [digit @ b'0'..=b'9'] => char::from(*digit),
            _ => {
                self.reader.say(key.span, "this is no key", "write one digit, as in decline = \"9\"");
                DEFAULT_DECLINE
            }
        }
    }

    fn recording_code(&mut self, section: Section<'_, 't>) -> String {
        let Some(code) = self.reader.string(section, "code") else { return DEFAULT_CODE.to_owned() };
        let digits = code.value.strip_prefix('*').unwrap_or_default();
        if (1..=2).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            return code.value;
        }
        let help = "write a star and one or two digits, as in code = \"*1\"";
        self.reader.say(code.span, "this cannot be dialled in a call", help);
        DEFAULT_CODE.to_owned()
    }
}
