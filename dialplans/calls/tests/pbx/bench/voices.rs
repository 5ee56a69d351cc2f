//! What is said to a caller and heard of them, and the answers of whoever keeps messages.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use calls::callback;
use calls::mailbox::{Answer, Given};
use calls::{Command, Input};
use media::{Clip, RecordEnd, RoomId, SessionId, Sound};
use model::call::Party;
use model::voicemail::{PinCheck, Voicemail, VoicemailState};
use model::{CallId, Language, Numbering, Pii, VoicemailId, Wall};

use super::Bench;

/// Prompts by where their samples lie: a clip of one is the same memory.
static NAMES: LazyLock<BTreeMap<usize, String>> = LazyLock::new(|| {
    let at = |language, name: &str| prompts::named(language, name).map(|clip| clip.as_ptr() as usize);
    let english = prompts::names(Language::English).map(|name| (at(Language::English, name), name.to_owned()));
    // Of the others, those that scripts hear: to unpack all of them takes its time.
    let spanish = ["menu_practice", "menu_language_9", "choose_again", "leave_a_message", "all_busy", "say_your_name"];
    let recording = ["recording_notice", "recording_decline", "recording_declined", "number-9"];
    let spanish = spanish.into_iter().chain(recording);
    let spanish = spanish.map(|name| (at(Language::Spanish, name), format!("es/{name}")));
    english.chain(spanish).filter_map(|(at, name)| Some((at?, name))).collect()
});

/// What is played, in the names of its prompts; anything else by its length.
pub(super) fn words(sound: &Sound) -> String {
    match sound {
        Sound::Clip(clip) => NAMES
            .get(&(clip.samples().as_ptr() as usize))
            .cloned()
            .unwrap_or_else(|| format!("({:?})", clip.duration())),
        Sound::Several(all) => all.iter().map(words).collect::<Vec<_>>().join(" "),
        Sound::Tone(tone) => format!("<{tone:?}>"),
        Sound::Forever(inner) if matches!(**inner, Sound::Several(_)) => format!("Forever({})", words(inner)),
        other => format!("{other:?}"),
    }
}

/// So many seconds at 8 kHz.
fn clip(seconds: f64) -> Clip {
    Clip::new(8_000, vec![1_000; (seconds * 8_000.0) as usize])
}

fn silence(seconds: f64) -> Clip {
    Clip::new(8_000, vec![0; (seconds * 8_000.0) as usize])
}

fn session(name: &str) -> SessionId {
    SessionId(name.strip_prefix('s').and_then(|n| n.parse().ok()).expect("a session"))
}

impl Bench {
    /// A call has asked something of whoever keeps messages.
    pub(crate) const fn has_asked(&self) -> bool {
        self.asking_call.is_some()
    }

    /// Something was played there.
    pub(crate) fn is_told(&self, session: SessionId) -> bool {
        self.plays.contains_key(&session)
    }

    /// It was recorded what is said there.
    pub(crate) fn is_recorded(&self, session: SessionId) -> bool {
        self.records.contains_key(&session)
    }

    pub(super) fn played(&mut self, name: &str) {
        let session = session(name);
        let play = *self.plays.get(&session).expect("something was played");
        self.input(Input::Media(media::Event::Played { session, play }));
    }

    pub(super) fn key(&mut self, name: &str, digit: &str) {
        let digit = digit.chars().next().expect("a key");
        self.input(Input::Media(media::Event::Dtmf { session: session(name), digit }));
    }

