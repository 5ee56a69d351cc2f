//! A telephone exchange with two lines and a modem on each, of Class 1 or of Class 2: what one dials rings at the other. In real time, and
//! like a virtual modem's own line ([`crate::vmodem`]) it waits where the machine under it has no time.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use fax::audio::Law;
use fax::line::virtual_modem::{Input, Output, VirtualModem};
use model::time::Clock;
use model::{Instant, Now};
use modem::fake::{Fake, Manner, Said, Told};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::pty::Pty;

/// The lines' clock is never more than this ahead of what was said on them.
const STEP: Duration = Duration::from_millis(10);

/// Order for the exchange, answered when it is done.
enum Order {
    Unplug,
    PlugIn,
    End,
}

/// A running exchange. Dropping it ends it.
pub struct Exchange {
    /// The name that the first modem's port has while it is plugged in.
    pub first: PathBuf,
    /// The second modem's port.
    pub second: PathBuf,
    orders: Sender<(Order, Sender<()>)>,
}

impl Exchange {
    /// Begins, both modems plugged in. The first one's port gets the name `closet` in this folder.
    ///
    /// # Panics
    /// If there are no pseudo-terminals.
    pub fn start(folder: &Path) -> Self {
        Self::of(folder, [None, None])
    }

    /// The same with modems of Class 2 in these manners.
    ///
    /// # Panics
    /// If there are no pseudo-terminals.
    #[allow(clippy::disallowed_methods, reason = "the exchange's own thread")]
    pub fn of(folder: &Path, manners: [Option<Manner>; 2]) -> Self {
        let first = folder.join("closet");
        let (orders, told) = mpsc::channel();
        let mut lines = Lines::new(&first, manners);
        let second = lines.ends[1].pty.as_ref().expect("it is plugged in").port.clone();
        std::thread::spawn(move || lines.run(&told));
        Self { first, second, orders }
    }

    /// The first modem vanishes: its port, its name, and the call that it had.
    pub fn unplug(&self) {
        self.order(Order::Unplug);
    }

    /// It is back, as another port under the same name.
    pub fn plug_in(&self) {
        self.order(Order::PlugIn);
    }

    fn order(&self, order: Order) {
        let (done, wait) = mpsc::channel();
        // A thread that is gone has panicked, which the test sees by what does not happen.
        let _ = self.orders.send((order, done));
        let _ = wait.recv();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.order(Order::End);
    }
}

/// A modem and its cable.
struct End {
    pty: Option<Pty>,
    modem: VirtualModem,
    /// What stands between it and its cable, in this manner.
    fake: Option<(Fake, Manner)>,
    /// Its packets are numbered by their samples.
    said: u32,
    wake: Instant,
}

impl End {
    fn new(now: Now, manner: Option<Manner>) -> Self {
        let modem = VirtualModem::new(now, Law::Mu).expect("a modem");
        let fake = manner.map(|manner| (Fake::new(now, manner), manner));
        Self { pty: Some(Pty::open()), modem, fake, said: 0, wake: now.instant }
    }

    fn takes_bytes(&self) -> bool {
        self.modem.takes_bytes() && self.fake.as_ref().is_none_or(|(fake, _)| fake.takes_bytes())
    }

    /// The program's bytes.
    fn hear(&mut self, now: Now, bytes: &[u8]) {
        match &mut self.fake {
            Some((fake, _)) => {
                fake.handle_input(now, Told::Timeout);
                fake.handle_input(now, Told::Computer(bytes));
                self.modem.handle_input(now, Input::Bytes(&[]));
            }
            None => self.modem.handle_input(now, Input::Bytes(bytes)),
        }
    }

    /// What the modem says to its program; true if there was anything.
    fn say(&mut self, now: Now, bytes: &[u8]) -> bool {
        let Some((fake, _)) = &mut self.fake else {
            self.write(bytes);
            return false;
        };
        if !bytes.is_empty() {
            fake.handle_input(now, Told::Line(bytes));
        }
        let mut said = Vec::new();
        let mut busy = false;
        loop {
            match fake.poll() {
                Said::Computer(bytes) => said.extend(bytes),
                Said::Line(bytes) => {
                    busy = true;
                    self.modem.handle_input(now, Input::Bytes(&bytes));
                }
                Said::Timeout(at) => {
                    self.wake = self.wake.min(at);
                    break;
                }
            }
        }
        self.write(&said);
        busy
    }

