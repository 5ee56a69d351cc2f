//! The highest rates at which SIPp sees no registration and no call fail: at the real process, and registrations at Kamailio in the same run.
//!
//! SIPp is one thread and shares the processors with what it asks. Where it cannot keep a rate itself, that is said and no higher one is tried:
//! what was reached is then SIPp's limit on this machine, and the server's is above.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use model::Instant;
use model::time::Clock;

use crate::figure::Figure;
use crate::phones::Account;
use crate::process::Ending;
use crate::servers::{Kind, Server, Servers};

const REGISTER: &str = include_str!("rates/register.xml");
const CALL: &str = include_str!("rates/call.xml");
const ANSWER: &str = include_str!("rates/answer.xml");

/// Enough for three thousand calls a second, since a port rests four seconds after its call.
const MEDIA: [u16; 2] = [11_000, 60_999];
/// Callers, each a SIPp at a loopback address of its own: the share of one address is not what is measured.
const CALLERS: u8 = 4;
/// The first rate, and by how much each is above the one before.
const FIRST: u32 = 100;
const STEP: f64 = 1.5;
/// Beyond this no clinic's phones could tell two servers apart.
const MOST: u32 = 20_000;
/// A rate that took this much longer than its seconds was not kept.
const BEHIND: f64 = 1.3;
/// What is still open after this has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Arguments of `bench rates`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Seconds of each rate.
    #[arg(long, default_value_t = 4)]
    seconds: u32,
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let servers = Servers::with_media(MEDIA)?;
    println!(
        "SIPp over UDP, with digest; {} s each rate, from {FIRST}/s on, each {STEP} times the one before",
        args.seconds
    );
    println!("what                                  none failed at   more was not tried, or");
    let mut figures = Vec::new();
    for kind in [Kind::Frontdesk, Kind::Kamailio] {
        if kind.is_here() {
            let name = format!("registrations, {}", kind.name());
            figures.push(highest(&name, |rate| registrations(&servers, kind, rate, args.seconds))?);
        }
    }
    figures.push(highest("calls, frontdesk", |rate| calls(&servers, rate, args.seconds))?);
    Ok(figures)
}

/// How a rate went.
enum Went {
    Well,
    Failed,
    /// SIPp did not come to ask as often.
    Behind,
}

fn highest(what: &str, mut at: impl FnMut(u32) -> io::Result<Went>) -> io::Result<Figure> {
    let (mut rate, mut reached) = (FIRST, 0);
    let end = loop {
        if rate > MOST {
            break "";
        }
        match at(rate)? {
            Went::Well => reached = rate,
            Went::Failed => break "some failed at the next",
            Went::Behind => break "SIPp cannot keep the next",
        }
        rate = (f64::from(rate) * STEP).round() as u32;
    };
    println!("{what:36} {reached:14}/s   {end}");
    Ok(Figure::new(format!("SIPp's highest rate without a failure: {what}"), f64::from(reached), "/s"))
}

/// A fresh server, whose three phones register in turns.
fn registrations(servers: &Servers, kind: Kind, rate: u32, seconds: u32) -> io::Result<Went> {
    let (server, folder) = (servers.start(kind)?, tempfile::tempdir()?);
    let sipp = Sipp { folder: folder.path(), address: Ipv4Addr::LOCALHOST, server: &server };
    let registers = sipp.command(("register", REGISTER), &server.accounts(), sipp.free_port()?)?;
    went(vec![registers], rate, seconds)
}

/// A fresh server with a phone that answers, and others that call it.
fn calls(servers: &Servers, rate: u32, seconds: u32) -> io::Result<Went> {
    let (server, folder) = (servers.start(Kind::Frontdesk)?, tempfile::tempdir()?);
    let accounts = server.accounts();
    let (Some(caller), Some(callee)) = (accounts.get(..1), accounts.get(1..2)) else {
        return Err(io::Error::other("no phones"));
    };
    let sipp = Sipp { folder: folder.path(), address: Ipv4Addr::LOCALHOST, server: &server };
    let port = sipp.free_port()?;
    if !matches!(went(vec![sipp.command(("register", REGISTER), callee, port)?], 1, 1)?, Went::Well) {
        return Err(io::Error::other("the called phone can't register"));
    }
    let _answers = Ending(sipp.command(("answer", ANSWER), callee, port)?.spawn()?);
    let from = |n| Sipp { address: Ipv4Addr::new(127, 0, 0, 11 + n), ..sipp };
    let call = |sipp: Sipp<'_>| sipp.command(("call", CALL), caller, sipp.free_port()?);
    let callers = (0..CALLERS).map(|n| call(from(n))).collect::<io::Result<_>>()?;
    went(callers, rate, seconds)
}

/// Where SIPp runs, and whom it asks.
#[derive(Clone, Copy)]
struct Sipp<'a> {
    folder: &'a Path,
    address: Ipv4Addr,
    server: &'a Server,
}

impl Sipp<'_> {
    /// One that plays this scenario as these phones in turns.
    fn command(&self, (name, scenario): (&str, &str), phones: &[Account], port: u16) -> io::Result<Command> {
        let (file, list) = (self.folder.join(format!("{name}.xml")), self.folder.join(format!("{name}.csv")));
        std::fs::write(&file, scenario)?;
        let line = |Account { user, password, .. }: &Account| {
            format!("{user};[authentication username={user} password={password}]\n")
        };
        std::fs::write(&list, "SEQUENTIAL\n".to_owned() + &phones.iter().map(line).collect::<String>())?;
        let domain = phones.first().map_or("", |phone| &phone.domain);
        let mut command = Command::new("sipp");
        command.arg(self.server.address().to_string()).arg("-sf").arg(file).arg("-inf").arg(list);
        command.args(["-i", &self.address.to_string(), "-p", &port.to_string(), "-key", "domain", domain]);
        command.args(["-nostdin", "-l", "100000"]).current_dir(self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command)
    }

    /// It is free now, and nobody else on this machine looks for one in this moment but other benchmarks.
    fn free_port(&self) -> io::Result<u16> {
        Ok(UdpSocket::bind((self.address, 0))?.local_addr()?.port())
    }
}

/// Runs these to their end, at this rate together. SIPp fails if one of its calls has.
fn went(commands: Vec<Command>, rate: u32, seconds: u32) -> io::Result<Went> {
    let clock = Clock::start();
    let each = rate.div_ceil(u32::try_from(commands.len()).unwrap_or(1)).max(1);
    let patience = (PATIENCE.as_secs() + u64::from(seconds)).to_string();
    let start = |mut command: Command| {
        command.args(["-r", &each.to_string(), "-m", &(each * seconds).to_string()]);
        command.args(["-timeout", &patience, "-timeout_error"]).spawn().map(Ending)
    };
    let mut running = commands.into_iter().map(start).collect::<io::Result<Vec<_>>>()?;
    let mut all_well = true;
    for sipp in &mut running {
        all_well &= sipp.0.wait()?.success();
    }
    let took = clock.now().instant.saturating_since(Instant::ZERO).as_secs_f64();
    Ok(match all_well {
        false => Went::Failed,
        true if took > f64::from(seconds) * BEHIND + 1.0 => Went::Behind,
        true => Went::Well,
    })
}
