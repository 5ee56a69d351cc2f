//! One SMTP submission session (RFC 5321, RFC 6409), from the greeting to the end, as a state machine without I/O.
//!
//! Promises:
//! - `250` for a message is sent only after [`Input::Stored`] said `Ok`. If the connection breaks between the two, the client
//!   sends the message again and it is there twice; SMTP has no cure for that (RFC 5321, 4.5.3.2.6).
//! - A message ends at `<CRLF>.<CRLF>` only, a command at CRLF only. A message with a lone CR or LF is refused.
//! - How the bytes are cut into inputs makes no difference. Clients may pipeline (RFC 2920): answers keep their order.
//! - Nothing that a client does makes the session panic, or hold more than one message of the allowed size and 64 KiB.
//!
//! Whether credentials, recipients and messages are good is asked of the outside, one question at a time; while a question is
//! open, commands that came already wait. What is refused says so in words for the person behind the mail program.

mod command;
mod data;
mod path;
mod reply;
mod sasl;
mod session;
mod timer;

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use model::{Instant, Now, Pii};

use crate::Rejection;
use crate::wire::LineReader;
use session::{Phase, Session};
use timer::Timer;

/// Recipients of one message (RFC 5321, 4.5.3.1.8 asks servers for relays to take 100; a fax goes to fewer, and each is dialled).
pub const MAX_RECIPIENTS: usize = model::sending::MAX_NUMBERS;
/// Failed sign-ins of one session. Whoever counts over sessions and addresses is behind [`Output::CheckAuth`].
pub const MAX_AUTH_FAILURES: u32 = 3;
/// Errors of one session, refused recipients included: a person's mistakes stay below, a search for valid numbers does not.
pub const MAX_ERRORS: u32 = 20;
/// Commands without a message in between that do nothing (NOOP, RSET, VRFY, HELP, EHLO).
pub const MAX_IDLE_COMMANDS: u32 = 100;
/// Bytes that may wait while a question is open. A client that pipelines sends a few hundred.
pub const MAX_WAITING: usize = 64 * 1024;

/// Who may submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Who signed in.
    Login {
        /// Passwords may cross this connection as they are. Set for loopback listeners only; without it, and without TLS, nobody
        /// can sign in here.
        allow_plain_auth: bool,
    },
    /// Anybody: for a sink on loopback.
    Open,
}

/// What a session is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our name, in the greeting and the trace header.
    pub hostname: String,
    /// Largest message in bytes.
    pub max_message: usize,
    /// Who may submit.
    pub access: Access,
}

/// What happens to a session.
pub enum Input<'a> {
    /// Bytes from the client. Best given only while [`Inbound::wants_bytes`].
    Bytes(&'a [u8]),
    /// The answer to [`Output::CheckAuth`].
    Auth(AuthVerdict),
    /// The answer to [`Output::CheckRecipient`].
    Recipient(RecipientVerdict),
    /// The answer to [`Output::Deliver`].
    Stored(Result<(), StoreVerdict>),
    /// The time of the last [`Output::Timeout`] has come.
    Timeout,
    /// The appliance is stopping: what was begun is answered, nothing new is taken.
    Stop,
    /// All sessions together hold more than there is memory for: this one must end.
    NoRoom,
    /// The client closed the connection.
    Closed,
}

/// May this user sign in?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthVerdict {
    /// Yes; from now on they are this user.
    Accept {
        /// The user's name inside the appliance.
        by: String,
    },
    /// No. Why is told to nobody.
    Refuse,
    /// That cannot be said now.
    Later,
}

/// Do we take mail for this recipient?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipientVerdict {
    /// Yes.
    Accept,
    /// No, and why.
    Refuse(Rejection),
}

/// Why a message was not stored. Nothing of it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreVerdict {
    /// No room.
    Full,
    /// The store failed or is locked.
    Failed,
    /// A rule refuses this message, for good.
    Refused(Rejection),
}

/// A message that came whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    /// Who signed in; nobody on an open listener.
    pub by: Option<String>,
    /// The envelope sender, empty for the null sender.
    pub from: Pii<String>,
    /// The envelope recipients, each accepted before, as they were written.
    pub recipients: Vec<Pii<String>>,
    /// The message, our trace header first. Its lines end in CRLF, and it has no lone CR or LF.
    pub body: Pii<Vec<u8>>,
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (recipients, bytes) = (self.recipients.len(), self.body.expose().len());
        write!(f, "Submission({recipients} recipients, {bytes} bytes)")
    }
}

/// What a session wants done.
#[derive(PartialEq, Eq)]
pub enum Output {
    /// Send these bytes.
    Send(Bytes),
    /// Answer with [`Input::Auth`].
    CheckAuth {
        /// The name given.
        user: Pii<String>,
        /// The password given.
        password: Pii<String>,
    },
    /// Answer with [`Input::Recipient`].
    CheckRecipient {
        /// Who signed in.
        by: Option<String>,
        /// The address, as it was written.
        address: Pii<String>,
    },
    /// Store it; answer with [`Input::Stored`] when it is durable.
    Deliver(Box<Submission>),
    /// Close the connection. Nothing follows.
    Close,
    /// Nothing more now; give [`Input::Timeout`] at this time if nothing else comes first.
    Timeout(Instant),
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A refusal may quote what a person wrote.
            Self::Send(bytes) => write!(f, "Send({} bytes)", bytes.len()),
            Self::CheckAuth { .. } => f.write_str("CheckAuth"),
            Self::CheckRecipient { .. } => f.write_str("CheckRecipient"),
            Self::Deliver(submission) => write!(f, "Deliver({submission:?})"),
            Self::Close => f.write_str("Close"),
            Self::Timeout(at) => write!(f, "Timeout({at:?})"),
        }
    }
}

