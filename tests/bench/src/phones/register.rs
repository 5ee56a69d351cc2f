//! Phones that register again and again: REGISTER, 401, REGISTER with credentials, 200.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use model::Instant;
use model::time::Clock;

use super::message::Message;
use super::{Account, Crowd, Line, PATIENCE, Rhythm, Tally, act, wait};

/// After which a phone repeats what is not answered (RFC 3261, T1).
const T1: Duration = Duration::from_millis(500);

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

/// Registers so many phones of these accounts at one moment, as after a power cut, from these addresses in turns; what is not answered they
/// repeat, as phones do. Gives when the last one was registered, too.
pub(crate) fn at_once(
    clock: Clock,
    accounts: &[Account],
    phones: usize,
    addresses: &[Ipv4Addr],
) -> io::Result<(Tally, Duration)> {
    let first = accounts.first().ok_or_else(|| io::Error::other("nobody to register"))?;
    let mut sites = Vec::new();
    for (address, of_site) in addresses.iter().zip(accounts.chunks(accounts.len().div_ceil(addresses.len().max(1)))) {
        let line = Line::at((*address, 0).into(), first.server)?;
        sites.push(Registering { many: true, ..Registering::new(clock, of_site, line)? });
    }
    let begun = clock.now().instant;
    let all = sites.len().max(1);
    for n in 0..phones {
        if let Some(site) = sites.get_mut(n % all) {
            site.begin(n / all);
        }
    }
    let (mut asked, mut last) = (begun, begun);
    while sites.iter().any(|site| site.open() > 0) && clock.now().instant < begun + PATIENCE {
        let done: u64 = sites.iter().map(|site| site.tally.done).sum();
        sites.iter_mut().for_each(Registering::receive);
        let now = clock.now().instant;
        if sites.iter().map(|site| site.tally.done).sum::<u64>() > done {
            last = now;
        }
        if now > asked + T1 {
            sites.iter().for_each(Registering::repeat);
            asked = now;
        }
        let lines: Vec<_> = sites.iter().flat_map(Registering::lines).collect();
        wait(clock, &lines, now + T1)?;
    }
    let mut tally = Tally::default();
    sites.into_iter().for_each(|site| tally.add(site.tally(1.0)));
    Ok((tally, last.saturating_since(begun)))
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
    /// By number: when it began, how far it is, and what it waits for an answer to.
    all: Vec<(Instant, Step, String)>,
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
        let (begun, step, _) = self.all[number];
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
                        self.all[number].2 = self.request(number, 2, &line);
                        self.line.send(&self.all[number].2);
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

    /// Once more whatever waits for an answer.
    fn repeat(&self) {
        let open = self.all.iter().filter(|(_, step, _)| *step != Step::Over);
        open.for_each(|(_, _, request)| self.line.send(request));
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
        let request = self.request(number, 1, "");
        self.tally.begun += 1;
        self.line.send(&request);
        self.all.push((self.clock.now().instant, Step::Asked, request));
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
