//! The phases of a session, and what each command does in each.

use model::{Now, Pii};

use super::command::{self, Command};
use super::data::{DataReader, End, Fault};
use super::reply::{self, Reply};
use super::sasl::{Sasl, Step};
use super::{
    Access, AuthVerdict, Inbound, MAX_AUTH_FAILURES, MAX_ERRORS, MAX_IDLE_COMMANDS, MAX_RECIPIENTS, Output,
    RecipientVerdict, StoreVerdict, Submission,
};
use crate::wire::LineFault;

/// What outlives a message.
#[derive(Default)]
pub(super) struct Session {
    /// The name the client gave, and if it said EHLO.
    hello: Option<(String, bool)>,
    /// Who signed in.
    pub(super) by: Option<String>,
    auth_failures: u32,
    errors: u32,
    idle: u32,
    /// The appliance stops: after the open answer the session ends.
    pub(super) stopping: bool,
}

/// Where a session stands. RFC 5321, 4.1.4 gives the order of commands.
pub(super) enum Phase {
    /// Greeted; EHLO is next.
    Connected,
    /// No message is begun.
    Ready,
    /// Inside AUTH: the client's next line is an answer, not a command.
    Authenticating(Sasl),
    /// [`Output::CheckAuth`] is open.
    CheckingAuth,
    /// MAIL was taken.
    Envelope(Envelope),
    /// [`Output::CheckRecipient`] is open.
    CheckingRecipient(Envelope, Pii<String>),
    /// `354` was sent.
    Data(Envelope, DataReader),
    /// [`Output::Deliver`] is open.
    Storing,
    /// Closed, or about to be.
    Over,
}

impl Phase {
    pub(super) const fn is_question(&self) -> bool {
        matches!(self, Self::CheckingAuth | Self::CheckingRecipient(..) | Self::Storing)
    }

    /// For logs: what a phase holds is personal.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Connected => "Connected",
            Self::Ready => "Ready",
            Self::Authenticating(_) => "Authenticating",
            Self::CheckingAuth => "CheckingAuth",
            Self::Envelope(_) => "Envelope",
            Self::CheckingRecipient(..) => "CheckingRecipient",
            Self::Data(..) => "Data",
            Self::Storing => "Storing",
            Self::Over => "Over",
        }
    }
}

/// The envelope so far.
pub(super) struct Envelope {
    from: Pii<String>,
    recipients: Vec<Pii<String>>,
    /// RCPT was said, whatever came of it.
    tried: bool,
}

impl Inbound {
    /// One line, good or bad, in a phase that reads lines.
    pub(super) fn line(&mut self, now: Now, line: Result<Vec<u8>, LineFault>) {
        match (std::mem::replace(&mut self.phase, Phase::Ready), line) {
            (Phase::Authenticating(sasl), Ok(line)) => self.sasl_line(sasl, &line),
            (phase, line) => {
                // A fault leaves the phase as it was; only an exchange is given up.
                self.phase = if matches!(phase, Phase::Authenticating(_)) { Phase::Ready } else { phase };
                match line.map_err(of_fault).and_then(|line| command::parse(&line)) {
                    Ok(command) => self.command(now, command),
                    Err(reply) => self.error(reply),
                }
            }
        }
        self.enforce_bounds();
        self.arm(now);
    }

    fn command(&mut self, now: Now, command: Command) {
        match command {
            Command::Hello { extended, name } => self.hello(extended, name),
            Command::Auth { mechanism, initial } => self.auth(&mechanism, initial.as_deref()),
            Command::Mail { from, size } => self.mail(from, size),
            Command::Rcpt { to } => self.rcpt(to),
            Command::Data => self.data(now),
            Command::Rset => self.rset(),
            Command::Noop => self.idle(reply::OK),
            Command::Vrfy => self.idle(reply::VRFY),
            Command::Help => self.idle(reply::HELP),
            Command::Quit => self.hang_up(reply::BYE),
        }
    }

    /// EHLO also gives up a message that was begun (4.1.4).
    fn hello(&mut self, extended: bool, name: String) {
        self.session.idle += 1;
        self.phase = Phase::Ready;
        self.session.hello = Some((name, extended));
        if !extended {
            let line = format!("250 {}\r\n", self.config.hostname);
            return self.send(line.as_bytes());
        }
        let mut lines = vec![
            self.config.hostname.clone(),
            "PIPELINING".to_owned(),
            format!("SIZE {}", self.config.max_message),
            "8BITMIME".to_owned(),
        ];
        if self.config.access == (Access::Login { allow_plain_auth: true }) {
            lines.push("AUTH PLAIN LOGIN".to_owned());
        }
        lines.push("ENHANCEDSTATUSCODES".to_owned());
        let mut bytes = Vec::new();
        reply::write_capabilities(&lines, &mut bytes);
        self.send(&bytes);
    }