    /// `recorded s1 2.5 silence`: in parts of a second, the last with the end. `recorded s1 1 lost`: so much was, and nobody was told.
    pub(super) fn recorded(&mut self, name: &str, seconds: &str, end: &[&str]) {
        let session = session(name);
        let record = *self.records.get(&session).expect("something is recorded");
        if end == ["lost"] {
            let seconds: u32 = seconds.parse().expect("whole seconds");
            return (0..seconds).for_each(|_| _ = self.next_part(session, record));
        }
        let (hush, end) = match end {
            [rest @ .., "hush"] => (true, rest),
            end => (false, end),
        };
        let end = end.first().map(|end| match *end {
            "stopped" => RecordEnd::Stopped,
            "limit" => RecordEnd::Limit,
            "silence" => RecordEnd::Silence,
            "closed" => RecordEnd::Closed,
            other => panic!("no end {other}"),
        });
        let mut left: f64 = seconds.parse().expect("seconds");
        loop {
            let part = left.min(1.0);
            left -= part;
            let last = left <= 0.0;
            let end = if last { end } else { None };
            let number = self.next_part(session, record);
            self.input(Input::Media(media::Event::Recorded {
                session,
                record,
                number,
                part: if hush { silence(part) } else { clip(part) },
                end,
            }));
            if last {
                return;
            }
        }
    }

    /// The number of the part that a recording gives next.
    fn next_part(&mut self, session: SessionId, record: media::RecordId) -> u32 {
        let next = self.parts.entry((session, record)).or_default();
        *next += 1;
        *next - 1
    }

    /// The message whose sound was asked for so many questions ago.
    fn listened(&self, ago: usize) -> VoicemailId {
        *self.listens.iter().rev().nth(ago).expect("a message was asked for")
    }

    /// `answer begun`, `answer messages new kept urgent`: of whoever keeps messages.
    pub(super) fn answer(&mut self, words: &[&str]) {
        let call = self.asking_call.expect("a call has asked");
        let answer = match words {
            ["greeting"] => Answer::Greeting { own: None, name: None },
            ["greeting", "own"] => Answer::Greeting { own: Some(clip(3.0)), name: None },
            ["greeting", "name"] => Answer::Greeting { own: None, name: Some(clip(1.0)) },
            ["names", who @ ..] => Answer::Names(who.iter().map(|who| ((*who).to_owned(), clip(1.0))).collect()),
            ["begun"] => Answer::Begun(true),
            ["begun", "no"] => Answer::Begun(false),
            ["lost"] => Answer::Lost,
            ["taken"] => Answer::Taken(true),
            ["taken", "no"] => Answer::Taken(false),
            ["pin", check] => Answer::Pin(match *check {
                "right" => Some(PinCheck::Right),
                "wrong" => Some(PinCheck::Wrong),
                "blocked" => Some(PinCheck::Blocked),
                "unset" => Some(PinCheck::NotSet),
                _ => None,
            }),
            ["done"] => Answer::Done(true),
            ["done", "no"] => Answer::Done(false),
            ["given"] => Answer::Given(Given::Theirs),
            ["given", "nobody"] => Answer::Given(Given::Nobody),
            ["given", "full"] => Answer::Given(Given::NoRoom),
            ["given", "no"] => Answer::Given(Given::NotStored),
            ["messages", list @ ..] => Answer::Messages(Some(self.messages(list))),
            ["sound"] => Answer::Sound { voicemail: self.listened(0), sound: Some(clip(7.0)) },
            ["sound", "no"] => Answer::Sound { voicemail: self.listened(0), sound: None },
            // To the question before the last.
            ["sound", "late"] => Answer::Sound { voicemail: self.listened(1), sound: Some(clip(7.0)) },
            other => panic!("no answer {other:?}"),
        };
        self.input(Input::Command(Command::Mailbox { call, answer }));
    }

    /// A call's recording ends with its session: what was said last comes before the session's end.
    pub(super) fn end_tape(&mut self, session: SessionId, end: RecordEnd) {
        if self.taped.remove(&session) {
            let (record, end) = (self.records[&session], Some(end));
            let number = self.next_part(session, record);
            self.input(Input::Media(media::Event::Recorded { session, record, number, part: clip(0.5), end }));
        }
    }

    /// A room is recorded now.
    pub(crate) fn records_rooms(&self) -> bool {
        !self.room_records.is_empty()
    }