    /// What nobody hears, since it is unplugged, is gone.
    fn write(&mut self, bytes: &[u8]) {
        if let Some(pty) = &mut self.pty {
            pty.write(bytes);
        }
    }
}

struct Lines {
    clock: Clock,
    now: Now,
    name: PathBuf,
    ends: [End; 2],
}

impl Lines {
    fn new(name: &Path, manners: [Option<Manner>; 2]) -> Self {
        let clock = Clock::start();
        let now = clock.now();
        let lines = Self { clock, now, name: name.to_owned(), ends: manners.map(|manner| End::new(now, manner)) };
        lines.ends[0].pty.as_ref().expect("it is plugged in").link(name);
        lines
    }

    fn run(&mut self, orders: &Receiver<(Order, Sender<()>)>) {
        loop {
            if let Ok((order, done)) = orders.try_recv() {
                match order {
                    Order::End => {
                        let _ = done.send(());
                        return;
                    }
                    Order::Unplug => self.unplug(),
                    Order::PlugIn => self.plug_in(),
                }
                let _ = done.send(());
            }
            self.settle();
            self.wait();
            let real = self.clock.now();
            self.now = if real.instant > self.now.instant + STEP { self.now.after(STEP) } else { real };
            for n in 0..2 {
                self.read(n);
            }
        }
    }

    fn unplug(&mut self) {
        let _ = std::fs::remove_file(&self.name);
        self.ends[0].pty = None;
        self.ends[1].modem.handle_input(self.now, Input::Ended);
    }

    fn plug_in(&mut self) {
        let manner = self.ends[0].fake.as_ref().map(|(_, manner)| *manner);
        self.ends[0] = End::new(self.now, manner);
        self.ends[0].pty.as_ref().expect("it is plugged in").link(&self.name);
    }

    fn wait(&self) {
        let wake = self.ends[0].wake.min(self.ends[1].wake);
        let wait = wake.saturating_since(self.clock.now().instant);
        let wait = Timespec { tv_sec: 0, tv_nsec: wait.as_nanos().min(20_000_000) as _ };
        let reads = self.ends.iter().filter(|end| end.takes_bytes()).filter_map(|end| end.pty.as_ref());
        let mut reads: Vec<_> = reads.map(|pty| PollFd::new(&pty.modem, PollFlags::IN)).collect();
        let _ = poll(&mut reads, Some(&wait));
    }

    fn read(&mut self, n: usize) {
        let end = &mut self.ends[n];
        let mut buffer = [0; 512];
        let takes = end.takes_bytes();
        let length = end.pty.as_mut().map_or(0, |pty| {
            pty.write_on();
            if takes { pty.read(&mut buffer) } else { 0 }
        });
        end.hear(self.now, &buffer[..length]);
    }

    /// Until neither modem has anything to say at this instant.
    fn settle(&mut self) {
        loop {
            let busy = self.say(0) | self.say(1);
            if !busy {
                return;
            }
        }
    }

    /// What a modem says goes into its cable, or to the other line. True if there was anything for that.
    fn say(&mut self, n: usize) -> bool {
        let now = self.now;
        let mut busy = false;
        loop {
            let output = self.ends[n].modem.poll_output();
            let (own, other) = if n == 0 {
                let [a, b] = &mut self.ends;
                (a, b)
            } else {
                let [b, a] = &mut self.ends;
                (a, b)
            };
            busy |= !matches!(output, Output::Timeout(_) | Output::Bytes(_));
            match output {
                Output::Timeout(at) => {
                    own.wake = at;
                    if own.say(now, &[]) {
                        continue;
                    }
                    return busy;
                }
                Output::Bytes(bytes) => busy |= own.say(now, &bytes),
                Output::Dial(_) => other.modem.handle_input(now, Input::Ringing("2025550123")),
                Output::Answer => {
                    own.modem.handle_input(now, Input::Answered);
                    other.modem.handle_input(now, Input::Answered);
                }
                Output::HangUp => other.modem.handle_input(now, Input::Ended),
                // The line between the two is one of sound.
                Output::Datagram(_) | Output::UnderWay => {}
                Output::Sound(payload) => {
                    let timestamp = own.said;
                    own.said = timestamp.wrapping_add(payload.len() as u32);
                    other.modem.handle_input(now, Input::Sound { timestamp, payload: &payload });
                }
            }
        }
    }
}