/// A session.
pub struct Inbound {
    config: Config,
    session: Session,
    phase: Phase,
    lines: LineReader,
    /// What came while a question was open.
    waiting: Vec<u8>,
    out: VecDeque<Output>,
    /// Replies after the last of `out`, sent in one piece: a client that pipelines gets one segment.
    said: Vec<u8>,
    deadline: Instant,
    ends: Instant,
}

impl Inbound {
    /// A client connected: greets it.
    pub fn new(config: Config, now: Now) -> Self {
        let mut inbound = Self {
            session: Session::default(),
            phase: Phase::Connected,
            lines: LineReader::new(sasl::LINE),
            waiting: Vec::new(),
            out: VecDeque::new(),
            said: Vec::new(),
            deadline: now.instant,
            ends: now.instant + timer::SESSION,
            config,
        };
        let greeting = format!("220 {} ESMTP Frontdesk\r\n", inbound.config.hostname);
        inbound.send(greeting.as_bytes());
        inbound.arm(now);
        inbound
    }

    /// Takes what happened. An answer to a question that is not open is ignored.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        match input {
            _ if self.is_over() => {}
            Input::Bytes(bytes) => self.bytes(now, bytes),
            Input::Auth(verdict) => self.auth_verdict(now, verdict),
            Input::Recipient(verdict) => self.recipient_verdict(now, verdict),
            Input::Stored(result) => self.store_verdict(now, result),
            Input::Timeout => {
                if now.instant >= self.deadline {
                    self.hang_up(reply::TOO_SLOW);
                }
            }
            Input::Stop => {
                self.session.stopping = true;
                // Whoever waits for an answer gets it first.
                if !self.phase.is_question() && !matches!(self.phase, Phase::Data(..)) {
                    self.hang_up(reply::SHUTTING_DOWN);
                }
            }
            Input::NoRoom => self.hang_up(reply::NO_ROOM),
            Input::Closed => {
                self.phase = Phase::Over;
                self.out.clear();
                self.said.clear();
            }
        }
    }

    /// What to do next. Answers change after [`Inbound::handle_input`] only; ask until it is `Timeout`.
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.out.pop_front() {
            output
        } else if self.said.is_empty() {
            Output::Timeout(self.deadline)
        } else {
            Output::Send(std::mem::take(&mut self.said).into())
        }
    }

    /// False while a question is open: a shell then leaves the bytes in the socket, so that the client feels it.
    pub fn wants_bytes(&self) -> bool {
        !self.phase.is_question() && !self.is_over()
    }

    /// True when the connection is closed, or is to be.
    pub const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// How many bytes of a message are held that is not whole yet.
    pub fn held_bytes(&self) -> usize {
        match &self.phase {
            Phase::Data(_, reader) => reader.held_bytes(),
            _ => 0,
        }
    }

    fn bytes(&mut self, now: Now, mut bytes: &[u8]) {
        while self.wants_bytes() && !bytes.is_empty() {
            if let Phase::Data(_, reader) = &mut self.phase {
                let end = reader.read(&mut bytes);
                self.arm(now);
                if let Some(end) = end {
                    self.data_ended(now, end);
                }
            } else if let Some(line) = self.lines.read(&mut bytes) {
                self.line(now, line);
            }
        }
        if !self.is_over() && self.waiting.len() + bytes.len() > MAX_WAITING {
            return self.hang_up(reply::TOO_EAGER);
        }
        self.waiting.extend_from_slice(bytes);
    }

    /// Goes on with what waited for an answer.
    fn resume(&mut self, now: Now) {
        self.arm(now);
        let waiting = std::mem::take(&mut self.waiting);
        if !self.is_over() {
            self.bytes(now, &waiting);
        }
    }

    /// Sets the timer of the phase. Called when a command or a piece of data came, not for every byte: one byte a minute must
    /// not keep a session.
    fn arm(&mut self, now: Now) {
        let after = now.instant + Timer::of(&self.phase, &self.session, self.config.access).after();
        self.deadline = if self.is_over() { Instant::FAR_FUTURE } else { after.min(self.ends) };
    }

    fn send(&mut self, bytes: &[u8]) {
        self.said.extend_from_slice(bytes);
    }

    /// Wants something done, after what was said before.
    fn want(&mut self, output: Output) {
        if !self.said.is_empty() {
            self.out.push_back(Output::Send(std::mem::take(&mut self.said).into()));
        }
        self.out.push_back(output);
    }

    fn hang_up(&mut self, last: reply::Reply) {
        let mut bytes = Vec::new();
        last.write(&mut bytes);
        self.send(&bytes);
        self.close();
    }

    fn close(&mut self) {
        self.phase = Phase::Over;
        self.waiting = Vec::new();
        self.deadline = Instant::FAR_FUTURE;
        self.want(Output::Close);
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbound({})", self.phase.name())
    }
}
