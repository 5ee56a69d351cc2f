//! Phones that register again and again: REGISTER, 401, REGISTER with credentials, 200.

use std::io;
use std::net::SocketAddr;

use model::Instant;
use model::time::Clock;

use super::message::Message;
use super::{Account, Crowd, Line, Rhythm, Tally, act};

/// Registers the accounts in turns, each registration with a Call-ID of its own.
pub(crate) fn run(clock: Clock, accounts: &[Account], rhythm: Rhythm) -> io::Result<Tally> {
    let first = accounts.first().ok_or_else(|| io::Error::other("nobody to register"))?;
    let line = Line::new(first.server)?;
    let mut registrars = Registering::new(clock, accounts, line)?;
    let lateness = act(clock, rhythm, &mut registrars)?;
    Ok(registrars.tally(lateness))
}

/// Registers every account once, then each once more as another phone, and so on.
pub(crate) fn many(clock: Clock, accounts: &[Account], rhythm: Rhythm) -> io::Result<Tally> {
    let first = accounts.first().ok_or_else(|| io::Error::other("nobody to register"))?;
    let mut registering = Registering::new(clock, accounts, Line::new(first.server)?)?;
    registering.many = true;
    let lateness = act(clock, rhythm, &mut registering)?;
    Ok(registering.tally(lateness))
}

/// Registers one account at this line, for calls.
pub(super) fn once(clock: Clock, account: &Account, line: Line) -> io::Result<Line> {
    let mut registering = Registering::new(clock, std::slice::from_ref(account), line)?;
    act(clock, Rhythm { per_second: 1, seconds: 1 }, &mut registering)?;
    if registering.tally.done != 1 {
        let why = registering.tally.remark().unwrap_or_default();
        return Err(io::Error::other(format!("a phone could not be registered: {why}")));
    }
    Ok(registering.line)
}

struct Registering<'a> {
    clock: Clock,
    accounts: &'a [Account],
    line: Line,
    local: SocketAddr,
    /// By number: when it began, and how far it is.
    all: Vec<(Instant, Step)>,
    tally: Tally,
    /// Each registration of an account is another phone.
    many: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Asked,
    Authorized,
    Over,
}

impl<'a> Registering<'a> {
    fn new(clock: Clock, accounts: &'a [Account], line: Line) -> io::Result<Self> {
        let local = line.local()?;
        Ok(Self { clock, accounts, line, local, all: Vec::new(), tally: Tally::default(), many: false })
    }

    /// The branch holds the port, for it must differ from every other of the last half minute (RFC 3261 section 8.1.1.7): Asterisk takes the
    /// same branch from another port for a repetition.
    fn request(&self, number: usize, cseq: u8, authorization: &str) -> String {
        let Account { user, domain, .. } = self.account(number);
        let (local, port) = (self.local, self.local.port());
        let phone = if self.many { number / self.accounts.len() } else { 0 };
        format!(
            "REGISTER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKr{number}c{cseq}p{port};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@{domain}>;tag=r{number}\r\nTo: <sip:{user}@{domain}>\r\nCall-ID: {number}@{local}\r\n\
             CSeq: {cseq} REGISTER\r\nContact: <sip:{user}-{phone}@{local}>\r\nExpires: 3600\r\nUser-Agent: Frontdesk bench\r\n\
             {authorization}Content-Length: 0\r\n\r\n"
        )
    }

    fn account(&self, number: usize) -> &'a Account {
        &self.accounts[number % self.accounts.len()]
    }

    fn answered(&mut self, message: Message<'_>) {
        let number = message.header("Call-ID").split('@').next().and_then(|n| n.parse::<usize>().ok());
        let Some(number) = number.filter(|n| *n < self.all.len()) else { return };
        let (begun, step) = self.all[number];
        let next = match (message.status(), step) {
            (100..200, _) => return,
            (_, Step::Over) => {
                self.tally.repeated += 1;
                return;
            }
            (401, Step::Asked) => {
                let account = self.account(number);
                let uri = format!("sip:{}", account.domain);
                match message.authorization("REGISTER", &uri, account) {
                    Some(line) => {
                        self.line.send(&self.request(number, 2, &line));
                        Step::Authorized
                    }
                    None => {
                        self.tally.fail(401);
                        Step::Over
                    }
                }
            }
            // The first challenge once more.
            (401, Step::Authorized) if message.header("CSeq").starts_with("1 ") => return,
            (200, Step::Authorized) => {
                let waited = self.clock.now().instant.saturating_since(begun);
                self.tally.waits_ms.push(waited.as_secs_f64() * 1e3);
                self.tally.done += 1;
                Step::Over
            }
            (status, _) => {
                self.tally.fail(status);
                Step::Over
            }
        };
        self.all[number].1 = next;
    }

    fn tally(mut self, lateness: f64) -> Tally {
        for _ in 0..self.open() {
            self.tally.fail(0);
        }
        Tally { lateness, ..self.tally }
    }
}

impl Crowd for Registering<'_> {
    fn begin(&mut self, number: usize) {
        self.all.push((self.clock.now().instant, Step::Asked));
        self.tally.begun += 1;
        self.line.send(&self.request(number, 1, ""));
    }

    fn receive(&mut self) {
        while let Some(text) = self.line.receive() {
            self.answered(Message::new(&text));
        }
    }

    fn open(&self) -> u64 {
        self.tally.begun - self.tally.done - self.tally.failures()
    }

    fn lines(&self) -> Vec<&Line> {
        vec![&self.line]
    }
}
