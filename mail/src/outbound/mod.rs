//! One delivery of one mail for one recipient to one server (RFC 5321), as a state machine without I/O.
//!
//! It ends in exactly one [`Output::Done`], whatever the server does:
//! - the server's reply to the message, or to the command that it refused;
//! - our own refusal (552, 553, 554) if the mail cannot be given to this server at all: too large, not to be written in SMTP, or not
//!   in plain ASCII for a server that takes nothing else;
//! - code 0 with our own words if there is no such reply: the connection broke or timed out, the server spoke no SMTP, or it turned
//!   us away before it heard of a mail (then the refusal is about us, not about the mail, and may be over tomorrow).
//!
//! If the connection breaks after the final dot, the outcome is unknown and the result is code 0: see [`crate::queue`].
//! What is sent has CRLF only and dots as DATA wants them, whatever the message holds.

mod reply;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use model::mail::{SmtpReply, can_be_addressed};
use model::{Instant, Now, Pii};

use crate::wire::Stuffed;
use reply::{Reply, ReplyReader};

/// What happens to a delivery.
pub enum Input<'a> {
    /// Bytes from the server.
    Bytes(&'a [u8]),
    /// What was last given to send is on its way: a large message crosses a slow line in pieces, and patience counts from the
    /// last of them.
    Sent,
    /// The time of the last [`Output::Timeout`] has come.
    Timeout,
    /// The server closed the connection.
    Closed,
}

/// What a delivery wants done.
#[derive(PartialEq, Eq)]
pub enum Output {
    /// Send these bytes.
    Send(Bytes),
    /// This is what it came to. Comes once.
    Done(SmtpReply),
    /// Close the connection. Nothing follows.
    Close,
    /// Nothing more now; give [`Input::Timeout`] at this time if nothing else comes first.
    Timeout(Instant),
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Commands have addresses, and the rest is the message.
            Self::Send(bytes) => write!(f, "Send({} bytes)", bytes.len()),
            Self::Done(reply) => write!(f, "Done({})", reply.code),
            Self::Close => f.write_str("Close"),
            Self::Timeout(at) => write!(f, "Timeout({at:?})"),
        }
    }
}

/// Where a delivery stands: which reply is awaited.
#[derive(Debug, PartialEq, Eq)]
enum Phase {
    Greeting,
    Ehlo,
    /// The server does not know EHLO (3.2).
    Helo,
    Mail,
    Rcpt,
    Data,
    /// The reply to the message.
    Message,
    Quit,
    Over,
}

impl Phase {
    /// RFC 5321, 4.5.3.2, has a minimum for each.
    const fn patience(&self) -> Duration {
        let minutes = match self {
            Self::Greeting | Self::Ehlo | Self::Helo | Self::Mail | Self::Rcpt => 5,
            Self::Data => 2,
            Self::Message => 10,
            // The outcome is known; only politeness waits.
            Self::Quit => return Duration::from_secs(5),
            Self::Over => return Duration::MAX,
        };
        Duration::from_secs(60 * minutes)
    }
}

/// A delivery.
pub struct Client {
    hello_name: String,
    from: Pii<String>,
    to: Pii<String>,
    body: Pii<Vec<u8>>,
    phase: Phase,
    replies: ReplyReader,
    /// The message on its way, piece by piece, so that a slow server is felt and no second copy is made.
    sending: Option<Stuffed>,
    out: VecDeque<Output>,
    deadline: Instant,
}

impl Client {
    /// Begins when the connection stands. `from` may be empty, for the null sender.
    pub fn new(
        hello_name: impl Into<String>,
        from: Pii<String>,
        to: Pii<String>,
        body: Pii<Vec<u8>>,
        now: Now,
    ) -> Self {
        let mut client = Self {
            hello_name: hello_name.into(),
            from,
            to,
            body,
            phase: Phase::Greeting,
            replies: ReplyReader::new(),
            sending: None,
            out: VecDeque::new(),
            deadline: now.instant + Phase::Greeting.patience(),
        };
        // Addresses come from the store, but a CR or LF or bracket in one would be a command of its own.
        let from = client.from.expose();
        if !can_be_addressed(client.to.expose()) || !from.is_empty() && !can_be_addressed(from) {
            client.finish(own(553, "the address cannot be written in SMTP"));
        }
        client
    }