    fn auth(&mut self, mechanism: &str, initial: Option<&str>) {
        match (&self.phase, self.config.access) {
            (Phase::Connected, _) => return self.error(reply::HELLO_FIRST),
            (_, Access::Open) => return self.error(reply::NOT_OFFERED),
            (_, Access::Login { allow_plain_auth: false }) => return self.error(reply::AUTH_NEEDS_TLS),
            // RFC 4954, 4: not twice, and not inside a message.
            (Phase::Ready, _) if self.session.by.is_none() => {}
            _ => return self.error(reply::AUTH_NOT_NOW),
        }
        match (Sasl::of(mechanism), initial) {
            (None, _) => self.error(reply::AUTH_MECHANISM),
            (Some(sasl), Some(initial)) => self.sasl_line(sasl, initial.as_bytes()),
            (Some(sasl), None) => self.ask(sasl.first_question(), sasl),
        }
    }

    fn ask(&mut self, question: &str, sasl: Sasl) {
        self.phase = Phase::Authenticating(sasl);
        self.send(format!("334 {question}\r\n").as_bytes());
    }

    fn sasl_line(&mut self, sasl: Sasl, line: &[u8]) {
        self.phase = Phase::Ready;
        if line == b"*" {
            return self.error(reply::AUTH_CANCELLED);
        }
        match sasl.step(line) {
            Step::Ask(question, next) => self.ask(question, next),
            Step::Malformed => self.error(reply::AUTH_BAD),
            Step::Credentials { user, password } => {
                self.phase = Phase::CheckingAuth;
                self.want(Output::CheckAuth { user, password });
            }
        }
    }

    pub(super) fn auth_verdict(&mut self, now: Now, verdict: AuthVerdict) {
        if !matches!(self.phase, Phase::CheckingAuth) {
            return;
        }
        self.phase = Phase::Ready;
        match verdict {
            AuthVerdict::Accept { by } => {
                self.session.by = Some(by);
                self.say(reply::AUTHENTICATED);
            }
            AuthVerdict::Refuse => {
                self.session.auth_failures += 1;
                self.error(reply::AUTH_FAILED);
            }
            AuthVerdict::Later => self.error(reply::AUTH_LATER),
        }
        self.answered(now);
    }

    fn mail(&mut self, from: String, size: Option<usize>) {
        let signed_in = self.session.by.is_some() || self.config.access == Access::Open;
        match self.phase {
            Phase::Connected => self.error(reply::HELLO_FIRST),
            Phase::Ready if !signed_in => self.error(reply::AUTH_REQUIRED),
            Phase::Ready if size.is_some_and(|size| size > self.config.max_message) => self.error(reply::TOO_LARGE),
            Phase::Ready => {
                let from = Pii::new(from);
                self.phase = Phase::Envelope(Envelope { from, recipients: Vec::new(), tried: false });
                self.say(reply::SENDER_OK);
            }
            _ => self.error(reply::NESTED_MAIL),
        }
    }

    fn rcpt(&mut self, to: String) {
        let to = Pii::new(to);
        match std::mem::replace(&mut self.phase, Phase::Ready) {
            Phase::Envelope(mut envelope) => {
                envelope.tried = true;
                if envelope.recipients.contains(&to) {
                    // Said twice, meant once: nobody gets the same fax twice for it.
                    self.phase = Phase::Envelope(envelope);
                    return self.say(reply::RECIPIENT_OK);
                }
                if envelope.recipients.len() == MAX_RECIPIENTS {
                    self.phase = Phase::Envelope(envelope);
                    return self.error(reply::TOO_MANY_RECIPIENTS);
                }
                let question = Output::CheckRecipient { by: self.session.by.clone(), address: to.clone() };
                self.phase = Phase::CheckingRecipient(envelope, to);
                self.want(question);
            }
            phase => {
                self.phase = phase;
                self.error(reply::MAIL_FIRST);
            }
        }
    }

    pub(super) fn recipient_verdict(&mut self, now: Now, verdict: RecipientVerdict) {
        match std::mem::replace(&mut self.phase, Phase::Ready) {
            Phase::CheckingRecipient(mut envelope, address) => {
                match verdict {
                    RecipientVerdict::Accept => {
                        envelope.recipients.push(address);
                        self.say(reply::RECIPIENT_OK);
                    }
                    RecipientVerdict::Refuse(rejection) => self.refuse(&rejection),
                }
                self.phase = Phase::Envelope(envelope);
                self.answered(now);
            }
            phase => self.phase = phase,
        }
    }