    /// The recording of a room ends, and gives what was said last.
    pub(super) fn end_room_tape(&mut self, room: RoomId, end: RecordEnd) {
        if let Some(record) = self.room_records.remove(&room) {
            self.input(Input::Media(media::Event::RoomRecorded { room, record, part: clip(0.5), end: Some(end) }));
        }
    }

    /// `said 800 3`: what is said in a room, in parts of a second; `said 800 1 limit`: and that is as long as it may be.
    pub(super) fn said_in_room(&mut self, number: &str, seconds: &str, end: &[&str]) {
        let room = RoomId((1 << 62) + number.parse::<u64>().expect("a room"));
        let record = *self.room_records.get(&room).expect("the room is recorded");
        let seconds: u32 = seconds.parse().expect("seconds");
        for second in 1..=seconds {
            let end = (second == seconds && end == ["limit"]).then_some(RecordEnd::Limit);
            if end.is_some() {
                self.room_records.remove(&room);
            }
            self.input(Input::Media(media::Event::RoomRecorded { room, record, part: clip(1.0), end }));
        }
    }

    /// `tape kept`, `tape refused`, `tape lost`: of whoever keeps recordings.
    pub(super) fn tape(&mut self, word: &str) {
        use calls::recording::Answer;
        let call = self.recording_call.expect("a call is recorded");
        let answer = match word {
            "kept" => Answer::Begun(true),
            "refused" => Answer::Begun(false),
            "lost" => Answer::Lost,
            other => panic!("no answer {other}"),
        };
        self.input(Input::Command(Command::Recording { call, answer }));
    }
    /// `callback kept`, `callback not kept`, `callback started`, `callback not started`: the store answers. `callback list`, `callback cancel`: of a
    /// person.
    pub(crate) fn callback(&mut self, words: &[&str]) {
        let answer = match words {
            ["kept"] => callback::Answer::Kept(true),
            ["not", "kept"] => callback::Answer::Kept(false),
            ["started"] => callback::Answer::Started(true),
            ["not", "started"] => callback::Answer::Started(false),
            ["list"] => {
                for c in self.pbx.callbacks() {
                    self.say(format!("{} {} {}", c.queue, c.number.as_str(), c.state.word()));
                }
                return;
            }
            ["cancel"] => {
                let callback = self.pbx.callbacks().first().expect("somebody is to be called back").id;
                return self.input(Input::Command(Command::CancelCallback { order: 1, callback }));
            }
            other => panic!("nothing of a call back: {other:?}"),
        };
        assert!(!self.callback_asks.is_empty(), "nothing was asked\n{}", self.log);
        let (call, (callback, _)) = self.callback_asks.remove(0);
        self.input(Input::Command(Command::Callback { call, callback, answer }));
    }

    /// Newest first, each an hour older than the one before it: "new", "urgent-new", "kept"; "new:+12025550188" is of somebody else than 102,
    /// "new:-" of nobody knows whom.
    fn messages(&mut self, list: &[&str]) -> Vec<Voicemail> {
        let message = |(n, said): (usize, &&str)| {
            let (word, from) = said.split_once(':').unwrap_or((said, "102"));
            let created = Wall(self.now.wall.millis() - 3_600_000 * i64::try_from(n + 1).expect("few"));
            Voicemail {
                id: VoicemailId::new(created, &mut self.random),
                mailbox: "101".to_owned(),
                call: CallId::new(created, &mut self.random),
                given_by: None,
                from: Party { number: Numbering::default().parse(from).ok(), name: Pii::default() },
                state: VoicemailState::from_word(word.trim_start_matches("urgent-")).expect("a state"),
                urgent: word.starts_with("urgent-"),
                millis: 7_000,
                peaks: Vec::new(),
                created,
                changed: created,
                keep_until: created,
            }
        };
        list.iter().enumerate().map(message).collect()
    }

    /// A bench whose plan has mailboxes.
    pub(crate) fn plan_with_mailboxes() -> Self {
        let text = plan::library("solo-practice").expect("it is there");
        Self::with_plan(calls::Limits::default(), text)
    }
}