    /// Takes what happened.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        match input {
            _ if self.phase == Phase::Over => {}
            Input::Bytes(mut bytes) => {
                while self.phase != Phase::Over {
                    match self.replies.read(&mut bytes) {
                        Some(Ok(reply)) => self.reply(now, reply),
                        Some(Err(_)) => self.give_up("the server spoke no SMTP"),
                        None => break,
                    }
                }
            }
            Input::Sent => self.deadline = now.instant + self.phase.patience(),
            Input::Timeout if now.instant >= self.deadline => self.give_up("the server did not answer in time"),
            Input::Timeout => {}
            Input::Closed => self.give_up("the server closed the connection"),
        }
    }

    /// What to do next; ask until it is `Timeout`. A large message comes in many `Send`s, so send each before asking again.
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.out.pop_front() {
            return output;
        }
        match self.sending.as_mut().and_then(Stuffed::next_piece) {
            Some(piece) => Output::Send(piece.into()),
            None => Output::Timeout(self.deadline),
        }
    }

    fn reply(&mut self, now: Now, reply: Reply) {
        // 4.2.1: 421 may answer any command; the server is closing.
        match (&self.phase, reply.code) {
            (Phase::Greeting, 200..=299) => self.say(now, Phase::Ehlo, "EHLO", ""),
            (Phase::Ehlo, 200..=299) => self.mail(now, &Offer::read(&reply)),
            (Phase::Ehlo, 500 | 502) => self.say(now, Phase::Helo, "HELO", ""),
            (Phase::Helo, 200..=299) => self.mail(now, &Offer::default()),
            (Phase::Mail, 200..=299) => {
                let to = format!("TO:<{}>", self.to.expose());
                self.say(now, Phase::Rcpt, "RCPT", &to);
            }
            (Phase::Rcpt, 200..=299) => self.say(now, Phase::Data, "DATA", ""),
            (Phase::Data, 354) => {
                self.sending = Some(Stuffed::new(std::mem::take(&mut self.body).into_inner()));
                self.enter(now, Phase::Message);
            }
            (Phase::Quit, _) => self.close(),
            // It turned us away, not the mail.
            (Phase::Greeting | Phase::Ehlo | Phase::Helo, _) => {
                let text = format!("the server turned us away: {} {}", reply.code, reply.lines.join(" "));
                self.conclude(now, own(0, text));
            }
            // Sent in one breath with its 354, or to somebody else: of this message it knows nothing.
            (Phase::Message, 200..=299) if self.sending.as_ref().is_some_and(|sending| !sending.is_ended()) => {
                self.give_up("the server took the message before it had it");
            }
            (Phase::Message, _) | (_, 400..=599) => {
                let to_envelope = matches!(self.phase, Phase::Mail | Phase::Rcpt);
                let to_sender = matches!(self.phase, Phase::Mail);
                self.conclude(now, SmtpReply { to_envelope, to_sender, ..reply.into_smtp() });
            }
            _ => self.give_up("the server gave an answer that does not belong here"),
        }
    }

    fn mail(&mut self, now: Now, offer: &Offer) {
        let eight_bit = !self.body.expose().is_ascii();
        let size = self.body.expose().len();
        if eight_bit && !offer.eight_bit {
            return self.conclude(now, own(554, "5.6.3 the server takes plain ASCII only, and the message has more"));
        }
        if offer.size.is_some_and(|limit| limit > 0 && size > limit) {
            return self.conclude(now, own(552, "5.3.4 the message is larger than the server takes"));
        }
        let mut from = format!("FROM:<{}>", self.from.expose());
        if offer.size.is_some() {
            from.push_str(&format!(" SIZE={size}"));
        }
        if eight_bit {
            from.push_str(" BODY=8BITMIME");
        }
        self.say(now, Phase::Mail, "MAIL", &from);
    }

    /// Sends a command and waits for its reply.
    fn say(&mut self, now: Now, next: Phase, verb: &str, argument: &str) {
        let argument = if matches!(next, Phase::Ehlo | Phase::Helo) { &self.hello_name } else { argument };
        let space = if argument.is_empty() { "" } else { " " };
        let line = format!("{verb}{space}{argument}\r\n");
        self.out.push_back(Output::Send(line.into_bytes().into()));
        self.enter(now, next);
    }

    fn enter(&mut self, now: Now, phase: Phase) {
        self.deadline = now.instant + phase.patience();
        self.phase = phase;
    }

    /// The outcome is known and the connection stands: say goodbye.
    fn conclude(&mut self, now: Now, result: SmtpReply) {
        // A server may refuse before the message is through; the rest of it is not sent.
        let whole = self.sending.take().is_none_or(|sending| sending.is_ended());
        self.out.push_back(Output::Done(result));
        if whole {
            self.say(now, Phase::Quit, "QUIT", "");
        } else {
            self.close();
        }
    }

    /// There is no reply and none will come.
    fn give_up(&mut self, why: &str) {
        if self.phase == Phase::Quit {
            self.close();
        } else {
            self.finish(own(0, why));
        }
    }

    fn finish(&mut self, result: SmtpReply) {
        self.out.push_back(Output::Done(result));
        self.close();
    }

    fn close(&mut self) {
        self.phase = Phase::Over;
        self.sending = None;
        self.deadline = Instant::FAR_FUTURE;
        self.out.push_back(Output::Close);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({:?})", self.phase)
    }
}

/// What a server offers that matters to us.
#[derive(Debug, Default)]
struct Offer {
    eight_bit: bool,
    /// SIZE was offered; 0 stands for "no fixed limit" (RFC 1870, 4).
    size: Option<usize>,
}

impl Offer {
    fn read(reply: &Reply) -> Self {
        let mut offer = Self::default();
        // The first line is the server's name.
        for line in reply.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace();
            match words.next().map(str::to_ascii_uppercase).as_deref() {
                Some("8BITMIME") => offer.eight_bit = true,
                Some("SIZE") => offer.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0)),
                _ => {}
            }
        }
        offer
    }
}

fn own(code: u16, text: impl Into<String>) -> SmtpReply {
    SmtpReply::new(code, text)
}
