//! A session with somebody on the other side of its questions, and what was said.

use std::fmt::Write;

use expect_test::Expect;
use mail::Rejection;
use mail::inbound::{Access, AuthVerdict, Config, Inbound, Input, Output, RecipientVerdict, StoreVerdict, Submission};
use model::{Now, Settings};

/// "\0nurse@clinic.demo\0secret"
pub(crate) const PLAIN: &str = "AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==";
/// The same with a wrong password.
pub(crate) const WRONG: &str = "AUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHdyb25n";

pub(crate) fn config() -> Config {
    Config {
        hostname: "mail.clinic.demo".to_owned(),
        max_message: 2000,
        access: Access::Login { allow_plain_auth: true },
    }
}

pub(crate) fn settings() -> Settings {
    let text = r#"
plan = "solo-practice"
[clinic]
name = "Harbor Street Clinic"
address = "1 Harbor Street"
timezone = "America/New_York"
number = "+12025550123"
[mail]
domain = "clinic.demo"
fax_domain = "fax.clinic.demo"
smarthost = "127.0.0.1:2526"
[fax]
number = "+12025550199"
station_id = "+1 202 555 0199"
"#;
    Settings::parse(text).expect("good settings")
}

/// A session, its answers and its transcript.
pub(crate) struct Desk {
    pub(crate) inbound: Inbound,
    pub(crate) now: Now,
    /// The next answer of the store; `Ok` when empty.
    pub(crate) store: Option<StoreVerdict>,
    pub(crate) kept: Vec<Submission>,
    pub(crate) transcript: String,
    pub(crate) closed: bool,
    deadline: model::Instant,
    settings: Settings,
}

impl Desk {
    pub(crate) fn new(config: Config) -> Self {
        let now = Now::simulation_start();
        let mut desk = Self {
            inbound: Inbound::new(config, now),
            now,
            store: None,
            kept: Vec::new(),
            transcript: String::new(),
            closed: false,
            deadline: now.instant,
            settings: settings(),
        };
        desk.drain();
        desk
    }

    pub(crate) fn give(&mut self, input: Input<'_>) {
        self.inbound.handle_input(self.now, input);
        self.drain();
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.give(Input::Bytes(bytes));
    }

    /// Steps through a script, line by line.
    pub(crate) fn play(&mut self, script: &str) {
        for line in script.trim().lines() {
            self.step(line.trim());
        }
    }

    /// One step of a script: a line of the client, or what happens to it.
    pub(crate) fn step(&mut self, line: &str) {
        let _ = writeln!(self.transcript, "C: {line}");
        match line {
            "@wait" => {
                self.now = self.now.after(self.deadline - self.now.instant);
                let _ = writeln!(self.transcript, "   ({} s later)", self.now.instant.nanos() / 1_000_000_000);
                self.give(Input::Timeout);
            }
            "@stop" => self.give(Input::Stop),
            "@gone" => self.give(Input::Closed),
            "@disk full" => self.store = Some(StoreVerdict::Full),
            "@store fails" => self.store = Some(StoreVerdict::Failed),
            "@policy refuses" => {
                let why = "You may not send faxes; ask the office manager";
                self.store = Some(StoreVerdict::Refused(Rejection::not_allowed(why)));
            }
            _ => self.bytes(format!("{line}\r\n").as_bytes()),
        }
    }

    fn drain(&mut self) {
        loop {
            let input = match self.inbound.poll_output() {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return;
                }
                Output::Close => {
                    self.transcript.push_str("S closes\n");
                    self.closed = true;
                    continue;
                }
                Output::Send(bytes) => {
                    let text = String::from_utf8(bytes.to_vec()).expect("replies are ASCII");
                    for line in text.split_terminator("\r\n") {
                        let _ = writeln!(self.transcript, "S: {line}");
                    }
                    assert!(text.ends_with("\r\n") && text.is_ascii());
                    continue;
                }
                Output::CheckAuth { user, password } => Input::Auth(match password.expose().as_str() {
                    "secret" => AuthVerdict::Accept { by: user.expose().split('@').next().unwrap_or("").to_owned() },
                    "later" => AuthVerdict::Later,
                    _ => AuthVerdict::Refuse,
                }),
                Output::CheckRecipient { address, .. } => {
                    Input::Recipient(match mail::faxmail::recipient(address.expose(), &self.settings) {
                        Ok(_) => RecipientVerdict::Accept,
                        Err(rejection) => RecipientVerdict::Refuse(rejection),
                    })
                }
                Output::Deliver(submission) => {
                    let answer = self.store.take();
                    let _ = writeln!(self.transcript, "   ({submission:?} to store)");
                    if answer.is_none() {
                        self.kept.push(*submission);
                    }
                    Input::Stored(answer.map_or(Ok(()), Err))
                }
            };
            self.inbound.handle_input(self.now, input);
        }
    }
}

/// Plays a script line by line; gives the transcript.
pub(crate) fn play(config: Config, script: &str) -> String {
    let mut desk = Desk::new(config);
    desk.play(script);
    desk.transcript
}

/// Plays a script and compares the transcript.
pub(crate) fn check(script: &str, expected: &Expect) {
    check_with(config(), script, expected);
}

/// The same, for another configuration.
pub(crate) fn check_with(config: Config, script: &str, expected: &Expect) {
    expected.assert_eq(&play(config, &script.replace("$PLAIN", PLAIN).replace("$WRONG", WRONG)));
}

/// The same, after a sign-in that is not shown.
pub(crate) fn signed_in(script: &str, expected: &Expect) {
    let mut desk = Desk::new(config());
    desk.step("EHLO pc");
    desk.step(PLAIN);
    desk.transcript.clear();
    desk.play(script);
    expected.assert_eq(&desk.transcript);
}

/// All at once, without the client's side of it.
pub(crate) fn answers(pieces: &[&[u8]]) -> (String, Vec<Submission>) {
    let mut desk = Desk::new(config());
    for piece in pieces {
        desk.bytes(piece);
    }
    (desk.transcript, desk.kept)
}

/// The lines of a session up to and including DATA.
pub(crate) fn up_to_data() -> String {
    format!("EHLO pc\r\n{PLAIN}\r\nMAIL FROM:<nurse@clinic.demo>\r\nRCPT TO:<12025550101@fax.clinic.demo>\r\nDATA\r\n")
}