    fn data(&mut self, now: Now) {
        match std::mem::replace(&mut self.phase, Phase::Ready) {
            Phase::Envelope(envelope) if !envelope.recipients.is_empty() => {
                self.send(b"354 Go ahead; end with a dot on a line of its own\r\n");
                let reader = DataReader::new(self.trace_header(now), self.config.max_message);
                self.phase = Phase::Data(envelope, reader);
            }
            Phase::Envelope(envelope) => {
                let reply = if envelope.tried { reply::NO_RECIPIENT } else { reply::RCPT_FIRST };
                self.phase = Phase::Envelope(envelope);
                self.error(reply);
            }
            phase => {
                self.phase = phase;
                self.error(reply::MAIL_FIRST);
            }
        }
    }

    /// RFC 5321, 4.4. The client's address is not in it: it would leave the clinic with every mail.
    fn trace_header(&self, now: Now) -> Vec<u8> {
        let (name, extended) = self.session.hello.as_ref().map_or(("unknown", false), |(name, e)| (name.as_str(), *e));
        let with = match (extended, self.session.by.is_some()) {
            (true, true) => "ESMTPA",
            (true, false) => "ESMTP",
            (false, _) => "SMTP",
        };
        let date = mail_builder::headers::date::Date::new(now.wall.millis().div_euclid(1000)).to_rfc822();
        format!("Received: from {name}\r\n\tby {} (Frontdesk) with {with};\r\n\t{date}\r\n", self.config.hostname)
            .into()
    }

    pub(super) fn data_ended(&mut self, now: Now, end: End) {
        let Phase::Data(envelope, _) = std::mem::replace(&mut self.phase, Phase::Ready) else { return };
        match end {
            End::Message(body) => {
                self.phase = Phase::Storing;
                self.want(Output::Deliver(Box::new(Submission {
                    by: self.session.by.clone(),
                    from: envelope.from,
                    recipients: envelope.recipients,
                    body: Pii::new(body),
                })));
            }
            End::Refused(Fault::LoneCrOrLf) => self.error(reply::LONE_IN_DATA),
            End::Refused(Fault::TooLarge) => self.error(reply::TOO_LARGE),
            End::Refused(Fault::LineTooLong) => self.error(reply::DATA_LINE_TOO_LONG),
            End::Overrun => return self.hang_up(reply::TOO_LARGE),
        }
        self.enforce_bounds();
        self.arm(now);
    }

    pub(super) fn store_verdict(&mut self, now: Now, result: Result<(), StoreVerdict>) {
        if !matches!(self.phase, Phase::Storing) {
            return;
        }
        self.phase = Phase::Ready;
        match result {
            Ok(()) => {
                self.session.idle = 0;
                self.say(reply::ACCEPTED);
            }
            Err(StoreVerdict::Full) => self.say(reply::DISK_FULL),
            Err(StoreVerdict::Failed) => self.say(reply::NOT_STORED),
            Err(StoreVerdict::Refused(rejection)) => self.refuse(&rejection),
        }
        self.answered(now);
    }

    fn rset(&mut self) {
        if !matches!(self.phase, Phase::Connected) {
            self.phase = Phase::Ready;
        }
        self.idle(reply::OK);
    }

    fn idle(&mut self, reply: Reply) {
        self.session.idle += 1;
        self.say(reply);
    }

    /// A question is answered: what waited may go on, if the session may.
    fn answered(&mut self, now: Now) {
        self.enforce_bounds();
        if self.session.stopping && !self.is_over() {
            self.hang_up(reply::SHUTTING_DOWN);
        }
        self.resume(now);
    }

    fn enforce_bounds(&mut self) {
        let last = if self.session.auth_failures >= MAX_AUTH_FAILURES {
            reply::TOO_MANY_GUESSES
        } else if self.session.errors >= MAX_ERRORS {
            reply::TOO_MANY_ERRORS
        } else if self.session.idle >= MAX_IDLE_COMMANDS {
            reply::TOO_MANY_IDLE
        } else if self.session.stopping && !self.phase.is_question() {
            reply::SHUTTING_DOWN
        } else {
            return;
        };
        if !self.is_over() {
            self.hang_up(last);
        }
    }

    fn say(&mut self, reply: Reply) {
        let mut bytes = Vec::new();
        reply.write(&mut bytes);
        self.send(&bytes);
    }

    fn error(&mut self, reply: Reply) {
        self.session.errors += 1;
        self.say(reply);
    }

    fn refuse(&mut self, rejection: &crate::Rejection) {
        self.session.errors += 1;
        let mut bytes = Vec::new();
        reply::write_rejection(rejection, &mut bytes);
        self.send(&bytes);
    }
}

const fn of_fault(fault: LineFault) -> Reply {
    match fault {
        LineFault::LoneCrOrLf => reply::LONE_CR_OR_LF,
        LineFault::TooLong => reply::LINE_TOO_LONG,
    }
}
